"""How often the most frequent answer to each question is given at each level of the groupings, as a heat map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from survey import display
from survey.style import (
    BODY,
    GREY,
    HEAD,
    INK,
    MARGIN,
    NOTE,
    PAGE_HEIGHT,
    SINGLE_COLUMN,
    STRONG,
    Fonts,
    Sheet,
    blank,
    draw,
    footer,
    heading,
    with_withheld,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from survey.study import Study

TITLE = "The most frequent answers, by group"
NOTES = (
    "Percent of those who answered at each level; n, the most that answered a question there. Where fewer than {small}"
    " answered, their number and no colour."
    " Levels with few respondents differ by chance; which differences pass a test is in the table of differences."
)
COLUMNS = ["item", "label", "option", "answer", "group", "level", "n", "n_valid", "percent", "shown"]
HIDDEN = "x"  # what stands in a cell that is withheld, as official statistics print it
SMALL = 5  # below this base a percent says too little to be coloured
MOST = 62  # rows that fit on a page at 7 pt
PITCH, TIGHT = 11.0, 8.1
GAP, BETWEEN, INDENT = 6.0, 5.0, 6.0
DARK = 65  # above this percent the cell is so dark that its text is white


@dataclass(frozen=True)
class Cell:
    """One level's share: n of base, percent 0 to 100, nan for a base of none; all nan where they are withheld."""

    n: float
    base: float
    percent: float

    @property
    def is_withheld(self) -> bool:
        """Whether its count or its base is not published."""
        return math.isnan(self.n) or math.isnan(self.base)

    @property
    def is_small(self) -> bool:
        """Whether the base is too small for a percent."""
        return self.is_withheld or self.base < SMALL

    @property
    def text(self) -> str:
        """What stands in the cell."""
        if self.is_withheld:
            return HIDDEN
        if self.base == 0:
            return display.DASH
        return f"{self.n}/{self.base}" if self.is_small else display.percent(self.percent).rstrip("%")


@dataclass(frozen=True)
class Row:
    """The most frequent answer to an item, and its share at each level, by (group, level)."""

    item: str
    label: str
    option: str
    answer: str
    domain: str
    entropy: float
    cells: dict[tuple[str, str], Cell]


def level_labels(rows: Sequence[Row], group: str, codes: Sequence[tuple[str, str]]) -> list[str]:
    """The levels of a group with the largest number that answered a question there, "Under 10, n = 13"."""
    bases = {code: [row.cells[group, code].base for row in rows] for code, _ in codes}
    most = {code: max((n for n in found if not math.isnan(n)), default="–") for code, found in bases.items()}
    return [f"{label}, n = {most[code]}" for code, label in codes]


def levels(study: "Study") -> list[tuple[str, list[tuple[str, str]]]]:
    """Grouping items in the study's order, with code and label of their levels."""
    return [
        (name, [(option.code, option.label) for option in study.item(name).options if option.counts])
        for name in study.groups
    ]


def group_rows(study: "Study", agreement: "pd.DataFrame", groups: "pd.DataFrame") -> list[Row]:
    """A row per item that has an agreement, in codebook order; of more than fit, those with the least agreement."""
    shares = {
        (row["item"], row["option"], row["group"], row["level"]): Cell(row["n"], row["n_valid"], row["percent"])
        for row in groups.to_dict("records")
        if row["option"]
    }
    titles = {domain["id"]: domain["title"] for domain in study.domains}
    tops = {row["item"]: row for row in agreement.to_dict("records") if row["top_option"]}
    keep = sorted(tops, key=lambda name: -tops[name]["entropy"])[:MOST]
    columns = [(group, code) for group, codes in levels(study) for code, _ in codes]
    rows = []
    for item in (item for item in study.items if item.name in keep):
        option = tops[item.name]["top_option"]
        cells = {(group, code): shares[item.name, option, group, code] for group, code in columns}
        answer = item.option(option).label
        rows.append(Row(item.name, item.label, option, answer, titles[item.domain], tops[item.name]["entropy"], cells))
    return rows


def groups_figure(study: "Study", rows: Sequence[Row], fonts: Fonts, width: float) -> "Figure":
    """The heat map, at most a page high; in a column each question stands above its cells."""
    sheet = Sheet(width, fonts)
    blocks = levels(study)
    y = heading(sheet, TITLE, "Percent giving the answer that is most frequent among all respondents")
    beside = width > SINGLE_COLUMN
    label_width = (0.52 if beside else 1) * (sheet.width - 2 * MARGIN)
    left = MARGIN + (label_width + GAP if beside else INDENT)
    columns = sum(len(codes) for _, codes in blocks)
    cell = (sheet.width - MARGIN - left - BETWEEN * (len(blocks) - 1)) / columns
    lefts = list(accumulate([left, *(cell * len(codes) + BETWEEN for _, codes in blocks[:-1])]))
    labels = [level_labels(rows, group, codes) for group, codes in blocks]
    longest = max(sheet.measure(label, NOTE) for block in labels for label in block)
    upright = longest > cell - GAP  # the levels do not fit side by side
    tall = longest if upright else NOTE.line
    names = [sheet.wrap(study.item(group).label, cell * len(codes), STRONG) for group, codes in blocks]
    for lines, x in zip(names, lefts, strict=True):
        sheet.write_lines(x, y, lines, STRONG)
    top = y + max(map(len, names)) * STRONG.line + tall + 6
    lines = lines_of(rows)
    pitch = max(TIGHT, min(PITCH, (PAGE_HEIGHT - top - 4 * NOTE.line) / max(1, len(lines)))) if beside else PITCH
    if not lines:
        y = sheet.write_lines(MARGIN, y, ["No question has answers to compare"], BODY)
        return draw(sheet, footer(sheet, y + 4, "", study.simulated))
    if not beside:  # the line above a question's cells is for its words
        lines = [part for line in lines for part in ([line] if isinstance(line, str) else ["", line])]
    _labels(sheet, lines, label_width, top, pitch, beside)
    height = footer(sheet, top + pitch * len(lines) + 3, _notes(study), study.simulated)
    # Colours before words: seaborn draws the whole figure once for each heat map.
    figure, maps = blank(sheet.width, height), []
    for (group, codes), x in zip(blocks, lefts, strict=True):
        box = (x / sheet.width, 1 - (top + pitch * len(lines)) / height)
        axes = figure.add_axes((*box, cell * len(codes) / sheet.width, pitch * len(lines) / height))
        maps.append((axes, _cells(lines, [(group, code) for code, _ in codes])))
        _colours(*maps[-1])
    for axes, cells in maps:
        _numbers(axes, cells)
    draw(sheet, height, figure)
    for texts, x in zip(labels, lefts, strict=True):
        for place, label in enumerate(texts):
            middle = x + cell * (place + 0.5)
            turn = {"rotation": 90 if upright else 0, "ha": "center", "va": "bottom"}
            figure.axes[-1].text(middle, top - 3, label, size=NOTE.size, color=NOTE.colour, **turn)
    return figure


