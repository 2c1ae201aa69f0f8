"""The rules of recodes.csv: what they change, that the ledger tells it under their ids, and which are refused."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replay import assert_replayed, verbatim
from small import NO_TESTS, change, write_recodes, write_study
from unit.test_cleaning import MESSY, cleaned, column, ingested

from survey.errors import BadInput
from survey.manuscript import CLEANING
from survey.recodes import COLUMNS, TAKEN, read_cleaning_study

BLANK_TESTS = dict.fromkeys(NO_TESTS, "")


def told(whole, item):
    """What the ledger says of an item, rule by record."""
    return {row[0]: row[2:5] for row in whole.ledger if row[1] == item}


def replays(folder, whole, records):
    study, export = ingested(folder, records)
    assert_replayed(whole, *verbatim(study, export), study)


def test_a_text_is_recoded_wherever_it_stands_and_a_correction_in_its_record_alone(small):
    write_recodes(small, "drug,,is,a or b|first A,a", "days,2,is,10,12", "days,,is,depends,<dont_know>")
    records = [{"drug": "A OR  B"}, {"drug": "First a"}, {"days": "depends"}]
    whole = cleaned(small, *records)
    assert column(whole, "drug") == ["a", "a", "a"]
    assert told(whole, "drug") == {"1": ("A OR  B", "a", "rule_1"), "2": ("First a", "a", "rule_1")}
    assert column(whole, "days") == [10, 12, None]
    assert told(whole, "days") == {"2": ("10", "12", "rule_2"), "3": ("depends", "<dont_know>", "rule_3")}
    assert column(whole, "days__missing") == ["", "", "dont_know"]
    assert whole.validation == []
    replays(small, whole, records)


def test_a_blank_cell_is_given_an_answer_in_a_named_record_only(small):
    write_recodes(small, "drug,1,is,,b", "tests[mri],1,is,,1", "drug__other,2,is,,b")
    records = [{"drug": "", **BLANK_TESTS}, {"drug": "", **BLANK_TESTS}]
    whole = cleaned(small, *records)
    assert column(whole, "drug") == ["b", "b"]
    assert told(whole, "drug") == {"1": ("", "b", "rule_1"), "2": ("", "b", "rule_3")}
    assert column(whole, "tests__missing") == ["", "blank"]
    assert column(whole, "tests[mri]") == [True, None]
    replays(small, whole, records)


def test_a_correction_of_a_cell_that_is_not_as_it_says_is_refused(small):
    write_recodes(small, "days,2,is,11,12")
    with pytest.raises(BadInput, match=r"row 2 column value: record 2 column 'days' holds '10', not '11'"):
        cleaned(small, {}, {})


@pytest.mark.parametrize(
    ("rule", "cells", "numbers"),
    [
        ("days,,range,0..0.9,*24", ["0.5", "0.9", "1", "12"], [12, 21.6, 1, 12]),
        ("days,,range,50..,<invalid>", ["49", "50", "60"], [49, None, None]),
        ("days,,range,..2,3", ["1", "about 2", "2.5"], [3, 3, 2.5]),
        ("days,,unit,fortnight|fn,*14", ["2 fortnight", "1,5 FN", "two fn", "2 weeks", "fn"], [28, 21, 28, 14, None]),
        ("days,,unit,weeks,*5", ["2 weeks", "1 weeks."], [10, 5]),
        ("days,,comma,,decimal", ["1,250", "1,5", "7"], [1.25, 1.5, 7]),
        ("days,,point,,decimal", ["1.250", "1.5", "7", "2.000"], [1.25, 1.5, 7, 2]),
        ("days,,pattern,(see|cf\\.?) .*,<not_applicable>", ["see SOP 12", "CF. annex", "saw"], [None, None, None]),
    ],
)
def test_ranges_units_commas_and_patterns(small, rule, cells, numbers):
    write_recodes(small, rule)
    records = [{"days": cell} for cell in cells]
    whole = cleaned(small, *records)
    assert column(whole, "days") == pytest.approx(numbers)
    replays(small, whole, records)


def test_thousands_are_not_decimals(small):
    change(small / "codebook.csv", "days,days,0,60", "days,days,,")
    write_recodes(small, "days,,comma,,thousands")
    assert column(cleaned(small, {"days": "1,250"}, {"days": "1,250,000"}), "days") == [1250, 1250000]
    write_recodes(small, "days,,point,,thousands")
    assert column(cleaned(small, {"days": "1.250"}, {"days": "1.250,5"}), "days") == [1250, 1250.5]


def test_what_a_factor_makes_is_held_to_the_range_of_the_codebook(small):
    write_recodes(small, "days,,unit,fortnights,*14")
    whole = cleaned(small, {"days": "5 fortnights"})
    assert (column(whole, "days__missing"), told(whole, "days")["1"][2]) == (["invalid"], "out_of_range")
    assert whole.validation[0][3:5] == ("5 fortnights", "is outside 0 to 60")


def test_a_study_says_whether_the_month_comes_first(small):
    records = [{"founded": "04/03/2022"}, {"founded": "15/03/2022"}, {"founded": "2022-03-04"}]
    assert [str(day)[:10] for day in column(cleaned(small, *records), "founded")] == [
        "2022-03-04",
        "2022-03-15",
        "2022-03-04",
    ]
    write_recodes(small, "founded,,date,,month_first")
    whole = cleaned(small, *records)
    assert [str(day)[:10] for day in column(whole, "founded")] == ["2022-04-03", "2022-03-15", "2022-03-04"]
    assert told(whole, "founded")["1"] == ("04/03/2022", "2022-04-03", "rule_1")
    replays(small, whole, records)


def test_texts_of_other_are_recoded_to_listed_options(small):
    write_recodes(
        small,
        "drug__other,,is,the beta drug,b",
        "drug__other,,is,no idea,<dont_know>",
        "drug__other,,is,see above,<blank>",
        "tests__other,,pattern,.*tomograph.*,mri|other",
        "tests__other,,is,none,<blank>",
    )
    records = [
        {"drug": "-oth-", "drug[other]": "The  beta drug", "tests[other]": "Tomography, PET"},
        {"drug": "-oth-", "drug[other]": "no idea", **BLANK_TESTS, "tests[other]": "none"},
        {"drug": "Drug A", "drug[other]": "see above", **NO_TESTS, "tests[other]": "tomograph"},
        {"drug": "", "drug[other]": "see above"},
        {"drug": "", "drug[other]": "gamma"},
    ]
    whole = cleaned(small, *records)
    assert column(whole, "drug") == ["b", None, "a", None, "other"]
    assert column(whole, "drug__missing") == ["", "dont_know", "", "blank", ""]
    assert column(whole, "drug__other") == ["The beta drug", "no idea", None, None, "gamma"]
    assert told(whole, "drug") == {
        "1": ("-oth-", "b", "rule_1"),
        "2": ("-oth-", "<dont_know>", "rule_2"),
        "5": ("", "other", "other_recoded"),
    }
    assert told(whole, "drug__other")["4"] == ("see above", "<blank>", "rule_3")
    assert column(whole, "tests[mri]") == [True, None, True, True, True]
    assert column(whole, "tests[other]") == [True, None, True, False, False]
    assert column(whole, "tests__missing") == ["", "blank", "", "", ""]
    replays(small, whole, records)


def test_pieces_of_a_joined_cell_are_recoded_as_texts_of_other(small):
    change(small / "codebook.csv", "Tests,tests,", "Tests,comment,")
    write_recodes(small, "tests__other,,is,scan,mri", "tests__other,,is,n/a,<blank>", "tests,,is,all,blood|mri")
    records = [{"comment": text} for text in ("Blood,scan", "scan,PET", "n/a", "all", "Blood,n/a")]
    whole = cleaned(small, *records)
    assert column(whole, "tests[mri]") == [True, True, None, True, False]
    assert column(whole, "tests[other]") == [False, True, None, False, False]
    assert column(whole, "tests__missing") == ["", "", "blank", "", ""]
    assert [told(whole, "tests")[record][1:] for record in "12345"] == [
        ("blood|mri", "rule_1"),
        ("mri|other", "rule_1+other_text"),
        ("<blank>", "rule_2"),
        ("blood|mri", "rule_3"),
        ("blood", "rule_2"),
    ]
    replays(small, whole, records)


def test_codes_of_the_platform_for_missing_answers_hold_for_every_item_that_does_not_list_them(small):
    change(small / "options.csv", "drug,b,Drug B,2,", "drug,b,-99,2,")
    change(small / "codebook.csv", "days,days,0,60", "days,days,,")
    write_recodes(small, "*,,is,-99,<refused>", "*,,is,-77,<not_asked>", "*,,is,NA,<blank>")
    every = ["days", "comment", "drug", *NO_TESTS, "order[1]", "order[2]", "order[3]"]
    records = [dict.fromkeys(every, code) for code in ("-99", "-77", "NA")] + [{"tests[mri]": "-99"}]
    records[2]["drug[other]"] = "NA"
    whole = cleaned(small, *records)
    for item in ("days", "tests", "order", "comment"):
        assert column(whole, f"{item}__missing")[:3] == ["refused", "not_asked", "blank"], item
    assert column(whole, "drug") == ["b", None, None, "a"]
    assert column(whole, "drug__missing") == ["", "not_asked", "blank", ""]
    assert column(whole, "tests[mri]") == [None, None, None, None]
    assert column(whole, "tests[blood]")[3]
    assert whole.validation == []
    replays(small, whole, records)


def test_an_answer_taken_away_opens_no_further_question(small):
    change(small / "codebook.csv", "drug == none", "answered(days)")
    write_recodes(small, "days,,is,-,<blank>", "days,,is,-7,<not_asked>")
    whole = cleaned(small, *({"days": days, "why[cost]": "Yes", "why[risk]": "No"} for days in ("-", "-7", "5")))
    assert column(whole, "why__missing") == ["not_asked", "not_asked", ""]


def test_a_recode_changes_what_is_asked_next(small):
    write_recodes(small, "drug,,is,nothing,none")
    whole = cleaned(small, {"drug": "nothing", "why[cost]": "Yes", "why[risk]": "No"})
    assert (column(whole, "why[cost]"), column(whole, "why__missing")) == ([True], [""])


def test_a_rank_is_corrected_by_the_name_of_its_cell(small):
    write_recodes(small, "order[2],1,is,Cost,Risk")
    records = [{"order[1]": "Cost", "order[2]": "Cost", "order[3]": "Time"}]
    whole = cleaned(small, *records)
    assert [column(whole, f"order[{code}]") for code in ("cost", "risk", "time")] == [[1], [2], [3]]
    assert told(whole, "order[2]") == {"1": ("Cost", "risk", "rule_1")}
    replays(small, whole, records)


def test_a_cell_that_the_export_does_not_have_is_named(small):
    write_recodes(small, "tests,,is,both,blood|mri")
    with pytest.raises(BadInput, match=r"row 2 column item: the export has no cells 'tests'; those .* tests\[blood\]"):
        cleaned(small, {})


REFUSED = [
    ("dugs,,is,x,a", "column item: 'dugs' is no item of the codebook"),
    ("drgu,,is,x,a", "did you mean 'drug'"),
    ("submitted,,is,x,2023-01-01", "column item: 'submitted' has the role ignore"),
    ("days__other,,is,x,1", "'days' has no option of kind other"),
    ("tests[pet],,is,x,1", "'tests' (multiple) has no such cell"),
    ("order,,is,x,1", "'order' has several cells; name one, such as order[1] or order[cost]"),
    ("drug,,iz,x,a", "column match: 'iz' is none of is, pattern, range, unit, comma, point, date"),
    ("drug,,range,1..2,a", "column match: 'range' is for numeric items, 'drug' is another"),
    ("days,,date,,month_first", "column match: 'date' is for date items, 'days' is another"),
    ("tests[mri],,unit,weeks,*7", "column match: 'unit' is for numeric items"),
    ("drug,,is,,a", "column value: it is blank; only in one record"),
    ("drug,,pattern,(,a", "column value: '(' is no regular expression"),
    ("days,,range,7,a", "column value: '7' is no range"),
    ("days,,range,..,1", "column value: '..' is no range"),
    ("days,,range,9..1,1", "column value: '9..1' begins above its end"),
    ("days,,comma,1,decimal", "column value: '1'; 'comma' needs none"),
    ("days,,comma,,point", "column becomes: 'point' is none of decimal, thousands"),
    ("days,,unit,fn,14", "column becomes: '14'; a unit is converted by a factor such as *7"),
    ("days,,is,x,99", "column becomes: '99' is outside 0 to 60"),
    ("days,,is,x,ten", "column becomes: 'ten' is written in another form"),
    ("days,,is,x,", "column becomes: it is blank"),
    ("founded,,is,x,May 2022", "column becomes: 'May 2022' is written in another form"),
    ("drug,,is,x,aa", "column becomes: 'aa' is none of the options"),
    ("drug,,is,x,<unknown>", "column becomes: '<unknown>' is none of the options"),
    ("tests__other,,is,x,mri|pet", "column becomes: 'mri|pet' holds pet, no option"),
    ("*,,is,-99,5", "column becomes: '5' is none of <not_asked>"),
    ("*,3,is,-99,<blank>", "column match: a rule about one record"),
    ("days,3,pattern,x,5", "column match: a rule about one record"),
]


@pytest.mark.parametrize(("rule", "complaint"), REFUSED)
def test_a_rule_that_cannot_be_followed_is_one_line_with_its_row_and_column(small, rule, complaint):
    write_recodes(small, "days,,is,never,<refused>", rule)
    with pytest.raises(BadInput) as error:
        read_cleaning_study(small)
    assert str(error.value).startswith(f"{small / 'recodes.csv'} row 3 column")
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Two words,days,,is,x,5,y", "column id: 'Two words' is no name"),
        ("skip_logic,days,,is,x,5,y", "column id: 'skip_logic' is a rule that every study has"),
        ("a,days,,is,x,5,", "column reason: it is blank"),
        ("a,days,,is,x,5,y\na,days,,is,y,5,y", "row 3 column id: 'a' is the id of row 2, too"),
        ("a,days,,is,x,5,y\nb,days,,is,x,6,y", "row 3: row 2 says what becomes of the same cells"),
        ("a,days,,is,x,5", "row 2: 6 cells, the header has 7"),
    ],
)
def test_ids_and_reasons_are_asked_for(small, line, complaint):
    (small / "recodes.csv").write_text(f"{','.join(COLUMNS)}\n{line}\n")
    with pytest.raises(BadInput) as error:
        read_cleaning_study(small)
    assert complaint in str(error.value)


def test_no_rule_of_a_study_can_be_taken_for_a_built_in_one():
    assert set(CLEANING) <= TAKEN


RULES = [
    "drug,,is,alpha,b",
    "drug,,pattern,.*z,none",
    "drug__other,,is,drug z,a",
    "drug__other,,is,no,<blank>",
    "days,,range,5..20,*2",
    "days,,is,many,<refused>",
    "days,,comma,,decimal",
    "tests[blood],,is,perhaps,1",
    "tests[mri],,is,yes,<dont_know>",
    "tests__other,,is,pet,mri|blood",
    "tests__other,,is,no,other",
    "tests__other,,is,yes,<blank>",
    "founded,,date,,month_first",
    "order[2],,is,cost,<refused>",
    "comment,,pattern,a.*,<blank>",
    "size,,is,tiny,small",
    "*,,is,no,<blank>",
    "*,,is,yes,<refused>",
    "*,,is,?|10,<not_asked>",
]


@given(
    records=st.lists(
        st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in MESSY.items()}), min_size=1, max_size=12
    ),
    rules=st.lists(st.sampled_from(RULES), unique=True, max_size=8),
    condition=st.sampled_from(["drug == none", "tests has blood", "answered(days) and size == large"]),
)
def test_with_whatever_rules_the_ledger_replayed_gives_the_clean_table(records, rules, condition, tmp_path_factory):
    folder = write_study(tmp_path_factory.mktemp("ruled"))
    change(folder / "codebook.csv", "drug == none", condition)
    write_recodes(folder, *rules)
    whole = cleaned(folder, *records)
    replays(folder, whole, records)
    used = Counter(row[4].split("+")[0] for row in whole.ledger)
    assert set(used) <= TAKEN | {rule.id for rule in read_cleaning_study(folder).recodes}
