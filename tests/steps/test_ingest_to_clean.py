"""Ingest, selection, cleaning and description, each run alone on a small export."""

import csv
import json

import pyarrow.parquet as pq
import pytest
from project import call, step
from replay import assert_replays, read_results
from small import EXCLUDED, HEADER, PLAIN, RECORDS, change, write_export, write_recodes, write_rows

from survey.answers import KINDS
from survey.errors import BadInput
from survey.study import read_study
from survey.tables import read_table


def ingest(study, results, export=None):
    return call(
        "ingest", "--study", study, "--export", export or study / "export.csv",
        "--out", results / "ingest/responses.parquet", "--columns", results / "ingest/columns.csv",
        "--summary", results / "ingest/ingest.json",
    )  # fmt: skip


def select(study, results):
    return call(
        "select_records", "--study", study, "--responses", results / "ingest/responses.parquet",
        "--columns", results / "ingest/columns.csv", "--exclusions", results / "clean/exclusions.csv",
        "--flow", results / "clean/flow.csv", "--flags", results / "clean/flags.csv",
    )  # fmt: skip


def clean(study, results, domain, *earlier):
    stem = results / "clean/domains" / domain
    return call(
        "clean_domain", "--study", study, "--domain", domain, "--responses", results / "ingest/responses.parquet",
        "--columns", results / "ingest/columns.csv", "--exclusions", results / "clean/exclusions.csv",
        "--earlier", *earlier, "--out", f"{stem}.parquet", "--ledger", f"{stem}.ledger.csv",
        "--validation", f"{stem}.validation.csv", "--appendix", f"{stem}.appendix.csv",
    )  # fmt: skip


def collect(results):
    domains = results / "clean/domains"
    return call(
        "collect_clean", "--domains", domains / "centre.parquet", domains / "care.parquet",
        "--out", results / "clean/responses.parquet", "--ledger", results / "clean/ledger.csv",
        "--validation", results / "clean/validation.csv", "--appendix", results / "clean/appendix.csv",
    )  # fmt: skip


def match_frame(study, results, *domains):
    return call(
        "match_frame", "--study", study, "--responses", results / "ingest/responses.parquet",
        "--columns", results / "ingest/columns.csv", "--exclusions", results / "clean/exclusions.csv",
        "--clean", *(results / f"clean/domains/{name}.parquet" for name in domains), "--out", results / "clean/sample",
    )  # fmt: skip


def refuse(results):
    domains = results / "clean/domains"
    validations = [domains / f"{domain}.validation.csv" for domain in ("centre", "care")]
    return call("refuse_unread", "--validations", *validations, "--out", results / "clean/strict.csv")


def describe(study, results, domain, *groups, weighted=False):
    domains = results / "clean/domains"
    return call(
        "describe", "--study", study, "--domain", domain, "--clean", domains / f"{domain}.parquet",
        "--groups", *(domains / f"{name}.parquet" for name in groups), "--out", results / "stats" / domain,
        *(("--sample", results / "clean/sample.parquet") if weighted else ()),
    )  # fmt: skip


def run_all(study, results):
    done = [
        ingest(study, results),
        select(study, results),
        *(clean(study, results, domain) for domain in ("centre", "care")),
    ]
    done.append(collect(results))
    for process in done:
        assert process.returncode == 0, process.stderr
    return results


@pytest.fixture
def results(small, tmp_path):
    return run_all(small, tmp_path / "results")


def test_every_cell_of_the_export_is_kept_verbatim(results):
    raw = pq.read_table(results / "ingest/responses.parquet").to_pylist()
    assert [row["record"] for row in raw] == [str(number) for number in range(1, len(RECORDS) + 1)]
    assert raw[1]["size"] == "Large\u00a0"
    assert raw[1]["centre"] == " c02 "
    summary = json.loads((results / "ingest/ingest.json").read_text())
    assert (summary["records"], summary["platform"], summary["record_column"]) == (len(RECORDS), "limesurvey", "id")


