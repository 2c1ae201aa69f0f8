"""The specification curve: in which universes each conclusion holds, and the choices that make them.

Source: Simonsohn U, Simmons JP, Nelson LD, Specification curve analysis, Nat Hum Behav 2020;4:1208-1214,
doi 10.1038/s41562-020-0912-z. There are many conclusions here, so its curve is how many of them hold.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from survey import display
from survey.style import (
    BLUE,
    BODY,
    GREY,
    MARGIN,
    NOTE,
    PAGE_HEIGHT,
    PALE,
    RULE,
    SINGLE_COLUMN,
    STRONG,
    VERMILLION,
    Fonts,
    Sheet,
    draw,
    footer,
    heading,
    with_withheld,
)
from survey.universes import AXES, choices_of
from survey.values import METHODS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

TITLE = "Do the conclusions survive other choices?"
WORDS = {
    "excluded": "left out",
    "counted": "counted",
    "most_complete": "the most complete",
    "first": "the first",
    "last": "the last",
    "recoded": "counted as the answer they name",
    "as_given": "as given",
    "unweighted": "none",
    "weighted": "to the frame",
} | {name: words.removesuffix(" interval") for name, words in METHODS.items()}
KINDS = {"claim": "Claims", "area": "Ranks of agreement, as in the study"}
DRAWN = ["panel", "label", "percent", "axis", "axis_effect", "places"]
LABELS, MOVED, PERCENT, NUMBER, GAP, CURVE, PITCH = 196.0, 84.0, 26.0, 12.0, 6.0, 46.0, 10.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of a panel.

    at: whether it is drawn at each place from left to right; without universes, the share that is drawn is `percent`.
    """

    panel: str
    label: str
    at: tuple[bool, ...]
    percent: float = math.nan
    axis: str = ""
    effect: float = math.nan


@dataclass(frozen=True)
class Curve:
    """What is drawn: universes from left to right by how many conclusions hold in them.

    numbers: of the universes in their order; holding: how many conclusions hold in each; own: place of the study's.
    """

    numbers: tuple[int, ...]
    holding: tuple[int, ...]
    own: int
    conclusions: tuple[Line, ...]
    choices: tuple[Line, ...]


def curve(study: "Study", rows: Sequence[Row], summary: Sequence[Row]) -> Curve:
    """The universes in order: most conclusions first, equals by the axes that move most, so that like lies by like.

    rows: of stats/sensitivity, none where small counts are withheld; summary: of stats/sensitivity_summary.
    """
    universes: dict[int, Row] = {}
    holds: dict[int, dict[tuple[str, str], str]] = {}
    for row in rows:
        universes.setdefault(row["universe"], row)
        holds.setdefault(row["universe"], {})[row["kind"], row["conclusion"]] = row["holds"]
    moved = dict.fromkeys(study.sensitivity["axes"], 0.0)
    for row in summary:
        if row["axis"]:
            moved[row["axis"]] += row["axis_effect"]
    axes = sorted(moved, key=moved.get, reverse=True)
    ranks = {axis: choices_of(study, axis) for axis in axes}
    holding = {number: list(found.values()).count("yes") for number, found in holds.items()}
    order = sorted(
        universes,
        key=lambda number: (-holding[number], *(ranks[axis].index(universes[number][axis]) for axis in axes)),
    )
    conclusions = tuple(
        Line(
            row["kind"],
            row["label"],
            tuple(holds[number].get((row["kind"], row["conclusion"])) == "yes" for number in order),
            row["percent"],
            row["axis"],
            row["axis_effect"],
        )
        for row in summary
    )
    choices = tuple(
        Line(axis, choice, tuple(universes[number][axis] == choice for number in order))
        for axis in (axes if order else ())
        for choice in ranks[axis]
    )
    own = order.index(1) if order else 0
    return Curve(tuple(order), tuple(holding[number] for number in order), own, conclusions, choices)


