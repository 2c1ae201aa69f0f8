"""The steps of the workflow: what each runs, on which files, with which code and in which environment."""

import ast
import hashlib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from survey.files import read_text, sha256

COPIED = (
    "study.yaml",
    "codebook.csv",
    "options.csv",
    "recodes.csv",
    "claims.yaml",
    "comparators.csv",
    "manuscript.qmd",
    "references.bib",
)
"""Files of a study that its results hold a copy of: what was asked, never the answers nor the frame."""

PLACEHOLDERS = {
    "STUDY": "the study's folder, which lies outside the clone: snakemake --config study=STUDY",
    "EXPORT": "the raw export, named on the command line: snakemake --config export=EXPORT",
}


@dataclass(frozen=True)
class Job:
    """One run of a rule, as Snakemake plans it.

    inputs: its named and unnamed input files by name; level: how many jobs have to run before it, one after another.
    """

    rule: str
    level: int
    wildcards: dict[str, str]
    command: str
    inputs: dict[str, list[str]]
    outputs: list[str]
    parameters: dict[str, str]
    environment: str


def steps(jobs: Sequence[Job], names: Mapping[str, str]) -> list[dict[str, object]]:
    """One entry per rule, each after those whose files it reads; see `audit/steps.json` in the README.

    names: path outside the clone to the placeholder printed for it.
    """
    return [_step([job for job in jobs if job.rule == rule], names) for rule in _in_order(jobs)]


def _in_order(jobs: Sequence[Job]) -> list[str]:
    """Rules in the order of the workflow, but each after all those that make its inputs."""
    maker = {file: job.rule for job in jobs for file in job.outputs}
    needs: dict[str, set[str]] = {job.rule: set() for job in jobs}
    for job in jobs:
        needs[job.rule] |= {maker[file] for files in job.inputs.values() for file in files if file in maker}
    ordered: list[str] = []
    while len(ordered) < len(needs):
        ordered.append(next(rule for rule in needs if rule not in ordered and needs[rule] - {rule} <= set(ordered)))
    return ordered


def _step(jobs: Sequence[Job], names: Mapping[str, str]) -> dict[str, object]:
    first = jobs[0]
    [script] = first.inputs["script"]
    code = hashes([script, *first.inputs["library"]])
    return {
        "rule": first.rule,
        "purpose": purpose(Path(script)),
        "script": script,
        "code": code,
        "code_sha256": combined(code),
        "environment": first.environment,
        "packages": packages(Path(first.environment)),
        "jobs": [
            {
                "wildcards": job.wildcards,
                "command": shlex.join(placed(word, names) for word in shlex.split(job.command)),
                "inputs": [placed(file, names) for file in data_inputs(job)],
                "outputs": job.outputs,
                "parameters": {name: _placed_option(value, names) for name, value in job.parameters.items()},
            }
            for job in jobs
        ],
    }


def data_inputs(job: Job) -> list[str]:
    """Input files of a job that are neither its code nor the lock file, each once."""
    program = ("script", "library", "packages")
    return list(dict.fromkeys(file for name, files in job.inputs.items() if name not in program for file in files))


def placed(path: str, names: Mapping[str, str]) -> str:
    """A path, or a word of a command, whose start is one of `names`, with that start replaced."""
    for outside, name in names.items():
        if path == outside or path.startswith(f"{outside}/"):
            return name + path[len(outside) :]
    return path


def _placed_option(value: str, names: Mapping[str, str]) -> str:
    """A parameter, of which each word is placed where it is an option of the command, such as `--sample FILE`."""
    if not value.startswith("--"):
        return placed(value, names)
    return shlex.join(placed(word, names) for word in shlex.split(value))


def given(jobs: Sequence[Job], apart: str = "") -> list[str]:
    """Files that jobs (those of one rule apart) read and none makes, code and lock file aside, sorted."""
    made = {file for job in jobs for file in job.outputs}
    return sorted({file for job in jobs if job.rule != apart for file in data_inputs(job)} - made)


def purpose(script: Path) -> str:
    """First line of a script's docstring."""
    return (ast.get_docstring(ast.parse(read_text(script))) or "").partition("\n")[0]


def packages(environment: Path) -> dict[str, str]:
    """Package to version, as a conda environment file pins them; which Python runs is left to the machine."""
    pins = dict(re.findall(r"^ +- ([\w.-]+) ?==?(\S+)$", read_text(environment), re.MULTILINE))
    return {name: version for name, version in pins.items() if name != "python"}


def hashes(files: Iterable[str]) -> dict[str, str]:
    """File to the SHA-256 of its bytes."""
    return {file: sha256(Path(file)) for file in sorted(files)}


def code_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Every file of the steps' code and its SHA-256; record: audit/steps.json."""
    return {file: digest for step in record["steps"] for file, digest in step["code"].items()}


def made_by(record: Mapping[str, Any]) -> dict[str, str]:
    """Every file of the results, relative to their folder, and the rule that makes it; record: audit/steps.json."""
    root = f"{record['folders']['results']}/"
    return {
        output.removeprefix(root): step["rule"]
        for step in record["steps"]
        for job in step["jobs"]
        for output in job["outputs"]
    }


def combined(code: Mapping[str, str]) -> str:
    """One SHA-256 over several files: of the lines that `sha256sum` prints for them, sorted by name."""
    lines = "".join(f"{digest}  {file}\n" for file, digest in sorted(code.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def library(script: Path) -> list[str]:
    """The modules beside a script that it imports anywhere in it, directly or through another, sorted."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        new = set(_imports(waiting.pop(), script.parent)) - found
        found |= new
        waiting += new
    return sorted(map(str, found))


@cache
def _imports(path: Path, folder: Path) -> tuple[Path, ...]:
    """Files below a folder that one file imports, their packages among them."""
    package = path.relative_to(folder).parts[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            start = ".".join([*above, *([node.module] if node.module else [])])
            names |= {start, *(f"{start}.{alias.name}" for alias in node.names)}
    parts = {tuple(name.split(".")[:length]) for name in names for length in range(1, name.count(".") + 2)}
    candidates = [folder.joinpath(*part) for part in parts]
    return tuple(
        file for path in candidates for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()
    )
