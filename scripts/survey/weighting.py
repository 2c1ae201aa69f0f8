"""Weights: post-stratification and raking to the frame, and what they do to a share and its precision.

Variances are linearised and take the records as drawn with replacement, or, with a population size, without.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PRECISION = 1e-12
ROUNDS = 1000


@dataclass(frozen=True)
class Design:
    """The records' weights and what they were made from.

    weights: shape (records,); margins: for each margin the records were weighted to, its level per record, shape
    (records,), none where the weights were given; base: weights before that, shape (records,); population: N for the
    finite population correction, None without.
    """

    weights: "np.ndarray"
    margins: "tuple[np.ndarray, ...]"
    base: "np.ndarray"
    population: float | None = None

    def residuals(self, values: "np.ndarray") -> "np.ndarray":
        """What the margins do not explain of values, shape (records, k): weighting to them removes that variation.

        Source: Deville JC, Sarndal CE, J Am Stat Assoc 1992;87:376-382 (regression residuals, with the base weights).
        """
        import numpy as np

        if not self.margins:
            return values
        dummies = np.column_stack([margin[:, None] == np.unique(margin) for margin in self.margins]).astype(float)
        root = np.sqrt(self.base)[:, None]
        slopes = np.linalg.lstsq(dummies * root, values * root, rcond=None)[0]
        return values - dummies @ slopes

    def covariance(self, influence: "np.ndarray") -> "np.ndarray":
        """Covariance of estimates from the influence of each record on them, shape (records, k); returns (k, k).

        Source: Lumley T, Complex Surveys, Wiley 2010, section 2.2.
        """
        parts = self.weights[:, None] * self.residuals(influence)
        parts = parts - parts.mean(axis=0)
        n = len(parts)
        drawn = 1 if self.population is None else max(0.0, 1 - n / self.population)
        return drawn * n / (n - 1) * parts.T @ parts


def poststratify(cells: "np.ndarray", totals: Mapping[object, float], base: "np.ndarray") -> "np.ndarray":
    """Weights that give each cell its total of the population.

    cells: the cell of each record; totals: of every cell that has records; base: weights to start from, shape
    (records,).
    Source: Holt D, Smith TMF, J R Stat Soc A 1979;142:33-46.
    """
    import numpy as np

    weights = np.asarray(base, dtype=float).copy()
    for cell in dict.fromkeys(cells.tolist()):
        inside = cells == cell
        weights[inside] *= totals[cell] / weights[inside].sum()
    return weights


def rake(margins: Sequence["np.ndarray"], totals: Sequence[Mapping[object, float]], base: "np.ndarray") -> "np.ndarray":
    """Weights that give each margin its totals of the population, by iterative proportional fitting.

    margins: for each margin the level of each record; totals: of every level that has records.
    Raises ValueError where it does not settle: the margins contradict each other.
    Source: Deming WE, Stephan FF, Ann Math Stat 1940;11:427-444.
    """
    import numpy as np

    weights = np.asarray(base, dtype=float).copy()
    for _ in range(ROUNDS):
        for levels, target in zip(margins, totals, strict=True):
            weights = poststratify(levels, target, weights)
        missed = max(
            abs(weights[levels == level].sum() / target[level] - 1)
            for levels, target in zip(margins, totals, strict=True)
            for level in set(levels.tolist())
        )
        if missed <= PRECISION:
            return weights
    raise ValueError(f"the weights do not settle in {ROUNDS} rounds")


def kish_effective_size(weights: "np.ndarray") -> float:
    """Kish's effective number of respondents, (sum w)^2 / sum w^2; nan for none.

    Source: Kish L, Survey Sampling, Wiley 1965, section 11.7.
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else math.nan


def weighted_shares(design: Design, chosen: "np.ndarray", base: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Weighted shares of the base who chose each option, and their linearised standard errors, shape (options,) each.

    chosen: shape (records, options), who chose it; base: shape (records,), who answered. nan for an empty base.
    """
    import numpy as np

    total = (design.weights * base).sum()
    if not total:
        return np.full(chosen.shape[1], math.nan), np.full(chosen.shape[1], math.nan)
    inside = chosen & base[:, None]
    shares = (design.weights[:, None] * inside).sum(axis=0) / total
    influence = base[:, None] * (inside - shares) / total
    return shares, np.sqrt(np.maximum(0.0, np.diag(design.covariance(influence))))


def korn_graubard(share: float, error: float, n: int, level: float = 95) -> tuple[float, float]:
    """Clopper-Pearson interval with the effective size share (1 - share) / error^2.

    share: 0 to 1; error: its standard error; n: respondents, taken as the effective size where the error is 0.
    Source: Korn EL, Graubard BI, Surv Methodol 1998;24:193-201; as svyciprop(method = "beta") of the R package survey.
    """
    from scipy.special import betaincinv

    if math.isnan(share):
        return math.nan, math.nan
    size = share * (1 - share) / error**2 if error > 0 else n
    tail = (1 - level / 100) / 2
    x = size * share
    low = 0.0 if x <= 0 else float(betaincinv(x, size - x + 1, tail))
    high = 1.0 if x >= size else float(betaincinv(x + 1, size - x, 1 - tail))
    return low, high


def rao_scott(design: Design, rows: "np.ndarray", columns: "np.ndarray") -> "tuple[float, float, float, float]":
    """Weighted chi-square test of independence with the second-order correction: F, its degrees of freedom, and p.

    rows, columns: the group and the answer of each record as whole numbers from 0, -1 where there is none.
    Source: Rao JNK, Scott AJ, Ann Stat 1984;12:46-60; as svychisq(statistic = "F") of the R package survey.
    """
    import numpy as np
    from scipy.special import fdtrc

    known = (rows >= 0) & (columns >= 0)
    group, answer = np.unique(rows[known]), np.unique(columns[known])
    cells = np.column_stack([known & (rows == row) & (columns == column) for column in answer for row in group])
    total = (design.weights * known).sum()
    shares = (design.weights[:, None] * cells).sum(axis=0) / total
    covariance = design.covariance(known[:, None] * (cells - shares) / total)
    table = shares.reshape(len(answer), len(group)).T
    even = np.outer(table.sum(axis=1), table.sum(axis=0))
    n = len(rows)
    statistic = n * float(((table - even) ** 2 / even).sum())
    contrasts = _contrasts(len(group), len(answer))
    inverse = np.where(shares > 0, 1 / np.where(shares > 0, shares, 1), 0.0)
    ours = contrasts.T @ (inverse[:, None] * covariance * inverse) @ contrasts
    simple = contrasts.T @ (inverse[:, None] * contrasts) / n
    effect = np.linalg.solve(simple, ours)
    trace = float(np.trace(effect))
    df = trace**2 / float(np.trace(effect @ effect))
    denominator = df * (n - 1)
    return statistic / trace, df, denominator, float(fdtrc(df, denominator, statistic / trace))


def _contrasts(rows: int, columns: int) -> "np.ndarray":
    """What the interaction of two factors adds to their main effects, one row per cell, columns slowest."""
    import numpy as np

    row, column = np.tile(np.arange(rows), columns), np.repeat(np.arange(columns), rows)
    in_row, in_column = (row[:, None] == np.arange(1, rows)), (column[:, None] == np.arange(1, columns))
    main = np.column_stack([np.ones(rows * columns), in_row, in_column]).astype(float)
    both = (in_row[:, :, None] & in_column[:, None, :]).reshape(rows * columns, -1).astype(float)
    return both - main @ np.linalg.lstsq(main, both, rcond=None)[0]
