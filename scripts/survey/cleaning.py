"""From verbatim cells to typed answers, every change of meaning written down.

Each distinct text of a column is interpreted once. A cell is *literal* when it needs no rule: the code or label of an
option, a plain number, an ISO date, a tick as the platform writes it, or nothing. Everything else gets a ledger row.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

from survey.answers import KINDS, find_option, is_one, missing_column, option_column, value_columns
from survey.conditions import NOT_ASKED, UNCLEAR
from survey.dates import parse_date
from survey.errors import BadInput, nearest
from survey.numbers import parse_number
from survey.study import Item, Option, Study
from survey.text import is_blank, key, tidy

if TYPE_CHECKING:
    import pandas as pd

TICKED = frozenset(["y", "yes", "1", "true", "x", "ticked", "checked", "selected"])
UNTICKED = frozenset(["n", "no", "0", "false", "unticked", "unchecked"]) | {"not selected"}
JOIN = "|"
Row = tuple[str, str, str, str, str, str]
LEDGER = ["record", "item", "raw", "clean", "rule", "reason"]
VALIDATION = ["record", "item", "column", "value", "problem", "nearest"]


@dataclass(frozen=True)
class Cell:
    """What a text means.

    value: the answer (code, number, date, text, True or False), None where there is none; missing: one of KINDS where
    the answer is not part of the base, else ""; rule and reason: how it was read, "" for a literal; problem and
    nearest: what a person must look at, and the option most like it.
    """

    value: object = None
    missing: str = ""
    rule: str = ""
    reason: str = ""
    problem: str = ""
    nearest: str = ""


BLANK = Cell(missing="blank")
ONLY_BLANKS = Cell(missing="blank", rule="only_blanks", reason="nothing but blanks")


@dataclass
class Cleaned:
    """A domain after cleaning: columns of the clean table, ledger rows and validation rows."""

    columns: dict[str, "pd.Series"] = field(default_factory=dict)
    ledger: list[Row] = field(default_factory=list)
    validation: list[Row] = field(default_factory=list)

    def overrule(self, rows: Sequence[Row]) -> None:
        """Put rows in the ledger in place of what it says of the same cells (record and item)."""
        told = {row[:2] for row in rows}
        self.ledger = [row for row in self.ledger if row[:2] not in told] + list(rows)


def as_text(value: object) -> str:
    """A clean value as the ledger writes it: numbers to 10 digits, ticks as 1 and 0, dates as ISO 8601."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def token(missing: str) -> str:
    """A kind of missing as the ledger writes it, such as <not_asked>."""
    return f"<{missing}>"


def clean_domain(
    raw: "pd.DataFrame", uses: "pd.DataFrame", study: Study, domain: str, earlier: "pd.DataFrame"
) -> Cleaned:
    """Clean the items of one domain.

    raw: ingest/responses.parquet of the records that are analysed; uses: ingest/columns.csv; earlier: the clean columns
    of the domains that this one's skip logic asks about, in the same order of records.
    """
    cleaned = Cleaned()
    answers = {item.name: condition_answers(item, earlier) for item in study.gates(domain)}
    for item in study.domain_items(domain):
        if item.role == "ignore":
            continue
        own = uses[uses["item"] == item.name]
        part = _clean_item(raw, own, item, study)
        _apply_skip_logic(part, raw, own, item, study, answers)
        cleaned.columns |= part.columns
        cleaned.ledger += part.ledger
        cleaned.validation += part.validation
        answers[item.name] = condition_answers(item, part.columns)
    return cleaned


def condition_answers(item: Item, columns: "Mapping[str, pd.Series] | pd.DataFrame") -> list[object]:
    """An item's answers as a condition sees them: a code, a number, ticked codes, None, NOT_ASKED or UNCLEAR."""
    if item.type == "multiple":
        values = _ticked_codes(item, columns)
    elif item.type == "rank":
        values = [UNCLEAR] * len(columns[missing_column(item)])
    else:
        column = columns[item.name]
        values = [UNCLEAR if empty else value for value, empty in zip(column.tolist(), column.isna(), strict=True)]
    apart = {"not_asked": NOT_ASKED, "blank": None}
    return [apart.get(kind, value) for kind, value in zip(columns[missing_column(item)], values, strict=True)]


