"""The flow of records, from those invited to those analysed, as boxes and arrows."""

import math
from typing import TYPE_CHECKING, Any

from survey.style import BODY, GREY, INK, MARGIN, MM, PALE, STRONG, Fonts, Sheet, draw, footer, heading

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

MAIN_SHARE = 0.42  # of the width: the boxes of what is left
PADDING = 4.0
GAP = 10.0  # between boxes, in points


def flow_steps(flow: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of flow.csv in order, with numbers as float (nan where a step has none)."""
    return [
        {
            "step": row["step"],
            "label": row["label"],
            "n": float(row["n"]),
            "excluded": float(row["excluded"]),
            "reason": row["reason"],
        }
        for row in flow.fillna({"reason": "", "label": ""}).to_dict("records")
    ]


def drawn_table(steps: list[dict[str, Any]]) -> "pd.DataFrame":
    """Exactly the data drawn, in drawing order."""
    import pandas as pd

    frame = pd.DataFrame(steps, columns=["step", "label", "n", "excluded", "reason"])
    return frame.astype({"n": "Int64", "excluded": "Int64"})


def _is_rule(step: dict[str, Any]) -> bool:
    return step["step"] not in ("invited", "records", "analysed")


def flow_figure(study: "Study", steps: list[dict[str, Any]], fonts: Fonts, width: float) -> "Figure":
    """Draw the flow: boxes down the left, at the right what was excluded and why."""
    sheet = Sheet(width, fonts)
    main = MAIN_SHARE * (width - 2 * MARGIN)
    y = heading(
        sheet, "Flow of records", "From the invitation to the analysis, each exclusion in the order it was applied"
    )
    middle = MARGIN + main / 2
    start = None
    side_left = MARGIN + main + 7 * MM
    side_width = sheet.width - MARGIN - side_left
    for step in steps:
        if not _is_rule(step):
            if start is not None:
                _arrow(sheet, (middle, start), (middle, y))
            y = start = _box(sheet, MARGIN, y, main, _main_text(study, step), f"n = {step['n']:.0f}")
        else:
            text = _capital(step["label"] or step["reason"])
            bottom = _box(sheet, side_left, y, side_width, text, f"excluded, n = {step['excluded']:.0f}")
            level = (y + bottom) / 2
            _arrow(sheet, (middle, level), (side_left, level))
            y = bottom
        y += GAP if not _is_rule(step) else GAP * 0.6
    return draw(sheet, footer(sheet, y, "", bool(study.simulated)))


def _main_text(study: "Study", step: dict[str, Any]) -> str:
    return _capital(step["label"] or step["reason"] or step["step"])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _box(sheet: Sheet, x: float, y: float, width: float, text: str, number: str) -> float:
    """A box with a text and, in bold, a number; returns the y of its lower edge."""
    lines = sheet.wrap(text, width - 2 * PADDING, BODY)
    height = len(lines) * BODY.line + STRONG.line + 2 * PADDING - 1
    sheet.box(x, y, width, height, PALE, GREY)
    below = sheet.write_lines(x + PADDING, y + PADDING - 0.5, lines)
    sheet.write(x + PADDING, below, number, STRONG)
    return y + height


def _arrow(sheet: Sheet, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A thin arrow; both ends lie on a horizontal or vertical line."""
    sheet.line(start, end, colour=INK, width=0.7, over=2)
    length = math.dist(start, end)
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    back = (end[0] - 4 * along[0], end[1] - 4 * along[1])
    left = (back[0] - 2 * along[1], back[1] + 2 * along[0])
    right = (back[0] + 2 * along[1], back[1] - 2 * along[0])
    sheet.line(left, end, right, colour=INK, width=0.7, over=2)


def flow_alt(study: "Study", steps: list[dict[str, Any]]) -> str:
    """One paragraph that says the flow in words."""
    sentences = ["Simulated data. Flow diagram." if study.simulated else "Flow diagram."]
    for step in steps:
        if _is_rule(step):
            sentences.append(f"{step['excluded']:.0f} excluded: {step['label'] or step['reason']}.")
        else:
            sentences.append(f"{_main_text(study, step)}: {step['n']:.0f}.")
    return " ".join(sentences)
