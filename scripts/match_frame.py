"""Match every record with the sampling frame: its unit and strata, when it came, and its weight.

python scripts/match_frame.py --study STUDY --responses RESPONSES.parquet --columns COLUMNS.csv
    --exclusions EXCLUSIONS.csv --clean PART.parquet ... --out RESULTS/clean/sample
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.coding import Table
from survey.errors import run
from survey.recodes import read_cleaning_study
from survey.sample import match
from survey.selection import source_columns
from survey.tables import read_table, write_rows


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--responses", type=Path, required=True, help="ingest/responses.parquet")
    parser.add_argument("--columns", type=Path, required=True, help="ingest/columns.csv")
    parser.add_argument("--exclusions", type=Path, required=True, help="clean/exclusions.csv")
    parser.add_argument(
        "--clean", type=Path, nargs="*", default=[], help="clean domains that hold the weight and the margins"
    )
    parser.add_argument("--out", type=Path, required=True, help="one row per record, without its suffix")
    args = parser.parse_args(argv)

    study = read_cleaning_study(args.study)
    raw = read_table(args.responses, need=("record",))
    exclusions = read_table(args.exclusions, need=("record", "rule"))
    columns, rows = match(
        {name: raw[name].tolist() for name in raw.columns},
        source_columns(read_table(args.columns, need=("column", "item"))),
        dict(zip(exclusions["record"], exclusions["rule"], strict=True)),
        [Table(path, [], study.sample_items) for path in args.clean],
        study,
    )
    write_rows(rows, columns, args.out)
    matched = sum(1 for row in rows if row["unit"] and not row["excluded_by"])
    print(f"{len(rows)} records, {len(rows) - len(exclusions)} analysed, {matched} matched with a unit of the frame")


if __name__ == "__main__":
    run(main)
