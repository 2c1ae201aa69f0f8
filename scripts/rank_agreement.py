"""Rank the items of all domains by how much respondents agree.

python scripts/rank_agreement.py --domains AGREEMENT.parquet ... --out RESULTS/stats/agreement
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.tables import read_table, write_both


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--domains", type=Path, nargs="+", required=True, help="stats/DOMAIN/agreement.parquet of every domain"
    )
    parser.add_argument("--out", type=Path, required=True, help="ranked table, most agreed first, without its suffix")
    args = parser.parse_args(argv)

    import pandas as pd

    items = pd.concat([read_table(path, need=("item", "entropy")) for path in args.domains], ignore_index=True)
    write_both(items.sort_values(["entropy", "item"], ignore_index=True), args.out)
    print(f"{len(items)} items, {(items['consensus'] == 'yes').sum()} with consensus")


if __name__ == "__main__":
    run(main)
