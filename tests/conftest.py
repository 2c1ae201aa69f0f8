"""Fixtures that several tests share."""

import os

import pytest
from hypothesis import settings
from small import write_study

pytest.register_assert_rewrite("documents")  # so that a failure there shows what differs

# No deadline: a slow machine is no failure. Fixed examples in CI: what fails there fails again.
settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
# `make fuzz`: many examples, every time others.
settings.register_profile("fuzz", deadline=None, max_examples=int(os.environ.get("EXAMPLES", "2000")))
settings.load_profile("project")


@pytest.fixture
def small(tmp_path):
    """The small study's folder, fresh for every test."""
    return write_study(tmp_path / "small")
