"""Set-up speaks clearly when it cannot succeed."""

import ast
import os
import shutil
import subprocess
import sys

import pytest
from project import ROOT

import set_up


@pytest.fixture
def folder(tmp_path):
    shutil.copy2(ROOT / "requirements.lock", tmp_path)
    return tmp_path


def test_it_can_be_read_by_a_python_that_is_too_old():
    ast.parse((ROOT / "scripts/set_up.py").read_text(), feature_version=(3, 4))


def test_a_python_that_is_too_old_is_named(monkeypatch, capsys):
    monkeypatch.setattr(set_up, "OLDEST", (9, 9))
    with pytest.raises(SystemExit) as stop:
        set_up.main()
    assert stop.value.code == 2
    assert "error: Python 9.9 or newer is needed, this is 3." in capsys.readouterr().err


def test_a_registry_that_cannot_be_reached_is_said_with_what_to_do(folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    environment |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, str(ROOT / "scripts/set_up.py")]
    process = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    assert process.returncode == 2
    assert "the package registry cannot be reached; name your mirror in PIP_INDEX_URL" in process.stderr
    assert not (folder / ".venv/ready").exists()


def test_make_says_when_there_is_no_python(tmp_path):
    for name in ("Makefile", "requirements.lock"):
        shutil.copy2(ROOT / name, tmp_path)
    (tmp_path / "scripts").mkdir()
    shutil.copy2(ROOT / "scripts/set_up.py", tmp_path / "scripts")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    process = subprocess.run(
        ["make", "paper"], cwd=tmp_path, env={"PATH": str(tools)}, text=True, capture_output=True, check=False
    )
    assert process.returncode != 0
    assert "no Python 3.11 or newer found; install one, or name it: make paper PYTHON=" in process.stderr
