"""Every step in an environment of its own: the pins of its file in envs/, what these need, and nothing else.

`make test-environments` runs it after `make paper`. uv installs each environment aside, in the versions of the lock
file, with the Python that made the paper. Snakemake runs in its own, too, and finds no other `python` on its PATH than
one that looks up which environment the step asks for.
"""

import os
import sys

import pytest
from installed import install, uv
from project import ROOT, copy_project, environment_of, rules_of_steps, snakemake
from small import change, write_recodes, write_study

import pin_environments
from survey.verification import compare_folders, file_names

RESULTS = "results/ebmt-cart-2023"
STEPS = rules_of_steps()
VERSIONS = pin_environments.locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
# Steps that the default study does not ask for.
MORE = """\
disclosure: {minimum_cell: 3}
checks: [{id: unsure, problem: no drug within days, when: drug == none and days < 3}]
calibration: {surveys: 5, sizes: [6, 11], chunks: 2}
sensitivity: {axes: {interval: [wilson, hypergeometric]}}
"""


@pytest.fixture(scope="module")
def pythons(tmp_path_factory):
    """The Python of every environment, by its name."""
    folder = tmp_path_factory.mktemp("environments")
    lock = ROOT / "requirements.lock"
    return {
        name: install(
            sys.executable, [f"{package}=={version}" for package, version in pins.items()], folder / name, lock
        )
        for name in pin_environments.ENVIRONMENTS
        for pins in [pin_environments.pinned(name, VERSIONS)]
    }


@pytest.fixture(scope="module")
def clone(pythons, tmp_path_factory):
    """A copy of the project, a home without anything, and a `python` that is that of the step's environment."""
    folder = tmp_path_factory.mktemp("isolated")
    cases = [f'scripts/{name}.py) exec {pythons[environment_of(rule)]} "$@" ;;' for name, rule in STEPS.items()]
    lines = ["#!/bin/sh", 'case "$1" in', *cases, "esac", 'echo "$1: not a step" >&2', "exit 1"]
    (folder / "bin").mkdir()
    (folder / "home").mkdir()
    (folder / "bin" / "python").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "bin" / "python").chmod(0o755)
    return copy_project(folder / "clone")


def run(clone, pythons, *arguments):
    path = os.pathsep.join([str(clone.parent / "bin"), os.defpath])
    environment = {"PATH": path, "HOME": str(clone.parent / "home")}
    return snakemake(clone, *arguments, python=pythons["snakemake"], environment=environment)


def ran(results):
    """The steps that left a log in a results folder."""
    return {path.name.removesuffix(".log") for path in (results / "logs").iterdir()}


def test_the_paper_has_the_same_bytes_as_where_all_packages_are_together(clone, pythons):
    here, there = ROOT / RESULTS, clone / RESULTS
    assert (here / "audit/manifest.json").is_file(), "make the paper first: make test-environments"
    process = run(clone, pythons)
    assert process.returncode == 0, process.stdout[-6000:]
    files = file_names(here) | file_names(there)
    verdicts, findings = compare_folders(here, there, files, ("here", "in environments of their own"))
    assert findings == []
    assert len(verdicts) > 300


def test_the_steps_that_the_default_study_does_not_ask_for_run_too(clone, pythons, tmp_path):
    study = write_study(tmp_path / "small")
    change(study / "study.yaml", "seed: 1\n", f"{MORE}strict: true\nseed: 1\n")
    write_recodes(study, "founded,,is,soon,<invalid>", "days,,is,depends|99,<invalid>")
    targets = ("cleaned", "statistics", "calibration", "sensitivity")
    process = run(clone, pythons, *targets, "--config", f"study={study}")
    assert process.returncode == 0, process.stdout[-6000:]
    assert ran(clone / RESULTS) | ran(clone / "results" / "small") == set(STEPS)


def test_the_environments_hold_the_versions_of_the_lock_file(pythons):
    for python in pythons.values():
        installed = dict(line.split("==") for line in uv("pip", "freeze", "--python", python).splitlines())
        assert installed.items() <= VERSIONS.items()
