"""Draw surveys from a known population and count how often each interval holds the truth: one chunk of them.

python scripts/simulate_surveys.py --study STUDY --clean DOMAIN.parquet ... --chunk 1 --out CHUNK
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.calibration import COVERAGE, Population, coverage, surveys_of
from survey.coding import Table
from survey.errors import run
from survey.study import METHODS, read_study
from survey.tables import write_rows


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder; its calibration says how many surveys")
    parser.add_argument("--clean", type=Path, nargs="+", required=True, help="clean domains, in order")
    parser.add_argument("--chunk", type=int, required=True, help="which part of the surveys, from 1")
    parser.add_argument("--out", type=Path, required=True, help="one row per interval and estimate, without its suffix")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    plan, level = study.calibration, study.inference["level"]
    number = surveys_of(args.chunk, plan["surveys"], plan["chunks"])
    items = [item for item in study.items if item.is_reported]
    tables = [Table(path, [], items) for path in args.clean]
    coded = {item: list(table.columns(item)) for table in tables for item in table.items}
    invited = study.frame["invited"] if study.frame else None
    population = Population(coded, invited, study.seed_for("simulate_surveys"))
    targets = [target for target in METHODS if study.frame or target != "finite_population"]
    work = [(n, target) for n in plan["sizes"] for target in targets]
    rows = []
    for place, (n, target) in enumerate(work, start=1):
        seed = study.seed_for("simulate_surveys", str(args.chunk), str(n), target)
        rows += coverage(population, number, n, target, seed, level)
        kind = target.replace("_", " ")
        print(f"chunk {args.chunk}: {number} surveys of {n}, {kind} ({place} of {len(work)})", flush=True)
    write_rows(rows, COVERAGE, args.out)


if __name__ == "__main__":
    run(main)
