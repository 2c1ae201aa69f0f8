"""Where two versions of a file differ, and by how much, in one line."""

import math
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from survey.contents import read_content
from survey.errors import one_line

RELATIVE = 2e-9
"""Two numbers are the same value if they differ by less: one in the last of the ten digits that a CSV prints."""
ABSOLUTE = 1e-12
"""The same for numbers that should be zero."""
SAME_BYTES, SAME_VALUES, DIFFERS = "same bytes", "same values", "differs"
MOST = 60


def compare_files(
    one: Path, other: Path, names: tuple[str, str] = ("listed", "now"), versions: Collection[str] = ()
) -> tuple[str, str]:
    """The verdict on two versions of a file, and where they differ.

    Same values: every cell of a table and every value of JSON (numbers within RELATIVE), every element of a drawing,
    every part of a DOCX, every pixel of a picture; for all else only the bytes count.
    versions: of software, in which the two runs differ. A file that names them and is else the same has the same
    values; of a PDF, whose bytes move when a word changes, the words are compared then.
    """
    if one.read_bytes() == other.read_bytes():
        return SAME_BYTES, ""
    if versions:
        with TemporaryDirectory() as folder:
            masked = [_mask(path, versions, Path(folder, which)) for which, path in (("1", one), ("2", other))]
            if None not in masked and masked[0].read_bytes() != one.read_bytes():
                verdict, where = compare_files(*masked, names)
                told = "the same values" if verdict == SAME_VALUES else "the same"
                told = "the same words" if one.suffix == ".pdf" else told
                return (verdict, where) if verdict == DIFFERS else (SAME_VALUES, f"{told} but for versions of software")
    try:
        kind, before = read_content(one)
        _, after = read_content(other)
    except Exception as error:  # of whichever reader
        return DIFFERS, f"one of them cannot be read: {one_line(error)}"
    where = difference(kind, before, after, names)
    if where:
        return DIFFERS, where
    if one.suffix == ".png":
        where = _pixels(one, other)
        return (DIFFERS, where) if where else (SAME_VALUES, "")
    if kind in ("", "words"):
        same = "the words are the same; " if kind else ""
        return DIFFERS, f"{same}the bytes differ {_first_byte(one.read_bytes(), other.read_bytes())}"
    return SAME_VALUES, ""


def _mask(path: Path, versions: Collection[str], folder: Path) -> Path | None:
    """A copy of a file without these versions, of a PDF its words; None where it is of a kind that names none."""
    pattern = re.compile("|".join(rf"(?<![\d.]){re.escape(version)}(?![\d])" for version in sorted(versions)))
    folder.mkdir()
    copy = folder / path.name
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as masked:
            for name in archive.namelist():
                masked.writestr(name, _masked(archive.read(name), pattern))
    elif path.suffix == ".pdf":
        try:
            from pypdf import PdfReader
        except ImportError:
            return None
        copy = copy.with_suffix(".txt")
        words = " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())
        if not pattern.search(words):
            return None
        copy.write_text(pattern.sub("VERSION", words), encoding="utf-8")
    elif path.suffix in (".parquet", ".png"):
        return None
    else:
        copy.write_bytes(_masked(path.read_bytes(), pattern))
    return copy


def _masked(data: bytes, pattern: "re.Pattern[str]") -> bytes:
    """Bytes of a text with the pattern masked; others as they are."""
    try:
        return pattern.sub("VERSION", data.decode()).encode()
    except UnicodeDecodeError:
        return data


def difference(kind: str, before: Any, after: Any, names: tuple[str, str] = ("listed", "now")) -> str:
    """Where two contents of `read_content` differ; empty where they do not. names: what the two are called."""
    if kind == "cells":
        return _cells(before, after, names)
    if kind in ("values", "parts"):
        return _values(before, after, names)
    if kind in ("xml", "words", "lines"):
        return _sequence(before, after, {"xml": "element", "words": "word", "lines": "line"}[kind], names)
    return ""


