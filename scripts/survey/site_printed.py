"""Where the manuscript's page prints its values, and the words around them."""

import json
import re
from html import unescape

from survey.rendering.markup import Element, read

PICTURE = re.compile(r'((?:src|srcset)=")data:[^"]*"')
# Elements of a line; every other one begins a block of its own.
MATHS = ("math", "mi", "mn", "mo", "mrow", "mtext", "msub", "msup", "mfrac", "semantics")
WORDS = (
    "a",
    "abbr",
    "b",
    "br",
    "cite",
    "code",
    "em",
    "i",
    "kbd",
    "mark",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
)
INLINE = frozenset([*MATHS, *WORDS])


def printed(page: str) -> dict[str, list]:
    """Where the manuscript prints its values: {blocks, places}.

    page: manuscript.html. A block is [where, text], a paragraph or a cell of a table; a place is [block, start, end,
    keys], the n-th place being the element v-n of the page.
    """
    document = read(PICTURE.sub(r'\1"', page))
    sources = next((script for script in document.find("script") if script.attributes.get("id") == "sources"), None)
    if sources is None:
        return {"blocks": [], "places": []}
    keys = [apart(value[0]) for value in json.loads(sources.text())["values"]]
    walk = _Walk(keys)
    walk.through(document)
    return {"blocks": walk.blocks, "places": [walk.places[number] for number in sorted(walk.places)]}


def apart(text: str) -> list[str]:
    """The keys of "boost.yes.n_of, .percent": boost.yes.n_of and boost.yes.percent."""
    first, *others = text.split(", ")
    stem = first.rpartition(".")[0]
    return [first, *(stem + name if name.startswith(".") else name for name in others)]


class _Walk:
    """Goes through a page in reading order and notes every value with the block around it."""

    def __init__(self, keys: list[list[str]]) -> None:
        self.keys, self.blocks = keys, []
        self.places: dict[int, list] = {}
        self.section = self.caption = self.group = ""
        self.heads: list[str] = []

    def through(self, element: Element) -> None:
        """Note what stands in an element itself, then go through the blocks in it."""
        if element.tag in ("h1", "h2", "h3"):
            self.section = plain(element)
        if element.tag == "table":
            self._enter(element)
        if element.tag == "tr":
            self._row(element)
        elif element.tag not in ("td", "th"):
            self._block(element, self.section)
        self._blocks_of(element)

    def _blocks_of(self, element: Element) -> None:
        for part in element.inside:
            if isinstance(part, Element):
                (self._blocks_of if part.tag in INLINE else self.through)(part)

    def _enter(self, table: Element) -> None:
        captions = [plain(caption) for caption in table.find("caption")]
        self.caption = next(iter(captions), "Table").partition(".")[0]
        self.heads = [plain(cell) for head in table.find("thead") for cell in head.find("th")]
        self.group = ""

    def _row(self, row: Element) -> None:
        cells = [cell for cell in row.inside if isinstance(cell, Element) and cell.tag in ("td", "th")]
        own = plain(cells[0]) if cells else ""
        if "row-group" in row.classes():
            self.group, own = own, ""
        for place, cell in enumerate(cells):
            head = self.heads[place] if len(cells) == len(self.heads) else ""
            where = [self.caption, self.group, own if place else "", head if place else ""]
            self._block(cell, " › ".join(filter(None, where)))

    def _block(self, element: Element, where: str) -> None:
        """Note the values that stand in an element, not in a block inside it."""
        text, found = "", {}

        def add(part: Element) -> None:
            nonlocal text
            for inner in part.inside:
                if not isinstance(inner, Element):
                    text = joined(text, unescape(inner))
                elif "data-value" in inner.attributes:
                    before = len(text)
                    add(inner)
                    start = before + len(text[before:]) - len(text[before:].lstrip())
                    number = int((inner.attributes["id"] or "").removeprefix("v-"))
                    found[number] = [len(self.blocks), start, len(text), self.keys[int(inner.attributes["data-value"])]]
                elif inner.tag in INLINE:
                    add(inner)

        add(element)
        if found:
            self.places |= found
            self.blocks.append([where, text])


def joined(text: str, more: str) -> str:
    """Two texts one after the other, with single blanks."""
    more = re.sub(r"\s+", " ", more)
    return text + (more.lstrip() if not text or text.endswith(" ") else more)


def plain(element: Element) -> str:
    """The text of an element as it is read."""
    return " ".join(unescape(element.text()).split())
