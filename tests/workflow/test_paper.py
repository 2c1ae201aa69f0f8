"""What the default study's run leaves behind, and what a second run does."""

import csv
import hashlib
import json
import os
import re
import shutil
import socket
import zipfile
from getpass import getuser

import pypdf
import pytest
from project import ROOT, SIMULATED, STUDY, copy_project, snakemake
from replay import assert_replays

from survey.calibration import Population, coverage
from survey.checklists import CHECKLISTS, KEY
from survey.coding import Table
from survey.study import read_study

LEFT_OUT = ("logs", "benchmarks")
FIGURES = ("svg", "pdf", "png", "csv", "alt.txt")


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def results(paper):
    return paper / "results" / "ebmt-cart-2023"


@pytest.fixture(scope="module")
def own(paper, tmp_path_factory):
    """The same in a folder of this module's own, whose files may be changed for a moment: others look at the first."""
    return shutil.copytree(paper, tmp_path_factory.mktemp("own") / "clone", symlinks=True)


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY)


def files(results):
    return {
        path.relative_to(results).as_posix(): path
        for path in sorted(results.rglob("*"))
        if path.is_file() and path.relative_to(results).parts[0] not in LEFT_OUT
    }


def jobs(process):
    """Rules that a dry run would run, with their number."""
    table = process.stdout.split("Job stats:")[1].split("\n\n")[0] if "Job stats:" in process.stdout else ""
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE) if name != "total"}


def test_every_file_of_the_contract_is_there_and_not_empty(results, study):
    expected = ["ingest/responses.parquet", "ingest/columns.csv", "ingest/ingest.json"]
    expected += [f"clean/{name}.csv" for name in ("ledger", "exclusions", "flow", "validation", "appendix")]
    expected += ["clean/responses.parquet", "audit/manifest.json", "manuscript/values.json"]
    expected += [f"manuscript/manuscript.{form}" for form in ("html", "docx", "pdf")]
    expected += ["audit/cherries.csv", "audit/cross.csv"]
    whole = ["agreement", "claims", "comparisons", "comparators", "dispositions", "early_late", "representativeness"]
    whole += ["response_rates"]
    expected += [f"stats/{name}.{form}" for name in whole for form in ("csv", "parquet")]
    expected += [f"clean/sample.{form}" for form in ("csv", "parquet")]
    for domain in study.domain_ids:
        tables = ("frequencies", "numeric", "groups", "agreement", "comparisons")
        expected += [f"stats/{domain}/{table}.{form}" for table in tables for form in ("csv", "parquet")]
    expected += [f"figures/{name}.{form}" for name in study.figure_names for form in FIGURES]
    found = files(results)
    assert [name for name in expected if name not in found or found[name].stat().st_size == 0] == []


def test_a_second_run_has_nothing_to_do(paper):
    assert "Nothing to be done" in snakemake(paper, "-n").stdout


def test_files_touched_but_not_changed_rerun_nothing(own):
    for path in (*(own / "config").rglob("*"), *(own / "resources").rglob("*"), *(own / "scripts").rglob("*.py")):
        if path.is_file():
            os.utime(path)
    assert "Nothing to be done" in snakemake(own, "-n").stdout


def test_a_changed_codebook_row_reruns_its_domain_alone(own):
    path = own / "config/studies/ebmt-cart-2023/codebook.csv"
    before = path.read_text(encoding="utf-8")
    assert "CRS grading scale" in before
    try:
        path.write_text(before.replace("CRS grading scale", "Scale for the grading of CRS"), encoding="utf-8")
        process = snakemake(own, "-n")
    finally:
        path.write_text(before, encoding="utf-8")
    # icans asks about crs answers in its skip logic, so it follows
    per_domain = ("clean_domain", "describe", "draw_domain")
    one_domain = {rule: count for rule, count in jobs(process).items() if rule in per_domain}
    assert one_domain == {"clean_domain": 2, "describe": 2, "draw_domain": 2}
    assert not {"ingest", "select_records", "draw_flow"} & set(jobs(process))
    assert "params have changed" in process.stdout


