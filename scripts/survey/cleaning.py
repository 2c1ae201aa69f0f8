"""From verbatim cells to typed answers, every change of meaning written down.

Each distinct text of a column is interpreted once, by the rules of recodes.csv and else by the readers of cells.py. A
literal cell needs no rule; everything else gets a ledger row.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

from survey.answers import KINDS, find_option, is_one, missing_column, option_column, other_column, value_columns
from survey.cells import (
    BETWEEN,
    BLANK,
    JOIN,
    NOT_SHOWN,
    NOT_SHOWN_TEXT,
    READERS,
    TICKED,
    UNTICKED,
    Cell,
    Ticks,
    named_option,
    read_choice,
    read_codes,
    read_joined,
    read_key,
    read_order,
    read_rank,
    read_text,
    read_tick,
)
from survey.conditions import NOT_ASKED, UNCLEAR
from survey.errors import BadInput, nearest
from survey.ledger import as_text, token
from survey.numbers import shows_decimals
from survey.recodes import Reader, Recode, check_cells, recoded, rules_for, rules_of, with_recodes
from survey.study import Item, Option, Study
from survey.text import tidy

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[str, str, str, str, str, str]
LEDGER = ["record", "item", "raw", "clean", "rule", "reason"]
VALIDATION = ["record", "item", "column", "value", "problem", "nearest"]
# Of the cells of a block that holds no answer, the kind of missing that speaks for all: the first that is there.
STRONGEST = ("invalid", "refused", "not_applicable", "dont_know", "not_asked", "blank")


@dataclass
class Cleaned:
    """A domain after cleaning: columns of the clean table, ledger and validation rows; the cells read."""

    columns: dict[str, "pd.Series"] = field(default_factory=dict)
    ledger: list[Row] = field(default_factory=list)
    validation: list[Row] = field(default_factory=list)
    cells: set[str] = field(default_factory=set)

    def overrule(self, rows: Sequence[Row]) -> None:
        """Put rows in the ledger in place of what it says of the same cells (record and item)."""
        told = {row[:2] for row in rows}
        self.ledger = [row for row in self.ledger if row[:2] not in told] + list(rows)


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
        cleaned.cells |= part.cells
        answers[item.name] = condition_answers(item, part.columns)
    check_cells(study, domain, cleaned.cells)
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
        _clean_block(part, raw, uses, item, study)
    else:
        _clean_single(part, raw, uses, item, study)
    return part


def _interpret(
    part: Cleaned,
    raw: "pd.DataFrame",
    column: str,
    name: str,
    item: Item,
    study: Study,
    read: Reader,
    read_becomes: Reader | None = None,
) -> tuple[list[Cell], list[int]]:
    """Every distinct text of a column interpreted once, changes written down; the cells, and each record's one.

    name: of the cell, in ledger and recodes; read_becomes: how the answer that a recode gives is read, if otherwise.
    """
    import pandas as pd

    part.cells.add(name)
    rules = rules_for(study, name)
    general = [rule for rule in rules if not rule.record]
    places, distinct = pd.factorize(raw[column], sort=False)
    texts = list(distinct)
    cells = [with_recodes(text, item, read, general, read_becomes) for text in texts]
    records = raw["record"].tolist()
    for rule in rules:
        if rule.record in records:
            at = records.index(rule.record)
            cells.append(_one_cell(rule, texts[places[at]], column, item, study, read_becomes or read))
            texts.append(texts[places[at]])
            places[at] = len(cells) - 1
    noted = {place for place, cell in enumerate(cells) if cell.rule or cell.problem}
    for record, place in zip(records, places, strict=True) if noted else ():
        if place not in noted:
            continue
        cell, text = cells[place], texts[place]
        if cell.rule:
            part.ledger.append((record, name, text, _written(cell), cell.rule, cell.reason))
        if cell.problem:
            part.validation.append((record, name, column, text, cell.problem, cell.nearest))
    return cells, places


def _written(cell: Cell) -> str:
    """What the ledger says became of a cell."""
    return as_text(cell.value) if cell.value is not None else token(cell.missing)


def _one_cell(rule: Recode, text: str, column: str, item: Item, study: Study, read: Reader) -> Cell:
    """What a rule about one record makes of its cell. Raises BadInput where the cell is not as the rule says."""
    cell = recoded(rule, text, item, read)
    if cell is None:
        raise BadInput(
            f"{study.folder / 'recodes.csv'} row {rule.row} column value: record {rule.record} column {column!r} holds "
            f"{text!r}, not {rule.value!r}; correct the rule, or delete it"
        )
    return cell


def _clean_single(part: Cleaned, raw: "pd.DataFrame", uses: "pd.DataFrame", item: Item, study: Study) -> None:
    import pandas as pd

    column = uses.loc[uses["use"] == "answer", "column"].iloc[0]
    reader = read_key if item.type == "text" and item.name == study.respondent_key else READERS[item.type]
    read = partial(reader, item=item)
    if item.type == "numeric":
        read = partial(read, settled=shows_decimals(map(tidy, raw[column].unique())))
    cells, places = _interpret(part, raw, column, item.name, item, study, read)
    values = [cells[place].value for place in places]
    missing = [cells[place].missing for place in places]
    other = uses.loc[uses["use"] == "other_text", "column"]
    if item.type in ("single", "ordinal"):
        if len(other):
            _recode_other(part, raw, (column, other.iloc[0]), item, study, values, missing)
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


def _read_other(text: str, item: Item, recodes: bool) -> Cell:
    """The text of "other": the option that it names, if it names one and is to count as that."""
    if not tidy(text):
        return BLANK
    option, _ = named_option(item, text) if recodes else (None, "")
    if not option and tidy(text).casefold() == NOT_SHOWN_TEXT:
        return NOT_SHOWN
    return Cell(option.code, "" if option.counts else option.kind, "other_recoded") if option else Cell()


def _other_cells(part: Cleaned, raw: "pd.DataFrame", column: str, item: Item, study: Study) -> list[Cell]:
    """What each record's text of "other" stands for, by a rule of recodes.csv or else by its own words."""
    aside = Cleaned()
    becomes = partial(read_codes if item.type == "multiple" else read_choice, item=item)
    read = partial(_read_other, item=item, recodes=study.other_texts == "recoded")
    cells, places = _interpret(aside, raw, column, other_column(item), item, study, read, becomes)
    part.cells |= aside.cells
    return [cells[place] for place in places]


