"""Tests of association, computed from a table of counts.

Tables have a row per group and a column per answer, in their order; every function drops empty rows and columns first.
Records are never expanded: a table of a million records costs what one of a hundred does.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ENTRIES = 100_000
MERGED = 3
TIE = 1e-7


@dataclass(frozen=True)
class Result:
    """Outcome of a test: its statistic and degrees of freedom (nan where it has none) and its two-sided p.

    df_denominator: of an F statistic; p_error: the Monte Carlo standard error of p.
    """

    test: str
    p: float
    statistic: float = math.nan
    df: float = math.nan
    df_denominator: float = math.nan
    p_error: float = math.nan


def without_empty(table: "np.ndarray") -> "np.ndarray":
    """The table without the rows and columns that nobody is in."""
    return table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]


def expected(table: "np.ndarray") -> "np.ndarray":
    """Counts expected under independence, shape of the table."""
    import numpy as np

    return np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()


def chi_square(table: "np.ndarray") -> Result:
    """Pearson's chi-square test without continuity correction.

    Source: Pearson K, Philos Mag 1900;50:157-175.
    """
    from scipy.special import chdtrc

    table = without_empty(table)
    even = expected(table)
    statistic = float(((table - even) ** 2 / even).sum())
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    return Result("chi_square", float(chdtrc(df, statistic)), statistic, df)


@cache
def log_factorials(largest: int) -> "np.ndarray":
    """Log of 0! to largest!, shape (largest + 1,)."""
    import numpy as np
    from scipy.special import gammaln

    return gammaln(np.arange(largest + 1) + 1.0)


def log_weight(table: "np.ndarray") -> float:
    """Minus the sum of the logs of the cells' factorials: log probability of a table, up to what its margins fix."""
    return -float(log_factorials(int(table.sum()))[table].sum())


def fisher_exact(table: "np.ndarray", entries: int = ENTRIES) -> Result | None:
    """Fisher's exact test, for tables of any shape (Freeman and Halton).

    p is the probability, given the margins, of a table no more likely than the one observed (to a relative 1e-7). The
    columns are split in two halves; the ways to fill each are enumerated column by column, those of equal row sums and
    equal weight merged, and the halves joined. None where a half would need more than so many entries.
    Source: Freeman GH, Halton JH, Biometrika 1951;38:141-149.
    """
    import numpy as np

    table = without_empty(table)
    if table.shape[0] > table.shape[1]:
        table = table.T
    rows, columns = table.sum(axis=1), np.sort(table.sum(axis=0))
    split = _best_split(rows, columns, entries)
    if split is None:
        return None
    first = _fillings(rows, columns[:split], entries)
    if first is None:
        return None
    states, weights, ways = first
    constant = log_factorials(int(table.sum()))[rows].sum() + log_factorials(int(table.sum()))[columns].sum()
    constant -= log_factorials(int(table.sum()))[table.sum()]
    limit = log_weight(table) + TIE
    if split == len(columns) - 1:
        # One column is left: what the rows still lack fills it, in one way.
        rest = rows - states
        possible = (rest >= 0).all(axis=1)
        weights = weights - log_factorials(int(table.sum()))[np.maximum(rest, 0)].sum(axis=1)
        counted = possible & (weights <= limit)
        p = float((ways[counted] * np.exp(weights[counted] + constant)).sum())
        return Result("fisher_exact", min(1.0, p))
    second = _fillings(rows, columns[split:], entries)
    if second is None:
        return None
    return Result("fisher_exact", min(1.0, _joined(rows, first, second, limit, constant)))


def _best_split(rows: "np.ndarray", columns: "np.ndarray", entries: int) -> int | None:
    """How many of the sorted columns the first half takes, None where every split is far too much to enumerate."""
    fillings = [math.comb(int(column) + len(rows) - 1, len(rows) - 1) for column in columns]
    costs = {
        split: max(math.prod(fillings[:split]), 1 if split == len(columns) - 1 else math.prod(fillings[split:]))
        for split in range(1, len(columns))
    }
    best = min(costs, key=costs.__getitem__)
    return best if costs[best] <= MERGED * entries else None


def _fillings(
    rows: "np.ndarray", columns: "np.ndarray", entries: int
) -> "tuple[np.ndarray, np.ndarray, np.ndarray] | None":
    """Ways to fill columns: row sums (m, rows), log weight (m,) and number of ways (m,), each pair of these once."""
    import numpy as np

    factorials = log_factorials(int(rows.sum()))
    states, weights, ways = np.zeros((1, len(rows)), dtype=np.int64), np.zeros(1), np.ones(1)
    for column in columns:
        parts = _compositions(int(column), tuple(int(row) for row in rows))
        if len(states) * len(parts) > entries:
            return None
        states = (states[:, None, :] + parts[None, :, :]).reshape(-1, len(rows))
        weights = (weights[:, None] - factorials[parts].sum(axis=1)[None, :]).ravel()
        ways = np.repeat(ways, len(parts))
        possible = (states <= rows).all(axis=1)
        states, weights, ways = _merged(states[possible], weights[possible], ways[possible], rows)
    return states, weights, ways


