"""What lies in a results folder, by which rule, and two checksums of it: of the bytes and of the values."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from survey.tables import read_table

TABLES = (".parquet", ".csv")


def describe_file(path: Path, results: Path, rule: str) -> dict[str, object]:
    """One entry of the manifest.

    file: relative to the results folder; sha256: of the bytes; for tables and JSON also content_sha256, of the values
    whoever wrote them; for tables their rows and columns.
    """
    entry: dict[str, object] = {
        "file": path.relative_to(results).as_posix(),
        "rule": rule,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    if path.suffix in TABLES:
        frame = read_table(path)
        entry |= {"rows": len(frame), "columns": [str(column) for column in frame.columns]}
        entry["content_sha256"] = _sha256(frame.to_csv(index=False, float_format="%.12g", lineterminator="\n"))
    elif path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        entry["content_sha256"] = _sha256(json.dumps(content, sort_keys=True, ensure_ascii=False))
    return entry


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def manifest(
    made_by: Mapping[str, Sequence[Path]],
    results: Path,
    study_files: Sequence[Path],
    export: Mapping,
    renderer: Mapping,
) -> dict[str, object]:
    """The whole manifest: the export and the study that went in, who rendered the paper, every file that came out."""
    return {
        "export": {key: export[key] for key in ("file", "sha256", "platform", "records")},
        "study": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(study_files)},
        "renderer": dict(renderer),
        "files": sorted(
            (describe_file(path, results, rule) for rule, paths in made_by.items() for path in paths),
            key=lambda entry: str(entry["file"]),
        ),
    }
