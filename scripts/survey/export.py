"""Reading a platform's raw export, every cell verbatim, and telling which column feeds which item."""

import codecs
import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from survey.answers import OTHER_MARKS
from survey.errors import BadInput, nearest
from survey.study import Item, Study
from survey.text import tidy

DELIMITERS = (",", ";", "\t", "|")
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
RESPONSE = ("", "response", "open-ended response")
LIMESURVEY_CODE = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?:\[([^\]]*)\])?(?:\.\s.*)?", re.DOTALL)
LIMESURVEY_OWN = {
    "id",
    "submitdate",
    "lastpage",
    "startlanguage",
    "seed",
    "startdate",
    "datestamp",
    "token",
    "ipaddr",
    "refurl",
}
SURVEYMONKEY_ID = ("respondentid", "respondent id")


@dataclass(frozen=True)
class Column:
    """One column of an export.

    name: unique in the file, what `source` in a codebook refers to; block and part: the question and the sub-question
    or option that the header names (part is "" for a question of one column); headers: the header rows as written.
    """

    name: str
    block: str
    part: str
    headers: tuple[str, ...]


@dataclass(frozen=True)
class Export:
    """An export as read: its columns, and its records with their row in the file (the first row is 1)."""

    platform: str
    encoding: str
    delimiter: str
    sha256: str
    columns: list[Column]
    rows: list[int]
    cells: list[list[str]]

    def record_ids(self) -> tuple[list[str], str]:
        """What each record is called, and the column that says so.

        The platform's own response id where every record has one of its own, else the row in the file ("row").
        """
        names = [column.name for column in self.columns]
        own = {"limesurvey": ("id",), "surveymonkey": SURVEYMONKEY_ID}.get(self.platform, ())
        for place, name in enumerate(names):
            if name.casefold() in own:
                ids = [tidy(line[place]) for line in self.cells]
                if all(ids) and len(set(ids)) == len(ids):
                    return ids, name
        return [str(row) for row in self.rows], "row"


def read_export(path: Path, platform: str = "auto", encoding: str = "auto") -> Export:
    """Read a delimited text export of LimeSurvey, SurveyMonkey (one or two header rows) or any plain table.

    Raises BadInput, naming file, row and what to do, for a file that is absent, empty, not text, ragged, or not of the
    platform named.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read ({error.strerror}); check export.file in study.yaml or --config export="
        ) from None
    text, encoding = _decode(content, path, encoding)
    delimiter = _delimiter(text, path)
    lines = _lines(text, delimiter, path)
    header_rows = _header_rows(lines)
    columns = _columns(lines[:header_rows], platform, path)
    platform = platform if platform != "auto" else _platform(lines[0], header_rows)
    if platform == "limesurvey":
        columns = _limesurvey(columns, path)
    if platform == "surveymonkey" and header_rows == 1:
        columns = _surveymonkey_one_row(columns)
    width = len(columns)
    rows, cells = [], []
    for number, line in enumerate(lines[header_rows:], start=header_rows + 1):
        if not any(line):
            continue
        if len(line) != width:
            raise BadInput(
                f"{path} row {number}: {len(line)} cells, the header has {width}; repair or re-export the file"
            )
        rows.append(number)
        cells.append(line)
    if not cells:
        raise BadInput(f"{path}: a header and no records; export the responses again")
    return Export(platform, encoding, delimiter, hashlib.sha256(content).hexdigest(), _unique(columns), rows, cells)


def _decode(content: bytes, path: Path, encoding: str) -> tuple[str, str]:
    if not content.strip():
        raise BadInput(f"{path}: the file is empty; export the responses again")
    if encoding == "auto":
        encoding = next((name for bom, name in BOMS if content.startswith(bom)), "")
        candidates = [encoding] if encoding else ["utf-8", "windows-1252", "mac-roman"]
    else:
        candidates = [encoding]
    for name in candidates:
        try:
            text = content.decode(name)
        except LookupError:
            raise BadInput(f"{path}: encoding {name!r} is unknown; see export.encoding in study.yaml") from None
        except UnicodeDecodeError as error:
            row = content[: error.start].count(b"\n") + 1
            failure = f"{path} line {row}: byte {content[error.start : error.start + 1]!r} is not {name}"
            continue
        if "\0" in text:
            raise BadInput(f"{path}: not a text file (it holds NUL bytes); export the responses as CSV")
        return text, name
    raise BadInput(f"{failure}; name the right one in export.encoding of study.yaml")


def _delimiter(text: str, path: Path) -> str:
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    widths = {}
    for delimiter in DELIMITERS:
        try:
            widths[delimiter] = len(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
        except (csv.Error, StopIteration):
            widths[delimiter] = 0
    return max(DELIMITERS, key=widths.__getitem__)


def _lines(text: str, delimiter: str, path: Path) -> list[list[str]]:
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[list[str]] = []
    try:
        lines.extend(reader)
    except csv.Error as error:
        raise BadInput(
            f"{path} row {len(lines) + 1} (line {reader.line_num}): {error}; is a quote left open?"
        ) from None
    return lines


def _header_rows(lines: list[list[str]]) -> int:
    if len(lines) < 2 or len(lines[1]) != len(lines[0]):
        return 1
    first, second = lines[0], lines[1]
    responses = sum(tidy(cell).casefold() in RESPONSE[1:] for cell in second)
    carried = any(not tidy(above) and tidy(below) for above, below in zip(first, second, strict=True))
    return 2 if not tidy(second[0]) and (responses or carried) else 1


def _platform(header: Sequence[str], header_rows: int) -> str:
    names = {tidy(cell).casefold() for cell in header}
    if header_rows == 2 or names.intersection(SURVEYMONKEY_ID):
        return "surveymonkey"
    codes = [match for cell in header if (match := LIMESURVEY_CODE.fullmatch(cell.lstrip("\ufeff")))]
    own = LIMESURVEY_OWN.intersection(match.group(1) for match in codes)
    titled = [match for match in codes if match.group(2) is not None or ". " in match.string]
    return "limesurvey" if len(own) >= 3 or len(titled) > len(header) / 2 else "plain"


def _columns(headers: list[list[str]], platform: str, path: Path) -> list[Column]:
    if len(headers) == 2 and platform in ("limesurvey", "plain"):
        raise BadInput(
            f"{path} row 2: a second header row, as SurveyMonkey writes it; set export.platform to surveymonkey"
        )
    columns, block = [], ""
    for place, first in enumerate(headers[0]):
        raw = tuple(line[place] for line in headers)
        block = tidy(first) or (block if len(headers) == 2 else "")
        part = tidy(raw[1]) if len(headers) == 2 else ""
        part = "" if part.casefold() in RESPONSE else part
        columns.append(Column(f"{block} [{part}]" if part else block, block, part, raw))
    return columns


def _limesurvey(columns: list[Column], path: Path) -> list[Column]:
    coded = []
    for column in columns:
        match = LIMESURVEY_CODE.fullmatch(column.name)
        if match:
            code, part = match.group(1), match.group(2) or ""
            column = Column(f"{code}[{part}]" if part else code, code, part, column.headers)
        coded.append(column)
    if not any(LIMESURVEY_CODE.fullmatch(column.name) for column in columns):
        raise BadInput(
            f"{path} row 1: no LimeSurvey question codes in the header; "
            "export with question codes, or set export.platform"
        )
    return coded


def _surveymonkey_one_row(columns: list[Column]) -> list[Column]:
    """Headers such as "question - option", told from a question that holds a dash by others of the same question."""
    stems = Counter(column.name.rpartition(" - ")[0] for column in columns) + Counter(column.name for column in columns)
    split = []
    for column in columns:
        stem, dash, part = column.name.rpartition(" - ")
        is_part = dash and stems[stem] > 1
        split.append(Column(column.name, stem, part, column.headers) if is_part else column)
    return split


def _unique(columns: list[Column]) -> list[Column]:
    seen = Counter(["record", "row"])
    named = []
    for column in columns:
        header = name = column.name or "(no header)"
        while name in seen:
            seen[header] += 1
            name = f"{header} ({seen[header]})"
        seen[name] += 1
        named.append(Column(name, column.block, column.part, column.headers))
    return named


@dataclass(frozen=True)
class Use:
    """A column's place in the study: the item it feeds, the option or row its header names, and as what."""

    column: str
    item: str
    option: str
    use: str