def test_every_record_is_analysed_or_excluded_for_a_reason_of_the_study(results):
    excluded = read_table(results / "clean/exclusions.csv")
    assert dict(zip(excluded["record"], excluded["rule"], strict=True)) == EXCLUDED
    assert excluded.loc[excluded["record"] == "13", "reason"].item() == "too little answered"
    flow = read_table(results / "clean/flow.csv").set_index("step")
    assert flow.loc["invited", "n"] == 12
    assert flow.loc["records", "n"] == len(RECORDS)
    assert flow["excluded"].sum() + flow.loc["analysed", "n"] == len(RECORDS)
    assert flow.loc["analysed", "n"] == 7


def test_answers_are_typed_and_every_reading_is_in_the_ledger(results):
    by_record = {row["record"]: row for row in pq.read_table(results / "clean/responses.parquet").to_pylist()}
    ledger = {(row.record, row.item): row for row in read_table(results / "clean/ledger.csv").itertuples()}
    assert by_record["2"]["centre_id"] == "C02"
    assert by_record["2"]["size"] == "large"
    assert ledger["2", "size"].rule == "spelling"
    assert ledger["3", "size"].rule == "alias"
    assert (by_record["2"]["drug"], ledger["2", "drug"].rule) == ("a", "alias")
    assert (by_record["3"]["drug"], ledger["3", "drug"].rule) == ("b", "other_recoded")
    assert by_record["4"]["drug"] == "other"
    assert by_record["4"]["drug__other"] == "Drug Z"
    assert [by_record[record]["days"] for record in "123"] == [10, 14, 6]
    assert by_record["7"]["days"] == 10
    assert str(by_record["2"]["founded"])[:10] == "1999-05-01"
    assert ("1", "founded") not in ledger
    assert by_record["2"]["tests[mri]"] is True
    assert ledger["2", "tests[mri]"].rule == "other_recoded"
    assert by_record["4"]["tests[other]"] is True
    assert by_record["1"]["order[cost]"] == 1
    assert by_record["3"]["order[cost]"] is None


def test_the_kinds_of_missing_are_kept_apart(results):
    by_record = {row["record"]: row for row in pq.read_table(results / "clean/responses.parquet").to_pylist()}
    kinds = {
        ("1", "why"): "not_asked",
        ("5", "why"): "",
        ("2", "comment"): "blank",
        ("7", "drug"): "dont_know",
        ("5", "days"): "dont_know",
        ("4", "days"): "invalid",
        ("6", "days"): "invalid",
        ("3", "founded"): "invalid",
        ("6", "tests"): "blank",
        ("3", "tests"): "",
        ("5", "tests"): "dont_know",
    }
    for (record, item), kind in kinds.items():
        assert by_record[record][f"{item}__missing"] == kind, (record, item)


def test_an_answer_to_a_question_that_was_not_asked_is_dropped_or_kept_as_the_study_says(small, tmp_path, results):
    dropped = {row["record"]: row for row in pq.read_table(results / "clean/responses.parquet").to_pylist()}["6"]
    assert dropped["why__missing"] == "not_asked"
    assert dropped["why[cost]"] is None
    change(small / "study.yaml", "seed: 1", "seed: 1\nskip_logic: keep")
    kept = run_all(small, tmp_path / "kept")
    row = {row["record"]: row for row in pq.read_table(kept / "clean/responses.parquet").to_pylist()}["6"]
    assert row["why__missing"] == ""
    assert row["why[cost]"] is True
    assert_replays(kept, read_study(small))


def test_replaying_the_ledger_gives_the_clean_table(small, results):
    assert_replays(results, read_study(small))


def test_a_change_that_the_ledger_does_not_tell_is_found_by_the_replay(small, results):
    raw, columns, exclusions, ledger, clean_rows = read_results(results)
    from replay import differences, replay

    clean_rows[0]["size"] = "large"
    values, missing = replay(raw, columns, exclusions, ledger, read_study(small))
    assert differences(clean_rows, values, missing, read_study(small)) == [("1", "size", "large", "small")]


def test_what_no_rule_reads_is_listed_with_column_value_and_nearest(results):
    validation = read_table(results / "clean/validation.csv")
    rows = {(row.record, row.item): row for row in validation.itertuples()}
    assert rows["4", "days"].value == "depends"
    assert rows["6", "days"].problem == "is outside 0 to 60"
    assert rows["3", "founded"].problem == "is not a date"
    assert "only asked if drug == none" in rows["6", "why"].problem


