"""What Snakemake keeps of every output in .snakemake (its FilePersistence)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

METADATA = Path(".snakemake/metadata")
# Outputs of steps that did not end. Without the folder Snakemake takes the records for those of an old version.
INCOMPLETE = Path(".snakemake/incomplete")
LONGEST_NAME = 254


def read_records(metadata: Path) -> dict[str, dict[str, Any]]:
    """What Snakemake recorded of every output: path of the output to its record."""
    records = {}
    for path in sorted(metadata.rglob("*")):
        if path.is_file():
            name = "".join(part.removeprefix("@") for part in path.relative_to(metadata).parts)
            records[urlsafe_b64decode(name).decode()] = json.loads(path.read_text(encoding="utf-8"))
    return records


def record_file(output: str, folder: Path = METADATA) -> Path:
    """The file in which Snakemake looks for the record of an output, relative to the working folder."""
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[start : start + LONGEST_NAME] for start in range(0, len(name), LONGEST_NAME)]
    return folder.joinpath(*("@" + part for part in parts[:-1]), parts[-1])
