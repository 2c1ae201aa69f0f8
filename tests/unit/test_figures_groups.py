import pandas as pd
import pytest
from project import ROOT, call
from small import change

from survey import figures_groups, style
from survey.study import read_study
from survey.tables import read_table, write_both

LEVELS = {"small": [3, 1, 4], "large": [8, 2, 10]}


@pytest.fixture(scope="module")
def fonts():
    fonts = style.Fonts(ROOT / "resources" / "fonts")
    fonts.register()
    return fonts


@pytest.fixture
def tables():
    agreement = pd.DataFrame({"item": ["drug", "tests"], "top_option": ["a", "blood"], "entropy": [0.5, 0.7]})
    groups = [
        {"domain": "care", "item": item, "group": "size", "level": level, "option": option, "n": n, "n_valid": base}
        for item, options in (("drug", ("a", "b")), ("tests", ("blood", "mri")))
        for level, (first, second, base) in LEVELS.items()
        for option, n in zip(options, (first, second), strict=True)
    ]
    groups = pd.DataFrame(groups)
    return agreement, groups.assign(percent=100 * groups["n"] / groups["n_valid"])


def test_every_cell_is_the_groups_table_and_small_bases_have_no_percent(small, tables):
    rows = figures_groups.group_rows(read_study(small), *tables)
    drawn = figures_groups.drawn_table(rows)
    assert drawn[["item", "option", "level", "n", "n_valid", "shown"]].values.tolist() == [
        ["drug", "a", "small", 3, 4, "3/4"],
        ["drug", "a", "large", 8, 10, "80"],
        ["tests", "blood", "small", 3, 4, "3/4"],
        ["tests", "blood", "large", 8, 10, "80"],
    ]


def test_a_study_without_choices_says_so(small, fonts):
    figure = figures_groups.groups_figure(read_study(small), [], fonts, style.DOUBLE_COLUMN)
    assert "No question has answers to compare" in {text.get_text() for text in figure.axes[-1].texts}


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_nothing_is_clipped_and_no_texts_overlap(small, tables, fonts, width):
    study = read_study(small)
    figure = figures_groups.groups_figure(study, figures_groups.group_rows(study, *tables), fonts, width)
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts if text.get_text()]
    assert len(boxes) > 15
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes)
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            down = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert across <= 1 or down <= 3


def test_the_words_simulated_data_stand_in_it_as_long_as_they_are(small, tables, fonts):
    def texts():
        study = read_study(small)
        figure = figures_groups.groups_figure(
            study, figures_groups.group_rows(study, *tables), fonts, style.DOUBLE_COLUMN
        )
        return {text.get_text() for text in figure.axes[-1].texts}

    assert "Simulated data" in texts()
    change(small / "study.yaml", "simulated: true", "simulated: false")
    assert "Simulated data" not in texts()


def test_the_description_names_the_widest_range_of_levels_with_enough_answers(small, tables):
    agreement, groups = tables
    study = read_study(small)
    assert "widest" not in figures_groups.groups_alt(study, figures_groups.group_rows(study, agreement, groups))
    enough = groups.assign(n_valid=groups["n_valid"] + 10)
    enough = enough.assign(percent=100 * enough["n"] / enough["n_valid"])
    alt = figures_groups.groups_alt(study, figures_groups.group_rows(study, agreement, enough))
    assert "Size: widest for First drug (Drug A), 21% (Small) to 40% (Large)." in alt


def test_more_items_than_fit_leave_the_least_agreed(small, tables, monkeypatch):
    monkeypatch.setattr(figures_groups, "MOST", 1)
    assert [row.item for row in figures_groups.group_rows(read_study(small), *tables)] == ["tests"]


def test_run_alone_it_draws_every_format(small, tables, tmp_path):
    agreement, groups = tables
    write_both(agreement, tmp_path / "stats" / "agreement")
    write_both(groups, tmp_path / "stats" / "care" / "groups")
    write_both(groups.iloc[:0], tmp_path / "stats" / "centre" / "groups")
    done = call(
        "draw_groups", "--study", small, "--stats", tmp_path / "stats", "--fonts", ROOT / "resources" / "fonts",
        "--out", tmp_path / "groups",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(read_table(tmp_path / "groups.csv")) == 4
    for form in ("svg", "pdf", "png", "alt.txt"):
        assert (tmp_path / f"groups.{form}").stat().st_size > 0
