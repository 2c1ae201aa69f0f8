"""Dates as people type them, and as platforms write them."""

import datetime
import re
import unicodedata
from functools import cache

ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
YEAR_FIRST = re.compile(r"(\d{4})(?:[./-] ?)(\d{1,2})(?:[./-] ?)(\d{1,2})\.?")
DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})")
YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})|(\d{1,2})[/.](\d{4})")
MONTH, BETWEEN = r"(?P<month>[^\W\d_]{3,10})", r"[ .,/-]*(?:(?:of|de|del) )?"
NAMED = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º)?{BETWEEN}{MONTH}{BETWEEN}(?P<year>\d{{4}}|\d{{2}})",
        rf"{MONTH}[ .-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,-]+(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[ .,/-]*{MONTH}[ .,/-]*(?P<day>\d{{1,2}})",
        rf"{MONTH}{BETWEEN}(?P<year>\d{{4}})",
    )
)
# A time of day at the end: 24 or 12 hours, with or without a time zone. Google writes the half of the day in words.
CLOCK = re.compile(
    r"(?:T|,? )(?:(?P<words>오전|오후|上午|下午|午前|午後) ?)?(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?: ?(?P<half>[ap](?:\. ?)?m\.?|오전|오후|上午|下午|午前|午後))?"
    r"(?: ?(?-i:Z|[A-Z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}(?::?\d{2})?))?$",
    re.IGNORECASE,
)
AFTERNOON = ("p", "오후", "下午", "午後")
LONGEST = 60  # characters of a text that is a date
PIVOT = 69  # a year of two digits is from 1969 to 2068, as POSIX has it
# As in numbers.py: en, de, fr, es, it, pt, nl. The beginning of a name, of three letters or more, is the name, too.
MONTHS = """
january januar jänner janvier enero gennaio janeiro januari
february februar feber février febrero febbraio fevereiro februari
march märz mrz mars marzo março maart
april avril abril aprile
may mai mayo maggio maio mei
june juni juin junio giugno junho
july juli juillet julio luglio julho
august août agosto augustus
september septembre septiembre setiembre settembre setembro
october oktober octobre octubre ottobre outubro
november novembre noviembre novembro
december dezember décembre diciembre dicembre dezembro
"""


def parse_date(text: str, month_first: bool = False) -> tuple[datetime.date, str] | None:
    """The day that a tidy text names, and the rules that read it, joined by +; None where it names none.

    rule: "" for ISO 8601 (a time of day is left out), date_format for another unambiguous form, date_day_first where
    day and month could be exchanged (the European order is taken; date_month_first where the American is asked for),
    date_month for a month without a day (its first is taken), date_short_year for a year of two digits (1969 to 2068).
    """
    if len(text) > LONGEST or not any(map(str.isdigit, text)):
        return None
    try:
        text, _ = _split(text)
        if match := ISO.fullmatch(text):
            return datetime.date(*map(int, match.groups())), ""
        if match := YEAR_FIRST.fullmatch(text):
            return datetime.date(*map(int, match.groups())), "date_format"
        if match := DAY_FIRST.fullmatch(text):
            return _numbers(int(match[1]), int(match[2]), match[3], month_first)
        if match := YEAR_MONTH.fullmatch(text):
            year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
            return datetime.date(int(year), int(month), 1), "date_month"
        for match in filter(None, (form.fullmatch(text) for form in NAMED)):
            if month := _months().get(_fold(match["month"])):
                return _named(match.groupdict().get("day"), month, match["year"])
    except ValueError:
        return None
    return None


def is_ambiguous(rule: str) -> bool:
    """Whether a rule of parse_date had to take day and month in an order that the text does not show."""
    return bool({"date_day_first", "date_month_first"}.intersection(rule.split("+")))


def shown_order(text: str) -> str:
    """What a tidy text in numbers shows of the order of day and month: day_first, month_first or open; "" else."""
    parsed = parse_date(text)
    match = DAY_FIRST.fullmatch(_split(text)[0]) if parsed else None
    if not match or match[1] == match[2]:
        return ""
    return "open" if is_ambiguous(parsed[1]) else "month_first" if int(match[2]) > 12 else "day_first"


def moment(text: str, month_first: bool = False) -> str:
    """The day and time that a tidy text names, as ISO 8601, so that texts sort by time; "" where it names no day.

    Without a time of day, the start of the day. A time zone is left out: the day is that of the place it was written.
    """
    parsed = parse_date(text, month_first)
    return f"{parsed[0].isoformat()}T{_split(text)[1].isoformat()}" if parsed else ""


def _split(text: str) -> tuple[str, datetime.time]:
    """A text without the time of day at its end, and that time. Raises ValueError for a time that no clock shows."""
    match = CLOCK.search(text)
    if not match:
        return text, datetime.time()
    hour, half = int(match["hour"]), (match["words"] or match["half"] or "").casefold()
    if half:
        if not 0 <= hour <= 12:
            raise ValueError(f"no hour of half a day: {hour}")
        hour = hour % 12 + 12 * half.startswith(AFTERNOON)
    return text[: match.start()], datetime.time(hour, int(match["minute"]), int(match["second"] or 0))


def _numbers(first: int, second: int, year: str, month_first: bool) -> tuple[datetime.date, str]:
    """Two numbers and a year, of which one is the day and one the month."""
    american = second > 12 or (month_first and first <= 12)
    day, month = (second, first) if american else (first, second)
    order = ""
    if max(first, second) <= 12 and first != second:
        order = "date_month_first" if american else "date_day_first"
    rules = [*(["date_short_year"] if len(year) == 2 else []), *([order] if order else [])]
    return datetime.date(_year(year), month, day), "+".join(rules) or "date_format"


def _named(day: str | None, month: int, year: str) -> tuple[datetime.date, str]:
    rule = "date_month" if day is None else "date_short_year" if len(year) == 2 else "date_format"
    return datetime.date(_year(year), month, int(day or 1)), rule


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= PIVOT else 2000)


def _fold(text: str) -> str:
    """Small letters without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalpha())


@cache
def _months() -> dict[str, int]:
    """Month by name and by its beginnings, those left out that two months have in common."""
    known: dict[str, set[int]] = {}
    for month, names in enumerate(MONTHS.strip().splitlines(), start=1):
        for name in map(_fold, names.split()):
            for end in range(3, len(name) + 1):
                known.setdefault(name[:end], set()).add(month)
    return {name: months.pop() for name, months in known.items() if len(months) == 1}
