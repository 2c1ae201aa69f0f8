"""What is withheld hides every small count, and as little else as it takes."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey.disclosure import System, spread, withheld
from survey.tables import read_rows, read_table, write_rows
from survey.withheld import Cell, Withheld
from survey.withholding import no_small_count, unsafe_statistics, without

MINIMUM = 5


def interval(system, hidden, cell):
    """The least and the largest count that an attacker finds for a cell, who knows all that is not withheld."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    known = {
        other: value
        for other, value in system.value.items()
        if other in system.fixed or (system.price[other] and other not in hidden)
    }
    if cell in known:
        return known[cell], known[cell]
    cells = [other for other in system.value if other not in known]
    place = {other: number for number, other in enumerate(cells)}
    matrix, right = np.zeros((len(system.sums), len(cells))), np.zeros(len(system.sums))
    for row, terms in enumerate(system.sums):
        for other, factor in terms:
            if other in place:
                matrix[row, place[other]] += factor
            else:
                right[row] -= factor * known[other]
    ends = []
    for sign in (1, -1):
        cost = np.zeros(len(cells))
        cost[place[cell]] = sign
        found = milp(
            cost,
            constraints=LinearConstraint(matrix, right, right),
            bounds=Bounds(0, 10 * max(system.value.values()) + 10),
            integrality=1,
        )
        ends.append(math.floor(found.x[place[cell]] + 0.5))
    return ends[0], ends[1]


def two_way(table):
    """A published table with its totals: rows are options, columns levels; margins are "+"."""
    system = System()
    rows, columns = range(len(table)), range(len(table[0]))
    for i in rows:
        for j in columns:
            system.protect(system.add((i, j), table[i][j], 1), MINIMUM)
        system.protect(system.add((i, "+"), sum(table[i]), 5), MINIMUM)
    for j in columns:
        system.protect(system.add(("+", j), sum(row[j] for row in table), 5), MINIMUM)
    system.protect(system.add(("+", "+"), sum(map(sum, table)), 50), MINIMUM)
    for i in (*rows, "+"):
        system.total((i, "+"), [(i, j) for j in columns])
    for j in (*columns, "+"):
        system.total(("+", j), [(i, j) for i in rows])
    return system


def test_one_small_count_takes_a_rectangle_with_it():
    hidden = withheld(two_way([[3, 20, 30], [25, 15, 40], [30, 35, 45]]))
    assert (0, 0) in hidden
    assert len(hidden) == 4
    assert not any("+" in cell for cell in hidden)


def test_nothing_is_withheld_where_no_count_is_small_and_zeros_stay():
    assert withheld(two_way([[5, 20, 0], [25, 0, 40]])) == set()


def test_two_small_counts_that_add_up_to_less_than_the_minimum_do_not_hide_each_other():
    system = System()
    cells = [system.add(name, n, 1) for name, n in (("a", 2), ("b", 2), ("c", 16))]
    for cell in cells:
        system.protect(cell, MINIMUM)
    system.total(system.add("all", 20, 100), cells)
    assert withheld(system) == {"a", "b", "c"}


def test_a_count_just_below_the_minimum_is_not_the_only_small_one_that_fits():
    system = System()
    cells = [system.add(name, n, 1) for name, n in (("a", 4), ("b", 30), ("c", 40))]
    for cell in cells:
        system.protect(cell, MINIMUM)
    system.total(system.add("all", 74, 100), cells)
    low, high = interval(system, withheld(system), "a")
    assert low < 4 < high


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(2, 4)
    .flatmap(
        lambda columns: st.lists(
            st.lists(st.one_of(st.integers(0, 9), st.integers(0, 40)), min_size=columns, max_size=columns),
            min_size=2,
            max_size=4,
        )
    )
    .filter(lambda table: sum(map(sum, table)) >= MINIMUM)
)
def test_totals_less_what_is_shown_give_no_small_count_away(table):
    system = two_way(table)
    hidden = withheld(system)
    # The naive attack, again and again: wherever one cell of a sum is missing, it follows.
    known = {cell: n for cell, n in system.value.items() if cell not in hidden}
    while True:
        found = [
            (missing[0], terms)
            for terms in system.sums
            for missing in [[cell for cell, _ in terms if cell not in known]]
            if len(missing) == 1
        ]
        if not found:
            break
        cell, terms = found[0]
        known[cell] = abs(sum(factor * known[other] for other, factor in terms if other != cell))
    assert not [cell for cell, n in known.items() if 0 < n < MINIMUM]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 15), min_size=3, max_size=3), min_size=2, max_size=3))
