"""LimeSurvey: question codes, full texts or both in the header, and the structure of a survey (.lss)."""

import re
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from survey.errors import BadInput
from survey.readers.structure import Column, Dictionary, Variable, split_last
from survey.text import tidy

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CODE = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?:\[([^\]]*)\](?:\[(\d+)\])?)?(?:\.\s(.*))?", re.DOTALL)
OWN = frozenset(["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "token", "ipaddr"])
OWN |= {"refurl"}
# The same as written by an export of full texts, in English and German.
OWN_TEXTS = frozenset(["response id", "date submitted", "last page", "start language", "seed", "date started"])
OWN_TEXTS |= {"date last action", "ip address", "referrer url", "antwort id", "datum abgeschickt", "letzte seite"}
OWN_TEXTS |= {"start-sprache", "zufallsstartwert", "datum gestartet", "datum letzte aktivität"}
ID = ("id", "response id", "antwort id")
# Times taken, by code and by text.
TIMES = re.compile(r"interviewtime|groupTime\d+|\w+Time|(?i:total time|gesamtzeit|(?:group|question) time: .*)")
# What a question or a box with a comment calls the column of the comment, by code and by text.
COMMENT = "comment"
COMMENTS = frozenset([COMMENT, "kommentar", "commentaire", "comentario", "commento", "opmerking"])

YES_NO = {"Y": "Yes", "N": "No"}
FIXED = {
    "Y": YES_NO,
    "G": {"F": "Female", "M": "Male"},
    "C": {"Y": "Yes", "N": "No", "U": "Uncertain"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
    "5": {str(point): str(point) for point in range(1, 6)},
    "A": {str(point): str(point) for point in range(1, 6)},
    "B": {str(point): str(point) for point in range(1, 11)},
    "M": YES_NO,
    "P": YES_NO,
}
TYPES = {
    **dict.fromkeys("LO!YGCE5ABFH1", "single"),
    **dict.fromkeys("MP", "multiple"),
    **dict.fromkeys("NK:", "numeric"),
    **dict.fromkeys("STUQ;", "text"),
    "D": "date",
    "R": "rank",
}


def header_rows(sample: Sequence[Sequence[str]]) -> int:
    """1 where the header has LimeSurvey's own columns, or question codes with their texts, else 0."""
    cells = [cell.lstrip("\ufeff") for cell in sample[0]]
    codes = [match for cell in cells if (match := CODE.fullmatch(cell))]
    own = OWN.intersection(match[1] for match in codes)
    titled = [match for match in codes if match[2] is not None or match[4] is not None]
    texts = OWN_TEXTS.intersection(tidy(cell).casefold() for cell in cells)
    return int(len(own) >= 3 or len(texts) >= 3 or len(titled) > len(cells) / 2)


def fits(sample: Sequence[Sequence[str]]) -> int:
    """As header_rows, and 1 for a header in which any cell is a question code, as where columns were taken out."""
    return header_rows(sample) or int(any(CODE.fullmatch(tidy(cell)) for cell in sample[0]))


def columns(headers: Sequence[Sequence[str]]) -> list[Column]:
    """The columns: by code where the header has one, `code[sub-question]`, else by their full texts."""
    found = []
    names = {tidy(header).partition(". ")[0] for header in headers[0]}
    for header in headers[0]:
        name = tidy(header)
        match = CODE.fullmatch(name)
        if match:
            code, part, scale = match[1], match[2] or "", match[3]
            name = f"{code}[{part}]" if part else code
            name += f"[{scale}]" if scale else ""
            block, part = _beside(code, part, names)
            found.append(Column(name, block, f"{part}[{scale}]" if scale else part, (header,)))
        else:
            stem, part = split_last(name)
            found.append(Column(name, stem, part, (header,)))
    return found


def _beside(code: str, part: str, names: Container[str]) -> tuple[str, str]:
    """Block and part of a column: a comment on a box, `P1[SQ1comment]`, is no box of the question but a part of it."""
    box = f"{code}[{part.removesuffix(COMMENT)}]"
    return (box, COMMENT) if part.endswith(COMMENT) and box in names else (code, part)


def is_comment(column: Column) -> bool:
    """Whether a column is called as the comment on an answer is."""
    return column.part.casefold() in COMMENTS


def record_columns(columns: Sequence[Column]) -> list[Column]:
    """The column of the response's id."""
    return [column for column in columns if column.name.casefold() in ID][:1]


def name_by_text(columns: Sequence[Column], variables: Mapping[str, Variable]) -> list[Column]:
    """Columns of an export of full texts, also called by the codes that the structure gives their questions."""
    by_text: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, variable in variables.items():
        by_text[variable.question, variable.part].append(name)
    named = []
    for column in columns:
        codes = by_text.get((column.block, column.part), []) if column.name not in variables else []
        if len(codes) == 1:
            stem, part = _beside(*split_last(codes[0]), variables)
            column = replace(column, aliases=(codes[0],), block_aliases=(stem,), also=part)
        named.append(column)
    return named


def read_structure(content: bytes, path: Path) -> Dictionary:
    """The questions of a .lss file: `code` or `code[sub-question]` to what is asked, with its answers.

    Texts are in the survey's base language. Raises BadInput for a file that is no survey structure.
    """
    root = _root(content, path)
    if root.findtext("LimeSurveyDocType") != "Survey":
        raise BadInput(f"{path}: not the structure of a LimeSurvey survey; export it again as .lss")
    tables = ("surveys", "question_l10ns", "questions")  # the base language stands in the first, if it is there
    languages = [row["language"] for table in tables for row in _rows(root, table) if row.get("language")]
    language = next(iter(languages), "")
    texts = _texts(root, "question_l10ns", "qid", "question", language)
    answer_texts = _texts(root, "answer_l10ns", "aid", "answer", language)
    answers: dict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
    for row in _rows(root, "answers"):
        if row.get("language", language) == language:
            label = tidy(row.get("answer") or answer_texts.get(row.get("aid", ""), ""))
            scale = row.get("qid", ""), row.get("scale_id", "0")
            answers[scale].append((_place(row, "sortorder"), row.get("code", ""), label))
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in sorted(_rows(root, "subquestions"), key=lambda row: _place(row, "question_order")):
        if row.get("language", language) == language:
            parts[row.get("parent_qid", "")].append(row)
    variables: dict[str, Variable] = {}
    for row in _rows(root, "questions"):
        if row.get("language", language) == language and row.get("type") != "X":
            first, second = (
                {code: label for _, code, label in sorted(answers[row.get("qid", ""), scale])} for scale in "01"
            )
            own = _variables(row, parts[row.get("qid", "")], first, texts)
            variables |= _two_scales(own, first, second) if row.get("type") == "1" else own
    return Dictionary("limesurvey", variables)


def _variables(
    row: Mapping[str, str], parts: Sequence[Mapping[str, str]], options: dict[str, str], texts: Mapping[str, str]
) -> dict[str, Variable]:
    code, kind = row.get("title", ""), row.get("type", "")
    question = Variable(
        question=tidy(row.get("question") or texts.get(row.get("qid", ""), "")),
        type=TYPES.get(kind, ""),
        options=FIXED.get(kind, options),
        condition=row.get("relevance", "") if row.get("relevance") != "1" else "",
    )
    other = row.get("other") == "Y"
    written = {f"{code}[other]": replace(question, part="Other", type="text", options={})} if other else {}
    if kind == "R":
        return {f"{code}[{rank}]": replace(question, part=f"Rank {rank}") for rank in range(1, len(options) + 1)}
    if not parts:
        return {code: question} | written
    first = [row for row in parts if row.get("scale_id", "0") == "0"]
    second = [row for row in parts if row.get("scale_id", "0") != "0"]
    found = {}
    for part in first:
        text = tidy(part.get("question") or texts.get(part.get("qid", ""), ""))
        for across in second or [None]:
            name = f"{part.get('title', '')}_{across.get('title', '')}" if across else part.get("title", "")
            found[f"{code}[{name}]"] = replace(question, part=text)
    return found | written | (_comments(question, found | written) if kind == "P" else {})


def _two_scales(
    rows: Mapping[str, Variable], first: Mapping[str, str], second: Mapping[str, str]
) -> dict[str, Variable]:
    """The rows of an array with two scales, each a column per scale: `code[SQ1][1]` and `code[SQ1][2]`."""
    return {
        f"{name}[{number}]": replace(row, options=options)
        for name, row in rows.items()
        for number, options in enumerate((first, second), start=1)
    }


def _comments(question: Variable, boxes: Mapping[str, Variable]) -> dict[str, Variable]:
    """The comment beside each box."""
    return {
        f"{name.removesuffix(']')}{COMMENT}]": Variable(f"{question.question} [{box.part}]", "Comment", "text")
        for name, box in boxes.items()
    }


def _root(content: bytes, path: Path) -> "Element":
    """The parsed file. A document type with entities of its own is refused: no .lss has any."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise BadInput(f"{path}: holds a document type, which no LimeSurvey structure has; export it again as .lss")
    from xml.etree import ElementTree

    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadInput(f"{path}: cannot be read as XML ({error}); export it again as .lss") from None


def _rows(root: "Element", table: str) -> list[dict[str, str]]:
    return [{cell.tag: cell.text or "" for cell in row} for row in root.findall(f"{table}/rows/row")]


def _place(row: Mapping[str, str], column: str) -> int:
    """A row's place in its list, 0 where none is given."""
    text = row.get(column, "")
    return int(text) if text.isdecimal() else 0


def _texts(root: "Element", table: str, key: str, column: str, language: str) -> dict[str, str]:
    """Texts that newer versions keep in a table of their own, by key."""
    rows = [row for row in _rows(root, table) if row.get("language", language) == language]
    return {row.get(key, ""): row.get(column, "") for row in rows}
