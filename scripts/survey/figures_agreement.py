"""The figure of agreement: every item of every domain, most alike first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

from survey import display
from survey.style import (
    BLUE,
    BODY,
    DOUBLE_COLUMN,
    INK,
    MARGIN,
    MM,
    NOTE,
    ORANGE,
    PAGE_HEIGHT,
    RULE,
    SINGLE_COLUMN,
    STRONG,
    VERMILLION,
    Fonts,
    Sheet,
    draw,
    draw_key,
    footer,
    heading,
    with_withheld,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

# Colour and shape both tell the level of consensus, so that neither is needed alone.
MARKS = {"yes": (BLUE, "o", True), "near": (ORANGE, "D", True), "no": (VERMILLION, "s", False)}
TITLE = "Agreement between respondents, by question"
AXIS = 38 * MM
TICKS = (0, 0.25, 0.5, 0.75, 1)
GAP = 7.0
LETTER = 9.0  # room for the letter of an area


@dataclass(frozen=True)
class Line:
    """One item as drawn: normalised entropy (0 all alike, 1 evenly spread) with its interval, and the top answer."""

    domain: str
    domain_title: str
    item: str
    label: str
    option: str
    option_label: str
    percent: float
    entropy: float
    low: float
    high: float
    consensus: str
    is_withheld: bool = False


def agreement_lines(study: "Study", agreement: "pd.DataFrame") -> list[Line]:
    """The items in the order of their entropy; those nobody answered come last."""
    titles = {domain["id"]: domain["title"] for domain in study.domains}
    lines = []
    for row in agreement.to_dict("records"):
        item = study.item(row["item"])
        options = {option.code: option.label for option in item.options}
        numbers = (_number(row[column]) for column in ("top_percent", "entropy", "entropy_ci_low", "entropy_ci_high"))
        code = row["top_option"] if isinstance(row["top_option"], str) else ""
        label = item.label or item.question or item.name
        answer = (titles[row["domain"]], item.name, label, code, options.get(code, code))
        is_withheld = "entropy" in str(row.get("withheld") or "").split()
        lines.append(Line(row["domain"], *answer, *numbers, row["consensus"] or "", is_withheld))
    return sorted(
        lines,
        key=lambda line: (math.isnan(line.entropy), line.entropy, 0 if math.isnan(line.percent) else -line.percent),
    )


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def drawn_table(lines: Sequence[Line], room: int) -> "pd.DataFrame":
    """Exactly the data drawn, in drawing order; `drawn` is no for items that one line of the figure only counts."""
    import pandas as pd

    shown = {line.item for line in _shown(lines, room) if line}
    rows = [
        {
            "rank": rank,
            "domain": line.domain,
            "item": line.item,
            "label": line.label,
            "top_option": line.option,
            "top_label": line.option_label,
            "top_percent": line.percent,
            "entropy": line.entropy,
            "entropy_ci_low": line.low,
            "entropy_ci_high": line.high,
            "consensus": line.consensus,
            "drawn": "yes" if line.item in shown else "no",
        }
        for rank, line in enumerate(lines, start=1)
    ]
    columns = (
        "rank domain item label top_option top_label top_percent entropy entropy_ci_low entropy_ci_high consensus drawn"
    )
    return pd.DataFrame(rows, columns=columns.split())


def _shown(lines: Sequence[Line], room: int) -> list[Line | None]:
    """The lines that fit: all, or the most and the least alike with None between them for the rest."""
    if len(lines) <= room:
        return list(lines)
    half = (room - 1) // 2
    return [*lines[:half], None, *lines[len(lines) - half :]]


def page_room(study: "Study", lines: Sequence[Line], fonts: Fonts) -> int:
    """How many lines fit a page of 178 by 235 mm."""
    return int(_space(study, lines, fonts) / (BODY.line + 0.1))


def _space(study: "Study", lines: Sequence[Line], fonts: Fonts) -> float:
    """Height that a page has for the lines."""
    sheet = Sheet(DOUBLE_COLUMN, fonts)
    y = _draw_keys(sheet, study, heading(sheet, TITLE, _subtitle(lines)))
    return PAGE_HEIGHT - y - footer(sheet, 0, _notes(study), True) - 3 * NOTE.line - 10


def agreement_figure(study: "Study", lines: Sequence[Line], room: int, fonts: Fonts, width: float) -> "Figure":
    """Draw the items ranked by agreement, as many as a page has room for."""
    sheet, shown = Sheet(width, fonts), _shown(lines, room)
    y = _draw_keys(sheet, study, heading(sheet, TITLE, _subtitle(lines)))
    if width > SINGLE_COLUMN:
        pitch = min(11.5, _space(study, lines, fonts) / max(len(shown), 1))
        places = _side_by_side(sheet, [line for line in shown if line])
    else:
        pitch, places = 2 * BODY.line + 3.5, _one_above_the_other(sheet)
    y = _draw_lines(sheet, shown, len(lines), study, places, y, pitch)
    return draw(sheet, footer(sheet, y + 4, _notes(study), bool(study.simulated)))


def _subtitle(lines: Sequence[Line]) -> str:
    counts = {level: sum(line.consensus == level for line in lines) for level in MARKS}
    total = f"{len(lines)} question" + ("" if len(lines) == 1 else "s")
    return (
        f"{total}, most alike first: {counts['yes']} with consensus, {counts['near']} near it, {counts['no']} without"
    )


def _notes(study: "Study") -> str:
    notes = (
        f"Normalised entropy with {display.number(study.inference['level'])}% interval: 0, all answers alike; "
        "1, answers spread evenly over the options. A text that ends in … is in full in the table."
    )
    if study.minimum_cell:
        notes = f"{with_withheld(study, notes)} Entropy takes the withheld counts of a question as equal."
    return notes


def _thresholds(study: "Study") -> tuple[float, float]:
    return study.thresholds["near"], study.thresholds["consensus"]


@dataclass(frozen=True)
class Places:
    """Where the parts of a line lie: left ends and widths in points, and whether the label has a line of its own."""

    label_width: float
    domain: float | None  # None: the domain is not printed
    domain_width: float
    axis: float
    axis_width: float
    answer: float
    stacked: bool

    def at(self, entropy: float) -> float:
        """Horizontal place of an entropy."""
        return self.axis + self.axis_width * entropy


def _side_by_side(sheet: Sheet, drawn: Sequence[Line]) -> Places:
    free = sheet.width - 2 * MARGIN - LETTER - AXIS - 3 * GAP
    indent = sheet.measure("100.0%") + 5
    wanted = (
        _widest(sheet, [line.label for line in drawn]),
        _widest(sheet, [line.domain_title for line in drawn]),
        _widest(sheet, [line.option_label for line in drawn]) + indent,
    )
    # The label comes first: its end often tells one question from the next.
    label_width = min(wanted[0], free / 2)
    domain_width, _ = share_width(wanted[1:], free - label_width)
    domain = MARGIN + LETTER + label_width + GAP
    axis = domain + domain_width + GAP
    return Places(label_width, domain, domain_width, axis, AXIS, axis + AXIS + GAP, False)


def _one_above_the_other(sheet: Sheet) -> Places:
    left, axis = MARGIN + LETTER, 0.42 * sheet.width
    return Places(sheet.width - left - MARGIN, None, 0, left + 4, axis, left + 4 + axis + GAP, True)


def _draw_keys(sheet: Sheet, study: "Study", y: float) -> float:
    """What marks and letters mean; returns the y below."""
    y = _draw_levels(sheet, study, y)
    for letter, area in _letters(study).items():
        sheet.write(MARGIN, y, letter, STRONG)
        y = sheet.write_lines(
            MARGIN + LETTER, y, sheet.wrap(area["title"], sheet.width - 2 * MARGIN - LETTER, NOTE), NOTE
        )
    return y + 3


def _letters(study: "Study") -> dict[str, dict]:
    """The areas that the study names, each with the letter that marks its items."""
    return dict(zip(ascii_uppercase, study.areas, strict=False))


def _letters_of(study: "Study", item: str) -> str:
    return "".join(letter for letter, area in _letters(study).items() if item in area["items"])


def _draw_levels(sheet: Sheet, study: "Study", y: float) -> float:
    high, near = (display.number(study.thresholds[name]) for name in ("consensus", "near"))
    words = {
        "yes": f"consensus: top answer given by {high}% or more",
        "near": f"near consensus: {near}% to less than {high}%",
        "no": "no consensus",
    }
    return draw_key(sheet, ((MARKS[level], text) for level, text in words.items()), y)[1] + NOTE.line


def share_text(percent: float, thresholds: Sequence[float]) -> str:
    """`65%`; with as many decimals as it takes (`64.6%`) to stay on its side of the thresholds of consensus.

    A percent that is not known, though the entropy is, is withheld.
    """
    if math.isnan(percent):
        return display.WITHHELD
    for decimals in range(4):
        rounded = math.floor(percent * 10**decimals + 0.5) / 10**decimals
        if all((rounded >= threshold) == (percent >= threshold) for threshold in thresholds):
            return f"{rounded:.{decimals}f}%"
    return f"{percent:g}%"


def _draw_lines(
    sheet: Sheet, shown: Sequence[Line | None], total: int, study: "Study", places: Places, y: float, pitch: float
) -> float:
    drawn = [line for line in shown if line]
    if places.domain is not None:
        sheet.write(MARGIN + LETTER, y, "Question", NOTE)
        sheet.write(places.domain, y, "Domain", NOTE)
        sheet.write(places.answer, y, "Top answer", NOTE)
    y = top = _draw_scale(sheet, places, y)
    if not places.stacked:
        _draw_grid(sheet, places, top, top + pitch * len(shown))
    for line in shown:
        middle = y + pitch / 2
        if line is None:
            words = f"{total - len(drawn)} more questions between these, in the table"
            sheet.write(MARGIN + LETTER, middle - BODY.line / 2, words, NOTE)
        else:
            _draw_line(sheet, line, study, places, y, pitch)
        y += pitch
    y = _draw_scale(sheet, places, y + 1)
    sheet.write(places.at(0.5), y, "Normalised entropy", NOTE, "center")
    return y + NOTE.line


def _draw_grid(sheet: Sheet, places: Places, top: float, bottom: float) -> None:
    for tick in TICKS:
        sheet.line((places.at(tick), top), (places.at(tick), bottom), colour=RULE, width=0.4)


def _draw_line(sheet: Sheet, line: Line, study: "Study", places: Places, y: float, pitch: float) -> None:
    """One item between y and y + pitch."""
    upper = y if places.stacked else y + (pitch - BODY.line) / 2
    lower = upper + BODY.line if places.stacked else upper
    middle = lower + BODY.line / 2
    if places.stacked:
        _draw_grid(sheet, places, lower + 1, lower + BODY.line)
    sheet.write(MARGIN, upper, _letters_of(study, line.item), STRONG)
    sheet.write(MARGIN + LETTER, upper, sheet.fonts.shorten(line.label, places.label_width, BODY))
    if places.domain is not None:
        sheet.write(places.domain, upper, sheet.fonts.shorten(line.domain_title, places.domain_width, NOTE), NOTE)
    sheet.line((places.at(0), middle), (places.at(1), middle), width=0.4)
    if math.isnan(line.entropy):
        sheet.write(places.answer, lower, display.WITHHELD if line.is_withheld else "no answers", NOTE)
        return
    colour, marker, filled = MARKS.get(line.consensus, (INK, "o", False))
    if line.high > line.low:
        sheet.line((places.at(line.low), middle), (places.at(line.high), middle), colour=colour, width=1.1, over=3)
    sheet.dot(places.at(line.entropy), middle, colour, marker, filled)
    indent = sheet.measure("100.0%") + 5
    answer_width = sheet.width - MARGIN - places.answer - indent
    if math.isnan(line.percent):
        sheet.write(places.answer, lower, display.WITHHELD, NOTE)
        return
    sheet.write(places.answer + indent - 5, lower, share_text(line.percent, _thresholds(study)), align="right")
    sheet.write(places.answer + indent, lower, sheet.fonts.shorten(line.option_label, answer_width, BODY))


def _widest(sheet: Sheet, texts: Sequence[str]) -> float:
    return max((sheet.measure(text) for text in texts), default=0) + 1


def share_width(wanted: Sequence[float], free: float) -> list[float]:
    """Widths within `free`: a column that wants less than an equal share of what is left gets what it wants."""
    widths = [0.0] * len(wanted)
    for left, index in zip(range(len(wanted), 0, -1), sorted(range(len(wanted)), key=lambda i: wanted[i]), strict=True):
        widths[index] = min(wanted[index], free / left)
        free -= widths[index]
    return widths


def _draw_scale(sheet: Sheet, places: Places, y: float) -> float:
    for tick in TICKS:
        sheet.write(places.at(tick), y, f"{tick:g}", NOTE, "center")
    return y + NOTE.line + 1


def agreement_alt(study: "Study", lines: Sequence[Line]) -> str:
    """One paragraph: how many items have consensus, and the most and the least alike with their top answers."""
    simulated = "Simulated data. " if study.simulated else ""
    known = [line for line in lines if not math.isnan(line.entropy)]
    text = f"{simulated}Dot plot of normalised entropy with intervals. {_subtitle(lines)}."
    if known:
        limits = _thresholds(study)
        text += f" Most alike: {_list(known[:3], limits)}. Least alike: {_list(known[::-1][:3], limits)}."
    return text


def _list(lines: Sequence[Line], thresholds: Sequence[float]) -> str:
    return "; ".join(
        f"{line.label} (top answer {line.option_label or ''}{', ' if line.option_label else ''}"
        f"{share_text(line.percent, thresholds)},"
        f" entropy {line.entropy:.2f})"
        for line in lines
    )
