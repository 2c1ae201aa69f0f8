"""A study drafted from an export: what is recognised, what is doubted, and that nothing personal is told."""

import csv
import datetime
import json
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from project import EXAMPLE, ROOT, SIMULATED, STUDY, call
from replay import assert_replayed, clean_all

from survey.answers import find_option
from survey.cells import READERS
from survey.drafting.branching import translate
from survey.drafting.items import Answer, Item, give_codes
from survey.drafting.scales import order_of
from survey.drafting.words import kind_of, names_person, shorten, slug
from survey.export import read_export
from survey.recodes import read_cleaning_study, read_recodes, rules_for, with_recodes
from survey.study import read_study
from survey.style import Face, load_fonts


def write(path: Path, rows: list[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def drafted(path: Path, *arguments: object):
    """The study drafted from an export, read again."""
    folder = path.parent / f"{path.stem}-draft"
    done = call("draft_study", path, *arguments, "--out", folder)
    assert done.returncode == 0, done.stderr
    return read_study(folder)


def plain(tmp_path, columns: dict[str, list[str]]):
    """The study drafted from a plain table given by columns."""
    return drafted(write(tmp_path / "table.csv", [list(columns), *map(list, zip(*columns.values(), strict=True))]))


def runs(study):
    """The answers of a draft after cleaning, which nothing stops, and which its ledger explains."""
    study = read_cleaning_study(study.folder)
    whole, cells, uses = clean_all(study, read_export(study.folder / study.export["file"]))
    assert_replayed(whole, cells, uses, study)
    return whole


def by_source(study):
    return {item.source: item for item in study.items}


# --- Orders and words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        ["Strongly disagree", "Disagree", "Neither agree or disagree", "Agree", "Strongly agree"],
        ["Very unimportant", "Somewhat unimportant", "Neither important nor unimportant", "Very important"],
        ["Not at all important", "Somewhat important", "Very important"],
        ["No, not rude at all", "Yes, somewhat rude", "Yes, very rude"],
        ["Not needed", "Little needed", "Neutral", "Needed", "Very much needed"],
        ["0 - Not at all satisfied", "1", "2", "3", "10 - Completely satisfied"],
        ["18-29", "30-44", "45-60", "> 60"],
        ["$0 - $24,999", "$25,000 - $49,999", "$100,000 - $149,999", "$150,000+"],
        ["10 or younger", "11", "12", "21 or older"],
        ["Grade 1", "Grade 2", "Grade 3"],
        ["Never", "Once in a while", "About half the time", "Usually", "Always"],
        ["Less than high school degree", "High school degree", "Bachelor degree", "Graduate degree"],
        ["Nie", "Selten", "Manchmal", "Oft", "Immer"],
    ],
)
def test_answers_with_an_order_are_put_in_it(labels):
    places = order_of(labels[::-1])
    assert places is not None
    found = [label for _, label in sorted(zip(places, labels[::-1], strict=True))]
    assert found == labels


@pytest.mark.parametrize(
    "labels", [["Red", "Green", "Blue"], ["Windows 7", "Linux 5", "macOS 10"], ["Germany", "France"], ["Yes", "No"]]
)
def test_names_have_no_order(labels):
    assert order_of(labels) is None


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Other (please specify)", "other"),
        ("Others", "other"),
        ("Other/Mixed", "substantive"),
        ("I don't know", "dont_know"),
        ("I don't understand this question", "substantive"),
        ("Unfamiliar (N/A)", "substantive"),
        ("N/A", "not_applicable"),
        ("Doesn't apply", "not_applicable"),
        ("Prefer not to say", "refused"),
        ("None", "substantive"),
        ("NA", "substantive"),
    ],
)
def test_answers_that_are_none_are_told_from_those_that_only_look_so(label, kind):
    assert kind_of(label) == kind


def test_headers_that_ask_for_a_person():
    for name in ("email", "E-Mail", "first_name", "hospitalPhone", "ip_address", "name", "date_of_birth"):
        assert names_person(name, name) == (name != "hospitalPhone"), name
    assert names_person("q1", "What is your full name?")
    assert not names_person("q2", "How often do you read your work e-mails on a mobile phone?")


def test_names_and_labels_are_cut_between_words():
    assert slug("Häufigkeit der Nutzung – in Stunden", 20) == "haufigkeit_der"
    assert slug("日本") == ""
    assert len(shorten("word " * 40)) <= 80
    assert shorten("word " * 40).endswith("word word…")
    assert shorten("a short one") == "a short one"


@given(st.lists(st.text(min_size=1, max_size=12).filter(lambda text: text.strip()), min_size=1, max_size=8))
def test_no_text_ever_stands_for_two_options(labels):
    answers = [Answer(label.strip(), aliases=(label, label.upper())) for label in labels]
    give_codes(answers)
    seen = {}
    for answer in answers:
        assert re.fullmatch(r"[a-z0-9_]+", answer.code)
        for text in (answer.code, answer.label, *answer.aliases):
            assert seen.setdefault(text.casefold(), answer.code) == answer.code


# --- What a plain table holds -------------------------------------------------------------------------------------


def test_kinds_of_columns_of_a_plain_table(tmp_path):
    rows = range(40)
    study = plain(
        tmp_path,
        {
            "": [str(row) for row in rows],
            "ward code": [f"W{row:03}" for row in rows],
            "Beds": [str(11 + 3 * row % 70) for row in rows],
            "Bundle in use?": ["Yes", "No", "Yes", "Do not know"] * 10,
            "How often is it checked?": ["Never", "Sometimes", "Often", "Always"] * 10,
            "Opened": [f"20{row % 20 + 1:02}-05-01" for row in rows],
            "Any comments?": [f"Remark number {row}" for row in rows],
            "E-mail": [f"ward{row}@example.org" for row in rows],
            "Staff [day]": ["1", "2", "3", "4"] * 10,
            "Staff [night]": ["2", "1", "4", "3"] * 10,
            "Solutions": ["Saline, 0.9%;Heparin", "Saline, 0.9%", "Taurolidine;Heparin", "Heparin"] * 10,
            "Empty": [""] * 40,
        },
    )
    found = {item.source: (item.type, item.role) for item in study.items}
    assert found == {
        "(no header)": ("text", "ignore"),
        "ward code": ("text", "identifier"),
        "Beds": ("numeric", "outcome"),
        "Bundle in use?": ("single", "outcome"),
        "How often is it checked?": ("ordinal", "outcome"),
        "Opened": ("date", "outcome"),
        "Any comments?": ("text", "free_text"),
        "E-mail": ("text", "identifier"),
        "Staff [day]": ("ordinal", "outcome"),
        "Staff [night]": ("ordinal", "outcome"),
        "Solutions": ("multiple", "outcome"),
        "Empty": ("text", "ignore"),
    }
    items = by_source(study)
    assert [option.kind for option in items["Bundle in use?"].options] == ["substantive", "substantive", "dont_know"]
    assert [o.label for o in items["How often is it checked?"].options] == ["Never", "Sometimes", "Often", "Always"]
    assert {option.label for option in items["Solutions"].options} == {"Saline, 0.9%", "Heparin", "Taurolidine"}
    assert study.export["separator"] == ";"
    assert study.respondent_key == items["ward code"].name


