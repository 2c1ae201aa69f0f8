"""Counting coded answers: one pass over a column gives its table for every group."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from survey.coding import COUNTS, NOT_ASKED, Column

if TYPE_CHECKING:
    import numpy as np

PLACES, FEW = 1 << 18, 16
Thing, Done = TypeVar("Thing"), TypeVar("Done")


@dataclass(frozen=True)
class Group:
    """A grouping of the records.

    name: of the grouping item; ordered: whether its levels are in an order; levels: their codes; codes: shape
    (records,), the level of each record, len(levels) where it has none.
    """

    name: str
    ordered: bool
    levels: tuple[str, ...]
    codes: "np.ndarray"


def group(column: Column) -> Group:
    """A grouping item from its coded answers; its levels are the options that count."""
    import numpy as np

    item = column.item
    places = [place for place, option in enumerate(item.options) if option.counts]
    level = np.full(column.size, len(places), dtype=np.uint16)
    level[places] = np.arange(len(places))
    levels = tuple(item.options[place].code for place in places)
    return Group(item.name, item.type == "ordinal", levels, level.take(column.codes))


class Groups:
    """Several groupings of the records; for columns of few codes their levels are folded, to count them all at once."""

    def __init__(self, groups: Sequence[Group]):
        self.groups = list(groups)
        self._folds: dict[int, list[tuple[list[Group], np.ndarray]]] = {}

    def folds(self, stride: int) -> "list[tuple[list[Group], np.ndarray]]":
        """Groupings that are counted together, with the place of each record's first code, shape (records,).

        stride: places that the codes of a column need.
        """
        if stride not in self._folds:
            self._folds[stride] = self._fold(stride)
        return self._folds[stride]

    def _fold(self, stride: int) -> "list[tuple[list[Group], np.ndarray]]":
        import numpy as np

        folds: list[tuple[list[Group], np.ndarray]] = []
        size = PLACES + 1
        for one in self.groups:
            levels = len(one.levels) + 1
            if size * levels > PLACES:
                folds.append(([one], one.codes.astype(np.int64)))
                size = stride * levels
            else:
                members, cells = folds[-1]
                members.append(one)
                np.multiply(cells, levels, out=cells)
                np.add(cells, one.codes, out=cells)
                size *= levels
        for _, cells in folds:
            np.multiply(cells, stride, out=cells)
        return folds


@dataclass(frozen=True)
class Tally:
    """How many records have each code of a column.

    total: shape (size,); by_group: grouping item to shape (levels, size).
    """

    column: Column
    total: "np.ndarray"
    by_group: "Mapping[str, np.ndarray]"


def tally(column: Column, groups: Groups) -> Tally:
    """Count a column, in all and for every group. Records without a level of a group are part of the total alone."""
    import numpy as np

    total, by_group = None, {}
    stride = FEW if column.size <= FEW else column.size
    for members, first in groups.folds(stride):
        shape = [*(len(one.levels) + 1 for one in members), stride]
        counts = np.bincount(first + column.codes, minlength=math.prod(shape)).reshape(shape)[..., : column.size]
        for axis, one in enumerate(members):
            others = tuple(other for other in range(len(members)) if other != axis)
            by_group[one.name] = counts.sum(axis=others)[:-1]
        total = counts.sum(axis=tuple(range(len(members))))
    if total is None:
        total = np.bincount(column.codes, minlength=column.size)
    return Tally(column, total, by_group)


@dataclass(frozen=True)
class Base:
    """Who an item's figures are about: respondents with an answer that counts, asked and not asked.

    population: how many of the population the question applies to, None for a superpopulation.
    """

    valid: int
    asked: int
    not_asked: int
    population: float | None

    @property
    def missing(self) -> int:
        """Asked, and without an answer that counts."""
        return self.asked - self.valid


def base(column: Column, counts: "np.ndarray", population: float | None) -> Base:
    """The base of a column among some of the records.

    counts: records per code, shape (size,); population: how many units of the population these records stand for, N.
    Where only some were asked, the number of the population to whom the question applies is estimated by N times the
    share asked.
    """
    records = int(counts.sum())
    valid = int(counts[column.why == COUNTS].sum())
    not_asked = int(counts[column.why == NOT_ASKED].sum())
    asked = records - not_asked
    if population is not None:
        population = max(float(valid), population * asked / max(1, records))
    return Base(valid, asked, not_asked, population)


def each(work: Callable[[Thing], Done], things: Iterable[Thing], threads: int = 1) -> list[Done]:
    """The work done on each thing, in their order, by so many threads."""
    if threads == 1:
        return [work(thing) for thing in things]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as workers:
        return list(workers.map(work, things))
