"""Compare early with late answers: who answers late may resemble those who do not answer.

python scripts/compare_waves.py --study STUDY --sample SAMPLE.parquet --clean DOMAIN.parquet ...
    --out RESULTS/stats/early_late
"""

from argparse import ArgumentParser
from pathlib import Path

from survey import withholding
from survey.coding import Table
from survey.comparisons import COMPARISONS, adjusted, comparisons
from survey.counting import Groups
from survey.description import count
from survey.errors import run
from survey.sample import analysed_sample, wave_group
from survey.shuffling import Shuffles
from survey.study import read_study
from survey.tables import write_rows
from survey.withheld import read_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--sample", type=Path, required=True, help="clean/sample.parquet")
    parser.add_argument("--clean", type=Path, nargs="+", required=True, help="clean domains, in order")
    parser.add_argument("--withheld", type=Path, help="stats/withheld.parquet, where the study withholds small counts")
    parser.add_argument("--out", type=Path, required=True, help="one row per question, without its suffix")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    items = [item for item in study.items if item.is_reported]
    tables = [Table(path, [], items) for path in args.clean]
    sample = analysed_sample(args.sample, tables[0])
    grouped = Groups([wave_group(sample["wave"])])
    counted = [count(item, table.columns(item), grouped) for table in tables for item in table.items]
    shuffles = Shuffles(study.comparisons["samples"], study.seed_for("compare_waves"), len(sample["record"]))
    rows = comparisons(counted, grouped, study, shuffles)
    withheld = read_withheld(args.withheld, study)
    if withheld:
        rows = withholding.waves(rows, counted, withheld)
    rows = adjusted(rows, study.comparisons["within"])
    write_rows(rows, [*COMPARISONS, *([withholding.NOTE] if withheld else [])], args.out)
    early, late = (sample["wave"].count(wave) for wave in ("early", "late"))
    differ = sum(row["p_adjusted"] <= study.comparisons["alpha"] / 100 for row in rows)
    print(f"{early} early and {late} late answers; {len(rows)} questions, {differ} differ")


if __name__ == "__main__":
    run(main)
