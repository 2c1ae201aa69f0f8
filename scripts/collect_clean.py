"""Put the cleaned domains together: the clean table, its ledger, what to look at, and the data appendix.

python scripts/collect_clean.py --domains DOMAIN.parquet ... --out RESPONSES.parquet --ledger LEDGER.csv
    --validation VALIDATION.csv --appendix APPENDIX.csv [--checks CHECKS.csv]
    [--study STUDY --withheld WITHHELD.parquet]
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import BadInput, run
from survey.study import read_study
from survey.tables import read_beside, read_table, write_table
from survey.withheld import NOTE, read_withheld
from survey.withheld import appendix as with_withheld


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--domains",
        type=Path,
        nargs="+",
        required=True,
        help="clean domains in order; DOMAIN.ledger.csv and its like lie beside each",
    )
    parser.add_argument("--checks", type=Path, nargs="*", default=[], help="clean/checks.csv, more to look at")
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
    tables = {
        name: pd.concat([read_table(path.with_suffix(f".{name}.csv")) for path in args.domains], ignore_index=True)
        for name in ("ledger", "validation", "appendix")
    }
    tables["validation"] = pd.concat([tables["validation"], *map(read_table, args.checks)], ignore_index=True)
    reported = tables["appendix"][tables["appendix"]["role"].isin(["outcome", "group"])]
    if len(reported) and not reported["n"].any():
        raise BadInput(
            f"{args.appendix}: of {len(reported)} items no answer of {len(records)} records counts, "
            f"{len(tables['validation'])} cells are read by no rule; check options.csv, and source in codebook.csv"
        )
    write_table(pd.concat([records, answers], axis=1), args.out, notes)
    if args.withheld:
        study, appendix = read_study(args.study), tables["appendix"]
        rows = with_withheld(appendix.to_dict("records"), read_withheld(args.withheld, study), study)
        tables["appendix"] = pd.DataFrame(rows, columns=[*appendix.columns, NOTE])
    for name, table in tables.items():
        write_table(table, getattr(args, name))
    print(f"{len(records)} records, {answers.shape[1]} columns")


if __name__ == "__main__":
    run(main)
