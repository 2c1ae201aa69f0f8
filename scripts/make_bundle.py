"""Make the review archive of a study: results, code, pinned packages and what Snakemake needs to find them up to date.

python scripts/make_bundle.py RESULTS --out ARCHIVE.tar.gz [--with records] [--with raw]

Run it in the project's folder after `snakemake`. Raw data, identifiers and texts are left out unless asked for by name.
"""

import csv
import json
import os
import shlex
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from survey.bundle import (
    SUMS,
    archive_names,
    check_records,
    check_results,
    checksums,
    code_files,
    data_of_studies,
    pack,
    portable_record,
    profile_for,
)
from survey.codecheck import codecheck, manifest_files
from survey.crate import moved_crate
from survey.errors import BadInput, run
from survey.files import read_text
from survey.left_out import COLUMNS, KINDS, left_out_of_results, read_left_out, released_table
from survey.manifest import MANIFEST
from survey.records import INCOMPLETE, METADATA, read_records, record_file
from survey.sheets import as_csv
from survey.start_here import example_of, page, read_values
from survey.study import Study, read_study
from survey.tables import read_texts

PROFILE = "profiles/default/profile.yaml"
REASONS = {
    "export": "the raw export",
    "frame": "the sampling frame, unit by unit",
    "linked": "a table linked to the export, row by row",
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
        help="what to put in, too: records (cells with identifiers and texts), raw (export and frame with them)",
    )
    args = parser.parse_args(argv)

    made = _made(args.results)
    asked = {*args.asked, "records"} if "raw" in args.asked else set(args.asked)
    left_out = _left_out(made, asked)
    released = _released(made, left_out)
    members = _members(made, left_out, asked)
    if released:
        members[f"{made.folder}/clean/released.csv"] = as_csv(released).encode()
    if left_out:
        members[f"{made.folder}/left_out.csv"] = as_csv(
            [COLUMNS, *([row[name] for name in COLUMNS] for row in left_out)]
        ).encode()
    members |= _guides(made, left_out, released, members)
    members[SUMS] = checksums(members)

    pack(members, f"{made.study.id}-review", args.out, {name for name in made.code if os.access(name, os.X_OK)})
    size = args.out.stat().st_size / 1e6
    print(f"{args.out}: {len(members)} files, {size:.1f} MB; {len(left_out)} files left out")


@dataclass(frozen=True)
class Made:
    """What there is to put into an archive.

    folder: the results, relative to the clone; files: those of the manifest and itself, relative to folder; records:
    what Snakemake recorded, by output; export: path of the raw export; given: files that were read and not made; moved:
    those of them that have another name in the archive; code: files of the clone; before: what was withheld from this
    folder, if it is an archive itself.
    """

    study: Study
    results: Path
    folder: str
    manifest: dict
    files: list[str]
    records: dict[str, dict]
    export: str
    given: list[str]
    moved: dict[str, str]
    code: list[str]
    before: list[dict[str, str]]

    def is_here(self, file: str) -> bool:
        """Whether a file of the results was not withheld from this folder."""
        return (self.results / file).is_file() or f"{self.folder}/{file}" not in {row["file"] for row in self.before}


def _made(results: Path) -> Made:
    """Read and check the results. Raises BadInput where they are not complete, as described, and up to date."""
    root = Path.cwd()
    if not (root / "Snakefile").is_file() or not results.resolve().is_relative_to(root):
        raise BadInput(f"{results}: run this in the project's folder, with a folder below its results/")
    folder = results.resolve().relative_to(root).as_posix()
    manifest = json.loads(read_text(results / MANIFEST))
    before = read_left_out(results)
    absent = {row["file"].removeprefix(f"{folder}/") for row in before}
    check_results(results, manifest, absent)
    files = [entry["file"] for entry in manifest["files"]] + [MANIFEST]
    outputs = [f"{folder}/{file}" for file in files]
    records = read_records(METADATA)
    check_records(records, outputs, root)
    words = shlex.split(records[f"{folder}/ingest/responses.parquet"]["shellcmd"])
    study = read_study(Path(words[words.index("--study") + 1]))
    given = sorted({name for output in outputs for name in records[output]["input"]} - set(outputs))
    moved = archive_names([*given, str(study.folder)], root, study.folder, study.id)
    # A study from elsewhere takes the place of one of its name that comes with the code.
    replaced = f"{moved[str(study.folder)]}/" if str(study.folder) in moved else None
    return Made(
        study=study,
        results=results,
        folder=folder,
        manifest=manifest,
        files=files,
        records=records,
        export=words[words.index("--export") + 1],
        given=given,
        moved=moved,
        code=[name for name in code_files(root) if not (replaced and name.startswith(replaced))],
        before=before,
    )


