import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.dates import moment, parse_date
from survey.numbers import parse_number
from survey.text import is_blank, key, tidy


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (" Germany\u00a0", "Germany"),
        ("&gt; 20&nbsp;days", "> 20 days"),
        ("\ufeff1 (None at all)", "1 (None at all)"),
        ("<b>Yes</b>", "Yes"),
        ("IgG < 4 g/L", "IgG < 4 g/L"),
        ("two\n  lines", "two lines"),
        ("None", "None"),
        ("NA", "NA"),
    ],
)
def test_tidy_takes_away_accidents_and_nothing_else(raw, text):
    assert tidy(raw) == text


def test_a_cell_of_blanks_is_blank_and_a_literal_na_is_not():
    assert is_blank(" \u00a0\t")
    assert not is_blank("NA")


def test_keys_are_compared_without_blanks_and_case():
    assert key(" sim 0012\u00a0") == key("SIM0012")


@given(st.text())
def test_tidy_twice_is_tidy_once_for_text_without_entities(text):
    if "&" not in text and "<" not in text:
        assert tidy(tidy(text)) == tidy(text)


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("15.0", 15, ""),
        ("-3", -3, ""),
        ("10,5", 10.5, "decimal_comma"),
        ("5-10", 7.5, "range_middle"),
        ("5 – 10", 7.5, "range_middle"),
        ("> 20", 20, "bound"),
        ("20+", 20, "bound"),
        ("approx. 30", 30, "approximate"),
        ("2 weeks", 14, "unit"),
        ("14 days", 14, "unit"),
        ("about 3 to 4 weeks", 24.5, "approximate+range_middle+unit"),
        ("ten", 10, "number_word"),
        ("zwei Wochen", 14, "number_word+unit"),
        ("twenty one", 21, "number_word"),
        ("1 200", 1200, "thousands"),
        ("1.234", 1.234, ""),
        ("1.2034", 1.2034, ""),
        ("0.500", 0.5, ""),
    ],
)
def test_numbers_are_read_as_people_type_them(text, value, rule):
    reading = parse_number(text, "days")
    assert (reading.value, reading.rule) == (value, rule)
    assert bool(reading.reason) == bool(rule)


@pytest.mark.parametrize(
    "text",
    [
        *("1,200", "1.200", "10.000", "1.500-2.000", "017 612 345", "2-2023", "12/2021"),
        *("depends", "see SOP", "10-5", "3 patients", "once", "", "5 mg", "1e5", "0x10", "NaN", "inf"),
    ],
)
def test_what_could_mean_two_things_or_nothing_is_left_to_a_person(text):
    assert parse_number(text, "days") is None


@given(st.floats(0, 1e6, allow_nan=False).map(lambda value: round(value, 4)))
def test_a_plain_number_is_read_back(value):
    assert parse_number(f"{value:.4f}").value == value


def test_zero_has_no_sign():
    assert str(parse_number("-0").value) == str(parse_number("-0.0").value) == "0.0"


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_none(text):
    parse_number(tidy(text), "days")


