"""What a cell says once the accidents of typing and exporting are taken away."""

import html
import re

INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
TAG = re.compile(r"</?(?:b|i|u|em|strong|span|p|br|div|font)\b[^<>]*>", re.IGNORECASE)


def tidy(text: str) -> str:
    """The text without HTML entities and tags, invisible characters, blanks at its ends or more than one in a row."""
    if text.isalnum():
        return text
    text = TAG.sub(" ", html.unescape(text))
    return " ".join(INVISIBLE.sub("", text).split())


def is_blank(text: str) -> bool:
    """Whether a cell holds nothing a person would see."""
    return not tidy(text)


def key(text: str) -> str:
    """A respondent key as compared: without blanks, in capitals."""
    return "".join(tidy(text).split()).upper()
