"""The file that a survey platform would write of simulated records: LimeSurvey, or SurveyMonkey with two header rows.

Cells are kept by column: `source` of an item, `source[code]` of an option (ranks in LimeSurvey: `source[place]`), and
`source[other]` for the text of "other".
"""

import csv
import datetime
import html
from collections.abc import Sequence
from typing import Any

from survey.errors import BadInput
from survey.sheets import as_csv
from survey.simulation import Record, origin, other_option
from survey.study import Item, Option, Study

LIMESURVEY, SURVEYMONKEY = "limesurvey", "surveymonkey"
ADMINISTRATIVE = {
    LIMESURVEY: ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"],
    SURVEYMONKEY: ["Respondent ID", "Collector ID", "Start Date", "End Date"],
}
# Before the header, so that spreadsheet programs know UTF-8: LimeSurvey writes it, SurveyMonkey does not.
MARK = {LIMESURVEY: "\ufeff", SURVEYMONKEY: ""}


def platform(study: Study) -> str:
    """The platform whose files the study reads; raises BadInput for one that is not simulated."""
    name = study.export["platform"]
    if name not in ADMINISTRATIVE:
        known = " or ".join(ADMINISTRATIVE)
        raise BadInput(f"{study.folder / 'study.yaml'} export platform: only {known} can be simulated, not {name!r}")
    return name


def headings(study: Study) -> dict[str, tuple[str, ...]]:
    """Column to its header rows, in the order of the export.

    LimeSurvey: question code and text in one row. SurveyMonkey: the question above the first of its columns, and below
    it the option or the kind of answer.
    """
    name = platform(study)
    if name == LIMESURVEY:
        found = {column: (column,) for column in ADMINISTRATIVE[name]}
        for item in study.items:
            for column, part in _parts(item, study):
                asked = f" [{html.escape(part, quote=False)}]" if part else ""
                found.setdefault(column, (f"{column}. {item.question}{asked}",))
        return found
    found = {column: (column, "") for column in ADMINISTRATIVE[name]}
    for item in study.items:
        asked = item.source.rpartition(" [")[0] if _is_row(item) else item.source
        for column, part in _parts(item, study):
            kind = "Response" if item.options else "Open-Ended Response"
            if column not in found:
                found[column] = (asked, part or kind)
                asked = ""
    return found


def _parts(item: Item, study: Study) -> list[tuple[str, str]]:
    """Columns of an item, and what each asks beyond the question."""
    other = other_option(item)
    text = [(f"{item.source}[other]", other.label)] if other else []
    if item.type == "multiple" or (item.type == "rank" and platform(study) == SURVEYMONKEY):
        return [(option_cell(item, option), option.label) for option in item.options if option != other] + text
    if item.type == "rank":
        return [(f"{item.source}[{place}]", f"Rank {place}") for place in range(1, len(item.options) + 1)]
    part = item.label.split(": ")[-1] if platform(study) == LIMESURVEY else item.source.rpartition(" [")[2].rstrip("]")
    return [(item.source, part if _is_row(item) else ""), *text]


def _is_row(item: Item) -> bool:
    """Whether the item is one row of a matrix of questions."""
    return item.source.endswith("]")


def option_cell(item: Item, option: Option) -> str:
    """The column of one option of a multiple-choice item."""
    return f"{item.source}[{option.code}]"


def ticked(option: Option, study: Study) -> str:
    """What stands in the column of an option that was ticked."""
    return "Yes" if platform(study) == LIMESURVEY else option.label


def unticked(study: Study) -> str:
    """What stands in the column of an option that was shown and not ticked."""
    return "No" if platform(study) == LIMESURVEY else ""


def chosen_other(other: Option, study: Study) -> str:
    """What stands in the column of a single answer beside the text of "other"."""
    return other.label if platform(study) == LIMESURVEY else ""


def fill_cells(records: Sequence[Record], study: Study) -> None:
    """Put the answers of the records into cells, as the platform exports full answers."""
    for record in records:
        record.cells = _administrative(record, study)
        for item in study.items:
            answer = record.given(item)
            if answer is not None and origin(item, study) is item:
                record.cells |= _cells(item, answer, record, study)


def _administrative(record: Record, study: Study) -> dict[str, str]:
    ended = str(record.started + datetime.timedelta(minutes=record.minutes if record.pages else 0))
    started, number = str(record.started), str(record.number)
    if platform(study) == SURVEYMONKEY:
        return {"Respondent ID": number, "Collector ID": "1", "Start Date": started, "End Date": ended}
    cells = {"id": number, "seed": str(record.seed), "startlanguage": "en", "startdate": started, "datestamp": ended}
    if record.submitted:
        return cells | {"submitdate": ended, "lastpage": str(len(study.domains))}
    return cells | {"lastpage": str(record.pages)}


def _cells(item: Item, answer: Any, record: Record, study: Study) -> dict[str, str]:
    other = other_option(item)
    if item.type == "multiple":
        cells = {
            option_cell(item, option): ticked(option, study) if option.code in answer else unticked(study)
            for option in item.options
        }
        text = record.unit.texts[item.name] if other and other.code in answer else ""
        return cells | {f"{item.source}[other]": text}
    if item.type == "rank" and platform(study) == SURVEYMONKEY:
        return {option_cell(item, item.option(code)): str(place) for place, code in enumerate(answer, start=1)}
    if item.type == "rank":
        return {f"{item.source}[{place}]": item.option(code).label for place, code in enumerate(answer, start=1)}
    if other and answer == other.code:
        return {item.source: chosen_other(other, study), f"{item.source}[other]": record.unit.texts[item.name]}
    return {item.source: full_answer(item, answer)}


def full_answer(item: Item, answer: Any) -> str:
    """An answer as it is written in its cell."""
    if isinstance(answer, float):
        return f"{answer:g}"
    return item.option(answer).label if item.options else str(answer)


def export_text(records: Sequence[Record], study: Study) -> str:
    """The export: every cell in quotes, below one or two header rows."""
    found = headings(study)
    rows = [[record.cells.get(column, "") for column in found] for record in records]
    return MARK[platform(study)] + as_csv([*zip(*found.values(), strict=True), *rows], csv.QUOTE_ALL)
