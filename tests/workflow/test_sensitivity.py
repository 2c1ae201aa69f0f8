"""The default study's conclusions in every universe, by Snakemake: beside the paper, which stays as it was."""

import json

import pytest
from project import snakemake
from steps.test_ingest_to_clean import rows

from survey.verification import file_names

pytestmark = pytest.mark.slow
RESULTS = "results/ebmt-cart-2023"


@pytest.fixture(scope="module")
def results(paper):
    process = snakemake(paper, "sensitivity")
    assert process.returncode == 0, process.stdout[-3000:]
    return paper / RESULTS


def test_the_first_of_many_universes_has_the_verdicts_of_the_paper(results):
    table, claims = rows(results / "stats/sensitivity.csv"), rows(results / "stats/claims.csv")
    numbers = {int(row["universe"]) for row in table}
    assert numbers == set(range(1, len(numbers) + 1))
    assert len(numbers) >= 96
    first = [row for row in table if row["universe"] == "1"]
    names = ("computed", "found", "ci_low", "ci_high", "verdict")
    assert [[row[name] for name in names] for row in first if row["kind"] == "claim"] == [
        [row[name] for name in names] for row in claims
    ]
    assert len(table) == len(numbers) * len(first)
    assert all(row["holds"] == "yes" for row in first if row["kind"] == "area")


def test_the_paper_and_its_manifest_stay_as_they_were(paper, results):
    process = snakemake(paper, "-n")
    assert "Nothing to be done" in process.stdout
    manifest = json.loads((results / "audit/manifest.json").read_text(encoding="utf-8"))
    assert file_names(results) - {"audit/manifest.json"} == {entry["file"] for entry in manifest["files"]}
    assert not (results / "sensitivity").exists() or not list((results / "sensitivity").iterdir())
