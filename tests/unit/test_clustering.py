"""Intervals for respondents who are alike within clusters."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import t

from survey.clustering import effective_sizes
from survey.proportions import wilson

ANSWERS = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.booleans()), min_size=4, max_size=40)


def size(answers, clusters, base=None, level=95):
    chosen = np.array(answers, dtype=bool)[:, None]
    base = np.ones(len(chosen), dtype=bool) if base is None else np.array(base)
    return effective_sizes(chosen, base, np.array(clusters), level)[0]


def test_three_clusters_of_two_by_hand():
    """p = 1/2. The clusters' sums of (y - p) / n are 1/6, 0 and -1/6: variance 3/2 (1/36 + 1/36) = 1/12.

    Of six independent answers it is 1/4 / 5 = 1/20: a design effect of 5/3. t is 2.5706 of 5 and 4.3027 of 2 degrees.
    """
    assert size([1, 1, 1, 0, 0, 0], [7, 7, 8, 8, 9, 9]) == pytest.approx(6 / (5 / 3) * (2.570582 / 4.302653) ** 2)


SCATTERED = [1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("y", "left_out", "p", "variance"),
    [([1] * 11 + [0] * 9, (), 0.55, 0.04164), (SCATTERED, (5, 12, 18), 0.588235294118, 0.011235497659)],
)
def test_the_variance_is_that_of_the_package_survey_of_r(y, left_out, p, variance):
    """R 4.2.2, survey 4.1.1: m <- svymean(~y, subset(svydesign(id=~cl, data=d, weights=~1), base)); SE(m)^2."""
    cl = [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 6, 6, 6]
    n = 20 - len(left_out)
    worth = p * (1 - p) * n / (n - 1) / variance * (t.ppf(0.975, n - 1) / t.ppf(0.975, 5)) ** 2
    assert worth < n
    assert size(y, cl, [place not in left_out for place in range(20)]) == pytest.approx(worth)


@given(ANSWERS)
def test_the_variance_is_that_of_statsmodels_for_a_mean_of_clusters(records):
    import statsmodels.api as sm

    clusters, answers, _ = (np.array(part) for part in zip(*records, strict=True))
    assume(len(set(clusters.tolist())) > 1 and 0 < answers.sum() < len(answers))
    n, own, p = len(answers), len(set(clusters.tolist())), answers.mean()
    model = sm.OLS(answers.astype(float), np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    variance = float(model.cov_params()[0][0])
    assume(variance > 1e-12)
    freedom = (t.ppf(0.975, n - 1) / t.ppf(0.975, own - 1)) ** 2
    assert size(answers, clusters) == pytest.approx(min(n, p * (1 - p) * n / (n - 1) / variance * freedom))


@given(ANSWERS)
def test_clusters_of_one_change_nothing_and_others_never_narrow_an_interval(records):
    clusters, answers, base = (np.array(part) for part in zip(*records, strict=True))
    n, x = int(base.sum()), int((answers & base).sum())
    assume(n > 1)
    alone = size(answers, range(len(answers)), base)
    assert alone == pytest.approx(n)
    assert wilson(x, n, worth=alone) == pytest.approx(wilson(x, n))
    assume(len(set(clusters[base].tolist())) > 1)
    low, high = wilson(x, n, worth=size(answers, clusters, base))
    assert low <= wilson(x, n)[0] + 1e-9
    assert high >= wilson(x, n)[1] - 1e-9


def test_equal_answers_in_every_cluster_are_worth_little_more_than_the_clusters():
    answers, clusters = np.repeat([0, 1] * 50, 10), np.repeat(np.arange(100), 10)
    assert 95 < size(answers, clusters) < 101


def test_one_cluster_tells_nothing_of_others():
    assert size([1, 0, 1], [1, 1, 1]) == 0
    assert wilson(2, 3, worth=0) == (0, 1)


def test_a_population_in_which_all_answered_leaves_nothing_open():
    assert wilson(2, 4, population=4, worth=1.5) == (0.5, 0.5)
    within, without = wilson(20, 40, population=80, worth=25), wilson(20, 40, worth=25)
    assert without[0] < within[0] < within[1] < without[1]
