"""Figures published about real surveys, stated as claims: what follows is confirmed, what does not is explained."""

from pathlib import Path

import pytest
from real.conftest import EXPORTS, need_exports, read_rows, run_study
from replay import assert_replays

from survey.recodes import read_cleaning_study

pytestmark = pytest.mark.slow

STUDIES = {
    "star-wars-2014": "surveymonkey/star-wars-2014/StarWars.csv",
    "flying-etiquette-2014": "surveymonkey/flying-etiquette-2014/flying-etiquette.csv",
    "comma-2014": "surveymonkey/comma-2014/comma-survey.csv",
    "steak-risk-2014": "surveymonkey/steak-risk-2014/steak-risk-survey.csv",
    "thanksgiving-2015": "surveymonkey/thanksgiving-2015/thanksgiving-2015-poll-data.csv",
    "preprint-licensing-2018": "google-forms/preprint-licensing-2018/survey-responses-raw.csv",
    "ohbm-aperture-2018": "surveymonkey/ohbm-aperture-2018/aperture_survey_responses.tsv",
}
# The claims of each study in the order of the rows of expected.csv, and the columns of it that they state.
CLAIMS = {
    "star-wars-2014": [
        ("saw_any", "n"),
        ("empire", "percent"),
        ("jedi", "percent"),
        ("phantom_menace", "percent"),
        ("new_hope", "percent"),
        ("saw_all_six", "n"),
        ("empire_first", "percent"),
        ("likes_luke_skywalker", "percent"),
        ("likes_han_solo", "percent"),
        ("likes_princess_leia", "percent"),
        ("likes_yoda", "percent"),
        ("likes_obi_wan_kenobi", "percent"),
        ("likes_r2_d2", "percent"),
        ("likes_c_3p0", "percent"),
        ("likes_darth_vader", "percent"),
        ("likes_jar_jar_binks", "percent"),
        ("han_shot_first", "percent"),
        ("greedo_shot_first", "percent"),
        ("question_not_understood", "percent"),
    ],
    "flying-etiquette-2014": [
        ("flyers", "n"),
        ("recline_always", "percent"),
        ("recline_usually", "percent"),
        ("recline_about_half_the_time", "percent"),
        ("recline_once_in_a_while", "percent"),
        ("recline_never", "percent"),
        ("recline_rude", "percent"),
        ("obligation", "note"),
    ],
    "comma-2014": [
        ("oxford_comma", "percent"),
        ("data_is", "percent"),
    ],
    "steak-risk-2014": [
        ("steak_medium_rare", "percent"),
        ("steak_medium", "percent"),
        ("steak_well", "percent"),
        ("steak_rare", "percent"),
    ],
    "thanksgiving-2015": [
        ("respondents", "n"),
        ("squash", "percent"),
        ("cauliflower", "percent"),
        ("turkey", "percent"),
    ],
    "preprint-licensing-2018": [
        ("posted", "n"),
    ],
    "ohbm-aperture-2018": [
        ("code_reviewed", "percent"),
    ],
}
DO_NOT_FOLLOW = {"phantom_menace", "shot_first_base", "turkey"}


@pytest.fixture(scope="module", params=STUDIES)
def results(request, tmp_path_factory):
    """What the pipeline wrote for a study."""
    return run_study(tmp_path_factory, request.param, STUDIES[request.param], "statistics")


@pytest.fixture(scope="module")
def study(results):
    """Name of a study, and its claims as checked."""
    return results.folder.name, {row["claim"]: row for row in results.rows("stats/claims.csv")}


def test_replaying_the_ledger_gives_the_clean_table(results):
    assert_replays(results.folder, read_cleaning_study(Path(__file__).parent / results.folder.name))


def test_what_follows_is_confirmed_and_what_does_not_fails(study):
    _, claims = study
    assert {claim for claim, row in claims.items() if row["verdict"] != "holds"} == DO_NOT_FOLLOW & set(claims)
    assert {row["verdict"] for row in claims.values()} <= {"holds", "fails"}
    assert all(row["evidence"].startswith(("stats/", "clean/")) for row in claims.values())


def test_every_published_figure_is_a_claim(study):
    name, claims = study
    rows = [row for row in read_rows(EXPORTS / "expected.csv") if row["dataset"] == name]
    rows = [row for row in rows if row["percent"] or row["n"] or row["note"].startswith("64%")]
    assert len(rows) == len(CLAIMS[name])
    for row, (claim, column) in zip(rows, CLAIMS[name], strict=True):
        printed = row["note"].partition("%")[0] if column == "note" else row[column]
        assert float(claims[claim]["published"]) == float(printed), claim


def test_every_dataset_with_published_figures_is_a_study():
    need_exports()
    assert {row["dataset"] for row in read_rows(EXPORTS / "expected.csv")} == set(STUDIES)


def test_a_figure_that_does_not_follow_is_explained(study):
    name, claims = study
    if name == "star-wars-2014":
        row = claims["phantom_menace"]
        assert row["explained_by"] == "decimals cut off"
        assert row["note"] == "80 is printed, 673 of 835 (80.6 %) follows; 80 comes with decimals cut off"
    elif name == "thanksgiving-2015":
        row = claims["turkey"]
        assert row["explained_by"] == ""
        assert row["note"].startswith("82 is printed, 859 of 974 (88.2 %) follows; no other base, direction")
        assert "859 of 1058 (81.2 %) of all analysed" in row["note"]
    else:
        assert {row["explained_by"] for row in claims.values()} == {""}
