"""Delimited text: its encoding and delimiter found, its lines read one after another, however many there are."""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from survey.errors import BadInput
from survey.readers.structure import Table

DELIMITERS = (",", ";", "\t", "|")
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CHUNK = 1 << 20  # bytes
SAMPLE = 20  # lines from which the delimiter is told
LONGEST = 10_000_000  # characters of a cell
APOSTROPHES = "'’‑–-"


def read_text_table(path: Path, encoding: str = "auto") -> Table:
    """A table of delimited text.

    Raises BadInput, naming the line, for a file that is empty or not text in the encoding. Lines are read when they are
    asked for; a quote that is left open is found then.
    """
    encoding = find_encoding(path, encoding)
    delimiter = _delimiter(path, encoding)
    return Table(path, "csv", partial(_lines, path, encoding, delimiter), encoding, delimiter)


def find_encoding(path: Path, encoding: str = "auto") -> str:
    """The encoding in which the whole file is text.

    auto: by its byte order mark; else UTF-8 if it is that; else UTF-16 if every other byte is NUL; else Windows-1252 or
    Mac Roman, whichever makes fewer characters that no word holds.
    """
    with path.open("rb") as file:
        head = file.read(CHUNK)
    if encoding != "auto":
        candidates = [encoding]
    elif bom := next((name for bom, name in BOMS if head.startswith(bom)), ""):
        candidates = [bom]
    elif sixteen := _sixteen_bits(head):
        candidates = [sixteen]
    else:
        candidates = ["utf-8", *_by_likeness(path)]
    failure = ""
    for name in candidates:
        failure = failure_in(path, name)
        if not failure:
            return name
    raise BadInput(failure)


def failure_in(path: Path, encoding: str) -> str:
    """Why the file is not text in this encoding, and where; "" where it is.

    Raises BadInput for an encoding that does not exist and for a file with NUL characters, which no text has.
    """
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        "".encode(encoding)
    except (LookupError, TypeError):
        raise BadInput(
            f"{path}: encoding {encoding!r} is unknown; name the right one (its `encoding` in study.yaml)"
        ) from None
    lines, blank = 1, True
    with path.open("rb") as file:
        while True:
            part = file.read(CHUNK)
            try:
                text = decoder.decode(part, final=not part)
            except UnicodeError as error:
                at = getattr(error, "start", 0)
                line = lines + part[:at].count(b"\n")
                return (
                    f"{path} line {line}: byte {part[at : at + 1]!r} is not {encoding}; "
                    "name the right one (its `encoding` in study.yaml)"
                )
            if "\0" in text:
                raise BadInput(f"{path}: not a text file (it holds NUL bytes); export the responses as CSV")
            blank = blank and not text.strip("\ufeff \t\r\n")
            lines += text.count("\n")
            if not part:
                break
    if blank:
        raise BadInput(f"{path}: the file is empty; export the responses again")
    return ""


def _sixteen_bits(head: bytes) -> str:
    """UTF-16 without a byte order mark: text mostly in Latin letters, of which every other byte is NUL."""
    size = min(len(head), 2000) // 2
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        high, low = head[offset : 2 * size : 2].count(0), head[1 - offset : 2 * size : 2].count(0)
        if size >= 4 and high > size * 0.6 and low == 0:
            return name
    return ""


def _by_likeness(path: Path) -> list[str]:
    """The encodings of eight bits that decode the file, the one that makes the likelier words first."""
    high = re.compile(rb".?.?[\x80-\xff]+.?.?", re.DOTALL)
    pieces: set[bytes] = set()
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            pieces.update(high.findall(part))
    odd = {}
    for name in ("windows-1252", "mac-roman"):
        odd[name] = sum(_odd(piece.decode(name, errors="replace")) for piece in pieces)
    return sorted(odd, key=odd.__getitem__)


def _odd(text: str) -> int:
    """How many characters beyond ASCII stand where none of their kind does: a capital or a sign within a word."""
    return sum(_is_odd(text, place) for place in range(len(text)))


def _is_odd(text: str, place: int) -> bool:
    sign, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if sign.isascii():
        return False
    kind = unicodedata.category(sign)
    if kind in ("Cn", "Co", "Cc") or (kind == "Lu" and before.islower()):
        return True
    return kind[0] != "L" and sign not in APOSTROPHES and before.isalpha() and after.isalpha()


def _delimiter(path: Path, encoding: str) -> str:
    """The delimiter that cuts the first lines into equally many cells and leaves no quote open.

    Of several, the one that makes most of them.
    """
    scores = {}
    for delimiter in DELIMITERS:
        try:
            lines = [line for line in islice(_lines(path, encoding, delimiter, strict=False), SAMPLE) if line]
        except BadInput:
            lines = []
        widths = [len(line) for line in lines] or [0]
        even = widths[0] > 1 and len(set(widths)) == 1
        named = delimiter == "\t" and path.suffix.lower() in (".tsv", ".tab") and widths[0] > 1
        scores[delimiter] = (named, even and _is_quoted(path, encoding, delimiter), even, widths[0])
    return max(DELIMITERS, key=scores.__getitem__)


def _is_quoted(path: Path, encoding: str, delimiter: str) -> bool:
    """Whether the quotes of the first lines stand around whole cells."""
    try:
        return bool(list(islice(_lines(path, encoding, delimiter), SAMPLE)))
    except BadInput:
        return False


def _lines(path: Path, encoding: str, delimiter: str, strict: bool = True) -> Iterator[Sequence[str]]:
    """The lines of the file, each the cells of one row. Quoted or not, an empty cell is empty."""
    csv.field_size_limit(LONGEST)
    number = 0
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=strict)
        start = 1
        try:
            for line in reader:
                number += 1
                start = reader.line_num + 1
                yield line
        except csv.Error as error:
            raise BadInput(
                f"{path} row {number + 1} (from line {start}): {error}; is a quote left open, or not doubled?"
            ) from None
        except UnicodeError as error:
            raise BadInput(f"{path} row {number + 1}: {error}; name the right `encoding` in study.yaml") from None
