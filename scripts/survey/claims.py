"""Statements of a paper as predicates over the results: a function compared with numbers, parsed, never run as code.

percent(boost, yes) > 50
percent(crs_grading, astct, lee) in (40, 60)
median(hospital_stay) <= 14
distinct(boost_day) >= 4
"""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survey.errors import BadInput, nearest
from survey.study import Study

if TYPE_CHECKING:
    import pandas as pd

NUMBER = r"-?\d+(?:\.\d+)?"
FORM = re.compile(
    r"(?P<function>[a-z]+)\((?P<arguments>[a-z0-9_, ]+)\)\s*"
    rf"(?:(?P<sign>>=|<=|>|<|==)\s*(?P<bound>{NUMBER})"
    rf"|in\s*\(\s*(?P<low>{NUMBER})\s*,\s*(?P<high>{NUMBER})\s*\))"
)
SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": math.isclose,
}
FUNCTIONS = {"percent": "one item and one option or more", "median": "one item", "distinct": "one item"}
COLUMNS = ["claim", "statement", "predicate", "published", "computed", "verdict", "evidence", "note"]


@dataclass(frozen=True)
class Predicate:
    """A parsed predicate: function(item, options) compared with a bound, or within two (both included)."""

    function: str
    item: str
    options: tuple[str, ...]
    test: Callable[[float], bool]


def parse_predicate(text: str, study: Study) -> Predicate:
    """The predicate that a text states. Raises BadInput naming what it does not know."""
    match = FORM.fullmatch(text.strip())
    if not match:
        raise BadInput(f"predicate {text!r}: write it as function(item, option) > number, or ... in (low, high)")
    name, (item, *options) = match["function"], [word.strip() for word in match["arguments"].split(",")]
    if name not in FUNCTIONS:
        raise BadInput(
            f"predicate {text!r}: no function {name!r}{nearest(name, FUNCTIONS)}; there are {', '.join(FUNCTIONS)}"
        )
    if bool(options) != (name == "percent"):
        raise BadInput(f"predicate {text!r}: {name} takes {FUNCTIONS[name]}")
    found = study.item(item)
    if (found.type == "numeric") != (name == "median") or not found.is_reported:
        raise BadInput(
            f"predicate {text!r}: {name} cannot be had of {item!r}, a {found.type} item of role {found.role}"
        )
    codes = [option.code for option in found.options]
    for option in options:
        if option not in codes:
            raise BadInput(f"predicate {text!r}: item {item!r} has no option {option!r}{nearest(option, codes)}")
    if len(options) > 1 and found.type not in ("single", "ordinal"):
        raise BadInput(
            f"predicate {text!r}: percents of a {found.type} item cannot be added, one respondent may tick several"
        )
    if match["sign"]:
        compare, bound = SIGNS[match["sign"]], float(match["bound"])
        return Predicate(name, item, tuple(options), lambda value: compare(value, bound))
    low, high = float(match["low"]), float(match["high"])
    return Predicate(name, item, tuple(options), lambda value: low <= value <= high)


def check(claim: dict, study: Study, frequencies: "pd.DataFrame", numeric: "pd.DataFrame") -> dict[str, object]:
    """One row of claims.csv: what the results give for a claim, and whether it holds.

    evidence: file and rows (as a spreadsheet numbers them) of the figures used.
    """
    try:
        predicate = parse_predicate(claim["predicate"], study)
    except BadInput as error:
        raise BadInput(f"{study.folder / 'claims.yaml'} claim {claim['id']!r}: {error}") from None
    domain = study.item(predicate.item).domain
    table = numeric if predicate.function == "median" else frequencies
    rows = table[table["item"] == predicate.item]
    if predicate.options:
        rows = rows[rows["option"].isin(predicate.options)]
    if predicate.function == "median":
        value = rows["median"].iloc[0]
    elif predicate.function == "percent":
        value = rows["percent"].sum(min_count=1)
    else:
        counted = rows[rows["percent"].notna()]
        value = float((counted["n"] > 0).sum()) if len(counted) else math.nan
    testable = not math.isnan(value)
    name = "numeric" if predicate.function == "median" else "frequencies"
    place = rows["row"].tolist()
    where = f"rows {place[0]}-{place[-1]}" if len(place) > 1 else f"row {place[0]}"
    return {
        "claim": claim["id"],
        "statement": claim["statement"],
        "predicate": claim["predicate"],
        "published": claim.get("published", math.nan),
        "computed": float(value),
        "verdict": ("holds" if predicate.test(value) else "fails") if testable else "not testable",
        "evidence": f"stats/{domain}/{name}.csv {where}",
        "note": "" if testable else "nobody gave an answer that counts",
    }
