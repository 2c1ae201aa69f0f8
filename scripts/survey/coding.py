"""Clean answers as small whole numbers, so that they can be counted at once however many there are.

A clean table is Parquet, as the cleaning writes it, or a CSV of the same columns whose cells are codes or labels.
"""

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from survey.answers import KINDS, find_option, missing_column, option_column, value_columns
from survey.errors import BadInput, nearest, one_line
from survey.study import Item

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

COUNTS, BLANK, NOT_ASKED = 0, 1 + KINDS.index("blank"), 1 + KINDS.index("not_asked")
WRONG = 255
NEGATIVE = "a number below 0"
TICKS = {"1": 0, "true": 0, "0": 1, "false": 1}


@dataclass(frozen=True)
class Column:
    """Answers to one item, or to one option of a multiple-choice or rank item, as whole numbers.

    name: item or item[option]; codes: shape (records,), each below `size`; answer: of each code, which of the answers
    it is, -1 for none, shape (size,); why: of each code, 0 where it counts, else 1 + its place in KINDS, shape (size,);
    values: the numbers or ranks that were given, ascending; None for a choice.
    The answers are: the options of a choice; ticked and not ticked; the numbers; the ranks, and last not ranked.
    """

    name: str
    item: Item
    codes: "np.ndarray"
    answer: "np.ndarray"
    why: "np.ndarray"
    values: "np.ndarray | None" = None

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.answer)

    @cached_property
    def compared(self) -> "np.ndarray":
        """The codes of the answers that count and have a place in their order; "not ranked" has none."""
        import numpy as np

        answers = self.size if self.values is None else len(self.values)
        return np.flatnonzero((self.why == COUNTS) & (self.answer >= 0) & (self.answer < answers))

    def of(self, places: "np.ndarray") -> "Column":
        """The answers of some records, as if there were no others: numbers that none of them gave are left out.

        places: of the records, in their order.
        """
        import numpy as np

        codes = self.codes.take(places)
        if self.item.type != "numeric":
            return replace(self, codes=codes)
        given = np.bincount(codes, minlength=self.size)[: len(self.values)] > 0
        kept = np.concatenate([given, np.ones(len(KINDS), dtype=bool)])
        values = self.values[given]
        answer = np.concatenate([np.arange(len(values)), self.answer[len(given) :]])
        return replace(self, codes=(kept.cumsum() - 1).take(codes), answer=answer, why=self.why[kept], values=values)


class Answers:
    """Coded answers of some records, read like a clean table.

    columns: by the name of their item, as its Table has them, of so many records.
    """

    def __init__(self, columns: Mapping[str, Sequence[Column]], records: int):
        self._columns, self.records = columns, records
        self.items = [of_item[0].item for of_item in columns.values()]

    def columns(self, item: Item) -> Iterator[Column]:
        """The item's columns: one, or one per option."""
        return iter(self._columns[item.name])

    def of(self, places: "np.ndarray") -> "Answers":
        """The answers of some of the records, by their places."""
        some = {name: [column.of(places) for column in columns] for name, columns in self._columns.items()}
        return Answers(some, len(places))


