"""Every number and word of the manuscript, with the cell of a results file that it comes from."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from survey.answers import KINDS
from survey.display import WITHHELD, count, effect, number, p_value, percent, withheld_note
from survey.study import Study, credit_roles, known_keys

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
    "sison_glaz": "Sison-Glaz simultaneous interval",
}
ADJUSTMENTS = {
    "benjamini_hochberg": "Benjamini and Hochberg",
    "benjamini_yekutieli": "Benjamini and Yekutieli",
    "holm": "Holm",
    "hochberg": "Hochberg",
    "bonferroni": "Bonferroni",
    "none": "no adjustment",
}
TESTS = {
    "chi_square": "chi-square",
    "fisher_exact": "Fisher",
    "fisher_monte_carlo": "Fisher, Monte Carlo",
    "cochran_armitage": "Cochran-Armitage",
    "cochran_armitage_exact": "Cochran-Armitage, exact",
    "cochran_armitage_monte_carlo": "Cochran-Armitage, Monte Carlo",
    "linear_by_linear": "linear by linear",
    "linear_by_linear_monte_carlo": "linear by linear, Monte Carlo",
    "kruskal_wallis": "Kruskal-Wallis",
    "kruskal_wallis_monte_carlo": "Kruskal-Wallis, Monte Carlo",
    "mann_whitney": "Mann-Whitney",
    "mann_whitney_exact": "Mann-Whitney, exact",
    "rao_scott": "Rao-Scott",
}
EFFECTS = {
    "odds_ratio": "odds ratio",
    "cramers_v": "Cramér's V",
    "tau_b": "tau-b",
    "cliffs_delta": "Cliff's delta",
    "epsilon_squared": "epsilon squared",
}
PROBLEMS = {  # how a problem of validation.csv begins, and what is said of all that begin so
    "answered, but only asked if": "answered, but the question was not to be asked",
    "answered, but whether it is asked": "answered, but whether the question was to be asked is not known",
    "holds what is none of the options": "holds what is none of the options",
    "is a country that is not listed": "is a country that is not listed",
    "is outside": "is outside the range allowed",
    "ranked": "ranked twice",
}
STATEMENTS = ("funding", "conflicts", "ethics", "acknowledgements", "data_availability", "code_availability")
NOT_STATED = "not stated"
WORDS = (  # up to which percent each quantity word is used
    (0, "none"),
    (10, "few"),
    (25, "a small minority"),
    (45, "a minority"),
    (55, "about half"),
    (75, "more than half"),
    (90, "most"),
)
Entries = Iterator[tuple[str, dict[str, Any]]]


def entry(
    value: Any, display: str, file: str = "", row: int = 0, column: str = "", unit: str = "", n: int | None = None
) -> dict[str, Any]:
    """One entry of values.json; row as a spreadsheet numbers it (header is 1), 0 where the file is not a table."""
    if isinstance(value, float) and math.isnan(value):
        value, display = None, WITHHELD if display == WITHHELD else "–"
    n = None if n is None or math.isnan(n) else int(n)
    value = [_finite(part) for part in value] if isinstance(value, list) else _finite(value)
    return {"value": value, "display": display, "unit": unit, "file": file, "row": row, "column": column, "n": n}


def counted(value: float, of: float | None = None) -> tuple[float, str]:
    """A count and how it is printed, of a base "12/106"; one that is withheld is nan."""
    shown = count(value)
    if math.isnan(value):
        return math.nan, shown
    return int(value), shown if of is None else f"{shown}/{'–' if math.isnan(of) else f'{of:.0f}'}"


def _finite(value: Any) -> Any:
    """The value, None for an infinite odds ratio, which JSON has no number for."""
    return None if isinstance(value, float) and math.isinf(value) else value


def words(share: float) -> str:
    """The quantity word for a percent of respondents, by the percent as it is printed."""
    if math.isnan(share):
        return "–"
    if share == 100:
        return "all"
    if 0.5 <= share < 99.5:
        share = math.floor(share + 0.5)
    return next((word for limit, word in WORDS if share <= limit), "almost all")


def bands() -> str:
    """From which percent to which each quantity word is used, "few, up to 10%; ...; almost all, above 90%"."""
    told = [f"{word}, up to {limit}%" for limit, word in WORDS if limit]
    return "; ".join([*told, f"almost all, above {WORDS[-1][0]}%"])


def frequency_values(frequencies: "pd.DataFrame") -> Entries:
    """Bases of every item; count, percent, interval and word of every option."""
    for row in frequencies.to_dict("records"):
        item, key = row["item"], f"{row['item']}.{row['option']}"
        place = {"file": f"stats/{row['domain']}/frequencies.csv", "row": row["row"]}
        n, base = row["n"], row["n_valid"]
        yield f"{item}.question", entry(row["question"], row["question"], column="question", **place)
        for column in ("n_valid", "n_asked", "n_missing", "n_not_asked"):
            yield f"{item}.{column}", entry(*counted(row[column]), column=column, **place)
        yield f"{key}.label", entry(row["option_label"], row["option_label"], column="option_label", **place)
        yield f"{key}.n", entry(*counted(n), column="n", n=base, **place)
        if row["ci_method"]:
            low, high = row["ci_low"], row["ci_high"]
            yield f"{key}.n_of", entry(*counted(n, base), column="n", n=base, **place)
            yield (
                f"{key}.percent",
                entry(row["percent"], percent(row["percent"]), column="percent", unit="%", n=base, **place),
            )
            yield f"{key}.ci", _interval(low, high, "ci_low,ci_high", place | {"n": base})
            yield (
                f"{key}.words",
                entry(row["percent"], words(row["percent"]), column="percent", unit="%", n=base, **place),
            )
            if not math.isnan(row["weighted_percent"]):
                shown = percent(row["weighted_percent"])
                found = entry(row["weighted_percent"], shown, column="weighted_percent", unit="%", n=base, **place)
                yield f"{key}.weighted_percent", found


def numeric_values(numeric: "pd.DataFrame") -> Entries:
    """Median, quartiles, mean and range of every numeric item."""
    for row in numeric.to_dict("records"):
        place = {"file": f"stats/{row['domain']}/numeric.csv", "row": row["row"], "n": row["n"]}
        item, unit = row["item"], row["unit"]
        yield f"{item}.question", entry(row["question"], row["question"], column="question", **place)
        yield f"{item}.unit", entry(unit, unit, column="unit", **place)
        yield f"{item}.n_valid", entry(*counted(row["n"]), column="n", **place)
        yield f"{item}.n_missing", entry(*counted(row["n_missing"]), column="n_missing", **place)
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
        place = {"file": f"stats/{row['domain']}/groups.csv", "row": row["row"], "n": row["n_valid"]}
        level = f"{row['group']}.{row['level']}"
        if row["option"]:
            key = f"{row['item']}.{row['option']}.{level}"
            yield f"{key}.n_of", entry(*counted(row["n"], row["n_valid"]), column="n", **place)
            yield f"{key}.percent", entry(row["percent"], percent(row["percent"]), column="percent", unit="%", **place)
        else:
            yield f"{row['item']}.{level}.median", entry(row["median"], number(row["median"]), column="median", **place)


def missing_values(appendix: "pd.DataFrame") -> Entries:
    """Per item, how many have no answer that counts, by the kind of missing; and of all answers to choices and numbers.

    Over all of them, those who left blank, declined or were not readable are absent, of those asked.
    """
    reported = appendix[appendix["role"].isin(("outcome", "group")) & ~appendix["type"].isin(("date", "text"))]
    absent = sum(_number(count) for kind in ("blank", "refused", "invalid") for count in reported[kind])
    asked = sum(_number(count) for column in ("n", *KINDS) if column != "not_asked" for count in reported[column])
    rate = 100 * absent / asked if asked else math.nan
    place = {"file": "clean/appendix.csv", "column": "blank,refused,invalid"}
    yield "missing.absent", entry(absent, _thousands(absent), n=asked, **place)
    yield "missing.asked", entry(asked, _thousands(asked), **place)
    yield "missing.percent", entry(rate, percent(rate), unit="%", n=asked, **place)
    for row in appendix.to_dict("records"):
        for kind in KINDS:
            place = {"file": "clean/appendix.csv", "row": row["row"], "column": kind}
            yield f"{row['variable']}.missing.{kind}", entry(*counted(_number(row[kind])), **place)
        if row["type"] == "numeric":
            asked = _number(row["n"]) + sum(_number(row[kind]) for kind in KINDS if kind != "not_asked")
            columns = ",".join(("n", *KINDS[1:]))
            yield f"{row['variable']}.n_asked", entry(*counted(asked), "clean/appendix.csv", row["row"], columns)


def _number(cell: object) -> float:
    """A count of the data appendix, nan where it is withheld."""
    return math.nan if cell == "" or cell != cell else int(cell)


def _thousands(n: float) -> str:
    return WITHHELD if math.isnan(n) else f"{n:,}"


def agreement_values(agreement: "pd.DataFrame", study: Study) -> Entries:
    """Per item its entropy and consensus; and the ranking from both ends."""
    ranked = agreement[agreement["entropy"].notna()].to_dict("records")
    for rank, row in enumerate(ranked, start=1):
        place = {"file": "stats/agreement.csv", "row": row["row"]}
        item = study.item(row["item"])
        label = item.option(row["top_option"]).label if row["top_option"] else WITHHELD
        facts = {
            "entropy": entry(row["entropy"], f"{row['entropy']:.2f}", column="entropy", **place),
            "consensus": entry(row["consensus"], row["consensus"], column="consensus", **place),
            "top_option": entry(row["top_option"], row["top_option"], column="top_option", **place),
            "top_label": entry(row["top_option"], label, column="top_option", **place),
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
    known, ranked = ranked, [row for row in ranked if row["consensus"]]  # withheld where the top answer is
    yes = _reached(ranked)
    yield "agreement.items", entry(len(ranked), str(len(ranked)), "stats/agreement.csv", column="item")
    yield "agreement.consensus", entry(yes, str(yes), "stats/agreement.csv", column="consensus", n=len(ranked))
    if ranked:
        word = words(100 * yes / len(ranked))
        yield "agreement.consensus.words", entry(yes, word, "stats/agreement.csv", column="consensus", n=len(ranked))
    by_type = []
    for kind, words_of in (("single", "one answer"), ("ordinal", "ordered answers"), ("multiple", "several answers")):
        own = [row for row in ranked if study.item(row["item"]).type == kind]
        by_type += [f"{_reached(own)} of {len(own)} with {words_of}"] if own else []
    yield "agreement.by_type", entry("; ".join(by_type), "; ".join(by_type), "stats/agreement.csv", column="consensus")
    for rank, area in enumerate(study.areas, start=1):
        own = [row for row in known if row["item"] in area["items"]]
        reached, judged = _reached(own), [row for row in own if row["consensus"]]
        yield f"area.{rank}.title", entry(area["title"], area["title"], "study.yaml")
        shown = f"{reached} of {len(judged)}"
        yield f"area.{rank}.consensus", entry(reached, shown, "stats/agreement.csv", column="consensus", n=len(judged))
        if own:
            least = own[-1]
            label, place = study.item(least["item"]).label, {"file": "stats/agreement.csv", "row": least["row"]}
            yield f"area.{rank}.least", entry(least["item"], label, column="item", **place)
            code = least["top_option"]
            top = study.item(least["item"]).option(code).label if code else WITHHELD
            yield f"area.{rank}.least_top", entry(least["top_option"], top, column="top_option", **place)
            share = percent(least["top_percent"])
            yield (
                f"area.{rank}.least_percent",
                entry(least["top_percent"], share, column="top_percent", unit="%", **place),
            )


def _reached(rows: list[dict[str, Any]]) -> int:
    """How many of these items reach consensus."""
    return sum(row["consensus"] == "yes" for row in rows)


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
    reasons = [f"{row['reason']} ({row['excluded']:.0f})" for row in steps.values() if row["reason"]]
    yield "flow.reasons", entry(reasons, "; ".join(reasons) or "none", "clean/flow.csv", column="reason,excluded")
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
    for rule, n in ledger["rule"].value_counts().sort_index().items():
        yield f"cleaning.{rule}", entry(int(n), str(n), file, column="rule")
    changed = int((ledger["rule"] != "not_asked").sum())
    yield "cleaning.changed", entry(changed, str(changed), file, column="rule")
    file = "clean/validation.csv"
    yield "cleaning.to_look_at", entry(len(validation), str(len(validation)), file, column="problem")
    for rank, (problem, n) in enumerate(ranked_problems(validation["problem"]), start=1):
        yield f"validation.{rank}.problem", entry(problem, problem, file, column="problem")
        yield f"validation.{rank}.n", entry(n, str(n), file, column="problem", n=len(validation))


def problem_kind(text: str) -> str:
    """A problem without what is particular to its cell."""
    return next((words for start, words in PROBLEMS.items() if text.startswith(start)), text)


def ranked_problems(problems: Iterable[str]) -> list[tuple[str, int]]:
    """Kinds of problem and how many there are of each, the most frequent first."""
    return sorted(Counter(map(problem_kind, problems)).items(), key=lambda pair: (-pair[1], pair[0]))


def claim_values(claims: "pd.DataFrame") -> Entries:
    """Verdict and computed figure of every claim."""
    for row in claims.to_dict("records"):
        place = {"file": "stats/claims.csv", "row": row["row"]}
        for column in ("statement", "verdict", "predicate", "evidence", "note"):
            yield f"claims.{row['claim']}.{column}", entry(row[column], row[column], column=column, **place)
        is_percent = row["predicate"].startswith(("percent", "response_rate", "agreed"))
        shown = row["found"] or (percent(row["computed"]) if is_percent else number(row["computed"]))
        column, value = ("found", row["found"]) if row["found"] else ("computed", row["computed"])
        found = entry(value, shown, column=column, unit="%" if is_percent else "", **place)
        yield f"claims.{row['claim']}.computed", found
        if not math.isnan(row["denominator"]):
            of = f"{number(row['numerator'])}/{number(row['denominator'])}"
            n_of = entry(row["numerator"], of, column="numerator", n=int(row["denominator"]), **place)
            yield f"claims.{row['claim']}.n_of", n_of
            yield f"claims.{row['claim']}.ci", _interval(row["ci_low"], row["ci_high"], "ci_low,ci_high", place)
    holds = int((claims["verdict"] == "holds").sum())
    yield "claims.total", entry(len(claims), str(len(claims)), "stats/claims.csv", column="claim")
    yield "claims.holds", entry(holds, str(holds), "stats/claims.csv", column="verdict", n=len(claims))


def response_values(rates: "pd.DataFrame", dispositions: "pd.DataFrame") -> Entries:
    """Units by disposition, and every response rate or why there is none."""
    for row in dispositions.to_dict("records"):
        place = {"file": "stats/dispositions.csv", "row": row["row"]}
        yield f"disposition.{row['disposition']}.n", entry(int(row["n"]), str(row["n"]), column="n", **place)
        for column in ("code", "definition"):
            yield f"disposition.{row['disposition']}.{column}", entry(row[column], row[column], column=column, **place)
    for row in rates.to_dict("records"):
        place, rate = {"file": "stats/response_rates.csv", "row": row["row"]}, f"response.{row['rate']}"
        for column in ("definition", "formula", "reason_not_run"):
            yield f"{rate}.{column}", entry(row[column], row[column], column=column, **place)
        if not math.isnan(row["percent"]):
            of = f"{number(row['numerator'])}/{number(row['denominator'])}"
            yield f"{rate}.n_of", entry(row["numerator"], of, column="numerator", n=int(row["denominator"]), **place)
            yield f"{rate}.percent", entry(row["percent"], percent(row["percent"]), column="percent", unit="%", **place)


def frame_values(representativeness: "pd.DataFrame") -> Entries:
    """Per stratum and level, the shares in the frame and among those analysed, and how they differ."""
    strata = {row["stratum"]: effect(row["stratum_difference"]) for row in representativeness.to_dict("records")}
    if strata:
        shown = ", ".join(f"{stratum} {difference}" for stratum, difference in strata.items())
        place = {"file": "stats/representativeness.csv", "column": "stratum_difference"}
        yield "frame.differences", entry(strata, shown, **place)
    totals = {
        stratum: {column: sum(rows[column]) for column in ("frame_n", "respondents_n")}
        for stratum, rows in representativeness.groupby("stratum", sort=False)
    }
    for row in representativeness.to_dict("records"):
        total = totals[row["stratum"]]
        place = {"file": "stats/representativeness.csv", "row": row["row"]}
        stratum, key = f"frame.{row['stratum']}", f"frame.{row['stratum']}.{row['level']}"
        yield (
            f"{stratum}.difference",
            entry(row["stratum_difference"], effect(row["stratum_difference"]), column="stratum_difference", **place),
        )
        yield f"{stratum}.p", entry(row["p"], p_value(row["p"]), column="p", **place)
        yield f"{key}.label", entry(row["level_label"], row["level_label"], column="level_label", **place)
        for column in ("frame_n", "respondents_n"):
            yield f"{key}.{column}", entry(*counted(row[column]), column=column, n=total[column], **place)
        bases = {
            "frame_percent": total["frame_n"],
            "respondents_percent": total["respondents_n"],
            "response_percent": int(row["frame_n"]),
            "weighted_percent": total["respondents_n"],
        }
        for column, n in bases.items():
            yield f"{key}.{column}", entry(row[column], percent(row[column]), column=column, unit="%", n=n, **place)
        yield f"{key}.difference", entry(row["difference"], effect(row["difference"]), column="difference", **place)


def wave_values(early_late: "pd.DataFrame", study: Study) -> Entries:
    """How many questions were compared between early and late answers, how many differ, and the smallest p."""
    file, tested = "stats/early_late.csv", early_late[early_late["p"].notna()]
    yield "waves.questions", entry(len(tested), str(len(tested)), file, column="p")
    differ = int((tested["p_adjusted"] <= study.comparisons["alpha"] / 100).sum())
    yield "waves.differences", entry(differ, str(differ), file, column="p_adjusted", n=len(tested))
    if len(tested):
        least = tested.loc[tested["p_adjusted"].idxmin()]
        smallest = least["p_adjusted"]
        yield "waves.p_adjusted", entry(smallest, p_value(smallest), file, int(least["row"]), "p_adjusted")


def comparison_values(comparisons: "pd.DataFrame", study: Study) -> Entries:
    """How many comparisons there are and what they found; the differences, smallest p first."""
    file = "stats/comparisons.csv"
    kinds = {"total": comparisons["item"] != "", "run": comparisons["p"].notna(), "not_run": comparisons["p"].isna()}
    for name, rows in kinds.items():
        yield f"comparisons.{name}", entry(int(rows.sum()), str(int(rows.sum())), file, column="p")
    reasons = Counter(comparisons.loc[comparisons["p"].isna(), "reason_not_run"])
    yield "comparisons.why_not", entry(dict(reasons), _with_counts(reasons), file, column="reason_not_run")
    ran = Counter(comparisons.loc[comparisons["p"].notna(), "test"].map(TESTS))
    yield "comparisons.tests", entry(dict(ran), _with_counts(ran), file, column="test")
    for domain, rows in comparisons.groupby("domain", sort=False):
        raised = float(rows["domain_p_adjusted"].iloc[0])
        place = {"file": file, "row": int(rows["row"].iloc[0]), "column": "domain_p_adjusted"}
        yield f"comparisons.domain.{domain}.p", entry(raised, p_value(raised), **place)
    differ = comparisons[comparisons["differs"] == "yes"]
    yield "comparisons.differences", entry(len(differ), str(len(differ)), file, column="differs", n=len(comparisons))
    for rank, row in enumerate(differ.to_dict("records"), start=1):
        yield from _compared(f"difference.{rank}", row, {"file": file, "row": row["row"]}, study)


def _with_counts(counts: Counter) -> str:
    """What there is with its number, the most frequent first: "Fisher (217); Kruskal-Wallis (58)"."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0].casefold()))
    return "; ".join(f"{name} ({count})" for name, count in ordered) or "none"