@pytest.mark.parametrize(
    ("module", "reruns", "spares"),
    [
        ("numbers", {"select_records", "clean_domain", "describe"}, {"ingest"}),
        ("proportions", {"describe", "draw_domain"}, {"ingest", "select_records", "clean_domain", "collect_clean"}),
        ("figures_flow", {"draw_flow", "render_manuscript"}, {"ingest", "clean_domain", "describe", "draw_domain"}),
        ("export", {"ingest", "select_records", "clean_domain", "describe"}, set()),
    ],
)
def test_a_changed_helper_reruns_the_steps_that_use_it_and_no_other(own, module, reruns, spares):
    path = own / "scripts/survey" / f"{module}.py"
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(before + "\nCHANGED = True\n", encoding="utf-8")
        found = set(jobs(snakemake(own, "-n")))
    finally:
        path.write_text(before, encoding="utf-8")
    assert reruns <= found
    assert not spares & found


def test_a_deleted_or_edited_result_is_made_again(own):
    path = own / "results/ebmt-cart-2023/stats/crs/frequencies.parquet"
    before = path.read_bytes()
    try:
        path.write_bytes(b"edited")
        assert {"draw_domain", "collect_values"} <= set(jobs(snakemake(own, "-n")))
        path.unlink()
        assert "describe" in jobs(snakemake(own, "-n"))
    finally:
        path.write_bytes(before)
        snakemake(own, "--touch")


