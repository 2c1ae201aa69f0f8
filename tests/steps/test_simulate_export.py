import shutil

import pytest

import simulate_export
from survey.errors import BadInput
from survey.study import PROJECT

STUDY = PROJECT / "config" / "studies" / "ebmt-cart-2023"
FILES = PROJECT / "resources" / "simulated"
OUTPUTS = {
    "--out": "ebmt-cart-2023.csv",
    "--frame": "ebmt-cart-2023-frame.csv",
    "--truth": "ebmt-cart-2023-truth.csv",
    "--true-shares": "ebmt-cart-2023-true-shares.csv",
}


def simulate(folder, *more):
    outputs = [word for option, name in OUTPUTS.items() for word in (option, str(folder / name))]
    simulate_export.main(["--study", str(STUDY), *outputs, *more])


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    simulate(folder)
    return folder


@pytest.mark.parametrize("name", OUTPUTS.values())
def test_the_files_in_the_repository_are_what_the_program_writes(simulated, name):
    assert (simulated / name).read_bytes() == (FILES / name).read_bytes(), (
        f"run scripts/simulate_export.py again: {name}"
    )


def test_an_item_without_assumptions_is_named(tmp_path):
    study = shutil.copytree(STUDY, tmp_path / "study")
    path = study / "assumed_shares.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("hospital_stay,,,,step")), encoding="utf-8")
    with pytest.raises(BadInput, match="the step of item 'hospital_stay'"):
        simulate(tmp_path, "--study", str(study))


def test_another_seed_gives_another_sample_of_the_same_design(tmp_path, simulated):
    simulate(tmp_path, "--seed", "1")
    other, first = ((folder / OUTPUTS["--truth"]).read_text() for folder in (tmp_path, simulated))
    assert other != first
    assert other.count(",yes,") == first.count(",yes,") == 106
