"""Adjustment of p values for their number."""

import math
from collections.abc import Sequence

METHODS = ("benjamini_hochberg", "benjamini_yekutieli", "holm", "hochberg", "bonferroni", "none")


def adjust(p: Sequence[float], method: str) -> list[float]:
    """Adjusted p values, in the order given; nan stays nan and is not counted.

    method: one of METHODS. benjamini_hochberg and benjamini_yekutieli control the false discovery rate, the others the
    probability of any false finding.
    Sources: Benjamini Y, Hochberg Y, J R Stat Soc B 1995;57:289-300; Benjamini Y, Yekutieli D, Ann Stat
    2001;29:1165-88; Holm S, Scand J Stat 1979;6:65-70; Hochberg Y, Biometrika 1988;75:800-802.
    """
    places = sorted((place for place, value in enumerate(p) if not math.isnan(value)), key=p.__getitem__)
    m = len(places)
    if method == "none":
        return list(p)
    harmonic = sum(1 / rank for rank in range(1, m + 1))
    factors = {
        "benjamini_hochberg": lambda rank: m / rank,
        "benjamini_yekutieli": lambda rank: m / rank * harmonic,
        "holm": lambda rank: m - rank + 1,
        "hochberg": lambda rank: m - rank + 1,
        "bonferroni": lambda rank: m,
    }[method]
    raised = [min(1.0, p[place] * factors(rank)) for rank, place in enumerate(places, start=1)]
    if method in ("benjamini_hochberg", "benjamini_yekutieli", "hochberg"):
        for rank in range(m - 1, 0, -1):
            raised[rank - 1] = min(raised[rank - 1], raised[rank])
    else:
        for rank in range(1, m):
            raised[rank] = max(raised[rank], raised[rank - 1])
    adjusted = [math.nan] * len(p)
    for place, value in zip(places, raised, strict=True):
        adjusted[place] = value
    return adjusted


def simes(p: Sequence[float]) -> float:
    """One p value for all: is any of the null hypotheses false? The smallest Benjamini-Hochberg value; nan for none.

    Source: Simes RJ, Biometrika 1986;73:751-754.
    """
    return min((value for value in adjust(p, "benjamini_hochberg") if not math.isnan(value)), default=math.nan)
