"""Which items belong together: forms, matrices, who answered, and the questions between them."""

import re
from collections.abc import Sequence

from survey.drafting.contents import Content
from survey.drafting.items import Item
from survey.drafting.platforms import is_form_end
from survey.drafting.words import plain_letters, shorten, slug, tokens, unique
from survey.export import Export

MATRIX = 4  # rows from which a matrix is a domain of its own
LONGEST = 12  # items of a domain of single questions
BACKGROUND = re.compile(
    r"age|gender|sex|country|region|state|location|education|educ|degree|income|occupation|profession|"
    r"position|role|affiliation|ethnicity|race|marital|household|religion|experience|specialty|speciality|"
    r"discipline|organisation|organization|institution|size|sector|alter|geschlecht|land|beruf|party"
)
# Names of figures that every study may have, and of files beside the domains.
FIGURES = ("flow", "respondents", "agreement", "groups", "differences", "published", "claims", "comparators", "shares")
GROUPS = 3
LEVELS = range(2, 7)


def is_background(item: Item) -> bool:
    """Whether a question is about who answers."""
    words = plain_letters(item.question).split()
    named = set(tokens(item.source)) if len(item.source.split()) == 1 else set()
    asks = len(words) <= 12 and any(map(BACKGROUND.fullmatch, words))
    named |= {word.removesuffix("agg") for word in named}
    return not item.block and (any(map(BACKGROUND.fullmatch, named)) or asks)


def give_domains(items: Sequence[Item], contents: Sequence[Content], export: Export) -> list[dict[str, str]]:
    """Write each item's domain; returns the domains, id and title, in the order of the items."""
    parts: list[tuple[str, list[Item]]] = []
    forms = _forms(contents) if export.platform == "redcap" else {}
    for item in items:
        title = forms.get(item.places[0], "")
        if not title and item.block and _rows(item, items) >= MATRIX:
            title = f"matrix {item.block}"
        if parts and parts[-1][0] == title:
            parts[-1][1].append(item)
        else:
            parts.append((title, [item]))
    parts = [piece for part in parts for piece in _cut(*part)]
    parts = _join_small(parts)
    domains: list[dict[str, str]] = []
    taken = set(FIGURES)
    number = 0
    for title, own in parts:
        reported = [item for item in own if item.is_reported]
        first, number = number + 1, number + len(reported)
        title = _title(title, own, first, number)
        name = slug(title, 30)
        name = name if name[:1].isalpha() else f"part_{name}" if name else "part"
        name = unique(name, taken)
        taken.add(name)
        titles = {domain["title"] for domain in domains}
        domains.append({"id": name, "title": unique(title, titles, "{} ({})")})
        for item in own:
            item.domain = name
    return domains


def _forms(contents: Sequence[Content]) -> dict[int, str]:
    """Column to the form of REDCap that it is on: a form ends with its status."""
    found, start = {}, 0
    for content in contents:
        if is_form_end(content):
            name = content.column.name.removesuffix("_complete").replace("_", " ").strip()
            title = "" if name.casefold().startswith("complete") else name.capitalize()
            found |= dict.fromkeys(range(start, content.place + 1), title)
            start = content.place + 1
    return found


def _rows(item: Item, items: Sequence[Item]) -> int:
    return sum(other.block == item.block and other.is_reported for other in items)


def _cut(title: str, items: list[Item]) -> list[tuple[str, list[Item]]]:
    """A run of questions cut where those about the respondent begin or end, and into pieces that a figure can show."""
    if title.startswith("matrix "):
        return [(title, items)]
    pieces: list[tuple[str, list[Item]]] = []
    run: list[Item] = []
    about: bool | None = None
    for item in items:
        here = is_background(item) if item.is_reported else about
        if about is not None and here != about and not title:
            pieces.append(("about" if about else "", run))
            run = []
        about = here
        run.append(item)
    pieces.append((title or ("about" if about else ""), run))
    pieces = _smooth(pieces) if not title else pieces
    cut = []
    for name, own in pieces:
        count = sum(item.is_reported for item in own)
        size = -(-count // -(-count // LONGEST)) if count else 0
        piece: list[Item] = []
        for item in own:
            if item.is_reported and size and sum(other.is_reported for other in piece) == size:
                cut.append((name, piece))
                piece = []
            piece.append(item)
        cut.append((name, piece))
    return cut


def _smooth(pieces: list[tuple[str, list[Item]]]) -> list[tuple[str, list[Item]]]:
    """Runs about the respondent of one question alone are no part of their own."""
    found: list[tuple[str, list[Item]]] = []
    for name, own in pieces:
        if name == "about" and sum(item.is_reported for item in own) < 2:
            name = ""
        if found and found[-1][0] == name:
            found[-1][1].extend(own)
        else:
            found.append((name, list(own)))
    return found


def _join_small(parts: list[tuple[str, list[Item]]]) -> list[tuple[str, list[Item]]]:
    """Parts without any result go to the part before them, or at the start to the one after."""
    joined: list[tuple[str, list[Item]]] = []
    waiting: list[Item] = []
    for title, own in parts:
        if any(item.is_reported for item in own):
            joined.append((title, waiting + own))
            waiting = []
        elif joined:
            joined[-1][1].extend(own)
        else:
            waiting += own
    return joined


def _title(title: str, items: Sequence[Item], first: int, last: int) -> str:
    if title.startswith("matrix "):
        stem = next((item.stem for item in items if item.stem), "") or title.removeprefix("matrix ")
        return shorten(re.sub(r"\s*[:([].*$", "", stem) or stem, 70)
    if title == "about":
        return "About the respondents"
    if title or last > first:
        return title or f"Questions {first} to {last}"
    return shorten(next(item.label for item in items if item.is_reported), 70)


def choose_groups(items: Sequence[Item], coarser: dict[str, str], records: int) -> list[Item]:
    """Items by which results are also given: who answers, in two to six levels that most records tell.

    A finer item gives way to its own coarser groups. Those that are about the respondent, in the order of the items.
    """
    fine = set(coarser.values())
    found = []
    for item in items:
        levels = [answer for answer in item.answers if answer.kind in ("substantive", "other") and answer.n]
        answered = sum(answer.n for answer in levels)
        if item.type not in ("single", "ordinal") or not item.is_reported or item.name in fine:
            continue
        if is_background(item) and len(levels) in LEVELS and answered * 2 > records:
            found.append(item)
    chosen = found[:GROUPS]
    for item in chosen:
        item.role = "group"
    if chosen:
        names = ", ".join(item.name for item in chosen)
        more = f"; also possible: {', '.join(item.name for item in found[GROUPS:])}" if found[GROUPS:] else ""
        chosen[0].doubt(
            36,
            f"results are also given by {names}",
            f"questions about who answers{more}",
            "role group here, and `groups` in study.yaml",
        )
    return chosen
