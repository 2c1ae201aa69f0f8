"""Google Forms: a time stamp, then the questions in full; a grid is `stem [row]`, answers are joined by ", "."""

import re
from collections.abc import Sequence

from survey.readers.structure import Column, bracketed, by_header
from survey.text import tidy

# What the first header is called in the languages of form owners, as Google Forms writes it.
TIMESTAMP = frozenset(["timestamp", "zeitstempel", "horodateur", "marca temporal", "informazioni cronologiche"])
TIMESTAMP |= {"tijdstempel", "carimbo de data/hora", "sygnatura czasowa", "tidsstämpel", "tidsstempel", "tidstempel"}
TIMESTAMP |= {"aikaleima", "zaman damgası", "отметка времени", "タイムスタンプ", "时间戳记"}
MOMENT = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\.?,? .*\d{1,2}[:.]\d{2}.*")


def header_rows(sample: Sequence[Sequence[str]]) -> int:
    """1 where the first column is the time stamp of Google Forms, else 0."""
    if tidy(sample[0][0]).casefold() not in TIMESTAMP or len(sample[0]) < 2:
        return 0
    filled = [tidy(line[0]) for line in sample[1:] if line and tidy(line[0])]
    return int(all(MOMENT.fullmatch(text) for text in filled))


def columns(headers: Sequence[Sequence[str]]) -> list[Column]:
    """The columns, a grid's rows as parts of its stem."""
    return bracketed(by_header(headers[0]))