def test_weights_missing_codes_and_computed_columns(tmp_path):
    rows = range(60)
    code = lambda row, many: "-1" if row % 15 == 0 else str(row % many + 1)  # noqa: E731
    beds = [10 + row * 7 % 45 for row in rows]
    nurses = [21 + row % 9 for row in rows]
    study = plain(
        tmp_path,
        {
            "weight": [f"{0.5 + row % 9 / 8:.3f}" for row in rows],
            **{f"Q{number}": [code(row + number, 4) for row in rows] for number in range(1, 7)},
            "beds": list(map(str, beds)),
            "nurses": list(map(str, nurses)),
            "years": ["999" if row in (3, 9) else str(row % 30) for row in rows],
            "ratio": [f"{a / b:.4f}" for a, b in zip(beds, nurses, strict=True)],
        },
    )
    items = by_source(study)
    assert items["weight"].role == "weight"
    assert {option.code: option.kind for option in items["Q1"].options}["minus_1"] == "refused"
    assert items["Q1"].type == "single"
    assert items["beds"].type == "numeric"
    assert [(option.label, option.kind) for option in items["years"].options] == [("999", "not_applicable")]
    assert items["ratio"].note == "derived: beds / nurses"
    page = (study.folder / "DRAFT.md").read_text(encoding="utf-8")
    assert "taken as the weights of the records" in page
    assert "codes that stand for no answer" in page


def test_a_condition_is_told_from_the_blanks_and_loses_no_answer(tmp_path):
    rows = range(60)
    study = plain(
        tmp_path,
        {
            "Uses it": ["Yes" if row % 3 else "No" for row in rows],
            "How": [("A" if row % 2 else "B") if row % 3 else "" for row in rows],
            "Why not": [("C" if row % 2 else "D") if row % 7 else "" for row in rows],
        },
    )
    items = by_source(study)
    assert items["How"].asked_if.text == "uses_it == yes"
    assert items["Why not"].asked_if is None


def test_numbers_in_disorder_are_numbers_and_offered_ranges_are_answers(tmp_path):
    study = plain(
        tmp_path,
        {
            "After how many days?": ["7", "7 days", "ten", "5", "6", "8", "9", "12", "about 8", "14"] * 4,
            "Team size": ["1", "2", "3-5", "6-9", "10+"] * 8,
        },
    )
    items = by_source(study)
    assert (items["After how many days?"].type, items["After how many days?"].unit) == ("numeric", "days")
    assert items["Team size"].type == "ordinal"
    assert [option.label for option in items["Team size"].options] == ["1", "2", "3-5", "6-9", "10+"]


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_ids_weights_and_codes_that_spss_and_stata_store_as_numbers(tmp_path, kind):
    import pandas as pd
    import pyreadstat

    rows = range(40)
    frame = pd.DataFrame(
        {
            "caseid": [1000.0 + row for row in rows],
            "wt": [0.5 + row % 9 / 8 for row in rows],
            "sex": [1.0 + row % 2 for row in rows],
            "score": [1.0 + row % 5 for row in rows],
            "beds": [10.0 + row * 7 % 31 for row in rows],
        }
    )
    labels = ["Case", "Sampling weight", "Sex", "Score", "Beds"]
    getattr(pyreadstat, f"write_{kind}")(frame, str(tmp_path / f"stored.{kind}"), column_labels=labels)
    study = drafted(tmp_path / f"stored.{kind}")
    assert {item.source: (item.type, item.role) for item in study.items} == {
        "caseid": ("text", "identifier"),
        "wt": ("numeric", "weight"),
        "sex": ("single", "group"),
        "score": ("single", "outcome"),
        "beds": ("numeric", "outcome"),
    }
    assert "codes of answers" in doubts_of(study, "score")[0]


def test_where_the_file_labels_its_codes_a_variable_without_labels_is_a_number(tmp_path):
    import pandas as pd
    import pyreadstat

    rows = range(40)
    frame = pd.DataFrame({name: [1.0 + row % 2 for row in rows] for name in ("icu", "ward")})
    frame["rooms"] = [1.0 + row % 4 for row in rows]
    labels = {name: {1.0: "Yes", 2.0: "No"} for name in ("icu", "ward")}
    pyreadstat.write_sav(frame, str(tmp_path / "labelled.sav"), variable_value_labels=labels)
    study = drafted(tmp_path / "labelled.sav")
    assert by_source(study)["rooms"].type == "numeric"
    assert "a number, though its few" in doubts_of(study, "rooms")[0]


def apart(item) -> list[str]:
    """The codes of an item that stand for no answer."""
    return [option.label for option in item.options if not option.counts]


def test_values_below_zero_are_numbers_unless_they_are_few_and_codes(tmp_path):
    rows = range(66)
    study = plain(
        tmp_path,
        {
            "Answer": ["Agree", "Disagree", "Neutral"] * 22,
            "Change": [str(row % 11 - 5) for row in rows],
            "Warming": [f"{(row % 21 - 8) / 2:.1f}" for row in rows],
            "Better or worse": [str(row % 3 - 1) for row in rows],
            "Beds": [("-99", "-9", "-8")[row % 3] if row % 10 == 0 else str(row % 31) for row in rows],
            "Rooms": ["-9" if row % 10 == 0 else str(row % 10) for row in rows],
            "Years": ["-1" if row % 10 == 0 else str(row % 31) for row in rows],
        },
    )
    items = by_source(study)
    assert {source: apart(item) for source, item in items.items() if source != "Answer"} == {
        "Change": [],
        "Warming": [],
        "Better or worse": [],
        "Beds": ["-99", "-9", "-8"],
        "Rooms": ["-9"],
        "Years": ["-1"],
    }
    assert "`-5` 6" in doubts_of(study, "change")[0]


def test_codes_that_many_questions_share_are_set_aside_and_steps_of_a_scale_are_not(tmp_path):
    rows = range(60)
    steps = {f"step{number}": [str((row + number) % 5 - 2) for row in rows] for number in range(4)}
    codes = {f"q{place}": [("-2", "-1", "1", "2", "3")[(row + place) % 5] for row in rows] for place in range(4)}
    items = by_source(plain(tmp_path, steps | codes))
    assert [apart(items[f"step{number}"]) for number in range(4)] == [[]] * 4
    assert [sorted(apart(items[f"q{number}"])) for number in range(4)] == [["-1", "-2"]] * 4


def test_codes_written_with_a_point_are_codes_and_their_cells_are_read(tmp_path):
    rows = range(40)
    study = plain(
        tmp_path,
        {
            "sex": [f"{row % 2 + 1}.0" for row in rows],
            "score": [f"{row % 5 + 1}.0" if row % 7 else "" for row in rows],
            "role": [str(row % 3 + 1) for row in rows],
            "beds": [f"{row * 7 % 31 + 10}.0" for row in rows],
            "often [day]": [str(row % 4 + 1) for row in rows],
            "often [night]": [f"{row % 4 + 1}.0" if row % 7 else "" for row in rows],
        },
    )
    items = by_source(study)
    assert [(items[name].type, len(items[name].options)) for name in ("sex", "score", "role", "beds")] == [
        ("single", 2),
        ("single", 5),
        ("single", 3),
        ("numeric", 0),
    ]
    assert [find_option(items["score"], text)[0].label for text in ("1.0", "5.0")] == ["1", "5"]
    assert "codes of answers" in doubts_of(study, "score")[0]
    assert [[option.label for option in items[f"often [{part}]"].options] for part in ("day", "night")] == [
        ["1", "2", "3", "4"]
    ] * 2
    assert find_option(items["often [night]"], "4.0")[0].label == "4"


