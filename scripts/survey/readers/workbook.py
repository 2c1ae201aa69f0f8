"""Workbooks (XLSX): one sheet as a table of text, its cells as a person would type them."""

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from survey.errors import BadInput, nearest, one_line
from survey.readers.structure import Table
from survey.readers.values import as_cell

ROWS = 1_048_576  # of a sheet
CELLS = 150_000_000  # that are held in memory
HELD = 512 << 20  # bytes that the parts of a workbook which are held in memory may have, unpacked
STREAMED = 8 << 30  # bytes of all its parts
FIRST = 5  # rows from which an empty sheet is told
DAY_FORMAT = "hs"  # letters of a number format that show a time of day


def read_workbook(path: Path, sheet: str = "") -> Table:
    """A sheet of an XLSX file: the one named, else the only one that is shown and holds anything.

    15 is "15", a date in ISO 8601, TRUE and FALSE as such, of a formula the value that was last computed.
    Raises BadInput for a workbook that is damaged, locked by a password, has macros or unpacks to more than a table
    needs, and for a sheet that is not there.
    """
    _check_archive(path)
    import openpyxl

    try:
        # Opened here, as openpyxl opens by the suffix.
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            chosen = _choose(book, sheet, path)
            lines = list(_cells(chosen, path))
        width = max(map(len, lines), default=0)
        if width * len(lines) > CELLS:
            raise BadInput(f"{path}: {len(lines)} rows of {width} columns; export as CSV, which is read as it comes")
        lines = [line + [""] * (width - len(line)) for line in lines]
    except BadInput:
        raise
    except Exception as error:  # openpyxl lets through whatever a damaged part leads to
        why = f"{type(error).__name__}: {one_line(error)}"
        raise BadInput(f"{path}: cannot be read as a workbook ({why}); is it complete? export it again") from None
    if not any(map(any, lines)):
        raise BadInput(
            f"{path}: the sheet {chosen.title!r} is empty; "
            "name another (`sheet` in study.yaml, or --sheet), or export again"
        )
    return Table(path, "xlsx", lines.__iter__, sheet=chosen.title)


def _choose(book: Any, sheet: str, path: Path) -> Any:
    """The sheet that is named, else the only one that is shown and has anything in its first rows."""
    names = [one.title for one in book.worksheets]
    if sheet and sheet not in names:
        raise BadInput(
            f"{path}: no sheet {sheet!r}{nearest(sheet, names)}; it has {', '.join(map(repr, names))}; "
            "name one of them (`sheet` in study.yaml, or --sheet)"
        )
    if sheet:
        return book[sheet]
    shown = [one for one in book.worksheets if one.sheet_state == "visible"]
    filled = [one for one in shown if any(map(any, islice(_cells(one, path), FIRST)))]
    if len(filled) > 1:
        known = ", ".join(repr(one.title) for one in filled)
        raise BadInput(
            f"{path}: {len(filled)} sheets hold something: {known}; "
            "name one of them (`sheet` in study.yaml, or --sheet)"
        )
    return (filled or shown or book.worksheets)[0]


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadInput(f"{path}: a damaged workbook ({error}); is it complete? export it again") from None
    names = {part.filename.casefold() for part in parts}
    if "xl/workbook.xml" not in names:
        what = "an OpenDocument spreadsheet" if "mimetype" in names else "a ZIP archive"
        raise BadInput(f"{path}: {what} and no XLSX workbook; export as XLSX or CSV")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise BadInput(f"{path}: a workbook with macros; save it without them, as XLSX")
    sheets = [part for part in parts if part.filename.casefold().startswith("xl/worksheets/")]
    held = sum(part.file_size for part in parts if part not in sheets)
    if held > HELD or held + sum(part.file_size for part in sheets) > STREAMED:
        raise BadInput(
            f"{path}: unpacks to more than {HELD >> 20} MiB of texts; export as CSV, which is read as it comes"
        )


def _cells(sheet: Any, path: Path) -> Iterator[list[str]]:
    """The rows of a sheet as text, each up to its last cell; blank rows only where others follow."""
    sheet.reset_dimensions()
    texts: dict[str, str] = {}
    blank = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > ROWS:
            raise BadInput(f"{path} sheet {sheet.title!r}: more than {ROWS} rows; export as CSV")
        line = [_cell(cell) for cell in row]
        while line and not line[-1]:
            line.pop()
        if not line:
            blank += 1
            continue
        yield from ([] for _ in range(blank))
        blank = 0
        yield [texts.setdefault(text, text) for text in line]


def _cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    text = as_cell(value)
    if cell.is_date and text.endswith(" 00:00:00") and not set(DAY_FORMAT).intersection(_letters(cell.number_format)):
        return text.removesuffix(" 00:00:00")
    return text


def _letters(number_format: str) -> str:
    """The letters of a number format outside quotes and brackets, small."""
    letters, quoted = [], False
    for sign in number_format.casefold():
        if sign in '"[]':
            quoted = not quoted if sign == '"' else sign == "["
        elif not quoted:
            letters.append(sign)
    return "".join(letters)
