"""Corrections that a person decided on: the rules of recodes.csv, each with an id and a reason.

A rule is asked before the readers of cells.py are, and what it changes stands in the ledger under its id.
"""

import datetime
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from survey.answers import KINDS, find_option
from survey.cells import (
    NOT_SHOWN,
    READERS,
    Cell,
    check_countries,
    number_cell,
    read_choice,
    read_codes,
    read_key,
    read_rank,
    read_tick,
)
from survey.dates import parse_date
from survey.errors import BadInput, nearest
from survey.ledger import token
from survey.numbers import parse_number
from survey.sheets import read_sheet
from survey.study import Item, Study, read_study
from survey.text import tidy

FILE = "recodes.csv"
COLUMNS = ["id", "item", "record", "match", "value", "becomes", "reason"]
MATCHES = ("is", "pattern", "range", "unit", "comma", "point", "date")
EVERY_ITEM = "*"
SIGNS = {"comma": ",", "point": "."}
SEPARATES = {"decimal": ".", "thousands": ""}
ORDERS = {"day_first": False, "month_first": True}
KINDS_AS_WRITTEN = tuple(token(kind) for kind in KINDS)
FACTOR = re.compile(r"\*\s*(\d+(?:\.\d+)?)")
RANGE = re.compile(r"(-?\d+(?:\.\d+)?)?\s*\.\.\s*(-?\d+(?:\.\d+)?)?")
CELL = re.compile(r"(?P<item>[a-z][a-z0-9_]*?)(?P<other>__other)?(?:\[(?P<option>[a-z0-9_]+)\])?")
# Names of the built-in rules, and of what is counted beside them.
TAKEN = frozenset(
    (
        *(
            "spelling",
            "alias",
            "country",
            "only_blanks",
            "declared_missing",
            "not_shown",
            "not_understood",
            "out_of_range",
            "partly_understood",
        ),
        *("other_recoded", "other_text", "ranked_twice", "skip_logic", "not_asked"),
        *("decimal_comma", "thousands", "approximate", "range_middle", "bound", "unit", "number_word"),
        *("date_format", "date_day_first", "date_month", "date_short_year", "cells", "changed", "to_look_at"),
    )
)
Reader = Callable[[str], Cell]


@dataclass(frozen=True)
class Recode:
    """A rule of recodes.csv.

    row: where it stands in the file; cell: what it is about, as the clean table and the ledger name it: item,
    item[option], item__other, or * for every item; item: its item, None for every one; record: the only record that it
    is about, "" for all.
    """

    row: int
    id: str
    cell: str
    item: Item | None
    record: str
    match: str
    value: str
    becomes: str
    reason: str

    @property
    def kind(self) -> str:
        """The kind of missing that a cell becomes, "" where it becomes an answer."""
        return self.becomes[1:-1] if self.becomes in KINDS_AS_WRITTEN else ""

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(tidy(text).casefold() for text in self.value.split("|"))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.value, re.IGNORECASE)

    @cached_property
    def _bounds(self) -> tuple[float, float]:
        low, high = RANGE.fullmatch(self.value).groups()
        return float(low or -math.inf), float(high or math.inf)

    @cached_property
    def _unit(self) -> re.Pattern[str]:
        words = "|".join(re.escape(tidy(word)) for word in self.value.split("|"))
        return re.compile(rf"(.*?)\s*(?:{words})\.?", re.IGNORECASE)

    def result(self, text: str, unit: str) -> str | float | datetime.date | None:
        """What a cell becomes: a text to be read as an answer, or the answer itself; None where the rule is not met."""
        words = tidy(text)
        if self.match == "is":
            return self.becomes if words.casefold() in self._texts else None
        if not words:
            return None
        if self.match == "pattern":
            return self.becomes if self._pattern.fullmatch(words) else None
        if self.match == "date":
            parsed = parse_date(words, ORDERS[self.becomes])
            return parsed[0] if parsed and f"date_{self.becomes}" in parsed[1].split("+") else None
        if sign := SIGNS.get(self.match):
            number = words.replace(sign, SEPARATES[self.becomes])
            reading = parse_number(number, unit, settled=True) if sign in words else None
            return reading.value if reading else None
        if self.match == "unit":
            found = self._unit.fullmatch(words)
            reading = parse_number(found[1], unit) if found else None
        else:
            reading = parse_number(words, unit)
            reading = reading if reading and self._bounds[0] <= reading.value <= self._bounds[1] else None
        if reading is None:
            return None
        factor = FACTOR.fullmatch(self.becomes)
        return reading.value * float(factor[1]) if factor else self.becomes


def recoded(rule: Recode, text: str, item: Item, read: Reader) -> Cell | None:
    """What a rule makes of a cell, None where it is not met.

    read: how the text that it becomes is read.
    """
    result = rule.result(text, item.unit)
    if result is None:
        return None
    if rule.kind:
        return Cell(None, rule.kind, rule.id, rule.reason)
    if isinstance(result, float):
        return number_cell(result, rule.id, rule.reason, item)
    if isinstance(result, datetime.date):
        return Cell(result, "", rule.id, rule.reason)
    return replace(read(result), rule=rule.id, reason=rule.reason)