@pytest.mark.parametrize(
    ("question", "points"),
    [
        ("How satisfied are you?", [1, 2, 4, 5]),
        ("How likely are you to recommend us?", [0, 3, 5, 7, 8, 9, 10]),
        ("Wie wichtig ist Ihnen das?", [1, 2, 3, 4, 5, 6, 7]),
        ("rate5", [1, 2, 3, 4, 5]),
    ],
)
def test_points_of_a_degree_that_is_asked_for_are_a_scale_with_all_its_points(tmp_path, question, points):
    answers = [str(points[row % len(points)]) for row in range(60)]
    study = plain(tmp_path, {"Role": ["Nurse", "Doctor"] * 30, question: answers})
    item = by_source(study)[question]
    assert item.type == "ordinal"
    assert [option.label for option in item.options] == [str(point) for point in range(points[0], points[-1] + 1)]
    assert "points of a scale" in doubts_of(study, item.name)[0]


def test_few_whole_numbers_are_kept_as_numbers_with_a_doubt_unless_they_are_counted(tmp_path):
    numbers = [str(row % 5 + 1) for row in range(60)]
    columns = {"Role": ["Nurse", "Doctor"] * 30, "Staff": numbers, "How many wards?": numbers}
    study = plain(tmp_path, columns | {"Words": ["Good", "Bad", "Fair"] * 20})
    items = by_source(study)
    assert items["Staff"].type == items["How many wards?"].type == "numeric"
    assert "set type ordinal" in doubts_of(study, "staff")[0]
    assert doubts_of(study, items["How many wards?"].name) == []


OTHER = "Other (please specify)"


def test_a_number_of_something_is_no_identifier_and_a_code_is(tmp_path):
    rows = range(40)
    study = plain(
        tmp_path,
        {
            "NumberOfBeds": [str(100 + 17 * row % 41) for row in rows],
            "no_of_nurses": [str(30 + 11 * row % 43) for row in rows],
            "case_number": [str(9000 + 31 * row) for row in rows],
            "unit_id": [str(50 + row // 2 * 3) for row in rows],
            "Mixed": ["A", "B"] * 20,
        },
    )
    found = {item.source: (item.type, item.role) for item in study.items}
    assert found["NumberOfBeds"] == found["no_of_nurses"] == ("numeric", "outcome")
    assert found["case_number"] == found["unit_id"] == ("text", "identifier")


def test_a_scale_of_which_the_dictionary_labels_the_ends_is_in_order(tmp_path):
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({"mood": [float(row % 7 + 1) for row in range(35)], "x": ["a", "b", "c", "a", "b"] * 7})
    labels = {"mood": {1.0: "very bad", 7.0: "very good", 9.0: "no answer"}}
    path = tmp_path / "mood.sav"
    pyreadstat.write_sav(frame, str(path), column_labels=["Your mood today", ""], variable_value_labels=labels)
    study = drafted(path)
    mood = by_source(study)["mood"]
    assert mood.type == "ordinal"
    assert "dictionary of this export" not in (study.folder / "DRAFT.md").read_text(encoding="utf-8")
    assert [option.label for option in mood.options] == ["very bad", *"23456", "very good", "no answer"]
    assert mood.options[-1].kind == "refused"


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([{1.0: "CRP"}, {1.0: "IL-6"}], "multiple"),
        ([{0.0: "Not selected", 1.0: "Yes"}] * 2, "multiple"),
        ([{0.0: "No", 1.0: "Yes"}] * 2, "single"),
    ],
)
def test_boxes_that_spss_labels_one_by_one_are_one_question(tmp_path, labels, kind):
    import pandas as pd
    import pyreadstat

    no = [float("nan") if len(labels[0]) == 1 else 0.0]
    frame = pd.DataFrame({"Q2_1": [1.0, 1.0, *no] * 8, "Q2_2": [*no, 1.0, *no] * 8})
    titles = ["Which tests? - Selected Choice CRP", "Which tests? - Selected Choice IL-6"]
    values = dict(zip(frame, labels, strict=True))
    path = tmp_path / "boxes.sav"
    pyreadstat.write_sav(frame, str(path), column_labels=titles, variable_value_labels=values)
    study = drafted(path)
    assert {item.type for item in study.items} == {kind}
    if kind == "multiple":
        (item,) = study.items
        assert all(option.label.endswith(end) for option, end in zip(item.options, ("CRP", "IL-6"), strict=True))
        ticks = [runs(study).columns[f"{item.name}[{option.code}]"] for option in item.options]
        assert [int(tick.sum()) for tick in ticks] == [16, 8]


def test_what_was_written_beside_a_box_is_no_option_in_a_file_of_spss_either(tmp_path):
    import pandas as pd
    import pyreadstat

    empty = float("nan")
    frame = pd.DataFrame({"Q2_1": [1.0, empty] * 10, "Q2_5": [empty, 1.0] * 10, "Q2_5_TEXT": ["", "Sister Anna"] * 10})
    titles = ["Which tests? - CRP", "Which tests? - Other", "Which tests? - Other - Text"]
    path, values = tmp_path / "boxes.sav", {"Q2_1": {1: "CRP"}, "Q2_5": {1: "Other"}}
    pyreadstat.write_sav(frame, str(path), column_labels=titles, variable_value_labels=values)
    study = drafted(path)
    boxes, text = by_source(study)["Q2"], by_source(study)["Q2_5_TEXT"]
    assert (boxes.type, boxes.question) == ("multiple", "Which tests?")
    assert (text.role, text.options) == ("free_text", ())
    assert "Anna" not in (study.folder / "options.csv").read_text(encoding="utf-8")


# --- Platforms ----------------------------------------------------------------------------------------------------


def test_surveymonkey_with_ticks_ranks_a_matrix_and_the_text_of_other(tmp_path):
    films = ["Film one", "Film two", "Film three"]
    head = [
        ["Respondent ID", "Collector ID", "Start Date", "End Date", "Films seen?", "", "", "", "Rank them", "", ""],
        ["", "", "", "", *films, OTHER, *films, "Sound", "Picture", "Response", OTHER],
    ]
    head[0] += ["How good?", "", "Who?", ""]
    body = []
    for row in range(24):
        ticks = [film if row % (place + 2) else "" for place, film in enumerate(films)]
        ranks = [str((row + place) % 3 + 1) for place in range(3)]
        views = [["Poor", "Fair", "Good", "Excellent"][(row + place) % 4] for place in range(2)]
        who = ["Director", "Writer", "Other (please specify)"][row % 3]
        moment = f"2024-02-{row + 1:02} 10:00:00"
        other = "a short one" if row == 5 else ""
        text = f"someone {row}" if who.startswith("Other") else ""
        body.append([str(900 + row), "1", moment, moment, *ticks, other, *ranks, *views, who, text])
    study = drafted(write(tmp_path / "poll.csv", [*head, *body]))
    items = by_source(study)
    assert (items["Films seen?"].type, len(items["Films seen?"].options)) == ("multiple", 4)
    assert items["Films seen?"].options[-1].kind == "other"
    assert items["Rank them"].type == "rank"
    assert items["How good? [Sound]"].type == "ordinal"
    assert [o.label for o in items["How good? [Sound]"].options] == ["Poor", "Fair", "Good", "Excellent"]
    assert (items["Who?"].type, items["Who?"].options[-1].kind) == ("single", "other")
    assert "Who? [Other (please specify)]" not in items
    assert study.respondent_key == items["Respondent ID"].name
    assert study.submitted == items["End Date"].name
    assert items["Collector ID"].role == "ignore"


