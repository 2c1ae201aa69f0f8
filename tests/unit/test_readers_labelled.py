"""SPSS and Stata: codes as text, what was declared missing kept, labels known; and Parquet."""

import datetime
import math
import os

import pandas as pd
import pytest
from exported import ANSWERS, OPTIONS, cleaned, one_line_at_most, write_study
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.errors import BadInput
from survey.export import map_columns, read_export
from survey.readers import labelled
from survey.study import read_study

pyreadstat = pytest.importorskip("pyreadstat")
FRAME = pd.DataFrame(
    {
        "drug": [1.0, 3.0, 2.0],
        "drug_other": ["", "Drug Z", ""],
        "Q2_1": [1.0, 1.0, 0.0],
        "Q2_2": [0.0, 1.0, 0.0],
        "Q2_3": [0.0, 0.0, 1.0],
        "days": [10.0, 2.5, math.nan],
    }
)
LABELS = [
    "Which drug comes first?",
    "Other",
    "Tests - Blood",
    "Tests - MRI, CT or PET",
    "Tests - None of these",
    "Days",
]
SOURCES = {"drug": "drug", "tests": "Q2", "days": "days"}
DRUGS = {1: "Drug A", 2: "Drug B", 3: "Other"}
WRITERS = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}


def write(path, frame=FRAME, **more):
    WRITERS[path.suffix[1:]](frame, str(path), **more)
    return path


@pytest.mark.parametrize(("kind", "platform"), [("sav", "spss"), ("dta", "stata")])
def test_the_answers_are_those_of_every_other_platform(tmp_path, kind, platform):
    folder = write_study(tmp_path, f"export.{kind}", SOURCES, options=OPTIONS)
    labels = {"column_labels": LABELS, "variable_value_labels": {"drug": DRUGS}}
    export = read_export(write(tmp_path / f"export.{kind}", **labels))
    assert (export.platform, export.format, export.header_rows) == (platform, kind, 0)
    assert export.rows == [1, 2, 3]
    assert export.cells[1] == ["3", "Drug Z", "1", "1", "0", "2.5"]
    assert (export.columns[2].block, export.columns[2].part, export.columns[2].also) == ("Q2", "Blood", "1")
    table, ledger = cleaned(folder, export, map_columns(export.columns, read_study(folder)))
    assert {name: table[name] for name in ANSWERS} == ANSWERS
    assert ledger == []
    drug = export.dictionary["drug"]
    assert (drug.question, drug.type, drug.options) == (
        LABELS[0],
        "single",
        {"1": "Drug A", "2": "Drug B", "3": "Other"},
    )


def test_values_that_spss_declares_missing_stay_and_are_known(tmp_path):
    frame = pd.DataFrame({"q": [1.0, 9.0, 97.0, math.nan], "t": ["a", "Z", "", "b"]})
    path = write(
        tmp_path / "export.sav",
        frame,
        missing_ranges={"q": [{"lo": 90, "hi": 99}, 9], "t": ["Z"]},
        variable_value_labels={"q": {1.0: "yes", 9.0: "refused"}},
    )
    export = read_export(path)
    assert export.cells == [["1", "a"], ["9", "Z"], ["97", ""], ["", "b"]]
    assert (set(export.dictionary["q"].missing), export.dictionary["t"].missing) == ({"90..99", "9"}, ("Z",))
    assert export.dictionary["q"].options == {"1": "yes", "9": "refused"}


def test_tagged_missing_of_stata_is_told_from_system_missing(tmp_path):
    frame = pd.DataFrame({"q": [1.0, "a", math.nan, "z"], "n": [1, 2, 3, 4]})
    path = write(
        tmp_path / "export.dta",
        frame,
        missing_user_values={"q": ["a", "z"]},
        variable_value_labels={"q": {1: "yes", "a": "refused"}},
    )
    export = read_export(path)
    assert export.cells == [["1", "1"], [".a", "2"], ["", "3"], [".z", "4"]]
    assert (export.dictionary["q"].options, export.dictionary["q"].missing) == ({"1": "yes", ".a": "refused"}, (".a",))


def test_dates_moments_and_single_precision(tmp_path):
    frame = pd.DataFrame(
        {
            "day": [datetime.date(2023, 2, 1), datetime.date(1899, 12, 31)],
            "at": [datetime.datetime(2023, 2, 1, 9, 5, 7), datetime.datetime(1970, 1, 1)],
            "x": pd.Series([0.1, 16777217.0], dtype="float32"),
        }
    )
    for name in ("export.sav", "export.dta"):
        cells = read_export(write(tmp_path / name, frame)).cells
        assert [line[:2] for line in cells] == [
            ["2023-02-01", "2023-02-01 09:05:07"],
            ["1899-12-31", "1970-01-01 00:00:00"],
        ]
    frame[["x"]].to_stata(tmp_path / "export.dta", write_index=False)  # pyreadstat writes double precision only
    assert read_export(tmp_path / "export.dta").cells == [["0.1"], ["16777216"]]


