"""The audit site: one page that holds the results as data, so that a number can be followed to its cells by clicking.

Tables travel column by column: every distinct cell once, and per row which of them it is. What a record answered is there
only where the study lets single records be seen, and never an identifier or a free text (`withholding`).
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from survey.errors import BadInput
from survey.files import read_text
from survey.provenance import MEASURES, Sources, term
from survey.rendering.markup import Element, read
from survey.sheets import read_lines
from survey.steps import COPIED
from survey.study import PROJECT, Study
from survey.withholding import Reader, private, withheld

if TYPE_CHECKING:
    import pyarrow as pa

ASSETS = PROJECT / "workflow" / "site"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
MARK = "SIMULATED DATA"
PICTURE = re.compile(r'((?:src|srcset)=")data:[^"]*"')
DOMAIN_TABLES = ("frequencies", "numeric", "groups", "agreement", "comparisons")
STUDY_TABLES = (
    ("stats/agreement.csv", "Agreement, all items"),
    ("stats/comparisons.csv", "Comparisons of groups, all items"),
    ("stats/shares.csv", "Shares of several answers, for figures"),
    ("stats/dispositions.csv", "Units by disposition"),
    ("stats/response_rates.csv", "Response rates"),
    ("stats/representativeness.csv", "Those analysed against the frame"),
    ("stats/early_late.csv", "Early against late answers"),
    ("stats/claims.csv", "Claims and verdicts"),
    ("stats/comparators.csv", "Published surveys beside this one"),
)
AUDIT_TABLES = (
    ("audit/checks.csv", "Checks of these results"),
    ("audit/cherries.csv", "Checklist CHERRIES"),
    ("audit/cross.csv", "Checklist CROSS"),
)
CLEAN, VERBATIM = "clean/responses.parquet", "ingest/responses.parquet"


@dataclass(frozen=True)
class Sheet:
    """A table of the results: its file, title, group in the list of tables, columns, and cells as text by row."""

    file: str
    title: str
    group: str
    columns: list[str]
    rows: list[list[str]]

    def cells(self) -> list[dict[str, str]]:
        """Its rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def data(self) -> dict[str, object]:
        """As the page holds it."""
        return {
            "file": self.file,
            "title": self.title,
            "group": self.group,
            "columns": self.columns,
            "rows": len(self.rows),
            "cells": [coded(column) for column in zip(*self.rows, strict=True)] or [coded([])] * len(self.columns),
        }


def coded(cells: Sequence[str]) -> dict[str, object]:
    """A column as its distinct cells, `values`, and which of them each row has, `codes`: as many DIGITS as it takes.

    Where every row has a cell of its own, there are no codes.
    """
    places = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    return of_places(list(places), [places[cell] for cell in cells])


def of_places(values: list[str], places: Sequence[int]) -> dict[str, object]:
    """The same, from the distinct cells and each row's place among them."""
    if len(values) == len(places) and all(place == row for row, place in enumerate(places)):
        return {"values": values}
    width, room = 1, len(DIGITS)
    while room < len(values):
        width, room = width + 1, room * len(DIGITS)
    written = [digits(place, width) for place in range(len(values))]
    return {"values": values, "codes": "".join([written[place] for place in places]), "width": width}


def digits(number: int, width: int) -> str:
    """A whole number in DIGITS, the first one first."""
    text = ""
    for _ in range(width):
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text


# --- tables ------------------------------------------------------------------------------------------------------


def read_sheet(results: Path, file: str, title: str, group: str) -> Sheet:
    """A CSV of the results, every cell as it is written. Raises BadInput where it is absent."""
    columns, *rows = read_lines(results / file)
    return Sheet(file, title, group, columns, rows)


