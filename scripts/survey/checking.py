"""The results of a study checked against themselves, from the export to the page, by other code than made them.

Each check looks at many cells and says how many, how many failed, and the first that did. The counts are those of
`survey.recounting`, the clean table again that of `survey.replaying`.
"""

import csv
import html
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from survey.answers import KINDS
from survey.claims import Term, half_up, parse_predicate, rounds_to
from survey.errors import BadInput, one_line
from survey.ledger import as_text
from survey.manifest import ASIDE
from survey.privacy import Reader
from survey.provenance import Sources
from survey.recounting import STATISTICS, Records, by_formula, counted, recount, same
from survey.replaying import UNEXPLAINED, differences, replay
from survey.study import Study
from survey.tables import read_parquet, read_rows

CHECKS = ["check", "what", "checked", "failed", "first_failure"]
COUNTS = ("n", "n_valid", "n_asked", "n_missing", "n_not_asked", "n_used", "respondents_n", "excluded", *KINDS)
RECOUNTED = {*COUNTS, "percent", "top_percent", "respondents_percent", "weighted_percent", "numerator", "denominator"}
RECOUNTED |= {*STATISTICS}
DIGITS = re.compile(r"\d")
NUMBER = re.compile(r"[<>−-]?\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?")
Failure = str | None  # what is wrong, None where all is well


class Finished:
    """A finished study: what it was asked, and its results.

    study: as read; results: its results folder. Tables are read when they are first asked for.
    """

    def __init__(self, study: Study, results: Path):
        self.study, self.results = study, results
        self.sources = Sources(study, results)

    @cached_property
    def records(self) -> Records:
        """The records of the export with their clean cells."""
        return Records(self.results)

    @cached_property
    def values(self) -> dict[str, dict[str, Any]]:
        """values.json."""
        path = self.results / "manuscript" / "values.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"{path}: cannot be read ({one_line(error)}); run collect_values again") from None

    @cached_property
    def page(self) -> "Page":
        """The manuscript as HTML."""
        return Page(self.results / "manuscript" / "manuscript.html")

    @cached_property
    def tables(self) -> list[str]:
        """The tables of statistics and figures, below the results folder."""
        found = [*self.results.glob("stats/**/*.csv"), *self.results.glob("figures/*.csv")]
        found += [self.results / "clean" / name for name in ("appendix.csv", "flow.csv")]
        names = sorted(path.relative_to(self.results).as_posix() for path in found if path.is_file())
        return [name for name in names if not name.startswith(ASIDE)]

    def is_withheld(self, row: Mapping[str, str], column: str) -> bool:
        """Whether a cell is empty because the study does not publish so small a count, or what would tell it."""
        named = column in row.get("withheld", "").split()
        return named or (row.get(column) == "" and self.study.minimum_cell > 0)


class Page:
    """The numbers of manuscript.html that are marked with where they come from.

    path: of the page. marks: start, end, keys and text of each.
    """

    def __init__(self, path: Path):
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            text = ""
        self.text = re.sub(r'(src|srcset)="data:[^"]*"', "", text)
        told = re.search(r'<script type="application/json" id="sources">(.*?)</script>', self.text, re.DOTALL)
        sources = json.loads(told[1]) if told else {"level": "", "values": []}
        self.level = sources["level"]
        self.keys = [_keys(value[0]) for value in sources["values"]]
        found = re.finditer(r'<span[^>]*data-value="(\d+)"[^>]*>(.*?)</span>', self.text, re.DOTALL)
        self.marks = [(mark.start(), mark.end(), self.keys[int(mark[1])], plain(mark[2])) for mark in found]


def _keys(line: str) -> list[str]:
    """The keys of a line such as "boost.yes.n_of, .percent, .ci"."""
    first, *more = line.split(", ")
    stem = first.rpartition(".")[0]
    return [first, *(stem + key if key.startswith(".") else key for key in more)]