# --- Dates --------------------------------------------------------------------------------------------------------


def orders(study) -> dict[str, str]:
    """Which comes first, by the source of the date items that a rule of the draft is about."""
    return {rule.item.source: rule.becomes for rule in read_recodes(study) if rule.match == "date"}


def doubts_of(study, item: str) -> list[str]:
    """The rows of DRAFT.md about an item."""
    lines = (study.folder / "DRAFT.md").read_text().splitlines()
    return [line for line in lines if f"`{item}`" in line and ".csv` line" in line]


DAYS = [f"{day:02}" for day in range(1, 13)]


def test_time_stamps_say_by_their_course_that_the_month_comes_first(tmp_path):
    rows = [[f"3/{int(day)}/2024 {hour}:00:00", "Yes" if hour > 9 else "No"] for day in DAYS for hour in (9, 17)]
    study = drafted(write(tmp_path / "forms.csv", [["Timestamp", "Bundle in use?"], *rows]))
    assert study.submitted == "timestamp"
    assert orders(study) == {"Timestamp": "month_first"}
    (doubt,) = doubts_of(study, "timestamp")
    assert doubt.startswith("| 1 | `recodes.csv` line 2 |")
    assert "from 2024-03-01 to 2024-03-12" in doubt


def monkey(tmp_path, header: str, stamp: str):
    """A study drafted from an export of SurveyMonkey with a date question whose days are all up to 12."""
    first = ["Respondent ID", "Collector ID", "Start Date", "End Date", "Bundle in use?", "When did it open?"]
    rows = [
        [f"11{day}", "1", stamp.format(day), stamp.format(day), ("Yes", "No")[int(day) % 2], f"{day}/05/2015"]
        for day in DAYS
    ]
    return drafted(write(tmp_path / "monkey.csv", [first, ["", "", "", "", "Response", header], *rows]))


def test_the_header_of_a_date_says_its_order(tmp_path):
    study = monkey(tmp_path, "MM/DD/YYYY", "03/{}/2024 08:09:00 PM")
    assert study.submitted == "end_date"
    assert orders(study) == {"End Date": "month_first", "When did it open? [MM/DD/YYYY]": "month_first"}
    study = monkey(tmp_path / "europe", "DD/MM/YYYY", "03/{}/2024 08:09:00 PM")
    assert orders(study) == {"End Date": "month_first"}  # a day that comes first needs no rule where it is sure


def test_an_order_that_nothing_shows_is_a_doubt_at_the_top_with_its_line(tmp_path):
    columns = {"Bundle in use?": ["Yes", "No"] * 6, "Opened": [f"{day}/05/2015" for day in DAYS]}
    study = plain(tmp_path, columns)
    assert orders(study) == {"Opened": "day_first"}
    (doubt,) = doubts_of(study, "opened")
    assert doubt.startswith("| 1 | `recodes.csv` line 2 | `opened` | the day comes first")
    study = plain(tmp_path / "other", columns | {"Closed": [f"05/{int(day) + 12}/2016" for day in DAYS]})
    assert orders(study) == {"Opened": "month_first"}  # Closed needs none: none of its cells is open
    assert by_source(study)["Closed"].role == "outcome"


def test_a_column_of_dates_in_both_orders_is_doubted_most(tmp_path):
    study = plain(tmp_path, {"Opened": ["13/05/2015", "05/13/2015", "05/06/2015"] * 4, "Answer": ["Yes", "No"] * 6})
    assert "4 cells show that the day does, 4 that the month does; 4 show neither" in doubts_of(study, "opened")[0]


@pytest.mark.parametrize("form", ["%d-%b-%Y", "%B %d, %Y", "%d.%m.%y", "%Y-%m-%d"])
def test_dates_in_many_forms_are_dates(tmp_path, form):
    days = [datetime.date(2018, 1 + row % 12, 1 + row) for row in range(24)]
    study = plain(tmp_path, {"Opened": [day.strftime(form) for day in days], "Answer": ["Yes", "No"] * 12})
    assert (by_source(study)["Opened"].type, by_source(study)["Opened"].role) == ("date", "outcome")


def test_a_time_stamp_that_cannot_be_read_is_told(tmp_path):
    study = monkey(tmp_path, "DD/MM/YYYY", "week {}")
    assert not study.submitted
    assert "no day of submission" in doubts_of(study, "end_date")[0]


def test_redcap_says_when_a_survey_was_completed(tmp_path):
    header = ["record_id", "redcap_survey_identifier", "ward_timestamp", "bundle", "ward_complete"]
    rows = [[str(row), "", f"2024-03-{row:02} 08:00:00", "01"[row % 2], "2"] for row in range(1, 9)]
    study = drafted(write(tmp_path / "redcap.csv", [header, *rows, ["9", "", "[not completed]", "", "0"]]))
    assert study.submitted == "ward_timestamp"
    assert "1 of 9 records" in (study.folder / "DRAFT.md").read_text()


# --- Further platforms --------------------------------------------------------------------------------------------


def test_the_text_of_other_beside_answers_joined_in_one_cell_belongs_to_them(tmp_path):
    first = ["Respondent ID", "Collector ID", "Start Date", "End Date", "Who?", "", "Which tests?", ""]
    second = ["", "", "", "", "Response", "Other (please specify)", "Response", "Other (please specify)"]
    tests = ["CRP, IL-6", "CRP", "Ferritin, IL-6", "CRP, Ferritin"]
    who = ["Doctor", "Nurse", "", "Doctor"]
    body = []
    for row in range(40):
        own = [str(row), "7", "03/01/2024 10:00:00", "03/01/2024 10:09:00"]
        one = who[row % 4]
        body.append([*own, one, "" if one else "Porter", tests[row % 4], "PCT" if row % 5 == 0 else ""])
    study = drafted(write(tmp_path / "condensed.csv", [first, second, *body]))
    item = by_source(study)["Which tests?"]
    assert (item.type, [option.label for option in item.options][-1]) == ("multiple", "Other (please specify)")
    assert not any("specify" in item.source for item in study.items)
    whole = runs(study)
    assert [int(whole.columns[f"{item.name}[{option.code}]"].sum()) for option in item.options] == [30, 20, 20, 8]


def test_of_two_texts_beside_a_choice_one_is_of_its_other_and_one_is_a_free_text(tmp_path):
    own = ["ResponseId", "StartDate", "EndDate", "Status", "Finished"]
    ids = [f'{{"ImportId":"{name}"}}' for name in ("_recordId", "startDate", "endDate", "status", "finished")]
    ids += [f'{{"ImportId":"{name}"}}' for name in ("QID1", "QID1_3_TEXT", "QID1_4_TEXT")]
    texts = [*own, "Who? - Selected Choice", "Who? - Surgeon, of what? - Text", "Who? - Other: - Text"]
    who = ["Doctor", "Nurse", "Surgeon, of what?", "Other:"]
    body = []
    for row in range(40):
        beside = ["hand" if row % 4 == 2 else "", "porter" if row % 4 == 3 else ""]
        body.append([f"R_{row}", "2024-03-02", "2024-03-02", "0", "1", who[row % 4], *beside])
    study = drafted(write(tmp_path / "q.csv", [[*own, "Q1", "Q1_3_TEXT", "Q1_4_TEXT"], texts, ids, *body]))
    items = by_source(study)
    assert (items["Q1"].type, items["Q1_3_TEXT"].role) == ("single", "free_text")
    assert "Q1_4_TEXT" not in items
    assert f"{items['Q1'].name}__other" in runs(study).columns