def sheets(study: Study, results: Path) -> list[Sheet]:
    """The tables that may always be shown, in the order of the workflow."""
    titles = {domain["id"]: domain["title"] for domain in study.domains}
    found = [
        read_sheet(results, "clean/flow.csv", "From invited to analysed", "Records"),
        read_sheet(results, "ingest/columns.csv", "Columns of the export", "Cleaning"),
    ]
    without = {"stats/comparisons.csv": not study.groups, "stats/early_late.csv": not study.submitted}
    found += [
        read_sheet(results, file, title, "Statistics") for file, title in STUDY_TABLES if not without.get(file, False)
    ]
    for domain in study.domain_ids:
        for name in DOMAIN_TABLES:
            file = f"stats/{domain}/{name}.csv"
            found.append(read_sheet(results, file, f"{titles[domain]}: {name}", "Statistics by domain"))
    for name in study.figure_names:
        found.append(read_sheet(results, f"figures/{name}.csv", f"Figure {name}", "What the figures draw"))
    found += [read_sheet(results, file, title, "Audit") for file, title in AUDIT_TABLES]
    return [
        _changed(sheet, partial(check_row, study=study)) if sheet.file == "audit/checks.csv" else sheet
        for sheet in found
    ]


def check_row(row: dict[str, str], study: Study) -> dict[str, str]:
    """A row of checks.csv, of what failed first only the place where it might tell an answer."""
    place, _, what = row["first_failure"].partition(": ")
    tells = bool(study.minimum_cell) or place.startswith(("record ", "clean/", "ingest/"))
    return row | {"first_failure": place if tells and what else row["first_failure"]}


def record_sheets(study: Study, results: Path) -> list[Sheet]:
    """The tables that tell of single records, without what is withheld."""
    reader = Reader(study)
    ledger = read_sheet(results, "clean/ledger.csv", "Ledger of changed cells", "Cleaning")
    problems = read_sheet(results, "clean/validation.csv", "Cells that a person should look at", "Cleaning")
    sample = read_sheet(results, "clean/sample.csv", "Match with the frame", "Records")
    return [
        clean_sheet(results, reader),
        verbatim_sheet(results, reader),
        read_sheet(results, "clean/exclusions.csv", "Excluded records", "Records"),
        _changed(sample, lambda row: row | {"unit": withheld("identifier") if row["unit"] else ""}),
        _changed(ledger, reader.ledger),
        _changed(problems, reader.problem),
        read_sheet(results, "clean/appendix.csv", "Data appendix: every variable", "Cleaning"),
    ]


def _changed(sheet: Sheet, change: Callable[[dict[str, str]], dict[str, str]]) -> Sheet:
    rows = [list(change(row).values()) for row in sheet.cells()]
    return Sheet(sheet.file, sheet.title, sheet.group, sheet.columns, rows)


def clean_sheet(results: Path, reader: Reader) -> "Columns":
    """The clean table."""
    table = read_parquet(results / CLEAN)
    columns = {
        name: _shown(table[name], (lambda text: text) if name == "record" or name.endswith("__missing") else of)
        for name in table.column_names
        for of in [lambda text, name=name: reader.cell(name, text)]
    }
    return Columns(CLEAN, "Clean answers", "Records", columns, table.num_rows)


def verbatim_sheet(results: Path, reader: Reader) -> "Columns":
    """The verbatim cells of every record, excluded ones among them, with their row in the export."""
    table = read_parquet(results / VERBATIM)
    uses: dict[str, list[str]] = {}
    for row in read_sheet(results, "ingest/columns.csv", "", "").cells():
        if row["item"]:
            uses.setdefault(row["column"], []).append(row["item"])

    def shown(items: list[str], text: str) -> str:
        """A cell that feeds several items is shown if each of them may be."""
        cells = {reader.cell(item, text) for item in items}
        return next((cell for cell in sorted(cells) if cell != text), text)

    columns = {name: _shown(table[name], lambda text: text) for name in ("record", "row")}
    columns |= {name: _shown(table[name], lambda text, own=own: shown(own, text)) for name, own in uses.items()}
    return Columns(VERBATIM, "Verbatim cells of the export", "Records", columns, table.num_rows)


