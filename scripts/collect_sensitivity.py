"""Put the universes together: in which share of them each conclusion holds, and which axis moves it most.

python scripts/collect_sensitivity.py --study STUDY --parts PART.parquet ... --out RESULTS/stats/sensitivity
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import BadInput, run
from survey.sensitivity import EFFECTS, SUMMARY, columns, conclusions, effects, published, summary
from survey.study import read_study
from survey.tables import read_rows, write_rows


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--parts", type=Path, nargs="*", required=True, help="what run_universes wrote")
    parser.add_argument("--claims", type=Path, help="stats/claims.parquet, where the study withholds small counts")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="one row per universe and conclusion, without its suffix; beside it _summary and _effects",
    )
    args = parser.parse_args(argv)

    study = read_study(args.study)
    rows = conclusions([row for path in args.parts for row in read_rows(path)], study)
    moved = effects(rows, study)
    found = summary(rows, moved, study)
    if study.minimum_cell:
        if not args.claims:
            raise BadInput(f"{args.study / 'study.yaml'}: the study withholds small counts; give --claims")
        found, rows, moved = published(found, read_rows(args.claims)), [], []
    for suffix, part, names in (("", rows, columns(study)), ("_summary", found, SUMMARY), ("_effects", moved, EFFECTS)):
        write_rows(part, names, args.out.with_name(args.out.name + suffix))
    for row in found:
        if "percent" in row:
            by = f", most by {row['axis']} ({row['axis_effect']:.0f} points)" if row.get("axis") else ""
            print(f"{row['label']} {row['percent']:.0f} % of {row['universes']} universes{by}")


if __name__ == "__main__":
    run(main)