def _compositions(total: int, most: tuple[int, ...]) -> "np.ndarray":
    """Every way to split a total over rows that hold at most so many, shape (ways, rows)."""
    import numpy as np

    parts = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total])
    for place, limit in enumerate(most):
        room = sum(most[place + 1 :])
        taken = np.arange(min(total, limit) + 1)
        rest = left[:, None] - taken[None, :]
        keep, amount = np.nonzero((rest >= 0) & (rest <= room))
        parts = np.column_stack([parts[keep], taken[amount]])
        left = rest[keep, amount]
    return parts


def _state_codes(states: "np.ndarray", rows: "np.ndarray") -> "np.ndarray":
    """Row sums as one whole number each; the last row follows from the others."""
    import numpy as np

    base = np.concatenate([[1], np.cumprod(rows[:-2] + 1)]) if len(rows) > 1 else np.array([], dtype=np.int64)
    return states[:, :-1] @ base


def _merged(
    states: "np.ndarray", weights: "np.ndarray", ways: "np.ndarray", rows: "np.ndarray"
) -> "tuple[np.ndarray, np.ndarray, np.ndarray]":
    import numpy as np

    codes = _state_codes(states, rows)
    rounded = np.round(weights, 9)
    order = np.lexsort((rounded, codes))
    codes, rounded = codes[order], rounded[order]
    first = np.concatenate([[True], (np.diff(codes) != 0) | (np.diff(rounded) != 0)])
    places = np.flatnonzero(first)
    return states[order][places], weights[order][places], np.add.reduceat(ways[order], places)


def _joined(
    rows: "np.ndarray",
    first: "tuple[np.ndarray, np.ndarray, np.ndarray]",
    second: "tuple[np.ndarray, np.ndarray, np.ndarray]",
    limit: float,
    constant: float,
) -> float:
    """Probability of the tables whose log weight is at most the limit, over all pairs of halves that fit."""
    import numpy as np

    codes = _state_codes(rows - first[0], rows)
    other = _state_codes(second[0], rows)
    known = np.unique(other)
    place = np.searchsorted(known, codes)
    fits = (place < len(known)) & (known[np.minimum(place, len(known) - 1)] == codes)
    place, weights, ways = place[fits], first[1][fits], first[2][fits]
    # Weights become ranks, so that state and weight are one whole number to search for.
    levels = np.unique(second[1])
    keys = np.searchsorted(known, other) * (len(levels) + 1) + np.searchsorted(levels, second[1])
    order = np.argsort(keys)
    shift = float(second[1].max())
    below = np.concatenate([[0.0], np.cumsum((second[2] * np.exp(second[1] - shift))[order])])
    start = np.searchsorted(keys[order], place * (len(levels) + 1))
    rank = np.searchsorted(levels, limit - weights, side="right")
    end = np.searchsorted(keys[order], place * (len(levels) + 1) + rank)
    return float((ways * np.exp(weights + shift + constant) * (below[end] - below[start])).sum())


def midranks(columns: "np.ndarray") -> "np.ndarray":
    """Rank of each answer in the order of the columns, ties sharing their mean rank.

    columns: respondents per answer, shape (answers,).
    """
    import numpy as np

    return np.cumsum(columns) - (columns - 1) / 2


def cochran_armitage(table: "np.ndarray", scores: "np.ndarray | None" = None) -> Result:
    """Test for a trend of a share over ordered groups, by its large-sample distribution.

    table: shape (groups, 2); scores: of the groups, 1, 2, 3 ... if none are given. The variance has N, not N - 1, in
    its denominator, as in prop.trend.test of R. The statistic is chi-square with one degree of freedom.
    Source: Armitage P, Biometrics 1955;11:375-386.
    """
    import numpy as np

    scores = np.arange(1, len(table) + 1) if scores is None else scores
    sizes, n = table.sum(axis=1), table.sum()
    share = table[:, 0].sum() / n
    deviation = (scores * (table[:, 0] - sizes * share)).sum()
    variance = share * (1 - share) * ((sizes * scores**2).sum() - (sizes * scores).sum() ** 2 / n)
    return _one_degree("cochran_armitage", float(deviation**2 / variance))


