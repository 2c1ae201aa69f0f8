"""Letters that figures can draw: those of the project's fonts. Others stop the first figure that has them."""

from functools import cache
from pathlib import Path

from survey.drafting.items import Item, seen

FONTS = Path(__file__).resolve().parents[3] / "resources" / "fonts"
LATIN = 0x24F  # all that is below, any of the fonts has


def spell_out(item: Item) -> None:
    """Leave letters that no font has out of an item's texts; an answer keeps the text of its cells as an alias.

    A text of nothing else is called by its name or place.
    """
    if item.role == "ignore":
        return
    if not can_be_drawn(item.question + item.label):
        was = item.question
        item.question, item.label = (drawable(text) or f"Question {item.name}" for text in (was, item.label))
        _doubt(item, f"`{was}`".replace("|", " "), "codebook.csv")
    changed = {answer.label: answer for answer in item.answers if not can_be_drawn(answer.label)}
    for was, answer in changed.items():
        answer.aliases = (*answer.aliases, was)
        answer.label = drawable(was) or f"Answer {item.answers.index(answer) + 1}"
    if changed:
        _doubt(item, seen({was: answer.n for was, answer in changed.items()}), "options.csv")


def _doubt(item: Item, evidence: str, file: str) -> None:
    change = "write the texts, or add a TTF file that has the letters to resources/fonts and draft again"
    item.doubt(81, "letters that no font of the figures has were left out", evidence, change, file)


def can_be_drawn(text: str) -> bool:
    """Whether the fonts have every letter."""
    return all(ord(letter) <= LATIN or ord(letter) in _letters() for letter in text)


def drawable(text: str) -> str:
    """The letters that the fonts have; "" where no letter and no digit is among them."""
    kept = " ".join("".join(letter if can_be_drawn(letter) else " " for letter in text).split())
    return kept if any(map(str.isalnum, kept)) else ""


@cache
def _letters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for path in sorted((*FONTS.glob("*.ttf"), *FONTS.glob("*.otf"))):
        with TTFont(path, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found)
