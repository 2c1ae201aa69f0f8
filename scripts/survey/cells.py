"""What the text of one cell means.

A text is *literal* when it needs no rule: the code or label of an option, a plain number, an ISO date, a tick as the
platform writes it, or nothing. Whatever else a reader understands, it names the rule that it needed.
"""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches

from survey.answers import find_option
from survey.countries import codes, country_code, country_name, nearest_country
from survey.dates import parse_date
from survey.errors import BadInput
from survey.numbers import EITHER, parse_number
from survey.study import COUNTRIES, Item, Option, Study
from survey.text import is_blank, key, tidy

TICKED = frozenset(["y", "yes", "1", "true", "x", "ticked", "checked", "selected"])
UNTICKED = frozenset(["n", "no", "0", "false", "unticked", "unchecked"]) | {"not selected"}
JOIN = "|"
BETWEEN = " | "  # how the ledger joins the cells of an item
OWN = re.compile("x[a-z]")  # country codes that ISO 3166 leaves to its users


@dataclass(frozen=True)
class Cell:
    """What a text means.

    value: the answer (code, number, date, text, True or False), None where there is none; missing: one of KINDS where
    the answer is not part of the base, else ""; rule and reason: how it was read, "" for a literal; problem and
    nearest: what a person must look at, and the option most like it.
    """

    value: object = None
    missing: str = ""
    rule: str = ""
    reason: str = ""
    problem: str = ""
    nearest: str = ""


BLANK = Cell(missing="blank")
ONLY_BLANKS = Cell(missing="blank", rule="only_blanks", reason="nothing but blanks")
NOT_SHOWN_TEXT = "n/a"  # LimeSurvey's, in exports of full answers
NOT_SHOWN = Cell(missing="not_asked", rule="not_shown", reason="written by the platform for a box that was not shown")


def read_choice(text: str, item: Item) -> Cell:
    """A single-choice or ordinal answer."""
    if not text:
        return BLANK
    option, rule = named_option(item, text)
    if option:
        reason = {
            "": "",
            "spelling": "blanks, case or HTML",
            "alias": "listed as another spelling",
            "country": f"another name of {option.label} (ISO 3166 {option.code.upper()})",
        }[rule]
        return Cell(option.code, "" if option.counts else option.kind, rule, reason)
    if not tidy(text):
        return ONLY_BLANKS
    cell = _not_understood(text, [option.label for option in item.options], "is none of the options")
    return _no_listed_country(cell, text, item) if item.unit == COUNTRIES else cell


def named_option(item: Item, text: str) -> tuple[Option | None, str]:
    """The option that a text names and the rule that found it, as find_option does; `country` where it is a country
    under another name, in any language of Europe, or its code.
    """
    option, rule = find_option(item, text)
    if option is None and item.unit == COUNTRIES:
        option, rule = _country_option(item, country_code(tidy(text))), "country"
    return option, rule if option else ""


def _country_option(item: Item, code: str | None) -> Option | None:
    """The option of a country, by its ISO 3166 code of two letters."""
    return next((option for option in item.options if code and codes().get(option.code.upper()) == code), None)


def _no_listed_country(cell: Cell, text: str, item: Item) -> Cell:
    """A text that is none of the countries listed: whether it is another, or which of them may be meant."""
    code = country_code(tidy(text))
    if code:
        problem = f"is a country that is not listed: {country_name(code)} ({code})"
        return replace(cell, reason=f"{problem}, and no rule covers it", problem=problem)
    meant = _country_option(item, nearest_country(tidy(text)))
    return replace(cell, nearest=meant.label) if meant else cell


def check_countries(study: Study) -> None:
    """Raises BadInput for an option of a country item (unit iso3166) whose code is none of ISO 3166."""
    for item in (item for item in study.items if item.unit == COUNTRIES):
        for option in item.options:
            if option.kind == "substantive" and option.code.upper() not in codes() and not OWN.fullmatch(option.code):
                raise BadInput(
                    f"{study.folder / 'options.csv'} item {item.name!r}: {option.code!r} ({option.label}) is no code "
                    "of ISO 3166 for a country, such as de or deu; xa to xz are free for one that has none"
                )


