"""The replay of the ledger (`survey.replaying`), as a test asks for it."""

from survey.replaying import differences, replay

__all__ = ["assert_replays", "differences", "read_results", "replay"]


def read_results(results):
    """Raw rows, columns, exclusions, ledger and clean rows of a results folder, as dictionaries."""
    import csv

    import pyarrow.parquet as pq

    def rows(name):
        with (results / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

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
