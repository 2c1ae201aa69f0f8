"""Which records are analysed: the rules of study.yaml in their order, each record leaving at the first that applies."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from survey.dates import moment
from survey.errors import BadInput
from survey.frame import frame_rows
from survey.study import Study
from survey.text import is_blank, key, tidy

if TYPE_CHECKING:
    import pandas as pd

Cells = Mapping[str, Sequence[str]]


def source_columns(columns: "pd.DataFrame") -> dict[str, list[str]]:
    """Item to the export's columns that feed it, from the table columns.csv."""
    fed = columns[columns["item"] != ""]
    return {item: list(names) for item, names in fed.groupby("item", sort=False)["column"]}


def answered_share(cells: Cells, sources: Mapping[str, list[str]], study: Study) -> list[float]:
    """Per record, the share of the questions put to everybody that have any answer, 0 to 1.

    Questions behind skip logic do not count, nor do identifiers and ignored items; a column that feeds two items counts
    once.
    """
    candidates = [item for item in study.items if item.is_answerable]
    always = [item for item in candidates if not item.asked_if] or candidates
    questions = list(dict.fromkeys(tuple(sources[item.name]) for item in always))
    blank: dict[str, bool] = {}

    def has_answer(text: str) -> bool:
        if text not in blank:
            blank[text] = is_blank(text)
        return not blank[text]

    columns = [list(zip(*(cells[name] for name in question), strict=True)) for question in questions]
    return [
        sum(any(map(has_answer, answer)) for answer in line) / len(questions) for line in zip(*columns, strict=True)
    ]


def select(cells: Cells, sources: Mapping[str, list[str]], study: Study) -> list[str]:
    """Per record, the id of the rule that excludes it, or "" when it is analysed.

    cells: column to its verbatim texts, one per record.
    Raises BadInput when no record is left, or more than the population that they are to stand for.
    """
    records = len(cells["record"])
    shares = answered_share(cells, sources, study)
    keys = respondent_keys(cells, sources, study, records)
    submitted = moments(cells, sources, study, records)
    excluded_by = [""] * records
    for rule in study.selection:
        left = [place for place in range(records) if not excluded_by[place]]
        for place in _applies(rule, left, cells, sources, study, shares, keys, submitted):
            excluded_by[place] = rule["id"]
    _check_analysed(excluded_by.count(""), records, study)
    return excluded_by


def _check_analysed(analysed: int, records: int, study: Study) -> None:
    place = f"{study.folder / 'study.yaml'} selection"
    if not analysed:
        raise BadInput(f"{place}: its rules leave none of the {records} records; check the window, frame and rules")
    if study.inference["target"] == "finite_population" and analysed > study.frame["invited"]:
        raise BadInput(
            f"{place}: its rules leave {analysed} records of {study.frame['invited']} {study.units} invited; "
            "add the rules not_in_frame and keep, or correct frame.invited"
        )


def respondent_keys(cells: Cells, sources: Mapping[str, list[str]], study: Study, records: int) -> list[str]:
    """Each record's respondent key as compared, "" where it has none."""
    if not study.respondent_key:
        return [""] * records
    return [key(text) for text in cells[sources[study.respondent_key][0]]]


def moments(cells: Cells, sources: Mapping[str, list[str]], study: Study, records: int) -> list[str]:
    """When each record was submitted, "" where that is not known."""
    if not study.submitted:
        return [""] * records
    column = sources[study.submitted][0]
    texts = [tidy(text) for text in cells[column]]
    found = [moment(text) for text in texts]
    if study.window and any(texts) and not any(found):
        raise BadInput(
            f"{study.folder / 'study.yaml'} window: no text of column {column!r} is a date that can be read, such as "
            f"2023-02-28 or 28.02.2023; the first is {next(filter(None, texts))!r}; check the item's source"
        )
    return found


def _applies(
    rule: dict[str, Any],
    left: list[int],
    cells: Cells,
    sources: Mapping[str, list[str]],
    study: Study,
    shares: list[float],
    keys: list[str],
    submitted: list[str],
) -> list[int]:
    if rule["id"] == "outside_window":
        first, last = study.window["first"], study.window["last"]
        return [place for place in left if submitted[place] and not first <= submitted[place][:10] <= last]
    if rule["id"] == "not_in_frame":
        invited = frame_rows(study)
        return [place for place in left if keys[place] not in invited]
    if "answered_below" in rule:
        return [place for place in left if shares[place] < rule["answered_below"]]
    if "matches" in rule:
        wanted = {tidy(text).casefold() for text in rule["matches"]}
        column = cells[sources[rule["item"]][0]]
        return [place for place in left if tidy(column[place]).casefold() in wanted]
    return _duplicates(rule["keep"], left, shares, keys, submitted)


def _duplicates(keep: str, left: list[int], shares: list[float], keys: list[str], submitted: list[str]) -> list[int]:
    """All but one record of each respondent; equally complete answers: the later one is kept; no key, no duplicate.

    A record that was never submitted counts as later than none, and is not the first.
    """
    by_key: dict[str, list[int]] = {}
    for place in left:
        if keys[place]:
            by_key.setdefault(keys[place], []).append(place)
    order = {
        "first": lambda place: (not submitted[place], submitted[place], place),
        "last": lambda place: (submitted[place], place),
        "most_complete": lambda place: (shares[place], submitted[place], place),
    }[keep]
    best = min if keep == "first" else max
    kept = {best(places, key=order) for places in by_key.values()}
    return [place for places in by_key.values() for place in places if place not in kept]


def flow(excluded_by: Sequence[str], study: Study) -> list[dict[str, object]]:
    """How many were invited, answered, left at each rule and are analysed: step, label, n, excluded, reason."""
    rows: list[dict[str, object]] = []
    if study.frame:
        label = f"{study.units} invited"
        rows.append({"step": "invited", "label": label, "n": study.frame["invited"], "excluded": 0, "reason": ""})
    n = len(excluded_by)
    rows.append({"step": "records", "label": "records in the export", "n": n, "excluded": 0, "reason": ""})
    for rule in study.selection:
        gone = excluded_by.count(rule["id"])
        n -= gone
        rows.append({"step": rule["id"], "label": rule["reason"], "n": n, "excluded": gone, "reason": rule["reason"]})
    rows.append({"step": "analysed", "label": f"{study.units} analysed", "n": n, "excluded": 0, "reason": ""})
    return rows