def with_recodes(
    text: str, item: Item, read: Reader, rules: Sequence[Recode], read_becomes: Reader | None = None
) -> Cell:
    """A cell as the first rule that is met has it, else as the reader reads it.

    A rule for every item yields to an option that is listed with that very text.
    """
    for rule in rules:
        cell = recoded(rule, text, item, read_becomes or read)
        if cell is None:
            continue
        if rule.cell != EVERY_ITEM or not _is_listed(text, item, read):
            return cell
    return read(text)


def _is_listed(text: str, item: Item, read: Reader) -> bool:
    """Whether a text is an option of the item, or a tick or rank: then it means that and no code for missing."""
    if find_option(item, text)[0]:
        return True
    cell = read(text) if item.type in ("multiple", "rank") else NOT_SHOWN
    return not cell.problem and cell != NOT_SHOWN


def rules_of(study: Study) -> tuple[Recode, ...]:
    """The rules of a study; it must have been read with them, if it has any."""
    if study.recodes is None and (study.folder / FILE).is_file():
        raise ValueError(f"{study.folder / FILE} was not read; read the study with read_cleaning_study")
    return study.recodes or ()


def rules_for(study: Study, cell: str) -> list[Recode]:
    """The rules about a cell, in their order; after them those for every item."""
    rules = rules_of(study)
    return [rule for rule in rules if rule.cell == cell] + [rule for rule in rules if rule.cell == EVERY_ITEM]


def is_month_first(study: Study, item: str) -> bool:
    """Whether the study says that 04/03/2022 is the third of April in a date item."""
    rules = study.recodes if study.recodes is not None else read_recodes(study)
    orders = [rule.becomes for rule in rules if rule.cell == item and rule.match == "date"]
    return bool(orders) and ORDERS[orders[0]]


def rows_for(study: Study, items: Iterable[Item]) -> list[list[str]]:
    """The rules about some items, and those for every one, as written: what their cleaning depends on."""
    names = {item.name for item in items}
    return [
        [rule.id, rule.cell, rule.record, rule.match, rule.value, rule.becomes, rule.reason]
        for rule in rules_of(study)
        if rule.item is None or rule.item.name in names
    ]


def check_records(study: Study, domain: str, records: Iterable[str]) -> None:
    """Raises BadInput for a rule about a cell of the domain in a record that the export does not have."""
    known = set(records)
    for rule in rules_of(study):
        if rule.record and rule.item.domain == domain and rule.record not in known:
            raise BadInput(
                f"{study.folder / FILE} row {rule.row} column record: the export has no record {rule.record!r}; "
                "correct it, or delete the row"
            )


def check_cells(study: Study, domain: str, cells: Iterable[str]) -> None:
    """Raises BadInput for a rule about a cell of the domain that the export does not have.

    cells: those that were read.
    """
    known = sorted(cells)
    for rule in rules_of(study):
        if rule.item and rule.item.domain == domain and rule.item.role != "ignore" and rule.cell not in known:
            own = [cell for cell in known if re.split(r"\[|__other", cell)[0] == rule.item.name]
            raise BadInput(
                f"{study.folder / FILE} row {rule.row} column item: the export has no cells {rule.cell!r}; "
                f"those of this item are {', '.join(own)}"
            )


def read_cleaning_study(folder: Path) -> Study:
    """A study with the rules of its recodes.csv, as the steps up to the clean table need it.

    Raises BadInput as read_study does, for a rule that cannot be followed and an option that is no country.
    """
    study = read_study(folder)
    check_countries(study)
    return replace(study, recodes=read_recodes(study))


def read_recodes(study: Study) -> tuple[Recode, ...]:
    """The rules of a study, none where it has no recodes.csv.

    Raises BadInput, naming row and column, for a rule that cannot be followed.
    """
    path = study.folder / FILE
    if not path.is_file():
        return ()
    rules: list[Recode] = []
    for number, row in read_sheet(path, COLUMNS).items():
        rule = _rule(study, row, number, path)
        for earlier in rules:
            if earlier.id == rule.id:
                raise BadInput(f"{path} row {number} column id: {rule.id!r} is the id of row {earlier.row}, too")
            same = ("cell", "record", "match", "value")
            if all(getattr(earlier, name) == getattr(rule, name) for name in same):
                raise BadInput(f"{path} row {number}: row {earlier.row} says what becomes of the same cells")
        rules.append(rule)
    return tuple(rules)