def same(one: object, other: object) -> bool:
    """Whether two cells are the same value; missing, an empty text, and a number that is not one are the same."""
    one, other = _known(one), _known(other)
    numbers = [value for value in (one, other) if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == 2:
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return one == other


def _known(value: object) -> object:
    return None if value == "" or (isinstance(value, float) and math.isnan(value)) else value


def _cells(before: Mapping, after: Mapping, names: tuple[str, str]) -> str:
    was, now = before["columns"], after["columns"]
    if list(was) != list(now):
        gone = [name for name in was if name not in now]
        new = [name for name in now if name not in was]
        told = [f"column {name!r} is missing" for name in gone] + [f"column {name!r} is new" for name in new]
        return "; ".join(told) or "the columns are in another order"
    rows, others = list(zip(*was.values(), strict=True)), list(zip(*now.values(), strict=True))
    if len(rows) != len(others):
        return _rows(rows, others)
    cells = [
        (number, name, cell, other)
        for name in was
        for number, (cell, other) in enumerate(zip(was[name], now[name], strict=True), start=2)
        if not same(cell, other)
    ]
    if not cells:
        said = [name for name in was if before["notes"].get(name) != after["notes"].get(name)]
        return f"what is said of column {said[0]} (label, question, unit, order) differs" if said else ""
    if Counter(map(repr, rows)) == Counter(map(repr, others)):
        return f"the same rows in another order, from row {min(cells)[0]}"
    number, name, cell, other = min(cells, key=lambda cell: cell[0])
    text = f"row {number} column {name}: {_shown(cell)} {names[0]}, {_shown(other)} {names[1]}"
    return f"{text}{_further(len(cells), 'cell')}{_largest([(f'row {n} column {c}', a, b) for n, c, a, b in cells])}"


def _rows(rows: Sequence[tuple], others: Sequence[tuple]) -> str:
    """Which rows are missing or new, where all others are the same; else from which row on the tables differ."""
    alike = [all(map(same, row, other)) for row, other in zip(rows, others, strict=False)]
    start = alike.index(False) if False in alike else len(alike)
    fewer, more = sorted((rows, others), key=len)
    ends = zip(reversed(fewer[start:]), reversed(more[start:]), strict=False)
    end = next((n for n, (row, other) in enumerate(ends) if not all(map(same, row, other))), len(fewer) - start)
    text = f"{len(others)} rows instead of {len(rows)}"
    if start + end < len(fewer):
        return f"{text}; they differ from row {start + 2}"
    row = more[start]
    what = "is missing" if len(others) < len(rows) else ("is there twice" if row in more[:start] else "is new")
    return f"{text}; row {start + 2} {what}: {_shown(', '.join(map(_shown, row)))}"


def _values(before: object, after: object, names: tuple[str, str]) -> str:
    found = list(_walk(before, after, ""))
    if not found:
        return ""
    place, one, other = found[0]
    text = f"{place or 'all of it'}: {_shown(one)} {names[0]}, {_shown(other)} {names[1]}"
    return f"{text}{_further(len(found), 'value')}{_largest(found)}"


def _walk(before: object, after: object, place: str) -> Iterator[tuple[str, object, object]]:
    """Values that differ, each with its place."""
    absent = "(absent)"
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _walk(before.get(key, absent), after.get(key, absent), f"{place} > {key}" if place else str(key))
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            pair = [values[number] if number < len(values) else absent for values in (before, after)]
            yield from _walk(*pair, f"{place}[{number + 1}]")
    elif not same(before, after):
        yield place, before, after


def _sequence(before: Sequence, after: Sequence, unit: str, names: tuple[str, str]) -> str:
    for number, (one, other) in enumerate(zip(before, after, strict=False), start=1):
        if one != other:
            return f"{unit} {number}: {_changed(one, other, names)}"
    if len(before) != len(after):
        return f"{len(after)} {unit}s instead of {len(before)}"
    return ""


def _changed(one: object, other: object, names: tuple[str, str]) -> str:
    """Both texts, from shortly before where they begin to differ."""
    texts = [text if isinstance(text, str) else repr(text) for text in (one, other)]
    pairs = enumerate(zip(*texts, strict=False))
    start = max(0, next((n for n, (a, b) in pairs if a != b), min(map(len, texts))) - 20)
    return f"{_shown(texts[0][start:])} {names[0]}, {_shown(texts[1][start:])} {names[1]}"


def _largest(found: Sequence[tuple[str, object, object]]) -> str:
    numbers = [
        (abs(one - other), place)
        for place, one, other in found
        if all(isinstance(value, int | float) and math.isfinite(value) for value in (one, other))
    ]
    if not numbers:
        return ""
    size, place = max(numbers)
    return f"; by {size:.4g}" if len(found) == 1 else f"; the largest difference is {size:.4g} ({place})"


def _further(count: int, noun: str) -> str:
    return f"; {count} {noun}s differ in all" if count > 1 else ""


def _shown(value: object) -> str:
    text = f"{value:.12g}" if isinstance(value, float) else ("missing" if value is None else str(value))
    text = " ".join(text.split()) or "(empty)"
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def _first_byte(one: bytes, other: bytes) -> str:
    """Where two files begin to differ, found by halving."""
    same, differs = 0, min(len(one), len(other)) + 1
    while differs - same > 1:
        middle = (same + differs) // 2
        same, differs = (middle, differs) if one[:middle] == other[:middle] else (same, middle)
    return f"from byte {same + 1:,} of {len(other):,}, in line {one[:same].count(10) + 1}"


def _pixels(one: Path, other: Path) -> str:
    """Where two pictures differ; empty where no pixel does."""
    try:
        from PIL import Image, ImageChops
    except ImportError:
        return f"the bytes differ {_first_byte(one.read_bytes(), other.read_bytes())}; install pillow to compare pixels"
    with Image.open(one) as picture, Image.open(other) as second:
        if picture.size != second.size:
            return f"{second.size[0]} x {second.size[1]} pixels instead of {picture.size[0]} x {picture.size[1]}"
        box = ImageChops.difference(picture.convert("RGBA"), second.convert("RGBA")).getbbox(alpha_only=False)
    return f"pixels differ between {box[0]}, {box[1]} and {box[2]}, {box[3]}" if box else ""
