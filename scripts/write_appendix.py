"""Write the data appendix: every variable with its definition, missing values and distribution, as a page.

python scripts/write_appendix.py --study STUDY --appendix APPENDIX.csv --frequencies FREQUENCIES.csv ...
    --numeric NUMERIC.csv ... --out DATA_APPENDIX.html
"""

import csv
from argparse import ArgumentParser
from pathlib import Path

from survey.appendix import data_appendix
from survey.errors import run
from survey.files import write_text
from survey.study import read_study


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--appendix", type=Path, required=True, help="clean/appendix.csv")
    parser.add_argument("--frequencies", type=Path, nargs="+", required=True, help="frequencies.csv of every domain")
    parser.add_argument("--numeric", type=Path, nargs="+", required=True, help="numeric.csv of every domain")
    parser.add_argument("--out", type=Path, required=True, help="the page, HTML")
    args = parser.parse_args(argv)

    appendix = _rows([args.appendix])
    text = data_appendix(read_study(args.study), appendix, _rows(args.frequencies), _rows(args.numeric))
    write_text(text, args.out)
    print(f"{len(appendix)} variables")


def _rows(paths: list[Path]) -> list[dict[str, str]]:
    rows = []
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


if __name__ == "__main__":
    run(main)
