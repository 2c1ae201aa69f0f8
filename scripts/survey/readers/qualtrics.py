"""Qualtrics: header rows of tags, texts and import ids, the legacy header of two rows, and the questionnaire (.qsf)."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from survey.errors import BadInput
from survey.readers.structure import Column, Dictionary, Variable
from survey.text import tidy

OWN = frozenset(["StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished"])
OWN |= {"RecordedDate", "ResponseId", "DistributionChannel", "UserLanguage", "ExternalReference", "RecipientEmail"}
LEGACY = frozenset(["ResponseID", "ResponseSet", "ExternalDataReference", "EmailAddress", "IPAddress", "StartDate"])
LEGACY_OWN = LEGACY | {"Name", "Status", "EndDate", "Finished"}  # what its second row calls columns V1, V2, ...
LEGACY_TAG = re.compile(r"V\d+")
IMPORT_ID = re.compile(r"(?:\d+_)?(QID\d+)(.*)")
TAG = re.compile(r"(.+?)_(\d+(?:_TEXT)?|TEXT)")
TIMING = ("FIRST_CLICK", "LAST_CLICK", "PAGE_SUBMIT", "CLICK_COUNT")
DATE = re.compile(r"\d")
ID = ("ResponseId", "ResponseID", "Response ID")


def header_rows(sample: Sequence[Sequence[str]]) -> int:
    """How many header rows Qualtrics wrote: 3, 2 (legacy, or no import ids) or 1 (tags alone); 0 where it did not."""
    for number, line in enumerate(sample[1:3], start=2):
        if any(cell.lstrip().startswith('{"ImportId"') for cell in line):
            return number
    first = [tidy(cell) for cell in sample[0]]
    second = [tidy(cell) for cell in sample[1]] if len(sample) > 1 else []
    if len(LEGACY.intersection(second)) >= 3:
        return 2
    if len(OWN.intersection(first)) < 4 or not {"StartDate", "ResponseId"}.intersection(first):
        return 0
    if "StartDate" in first and len(second) == len(first):
        started = second[first.index("StartDate")]
        return 2 if started and not DATE.search(started) else 1
    return 1


def columns(headers: Sequence[Sequence[str]]) -> list[Column]:
    """The columns by their tags; parts of a question by the text of the option and its number.

    `source` may also be an import id, such as QID5 or QID5_1.
    """
    tags = [tidy(tag) for tag in headers[0]]
    texts = [tidy(text) for text in headers[1]] if len(headers) > 1 else [""] * len(tags)
    ids = [import_id(text) for text in headers[-1]] if len(headers) > 1 else [""] * len(tags)
    stems = Counter(match[1] for tag in tags if (match := TAG.fullmatch(tag)))
    found = []
    for place, (tag, text, known) in enumerate(zip(tags, texts, ids, strict=True)):
        raw = tuple(line[place] for line in headers)
        block, number = _parts(tag, known, stems, tags)
        is_text = number.endswith("TEXT")
        part = (_option(text, is_text) or number) if number else ""
        question = IMPORT_ID.fullmatch(known)
        legacy = (
            len(headers) == 2 and not known and text in LEGACY_OWN and (text in LEGACY or LEGACY_TAG.fullmatch(tag))
        )
        aliases = [known, text] if legacy else [known]
        found.append(
            Column(
                name=tag,
                block=block,
                part=part,
                headers=raw,
                also=number.removesuffix("_TEXT") if number else "",
                aliases=tuple(alias for alias in aliases if alias),
                block_aliases=(known.removesuffix("_TEXT").rpartition("_")[0],) if question and number else (),
                is_text=is_text,
            )
        )
    return found


def import_id(text: str) -> str:
    """The import id in a cell of the third header row, such as QID5_1; "" where there is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict) or not isinstance(found.get("ImportId"), str):
        return ""
    choice = found.get("choiceId")
    return f"{found['ImportId']}_{choice}" if isinstance(choice, str) else found["ImportId"]


