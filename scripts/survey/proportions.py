"""Intervals for a proportion: of a finite population, or of a superpopulation.

Shares are 0 to 1 here, percents in the tables.
"""

import math
from bisect import bisect_left, bisect_right
from statistics import NormalDist

from survey.distribution import log_choose


def effective_size(n: float, population: float | None) -> float:
    """The size n would have in an infinite population with the same variance: n (N - 1) / (N - n).

    n: respondents, 0 or more; population: N, None for a superpopulation. Infinite when everybody answered.
    Raises ValueError when more answered than there are.
    Source: Cochran WG, Sampling Techniques, 3rd ed., Wiley 1977, section 3.2 (variance of a proportion without
    replacement).
    """
    if population is None:
        return n
    if n > population:
        raise ValueError(f"{n} respondents from a population of {population}")
    return math.inf if n == population else n * (population - 1) / (population - n)


def wilson(
    x: float, n: float, level: float = 95, population: float | None = None, worth: float | None = None
) -> tuple[float, float]:
    """Wilson score interval for x of n, with the effective size where the population is finite.

    x: 0 to n; level: percent; worth: how many independent respondents the n are worth, where they are alike within
    clusters. Returns (low, high), each 0 to 1; (nan, nan) for n = 0; the point itself at n = N; all from 0 to 1 for
    respondents who are worth nothing.
    Source: Wilson EB, J Am Stat Assoc 1927;22:209-212; no continuity correction, no change at x = 1 or n - 1.
    """
    if n == 0:
        return math.nan, math.nan
    share, size = x / n, effective_size(n, population)
    if math.isinf(size):
        return share, share
    size *= 1 if worth is None else worth / n
    if not size:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 200)
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return (0.0 if x == 0 else max(0.0, centre - half)), (1.0 if x == n else min(1.0, centre + half))


def clopper_pearson(x: int, n: int, level: float = 95) -> tuple[float, float]:
    """Exact binomial interval. Source: Clopper CJ, Pearson ES, Biometrika 1934;26:404-413."""
    from scipy.special import betaincinv

    if n == 0:
        return math.nan, math.nan
    tail = (1 - level / 100) / 2
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return low, high


def jeffreys(x: int, n: int, level: float = 95) -> tuple[float, float]:
    """Jeffreys interval, its end set to 0 at x = 0 and to 1 at x = n.

    Source: Brown LD, Cai TT, DasGupta A, Stat Sci 2001;16:101-133.
    """
    from scipy.special import betaincinv

    if n == 0:
        return math.nan, math.nan
    tail = (1 - level / 100) / 2
    low = 0.0 if x == 0 else float(betaincinv(x + 0.5, n - x + 0.5, tail))
    high = 1.0 if x == n else float(betaincinv(x + 0.5, n - x + 0.5, 1 - tail))
    return low, high


def agresti_coull(x: int, n: int, level: float = 95) -> tuple[float, float]:
    """Agresti-Coull interval, cut at 0 and 1. Source: Agresti A, Coull BA, Am Stat 1998;52:119-126."""
    if n == 0:
        return math.nan, math.nan
    z = NormalDist().inv_cdf(0.5 + level / 200)
    size = n + z * z
    share = (x + z * z / 2) / size
    half = z * math.sqrt(share * (1 - share) / size)
    return max(0.0, share - half), min(1.0, share + half)


def hypergeometric(x: int, n: int, population: int, level: float = 95) -> tuple[float, float]:
    """Exact interval for the share of a finite population, both tails of equal size.

    The ends are the smallest and the largest number M of the N that are not rejected: P(X >= x | M) > alpha / 2 and
    P(X <= x | M) > alpha / 2, X hypergeometric. At n = N the interval is the point.
    Raises ValueError when more answered than there are.
    Source: Buonaccorsi JP, Am Stat 1987;41:215-218.
    """
    if n > population:
        raise ValueError(f"{n} respondents from a population of {population}")
    if n == 0:
        return math.nan, math.nan
    tail = (1 - level / 100) / 2 * (1 + 1e-9)  # one of exactly alpha / 2 is rejected, whatever its last digits
    totals = range(x, population - (n - x) + 1)
    # The upper tail grows with the number in the population, the lower one shrinks.
    first = bisect_right(totals, tail, key=lambda total: _hypergeometric_tail(x, n, total, population, above=True))
    after = bisect_left(totals, -tail, key=lambda total: -_hypergeometric_tail(x, n, total, population, above=False))
    return totals[first] / population, totals[after - 1] / population


def _hypergeometric_tail(x: int, n: int, total: int, population: int, above: bool) -> float:
    """P(X >= x) or P(X <= x) for n drawn from a population with `total` successes."""
    first, last = max(0, n - (population - total)), min(n, total)
    values = range(x, last + 1) if above else range(first, x + 1)
    return math.fsum(
        math.exp(log_choose(total, k) + log_choose(population - total, n - k) - log_choose(population, n))
        for k in values
    )


def interval(x: int, n: int, method: str, level: float = 95, population: float | None = None) -> tuple[float, float]:
    """The interval of the method that a study names; population is None for a superpopulation.

    A population that is itself an estimate (those of the frame to whom a question applies) is rounded for the exact
    hypergeometric interval, never below n; where there is none, its counterpart for a superpopulation is
    Clopper-Pearson's.
    """
    if method == "wilson":
        return wilson(x, n, level, population)
    if method == "hypergeometric" and population is not None:
        return hypergeometric(x, n, max(n, round(population)), level)
    exact = {"jeffreys": jeffreys, "agresti_coull": agresti_coull}
    return exact.get(method, clopper_pearson)(x, n, level)
