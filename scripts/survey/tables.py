"""Reading and writing tables: Parquet for the next step, CSV for people.

In a CSV, a cell that a spreadsheet would run has an apostrophe before it (survey.sheets); Parquet holds it as it is.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from survey.errors import BadInput
from survey.files import replace_file, write_text
from survey.sheets import guarded, read_lines, unguarded

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COUNT_COLUMNS = frozenset(
    [
        "n",
        "n_valid",
        "n_asked",
        "n_missing",
        "n_not_asked",
        "n_used",
        "frame_n",
        "respondents_n",
        "excluded",
        "surveys",
        "estimates",
        "universe",
        "universes",
    ]
)
NUMBER_COLUMNS = COUNT_COLUMNS | frozenset(
    [
        "percent",
        "ci_low",
        "ci_high",
        "weighted_percent",
        "n_effective",
        "weighted_se",
        "weighted_ci_low",
        "weighted_ci_high",
        "mean",
        "sd",
        "median",
        "q1",
        "q3",
        "min",
        "max",
        "median_ci_low",
        "median_ci_high",
        "top_percent",
        "top_ci_low",
        "top_ci_high",
        "entropy",
        "entropy_ci_low",
        "entropy_ci_high",
        "van_der_eijk_a",
        "van_der_eijk_a_ci_low",
        "van_der_eijk_a_ci_high",
        "statistic",
        "df",
        "df_denominator",
        "p",
        "p_error",
        "p_adjusted",
        "effect",
        "effect_ci_low",
        "effect_ci_high",
        "computed",
        "numerator",
        "denominator",
        "published_n",
        "published_denominator",
        "published_percent",
        "published_ci_low",
        "published_ci_high",
        "base_weight",
        "weight",
        "eligible_share",
        "frame_percent",
        "respondents_percent",
        "response_percent",
        "difference",
        "stratum_difference",
        "truth",
        "covered",
        "width",
        "coverage",
        "coverage_p5",
        "coverage_min",
        "domain_p",
        "domain_p_adjusted",
        "area_rank",
        "decided_percent",
        "smallest",
        "largest",
        "axis_effect",
        "value_effect",
    ]
)


def read_cells(path: Path) -> list[list[str]]:
    """The lines of a CSV that a step wrote, every cell as it was before; BadInput as of `read_lines`."""
    return [list(map(unguarded, line)) for line in read_lines(path)]


def read_texts(path: Path) -> list[dict[str, str]]:
    """Its rows by column, as text."""
    columns, *lines = read_cells(path) or [[]]
    return [dict(zip(columns, line, strict=False)) for line in lines]


def _each_text(frame: "pd.DataFrame", change: Callable[[object], object]) -> "pd.DataFrame":
    """The table with a change made to every text in it, column names included."""
    texts = frame.select_dtypes(exclude=["number", "bool", "datetime"]).columns
    changed = {name: frame[name].map(change, na_action="ignore") for name in texts}
    return frame.assign(**changed).rename(columns=change)


def read_table(path: Path, need: Sequence[str] = ()) -> "pd.DataFrame":
    """A .parquet or .csv table as a DataFrame, checked for the columns in `need`.

    In a CSV every cell is text exactly as it was before it was written ("NA" and "None" are answers, empty is ""),
    except the columns of statistics (NUMBER_COLUMNS), which become numbers, empty as NaN.
    Raises BadInput for an absent or unreadable file and for a column that is not there.
    """
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = _each_text(pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8"), unguarded)
            for column in NUMBER_COLUMNS.intersection(frame.columns):
                frame[column] = pd.to_numeric(frame[column])
        for column in COUNT_COLUMNS.intersection(frame.columns):
            if frame[column].isna().any():  # withheld counts are no reason to print the others as 12.0
                counts = [math.nan if math.isnan(count) else int(count) for count in frame[column]]
                frame[column] = pd.Series(counts, dtype=object, index=frame.index)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read as a table ({error}); run the step that writes it again") from None
    for column in need:
        if column not in frame.columns:
            raise BadInput(f"{path}: no column {column!r}; it has {', '.join(map(str, frame.columns))}")
    return frame


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> "pa.Table":
    """A Parquet table, or some of its columns, without pandas. Raises BadInput where it cannot be read."""
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path).read(columns)  # pq.read_table would load pandas
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read as a table ({error}); run the step that writes it again") from None


def read_rows(path: Path) -> list[dict[str, object]]:
    """The rows of a Parquet table, without pandas; a withheld count is nan.

    Raises BadInput for an absent or unreadable file.
    """
    table = read_parquet(path)
    rows = table.to_pylist()
    for name in COUNT_COLUMNS.intersection(table.column_names):
        if table[name].null_count:
            for row in rows:
                row[name] = math.nan if row[name] is None else row[name]
    return rows


def read_numbered_rows(path: Path) -> list[dict[str, object]]:
    """The rows of a Parquet table with `row`: where each stands in its CSV, as spreadsheets number it (header is 1)."""
    return [row | {"row": number} for number, row in enumerate(read_rows(path), start=2)]


def write_table(frame: "pd.DataFrame", path: Path, notes: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Write a table as .parquet (types kept) or .csv (floats to 10 digits, missing as empty), whole or not at all.

    notes: for Parquet, what is said of a column (its label, question, unit), stored in the field's metadata.
    """
    with replace_file(path) as temporary:
        if path.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            table = pa.Table.from_pandas(frame, preserve_index=False)
            fields = [field.with_metadata(dict((notes or {}).get(field.name, {}))) for field in table.schema]
            table = table.cast(pa.schema(fields, metadata=table.schema.metadata))
            pq.write_table(table, temporary, compression="zstd")
        else:
            temporary.write_text(_as_csv(frame), encoding="utf-8", newline="\n")


