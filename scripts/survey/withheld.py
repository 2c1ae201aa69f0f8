"""What a study that withholds small counts does not publish, asked for by name."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from survey.answers import KINDS
from survey.errors import BadInput
from survey.study import Study
from survey.tables import read_rows

WITHHELD = ["item", "group", "level", "option", "count"]
NOTE = "withheld"  # the last column of every table: what is withheld of the row; and the reason of a test not given


class Cell(NamedTuple):
    """A count of respondents.

    item; group and level: among whom, "" for all; option: who chose it; several joined by | for one or another of them;
    count: n, valid, asked, not_asked, missing, a kind of missing, ranked (of an option of a rank item), or level.
    """

    item: str
    group: str
    level: str
    option: str
    count: str


class Withheld:
    """The withheld cells of a study, asked for by name."""

    def __init__(self, cells: Iterable[Cell], minimum: int):
        self.minimum = minimum
        self.cells = frozenset(cells)
        self._levels = {(cell.group, cell.level) for cell in self.cells if cell.count == "level"}
        self._items = {(cell.item, cell.group) for cell in self.cells}

    def hides(self, item: str, count: str, option: str = "", group: str = "", level: str = "") -> bool:
        """Whether a count is withheld; at a withheld level all are."""
        if group and (group, level) in self._levels:
            return True
        if item == group:  # how the levels divide at a level: all there, or nobody
            return False
        return Cell(item, group, level, option, count) in self.cells

    def touches(self, item: str, group: str = "") -> bool:
        """Whether anything of an item is withheld, in all or by a grouping."""
        return (item, group) in self._items or any(name == group for name, _ in self._levels)


def read_withheld(path: Path | None, study: Study) -> Withheld | None:
    """stats/withheld.parquet; None where the study withholds nothing. Raises BadInput where it is not given."""
    if not study.minimum_cell:
        return None
    if path is None:
        raise BadInput(
            f"{study.folder / 'study.yaml'}: disclosure.minimum_cell is {study.minimum_cell}; give --withheld, "
            "which protect_cells writes"
        )
    return Withheld((Cell(*(row[name] for name in WITHHELD)) for row in read_rows(path)), study.minimum_cell)


def appendix(rows: list[dict[str, object]], known: Withheld, study: Study) -> list[dict[str, object]]:
    """Rows of the data appendix without what is withheld; lowest and highest are answers of one respondent each."""
    found = []
    for row in rows:
        item, counts = study.item(row["variable"]), ("n", *KINDS)
        if item.is_reported:
            gone = [name for name in counts if known.hides(item.name, "valid" if name == "n" else name)]
        else:
            small = any(0 < int(row[name]) < known.minimum for name in counts if name not in ("blank", "invalid"))
            gone = list(counts) if small else []
        found.append(row | dict.fromkeys([*gone, "lowest", "highest"], "") | {NOTE: " ".join([*gone, *_extremes(row)])})
    return found


def _extremes(row: Mapping[str, object]) -> list[str]:
    return [name for name in ("lowest", "highest") if row[name]]
