"""The figure of one domain: every question with the percent of each answer, or the spread of a number."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from survey import display
from survey.style import (
    BLUE,
    BODY,
    DOUBLE_COLUMN,
    GREEN,
    GREY,
    HEAD,
    HINT,
    MARGIN,
    MM,
    NOTE,
    PAGE_HEIGHT,
    PERCENTS,
    RULE,
    SINGLE_COLUMN,
    Fonts,
    Sheet,
    draw,
    footer,
    heading,
    percent_text,
    tick_text,
    with_withheld,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Item, Study

MANY = 14  # an item with more options than this is drawn with its most frequent ones
TOP = 12
COLUMN_GAP = 8 * MM
APART = {"dont_know": "do not know", "not_applicable": "not applicable", "refused": "declined to answer"}
MISSING = {**APART, "blank": "left blank", "invalid": "not readable"}
SEVERAL = {"multiple": "several answers possible", "rank": "percent who ranked it first; mean rank in brackets"}
METHODS = {
    "wilson": "Wilson",
    "clopper_pearson": "Clopper-Pearson",
    "jeffreys": "Jeffreys",
    "agresti_coull": "Agresti-Coull",
    "goodman": "Goodman",
    "sison_glaz": "Sison-Glaz",
    "hypergeometric": "hypergeometric",
}


@dataclass(frozen=True)
class Row:
    """One answer option with its count; percent and interval (0-100) are nan when nobody answered."""

    option: str
    label: str
    n: float
    base: float
    percent: float
    low: float
    high: float
    mean_rank: float = math.nan

    @property
    def text(self) -> str:
        """The label as printed."""
        return self.label if math.isnan(self.mean_rank) else f"{self.label} ({self.mean_rank:.1f})"


@dataclass(frozen=True)
class Spread:
    """Median with its interval, quartiles, smallest and largest value of a numeric item, in its unit."""

    n: float
    median: float
    median_low: float
    median_high: float
    q1: float
    q3: float
    low: float
    high: float


@dataclass(frozen=True)
class Block:
    """All that is drawn of one item."""

    item: str
    question: str
    type: str
    unit: str
    base: float
    rows: tuple[Row, ...]
    apart: tuple[tuple[str, str, float], ...]  # option, words, n: answers outside the base
    spread: Spread | None
    missing: tuple[tuple[str, float], ...]  # kind, n: respondents outside the base, by the reason
    not_asked: float
    asked: float  # those in the base and those missing from it; nan where it is withheld, as may be the others
    left_out: tuple[Row, ...] = ()  # options that only the table has

    @property
    def note(self) -> str:
        """Who is not in the base, in words; empty when everybody was asked and answered."""
        parts = [f"{n:.0f} {MISSING[kind]}" for kind, n in self.missing if n and not math.isnan(n)]
        hidden = [MISSING[kind] for kind, n in self.missing if math.isnan(n)]
        parts += [f"{display.WITHHELD} how many {' and '.join(hidden)}"] if hidden else []
        asked = f"Asked: {display.count(self.asked)}" if math.isnan(self.asked) else f"Asked {self.asked:.0f}"
        asked += f": {', '.join(parts)}" if parts else ""
        if self.not_asked != 0:
            return f"{asked}; {display.count(self.not_asked)} not asked"
        return asked if parts else ""

    @property
    def more(self) -> str:
        """What is said of the options that are not drawn."""
        if not self.left_out:
            return ""
        together = sum(row.n for row in self.left_out)
        answers = "" if math.isnan(together) else f" (together {together:.0f} answers)"
        return f"{len(self.left_out)} more in the table{answers}"

    def with_top(self, limit: int, many: int) -> "Block":
        """This block with its `limit` most frequent options, if it has more than `many`."""
        rows = (*self.rows, *self.left_out)
        if len(rows) <= many:
            return self
        ranked = sorted(rows, key=lambda row: 0 if math.isnan(row.n) else -row.n)
        return replace(self, rows=tuple(ranked[:limit]), left_out=tuple(ranked[limit:]))


def domain_blocks(
    study: "Study", domain: str, frequencies: "pd.DataFrame", numeric: "pd.DataFrame", appendix: "pd.DataFrame"
) -> list[Block]:
    """Blocks of a domain in codebook order: every item that has rows in either table.

    appendix: the data appendix, which tells the kinds of missing apart.
    """
    frequencies = frequencies[frequencies["domain"] == domain]
    numeric = numeric[numeric["domain"] == domain]
    counts = {name: rows.to_dict("records") for name, rows in frequencies.groupby("item", sort=False)}
    spreads = {row["item"]: row for row in numeric.to_dict("records")}
    missing = {row["variable"]: row for row in appendix.to_dict("records")}
    items = [item for item in study.domain_items(domain) if item.is_reported]
    blocks = [_block(item, counts.get(item.name, []), spreads, missing[item.name]) for item in items]
    return [block.with_top(TOP, MANY) for block in blocks if block.rows or block.apart or block.spread]


def _block(
    item: "Item", counts: Sequence[dict[str, Any]], spreads: dict[str, dict[str, Any]], missing: dict[str, Any]
) -> Block:
    options = {option.code: option for option in item.options}
    order = {code: position for position, code in enumerate(options)}
    rows, apart = [], []
    for row in sorted(counts, key=lambda row: order.get(row["option"], len(order))):
        option = options.get(row["option"])
        if option is not None and not option.counts:
            apart.append((row["option"], APART[option.kind], _number(row["n"])))
            continue
        ranks = spreads.get(f"{item.name}[{row['option']}]", {})
        estimate = (_number(row[column]) for column in ("n", "n_valid", "percent", "ci_low", "ci_high"))
        rows.append(
            Row(row["option"], row["option_label"] or row["option"], *estimate, mean_rank=_number(ranks.get("mean")))
        )
    spread = spreads.get(item.name)
    about = counts[0] if counts else spread or {}
    base = _number(spread["n"]) if spread else _number(about.get("n_valid"))
    return Block(
        item=item.name,
        question=item.question or item.label or item.name,
        type=item.type,
        unit=item.unit,
        base=base,
        rows=tuple(rows),
        apart=tuple(apart),
        spread=_spread(spread) if spread else None,
        missing=tuple((kind, _number(missing[kind])) for kind in MISSING),
        not_asked=_number(missing["not_asked"]),
        asked=_number(about.get("n_asked"), base + sum(_number(missing[kind]) for kind in MISSING)),
    )


def _spread(row: dict[str, Any]) -> Spread:
    columns = ("n", "median", "median_ci_low", "median_ci_high", "q1", "q3", "min", "max")
    return Spread(*(_number(row[column]) for column in columns))


def _number(value: Any, otherwise: float = math.nan) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return otherwise
    return otherwise if math.isnan(number) else number


# Layout: a column of blocks, each drawn from its top down.


@dataclass(frozen=True)
class Column:
    """A column of the figure: where its labels, its axis and its numbers lie, and how airy it is (0 tight, 1 easy)."""

    left: float
    label: float
    axis: float
    axis_width: float
    right: float
    air: float

    def at(self, percent: float) -> float:
        """Horizontal place of a percentage."""
        return self.axis + self.axis_width * percent / 100

    def gap(self, tight: float, easy: float) -> float:
        """A distance between its tight and its easy size."""
        return tight + (easy - tight) * self.air


def _columns(sheet: Sheet, parts: Sequence[Sequence[Block]], air: float) -> list[Column]:
    """The places of one or two columns side by side, alike in the width of labels, axis and numbers."""
    width = (sheet.width - 2 * MARGIN - COLUMN_GAP * (len(parts) - 1)) / len(parts)
    blocks = [block for part in parts for block in part]
    numbers = [_numbers(row) for block in blocks for row in block.rows]
    numbers += [line for block in blocks if block.spread for line in _spread_words(block.spread)]
    number_width = max((sheet.measure(text) for text in numbers), default=60)
    labels = [row.text for block in blocks for row in block.rows] + [block.unit for block in blocks if block.spread]
    label_width = min(max((sheet.measure(text) for text in labels), default=0) + 1, 0.4 * width)
    axis_width = min(width - label_width - number_width - 16, 90 * MM)
    lefts = [MARGIN + number * (width + COLUMN_GAP) for number in range(len(parts))]
    axis = width - number_width - 8 - axis_width
    return [Column(left, axis - 8, left + axis, axis_width, left + width, air) for left in lefts]


def _numbers(row: Row) -> str:
    return percent_text(row.percent, row.n, row.base)


def _spread_words(spread: Spread) -> tuple[str, str]:
    if math.isnan(spread.median):
        return "no answers" if spread.n == 0 else display.WITHHELD, ""
    middle = f"{display.number(spread.median)} ({display.number(spread.q1)} to {display.number(spread.q3)})"
    if math.isnan(spread.low) or math.isnan(spread.high):
        return middle, f"range {display.WITHHELD}"
    return middle, f"{display.number(spread.low)} to {display.number(spread.high)}"


def _draw_block(sheet: Sheet, block: Block, column: Column, y: float) -> float:
    """Draw a block with its top at y; returns the y below it."""
    base = f"n {display.WITHHELD}" if math.isnan(block.base) else f"n = {block.base:.0f}"
    sheet.write(column.right, y, base, NOTE, "right")
    width = column.right - column.left - sheet.measure(base, NOTE) - 8
    y = sheet.write_lines(column.left, y, sheet.wrap(block.question, width, HEAD), HEAD)
    if block.type in SEVERAL:
        y = sheet.write_lines(column.left, y, [SEVERAL[block.type]], HINT)
    y += column.gap(0.8, 2)
    if block.spread:
        y = _draw_spread(sheet, block, block.spread, column, y)
    if block.rows:
        y = _draw_rows(sheet, block.rows, column, y)
    whole = column.right - column.left
    y = sheet.write_lines(column.left, y, sheet.wrap(block.more, whole, HINT) if block.more else [], HINT)
    return sheet.write_lines(column.left, y, sheet.wrap(block.note, whole, NOTE) if block.note else [], NOTE)


def _draw_rows(sheet: Sheet, rows: Sequence[Row], column: Column, top: float) -> float:
    y = top
    for row in rows:
        lines = sheet.wrap(row.text, column.label, BODY)
        height = len(lines) * BODY.line + column.gap(0.2, 3)
        middle = y + height / 2
        sheet.write_lines(column.left, middle - len(lines) * BODY.line / 2, lines)
        reach = column.left + max(sheet.measure(line) for line in lines) + 3
        sheet.line((min(reach, column.axis), middle), (column.at(100), middle), width=0.4)
        if not math.isnan(row.percent):
            if not math.isnan(row.low) and row.high > row.low:
                sheet.line((column.at(row.low), middle), (column.at(row.high), middle), colour=BLUE, width=1.3, over=3)
            sheet.dot(column.at(row.percent), middle)
        sheet.write(column.right, middle - BODY.line / 2, _numbers(row), align="right")
        y += height
    for percent in PERCENTS:
        sheet.line((column.at(percent), top), (column.at(percent), y), width=0.6 if percent in (0, 100) else 0.4)
    return y + 1


def _draw_spread(sheet: Sheet, block: Block, spread: Spread, column: Column, y: float) -> float:
    lines = sheet.wrap(block.unit, column.label, BODY) if block.unit else []
    words = _spread_words(spread)
    height = max(len(lines), 2) * BODY.line + column.gap(0.5, 2)
    sheet.write_lines(column.left, y, lines)
    sheet.write(column.right, y, words[0], align="right")
    if math.isnan(spread.median):
        return y + BODY.line + 1
    sheet.write(column.right, y + BODY.line, words[1], NOTE, "right")
    known = [end for end in (spread.low, spread.q1, spread.median, spread.q3, spread.high) if not math.isnan(end)]
    ticks = nice_ticks(min(known), max(known))

    def at(value: float) -> float:
        return column.axis + column.axis_width * (value - ticks[0]) / (ticks[-1] - ticks[0])

    middle, foot = y + BODY.line / 2, y + BODY.line + 0.5
    sheet.line((column.axis, foot), (column.axis + column.axis_width, foot), width=0.6)
    for tick in ticks:
        sheet.line((at(tick), foot), (at(tick), foot + 1.8), width=0.6)
    # Every label, or every second, third ... so that they stay clear of one another.
    widest = max(sheet.measure(display.number(tick), NOTE) for tick in ticks)
    every = math.ceil((widest + 3) / (at(ticks[1]) - at(ticks[0])))
    for tick in ticks[::every]:
        half = sheet.measure(display.number(tick), NOTE) / 2
        place = min(max(at(tick), column.axis - 6 + half), column.axis + column.axis_width + 6 - half)
        sheet.write(place, foot + 0.6, display.number(tick), NOTE, "center")
    if not math.isnan(spread.low) and not math.isnan(spread.high):
        sheet.line((at(spread.low), middle), (at(spread.high), middle), colour=GREY, width=0.7, over=2)
        for end in (spread.low, spread.high):
            sheet.line((at(end), middle - 1.8), (at(end), middle + 1.8), colour=GREY, width=0.7, over=2)
    if spread.q3 > spread.q1:
        sheet.line((at(spread.q1), middle), (at(spread.q3), middle), colour="#9FD4C4", width=5, over=3)
    if spread.median_high > spread.median_low:
        sheet.line((at(spread.median_low), middle), (at(spread.median_high), middle), colour=GREEN, width=1.5, over=4)
    sheet.dot(at(spread.median), middle, GREEN)
    return y + height


def nice_ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers that enclose low..high; a little room around a single value."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1):
        low, high = low - max(abs(low) * 0.1, 1), high + max(abs(high) * 0.1, 1)
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _draw_column(sheet: Sheet, blocks: Sequence[Block], column: Column, y: float) -> float:
    """A column from y downwards, with the percent scale above its first and below its last block of options."""
    percents = [number for number, block in enumerate(blocks) if block.rows]
    for number, block in enumerate(blocks):
        if number:
            y += column.gap(2, 6)
            sheet.line((column.left, y), (column.right, y), colour=RULE, width=0.5)
            y += column.gap(1.5, 4)
        if percents and number == percents[0]:
            y = _draw_scale(sheet, column, y, "n/N (%)")
        y = _draw_block(sheet, block, column, y)
        if percents and number == percents[-1]:
            y = _draw_scale(sheet, column, y + column.gap(0.5, 3), "")
    return y


def _draw_scale(sheet: Sheet, column: Column, y: float, numbers: str) -> float:
    for percent in PERCENTS:
        if percent in (25, 75) and column.axis_width < 70:
            continue
        sheet.write(column.at(percent), y, tick_text(percent), NOTE, "center")
    sheet.write(column.right, y, numbers, NOTE, "right")
    return y + NOTE.line + (2 if numbers else 0)


@dataclass(frozen=True)
class Plan:
    """How a domain fits the page: the blocks of each column, how airy, and the blocks that only the table has."""

    columns: tuple[tuple[Block, ...], ...]
    air: float
    unseen: tuple[Block, ...] = ()

    @property
    def drawn(self) -> list[Block]:
        """The blocks in drawing order."""
        return [block for column in self.columns for block in column]


def plan_domain(sheet: Sheet, blocks: Sequence[Block], room: float) -> Plan:
    """The easiest layout of the blocks within `room` points of height.

    One column when that is short; else two; then tighter rows; then fewer options per question; last, only as many
    questions as fit. Whatever is left out is named in the figure and is in the table.
    """
    if _height(sheet, (tuple(blocks),), 1) <= min(room, 95 * MM):
        return Plan((tuple(blocks),), 1)
    for air in (1, 0.75, 0.5, 0.25, 0):
        plan = Plan(_balanced(sheet, blocks, air), air)
        if _height(sheet, plan.columns, air) <= room:
            return plan
    for top in (10, 8, 6, 4):
        blocks = [block.with_top(top, top + 1) for block in blocks]
        plan = Plan(_balanced(sheet, blocks, 0), 0)
        if _height(sheet, plan.columns, 0) <= room:
            return plan

    def is_too_tall(count: int) -> bool:
        return _height(sheet, _balanced(sheet, blocks[:count], 0), 0) > room

    count = max(1, bisect_left(range(1, len(blocks)), True, key=is_too_tall))
    return Plan(_balanced(sheet, blocks[:count], 0), 0, tuple(blocks[count:]))


def _balanced(sheet: Sheet, blocks: Sequence[Block], air: float) -> tuple[tuple[Block, ...], ...]:
    """The blocks in two columns, in order, cut where the taller column is shortest."""
    if len(blocks) < 2:
        return (tuple(blocks),)

    def columns(cut: int) -> tuple[tuple[Block, ...], ...]:
        return tuple(blocks[:cut]), tuple(blocks[cut:])

    def left_is_taller(cut: int) -> bool:
        left, right = _heights(sheet, columns(cut), air)
        return left >= right

    # The left column grows with the cut, the right one shrinks: the best cut is where they change places.
    cuts = range(1, len(blocks))
    crossing = bisect_left(cuts, True, key=left_is_taller)
    near = {cuts[max(crossing - 1, 0)], cuts[min(crossing, len(cuts) - 1)]}
    return min(map(columns, sorted(near)), key=lambda both: _height(sheet, both, air))


def _height(sheet: Sheet, columns: Sequence[Sequence[Block]], air: float) -> float:
    return max(_heights(sheet, columns, air))


def _heights(sheet: Sheet, columns: Sequence[Sequence[Block]], air: float) -> list[float]:
    scratch = Sheet(sheet.width, sheet.fonts)
    places = _columns(scratch, columns, air)
    return [_draw_column(scratch, blocks, place, 0) for blocks, place in zip(columns, places, strict=True)]


def page_plan(study: "Study", domain: str, blocks: Sequence[Block], fonts: Fonts) -> Plan:
    """How the blocks of a domain fit a page, 178 mm wide and at most 235 mm high."""
    sheet = Sheet(DOUBLE_COLUMN, fonts)
    y = heading(sheet, domain_title(study, domain), _subtitle(blocks))
    foot = footer(Sheet(DOUBLE_COLUMN, fonts), 0, _notes(study, Plan((tuple(blocks),), 0, tuple(blocks))), True)
    return plan_domain(sheet, blocks, PAGE_HEIGHT - y - foot - 4)


def domain_figure(study: "Study", domain: str, plan: Plan, fonts: Fonts, width: float) -> "Figure":
    """Draw what the plan of the page holds; in a column as one strip, as tall as it takes."""
    sheet = Sheet(width, fonts)
    y = heading(sheet, domain_title(study, domain), _subtitle([*plan.drawn, *plan.unseen]))
    columns = plan.columns if width > SINGLE_COLUMN else (tuple(plan.drawn),)
    places = _columns(sheet, columns, plan.air)
    bottom = max(_draw_column(sheet, part, place, y) for part, place in zip(columns, places, strict=True))
    return draw(sheet, footer(sheet, bottom + 4, _notes(study, plan), bool(study.simulated)))


def domain_title(study: "Study", domain: str) -> str:
    """The title of the domain."""
    return next(entry["title"] for entry in study.domains if entry["id"] == domain)


def _subtitle(blocks: Sequence[Block]) -> str:
    bases = sorted(block.base for block in blocks if not math.isnan(block.base))
    if not bases:
        return "No question of this domain has answers to draw"
    count = f"{len(blocks)} question" + ("s" if len(blocks) > 1 else "")
    return f"Answers to {count}; number of answers per question n = {_range(bases[0], bases[-1])}"


def _range(low: float, high: float) -> str:
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def _notes(study: "Study", plan: Plan) -> str:
    blocks = plan.drawn
    inference = study.inference
    method = METHODS[inference["method"]]
    target = ", finite population" if inference["target"] == "finite_population" else ""
    target += ", clustered" if study.cluster else ""
    interval = f"{display.number(inference['level'])}% interval"
    notes = []
    if any(block.rows for block in blocks):
        notes.append(f"Dot and line: percent of those who answered, with {interval} ({method}{target}).")
    if any(block.spread for block in blocks):
        notes.append(
            f"Numbers: green dot and line, median with {interval}; pale bar, interquartile range; thin line, full"
            " range; at right, median (interquartile range) and range."
        )
    if plan.unseen:
        plural = "s" if len(plan.unseen) > 1 else ""
        notes.append(
            f"{len(plan.unseen)} more question{plural} in the table: {', '.join(b.item for b in plan.unseen[:6])}."
        )
    return with_withheld(study, " ".join(notes))


def drawn_table(plan: Plan) -> "pd.DataFrame":
    """Exactly the data drawn, in drawing order.

    `mark` tells how a row appears: `percent` (dot and interval), `median` (spread of a number), `apart` (in the note),
    `more` (one line for the options, or for a whole item, that only the table has).
    """
    import pandas as pd

    lines: list[dict[str, Any]] = []
    for block in plan.drawn:
        about = {"item": block.item, "question": block.question, "type": block.type}
        asked = {"n_asked": block.asked, "n_not_asked": block.not_asked}
        asked |= {f"n_{kind}": n for kind, n in block.missing}
        if block.spread:
            spread = block.spread
            estimate = {"median": spread.median, "ci_low": spread.median_low, "ci_high": spread.median_high}
            extent = {"q1": spread.q1, "q3": spread.q3, "min": spread.low, "max": spread.high, "unit": block.unit}
            lines.append(about | {"mark": "median", "n": spread.n, "base": block.base} | estimate | extent | asked)
        for row in block.rows:
            answer = {"mark": "percent", "option": row.option, "label": row.label, "n": row.n, "base": row.base}
            estimate = {"percent": row.percent, "ci_low": row.low, "ci_high": row.high, "mean_rank": row.mean_rank}
            lines.append(about | answer | estimate | asked)
        if block.left_out:
            total = sum(row.n for row in block.left_out)
            lines.append(
                about | {"mark": "more", "label": block.more, "n": total, "options": len(block.left_out)} | asked
            )
        for option, words, n in block.apart:
            lines.append(about | {"mark": "apart", "option": option, "label": words, "n": n} | asked)
    for block in plan.unseen:
        lines.append({"item": block.item, "question": block.question, "type": block.type, "mark": "more"})
    columns = (
        "item question type mark option label n base percent ci_low ci_high mean_rank median q1 q3 min max unit options"
        " n_asked n_not_asked n_dont_know n_not_applicable n_refused n_blank n_invalid"
    )
    return pd.DataFrame(lines, columns=columns.split())


def domain_alt(study: "Study", domain: str, plan: Plan) -> str:
    """One paragraph that says what the figure shows: of every question the most frequent answer, or the median."""
    blocks = plan.drawn
    simulated = "Simulated data. " if study.simulated else ""
    kind = "Dot plot of the percent of respondents giving each answer, with intervals" if blocks else "Empty figure"
    sentences = [f"{simulated}{kind}. Domain: {domain_title(study, domain)}."]
    for block in blocks:
        sentences.append(_sentence(block))
    if plan.unseen:
        sentences.append(f"Not drawn, in the table: {len(plan.unseen)} more questions.")
    return " ".join(" ".join(sentences).split())


def _sentence(block: Block) -> str:
    question = block.question if block.question[-1:] in ".?!:" else f"{block.question}:"
    if block.spread:
        if math.isnan(block.spread.median):
            return f"{question} {'No answers' if block.spread.n == 0 else 'Withheld'}."
        middle, ends = _spread_words(block.spread)
        ends = ends.removeprefix("range ")
        unit = f" {block.unit}" if block.unit else ""
        return f"{question} Median {middle}{unit}, range {ends}, {display.count(block.base)} answers."
    answered = [row for row in block.rows if not math.isnan(row.percent)]
    if not answered:
        return f"{question} {'Withheld' if any(math.isnan(row.n) for row in block.rows) else 'No answers'}."
    top = max(answered, key=lambda row: row.percent)
    lead = "Most often ranked first" if block.type == "rank" else "Most frequent answer"
    return f"{question} {lead}: {top.label}, {_numbers(top)}."
