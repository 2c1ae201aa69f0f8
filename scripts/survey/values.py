"""Every number and word of the manuscript, with the cell of a results file that it comes from."""

import math
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from survey.answers import KINDS
from survey.display import number, percent
from survey.study import Study

if TYPE_CHECKING:
    import pandas as pd

SOFTWARE = ("numpy", "pandas", "pyarrow", "scipy")
METHODS = {
    "wilson": "Wilson score interval",
    "goodman": "Goodman simultaneous interval",
    "hypergeometric": "exact hypergeometric interval",
    "clopper_pearson": "Clopper-Pearson exact interval",
    "jeffreys": "Jeffreys interval",
    "agresti_coull": "Agresti-Coull interval",
}
Entries = Iterator[tuple[str, dict[str, Any]]]


def entry(
    value: Any, display: str, file: str = "", row: int = 0, column: str = "", unit: str = "", n: int | None = None
) -> dict[str, Any]:
    """One entry of values.json; row as a spreadsheet numbers it (header is 1), 0 where the file is not a table."""
    if isinstance(value, float) and math.isnan(value):
        value, display = None, "–"
    return {"value": value, "display": display, "unit": unit, "file": file, "row": row, "column": column, "n": n}


def words(share: float) -> str:
    """The quantity word for a percent of respondents, by the percent as it is printed."""
    steps = [
        (0, "none"),
        (10, "few"),
        (25, "a small minority"),
        (45, "a minority"),
        (55, "about half"),
        (75, "more than half"),
        (90, "most"),
    ]
    if math.isnan(share):
        return "–"
    if share == 100:
        return "all"
    if 0.5 <= share < 99.5:
        share = math.floor(share + 0.5)
    return next((word for limit, word in steps if share <= limit), "almost all")


def frequency_values(frequencies: "pd.DataFrame") -> Entries:
    """Bases of every item; count, percent, interval and word of every option."""
    for row in frequencies.to_dict("records"):
        item, key = row["item"], f"{row['item']}.{row['option']}"
        place = {"file": f"stats/{row['domain']}/frequencies.csv", "row": row["row"]}
        n, base = int(row["n"]), int(row["n_valid"])
        yield f"{item}.question", entry(row["question"], row["question"], column="question", **place)
        for column in ("n_valid", "n_asked", "n_missing", "n_not_asked"):
            yield f"{item}.{column}", entry(int(row[column]), f"{row[column]}", column=column, **place)
        yield f"{key}.label", entry(row["option_label"], row["option_label"], column="option_label", **place)
        yield f"{key}.n", entry(n, str(n), column="n", n=base, **place)
        if row["ci_method"]:
            low, high = row["ci_low"], row["ci_high"]
            known = base > 0
            yield f"{key}.n_of", entry(n, f"{n}/{base}", column="n", n=base, **place)
            yield (
                f"{key}.percent",
                entry(row["percent"], percent(row["percent"]), column="percent", unit="%", n=base, **place),
            )
            ends = f"{percent(low)} to {percent(high)}".replace("%", "") if known else "–"
            yield (
                f"{key}.ci",
                entry([low, high] if known else None, ends, column="ci_low,ci_high", unit="%", n=base, **place),
            )
            yield (
                f"{key}.words",
                entry(row["percent"], words(row["percent"]), column="percent", unit="%", n=base, **place),
            )


def numeric_values(numeric: "pd.DataFrame") -> Entries:
    """Median, quartiles, mean and range of every numeric item."""
    for row in numeric.to_dict("records"):
        place = {"file": f"stats/{row['domain']}/numeric.csv", "row": row["row"], "n": int(row["n"])}
        item, unit = row["item"], row["unit"]
        yield f"{item}.question", entry(row["question"], row["question"], column="question", **place)
        yield f"{item}.unit", entry(unit, unit, column="unit", **place)
        yield f"{item}.n_valid", entry(int(row["n"]), f"{row['n']}", column="n", **place)
        yield f"{item}.n_missing", entry(int(row["n_missing"]), f"{row['n_missing']}", column="n_missing", **place)
        for statistic in ("median", "mean", "sd", "min", "max", "q1", "q3"):
            yield (
                f"{item}.{statistic}",
                entry(row[statistic], number(row[statistic]), column=statistic, unit=unit, **place),
            )
        for name, low, high in (("iqr", "q1", "q3"), ("median_ci", "median_ci_low", "median_ci_high")):
            known = not math.isnan(row[low])
            ends = f"{number(row[low])} to {number(row[high])}" if known else "–"
            yield (
                f"{item}.{name}",
                entry([row[low], row[high]] if known else None, ends, column=f"{low},{high}", unit=unit, **place),
            )


