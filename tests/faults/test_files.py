"""Files that were edited, deleted, left behind, copied or misdated: the next run finishes with the same bytes."""

import os
import re
import shutil
import time

import pytest
from faults.places import NOTHING, RESULTS, STUDY, assert_finishes, copy, digests, make, said, surroundings
from project import step
from small import change

OTHER_USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
# This Python may lie in a folder of root alone, as with pyenv: the other user may look, but not write there.
LOOKING = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


def verify(clone):
    return step("verify", RESULTS, "--study", STUDY, "--no-rerun", folder=clone)


def rules(output):
    """The rules that a dry run names."""
    return set(re.findall(r"^(\w+) +\d+$", output, re.MULTILINE)) - {"all", "total"}


@pytest.mark.parametrize(
    "file", ["stats/ward/frequencies.csv", "clean/responses.parquet", "figures/flow.svg", "audit/manifest.json"]
)
def test_an_edited_result_is_named_by_verify_and_by_the_next_run_which_makes_it_again(made, expected, tmp_path, file):
    clone = copy(made, tmp_path / "clone")
    path = clone / RESULTS / file
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    process = verify(clone)
    assert process.returncode in (1, 3)  # 3: other bytes, the same cells
    assert file in process.stdout
    assert f"{RESULTS / file}: edited by hand; it is made again" in make(clone, "-n").stdout
    assert_finishes(clone, expected)
    assert verify(clone).returncode == 0


def test_deleted_results_and_what_a_crash_left_half_written_are_put_right(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    results = clone / RESULTS
    (results / "audit/index.html").unlink()
    shutil.rmtree(results / "figures")
    for name in (
        "stats/ward/.frequencies.csv.partial",
        "manuscript/.render-x1/manuscript.pdf",
        "figures/.flow-ab/a.svg",
    ):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text("half of")
    assert_finishes(clone, expected)


def test_a_step_that_was_broken_off_with_its_output_half_written_is_run_again(made, expected, tmp_path):
    from survey.records import INCOMPLETE, record_file

    clone = copy(made, tmp_path / "clone")
    table = RESULTS / "stats/comparisons.csv"
    (clone / table).write_bytes((clone / table).read_bytes()[:100])
    (clone / record_file(table.as_posix(), INCOMPLETE)).write_text("{}")
    assert_finishes(clone, expected)


def test_a_copy_without_its_dates_is_up_to_date(made, expected, tmp_path):
    clone = shutil.copytree(made, tmp_path / "clone", symlinks=True, copy_function=shutil.copyfile)
    process = make(clone)
    assert NOTHING in process.stdout, process.stdout
    assert_finishes(clone, expected)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, to become another user")
def test_a_copy_of_another_user_is_up_to_date_and_can_be_made_again(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    assert said(["chown", "-R", "65534:65534", clone]).returncode == 0
    cache = {"XDG_CACHE_HOME": str(clone / ".snakemake/cache")}  # as the Makefile does without a home
    other = cache | {"before": (*OTHER_USER, *LOOKING), "HOME": "/nonexistent", "USER": None, "LOGNAME": None}
    process = make(clone, **other)
    assert NOTHING in process.stdout, process.stdout
    (clone / RESULTS / "manuscript/manuscript.pdf").unlink()
    assert_finishes(clone, expected, **other)


def test_results_of_another_user_that_cannot_be_written_are_said_to_be_so(made, tmp_path):
    clone = copy(made, tmp_path / "clone")
    steps = ["python", "scripts/rank_agreement.py", "--domains", RESULTS / "stats/ward/agreement.parquet"]
    steps += ["--out", RESULTS / "stats/agreement"]
    before = (*OTHER_USER, *LOOKING) if os.geteuid() == 0 else ()
    (clone / RESULTS / "stats").chmod(0o555)
    process = said([*before, *steps], cwd=clone, env=surroundings())
    (clone / RESULTS / "stats").chmod(0o755)
    assert process.returncode == 2
    assert process.stdout.startswith(
        f"error: {RESULTS}/stats/agreement.parquet: cannot be written: you have no right to"
    )
    assert process.stdout.count("\n") == 1


def test_an_export_that_is_replaced_by_an_older_file_is_noticed(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    export = clone / STUDY / "export.csv"
    shutil.copy2(export, tmp_path / "export.csv")
    change(export, "SIM0014", "SIM0015")
    os.utime(export, (946684800, 946684800))
    assert "ingest" in rules(make(clone, "-n").stdout)
    shutil.copy2(tmp_path / "export.csv", export)
    assert_finishes(clone, expected)


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("export.csv", '"7","1","2024-05-07 14:59:46",', '"7",', "cells, the header has"),
        ("options.csv", "taurolidine,Taurolidine,", "lock,Lock,", "the export's column 'What do you flush or lock"),
    ],
)
def test_a_run_that_fails_loses_no_result_and_is_not_taken_for_done(
    made, expected, tmp_path, file, old, new, complaint
):
    clone = copy(made, tmp_path / "clone")
    shutil.copy2(clone / STUDY / file, tmp_path / file)
    change(clone / STUDY / file, old, new)
    for _ in range(2):
        process = make(clone)
        assert process.returncode == 1
        assert complaint in process.stdout
        assert "results of before were put back; the next run makes them again" in process.stdout
        found = digests(clone)
        assert list(found) == list(expected)
        # The record of the steps may be of the study as it is now: it succeeded.
        differ = {name for name in expected if found[name] != expected[name]}
        assert differ <= {"audit/steps.json", f"audit/study/{file}"}
        assert not list((clone / ".snakemake/kept").iterdir())
    shutil.copy2(tmp_path / file, clone / STUDY / file)
    assert_finishes(clone, expected)


def date(folder, hours):
    """Date all files of a folder so many hours from now."""
    moment = time.time() + 3600 * hours
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))


def test_what_is_changed_after_the_clock_was_put_back_is_noticed(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    date(clone / "results", hours=24)
    assert NOTHING in make(clone).stdout
    date(clone / "results", hours=24)
    code = clone / "scripts/rank_agreement.py"
    before = code.read_bytes()
    code.write_bytes(before + b"\nCHANGED = 1\n")
    assert "rank_agreement" in rules(make(clone, "-n").stdout)
    code.write_bytes(before)
    (clone / RESULTS / "audit/index.html").unlink()
    assert_finishes(clone, expected)


def test_a_clock_that_is_behind_the_files_is_said_to_be_so_before_anything_is_run(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    gone = clone / RESULTS / "audit/index.html"
    gone.unlink()
    date(clone / "scripts", hours=24)
    process = make(clone)
    assert process.returncode == 2
    assert re.search(
        r"^error: scripts/\S+: its date is yet to come; set the clock right, then run again$", process.stdout, re.M
    )
    assert digests(clone) == {name: digest for name, digest in expected.items() if name != "audit/index.html"}
    date(clone / "scripts", hours=-1)
    assert_finishes(clone, expected)


def test_a_font_that_is_missing_is_named_in_one_line_and_nothing_is_lost(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    font = clone / "resources/fonts/SourceSans3-Bold.ttf"
    font.rename(tmp_path / font.name)
    process = make(clone)
    assert process.returncode == 1
    lines = [line for line in process.stdout.splitlines() if "error: " in line and "font" in line]
    assert lines != []
    assert all("Source Sans 3" in line and "put its" in line for line in lines), lines
    assert "Traceback" not in process.stdout
    (tmp_path / font.name).rename(font)
    assert_finishes(clone, expected)
