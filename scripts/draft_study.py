"""Draft a study folder from a survey export: codebook, options, settings and a manuscript, to be corrected by a person.

python scripts/draft_study.py EXPORT [--dictionary FILE] [--sheet NAME] --out FOLDER

The folder runs as it is: snakemake --config study=FOLDER. Its DRAFT.md lists every decision that was unsure, worst
first, with the line to change.
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.drafting.draft import draft_study
from survey.errors import run
from survey.readers.detection import TITLES


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=Path, metavar="EXPORT", help="the platform's export, as downloaded")
    parser.add_argument("--dictionary", type=Path, help="the platform's dictionary: .lss, .qsf, REDCap data dictionary")
    parser.add_argument("--sheet", default="", help="the sheet of a workbook with several")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the study folder: new, or empty")
    args = parser.parse_args(argv)
    export, items = draft_study(args.export, args.out, args.dictionary, args.sheet)
    reported = sum(item.is_reported for item in items)
    doubts = sum(len(item.doubts) for item in items)
    print(f"{args.out}: {len(export.rows)} records ({TITLES[export.platform]}), {reported} questions to report")
    print(f"{doubts} decisions to look at, worst first, in {args.out / 'DRAFT.md'}")
    print(f"It runs as it is: snakemake --config study={args.out}")


if __name__ == "__main__":
    run(main)
