"""What a user's mistake looks like: one line and exit code 2."""

import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches


class BadInput(Exception):
    """Something the user can put right; the message names file, row, column, value and what to do."""


class LeftOut(BadInput):
    """A file that left_out.csv lists is asked for: what needs it cannot be checked here, and is not wrong."""


def run(main: Callable[[], None]) -> None:
    """Run a program; a BadInput ends it with its one line on standard error and exit code 2."""
    try:
        main()
    except BadInput as error:
        sys.exit(report(error))


def report(error: BadInput) -> int:
    """Print the error as one line on standard error; returns the exit code for bad input, 2."""
    print(f"error: {one_line(error)}", file=sys.stderr)
    return 2


def one_line(error: Exception) -> str:
    """What an error says, without its line breaks: libraries spread theirs over several lines."""
    return " ".join(str(error).split())


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known word most like this one, or an empty string."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