def _ticked_codes(item: Item, columns: "Mapping[str, pd.Series] | pd.DataFrame") -> list[frozenset[object]]:
    """Per record the codes it ticks, and UNCLEAR where a tick cannot be read."""
    codes = [UNCLEAR, *(option.code for option in item.options)]
    ticks = [columns[name] for name in value_columns(item)]
    unclear = sum(column.isna().to_numpy() for column in ticks) > 0
    lines = zip(unclear, *(is_one(column) for column in ticks), strict=True)
    return [frozenset(compress(codes, line)) for line in lines]


def _clean_item(raw: "pd.DataFrame", uses: "pd.DataFrame", item: Item, study: Study) -> Cleaned:
    part = Cleaned()
    if item.type in ("multiple", "rank"):
        _clean_block(part, raw, uses, item, study.export.get("separator"))
    else:
        _clean_single(part, raw, uses, item, study)
    return part


def _interpret(
    part: Cleaned, raw: "pd.DataFrame", column: str, item: str, interpret: Callable[[str], Cell]
) -> tuple[list[Cell], list[int]]:
    """Every distinct text of a column interpreted once, changes written down; the cells, and each record's one."""
    import pandas as pd

    places, texts = pd.factorize(raw[column], sort=False)
    cells = [interpret(text) for text in texts]
    records = raw["record"].tolist()
    noted = {place for place, cell in enumerate(cells) if cell.rule or cell.problem}
    for record, place in zip(records, places, strict=True) if noted else ():
        if place not in noted:
            continue
        cell, text = cells[place], texts[place]
        if cell.rule:
            clean = as_text(cell.value) if cell.value is not None else token(cell.missing)
            part.ledger.append((record, item, text, clean, cell.rule, cell.reason))
        if cell.problem:
            part.validation.append((record, item, column, text, cell.problem, cell.nearest))
    return cells, places


def _clean_single(part: Cleaned, raw: "pd.DataFrame", uses: "pd.DataFrame", item: Item, study: Study) -> None:
    import pandas as pd

    column = uses.loc[uses["use"] == "answer", "column"].iloc[0]
    reader = read_key if item.type == "text" and item.name == study.respondent_key else READERS[item.type]
    cells, places = _interpret(part, raw, column, item.name, partial(reader, item=item))
    values = [cells[place].value for place in places]
    missing = [cells[place].missing for place in places]
    other = uses.loc[uses["use"] == "other_text", "column"]
    if item.type in ("single", "ordinal"):
        if len(other):
            _recode_other(part, raw, column, other.iloc[0], item, values, missing)
        codes = [option.code for option in item.options]
        series = pd.Series(pd.Categorical(values, categories=codes, ordered=item.type == "ordinal"))
    elif item.type == "numeric":
        series = pd.Series(values, dtype="float64")
    elif item.type == "date":
        series = pd.Series(pd.to_datetime(values).astype("datetime64[s]"))
    else:
        series = pd.Series(values, dtype="str")
    part.columns[item.name] = series
    part.columns[missing_column(item)] = _missing_series(missing)


def _missing_series(missing: Sequence[str]) -> "pd.Series":
    import pandas as pd

    return pd.Series(pd.Categorical(missing, categories=["", *KINDS]))