def test_the_appendix_accounts_for_every_record_and_variable(small, results):
    appendix = read_table(results / "clean/appendix.csv")
    assert list(appendix["variable"]) == [item.name for item in read_study(small).items if item.role != "ignore"]
    counted = appendix[["n", *KINDS]].astype(int).sum(axis=1)
    assert (counted == 7).all()
    days = appendix.set_index("variable").loc["days"]
    assert (days["lowest"], days["highest"]) == ("6", "14")
    assert appendix.set_index("variable").loc["centre_id", "levels"] == ""


def test_what_no_rule_covers_is_listed_with_its_row_and_nearest_option_and_stops_a_strict_study(small, tmp_path):
    change(small / "export.csv", "grande", "Lage")
    results = run_all(small, tmp_path / "r")
    found = {(row["record"], row["item"]): row for row in rows(results / "clean/validation.csv")}
    assert {key: found["3", "size"][key] for key in ("row", "column", "value", "nearest")} == {
        "row": "4",
        "column": "size",
        "value": "Lage",
        "nearest": "Large",
    }
    process = refuse(results)
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    lists = f"{results}/clean/domains/centre.validation.csv and {results}/clean/domains/care.validation.csv"
    complaint = (
        f"{lists}: no rule covers 4 of the cells listed (strict: true); the first: row 4 of the export, record 3"
    )
    assert complaint in process.stderr
    assert "column 'size', value 'Lage' is none of the options (most like 'Large')" in process.stderr
    assert not (results / "clean/strict.csv").exists()
    write_recodes(
        small,
        "size,,is,lage,large",
        "founded,,is,soon,<invalid>",
        "days,,is,depends,<invalid>",
        "days,,is,99,<invalid>",
    )
    for domain in ("centre", "care"):
        assert clean(small, results, domain).returncode == 0
    assert [row["problem"] for row in rows(results / "clean/domains/care.validation.csv")] == [
        "answered, but only asked if drug == none",
        "ranked 1 already",
    ]
    assert refuse(results).returncode == 0
    assert rows(results / "clean/strict.csv") == [
        {"domain": "centre", "not_covered": "0"},
        {"domain": "care", "not_covered": "0"},
    ]


def test_a_correction_of_the_respondent_key_decides_who_is_counted(small, tmp_path):
    write_recodes(small, "centre_id,12,is,X99,C08", "centre_id,8,is,C01,C02")
    results = run_all(small, tmp_path / "r")
    excluded = {row["record"]: row["rule"] for row in rows(results / "clean/exclusions.csv")}
    # Record 12 is a centre of the frame now, and record 8, less complete than record 2, is another answer of C02.
    assert excluded == {key: rule for key, rule in EXCLUDED.items() if key != "12"}
    assert match_frame(small, results).returncode == 0
    units = {row["record"]: row["unit"] for row in rows(results / "clean/sample.csv")}
    assert (units["12"], units["8"]) == ("9", "3")
    assert_replays(results, read_study(small))


def test_a_rule_about_a_record_that_is_not_there_is_refused(small, tmp_path):
    write_recodes(small, "size,99,is,Small,large")
    ingest(small, tmp_path / "r")
    select(small, tmp_path / "r")
    process = clean(small, tmp_path / "r", "centre")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "recodes.csv row 2 column record: the export has no record '99'" in process.stderr
    assert clean(small, tmp_path / "r", "care").returncode == 0


FLAGS = """seed: 1
flags:
  - {id: fast, reason: far faster than the others, duration: minutes, below_median: 0.5}
  - {id: hasty, reason: less than a minute, duration: minutes, below: 1}
  - {id: same, reason: one answer all through, same_answer: [a, b, c]}
"""
MATRIX = "".join(f"{item},care,ordinal,How is {item}?,{item},{item},,,,,,outcome,\n" for item in "abc")


