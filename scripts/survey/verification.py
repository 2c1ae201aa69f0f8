"""Checking finished results: every file against the manifest, the files it was made from, and a second run."""

import json
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from survey.bundle import STUDIES, SUMS
from survey.contents import read_content
from survey.differences import DIFFERS, SAME_BYTES, SAME_VALUES, compare_files, difference
from survey.errors import BadInput
from survey.files import read_text, sha256
from survey.left_out import OF_ARCHIVE, left_out_names, read_left_out
from survey.manifest import ASIDE, MANIFEST, VALUES, describe_file, own_sha256, software, versions_told
from survey.steps import code_of, combined, made_by, placed

STEPS = "audit/steps.json"
NOT_RUN_AGAIN = ("record_steps", "write_manifest")
"""The record of the steps is what is run again, and the manifest what all is compared with."""
KEYS = (
    "export",
    "frame",
    "study",
    "resources",
    "workflow",
    "code",
    "steps",
    "renderer",
    "software",
    "files",
    "manifest_sha256",
)
SOURCES = ("code", "workflow", "resources", "study")
COPIES = "audit/study"
CODE_FOLDERS = ("scripts", "workflow", "envs", "config")
"""Folders of an archive in which a file more than its SHA256SUMS lists may change what is run."""
CONTENT_NAMES = {
    "cells": "cells",
    "values": "values",
    "xml": "elements of the drawing",
    "parts": "parts of the document",
    "words": "words",
    "lines": "lines",
}


