"""Check the statements of claims.yaml against the statistics.

python scripts/check_claims.py --study STUDY --stats RESULTS/stats --out RESULTS/stats/claims
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.claims import COLUMNS, check
from survey.errors import run
from survey.study import read_study
from survey.tables import read_domains, write_rows


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--stats", type=Path, required=True, help="folder with one folder of statistics per domain")
    parser.add_argument(
        "--out", type=Path, required=True, help="table of verdicts, without its suffix (.parquet and .csv)"
    )
    args = parser.parse_args(argv)

    study = read_study(args.study)
    frequencies = read_domains(args.stats, study.domain_ids, "frequencies")
    numeric = read_domains(args.stats, study.domain_ids, "numeric")
    rows = [check(claim, study, frequencies, numeric) for claim in study.claims]
    write_rows(rows, COLUMNS, args.out)
    for row in rows:
        print(f"{row['verdict']}: {row['statement']}")


if __name__ == "__main__":
    run(main)
