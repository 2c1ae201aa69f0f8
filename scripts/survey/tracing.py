"""The chain behind one number: sentence, value, cell, records, clean cells, ledger, raw cells, and the steps between.

Every link is checked as it is followed: a value against its cell, a count by counting again, a clean cell by replaying
the ledger, a raw cell by reading the export again, a script by its hash. What an archive has left out is said.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from survey.answers import find_option, missing_column, option_column, value_columns
from survey.checking import (
    Failure,
    Finished,
    claim_follows,
    display_shows_value,
    is_numeric,
    page_prints,
    plain,
    rate_parts,
    value_counts_rows,
    value_is_cell,
)
from survey.errors import BadInput, LeftOut, nearest
from survey.export import how_to_read
from survey.files import sha256
from survey.frame import frame_levels
from survey.left_out import left_out_names
from survey.provenance import COUNTED, ELSE, MEASURES, first_result
from survey.readers.detection import read_table
from survey.readers.structure import row_column
from survey.recounting import CLEAN, SAMPLE, based, counted, recount, same
from survey.replaying import differences, replay
from survey.sample import DISPOSITIONS
from survey.study import PROJECT, Item, Study, read_study
from survey.tables import read_rows

CELL = re.compile(r"(.+?):(\d+)(?::(.+))?")
HEADING = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>", re.DOTALL)
MARKED = ("«", "»")
RAW = "ingest/responses.parquet"
MOST_TERMS = 8  # of a number made from more, such as the answers left blank to all questions, no records are listed
PLACES = (
    "domain",
    "item",
    "variable",
    "option",
    "group",
    "level",
    "figure",
    "panel",
    "row",
    "column",
    "stratum",
    "step",
)
PLACES += ("disposition", "rate", "claim", "study", "published_question", "record", "rule", "problem", "mark", "label")
COUNT_COLUMNS = (
    "n",
    "n_valid",
    "n_asked",
    "n_missing",
    "n_not_asked",
    "n_used",
    "respondents_n",
    "top_percent",
    "percent",
)
Chain = dict[str, Any]


def find_study(results: Path, given: Path | None) -> Study:
    """The study of a results folder: as given, as its audit/study/ keeps it, else that of its name in the project."""
    kept = results / "audit" / "study"
    folder = given or (
        kept if (kept / "study.yaml").is_file() else PROJECT / "config" / "studies" / results.resolve().name
    )
    if not (folder / "study.yaml").is_file():
        raise BadInput(f"{results}: neither audit/study/ nor {folder} tells what was asked; give --study FOLDER")
    return read_study(folder)


# --- what is asked for ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a key asks for: a value, a cell of a table, or both. kind: value, cell, figure or claim."""

    kind: str
    key: str
    file: str
    row: int
    column: str


def understand(key: str, finished: Finished) -> Asked:
    """What a key means. Raises BadInput, with the nearest keys, for one that means nothing."""
    values, claims = values_of(finished), [claim["id"] for claim in finished.study.claims]
    if key in values:
        entry = values[key]
        return Asked("value", key, entry["file"], entry["row"], entry["column"])
    name = key.removeprefix("claim:")
    if name in claims:
        rows = finished.sources.rows_of("stats/claims.csv")
        found = [at for at, row in enumerate(rows, start=2) if row["claim"] == name]
        if not found:
            raise BadInput(f"stats/claims.csv has no row for the claim {name!r}; run the step check_claims again")
        return Asked("claim", key, "stats/claims.csv", found[0], "verdict")
    if key.startswith("claim:"):
        raise BadInput(f"no claim {name!r}{nearest(name, claims)}")
    if found := CELL.fullmatch(key):
        return _cell(found[1], int(found[2]), found[3] or "", finished)
    near = _near(key, [*values, *claims])
    hint = f"; the nearest: {', '.join(near)}" if near else ""
    raise BadInput(f"nothing is called {key!r}: give a key of values.json, FILE:ROW[:COLUMN], or a claim's id{hint}")


def values_of(finished: Finished) -> Mapping[str, Any]:
    """values.json; nothing where the results have none (yet)."""
    return finished.values if (finished.results / "manuscript" / "values.json").is_file() else {}


def _cell(file: str, row: int, column: str, finished: Finished) -> Asked:
    file = file.replace("\\", "/").removeprefix("./")
    for start in (f"{finished.results.as_posix()}/", f"results/{finished.results.resolve().name}/"):
        file = file.removeprefix(start)
    file = f"{file.removesuffix('.parquet').removesuffix('.csv')}.csv"
    if file in left_out_names(finished.results):
        return Asked("cell", f"{file}:{row}", file, row, column)
    if not (finished.results / file).is_file():
        known = [
            *finished.tables,
            *(f"clean/{name}.csv" for name in ("ledger", "exclusions", "flags", "validation", "sample")),
        ]
        raise BadInput(f"{file}: no such table in {finished.results}{nearest(file, known)}")
    for name in column.split(","):
        with suppress(LeftOut):
            finished.sources.of_cell(file, row, name)  # says what is wrong with row or column
    column = column or first_result(finished.sources.rows_of(file)[row - 2])
    return Asked("figure" if file.startswith("figures/") else "cell", f"{file}:{row}", file, row, column)


