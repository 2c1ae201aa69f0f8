"""Describe the run as a Workflow Run RO-Crate: workflow, steps, code, jobs and files.

python scripts/describe_crate.py --study STUDY --steps STEPS.json --out RO-CRATE-METADATA.json
"""

import json
from argparse import ArgumentParser
from pathlib import Path

from survey.crate import describe_run
from survey.errors import run
from survey.files import read_text, write_json
from survey.study import read_study


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--steps", type=Path, required=True, help="audit/steps.json; its paths start in this folder")
    parser.add_argument("--out", type=Path, required=True, help="ro-crate-metadata.json, in the folder audit/")
    args = parser.parse_args(argv)

    steps = json.loads(read_text(args.steps))
    document = describe_run(read_study(args.study), steps, args.out.parent.parent)
    write_json(document, args.out)
    print(f"{len(document['@graph'])} entities")


if __name__ == "__main__":
    run(main)
