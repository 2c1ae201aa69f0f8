"""Replay of the ledger: the clean table made again from the verbatim cells, by another path than the pipeline's.

It knows the codebook and what a literal cell means, and nothing of the cleaning rules: every cell that is not literal
must have its row in the ledger. Contracts: `<kind>` in the ledger's `clean` stands for a kind of missing.
"""

import datetime
import re

KINDS = ("not_asked", "blank", "dont_know", "not_applicable", "refused", "invalid")
TICKS = ("yes", "y", "1", "true", "x", "ticked", "checked", "selected")


def replay(raw_rows, columns, exclusions, ledger, study):
    """Clean values by (record, clean column), and kinds of missing by (record, item).

    raw_rows, columns, exclusions, ledger: rows as dictionaries of text.
    """
    excluded = {row["record"] for row in exclusions}
    said = {}
    for row in ledger:
        said.setdefault((row["record"], row["item"]), []).append(row)
    values, missing = {}, {}
    for raw in raw_rows:
        if raw["record"] in excluded:
            continue
        for item in study.items:
            if item.role == "ignore":
                continue
            own = [column for column in columns if column["item"] == item.name]
            answer, kind = _item(raw, item, own, said, study)
            missing[raw["record"], item.name] = kind
            for column, value in answer.items():
                values[raw["record"], column] = value
    return values, missing


def _item(raw, item, own, said, study):
    record = raw["record"]
    names = (
        [f"{item.name}[{option.code}]" for option in item.options] if item.type in ("multiple", "rank") else [item.name]
    )
    whole = said.get((record, item.name), [])
    if whole and whole[-1]["clean"] == "<not_asked>":
        return dict.fromkeys(names), "not_asked"
    if item.type == "multiple":
        return _ticks(raw, item, own, said, study)
    if item.type == "rank":
        return _ranks(raw, item, own, said)
    text = whole[-1]["clean"] if whole else raw[own[0]["column"]]
    if re.fullmatch(r"<\w+>", text) and text[1:-1] in KINDS and whole:
        return {item.name: None}, text[1:-1]
    value, kind = _literal(text, item)
    return {item.name: value}, kind


def _literal(text, item):
    if text == "":
        return None, "blank"
    by_text = {name: option for option in item.options for name in (option.label, option.code)}
    for option in item.options:
        if option.kind == "other":
            by_text["-oth-"] = option
    if item.type in ("single", "ordinal"):
        option = by_text[text]
        return option.code, _kind(option)
    if text in by_text:
        return None, _kind(by_text[text])
    if item.type == "numeric":
        return float(text), ""
    if item.type == "date":
        return datetime.date.fromisoformat(text[:10]), ""
    return text, ""


def _kind(option):
    return "" if option.kind in ("substantive", "other") else option.kind


def _named(item, name):
    """The option that a header names; blanks in a header do not matter."""
    name = " ".join(name.split())
    texts = {text: option for option in item.options for text in (*option.aliases, option.label, option.code)}
    return {" ".join(text.split()): option for text, option in texts.items()}[name]


def _ticks(raw, item, own, said, study):
    record = raw["record"]
    if len(own) == 1 and not own[0]["option"]:
        return _joined(raw, item, own[0]["column"], said, study.export.get("separator", ","))
    ticks, kinds = {option.code: False for option in item.options}, set()
    for column in own:
        text = raw[column["column"]]
        if column["use"] == "other_text":
            told = said.get((record, f"{item.name}__other"), [])
            written = any(row["raw"] == text and row["clean"] == "1" for row in _ticked(record, item, said))
            blank = not re.sub(r"\s|&nbsp;", "", text) and not written
            kinds.add(told[-1]["clean"][1:-1] if told else "blank" if blank else "")
            continue
        option = _named(item, column["option"])
        told = said.get((record, f"{item.name}[{option.code}]"), [])
        told = [row for row in told if row["raw"] == text and row["rule"] not in ("other_recoded", "other_text")]
        if told:
            kinds.add(told[-1]["clean"][1:-1])
            ticks[option.code] = None if told[-1]["clean"] not in ("0", "1", "<blank>") else False
        else:
            kinds.add("" if text else "blank")
            ticks[option.code] = text.lower() in (*TICKS, option.label.lower(), option.code)
    for option in item.options:
        if any(row["clean"] == "1" for row in said.get((record, f"{item.name}[{option.code}]"), [])):
            ticks[option.code] = True
    return _block(item, ticks, _of_block(kinds))


def _ticked(record, item, said):
    return [row for option in item.options for row in said.get((record, f"{item.name}[{option.code}]"), [])]


