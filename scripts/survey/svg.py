"""A drawing of matplotlib made compact without a visible change."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count, product
from string import ascii_letters

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def compact(svg: str) -> str:
    """The same drawing in about half the characters.

    matplotlib writes a name of some twenty letters for every letter it draws. Here names are one or two letters, in
    the order of their use; names that nothing refers to, blanks, metadata and its title are left out.
    """
    from xml.etree import ElementTree

    root = ElementTree.fromstring(svg.encode())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{SVG}metadata", f"{SVG}title", f"{SVG}desc"):
                parent.remove(child)
    used = Counter(name for element in root.iter() for name in references(element.attrib))
    short = dict(zip((name for name, _ in used.most_common()), short_names(), strict=False))
    for element in root.iter():
        if not (element.text or "").strip():
            element.text = None
        if not (element.tail or "").strip():
            element.tail = None
        rename(element.attrib, short)
        shift = re.fullmatch(r"translate\((\S+) 0\)", element.get("transform", ""))
        if element.tag == f"{SVG}use" and shift:
            del element.attrib["transform"]
            element.set("x", f"{float(shift[1]):.2f}".rstrip("0").rstrip("."))
    ElementTree.register_namespace("", SVG[1:-1])
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>").replace("\n", " ")


def references(attributes: dict[str, str]) -> list[str]:
    """The names that an element refers to."""
    links = [value[1:] for key, value in attributes.items() if key in (LINK, "href") and value.startswith("#")]
    return links + [name for value in attributes.values() for name in re.findall(r"url\(#([^)]+)\)", value)]


def short_names() -> Iterator[str]:
    """a, b, ..., Z, aa, ab and so on."""
    return ("".join(letters) for length in count(1) for letters in product(ascii_letters, repeat=length))


def rename(attributes: dict[str, str], short: dict[str, str]) -> None:
    """Give an element, and what it refers to, their short names; leave out its name if nothing refers to it."""
    name = attributes.pop("id", None)
    if name in short:
        attributes["id"] = short[name]
    if (attributes.get(LINK) or "").startswith("#"):
        attributes["href"] = attributes.pop(LINK)
    for key, value in attributes.items():
        if key == "href" and value[1:] in short:
            attributes[key] = "#" + short[value[1:]]
        elif key == "d":
            attributes[key] = re.sub(r"\s*([A-Za-z])\s*", r"\1", value).strip()
        elif "url(#" in value:
            attributes[key] = re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{short[found[1]]})", value)