def _recode_other(
    part: Cleaned,
    raw: "pd.DataFrame",
    answer: str,
    column: str,
    item: Item,
    values: list[object],
    missing: list[str],
) -> None:
    """Where the text of "other" names a listed option, that option is the answer; the text itself is kept beside it."""
    import pandas as pd

    others = [option for option in item.options if option.kind == "other"]
    open_to = {None, *(option.code for option in others)}
    texts = [tidy(text) for text in raw[column]]
    records, cells = raw["record"].tolist(), raw[answer].tolist()
    recoded: list[Row] = []
    for place, text in enumerate(texts):
        if not text or values[place] not in open_to:
            continue
        option, _ = find_option(item, text)
        reason = f"the text of 'other' names this option: {text}"
        if option is None and missing[place] == "blank":
            option, reason = others[0], "a text of 'other' without a tick"
        if option is None or option.code == values[place]:
            continue
        values[place], missing[place] = option.code, "" if option.counts else option.kind
        recoded.append((records[place], item.name, cells[place], option.code, "other_recoded", reason))
    part.overrule(recoded)
    part.columns[f"{item.name}__other"] = pd.Series([text or None for text in texts], dtype="str")


def read_choice(text: str, item: Item) -> Cell:
    """A single-choice or ordinal answer."""
    if not text:
        return BLANK
    option, rule = find_option(item, text)
    if option:
        reason = {"": "", "spelling": "blanks, case or HTML", "alias": "listed as another spelling"}[rule]
        return Cell(option.code, "" if option.counts else option.kind, rule, reason)
    if not tidy(text):
        return ONLY_BLANKS
    return _not_understood(text, [option.label for option in item.options], "is none of the options")


def read_number(text: str, item: Item) -> Cell:
    """A numeric answer, within the range that the codebook allows."""
    if not text:
        return BLANK
    option, rule = find_option(item, text)
    if option:
        return Cell(None, option.kind, rule, "option of the question" if rule else "")
    words = tidy(text)
    if not words:
        return ONLY_BLANKS
    reading = parse_number(words, item.unit)
    if reading is None or math.isinf(reading.value):
        return _not_understood(text, [option.label for option in item.options], "is not a number")
    low, high = item.minimum, item.maximum
    if (low is not None and reading.value < low) or (high is not None and reading.value > high):
        allowed = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"
        return Cell(None, "invalid", "out_of_range", f"outside {allowed}", f"is outside {allowed}")
    if not reading.rule and words != text:
        return Cell(reading.value, "", "spelling", "blanks or HTML")
    return Cell(reading.value, "", reading.rule, reading.reason)


def read_date(text: str, item: Item) -> Cell:
    """A date; a time of day is left out."""
    if not text:
        return BLANK
    words = tidy(text)
    if not words:
        return ONLY_BLANKS
    parsed = parse_date(words)
    if parsed is None:
        return _not_understood(text, [], "is not a date")
    day, rule = parsed
    rule = rule or ("spelling" if words != text else "")
    reasons = {
        "": "",
        "spelling": "blanks or HTML",
        "date_format": "date in another form",
        "date_day_first": "day before month, as in Europe",
        "date_month": "no day given, the first of the month taken",
    }
    return Cell(day, "", rule, reasons[rule])


def read_text(text: str, item: Item) -> Cell:
    """A free text."""
    return _tidied(text, tidy(text), "blanks or HTML")


def read_key(text: str, item: Item) -> Cell:
    """The respondent key, compared in capitals and without blanks."""
    return _tidied(text, key(text), "blanks, case or HTML")


def _tidied(text: str, words: str, reason: str) -> Cell:
    if not words:
        return ONLY_BLANKS if text else BLANK
    return Cell(words) if words == text else Cell(words, "", "spelling", reason)


READERS: dict[str, Callable[..., Cell]] = {
    "single": read_choice,
    "ordinal": read_choice,
    "numeric": read_number,
    "date": read_date,
    "text": read_text,
}


def _not_understood(text: str, known: Sequence[str], problem: str) -> Cell:
    close = get_close_matches(tidy(text), known, n=1, cutoff=0.5)
    return Cell(
        None, "invalid", "not_understood", f"{problem} and no rule covers it", problem, close[0] if close else ""
    )