def linear_by_linear(table: "np.ndarray", rows: "np.ndarray", columns: "np.ndarray") -> Result:
    """Test of linear association between ordered groups and ordered answers: M2 = (n - 1) r2.

    rows, columns: scores of the groups and of the answers.
    Source: Mantel N, J Am Stat Assoc 1963;58:690-700.
    """
    return _one_degree("linear_by_linear", (table.sum() - 1) * correlation(table, rows, columns) ** 2)


def correlation(table: "np.ndarray", rows: "np.ndarray", columns: "np.ndarray") -> float:
    """Pearson's correlation between the scores of the groups and of the answers."""
    n = table.sum()
    of_rows, of_columns = table.sum(axis=1), table.sum(axis=0)
    left, right = rows - (of_rows * rows).sum() / n, columns - (of_columns * columns).sum() / n
    return float(left @ table @ right / math.sqrt((of_rows * left**2).sum() * (of_columns * right**2).sum()))


def _one_degree(test: str, statistic: float) -> Result:
    from scipy.special import chdtrc

    return Result(test, float(chdtrc(1, statistic)), statistic, 1)


def kruskal_wallis(table: "np.ndarray") -> Result:
    """Do the groups' answers differ in rank? Kruskal-Wallis test with the correction for ties.

    Columns in the order of the answers, smallest first.
    Source: Kruskal WH, Wallis WA, J Am Stat Assoc 1952;47:583-621.
    """
    from scipy.special import chdtrc

    table = without_empty(table)
    statistic = rank_statistic(table @ midranks(table.sum(axis=0)), table)
    return Result("kruskal_wallis", float(chdtrc(len(table) - 1, statistic)), statistic, len(table) - 1)


def rank_statistic(sums: "np.ndarray", table: "np.ndarray") -> float:
    """Kruskal and Wallis' H from the groups' rank sums, shape (groups,) or (groups, samples)."""
    n, tied = table.sum(), table.sum(axis=0)
    squares = (sums.T**2 / table.sum(axis=1)).sum(axis=-1)
    return (12 * squares / (n * (n + 1)) - 3 * (n + 1)) / (1 - (tied**3 - tied).sum() / (n**3 - n))


def mann_whitney(table: "np.ndarray") -> Result:
    """Wilcoxon-Mann-Whitney test of two groups by the normal distribution, corrected for ties and continuity.

    table: shape (2, answers), answers in their order. The statistic is U of the first group, as W of wilcox.test in R.
    Source: Mann HB, Whitney DR, Ann Math Stat 1947;18:50-60.
    """
    from scipy.special import ndtr

    (first, second), n, tied = table.sum(axis=1), table.sum(), table.sum(axis=0)
    u = float(table[0] @ midranks(tied) - first * (first + 1) / 2)
    deviation = u - first * second / 2
    variance = first * second / 12 * (n + 1 - (tied**3 - tied).sum() / (n * (n - 1)))
    z = (deviation - math.copysign(0.5, deviation) if deviation else 0.0) / math.sqrt(variance)
    return Result("mann_whitney", float(2 * ndtr(-abs(z))), u)


def exact_sum(table: "np.ndarray", scores: "np.ndarray") -> float:
    """Exact two-sided p of the score sum of the first row, given the margins of a table with two rows.

    The probability of a sum at least as far from its mean as the one observed. scores: of the columns, whole or halves.
    With mid-ranks this is the exact Wilcoxon-Mann-Whitney test with ties; with the scores of ordered groups as columns,
    the exact test for a trend of a share.
    Source: Mehta CR, Patel NR, Tsiatis AA, Biometrics 1984;40:819-825.
    """
    import numpy as np

    table = table[:, table.sum(axis=0) > 0]
    if table[0].sum() > table[1].sum():
        table = table[::-1]
    tied, chosen, n = table.sum(axis=0), int(table[0].sum()), int(table.sum())
    doubled = np.rint(2 * (scores - scores.min())).astype(int)
    ways = np.zeros((chosen + 1, int(np.sort(np.repeat(doubled, tied))[::-1][:chosen].sum()) + 1))
    ways[0, 0] = 1
    for count, score in zip(tied, doubled, strict=True):
        before = ways.copy()
        for taken in range(1, min(int(count), chosen) + 1):
            shift = taken * score
            if shift >= ways.shape[1]:
                break
            ways[taken:, shift:] += math.comb(int(count), taken) * before[: chosen + 1 - taken, : ways.shape[1] - shift]
    distance = np.abs(np.arange(ways.shape[1]) - chosen * (doubled * tied).sum() / n)
    observed = abs((table[0] * doubled).sum() - chosen * (doubled * tied).sum() / n)
    return min(1.0, float(ways[chosen][distance >= observed - TIE].sum() / math.comb(n, chosen)))
