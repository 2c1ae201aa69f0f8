"""Write the manifest: every file of the results with its rule, size and checksums.

python scripts/write_manifest.py --study STUDY --results RESULTS --made-by RULE FILE ... [--made-by ...]
    --out MANIFEST.json
"""

import json
from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.files import read_text, write_json
from survey.manifest import manifest


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--results", type=Path, required=True, help="the study's results folder")
    parser.add_argument(
        "--made-by", nargs="+", action="append", required=True, metavar=("RULE", "FILE"), help="a rule and its files"
    )
    parser.add_argument("--out", type=Path, required=True, help="manifest.json")
    args = parser.parse_args(argv)

    made_by = {rule: [Path(file) for file in files] for rule, *files in args.made_by}
    study_files = [path for path in args.study.iterdir() if path.is_file()]
    export = json.loads(read_text(args.results / "ingest" / "ingest.json"))
    renderer = json.loads(read_text(args.results / "manuscript" / "render.json"))
    content = manifest(made_by, args.results, study_files, export, renderer)
    write_json(content, args.out)
    print(f"{len(content['files'])} files of {len(made_by)} rules")


if __name__ == "__main__":
    run(main)
