import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.agreement import (
    consensus,
    entropy_interval,
    normalised_entropy,
    ticks_entropy,
    van_der_eijk,
    van_der_eijk_interval,
)
from survey.proportions import wilson


def test_everybody_alike_is_zero_and_even_spread_is_one():
    assert normalised_entropy([106, 0, 0]) == 0
    assert normalised_entropy([20, 20, 20, 20]) == pytest.approx(1)


def test_an_offered_option_that_nobody_chose_lowers_the_entropy():
    assert normalised_entropy([50, 50, 0]) == pytest.approx(math.log(2) / math.log(3))


answers = st.lists(st.integers(0, 1_000_000), min_size=2, max_size=12).filter(any)


@given(answers)
def test_lies_between_zero_and_one_and_ignores_the_order_of_options(counts):
    entropy = normalised_entropy(counts)
    assert -1e-12 <= entropy <= 1 + 1e-12
    assert entropy == pytest.approx(normalised_entropy(sorted(counts)), abs=1e-12)


@given(answers, st.integers(0, 1000))
def test_its_interval_contains_it_and_closes_when_everybody_answered(counts, more):
    low, high = entropy_interval(counts, 95, sum(counts) + more)
    assert 0 <= low <= normalised_entropy(counts) + 1e-12
    assert normalised_entropy(counts) - 1e-12 <= high <= 1
    assert entropy_interval(counts, 95, sum(counts)) == (normalised_entropy(counts),) * 2


def test_unanimity_of_a_sample_is_no_proof_of_unanimity():
    low, high = entropy_interval([10, 0])
    assert low == 0
    assert high > 0.5


def test_the_entropy_of_two_options_follows_the_interval_of_their_share():
    low, high = wilson(80, 100)
    ends = sorted(normalised_entropy([round(end * 1e9), round((1 - end) * 1e9)]) for end in (low, high))
    assert entropy_interval([80, 20]) == pytest.approx(ends, abs=1e-6)
    assert entropy_interval([52, 48])[1] == 1


def test_two_camps_at_the_ends_disagree_most():
    assert van_der_eijk([50, 0, 0, 0, 50]) == -1
    assert van_der_eijk([20, 20, 20, 20, 20]) == 0
    assert van_der_eijk([0, 0, 100, 0, 0]) == 1
    assert math.isnan(van_der_eijk([50, 50]))


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=7).filter(any), st.integers(0, 1000))
def test_van_der_eijks_a_is_that_of_the_reversed_scale_and_lies_in_its_interval(counts, more):
    value = van_der_eijk(counts)
    assert van_der_eijk(counts[::-1]) == pytest.approx(value, abs=1e-9)
    low, high = van_der_eijk_interval(counts, 95, sum(counts) + more)
    assert -1 - 1e-12 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= 1 + 1e-12
    assert van_der_eijk_interval(counts, 95, sum(counts)) == (value, value)


def test_one_option_is_refused():
    with pytest.raises(ValueError, match="two or more"):
        normalised_entropy([106])


def test_ticks_that_all_or_nobody_make_are_agreement_and_halves_are_not():
    assert ticks_entropy([100, 0], 100) == 0
    assert ticks_entropy([50, 50], 100) == pytest.approx(1)


def test_consensus_starts_at_its_threshold():
    assert [consensus(percent, 75, 65) for percent in (75, 74.9, 65, 64.9)] == ["yes", "near", "near", "no"]
    assert consensus(math.nan, 75, 65) == ""
