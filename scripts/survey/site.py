"""The audit site: one page that holds the results as data, so that a number can be followed to its cells by clicking.

What a record answered is there only where the study lets single records be seen, and never an identifier or a free text
(`survey.privacy`).
"""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from survey.answers import find_option
from survey.errors import BadInput
from survey.files import read_text
from survey.privacy import private
from survey.provenance import MEASURES, Sources, term
from survey.site_overview import overview
from survey.site_printed import printed
from survey.site_tables import Sheet, record_sheets, sheets
from survey.steps import code_of
from survey.study import PROJECT, Study
from survey.tables import read_texts

ASSETS = PROJECT / "workflow" / "site"
MARK = "SIMULATED DATA"


class Pool:
    """Things that JSON can hold, each kept once; a thing is known by its place."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, thing: Any) -> int:
        """Where the thing is, put there if it is new."""
        key = json.dumps(thing, ensure_ascii=False)
        if key not in self._places:
            self._places[key] = len(self.things)
            self.things.append(thing)
        return self._places[key]


NO_TERM = term()


def provenance_data(study: Study, sources: Sources, values: dict[str, dict]) -> dict[str, Any]:
    """What every value counts, as `survey.provenance` says; see its docstring for the words.

    found: [measure, terms, rows, declared, values], each a place in the list of its name; of: per value, in the order
    of the keys, its place in `found`; drawn: file of a figure's data, or of the shares it is drawn from, to the place
    in `found` of each row. Terms lack what is as in no_term; rows are written as ranges, "2-5 9".
    """
    pools = {name: Pool() for name in ("measures", "terms", "rows", "declared", "found")}
    known: dict[tuple, int] = {}

    def place(found: dict[str, Any]) -> int:
        return pools["found"].place(
            [
                pools["measures"].place(found["measure"]),
                [pools["terms"].place(short_term(one, study)) for one in found["terms"]],
                [pools["rows"].place(one | {"rows": ranges(one["rows"])}) for one in found["rows"]],
                [pools["declared"].place(one) for one in found["declared"]],
                found["values"],
            ]
        )

    def place_of_value(key: str, entry: dict) -> int:
        # A cell of the statistics counts the same whatever its key; of the clean table, sums and rates do not.
        cell = (entry["file"], entry["row"], entry["column"], entry["file"].startswith("clean/") and key)
        if not entry["row"] or cell not in known:
            known[cell] = place(sources.of_value(key, entry))
        return known[cell]

    of = [place_of_value(key, entry) for key, entry in sorted(values.items())]
    drawn = {
        file: [place(sources.of_cell(file, number)) for number in range(2, len(sources.rows_of(file)) + 2)]
        for file in ("stats/shares.csv", *(f"figures/{name}.csv" for name in study.figure_names))
    }
    return {
        **{name: pool.things for name, pool in pools.items()},
        "of": of,
        "words": MEASURES,
        "drawn": drawn,
        "no_term": NO_TERM,
    }


def short_term(own: dict[str, Any], study: Study) -> dict[str, Any]:
    """A term without the parts that are at their defaults, and, where single records are not shown, without records."""
    kept = {name: part for name, part in own.items() if part != NO_TERM[name]}
    if study.minimum_cell and "record" in (own["chosen"] or {}):
        kept["chosen"] = {"record": []}
    return kept


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as "2-5 9"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def values_sheet(values: dict[str, dict]) -> dict[str, object]:
    """All values as a table: key, as printed, unit, n, file, row, columns."""
    rows = [
        [
            key,
            str(own["display"]),
            own["unit"],
            "" if own["n"] is None else str(own["n"]),
            own["file"],
            str(own["row"] or ""),
            own["column"],
        ]
        for key, own in sorted(values.items())
    ]
    columns = ["key", "display", "unit", "n", "file", "row", "column"]
    return Sheet("manuscript/values.json", "Every value the manuscript may print", "Audit", columns, rows).data()


def items_of(study: Study, results: Path) -> dict[str, dict[str, object]]:
    """Of every item its question, options and the columns of the export that feed it.

    A column is [name, position, option, use]; the option is its code, empty where the column is about several. That of
    a joined table has the table's id and its file, too.
    """
    columns: dict[str, list[list[str]]] = {}
    for row in read_texts(results / "ingest" / "columns.csv"):
        if row["item"]:
            option, _ = find_option(study.item(row["item"]), row["option"]) if row["option"] else (None, "")
            code = option.code if option else ""
            joined = [row["joined"], row["file"]] if row.get("joined") else []
            columns.setdefault(row["item"], []).append([row["column"], row["position"], code, row["use"], *joined])
    return {
        item.name: {
            "label": item.label,
            "question": item.question,
            "domain": item.domain,
            "type": item.type,
            "role": item.role,
            "unit": item.unit,
            "asked_if": item.asked_if.text if item.asked_if else "",
            "options": [[option.code, option.label, option.kind] for option in item.options],
            "columns": columns.get(item.name, []),
            "private": private(item, study),
        }
        for item in study.items
    }


STEP = ("rule", "purpose", "script", "code", "code_sha256", "environment", "packages", "jobs")


def steps_of(path: Path) -> dict[str, Any]:
    """The steps of steps.json, and the checksum of every file of their code once: {steps, code}.

    Raises BadInput for a step that lacks what the page shows of it.
    """
    record = json.loads(read_text(path))
    for step in record["steps"]:
        for name in STEP:
            if name not in step:
                raise BadInput(f"{path}: step {step.get('rule')!r} has no {name!r}; make it again")
    steps = [{name: step[name] for name in STEP} | {"code": list(step["code"])} for step in record["steps"]]
    return {"steps": steps, "code": code_of(record)}


def example(values: dict[str, dict], places: dict[str, list]) -> str:
    """A key for the example of a command: the first printed share, else the first value."""
    keys = [key for _, _, _, keys in places["places"] for key in keys]
    return next((key for key in keys if key.endswith(".percent")), next(iter(sorted(values)), "KEY"))


def site_data(study: Study, results: Path) -> dict[str, Any]:
    """Everything the page holds."""
    values = json.loads(read_text(results / "manuscript" / "values.json"))
    places = printed(read_text(results / "manuscript" / "manuscript.html"))
    export = json.loads(read_text(results / "ingest" / "ingest.json"))
    found = {sheet.file: sheet for sheet in sheets(study, results)}
    tables = [*([] if study.minimum_cell else record_sheets(study, results)), *found.values()]
    found |= {sheet.file: sheet for sheet in tables if isinstance(sheet, Sheet)}
    return {
        "study": {
            "id": study.id,
            "title": study.title,
            "simulated": study.simulated,
            "unit": study.unit,
            "units": study.units,
            "minimum_cell": study.minimum_cell,
            "domains": [[domain["id"], domain["title"]] for domain in study.domains],
            "groups": study.groups,
        },
        "export": {key: export[key] for key in ("file", "sha256", "platform", "records", "header_rows")},
        "items": items_of(study, results),
        "tables": [sheet.data() for sheet in tables],
        "values": values_sheet(values),
        "printed": places,
        "provenance": provenance_data(study, Sources(study, results), values),
        "example": example(values, places),
        "copies": sorted(path.name for path in (results / "audit" / "study").glob("*")),
        **steps_of(results / "audit" / "steps.json"),
        **overview(study, results, found, values, len(places["places"])),
    }


def page(study: Study, data: dict[str, Any]) -> str:
    """The page with its data; nothing in them can end their script."""
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    mark = f'<div class="simulated" role="note">{MARK}</div>\n' if study.simulated else ""
    skeleton = Template(read_text(ASSETS / "index.html"))
    return skeleton.substitute(
        title=escape(f"Audit: {study.title}") + (" (simulated data)" if study.simulated else ""),
        heading=escape(study.title),
        mark=mark,
        style=read_text(ASSETS / "site.css"),
        data=told,
        script=read_text(ASSETS / "site.js"),
    )
