"""Whatever the files of a study hold: a result or one line, nothing is run, and no other file is opened.

`make fuzz` tries many examples, every time others: make fuzz EXAMPLES=20000.
"""

import shutil

import pytest
from fuzz.mutations import CANARY, CONDITIONS, LAUGHS, PREDICATES, SMALL, changed_studies
from fuzz.watching import assert_one_line, outcome, watched
from hypothesis import given, settings
from hypothesis import strategies as st
from project import ROOT, call
from small import change, write_study

from survey.claims import parse_predicate
from survey.conditions import NOT_ASKED, UNCLEAR
from survey.errors import BadInput
from survey.recodes import read_cleaning_study
from survey.study import read_study

# The tests for everybody take a part of the examples, so that they stay short; cleaning takes longest.
SOME = settings(max_examples=settings.default.max_examples * 3 // 10)
FEW = settings(max_examples=settings.default.max_examples // 10)
NAMES = ("study.yaml", "codebook.csv", "options.csv", "claims.yaml", "recodes.csv")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where every example has its study in turn; the working folder, in which a canary would be found."""
    folder = tmp_path_factory.mktemp("fuzz")
    write_study(folder / "study")
    read_cleaning_study(folder / "study")  # what is imported late is there before anything is watched
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder
    assert not list(folder.rglob(CANARY))
    assert not list(ROOT.glob(CANARY))


def written(place, files):
    shutil.rmtree(place / "study")
    write_study(place / "study")
    for name, content in files.items():
        (place / "study" / name).write_bytes(content)
    return place / "study"


@pytest.mark.parametrize("name", NAMES)
@SOME
@given(data=st.data())
def test_a_study_is_read_or_refused_in_one_line(place, name, data):
    folder = written(place, data.draw(changed_studies(name)))
    study = outcome(lambda: read_cleaning_study(folder), folder)
    for claim in study.claims if study else []:
        outcome(lambda claim=claim: parse_predicate(claim["predicate"], study), folder)


@pytest.mark.parametrize("name", ["study.yaml", "codebook.csv", "options.csv", "recodes.csv"])
@FEW
@given(data=st.data())
def test_a_survey_is_cleaned_or_refused_in_one_line(place, name, data):
    files = {key: text.encode() for key, text in SMALL.items()}
    folder = written(place, files | {name: data.draw(changed_studies(name).map(lambda changed: changed[name]))})
    out = place / "results"
    shutil.rmtree(out, ignore_errors=True)
    study = outcome(lambda: read_cleaning_study(folder), folder)
    for step in steps(study, folder, out) if study else []:
        with watched(folder, out):
            process = call(*step)
        assert process.returncode in (0, 2), process.stderr
        if process.returncode:
            assert process.stderr.startswith("error: ")
            assert_one_line(process.stderr.strip())
            break


def steps(study, folder, out):
    """The programs from the export to the clean domains."""
    given = ("--study", folder)
    raw = ("--responses", out / "ingest/responses.parquet", "--columns", out / "ingest/columns.csv")
    exclusions = ("--exclusions", out / "exclusions.csv")
    try:
        export = study.file(study.export["file"])
    except BadInput:
        return
    summary = ("--summary", out / "ingest/ingest.json")
    yield "ingest", *given, "--export", export, "--out", raw[1], *raw[2:], *summary
    yield "select_records", *given, *raw, *exclusions, "--flow", out / "flow.csv", "--flags", out / "flags.csv"
    for domain in study.domain_ids:
        made = [out / f"{domain}.{end}" for end in ("parquet", "ledger.csv", "validation.csv", "appendix.csv")]
        earlier = [out / f"{other}.parquet" for other in study.domains_needed(domain)]
        named = zip(("--out", "--ledger", "--validation", "--appendix"), made, strict=True)
        options = [word for pair in named for word in pair] + (["--earlier", *earlier] if earlier else [])
        yield "clean_domain", *given, "--domain", domain, *raw, *exclusions, *options


ANSWERS = {
    "drug": st.sampled_from(["a", "b", "none", NOT_ASKED, UNCLEAR, None]),
    "size": st.sampled_from(["small", "large", NOT_ASKED, None]),
    "days": st.floats(allow_nan=False) | st.sampled_from([NOT_ASKED, UNCLEAR, None]),
    "tests": st.frozensets(st.sampled_from(["blood", "mri", UNCLEAR])) | st.sampled_from([NOT_ASKED, None]),
    "founded": st.sampled_from(["1999-05-01", NOT_ASKED, None]),
}


@SOME
@given(text=CONDITIONS, answers=st.fixed_dictionaries({}, optional=ANSWERS))
def test_skip_logic_is_true_false_or_open_or_refused_in_one_line(place, text, answers):
    codebook = SMALL["codebook.csv"].replace("drug == none", '"{}"'.format(text.replace('"', '""')))
    folder = written(place, {"codebook.csv": codebook.encode("utf-8", "surrogatepass")})
    study = outcome(lambda: read_study(folder), folder)
    condition = study and study.by_name["why"].asked_if
    if condition:
        with watched(folder):
            assert condition.evaluate(answers) in (True, False, None)


@SOME
@given(text=PREDICATES)
def test_a_predicate_is_parsed_or_refused_in_one_line(place, text):
    study = read_study(written(place, {}))
    outcome(lambda: parse_predicate(text, study), place / "study")


def test_names_that_stand_for_ten_times_ten_times_ten_and_so_on_are_refused_at_once(small):
    (small / "study.yaml").write_text(LAUGHS)
    with pytest.raises(BadInput, match=r"study\.yaml: more than"):
        read_study(small)


def test_a_tag_that_would_run_a_command_is_refused(small, monkeypatch):
    monkeypatch.chdir(small)
    change(small / "study.yaml", "seed: 1", f"seed: !!python/object/apply:os.system ['touch {CANARY}']")
    with pytest.raises(BadInput, match="could not determine a constructor"):
        read_study(small)
    assert not (small / CANARY).exists()
