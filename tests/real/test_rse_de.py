"""Research software engineers in Germany, 2017: a LimeSurvey export and the authors' own tables of every question."""

import csv
from pathlib import Path

import pytest
from real.conftest import EXPORTS, read_rows, run_study
from replay import assert_replays

from survey.study import read_study

FOLDER = EXPORTS / "limesurvey" / "rse-de-2017"
PUBLISHED = FOLDER / "published_tables"
CODEBOOK = read_rows(Path(__file__).parent / "rse-de-2017" / "codebook.csv")
BY_SOURCE = {row["source"]: row["item"] for row in CODEBOOK}
BY_QUESTION = {row["question"]: row["item"] for row in CODEBOOK}
# A table per question: first column the answer, second its count; an empty answer counts the blank cells.
SINGLE = [
    "edu1",
    "edu2",
    "currentEmp1",
    "currentEmp10",
    "currentEmp12",
    "currentWork1",
    "open2de",
    "prevEmp1",
    "proj2can",
    "socio1",
    "socio2",
    "stability1",
    "tool2",
]
# The same without a row for the blank cells.
WITHOUT_BLANK = ["open1can[SQ001]", "open3can[SQ001]", "rse3[SQ001]", "socio3"]
# One row, a column per answer.
YES_NO = [
    "conf1can",
    "currentWork2",
    "fund1",
    "open01can",
    "open03can",
    "open1de",
    "soft2can",
    "stability2",
    "train1",
    "ukrse10de",
]
# A row per question, a column per answer.
YES_NO_TOGETHER = ["paper1_2_3_4_5", "rse1_4de", "ukrse12de_3de"]
# A column per question of a matrix, a row per answer, blank cells left out.
MATRICES = [
    "affRec1_2_3_4_5",
    "affSat1_2_3_4",
    "percEmp1_2_3_4",
    "perfCheck1_2_3_4_5_6_7",
    "progRSE1_2_3_4_5",
    "satisgen1_2",
    "time1can_2can_3can_4can_5can",
    "turnOver1_2_3_4",
    "turnOver5_6",
]
MULTIPLE = {
    "currentEmp13": 325,
    "fund2": 183,
    "fund3": 183,
    "fund4": 183,
    "proj4can": 300,
    "tool4can": 265,
    "ukrse2": 265,
}
# Numbers: the table lists every respondent's answer.
NUMBERS = {"currentEmp11": 297, "proj1can": 300, "soft1can": 325, "train2": 197}
# Questions with a published table whose column is not in the public file.
WITHHELD = [
    "currentEmp2",
    "currentEmp20de",
    "currentEmp21de",
    "currentEmp22de",
    "currentEmp23de",
    "currentEmp24de",
    "socio10de",
    "socio4",
    "startlanguage",
]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return run_study(tmp_path_factory, "rse-de-2017", "limesurvey/rse-de-2017/public_data.csv", "statistics")


