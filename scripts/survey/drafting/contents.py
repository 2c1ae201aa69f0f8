"""What stands in the columns of an export: each different text with its number of records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from survey.export import Export
from survey.numbers import PLAIN
from survey.readers.structure import Column
from survey.text import tidy

MOST_TEXTS = 5_000  # different texts of a column; one with more holds no answers to choose from
SAMPLE = 50_000  # records whose cells are kept, to compare columns


@dataclass(frozen=True)
class Content:
    """A column and its cells.

    place: of the column, from 0; counts: verbatim text to records, blank cells left out, the most frequent first;
    filled: records with any text; records: all; is_whole: False where there are more different texts than are counted.
    """

    column: Column
    place: int
    counts: dict[str, int]
    filled: int
    records: int
    is_whole: bool

    @cached_property
    def folded(self) -> dict[str, int]:
        """Records by text, spellings that differ in blanks, capitals and HTML taken together; most frequent first."""
        found: Counter[str] = Counter()
        for text, n in self.counts.items():
            found[fold(text)] += n
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Of each folded text its most frequent spelling, as an option's label has it."""
        found: dict[str, str] = {}
        for text in self.counts:
            found.setdefault(fold(text), as_label(text))
        return found

    @cached_property
    def repeated(self) -> float:
        """The share of the filled cells whose text at least two records hold."""
        return sum(n for n in self.folded.values() if n > 1) / self.filled if self.filled else 0.0

    @cached_property
    def numbers(self) -> dict[float, int]:
        """Records by number, of the cells that hold a plain one; ascending."""
        found: Counter[float] = Counter()
        for text, n in self.folded.items():
            if is_plain(text):
                found[float(text.replace(",", "."))] += n
        return dict(sorted(found.items()))

    @cached_property
    def written(self) -> dict[float, tuple[str, ...]]:
        """How each of the numbers is written, the most frequent spelling first: 1 as `1.0` and `1`."""
        found: dict[float, tuple[str, ...]] = {}
        for text in self.folded:
            if is_plain(text):
                number = float(text.replace(",", "."))
                found[number] = (*found.get(number, ()), self.spellings[text])
        return found

    @property
    def number_share(self) -> float:
        """The share of the filled cells that hold a plain number, with a point or a comma before its decimals."""
        return sum(self.numbers.values()) / self.filled if self.filled else 0.0

    @property
    def is_whole_numbers(self) -> bool:
        """Whether all numbers in it are whole."""
        return bool(self.numbers) and all(number.is_integer() for number in self.numbers)


def is_plain(text: str) -> bool:
    """Whether a folded text is a number: 15, -1, 2.5 or 2,5 (not 1,000, which may be a thousand)."""
    whole, comma, decimals = text.partition(",")
    if comma:
        return decimals.isdecimal() and len(decimals) != 3 and bool(PLAIN.fullmatch(f"{whole}.{decimals}"))
    return bool(PLAIN.fullmatch(text))


def fold(text: str) -> str:
    """A text as compared with others: tidy, in small letters."""
    return tidy(text).casefold()


def as_label(text: str) -> str:
    """A cell as an option's label: as written, so that the cell is literal, where only blanks are too many in it."""
    words = tidy(text)
    written = text.replace("\n", " ").replace("\r", " ").strip()
    return written if "\n" not in text and " ".join(written.split()) == words else words


def read_contents(export: Export) -> tuple[list[Content], list[Sequence[str]]]:
    """The contents of every column, by place, and the cells of the first records."""
    width = len(export.columns)
    counters: list[Counter[str]] = [Counter() for _ in range(width)]
    whole, filled = [True] * width, [0] * width
    sample: list[Sequence[str]] = []
    records = 0
    for lines in export.batches():
        records += len(lines)
        sample += lines[: max(0, SAMPLE - len(sample))]
        for place, cells in enumerate(zip(*lines, strict=True)):
            found = Counter(cells)
            for text in [text for text in found if not text or not tidy(text)]:
                del found[text]
            filled[place] += sum(found.values())
            if whole[place]:
                counters[place].update(found)
                whole[place] = len(counters[place]) <= MOST_TEXTS
    contents = []
    for place, column in enumerate(export.columns):
        ordered = sorted(counters[place].items(), key=lambda pair: (-pair[1], pair[0]))
        contents.append(Content(column, place, dict(ordered), filled[place], records, whole[place]))
    return contents, sample
