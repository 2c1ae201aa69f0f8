"""Put the cleaned domains together: the clean table, its ledger, what to look at, and the data appendix.

python scripts/collect_clean.py --domains DOMAIN.parquet ... --out RESPONSES.parquet --ledger LEDGER.csv
    --validation VALIDATION.csv --appendix APPENDIX.csv
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.study import read_study
from survey.tables import read_beside, read_table, write_table
from survey.withheld import NOTE, appendix, read_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--domains",
        type=Path,
        nargs="+",
        required=True,
        help="clean domains in order; DOMAIN.ledger.csv and its like lie beside each",
    )
    parser.add_argument("--out", type=Path, required=True, help="every analysed record with every item")
    parser.add_argument("--ledger", type=Path, required=True, help="one row per cell whose meaning changed")
    parser.add_argument("--validation", type=Path, required=True, help="cells that a person should look at")
    parser.add_argument("--appendix", type=Path, required=True, help="what each variable holds")
    parser.add_argument("--study", type=Path, help="study folder, where the study withholds small counts")
    parser.add_argument("--withheld", type=Path, help="stats/withheld.parquet, where the study withholds small counts")
    args = parser.parse_args(argv)

    import pandas as pd
    import pyarrow.parquet as pq

    records = read_table(args.domains[0], need=("record",))["record"]
    answers = read_beside(args.domains, records)
    fields = [field for path in args.domains for field in pq.read_schema(path)]
    notes = {field.name: field.metadata for field in fields if field.metadata}
    write_table(pd.concat([records, answers], axis=1), args.out, notes)
    for name in ("ledger", "validation", "appendix"):
        tables = [read_table(path.with_suffix(f".{name}.csv")) for path in args.domains]
        whole = pd.concat(tables, ignore_index=True)
        if name == "appendix" and args.withheld:
            study = read_study(args.study)
            rows = appendix(whole.to_dict("records"), read_withheld(args.withheld, study), study)
            whole = pd.DataFrame(rows, columns=[*whole.columns, NOTE])
        write_table(whole, getattr(args, name))
    print(f"{len(records)} records, {answers.shape[1]} columns")


if __name__ == "__main__":
    run(main)
