import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.distribution import median_interval, quantile, summary

numbers = st.lists(st.floats(-1000, 1000).map(lambda value: round(value, 2)), min_size=1, max_size=80)


def counted(values):
    return np.unique(np.array(values, dtype=float), return_counts=True)


@given(numbers)
def test_counts_of_distinct_values_give_what_the_values_give(values):
    found = summary(*counted(values))
    expected = {"mean": np.mean(values), "median": np.median(values), "min": min(values), "max": max(values)}
    expected |= {"q1": np.quantile(values, 0.25), "q3": np.quantile(values, 0.75)}
    expected["sd"] = np.std(values, ddof=1) if len(values) > 1 else math.nan
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


@given(numbers, st.floats(0, 1))
def test_quantiles_are_those_of_numpy_to_the_last_digit(values, share):
    assert quantile(*counted(values), share) == pytest.approx(np.quantile(values, share), rel=1e-12, abs=1e-12)


def test_nobody_gave_a_number():
    assert all(map(math.isnan, summary(*counted([])).values()))
    assert all(map(math.isnan, median_interval(*counted([]))))


def test_five_answers_are_too_few_for_a_95_percent_interval_of_the_median():
    assert all(map(math.isnan, median_interval(*counted([3, 1, 4, 1, 5]))))


@given(st.lists(st.floats(0, 100), min_size=6, max_size=80), st.integers(1, 200))
def test_the_median_interval_contains_the_median_and_closes_when_everybody_answered(values, more):
    low, high = median_interval(*counted(values), 95, len(values) + more)
    assert math.isnan(low) or low <= np.median(values) <= high
    assert median_interval(*counted(values), 95, len(values)) == pytest.approx((np.median(values),) * 2)


def test_a_million_answers_have_a_narrow_interval_at_once():
    values = np.arange(1000.0)
    low, high = median_interval(values, np.full(1000, 1000))
    assert (low, high) == (499, 500)
