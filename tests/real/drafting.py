"""Drafts of the real exports, run step by step in this process, and how to find in them what was published."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from project import call
from real.conftest import EXPORTS, Results, need_exports
from replay import differences, read_results, replay

from survey.study import Item, Study, read_study
from survey.text import tidy


@dataclass(frozen=True)
class Draft(Results):
    """The results of a drafted study, and the study itself. folder: of the results."""

    study: Study

    @cached_property
    def items(self) -> dict[str, Item]:
        """Reported items by their question, tidy and in small letters."""
        return {fold(item.question): item for item in self.study.items if item.is_reported}

    def by_source(self, source: str) -> Item:
        """The item that a column, or a block of columns, feeds."""
        return next(item for item in self.study.items if item.source == source)

    def counts(self, item: Item) -> dict[str, int]:
        """Records by label of the answer, tidy and in small letters; those that nobody chose left out."""
        rows = (row for (name, _), row in self.frequencies.items() if name == item.name)
        return {fold(row["option_label"]): int(row["n"]) for row in rows if int(row["n"])}

    def percents(self, item: Item) -> dict[str, float]:
        """Percent of the base by label, where the answer is part of it."""
        rows = (row for (name, _), row in self.frequencies.items() if name == item.name and row["percent"])
        return {fold(row["option_label"]): float(row["percent"]) for row in rows if int(row["n"])}

    def code(self, item: Item, label: str) -> str:
        """The code of the option with this label."""
        return next(option.code for option in item.options if fold(option.label) == fold(label))


def fold(text: str) -> str:
    """A text as compared."""
    return tidy(text).casefold()


def draft(
    export: Path, folder: Path, dictionary: Path | None = None, changes: Sequence[tuple[str, str, str]] = ()
) -> Study:
    """Draft a study into folder / "study", all counts shown; changes: pieces of lines to exchange: (file, old, new)."""
    if export.is_relative_to(EXPORTS):
        need_exports()
    beside = ("--dictionary", dictionary) if dictionary else ()
    done = call("draft_study", export, *beside, "--out", folder / "study")
    assert done.returncode == 0, done.stderr
    with (folder / "study/study.yaml").open("a", encoding="utf-8") as file:
        file.write("disclosure: {minimum_cell: 0}  # what was published shows every count\n")
    for name, old, new in changes:
        path = folder / "study" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return read_study(folder / "study")


def run_draft(
    export: Path,
    folder: Path,
    dictionary: Path | None = None,
    changes: Sequence[tuple[str, str, str]] = (),
    describe: bool = True,
) -> Draft:
    """Draft a study and run it: ingest, selection, cleaning, and the statistics of every domain."""
    study = draft(export, folder, dictionary, changes)
    out, domains = folder / "results", study.domain_ids
    responses, columns = out / "ingest/responses.parquet", out / "ingest/columns.csv"
    exclusions, cleaned = out / "clean/exclusions.csv", out / "clean/domains"
    settings = study.export
    beside = ("--dictionary", study.file(settings["dictionary"])) if "dictionary" in settings else ()
    steps: list[tuple[object, ...]] = [
        ("ingest", "--export", study.file(settings["file"]), *beside, "--out", responses, "--columns", columns,
         "--summary", out / "ingest/ingest.json"),
        ("select_records", "--responses", responses, "--columns", columns, "--exclusions", exclusions,
         "--flags", out / "clean/flags.csv", "--flow", out / "clean/flow.csv"),
    ]  # fmt: skip
    for domain in domains:
        stem = cleaned / domain
        earlier = [f"{cleaned / other}.parquet" for other in study.domains_needed(domain)]
        steps.append(
            ("clean_domain", "--domain", domain, "--responses", responses, "--columns", columns, "--exclusions",
             exclusions, "--earlier", *earlier, "--out", f"{stem}.parquet", "--ledger", f"{stem}.ledger.csv",
             "--validation", f"{stem}.validation.csv", "--appendix", f"{stem}.appendix.csv")
        )  # fmt: skip
    steps.append(
        ("match_frame", "--responses", responses, "--columns", columns, "--exclusions", exclusions, "--clean",
         *(f"{cleaned / domain}.parquet" for domain in study.sample_domains()), "--out", out / "clean/sample")
    )  # fmt: skip
    sample = ("--sample", out / "clean/sample.parquet") if study.weighting else ()
    groups = [f"{cleaned / domain}.parquet" for domain in study.group_domains()]
    for domain in domains if describe else ():
        steps.append(
            ("describe", "--domain", domain, "--clean", f"{cleaned / domain}.parquet", "--groups", *groups, *sample,
             "--out", out / "stats" / domain)
        )  # fmt: skip
    for name, *arguments in steps:
        done = call(name, "--study", folder / "study", *arguments)
        assert done.returncode == 0, f"{name}: {done.stderr}"
    done = call(
        "collect_clean", "--domains", *(f"{cleaned / domain}.parquet" for domain in domains),
        "--out", out / "clean/responses.parquet", "--ledger", out / "clean/ledger.csv",
        "--validation", out / "clean/validation.csv", "--appendix", out / "clean/appendix.csv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Draft(out, study)


@dataclass(frozen=True)
class Compared:
    """Published figures and what a draft gives for each, None where it has no such thing."""

    pairs: Mapping[str, tuple[object, object]]

    @property
    def misses(self) -> set[str]:
        """The figures that the draft does not give."""
        return {name for name, (printed, found) in self.pairs.items() if printed != found}

    @property
    def share(self) -> str:
        """How many it gives, of how many."""
        return f"{len(self.pairs) - len(self.misses)} of {len(self.pairs)}"


# --- Research software engineers: the authors' own tables ---------------------------------------------------------


def rse_table(path: Path) -> list[list[str]]:
    """A published table; the byte order mark that stands inside some cells is left out."""
    with path.open(encoding="utf-8", newline="") as file:
        return [[cell.replace("\ufeff", "").strip() for cell in line] for line in csv.reader(file)]


def rse_figures(folder: Path, results: Draft, columns: set[str]) -> Compared:
    """Every cell of the tables of single choice, multiple choice, ranks and scales.

    A table's layout is told from its name and head: a column of the export (rows are answers), several of them (rows or
    columns are questions). [PERC]: of single choice, percent of those who answered.
    """
    pairs: dict[str, tuple[object, object]] = {}
    for path in sorted(folder.glob("*.csv")):
        if path.name.startswith("("):
            continue  # an older print of the same counts
        name, percent = path.stem.removesuffix("[PERC]"), path.stem.endswith("[PERC]")
        head, *lines = rse_table(path)
        if not percent:
            pairs |= {
                f"{name}: {cell}": pair for cell, pair in _rse_counts(name, head, lines, results, columns).items()
            }
        elif name in columns and head[0] and len(head) == 2:
            item = results.by_source(name)
            found = results.percents(item) if item.type in ("single", "ordinal") else {}
            for label, printed in [line for line in lines if line[0] and line[1]] if found else ():
                key = fold(label.removesuffix(" [PERCENTAGE]"))
                pairs[f"{name}: {key} %"] = (round(float(printed), 6), _rounded(found.get(key)))
    return Compared(pairs)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _rse_counts(
    name: str, head: list[str], lines: list[list[str]], results: Draft, columns: set[str]
) -> dict[str, tuple[object, object]]:
    sources = [source for source in (name, f"{name}[SQ001]") if source in columns]
    blocks = {item.source for item in results.study.items}
    found: dict[str, tuple[object, object]] = {}
    if head[1:] in (["Yes", "No"], ["Yes", "No", ""]):  # a row per question
        for line in lines:
            source = line[0].split(".")[0] if "." in line[0] else name
            counts = _counts_of(results, source)
            found |= _compare(source, zip(head[1:], line[1:], strict=True), counts)
        return found
    if head[1:] and all(fold(question) in results.items or "Rank" in question for question in head[1:]) and not sources:
        if "Rank 1" in head:
            item = results.by_source(name)
            counts = _first_ranks(results, item)
            return _compare("rank 1", ((line[0], line[1]) for line in lines), counts)
        for place, question in enumerate(head[1:], start=1):
            counts = results.counts(results.items[fold(question)])
            found |= _compare(question[:60], ((line[0], line[place]) for line in lines), counts)
        return found
    source = next(iter(sources), name if name in blocks else "")
    if not source or len(head) < 2:
        return {}
    item = results.by_source(source)
    if item.type == "numeric":
        return {}
    if item.type == "rank":
        return _compare("rank 1", ((line[0], line[1]) for line in lines), _first_ranks(results, item))
    return _compare(source, ((line[0], line[1]) for line in lines), _counts_of(results, source))


def _first_ranks(results: Draft, item: Item) -> dict[str, int] | None:
    return results.counts(item) if item.type == "rank" else None


def _counts_of(results: Draft, source: str) -> dict[str, int] | None:
    item = results.by_source(source)
    return results.counts(item) if item.is_reported else None


def _compare(name: str, printed, counts: dict[str, int] | None) -> dict[str, tuple[object, object]]:
    """Label to count, as printed and as found; the count of blank cells, and counts of 0, are left out."""
    pairs = {}
    for label, cell in printed:
        if label and cell and float(cell):
            pairs[f"{name}: {label}"] = (int(float(cell)), None if counts is None else counts.get(fold(label)))
    return pairs


# --- SNAP-2 -------------------------------------------------------------------------------------------------------


def snap_figures(rows: Sequence[Mapping[str, str]], file: str, results: Draft) -> Compared:
    """The values of published_tables.csv about one of its tables, as printed."""
    group = next((item for item in results.study.items if item.source == "countryAgg"), None)
    pairs = {}
    for row in rows:
        if row["file"] == file:
            key = f"{row['column']} {row['statistic']} {row['group']}"
            pairs[key] = (row["printed"], _snap(row, results, group))
    return Compared(pairs)


def _snap(row: Mapping[str, str], results: Draft, group: Item | None) -> str | None:
    column, _, label = row["column"].partition(" = ")
    item, overall = results.by_source(column), row["group"] == "Overall"
    level = "" if overall else results.code(group, row["group"])
    if not overall and group.name not in results.study.groups:
        return None
    everybody = int(results.flow["analysed"]["n"])
    if not overall:
        everybody = int(results.frequencies[group.name, level]["n"])
    if row["statistic"] == "n":
        return str(everybody)
    if not item.is_reported:
        return None
    if row["statistic"] == "median [IQR]":
        if item.type != "numeric":
            return None
        found = results.numeric[item.name] if overall else _group_row(results, item, group, level)
        return f"{found['median']:.2f} [{found['q1']:.2f}, {found['q3']:.2f}]"
    label = label or ("TRUE" if "TRUE" in row["statistic"] else item.options[0].label)
    code = results.code(item, label)
    found = results.frequencies[item.name, code] if overall else results.groups[item.name, group.name, level, code]
    if "any" in row["statistic"]:
        n = int(found["n_valid"])
        return f"{n} ({100 * n / everybody:.1f})"
    return f"{found['n']} ({float(found['percent']):.1f})"


def _group_row(results: Draft, item: Item, group: Item, level: str) -> Mapping[str, float]:
    table = results.table("stats/*/groups.parquet")
    chosen = (table["item"] == item.name) & (table["group"] == group.name) & (table["level"] == level)
    return table[chosen].iloc[0]


# --- Figures printed in articles ----------------------------------------------------------------------------------

ANY, ALL, TOTAL = "any", "all", "records"


def assert_replay(results: Draft) -> None:
    """Replaying the ledger over the verbatim cells gives the clean table exactly."""
    raw, columns, exclusions, ledger, clean = read_results(results.folder)
    values, missing = replay(raw, columns, exclusions, ledger, results.study)
    assert [row["record"] for row in clean] == [row["record"] for row in raw]
    assert differences(clean, values, missing, results.study) == []


def article_figure(results: Draft, question: str, options: Sequence[str], base: str = "") -> float | None:
    """Percent of the answers together, or (base "n") their number, of the item whose question begins so.

    options: labels; `any` or `all` of a multiple-choice item's, `first X` of a ranking, `not X` for all but one.
    """
    if options == [TOTAL]:
        return int(results.flow["analysed"]["n"])
    item = next((i for i in results.study.items if i.is_reported and fold(i.question).startswith(fold(question))), None)
    if item is None:
        return None
    rows = {fold(row["option_label"]): row for (name, _), row in results.frequencies.items() if name == item.name}
    valid = int(next(iter(rows.values()))["n_valid"])
    if options == [ANY]:
        return valid
    if options == [ALL]:
        ticks = results.responses[[f"{item.name}[{option.code}]" for option in item.options if option.kind != "other"]]
        return int(ticks.fillna(False).all(axis=1).sum())
    chosen = [fold(option) for option in options]
    if any(option.removeprefix("not ") not in rows for option in chosen):
        return None
    n = sum(int(row["n"]) for label, row in rows.items() if label in chosen)
    if chosen[0].startswith("not "):
        n = valid - int(rows[chosen[0].removeprefix("not ")]["n"])
    return n if base == "n" else 100 * n / valid


def rounded(value: float | None, printed: str) -> str | None:
    """A figure written with as many decimals as the printed one."""
    if value is None:
        return None
    decimals = len(printed.partition(".")[2])
    return f"{value:.{decimals}f}"
