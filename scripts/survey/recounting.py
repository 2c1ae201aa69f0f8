"""Counting again, from the clean table, what `survey.provenance` says of a cell; without the code of the statistics.

Every distinct text of a column has the set of records that hold it, as the bits of a whole number: records are counted
by "and" and "or" of such sets, so that thousands of cells are counted again in a second.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from survey.errors import BadInput, LeftOut, one_line
from survey.left_out import left_out_names, refuse_left_out
from survey.provenance import COUNTED, ELSE, as_text
from survey.tables import read_texts

if TYPE_CHECKING:
    import pyarrow.parquet as pq

CLEAN, SAMPLE = "clean/responses.parquet", "clean/sample.parquet"
RELEASED, EXCLUSIONS = "clean/released.csv", "clean/exclusions.csv"
TICKS = {"yes": "1", "no": "0"}  # of item[option] in the released table


class Records:
    """The records of an export with their clean cells and their place in the sample, column by column.

    results: a results folder. Raises BadInput where it does not hold the records, LeftOut in an archive without them.
    In an archive the released table stands in for the clean one, and it and the exclusions for the sample: `instead`
    says by which files, `has_excluded` whether the excluded records are known.
    """

    def __init__(self, results: Path):
        self.results, self.open = results, cache(self._open)
        self.instead: dict[str, list[str]] = {}
        self.has_excluded = True
        self._released = self._stand_ins()
        self.ids = [str(record) for record in self._column(SAMPLE, "record")]
        self.place = {record: at for at, record in enumerate(self.ids)}
        if len(self.place) < len(self.ids):
            raise BadInput(f"{results / SAMPLE}: a record is there twice; run the step match_frame again")
        self._clean = [self.place.get(str(record)) for record in self._column(CLEAN, "record")]
        if None in self._clean:
            raise BadInput(f"{results / CLEAN}: a record that {SAMPLE} does not have; run the steps again")
        self.names = {*self._names(CLEAN)}
        self.names |= {f"sample.{name}" for name in self._names(SAMPLE)}
        self.cells, self.sets = cache(self._cells), cache(self._sets)
        self.classes_of = cache(self._classes_of)
        self.all = (1 << len(self.ids)) - 1

    def _stand_ins(self) -> dict[str, dict[str, list[str]]]:
        """What stands in for a table that is left out of an archive, column to cells, in the order of the export."""
        away, found = left_out_names(self.results) & {CLEAN, SAMPLE, EXCLUSIONS}, {}
        if CLEAN in away and (self.results / RELEASED).is_file():
            rows = read_texts(self.results / RELEASED)
            names = list(rows[0]) if rows else ["record"]
            found[CLEAN] = {name: [_released(name, row[name]) for row in rows] for name in names}
            self.instead[CLEAN] = [RELEASED]
        if SAMPLE in away and (CLEAN in found or CLEAN not in away):
            self.has_excluded = EXCLUSIONS not in away
            gone = read_texts(self.results / EXCLUSIONS) if self.has_excluded else []
            rules = dict.fromkeys(found[CLEAN]["record"] if CLEAN in found else self._column(CLEAN, "record"), "")
            rules |= {row["record"]: row["rule"] for row in gone}
            ids = sorted(rules, key=lambda record: (int(record) if record.isdecimal() else math.inf, record))
            found[SAMPLE] = {"record": ids, "excluded_by": [rules[record] for record in ids]}
            self.instead[SAMPLE] = [*self.instead.get(CLEAN, [CLEAN]), *([EXCLUSIONS] if self.has_excluded else [])]
        return found

    def _names(self, file: str) -> list[str]:
        return [*self._released[file]] if file in self._released else self.open(file).schema_arrow.names

    def _open(self, file: str) -> "pq.ParquetFile":
        import pyarrow.parquet as pq

        refuse_left_out(self.results, file)
        try:
            return pq.ParquetFile(self.results / file)
        except (OSError, ValueError) as error:
            raise BadInput(f"{self.results / file}: cannot be read ({one_line(error)})") from None

    def _column(self, file: str, name: str) -> list[object]:
        """The cells of a column of a table."""
        if file in self.instead:
            if name not in self._released[file]:
                raise LeftOut(f"{file} with its column {name!r} is left out of this archive")
            return self._released[file][name]
        table = self.open(file)
        if name not in table.schema_arrow.names:
            raise BadInput(f"{self.results / file}: no column {name!r}; run the step that writes it again")
        return table.read([name]).column(0).to_pylist()

    def _cells(self, column: str) -> list[str]:
        """The cells of a column as text, one per record of the export, "" for a record that is not analysed."""
        if column == "record":
            return self.ids
        if column.startswith("sample."):
            return [as_text(cell) for cell in self._column(SAMPLE, column.removeprefix("sample."))]
        cells = [""] * len(self.ids)
        for at, cell in zip(self._clean, self._column(CLEAN, column), strict=True):
            cells[at] = as_text(cell)
        return cells

    def _sets(self, column: str) -> dict[str, int]:
        """Text to the records that hold it in a column, as bits."""
        if column not in self.names and column.endswith("__missing"):
            return {"": self.all}
        places: dict[str, list[int]] = {}
        for at, cell in enumerate(self.cells(column)):
            places.setdefault(cell, []).append(at)
        return {cell: bits(found) for cell, found in places.items()}

    def holding(self, column: str, wanted: Any) -> int:
        """The records whose cell is one of these texts, or a number at most so large."""
        if isinstance(wanted, Mapping):
            found = (at for cell, at in self.sets(column).items() if cell and float(cell) <= wanted["at_most"])
            return _union(found)
        if column == "record":
            return bits(self.place[record] for record in wanted if record in self.place)
        sets = self.sets(column)
        return _union(sets.get(text, 0) for text in wanted)

    def classes(self, term: Mapping[str, Any]) -> dict[str, int]:
        """Class, as `provenance.classify` names them, to its records, as bits; none without a record."""
        return self.classes_of(Frozen(term))

    def _classes_of(self, frozen: "Frozen") -> dict[str, int]:
        term, found, left = frozen.term, {}, self.all
        if term["among"] == "export" and not self.has_excluded:
            raise LeftOut(f"{EXCLUSIONS} is left out of this archive")
        rules = self.sets("sample.excluded_by")

        def take(name: str, records: int) -> None:
            nonlocal left
            if left & records:
                found[name] = found.get(name, 0) | (left & records)
            left &= ~records

        if term["among"] == "analysed":
            for rule, records in rules.items():
                take(f"excluded: {rule}", records if rule else 0)
        if group := term["group"]:
            name = group.removeprefix("sample.")
            levels = self.sets(group)
            known = self.sets(f"{group}__missing").get("", 0) & ~levels.get("", 0)
            take(f"no level of {name}", self.all & ~known)
            if term["level"] is not None:
                take(f"another level of {name}", self.all & ~levels.get(term["level"], 0))
        if term["item"]:
            for why, records in self.sets(f"{term['item']}__missing").items():
                take(why or "valid", 0 if why in term["base"] else records)
        if term["within"]:
            take("other", self.all & ~_union(self.holding(*pair) for pair in term["within"].items()))
        take(COUNTED, self._chosen(term))
        if term["among"] == "export":
            for rule, records in rules.items():
                take(f"excluded: {rule}" if rule else "analysed", records)
        take(ELSE, self.all)
        return found

    def _chosen(self, term: Mapping[str, Any]) -> int:
        if not term["chosen"]:
            return self.all
        each = [self.holding(*pair) for pair in term["chosen"].items()]
        if term["match"] != "all":
            return _union(each)
        found = self.all
        for records in each:
            found &= records
        return found

    def listed(self, records: int) -> list[str]:
        """The ids of records, in the order of the export."""
        return [self.ids[at] for at in places(records)]

    def sum(self, column: str, records: int) -> float:
        """The sum of the cells of some records."""
        cells = self.cells(column)
        return math.fsum(float(cells[at]) for at in places(records) if cells[at])

    def numbers(self, term: Mapping[str, Any]) -> list[float]:
        """The numbers of those who are counted, ascending."""
        cells = self.cells(term["columns"][0])
        return sorted(float(cells[at]) for at in places(self.classes(term).get(COUNTED, 0)) if cells[at])


def _released(name: str, cell: str) -> str:
    """A cell of the released table as `provenance.as_text` has it: ticks are told there in words."""
    return TICKS.get(cell, cell) if "[" in name else cell


class Frozen:
    """A term as the key of a cache."""

    def __init__(self, term: Mapping[str, Any]):
        self.term = term
        self._key = repr([(name, part) for name, part in term.items() if name != "label"])

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frozen) and self._key == other._key


def bits(found: Any) -> int:
    """The places as the bits of a whole number."""
    numbers = list(found)
    if not numbers:
        return 0
    packed = bytearray(max(numbers) // 8 + 1)
    for at in numbers:
        packed[at // 8] |= 1 << at % 8
    return int.from_bytes(packed, "little")


def places(records: int) -> list[int]:
    """The bits of a whole number as places, ascending."""
    return [at for at, bit in enumerate(reversed(f"{records:b}")) if bit == "1"]


def _union(sets: Any) -> int:
    found = 0
    for records in sets:
        found |= records
    return found


def size(found: Mapping[str, int], *names: str) -> int:
    """How many records are in these classes."""
    return sum(found.get(name, 0).bit_count() for name in names)


def counted(term: Mapping[str, Any], records: Records) -> int:
    """How many a term counts: records, and units that have none."""
    return size(records.classes(term), COUNTED) + term["without_record"]


def based(term: Mapping[str, Any], records: Records) -> int:
    """How many are in the base of a term."""
    return size(records.classes(term), COUNTED, ELSE) + term["without_record"]


def recount(found: Mapping[str, Any], column: str, records: Records) -> float | None:
    """What a cell should hold, counted again; nan where there is nothing to count, None where it is not a count.

    found: of `Sources`; column: of the cell, for a statistic of numbers its name.
    """
    measure, terms = found["measure"], found["terms"]
    if measure == "rows":
        return float(sum(len(part["rows"]) for part in found["rows"]))
    if not terms or measure not in ("count", "percent", "weighted_percent", "number", "sum"):
        return None
    if measure in ("count", "sum"):
        return float(sum(counted(term, records) for term in terms))
    if measure == "percent":
        base = based(terms[0], records)
        return 100 * counted(terms[0], records) / base if base else math.nan
    if measure == "weighted_percent":
        classes, weight = records.classes(terms[0]), terms[0]["weight"]
        if weight not in records.names:
            return None if SAMPLE in records.instead else math.nan
        base = records.sum(weight, classes.get(COUNTED, 0) | classes.get(ELSE, 0))
        return 100 * records.sum(weight, classes.get(COUNTED, 0)) / base if base else math.nan
    return statistic(records.numbers(terms[0]), column) if column in STATISTICS else None


STATISTICS = ("mean", "sd", "median", "q1", "q3", "min", "max")


def statistic(numbers: Sequence[float], name: str) -> float:
    """Mean, sample standard deviation, median, quartile (type 7), smallest or largest of ascending numbers."""
    n = len(numbers)
    if not n or (name == "sd" and n < 2):
        return math.nan
    if name in ("mean", "sd"):
        mean = math.fsum(numbers) / n
        return mean if name == "mean" else math.sqrt(math.fsum((one - mean) ** 2 for one in numbers) / (n - 1))
    place = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "max": 1.0}[name] * (n - 1)
    below = math.floor(place)
    above = min(below + 1, n - 1)
    return numbers[below] + (place - below) * (numbers[above] - numbers[below])


def by_formula(formula: str, numbers: Mapping[str, float]) -> tuple[float, float]:
    """Numerator and denominator of a response rate, such as "(I + P) / (I + P + R + NC + O + e U)".

    numbers: by letter; "e U" is the product of both.
    """

    def side(text: str) -> float:
        parts = (part.split() for part in text.strip(" ()").split("+"))
        return math.fsum(math.prod(numbers[name] for name in part) for part in parts)

    above, below = re.split(r"/", formula, maxsplit=1)
    return side(above), side(below)


def same(cell: str, number: float | None) -> bool:
    """Whether the text of a cell is a number, to the ten digits that a CSV has; an empty cell is no number."""
    if number is None or math.isnan(number):
        return cell == ""
    try:
        return math.isclose(float(cell), number, rel_tol=1e-9, abs_tol=1e-9)
    except ValueError:
        return False
