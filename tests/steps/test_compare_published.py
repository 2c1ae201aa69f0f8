"""Published surveys beside the estimates of a small survey."""

import pytest
from project import ROOT, STUDY, call
from steps.test_ingest_to_clean import rows

from survey.comparators import MAPPING, NAME
from survey.proportions import wilson

GRADING = 'gutierrez_2020_caricu,Toxicity grading guideline used,ASTCT,"percent(drug, a, b)",One country.'
JACIE = 'hayden_2019_cmwp,Works in a FACT-JACIE accredited centre,yes,"percent_any(tests, blood, mri)",'
RANGE = "hayden_2019_cmwp,Prior allogeneic HCT for B-NHL is not a contraindication,agree,response_rate(RR1),"


def compare(surveyed, tmp_path, *lines):
    study, out = surveyed
    (study / NAME).write_text("\n".join([",".join(MAPPING), *lines]) + "\n", encoding="utf-8")
    return call(
        "compare_published", "--study", study, "--published", ROOT / "resources/published", "--stats", out / "stats",
        "--clean", out / "clean/domains", "--out", tmp_path / "comparators",
    )  # fmt: skip


def test_a_printed_denominator_gives_an_interval_and_a_missing_one_is_marked(surveyed, tmp_path):
    process = compare(surveyed, tmp_path, GRADING, JACIE, RANGE)
    assert process.returncode == 0, process.stderr
    assert "3 published figures, 1 with their denominator" in process.stdout
    printed, percent, span = rows(tmp_path / "comparators.csv")
    low, high = wilson(10, 11)
    assert float(printed["published_percent"]) == pytest.approx(100 * 10 / 11)
    assert (float(printed["published_ci_low"]), float(printed["published_ci_high"])) == pytest.approx(
        (100 * low, 100 * high)
    )
    assert (printed["percent"], printed["option_labels"]) == ("77.77777778", "Drug A or Drug B")
    assert (percent["denominator_printed"], percent["published_ci_low"], percent["published"]) == ("no", "", "93")
    assert percent["note"] == "Denominator not printed; the study had 41 respondents."
    assert (span["published"], span["published_percent"], span["difference"]) == ("78-81", "", "")
    assert "Hayden PJ" in span["citation"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("ASTCT", "ASTC", "has no such study, question, option; did you mean 'ASTCT'"),
        ("percent(drug, a, b)", "percent(drug, c)", "item 'drug' has no option 'c'"),
        ("percent(drug, a, b)", "median(days)", "only a percent or a response rate"),
        ("percent(drug, a, b)", "drug", "write it as function(item, option)"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_one_clear_line(surveyed, tmp_path, old, new, complaint):
    process = compare(surveyed, tmp_path, GRADING.replace(old, new))
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "comparators.csv row 2" in process.stderr
    assert complaint in process.stderr


def test_a_study_without_comparators_has_an_empty_table(surveyed, tmp_path):
    study, _ = surveyed
    (study / NAME).unlink(missing_ok=True)
    process = call(
        "compare_published", "--study", study, "--published", ROOT / "resources/published",
        "--stats", surveyed[1] / "stats", "--clean", surveyed[1] / "clean/domains", "--out", tmp_path / "comparators",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert rows(tmp_path / "comparators.csv") == []


def test_nothing_published_of_the_survey_itself_but_its_response_is_put_beside_ours():
    from survey.sheets import read_sheet

    mapped = read_sheet(STUDY / NAME, MAPPING).values()
    assert [row["figure"] for row in mapped if row["study"] == "penack_2024_ebmt"] == ["response_rate(RR1)"]
    figures = rows(ROOT / "resources/published/figures.csv")
    assert [row["topic"] for row in figures if row["study"] == "penack_2024_ebmt"] == ["survey response"]
