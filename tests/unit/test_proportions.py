import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.proportions import (
    agresti_coull,
    clopper_pearson,
    effective_size,
    goodman,
    hypergeometric,
    interval,
    jeffreys,
    median_interval,
    wilson,
)

# Computed in R 4.2.2 with the call in the comment; ci_* are the published formulas in base R.
REFERENCES = [
    (wilson, (53, 106), 0.406494975304169, 0.593505024695831),  # prop.test(53, 106, correct = FALSE)
    (wilson, (105, 106), 0.948486451970296, 0.998332728297241),  # prop.test(105, 106, correct = FALSE)
    (wilson, (53, 106, 95, 227), 0.431018808719639, 0.568981191280361),  # ci_wilson_fpc(53, 106, 227)
    (wilson, (105, 106, 95, 227), 0.964948353315945, 0.997509228040749),  # ci_wilson_fpc(105, 106, 227)
    (wilson, (106, 106, 95, 227), 0.980966380998169, 1),  # ci_wilson_fpc(106, 106, 227)
    (wilson, (36, 98, 95, 227), 0.298874173783743, 0.441625859548143),  # ci_wilson_fpc(36, 98, 227)
    (clopper_pearson, (36, 98), 0.272194287321446, 0.470747654655189),  # binom.test(36, 98)
    (clopper_pearson, (105, 106), 0.948556920460116, 0.999761181276598),  # binom.test(105, 106)
    (jeffreys, (36, 98), 0.276871784402163, 0.465528572410029),  # ci_jeffreys(36, 98)
    (jeffreys, (106, 106), 0.976635631937127, 1),  # ci_jeffreys(106, 106)
    (agresti_coull, (36, 98), 0.278460386811254, 0.466240835057763),  # ci_agresti_coull(36, 98)
    (agresti_coull, (105, 106), 0.943322840570558, 1),  # ci_agresti_coull(105, 106)
    (hypergeometric, (53, 106, 227), 97 / 227, 130 / 227),  # ci_hyper(53, 106, 227)
    (hypergeometric, (105, 106, 227), 218 / 227, 226 / 227),  # ci_hyper(105, 106, 227)
    (hypergeometric, (36, 98, 227), 67 / 227, 101 / 227),  # ci_hyper(36, 98, 227)
    (goodman, (40, 106, 5), 0.266715360173914, 0.502450317741182),  # ci_goodman(c(40, 30, 20, 10, 6))
    (goodman, (6, 106, 5), 0.0208535853484644, 0.144591557883036),  # ci_goodman(c(40, 30, 20, 10, 6))
]


@pytest.mark.parametrize(("method", "arguments", "low", "high"), REFERENCES)
def test_intervals_agree_with_r(method, arguments, low, high):
    assert method(*arguments) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        # median_ci_exact() in R 4.2.2: order statistics by the binomial distribution
        ([7.1, 3.4, 2.2, 9.8, 5.5, 4.1, 6.3, 8, 1.9], 2.2, 8),
        ([1] * 4 + [2] * 8 + [3] * 12 + [4] * 13 + [5] * 11, 3, 4),
    ],
)
def test_the_median_interval_agrees_with_r(values, low, high):
    assert median_interval(np.array(values, dtype=float)) == (low, high)


def test_five_answers_are_too_few_for_a_95_percent_interval_of_the_median():
    assert all(map(math.isnan, median_interval(np.array([3.0, 1, 4, 1, 5]))))


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
    for method in ("wilson", "clopper_pearson", "jeffreys", "agresti_coull", "goodman"):
        low, high = interval(x, n, method, options=3)
        assert interval(n - x, n, method, options=3) == pytest.approx((1 - high, 1 - low), abs=1e-9)


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
    for method in ("wilson", "clopper_pearson", "jeffreys", "agresti_coull"):
        assert all(map(math.isnan, interval(0, 0, method)))


@given(st.lists(st.floats(0, 100), min_size=6, max_size=80), st.integers(1, 200))
def test_the_median_interval_contains_the_median_and_closes_when_everybody_answered(values, more):
    values = np.array(values)
    low, high = median_interval(values, 95, len(values) + more)
    assert math.isnan(low) or low <= np.median(values) <= high
    assert median_interval(values, 95, len(values)) == (np.median(values), np.median(values))
