"""The shares that the figures of study.yaml are drawn from: of several answers together, of the days up to a day."""

from collections.abc import Iterator, Mapping
from typing import Any

from survey.claims import Term
from survey.evidence import Evidence, Found
from survey.study import Item, Study

SHARES = [
    "figure",
    "panel",
    "row",
    "column",
    "item",
    "options",
    "n",
    "n_valid",
    "n_asked",
    "n_not_asked",
    "percent",
    "ci_low",
    "ci_high",
    "ci_method",
    "evidence",
]


def share_rows(study: Study, evidence: Evidence) -> list[dict[str, object]]:
    """One row per cell or point of every figure of study.yaml, in the order in which they are drawn."""
    kinds = {"steps": _steps, "curves": _curves, "paired": _paired}
    return [
        {"figure": figure["id"]} | row for figure in study.figures for row in kinds[figure["kind"]](figure, evidence)
    ]


def _steps(figure: Mapping[str, Any], evidence: Evidence) -> Iterator[dict[str, object]]:
    """Per panel, who gives what at each step: a row per treatment, a column per grade or line."""
    for panel in figure["panels"]:
        cells = [
            (row["label"], column, evidence.study.item(cell["item"]), codes_of(evidence.study, cell))
            for row in panel["rows"]
            for column, cell in row["cells"].items()
        ]
        for column, name in panel.get("each", {}).items():
            item = evidence.study.item(name)
            cells += [(option.label, column, item, [option.code]) for option in item.options if option.counts]
        for label, column, item, codes in cells:
            found = evidence.find(_term(item, codes))
            place = {"panel": panel["title"], "row": label, "column": column}
            yield place | _counted(item, codes, found, evidence)


def _curves(figure: Mapping[str, Any], evidence: Evidence) -> Iterator[dict[str, object]]:
    """Per curve, the share that has acted by each day; column is the day, empty for answers that name none."""
    for curve in figure["curves"]:
        item = evidence.study.item(curve["item"])
        if item.type == "numeric":
            for day in evidence.numbers(item.name):
                found = evidence.up_to(item.name, day)
                yield {"panel": curve["label"], "column": f"{day:.15g}"} | _counted(item, [], found, evidence)
            continue
        days: dict[str, float] = curve["at"]
        for day in sorted(set(days.values())):
            codes = [code for code in days if days[code] <= day]
            found = evidence.find(_term(item, codes))
            yield {"panel": curve["label"], "column": f"{day:.15g}"} | _counted(item, codes, found, evidence)
        for option in item.options:
            if option.counts and option.code not in days:
                found = evidence.find(_term(item, [option.code]))
                place = {"panel": curve["label"], "row": option.label}
                yield place | _counted(item, [option.code], found, evidence)


def _paired(figure: Mapping[str, Any], evidence: Evidence) -> Iterator[dict[str, object]]:
    """The options of several items that have the same ones, side by side: a row per option, a column per item."""
    items = {label: evidence.study.item(name) for label, name in figure["items"].items()}
    first = next(iter(items.values()))
    for option in first.options:
        if option.counts:
            for label, item in items.items():
                found = evidence.find(_term(item, [option.code]))
                yield {"row": option.label, "column": label} | _counted(item, [option.code], found, evidence)


def codes_of(study: Study, cell: Mapping[str, Any]) -> list[str]:
    """The options of a cell: those it lists, or all up to one in the order of the codebook."""
    if "options" in cell:
        return list(cell["options"])
    codes = [option.code for option in study.item(cell["item"]).options if option.counts]
    return codes[: codes.index(cell["up_to"]) + 1]


def _term(item: Item, codes: list[str]) -> Term:
    function = "percent_any" if item.type == "multiple" and len(codes) > 1 else "percent"
    return Term(f"{function}({', '.join([item.name, *codes])})", function, (item.name, *codes))


def _counted(item: Item, codes: list[str], found: Found, evidence: Evidence) -> dict[str, object]:
    valid, asked, not_asked = evidence.bases(item.name)
    bases = {"n_valid": ("valid", valid), "n_asked": ("asked", asked), "n_not_asked": ("not_asked", not_asked)}
    hidden = [column for column, (count, _) in bases.items() if evidence.hides(item.name, count)]
    gone = [*hidden, *(["n", "percent", "ci_low", "ci_high"] if found.withheld else [])]
    return {
        "item": item.name,
        "options": "|".join(codes),
        "n": None if found.withheld else int(found.numerator),
        **{column: None if column in hidden else n for column, (_, n) in bases.items()},
        "percent": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "ci_method": evidence.method,
        "evidence": found.place,
        "withheld": " ".join(gone),
    }