def test_the_second_header_row_of_a_legacy_qualtrics_export_names_its_own_columns(tmp_path):
    tags = [*(f"V{number}" for number in range(1, 11)), "Q1"]
    own = ["ResponseID", "ResponseSet", "Name", "ExternalDataReference", "EmailAddress", "IPAddress", "Status"]
    body = []
    for row in range(20):
        who = [f"R_{row}", "Default", f"Person {row % 3}", "", "", "10.0.0.1", "1" if row == 4 else "0"]
        moments = ["2024-03-01 08:00:00", "2024-03-01 08:08:00"]
        body.append([*who, *moments, "0" if row == 5 else "1", "Yes" if row % 2 else "No"])
    study = drafted(write(tmp_path / "q.csv", [tags, [*own, "StartDate", "EndDate", "Finished", "Agreed?"], *body]))
    assert [item.source for item in study.items if item.role == "outcome"] == ["Q1"]
    assert study.by_name[study.submitted].source == "V9"
    page = (study.folder / "DRAFT.md").read_text(encoding="utf-8")
    assert "item: v7, matches" in page
    assert "begun and not submitted" in page


def test_times_of_limesurvey_are_no_answers_and_its_mark_of_other_is_called_so(tmp_path):
    (tmp_path / "survey.lss").write_text(
        """<document><LimeSurveyDocType>Survey</LimeSurveyDocType><questions><rows>
<row><qid>1</qid><type>L</type><title>A</title><question>Drug?</question><language>en</language></row>
</rows></questions><answers><rows><row><qid>1</qid><code>1</code><answer>Drug A</answer></row>
<row><qid>1</qid><code>2</code><answer>Drug B</answer></row></rows></answers></document>""",
        encoding="utf-8",
    )
    head = ["id", "submitdate", "lastpage", "startlanguage", "A", "Total time"]
    body = [[str(row), "2024-03-02 10:00:00", "3", "en", ("1", "2", "-oth-")[row % 3], f"{row}.5"] for row in range(21)]
    items = by_source(drafted(write(tmp_path / "ls.csv", [head, *body]), "--dictionary", tmp_path / "survey.lss"))
    assert items["Total time"].role == "ignore"
    assert [option.label for option in items["A"].options] == ["Drug A", "Drug B", "Other"]


def test_microsoft_forms_with_several_answers_in_a_cell(tmp_path):
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Which drugs?", "How many beds?"]
    drugs = ["Drug A;Drug B;", "Drug B;", "Drug A;", "Drug C;Drug A;"]
    body = [
        [str(row), *["2024-01-02 10:00:00"] * 2, f"p{row}@example.org", f"Person {row}", drugs[row % 4], str(20 + row)]
        for row in range(1, 21)
    ]
    study = drafted(write(tmp_path / "forms.csv", [head, *body]))
    items = by_source(study)
    assert {option.label for option in items["Which drugs?"].options} == {"Drug A", "Drug B", "Drug C"}
    assert study.export["separator"] == ";"
    assert {items[name].role for name in ("Email", "Name", "Start time", "Completion time")} <= {"ignore", "identifier"}
    assert items["How many beds?"].type == "numeric"


def test_a_cell_that_holds_all_answers_in_some_order_is_a_ranking(tmp_path):
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Rank them", "Which?"]
    orders = ["A drug;B drug;C drug;", "B drug;A drug;C drug;", "C drug;B drug;A drug;", "A drug;C drug;B drug;"]
    some = ["A drug;B drug;", "B drug;", "A drug;C drug;", "C drug;"]
    body = [
        [str(row), *["2024-01-02 10:00:00"] * 2, "", "", orders[row % 4] if row else "", some[row % 4]]
        for row in range(20)
    ]
    study = drafted(write(tmp_path / "forms.csv", [head, *body]))
    items = by_source(study)
    assert (items["Rank them"].type, items["Which?"].type) == ("rank", "multiple")
    first = runs(study).columns[f"{items['Rank them'].name}[a_drug]"]
    assert first.value_counts().to_dict() == {1: 9, 2: 5, 3: 5}


def test_codes_joined_by_commas_are_several_answers_and_decimal_commas_are_none(tmp_path):
    study = plain(
        tmp_path,
        {
            "Which tests": ["4,5,6", "4", "5,6", "4,5,6,7"] * 6,
            "Which dose": ["1,5", "2,5", "3", "0,5", "7,2", "1,25"] * 4,
        },
    )
    items = by_source(study)
    assert [option.code for option in items["Which tests"].options] == ["4", "5", "6", "7"]
    assert (items["Which tests"].type, items["Which dose"].type) == ("multiple", "numeric")
    assert int(runs(study).columns[f"{items['Which tests'].name}[7]"].sum()) == 6


DICTIONARY_HEAD = [
    "Variable / Field Name",
    "Form Name",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
]
DICTIONARY = [
    ["record_id", "site", "text", "Record", "", "", "", "", "", ""],
    ["contact", "site", "text", "Who answers", "", "", "", "", "y", ""],
    ["beds", "site", "text", "Beds", "", "integer", "1", "500", "", ""],
    ["uses", "site", "yesno", "Uses it?", "", "", "", "", "", ""],
    [
        "drugs",
        "care",
        "checkbox",
        "Which drugs?",
        "1, Drug A | 2, Drug B | -9, Do not know",
        "",
        "",
        "",
        "",
        "[uses] = '1'",
    ],
    [
        "grade",
        "care",
        "radio",
        "How good?",
        "1, Poor | 2, Fair | 3, Good",
        "",
        "",
        "",
        "",
        "[drugs(1)] = '1' and [beds] > 10",
    ],
    ["odd", "care", "radio", "Why?", "1, Cost | 2, Time", "", "", "", "", "[uses] = [beds]"],
]


def test_redcap_with_its_dictionary(tmp_path):
    head = [
        "record_id",
        "contact",
        "beds",
        "uses",
        "site_complete",
        "drugs___1",
        "drugs___2",
        "drugs____9",
        "grade",
        "odd",
    ]
    body = [
        [str(row), f"Person {row}", str(10 + row), "1", "2", "1", str(row % 2), "0", str(row % 3 + 1), "2", "2"]
        for row in range(1, 13)
    ]
    path = write(tmp_path / "data.csv", [[*head, "care_complete"], *body])
    study = drafted(path, "--dictionary", write(tmp_path / "dictionary.csv", [DICTIONARY_HEAD, *DICTIONARY]))
    items = by_source(study)
    assert items["contact"].role == "identifier"
    assert (items["beds"].minimum, items["beds"].maximum) == (1, 500)
    assert [option.label for option in items["uses"].options] == ["Yes", "No"]
    drugs = items["drugs"]
    assert [option.label for option in drugs.options] == ["Drug A", "Drug B", "Do not know"]
    assert drugs.options[-1].kind == "dont_know"
    assert drugs.asked_if.text == f"uses == {items['uses'].options[0].code}"
    assert items["grade"].asked_if.text == f"drugs has {drugs.options[0].code} and beds > 10"
    assert items["grade"].type == "ordinal"
    assert items["odd"].asked_if is None
    assert "could not be translated" in (study.folder / "DRAFT.md").read_text(encoding="utf-8")
    assert [domain["title"] for domain in study.domains] == ["Site", "Care"]
    assert items["site_complete"].role == "ignore"