def plain(markup: str) -> str:
    """The text of a piece of HTML, with simple blanks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


# --- values and cells -------------------------------------------------------------------------------------------


def value_is_cell(key: str, entry: Mapping[str, Any], sources: Sources) -> Failure:
    """Whether a value with a row is what its cell holds; of several columns, the cells one by one, or their sum."""
    cells = sources.rows_of(entry["file"])
    if not 2 <= entry["row"] < len(cells) + 2:
        return f"{entry['file']} has no row {entry['row']}"
    row, columns = cells[entry["row"] - 2], entry["column"].split(",")
    if missing := [column for column in columns if column not in row]:
        return f"{entry['file']} has no column {missing[0]}"
    held, value = [row[column] for column in columns], entry["value"]
    if key == "flow.excluded":
        records = next(one for one in cells if one["step"] == "records")
        held = [str(int(records["n"]) - int(row["n"]))]
    elif key == "flow.response_rate":
        invited = next(one for one in cells if one["step"] == "invited")
        held = [f"{100 * float(row['n']) / float(invited['n']):.10g}"]
    elif len(columns) > 1 and not isinstance(value, list):
        held = [str(sum(int(cell) for cell in held))] if all(held) else [""]
    values = value if isinstance(value, list) else [value] * len(held)
    if len(values) == len(held) and all(map(_holds, held, values)):
        return None
    return (
        f"the value is {value!r}, {entry['file']} row {entry['row']} column {entry['column']} holds {', '.join(held)!r}"
    )


def _holds(cell: str, value: object) -> bool:
    if value is None:
        return cell in ("", "inf", "-inf")
    if isinstance(value, bool | str):
        return cell == str(value)
    return same(cell, float(value)) and cell != ""


def display_shows_value(entry: Mapping[str, Any]) -> Failure:
    """Whether every number that a value is displayed by is the value, to the decimals displayed, or its base."""
    value, shown = entry["value"], str(entry["display"])
    numbers = [part for part in (value if isinstance(value, list) else [value]) if _is_number(part)]
    if not numbers or isinstance(value, dict) or not DIGITS.search(shown):
        return None
    printed = NUMBER.findall(shown)
    wanted = [*numbers, entry["n"]] if "/" in shown or " of " in shown else numbers
    wanted = [one for one in wanted if one is not None][: len(printed)]
    if len(printed) < len(wanted) or not all(map(_prints, printed, wanted)):
        return f"shown as {shown!r}, the value is {value!r}"
    return None


def _is_number(part: object) -> bool:
    return isinstance(part, int | float) and not isinstance(part, bool)


def _prints(printed: str, number: float) -> bool:
    text = printed.replace("−", "-").replace(",", "")
    if text[0] in "<>":
        limit = float(text[1:])
        return number < limit if text[0] == "<" else number > limit
    digits, _, exponent = text.partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return abs(float(text) - number) <= 0.5 * unit * (1 + 1e-9)


def page_prints(keys: Iterable[str], text: str, level: str, values: Mapping[str, Mapping[str, Any]]) -> Failure:
    """Whether a marked text of the page prints the values of its keys, and no other number but the confidence level."""
    rest = text
    for key in keys:
        if key not in values:
            return f"values.json has no {key}"
        shown = " ".join(str(values[key]["display"]).split())
        at = _squeezed(rest).find(_squeezed(shown))
        if at < 0 and DIGITS.search(shown):
            return f"the page prints {text!r}, {key} is {shown!r}"
        if at >= 0:
            rest = _squeezed(rest)[:at] + " " + _squeezed(rest)[at + len(_squeezed(shown)) :]
    rest = _squeezed(rest).replace(_squeezed(level), " ") if level else rest
    return f"the page prints {text!r}, of which {rest.strip()!r} is no value" if DIGITS.search(rest) else None


def _squeezed(text: str) -> str:
    """A text without what typesetting may change: capitals and the blank after "<" or ">"."""
    return re.sub(r"([<>]) ", r"\1", text.casefold())


# --- the checks -------------------------------------------------------------------------------------------------

Found = Iterator[tuple[str, Failure]]


def records_once(finished: Finished) -> Found:
    """Every record of the export is analysed or excluded, once."""
    raw = [str(row) for row in _parquet(finished, "ingest/responses.parquet", "record")]
    clean = [str(row) for row in _parquet(finished, "clean/responses.parquet", "record")]
    excluded = finished.sources.rows_of("clean/exclusions.csv")
    of_clean, of_gone, of_raw = map(Counter, (clean, [row["record"] for row in excluded], raw))
    for record in sorted({*of_raw, *of_clean, *of_gone}):
        times = of_clean[record], of_gone[record], of_raw[record]
        found = (
            None
            if times in ((1, 0, 1), (0, 1, 1))
            else "{} times analysed, {} excluded, {} in the export".format(*times)
        )
        yield f"record {record}", found
    sample = [(row["record"], row["excluded_by"]) for row in finished.sources.rows_of("clean/sample.csv")]
    rules = {row["record"]: row["rule"] for row in excluded}
    for record, rule in sample:
        found = None if rules.get(record, "") == rule else f"{rule!r} here, {rules.get(record, '')!r} in exclusions.csv"
        yield f"clean/sample.csv record {record}", found
    yield "clean/sample.csv", None if [record for record, _ in sample] == raw else "not the records of the export"


def _parquet(finished: Finished, file: str, column: str) -> list[object]:
    import pyarrow.parquet as pq

    path = finished.results / file
    try:
        return pq.ParquetFile(path).read([column]).column(0).to_pylist()
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise BadInput(f"{path}: cannot be read ({one_line(error)})") from None


def flow_adds_up(finished: Finished) -> Found:
    """From invited to analysed, every step is the one before less those excluded, as many as exclusions.csv lists."""
    rules = [row["rule"] for row in finished.sources.rows_of("clean/exclusions.csv")]
    left = None
    for row in finished.sources.rows_of("clean/flow.csv"):
        place = f"clean/flow.csv {row['step']}"
        if not (row["n"] and row["excluded"]):  # withheld
            left = None
            continue
        n, excluded = int(row["n"]), int(row["excluded"])
        if row["step"] == "invited":
            invited = int((finished.study.frame or {}).get("invited", -1))
            yield place, None if n == invited else f"{n}, study.yaml has {invited} invited"
            continue
        listed = rules.count(row["step"])
        yield place, None if excluded == listed else f"{excluded} excluded, exclusions.csv lists {listed}"
        if left is not None:
            yield place, None if n == left - excluded else f"{left} less {excluded} is not {n}"
        left = n
    analysed = len(_parquet(finished, "clean/responses.parquet", "record"))
    yield (
        "clean/flow.csv analysed",
        None if left in (None, analysed) else f"{left}, the clean table has {analysed} records",
    )


def bases_add_up(finished: Finished) -> Found:
    """Of every question, those asked are those with a valid answer and those without, and all others were not asked."""
    analysed = len(_parquet(finished, "clean/responses.parquet", "record"))
    for file in finished.tables:
        for at, row in enumerate(finished.sources.rows_of(file), start=2):
            if (
                "n_missing" in row
                and "n_asked" in row
                and all(row[name] for name in ("n_asked", "n_missing", "n_valid"))
            ):
                valid, asked, missing = (int(row[name]) for name in ("n_valid", "n_asked", "n_missing"))
                yield f"{file} row {at}", None if asked == valid + missing else f"{valid} + {missing} is not {asked}"
            if row.get("n_not_asked") and row.get("n_asked"):
                total = int(float(row["n_asked"])) + int(float(row["n_not_asked"]))
                yield f"{file} row {at}", None if total == analysed else f"{total} asked and not, {analysed} analysed"
            if file == "clean/appendix.csv" and all(row[name] for name in ("n", *KINDS)):
                total = sum(int(row[name]) for name in ("n", *KINDS))
                yield f"{file} row {at}", None if total == analysed else f"adds up to {total} of {analysed} analysed"


def ledger_replays(finished: Finished) -> Found:
    """The ledger and the exclusions, replayed over the verbatim cells, give the clean table."""
    rows_of, results = finished.sources.rows_of, finished.results
    raw = read_rows(results / "ingest" / "responses.parquet")
    clean = read_rows(results / "clean" / "responses.parquet")
    ledger, exclusions = rows_of("clean/ledger.csv"), rows_of("clean/exclusions.csv")
    values, missing = replay(raw, rows_of("ingest/columns.csv"), exclusions, ledger, finished.study)
    reader = Reader(finished.study)
    wrong = {
        (record, column): "the clean table has {}, the replay {}".format(*(shown(reader, column, one) for one in both))
        for record, column, *both in differences(clean, values, missing, finished.study)
    }
    items = [item.name for item in finished.study.items if item.role != "ignore"]
    for row in clean:
        for name in row:
            if name.partition("[")[0].removesuffix("__missing").removesuffix("__other") in items:
                yield f"record {row['record']} {name}", wrong.get((row["record"], name))


def shown(reader: Reader, column: str, value: object) -> str:
    """A clean value, replayed or not, as far as an audit may show it."""
    if value is None or value == UNEXPLAINED or column.endswith("__missing"):
        return repr(value)
    text = as_text(value)
    told = reader.cell(column, text)
    return repr(value) if told == text else told


def values_are_cells(finished: Finished) -> Found:
    """Every value of values.json that names a row equals the cell that it names."""
    for key, entry in finished.values.items():
        if entry["row"]:
            yield key, value_is_cell(key, entry, finished.sources)


def value_counts_rows(entry: Mapping[str, Any], found: Mapping[str, Any]) -> Failure:
    """Whether a value is as many as the rows that it counts."""
    number = sum(len(part["rows"]) for part in found["rows"])
    return None if entry["value"] == number else f"the value is {entry['value']}, there are {number} rows"


def values_count_rows(finished: Finished) -> Found:
    """Every value of values.json that is counted over the rows of a table equals that count."""
    for key, entry in finished.values.items():
        if not entry["row"]:
            found = finished.sources.of_value(key, entry)
            if found["measure"] == "rows":
                yield key, value_counts_rows(entry, found)


def displays_show_values(finished: Finished) -> Found:
    """Every number displayed is its value, rounded to the decimals displayed."""
    for key, entry in finished.values.items():
        if _is_number(entry["value"]) or isinstance(entry["value"], list):
            yield key, display_shows_value(entry)


def cells_recount(finished: Finished) -> Found:
    """Every count, share, mean and quartile of the statistics and the appendix, counted again from the clean table."""
    records = finished.records
    for file in finished.tables:
        if file.startswith("figures/"):
            continue
        columns = [column for column in finished.sources.columns_of(file) if column in RECOUNTED]
        for at, row in enumerate(finished.sources.rows_of(file), start=2):
            for column in columns:
                if finished.is_withheld(row, column):
                    continue
                found = finished.sources.of_cell(file, at, column)
                number = recount(found, column, records)
                if number is not None and not (row[column] == "" and _needs_none(file, row, column)):
                    text = "nothing" if math.isnan(number) else f"{number:.10g}"
                    yield (
                        f"{file} row {at} column {column}",
                        None if same(row[column], number) else f"holds {row[column]!r}, counted again {text}",
                    )


def _needs_none(file: str, row: Mapping[str, str], column: str) -> bool:
    """Whether a cell stays empty though there is something to count: no percent of "do not know", no weights."""
    if column in ("percent", "weighted_percent"):
        return row.get("ci_method") == "" or column == "weighted_percent"
    return file in ("stats/claims.csv", "stats/comparators.csv", "stats/agreement.csv")


def claims_follow(finished: Finished) -> Found:
    """The figure and the verdict of every claim follow from what its terms count."""
    for at, row in enumerate(finished.sources.rows_of("stats/claims.csv"), start=2):
        if not row.get("withheld"):
            yield f"stats/claims.csv row {at} {row['claim']}", claim_follows(row, finished)


def claim_follows(row: Mapping[str, str], finished: Finished) -> Failure:
    """Whether the figure and the verdict of a claim follow; a term that is no count is taken from the results."""
    predicate = parse_predicate(row["predicate"], finished.study)
    left = worth(predicate.left, row["base"] or "valid", finished)
    right = worth(predicate.right, "valid", finished) if isinstance(predicate.right, Term) else predicate.right
    held = row["found"] or row["computed"]
    if isinstance(left, str) or left is None:
        if (left or "") != held:
            return f"{held!r}, the results have {left!r}"
    elif not same(held, left):
        return f"{held!r}, counted again {left:.10g}"
    known = [one is not None and not (isinstance(one, float) and math.isnan(one)) for one in (left, right)]
    if not all(known) or left == "":
        verdict = "not testable"
    else:
        follows = not row["published"] or rounds_to(left, row["published"], half_up)
        verdict = "holds" if predicate.holds(left, right) and follows else "fails"
    return None if verdict == row["verdict"] else f"the verdict is {row['verdict']!r}, {verdict!r} follows"


def worth(term: Term, base: str, finished: Finished) -> float | str | None:
    """What a term of a claim is worth, counted again, or as the results have it where it is no count."""
    found = finished.sources.of_term(term, base)
    if term.function in ("invited", "analysed"):
        invited = (finished.study.frame or {}).get("invited", math.nan)
        return float(invited if term.function == "invited" else counted(found["terms"][0], finished.records))
    if term.function == "distinct" and not found["rows"]:
        return math.nan
    if term.function in ("entropy", "top", "consensus", "p", "differs", "response_rate"):
        if not found["rows"]:
            return math.nan
        cell = finished.sources.cells_of(found["rows"][0])[0]
        return cell if term.function in ("top", "consensus", "differs") else float(cell) if cell else math.nan
    if term.function == "agreed":
        cells = [cell for place in found["rows"] for cell in finished.sources.cells_of(place)]
        return 100 * cells.count("yes") / len(cells) if cells else math.nan
    return recount(found, term.function, finished.records)


def rate_parts(row: Mapping[str, str], finished: Finished) -> tuple[dict[str, float], float, float, float]:
    """Of a response rate: the numbers by letter of its formula, numerator, denominator and percent, counted again."""
    terms = finished.sources.disposition_terms.values()
    letters = {term["label"]: float(counted(term, finished.records)) for term in terms}
    letters["e"] = float(row["eligible_share"] or "nan")
    above, below = by_formula(row["formula"], letters)
    return letters, above, below, 100 * above / below if below else math.nan


def rates_follow(finished: Finished) -> Found:
    """Every response rate follows from the units counted again, by its formula."""
    for at, row in enumerate(finished.sources.rows_of("stats/response_rates.csv"), start=2):
        place = f"stats/response_rates.csv row {at} {row['rate']}"
        if not row["percent"] or row.get("withheld"):
            continue
        _, above, below, rate = rate_parts(row, finished)
        wanted = {"numerator": above, "denominator": below, "percent": rate}
        for column, number in wanted.items():
            yield place, None if same(row[column], number) else f"{column} {row[column]}, counted again {number:.10g}"


def percents_follow(finished: Finished) -> Found:
    """Every percent of frequencies, groups and shares is 100 times n, divided by n_valid."""
    for file in finished.tables:
        if not {"n", "n_valid", "percent"} <= set(finished.sources.columns_of(file)):
            continue
        for at, row in enumerate(finished.sources.rows_of(file), start=2):
            if row["percent"] and row["n"] and row["n_valid"]:
                number = 100 * float(row["n"]) / float(row["n_valid"])
                found = (
                    None
                    if same(row["percent"], number)
                    else f"{row['percent']} is not 100 * {row['n']} / {row['n_valid']}"
                )
                yield f"{file} row {at}", found


def twins_agree(finished: Finished) -> Found:
    """A table that is there as CSV and as Parquet holds the same cells in both."""
    for path in sorted([*finished.results.glob("stats/**/*.parquet"), *finished.results.glob("clean/sample.parquet")]):
        twin = path.with_suffix(".csv")
        name = twin.relative_to(finished.results).as_posix()
        if name.startswith(ASIDE):
            continue
        if not twin.is_file():
            yield name, "is not there"
            continue
        columns = {column: [] for column in finished.sources.columns_of(name)}
        rows = finished.sources.rows_of(name)
        table = read_parquet(path)
        if table.column_names != list(columns) or table.num_rows != len(rows):
            yield name, f"has not the {table.num_rows} rows and {table.num_columns} columns of {path.name}"
            continue
        for column in table.column_names:
            for at, cell in enumerate(table.column(column).to_pylist(), start=2):
                held = rows[at - 2][column]
                found = None if held == _csv_text(cell) else f"{held!r}, {path.name} has {_csv_text(cell)!r}"
                yield f"{name} row {at} column {column}", found


def _csv_text(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return f"{cell:.10g}" if isinstance(cell, float) else str(cell)


def figures_show_statistics(finished: Finished) -> Found:
    """Every number that a figure is drawn from is that of the statistics."""
    for file in finished.tables:
        if not file.startswith("figures/"):
            continue
        for at, row in enumerate(finished.sources.rows_of(file), start=2):
            for column, cell in row.items():
                try:
                    found = finished.sources.of_cell(file, at, column)
                except (BadInput, KeyError) as error:
                    yield f"{file} row {at}", one_line(error)
                    break
                yield from _drawn(file, at, column, cell, found, finished)


def _drawn(file: str, at: int, column: str, cell: str, found: Mapping[str, Any], finished: Finished) -> Found:
    place = found["rows"][0] if found["rows"] else None
    if not place or column in ("item", "label", "shown", "note", "options"):
        return
    if finished.is_withheld(finished.sources.rows_of(file)[at - 2], column):
        return
    held = finished.sources.cells_of(place)
    if all(map(is_numeric, [*held, cell])):
        total = math.fsum(map(float, held))
        fails = not same(cell, total) and not (column == "percent" and _counts(file) and cell == "")
        other = f"{total:.10g}"
    else:
        fails, other = cell not in (*held, "") if len(held) == 1 else False, held[0]
    yield f"{file} row {at} column {column}", f"{cell!r}, {place['file']} has {other!r}" if fails else None


def _counts(file: str) -> bool:
    return file in ("figures/groups.csv", "figures/differences.csv")


def is_numeric(text: str) -> bool:
    """Whether a cell holds a number, and no infinite one."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def page_prints_values(finished: Finished) -> Found:
    """Every number of manuscript.html that says where it comes from is the value of its key."""
    page = finished.page
    for _, _, keys, text in page.marks:
        yield keys[0], page_prints(keys, text, page.level, finished.values)


CHECKED: tuple[Callable[[Finished], Found], ...] = (
    records_once,
    flow_adds_up,
    ledger_replays,
    bases_add_up,
    cells_recount,
    percents_follow,
    rates_follow,
    claims_follow,
    twins_agree,
    figures_show_statistics,
    values_are_cells,
    values_count_rows,
    displays_show_values,
    page_prints_values,
)


def run_checks(finished: Finished, checks: Iterable[Callable[[Finished], Found]] = CHECKED) -> list[dict[str, object]]:
    """The rows of checks.csv. A file that cannot be read fails its check."""
    rows = []
    for check in checks:
        total, wrong = 0, []
        try:
            for place, failure in check(finished):
                total += 1
                if failure:
                    wrong.append(f"{place}: {failure}")
        except (BadInput, KeyError, ValueError, OSError, csv.Error) as error:
            total += 1
            wrong.append(f"the check could not be finished: {one_line(error)}")
        rows.append(
            {
                "check": check.__name__,
                "what": check.__doc__.splitlines()[0],
                "checked": total,
                "failed": len(wrong),
                "first_failure": wrong[0] if wrong else "",
            }
        )
    return rows