@dataclass(frozen=True)
class Finding:
    """What was found of one file.

    area: results, code, workflow, resources, study, export, frame, linked, archive or run; file: as a person finds it;
    verdict: SAME_VALUES (written anew, nothing in it changed) or DIFFERS; detail: where and by how much.
    """

    area: str
    file: str
    verdict: str
    detail: str


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest. Raises BadInput where it is not there or is none."""
    content = _read_json(path)
    try:
        complete = all(key in content for key in KEYS) and all({"file", "rule"} <= set(one) for one in content["files"])
    except (KeyError, TypeError):
        complete = False
    if not complete:
        raise BadInput(f"{path}: not a manifest, which has {', '.join(KEYS)}; take the one that came with the results")
    return content


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read ({error}); take the one that came with the results") from None


def read_record(results: Path) -> dict[str, Any]:
    """The recorded steps. Raises BadInput where they cannot be read."""
    record = _read_json(results / STEPS)
    try:
        made_by(record)
        used_by(record)
        (results / record["folders"]["study"], results / record["export"]["file"])
    except (AttributeError, KeyError, TypeError):
        raise BadInput(f"{results / STEPS}: holds no steps; take the one that came with the results") from None
    return record


def used_by(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """File of the code to the steps that use it."""
    used: dict[str, list[str]] = {}
    for step in record["steps"]:
        for file in step["code"]:
            used.setdefault(file, []).append(step["rule"])
    return used


def check_results(
    results: Path, manifest: Mapping[str, Any], describe: Callable[[Path], dict[str, object]] = describe_file
) -> list[Finding]:
    """Every file of a results folder against the manifest, and every file that it does not list.

    In a review archive, less what its left_out.csv lists, and without that list and what stands in for the clean table.
    """
    findings = []
    away = left_out_names(results)
    of_archive = set(OF_ARCHIVE) if read_left_out(results) else set()
    listed = {entry["file"]: entry for entry in manifest["files"]}
    unchanged = own_sha256(manifest) == manifest["manifest_sha256"]
    for name, entry in listed.items():
        path = results / name
        if not path.is_file():
            if name not in away:
                findings.append(Finding("results", name, DIFFERS, f"is missing; {entry['rule']} makes it"))
            continue
        try:
            now = describe(path)
        except BadInput as error:
            findings.append(Finding("results", name, DIFFERS, str(error).removeprefix(f"{path}: ")))
            continue
        before = {key: value for key, value in entry.items() if key not in ("file", "rule")}
        if now != before:
            verdict, detail = _compare_entries(before, now)
            detail += "" if unchanged else f"; {MANIFEST} was changed, too, so it may be the entry that is wrong"
            findings.append(Finding("results", name, verdict, detail))
    for name in sorted(file_names(results) - set(listed) - {MANIFEST} - of_archive):
        findings.append(Finding("results", name, DIFFERS, "is not in the manifest: it was added"))
    if not unchanged:
        detail = "does not match its own checksum (manifest_sha256): it was changed after it was written"
        findings.append(Finding("results", MANIFEST, DIFFERS, detail))
    altered = {finding.file for finding in findings}
    return [_with_cell(finding, results, altered) for finding in findings]


def file_names(results: Path) -> set[str]:
    names = (path.relative_to(results).as_posix() for path in results.rglob("*") if not path.is_dir())
    return {name for name in names if not name.startswith(ASIDE)}


def _compare_entries(before: Mapping, now: Mapping) -> tuple[str, str]:
    if before.get("sha256") == now["sha256"]:
        keys = [key for key in dict.fromkeys([*now, *before]) if now.get(key) != before.get(key)]
        told = [f"{key} {before.get(key)} in the manifest, {now.get(key)} in the file" for key in keys]
        return DIFFERS, f"the file is as listed, but its entry is not: {'; '.join(told)}"
    kind = now.get("content")
    if kind and now["content_sha256"] == before.get("content_sha256"):
        if kind == "words":
            return DIFFERS, "the words are as listed, the page around them is not"
        return SAME_VALUES, f"written anew: other bytes, the same {CONTENT_NAMES[kind]}"
    told = []
    if now.get("rows") != before.get("rows"):
        told.append(f"{now.get('rows')} rows instead of {before.get('rows')}")
    if now.get("columns") != before.get("columns"):
        told.append(f"other columns: {', '.join(now.get('columns', []))}")
    what = CONTENT_NAMES[kind] if kind else f"bytes ({now['bytes']:,}, listed {before.get('bytes'):,})"
    return DIFFERS, "; ".join(told) or f"other {what} than listed"


def _with_cell(finding: Finding, results: Path, altered: set[str]) -> Finding:
    """A finding on a table with the cell that differs from its twin (the CSV of a Parquet, or the other way)."""
    path = results / finding.file
    twin = path.with_suffix({".csv": ".parquet", ".parquet": ".csv"}.get(path.suffix, ""))
    name = twin.relative_to(results).as_posix()
    if finding.verdict != DIFFERS or twin == path or name in altered or not (twin.is_file() and path.is_file()):
        return finding
    try:
        before, after = (read_content(file)[1] | {"notes": {}} for file in (twin, path))
    except Exception:  # a table that cannot be read has been reported as such
        return finding
    place = difference("cells", before, after, (f"in {twin.name}", f"in {path.name}"))
    return Finding(finding.area, finding.file, finding.verdict, f"{finding.detail}; {place}") if place else finding


def as_listed(results: Path, name: str, manifest: Mapping[str, Any]) -> bool:
    """Whether a file has the bytes that the manifest lists."""
    listed = {entry["file"]: entry for entry in manifest["files"]}
    return (results / name).is_file() and listed.get(name, {}).get("sha256") == sha256(results / name)


def check_record(results: Path, manifest: Mapping[str, Any]) -> list[Finding]:
    """Whether the manifest says of the run what the files of the results say of it; none where those are altered."""
    listed = {entry["file"]: entry for entry in manifest["files"]}
    said: list[tuple[str, str, object, object]] = []
    for name in (STEPS, "ingest/ingest.json", "manuscript/render.json"):
        if not as_listed(results, name, manifest):
            continue
        content = _read_json(results / name)
        if name == STEPS:
            said += [(name, key, manifest[key], content[key]) for key in ("frame", "study", "resources", "workflow")]
            said.append((name, "code", manifest["code"], code_of(content)))
            steps = {step["rule"]: combined(step["code"]) for step in content["steps"]}
            said.append((name, "steps", manifest["steps"], steps))
            rule_of = made_by(content) | {MANIFEST: ""}
            rules = {file: entry["rule"] for file, entry in listed.items()}
            said.append((name, "files", rules, {file: rule_of.get(file, "") for file in rules}))
        elif name == "ingest/ingest.json":
            said.append((name, "export", manifest["export"], {key: content[key] for key in manifest["export"]}))
        else:
            said.append((name, "renderer", manifest["renderer"], content))
    if as_listed(results, STEPS, manifest) and as_listed(results, VALUES, manifest):
        versions = software(_read_json(results / STEPS), _read_json(results / VALUES))
        said.append((f"{STEPS} and {VALUES}", "software", manifest["software"], versions))
    return [
        Finding("results", MANIFEST, DIFFERS, f"{key} > {difference('values', there, here, (f'in {name}', 'here'))}")
        for name, key, here, there in said
        if here != there
    ]


def read_sums(root: Path) -> dict[str, str]:
    """File to checksum, as an archive's SHA256SUMS lists them; {} where root has no such list, as in a clone.

    Raises BadInput for a list that cannot be read.
    """
    listed = {}
    lines = read_text(root / SUMS).splitlines() if (root / SUMS).is_file() else []
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(r"[0-9a-f]{64}  .+", line):
            raise BadInput(
                f"{root / SUMS}: line {number}: {line[:40]!r} is no checksum and file; take the one that came"
            )
        listed[line[66:]] = line[:64]
    return listed


def check_archive(results: Path, root: Path) -> tuple[int, list[Finding]]:
    """Every file that an archive's SHA256SUMS lists, and files that joined its code: how many, and what was found.

    (0, []) where root has no such list, as in a clone. Nothing is said of what Snakemake records, which every run
    changes, nor of raw data that were put back. Raises BadInput for a list that cannot be read.
    """
    if not (root / SUMS).is_file():
        return 0, []
    listed = read_sums(root)
    findings = []
    checked = [name for name in listed if not name.startswith(".snakemake/")]
    for name in checked:
        path = root / name
        if not path.is_file():
            findings.append(Finding("archive", name, DIFFERS, f"is missing; {SUMS} lists it"))
        elif sha256(path) != listed[name]:
            findings.append(Finding("archive", name, DIFFERS, f"is not as {SUMS} lists it"))
    known = set(listed) | {row["file"] for row in read_left_out(results)}
    there = {path.relative_to(root) for part in CODE_FOLDERS for path in (root / part).rglob("*") if path.is_file()}
    added = sorted(path.as_posix() for path in there if "__pycache__" not in path.parts)
    findings += [
        Finding("archive", name, DIFFERS, f"is not in {SUMS}: it was added") for name in added if name not in known
    ]
    return len(checked), findings


def checks(
    results: Path,
    project: Path,
    manifest: Mapping[str, Any],
    study: Path,
    export: Path | None,
    describe: Callable[[Path], dict[str, object]] = describe_file,
) -> list[tuple[str, int, list[Finding]]]:
    """All that can be checked without running anything: what, how many files, and what was found of them."""
    found = check_sources(results, project, study, export, manifest)
    sources = [(area, len(manifest[area]), [one for one in found if one.area == area]) for area in SOURCES]
    record = read_record(results)
    linked = find_linked(project, study, export, record)
    away = len(left_out_names(results))
    described = check_results(results, manifest, describe)
    archived, changed = check_archive(results, project)
    # Each file once: what the manifest's checks tell of it tells more.
    told = {str(project / one.file) for one in found} | {str(results.resolve() / one.file) for one in described}
    changed = [one for one in changed if str(project / one.file) not in told]
    which = f"results, but {away} left out of the archive" if away else "results, against the manifest"
    return [
        (which, len(manifest["files"]) - away, described),
        ("manifest, against the record of the steps", 1, check_record(results, manifest)),
        *sources,
        ("raw export", 1 if export else 0, [one for one in found if one.area == "export"]),
        (
            "sampling frame",
            1 if _at_hand(project, study, manifest) else 0,
            [one for one in found if one.area == "frame"],
        ),
        *([(f"archive, against its {SUMS}", archived, changed)] if archived else []),
        *(
            (
                f"table beside the export: {table['file']}",
                1 if name in linked else 0,
                [one for one in found if one.area == "linked" and one.file == str(linked.get(name))],
            )
            for name, table in record.get("linked", {}).items()
        ),
    ]


def _at_hand(project: Path, study: Path, manifest: Mapping[str, Any]) -> Path | None:
    """The file of the sampling frame, where the study has one and it is there."""
    name = manifest["frame"].get("file")
    return next((path for path in (study / name, project / name) if path.is_file()), None) if name else None


def find_linked(project: Path, study: Path, export: Path | None, record: Mapping[str, Any]) -> dict[str, Path]:
    """The tables beside the export that are at hand, by their id: in the study's folder, or where the export lies."""
    beside = [export.parent] if export else []
    places = {
        name: [*(folder / table["file"] for folder in (study, project, *beside)), *_packed(project, table["sha256"])]
        for name, table in record.get("linked", {}).items()
    }
    found = {name: next((path for path in paths if path.is_file()), None) for name, paths in places.items()}
    return {name: path for name, path in found.items() if path}


