"""Any questionnaire, written as each platform writes it, is read back: its columns, blocks, options and cells."""

from dataclasses import dataclass

import pytest
from exported import rows_as_csv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey.export import read_export

LETTERS = "abcdeXYZ äößÉñ12,;?'\"&/"
CELLS = LETTERS + "[]-\n"


def texts(least=2):
    """Texts of questions and options: no blanks at the ends, more than one letter."""
    whole = st.text(LETTERS, min_size=least, max_size=14).map(lambda text: " ".join(text.split()))
    return whole.filter(lambda text: sum(map(str.isalpha, text)) > 1)


@dataclass(frozen=True)
class Question:
    """A question with one answer, or with several options, each a column."""

    text: str
    options: tuple[str, ...]


@st.composite
def questionnaires(draw):
    """Questions of different texts, the first with several answers, and the cells of some records."""
    names = draw(st.lists(texts(), min_size=3, max_size=14, unique_by=str.casefold))
    questions, place = [], 0
    while place < len(names):
        many = draw(st.integers(2, 4)) if place == 0 else draw(st.sampled_from([0, 0, 2, 3]))
        options = tuple(names[place + 1 : place + 1 + many])
        if len(options) < 2:
            options = ()
        questions.append(Question(names[place], options))
        place += 1 + len(options)
    width = sum(len(one.options) or 1 for one in questions)
    filled = st.text(CELLS, max_size=8).filter(lambda text: "\r" not in text)
    rows = draw(st.lists(st.lists(filled, min_size=width, max_size=width).filter(any), min_size=1, max_size=4))
    return questions, rows


def limesurvey_codes(questions):
    return [
        ["id", "submitdate", "lastpage", "startlanguage"],
        [cell for q, one in enumerate(questions, 1) for cell in parts(one, f"q{q}", f"q{q}[SQ{{place}}]")],
    ], {one.text: f"q{q}" for q, one in enumerate(questions, 1)}


def limesurvey_texts(questions):
    own = ["Response ID", "Date submitted", "Last page", "Start language"]
    return [own, by_text(questions, "{text} [{option}]")], {one.text: one.text for one in questions}


def limesurvey_both(questions):
    codes = [cell for q, one in enumerate(questions, 1) for cell in parts(one, f"q{q}", f"q{q}[SQ{{place}}]")]
    titled = by_text(questions, "{text} [{option}]")
    header = [f"{code}. {title}" for code, title in zip(codes, titled, strict=True)]
    return [["id. Response ID"], header], {one.text: f"q{q}" for q, one in enumerate(questions, 1)}


def surveymonkey(questions):
    above = [cell for one in questions for cell in (one.text, *("" for _ in one.options[1:]))]
    below = [cell for one in questions for cell in one.options or ("Response",)]
    own = (["Respondent ID", "Collector ID"], ["", ""])
    return [own[0], above, own[1], below], {one.text: one.text for one in questions}


def surveymonkey_one_row(questions):
    return [["RespondentID"], by_text(questions, "{text} - {option}")], {one.text: one.text for one in questions}


def qualtrics(questions):
    own = ["StartDate", "EndDate", "Status", "ResponseId"]
    tags, titles, ids = [], [], []
    for q, one in enumerate(questions, 1):
        tags += parts(one, f"Q{q}", f"Q{q}_{{place}}")
        titles += [f"{one.text} - Selected Choice - {option}" for option in one.options] or [one.text]
        ids += [f'{{"ImportId":"QID{q}_{place}"}}' for place in range(1, len(one.options) + 1)]
        ids += [] if one.options else [f'{{"ImportId":"QID{q}"}}']
    begun = ["startDate", "endDate", "status", "_recordId"]
    lines = [own, tags, own, titles, [f'{{"ImportId":"{name}"}}' for name in begun], ids]
    return lines, {one.text: f"Q{q}" for q, one in enumerate(questions, 1)}


def redcap(questions):
    fields = [cell for q, one in enumerate(questions, 1) for cell in parts(one, f"q{q}", f"q{q}___{{place}}")]
    return [["record_id"], fields], {one.text: f"q{q}" for q, one in enumerate(questions, 1)}


def redcap_labelled(questions):
    own = ["Record ID", "Survey Identifier", "Survey Timestamp"]
    return [own, by_text(questions, "{text} (choice={option})")], {one.text: one.text for one in questions}


def google_forms(questions):
    return [["Timestamp"], by_text(questions, "{text} [{option}]")], {one.text: one.text for one in questions}


def microsoft_forms(questions):
    own = ["ID", "Start time", "Completion time", "Email", "Name"]
    return [own, by_text(questions, "{text} [{option}]")], {one.text: one.text for one in questions}


def plain(questions):
    names = [cell for q, one in enumerate(questions, 1) for cell in parts(one, f"v{q}", f"v{q}_{{place}}")]
    return [["case"], names], {one.text: f"v{q}" for q, one in enumerate(questions, 1)}


def parts(question, alone, part):
    """The names of a question's columns by code."""
    return [part.format(place=place) for place in range(1, len(question.options) + 1)] or [alone]


def by_text(questions, form):
    """The headers of an export of full texts."""
    return [
        header
        for one in questions
        for header in ([form.format(text=one.text, option=option) for option in one.options] or [one.text])
    ]


WRITERS = {
    "limesurvey": (limesurvey_codes, limesurvey_texts, limesurvey_both),
    "surveymonkey": (surveymonkey, surveymonkey_one_row),
    "qualtrics": (qualtrics,),
    "redcap": (redcap, redcap_labelled),
    "google_forms": (google_forms,),
    "microsoft_forms": (microsoft_forms,),
    "plain": (plain,),
}
CASES = [pytest.param(name, write, id=write.__name__) for name, writers in WRITERS.items() for write in writers]
# What the platform's own first columns hold in a record.
FIRST = {"google_forms": "2024/03/01 8:00:00 AM GMT+1"}


@pytest.mark.parametrize(("platform", "write"), CASES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(drawn=questionnaires())
def test_what_a_platform_writes_is_told_and_read_back(tmp_path_factory, platform, write, drawn):
    questions, rows = drawn
    lines, blocks = write(questions)
    headers = [[*own, *asked] for own, asked in zip(lines[::2], lines[1::2], strict=True)]
    own = len(lines[0])
    records = [[FIRST.get(platform, str(number))] * own + row for number, row in enumerate(rows, start=1)]
    path = tmp_path_factory.mktemp("written") / "export.csv"
    path.write_text(rows_as_csv([*headers, *records]), encoding="utf-8", newline="")
    export = read_export(path)
    assert (export.platform, export.header_rows) == (platform, len(headers))
    assert [list(line) for line in export.cells] == records
    columns = iter(export.columns[own:])
    for question in questions:
        found = [next(columns) for _ in question.options or (1,)]
        assert {column.block for column in found} == {blocks[question.text]}
        if question.options:
            named = zip(found, question.options, range(1, len(found) + 1), strict=True)
            for column, option, place in named:
                assert {option, str(place), f"SQ{place}"} & {column.part, column.also}
        else:
            assert found[0].part == ""
