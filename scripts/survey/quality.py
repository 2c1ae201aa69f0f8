"""Records that a person should doubt: answered too fast, or with one and the same answer all through."""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from statistics import median
from typing import Any

from survey.answers import find_option
from survey.cells import READERS
from survey.dates import moment
from survey.ledger import as_text
from survey.recodes import is_month_first, rules_for, with_recodes
from survey.study import Item, Study
from survey.text import tidy

Cells = Mapping[str, Sequence[str]]
Sources = Mapping[str, Sequence[str]]
FLAGS = ["record", "row", "flag", "value", "limit", "reason", "excluded_by"]


@dataclass(frozen=True)
class Flag:
    """Why a record is flagged: what was found in it, and the limit that it fell below ("" where there is none)."""

    value: str
    limit: str


def flag_records(cells: Cells, sources: Sources, study: Study, base: Sequence[int]) -> dict[str, dict[int, Flag]]:
    """Per flag of the study, the places of the records that it marks.

    base: places of the records of which the median duration is taken.
    """
    return {
        rule["id"]: _same_answer(rule, cells, sources, study)
        if "same_answer" in rule
        else _too_fast(rule, cells, sources, study, base)
        for rule in study.flags
    }


def _too_fast(
    rule: Mapping[str, Any], cells: Cells, sources: Sources, study: Study, base: Sequence[int]
) -> dict[int, Flag]:
    times = durations(rule, cells, sources, study)
    known = [times[place] for place in base if not math.isnan(times[place])]
    if "below" not in rule and not known:
        return {}
    limit = rule["below"] if "below" in rule else rule["below_median"] * median(known)
    return {place: Flag(f"{time:.10g}", f"{limit:.10g}") for place, time in enumerate(times) if time < limit}


def durations(rule: Mapping[str, Any], cells: Cells, sources: Sources, study: Study) -> list[float]:
    """How long each record took: the item `duration` in its own unit, else minutes from `started` to submission.

    nan where that is not known, or negative.
    """
    if "duration" in rule:
        values = _answers(study.item(rule["duration"]), cells, sources, study)
        times = [value if isinstance(value, float) else math.nan for value in values]
    else:
        first, last = (_moments(name, cells, sources, study) for name in (rule["started"], study.submitted))
        times = [_minutes(begin, end) for begin, end in zip(first, last, strict=True)]
    return [time if time >= 0 else math.nan for time in times]


def _moments(name: str, cells: Cells, sources: Sources, study: Study) -> list[str]:
    """The moments that a date item names, "" where it names none."""
    month_first = is_month_first(study, name)
    return [moment(tidy(text), month_first) for text in cells[sources[name][0]]]


def _minutes(begin: str, end: str) -> float:
    """Minutes between two moments, nan where one is not known."""
    if not (begin and end):
        return math.nan
    first, last = (datetime.datetime.fromisoformat(moment) for moment in (begin, end))
    return (last - first).total_seconds() / 60


def _same_answer(rule: Mapping[str, Any], cells: Cells, sources: Sources, study: Study) -> dict[int, Flag]:
    """Records that answer all of the items, and all alike."""
    answers = [_answers(study.item(name), cells, sources, study) for name in rule["same_answer"]]
    return {
        place: Flag(as_text(line[0]), "")
        for place, line in enumerate(zip(*answers, strict=True))
        if line[0] is not None and len(set(line)) == 1
    }


def _answers(item: Item, cells: Cells, sources: Sources, study: Study) -> list[object]:
    """An item's answers as the cleaning reads them, without the corrections of single records; None for none."""
    rules = [rule for rule in rules_for(study, item.name) if not rule.record]
    read = partial(READERS[item.type], item=item)

    @cache
    def answer(text: str) -> object:
        option = find_option(item, text)[0]
        cell = with_recodes(text, item, read, rules)
        return option.code if option and cell.value is None and not cell.rule else cell.value

    return [answer(text) for text in cells[sources[item.name][0]]]


def flag_rows(
    flags: Mapping[str, Mapping[int, Flag]], cells: Cells, excluded_by: Sequence[str], study: Study
) -> list[dict[str, object]]:
    """The rows of flags.csv, by record in the order of the export."""
    reasons = {rule["id"]: rule["reason"] for rule in study.flags}
    return [
        {
            "record": cells["record"][place],
            "row": cells["row"][place],
            "flag": name,
            "value": marked[place].value,
            "limit": marked[place].limit,
            "reason": reasons[name],
            "excluded_by": excluded_by[place],
        }
        for place in range(len(excluded_by))
        for name, marked in flags.items()
        if place in marked
    ]
