"""What a review archive leaves out unless it is asked for by name: the raw data, and what respondents wrote.

The list lies in `results/<study>/left_out.csv`, in an archive alone. The Snakefile reads it, and asks for none of the
files in it.
"""

import csv
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from survey.errors import LeftOut
from survey.sheets import read_sheet
from survey.study import PROJECT, Study
from survey.tables import read_texts

COLUMNS = ["file", "what", "kind", "reason"]
OF_ARCHIVE = ("left_out.csv", "clean/released.csv")
KINDS = ("raw", "records")
VERBATIM = "every cell of the export, verbatim"
RAW_CELLS = "cells as respondents filled them in"
UNITS = "names the units of the frame that answered"
TEXTS = "has columns of identifiers or of texts that respondents wrote"
WRITTEN = "holds an identifier or a text that respondents wrote"
RECORDS = "tells of single records or of small counts, in a study that publishes no count below {}"
# A shorter text is no telling one: it is found by chance in other words.
SHORTEST = 6
# What a column that feeds no item may tell of a person: a name, an address of e-mail or of a machine.
TELLING = re.compile(r"[^\W\d_]|\d+\.\d+\.\d+\.\d+")
OWN_WORDS = (
    "study.yaml",
    "codebook.csv",
    "options.csv",
    "recodes.csv",
    "claims.yaml",
    "manuscript.qmd",
    "comparators.csv",
)
DATA_URI = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=%]+")
WORD_START = re.compile(r"(?<!\w)\S")


def read_left_out(results: Path) -> list[dict[str, str]]:
    """The rows of left_out.csv; none where there is no such file, as in a clone."""
    path = results / "left_out.csv"
    return list(read_sheet(path, COLUMNS).values()) if path.is_file() else []


def left_out_names(results: Path) -> set[str]:
    """The files of the results among them that are not there, relative to the results."""
    start = f"results/{results.resolve().name}/"
    names = {row["file"].removeprefix(start) for row in read_left_out(results) if row["file"].startswith(start)}
    return {name for name in names if not (results / name).exists()}


def refuse_left_out(results: Path, file: str) -> None:
    """Raise LeftOut for a file, relative to the results, that left_out.csv lists and that is not there."""
    if not (results / file).exists() and file in left_out_names(results):
        raise LeftOut(f"{file} is left out of this archive")


def left_out_of_results(
    study: Study, results: Path, files: Iterable[str], asked: Iterable[str]
) -> list[dict[str, str]]:
    """The files of the results that an archive leaves out, and why.

    files: relative to results; asked: kinds that are asked for by name, of KINDS.
    """
    asked = set(asked)
    texts = None if "records" in asked else respondents_texts(study, results)
    rows = []
    for file in files:
        kind, reason = _verdict(study, results, file)
        if not kind and texts and holds_any(read_as_text(results / file), texts):
            kind, reason = "records", WRITTEN
        if kind and kind not in asked:
            rows.append({"file": f"results/{study.id}/{file}", "what": "results", "kind": kind, "reason": reason})
    return rows


def _verdict(study: Study, results: Path, file: str) -> tuple[str, str]:
    folder, _, name = file.partition("/")
    path = results / file
    if file == "ingest/responses.parquet":
        return "raw", VERBATIM
    if folder != "clean" or name in ("flow.csv", "appendix.csv"):
        return "", ""
    if study.minimum_cell > 0:
        return "records", RECORDS.format(study.minimum_cell)
    if name.endswith(".appendix.csv"):
        return "", ""
    if name.endswith(("ledger.csv", "validation.csv", "checks.csv")):
        return ("records", RAW_CELLS) if _has_rows(path) else ("", "")
    if name.startswith("sample."):
        return ("records", UNITS) if study.frame and "file" in study.frame else ("", "")
    if name.endswith(".parquet"):
        return ("records", TEXTS) if private_columns(study, path) else ("", "")
    return "", ""


def _has_rows(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return len(list(zip(range(2), csv.reader(file), strict=False))) > 1


def private_columns(study: Study, path: Path) -> list[str]:
    """Columns of a clean table with an identifier or a text: of items that ask for one, and of `other` answers."""
    import pyarrow.parquet as pq

    own = {item.name for item in study.items if item.is_private}
    names = pq.read_schema(path).names
    return [name for name in names if name in own or name.endswith("__other")]


def released_table(study: Study, path: Path) -> list[list[str]]:
    """The clean table without those columns, as rows of a CSV, the first its header."""
    import pyarrow.parquet as pq

    private = set(private_columns(study, path))
    table = pq.read_table(path, columns=[name for name in pq.read_schema(path).names if name not in private])
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [table.column_names, *([_cell(value) for value in row] for row in rows)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def respondents_texts(study: Study, results: Path) -> set[str]:
    """Identifiers and texts in the results' records, as written and as cleaned, casefolded.

    Left out is what is too short to be told from other words, and what the study's own files say: an answer that is
    an option's label tells nothing of who gave it.
    """
    import pyarrow.parquet as pq

    found: set[str] = set()
    private = {item.name for item in study.items if item.is_private}
    raw, columns = results / "ingest/responses.parquet", results / "ingest/columns.csv"
    if raw.is_file():
        rows = read_texts(columns)
        names = [row["column"] for row in rows if row["item"] in private or row["use"] == "other_text"]
        unused = [row["column"] for row in rows if row["use"] == "unused"]
        for name in dict.fromkeys([*names, *unused]):
            cells = pq.read_table(raw, columns=[name]).column(name).to_pylist()
            found |= {cell for cell in cells if cell and (name in names or TELLING.search(cell))}
    clean = results / "clean/responses.parquet"
    if clean.is_file():
        for column in pq.read_table(clean, columns=private_columns(study, clean)).columns:
            found |= {value for value in column.to_pylist() if isinstance(value, str)}
    texts = {" ".join(text.split()).casefold() for text in found if text}
    public = [study.folder / name for name in OWN_WORDS]
    public += [
        *sorted((PROJECT / "resources").glob("published/*.csv")),
        *sorted((PROJECT / "resources").glob("checklists/*")),
    ]
    said = " ".join(read_as_text(path) for path in public if path.is_file())
    said = " ".join(said.split()).casefold()
    return {text for text in texts if len(text) >= SHORTEST and text not in said}


def read_as_text(path: Path) -> str:
    """What can be read in a file of the results, without embedded pictures; empty for pictures and documents."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        return "\n".join(str(value) for column in table.columns for value in column.to_pylist() if value is not None)
    if path.suffix not in (".csv", ".json", ".html", ".txt", ".svg", ".yml", ".yaml", ".qmd", ".bib", ".md"):
        return ""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".json":
        return "\n".join(_strings(json.loads(text)))
    return html.unescape(DATA_URI.sub("", text)) if path.suffix in (".html", ".svg") else text


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        yield from content
        for part in content.values():
            yield from _strings(part)
    elif isinstance(content, list):
        for part in content:
            yield from _strings(part)


def holds_any(text: str, texts: set[str]) -> bool:
    """Whether one of the texts (casefolded, single blanks) stands in a text, from the start of a word on."""
    if not texts or not text:
        return False
    text = " ".join(text.split()).casefold()
    by_start: dict[str, list[str]] = {}
    for known in texts:
        by_start.setdefault(known[:SHORTEST], []).append(known)
    for start in WORD_START.finditer(text):
        place = start.start()
        known = by_start.get(text[place : place + SHORTEST])
        if known and any(text.startswith(one, place) for one in known):
            return True
    return False