def test_run_again_from_scratch_elsewhere_gives_the_same_bytes(paper, results, tmp_path, monkeypatch):
    elsewhere = {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "77", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"}
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    clone = copy_project(tmp_path / "another place")
    process = snakemake(clone)
    assert process.returncode == 0, process.stdout[-6000:]
    first, second = files(results), files(clone / "results" / "ebmt-cart-2023")
    assert list(first) == list(second)
    assert [name for name in first if first[name].read_bytes() != second[name].read_bytes()] == []
    shutil.rmtree(clone)


def test_replaying_the_ledger_gives_the_clean_table(results, study):
    assert_replays(results, study)


def test_exactly_the_records_that_the_simulation_spoiled_are_excluded_and_for_its_reasons(results):
    truth = {row["record"]: row["exclusion"] for row in rows(SIMULATED / "ebmt-cart-2023-truth.csv")}
    excluded = {row["record"]: row["rule"] for row in rows(results / "clean/exclusions.csv")}
    assert {record: rule for record, rule in truth.items() if rule} == excluded
    assert len(truth) - len(excluded) == 106


def test_no_record_and_no_respondent_of_any_item_is_lost(results, study):
    flow = {row["step"]: int(row["n"]) for row in rows(results / "clean/flow.csv")}
    assert flow["records"] == len(rows(SIMULATED / "ebmt-cart-2023.csv"))
    assert flow["analysed"] + len(rows(results / "clean/exclusions.csv")) == flow["records"]
    for domain in study.domain_ids:
        for row in rows(results / f"stats/{domain}/frequencies.csv"):
            assert int(row["n_asked"]) == int(row["n_valid"]) + int(row["n_missing"]), row
            assert int(row["n_asked"]) + int(row["n_not_asked"]) == flow["analysed"], row


def test_the_intervals_cover_the_true_shares_of_the_227_centres_about_as_often_as_they_say(results, study):
    true = {
        (row["item"], row["option"]): 100 * float(row["value"])
        for row in rows(SIMULATED / "ebmt-cart-2023-true-shares.csv")
        if not row["group"] and row["quantity"] == "share"
    }
    covered = [
        float(row["ci_low"]) - 0.5 <= true[row["item"], row["option"]] <= float(row["ci_high"]) + 0.5
        for domain in study.domain_ids
        for row in rows(results / f"stats/{domain}/frequencies.csv")
        if row["ci_low"] and (row["item"], row["option"]) in true
    ]
    assert len(covered) > 200
    assert sum(covered) / len(covered) > 0.85


@pytest.mark.parametrize("n", [25, 106, 200])
def test_the_studys_interval_covers_94_to_97_percent_of_the_time_on_average(results, study, n):
    items = [item for item in study.items if item.is_reported]
    tables = [Table(results / f"clean/domains/{domain}.parquet", [], items) for domain in study.domain_ids]
    coded = {item: list(table.columns(item)) for table in tables for item in table.items}
    population = Population(coded, study.frame["invited"], 1)
    found = [
        row["covered"] / row["surveys"]
        for row in coverage(population, 100, n, study.inference["target"], 1)
        if (row["quantity"], row["method"]) == ("share", study.inference["method"])
    ]
    assert len(found) > 200
    assert 0.94 < sum(found) / len(found) < 0.97


def test_every_value_of_the_manuscript_is_the_cell_that_it_names(results):
    values = json.loads((results / "manuscript/values.json").read_text(encoding="utf-8"))
    tables = {}
    checked = 0
    for key, entry in values.items():
        if not entry["row"]:
            continue
        table = tables.setdefault(entry["file"], rows(results / entry["file"]))
        cells = [table[entry["row"] - 2][column] for column in entry["column"].split(",")]
        value = entry["value"] if isinstance(entry["value"], list) else [entry["value"]]
        if key in ("flow.response_rate", "flow.excluded") or key.endswith(".n_asked"):
            continue
        for cell, part in zip(cells, value, strict=False):
            if part is None:
                assert cell in ("", "nan", "inf"), (key, cell)
            elif isinstance(part, int | float):
                assert float(cell) == pytest.approx(part, rel=1e-9), (key, cell)
            else:
                assert cell == part, (key, cell)
        checked += 1
    assert checked > 3000


def test_the_checklists_are_filled_from_the_results_and_only_what_is_not_stated_is_missing(results):
    values = json.loads((results / "manuscript/values.json").read_text(encoding="utf-8"))
    answers = {}
    for name in CHECKLISTS:
        sheet, filled = rows(ROOT / f"resources/checklists/{name}.csv"), rows(results / f"audit/{name}.csv")
        assert [row["item"] for row in filled] == [row["item"] for row in sheet]
        asked = {key for row in sheet for key in KEY.findall(row["from"])}
        assert asked - set(values) == ({"section"} if name == "cross" else set())
        for row in filled:
            assert (row["status"] == "missing") == ("Not stated in study.yaml: " in row["answer"]), row
            answers[name, row["item"]] = row["answer"]
    assert answers["cross", "11c"].startswith("RR1 is 47% (106/227)")
    assert answers["cherries", "Time/Date"] == "23 February 2023 to 27 April 2023, both days included."
    assert answers["cherries", "Informed consent"] == "Not stated in study.yaml: reporting.consent."


def test_every_page_and_figure_says_that_the_data_are_simulated(results, study):
    assert (results / "manuscript/manuscript.html").read_text(encoding="utf-8").lower().count("simulated data") >= 2
    pages = pypdf.PdfReader(results / "manuscript/manuscript.pdf").pages
    assert len(pages) > 10
    assert [number for number, page in enumerate(pages, 1) if "simulated data" not in page.extract_text().lower()] == []
    with zipfile.ZipFile(results / "manuscript/manuscript.docx") as docx:
        headers = [docx.read(name).decode().lower() for name in docx.namelist() if "word/header" in name]
    assert headers
    assert all("simulated data" in header for header in headers)
    for name in study.figure_names:
        assert "Simulated data" in (results / f"figures/{name}.alt.txt").read_text(encoding="utf-8")
        figure = pypdf.PdfReader(results / f"figures/{name}.pdf").pages[0].extract_text()
        assert "Simulated data" in figure, name


def test_names_and_comments_stop_at_the_clean_table(results, study):
    private = [item for item in study.items if item.role in ("identifier", "free_text")]
    columns = {row["item"]: row["column"] for row in rows(results / "ingest/columns.csv")}
    raw = rows(SIMULATED / "ebmt-cart-2023.csv")
    headers = {row["column"]: row["header_1"] for row in rows(results / "ingest/columns.csv")}
    secrets = {line[headers[columns[item.name]]].strip() for item in private for line in raw}
    # A rule names the texts that mark a test record, and study.yaml lies in the results as it was written.
    marks = {text for rule in study.selection for text in rule.get("matches", ())}
    secrets = {secret for secret in secrets if len(secret) > 6} - marks
    assert len(secrets) > 100
    for name, path in files(results).items():
        if name.startswith(("ingest/", "clean/")):
            continue
        content = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], name


