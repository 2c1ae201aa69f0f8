"""The default study, run once from a copy of the project, for all tests that look at its results."""

import fcntl
import os

import pytest
from browsing import start_browser
from project import copy_project, snakemake


@pytest.fixture(scope="module")
def browser():
    """A browser without windows."""
    yield from start_browser()


@pytest.fixture(scope="session")
def paper(tmp_path_factory):
    """Folder of a copy of the project in which the paper was made; the workers of one test run share it."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "paper"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clone, ready = folder / "clone", folder / "ready"
        if not ready.exists():
            process = snakemake(copy_project(clone))
            assert process.returncode == 0, process.stdout[-6000:]
            ready.touch()
    return clone
