"""Effect sizes with intervals, from a table of counts with a row per group and a column per answer.

Levels are in percent. Where an effect has a direction, it is that of the first group against the second, or of later
groups against earlier ones.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from survey.contingency import expected, without_empty
from survey.distribution import log_choose

if TYPE_CHECKING:
    import numpy as np

LARGEST = 700.0  # logarithm of an odds ratio


@dataclass(frozen=True)
class Effect:
    """An effect size and its interval, nan where it cannot be had."""

    name: str
    value: float
    low: float
    high: float


def odds_ratio(table: "np.ndarray", level: float = 95) -> Effect:
    """Odds of the first answer in the first group, over those in the second: a d / (b c), and Woolf's interval.

    table: shape (2, 2), no empty cell.
    Source: Woolf B, Ann Hum Genet 1955;19:251-253.
    """
    (a, b), (c, d) = table.tolist()
    value, half = a * d / (b * c), _z(level) * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return Effect("odds_ratio", value, value * math.exp(-half), value * math.exp(half))


def exact_odds_ratio(table: "np.ndarray", level: float = 95) -> Effect:
    """Conditional maximum likelihood odds ratio with its exact interval, both tails of equal size.

    table: shape (2, 2), no empty margin. 0 or infinite where a cell is empty.
    Source: Cornfield J, Proc 3rd Berkeley Symp 1956;4:135-148.
    """
    import numpy as np

    (a, b), (c, d) = table.tolist()
    counts = np.arange(max(0, a - d), min(a + b, a + c) + 1)
    chances = np.array([log_choose(a + b, count) + log_choose(c + d, a + c - count) for count in counts.tolist()])

    def expectation(of: "np.ndarray", log_odds: float) -> float:
        """Expectation of a function of the first count, with noncentral hypergeometric probabilities."""
        shares = chances + counts * log_odds
        shares = np.exp(shares - shares.max())
        return float(of @ shares / shares.sum())

    def odds(of: "np.ndarray", wanted: float) -> float:
        """The odds ratio at which the expectation of a function that rises with the count is the wanted one."""
        low, high = -LARGEST, LARGEST
        while (middle := (low + high) / 2) not in (low, high):
            low, high = (middle, high) if expectation(of, middle) < wanted else (low, middle)
        return math.exp(low)

    tail = (1 - level / 100) / 2
    lowest, highest = a == counts[0], a == counts[-1]
    value = 0.0 if lowest else math.inf if highest else odds(counts, a)
    low = 0.0 if lowest else odds(counts >= a, tail)
    high = math.inf if highest else odds(counts > a, 1 - tail)
    return Effect("odds_ratio", value, low, high)


def cramers_v(table: "np.ndarray", level: float = 95) -> Effect:
    """Cramer's V with Bergsma's correction of its bias; 0 independent, 1 the groups decide the answers.

    The interval is that of the noncentrality of chi-square, which leaves out the same excess.
    Source: Bergsma W, J Korean Stat Soc 2013;42:323-328; Smithson M, Confidence Intervals, Sage 2003, chapter 5.
    """
    table = without_empty(table)
    n, (rows, columns) = table.sum(), table.shape
    even = expected(table)
    statistic, df = float(((table - even) ** 2 / even).sum()), (rows - 1) * (columns - 1)
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    if least <= 0:
        return Effect("cramers_v", math.nan, math.nan, math.nan)
    value, low, high = (
        min(1.0, math.sqrt(max(0.0, part) / n / least))
        for part in (statistic - n * df / (n - 1), *noncentrality(statistic, df, level))
    )
    return Effect("cramers_v", value, min(low, value), max(high, value))


def noncentrality(statistic: float, df: float, level: float = 95) -> tuple[float, float]:
    """Interval for the noncentrality of a chi-square statistic, each end 0 where the statistic is too small for it.

    Source: Steiger JH, Fouladi RT, in: What if there were no significance tests? Erlbaum 1997, chapter 9.
    """
    from scipy.special import chdtr, chndtrinc

    tail = (1 - level / 100) / 2
    ends = (0.0 if chdtr(df, statistic) <= p else float(chndtrinc(statistic, df, p)) for p in (1 - tail, tail))
    return tuple(ends)


def epsilon_squared(statistic: float, groups: int, n: int, level: float = 95) -> Effect:
    """Rank epsilon squared, the share of the variance of the ranks that the groups explain: H / (n - 1).

    statistic: Kruskal and Wallis' H. The interval is that of the noncentrality of H.
    Source: Kelley TL, Proc Natl Acad Sci 1935;21:554-559; Tomczak M, Tomczak E, Trends Sport Sci 2014;21:19-25.
    """
    low, high = noncentrality(statistic, groups - 1, level)
    value = statistic / (n - 1)
    return Effect("epsilon_squared", value, min(low / (n - 1), value), min(1.0, max(high / (n - 1), value)))


def cliffs_delta(table: "np.ndarray", level: float = 95) -> Effect:
    """Cliff's delta: how much more often an answer of the first group is above one of the second than below it.

    table: shape (2, answers), answers in their order. The interval is the asymmetric one of the consistent variance;
    where all answers of one group are above the other's, its inner end is (n - z^2) / (n + z^2), n the smaller group.
    Source: Cliff N, Psychol Bull 1993;114:494-509; Feng D, Cliff N, J Mod Appl Stat Methods 2004;3:322-332.
    """
    first, second = table.astype(float)
    n, m = first.sum(), second.sum()
    # Of each answer: its dominance over the other group, the share below it less the share above it.
    over_second = (_below(second) - _above(second)) / m
    over_first = (_below(first) - _above(first)) / n
    delta = float(first @ over_second / n)
    if n < 2 or m < 2:
        return Effect("cliffs_delta", delta, math.nan, math.nan)
    by_first = float(first @ (over_second - delta) ** 2) / (n - 1)
    by_second = float(second @ (over_first + delta) ** 2) / (m - 1)
    untied = n * m - float(first @ second)
    of_pairs = (untied - delta**2 * n * m) / ((n - 1) * (m - 1))
    return Effect("cliffs_delta", delta, *_asymmetric(delta, by_first, by_second, of_pairs, n, m, level))


def _asymmetric(
    delta: float, by_first: float, by_second: float, of_pairs: float, n: float, m: float, level: float
) -> tuple[float, float]:
    variance = max(0.0, ((m - 1) * by_first + (n - 1) * by_second + of_pairs) / (n * m))
    z2 = _z(level) ** 2
    half = math.sqrt(z2 * variance * ((1 - delta**2) ** 2 + z2 * variance))
    middle, width = delta - delta**3, 1 - delta**2 + z2 * variance
    if abs(delta) == 1:
        least = min(n, m)
        inner = (least - z2) / (least + z2)
        return (inner, 1.0) if delta > 0 else (-1.0, -inner)
    return float(max(-1.0, (middle - half) / width)), float(min(1.0, (middle + half) / width))


def tau_b(table: "np.ndarray", level: float = 95) -> Effect:
    """Kendall's tau-b between the order of the groups and the order of the answers, with its large-sample interval.

    Source: Kendall MG, Biometrika 1945;33:239-251; the variance by Brown MB, Benedetti JK, J Am Stat Assoc
    1977;72:309-315.
    """
    import numpy as np

    table = without_empty(table).astype(float)
    n = table.sum()
    concordant, discordant = np.zeros(table.shape), np.zeros(table.shape)
    for row in range(table.shape[0]):
        before, after = table[:row].sum(axis=0), table[row + 1 :].sum(axis=0)
        concordant[row] = _below(before) + _above(after)
        discordant[row] = _above(before) + _below(after)
    difference = concordant - discordant
    total = float((table * difference).sum())
    of_rows, of_columns = table.sum(axis=1), table.sum(axis=0)
    row_pairs, column_pairs = n**2 - (of_rows**2).sum(), n**2 - (of_columns**2).sum()
    both = math.sqrt(row_pairs * column_pairs)
    value = total / both
    slope = 2 * both * difference + value * (of_rows[:, None] * column_pairs + of_columns[None, :] * row_pairs)
    spread = (table * slope**2).sum() - n**3 * value**2 * (row_pairs + column_pairs) ** 2
    half = _z(level) * math.sqrt(max(0.0, float(spread))) / both**2
    return Effect("tau_b", value, max(-1.0, value - half), min(1.0, value + half))


def _below(counts: "np.ndarray") -> "np.ndarray":
    return counts.cumsum() - counts


def _above(counts: "np.ndarray") -> "np.ndarray":
    return counts.sum() - counts.cumsum()


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 200)