def _near(key: str, known: Sequence[str]) -> list[str]:
    """Up to three keys like this one: of the same beginning, if there are any, as comparing all takes long."""
    stem = key.partition(".")[0]
    alike = [one for one in known if one.partition(".")[0] == stem]
    found = get_close_matches(key, alike, n=3, cutoff=0.5)
    if found:
        return found
    stems = get_close_matches(stem, list(dict.fromkeys(one.partition(".")[0] for one in known)), n=3, cutoff=0.6)
    return get_close_matches(key, [one for one in known if one.partition(".")[0] in stems], n=3, cutoff=0.4)


# --- where it is printed ----------------------------------------------------------------------------------------


def printed(keys: Sequence[str], finished: Finished) -> Iterator[Chain]:
    """Where the page prints one of these values: section, kind, text with the number in « », and what is wrong."""
    page = finished.page
    for start, end, own, text in page.marks:
        if any(key in own for key in keys):
            kind, around = _around(page.text, start, end)
            failure = page_prints(own, text, page.level, finished.values)
            yield {"section": _section(page.text, start), "kind": kind, "text": around, "keys": own, "failure": failure}


def drawn(figure: str, finished: Finished) -> Iterator[Chain]:
    """Where the page shows a figure."""
    text = finished.page.text
    for found in re.finditer(rf'<figure[^>]*id="fig-{re.escape(figure)}"[^>]*>(.*?)</figure>', text, re.DOTALL):
        caption = re.search(r"<figcaption[^>]*>(.*?)</figcaption>", found[1], re.DOTALL)
        said = plain(caption[1]) if caption else ""
        yield {"section": _section(text, found.start()), "kind": "figure", "text": said, "keys": [], "failure": None}


def _section(text: str, at: int) -> str:
    """The heading above a place of the page."""
    found = [plain(heading[1]) for heading in HEADING.finditer(text, 0, at)]
    return found[-1] if found else ""


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """The row of a table, or the sentence, that a mark stands in."""
    opens = {tag: max(text.rfind(f"<{tag}>", 0, start), text.rfind(f"<{tag} ", 0, start)) for tag in BLOCKS}
    tag = max(opens, key=opens.__getitem__)
    if tag in ("td", "th"):
        return "table", _table_row(text, start, end)
    first, last = text.find(">", opens[tag]) + 1, text.find(f"</{tag}>", end)
    return "sentence", _sentence(plain(text[first:start] + "\ue000" + text[start:end] + "\ue001" + text[end:last]))


BLOCKS = ("p", "li", "td", "th", "figcaption", "caption", "h1", "h2", "h3", "h4", "dd")


def _sentence(text: str) -> str:
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z\d\ue000(])", text)
    found = " ".join(part for part in parts if "\ue000" in part or "\ue001" in part) or text
    return found.replace("\ue000", MARKED[0]).replace("\ue001", MARKED[1])