@dataclass(frozen=True)
class Columns:
    """A table that was read by columns, each already coded."""

    file: str
    title: str
    group: str
    columns: dict[str, dict[str, object]]
    rows: int

    def data(self) -> dict[str, object]:
        """As the page holds it."""
        return {
            "file": self.file,
            "title": self.title,
            "group": self.group,
            "columns": list(self.columns),
            "rows": self.rows,
            "cells": list(self.columns.values()),
        }


def read_parquet(path: Path) -> "pa.Table":
    """A Parquet table, without pandas. Raises BadInput where it cannot be read."""
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path).read()  # read_table would load the machinery of data sets first
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read as a table ({error}); run the step that writes it again") from None


def _shown(column: "pa.ChunkedArray", show: Callable[[str], str]) -> dict[str, object]:
    """A column, coded, after `show` has seen each distinct text."""
    import pyarrow as pa

    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    encoded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    texts = [*(show(cell_text(value)) for value in encoded.dictionary.to_pylist()), ""]
    cells = [len(texts) - 1 if place is None else place for place in encoded.indices.to_pylist()]
    used = {text: place for place, text in enumerate(dict.fromkeys(texts[cell] for cell in dict.fromkeys(cells)))}
    places = [used.get(text, 0) for text in texts]
    return of_places(list(used), [places[cell] for cell in cells])


