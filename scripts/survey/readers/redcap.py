"""REDCap: raw and labelled exports, with events, repeating instruments and checkboxes, and the data dictionary."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from survey.errors import BadInput
from survey.readers.structure import Column, Dictionary, Variable
from survey.text import tidy

OWN = frozenset(["redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"])
OWN |= {"redcap_data_access_group", "redcap_survey_identifier"}
OWN_LABELS = frozenset(["event name", "repeat instrument", "repeat instance", "data access group"])
OWN_LABELS |= {"survey identifier", "survey timestamp", "complete?"}
REPEATS = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
REPEAT_LABELS = ("event name", "repeat instrument", "repeat instance")
CHECKBOX = re.compile(r"([a-z][a-z0-9_]*?)___(_?[A-Za-z0-9_]+)")
CHOICE = re.compile(r"(.+) \(choice=(.*)\)", re.DOTALL)
STATUS = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
NUMBERS = ("number", "integer")
DATES = ("date", "datetime")
HINTS = {
    "checkbox": "multiple",
    **dict.fromkeys(("radio", "dropdown", "yesno", "truefalse"), "single"),
    **dict.fromkeys(("calc", "slider"), "numeric"),
    **dict.fromkeys(("notes", "text"), "text"),
    **dict.fromkeys(("file", "signature"), "file"),
}
YES_NO = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}


def header_rows(sample: Sequence[Sequence[str]]) -> int:
    """1 where the header is REDCap's, raw or labelled, else 0.

    Raw: own columns, checkboxes `field___code`, or the status of a form with nothing in it but 0, 1 and 2.
    """
    names = [tidy(cell) for cell in sample[0]]
    lower = [name.casefold() for name in names]
    if OWN.intersection(names) or any(CHECKBOX.fullmatch(name) for name in names):
        return 1
    if any(CHOICE.fullmatch(name) for name in names) or len(OWN_LABELS.intersection(lower)) >= 2:
        return 1
    if "complete?" in lower and lower[0] in ("record id", "study id", "participant id"):
        return 1
    forms = [place for place, name in enumerate(names) if name.endswith("_complete")]
    lines = [line for line in sample[1:] if len(line) == len(names)]
    return int(
        bool(forms)
        and all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names if name)
        and all(line[place] in ("", *STATUS) for line in lines for place in forms)
    )


def columns(headers: Sequence[Sequence[str]]) -> list[Column]:
    """The columns: checkboxes as parts of their field, `race___1` or `Race (choice=White)`."""
    found = []
    for header in headers[0]:
        name = tidy(header)
        box, choice = _box(name), CHOICE.fullmatch(name)
        if box:
            found.append(Column(name, *box, (header,)))
        elif choice:
            found.append(Column(name, choice[1], choice[2], (header,)))
        else:
            found.append(Column(name, name, "", (header,)))
    return found


def _box(name: str) -> tuple[str, str] | None:
    """Field and code of a checkbox's name: `tests____1` is of the code -1, None where the name is of no checkbox."""
    match = CHECKBOX.fullmatch(name)
    return (match[1], re.sub("^_", "-", match[2])) if match else None


def record_columns(columns: Sequence[Column]) -> list[Column]:
    """The first named column, which is REDCap's record, and those that tell its events and repeats apart."""
    first = [column for column in columns if any(map(tidy, column.headers))][:1]
    more = [c for c in columns if c.name in REPEATS or c.name.casefold() in REPEAT_LABELS]
    return [*first, *(column for column in more if column not in first)]


def read_data_dictionary(rows: Sequence[Sequence[str]], path: Path) -> Dictionary:
    """The fields of a data dictionary, by name, and `field___code` of checkboxes.

    rows: its lines, header first. Raises BadInput for a table that is none.
    """
    header = [tidy(cell).casefold() for cell in rows[0]]
    names = {
        "name": ("variable / field name", "field_name"),
        "type": ("field type", "field_type"),
        "label": ("field label", "field_label"),
        "choices": (
            "choices, calculations, or slider labels",
            "select_choices_or_calculations",
            "choices or calculations",
        ),
        "validation": ("text validation type or show slider number", "text_validation_type_or_show_slider_number"),
        "minimum": ("text validation min", "text_validation_min"),
        "maximum": ("text validation max", "text_validation_max"),
        "identifier": ("identifier?", "identifier"),
        "condition": ("branching logic (show field only if...)", "branching_logic"),
        "form": ("form name", "form_name"),
    }
    places = {key: next((header.index(name) for name in known if name in header), -1) for key, known in names.items()}
    for key in ("name", "type", "label", "choices"):
        if places[key] < 0:
            raise BadInput(f"{path} row 1: no column {names[key][0]!r}; give the data dictionary that REDCap exports")
    variables: dict[str, Variable] = {}
    forms: dict[str, None] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = {key: row[place].strip() if 0 <= place < len(row) else "" for key, place in places.items()}
        if not any(cells.values()) or cells["type"] == "descriptive":
            continue
        if not cells["name"]:
            raise BadInput(f"{path} row {number} column {names['name'][0]!r}: empty; give the field its name")
        if cells["name"] in variables:
            raise BadInput(f"{path} row {number}: field {cells['name']!r} is listed twice; take one out")
        variables |= _field(cells)
        forms[cells["form"]] = None
    for form in filter(None, forms):
        variables.setdefault(f"{form}_complete", Variable("Complete?", "", "single", STATUS))
    return Dictionary("redcap", variables)


def _field(cells: Mapping[str, str]) -> dict[str, Variable]:
    kind, validation = cells["type"], cells["validation"]
    options = YES_NO.get(kind) or (_choices(cells["choices"]) if kind in ("radio", "dropdown", "checkbox") else {})
    hint = HINTS.get(kind, "")
    if kind == "text" and validation.startswith(NUMBERS):
        hint = "numeric"
    if kind == "text" and validation.startswith(DATES):
        hint = "date"
    field = Variable(
        question=tidy(cells["label"]),
        type=hint,
        options=options,
        minimum=cells["minimum"],
        maximum=cells["maximum"],
        condition=cells["condition"],
        identifier=cells["identifier"].casefold() == "y",
    )
    boxes = options.items() if kind == "checkbox" else ()
    # REDCap writes a code in a column's name in small letters, a minus as an underscore.
    parts = {
        f"{cells['name']}___{code.casefold().replace('-', '_')}": replace(field, part=label) for code, label in boxes
    }
    return {cells["name"]: field} | parts


def _choices(text: str) -> dict[str, str]:
    """`1, White | 2, Black or African American` as code to label; a label may hold commas."""
    pairs = [entry.partition(",") for entry in text.split("|") if entry.strip()]
    return {code.strip(): tidy(label) or code.strip() for code, _, label in pairs}


def name_by_dictionary(columns: Sequence[Column], variables: Mapping[str, Variable]) -> list[Column]:
    """Columns with the names and labels that the dictionary gives them.

    Raw: a checkbox is also called by its label. Labelled: column and block are also called by their field, if the label
    is that of one field only.
    """
    by_label: dict[tuple[str, str], list[str]] = {}
    for name, variable in variables.items():
        by_label.setdefault((variable.question, variable.part), []).append(name)
    named = []
    for column in columns:
        known = variables.get(column.name)
        if known and column.part:
            column = replace(column, also=known.part)
        elif not known:
            fields = by_label.get((column.block, column.part), [])
            if len(fields) == 1:
                stem, code = _box(fields[0]) or (fields[0], "")
                column = replace(column, aliases=(fields[0],), block_aliases=(stem,), also=code)
        named.append(column)
    return named
