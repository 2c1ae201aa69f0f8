"""The parts of the review archive: names, records, what is left out, terms and citation."""

import gzip
import re
import tomllib

import pytest
import yaml
from jsonschema import Draft202012Validator
from project import ROOT

from survey.bundle import archive_names, checksums, pack, portable_record, profile_for
from survey.codecheck import first_sentence
from survey.differences import DIFFERS, SAME_BYTES
from survey.errors import BadInput
from survey.left_out import holds_any
from survey.manifest import describe_file, own_sha256
from survey.records import read_records, record_file
from survey.start_here import example_of
from survey.study import read_study
from survey.verification import (
    check_archive,
    check_results,
    compare_folders,
    find_export,
    find_linked,
    find_study,
    left_out_entries,
)

# The part of the Citation File Format 1.2.0 that CITATION.cff uses (citation-file-format.github.io, schema.json).
CFF = {
    "type": "object",
    "required": ["cff-version", "message", "title", "authors"],
    "additionalProperties": False,
    "properties": {
        "cff-version": {"const": "1.2.0"},
        "message": {"type": "string", "minLength": 1},
        "title": {"type": "string", "minLength": 1},
        "type": {"enum": ["software", "dataset"]},
        "abstract": {"type": "string", "minLength": 1},
        "authors": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/agent"}},
        "version": {"type": "string"},
        "license": {"type": "string", "pattern": r"^[A-Za-z0-9.+-]+$"},
        "keywords": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string"}},
        "references": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "title", "authors"],
                "properties": {
                    "type": {"enum": ["article", "software", "data", "report"]},
                    "authors": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/agent"}},
                    "doi": {"type": "string", "pattern": r"^10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+$"},
                    "year": {"type": "integer"},
                },
            },
        },
    },
    "$defs": {
        "agent": {
            "anyOf": [
                {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {"name": {}}},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "minProperties": 1,
                    "properties": {"family-names": {"type": "string"}, "given-names": {"type": "string"}},
                },
            ]
        }
    },
}


def test_the_citation_is_of_the_citation_file_format_and_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(CFF).iter_errors(citation)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_the_terms_name_every_folder_of_simulated_data():
    terms = (ROOT / "LICENSE-DATA").read_text(encoding="utf-8")
    folders = re.findall(r"^ {4}((?:resources|config)/\S+)", terms, re.MULTILINE)
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
    studies = sorted(
        path.parent.relative_to(ROOT).as_posix() + "/" for path in ROOT.glob("config/studies/*/study.yaml")
    )
    assert {"resources/simulated/", *studies} <= set(folders)


@pytest.mark.parametrize("output", ["results/a/b.csv", "results/" + "long-name/" * 60 + "ü b.csv"])
def test_the_record_of_an_output_is_found_again_however_long_its_name(tmp_path, output):
    path = tmp_path / record_file(output)
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    assert read_records(tmp_path / ".snakemake/metadata") == {output: {}}
    assert max(len(part) for part in path.parts) <= 255


def test_a_record_loses_clock_and_machine_and_keeps_what_triggers_depend_on():
    record = {
        "rule": "ingest",
        "input": ["/home/me/my study/study.yaml", "scripts/ingest.py"],
        "log": ["results/x/logs/ingest.log"],
        "shellcmd": "python scripts/ingest.py --study '/home/me/my study' > results/x/logs/ingest.log",
        "params": ["'abc'", "'--export /home/me/data.csv'"],
        "code": "python {input.script}",
        "record_format_version": 6,
        "conda_env": "eA==",
        "container_img_url": "docker://x",
        "software_stack_hash": "123",
        "job_hash": 99,
        "starttime": 1.5,
        "endtime": 2.5,
        "incomplete": False,
        "external_jobid": "4711",
        "input_checksums": {"/home/me/my study/study.yaml": "sha256:1", "scripts/ingest.py": "sha256:2"},
    }
    moved = {"/home/me/my study": "config/studies/x", "/home/me/my study/study.yaml": "config/studies/x/study.yaml"}
    new = portable_record(record, moved | {"/home/me/data.csv": "config/studies/x/data.csv"})
    assert "/home" not in repr(new)
    assert new["input"] == ["config/studies/x/study.yaml", "scripts/ingest.py"]
    assert new["shellcmd"].startswith("python scripts/ingest.py --study config/studies/x > ")
    assert new["params"] == ["'abc'", "'--export config/studies/x/data.csv'"]
    assert new["input_checksums"] == {"config/studies/x/study.yaml": "sha256:1", "scripts/ingest.py": "sha256:2"}
    assert (new["starttime"], new["endtime"], new["external_jobid"]) == (0.0, 0.0, None)
    assert new["job_hash"] == portable_record({**record, "job_hash": 1}, moved)["job_hash"]