def write_rows(rows: Iterable[Mapping[str, object]], columns: Sequence[str], stem: Path) -> None:
    """A table of statistics as STEM.parquet and STEM.csv, without pandas, which takes longer to load than to count.

    Counts (COUNT_COLUMNS) are whole numbers or, where they are withheld, None or nan; other NUMBER_COLUMNS floats, the
    rest text; what a row lacks is missing.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = list(rows)
    cells = {column: [_typed(column, row.get(column)) for row in rows] for column in columns}
    with replace_file(stem.with_suffix(".parquet")) as temporary:
        arrays = [_arrow_array(column, cells[column]) for column in columns]
        pq.write_table(pa.Table.from_arrays(arrays, names=list(columns)), temporary, compression="zstd")
    lines = list(zip(*(map(_as_text, cells[column]) for column in columns), strict=True))
    _write_lines([columns, *lines], stem.with_suffix(".csv"))


def write_csv(rows: Iterable[Mapping[str, str]], columns: Sequence[str], path: Path) -> None:
    """A table of texts, for people, as CSV alone."""
    _write_lines([columns, *([row[column] for column in columns] for row in rows)], path)


def _write_lines(lines: Sequence[Sequence[str]], path: Path) -> None:
    quoting = csv.QUOTE_ALL if any("\r" in cell for line in lines for cell in line) else csv.QUOTE_MINIMAL
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(map(guarded, line) for line in lines)
    write_text(text.getvalue(), path)


def _typed(column: str, cell: object) -> object:
    if column in COUNT_COLUMNS:
        return None if cell is None or cell != cell else int(cell)
    if column in NUMBER_COLUMNS:
        return math.nan if cell is None else float(cell)
    return "" if cell is None else str(cell)


def _as_text(cell: object) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:.10g}"
    return "" if cell is None else str(cell)


def _arrow_array(column: str, cells: Sequence[object]) -> "pa.Array":
    """Cells as an Arrow array, built from its buffers: pyarrow.array would load pandas first."""
    import numpy as np
    import pyarrow as pa

    if column in NUMBER_COLUMNS:
        is_count, known = column in COUNT_COLUMNS, [cell is not None for cell in cells]
        numbers = np.array([cell or 0 for cell in cells] if is_count else cells, dtype=np.int64 if is_count else float)
        bits = None if all(known) else pa.py_buffer(np.packbits(known, bitorder="little"))
        return pa.Array.from_buffers(
            pa.int64() if is_count else pa.float64(), len(cells), [bits, pa.py_buffer(numbers)]
        )
    texts = [str(cell).encode() for cell in cells]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(texts)))


def _as_csv(frame: "pd.DataFrame") -> str:
    """CSV, all in quotes where a cell holds a carriage return, which Python before 3.13 writes bare, ending the row."""
    form = {"index": False, "float_format": "%.10g", "lineterminator": "\n"}
    frame = _each_text(frame, guarded)
    text = frame.to_csv(**form)
    return frame.to_csv(**form, quoting=csv.QUOTE_ALL) if "\r" in text else text


def write_both(frame: "pd.DataFrame", stem: Path) -> None:
    """The same table as STEM.parquet and STEM.csv."""
    write_table(frame, stem.with_suffix(".parquet"))
    write_table(frame, stem.with_suffix(".csv"))


def read_beside(paths: Sequence[Path], records: Sequence[str], need: Sequence[str] = ()) -> "pd.DataFrame":
    """The columns of clean domains side by side, without `record`.

    records: those of the table that they go with. Raises BadInput for a domain of other records, or in another order,
    and for a column in `need` that no domain has.
    """
    import pandas as pd

    parts = [pd.DataFrame(index=range(len(records)))]
    for path in paths:
        part = read_table(path, need=("record",))
        if part["record"].tolist() != list(records):
            raise BadInput(f"{path}: its records are not those of the other tables; run the step that writes it again")
        parts.append(part.drop(columns="record"))
    frame = pd.concat(parts, axis=1)
    for column in need:
        if column not in frame.columns:
            given = ", ".join(map(str, paths)) or "no clean domain was given"
            raise BadInput(f"no column {column!r} ({given}); give the clean domain that holds it")
    return frame


def read_numbered(path: Path) -> "pd.DataFrame":
    """A table with `row`: where each row stands in its CSV, as a spreadsheet numbers it (the header is 1)."""
    frame = read_table(path)
    return frame.assign(row=range(2, len(frame) + 2))


def read_domains(stats: Path, domains: Sequence[str], table: str) -> "pd.DataFrame":
    """One statistics table of all domains, one below the other; `row`: the row in that domain's CSV (header is 1)."""
    import pandas as pd

    return pd.concat([read_numbered(stats / domain / f"{table}.parquet") for domain in domains], ignore_index=True)