def cell_text(value: object) -> str:
    """A clean cell as the ledger writes it: ticks as 1 and 0, numbers to 10 digits, days as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if hasattr(value, "date"):
        return value.date().isoformat()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


# --- what the manuscript prints ------------------------------------------------------------------------------------

BLOCKS = ("p", "li", "td", "th", "dd", "figcaption", "caption", "h1", "h2", "h3", "h4", "blockquote")


def printed(page: str) -> dict[str, list]:
    """Where the manuscript prints its values: {blocks, places}.

    page: manuscript.html. A block is [where, text], a paragraph or a cell of a table; a place is [block, start, end, keys],
    the n-th place being the element v-n of the page.
    """
    document = read(PICTURE.sub(r'\1"', page))
    sources = next((script for script in document.find("script") if script.attributes.get("id") == "sources"), None)
    if sources is None:
        return {"blocks": [], "places": []}
    keys = [apart(value[0]) for value in json.loads(sources.text())["values"]]
    walk = _Walk(keys)
    walk.through(document)
    return {"blocks": walk.blocks, "places": walk.places}


def apart(text: str) -> list[str]:
    """The keys of "boost.yes.n_of, .percent": boost.yes.n_of and boost.yes.percent."""
    first, *others = text.split(", ")
    stem = first.rpartition(".")[0]
    return [first, *(stem + name if name.startswith(".") else name for name in others)]


class _Walk:
    """Goes through a page in reading order and notes every value with the block around it."""

    def __init__(self, keys: list[list[str]]) -> None:
        self.keys, self.blocks, self.places = keys, [], []
        self.section = self.caption = self.group = ""
        self.heads: list[str] = []

    def through(self, element: Element) -> None:
        for part in element.inside:
            if not isinstance(part, Element):
                continue
            if part.tag in ("h1", "h2", "h3"):
                self.section = plain(part)
            if part.tag == "table":
                self._enter(part)
            if part.tag in BLOCKS and not any(inner.tag in BLOCKS for inner in part.elements()):
                self._block(part, "" if part.tag in ("td", "th") else self.section)
            elif part.tag == "tr":
                self._row(part)
            else:
                self.through(part)

    def _enter(self, table: Element) -> None:
        captions = [plain(caption) for caption in table.find("caption")]
        self.caption = next(iter(captions), "Table").partition(".")[0]
        self.heads = [plain(cell) for head in table.find("thead") for cell in head.find("th")]
        self.group = ""

    def _row(self, row: Element) -> None:
        cells = [cell for cell in row.inside if isinstance(cell, Element) and cell.tag in ("td", "th")]
        own = plain(cells[0]) if cells else ""
        if "row-group" in row.classes():
            self.group, own = own, ""
        for place, cell in enumerate(cells):
            head = self.heads[place] if len(cells) == len(self.heads) else ""
            where = [self.caption, self.group, own if place else "", head if place else ""]
            self._block(cell, " › ".join(filter(None, where)))

    def _block(self, element: Element, where: str) -> None:
        values = [part for part in element.find("span") if "data-value" in part.attributes]
        if not values:
            return
        marks = {id(value) for value in values}
        text, found = "", []

        def add(part: Element) -> None:
            nonlocal text
            for inner in part.inside:
                if not isinstance(inner, Element):
                    text = joined(text, unescape(inner))
                elif id(inner) in marks:
                    before = len(text)
                    add(inner)
                    start = before + (len(text[before:]) - len(text[before:].lstrip()))
                    found.append([len(self.blocks), start, len(text), self.keys[int(inner.attributes["data-value"])]])
                elif inner.tag not in ("script", "style", "annotation"):
                    add(inner)

        add(element)
        self.places += found
        self.blocks.append([where, text])


def joined(text: str, more: str) -> str:
    """Two texts one after the other, with single blanks."""
    more = re.sub(r"\s+", " ", more)
    return text + (more.lstrip() if not text or text.endswith(" ") else more)


def plain(element: Element) -> str:
    """The text of an element as it is read."""
    return " ".join(unescape(element.text()).split())


# --- what was done -------------------------------------------------------------------------------------------------


def overview(study: Study, results: Path, found: dict[str, Sheet], values: dict, places: int) -> dict[str, list]:
    """The workflow with its numbers, and what to look at first: {stages, look}.

    A stage is {id, title, n, of, facts, leaves}: how many records go on from it, what it made, who leaves and why; facts and
    reasons to look are [text, route of the page].
    """
    export = json.loads(read_text(results / "ingest" / "ingest.json"))
    flow = found["clean/flow.csv"].cells()
    leaves = [row for row in flow if row["reason"]]
    analysed = int(flow[-1]["n"])
    files = list(found)
    stats = [name for name in files if name.startswith("stats/")]
    claims = found["stats/claims.csv"].cells()
    open_items = {name: open_of(found[f"audit/{name}.csv"]) for name in ("cherries", "cross")}
    stages = [
        stage(
            "Export",
            export["records"],
            [
                [f"{export['file']}: {export['records']:,} records of {export['columns']} columns", ""],
                *(
                    [[f"{int(flow[0]['n']):,} {study.units} were invited", row_link("clean/flow.csv", 2)]]
                    if flow[0]["step"] == "invited"
                    else []
                ),
            ],
        ),
        stage(
            "Ingest",
            export["records"],
            [
                ["every cell kept as it was written", table_link(VERBATIM)],
                [
                    f"{export['columns'] - export['columns_unused']} columns feed {len(study.items)} questions, {export['columns_unused']} are not used",
                    table_link("ingest/columns.csv"),
                ],
            ],
        ),
        stage(
            "Selection",
            analysed,
            [
                [
                    f"{export['records'] - analysed:,} records leave, {analysed:,} are analysed",
                    table_link("clean/exclusions.csv"),
                ]
            ],
            [
                [row["reason"], int(float(row["excluded"])), table_link("clean/exclusions.csv", rule=row["step"])]
                for row in leaves
                if float(row["excluded"])
            ],
        ),
        stage("Cleaning", analysed, cleaning_facts(values)),
        stage(
            "Statistics",
            analysed,
            [[f"{sum(len(found[name].rows) for name in stats):,} rows in {len(stats)} tables", "tables"]],
        ),
        stage("Figures", None, [[f"{len(study.figure_names)} figures, each with the data it draws", "tables"]]),
        stage(
            "Manuscript",
            None,
            [[f"{len(values):,} values may be printed; they stand in {places:,} places", "values"]],
        ),
        stage(
            "Audit",
            None,
            [
                [f"{sum(row['verdict'] == 'holds' for row in claims)} of {len(claims)} claims hold", "claims"],
                *(
                    [f"{name.upper()}: {count} of {total} items open", "checklists"]
                    for name, (count, total) in open_items.items()
                ),
            ],
        ),
    ]
    return {"stages": stages, "look": list(look_first(study, found, values, claims, leaves, open_items))}


def stage(title: str, n: int | None, facts: list[list[str]], leaves: Sequence[list] = ()) -> dict[str, object]:
    """One step of the overview."""
    return {"title": title, "n": n, "facts": facts, "leaves": list(leaves)}


def table_link(file: str, **filters: str) -> str:
    """The route of a table, filtered to the rows whose column has exactly this cell."""
    from urllib.parse import quote

    return "".join([f"table={quote(file)}", *(f"&{quote(name)}={quote('=' + text)}" for name, text in filters.items())])


def row_link(file: str, row: int) -> str:
    """The route of a row of a table."""
    return f"{table_link(file)}&row={row}"


def cleaning_facts(values: dict) -> list[list[str]]:
    """How many cells changed, and how many a person should look at."""
    cells, changed = values["cleaning.cells"]["value"], values["cleaning.changed"]["value"]
    look = values["cleaning.to_look_at"]["value"]
    return [
        [
            f"{changed:,} cells changed meaning, {cells - changed:,} were not asked: each is in the ledger",
            table_link("clean/ledger.csv"),
        ],
        [f"{look:,} cells that a person should look at", table_link("clean/validation.csv")],
    ]


def open_of(sheet: Sheet) -> tuple[int, int]:
    """How many items of a checklist are missing, and how many it has."""
    status = [row["status"] for row in sheet.cells()]
    return status.count("missing"), len(status)


def look_first(
    study: Study,
    found: dict[str, Sheet],
    values: dict,
    claims: list[dict[str, str]],
    leaves: list[dict[str, str]],
    open_items: dict[str, tuple[int, int]],
) -> Iterable[list[str]]:
    """What a reviewer in a hurry should see: [how grave (bad, look), what, route]."""
    for row in found["audit/checks.csv"].cells():
        if int(row["failed"] or 0):
            yield [
                "bad",
                f"A check failed: {row['what']}. First: {row['first_failure']}",
                row_of(found["audit/checks.csv"], row),
            ]
    for row in claims:
        if row["verdict"] != "holds":
            yield [
                "bad" if row["verdict"] == "fails" else "look",
                f"Claim {row['verdict']}: {row['statement']}",
                "claims",
            ]
    if look := values["cleaning.to_look_at"]["value"]:
        yield [
            "look",
            f"{look:,} cells that no rule could read or that contradict another answer",
            table_link("clean/validation.csv"),
        ]
    if leaves:
        most = max(leaves, key=lambda row: float(row["excluded"]))
        yield [
            "look",
            f"The largest exclusion: {most['reason']}, {float(most['excluded']):.0f} records",
            table_link("clean/exclusions.csv", rule=most["step"]),
        ]
    kept = {rule["id"] for rule in study.selection if "keep" in rule}
    for row in leaves:
        if row["step"] in kept and float(row["excluded"]):
            n = f"{float(row['excluded']):.0f}"
            yield [
                "look",
                f"Of several answers of one {study.unit}, one was kept: {n} others left",
                table_link("clean/exclusions.csv", rule=row["step"]),
            ]
    if "clean/appendix.csv" in found:
        for rate, row, text in most_missing(found["clean/appendix.csv"], study)[:3]:
            if rate:
                yield ["look", text, row_link("clean/appendix.csv", row)]
    if dropped := (values.get("cleaning.skip_logic") or {}).get("value"):
        yield [
            "look",
            f"{dropped:,} answers to questions that were not to be asked did not count",
            table_link("clean/ledger.csv", rule="skip_logic"),
        ]
    for name, (count, total) in open_items.items():
        if count:
            yield ["look", f"{count} of {total} items of {name.upper()} are not answered", "checklists"]


def row_of(sheet: Sheet, row: dict[str, str]) -> str:
    """The route of this row."""
    return row_link(sheet.file, 2 + sheet.rows.index(list(row.values())))


def most_missing(sheet: Sheet, study: Study) -> list[tuple[float, int, str]]:
    """Questions by the share of those asked that left no usable answer: (share, row of the appendix, sentence)."""
    rates = []
    for number, row in enumerate(sheet.cells(), start=2):
        absent = sum(int(row[kind]) for kind in ("blank", "refused", "invalid"))
        asked = int(row["n"]) + sum(
            int(row[kind]) for kind in ("blank", "dont_know", "not_applicable", "refused", "invalid")
        )
        if row["role"] in ("outcome", "group") and asked:
            rates.append(
                (
                    absent / asked,
                    number,
                    f"Often missing: {study.item(row['variable']).label}, {absent} of {asked} asked",
                )
            )
    return sorted(rates, key=lambda rate: (-rate[0], rate[1]))


# --- from values to records ----------------------------------------------------------------------------------------


class Pool:
    """Things that JSON can hold, each kept once; a thing is known by its place."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, thing: Any) -> int:
        """Where the thing is, put there if it is new."""
        key = json.dumps(thing, ensure_ascii=False)
        if key not in self._places:
            self._places[key] = len(self.things)
            self.things.append(thing)
        return self._places[key]


