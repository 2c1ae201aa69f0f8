"""Decide which counts of all tables are withheld, so that no small one can be told from the others.

python scripts/protect_cells.py --study STUDY --clean DOMAIN.parquet ... --sample SAMPLE.parquet
    --out RESULTS/stats/withheld
"""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

from survey.coding import Table
from survey.counting import Groups, group
from survey.description import count
from survey.errors import run
from survey.frame import frame_counts
from survey.published_counts import withheld_cells
from survey.sample import strata_columns
from survey.study import read_study
from survey.tables import read_rows, write_rows
from survey.withheld import WITHHELD


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--clean", type=Path, nargs="+", required=True, help="clean domains, in order")
    parser.add_argument("--sample", type=Path, required=True, help="clean/sample.parquet")
    parser.add_argument("--out", type=Path, required=True, help="one row per withheld count, without its suffix")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    items = [item for item in study.items if item.is_reported]
    tables = [Table(path, [], items) for path in args.clean]
    columns = {item.name: list(table.columns(item)) for table in tables for item in table.items}
    grouped = Groups([group(columns[name][0]) for name in study.groups])
    counted = [count(item, columns[item.name], grouped) for item in items]
    frame, analysed = frame_counts(study), [row for row in read_rows(args.sample) if not row["excluded_by"]]
    strata = {}
    for name in strata_columns(study):
        found = Counter(row[name] for row in analysed)
        strata[name] = {level: found[level] for level in frame[name]}
    cells = withheld_cells(study, counted, strata, frame)
    write_rows([cell._asdict() for cell in cells], WITHHELD, args.out)
    print(f"{len(cells)} counts are withheld, so that none below {study.minimum_cell} can be told")


if __name__ == "__main__":
    run(main)
