import json
from pathlib import Path

import pytest
from project import EXAMPLE, ROOT, step
from small import change

import pin_environments
from survey import steps
from survey.files import sha256
from survey.steps import Job


def job(rule, inputs, outputs, level=0, **wildcards):
    return Job(rule, level, wildcards, f"python scripts/{rule}.py", {"data": inputs}, outputs, {}, "envs/data.yaml")


def test_every_step_comes_after_those_whose_files_it_reads_and_else_in_the_order_of_the_workflow():
    jobs = [
        job("write_manifest", ["c", "d"], ["m"], 3),
        job("clean", ["a"], ["b1"], 1, domain="x"),
        job("clean", ["a", "b1"], ["b2"], 2, domain="y"),
        job("ingest", ["export.csv"], ["a"]),
        job("draw", ["b2"], ["d"], 3),
        job("describe", ["b2"], ["c"], 3),
    ]
    assert steps._in_order(jobs) == ["ingest", "clean", "draw", "describe", "write_manifest"]
    assert steps.given(jobs) == ["export.csv"]
    assert steps.given(jobs, apart="ingest") == []


def test_a_step_has_the_modules_that_it_imports_directly_or_through_another_and_no_other(tmp_path):
    package = tmp_path / "survey"
    (package / "inner").mkdir(parents=True)
    for name, text in {
        "step.py": "import json\nfrom survey import used\n",
        "survey/__init__.py": "",
        "survey/used.py": "def late():\n    from survey.inner.deep import thing\n",
        "survey/inner/__init__.py": "",
        "survey/inner/deep.py": "from . import beside\n",
        "survey/inner/beside.py": "",
        "survey/unused.py": "",
    }.items():
        (tmp_path / name).write_text(text)
    found = [Path(file).relative_to(tmp_path).as_posix() for file in steps.library(tmp_path / "step.py")]
    assert found == [
        f"survey/{name}.py" for name in ("__init__", "inner/__init__", "inner/beside", "inner/deep", "used")
    ]


def test_paths_outside_the_project_are_named_by_a_placeholder():
    names = {"/data/my study/raw.csv": "EXPORT", "/data/my study": "STUDY"}
    assert steps.placed("/data/my study/raw.csv", names) == "EXPORT"
    assert steps.placed("/data/my study/frame.csv", names) == "STUDY/frame.csv"
    assert steps.placed("/data/my study too/frame.csv", names) == "/data/my study too/frame.csv"
    assert steps.placed("results/small", names) == "results/small"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The steps of a study outside the project, with an export given on the command line; and where both lie."""
    folder = tmp_path_factory.mktemp("far away")
    study = folder / "Müller's study, 2nd"
    study.mkdir()
    for path in EXAMPLE.iterdir():
        (study / path.name).write_bytes(path.read_bytes())
    export = folder / "raw export.csv"
    (study / "export.csv").rename(export)
    out = folder / "out/steps.json"
    process = step("record_steps", "--study", study, "--export", export, "--out", out, "--copies", folder / "out/study")
    assert process.returncode == 0, process.stderr
    return folder, json.loads(out.read_text(encoding="utf-8"))


def test_no_path_outside_the_project_is_recorded(recorded):
    folder, record = recorded
    assert str(folder) not in json.dumps(record, ensure_ascii=False)
    assert record["folders"] == {"results": "results/catheter-care-2024", "study": "STUDY"}
    assert set(record["placeholders"]) == {"STUDY", "EXPORT"}
    assert record["export"]["file"] == "raw export.csv"
    first = record["steps"][0]["jobs"][0]
    assert first["command"].startswith("python scripts/ingest.py --study STUDY --export EXPORT --out results/")
    assert "EXPORT" in first["inputs"]


def test_the_record_has_copies_of_what_was_asked_and_checksums_of_the_frame_and_of_all_that_was_read(recorded):
    folder, record = recorded
    copies = {path.name for path in (folder / "out/study").iterdir()}
    assert copies == {"study.yaml", "codebook.csv", "options.csv", "claims.yaml", "manuscript.qmd", "references.bib"}
    assert set(record["study"]) == copies
    assert record["frame"] == {"file": "frame.csv", "sha256": sha256(EXAMPLE / "frame.csv")}
    assert "resources/published/figures.csv" in record["resources"]
    assert not [
        file
        for file in record["resources"]
        if not file.startswith(("resources/", "workflow/manuscript/", "workflow/site/"))
    ]
    assert {"Snakefile", "requirements.lock", "workflow/schemas/study.schema.json"} <= set(record["workflow"])
    for entry in record["steps"]:
        assert entry["code"] == steps.hashes(entry["code"])
        assert entry["code_sha256"] == steps.combined(entry["code"])
        assert (ROOT / entry["environment"]).is_file()


def test_a_mistake_in_the_study_is_one_line(tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    for path in EXAMPLE.iterdir():
        (study / path.name).write_bytes(path.read_bytes())
    change(study / "study.yaml", "simulated:", "simulatd:")
    process = step("record_steps", "--study", study, "--out", tmp_path / "steps.json", "--copies", tmp_path / "copies")
    assert process.returncode == 2
    assert "unknown key 'simulatd'" in process.stderr
    assert len(process.stderr.splitlines()) == 1
    assert not (tmp_path / "steps.json").exists()


def test_the_packages_of_a_step_are_all_that_its_environment_pins_those_of_pip_too():
    versions = pin_environments.locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert steps.packages(ROOT / "envs/snakemake.yaml") == pin_environments.pinned("snakemake", versions)
