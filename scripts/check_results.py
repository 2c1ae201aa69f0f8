"""Check the results against themselves: recount, replay and compare, from the export to the page.

python scripts/check_results.py --study STUDY --results RESULTS --out CHECKS.csv

A check that fails does not fail the step: its row says so, and so does standard error. The table is for the reader, who
would have nothing to read if a failure took it away; `--strict` ends with exit code 1 instead.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from survey.checking import CHECKS, Finished, run_checks
from survey.errors import run
from survey.study import read_study
from survey.tables import write_csv


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--results", type=Path, required=True, help="the study's results folder")
    parser.add_argument("--out", type=Path, required=True, help="one row per check: how much it looked at, what failed")
    parser.add_argument("--strict", action="store_true", help="exit code 1 where a check fails")
    args = parser.parse_args(argv)

    rows = run_checks(Finished(read_study(args.study), args.results))
    write_csv([{name: str(cell) for name, cell in row.items()} for row in rows], CHECKS, args.out)
    failed = [row for row in rows if row["failed"]]
    for row in failed:
        print(
            f"FAILED {row['check']}: {row['failed']} of {row['checked']}; first {row['first_failure']}", file=sys.stderr
        )
    print(
        f"{sum(row['checked'] for row in rows):,} things checked, {len(rows) - len(failed)} of {len(rows)} checks hold"
    )
    if failed and args.strict:
        sys.exit(1)


if __name__ == "__main__":
    run(main)
