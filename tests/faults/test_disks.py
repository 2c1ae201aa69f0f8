"""A disk that is full or can only be read: one clear line, nothing damaged, the next run finishes as ever."""

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor

from faults.places import NOTHING, RESULTS, apart, assert_finishes, command, copy, digests
from project import copy_project

FULL = "cannot be written: the disk is full; free some space, then run again"
# $1: the folder of the run; its results lie on a disk of their own, of which the last byte is taken.
FILL = """
cd "$1"
mv results kept; mkdir results
mount -t tmpfs -o size=64m full results
cp -a kept/. results
cat /dev/zero > results/filler 2>/dev/null || true
"""
EVERY_STEP = """
while IFS= read -r line; do
    code=0
    said=$(eval "$line" 2>&1 >/dev/null) || code=$?
    printf '%s\\t%s\\t%s\\n' "$code" "$(wc -l <<< "$said")" "$said"
done < "$2"
rm results/filler
rm -r kept; cp -a results kept; umount results; rmdir results; mv kept results
"""


def test_in_every_step_a_full_disk_is_one_line_and_leaves_the_results_as_they_were(made, expected, tmp_path):
    record = json.loads((made / RESULTS / "audit/steps.json").read_text(encoding="utf-8"))
    commands = [job["command"] for step in record["steps"] for job in step["jobs"]]
    assert len(commands) > 30

    def fail(half):
        clone = copy(made, tmp_path / f"clone-{half}")
        list_of_commands = tmp_path / f"commands-{half}"
        list_of_commands.write_text("".join(f"{line}\n" for line in commands[half::2]), encoding="utf-8")
        process = apart(FILL + EVERY_STEP, clone, list_of_commands)
        assert process.returncode == 0, process.stdout
        assert digests(clone) == expected
        assert list((clone / RESULTS).rglob(".*")) == []
        return process.stdout.splitlines()

    with ThreadPoolExecutor(2) as pool:
        outcomes = [line.split("\t") for lines in pool.map(fail, range(2)) for line in lines]
    assert [outcome for outcome in outcomes if outcome[:2] != ["2", "1"] or not outcome[2].endswith(FULL)] == []
    assert len(outcomes) == len(commands)


def test_after_the_disk_was_full_in_a_run_the_next_one_finishes(expected, tmp_path):
    clone = copy_project(tmp_path / "clone")
    (clone / "results").mkdir()
    run = " ".join(map(shlex.quote, command()))
    process = apart(
        f"""
        cd "$1"
        mount -t tmpfs -o size=1500k full results
        {run} > "$2" 2>&1 && exit 9
        mount -o remount,size=64m results
        {run}
        mkdir kept; cp -a results/. kept; umount results; rmdir results; mv kept results
        """,
        clone,
        tmp_path / "log",
    )
    log = (tmp_path / "log").read_text()
    assert process.returncode == 0, process.stdout + log
    assert re.search(r"^results: the disk is full, \d MB are left; free some space, then run again$", log, re.MULTILINE)
    assert "Traceback" not in log
    assert digests(clone) == expected
    assert_finishes(clone, expected)


READ_ONLY = """
cd "$1"
mount --bind results results
mount -o remount,bind,ro results
"""


def test_results_that_can_only_be_read_are_said_to_be_so_and_stay_as_they_are(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    run = " ".join(map(shlex.quote, command()))
    process = apart(f"{READ_ONLY}{run}", clone)
    assert process.returncode == 0, process.stdout
    assert NOTHING in process.stdout
    code = clone / "scripts/draw_flow.py"
    before = code.read_bytes()
    code.write_bytes(before + b"\nCHANGED = 1\n")
    process = apart(f"{READ_ONLY}{run}", clone)
    assert process.returncode == 1
    assert f"{RESULTS}: it can only be read" in process.stdout
    assert "Traceback" not in process.stdout
    assert digests(clone) == expected
    code.write_bytes(before)
    assert_finishes(clone, expected)


def test_a_step_says_which_file_it_has_no_right_to_write(made, expected, tmp_path):
    clone = copy(made, tmp_path / "clone")
    record = json.loads((made / RESULTS / "audit/steps.json").read_text(encoding="utf-8"))
    [rank] = [step["jobs"][0]["command"] for step in record["steps"] if step["rule"] == "rank_agreement"]
    process = apart(f"{READ_ONLY}{rank}", clone)
    assert process.returncode == 2
    assert process.stdout.startswith(f"error: {RESULTS}/stats/agreement.parquet: cannot be written: it is on a file")
    assert process.stdout.count("\n") == 1
    assert digests(clone) == expected
