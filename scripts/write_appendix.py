"""Write the data appendix: every variable with its definition, missing values and distribution, as a page.

python scripts/write_appendix.py --study STUDY --appendix APPENDIX.csv --frequencies FREQUENCIES.csv ...
    --numeric NUMERIC.csv ... --out DATA_APPENDIX.html
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.appendix import data_appendix
from survey.errors import run
from survey.files import write_text
from survey.study import read_study
from survey.tables import read_texts


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--appendix", type=Path, required=True, help="clean/appendix.csv")
    parser.add_argument("--frequencies", type=Path, nargs="+", required=True, help="frequencies.csv of every domain")
    parser.add_argument("--numeric", type=Path, nargs="+", required=True, help="numeric.csv of every domain")
    parser.add_argument("--out", type=Path, required=True, help="the page, HTML")
    args = parser.parse_args(argv)

    appendix = read_texts(args.appendix)
    text = data_appendix(read_study(args.study), appendix, _rows(args.frequencies), _rows(args.numeric))
    write_text(text, args.out)
    print(f"{len(appendix)} variables")


def _rows(paths: list[Path]) -> list[dict[str, str]]:
    return [row for path in paths for row in read_texts(path)]


if __name__ == "__main__":
    run(main)
