"""The dates of an export: which one is of the submission, and whether the day or the month comes first in them."""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from survey.dates import moment, parse_date, shown_order
from survey.drafting.contents import Content
from survey.drafting.items import Item, Rule
from survey.drafting.platforms import NOT_COMPLETED, is_submission
from survey.export import Export
from survey.text import tidy

HEADERS = {
    "month_first": re.compile(r"\bM{1,2} ?[/.-] ?D{1,2}\b", re.IGNORECASE),
    "day_first": re.compile(r"\b(?:D{1,2}|T{1,2}|J{1,2}|G{1,2}) ?[/.-] ?M{1,2}\b", re.IGNORECASE),
}
SINGLE = re.compile(r"\d/|\d{1,2}/\d/")  # 3/1/2024, without zeros in front
HALVES = re.compile(r"\d [AP]M\b")
FEWEST = 5  # time stamps that have a course
UNSURE = 50  # weight of a doubt from which an order is guessed


@dataclass(frozen=True)
class Order:
    """day_first or month_first; why; and how much it is to be doubted, 0 to 100."""

    first: str
    why: str
    weight: int


def find_submission(items: Sequence[Item], contents: Sequence[Content], export: Export) -> str:
    """The item that holds the day of submission, made a date; "" where there is none that can be read."""
    found = [item for item in items if is_submission(contents[item.places[0]], export)]
    for item in (item for item in found if contents[item.places[0]].filled):
        counts = contents[item.places[0]].counts
        unread = {t: n for t, n in counts.items() if not parse_date(tidy(t)) and tidy(t) not in NOT_COMPLETED}
        if not unread and any(map(parse_date, map(tidy, counts))):
            item.type = "date"
            return item.name
        item.doubt(
            79,
            "no day of submission: what the platform wrote there cannot be read as a date",
            f"{sum(unread.values())} of {sum(counts.values())} cells",
            "export it as 2024-02-15 10:30:00; then set type date, and `submitted` in study.yaml",
        )
    return ""


def order_dates(
    items: Sequence[Item],
    contents: Sequence[Content],
    sample: Sequence[Sequence[str]],
    export: Export,
    submitted: str,
) -> None:
    """Give every date item of which some texts may be read in two ways the rule that says how, and its doubt.

    contents: by place. Cells, header and, of the platform's time stamps, the course over the rows decide; else what the
    other columns show, the platform's custom, and at last the European order.
    """
    dates = [item for item in items if item.type == "date" and (item.role != "ignore" or item.name == submitted)]
    told = [item.places[0] for item in items if item.type == "date" or item.role == "ignore"]
    own = {place: _own_order(contents[place]) for place in told}
    for item in items:
        if item.name == submitted and own[item.places[0]] is None:
            own[item.places[0]] = _order_over_rows(item.places[0], sample)
    shown = Counter(order.first for order in own.values() if order and order.weight < UNSURE)
    for item in dates:
        content = contents[item.places[0]]
        texts = [tidy(text) for text in content.counts]
        _doubt_cells(item, content)
        if not any(shown_order(text) == "open" for text in texts):
            continue
        order = own[content.place] or _order_elsewhere(texts, shown, export)
        if order.first == "month_first" or order.weight >= UNSURE:
            item.rules.append(Rule(f"{order.first}_{item.name}", item.name, "date", "", order.first, order.why))
        if order.weight:
            item.doubt(
                order.weight,
                f"the {order.first.split('_')[0]} comes first in dates such as 04/03/2022",
                order.why,
                "exchange `month_first` and `day_first`",
                "recodes.csv" if item.rules else "codebook.csv",
            )


def _own_order(content: Content) -> Order | None:
    """The order that a column shows itself, by its cells or its header; None where it shows none."""
    counts: Counter[str] = Counter()
    dotted = True
    for text, n in content.counts.items():
        shown = shown_order(tidy(text))
        counts[shown] += n
        dotted = dotted and (shown != "open" or "." in text)
    days, months, unclear = (counts[name] for name in ("day_first", "month_first", "open"))
    if days and months:
        why = f"{days} cells show that the day does, {months} that the month does; {unclear} show neither"
        return Order("day_first", why, 85 if unclear else 0)
    if days or months:
        first = "day_first" if days else "month_first"
        why = f"a number above 12 shows it in {days or months} of {days + months + unclear} cells"
        return Order(first, why, 0 if days else 40)
    if not unclear:
        return None
    headers = " ".join((content.column.name, *content.column.headers))
    named = [first for first, pattern in HEADERS.items() if pattern.search(headers)]
    if len(named) == 1:
        return Order(named[0], "the header says so", 0 if named == ["day_first"] else 40)
    return Order("day_first", "written with points", 0) if dotted else None


def _order_over_rows(place: int, sample: Sequence[Sequence[str]]) -> Order | None:
    """The order under which time stamps follow the rows, or lie in a much shorter time; None where both are as good."""
    texts = [tidy(line[place]) for line in sample]
    found = []
    for first in ("day_first", "month_first"):
        moments = [read for text in texts if (read := moment(text, first == "month_first"))]
        if len(moments) < FEWEST:
            return None
        steps = list(pairwise(moments))
        back = min(sum(one > two for one, two in steps), sum(one < two for one, two in steps)) / len(steps)
        days = [datetime.date.fromisoformat(text[:10]) for text in (min(moments), max(moments))]
        told = f"from {days[0]} to {days[1]}, {back:.0%} against the order of the rows"
        found.append((round(back, 1), (days[1] - days[0]).days + 1, first, told))
    (good, days, first, told), (bad, more_days, _, otherwise) = sorted(found)
    if bad - good > 0.1 or more_days > 3 * days:
        return Order(first, f"read so, the time stamps run {told}; the other way {otherwise}", UNSURE - 1)
    return None


def _order_elsewhere(texts: Sequence[str], shown: Mapping[str, int], export: Export) -> Order:
    """The order of a column that does not show it itself."""
    if len(shown) == 1:
        return Order(*shown, "neither cells nor header show it; other dates of the file are written so", 60)
    slashed = [text for text in texts if "/" in text]
    if export.platform == "surveymonkey" and slashed:
        return Order("month_first", "neither cells nor header show it; SurveyMonkey writes time stamps so", 76)
    forms = export.platform in ("google_forms", "microsoft_forms")
    if any(map(HALVES.search, slashed)) or (forms and any(map(SINGLE.match, slashed))):
        return Order("month_first", "neither cells nor header show it; written as in the United States", 78)
    return Order("day_first", "neither cells nor header show it; the European order is taken", 82)


def _doubt_cells(item: Item, content: Content) -> None:
    """Cells that are no date, and years of two digits."""
    if item.role == "ignore":
        return
    read = {text: parse_date(tidy(text)) for text in content.counts}
    unread = sum(n for text, n in content.counts.items() if not read[text])
    if unread:
        item.doubt(
            59,
            "a date, though some cells are none",
            f"{unread} of {sum(content.counts.values())} cells; clean/validation.csv will list them",
            "correct them in recodes.csv, or set type text and role free_text",
        )
    short = [parsed[0] for parsed in read.values() if parsed and "date_short_year" in parsed[1]]
    if short:
        item.doubt(
            45,
            "years of two digits are taken to be from 1969 to 2068",
            f"from {min(short)} to {max(short)}",
            "correct others in recodes.csv, or export the dates with all four digits",
        )
