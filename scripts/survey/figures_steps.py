"""Who gives what at each grade or line of treatment, as a heat map that is read like a protocol."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from survey import display
from survey.style import (
    BODY,
    HEAD,
    MARGIN,
    MM,
    NOTE,
    SINGLE_COLUMN,
    Face,
    Fonts,
    Sheet,
    draw,
    footer,
    heading,
    shade,
    with_note,
    with_withheld,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from survey.study import Study

Rows = Sequence[Mapping[str, Any]]
LABELS = 23 * MM
GAP = 4 * MM  # between panels
PAD = 2.0
NOTES = "Empty: not asked. Intervals are in the data of the figure."


def steps_figure(study: "Study", figure: Mapping[str, Any], rows: Rows, fonts: Fonts, width: float) -> "Figure":
    """A panel per condition: side by side on a page, one above the other in a column."""
    sheet = Sheet(width, fonts)
    top = heading(sheet, figure["title"], f"Percent of {study.units}, and number of those who answered")
    panels, beside = figure["panels"], width > SINGLE_COLUMN
    rows_of = [[row for row in rows if row["panel"] == panel["title"]] for panel in panels]
    needs = [_needs(sheet, panel, own) for panel, own in zip(panels, rows_of, strict=True)]
    room = width - 2 * MARGIN - (LABELS * len(panels) + GAP * (len(panels) - 1) if beside else LABELS)
    fullest = needs if beside else [max(needs, key=lambda need: sum(need.values()))]
    # What is left is shared; where a long word asks for more than there is, all give way.
    wanted = sum(sum(need.values()) for need in fullest)
    spare, scale = max(0, room - wanted) / sum(map(len, fullest)), min(1, room / wanted)
    left, y, bottom = MARGIN, top, top
    for panel, own, need in zip(panels, rows_of, needs, strict=True):
        widths = {column: least * scale + spare for column, least in need.items()}
        end = _panel(sheet, panel, own, left, y, widths)
        bottom = max(bottom, end)
        if beside:
            left += LABELS + sum(widths.values()) + GAP
        else:
            y = end + 8
    return draw(sheet, footer(sheet, bottom + 5, with_withheld(study, with_note(figure, NOTES)), bool(study.simulated)))


def _needs(sheet: Sheet, panel: Mapping[str, Any], rows: Rows) -> dict[str, float]:
    """The least width of each column, so that neither a word of its head nor a number is broken."""
    needs = {}
    for column in panel["columns"]:
        texts = [*column.split(), *(_number(row) for row in rows if row["column"] == column)]
        needs[column] = max(sheet.measure(text, NOTE) for text in texts) + 2 * PAD
    return needs


def _number(row: Mapping[str, Any]) -> str:
    if math.isnan(row["n"]):
        return display.WITHHELD
    return f"{row['n']}/{display.DASH if math.isnan(row['n_valid']) else row['n_valid']}"


def _panel(
    sheet: Sheet, panel: Mapping[str, Any], rows: Rows, left: float, y: float, widths: Mapping[str, float]
) -> float:
    """One panel from y downwards, columns of these widths; returns the y below it."""
    whole_width = LABELS + sum(widths.values())
    y = sheet.write_lines(left, y, sheet.wrap(panel["title"], whole_width, HEAD), HEAD) + 3
    whole = all(sheet.measure(column, NOTE) <= width - PAD for column, width in widths.items())
    heads = {
        column: [column] if whole else [part for word in column.split() for part in sheet.wrap(word, width - PAD, NOTE)]
        for column, width in widths.items()
    }
    tall = max(map(len, heads.values())) * NOTE.line
    lefts = dict(zip(widths, accumulate(widths.values(), initial=left + LABELS), strict=False))
    for column, lines in heads.items():
        sheet.write_lines(lefts[column] + widths[column] / 2, y + tall - len(lines) * NOTE.line, lines, NOTE, "center")
    y += tall + 1
    for label in dict.fromkeys(row["row"] for row in rows):
        lines = sheet.wrap(label, LABELS - 4, BODY)
        high = max(2, len(lines)) * BODY.line + 2 * PAD
        sheet.write_lines(left, y + (high - len(lines) * BODY.line) / 2, lines)
        found = {row["column"]: row for row in rows if row["row"] == label}
        sheet.line((left, y), (left + whole_width, y), width=0.4)
        for column, row in found.items():
            _cell(sheet, row, lefts[column], y, widths[column], high)
        y += high
    return y


def _cell(sheet: Sheet, row: Mapping[str, Any], x: float, y: float, width: float, height: float) -> None:
    """Percent above n/N, on a ground that is the darker the larger the percent."""
    fill, dark = shade(row["percent"])
    sheet.box(x + 0.6, y + 0.6, width - 1.2, height - 1.2, fill)
    colour = "white" if dark else "black"
    sheet.write(x + width / 2, y + PAD, display.percent(row["percent"]), Face(7, "bold", colour=colour), "center")
    sheet.write(x + width / 2, y + PAD + BODY.line, _number(row), Face(7, colour=colour), "center")


def steps_alt(study: "Study", figure: Mapping[str, Any], rows: Rows) -> str:
    """One paragraph: per panel and step, the most frequent treatment."""
    text = ("Simulated data. " if study.simulated else "") + f"Heat map: {figure['title']}."
    for panel in figure["panels"]:
        for column in panel["columns"]:
            cells = [
                row
                for row in rows
                if (row["panel"], row["column"]) == (panel["title"], column) and not math.isnan(row["percent"])
            ]
            if cells:
                top = max(cells, key=lambda row: row["percent"])
                counted = f"{top['n']}/{top['n_valid']}, {display.percent(top['percent'])}"
                text += f" {panel['title']}, {column}: most often {top['row']} ({counted})."
    return text
