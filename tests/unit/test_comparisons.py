import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import contingency, effects
from survey.comparisons import across_domains, compare
from survey.contingency import fisher_exact
from survey.multiplicity import adjust, simes
from survey.shuffling import Shuffles

SHUFFLES = Shuffles(2000, 2**63 + 7, 255)


def tables(rows, columns, most=30):
    """Tables of counts of a given shape, with no empty row or column."""
    cells = st.lists(st.integers(0, most), min_size=rows * columns, max_size=rows * columns)
    shaped = cells.map(lambda counts: np.array(counts).reshape(rows, columns))
    return shaped.filter(lambda table: table.sum(axis=0).all() and table.sum(axis=1).all())


def test_the_test_follows_from_what_is_compared():
    dense, sparse = np.full((3, 3), 20), np.array([[3, 1, 0], [1, 2, 2], [9, 0, 4]])
    two, yes_no = np.array([[20, 10], [10, 20]]), np.array([[20, 10], [10, 20], [15, 15]])
    names = {
        "chi_square": compare(dense, False, False, SHUFFLES),
        "fisher_exact": compare(sparse, False, False, SHUFFLES),
        "kruskal_wallis": compare(dense, True, False, SHUFFLES),
        "kruskal_wallis_monte_carlo": compare(sparse, True, False, SHUFFLES),
        "linear_by_linear": compare(dense, True, True, SHUFFLES),
        "linear_by_linear_monte_carlo": compare(sparse, True, True, SHUFFLES),
        "cochran_armitage": compare(yes_no, False, True, SHUFFLES),
        "cochran_armitage_exact": compare(yes_no // 5, False, True, SHUFFLES),
        "mann_whitney": compare(dense[:2], True, False, SHUFFLES),
        "mann_whitney_exact": compare(dense[:2] // 5, True, False, SHUFFLES),
    }
    assert {name: row["test"] for name, row in names.items()} == {name: name for name in names}
    assert compare(two, False, False, SHUFFLES)["effect_name"] == "odds_ratio"
    assert compare(two, False, True, SHUFFLES)["test"] == "chi_square"  # two groups have no order


def test_large_sparse_tables_are_done_by_monte_carlo_whatever_their_size():
    table = np.array([[3, 1, 0, 4, 2, 9, 5], [7, 2, 2, 9, 5, 0, 4], [9, 0, 4, 1, 8, 3, 6], [4, 7, 9, 2, 3, 5, 8]])
    assert fisher_exact(table) is None
    small, large = (
        compare(table, False, False, SHUFFLES),
        compare(np.vstack([table[:3] * 9, table[3:]]), False, False, SHUFFLES),
    )
    assert small["test"] == large["test"] == "fisher_monte_carlo"
    assert large["n_used"] > 255
    assert large["p_error"] == pytest.approx(math.sqrt(large["p"] * (1 - large["p"]) / 2000))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([[0, 0], [0, 0]], "nobody answered"),
        ([[3, 4], [0, 0]], "only one group answered"),
        ([[3, 0], [4, 0]], "all gave the same answer"),
    ],
)
def test_a_test_that_cannot_run_says_why(table, reason):
    assert compare(np.array(table), False, False, SHUFFLES)["reason_not_run"] == reason


@given(tables(3, 3, 8), st.randoms())
def test_the_order_of_groups_and_unordered_answers_changes_no_p(table, random):
    rows, columns = list(range(3)), list(range(3))
    random.shuffle(rows)
    random.shuffle(columns)
    first, second = (compare(part, False, False, SHUFFLES) for part in (table, table[rows][:, columns]))
    assert first["p"] == pytest.approx(second["p"], rel=1e-9)
    assert first["effect"] == pytest.approx(second["effect"], nan_ok=True)


@given(tables(2, 2))
def test_exchanged_groups_turn_the_odds_ratio_over(table):
    first, second = (compare(part, False, False, SHUFFLES) for part in (table, table[::-1]))
    assert first["p"] == pytest.approx(second["p"], rel=1e-9)
    for end, other in (("effect", "effect"), ("effect_ci_low", "effect_ci_high")):
        if 0 < first[end] < math.inf:
            assert math.log(first[end]) == pytest.approx(-math.log(second[other]), abs=1e-5)
        else:
            assert {first[end], second[other]} == {0, math.inf}


@given(tables(2, 5))
def test_exchanged_groups_change_the_sign_of_cliffs_delta_and_tau_b(table):
    for effect in (effects.cliffs_delta, effects.tau_b):
        first, second = effect(table), effect(table[::-1])
        assert first.value == pytest.approx(-second.value, abs=1e-12)
        assert first.low == pytest.approx(-second.high, abs=1e-9, nan_ok=True)


@given(tables(3, 4))
def test_an_effect_lies_in_its_interval_and_the_interval_in_its_range(table):
    level = 95
    result = contingency.kruskal_wallis(table)
    found = [
        (effects.cramers_v(table, level), 0, 1),
        (effects.tau_b(table, level), -1, 1),
        (effects.cliffs_delta(table[:2], level), -1, 1),
        (effects.epsilon_squared(result.statistic, 3, table.sum(), level), 0, 1),
    ]
    for effect, least, most in found:
        if not (math.isnan(effect.low) or math.isnan(effect.value)):
            assert least - 1e-9 <= effect.low <= effect.value + 1e-9
            assert effect.value - 1e-9 <= effect.high <= most + 1e-9


