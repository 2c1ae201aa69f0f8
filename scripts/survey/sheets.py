"""CSV files that a person keeps: codebook, options, sampling frame.

People open a CSV in a spreadsheet, which would run a cell that begins like a formula. Every CSV that a program of this
project writes therefore has an apostrophe before such a cell (`guarded`), and reading takes it away (`unguarded`).
"""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from survey.errors import BadInput

# What Excel, LibreOffice and their like take for the beginning of a formula (OWASP, CSV injection), full width as well.
FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def guarded(text: object) -> object:
    """A cell for a CSV: an apostrophe before a text that a spreadsheet would run as a formula; numbers are none.

    A text that begins with apostrophes and then like a formula gets one more, so that `unguarded` is exact.
    """
    if isinstance(text, str) and FORMULA.match(text) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def unguarded(text: object) -> object:
    """The text of a cell that `guarded` wrote."""
    return text[1:] if isinstance(text, str) and text.startswith("'") and FORMULA.match(text) else text


def read_lines(path: Path) -> list[list[str]]:
    """The lines of a CSV. Raises BadInput where it is absent or not CSV in UTF-8."""
    lines: list[list[str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines.extend(csv.reader(file, strict=True))
    except FileNotFoundError:
        raise BadInput(f"{path}: not found") from None
    except csv.Error as error:
        raise BadInput(f"{path} row {len(lines) + 1}: {error}; is a quote left open, or not doubled?") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as CSV in UTF-8: {error}") from None
    return lines


def numbered_rows(lines: Sequence[Sequence[str]], path: Path) -> dict[int, dict[str, str]]:
    """Row number (the header is 1) to its cells by column; empty rows are passed over.

    Blanks at the ends of a cell are left out, as is what guards it from a spreadsheet.
    Raises BadInput for a row of another length than the header.
    """
    columns, rows = lines[0], {}
    for number, line in enumerate(lines[1:], start=2):
        cells = [unguarded(cell.strip()) for cell in line]
        if not any(cells):
            continue
        if len(cells) != len(columns):
            raise BadInput(
                f"{path} row {number}: {len(cells)} cells, the header has {len(columns)}; "
                "is a comma missing its quotes?"
            )
        rows[number] = dict(zip(columns, cells, strict=True))
    return rows


def read_sheet(path: Path, columns: list[str]) -> dict[int, dict[str, str]]:
    """The rows of a CSV by number. Raises BadInput for other columns than these."""
    lines = read_lines(path)
    if not lines or lines[0] != columns:
        found = ",".join(lines[0]) if lines else "nothing"
        raise BadInput(f"{path} row 1: the columns must be {','.join(columns)}; found {found}")
    return numbered_rows(lines, path)


def as_csv(rows: Sequence[Sequence[object]], quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Rows as the text of a CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=quoting, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
