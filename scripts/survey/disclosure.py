"""Which counts of a survey are withheld, so that nobody can tell a small one from all that is published.

A count of respondents from 1 up to less than the study's minimum is withheld (primary suppression), and so many others
that sums and differences do not give it away (complementary suppression). What an attacker can do is put as a system
of counts that add up; a withheld count is protected where another set of counts, every one a whole number, fits all
that is published and gives it the minimum or more. Which others are withheld is found by a linear program that moves
the count to the minimum and pays for every published count that it must move along.

Sources: Hundepool A et al., Statistical Disclosure Control, Wiley 2012, chapter 4; Fischetti M, Salazar JJ, Math
Program 1999;84:283-312, for the attacker's intervals; Kelly JP, Golden BL, Assad AA, Networks 1992;22:397-417, for
the program.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 1e-6


class Unprotectable(Exception):
    """A small count that no set of withheld counts can hide; `cell` is its name."""

    def __init__(self, cell: Hashable):
        super().__init__(str(cell))
        self.cell = cell


@dataclass
class System:
    """Counts of respondents, how they add up, and which are published.

    value: cell to its count; price: what it costs to withhold a published cell, 0 for one that is not published as
    such; goals: small cells to what must be possible of each: a count to reach, or less than it is; sums: lists of
    (cell, factor) that add up to 0 whatever is withheld. A cell in `fixed` is published, come what may.
    """

    value: dict[Hashable, int] = field(default_factory=dict)
    price: dict[Hashable, float] = field(default_factory=dict)
    goals: dict[Hashable, list[int]] = field(default_factory=dict)
    sums: list[list[tuple[Hashable, int]]] = field(default_factory=list)
    fixed: set[Hashable] = field(default_factory=set)

    def add(self, cell: Hashable, value: int, price: float = 0) -> Hashable:
        """A count; without a price it is not published, but follows from others."""
        self.value[cell], self.price[cell] = int(value), price
        return cell

    def total(self, whole: Hashable, parts: Iterable[Hashable]) -> None:
        """The parts add up to the whole. Raises ValueError where they do not."""
        terms = [(whole, 1), *((part, -1) for part in parts)]
        if sum(self.value[cell] * factor for cell, factor in terms):
            raise ValueError(f"{whole} is not the sum of its parts")
        self.sums.append(terms)

    def at_least(self, whole: Hashable, parts: Iterable[Hashable]) -> None:
        """The parts together are no more than the whole; left out where they are, as the rule then does not hold."""
        parts = list(parts)
        rest = self.value[whole] - sum(self.value[part] for part in parts)
        if rest >= 0:
            self.total(whole, [*parts, self.add(("rest", whole, tuple(parts)), rest)])

    def protect(self, cell: Hashable, minimum: int) -> None:
        """A count that is withheld if it is small: it must be able to be the minimum, and not only one below it.

        The latter is for an attacker who guesses that a withheld count is small.
        """
        n = self.value[cell]
        if 0 < n < minimum:
            self.goals[cell] = [minimum, n - 1] if n == minimum - 1 > 1 else [minimum]

    def blur(self, cell: Hashable) -> None:
        """A count that is known to be small, and must not be known to be what it is."""
        if self.value[cell]:
            self.goals[cell] = [self.value[cell] - 1]


def withheld(system: System) -> set[Hashable]:
    """The published cells to be withheld. Raises Unprotectable."""
    hidden = {cell for cell in system.goals if system.price[cell] and cell not in system.fixed}
    for part in _parts(system):
        hidden |= _withheld_of_part(system, part, hidden)
    return hidden


def _parts(system: System) -> list[list[list[tuple[Hashable, int]]]]:
    """The sums in groups that have no cell in common but fixed ones, each of them with a small count."""
    above: dict[Hashable, Hashable] = {}

    def top(cell: Hashable) -> Hashable:
        while above.setdefault(cell, cell) != cell:
            above[cell] = above[above[cell]]
            cell = above[cell]
        return cell

    for terms in system.sums:
        free = [cell for cell, _ in terms if cell not in system.fixed]
        for cell in free[1:]:
            above[top(cell)] = top(free[0])
    found: dict[Hashable, list[list[tuple[Hashable, int]]]] = {}
    for terms in system.sums:
        first = next((cell for cell, _ in terms if cell not in system.fixed), None)
        if first is not None:
            found.setdefault(top(first), []).append(terms)
    wanted = {top(cell) for cell in system.goals}
    return [part for cell, part in found.items() if cell in wanted]


def _withheld_of_part(system: System, part: list[list[tuple[Hashable, int]]], hidden: set[Hashable]) -> set[Hashable]:
    """Withheld cells of a group of sums: its small ones, and those that protect them."""
    import numpy as np
    from scipy.sparse import coo_array

    cells = list(dict.fromkeys(cell for terms in part for cell, _ in terms if cell not in system.fixed))
    place = {cell: number for number, cell in enumerate(cells)}
    entries = [(row, place[cell], factor) for row, terms in enumerate(part) for cell, factor in terms if cell in place]
    rows, columns, factors = zip(*entries, strict=True)
    matrix = coo_array((factors, (rows, columns)), shape=(len(part), len(cells))).tocsr()
    values = np.array([system.value[cell] for cell in cells])
    prices = np.array([system.price[cell] for cell in cells])
    free = np.array([not system.price[cell] or cell in hidden for cell in cells])
    # The smallest first: what protects it often protects those larger.
    goals = sorted((values[place[cell]], place[cell], goal) for cell in cells for goal in system.goals.get(cell, ()))
    worlds: list[np.ndarray] = []
    for value, at, goal in goals:
        if any(_reaches(world[at], value, goal) for world in worlds):
            continue
        world = _other_world(matrix, values, np.where(free, 0, prices), at, goal)
        if world is None:
            raise Unprotectable(cells[at])
        free |= world != values
        worlds.append(world)
    return {cell for cell, is_free in zip(cells, free, strict=True) if is_free and system.price[cell]}


def _reaches(found: int, value: int, goal: int) -> bool:
    return found >= goal if goal > value else found <= goal


def _other_world(
    matrix: "np.ndarray", values: "np.ndarray", prices: "np.ndarray", at: int, goal: int
) -> "np.ndarray | None":
    """Counts that add up as these do, in which one reaches a goal, and that move little of what has a price.

    matrix: shape (sums, cells); values, prices: shape (cells,). None where there are none.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import hstack

    size = len(values)
    # Two variables a cell, up and down, so that the price is of the distance.
    low, high = np.zeros(2 * size), np.concatenate([np.full(size, np.inf), values.astype(float)])
    up = max(0, goal - values[at])
    down = max(0, values[at] - goal)
    low[at] = up
    low[size + at], high[size + at] = down, down
    cost = np.concatenate([prices, prices]) + 1e-4
    both = hstack([matrix, -matrix]).tocsr()
    for integral in (0, 1):
        found = milp(cost, constraints=LinearConstraint(both, 0, 0), bounds=Bounds(low, high), integrality=integral)
        if found.x is None:
            return None
        moved = found.x[:size] - found.x[size:]
        world = values + np.rint(moved).astype(int)
        if np.abs(moved - np.rint(moved)).max() < TOLERANCE and not (matrix @ world - matrix @ values).any():
            return world
    return None


def spread(values: Mapping[float, int], minimum: int) -> bool:
    """Whether mean and standard deviation of such answers may be published: value to how many gave it.

    They are where no value has a small count, or where at least twice the minimum gave six values or more: three
    equations (how many, their sum, their squares) then leave three counts or more open.
    """
    given = [n for n in values.values() if n]
    if not any(n < minimum for n in given):
        return True
    return len(given) >= 6 and sum(given) >= 2 * minimum
