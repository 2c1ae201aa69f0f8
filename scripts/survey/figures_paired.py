"""The same question about two or more kinds of patients, answer by answer, side by side."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from survey import display
from survey.style import (
    BLUE,
    BODY,
    GREEN,
    HEAD,
    MARGIN,
    MM,
    NOTE,
    ORANGE,
    PERCENTS,
    RULE,
    SINGLE_COLUMN,
    VERMILLION,
    Fonts,
    Sheet,
    asked_words,
    draw,
    footer,
    heading,
    percent_text,
    with_note,
    with_withheld,
    write_percents,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from survey.study import Study

Rows = Sequence[Mapping[str, Any]]
MARKS = ((BLUE, "o", True), (VERMILLION, "s", False), (GREEN, "D", True), (ORANGE, "^", True))


def paired_figure(study: "Study", figure: Mapping[str, Any], rows: Rows, fonts: Fonts, width: float) -> "Figure":
    """A line per answer and kind of patients; in a column the answer stands above its lines."""
    sheet, beside = Sheet(width, fonts), width > SINGLE_COLUMN
    y = heading(sheet, figure["title"], f"Percent of the {study.units} that were asked and answered")
    y = _key(sheet, figure, rows, y) + 4
    labels = 46 * MM if beside else 0
    numbers = max(sheet.measure(text, NOTE) for text in ["n/N (%)", *map(_number, rows)]) + 4
    names = min(max(sheet.measure(name, NOTE) for name in figure["items"]), 0.22 * width) + 6
    left = MARGIN + labels + names
    right = width - MARGIN - numbers - sheet.measure("100%", NOTE) / 2

    def at(percent: float) -> float:
        return left + (right - left) * percent / 100

    write_percents(sheet, at, y)
    sheet.write(width - MARGIN, y, "n/N (%)", NOTE, "right")
    y += NOTE.line + 2
    for option in dict.fromkeys(row["row"] for row in rows):
        lines = sheet.wrap(option, labels - 6 if beside else width - 2 * MARGIN, HEAD)
        if beside:
            sheet.write_lines(MARGIN, y, lines, HEAD)
            start = y
        else:
            start = sheet.write_lines(MARGIN, y, lines, HEAD)
        end = start
        for place, row in enumerate(row for row in rows if row["row"] == option):
            end = _line(
                sheet,
                row,
                MARKS[place],
                at,
                (MARGIN + labels, names - 6),
                width - MARGIN,
                start + place * (BODY.line + 1.5),
            )
        for percent in PERCENTS:
            sheet.line((at(percent), start), (at(percent), end), width=0.4)
        y = max(end, y + len(lines) * HEAD.line) + 5
    return draw(sheet, footer(sheet, y, _notes(study, figure), bool(study.simulated)))


def _notes(study: "Study", figure: Mapping[str, Any]) -> str:
    words = f"Mark and line: percent with {display.number(study.inference['level'])}% interval."
    return with_withheld(study, with_note(figure, words))


def _number(row: Mapping[str, Any]) -> str:
    return percent_text(row["percent"], row["n"], row["n_valid"])


def _key(sheet: Sheet, figure: Mapping[str, Any], rows: Rows, y: float) -> float:
    """Who was asked of each kind of patients; returns the y below."""
    for place, name in enumerate(figure["items"]):
        row = next(row for row in rows if row["column"] == name)
        missing = row["n_asked"] - row["n_valid"]
        words = f"{name}: {asked_words(row)[0]}"
        words += f", {missing} without an answer that counts" if missing > 0 else ""
        words += asked_words(row)[1]
        sheet.dot(MARGIN + 3, y + NOTE.line / 2, *MARKS[place])
        y = sheet.write_lines(MARGIN + 9, y, sheet.wrap(words, sheet.width - 2 * MARGIN - 9, NOTE), NOTE)
    return y


def _line(
    sheet: Sheet,
    row: Mapping[str, Any],
    mark: tuple[str, str, bool],
    at: "Any",
    name: tuple[float, float],
    right: float,
    y: float,
) -> float:
    middle = y + BODY.line / 2
    sheet.write(name[0], y, sheet.fonts.shorten(row["column"], name[1], NOTE), NOTE)
    sheet.line((at(0), middle), (at(100), middle), colour=RULE, width=0.4)
    if not math.isnan(row["percent"]):
        if row["ci_high"] > row["ci_low"]:
            sheet.line((at(row["ci_low"]), middle), (at(row["ci_high"]), middle), colour=mark[0], width=1.3, over=3)
        sheet.dot(at(row["percent"]), middle, *mark)
    sheet.write(right, y, _number(row), BODY, "right")
    return y + BODY.line + 1.5


def paired_alt(study: "Study", figure: Mapping[str, Any], rows: Rows) -> str:
    """One paragraph: the most frequent answer for each kind of patients."""
    text = ("Simulated data. " if study.simulated else "") + f"Dot plot with intervals: {figure['title']}."
    for name in figure["items"]:
        own = [row for row in rows if row["column"] == name and not math.isnan(row["percent"])]
        if own:
            top = max(own, key=lambda row: row["percent"])
            text += f" {name}: most often {top['row']}, {_number(top)}."
        else:
            text += f" {name}: no answers."
    return text
