"""Find answers that contradict each other or the rows of a linked table, and records without a row to be joined with.

python scripts/check_answers.py --study STUDY --responses RESPONSES.parquet --columns COLUMNS.csv
    --exclusions EXCLUSIONS.csv --domains DOMAIN.parquet ... --linked TABLE.csv ... --out CHECKS.csv
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.checks import CHECKED, alone, check_records, count_rows, read_linked
from survey.errors import run
from survey.recodes import read_cleaning_study
from survey.selection import source_columns
from survey.tables import read_beside, read_table, write_table


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--responses", type=Path, required=True, help="ingest/responses.parquet")
    parser.add_argument("--columns", type=Path, required=True, help="ingest/columns.csv")
    parser.add_argument("--exclusions", type=Path, required=True, help="clean/exclusions.csv")
    parser.add_argument("--domains", type=Path, nargs="+", required=True, help="clean domains in order")
    parser.add_argument("--linked", type=Path, nargs="*", default=[], help="the linked tables of study.yaml, in order")
    parser.add_argument("--out", type=Path, required=True, help="records and rows that a person should look at")
    args = parser.parse_args(argv)

    import pandas as pd

    study = read_cleaning_study(args.study)
    linked = {table["id"]: read_linked(path, table) for table, path in study.with_files("linked", args.linked)}
    raw = read_table(args.responses, need=("record", "row"))
    sources = source_columns(read_table(args.columns, need=("column", "item")))
    counts, strays = count_rows(linked, raw, sources, study)
    left = ~raw["record"].isin(read_table(args.exclusions, need=("record",))["record"])
    analysed = raw[left].reset_index(drop=True)
    clean = read_beside(args.domains, analysed["record"])
    counts = {name: [n for n, keep in zip(own, left, strict=True) if keep] for name, own in counts.items()}
    found = check_records(analysed, clean, sources, study, counts)
    without = alone(raw, study)
    write_table(pd.DataFrame([*found, *strays, *without], columns=CHECKED), args.out)
    print(
        f"{len(study.checks)} checks: {len(found)} contradictions, "
        f"{len(strays)} rows of linked tables without a record, "
        f"{len(without)} records without a row of a joined table"
    )


if __name__ == "__main__":
    run(main)