def group_values(groups: "pd.DataFrame") -> Entries:
    """The same figures per level of a grouping item."""
    for row in groups.to_dict("records"):
        place = {"file": f"stats/{row['domain']}/groups.csv", "row": row["row"], "n": int(row["n_valid"])}
        level = f"{row['group']}.{row['level']}"
        if row["option"]:
            key = f"{row['item']}.{row['option']}.{level}"
            yield f"{key}.n_of", entry(int(row["n"]), f"{row['n']}/{row['n_valid']}", column="n", **place)
            yield f"{key}.percent", entry(row["percent"], percent(row["percent"]), column="percent", unit="%", **place)
        else:
            yield f"{row['item']}.{level}.median", entry(row["median"], number(row["median"]), column="median", **place)


def missing_values(appendix: "pd.DataFrame") -> Entries:
    """Per item, how many have no answer that counts, by the kind of missing."""
    for row in appendix.to_dict("records"):
        for kind in KINDS:
            place = {"file": "clean/appendix.csv", "row": row["row"], "column": kind}
            yield f"{row['variable']}.missing.{kind}", entry(int(row[kind]), row[kind], **place)
        if row["type"] == "numeric":
            asked = int(row["n"]) + sum(int(row[kind]) for kind in KINDS if kind != "not_asked")
            columns = ",".join(("n", *KINDS[1:]))
            yield f"{row['variable']}.n_asked", entry(asked, str(asked), "clean/appendix.csv", row["row"], columns)


def agreement_values(agreement: "pd.DataFrame", study: Study) -> Entries:
    """Per item its entropy and consensus; and the ranking from both ends."""
    ranked = agreement[agreement["entropy"].notna()].to_dict("records")
    for rank, row in enumerate(ranked, start=1):
        place = {"file": "stats/agreement.csv", "row": row["row"]}
        item = study.item(row["item"])
        facts = {
            "entropy": entry(row["entropy"], f"{row['entropy']:.2f}", column="entropy", **place),
            "consensus": entry(row["consensus"], row["consensus"], column="consensus", **place),
            "top_option": entry(row["top_option"], row["top_option"], column="top_option", **place),
            "top_label": entry(row["top_option"], item.option(row["top_option"]).label, column="top_option", **place),
            "top_percent": entry(
                row["top_percent"], percent(row["top_percent"]), column="top_percent", unit="%", **place
            ),
            "question": entry(row["question"], row["question"], column="question", **place),
        }
        for name, content in facts.items():
            yield f"agreement.{rank}.{name}", content
            yield f"agreement.last.{len(ranked) - rank + 1}.{name}", content
            if name != "question":
                yield f"{row['item']}.{name}", content
    yes = sum(row["consensus"] == "yes" for row in ranked)
    yield "agreement.items", entry(len(ranked), str(len(ranked)), "stats/agreement.csv", column="item")
    yield "agreement.consensus", entry(yes, str(yes), "stats/agreement.csv", column="consensus", n=len(ranked))


def flow_values(flow: "pd.DataFrame") -> Entries:
    """Numbers from invited to analysed, and the response rate: analysed answers of the units invited."""
    steps = {row["step"]: row for row in flow.to_dict("records")}
    for step, row in steps.items():
        place = {"file": "clean/flow.csv", "row": row["row"]}
        yield (
            f"flow.{step}" if not row["reason"] else f"flow.{step}.n",
            entry(int(row["n"]), f"{row['n']:.0f}", column="n", **place),
        )
        if row["reason"]:
            yield (
                f"flow.{step}.excluded",
                entry(int(row["excluded"]), f"{row['excluded']:.0f}", column="excluded", **place),
            )
            yield f"flow.{step}.reason", entry(row["reason"], row["reason"], column="reason", **place)
    place = {"file": "clean/flow.csv", "row": steps["analysed"]["row"]}
    excluded = int(steps["records"]["n"] - steps["analysed"]["n"])
    yield "flow.excluded", entry(excluded, str(excluded), column="n", **place)
    if "invited" in steps:
        rate = 100 * steps["analysed"]["n"] / steps["invited"]["n"]
        yield (
            "flow.response_rate",
            entry(rate, percent(rate), column="n", unit="%", n=int(steps["invited"]["n"]), **place),
        )


