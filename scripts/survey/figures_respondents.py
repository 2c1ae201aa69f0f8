"""Who answered against the sampling frame: a map by country, and the shares of both at every level of the strata."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from survey import display
from survey.maps import Country, by_spelling, clip, find_country, inside, view
from survey.style import (
    BLUE,
    BODY,
    DOUBLE_COLUMN,
    GREY,
    MARGIN,
    NOTE,
    PAGE_HEIGHT,
    SANS,
    SINGLE_COLUMN,
    STRONG,
    Fonts,
    Sheet,
    draw,
    footer,
    heading,
    percent_text,
    with_withheld,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

TITLE = "Who answered, compared with the sampling frame"
COLUMNS = [
    "stratum", "level", "level_label", "frame_n", "frame_percent", "respondents_n", "respondents_percent",
    "response_percent", "stratum_difference", "p",
]  # fmt: skip
# Share of those invited that were analysed, from this percent on, and its fill; black numbers are legible on each.
CLASSES = ((0, "#DFECF7"), (25, "#B1D2EB"), (50, "#7DB5DE"), (75, "#3F8FC8"))
HIDDEN = "x"  # in the place of a number that is withheld
FEW = 5  # below this number invited a share says too little for a colour
NUMBER_ONLY, NOBODY, BORDER = "#FCE9BF", "#EDEDED", "#858585"
MAP_WIDTH = SINGLE_COLUMN - 2 * MARGIN  # the map is as large on the page as in the column
SLIMMEST, WIDEST = 0.78, 1.8  # width of the map by its height
BEYOND = 100.0  # km around the map, so that the edge at which outlines are cut is not seen
STRANGE = 0.2  # of the place of a number may lie in other countries
LABELS = 0.4  # of the width of the shares, at most for the labels of the levels
GAP, SPACE = 6.0, 9.0  # between columns, and above a stratum
TIGHT, PITCH, LOOSE = 8.6, 11.0, 16.0  # from one line to the next


@dataclass(frozen=True)
class Level:
    """A level of a stratum: of how many of the frame how many were analysed, and the percent of all that each is."""

    code: str
    label: str
    invited: int
    analysed: int
    invited_percent: float
    analysed_percent: float

    @property
    def response(self) -> float:
        """Percent analysed of those invited."""
        return 100 * self.analysed / self.invited

    @property
    def text(self) -> str:
        """`14/40 (35%)`."""
        return percent_text(self.response, self.analysed, self.invited)


@dataclass(frozen=True)
class Stratum:
    """A stratum of the frame with its levels.

    difference: standardised, of those analysed from the frame; p: of those analysed against the others, nan for none.
    """

    name: str
    label: str
    difference: float
    p: float
    levels: tuple[Level, ...]

    @property
    def words(self) -> str:
        """`standardised difference 0.34 (p = 0.45)`."""
        p = display.p_value(self.p)
        compared = p.replace("<", "< ") if p.startswith("<") else f"= {p}"
        tested = "" if math.isnan(self.p) else f" (p {compared})"
        shown = display.WITHHELD if any(math.isnan(level.analysed) for level in self.levels) else None
        return f"standardised difference {shown or display.effect(self.difference)}{tested}"


@dataclass(frozen=True)
class Spot:
    """A country with the levels that mean it, and whether there is room for their number on it."""

    country: Country
    levels: tuple[Level, ...]
    has_room: bool

    @property
    def invited(self) -> int:
        """Units of the frame in it."""
        return sum(level.invited for level in self.levels)

    @property
    def number(self) -> str:
        """`14/40`: analysed of invited."""
        analysed = sum(level.analysed for level in self.levels)
        return f"{HIDDEN if math.isnan(analysed) else analysed}/{self.invited}"

    @property
    def fill(self) -> str:
        """Its colour."""
        share = 100 * sum(level.analysed for level in self.levels) / self.invited
        return (
            NUMBER_ONLY
            if self.invited < FEW or math.isnan(share)
            else next(fill for least, fill in CLASSES[::-1] if share >= least)
        )


@dataclass(frozen=True)
class Plan:
    """What the figure shows.

    spots: the countries of the map's stratum; elsewhere: its levels that are no country of the map; whole: all strata;
    shown: those drawn as shares, with the levels that a page has no room for in one line of code "".
    """

    mapped: Stratum | None
    spots: tuple[Spot, ...]
    elsewhere: tuple[Level, ...]
    box: tuple[float, float, float, float]
    whole: tuple[Stratum, ...]
    shown: tuple[Stratum, ...]


def strata_of(study: "Study", representativeness: "pd.DataFrame") -> tuple[Stratum, ...]:
    """The strata of the frame in the order of the table."""
    strata = []
    for name, rows in representativeness.groupby("stratum", sort=False):
        levels = tuple(
            Level(
                row["level"], row["level_label"] or row["level"] or "not stated", row["frame_n"], row["respondents_n"],
                row["frame_percent"], row["respondents_percent"],
            )
            for row in rows.to_dict("records")
        )  # fmt: skip
        label = study.by_name[name].label if name in study.by_name else ""
        label = label or name.replace("_", " ").capitalize()
        strata.append(Stratum(name, label, rows["stratum_difference"].iloc[0], rows["p"].iloc[0], levels))
    return tuple(strata)


def plan_of(study: "Study", strata: Sequence[Stratum], countries: Sequence[Country], fonts: Fonts) -> Plan:
    """What will be drawn of these strata, the same at both widths."""
    mapped = next((stratum for stratum in strata if stratum.name == study.map), None)
    others = tuple(stratum for stratum in strata if stratum is not mapped) or tuple(strata)
    spots, elsewhere = _on_map(study, mapped, countries) if mapped else ((), ())
    box = view([spot.country for spot in spots], SLIMMEST, WIDEST)
    plan = Plan(mapped, spots, elsewhere, box, tuple(strata), others)
    plan = replace(plan, spots=_with_room(plan, countries, fonts))
    most = max(len(stratum.levels) for stratum in others)
    while most > 2 and _page_bottom(study, plan, fonts) > PAGE_HEIGHT:
        most -= 1
        plan = replace(plan, shown=tuple(capped(stratum, most) for stratum in others))
    return plan


def _on_map(
    study: "Study", stratum: Stratum, countries: Sequence[Country]
) -> tuple[tuple[Spot, ...], tuple[Level, ...]]:
    """The countries that levels mean, by option label, code or alias, and the levels that mean none."""
    known, item = by_spelling(countries), study.by_name.get(stratum.name)
    aliases = {option.code: option.aliases for option in item.options} if item else {}
    found: dict[str, list[Level]] = {}
    elsewhere = []
    for level in stratum.levels:
        country = find_country((level.label, level.code, *aliases.get(level.code, ())), known)
        (found.setdefault(country.code, []) if country else elsewhere).append(level)
    spots = (Spot(country, tuple(found[country.code]), True) for country in countries if country.code in found)
    return tuple(spots), tuple(elsewhere)


def _with_room(plan: Plan, countries: Sequence[Country], fonts: Fonts) -> tuple[Spot, ...]:
    """The spots, the largest number first, with whether theirs can be printed.

    It can where it lies on the map, overlaps no other, and hardly reaches into another country.
    """
    import numpy as np

    spots, taken = [], []
    for spot in sorted(plan.spots, key=lambda spot: -spot.invited):
        half = np.array([fonts.measure(spot.number, BODY) / 2 + 0.7, 0.5 * BODY.size]) / _scale(plan.box)
        low, high = spot.country.at - half, spot.country.at + half
        grid = np.stack(np.meshgrid(*np.linspace(low, high, 12).T), axis=-1).reshape(-1, 2)
        strange = sum(inside(grid, other.rings).mean() for other in countries if other is not spot.country)
        in_view = (low >= plan.box[:2]).all() and (high <= plan.box[2:]).all()
        free = all((low >= other[1]).any() or (high <= other[0]).any() for other in taken)
        has_room = bool(in_view and free and strange <= STRANGE)
        taken += [(low, high)] if has_room else []
        spots.append(replace(spot, has_room=has_room))
    return tuple(spots)


def capped(stratum: Stratum, most: int) -> Stratum:
    """The stratum with at most that many lines: the largest levels, in their order, and the rest in one line."""
    if len(stratum.levels) <= most:
        return stratum
    by_size = sorted(stratum.levels, key=lambda level: -level.invited)
    kept, rest = by_size[: most - 1], by_size[most - 1 :]
    sums = (
        sum(getattr(level, name) for level in rest)
        for name in ("invited", "analysed", "invited_percent", "analysed_percent")
    )
    line = Level("", f"{len(rest)} other levels", *sums)
    return replace(stratum, levels=(*(level for level in stratum.levels if level in kept), line))


def _scale(box: Sequence[float]) -> float:
    """Points on the sheet per km."""
    return MAP_WIDTH / (box[2] - box[0])


def _map_height(plan: Plan) -> float:
    return (plan.box[3] - plan.box[1]) * _scale(plan.box)


def respondents_figure(
    study: "Study", plan: Plan, countries: Sequence[Country], fonts: Fonts, width: float
) -> "Figure":
    """Draw the map with, beside it or in a column below it, the shares."""
    sheet = Sheet(width, fonts)
    y, top = _lay_out(sheet, study, plan)
    figure = draw(sheet, y)
    if plan.mapped:
        tall = _map_height(plan)
        _draw_map(figure, plan, countries, (MARGIN / width, 1 - (top + tall) / y, MAP_WIDTH / width, tall / y))
    return figure


def _page_bottom(study: "Study", plan: Plan, fonts: Fonts) -> float:
    return _lay_out(Sheet(DOUBLE_COLUMN, fonts), study, plan)[0]


def _lay_out(sheet: Sheet, study: "Study", plan: Plan) -> tuple[float, float]:
    """Write everything but the outlines; returns the height of the sheet and where the map has its top."""
    y = heading(sheet, TITLE, _subtitle(study, plan))
    beside = sheet.width > SINGLE_COLUMN
    top = below_map = y
    if plan.mapped:
        top = _write_head(sheet, plan.mapped, MARGIN, y, MAP_WIDTH)
        below_map = _write_map(sheet, study, plan, top)
    left = MARGIN + MAP_WIDTH + 3 * GAP if plan.mapped and beside else MARGIN
    start = y if beside or not plan.mapped else below_map + SPACE
    lines = sum(len(stratum.levels) for stratum in plan.shown)
    fixed = _write_shares(Sheet(sheet.width, sheet.fonts), plan, left, start, 0) - start
    notes = _notes(study, plan, _widest_label(sheet, plan) > LABELS * (sheet.width - MARGIN - left))
    room = PAGE_HEIGHT - footer(Sheet(sheet.width, sheet.fonts), 0, notes, True) - SPACE - start - fixed
    pitch = PITCH
    if beside:
        wanted = (below_map - start - fixed) / lines
        pitch = max(TIGHT, min(room / lines, max(PITCH, min(wanted, LOOSE))))
    bottom = max(below_map, _write_shares(sheet, plan, left, start, pitch))
    return footer(sheet, bottom + SPACE, notes, bool(study.simulated)), top


def _subtitle(study: "Study", plan: Plan) -> str:
    invited, analysed = _totals(plan)
    if math.isnan(analysed):
        return f"{invited} {study.units} in the frame; how many were analysed of each level is {display.WITHHELD}"
    return (
        f"{analysed} of the {invited} {study.units} in the frame were analysed"
        f" ({display.percent(100 * analysed / invited)})"
    )


def _totals(plan: Plan) -> tuple[int, float]:
    """How many were invited and are analysed, the latter nan where every level is withheld."""
    levels = plan.whole[0].levels
    # By a level that is not withheld: its number and its percent of all.
    known = [level for stratum in plan.whole for level in stratum.levels if level.analysed > 0]
    if known:
        analysed = round(100 * known[0].analysed / known[0].analysed_percent)
    else:
        is_withheld = any(math.isnan(level.analysed) for stratum in plan.whole for level in stratum.levels)
        analysed = math.nan if is_withheld else 0
    return sum(level.invited for level in levels), analysed


def _notes(study: "Study", plan: Plan, shortened: bool) -> str:
    notes = (
        "n/N (%): analysed of those in the frame. Standardised difference: distance between the distributions of those"
        " analysed and of the frame, in standard deviations; above 0.1 it is usually taken as relevant, but with the"
        " number of levels it grows by chance alone. p: those analysed against the rest of the frame."
    )
    if shortened:
        notes += " A text that ends in … is in full in the table."
    if study.minimum_cell:
        notes = f"{with_withheld(study, notes)} On the map they are an {HIDDEN}."
    return notes + (" Map: Natural Earth; Lambert azimuthal equal-area projection." if plan.mapped else "")


def _write_head(sheet: Sheet, stratum: Stratum, x: float, y: float, width: float) -> float:
    """Name and standardised difference of a stratum, on two lines where one is too short; returns the y below."""
    name = sheet.wrap(stratum.label, width, STRONG)
    bottom = sheet.write_lines(x, y, name, STRONG)
    fits = sheet.measure(name[-1], STRONG) + GAP + sheet.measure(stratum.words, NOTE) <= width
    sheet.write(x + width, bottom - NOTE.line if fits else bottom, stratum.words, NOTE, "right")
    return (bottom if fits else bottom + NOTE.line) + 1.5


def _write_map(sheet: Sheet, study: "Study", plan: Plan, top: float) -> float:
    """Below the map, what its colours mean and what it does not show; returns the y below."""
    y = _write_legend(sheet, study, top + _map_height(plan) + 4)
    unprinted = [f"{spot.country.name} {spot.number}" for spot in plan.spots if not spot.has_room]
    elsewhere = [
        f"{level.label} {HIDDEN if math.isnan(level.analysed) else level.analysed}/{level.invited}"
        for level in plan.elsewhere
    ]
    for words, texts in (("Too small for their number:", unprinted), ("Not on the map:", elsewhere)):
        if texts:
            y = sheet.write_lines(MARGIN, y + 1.5, sheet.wrap(f"{words} {', '.join(texts)}.", MAP_WIDTH, NOTE), NOTE)
    return y


def _write_legend(sheet: Sheet, study: "Study", y: float) -> float:
    sheet.write(MARGIN, y, "Percent analysed of those in the frame (numbers: n/N)", NOTE)
    y += NOTE.line + 1.5
    lows = [least for least, _ in CLASSES]
    words = [f"<{lows[1]}", *(f"{low} to <{high}" for low, high in pairwise(lows[1:])), f"≥{lows[-1]}"]
    fills = [fill for _, fill in CLASSES]
    keys = [
        *zip(words, fills, strict=True),
        (f"N below {FEW}{', or n withheld' if study.minimum_cell else ''}", NUMBER_ONLY),
        (f"no {study.unit}", NOBODY),
    ]
    x, side = MARGIN, 6.5
    for text, fill in keys:
        wide = side + 2.5 + sheet.measure(text, NOTE)
        if x + wide > MARGIN + MAP_WIDTH:
            x, y = MARGIN, y + NOTE.line + 1.5
        sheet.box(x, y + (NOTE.line - side) / 2, side, side, fill, BORDER)
        sheet.write(x + side + 2.5, y, text, NOTE)
        x += wide + 7
    return y + NOTE.line


def _draw_map(
    figure: "Figure", plan: Plan, countries: Sequence[Country], box: tuple[float, float, float, float]
) -> None:
    """The countries with their numbers, in an axes of their own; box: its place on the figure, in shares of it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    left, bottom, right, top = plan.box
    axes = figure.add_axes(box, xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    around = (left - BEYOND, bottom - BEYOND, right + BEYOND, top + BEYOND)
    fills = {spot.country.code: spot.fill for spot in plan.spots}
    for country in countries:
        rings = [ring for ring in (clip(ring, around) for ring in country.rings) if len(ring)]
        if rings:
            path = Path.make_compound_path(*(Path([*ring, ring[0]], closed=True) for ring in rings))
            fill = fills.get(country.code, NOBODY)
            axes.add_patch(PathPatch(path, facecolor=fill, edgecolor=BORDER, linewidth=0.35, joinstyle="round"))
    for spot in (spot for spot in plan.spots if spot.has_room):
        x, baseline = spot.country.at[0], spot.country.at[1] - 0.33 * BODY.size / _scale(plan.box)
        # Below each number its outline in the colour of the country, so that no border runs through a digit.
        letters = TextPath((0, 0), spot.number, size=BODY.size, prop=FontProperties(family=SANS))
        middle = (letters.get_extents().x0 + letters.get_extents().x1) / 2
        place = Affine2D().translate(-middle, 0).scale(1 / _scale(plan.box)).translate(x, baseline) + axes.transData
        axes.add_patch(PathPatch(letters, transform=place, color=spot.fill, linewidth=1.4, joinstyle="round"))
        axes.text(x, baseline, spot.number, size=BODY.size, color=BODY.colour, ha="center")


def _write_shares(sheet: Sheet, plan: Plan, x: float, y: float, pitch: float) -> float:
    """The strata as pairs of dots from x to the right margin, pitch points from line to line; returns the y below."""
    width = sheet.width - MARGIN - x
    levels = [level for stratum in plan.shown for level in stratum.levels]
    number = max(sheet.measure(level.text, BODY) for level in levels)
    label = min(LABELS * width, _widest_label(sheet, plan))
    axis, wide = x + label + GAP + 4, width - label - number - 2 * GAP - 10
    percents = [percent for level in levels for percent in (level.invited_percent, level.analysed_percent)]
    highest = max(percent for percent in percents if not math.isnan(percent))
    step, end = _scale_of(highest, wide / (sheet.measure("100%", NOTE) + GAP))

    def at(percent: float) -> float:
        return axis + wide * percent / end

    y = _write_key(sheet, plan, x, y)
    for tick in range(0, end + 1, step):
        sheet.write(at(tick), y, f"{tick}%", NOTE, "center")
    sheet.write(sheet.width - MARGIN, y, "n/N (%)", NOTE, "right")
    y += NOTE.line + 3
    for place, stratum in enumerate(plan.shown):
        y = _write_head(sheet, stratum, x, y + (SPACE if place else 0), width)
        bottom = y + pitch * len(stratum.levels)
        for tick in range(0, end + 1, step):
            sheet.line((at(tick), y), (at(tick), bottom))
        for level in stratum.levels:
            middle = y + pitch / 2
            sheet.write(x, middle - BODY.line / 2, sheet.fonts.shorten(level.label, label, BODY))
            sheet.dot(at(level.invited_percent), middle, GREY, filled=False)
            if not math.isnan(level.analysed_percent):
                ends = [(at(percent), middle) for percent in (level.invited_percent, level.analysed_percent)]
                sheet.line(*ends, colour=GREY, width=1, over=2)
                sheet.dot(at(level.analysed_percent), middle, BLUE)
            sheet.write(sheet.width - MARGIN, middle - BODY.line / 2, level.text, BODY, "right")
            y += pitch
    return y


def _widest_label(sheet: Sheet, plan: Plan) -> float:
    return max(sheet.measure(level.label, BODY) for stratum in plan.shown for level in stratum.levels)


def _scale_of(highest: float, most: float) -> tuple[int, int]:
    """Step and end of an axis of percents from 0 up to the highest, with no more than so many steps."""
    ends = ((step, step * max(1, math.ceil(highest / step))) for step in (10, 20, 25, 50))
    return next((step, end) for step, end in ends if end <= min(5, most) * step or step == 50)


def _write_key(sheet: Sheet, plan: Plan, x: float, y: float) -> float:
    """What the dots mean; returns the y below."""
    invited, analysed = _totals(plan)
    start = x
    for text, colour, filled in (
        (f"share of the {invited} in the frame", GREY, False),
        ("share of those analysed" if math.isnan(analysed) else f"share of the {analysed} analysed", BLUE, True),
    ):
        wide = 7 + sheet.measure(text, NOTE)
        if x > start and x + wide > sheet.width - MARGIN:
            x, y = start, y + NOTE.line
        sheet.dot(x + 2, y + NOTE.line / 2, colour, filled=filled)
        sheet.write(x + 7, y, text, NOTE)
        x += wide + 12
    return y + NOTE.line + 3


def drawn_table(plan: Plan) -> "pd.DataFrame":
    """Exactly the data drawn, a row per level.

    country: its code where it is on the map; drawn: map, note (under the map), share, or other (in the line of the
    other levels).
    """
    import pandas as pd

    codes = {
        level: (spot.country.code, "map" if spot.has_room else "note") for spot in plan.spots for level in spot.levels
    }
    shown = {stratum.name: {level.code for level in stratum.levels} for stratum in plan.shown}
    rows = []
    for stratum in plan.whole:
        for level in stratum.levels:
            if stratum is plan.mapped:
                country, drawn = codes.get(level, ("", "note"))
            else:
                country, drawn = "", "share" if level.code in shown[stratum.name] else "other"
            numbers = (level.invited, level.invited_percent, level.analysed, level.analysed_percent, level.response)
            rows.append(
                (stratum.name, level.code, level.label, *numbers, stratum.difference, stratum.p, country, drawn)
            )
    return pd.DataFrame(rows, columns=[*COLUMNS, "country", "drawn"])


def respondents_alt(study: "Study", plan: Plan) -> str:
    """One paragraph: of how many how many were analysed, in the countries with most, and at every level drawn."""
    text = "Simulated data. " if study.simulated else ""
    text += f"Map and dot plot. {_subtitle(study, plan)}." if plan.mapped else f"Dot plot. {_subtitle(study, plan)}."
    if plan.mapped:
        largest = capped(plan.mapped, 6).levels
        text += f" {_sentence(plan.mapped, sorted(largest, key=lambda level: (not level.code, -level.invited)))}"
    for stratum in plan.shown if plan.shown[0] is not plan.mapped else ():
        text += f" {_sentence(stratum, stratum.levels)}"
    return text


def _sentence(stratum: Stratum, levels: Iterable[Level]) -> str:
    parts = ", ".join(f"{level.label} {level.text}" for level in levels)
    return f"{stratum.label}, {stratum.words}: {parts}."
