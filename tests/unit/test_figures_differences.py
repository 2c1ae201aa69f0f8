import math

import pandas as pd
import pytest
from legible import assert_legible, texts, words
from project import ROOT, call
from small import change

from survey import figures_differences as figure_of
from survey import style
from survey.study import read_study
from survey.tables import read_table, write_both

FONTS = ROOT / "resources" / "fonts"
LONG = "Any centre that gives more than two hundred and fifty infusions a year, as the last annual report counts them"
COMPARED = {
    "domain": "care", "group": "size", "test": "fisher_exact", "p": 0.001, "p_adjusted": 0.01, "differs": "yes",
    "effect": 0.4, "effect_name": "cramers_v", "effect_ci_low": 0.1, "effect_ci_high": 0.7,
}  # fmt: skip


@pytest.fixture(scope="module")
def fonts():
    fonts = style.Fonts(FONTS)
    fonts.register()
    return fonts


def share(item, level, option, n, base):
    percent = 100 * n / base if base else math.nan
    row = {"item": item, "group": "size", "level": level, "option": option, "n": n, "n_valid": base}
    return row | {"percent": percent, "ci_low": max(percent - 9, 0), "ci_high": min(percent + 9, 100)}


def middle(item, level, n, q1, median, q3):
    row = {"item": item, "group": "size", "level": level, "option": "", "n": n, "n_valid": n}
    return row | {"median": median, "q1": q1, "q3": q3}


