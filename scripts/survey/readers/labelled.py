"""SPSS (.sav, .zsav) and Stata (.dta): codes as text, and what the file says of its variables and values."""

import atexit
import datetime
import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from survey.errors import BadInput, one_line
from survey.readers.plain import numbered
from survey.readers.structure import Column, ResponseSet, Table, Variable
from survey.readers.values import moment_text, number_text
from survey.text import tidy

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

BATCH = 1_000_000  # cells
SPSS_EPOCH, STATA_EPOCH = datetime.datetime(1582, 10, 14), datetime.datetime(1960, 1, 1)
SPSS_DAYS = re.compile(r"(?:E|A|J|S)?DATE\d|(?:MO|Q|WK)YR\d")
SPSS_MOMENTS = re.compile(r"DATETIME|YMDHMS")
SPSS_TIMES = re.compile(r"D?TIME\d|MTIME")


def read_labelled(path: Path, kind: str, encoding: str = "auto") -> Table:
    """A file of SPSS (kind "sav") or Stata ("dta").

    Codes stay codes: 1.0 is "1", a value declared missing stays as it is, Stata's tagged missing is ".a" to ".z", and
    system missing is "". Dates are in ISO 8601. Raises BadInput for a file that is damaged or empty.
    """
    known = None if encoding == "auto" else encoding
    _, meta = _read(path, kind, known, metadataonly=True)
    names = list(meta.column_names)
    if not names or not all(names) or len(set(names)) < len(names):
        raise BadInput(f"{path}: holds no variables, or some without a name of their own; export it again")
    writers = [_writer(meta, name, kind) for name in names]
    variables = {name: _variable(meta, name, kind) for name in names}
    sets = _sets(meta)
    return Table(
        path,
        kind,
        partial(_lines, path, kind, known, names, writers),
        encoding=meta.file_encoding or "",
        by_case=True,
        labels={name: label or "" for name, label in meta.column_names_to_labels.items()},
        variables=variables | {name: _member(variables[name], one) for one in sets for name in one.columns},
        sets=sets,
    )


def _sets(meta: Any) -> tuple[ResponseSet, ...]:
    """The multiple-response sets of numbers: of a text, the file's dictionary does not say which is a tick."""
    found = []
    for name, one in (getattr(meta, "mr_sets", None) or {}).items():
        members = tuple(one["variable_list"])
        if all(meta.readstat_variable_types.get(member, "string") != "string" for member in members):
            ticked = str(one["counted_value"]) if one["is_dichotomy"] else ""
            found.append(ResponseSet(name.lstrip("$"), one["label"] or "", members, ticked))
    return tuple(found)


def _member(variable: Variable, own: ResponseSet) -> Variable:
    """A variable of a set: a part of the set's question, and an option of it where it is ticked."""
    options = {} if own.ticked else variable.options
    return replace(variable, question=tidy(own.label), part=variable.question, type="multiple", options=options)


def columns(table: Table, header: Sequence[str]) -> list[Column]:
    """The columns, named as the variables; those of a multiple-response set, or of one stem, as parts of a block.

    A set is called with or without its $, or by its label; parts by the variable's label. A variable of two sets is a
    part of the last one.
    """
    plain = [Column(tidy(name), tidy(name), "", (name, table.labels.get(name, ""))) for name in header]
    found = {column.name: column for column in numbered(plain)}
    for name, column in found.items():
        if column.part:
            found[name] = _part(column, column.block, (), table)
    for one in table.sets:
        aliases = (f"${one.name}", *([one.label] if one.label else []))
        for member in one.columns:
            part = _part(found[member], one.name, aliases, table)
            missing = table.variables[member].missing if one.ticked else ()
            found[member] = replace(part, picks=not one.ticked, ticked=one.ticked, no_answer=missing)
    return list(found.values())


def _part(column: Column, block: str, aliases: tuple[str, ...], table: Table) -> Column:
    """A column as part of a block, by its label after what the block's labels say alike, else by its name."""
    label = tidy(table.labels.get(column.headers[0], ""))
    stem, dash, option = label.rpartition(" - ")
    part = option if dash and stem else label
    number = column.part or column.name
    return Column(column.name, block, part or number, column.headers, number, column.aliases, aliases)


