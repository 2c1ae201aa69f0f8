"""The project as a newcomer has it: copied, run, and its steps called."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "config", "envs", "resources", "scripts", "workflow", "requirements.lock", "pyproject.toml")
STUDY = ROOT / "config" / "studies" / "ebmt-cart-2023"
SIMULATED = ROOT / "resources" / "simulated"
EXAMPLE = ROOT / "config" / "studies" / "catheter-care-2024"


def copy_project(destination: Path) -> Path:
    """Copy what the pipeline needs, without results, into a folder."""
    destination.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, destination / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, destination / part)
    (destination / "profiles").symlink_to("workflow/profiles")
    return destination


def finished_copy(base: Path, name: str, run: Callable[[Path], subprocess.CompletedProcess[str]]) -> Path:
    """A copy of the project in which a study was run, once for all workers of a test run.

    base: pytest's folder of temporary files, below which the copy has a folder of that name.
    """
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clone, ready = folder / "clone", folder / "ready"
        if not ready.exists():
            process = run(copy_project(clone))
            assert process.returncode == 0, process.stdout[-6000:]
            ready.touch()
    return clone


def rules_of_steps() -> dict[str, str]:
    """Every rule that runs a step, and its text."""
    return {
        match[1]: match[2]
        for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))
        for match in re.finditer(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(), re.MULTILINE | re.DOTALL)
        if "shell:" in match[2]
    }


def environment_of(rule: str) -> str:
    """The name of the environment that a rule asks for, from its text."""
    return re.search(r"envs/(\w+)\.yaml", rule)[1]


def snakemake(
    folder: Path, *arguments: str, python: str = sys.executable, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a copy of the project; its output is in stdout."""
    command = [python, "-m", "snakemake", "--cores", "2", *arguments]
    environment = environment or os.environ | {"PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env=environment
    )


def step(name: str, *arguments: object, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run one step's program alone, as a reviewer would."""
    command = [sys.executable, f"scripts/{name}.py", *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, env=environment)


def call(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one step's program in this process, quicker than `step` and with the same outcome."""
    from contextlib import redirect_stderr, redirect_stdout
    from importlib import import_module
    from io import StringIO

    from survey.errors import run

    out, err, code = StringIO(), StringIO(), 0
    main = import_module(name).main
    with redirect_stdout(out), redirect_stderr(err):
        try:
            run(lambda: main([*map(str, arguments)]))
        except SystemExit as stop:
            code = int(stop.code or 0)
    return subprocess.CompletedProcess([name, *map(str, arguments)], code, out.getvalue(), err.getvalue())