def test_missing_data_codes_and_files_of_a_redcap_project(tmp_path):
    def field(name: str, kind: str, choices: str = "", validation: str = "") -> list[str]:
        return [name, "site", kind, name.title(), choices, validation, "", "", "", ""]

    grades = "1, Poor | 2, Fair | 3, Good"
    dictionary = [
        field("record_id", "text"),
        field("tests", "checkbox", "1, CRP | -1, None"),
        field("grade", "radio", grades),
        field("staff", "radio", grades),
        field("beds", "text", "", "integer"),
        field("opened", "text", "", "date_dmy"),
        field("protocol", "file"),
        field("country", "dropdown", "NO, Norway | NA, Namibia"),
    ]
    head = ["record_id", "tests___1", "tests____1", "tests___unk"]
    head += ["grade", "staff", "beds", "opened", "protocol", "country", "site_complete"]
    body = [
        f"{row},{row % 2},0,0,{grade},{grade},{10 + row},2010-05-{row:02},[document],{('NO', 'NA')[row % 2]},2".split(
            ","
        )
        for row, grade in zip(range(1, 21), "123" * 7, strict=False)
    ]
    body[3][4], body[4][6], body[5][7] = "UNK", "UNK", "UNK"
    body[6][4], body[7][5] = "-99", "-99"
    body[8][3:6] = ["1", "NA", "NA"]
    path = write(tmp_path / "codes.csv", [head, *body])
    draft = drafted(path, "--dictionary", write(tmp_path / "codes_dictionary.csv", [DICTIONARY_HEAD, *dictionary]))
    study = read_cleaning_study(draft.folder)
    items = by_source(study)
    assert {rule.value: rule.becomes for rule in study.recodes} == {
        "UNK": "<dont_know>",
        "-99": "<refused>",
        "NA": "<not_applicable>",
    }
    assert items["grade"].type == items["staff"].type == "ordinal"
    assert [option.label for option in items["grade"].options] == ["Poor", "Fair", "Good"]
    assert apart(items["tests"]) == ["unk"]
    assert items["protocol"].role == "ignore"
    for source, text, missing in [
        ("grade", "UNK", "dont_know"),
        ("beds", "UNK", "dont_know"),
        ("opened", "UNK", "dont_know"),
        ("staff", "-99", "refused"),
        ("country", "NA", ""),
    ]:
        read = partial(READERS[items[source].type], item=items[source])
        assert with_recodes(text, items[source], read, rules_for(study, items[source].name)).missing == missing
    page = (study.folder / "DRAFT.md").read_text()
    assert "| 1 | `recodes.csv` line 2 |" in page
    assert "UNK is a missing-data code of the project" in page


def test_a_minus_in_the_code_of_a_box_is_no_part_of_its_name(tmp_path):
    head = ["Record ID", "Which tests? (choice=CRP)", "Which tests? (choice=None)", "Complete?"]
    body = [[str(row), ("Checked", "Unchecked")[row % 2], "Unchecked", "Complete"] for row in range(1, 9)]
    boxes = ["tests", "site", "checkbox", "Which tests?", "1, CRP | -1, None", "", "", "", "", ""]
    dictionary = write(tmp_path / "boxes.csv", [DICTIONARY_HEAD, DICTIONARY[0], boxes])
    study = drafted(write(tmp_path / "labelled.csv", [head, *body]), "--dictionary", dictionary)
    assert [option.code for option in by_source(study)["Which tests?"].options] == ["1", "minus_1"]


def limesurvey(tmp_path, columns: dict[str, list[str]]):
    """The study drafted from an export of LimeSurvey, of which these are the columns beside its own."""
    many = len(next(iter(columns.values())))
    own = {
        "id. Response ID": [str(record) for record in range(1, many + 1)],
        "submitdate. Date submitted": [f"2024-03-{1 + record % 28:02} 10:00:00" for record in range(many)],
        "lastpage. Last page": ["3"] * many,
        "startlanguage. Start language": ["en"] * many,
    }
    return drafted(write(tmp_path / "ls.csv", [[*own, *columns], *zip(*(own | columns).values(), strict=True)]))


def test_what_limesurvey_writes_in_a_box_that_was_not_shown_is_no_tick(tmp_path):
    study = limesurvey(
        tmp_path,
        {
            "T[SQ1]. Which tests? [CRP]": ["Yes", "N/A", "No", "N/A"] * 5,
            "T[SQ2]. Which tests? [IL-6]": ["No", "N/A", "Yes", "N/A"] * 5,
        },
    )
    tests = by_source(study)["T"]
    assert tests.type == "multiple"
    assert [(option.label, option.aliases) for option in tests.options] == [("CRP", ("SQ1",)), ("IL-6", ("SQ2",))]


def test_conditions_of_limesurvey_are_translated():
    single = Item("single", "outcome", "", "q1", (0,), name="uses", answers=[Answer("Yes", "yes", ("A1",))])
    ticks = Item("multiple", "outcome", "", "q2", (1,), name="drugs", answers=[Answer("Drug A", "a", ("SQ1",))])
    named = {"q1": single, "q2_SQ1": ticks}
    assert translate('((q1.NAOK == "A1"))', named) == "((uses == yes))"
    assert translate('q2_SQ1.NAOK == "Y" or !(q1 == "A1")', named) == "drugs has a or not (uses == yes)"
    assert translate("strlen(q1.NAOK) > 3", named) == ""


def test_the_simulated_survey_is_drafted_nearly_as_it_was_written_by_hand(tmp_path):
    folder = tmp_path / "draft"
    assert call("draft_study", SIMULATED / "ebmt-cart-2023.csv", "--out", folder).returncode == 0
    items = by_source(read_study(folder))
    hand = [item for item in read_study(STUDY).items if item.is_reported]
    alike = [item for item in hand if item.source in items and items[item.source].type == item.type]
    assert len(alike) >= 0.9 * len(hand)
    for item in hand:
        other = items[item.source]
        assert other.is_reported
        assert {item.type, other.type} <= {"single", "ordinal"} or item.type == other.type


def test_headers_and_answers_that_a_spreadsheet_would_run_are_guarded_and_mean_what_they_say(tmp_path):
    answers = ["=SUM(A1)", "-5 to 0", "+ more", "@ home"]
    study = plain(tmp_path, {"=1+1": answers * 5, "-beds": [str(row * 37 % 90) for row in range(20)]})
    choice = by_source(study)["=1+1"]
    assert {option.label for option in choice.options} == set(answers)
    assert by_source(study)["-beds"].type == "numeric"
    for path in study.folder.glob("*.csv"):
        if path.name != "table.csv":
            with path.open(encoding="utf-8", newline="") as file:
                assert [cell for row in csv.reader(file) for cell in row if cell[:1] in set("=+-@")] == [], path.name


