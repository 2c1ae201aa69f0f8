"""Describe one domain: frequencies, numbers, both per group, and agreement.

python scripts/describe.py --study STUDY --domain DOMAIN --clean DOMAIN.parquet --groups PART.parquet ... --out FOLDER
"""

from argparse import ArgumentParser
from pathlib import Path

from survey import description
from survey.answers import missing_column
from survey.errors import run
from survey.frame import frame_counts
from survey.study import read_study
from survey.tables import read_beside, read_table, write_both


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--domain", required=True, help="domain of study.yaml")
    parser.add_argument("--clean", type=Path, required=True, help="clean/domains/DOMAIN.parquet")
    parser.add_argument(
        "--groups", type=Path, nargs="*", default=[], help="clean domains that hold the grouping items and the weight"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for frequencies, numeric, groups and agreement (.parquet and .csv)",
    )
    args = parser.parse_args(argv)

    import pandas as pd

    study = read_study(args.study)
    clean = read_table(args.clean, need=("record",))
    weight = [study.weight.name] if study.weight else []
    need = [*(missing_column(study.item(name)) for name in study.groups), *weight]
    levels = read_beside(args.groups, clean["record"], need)
    weights = description.record_weights(levels[weight[0]], clean["record"]) if weight else None
    tables = {
        "frequencies": (description.frequencies(clean, study, args.domain, weights), description.FREQUENCIES),
        "numeric": (description.numeric(clean, study, args.domain), description.NUMERIC),
        "groups": (
            description.groups(clean, levels, study, args.domain, frame_counts(study)),
            description.GROUPS,
        ),
        "agreement": (description.agreement(clean, study, args.domain), description.AGREEMENT),
    }
    for name, (rows, columns) in tables.items():
        write_both(description.typed(pd.DataFrame(rows, columns=columns)), args.out / name)
    print(
        f"{args.domain}: {len(clean)} records, "
        + ", ".join(f"{len(rows)} rows of {name}" for name, (rows, _) in tables.items())
    )


if __name__ == "__main__":
    run(main)
