"""Make a conda channel of one folder from wheels and an installed Python.

python channel.py --wheels WHEELS --python PYTHON --out CHANNEL

Each wheel becomes a package of the name that it has on conda-forge. As there, pandoc is a package beside `pypandoc`.
"""

import asyncio
import hashlib
import json
import logging
import shutil
import subprocess
import tempfile
import zipfile
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PathDistribution
from pathlib import Path

from conda_package_streaming.create import conda_builder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from rattler.index import index_fs
from rattler.platform import Platform
from stand_in import leave
from whl2conda.api.converter import CondaPackageFormat, Wheel2CondaConverter

from pin_environments import BESIDE, CONDA_NAMES

SUBDIR = str(Platform.current())
# Of Python's library, what no step can need.
LEFT_OUT = (
    "test",
    "site-packages",
    "idlelib",
    "lib2to3",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "config-*",
    "__pycache__",
)


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheels", type=Path, required=True, help="folder of wheels")
    parser.add_argument("--python", type=Path, required=True, help="an installed Python to pack")
    parser.add_argument("--out", type=Path, required=True, help="folder of the channel, named as the channel is")
    args = parser.parse_args()
    logging.getLogger("whl2conda").setLevel(logging.ERROR)
    for subdir in (SUBDIR, "noarch"):
        (args.out / subdir).mkdir(parents=True)
    prefix, version = installation(args.python)
    wheels = {parse_wheel_filename(path.name)[0]: path for path in sorted(args.wheels.glob("*.whl"))}
    names = {name: CONDA_NAMES.get(name, name) for name in wheels}
    add_python(prefix, version, args.out)
    with ProcessPoolExecutor() as pool:
        added = [pool.submit(add_wheel, wheel, name, names, version, args.out) for name, wheel in wheels.items()]
        for one in added:
            one.result()
    asyncio.run(index_fs(args.out, write_shards=False))
    print(f"{len(list(args.out.glob('*/*.conda')))} packages in {args.out}")
    leave()


def installation(python: Path) -> tuple[Path, str]:
    """The folder in which a Python is installed, and its version."""
    asked = "import sys, platform; print(sys.base_prefix, platform.python_version())"
    told = subprocess.run([python, "-c", asked], text=True, capture_output=True, check=True).stdout
    prefix, version = told.split()
    return Path(prefix), version


def conditional(wheel: Path, names: dict[str, str], version: str) -> list[str]:
    """What a wheel needs under a condition that this version of Python meets; whl2conda leaves that out."""
    [info] = [path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info")]
    needed = map(Requirement, PathDistribution(info).requires or [])
    python = {"python_version": version.rpartition(".")[0], "python_full_version": version, "extra": ""}
    return [
        f"{names[canonicalize_name(one.name)]} {one.specifier}".strip()
        for one in needed
        if one.marker and one.marker.evaluate(python)
    ]


def add_wheel(wheel: Path, name: str, names: dict[str, str], version: str, channel: Path) -> None:
    """Add what a wheel becomes to the channel.

    names: name on PyPI to that of conda-forge; version: of the Python it is for.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = wheel_tree(wheel, name, names, version, Path(folder))
        if name in BESIDE:
            pack(pandoc_tree(tree, Path(folder)), channel)
        pack(tree, channel)


def wheel_tree(wheel: Path, name: str, names: dict[str, str], version: str, folder: Path) -> Path:
    """The files of the conda package that a wheel becomes, in a folder of its own."""
    converter = Wheel2CondaConverter(wheel, folder)
    converter.package_name = names[name]
    converter.std_renames = names
    converter.extra_dependencies = conditional(wheel, names, version)
    converter.allow_impure = True
    converter.out_format = CondaPackageFormat.TREE
    return converter.convert()


def pandoc_tree(pypandoc: Path, folder: Path) -> Path:
    """Take pandoc out of the files of `pypandoc`: a package of its own."""
    [command] = pypandoc.glob("**/pypandoc/files/pandoc")
    told = subprocess.run([command, "--version"], text=True, capture_output=True, check=True).stdout
    name, version = BESIDE["pypandoc-binary"].split(" =")[0], told.split()[1]
    tree = folder / f"{name}-{version}-0"
    (tree / "bin").mkdir(parents=True)
    shutil.move(command, tree / "bin" / "pandoc")
    list_files(pypandoc)
    describe(tree, [])
    return tree


def add_python(prefix: Path, version: str, channel: Path) -> None:
    """Add an installed Python to the channel, and `python_abi`, which says which wheels fit it."""
    minor = version.rpartition(".")[0]
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / f"python-{version}-0_cpython"
        library, ignored = Path("lib") / f"python{minor}", shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(prefix / library, tree / library, symlinks=True, ignore=ignored)
        for file in (prefix / "lib").glob(f"libpython{minor}.so*"):
            shutil.copy2(file, tree / "lib", follow_symlinks=False)
        command = tree / "bin" / f"python{minor}"
        command.parent.mkdir()
        shutil.copy2(prefix / "bin" / command.name, command)
        for other in ("python", "python3"):
            command.with_name(other).symlink_to(command.name)
        # So that it loads its own library, not that of the installation it was copied from.
        subprocess.run(["patchelf", "--set-rpath", "$ORIGIN/../lib", command], check=True)
        abi = Path(folder) / f"python_abi-{minor}-0_cp{minor.replace('.', '')}"
        for package, depends in ((tree, []), (abi, [f"python {minor}.*"])):
            describe(package, depends)
            pack(package, channel)


def describe(tree: Path, depends: list[str]) -> None:
    """Write what conda asks of a package, which is called as its folder."""
    name, version, build = tree.name.rsplit("-", 2)
    index = {"name": name, "version": version, "build": build, "build_number": 0, "depends": depends, "subdir": SUBDIR}
    (tree / "info").mkdir(parents=True)
    (tree / "info" / "index.json").write_text(json.dumps(index), encoding="utf-8")
    list_files(tree)


def list_files(tree: Path) -> None:
    """Write the list of a package's files, with their checksums."""
    paths = []
    for path in sorted(path for path in tree.rglob("*") if path.is_symlink() or path.is_file()):
        name = path.relative_to(tree).as_posix()
        if not name.startswith("info/"):
            content = path.read_bytes()
            kind = "softlink" if path.is_symlink() else "hardlink"
            digest = hashlib.sha256(content).hexdigest()
            paths.append({"_path": name, "path_type": kind, "sha256": digest, "size_in_bytes": len(content)})
    listed = json.dumps({"paths": paths, "paths_version": 1})
    (tree / "info" / "paths.json").write_text(listed, encoding="utf-8")


def pack(tree: Path, channel: Path) -> None:
    """Pack the files of a package into the channel, quickly rather than small."""
    subdir = json.loads((tree / "info" / "index.json").read_text(encoding="utf-8"))["subdir"]
    with conda_builder(tree.name, channel / subdir, compression_level=1) as tar:
        for path in sorted(tree.iterdir()):
            tar.add(path, path.name)


if __name__ == "__main__":
    main()