@pytest.fixture
def flagged(small):
    """The small study with a duration, a matrix of three rows, and flags that exclude nobody."""
    change(small / "study.yaml", "seed: 1", FLAGS)
    change(
        small / "codebook.csv",
        "comment,care",
        f"minutes,care,numeric,Minutes,Minutes,lastpage,min,,,,,ignore,\n{MATRIX}comment,care",
    )
    with (small / "options.csv").open("a") as file:
        file.writelines(
            f"{item},{code},{code.title()},{place},,substantive\n"
            for item in "abc"
            for place, code in enumerate(("good", "bad"), 1)
        )
    return small


def write_flagged(study, *lines):
    """An export of records that answer as PLAIN, with their minutes and the answers to the matrix."""
    records = [
        {**PLAIN, "centre": f"C{place:02}", "lastpage": minutes, **dict(zip("abc", answers, strict=True))}
        for place, (minutes, *answers) in enumerate(lines, 1)
    ]
    header = [*HEADER, "a. How is a?", "b. How is b?", "c. How is c?"]
    codes = [title.split(". ")[0] for title in header]
    write_rows(
        study / "export.csv",
        [
            header,
            *(
                [{"id": str(n), "submitdate": "2023-02-10", **r}.get(c, "") for c in codes]
                for n, r in enumerate(records, 1)
            ),
        ],
    )


def test_the_fast_and_the_monotonous_are_flagged_and_excluded_only_where_the_study_says_so(flagged, tmp_path):
    write_flagged(
        flagged,
        ("20", "Good", "Bad", "Good"),
        ("9.5", "Good", "good ", "Good"),
        ("0.5", "Bad", "Bad", ""),
        ("22", "good", "bad", "bad"),
        ("20", "", "", ""),
        ("", "Bad", "Bad", "bad"),
    )
    results = run_all(flagged, tmp_path / "r")
    assert rows(results / "clean/exclusions.csv") == []
    found = [
        (row["record"], row["row"], row["flag"], row["value"], row["limit"])
        for row in rows(results / "clean/flags.csv")
    ]
    assert found == [
        ("2", "3", "fast", "9.5", "10"),
        ("2", "3", "same", "good", ""),
        ("3", "4", "fast", "0.5", "10"),
        ("3", "4", "hasty", "0.5", "1"),
        ("6", "7", "same", "bad", ""),
    ]
    change(
        flagged / "study.yaml",
        "  - {id: duplicate",
        "  - {id: too_fast, reason: too fast, flagged: fast}\n  - {id: duplicate",
    )
    assert select(flagged, results).returncode == 0
    assert [row["record"] for row in rows(results / "clean/exclusions.csv")] == ["2", "3"]
    assert {row["record"]: row["excluded_by"] for row in rows(results / "clean/flags.csv")} == {
        "2": "too_fast",
        "3": "too_fast",
        "6": "",
    }
    assert "too fast" in (results / "clean/flow.csv").read_text()


def test_the_time_from_beginning_to_end_is_a_duration_too(flagged, tmp_path):
    change(flagged / "study.yaml", "duration: minutes, below: 1", "started: begun, below: 10")
    change(flagged / "codebook.csv", "minutes,care", "begun,care,date,Begun,Begun,comment,,,,,,ignore,\nminutes,care")
    write_export(
        flagged / "export.csv",
        [
            {**PLAIN, "centre": f"C0{n}", "comment": begun, "lastpage": "9"}
            for n, begun in enumerate(("2023-02-10 09:45", "2023-02-10 09:51:00", "2023-02-10 11:00", "yesterday"), 1)
        ],
    )
    text = (
        (flagged / "export.csv")
        .read_text()
        .replace("comment. Anything else?", "comment. Anything else?,a. A,b. B,c. C")
    )
    (flagged / "export.csv").write_text(
        "\n".join([text.splitlines()[0], *(f"{line},,," for line in text.splitlines()[1:])])
    )
    results = run_all(flagged, tmp_path / "r")
    assert [(row["record"], row["flag"], row["value"]) for row in rows(results / "clean/flags.csv")] == [
        ("2", "hasty", "9")
    ]


