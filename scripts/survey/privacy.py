"""What of the records an audit may show: no identifier, no free text, nothing that the study does not use.

A text of "other, please specify" may name people, and so may one where a number or an option was asked for: it is shown
only where it is a number, a day or a spelling of a listed option. Of the submission the day is shown, not the time.
"""

import re
from collections.abc import Callable
from functools import cache

from survey.answers import find_option
from survey.cells import BETWEEN, JOIN, TICKED, UNTICKED, named_option, split_answers
from survey.dates import parse_date
from survey.ledger import read_clean
from survey.numbers import parse_number
from survey.recodes import is_month_first
from survey.study import Item, Study
from survey.text import is_blank, tidy

FREE_TEXT = "free text"
COLUMN = re.compile(r"(.+?)(?:\[.*\]|__other|__missing)?")


def withheld(why: str) -> str:
    """What stands in the place of a cell that is not shown."""
    return f"withheld: {why}"


def private(item: Item, study: Study) -> str:
    """Why nothing that was answered to an item is shown; empty where it may be.

    An item of role `ignore` is shown if it is the day of submission, which decides on who is analysed.
    """
    if item.role == "identifier":
        return "identifier"
    if item.is_private:
        return FREE_TEXT
    if item.role == "ignore" and item.name != study.submitted:
        return "not used by the study"
    return ""


def is_known(item: Item, text: str, separator: str = ",") -> bool:
    """Whether a cell holds nothing but what the study lists: options in any spelling, ticks, numbers, days."""
    words = tidy(text)
    if not words or words.casefold() in TICKED | UNTICKED or named_option(item, text)[0]:
        return True
    if item.type in ("numeric", "rank") and parse_number(words, item.unit, settled=True):
        return True
    if item.type == "date" and parse_date(words):
        return True
    if BETWEEN in text:
        return all(is_known(item, part, separator) for part in text.split(BETWEEN))
    if JOIN in text and all(find_option(item, part)[0] for part in text.split(JOIN)):
        return True
    return item.type == "multiple" and not split_answers(text, item, separator)[1]


def cell_reader(item: Item, study: Study) -> Callable[[str], str]:
    """A function of a cell of an item, verbatim or clean, that returns what is shown of it."""
    why = private(item, study)
    separator = (study.export or {}).get("separator") or ","

    month_first = item.name == study.submitted and is_month_first(study, item.name)

    @cache
    def shown(text: str) -> str:
        if is_blank(text):
            return text
        if why:
            return withheld(why)
        if item.name == study.submitted:
            return _day(text, month_first)
        return text if is_known(item, text, separator) else withheld(FREE_TEXT)

    return shown


def _day(text: str, month_first: bool) -> str:
    """The day of a moment: its time, with the day, could tell whose answer it is."""
    parsed = parse_date(tidy(text), month_first)
    return parsed[0].isoformat() if parsed else withheld(FREE_TEXT)


class Reader:
    """What is shown of cells, by item; an item is named as in the ledger or the clean table, item[option] for one."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._of = cache(lambda item: cell_reader(item, study))

    def item(self, column: str) -> Item:
        """The item that a column of the clean table or of the ledger belongs to."""
        return self.study.item(COLUMN.fullmatch(column)[1])

    def cell(self, column: str, text: str) -> str:
        """What is shown of an answer."""
        return self._of(self.item(column))(text)

    def ledger(self, row: dict[str, str]) -> dict[str, str]:
        """A row of the ledger. A reason that tells the text is cut before it."""
        raw = self.cell(row["item"], row["raw"])
        answer, missing = read_clean(row["clean"])
        may_tell = row["item"].endswith("__other") or private(self.item(row["item"]), self.study)
        clean = self.cell(row["item"], answer) if may_tell and not missing else row["clean"]
        return row | {"raw": raw, "clean": clean, "reason": self._without_text(row["reason"], raw != row["raw"])}

    def problem(self, row: dict[str, str]) -> dict[str, str]:
        """A row of validation.csv: of a cell, of a check on several, or of a table beside the export, with its key."""
        of_table = row["item"] in [table["id"] for table in self.study.tables]
        if of_table or any(check["problem"] == row["problem"] for check in self.study.checks):
            problem = self._without_text(row["problem"], of_table)
            return row | {"value": withheld("answers") if row["value"] else "", "problem": problem}
        value = self.cell(row["item"], row["value"])
        changed = value != row["value"]
        return row | {"value": value, "problem": self._without_text(row["problem"], changed)}

    def flag(self, row: dict[str, str]) -> dict[str, str]:
        """A row of flags.csv, whose value is a time or the one answer that was given all through."""
        (rule,) = [rule for rule in self.study.flags if rule["id"] == row["flag"]]
        items = rule.get("same_answer", [])[:1]
        return row | {"value": self.cell(items[0], row["value"]) if items else row["value"]}

    @staticmethod
    def _without_text(words: str, changed: bool) -> str:
        return words.partition(": ")[0] if changed else words
