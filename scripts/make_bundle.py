"""Make the review archive of a study: results, code, pinned packages and what Snakemake needs to find them up to date.

python scripts/make_bundle.py RESULTS --out ARCHIVE.tar.gz [--with records] [--with raw]

Run it in the project's folder after `snakemake`. Raw data, identifiers and texts are left out unless asked for by name.
"""

import csv
import io
import json
import os
import shlex
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path

from survey.bundle import (
    INCOMPLETE,
    METADATA,
    SUMS,
    archive_names,
    check_records,
    check_results,
    checksums,
    code_files,
    data_of_studies,
    pack,
    portable_record,
    read_records,
    record_file,
    set_config,
)
from survey.errors import BadInput, run
from survey.files import read_text
from survey.start_here import example_of, page, read_flow, read_values
from survey.study import Study, read_study
from survey.withheld import COLUMNS, KINDS, read_withheld, released_table, withheld_results

MANIFEST = "audit/manifest.json"
REASONS = {
    "export": "the raw export",
    "frame": "the sampling frame, unit by unit",
    "example": "data of an example study",
}


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="results/<study>")
    parser.add_argument("--out", type=Path, required=True, help="the archive, .tar.gz or .zip")
    parser.add_argument(
        "--with",
        dest="asked",
        nargs="*",
        action="extend",
        default=[],
        choices=KINDS,
        help="put in what is left out otherwise: records (clean cells with identifiers and texts), raw (these, the export and the frame)",
    )
    args = parser.parse_args(argv)

    root = Path.cwd()
    if not (root / "Snakefile").is_file() or not args.results.resolve().is_relative_to(root):
        raise BadInput(f"{args.results}: run this in the project's folder, with a folder below its results/")
    asked = {*args.asked, "records"} if "raw" in args.asked else set(args.asked)
    folder = args.results.resolve().relative_to(root).as_posix()
    manifest = json.loads(read_text(args.results / MANIFEST))
    before = read_withheld(args.results)
    absent = {row["file"] for row in before if not Path(row["file"]).is_file()}
    files = [entry["file"] for entry in manifest["files"]] + [MANIFEST]
    outputs = [f"{folder}/{file}" for file in files]
    records = read_records(METADATA)
    check_results(args.results, manifest, {name.removeprefix(f"{folder}/") for name in absent})
    check_records(records, outputs, root)

    words = shlex.split(records[f"{folder}/ingest/responses.parquet"]["shellcmd"])
    study = read_study(Path(words[words.index("--study") + 1]))
    export = words[words.index("--export") + 1]
    given = sorted({name for output in outputs for name in records[output]["input"]} - set(outputs))
    moved = archive_names([*given, str(study.folder)], root, study.folder, study.id)

    raw = {export: "export"}
    if study.frame and "file" in study.frame:
        raw[next((r["file"] for r in before if r["what"] == "frame"), None) or str(study.file(study.frame["file"]))] = (
            "frame"
        )
    code = code_files(root)
    raw |= {name: "example" for name in data_of_studies(root, code) if name not in raw}
    if "raw" in asked and absent:
        raise BadInput(f"{sorted(absent)[0]}: not here to be put in; this folder is itself an archive without it")

    left_out = [
        {"file": moved.get(name, name), "what": what, "kind": "raw", "reason": REASONS[what]}
        for name, what in sorted(raw.items())
        if "raw" not in asked
    ]
    here = [file for file in files if f"{folder}/{file}" not in absent]
    left_out += [row for row in before if row["file"] in absent and row["what"] == "results"]
    left_out += withheld_results(study, args.results, here, asked)
    withheld = {row["file"] for row in left_out}

    members: dict[str, bytes] = {}
    for name in sorted({*code, *given}):
        inside = moved.get(name, name)
        if inside not in withheld and Path(name).is_file():
            members[inside] = Path(name).read_bytes()
    changes = {"study": moved.get(str(study.folder), str(study.folder))}
    if export in moved:
        changes["export"] = moved[export] if "raw" in asked else ""
    members["config/config.yaml"] = set_config(read_text(Path("config/config.yaml")), **changes).encode()
    for output in outputs:
        if output not in withheld:
            members[output] = Path(output).read_bytes()
        record = json.dumps(portable_record(records[output], moved), ensure_ascii=False)
        members[record_file(output)] = record.encode()
    members[INCOMPLETE] = b""
    released = _released(study, args.results, withheld, folder)
    if released:
        members[f"{folder}/clean/released.csv"] = _csv(released)
    if left_out:
        rows = [[row[column] for column in COLUMNS] for row in sorted(left_out, key=lambda row: row["file"])]
        members[f"{folder}/withheld.csv"] = _csv([COLUMNS, *rows])
    members["START-HERE.html"] = _start_here(
        study, args.results, folder, manifest, left_out, released, members
    ).encode()
    members[SUMS] = checksums(members)

    executable = {name for name in code if os.access(name, os.X_OK)}
    pack(members, f"{study.id}-review", args.out, executable)
    size = args.out.stat().st_size / 1e6
    print(f"{args.out}: {len(members)} files, {size:.1f} MB; {len(left_out)} files left out")


def _released(study: Study, results: Path, withheld: set[str], folder: str) -> list[list[str]]:
    """The clean table without identifiers and texts, where the whole one is left out and its records may be shown."""
    table = results / "clean/responses.parquet"
    if f"{folder}/clean/responses.parquet" not in withheld or study.minimum_cell > 0:
        return []
    if table.is_file():
        return released_table(study, table)
    with (results / "clean/released.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _start_here(
    study: Study,
    results: Path,
    folder: str,
    manifest: Mapping,
    left_out: Sequence[Mapping[str, str]],
    released: Sequence[Sequence[str]],
    members: Mapping[str, bytes],
) -> str:
    values = read_values(results / "manuscript/values.json")
    text = read_text(study.folder / "manuscript.qmd")
    has = {
        "site": f"{folder}/audit/index.html" in members,
        "trace": "scripts/trace.py" in members,
        "verify": "scripts/verify.py" in members,
    }
    flow = read_flow(results / "clean/flow.csv")
    return page(study, folder, manifest, flow, left_out, example_of(study, values, text), released, has)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


if __name__ == "__main__":
    run(main)
