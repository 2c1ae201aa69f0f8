"""Replay of the ledger: the clean table made again from the verbatim cells, by another path than the pipeline's.

It knows the codebook and what a literal cell means, and nothing of the cleaning rules: every cell that is not literal
must have its row in the ledger. Contracts: `<kind>` in the ledger's `clean` stands for a kind of missing.
"""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from survey.study import Item, Option, Study

UNEXPLAINED = "not explained by the ledger"
KINDS = ("not_asked", "blank", "dont_know", "not_applicable", "refused", "invalid")
TICKS = ("yes", "y", "1", "true", "x", "ticked", "checked", "selected")


Row = Mapping[str, Any]
Said = Mapping[tuple[str, str], list[Row]]  # record and item to the rows of the ledger
Read = tuple[dict[str, Any], str]  # clean column to its value; the kind of missing


class Unexplained(Exception):
    """A cell that is neither literal nor in the ledger."""


def replay(
    raw_rows: Iterable[Row], columns: Sequence[Row], exclusions: Iterable[Row], ledger: Iterable[Row], study: Study
) -> tuple[dict[tuple[str, str], Any], dict[tuple[str, str], str]]:
    """Clean values by (record, clean column), and kinds of missing by (record, item).

    raw_rows, columns, exclusions, ledger: rows as dictionaries of text.
    """
    excluded = {row["record"] for row in exclusions}
    said = {}
    for row in ledger:
        said.setdefault((row["record"], row["item"]), []).append(row)
    kept = [item for item in study.items if item.role != "ignore"]
    fed = {item.name: [column for column in columns if column["item"] == item.name] for item in kept}
    values, missing = {}, {}
    for raw in raw_rows:
        if raw["record"] in excluded:
            continue
        for item in kept:
            try:
                answer, kind = _item(raw, item, fed[item.name], said, study)
            except (KeyError, ValueError, IndexError, Unexplained):
                answer, kind = dict.fromkeys(_names(item), UNEXPLAINED), UNEXPLAINED
            missing[raw["record"], item.name] = kind
            for column, value in answer.items():
                values[raw["record"], column] = value
    return values, missing


def _names(item: Item) -> list[str]:
    if item.type in ("multiple", "rank"):
        return [f"{item.name}[{option.code}]" for option in item.options]
    return [item.name]


def _item(raw: Row, item: Item, own: Sequence[Row], said: Said, study: Study) -> Read:
    record = raw["record"]
    names = _names(item)
    whole = said.get((record, item.name), [])
    if whole and whole[-1]["clean"] == "<not_asked>":
        return dict.fromkeys(names), "not_asked"
    if item.type == "multiple":
        return _ticks(raw, item, own, said, study)
    if item.type == "rank":
        if not any(column["option"] for column in own):
            return _order(record, item, raw[own[0]["column"]], said, study.export.get("separator", ","))
        return _ranks(raw, item, own, said)
    text = whole[-1]["clean"] if whole else raw[own[0]["column"]]
    if re.fullmatch(r"<\w+>", text) and text[1:-1] in KINDS and whole:
        return {item.name: None}, text[1:-1]
    value, kind = _literal(text, item)
    return {item.name: value}, kind


def _literal(text: str, item: Item) -> tuple[Any, str]:
    if text == "":
        return None, "blank"
    by_text = {name: option for option in item.options for name in (option.label, option.code)}
    for option in item.options:
        if option.kind == "other":
            by_text.setdefault("-oth-", option)
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


def _kind(option: Option) -> str:
    return "" if option.kind in ("substantive", "other") else option.kind


def _named(item: Item, name: str) -> Option:
    """The option that a header names; blanks in a header do not matter."""
    name = " ".join(name.split())
    texts = {text: option for option in item.options for text in (*option.aliases, option.label, option.code)}
    return {" ".join(text.split()): option for text, option in texts.items()}[name]


def _ticks(raw: Row, item: Item, own: Sequence[Row], said: Said, study: Study) -> Read:
    record = raw["record"]
    answers = [column for column in own if column["use"] != "other_text"]
    ticks, kinds = {option.code: False for option in item.options}, set()
    if not any(column["option"] for column in answers):
        text = " | ".join(raw[column["column"]] for column in answers if raw[column["column"]].strip())
        separator = " | " if len(answers) > 1 else study.export.get("separator", ",")
        ticks, kind = _joined(record, item, text, said, separator)
        kinds.add(kind)
        own = [column for column in own if column["use"] == "other_text"]
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
            literal = (column["ticked"],) if column.get("ticked") else (*TICKS, option.label.lower(), option.code)
            ticks[option.code] = text.lower() in literal
    for option in item.options:
        if any(row["clean"] == "1" for row in said.get((record, f"{item.name}[{option.code}]"), [])):
            ticks[option.code] = True
    return _block(item, ticks, _of_block(kinds))


