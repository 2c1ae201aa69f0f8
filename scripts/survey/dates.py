"""Dates as people type them."""

import calendar
import datetime
import re

ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})")
DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
MONTH_YEAR = re.compile(r"(?:(\d{1,2})\.? )?([A-Za-z]{3,9})\.?,? (\d{4})")
YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})|(\d{1,2})[/.](\d{4})")
TIME = re.compile(r"[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")
MONTHS = {"sept": 9} | {
    name.lower(): place
    for names in (calendar.month_name, calendar.month_abbr)
    for place, name in enumerate(names)
    if name
}


def parse_date(text: str, month_first: bool = False) -> tuple[datetime.date, str] | None:
    """The day that a tidy text names, and the rule that read it; None where it names none.

    rule: "" for ISO 8601 (a time of day is left out), date_format for another unambiguous form, date_day_first where
    day and month could be exchanged (the European order is taken; date_month_first where the American is asked for),
    date_month for a month without a day (its first is taken).
    """
    try:
        if match := ISO.fullmatch(text):
            return datetime.date(*map(int, match.groups())), ""
        if match := YEAR_FIRST.fullmatch(text):
            return datetime.date(*map(int, match.groups())), "date_format"
        if match := DAY_FIRST.fullmatch(text):
            first, second, year = map(int, match.groups())
            if second > 12:
                return datetime.date(year, first, second), "date_format"
            if first > 12 or first == second:
                return datetime.date(year, second, first), "date_format"
            if month_first:
                return datetime.date(year, first, second), "date_month_first"
            return datetime.date(year, second, first), "date_day_first"
        if (match := MONTH_YEAR.fullmatch(text)) and match.group(2).lower() in MONTHS:
            day = match.group(1)
            month = MONTHS[match.group(2).lower()]
            return datetime.date(int(match.group(3)), month, int(day or 1)), "date_format" if day else "date_month"
        if match := YEAR_MONTH.fullmatch(text):
            year, month = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), match.group(3))
            return datetime.date(int(year), int(month), 1), "date_month"
    except ValueError:
        return None
    return None


def moment(text: str) -> str:
    """The day and time that a tidy text names, as ISO 8601, so that texts sort by time; "" where it names no day.

    Without a time of day, the start of the day.
    """
    parsed = parse_date(text)
    if not parsed:
        return ""
    time = TIME.search(text)
    hour, minute, second = time.groups(default="0") if time else ("0", "0", "0")
    return f"{parsed[0].isoformat()}T{int(hour):02}:{minute:0>2}:{second:0>2}"
