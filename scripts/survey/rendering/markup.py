"""An HTML page as a tree that is written back exactly as it was read, but for the elements that were changed."""

from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


class Element:
    """One element: its tag, attributes, and what is in it: other elements, and text as it is written in the page."""

    def __init__(self, tag: str, attributes: dict[str, str | None] | None = None, *inside: "Element | str") -> None:
        self.tag, self.attributes, self.inside = tag, attributes or {}, list(inside)
        self.written, self.before = "", {}
        self.closed = tag not in VOID

    def classes(self) -> list[str]:
        """Its classes."""
        return (self.attributes.get("class") or "").split()

    def add_class(self, name: str) -> None:
        """Give it one class more."""
        self.attributes["class"] = " ".join([*self.classes(), name])

    def elements(self) -> Iterator["Element"]:
        """Every element inside, in reading order."""
        for part in self.inside:
            if isinstance(part, Element):
                yield part
                yield from part.elements()

    def find(self, *tags: str) -> list["Element"]:
        """Every element inside with one of these tags."""
        return [element for element in self.elements() if element.tag in tags]

    def text(self) -> str:
        """The text inside, entities as they are written."""
        return "".join(part.text() if isinstance(part, Element) else part for part in self.inside)

    def write(self) -> str:
        """The element as HTML."""
        content = "".join(part.write() if isinstance(part, Element) else part for part in self.inside)
        return self.start() + content + (f"</{self.tag}>" if self.closed and self.tag else "")

    def start(self) -> str:
        """Its start tag; as it was read if its attributes are what they were."""
        if not self.tag or (self.written and self.before == self.attributes):
            return self.written
        given = "".join(
            f" {name}" if value is None else f' {name}="{escape(value, quote=False).replace(chr(34), "&quot;")}"'
            for name, value in self.attributes.items()
        )
        return f"<{self.tag}{given}>"


def verbatim(markup: str) -> Element:
    """Markup that is written as it is and is no text of the page."""
    element = Element("")
    element.written = markup
    return element


class Reader(HTMLParser):
    """Builds the tree. A start tag that is never closed ends with the element around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.root = Element("")
        self.open = [self.root]

    def add(self, part: Element | str) -> None:
        """Put a part into the element that is open."""
        self.open[-1].inside.append(part)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element, or add one that has no content."""
        element = Element(tag, dict(attrs))
        element.written, element.before = self.get_starttag_text() or "", dict(attrs)
        self.add(element)
        if element.closed:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add an element that closes itself, as in SVG."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop().closed = False

    def handle_endtag(self, tag: str) -> None:
        """Close the nearest open element of this tag."""
        depths = [depth for depth, element in enumerate(self.open) if element.tag == tag]
        if depths:
            del self.open[depths[-1] :]

    def handle_data(self, data: str) -> None:
        """Text."""
        self.add(data)

    def handle_entityref(self, name: str) -> None:
        """A named character, as written."""
        self.add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """A numbered character, as written."""
        self.add(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        """A comment, kept."""
        self.add(verbatim(f"<!--{data}-->"))

    def handle_decl(self, decl: str) -> None:
        """The document type, kept."""
        self.add(verbatim(f"<!{decl}>"))


def read(html: str) -> Element:
    """The page as a tree; the root has no tag."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.root
