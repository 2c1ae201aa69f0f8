"""Figures that a study puts together from several items: their shares and their drawings."""

import shutil

import pytest
from legible import assert_legible, words
from project import ROOT, call
from small import change
from steps.test_ingest_to_clean import rows

import draw_shares
from survey import style
from survey.errors import BadInput
from survey.study import read_study
from survey.tables import read_table

FIGURES = """
areas:
  - {title: Costly drugs, items: [drug]}
figures:
  - id: ladder
    kind: steps
    title: Drugs by line
    note: A drug counts at the line it is first given.
    panels:
      - title: Fever
        columns: [First line, Second line]
        rows:
          - {label: Drug A or B, cells: {First line: {item: drug, options: [a, b]}}}
          - {label: Up to none, cells: {Second line: {item: drug, up_to: none}}}
        each: {Second line: tests}
  - id: delay
    kind: curves
    title: When they act
    axis: Day
    curves:
      - {label: Days of the drug, item: days}
      - {label: Drug by day, item: drug, at: {a: 1, b: 10}}
  - id: both
    kind: paired
    title: The same twice
    items: {One: drug, Other: drug}
"""


@pytest.fixture(scope="module")
def shares(surveyed, tmp_path_factory):
    """The study with its three figures, and stats/shares without suffix."""
    study, out = surveyed
    folder = tmp_path_factory.mktemp("shares")
    shutil.copytree(study, folder / "small")
    settings = (folder / "small/study.yaml").read_text(encoding="utf-8")
    (folder / "small/study.yaml").write_text(settings + FIGURES, encoding="utf-8")
    paths = ("--stats", out / "stats", "--clean", out / "clean/domains", "--out", folder / "shares")
    done = call("count_shares", "--study", folder / "small", *paths)
    assert done.returncode == 0, done.stderr
    return folder / "small", folder / "shares", out


@pytest.fixture(scope="module")
def fonts():
    return style.load_fonts(ROOT / "resources" / "fonts")


def found(shares, figure):
    return [row for row in rows(shares[1].with_suffix(".csv")) if row["figure"] == figure]


def test_options_together_are_counted_once_per_respondent(shares):
    cells = {(row["row"], row["column"]): (row["n"], row["n_valid"]) for row in found(shares, "ladder")}
    assert cells["Drug A or B", "First line"] == ("7", "9")
    assert cells["Up to none", "Second line"] == ("8", "9")
    assert cells["Blood", "Second line"] == ("10", "10")
    assert cells["MRI", "Second line"] == ("9", "10")


def test_a_share_of_one_option_is_the_one_of_the_frequencies(shares):
    frequencies = {(row["item"], row["option"]): row for row in rows(shares[2] / "stats/care/frequencies.csv")}
    single = [row for row in rows(shares[1].with_suffix(".csv")) if row["options"] and "|" not in row["options"]]
    assert len(single) > 8
    for row in single:
        same = frequencies[row["item"], row["options"]]
        for column in ("n", "n_valid", "percent", "ci_low", "ci_high", "ci_method"):
            assert row[column] == same[column], (row, column)


def test_a_curve_rises_to_all_who_name_a_day_and_lists_the_rest(shares):
    days = [row for row in found(shares, "delay") if row["panel"] == "Days of the drug"]
    assert [row["column"] for row in days] == [str(day) for day in range(1, 11)]
    assert [row["n"] for row in days] == [str(day) for day in range(1, 11)]
    drugs = [row for row in found(shares, "delay") if row["panel"] == "Drug by day"]
    assert [(row["column"], row["row"], row["n"]) for row in drugs] == [
        ("1", "", "5"),
        ("10", "", "7"),
        ("", "No drug", "1"),
        ("", "Other", "1"),
    ]
    assert sum(int(row["n"]) for row in drugs[1:]) == int(drugs[0]["n_valid"])


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("name", ["ladder", "delay", "both"])
def test_its_drawing_is_legible_at_both_widths(shares, fonts, name, width):
    study = read_study(shares[0])
    figure = next(figure for figure in study.figures if figure["id"] == name)
    drawn = read_table(shares[1].with_suffix(".parquet"))
    own = drawn[drawn["figure"] == name].to_dict("records")
    picture, alt = draw_shares.KINDS[figure["kind"]]
    drawing = picture(study, figure, own, fonts, width)
    assert_legible(drawing, width)
    assert "Simulated data" in words(drawing)
    assert alt(study, figure, own).startswith("Simulated data.")
    for row in own:
        assert any(label in words(drawing) for label in (row["row"], row["panel"]) if label)


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("days", [(0, 0), (-5, -3), (-5, 3), (0.1, 1234567)])
def test_days_of_any_size_and_sign_stay_on_the_axis(shares, fonts, width, days):
    study = read_study(shares[0])
    figure = {"title": "T", "axis": "Day", "note": "A note.", "curves": [{"label": "c", "item": "days"}]}
    base = {"panel": "c", "row": "", "n": 1, "n_valid": 2, "n_asked": 3, "n_not_asked": 1}
    shape = [(days[0], 50.0, 10.0, 90.0), (days[1], 100.0, 60.0, 100.0)]
    own = [base | {"column": str(day), "percent": p, "ci_low": low, "ci_high": high} for day, p, low, high in shape]
    drawing = draw_shares.KINDS["curves"][0](study, figure, own, fonts, width)
    assert_legible(drawing, width)
    assert "A note." in words(drawing)
    for line in drawing.axes[0].collections[-1].get_segments():
        assert line[:, 0].min() >= 0
        assert line[:, 0].max() <= width


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("kind", ["steps", "paired"])
def test_long_labels_are_wrapped_or_shortened_and_overlap_nothing(shares, fonts, width, kind):
    study, long = (
        read_study(shares[0]),
        "A treatment with a very long name that goes on for more than two lines of the column",
    )
    base = {
        "panel": long,
        "n": 1,
        "n_valid": 2,
        "n_asked": 3,
        "n_not_asked": 0,
        "percent": 50.0,
        "ci_low": 10.0,
        "ci_high": 90.0,
    }
    own = [base | {"row": row, "column": column} for row in (long, "B") for column in (long, "Two")]
    panel = {"title": long, "columns": [long, "Two"], "rows": []}
    figure = {"title": long, "panels": [panel], "items": {long: "drug", "Two": "drug"}}
    assert_legible(draw_shares.KINDS[kind][0](study, figure, own, fonts, width), width)


