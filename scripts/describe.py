"""Describe one domain: frequencies, numbers, both per group, agreement, and comparisons between groups.

python scripts/describe.py --study STUDY --domain DOMAIN --clean DOMAIN.parquet --groups PART.parquet ... --out FOLDER

A table that was cleaned elsewhere can be given as CSV: columns named like the clean table's, cells that hold the codes
or labels of options.csv, grouping items among them.
"""

from argparse import ArgumentParser
from pathlib import Path

from survey import withholding
from survey.coding import Table
from survey.comparisons import COMPARISONS, adjusted, comparisons
from survey.counting import Groups, each, group
from survey.description import AGREEMENT, FREQUENCIES, GROUPS, NUMERIC, agreement, count, frequencies, groups, numeric
from survey.errors import BadInput, run
from survey.frame import frame_counts
from survey.sample import analysed_sample, clusters_of, design_of
from survey.shuffling import Shuffles
from survey.study import read_study
from survey.tables import write_rows
from survey.withheld import read_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--domain", required=True, help="domain of study.yaml")
    parser.add_argument("--clean", type=Path, required=True, help="clean/domains/DOMAIN.parquet, or a clean CSV")
    parser.add_argument(
        "--groups", type=Path, nargs="*", default=[], help="clean domains that hold the grouping items, if others do"
    )
    parser.add_argument("--sample", type=Path, help="clean/sample.parquet, for weights or clusters of the study")
    parser.add_argument("--withheld", type=Path, help="stats/withheld.parquet, where the study withholds small counts")
    parser.add_argument("--threads", type=int, default=1, help="to read and count with; results do not depend on it")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for frequencies, numeric, groups, agreement and comparisons (.parquet and .csv)",
    )
    args = parser.parse_args(argv)

    study = read_study(args.study)
    items = [item for item in study.domain_items(args.domain) if item.is_reported]
    grouping = [study.item(name) for name in study.groups]
    clean = Table(args.clean, items, grouping, args.threads)
    tables = [*(Table(path, [], grouping, args.threads) for path in args.groups), clean]
    for table in tables:
        if table.record != clean.record:
            raise BadInput(
                f"{table.path}: its records are not those of {args.clean}; run the step that writes it again"
            )
    sources = {item: table for table in tables for item in table.items}
    for item in grouping:
        if item not in sources:
            raise BadInput(
                f"no column {item.name!r} in {args.clean}; give the clean domain that holds it with --groups"
            )
    grouped = Groups([group(next(sources[item].columns(item))) for item in grouping])
    counted = each(lambda item: count(item, clean.columns(item), grouped), items, args.threads)
    if (study.weighting or study.cluster) and not args.sample:
        what = "is weighted" if study.weighting else "names clusters"
        raise BadInput(f"{args.study / 'study.yaml'}: the study {what}; give --sample, which tells of each record")
    sample = analysed_sample(args.sample, clean) if args.sample else {}
    design = design_of(sample, study)
    clusters = clusters_of(sample, study)
    tested = design if design and study.weighting["comparisons"] == "weighted" else None
    shuffles = Shuffles(study.comparisons["samples"], study.seed_for("describe", args.domain), clean.records)
    compared = comparisons(counted, grouped, study, shuffles, tested, args.threads)
    withheld = read_withheld(args.withheld, study)
    if withheld:
        compared = withholding.comparisons(compared, counted, withheld, study)
    tables = {
        "frequencies": (frequencies(counted, study, args.domain, design, clusters), FREQUENCIES),
        "numeric": (numeric(counted, study, args.domain), NUMERIC),
        "groups": (groups(counted, grouped, study, args.domain, frame_counts(study), clusters), GROUPS),
        "agreement": (agreement(counted, study, args.domain, clusters=clusters), AGREEMENT),
        "comparisons": (adjusted(compared, study.comparisons["within"]), COMPARISONS),
    }
    if withheld:
        found = {name: rows for name, (rows, _) in tables.items()}
        found |= {
            "frequencies": withholding.frequencies(found["frequencies"], withheld, study),
            "numeric": withholding.numeric(found["numeric"], counted, withheld),
            "groups": withholding.groups(found["groups"], counted, withheld, study),
            "agreement": withholding.agreement(found["agreement"], counted, withheld, study),
        }
        tables = {name: (found[name], [*columns, withholding.NOTE]) for name, (_, columns) in tables.items()}
    for name, (rows, columns) in tables.items():
        write_rows(rows, columns, args.out / name)
    print(
        f"{args.domain}: {clean.records} records, "
        + ", ".join(f"{len(rows)} rows of {name}" for name, (rows, _) in tables.items())
    )


if __name__ == "__main__":
    run(main)
