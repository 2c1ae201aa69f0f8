r"""Simulate the raw export of a study from its assumed population shares.

python scripts/simulate_export.py --study FOLDER --out EXPORT.csv --frame FRAME.csv \
    --truth TRUTH.csv --true-shares SHARES.csv
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.disorder import disturb
from survey.errors import BadInput, run
from survey.files import write_text
from survey.platforms import export_text, fill_cells
from survey.simulation import (
    frame_text,
    read_assumptions,
    simulate_frame,
    simulate_records,
    true_shares_text,
    truth_text,
)
from survey.study import read_study


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder with assumed_shares.csv")
    parser.add_argument("--out", type=Path, required=True, help="the export, as the platform of study.yaml writes it")
    parser.add_argument("--frame", type=Path, required=True, help="one row per invited unit")
    parser.add_argument("--truth", type=Path, required=True, help="per record: analysable or why not, and its disorder")
    parser.add_argument("--true-shares", type=Path, required=True, help="what a census of the frame would give")
    parser.add_argument("--seed", type=int, help="instead of the seed of study.yaml")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    if not (study.frame and study.frame.get("strata") and study.window and study.respondent_key):
        raise BadInput(f"{args.study / 'study.yaml'}: a simulation needs frame.strata, window and respondent_key")
    seed = study.seed if args.seed is None else args.seed
    assumed = read_assumptions(args.study / "assumed_shares.csv", study)
    units = simulate_frame(study, assumed, seed)
    records = simulate_records(study, assumed, units, seed)
    fill_cells(records, study)
    disturb(records, study, assumed, seed)
    write_text(export_text(records, study), args.out)
    write_text(frame_text(units, study), args.frame)
    write_text(truth_text(records, study), args.truth)
    write_text(true_shares_text(units, study), args.true_shares)


if __name__ == "__main__":
    run(main)
