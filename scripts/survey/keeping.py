"""Results of before, for a run that fails: Snakemake deletes what a step is about to write, even if it then fails."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from survey.manifest import MANIFEST
from survey.noticing import forget


def keep(results: Path, kept: Path) -> None:
    """Give every result a second name (hard link) below kept.

    Where the file system has no such names, or nothing may be written, nothing is kept.
    """
    drop(kept)
    # The manifest last: what is younger than it was changed by somebody (survey.noticing).
    files = sorted(results.rglob("*"), key=lambda path: path == results / MANIFEST)
    with suppress(OSError):
        for path in (path for path in files if path.is_file()):
            other = kept / path.relative_to(results)
            other.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, other)


def bring_back(results: Path, kept: Path) -> list[Path]:
    """Put back the results that are gone, and let Snakemake forget that their steps ended; returns them."""
    back = []
    for other in sorted(path for path in kept.rglob("*") if path.is_file()):
        path = results / other.relative_to(kept)
        with suppress(OSError):
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                os.link(other, path)
                forget(path)
                back.append(path)
    drop(kept)
    return back


def drop(kept: Path) -> None:
    """Take the second names away."""
    shutil.rmtree(kept, ignore_errors=True)
