"""Published surveys beside our estimates, answer by answer."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from survey import display
from survey.style import (
    BLUE,
    BODY,
    DOUBLE_COLUMN,
    MARGIN,
    NOTE,
    ORANGE,
    PAGE_HEIGHT,
    PERCENTS,
    RULE,
    SINGLE_COLUMN,
    STRONG,
    Fonts,
    Sheet,
    draw,
    draw_key,
    footer,
    heading,
    with_withheld,
    write_percents,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

TITLE = "This survey beside published surveys"
OURS, WORDING = "This survey", "Answer, as it was worded there"
GAP, PITCH = 8.0, 9.4
AXIS_WIDTH, INDENT = 124.0, 5.0  # the least width of the axis; of a wording below its survey
MARKS = {"ours": (BLUE, "o", True), "printed": (ORANGE, "D", True), "not printed": (ORANGE, "D", False)}
NAME = re.compile(r"([^.,]+?)(?: [^\W\d_a-z]{1,4})?(?:[.,]| et al|$)")  # an author, with or without initials
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
COLUMNS = (
    "figure item label option_labels percent ci_low ci_high numerator denominator study name published_question"
    " published_option published published_percent published_ci_low published_ci_high published_n"
    " published_denominator denominator_printed doi note note_number drawn"
)


@dataclass(frozen=True)
class Mark:
    """An estimate as drawn: percent 0 to 100 (nan: no mark) with interval (nan: none), and what stands beside it."""

    kind: str
    percent: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Published:
    """A published figure: its survey's name, the answer as it was worded there, and the number of its note."""

    name: str
    answer: str
    mark: Mark
    source: str
    note: str
    note_number: int
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """One of our estimates and the published figures beside it."""

    question: str
    answer: str
    mark: Mark
    published: tuple[Published, ...]


