"""How numbers are printed, the same in figures, tables and text."""

import math

DASH = "–"
WITHHELD = "withheld"  # in the place of what a study does not publish


def withheld_note(minimum: int) -> str:
    """What is said below a figure or a table of a study that withholds small counts; nothing where it does not."""
    return f"Counts below {minimum}, and others from which they would follow, are withheld." if minimum else ""


def count(n: float) -> str:
    """A number of respondents; `withheld` where it is not known."""
    return WITHHELD if math.isnan(n) else f"{n:.0f}"


def percent(value: float) -> str:
    """A percent without decimals, half rounded up; 0% and 100% only where nobody or everybody is meant."""
    if math.isnan(value):
        return DASH
    if 0 < value < 0.5:
        return "<1%"
    return ">99%" if 99.5 <= value < 100 else f"{math.floor(value + 0.5)}%"


def p_value(value: float) -> str:
    """A p value: two digits that count, at most three decimals, <0.001 below; a dash for none."""
    if math.isnan(value):
        return DASH
    if value < 0.001:
        return "<0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def effect(value: float) -> str:
    """An effect size or a standardised difference, to two decimals."""
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞"
    return f"{round(value, 2) + 0:.2f}".replace("-", "−")


def number(value: float) -> str:
    """A number as a reader expects it, to three digits: 28, 10.5, −3, 12,500; a dash for none."""
    if math.isnan(value):
        return DASH
    rounded = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    text = f"{float(rounded):,.0f}" if abs(value) >= 10_000 else f"{float(rounded):g}"
    return text.replace("-", "−")
