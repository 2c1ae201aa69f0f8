"""The accidents of typing, put into the cells of simulated records: each cell at most once."""

import html
from collections.abc import Callable, Mapping, Sequence

from survey.errors import BadInput
from survey.platforms import chosen_other, full_answer, option_cell, unticked
from survey.simulation import (
    DISORDER,
    Assumptions,
    Draws,
    Record,
    Unit,
    draw_answer,
    is_asked,
    limits,
    origin,
    other_option,
)
from survey.study import Item, Study

NUMBER_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
UNIT_WORDS = {"minutes": "min"} | {unit: unit for unit in ("days", "weeks", "months", "years", "%", "g/L")}


class _Disorder:
    """Puts the accidents of typing into cells, each cell at most once."""

    def __init__(self, records: Sequence[Record], study: Study, seed: int):
        self.records, self.study, self.seed = records, study, seed

    def replace(
        self,
        kind: str,
        count: int,
        items: Sequence[Item],
        change: Callable[[Record, Item, Draws], Mapping[str, str] | None],
    ) -> None:
        """Change `count` of the places (record and item) where `change` has something to say."""
        draws = Draws(self.seed, "disorder", kind)
        places = [(record, item) for record in self.records for item in items]
        for record, item in draws.sample(places, len(places)):
            if count == 0:
                return
            changed = change(record, item, draws)
            if changed and not record.touched.intersection(changed):
                record.cells |= changed
                record.touched |= set(changed)
                record.mess[kind] += 1
                count -= 1
        if count:
            raise BadInput(
                f"assumed_shares.csv: disorder {kind}: {count} more cells are wanted than there are; ask for fewer"
            )


