"""Parquet: a table that another program wrote, its cells as text."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from survey.errors import BadInput, one_line
from survey.readers.structure import Table
from survey.readers.values import as_cell

BATCH = 1_000_000  # cells


def read_parquet(path: Path) -> Table:
    """A Parquet file: numbers as text, 15.0 as "15", dates in ISO 8601, missing as "".

    Raises BadInput for a file that is damaged, and for a column that holds lists or records.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of these
        raise BadInput(f"{path}: cannot be read as Parquet ({_brief(error)}); is it complete? write it again") from None
    for field in schema:
        if pa.types.is_nested(field.type):
            raise BadInput(f"{path} column {field.name!r}: holds {field.type}; write one value per cell")
    return Table(path, "parquet", partial(_lines, path, schema.names), by_case=True)


def _lines(path: Path, names: Sequence[str]) -> Iterator[Sequence[str]]:
    import pyarrow.parquet as pq

    yield names
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(max(1, BATCH // max(1, len(names)))):
                columns = [[as_cell(value) for value in column.to_pylist()] for column in batch.columns]
                yield from zip(*columns, strict=True)
    except (OSError, ValueError, OverflowError) as error:
        raise BadInput(f"{path}: cannot be read as Parquet ({_brief(error)}); is it complete? write it again") from None


def _brief(error: Exception) -> str:
    return one_line(error)[:200]
