"""Check finished results: every file against the manifest, what it was made from, and a second run of all steps.

python scripts/verify.py RESULTS [--export EXPORT] [--study STUDY] [--no-rerun] [--only FILE ...] [--against RESULTS]

Needs no Snakemake: the commands that audit/steps.json records are run again into a fresh folder, where the raw export
is at hand, and every file of both runs is compared. Nothing but that folder is written. Exit code 0: same bytes;
3: same values, other bytes; 1: something differs; 2: bad input.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, BooleanOptionalAction, Namespace, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from survey import verification
from survey.differences import DIFFERS, SAME_BYTES, SAME_VALUES
from survey.errors import BadInput, run
from survey.files import sha256
from survey.manifest import MANIFEST
from survey.steps import placed
from survey.study import PROJECT
from survey.verification import COPIES, STEPS, Finding

EXIT = {SAME_BYTES: 0, SAME_VALUES: 3, DIFFERS: 1}


def arguments() -> ArgumentParser:
    """What can be asked for."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="?", help="results folder of one study; left out: that of --study")
    parser.add_argument("--manifest", type=Path, help="a manifest from elsewhere, such as a published one")
    parser.add_argument("--export", type=Path, help="raw export, if it is not where study.yaml says")
    parser.add_argument("--study", type=Path, help="study folder; needed if it lies outside the clone")
    parser.add_argument("--rerun", action=BooleanOptionalAction, help="run all again; the default where the export is")
    parser.add_argument("--only", nargs="+", metavar="FILE", help="run again only what leads to these results files")
    parser.add_argument("--into", type=Path, help="folder to run into and to keep; else a temporary one")
    parser.add_argument("--python", default=sys.executable, help="Python to run with, if not this one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="commands run at a time; default: all cores")
    parser.add_argument("--against", type=Path, metavar="RESULTS", help="compare with another results folder, too")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def main(argv: list[str] | None = None) -> None:
    args = arguments().parse_args(argv)
    args.results = args.results or results_of(args.study)
    manifest = verification.read_manifest(args.manifest or args.results / MANIFEST)
    record = verification.read_record(args.results)
    study = verification.find_study(args.results, PROJECT, record, args.study)
    export = verification.find_export(PROJECT, study, record, args.export)
    if args.export and not export:
        raise BadInput(f"{args.export}: no such export; check --export")
    if args.against and not args.against.is_dir():
        raise BadInput(f"{args.against}: no such folder; check --against")
    report = Report(args)
    for check, count, found in verification.checks(args.results, PROJECT, manifest, study, export):
        report.add(check, found, count)
    if args.against:
        names = (verification.file_names(args.results) | verification.file_names(args.against)) - {MANIFEST}
        folders = (f"in {args.results}", f"in {args.against}")
        verdicts, found = verification.compare_folders(args.results, args.against, names, folders)
        report.add(f"against {args.against}", found, len(verdicts), verdicts)
    again = args.rerun if args.rerun is not None else not args.against
    if again:
        run_again(args, report, manifest, record, study, export)
    report.show()
    sys.exit(EXIT[report.verdict])


def results_of(study: Path | None) -> Path:
    """Where the results of a study lie. Raises BadInput where neither is known."""
    if not study:
        raise BadInput("name the results folder, or the study's folder with --study")
    import yaml

    try:
        return Path("results") / str(yaml.safe_load((study / "study.yaml").read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        raise BadInput(f"{study / 'study.yaml'}: tells no id; name the results folder instead") from None


def run_again(
    args: Namespace, report: "Report", manifest: Mapping, record: Mapping[str, Any], study: Path, export: Path | None
) -> None:
    """Run the recorded commands into a fresh folder, and compare what they make with the results."""
    if not export:
        return report.skip(f"the raw export ({record['export']['file']}) is not at hand; name it with --export")
    if not verification.as_listed(args.results, STEPS, manifest):
        return report.skip(f"{STEPS}, the record of what to run, was changed")
    if sha256(export) != manifest["export"]["sha256"]:
        return report.skip(f"{export} is another export")
    with tempfile.TemporaryDirectory() as temporary:
        fresh = (args.into or Path(temporary) / "results").resolve()
        if fresh.exists() and any(fresh.iterdir()):
            raise BadInput(f"{fresh}: is not empty; name a new folder with --into")
        root, folder = record["folders"]["results"], record["folders"]["study"]
        linked = verification.find_linked(PROJECT, study, export, record)
        named = Path(temporary) / Path(record["export"]["file"]).name
        if export.name != named.name:  # the results tell its name
            export = shutil.copyfile(export, named)
        places = verification.data_places(record, export, linked) | {root: str(fresh)}
        if study.resolve() != PROJECT / folder:
            places[folder] = str(study.resolve())
        renderer = manifest["renderer"]["renderer"]
        steps = verification.commands(record, places, renderer)
        if args.only:
            steps = verification.leading_to(steps, [f"{fresh}/{file}" for file in args.only])
            if not steps:
                raise BadInput(f"--only {' '.join(args.only)}: no recorded step makes it; name a file below {root}")
        missing = [file for file in verification.absent(steps, PROJECT) if not file.startswith(f"{fresh}/audit/")]
        if missing:
            tables = [
                name for name, path in verification.linked_paths(record).items() if placed(path, places) in missing
            ]
            if tables:
                file = record["linked"][tables[0]]["file"]
                return report.skip(f"{file}, a table beside the export, is not at hand; put it beside the export")
            return report.skip(f"{missing[0]} is not at hand; name the study's folder with --study")
        version = version_of(args.python)
        copies = {file: study / Path(file).name for file in manifest_copies(manifest)}
        for file, source in {STEPS: args.results / STEPS, **copies}.items():
            (fresh / file).parent.mkdir(parents=True, exist_ok=True)
            if source.is_file():
                shutil.copyfile(source, fresh / file)
        report.say(f"running {len(steps)} commands again with {version}, {args.jobs} at a time")
        failed = verification.run_again(steps, PROJECT, args.python, args.jobs, report.progress)
        made = {Path(file).relative_to(fresh).as_posix() for command in steps for file in command.outputs}
        names = made if args.only else made | set(copies)
        verdicts, found = {}, []
        away = verification.left_out_entries(args.results, manifest)
        if not failed:
            folders = ("in the results", "run again")
            verdicts, found = verification.compare_folders(args.results, fresh, names, folders, away)
        report.add(f"against a second run ({version})", failed + found, len(names), verdicts)
        again = sum(verdicts.get(file) == SAME_BYTES for file in away)
        if again:
            report.note(f"{again} left out here, made again with the bytes that the manifest lists")


def version_of(python: str) -> str:
    """What a Python says of itself. Raises BadInput where it is none."""
    try:
        return subprocess.run([python, "--version"], text=True, capture_output=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        raise BadInput(f"{python}: no such Python; check --python") from None


def manifest_copies(manifest: Mapping[str, Any]) -> list[str]:
    """The copies of the study's files among the results."""
    return [entry["file"] for entry in manifest["files"] if entry["file"].startswith(f"{COPIES}/")]


class Report:
    """What was checked and found, for people on the terminal or as JSON."""

    def __init__(self, args: Namespace) -> None:
        self.args = args
        self.checks: list[dict[str, Any]] = []
        self.findings: list[Finding] = []
        self.skipped = ""

    @property
    def verdict(self) -> str:
        """The worst of all findings."""
        found = {finding.verdict for finding in self.findings}
        return DIFFERS if DIFFERS in found else (SAME_VALUES if found else SAME_BYTES)

    def say(self, text: str) -> None:
        """A line on standard error, beside the report."""
        print(text, file=sys.stderr, flush=True)

    def progress(self, text: str) -> None:
        """How far the second run is; on a terminal all in one line."""
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        else:
            self.say(text)

    def skip(self, why: str) -> None:
        """Why there was no second run."""
        self.skipped = why

    def note(self, text: str) -> None:
        """What is to be known of the last check."""
        self.checks[-1]["note"] = text

    def add(self, check: str, found: list[Finding], count: int, verdicts: Mapping[str, str] | None = None) -> None:
        """One check: how many files, what was found, and for a comparison of folders the verdict on each file."""
        self.findings += found
        entry: dict[str, Any] = {"check": check, "files": count, "found": len(found)}
        if verdicts:
            parts = sorted({file.partition("/")[0] for file in verdicts})
            entry["folders"] = {
                part: dict(Counter(verdict for file, verdict in verdicts.items() if file.startswith(f"{part}/")))
                for part in parts
            }
        self.checks.append(entry)

    def show(self) -> None:
        """Print all of it."""
        if self.args.json:
            content = {"results": str(self.args.results), "verdict": self.verdict, "exit_code": EXIT[self.verdict]}
            content |= {"checks": self.checks, "not_run_again": self.skipped or None}
            print(json.dumps(content | {"findings": [vars(finding) for finding in self.findings]}, indent=1))
            return
        print(f"{self.args.results}")
        for entry in self.checks:
            found = f"{entry['found']} found" if entry["found"] else "all as they should be"
            files = f"{entry['files']} file{'' if entry['files'] == 1 else 's'}"
            print(f"  {entry['check']:<42} {files:>10}   {found if entry['files'] else 'not at hand'}")
            for part, verdicts in entry.get("folders", {}).items():
                print(f"    {part:<40} {', '.join(f'{count} {verdict}' for verdict, count in verdicts.items())}")
            if "note" in entry:
                print(f"    {entry['note']}")
        if self.skipped:
            print(f"  not run again: {self.skipped}")
        for finding in self.findings:
            print(f"{finding.verdict}: {finding.file}: {finding.detail}")
        print(f"Verdict: {self.verdict}")


if __name__ == "__main__":
    run(main)
