"""Several answers joined in one cell: which separator, which answers, also those that hold the separator themselves."""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from survey.drafting.contents import Content, fold
from survey.text import tidy

SEPARATORS = (";", ", ", ",", "|")
OWN = {"google_forms": (", ",), "microsoft_forms": (";",), "qualtrics": (",",), "limesurvey": (), "redcap": ()}
LEAST = 3  # records with several answers
LEAST_SHARE = 0.05  # of the filled cells that hold several
RARE = 0.01  # of the filled cells: below, an answer was written and not offered
CODE = re.compile(r"\d{1,2}")
LONGEST = 300  # characters of an answer that somebody offered


@dataclass(frozen=True)
class Joined:
    """separator; answers: label to records, in the order of their number; left: records with a text beside them.

    is_order: whether every cell holds all of them, so that their order is what it says.
    """

    separator: str
    answers: dict[str, int]
    left: int
    is_order: bool = False


def find_joined(content: Content, platform: str, told: bool = False) -> Joined | None:
    """The answers that a column's cells join; None where they are one answer each, or texts.

    told: whether the dictionary says that there are several.
    """
    if not content.is_whole:
        return None
    if codes := _split_codes(content, told):
        return codes
    found = [_split(content, separator) for separator in OWN.get(platform, SEPARATORS)]
    # The one that leaves the least over; of several, the longest.
    best = min((one for one in found if one), key=lambda one: (one.left, -len(one.separator)), default=None)
    return best


def _split_codes(content: Content, told: bool) -> Joined | None:
    """Codes joined by commas, as 4,5,6: ascending, and more than two in some cells, or else 1,5 may be a number."""
    cells = {text: [tidy(piece) for piece in text.strip(", ").split(",")] for text in content.counts}
    if not all(CODE.fullmatch(piece) for pieces in cells.values() for piece in pieces):
        return None
    ascending = all(int(one) < int(other) for pieces in cells.values() for one, other in pairwise(pieces))
    longest = sorted(map(len, cells.values()))[-2:]
    if max(longest, default=1) < 2 or not (told or (ascending and longest[0] > 2)):
        return None
    counts: dict[str, int] = defaultdict(int)
    for text, pieces in cells.items():
        for piece in set(pieces):
            counts[piece] += content.counts[text]
    return Joined(",", {piece: counts[piece] for piece in sorted(counts, key=int)}, 0)


def _split(content: Content, separator: str) -> Joined | None:
    # A comma between digits is part of a number; with a blank after it, it is not.
    cut = re.compile(rf"(?<!\d){re.escape(separator)}|{re.escape(separator)}(?!\d)")
    cells = {text: cut.split(text.strip(f"{separator.strip()} \n")) for text in content.counts}
    cells = {text: pieces for text, pieces in cells.items() if any(map(tidy, pieces))}
    filled = sum(content.counts[text] for text in cells)
    several = {text for text, pieces in cells.items() if len(pieces) > 1}
    records = sum(content.counts[text] for text in several)
    if len(several) < 2 or records < max(LEAST, LEAST_SHARE * filled):
        return None
    cells = _merge(cells, separator)
    texts: dict[str, set[str]] = defaultdict(set)
    spelled: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for text, pieces in cells.items():
        for piece in pieces:
            if tidy(piece):
                texts[fold(piece)].add(text)
                spelled[fold(piece)][tidy(piece)] += content.counts[text]
    totals = {piece: sum(content.counts[text] for text in own) for piece, own in texts.items()}
    least = max(2, RARE * filled)
    offered = [piece for piece, n in totals.items() if n >= least and len(piece) <= LONGEST]
    covered = sum(content.counts[text] for text, pieces in cells.items() if all(fold(p) in offered for p in pieces))
    told = sum(content.counts[text] for text in several if all(fold(p) in offered for p in cells[text]))
    mixed = sum(len(texts[piece]) > 1 for piece in offered)
    if (
        len(offered) < 2
        or told < records / 2
        or covered < filled / 2
        or mixed * 2 < len(offered)
        or len(offered) > len(cells)
    ):
        return None
    offered.sort(key=lambda piece: (-totals[piece], piece))
    labels = {
        min(spelled[piece], key=lambda label: (-spelled[piece][label], label)): totals[piece] for piece in offered
    }
    whole = [sorted(fold(piece) for piece in pieces if tidy(piece)) for pieces in cells.values()]
    is_order = len(offered) > 2 and filled >= LEAST and all(pieces == sorted(offered) for pieces in whole)
    return Joined(separator, labels, filled - covered, is_order)


def _merge(cells: dict[str, list[str]], separator: str) -> dict[str, list[str]]:
    """Pieces that only ever stand one after the other are one answer, which holds the separator."""
    while True:
        times: dict[str, int] = defaultdict(int)
        pairs: dict[tuple[str, str], int] = defaultdict(int)
        for pieces in cells.values():
            folded = [fold(piece) for piece in pieces]
            for piece in folded:
                times[piece] += 1
            for pair in pairwise(folded):
                pairs[pair] += 1
        always = {pair for pair, n in pairs.items() if n > 1 and n == times[pair[0]] == times[pair[1]]}
        if not always:
            return cells
        cells = {text: _join(pieces, always, separator) for text, pieces in cells.items()}


def _join(pieces: list[str], always: set[tuple[str, str]], separator: str) -> list[str]:
    joined: list[str] = []
    before = ""
    for piece in pieces:
        if joined and (before, fold(piece)) in always:
            joined[-1] += separator + piece
            before = ""  # one pair at a time; the next round joins what is left
        else:
            joined.append(piece)
            before = fold(piece)
    return joined