def domain_comparison_values(comparisons: "pd.DataFrame", study: Study) -> Entries:
    """Every comparison of every domain, numbered in the order of the domain's table; one not run keeps its reason."""
    for row in comparisons.to_dict("records"):
        place = {"file": f"stats/{row['domain']}/comparisons.csv", "row": row["row"]}
        key = f"comparison.{row['domain']}.{row['row'] - 1}"
        yield from _compared(key, row, place, study)
        yield f"{key}.p", entry(row["p"], p_value(row["p"]), column="p", **place)
        yield (
            f"{key}.reason_not_run",
            entry(row["reason_not_run"], row["reason_not_run"], column="reason_not_run", **place),
        )


def _compared(key: str, row: dict[str, Any], place: dict[str, Any], study: Study) -> Entries:
    """What is printed of a comparison; the words for its test and effect are empty where none ran."""
    name, _, option = row["item"].rstrip("]").partition("[")
    item = study.item(name)
    asked = item.label + (f": {item.option(option).label}" if option else "")
    yield f"{key}.question", entry(row["item"], asked, column="item", **place)
    yield f"{key}.group", entry(row["group"], study.item(row["group"]).label, column="group", **place)
    yield f"{key}.test", entry(row["test"], TESTS[row["test"]] if row["test"] else "", column="test", **place)
    yield f"{key}.n", entry(*counted(row["n_used"]), column="n_used", **place)
    yield f"{key}.p_adjusted", entry(row["p_adjusted"], p_value(row["p_adjusted"]), column="p_adjusted", **place)
    shown = EFFECTS[row["effect_name"]] if row["effect_name"] else ""
    yield f"{key}.effect_name", entry(row["effect_name"], shown, column="effect_name", **place)
    yield f"{key}.effect", entry(row["effect"], effect(row["effect"]), column="effect", **place)
    ends = [row["effect_ci_low"], row["effect_ci_high"]]
    known = not math.isnan(ends[0])
    shown = f"{effect(ends[0])} to {effect(ends[1])}" if known else "–"
    yield f"{key}.effect_ci", entry(ends if known else None, shown, column="effect_ci_low,effect_ci_high", **place)