def map_columns(columns: Sequence[Column], study: Study) -> list[Use]:
    """Which column feeds which item, in the order of the codebook.

    use: `answer`, or `other_text` for the text of "other, please specify".
    Raises BadInput for an item whose column the export does not have, naming the most similar one.
    """
    by_name = {column.name: column for column in columns}
    uses = []
    for item in study.items:
        own = list(_uses(item, columns, by_name))
        if not own:
            known = [column.name for column in columns] + [column.block for column in columns]
            raise BadInput(
                f"{study.folder / 'codebook.csv'} item {item.name!r} column source: "
                f"the export has no column {item.source!r}{nearest(item.source, known)}"
            )
        uses += own
    return uses


def _uses(item: Item, columns: Sequence[Column], by_name: dict[str, Column]) -> list[Use]:
    block = [column for column in columns if column.block == item.source and column.part]
    others = _headers_of_other(item)
    if item.type in ("multiple", "rank") and block:
        return [
            Use(column.name, item.name, column.part, "other_text" if column.part.casefold() in others else "answer")
            for column in block
        ]
    if item.source not in by_name:
        return []
    texts = [column for column in block if column.part.casefold() in others] if others else []
    return [Use(item.source, item.name, "", "answer")] + [
        Use(column.name, item.name, column.part, "other_text") for column in texts
    ]


def _headers_of_other(item: Item) -> set[str]:
    """What the header of the text of "other" may say, without case; nothing where the item does not offer it."""
    own, listed = set(), set()
    for option in item.options:
        if option.kind == "other":
            own |= {option.code.casefold(), option.label.casefold(), *OTHER_MARKS}
        else:
            listed |= {option.code.casefold(), option.label.casefold()}
    return own - listed


def columns_table(columns: Sequence[Column], uses: Sequence[Use]) -> list[dict[str, object]]:
    """One row per column and use: position, column, header_1, header_2, item, option, use, reason (why unused)."""
    by_column: dict[str, list[Use]] = {}
    for use in uses:
        by_column.setdefault(use.column, []).append(use)
    return [
        {
            "position": place,
            "column": column.name,
            "header_1": column.headers[0],
            "header_2": column.headers[1] if len(column.headers) > 1 else "",
            "item": use.item if use else "",
            "option": use.option if use else "",
            "use": use.use if use else "unused",
            "reason": "" if use else "no item of the codebook names it as its source",
        }
        for place, column in enumerate(columns, start=1)
        for use in by_column.get(column.name, [None])
    ]
