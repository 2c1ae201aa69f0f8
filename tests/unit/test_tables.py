"""What a table says after it was written and read again, and what a spreadsheet would make of it."""

import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.sheets import guarded, unguarded
from survey.tables import read_table, write_csv, write_rows, write_table

STARTS = "=+-@\t\r\n'\uff1d"
HARMLESS = ["-1.5", "+7", "-2e-05", "a=b", " =1", "'tis", "", "5-10", "\u2212 3"]
FORMULAS = [
    "=1+1",
    "+49 30 1234",
    "-oth-",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "-1.5%",
    "-5-3",
    '=HYPERLINK("x")',
    "'=1",
    "''-a",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_and_words_are_written_as_they_are(text):
    assert guarded(text) == unguarded(text) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe_and_is_read_back(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@given(st.text(st.sampled_from(STARTS + "1a.")) | st.text())
def test_guarding_is_undone_exactly_and_leaves_nothing_to_run(text):
    cell = guarded(text)
    assert unguarded(cell) == text
    assert cell == "" or cell[0] not in "=+-@\t\r\n" or float(cell) == float(text)


@given(cells=st.lists(st.text(st.sampled_from(STARTS + '1a,".')), min_size=1))
def test_every_way_of_writing_a_csv_guards_and_is_read_back(cells, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    frame = pd.DataFrame({"=record": cells, "kind": pd.Categorical(cells)})
    write_table(frame, folder / "frame.csv")
    write_csv([{"raw": cell, "kind": cell} for cell in cells], ["raw", "kind"], folder / "lines.csv")
    write_rows([{"raw": cell, "kind": cell} for cell in cells], ["raw", "kind"], folder / "rows")
    for name, first in (("frame.csv", "=record"), ("lines.csv", "raw"), ("rows.csv", "raw"), ("rows.parquet", "raw")):
        table = read_table(folder / name)
        assert table[first].tolist() == table["kind"].tolist() == cells, name
    for name in ("frame.csv", "lines.csv", "rows.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            written = [cell for line in csv.reader(file) for cell in line]
        assert [cell for cell in written if cell[:1] in tuple("=+-@\t\r\n") and not cell[1:].isdigit()] == []


def test_parquet_holds_what_was_written(tmp_path):
    write_table(pd.DataFrame({"raw": FORMULAS}), tmp_path / "t.parquet")
    assert pd.read_parquet(tmp_path / "t.parquet")["raw"].tolist() == FORMULAS
