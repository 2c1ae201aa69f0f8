"""Simultaneous intervals for the shares of all options of an item, together right with the confidence stated."""

import math
from bisect import bisect
from collections.abc import Sequence
from functools import cache

from survey.proportions import wilson


def goodman(counts: Sequence[int], level: float = 95, population: float | None = None) -> list[tuple[float, float]]:
    """Goodman's intervals: Wilson's, with the error shared among the options.

    counts: respondents per option, shape (options,). Returns (low, high) per option, each 0 to 1; nan when nobody
    answered.
    Source: Goodman LA, Technometrics 1965;7:247-254 (chi-square quantile at 1 - alpha / k).
    """
    total, shared = sum(counts), 100 - (100 - level) / len(counts)
    return [wilson(count, total, shared, population) for count in counts]


def sison_glaz(counts: Sequence[int], level: float = 95) -> list[tuple[float, float]]:
    """Sison and Glaz' intervals, shorter than Goodman's where no option is rare.

    counts: respondents per option, shape (options,). Returns (low, high) per option, each 0 to 1; nan when nobody
    answered. Raises ValueError where their approximation gives no probability: with empty or rare options.
    Source: Sison CP, Glaz J, J Am Stat Assoc 1995;90:366-369, with every term of the Edgeworth polynomial.
    """
    total, wanted = sum(counts), level / 100
    if total == 0:
        return [(math.nan, math.nan)] * len(counts)
    reach = bisect(range(1, total + 1), wanted, key=lambda reach: _covered(reach, counts))
    before = _covered(reach, counts) if reach else 0.0
    covered = _covered(reach + 1, counts)
    if not before < wanted < covered <= 1:
        raise ValueError(f"no interval of Sison and Glaz for {list(counts)}: an option is too rare")
    more = (wanted - before) / (covered - before)
    below, above = reach / total, (reach + 2 * more) / total
    return [(max(0.0, count / total - below), min(1.0, count / total + above)) for count in counts]


def _covered(reach: int, counts: Sequence[int]) -> float:
    """Approximate probability that every count of a sample lies within so many of the one observed."""
    moments = [_truncated_poisson(count, reach) for count in counts]
    total = sum(counts)
    mean, variance, third, fourth = (math.fsum(part[place] for part in moments) for place in range(4))
    z = (total - mean) / math.sqrt(variance)
    skew, excess = third / variance**1.5, fourth / variance**2
    polynomial = (
        1
        + skew * (z**3 - 3 * z) / 6
        + excess * (z**4 - 6 * z**2 + 3) / 24
        + skew**2 * (z**6 - 15 * z**4 + 45 * z**2 - 15) / 72
    )
    density = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi * variance)
    return math.prod(part[4] for part in moments) * polynomial * density / math.exp(_log_poisson(total, total))


@cache
def _truncated_poisson(mean: int, reach: int) -> tuple[float, float, float, float, float]:
    """First four cumulants of a Poisson variable held within reach of its mean, and the probability that it is."""
    values = range(max(0, mean - reach), mean + reach + 1)
    weights = [math.exp(_log_poisson(value, mean)) for value in values]
    inside = math.fsum(weights)
    first = math.fsum(value * weight for value, weight in zip(values, weights, strict=True)) / inside
    central = [
        math.fsum((value - first) ** power * weight for value, weight in zip(values, weights, strict=True)) / inside
        for power in (2, 3, 4)
    ]
    return first, central[0], central[1], central[2] - 3 * central[0] ** 2, inside


def _log_poisson(value: int, mean: int) -> float:
    if mean == 0:
        return 0.0 if value == 0 else -math.inf
    return value * math.log(mean) - mean - math.lgamma(value + 1)
