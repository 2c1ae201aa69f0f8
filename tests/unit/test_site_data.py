"""What the audit site holds: tables in short, places of the manuscript, what is withheld, what to look at first."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import change

from survey.checking import shown
from survey.privacy import Reader, is_known, private, withheld
from survey.provenance import term
from survey.rendering.page import together
from survey.replaying import UNEXPLAINED
from survey.site import Pool, page, ranges, short_term
from survey.site_overview import failed_checks, most_missing, table_link
from survey.site_printed import apart, printed
from survey.site_tables import DIGITS, Sheet, check_row, coded
from survey.study import read_study


def decoded(column, rows):
    """The cells of a coded column, read by another way than the page's."""
    if "codes" not in column:
        return column["values"]
    width, codes = column["width"], column["codes"]
    numbers = []
    for row in range(rows):
        number = 0
        for letter in codes[row * width : (row + 1) * width]:
            number = number * 64 + DIGITS.index(letter)
        numbers.append(number)
    return [column["values"][number] for number in numbers]


@given(st.lists(st.sampled_from(["", "a", "b", "</script>"]) | st.text(max_size=3), max_size=200))
def test_a_coded_column_gives_its_cells_back(cells):
    assert decoded(coded(cells), len(cells)) == cells


def test_a_column_of_more_than_64_and_more_than_4096_cells_takes_two_and_three_digits():
    for distinct, width in ((64, 1), (65, 2), (4096, 2), (4097, 3)):
        cells = [str(number) for number in range(distinct)] * 2
        assert coded(cells)["width"] == width
        assert decoded(coded(cells), len(cells)) == cells


def test_rows_are_written_as_ranges():
    assert ranges([2, 3, 4, 9, 11, 12]) == "2-4 9 11-12"
    assert ranges([]) == ""


def test_a_thing_is_kept_once():
    pool = Pool()
    assert [pool.place(thing) for thing in ({"a": 1}, [2], {"a": 1})] == [0, 1, 0]
    assert pool.things == [{"a": 1}, [2]]


# --- the manuscript ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys", [["a.b.n"], ["boost.yes.n_of", "boost.yes.percent"], ["boost.yes.n_of", "stay.median"]]
)
def test_keys_written_short_are_found_again(keys):
    assert apart(together(keys)) == keys


def value(number, source, text):
    return f'<span class="value" id="v-{number}" data-value="{source}">{text}</span>'


BOTH = ["boost.yes.n_of", "boost.yes.percent"]
SOURCES = {"level": "95%", "files": [], "values": [["boost.yes.n_of, .percent", "", "", []], ["flow.x", "", "", []]]}
PAGE = f"""<html><body><h2><span>2</span> Results</h2>
<p>Most centres ({value(1, 0, "63/103, <em>61%</em>")}) do &amp; some
 do not.</p><ul><li>Outer {value(2, 1, "5")}<ul><li>inner {value(3, 0, "63")}</li></ul> and more</li></ul>
<div>Bare {value(4, 1, "5")} text</div>
<table><caption>Table 3. Cytopenia. All.</caption><thead><tr><th>Answer</th><th>n/N</th></tr></thead>
<tbody><tr class="row-group"><th colspan="2">Boost?</th></tr>
<tr><th>Yes</th><td>{value(5, 0, "63/103")}</td></tr></tbody></table>
<script type="application/json" id="sources">
{json.dumps(SOURCES)}
</script></body></html>"""


def test_every_place_has_its_words_its_section_and_its_keys():
    found = printed(PAGE)
    places = [
        (*found["blocks"][block], found["blocks"][block][1][start:end], keys)
        for block, start, end, keys in found["places"]
    ]
    both, one = BOTH, ["flow.x"]
    assert places == [
        ("2 Results", "Most centres (63/103, 61%) do & some do not.", "63/103, 61%", both),
        ("2 Results", "Outer 5 and more", "5", one),
        ("2 Results", "inner 63", "63", both),
        ("2 Results", "Bare 5 text", "5", one),
        ("Table 3 › Boost? › Yes › n/N", "63/103", "63/103", both),
    ]


