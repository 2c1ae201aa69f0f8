"""Something is killed in mid-run (kill -9): nothing is lost, and the next run finishes with the same bytes."""

import os
import signal

from faults.places import RESULTS, assert_finishes, copy, make, processes, start, wait_for
from project import copy_project

from survey.running import is_held


def test_after_a_step_was_killed_the_next_run_finishes(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    (clone / RESULTS / "manuscript/manuscript.html").unlink()
    run = start(clone, tmp_path / "log")
    [step, *_] = wait_for(lambda: processes(clone, "render_manuscript"))
    wait_for(lambda: list((clone / RESULTS / "manuscript").glob(".*")))
    os.kill(step, signal.SIGKILL)
    assert run.wait() == 1
    assert "Error in rule render_manuscript" in (tmp_path / "log").read_text()
    assert list((clone / RESULTS / "manuscript").glob(".*")) != []
    assert_finishes(clone, expected)


def test_after_snakemake_was_killed_the_next_run_needs_no_unlocking_and_finishes(expected, tmp_path):
    clone = copy_project(tmp_path / "clone")
    run = start(clone, tmp_path / "log")
    wait_for(lambda: processes(clone, "describe"))
    run.kill()
    run.wait()
    # Steps that were at work beside it go on to their end.
    wait_for(lambda: not is_held(clone / ".snakemake" / f"{RESULTS.name}.lock"))
    assert_finishes(clone, expected)


def test_a_second_run_in_the_same_folder_is_refused_in_one_line_and_the_first_goes_on(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    (clone / RESULTS / "manuscript/manuscript.html").unlink()
    run = start(clone, tmp_path / "log")
    wait_for(lambda: processes(clone, "render_manuscript"))
    second = make(clone)
    assert second.returncode == 2, second.stdout
    [line] = [line for line in second.stdout.splitlines() if line.startswith("error: ")]
    assert f"{RESULTS}: another run" in line
    assert "wait until it ends, then run again" in line
    assert run.wait() == 0
    assert_finishes(clone, expected)


def test_a_step_that_outlives_its_run_keeps_the_next_one_waiting(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    (clone / RESULTS / "manuscript/manuscript.html").unlink()
    run = start(clone, tmp_path / "log")
    [step, *_] = wait_for(lambda: processes(clone, "render_manuscript"))
    wait_for(lambda: list((clone / RESULTS / "manuscript").glob(".*")))
    os.kill(step, signal.SIGSTOP)
    run.kill()
    run.wait()
    second = make(clone)
    os.kill(step, signal.SIGKILL)
    assert second.returncode == 2
    assert "a step of one that was stopped" in second.stdout
    assert_finishes(clone, expected)
