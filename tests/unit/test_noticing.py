"""Changes that Snakemake overlooks: other sources that are older, results of the future, edited results."""

import json
import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from survey.manifest import own_sha256
from survey.noticing import LONG_AGO, date_back, forget_edited
from survey.records import INCOMPLETE, METADATA, record_file

AN_HOUR = 3600


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results of two files, made from an export that is older than they are."""
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("export.csv", "raw"),
        ("study/options.csv", "yes"),
        ("results/stats/one.csv", "one"),
        ("results/stats/two.csv", "two"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("export.csv", "study/options.csv"):
        os.utime(name, (time.time() - AN_HOUR,) * 2)
    audit = tmp_path / "results/audit"
    audit.mkdir()
    steps = {"steps": [], "resources": {}, "workflow": {}, "frame": {}, "linked": {}}
    steps |= {"export": {"sha256": digest(tmp_path / "export.csv")}}
    steps |= {"study": {"options.csv": digest(tmp_path / "study/options.csv")}}
    (audit / "steps.json").write_text(json.dumps(steps))
    files = [
        {"file": f"stats/{name}.csv", "sha256": digest(tmp_path / f"results/stats/{name}.csv")}
        for name in ("one", "two")
    ]
    manifest = {"files": files}
    (audit / "manifest.json").write_text(json.dumps(manifest | {"manifest_sha256": own_sha256(manifest)}))
    return tmp_path.joinpath("results").relative_to(tmp_path)


def dated_back(results):
    date_back(results, Path("study"), "export.csv", "", {})
    return {path.stat().st_mtime for path in results.rglob("*.csv")} == {LONG_AGO}


def test_dates_stay_where_they_can_be_trusted(results):
    assert not dated_back(results)


def test_a_result_of_the_future_makes_all_dates_void(results):
    os.utime(results / "stats/one.csv", (time.time() + AN_HOUR,) * 2)
    assert dated_back(results)


@pytest.mark.parametrize("source", ["export.csv", "study/options.csv"])
def test_another_source_that_is_older_makes_all_dates_void(results, source):
    with open(source, "w") as file:
        file.write("another")
    assert not dated_back(results)  # it is newer, and Snakemake sees that itself
    os.utime(source, (time.time() - AN_HOUR,) * 2)
    assert dated_back(results)


def test_a_damaged_record_is_no_reason_to_stop(results):
    for text in ("", "[]", "{", '{"steps": 1}'):
        (results / "audit/steps.json").write_text(text)
        assert not dated_back(results)


def marked():
    return sorted(path.name for path in INCOMPLETE.rglob("*") if path.is_file())


def test_an_edited_result_is_marked_as_not_made(results):
    assert forget_edited(results) == []
    time.sleep(0.02)
    path = results / "stats/two.csv"
    path.write_text("edited")
    assert forget_edited(results) == [path]
    assert marked() == [record_file(path.as_posix()).name]


def test_a_result_that_was_made_anew_since_the_manifest_is_none_that_was_edited(results):
    time.sleep(0.02)
    path = results / "stats/two.csv"
    path.write_text("made anew")
    record = record_file(path.as_posix(), METADATA)
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"endtime": path.stat().st_mtime}))
    assert forget_edited(results) == []


def test_an_edited_manifest_is_made_again_itself(results):
    path = results / "audit/manifest.json"
    path.write_text(path.read_text().replace("stats/one", "stats/own"))
    assert forget_edited(results) == [path]
