"""Read a raw survey export, every cell verbatim, and tell which column feeds which item.

python scripts/ingest.py --study STUDY --export EXPORT.csv --out RESPONSES.parquet --columns COLUMNS.csv
    --summary INGEST.json
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.export import columns_table, map_columns, read_export
from survey.files import write_json
from survey.study import read_study
from survey.tables import write_table


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--export", type=Path, required=True, help="the platform's export, as downloaded")
    parser.add_argument("--out", type=Path, required=True, help="one row per record, every cell as text (Parquet)")
    parser.add_argument("--columns", type=Path, required=True, help="every column of the export and the item it feeds")
    parser.add_argument("--summary", type=Path, required=True, help="platform, encoding, delimiter, records, checksum")
    args = parser.parse_args(argv)

    import pandas as pd

    study = read_study(args.study)
    export = read_export(args.export, study.export["platform"], study.export["encoding"])
    columns = columns_table(export.columns, map_columns(export.columns, study))
    records, record_column = export.record_ids()
    cells = pd.DataFrame(export.cells, columns=[column.name for column in export.columns], dtype="str")
    frame = pd.concat([pd.DataFrame({"record": records, "row": export.rows}), cells], axis=1)
    unused = [row["column"] for row in columns if row["use"] == "unused"]

    write_table(frame, args.out)
    write_table(pd.DataFrame(columns), args.columns)
    write_json(
        {
            "file": args.export.name,
            "sha256": export.sha256,
            "platform": export.platform,
            "encoding": export.encoding,
            "delimiter": export.delimiter,
            "header_rows": len(export.columns[0].headers),
            "records": len(records),
            "record_column": record_column,
            "columns": len(export.columns),
            "columns_unused": len(unused),
        },
        args.summary,
    )
    print(f"{len(records)} records of {len(export.columns)} columns ({export.platform}, {export.encoding})")
    print(f"{len(export.columns) - len(unused)} columns feed {len(study.items)} items, {len(unused)} are unused")


if __name__ == "__main__":
    run(main)
