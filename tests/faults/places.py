"""A finished study in a folder of its own, runs of it that can be disturbed, and places where writing fails."""

import os
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from project import EXAMPLE, ROOT

STUDY = EXAMPLE.relative_to(ROOT)
RESULTS = Path("results") / EXAMPLE.name
BIN = Path(sys.prefix) / "bin"
NOTHING = "Nothing to be done"
UNREACHABLE = 60
"""Seconds after which what a test waits for is not going to happen."""


def digests(folder):
    """Every file of the results, relative to them, and its SHA-256; logs and benchmarks apart."""
    results = folder / RESULTS
    return {
        name: sha256(path.read_bytes()).hexdigest()
        for path in sorted(results.rglob("*"))
        if path.is_file() and not (name := path.relative_to(results).as_posix()).startswith(("logs/", "benchmarks/"))
    }


def copy(made, place):
    """The finished folder once more, dates and all."""
    shutil.copytree(made, place, symlinks=True)
    return place


def command(*arguments):
    """The command that makes the study."""
    return [sys.executable, "-m", "snakemake", "--cores", "2", "--config", f"study={STUDY}", *arguments]


def surroundings(**variables):
    """The environment of a run, with these variables; None takes one away."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {name: value for name, value in (os.environ | {"PATH": path} | variables).items() if value is not None}


def make(folder, *arguments, before=(), **variables):
    """Run the study in a folder; before: a program, with its options, that runs the command."""
    return said([*before, *command(*arguments)], cwd=folder, env=surroundings(**variables))


def said(words, **how):
    """Run a command to its end; all that it says is in stdout."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "backslashreplace"}
    return subprocess.run(words, check=False, **pipe, **how)


def start(folder, log):
    """Begin a run, which goes on while the test does something to it; what it says goes into a file."""
    with log.open("w") as file:
        return subprocess.Popen(command(), cwd=folder, env=surroundings(), stdout=file, stderr=subprocess.STDOUT)


def wait_for(found):
    """What a function finds, as soon as it finds something."""
    until = time.monotonic() + UNREACHABLE
    while time.monotonic() < until:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def processes(folder, program):
    """Ids of the processes of a step's program that run in a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
            if f"scripts/{program}.py".encode() in words and (place / "cwd").resolve() == folder.resolve():
                found.append(int(place.name))
        except OSError:  # it has ended
            continue
    return found


def apart(script, *arguments, **variables):
    """Run a shell script among mounts of its own; skips where this machine does not allow that."""
    who = [] if os.geteuid() == 0 else ["--map-root-user"]
    unshare = ["unshare", "--mount", *who]
    if not shutil.which("unshare") or said([*unshare, "true"]).returncode:
        pytest.skip("no file systems can be mounted here (unshare --mount)")
    return said([*unshare, "bash", "-euc", script, "bash", *map(str, arguments)], env=surroundings(**variables))


def assert_finishes(folder, expected, **variables):
    """The next run, with nothing done in between, gives the same bytes and no other files."""
    process = make(folder, **variables)
    assert process.returncode == 0, process.stdout[-6000:]
    assert digests(folder) == expected
    assert NOTHING in make(folder, **variables).stdout
