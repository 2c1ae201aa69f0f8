"""A second run finds the export and the tables beside it where they lie now, and says which are not at hand."""

import json
import shutil
from hashlib import sha256

import pytest
from project import call
from small import change
from steps.test_joining import ingest, write_units

from survey.manifest import describe_file, own_sha256

RAN = (
    "python scripts/ingest.py --study STUDY --export STUDY/units.csv --joined STUDY/hospitals.csv "
    "--out results/units/ingest/responses.parquet --columns results/units/ingest/columns.csv "
    "--summary results/units/ingest/ingest.json"
)
MADE = ("ingest/responses.parquet", "ingest/columns.csv", "ingest/ingest.json")


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def study(tmp_path):
    """Units with their hospitals, outside the clone."""
    return write_units(tmp_path / "units")


@pytest.fixture
def results(study, tmp_path):
    """The units ingested, with the record of that one step and a manifest."""
    folder = tmp_path / "results" / "units"
    assert ingest(study, folder).returncode == 0
    data = {"file": "units.csv", "sha256": digest(study / "units.csv")}
    inputs = ["STUDY/study.yaml", "STUDY/codebook.csv", "STUDY/options.csv", "STUDY/units.csv", "STUDY/hospitals.csv"]
    job = {"wildcards": {}, "command": RAN, "inputs": inputs, "outputs": [f"results/units/{name}" for name in MADE]}
    steps = {
        "rule": "record_steps",
        "code": {},
        "jobs": [{"outputs": ["results/units/audit/steps.json"], "inputs": []}],
    }
    record = {
        "steps": [{"rule": "ingest", "code": {}, "jobs": [job]}, steps],
        "folders": {"study": "STUDY", "results": "results/units"},
        "export": data,
        "frame": {},
        "linked": {"hospital": {"file": "hospitals.csv", "sha256": digest(study / "hospitals.csv")}},
        "study": {},
        "resources": {},
        "workflow": {},
    }
    (folder / "audit").mkdir()
    (folder / "audit/steps.json").write_text(json.dumps(record), encoding="utf-8")
    about = json.loads((folder / "ingest/ingest.json").read_text(encoding="utf-8"))
    files = [{"file": name, "rule": "ingest"} | describe_file(folder / name) for name in MADE]
    files.append({"file": "audit/steps.json", "rule": "record_steps"} | describe_file(folder / "audit/steps.json"))
    combined = sha256(b"").hexdigest()
    manifest = {"export": {key: about[key] for key in ("file", "sha256", "platform", "records")}, "frame": {}}
    manifest |= {"study": {}, "resources": {}, "workflow": {}, "code": {}, "software": {}, "files": files}
    manifest |= {"steps": {"ingest": combined, "record_steps": combined}, "renderer": {"renderer": "embedded"}}
    manifest["manifest_sha256"] = own_sha256(manifest)
    (folder / "audit/manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def verify(results, study, *more):
    return call("verify", results, "--study", study, *more)


@pytest.mark.parametrize("name", ["units.csv", "another name.csv"])
def test_a_named_export_is_run_again_though_the_studys_own_is_gone(results, study, tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    shutil.move(study / "units.csv", tmp_path / "elsewhere" / name)
    shutil.move(study / "hospitals.csv", tmp_path / "elsewhere" / "hospitals.csv")
    process = verify(results, study, "--export", tmp_path / "elsewhere" / name)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "against a second run" in process.stdout
    assert "not run again" not in process.stdout


def test_a_table_beside_the_export_that_is_not_at_hand_is_named_as_the_export_is(results, study):
    (study / "hospitals.csv").unlink()
    process = verify(results, study)
    assert process.returncode == 0, process.stdout + process.stderr
    [line] = [line for line in process.stdout.splitlines() if "table beside the export: hospitals.csv" in line]
    assert line.split()[-5:] == ["0", "files", "not", "at", "hand"]
    assert "not run again: hospitals.csv, a table beside the export, is not at hand" in process.stdout
    (study / "units.csv").unlink()
    assert "table beside the export: hospitals.csv" in verify(results, study).stdout


def test_a_changed_table_beside_the_export_is_named_and_what_it_changes_is(results, study):
    change(study / "hospitals.csv", "university", "District")
    process = verify(results, study)
    assert process.returncode == 1
    assert f"differs: {study / 'hospitals.csv'}: was changed since the results were made" in process.stdout
    assert "column hospital.kind: university in the results, District run again" in process.stdout