def test_no_result_names_the_machine_the_user_or_a_place_on_the_disk(paper, results):
    machine = socket.gethostname()
    words = [str(paper), machine if len(machine) > 4 else "/home/", os.path.expanduser("~") + "/"]
    words += [getuser()] if len(getuser()) > 5 else []
    for name, path in files(results).items():
        content = path.read_bytes()
        assert [word for word in words if word.encode() in content] == [], name


def test_the_manifest_lists_every_file_with_its_rule_and_checksum(results):
    manifest = json.loads((results / "audit/manifest.json").read_text(encoding="utf-8"))
    listed = {entry["file"]: entry for entry in manifest["files"]}
    assert set(listed) == set(files(results)) - {"audit/manifest.json"}
    for name, entry in listed.items():
        assert entry["sha256"] == hashlib.sha256((results / name).read_bytes()).hexdigest(), name
        assert entry["rule"]
    assert listed["clean/responses.parquet"]["rows"] == 106
    assert manifest["renderer"]["renderer"] in ("embedded", "quarto")
    export = hashlib.sha256((SIMULATED / "ebmt-cart-2023.csv").read_bytes()).hexdigest()
    assert manifest["export"]["sha256"] == export


def test_the_paper_prints_the_numbers_of_the_tables(results):
    text = (results / "manuscript/manuscript.html").read_text(encoding="utf-8")
    prose = re.sub(r"<(style|script|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", prose))
    frequencies = rows(results / "stats/cytopenia/frequencies.csv")
    boost = next(row for row in frequencies if (row["item"], row["option"]) == ("boost", "yes"))
    assert f"{boost['n']}/{boost['n_valid']}" in plain
    assert "106" in plain
    assert "??" not in plain
    assert "{python}" not in plain


def test_every_log_says_what_its_step_did(results):
    logs = sorted((results / "logs").rglob("*.log"))
    assert len(logs) >= 40
    assert [log.name for log in logs if log.stat().st_size == 0] == []


def test_the_figure_in_the_readme_is_the_one_that_is_drawn(results):
    shown = ROOT / "resources/readme/cytopenia.svg"
    drawn = results / "figures/cytopenia.svg"
    assert shown.read_bytes() == drawn.read_bytes(), f"copy figures/{drawn.name} to resources/readme/"


def test_a_browsable_report_has_figures_tables_and_captions(paper, tmp_path):
    process = snakemake(paper, "--report", str(tmp_path / "report.zip"))
    assert process.returncode == 0, process.stdout
    with zipfile.ZipFile(tmp_path / "report.zip") as report:
        content = "".join(
            report.read(name).decode(errors="replace") for name in report.namelist() if name.endswith((".html", ".js"))
        )
    for words in ("Cleaning", "Estimates and tests", "Figures", "Manuscript", "Audit"):
        assert words in content, words
    assert "Every cell whose meaning changed" in content
    assert "System Message" not in content
