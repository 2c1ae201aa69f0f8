"""Fixtures that several tests share."""

import pytest
from small import write_study


@pytest.fixture
def small(tmp_path):
    """The small study's folder, fresh for every test."""
    return write_study(tmp_path / "small")
