"""Replay of the ledger: the clean table made again from the verbatim cells, by another path than the pipeline's.

It knows the codebook, what a literal cell means and how the ledger writes (`ledger.py`), and nothing of the cleaning
rules: every cell that is not literal must have its row in the ledger.
"""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from survey.ledger import read_clean, token
from survey.study import Item, Option, Study

UNEXPLAINED = "not explained by the ledger"
TICKS = ("yes", "y", "1", "true", "x", "ticked", "checked", "selected")
NOT_ASKED = token("not_asked")
SKIPPED = ("not_asked", "skip_logic")  # rules that empty all cells of an item, where another empties the one it names
UNTICKED = ("no", "n", "0", "false", "unticked", "unchecked", "not selected")


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
                answer, kind = dict.fromkeys(_names(item, fed[item.name]), UNEXPLAINED), UNEXPLAINED
            missing[raw["record"], item.name] = kind
            for column, value in answer.items():
                values[raw["record"], column] = value
    return values, missing


def _names(item: Item, own: Sequence[Row]) -> list[str]:
    other = [f"{item.name}__other"] if _other_columns(own) else []
    if item.type in ("multiple", "rank"):
        return [f"{item.name}[{option.code}]" for option in item.options] + other
    return [item.name, *other]


def _other_columns(own: Sequence[Row]) -> list[str]:
    return [column["column"] for column in own if column["use"] == "other_text"]


def _item(raw: Row, item: Item, own: Sequence[Row], said: Said, study: Study) -> Read:
    record = raw["record"]
    whole = said.get((record, item.name), [])
    if whole and whole[-1]["clean"] == NOT_ASKED and whole[-1]["rule"] in SKIPPED:
        return dict.fromkeys(_names(item, own)), "not_asked"
    texts = {f"{item.name}__other": _other(raw, column, item, said)[0] for column in _other_columns(own)}
    if item.type == "multiple":
        answer, kind = _ticks(raw, item, own, said, study)
    elif item.type == "rank" and not any(column["option"] for column in own):
        answer, kind = _order(record, item, raw[own[0]["column"]], said, study.export.get("separator", ","))
    elif item.type == "rank":
        answer, kind = _ranks(raw, item, own, said)
    else:
        text, kind = read_clean(whole[-1]["clean"]) if whole else (raw[own[0]["column"]], "")
        value, kind = (None, kind) if kind else _literal(text, item)
        answer = {item.name: value}
    return answer | texts, kind


def _other(raw: Row, column: str, item: Item, said: Said) -> tuple[str | None, str]:
    """The text of "other" that is kept, None where there is none, and the kind of missing of its cell."""
    told = said.get((raw["record"], f"{item.name}__other"), [])
    text, kind = read_clean(told[-1]["clean"]) if told else (raw[column], "")
    if not text:
        return None, kind or "blank"
    return (None if item.type == "multiple" and text.lower() in UNTICKED else text), ""


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
            written = any(row["raw"] == text and row["clean"] == "1" for row in _ticked(record, item, said))
            kinds.add("" if written else _other(raw, column["column"], item, said)[1])
            continue
        option = _named(item, column["option"])
        told = said.get((record, f"{item.name}[{option.code}]"), [])
        told = [row for row in told if row["raw"] == text and row["rule"] not in ("other_recoded", "other_text")]
        if told:
            tick, kind = read_clean(told[-1]["clean"])
            kinds.add(kind)
            ticks[option.code] = False if tick in ("0", "1") or kind == "blank" else None
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
        codes, kind = read_clean(told[-1]["clean"])
        return {option.code: option.code in codes.split("|") for option in item.options}, kind
    found, rest = _listed(text, item, separator)
    if rest.strip(separator):
        raise Unexplained(f"{record} {item.name}: {rest!r} is neither a label nor in the ledger")
    return {option.code: option.code in found for option in item.options}, "" if found else "blank"


def _listed(text: str, item: Item, separator: str) -> tuple[dict[str, list[int]], str]:
    """The options that a cell lists by label or code, each with its places in it; and what is left of the cell."""
    found: dict[str, list[int]] = {}
    names = [(name, option.code) for option in item.options for name in {option.label, option.code}]
    for name, code in sorted(names, key=lambda pair: -len(pair[0])):
        pattern = rf"(?:^|(?<={re.escape(separator)})){re.escape(name)}(?={re.escape(separator)}|$)"
        if places := [match.start() for match in re.finditer(pattern, text)]:
            found.setdefault(code, []).extend(places)
            text = re.sub(pattern, lambda match: "\0" * len(match[0]), text)
    return found, text.replace("\0", "")


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
        text, kind = read_clean(told[-1]["clean"]) if told else (text, "")
        if not text:
            kinds.add(kind or "blank")
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
    kind = ""
    if told := said.get((record, item.name), []):
        (text, kind), separator = read_clean(told[-1]["clean"]), "|"
    if not text:
        return {f"{item.name}[{option.code}]": None for option in item.options}, kind or "blank"
    found, rest = _listed(text, item, separator)
    if rest.replace(separator, "") or any(len(places) > 1 for places in found.values()):
        raise Unexplained(f"{record} {item.name}: {rest!r} is neither an order nor in the ledger")
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
        item.name: [
            name for name in names if name in (item.name, f"{item.name}__other") or name.startswith(f"{item.name}[")
        ]
        for item in kept
    }
    for row in clean:
        for item in kept:
            record, kind = row["record"], row[f"{item.name}__missing"]
            if kind != missing.get((record, item.name)):
                found.append((record, f"{item.name}__missing", kind, missing.get((record, item.name))))
            for column in own[item.name]:
                value = row[column].date() if isinstance(row[column], datetime.datetime) else row[column]
                other = values.get((record, column))
                if value != other:
                    found.append((record, column, value, other))
    return found
