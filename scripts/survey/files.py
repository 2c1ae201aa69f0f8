"""Files written whole or not at all."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from survey.errors import BadInput, unwritten


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside path; on success it becomes path, on an error it goes and path stays as it was.

    Raises BadInput where it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise unwritten(path, error) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_text(text: str, path: Path) -> None:
    """Write a whole text file (UTF-8, line feeds) or nothing."""
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(content: object, path: Path) -> None:
    """Write JSON with sorted keys, indented, ending in a line feed."""
    write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", path)


def read_text(path: Path) -> str:
    """A whole text file (UTF-8). Raises BadInput where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({error}); make it again") from None


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read piece by piece. Raises BadInput where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from None
