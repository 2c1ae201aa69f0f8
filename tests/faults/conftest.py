"""The second study, finished once for all tests."""

import fcntl
import os

import pytest
from faults.places import digests, make
from project import copy_project


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Folder of a copy of the project with a finished study, not to be changed; the workers of a test run share it."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "made"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clone, ready = folder / "clone", folder / "ready"
        if not ready.exists():
            process = make(copy_project(clone))
            assert process.returncode == 0, process.stdout[-6000:]
            ready.touch()
    return clone


@pytest.fixture(scope="session")
def expected(made):
    """Its results: every file and its SHA-256."""
    return digests(made)