def test_points_that_may_separate_thousands_are_a_rule_and_a_doubt_unless_the_column_tells(tmp_path):
    rows = range(20)
    columns = {
        "Price": [f"{row + 1}.{row % 5}00" for row in rows],
        "Weight of the bag": [f"{0.45 + row / 8:.3f}" for row in rows],
    }
    study = plain(tmp_path, columns)
    rules = (study.folder / "recodes.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:6] for line in rules[1:]] == [["point_price", "price", "", "point", "", "decimal"]]
    page = (study.folder / "DRAFT.md").read_text(encoding="utf-8")
    assert "| 1 | `recodes.csv` line 2 | `price` | a point separates decimals | 20 of 20 numbers are like 1.000" in page


def test_letters_that_no_font_has_are_left_out_of_what_figures_draw_and_still_read(tmp_path):
    fonts = load_fonts(ROOT / "resources" / "fonts")
    places, moods = ["ישראל", "יוון", "Österreich 🇦🇹"], ["👍 Good", "👎 Bad", "α"]
    columns = {"מדינה": [places[row % 3] for row in range(30)], "Mood 😀": [moods[row * 7 % 3] for row in range(30)]}
    study = plain(tmp_path, columns)
    items = by_source(study)
    place, mood = items["מדינה"], items["Mood 😀"]
    assert {option.label for option in mood.options} == {"Good", "Bad", "α"}
    assert "Österreich" in {option.label for option in place.options}
    assert {find_option(place, text)[0].label for text in places} == {option.label for option in place.options}
    for item in (place, mood):
        for text in (item.question, item.label, *(option.label for option in item.options)):
            fonts.measure(text, Face(8))
    assert "letters that no font of the figures has" in (study.folder / "DRAFT.md").read_text(encoding="utf-8")


# --- The page, and what must not be on it -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    """A draft from an export that holds a marked name, e-mail and comments."""
    rows = range(30)
    folder = tmp_path_factory.mktemp("canary")
    columns = {
        "Name": ["Zaphod Canary" if row == 7 else f"Person {row}" for row in rows],
        "Contact": ["zaphod@canary.example" if row == 7 else "" for row in rows],
        "Uses it": ["Yes", "No", "No"] * 10,
        "Anything else": ["Canary said so" if row == 7 else "No" if row % 2 else "" for row in rows],
        "Drug": ["Drug canary, unlisted" if row == 7 else ["Drug A", "Drug B"][row % 2] for row in rows],
        "Grade": ["1", "2", "3"] * 10,
    }
    return drafted(write(folder / "table.csv", [list(columns), *map(list, zip(*columns.values(), strict=True))]))


def test_nothing_personal_is_in_a_draft(canary):
    files = [path for path in canary.folder.iterdir() if path.name != "table.csv"]
    assert len(files) == 7
    for path in files:
        assert "canary" not in path.read_text(encoding="utf-8").casefold(), path.name
        assert "zaphod" not in path.read_text(encoding="utf-8").casefold(), path.name


FIELDS = ("Name", "Company", "Email Address", "Phone Number")
LINES = {  # what people write into a contact block, two of them the same
    "Name": ["Zaphod Canary", "Anna Canary", "Anna Canary", "Tom Canary"],
    "Company": ["Canary Hospital", "Canary House", "Canary House", "Canary Clinic"],
    "Email Address": ["z@canary.example", "a@canary.example", "a@canary.example", "t@canary.example"],
    "Phone Number": ["+44 20 7946 0958", "+44 20 7946 0959", "+44 20 7946 0959", "+44 20 7946 0960"],
}


def contact(field: str, row: int, who: int) -> str:
    """What a record writes into a field of a contact block that so many of 40 fill in."""
    return LINES[field][row % 4] if row < who else ""


def surveymonkey_contact(who):
    first = [
        "Respondent ID",
        "Collector ID",
        "Start Date",
        "End Date",
        "Which tests?",
        "",
        "To be contacted:",
        "",
        "",
        "",
    ]
    body = [
        [
            str(row),
            "7",
            "03/01/2024 10:00:00",
            "03/01/2024 10:09:00",
            "CRP" if row % 2 else "",
            "IL-6" if row % 3 else "",
        ]
        for row in range(40)
    ]
    body = [[*own, *(contact(field, row, who) for field in FIELDS)] for row, own in enumerate(body)]
    return [first, ["", "", "", "", "CRP", "IL-6", *FIELDS], *body], []


def qualtrics_contact(who):
    own = ("ResponseId", "StartDate", "EndDate", "Status", "Finished", "Q1")
    ids = [f'{{"ImportId":"{name}"}}' for name in ("_recordId", "startDate", "endDate", "status", "finished", "QID1")]
    ids += [f'{{"ImportId":"QID8_{number}"}}' for number in range(1, 5)]
    fields = ("First name", "Surname", "Hospital", "Email")
    body = [
        [f"R_{row}", "2024-03-02 10:00:00", "2024-03-02 10:08:00", "0", "1", "Yes" if row % 2 else "No"]
        + [contact(field, row, who) for field in ("Name", "Name", "Company", "Email Address")]
        for row in range(40)
    ]
    head = [*own, "Q8_1", "Q8_2", "Q8_3", "Q8_4"]
    texts = [*own[:5], "Do you agree?", *(f"Contact - {field}" for field in fields)]
    return [head, texts, ids, *body], []


def limesurvey_comments(who, dictionary=False):
    head = ["id. Response ID", "submitdate. Date submitted", "lastpage. Last page", "startlanguage. Start language"]
    head += ["P1[A]. Reasons [Cost]", "P1[Acomment]. Reasons [Cost][Comment]"]
    head += ["P1[B]. Reasons [Time]", "P1[Bcomment]. Reasons [Time][Comment]"]
    head += ["L1. Which country?", "L1[comment]. Which country? [Comment]"]
    body = []
    for row in range(40):
        name, text = contact("Name", row, who), contact("Company", row, who)
        own = [str(row), "2024-03-02 10:00:00", "3", "en"]
        body.append([*own, "Yes", name, "No" if row % 2 else "Yes", text, "Norway" if row % 3 else "Spain", name])
    return [head, *body], ["--dictionary", REASONS] if dictionary else []


def microsoft_person(who):
    head = ["ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom", "Avez-vous une réanimation ?"]
    moments = ["01/03/2024 08:00:00", "01/03/2024 08:10:00"]
    body = [
        [str(row), *moments, contact("Email Address", row, who), contact("Name", row, who), "Oui" if row % 2 else "Non"]
        for row in range(40)
    ]
    return [head, *body], []


REASONS = """<document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<questions><rows>
<row><qid>1</qid><type>P</type><title>P1</title><question>Reasons</question><language>en</language></row>
</rows></questions>
<subquestions><rows>
<row><qid>2</qid><parent_qid>1</parent_qid><title>A</title><question>Cost</question><language>en</language></row>
<row><qid>3</qid><parent_qid>1</parent_qid><title>B</title><question>Time</question><language>en</language></row>
</rows></subquestions></document>
"""


@pytest.mark.parametrize("who", [1, 8, 40])
@pytest.mark.parametrize(
    ("rows", "counted"),
    [
        (surveymonkey_contact, {"Which tests?": "multiple"}),
        (qualtrics_contact, {"Q1": "single"}),
        (limesurvey_comments, {"P1": "multiple", "L1": "single"}),
        (partial(limesurvey_comments, dictionary=True), {"P1": "multiple", "L1": "single"}),
        (microsoft_person, {"Avez-vous une réanimation ?": "single"}),
    ],
    ids=["surveymonkey contact", "qualtrics form", "limesurvey comments", "the same with .lss", "microsoft forms"],
)
def test_what_is_written_into_fields_and_comments_is_in_no_file_of_a_draft(rows, counted, who, tmp_path):
    table, arguments = rows(who)
    if arguments:
        (tmp_path / "survey.lss").write_text(arguments[1], encoding="utf-8")
        arguments = ["--dictionary", tmp_path / "survey.lss"]
    study = drafted(write(tmp_path / "export.csv", table), *arguments)
    assert {item.source: item.type for item in study.items if item.role in ("outcome", "group")} == counted
    assert study.submitted or "Respondent ID" in table[0]  # its dates may be read as months first
    for path in study.folder.iterdir():
        if path.name not in ("export.csv", "survey.lss"):
            text = path.read_text(encoding="utf-8").casefold()
            assert not re.search(r"canary|zaphod|7946", text), path.name


def test_rows_called_like_a_persons_field_are_still_rated(tmp_path):
    grades = ["Never", "Sometimes", "Often"]
    rows = {f"How do you send results? [{name}]": grades * 4 for name in ("Phone", "Email", "Letter")}
    study = plain(tmp_path, rows)
    assert {item.type for item in study.items} == {"ordinal"}


def test_every_decision_names_the_line_to_change(canary):
    page = (canary.folder / "DRAFT.md").read_text(encoding="utf-8")
    table = page[page.index("## Decisions") : page.index("## Every item")]
    rows = re.findall(r"^\| \d+ \| `(\w+\.\w+)` lines? ([\d, ]+) \| (.*?) \|", table, re.MULTILINE)
    assert len(rows) >= 4
    for name, numbers, items in rows:
        lines = (canary.folder / name).read_text(encoding="utf-8").splitlines()
        for number, item in zip(numbers.split(", "), re.findall(r"`(\w+)`", items), strict=False):
            assert lines[int(number) - 1].startswith(f"{item},")


def test_decisions_stand_worst_first_and_the_export_lies_beside_them(canary):
    assert (canary.folder / "table.csv").is_file()
    assert canary.simulated is False
    assert canary.inference["target"] == "superpopulation"
    assert "minimum_cell" not in (canary.folder / "study.yaml").read_text(encoding="utf-8")
    page = (canary.folder / "DRAFT.md").read_text(encoding="utf-8")
    assert "**authors** (`study.yaml` line 4)" in page
    assert page.index("## Decisions") < page.index("## Every item") < page.index("## Columns that are left out")


def test_the_same_export_gives_the_same_bytes_wherever_the_draft_lies(tmp_path):
    for name in ("one", "two"):
        assert call("draft_study", EXAMPLE / "export.csv", "--out", tmp_path / name).returncode == 0
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "DRAFT.md" in files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    done = call("draft_study", EXAMPLE / "export.csv", "--out", tmp_path)
    assert done.returncode == 2
    assert re.fullmatch(r"error: .*is there and not empty; name another folder.*\n", done.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "new").mkdir()
    assert call("draft_study", EXAMPLE / "export.csv", "--out", tmp_path / "new").returncode == 0
    assert read_study(tmp_path / "new").items


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([["Name"], ["Jane"], ["John"]], "none of its 1 columns holds answers that can be counted"),
        ([["a", "b"]], "a header and no records"),
        ([DICTIONARY_HEAD, *DICTIONARY], "give the export, and this file with --dictionary"),
    ],
)
def test_what_cannot_be_drafted_is_one_line_and_no_folder(tmp_path, rows, complaint):
    done = call("draft_study", write(tmp_path / "table.csv", rows), "--out", tmp_path / "draft")
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_the_title_comes_from_the_questionnaire(tmp_path):
    head = ["StartDate", "EndDate", "Status", "Progress", "Finished", "ResponseId", "Q1"]
    texts = ["Start Date", "End Date", "Response Type", "Progress", "Finished", "Response ID", "Do you use it?"]
    body = [["2024-01-02 10:00:00"] * 2 + ["0", "100", "1", f"R_{row}", str(row % 2 + 1)] for row in range(12)]
    ids = [json.dumps({"ImportId": name}) for name in ("startDate", "endDate", "status", "progress", "finished")]
    ids += [json.dumps({"ImportId": "_recordId"}), json.dumps({"ImportId": "QID1"})]
    question = {
        "QuestionID": "QID1",
        "DataExportTag": "Q1",
        "QuestionType": "MC",
        "Selector": "SAVR",
        "QuestionText": "Do you use it?",
        "Choices": {"1": {"Display": "Yes"}, "2": {"Display": "No"}},
    }
    survey = {
        "SurveyEntry": {"SurveyName": "Use of devices"},
        "SurveyElements": [{"Element": "SQ", "Payload": question}],
    }
    (tmp_path / "devices.qsf").write_text(json.dumps(survey), encoding="utf-8")
    study = drafted(write(tmp_path / "data.csv", [head, texts, ids, *body]), "--dictionary", tmp_path / "devices.qsf")
    assert study.title == "Use of devices"
    assert [(option.code, option.label) for option in by_source(study)["Q1"].options] == [("1", "Yes"), ("2", "No")]


