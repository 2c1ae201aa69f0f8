"""Check the statements of claims.yaml against the results.

python scripts/check_claims.py --study STUDY --stats RESULTS/stats --clean RESULTS/clean/domains
    --out RESULTS/stats/claims
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.evidence import CLAIMS, Evidence, check
from survey.study import read_study
from survey.tables import write_rows
from survey.withheld import NOTE, read_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--stats", type=Path, required=True, help="folder with the statistics")
    parser.add_argument("--clean", type=Path, required=True, help="folder with the clean domains")
    parser.add_argument("--sample", type=Path, help="clean/sample.parquet, for weights or clusters of the study")
    parser.add_argument("--withheld", type=Path, help="stats/withheld.parquet, where the study withholds small counts")
    parser.add_argument("--out", type=Path, required=True, help="table of verdicts, without its suffix")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    evidence = Evidence(study, args.stats, args.clean, args.sample, read_withheld(args.withheld, study))
    rows = [check(claim, evidence) for claim in study.claims]
    write_rows(rows, [*CLAIMS, *([NOTE] if study.minimum_cell else [])], args.out)
    for row in rows:
        print(f"{row['verdict']}: {row['statement']}" + (f" ({row['note']})" if row["note"] else ""))


if __name__ == "__main__":
    run(main)