def cleaning_values(ledger: "pd.DataFrame", validation: "pd.DataFrame") -> Entries:
    """How many cells changed, by rule, and how many a person should look at."""
    file = "clean/ledger.csv"
    yield "cleaning.cells", entry(len(ledger), str(len(ledger)), file, column="rule")
    for rule, count in ledger["rule"].value_counts().sort_index().items():
        yield f"cleaning.{rule}", entry(int(count), str(count), file, column="rule")
    changed = int((ledger["rule"] != "not_asked").sum())
    yield "cleaning.changed", entry(changed, str(changed), file, column="rule")
    yield "cleaning.to_look_at", entry(len(validation), str(len(validation)), "clean/validation.csv", column="problem")


def claim_values(claims: "pd.DataFrame") -> Entries:
    """Verdict and computed figure of every claim."""
    for row in claims.to_dict("records"):
        place = {"file": "stats/claims.csv", "row": row["row"]}
        for column in ("statement", "verdict", "predicate", "evidence"):
            yield f"claims.{row['claim']}.{column}", entry(row[column], row[column], column=column, **place)
        is_percent = row["predicate"].startswith("percent")
        shown = percent(row["computed"]) if is_percent else number(row["computed"])
        found = entry(row["computed"], shown, column="computed", unit="%" if is_percent else "", **place)
        yield f"claims.{row['claim']}.computed", found
    holds = int((claims["verdict"] == "holds").sum())
    yield "claims.total", entry(len(claims), str(len(claims)), "stats/claims.csv", column="claim")
    yield "claims.holds", entry(holds, str(holds), "stats/claims.csv", column="verdict", n=len(claims))


def study_values(study: Study) -> Entries:
    """What the study file says, and the software that ran."""
    import platform

    file = "study.yaml"
    yield "study.title", entry(study.title, study.title, file)
    yield "study.simulated", entry(study.simulated, "simulated" if study.simulated else "not simulated", file)
    yield "study.items", entry(len(study.items), str(len(study.items)), "codebook.csv", column="item")
    if study.window:
        for end in ("first", "last"):
            yield f"study.window_{end}", entry(study.window[end], long_date(study.window[end]), file)
    if study.frame:
        yield "study.unit", entry(study.frame["unit"], study.frame["unit"], file)
    yield "inference.method", entry(study.inference["method"], METHODS[study.inference["method"]], file)
    yield "inference.target", entry(study.inference["target"], study.inference["target"].replace("_", " "), file)
    yield "inference.level", entry(study.inference["level"], f"{study.inference['level']:g}%", file, unit="%")
    yield (
        "thresholds.consensus",
        entry(study.thresholds["consensus"], f"{study.thresholds['consensus']:g}%", file, unit="%"),
    )
    yield "thresholds.near", entry(study.thresholds["near"], f"{study.thresholds['near']:g}%", file, unit="%")
    yield "study.domains", entry(study.domain_ids, ", ".join(domain["title"] for domain in study.domains), file)
    for domain in study.domains:
        items = [item.name for item in study.domain_items(domain["id"]) if item.is_reported]
        yield f"domain.{domain['id']}.title", entry(domain["title"], domain["title"], file)
        yield f"domain.{domain['id']}.items", entry(items, ", ".join(items), "codebook.csv", column="item")
    yield "software.python", entry(platform.python_version(), platform.python_version())
    for package in SOFTWARE:
        yield f"software.{package}", entry(version(package), version(package))


def long_date(day: str) -> str:
    """A day as printed: 23 February 2023."""
    import calendar

    year, month, number_of_day = day.split("-")
    return f"{int(number_of_day)} {calendar.month_name[int(month)]} {year}"
