"""Typed cells of workbooks, Parquet and statistical packages as text: 15 is "15", a day is in ISO 8601."""

import datetime
import math


def as_cell(value: object) -> str:
    """A typed value as text: nothing is "", a whole number has no decimal point, a date is in ISO 8601.

    A date and time at midnight keeps its time: whether it is a day alone is for the caller to know.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        return moment_text(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return number_text(value.total_seconds())
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return str(value)


def number_text(value: float) -> str:
    """The shortest text that is read back as this number; "" for one that is none."""
    if math.isnan(value):
        return ""
    if math.isfinite(value) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return repr(value)


def moment_text(value: datetime.datetime) -> str:
    """A moment as `2018-02-15 20:37:15`, with a fraction of the second if it has one."""
    text = value.isoformat(" ")
    return text.rstrip("0") if value.microsecond and value.tzinfo is None else text
