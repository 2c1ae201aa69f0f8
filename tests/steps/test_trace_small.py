"""Numbers of a small survey followed to its cells: several ticks together, groups, ranks, weights, and odd texts."""

import csv
import json
import shutil

import pytest
from exported import write_workbook
from project import call
from small import PLAIN, change, write_export, write_study
from steps.test_ingest_to_clean import describe, match_frame, run_all

from survey.left_out import released_table
from survey.study import Study, read_study

CLAIMS = {
    "any": ("percent_any(tests, blood, mri) == 100", "tests[blood] ticked or tests[mri] ticked", 10, 10),
    "all": ("percent_all(tests, blood, mri) == 90", "tests[blood] ticked and tests[mri] ticked", 9, 10),
    "group": ("percent(drug, a | size == small) > 50", "drug = a at size = small", 5, 7),
    "asked": ("percent(drug, a) == 50", "drug = a", 5, 10),
    "several": ("percent(drug, a, b) > percent(drug, none)", "drug = a or b", 7, 9),
}


@pytest.fixture(scope="module")
def traced(surveyed, tmp_path_factory):
    """Study and results with claims."""
    study, out = surveyed
    folder = tmp_path_factory.mktemp("traced")
    shutil.copytree(study, folder / "study")
    shutil.copytree(out, folder / "results")
    lines = []
    for name, (predicate, *_) in CLAIMS.items():
        base = ["  base: asked"] if name == "asked" else []
        lines += [f"- id: {name}", "  statement: said", f"  predicate: {predicate}", *base]
    (folder / "study/claims.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    results = folder / "results"
    process = call(
        "check_claims", "--study", folder / "study", "--stats", results / "stats", "--clean", results / "clean/domains",
        "--sample", results / "clean/sample.parquet", "--out", results / "stats/claims",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return folder / "study", results


def chain(traced, key, code=0):
    study, results = traced
    process = call("trace", results, key, "--study", study, "--json")
    assert process.returncode == code, process.stdout[-3000:] + process.stderr
    return json.loads(process.stdout)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_followed_to_those_it_counts(traced, name):
    _, words, n, base = CLAIMS[name]
    found = chain(traced, f"claim:{name}")
    assert words in found["terms"][0]["words"]
    assert (found["terms"][0]["counted"], found["terms"][0]["base"]) == (n, base)
    assert "figure and verdict follow from what the claim counts" in [check["what"] for check in found["checks"]]
    assert len(found["terms"]) == (2 if name == "several" else 1)


def test_a_rank_is_followed_to_the_cells_of_its_item(traced):
    rows = (traced[1] / "stats/care/frequencies.csv").read_text().splitlines()
    number = next(at for at, row in enumerate(rows, start=1) if ",order," in row and ",cost," in row)
    (term,) = chain(traced, f"stats/care/frequencies.csv:{number}:n")["terms"]
    assert term["words"] == "records with order[cost] ranked first"
    assert {cell["column"] for cell in term["records"][0]["raw"]} == {"order[1]", "order[2]", "order[3]"}


def test_a_weighted_percent_is_summed_again(traced):
    found = chain(traced, "stats/care/frequencies.csv:2:weighted_percent")
    assert found["terms"][0]["how"].startswith("weights summed: 100 x")
    assert "weighted_percent" in " ".join(check["what"] for check in found["checks"] if check["holds"])


def test_a_number_of_another_level_is_a_mismatch(traced, tmp_path):
    study, results = traced
    shutil.copytree(results, tmp_path / "results")
    path = tmp_path / "results/stats/care/groups.csv"
    change(path, "care,drug,size,small,a,5,7", "care,drug,size,small,a,6,7")
    found = chain((study, tmp_path / "results"), "stats/care/groups.csv:2:n", code=1)
    (wrong,) = [check for check in found["checks"] if not check["holds"]]
    assert wrong["failure"] == "the cell holds 6, counted again 5"


def test_odd_texts_are_shown_as_they_are_from_a_folder_of_any_name(tmp_path):
    label = '<b>A [very], "odd" Größe</b>'
    study, results = write_study(tmp_path / "a study, äöü"), tmp_path / "results, äöü"
    quoted = label.replace('"', '""')
    change(study / "options.csv", "drug,b,Drug B", f'drug,b,"{quoted}"')
    records = [{**PLAIN, "centre": f"C{place:02}"} for place in range(1, 5)]
    records[0]["drug"] = f" {label.upper()} "
    write_export(study / "export.csv", records)
    run_all(study, results)
    assert match_frame(study, results).returncode == 0
    assert describe(study, results, "care", "centre").returncode == 0
    process = call("trace", results, "stats/care/frequencies.csv:3:n", "--study", study)
    text = " ".join(process.stdout.split())
    assert process.returncode == 0, text
    assert f"Which drug comes first? {label}" in text
    assert f'drug: " {label.upper()} "' in text
    assert f'" {label.upper()} " became b by' in text


def test_no_folder_and_no_study_are_named(tmp_path):
    process = call("trace", tmp_path / "absent", "boost.yes.n")
    assert process.returncode == 2
    assert "no such folder" in process.stderr
    process = call("trace", tmp_path, "boost.yes.n")
    assert process.returncode == 2
    assert "give --study FOLDER" in process.stderr


LEFT_OUT = (
    "clean/ledger.csv",
    "clean/responses.parquet",
    "clean/sample.csv",
    "clean/sample.parquet",
    "ingest/responses.parquet",
)


@pytest.fixture
def archived(traced, tmp_path):
    """The study, and its results as a review archive has them: without the cells and units of respondents."""
    study, own = tmp_path / "study", tmp_path / "small"
    shutil.copytree(traced[0], study)
    (study / "export.csv").unlink()
    shutil.copytree(traced[1], own)
    table = released_table(read_study(study), own / "clean/responses.parquet")
    with (own / "clean/released.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    leave_out(own, LEFT_OUT)
    return study, own


def leave_out(results, files):
    for file in files:
        (results / file).unlink()
    rows = [f"results/small/{file},results,records,of single records" for file in files]
    (results / "left_out.csv").write_text("\n".join(["file,what,kind,reason", *rows]) + "\n", encoding="utf-8")


def test_what_an_archive_leaves_out_is_not_checked_and_no_mismatch(archived):
    values = {"file": "stats/response_rates.csv", "row": 2, "column": "percent", "n": None, "unit": "%"}
    with (archived[1] / "stats/response_rates.csv").open(encoding="utf-8", newline="") as file:
        rate = float(next(csv.DictReader(file))["percent"])
    ledger = values | {"file": "clean/ledger.csv", "row": 0, "column": "", "value": 7, "display": "7"}
    folder = archived[1] / "manuscript"
    folder.mkdir()
    entries = {"response.RR1.percent": values | {"value": rate, "display": f"{rate:.0f}%"}, "cleaning.cells": ledger}
    (folder / "values.json").write_text(json.dumps(entries), encoding="utf-8")
    for key, file in {
        "response.RR1.percent": "clean/sample.csv",
        "stats/response_rates.csv:2:percent": "clean/sample.csv",
        "cleaning.cells": "clean/ledger.csv",
        "clean/sample.csv:2": "clean/sample.csv",
    }.items():
        found = chain(archived, key)
        assert f"not checked: what the number is made from: {file} is left out of this archive" in found["withheld"]
    found = chain(archived, "response.RR1.percent")
    assert "the value is that of stats/response_rates.csv row 2 column percent" in [
        check["what"] for check in found["checks"]
    ]
    entries["response.RR1.percent"]["value"] = rate + 1
    (folder / "values.json").write_text(json.dumps(entries), encoding="utf-8")
    chain(archived, "response.RR1.percent", code=1)


def test_a_file_that_is_gone_and_not_listed_is_still_an_error(archived):
    (archived[1] / "left_out.csv").write_text("file,what,kind,reason\n", encoding="utf-8")
    process = call("trace", archived[1], "stats/response_rates.csv:2:percent", "--study", archived[0])
    assert process.returncode == 2
    assert "clean/sample.csv: not found" in process.stderr


@pytest.mark.parametrize("name", CLAIMS)
def test_an_archive_counts_its_records_from_the_released_table(traced, archived, name):
    whole, found = (chain(one, f"claim:{name}") for one in (traced, archived))
    for own, other in zip(whole["terms"], found["terms"], strict=True):
        assert [own[part] for part in ("counted", "base", "classes")] == [
            other[part] for part in ("counted", "base", "classes")
        ]
        assert [one["clean"] for one in own["records"]] == [one["clean"] for one in other["records"]]
        assert not any(one["raw"] for one in other["records"])
    assert "figure and verdict follow from what the claim counts" in [check["what"] for check in found["checks"]]
    said = " ".join(found["withheld"])
    assert "records are counted from clean/released.csv" in said
    assert "the export export.csv is not at hand: its checksum is not checked" in said
    assert not [one for one in found["withheld"] if one.startswith(("clean/", "ingest/")) and "not there" in one]


def test_a_count_of_an_archive_that_is_wrong_is_a_mismatch(archived):
    change(archived[1] / "stats/care/groups.csv", "care,drug,size,small,a,5,7", "care,drug,size,small,a,6,7")
    found = chain(archived, "stats/care/groups.csv:2:n", code=1)
    assert [check["failure"] for check in found["checks"] if not check["holds"]] == [
        "the cell holds 6, counted again 5"
    ]


def test_weights_that_an_archive_leaves_out_are_not_checked(archived):
    said = chain(archived, "stats/care/frequencies.csv:2:weighted_percent")["withheld"]
    assert "not checked: the weights that are summed are not at hand" in said


def test_without_the_exclusions_an_archive_counts_the_analysed_alone(archived):
    leave_out(archived[1], ["clean/exclusions.csv"])
    rows = (archived[1] / "left_out.csv").read_text(encoding="utf-8")
    more = [f"results/small/{file},results,records,of single records" for file in LEFT_OUT]
    (archived[1] / "left_out.csv").write_text(rows + "\n".join(more) + "\n", encoding="utf-8")
    found = chain(archived, "claim:asked")
    assert found["terms"][0]["counted"] == 5
    assert "clean/exclusions.csv is left out of this archive: records excluded are not counted" in found["withheld"]


def test_an_archive_takes_the_excluded_records_from_the_exclusions(archived):
    with (archived[1] / "clean/exclusions.csv").open("a", encoding="utf-8") as file:
        file.write("99,100,incomplete,left early\n")
    classes = chain(archived, "claim:asked")["terms"][0]["classes"]
    assert {"class": "excluded: incomplete", "n": 1, "records": ["99"]} in classes


def as_workbook(lines, path):
    write_workbook(path, ("Answers", lines))


def as_parquet(lines, path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({name: list(cells) for name, *cells in zip(*lines, strict=True)}), path)


@pytest.mark.parametrize(("form", "write"), [("xlsx", as_workbook), ("parquet", as_parquet)])
def test_the_cells_of_any_format_are_read_again(traced, tmp_path, form, write):
    study, results = (shutil.copytree(path, tmp_path / path.name) for path in traced)
    with (study / "export.csv").open(encoding="utf-8", newline="") as file:
        write(list(csv.reader(file)), study / f"export.{form}")
    change(study / "study.yaml", "file: export.csv", f"file: export.{form}")
    ingested = results / "ingest"
    process = call(
        "ingest", "--study", study, "--export", study / f"export.{form}", "--out", ingested / "responses.parquet",
        "--columns", ingested / "columns.csv", "--summary", ingested / "ingest.json",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    found = chain((study, results), "stats/care/frequencies.csv:2:n")
    told = [check["what"] for check in found["checks"] if check["holds"]]
    assert any(what.endswith(f"raw cells are those of export.{form}, read again") for what in told), told


def test_a_claim_that_is_withheld_is_not_counted_again(traced, tmp_path, monkeypatch):
    study, results = traced
    shutil.copytree(results, tmp_path / "results")
    path = tmp_path / "results/stats/claims.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *lines = csv.reader(file)
    gone = ("computed", "found", "numerator", "denominator", "ci_low", "ci_high")
    number = next(at for at, line in enumerate(lines, start=2) if line[0] == "group")
    row = dict(zip(head, lines[number - 2], strict=True)) | dict.fromkeys(gone, "") | {"verdict": "not testable"}
    lines[number - 2] = list(row.values())
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [[*head, "withheld"], *([*line, " ".join(gone) if line[0] == "group" else ""] for line in lines)]
        )
    monkeypatch.setattr(Study, "minimum_cell", 10)
    found = chain((study, tmp_path / "results"), "claim:group")
    assert "figure and verdict follow from what the claim counts" not in [check["what"] for check in found["checks"]]
