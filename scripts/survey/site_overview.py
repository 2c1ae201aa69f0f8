"""The start of the audit site: what was done, with the number of records at every step, and what to check first."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from survey.files import read_text
from survey.site_tables import VERBATIM, Sheet
from survey.study import Study

ABSENT = ("blank", "refused", "invalid")
LEDGER, PROBLEMS, EXCLUSIONS, APPENDIX = (
    f"clean/{name}.csv" for name in ("ledger", "validation", "exclusions", "appendix")
)
CHECKLISTS = ("cherries", "cross")
Row = Mapping[str, str]


def overview(study: Study, results: Path, found: Mapping[str, Sheet], values: Mapping[str, dict], places: int) -> dict:
    """The workflow with its numbers, and what to look at first: {stages, look}.

    found: the tables by file; values: values.json; places: in how many places of the manuscript they are printed.
    A stage is {title, n, facts, leaves}: how many records go on from it (None where it is about no records), what it
    made as [text, route], and who leaves as [reason, how many, route]. A route is what follows # in the page's address.
    """
    export = json.loads(read_text(results / "ingest" / "ingest.json"))
    flow = found["clean/flow.csv"].cells()
    leaves = [row for row in flow if row["reason"] and int(row["excluded"])]
    records, analysed = export["records"], int(flow[-1]["n"])
    statistics = [sheet for file, sheet in found.items() if file.startswith("stats/")]
    claims = found["stats/claims.csv"].cells()
    missing = [(name, *missing_of(found[f"audit/{name}.csv"])) for name in CHECKLISTS]
    used = export["columns"] - export["columns_unused"]

    exported = [[f"{export['file']}: {export['columns']} columns", ""]]
    if flow[0]["step"] == "invited":
        exported.append([f"{int(flow[0]['n']):,} {study.units} were invited", row_link("clean/flow.csv", 2)])
    ingested = [
        ["every cell kept as it was written", table_link(VERBATIM)],
        [
            f"{used} columns feed {len(study.items)} questions, {export['columns_unused']} are not used",
            table_link("ingest/columns.csv"),
        ],
    ]
    selected = [[f"records analysed: {analysed:,} of {records:,}", table_link(EXCLUSIONS)]]
    leaving = [[row["reason"], int(row["excluded"]), table_link(EXCLUSIONS, rule=row["step"])] for row in leaves]
    rows = sum(len(sheet.rows) for sheet in statistics)
    holds = sum(row["verdict"] == "holds" for row in claims)
    audited = [[f"{holds} of {len(claims)} claims hold", "claims"]]
    audited += [[f"{name.upper()}: {n} of {total} items open", "checklists"] for name, n, total in missing]
    stages = [
        stage("Export", records, exported),
        stage("Ingest", records, ingested),
        stage("Selection", analysed, selected, leaving),
        stage("Cleaning", analysed, cleaning_facts(values)),
        stage("Statistics", analysed, [[f"{rows:,} rows in {len(statistics)} tables", "tables"]]),
        stage("Figures", None, [[f"{len(study.figure_names)} figures, each with the data it draws", "tables"]]),
        stage(
            "Manuscript", None, [[f"{len(values):,} values may be printed; they stand in {places:,} places", "values"]]
        ),
        stage("Audit", None, audited),
    ]
    return {"stages": stages, "look": list(look_first(study, found, values, leaves))}


def stage(title: str, n: int | None, facts: list, leaves: Sequence[list] = ()) -> dict[str, object]:
    """One step of the overview."""
    return {"title": title, "n": n, "facts": facts, "leaves": list(leaves)}


def table_link(file: str, **filters: str) -> str:
    """The route of a table, filtered to the rows whose column has exactly this cell."""
    return "".join([f"table={quote(file)}", *(f"&{quote(name)}={quote('=' + text)}" for name, text in filters.items())])


def row_link(file: str, row: int) -> str:
    """The route of a row of a table."""
    return f"{table_link(file)}&row={row}"


def cleaning_facts(values: Mapping[str, dict]) -> list[list[str]]:
    """How many cells changed, and how many a person should look at."""
    cells, changed, look = (number(values, f"cleaning.{name}") for name in ("cells", "changed", "to_look_at"))
    changes = f"{changed:,} cells changed meaning, {cells - changed:,} were not asked: each is in the ledger"
    return [[changes, table_link(LEDGER)], [f"{look:,} cells that a person should look at", table_link(PROBLEMS)]]


def number(values: Mapping[str, dict], key: str) -> int:
    """A count among the values, 0 where there is none."""
    return (values.get(key) or {}).get("value") or 0


def missing_of(sheet: Sheet) -> tuple[int, int]:
    """How many items of a checklist are missing, and how many it has."""
    status = [row["status"] for row in sheet.cells()]
    return status.count("missing"), len(status)


def look_first(
    study: Study, found: Mapping[str, Sheet], values: Mapping[str, dict], leaves: Sequence[Row]
) -> Iterator[list[str]]:
    """What a reviewer in a hurry should see: [how grave ("bad" or "look"), what, route].

    leaves: the rows of flow.csv at which records leave.
    """
    yield from failed_checks(found["audit/checks.csv"])
    for row in found["stats/claims.csv"].cells():
        if row["verdict"] != "holds":
            grave = "bad" if row["verdict"] == "fails" else "look"
            yield [grave, f"Claim {row['verdict']}: {row['statement']}", "claims"]
    if look := number(values, "cleaning.to_look_at"):
        yield [
            "look",
            f"{look:,} cells that no rule could read, or that contradict another answer",
            table_link(PROBLEMS),
        ]
    if leaves:
        most = max(leaves, key=lambda row: int(row["excluded"]))
        words = f"The largest exclusion: {most['reason']}, {int(most['excluded']):,} records"
        yield ["look", words, table_link(EXCLUSIONS, rule=most["step"])]
    kept = {rule["id"] for rule in study.selection if "keep" in rule}
    for row in leaves:
        if row["step"] in kept:
            words = f"Of several answers of one {study.unit}, one was kept: {int(row['excluded']):,} others left"
            yield ["look", words, table_link(EXCLUSIONS, rule=row["step"])]
    for words, at in most_missing(found[APPENDIX], study)[:3] if APPENDIX in found else ():
        yield ["look", words, row_link(APPENDIX, at)]
    if dropped := number(values, "cleaning.skip_logic"):
        words = f"{dropped:,} answers to questions that were not to be asked do not count"
        yield ["look", words, table_link(LEDGER, rule="skip_logic")]
    for name in CHECKLISTS:
        count, total = missing_of(found[f"audit/{name}.csv"])
        if count:
            yield ["look", f"{count} of {total} items of {name.upper()} are not answered", "checklists"]


def failed_checks(sheet: Sheet) -> Iterator[list[str]]:
    """The checks that failed, with the row of checks.csv."""
    for at, row in enumerate(sheet.cells(), start=2):
        if int(row["failed"] or 0):
            words = f"A check failed: {row['what']} First: {row['first_failure']}"
            yield ["bad", words, row_link(sheet.file, at)]


def most_missing(sheet: Sheet, study: Study) -> list[tuple[str, int]]:
    """Questions of which some of those asked left no usable answer, most first: a sentence, and the appendix's row."""
    rates = []
    for at, row in enumerate(sheet.cells(), start=2):
        absent = sum(int(row[kind]) for kind in ABSENT)
        asked = absent + sum(int(row[kind]) for kind in ("n", "dont_know", "not_applicable"))
        if row["role"] in ("outcome", "group") and absent:
            words = f"Often missing: {study.item(row['variable']).label}, {absent} of {asked} asked"
            rates.append((-absent / asked, at, words))
    return [(words, at) for _, at, words in sorted(rates)]
