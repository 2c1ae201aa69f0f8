"""What lies in a results folder, by which rule, with checksums of its bytes and of what it holds."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from survey.contents import content_sha256, read_content
from survey.errors import BadInput, one_line
from survey.files import read_text
from survey.steps import code_of, made_by

MANIFEST = "audit/manifest.json"
VALUES = "manuscript/values.json"
ASIDE = (
    *("logs/", "benchmarks/", "calibration/", "sensitivity/"),
    *("stats/sensitivity.", "stats/sensitivity_", "figures/sensitivity.", "figures/sensitivity-86mm."),
)
"""How files of the results begin that no manifest lists: they tell when and how fast, or are made only when asked for.
"""


def describe_file(path: Path) -> dict[str, object]:
    """Size and checksums of a file.

    bytes: its size; sha256: of its bytes; content: what else is compared (`read_content`), and content_sha256 of that,
    the same whoever wrote the file; of tables also rows and columns. Raises BadInput for a file that cannot be read as
    what its name says.
    """
    try:
        data = path.read_bytes()
        entry: dict[str, object] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        kind, content = read_content(path)
    except Exception as error:  # of whichever reader: Parquet, XML, ZIP, JSON
        raise BadInput(f"{path}: cannot be read ({one_line(error)}); make it again") from error
    if kind:
        entry |= {"content": kind, "content_sha256": content_sha256(kind, content)}
    if kind == "cells":
        columns = content["columns"]
        entry |= {"rows": max(map(len, columns.values()), default=0), "columns": list(columns)}
    return entry


def software(record: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    """Package (as conda names it) to version: as told by the step that used it, else as pinned for the steps.

    record: audit/steps.json; values: manuscript/values.json, which tells Python's and those of the statistics. What is
    installed where the manifest is written says nothing of the steps that ran in other environments.
    """
    pins = {name: version for step in record["steps"] for name, version in step["packages"].items()}
    return dict(sorted((pins | versions_told(values)).items()))


def versions_told(values: Mapping[str, Any]) -> dict[str, str]:
    """Package to version, as manuscript/values.json tells them."""
    told = {name: entry["display"] for name, entry in values.items() if name.startswith("software.")}
    return {name.removeprefix("software."): version for name, version in told.items()}


def manifest(results: Path, record: Mapping[str, Any], export: Mapping, renderer: Mapping) -> dict[str, object]:
    """The whole manifest, from the steps as they are recorded in audit/steps.json.

    What went in: export, frame, study, resources, workflow and code (file to SHA-256), and steps (one for each step's
    code together); what it ran on: renderer and software; what came out: files, each with its rule. Last
    `manifest_sha256`, of all the rest: a manifest that was changed afterwards, by accident or without much thought,
    tells so itself.
    """
    values = json.loads(read_text(results / VALUES))
    content = {
        "export": {key: export[key] for key in ("file", "sha256", "platform", "records")},
        **{key: record[key] for key in ("frame", "study", "resources", "workflow")},
        "code": code_of(record),
        "steps": {step["rule"]: step["code_sha256"] for step in record["steps"]},
        "renderer": dict(renderer),
        "software": software(record, values),
        "files": [
            {"file": name, "rule": rule} | describe_file(results / name)
            for name, rule in sorted(made_by(record).items())
            if name != MANIFEST
        ],
    }
    return content | {"manifest_sha256": own_sha256(content)}


def own_sha256(content: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without its own checksum, as JSON with sorted keys and no blanks."""
    rest = {key: value for key, value in content.items() if key != "manifest_sha256"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
