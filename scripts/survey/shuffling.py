"""Monte Carlo tests: the statistic again and again after dealing the respondents to the groups at random."""

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

from survey.contingency import (
    TIE,
    Result,
    correlation,
    log_factorials,
    log_weight,
    midranks,
    rank_statistic,
    without_empty,
)

if TYPE_CHECKING:
    import numpy as np

BYTE = 255
CHUNK = 2048


class Shuffles:
    """Random deals of respondents to groups, shared by all tests of a step.

    samples: how many; seed: the same one gives the same deals; most: respondents that a test has at most.
    """

    def __init__(self, samples: int, seed: int, most: int):
        self.samples, self.seed, self.most = samples, seed, min(most, BYTE)
        self._orders: dict[int, np.ndarray] = {}
        self._kept: tuple[tuple[int, ...], np.ndarray] = (), None
        self._drawing = Lock()

    def _order(self, n: int) -> "np.ndarray":
        """Random orders of n units, one a column, shape (n, samples): those of `most` units without the rest."""
        import numpy as np

        with self._drawing:
            if not self._orders:
                units = np.tile(np.arange(self.most, dtype=np.uint8), (self.samples, 1))
                self._orders[0] = np.random.default_rng(self.seed).permuted(units, axis=1)
            if n not in self._orders:
                everybody = self._orders[0]
                self._orders[n] = np.ascontiguousarray(everybody[everybody < n].reshape(self.samples, n).T)
        return self._orders[n]

    def log_weights(self, rows: "np.ndarray", columns: "np.ndarray") -> "np.ndarray":
        """Log weight (as of contingency.log_weight) of random tables with these margins, shape (samples,)."""
        import numpy as np

        n = int(rows.sum())
        if n > self.most:
            return -log_factorials(n)[self._random_tables(rows, columns)].sum(axis=(1, 2))
        weights, pairs, waiting = np.zeros(self.samples), _pairs_of_bytes(), None
        for counts in self._cells(rows.tolist(), columns.tolist()):
            if waiting is None:
                waiting = counts.astype(np.uint16) << 8
            else:
                weights -= pairs.take(waiting | counts)
                waiting = None
        return weights if waiting is None else weights - pairs.take(waiting)

    def _cells(self, rows: list[int], columns: list[int]) -> "Iterator[np.ndarray]":
        """Each cell of random tables with these margins, shape (samples,); the last and longest row is what is left."""
        import numpy as np

        answers, left = self._answers(tuple(columns)), list(columns)
        for first, last in pairwise(np.cumsum([0, *rows[:-1]])):
            rest = int(last - first)
            for answer in range(len(columns) - 1):
                counts = np.add.reduce((answers[first:last] == answer).view(np.uint8), axis=0, dtype=np.uint8)
                yield counts
                left[answer], rest = left[answer] - counts, rest - counts
            yield rest
            left[-1] = left[-1] - rest
        yield from left

    def _answers(self, columns: tuple[int, ...]) -> "np.ndarray":
        """Answers that so many gave each, in random orders, shape (n, samples); the last one asked for is kept."""
        import numpy as np

        kept = self._kept
        if kept[0] != columns:
            order = self._order(sum(columns))
            given = bytes(np.repeat(np.arange(len(columns), dtype=np.uint8), columns)).ljust(256, b"\0")
            kept = columns, np.frombuffer(order.tobytes().translate(given), dtype=np.uint8).reshape(order.shape)
            self._kept = kept
        return kept[1]

    def _random_tables(self, rows: "np.ndarray", columns: "np.ndarray") -> "np.ndarray":
        """Random tables with these margins, shape (samples, rows, columns), for more respondents than are shuffled."""
        import numpy as np
        from scipy.stats import random_table

        generator = np.random.default_rng(self.seed)
        return random_table(rows, columns).rvs(self.samples, method="patefield", random_state=generator)

    def rank_sums(self, scores: "np.ndarray", rows: "np.ndarray", columns: "np.ndarray") -> "np.ndarray":
        """Score sum of each group in random tables with these margins, shape (groups, samples).

        scores: shape (answers,), of the columns.
        """
        import numpy as np

        if rows.sum() > self.most:
            return (self._random_tables(rows, columns) @ scores).T
        order, ends = self._order(int(rows.sum())), np.cumsum([0, *rows])
        values, sums = np.repeat(scores.astype(float), columns), np.empty((len(rows), self.samples))
        for start in range(0, self.samples, CHUNK):
            dealt = values.take(order[:, start : start + CHUNK])
            for group, (first, last) in enumerate(pairwise(ends)):
                dealt[first:last].sum(axis=0, out=sums[group, start : start + CHUNK])
        return sums

    def result(self, test: str, extreme: "np.ndarray", statistic: float = math.nan, df: float = math.nan) -> Result:
        """The result of a Monte Carlo test; extreme: shape (samples,), whether a sample is as extreme as the data.

        p = (1 + extreme) / (1 + samples), and its standard error.
        Source: Davison AC, Hinkley DV, Bootstrap Methods and their Application, Cambridge 1997, section 4.2.
        """
        p = (1 + int(extreme.sum())) / (1 + self.samples)
        return Result(f"{test}_monte_carlo", p, statistic, df, p_error=math.sqrt(p * (1 - p) / self.samples))

    def fisher(self, table: "np.ndarray") -> Result:
        """Fisher's exact test (Freeman and Halton) by Monte Carlo.

        Margins are sorted, so that neither the order of the groups nor that of the answers matters.
        """
        import numpy as np

        table = without_empty(table)
        drawn = self.log_weights(np.sort(table.sum(axis=1)), np.sort(table.sum(axis=0)))
        return self.result("fisher", drawn <= log_weight(table) + TIE)

    def kruskal_wallis(self, table: "np.ndarray") -> Result:
        """Kruskal-Wallis test by Monte Carlo, for groups too small for its large-sample distribution."""
        table = without_empty(table)
        ranks = midranks(table.sum(axis=0))
        observed = rank_statistic(table @ ranks, table)
        drawn = rank_statistic(self.rank_sums(ranks, table.sum(axis=1), table.sum(axis=0)), table)
        return self.result("kruskal_wallis", drawn >= observed - TIE, observed, len(table) - 1)

    def linear_by_linear(self, table: "np.ndarray", rows: "np.ndarray", columns: "np.ndarray") -> Result:
        """Test of linear association by Monte Carlo; rows, columns: scores of the groups and of the answers."""
        import numpy as np

        n, of_rows, of_columns = table.sum(), table.sum(axis=1), table.sum(axis=0)
        mean = (of_rows * rows).sum() * (of_columns * columns).sum() / n
        observed = abs(rows @ table @ columns - mean)
        drawn = np.abs(rows @ self.rank_sums(columns, of_rows, of_columns) - mean)
        statistic = (n - 1) * correlation(table, rows, columns) ** 2
        return self.result("linear_by_linear", drawn >= observed * (1 - TIE), statistic, 1)


@cache
def _pairs_of_bytes() -> "np.ndarray":
    """Sum of the log factorials of the two bytes of a number, shape (65536,): two cells are looked up at once."""
    import numpy as np

    single, pair = log_factorials(BYTE), np.arange(1 << 16)
    return single[pair & BYTE] + single[pair >> 8]
