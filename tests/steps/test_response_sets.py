"""Multiple-response sets of SPSS, of ticks and of categories: drafted, cleaned and replayed."""

import struct

import pandas as pd
import pytest
from real.drafting import assert_replay, run_draft

pyreadstat = pytest.importorskip("pyreadstat")
WHY = {1: "Cost", 2: "Staff", 3: "Beds | rooms", 9: "No answer"}
USED = {1: "Yes", 2: "No", 9: "No answer"}
RECORDS = pd.DataFrame(
    {
        "beds": [10.0, 11, 12, 13, 14, 15],
        "Reason_first_choice": [1.0, 2, 3, None, 9, 2],
        "Reason_second_choice": [2.0, None, 7, None, None, 2],
        "uses_a": [1.0, 2, 2, 9, None, 2],
        "uses_b": [2.0, 2, 1, 9, None, 9],
    }
)
LABELS = {"beds": "Beds", "Reason_first_choice": "First", "Reason_second_choice": "Second"}
LABELS |= {"uses_a": "Drug A", "uses_b": "Drug B"}
SETS = {
    "reasons": ("C", "Why is it not offered?", "REASON_F REASON_S"),
    "uses": ("D1 1", "Which are in use?", "USES_A USES_B"),
}


def write_sav(path):
    """A file of SPSS with multiple-response sets: record 7, subtype 7, before the end of the dictionary."""
    values = {name: WHY if name.startswith("Reason") else USED for name in list(RECORDS)[1:]}
    missing = {name: [9] for name in values}
    pyreadstat.write_sav(RECORDS, str(path), column_labels=LABELS, variable_value_labels=values, missing_ranges=missing)
    lines = [f"${name}={kind} {len(label)} {label} {names}\n" for name, (kind, label, names) in SETS.items()]
    text = "".join(lines).encode()
    content = path.read_bytes()
    end = content.index(struct.pack("<ii", 999, 0), 176)
    path.write_bytes(content[:end] + struct.pack("<iiii", 7, 7, 1, len(text)) + text + content[end:])
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    return run_draft(write_sav(folder / "wards.sav"), folder)


def ticks(results, item):
    columns = [name for name in results.responses if name.startswith(f"{item}[")]
    rows = results.responses[[*columns, f"{item}__missing"]].astype(object).values.tolist()
    return ["".join("?" if pd.isna(cell) else str(int(cell)) for cell in row[:-1]) + f" {row[-1]}" for row in rows]


def test_a_set_of_categories_is_one_question_whose_answers_stand_in_any_of_its_columns(results):
    item = results.study.item("reasons")
    assert (item.type, item.question) == ("multiple", "Why is it not offered?")
    options = [(option.code, option.label, option.kind) for option in item.options]
    named = [("1", "Cost", "substantive"), ("2", "Staff", "substantive"), ("3", "Beds | rooms", "substantive")]
    assert options == [*named, ("9", "No answer", "refused"), ("7", "7", "substantive")]
    assert ticks(results, "reasons") == ["11000 ", "01000 ", "00101 ", "????? blank", "00010 refused", "01000 "]


def test_of_a_set_of_ticks_only_the_counted_code_is_one(results):
    """Two is "No", nine was declared missing."""
    assert [option.label for option in results.study.item("uses").options] == ["Drug A", "Drug B"]
    assert ticks(results, "uses") == ["10 ", "00 ", "01 ", "?? blank", "?? blank", "00 "]
    ledger = [row for row in results.rows("clean/ledger.csv") if row["rule"] == "declared_missing"]
    assert [(row["record"], row["item"], row["raw"], row["clean"]) for row in ledger] == [
        ("4", "uses[uses_a]", "9", "<blank>"),
        ("4", "uses[uses_b]", "9", "<blank>"),
        ("6", "uses[uses_b]", "9", "<blank>"),
    ]
    columns = {row["column"]: row for row in results.rows("ingest/columns.csv")}
    assert (columns["uses_a"]["ticked"], columns["uses_a"]["no_answer"], columns["beds"]["ticked"]) == ("1", "9", "")


def test_replaying_the_ledger_gives_the_ticks(results):
    assert_replay(results)
