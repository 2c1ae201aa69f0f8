"""Clean the items of one domain: typed answers, with a ledger of every change.

python scripts/clean_domain.py --study STUDY --domain DOMAIN --responses RESPONSES.parquet --columns COLUMNS.csv
    --exclusions EXCLUSIONS.csv --earlier PART.parquet ... --out DOMAIN.parquet --ledger LEDGER.csv
    --validation VALIDATION.csv --appendix APPENDIX.csv
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.answers import missing_column
from survey.cleaning import LEDGER, VALIDATION, appendix, clean_domain
from survey.errors import run
from survey.recodes import check_records, read_cleaning_study
from survey.tables import read_beside, read_table, write_table


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--domain", required=True, help="domain of study.yaml")
    parser.add_argument("--responses", type=Path, required=True, help="ingest/responses.parquet")
    parser.add_argument("--columns", type=Path, required=True, help="ingest/columns.csv")
    parser.add_argument("--exclusions", type=Path, required=True, help="clean/exclusions.csv")
    parser.add_argument("--earlier", type=Path, nargs="*", default=[], help="clean domains that skip logic asks about")
    parser.add_argument(
        "--out", type=Path, required=True, help="clean answers of the domain, one row per analysed record"
    )
    parser.add_argument("--ledger", type=Path, required=True, help="one row per cell whose meaning changed")
    parser.add_argument("--validation", type=Path, required=True, help="cells that a person should look at")
    parser.add_argument("--appendix", type=Path, required=True, help="what each variable holds")
    args = parser.parse_args(argv)

    import pandas as pd

    study = read_cleaning_study(args.study)
    items = study.domain_items(args.domain)
    raw = read_table(args.responses, need=("record", "row"))
    check_records(study, args.domain, raw["record"])
    excluded = read_table(args.exclusions, need=("record",))["record"]
    raw = raw[~raw["record"].isin(excluded)].reset_index(drop=True)
    uses = read_table(args.columns, need=("column", "item", "option", "use"))
    gates = [missing_column(item) for item in study.gates(args.domain)]
    earlier = read_beside(args.earlier, raw["record"], need=gates)
    cleaned = clean_domain(raw, uses, study, args.domain, earlier)

    ledger = pd.DataFrame(cleaned.ledger, columns=LEDGER)
    validation = pd.DataFrame(cleaned.validation, columns=VALIDATION)
    rows = dict(zip(raw["record"], raw["row"], strict=True))
    validation.insert(1, "row", [rows[record] for record in validation["record"]])
    notes = {
        item.name: {"label": item.label, "question": item.question, "unit": item.unit, "type": item.type}
        for item in items
    }
    write_table(pd.DataFrame({"record": raw["record"], **cleaned.columns}), args.out, notes)
    write_table(ledger, args.ledger)
    write_table(validation, args.validation)
    write_table(pd.DataFrame(appendix(cleaned.columns, items)), args.appendix)
    print(
        f"{args.domain}: {len(items)} items of {len(raw)} records, "
        f"{len(ledger)} cells changed, {len(validation)} to look at"
    )


if __name__ == "__main__":
    run(main)
