"""Do the intervals cover what they say? Surveys drawn from a known population, and how often each holds the truth.

The population is made of the study's own answers: each analysed record stands for as many units as it takes to fill the
frame. A unit that was asked and gave no answer that counts gets that of another, so that the truth is known of all; in
each survey, answers are then missing at random as often as they were. Intervals for a finite population are tested on
samples without replacement, those for a superpopulation on samples with replacement.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survey.agreement import entropy_interval, normalised_entropy, van_der_eijk, van_der_eijk_interval
from survey.coding import COUNTS, NOT_ASKED, Column
from survey.distribution import median_interval, quantile
from survey.multinomial import goodman, sison_glaz
from survey.proportions import interval
from survey.study import METHODS, Item

if TYPE_CHECKING:
    import numpy as np

COVERAGE = ["target", "quantity", "method", "n", "item", "option", "truth", "surveys", "covered", "width"]
SUMMARY = [
    "target",
    "quantity",
    "method",
    "n",
    "population",
    "surveys",
    "estimates",
    "coverage",
    "coverage_p5",
    "coverage_min",
    "width",
]
ALONE = {target: [name for name in names if name not in ("goodman", "sison_glaz")] for target, names in METHODS.items()}
Row = dict[str, object]


@dataclass(frozen=True)
class Question:
    """An item of the population: for each of its columns the code of every unit, and who is asked.

    codes: shape (units,) per column, of answers that count; asked: shape (units,); missing: share of those asked who
    give no answer that counts.
    """

    item: Item
    columns: tuple[Column, ...]
    codes: "tuple[np.ndarray, ...]"
    asked: "np.ndarray"
    missing: float


class Population:
    """Units whose answers are known.

    items: each with its coded columns, of the records that the units are made of; size: how many units, None for as
    many as there are records; seed: of all that is left to chance. Items that nobody answered are left out.
    """

    def __init__(self, items: Mapping[Item, Sequence[Column]], size: int | None, seed: int):
        import numpy as np

        generator = np.random.default_rng(seed)
        records = len(next(iter(items.values()))[0].codes)
        self.size = size or records
        whole, rest = divmod(self.size, records)
        times = np.full(records, whole)
        times[generator.choice(records, rest, replace=False)] += 1
        units = np.repeat(np.arange(records), times)
        self.questions = []
        for item, columns in items.items():
            why = columns[0].why.take(columns[0].codes).take(units)
            valid, asked = np.flatnonzero(why == COUNTS), why != NOT_ASKED
            if len(valid):
                lacking = asked & (why != COUNTS)
                given = np.where(lacking, generator.choice(valid, self.size), np.arange(self.size))
                codes = tuple(column.codes.take(units).take(given) for column in columns)
                self.questions.append(Question(item, tuple(columns), codes, asked, lacking.sum() / asked.sum()))

    def surveys(self, number: int, n: int, replace: bool, generator: "np.random.Generator") -> "np.ndarray":
        """How often each unit is among the n respondents of so many surveys, shape (number, units)."""
        import numpy as np

        if replace:
            return generator.multinomial(n, np.full(self.size, 1 / self.size), size=number)
        drawn = np.zeros((number, self.size), dtype=np.int64)
        for line in drawn:
            line[generator.choice(self.size, n, replace=False)] = 1
        return drawn


def surveys_of(chunk: int, surveys: int, chunks: int) -> int:
    """How many of the surveys a chunk simulates, numbered from 1."""
    return surveys * chunk // chunks - surveys * (chunk - 1) // chunks


def coverage(population: Population, number: int, n: int, target: str, seed: int, level: float = 95) -> Iterator[Row]:
    """How often the intervals of a target hold the truth, in so many surveys of n: rows of COVERAGE.

    target: finite_population or superpopulation. What nobody or everybody does is no estimate and has no row.
    """
    import numpy as np

    finite = target == "finite_population"
    if finite and n > population.size:
        return
    generator = np.random.default_rng(seed)
    drawn = population.surveys(number, n, not finite, generator)
    for question in population.questions:
        asked = drawn * question.asked
        # As in the statistics: where only some are asked, the population is estimated by the share asked.
        sizes = population.size * asked.sum(axis=1) / n if finite else None
        answered = generator.binomial(asked, 1 - question.missing)
        known = {"target": target, "n": n, "item": question.item.name}
        for column, codes in zip(question.columns, question.codes, strict=True):
            has = (codes[:, None] == column.compared).astype(np.float64)
            counts = np.rint(answered @ has).astype(np.int64)
            truth = has[question.asked].sum(axis=0).astype(np.int64)
            for row in _of_column(column, counts, answered.sum(axis=1), truth, sizes, ALONE[target], level):
                yield known | {"option": column.name.partition("[")[2].rstrip("]")} | row


def _of_column(
    column: Column,
    counts: "np.ndarray",
    valid: "np.ndarray",
    truth: "np.ndarray",
    sizes: "np.ndarray | None",
    methods: Sequence[str],
    level: float,
) -> Iterator[Row]:
    item = column.item
    if column.values is None:
        for place, total in enumerate(truth[:1] if item.type == "multiple" else truth):
            share = total / truth.sum()
            if 0 < share < 1:
                yield from _shares(counts[:, place], valid, sizes, share, methods, level, _option(column, place))
        if item.type != "multiple":
            yield from _of_item(item, counts, truth, sizes, level)
    elif item.type == "numeric":
        middle = quantile(column.values, truth, 0.5)

        def of_median(line: "np.ndarray", units: float | None) -> tuple[float, float]:
            return median_interval(column.values, line, level, units)

        yield _tested("median", "order_statistics", counts, sizes, middle, of_median)


def _option(column: Column, place: int) -> Row:
    """What names an option of an item with one answer; the column of a tick is named by its own."""
    if column.item.type == "multiple":
        return {}
    return {"option": column.item.options[column.answer[column.compared[place]]].code}


def _shares(
    chosen: "np.ndarray",
    valid: "np.ndarray",
    sizes: "np.ndarray | None",
    share: float,
    methods: Sequence[str],
    level: float,
    option: Row,
) -> Iterator[Row]:
    """The interval of each method, for one option; equal counts are looked at once."""
    import numpy as np

    bases = np.zeros(len(chosen)) if sizes is None else np.maximum(valid, sizes)
    cases, times = np.unique(np.column_stack([chosen, valid, bases]), axis=0, return_counts=True)
    for method in methods:
        covered = width = surveys = 0
        for (x, n, units), count in zip(cases.tolist(), times.tolist(), strict=True):
            if n:
                surveys += count
                low, high = interval(int(x), int(n), method, level, units if sizes is not None else None)
                covered += count * (low - 1e-12 <= share <= high + 1e-12)
                width += count * (high - low)
        found = {"quantity": "share", "method": method, "truth": share}
        yield option | found | {"surveys": surveys, "covered": covered, "width": width}


def _of_item(
    item: Item, counts: "np.ndarray", truth: "np.ndarray", sizes: "np.ndarray | None", level: float
) -> Iterator[Row]:
    """Of an item with one answer: all shares at once, entropy and van der Eijk's A."""
    if len(truth) < 2:
        return
    shares = (truth / truth.sum()).tolist()

    def at_once(ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
        """An interval as wide as these on average, which holds 0 if each of them holds its share."""
        held = all(low - 1e-12 <= share <= high + 1e-12 for share, (low, high) in zip(shares, ends, strict=True))
        wide = sum(high - low for low, high in ends) / len(ends)
        return (-wide / 2, wide / 2) if held else (1.0, 1.0 + wide)

    def of_goodman(line: "np.ndarray", units: float | None) -> tuple[float, float]:
        return at_once(goodman(line.tolist(), level, units))

    def of_sison_glaz(line: "np.ndarray", units: float | None) -> tuple[float, float]:
        try:
            return at_once(sison_glaz(line.tolist(), level))
        except ValueError:
            return math.nan, math.nan

    yield _tested("all shares", "goodman", counts, sizes, 0.0, of_goodman)
    if sizes is None:
        yield _tested("all shares", "sison_glaz", counts, sizes, 0.0, of_sison_glaz)
    found = normalised_entropy(truth.tolist())
    yield _tested("entropy", "large_sample", counts, sizes, found, _of_counts(entropy_interval, level))
    if item.type == "ordinal" and len(truth) > 2:
        found = van_der_eijk(truth.tolist())
        interval_of_a = _of_counts(van_der_eijk_interval, level)
        yield _tested("van der Eijk's A", "large_sample", counts, sizes, found, interval_of_a)


def _of_counts(ends: Callable[..., tuple[float, float]], level: float) -> Callable[..., tuple[float, float]]:
    """An interval from a list of counts, as one from a line of an array."""
    return lambda line, units: ends(line.tolist(), level, units)


def _tested(
    quantity: str,
    method: str,
    counts: "np.ndarray",
    sizes: "np.ndarray | None",
    truth: float,
    ends: Callable[["np.ndarray", float | None], tuple[float, float]],
) -> Row:
    """How often an interval from all counts of a survey holds the truth; surveys without one do not count."""
    covered = width = surveys = 0
    for place, line in enumerate(counts):
        low, high = ends(line, None if sizes is None else max(float(line.sum()), float(sizes[place])))
        if not math.isnan(low):
            surveys += 1
            covered += low - 1e-12 <= truth <= high + 1e-12
            width += high - low
    found = {"quantity": quantity, "method": method, "truth": truth}
    return found | {"surveys": surveys, "covered": covered, "width": width}


def together(chunks: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows of several chunks added up: covered and width become shares and means of all surveys.

    An estimate that no survey had an interval for is left out.
    """
    added: dict[tuple[object, ...], Row] = {}
    for row in (row for chunk in chunks for row in chunk):
        key = tuple(row[name] for name in COVERAGE[:6])
        before = added.get(key, row | {"surveys": 0, "covered": 0.0, "width": 0.0})
        added[key] = row | {name: before[name] + row[name] for name in ("surveys", "covered", "width")}
    return [
        row | {name: row[name] / row["surveys"] for name in ("covered", "width")}
        for _, row in sorted(
            added.items(), key=lambda pair: (*map(str, pair[0][:3]), pair[0][3], *map(str, pair[0][4:]))
        )
        if row["surveys"]
    ]


def summary(rows: Sequence[Row], population: int) -> list[Row]:
    """Coverage of each method at each size in percent: mean over the estimates, fifth percentile and least."""
    import numpy as np

    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in COVERAGE[:4]), []).append(row)
    found = []
    for key, part in groups.items():
        covered = np.array([row["covered"] for row in part])
        found.append(
            dict(zip(COVERAGE[:4], key, strict=True))
            | {
                "population": str(population) if key[0] == "finite_population" else "",
                "surveys": max(row["surveys"] for row in part),
                "estimates": len(part),
                "coverage": 100 * float(covered.mean()),
                "coverage_p5": 100 * float(np.quantile(covered, 0.05)),
                "coverage_min": 100 * float(covered.min()),
                "width": float(np.mean([row["width"] for row in part])),
            }
        )
    return found