def _table_row(text: str, start: int, end: int) -> str:
    """A row with what stands above it: the caption, and the heading of its group of rows."""
    first, last = text.rfind("<tr", 0, start), text.find("</tr>", end)
    row = text[first:start] + MARKED[0] + text[start:end] + MARKED[1] + text[end:last]
    cells = [plain(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
    table = text.rfind("<table", 0, start)
    captions = re.findall(r"<(?:fig)?caption[^>]*>(.*?)</(?:fig)?caption>", text[table:start], re.DOTALL)
    groups = re.findall(r'<tr class="row-group">(.*?)</tr>', text[table:first], re.DOTALL)
    above = [plain(part) for part in (*captions[:1], *groups[-1:])]
    return " > ".join([*filter(None, above), " | ".join(filter(None, cells))])


# --- the export -------------------------------------------------------------------------------------------------


class RawExport:
    """The verbatim cells of the export and of the tables joined with it, and these files where they are at hand.

    paths: of the export under "", of a joined table under its id; None where it is not there.
    """

    def __init__(self, finished: Finished, paths: Mapping[str, Path | None]):
        self.finished, self.paths = finished, paths
        self.is_left_out = RAW in left_out_names(finished.results)
        self.columns = finished.sources.rows_of("ingest/columns.csv")
        about = json.loads((finished.results / "ingest" / "ingest.json").read_text(encoding="utf-8"))
        self.about = {"": about, **about.get("joined", {})}
        self.lines = cache(self._lines)

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Record to its cells by column, and its row in the export as "row"."""
        found = read_rows(self.finished.results / RAW)
        return {str(row["record"]): row for row in found}

    def _lines(self, name: str) -> list[list[str]] | None:
        """The rows of the export, or of a joined table, read again; None where it is not there."""
        path, study = self.paths[name], self.finished.study
        if path is None:
            return None
        asked = next((table for table in study.joined if table["id"] == name), study.export)
        _, encoding, sheet = how_to_read(asked)
        table = read_table(path, encoding, sheet)
        lines = [list(line) for line in table.lines()]
        return lines[1:] if table.by_case else lines  # a row of such a file is a case, and no line of headers

    def is_as_read(self, name: str) -> Failure:
        """What is wrong where a file that is at hand is not the one that was read, by its checksum."""
        now, known = sha256(self.paths[name]), self.about[name]["sha256"]
        return None if now == known else f"{now[:12]}, ingest.json has {known[:12]}"

    def feeding(self, column: str) -> list[dict[str, str]]:
        """The rows of columns.csv that feed a column of the clean table, or the sample."""
        study = self.finished.study
        if column.startswith("sample."):
            return [row for name in _sampled(column.removeprefix("sample."), study) for row in self.feeding(name)]
        name, _, code = column.removesuffix("__missing").partition("[")
        own, item = [row for row in self.columns if row["item"] == name], study.by_name.get(name)
        if not code or item is None or item.type != "multiple":
            return own
        return [row for row in own if _is_of(row, item, code.rstrip("]"))]

    def cell(self, record: str, column: Mapping[str, str]) -> Chain:
        """A verbatim cell: file, row, column (name and letters), text, and what the file says when read again.

        joined: id of the table that it is of, "" for the export; row: None where the record has none in that table.
        """
        name, row = column.get("joined", ""), self.rows[record]
        at, position, text = (
            row[row_column(name) if name else "row"],
            int(column["position"]),
            row[column["column"]] or "",
        )
        at = int(at) if at else None
        failure, lines = None, self.lines(name) if at else None
        what = "the joined table" if name else "the export"
        if lines is not None:
            try:
                found = lines[at - 1][position - 1]
            except IndexError:
                found = None
            failure = None if found == text else f"{what} holds {found!r}, ingest/responses.parquet {text!r}"
        path = self.paths[name]
        file = shortest(path) if path else self.about[name]["file"]
        place = {"file": file, "joined": name, "row": at, "column": column["column"], "letters": letters(position)}
        return place | {"text": text, "failure": failure, "read_again": lines is not None}


def _sampled(name: str, study: Study) -> list[str]:
    """The items that tell a column of clean/sample of a record."""
    if name in ("wave", "submitted"):
        return [study.submitted] if study.submitted else []
    if name in ("weight", "base_weight"):
        return [study.weight.name] if study.weight else []
    if name == "cluster":
        return [study.cluster.name] if study.cluster else []
    if name == "excluded_by":
        return []
    in_file = study.frame and "file" in study.frame
    return [study.respondent_key] if in_file and study.respondent_key else [name] if name in study.by_name else []


def _is_of(row: Mapping[str, str], item: Item, code: str) -> bool:
    if row["use"] == "other_text":
        return item.option(code).kind == "other"
    if not row["option"]:
        return True  # its cells name the options
    option, _ = find_option(item, row["option"])
    return option is not None and option.code == code


def shortest(path: Path) -> str:
    """A path below the project's folder or the current one, where it lies there."""
    for folder in (PROJECT, Path.cwd()):
        if path.resolve().is_relative_to(folder):
            return path.resolve().relative_to(folder).as_posix()
    return path.as_posix()


def letters(position: int) -> str:
    """The column of a spreadsheet: 1 is A, 27 is AA."""
    found = ""
    while position:
        position, rest = divmod(position - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


# --- the steps --------------------------------------------------------------------------------------------------


def steps_of(files: Iterable[str], finished: Finished) -> tuple[list[Chain], str]:
    """The steps that made these files, in the order of the workflow; and what is to be said where little is known.

    A step has its rule, purpose, script, code (one hash, and the files that are not here as they were), environment,
    packages, and per job command, parameters and those of the files that it made.
    """
    wanted = set(files)
    path = finished.results / "audit" / "steps.json"
    if not path.is_file():
        return _rules_of(wanted, finished), "audit/steps.json is not there: rule and script alone are known"
    told = json.loads(path.read_text(encoding="utf-8"))
    root = f"results/{finished.study.id}/"
    found = []
    for step in told["steps"]:
        jobs = []
        for job in step["jobs"]:
            made = wanted & {output.removeprefix(root) for output in job["outputs"]}
            if made:
                jobs.append(
                    {"makes": sorted(made)} | {name: job[name] for name in ("wildcards", "command", "parameters")}
                )
        if jobs:
            names = ("rule", "purpose", "script", "code_sha256", "environment", "packages")
            found.append({name: step[name] for name in names} | {"jobs": jobs, "code": code_is_here(step["code"])})
    return found, ""


def _rules_of(wanted: set[str], finished: Finished) -> list[Chain]:
    path = finished.results / "audit" / "manifest.json"
    if not path.is_file():
        return []
    made: dict[str, list[str]] = {}
    for entry in json.loads(path.read_text(encoding="utf-8"))["files"]:
        if entry["file"] in wanted:
            made.setdefault(entry["rule"], []).append(entry["file"])
    return [
        {"rule": rule, "script": f"scripts/{rule}.py", "jobs": [{"makes": files}]}
        for rule, files in sorted(made.items())
    ]


def code_is_here(code: Mapping[str, str]) -> list[str]:
    """Which of the files that a step ran are not here as they were; none where all are."""
    return [name for name, known in code.items() if not is_as_known(PROJECT / name, known)]


def is_as_known(path: Path, known: str) -> bool:
    """Whether a file is there and has a checksum."""
    return path.is_file() and sha256(path) == known


# --- the chain --------------------------------------------------------------------------------------------------


class Tracer:
    """Follows keys through the results of a study.

    finished: the study and its results; export: path of the raw export, where it is at hand.
    """

    def __init__(self, finished: Finished, export: Path | None = None):
        self.finished, self.sources, self.study = finished, finished.sources, finished.study
        self.checks: list[Chain] = []
        self.withheld: list[str] = []
        self.raw: RawExport | None = None
        self.export = export or self._own_export()
        if export is not None and not export.is_file():
            raise BadInput(f"{export}: no such export")

    def _own_export(self) -> Path | None:
        """The export that study.yaml names, where it is at hand."""
        return self._at_hand(self.study.export["file"])

    def _at_hand(self, file: str, *folders: Path) -> Path | None:
        """A file that study.yaml names, where it is at hand; folders: where else it may lie."""
        own = (self.study.folder, PROJECT / "config" / "studies" / self.study.id, PROJECT)
        return next((path for folder in (*own, *folders) if (path := folder / file).is_file()), None)

    def _paths(self) -> dict[str, Path | None]:
        """The export under "", and the tables joined with it by their ids, which may lie beside it."""
        beside = [self.export.parent] if self.export else []
        return {"": self.export} | {table["id"]: self._at_hand(table["file"], *beside) for table in self.study.joined}

    def check(self, kind: str, what: str, failure: Failure) -> None:
        """Remember that something was checked, and what was wrong; kind: of checks that are alike."""
        self.checks.append({"kind": kind, "what": what, "holds": failure is None, "failure": failure or ""})

    def _not_checked(self, what: str, error: BadInput) -> None:
        """Remember what could not be checked, and why."""
        self.withheld.append(f"not checked: {what}: {error}")

    def trace(self, key: str) -> Chain:
        """The whole chain of a key, as a dictionary that JSON can hold."""
        asked = understand(key, self.finished)
        entry = values_of(self.finished)[asked.key] if asked.kind == "value" else None
        asked, found = self._found(asked, entry)
        chain: Chain = {"asked": key, "kind": asked.kind, "study": self.study.id, "simulated": self.study.simulated}
        chain["minimum_cell"] = self.study.minimum_cell
        chain["value"] = {"key": asked.key} | entry if entry else None
        chain["printed"] = list(self._printed(asked))
        chain["cell"] = self._cell(asked, found)
        chain["measure"] = {"name": found["measure"], "words": MEASURES[found["measure"]]}
        chain["rows"] = [self._rows(part) for part in found["rows"]]
        chain["declared"] = [self._declared(part) for part in found["declared"]]
        chain["from_values"] = found["values"]
        if entry and (asked.row or not entry["row"]):
            self._check_value(asked.key, entry, found)
        self._open_export()
        chain["terms"] = self._terms(asked, found)
        if asked.row and asked.file.endswith(".csv"):
            self._check_cell(asked, found, chain)
        chain["steps"], note = steps_of(self._files(asked, chain, found), self.finished)
        self.withheld += [note] if note else []
        for step in chain["steps"]:
            if "code" in step:
                changed = step["code"]
                failure = f"{', '.join(changed)} is not what made these results" if changed else None
                self.check("code", f"the code of {step['rule']} here is that which ran", failure)
        self._check_study()
        return chain | {"checks": self.checks, "withheld": self.withheld}

    def _found(self, asked: Asked, entry: Chain | None) -> tuple[Asked, Chain]:
        """What is asked for and what it counts.

        A value whose cell is gone counts nothing, and that is a mismatch; what follows from a file that is left out of
        an archive is not followed.
        """
        nothing = {"measure": "stated", "terms": [], "rows": [], "declared": [], "values": []}
        try:
            if entry:
                return asked, self.sources.of_value(asked.key, entry)
            return asked, self.sources.of_cell(asked.file, asked.row, asked.column)
        except LeftOut as error:
            self._not_checked("what the number is made from", error)
            is_here = (self.finished.results / asked.file).is_file()
            return asked if is_here else replace(asked, file="", row=0), nothing
        except BadInput as error:
            if not entry:
                raise
            self.check("value", f"the value is that of {entry['file']} row {entry['row']}", str(error))
            return replace(asked, file="", row=0), nothing

    def _printed(self, asked: Asked) -> Iterator[Chain]:
        if asked.kind == "value":
            keys = [asked.key]
        elif asked.kind == "claim":
            claim = self.sources.rows_of(asked.file)[asked.row - 2]["claim"]
            keys = [key for key in values_of(self.finished) if key.startswith(f"claims.{claim}.")]
        else:
            wanted = asked.column.split(",") if asked.column else []
            keys = [
                key
                for key, entry in values_of(self.finished).items()
                if (entry["file"], entry["row"]) == (asked.file, asked.row)
                and (not wanted or set(wanted) & set(entry["column"].split(",")))
            ]
        if not (self.finished.results / "manuscript" / "manuscript.html").is_file():
            self.withheld.append("manuscript/manuscript.html is not there: where the number is printed is not known")
        for place in printed(keys, self.finished):
            self.check("page", f"the page prints the value ({place['section']})", place["failure"])
            yield place
        if asked.file.startswith("figures/"):
            yield from drawn(Path(asked.file).name.partition(".")[0], self.finished)

    def _cell(self, asked: Asked, found: Chain) -> Chain | None:
        if not asked.file or not asked.row:
            return (
                {"file": asked.file, "row": 0, "column": asked.column, "text": "", "about": {}} if asked.file else None
            )
        row = self.sources.rows_of(asked.file)[asked.row - 2]
        columns = [column for column in asked.column.split(",") if column]
        text = ", ".join(row[column] for column in columns)
        return {
            "file": asked.file,
            "row": asked.row,
            "column": asked.column,
            "text": text,
            "about": {name: row[name] for name in PLACES if row.get(name) and name not in columns},
            "withheld": any(self.finished.is_withheld(row, column) for column in columns if not row[column]),
            "line": row,
        }

    def _rows(self, part: Chain) -> Chain:
        if part["file"] == "codebook.csv":
            rows = self.sources.sheet(part["file"])
        else:
            rows = self.sources.rows_of(part["file"])
        told = []
        for at in part["rows"]:
            row = rows[at - 2]
            names = [name for name in PLACES if row.get(name) and name not in part["column"].split(",")]
            cells = {name: row[name] for name in part["column"].split(",") if name in row}
            told.append({"row": at, "about": {name: row[name] for name in names}, "cells": cells})
        return {"file": part["file"], "column": part["column"], "rows": told}

    def _declared(self, part: Chain) -> Chain:
        """A place where something is stated, with the line or cell itself where the file is at hand."""
        for folder in (self.study.folder, PROJECT, self.finished.results):
            path = folder / part["file"]
            if part["line"] and path.is_file():
                if path.suffix == ".csv":
                    lines = self.sources.sheet(part["file"]) or self.sources.rows_of(part["file"])
                    text = lines[part["line"] - 2].get(part["key"], "") if part["line"] - 2 < len(lines) else ""
                else:
                    lines = path.read_text(encoding="utf-8-sig").splitlines()
                    text = lines[part["line"] - 1].strip() if part["line"] <= len(lines) else ""
                return part | {"text": text}
        return part | {"text": ""}

    def _check_value(self, key: str, entry: Chain, found: Chain) -> None:
        if entry["row"]:
            place = f"{entry['file']} row {entry['row']} column {entry['column']}"
            self.check("value", f"the value is that of {place}", value_is_cell(key, entry, self.sources))
        elif found["measure"] == "rows":
            what = f"the value is the number of these rows of {entry['file']}"
            self.check("value", what, value_counts_rows(entry, found))
        elif found["measure"] == "sum":
            self._check_sum(entry, found)
        if not isinstance(entry["value"], str):
            self.check(
                "value", f"{entry['display'] or 'nothing'} is how the value is shown", display_shows_value(entry)
            )

    def _check_sum(self, entry: Chain, found: Chain) -> None:
        total = 0
        for part in found["rows"]:
            total += sum(map(int, self.sources.cells_of(part)))
        failure = None if total == entry["value"] else f"the value is {entry['value']}, the cells add up to {total}"
        self.check("value", "the value is the sum of these cells", failure)

    def _open_export(self) -> None:
        try:
            self.raw = RawExport(self.finished, self._paths())
        except (BadInput, OSError, ValueError):
            self.withheld.append("ingest/ is not there: raw cells cannot be shown")
            return
        for name, path in self.raw.paths.items():
            what = "joined table" if name else "export"
            if path is None:
                kept = RAW if (self.finished.results / RAW).is_file() else ""
                instead = f"its cells are those kept in {kept}" if kept else "its checksum is not checked"
                self.withheld.append(f"the {what} {self.raw.about[name]['file']} is not at hand: {instead}")
            else:
                said = f"{path.name} is the {what} that was read, by its checksum"
                self.check("export", said, self.raw.is_as_read(name))
        if self.raw.is_left_out:
            self.raw = None
            self.withheld.append(f"{RAW} is left out of this archive: raw cells are neither shown nor checked")

    # Terms

    def _terms(self, asked: Asked, found: Chain) -> list[Chain]:
        try:
            records = self.finished.records
        except BadInput as error:
            why = str(error) if isinstance(error, LeftOut) else self._lacking(error)
            return self._uncounted(found["terms"], why)
        try:
            for term in found["terms"]:
                records.classes(term)
        except LeftOut as error:
            return self._uncounted(found["terms"], str(error))
        if found["terms"]:
            self._say_instead()
        told = []
        for term in found["terms"]:
            classes = records.classes(term)
            listed = [
                {"class": name, "n": one.bit_count(), "records": records.listed(one)} for name, one in classes.items()
            ]
            listed.sort(key=_order)
            told.append(
                {
                    "term": term,
                    "words": self.words(term),
                    "question": self._question(term),
                    "how": self._how(term, found, asked),
                    "counted": counted(term, records),
                    "base": based(term, records),
                    "classes": listed,
                    "records": self._details(term, listed) if len(found["terms"]) <= MOST_TERMS else [],
                }
            )
        if found["terms"]:
            self._check_replay(found["terms"])
            self._check_raw(told)
        return told

    def _uncounted(self, terms: Sequence[Chain], why: str) -> list[Chain]:
        """Terms of which no record is known, and why."""
        if terms:
            self.withheld.append(f"{why}: records cannot be counted again or shown")
        return [{"term": term, "words": self.words(term), "classes": []} for term in terms]

    def _lacking(self, error: BadInput) -> str:
        """Which tables of the records are not there, or else what is wrong with them."""
        away = [file for file in (CLEAN, SAMPLE) if not (self.finished.results / file).is_file()]
        return f"{' and '.join(away)} {'are' if len(away) > 1 else 'is'} not there" if away else str(error)

    def _say_instead(self) -> None:
        """Which tables stand in for those that are left out of an archive."""
        records = self.finished.records
        for file, others in records.instead.items():
            self.withheld.append(f"{file} is left out of this archive: records are counted from {' and '.join(others)}")
        if not records.has_excluded:
            self.withheld.append("clean/exclusions.csv is left out of this archive: records excluded are not counted")

    def words(self, term: Chain) -> str:
        """What a term counts, in words."""
        item = self.study.by_name.get((term["item"] or "").partition("[")[0])
        meaning = dict(DISPOSITIONS.values())
        if "record" in term["columns"] and term["label"] in meaning:
            return f"units that count as: {meaning[term['label']]}"
        parts = []
        if term["chosen"] is None:
            whom = {"valid": "with a valid answer to", "asked": "asked", "missing": "without a valid answer to"}
            whom |= {"not_asked": "not asked", "records": "analysed"}
            parts.append(whom.get(term["counts"], "counted"))
            parts += (
                [
                    ", ".join(term["columns"][:3])
                    if "[" in term["columns"][0] and len(term["columns"]) == 1
                    else item.name
                ]
                if item
                else []
            )
        else:
            said = [self._said(column, wanted) for column, wanted in term["chosen"].items()]
            parts.append("with " + (" and " if term["match"] == "all" else " or ").join(said))
        if term["group"]:
            name = term["group"].removeprefix("sample.")
            level = f"{name} = {term['level']}" if term["level"] is not None else f"all levels of {name}"
            parts.append(f"at {level}")
        return f"records {' '.join(parts)}"

    def _question(self, term: Chain) -> str:
        """The question that a term is about, and the answers that it counts, as they were put."""
        item = self.study.by_name.get(term["item"] or "")
        if item is None:
            return ""
        chosen = term["chosen"] or {}
        codes = chosen.get(item.name) if item.type in ("single", "ordinal") else None
        if codes is None and item.type in ("multiple", "rank"):
            codes = [option.code for option in item.options if chosen.get(option_column(item, option)) == ["1"]]
        labels = [option.label for option in item.options if option.code in (codes or [])]
        answers = " or ".join(labels)
        return f"{item.question}{' ' if item.question.endswith('?') else ': '}{answers}" if answers else item.question

    def _how(self, term: Chain, found: Chain, asked: Asked) -> str:
        """How the figure follows from what is counted, with the numbers in it."""
        records, measure = self.finished.records, found["measure"]
        n, base = counted(term, records), based(term, records)
        if measure == "percent" and base:
            return f"100 x {n:,} / {base:,} = {100 * n / base:.10g}"
        if measure == "weighted_percent" and term["weight"] in records.names:
            classes = records.classes(term)
            above = records.sum(term["weight"], classes.get(COUNTED, 0))
            below = above + records.sum(term["weight"], classes.get(ELSE, 0))
            if below:
                return f"weights summed: 100 x {above:.6g} / {below:.6g} = {100 * above / below:.10g}"
        if measure == "number":
            numbers = [f"{number:g}" for number in records.numbers(term)]
            few = ", ".join(numbers if len(numbers) <= 8 else [*numbers[:4], "...", *numbers[-3:]])
            name = " and ".join(asked.column.split(","))
            return f"{name} of {len(numbers):,} number{'s' if len(numbers) != 1 else ''}: {few}"
        if measure == "rate" and asked.file == "clean/flow.csv":
            invited = self.study.frame["invited"]
            return f"100 x {n:,} / {invited:,} = {100 * n / invited:.10g}"
        return ""

    def _said(self, column: str, wanted: Any) -> str:
        if isinstance(wanted, Mapping):
            return f"{column} at most {wanted['at_most']:g}"
        name, _, code = column.partition("[")
        item = self.study.by_name.get(name)
        if item and code and item.type == "multiple" and wanted == ["1"]:
            return f"{column} ticked"
        if item and code and item.type == "rank":
            return f"{column} ranked" + (" first" if wanted == ["1"] else "")
        if column == "record":
            return f"{len(wanted)} ids listed in clean/sample.csv" if len(wanted) > 3 else f"record {', '.join(wanted)}"
        return f"{column.removeprefix('sample.')} = {' or '.join(text or '(empty)' for text in wanted)}"

    def _details(self, term: Chain, classes: Sequence[Chain]) -> list[Chain]:
        """Every record of a term with its clean cells, the ledger rows that touched them, and its raw cells."""
        more = [column for column in (term["group"], term["weight"]) if column]
        columns = list(dict.fromkeys([*term["columns"], *more]))
        told = []
        for one in classes:
            for record in one["records"]:
                told.append({"record": record, "class": one["class"]} | self._detail(term, columns, record))
        return told

    def _detail(self, term: Chain, columns: Sequence[str], record: str) -> Chain:
        records = self.finished.records
        at = records.place[record]
        is_analysed = records.cells("sample.excluded_by")[at] == ""
        clean = {column: records.cells(column)[at] for column in columns if column in records.names}
        reasons = []  # columns that tell why an answer is missing
        for name in dict.fromkeys(column.partition("[")[0].removesuffix("__missing") for column in columns):
            why = f"{name}__missing"
            if why in records.names and (text := records.cells(why)[at]):
                clean[why] = text
                reasons += self._telling(name, text)
        clean |= {column: records.cells(column)[at] for column in reasons}
        if not is_analysed:
            clean = {column: cell for column, cell in clean.items() if column.startswith("sample.")}
        own = {column.partition("[")[0] for column in columns}
        names = {*columns, *own, *(f"{name}__other" for name in own)}
        ledger = [
            row
            for row in self._ledger.get(record, [])
            if row["item"] in names or (row["item"].partition("[")[0] in own and self._is_whole(row["item"], columns))
        ]
        excluded = self._excluded.get(record)
        raw = []
        if self.raw:
            feeding = [row for column in (*columns, *reasons) for row in self.raw.feeding(column)]
            if excluded:
                feeding += self._looked_at(excluded["rule"])
            unique = {row["column"]: row for row in feeding}
            raw = [self.raw.cell(record, row) for row in unique.values()]
        return {"row": self._row_of(record), "clean": clean, "ledger": ledger, "raw": raw, "excluded": excluded}

    def _telling(self, name: str, why: str) -> list[str]:
        """The clean columns that tell why an answer is missing: "do not know" ticked, or what it is asked after."""
        item = self.study.by_name[name]
        if why == "not_asked" and item.asked_if:
            gates = [self.study.by_name[gate] for gate in item.asked_if.items]
            return [column for gate in gates for column in value_columns(gate)]
        if item.type == "multiple":
            return [option_column(item, option) for option in item.options if option.kind == why]
        return []

    def _is_whole(self, name: str, columns: Sequence[str]) -> bool:
        """Whether a ledger row names a cell by its rank, or a term reads the whole item."""
        item = self.study.by_name.get(name.partition("[")[0])
        return item is not None and (item.type == "rank" or set(value_columns(item)) <= set(columns))

    def _looked_at(self, rule: str) -> list[dict[str, str]]:
        """The columns that a rule of selection looks at; none where it looks at all answers."""
        one = next((one for one in self.study.selection if one["id"] == rule), {})
        names = {"outside_window": self.study.submitted, "not_in_frame": self.study.respondent_key}
        name = one.get("item") or names.get(rule) or (self.study.respondent_key if "keep" in one else None)
        flag = next((flag for flag in self.study.flags if flag["id"] == one.get("flagged")), {})
        doubted = [flag.get("duration"), *([flag["started"], self.study.submitted] if "started" in flag else [])]
        looked = filter(None, [name, *doubted, *flag.get("same_answer", [])])
        return [column for name in dict.fromkeys(looked) for column in self.raw.feeding(name)]

    def _row_of(self, record: str) -> int | None:
        return int(self.raw.rows[record]["row"]) if self.raw else None

    @cached_property
    def _ledger(self) -> dict[str, list[Chain]]:
        found: dict[str, list[Chain]] = {}
        try:
            rows = self.sources.rows_of("clean/ledger.csv")
        except LeftOut as error:
            self.withheld.append(f"{error}: what cleaning changed is neither shown nor replayed")
            rows = []
        for at, row in enumerate(rows, start=2):
            found.setdefault(row["record"], []).append({"at": at} | row)
        return found

    @cached_property
    def _excluded(self) -> dict[str, Chain]:
        try:
            rows = self.sources.rows_of("clean/exclusions.csv")
        except LeftOut:  # said where records are counted
            return {}
        return {row["record"]: {"at": at} | row for at, row in enumerate(rows, start=2)}

    # Checks

    def _check_replay(self, terms: Sequence[Chain]) -> None:
        """The clean cells of these terms follow from the raw ones by the ledger."""
        names = {column.partition("[")[0] for term in terms for column in (*term["columns"], term["group"] or "")}
        items = tuple(item for item in self.study.items if item.name in names and item.role != "ignore")
        away = {RAW, "clean/ledger.csv", "clean/exclusions.csv", CLEAN} & left_out_names(self.finished.results)
        if not items or not self.raw or away:
            return
        columns = ["record", *(column for item in items for column in (*value_columns(item), missing_column(item)))]
        records = self.finished.records
        clean = records.open("clean/responses.parquet").read(columns).to_pylist()
        only = _Only(items, self.study.export)
        ledger = [row for rows in self._ledger.values() for row in rows]
        values, missing = replay(self.raw.rows.values(), self.raw.columns, list(self._excluded.values()), ledger, only)
        wrong = differences(clean, values, missing, only)
        failure = None
        if wrong:
            record, column, found, other = wrong[0]
            failure = f"record {record} {column} is {found!r}, the ledger replayed gives {other!r}"
            failure += f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        cells = len(clean) * (len(columns) - 1)
        self.check("cells", f"{cells:,} clean cells follow from the raw ones by the ledger", failure)

    def _check_raw(self, told: Sequence[Chain]) -> None:
        cells = [cell for term in told for one in term["records"] for cell in one["raw"]]
        for file in dict.fromkeys(cell["file"] for cell in cells if cell["read_again"]):
            again = [cell for cell in cells if cell["read_again"] and cell["file"] == file]
            wrong = [cell for cell in again if cell["failure"]]
            failure = f"row {wrong[0]['row']} column {wrong[0]['column']}: {wrong[0]['failure']}" if wrong else None
            self.check("export", f"{len(again):,} raw cells are those of {Path(file).name}, read again", failure)

    def _check_cell(self, asked: Asked, found: Chain, chain: Chain) -> None:
        """The cell and the counts beside it, counted again; a mark against the row it is drawn from; a claim."""
        row = self.sources.rows_of(asked.file)[asked.row - 2]
        if asked.file == "stats/claims.csv" and not row.get("withheld"):
            what = "figure and verdict follow from what the claim counts"
            try:
                self.check("count", what, claim_follows(row, self.finished))
            except BadInput as error:
                self._not_checked(what, error)
        if asked.file == "stats/response_rates.csv" and row["percent"] and not row.get("withheld"):
            self._check_rate(row, chain)
        if asked.file == "stats/representativeness.csv":
            self._check_frame(row, chain)
        if asked.file.startswith("figures/"):
            self._check_mark(asked, row)
        columns = dict.fromkeys([*asked.column.split(","), *COUNT_COLUMNS, "numerator", "denominator"])
        for column in columns:
            if not row.get(column) or not found["terms"]:
                continue
            number = self._guarded_number(asked, column)
            if number is None and found["measure"] == "weighted_percent" and column in asked.column.split(","):
                self.withheld.append("not checked: the weights that are summed are not at hand")
            if number is not None:
                failure = (
                    None if same(row[column], number) else f"the cell holds {row[column]}, counted again {number:.10g}"
                )
                self.check("count", f"{column} = {row[column]}, counted again", failure)

    def _guarded_number(self, asked: Asked, column: str) -> float | None:
        """What a cell should hold, counted again; None where that cannot be."""
        try:
            return recount(self.sources.of_cell(asked.file, asked.row, column), column, self.finished.records)
        except BadInput:
            return None

    def _check_rate(self, row: Chain, chain: Chain) -> None:
        try:
            letters, above, below, rate = rate_parts(row, self.finished)
        except BadInput as error:
            self._not_checked(f"the rate follows from its formula, {row['formula']}", error)
            return
        given = ", ".join(
            f"{name} = {number:.6g}" for name, number in letters.items() if name in re.findall(r"\w+", row["formula"])
        )
        chain["how"] = f"{row['formula']}, where {given}: 100 x {above:.10g} / {below:.10g} = {rate:.10g}"
        failure = None if same(row["percent"], rate) else f"the cell holds {row['percent']}, counted again {rate:.10g}"
        self.check("count", f"the rate follows from its formula, {row['formula']}", failure)

    def _check_frame(self, row: Chain, chain: Chain) -> None:
        """The units of the frame at a level, counted again in the frame's file, where that is at hand."""
        if "file" not in (self.study.frame or {}):
            return
        try:
            levels = frame_levels(self.study)[row["stratum"]]
        except BadInput:
            self.withheld.append(
                f"the frame's file {self.study.frame['file']} is not at hand: its units are not counted again"
            )
            return
        own = [at for at, level in levels.items() if level == row["level"]]
        chain["frame"] = {"file": self.study.frame["file"], "column": row["stratum"], "rows": own}
        failure = (
            None if row["frame_n"] == str(len(own)) else f"the cell holds {row['frame_n']}, counted again {len(own)}"
        )
        self.check("count", f"frame_n = {row['frame_n']}, counted again in the frame's file", failure)

    def _check_mark(self, asked: Asked, row: Chain) -> None:
        for column, cell in row.items():
            try:
                found = self.sources.of_cell(asked.file, asked.row, column)
            except LeftOut as error:
                self._not_checked("the mark is drawn as the row that it is of", error)
                continue
            if not found["rows"] or not is_numeric(cell) or column in ("shown", "note"):
                continue
            place = found["rows"][0]
            total = math.fsum(float(one) for one in self.sources.cells_of(place) if is_numeric(one))
            failure = None if same(cell, total) else f"the figure has {cell}, {place['file']} has {total:.10g}"
            self.check("figure", f"{column} of the figure is that of {place['file']}", failure)

    def _check_study(self) -> None:
        kept, path = self.finished.results / "audit" / "study", self.finished.results / "audit" / "steps.json"
        if not (path.is_file() and kept.is_dir()):
            return
        known = json.loads(path.read_text(encoding="utf-8"))["study"]
        there = [name for name in known if (kept / name).is_file()]
        changed = [name for name in there if not is_as_known(kept / name, known[name])]
        failure = f"audit/study/{changed[0]} is not what steps.json records" if changed else None
        self.check("study", "what was asked, in audit/study/, is as recorded", failure)

    # Files

    def _files(self, asked: Asked, chain: Chain, found: Chain) -> list[str]:
        """The files that the chain goes through."""
        files = [asked.file, *(part["file"] for part in found["rows"])]
        files += ["manuscript/values.json"] if chain["value"] else []
        files += ["manuscript/manuscript.html"] if chain["printed"] else []
        if found["terms"]:
            files += ["ingest/responses.parquet", "clean/exclusions.csv", "clean/sample.parquet"]
            names = {
                column.removesuffix("__missing").partition("[")[0]
                for term in found["terms"]
                for column in (*term["columns"], term["group"] or "")
            }
            domains = {self.study.by_name[name].domain for name in names if name in self.study.by_name}
            files += [f"clean/domains/{domain}.parquet" for domain in domains]
            files += ["clean/responses.parquet"] if domains else []
        return files


def _order(one: Chain) -> tuple[bool, bool, bool, int]:
    """Counted first, then other answers, then why not in the base, then those excluded."""
    return one["class"] != COUNTED, one["class"] != ELSE, one["class"].startswith("excluded: "), -one["n"]


@dataclass(frozen=True)
class _Only:
    """A study of a few items, for their replay."""

    items: tuple[Item, ...]
    export: Mapping[str, Any]
