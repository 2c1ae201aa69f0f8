import json
import math
import re

import pandas as pd
import pytest
from project import ROOT
from small import change

from survey import values
from survey.display import effect, number, p_value, percent
from survey.errors import BadInput
from survey.files import replace_file
from survey.manifest import describe_file, software
from survey.study import read_study
from survey.tables import read_table, write_both, write_table


def test_percents_and_numbers_are_printed_as_readers_expect():
    assert [percent(value) for value in (0, 0.3, 0.5, 46.5, 99.4, 99.6, 100)] == [
        "0%",
        "<1%",
        "1%",
        "47%",
        "99%",
        ">99%",
        "100%",
    ]
    assert [p_value(value) for value in (0.0004, 0.0123, 0.2, 1, math.nan)] == ["<0.001", "0.012", "0.20", "1.00", "–"]
    assert [effect(value) for value in (-0.314, -0.001, 2, math.inf, math.nan)] == ["−0.31", "0.00", "2.00", "∞", "–"]
    assert [number(value) for value in (28, 10.5, 2.89473684210526, 12500, math.nan)] == [
        "28",
        "10.5",
        "2.89",
        "12,500",
        "–",
    ]


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (0, "none"),
        (4, "few"),
        (30, "a minority"),
        (45.4, "a minority"),
        (45.5, "about half"),
        (50, "about half"),
        (61, "more than half"),
        (80, "most"),
        (99, "almost all"),
        (100, "all"),
    ],
)
def test_the_word_for_a_share_follows_the_share(share, word):
    assert values.words(share) == word


def test_every_value_names_the_cell_it_comes_from():
    frame = pd.DataFrame(
        {
            "domain": ["care"], "item": ["drug"], "question": ["Which?"], "option": ["a"], "option_label": ["Drug A"],
            "n": [50], "n_valid": [100], "n_asked": [106], "n_missing": [6], "n_not_asked": [0], "percent": [50.0],
            "ci_low": [43.2], "ci_high": [56.8], "ci_method": ["wilson"], "weighted_percent": [math.nan], "row": [2],
        }
    )  # fmt: skip
    found = dict(values.frequency_values(frame))
    assert "drug.a.weighted_percent" not in found
    weighted = dict(values.frequency_values(frame.assign(weighted_percent=51.2)))
    assert (weighted["drug.a.weighted_percent"]["display"], weighted["drug.a.weighted_percent"]["n"]) == ("51%", 100)
    entry = found["drug.a.percent"]
    assert entry == {
        "value": 50.0, "display": "50%", "unit": "%", "n": 100,
        "file": "stats/care/frequencies.csv", "row": 2, "column": "percent",
    }  # fmt: skip
    assert found["drug.a.ci"]["display"] == "43 to 57"
    assert found["drug.a.n_of"]["display"] == "50/100"
    assert found["drug.n_missing"]["value"] == 6


def test_the_response_rate_is_of_those_invited():
    flow = pd.DataFrame(
        {
            "step": ["invited", "records", "late", "analysed"], "label": [""] * 4, "n": [227, 110, 106, 106],
            "excluded": [0, 0, 4, 0], "reason": ["", "", "too late", ""], "row": [2, 3, 4, 5],
        }
    )  # fmt: skip
    found = dict(values.flow_values(flow))
    assert found["flow.response_rate"]["display"] == "47%"
    assert found["flow.late.excluded"]["value"] == 4
    assert found["flow.excluded"]["value"] == 4


@pytest.fixture
def compared():
    """A difference, no difference, and a test that could not run."""
    return pd.DataFrame(
        {
            "item": ["tests[mri]", "drug", "days"], "group": ["size"] * 3, "test": ["fisher_exact", "chi_square", ""],
            "p": [0.0004, 0.3, math.nan], "p_adjusted": [0.0008, 0.3, math.nan], "differs": ["yes", "no", ""],
            "effect": [math.inf, 0.1, math.nan], "effect_name": ["odds_ratio", "cramers_v", ""],
            "effect_ci_low": [2.5, 0.0, math.nan], "effect_ci_high": [math.inf, 0.4, math.nan], "n_used": [40, 40, 0],
            "row": [2, 3, 4], "reason_not_run": ["", "", "all gave the same answer"],
            "domain": ["care"] * 3, "domain_p_adjusted": [0.002] * 3,
        }
    )  # fmt: skip


