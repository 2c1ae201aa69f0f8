"""Every statistic that R offers, too, against R: values, calls and versions are in reference/r_values.json."""

import json
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from survey import agreement, contingency, effects, multinomial, multiplicity, proportions
from survey.comparisons import compare
from survey.distribution import median_interval, quantile, summary
from survey.shuffling import Shuffles
from survey.weighting import Design, kish_effective_size, korn_graubard, poststratify, rake, rao_scott, weighted_shares

FILE = json.loads((Path(__file__).parent / "reference" / "r_values.json").read_text(encoding="utf-8"))
CHECKS = {}


def check(*methods):
    """Register the function that compares a record of these methods."""

    def register(function):
        CHECKS.update(dict.fromkeys(methods, function))
        return function

    return register


def same(found, expected):
    """Equal to a relative 1e-8; what is 0 in R, to 1e-12."""
    found, expected = np.ravel(np.array(found, dtype=float)), np.ravel(np.array(expected, dtype=float))
    assert found.shape == expected.shape
    assert (np.abs(found - expected) <= np.where(expected == 0, 1e-12, 1e-8 * np.abs(expected))).all(), (
        found,
        expected,
    )


@pytest.mark.parametrize("record", FILE["records"], ids=lambda record: record["id"])
def test_agrees_with_r(record):
    CHECKS[record["method"]](record["method"], record["inputs"], record["outputs"])


def test_the_values_cover_what_is_offered():
    covered = {record["method"] for record in FILE["records"]}
    assert covered == set(CHECKS)
    names = {"BH": "benjamini_hochberg", "BY": "benjamini_yekutieli"}
    assert set(multiplicity.METHODS) <= {names.get(name, name) for name in covered}
    assert {"wilson", "wilson_fpc", "hypergeometric", "clopper_pearson", "jeffreys", "agresti_coull"} <= covered
    assert {"goodman", "sison_glaz"} <= covered


@check("wilson", "clopper_pearson", "agresti_coull", "jeffreys")
def binomial(method, inputs, outputs):
    same(getattr(proportions, method)(inputs["x"], inputs["n"]), (outputs["lower"], outputs["upper"]))


@check("wilson_fpc")
def finite_wilson(method, inputs, outputs):
    found = proportions.wilson(inputs["x"], inputs["n"], 95, inputs["N"])
    same(found, (outputs["lower"], outputs["upper"]))


@check("hypergeometric")
def exact_finite(method, inputs, outputs):
    found = proportions.hypergeometric(inputs["x"], inputs["n"], inputs["N"])
    same(found, (outputs["p_lower"], outputs["p_upper"]))


@check("goodman", "sison_glaz")
def simultaneous(method, inputs, outputs):
    counts = inputs["counts"]
    if method == "sison_glaz" and outputs["nu_c1"] > 1:
        # R goes on with a probability above 1; we refuse, and tables have Goodman's interval instead.
        with pytest.raises(ValueError, match="too rare"):
            multinomial.sison_glaz(counts)
        return
    found = getattr(multinomial, method)(counts)
    same([low for low, _ in found], outputs["lower"])
    same([high for _, high in found], outputs["upper"])


def table_of(inputs):
    return np.array(inputs["table"])


@check("fisher", "exact_enumeration")
def fisher(method, inputs, outputs):
    expected = outputs["p.value"] if method == "fisher" else outputs["fisher_freeman_halton"]
    same(contingency.fisher_exact(table_of(inputs)).p, expected)
    same(contingency.fisher_exact(table_of(inputs).T).p, expected)


@check("fisher_monte_carlo")
def fisher_by_monte_carlo(method, inputs, outputs):
    found = Shuffles(100_000, 20240601, 200).fisher(table_of(inputs))
    assert abs(found.p - outputs["p.value"]) < 4 * math.hypot(found.p_error, outputs["mc_se"])


@check("chisq", "chisq_dropped")
def chi_square(method, inputs, outputs):
    found = contingency.chi_square(table_of(inputs))
    same((found.statistic, found.df, found.p), (outputs["statistic"], outputs["df"], outputs["p.value"]))


@check("cochran_armitage", "cochran_armitage_exact")
def trend(method, inputs, outputs):
    chosen, sizes, scores = (np.array(inputs[name]) for name in ("x", "n", "scores"))
    table = np.column_stack([chosen, sizes - chosen])
    if method == "cochran_armitage":
        found = contingency.cochran_armitage(table, scores)
        same((found.statistic, found.p), (outputs["statistic"], outputs["p.value"]))
    else:
        same(contingency.exact_sum(table.T, scores), outputs["p_two_sided_abs_dev"])