def test_two_answers_of_one_respondent_are_refused_without_a_rule_that_keeps_one(small, tmp_path):
    change(small / "study.yaml", "  - {id: duplicate, reason: answered twice, keep: most_complete}\n", "")
    ingest(small, tmp_path / "r")
    process = select(small, tmp_path / "r")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "selection: records 1 and 8 have the same centre_id, 'C01'; add a rule with keep" in process.stderr
    assert not (tmp_path / "r/clean/exclusions.csv").exists()


def test_an_export_without_a_single_answer_to_analyse_is_refused(small, tmp_path):
    write_export(small / "export.csv", [{"centre": "C01"}, {"centre": "C02"}, {"centre": "TEST", "size": "Large"}])
    for rule in (
        "{id: opened, reason: opened and left, answered_below: 0.01}",
        "{id: partial, reason: too little answered, answered_below: 0.5}",
    ):
        change(small / "study.yaml", f"  - {rule}\n", "")
    ingest(small, tmp_path / "r")
    process = select(small, tmp_path / "r")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "codebook.csv: not one answer to any of its items is in the 2 records to be analysed" in process.stderr


def test_answers_none_of_which_can_be_read_are_refused(small, tmp_path):
    write_export(small / "export.csv", [{"centre": f"C0{n}", "size": "a1", "drug": "a2", "days": "x"} for n in (1, 2)])
    change(small / "study.yaml", "  - {id: partial, reason: too little answered, answered_below: 0.5}\n", "")
    results = tmp_path / "r"
    ingest(small, results)
    select(small, results)
    assert [clean(small, results, domain).returncode for domain in ("centre", "care")] == [0, 0]
    process = collect(results)
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "of 7 items no answer of 2 records counts, 6 cells are read by no rule; check options.csv" in process.stderr
    assert not (results / "clean/responses.parquet").exists()


def test_the_rule_of_skip_logic_can_be_another_for_single_items(small, tmp_path, results):
    change(small / "study.yaml", "seed: 1", "seed: 1\nskip_logic_except: [why]")
    kept = run_all(small, tmp_path / "kept")
    row = {row["record"]: row for row in pq.read_table(kept / "clean/responses.parquet").to_pylist()}["6"]
    assert (row["why__missing"], row["why[cost]"]) == ("", True)
    change(small / "study.yaml", "[why]", "[drug]")
    with pytest.raises(BadInput, match="skip_logic_except: 'drug' is put to everybody"):
        read_study(small)


CHECKED = """seed: 1
linked:
  - {id: units, file: units.csv, key: Centre}
checks:
  - {id: hasty, problem: treats later than it was asked, when: "days > 9 and drug == a"}
  - {id: denied, problem: "small, but lists several units", when: "size == small and rows(units) >= 2"}
"""


