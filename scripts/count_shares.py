"""Count the shares that the figures of study.yaml are drawn from.

python scripts/count_shares.py --study STUDY --stats RESULTS/stats --clean RESULTS/clean/domains
    --out RESULTS/stats/shares
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.evidence import Evidence
from survey.shares import SHARES, share_rows
from survey.study import read_study
from survey.tables import write_rows
from survey.withheld import NOTE, read_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--stats", type=Path, required=True, help="folder with the statistics")
    parser.add_argument("--clean", type=Path, required=True, help="folder with the clean domains")
    parser.add_argument("--sample", type=Path, help="clean/sample.parquet, for clusters of the study")
    parser.add_argument("--withheld", type=Path, help="stats/withheld.parquet, where the study withholds small counts")
    parser.add_argument("--out", type=Path, required=True, help="table of shares, without its suffix")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    rows = share_rows(study, Evidence(study, args.stats, args.clean, args.sample, read_withheld(args.withheld, study)))
    write_rows(rows, [*SHARES, *([NOTE] if study.minimum_cell else [])], args.out)
    print(f"{len(rows)} shares for {len(study.figures)} figures")


if __name__ == "__main__":
    run(main)
