"""Drawings inside the HTML page, at both widths of a journal."""

import re
from pathlib import Path

NARROW = "-86mm"  # the ending of the name of a drawing that is one column of a journal wide


def undescribed(svg: str) -> str:
    """The drawing without its title and description, which the page gives as alternative text."""
    return re.sub(r"<(title|desc)>.*?</\1>\s*", "", svg[svg.index("<svg") :], flags=re.S).replace("\n", " ")


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
