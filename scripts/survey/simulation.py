"""Simulated answers of a whole frame of units, and the records that some of them leave on a survey platform.

Everything assumed is a row of the study's assumed_shares.csv. Every draw comes from uniforms of numpy's PCG64 generator
through inverse distribution functions written here, so that the files are the same under every version of Python and
numpy. Each purpose has a stream of its own (seed and name): a change to one item leaves the others as they were.
"""

import csv
import datetime
import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist, mean, median
from typing import Any, TypeVar

from survey.conditions import NOT_ASKED
from survey.errors import BadInput, nearest
from survey.sheets import as_csv
from survey.study import MISSING_KINDS, Item, Option, Study

T = TypeVar("T")

ASSUMED_COLUMNS = ["item", "option", "group", "level", "quantity", "value", "basis", "note"]
QUANTITIES = {
    "share": "share of the units that choose the option (rank: that rank it first; text: that write something)",
    "remainder": "chosen where no other option is",
    "median": "middle of a number or date",
    "spread": "standard deviation of the logarithm; the number is log-normal",
    "sd": "standard deviation; the number is normal (dates: in days)",
    "step": "numbers are rounded to multiples of it",
    "latest": "no date lies after it",
    "complete": "share of the units that rank every option; the others rank three",
    "text": "a text that somebody writes (other, free text, identifier, or disorder: unclassifiable)",
    "odds": "odds of the option at this level of the group, as a multiple of the odds elsewhere",
    "ratio": "the median at this level, as a multiple of the median elsewhere",
    "shift": "the median at this level, less the median elsewhere",
    "records": "how many records there are of a kind",
    "cells": "how many cells are in disorder of a kind",
    "spellings": "how many answers to the item are written in another spelling",
}
WHOLE = ("records", "cells", "spellings")

# Beside the items of the codebook, assumed_shares.csv has rows on how units respond, and on the disorder in the cells.
RESPONSE, DISORDER = "response", "disorder"
EXCLUDED = ("test_record", "opened", "outside_window", "not_in_frame", "partial", "duplicate")
ANALYSED, PARTIAL_FIRST, BLANK = "analysed", "partial_first", "blank"
MESS = (
    "number_range",
    "number_bound",
    "number_comma",
    "number_approximate",
    "number_unit",
    "number_word",
    "date_format",
    "other_is_option",
    "unclassifiable",
    "skip_contradiction",
    "straight_line",
    "key_spelling",
    "trailing_blank",
    "no_break_space",
    "html_entity",
    "html_blank",
    "line_break",
)
NUMBER, TEST = "{number}", "TEST"