def test_a_case_without_any_answer_is_a_case(tmp_path):
    frame = pd.DataFrame({"q": [1.0, math.nan, 2.0, math.nan]})
    assert read_export(write(tmp_path / "export.sav", frame)).rows == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_a_damaged_file_is_one_line_that_says_what_to_do(tmp_path, kind):
    content = write(tmp_path / f"whole.{kind}").read_bytes()
    path = tmp_path / f"export.{kind}"
    for spoilt, complaint in [
        (b"", "the file is empty"),
        (content[:100], "cannot be read as a file of|its name ends in"),
        (content[: len(content) // 2], "cannot be read as a file of"),
        (b"a,b\n1,2\n", f"its name ends in .{kind}, but it is delimited text"),
    ]:
        path.write_bytes(spoilt)
        with pytest.raises(BadInput, match=complaint) as caught:
            read_export(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"and not of the platform limesurvey, as the study says; set it to"):
        read_export(path, "limesurvey")
    with pytest.raises(BadInput, match=r"its name ends in .csv, but it is a file of"):
        read_export(path.rename(tmp_path / "export.csv"))


def end(*_):
    os._exit(3)


def test_a_file_that_ends_the_program_that_reads_it_is_one_line_and_the_next_is_read(tmp_path, monkeypatch):
    path = write(tmp_path / "export.sav")
    with monkeypatch.context() as patch:
        patch.setattr(labelled, "_call", end)
        with pytest.raises(BadInput, match=r"cannot be read as a file of SPSS \(it ends the program that reads it\)"):
            read_export(path)
    assert len(read_export(path).rows) == 3


def test_a_file_without_cases_or_of_another_encoding_is_one_line(tmp_path):
    with pytest.raises(BadInput, match=r"a header and no records|holds no variables"):
        read_export(write(tmp_path / "export.sav", FRAME[:0]))


numbers = st.one_of(st.integers(-(10**12), 10**12).map(float), st.floats(-1e30, 1e30), st.just(math.nan))
texts = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cn", "Cc", "Zs")), max_size=8
)


def typed(value):
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)


@settings(max_examples=40)
@given(st.sampled_from(["sav", "dta"]), st.lists(st.tuples(numbers, texts), min_size=1, max_size=5))
def test_what_a_writer_writes_is_read_back_cell_for_cell(tmp_path_factory, kind, rows):
    path = tmp_path_factory.mktemp(kind) / f"export.{kind}"
    frame = pd.DataFrame({"n": [float(n) for n, _ in rows], "t": [text for _, text in rows]})
    assert read_export(write(path, frame)).cells == [[typed(n), text] for n, text in rows]


@settings(max_examples=80)
@given(st.sampled_from(["sav", "dta"]), st.data())
def test_changed_bytes_are_a_table_or_one_clear_line(tmp_path_factory, kind, data):
    path = write(tmp_path_factory.mktemp(kind) / f"export.{kind}", variable_value_labels={"drug": DRUGS})
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content)
    with one_line_at_most(path) as path:
        export = read_export(path)
        assert len(export.cells) == len(export.rows)


def test_parquet_is_text_cell_for_cell(tmp_path):
    import decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "n": pa.array([15, None, -1], pa.int8()),
            "x": [15.0, 0.1, math.nan],
            "t": ["NA", "", None],
            "b": [True, False, None],
            "d": [datetime.date(2023, 2, 1), None, datetime.date(1, 1, 1)],
            "at": [datetime.datetime(2023, 2, 1, 9, 5), None, datetime.datetime(2023, 2, 1, 9, 5, 0, 250000)],
            "c": pa.array(["a", "b", None]).dictionary_encode(),
            "m": [decimal.Decimal("1.50"), None, decimal.Decimal("2.00")],
        }
    )
    pq.write_table(table, tmp_path / "export.parquet")
    export = read_export(tmp_path / "export.parquet")
    assert (export.platform, export.format, export.rows) == ("plain", "parquet", [1, 2, 3])
    assert export.cells == [
        ["15", "15", "NA", "TRUE", "2023-02-01", "2023-02-01 09:05:00", "a", "1.50"],
        ["", "0.1", "", "FALSE", "", "", "b", ""],
        ["-1", "", "", "", "0001-01-01", "2023-02-01 09:05:00.25", "", "2.00"],
    ]
    pq.write_table(pa.table({"a": [[1, 2]], "b": [1]}), tmp_path / "export.parquet")
    with pytest.raises(BadInput, match="column 'a': holds list"):
        read_export(tmp_path / "export.parquet")


@settings(max_examples=60)
@given(st.data())
def test_changed_bytes_of_parquet_are_a_table_or_one_clear_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("parquet") / "export.parquet"
    FRAME.to_parquet(path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with one_line_at_most(path) as path:
        assert read_export(path).cells