def comparator_values(comparators: "pd.DataFrame", study: Study) -> Entries:
    """Published figures beside ours, in their order."""
    for rank, row in enumerate(comparators.to_dict("records"), start=1):
        place, key = {"file": "stats/comparators.csv", "row": row["row"]}, f"comparator.{rank}"
        for column in ("study", "option_labels", "published_question", "published_option", "note", "unit"):
            yield f"{key}.{column}", entry(row[column], row[column], column=column, **place)
        label = study.item(row["item"]).label if row["item"] else row["question"]
        yield f"{key}.question", entry(row["question"], label, column="question", **place)
        yield f"{key}.percent", entry(row["percent"], percent(row["percent"]), column="percent", unit="%", **place)
        yield (
            f"{key}.n_of",
            entry(
                row["numerator"],
                f"{number(row['numerator'])}/{number(row['denominator'])}",
                column="numerator",
                **place,
            ),
        )
        yield f"{key}.ci", _interval(row["ci_low"], row["ci_high"], "ci_low,ci_high", place)
        shown = f"{row['published']}%" if row["published"] else percent(row["published_percent"])
        yield f"{key}.published", entry(row["published"], shown, column="published", unit="%", **place)
        printed = row["denominator_printed"] == "yes"
        of = f"{number(row['published_n'])}/{number(row['published_denominator'])}" if printed else "not printed"
        yield f"{key}.published_n_of", entry(row["denominator_printed"], of, column="denominator_printed", **place)
        columns = "published_ci_low,published_ci_high"
        yield f"{key}.published_ci", _interval(row["published_ci_low"], row["published_ci_high"], columns, place)
    rows = len(comparators)
    yield "comparators.total", entry(rows, str(rows), "stats/comparators.csv", column="study")
    printed = int((comparators["denominator_printed"] == "yes").sum())
    shown = f"{printed} of {rows}"
    yield (
        "comparators.denominators",
        entry(printed, shown, "stats/comparators.csv", column="denominator_printed", n=rows),
    )