def _clean_block(part: Cleaned, raw: "pd.DataFrame", uses: "pd.DataFrame", item: Item, separator: str | None) -> None:
    """Multiple choice and ranks: one clean column per option."""
    answers = uses[uses["use"] == "answer"]
    if item.type == "rank":
        table, why = _rank_block(part, raw, answers, item)
        kind = "Int64"
    elif len(answers) == 1 and not answers["option"].iloc[0]:
        table, why = _joined_cell(part, raw, answers["column"].iloc[0], item, separator or ",")
        kind = "boolean"
    else:
        table, why = _tick_block(part, raw, uses, item)
        kind = "boolean"
    _store_block(part, table, why, item, kind)


def _store_block(part: Cleaned, table: dict[str, list[object]], why: list[str], item: Item, kind: str) -> None:
    """Keep the columns of a block; where every tick is "do not know" or its like, that is why nothing counts.

    why: per record "" where the block holds an answer, else blank or invalid.
    """
    import pandas as pd

    apart = [option for option in item.options if not option.counts]
    counted = [option for option in item.options if option.counts]
    missing = list(why)
    for place, reason in enumerate(why):
        if not reason and not any(table[option.code][place] for option in counted):
            missing[place] = next((option.kind for option in apart if table[option.code][place]), "")
    for option in item.options:
        values = [None if reason else value for value, reason in zip(table[option.code], why, strict=True)]
        part.columns[option_column(item, option)] = pd.Series(values, dtype=kind)
    part.columns[missing_column(item)] = _missing_series(missing)


def _worst(kinds: Iterable[str]) -> str:
    """Of the cells of a block: "" when any holds an answer, else invalid when any is not understood, else blank."""
    seen = set(kinds)
    return "" if "" in seen else "invalid" if "invalid" in seen else "blank"


def _block_options(answers: Iterable[tuple[str, str]], item: Item) -> dict[str, Option]:
    """Column to the option that its header names; a header that names none is a bad codebook."""
    found = {}
    for column, name in answers:
        option, _ = find_option(item, name)
        if option is None:
            hint = nearest(name, [option.label for option in item.options])
            raise BadInput(
                f"options.csv item {item.name!r}: the export's column {column!r} is not one of its options{hint}; "
                "add it or an alias"
            )
        if option in found.values():
            raise BadInput(
                f"options.csv item {item.name!r}: two columns of the export name option {option.code!r}; "
                f"the second is {column!r}"
            )
        found[column] = option
    return found


def _need_all(item: Item, named: Iterable[Option]) -> None:
    """Refuse a block that lost a column: its option would count as chosen by nobody."""
    known = set(named)
    lost = [option.label for option in item.options if option not in known]
    if lost:
        raise BadInput(
            f"codebook.csv item {item.name!r}: the export has no column for {', '.join(map(repr, lost))} below "
            f"{item.source!r}; export the whole question again, or take what was not offered out of options.csv"
        )


def _tick_block(
    part: Cleaned, raw: "pd.DataFrame", uses: "pd.DataFrame", item: Item
) -> tuple[dict[str, list[object]], list[str]]:
    """One column per option. A tick that cannot be read is missing in its column; the rest of its block counts."""
    answers = uses[uses["use"] == "answer"]
    options = _block_options(zip(answers["column"], answers["option"], strict=True), item)
    table: dict[str, list[object]] = {option.code: [False] * len(raw) for option in item.options}
    kinds = []
    for column, option in options.items():
        cells, places = _interpret(part, raw, column, option_column(item, option), partial(read_tick, option=option))
        ticks = [None if cell.missing == "invalid" else bool(cell.value) for cell in cells]
        table[option.code] = [ticks[place] for place in places]
        kinds.append([cells[place].missing for place in places])
    others = uses.loc[uses["use"] == "other_text", "column"]
    written_in = [option for option in item.options if option.kind == "other" and len(others)]
    _need_all(item, [*options.values(), *written_in])
    for column in others:
        kinds.append(_other_of_block(part, raw, column, item, table))
    return table, [_worst(line) for line in zip(*kinds, strict=True)]


