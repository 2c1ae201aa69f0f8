"""Which records are analysed: the rules of study.yaml in their order, each record leaving at the first that applies."""

from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from survey.cells import read_key
from survey.dates import moment
from survey.errors import BadInput
from survey.frame import frame_rows
from survey.quality import Cells, Flag, flag_records
from survey.recodes import is_month_first, rules_for, with_recodes
from survey.study import Item, Study
from survey.text import is_blank, key, tidy

if TYPE_CHECKING:
    import pandas as pd


class Facts(NamedTuple):
    """What the rules ask of each record: the share of the questions answered, its respondent key, when it was sent."""

    shares: list[float]
    keys: list[str]
    submitted: list[str]


def source_columns(columns: "pd.DataFrame") -> dict[str, list[str]]:
    """Item to the export's columns that feed it, from the table columns.csv."""
    fed = columns[columns["item"] != ""]
    return {item: list(names) for item, names in fed.groupby("item", sort=False)["column"]}


def answered_share(cells: Cells, sources: Mapping[str, list[str]], study: Study) -> list[float]:
    """Per record, the share of the questions put to everybody that have any answer, 0 to 1.

    Questions behind skip logic do not count, nor do identifiers and ignored items; a column that feeds two items counts
    once. What a rule of recodes.csv takes for a blank, or for a question not asked, is no answer.
    """
    candidates = [item for item in study.items if item.is_answerable]
    always = [item for item in candidates if not item.asked_if] or candidates
    questions = {tuple(sources[item.name]): item for item in reversed(always)}
    answered = [
        [any(answer) for answer in zip(*(_has_answer(cells[name], item, study) for name in names), strict=True)]
        for names, item in questions.items()
    ]
    return [sum(line) / len(questions) for line in zip(*answered, strict=True)]


def _has_answer(texts: Sequence[str], item: Item, study: Study) -> list[bool]:
    """Which texts of a column are an answer to its item."""
    rules = [rule for rule in rules_for(study, item.name) if rule.kind in ("blank", "not_asked") and not rule.record]

    @cache
    def has_answer(text: str) -> bool:
        return not is_blank(text) and all(rule.result(text, item.unit) is None for rule in rules)

    return [has_answer(text) for text in texts]


def select(
    cells: Cells, sources: Mapping[str, list[str]], study: Study
) -> tuple[list[str], dict[str, dict[int, Flag]]]:
    """Per record, the id of the rule that excludes it, or "" when it is analysed; and what each flag marks, by place.

    cells: column to its verbatim texts, one per record. What a flag compares with is of the records that other rules
    leave.
    Raises BadInput when no record is left, none with an answer, two of one respondent, or more than the population that
    they are to stand for.
    """
    records = len(cells["record"])
    facts = Facts(
        answered_share(cells, sources, study),
        respondent_keys(cells, sources, study, records),
        moments(cells, sources, study, records),
    )
    flags = _find_flags(cells, sources, study, facts)
    excluded_by = _apply_rules(study.selection, cells, sources, study, flags, facts)
    left = [place for place in range(records) if not excluded_by[place]]
    _check_analysed(len(left), records, study)
    if not any(facts.shares[place] for place in left):
        raise BadInput(
            f"{study.folder / 'codebook.csv'}: not one answer to any of its items is in the {len(left)} records to be "
            "analysed; check the column source, and that the export holds the answers"
        )
    _check_keys([(facts.keys[place], cells["record"][place]) for place in left], study)
    return excluded_by, flags


def _find_flags(
    cells: Cells, sources: Mapping[str, list[str]], study: Study, facts: Facts
) -> dict[str, dict[int, Flag]]:
    """Per flag of the study, the places of the records that it marks; medians are of those that other rules leave."""
    if not study.flags:
        return {}
    others = [rule for rule in study.selection if "flagged" not in rule]
    excluded_by = _apply_rules(others, cells, sources, study, {}, facts)
    return flag_records(cells, sources, study, [place for place, rule in enumerate(excluded_by) if not rule])


def _apply_rules(
    rules: Sequence[dict[str, Any]],
    cells: Cells,
    sources: Mapping[str, list[str]],
    study: Study,
    flags: Mapping[str, Container[int]],
    facts: Facts,
) -> list[str]:
    """Per record the rule that excludes it, "" for none."""
    records = len(cells["record"])
    excluded_by = [""] * records
    for rule in rules:
        left = [place for place in range(records) if not excluded_by[place]]
        if "flagged" in rule:
            leaving = [place for place in left if place in flags[rule["flagged"]]]
        else:
            leaving = _applies(rule, left, cells, sources, study, *facts)
        for place in leaving:
            excluded_by[place] = rule["id"]
    return excluded_by


def _check_keys(keys: Iterable[tuple[str, str]], study: Study) -> None:
    """Raises BadInput for a respondent of whom two records would be counted."""
    first: dict[str, str] = {}
    for name, record in keys:
        if name and first.setdefault(name, record) != record:
            raise BadInput(
                f"{study.folder / 'study.yaml'} selection: records {first[name]} and {record} have the same "
                f"{study.respondent_key}, {name!r}; add a rule with keep (most_complete, first or last), or correct "
                "one in recodes.csv"
            )


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
    """Each record's respondent key as compared, after the corrections of recodes.csv; "" where it has none."""
    return keys_of(study.item(study.respondent_key), cells, sources, study) if study.respondent_key else [""] * records


def keys_of(item: Item, cells: Cells, sources: Mapping[str, list[str]], study: Study) -> list[str]:
    """What each record answered to an item of one column, compared as respondent keys are; "" where it did not."""
    rules = rules_for(study, item.name)
    texts = cells[sources[item.name][0]]
    if not rules:
        return [key(text) for text in texts]
    read = partial(read_key, item=item)
    own = [[rule for rule in rules if rule.record in ("", record)] for record in cells["record"]]
    own = [sorted(some, key=lambda rule: not rule.record) for some in own]
    return [str(with_recodes(text, item, read, some).value or "") for text, some in zip(texts, own, strict=True)]


def moments(cells: Cells, sources: Mapping[str, list[str]], study: Study, records: int) -> list[str]:
    """When each record was submitted, "" where that is not known."""
    if not study.submitted:
        return [""] * records
    column = sources[study.submitted][0]
    texts = [tidy(text) for text in cells[column]]
    month_first = is_month_first(study, study.submitted)
    found = [moment(text, month_first) for text in texts]
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