def published(name):
    """A published table as lists of cells; the byte order mark that stands inside some cells is left out."""
    with (PUBLISHED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [[cell.replace("\ufeff", "").strip() for cell in line] for line in csv.reader(file)]


def number(cell):
    """A count, which some tables print as 5.0 and, when it is 0, as nothing."""
    return int(float(cell or 0))


def counts(results, item):
    """Answer to count, 0 left out, as the pipeline gives it."""
    rows = [row for (name, _), row in results.frequencies.items() if name == item]
    return {row["option_label"]: int(row["n"]) for row in rows if int(row["n"])}


def blank(results, item):
    """What the authors count as blank: not asked or not answered."""
    found = results.ns(item)
    return found["n_missing"] + found["n_not_asked"]


def table_of(source):
    return source.removesuffix("[SQ001]")


def compare(results, item, expected):
    """The published counts, the blank row (if there is one) and the sum."""
    expected = dict(expected)
    printed_blank = expected.pop("", None)
    assert counts(results, item) == {answer: n for answer, n in expected.items() if n}
    assert results.ns(item)["n_valid"] == sum(expected.values())
    assert blank(results, item) == 325 - sum(expected.values())
    if printed_blank is not None:
        assert blank(results, item) == printed_blank


@pytest.mark.parametrize("source", SINGLE + WITHOUT_BLANK)
def test_single_choice_table(results, source):
    table = published(table_of(source))
    assert any(line[0] == "" for line in table[1:]) <= (source in SINGLE)
    compare(results, BY_SOURCE[source], {line[0]: number(line[1]) for line in table[1:]})


@pytest.mark.parametrize("source", YES_NO)
def test_yes_no_table(results, source):
    header, line = published(source)
    compare(results, BY_SOURCE[source], zip(header[1:], map(number, line[1:]), strict=True))


@pytest.mark.parametrize("name", YES_NO_TOGETHER)
def test_table_of_several_yes_no_questions(results, name):
    header, *lines = published(name)
    for line in lines:
        source = line[0].split(".")[0]
        compare(results, BY_SOURCE[source], zip(header[1:], map(number, line[1:]), strict=True))


@pytest.mark.parametrize("name", MATRICES)
def test_matrix_table(results, name):
    header, *lines = published(name)
    for place, question in enumerate(header[1:], start=1):
        compare(results, BY_QUESTION[question], {line[0]: number(line[place]) for line in lines})


@pytest.mark.parametrize("source", MULTIPLE)
def test_multiple_choice_table(results, source):
    item = BY_SOURCE[source]
    expected = {line[0]: number(line[1]) for line in published(source)[1:]}
    assert counts(results, item) == {answer: n for answer, n in expected.items() if n}
    assert results.ns(item)["n_valid"] == MULTIPLE[source]  # "No" to everything is an answer


@pytest.mark.parametrize("source", SINGLE)
def test_published_percentage_is_of_those_who_answered(results, source):
    expected = {line[0].removesuffix(" [PERCENTAGE]"): float(line[1]) for line in published(f"{source}[PERC]")[1:]}
    item = BY_SOURCE[source]
    found = {
        row["option_label"]: float(row["percent"])
        for (name, _), row in results.frequencies.items()
        if name == item and int(row["n"])
    }
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("source", MULTIPLE)
def test_published_percentage_of_multiple_choice_is_of_ticks_not_of_respondents(results, source):
    """The printed percentages add up to 100 although a respondent may tick several."""
    item = BY_SOURCE[source]
    rows = {row["option_label"]: row for (name, _), row in results.frequencies.items() if name == item}
    ticks = sum(int(row["n"]) for row in rows.values())
    for label, printed in published(f"{source}[PERC]")[1:]:
        n = int(rows[label]["n"])
        assert float(printed) == pytest.approx(100 * n / ticks)
        assert float(rows[label]["percent"]) == pytest.approx(100 * n / MULTIPLE[source])


def test_published_percentage_of_a_matrix_is_of_the_row_and_does_not_follow(results):
    """43 % is 3 of the 7 who gave the lowest mark to either question, not of the 269 who answered one of them."""
    row = published("satisgen1_2[PERC]")[1]
    assert row == ["0 - Not at all satisfied", "43.0", "57.0"]
    found = results.frequencies["satisfied_position", "0"]
    assert (found["n"], found["n_valid"]) == ("3", "269")
    assert float(found["percent"]) == pytest.approx(100 * 3 / 269)
    assert round(100 * 3 / (3 + 4)) == float(row[1])


@pytest.mark.parametrize("source", NUMBERS)
def test_list_of_numbers(results, source):
    """Row by row the authors' list; contracts typed as -1, 99, 100, 999 and above are left out of it."""
    item = BY_SOURCE[source]
    clean = results.responses[item]
    listed = {int(line[0]): float(line[1]) for line in published(source)[1:] if line[1]}
    found = {place: value for place, value in enumerate(clean) if value == value}
    assert found == pytest.approx(listed)  # the public file holds a 0.333 as 0.33299999999999996
    assert int(results.numeric[item]["n"]) == len(listed) == NUMBERS[source]


def test_numbers_that_stand_for_no_end_are_not_applicable(results):
    appendix = {row["variable"]: row for row in results.rows("clean/appendix.csv")}
    assert appendix["contract_years"]["not_applicable"] == "28"


def test_ranks_held_in_one_column_per_rank(results):
    """The table gives every rank; the pipeline the first ranks and the mean rank of each reason."""
    for label, *ranks in published("prevEmp2")[1:-1]:
        option, row = next(
            (code, row)
            for (name, code), row in results.frequencies.items()
            if name == "reasons" and row["option_label"] == label
        )
        ranked = [number(cell) for cell in ranks]
        assert int(row["n"]) == ranked[0]
        mean = sum(place * n for place, n in enumerate(ranked, start=1)) / sum(ranked)
        assert results.numeric[f"reasons[{option}]"]["mean"] == pytest.approx(mean)
    assert results.ns("reasons")["n_missing"] == number(published("prevEmp2")[-1][1]) == 9


def test_not_asked_is_told_from_blank_where_the_published_table_has_one_row_for_both(results):
    assert results.ns("main_author") == {"n_valid": 212, "n_asked": 212, "n_missing": 0, "n_not_asked": 113}
    assert results.ns("doi_often")["n_not_asked"] == 272
    assert results.ns("may_contact") == {"n_valid": 105, "n_asked": 153, "n_missing": 48, "n_not_asked": 172}


def test_none_is_a_text_and_no_missing_value(results):
    tools = results.responses["doi_tools"]
    assert int((tools == "None").sum()) == 2
    assert int((results.responses["training_programmes"] == "None").sum()) == 3


def test_published_tables_without_a_column_in_the_public_file(results):
    columns = {row["column"] for row in read_rows(results.folder / "ingest" / "columns.csv")}
    for name in WITHHELD:
        assert (PUBLISHED / f"{name}.csv").is_file()
        assert name not in columns


def test_every_published_table_is_compared_or_named():
    """Tables named like ('affSat', '1_2_3_4') are an older print of the same counts."""
    if not PUBLISHED.is_dir():
        pytest.skip(f"skipped: no survey exports at {EXPORTS}")
    compared = {
        *map(table_of, SINGLE + WITHOUT_BLANK),
        *YES_NO,
        *YES_NO_TOGETHER,
        *MATRICES,
        *MULTIPLE,
        *NUMBERS,
        *WITHHELD,
        "prevEmp2",
    }
    names = {path.stem for path in PUBLISHED.glob("*.csv") if "[PERC]" not in path.name}
    older = {name for name in names if name.startswith("(")}
    assert names - older == compared
    again = {"('ukrse1', '2de_3de')": "ukrse12de_3de"}
    for name in older:
        newer = again.get(name) or name.translate(str.maketrans("", "", "()', "))
        assert [line[1:] for line in published(name)[1:]] == [line[1:] for line in published(newer)[1:]]


def test_replaying_the_ledger_gives_the_clean_table(results):
    assert_replays(results.folder, read_study(Path(__file__).parent / "rse-de-2017"))