def read_tick(text: str, option: Option) -> Cell:
    """Whether a cell ticks an option: yes, no, or nothing (not ticked, but no answer either)."""
    if not text:
        return BLANK
    words = tidy(text).casefold()
    if not words:
        return ONLY_BLANKS
    literal = text.casefold() == words or text == option.label
    rule, reason = ("", "") if literal else ("spelling", "blanks or HTML")
    if words in TICKED or words in {tidy(name).casefold() for name in (option.code, option.label)}:
        return Cell(True, "", rule, reason)
    if words in UNTICKED:
        return Cell(False, "", rule, reason)
    if words in {tidy(alias).casefold() for alias in option.aliases}:
        return Cell(True, "", "alias", "listed as another spelling")
    return _not_understood(text, [option.label], "is neither a tick nor its absence")


def _other_of_block(
    part: Cleaned, raw: "pd.DataFrame", column: str, item: Item, table: dict[str, list[object]]
) -> list[str]:
    """The text of "other" ticks the option it names, or `other` itself; the text is kept beside the ticks."""
    import pandas as pd

    other = next(option for option in item.options if option.kind == "other")
    records, texts = raw["record"].tolist(), raw[column].tolist()
    kept: list[str | None] = [None] * len(texts)
    for place, text in enumerate(texts):
        words = tidy(text)
        if not words or words.casefold() in UNTICKED:
            continue
        kept[place] = words
        option = other if words.casefold() in TICKED else find_option(item, words)[0] or other
        already = table[option.code][place]
        table[option.code][place] = True
        if option is not other:
            reason = "the text of 'other' names this option" + (", ticked already" if already else "")
            part.ledger.append((records[place], option_column(item, option), text, "1", "other_recoded", reason))
        elif not already:
            reason = "a text of 'other' ticks it"
            part.ledger.append((records[place], option_column(item, other), text, "1", "other_text", reason))
    part.columns[f"{item.name}__other"] = pd.Series(kept, dtype="str")
    return ["blank" if is_blank(text) else "" for text in texts]


def split_answers(text: str, item: Item, separator: str) -> tuple[list[Option], list[str], bool]:
    """The options that a cell of joined answers names, the pieces that name none, and whether all are plain labels.

    A label may hold the separator itself: the longest run of pieces that names an option is taken.
    """
    pieces = text.split(separator)
    found: list[Option] = []
    strange: list[str] = []
    plain = True
    place = 0
    while place < len(pieces):
        for end in range(len(pieces), place, -1):
            run = separator.join(pieces[place:end])
            option, rule = find_option(item, run)
            if option:
                found.append(option)
                plain = plain and not rule
                place = end
                break
        else:
            if not is_blank(pieces[place]):
                strange.append(tidy(pieces[place]))
            ended = place == len(pieces) - 1 and not pieces[place]  # some platforms write a separator at the end, too
            plain = plain and ended
            place += 1
    return found, strange, plain


def _read_joined(text: str, item: Item, separator: str, other: Option | None) -> Cell:
    """The codes that a cell of joined answers names, joined by |; a piece that names none is `other`, if offered."""
    if not text:
        return BLANK
    if is_blank(text):
        return ONLY_BLANKS
    options, strange, plain = split_answers(text, item, separator)
    codes = {option.code for option in options} | ({other.code} if strange and other else set())
    value = JOIN.join(option.code for option in item.options if option.code in codes)
    problem = f"holds what is none of the options: {'; '.join(strange)}"
    if not value:
        return Cell(None, "invalid", "not_understood", "names none of the options", "names none of the options")
    if strange:
        return Cell(value, "", "other_text" if other else "partly_understood", problem, problem)
    return Cell(value, "", "" if plain else "spelling", "" if plain else "blanks, case or another spelling")


