"""A chain of `survey.tracing` as text for a person: from the sentence to the cells, link by link."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from survey.provenance import COUNTED, ELSE, WORDS_FOR

WIDTH, FIRST, FEW = 100, 3, 12
Chain = Mapping[str, Any]


def tell(chain: Chain, everything: bool = False) -> str:
    """The chain as text. everything: all places, records, commands and packages, not the first few."""
    parts = [
        _head(chain),
        _printed(chain, everything),
        _value(chain),
        _cell(chain),
        _rows(chain, everything),
        _counts(chain, everything),
        _declared(chain),
        _records(chain, everything),
        _steps(chain, everything),
        _left_out(chain),
        _checks(chain, everything),
    ]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _head(chain: Chain) -> Iterator[str]:
    value, cell = chain["value"], chain["cell"]
    shown = value["display"] if value else cell["text"] if cell else ""
    if not value and not cell:
        shown = "left out of this archive"
    shown = "withheld" if cell and cell.get("withheld") else shown
    yield from _wrapped(f"{chain['asked']}  =  {shown or '(empty)'}", "", "    ")
    study = f"Study {chain['study']}."
    yield f"{study} Simulated data: no number here is a result of a real survey." if chain["simulated"] else study
    yield _verdict(chain["checks"])
    if any("left out of this archive" in one for one in chain["withheld"]):
        yield "Not all could be checked: files are left out of this archive (see LEFT OUT)."


def _verdict(checks: Sequence[Chain]) -> str:
    wrong = sum(not one["holds"] for one in checks)
    if wrong:
        return f"MISMATCH: {wrong} of {len(checks)} checks FAIL (see CHECKED)."
    return f"All {len(checks)} checks hold."


def _printed(chain: Chain, everything: bool) -> Iterator[str]:
    places = chain["printed"]
    if not places:
        is_told = any("manuscript.html is not there" in one for one in chain["withheld"])
        is_text = chain["value"] and isinstance(chain["value"]["value"], str)
        where = "texts are not marked in the manuscript" if is_text else "nowhere in the manuscript"
        yield _title("PRINTED", "not known" if is_told else where)
        return
    yield _title("PRINTED", "manuscript/manuscript.html")
    for place in places if everything else places[:FIRST]:
        yield f"  {place['section'] or 'before the first heading'}"
        yield from _wrapped(f"Figure: {place['text']}" if place["kind"] == "figure" else place["text"], "    ")
    yield from _more(len(places), FIRST, "place", everything)


def _value(chain: Chain) -> Iterator[str]:
    value = chain["value"]
    if value:
        yield _title("VALUE", "manuscript/values.json")
        held = value["value"] if isinstance(value["value"], str) else json.dumps(value["value"], ensure_ascii=False)
        yield from _wrapped(held if held == value["display"] else f"{held}, shown as {value['display']}", "  ")


def _cell(chain: Chain) -> Iterator[str]:
    cell = chain["cell"]
    if not cell:
        return
    place = f"{cell['file']}, row {cell['row']}" if cell["row"] else cell["file"]
    column = f", column {cell['column'].replace(',', ', ')}" if cell["column"] else ""
    yield _title("CELL" if cell["row"] else "TABLE", f"{place}{column}")
    if cell["row"]:
        about = ", ".join(f"{name} {text}" for name, text in cell["about"].items())
        few = f"withheld: fewer than {chain['minimum_cell']}, or what would give so small a count away"
        held = few if cell["withheld"] else cell["text"] or "(empty)"
        yield from _wrapped(held, "  ")
        if about:
            yield from _wrapped(about, "  ")
        if not chain["value"]:
            beside = {name: text for name, text in cell["line"].items() if text and name not in cell["about"]}
            yield from _wrapped(f"the row: {', '.join(f'{name} {text}' for name, text in beside.items())}", "  ")


def _counts(chain: Chain, everything: bool) -> Iterator[str]:
    terms = chain["terms"]
    if not terms:
        return
    yield _title("COUNTS", chain["measure"]["words"])
    for place, term in enumerate(terms):
        if place >= FIRST and len(terms) > 8 and not everything:
            yield f"  ... and {len(terms) - place} more such counts (--all shows them)"
            break
        yield from _term(term, everything or len(terms) <= 2)
    if chain.get("how"):
        yield from _wrapped(chain["how"], "  ", "    ")


def _term(term: Chain, at_length: bool) -> Iterator[str]:
    label = f"{term['term']['label']}: " if term["term"]["label"] else ""
    yield from _wrapped(f"{label}{term['words']}", "  ", "    ")
    if "counted" not in term:
        return
    if term["question"]:
        yield from _wrapped(term["question"], "    ")
    without = term["term"]["without_record"]
    for one in term["classes"]:
        if not (at_length or one["class"] == COUNTED):
            continue
        listed = one["records"][:FEW]
        more = ", ..." if len(one["records"]) > len(listed) else ""
        yield f"  {one['n']:>7,}  {_class(one['class']):<34} {', '.join(listed)}{more}"
    if without:
        yield f"  {without:>7,}  units of which there is no record"
    if at_length:
        yield f"  {sum(one['n'] for one in term['classes']):>7,}  records in the export"
    if term["how"]:
        yield from _wrapped(term["how"], "  ", "    ")


def _class(name: str) -> str:
    if name in (COUNTED, ELSE, "analysed"):
        return name
    return WORDS_FOR.get(name, name)


def _rows(chain: Chain, everything: bool) -> Iterator[str]:
    """The rows of other tables that a number is made from."""
    for part in chain["rows"]:
        rows = part["rows"]
        many = f"{len(rows):,} rows" if len(rows) > 1 else f"row {rows[0]['row']}" if rows else "no row"
        column = f", column {part['column'].replace(',', ', ')}" if part["column"] else ""
        yield _title("MADE FROM", f"{part['file']}, {many}{column}")
        for row in rows if everything else rows[:FIRST]:
            about = ", ".join(f"{name} {text}" for name, text in row["about"].items())
            cells = ", ".join(text or "(empty)" for text in row["cells"].values())
            yield from _wrapped(f"row {row['row']}: {': '.join(filter(None, (about, cells)))}", "  ", "    ")
        yield from _more(len(rows), FIRST, "row", everything)


def _declared(chain: Chain) -> Iterator[str]:
    if not (chain["declared"] or chain["from_values"]):
        return
    yield _title("STATED", "not counted from the records" if not chain["terms"] else "beside what is counted")
    for place in chain["declared"]:
        line = f" {'row' if place['file'].endswith('.csv') else 'line'} {place['line']}" if place["line"] else ""
        key = f", {place['key']}" if place["key"] else ""
        note = ""
        if place["file"].endswith(".yaml") and not place["line"]:
            note = " (left out: the default of workflow/schemas/)"
        yield from _wrapped(
            f"{place['file']}{line}{key}{note}{': ' + place['text'] if place['text'] else ''}", "  ", "    "
        )
    if frame := chain.get("frame"):
        rows = ", ".join(map(str, frame["rows"][:FEW])) + (", ..." if len(frame["rows"]) > FEW else "")
        yield from _wrapped(
            f"{frame['file']}, column {frame['column']}: {len(frame['rows'])} units, rows {rows}", "  ", "    "
        )
    if chain["from_values"]:
        yield from _wrapped(f"made from the values {', '.join(chain['from_values'])}", "  ", "    ")


def _records(chain: Chain, everything: bool) -> Iterator[str]:
    """Records from their raw cells, over the ledger, to their clean cells."""
    for term in chain["terms"]:
        records = term.get("records", [])
        if not records:
            continue
        chosen = records if everything or len(records) <= FIRST else list(_chosen(records, len(chain["terms"]) > 2))
        if not chosen:
            continue
        label = f" ({term['term']['label']})" if len(chain["terms"]) > 1 and term["term"]["label"] else ""
        shown = f"all {len(records):,}" if len(chosen) == len(records) else f"{len(chosen)} of {len(records):,} (--all)"
        cells = [cell for one in chosen for cell in one["raw"]]
        files = {(cell["joined"], cell["file"]): False for cell in cells}
        files |= {(cell["joined"], cell["file"]): True for cell in cells if cell["read_again"]}
        export = "".join(
            f"; {'joined' if table else 'export'}: {file}{', read again' if again else ''}"
            for (table, file), again in sorted(files.items())
        )
        yield _title("RECORDS", f"{shown}{label}{export}")
        for one in chosen:
            yield from _record(one)
    terms = chain["terms"]
    if len(terms) > 1 and "counted" in terms[0] and not any(term["records"] for term in terms):
        yield _title("RECORDS", "trace the counts that this is made from, one by one")


def _chosen(records: Sequence[Chain], counted: bool) -> Iterator[Chain]:
    """The first few counted, and the first of every other class; one with a row in the ledger before others.

    counted: no other class.
    """
    classes = [COUNTED] if counted else list(dict.fromkeys(one["class"] for one in records))
    for name in classes:
        own = sorted((one for one in records if one["class"] == name), key=lambda one: not one["ledger"])
        yield from own[: FIRST - 1 if name == COUNTED else 1]


def _record(one: Chain) -> Iterator[str]:
    yield f"  record {one['record']}: {_class(one['class'])}"
    for cell in one["raw"]:
        differs = f" BUT READ AGAIN {cell['failure']}" if cell["failure"] else ""
        text = f'"{cell["text"]}"' if cell["text"] else "(empty)"
        row = f"row {cell['row']}" if cell["row"] else "no row"
        kind, file = ("joined  ", f"{Path(cell['file']).name} ") if cell["joined"] else ("export  ", "")
        place = f"{file}{row}, column {cell['letters']}, {_short(cell['column'])}"
        yield from _wrapped(f"{kind} {place}: {text}{differs}", "    ", "             ")
    if one["excluded"]:
        reason = (
            f"clean/exclusions.csv row {one['excluded']['at']}: {one['excluded']['rule']}, {one['excluded']['reason']}"
        )
        yield from _wrapped(f"excluded {reason}", "    ", "             ")
    for row in one["ledger"]:
        change = f'"{row["raw"]}" became {row["clean"]} by {row["rule"]}' + (
            f": {row['reason']}" if row["reason"] else ""
        )
        yield from _wrapped(f"ledger   row {row['at']}, {row['item']}: {change}", "    ", "             ")
    if cells := _cells_of(one["clean"]):
        yield from _wrapped(f"clean    {cells}", "    ", "             ")


def _cells_of(clean: Mapping[str, str]) -> str:
    """The clean cells of a record; of a missing one, why it is missing."""
    told = []
    for name, text in clean.items():
        if name.endswith("__missing"):
            told.append(f"{name.removesuffix('__missing')}: {WORDS_FOR.get(text, text)}")
        elif text or f"{name.partition('[')[0]}__missing" not in clean:
            told.append(f"{name.removeprefix('sample.')} = {text or '(empty)'}")
    return ", ".join(told)


def _short(text: str) -> str:
    """A column of the export by its name; a question as a name is cut."""
    return text if len(text) <= 60 else f"{text[:34]} ... {text[-21:]}"


def _steps(chain: Chain, everything: bool) -> Iterator[str]:
    if not chain["steps"]:
        return
    is_whole = "code_sha256" in chain["steps"][0]
    more = "; --all shows the commands to paste" if is_whole and not everything else ""
    yield _title("MADE BY", f"the steps{' in their order' if is_whole else ''}{more}")
    for step in chain["steps"]:
        code = f"code {step['code_sha256'][:12]}  {step['environment']}" if "code_sha256" in step else ""
        yield f"  {step['rule']:<20} {step['script']:<32} {code}".rstrip()
        for job in step["jobs"]:
            yield from _wrapped(f"makes {', '.join(job['makes'])}", "    ", "      ")
            if given := _parameters(job, everything):
                yield from _wrapped(f"parameters {given}", "    ", "      ")
            if everything and "command" in job:
                command = _wrapped(job["command"], "    $ ", "        ", breaks=False)
                yield from (f"{line} \\" for line in command[:-1])
                yield command[-1]
        if everything and step.get("packages"):
            packages = ", ".join(f"{name} {number}" for name, number in step["packages"].items())
            yield from _wrapped(f"packages {packages}", "    ", "      ")


def _parameters(job: Chain, everything: bool) -> str:
    """The parameters of a job: what it was told beside its files, and the fingerprint of the settings that it used."""
    given = {name: value for name, value in job.get("parameters", {}).items() if value not in ("", None, [], {})}
    told = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in given.items()
    }
    if not everything:
        told = {name: text for name, text in told.items() if "/" not in text}
    wildcards = [f"{name} {value}" for name, value in job.get("wildcards", {}).items()]
    names = {"uses": "fingerprint of the settings"}
    return ", ".join([*wildcards, *(f"{names.get(name, name)} {text}" for name, text in told.items())])


def _left_out(chain: Chain) -> Iterator[str]:
    if chain["withheld"]:
        yield _title("LEFT OUT", "")
        for one in dict.fromkeys(chain["withheld"]):
            yield from _wrapped(one, "  ", "    ")


TOGETHER = {
    "page": "the page prints the value in all {n} places",
    "code": "the code of all {n} steps here is that which ran",
    "figure": "all {n} numbers of the mark are those of the statistics",
}


def _checks(chain: Chain, everything: bool) -> Iterator[str]:
    """What was checked; of many alike that hold, one line."""
    checks = chain["checks"]
    wrong = [one for one in checks if not one["holds"]]
    yield _title("CHECKED", f"{len(checks) - len(wrong)} of {len(checks)} hold")
    told = set()
    for one in checks:
        alike = [other for other in checks if other["kind"] == one["kind"]]
        is_short = not everything and one["kind"] in TOGETHER and len(alike) > 1 and all(o["holds"] for o in alike)
        if is_short and one["kind"] in told:
            continue
        told.add(one["kind"])
        what = TOGETHER[one["kind"]].format(n=len(alike)) if is_short else one["what"]
        said = f"holds  {what}" if one["holds"] else f"WRONG  {what}: {one['failure']}"
        yield from _wrapped(said, "  ", "         ")
    if wrong:
        yield _verdict(checks)


def _title(name: str, place: str) -> str:
    return f"{name:<12} {place}".rstrip()


def _more(total: int, shown: int, what: str, everything: bool) -> Iterator[str]:
    if total > shown and not everything:
        yield f"  ... and {total - shown:,} more {what}{'s' if total - shown > 1 else ''} (--all shows them)"


def _wrapped(text: str, first: str, later: str | None = None, breaks: bool = True) -> list[str]:
    later = first if later is None else later
    return wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=breaks,
    ) or [first.rstrip()]