def find_study(results: Path, project: Path, record: Mapping[str, Any], given: Path | None) -> Path:
    """The study's folder: the given one, else the recorded one, else in a review archive the one that came with it.

    Where there is none, the copies that lie in the results.
    """
    folders = [project / record["folders"]["study"]]
    if (project / SUMS).is_file():
        folders.append(project / STUDIES / Path(record["folders"]["results"]).name)
    return given or next((folder for folder in folders if folder.is_dir()), results / COPIES)


def find_export(project: Path, study: Path, record: Mapping[str, Any], given: Path | None) -> Path | None:
    """The raw export: the given one, else the recorded one where it is at hand."""
    recorded = record["export"]["file"]
    found = [study / recorded, project / recorded, *_packed(project, record["export"]["sha256"])]
    return next((path for path in ([given] if given else found) if path.is_file()), None)


def _packed(project: Path, digest: str) -> list[Path]:
    """Where a file of this checksum lies in a review archive, whatever became of it there."""
    return [project / name for name, one in read_sums(project).items() if one == digest]


def recorded_path(record: Mapping[str, Any], placeholder: str, file: str) -> str:
    """How the recorded commands call a file of data: by a placeholder, as a file of the study, or of the project."""
    read = {path for step in record["steps"] for job in step["jobs"] for path in job["inputs"]}
    names = (placeholder, f"{record['folders']['study']}/{file}", file)
    return next((name for name in names if name in read), placeholder)


