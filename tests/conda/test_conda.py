"""`snakemake --sdm conda`, with the files of envs/ as they are and a channel that holds their pins.

`make test-conda` runs it. The channel stands for conda-forge: it is made of the wheels that the lock file pins and of
an installed Python of the version that envs/ ask for. `conda` is a stand-in that solves and installs with py-rattler.
That tells whether the environments are complete and apart, not whether conda-forge has every version.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from installed import install, python_of, uv
from project import ROOT, copy_project, snakemake

import pin_environments
from survey.verification import compare_folders, file_names

HERE = Path(__file__).parent
LOCK = ROOT / "requirements.lock"
RESULTS = "results/ebmt-cart-2023"
BY_CONDA = [name for name in pin_environments.ENVIRONMENTS if name not in pin_environments.BY_PIP]


def call(*command, environment=None):
    process = subprocess.run(
        [str(word) for word in command], cwd=ROOT, text=True, capture_output=True, check=False, env=environment
    )
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    return process.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("conda")


@pytest.fixture(scope="module")
def tools(folder):
    """The Python that has the tools to make channels and environments."""
    return Path(install(sys.executable, [f"-r {HERE / 'requirements.lock'}"], folder / "tools"))


@pytest.fixture(scope="module")
def python():
    """An installed Python of the version that envs/ ask for."""
    return python_of(pin_environments.PYTHON)


@pytest.fixture(scope="module")
def channel(folder, tools, python):
    """Packages of all that the environments pin and of what these need, in the versions of the lock file."""
    versions = pin_environments.locked(LOCK.read_text(encoding="utf-8"))
    pins = {
        f"{package}=={version}"
        for name in pin_environments.ENVIRONMENTS
        for package, version in pin_environments.pinned(name, versions).items()
        if not package.startswith(tuple(pin_environments.BY_PIP))
    }
    (folder / "pins.txt").write_text("\n".join([*sorted(pins), "pip"]), encoding="utf-8")
    options = ["--no-header", "--no-annotate", "--constraint", str(LOCK), "--python", python]
    uv("pip", "compile", *options, str(folder / "pins.txt"), "--output-file", str(folder / "all.txt"))
    wheels = folder / "wheels"
    call(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", wheels, "-r", folder / "all.txt")
    paths = {"PYTHONPATH": str(ROOT / "scripts"), "PATH": f"{tools.parent}{os.pathsep}{os.environ['PATH']}"}
    options = ["--wheels", wheels, "--python", python, "--out", folder / "channels" / "conda-forge"]
    print(call(tools, HERE / "channel.py", *options, environment=os.environ | paths))
    return folder / "channels"


@pytest.fixture(scope="module")
def environment(folder, tools, channel):
    """Variables of a shell in which `conda` is the stand-in, and `conda-forge` the channel."""
    base = folder / "base"
    scripts = {
        "conda": f'#!/bin/sh\nexec "{tools}" "{HERE / "stand_in.py"}" "$@"\n',
        "activate": 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n',
    }
    (base / "bin").mkdir(parents=True)
    for name, text in scripts.items():
        (base / "bin" / name).write_text(text, encoding="utf-8")
        (base / "bin" / name).chmod(0o755)
    pinned = [f"{name}=={version}" for name, version in pin_environments.locked(LOCK.read_text("utf-8")).items()]
    (folder / "constraints.txt").write_text("\n".join(pinned), encoding="utf-8")
    return os.environ | {
        "PATH": os.pathsep.join([str(base / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "CONDA_PREFIX_1": str(base),
        "CONDA_CHANNEL_ALIAS": channel.as_uri(),
        "CONDA_PKGS_DIRS": str(folder / "packages"),
        # What pip brings stays as locked, too, so that the test does not change with the registry.
        "PIP_CONSTRAINT": str(folder / "constraints.txt"),
    }


@pytest.fixture(scope="module")
def by_conda(folder, environment):
    """A copy of the project in which the paper was made with conda."""
    clone = copy_project(folder / "with conda")
    process = snakemake(clone, "--sdm", "conda", environment=environment)
    assert process.returncode == 0, process.stdout[-6000:]
    return clone


def prefixes(clone):
    """Name to folder of the environments that Snakemake made."""
    made = [path.with_suffix("") for path in (clone / ".snakemake" / "conda").glob("*.env_setup_done")]
    texts = {path: path.with_name(f"{path.name}.yaml").read_text(encoding="utf-8") for path in made}
    files = {path.read_text(encoding="utf-8"): path.stem for path in (clone / "envs").glob("*.yaml")}
    return {files[text]: path for path, text in texts.items()}


def packages_in(prefix):
    """The conda packages of an environment, with version and build."""
    return sorted(path.stem for path in (prefix / "conda-meta").glob("*.json"))


def test_the_paper_has_the_same_bytes_with_conda_and_without(by_conda, folder, python):
    """With the same Python, that is, which the paper names: one that has all of the lock file together."""
    together = install(python, [f"-r {LOCK}"], folder / "together")
    clone = copy_project(folder / "without conda")
    process = snakemake(clone, python=together)
    assert process.returncode == 0, process.stdout[-6000:]
    here, there = clone / RESULTS, by_conda / RESULTS
    names = ("without conda", "with conda")
    verdicts, findings = compare_folders(here, there, file_names(here) | file_names(there), names)
    assert findings == []
    assert len(verdicts) > 300


def test_every_environment_is_made_and_sees_its_own_packages_alone(by_conda):
    made = prefixes(by_conda)
    assert set(made) == set(pin_environments.ENVIRONMENTS)
    asked = (
        "import importlib.metadata as m; print(*sorted({d.name.lower().replace('_', '-') for d in m.distributions()}))"
    )
    there = {name: set(call(path / "bin" / "python", "-c", asked).split()) for name, path in made.items()}
    for name, packages in there.items():
        needed = set(pin_environments.ENVIRONMENTS[name][1].split())
        assert needed <= packages
    assert not there["crate"] & {"pandas", "numpy", "matplotlib", "snakemake", "typst"}
    assert not there["manuscript"] & {"pandas", "numpy", "matplotlib", "snakemake", "rocrate"}
    assert not there["snakemake"] & {"pyarrow", "scipy", "matplotlib", "typst", "rocrate"}
    assert "scipy" not in there["figures"] | there["data"]


def test_pin_files_are_written_by_the_documented_command_and_make_the_same_environments(by_conda, environment):
    before = prefixes(by_conda)
    # The set-up is that of the tests.
    command = ["make", "-f", str(ROOT / "Makefile"), "-o", ".venv/ready", "pins", f"BIN={Path(sys.executable).parent}"]
    process = subprocess.run(command, cwd=by_conda, text=True, capture_output=True, check=False, env=environment)
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    assert {path.name.partition(".")[0] for path in (by_conda / "envs").glob("*.pin.txt")} == set(BY_CONDA)
    process = snakemake(by_conda, "--sdm", "conda", "--conda-create-envs-only", environment=environment)
    assert process.returncode == 0, process.stdout[-3000:]
    used = re.findall(r"^Using pinnings from .*/(\w+)\.[\w-]+\.pin\.txt\.$", process.stdout, re.MULTILINE)
    assert sorted(used) == sorted(BY_CONDA), process.stdout[-3000:]
    assert "Failed to install" not in process.stdout
    listed = (by_conda / ".snakemake" / "conda").glob("*.pin.txt")
    made = [path.with_name(path.name.removesuffix(".pin.txt")) for path in listed]
    assert sorted(map(packages_in, made)) == sorted(packages_in(before[name]) for name in BY_CONDA)