def _of_block(kinds):
    """Of a block without an answer, the strongest kind of missing."""
    order = ("", "invalid", "refused", "not_applicable", "dont_know", "not_asked", "blank")
    return next((kind for kind in order if kind in kinds), "blank")


def _joined(raw, item, column, said, separator):
    told = said.get((raw["record"], item.name), [])
    if told:
        (row,) = told
        codes = row["clean"].split("|")
        kind = row["clean"][1:-1] if row["clean"].startswith("<") else ""
        return _block(item, {option.code: option.code in codes for option in item.options}, kind)
    rest, ticks = raw[column], {option.code: False for option in item.options}
    names = [(name, option.code) for option in item.options for name in {option.label, option.code}]
    for name, code in sorted(names, key=lambda pair: -len(pair[0])):
        pattern = rf"(?:^|(?<={re.escape(separator)})){re.escape(name)}(?={re.escape(separator)}|$)"
        ticks[code] |= bool(re.search(pattern, rest))
        rest = re.sub(pattern, "", rest)
    assert not rest.strip(separator), f"{raw['record']} {item.name}: {rest!r} is neither a label nor in the ledger"
    return _block(item, ticks, "" if any(ticks.values()) else "blank")


def _block(item, ticks, kind):
    names = {option.code: f"{item.name}[{option.code}]" for option in item.options}
    if kind:
        return dict.fromkeys(names.values()), kind
    if not any(ticks[option.code] for option in item.options if not _kind(option)):
        kind = next((_kind(option) for option in item.options if ticks[option.code]), "")
    return {names[code]: tick for code, tick in ticks.items()}, kind


def _ranks(raw, item, own, said):
    ranks, kinds = {option.code: None for option in item.options}, set()
    for column in own:
        text, name = raw[column["column"]], column["option"]
        by_rank = re.fullmatch(r"(?:[Rr]ank )?\d+", name)
        cell = f"{item.name}[{name if by_rank else _named(item, name).code}]"
        told = said.get((raw["record"], cell), [])
        text = told[-1]["clean"] if told else text
        if text == "" or (told and text[1:-1] in KINDS):
            kinds.add(text[1:-1] or "blank")
            continue
        if by_rank:
            ranks[_named(item, text).code] = int(re.sub(r"\D", "", name))
        else:
            ranks[_named(item, name).code] = int(float(text))
    values = {f"{item.name}[{code}]": rank for code, rank in ranks.items()}
    if any(rank is not None for rank in ranks.values()):
        return values, ""
    return values, _of_block(kinds)


def differences(clean, values, missing, study):
    """Cells in which the clean table and the replay disagree, as (record, column, clean, replayed).

    clean: the rows of clean/responses.parquet as dictionaries, with None for missing.
    """
    found = []
    for row in clean:
        for item in study.items:
            if item.role == "ignore":
                continue
            record, kind = row["record"], row[f"{item.name}__missing"]
            if kind != missing[record, item.name]:
                found.append((record, f"{item.name}__missing", kind, missing[record, item.name]))
            columns = [column for column in row if column == item.name or column.startswith(f"{item.name}[")]
            for column in columns:
                value = row[column].date() if isinstance(row[column], datetime.datetime) else row[column]
                other = values[record, column]
                same = (
                    abs(value - other) <= 1e-9 * abs(value)
                    if isinstance(value, float) and other is not None
                    else value == other
                )
                if not same:
                    found.append((record, column, value, other))
    return found


def read_results(results):
    """Raw rows, columns, exclusions, ledger and clean rows of a results folder, as dictionaries."""
    import csv

    import pyarrow.parquet as pq

    def verbatim(cell):
        # An apostrophe keeps a spreadsheet from running the cell.
        return cell[1:] if re.match("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell) else cell

    def rows(name):
        with (results / name).open(encoding="utf-8", newline="") as file:
            return [{column: verbatim(cell) for column, cell in row.items()} for row in csv.DictReader(file)]

    csv.field_size_limit(10_000_000)
    raw = pq.read_table(results / "ingest" / "responses.parquet").to_pylist()
    clean = pq.read_table(results / "clean" / "responses.parquet").to_pylist()
    return raw, rows("ingest/columns.csv"), rows("clean/exclusions.csv"), rows("clean/ledger.csv"), clean


def assert_replays(results, study):
    """Replaying the ledger and the exclusions over the raw cells gives the clean table exactly."""
    raw, columns, exclusions, ledger, clean = read_results(results)
    values, missing = replay(raw, columns, exclusions, ledger, study)
    assert [row["record"] for row in clean] == [
        row["record"] for row in raw if (row["record"], study.items[0].name) in missing
    ]
    assert differences(clean, values, missing, study) == []