def disturb(records: Sequence[Record], study: Study, assumed: Assumptions, seed: int) -> None:
    """Put as many cells in disorder as the study assumes of each kind; records must have their cells."""
    disorder = _Disorder([record for record in records if record.exclusion != "opened"], study, seed)
    items = study.items
    numbers = [item for item in items if item.type == "numeric" and item.unit != "year"]
    gates = {name for item in items if item.asked_if for name in item.asked_if.items}
    spelled = [item for item in items if assumed.value(item.name, "spellings")]
    choices = [
        item
        for item in items
        if item.type in ("single", "ordinal") and item not in spelled and origin(item, study) is item
    ]
    dates = [item for item in items if item.type == "date" and item.role != "ignore"]
    keys = [study.item(study.respondent_key)]

    def whole(record: Record, item: Item) -> int | None:
        value = record.given(item)
        return int(value) if isinstance(value, float) and value.is_integer() and value > 0 else None

    def spelling(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        if record.given(item) is None:
            return None
        option = item.option(record.given(item))
        return {item.source: draws.one([*option.aliases, option.label.upper(), option.label.lower()])}

    def number_range(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        value = whole(record, item)
        half = max(1, round(value / 5)) if value else 0
        low, high = limits(item)
        if not value or value - half < low or value + half > high:
            return None
        return {item.source: f"{value - half}{draws.one(['-', ' - ', ' to ', '–'])}{value + half}"}

    def number_as(*forms: str) -> Callable[[Record, Item, Draws], dict[str, str] | None]:
        def change(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
            value = whole(record, item)
            return {item.source: draws.one(forms).format(value)} if value else None

        return change

    def number_comma(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        value = record.given(item)
        return (
            {item.source: f"{value:g}".replace(".", ",")}
            if isinstance(value, float) and not value.is_integer()
            else None
        )

    def number_unit(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        value = whole(record, item)
        if not value or item.unit not in UNIT_WORDS:
            return None
        if item.unit == "days" and value % 7 == 0 and value > 7:
            return {item.source: f"{value // 7} weeks"}
        return {item.source: f"{value} {UNIT_WORDS[item.unit]}"}

    def number_word(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        value = whole(record, item)
        return {item.source: NUMBER_WORDS[value]} if value and value < len(NUMBER_WORDS) else None

    def date_format(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        value = record.given(item)
        form = draws.one(["{0:%d/%m/%Y}", "{0:%d.%m.%Y}", "{1} {0:%Y}", "{0:%m/%Y}"])
        # Not %B: the name of the month must not depend on the locale.
        return {item.source: form.format(value, MONTHS[value.month - 1])} if value else None

    def other_is_option(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        answer, text = record.given(item), f"{item.source}[other]"
        if record.cells.get(text) or answer is None:
            return None
        codes = sorted(answer) if item.type == "multiple" else [answer]
        none = assumed.remainder(item)
        listed = [item.option(code) for code in codes if item.option(code).kind == "substantive" and code != none]
        if not listed:
            return None
        option = draws.one(listed)
        column, without = item.source, chosen_other(other_option(item), study)
        if item.type == "multiple":
            column, without = option_cell(item, option), unticked(study)
        return {column: without, text: draws.one([*option.aliases, option.label])}

    def unclassifiable(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        texts = assumed.texts(DISORDER, "unclassifiable")
        return {item.source: draws.one(texts)} if record.given(item) is not None else None

    def contradiction(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        # A record that went on after changing the gate: both answers stay in the export.
        if is_asked(item, record.answers, study) is not False or record.pages < len(study.domains):
            return None
        answer = draw_answer(item, Unit("", "", record.unit.answers), study, assumed, draws)
        other = other_option(item)
        return None if other and answer == other.code else {item.source: full_answer(item, answer)}

    def straight_line(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        label = draws.one(item.options).label
        rows = [
            row for row in items if row.source.startswith(item.source.split("[")[0] + "[") and row.type == "ordinal"
        ]
        return {row.source: label for row in rows} if all(row.name in record.answers for row in rows) else None

    def key_spelling(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        key = record.answers[item.name]
        return (
            {item.source: draws.one([key.lower(), f"{key} ", f"{key[:3]} {key[3:]}"])}
            if record.exclusion in ("", "duplicate")
            else None
        )

    def edited(change: Callable[[str, Draws], str]) -> Callable[[Record, Item, Draws], dict[str, str] | None]:
        def apply(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
            text = record.cells.get(item.source, "")
            edited_text = change(text, draws)
            return {item.source: edited_text} if text and edited_text != text else None

        return apply

    # Several questions below one heading invite the same answer to all.
    matrix = [item for item in items if item.type == "ordinal" and "[" in item.source]
    rows = list({item.source.split("[")[0]: item for item in reversed(matrix)}.values())[::-1]
    texts = [item for item in items if item.role == "free_text"]
    ends = choices + texts
    others = [item for item in items if other_option(item)]

    def wanted(kind: str) -> int:
        return assumed.count(DISORDER, kind, "cells")

    def put(
        kind: str, places: Sequence[Item], change: Callable[[Record, Item, Draws], Mapping[str, str] | None]
    ) -> None:
        disorder.replace(kind, wanted(kind), places, change)

    put("straight_line", rows, straight_line)
    put("skip_contradiction", [item for item in choices + numbers if item.name not in gates], contradiction)
    for item in spelled:
        disorder.replace(f"{item.name}_spelling", int(assumed.needed(item.name, "spellings")), [item], spelling)
    put("unclassifiable", [item for item in numbers + dates if item.name not in gates], unclassifiable)
    put("number_range", numbers, number_range)
    put("number_bound", numbers, number_as("> {}", "≥ {}", ">{}", "{}+"))
    put("number_comma", numbers, number_comma)
    put("number_approximate", numbers, number_as("approx. {}", "ca. {}", "~{}", "about {}"))
    put("number_unit", numbers, number_unit)
    put("number_word", numbers, number_word)
    put("date_format", dates, date_format)
    put("other_is_option", others, other_is_option)
    put("key_spelling", keys, key_spelling)
    put("trailing_blank", ends, edited(lambda text, draws: text + " " * (1 + draws.below(2))))
    put("no_break_space", ends, edited(lambda text, draws: text.replace(" ", "\u00a0", 1)))
    put("html_entity", choices, edited(lambda text, draws: html.escape(text, quote=False)))
    # The same kind of accident, counted together.
    disorder.replace(
        "html_entity", wanted("html_blank"), ends, edited(lambda text, draws: text.replace(" ", "&nbsp;", 1))
    )
    put("line_break", texts, edited(lambda text, draws: text.replace("; ", ";\n").replace(", ", ",\n", 1)))