def _recode_other(
    part: Cleaned,
    raw: "pd.DataFrame",
    columns: tuple[str, str],
    item: Item,
    study: Study,
    values: list[object],
    missing: list[str],
) -> None:
    """Where the text of "other" names a listed option, that option is the answer; the text itself is kept beside it.

    columns: of the answer and of the text.
    """
    import pandas as pd

    other = next(option for option in item.options if option.kind == "other")
    open_to = {None, *(option.code for option in item.options if option.kind == "other")}
    texts = [tidy(text) for text in raw[columns[1]]]
    records, cells = raw["record"].tolist(), raw[columns[0]].tolist()
    recoded_cells: list[Row] = []
    for place, cell in enumerate(_other_cells(part, raw, columns[1], item, study)):
        if cell.missing in ("blank", "not_asked"):
            if cell.rule:
                row = (other_column(item), raw[columns[1]].iat[place], token(cell.missing), cell.rule, cell.reason)
                part.ledger.append((records[place], *row))
                texts[place] = ""
            continue
        if values[place] not in open_to:
            continue
        if cell.rule == "other_recoded":
            cell = replace(cell, reason=f"the text of 'other' names this option: {texts[place]}")
        elif not cell.rule and missing[place] == "blank":
            cell = Cell(other.code, "", "other_recoded", "a text of 'other' without a tick")
        if not cell.rule or (cell.value is not None and cell.value == values[place]):
            continue
        values[place], missing[place] = cell.value, cell.missing
        recoded_cells.append((records[place], item.name, cells[place], _written(cell), cell.rule, cell.reason))
    part.overrule(recoded_cells)
    _note_other_texts(part, raw, columns[1], item)
    part.columns[other_column(item)] = pd.Series([text or None for text in texts], dtype="str")


