"""Stand in for conda: what Snakemake and snakedeploy ask of it, done by py-rattler.

python stand_in.py COMMAND ...

CONDA_PREFIX_1 is the folder that has `bin/activate`, CONDA_CHANNEL_ALIAS what the names of channels stand behind, and
CONDA_PKGS_DIRS where packages are unpacked, as for conda itself.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

VERSION = "24.7.1"


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=f"conda {VERSION}")
    commands = parser.add_subparsers(required=True)
    add(commands, "info", info, "--json")
    add(commands, "config", config, "--json", "--get=")
    add(commands, "create", create, "--quiet", "--yes", "--no-default-packages", "--file=", "--prefix=")
    add(commands, "list", list_packages, "--explicit", "--md5", "--prefix=")
    add(commands, "clean", clean, "-y", "--tarballs", "--packages")
    environments = commands.add_parser("env").add_subparsers(required=True)
    add(environments, "create", create, "--quiet", "--no-default-packages", "--file=", "--prefix=")
    add(environments, "remove", remove, "-y", "--prefix=")
    args = parser.parse_args()
    args.run(args)
    leave()


def add(commands, name: str, run, *options: str) -> None:
    """A command with its options; those that end in = take a value."""
    parser = commands.add_parser(name)
    parser.set_defaults(run=run)
    for option in options:
        if option.endswith("="):
            parser.add_argument(option.rstrip("="), type=Path, required=True)
        else:
            parser.add_argument(option, action="store_true")


def leave() -> None:
    """End at once: at an orderly end py-rattler's threads may crash (PyO3/pyo3-async-runtimes#40)."""
    sys.stdout.flush()
    os._exit(0)


def info(args: Namespace) -> None:
    from rattler.platform import Platform

    print(json.dumps({"conda_prefix": os.environ["CONDA_PREFIX_1"], "platform": str(Platform.current())}))


def config(args: Namespace) -> None:
    print(json.dumps({"get": {str(args.get): "strict"}}))


def create(args: Namespace) -> None:
    """An environment from a YAML file or from a list of packages."""
    if args.file.suffix == ".txt":
        lines = [line.partition("#")[0] for line in args.file.read_text(encoding="utf-8").splitlines()]
        packages = [line for line in lines if line.startswith(os.environ["CONDA_CHANNEL_ALIAS"])]
        channels = sorted({package.rsplit("/", 2)[0] for package in packages})
        files = [Path(package).name.removesuffix(".conda").rsplit("-", 2) for package in packages]
        specs, by_pip = [f"{name} =={version} {build}" for name, version, build in files], []
    else:
        import yaml

        content = yaml.safe_load(args.file.read_text(encoding="utf-8"))
        channels = [f"{os.environ['CONDA_CHANNEL_ALIAS']}/{name}" for name in content["channels"]]
        specs = [entry for entry in content["dependencies"] if isinstance(entry, str)]
        by_pip = [line for entry in content["dependencies"] if isinstance(entry, dict) for line in entry["pip"]]
    asyncio.run(solve_and_install(channels, specs, args.prefix))
    if by_pip:
        subprocess.run([args.prefix / "bin" / "python", "-m", "pip", "install", "--quiet", *by_pip], check=True)


async def solve_and_install(channels: list[str], specs: list[str], prefix: Path) -> None:
    from rattler import VirtualPackage, install, solve
    from rattler.platform import Platform

    platforms = [str(Platform.current()), "noarch"]
    records = await solve(channels, specs, platforms=platforms, virtual_packages=VirtualPackage.detect())
    await install(records, prefix, cache_dir=os.environ["CONDA_PKGS_DIRS"], show_progress=False)


def list_packages(args: Namespace) -> None:
    """The packages of an environment, as a list that makes the same one."""
    print("@EXPLICIT")
    for path in sorted((args.prefix / "conda-meta").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        print(f"{record['url']}#{record['md5']}")


def clean(args: Namespace) -> None:
    """Nothing: what is unpacked lies in a folder of the test."""


def remove(args: Namespace) -> None:
    shutil.rmtree(args.prefix)


if __name__ == "__main__":
    main()
