"""Write the manifest: every file of the results with its rule, size and checksums, and what it was made from.

python scripts/write_manifest.py --results RESULTS --steps STEPS.json --out MANIFEST.json
"""

import json
from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.files import read_text, write_json
from survey.manifest import manifest


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="the study's results folder")
    parser.add_argument("--steps", type=Path, required=True, help="steps.json, as record_steps writes it")
    parser.add_argument("--out", type=Path, required=True, help="manifest.json")
    args = parser.parse_args(argv)

    record = json.loads(read_text(args.steps))
    export = json.loads(read_text(args.results / "ingest" / "ingest.json"))
    renderer = json.loads(read_text(args.results / "manuscript" / "render.json"))
    content = manifest(args.results, record, export, renderer)
    write_json(content, args.out)
    print(f"{len(content['files'])} files of {len(content['steps'])} steps")


if __name__ == "__main__":
    run(main)
