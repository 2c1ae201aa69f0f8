"""Install the packages of requirements.lock into .venv, with nothing but Python at hand.

python3 scripts/set_up.py

pip fetches uv, and uv fetches the rest in seconds. Where only pip knows the way to a registry (a mirror in pip.conf),
pip installs everything, which takes minutes.
"""

import os
import re
import subprocess
import sys

OLDEST = (3, 11)
VENV = ".venv"
LOCK = "requirements.lock"


def main():
    if sys.version_info < OLDEST:
        fail("Python {}.{} or newer is needed, this is {}".format(*OLDEST, sys.version.split()[0]))
    python = os.path.join(VENV, "bin", "python")
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    environment.pop("VIRTUAL_ENV", None)
    with open(LOCK, encoding="utf-8") as file:
        uv = re.search(r"^uv==(\S+)", file.read(), re.MULTILINE).group(1)
    say("creating {} with Python {}".format(VENV, sys.version.split()[0]))
    call(
        [sys.executable, "-m", "venv", "--clear", VENV], "Python's venv is missing; on Debian: apt install python3-venv"
    )
    say("fetching uv " + uv)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    unreachable = (
        "the package registry cannot be reached; name your mirror in PIP_INDEX_URL and UV_DEFAULT_INDEX, "
        "or your proxy in HTTPS_PROXY, and run again"
    )
    call([*pip, "uv==" + uv], unreachable, environment)
    say("installing the packages of " + LOCK)
    with_uv = [python, "-m", "uv", "pip", "sync", "--python", python, "--require-hashes", "--compile-bytecode", LOCK]
    if subprocess.run(with_uv, env=environment, check=False).returncode != 0:
        say("uv could not install them; trying pip, which takes some minutes")
        call([*pip, "--require-hashes", "--requirement", LOCK], unreachable, environment)
    with open(os.path.join(VENV, "ready"), "w", encoding="utf-8") as file:
        file.write("requirements.lock is installed\n")
    say("ready; to work in it: . {}/bin/activate".format(VENV))


def call(command, advice, environment=None):
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        fail("set-up stopped at `{}`: {}".format(" ".join(command[:6]), advice))


def say(text):
    print("set-up: " + text, flush=True)


def fail(text):
    sys.stderr.write("error: " + text + "\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