def _note_other_texts(part: Cleaned, raw: "pd.DataFrame", column: str, item: Item) -> None:
    """Write down each text of "other" that is kept otherwise than written, unless a rule about it is written down."""
    name = other_column(item)
    told = {row[0] for row in part.ledger if row[1] == name}
    cells = {text: read_text(text, item) for text in raw[column].unique()}
    for record, text in zip(raw["record"], raw[column], strict=True):
        cell = cells[text]
        if cell.rule and record not in told:
            part.ledger.append((record, name, text, _written(cell), cell.rule, cell.reason))


def _clean_block(part: Cleaned, raw: "pd.DataFrame", uses: "pd.DataFrame", item: Item, study: Study) -> None:
    """Multiple choice and ranks: one clean column per option."""
    answers = uses[uses["use"] == "answer"]
    if item.type == "rank":
        table, why = _rank_block(part, raw, answers, item, study)
        kind = "Int64"
    elif not answers["option"].any():
        table, why = _joined_cells(part, raw, answers["column"].tolist(), item, study)
        for column in uses.loc[uses["use"] == "other_text", "column"]:
            why = [
                _worst(pair) for pair in zip(why, _other_of_block(part, raw, column, item, study, table), strict=True)
            ]
        kind = "boolean"
    else:
        table, why = _tick_block(part, raw, uses, item, study)
        kind = "boolean"
    _store_block(part, table, why, item, kind)