def _left_out(made: Made, asked: set[str]) -> list[dict[str, str]]:
    """The rows of left_out.csv. Raises BadInput where what is asked for is not in this folder either."""
    before = [row for row in made.before if not Path(row["file"]).is_file()]
    for row in before:
        if row["kind"] in asked:
            raise BadInput(f"{row['file']}: asked for, but this folder is an archive without it")
    if "raw" in asked:
        return []
    known = {row["what"]: row["file"] for row in before}
    raw = [(made.export, "export")]
    if made.study.frame and "file" in made.study.frame:
        raw.append((known.get("frame") or str(made.study.file(made.study.frame["file"])), "frame"))
    for table in made.study.tables:
        what = f"linked {table['id']}"
        raw.append((known.get(what) or str(made.study.file(table["file"], Path(made.export))), what))
    named = {name for name, _ in raw}
    raw += [(name, "example") for name in data_of_studies(Path(), made.code) if name not in named]
    rows = [
        {"file": made.moved.get(name, name), "what": what, "kind": "raw", "reason": REASONS[what.partition(" ")[0]]}
        for name, what in raw
    ]
    rows += [row for row in before if row["file"] not in {row["file"] for row in rows}]
    rows += left_out_of_results(made.study, made.results, filter(made.is_here, made.files), asked)
    return sorted(rows, key=lambda row: row["file"])


def _members(made: Made, left_out: Sequence[Mapping[str, str]], asked: set[str]) -> dict[str, bytes]:
    """Code, study, results and Snakemake's records, by their path in the archive."""
    withheld = {row["file"] for row in left_out}
    members = {}
    for name in [*made.code, *made.given]:
        inside = made.moved.get(name, name)
        if inside not in withheld and Path(name).is_file():
            members[inside] = Path(name).read_bytes()
    members[PROFILE] = profile_for(members[PROFILE].decode(), _config(made, asked)).encode()
    for file in made.files:
        output = f"{made.folder}/{file}"
        if output not in withheld:
            members[output] = Path(output).read_bytes()
        record = portable_record(made.records[output], made.moved)
        members[record_file(output).as_posix()] = json.dumps(record, ensure_ascii=False, sort_keys=True).encode()
    members[f"{INCOMPLETE}/"] = b""
    return members


def _config(made: Made, asked: set[str]) -> dict[str, str]:
    """What an archive's configuration says other than config.yaml."""
    import yaml

    usual = yaml.safe_load(read_text(Path("config/config.yaml")))
    home = made.moved.get(str(made.study.folder), made.study.folder.as_posix())
    config, export = {"study": home}, made.moved.get(made.export, made.export)
    named = made.study.export["file"]
    if "raw" in asked and export not in (f"{home}/{named}", named):
        config["export"] = export
    return {key: value for key, value in config.items() if usual[key] != value}


def _guides(
    made: Made,
    left_out: Sequence[Mapping[str, str]],
    released: Sequence[Sequence[str]],
    members: Mapping[str, bytes],
) -> dict[str, bytes]:
    """What stands at the archive's root for people and machines: START-HERE.html, codecheck.yml, the crate."""
    steps = json.loads(read_text(made.results / "audit/steps.json"))
    alts = sorted((made.results / "figures").glob("*.alt.txt"))
    listed = manifest_files(steps, {path.name.removesuffix(".alt.txt"): read_text(path) for path in alts})
    listed = [(file, comment) for file, comment in listed if file in members]
    example = example_of(
        made.study,
        read_values(made.results / "manuscript/values.json"),
        read_text(made.study.folder / "manuscript.qmd"),
    )
    flow = read_texts(made.results / "clean/flow.csv")
    start = page(made.study, made.folder, made.manifest, flow, left_out, example, released, members)
    guides = {"START-HERE.html": start.encode(), "codecheck.yml": codecheck(made.study, listed, ".").encode()}
    crate = json.loads(read_text(made.results / "audit/ro-crate-metadata.json"))
    crate = moved_crate(crate, f"{made.folder}/audit", {**members, **guides})
    text = json.dumps(crate, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return guides | {"ro-crate-metadata.json": text.encode()}


def _released(made: Made, left_out: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """The clean table without identifiers and texts, where the whole one is left out and its records may be shown."""
    table = made.results / "clean/responses.parquet"
    if f"{made.folder}/clean/responses.parquet" not in {row["file"] for row in left_out} or made.study.minimum_cell > 0:
        return []
    if table.is_file():
        return released_table(made.study, table)
    with (made.results / "clean/released.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


if __name__ == "__main__":
    run(main)
