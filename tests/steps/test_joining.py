"""Records joined with the row of a table that they belong to: what is read, from where, and what is refused."""

import csv
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest
from exported import write_workbook
from hypothesis import given, settings
from hypothesis import strategies as st
from project import call
from replay import assert_replays
from small import change, write_rows

from survey.checks import read_linked
from survey.errors import BadInput
from survey.export import read_export
from survey.joining import join
from survey.study import read_study
from survey.text import key

SETTINGS = """\
id: units
title: Units of hospitals
authors: [{name: A. Tester, affiliation: Somewhere}]
simulated: true
export: {file: units.csv, joined: [{id: hospital, file: hospitals.csv, key: hospital_id, to: id}]}
selection: [{id: closed, reason: the hospital is closed, item: open, matches: ["no"]}]
domains: [{id: hospital, title: Hospital}, {id: unit, title: Unit}]
groups: [kind]
inference: {target: superpopulation}
disclosure: {minimum_cell: 0}
seed: 1
"""
CODEBOOK = """\
item,domain,type,question,label,source,unit,min,max,asked_if,direction,role,note
hospital,hospital,text,Which hospital?,Hospital,hospital.id,,,,,,identifier,
kind,hospital,single,What kind of hospital?,Kind,hospital.kind,,,,,,group,
open,hospital,single,Is it open?,Open,hospital.open,,,,,,outcome,
services,hospital,multiple,Which services?,Services,hospital.services,,,,,,outcome,
beds,unit,numeric,How many beds?,Beds,beds,beds,0,,,,outcome,
training,unit,single,Does it train?,Training,training,,,,kind == teaching,,outcome,
"""
OPTIONS = """\
item,code,label,position,aliases,kind
kind,teaching,Teaching,1,university,substantive
kind,district,District,2,,substantive
open,yes,Yes,1,,substantive
open,no,No,2,,substantive
services,1,Burns,1,,substantive
services,2,Stroke,2,,substantive
training,yes,Yes,1,,substantive
training,no,No,2,,substantive
"""
UNITS = [
    ["hospital_id", "beds", "training"],
    ["h2", "12", "Yes"],
    ["H1", "8", "No"],
    ["H 2", "four", "No"],
    ["H9", "6", "Yes"],
    ["", "6", ""],
    ["H3", "7", ""],
]
HOSPITALS = [
    ["id", "kind", "open", "services_1", "services_2", "row"],
    ["H1", "university", "Yes", "1", "0", "a"],
    ["H2", "District", "Yes", "0", "1", "b"],
    ["", "District", "Yes", "0", "0", "c"],
    ["H3", "District", "No", "0", "1", "d"],
    ["", "District", "Yes", "0", "0", "e"],
]


