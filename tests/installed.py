"""Other Pythons, and environments of their own, beside the one that runs the tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from project import ROOT


def python_of(minor: str) -> str:
    """A Python of that minor version, from PATH or from pyenv's folder; skips where there is none."""
    name = f"python{minor}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for python in filter(shutil.which, (name, *map(str, sorted(pyenv.glob(f"versions/{minor}.*/bin/{name}"))))):
        command = [python, "-c", "import sys; print(sys.executable)"]
        process = subprocess.run(command, text=True, capture_output=True, check=False)
        if process.returncode == 0:  # pyenv's own program fails where its version is not the one in use
            return process.stdout.strip()
    pytest.skip(f"no {name} on PATH and none known to pyenv")


def install(python: str, requirements: Iterable[str], folder: Path, constraints: Path | None = None) -> str:
    """An environment with these requirements, what they need (as constrained), and nothing else; returns its Python."""
    there = str(folder / "bin" / "python")
    listed = folder.with_suffix(".txt")
    listed.write_text("\n".join(requirements), encoding="utf-8")
    options = ["--constraint", str(constraints)] if constraints else []
    uv("venv", "--no-python-downloads", "--python", python, str(folder))
    uv("pip", "install", "--python", there, "--requirement", str(listed), *options)
    return there


def uv(*arguments: str) -> str:
    """Run uv in the project's folder; what it printed."""
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    command = [sys.executable, "-m", "uv", "--quiet", *arguments]
    process = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, env=environment)
    assert process.returncode == 0, process.stderr
    return process.stdout
