"""A platform's raw export, every cell verbatim, and which column feeds which item."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from survey.answers import OTHER_MARKS, find_option
from survey.errors import BadInput, nearest
from survey.files import sha256
from survey.readers import labelled
from survey.readers.detection import PLATFORMS, SAMPLE, TITLES, find_platform, read_table
from survey.readers.dictionaries import NAMING, read_dictionary
from survey.readers.structure import Column, Dictionary, Table, Variable, unique_names
from survey.study import Item, Option, Study
from survey.text import is_blank, tidy

BATCH = 1_000_000  # cells that are held at once
WIDEST = 20_000  # columns
OTHER_HEADERS = ("other (please specify)", "other (please specify):")  # SurveyMonkey's own words


@dataclass(frozen=True)
class Export:
    """An export as read: its columns, and its records with their row in the file (the first row is 1).

    rows: of a workbook or text as a spreadsheet counts them, of SPSS, Stata and Parquet the number of the case;
    header_rows: 0 for those; blank_rows: rows without any text, which are no records; filled: places of the columns
    with any cell that is not blank; dictionary: what file and companion say of a column, by its name.
    """

    platform: str
    format: str
    encoding: str
    delimiter: str
    sheet: str
    sha256: str
    header_rows: int
    columns: list[Column]
    rows: list[int]
    blank_rows: int
    filled: frozenset[int]
    ids: list[str]
    id_column: str
    dictionary: Mapping[str, Variable]
    _lines: Callable[[], Iterator[Sequence[str]]] = field(repr=False)

    def batches(self, cells: int = BATCH) -> Iterator[list[Sequence[str]]]:
        """The records' cells, some records at a time, so that not all of a large export is held in memory."""
        lines = self._lines()
        size = max(1, cells // len(self.columns))
        while batch := list(islice(lines, size)):
            yield batch

    def beside(
        self, columns: Sequence[Column], filled: Iterable[int], more: Callable[[], Iterable[Sequence[str]]]
    ) -> "Export":
        """The export with more columns: which of them hold anything, and their cells, a line per record."""
        width = len(self.columns)
        return replace(
            self,
            columns=[*self.columns, *columns],
            filled=self.filled.union(width + place for place in filled),
            _lines=lambda: ([*own, *cells] for own, cells in zip(self._lines(), more(), strict=True)),
        )

    def place_of(self, name: str, path: Path, use: str) -> int:
        """The place of a column, from 0. Raises BadInput where the export, read from path, does not have it.

        use: what the column is for, and in which setting it is named.
        """
        names = [column.name for column in self.columns]
        if name not in names:
            raise BadInput(f"{path}: no column {name!r}, {use}{nearest(name, names)}")
        return names.index(name)

    @property
    def cells(self) -> list[list[str]]:
        """The cells of all records."""
        return [list(line) for line in self._lines()]

    def record_ids(self) -> tuple[list[str], str]:
        """What each record is called, and the column that says so.

        The platform's own id where every record has one of its own; with REDCap's events and repeats, the columns that
        tell them apart, joined by " / " and " + "; else the row in the file ("row").
        """
        if self.ids and all(self.ids) and len(set(self.ids)) == len(self.ids):
            return self.ids, self.id_column
        return [str(row) for row in self.rows], "row"


def read_export(
    path: Path, platform: str = "auto", encoding: str = "auto", sheet: str = "", dictionary: Path | None = None
) -> Export:
    """Read an export of any platform and format, both told from the file itself.

    dictionary: the platform's own (.lss, .qsf, REDCap data dictionary). Raises BadInput, naming file, row and what to
    do, for a file that is absent, empty, damaged, ragged, or not of the platform named.
    """
    table = read_table(path, encoding, sheet)
    sample = list(islice(table.lines(), SAMPLE))
    if sample and len(sample[0]) > WIDEST:
        raise BadInput(
            f"{path} row 1: {len(sample[0])} columns, more than the {WIDEST} that are read; export fewer questions, or "
            "turn a table that lies on its side"
        )
    if not sample or not any(map(tidy, sample[0])):
        raise BadInput(f"{path} row 1: no header; the first row must name the columns")
    name, header_rows = find_platform(table, sample, platform)
    headers = sample[: max(1, header_rows)]
    _check_widths(table, headers)
    if table.format in ("sav", "dta"):
        columns = unique_names(labelled.columns(table, headers[0]))
    else:
        columns = unique_names(PLATFORMS[name].columns(headers))
    known: dict[str, Variable] = {}
    if dictionary:
        beside = _companion(dictionary, name, path)
        columns = NAMING[name](columns, beside.variables)
        known = _known(columns, beside.variables)
    elif table.variables:
        known = _known(columns, table.variables)
    skip = len(headers)
    own = getattr(PLATFORMS.get(name), "record_columns", lambda columns: [])(columns)
    places = [columns.index(column) for column in own]
    lines, blank_rows, filled, ids = _scan(table, len(columns), skip, places)
    if not lines:
        raise BadInput(f"{path}: a header and no records; export the responses again")
    return Export(
        platform=name,
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        sha256=sha256(path),
        header_rows=0 if table.by_case else skip,
        columns=columns,
        rows=[line - 1 for line in lines] if table.by_case else lines,
        blank_rows=blank_rows,
        filled=filled,
        ids=ids,
        id_column=" + ".join(column.name for column in own),
        dictionary=known,
        _lines=lambda: _records(table, lines),
    )


def _check_widths(table: Table, headers: Sequence[Sequence[str]]) -> None:
    for number, line in enumerate(headers, start=1):
        if len(line) != len(headers[0]):
            raise BadInput(
                f"{table.place(number)}: {len(line)} cells, the header has {len(headers[0])}; "
                "repair or re-export the file"
            )


def _companion(path: Path, platform: str, export: Path) -> Dictionary:
    if platform not in NAMING:
        raise BadInput(
            f"{export}: no dictionary goes with an export of {TITLES[platform]}; "
            "take export.dictionary out of study.yaml"
        )
    found = read_dictionary(path)
    if found.platform != platform:
        raise BadInput(
            f"{path}: a dictionary of {TITLES[found.platform]}, and the export is of {TITLES[platform]}; "
            "give the one that belongs to it in export.dictionary"
        )
    return found


def _known(columns: Sequence[Column], variables: Mapping[str, Variable]) -> dict[str, Variable]:
    """What is known of each column, by its name: under that, its header, or another name of it."""
    known = {}
    for column in columns:
        names = (column.name, column.headers[0], *column.aliases)
        found = next((variables[name] for name in names if name in variables), None)
        if found:
            known[column.name] = found
    return known


def _scan(
    table: Table, width: int, skip: int, places: Sequence[int]
) -> tuple[list[int], int, frozenset[int], list[str]]:
    """Lines of the records, how many lines are none, which columns hold anything, and the records' own ids.

    A line without any text is a record only in a file of cases, or where records have no ids and others follow
    (somebody who answered nothing). Reads every line and keeps none. Raises BadInput for a line of another width than
    the header.
    """
    lines: list[int] = []
    ids: list[str] = []
    blank, blank_lines = [], 0
    empty = list(range(width))
    for number, line in enumerate(islice(table.lines(), skip, None), start=skip + 1):
        if not line:
            blank_lines += 1
            continue
        if len(line) != width:
            raise BadInput(
                f"{table.place(number)}: {len(line)} cells, the header has {width}; repair or re-export the file"
            )
        if not (table.by_case or any(line)):
            if places:
                blank_lines += 1
            else:
                blank.append(number)
            continue
        if blank:
            lines += blank
            ids += [""] * len(blank)
            blank = []
        lines.append(number)
        if empty:
            empty = [place for place in empty if is_blank(line[place])]
        ids.append(_record_id(line, places) if places else "")
    return lines, blank_lines + len(blank), frozenset(range(width)).difference(empty), ids


def _records(table: Table, lines: Sequence[int]) -> Iterator[Sequence[str]]:
    """The cells of the records, by the numbers of their lines."""
    wanted = iter(lines)
    following = next(wanted, 0)
    for number, line in enumerate(table.lines(), start=1):
        if number == following:
            yield line
            following = next(wanted, 0)


def _record_id(line: Sequence[str], places: Sequence[int]) -> str:
    """The cells that name a record, joined; "" where the first is blank, and without those that are."""
    parts = [tidy(line[place]) for place in places]
    return " / ".join(part for part in parts if part) if parts[0] else ""


@dataclass(frozen=True)
class Use:
    """A column's place in the study: the item it feeds, the option or row its header names, and as what.

    option: "" where the cells name the options; ticked, no_answer: as Column has them.
    """

    column: str
    item: str
    option: str
    use: str
    ticked: str = ""
    no_answer: tuple[str, ...] = ()


def how_to_read(settings: Mapping[str, str]) -> tuple[str, str, str]:
    """Platform, encoding and sheet of a table beside the export, as study.yaml has them, else as the file tells."""
    return settings.get("platform", "auto"), settings.get("encoding", "auto"), settings.get("sheet", "")


def map_columns(columns: Sequence[Column], study: Study) -> list[Use]:
    """Which column feeds which item, in the order of the codebook.

    use: `answer`, or `other_text` for the text of "other, please specify".
    Raises BadInput for an item whose column the export does not have, naming the most similar one, and for an item that
    two columns would feed.
    """
    place = f"{study.folder / 'codebook.csv'} item "
    named = _Names(columns, {item.source for item in study.items})
    uses = []
    for item in study.items:
        own = _uses(item, named, f"{place}{item.name!r} column source")
        if not own:
            known = [column.name for column in columns] + list(dict.fromkeys(column.block for column in columns))
            raise BadInput(
                f"{place}{item.name!r} column source: "
                f"the export has no column {item.source!r}{nearest(item.source, known)}; "
                "export the whole survey again, or correct the source"
            )
        uses += own
    return uses


class _Names:
    """What `source` may name: columns by name or alias, and blocks; and which of these the codebook names."""

    def __init__(self, columns: Sequence[Column], sources: set[str]):
        self.sources = sources
        self.places = {column.name: place for column, place in zip(columns, _places(columns), strict=True)}
        self.columns = {alias: column for column in reversed(columns) for alias in column.aliases}
        self.columns |= {column.name: column for column in columns}
        self.blocks: dict[str, list[Column]] = {}
        for column in columns:
            for block in dict.fromkeys((column.block, *column.block_aliases)) if column.part else ():
                self.blocks.setdefault(block, []).append(column)


def _uses(item: Item, named: _Names, place: str) -> list[Use]:
    block = named.blocks.get(item.source, [])
    others = _headers_of_other(item)
    told = any(column.is_text for column in block)
    texts = [
        c for c in block if others and (c.is_text or (not told and {c.part.casefold(), c.also.casefold()} & others))
    ]
    column = named.columns.get(item.source)
    # Beside one column that holds all answers, a block may hold the text of "other" and nothing else.
    joined = all(one in texts or one.is_text for one in block)
    if item.type in ("multiple", "rank") and block and not joined:
        uses = [
            Use(column.name, item.name, _part(column, item), "other_text")
            if column in texts
            else Use(column.name, item.name, _option(column, item), "answer", column.ticked, column.no_answer)
            for column in block
            if column in texts or not column.is_text
        ]
        _check_parts([use for use in uses if use.use == "answer"], item, named, place)
        return uses
    if not column:
        return []
    second = named.columns.get(f"{column.name} (2)")
    twins = second and (second.block, second.part) == (column.block, column.part) and second.headers == column.headers
    if twins and second.name not in named.sources:
        raise BadInput(
            f"{place}: columns {named.places[column.name]} and {named.places[second.name]} of {_file_of(column)} are "
            f"both called {column.name!r}; give the second, {second.name!r}, an item of its own, with role ignore if "
            "it is not wanted"
        )
    texts = [text for text in texts if text is not column]
    if len(texts) > 1:
        texts = [text for text in texts if text.name not in named.sources]
    if len(texts) > 1:
        both = " and ".join(f"{named.places[text.name]} ({text.name!r})" for text in texts[:2])
        raise BadInput(
            f"{place}: columns {both} of {_file_of(texts[0])} both hold the text of 'other'; "
            "give one of them an item of its own"
        )
    return [Use(column.name, item.name, "", "answer")] + [
        Use(text.name, item.name, text.part, "other_text") for text in texts
    ]


def _file_of(column: Column) -> str:
    return f"the joined table {column.table!r}" if column.table else "the export"


def _option(column: Column, item: Item) -> str:
    """The option that a column of a block is of, "" where its cells each name one."""
    return "" if column.picks and item.type == "multiple" else _part(column, item)


def _part(column: Column, item: Item) -> str:
    """What the part of a block is called: of its two names the one that is an option of the item."""
    return next((name for name in (column.part, column.also) if name and find_option(item, name)[0]), column.part)


def _check_parts(uses: Sequence[Use], item: Item, named: _Names, place: str) -> None:
    """Refuse a block in which two columns answer for one option."""
    seen: dict[Option | str, str] = {}
    for use in (use for use in uses if use.option):
        option = find_option(item, use.option)[0] or use.option
        if option in seen:
            raise BadInput(
                f"{place}: columns {named.places[seen[option]]} and {named.places[use.column]}, "
                f"{seen[option]!r} and {use.column!r}, are both of option {use.option!r}; take one out, or correct "
                "options.csv"
            )
        seen[option] = use.column


def check_answers(export: Export, uses: Sequence[Use], study: Study, path: Path) -> None:
    """Raises BadInput where no record answers any question."""
    answers = {use.column for use in uses if study.by_name[use.item].is_answerable}
    filled = {export.columns[place].name for place in export.filled}
    if answers and not answers & filled:
        raise BadInput(
            f"{path}: none of its {len(export.rows)} records answers any question of the codebook; "
            "export the responses with their answers"
        )


def _headers_of_other(item: Item) -> set[str]:
    """What the header of the text of "other" may say, without case; nothing where the item does not offer it."""
    own, listed = set(), set()
    for option in item.options:
        if option.kind == "other":
            aliases = {alias.casefold() for alias in option.aliases}
            own |= {option.code.casefold(), option.label.casefold(), *aliases, *OTHER_MARKS, *OTHER_HEADERS}
        else:
            listed |= {option.code.casefold(), option.label.casefold()}
    return own - listed


def columns_table(
    columns: Sequence[Column], uses: Sequence[Use], files: Mapping[str, str] = MappingProxyType({})
) -> list[dict[str, object]]:
    """One row per column and use: position, column, header_1, header_2, item, option, use, reason (why unused).

    header_3 follows header_2 where the export has three header rows. files: where tables are joined, id of each to its
    file, and "" to that of the export; the last columns are then `joined` and `file`, and position is that in the file.
    `ticked` and `no_answer` (codes joined by |) follow `reason` where the export says how its columns are ticked.
    """
    told = any(use.ticked for use in uses)
    by_column: dict[str, list[Use]] = {}
    for use in uses:
        by_column.setdefault(use.column, []).append(use)
    rows = max(2, *(len(column.headers) for column in columns))
    return [
        {
            "position": place,
            "column": column.name,
            **{f"header_{row}": text for row, text in enumerate(_padded(column.headers, rows), start=1)},
            "item": use.item if use else "",
            "option": use.option if use else "",
            "use": use.use if use else "unused",
            "reason": "" if use else "no item of the codebook names it as its source",
            **(_ticks(use) if told else {}),
            **({"joined": column.table, "file": files[column.table]} if files else {}),
        }
        for column, place in zip(columns, _places(columns), strict=True)
        for use in by_column.get(column.name, [None])
    ]


def _ticks(use: Use | None) -> dict[str, object]:
    return {"ticked": use.ticked if use else "", "no_answer": "|".join(use.no_answer) if use else ""}


def _padded(headers: Sequence[str], rows: int) -> list[str]:
    return [*headers, *[""] * (rows - len(headers))]


def _places(columns: Sequence[Column]) -> Iterator[int]:
    """Where each column stands in its own file, counted from 1."""
    last: Counter[str] = Counter()
    for column in columns:
        last[column.table] += 1
        yield last[column.table]