def test_a_study_from_elsewhere_gets_a_place_in_the_archive(tmp_path):
    root, study = tmp_path / "clone", tmp_path / "private" / "study"
    names = [f"{study}/study.yaml", "scripts/x.py", f"{tmp_path}/else/export.csv", "../private/study/a b.csv"]
    assert archive_names([*names, str(study)], root, study, "mine") == {
        f"{study}/study.yaml": "config/studies/mine/study.yaml",
        f"{tmp_path}/else/export.csv": "config/studies/mine/export.csv",
        "../private/study/a b.csv": "config/studies/mine/a b.csv",
        str(study): "config/studies/mine",
    }


def test_the_profile_names_a_study_once_however_often_it_is_packed():
    once = profile_for("cores: all\n", {"study": "config/studies/ü"})
    assert yaml.safe_load(once) == {"cores": "all", "config": ["study=config/studies/ü"]}
    assert profile_for(once, {"study": "config/studies/ü"}) == once
    assert profile_for("cores: all\n", {}) == "cores: all\n"


def test_an_archive_has_no_clock_in_it_and_is_of_two_kinds_only(tmp_path):
    pack({"b": b"2", "a/": b""}, "x", tmp_path / "x.tar.gz")
    assert (tmp_path / "x.tar.gz").read_bytes()[4:8] == bytes(4)
    assert b"root" not in gzip.decompress((tmp_path / "x.tar.gz").read_bytes())
    with pytest.raises(BadInput, match=r"\.tar\.gz or \.zip"):
        pack({}, "x", tmp_path / "x.rar")
    assert not (tmp_path / "x.rar").exists()


def test_a_text_is_found_at_the_start_of_a_word_whatever_its_case_and_blanks():
    texts = {"anna von der heide", "sim0095"}
    assert holds_any("by Anna  von\nder Heide, today", texts)
    assert holds_any('["SIM0095"]', texts)
    assert not holds_any("by Anna von der Au; xsim0095", texts)
    assert not holds_any("", texts)
    assert not holds_any("anything", set())


def test_a_figure_is_announced_by_what_it_shows():
    assert first_sentence("Simulated data. Bars of 3 answers. More.") == "Bars of 3 answers."
    assert first_sentence("Simulated data.") == "Simulated data."


def test_the_example_is_a_share_that_the_manuscript_prints(small):
    study = read_study(small)
    entry = {"display": "2/6", "value": 2, "n": 6, "row": 3, "file": "stats/care/frequencies.csv"}
    values = {"size.small.n_of": entry, "drug.a.n_of": entry}
    assert example_of(study, values, """`v("drug.a.share")`""").key == "drug.a.n_of"
    assert example_of(study, values, "nothing").key == "size.small.n_of"
    assert example_of(study, {}, "nothing") is None


@pytest.fixture
def withheld(tmp_path):
    """Results that leave out their ledger, what a second run made, and the manifest's entries of what is left out."""
    results, again = tmp_path / "results" / "study", tmp_path / "again"
    for folder in (results, again):
        (folder / "clean").mkdir(parents=True)
        (folder / "clean/flow.csv").write_text("step,records\nexport,3\n", encoding="utf-8")
    (again / "clean/ledger.csv").write_text("row,value\n1,7\n", encoding="utf-8")
    entry = {"file": "clean/ledger.csv", "rule": "collect_clean"} | describe_file(again / "clean/ledger.csv")
    row = "results/study/clean/ledger.csv,results,records,cells as respondents filled them in"
    (results / "left_out.csv").write_text(f"file,what,kind,reason\n{row}\n", encoding="utf-8")
    return results, again, left_out_entries(results, {"files": [entry]})


def test_a_file_left_out_and_made_again_as_the_manifest_lists_it_is_no_difference(withheld):
    results, again, away = withheld
    files = ["clean/flow.csv", "clean/ledger.csv"]
    verdicts, found = compare_folders(results, again, files, ("in the results", "run again"), away)
    assert found == []
    assert set(verdicts.values()) == {SAME_BYTES}


def test_a_file_left_out_and_made_again_otherwise_than_the_manifest_lists_it_differs(withheld):
    results, again, away = withheld
    (again / "clean/ledger.csv").write_text("row,value\n1,8\n", encoding="utf-8")
    _, [found] = compare_folders(results, again, ["clean/ledger.csv"], ("in the results", "run again"), away)
    assert (found.file, found.verdict) == ("clean/ledger.csv", DIFFERS)
    assert "other cells than listed" in found.detail
    (results / "clean/flow.csv").unlink()
    _, [found] = compare_folders(results, again, ["clean/flow.csv"], ("in the results", "run again"), away)
    assert (found.verdict, found.detail) == (DIFFERS, "is missing in the results")


