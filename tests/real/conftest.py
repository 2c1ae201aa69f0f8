"""The whole pipeline on exports of real surveys, which lie outside the project."""

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from project import ROOT, copy_project, snakemake

EXPORTS = (ROOT / os.environ.get("SURVEY_EXPORTS", "../shared/exports")).resolve()


def need_exports() -> None:
    """Skip, saying so, where the folder of exports is absent."""
    if not EXPORTS.is_dir():
        pytest.skip(f"skipped: no survey exports at {EXPORTS}")


def read_rows(path: Path) -> list[dict[str, str]]:
    """A CSV file as the csv module reads it: every cell is text, "NA" and "None" are answers."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cases(path: Path, columns: Sequence[str], choose: Callable[[dict[str, str]], bool]) -> list:
    """The chosen rows of a published table as parameters of a test, named by these columns.

    One skipped parameter where the exports are absent.
    """
    if not path.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"skipped: no survey exports at {EXPORTS}"))]
    return [pytest.param(row, id=" ".join(row[name] for name in columns)) for row in read_rows(path) if choose(row)]


@dataclass(frozen=True)
class Results:
    """What the pipeline wrote for one study."""

    folder: Path

    def rows(self, pattern: str) -> list[dict[str, str]]:
        """The rows of all tables of that name, such as stats/*/frequencies.csv."""
        paths = sorted(self.folder.glob(pattern))
        assert paths, f"{self.folder}: no {pattern}"
        return [row for path in paths for row in read_rows(path)]

    @cached_property
    def frequencies(self) -> dict[tuple[str, str], dict[str, str]]:
        """By item and option."""
        return {(row["item"], row["option"]): row for row in self.rows("stats/*/frequencies.csv")}

    @cached_property
    def groups(self) -> dict[tuple[str, str, str, str], dict[str, str]]:
        """By item, group, level and option (empty for a number)."""
        return {
            (row["item"], row["group"], row["level"], row["option"]): row for row in self.rows("stats/*/groups.csv")
        }

    @cached_property
    def flow(self) -> dict[str, dict[str, str]]:
        """By step."""
        return {row["step"]: row for row in self.rows("clean/flow.csv")}

    def table(self, name: str):
        """A Parquet table as a DataFrame, at full precision."""
        import pandas as pd

        paths = sorted(self.folder.glob(name))
        assert paths, f"{self.folder}: no {name}"
        return pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)

    @cached_property
    def numeric(self) -> dict[str, dict[str, float]]:
        """By item, at full precision."""
        return {row["item"]: row for row in self.table("stats/*/numeric.parquet").to_dict("records")}

    @cached_property
    def responses(self):
        """The clean table."""
        return self.table("clean/responses.parquet")

    def ns(self, item: str) -> dict[str, int]:
        """How many answered, were asked, left it blank and were not asked."""
        row = next(row for (name, _), row in self.frequencies.items() if name == item)
        return {key: int(row[key]) for key in ("n_valid", "n_asked", "n_missing", "n_not_asked")}


def run_study(tmp_path_factory: pytest.TempPathFactory, name: str, export: str, target: str) -> Results:
    """Run the study tests/real/NAME, which lies outside the copied project, up to a stage; return its results.

    export: the platform's file below the folder of exports; target: the stage, such as statistics.
    """
    need_exports()
    folder = copy_project(tmp_path_factory.mktemp(name) / "project")
    study = Path(__file__).parent / name
    done = snakemake(folder, target, "--config", f"study={study}", f"export={EXPORTS / export}")
    assert done.returncode == 0, done.stdout
    return Results(folder / "results" / name)