class Draws:
    """Random draws of one purpose."""

    def __init__(self, seed: int, *purpose: str):
        from numpy.random import PCG64, Generator

        digest = hashlib.sha256("/".join([str(seed), *purpose]).encode()).digest()
        self._generator = Generator(PCG64(int.from_bytes(digest[:16], "big")))

    def uniform(self) -> float:
        """A number in [0, 1)."""
        return float(self._generator.random())

    def happens(self, share: float) -> bool:
        """True with probability `share` (0 to 1)."""
        return self.uniform() < share

    def below(self, limit: int) -> int:
        """An integer from 0 to limit - 1."""
        return int(self.uniform() * limit)

    def normal(self) -> float:
        """A standard normal number, by the inverse distribution function."""
        return NormalDist().inv_cdf(min(max(self.uniform(), 1e-12), 1 - 1e-12))

    def one(self, things: Sequence[T]) -> T:
        """One of the things, each alike."""
        return things[self.below(len(things))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, with probability proportional to its weight (none negative, some positive)."""
        place = self.uniform() * math.fsum(weights.values())
        for key, weight in weights.items():
            place -= weight
            if place < 0:
                return key
        return [key for key, weight in weights.items() if weight > 0][-1]

    def sample(self, things: Sequence[T], count: int, weight: Callable[[T], float] = lambda thing: 1.0) -> list[T]:
        """`count` different things in random order, each drawn in proportion to its weight.

        Source: Efraimidis PS, Spirakis PG. Inf Process Lett 2006;97:181-185.
        """
        if count > len(things):
            raise ValueError(f"cannot draw {count} of {len(things)}")
        keys = [(math.log(1 - self.uniform()) / weight(thing), -place) for place, thing in enumerate(things)]
        return [things[-place] for _, place in sorted(keys, reverse=True)[:count]]


class Assumptions:
    """The assumed population: rows of assumed_shares.csv."""

    def __init__(self, rows: Sequence[Mapping[str, str]]):
        self._base: dict[tuple[str, str, str], list[str]] = {}
        self._effects: dict[tuple[str, str, str], list[tuple[str, str, float]]] = {}
        for row in rows:
            if row["group"]:
                key = (row["item"], row["option"], row["quantity"])
                self._effects.setdefault(key, []).append((row["group"], row["level"], float(row["value"])))
            else:
                self._base.setdefault((row["item"], row["option"], row["quantity"]), []).append(row["value"])

    def texts(self, item: str, option: str = "") -> list[str]:
        """What people write."""
        return self._base.get((item, option, "text"), [])

    def value(self, item: str, quantity: str) -> str | None:
        """The base value of a quantity of an item, as written; None when it is not given."""
        return self._base.get((item, "", quantity), [None])[0]

    def needed(self, item: str, quantity: str) -> str:
        """The base value of a quantity; raises BadInput when it is not given."""
        value = self.value(item, quantity)
        if value is None:
            raise BadInput(f"assumed_shares.csv: no row gives the {quantity} of item {item!r}; add one")
        return value

    def number(self, item: str, option: str, quantity: str) -> float:
        """The base value of a quantity of an option; 0 when it is not given."""
        return float(self._base.get((item, option, quantity), ["0"])[0])

    def count(self, item: str, option: str, quantity: str) -> int:
        """The same for a number of records or cells."""
        return int(self.number(item, option, quantity))

    def remainder(self, item: Item) -> str | None:
        """The option that is chosen where no other is."""
        return next(
            (option.code for option in item.options if (item.name, option.code, "remainder") in self._base), None
        )

    def effects(self, item: str, option: str, quantity: str, answers: Mapping[str, Any]) -> list[float]:
        """The effects that apply to a unit with these answers."""
        rows = self._effects.get((item, option, quantity), [])
        return [value for group, level, value in rows if answers.get(group) == level]

    def share(self, item: str, option: str, answers: Mapping[str, Any]) -> tuple[float, float] | None:
        """Base share and odds of an option in a unit with these answers; None when no share is assumed."""
        base = self._base.get((item, option, "share"))
        return (float(base[0]), math.prod(self.effects(item, option, "odds", answers))) if base else None

    def weights(self, item: Item, answers: Mapping[str, Any], codes: Sequence[str] = ()) -> dict[str, float]:
        """Share times odds per option (not normalised), for all or some options."""
        chosen = {option.code: self.share(item.name, option.code, answers) for option in item.options}
        return {code: pair[0] * pair[1] for code, pair in chosen.items() if pair and (not codes or code in codes)}

    def chance(self, item: Item, option: str, answers: Mapping[str, Any]) -> float:
        """Probability that a unit with these answers ticks the option."""
        base, odds = self.share(item.name, option, answers) or (0.0, 1.0)
        return base * odds / (1 - base + base * odds)


@dataclass
class Unit:
    """One unit of the frame, such as a hospital.

    answers: per item a code, number, set of codes, tuple of codes in order of rank, date or text; NOT_ASKED, or None
    when nothing is written. texts: what stands in "other" per item.
    """

    key: str
    name: str
    answers: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class Record:
    """One record of the export: its number, whose, why it is excluded ("" when it is analysed), and its answers.

    answers: as of a unit, without the items left blank and the pages not reached. cells: what the platform writes, by
    column; mess: how many of them are in disorder of each kind; touched: the columns that hold them.
    """

    unit: Unit
    exclusion: str
    started: datetime.datetime
    minutes: int
    pages: int
    submitted: bool
    number: int = 0
    seed: int = 0
    answers: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    mess: Counter = field(default_factory=Counter)
    touched: set[str] = field(default_factory=set)

    def given(self, item: Item) -> Any:
        """The answer to an item; None when there is none."""
        answer = self.answers.get(item.name)
        return None if answer is NOT_ASKED else answer


def read_assumptions(path: Path, study: Study) -> Assumptions:
    """Read assumed_shares.csv; raises BadInput, naming file, row and value, for anything the study does not know."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}); the simulation needs it") from None
    if reader.fieldnames != ASSUMED_COLUMNS:
        raise BadInput(f"{path} row 1: the columns must be {','.join(ASSUMED_COLUMNS)}")
    for number, row in enumerate(rows, start=2):
        _check_assumption(row, f"{path} row {number}", study)
    return Assumptions(rows)


