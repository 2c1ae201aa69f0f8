"""What a reader hands over: a file as a table of text, its columns, and what is known of each of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from survey.text import tidy

OWN = ("record", "row")  # columns of responses.parquet that are not the export's


@dataclass(frozen=True)
class Column:
    """One column of an export.

    name: unique in the file, what `source` in a codebook refers to; block and part: the question and the sub-question
    or option that the header names (part is "" for a question of one column); headers: the header rows as written;
    also: what else the part is called (its code or its text); aliases and block_aliases: other names by which `source`
    may call the column or its block; is_text: whether it surely holds the text written beside an option; picks: whether
    it holds one of several answers to its block's question, and is no option itself; ticked: the one code that is a
    tick where the file says which, and no_answer the codes or ranges that are no answer then; table: id of the joined
    table that it is of, "" for the export itself.
    """

    name: str
    block: str
    part: str
    headers: tuple[str, ...]
    also: str = ""
    aliases: tuple[str, ...] = ()
    block_aliases: tuple[str, ...] = ()
    is_text: bool = False
    picks: bool = False
    ticked: str = ""
    no_answer: tuple[str, ...] = ()
    table: str = ""


@dataclass(frozen=True)
class Variable:
    """What the file itself, or the platform's dictionary beside it, says of a column.

    question and part: texts as respondents read them; type: single, multiple, numeric, date, text, rank, file (one that
    was handed in) or "" where nothing is said; options: code to label, in order; missing: codes, or ranges such as
    "-999..0", that stand for no answer; minimum, maximum and condition (the platform's branching logic) as written;
    identifier: marked as one.
    """

    question: str = ""
    part: str = ""
    type: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    minimum: str = ""
    maximum: str = ""
    condition: str = ""
    identifier: bool = False


@dataclass(frozen=True)
class ResponseSet:
    """A multiple-response set of SPSS: its variables, and the code that ticks one of them.

    ticked is "" for a set of categories, of which each variable holds one answer, in no order.
    """

    name: str
    label: str
    columns: tuple[str, ...]
    ticked: str


@dataclass(frozen=True)
class Table:
    """A file as a table of text, whatever its format.

    lines: starts anew at the first line on every call; format: csv, xlsx, parquet, sav or dta; encoding, delimiter and
    sheet: "" where the format has none; by_case: whether lines are counted as cases, from 1 after the one header line,
    and not as rows of a spreadsheet; labels, variables and sets: of a format with a dictionary of its own, what it
    calls each column, what it says of it, and its multiple-response sets.
    """

    path: Path
    format: str
    lines: Callable[[], Iterator[Sequence[str]]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    by_case: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    sets: tuple[ResponseSet, ...] = ()

    def place(self, line: int) -> str:
        """Where a line stands, lines counted from 1, header included: `export.csv row 3`, or `survey.sav case 2`."""
        return f"{self.path} case {line - 1}" if self.by_case else f"{self.path} row {line}"


@dataclass(frozen=True)
class Dictionary:
    """A platform's dictionary: whose it is, and what it says, by the name of a column or of its question."""

    platform: str
    variables: Mapping[str, Variable]


def unique_names(columns: Iterable[Column]) -> list[Column]:
    """The columns, a later one of a name that is taken called `name (2)`, one without a name `(no header)`."""
    seen = Counter(OWN)
    named = []
    for column in columns:
        header = name = column.name or "(no header)"
        while name in seen:
            seen[header] += 1
            name = f"{header} ({seen[header]})"
        seen[name] += 1
        named.append(replace(column, name=name))
    return named


def row_column(table: str) -> str:
    """The column of responses.parquet that holds each record's row in a joined table."""
    return f"{table}.row"


def split_last(text: str) -> tuple[str, str]:
    """`stem [part]` as (stem, part), brackets within the part included; (text, "") where it does not end so."""
    if not text.endswith("]"):
        return text, ""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == "]") - (text[place] == "[")
        if depth == 0:
            return (text[:place].rstrip(), text[place + 1 : -1].strip()) if text[:place].strip() else (text, "")
    return text, ""


def bracketed(columns: Sequence[Column]) -> list[Column]:
    """Headers such as "stem [row]" split into block and part."""
    split = []
    for column in columns:
        stem, part = split_last(column.name)
        split.append(replace(column, block=stem, part=part) if part and not column.part else column)
    return split


def by_header(header: Sequence[str]) -> list[Column]:
    """Columns named by the one row of headers there is."""
    return [Column(tidy(text), tidy(text), "", (text,)) for text in header]
