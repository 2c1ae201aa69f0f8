"""Ingest run as a program, on files of every format: what it writes, and that it writes nothing for a bad one."""

import json

import pyarrow.parquet as pq
import pytest
from exported import DATA_DICTIONARY, rows_as_csv, write_study, write_workbook
from project import call, step
from small import change

BY_CODE = {"drug": "drug", "tests": "tests", "days": "days"}
ROWS = [
    ["record_id", "redcap_event_name", "drug", "tests___1", "tests___2", "tests___3", "days", "care_complete"],
    ["1", "first_arm_1", "1", "1", "0", "0", "10", "2"],
    ["1", "second_arm_1", "3", "1", "1", "0", "2,5", "1"],
    ["2", "first_arm_1", "2", "0", "0", "1", "NA", "2"],
]
NAMES = ("responses.parquet", "columns.csv", "ingest.json")


def ingest(folder, file, *more):
    responses, columns, summary = (folder / "out" / name for name in NAMES)
    return call(
        "ingest", "--study", folder, "--export", folder / file, "--out", responses, "--columns", columns,
        "--summary", summary, *more,
    )  # fmt: skip


def test_a_workbook_with_its_dictionary(tmp_path):
    folder = write_study(tmp_path, "export.xlsx", BY_CODE, ", sheet: Data, dictionary: dictionary.csv")
    write_workbook(folder / "export.xlsx", ("Notes", [["of the export"]]), ("Data", ROWS))
    (folder / "dictionary.csv").write_text(rows_as_csv(DATA_DICTIONARY), encoding="utf-8")
    done = ingest(folder, "export.xlsx", "--dictionary", folder / "dictionary.csv")
    assert done.returncode == 0, done.stderr
    table = pq.read_table(folder / "out/responses.parquet").to_pylist()
    assert [row["record"] for row in table] == ["1 / first_arm_1", "1 / second_arm_1", "2 / first_arm_1"]
    assert [row["row"] for row in table] == [2, 3, 4]
    assert [[row[name] for name in ROWS[0]] for row in table] == ROWS[1:]
    summary = json.loads((folder / "out/ingest.json").read_text())
    told = {"platform": "redcap", "format": "xlsx", "encoding": "", "delimiter": "", "sheet": "Data", "header_rows": 1}
    told |= {"record_column": "record_id + redcap_event_name", "records": 3, "blank_rows": 0}
    assert {key: summary[key] for key in told} == told
    assert summary["dictionary"] == "dictionary.csv"
    assert len(summary["dictionary_sha256"]) == 64


def test_three_header_rows_are_in_the_table_of_columns(tmp_path):
    folder = write_study(tmp_path, "export.csv", {"drug": "Q1", "tests": "Q2", "days": "QID3_TEXT"})
    rows = [
        ["StartDate", "ResponseId", "Q1", "Q2_1", "Q2_2", "Q2_3", "Q3"],
        ["Start Date", "Response ID", "Drug?", "T - Blood", "T - MRI, CT or PET", "T - None of these", "Days?"],
        [
            f'{{"ImportId":"{name}"}}'
            for name in ["startDate", "_recordId", "QID1", "QID2_1", "QID2_2", "QID2_3", "QID3_TEXT"]
        ],
        ["2023-01-01", "R_1", "1", "1", "", "", "3"],
    ]
    (folder / "export.csv").write_text(rows_as_csv(rows), encoding="utf-8")
    assert ingest(folder, "export.csv").returncode == 0
    lines = (folder / "out/columns.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "position,column,header_1,header_2,header_3,item,option,use,reason"
    assert lines[5] == '5,Q2_2,Q2_2,"T - MRI, CT or PET","{""ImportId"":""QID2_2""}",tests,"MRI, CT or PET",answer,'


GOOD = rows_as_csv(ROWS)
BAD = {
    "empty": (b"", "", "export.csv: the file is empty; export the responses again"),
    "header only": (GOOD.splitlines()[0].encode(), "", "a header and no records"),
    "ragged": (GOOD.encode() + b"3,first_arm_1\n", "", "export.csv row 5: 2 cells, the header has 8; repair"),
    "quote": (
        GOOD.encode() + b'3,"first\n',
        "",
        "export.csv row 5 (from line 5): unexpected end of data; is a quote left",
    ),
    "workbook": (b"PK\x03\x04\x14\x00\x00\x00", "", "not a text file"),
    "platform": (
        GOOD.encode(),
        ", platform: qualtrics",
        "it looks like REDCap: set its `platform` in study.yaml to redcap or auto",
    ),
    "sheet": (
        GOOD.encode(),
        ", sheet: Data",
        "is delimited text and has no sheets; take its `sheet` out of study.yaml",
    ),
    "encoding": (
        GOOD.encode("utf-16"),
        ", encoding: utf-8",
        "export.csv line 1: byte b'\\xff' is not utf-8; name the right",
    ),
    "column": (GOOD.replace("days", "dayz").encode(), "", "has no column 'days'; did you mean 'dayz'?"),
    "no answers": (
        rows_as_csv([ROWS[0], ["1", "a", "", "", "", "", " ", "2"]]).encode(),
        "",
        "none of its 1 records answers any question of the codebook",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_export_is_one_line_and_leaves_what_was_there(tmp_path, case):
    content, more, complaint = BAD[case]
    folder = write_study(tmp_path, "export.csv", BY_CODE)
    (folder / "export.csv").write_text(GOOD, encoding="utf-8")
    assert ingest(folder, "export.csv").returncode == 0
    before = {name: (folder / "out" / name).read_bytes() for name in NAMES}
    (folder / "export.csv").write_bytes(content)
    change(folder / "study.yaml", "export: {file: export.csv", f"export: {{file: export.csv{more}")
    done = ingest(folder, "export.csv")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert complaint in done.stderr
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before


def test_a_file_of_spss_is_read_by_the_program_alone_and_a_damaged_one_is_one_line(tmp_path):
    import pandas as pd
    import pyreadstat

    folder = write_study(tmp_path, "export.sav", {"drug": "drug", "tests": "Q2", "days": "days"})
    frame = pd.DataFrame({"drug": [1.0, 3.0], "Q2_1": [1.0, 0.0], "Q2_2": [0.0, 1.0], "Q2_3": [0.0, 0.0], "days": 2.5})
    pyreadstat.write_sav(frame, str(folder / "export.sav"))
    arguments = ["--study", folder, "--export", folder / "export.sav", "--out", folder / "out/responses.parquet"]
    arguments += ["--columns", folder / "out/columns.csv", "--summary", folder / "out/ingest.json"]
    done = step("ingest", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert pq.read_table(folder / "out/responses.parquet").column("days").to_pylist() == ["2.5", "2.5"]
    (folder / "export.sav").write_bytes((folder / "export.sav").read_bytes()[:300])
    done = step("ingest", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {folder / 'export.sav'}: cannot be read as a file of SPSS")
    assert done.stderr.count("\n") == 1