def _read(path: Path, kind: str, encoding: str | None, **options: Any) -> tuple[Mapping[str, Sequence[Any]], Any]:
    """What pyreadstat reads, in a process of its own: a damaged file may end that one."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        return _reader().submit(_call, str(path), kind, encoding, options).result()
    except BrokenProcessPool:
        _reader.cache_clear()
        why, hint = "it ends the program that reads it", ""
    except Exception as error:  # ReadStat's own errors, and what a damaged file leads pyreadstat to
        why, hint = one_line(error), "" if encoding else ", or name its `encoding` in study.yaml"
    name = "SPSS" if kind == "sav" else "Stata"
    raise BadInput(
        f"{path}: cannot be read as a file of {name} ({why}); is it complete? export it again{hint}"
    ) from None


@cache
def _reader() -> "ProcessPoolExecutor":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    atexit.register(_reader.cache_clear)  # while the modules that end it are still there
    return ProcessPoolExecutor(1, get_context("spawn"))


def _call(path: str, kind: str, encoding: str | None, options: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
    import pyreadstat

    read = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
    as_it_is = {"output_format": "dict", "user_missing": True, "disable_datetime_conversion": True}
    return read(path, encoding=encoding, **as_it_is, **options)


def _lines(
    path: Path, kind: str, encoding: str | None, names: list[str], writers: list[Callable[[Any], str]]
) -> Iterator[Sequence[str]]:
    yield names
    size = max(1, BATCH // len(names))
    start = 0
    while True:
        data, _ = _read(path, kind, encoding, row_offset=start, row_limit=size)
        columns = [list(map(write, data[name])) for name, write in zip(names, writers, strict=True)]
        yield from zip(*columns, strict=True)
        if len(columns[0]) < size:
            return
        start += size


def _writer(meta: Any, name: str, kind: str) -> Callable[[Any], str]:
    """How the values of a variable are written, by its format."""
    form = meta.original_variable_types.get(name) or ""
    if meta.readstat_variable_types.get(name) == "string":
        return _text
    if kind == "sav":
        if SPSS_MOMENTS.match(form):
            return partial(_since, epoch=SPSS_EPOCH, seconds=1)
        if SPSS_DAYS.match(form):
            return partial(_since, epoch=SPSS_EPOCH, seconds=1, day=True)
        return _time if SPSS_TIMES.match(form) else _number
    if form.startswith(("%td", "%d")):
        return partial(_since, epoch=STATA_EPOCH, seconds=86400, day=True)
    if form.startswith(("%tc", "%tC")):
        return partial(_since, epoch=STATA_EPOCH, seconds=0.001)
    return _single if meta.readstat_variable_types.get(name) == "float" else _number


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> str:
    """A number; a letter in its place is Stata's tagged missing value."""
    if value is None:
        return ""
    return f".{value}" if isinstance(value, str) else number_text(float(value))


def _single(value: Any) -> str:
    """A number of single precision, in the shortest text that is read back as it."""
    if value is None or isinstance(value, str):
        return _number(value)
    if not math.isfinite(value) or float(value).is_integer():
        return number_text(float(value))
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return number_text(float(text))
    return number_text(float(value))


def _since(value: Any, epoch: datetime.datetime, seconds: float, day: bool = False) -> str:
    """A moment counted from an epoch; what no calendar has stays a number."""
    if value is None or isinstance(value, str):
        return _number(value)
    try:
        moment = epoch + datetime.timedelta(seconds=round(float(value) * seconds, 3))
    except (OverflowError, ValueError):
        return number_text(float(value))
    return moment.date().isoformat() if day else moment_text(moment)


def _time(value: Any) -> str:
    """A time of day or a duration in seconds as 10:15:30."""
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return _number(value)
    whole, rest = divmod(abs(float(value)), 1)
    text = f"{int(whole // 3600):02}:{int(whole % 3600 // 60):02}:{int(whole % 60):02}"
    return ("-" if value < 0 else "") + text + (f"{rest:.3f}".lstrip("0").rstrip("0").rstrip(".") if rest else "")


def _variable(meta: Any, name: str, kind: str) -> Variable:
    labels = meta.variable_value_labels.get(name) or {}
    is_text = meta.readstat_variable_types.get(name) == "string"
    write = _text if is_text else _number
    ranges = meta.missing_ranges.get(name) or []
    tags = [write(code) for code in labels if kind == "dta" and isinstance(code, str) and not is_text]
    missing = [_range(write(one["lo"]), write(one["hi"])) for one in ranges] + tags
    form = meta.original_variable_types.get(name) or ""
    dates = SPSS_MOMENTS.match(form) or SPSS_DAYS.match(form) if kind == "sav" else form.startswith(("%t", "%d"))
    hint = "date" if dates else "single" if labels else "text" if is_text else "numeric"
    return Variable(
        question=tidy(meta.column_names_to_labels.get(name) or ""),
        type=hint,
        options={write(code): tidy(str(label)) for code, label in labels.items()},
        missing=tuple(missing),
    )


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low}..{high}"
