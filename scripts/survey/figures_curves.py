"""The share of respondents that has acted by each day, as one small curve per question."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from survey import display
from survey.figures_domain import nice_ticks
from survey.style import (
    BLUE,
    HEAD,
    MARGIN,
    MM,
    NOTE,
    PERCENTS,
    RULE,
    SINGLE_COLUMN,
    Fonts,
    Sheet,
    asked_words,
    draw,
    footer,
    heading,
    percent_text,
    tick_text,
    with_note,
    with_withheld,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from survey.study import Study

Rows = Sequence[Mapping[str, Any]]
BAND = "#CFE3F1"  # of the blue of the curve
HEIGHT = 42 * MM
GAP = 7 * MM
AXIS = 20.0  # room for the labels of the vertical axis


def curves_figure(study: "Study", figure: Mapping[str, Any], rows: Rows, fonts: Fonts, width: float) -> "Figure":
    """A panel per curve, all on one axis: side by side on a page, one above the other in a column."""
    sheet = Sheet(width, fonts)
    top = heading(sheet, figure["title"], f"Cumulative percent of the {study.units} that answered")
    curves, beside = figure["curves"], width > SINGLE_COLUMN
    share = (width - 2 * MARGIN - AXIS - GAP * (len(curves) - 1)) / len(curves) if beside else width - 2 * MARGIN - AXIS
    days = [float(row["column"]) for row in rows if row["column"]]
    first, last = min([0, *days]), max([0, *days])
    last = last if last > first else first + 1
    span = (first, last + 0.08 * (last - first))  # so that the last step is seen
    y = bottom = top
    for place, curve in enumerate(curves):
        left = MARGIN + AXIS + (place * (share + GAP) if beside else 0)
        y = top if beside else (y + 8 if place else y)
        own = [row for row in rows if row["panel"] == curve["label"]]
        y = _panel(sheet, study, figure, curve, own, span, (left, y, share), place == 0 or not beside)
        bottom = max(bottom, y)
    return draw(sheet, footer(sheet, bottom + 5, _notes(study, figure), bool(study.simulated)))


def _notes(study: "Study", figure: Mapping[str, Any]) -> str:
    level = display.number(study.inference["level"])
    words = f"Line: cumulative share; band: {level}% interval of each share, not of the whole curve."
    return with_withheld(study, with_note(figure, words))


def _panel(
    sheet: Sheet,
    study: "Study",
    figure: Mapping[str, Any],
    curve: Mapping[str, Any],
    rows: Rows,
    span: tuple[float, float],
    place: tuple[float, float, float],
    scaled: bool,
) -> float:
    """One curve with its answers that name no day below it; returns the y below."""
    left, y, width = place
    first, last = span
    asked = display.WITHHELD if study.minimum_cell else "n = 0"
    if rows:
        asked = "".join(asked_words(rows[0]))
    y = sheet.write_lines(left, y, sheet.wrap(curve["label"], width, HEAD), HEAD)
    sheet.write(left, y, asked, NOTE)
    top = y + NOTE.line + 5
    bottom = top + HEIGHT

    def across(day: float) -> float:
        return left + width * (day - first) / (last - first)

    def down(percent: float) -> float:
        return bottom - HEIGHT * percent / 100

    for percent in PERCENTS:
        sheet.line((left, down(percent)), (left + width, down(percent)), width=0.6 if percent == 0 else 0.4)
        if scaled:
            sheet.write(left - 3, down(percent) - NOTE.line / 2, tick_text(percent), NOTE, "right")
    for tick in (tick for tick in nice_ticks(first, last) if first <= tick <= last):
        sheet.line((across(tick), bottom), (across(tick), bottom + 2), colour=RULE, width=0.6)
        sheet.write(across(tick), bottom + 2, display.number(tick), NOTE, "center")
    points = [row for row in rows if row["column"] and not math.isnan(row["percent"])]
    line = [(left, down(0))]
    for place_of, row in enumerate(points):
        start = across(float(row["column"]))
        end = across(float(points[place_of + 1]["column"]) if place_of + 1 < len(points) else last)
        if end > start:
            sheet.box(start, down(row["ci_high"]), end - start, down(row["ci_low"]) - down(row["ci_high"]), BAND)
        line += [(start, line[-1][1]), (start, down(row["percent"])), (end, down(row["percent"]))]
    sheet.line(*line, colour=BLUE, width=1.4, over=4)
    sheet.write(left + width / 2, bottom + 2 + NOTE.line, figure["axis"], NOTE, "center")
    y = bottom + 2 + 2 * NOTE.line + 2
    for row in rows:
        if not row["column"]:
            words = f"{row['row']}: {percent_text(row['percent'], row['n'], row['n_valid'])}"
            y = sheet.write_lines(left, y, sheet.wrap(words, width, NOTE), NOTE)
    return y


def curves_alt(study: "Study", figure: Mapping[str, Any], rows: Rows) -> str:
    """One paragraph: of each curve, when half had acted, and its last share."""
    text = ("Simulated data. " if study.simulated else "") + f"Step curves: {figure['title']}; {figure['axis']}."
    for curve in figure["curves"]:
        points = [row for row in rows if row["panel"] == curve["label"] and row["column"]]
        points = [row for row in points if not math.isnan(row["percent"])]
        if not points:
            text += f" {curve['label']}: {display.WITHHELD if study.minimum_cell else 'no answers'}."
            continue
        half = next((row["column"] for row in points if row["percent"] >= 50), None)
        reached = f"half by {display.number(float(half))}" if half else "less than half at any time"
        last = points[-1]
        counted = f"{last['n']}/{last['n_valid']}, {display.percent(last['percent'])}"
        text += f" {curve['label']}: {reached}; by {display.number(float(last['column']))} {counted}."
    return text
