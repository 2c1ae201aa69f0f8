"""The tables of the results as the audit site holds them: column by column, without what is withheld.

Every distinct cell of a column is there once, and per row which of them it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from survey.privacy import Reader, withheld
from survey.provenance import as_text
from survey.readers.structure import row_column
from survey.study import Study
from survey.tables import read_cells, read_parquet, read_texts

if TYPE_CHECKING:
    import pyarrow as pa

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
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


def read_sheet(results: Path, file: str, title: str, group: str) -> Sheet:
    """A CSV of the results, every cell as it was before it was written. Raises BadInput where it is absent."""
    columns, *rows = read_cells(results / file)
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


def record_sheets(study: Study, results: Path) -> "list[Sheet | Columns]":
    """The tables that tell of single records, without what is withheld."""
    reader = Reader(study)
    ledger = read_sheet(results, "clean/ledger.csv", "Ledger of changed cells", "Cleaning")
    problems = read_sheet(results, "clean/validation.csv", "Cells that a person should look at", "Cleaning")
    flags = read_sheet(results, "clean/flags.csv", "Records to doubt", "Records")
    sample = read_sheet(results, "clean/sample.csv", "Match with the frame", "Records")
    return [
        clean_sheet(results, reader),
        verbatim_sheet(results, reader),
        read_sheet(results, "clean/exclusions.csv", "Excluded records", "Records"),
        _changed(flags, reader.flag),
        _changed(sample, lambda row: row | {"unit": withheld("identifier") if row["unit"] else ""}),
        _changed(ledger, reader.ledger),
        _changed(problems, reader.problem),
        read_sheet(results, "clean/appendix.csv", "Data appendix: every variable", "Cleaning"),
    ]


def _changed(sheet: Sheet, change: Callable[[dict[str, str]], dict[str, str]]) -> Sheet:
    rows = [list(change(row).values()) for row in sheet.cells()]
    return Sheet(sheet.file, sheet.title, sheet.group, sheet.columns, rows)


def clean_sheet(results: Path, reader: Reader) -> "Columns":
    """The clean table, its cells written as `provenance` compares them."""
    table = read_parquet(results / CLEAN)

    def show(name: str) -> Callable[[str], str]:
        return _as_it_is if name == "record" or name.endswith("__missing") else partial(reader.cell, name)

    columns = {name: _shown(table[name], show(name)) for name in table.column_names}
    return Columns(CLEAN, "Clean answers", "Records", columns, table.num_rows)


def _as_it_is(text: str) -> str:
    return text


def verbatim_sheet(results: Path, reader: Reader) -> "Columns":
    """The verbatim cells of every record, excluded ones among them, with their row in the export and joined tables."""
    table = read_parquet(results / VERBATIM)
    uses: dict[str, list[str]] = {}
    for row in read_texts(results / "ingest" / "columns.csv"):
        if row["item"]:
            uses.setdefault(row["column"], []).append(row["item"])

    def shown(items: list[str], text: str) -> str:
        """A cell that feeds several items is shown if each of them may be."""
        cells = {reader.cell(item, text) for item in items}
        return next((cell for cell in sorted(cells) if cell != text), text)

    rows = [row_column(joined["id"]) for joined in reader.study.joined]
    columns = {name: _shown(table[name], _as_it_is) for name in ("record", "row", *rows)}
    columns |= {name: _shown(table[name], partial(shown, own)) for name, own in uses.items()}
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


def _shown(column: "pa.ChunkedArray", show: Callable[[str], str]) -> dict[str, object]:
    """A column, coded, after `show` has seen each distinct text."""
    import pyarrow as pa

    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    encoded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    texts = [*(show(as_text(value)) for value in encoded.dictionary.to_pylist()), ""]
    cells = [len(texts) - 1 if place is None else place for place in encoded.indices.to_pylist()]
    used = {text: place for place, text in enumerate(dict.fromkeys(texts[cell] for cell in dict.fromkeys(cells)))}
    places = [used.get(text, 0) for text in texts]
    return of_places(list(used), [places[cell] for cell in cells])
