"""The default survey as if it were published openly: no count of fewer than five can be told from all that is there."""

import json
import re
import shutil

import pytest
from attack import BLANK, REST, Attack, puzzle_of, rows, truth_of
from bs4 import BeautifulSoup
from project import STUDY, copy_project, snakemake

from survey.study import read_study

pytestmark = pytest.mark.slow

MINIMUM = 5
COUNTS = ("n", "n_valid", "n_asked", "n_not_asked", "n_used", "respondents_n", "numerator", "base")
KINDS = ("n", "not_asked", "dont_know", "not_applicable", "refused")
# What became of the records, and what other surveys printed, is no answer to a question of this one.
PROCESS = ("dispositions.csv", "response_rates.csv", "flow.csv")


def without_named_frame(folder):
    """The default study with its frame as a number alone, which withholds small counts without being told to."""
    shutil.copytree(STUDY, folder)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    for line in (
        r"id: ebmt-cart-2023", r"  file: resources/simulated/ebmt-cart-2023-frame.csv", r"  key: centre_id",
        r"  strata: .*", r"  - \{id: not_in_frame.*", r"weights: .*", r"map: country", r"    weights: .*",
        r"disclosure: .*",
    ):  # fmt: skip
        text, found = re.subn(rf"(?m)^{line}\n", "id: open\n" if line.startswith("id") else "", text)
        assert found == 1, line
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    qmd = (folder / "manuscript.qmd").read_text(encoding="utf-8")
    # What the text says of the frame cannot be said without one.
    qmd = re.sub(r"Of the centres with fewer\nthan ten.*?@tbl-frame\)\.", "", qmd, flags=re.DOTALL)
    qmd = re.sub(r'`\{python\} figure\("respondents".*?\)`\n', "", qmd)
    qmd = re.sub(r"```\{python\}\n#\| label: tbl-frame.*?```\n", "", qmd, flags=re.DOTALL)
    (folder / "manuscript.qmd").write_text(qmd, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    study = without_named_frame(folder / "study")
    clone = copy_project(folder / "clone")
    process = snakemake(clone, "--config", f"study={study}", "renderer=embedded")
    assert process.returncode == 0, process.stdout[-6000:]
    return read_study(study), clone / "results" / "open"


def is_small(text):
    return re.fullmatch(r"\d+(\.0)?", text) is not None and 0 < float(text) < MINIMUM


def test_a_study_without_a_named_frame_withholds_counts_below_five(published):
    study, results = published
    assert study.minimum_cell == MINIMUM
    assert rows(results / "stats/withheld.csv")


def test_no_small_count_can_be_told_from_all_tables_together(published):
    study, results = published
    attack, truth = Attack(puzzle_of(study, results)), truth_of(study, results)
    assert not [name for name, n in attack.known.items() if truth.get(name, n) != n]
    told = [name for name in attack.known if 0 < truth.get(name, 0) < MINIMUM and name[3] not in BLANK]
    assert not told
    small = [name for name, n in truth.items() if 0 < n < MINIMUM and name not in attack.known]
    small = [name for name in small if name[2] != REST and name[3] not in BLANK]
    assert len(small) > 1000
    assert not attack.below(small, MINIMUM)


def test_no_table_prints_a_small_count_or_a_percent_of_one(published):
    _, results = published
    for path in (*results.glob("stats/**/*.csv"), *results.glob("figures/*.csv"), results / "clean/appendix.csv"):
        if path.name in PROCESS:
            continue
        for row in rows(path):
            columns = KINDS if path.name == "appendix.csv" else COUNTS
            if not row.get("predicate", "").startswith(("agreed", "response_rate")):
                assert not [name for name in columns if is_small(row.get(name, ""))], (path, row)
            base = row.get("n_valid") or row.get("base") or row.get("denominator")
            if row.get("percent") and base and base.isdigit():
                n = float(row["percent"]) * int(base) / 100
                assert not 0.5 < n < MINIMUM - 0.5, (path, row)
            if path.parent.parent.name == "stats" and row.get("type") == "multiple" and row["n"]:
                assert not 0 < int(row["n_valid"]) - int(row["n"]) < MINIMUM, (path, row)


def test_no_text_and_no_picture_prints_a_small_count(published):
    _, results = published
    page = BeautifulSoup((results / "manuscript/manuscript.html").read_text(encoding="utf-8"), "html.parser")
    texts = {"manuscript": re.sub(r"\s+", " ", page.get_text(" "))}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in results.glob("figures/*.alt.txt")}
    for path in results.glob("figures/*.svg"):
        texts[path.name] = BeautifulSoup(path.read_text(encoding="utf-8"), "xml").get_text(" ")
    for name, text in texts.items():
        assert "nan" not in re.findall(r"\w+", text), name
        if not name.startswith("published"):
            assert not re.findall(r"(?<![\d/.,])[1-4]/\d{1,3}(?![\d/.,])(?= ?\(|, \d+%)", text), name
    values = json.loads((results / "manuscript/values.json").read_text(encoding="utf-8"))
    for key, value in values.items():
        is_count = value["file"].startswith("stats/") and value["column"] in COUNTS
        if is_count and value["file"].rpartition("/")[2] not in PROCESS and not key.startswith("claims."):
            assert value["value"] is None or not 0 < value["value"] < MINIMUM, key


def test_the_paper_says_what_is_withheld_and_still_has_results(published):
    study, results = published
    page = (results / "manuscript/manuscript.html").read_text(encoding="utf-8")
    assert "Counts below 5, and others from which they would follow, are withheld." in page
    frequencies = [row for domain in study.domain_ids for row in rows(results / f"stats/{domain}/frequencies.csv")]
    assert sum(row["n"] != "" for row in frequencies) > 0.6 * len(frequencies)
    agreement = rows(results / "stats/agreement.csv")
    assert sum(row["top_percent"] != "" for row in agreement) > 0.7 * len(agreement)
    verdicts = {row["verdict"] for row in rows(results / "stats/claims.csv")}
    assert {"holds", "not testable"} <= verdicts
