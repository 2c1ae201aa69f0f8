"""The differences between groups that survive correction: who answers what, at each level of the grouping variable."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from survey import display
from survey.figures_domain import nice_ticks
from survey.style import (
    BLUE,
    BODY,
    DOUBLE_COLUMN,
    GREEN,
    HEAD,
    MARGIN,
    NOTE,
    PAGE_HEIGHT,
    PERCENTS,
    RULE,
    SINGLE_COLUMN,
    STRONG,
    Face,
    Fonts,
    Sheet,
    draw,
    footer,
    heading,
    percent_text,
    with_withheld,
    write_percents,
)
from survey.values import ADJUSTMENTS, EFFECTS, TESTS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

TITLE = "Differences between groups"
PITCH = 9.2  # distance of two levels, in points
GAP = 8.0
QUESTION_WIDTH, LEVEL_WIDTH, EFFECT_WIDTH, P_WIDTH = 122.0, 84.0, 80.0, 35.0
SHARE, MEDIAN = (BLUE, "o", True), (GREEN, "s", True)  # colour and shape of a percent and of a median
COLUMNS = (
    "group group_label item label option answer level level_label n n_valid percent ci_low ci_high median q1 q3"
    " effect_name effect effect_ci_low effect_ci_high test p p_adjusted drawn"
)


@dataclass(frozen=True)
class Level:
    """One level of a grouping variable: n of base who gave the answer, with percent and interval.

    Of a question answered with a number: how many answered (n and base), their median and quartiles.
    """

    code: str
    label: str
    n: int
    base: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """A comparison that found a difference, with the levels that differ; option is "" where the answer is a number."""

    group: str
    group_label: str
    item: str
    label: str
    option: str
    answer: str
    levels: tuple[Level, ...]
    test: str
    p: float
    p_adjusted: float
    effect_name: str
    effect: float
    effect_low: float
    effect_high: float

    @property
    def is_number(self) -> bool:
        """Whether medians are drawn, on a scale of their own, and not percents."""
        return self.option == ""

    @property
    def effect_lines(self) -> list[str]:
        """The effect with its interval, if it has one, and the test."""
        lines = [f"{EFFECTS[self.effect_name]} {display.effect(self.effect)}"]
        if not math.isnan(self.effect_low):
            lines.append(f"({display.effect(self.effect_low)} to {display.effect(self.effect_high)})")
        return [*lines, TESTS[self.test]]

    def text_of(self, level: Level) -> str:
        """What stands beside a level: `50/106 (47%)`, or `12 (10 to 14), n = 20`."""
        if not self.is_number:
            return percent_text(level.value, level.n, level.base)
        if not level.base:
            return "no answers"
        if math.isnan(level.value):
            return f"{display.WITHHELD}, n = {level.n}"
        quartiles = f"{display.number(level.low)} to {display.number(level.high)}"
        return f"{display.number(level.value)} ({quartiles}), n = {level.n}"


def differences(study: "Study", comparisons: "pd.DataFrame", groups: "pd.DataFrame") -> list[Difference]:
    """The comparisons that found a difference, smallest adjusted p first, each with the groups' shares of one answer.

    comparisons: stats/comparisons; groups: stats/DOMAIN/groups of all domains.
    """
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in groups.to_dict("records"):
        rows.setdefault((row["item"], row["group"]), []).append(row)
    found = comparisons[comparisons["differs"] == "yes"].to_dict("records")
    found.sort(key=lambda row: (row["p_adjusted"], row["p"]))
    return [_difference(study, row, rows) for row in found]


def _difference(
    study: "Study", row: Mapping[str, Any], rows: Mapping[tuple[str, str], list[dict[str, Any]]]
) -> Difference:
    name, _, option = row["item"].rstrip("]").partition("[")
    item, group = study.item(name), study.item(row["group"])
    label, answer = item.label, ""
    if item.type == "multiple":
        answer, own = item.option(option).label, rows[name, row["group"]]
    else:
        own = rows[row["item"], row["group"]]
        if item.type == "rank":
            label, answer = f"{item.label}: {item.option(option).label}", "Median rank"
            option = ""
        elif item.type == "numeric":
            answer = f"Median, {item.unit}" if item.unit else "Median"
        else:
            option = most_different(
                {
                    known.code: [(line["n"], line["n_valid"]) for line in own if line["option"] == known.code]
                    for known in item.options
                    if known.counts
                }
            )
            answer = item.option(option).label
    by_level = {line["level"]: line for line in own if line["option"] == option}
    columns = ("percent", "ci_low", "ci_high") if option else ("median", "q1", "q3")
    levels = tuple(
        Level(
            level.code,
            level.label,
            by_level[level.code]["n"],
            by_level[level.code]["n_valid"],
            *(by_level[level.code][column] for column in columns),
        )
        for level in group.options
        if level.counts
    )
    numbers = (row[column] for column in ("effect", "effect_ci_low", "effect_ci_high"))
    tested = (row["test"], row["p"], row["p_adjusted"], row["effect_name"], *numbers)
    return Difference(group.name, group.label, row["item"], label, option, answer, levels, *tested)


def most_different(counts: Mapping[str, Sequence[tuple[int, int]]]) -> str:
    """The answer whose shares differ most between levels: the largest chi-square of it against all other answers.

    counts: answer to (n, base) of each level. Of equals the first.
    """
    return max(counts, key=lambda answer: round(_chi_square(counts[answer]), 9))


def _chi_square(cells: Sequence[tuple[int, int]]) -> float:
    n, total = (sum(part) for part in zip(*cells, strict=True))
    if n in (0, total):
        return 0.0
    share = n / total
    return sum((part - base * share) ** 2 / (base * share * (1 - share)) for part, base in cells if base)


@dataclass(frozen=True)
class Places:
    """Where the parts of a difference lie, in points: left ends, widths, and right ends of numbers.

    stacked: the question stands above its levels and the effect below them.
    """

    question_width: float
    level: float
    level_width: float
    axis: float
    axis_width: float
    value: float
    effect: float
    stacked: bool

    def at(self, value: float, low: float = 0, high: float = 100) -> float:
        """Horizontal place of a value on a scale from low to high."""
        return self.axis + self.axis_width * (value - low) / (high - low)


def _places(sheet: Sheet, found: Sequence[Difference]) -> Places:
    """Columns as wide as their texts need, up to a limit; what is left goes to the axis."""
    level = min(_widest(sheet, [level.label for one in found for level in one.levels]), LEVEL_WIDTH)
    value = max(_widest(sheet, [one.text_of(level) for one in found for level in one.levels]), sheet.measure("n/N (%)"))
    if sheet.width > SINGLE_COLUMN:
        effect = sheet.width - MARGIN - P_WIDTH - EFFECT_WIDTH
        question = min(_widest(sheet, [one.label for one in found], STRONG), QUESTION_WIDTH)
        left, right = MARGIN + question + GAP, effect - GAP
        axis = left + level + 6
        return Places(question, left, level, axis, right - value - 10 - axis, right, effect, False)
    right = sheet.width - MARGIN
    axis = MARGIN + level + 6
    return Places(right - MARGIN, MARGIN, level, axis, right - value - 6 - axis, right, MARGIN, True)


def _widest(sheet: Sheet, texts: Sequence[str], face: Face = BODY) -> float:
    return max((sheet.measure(text, face) for text in texts), default=0) + 1


def page_room(study: "Study", found: Sequence[Difference], tests: int, fonts: Fonts) -> int:
    """How many of the differences, smallest adjusted p first, fit a page of 178 by 235 mm."""
    sheet, groups = Sheet(DOUBLE_COLUMN, fonts), set()
    places = _places(sheet, found)
    space = PAGE_HEIGHT - _draw_heads(sheet, places, heading(sheet, TITLE, _subtitle(len(found), tests)))
    space -= footer(sheet, 0, _notes(study, found), bool(study.simulated)) + NOTE.line + 4
    for place, one in enumerate(found):
        space -= _draw_difference(sheet, one, places, 0)
        space -= 0 if one.group in groups else _draw_group(sheet, one.group_label, places, 0)
        groups.add(one.group)
        if space < 0:
            return place
    return len(found)


def by_group(study: "Study", found: Sequence[Difference], room: int) -> list[Difference]:
    """The first `room` differences in drawing order: by grouping variable, in each the smallest adjusted p first."""
    return sorted(found[:room], key=lambda one: study.groups.index(one.group))


def differences_figure(
    study: "Study", found: Sequence[Difference], tests: int, room: int, fonts: Fonts, width: float
) -> "Figure":
    """Draw the first `room` differences; where there are none, the figure says so in words.

    tests: how many comparisons were tested.
    """
    sheet, drawn = Sheet(width, fonts), by_group(study, found, room)
    y = heading(sheet, TITLE, _subtitle(len(found), tests))
    if not found:
        y = sheet.write_lines(MARGIN, y + 2, sheet.wrap(_none(tests), width - 2 * MARGIN, HEAD), HEAD) + 4
        return draw(sheet, footer(sheet, y, _adjusted(study), bool(study.simulated)))
    places = _places(sheet, drawn)
    y = _draw_heads(sheet, places, y)
    for place, one in enumerate(drawn):
        if not place or drawn[place - 1].group != one.group:
            y = _draw_group(sheet, one.group_label, places, y)
        y = _draw_difference(sheet, one, places, y)
    if len(found) > len(drawn):
        more = sheet.wrap(_more(len(found) - len(drawn)), width - 2 * MARGIN, STRONG)
        y = sheet.write_lines(MARGIN, y, more, STRONG)
    return draw(sheet, footer(sheet, y + 4, _notes(study, drawn), bool(study.simulated)))


def _subtitle(differences: int, tests: int) -> str:
    if not differences:
        return ""
    return (
        f"{differences} of {tests} tests between groups found a difference that survives the adjustment of p;"
        " by grouping variable, smallest adjusted p first"
    )


def _none(tests: int) -> str:
    if not tests:
        return "No comparison between groups could be tested."
    return f"None of {tests} tests between groups found a difference that survives the adjustment of p."


def _more(count: int) -> str:
    return f"{count} more difference{'' if count == 1 else 's'}, of larger adjusted p, in the table of comparisons"


def _adjusted(study: "Study") -> str:
    within, across = (study.comparisons[name] for name in ("within", "across"))
    text = "p is not adjusted" if within == "none" else f"p is adjusted within a domain ({ADJUSTMENTS[within]})"
    text += f" and counts at {study.comparisons['alpha'] / 100:g} or less"
    if across == "none":
        return f"{text}."
    return f"{text}; domains in which nothing differs (Simes' p, adjusted by {ADJUSTMENTS[across]}) are left out."


def _notes(study: "Study", drawn: Sequence[Difference]) -> str:
    level, notes = display.number(study.inference["level"]), []
    choices = [one for one in drawn if not one.is_number]
    if choices:
        notes.append(f"Dot: percent giving the answer named, with {level}% interval.")
    if any(study.item(one.item.partition("[")[0]).type in ("single", "ordinal") for one in choices):
        notes.append(
            "The test of a question with several answers is of all; the one whose percents differ most is drawn."
        )
    if len(choices) < len(drawn):
        notes.append("Square: median with quartiles, on the scale below it.")
    if study.cluster:
        notes.append("Tests and effects take no account of clusters.")
    if study.weighting and study.weighting["comparisons"] == "weighted":
        notes.append("Tests are weighted, percents and medians are not.")
    return with_withheld(study, " ".join([*notes, f"Effects with {level}% interval;", _adjusted(study)]))


def _draw_heads(sheet: Sheet, places: Places, y: float) -> float:
    """What the columns hold, over the first of them; returns the y below."""
    if places.stacked:
        return y
    for x, text, align in (
        (MARGIN, "Question and answer", "left"),
        (places.value, "n/N (%)", "right"),
        (places.effect, "Effect and test", "left"),
        (sheet.width - MARGIN, "Adjusted p", "right"),
    ):
        sheet.write(x, y, text, NOTE, align)
    return y + NOTE.line + 1


def _draw_group(sheet: Sheet, label: str, places: Places, y: float) -> float:
    """The grouping variable with the scale of percents; returns the y below."""
    sheet.line((MARGIN, y), (sheet.width - MARGIN, y), colour=RULE, width=0.8)
    y += 3
    room = sheet.width - 2 * MARGIN if places.stacked else places.axis - MARGIN - 12
    bottom = sheet.write_lines(MARGIN, y, sheet.wrap(label, room, HEAD), HEAD)
    y = bottom if places.stacked else bottom - NOTE.line
    write_percents(sheet, places.at, y)
    if places.stacked:
        sheet.write(places.value, y, "n/N (%)", NOTE, "right")
    return y + NOTE.line + 3


def _draw_difference(sheet: Sheet, one: Difference, places: Places, y: float) -> float:
    """A difference from y downwards; returns where the next begins."""
    words = [(line, STRONG) for line in sheet.wrap(one.label, places.question_width, STRONG)]
    words += [(line, NOTE) for line in sheet.wrap(one.answer, places.question_width, NOTE)]
    below = y
    for line, face in words:
        sheet.write(MARGIN, below, line, face)
        below += face.line
    if places.stacked:
        effect, test = " ".join(one.effect_lines[:-1]), one.effect_lines[-1]
        text = f"{effect}; {test}, adjusted p {display.p_value(one.p_adjusted)}"
        bottom = _draw_levels(sheet, one, places, below + 1)
        return sheet.write_lines(MARGIN, bottom + 1, sheet.wrap(text, places.question_width, NOTE), NOTE) + GAP
    lines = [part for line in one.effect_lines for part in sheet.wrap(line, EFFECT_WIDTH - 4)]
    effects = sheet.write_lines(places.effect, y, lines)
    sheet.write(sheet.width - MARGIN, y, display.p_value(one.p_adjusted), STRONG, "right")
    return max(below, effects, _draw_levels(sheet, one, places, y)) + GAP


def _draw_levels(sheet: Sheet, one: Difference, places: Places, y: float) -> float:
    """The levels of a grouping variable, one below the other, with their grid; returns the y below."""
    ticks = _scale(one)
    names = [sheet.wrap(level.label, places.level_width) for level in one.levels]
    heights = [PITCH + (len(lines) - 1) * BODY.line for lines in names]
    for tick in ticks:
        x = places.at(tick, ticks[0], ticks[-1])
        sheet.line((x, y), (x, y + sum(heights)), width=0.4)
    for level, lines, height in zip(one.levels, names, heights, strict=True):
        sheet.write_lines(places.level, y + (PITCH - BODY.line) / 2, lines)
        middle = y + height / 2
        sheet.line((places.axis, middle), (places.axis + places.axis_width, middle), width=0.4)
        _draw_mark(sheet, one, level, places, middle, (ticks[0], ticks[-1]))
        face = BODY if level.base else NOTE
        sheet.write(places.value, middle - BODY.line / 2, one.text_of(level), face, "right")
        y += height
    if one.is_number:
        for place, tick in enumerate(ticks):
            if place in (0, len(ticks) - 1) or len(ticks) < 6:
                sheet.write(places.at(tick, ticks[0], ticks[-1]), y, display.number(tick), NOTE, "center")
        y += NOTE.line
    return y


def _scale(one: Difference) -> Sequence[float]:
    """The ticks of the axis: percents from 0 to 100, or round numbers around the quartiles."""
    if not one.is_number:
        return PERCENTS
    ends = [end for level in one.levels if level.base for end in (level.low, level.value, level.high)]
    ends = [end for end in ends if not math.isnan(end)] or [0]
    return nice_ticks(min(ends), max(ends))


def _draw_mark(
    sheet: Sheet, one: Difference, level: Level, places: Places, y: float, ends: tuple[float, float]
) -> None:
    if not level.base or math.isnan(level.value):
        return
    mark = MEDIAN if one.is_number else SHARE
    if level.high > level.low:
        points = [(places.at(value, *ends), y) for value in (level.low, level.high)]
        sheet.line(*points, colour=mark[0], width=1.1, over=3)
    sheet.dot(places.at(level.value, *ends), y, *mark)


def drawn_table(study: "Study", found: Sequence[Difference], room: int) -> "pd.DataFrame":
    """Exactly the data drawn, one row per level, in drawing order; `drawn` is no for differences only counted."""
    import pandas as pd

    lines = []
    marked = [*((one, "yes") for one in by_group(study, found, room)), *((one, "no") for one in found[room:])]
    for one, is_drawn in marked:
        about = {
            "group": one.group,
            "group_label": one.group_label,
            "item": one.item,
            "label": one.label,
            "option": one.option,
            "answer": one.answer,
            "effect_name": one.effect_name,
            "effect": one.effect,
            "effect_ci_low": one.effect_low,
            "effect_ci_high": one.effect_high,
            "test": one.test,
            "p": one.p,
            "p_adjusted": one.p_adjusted,
            "drawn": is_drawn,
        }
        names = ("median", "q1", "q3") if one.is_number else ("percent", "ci_low", "ci_high")
        for level in one.levels:
            values = dict(zip(names, (level.value, level.low, level.high), strict=True))
            counts = {"level": level.code, "level_label": level.label, "n": level.n, "n_valid": level.base}
            lines.append(about | counts | values)
    return pd.DataFrame(lines, columns=COLUMNS.split())


def differences_alt(study: "Study", found: Sequence[Difference], tests: int, room: int) -> str:
    """One paragraph: each difference drawn, from its lowest to its highest level."""
    simulated = "Simulated data. " if study.simulated else ""
    if not found:
        return f"{simulated}{TITLE}: {_none(tests)}"
    sentences = [f"{simulated}Dot plot by level of the grouping variables. {_subtitle(len(found), tests)}."]
    for one in by_group(study, found, room):
        known = [level for level in one.levels if level.base and not math.isnan(level.value)] or one.levels
        known = sorted(known, key=lambda level: level.value)
        low, high = (f"{level.label} {one.text_of(level)}" for level in (known[0], known[-1]))
        effect = " ".join(one.effect_lines[:-1])
        sentences.append(
            f"{one.group_label}, {one.label} ({one.answer}): {low} to {high};"
            f" {effect}, adjusted p {display.p_value(one.p_adjusted)}."
        )
    if len(found) > room:
        sentences.append(f"{_more(len(found) - room)}.")
    return " ".join(sentences)
