"""Wherever and by whomever the study is made, from nothing: the same bytes."""

import os
import shutil
from pathlib import Path

import pytest
from faults.places import digests, make, said
from project import copy_project

SOURCES = Path("/usr/share/i18n/locales")
PLACES = {
    "a Turkish locale that is not UTF-8, no home, Kiritimati": {
        "path": "clone",
        "locale": ("tr_TR", "ISO-8859-9"),
        "variables": {"HOME": None, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
    },
    "a German locale that is not UTF-8, a path with blanks, umlauts and quotes, Honolulu": {
        "path": 'Müllers "neue" Studie\'s $HOME & co',
        "locale": ("de_DE", "ISO-8859-1"),
        "variables": {"TZ": "Pacific/Honolulu", "PYTHONHASHSEED": "4294967295"},
    },
    "the C locale in ASCII, files for the owner alone, a home that is not there": {
        "path": "clone",
        "locale": None,
        "variables": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "HOME": "/dev/null"},
    },
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_the_same_bytes_are_made_in(expected, tmp_path, place):
    variables = dict(place["variables"])
    if place["locale"]:
        language, charset = place["locale"]
        if not shutil.which("localedef") or not (SOURCES / language).is_file():
            pytest.skip(f"needs the sources of the locale {language} (Debian: locales)")
        name = f"{language}.{charset}"
        (tmp_path / "locales").mkdir()
        process = said(["localedef", "-i", language, "-f", charset, tmp_path / "locales" / name])
        assert process.returncode == 0, process.stdout
        variables |= {"LOCPATH": str(tmp_path / "locales"), "LC_ALL": name, "LANG": name}
    clone = copy_project(tmp_path / place["path"])
    if variables.get("HOME"):
        variables["XDG_CACHE_HOME"] = str(clone / ".snakemake/cache")  # as the Makefile does then
    mask = os.umask(0o077)
    try:
        process = make(clone, **variables)
    finally:
        os.umask(mask)
    assert process.returncode == 0, process.stdout[-6000:]
    assert digests(clone) == expected
