"""Drafts of the real exports, used with no correction: what they recognise, and what of the published they give.

Beside that: with how many changed lines the rest is reached, and what does not follow from the file at all.
"""

from functools import cache

import pytest
from real.conftest import EXPORTS, need_exports, read_rows
from real.drafting import (
    ALL,
    ANY,
    TOTAL,
    Compared,
    Draft,
    article_figure,
    assert_replay,
    rounded,
    rse_figures,
    run_draft,
    snap_figures,
)

FILES = {
    "star-wars-2014": "surveymonkey/star-wars-2014/StarWars.csv",
    "flying-etiquette-2014": "surveymonkey/flying-etiquette-2014/flying-etiquette.csv",
    "comma-2014": "surveymonkey/comma-2014/comma-survey.csv",
    "steak-risk-2014": "surveymonkey/steak-risk-2014/steak-risk-survey.csv",
    "thanksgiving-2015": "surveymonkey/thanksgiving-2015/thanksgiving-2015-poll-data.csv",
    "ohbm-aperture-2018": "surveymonkey/ohbm-aperture-2018/aperture_survey_responses.tsv",
    "preprint-licensing-2018": "google-forms/preprint-licensing-2018/survey-responses-raw.csv",
    "rse-de-2017": "limesurvey/rse-de-2017/public_data.csv",
    "hospitals": "clinical/snap2-organisational-2019/hospitals.csv",
    "critical_care_units": "clinical/snap2-organisational-2019/critical_care_units.csv",
    "high_acuity_areas": "clinical/snap2-organisational-2019/high_acuity_areas.csv",
}
FILMS = "Which of the following Star Wars films have you seen"
VIEWS = "Please state whether you view the following characters favorably, unfavorably, or are unfamiliar with him/her."
SHOT = "Which character shot first"
RECLINE = "Do you ever recline your seat when you fly"
STEAK = "How do you like your steak prepared"
SIDES = "Which of these side dishes aretypically served"
LIKES = ("Very favorably", "Somewhat favorably")
# The rows of expected.csv in their order: the question as the export asks it, and the answers counted together.
FIGURES = {
    "star-wars-2014": [
        (FILMS, (ANY,)),
        (FILMS, ("Star Wars: Episode V The Empire Strikes Back",)),
        (FILMS, ("Star Wars: Episode VI Return of the Jedi",)),
        (FILMS, ("Star Wars: Episode I The Phantom Menace",)),
        (FILMS, ("Star Wars: Episode IV A New Hope",)),
        (FILMS, (ALL,)),
        ("Please rank the Star Wars films", ("Star Wars: Episode V The Empire Strikes Back",)),
        *((f"{VIEWS} {name}", LIKES) for name in ("Luke Skywalker", "Han Solo", "Princess Leia Organa", "Yoda")),
        *((f"{VIEWS} {name}", LIKES) for name in ("Obi Wan Kenobi", "R2 D2", "C-3P0", "Darth Vader", "Jar Jar Binks")),
        (SHOT, ("Han",)),
        (SHOT, ("Greedo",)),
        (SHOT, ("I don't understand this question",)),
    ],
    "flying-etiquette-2014": [
        ("How often do you travel by plane", ("not Never",)),
        (RECLINE, ("Always",)),
        (RECLINE, ("Usually",)),
        (RECLINE, ("About half the time",)),
        (RECLINE, ("Once in a while",)),
        (RECLINE, ("Never",)),
        ("Is itrude to recline your seat on a plane", ("Yes, somewhat rude", "Yes, very rude")),
        (
            "Under normal circumstances, does a person who reclines",
            ("Yes, they should not recline their chair if the person behind them asks them not to",),
        ),
    ],
    "comma-2014": [
        ("In your opinion, which sentence", ("It's important for a person to be honest, kind, and loyal.",)),
        (
            "How would you write the following sentence",
            ("Some experts say it's important to drink milk, but the data is inconclusive.",),
        ),
    ],
    "steak-risk-2014": [(STEAK, (name,)) for name in ("Medium rare", "Medium", "Well", "Rare")],
    "thanksgiving-2015": [
        ("", (TOTAL,)),
        (SIDES, ("Squash",)),
        (SIDES, ("Cauliflower",)),
        ("What is typically the main dish", ("Turkey",)),
    ],
    "preprint-licensing-2018": [("Have you ever posted a preprint", ("Yes",))],
    "ohbm-aperture-2018": [("Should code be reviewed", ("Yes",))],
}
# What the draft alone does not give, and why.
MISSED = {
    "star-wars-2014": {
        "80": "does not follow: 673 of 835 are 80.6 %, printed with its decimals cut off",
        "36": "of those who have seen all six films; the draft knows that those who have seen any were asked",
    },
    "thanksgiving-2015": {"82": "does not follow: 859 of 974 are 88.2 %, of all 1,058 respondents 81.2 %"},
}
ALL_SIX = " and ".join(
    f"star_wars_films_seen has star_wars_episode_{code}"
    for code in (
        "i_the_phantom_menace",
        "ii_attack_of_the",
        "iii_revenge_of_the",
        "iv_a_new_hope",
        "v_the_empire_strikes",
        "vi_return_of_the_jedi",
    )
)
# Lines of a draft that a person changes, as (file, old, new).
CORRECTIONS = {
    "star-wars-2014": [
        (
            "codebook.csv",
            "your least favorite film.,,,,seen_6_films_star_wars_franchise == yes,",
            f"your least favorite film.,,,,{ALL_SIX},",
        )
    ],
    "rse-de-2017": [
        ("options.csv", "Prefer not to say,3,,refused", "Prefer not to say,3,,substantive"),
    ],
}
# The published tables of rse-de-2017 whose column is not in the public file, and those that list numbers.
WITHHELD = {"currentEmp2", "socio10de", "socio4", "startlanguage"}
WITHHELD |= {f"currentEmp{number}de" for number in (20, 21, 22, 23, 24)}
LISTS = {"currentEmp11", "proj1can", "soft1can", "train2"}
SNAP2 = ("hospitals", "critical_care_units", "high_acuity_areas")
# Three of the 144 values do not follow from the files: see test_snap2.py.
SNAP2_MISSED = {
    "tertiaryServices n (%) any Overall",
    "tertiaryServices n (%) any Aus",
    "nurseDayRatio median [IQR] NZ",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The results of a drafted study by name; changed: with the corrections of CORRECTIONS."""

    @cache
    def results(name: str, changed: bool = False) -> Draft:
        need_exports()
        folder = tmp_path_factory.mktemp(f"{name}{'-changed' if changed else ''}")
        return run_draft(EXPORTS / FILES[name], folder, changes=CORRECTIONS[name] if changed else ())

    return results


def compare_articles(name: str, results: Draft) -> Compared:
    """The rows of expected.csv about an export: printed, and as the drafted study gives them."""
    rows = [row for row in read_rows(EXPORTS / "expected.csv") if row["dataset"] == name]
    rows = [row for row in rows if row["percent"] or row["n"] or row["note"].startswith("64%")]
    pairs = {}
    for row, (question, options) in zip(rows, FIGURES[name], strict=True):
        printed = row["percent"] or row["n"] or row["note"].partition("%")[0]
        unit = "" if row["percent"] or not row["n"] else "n"
        found = rounded(article_figure(results, question, list(options), unit), printed)
        pairs[f"{row['question']}: {row['option']}"] = (printed, found)
    return Compared(pairs)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_printed_in_articles_follow_from_the_draft_alone(run, name):
    found = compare_articles(name, run(name))
    assert {found.pairs[miss][0] for miss in found.misses} == set(MISSED.get(name, {}))


def test_the_ranking_of_those_who_saw_all_films_follows_after_one_line_is_changed(run):
    found = compare_articles("star-wars-2014", run("star-wars-2014", changed=True))
    assert {found.pairs[miss][0] for miss in found.misses} == {"80"}


def compare_rse(results: Draft) -> Compared:
    columns = {row["column"] for row in results.rows("ingest/columns.csv")}
    return rse_figures(EXPORTS / "limesurvey" / "rse-de-2017" / "published_tables", results, columns)


def test_every_count_of_the_authors_tables_follows_from_the_draft_alone(run):
    """Of single and multiple choice, ranks and scales; three percentages are of a base with "Prefer not to say"."""
    found = compare_rse(run("rse-de-2017"))
    assert found.misses == {f"socio2: {answer} %" for answer in ("male", "female", "prefer not to say")}
    assert found.share == "648 of 651"
    tables = {path.stem for path in (EXPORTS / "limesurvey/rse-de-2017/published_tables").glob("[!(]*.csv")}
    compared = {name.split(":")[0] for name in found.pairs}
    assert {name for name in tables if "[PERC]" not in name} - compared == WITHHELD | LISTS


def test_every_percentage_follows_after_one_line_is_changed(run):
    assert compare_rse(run("rse-de-2017", changed=True)).misses == set()


@pytest.mark.parametrize("name", SNAP2)
def test_values_of_the_paper_follow_from_the_draft_alone_or_not_from_the_file(run, name):
    rows = read_rows(EXPORTS / "clinical/snap2-organisational-2019/published_tables.csv")
    found = snap_figures(rows, f"{name}.csv", run(name))
    assert found.misses == (SNAP2_MISSED if name == "hospitals" else set())
    assert len(found.pairs) == sum(row["file"] == f"{name}.csv" for row in rows)


@pytest.mark.parametrize("name", FILES)
def test_replaying_the_ledger_of_a_draft_gives_its_clean_table(run, name):
    assert_replay(run(name))
