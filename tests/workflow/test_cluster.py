"""The profiles for clusters, and what the steps ask a cluster for; `make test-slurm` runs them on one."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from project import ROOT, snakemake
from workflow.test_craft import STEPS

PROFILES = ROOT / "workflow" / "profiles"
SLURM = yaml.safe_load((PROFILES / "slurm" / "profile.yaml").read_text())


@pytest.mark.parametrize("name", ["default", "hpc-single"])
def test_a_profile_is_read(name):
    process = snakemake(ROOT, "-n", "--workflow-profile", f"workflow/profiles/{name}", "cleaned")
    assert process.returncode == 0, process.stdout
    assert f"profiles/{name}" in process.stdout


@pytest.mark.parametrize("name", ["default", "hpc-single", "slurm"])
def test_every_entry_of_a_profile_is_explained_above_it(name):
    lines = (PROFILES / name / "profile.yaml").read_text().splitlines()
    entries = [number for number, line in enumerate(lines) if re.match(r"[a-z]", line)]
    assert entries
    assert [lines[number] for number in entries if not lines[number - 1].startswith("#")] == []


def test_a_profile_that_is_named_keeps_what_the_default_one_says_of_reruns_and_logs():
    default, *named = (
        yaml.safe_load((PROFILES / name / "profile.yaml").read_text()) for name in ("default", "hpc-single", "slurm")
    )
    kept = {key: value for key, value in default.items() if key not in ("cores", "scheduler")}
    for profile in named:
        assert {key: profile.get(key) for key in kept} == kept


def test_every_step_is_in_a_group_and_no_group_names_a_step_that_is_none():
    assert set(SLURM["groups"]) == set(STEPS)
    assert set(SLURM["group-components"]) <= set(SLURM["groups"].values())


def test_the_lock_file_of_the_slurm_plugin_pins_what_pyproject_asks_for():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["slurm"]
    lock = (ROOT / "requirements-slurm.lock").read_text()
    assert re.findall(r"^\S+==\S+", lock, re.MULTILINE) == asked
    assert lock.count("--hash=sha256:") >= len(asked)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_asks_for_more_at_each_attempt_and_for_one_cpu(name):
    assert "mem_mb=scaled(" in STEPS[name]
    assert "threads:" not in STEPS[name]


def test_no_step_takes_more_than_three_quarters_of_what_it_asks_a_cluster_for(paper):
    command = [sys.executable, "benchmarks/resources.py", str(paper / "results" / "ebmt-cart-2023")]
    process = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    assert len(process.stdout.splitlines()) > 25