def test_a_drawing_that_fails_leaves_the_last_one_as_it_was(shares, tmp_path):
    paths = ("--study", tmp_path / "small", "--shares", shares[1].with_suffix(".parquet"))
    paths += ("--fonts", ROOT / "resources/fonts", "--figure", "both", "--out", tmp_path / "figures/both")
    shutil.copytree(shares[0], tmp_path / "small")
    assert call("draw_shares", *paths).returncode == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    change(tmp_path / "small/study.yaml", "title: The same twice", "title: The same \U0001f600")
    wrong = call("draw_shares", *paths)
    assert (wrong.returncode, "no font has the character" in wrong.stderr) == (2, True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()} == before


def test_what_a_figure_says_in_words_is_what_it_shows(shares):
    study = read_study(shares[0])
    drawn = read_table(shares[1].with_suffix(".parquet"))
    alts = {
        figure["id"]: draw_shares.KINDS[figure["kind"]][1](
            study, figure, drawn[drawn["figure"] == figure["id"]].to_dict("records")
        )
        for figure in study.figures
    }
    assert "Fever, First line: most often Drug A or B (7/9, 78%)." in alts["ladder"]
    assert "Days of the drug: half by 5; by 10 10/10, 100%." in alts["delay"]
    assert "One: most often Drug A, 5/9 (56%)." in alts["both"]


def test_the_program_draws_one_figure_and_names_one_that_is_not_there(shares, tmp_path):
    paths = ("--study", shares[0], "--shares", shares[1].with_suffix(".parquet"), "--fonts", ROOT / "resources/fonts")
    done = call("draw_shares", *paths, "--figure", "ladder", "--out", tmp_path / "ladder")
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "ladder.csv")) == len(found(shares, "ladder"))
    wrong = call("draw_shares", *paths, "--figure", "lader", "--out", tmp_path / "x")
    assert (wrong.returncode, "did you mean 'ladder'" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("options: [a, b]", "options: [a, bb]", "'drug' has no answer 'bb' that counts"),
        ("up_to: none", "up_to: dont_know", "'drug' has no answer 'dont_know' that counts"),
        ("each: {Second line: tests}", "each: {Third line: tests}", "'Third line' is not one of the columns"),
        ("item: days}", "item: dayz}", "no item 'dayz'"),
        ("item: days}", "item: comment}", "'comment' is text"),
        (", at: {a: 1, b: 10}", "", "'drug' is single; `at` gives the days"),
        ("Other: drug}", "Other: size}", "'size' has other answers than 'drug'"),
        ("at: {a: 1, b: 10}", "at: {a: .nan, b: 10}", "nan is no number that can be used"),
        ("label: Drug by day", "label: Days of the drug", "'Days of the drug' is there 2 times"),
        ("label: Up to none, cells: {Second", "label: Blood, cells: {Second", "'Blood (Second line)' is there 2 times"),
        ("kind: paired\n", "kind: paired\n    axis: Day\n", "'axis' is for another kind than paired"),
        ("title: The same twice", 'title: " "', "title: it is blank"),
        ("id: both", "id: flow", "'flow' is the name of a figure that every study may have"),
        ("items: [drug]", "items: [centre_id]", "no agreement is measured of 'centre_id'"),
        ("id: both", "id: care", "another figure, or a domain, has this id"),
        ("items: [drug]", "items: [drugs]", "no item 'drugs'"),
        ("    axis: Day\n", "", "'axis' is a required property"),
    ],
)
def test_a_figure_of_what_is_not_there_is_named(shares, tmp_path, old, new, said):
    shutil.copytree(shares[0], tmp_path / "small")
    path = tmp_path / "small/study.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        read_study(tmp_path / "small")
    assert said in str(error.value)
