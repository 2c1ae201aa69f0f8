"""The finished paper again with another Python and other patch versions of numpy and pandas: the values are the same.

`make test-versions` runs it after `make paper`. Each Python that is found gets an environment of its own, installed
aside: everything as locked, except numpy and pandas.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from installed import install, python_of
from project import ROOT

RESULTS = ROOT / "results" / "ebmt-cart-2023"
OTHERS = {
    "3.11": {"numpy": "2.3.5", "pandas": "3.0.5"},
    "3.12": {"numpy": "2.4.4", "pandas": "3.1.0"},
    "3.13": {"numpy": "2.3.5", "pandas": "3.0.5"},
    "3.14": {"numpy": "2.4.4", "pandas": "3.1.0"},
}


def locked_but(versions):
    """What the lock file pins, but these versions."""
    pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)([^\\\n]*)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    return [f"{name}=={versions.get(name, version)}{marker}" for name, version, marker in pins]


@pytest.mark.parametrize("minor", OTHERS)
def test_another_python_with_other_patch_versions_gives_the_same_values(minor, tmp_path):
    if sys.version_info[:2] == tuple(map(int, minor.split("."))):
        pytest.skip("this is the Python that made the results")
    assert (RESULTS / "audit/manifest.json").is_file(), "make the paper first: make test-versions"
    python = install(python_of(minor), locked_but(OTHERS[minor]), tmp_path / "venv")
    asked = "import numpy, pandas, sys; print('%d.%d' % sys.version_info[:2], numpy.__version__, pandas.__version__)"
    versions = subprocess.run([python, "-c", asked], text=True, capture_output=True, check=True).stdout.split()
    assert versions == [minor, OTHERS[minor]["numpy"], OTHERS[minor]["pandas"]]
    command = [sys.executable, "scripts/verify.py", str(Path("results") / RESULTS.name), "--rerun", "--json"]
    process = subprocess.run([*command, "--python", python], cwd=ROOT, text=True, stdout=subprocess.PIPE, check=False)
    report = json.loads(process.stdout)
    assert report["not_run_again"] is None
    [again] = [check for check in report["checks"] if "second run" in check["check"]]
    print(f"\n{again['check']}, numpy {versions[1]}, pandas {versions[2]}: {again['folders']}")
    assert again["files"] > 300
    assert [finding for finding in report["findings"] if finding["verdict"] == "differs"] == []
    assert process.returncode in (0, 3)