def _check_assumption(row: Mapping[str, str], place: str, study: Study) -> None:
    own = _own_options(study)
    if row["item"] not in (*study.by_name, *own):
        raise BadInput(
            f"{place} column item: {row['item']!r} is not in the codebook{nearest(row['item'], study.by_name)}"
        )
    for item, code in ((row["item"], row["option"]), (row["group"], row["level"])):
        codes = own.get(item) or ([option.code for option in study.item(item).options] if item in study.by_name else [])
        if code and code not in codes:
            raise BadInput(f"{place}: item {item!r} has no option {code!r}{nearest(code, codes)}")
    if row["quantity"] not in QUANTITIES:
        raise BadInput(f"{place} column quantity: {row['quantity']!r} is none of {', '.join(QUANTITIES)}")
    if row["basis"] not in ("published", "assumed"):
        raise BadInput(f"{place} column basis: {row['basis']!r} is neither published nor assumed")
    is_date = row["quantity"] in ("median", "latest") and study.item(row["item"]).type == "date"
    if row["quantity"] in WHOLE and not row["value"].isdecimal():
        raise BadInput(f"{place} column value: {row['value']!r} is not a whole number")
    if row["quantity"] not in ("text", "remainder"):
        try:
            datetime.date.fromisoformat(row["value"]) if is_date else float(row["value"])
        except ValueError:
            expected = "a date such as 2022-05-15" if is_date else "a number"
            raise BadInput(f"{place} column value: {row['value']!r} is not {expected}") from None


def _own_options(study: Study) -> dict[str, list[str]]:
    """What can be assumed beside the answers: records by the rule that excludes them, and cells by kind of disorder."""
    rules = [rule["id"] for rule in study.selection if rule["id"] in EXCLUDED]
    return {RESPONSE: [ANALYSED, *rules, PARTIAL_FIRST, BLANK], DISORDER: list(MESS)}


def simulate_frame(study: Study, assumed: Assumptions, seed: int) -> list[Unit]:
    """Every unit of the frame with its full answers, in order of its code.

    The levels of the first stratum have exactly their assumed shares (largest remainders); all else is drawn.
    """
    number, first, name = study.frame["invited"], study.frame["strata"][0], study.frame["unit"].capitalize()
    levels = apportion(assumed.weights(study.item(first), {}), number)
    placed = Draws(seed, "frame", first).sample([code for code, count in levels.items() for _ in range(count)], number)
    units = [
        Unit(f"SIM{place:04d}", f"{name} {place:03d}", {first: code}) for place, code in enumerate(placed, start=1)
    ]
    for item in study.items:
        draws = Draws(seed, "answer", item.name)
        for unit in units:
            if item.name not in unit.answers:
                unit.answers[item.name] = _answer(item, unit, study, assumed, draws)
    return units


