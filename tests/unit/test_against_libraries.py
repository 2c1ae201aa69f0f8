"""The statistics from counts give what SciPy and statsmodels give from the same counts or from single records."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from survey import contingency, effects, proportions
from survey.distribution import summary
from survey.multinomial import goodman, sison_glaz
from survey.multiplicity import METHODS, adjust
from survey.weighting import Design, kish_effective_size, weighted_shares

NAMES = {
    "benjamini_hochberg": "fdr_bh",
    "benjamini_yekutieli": "fdr_by",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "bonferroni": "bonferroni",
}


def tables(rows, columns, least=0, most=40):
    cells = st.lists(st.integers(least, most), min_size=rows * columns, max_size=rows * columns)
    return cells.map(lambda counts: np.array(counts).reshape(rows, columns)).filter(
        lambda table: table.sum(axis=0).all() and table.sum(axis=1).all()
    )


counted = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def records(table):
    """Group and answer of every respondent of a table, shape (n,) each."""
    rows, columns = (np.repeat(places.ravel(), table.ravel()) for places in np.indices(table.shape))
    return rows, columns


@given(counted, st.sampled_from([90, 95, 99]))
@pytest.mark.parametrize(
    ("method", "name"),
    [("wilson", "wilson"), ("clopper_pearson", "beta"), ("jeffreys", "jeffreys"), ("agresti_coull", "agresti_coull")],
)
def test_intervals_of_one_share(method, name, count, level):
    from statsmodels.stats.proportion import proportion_confint

    x, n = count
    if method == "jeffreys" and x in (0, n):
        return  # statsmodels leaves a gap between the interval and a share of 0 or 1
    theirs = proportion_confint(x, n, 1 - level / 100, name)
    assert proportions.interval(x, n, method, level) == pytest.approx(theirs, rel=1e-8, abs=1e-12)


@given(counted, st.integers(0, 300))
def test_the_exact_interval_of_a_finite_population_is_the_populations_that_are_not_rejected(count, more):
    from scipy.stats import hypergeom

    x, n = count
    size = n + more
    chosen = np.arange(x, size - (n - x) + 1)
    more_than = 0.025 + 1e-10  # an exact tie, such as 3 of 120, is none of them
    kept = chosen[(hypergeom.sf(x - 1, size, chosen, n) > more_than) & (hypergeom.cdf(x, size, chosen, n) > more_than)]
    ends = (kept.min() / size, kept.max() / size)
    assert proportions.hypergeometric(x, n, size) == pytest.approx(ends, abs=1e-12)


@given(st.lists(st.integers(1, 60), min_size=3, max_size=6))
def test_simultaneous_intervals(counts):
    from statsmodels.stats.proportion import multinomial_proportions_confint

    theirs = multinomial_proportions_confint(counts, 0.05, "goodman")
    assert np.array(goodman(counts)) == pytest.approx(theirs, rel=1e-8)
    assume(min(counts) >= 5)
    theirs = multinomial_proportions_confint(counts, 0.05, "sison-glaz")
    found = np.array(sison_glaz(counts))
    assert np.abs(found - theirs).max() < 2 / sum(counts)  # its ends are rounded to a respondent


@given(tables(3, 4))
def test_chi_square(table):
    from scipy.stats import chi2_contingency

    theirs = chi2_contingency(table, correction=False)
    found = contingency.chi_square(table)
    assert (found.statistic, found.p, found.df) == pytest.approx((theirs.statistic, theirs.pvalue, theirs.dof))


@given(tables(2, 2, most=60))
def test_fishers_exact_test(table):
    from scipy.stats import fisher_exact

    assert contingency.fisher_exact(table).p == pytest.approx(fisher_exact(table).pvalue, rel=1e-8)


@given(tables(3, 5))
def test_kruskal_and_wallis(table):
    from scipy.stats import kruskal

    rows, columns = records(table)
    theirs = kruskal(*(columns[rows == row] for row in range(3)))
    found = contingency.kruskal_wallis(table)
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-8)


@given(tables(2, 5))
def test_mann_and_whitney(table):
    from scipy.stats import mannwhitneyu

    rows, columns = records(table)
    theirs = mannwhitneyu(columns[rows == 0], columns[rows == 1], method="asymptotic", use_continuity=True)
    found = contingency.mann_whitney(table)
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-8)


@given(tables(3, 4))
def test_linear_association(table):
    from statsmodels.stats.contingency_tables import Table

    scores = np.arange(3), np.arange(4)
    theirs = Table(table, shift_zeros=False).test_ordinal_association(*scores)
    found = contingency.linear_by_linear(table, *scores)
    assert found.statistic == pytest.approx(theirs.zscore**2, rel=1e-8, abs=1e-12)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-8)


@given(tables(3, 4))
def test_tau_b(table):
    from scipy.stats import kendalltau

    assert effects.tau_b(table).value == pytest.approx(kendalltau(*records(table)).statistic, rel=1e-8, abs=1e-12)


@given(tables(2, 2, least=1))
def test_odds_ratios(table):
    from scipy.stats.contingency import odds_ratio
    from statsmodels.stats.contingency_tables import Table2x2

    theirs, found = Table2x2(table, shift_zeros=False), effects.odds_ratio(table)
    ends = theirs.oddsratio_confint()
    assert (found.value, found.low, found.high) == pytest.approx((theirs.oddsratio, *ends), rel=1e-8)
    exact = odds_ratio(table, kind="conditional")
    assert effects.exact_odds_ratio(table).value == pytest.approx(exact.statistic, rel=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from(sorted(NAMES)))
def test_adjusted_p_values(p, method):
    from statsmodels.stats.multitest import multipletests

    assert set(NAMES) == set(METHODS) - {"none"}
    theirs = multipletests(p, method=NAMES[method])[1]
    assert adjust(p, method) == pytest.approx(theirs, rel=1e-8, abs=1e-12)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=60))
def test_means_and_quartiles(values):
    from scipy.stats import sem

    distinct, counts = np.unique(np.array(values, dtype=float), return_counts=True)
    found = summary(distinct, counts)
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    assert (found["q1"], found["median"], found["q3"]) == pytest.approx(tuple(quartiles))
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["sd"] == pytest.approx(sem(values) * np.sqrt(len(values)), abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.2, 5)), min_size=5, max_size=60))
def test_weighted_shares(pairs):
    from statsmodels.stats.weightstats import DescrStatsW

    chosen, weights = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    everybody = np.ones(len(chosen), dtype=bool)
    shares, errors = weighted_shares(Design(weights, (), weights), chosen[:, None] == 1, everybody)
    theirs = DescrStatsW(chosen, weights)
    assert shares[0] == pytest.approx(theirs.mean, rel=1e-8, abs=1e-12)
    residuals = weights * (chosen - theirs.mean) / weights.sum()
    n = len(chosen)
    assert errors[0] == pytest.approx(np.sqrt(n / (n - 1) * (residuals**2).sum()), rel=1e-8, abs=1e-12)
    assert kish_effective_size(weights) == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
