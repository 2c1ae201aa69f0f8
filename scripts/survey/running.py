"""One run of a study at a time in one folder, and none while steps of a run that was killed are still at work.

The lock is the system's own (flock): it goes with the processes that hold it, so that nothing has to be unlocked.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TextIO

LOCK = "SURVEY_LOCK"
"""Environment variable that tells the steps of a run its lock file."""


_held: list[TextIO] = []


def use_utf8() -> None:
    """Let the steps of this run read and write UTF-8, and name files in it, whatever the locale."""
    os.environ["PYTHONUTF8"] = "1"


def is_held(lock: Path) -> bool:
    """Whether a run, or a step of one, holds the lock."""
    if not lock.is_file():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # no locks here, as on some clusters
            return False
    return False


def claim(lock: Path) -> bool:
    """Take the lock for a run, until this process and all steps that it starts have ended.

    Returns False where another run, or a step of one, holds it; where the file system knows no locks, nothing does.
    """
    file = lock.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    except OSError:  # no locks here, as on some clusters
        file.close()
        return True
    _held.append(file)
    os.environ[LOCK] = str(lock.absolute())
    return True


def share() -> None:
    """Hold the lock of the run that started this step, if there is one, until the step has ended."""
    with suppress(KeyError, OSError):
        file = Path(os.environ[LOCK]).open()  # noqa: SIM115 (held until the step ends)
        _held.append(file)
        fcntl.flock(file, fcntl.LOCK_SH)


def sweep(results: Path) -> None:
    """Remove temporary files and folders of steps that were killed; their names begin with a dot."""
    for path in sorted(results.rglob(".*"), reverse=True):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
