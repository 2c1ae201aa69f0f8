from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.conditions import NOT_ASKED, parse
from survey.errors import BadInput

ANSWERS = {
    "boost": "yes",
    "products": frozenset({"axi_cel", "tisa_cel"}),
    "infusions": 12.0,
    "icu": None,
    "gate": NOT_ASKED,
}


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("boost == yes", True),
        ("boost != yes", False),
        ("boost in (no, yes)", True),
        ("products has axi_cel", True),
        ("products has ide_cel", False),
        ("infusions >= 10 and infusions < 12.5", True),
        ("infusions == 12", True),
        ("not (boost == no or infusions > 20)", True),
        ("answered(boost)", True),
        ("answered(icu)", False),
        ("answered(gate)", False),
        ('boost == "yes"', True),
    ],
)
def test_a_condition_says_what_it_reads_like(text, truth):
    assert parse(text).evaluate(ANSWERS) is truth


def test_an_answer_that_is_missing_leaves_the_condition_open():
    assert parse("icu == a").evaluate(ANSWERS) is None
    assert parse("icu == a and boost == yes").evaluate(ANSWERS) is None
    assert parse("icu == a or boost == yes").evaluate(ANSWERS) is True
    assert parse("icu == a and boost == no").evaluate(ANSWERS) is False


def test_nothing_compares_with_a_question_that_was_not_asked():
    assert parse("gate == 0").evaluate(ANSWERS) is False
    assert parse("gate < 10").evaluate(ANSWERS) is False


def test_or_binds_less_than_and():
    assert parse("boost == yes or boost == no and boost == no").evaluate(ANSWERS) is True


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("boost = yes", "cannot read '= yes'"),
        ("boost ==", "expected a value, found its end"),
        ("boost == yes )", "expected nothing more"),
        ("(boost == yes", "expected '\\)'"),
        ("boost", "expected ==, !=, <"),
        ("infusions > many", "needs a number, not 'many'"),
        ("and == yes", "expected an item"),
        ("__import__('os') == 1", "expected"),
    ],
)
def test_what_is_not_a_condition_is_refused_with_the_place(text, complaint):
    with pytest.raises(BadInput, match=complaint):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_one_clear_line(text):
    with suppress(BadInput):
        parse(text).evaluate({})


def test_a_condition_too_deep_to_read_is_refused():
    with pytest.raises(BadInput, match="are allowed"):
        parse("not " * 1000 + "boost == yes")


def test_the_rows_of_a_linked_table_are_a_number():
    condition = parse("icu == no and rows(units) > 0")
    assert condition.items == ["icu", "rows(units)"]
    assert condition.evaluate({"icu": "no", "rows(units)": 1}) is True
    assert condition.evaluate({"icu": "no", "rows(units)": 0}) is False
    assert parse("rows == 2").items == ["rows"]
