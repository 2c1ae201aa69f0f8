"""Clean answers: how the columns of the clean table are named, and how a text is matched to an option."""

from typing import TYPE_CHECKING

from survey.study import Item, Option
from survey.text import tidy

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

KINDS = ("not_asked", "blank", "dont_know", "not_applicable", "refused", "invalid")
OTHER_MARK = "-oth-"
OTHER_MARKS = (OTHER_MARK, "other")


def missing_column(item: Item) -> str:
    """Name of the clean column that says why an item has no counted answer."""
    return f"{item.name}__missing"


def option_column(item: Item, option: Option) -> str:
    """Name of the clean column of one option of a multiple or rank item."""
    return f"{item.name}[{option.code}]"


def other_column(item: Item) -> str:
    """Name of the clean column that keeps the text of "other"."""
    return f"{item.name}__other"


def value_columns(item: Item) -> list[str]:
    """The clean columns that hold an item's answers, in the order of its options."""
    if item.type in ("multiple", "rank"):
        return [option_column(item, option) for option in item.options]
    return [item.name]


def is_one(column: "pd.Series") -> "np.ndarray":
    """Where a clean column is ticked, or ranked first; shape (records,), never missing."""
    return column.eq(1).fillna(False).to_numpy(dtype=bool)


def find_option(item: Item, text: str) -> tuple[Option | None, str]:
    """The option that a text names and the rule that found it: "" (code or label as they are), spelling, alias."""
    exact, loose = _option_texts(item)
    if text in exact:
        return exact[text], ""
    found = loose.get(tidy(text).casefold())
    return (found[0], found[1]) if found else (None, "")


def _option_texts(item: Item) -> tuple[dict[str, Option], dict[str, tuple[Option, str]]]:
    if item not in _TEXTS:
        exact, loose = {}, {}
        for option in item.options:
            for alias in option.aliases:
                loose[tidy(alias).casefold()] = (option, "alias")
        for option in item.options:
            exact |= {option.code: option, option.label: option}
            loose |= {tidy(text).casefold(): (option, "spelling") for text in (option.code, option.label)}
            if option.kind == "other":
                exact.setdefault(OTHER_MARK, option)
                loose |= {mark: (option, "spelling") for mark in OTHER_MARKS if mark not in loose}
        _TEXTS[item] = exact, loose
    return _TEXTS[item]


_TEXTS: dict[Item, tuple[dict[str, Option], dict[str, tuple[Option, str]]]] = {}
