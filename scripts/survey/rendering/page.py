"""What makes the HTML page more than a print: sources of numbers, tables to sort, drawings for a phone.

Applied to the finished page of either renderer; the page stays one file that needs no network. Without scripts it is
still whole: only the sources of the numbers and the sorting are missing.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from survey.manuscript import DASH
from survey.rendering.documents import ASSETS
from survey.rendering.drawings import data_address, drawings, size, undescribed
from survey.rendering.markup import Element, read, verbatim

NARROW_SCREEN = "(max-width: 600px)"
# Which interval belongs to a value, by the last part of its key.
INTERVALS = dict.fromkeys(("percent", "n_of", "n", "words", "ci", "computed"), "ci") | {
    "median": "median_ci",
    "effect": "effect_ci",
    "top_percent": "top_ci",
    "entropy": "entropy_ci",
    "published": "published_ci",
    "published_n_of": "published_ci",
}
# Of what a value is a share or a count, where the names differ from n and n_of.
NUMERATORS = {
    "published": "published_n_of",
    "published_ci": "published_n_of",
    "frame_percent": "frame_n",
    "respondents_percent": "respondents_n",
    "response_percent": "respondents_n",
}


def finish(page: Path, values: Mapping[str, dict], figures: Path) -> None:
    """Complete the page at `page`. values: values.json. figures: folder of the drawings."""
    document = read(page.read_text(encoding="utf-8"))
    for label, (wide, narrow) in drawings(figures).items():
        place_drawing(document, label, wide, narrow)
    for number, table in enumerate(document.find("table"), 1):
        mark_up_table(table)
        surround(document, table, number)
    sources = mark_values(document, values)
    add_to_page(document, sources)
    page.write_text(document.write(), encoding="utf-8")


# --- where numbers come from ------------------------------------------------------------------------------------


def mark_values(document: Element, values: Mapping[str, dict]) -> dict:
    """Number every marked value, and return what the page says of them: {level, files, values}.

    Each value has its keys, how many of how many, its interval, and the cells it comes from as [file, row, columns];
    files are numbered, as there are few of them. The places where values are printed are v-1, v-2 and so on in reading
    order, so that the audit site can lead to them.
    """
    files: list[str] = []
    numbers: dict[str, int] = {}
    told: list[list] = []
    stems = items_of_rows(values)
    places_so_far = 0
    for element in document.find("span"):
        if "value" not in element.classes() or "data-keys" not in element.attributes:
            continue
        keys = (element.attributes.pop("data-keys") or "").split()
        name = " ".join(keys)
        if name not in numbers:
            numbers[name] = len(told)
            bases = dict.fromkeys(base(key, values, stems) for key in keys)
            intervals = dict.fromkeys(interval(key, values) for key in keys)
            places = cells([values[key] for key in keys], files)
            told.append([together(keys), "; ".join(filter(None, bases)), "; ".join(filter(None, intervals)), places])
        places_so_far += 1
        element.attributes |= {"id": f"v-{places_so_far}", "data-value": str(numbers[name])}
    level = values["inference.level"]["display"] if "inference.level" in values else ""
    return {"level": level, "files": files, "values": told}


def together(keys: list[str]) -> str:
    """Keys of one stem as one line: "boost.yes.n_of, .percent, .ci"."""
    stem = keys[0].rpartition(".")[0] + "."
    same = all(key.startswith(stem) for key in keys)
    return ", ".join([keys[0], *(key[len(stem) - 1 :] if same else key for key in keys[1:])])


def base(key: str, values: Mapping[str, dict], stems: Mapping[tuple, str]) -> str:
    """How many a value counts, and of how many: "n = 98, N = 106"; empty where that makes no sense.

    stems: the item that a cell of a results file is about.
    """
    stem, _, name = key.rpartition(".")
    own = values[key]
    total = own.get("n")
    if own["file"].endswith(".yaml"):
        return ""
    if f"{stem}.median" in values and total:
        return f"n = {total}"
    part = values.get(f"{stem}.{NUMERATORS.get(name, 'n_of')}") or values.get(f"{stem}.n") or {}
    if isinstance(own["value"], int) and own["unit"] != "%":
        part = own
    if found := re.fullmatch(r"([\d,.]+)/([\d,.]+)", str(part.get("display", ""))):
        return f"n = {found[1]}, N = {found[2]}"
    total = total or part.get("n")
    item = stems.get((own["file"], own["row"]), "")
    parts = [f"n = {part['value']:,}"] if isinstance(part.get("value"), int) else []
    parts += [f"N = {total}"] if total else []
    return ", ".join(parts) or (f"N = {values[f'{item}.n_valid']['display']}" if item else "")


def items_of_rows(values: Mapping[str, dict]) -> dict[tuple, str]:
    """Which item a row of a results file is about: the one whose values come from there, too."""
    return {
        (content["file"], content["row"]): stem
        for key, content in values.items()
        if content["row"] and f"{(stem := key.rpartition('.')[0])}.n_valid" in values
    }


def interval(key: str, values: Mapping[str, dict]) -> str:
    """The interval of a value as it is printed; empty where it has none."""
    stem, _, name = key.rpartition(".")
    shown = values.get(f"{stem}.{INTERVALS.get(name, '')}", {}).get("display", DASH)
    return "" if shown == DASH else str(shown)


def cells(entries: list[dict], files: list[str]) -> list[list]:
    """The cells of some values as [number of the file, row, columns]; `files` grows by the files that are new."""
    columns: dict[tuple[str, int], list[str]] = {}
    for entry in entries:
        place = columns.setdefault((entry["file"], entry["row"] or 0), [])
        place += [column for column in (entry["column"] or "").split(",") if column and column not in place]
    for file, _ in columns:
        if file not in files:
            files.append(file)
    return [[files.index(file), row, ", ".join(names)] for (file, row), names in columns.items()]


# --- tables -----------------------------------------------------------------------------------------------------


def mark_up_table(table: Element) -> None:
    """Give a table what a reader who does not see it needs: headings of columns, of rows and of groups of rows."""
    heads = [cell for head in table.find("thead") for cell in head.find("th")]
    for cell in heads:
        cell.attributes["scope"] = "col"
        if unwrap(cell, "can-be-sorted"):
            table.add_class("can-be-sorted")
    if len(heads) < 2:
        return
    for body in table.find("tbody"):
        for row in body.find("tr"):
            head_row(row)
        split_groups(table, body)


def unwrap(cell: Element, name: str) -> bool:
    """Replace the span of this class in a cell by what is in it. Was there one?"""
    for at, part in enumerate(cell.inside):
        if isinstance(part, Element) and name in part.classes():
            cell.inside[at : at + 1] = part.inside
            return True
    return False


def head_row(row: Element) -> None:
    """Make the first cell of a row its heading; that of a group as wide as the empty cells after it."""
    cells = [part for part in row.inside if isinstance(part, Element) and part.tag in ("td", "th")]
    if not cells or not cells[0].text().strip():
        return
    cells[0].tag = "th"
    if not unwrap(cells[0], "row-group"):
        cells[0].attributes["scope"] = "row"
        return
    row.add_class("row-group")
    width = next((at for at, cell in enumerate(cells[1:], 1) if cell.text().strip()), len(cells))
    cells[0].attributes |= {"scope": "rowgroup", "colspan": str(width)}
    row.inside = [part for part in row.inside if part not in cells[1:width]]


def split_groups(table: Element, body: Element) -> None:
    """Put every group of rows into a body of its own, as the scope of its heading asks for."""
    groups: list[Element] = []
    for part in body.inside:
        opens = isinstance(part, Element) and "row-group" in part.classes()
        if opens or not groups:
            groups.append(Element("tbody", dict(body.attributes), "\n"))
        groups[-1].inside.append(part)
    groups = [group for group in groups if group.find("tr")]
    if any("row-group" in row.classes() for row in body.find("tr")):
        at = table.inside.index(body)
        table.inside[at : at + 1] = [part for group in groups for part in (group, "\n")]


def surround(document: Element, table: Element, number: int) -> None:
    """Put a table into a box that scrolls where the table is wider than the screen, and that the keyboard can reach."""
    parents = path_to(document, table)
    captions = table.find("caption")
    captions = captions or [
        part for parent in reversed(parents) if parent.tag == "figure" for part in parent.find("figcaption")
    ]
    label = {"aria-label": f"Table {number}"}
    if captions:
        label = {"aria-labelledby": captions[0].attributes.setdefault("id", f"caption-{number}")}
    box = Element("div", {"class": "table-box", "role": "region", **label, "tabindex": "0"}, "\n", table, "\n")
    around = parents[-1].inside
    around[next(at for at, part in enumerate(around) if part is table)] = box


def path_to(element: Element, wanted: Element) -> list[Element]:
    """The elements around one, from the outside."""
    for part in element.inside:
        if part is wanted:
            return [element]
        if isinstance(part, Element) and (path := path_to(part, wanted)):
            return [element, *path]
    return []


# --- drawings ---------------------------------------------------------------------------------------------------


def place_drawing(document: Element, label: str, wide: str, narrow: str | None) -> None:
    """Show a figure's drawing as wide as a column of a journal on a narrow screen, and as wide as a page elsewhere."""
    figure = next((element for element in document.elements() if element.attributes.get("id") == label), None)
    for image in figure.find("img") if figure else []:
        if not (image.attributes.get("src") or "").startswith("data:image/svg+xml"):
            continue
        image.attributes |= {"src": data_address(undescribed(wide)), **size(wide)}
        for name in ("role", "aria-label"):  # what an alternative text says is not said twice
            image.attributes.pop(name, None)
        if not narrow:
            continue
        address = data_address(undescribed(narrow), blanks="%20")
        given = {"media": NARROW_SCREEN, "srcset": address, **size(narrow)}
        around = path_to(figure, image)[-1].inside
        around[next(at for at, part in enumerate(around) if part is image)] = Element(
            "picture", {}, Element("source", given), image
        )


# --- style and script -------------------------------------------------------------------------------------------


def add_to_page(document: Element, sources: dict) -> None:
    """Add the style, what the page says of its numbers, and the script that shows it and sorts tables."""
    (head,), (body,) = document.find("head"), document.find("body")
    head.inside.append(verbatim(f"<style>\n{(ASSETS / 'reading.css').read_text(encoding='utf-8')}</style>\n"))
    told = json.dumps(sources, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = (ASSETS / "reading.js").read_text(encoding="utf-8")
    body.inside += [
        verbatim('<div id="source" role="note" tabindex="-1" hidden></div>\n'),
        verbatim(f'<script type="application/json" id="sources">{told}</script>\n'),
        verbatim(f"<script>\n{script}</script>\n"),
    ]