def provenance_data(study: Study, sources: Sources, values: dict[str, dict]) -> dict[str, Any]:
    """What every value counts, as `survey.provenance` says; see its docstring for the words.

    found: [measure, terms, rows, declared, values], each a place in the list of its name; of: per value, in the order of
    the keys, its place in `found`; drawn: file of a figure's data to the place in `rows` of what each row draws, or -1.
    Terms have no part that is at its default; rows are written as ranges, "2-5 9".
    """
    pools = {name: Pool() for name in ("measures", "terms", "rows", "declared", "found")}
    known: dict[tuple, dict] = {}

    def rows_place(found: dict[str, Any]) -> int:
        return pools["rows"].place(found | {"rows": ranges(found["rows"])})

    def place(key: str, entry: dict) -> int:
        # A cell counts the same whatever its key; the few values that are no cell of a table are asked for one by one.
        cell = (entry["file"], entry["row"], entry["column"], entry["file"] == "clean/appendix.csv" and key)
        if not entry["row"] or cell not in known:
            known[cell] = sources.of_value(key, entry)
        found = known[cell]
        return pools["found"].place(
            [
                pools["measures"].place(found["measure"]),
                [pools["terms"].place(short_term(term, study)) for term in found["terms"]],
                [rows_place(one) for one in found["rows"]],
                [pools["declared"].place(one) for one in found["declared"]],
                found["values"],
            ]
        )

    of = [place(key, entry) for key, entry in sorted(values.items())]
    drawn = {}
    for name in study.figure_names:
        file = f"figures/{name}.csv"
        numbers = range(2, len(sources.rows_of(file)) + 2)
        drawn[file] = [
            rows_place(rows[0]) if (rows := sources.of_cell(file, number)["rows"]) else -1 for number in numbers
        ]
    return {**{name: pool.things for name, pool in pools.items()}, "of": of, "words": MEASURES, "drawn": drawn}


