"""Branching logic of REDCap and LimeSurvey in the language of `asked_if`, where it can be said in it."""

import re
from collections.abc import Mapping, Sequence

from survey.cells import UNTICKED
from survey.conditions import NOT_ASKED, parse
from survey.drafting.contents import fold
from survey.drafting.items import Answer, Item
from survey.errors import BadInput
from survey.export import Export

TOKEN = re.compile(
    r"\s*(?:\[(?P<field>\w+)(?:\((?P<box>[^)\]]+)\))?\]|(?P<quoted>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)|"
    r"(?P<sign><>|!=|==|<=|>=|=|<|>)|(?P<join>and\b|or\b|not\b|&&|\|\||!|\(|\))|"
    r"(?P<name>[A-Za-z]\w*)(?:\.(?:NAOK|valueNAOK|value|code))?)",
    re.IGNORECASE,
)
JOINS = {"&&": "and", "||": "or", "!": "not"}
SIGNS = {"=": "==", "<>": "!="}
OPPOSITE = {"==": "!=", "!=": "=="}


def translate_conditions(items: Sequence[Item], export: Export, sample: Sequence[Sequence[str]]) -> None:
    """Write `asked_if` from the dictionary's conditions, and doubt those that cannot be translated.

    A condition that records with an answer do not meet is written, too; how many there are is told.
    """
    above: dict[str, Item] = {}
    named: dict[str, Item] = {}
    for item in items:
        known = export.dictionary.get(export.columns[item.places[0]].name)
        if known and known.condition and item.role not in ("ignore", "identifier"):
            text = translate(known.condition, named)
            if text:
                item.asked_if = text
                _check(item, above, sample)
            else:
                item.doubt(
                    57,
                    "the platform asks it of some respondents only, and the condition could not be translated",
                    f"`{known.condition[:120].replace('`', chr(39))}`",
                    "give asked_if",
                )
        if item.role not in ("ignore", "identifier") and item.type not in ("rank", "date"):
            above[item.name] = item
            named |= _names(item, export)


def _names(item: Item, export: Export) -> dict[str, Item]:
    """An item by what the platform calls their question, and LimeSurvey's `question_subquestion` for a tick."""
    found: dict[str, Item] = {}
    for place in item.places:
        column = export.columns[place]
        found |= dict.fromkeys((column.name, *column.aliases), item)
        if item.type == "multiple":
            found |= dict.fromkeys((column.block, *column.block_aliases), item)
            found[f"{column.block}_{column.part}"] = item
    return found


def translate(text: str, named: Mapping[str, Item]) -> str:
    """A condition in the language of `asked_if`; "" where it says what that cannot."""
    words: list[str] = []
    tokens = _tokens(text)
    place = 0
    while place < len(tokens):
        kind, value, box = tokens[place]
        if kind == "join":
            words.append(JOINS.get(value, value.casefold()))
            place += 1
            continue
        following = tokens[place + 1 : place + 3]
        if kind != "field" or len(following) < 2 or following[0][0] != "sign" or following[1][0] != "value":
            return ""
        said = _comparison(named.get(value), value, box, SIGNS.get(following[0][1], following[0][1]), following[1][1])
        if not said:
            return ""
        words.append(said)
        place += 3
    condition = " ".join(words).replace("( ", "(").replace(" )", ")")
    try:
        parse(condition)
    except BadInput:
        return ""
    return condition


def _tokens(text: str) -> list[tuple[str, str, str]]:
    """The condition cut into (kind, text, box of a checkbox): field, sign, value or join; [] if it cannot be."""
    found, place = [], 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        if not match:
            return []
        place = match.end()
        if match["field"] or match["name"]:
            found.append(("field", match["field"] or match["name"], match["box"] or ""))
        elif match["quoted"] or match["number"]:
            found.append(("value", (match["quoted"] or match["number"]).strip("'\""), ""))
        elif match["sign"]:
            found.append(("sign", match["sign"], ""))
        else:
            found.append(("join", match["join"], ""))
    return found


def _comparison(item: Item | None, name: str, box: str, sign: str, value: str) -> str:
    if item is None:
        return ""
    if not value and sign in OPPOSITE:
        return f"{'not ' if sign == '==' else ''}answered({item.name})"
    if item.type == "multiple":
        option = _option(item, box or name.rpartition("_")[2])
        if not option or sign not in OPPOSITE:
            return ""
        ticked = (value.casefold() in ("1", "y")) == (sign == "==")
        return f"{'' if ticked else 'not '}{item.name} has {option.code}"
    if item.type in ("single", "ordinal"):
        option = _option(item, value)
        return f"{item.name} {sign} {option.code}" if option and sign in OPPOSITE else ""
    if item.type == "numeric" and re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return f"{item.name} {sign} {value}"
    return ""


def _option(item: Item, text: str) -> Answer | None:
    wanted = fold(text)
    return next(
        (a for a in item.answers if wanted in {fold(a.code), fold(a.label), *map(fold, a.aliases)}),
        None,
    )


def _check(item: Item, above: Mapping[str, Item], sample: Sequence[Sequence[str]]) -> None:
    """Tell how many records answered what the condition says they were not asked."""
    condition = parse(item.asked_if)
    used = [above[name] for name in condition.items]
    wrong = 0
    for line in sample:
        if any(_says(item, line[place]) for place in item.places):
            wrong += condition.evaluate({other.name: _answer(other, line) for other in used}) is False
    if wrong:
        item.doubt(
            59,
            "the dictionary's condition would remove answers, as the records that gave them do not meet it",
            f"{wrong} of the first {len(sample)} records; {item.asked_if}",
            "correct asked_if, or set skip_logic: keep in study.yaml",
        )


def _says(item: Item, cell: str) -> bool:
    """Whether a cell holds an answer; of a tick, that it is set."""
    return bool(fold(cell)) and not (item.type == "multiple" and fold(cell) in UNTICKED)


def _answer(item: Item, line: Sequence[str]) -> object:
    """A record's answer as a condition sees it."""
    cells = [line[place] for place in item.places]
    if not any(cells):
        return NOT_ASKED if item.asked_if else None
    if item.type == "multiple":
        pairs = zip(cells, item.answers, strict=False)
        return frozenset(answer.code for cell, answer in pairs if _says(item, cell))
    if item.type == "numeric":
        try:
            return float(cells[0].replace(",", "."))
        except ValueError:
            return None
    option = _option(item, cells[0])
    return option.code if option else None
