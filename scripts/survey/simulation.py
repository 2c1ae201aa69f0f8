"""Simulated answers of a whole frame of centres, and the export that a survey platform would make of some of them.

Every draw comes from uniforms of numpy's PCG64 generator through inverse distribution functions written here, so that
the files are the same under every version of Python and numpy. Each purpose has a stream of its own (seed and name):
a change to one item leaves the others as they were.
"""

import csv
import datetime
import hashlib
import html
import io
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist, mean, median
from typing import Any, TypeVar

from survey.conditions import NOT_ASKED
from survey.errors import BadInput, nearest
from survey.study import MISSING_KINDS, Item, Study

T = TypeVar("T")

ASSUMED_COLUMNS = ["item", "option", "group", "level", "quantity", "value", "basis", "note"]
QUANTITIES = {
    "share": "share of the centres that choose the option (rank: that rank it first; text: that write something)",
    "remainder": "chosen where no other option is",
    "median": "centre of a number or date",
    "spread": "standard deviation of the logarithm; the number is log-normal",
    "sd": "standard deviation; the number is normal (dates: in days)",
    "step": "numbers are rounded to multiples of it",
    "latest": "no date lies after it",
    "complete": "share of the centres that rank every option; the others rank three",
    "text": "a text that somebody writes (other, or free text)",
    "odds": "odds of the option at this level of the group, as a multiple of the odds elsewhere",
    "ratio": "the median at this level, as a multiple of the median elsewhere",
    "shift": "the median at this level, less the median elsewhere",
}

RESPONSE = "response"
ANALYSABLE = 106
EXCLUDED = {"test_record": 4, "opened": 14, "outside_window": 4, "not_in_frame": 3, "partial": 12, "duplicate": 7}
PARTIAL_THEN_COMPLETE = 5
BLANK = 0.03
ADMINISTRATIVE = ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"]

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
UNIT_WORDS = {
    "days": "days",
    "weeks": "weeks",
    "months": "months",
    "years": "years",
    "%": "%",
    "minutes": "min",
    "g/L": "g/L",
}
UNCLASSIFIABLE = ("depends", "see SOP", "varies by product", "not standardised")
MESS = (
    "country_spelling",
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
    "line_break",
)


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

    def effects(self, item: str, option: str, quantity: str, answers: Mapping[str, Any]) -> list[float]:
        """The effects that apply to a centre with these answers."""
        rows = self._effects.get((item, option, quantity), [])
        return [value for group, level, value in rows if answers.get(group) == level]

    def share(self, item: str, option: str, answers: Mapping[str, Any]) -> tuple[float, float] | None:
        """Base share and odds of an option in a centre with these answers; None when no share is assumed."""
        base = self._base.get((item, option, "share"))
        return (float(base[0]), math.prod(self.effects(item, option, "odds", answers))) if base else None

    def weights(self, item: Item, answers: Mapping[str, Any], codes: Sequence[str] = ()) -> dict[str, float]:
        """Share times odds per option (not normalised), for all or some options."""
        chosen = {option.code: self.share(item.name, option.code, answers) for option in item.options}
        return {code: pair[0] * pair[1] for code, pair in chosen.items() if pair and (not codes or code in codes)}

    def chance(self, item: Item, option: str, answers: Mapping[str, Any]) -> float:
        """Probability that a centre with these answers ticks the option."""
        base, odds = self.share(item.name, option, answers) or (0.0, 1.0)
        return base * odds / (1 - base + base * odds)


@dataclass
class Centre:
    """One centre of the frame.

    answers: per item a code, number, set of codes, tuple of codes in order of rank, date or text; NOT_ASKED, or None
    when nothing is written. texts: what stands in "other" per item.
    """

    key: str
    name: str
    answers: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class Record:
    """One record of the export: whose, why it is excluded ("" when it is analysed), and its answers.

    answers: as of a centre, without the items left blank and the pages not reached. mess: how many cells of each kind
    of disorder; touched: the columns that hold them.
    """

    centre: Centre
    exclusion: str
    started: datetime.datetime
    minutes: int
    pages: int
    submitted: bool
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
    if row["item"] not in (*study.by_name, RESPONSE):
        raise BadInput(
            f"{place} column item: {row['item']!r} is not in the codebook{nearest(row['item'], study.by_name)}"
        )
    for item, code in ((row["item"], row["option"]), (row["group"], row["level"])):
        codes = [option.code for option in study.item(item).options] if item in study.by_name else []
        if code and code not in codes:
            raise BadInput(f"{place}: item {item!r} has no option {code!r}{nearest(code, codes)}")
    if row["quantity"] not in QUANTITIES:
        raise BadInput(f"{place} column quantity: {row['quantity']!r} is none of {', '.join(QUANTITIES)}")
    if row["basis"] not in ("published", "assumed"):
        raise BadInput(f"{place} column basis: {row['basis']!r} is neither published nor assumed")
    is_date = row["quantity"] in ("median", "latest") and study.item(row["item"]).type == "date"
    if row["quantity"] not in ("text", "remainder"):
        try:
            datetime.date.fromisoformat(row["value"]) if is_date else float(row["value"])
        except ValueError:
            expected = "a date such as 2022-05-15" if is_date else "a number"
            raise BadInput(f"{place} column value: {row['value']!r} is not {expected}") from None