def read_number(text: str, item: Item, settled: bool = False) -> Cell:
    """A numeric answer, within the range that the codebook allows.

    settled: that other answers show a point to separate decimals.
    """
    if not text:
        return BLANK
    option, rule = find_option(item, text)
    if option:
        return Cell(None, option.kind, rule, "option of the question" if rule else "")
    words = tidy(text)
    if not words:
        return ONLY_BLANKS
    reading = parse_number(words, item.unit, settled and "," not in words)
    if reading is None or math.isinf(reading.value):
        problem = "separates thousands or decimals" if EITHER.fullmatch(words) else "is not a number"
        return _not_understood(text, [option.label for option in item.options], problem)
    if not reading.rule and words != text:
        return number_cell(reading.value, "spelling", "blanks or HTML", item)
    return number_cell(reading.value, reading.rule, reading.reason, item)


def number_cell(value: float, rule: str, reason: str, item: Item) -> Cell:
    """A number and how it was read, unless it lies outside the range of the codebook."""
    low, high = item.minimum, item.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        allowed = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"
        return Cell(None, "invalid", "out_of_range", f"outside {allowed}", f"is outside {allowed}")
    return Cell(value, "", rule, reason)


def read_date(text: str, item: Item) -> Cell:
    """A date; a time of day is left out."""
    if not text:
        return BLANK
    words = tidy(text)
    if not words:
        return ONLY_BLANKS
    parsed = parse_date(words)
    if parsed is None:
        return _not_understood(text, [], "is not a date")
    day, rule = parsed
    rule = rule or ("spelling" if words != text else "")
    reasons = {
        "spelling": "blanks or HTML",
        "date_format": "date in another form",
        "date_day_first": "day before month, as in Europe",
        "date_month": "no day given, the first of the month taken",
        "date_short_year": "year of two digits, taken to be from 1969 to 2068",
    }
    return Cell(day, "", rule, "; ".join(reasons[one] for one in rule.split("+") if one))


def read_text(text: str, item: Item) -> Cell:
    """A free text."""
    return _tidied(text, tidy(text), "blanks or HTML")


def read_key(text: str, item: Item) -> Cell:
    """The respondent key, compared in capitals and without blanks."""
    return _tidied(text, key(text), "blanks, case or HTML")


def _tidied(text: str, words: str, reason: str) -> Cell:
    if not words:
        return ONLY_BLANKS if text else BLANK
    return Cell(words) if words == text else Cell(words, "", "spelling", reason)


READERS: dict[str, Callable[..., Cell]] = {
    "single": read_choice,
    "ordinal": read_choice,
    "numeric": read_number,
    "date": read_date,
    "text": read_text,
}


def _not_understood(text: str, known: Sequence[str], problem: str) -> Cell:
    close = get_close_matches(tidy(text), known, n=1, cutoff=0.5)
    return Cell(
        None, "invalid", "not_understood", f"{problem} and no rule covers it", problem, close[0] if close else ""
    )


@dataclass(frozen=True)
class Ticks:
    """How a column is ticked where the export says so: by one code, or not at all by codes (or ranges) of no answer."""

    ticked: str = ""
    no_answer: tuple[str, ...] = ()


def read_tick(text: str, option: Option, told: Ticks = Ticks()) -> Cell:
    """Whether a cell ticks an option: yes, no, or nothing (not ticked, but no answer either)."""
    if not text:
        return BLANK
    if told.ticked:
        if is_among(text, told.no_answer):
            return Cell(missing="blank", rule="declared_missing", reason="a code that the export declares missing")
        return Cell(text == told.ticked)
    words = tidy(text).casefold()
    if not words:
        return ONLY_BLANKS
    literal = text.casefold() == words or text == option.label
    rule, reason = ("", "") if literal else ("spelling", "blanks or HTML")
    if words in TICKED or words in {tidy(name).casefold() for name in (option.code, option.label)}:
        return Cell(True, "", rule, reason)
    if words in UNTICKED:
        return Cell(False, "", rule, reason)
    if words in {tidy(alias).casefold() for alias in option.aliases}:
        return Cell(True, "", "alias", "listed as another spelling")
    if words == NOT_SHOWN_TEXT:
        return NOT_SHOWN
    return _not_understood(text, [option.label], "is neither a tick nor its absence")


def is_among(code: str, codes: Sequence[str]) -> bool:
    """Whether a code is one of those, or in one of the ranges such as -999..0."""
    for one in codes:
        low, dots, high = one.partition("..")
        if code == one:
            return True
        with suppress(ValueError):
            if dots and float(low) <= float(code.replace(",", ".")) <= float(high):
                return True
    return False