def apportion(shares: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers that add up to `total`, in proportion to the shares (method of largest remainders)."""
    sum_of_shares = math.fsum(shares.values())
    exact = {key: round(share / sum_of_shares * total, 9) for key, share in shares.items()}
    counts = {key: math.floor(value) for key, value in exact.items()}
    for key in sorted(exact, key=lambda key: counts[key] - exact[key])[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def _answer(item: Item, unit: Unit, study: Study, assumed: Assumptions, draws: Draws) -> Any:
    if item.role == "identifier":
        return _identifiers(unit.key, study, assumed)[item.name]
    if item.role == "ignore":
        return None
    if not is_asked(item, unit.answers, study):
        return NOT_ASKED
    return draw_answer(item, unit, study, assumed, draws)


def _identifiers(key: str, study: Study, assumed: Assumptions) -> dict[str, str | None]:
    """Respondent key, and the texts of the other identifiers: the first assumed one, and in a test record the last."""
    place, number = (-1, "") if key == TEST else (0, key.removeprefix("SIM"))
    texts = {item.name: assumed.texts(item.name) or [""] for item in study.items if item.role == "identifier"}
    written = {name: options[place].replace(NUMBER, number) or None for name, options in texts.items()}
    return written | {study.respondent_key: key}


def origin(item: Item, study: Study) -> Item:
    """The first item read from the same column: another one where this item is derived, such as region from country."""
    return next(other for other in study.items if other.source == item.source)


def is_asked(item: Item, answers: Mapping[str, Any], study: Study) -> bool | None:
    """Whether an item is put to somebody who gave these answers; None where that hangs on an answer that is missing."""
    if not item.asked_if:
        return True
    return item.asked_if.evaluate({name: _as_gate(study.item(name), answers.get(name)) for name in item.asked_if.items})


def _as_gate(item: Item, answer: Any) -> Any:
    """An answer as skip logic sees it: do not know, not applicable and refused tell nothing."""
    return None if isinstance(answer, str) and item.options and not item.option(answer).counts else answer


def draw_answer(item: Item, unit: Unit, study: Study, assumed: Assumptions, draws: Draws) -> Any:
    """What the unit answers to one item, whether or not it is asked; the text of "other" goes into unit.texts."""
    answer = _DRAW[item.type](item, unit.answers, study, assumed, draws)
    other = other_option(item)
    if other and (answer == other.code or (isinstance(answer, frozenset) and other.code in answer)):
        texts = assumed.texts(item.name, other.code)
        if not texts:
            raise BadInput(f"assumed_shares.csv: no row gives a text of {other.code!r} of item {item.name!r}; add one")
        unit.texts[item.name] = draws.one(texts)
    return answer


def other_option(item: Item) -> Option | None:
    """The option `other` of an item."""
    return next((option for option in item.options if option.kind == "other"), None)


def _draw_choice(item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws) -> str:
    weights = assumed.weights(item, answers)
    if weights:
        return draws.weighted(weights)
    first = origin(item, study)
    if first is item:
        raise BadInput(f"assumed_shares.csv: no row gives the share of an option of item {item.name!r}; add them")
    label = first.option(answers[first.name]).label
    return next(option.code for option in item.options if label in option.aliases)


def _draw_ticks(
    item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws
) -> frozenset[str]:
    chances = {option.code: assumed.chance(item, option.code, answers) for option in item.options}
    ticked = [option for option in item.options if draws.happens(chances[option.code])]
    alone = [option.code for option in ticked if not option.counts]
    if alone:
        return frozenset(alone[:1])
    if ticked:
        return frozenset(option.code for option in ticked)
    return frozenset([assumed.remainder(item) or max(chances, key=chances.__getitem__)])


def _draw_rank(
    item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws
) -> tuple[str, ...]:
    weights = assumed.weights(item, answers)
    order = draws.sample(list(weights), len(weights), weights.__getitem__)
    return tuple(order if draws.happens(float(assumed.needed(item.name, "complete"))) else order[:3])


def _draw_number(
    item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws
) -> float | str:
    unknown = next(
        (option.code for option in item.options if draws.happens(assumed.chance(item, option.code, answers))), None
    )
    normal = draws.normal()
    if unknown:
        return unknown
    middle = float(assumed.needed(item.name, "median"))
    if spread := assumed.value(item.name, "spread"):
        value = middle * math.prod(assumed.effects(item.name, "", "ratio", answers)) * math.exp(float(spread) * normal)
    else:
        value = (
            middle
            + sum(assumed.effects(item.name, "", "shift", answers))
            + float(assumed.needed(item.name, "sd")) * normal
        )
    step = float(assumed.needed(item.name, "step"))
    low, high = limits(item)
    return min(max(math.floor(value / step + 0.5) * step, low), high)


def limits(item: Item) -> tuple[float, float]:
    """The least and the greatest answer to a numeric item."""
    return (
        -math.inf if item.minimum is None else item.minimum,
        math.inf if item.maximum is None else item.maximum,
    )


def _draw_date(
    item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws
) -> datetime.date:
    middle, latest = (
        datetime.date.fromisoformat(assumed.needed(item.name, quantity)) for quantity in ("median", "latest")
    )
    return min(middle + datetime.timedelta(round(float(assumed.needed(item.name, "sd")) * draws.normal())), latest)


def _draw_text(item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws) -> str | None:
    writes, text = draws.happens(float(assumed.needed(item.name, "share"))), draws.one(assumed.texts(item.name))
    return text if writes else None


_DRAW: dict[str, Callable[..., Any]] = {
    "single": _draw_choice,
    "ordinal": _draw_choice,
    "multiple": _draw_ticks,
    "rank": _draw_rank,
    "numeric": _draw_number,
    "date": _draw_date,
    "text": _draw_text,
}


def simulate_records(study: Study, assumed: Assumptions, units: Sequence[Unit], seed: int) -> list[Record]:
    """The records in the order in which they were started, with their answers and no cells yet."""
    records = _records(study, assumed, units, seed)
    for number, record in enumerate(records, start=1):
        draws = Draws(seed, "record", str(number))
        _fill_in(record, study, assumed, draws)
        record.number, record.seed = number, 100_000_000 + draws.below(900_000_000)
    return records


def responding(units: Sequence[Unit], assumed: Assumptions, seed: int) -> list[Unit]:
    """The units that answer in full and in time, drawn with the assumed propensities."""

    def propensity(unit: Unit) -> float:
        return math.prod(assumed.effects(RESPONSE, "", "odds", unit.answers))

    return Draws(seed, "response").sample(units, assumed.count(RESPONSE, ANALYSED, "records"), propensity)


def _records(study: Study, assumed: Assumptions, units: Sequence[Unit], seed: int) -> list[Record]:
    """Who answered when and how far, one record each, sorted by the time of its start."""
    draws = Draws(seed, "records")
    first, last = (datetime.date.fromisoformat(study.window[end]) for end in ("first", "last"))
    days = (last - first).days + 1
    pages = len(study.domains)
    counts = {kind: assumed.count(RESPONSE, kind, "records") for kind in (ANALYSED, PARTIAL_FIRST, *EXCLUDED)}
    _check_counts(counts, len(units))

    def record(unit: Unit, exclusion: str, day: int, pages: int = pages, submitted: bool = True) -> Record:
        clock = datetime.time(7 + draws.below(14), draws.below(60), draws.below(60))
        started = datetime.datetime.combine(first + datetime.timedelta(day), clock)
        return Record(unit, exclusion, started, 20 + draws.below(60), pages, submitted)

    def any_day() -> int:
        # Answers come in soon after the invitation, and fewer and fewer later.
        return int(days * draws.uniform() ** 1.5)

    def some_pages() -> int:
        return min(pages - 1, pages // 4 + 1 + draws.below(2))

    def most_pages() -> int:
        # A short questionnaire is left before its last question instead, see _fill_in.
        return pages - 2 - draws.below(2) if pages > 4 else pages

    responders = responding(units, assumed, seed)
    keys = {unit.key for unit in responders}
    silent = draws.sample([unit for unit in units if unit.key not in keys], len(units) - len(responders))
    late, partial = silent[: counts["outside_window"]], silent[counts["outside_window"] :]
    partial = responders[: counts[PARTIAL_FIRST]] + partial[: counts["partial"] - counts[PARTIAL_FIRST]]
    twice = responders[len(responders) - counts["duplicate"] :]

    records = [record(unit, "", any_day()) for unit in responders]
    # The last day of the window and the day after it are the two that are easily taken for each other.
    closing = records[-1]
    closing.started = closing.started.replace(year=last.year, month=last.month, day=last.day)
    records += [record(unit, "outside_window", days + 4 * place) for place, unit in enumerate(late)]
    records += [record(unit, "partial", any_day(), some_pages(), submitted=False) for unit in partial]
    records += [record(unit, "duplicate", any_day(), most_pages()) for unit in twice]
    for number in range(901, 901 + counts["not_in_frame"]):
        key = f"SIM{number:04d}"
        guest = _posing(draws.one(silent), key, _identifiers(key, study, assumed))
        records.append(record(guest, "not_in_frame", any_day()))
    rule = next((rule for rule in study.selection if rule["id"] == "test_record"), {})
    for place in range(counts["test_record"]):
        texts = _identifiers(TEST, study, assumed) | {rule["item"]: rule["matches"][place % len(rule["matches"])]}
        tester = _posing(draws.one(silent), TEST, texts)
        # The organisers try the survey out before it opens.
        records.append(record(tester, "test_record", -3 + place, pages if place else min(2, pages), bool(place)))
    for place in range(counts["opened"]):
        records.append(record(silent[-1 - place], "opened", any_day(), place % 2, submitted=False))
    return sorted(records, key=lambda record: (record.started, record.unit.key))


def _check_counts(counts: Mapping[str, int], invited: int) -> None:
    """Raises BadInput where the assumed numbers of records do not fit together."""
    analysed, partial, first = counts[ANALYSED], counts["partial"], counts[PARTIAL_FIRST]
    silent = counts["outside_window"] + partial - first + counts["opened"]
    place = f"assumed_shares.csv item {RESPONSE}"
    if not 1 <= analysed <= invited - max(silent, 1):
        raise BadInput(
            f"{place}: of {invited} invited, {analysed} cannot be analysed and {silent} late, partial or opened"
        )
    if first > min(partial, analysed) or counts["duplicate"] > analysed:
        raise BadInput(f"{place}: {PARTIAL_FIRST} is at most as many as partial, both and duplicate as {ANALYSED}")


def _posing(unit: Unit, key: str, identifiers: Mapping[str, str | None]) -> Unit:
    """Somebody else with the same answers."""
    return Unit(key, "", unit.answers | identifiers, unit.texts)


def _fill_in(record: Record, study: Study, assumed: Assumptions, draws: Draws) -> None:
    """What this record shows and answers: pages up to where it stopped, skip logic, and some items left blank."""
    seen = study.domain_ids[: record.pages]
    share, never = assumed.number(RESPONSE, BLANK, "share"), study.frame["strata"]
    left_out = ""
    if record.exclusion == "duplicate" and record.pages == len(study.domains):
        left_out = [item.name for item in study.items if item.is_answerable and not item.asked_if][-1]
    for item in study.items:
        blank = draws.happens(share) and item.role not in ("identifier", "group") and item.name not in never
        if record.exclusion == "opened" or item.domain not in seen or item.role == "ignore":
            continue
        answer = record.unit.answers[item.name]
        if not is_asked(item, record.answers, study):
            record.answers[item.name] = NOT_ASKED
        elif not blank and item.name != left_out and answer is not None:
            record.answers[item.name] = answer
    if record.exclusion == "opened" and record.pages and draws.happens(0.5):
        record.answers[study.respondent_key] = record.unit.key


def frame_text(units: Sequence[Unit], study: Study) -> str:
    """The sampling frame: key and name of each unit, and the option code of each stratum."""
    strata = study.frame["strata"]
    rows = [[unit.key, unit.name, *(unit.answers[name] for name in strata)] for unit in units]
    return as_csv([[study.frame["key"], "name", *strata], *rows])


def truth_text(records: Sequence[Record], study: Study) -> str:
    """Per record whether it is analysable, the rule that excludes it, and how many cells of each disorder it holds."""
    found = {kind for record in records for kind in record.mess}
    kinds = [*sorted(found.difference(MESS)), *(kind for kind in MESS if kind in found)]
    rows = [
        [
            record.number,
            record.unit.key if record.unit.key != TEST else "",
            "no" if record.exclusion else "yes",
            record.exclusion,
            *(record.mess[kind] for kind in kinds),
        ]
        for record in records
    ]
    return as_csv([["record", study.respondent_key, "analysable", "exclusion", *kinds], *rows])


def true_shares_text(units: Sequence[Unit], study: Study) -> str:
    """What an error-free census of the frame would give: item, option, group, level, quantity, n, value.

    n: units asked whose answer counts (do not know, not applicable and refused do not). share: of these, 0 to 1
    (rank: ranked first). median and mean of numeric items are in the item's unit.
    """
    levels = [("", "")] + [(name, option.code) for name in study.groups for option in study.item(name).options]
    rows = []
    for item in study.items:
        if not item.is_reported:
            continue
        for group, level in levels:
            answers = [unit.answers[item.name] for unit in units if not group or unit.answers[group] == level]
            for option, quantity, n, value in _true_values(item, answers):
                rows.append([item.name, option, group, level, quantity, n, f"{value:.6g}"])
    return as_csv([["item", "option", "group", "level", "quantity", "n", "value"], *rows])


def _true_values(item: Item, answers: Sequence[Any]) -> list[tuple[str, str, int, float]]:
    given = [answer for answer in answers if answer is not NOT_ASKED]
    missing = {option.code for option in item.options if option.kind in MISSING_KINDS}
    if item.type == "numeric":
        numbers = [answer for answer in given if isinstance(answer, float)]
        return (
            [("", "median", len(numbers), median(numbers)), ("", "mean", len(numbers), mean(numbers))]
            if numbers
            else []
        )
    chosen = [
        answer if isinstance(answer, frozenset) else {answer[0] if isinstance(answer, tuple) else answer}
        for answer in given
    ]
    valid = [answer for answer in chosen if not answer & missing]
    if not valid:
        return []
    codes = [option.code for option in item.options if option.counts]
    return [(code, "share", len(valid), sum(code in answer for answer in valid) / len(valid)) for code in codes]