def test_only_differences_that_survive_are_listed_and_all_comparisons_are_counted(small, compared):
    found = dict(values.comparison_values(compared, read_study(small)))
    counts = {name: found[f"comparisons.{name}"]["value"] for name in ("total", "run", "not_run", "differences")}
    assert counts == {"total": 3, "run": 2, "not_run": 1, "differences": 1}
    assert found["comparisons.why_not"]["display"] == "all gave the same answer (1)"
    assert found["comparisons.tests"]["display"] == "chi-square (1); Fisher (1)"
    assert found["comparisons.domain.care.p"]["display"] == "0.002"
    shown = {key.removeprefix("difference.1."): one["display"] for key, one in found.items() if "difference." in key}
    assert shown == {
        "question": "Tests: MRI", "group": "Size", "test": "Fisher", "n": "40", "p_adjusted": "<0.001",
        "effect_name": "odds ratio", "effect": "∞", "effect_ci": "2.50 to ∞",
    }  # fmt: skip
    assert found["difference.1.effect_ci"]["value"] == [2.5, None]
    json.dumps(found, allow_nan=False)


def test_every_comparison_of_a_domain_is_listed_in_the_order_of_its_table(small, compared):
    found = dict(values.domain_comparison_values(compared.assign(domain="care"), read_study(small)))
    assert [found[f"comparison.care.{rank}.question"]["display"] for rank in (1, 2, 3)] == [
        "Tests: MRI",
        "First drug",
        "Days",
    ]
    assert found["comparison.care.2.p"] == {
        "value": 0.3, "display": "0.30", "unit": "", "file": "stats/care/comparisons.csv", "row": 3, "column": "p",
        "n": None,
    }  # fmt: skip
    assert found["comparison.care.3.reason_not_run"]["display"] == "all gave the same answer"
    not_run = {name: found[f"comparison.care.3.{name}"] for name in ("test", "p", "p_adjusted", "effect_ci")}
    assert [one["display"] for one in not_run.values()] == ["", "–", "–", "–"]
    json.dumps(found, allow_nan=False)


def test_a_weighted_difference_without_an_interval_is_a_dash(small, compared):
    bare = compared.assign(effect_ci_low=math.nan, effect_ci_high=math.nan)
    found = dict(values.comparison_values(bare, read_study(small)))
    assert (found["difference.1.effect_ci"]["value"], found["difference.1.effect_ci"]["display"]) == (None, "–")


def test_problems_are_counted_by_kind_without_the_words_of_their_cells():
    problems = [
        "is not a number", "answered, but only asked if a == b", "answered, but only asked if c == d",
        "holds what is none of the options: my phone is 123", "is outside 0 to 60", "ranked 1 already",
        "is not a number", "is not a number",
    ]  # fmt: skip
    ledger = pd.DataFrame({"rule": ["spelling", "not_asked", "spelling"]})
    found = dict(values.cleaning_values(ledger, pd.DataFrame({"problem": problems})))
    counted = [(found[f"validation.{k}.problem"]["display"], found[f"validation.{k}.n"]["value"]) for k in range(1, 6)]
    assert counted == [
        ("is not a number", 3),
        ("answered, but the question was not to be asked", 2),
        ("holds what is none of the options", 1),
        ("is outside the range allowed", 1),
        ("ranked twice", 1),
    ]
    assert (found["cleaning.spelling"]["value"], found["cleaning.changed"]["value"]) == (2, 2)
    assert found["validation.1.n"]["file"] == "clean/validation.csv"
    assert "validation.6.n" not in found


def test_an_area_counts_its_own_questions_and_names_the_one_of_least_agreement(small):
    change(small / "study.yaml", "seed: 1", "areas: [{title: Drugs, items: [drug, tests, days]}]\nseed: 1")
    ranked = pd.DataFrame(
        {
            "item": ["tests", "size", "drug", "why"], "question": ["t", "s", "d", "w"], "row": [2, 3, 4, 5],
            "entropy": [0.1, 0.2, 0.9, math.nan], "consensus": ["yes", "yes", "no", ""],
            "top_option": ["blood", "small", "a", ""], "top_percent": [90.0, 80.0, 44.4, math.nan],
        }
    )  # fmt: skip
    found = dict(values.agreement_values(ranked, read_study(small)))
    area = {key.removeprefix("area.1."): one["display"] for key, one in found.items() if key.startswith("area.")}
    assert area == {
        "title": "Drugs", "consensus": "1 of 2", "least": "First drug", "least_top": "Drug A", "least_percent": "44%",
    }  # fmt: skip
    assert found["agreement.consensus.words"]["display"] == "more than half"
    assert found["agreement.by_type"]["display"] == (
        "0 of 1 with one answer; 1 of 1 with ordered answers; 1 of 1 with several answers"
    )


