"""What a cell means, and that the ledger tells every change of meaning once."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay import assert_replayed, clean_all, differences, replay
from small import NO_TESTS, PLAIN, change, write_export, write_study

from survey.cleaning import LEDGER
from survey.errors import BadInput
from survey.export import read_export
from survey.ledger import as_text, read_clean
from survey.recodes import read_cleaning_study
from survey.tables import read_beside, read_table, write_table

CLEAR, UNREAD = {"tests[blood]": "Yes"}, {"tests[blood]": "perhaps"}
WHY = {"why[cost]": "Yes", "why[risk]": "No"}


def ingested(folder, records):
    """The study and its export; answers not given are those of PLAIN."""
    write_export(folder / "export.csv", [{**PLAIN, **record} for record in records])
    return read_cleaning_study(folder), read_export(folder / "export.csv")


def cleaned(folder, *records):
    """The records after cleaning, all domains one after the other."""
    return clean_all(*ingested(folder, records))[0]


def column(whole, name):
    return [None if pd.isna(value) else value for value in whole.columns[name]]


def rules(whole, item):
    return {row[0]: row[4] for row in whole.ledger if row[1] == item}


def test_a_text_of_other_is_an_answer_though_other_is_not_ticked(small):
    whole = cleaned(
        small,
        {"drug": "", "drug[other]": "Drug Z"},
        {"drug": "  ", "drug[other]": "alpha"},
        {"drug": "Drug A", "drug[other]": "Drug B"},
        {"drug": "-oth-", "drug[other]": "Do not know"},
    )
    assert column(whole, "drug") == ["other", "a", "a", "dont_know"]
    assert column(whole, "drug__missing") == ["", "", "", "dont_know"]
    assert column(whole, "drug__other") == ["Drug Z", "alpha", "Drug B", "Do not know"]
    assert [row[:4] for row in whole.ledger if row[1] == "drug"] == [
        ("1", "drug", "", "other"),
        ("2", "drug", "  ", "a"),
        ("4", "drug", "-oth-", "dont_know"),
    ]


def test_a_tick_that_nobody_can_read_is_neither_a_yes_nor_a_no(small):
    whole = cleaned(small, UNREAD, {**dict.fromkeys(NO_TESTS, ""), **UNREAD}, {**UNREAD, "tests[other]": "blood"})
    assert column(whole, "tests[blood]") == [None, None, True]
    assert column(whole, "tests[mri]") == [True, None, True]
    assert column(whole, "tests__missing") == ["", "invalid", ""]
    assert [row[0] for row in whole.validation] == ["1", "2", "3"]


def test_a_box_that_limesurvey_did_not_show_is_no_tick_and_was_not_asked(small):
    hidden = dict.fromkeys(NO_TESTS, "N/A")
    partly = {**NO_TESTS, "tests[mri]": "N/A", "tests[blood]": "Yes"}
    records = [hidden, {**hidden, "tests[other]": "N/A"}, partly, {"drug": "-oth-", "drug[other]": "N/A"}]
    whole = cleaned(small, *records)
    assert column(whole, "tests[blood]") == [None, None, True, True]
    assert column(whole, "tests[mri]") == [None, None, None, True]
    assert column(whole, "tests__missing") == ["not_asked", "not_asked", "", ""]
    assert column(whole, "tests__other") == column(whole, "drug__other") == [None] * 4
    assert rules(whole, "tests[mri]") == dict.fromkeys("123", "not_shown")
    assert not whole.validation


def test_a_tick_read_through_blanks_or_an_alias_is_in_the_ledger(small):
    whole = cleaned(small, {"tests[mri]": " Yes "}, {"tests[mri]": "magnetic resonance"}, {"tests[mri]": "mri"})
    assert column(whole, "tests[mri]") == [True, True, True]
    assert rules(whole, "tests[mri]") == {"1": "spelling", "2": "alias"}


def test_an_answer_is_kept_where_the_tick_that_opens_it_cannot_be_read(small):
    change(small / "codebook.csv", "drug == none", "tests has blood")
    whole = cleaned(small, *({**WHY, **tests} for tests in (CLEAR, UNREAD, NO_TESTS, {**CLEAR, "tests[mri]": "?"})))
    assert column(whole, "why__missing") == ["", "", "not_asked", ""]
    problems = {row[0]: row[4] for row in whole.validation if row[1] == "why"}
    assert problems["2"] == "answered, but whether it is asked (tests has blood) is not known"
    assert "4" not in problems


@pytest.mark.parametrize(("days", "asked"), [("10", True), ("depends", True), ("Do not know", True), ("", False)])
def test_answered_means_that_something_was_answered_not_that_we_can_use_it(small, days, asked):
    change(small / "codebook.csv", "drug == none", "answered(days)")
    assert column(cleaned(small, {**WHY, "days": days}), "why__missing") == ["" if asked else "not_asked"]


def test_a_number_is_compared_as_a_number(small):
    change(small / "codebook.csv", "drug == none", "days == 10.0 or days in (1234567)")
    change(small / "codebook.csv", ",0,60,", ",,,")
    whole = cleaned(small, *({**WHY, "days": days} for days in ("10", "1234567", "1234568")))
    assert column(whole, "why__missing") == ["", "", "not_asked"]


def test_what_was_not_asked_asks_nothing_further_also_in_another_domain(small):
    change(small / "codebook.csv", "First drug,drug,,,,,", "First drug,drug,,,,size == large,")
    none = {**WHY, "drug": "No drug"}
    whole = cleaned(small, {**none, "size": "Large"}, {**none, "size": "Small"}, {**none, "size": ""})
    assert column(whole, "drug__missing") == ["", "not_asked", ""]
    assert column(whole, "why__missing") == ["", "not_asked", ""]
    assert rules(whole, "why") == {"2": "skip_logic"}


def test_a_column_that_shows_decimals_has_no_thousands(small):
    def days(*cells):
        return [
            None if pd.isna(day) else day for day in cleaned(small, *({"days": cell} for cell in cells)).columns["days"]
        ]

    assert days("1.250", "10", "12.000") == [None, 10, None]
    assert days("1.250", "0.75", "12.000", "1,250") == [1.25, 0.75, 12, None]


def test_an_option_ranked_twice_keeps_its_better_rank_and_one_row_tells(small):
    whole = cleaned(small, {"order[1]": "Cost", "order[2]": " cost", "order[3]": "Time"})
    assert [column(whole, f"order[{code}]") for code in ("cost", "risk", "time")] == [[1], [None], [3]]
    assert [row[1:5] for row in whole.ledger if row[1].startswith("order")] == [
        ("order[2]", " cost", "<blank>", "ranked_twice")
    ]


def test_several_answers_in_one_cell_are_ticks_and_a_cell_of_separators_is_blank(small):
    change(small / "codebook.csv", "Tests,tests,", "Tests,comment,")
    texts = ["Blood,MRI", "Blood, PET", "Not sure", ",", ""]
    whole = cleaned(small, *({"comment": text} for text in texts))
    assert column(whole, "tests[blood]") == [True, True, False, None, None]
    assert column(whole, "tests[other]") == [False, True, False, None, None]
    assert column(whole, "tests__missing") == ["", "", "dont_know", "blank", "blank"]
    assert {row[0]: row[3] for row in whole.validation} == {"2": "Blood, PET"}
    assert rules(whole, "tests")["4"] == "only_blanks"
    assert column(whole, "comment") == ["Blood,MRI", "Blood, PET", "Not sure", ",", None]


def test_a_number_without_end_is_not_an_answer(small):
    change(small / "codebook.csv", ",0,60,", ",,,")
    assert column(cleaned(small, {"days": "9" * 400}), "days__missing") == ["invalid"]


def test_a_blank_respondent_key_is_blank_and_another_is_compared_without_blanks_and_case(small):
    assert column(cleaned(small, {"centre": "\u00a0"}, {"centre": "c 01"}), "centre_id") == [None, "C01"]


MESSY = {
    "centre": ["C01", " c 2 ", "", "\u200b"],
    "size": ["Small", "large", "BIG", "tiny", "", " ", "<b>Large</b>"],
    "founded": ["1999-05-01", "1999-05-01 10:00", "May 1999", "1.2.1999", "soon", "", " 1999-05-01"],
    "drug": ["Drug A", "b", "ALPHA", "No drug", "-oth-", "other", "Other", "Do not know", "?", "", " "],
    "drug[other]": [
        "",
        " ",
        "Drug B",
        "<b>drug Z</b>   by  mouth",
        "dont_know",
        "no ",
        "Other",
        "&lt;refused&gt;",
        "N/A",
    ],
    "days": ["10", "2 weeks", "1,23456789012", "99", "Do not know", "many", "", " ", "7\r8", "60.0"],
    "tests[blood]": ["Yes", "No", "", " ", "perhaps", "x", "Blood", "no ", "N/A"],
    "tests[mri]": ["Yes", "No", "", "magnetic resonance", "N/A"],
    "tests[unsure]": ["No", "Yes", ""],
    "tests[other]": [
        "",
        "PET",
        "blood",
        "magnetic  resonance",
        "No",
        " no",
        "Yes",
        "unsure",
        "\u200b",
        " <blank>",
        "N/A",
    ],
    "why[cost]": ["Yes", "No", "", "perhaps"],
    "why[risk]": ["No", ""],
    "order[1]": ["Cost", "risk", "", "price"],
    "order[2]": ["Risk", "COST", "", " "],
    "order[3]": ["Time", "Cost", ""],
    "comment": ["", "a\rb", " x ", "<blank>", " <blank> ", "&lt;refused&gt;", " <<blank>", "<not_asked> "],
}
CONDITIONS = ["drug == none", "tests has blood", "answered(days) and size == large", "not (days > 5)"]


@settings(max_examples=60, deadline=None)
@given(
    records=st.lists(
        st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in MESSY.items()}), min_size=1
    ),
    condition=st.sampled_from(CONDITIONS),
    keep=st.booleans(),
)
def test_whatever_the_cells_the_ledger_replayed_gives_the_clean_table_and_tells_of_a_cell_once(
    records, condition, keep, tmp_path_factory
):
    folder = write_study(tmp_path_factory.mktemp("messy"))
    change(folder / "codebook.csv", "drug == none", condition)
    change(folder / "study.yaml", "seed: 1", f"seed: 1\nskip_logic: {'keep' if keep else 'drop'}")
    study, export = ingested(folder, records)
    ledger = assert_replayed(*clean_all(study, export), study)
    # The text of "other" is a cell of its own beside the tick of the option that it names.
    told = Counter((row["record"], row["item"], row["rule"] in ("other_recoded", "other_text")) for row in ledger)
    assert max(told.values(), default=1) == 1


def test_a_text_that_reads_like_a_kind_of_missing_is_told_from_it(small):
    whole = cleaned(
        small, *({"comment": text} for text in (" <blank> ", "&lt;refused&gt;", "  ", " <<blank>", " <b2>"))
    )
    assert column(whole, "comment") == ["<blank>", "<refused>", None, "<<blank>", "<b2>"]
    clean = [row[3] for row in whole.ledger if row[1] == "comment"]
    assert clean == ["<<blank>", "<<refused>", "<blank>", "<<<blank>", "<b2>"]
    read = [("<blank>", ""), ("<refused>", ""), ("", "blank"), ("<<blank>", ""), ("<b2>", "")]
    assert [read_clean(text) for text in clean] == read


@given(st.floats(allow_nan=False) | st.text("<>blank ref_usd", max_size=12))
def test_what_the_ledger_says_is_read_back_as_the_same(value):
    text, missing = read_clean(as_text(value))
    assert missing == ""
    assert (float(text) if isinstance(value, float) else text) == value


def test_a_text_of_other_that_is_kept_otherwise_than_written_is_in_the_ledger(small):
    texts = ("<b>Drug Z</b>   by  mouth", "Drug Z", " \u00a0", "")
    whole = cleaned(small, *({"drug": "-oth-", "drug[other]": text, "tests[other]": text} for text in texts))
    for name in ("drug__other", "tests__other"):
        assert column(whole, name) == ["Drug Z by mouth", "Drug Z", None, None]
        assert [row[:5] for row in whole.ledger if row[1] == name] == [
            ("1", name, texts[0], "Drug Z by mouth", "spelling"),
            ("3", name, texts[2], "<blank>", "only_blanks"),
        ]


@pytest.mark.parametrize(("name", "value"), [("days", 10 + 1e-12), ("drug__other", "Drug Y"), ("comment", None)])
def test_a_clean_table_that_differs_in_the_least_does_not_replay(small, name, value):
    records = [{"drug": "-oth-", "drug[other]": "Drug Z", "comment": "so"}]
    study, export = ingested(small, records)
    whole, cells, uses = clean_all(study, export)
    ledger = [dict(zip(LEDGER, row, strict=True)) for row in whole.ledger]
    values, missing = replay(cells.to_dict("records"), uses.to_dict("records"), [], ledger, study)
    row = {"record": "1"} | {column: series.astype(object)[0] for column, series in whole.columns.items()}
    row = {column: None if pd.isna(one) else one for column, one in row.items()}
    assert differences([row], values, missing, study) == []
    assert [found[1] for found in differences([row | {name: value}], values, missing, study)] == [name]


def test_a_cell_with_a_carriage_return_is_one_row_of_the_ledger(tmp_path):
    for text in ("a\rb", "a\r\nb", 'a "b",\nc', "NA"):
        write_table(pd.DataFrame([["1", text]], columns=["record", "raw"]), tmp_path / "ledger.csv")
        assert read_table(tmp_path / "ledger.csv").to_numpy().tolist() == [["1", text]]


def test_the_text_of_other_beside_answers_joined_in_one_cell_ticks_what_it_names(small):
    change(small / "codebook.csv", "Tests,tests,", "Tests,drug,")
    texts = [
        ("Blood,MRI", ""),
        ("Blood,Other", "PET"),
        ("Blood", "magnetic resonance"),
        ("", "PET"),
        ("Blood,X-ray", "unsure"),
        ("", ""),
        (",", " "),
        ("Blood", "N/A"),
    ]
    study, export = ingested(small, [{"drug": drug, "drug[other]": text} for drug, text in texts])
    whole, cells, uses = clean_all(study, export)
    assert column(whole, "tests[blood]") == [True, True, True, False, True, None, None, True]
    assert column(whole, "tests[mri]") == [True, False, True, False, False, None, None, False]
    assert column(whole, "tests[other]") == [False, True, False, True, True, None, None, False]
    assert column(whole, "tests__missing") == [*[""] * 5, "blank", "blank", ""]
    assert column(whole, "tests__other") == [None, "PET", "magnetic resonance", "PET", "unsure", None, None, None]
    assert rules(whole, "tests[mri]") == {"3": "other_recoded"}
    assert_replayed(whole, cells, uses, study)


def test_one_cell_that_lists_options_in_their_order_ranks_them(small):
    change(small / "codebook.csv", "Order,order,", "Order,comment,")
    texts = ["Risk,Cost,Time", "Time", "cost,Risk", "Cost,Cost", "Cost,price", "", ",", "Time,risk,cost,"]
    study, export = ingested(small, [{"comment": text} for text in texts])
    whole, cells, uses = clean_all(study, export)
    assert column(whole, "order[cost]") == [2, None, 1, None, None, None, None, 3]
    assert column(whole, "order[time]") == [3, 1, None, None, None, None, None, 1]
    assert column(whole, "order__missing") == ["", "", "", "invalid", "invalid", "blank", "blank", ""]
    assert [row[3] for row in whole.validation if row[1] == "order"] == ["Cost,Cost", "Cost,price"]
    assert_replayed(whole, cells, uses, study)


def test_clean_domains_of_other_records_are_not_put_beside_each_other(tmp_path):
    path = tmp_path / "centre.parquet"
    write_table(pd.DataFrame({"record": ["1", "2"], "size": ["small", "large"]}), path)
    assert read_beside([path], ["1", "2"]).columns.tolist() == ["size"]
    assert len(read_beside([], ["1", "2"])) == 2
    with pytest.raises(BadInput, match=r"centre\.parquet: its records are not those"):
        read_beside([path], ["2", "1"])
    with pytest.raises(BadInput, match="no column 'drug'"):
        read_beside([path], ["1", "2"], need=["drug"])


def test_answers_as_the_platform_writes_them_need_no_row_of_the_ledger(small):
    assert cleaned(small, {"centre": "C01", "drug": "No drug", **WHY}).ledger == []
