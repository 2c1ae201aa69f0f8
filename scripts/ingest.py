"""Read a raw survey export, every cell verbatim, and tell which column feeds which item.

python scripts/ingest.py --study STUDY --export EXPORT --out RESPONSES.parquet --columns COLUMNS.csv
    --summary INGEST.json [--dictionary DICTIONARY] [--joined TABLE ...]
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from survey.errors import run
from survey.export import Export, check_answers, columns_table, map_columns, read_export
from survey.files import replace_file, sha256, write_json
from survey.joining import Joined, join
from survey.study import read_study
from survey.tables import write_csv


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--export", type=Path, required=True, help="the platform's export, as downloaded")
    parser.add_argument("--dictionary", type=Path, help="the platform's dictionary: .lss, .qsf, REDCap data dictionary")
    parser.add_argument("--joined", type=Path, nargs="*", default=[], help="the tables of export.joined, in order")
    parser.add_argument("--out", type=Path, required=True, help="one row per record, every cell as text (Parquet)")
    parser.add_argument("--columns", type=Path, required=True, help="every column of the export and the item it feeds")
    parser.add_argument("--summary", type=Path, required=True, help="platform, format, records, checksum")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    settings = study.export
    sheet = settings.get("sheet", "")
    export = read_export(args.export, settings["platform"], settings["encoding"], sheet, args.dictionary)
    tables = []
    for table, path in study.with_files("joined", args.joined):
        export, joined = join(export, args.export, table, path)
        tables.append(joined)
    files = {"": args.export.name} | {one.id: one.file for one in tables}
    uses = map_columns(export.columns, study)
    check_answers(export, uses, study, args.export)
    columns = columns_table(export.columns, uses, files if tables else {})
    records, record_column = export.record_ids()
    unused = [row["column"] for row in columns if row["use"] == "unused"]

    write_responses(export, records, tables, args.out)
    write_csv([{name: str(cell) for name, cell in row.items()} for row in columns], list(columns[0]), args.columns)
    beside = (
        {"dictionary": args.dictionary.name, "dictionary_sha256": sha256(args.dictionary)} if args.dictionary else {}
    )
    write_json(
        {
            "file": args.export.name,
            "sha256": export.sha256,
            "platform": export.platform,
            "format": export.format,
            "encoding": export.encoding,
            "delimiter": export.delimiter,
            "sheet": export.sheet,
            "header_rows": export.header_rows,
            "records": len(records),
            "blank_rows": export.blank_rows,
            "record_column": record_column,
            "columns": len(export.columns),
            "columns_unused": len(unused),
            **beside,
            **({"joined": {one.id: one.summary() for one in tables}} if tables else {}),
        },
        args.summary,
    )
    print(f"{len(records)} records of {len(export.columns)} columns ({export.platform}, {export.format})")
    for one in tables:
        print(f"{len(one.table.columns)} of them of {one.file}, in which {one.rows.count('')} records have no row")
    print(f"{len(export.columns) - len(unused)} columns feed {len(study.items)} items, {len(unused)} are unused")


def write_responses(export: Export, records: list[str], tables: Sequence[Joined], path: Path) -> None:
    """The records, some at a time, as Parquet: record, row in the file and in each joined table, every cell as text."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [column.name for column in export.columns]
    rows = {one.row_column: one.rows for one in tables}
    typed = {"record": "str", "row": "int64", **dict.fromkeys([*rows, *names], "str")}
    schema = pa.Schema.from_pandas(pd.DataFrame(columns=list(typed)).astype(typed), preserve_index=False)
    with replace_file(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        start = 0
        for lines in export.batches():
            place = slice(start, start + len(lines))
            columns = [records[place], export.rows[place], *(own[place] for own in rows.values())]
            columns += zip(*lines, strict=True)
            arrays = [pa.array(cells, type=field.type) for cells, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            start += len(lines)


if __name__ == "__main__":
    run(main)