NO_TERM = term()


def short_term(own: dict[str, Any], study: Study) -> dict[str, Any]:
    """A term without the parts that are at their defaults, and, where single records are not shown, without records."""
    kept = {name: part for name, part in own.items() if part != NO_TERM[name]}
    if study.minimum_cell and "record" in (own["chosen"] or {}):
        kept["chosen"] = {"record": []}
    return kept


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as "2-5 9"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


# --- the page ------------------------------------------------------------------------------------------------------


def values_sheet(values: dict[str, dict]) -> dict[str, object]:
    """All values as a table: key, as printed, unit, n, file, row, columns."""
    rows = [
        [
            key,
            str(own["display"]),
            own["unit"],
            "" if own["n"] is None else str(own["n"]),
            own["file"],
            str(own["row"] or ""),
            own["column"],
        ]
        for key, own in sorted(values.items())
    ]
    columns = ["key", "display", "unit", "n", "file", "row", "column"]
    return Sheet("manuscript/values.json", "Every value the manuscript may print", "Audit", columns, rows).data()


def items_of(study: Study, results: Path) -> dict[str, dict[str, object]]:
    """Of every item its question, options and the columns of the export that feed it."""
    columns: dict[str, list[list[str]]] = {}
    for row in read_sheet(results, "ingest/columns.csv", "", "").cells():
        if row["item"]:
            columns.setdefault(row["item"], []).append([row["column"], row["position"], row["option"], row["use"]])
    return {
        item.name: {
            "label": item.label,
            "question": item.question,
            "domain": item.domain,
            "type": item.type,
            "role": item.role,
            "unit": item.unit,
            "asked_if": item.asked_if.text if item.asked_if else "",
            "options": [[option.code, option.label, option.kind] for option in item.options],
            "columns": columns.get(item.name, []),
            "private": private(item, study),
        }
        for item in study.items
    }


