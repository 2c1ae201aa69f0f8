"""The second study, finished once for all tests."""

import pytest
from faults.places import digests, make
from project import finished_copy


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Folder of a copy of the project with a finished study, not to be changed; the workers of a test run share it."""
    return finished_copy(tmp_path_factory.getbasetemp(), "made", make)


@pytest.fixture(scope="session")
def expected(made):
    """Its results: every file and its SHA-256."""
    return digests(made)
