"""What a user's mistake looks like: one line and exit code 2."""

import errno
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from difflib import get_close_matches
from io import TextIOWrapper

from survey.running import share

REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "your share of the disk is full; free some space",
    errno.EFBIG: "files of this size are not allowed here; raise the limit (ulimit -f)",
    errno.EROFS: "it is on a file system that can only be read; choose a place that can be written",
    errno.EACCES: "you have no right to; ask its owner, or run in a copy of your own",
    errno.EPERM: "you have no right to; ask its owner, or run in a copy of your own",
}

LONGEST = 1500


class BadInput(Exception):
    """Something the user can put right; the message names file, row, column, value and what to do.

    It is one line that can be read on every terminal, whatever the value holds.
    """

    def __init__(self, message: str):
        super().__init__(_shown(message))


class LeftOut(BadInput):
    """A file that left_out.csv lists is asked for: what needs it cannot be checked here, and is not wrong."""


def run(main: Callable[[], None]) -> None:
    """Run a program; a BadInput, or a place that cannot be written, ends it with one line and exit code 2."""
    share()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale without a letter is no reason to stop
    try:
        main()
    except BadInput as error:
        sys.exit(report(error))
    except OSError as error:
        sys.exit(report(unwritten(error.filename or "a temporary file", error)))


def unwritten(path: object, error: OSError) -> BadInput:
    """What to say of a file that could not be written; raises the error itself where there is no remedy for it."""
    if error.errno not in REMEDIES:
        raise error
    return BadInput(f"{path}: cannot be written: {REMEDIES[error.errno]}, then run again")


def report(error: BadInput) -> int:
    """Print the error as one line on standard error; returns the exit code for bad input, 2."""
    with suppress(OSError):  # a log on the same full disk
        print(f"error: {one_line(error)}", file=sys.stderr)
    return 2


def one_line(error: Exception) -> str:
    """What an error says, without its line breaks: libraries spread theirs over several lines."""
    return " ".join(str(error).split())


def _shown(message: str) -> str:
    """A message without line breaks, with escapes for what cannot be seen, and of no more than some lines of a page."""
    line = " ".join(message.splitlines())
    line = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known word most like this one, or an empty string."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
