"""How the ledger writes a clean value, and how it is read back.

An answer is written as the shortest text that is read back as the same; `<kind>` stands for a kind of missing, such as
<not_asked>. An answer that reads like that itself has one `<` more.
"""

import re

from survey.answers import KINDS

TOKEN = re.compile(rf"<({'|'.join(KINDS)})>")


def token(missing: str) -> str:
    """A kind of missing as the ledger writes it, such as <not_asked>."""
    return f"<{missing}>"


def as_text(value: object) -> str:
    """A clean value as the ledger writes it: numbers with all their digits, ticks as 1 and 0, dates as ISO 8601."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return repr(float(value)).removesuffix(".0")
    text = str(value)
    return f"<{text}" if TOKEN.fullmatch(_without_more(text)) else text


def read_clean(text: str) -> tuple[str, str]:
    """The answer that a cell of the ledger's `clean` holds, and the kind of missing; one of them is empty."""
    if found := TOKEN.fullmatch(text):
        return "", found[1]
    return text[1:] if TOKEN.fullmatch(_without_more(text)) else text, ""


def _without_more(text: str) -> str:
    return re.sub("^<+", "<", text)
