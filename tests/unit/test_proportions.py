import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.proportions import effective_size, hypergeometric, interval, wilson

METHODS = ("wilson", "clopper_pearson", "jeffreys", "agresti_coull")

counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.integers(1, 500))
def test_the_interval_contains_the_estimate_and_closes_on_it_when_everybody_answered(count, more):
    x, n = count
    low, high = wilson(x, n, 95, n + more)
    assert 0 <= low <= x / n <= high <= 1
    assert wilson(x, n, 95, n) == (x / n, x / n)
    assert hypergeometric(x, n, n) == (x / n, x / n)


@given(counts, st.integers(1, 500), st.integers(1, 500))
def test_the_interval_is_narrower_the_more_of_the_population_answered(count, more, still_more):
    x, n = count
    smaller, larger = (wilson(x, n, 95, n + many) for many in (more, more + still_more))
    everybody_else = wilson(x, n)
    assert smaller[1] - smaller[0] <= larger[1] - larger[0] + 1e-12 <= everybody_else[1] - everybody_else[0] + 2e-12


@given(counts)
def test_an_answer_and_its_opposite_have_mirrored_intervals(count):
    x, n = count
    for method in METHODS:
        low, high = interval(x, n, method)
        assert interval(n - x, n, method) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(counts)
def test_every_interval_contains_the_estimate(count):
    x, n = count
    for method in METHODS:
        low, high = interval(x, n, method)
        assert 0 <= low <= x / n + 1e-12
        assert x / n - 1e-12 <= high <= 1


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(0, 60))
def test_the_exact_interval_contains_the_estimate_and_only_possible_shares(count, more):
    x, n = count
    low, high = hypergeometric(x, n, n + more)
    assert x / (n + more) <= low <= x / n + 1e-12
    assert x / n - 1e-12 <= high <= (x + more) / (n + more)


def test_half_of_227_centres_count_as_198_of_an_infinite_population():
    assert effective_size(106, 227) == pytest.approx(106 * 226 / 121)


def test_more_answers_than_centres_is_an_error():
    with pytest.raises(ValueError, match="228 respondents from a population of 227"):
        wilson(1, 228, 95, 227)


def test_nobody_answered_is_not_a_number():
    for method in METHODS:
        assert all(map(math.isnan, interval(0, 0, method)))


def test_a_population_whose_tail_is_exactly_the_limit_is_rejected():
    assert hypergeometric(0, 1, 120) == (0, pytest.approx(116 / 120))
