"""Tables that the records of an export belong to: each record has the cells of its row there, beside its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from survey.errors import BadInput
from survey.export import Export, how_to_read, read_export
from survey.readers.structure import Column, row_column
from survey.text import is_blank, key


@dataclass(frozen=True)
class Joined:
    """A table that was joined with an export.

    settings: its entry under export.joined of study.yaml; file: its name; table: as read; rows: for each record of the
    export the row of the table that it belongs to, "" where there is none.
    """

    settings: Mapping[str, str]
    file: str
    table: Export
    rows: Sequence[str]

    @property
    def id(self) -> str:
        """What the table is called in study.yaml, and its columns begin with."""
        return self.settings["id"]

    @property
    def row_column(self) -> str:
        """The column of ingest/responses.parquet that holds these rows."""
        return row_column(self.id)

    def summary(self) -> dict[str, object]:
        """What ingest.json says of it."""
        about = {name: getattr(self.table, name) for name in ("sha256", "platform", "format", "encoding", "delimiter")}
        return (
            {"file": self.file}
            | about
            | {
                "sheet": self.table.sheet,
                "header_rows": self.table.header_rows,
                "rows": len(self.table.rows),
                "columns": len(self.table.columns),
                "records_without_row": self.rows.count(""),
            }
        )


def join(export: Export, path: Path, settings: Mapping[str, str], file: Path) -> tuple[Export, Joined]:
    """The export with the columns of a table, called ID.COLUMN, whose row has the same key as the record.

    export, path: the export and where it was read from; settings: id, file, key (column of the export) and to (column
    of the table), compared as respondent keys are. A record whose key no row has keeps its own cells and has blank
    ones beside them. Raises BadInput for a table that cannot be read, a column that is not there, and two rows of one
    key.
    """
    name = settings["id"]
    use = f"of export.joined {name!r} in study.yaml"
    at = export.place_of(settings["key"], path, f"the key {use}")
    table = read_export(file, *how_to_read(settings))
    to = table.place_of(settings["to"], file, f"`to` {use}")
    cells = table.cells
    places = _by_key(table, to, file)
    found = [places.get(key(line[at])) for lines in export.batches() for line in lines]
    columns = [_renamed(column, name) for column in table.columns]
    _check_names(export, path, name, columns)
    nothing = [""] * len(columns)
    used = {place for place in found if place is not None}
    filled = [at for at in range(len(columns)) if any(not is_blank(cells[place][at]) for place in used)]
    wide = export.beside(columns, filled, lambda: (nothing if place is None else cells[place] for place in found))
    rows = ["" if place is None else str(table.rows[place]) for place in found]
    return wide, Joined(settings, file.name, table, rows)


def _by_key(table: Export, to: int, path: Path) -> dict[str, int]:
    """Key to the place of its row; a row without a key is nobody's. Raises BadInput for two rows of one key."""
    places: dict[str, int] = {}
    for place, line in enumerate(table.cells):
        if own := key(line[to]):
            if own in places:
                raise BadInput(
                    f"{path} row {table.rows[place]} column {table.columns[to].name!r}: {line[to]!r} is the key of row "
                    f"{table.rows[places[own]]}, too; keep one row for each key"
                )
            places[own] = place
    return places


def _renamed(column: Column, table: str) -> Column:
    """A column under the names that it has beside those of the export."""
    return replace(
        column,
        name=f"{table}.{column.name}",
        block=f"{table}.{column.block}",
        aliases=tuple(f"{table}.{alias}" for alias in column.aliases),
        block_aliases=tuple(f"{table}.{alias}" for alias in column.block_aliases),
        table=table,
    )


def _check_names(export: Export, path: Path, table: str, columns: Sequence[Column]) -> None:
    taken = {column.name for column in export.columns}
    for name in (row_column(table), *(column.name for column in columns)):
        if name in taken:
            raise BadInput(
                f"{path}: has a column {name!r} itself; give the table {table!r} another id in export.joined"
            )
