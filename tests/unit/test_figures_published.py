import math

import pandas as pd
import pytest
from legible import assert_legible, texts, words
from project import ROOT, STUDY, call
from small import change

from survey import figures_published as figure_of
from survey import style
from survey.comparators import COMPARATORS, STUDIES, read_sheet
from survey.study import read_study
from survey.tables import read_table, write_both

FONTS = ROOT / "resources" / "fonts"
LONG = "Centres of one country answered, for patients of any age, with any product, in the year before the survey"
REJESKI = {
    "study": "rejeski_2023_icaht", "citation": "Rejeski K et al. HemaSphere 2023. PMC10145722.", "doi": "10.1/rejeski",
}  # fmt: skip
NOT_PRINTED = {
    "figure": "percent(tests, blood)", "item": "tests", "question": "Which tests do you order?",
    "option_labels": "Blood", "percent": 60.0, "ci_low": 45.0, "ci_high": 73.0, "numerator": 24.0, "denominator": 40.0,
    **REJESKI, "published_question": "Work-up", "published_option": "blood count", "published": "93",
    "published_n": math.nan, "published_denominator": math.nan, "published_percent": 93.0,
    "published_ci_low": math.nan, "published_ci_high": math.nan, "denominator_printed": "no",
    "published_ci_method": "", "evidence": "", "unit": "centre",
    "note": "Physicians answered. Denominator not printed; the study had 41 respondents.",
}  # fmt: skip
PRINTED = NOT_PRINTED | {
    "figure": "percent(drug, a)", "item": "drug", "option_labels": "Drug A", "percent": 10.0, "ci_low": 4.0,
    "ci_high": 23.0, "numerator": 4.0, "study": "gutierrez_2020_caricu", "citation": "Gutierrez C, Brown ART. 2020.",
    "published_option": "first drug", "published": "36", "published_n": 4.0, "published_denominator": 11.0,
    "published_percent": 400 / 11, "published_ci_low": 15.2, "published_ci_high": 64.6, "denominator_printed": "yes",
    "doi": "", "note": "",
}  # fmt: skip
SPAN = NOT_PRINTED | {"published": "78-81", "published_percent": math.nan, "published_option": "blood smear"}


@pytest.fixture(scope="module")
def fonts():
    fonts = style.Fonts(FONTS)
    fonts.register()
    return fonts


def table(*rows):
    return pd.DataFrame(rows, columns=COMPARATORS)


def drawing(study, comparators, fonts, width=style.DOUBLE_COLUMN):
    answers = figure_of.published_answers(study, comparators)
    room = figure_of.page_room(study, answers, fonts)
    return figure_of.published_figure(study, answers, room, fonts, width), answers, room


def dots(figure, colour, filled):
    """Horizontal places of the marks of a colour that stand in the data, right of the words, as percents."""
    ends = [text.get_position()[0] for text in texts(figure) if text.get_text() in ("0", "100%")]
    low, high = min(ends), max(ends)
    fill = colour if filled else "white"
    places = [
        x
        for line in figure.axes[0].lines
        if (line.get_markeredgecolor(), line.get_markerfacecolor()) == (colour, fill)
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
        if y > min(text.get_position()[1] for text in texts(figure) if text.get_text() == "100%")
    ]
    return sorted(round(100 * (x - low) / (high - low), 6) for x in places)


def intervals(figure, colour):
    """How many interval lines of a colour are drawn."""
    from matplotlib.colors import to_hex

    return sum(
        to_hex(one).upper() == colour for lines in figure.axes[0].collections for one in lines.get_colors()[:, :3]
    )


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_marks_lie_where_the_percents_are_and_an_unprinted_denominator_has_an_open_one_without_interval(
    small, fonts, width
):
    figure, _, _ = drawing(read_study(small), table(NOT_PRINTED, PRINTED), fonts, width)
    assert_legible(figure, width)
    assert dots(figure, style.BLUE, True) == [10, 60]
    assert dots(figure, style.ORANGE, True) == [pytest.approx(400 / 11, abs=1e-5)]
    assert dots(figure, style.ORANGE, False) == [93]
    assert (intervals(figure, style.BLUE), intervals(figure, style.ORANGE)) == (2, 1)
    for text in ("24/40 (60%)", "not printed (93%)", "4/11 (36%)", "Rejeski 2023", "Gutierrez 2020"):
        assert text in words(figure)


def test_a_range_that_was_printed_is_told_and_has_no_mark(small, fonts):
    figure, _, _ = drawing(read_study(small), table(SPAN), fonts)
    assert dots(figure, style.ORANGE, False) == []
    assert "not printed (78-81%)" in words(figure)


def test_an_estimate_beside_two_surveys_is_drawn_once(small, fonts):
    study = read_study(small)
    figure, answers, _ = drawing(study, table(NOT_PRINTED, SPAN, PRINTED), fonts)
    assert [len(answer.published) for answer in answers] == [2, 1]
    assert dots(figure, style.BLUE, True) == [10, 60]


