"""Put published surveys beside our estimates.

python scripts/compare_published.py --study STUDY --published resources/published --stats RESULTS/stats
    --clean RESULTS/clean/domains --out RESULTS/stats/comparators
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.comparators import COMPARATORS, comparators
from survey.errors import run
from survey.evidence import Evidence
from survey.study import read_study
from survey.tables import write_rows
from survey.withheld import NOTE, read_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--study", type=Path, required=True, help="study folder; its comparators.csv says what to compare"
    )
    parser.add_argument("--published", type=Path, required=True, help="folder with studies.csv and figures.csv")
    parser.add_argument("--stats", type=Path, required=True, help="folder with the statistics")
    parser.add_argument("--clean", type=Path, required=True, help="folder with the clean domains")
    parser.add_argument("--sample", type=Path, help="clean/sample.parquet, for clusters of the study")
    parser.add_argument("--withheld", type=Path, help="stats/withheld.parquet, where the study withholds small counts")
    parser.add_argument("--out", type=Path, required=True, help="one row per published figure, without its suffix")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    rows = comparators(
        study, args.published, Evidence(study, args.stats, args.clean, args.sample, read_withheld(args.withheld, study))
    )
    write_rows(rows, [*COMPARATORS, *([NOTE] if study.minimum_cell else [])], args.out)
    printed = sum(row["denominator_printed"] == "yes" for row in rows)
    print(f"{len(rows)} published figures, {printed} with their denominator")


if __name__ == "__main__":
    run(main)
