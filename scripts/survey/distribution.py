"""Numbers that respondents gave, as distinct values with counts: mean, spread, quantiles, interval of the median."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

STATISTICS = ("mean", "sd", "median", "q1", "q3", "min", "max")


def summary(values: "np.ndarray", counts: "np.ndarray") -> dict[str, float]:
    """Mean, standard deviation (n - 1), median, quartiles (type 7), smallest and largest.

    values: ascending, each once; counts: how many gave each, shape of values. nan where there are too few.
    Source: Hyndman RJ, Fan Y, Sample quantiles in statistical packages, Am Stat 1996;50:361-365.
    """
    given = counts > 0
    values, counts = values[given], counts[given]
    n = int(counts.sum())
    if n == 0:
        return dict.fromkeys(STATISTICS, math.nan)
    mean = float((values * counts).sum() / n)
    squares = float((counts * (values - mean) ** 2).sum())
    q1, median, q3 = (quantile(values, counts, share) for share in (0.25, 0.5, 0.75))
    return {
        "mean": mean,
        "sd": math.sqrt(squares / (n - 1)) if n > 1 else math.nan,
        "median": median,
        "q1": q1,
        "q3": q3,
        "min": float(values[0]),
        "max": float(values[-1]),
    }


def quantile(values: "np.ndarray", counts: "np.ndarray", share: float) -> float:
    """Quantile of type 7: between the two answers nearest to place (n - 1) share, counted from 0."""
    n = int(counts.sum())
    place = (n - 1) * share
    below = math.floor(place)
    low, high = _at(values, counts, below), _at(values, counts, min(below + 1, n - 1))
    part = place - below
    # From the nearer end, as numpy does, so that both ends are met exactly.
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


def _at(values: "np.ndarray", counts: "np.ndarray", place: int) -> float:
    """The answer at a place, from 0, when all are put in order."""
    return float(values[counts.cumsum().searchsorted(place, side="right")])


def median_interval(
    values: "np.ndarray", counts: "np.ndarray", level: float = 95, population: float | None = None
) -> tuple[float, float]:
    """Exact interval for the median from order statistics, distribution-free.

    values, counts: as for summary. Its ends are the r-th smallest and the r-th largest answer, r the largest rank with
    P(fewer than r of the sample lie at or below the median) <= alpha / 2: binomial for a superpopulation,
    hypergeometric for a finite population. (nan, nan) when n is too small for the level; the median itself at n = N.
    Source: Conover WJ, Practical Nonparametric Statistics, 3rd ed., 1999, section 3.2; Sedransk J, Meyer J,
    J R Stat Soc B 1978;40:239-252 for the finite population.
    """
    n = int(counts.sum())
    if n == 0:
        return math.nan, math.nan
    size = None if population is None else max(n, round(population))
    if size == n:
        median = quantile(values, counts, 0.5)
        return median, median
    tail = (1 - level / 100) / 2
    # Fewer than this lie below the median with a probability under 1e-50.
    below, rank = 0.0, max(0, math.floor(n / 2 - 7.5 * math.sqrt(n)))
    while rank < n:
        below += math.exp(_log_probability_at_median(rank, n, size))
        if below > tail:
            break
        rank += 1
    return (_at(values, counts, rank - 1), _at(values, counts, n - rank)) if rank else (math.nan, math.nan)


def _log_probability_at_median(k: int, n: int, population: int | None) -> float:
    """Log probability that k of n sampled values lie in the lower half."""
    if population is None:
        return log_choose(n, k) + n * math.log(0.5)
    half = population // 2
    if k > half or n - k > population - half:
        return -math.inf
    return log_choose(half, k) + log_choose(population - half, n - k) - log_choose(population, n)


def log_choose(n: int, k: int) -> float:
    """Log of the number of ways to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