def _notes(study: "Study") -> str:
    notes = NOTES.format(small=SMALL)
    return f"{with_withheld(study, notes)} These cells hold an {HIDDEN}." if study.minimum_cell else notes


def lines_of(rows: Sequence[Row]) -> list[str | Row]:
    """The rows with the title of each domain above its first."""
    return [line for domain, own in groupby(rows, key=lambda row: row.domain) for line in (domain, *own)]


def _labels(sheet: Sheet, lines: Sequence[str | Row], width: float, top: float, pitch: float, beside: bool) -> None:
    """Domain titles, questions and answers, to the left of their cells or above them."""
    for place, line in enumerate(lines):
        y = top + pitch * (place if beside or isinstance(line, str) else place - 1)
        if isinstance(line, str):
            sheet.write(MARGIN, y + (pitch - HEAD.line) / 2, line, HEAD)
            continue
        text = y + (pitch - BODY.line) / 2
        room = max(width * 0.42, width - INDENT - GAP - sheet.measure(line.label, BODY))
        answer = sheet.fonts.shorten(line.answer, room, NOTE)
        sheet.write(MARGIN + width, text, answer, NOTE, "right")
        room = width - sheet.measure(answer, NOTE) - GAP - INDENT
        sheet.write(MARGIN + INDENT, text, sheet.fonts.shorten(line.label, room, BODY))


def _cells(lines: Sequence[str | Row], columns: Sequence[tuple[str, str]]) -> list[list[Cell | None]]:
    """The cells of one grouping variable; the lines of domain titles stay empty."""
    return [[None if isinstance(line, str) else line.cells[column] for column in columns] for line in lines]


def _colours(axes: "Axes", cells: Sequence[Sequence[Cell | None]]) -> None:
    import numpy as np
    import seaborn

    shares = [[cell.percent if cell and not cell.is_small else math.nan for cell in line] for line in cells]
    seaborn.heatmap(
        np.array(shares), vmin=0, vmax=100, cmap="Blues", cbar=False, ax=axes, linewidths=0.6, linecolor="white",
        xticklabels=False, yticklabels=False,
    )  # fmt: skip
    axes.patch.set_visible(False)  # between the cells stand words


def _numbers(axes: "Axes", cells: Sequence[Sequence[Cell | None]]) -> None:
    for y, line in enumerate(cells):
        for x, cell in enumerate(line):
            if cell:
                colour = GREY if cell.is_small else "white" if cell.percent > DARK else INK
                place = {"ha": "center", "va": "center_baseline"}
                axes.text(x + 0.5, y + 0.46, cell.text, size=BODY.size, color=colour, **place)


def drawn_table(rows: Sequence[Row]) -> "pd.DataFrame":
    """Exactly the data drawn, one row per cell, in drawing order."""
    import pandas as pd

    lines = [
        {
            "item": row.item,
            "label": row.label,
            "option": row.option,
            "answer": row.answer,
            "group": group,
            "level": level,
        }
        | {"n": cell.n, "n_valid": cell.base, "percent": cell.percent, "shown": cell.text}
        for row in rows
        for (group, level), cell in row.cells.items()
    ]
    return pd.DataFrame(lines, columns=COLUMNS)


def groups_alt(study: "Study", rows: Sequence[Row]) -> str:
    """One paragraph: what the heat map shows, and the widest range between the levels of each grouping variable."""
    simulated = "Simulated data. " if study.simulated else ""
    text = f"{simulated}Heat map of the share of the most frequent answer to {len(rows)} questions, by group."
    for group, codes in levels(study):
        labels = dict(codes)
        widest = None
        for row in rows:
            known = [
                (cell.percent, level)
                for (name, level), cell in row.cells.items()
                if name == group and not cell.is_small
            ]
            if len(known) > 1 and (widest is None or max(known)[0] - min(known)[0] > widest[0]):
                widest = (max(known)[0] - min(known)[0], row, min(known), max(known))
        if widest:
            _, row, low, high = widest
            text += (
                f" {study.item(group).label}: widest for {row.label} ({row.answer}),"
                f" {display.percent(low[0])} ({labels[low[1]]}) to {display.percent(high[0])} ({labels[high[1]]})."
            )
    return text
