"""Claims, checked against the results of a small survey, and explained where a printed figure does not follow."""

from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import STUDY, call
from steps.test_ingest_to_clean import rows

from survey.claims import cut, half_even, half_up, parse_predicate, rounds_to
from survey.errors import BadInput
from survey.study import read_study


def check(surveyed, tmp_path, *claims):
    """The rows of claims.csv for claims given as (predicate, more keys)."""
    study, out = surveyed
    lines = []
    for place, (predicate, *more) in enumerate(claims):
        lines += [f"- id: c{place}", "  statement: said", f"  predicate: {predicate}", *(f"  {key}" for key in more)]
    (study / "claims.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    process = call(
        "check_claims", "--study", study, "--stats", out / "stats", "--clean", out / "clean/domains",
        "--sample", out / "clean/sample.parquet", "--out", tmp_path / "claims",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return rows(tmp_path / "claims.csv")


@pytest.mark.parametrize(
    ("predicate", "computed", "evidence"),
    [
        ("percent(drug, a) > 55", 500 / 9, "stats/care/frequencies.csv row 2"),
        ("percent(drug, a, b) in (77, 78)", 700 / 9, "stats/care/frequencies.csv rows 2-3"),
        ("count(drug, a) == 5", 5, "stats/care/frequencies.csv row 2"),
        ("percent(drug, a | size == small) >= 71", 500 / 7, "stats/care/groups.csv row 2"),
        ("percent(drug, a | size == small) > percent(drug, a | size == large)", 500 / 7, "stats/care/groups.csv row 2"),
        ("percent_all(tests, blood, mri) == 90", 90, "clean/domains/care.parquet columns tests"),
        ("percent_any(tests, blood, mri) == 100", 100, "clean/domains/care.parquet columns tests"),
        ("answered(drug) == 9", 9, "stats/care/frequencies.csv row 2"),
        ("asked(drug) == 10", 10, "stats/care/frequencies.csv row 2"),
        ("median(days) == 5.5", 5.5, "stats/care/numeric.csv row 2"),
        ("mean(days | size == large) == 9", 9, "stats/care/groups.csv"),
        ("distinct(drug) == 4", 4, "stats/care/frequencies.csv rows 2-5"),
        ("entropy(drug) < 0.9", 0.83, "stats/agreement.csv"),
        ("agreed(care) > 0", 50, "stats/agreement.csv column consensus"),
        ("p(drug, size) > 0.05", 0.1, "stats/comparisons.csv"),
        ("response_rate(RR1) == 83", 1000 / 12, "stats/response_rates.csv row 2"),
        ("invited() == 12", 12, "study.yaml frame"),
        ("analysed() == 10", 10, "clean/responses.parquet"),
    ],
)
def test_a_claim_that_follows_holds_with_its_evidence(surveyed, tmp_path, predicate, computed, evidence):
    row = check(surveyed, tmp_path, [predicate])[0]
    assert row["verdict"] == "holds", row
    assert float(row["computed"]) == pytest.approx(computed, rel=0.5 if "p(" in predicate[:2] else 0.01)
    assert row["evidence"].startswith(evidence)


@pytest.mark.parametrize(
    ("predicate", "word"),
    [
        ("top(drug) == a", "a"),
        ("consensus(drug) == no", "no"),
        ("differs(drug, size) == no", "no"),
        ("top(drug) != b", "a"),
    ],
)
def test_words_can_be_claimed_too(surveyed, tmp_path, predicate, word):
    row = check(surveyed, tmp_path, [predicate])[0]
    assert (row["verdict"], row["found"], row["computed"]) == ("holds", word, "")


def test_the_base_of_a_claim_is_the_one_it_states(surveyed, tmp_path):
    found = check(
        surveyed,
        tmp_path,
        *(["percent(drug, a) > 0", f"base: {base}"] for base in ("valid", "substantive", "answered", "asked", "all")),
    )
    assert [row["denominator"] for row in found] == ["9", "8", "10", "10", "10"]
    assert {row["numerator"] for row in found} == {"5"}


def test_a_printed_figure_must_follow_even_where_the_predicate_is_true(surveyed, tmp_path):
    row = check(surveyed, tmp_path, ["percent(drug, a) > 50", "published: 60"])[0]
    assert row["verdict"] == "fails"
    assert row["note"].startswith("60 is printed, 5 of 9 (55.6 %) follows")


@pytest.mark.parametrize(
    ("predicate", "explained_by"),
    [
        (
            "percent(drug, a) == 50",
            "the base of answers of any kind, 'do not know' among them or the base of those asked",
        ),
        ("percent(drug, a) == 55", "decimals cut off"),
        ("percent(drug, a) == 44", "the other answers"),
        ("percent(drug, a) == 62.5", "the base of answers other than 'other'"),
        ("percent(drug, a) == 99", ""),
    ],
)
def test_a_figure_that_does_not_follow_is_explained_by_what_gives_it(surveyed, tmp_path, predicate, explained_by):
    row = check(surveyed, tmp_path, [predicate])[0]
    assert row["verdict"] == "fails"
    assert row["explained_by"].startswith(explained_by)
    assert bool(row["explained_by"]) == bool(explained_by)


def test_weights_may_explain_a_figure(surveyed, tmp_path):
    out = surveyed[1]
    drug = next(
        row for row in rows(out / "stats/care/frequencies.csv") if (row["item"], row["option"]) == ("drug", "a")
    )
    weighted = f"{half_up(float(drug['weighted_percent']), 1)}"
    assert weighted != f"{half_up(float(drug['percent']), 1)}"
    row = check(surveyed, tmp_path, [f"percent(drug, a) == {weighted}"])[0]
    assert row["explained_by"] == "weights"


def test_an_interval_that_holds_the_limit_is_said_not_to_decide(surveyed, tmp_path):
    undecided, decided = check(surveyed, tmp_path, ["percent(drug, a) > 50"], ["percent(drug, a) > 10"])
    assert "holds the limit: the data do not decide" in undecided["note"]
    assert decided["note"].endswith("lies above the limit")


def test_a_claim_on_an_empty_base_is_not_testable(surveyed, tmp_path):
    row = check(surveyed, tmp_path, ["percent(why, cost | size == large) > 50"])[0]
    assert (row["verdict"], row["note"]) == ("not testable", "nobody gave an answer that counts")


@pytest.mark.parametrize(
    ("predicate", "complaint"),
    [
        ("percent(drug, c) > 50", "no option 'c'"),
        ("percent(drg, a) > 50", "no item 'drg'; did you mean 'drug'"),
        ("percnt(drug, a) > 50", "no function 'percnt'; did you mean 'percent'"),
        ("percent(drug) > 50", "percent takes one item and one option or more"),
        ("median(drug) > 50", "median cannot be had of 'drug'"),
        ("percent(tests, blood, mri) > 50", "use percent_any or percent_all"),
        ("percent_any(drug, a, b) > 50", "percent_any cannot be had of 'drug'"),
        ("percent(drug, a | sise == small) > 5", "'sise' is not one of the groups of study.yaml; did you mean 'size'"),
        ("percent(drug, a | size == smal) > 5", "'size' has no level 'smal'; did you mean 'small'"),
        ("percent(drug, a | size > small) > 5", "write it as function"),
        ("percent(drug, a) > fifty", "percent(drug, a) is a number, 'fifty' is none"),
        ("top(drug) > a", "top(drug) is a word, compare it with == or !="),
        ("top(drug) == c", "top(drug) can be a, b, none, other, dont_know, not 'c'"),
        ("consensus(drug) == maybe", "can be yes, near, no, not 'maybe'"),
        ("median(days) > top(drug)", "top(drug) is a word"),
        ("response_rate(RR7) > 5", "response_rate takes one of RR1"),
        ("p(tests, size) < 0.05", "every option of 'tests' is compared on its own"),
        ("__import__('os').system('true')", "write it as function"),
    ],
)
def test_a_predicate_that_makes_no_sense_is_named(small, predicate, complaint):
    import re

    with pytest.raises(BadInput, match=re.escape(complaint)):
        parse_predicate(predicate, read_study(small))


@cache
def default_study():
    return read_study(STUDY)


pieces = st.sampled_from(
    [*"(),|<>=! ", "percent", "boost", "yes", "volume", "from_50", "==", "in", "50", "median", "top"]
)


@given(st.one_of(st.text(max_size=40), st.lists(pieces, max_size=14).map("".join)))
def test_any_text_is_a_predicate_or_one_clear_line(text):
    with suppress(BadInput):
        assert parse_predicate(text, default_study()).left.text in text


def test_figures_are_rounded_as_printed():
    assert [half_up(value, 0) for value in (0.5, 1.5, 2.5, 80.6)] == [1, 2, 3, 81]
    assert [half_even(value, 0) for value in (0.5, 1.5, 2.5)] == [0, 2, 2]
    assert [cut(value, 0) for value in (80.6, -1.5)] == [80, -1]
    assert rounds_to(0.285, "0.29", half_up)  # which is 0.284999... as a binary number
    assert rounds_to(40.04, "40.0", half_up)
    assert not rounds_to(40.06, "40.0", half_up)
