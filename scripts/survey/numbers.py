"""Numbers as people type them into a free field."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
NUMBER = r"\d+(?:[.,]\d+)?|[1-9]\d{0,2}(?: \d{3})+"
# Thousands or decimals: programs do not end a fraction with 0, people who mean thousands do.
EITHER = re.compile(r"[1-9]\d{0,2}(?:,\d{3}|\.\d{2}0)")
DECIMAL = re.compile(r"-?(?:0\.\d+|\d+\.(?:\d{1,2}|\d{4,}))")
MONTH_AND_YEAR = re.compile(r"(?:0?[1-9]|1[0-2])\s*[-–/]\s*(?:19|20)\d{2}")
FORM = re.compile(
    rf"(?P<about>approx(?:imately)?\.?|about|around|circa|ca\.?|roughly|~|≈|\+/-)?\s*"
    rf"(?P<bound>>=|<=|>|<|≥|≤|more than|less than|at least|at most|up to|over|under|min\.?|max\.?)?\s*"
    rf"(?P<low>{NUMBER})(?:\s*(?:-|–|—|to|bis|à)\s*(?P<high>{NUMBER}))?\s*"
    rf"(?P<plus>\+)?\s*(?P<unit>%|[a-zA-Zµ/]+)?\.?",
    re.IGNORECASE,
)
UNITS = {
    "minutes": {"minute": 1, "min": 1, "mins": 1, "hour": 60, "h": 60, "hrs": 60},
    "hours": {"hour": 1, "h": 1, "hr": 1, "hrs": 1, "std": 1, "day": 24, "d": 24},
    "days": {
        "day": 1,
        "d": 1,
        "tag": 1,
        "tage": 1,
        "jour": 1,
        "week": 7,
        "wk": 7,
        "w": 7,
        "woche": 7,
        "wochen": 7,
        "month": 30,
    },
    "weeks": {"week": 1, "wk": 1, "w": 1, "month": 30 / 7, "day": 1 / 7},
    "months": {"month": 1, "mo": 1, "year": 12, "yr": 12, "y": 12},
    "years": {"year": 1, "yr": 1, "y": 1, "month": 1 / 12},
    "%": {"%": 1, "percent": 1, "pct": 1},
}
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")


@dataclass(frozen=True)
class Reading:
    """A number read from a text: value, the rules that were needed (joined by +, "" for a plain number) and why."""

    value: float
    rule: str
    reason: str


def shows_decimals(texts: Iterable[str]) -> bool:
    """Whether a column has a number whose point can separate nothing but decimals, such as 0.750, 12.5 or 0.8234."""
    return any(DECIMAL.fullmatch(text) for text in texts)


def parse_number(text: str, unit: str = "", settled: bool = False) -> Reading | None:
    """The number that a tidy text states, in `unit`; None where no rule reads it, so that a person decides.

    A range gives its middle, a bound the bound itself, another unit of time is converted. A comma before exactly three
    digits is not read, nor a point before three of which the last is 0: it may separate thousands or decimals.
    settled: that a point or comma separates decimals.
    """
    if (EITHER.fullmatch(text) and not settled) or MONTH_AND_YEAR.fullmatch(text):
        return None
    if PLAIN.fullmatch(text):
        return Reading(float(text) + 0.0, "", "")  # no -0
    match = FORM.fullmatch(text)
    if not match:
        return _number_word(text, unit)
    rules, reasons = [], []
    values = []
    for part in (match["low"], match["high"]):
        if part is None:
            continue
        if EITHER.fullmatch(part) and not settled:
            return None
        if "," in part:
            rules.append("decimal_comma")
            reasons.append("decimal comma")
        if " " in part:
            rules.append("thousands")
            reasons.append("blank between thousands")
        values.append(float(part.replace(" ", "").replace(",", ".")))
    if match["about"]:
        rules.append("approximate")
        reasons.append(f"{match['about']!r} left out")
    if len(values) == 2:
        if values[0] > values[1] or match["bound"] or match["plus"]:
            return None
        rules.append("range_middle")
        reasons.append(f"middle of {values[0]:g} to {values[1]:g}")
    elif match["bound"] or match["plus"]:
        rules.append("bound")
        reasons.append(f"the bound in {match['bound'] or '+'!r} {values[0]:g} taken as the value")
    factor = _factor(match["unit"], unit)
    if factor is None:
        return None
    if match["unit"]:
        rules.append("unit")
        reasons.append(f"{match['unit']} in {unit}" if factor != 1 else f"unit {match['unit']} left out")
    rules = list(dict.fromkeys(rules)) or ["spelling"]
    return Reading(
        sum(values) / len(values) * factor,
        "+".join(rules),
        "; ".join(dict.fromkeys(reasons)) or "number in another form",
    )


def _factor(written: str | None, unit: str) -> float | None:
    if not written:
        return 1
    word = written.lower()
    if word == unit.lower():
        return 1
    known = UNITS.get(unit.lower(), {})
    return known.get(word, known.get(word.removesuffix("s")))


def _number_word(text: str, unit: str) -> Reading | None:
    words, _, last = text.lower().rpartition(" ")
    for phrase, written in ((text.lower(), None), (words, last)):
        factor = _factor(written, unit)
        if phrase in _number_words() and factor is not None:
            value, language = _number_words()[phrase]
            return Reading(
                float(value * factor), "number_word+unit" if written else "number_word", f"number word ({language})"
            )
    return None


@cache
def _number_words() -> dict[str, tuple[int, str]]:
    """Whole numbers up to 100 in words, with their language; not "once", Spanish for 11 and English for 1 time."""
    from num2words import num2words

    known: dict[str, tuple[int, str]] = {}
    for language in LANGUAGES:
        for value in range(101):
            words = num2words(value, lang=language).lower()
            known.setdefault(words, (value, language))
            known.setdefault(words.replace("-", " "), (value, language))
    del known["once"]
    return known
