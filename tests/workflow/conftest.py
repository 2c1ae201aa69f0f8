"""The default study, run once from a copy of the project, for all tests that look at its results."""

import pytest
from browsing import start_browser
from project import finished_copy, snakemake


@pytest.fixture(scope="module")
def browser():
    """A browser without windows."""
    yield from start_browser()


@pytest.fixture(scope="session")
def paper(tmp_path_factory):
    """Folder of a copy of the project in which the paper was made; the workers of one test run share it."""
    return finished_copy(tmp_path_factory.getbasetemp(), "paper", snakemake)
