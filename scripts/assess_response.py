"""Response rates, and whether those who answered resemble the frame.

python scripts/assess_response.py --study STUDY --sample SAMPLE.parquet --out RESULTS/stats
"""

from argparse import ArgumentParser
from pathlib import Path

from survey import withholding
from survey.errors import run
from survey.representativeness import REPRESENTATIVENESS, of_strata
from survey.sample import DISPOSITION_TABLE, DISPOSITIONS, RESPONSE_RATES, disposition_of, dispositions, response_rates
from survey.shuffling import Shuffles
from survey.study import read_study
from survey.tables import read_rows, write_rows
from survey.withheld import read_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--sample", type=Path, required=True, help="clean/sample.parquet")
    parser.add_argument("--withheld", type=Path, help="stats/withheld.parquet, where the study withholds small counts")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for dispositions, response_rates and representativeness"
    )
    args = parser.parse_args(argv)

    study = read_study(args.study)
    sample = read_rows(args.sample)
    excluded_by, units = [row["excluded_by"] for row in sample], [row["unit"] for row in sample]
    counts = dispositions(excluded_by, units, study)
    outside = sum(disposition_of(rule, study) == "not_eligible" for rule in excluded_by)
    rates = response_rates(counts, outside, study)
    invited = study.frame["invited"] if study.frame else 0
    shuffles = Shuffles(study.comparisons["samples"], study.seed_for("assess_response"), invited)
    strata = of_strata([row for row in sample if not row["excluded_by"]], study, shuffles)
    withheld = read_withheld(args.withheld, study)
    if withheld:
        strata = withholding.strata(strata, withheld, study)
    rows = [
        {"disposition": name, "code": code, "definition": definition, "n": counts[name]}
        for name, (code, definition) in DISPOSITIONS.items()
    ]
    write_rows(rows, DISPOSITION_TABLE, args.out / "dispositions")
    write_rows(rates, RESPONSE_RATES, args.out / "response_rates")
    write_rows(
        strata, [*REPRESENTATIVENESS, *([withholding.NOTE] if withheld else [])], args.out / "representativeness"
    )
    for rate in rates:
        found = f"{rate['percent']:.1f} %" if "percent" in rate else rate["reason_not_run"]
        print(f"{rate['rate']}: {found}")


if __name__ == "__main__":
    run(main)
