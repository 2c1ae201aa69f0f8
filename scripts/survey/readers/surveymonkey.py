"""SurveyMonkey: one header row, or two, the question above the first of its columns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from survey.readers.structure import Column, by_header
from survey.text import tidy

ID = ("respondentid", "respondent id", "respondent_id")
COLLECTOR = "collector_id"  # tells SurveyMonkey's "respondent_id" from anybody's
RESPONSE = ("", "response", "open-ended response")


def header_rows(sample: Sequence[Sequence[str]]) -> int:
    """1 or 2 where this looks like SurveyMonkey, else 0.

    A second header row holds "Response", or options below questions that are written once; a record has an id.
    """
    first, second = [tidy(cell) for cell in sample[0]], [tidy(cell) for cell in sample[1]] if len(sample) > 1 else []
    names = {name.casefold() for name in first}
    by_id = bool(names.intersection(ID[:2])) or {ID[2], COLLECTOR} <= names
    if len(second) == len(first) and second[0].casefold() in RESPONSE:
        responses = any(cell.casefold() in RESPONSE[1:] for cell in second)
        carried = not second[0] and any(not above and below for above, below in zip(first, second, strict=True))
        if responses or carried or (first[0].casefold() in ID and not second[0] and any(second)):
            return 2
    return int(by_id)


def fits(sample: Sequence[Sequence[str]]) -> int:
    """As header_rows, and 1 for headers such as "question - option", which a file without ids may have."""
    stems = Counter(tidy(cell).rpartition(" - ")[0] for cell in sample[0])
    return header_rows(sample) or int(any(stem and times > 1 for stem, times in stems.items()))


def columns(headers: Sequence[Sequence[str]]) -> list[Column]:
    """The columns: with two header rows `question [option]`, the question carried forward."""
    return _two_rows(headers) if len(headers) == 2 else _one_row(headers)


def _two_rows(headers: Sequence[Sequence[str]]) -> list[Column]:
    found, block = [], ""
    for first, second in zip(*headers, strict=True):
        block, part = tidy(first) or block, tidy(second)
        part = "" if part.casefold() in RESPONSE else part
        found.append(Column(f"{block} [{part}]" if part else block, block, part, (first, second)))
    return found


def _one_row(headers: Sequence[Sequence[str]]) -> list[Column]:
    """Headers such as "question - option", told from a question that holds a dash by others of the same question."""
    found = by_header(headers[0])
    stems = Counter(column.name.rpartition(" - ")[0] for column in found) + Counter(column.name for column in found)
    split = []
    for column in found:
        stem, dash, part = column.name.rpartition(" - ")
        is_part = dash and stems[stem] > 1
        split.append(replace(column, block=stem, part=part) if is_part else column)
    return split


def record_columns(columns: Sequence[Column]) -> list[Column]:
    """The column of the respondent's id."""
    return [column for column in columns if column.name.casefold() in ID][:1]