def split_answers(text: str, item: Item, separator: str) -> tuple[list[Option], list[str], bool]:
    """The options that a cell of joined answers names, the pieces that name none, and whether all are plain labels.

    A label may hold the separator itself: the longest run of pieces that names an option is taken.
    """
    pieces = text.split(separator)
    found: list[Option] = []
    strange: list[str] = []
    plain = True
    place = 0
    while place < len(pieces):
        for end in range(len(pieces), place, -1):
            run = separator.join(pieces[place:end])
            option, rule = find_option(item, run)
            if option:
                found.append(option)
                plain = plain and not rule
                place = end
                break
        else:
            if not is_blank(pieces[place]):
                strange.append(tidy(pieces[place]))
            ended = place == len(pieces) - 1 and not pieces[place]  # some platforms write a separator at the end, too
            plain = plain and ended
            place += 1
    return found, strange, plain


def read_codes(text: str, item: Item) -> Cell:
    """Codes or labels joined by |, as a person writes them in recodes.csv: the codes in the order of the options."""
    options, strange, plain = split_answers(text, item, JOIN)
    if strange or not options:
        return Cell(None, "invalid", "not_understood", problem=f"holds {'; '.join(strange) or 'nothing'}, no option")
    codes = {option.code for option in options}
    return Cell(
        JOIN.join(option.code for option in item.options if option.code in codes), rule="" if plain else "spelling"
    )


def _lists_nothing(text: str, separator: str) -> Cell | None:
    """What a cell of joined answers means that has none; None where it has some."""
    if not text:
        return BLANK
    empty = is_blank(text.replace(separator.strip(), ""))
    return replace(ONLY_BLANKS, reason="nothing but blanks and separators") if empty else None


def read_joined(text: str, item: Item, separator: str, read_piece: Callable[[str], Cell | None]) -> Cell:
    """The codes that a cell of joined answers names, joined by |.

    read_piece: what a piece that names no option stands for by a rule of the study (codes joined by |), None by none:
    then it is `other`, if offered.
    """
    if nothing := _lists_nothing(text, separator):
        return nothing
    options, unnamed, plain = split_answers(text, item, separator)
    pieces = {piece: read_piece(piece) for piece in unnamed}
    strange = [piece for piece in unnamed if pieces[piece] is None]
    rules = {cell.rule: cell.reason for cell in pieces.values() if cell}
    codes = {option.code for option in options}
    codes |= {code for cell in pieces.values() if cell and cell.value for code in str(cell.value).split(JOIN)}
    other = next((option.code for option in item.options if option.kind == "other"), "")
    value = JOIN.join(option.code for option in item.options if option.code in codes | ({other} if strange else set()))
    problem = f"holds what is none of the options: {'; '.join(strange)}" if strange else ""
    if not value and not rules:
        return Cell(None, "invalid", "not_understood", "names none of the options", "names none of the options")
    if strange:
        rules["other_text" if other else "partly_understood"] = problem
    elif not plain and not rules:
        rules["spelling"] = "blanks, case or another spelling"
    kinds = [cell.missing for cell in pieces.values() if cell and cell.missing]
    missing = "" if value else "invalid" if strange else kinds[0]
    return Cell(value or None, missing, "+".join(rules), "; ".join(rules.values()), problem)


def read_order(text: str, item: Item, separator: str) -> Cell:
    """The options that a cell lists from the first rank on, as codes joined by |; each once, and nothing else."""
    if nothing := _lists_nothing(text, separator):
        return nothing
    options, strange, plain = split_answers(text, item, separator)
    if strange or len(set(options)) < len(options):
        return _not_understood(text, [], "is no order of the options")
    rule, reason = ("", "") if plain else ("spelling", "blanks, case or another spelling")
    return Cell(JOIN.join(option.code for option in options), "", rule, reason)


def read_rank(text: str, highest: int) -> Cell:
    """The rank of one option, from 1 to the number of options."""
    if not text:
        return BLANK
    words = tidy(text)
    reading = parse_number(words) if words else None
    if reading and reading.value.is_integer() and 1 <= reading.value <= highest:
        return Cell(int(reading.value), "", reading.rule or ("spelling" if words != text else ""), reading.reason or "")
    return _not_understood(text, [], f"is not a rank from 1 to {highest}")