STEP = ("rule", "purpose", "script", "code", "code_sha256", "environment", "packages", "jobs")


def steps_of(path: Path) -> dict[str, Any]:
    """The steps of steps.json, and the checksum of every file of their code once: {steps, code}.

    Raises BadInput for a step that lacks what the page shows of it.
    """
    steps = json.loads(read_text(path))["steps"]
    for step in steps:
        for name in STEP:
            if name not in step:
                raise BadInput(f"{path}: step {step.get('rule')!r} has no {name!r}; make it again")
    code = {file: digest for step in steps for file, digest in step["code"].items()}
    return {
        "steps": [{name: step[name] for name in STEP} | {"code": list(step["code"])} for step in steps],
        "code": code,
    }


def example(values: dict[str, dict], places: dict[str, list]) -> str:
    """A key for the example of a command: the first printed share, else the first value."""
    keys = [key for _, _, _, keys in places["places"] for key in keys]
    return next((key for key in keys if key.endswith(".percent")), next(iter(sorted(values)), "KEY"))


def site_data(study: Study, results: Path) -> dict[str, Any]:
    """Everything the page holds."""
    values = json.loads(read_text(results / "manuscript" / "values.json"))
    places = printed(read_text(results / "manuscript" / "manuscript.html"))
    export = json.loads(read_text(results / "ingest" / "ingest.json"))
    found = {sheet.file: sheet for sheet in sheets(study, results)}
    records = record_sheets(study, results) if not study.minimum_cell else []
    found |= {sheet.file: sheet for sheet in records if isinstance(sheet, Sheet)}
    return {
        "study": {
            "id": study.id,
            "title": study.title,
            "simulated": study.simulated,
            "unit": study.unit,
            "units": study.units,
            "minimum_cell": study.minimum_cell,
            "domains": [[domain["id"], domain["title"]] for domain in study.domains],
            "groups": study.groups,
        },
        "export": {key: export[key] for key in ("file", "sha256", "platform", "records", "header_rows")},
        "items": items_of(study, results),
        "tables": [sheet.data() for sheet in (*records, *(sheet for sheet in found.values() if sheet not in records))],
        "values": values_sheet(values),
        "printed": places,
        "provenance": provenance_data(study, Sources(study, results), values),
        "example": example(values, places),
        "copies": [name for name in COPIED if (study.folder / name).is_file()],
        **steps_of(results / "audit" / "steps.json"),
        **overview(study, results, found, values, len(places["places"])),
    }


def page(study: Study, data: dict[str, Any]) -> str:
    """The page with its data; nothing in them can end their script."""
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    mark = f'<div class="simulated" role="note">{MARK}</div>\n' if study.simulated else ""
    skeleton = Template(read_text(ASSETS / "index.html"))
    return skeleton.substitute(
        title=escape(f"Audit: {study.title}") + (" (simulated data)" if study.simulated else ""),
        heading=escape(study.title),
        mark=mark,
        style=read_text(ASSETS / "site.css"),
        data=told,
        script=read_text(ASSETS / "site.js"),
    )