def _rule(study: Study, row: dict[str, str], number: int, path: Path) -> Recode:
    def wrong(column: str, problem: str) -> BadInput:
        return BadInput(f"{path} row {number} column {column}: {problem}")

    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", row["id"]):
        raise wrong("id", f"{row['id']!r} is no name; use lower case letters, digits and _")
    if row["id"] in TAKEN:
        raise wrong("id", f"{row['id']!r} is a rule that every study has; choose another name")
    if not row["reason"]:
        raise wrong("reason", "it is blank; say why the cells are changed")
    if row["match"] not in MATCHES:
        raise wrong("match", f"{row['match']!r} is none of {', '.join(MATCHES)}{nearest(row['match'], MATCHES)}")
    item, readers = _cell(study, row["item"], wrong)
    if item and item.role == "ignore" and row["match"] != "date":  # `submitted` and flags may go by a date
        raise wrong("item", f"{item.name!r} has the role ignore, so its cells are not cleaned")
    kind = item.type if item and "[" not in row["item"] and "__other" not in row["item"] else ""
    numeric = ("range", "unit", *SIGNS)
    needed = "numeric" if row["match"] in numeric else "date" if row["match"] == "date" else kind
    if kind != needed:
        raise wrong("match", f"{row['match']!r} is for {needed} items, {row['item']!r} is another")
    if row["record"] and (row["match"] != "is" or item is None):
        raise wrong("match", "a rule about one record says what `is` in one cell of it")
    if row["match"] in ("date", *SIGNS) and row["value"]:
        raise wrong("value", f"{row['value']!r}; {row['match']!r} needs none, leave it empty")
    if row["match"] not in ("date", *SIGNS) and not row["value"] and not row["record"]:
        raise wrong("value", "it is blank; only in one record, named in `record`, can a blank cell be given an answer")
    if row["match"] == "pattern":
        try:
            re.compile(row["value"])
        except (re.error, RecursionError, OverflowError) as error:
            raise wrong("value", f"{row['value']!r} is no regular expression: {error}") from None
    if row["match"] == "range":
        bounds = RANGE.fullmatch(row["value"])
        if not bounds or not any(bounds.groups()):
            raise wrong("value", f"{row['value']!r} is no range such as 0..10, 1000.. or ..0")
        if all(bounds.groups()) and float(bounds[1]) > float(bounds[2]):
            raise wrong("value", f"{row['value']!r} begins above its end")
    problem = _becomes_problem(row, item, readers)
    if problem:
        raise wrong("becomes", problem)
    return Recode(
        number, row["id"], row["item"], item, row["record"], row["match"], row["value"], row["becomes"], row["reason"]
    )


def _cell(study: Study, name: str, wrong: Callable[[str, str], BadInput]) -> tuple[Item | None, list[Reader]]:
    """The item that a cell belongs to, and how an answer in it may be read. Raises BadInput for what is no cell."""
    if name == EVERY_ITEM:
        return None, []
    match = CELL.fullmatch(name)
    item = study.by_name.get(match["item"]) if match else None
    if item is None:
        hint = nearest(match["item"] if match else name, study.by_name)
        raise wrong("item", f"{name!r} is no item of the codebook{hint or '; for every item write *'}")
    codes = [option.code for option in item.options]
    if match["other"]:
        if match["option"] or not any(option.kind == "other" for option in item.options):
            raise wrong("item", f"{name!r}: {item.name!r} has no option of kind other with a text")
        return item, [partial(read_codes if item.type == "multiple" else read_choice, item=item)]
    if match["option"] is None:
        if item.type == "rank":
            raise wrong("item", f"{name!r} has several cells; name one, such as {name}[1] or {name}[{codes[0]}]")
        if item.type == "multiple":
            return item, [partial(read_codes, item=item)]
        reader = read_key if name == study.respondent_key and item.type == "text" else READERS[item.type]
        return item, [partial(reader, item=item)]
    place = match["option"]
    if item.type == "multiple" and place in codes:
        return item, [partial(read_tick, option=item.option(place))]
    ranks = [str(rank) for rank in range(1, len(codes) + 1)]
    if item.type == "rank" and (place in codes or place in ranks):
        ways = [
            (place in ranks, partial(read_choice, item=item)),
            (place in codes, partial(read_rank, highest=len(codes))),
        ]
        return item, [reader for fits, reader in ways if fits]
    raise wrong("item", f"{name!r}: {item.name!r} ({item.type}) has no such cell{nearest(place, codes)}")


def _becomes_problem(row: dict[str, str], item: Item | None, readers: Sequence[Reader]) -> str:
    becomes, match = row["becomes"], row["match"]
    words = {"date": ORDERS, **dict.fromkeys(SIGNS, SEPARATES)}.get(match)
    if words is not None:
        return "" if becomes in words else f"{becomes!r} is none of {', '.join(words)}"
    if becomes in KINDS_AS_WRITTEN:
        return ""
    if FACTOR.fullmatch(becomes) and match in ("range", "unit"):
        return ""
    kinds = ", ".join(KINDS_AS_WRITTEN)
    if match == "unit":
        return f"{becomes!r}; a unit is converted by a factor such as *7"
    if item is None:
        return f"{becomes!r} is none of {kinds}; a rule for every item says which kind of missing a text is"
    if not becomes:
        return f"it is blank; write what the cell becomes, or one of {kinds}"
    cells = [reader(becomes) for reader in readers]
    if any(not cell.rule and not cell.problem for cell in cells):
        return ""
    problem = cells[0].problem or "is written in another form"
    known = [option.code for option in item.options]
    return f"{becomes!r} {problem}{nearest(becomes, known)}; write it as it is to be, or one of {kinds}"