def _joined_cell(
    part: Cleaned, raw: "pd.DataFrame", column: str, item: Item, separator: str
) -> tuple[dict[str, list[object]], list[str]]:
    """One cell that holds several answers; how it was read is in the ledger unless it is labels joined and no more."""
    other = next((option for option in item.options if option.kind == "other"), None)
    cells, places = _interpret(
        part, raw, column, item.name, partial(_read_joined, item=item, separator=separator, other=other)
    )
    ticked = [frozenset(str(cell.value).split(JOIN)) if cell.value else frozenset() for cell in cells]
    table = {option.code: [option.code in ticked[place] for place in places] for option in item.options}
    return table, [cells[place].missing for place in places]


RANK = re.compile(r"(?:rank )?(\d+)", re.IGNORECASE)


def _rank_block(
    part: Cleaned, raw: "pd.DataFrame", answers: "pd.DataFrame", item: Item
) -> tuple[dict[str, list[object]], list[str]]:
    """Ranks: a column per rank, holding an option (LimeSurvey), or one per option, holding its rank (SurveyMonkey)."""
    pairs = list(zip(answers["column"], answers["option"], strict=True))
    by_rank = all(RANK.fullmatch(name) for _, name in pairs)
    table, kinds = (_options_of_ranks if by_rank else _ranks_of_options)(part, raw, pairs, item)
    ranked = [any(rank is not None for rank in line) for line in zip(*table.values(), strict=True)]
    lines = zip(ranked, *kinds, strict=True)
    return table, ["" if some else _worst(kind or "blank" for kind in line) for some, *line in lines]


def _options_of_ranks(
    part: Cleaned, raw: "pd.DataFrame", pairs: list[tuple[str, str]], item: Item
) -> tuple[dict[str, list[object]], list[list[str]]]:
    """An option that is ranked twice keeps its better rank."""
    table: dict[str, list[object]] = {option.code: [None] * len(raw) for option in item.options}
    records, kinds = raw["record"].tolist(), []
    ranks = sorted((int(RANK.fullmatch(name)[1]), column) for column, name in pairs)
    lost = set(range(1, ranks[-1][0] + 1)) - {rank for rank, _ in ranks}
    if lost:
        raise BadInput(
            f"codebook.csv item {item.name!r}: the export has no column for rank {min(lost)} below {item.source!r}; "
            "export the whole question again"
        )
    for rank, column in ranks:
        cell_name = f"{item.name}[{rank}]"
        cells, places = _interpret(part, raw, column, cell_name, partial(read_choice, item=item))
        kinds.append([cells[place].missing for place in places])
        again: list[Row] = []
        for at, place in enumerate(places):
            code = cells[place].value
            if code is None:
                continue
            if table[code][at] is None:
                table[code][at] = rank
            else:
                text, reason = raw[column].iat[at], f"ranked {table[code][at]} already"
                again.append((records[at], cell_name, text, token("blank"), "ranked_twice", reason))
                part.validation.append((records[at], item.name, column, text, reason, ""))
        part.overrule(again)
    return table, kinds


def _ranks_of_options(
    part: Cleaned, raw: "pd.DataFrame", pairs: list[tuple[str, str]], item: Item
) -> tuple[dict[str, list[object]], list[list[str]]]:
    table: dict[str, list[object]] = {option.code: [None] * len(raw) for option in item.options}
    kinds = []
    options = _block_options(pairs, item)
    _need_all(item, options.values())
    for column, option in options.items():
        interpret = partial(read_rank, highest=len(item.options))
        cells, places = _interpret(part, raw, column, option_column(item, option), interpret)
        table[option.code] = [cells[place].value for place in places]
        kinds.append([cells[place].missing for place in places])
    return table, kinds


def read_rank(text: str, highest: int) -> Cell:
    """The rank of one option, from 1 to the number of options."""
    if not text:
        return BLANK
    words = tidy(text)
    reading = parse_number(words) if words else None
    if reading and reading.value.is_integer() and 1 <= reading.value <= highest:
        return Cell(int(reading.value), "", reading.rule or ("spelling" if words != text else ""), reading.reason or "")
    return _not_understood(text, [], f"is not a rank from 1 to {highest}")


