"""How numbers are printed, the same in figures, tables and text."""

import math

DASH = "–"


def percent(value: float) -> str:
    """A percent without decimals, half rounded up; 0% and 100% only where nobody or everybody is meant."""
    if math.isnan(value):
        return DASH
    if 0 < value < 0.5:
        return "<1%"
    return ">99%" if 99.5 <= value < 100 else f"{math.floor(value + 0.5)}%"


def number(value: float) -> str:
    """A number as a reader expects it, to three digits: 28, 10.5, −3, 12,500; a dash for none."""
    if math.isnan(value):
        return DASH
    rounded = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    text = f"{float(rounded):,.0f}" if abs(value) >= 10_000 else f"{float(rounded):g}"
    return text.replace("-", "−")
