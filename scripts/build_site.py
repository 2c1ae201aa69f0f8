"""Build the audit site: one page on which every number leads to the cells it counts.

python scripts/build_site.py --study STUDY --results RESULTS --out RESULTS/audit/index.html
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.files import write_text
from survey.site import page, site_data
from survey.study import read_study


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--results", type=Path, required=True, help="the study's results folder")
    parser.add_argument("--out", type=Path, required=True, help="the page")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    data = site_data(study, args.results)
    text = page(study, data)
    write_text(text, args.out)
    print(f"{len(data['tables'])} tables, {len(data['values']['cells'][0]['values'])} values, {len(text):,} characters")


if __name__ == "__main__":
    run(main)