def test_the_bands_of_the_quantity_words_are_those_that_are_used():
    for limit, word in values.WORDS:
        assert values.words(limit) == word
        assert limit == 0 or f"{word}, up to {limit}%" in values.bands()
    assert values.bands().endswith("almost all, above 90%")
    assert values.words(90.6) == "almost all"


def test_early_and_late_are_told_apart_by_what_survives(small, compared):
    found = dict(values.wave_values(compared, read_study(small)))
    assert [found[f"waves.{name}"]["display"] for name in ("questions", "differences", "p_adjusted")] == [
        "2",
        "1",
        "<0.001",
    ]
    none = dict(values.wave_values(compared.iloc[2:], read_study(small)))
    assert (none["waves.questions"]["value"], "waves.p_adjusted" in none) == (0, False)


def test_every_test_and_effect_has_a_name_in_words():
    source = "".join(
        (ROOT / f"scripts/survey/{name}.py").read_text(encoding="utf-8")
        for name in ("contingency", "shuffling", "effects", "comparisons")
    )
    tests = set(re.findall(r'Result\("(\w+)"', source))
    tests |= {f"{name}_monte_carlo" for name in re.findall(r'self\.result\("(\w+)"', source)}
    assert tests
    assert tests <= set(values.TESTS)
    assert set(re.findall(r'Effect\("(\w+)"', source)) <= set(values.EFFECTS)


def test_a_rate_that_there_is_none_of_keeps_its_reason():
    rates = pd.DataFrame(
        {
            "rate": ["RR1", "RR3"], "definition": ["complete", "estimated"], "formula": ["I / all", "I / some"],
            "numerator": [106.0, math.nan], "denominator": [227.0, math.nan], "percent": [46.7, math.nan],
            "reason_not_run": ["", "no frame"], "row": [2, 3],
        }
    )  # fmt: skip
    units = pd.DataFrame({"disposition": ["complete"], "code": ["I"], "definition": ["c"], "n": [106], "row": [2]})
    found = dict(values.response_values(rates, units))
    assert (found["response.RR1.n_of"]["display"], found["response.RR1.percent"]["display"]) == ("106/227", "47%")
    assert "response.RR3.percent" not in found
    assert found["response.RR3.reason_not_run"]["display"] == "no frame"


def test_the_manifest_tells_values_from_bytes(tmp_path):
    write_both(pd.DataFrame({"item": ["x"], "n": [1]}), tmp_path / "table")
    (tmp_path / "note.json").write_text('{"b": 1, "a": 2}')
    (tmp_path / "other.json").write_text('{"a": 2,   "b": 1}')
    one, other = (describe_file(tmp_path / name) for name in ("note.json", "other.json"))
    assert one["sha256"] != other["sha256"]
    assert one["content_sha256"] == other["content_sha256"]
    csv, parquet = (describe_file(tmp_path / f"table.{form}") for form in ("csv", "parquet"))
    assert (csv["rows"], csv["columns"], csv["content"]) == (1, ["item", "n"], "cells")
    assert csv["content_sha256"] == parquet["content_sha256"]


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({"a": ["1"]}), path)

    def fail():
        with replace_file(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "a\n1\n"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_a_csv_is_read_without_guessing(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("option,n\nNA,1\nNone,\n007,2\n")
    frame = read_table(path)
    assert frame["option"].tolist() == ["NA", "None", "007"]
    assert frame["n"].tolist()[::2] == [1, 2]
    with pytest.raises(BadInput, match="no column 'item'"):
        read_table(path, need=("item",))
    with pytest.raises(BadInput, match="cannot be read as a table"):
        read_table(tmp_path / "absent.parquet")


def test_values_are_json_that_any_reader_takes():
    assert json.dumps(values.entry(math.nan, "x"), allow_nan=False)


def test_versions_are_those_of_the_steps_and_not_of_the_environment_that_writes_the_manifest():
    record = {"steps": [{"packages": {"numpy": "1.0", "typst-py": "0.1"}}, {"packages": {"snakemake": "9.0"}}]}
    told_by_steps = {
        "software.numpy": {"display": "1.0.1"},
        "software.python": {"display": "3.14"},
        "n": {"display": "106"},
    }
    told = {"numpy": "1.0.1", "python": "3.14", "snakemake": "9.0", "typst-py": "0.1"}
    assert software(record, told_by_steps) == told
