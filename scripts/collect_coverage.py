"""Put the chunks of simulated surveys together: coverage of every estimate, and of every method.

python scripts/collect_coverage.py --study STUDY --chunks CHUNK.parquet ... --out RESULTS/calibration
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.calibration import COVERAGE, SUMMARY, summary, together
from survey.errors import run
from survey.study import read_study
from survey.tables import read_rows, write_rows


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--chunks", type=Path, nargs="+", required=True, help="what simulate_surveys wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for coverage and coverage_by_estimate")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    rows = together([read_rows(path) for path in args.chunks])
    methods = summary(rows, study.frame["invited"] if study.frame else 0)
    write_rows(rows, COVERAGE, args.out / "coverage_by_estimate")
    write_rows(methods, SUMMARY, args.out / "coverage")
    for row in methods:
        print(f"{row['target']}, {row['quantity']}, {row['method']}, n = {row['n']}: {row['coverage']:.1f} %")


if __name__ == "__main__":
    run(main)