def test_every_small_count_may_be_the_minimum_for_all_that_an_attacker_can_work_out(table):
    if sum(map(sum, table)) < MINIMUM:
        return
    system = two_way(table)
    hidden = withheld(system)
    for cell, n in system.value.items():
        if 0 < n < MINIMUM:
            low, high = interval(system, hidden, cell)
            assert low <= n < MINIMUM <= high


def test_a_sum_that_does_not_add_up_is_refused():
    system = System()
    with pytest.raises(ValueError, match="not the sum"):
        system.total(system.add("all", 10, 1), [system.add("a", 4, 1), system.add("b", 5, 1)])


def test_mean_and_deviation_of_few_different_numbers_are_kept_back():
    assert not spread({1: 50, 2: 3, 3: 40}, MINIMUM)
    assert spread({1: 50, 2: 6, 3: 40}, MINIMUM)
    assert spread({1: 4, 2: 5, 3: 9, 4: 1, 5: 2, 6: 1}, MINIMUM)


def test_the_smallest_and_the_largest_are_published_only_where_enough_gave_them():
    values, given_by = np.array([1.0, 2, 3, 4, 5, 6, 7]), np.array([6, 3, 4, 3, 3, 4, 1])
    row = {"min": 1.0, "q1": 2.0, "median": 3.0, "q3": 5.0, "max": 7.0}
    assert unsafe_statistics(row, values, given_by, MINIMUM, hidden=False) == ["max"]
    assert set(row) <= set(unsafe_statistics(row, values, given_by, MINIMUM, hidden=True))


def test_a_table_with_a_small_count_of_those_without_a_level_is_small():
    table = np.array([[5, 6], [7, 0]])
    assert no_small_count(table, table.sum(axis=0), MINIMUM)
    assert not no_small_count(table, table.sum(axis=0) + np.array([0, 2]), MINIMUM)


def test_a_withheld_level_hides_all_of_it():
    known = Withheld([Cell("", "size", "tiny", "", "level"), Cell("drug", "", "", "a", "n")], MINIMUM)
    assert known.hides("drug", "n", "b", "size", "tiny")
    assert not known.hides("drug", "n", "b", "size", "large")
    assert known.touches("drug")
    assert known.touches("other", "size")
    assert not known.touches("other")


def test_a_row_names_what_is_withheld_and_only_that():
    row = without({"n": 3, "percent": 4.5, "ci_low": None, "ci_method": ""}, ["n", "percent", "ci_low", "ci_method"])
    assert row == {"n": None, "percent": None, "ci_low": None, "ci_method": "", "withheld": "n percent"}


def test_a_withheld_count_is_a_missing_whole_number_in_both_forms(tmp_path):
    rows = [{"item": "a", "n": 12, "percent": 50.0}, {"item": "b", "n": None, "percent": math.nan}]
    write_rows(rows, ["item", "n", "percent"], tmp_path / "table")
    assert (tmp_path / "table.csv").read_text(encoding="utf-8") == "item,n,percent\na,12,50\nb,,\n"
    for suffix in (".csv", ".parquet"):
        first, second = read_table(tmp_path / f"table{suffix}")["n"]
        assert str(first) == "12"
        assert math.isnan(second)
    assert next(row["n"] for row in read_rows(tmp_path / "table.parquet")) == 12
