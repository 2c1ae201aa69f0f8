"""Plain tables, coded or labelled: the header is the column's name, `Q2_1`, `Q2_2` and `stem [row]` are blocks."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from survey.readers.structure import Column, bracketed, by_header

NUMBERED = re.compile(r"(.+?)[_.](\d+|other|oth|text)", re.IGNORECASE)


def columns(headers: Sequence[Sequence[str]]) -> list[Column]:
    """The columns of a table with one header row."""
    return numbered(bracketed(by_header(headers[0])))


def numbered(columns: Sequence[Column]) -> list[Column]:
    """Names such as `Q2_1` and `Q2_2`, or `Q2` and `Q2_other`, as a block; a stem that only one column has is none."""
    matches = [NUMBERED.fullmatch(column.name) if not column.part else None for column in columns]
    stems = Counter(match[1] for match in matches if match) + Counter(column.name for column in columns)
    return [
        replace(column, block=match[1], part=match[2]) if match and stems[match[1]] > 1 else column
        for column, match in zip(columns, matches, strict=True)
    ]