def data_places(record: Mapping[str, Any], export: Path, linked: Mapping[str, Path]) -> dict[str, str]:
    """How the recorded commands call the export and the tables beside it, to where these lie now."""
    tables = linked_paths(record)
    places = {tables[name]: str(path.resolve()) for name, path in linked.items()}
    return {recorded_path(record, "EXPORT", record["export"]["file"]): str(export.resolve())} | places


def linked_paths(record: Mapping[str, Any]) -> dict[str, str]:
    """How the recorded commands call each table beside the export."""
    linked = record.get("linked", {})
    return {name: recorded_path(record, f"LINKED_{name}", table["file"]) for name, table in linked.items()}


def check_sources(
    results: Path, project: Path, study: Path, export: Path | None, manifest: Mapping[str, Any]
) -> list[Finding]:
    """Code, rules, packages, resources, the study's files and the export against what the results were made from.

    Where the record of the steps is as listed, agrees with a file and the manifest does not, it is the manifest that
    was changed, as `check_record` says; so nothing is said of the file.
    """
    record = read_record(results)
    trusted = as_listed(results, STEPS, manifest)
    used = used_by(record)
    recorded = {area: record[area] for area in SOURCES if area != "code"} if trusted else {}
    recorded["code"] = code_of(record)
    findings = []
    for area in SOURCES:
        folder = study if area == "study" else project
        for file, digest in manifest[area].items():
            path = folder / file
            now = sha256(path) if path.is_file() else None
            if now == digest or (trusted and now and now == recorded[area].get(file)):
                continue
            if not now and folder == results / COPIES:
                continue
            by = f"; {', '.join(used[file])} use{'s' if len(used[file]) == 1 else ''} it" if file in used else ""
            what = "was changed since the results were made" if now else "is missing"
            findings.append(Finding(area, str(path) if area == "study" else file, DIFFERS, f"{what}{by}"))
    if export and sha256(export) != manifest["export"]["sha256"]:
        detail = "is not the export that the results were made from, or was changed since"
        findings.append(Finding("export", str(export), DIFFERS, detail))
    frame = _at_hand(project, study, manifest)
    if frame and sha256(frame) != manifest["frame"]["sha256"]:
        findings.append(Finding("frame", str(frame), DIFFERS, "was changed since the results were made"))
    for name, path in find_linked(project, study, export, record).items():
        if trusted and sha256(path) != record["linked"][name]["sha256"]:
            findings.append(Finding("linked", str(path), DIFFERS, "was changed since the results were made"))
    return findings