class Table:
    """A clean table, read column by column.

    path: Parquet, or CSV for a table that was cleaned elsewhere; needed, wanted: items that must be there, and those
    that are read if they are; threads: to read with. items: those that are there; records: how many.
    Raises BadInput for a file that is absent, unreadable, or lacks a column of a needed item.
    """

    def __init__(self, path: Path, needed: Sequence[Item], wanted: Sequence[Item] = (), threads: int = 1):
        self.path = path
        asked = list(dict.fromkeys((*needed, *wanted)))
        names = {item: self._names(item) for item in asked}
        try:
            read = _read_csv if path.suffix == ".csv" else _read_parquet
            self._columns = read(path, asked, threads)
        except (OSError, ValueError) as error:
            why = one_line(error)
            raise BadInput(f"{path}: cannot be read as a table ({why}); run the step that writes it again") from None
        self.items = [item for item in asked if self._columns.keys() >= names[item]]
        for item in needed:
            for name in names[item] - self._columns.keys():
                raise BadInput(f"{path}: no column {name!r} for item {item.name!r}; run the step that writes it again")
        self.records = len(next(iter(self._columns.values()))) if self._columns else 0

    def _names(self, item: Item) -> set[str]:
        """The columns that an item must have; a CSV need not tell why an answer to one question is missing."""
        tells = self.path.suffix != ".csv" or item.type in ("multiple", "rank")
        return {*value_columns(item), *([missing_column(item)] if tells else [])}

    @property
    def record(self) -> "pa.ChunkedArray | None":
        """The names of the records; None where a CSV does not tell."""
        return self._columns.get("record")

    def columns(self, item: Item) -> Iterator[Column]:
        """The item's columns: one, or one per option.

        Raises BadInput for a cell that is none of the item's options, or no number.
        """
        why = self._why(item)
        if item.type == "numeric":
            yield self._number(item, why)
        elif item.type == "multiple":
            yield from (self._tick(option_column(item, option), item, why) for option in item.options)
        elif item.type == "rank":
            yield from (self._rank(option_column(item, option), item, why) for option in item.options)
        else:
            yield self._choice(item, why)

    def _why(self, item: Item) -> "np.ndarray | None":
        """Per record 0 or the kind of missing; None where the table does not tell, and an empty cell is a blank."""
        name = missing_column(item)
        if name not in self._columns:
            return None
        known = {kind: place for place, kind in enumerate(("", *KINDS))}
        return self._look_up(name, lambda text: known.get(text, -1), COUNTS, KINDS)

    def _choice(self, item: Item, why: "np.ndarray | None") -> Column:
        import numpy as np

        none = len(item.options)
        places = {option.code: place for place, option in enumerate(item.options)}

        def place(text: str) -> int:
            option, _ = find_option(item, text)
            return places[option.code] if option else -1

        empty = none + BLANK - 1 if why is None else none
        codes = self._look_up(item.name, place, empty, [option.label for option in item.options])
        if why is not None:
            codes = np.where(codes == none, none + why.astype(codes.dtype) - 1, codes)
        own = [COUNTS if option.counts else 1 + KINDS.index(option.kind) for option in item.options]
        answer = [*range(none), *[-1] * len(KINDS)]
        return Column(item.name, item, codes, np.array(answer), np.array([*own, *range(1, len(KINDS) + 1)]))

    def _number(self, item: Item, why: "np.ndarray | None") -> Column:
        import numpy as np

        numbers = _cells(self._columns[item.name].combine_chunks(), math.nan)
        known = ~np.isnan(numbers)
        values, places = np.unique(numbers[known], return_inverse=True)
        codes = np.full(len(numbers), len(values) - 1) + (BLANK if why is None else why)
        codes[known] = places
        answer = [*range(len(values)), *[-1] * len(KINDS)]
        own = [*[COUNTS] * len(values), *range(1, len(KINDS) + 1)]
        return Column(item.name, item, codes, np.array(answer), np.array(own), values)

    def _tick(self, name: str, item: Item, why: "np.ndarray") -> Column:
        """Codes: ticked, not ticked; then, of answers that do not count, not ticked and ticked by kind."""
        import numpy as np

        kinds = len(KINDS)
        unticked = self._look_up(name, lambda text: TICKS.get(text.casefold(), -1), 1, ["1", "0"])
        codes = np.where(why == COUNTS, unticked, np.where(unticked == 1, 1, 1 + kinds) + why)
        answer, own = [0, 1, *[1] * kinds, *[0] * kinds], [COUNTS, COUNTS, *range(1, kinds + 1), *range(1, kinds + 1)]
        return Column(name, item, codes, np.array(answer), np.array(own))

    def _rank(self, name: str, item: Item, why: "np.ndarray") -> Column:
        import numpy as np

        ranks = range(1, len(item.options) + 1)
        places = {str(rank): place for place, rank in enumerate(ranks)}
        codes = self._look_up(name, lambda text: places.get(text, -1), len(ranks), list(places))
        codes = codes + (codes == len(ranks)) * why
        answer, own = [*range(len(ranks) + 1), *[-1] * len(KINDS)], [COUNTS] * (len(ranks) + 1)
        return Column(
            name,
            item,
            codes,
            np.array(answer),
            np.array([*own, *range(1, len(KINDS) + 1)]),
            np.array(ranks, dtype=float),
        )

    def _look_up(self, name: str, place: Callable[[str], int], empty: int, known: Sequence[str]) -> "np.ndarray":
        """Each cell's place, shape (records,): a distinct text is looked up once; empty cells get `empty`.

        place: of a text, -1 where there is none; known: texts that have one, for the message.
        """
        import numpy as np
        import pyarrow as pa

        column = self._columns[name]
        if pa.types.is_int8(column.type) or pa.types.is_dictionary(column.type):
            column = pa.chunked_array([column.unify_dictionaries().combine_chunks()])
        place = cache(place)
        kind = np.uint8 if max(empty, len(known)) + len(KINDS) < WRONG else np.uint16
        found, start = np.empty(len(column), dtype=kind), 0
        for chunk in column.chunks:
            part = found[start : start + len(chunk)]
            try:
                texts, cells = _distinct(chunk)
            except UnicodeDecodeError:
                raise BadInput(f"{self.path} column {name!r}: not UTF-8; save the file with that encoding") from None
            places = np.array([empty if text in ("", None) else place(text) for text in texts])
            if kind is np.uint8 and len(texts) <= 256:
                table = np.pad(places, (0, 256 - len(texts))).astype(np.uint8).tobytes()
                part[:] = np.frombuffer(cells.astype(np.uint8).tobytes().translate(table), dtype=np.uint8)
            else:
                np.take(places.astype(kind), cells, out=part)
            wrong = kind(WRONG) if kind is np.uint8 else kind(-1 % 65536)
            if (places == -1).any() and wrong in part:
                text = texts[int(cells[np.flatnonzero(part == wrong)[0]])]
                raise BadInput(
                    f"{self.path} column {name!r}: {text!r} is none of its options{nearest(text, known)}; "
                    "correct the cell, or add an alias to options.csv"
                )
            start += len(chunk)
        return found


