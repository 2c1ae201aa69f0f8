"""Answers that contradict each other or the rows of a linked table, and records without a row of a joined one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from survey.cleaning import VALIDATION, condition_answers
from survey.conditions import parse
from survey.export import how_to_read, read_export
from survey.readers.structure import row_column
from survey.selection import respondent_keys
from survey.study import Study
from survey.text import key

if TYPE_CHECKING:
    import pandas as pd

CHECKED = [VALIDATION[0], "row", *VALIDATION[1:]]


@dataclass(frozen=True)
class Linked:
    """A table whose rows belong to records of the export.

    column: that holds the respondent key; keys: of each row, as written; rows: where each stands in the file.
    """

    column: str
    keys: Sequence[str]
    rows: Sequence[int]


def count_rows(
    linked: Mapping[str, Linked], raw: "pd.DataFrame", sources: Mapping[str, list[str]], study: Study
) -> tuple[dict[str, list[int]], list[dict[str, object]]]:
    """How many rows of each linked table belong to each record, by its id; what to look at: rows that belong to none.

    raw: every record of the export, excluded ones as well.
    """
    if not linked:
        return {}, []
    keys = respondent_keys({name: raw[name].tolist() for name in raw.columns}, sources, study, len(raw))
    counts: dict[str, list[int]] = {}
    strays: list[dict[str, object]] = []
    for name, table in linked.items():
        own = Counter(key(text) for text in table.keys)
        counts[name] = [own[text] if text else 0 for text in keys]
        known = set(keys) - {""}
        for text, row in zip(table.keys, table.rows, strict=True):
            if key(text) not in known:
                problem = f"row of the linked table {name!r} that belongs to no record"
                place = {"record": "", "row": row, "item": name, "column": table.column, "value": text}
                strays.append(place | {"problem": problem, "nearest": ""})
    return counts, strays


def check_records(
    raw: "pd.DataFrame",
    clean: "pd.DataFrame",
    sources: Mapping[str, list[str]],
    study: Study,
    counts: Mapping[str, list[int]],
) -> list[dict[str, object]]:
    """The analysed records that meet the condition of a check, by check and record, with their verbatim answers.

    raw, clean: their verbatim and their clean cells, in the same order; counts: their rows in the linked tables.
    """
    found: list[dict[str, object]] = []
    for check in study.checks:
        condition = parse(check["when"])
        rows_of = {f"rows({name})": counts[name] for name in counts}
        items = [name for name in condition.items if name not in rows_of]
        answers = {name: condition_answers(study.item(name), clean) for name in items}
        answers |= {name: rows_of[name] for name in condition.items if name in rows_of}
        columns = [column for name in items for column in sources[name]]
        for place, line in enumerate(zip(*answers.values(), strict=True)):
            if not condition.evaluate(dict(zip(answers, line, strict=True))):
                continue
            told = [raw[column].iat[place] for column in columns]
            told += [f"{name}: {rows_of[name][place]}" for name in condition.items if name in rows_of]
            found.append(
                {
                    "record": raw["record"].iat[place],
                    "row": raw["row"].iat[place],
                    "item": condition.items[0],
                    "column": " | ".join(columns),
                    "value": " | ".join(text for text in told if text.strip()),
                    "problem": check["problem"],
                    "nearest": "",
                }
            )
    return found


def alone(raw: "pd.DataFrame", study: Study) -> list[dict[str, object]]:
    """What to look at: the records of the export that no row of a joined table belongs to, with their key."""
    return [
        {
            "record": record,
            "row": row,
            "item": table["id"],
            "column": table["key"],
            "value": text,
            "problem": f"belongs to no row of the joined table {table['id']!r}",
            "nearest": "",
        }
        for table in study.joined
        for record, row, text, own in zip(
            *(raw[name] for name in ("record", "row", table["key"], row_column(table["id"]))), strict=True
        )
        if not own
    ]


def read_linked(path: Path, settings: Mapping[str, str]) -> Linked:
    """A linked table, by its entry under `linked` of study.yaml.

    Raises BadInput for a file that cannot be read, or lacks the column of the key.
    """
    column = settings["key"]
    export = read_export(path, *how_to_read(settings))
    at = export.place_of(column, path, "the key of study.yaml linked")
    return Linked(column, [line[at] for line in export.cells], export.rows)
