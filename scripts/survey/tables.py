"""Reading and writing tables: Parquet for the next step, CSV for people."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from survey.errors import BadInput
from survey.files import replace_file

if TYPE_CHECKING:
    import pandas as pd

NUMBER_COLUMNS = frozenset(
    [
        "n",
        "n_valid",
        "n_asked",
        "n_missing",
        "n_not_asked",
        "percent",
        "ci_low",
        "ci_high",
        "weighted_percent",
        "n_effective",
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
        "entropy",
        "entropy_ci_low",
        "entropy_ci_high",
        "excluded",
        "computed",
        "published",
    ]
)


def read_table(path: Path, need: Sequence[str] = ()) -> "pd.DataFrame":
    """A .parquet or .csv table as a DataFrame, checked for the columns in `need`.

    In a CSV every cell is text exactly as written ("NA" and "None" are answers, empty is ""), except the columns of
    statistics (NUMBER_COLUMNS), which become numbers, empty as NaN.
    Raises BadInput for an absent or unreadable file and for a column that is not there.
    """
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
            for column in NUMBER_COLUMNS.intersection(frame.columns):
                frame[column] = pd.to_numeric(frame[column])
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read as a table ({error}); run the step that writes it again") from None
    for column in need:
        if column not in frame.columns:
            raise BadInput(f"{path}: no column {column!r}; it has {', '.join(map(str, frame.columns))}")
    return frame


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


def _as_csv(frame: "pd.DataFrame") -> str:
    """CSV, all in quotes where a cell holds a carriage return, which Python before 3.13 writes bare, ending the row."""
    form = {"index": False, "float_format": "%.10g", "lineterminator": "\n"}
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
