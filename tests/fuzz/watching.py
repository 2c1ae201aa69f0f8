"""What a piece of code opens, starts and says while it is watched."""

import os
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path

from project import ROOT

from survey.errors import BadInput

# Where Python, its packages and the project's own files lie; only to be read.
KNOWN = [ROOT, Path(sys.prefix), Path(sys.base_prefix), *map(Path, sysconfig.get_paths().values())]
READABLE = tuple(
    {str(path.resolve()) for path in KNOWN} | {os.devnull, "/usr/share/zoneinfo", "/etc/localtime", "/proc", "/sys"}
)
STARTED = ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "pty.spawn")
CHANGED = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_seen: list[tuple[str, str]] | None = None


def _hook(event: str, arguments: tuple) -> None:
    if _seen is None:
        return
    if event in STARTED:
        _seen.append(("started", repr(arguments)))
    elif event in CHANGED:
        _seen.extend(("written", _place(path)) for path in arguments[:2] if isinstance(path, str | bytes | os.PathLike))
    elif event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        _seen.append(("written" if (arguments[2] or 0) & WRITING else "read", _place(arguments[0])))


def _place(path: str | bytes | os.PathLike) -> str:
    return os.path.realpath(os.fsdecode(path))


sys.addaudithook(_hook)


@contextmanager
def watched(*folders: Path):
    """Fails where something was started, or a file was read or written outside these folders and Python's own."""
    global _seen
    own = tuple(str(folder.resolve()) for folder in folders)
    _seen = []
    try:
        yield
    finally:
        seen, _seen = _seen, None
    for what, place in seen:
        assert what != "started", place
        allowed = own if what == "written" else (*own, *READABLE)
        assert place.startswith(allowed) or "__pycache__" in place, f"{what}: {place}"


def outcome(action, *folders: Path):
    """What an action returns, None where it ends in a BadInput of one line; any other error fails."""
    with watched(*folders):
        try:
            return action()
        except BadInput as error:
            assert_one_line(str(error))
            return None


def assert_one_line(text: str) -> None:
    """An error is short enough to be read, in one line that every terminal and log can show."""
    assert text.strip()
    assert len(text.splitlines()) == 1, repr(text)
    assert len(text) < 2000, f"{len(text)} characters: {text[:200]}"
    text.encode()
