"""Decide which records are analysed, and say of every other one why not.

python scripts/select_records.py --study STUDY --responses RESPONSES.parquet --columns COLUMNS.csv
    --exclusions EXCLUSIONS.csv --flow FLOW.csv --flags FLAGS.csv
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.quality import FLAGS, flag_rows
from survey.recodes import read_cleaning_study
from survey.selection import flow, select, source_columns
from survey.tables import read_table, write_table


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--responses", type=Path, required=True, help="ingest/responses.parquet")
    parser.add_argument("--columns", type=Path, required=True, help="ingest/columns.csv")
    parser.add_argument(
        "--exclusions", type=Path, required=True, help="one row per record that is not analysed, and why"
    )
    parser.add_argument("--flow", type=Path, required=True, help="numbers from invited to analysed")
    parser.add_argument("--flags", type=Path, required=True, help="records to doubt: answered too fast, or all alike")
    args = parser.parse_args(argv)

    import pandas as pd

    study = read_cleaning_study(args.study)
    raw = read_table(args.responses, need=("record", "row"))
    sources = source_columns(read_table(args.columns, need=("column", "item")))
    cells = {name: raw[name].tolist() for name in raw.columns}
    excluded_by, flags = select(cells, sources, study)
    reasons = {rule["id"]: rule["reason"] for rule in study.selection}
    exclusions = raw[["record", "row"]].assign(rule=excluded_by)
    exclusions = exclusions[exclusions["rule"] != ""].assign(reason=lambda rows: rows["rule"].map(reasons))
    steps = pd.DataFrame(flow(excluded_by, study))

    write_table(exclusions, args.exclusions)
    write_table(steps, args.flow)
    write_table(pd.DataFrame(flag_rows(flags, cells, excluded_by, study), columns=FLAGS), args.flags)
    for step in steps.itertuples():
        print(f"{step.label}: {step.excluded} excluded, {step.n} left" if step.reason else f"{step.label}: {step.n}")


if __name__ == "__main__":
    run(main)
