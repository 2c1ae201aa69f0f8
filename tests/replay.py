"""The replay of the ledger (`survey.replaying`), as a test asks for it."""

from survey.replaying import differences, replay

__all__ = ["assert_replays", "differences", "read_results", "replay"]


def read_results(results):
    """Raw rows, columns, exclusions, ledger and clean rows of a results folder, as dictionaries."""
    import csv
    import re

    import pyarrow.parquet as pq

    def verbatim(cell):
        # An apostrophe keeps a spreadsheet from running the cell.
        return cell[1:] if re.match("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell) else cell

    def rows(name):
        with (results / name).open(encoding="utf-8", newline="") as file:
            return [{column: verbatim(cell) for column, cell in row.items()} for row in csv.DictReader(file)]

    csv.field_size_limit(10_000_000)
    raw = pq.read_table(results / "ingest" / "responses.parquet").to_pylist()
    clean = pq.read_table(results / "clean" / "responses.parquet").to_pylist()
    return raw, rows("ingest/columns.csv"), rows("clean/exclusions.csv"), rows("clean/ledger.csv"), clean


def assert_replays(results, study):
    """Replaying the ledger and the exclusions over the raw cells gives the clean table exactly."""
    raw, columns, exclusions, ledger, clean = read_results(results)
    values, missing = replay(raw, columns, exclusions, ledger, study)
    assert [row["record"] for row in clean] == [
        row["record"] for row in raw if (row["record"], study.items[0].name) in missing
    ]
    assert differences(clean, values, missing, study) == []