def runs(at: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where a line is drawn: first place, from 0, and the place after the last of each stretch."""
    place = 0
    for drawn, stretch in groupby(at):
        after = place + len(list(stretch))
        if drawn:
            yield place, after
        place = after


def drawn_table(found: Curve) -> "pd.DataFrame":
    """Exactly the data drawn: the universes in their order, then the places (from 1) at which each line is drawn."""
    import pandas as pd

    rows: list[Row] = []
    if found.numbers:
        rows.append({"panel": "universes", "label": "in order", "places": " ".join(map(str, found.numbers))})
        levels = sorted(set(found.holding), reverse=True)
        steps = [Line("curve", str(level), tuple(n == level for n in found.holding)) for level in levels]
    else:
        steps = []
    for line in (*steps, *found.conclusions, *found.choices):
        places = " ".join(f"{first + 1}-{after}" for first, after in runs(line.at))
        row = {"panel": line.panel, "label": line.label, "percent": line.percent, "places": places}
        rows.append(row | {"axis": line.axis, "axis_effect": line.effect})
    return pd.DataFrame(rows, columns=DRAWN).fillna({"axis": ""})


def _subtitle(study: "Study", found: Curve) -> str:
    axes = study.sensitivity["axes"]
    number = math.prod(map(len, axes.values()))
    words = f"{number:,} universes: every combination of choices on {len(axes)} axes"
    parts = []
    for kind, noun in (("claim", "claim"), ("area", "rank")):
        own = [line.percent for line in found.conclusions if line.panel == kind and not math.isnan(line.percent)]
        if own:
            plural = "" if len(own) == 1 else "s"
            parts.append(f"{sum(share == 100 for share in own)} of {len(own)} {noun}{plural}")
    return f"{words}; {' and '.join(parts)} hold in all" if parts else words


def _notes(study: "Study", found: Curve, places: "Places") -> str:
    if not found.numbers:
        return with_withheld(study, "Bar: share of the universes in which it holds.")
    moved = (
        " Moved most by: the axis whose choices differ most in the share of universes in which the conclusion holds, in"
        " percentage points."
    )
    return (
        "Each place from left to right is a universe, those in which most conclusions hold first; coloured where the"
        " conclusion holds, dark where the choice is made. Triangle and lines below it: the study as it is."
        f"{'' if places.stacked else moved} A text that ends in … is in full in the table."
    )


@dataclass(frozen=True)
class Places:
    """Where the parts of a line lie, in points; stacked: the label has a line of its own, above the bar.

    own: the study's own universe, as a share of all from left to right; nan where none is drawn.
    """

    label_width: float
    bar: float
    bar_width: float
    stacked: bool
    own: float

    def at(self, share: float) -> float:
        """Horizontal place of a share of the universes."""
        return self.bar + self.bar_width * share


def _places(width: float, found: Curve) -> Places:
    own = (found.own + 0.5) / len(found.numbers) if found.numbers else math.nan
    if width > SINGLE_COLUMN:
        bar = MARGIN + LABELS + GAP
        return Places(LABELS, bar, width - MARGIN - MOVED - GAP - PERCENT - GAP - bar, False, own)
    bar = MARGIN + NUMBER
    return Places(width - 2 * MARGIN - PERCENT, bar, width - MARGIN - bar, True, own)


def sensitivity_figure(study: "Study", found: Curve, fonts: Fonts, width: float) -> "Figure":
    """The curve, a bar for each conclusion, and one for each choice."""
    sheet, places = Sheet(width, fonts), _places(width, found)
    y = heading(sheet, TITLE, _subtitle(study, found))
    room = int((PAGE_HEIGHT - 2 * CURVE - PITCH * (len(found.choices) + 8)) / PITCH)
    if found.numbers:
        y = _draw_curve(sheet, found, places, y)
    for kind, title in KINDS.items():
        own = [line for line in found.conclusions if line.panel == kind]
        y = _draw_conclusions(sheet, own, title, room, places, y) if own else y
    if found.numbers:
        y = _draw_choices(sheet, found, places, y)
    return draw(sheet, footer(sheet, y + 4, _notes(study, found, places), bool(study.simulated)))


def _draw_curve(sheet: Sheet, found: Curve, places: Places, y: float) -> float:
    """How many conclusions hold, from universe to universe; returns the y below."""
    total, least = len(found.conclusions), min(found.holding)
    if places.stacked:
        sheet.write(MARGIN, y, "Conclusions that hold", STRONG)
        y += STRONG.line
    else:
        sheet.write(MARGIN, y + CURVE / 2, "Conclusions that hold", STRONG)
    top, bottom = y + 10, y + CURVE
    low = max(0, min(least, total - 1) - 1)

    def height(n: int) -> float:
        return bottom - (bottom - top) * (n - low) / (total - low)

    for n in sorted({total, least}):
        sheet.line((places.bar, height(n)), (places.at(1), height(n)), colour=RULE, width=0.4)
        sheet.write(places.bar - 3, height(n) - NOTE.line / 2, str(n), NOTE, "right")
    points, place = [], 0
    for n, stretch in groupby(found.holding):
        after = place + len(list(stretch))
        points += [(places.at(at / len(found.holding)), height(n)) for at in (place, after)]
        place = after
    sheet.line(*points, colour=BLUE, width=1.3, over=3)
    sheet.dot(places.at(places.own), y + 4, VERMILLION, "v")
    _mark_own(sheet, places, y + 4, bottom)
    return bottom + 7


def _mark_own(sheet: Sheet, places: Places, top: float, bottom: float) -> None:
    """The study as it is, on a bar or the curve."""
    if not math.isnan(places.own):
        sheet.line((places.at(places.own), top), (places.at(places.own), bottom), colour=VERMILLION, width=0.8, over=4)


def _draw_conclusions(sheet: Sheet, lines: Sequence[Line], title: str, room: int, places: Places, y: float) -> float:
    """A bar for each conclusion; of more than fit, those that do not hold everywhere."""
    shown = list(lines) if len(lines) <= room else [line for line in lines if line.percent != 100][:room]
    sheet.write(MARGIN, y, title, STRONG)
    if not places.stacked:
        sheet.write(places.at(1) + GAP + PERCENT, y, "hold in", NOTE, "right")
        if not math.isnan(places.own):
            sheet.write(places.at(1) + 2 * GAP + PERCENT, y, "moved most by", NOTE)
    y += STRONG.line + 1
    for line in shown:
        y = _draw_line(sheet, line, line.label, BLUE, places, y)
    if len(shown) < len(lines):
        sheet.write(MARGIN, y, f"and {len(lines) - len(shown)} more, in the table", NOTE)
        y += NOTE.line
    return y + 4


def _draw_line(sheet: Sheet, line: Line, label: str, colour: str, places: Places, y: float) -> float:
    """A label and a bar; returns the y below."""
    ends = [(first / len(line.at), after / len(line.at)) for first, after in runs(line.at)]
    if not line.at and not math.isnan(line.percent):
        ends = [(0.0, line.percent / 100)]
    tall = PITCH - 4 if places.stacked else PITCH - 2.4
    middle = y + (BODY.line + tall / 2 if places.stacked else PITCH / 2)
    upper = y if places.stacked else middle - BODY.line / 2
    sheet.write(MARGIN, upper, sheet.fonts.shorten(label, places.label_width, BODY))
    sheet.line((places.bar, middle), (places.at(1), middle), colour=PALE, width=tall)
    for first, after in ends:
        sheet.line((places.at(first), middle), (places.at(after), middle), colour=colour, width=tall, over=2)
    _mark_own(sheet, places, middle - tall / 2, middle + tall / 2)
    if line.panel in KINDS:
        right = sheet.width - MARGIN if places.stacked else places.at(1) + GAP + PERCENT
        sheet.write(right, upper, display.percent(line.percent), BODY, "right")
    if line.axis and not places.stacked:
        words = f"{AXES[line.axis].title} ({line.effect:.0f})"
        sheet.write(places.at(1) + 2 * GAP + PERCENT, upper, sheet.fonts.shorten(words, MOVED, NOTE), NOTE)
    return middle + tall / 2 + (4 if places.stacked else 1.2)


def _draw_choices(sheet: Sheet, found: Curve, places: Places, y: float) -> float:
    """A bar for each choice, below the name of its axis."""
    sheet.write(MARGIN, y, "Choices", STRONG)
    y += STRONG.line + 1
    for line in found.choices:
        words = f"{line.label}%" if line.panel == "consensus" else WORDS[line.label]
        y = _draw_line(sheet, line, f"{AXES[line.panel].title}: {words}", GREY, places, y)
    return y


def sensitivity_alt(study: "Study", found: Curve) -> str:
    """In how many universes the conclusions hold, and what moves those that do not hold in all."""
    kind = "Specification curve" if found.numbers else "Bars of shares of universes"
    text = f"{'Simulated data. ' if study.simulated else ''}{kind}. {_subtitle(study, found)}."
    moved = [
        f"{line.label.rstrip('.')} ({display.percent(line.percent)}"
        + (f", moved most by: {AXES[line.axis].title})" if line.axis else ")")
        for line in found.conclusions
        if line.percent < 100
    ]
    return f"{text} The others: {'; '.join(moved)}." if moved else text
