"""Reporting checklists, CHERRIES and CROSS, filled from the study and its results.

CHERRIES: Eysenbach G, J Med Internet Res 2004;6(3):e34, doi 10.2196/jmir.6.3.e34.
CROSS: Sharma A et al., J Gen Intern Med 2021;36:3179-3187, doi 10.1007/s11606-021-06737-1.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from survey.errors import BadInput, nearest
from survey.sheets import read_sheet
from survey.study import known_keys
from survey.values import entry

CHECKLISTS = ("cherries", "cross")
SHEET = ["checklist", "section", "item", "what", "from", "where"]
FILLED = ["section", "item", "what", "answer", "where", "status"]
STATUSES = ("reported", "missing", "not applicable")
KEY = re.compile(r"\{([^{}]+)\}")
NOT_APPLICABLE = "not applicable"


def read_checklist(path: Path) -> list[dict[str, str]]:
    """The items of a checklist. Raises BadInput for other columns and for a key of `reporting` that there is not."""
    rows = read_sheet(path, SHEET)
    known = [f"reporting.{key}" for key in known_keys("reporting")]
    for number, row in rows.items():
        for key in KEY.findall(row["from"]):
            if key.startswith("reporting.") and key not in known:
                raise BadInput(f"{path} row {number} column from: study.yaml has no {key!r}{nearest(key, known)}")
    return list(rows.values())


def headings(manuscript: Path) -> list[str]:
    """The headings of a .qmd, without their attributes; none where there is no such file."""
    from survey.rendering.cells import Prose, split_cells, split_front_matter

    if not manuscript.is_file():
        return []
    _, body, first = split_front_matter(manuscript.read_text(encoding="utf-8"))
    prose = [part.text for part in split_cells(body, first) if isinstance(part, Prose) and not part.listing]
    found = re.findall(r"^#+[ \t]+(.+?)[ \t]*(?:\{[^}\n]*\})?[ \t]*$", "\n".join(prose), re.MULTILINE)
    return [" ".join(text.split()) for text in found]


def fill(
    checklist: Sequence[Mapping[str, str]], values: Mapping[str, Mapping[str, Any]], sections: Sequence[str]
) -> list[dict[str, str]]:
    """One row per item of a checklist with its answer and status.

    checklist: rows of `read_checklist`, where `from` is a text with keys of `values` in braces, or several of them
    joined by ` | `: the first whose values are all there is the answer, else the last, followed by what is missing.
    `{section}` stands for the section of the manuscript that `where` names, one of `sections`.
    values: as in values.json; one without a value counts as missing. An answer that begins with "Not applicable" is.
    """
    known = {key: str(found["display"]) for key, found in values.items() if found["value"] not in (None, "")}
    titles = {section.casefold() for section in sections}
    rows = []
    for item in checklist:
        here = {"section": "In the text."} if item["where"].casefold() in titles else {}
        answer, status = answered(item["from"], known | here)
        rows.append({name: item.get(name, "") for name in FILLED} | {"answer": answer, "status": status})
    return rows


def answered(choices: str, known: Mapping[str, str]) -> tuple[str, str]:
    """The answer to an item and its status.

    choices: texts with keys in braces, joined by ` | `; known: what stands for each key that has a value.
    """
    texts = choices.split(" | ")
    whole = [text for text in texts if all(key in known for key in KEY.findall(text))]
    text = (whole or texts[-1:])[0]
    answer = KEY.sub(lambda found: known.get(found[1], ""), text)
    if not whole:
        lacking = absent([key for key in KEY.findall(text) if key not in known])
        return " ".join(f"{answer} {lacking}".split()), "missing"
    return answer, NOT_APPLICABLE if answer.casefold().startswith(NOT_APPLICABLE) else "reported"


def absent(keys: Sequence[str]) -> str:
    """What is said of values that are not there."""
    stated = [key.removeprefix("study.") for key in keys if key.startswith(("reporting.", "study."))]
    found = [key for key in keys if key != "section" and not key.startswith(("reporting.", "study."))]
    said = [f"Not stated in study.yaml: {', '.join(stated)}."] if stated else []
    said += [f"Not among the results: {', '.join(found)}."] if found else []
    return " ".join([*said, *(["There is no such section in manuscript.qmd."] if "section" in keys else [])])


def checklist_values(name: str, rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A filled checklist as values for the manuscript: every cell, and how many items have which status."""
    file = f"audit/{name}.csv"
    for number, row in enumerate(rows, start=1):
        for column in FILLED:
            yield f"checklist.{name}.{number}.{column}", entry(row[column], row[column], file, number + 1, column)
    yield f"checklist.{name}.items", entry(len(rows), str(len(rows)), file, column="item")
    for status in STATUSES:
        count = sum(row["status"] == status for row in rows)
        key = f"checklist.{name}.{status.replace(' ', '_')}"
        yield key, entry(count, str(count), file, column="status", n=len(rows))