def absent(steps: Sequence["Command"], project: Path) -> list[str]:
    """Files that commands read, none of them makes, and that are not there."""
    made = {file for command in steps for file in command.outputs}
    read = {file for command in steps for file in (command.words[0], *command.inputs)}
    return sorted(file for file in read - made if not (project / file).is_file())


@dataclass(frozen=True)
class Command:
    """One recorded command, ready to run: its name for people, words, and the files that it reads and makes."""

    name: str
    words: list[str]
    inputs: frozenset[str]
    outputs: frozenset[str]


def commands(record: Mapping[str, Any], places: Mapping[str, str], renderer: str) -> list[Command]:
    """The recorded commands in order, without those of NOT_RUN_AGAIN.

    places: what a recorded path begins with (results folder, study, STUDY, EXPORT) to where it lies now. Who rendered
    the manuscript renders it again. Raises BadInput for a record of anything but Python scripts of the project, and of
    one that would write anywhere but into the results.
    """
    found = []
    for step in record["steps"]:
        for job in step["jobs"] if step["rule"] not in NOT_RUN_AGAIN else ():
            python, *words = shlex.split(job["command"])
            inside = all(output.startswith(f"{record['folders']['results']}/") for output in job["outputs"])
            if python != "python" or not inside or not re.fullmatch(r"scripts/\w+\.py", words[0] if words else ""):
                raise BadInput(f"{STEPS}: the command of {step['rule']} is not a step of the project; do not run it")
            words = [placed(word, places) for word in words]
            if "--renderer" in words:
                words[words.index("--renderer") + 1] = renderer
            found.append(
                Command(
                    " ".join([step["rule"], *map(str, job["wildcards"].values())]),
                    words,
                    frozenset(placed(file, places) for file in job["inputs"]),
                    frozenset(placed(file, places) for file in job["outputs"]),
                )
            )
    return found


def leading_to(steps: Sequence[Command], files: Iterable[str]) -> list[Command]:
    """Those commands that files come from, directly or through others, in order."""
    wanted, needed = set(files), []
    for command in reversed(steps):
        if command.outputs & wanted:
            needed.append(command)
            wanted |= command.inputs
    return needed[::-1]


