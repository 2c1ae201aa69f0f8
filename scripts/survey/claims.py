"""Statements of a paper as predicates over the results: parsed, never run as code.

percent(boost, yes) > 50
percent(crs_grading, astct, lee) in (40, 60)
percent(outpatient, no | volume == from_50) < percent(outpatient, no | volume == under_10)
percent(main_dish, turkey) == 82
median(hospital_stay) <= 14
top(anakinra_dose) == d200
"""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from survey.errors import BadInput, nearest
from survey.sample import RATES
from survey.study import CHOICES, Item, Study

NAME, NUMBER = r"[a-z][a-z0-9_]*", r"-?\d+(?:\.\d+)?"
TERM = r"[a-z_]+\([A-Za-z0-9_, ]*(?:\|[a-z0-9_= ]+)?\)"
FORM = re.compile(
    rf"(?P<left>{TERM})\s*(?:(?P<sign>>=|<=|>|<|==|!=)\s*(?:(?P<number>{NUMBER})|(?P<right>{TERM})|(?P<word>[a-z0-9_]+))"
    rf"|in\s*\(\s*(?P<low>{NUMBER})\s*,\s*(?P<high>{NUMBER})\s*\))"
)
PARTS = re.compile(rf"([a-z_]+)\(([A-Za-z0-9_, ]*)(?:\|\s*({NAME})\s*==\s*([a-z0-9_]+)\s*)?\)")
SIGNS: dict[str, Callable[[object, object], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
# Function to what it takes; those of words can only be compared with == and !=.
FUNCTIONS = {
    "percent": "one item and one option or more, of which one is chosen",
    "percent_any": "one multiple-choice item and two options or more, of which any is ticked",
    "percent_all": "one multiple-choice item and two options or more, which are all ticked",
    "count": "one item and one option or more, of which one is chosen",
    "count_any": "one multiple-choice item and two options or more, of which any is ticked",
    "count_all": "one multiple-choice item and two options or more, which are all ticked",
    "answered": "one item",
    "asked": "one item",
    "median": "one numeric item",
    "mean": "one numeric item",
    "entropy": "one item that agreement is measured of",
    "distinct": "one choice item",
    "agreed": "one domain, or nothing for all",
    "p": "one item and one grouping item",
    "response_rate": f"one of {', '.join(RATES)} and completion",
    "invited": "nothing",
    "analysed": "nothing",
    "top": "one item that agreement is measured of",
    "consensus": "one item that agreement is measured of",
    "differs": "one item and one grouping item",
}
WORDS = {"top": None, "consensus": ("yes", "near", "no"), "differs": ("yes", "no")}
SHARES = ("percent", "percent_any", "percent_all", "count", "count_any", "count_all")
BASES = {
    "valid": "answers that count",
    "substantive": "answers other than 'other'",
    "answered": "answers of any kind, 'do not know' among them",
    "asked": "those asked",
    "all": "all analysed",
}


@dataclass(frozen=True)
class Term:
    """A figure of the results: function(arguments), within a level of a group if one is named."""

    text: str
    function: str
    arguments: tuple[str, ...]
    group: str = ""
    level: str = ""

    @property
    def is_share(self) -> bool:
        """Whether it counts who gave some answers."""
        return self.function in SHARES


@dataclass(frozen=True)
class Predicate:
    """A comparison: sign and right (a number as written, a word or a term), or low and high, both included."""

    left: Term
    sign: str
    right: str | Term
    low: float = math.nan
    high: float = math.nan

    @property
    def printed(self) -> str:
        """The figure that the left side must equal as printed, "" for another comparison."""
        return self.right if self.sign == "==" and isinstance(self.right, str) and is_number(self.right) else ""

    def holds(self, left: object, right: object) -> bool:
        """Whether it is true of the values of both sides; equality with a number is as printed, half rounded up."""
        if not self.sign:
            return self.low <= left <= self.high
        if self.printed:
            return rounds_to(left, self.printed, half_up)
        if isinstance(left, float):
            right = float(right)
            if self.sign in ("==", "!="):
                return math.isclose(left, right) == (self.sign == "==")
        return SIGNS[self.sign](left, right)


def is_number(text: str) -> bool:
    """Whether a text is a number as predicates write it."""
    return re.fullmatch(NUMBER, text) is not None


def half_up(value: float, decimals: int) -> float:
    """Rounded, halves up."""
    return math.floor(round(value * 10**decimals, 9) + 0.5) / 10**decimals


def half_even(value: float, decimals: int) -> float:
    """Rounded, halves to the even neighbour."""
    return round(round(value * 10**decimals, 9)) / 10**decimals


def cut(value: float, decimals: int) -> float:
    """The decimals after these cut off."""
    return math.trunc(round(value * 10**decimals, 9)) / 10**decimals


ROUNDINGS: dict[str, Callable[[float, int], float]] = {
    "": half_up,
    "halves to even": half_even,
    "decimals cut off": cut,
}


def rounds_to(value: float, printed: str, rounding: Callable[[float, int], float]) -> bool:
    """Whether a value is printed so, to the decimals that are printed."""
    decimals = len(printed.partition(".")[2])
    return not math.isnan(value) and math.isclose(rounding(value, decimals), float(printed), abs_tol=1e-12)


def parse_predicate(text: str, study: Study) -> Predicate:
    """The predicate that a text states. Raises BadInput naming what it does not know."""
    match = FORM.fullmatch(text.strip())
    if not match:
        raise BadInput(f"predicate {text!r}: write it as function(item, option) > number, or ... in (low, high)")
    left = _term(match["left"], text, study)
    if match["low"]:
        _refuse_words(left, text)
        return Predicate(left, "", "", float(match["low"]), float(match["high"]))
    if left.function in WORDS:
        _check_word(left, match["sign"], match["word"] or match["number"] or match["right"], text, study)
        return Predicate(left, match["sign"], match["word"] or match["number"])
    if match["word"]:
        raise BadInput(f"predicate {text!r}: {left.text} is a number, {match['word']!r} is none")
    right = match["number"] or _term(match["right"], text, study)
    if isinstance(right, Term):
        _refuse_words(right, text)
    return Predicate(left, match["sign"], right)


def parse_term(text: str, study: Study) -> Term:
    """The term that a text states, such as percent(boost, yes). Raises BadInput naming what it does not know."""
    if not re.fullmatch(TERM, text.strip()):
        raise BadInput(f"figure {text!r}: write it as function(item, option)")
    return _term(text.strip(), text, study)


def _refuse_words(term: Term, text: str) -> None:
    if term.function in WORDS:
        raise BadInput(f"predicate {text!r}: {term.text} is a word, compare it with == or != and a word")


def _check_word(term: Term, sign: str, word: str, text: str, study: Study) -> None:
    if sign not in ("==", "!="):
        _refuse_words(term, text)
    known = WORDS[term.function] or [option.code for option in study.item(term.arguments[0]).options]
    if word not in known:
        raise BadInput(f"predicate {text!r}: {term.text} can be {', '.join(known)}, not {word!r}{nearest(word, known)}")


def _term(text: str, predicate: str, study: Study) -> Term:
    match = PARTS.fullmatch(text)
    if not match:
        raise BadInput(f"predicate {predicate!r}: write a group as function(item, option | group == level)")
    function, inside, group, level = match.groups(default="")
    if function not in FUNCTIONS:
        known = ", ".join(FUNCTIONS)
        raise BadInput(
            f"predicate {predicate!r}: no function {function!r}{nearest(function, FUNCTIONS)}; there are {known}"
        )
    arguments = tuple(word.strip() for word in inside.split(",")) if inside.strip() else ()
    term = Term(text, function, arguments, group, level)
    _check_term(term, predicate, study)
    return term


def _check_term(term: Term, predicate: str, study: Study) -> None:
    place, takes = f"predicate {predicate!r}", f"{term.function} takes {FUNCTIONS[term.function]}"
    wanted = {"invited": (0, 0), "analysed": (0, 0), "agreed": (0, 1), "p": (2, 2), "differs": (2, 2)}
    many = {"percent": (2, math.inf), "count": (2, math.inf)}
    least, most = (wanted | many).get(term.function, (3, math.inf) if term.is_share else (1, 1))
    if not least <= len(term.arguments) <= most:
        raise BadInput(f"{place}: {takes}")
    if term.group and term.function not in (*SHARES, "median", "mean"):
        raise BadInput(f"{place}: {term.function} cannot be had of a group")
    if term.group:
        _check_group(term.group, term.level, place, study)
    if term.function == "response_rate":
        known = (*RATES, "completion")
        if term.arguments[0] not in known:
            raise BadInput(f"{place}: {takes}{nearest(term.arguments[0], known)}")
    elif term.function == "agreed":
        for domain in term.arguments:
            study.domain_items(domain)
    elif term.arguments:
        _check_item(term, place, study)


def _check_group(group: str, level: str, place: str, study: Study) -> None:
    if group not in study.groups:
        raise BadInput(f"{place}: {group!r} is not one of the groups of study.yaml{nearest(group, study.groups)}")
    codes = [option.code for option in study.item(group).options if option.counts]
    if level and level not in codes:
        raise BadInput(f"{place}: {group!r} has no level {level!r}{nearest(level, codes)}")


def _check_item(term: Term, place: str, study: Study) -> None:
    name, _, option = term.arguments[0].partition("[")
    item = study.item(name, place)
    kinds = {
        "median": ("numeric",),
        "mean": ("numeric",),
        "distinct": CHOICES,
        **dict.fromkeys(("percent", "count"), CHOICES),
        **dict.fromkeys(("percent_any", "percent_all", "count_any", "count_all"), ("multiple",)),
        **dict.fromkeys(("top", "consensus", "entropy"), ("single", "ordinal", "multiple")),
    }.get(term.function, (*CHOICES, "numeric"))
    if item.type not in kinds or not item.is_reported:
        raise BadInput(f"{place}: {term.function} cannot be had of {name!r}, a {item.type} item of role {item.role}")
    if term.function in ("p", "differs"):
        _check_group(term.arguments[1], "", place, study)
        if item.type in ("multiple", "rank"):
            raise BadInput(
                f"{place}: every option of {name!r} is compared on its own; {term.function} takes one answer"
            )
    if term.is_share:
        codes = [option.code for option in item.options]
        for option in term.arguments[1:]:
            if option not in codes:
                raise BadInput(f"{place}: item {name!r} has no option {option!r}{nearest(option, codes)}")
        if term.function in ("percent", "count") and len(term.arguments) > 2 and item.type in ("multiple", "rank"):
            raise BadInput(
                f"{place}: percents of a {item.type} item cannot be added, one respondent may tick several; "
                f"use {term.function}_any or {term.function}_all"
            )


def mirrored(item: Item, options: tuple[str, ...]) -> tuple[str, ...]:
    """The options at the same places from the other end of an ordinal scale."""
    codes = [option.code for option in item.options if option.counts]
    return tuple(codes[-1 - codes.index(option)] for option in options if option in codes)