@pytest.fixture
def groups():
    """Drug B in 1 of 40 small centres and 20 of 40 large ones; only small centres rank the cost."""
    rows = [
        share("drug", "small", "a", 30, 40), share("drug", "large", "a", 15, 40),
        share("drug", "small", "b", 1, 40), share("drug", "large", "b", 20, 40),
        share("drug", "small", "none", 9, 40), share("drug", "large", "none", 5, 40),
        share("drug", "small", "other", 0, 40), share("drug", "large", "other", 0, 40),
        share("tests", "small", "mri", 0, 0), share("tests", "large", "mri", 12, 12),
        middle("days", "small", 38, 7, 10.5, 14), middle("days", "large", 35, 3, 5, 7),
        middle("order[cost]", "small", 20, 1, 2, 3), middle("order[cost]", "large", 0, *[math.nan] * 3),
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(domain="care")


def compared(*changes):
    return pd.DataFrame([COMPARED | change for change in changes], columns=["item", *COMPARED])


@pytest.fixture
def comparisons():
    """The differences of every kind of question, and a comparison that found none."""
    return compared(
        {"item": "order[cost]", "p_adjusted": 0.04, "effect": math.inf, "effect_ci_high": math.inf},
        {"item": "drug", "p_adjusted": 0.01},
        {"item": "tests[mri]", "effect_ci_low": math.nan, "effect_ci_high": math.nan, "p_adjusted": 0.0002},
        {"item": "days", "test": "mann_whitney", "effect": -0.4, "effect_name": "cliffs_delta", "p_adjusted": 0.02},
        {"item": "why[cost]", "differs": "no", "p": 0.6, "p_adjusted": 0.9},
    )


def found_in(study, comparisons, groups):
    return figure_of.differences(study, comparisons, groups)


def drawing(study, found, fonts, width=style.DOUBLE_COLUMN, tests=5):
    room = figure_of.page_room(study, found, tests, fonts)
    return figure_of.differences_figure(study, found, tests, room, fonts, width), room


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_long_names_empty_levels_and_endless_effects_are_legible(small, comparisons, groups, fonts, width):
    change(small / "options.csv", "size,large,Large", f'size,large,"{LONG}"')
    change(small / "options.csv", "drug,b,Drug B", f'drug,b,"{LONG}"')
    change(small / "codebook.csv", "days?,Days,", '"days?","Days from the first fever to the first drug, all causes",')
    change(
        small / "codebook.csv", "large is your centre?,Size", "large is your centre?,Size of the centre by infusions"
    )
    study = read_study(small)
    figure, room = drawing(study, found_in(study, comparisons, groups), fonts, width)
    assert room == 4
    assert_legible(figure, width)
    for text in ("0/0 (–)", "no answers", "12/12 (100%)", "10.5 (7 to 14), n = 38", "<0.001", "∞"):
        assert text in words(figure)


def test_the_smallest_adjusted_p_comes_first(small, comparisons, groups):
    found = found_in(read_study(small), comparisons, groups)
    assert [one.item for one in found] == ["tests[mri]", "drug", "days", "order[cost]"]


def test_what_is_drawn_is_what_the_tables_hold(small, comparisons, groups):
    study = read_study(small)
    found = found_in(study, comparisons, groups)
    drawn = figure_of.drawn_table(study, found, 3)
    assert list(drawn["drawn"]) == ["yes"] * 6 + ["no"] * 2
    tested = comparisons.set_index("item")
    for row in drawn.to_dict("records"):
        item = row["item"].partition("[")[0] if row["option"] else row["item"]
        place = (groups["item"] == item) & (groups["option"] == row["option"]) & (groups["level"] == row["level"])
        (expected,) = groups[place].to_dict("records")
        names = ("percent", "ci_low", "ci_high") if row["option"] else ("median", "q1", "q3")
        for name in ("n", "n_valid", *names):
            assert row[name] == pytest.approx(expected[name], rel=0, abs=0, nan_ok=True), (row["item"], name)
        for name in ("effect", "effect_ci_low", "effect_ci_high", "p", "p_adjusted", "test"):
            assert row[name] == tested.loc[row["item"], name] or math.isnan(row[name])


def test_marks_lie_where_the_percents_are(small, comparisons, groups, fonts):
    study = read_study(small)
    found = found_in(study, comparisons[comparisons["item"] == "drug"], groups)
    figure, _ = drawing(study, found, fonts)
    (dots,) = figure.axes[0].lines
    (first, second), widest = dots.get_xdata(), [text for text in texts(figure) if text.get_text() in ("0", "100%")]
    low, high = sorted(text.get_position()[0] for text in widest)
    assert [100 * (x - low) / (high - low) for x in (first, second)] == pytest.approx([2.5, 50])


def test_of_several_answers_the_one_whose_shares_differ_most_is_drawn():
    assert figure_of.most_different({"yes": [(9, 10), (2, 10)], "no": [(1, 10), (8, 10)]}) == "yes"
    assert (
        figure_of.most_different({"a": [(20, 40), (15, 40)], "b": [(1, 40), (19, 40)], "c": [(0, 40), (0, 40)]}) == "b"
    )
    # Two answers of two differ more in percent, but say less than many of many.
    assert figure_of.most_different({"rare": [(1, 1), (12, 40)], "common": [(0, 1), (30, 90)]}) == "rare"
    assert figure_of.most_different({"a": [(0, 0), (5, 9)], "b": [(0, 0), (4, 9)]}) == "a"


def test_the_answer_that_differs_most_is_named_and_not_the_most_frequent(small, comparisons, groups, fonts):
    study = read_study(small)
    figure, _ = drawing(study, found_in(study, comparisons, groups), fonts)
    assert "Drug B" in words(figure)
    assert "1/40 (3%)" in words(figure)
    assert "the one whose percents differ most is drawn" in words(figure)


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize(
    ("tests", "words_for_it"),
    [(5, "None of 5 tests between groups found"), (0, "No comparison between groups could be tested")],
)
def test_where_none_survives_the_figure_says_so(small, comparisons, groups, fonts, width, tests, words_for_it):
    study = read_study(small)
    found = found_in(study, comparisons[comparisons["differs"] == "no"], groups)
    figure, room = drawing(study, found, fonts, width, tests)
    assert_legible(figure, width)
    assert words_for_it in words(figure)
    assert words_for_it in figure_of.differences_alt(study, found, tests, room)
    assert figure_of.drawn_table(study, found, room).empty


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_of_more_than_fit_a_page_those_of_smallest_p_are_drawn_and_the_rest_counted(small, groups, fonts, width):
    study = read_study(small)
    many = compared(*({"item": "drug", "p": k / 1e6, "p_adjusted": k / 1e4} for k in range(60, 0, -1)))
    found = found_in(study, many, groups)
    figure, room = drawing(study, found, fonts, width)
    assert_legible(figure, width)
    assert 10 < room < 60
    drawn = figure_of.drawn_table(study, found, room)
    kept = drawn[drawn["drawn"] == "yes"]
    assert len(kept) == 2 * room
    assert kept["p_adjusted"].max() < drawn.loc[drawn["drawn"] == "no", "p_adjusted"].min()
    more = f"{60 - room} more differences, of larger adjusted p, in the table of comparisons"
    assert more in words(figure)
    assert more in figure_of.differences_alt(study, found, 60, room)


def test_a_page_is_used_before_differences_are_left_out(small, groups, fonts):
    study = read_study(small)
    found = found_in(study, compared(*({"item": "drug", "p_adjusted": k / 1e4} for k in range(1, 61))), groups)
    figure, _ = drawing(study, found, fonts)
    assert 0.93 * style.PAGE_HEIGHT < figure.get_size_inches()[1] * 72 <= style.PAGE_HEIGHT


def test_simulated_data_is_said_when_and_only_when_it_is_true(small, comparisons, groups, fonts):
    for simulated in (True, False):
        study = read_study(small)
        for rows in (comparisons, comparisons.iloc[:0]):
            found = found_in(study, rows, groups)
            figure, room = drawing(study, found, fonts)
            for text in (words(figure), figure_of.differences_alt(study, found, 5, room)):
                assert ("Simulated data" in text) == simulated
        if simulated:
            change(small / "study.yaml", "simulated: true", "simulated: false")


def test_the_notes_name_the_adjustments_and_say_that_weights_are_in_the_tests_alone(small, comparisons, groups, fonts):
    study = read_study(small)
    found = found_in(study, comparisons, groups)
    text = words(drawing(study, found, fonts)[0])
    assert "adjusted within a domain (Benjamini and Hochberg)" in text
    assert "weighted" not in text
    change(small / "study.yaml", "seed: 1", "weights: {method: rake, margins: [size]}\nseed: 1")
    change(small / "study.yaml", "seed: 1", "comparisons: {within: none, across: none}\nseed: 1")
    text = words(drawing(read_study(small), found, fonts)[0])
    assert (
        "Tests are weighted, percents and medians are not. Effects with 95% interval; p is not adjusted and counts"
        in text
    )


def test_the_description_tells_each_difference_from_its_lowest_to_its_highest_level(small, comparisons, groups):
    study = read_study(small)
    alt = figure_of.differences_alt(study, found_in(study, comparisons, groups), 5, 4)
    assert "Size, First drug (Drug B): Small 1/40 (3%) to Large 20/40 (50%); Cramér's V 0.40 (0.10 to 0.70)" in alt
    assert "Size, Days (Median, days): Large 5 (3 to 7), n = 35 to Small 10.5 (7 to 14), n = 38;" in alt
    assert "\n" not in alt


def test_run_alone_it_draws_every_format(small, comparisons, groups, tmp_path):
    write_both(comparisons, tmp_path / "stats" / "comparisons")
    write_both(groups, tmp_path / "stats" / "care" / "groups")
    write_both(groups.iloc[:0], tmp_path / "stats" / "centre" / "groups")
    out = tmp_path / "figures" / "differences"
    done = call("draw_differences", "--study", small, "--stats", tmp_path / "stats", "--fonts", FONTS, "--out", out)
    assert (done.returncode, done.stdout) == (0, "differences: 4 of 5 tests, 4 drawn\n"), done.stderr
    assert len(read_table(out.with_suffix(".csv"))) == 8
    for form in (".svg", ".pdf", ".png", "-86mm.svg", "-86mm.pdf", "-86mm.png", ".alt.txt"):
        assert out.with_name(out.name + form).stat().st_size > 0