def test_the_noncentrality_interval_is_where_the_statistic_is_in_the_tails():
    from scipy.special import chndtr

    low, high = effects.noncentrality(20, 4)
    assert chndtr(20, 4, low) == pytest.approx(0.975)
    assert chndtr(20, 4, high) == pytest.approx(0.025)
    assert effects.noncentrality(1, 4)[0] == 0


def test_the_variance_of_tau_b_is_that_of_small_changes_of_every_cell():
    table = np.array([[10, 14, 9, 6, 3], [4, 8, 12, 13, 11], [3, 4, 5, 6, 7]])
    shares = table / table.sum()
    slopes = np.zeros(table.shape)
    for place in np.ndindex(table.shape):
        for sign in (1, -1):
            moved = shares.copy()
            moved[place] += sign * 1e-6
            slopes[place] += sign * effects.tau_b(moved / moved.sum() * table.sum()).value / 2e-6
    variance = ((shares * slopes**2).sum() - (shares * slopes).sum() ** 2) / table.sum()
    found = effects.tau_b(table)
    assert (found.high - found.value) / 1.959963984540054 == pytest.approx(math.sqrt(variance), rel=1e-4)


@given(tables(2, 3, 6))
def test_fishers_p_is_the_sum_over_all_tables_with_the_same_margins(table):
    (a, b, c), first = table.sum(axis=0), table[0].sum()
    weights = {
        (x, y): math.comb(a, x) * math.comb(b, y) * math.comb(c, first - x - y)
        for x in range(a + 1)
        for y in range(b + 1)
        if 0 <= first - x - y <= c
    }
    observed = weights[table[0, 0], table[0, 1]]
    extreme = sum(weight for weight in weights.values() if weight <= observed * (1 + 1e-7))
    assert fisher_exact(table).p == pytest.approx(extreme / sum(weights.values()), rel=1e-9)


def are_the_same(exact, drawn):
    """Whether so many of the random tables may be as extreme; one chance in ten million that a true p is refused."""
    from scipy.stats import binom

    extreme = round(drawn * (SHUFFLES.samples + 1)) - 1
    chances = binom(SHUFFLES.samples, min(exact, 1))
    return min(chances.cdf(extreme), chances.sf(extreme - 1)) > 5e-8


@given(tables(2, 4, 12), st.integers(0, 2**64 - 1))
def test_exact_and_monte_carlo_agree_within_the_error_of_monte_carlo(table, seed):
    # Shuffles of its own for each table: tables that share them are far off together, and so more often than by chance.
    shuffles = Shuffles(SHUFFLES.samples, seed, int(table.sum()))
    assert are_the_same(fisher_exact(table).p, shuffles.fisher(table).p)
    ranks = contingency.midranks(table.sum(axis=0))
    assert are_the_same(contingency.exact_sum(table, ranks), shuffles.kruskal_wallis(table).p)


def test_shuffles_are_the_same_for_the_same_seed_and_others_for_another():
    table = np.array([[3, 1, 0, 4], [7, 2, 2, 9], [9, 0, 4, 1]])
    same = [Shuffles(2000, 1, 40).fisher(table).p for _ in range(2)]
    assert same[0] == same[1] != Shuffles(2000, 2, 40).fisher(table).p


def test_a_tick_is_what_a_trend_over_ordered_groups_is_of():
    ticked_more_often_later = np.array([[10, 90], [50, 50], [90, 10]])
    assert compare(ticked_more_often_later, False, True, SHUFFLES)["effect"] > 0.5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_no_smaller_and_keep_their_order(p):
    for method in ("benjamini_hochberg", "holm", "hochberg", "bonferroni", "benjamini_yekutieli"):
        adjusted = adjust(p, method)
        assert all(after >= before for before, after in zip(p, adjusted, strict=True))
        assert [after for _, after in sorted(zip(p, adjusted, strict=True))] == sorted(adjusted)
    assert min(adjust(p, "benjamini_hochberg")) == simes(p)


def test_a_difference_needs_its_domain_and_itself():
    settings = {"across": "holm", "alpha": 5}

    def row(p, adjusted):
        return {"item": "x", "group": "g", "p": p, "p_adjusted": adjusted}

    found = {
        "clear": [row(0.001, 0.002), row(0.04, 0.04), row(math.nan, math.nan)],
        "weak": [row(0.03, 0.03)],
        "none": [row(0.5, 0.5)],
    }
    rows = across_domains(found, settings)
    assert [(row["p"], row["differs"]) for row in rows[:4]] == [
        (0.001, "yes"),
        (0.03, "no"),
        (0.04, "yes"),
        (0.5, "no"),
    ]
    assert rows[4]["differs"] == ""
    assert [row["domain_p_adjusted"] for row in rows[:2]] == [0.006, 0.06]
