"""The lock of a run, and what steps that were killed have left."""

import os
import subprocess
import sys

import pytest
from project import ROOT

from survey import running

WAIT = "import sys; from survey.running import share; share(); print('held', flush=True); sys.stdin.read()"
CLAIM = "import pathlib, sys; from survey.running import claim; print(claim(pathlib.Path(sys.argv[1])))"


@pytest.fixture
def lock(tmp_path, monkeypatch):
    monkeypatch.setenv(running.LOCK, "")  # so that it is taken back after the test
    monkeypatch.setattr(running, "_held", [])
    return tmp_path / "small.lock"


def begin(program, *arguments):
    """Another process, with the library at hand."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", program, *arguments], env=environment, text=True, **pipes)


def another_run(lock):
    """What another process is told that claims the lock."""
    return begin(CLAIM, lock).communicate()[0]


def test_a_run_has_the_lock_until_it_and_all_its_steps_have_ended(lock):
    assert not running.is_held(lock)
    assert running.claim(lock)
    assert running.is_held(lock)
    assert another_run(lock) == "False\n"
    step = begin(WAIT)
    assert step.stdout.readline() == "held\n"
    running._held.pop().close()
    assert another_run(lock) == "False\n"
    step.kill()
    step.communicate()
    assert not running.is_held(lock)
    assert another_run(lock) == "True\n"


def test_a_step_alone_needs_no_lock(lock, monkeypatch, tmp_path):
    monkeypatch.delenv(running.LOCK)
    running.share()
    monkeypatch.setenv(running.LOCK, str(tmp_path / "nowhere" / "lock"))
    running.share()
    assert running._held == []


def test_only_what_has_a_temporary_name_is_swept_away(tmp_path):
    kept = tmp_path / "stats" / "care" / "groups.csv"
    for path in (kept, tmp_path / "stats/care/.groups.csv.partial", tmp_path / "figures/.flow-ab12/flow.svg"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    running.sweep(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
    assert not list(tmp_path.rglob(".*"))