def _apply_skip_logic(
    part: Cleaned,
    raw: "pd.DataFrame",
    uses: "pd.DataFrame",
    item: Item,
    study: Study,
    answers: Mapping[str, list[object]],
) -> None:
    """Tell "not asked" from "left blank", and decide on answers to questions that should not have been asked."""
    if not item.asked_if:
        return
    import pandas as pd

    condition = item.asked_if
    why = part.columns[missing_column(item)].astype("str").tolist()
    has_answer = _answered(part, item)
    columns = list(dict.fromkeys(uses["column"]))
    texts = list(zip(*(raw[column].tolist() for column in columns), strict=True))
    records = raw["record"].tolist()
    truths: dict[tuple[object, ...], bool | None] = {}
    dropped: list[Row] = []
    for place, line in enumerate(zip(*(answers[name] for name in condition.items), strict=True)):
        if line not in truths:
            truths[line] = condition.evaluate(dict(zip(condition.items, line, strict=True)))
        asked, answered = truths[line], has_answer[place]
        if asked or (answered and asked is None):
            if answered and asked is None:
                problem = f"answered, but whether it is asked ({condition.text}) is not known"
                part.validation.append((records[place], item.name, columns[0], _filled(texts[place]), problem, ""))
            continue
        if answered:
            problem = f"answered, but only asked if {condition.text}"
            part.validation.append((records[place], item.name, columns[0], _filled(texts[place]), problem, ""))
            if study.skip_logic == "keep":
                continue
        rule, reason = "skip_logic" if answered else "not_asked", f"only asked if {condition.text}"
        dropped.append((records[place], item.name, _filled(texts[place]), token("not_asked"), rule, reason))
        why[place] = "not_asked"
    if dropped:
        gone = {row[0] for row in dropped}
        part.ledger = [row for row in part.ledger if row[0] not in gone] + dropped
        keep = pd.Series([kind != "not_asked" for kind in why])
        for name in part.columns:
            part.columns[name] = part.columns[name].where(keep)
        part.columns[missing_column(item)] = _missing_series(why)


def _answered(part: Cleaned, item: Item) -> list[bool]:
    """Which records say anything to an item: ticks that are all "no" say nothing to a question that was not shown."""
    if item.type == "multiple":
        return [any(line) for line in zip(*(is_one(part.columns[name]) for name in value_columns(item)), strict=True)]
    return (part.columns[missing_column(item)] != "blank").tolist()


def _filled(texts: Sequence[str]) -> str:
    return " | ".join(text for text in texts if text.strip())


def appendix(columns: Mapping[str, "pd.Series"], items: Iterable[Item]) -> list[dict[str, object]]:
    """The data appendix: per variable its type, how many answers count, the missing by kind, its range or levels."""
    rows = []
    for item in items:
        if item.role == "ignore":
            continue
        why = columns[missing_column(item)].astype("str")
        kinds = {kind: int((why == kind).sum()) for kind in KINDS}
        row = {
            "variable": item.name,
            "domain": item.domain,
            "type": item.type,
            "role": item.role,
            "n": int((why == "").sum()),
        }
        rows.append(row | kinds | _range(columns, item, why))
    return rows


def _range(columns: Mapping[str, "pd.Series"], item: Item, why: "pd.Series") -> dict[str, str]:
    private = item.role in ("identifier", "free_text")
    if item.type in ("numeric", "date") and not private and (why == "").any():
        values = columns[item.name][why == ""]
        low, high = values.min(), values.max()
        if item.type == "date":
            low, high = low.date(), high.date()
        return {"lowest": as_text(low), "highest": as_text(high), "levels": ""}
    return {"lowest": "", "highest": "", "levels": " | ".join(option.label for option in item.options)}