@check("linear_by_linear")
def linear_by_linear(method, inputs, outputs):
    table = table_of(inputs)
    rows = np.array(inputs.get("row_scores", range(1, len(table) + 1)), dtype=float)
    columns = np.array(inputs.get("col_scores", range(1, table.shape[1] + 1)), dtype=float)
    found = contingency.linear_by_linear(table, rows, columns)
    same((found.statistic, found.p), (outputs["M2"], outputs["p"]))
    same(contingency.correlation(table, rows, columns), outputs["r"])


@check("kruskal_wallis")
def kruskal_wallis(method, inputs, outputs):
    found = contingency.kruskal_wallis(table_of(inputs))
    same((found.statistic, found.df, found.p), (outputs["statistic"], outputs["df"], outputs["p.value"]))


@check("kruskal_all_tied")
def all_tied(method, inputs, outputs):
    table = np.array([[inputs["g"].count(group)] for group in (1, 2, 3)])
    assert compare(table, True, False, None) == {"n_used": 6, "reason_not_run": "all gave the same answer"}


def two_groups(inputs):
    values = sorted({*inputs["x"], *inputs["y"]})
    return np.array([[inputs[name].count(value) for value in values] for name in ("x", "y")])


@check("rank_sum_normal_cc")
def rank_sum(method, inputs, outputs):
    found = contingency.mann_whitney(two_groups(inputs))
    same((found.statistic, found.p), (outputs["W"], outputs["p.value"]))


@check("rank_sum_exact", "rank_sum_exact_with_ties")
def exact_rank_sum(method, inputs, outputs):
    table = two_groups(inputs)
    same(contingency.exact_sum(table, contingency.midranks(table.sum(axis=0))), outputs["p.value"])


@check("cramers_v_bc", "tau_b", "cliffs_delta")
def effect(method, inputs, outputs):
    same(getattr(effects, method.removesuffix("_bc"))(table_of(inputs)).value, outputs["value"])


@check("or_sample", "or_cmle_exact")
def odds_ratio(method, inputs, outputs):
    found = (effects.odds_ratio if method == "or_sample" else effects.exact_odds_ratio)(table_of(inputs))
    value = outputs["or" if method == "or_sample" else "or_cmle"]
    same((found.value, found.low, found.high), (value, outputs["lower"], outputs["upper"]))


@check("rank_epsilon_squared")
def epsilon_squared(method, inputs, outputs):
    table = table_of(inputs)
    found = contingency.kruskal_wallis(table)
    same((found.statistic, found.p), (outputs["statistic"], outputs["p.value"]))
    same(effects.epsilon_squared(found.statistic, len(table), table.sum()).value, outputs["value"])


@check("BH", "BY", "holm", "hochberg", "bonferroni", "none")
def adjusted(method, inputs, outputs):
    name = {"BH": "benjamini_hochberg", "BY": "benjamini_yekutieli"}.get(method, method)
    p, expected = (
        [math.nan if value is None else value for value in part] for part in (inputs["p"], outputs["adjusted"])
    )
    assert multiplicity.adjust(p, name) == pytest.approx(expected, rel=1e-8, nan_ok=True)


@check("shannon_norm")
def entropy(method, inputs, outputs):
    same(agreement.normalised_entropy(inputs["counts"]), outputs["value"])


@check("vdE_A")
def van_der_eijk(method, inputs, outputs):
    same(agreement.van_der_eijk(inputs["counts"]), outputs["value"])


@check("quantile_type7")
def quantiles(method, inputs, outputs):
    values, counts = np.unique(np.array(inputs["x"], dtype=float), return_counts=True)
    found = summary(values, counts)
    same([found[name] for name in ("q1", "median", "q3")], [outputs[name] for name in ("q1", "median", "q3")])
    same([quantile(values, counts, share) for share in (0.1, 0.9)], [outputs["p10"], outputs["p90"]])


@check("median_ci_exact")
def exact_median(method, inputs, outputs):
    values, counts = np.unique(np.array(inputs["x"], dtype=float), return_counts=True)
    found = median_interval(values, counts)
    if outputs["d"] == 0:
        assert all(map(math.isnan, found))
    else:
        assert found == (outputs["lower"], outputs["upper"])


def as_codes(texts: Iterable[str | None]) -> np.ndarray:
    known = sorted({text for text in texts if text is not None})
    return np.array([-1 if text is None else known.index(text) for text in texts])