def _interval(low: float, high: float, columns: str, place: dict[str, Any]) -> dict[str, Any]:
    """An interval of percents."""
    known = not math.isnan(low)
    ends = f"{percent(low)} to {percent(high)}".replace("%", "") if known else "–"
    return entry([low, high] if known else None, ends, column=columns, unit="%", **place)


def study_values(study: Study) -> Entries:
    """What the study file says, and the software that ran."""
    import platform

    file = "study.yaml"
    if study.minimum_cell:
        shown = withheld_note(study.minimum_cell)
        yield "study.withheld", entry(study.minimum_cell, shown, file)
    yield "study.title", entry(study.title, study.title, file)
    yield "study.simulated", entry(study.simulated, "simulated" if study.simulated else "not simulated", file)
    yield "study.items", entry(len(study.items), str(len(study.items)), "codebook.csv", column="item")
    if study.window:
        for end in ("first", "last"):
            yield f"study.window_{end}", entry(study.window[end], long_date(study.window[end]), file)
    yield "study.unit", entry(study.unit, study.unit, file)
    yield "study.units", entry(study.units, study.units, file)
    method = METHODS[study.inference["method"]]
    clustered = f" for clusters ({study.cluster.label})" if study.cluster else ""
    yield "inference.method", entry(study.inference["method"], f"{method}{clustered}", file)
    yield "inference.target", entry(study.inference["target"], study.inference["target"].replace("_", " "), file)
    yield "inference.level", entry(study.inference["level"], f"{study.inference['level']:g}%", file, unit="%")
    yield (
        "thresholds.consensus",
        entry(study.thresholds["consensus"], f"{study.thresholds['consensus']:g}%", file, unit="%"),
    )
    for name in ("within", "across"):
        method = study.comparisons[name]
        yield f"comparisons.{name}", entry(method, ADJUSTMENTS[method], file)
    yield "comparisons.alpha", entry(study.comparisons["alpha"], f"{study.comparisons['alpha']:g}%", file, unit="%")
    samples = study.comparisons["samples"]
    yield "comparisons.samples", entry(samples, f"{samples:,}", file)
    yield "thresholds.near", entry(study.thresholds["near"], f"{study.thresholds['near']:g}%", file, unit="%")
    yield "study.domains", entry(study.domain_ids, ", ".join(domain["title"] for domain in study.domains), file)
    for domain in study.domains:
        items = [item.name for item in study.domain_items(domain["id"]) if item.is_reported]
        yield f"domain.{domain['id']}.title", entry(domain["title"], domain["title"], file)
        yield f"domain.{domain['id']}.items", entry(items, ", ".join(items), "codebook.csv", column="item")
    asked = [item for item in study.items if item.is_answerable]
    conditional = sum(item.asked_if is not None for item in asked)
    yield "study.questions", entry(len(asked), str(len(asked)), "codebook.csv", column="role")
    yield "study.conditional", entry(conditional, str(conditional), "codebook.csv", column="asked_if", n=len(asked))
    yield "study.parts", entry(len(study.domains), str(len(study.domains)), file)
    if any("keep" in rule for rule in study.selection):
        yield "study.one_record_per", entry(study.respondent_key, study.item(study.respondent_key).label, file)
    yield "weights.text", entry((study.weighting or {}).get("method", "none"), weighting_text(study), file)
    yield "words.bands", entry({word: limit for limit, word in WORDS}, bands())
    yield "software.python", entry(platform.python_version(), platform.python_version())
    for package in SOFTWARE:
        yield f"software.{package}", entry(version(package), version(package))


