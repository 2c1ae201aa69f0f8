"""How often each interval holds the truth, as points with the spread over the estimates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from survey.style import (
    BLUE,
    BODY,
    GREY,
    HEAD,
    INK,
    MARGIN,
    NOTE,
    PALE,
    RULE,
    SINGLE_COLUMN,
    STRONG,
    Fonts,
    Sheet,
    draw,
    footer,
    heading,
)
from survey.values import METHODS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

TITLE = "Do the intervals cover what they say?"
DRAWN = ["target", "quantity", "method", "n", "population", "surveys", "estimates", "coverage", "coverage_p5", "width"]
TARGETS = {
    "finite_population": "Finite population, samples without replacement",
    "superpopulation": "Superpopulation, samples with replacement",
}
OTHER_METHODS = {"order_statistics": "exact, from order statistics", "large_sample": "large-sample interval"}
NOTES = (
    "Point: mean coverage of the estimates; line: down to the fifth percentile of the estimates. Band: 94 to 97%."
    " An estimate is a share of one answer, or a figure of one question."
)
LOWEST, HIGHEST = 75.0, 100.0
LABELS, PITCH, GAP = 158.0, 11.0, 20.0


def coverage_lines(study: "Study", summary: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of coverage.csv in the order in which they are drawn: by target, quantity and method, then size."""
    quantities = ["share", "all shares", "median", "entropy", "van der Eijk's A"]
    targets, methods = list(TARGETS), [*METHODS, *OTHER_METHODS]
    return sorted(
        summary,
        key=lambda row: (
            targets.index(row["target"]),
            quantities.index(row["quantity"]),
            methods.index(row["method"]),
            row["n"],
        ),
    )


def method_name(row: dict[str, Any]) -> str:
    """What a line of the figure is about."""
    return f"{row['quantity'][:1].upper()}{row['quantity'][1:]}: {(METHODS | OTHER_METHODS)[row['method']]}"


def coverage_figure(study: "Study", lines: Sequence[dict[str, Any]], fonts: Fonts, width: float) -> "Figure":
    """A panel per size of the survey; a line per interval, in a column below its name."""
    sheet, beside = Sheet(width, fonts), width > SINGLE_COLUMN
    pitch, labels = (PITCH, LABELS + GAP) if beside else (PITCH + BODY.line, 8)
    surveys, level = max(row["surveys"] for row in lines), study.inference["level"]
    sizes = sorted({row["n"] for row in lines})
    subtitle = f"Coverage of {level:g}% intervals in {surveys:.0f} surveys drawn from a known population"
    y = heading(sheet, TITLE, subtitle)
    panel = (sheet.width - 2 * MARGIN - labels - GAP * (len(sizes) - 0.5)) / len(sizes)
    lefts = [MARGIN + labels + place * (panel + GAP) for place in range(len(sizes))]

    def across(left: float, percent: float) -> float:
        return left + panel * (min(max(percent, LOWEST), HIGHEST) - LOWEST) / (HIGHEST - LOWEST)

    for left, size in zip(lefts, sizes, strict=True):
        sheet.write(left, y, f"n = {size}", HEAD)
    y += HEAD.line + 2
    for target in dict.fromkeys(row["target"] for row in lines):
        part = [row for row in lines if row["target"] == target]
        names = list(dict.fromkeys((row["quantity"], row["method"]) for row in part))
        sheet.write(MARGIN, y, TARGETS[target], STRONG)
        y += STRONG.line + 2
        bottom = y + pitch * len(names)
        for left in lefts:
            sheet.box(across(left, 94), y, across(left, 97) - across(left, 94), bottom - y, PALE)
            for tick in range(int(LOWEST), int(HIGHEST) + 1, 5):
                colour, thick = (GREY, 0.7) if tick == level else (RULE, 0.5)
                sheet.line((across(left, tick), y), (across(left, tick), bottom), colour=colour, width=thick)
                if beside or tick in (LOWEST, HIGHEST):
                    sheet.write(across(left, tick), bottom + 1, f"{tick:g}", NOTE, "center")
        for place, name in enumerate(names):
            upper = y + pitch * place
            middle = upper + (pitch if beside else pitch + BODY.line) / 2
            rows = {row["n"]: row for row in part if (row["quantity"], row["method"]) == name}
            room = LABELS if beside else sheet.width - 2 * MARGIN
            label = fonts.shorten(method_name(next(iter(rows.values()))), room, BODY)
            sheet.write(MARGIN, middle - BODY.line / 2 if beside else upper, label)
            for left, size in zip(lefts, sizes, strict=True):
                if size in rows:
                    row = rows[size]
                    ends = [(across(left, row[column]), middle) for column in ("coverage_p5", "coverage")]
                    sheet.line(*ends, colour=INK, width=0.8, over=2)
                    sheet.dot(across(left, row["coverage"]), middle, BLUE)
        y = bottom + NOTE.line + 6
    return draw(sheet, footer(sheet, y, NOTES, bool(study.simulated)))


def coverage_alt(study: "Study", lines: Sequence[dict[str, Any]]) -> str:
    """The coverage of the study's own interval in words."""
    target, method = study.inference["target"], study.inference["method"]
    own = [row for row in lines if (row["target"], row["quantity"], row["method"]) == (target, "share", method)]
    said = ", ".join(f"{row['coverage']:.1f}% at n = {row['n']}" for row in own)
    start = "Simulated data. " if study.simulated else ""
    return f"{start}Points for the coverage of each interval at each size of survey. {METHODS[method]}: {said}."


def drawn_table(lines: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    """Exactly the data drawn, in drawing order."""
    import pandas as pd

    return pd.DataFrame([{column: row[column] for column in DRAWN} for row in lines], columns=DRAWN)