def test_a_page_without_sources_prints_nothing_that_can_be_followed():
    assert printed("<html><body><p>5</p></body></html>") == {"blocks": [], "places": []}


# --- what is withheld ----------------------------------------------------------------------------------------------


@pytest.fixture
def study(small):
    return read_study(small)


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ("centre_id", "identifier"),
        ("comment", "free text"),
        ("submitted", ""),  # the day decides who is analysed
        ("drug", ""),
        ("days", ""),
    ],
)
def test_identifiers_and_free_text_are_private(study, item, why):
    assert private(study.item(item), study) == why


def test_an_ignored_item_is_private_unless_it_is_the_day_of_submission(small):
    change(small / "codebook.csv", "Founded,founded,,,,,,outcome", "Founded,founded,,,,,,ignore")
    study = read_study(small)
    assert private(study.item("founded"), study) == "not used by the study"


@pytest.mark.parametrize(
    ("column", "text", "shown"),
    [
        ("centre_id", "C01", "withheld: identifier"),
        ("centre_id", " ", " "),
        ("comment", "ask Jane Canary", "withheld: free text"),
        ("drug", "-oth-", "-oth-"),
        ("drug", " DRUG b", " DRUG b"),
        ("drug", "Jane's cocktail", "withheld: free text"),
        ("drug__other", "Drug Z", "withheld: free text"),
        ("drug__other", "alpha", "alpha"),
        ("tests[other]", "magnetic resonance", "magnetic resonance"),
        ("tests[other]", "PET by Dr Canary", "withheld: free text"),
        ("tests[blood]", "Yes", "Yes"),
        ("tests", "Blood,MRI", "Blood,MRI"),
        ("tests", "Blood,Dr Canary", "withheld: free text"),
        ("tests", "Yes | No | Dr Canary", "withheld: free text"),
        ("tests", "Yes | No", "Yes | No"),
        ("size", "LARGE", "LARGE"),
        ("size", "Dr Canary knows", "withheld: free text"),
        ("days", "about 10", "about 10"),
        ("days", "ask Jane Canary", "withheld: free text"),
    ],
)
def test_a_cell_is_shown_only_where_it_cannot_name_anybody(study, column, text, shown):
    assert Reader(study).cell(column, text) == shown


def test_reasons_and_problems_do_not_tell_what_a_cell_no_longer_does(study):
    reader = Reader(study)
    row = {"record": "1", "item": "tests", "raw": "Blood,Dr Canary", "clean": "blood|other", "rule": "other_text"}
    told = reader.ledger(row | {"reason": "holds what is none of the options: Dr Canary"})
    assert "Canary" not in json.dumps(told)
    assert told["reason"] == "holds what is none of the options"
    problem = {"record": "1", "item": "tests", "column": "tests", "value": "Dr Canary", "nearest": ""}
    assert "Canary" not in json.dumps(reader.problem(problem | {"problem": "holds none of the options: Dr Canary"}))
    key = {"record": "1", "item": "centre_id", "raw": " c02 ", "clean": "C02", "rule": "spelling", "reason": "blanks"}
    told = reader.ledger(key)
    assert (told["raw"], told["clean"], told["reason"]) == (withheld("identifier"), withheld("identifier"), "blanks")
    gone = key | {"raw": "C02", "clean": "<not_asked>", "rule": "not_asked", "reason": "only asked if x"}
    assert reader.ledger(gone)["clean"] == "<not_asked>"