def test_a_response_rate_has_no_interval_and_the_figure_says_why(small, fonts):
    rate = PRINTED | {"figure": "response_rate(RR1)", "item": "", "question": "Response rate", "option_labels": "RR1"}
    figure, _, _ = drawing(read_study(small), table(rate | {"ci_low": math.nan, "ci_high": math.nan}), fonts)
    assert "AAPOR's RR1" in words(figure)
    assert "A response rate is a count of all invited and has none." in words(figure)
    assert intervals(figure, style.BLUE) == 0


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("count", [1, 60])
def test_any_number_of_rows_with_long_words_is_legible_and_what_does_not_fit_is_counted(small, fonts, width, count):
    change(small / "codebook.csv", "order?,Tests", "order?,Tests ordered in patients with fever of unknown origin")
    rows = [
        NOT_PRINTED | {"figure": f"percent(tests, {k})", "option_labels": LONG, "published_option": LONG, "note": LONG}
        for k in range(count)
    ]
    figure, answers, room = drawing(read_study(small), table(*rows), fonts, width)
    assert_legible(figure, width)
    assert (room == 1) if count == 1 else (10 < room < count)
    drawn = figure_of.drawn_table(answers, room)
    assert (drawn["drawn"] == "yes").sum() == room
    assert (f"{count - room} more answers in the table of published surveys" in words(figure)) == (count > room)


def test_a_note_that_several_figures_share_is_printed_once(small, fonts):
    other = NOT_PRINTED | {"figure": "percent(tests, mri)", "option_labels": "MRI"}
    figure, answers, _ = drawing(read_study(small), table(NOT_PRINTED, other, PRINTED), fonts)
    assert words(figure).count("Physicians answered.") == 1
    assert [other.note_number for answer in answers for other in answer.published] == [1, 1, 0]


def test_what_is_drawn_is_what_the_table_holds(small, fonts):
    comparators = table(NOT_PRINTED, PRINTED, SPAN)
    _, answers, room = drawing(read_study(small), comparators, fonts)
    drawn = figure_of.drawn_table(answers, room)
    shared = [column for column in figure_of.COLUMNS.split() if column in COMPARATORS]
    assert len(shared) > 15
    pd.testing.assert_frame_equal(drawn[shared], comparators[shared])


def test_which_of_the_surveys_is_simulated_is_said_when_and_only_when_it_is(small, fonts):
    for simulated in (True, False):
        study = read_study(small)
        figure, answers, room = drawing(study, table(NOT_PRINTED, PRINTED), fonts)
        text, alt = words(figure), figure_of.published_alt(study, answers, room)
        assert ("This survey: simulated data." in text) == simulated
        assert ("this survey (simulated data)" in text) == simulated
        assert ("imulated" in text) == ("imulated" in alt) == simulated
        if simulated:
            change(small / "study.yaml", "simulated: true", "simulated: false")


def test_published_surveys_are_called_by_first_author_and_year():
    studies = list(read_sheet(ROOT / "resources/published/studies.csv", STUDIES).values())
    names = figure_of.survey_names(studies)
    assert len(set(names.values())) == len(studies)
    assert names["penack_2024_ebmt"] == "Penack 2024a"
    assert names["penack_2024_germany"] == "Penack 2024b"
    for row in studies:
        author, year = names[row["study"]].split(" ")
        assert row["citation"].startswith(f"{author} ")
        assert year[:4] in row["citation"]


@pytest.mark.parametrize(
    ("citation", "name"),
    [
        ("von Tresckow B, Wolff D. Blood 2022;1:2.", "von Tresckow 2022"),
        ("Müller-Öz ÄB et al. J 2021.", "Müller-Öz 2021"),
        ("European registry. Report, 2019.", "European registry 2019"),
    ],
)
def test_an_author_is_what_stands_before_the_initials(citation, name):
    assert figure_of.survey_names([{"study": "x", "citation": citation}]) == {"x": name}


def test_the_study_has_the_figure_if_and_only_if_it_names_published_figures(small):
    header = (STUDY / "comparators.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "published" not in read_study(small).figure_names
    for text, has in (
        ("", False),
        (f"{header}\n", False),
        (f"{header}\n,,,,\n", False),
        (f"{header}\na,b,c,d,\n", True),
    ):
        (small / "comparators.csv").write_text(text, encoding="utf-8")
        assert ("published" in read_study(small).figure_names) == has, text
    assert "differences" in read_study(small).figure_names
    change(small / "study.yaml", "groups: [size]", "groups: []")
    assert "differences" not in read_study(small).figure_names


def test_run_alone_it_draws_every_format(small, tmp_path):
    write_both(table(NOT_PRINTED, PRINTED), tmp_path / "comparators")
    out = tmp_path / "figures" / "published"
    done = call(
        "draw_published", "--study", small, "--comparators", tmp_path / "comparators.parquet", "--fonts", FONTS,
        "--out", out,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "published: 2 figures beside 2 of ours\n"), done.stderr
    assert len(read_table(out.with_suffix(".csv"))) == 2
    alt = out.with_suffix(".alt.txt").read_text(encoding="utf-8")
    assert "Tests, Blood: this survey 24/40 (60%); Rejeski 2023 (blood count) not printed (93%)." in alt
    for form in (".svg", ".pdf", ".png", "-86mm.svg", "-86mm.pdf", "-86mm.png"):
        assert out.with_name(out.name + form).stat().st_size > 0
