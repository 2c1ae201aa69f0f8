"""Write the conda environments in envs/ from the pins of requirements.lock.

python scripts/pin_environments.py [--lock requirements.lock] [--out envs]

Run it after `make lock`. A test compares its output with the files.
"""

import re
from argparse import ArgumentParser
from pathlib import Path

from survey.errors import BadInput, run
from survey.files import read_text, write_text

PYTHON = "3.12"
ENVIRONMENTS = {
    "data": (
        "ingest, cleaning and manifest",
        "jsonschema num2words numpy openpyxl pandas pyarrow pycountry pyreadstat pyyaml",
    ),
    "statistics": ("statistics, values and audit", "jsonschema num2words numpy pandas pyarrow pycountry pyyaml scipy"),
    "figures": ("figures", "jsonschema matplotlib numpy pandas pyarrow pyyaml seaborn"),
    "manuscript": ("the embedded renderer", "ipykernel nbclient pypandoc-binary python-docx pyyaml typst"),
    "crate": ("the RO-Crate", "jsonschema pyyaml rocrate"),
    "snakemake": ("Snakemake itself", "jsonschema num2words pandas pycountry pyyaml snakemake"),
}
CONDA_NAMES = {"matplotlib": "matplotlib-base", "pypandoc-binary": "pypandoc", "typst": "typst-py"}
"""Names on conda-forge that differ from PyPI's; `typst` is the command there, and `pypandoc` brings no pandoc."""
BESIDE = {"pypandoc-binary": "pandoc =3.9"}
BY_PIP = {"snakemake": "snakemake-interface-"}
"""Packages that conda-forge does not have, and how those of their own parts begin that it does not have, either.

Snakemake is on bioconda alone (https://github.com/snakemake/snakemake/issues/506). One package is no reason to ask all
sites for a second channel, so pip brings it, from the registry that the lock file is made from.
"""


def locked(lock: str) -> dict[str, str]:
    """Package to version, from the text of a lock file."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", lock, re.MULTILINE))


def environment(name: str, versions: dict[str, str]) -> str:
    """The conda environment file of that name. Raises BadInput for a package that is not locked."""
    purpose, _ = ENVIRONMENTS[name]
    lines = [f"# {purpose[0].upper()}{purpose[1:]}. Written by scripts/pin_environments.py from requirements.lock."]
    lines += ["channels:", "  - conda-forge", "dependencies:", f"  - python ={PYTHON}"]
    by_pip = []
    for package, version in pinned(name, versions).items():
        if package.startswith(tuple(BY_PIP)):
            by_pip.append(f"    - {package}=={version}")
            continue
        lines.append(f"  - {CONDA_NAMES.get(package, package)} ={version}")
        if package in BESIDE:
            lines.append(f"  - {BESIDE[package]}")
    if by_pip:
        lines += ["  - pip", "  - pip:", *by_pip]
    return "\n".join(lines) + "\n"


def pinned(name: str, versions: dict[str, str]) -> dict[str, str]:
    """What the environment of that name pins, as PyPI names it. Raises BadInput for a package that is not locked."""
    pins = {}
    for package in ENVIRONMENTS[name][1].split():
        if package not in versions:
            raise BadInput(f"requirements.lock: {package!r} is not pinned; add it to pyproject.toml and run make lock")
        pins[package] = versions[package]
        if package in BY_PIP:
            pins |= {part: version for part, version in versions.items() if part.startswith(BY_PIP[package])}
    return pins


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lock", type=Path, default=Path("requirements.lock"), help="the pins")
    parser.add_argument("--out", type=Path, default=Path("envs"), help="folder of the environment files")
    args = parser.parse_args(argv)
    versions = locked(read_text(args.lock))
    for name in ENVIRONMENTS:
        write_text(environment(name, versions), args.out / f"{name}.yaml")
        print(args.out / f"{name}.yaml")


if __name__ == "__main__":
    run(main)
