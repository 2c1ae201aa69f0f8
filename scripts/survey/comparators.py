"""Published surveys beside our estimates, each with its own interval where its denominator was printed."""

import math
import re
from pathlib import Path

from survey.claims import parse_term
from survey.errors import BadInput, nearest
from survey.evidence import Evidence
from survey.proportions import wilson
from survey.sheets import read_sheet
from survey.study import Study

NAME = "comparators.csv"
MAPPING = ["study", "question", "option", "figure", "note"]
STUDIES = ["study", "citation", "doi", "unit", "invited", "responded", "dates", "seen"]
FIGURES = ["study", "topic", "question", "option", "n", "denominator", "percent", "note"]
COMPARATORS = [
    "figure",
    "item",
    "question",
    "option_labels",
    "percent",
    "ci_low",
    "ci_high",
    "numerator",
    "denominator",
    "evidence",
    "study",
    "citation",
    "doi",
    "unit",
    "published_question",
    "published_option",
    "published",
    "published_n",
    "published_denominator",
    "published_percent",
    "published_ci_low",
    "published_ci_high",
    "published_ci_method",
    "denominator_printed",
    "difference",
    "note",
]


def comparators(study: Study, published: Path, evidence: Evidence) -> list[dict[str, object]]:
    """One row per published figure that comparators.csv of the study puts beside one of ours; none without that file.

    published: folder with studies.csv and figures.csv. A published percent has Wilson's interval of a superpopulation,
    at the study's level, where its count and denominator were printed; else it is marked.
    Raises BadInput for a figure that was not published, or that is none of ours.
    """
    path = study.folder / NAME
    if not path.is_file():
        return []
    studies = {row["study"]: row for row in read_sheet(published / "studies.csv", STUDIES).values()}
    figures = {
        (row["study"], row["question"], row["option"]): row
        for row in read_sheet(published / "figures.csv", FIGURES).values()
    }
    rows = []
    for number, wanted in read_sheet(path, MAPPING).items():
        key = (wanted["study"], wanted["question"], wanted["option"])
        if key not in figures:
            known = [option for name, question, option in figures if (name, question) == key[:2]] or list(studies)
            hint = nearest(wanted["option"], known)
            raise BadInput(
                f"{path} row {number}: {published / 'figures.csv'} has no such study, question, option{hint}"
            )
        try:
            ours = _ours(wanted["figure"], evidence)
        except BadInput as error:
            raise BadInput(f"{path} row {number}: {error}") from None
        theirs = _theirs(figures[key], study.inference["level"])
        if not ours["item"]:  # a response rate is a count of all who were invited
            theirs |= {"published_ci_low": math.nan, "published_ci_high": math.nan, "published_ci_method": ""}
        printed = figures[key]["note"]
        notes = [wanted["note"], f"Denominator {printed}." if printed.startswith("not printed") else printed]
        row = ours | theirs | {name: studies[key[0]][name] for name in ("study", "citation", "doi", "unit")}
        row |= {"difference": ours["percent"] - theirs["published_percent"]}
        rows.append(row | {"note": " ".join(note for note in notes if note)})
    return rows


def figures_named(study: Study) -> list[str]:
    """The figures of ours that comparators.csv of the study names, none without that file."""
    path = study.folder / NAME
    return [row["figure"] for row in read_sheet(path, MAPPING).values()] if path.is_file() else []


def _ours(figure: str, evidence: Evidence) -> dict[str, object]:
    term = parse_term(figure, evidence.study)
    if not (term.function.startswith("percent") or term.function == "response_rate"):
        raise BadInput(f"figure {figure!r}: only a percent or a response rate can be put beside a published percent")
    found = evidence.find(term)
    row = {"figure": figure, "percent": found.value, "ci_low": found.low, "ci_high": found.high}
    row |= {"numerator": found.numerator, "denominator": found.denominator, "evidence": found.place}
    if found.withheld:
        row["withheld"] = "percent ci_low ci_high numerator denominator difference"
    if term.function == "response_rate":
        return row | {"item": "", "question": "Response rate", "option_labels": term.arguments[0]}
    item = evidence.study.item(term.arguments[0])
    labels = " or ".join(item.option(option).label for option in term.arguments[1:])
    return row | {"item": item.name, "question": item.question, "option_labels": labels}


def _theirs(row: dict[str, str], level: float) -> dict[str, object]:
    """A published figure as numbers; a percent that is printed as a range or a bound has none."""
    n, of = (float(row[name]) if row[name] else math.nan for name in ("n", "denominator"))
    counted = not (math.isnan(n) or math.isnan(of))
    low, high = wilson(n, of, level) if counted else (math.nan, math.nan)
    number = float(row["percent"]) if re.fullmatch(r"\d+(\.\d+)?", row["percent"]) else math.nan
    return {
        "published_question": row["question"],
        "published_option": row["option"],
        "published": row["percent"],
        "published_n": n,
        "published_denominator": of,
        "published_percent": 100 * n / of if counted else number,
        "published_ci_low": 100 * low,
        "published_ci_high": 100 * high,
        "published_ci_method": "wilson" if counted else "",
        "denominator_printed": "yes" if counted else "no",
    }