def survey_names(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Study to first author and year, "Rejeski 2023"; of the same, the first is "Penack 2024a".

    rows: with `study`, such as rejeski_2023_icaht, and `citation`, which begins with the first author.
    """
    plain = {row["study"]: _name(row["study"], row["citation"]) for row in rows}
    names = {}
    for study, name in plain.items():
        alike = [other for other in plain if plain[other] == name]
        names[study] = name + (_letter(alike.index(study)) if len(alike) > 1 else "")
    return names


def _name(study: str, citation: str) -> str:
    author = NAME.match(citation)
    year = YEAR.search(study) or YEAR.search(citation)
    return " ".join([author[1] if author else study, *([year[0]] if year else [])])


def _letter(place: int) -> str:
    return chr(ord("a") + place % 26) * (place // 26 + 1)


def published_answers(study: "Study", comparators: "pd.DataFrame") -> list[Answer]:
    """Our estimates in the order of the table, each with the published figures that follow it there."""
    rows = comparators.to_dict("records")
    names, numbers = survey_names(rows), {}
    for row in rows:
        if row["note"]:
            numbers.setdefault(row["note"], len(numbers) + 1)
    answers = []
    for _, beside in groupby(rows, key=lambda row: row["figure"]):
        beside = list(beside)
        first = beside[0]
        published = tuple(
            Published(
                names[row["study"]],
                row["published_option"],
                _theirs(row),
                f"doi:{row['doi']}" if row["doi"] else row["citation"].rstrip("."),
                row["note"],
                numbers.get(row["note"], 0),
                row,
            )
            for row in beside
        )
        label, answer = first["question"], first["option_labels"]
        if first["item"]:
            label = study.item(first["item"]).label
        elif answer.startswith("RR"):
            answer = f"AAPOR's {answer}"
        answers.append(Answer(label, answer, _ours(first), published))
    return answers


def _ours(row: Mapping[str, Any]) -> Mark:
    if "percent" in row.get("withheld", ""):
        return Mark("ours", math.nan, math.nan, math.nan, display.WITHHELD)
    text = (
        f"{display.number(row['numerator'])}/{display.number(row['denominator'])} ({display.percent(row['percent'])})"
    )
    return Mark("ours", row["percent"], row["ci_low"], row["ci_high"], text)


def _theirs(row: Mapping[str, Any]) -> Mark:
    printed = row["denominator_printed"] == "yes"
    percent = f"{row['published']}%" if row["published"] else display.percent(row["published_percent"])
    text = f"not printed ({percent})"
    if printed:
        text = f"{display.number(row['published_n'])}/{display.number(row['published_denominator'])} ({percent})"
    numbers = (row[column] for column in ("published_percent", "published_ci_low", "published_ci_high"))
    return Mark("printed" if printed else "not printed", *numbers, text)


@dataclass(frozen=True)
class Places:
    """Where the parts of a line lie, in points; answer is None where the wording stands below the line."""

    answer: float | None
    answer_width: float
    axis: float
    axis_width: float
    value: float
    note: float

    def at(self, percent: float) -> float:
        """Horizontal place of a percent."""
        return self.axis + self.axis_width * percent / 100


def _places(sheet: Sheet, answers: Sequence[Answer]) -> Places:
    marks = [mark for answer in answers for mark in (answer.mark, *(other.mark for other in answer.published))]
    names = [OURS, *(other.name for answer in answers for other in answer.published)]
    name = max(sheet.measure(text, STRONG) for text in names) + 1
    note = sheet.width - MARGIN
    value = note - sheet.measure("Note", NOTE) - 6
    left = value - max(sheet.measure(mark.text) for mark in marks) - 6
    if sheet.width > SINGLE_COLUMN:
        place, wordings = MARGIN + name + GAP, [WORDING, *(text for one in answers for text in _wordings(one))]
        width = min(max(map(sheet.measure, wordings)) + 1, left - AXIS_WIDTH - GAP - place)
        axis = place + width + GAP
        return Places(place, width, axis, left - axis, value, note)
    axis = MARGIN + name + 6
    return Places(None, note - MARGIN - INDENT, axis, left - axis, value, note)


def _wordings(answer: Answer) -> list[str]:
    return [answer.answer, *(other.answer for other in answer.published)]


def page_room(study: "Study", answers: Sequence[Answer], fonts: Fonts) -> int:
    """How many of our estimates, with the published figures beside them, fit a page of 178 by 235 mm."""
    sheet = Sheet(DOUBLE_COLUMN, fonts)
    places = _places(sheet, answers)
    space = PAGE_HEIGHT - _draw_heads(sheet, study, places, heading(sheet, TITLE, _subtitle(study)))
    space -= _draw_notes(sheet, study, answers, 0) + NOTE.line + 4
    for place, answer in enumerate(answers):
        space -= _draw_answer(sheet, answer, place == 0 or answers[place - 1].question != answer.question, places, 0)
        if space < 0:
            return place
    return len(answers)


def published_figure(study: "Study", answers: Sequence[Answer], room: int, fonts: Fonts, width: float) -> "Figure":
    """Draw the first `room` of our estimates with the published figures beside them."""
    sheet, drawn = Sheet(width, fonts), answers[:room]
    places = _places(sheet, answers)
    y = _draw_heads(sheet, study, places, heading(sheet, TITLE, _subtitle(study)))
    for place, answer in enumerate(drawn):
        y = _draw_answer(sheet, answer, place == 0 or drawn[place - 1].question != answer.question, places, y)
    if len(answers) > room:
        y = sheet.write_lines(MARGIN, y, sheet.wrap(_more(len(answers) - room), width - 2 * MARGIN, STRONG), STRONG)
    return draw(sheet, _draw_notes(sheet, study, drawn, y + 2))


def _subtitle(study: "Study") -> str:
    if study.simulated:
        return "This survey: simulated data. Published surveys: percents as printed in their reports"
    return "Percents of this survey, and of published surveys as printed in their reports"


def _more(count: int) -> str:
    return f"{count} more answer{'' if count == 1 else 's'} in the table of published surveys"


def _draw_heads(sheet: Sheet, study: "Study", places: Places, y: float) -> float:
    """The key of the marks and what the columns hold; returns the y below."""
    level = display.number(study.inference["level"])
    words = {
        "ours": f"this survey{' (simulated data)' if study.simulated else ''}",
        "printed": "published",
        "not printed": "published, n/N not printed",
    }
    x, y = draw_key(sheet, ((MARKS[kind], text) for kind, text in words.items()), y)
    text = f"line: {level}% interval"
    if x + sheet.measure(text, NOTE) > sheet.width - MARGIN:
        x, y = MARGIN, y + NOTE.line
    sheet.write(x, y, text, NOTE)
    y += NOTE.line + 5
    heads = [(places.value, "n/N (%)", "right"), (places.note, "Note", "right")]
    if places.answer is not None:
        heads += [(MARGIN, "Survey", "left"), (places.answer, WORDING, "left")]
    for x, text, align in heads:
        sheet.write(x, y, text, NOTE, align)
    write_percents(sheet, places.at, y)
    return y + NOTE.line + 2


def _draw_answer(sheet: Sheet, answer: Answer, is_first: bool, places: Places, y: float) -> float:
    """One of our estimates with those beside it, the question above the first; returns where the next begins."""
    if is_first:
        sheet.line((MARGIN, y), (sheet.width - MARGIN, y), colour=RULE, width=0.8)
        lines = sheet.wrap(answer.question, sheet.width - 2 * MARGIN, STRONG)
        y = sheet.write_lines(MARGIN, y + 3, lines, STRONG) + 1
    y = _draw_line(sheet, OURS, answer.answer, answer.mark, 0, places, y)
    for other in answer.published:
        y = _draw_line(sheet, other.name, other.answer, other.mark, other.note_number, places, y)
    return y + 5


def _draw_line(sheet: Sheet, name: str, wording: str, mark: Mark, note: int, places: Places, y: float) -> float:
    """A survey with its answer and mark between y and the y that is returned."""
    face = BODY if mark.kind == "ours" else NOTE
    words = sheet.wrap(wording, places.answer_width, face)
    if places.answer is None:
        height, bottom = PITCH, sheet.write_lines(MARGIN + INDENT, y + PITCH, words, NOTE)
    else:
        height = PITCH + (len(words) - 1) * BODY.line
        bottom = y + height
        sheet.write_lines(places.answer, y + (PITCH - BODY.line) / 2, words, face)
    upper, middle = y + (PITCH - BODY.line) / 2, y + PITCH / 2
    sheet.write(MARGIN, upper, name)
    for tick in PERCENTS:
        sheet.line((places.at(tick), y), (places.at(tick), y + height), width=0.4)
    sheet.line((places.axis, middle), (places.axis + places.axis_width, middle), width=0.4)
    if mark.high > mark.low:
        ends = [(places.at(percent), middle) for percent in (mark.low, mark.high)]
        sheet.line(*ends, colour=MARKS[mark.kind][0], width=1.1, over=3)
    if not math.isnan(mark.percent):
        sheet.dot(places.at(mark.percent), middle, *MARKS[mark.kind])
    sheet.write(places.value, upper, mark.text, align="right")
    if note:
        sheet.write(places.note, upper, str(note), NOTE, "right")
    return bottom


def _draw_notes(sheet: Sheet, study: "Study", drawn: Sequence[Answer], y: float) -> float:
    """The numbered notes, the sources and, for a simulated study, the words that say so; returns the y below."""
    numbered = {other.note_number: other.note for answer in drawn for other in answer.published if other.note}
    indent = sheet.measure("00", NOTE) + 4
    y += 2
    for number in sorted(numbered):
        sheet.write(MARGIN + indent - 4, y, str(number), NOTE, "right")
        lines = sheet.wrap(numbered[number], sheet.width - 2 * MARGIN - indent, NOTE)
        y = sheet.write_lines(MARGIN + indent, y, lines, NOTE)
    sources = {other.name: other.source for answer in drawn for other in answer.published}
    text = "; ".join(f"{name}, {source}" for name, source in sorted(sources.items()))
    level = display.number(study.inference["level"])
    intervals = f"Published percents have Wilson's {level}% interval where numerator and denominator were printed."
    if any(math.isnan(answer.mark.low) and not math.isnan(answer.mark.percent) for answer in drawn):
        intervals += " A response rate is a count of all invited and has none."
    return footer(sheet, y + 3, with_withheld(study, f"{intervals} {text}."), bool(study.simulated))


def drawn_table(answers: Sequence[Answer], room: int) -> "pd.DataFrame":
    """Exactly the data drawn, a row per published figure, in drawing order; `drawn` is no for rows only counted."""
    import pandas as pd

    lines = [
        {
            **other.row,
            "label": answer.question,
            "name": other.name,
            "note_number": other.note_number or pd.NA,
            "drawn": "yes" if place < room else "no",
        }
        for place, answer in enumerate(answers)
        for other in answer.published
    ]
    return pd.DataFrame(lines, columns=COLUMNS.split()).astype({"note_number": "Int64"})


def published_alt(study: "Study", answers: Sequence[Answer], room: int) -> str:
    """One paragraph: every percent of this survey with the published percents beside it."""
    simulated = "Simulated data; the published figures are real. " if study.simulated else ""
    key = "n/N (percent), or not printed where a report gives the percent alone"
    sentences = [f"{simulated}Dot plot of percents of this survey beside published surveys: {key}."]
    for answer in answers[:room]:
        others = "; ".join(f"{other.name} ({other.answer}) {other.mark.text}" for other in answer.published)
        sentences.append(f"{answer.question}, {answer.answer}: this survey {answer.mark.text}; {others}.")
    if len(answers) > room:
        sentences.append(f"{_more(len(answers) - room)}.")
    return " ".join(sentences)