def test_an_archive_in_which_all_is_made_again_has_nothing_that_was_added(withheld):
    results, again, away = withheld
    (results / "clean/ledger.csv").write_bytes((again / "clean/ledger.csv").read_bytes())
    (results / "clean/released.csv").write_text("centre\n1\n", encoding="utf-8")
    entries = [away["clean/ledger.csv"]]
    entries.append({"file": "clean/flow.csv", "rule": "select_records"} | describe_file(results / "clean/flow.csv"))
    manifest = {"files": entries, "manifest_sha256": ""}
    manifest["manifest_sha256"] = own_sha256(manifest)
    assert check_results(results, manifest) == []


@pytest.fixture
def root(tmp_path):
    """An unpacked archive with its list of checksums, and raw data that were put back."""
    members = {
        "scripts/ingest.py": b"print()\n",
        "results/study/figures/crs.csv": b"n\n3\n",
        "results/study/clean/released.csv": b"centre\n1\n",
        "results/study/left_out.csv": b"file,what,kind,reason\nconfig/export.csv,export,raw,the raw export\n",
        ".snakemake/metadata/a": b"{}",
    }
    for name, content in members.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "SHA256SUMS").write_bytes(checksums(members))
    (tmp_path / "config").mkdir()
    (tmp_path / "config/export.csv").write_text("1\n")
    (tmp_path / ".snakemake/metadata/a").write_text("run again")
    (tmp_path / "scripts/__pycache__").mkdir()
    (tmp_path / "scripts/__pycache__/ingest.pyc").write_text("")
    return tmp_path


def test_an_archive_that_was_used_and_not_changed_is_as_its_checksums_say(root):
    assert check_archive(root / "results/study", root) == (4, [])


def test_what_was_changed_taken_away_or_added_in_an_archive_is_named(root):
    results = root / "results/study"
    (results / "clean/released.csv").write_text("centre\n2\n")
    (results / "figures/crs.csv").unlink()
    with (results / "left_out.csv").open("a") as file:
        file.write("results/study/figures/crs.csv,results,records,no reason\n")
    (root / "scripts/numpy.py").write_text("")
    _, found = check_archive(results, root)
    assert {finding.file: finding.detail for finding in found} == {
        "results/study/clean/released.csv": "is not as SHA256SUMS lists it",
        "results/study/left_out.csv": "is not as SHA256SUMS lists it",
        "results/study/figures/crs.csv": "is missing; SHA256SUMS lists it",
        "scripts/numpy.py": "is not in SHA256SUMS: it was added",
    }
    assert {finding.verdict for finding in found} == {DIFFERS}


def test_a_clone_has_no_checksums_and_a_list_that_cannot_be_read_is_named(root):
    (root / "SHA256SUMS").write_text("nothing\n")
    with pytest.raises(BadInput, match="SHA256SUMS: line 1"):
        check_archive(root / "results/study", root)
    (root / "SHA256SUMS").unlink()
    assert check_archive(root / "results/study", root) == (0, [])


def test_an_archive_finds_the_study_and_the_data_that_came_with_it(root):
    """The study lay elsewhere, its export in yet another folder, and a table beside that, in a folder of its own."""
    digest = checksums({"x": b"id,n\n"}).decode()[:64]
    record = {"folders": {"study": "STUDY", "results": "results/study"}, "export": {"file": "x.csv", "sha256": digest}}
    record["linked"] = {"ward": {"file": "lists/wards.csv", "sha256": "0" * 64}}
    results, home = root / "results/study", root / "config/studies/study"
    home.mkdir(parents=True)
    (home / "x.csv").write_text("id,n\n")
    assert find_study(results, root, record, None) == home
    assert find_export(root, home, record, None) == home / "x.csv"
    (root / "data").mkdir()
    for name in ("x.csv", "wards.csv"):
        (root / "data" / name).write_text("changed")
    (home / "x.csv").unlink()
    with (root / "SHA256SUMS").open("a") as file:
        file.write(f"{digest}  data/x.csv\n{'0' * 64}  data/wards.csv\n")
    assert find_export(root, home, record, None) == root / "data/x.csv"
    assert find_linked(root, home, None, record) == {"ward": root / "data/wards.csv"}
    (root / "SHA256SUMS").unlink()
    assert find_study(results, root, record, None) == results / "audit/study"
    assert find_export(root, home, record, None) is None
