"""The workflow on a real Slurm, by its profiles: the bytes of a local run, also after what goes wrong on a cluster.

`make test-slurm` runs it, on the cluster of tests/hpc/cluster.py.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from hpc import cluster
from packaging.requirements import Requirement
from project import ROOT, copy_project
from small import change, write_study

from survey.differences import SAME_BYTES
from survey.verification import compare_folders, file_names

ID = "ebmt-cart-2023"
# Polls of a test may be frequent; all else is as the profile says.
SLURM = ["--workflow-profile", "workflow/profiles/slurm", "--slurm-init-seconds-before-status-checks", "2"]
# Small enough for a test, long enough for a node to be lost in the middle.
CALIBRATION = "calibration: {surveys: 300, chunks: 10}\nseed: "
# Two axes by which the universes are divided, so that several jobs share them.
PARTS = "sensitivity:\n  split: [other, late]\n"
CHUNKS = "results/small/calibration/chunks"
# A step that takes more memory than it asks for at first, and one that does not end.
HUNGRY = """\
#!/bin/bash
case "$*" in
*simulate_surveys*--chunk\\ 001*) {python} -c 'import time; held = b"x" * (1300 << 20); time.sleep(8)' || exit 1 ;;
*simulate_surveys*--chunk\\ 002*) exec sleep 600 ;;
esac
exec {python} "$@"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """For copies of the project: a path with blanks and an umlaut."""
    return tmp_path_factory.mktemp("on the clüster")


