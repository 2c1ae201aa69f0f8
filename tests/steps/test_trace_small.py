"""Numbers of a small survey followed to its cells: several ticks together, groups, ranks, weights, and odd texts."""

import json
import shutil

import pytest
from project import call
from small import PLAIN, change, write_export, write_study
from steps.test_ingest_to_clean import describe, match_frame, run_all

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
