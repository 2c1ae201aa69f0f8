r"""Simulate the raw export of a study from its assumed population shares.

python scripts/simulate_export.py --study FOLDER --out EXPORT.csv --frame FRAME.csv \
    --truth TRUTH.csv --true-shares SHARES.csv
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import BadInput, run
from survey.files import write_text
from survey.simulation import (
    export_text,
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
    parser.add_argument("--out", type=Path, required=True, help="the export, as LimeSurvey writes it")
    parser.add_argument("--frame", type=Path, required=True, help="one row per invited centre")
    parser.add_argument("--truth", type=Path, required=True, help="per record: analysable or why not, and its disorder")
    parser.add_argument("--true-shares", type=Path, required=True, help="what a census of the frame would give")
    parser.add_argument("--seed", type=int, help="instead of the seed of study.yaml")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    if not (study.frame and study.window and study.respondent_key):
        raise BadInput(f"{args.study / 'study.yaml'}: a simulation needs frame, window and respondent_key")
    seed = study.seed if args.seed is None else args.seed
    assumed = read_assumptions(args.study / "assumed_shares.csv", study)
    centres = simulate_frame(study, assumed, seed)
    records = simulate_records(study, assumed, centres, seed)
    # With the mark at its start by which spreadsheet programs know UTF-8, as LimeSurvey writes it.
    write_text("\ufeff" + export_text(records, study), args.out)
    write_text(frame_text(centres, study), args.frame)
    write_text(truth_text(records), args.truth)
    write_text(true_shares_text(centres, study), args.true_shares)


if __name__ == "__main__":
    run(main)