def weighting_text(study: Study) -> str:
    """How records were weighted, as a sentence."""
    weighting = study.weighting
    if weighting is None:
        return "No weights were used."
    if weighting["method"] == "given":
        return "Percentages are also given weighted, by the weights that came with the data."
    named = [study.by_name[name].label if name in study.by_name else name for name in weighting["margins"]]
    way = {"poststratify": "cells, by post-stratification", "rake": "totals, by raking"}[weighting["method"]]
    return f"Percentages are also given weighted to the frame's {way}: {'; '.join(named)}."


def statement_values(study: Study) -> Entries:
    """What study.yaml says for the front and back matter and the checklists; without a value where it says nothing."""

    def stated(value: Any, text: str) -> dict[str, Any]:
        return entry(value, text, "study.yaml") if value else entry(None, NOT_STATED, "study.yaml")

    for name in STATEMENTS:
        text = study.settings.get(name, "")
        yield f"study.{name}", stated(text, text)
    yield "study.keywords", stated(study.keywords, ", ".join(study.keywords or []))
    yield "study.roles", stated(credit(study.authors), credit_text(study.authors))
    for name in known_keys("reporting"):
        text = study.reporting.get(name, "")
        yield f"reporting.{name}", stated(text, text)


def credit(authors: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Role of the CRediT taxonomy to the initials of those who had it; names where two share their initials."""
    short = [initials(author["name"]) for author in authors]
    named = [
        author["name"] if short.count(letters) > 1 else letters for author, letters in zip(authors, short, strict=True)
    ]
    had = [(name, author.get("roles", [])) for name, author in zip(named, authors, strict=True)]
    found = {role: [name for name, roles in had if role in roles] for role in credit_roles()}
    return {role: names for role, names in found.items() if names}


def credit_text(authors: list[dict[str, Any]]) -> str:
    """The same as one sentence: "Conceptualization: A.B., C.D.; Software: A.B."; empty without roles."""
    text = "; ".join(f"{role}: {', '.join(names)}" for role, names in credit(authors).items())
    return text if not text or text.endswith(".") else f"{text}."


def initials(name: str) -> str:
    """The first letters of a name, hyphens kept: A.-L.M. for Anna-Lena Meier."""
    return "".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in name.split())


def long_date(day: str) -> str:
    """A day as printed: 23 February 2023."""
    import calendar

    year, month, number_of_day = day.split("-")
    return f"{int(number_of_day)} {calendar.month_name[int(month)]} {year}"