def _parts(tag: str, known: str, stems: Counter[str], tags: Sequence[str]) -> tuple[str, str]:
    """The question's tag, and the number of its part: "" for a question of one column.

    The import id says whether there are parts; without ids, a stem that several tags, or a tag of its own, share does.
    """
    match = TAG.fullmatch(tag)
    question = IMPORT_ID.fullmatch(known)
    if not match or (question and (not question[2] or question[2].lstrip("_") in TIMING)):
        return tag, ""
    if not question and (known or (stems[match[1]] < 2 and match[1] not in tags)):
        return tag, ""
    if question and question[2] == "_TEXT":  # a question that is a text and nothing else
        return tag, ""
    return match[1], match[2]


def _option(text: str, is_text: bool) -> str:
    """The option in `question - Selected Choice - option`, of a text beside it in `... - option - Text`."""
    if is_text:
        text = text.removesuffix(" - Text")
    stem, dash, option = text.rpartition(" - ")
    return option if dash and stem else ""


def record_columns(columns: Sequence[Column]) -> list[Column]:
    """The column of the response's id."""
    return [column for column in columns if column.name in ID or set(column.aliases) & {*ID, "_recordId"}][:1]


def read_questionnaire(content: bytes, path: Path) -> Dictionary:
    """The questions of a .qsf file, by import id and by tag: QID5, QID5_1, Q5, Q5_1.

    Raises BadInput for a file that is no questionnaire.
    """
    try:
        elements = json.loads(content.decode("utf-8-sig"))["SurveyElements"]
        questions = [e["Payload"] for e in elements if e.get("Element") == "SQ" and isinstance(e.get("Payload"), dict)]
        variables: dict[str, Variable] = {}
        for question in questions:
            variables = _variables(question) | variables
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"{path}: not a Qualtrics questionnaire ({error!r}); export it again as .qsf") from None
    return Dictionary("qualtrics", variables)


def _variables(payload: Mapping[str, Any]) -> dict[str, Variable]:
    kind, selector = payload.get("QuestionType", ""), payload.get("Selector", "")
    qid, tag = payload.get("QuestionID", ""), payload.get("DataExportTag", "")
    text = tidy(payload.get("QuestionText", ""))
    choices, answers = _labels(payload, "Choices"), _labels(payload, "Answers")
    codes = payload.get("RecodeValues") or {}
    many = kind == "MC" and selector.startswith("MA")
    if kind == "Matrix":
        options = {str(codes.get(number, number)): label for number, label in answers.items()}
        rows = {number: Variable(text, label, "single", options) for number, label in choices.items()}
    elif kind in ("Slider", "CS", "RO") or many or (kind == "TE" and selector == "FORM"):
        part = {"Slider": "numeric", "CS": "numeric", "RO": "rank", "TE": "text"}.get(kind, "multiple")
        rows = {number: Variable(text, label, part) for number, label in choices.items()}
    else:
        rows = {}
    options = {str(codes.get(number, number)): label for number, label in choices.items()} if kind == "MC" else {}
    hint = "multiple" if many else {"MC": "single", "TE": "text", "RO": "rank"}.get(kind, "")
    found = {}
    for name in (qid, tag):
        if name:
            found[name] = Variable(text, "", hint, options)
            for number, row in rows.items():
                recoded = codes.get(number, number) if many and name == tag else number
                found[f"{name}_{recoded}"] = row
    return found


def _labels(payload: Mapping[str, Any], key: str) -> dict[str, str]:
    """Number to text, in the order shown. An empty list stands for none."""
    listed = payload.get(key) or {}
    if isinstance(listed, list):
        listed = {str(place): entry for place, entry in enumerate(listed, start=1)}
    order = [str(number) for number in payload.get(f"{key.removesuffix('s')}Order") or []]
    numbers = [number for number in order if number in listed] + [number for number in listed if number not in order]
    return {number: tidy(listed[number].get("Display", "")) for number in numbers}


def name_by_id(columns: Sequence[Column], variables: Mapping[str, Variable]) -> list[Column]:
    """Columns whose part the questionnaire knows by text, where the header does not say it."""
    named = []
    for column in columns:
        known = next((variables[name] for name in (*column.aliases, column.name) if name in variables), None)
        if column.part and known and known.part and column.part == column.also:
            column = replace(column, part=known.part)
        named.append(column)
    return named
