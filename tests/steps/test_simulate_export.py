import shutil

import pytest
from project import EXAMPLE, SIMULATED, STUDY
from small import change

import simulate_export
from survey.errors import BadInput
from survey.export import map_columns, read_export
from survey.study import read_study

OPTIONS = ("--out", "--frame", "--truth", "--true-shares")
FILES = {
    STUDY: [SIMULATED / f"{STUDY.name}{part}.csv" for part in ("", "-frame", "-truth", "-true-shares")],
    EXAMPLE: [
        EXAMPLE / "export.csv",
        EXAMPLE / "frame.csv",
        *(SIMULATED / f"{EXAMPLE.name}-{part}.csv" for part in ("truth", "true-shares")),
    ],
}
ANALYSED = {STUDY: 106, EXAMPLE: 41}


def simulate(study, folder, *more):
    """Simulate a study into a folder; the four files in the order of the options."""
    files = [folder / f"{option.strip('-')}.csv" for option in OPTIONS]
    outputs = [word for option, path in zip(OPTIONS, files, strict=True) for word in (option, str(path))]
    simulate_export.main(["--study", str(study), *outputs, *more])
    return files


@pytest.fixture(scope="module", params=FILES, ids=lambda study: study.name)
def study(request):
    return request.param


@pytest.fixture(scope="module")
def simulated(study, tmp_path_factory):
    return simulate(study, tmp_path_factory.mktemp("simulated"))


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(EXAMPLE, tmp_path / "study")


def test_the_files_in_the_repository_are_what_the_program_writes(study, simulated):
    for path, kept in zip(simulated, FILES[study], strict=True):
        assert path.read_bytes() == kept.read_bytes(), f"run make simulate: {kept.name}"


def test_another_seed_gives_another_sample_of_the_same_design(tmp_path, study, simulated):
    first, other = (files[2].read_text() for files in (simulated, simulate(study, tmp_path, "--seed", "1")))
    assert other != first
    assert other.count(",yes,") == first.count(",yes,") == ANALYSED[study]


def test_an_item_without_assumptions_is_named(tmp_path):
    study = shutil.copytree(STUDY, tmp_path / "study")
    path = study / "assumed_shares.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("hospital_stay,,,,step")), encoding="utf-8")
    with pytest.raises(BadInput, match="the step of item 'hospital_stay'"):
        simulate(study, tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("study.yaml", "platform: surveymonkey", "platform: plain", "only limesurvey or surveymonkey can be simulated"),
        ("study.yaml", "  strata: [size]", "", "needs frame.strata, window and respondent_key"),
        (
            "assumed_shares.csv",
            "analysed,,,records,41",
            "analysed,,,records,59",
            "of 60 invited, 59 cannot be analysed",
        ),
        ("assumed_shares.csv", "partial_first,,,records,1", "partial_first,,,records,9", "at most as many as partial"),
        ("assumed_shares.csv", "number_range,,,cells,3", "number_range,,,cells,99", "number_range: .* more cells are"),
        (
            "assumed_shares.csv",
            "flush,other,,,text,",
            "flush,saline,,,text,",
            "gives a text of 'other' of item 'flush'",
        ),
    ],
)
def test_assumptions_that_cannot_be_met_are_named(tmp_path, copy, name, old, new, said):
    change(copy / name, old, new)
    with pytest.raises(BadInput, match=said):
        simulate(copy, tmp_path)


def test_a_whole_questionnaire_is_written_as_surveymonkey_does_and_read_back(tmp_path):
    study = shutil.copytree(STUDY, tmp_path / "study")
    change(study / "study.yaml", "platform: limesurvey", "platform: surveymonkey")
    change(study / "codebook.csv", ",submitdate,", ",End Date,")
    for block in ("need", "trial"):
        change(study / "codebook.csv", f",{block}[", f",{block} [")
    export = read_export(simulate(study, tmp_path)[0])
    assert export.platform == "surveymonkey"
    columns = {column.name: place for place, column in enumerate(export.columns)}
    uses = map_columns(export.columns, read_study(study))

    def cells(item):
        return [[line[columns[use.column]] for use in uses if use.item == item] for line in export.cells]

    assert {use.option for use in uses if use.item == "need_crs"} == {""}
    assert [use.use for use in uses if use.item == "crs_grading"] == ["answer", "other_text"]
    ranked = [sorted(filter(None, line)) for line in cells("product_criteria") if any(line)]
    assert len(ranked) > 100
    assert all(line == [str(place) for place in range(1, len(line) + 1)] for line in ranked)
    # The text of "other" comes without a tick.
    others = [answer for answer, text in cells("crs_grading") if text]
    assert others
    assert set(others) == {""}
