"""The default study, run once from a copy of the project, for all tests that look at its results."""

import pytest
from project import copy_project, snakemake


@pytest.fixture(scope="session")
def paper(tmp_path_factory):
    """Folder of a copy of the project in which the paper was made."""
    folder = copy_project(tmp_path_factory.mktemp("paper") / "clone")
    process = snakemake(folder)
    assert process.returncode == 0, process.stdout[-6000:]
    return folder