def _distinct(chunk: "pa.Array") -> "tuple[list[str | None], np.ndarray]":
    """The values that part of a column may hold, as text, None for an empty cell; and which of them each cell holds."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_int8(chunk.type):
        cells = _cells(chunk, -1)
        texts = [*map(str, range(max(cells.max(initial=-1) + 1, 0)))]
        return [*texts, *[NEGATIVE] * (255 - len(texts)), None], cells.view(np.uint8)
    encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    texts = [None if value is None else str(value).strip() for value in encoded.dictionary.to_pylist()]
    return [*texts, None], _cells(encoded.indices, len(texts))


def _cells(array: "pa.Array", empty: float) -> "np.ndarray":
    """The numbers of an Arrow array, `empty` where it has none.

    Read from its buffers: Arrow's own way loads pandas, which takes longer than the rest.
    """
    import numpy as np

    inside = slice(array.offset, array.offset + len(array))
    _, numbers = array.buffers()
    cells = np.frombuffer(numbers, dtype=np.dtype(str(array.type)))[inside]
    if not array.null_count:
        return cells
    filled = np.unpackbits(np.frombuffer(array.buffers()[0], dtype=np.uint8), bitorder="little")[inside]
    return np.where(filled, cells, cells.dtype.type(empty))


def _read_parquet(path: Path, items: Sequence[Item], threads: int) -> "dict[str, pa.ChunkedArray]":
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    table = file.read(_there(items, file.schema_arrow.names), use_threads=threads > 1)
    return dict(zip(table.column_names, table.columns, strict=True))


def _there(items: Sequence[Item], names: Sequence[str]) -> list[str]:
    """Of the columns of a file, those that hold the records' names, or the answers to items."""
    known = {"record", *(name for item in items for name in (*value_columns(item), missing_column(item)))}
    return [name for name in names if name in known]


def _read_csv(path: Path, items: Sequence[Item], threads: int) -> "dict[str, pa.ChunkedArray]":
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    pa.set_cpu_count(threads)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        header = next(lines, [])
        first = [dict(zip(header, line, strict=False)) for line in islice(lines, 100)]
    names = _there(items, header)
    text = pa.dictionary(pa.int32(), pa.string())
    types = dict.fromkeys(names, text) | {item.name: pa.float64() for item in items if item.type == "numeric"}
    short = {item.name: pa.int8() for item in items if _has_short_codes(item, first)}
    # Codes that are small numbers are read as such; a label after them makes the reader fall back on text. Its encoding
    # is not checked cell by cell: a distinct text is decoded when it is looked up.
    for form in [types | short, types] if short else [types]:
        convert = arrow_csv.ConvertOptions(
            include_columns=names, column_types=form, null_values=[""], strings_can_be_null=True, check_utf8=False
        )
        blocks = arrow_csv.ReadOptions(use_threads=threads > 1, block_size=(1 if short else 2) << 20)
        try:
            table = arrow_csv.read_csv(path, blocks, convert_options=convert)
        except pa.ArrowInvalid:
            if form is types:
                raise
        else:
            break
    return dict(zip(table.column_names, table.columns, strict=True))


def _has_short_codes(item: Item, lines: Sequence[dict[str, str]]) -> bool:
    """Whether an item's codes are numbers below 128, and so are its cells in these lines of a file."""
    return item.type in ("single", "ordinal") and all(
        text == "" or (text.isdecimal() and str(int(text)) == text and int(text) < 128)
        for text in [*(option.code for option in item.options), *(line.get(item.name, "") for line in lines)]
    )
