"""Put the comparisons of all domains together, and decide in which domains groups differ at all.

python scripts/collect_comparisons.py --study STUDY --stats RESULTS/stats --out RESULTS/stats/comparisons
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.comparisons import ALL_COMPARISONS, across_domains
from survey.errors import run
from survey.study import read_study
from survey.tables import read_rows, write_rows
from survey.withheld import NOTE


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--stats", type=Path, required=True, help="folder with one folder of statistics per domain")
    parser.add_argument("--out", type=Path, required=True, help="all comparisons, smallest p first, without its suffix")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    found = {domain: read_rows(args.stats / domain / "comparisons.parquet") for domain in study.domain_ids}
    rows = across_domains(found, study.comparisons)
    write_rows(rows, [*ALL_COMPARISONS, *([NOTE] if study.minimum_cell else [])], args.out)
    print(f"{len(rows)} comparisons, {sum(row['differs'] == 'yes' for row in rows)} differences")


if __name__ == "__main__":
    run(main)