def _ticked(record: str, item: Item, said: Said) -> list[Row]:
    return [row for option in item.options for row in said.get((record, f"{item.name}[{option.code}]"), [])]


def _of_block(kinds: set[str]) -> str:
    """Of a block without an answer, the strongest kind of missing."""
    order = ("", "invalid", "refused", "not_applicable", "dont_know", "not_asked", "blank")
    return next((kind for kind in order if kind in kinds), "blank")


def _joined(record: str, item: Item, text: str, said: Said, separator: str) -> tuple[dict[str, bool | None], str]:
    """Ticks by option, and the kind of missing of the cell."""
    told = said.get((record, item.name), [])
    if told:
        row = told[-1]
        codes = row["clean"].split("|")
        kind = row["clean"][1:-1] if row["clean"].startswith("<") else ""
        return {option.code: option.code in codes for option in item.options}, kind
    rest, ticks = text, {option.code: False for option in item.options}
    names = [(name, option.code) for option in item.options for name in {option.label, option.code}]
    for name, code in sorted(names, key=lambda pair: -len(pair[0])):
        pattern = rf"(?:^|(?<={re.escape(separator)})){re.escape(name)}(?={re.escape(separator)}|$)"
        ticks[code] |= bool(re.search(pattern, rest))
        rest = re.sub(pattern, "", rest)
    if rest.strip(separator):
        raise Unexplained(f"{record} {item.name}: {rest!r} is neither a label nor in the ledger")
    return ticks, "" if any(ticks.values()) else "blank"


def _block(item: Item, ticks: Mapping[str, bool | None], kind: str) -> Read:
    names = {option.code: f"{item.name}[{option.code}]" for option in item.options}
    if kind:
        return dict.fromkeys(names.values()), kind
    if not any(ticks[option.code] for option in item.options if not _kind(option)):
        kind = next((_kind(option) for option in item.options if ticks[option.code]), "")
    return {names[code]: tick for code, tick in ticks.items()}, kind


def _ranks(raw: Row, item: Item, own: Sequence[Row], said: Said) -> Read:
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


def _order(record: str, item: Item, text: str, said: Said, separator: str) -> Read:
    """The ranks in a cell that lists options from the first on."""
    if told := said.get((record, item.name), []):
        text, separator = told[-1]["clean"], "|"
    names = _names(item)
    if text == "" or (told and text[1:-1] in KINDS):
        return dict.fromkeys(names), text[1:-1] or "blank"
    found = {}
    texts = [(name, option.code) for option in item.options for name in {option.label, option.code}]
    for name, code in sorted(texts, key=lambda pair: -len(pair[0])):
        pattern = rf"(?:^|(?<={re.escape(separator)})){re.escape(name)}(?={re.escape(separator)}|$)"
        if match := re.search(pattern, text):
            found[code] = match.start()
            text = text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]
    if text.replace("\0", "").replace(separator, ""):
        raise Unexplained(f"{record} {item.name}: {text!r} is neither an order nor in the ledger")
    ranks = {code: rank for rank, code in enumerate(sorted(found, key=found.get), start=1)}
    return {f"{item.name}[{option.code}]": ranks.get(option.code) for option in item.options}, ""


def differences(
    clean: Sequence[Row], values: Mapping[tuple[str, str], Any], missing: Mapping[tuple[str, str], str], study: Study
) -> list[tuple[str, str, Any, Any]]:
    """Cells in which the clean table and the replay disagree, as (record, column, clean, replayed).

    clean: the rows of clean/responses.parquet as dictionaries, with None for missing.
    """
    found, kept = [], [item for item in study.items if item.role != "ignore"]
    names = list(clean[0]) if clean else []
    own = {
        item.name: [name for name in names if name == item.name or name.startswith(f"{item.name}[")] for item in kept
    }
    for row in clean:
        for item in kept:
            record, kind = row["record"], row[f"{item.name}__missing"]
            if kind != missing.get((record, item.name)):
                found.append((record, f"{item.name}__missing", kind, missing.get((record, item.name))))
            for column in own[item.name]:
                value = row[column].date() if isinstance(row[column], datetime.datetime) else row[column]
                other = values.get((record, column))
                is_number = isinstance(value, float) and isinstance(other, float | int)
                if not (abs(value - other) <= 1e-9 * abs(value) if is_number else value == other):
                    found.append((record, column, value, other))
    return found