def start(clone, *arguments, path=Path(sys.prefix) / "bin"):
    """Start Snakemake in a copy of the project; its output is in a file that `output` reads."""
    log = clone / "run.log"
    environment = os.environ | {"PATH": f"{path}{os.pathsep}{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    with log.open("w") as file:
        command = [sys.executable, "-m", "snakemake", *arguments]
        return subprocess.Popen(command, cwd=clone, stdout=file, stderr=subprocess.STDOUT, env=environment)


def output(clone):
    return (clone / "run.log").read_text()


def jobs(clone):
    """How each job of a run ended and what memory it had asked for, one a line."""
    name = re.search(r"SLURM run ID: (\S+)", output(clone))[1]
    return cluster.says("squeue", "-h", "--states=all", "--name", name, "-o", "%T %m")


def run(clone, *arguments):
    """Run Snakemake to its end, which is a good one; prints how long it took."""
    began = time.monotonic()
    code = start(clone, *arguments).wait()
    assert code == 0, output(clone)[-6000:]
    print(f"\n{' '.join(arguments) or 'snakemake'}: {time.monotonic() - began:.0f} s", flush=True)


@pytest.fixture(scope="module")
def local(folder):
    """A copy of the project in which the paper was made without a cluster."""
    clone = copy_project(folder / "local")
    run(clone, "--cores", "2")
    return clone


@pytest.fixture(scope="module")
def submitted(folder):
    """A copy of the project in which the paper was made through Slurm."""
    clone = copy_project(folder / "through Slurm")
    run(clone, *SLURM)
    return clone


@pytest.fixture(scope="module", autouse=True)
def starved(folder):
    """A run with a step that needs more memory than it asks for and one without an end; beside the others."""
    clone = copy_project(folder / "starved")
    study = write_study(folder / "small")
    change(study / "study.yaml", "seed: 1", "calibration: {surveys: 20, sizes: [6], chunks: 2}\nseed: 1")
    shim = folder / "shim" / "python"
    shim.parent.mkdir()
    shim.write_text(HUNGRY.format(python=sys.executable))
    shim.chmod(0o755)
    targets = [f"{CHUNKS}/{chunk}.parquet" for chunk in ("001", "002")]
    alone = ["--group-components", "chunks=1", "--set-resources", "simulate_surveys:runtime=1", "--retries", "1"]
    study_options = ["--config", f"study={study}", f"export={study / 'export.csv'}"]
    process = start(clone, *SLURM, *alone, "--keep-going", *study_options, "--", *targets, path=shim.parent)
    yield clone, process
    process.terminate()
    process.wait()


def assert_same_bytes(one, other, names):
    verdicts, findings = compare_folders(one, other, names, ("locally", "through Slurm"))
    assert len(verdicts) > 10
    assert set(verdicts.values()) == {SAME_BYTES}, findings


def calibration_files(results):
    return {f"calibration/{path.relative_to(results / 'calibration')}" for path in results.glob("calibration/**/*.*")}


def test_the_pinned_plugin_is_installed_and_gets_along_with_the_lock_file():
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements-slurm.lock").read_text(), re.MULTILINE))
    for name, at in pinned.items():
        assert version(name) == at
        for requirement in map(Requirement, requires(name)):
            if not requirement.marker or requirement.marker.evaluate():
                assert requirement.specifier.contains(version(requirement.name)), requirement


def test_a_job_reaches_no_package_registry():
    program = "import socket; socket.create_connection(('pypi.org', 443), 5)"
    process = subprocess.run(["srun", "python3", "-c", program], text=True, capture_output=True, check=False)
    assert process.returncode == 1
    assert "socket.gaierror" in process.stderr
    assert [name for _, name in socket.if_nameindex()] == ["lo"]


def test_the_paper_made_through_slurm_has_the_bytes_of_a_local_run(local, submitted):
    names = file_names(local / "results" / ID)
    assert names == file_names(submitted / "results" / ID)
    assert {"manuscript/manuscript.pdf", "audit/manifest.json", "audit/steps.json"} <= names
    assert_same_bytes(local / "results" / ID, submitted / "results" / ID, names)


def test_the_paper_takes_one_job_for_each_stage(submitted):
    assert re.findall(r"Group job (\w+) ", output(submitted)) == ["cleaned", "statistics", "figures", "paper"]
    assert output(submitted).count("has been submitted with SLURM jobid") == 4


def test_with_the_paper_made_nothing_is_submitted(submitted):
    run(submitted, *SLURM)
    assert "Nothing to be done" in output(submitted)


def test_one_allocation_makes_the_paper(local, folder):
    clone = copy_project(folder / "one allocation")
    environment = os.environ | {"VIRTUAL_ENV": sys.prefix, "PATH": f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}"}
    began = time.monotonic()
    submit = ["sbatch", "--wait", "workflow/profiles/hpc-single/submit.sh"]
    process = subprocess.run(submit, cwd=clone, env=environment, text=True, capture_output=True, check=False)
    [log] = clone.glob("survey-paper-*.log")
    assert process.returncode == 0, log.read_text()[-6000:]
    print(f"\none allocation: {time.monotonic() - began:.0f} s", flush=True)
    names = file_names(local / "results" / ID)
    assert names == file_names(clone / "results" / ID)
    assert_same_bytes(local / "results" / ID, clone / "results" / ID, names)


def test_a_sensitivity_analysis_through_slurm_has_the_bytes_of_a_local_run(local, submitted):
    for clone in (local, submitted):
        change(clone / f"config/studies/{ID}/study.yaml", "sensitivity:\n", PARTS)
    run(submitted, *SLURM, "sensitivity")
    assert output(submitted).count("Group job universes ") == 4
    run(local, "--cores", "2", "sensitivity")
    results = [clone / "results" / ID for clone in (local, submitted)]
    names = [{str(path.relative_to(one)) for path in one.glob("*/sensitivity*")} for one in results]
    assert names[0] == names[1]
    assert_same_bytes(*results, names[0])


def test_a_node_lost_in_mid_run_changes_no_byte(local, submitted):
    for clone in (local, submitted):
        change(clone / f"config/studies/{ID}/study.yaml", "seed: ", CALIBRATION)
    process = start(submitted, *SLURM, "calibration")
    chunks = submitted / f"results/{ID}/logs/simulate_surveys"
    try:
        while not any(chunks.glob("*.log")) or not cluster.says("squeue", "-h", "-w", "node2", "-t", "R"):
            assert process.poll() is None, output(submitted)[-6000:]
            time.sleep(0.5)
        cluster.end_node("node2")
        assert process.wait() == 0, output(submitted)[-6000:]
    finally:
        process.terminate()
        cluster.start_node("node2")
    assert "NODE_FAIL" in jobs(submitted)
    run(local, "--cores", "2", "calibration")
    results = [clone / "results" / ID for clone in (local, submitted)]
    names = calibration_files(results[0])
    assert names == calibration_files(results[1])
    assert_same_bytes(*results, names)


def test_a_job_ended_for_its_memory_is_submitted_again_with_more(starved):
    clone, process = starved
    process.wait()
    assert (clone / f"{CHUNKS}/001.parquet").is_file(), output(clone)[-6000:]
    assert "exceeded memory limit" in output(clone)
    assert "FAILED 1000M\n" in jobs(clone)
    assert "COMPLETED 2000M\n" in jobs(clone)


def test_a_time_limit_is_named(starved):
    clone, process = starved
    assert process.wait() != 0
    assert not (clone / f"{CHUNKS}/002.parquet").exists()
    assert "DUE TO TIME LIMIT" in output(clone)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_was_started_ends_with_the_command(how, tmp_path):
    started = tmp_path / "started"
    command = [sys.executable, str(ROOT / "tests/hpc/cluster.py"), "bash", "-c", f"touch '{started}'; sleep 987"]
    before = daemons()
    # A command begun in the background ignores SIGINT, and so would all that it starts.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=heard)
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.2)
    assert len(daemons()) > len(before)
    os.killpg(process.pid, how)
    process.wait()
    end = time.monotonic() + 20
    while daemons() != before and time.monotonic() < end:
        time.sleep(0.2)
    assert daemons() == before


def daemons():
    """The processes of clusters that run, also of one inside this one."""
    numbers = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return {n for n in numbers if re.search(r"munged|slurmctld|slurmd|sleep 987", cluster.command(n))}