def run_again(
    steps: Sequence[Command], project: Path, python: str, workers: int, tell: Callable[[str], None]
) -> list[Finding]:
    """Run commands in the project's folder, each once all are done whose files it reads; stops at one that fails.

    Their modules are compiled afresh, elsewhere: nothing in the project's folder is read from a cache or written.
    """
    maker = {file: number for number, command in enumerate(steps) for file in command.outputs}
    missing = {
        number: {maker[file] for file in command.inputs if file in maker} - {number}
        for number, command in enumerate(steps)
    }
    findings: list[Finding] = []
    running: dict[Future, int] = {}
    with tempfile.TemporaryDirectory() as cache, ThreadPoolExecutor(workers) as pool:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONPATH", None)
        done = 0
        while (missing and not findings) or running:
            ready = [number for number, needs in missing.items() if not needs] if not findings else []
            for number in ready:
                del missing[number]
                running[pool.submit(_run, [python, *steps[number].words], project, environment)] = number
            if not running:
                raise BadInput(f"{STEPS}: its steps wait for one another; take the one that came with the results")
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number, complaint, done = running.pop(future), future.result(), done + 1
                tell(f"{done}/{len(steps)} {steps[number].name}")
                if complaint:
                    findings.append(Finding("run", steps[number].name, DIFFERS, f"did not run again: {complaint}"))
                for needs in missing.values():
                    needs.discard(number)
    return findings


def _run(words: Sequence[str], project: Path, environment: Mapping[str, str]) -> str:
    """Run one command; returns what it complained about, empty where it ended well."""
    process = subprocess.run(words, cwd=project, env=environment, text=True, capture_output=True, check=False)
    if process.returncode == 0:
        return ""
    said = [line for line in (process.stderr or process.stdout).splitlines() if line.strip()]
    return said[-1].strip() if said else f"exit code {process.returncode}"


def other_versions(one: Path, other: Path) -> set[str]:
    """Versions of software, as manuscript/values.json tells them, in which two runs differ."""
    there = [_read_json(folder / VALUES) if (folder / VALUES).is_file() else {} for folder in (one, other)]
    told = [set(versions_told(values).items()) for values in there]
    return {version for _, version in told[0] ^ told[1]}


def left_out_entries(results: Path, manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The manifest's entries of the files that an archive leaves out and that are not there, by file."""
    away = left_out_names(results)
    return {entry["file"]: entry for entry in manifest["files"] if entry["file"] in away}


def compare_with_entry(path: Path, entry: Mapping[str, Any], names: tuple[str, str]) -> tuple[str, str]:
    """The verdict on a file that was made again, of which one folder has no more than the manifest's entry."""
    now = describe_file(path)
    if now["sha256"] == entry.get("sha256"):
        return SAME_BYTES, ""
    verdict, detail = _compare_entries(entry, now)
    return verdict, f"is left out {names[0]}; {names[1]}: {detail}"


def compare_folders(
    one: Path,
    other: Path,
    files: Iterable[str],
    names: tuple[str, str],
    away: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[dict[str, str], list[Finding]]:
    """The verdict on each of these files in two results folders, and a finding for all that have other bytes.

    away: the manifest's entries of files that the first folder leaves out, with which the second's are compared.
    """
    away = away or {}
    verdicts, findings = {}, []
    versions = other_versions(one, other)
    for file in sorted(files):
        there = [folder for folder in (one, other) if (folder / file).is_file()]
        if there == [other] and file in away:
            verdict, detail = compare_with_entry(other / file, away[file], names)
        elif len(there) < 2:
            absent = names[1 if there == [one] else 0]
            verdict, detail = DIFFERS, f"is missing {absent}"
        else:
            verdict, detail = compare_files(one / file, other / file, names, versions)
        verdicts[file] = verdict
        if verdict != SAME_BYTES:
            findings.append(Finding("results", file, verdict, detail or f"other bytes {names[1]}, the same values"))
    return verdicts, findings
