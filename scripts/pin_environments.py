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
    "manuscript": ("the embedded renderer", "ipykernel jsonschema nbclient pypandoc-binary python-docx pyyaml typst"),
    "crate": ("the RO-Crate", "jsonschema pyyaml rocrate"),
    "snakemake": ("Snakemake itself", "jsonschema num2words pycountry pyyaml snakemake"),
}
CONDA_NAMES = {"matplotlib": "matplotlib-base", "pypandoc-binary": "pypandoc", "typst": "typst-py"}
BESIDE = {"pypandoc-binary": "pandoc =3.9"}
CHANNELS = {"snakemake": ["conda-forge", "bioconda"]}


def locked(lock: str) -> dict[str, str]:
    """Package to version, from the text of a lock file."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", lock, re.MULTILINE))


def environment(name: str, versions: dict[str, str]) -> str:
    """The conda environment file of that name. Raises BadInput for a package that is not locked."""
    purpose, packages = ENVIRONMENTS[name]
    lines = [f"# {purpose[0].upper()}{purpose[1:]}. Written by scripts/pin_environments.py from requirements.lock."]
    lines += ["channels:", *(f"  - {channel}" for channel in CHANNELS.get(name, ["conda-forge"]))]
    lines += ["dependencies:", f"  - python ={PYTHON}"]
    for package in packages.split():
        if package not in versions:
            raise BadInput(f"requirements.lock: {package!r} is not pinned; add it to pyproject.toml and run make lock")
        lines.append(f"  - {CONDA_NAMES.get(package, package)} ={versions[package]}")
        if package in BESIDE:
            lines.append(f"  - {BESIDE[package]}")
    return "\n".join(lines) + "\n"


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
