"""What a file of the results holds, whoever wrote it: the part that a checksum of values is taken of."""

import csv
import hashlib
import json
import math
import zipfile
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from survey.sheets import unguarded
from survey.tables import NUMBER_COLUMNS

DIGITS = 12
"""Significant digits of a number that count, so that the last bits of a computation do not."""


def read_content(path: Path) -> tuple[str, Any]:
    """What a file holds and what that is called; ("", None) for a PDF or PNG, of which only the bytes are compared.

    cells: of a table, its columns (name to cells) and what is said of them; values: of JSON; xml: the elements of a
    drawing; parts: of a DOCX, each with its checksum; words: of a web page; lines: of any other text.
    Raises OSError, ValueError or another error of its format where the file cannot be read as what its name says.
    """
    kind, read = READERS.get(path.suffix, ("lines", _lines))
    return kind, read(path)


def content_sha256(kind: str, content: Any) -> str:
    """SHA-256 of a content: of its JSON, with numbers to 12 significant digits."""
    plain = _plain(content) if kind in ("cells", "values") else content
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value as JSON has it, the same for 3 and 3.0, and missing the same as an empty text, as in a CSV."""
    if value == "":
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None if math.isnan(value) else str(value)
        rounded = float(f"{value:.{DIGITS}g}")
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _parquet(path: Path) -> dict[str, Any]:
    """Columns of a Parquet table; of each what is said of it (label, question, unit) and its categories in order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    if len(set(table.column_names)) < table.num_columns:
        raise ValueError("two columns of one name")
    notes = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        said = {key.decode(): text.decode() for key, text in (field.metadata or {}).items()}
        said = {key: text for key, text in said.items() if not key.startswith("PARQUET:")}
        if pa.types.is_dictionary(field.type) and field.type.ordered:
            said["categories"] = column.combine_chunks().dictionary.to_pylist()
        if said:
            notes[field.name] = said
    return {"columns": table.to_pydict(), "notes": notes}


def _csv(path: Path) -> dict[str, Any]:
    """Columns of a CSV: texts as before they were written, and numbers in the columns of statistics."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = ([unguarded(cell) for cell in line] for line in csv.reader(file, strict=True))
    if len(set(header)) < len(header) or any(len(row) != len(header) for row in rows):
        raise ValueError("two columns of one name, or a row that is longer or shorter than the header")
    columns: dict[str, list] = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    for name in NUMBER_COLUMNS.intersection(columns):
        columns[name] = [_number(cell) for cell in columns[name]]
    return {"columns": columns, "notes": {}}


def _number(cell: str) -> float | str | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _svg(path: Path) -> list[list]:
    """Elements of a drawing in order: name, attributes sorted by name, text in it and after it."""
    import xml.etree.ElementTree as ElementTree

    return [
        [element.tag, sorted(element.attrib.items()), (element.text or "").strip(), (element.tail or "").strip()]
        for element in ElementTree.parse(path).iter()
    ]


def _docx(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in sorted(archive.namelist())}


class _Words(HTMLParser):
    """The words of a page, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep the words of a piece of text."""
        if not self.cdata_elem:
            self.found += data.split()


def _html(path: Path) -> list[str]:
    page = _Words()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page.found


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _bytes_only(path: Path) -> None:
    return None


READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    ".parquet": ("cells", _parquet),
    ".csv": ("cells", _csv),
    ".json": ("values", _json),
    ".svg": ("xml", _svg),
    ".docx": ("parts", _docx),
    ".html": ("words", _html),
    ".pdf": ("", _bytes_only),
    ".png": ("", _bytes_only),
}
