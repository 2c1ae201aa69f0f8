"""What kind of file an export is, and which platform wrote it: told from the file itself."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from survey.errors import BadInput
from survey.readers import (
    google_forms,
    labelled,
    limesurvey,
    microsoft_forms,
    parquet,
    plain,
    qualtrics,
    redcap,
    surveymonkey,
    text,
    workbook,
)
from survey.readers.structure import Table

# The most telling first: what REDCap or Qualtrics writes could pass for less.
PLATFORMS: Mapping[str, ModuleType] = {
    "qualtrics": qualtrics,
    "redcap": redcap,
    "limesurvey": limesurvey,
    "surveymonkey": surveymonkey,
    "microsoft_forms": microsoft_forms,
    "google_forms": google_forms,
    "plain": plain,
}
TITLES = {
    "qualtrics": "Qualtrics",
    "redcap": "REDCap",
    "limesurvey": "LimeSurvey",
    "surveymonkey": "SurveyMonkey",
    "microsoft_forms": "Microsoft Forms",
    "google_forms": "Google Forms",
    "spss": "SPSS",
    "stata": "Stata",
    "plain": "a plain table",
}
OWN_FORMATS = {"sav": "spss", "dta": "stata"}
SUFFIXES = {
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".sav": "sav",
    ".zsav": "sav",
    ".dta": "dta",
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), "csv"),
}
FORMATS = {
    "csv": "delimited text",
    "xlsx": "a workbook (XLSX)",
    "parquet": "a Parquet file",
    "sav": "a file of SPSS",
    "dta": "a file of Stata",
}
# First bytes of what is no table, and what to do.
OTHERS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "",  # told apart below
    b"%PDF": "a PDF; export the responses as CSV or XLSX",
    b"\x1f\x8b": "compressed (gzip); unpack it",
    b"7z\xbc\xaf": "compressed (7z); unpack it",
    b"Rar!": "compressed (RAR); unpack it",
    b"\x89PNG": "a picture; export the responses as CSV",
    b"SQLite format 3": "a database; export the responses as CSV",
}
SAMPLE = 50  # lines from which the platform is told


def read_table(path: Path, encoding: str = "auto", sheet: str = "") -> Table:
    """The file as a table of text, whatever its format.

    Raises BadInput for a file that is absent, empty, of a format that no reader is for, or another than its name says.
    """
    kind = _format(path)
    if sheet and kind != "xlsx":
        raise BadInput(f"{path}: is {FORMATS[kind]} and has no sheets; take its `sheet` out of study.yaml")
    if kind == "xlsx":
        return workbook.read_workbook(path, sheet)
    if kind == "parquet":
        return parquet.read_parquet(path)
    if kind in OWN_FORMATS:
        return labelled.read_labelled(path, kind, encoding)
    return text.read_text_table(path, encoding)


def _format(path: Path) -> str:
    """csv, xlsx, parquet, sav or dta, by the first bytes."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read ({error.strerror}); check its `file` in study.yaml, or --config export="
        ) from None
    if not size:
        raise BadInput(f"{path}: the file is empty; export the responses again")
    named = SUFFIXES.get(path.suffix.lower(), "")
    kind = _by_bytes(path, head)
    if not kind:
        kind = "csv" if named in ("", "csv") or not _is_binary(head) else named
    if named and kind != named:
        raise BadInput(
            f"{path}: its name ends in {path.suffix}, but it is "
            f"{FORMATS[kind] if kind != 'csv' or not _is_binary(head) else 'no such file'}; "
            "name it for what it is, or export again"
        )
    return kind


def _by_bytes(path: Path, head: bytes) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if head.startswith(b"<stata_dta>") or (
        head[:1] in b"lmnopqrs" and head[1:2] in (b"\1", b"\2") and head[2:3] == b"\1"
    ):
        return "dta"
    if head.startswith(b"PK\x03\x04") and (zipfile.is_zipfile(path) or path.suffix.lower() == ".xlsx"):
        return "xlsx"
    for start, what in OTHERS.items():
        if head.startswith(start):
            raise BadInput(f"{path}: not a text file, it is {what or _old_office(path)}")
    return ""


def _old_office(path: Path) -> str:
    """Workbooks of before 2007 and encrypted ones are of the same container."""
    with path.open("rb") as file:
        content = file.read(64 << 20)
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "a workbook locked by a password; save it without one, as XLSX"
    return "an old Excel file (XLS); save it as XLSX or CSV"


def _is_binary(head: bytes) -> bool:
    """Whether it holds bytes that no text has: control characters, in other places than UTF-16 has them."""
    return bool(set(head.replace(b"\0", b"")) & set(range(1, 9))) or not head.strip()


def find_platform(table: Table, sample: Sequence[Sequence[str]], platform: str = "auto") -> tuple[str, int]:
    """The platform, and how many header rows it wrote: 0 for a format that names its columns itself.

    sample: the first lines. Raises BadInput if the file is not of the platform that is named.
    """
    own = OWN_FORMATS.get(table.format)
    if own:
        if platform not in ("auto", own):
            raise BadInput(
                f"{table.path}: is {FORMATS[table.format]}, and not of the platform {platform}, as the study says; "
                f"set it to {own} or auto"
            )
        return own, 0
    if platform in OWN_FORMATS.values():
        raise BadInput(
            f"{table.path}: is {FORMATS[table.format]}, and not of the platform {platform}, as the study says; "
            "give the .sav or .dta file, or set its `platform` in study.yaml to auto"
        )
    found = {
        name: rows for name, module in PLATFORMS.items() if name != "plain" and (rows := module.header_rows(sample))
    }
    likely = next(iter(found), "plain")
    if platform in ("auto", likely):
        return likely, found.get(likely, 1)
    if platform == "plain":
        if found[likely] > 1:
            raise BadInput(
                f"{table.path} row 2: a second header row, as {TITLES[likely]} writes it; "
                f"set its `platform` in study.yaml to {likely}"
            )
        return "plain", 1
    rows = found.get(platform) or _fits(platform)(sample)
    if not rows or (likely != "plain" and platform not in found):
        raise BadInput(
            f"{table.path} row 1: {NOTHING[platform]} in the header; it looks like {TITLES[likely]}: "
            f"set its `platform` in study.yaml to {likely} or auto, or export again"
        )
    return platform, rows


NOTHING = {
    "qualtrics": "no import ids and no columns of Qualtrics (StartDate, ResponseId)",
    "redcap": "no columns of REDCap (events, checkboxes `field___code`, `form_complete`)",
    "limesurvey": "no LimeSurvey question codes",
    "surveymonkey": "no respondent id, second row or `question - option` of SurveyMonkey",
    "microsoft_forms": "no ID, start and completion time of Microsoft Forms",
    "google_forms": "no time stamp of Google Forms",
}


def _fits(platform: str) -> Callable[[Sequence[Sequence[str]]], int]:
    """How a platform judges a file that is said to be its own."""
    module = PLATFORMS[platform]
    return getattr(module, "fits", module.header_rows)