def write_units(folder, units=UNITS, hospitals=HOSPITALS):
    """A study of units whose records are joined with their hospitals."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"study.yaml": SETTINGS, "codebook.csv": CODEBOOK, "options.csv": OPTIONS, "claims.yaml": "[]\n"}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_rows(folder / "units.csv", units)
    write_rows(folder / "hospitals.csv", hospitals)
    return folder


@pytest.fixture
def folder(tmp_path):
    return write_units(tmp_path / "units")


def joined(folder, **settings):
    table = read_study(folder).joined[0] | settings
    path = folder / "units.csv"
    return join(read_export(path), path, table, folder / table["file"])


def ingest(folder, results, *tables):
    return call(
        "ingest", "--study", folder, "--export", folder / "units.csv", "--out", results / "ingest/responses.parquet",
        "--columns", results / "ingest/columns.csv", "--summary", results / "ingest/ingest.json",
        "--joined", *(tables or [folder / "hospitals.csv"]),
    )  # fmt: skip


def run_all(folder, results):
    """Ingest, select and clean the units, and check them against their hospitals."""
    ingested, cleaned = results / "ingest", results / "clean"
    read = ("--study", folder, "--responses", ingested / "responses.parquet", "--columns", ingested / "columns.csv")
    read += ("--exclusions", cleaned / "exclusions.csv")
    hospital, unit = (cleaned / "domains" / name for name in ("hospital.parquet", "unit.parquet"))
    assert_done(ingest(folder, results))
    assert_done(call("select_records", *read, "--flow", cleaned / "flow.csv", "--flags", cleaned / "flags.csv"))
    for path, earlier in ((hospital, []), (unit, [hospital])):
        out = ["--out", path]
        for name in ("ledger", "validation", "appendix"):
            out += [f"--{name}", path.with_suffix(f".{name}.csv")]
        assert_done(call("clean_domain", *read, "--domain", path.stem, "--earlier", *earlier, *out))
    assert_done(call("check_answers", *read, "--domains", hospital, unit, "--out", cleaned / "checks.csv"))
    out = ["--out", cleaned / "responses.parquet"]
    for name in ("ledger", "validation", "appendix"):
        out += [f"--{name}", cleaned / f"{name}.csv"]
    assert_done(call("collect_clean", "--domains", hospital, unit, "--checks", cleaned / "checks.csv", *out))
    return results


def assert_done(process):
    assert process.returncode == 0, process.stderr


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_record_has_the_cells_of_its_hospital_and_says_from_which_row(folder, tmp_path):
    assert ingest(folder, tmp_path).returncode == 0
    raw = pq.read_table(tmp_path / "ingest/responses.parquet").to_pylist()
    assert [row["hospital_id"] for row in raw] == [unit[0] for unit in UNITS[1:]]
    assert [row["hospital.id"] for row in raw] == ["H2", "H1", "H2", "", "", "H3"]
    assert [row["hospital.row"] for row in raw] == ["3", "2", "3", "", "", "5"]
    assert [row["hospital.row (2)"] for row in raw] == ["b", "a", "b", "", "", "d"]
    columns = {row["column"]: row for row in rows(tmp_path / "ingest/columns.csv")}
    found = [columns[name] for name in ("beds", "hospital.kind", "hospital.services_2")]
    assert [(row["position"], row["joined"], row["file"], row["item"], row["option"]) for row in found] == [
        ("2", "", "units.csv", "beds", ""),
        ("2", "hospital", "hospitals.csv", "kind", ""),
        ("5", "hospital", "hospitals.csv", "services", "2"),
    ]
    about = json.loads((tmp_path / "ingest/ingest.json").read_text())["joined"]["hospital"]
    assert (about["file"], about["rows"], about["records_without_row"]) == ("hospitals.csv", 5, 2)
    assert about["sha256"] == read_export(folder / "hospitals.csv").sha256


def test_what_is_known_of_a_hospital_describes_and_selects_its_units(folder, tmp_path):
    results = run_all(folder, tmp_path / "r")
    clean = pq.read_table(results / "clean/responses.parquet").to_pylist()
    assert [row["kind"] for row in clean] == ["district", "teaching", "district", None, None]
    assert [row["services[2]"] for row in clean] == [True, False, True, None, None]
    assert [row["training__missing"] for row in clean[:2]] == ["not_asked", ""]
    assert [(row["record"], row["rule"]) for row in rows(results / "clean/exclusions.csv")] == [("7", "closed")]
    assert_replays(results, read_study(folder))


def test_a_record_without_a_hospital_is_kept_and_to_be_looked_at(folder, tmp_path):
    results = run_all(folder, tmp_path / "r")
    found = [row for row in rows(results / "clean/validation.csv") if row["item"] == "hospital"]
    assert [(row["record"], row["row"], row["column"], row["value"]) for row in found] == [
        ("5", "5", "hospital_id", "H9"),
        ("6", "6", "hospital_id", ""),
    ]
    assert {row["problem"] for row in found} == {"belongs to no row of the joined table 'hospital'"}


def test_a_joined_cell_is_traced_to_its_own_file_and_row(folder, tmp_path):
    results = run_all(folder, tmp_path / "r")
    cleaned, ingested = results / "clean", results / "ingest"
    assert_done(
        call(
            "match_frame", "--study", folder, "--responses", ingested / "responses.parquet",
            "--columns", ingested / "columns.csv", "--exclusions", cleaned / "exclusions.csv",
            "--clean", cleaned / "domains/hospital.parquet", "--out", cleaned / "sample",
        )
    )  # fmt: skip
    assert_done(
        call(
            "describe", "--study", folder, "--domain", "hospital", "--clean", cleaned / "domains/hospital.parquet",
            "--out", results / "stats/hospital",
        )
    )  # fmt: skip
    asked = ("trace", results, "stats/hospital/frequencies.csv:2:n", "--study", folder)
    process = call(*asked)
    assert process.returncode == 0, process.stdout
    assert f'joined   hospitals.csv row 2, column B, hospital.kind: "{HOSPITALS[1][1]}"' in process.stdout
    assert "joined   hospitals.csv no row, column B, hospital.kind: (empty)" in process.stdout
    change(folder / "hospitals.csv", "university", "District")
    process = call(*asked)
    assert process.returncode == 1
    assert "the joined table holds 'District', ingest/responses.parquet 'university'" in " ".join(
        process.stdout.split()
    )


def test_hospitals_and_units_may_be_two_sheets_of_one_workbook(folder, tmp_path):
    write_workbook(folder / "hospitals.csv", ("Units", UNITS), ("Hospitals", HOSPITALS))
    (folder / "hospitals.csv").rename(folder / "both.xlsx")
    wide, table = joined(folder, file="both.xlsx", sheet="Hospitals")
    assert [line[3] for line in wide.cells] == ["H2", "H1", "H2", "", "", "H3"]
    assert table.rows == ["3", "2", "3", "", "", "5"]


def test_a_joined_workbook_whose_sheet_is_not_named_is_the_file_that_is_named(folder):
    write_workbook(folder / "hospitals.csv", ("Units", UNITS), ("Hospitals", HOSPITALS))
    (folder / "hospitals.csv").rename(folder / "both.xlsx")
    with pytest.raises(BadInput) as error:
        joined(folder, file="both.xlsx")
    complaint = "both.xlsx: 2 sheets hold something: 'Units', 'Hospitals'; name one of them (`sheet` in study.yaml, or"
    assert complaint in str(error.value)


def test_a_linked_table_is_read_by_its_own_settings_and_not_by_those_of_the_export(folder):
    keys = [["id"], ["KÖ1"], ["KÖ2"]]
    (folder / "linked.csv").write_bytes("\n".join(key for [key] in keys).encode("utf-16"))
    write_workbook(folder / "linked.xlsx", ("Notes", [["of the units"]]), ("Units", keys))
    for name, own in (("linked.csv", {}), ("linked.xlsx", {"sheet": "Units"})):
        assert read_linked(folder / name, {"key": "id", **own}).keys == ["KÖ1", "KÖ2"]


MISTAKES = [
    (
        {"key": "hospital_i"},
        "units.csv: no column 'hospital_i', the key of export.joined 'hospital' in study.yaml; did",
    ),
    (
        {"to": "idd"},
        "hospitals.csv: no column 'idd', `to` of export.joined 'hospital' in study.yaml; did you mean 'id'?",
    ),
    (
        {"to": "kind"},
        "hospitals.csv row 4 column 'kind': 'District' is the key of row 3, too; keep one row for each key",
    ),
    ({"file": "absent.csv"}, "absent.csv: cannot be read"),
]


@pytest.mark.parametrize(("settings", "complaint"), MISTAKES)
def test_a_table_that_cannot_be_joined_is_named(folder, settings, complaint):
    with pytest.raises(BadInput) as error:
        joined(folder, **settings)
    assert complaint in str(error.value)


def test_a_column_of_the_export_that_looks_joined_is_refused(folder):
    for name in ("hospital.kind", "hospital.row"):
        write_rows(folder / "units.csv", [["hospital_id", name], ["H1", "x"]])
        with pytest.raises(BadInput, match=f"has a column '{name}' itself; give the table 'hospital' another id"):
            joined(folder)


def test_a_bad_table_is_one_line_and_leaves_the_old_results(folder, tmp_path):
    assert ingest(folder, tmp_path).returncode == 0
    before = (tmp_path / "ingest/responses.parquet").read_bytes()
    change(folder / "hospitals.csv", "H3", "h 1")
    process = ingest(folder, tmp_path)
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "row 5 column 'id': 'h 1' is the key of row 2, too" in process.stderr
    assert (tmp_path / "ingest/responses.parquet").read_bytes() == before
    process = ingest(folder, tmp_path, folder / "hospitals.csv", folder / "hospitals.csv")
    assert "--joined: 2 tables given" in process.stderr


def test_two_tables_of_one_id_are_refused(folder):
    change(
        folder / "study.yaml",
        "seed: 1",
        "linked: [{id: hospital, file: a.csv, key: b}]\nrespondent_key: hospital\nseed: 1",
    )
    with pytest.raises(BadInput, match=r"linked and export.joined: 'hospital' is there 2 times"):
        read_study(folder)


KEYS = st.sampled_from(["H1", "h1", " H 1", "H2", "H3", "", "NA", "10"])
CELLS = st.sampled_from(["", "university", "District", "Yes", "No", "1", "0", "a,b\n'c", " "])


@settings(max_examples=8)
@given(
    units=st.lists(st.tuples(KEYS, CELLS, CELLS), min_size=1, max_size=6),
    hospitals=st.lists(st.tuples(KEYS, *[CELLS] * 5), min_size=1, max_size=5, unique_by=lambda row: key(row[0]) or row),
)
def test_joined_cells_are_those_of_a_left_merge_and_the_ledger_replays(units, hospitals, tmp_path_factory):
    units, hospitals = [*units, ("H4", "5", "Yes")], [*hospitals, ("H4", "District", "Yes", "1", "1", "x")]
    folder = write_units(tmp_path_factory.mktemp("made"), [UNITS[0], *units], [HOSPITALS[0], *hospitals])
    wide, _ = joined(folder)
    left = pd.DataFrame(units).assign(key=[key(unit[0]) for unit in units])
    right = pd.DataFrame(hospitals).assign(key=[key(hospital[0]) for hospital in hospitals])
    merged = left.merge(right[right["key"] != ""], on="key", how="left", validate="many_to_one").drop(columns="key")
    assert wide.cells == merged.fillna("").to_numpy().tolist()
    assert_replays(run_all(folder, folder / "results"), read_study(folder))