def simulate_frame(study: Study, assumed: Assumptions, seed: int) -> list[Centre]:
    """Every centre of the frame with its full answers, in order of its code.

    The countries have exactly their assumed shares (largest remainders); all else is drawn.
    """
    number = study.frame["invited"]
    countries = apportion(assumed.weights(study.item("country"), {}), number)
    placed = Draws(seed, "frame", "country").sample(
        [code for code, count in countries.items() for _ in range(count)], number
    )
    centres = [
        Centre(f"SIM{place:04d}", f"Centre {place:03d}", {"country": code})
        for place, code in enumerate(placed, start=1)
    ]
    for item in study.items:
        draws = Draws(seed, "answer", item.name)
        for centre in centres:
            if item.name not in centre.answers:
                centre.answers[item.name] = _answer(item, centre, study, assumed, draws)
    return centres


def apportion(shares: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers that add up to `total`, in proportion to the shares (method of largest remainders)."""
    sum_of_shares = math.fsum(shares.values())
    exact = {key: round(share / sum_of_shares * total, 9) for key, share in shares.items()}
    counts = {key: math.floor(value) for key, value in exact.items()}
    for key in sorted(exact, key=lambda key: counts[key] - exact[key])[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def _answer(item: Item, centre: Centre, study: Study, assumed: Assumptions, draws: Draws) -> Any:
    if item.role == "identifier":
        number = centre.key.removeprefix("SIM")
        return {"centre_id": centre.key, "contact_name": f"Contact {number}"}.get(
            item.name, f"contact{number}@example.org"
        )
    if item.role == "ignore":
        return None
    if not is_asked(item, centre.answers, study):
        return NOT_ASKED
    return draw_answer(item, centre, study, assumed, draws)


def is_asked(item: Item, answers: Mapping[str, Any], study: Study) -> bool | None:
    """Whether an item is put to somebody who gave these answers; None where that hangs on an answer that is missing."""
    if not item.asked_if:
        return True
    return item.asked_if.evaluate({name: _as_gate(study.item(name), answers.get(name)) for name in item.asked_if.items})


def _as_gate(item: Item, answer: Any) -> Any:
    """An answer as skip logic sees it: do not know, not applicable and refused tell nothing."""
    return None if isinstance(answer, str) and item.options and not item.option(answer).counts else answer


def draw_answer(item: Item, centre: Centre, study: Study, assumed: Assumptions, draws: Draws) -> Any:
    """What the centre answers to one item, whether or not it is asked; the text of "other" goes into centre.texts."""
    answer = _DRAW[item.type](item, centre.answers, study, assumed, draws)
    if answer == "other" or (isinstance(answer, frozenset) and "other" in answer):
        centre.texts[item.name] = draws.one(assumed.texts(item.name, "other"))
    return answer


def _draw_choice(item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws) -> str:
    weights = assumed.weights(item, answers)
    if weights:
        return draws.weighted(weights)
    origin = next(other for other in study.items if other.source == item.source)
    if origin is item:
        raise BadInput(f"assumed_shares.csv: no row gives the share of an option of item {item.name!r}; add them")
    label = origin.option(answers[origin.name]).label
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
    return frozenset(["none"] if "none" in chances else [max(chances, key=chances.__getitem__)])


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
    centre = float(assumed.needed(item.name, "median"))
    if spread := assumed.value(item.name, "spread"):
        value = centre * math.prod(assumed.effects(item.name, "", "ratio", answers)) * math.exp(float(spread) * normal)
    else:
        value = (
            centre
            + sum(assumed.effects(item.name, "", "shift", answers))
            + float(assumed.needed(item.name, "sd")) * normal
        )
    step = float(assumed.needed(item.name, "step"))
    return min(max(math.floor(value / step + 0.5) * step, item.minimum), item.maximum)


def _draw_date(
    item: Item, answers: Mapping[str, Any], study: Study, assumed: Assumptions, draws: Draws
) -> datetime.date:
    centre, latest = (
        datetime.date.fromisoformat(assumed.needed(item.name, quantity)) for quantity in ("median", "latest")
    )
    return min(centre + datetime.timedelta(round(float(assumed.needed(item.name, "sd")) * draws.normal())), latest)


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


def simulate_records(study: Study, assumed: Assumptions, centres: Sequence[Centre], seed: int) -> list[Record]:
    """The records of the export in the order in which they were started, their cells filled and in disorder."""
    records = _records(study, assumed, centres, seed)
    for number, record in enumerate(records, start=1):
        draws = Draws(seed, "record", str(number))
        _fill_in(record, study, draws)
        record.cells = _cells(record, study)
        record.cells["id"] = str(number)
        record.cells["seed"] = str(100_000_000 + draws.below(900_000_000))
    _disorder(records, study, assumed, seed)
    return records


def responding(centres: Sequence[Centre], assumed: Assumptions, seed: int) -> list[Centre]:
    """The centres that answer in full and in time, drawn with the assumed propensities."""

    def propensity(centre: Centre) -> float:
        return math.prod(assumed.effects(RESPONSE, "", "odds", centre.answers))

    return Draws(seed, "response").sample(centres, ANALYSABLE, propensity)


def _records(study: Study, assumed: Assumptions, centres: Sequence[Centre], seed: int) -> list[Record]:
    """Who answered when and how far, one record each, sorted by the time of its start."""
    draws = Draws(seed, "records")
    first, last = (datetime.date.fromisoformat(study.window[end]) for end in ("first", "last"))
    days = (last - first).days + 1
    pages = len(study.domains)

    def record(centre: Centre, exclusion: str, day: int, pages: int = pages, submitted: bool = True) -> Record:
        clock = datetime.time(7 + draws.below(14), draws.below(60), draws.below(60))
        started = datetime.datetime.combine(first + datetime.timedelta(day), clock)
        return Record(centre, exclusion, started, 20 + draws.below(60), pages, submitted)

    def any_day() -> int:
        # Answers come in soon after the invitation, and fewer and fewer later.
        return int(days * draws.uniform() ** 1.5)

    responders = responding(centres, assumed, seed)
    keys = {centre.key for centre in responders}
    silent = draws.sample([centre for centre in centres if centre.key not in keys], len(centres) - len(responders))
    late, partial = silent[: EXCLUDED["outside_window"]], silent[EXCLUDED["outside_window"] :]
    partial = responders[:PARTIAL_THEN_COMPLETE] + partial[: EXCLUDED["partial"] - PARTIAL_THEN_COMPLETE]
    twice = responders[-EXCLUDED["duplicate"] :]

    records = [record(centre, "", any_day()) for centre in responders]
    # The last day of the window and the day after it are the two that are easily taken for each other.
    closing = records[-1]
    closing.started = closing.started.replace(year=last.year, month=last.month, day=last.day)
    records += [record(centre, "outside_window", days + 4 * place) for place, centre in enumerate(late)]
    records += [record(centre, "partial", any_day(), 3 + draws.below(2), submitted=False) for centre in partial]
    records += [record(centre, "duplicate", any_day(), pages - 2 - draws.below(2)) for centre in twice]
    for number in range(901, 901 + EXCLUDED["not_in_frame"]):
        guest = _posing(
            draws.one(silent), f"SIM{number:04d}", f"Contact {number:04d}", f"contact{number:04d}@example.org"
        )
        records.append(record(guest, "not_in_frame", any_day()))
    for place in range(EXCLUDED["test_record"]):
        tester = _posing(draws.one(silent), "TEST", ("Test", "TEST EBMT")[place % 2], "test@example.org")
        # The organisers try the survey out before it opens.
        records.append(record(tester, "test_record", -3 + place, pages if place else 2, submitted=bool(place)))
    for place in range(EXCLUDED["opened"]):
        records.append(record(silent[-1 - place], "opened", any_day(), place % 2, submitted=False))
    return sorted(records, key=lambda record: (record.started, record.centre.key))


def _posing(centre: Centre, key: str, contact: str, email: str) -> Centre:
    """Somebody else with the same answers."""
    answers = centre.answers | {"centre_id": key, "contact_name": contact, "contact_email": email}
    return Centre(key, "", answers, centre.texts)


def _fill_in(record: Record, study: Study, draws: Draws) -> None:
    """What this record shows and answers: pages up to where it stopped, skip logic, and some items left blank."""
    seen = study.domain_ids[: record.pages]
    for item in study.items:
        blank = draws.happens(BLANK) and item.role not in ("identifier", "group") and item.name != "country"
        if record.exclusion == "opened" or item.domain not in seen or item.role == "ignore":
            continue
        answer = record.centre.answers[item.name]
        if not is_asked(item, record.answers, study):
            record.answers[item.name] = NOT_ASKED
        elif not blank and answer is not None:
            record.answers[item.name] = answer
    if record.exclusion == "opened" and record.pages and draws.happens(0.5):
        record.answers["centre_id"] = record.centre.key


def columns(study: Study) -> dict[str, str]:
    """Column name to heading, "question code & question text" as LimeSurvey writes it, in order."""
    headings = {name: name for name in ADMINISTRATIVE}
    for item in study.items:
        for name, part in _parts(item):
            headings.setdefault(
                name, f"{name}. {item.question}" + (f" [{html.escape(part, quote=False)}]" if part else "")
            )

    return headings


def _parts(item: Item) -> list[tuple[str, str]]:
    """Columns of an item, and what each asks beyond the question."""
    other = [(f"{item.source}[other]", "Other") for option in item.options if option.kind == "other"]
    if item.type == "multiple":
        return [
            (f"{item.source}[{option.code}]", option.label) for option in item.options if option.kind != "other"
        ] + other
    if item.type == "rank":
        return [(f"{item.source}[{place}]", f"Rank {place}") for place in range(1, len(item.options) + 1)]
    return [(item.source, item.label.split(": ")[-1] if "[" in item.source else ""), *other]


def _cells(record: Record, study: Study) -> dict[str, str]:
    """The cells that are not empty, as the platform exports full answers."""
    stamp = record.started + datetime.timedelta(minutes=record.minutes if record.pages else 0)
    cells = {
        "lastpage": str(record.pages),
        "startlanguage": "en",
        "startdate": str(record.started),
        "datestamp": str(stamp),
    }
    if record.submitted:
        cells |= {"submitdate": str(stamp), "lastpage": str(len(study.domains))}
    for item in study.items:
        answer = record.given(item)
        if answer is None or item.name == "region":
            continue
        if item.type == "multiple":
            cells |= {
                f"{item.source}[{option.code}]": "Yes" if option.code in answer else "No" for option in item.options
            }
            cells[f"{item.source}[other]"] = record.centre.texts[item.name] if "other" in answer else ""
        elif item.type == "rank":
            cells |= {f"{item.source}[{place}]": item.option(code).label for place, code in enumerate(answer, start=1)}
        else:
            cells[item.source] = _full_answer(item, answer)
            if answer == "other":
                cells[f"{item.source}[other]"] = record.centre.texts[item.name]
    return cells


def _full_answer(item: Item, answer: Any) -> str:
    if isinstance(answer, float):
        return f"{answer:g}"
    return item.option(answer).label if item.options else str(answer)


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
            raise ValueError(f"{kind}: {count} more wanted than places found")


def _disorder(records: Sequence[Record], study: Study, assumed: Assumptions, seed: int) -> None:
    disorder = _Disorder([record for record in records if record.exclusion != "opened"], study, seed)
    items = study.items
    numbers = [item for item in items if item.type == "numeric" and item.unit != "year"]
    gates = {name for item in items if item.asked_if for name in item.asked_if.items}
    choices = [item for item in items if item.type in ("single", "ordinal") and item.name not in ("country", "region")]
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
        if not value or value - half < item.minimum or value + half > item.maximum:
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
        answer, other = record.given(item), f"{item.source}[other]"
        if record.cells.get(other) or answer is None:
            return None
        ticked = sorted(answer) if item.type == "multiple" else [answer]
        listed = [item.option(code) for code in ticked if item.option(code).kind == "substantive" and code != "none"]
        if not listed:
            return None
        option = draws.one(listed)
        column, without = (f"{item.source}[{option.code}]", "No") if item.type == "multiple" else (item.source, "Other")
        return {column: without, other: draws.one([*option.aliases, option.label])}

    def unclassifiable(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        return {item.source: draws.one(UNCLASSIFIABLE)} if record.given(item) is not None else None

    def contradiction(record: Record, item: Item, draws: Draws) -> dict[str, str] | None:
        # A record that went on after changing the gate: both answers stay in the export.
        if is_asked(item, record.answers, study) is not False or record.pages < len(study.domains):
            return None
        answer = draw_answer(item, Centre("", "", record.centre.answers), study, assumed, draws)
        return {item.source: _full_answer(item, answer)} if answer != "other" else None

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

    rows = [next(item for item in items if item.source.startswith(f"{block}[")) for block in ("need", "trial")]
    texts = [item for item in items if item.role == "free_text"]
    ends = choices + texts
    others = [item for item in items if any(option.kind == "other" for option in item.options)]
    disorder.replace("straight_line", 6, rows, straight_line)
    disorder.replace(
        "skip_contradiction", 10, [item for item in choices + numbers if item.name not in gates], contradiction
    )
    disorder.replace("country_spelling", 40, [study.item("country")], spelling)
    disorder.replace("unclassifiable", 6, [item for item in numbers + dates if item.name not in gates], unclassifiable)
    disorder.replace("number_range", 24, numbers, number_range)
    disorder.replace("number_bound", 10, numbers, number_as("> {}", "≥ {}", ">{}", "{}+"))
    disorder.replace("number_comma", 12, numbers, number_comma)
    disorder.replace("number_approximate", 16, numbers, number_as("approx. {}", "ca. {}", "~{}", "about {}"))
    disorder.replace("number_unit", 24, numbers, number_unit)
    disorder.replace("number_word", 10, numbers, number_word)
    disorder.replace("date_format", 45, dates, date_format)
    disorder.replace("other_is_option", 14, others, other_is_option)
    disorder.replace("key_spelling", 9, keys, key_spelling)
    disorder.replace("trailing_blank", 20, ends, edited(lambda text, draws: text + " " * (1 + draws.below(2))))
    disorder.replace("no_break_space", 14, ends, edited(lambda text, draws: text.replace(" ", "\u00a0", 1)))
    disorder.replace("html_entity", 14, choices, edited(lambda text, draws: html.escape(text, quote=False)))
    disorder.replace("html_entity", 6, ends, edited(lambda text, draws: text.replace(" ", "&nbsp;", 1)))
    disorder.replace(
        "line_break", 3, texts, edited(lambda text, draws: text.replace("; ", ";\n").replace(", ", ",\n", 1))
    )


def export_text(records: Sequence[Record], study: Study) -> str:
    """The export: every cell in quotes, one heading row."""
    headings = columns(study)
    rows = [[record.cells.get(name, "") for name in headings] for record in records]
    return _csv([list(headings.values()), *rows], csv.QUOTE_ALL)


def frame_text(centres: Sequence[Centre], study: Study) -> str:
    """The sampling frame: key and name of each centre, and the option code of each stratum."""
    strata = study.frame["strata"]
    rows = [[centre.key, centre.name, *(centre.answers[name] for name in strata)] for centre in centres]
    return _csv([[study.frame["key"], "name", *strata], *rows])


def truth_text(records: Sequence[Record]) -> str:
    """Per record whether it is analysable, the rule that excludes it, and how many cells of each disorder it holds."""
    rows = [
        [
            record.cells["id"],
            record.centre.key if record.centre.key != "TEST" else "",
            "no" if record.exclusion else "yes",
            record.exclusion,
            *(record.mess[kind] for kind in MESS),
        ]
        for record in records
    ]
    return _csv([["record", "centre_id", "analysable", "exclusion", *MESS], *rows])


def true_shares_text(centres: Sequence[Centre], study: Study) -> str:
    """What an error-free census of the frame would give: item, option, group, level, quantity, n, value.

    n: centres asked whose answer counts (do not know, not applicable and refused do not). share: of these, 0 to 1
    (rank: ranked first). median and mean of numeric items are in the item's unit.
    """
    levels = [("", "")] + [(name, option.code) for name in study.groups for option in study.item(name).options]
    rows = []
    for item in study.items:
        if not item.is_reported:
            continue
        for group, level in levels:
            answers = [centre.answers[item.name] for centre in centres if not group or centre.answers[group] == level]
            for option, quantity, n, value in _true_values(item, answers):
                rows.append([item.name, option, group, level, quantity, n, f"{value:.6g}"])
    return _csv([["item", "option", "group", "level", "quantity", "n", "value"], *rows])


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


def _csv(rows: Sequence[Sequence[object]], quoting: int = csv.QUOTE_MINIMAL) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=quoting, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