@pytest.mark.parametrize(
    ("text", "day", "rule"),
    [
        ("2022-03-15", "2022-03-15", ""),
        ("2023-03-01 09:15:00", "2023-03-01", ""),
        ("15/03/2022", "2022-03-15", "date_format"),
        ("15.03.2022", "2022-03-15", "date_format"),
        ("03/15/2022", "2022-03-15", "date_format"),
        ("04/03/2022", "2022-03-04", "date_day_first"),
        ("March 2022", "2022-03-01", "date_month"),
        ("15 March 2022", "2022-03-15", "date_format"),
        ("03/2022", "2022-03-01", "date_month"),
        ("03/01/2024 08:09:00 AM", "2024-01-03", "date_day_first"),
        ("2/15/2018 20:37:15", "2018-02-15", "date_format"),
        ("2024/03/01 8:00:00 AM GMT+1", "2024-03-01", "date_format"),
        ("2024/03/01 3:00:01 p. m. CET", "2024-03-01", "date_format"),
        ("2024. 3. 1 오후 3:00:00", "2024-03-01", "date_format"),
        ("2023-03-01T09:15:00+01:00", "2023-03-01", ""),
        ("15.02.18", "2018-02-15", "date_short_year"),
        ("3/1/24 17:00:00", "2024-01-03", "date_short_year+date_day_first"),
        ("15.02.68", "2068-02-15", "date_short_year"),
        ("15.02.69", "1969-02-15", "date_short_year"),
        ("15-Feb-2018", "2018-02-15", "date_format"),
        ("15-Feb-18", "2018-02-15", "date_short_year"),
        ("February 15, 2018", "2018-02-15", "date_format"),
        ("1st March 2024", "2024-03-01", "date_format"),
        ("Sept. 2020", "2020-09-01", "date_month"),
        ("1er mars 2024", "2024-03-01", "date_format"),
        ("21. März 2019", "2019-03-21", "date_format"),
        ("15 de febrero de 2018", "2018-02-15", "date_format"),
    ],
)
def test_dates_are_read_and_guesses_named(text, day, rule):
    assert parse_date(text) == (datetime.date.fromisoformat(day), rule)


@pytest.mark.parametrize(
    "text",
    [
        *("2022-02-30", "31/04/2023", "32/01/2022", "30 February 2023", "29.02.23", "15/13/2022"),
        *("soon", "2022", "Marchuary 2022", "jui 2020", "Feb 18", "10:30", "2024-03-01 13:00 PM", "2024-03-01 24:30"),
    ],
)
def test_what_is_no_day_is_none(text):
    assert parse_date(text) is None
    assert moment(text) == ""


def written(when: datetime.datetime, form: str) -> str:
    """A moment as %-codes write it; {d}, {m}, {h} and {H} are day, month and hours without a leading zero."""
    return when.strftime(form.format(d=when.day, m=when.month, h=when.hour % 12 or 12, H=when.hour))


# Time stamps as the platforms' exports hold them, and whether the month stands first (None: the text shows it).
STAMPS = {
    "limesurvey": ("%Y-%m-%d %H:%M:%S", None),
    "qualtrics": ("%Y-%m-%d %H:%M:%S", None),
    "redcap": ("%Y-%m-%d %H:%M:%S", None),
    "surveymonkey": ("%m/%d/%Y %I:%M:%S %p", True),
    "surveymonkey workbook": ("%m/%d/%Y %H:%M:%S", True),
    "google_forms, United States": ("{m}/{d}/%Y {H}:%M:%S", True),
    "google_forms, United Kingdom": ("%d/%m/%Y %H:%M:%S", False),
    "google_forms, Germany": ("%d.%m.%Y %H:%M:%S", False),
    "google_forms, as downloaded": ("%Y/%m/%d {h}:%M:%S %p GMT+1", None),
    "microsoft_forms, United States": ("{m}/{d}/%y {H}:%M:%S", True),
    "microsoft_forms, France": ("%d/%m/%Y %H:%M:%S", False),
    "in words": ("%B {d}, %Y {h}:%M:%S %p", None),
}


@given(
    st.sampled_from(sorted(STAMPS)),
    st.datetimes(datetime.datetime(1969, 1, 1), datetime.datetime(2068, 12, 31, 23, 59, 59)),
)
def test_what_platforms_write_is_read_back(platform, when):
    form, month_first = STAMPS[platform]
    when = when.replace(microsecond=0)
    text = written(when, form)
    orders = (False, True) if month_first is None else (month_first,)
    for order in orders:
        assert parse_date(text, order)[0] == when.date()
        assert moment(text, order) == when.isoformat()


@given(st.from_regex(r"[0-9]{1,4}[./ -][0-9]{1,2}[./ -][0-9]{1,4}( [0-9]{1,2}:[0-9]{2})?", fullmatch=True))
def test_a_day_that_is_read_stands_in_the_text(text):
    if parsed := parse_date(text):
        day = parsed[0]
        first, second, third = (int(number) for number in re.findall(r"[0-9]+", text)[:3])
        assert sorted([first % 100, second % 100, third % 100]) == sorted([day.day, day.month, day.year % 100])