HEADERS = [
    "Q1",
    "Q1_1",
    "Q1_2",
    "Q2_other",
    "q [a]",
    "q [b]",
    "Which? - A",
    "Which? - B",
    "Age",
    "e-mail",
    "id",
    "flow",
]
HEADERS += ["weight", "", "record", "日本", "race___1", "race___2", "record_id", "Timestamp", "Respondent ID", "Q[1]"]
HEADERS += ["Q[other]", "P[SQ1]. Stem [one]", "P[SQ2]. Stem [two]", "Unnamed: 0", "and", "Rate from 1 to 5"]
TEXTS = [
    "Yes",
    "No",
    "TRUE",
    "FALSE",
    "1",
    "2",
    "3",
    "-1",
    "NA",
    "",
    "n/a",
    "Other",
    "5+",
    "a|b",
    "A, B",
    "A",
    "B",
    "ten",
]
TEXTS += [
    "<b>x</b>",
    '"quoted"',
    "2024-01-02",
    "13/1/2024",
    "7 days",
    "1,5",
    "-oth-",
    "Very good",
    "good",
    "999",
    "=1+1",
]
TEXTS += [
    "jane@example.org",
    "Ünïcode",
    "日本",
    "line\nbreak",
    "None",
    "minus_1",
    "1-2",
    "1 to 2",
    "|",
    "-99",
    "1 ",
    "yes",
]


@st.composite
def tables(draw):
    """A header and records, columns of few texts each."""
    head = draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=7))
    pools = [draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=5)) for _ in head]
    rows = draw(st.integers(1, 25))
    return [head, *([draw(st.sampled_from(pool)) for pool in pools] for _ in range(rows))]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=tables())
@example(rows=[["race___1", "race___1"], ["Yes", "Yes"]])
def test_any_small_table_gives_a_draft_or_one_clear_line(tmp_path, rows):
    import shutil

    shutil.rmtree(tmp_path / "draft", ignore_errors=True)
    done = call("draft_study", write(tmp_path / "table.csv", rows), "--out", tmp_path / "draft")
    if done.returncode == 0:
        runs(read_study(tmp_path / "draft"))
    else:
        assert done.returncode == 2
        assert re.fullmatch(r"error: \S*table\.csv.*\n", done.stderr), done.stderr
        assert not (tmp_path / "draft").exists()


def test_a_draft_is_ingested_without_a_correction_and_uses_every_column(tmp_path):
    assert call("draft_study", EXAMPLE / "export.csv", "--out", tmp_path / "study").returncode == 0
    out = tmp_path / "ingest"
    done = call(
        "ingest", "--study", tmp_path / "study", "--export", tmp_path / "study/export.csv", "--out", out / "r.parquet",
        "--columns", out / "columns.csv", "--summary", out / "ingest.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "ingest.json").read_text())["columns_unused"] == 0


def test_the_readme_begins_with_the_draft():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("## Your own export") :]
    assert section.index("scripts/draft_study.py") < section.index("codebook.csv")
