"""Select, clean and count again with other choices: what each conclusion comes to in a part of the universes.

python scripts/run_universes.py --study STUDY --responses RESPONSES.parquet --columns COLUMNS.csv
    --part AXIS=CHOICE ... --out PART
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import BadInput, run
from survey.recodes import read_cleaning_study
from survey.sensitivity import FOUND, Survey
from survey.tables import read_table, write_rows
from survey.universes import universes


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder; its sensitivity names the axes")
    parser.add_argument("--responses", type=Path, required=True, help="ingest/responses.parquet")
    parser.add_argument("--columns", type=Path, required=True, help="ingest/columns.csv")
    parser.add_argument("--part", nargs="*", default=[], help="AXIS=CHOICE, to run only universes with these choices")
    parser.add_argument(
        "--out", type=Path, required=True, help="one row per universe and conclusion, without its suffix"
    )
    args = parser.parse_args(argv)

    study = read_cleaning_study(args.study)
    part = dict(text.partition("=")[::2] for text in args.part)
    plan = {
        number: universe
        for number, universe in enumerate(universes(study), start=1)
        if universe.items() >= part.items()
    }
    if not plan:
        raise BadInput(f"{args.study / 'study.yaml'} sensitivity: no universe has {' '.join(args.part)}")
    raw = read_table(args.responses, need=("record", "row"))
    survey = Survey(study, raw, read_table(args.columns, need=("column", "item")), list(plan.values()))
    rows = []
    for place, (number, universe) in enumerate(plan.items(), start=1):
        rows += survey.rows(number, universe)
        if place % 100 == 0 or place == len(plan):
            print(f"{place} of {len(plan)} universes", flush=True)
    write_rows(rows, FOUND, args.out)


if __name__ == "__main__":
    run(main)
