"""A drafted study runs from the export to the paper with no correction."""

import csv

import pytest
from project import call, copy_project, snakemake

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of a draft from a table with groups, weights, several answers in a cell, and awkward texts."""
    folder = tmp_path_factory.mktemp("draft")
    head = ["Country", "Beds", "Uses <it>?", "Drugs, if any", "weight", "Grade [day]", "Grade [night]", "Any comments?"]
    rows = [
        [
            ["Austria", "Côte d'Ivoire", 'The "rest", all of it'][row % 3],
            str(20 + 7 * row % 50),
            ["Yes", "No", "Don't know"][row % 5 % 3],
            ["Drug A; 0.9%|Drug B", "Drug A; 0.9%", "Drug B|Drug *C*", ""][row % 4],
            f"{0.5 + row % 9 / 8:.3f}",
            str(row % 5 + 1),
            str(row * 3 % 5 + 1),
            f"Nothing to add, number {row}",
        ]
        for row in range(60)
    ]
    export = folder / "my export [1].csv"
    with export.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    done = call("draft_study", export, "--out", folder / "my studies" / "draft")
    assert done.returncode == 0, done.stderr
    clone = copy_project(folder / "clone")
    process = snakemake(clone, "--config", f"study={folder / 'my studies' / 'draft'}", "renderer=embedded")
    assert process.returncode == 0, process.stdout[-3000:]
    return clone / "results" / "my-export-1"


def test_the_paper_has_every_part_of_a_draft(results):
    page = (results / "manuscript" / "manuscript.html").read_text(encoding="utf-8")
    assert "This is a draft made from the export alone." in page
    for text in (
        "My export",
        "Uses &lt;it&gt;?",
        "Drug *C*",
        "Côte d",
        "Name the authors",
        "Differences between groups",
    ):
        assert text in page, text
    assert {path.suffix for path in (results / "manuscript").glob("manuscript.*")} == {".html", ".docx", ".pdf"}
    assert "Nothing to add" not in page


def test_groups_weights_and_joined_answers_of_a_draft_are_computed(results):
    def rows(name):
        with (results / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    frequencies = [row for path in sorted(results.glob("stats/*/frequencies.csv")) for row in rows(path)]
    drugs = {row["option_label"]: int(row["n"]) for row in frequencies if row["question"] == "Drugs, if any"}
    assert drugs == {"Drug A; 0.9%": 30, "Drug B": 30, "Drug *C*": 15}
    assert all(row["weighted_percent"] for row in frequencies if row["percent"])
    assert {row["group"] for path in results.glob("stats/*/groups.csv") for row in rows(path)} == {"country"}
