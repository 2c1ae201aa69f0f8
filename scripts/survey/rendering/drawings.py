"""Drawings inside the HTML page: each SVG made compact without a visible change, at both widths of a journal."""

import re
from collections import Counter
from itertools import count, product
from pathlib import Path
from string import ascii_letters

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
NARROW = "-86mm"  # the ending of the name of a drawing that is one column of a journal wide


def compact(svg: str) -> str:
    """The same drawing in about half the characters.

    matplotlib writes a name of some twenty letters for every letter it draws. Here names are one or two letters, in
    the order of their use, names that nothing refers to are left out, and so are blanks, metadata and the description,
    which the page gives as alternative text.
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


def short_names():
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


def size(svg: str) -> dict[str, str]:
    """Width and height in CSS pixels as attributes of a picture, from points or pixels; empty if it has none."""
    scale = {"pt": 4 / 3, "px": 1, "": 1}
    found = {name: re.search(rf'<svg\b[^>]*?\s{name}="([\d.]+)(pt|px|)"', svg) for name in ("width", "height")}
    return {name: str(round(float(side[1]) * scale[side[2]])) for name, side in found.items() if side}


def data_address(svg: str, blanks: str = " ") -> str:
    """The drawing as the address of a picture. Text, not base64, which would make it a third longer.

    blanks: what stands for a blank; %20 in a srcset, where a blank ends the address.
    """
    plain = svg.replace("%", "%25").replace("#", "%23").replace('"', "%22" if "'" in svg else "'")
    return "data:image/svg+xml," + plain.replace(" ", blanks)


def drawings(folder: Path) -> dict[str, tuple[str, str | None]]:
    """By the label of a figure, its drawing as wide as a page and, if there is one, as wide as a column."""
    found = {}
    for path in sorted(folder.glob("*.svg")):
        if not path.stem.endswith(NARROW):
            narrow = path.with_name(path.stem + NARROW + ".svg")
            found[f"fig-{path.stem.replace('_', '-')}"] = (
                path.read_text(encoding="utf-8"),
                narrow.read_text(encoding="utf-8") if narrow.is_file() else None,
            )
    return found