def test_answers_that_contradict_each_other_or_a_linked_table_are_to_be_looked_at(small, tmp_path):
    change(small / "study.yaml", "seed: 1", CHECKED)
    write_recodes(small, "centre_id,7,is,C07,C10")
    units = ["C01", " c01", "C04", "C10", "c 10", "C99", "", "X99"]
    write_rows(small / "units.csv", [["Unit", "Centre"], *([f"unit {n}", unit] for n, unit in enumerate(units, 1))])
    results = run_all(small, tmp_path / "r")
    domains = [results / f"clean/domains/{name}.parquet" for name in ("centre", "care")]
    arguments = (
        "--study", small, "--responses", results / "ingest/responses.parquet",
        "--columns", results / "ingest/columns.csv", "--exclusions", results / "clean/exclusions.csv",
        "--domains", *domains, "--out", results / "clean/checks.csv", "--linked",
    )  # fmt: skip
    process = call("check_answers", *arguments, small / "units.csv")
    assert process.returncode == 0, process.stderr
    found = rows(results / "clean/checks.csv")
    assert [(row["record"], row["row"], row["item"], row["value"]) for row in found] == [
        ("1", "2", "days", "10 | Drug A"),
        ("2", "3", "days", "2 weeks | alpha"),
        ("1", "2", "size", "Small | rows(units): 2"),
        ("7", "8", "size", "Small | rows(units): 2"),
        ("", "7", "units", "C99"),
        ("", "8", "units", ""),
    ]
    assert found[0]["column"] == "days | drug | drug[other]"
    assert found[-1]["problem"] == "row of the linked table 'units' that belongs to no record"
    before = rows(results / "clean/validation.csv")
    process = call(
        "collect_clean", "--domains", *domains, "--checks", results / "clean/checks.csv",
        "--out", results / "clean/responses.parquet", "--ledger", results / "clean/ledger.csv",
        "--validation", results / "clean/validation.csv", "--appendix", results / "clean/appendix.csv",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert rows(results / "clean/validation.csv") == before + found
    change(small / "units.csv", "Centre", "Center")
    process = call("check_answers", *arguments, small / "units.csv")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "units.csv: no column 'Centre', the key of study.yaml linked; did you mean 'Center'?" in process.stderr
    assert "0 tables given" in call("check_answers", *arguments).stderr


def test_a_column_that_vanished_is_one_line_and_leaves_the_old_results(small, tmp_path, results):
    before = (results / "ingest/responses.parquet").read_bytes()
    change(small / "export.csv", "drug. Which", "drugs. Which")
    process = ingest(small, results)
    assert process.returncode == 2
    assert process.stderr.startswith("error: ")
    assert process.stderr.count("\n") == 1
    assert "item 'drug'" in process.stderr
    assert (results / "ingest/responses.parquet").read_bytes() == before
    assert not list(results.rglob("*.partial"))


def test_run_alone_a_program_explains_itself_and_ends_bad_input_with_code_2(small, tmp_path):
    for name in ("ingest", "select_records", "clean_domain", "collect_clean"):
        assert "--out" in step(name, "--help").stdout or "--flow" in step(name, "--help").stdout
    change(small / "study.yaml", "seed: 1", "sed: 1")
    process = step(
        "ingest", "--study", small, "--export", small / "export.csv", "--out", tmp_path / "r.parquet",
        "--columns", tmp_path / "c.csv", "--summary", tmp_path / "i.json",
    )  # fmt: skip
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "unknown key 'sed'; did you mean 'seed'?" in process.stderr
    assert not list(tmp_path.glob("*.*"))


def test_a_column_of_a_block_that_is_no_option_is_named(small, tmp_path):
    change(small / "options.csv", "tests,mri,MRI,2,magnetic resonance,substantive\n", "")
    ingest(small, tmp_path / "r")
    select(small, tmp_path / "r")
    process = clean(small, tmp_path / "r", "care")
    assert process.returncode == 2
    assert "column 'tests[mri]' is not one of its options" in process.stderr


def test_an_option_or_rank_whose_column_was_lost_is_named_and_never_counted_as_chosen_by_nobody(small, tmp_path):
    whole = (small / "export.csv").read_text(encoding="utf-8")
    for lost, named in (
        ("tests[mri]", "no column for 'MRI' below 'tests'"),
        ("tests[unsure]", "no column for 'Not sure' below 'tests'"),
        ("tests[other]", "no column for 'Other' below 'tests'"),
        ("order[2]", "no column for rank 2 below 'order'"),
    ):
        with (small / "export.csv").open("w", encoding="utf-8", newline="") as file:
            lines = list(csv.reader(whole.splitlines()))
            gone = next(place for place, title in enumerate(lines[0]) if title.startswith(f"{lost}."))
            csv.writer(file).writerows([line[:gone] + line[gone + 1 :] for line in lines])
        results = tmp_path / lost
        assert ingest(small, results).returncode == 0
        assert select(small, results).returncode == 0
        process = clean(small, results, "care")
        assert process.returncode == 2, lost
        assert named in process.stderr


def test_rules_that_leave_no_record_are_refused(small, tmp_path):
    change(small / "study.yaml", "{first: 2023-02-01, last: 2023-02-28}", "{first: 2022-02-01, last: 2022-02-28}")
    change(small / "study.yaml", "answered_below: 0.5", "answered_below: 1")
    ingest(small, tmp_path / "r")
    process = select(small, tmp_path / "r")
    assert process.returncode == 2
    assert "leave none of the 13 records" in process.stderr


def test_of_two_answers_the_study_says_which_is_kept(small, tmp_path):
    for keep, gone in (("first", "8"), ("last", "1"), ("most_complete", "8")):
        change(
            small / "study.yaml",
            "keep: " + ("most_complete" if keep == "first" else "first" if keep == "last" else "last"),
            f"keep: {keep}",
        )
        results = tmp_path / keep
        ingest(small, results)
        select(small, results)
        excluded = read_table(results / "clean/exclusions.csv")
        assert list(excluded.loc[excluded["rule"] == "duplicate", "record"]) == [gone]


def test_labels_and_questions_travel_with_the_clean_table(results):
    field = pq.read_schema(results / "clean/responses.parquet").field("days")
    assert field.metadata[b"question"] == b"After how many days?"
    assert field.metadata[b"unit"] == b"days"
    size = pq.read_table(results / "clean/responses.parquet", columns=["size"]).to_pandas()["size"]
    assert list(size.cat.categories) == ["small", "large"]
    assert size.cat.ordered


def test_skip_logic_without_the_domain_it_asks_about_is_refused_in_one_line(small, tmp_path, results):
    change(small / "codebook.csv", "drug == none", "size == large")
    process = clean(small, results, "care")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "no column 'size__missing'" in process.stderr
    assert clean(small, results, "care", results / "clean/domains/centre.parquet").returncode == 0


@pytest.fixture
def weighted(small):
    """The small study with a weight in the first domain, in a column that it did not use, and no rule or group."""
    change(
        small / "codebook.csv",
        "size,centre,ordinal",
        "w,centre,numeric,Weight,Weight,lastpage,,,,,,weight,\nsize,centre,ordinal",
    )
    change(small / "study.yaml", "groups: [size]", "groups: []")
    return small


def answers(*weights):
    drugs = ["Drug A", *["Drug B"] * (len(weights) - 1)]
    return [
        {**PLAIN, "centre": f"C0{place}", "drug": drug, "lastpage": weight}
        for place, (drug, weight) in enumerate(zip(drugs, weights, strict=True), 1)
    ]


def test_a_weighted_study_has_weighted_percents_and_needs_its_weights(weighted, tmp_path):
    write_export(weighted / "export.csv", answers("3", "1", "0"))
    results = run_all(weighted, tmp_path / "r")
    assert read_study(weighted).sample_domains() == ["centre"]
    assert match_frame(weighted, results, "centre").returncode == 0
    assert describe(weighted, results, "care", weighted=True).returncode == 0
    drug = read_table(results / "stats/care/frequencies.csv").set_index(["item", "option"]).loc[("drug", "a")]
    assert (drug["n"], drug["n_valid"], drug["weighted_percent"], drug["n_effective"]) == (1, 3, 75, 1.6)
    process = describe(weighted, results, "care")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "the study is weighted; give --sample" in process.stderr


@pytest.mark.parametrize("weight", ["", "-1", "heavy"])
def test_a_record_without_a_weight_is_named_and_nothing_is_written(weighted, tmp_path, weight):
    write_export(weighted / "export.csv", answers("3", weight, "1"))
    results = run_all(weighted, tmp_path / "r")
    process = match_frame(weighted, results, "centre")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "record 2: its weight (w) is missing or negative, as in 1 of 3 records" in process.stderr
    assert not (results / "clean/sample.parquet").exists()


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


RAKED = "weights: {method: rake, margins: [size], comparisons: unweighted}\nseed: 1"


def test_every_record_is_matched_with_the_frame_and_weighted_to_it(small, tmp_path):
    change(small / "study.yaml", "seed: 1", RAKED)
    for centre in ("C05", "C06", "C07"):
        change(small / "frame.csv", f"{centre},small", f"{centre},large")
    results = run_all(small, tmp_path / "r")
    assert match_frame(small, results).returncode == 0
    sample = rows(results / "clean/sample.csv")
    assert [row["record"] for row in sample] == [str(number) for number in range(1, len(RECORDS) + 1)]
    assert {row["record"]: row["excluded_by"] for row in sample if row["excluded_by"]} == EXCLUDED
    analysed = [row for row in sample if not row["excluded_by"]]
    # The frame's own size counts, not the answer: 4 of 4 small centres answered, and 3 of 8 large ones.
    assert [row["size"] for row in analysed] == ["small"] * 4 + ["large"] * 3
    assert [row["unit"] for row in analysed] == [str(number) for number in range(2, 9)]
    assert [float(row["weight"]) for row in analysed] == pytest.approx([1] * 4 + [8 / 3] * 3)
    assert {row["submitted"] for row in analysed} == {"2023-02-10"}
    assert [row["weight"] for row in sample if row["excluded_by"]] == [""] * len(EXCLUDED)


def test_a_level_of_the_frame_without_an_answer_cannot_be_weighted_to(small, tmp_path):
    change(small / "study.yaml", "seed: 1", RAKED)
    results = run_all(small, tmp_path / "r")
    process = match_frame(small, results)
    assert process.returncode == 2
    assert "no record of size 'large'; join its levels, or leave the margin out" in process.stderr


def test_response_rates_count_every_unit_of_the_frame_once(small, tmp_path):
    change(small / "study.yaml", "answered_below: 0.5", "answered_below: 0.5, disposition: partial")
    results = run_all(small, tmp_path / "r")
    assert match_frame(small, results).returncode == 0
    process = call(
        "assess_response", "--study", small, "--sample", results / "clean/sample.parquet", "--out", results / "stats"
    )
    assert process.returncode == 0, process.stderr
    counts = {row["code"]: int(row["n"]) for row in rows(results / "stats/dispositions.csv")}
    # C01 to C07 complete (C01 twice), C09 partial, C08 too late; C10 to C12 never answered; X99 is not invited.
    assert counts == {"I": 7, "P": 1, "R": 0, "O": 1, "NC": 3, "U": 0}
    rates = {row["rate"]: row for row in rows(results / "stats/response_rates.csv")}
    assert (rates["RR1"]["numerator"], rates["RR1"]["denominator"]) == ("7", "12")
    assert (rates["RR2"]["numerator"], rates["RR6"]["denominator"]) == ("8", "12")
    assert float(rates["completion"]["percent"]) == pytest.approx(100 * 7 / 8)
    found = {row["level"]: row for row in rows(results / "stats/representativeness.csv")}
    assert (found["small"]["frame_n"], found["small"]["respondents_n"]) == ("7", "7")
    assert (found["large"]["frame_n"], found["large"]["respondents_n"]) == ("5", "0")
    assert found["large"]["test"] == "fisher_exact"


def test_early_and_late_answers_are_compared_question_by_question(small, tmp_path):
    days = ["2023-02-02"] * 3 + ["2023-02-20"] * 4
    records = [{**PLAIN, "centre": f"C0{place}", "submitdate": day} for place, day in enumerate(days, 1)]
    for record in records[3:]:
        record["drug"] = "Drug B"
    write_export(small / "export.csv", records)
    results = run_all(small, tmp_path / "r")
    assert match_frame(small, results).returncode == 0
    domains = [results / f"clean/domains/{name}.parquet" for name in ("centre", "care")]
    process = call(
        "compare_waves", "--study", small, "--sample", results / "clean/sample.parquet", "--clean", *domains,
        "--out", results / "stats/early_late",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert "3 early and 4 late answers" in process.stdout
    drug = next(row for row in rows(results / "stats/early_late.csv") if row["item"] == "drug")
    assert (drug["test"], drug["n_used"]) == ("fisher_exact", "7")
    assert float(drug["p"]) == pytest.approx(1 / 35)
    same = next(row for row in rows(results / "stats/early_late.csv") if row["item"] == "days")
    assert same["reason_not_run"] == "all gave the same answer"


def test_comparisons_of_all_domains_are_put_together(small, tmp_path):
    results = run_all(small, tmp_path / "r")
    for domain in ("centre", "care"):
        assert describe(small, results, domain, "centre").returncode == 0
    process = call(
        "collect_comparisons", "--study", small, "--stats", results / "stats", "--out", results / "stats/comparisons"
    )
    assert process.returncode == 0, process.stderr
    found = rows(results / "stats/comparisons.csv")
    assert len(found) == len(rows(results / "stats/care/comparisons.csv")) > 5
    assert all(row["differs"] in ("yes", "no") if row["p"] else row["reason_not_run"] for row in found)
