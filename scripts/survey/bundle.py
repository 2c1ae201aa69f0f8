"""The review archive: its members, what Snakemake must know of them, and how they are packed to the same bytes."""

import gzip
import hashlib
import io
import json
import os
import shlex
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from survey.errors import BadInput
from survey.files import replace_file, sha256

SUMS = "SHA256SUMS"
STUDIES = Path("config/studies")
# What a clone is made of, for a folder that neither git nor the list of an archive tells of.
CODE = (".ci", ".gitattributes", ".gitignore", "CITATION.cff", "LICENSE", "LICENSE-DATA", "Makefile", "README.md")
CODE += ("Snakefile", "benchmarks", "config", "envs", "profiles", "pyproject.toml", "requirements.lock", "resources")
CODE += ("scripts", "tests", "workflow")
SKIPPED = {"__pycache__", ".venv", ".snakemake", "results", ".git"}
# The files of a study that rules watch row by row, not as a whole.
BY_ROW = ("study.yaml", "codebook.csv", "options.csv", "recodes.csv", "claims.yaml")
ARCHIVE_PROFILE = "# The study of this archive.\nconfig:\n"
# One moment for all members: the first that a ZIP can tell.
MOMENT = 315532800


def checksum_of(content: bytes) -> str:
    """The checksum of these bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def code_files(root: Path) -> list[str]:
    """The files of the code, relative to root, sorted: what git tracks; else what came in an archive; else the parts.

    Links to folders are followed, so that a ZIP holds what a clone does.
    """
    names = _tracked(root) or _unpacked(root) or list(CODE)
    files = set()
    for name in names:
        path = root / name
        if path.is_dir():
            found = (Path(folder) / file for folder, _, some in os.walk(path, followlinks=True) for file in some)
            files |= {file.relative_to(root).as_posix() for file in found}
        elif path.is_file():
            files.add(name)
    return sorted(file for file in files if not SKIPPED & set(Path(file).parts))


def _tracked(root: Path) -> list[str]:
    if not (root / ".git").exists():
        return []
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in listing.decode().split("\0") if name]


def _unpacked(root: Path) -> list[str]:
    sums = root / SUMS
    if not sums.is_file():
        return []
    names = [line[66:] for line in sums.read_text(encoding="utf-8").splitlines()]
    return [name for name in names if name not in OWN_MEMBERS]


OWN_MEMBERS = ("START-HERE.html", "codecheck.yml", "ro-crate-metadata.json", SUMS)


def data_of_studies(root: Path, code: Iterable[str]) -> list[str]:
    """Exports, frames, tables beside them and simulated truths among the files of the code: data of its studies."""
    import yaml

    names = [name for name in code if name.startswith("resources/simulated/")]
    for name in code:
        path = Path(name)
        if path.match("config/studies/*/study.yaml"):
            study = yaml.safe_load((root / name).read_text(encoding="utf-8-sig")) or {}
            named = [(study.get(part) or {}).get("file") for part in ("export", "frame")]
            joined = (study.get("export") or {}).get("joined") or []
            named += [table.get("file") for table in [*joined, *(study.get("linked") or [])]]
            names += [place for file in named if file for place in ((path.parent / file).as_posix(), file)]
    return sorted(set(names) & set(code))


def portable(text: str, moved: Mapping[str, str]) -> str:
    """A command with the paths of this machine, quoted for a shell or not, as they are called in the archive."""
    for old in sorted(moved, key=len, reverse=True):
        text = text.replace(shlex.quote(old), shlex.quote(moved[old])).replace(old, moved[old])
    return text


def portable_record(record: Mapping[str, Any], moved: Mapping[str, str]) -> dict[str, Any]:
    """A record without clock, host, cluster or container: what it takes to say that an output is up to date.

    moved: paths of this machine and what they are called in the archive. The hash that tells jobs apart depends on
    the process that wrote it; here it is made of the job itself. Whether conda provided the packages is left out, so
    that the answer is the same with and without it.
    """
    shell = portable(record["shellcmd"] or "", moved)
    job = json.dumps([record["rule"], shell, record["log"]], ensure_ascii=False)
    return {
        "rule": record["rule"],
        "input": sorted(moved.get(name, name) for name in record["input"]),
        "log": record["log"],
        "shellcmd": shell,
        "params": [portable(value, moved) for value in record["params"]],
        "code": record["code"],
        "record_format_version": record["record_format_version"],
        "conda_env": record["conda_env"],
        "container_img_url": None,
        "software_stack_hash": None,
        "job_hash": int(checksum_of(job.encode())[:12], 16),
        "starttime": 0.0,
        "endtime": 0.0,
        "incomplete": False,
        "external_jobid": None,
        "input_checksums": {moved.get(name, name): checksum for name, checksum in record["input_checksums"].items()},
    }


def check_results(results: Path, manifest: Mapping[str, Any], absent: Iterable[str]) -> None:
    """Raises BadInput for a file of the manifest that is not there, or not as the manifest says.

    absent: files that an archive withheld.
    """
    absent = set(absent)
    for entry in manifest["files"]:
        path = results / entry["file"]
        if not path.is_file():
            if entry["file"] in absent:
                continue
            raise BadInput(f"{path}: audit/manifest.json lists it, and it is not there; run snakemake first")
        if sha256(path) != entry["sha256"]:
            raise BadInput(f"{path}: not the file that audit/manifest.json describes; run snakemake first")


def check_records(records: Mapping[str, Mapping[str, Any]], outputs: Iterable[str], root: Path) -> None:
    """Raises BadInput where Snakemake would make an output anew: it has no record, or an input has changed since."""
    now: dict[str, str] = {}
    for output in outputs:
        if output not in records:
            raise BadInput(f"{output}: .snakemake/metadata does not know it; run snakemake in this folder first")
        for name, checksum in records[output]["input_checksums"].items():
            path = root / name
            if Path(name).name in BY_ROW or not path.is_file():
                continue
            if name not in now:
                now[name] = sha256(path)
            if checksum.rpartition(":")[2] != now[name]:
                raise BadInput(f"{output}: {name} has changed since it was made; run snakemake first")


def archive_names(paths: Iterable[str], root: Path, study: Path, study_id: str) -> dict[str, str]:
    """Where files lie in the archive that do not lie in the clone under the path by which they are known.

    A study from elsewhere becomes config/studies/<its id>, and any other file from elsewhere joins it.
    """
    root, study = root.resolve(), study.resolve()
    home = study.relative_to(root) if study.is_relative_to(root) else STUDIES / study_id
    names = {}
    for name in paths:
        path = Path(os.path.abspath(root / name))
        if path.is_relative_to(root):
            inside = path.relative_to(root)
        elif path.is_relative_to(study):
            inside = home / path.relative_to(study)
        else:
            inside = home / path.name
        if inside.as_posix() != name:
            names[name] = inside.as_posix()
    return names


def profile_for(text: str, config: Mapping[str, str]) -> str:
    """Snakemake's default profile with a study of its own, so that a bare `snakemake` is of the archive's study.

    Not config.yaml, which is among the files that the results were made with. text: the profile; config: values that
    differ from config.yaml's, none for the default study.
    """
    text = text.partition(ARCHIVE_PROFILE)[0]
    lines = "".join(f"  - {json.dumps(f'{key}={value}', ensure_ascii=False)}\n" for key, value in config.items())
    return f"{text}{ARCHIVE_PROFILE}{lines}" if config else text


def checksums(members: Mapping[str, bytes]) -> bytes:
    """The list that `sha256sum -c` reads."""
    files = {name: content for name, content in members.items() if not name.endswith("/")}
    return "".join(f"{checksum_of(content)}  {name}\n" for name, content in sorted(files.items())).encode()


def pack(members: Mapping[str, bytes], folder: str, path: Path, executable: Iterable[str] = ()) -> None:
    """Write an archive, .tar.gz or .zip, of one folder: sorted, and without clock, owner or any trace of this machine.

    members: content by path in the folder; a name that ends in / is an empty folder. Raises BadInput for another kind
    of archive.
    """
    executable = set(executable)
    if path.name.endswith(".tar.gz"):
        content = _tar(members, folder, executable)
    elif path.suffix == ".zip":
        content = _zip(members, folder, executable)
    else:
        raise BadInput(f"{path}: an archive is .tar.gz or .zip")
    with replace_file(path) as partial:
        partial.write_bytes(content)


def _tar(members: Mapping[str, bytes], folder: str, executable: set[str]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(members):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime = len(members[name]), MOMENT
            entry.mode = 0o755 if name in executable or name.endswith("/") else 0o644
            entry.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            archive.addfile(entry, io.BytesIO(members[name]))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=6, mtime=0) as file:
        file.write(plain.getbuffer())
    return packed.getvalue()


def _zip(members: Mapping[str, bytes], folder: str, executable: set[str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            if name.endswith("/"):
                entry.external_attr = 0o40755 << 16 | 0x10
            archive.writestr(entry, members[name])
    return packed.getvalue()
