"""Changes that Snakemake overlooks, as it goes by dates.

It takes an input that is older than an output for the one that the output was made from. That is not so if the clock
was put back in between, or if a file was replaced by another one that kept its older date. And it takes an output for
what a step wrote, whoever wrote it.
"""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from survey.errors import BadInput
from survey.files import sha256
from survey.manifest import MANIFEST, own_sha256
from survey.records import INCOMPLETE, record_file
from survey.steps import code_of

LONG_AGO = 1  # in seconds; the first date that every file system can tell, and that Snakemake takes for one


def date_back(results: Path, study: Path, export: str, frame: str, linked: Mapping[str, str]) -> None:
    """Give all results one date of long ago, so that Snakemake compares what its inputs hold, where dates mislead.

    That is where a result is of the future, or a source is another than the results were made from, and yet older.
    study: its folder; export, frame: paths, "" for none; linked: id of a linked table to its path. Raises BadInput
    where dates cannot be set.
    """
    made = [path for path in results.rglob("*") if path.is_file()]
    newest = max((path.stat().st_mtime for path in made), default=0)
    if newest <= time.time() and not any(
        path.is_file() and path.stat().st_mtime <= newest and sha256(path) != digest
        for path, digest in _sources(results, study, export, frame, linked).items()
    ):
        return
    for path in made:
        try:
            os.utime(path, (LONG_AGO, LONG_AGO))
        except OSError as error:
            raise BadInput(f"{path}: its date misleads and cannot be changed ({error.strerror})") from None


def _sources(results: Path, study: Path, export: str, frame: str, linked: Mapping[str, str]) -> dict[Path, str]:
    """What the results were made from, with its SHA-256; nothing where the record is absent or damaged."""
    record = _read(results / "audit" / "steps.json")
    try:
        digests = record["resources"] | record["workflow"] | code_of(record) | {export: record["export"]["sha256"]}
        digests |= {frame: record["frame"]["sha256"]} if frame and record["frame"] else {}
        digests |= {study / name: digest for name, digest in record["study"].items()}
        digests |= {path: record["linked"][name]["sha256"] for name, path in linked.items() if name in record["linked"]}
    except (KeyError, TypeError, AttributeError):
        return {}
    return {Path(path): digest for path, digest in digests.items()}


def forget_edited(results: Path) -> list[Path]:
    """The results that were edited since steps made them; Snakemake is told that their steps did not end.

    Edited is a file that differs from the manifest, changed after it, and has another date than when its step ended.
    """
    path = results / MANIFEST
    if not path.is_file():
        return []
    manifest, since = _read(path), path.stat().st_ctime
    if manifest.get("manifest_sha256") != own_sha256(manifest):
        edited = [path]
    else:
        files = [(results / entry["file"], entry["sha256"]) for entry in manifest["files"]]
        edited = [
            file
            for file, digest in files
            if file.is_file() and file.stat().st_ctime > since and sha256(file) != digest and not _as_made(file)
        ]
    for file in edited:
        forget(file)
    return edited


def forget(file: Path) -> None:
    """Tell Snakemake that the step of this result did not end: it runs again."""
    marker = record_file(file.as_posix(), INCOMPLETE)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text('{"external_jobid": null}', encoding="utf-8")


def _as_made(file: Path) -> bool:
    return _read(record_file(file.as_posix())).get("endtime") == file.stat().st_mtime


def _read(path: Path) -> dict[str, Any]:
    """An object of a JSON file, an empty one where it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
