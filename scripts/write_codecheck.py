"""Write codecheck.yml: the outputs that a codechecker reproduces, and what is said of the paper.

python scripts/write_codecheck.py --study STUDY --steps STEPS.json --alts NAME.alt.txt ... --out CODECHECK.yml
"""

import json
from argparse import ArgumentParser
from pathlib import Path

from survey.codecheck import codecheck, manifest_files
from survey.errors import run
from survey.files import read_text, write_text
from survey.study import read_study


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--steps", type=Path, required=True, help="audit/steps.json")
    parser.add_argument("--alts", type=Path, nargs="+", required=True, help="alternative texts of the figures")
    parser.add_argument("--out", type=Path, required=True, help="codecheck.yml")
    args = parser.parse_args(argv)

    alts = {path.name.removesuffix(".alt.txt"): read_text(path) for path in args.alts}
    steps = json.loads(read_text(args.steps))
    files = manifest_files(steps, alts)
    write_text(codecheck(read_study(args.study), files, f"{steps['folders']['results']}/audit"), args.out)
    print(f"{len(files)} files to reproduce")


if __name__ == "__main__":
    run(main)