@pytest.mark.parametrize("item", ["comment", "drug__other", "tests__other"])
def test_a_clean_text_is_not_shown_though_it_begins_as_a_kind_of_missing_does(study, item):
    row = {"record": "1", "item": item, "raw": " <3 Jane Canary", "clean": "<3 Jane Canary", "rule": "spelling"}
    told = Reader(study).ledger(row | {"reason": "blanks or HTML"})
    assert (told["raw"], told["clean"]) == (withheld("free text"), withheld("free text"))
    told = Reader(study).ledger(row | {"clean": "<<blank>", "reason": "blanks or HTML"})
    assert told["clean"] == withheld("free text")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("comment", "ask Jane Canary", "withheld: free text"),
        ("centre_id", "C01", "withheld: identifier"),
        ("drug__other", "Jane's cocktail", "withheld: free text"),
        ("drug", "a", "'a'"),
        ("days", 10.5, "10.5"),
        ("tests[mri]", True, "True"),
        ("comment", None, "None"),
        ("comment__missing", "blank", "'blank'"),
        ("comment", UNEXPLAINED, f"'{UNEXPLAINED}'"),
    ],
)
def test_a_replay_that_fails_tells_no_more_of_an_answer_than_an_audit_may(study, column, value, told):
    assert shown(Reader(study), column, value) == told


def test_ranks_numbers_and_days_are_known(study):
    assert is_known(study.item("order"), "2")
    assert is_known(study.item("order"), "Cost")
    assert not is_known(study.item("drug"), "42")


def test_what_failed_first_is_told_of_results_and_not_of_answers(small):
    study = read_study(small)
    row = {"check": "a", "what": "A.", "checked": "9", "failed": "1"}
    told = row | {"first_failure": "stats/care/frequencies.csv row 2: holds 3, counted again 2"}
    assert check_row(told, study) == told
    for place in ("record 5 comment", "clean/sample.csv row 3 column unit", "ingest/responses.parquet row 1"):
        assert check_row(row | {"first_failure": f"{place}: 'Jane'"}, study)["first_failure"] == place


def test_terms_name_no_record_where_single_records_are_not_shown(small):
    own = term(["record"], chosen={"record": ["1", "2"]}, among="export")
    open_study = read_study(small)
    assert short_term(own, open_study)["chosen"] == {"record": ["1", "2"]}
    closed = type("Closed", (), {"minimum_cell": 5})()
    assert short_term(own, closed)["chosen"] == {"record": []}
    assert short_term(term(["drug"]), open_study) == {"columns": ["drug"]}


# --- the start -----------------------------------------------------------------------------------------------------


def sheet(file, *rows):
    columns, *cells = [row.split("|") for row in rows]
    return Sheet(file, "", "", columns, cells)


def test_the_most_often_missing_questions_come_first_and_complete_ones_not_at_all(study):
    names = "variable|role|n|not_asked|blank|dont_know|not_applicable|refused|invalid"
    appendix = sheet(
        "clean/appendix.csv", names, "drug|outcome|8|0|1|1|0|0|0", "days|outcome|5|1|2|0|0|1|1",
        "size|group|10|0|0|0|0|0|0", "comment|free_text|1|0|9|0|0|0|0",
    )  # fmt: skip
    assert most_missing(appendix, study) == [
        ("Often missing: Days, 4 of 9 asked", 3),
        ("Often missing: First drug, 1 of 10 asked", 2),
    ]


def test_a_failed_check_is_said_with_its_row():
    checks = sheet("audit/checks.csv", "check|what|checked|failed|first_failure", "a|A.|5|0|", "b|B holds.|7|2|row 3")
    assert list(failed_checks(checks)) == [
        ["bad", "A check failed: B holds. First: row 3", "table=audit/checks.csv&row=3"]
    ]


def test_a_route_escapes_what_would_end_it():
    assert table_link("clean/a b.csv", rule="x&y=z") == "table=clean/a%20b.csv&rule=%3Dx%26y%3Dz"


def test_no_text_can_end_the_data_of_the_page(small):
    change(small / "study.yaml", "title: A small survey", 'title: "A <b>survey</b> & ${more}"')
    study = read_study(small)
    html = page(study, {"text": "</script><!-- <img>"})
    assert json.loads(re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1]) == {"text": "</script><!-- <img>"}
    assert "<img" not in html
    assert "A &lt;b&gt;survey&lt;/b&gt; &amp; ${more}" in html
    assert html.count('class="simulated"') == 1
    change(small / "study.yaml", "simulated: true", "simulated: false")
    assert 'class="simulated"' not in page(read_study(small), {})
