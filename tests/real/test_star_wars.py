"""The Star Wars poll of FiveThirtyEight, 2014: SurveyMonkey, two header rows, ranks, a matrix, skip logic."""

from pathlib import Path

import pytest
from real.conftest import EXPORTS, cases, read_rows, run_study
from replay import assert_replays

from survey.study import read_study

EXPORT = "surveymonkey/star-wars-2014/StarWars.csv"
FAVORABLY = ("very_favorably", "somewhat_favorably")
FILMS = {
    "Star Wars: Episode V The Empire Strikes Back": "episode_5",
    "Star Wars: Episode VI Return of the Jedi": "episode_6",
    "Star Wars: Episode I  The Phantom Menace": "episode_1",
    "Star Wars: Episode IV  A New Hope": "episode_4",
}
CHARACTERS = {
    "Luke Skywalker": "luke_skywalker",
    "Han Solo": "han_solo",
    "Princess Leia Organa": "princess_leia",
    "Yoda": "yoda",
    "Obi Wan Kenobi": "obi_wan_kenobi",
    "R2 D2": "r2_d2",
    "C-3P0": "c_3p0",
    "Darth Vader": "darth_vader",
    "Jar Jar Binks": "jar_jar_binks",
}
SHOT_FIRST = {"Han": "han", "Greedo": "greedo", "I don't understand this question": "not_understood"}
# Printed, and what follows from the file: 673 of 835 are 80.6 %, which rounds to 81; the article cut the decimals off.
DOES_NOT_FOLLOW = {"Star Wars: Episode I  The Phantom Menace": ("80", "81")}


PUBLISHED = cases(EXPORTS / "expected.csv", ("option",), lambda row: row["dataset"] == "star-wars-2014")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return run_study(tmp_path_factory, "star-wars-2014", EXPORT, "statistics")


def figure(results, row):
    """Percent (unrounded) and base that the pipeline gives for a row of expected.csv."""
    question, option = row["question"], row["option"]
    if option == "(any)":
        return None, results.ns("films")["n_valid"]
    if option == "(all six)":
        return None, results.ns("ranking_all_six")["n_asked"]
    if question.startswith("Which of the following"):
        item, codes = "films", (FILMS[option],)
    elif question.startswith("rank"):
        item, codes = "ranking_all_six", ("episode_5",)
    elif question.startswith("view"):
        item, codes = CHARACTERS[option], FAVORABLY
    else:
        item, codes = "shot_first", (SHOT_FIRST[option],)
    counts = [int(results.frequencies[item, code]["n"]) for code in codes]
    base = results.ns(item)["n_valid"]
    return 100 * sum(counts) / base, base


@pytest.mark.parametrize("row", PUBLISHED)
def test_published_figure_follows_from_the_file_or_is_known_not_to(results, row):
    percent, base = figure(results, row)
    if row["n"] or row["base"]:
        assert base == int(row["n"] or row["base"])
    if row["percent"]:
        printed, follows = DOES_NOT_FOLLOW.get(row["option"], (row["percent"], row["percent"]))
        assert row["percent"] == printed
        assert f"{percent:.0f}" == follows


def test_unfamiliar_is_part_of_the_published_base(results):
    liked = sum(int(results.frequencies["han_solo", code]["n"]) for code in FAVORABLY)
    unfamiliar = int(results.frequencies["han_solo", "unfamiliar"]["n"])
    answered = results.ns("han_solo")["n_valid"]
    assert (liked, unfamiliar, answered) == (761, 15, 829)
    assert f"{100 * liked / answered:.0f}" == "92"  # as printed
    assert f"{100 * liked / (answered - unfamiliar):.0f}" == "93"  # without those who do not know him


def test_the_base_printed_with_who_shot_first_is_that_of_the_characters(results):
    """The article prints 834: those who said something of any character; 828 of them answered this question."""
    characters = [column for column in results.responses if column in set(CHARACTERS.values())]
    others = ("anakin_skywalker", "emperor_palpatine", "lando_calrissian", "boba_fett", "padme_amidala")
    views = results.responses[[*characters, *others]]
    assert views.shape[1] == 14
    assert int(views.notna().any(axis=1).sum()) == 834
    assert results.ns("shot_first")["n_valid"] == 828


def test_not_asked_and_left_blank_are_kept_apart(results):
    assert results.ns("seen_any")["n_valid"] == 1186
    assert results.ns("films") == {"n_valid": 835, "n_asked": 936, "n_missing": 101, "n_not_asked": 250}
    assert results.ns("fan") == {"n_valid": 836, "n_asked": 936, "n_missing": 100, "n_not_asked": 250}
    assert results.ns("expanded_universe_fan")["n_valid"] == 213


def test_one_respondent_ranked_films_without_having_ticked_any(results):
    clean = results.responses
    ticked = clean[[name for name in clean if name.startswith("films[")]].fillna(False).any(axis=1)
    ranked = clean[[name for name in clean if name.startswith("ranking[")]].notna()
    assert int(ranked.any(axis=1).sum()) == 836
    assert int((ranked.any(axis=1) & ~ticked).sum()) == 1
    assert int((ranked.any(axis=1) & ~ranked.all(axis=1)).sum()) == 2


def test_the_header_with_bytes_that_are_not_utf_8_feeds_its_item(results):
    content = (EXPORTS / EXPORT).read_bytes()
    assert b"fan of the Expanded Universe?\x8c\xe6," in content
    columns = {row["item"]: row["column"] for row in read_rows(results.folder / "ingest" / "columns.csv")}
    assert columns["expanded_universe_fan"] == "Do you consider yourself to be a fan of the Expanded Universe?Œæ"


def test_replaying_the_ledger_gives_the_clean_table(results):
    assert_replays(results.folder, read_study(Path(__file__).parent / "star-wars-2014"))