def _store_block(part: Cleaned, table: dict[str, list[object]], why: list[str], item: Item, kind: str) -> None:
    """Keep the columns of a block; where every tick is "do not know" or its like, that is why nothing counts.

    why: per record "" where the block holds an answer, else the kind of missing.
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
    """Of the cells of a block: "" when any holds an answer, else the strongest kind of missing that is there."""
    seen = set(kinds)
    return "" if "" in seen else next((kind for kind in STRONGEST if kind in seen), "blank")


def check_block(item: Item, pairs: Sequence[tuple[str, str]], has_text: bool) -> None:
    """Raises BadInput where the columns of a block are not those of its options, as cleaning it would.

    pairs: each column of the block, and the option or rank that its header names; has_text: whether the text of "other"
    stands beside them.
    """
    if item.type == "rank" and _is_by_rank(pairs):
        _columns_of_ranks(pairs, item)
    else:
        _columns_of_options(pairs, item, has_text)


def _columns_of_options(pairs: Iterable[tuple[str, str]], item: Item, has_text: bool) -> dict[str, Option]:
    """Column to its option; every option has one, but `other` where only its text stands in the export."""
    found = _block_options(pairs, item)
    _need_all(item, [*found.values(), *(option for option in item.options if option.kind == "other" and has_text)])
    return found


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
    part: Cleaned, raw: "pd.DataFrame", uses: "pd.DataFrame", item: Item, study: Study
) -> tuple[dict[str, list[object]], list[str]]:
    """One column per option. A tick that cannot be read is missing in its column; the rest of its block counts."""
    answers = uses[uses["use"] == "answer"]
    others = uses.loc[uses["use"] == "other_text", "column"]
    options = _columns_of_options(zip(answers["column"], answers["option"], strict=True), item, len(others) > 0)
    table: dict[str, list[object]] = {option.code: [False] * len(raw) for option in item.options}
    kinds = []
    told = _told_ticks(answers)
    for column, option in options.items():
        read = partial(read_tick, option=option, told=told.get(column, Ticks()))
        cells, places = _interpret(part, raw, column, option_column(item, option), item, study, read)
        ticks = [bool(cell.value) if cell.missing in ("", "blank") else None for cell in cells]
        table[option.code] = [ticks[place] for place in places]
        kinds.append([cells[place].missing for place in places])
    for column in others:
        kinds.append(_other_of_block(part, raw, column, item, study, table))
    return table, [_worst(line) for line in zip(*kinds, strict=True)]


def _told_ticks(answers: "pd.DataFrame") -> dict[str, Ticks]:
    """How columns are ticked, where the export says so."""
    if "ticked" not in answers:
        return {}
    told = zip(answers["column"], answers["ticked"], answers["no_answer"], strict=True)
    return {column: Ticks(ticked, tuple(filter(None, codes.split(JOIN)))) for column, ticked, codes in told}


def _other_of_block(
    part: Cleaned, raw: "pd.DataFrame", column: str, item: Item, study: Study, table: dict[str, list[object]]
) -> list[str]:
    """The text of "other" ticks the options it stands for, or `other` itself; the text is kept beside the ticks.

    Returns per record the kind of missing of the text, "" where it is an answer.
    """
    import pandas as pd

    other = next(option for option in item.options if option.kind == "other")
    records, texts = raw["record"].tolist(), raw[column].tolist()
    kept: list[str | None] = [None] * len(texts)
    kinds = ["" if tidy(text) else "blank" for text in texts]
    for place, cell in enumerate(_other_cells(part, raw, column, item, study)):
        text, words = texts[place], tidy(texts[place])
        own_rule = cell.rule not in ("", "other_recoded")
        if own_rule and cell.value is None:
            part.ledger.append((records[place], other_column(item), text, token(cell.missing), cell.rule, cell.reason))
            kinds[place] = cell.missing
            continue
        if not own_rule and (not words or words.casefold() in UNTICKED):
            continue
        kept[place], kinds[place] = words if words and words.casefold() not in UNTICKED else None, ""
        named = cell.value is not None and (own_rule or words.casefold() not in TICKED)
        for code in str(cell.value).split(JOIN) if named else [other.code]:
            already = table[code][place]
            table[code][place] = True
            name = option_column(item, item.option(code))
            if own_rule:
                part.ledger.append((records[place], name, text, "1", cell.rule, cell.reason))
            elif code != other.code:
                reason = "the text of 'other' names this option" + (", ticked already" if already else "")
                part.ledger.append((records[place], name, text, "1", "other_recoded", reason))
            elif not already:
                part.ledger.append((records[place], name, text, "1", "other_text", "a text of 'other' ticks it"))
    _note_other_texts(part, raw, column, item)
    part.columns[other_column(item)] = pd.Series(kept, dtype="str")
    return kinds


def _joined_cells(
    part: Cleaned, raw: "pd.DataFrame", columns: Sequence[str], item: Item, study: Study
) -> tuple[dict[str, list[object]], list[str]]:
    """One cell that holds several answers, or several that hold one each, read as if they were joined.

    How they were read is in the ledger, unless it is labels or codes and no more.
    """
    rules = [rule for rule in rules_of(study) if rule.cell == other_column(item) and not rule.record]
    becomes = partial(read_codes, item=item)

    def read_piece(piece: str) -> Cell | None:
        return next(filter(None, (recoded(rule, piece, item, becomes) for rule in rules)), None)

    if rules:
        part.cells.add(other_column(item))
    separator = study.export.get("separator") or ","
    if len(columns) > 1:
        separator = BETWEEN
        texts = [_filled(line) for line in zip(*(raw[column].tolist() for column in columns), strict=True)]
        raw = raw[["record"]].assign(**{columns[0]: texts})
    read = partial(read_joined, item=item, separator=separator, read_piece=read_piece)
    cells, places = _interpret(part, raw, columns[0], item.name, item, study, read, becomes)
    ticked = [frozenset(str(cell.value).split(JOIN)) if cell.value else frozenset() for cell in cells]
    table = {option.code: [option.code in ticked[place] for place in places] for option in item.options}
    return table, [cells[place].missing for place in places]


RANK = re.compile(r"(?:rank )?(\d+)", re.IGNORECASE)


def _rank_block(
    part: Cleaned, raw: "pd.DataFrame", answers: "pd.DataFrame", item: Item, study: Study
) -> tuple[dict[str, list[object]], list[str]]:
    """Ranks: a column per rank, holding an option (LimeSurvey), one per option, holding its rank (SurveyMonkey), or one
    that lists the options in their order (Microsoft Forms).
    """
    pairs = list(zip(answers["column"], answers["option"], strict=True))
    if not any(name for _, name in pairs):
        return _ranks_in_one_cell(part, raw, pairs[0][0], item, study)
    table, kinds = (_options_of_ranks if _is_by_rank(pairs) else _ranks_of_options)(part, raw, pairs, item, study)
    ranked = [any(rank is not None for rank in line) for line in zip(*table.values(), strict=True)]
    lines = zip(ranked, *kinds, strict=True)
    return table, ["" if some else _worst(kind or "blank" for kind in line) for some, *line in lines]


def _ranks_in_one_cell(
    part: Cleaned, raw: "pd.DataFrame", column: str, item: Item, study: Study
) -> tuple[dict[str, list[object]], list[str]]:
    read = partial(read_order, item=item, separator=study.export.get("separator") or ",")
    cells, places = _interpret(part, raw, column, item.name, item, study, read)
    orders = [str(cell.value).split(JOIN) if cell.value else [] for cell in cells]
    ranks = [{code: rank for rank, code in enumerate(order, start=1)} for order in orders]
    table = {option.code: [ranks[place].get(option.code) for place in places] for option in item.options}
    return table, [cells[place].missing for place in places]


def _is_by_rank(pairs: Iterable[tuple[str, str]]) -> bool:
    return all(RANK.fullmatch(name) for _, name in pairs)


def _columns_of_ranks(pairs: Iterable[tuple[str, str]], item: Item) -> list[tuple[int, str]]:
    """Ranks with their columns, ascending; none between them may be lost."""
    ranks = sorted((int(RANK.fullmatch(name)[1]), column) for column, name in pairs)
    lost = set(range(1, ranks[-1][0] + 1)) - {rank for rank, _ in ranks}
    if lost:
        raise BadInput(
            f"codebook.csv item {item.name!r}: the export has no column for rank {min(lost)} below {item.source!r}; "
            "export the whole question again"
        )
    return ranks


def _options_of_ranks(
    part: Cleaned, raw: "pd.DataFrame", pairs: list[tuple[str, str]], item: Item, study: Study
) -> tuple[dict[str, list[object]], list[list[str]]]:
    """An option that is ranked twice keeps its better rank."""
    table: dict[str, list[object]] = {option.code: [None] * len(raw) for option in item.options}
    records, kinds = raw["record"].tolist(), []
    for rank, column in _columns_of_ranks(pairs, item):
        cell_name = f"{item.name}[{rank}]"
        cells, places = _interpret(part, raw, column, cell_name, item, study, partial(read_choice, item=item))
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
    part: Cleaned, raw: "pd.DataFrame", pairs: list[tuple[str, str]], item: Item, study: Study
) -> tuple[dict[str, list[object]], list[list[str]]]:
    table: dict[str, list[object]] = {option.code: [None] * len(raw) for option in item.options}
    kinds = []
    options = _columns_of_options(pairs, item, False)
    for column, option in options.items():
        read = partial(read_rank, highest=len(item.options))
        cells, places = _interpret(part, raw, column, option_column(item, option), item, study, read)
        table[option.code] = [cells[place].value for place in places]
        kinds.append([cells[place].missing for place in places])
    return table, kinds


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
    keeps = (study.skip_logic == "keep") != (item.name in study.skip_logic_except)
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
            if keeps:
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
    return (~part.columns[missing_column(item)].isin(["blank", "not_asked"])).tolist()


def not_covered(validation: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The rows of validation.csv about cells that no rule covers.

    Of an answer against skip logic the study decides, and of an option ranked twice the better rank is kept.
    """
    return [row for row in validation if not row["problem"].startswith(("answered", "ranked"))]


def _filled(texts: Sequence[str]) -> str:
    return BETWEEN.join(text for text in texts if text.strip())


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