@cache
def designs() -> dict[str, Design]:
    """The designs of the reference: raked, post-stratified, and raked weights taken as given; F has the fpc."""
    data = FILE["rake20"]
    sex, age = (np.array(data["columns"][name]) for name in ("sex", "age"))
    base, size = np.full(len(sex), data["base_weight"]), float(data["population"])
    cells = np.array([f"{s} {a}" for s, a in zip(sex, age, strict=True)])
    totals = {f"{row['sex']} {row['age']}": row["Freq"] for row in data["joint"]}
    raked = rake([sex, age], [data["margins"]["sex"], data["margins"]["age"]], base)
    stratified = poststratify(cells, totals, base)
    return {
        "r0": Design(raked, (sex, age), base),
        "rF": Design(raked, (sex, age), base, size),
        "p0": Design(stratified, (cells,), base),
        "pF": Design(stratified, (cells,), base, size),
        "wo": Design(raked, (), raked),
    }


NAMES = {
    "raked": "r0",
    "raked, fpc": "rF",
    "post-stratified, fpc": "pF",
    "raked weights taken as fixed (weights only)": "wo",
}


def chosen(name: str) -> tuple[np.ndarray, list[str]]:
    texts = FILE["rake20"]["columns"][name]
    options = ["1"] if name == "agree" else sorted(set(texts))
    return np.column_stack([[text == option for text in texts] for option in options]), options


@check("raking")
def raking(method, inputs, outputs):
    same(designs()["r0"].weights.tolist(), outputs["weights"])


@check("poststratification")
def poststratification(method, inputs, outputs):
    same(designs()["p0"].weights.tolist(), outputs["weights"])


@check("kish_design_effect")
def kish(method, inputs, outputs):
    same(kish_effective_size(np.array(inputs["weights"])), outputs["n_eff"])


@check("weighted_proportion", "weighted_proportions")
def weighted_proportions(method, inputs, outputs):
    picked, _ = chosen(inputs["variable"])
    shares, errors = weighted_shares(designs()[NAMES[inputs["design"]]], picked, np.ones(len(picked), dtype=bool))
    same(shares.tolist(), np.atleast_1d(outputs["estimate"]).tolist())
    same(errors.tolist(), np.atleast_1d(outputs["se"]).tolist())


@check("svyciprop_beta")
def beta_interval(method, inputs, outputs):
    picked, _ = chosen(inputs["variable"])
    shares, errors = weighted_shares(designs()[NAMES[inputs["design"]]], picked, np.ones(len(picked), dtype=bool))
    found = korn_graubard(float(shares[0]), float(errors[0]), len(picked))
    same(found, (outputs["lower"], outputs["upper"]))


@check("rao_scott_F")
def second_order(method, inputs, outputs):
    columns = FILE["rake20"]["columns"]
    found = rao_scott(designs()[inputs["design"]], as_codes(columns["sex"]), as_codes(columns["q5"]))
    same(found, (outputs["statistic"], *outputs["df"], outputs["p.value"]))


@check("weighted_missing")
def with_missing_answers(method, inputs, outputs):
    texts = [
        None if place in inputs["missing"] else text
        for place, text in enumerate(FILE["rake20"]["columns"]["q5"], start=1)
    ]
    design = designs()["rF" if inputs["population"] else "r0"]
    answered = np.array([text is not None for text in texts])
    picked = np.array([[text == inputs["answer"]] for text in texts])
    shares, errors = weighted_shares(design, picked, answered)
    same((shares[0], errors[0]), (outputs["estimate"], outputs["se"]))
    found = rao_scott(design, as_codes(FILE["rake20"]["columns"]["sex"]), as_codes(texts))
    same(found, (outputs["statistic"], *outputs["df"], outputs["p.value"]))


@check("real_categorical", "real_continuous")
def real_survey(method, inputs, outputs):
    """A question of a survey by group, as the comparison step tests it."""
    table = table_of(inputs)
    numbers = method == "real_continuous"
    found = compare(table, numbers, False, Shuffles(999, 1, 10))
    same((found["statistic"], found["p"]), (outputs["statistic"], outputs["p.value"]))
    if numbers:
        values = np.array(inputs["answers"], dtype=float)
        for counts, expected in zip(table, outputs["by"].values(), strict=True):
            numbers_of_group = summary(values, counts)
            same([numbers_of_group[name] for name in ("q1", "q3")], expected["q1_q3_type7"])
            same(
                [numbers_of_group[name] for name in ("median", "mean", "sd")],
                [expected[n] for n in ("median", "mean", "sd")],
            )
        return
    same(effects.cramers_v(table).value, outputs["cramers_v_bc"])
    exact = contingency.fisher_exact(table)
    if exact:
        same(exact.p, outputs["p_fisher"])
    for counts, expected in zip(table, outputs["by"].values(), strict=True):
        for count, cell in zip(counts.tolist(), expected.values(), strict=True):
            same(proportions.wilson(count, int(counts.sum())), cell["wilson"])
            same(proportions.clopper_pearson(count, int(counts.sum())), cell["clopper_pearson"])
