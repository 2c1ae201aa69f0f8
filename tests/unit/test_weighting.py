import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.multinomial import goodman, sison_glaz
from survey.weighting import Design, kish_effective_size, korn_graubard, poststratify, rake, rao_scott, weighted_shares

levels = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=12, max_size=40)


def plain(n, population=None):
    return Design(np.ones(n), (), np.ones(n), population)


@given(levels, st.integers(20, 200), st.integers(20, 200))
def test_raked_weights_meet_every_margin(pairs, a, b):
    first, second = (np.array(part) for part in zip(*pairs, strict=True))
    if len(set(pairs)) < 6:
        return
    total = a + b
    targets = [{"a": a, "b": b}, {"x": total / 2, "y": total / 4, "z": total / 4}]
    weights = rake([first, second], targets, np.ones(len(pairs)))
    for margin, target in zip((first, second), targets, strict=True):
        assert {level: weights[margin == level].sum() for level in target} == pytest.approx(target, rel=1e-9)


def test_margins_that_contradict_each_other_do_not_settle():
    first, second = np.array(["a", "a", "b"]), np.array(["x", "x", "y"])
    with pytest.raises(ValueError, match="do not settle"):
        rake([first, second], [{"a": 10, "b": 20}, {"x": 20, "y": 10}], np.ones(3))


def test_poststratified_weights_give_every_cell_its_total():
    cells = np.array([1, 1, 2, 3, 3, 3])
    weights = poststratify(cells, {1: 10, 2: 5, 3: 6}, np.array([1.0, 3, 1, 1, 1, 1]))
    assert weights.tolist() == [2.5, 7.5, 5, 2, 2, 2]


@given(st.lists(st.booleans(), min_size=2, max_size=40), st.floats(0.1, 50))
def test_a_constant_weight_changes_nothing(answers, weight):
    chosen, everybody = np.array(answers)[:, None], np.ones(len(answers), dtype=bool)
    n = len(answers)
    same = [weighted_shares(Design(np.full(n, w), (), np.full(n, w)), chosen, everybody) for w in (1.0, weight)]
    assert same[0][0] == pytest.approx(same[1][0])
    assert same[0][1] == pytest.approx(same[1][1])
    share = np.mean(answers)
    assert same[0][0][0] == pytest.approx(share)
    assert same[0][1][0] == pytest.approx(math.sqrt(share * (1 - share) / (n - 1)))
    assert kish_effective_size(np.full(n, weight)) == pytest.approx(n)


def test_the_error_vanishes_when_everybody_answered():
    chosen, everybody = np.array([[True], [False], [True]]), np.ones(3, dtype=bool)
    assert weighted_shares(plain(3, 3.0), chosen, everybody)[1][0] == 0
    assert weighted_shares(plain(3, 300.0), chosen, everybody)[1][0] > 0.2


def test_weighting_to_a_margin_removes_what_it_explains():
    margin = np.array([0, 0, 0, 1, 1, 1])
    chosen, everybody = (margin == 1)[:, None], np.ones(6, dtype=bool)
    known = Design(np.ones(6), (margin,), np.ones(6))
    assert weighted_shares(known, chosen, everybody)[1][0] == pytest.approx(0, abs=1e-12)


def test_nobody_answered_has_no_share():
    shares, errors = weighted_shares(plain(4), np.zeros((4, 2), dtype=bool), np.zeros(4, dtype=bool))
    assert np.isnan(shares).all()
    assert np.isnan(errors).all()
    assert all(map(math.isnan, korn_graubard(math.nan, math.nan, 0)))


@given(st.integers(0, 30), st.integers(1, 30))
def test_the_interval_of_a_weighted_share_contains_it(x, more):
    n = x + more
    share = x / n
    low, high = korn_graubard(share, math.sqrt(share * (1 - share) / n), n)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def test_the_weighted_test_is_about_the_plain_one_for_equal_weights():
    from survey.contingency import chi_square

    table = np.array([[30, 20, 10], [20, 25, 35]])
    rows, columns = (np.repeat(part.ravel(), table.ravel()) for part in np.indices(table.shape))
    _, df, _, p = rao_scott(plain(len(rows)), rows, columns)
    assert df == pytest.approx(2, rel=0.02)
    assert p == pytest.approx(chi_square(table).p, rel=0.3)


@given(st.lists(st.integers(10, 300), min_size=2, max_size=6))
def test_simultaneous_intervals_contain_the_shares(counts):
    for intervals in (goodman(counts), sison_glaz(counts)):
        for count, (low, high) in zip(counts, intervals, strict=True):
            assert low <= count / sum(counts) + 1e-12
            assert count / sum(counts) - 1e-12 <= high


def test_goodmans_interval_of_one_option_is_wilsons_and_closes_when_everybody_answered():
    from survey.proportions import wilson

    assert goodman([7, 0])[0] != wilson(7, 7)
    assert goodman([7])[0] == wilson(7, 7)
    assert goodman([3, 4], 95, 7) == [(3 / 7, 3 / 7), (4 / 7, 4 / 7)]


def test_sison_and_glaz_is_refused_where_it_is_out_of_its_range():
    with pytest.raises(ValueError, match="too rare"):
        sison_glaz([0, 106])
