import json
import math

import pandas as pd
import pytest

from survey import values
from survey.display import number, percent
from survey.errors import BadInput
from survey.files import replace_file
from survey.manifest import describe_file
from survey.tables import read_table, write_both, write_table


def test_percents_and_numbers_are_printed_as_readers_expect():
    assert [percent(value) for value in (0, 0.3, 0.5, 46.5, 99.4, 99.6, 100)] == [
        "0%",
        "<1%",
        "1%",
        "47%",
        "99%",
        ">99%",
        "100%",
    ]
    assert [number(value) for value in (28, 10.5, 2.89473684210526, 12500, math.nan)] == [
        "28",
        "10.5",
        "2.89",
        "12,500",
        "–",
    ]


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (0, "none"),
        (4, "few"),
        (30, "a minority"),
        (45.4, "a minority"),
        (45.5, "about half"),
        (50, "about half"),
        (61, "more than half"),
        (80, "most"),
        (99, "almost all"),
        (100, "all"),
    ],
)
def test_the_word_for_a_share_follows_the_share(share, word):
    assert values.words(share) == word


def test_every_value_names_the_cell_it_comes_from():
    frame = pd.DataFrame(
        {
            "domain": ["care"], "item": ["drug"], "question": ["Which?"], "option": ["a"], "option_label": ["Drug A"],
            "n": [50], "n_valid": [100], "n_asked": [106], "n_missing": [6], "n_not_asked": [0], "percent": [50.0],
            "ci_low": [43.2], "ci_high": [56.8], "ci_method": ["wilson"], "row": [2],
        }
    )  # fmt: skip
    found = dict(values.frequency_values(frame))
    entry = found["drug.a.percent"]
    assert entry == {
        "value": 50.0, "display": "50%", "unit": "%", "n": 100,
        "file": "stats/care/frequencies.csv", "row": 2, "column": "percent",
    }  # fmt: skip
    assert found["drug.a.ci"]["display"] == "43 to 57"
    assert found["drug.a.n_of"]["display"] == "50/100"
    assert found["drug.n_missing"]["value"] == 6


def test_the_response_rate_is_of_those_invited():
    flow = pd.DataFrame(
        {
            "step": ["invited", "records", "late", "analysed"], "label": [""] * 4, "n": [227, 110, 106, 106],
            "excluded": [0, 0, 4, 0], "reason": ["", "", "too late", ""], "row": [2, 3, 4, 5],
        }
    )  # fmt: skip
    found = dict(values.flow_values(flow))
    assert found["flow.response_rate"]["display"] == "47%"
    assert found["flow.late.excluded"]["value"] == 4
    assert found["flow.excluded"]["value"] == 4


def test_the_manifest_tells_values_from_bytes(tmp_path):
    write_both(pd.DataFrame({"item": ["x"], "n": [1]}), tmp_path / "table")
    (tmp_path / "note.json").write_text('{"b": 1, "a": 2}')
    (tmp_path / "other.json").write_text('{"a": 2,   "b": 1}')
    one, other = (describe_file(tmp_path / name, tmp_path, "rule") for name in ("note.json", "other.json"))
    assert one["sha256"] != other["sha256"]
    assert one["content_sha256"] == other["content_sha256"]
    csv, parquet = (describe_file(tmp_path / f"table.{form}", tmp_path, "rule") for form in ("csv", "parquet"))
    assert (csv["rows"], csv["columns"], csv["rule"]) == (1, ["item", "n"], "rule")
    assert csv["content_sha256"] == parquet["content_sha256"]


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({"a": ["1"]}), path)

    def fail():
        with replace_file(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "a\n1\n"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_a_csv_is_read_without_guessing(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("option,n\nNA,1\nNone,\n007,2\n")
    frame = read_table(path)
    assert frame["option"].tolist() == ["NA", "None", "007"]
    assert frame["n"].tolist()[::2] == [1, 2]
    with pytest.raises(BadInput, match="no column 'item'"):
        read_table(path, need=("item",))
    with pytest.raises(BadInput, match="cannot be read as a table"):
        read_table(tmp_path / "absent.parquet")


def test_values_are_json_that_any_reader_takes():
    assert json.dumps(values.entry(math.nan, "x"), allow_nan=False)
