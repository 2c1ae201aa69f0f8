"""The replay of the ledger (`survey.replaying`), as a test asks for it."""

from survey.replaying import differences, replay

__all__ = ["assert_replayed", "assert_replays", "clean_all", "differences", "read_results", "replay", "verbatim"]


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


def verbatim(study, export):
    """The cells of an export, and the use of every column."""
    import pandas as pd

    from survey.export import columns_table, map_columns

    cells = pd.DataFrame(export.cells, columns=[column.name for column in export.columns], dtype="str")
    cells.insert(0, "record", export.record_ids()[0])
    return cells, pd.DataFrame(columns_table(export.columns, map_columns(export.columns, study)))


def clean_all(study, export):
    """All domains cleaned one after the other; the verbatim cells, and the use of every column."""
    import pandas as pd

    from survey.cleaning import Cleaned, clean_domain

    cells, uses = verbatim(study, export)
    whole = Cleaned()
    for domain in study.domain_ids:
        part = clean_domain(cells, uses, study, domain, pd.DataFrame(whole.columns))
        whole.columns |= part.columns
        whole.ledger += part.ledger
        whole.validation += part.validation
    return whole, cells, uses


def assert_replayed(whole, cells, uses, study):
    """The ledger replayed over the cells gives the clean table; its rows, as dictionaries."""
    import pandas as pd

    from survey.cleaning import LEDGER

    ledger = [dict(zip(LEDGER, row, strict=True)) for row in whole.ledger]
    values, missing = replay(cells.to_dict("records"), uses.to_dict("records"), [], ledger, study)
    table = pd.DataFrame({"record": cells["record"]} | whole.columns).astype(object)
    assert differences(table.where(table.notna(), None).to_dict("records"), values, missing, study) == []
    return ledger
