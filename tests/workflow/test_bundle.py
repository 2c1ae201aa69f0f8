"""The review archive, as a reviewer gets it: built twice, unpacked elsewhere, searched for what must not be in it."""

import csv
import getpass
import html
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from hashlib import sha256
from urllib.parse import unquote

import pyarrow.parquet as pq
import pypdf
import pytest
import yaml
from project import EXAMPLE, copy_project, snakemake, step
from small import change

from survey.crate import PROFILES
from survey.left_out import left_out_of_results
from survey.records import read_records
from survey.study import read_study

pytestmark = pytest.mark.slow

ID = EXAMPLE.name
NOTHING = "Nothing to be done"
# What nobody but a respondent could have written, put into the export of the example.
CANARIES = {
    "name": "Kanarienvogel-4711",
    "free": "Zaunkönig 0815 & Söhne, heute",
    "other": "Rotkehlchen, 2. Wahl",
}


def build(clone, out, *asked):
    process = step("make_bundle", f"results/{ID}", "--out", out, *asked, folder=clone)
    assert process.returncode == 0, process.stderr
    return out


def unpack(archive, folder):
    """As unpacked at another place and time: all files are new, in no order."""
    folder.mkdir(parents=True)
    if archive.suffix == ".zip":
        zipfile.ZipFile(archive).extractall(folder)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    [root] = folder.iterdir()
    now = time.time()
    for number, path in enumerate(sorted(root.rglob("*"), key=lambda path: path.name)):
        os.utime(path, (now - number % 977, now - number % 977))
    return root


def members(archive):
    with tarfile.open(archive) as tar:
        return {entry.name.partition("/")[2]: tar.extractfile(entry).read() for entry in tar if entry.isfile()}


def words(name, content):
    """All that can be read in a file: its bytes as text, and what is packed in them."""
    text = name + "\n" + html.unescape(content.decode("utf-8", errors="replace"))
    if name.endswith(".parquet"):
        table = pq.read_table(io.BytesIO(content))
        text += "\n".join(str(value) for column in table.columns for value in column.to_pylist())
    elif name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(content)) as docx:
            text += "\n".join(docx.read(part).decode("utf-8", errors="replace") for part in docx.namelist())
    elif name.endswith(".pdf"):
        text += "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    elif name.endswith(".json") and "\\u" in text:
        text += json.dumps(json.loads(content), ensure_ascii=False)
    return text


def plant_canaries(study):
    """An identifier that is a name, a free text and the text of `other`, in the example's export."""
    with (study / "codebook.csv").open("a", encoding="utf-8") as file:
        file.write("nurse,ward,text,Who answers?,Nurse,Who answers?,,,,,,identifier,\n")
        file.write("remark,catheter,text,Any remark?,Remark,Any remark?,,,,,,free_text,\n")
    with (study / "export.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    other = rows[1].index("Other (please specify)")
    rows[0] += ["Who answers?", "Any remark?"]
    rows[1] += ["Open-Ended Response", "Open-Ended Response"]
    for number, row in enumerate(rows[2:]):
        row += [f"{CANARIES['name']}-{number}", CANARIES["free"]]
        row[other] = row[other] or ("" if number % 3 else CANARIES["other"])
    with (study / "export.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A clone in which the example was made, its study outside of it and with canaries in its export."""
    folder = tmp_path_factory.mktemp("bundle")
    clone = copy_project(folder / "clone")
    study = folder / "private data" / ID
    shutil.copytree(EXAMPLE, study)
    plant_canaries(study)
    process = snakemake(clone, "--config", f"study={study}")
    assert process.returncode == 0, process.stdout[-6000:]
    return clone


@pytest.fixture(scope="module")
def archive(home, tmp_path_factory):
    return build(home, tmp_path_factory.mktemp("default") / "review.tar.gz")


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    return unpack(archive, tmp_path_factory.mktemp("unpacked") / "at a reviewer's")


@pytest.fixture(scope="module")
def whole(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return unpack(build(home, folder / "review.zip", "--with", "raw"), folder / "reviewer")


def left_out(root):
    path = root / "results" / ID / "left_out.csv"
    return {row["file"]: row for row in csv.DictReader(path.open(encoding="utf-8"))} if path.is_file() else {}


def test_the_archive_has_the_same_bytes_when_it_is_made_again_from_another_run(home, archive, tmp_path):
    build(home, tmp_path / "again.tar.gz")
    assert (tmp_path / "again.tar.gz").read_bytes() == archive.read_bytes()
    other = copy_project(tmp_path / "another" / "clone of it")
    study = tmp_path / "elsewhere" / ID
    shutil.copytree(home.parent / "private data" / ID, study)
    process = snakemake(other, "--config", f"study={study}")
    assert process.returncode == 0, process.stdout[-6000:]
    build(other, tmp_path / "other.tar.gz")
    mine, theirs = members(archive), members(tmp_path / "other.tar.gz")
    assert sorted(mine) == sorted(theirs)
    assert [name for name in mine if mine[name] != theirs[name]] == []
    assert (tmp_path / "other.tar.gz").read_bytes() == archive.read_bytes()


def test_nothing_tells_of_raw_data_respondents_or_the_machine(home, archive):
    forbidden = [*CANARIES.values(), "Kanarienvogel", str(home), str(home.parent), "private data"]
    forbidden += [name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 5]
    found = {
        name: word
        for name, content in members(archive).items()
        for word in forbidden
        if word.casefold() in words(name, content).casefold()
    }
    assert found == {}


def test_canaries_are_found_where_they_are(home):
    results = home / "results" / ID
    for name in ("ingest/responses.parquet", "clean/responses.parquet"):
        text = words(name, (results / name).read_bytes())
        assert [word for word in CANARIES.values() if word not in text] == [], name


def test_it_is_up_to_date_where_it_is_unpacked(unpacked):
    for targets in ([], ["cleaned"], ["statistics"], ["figures", "manuscript"], ["audit"]):
        process = snakemake(unpacked, *targets)
        assert process.returncode == 0, process.stdout
        assert NOTHING in process.stdout
    assert "Migrating" not in process.stdout


def test_it_verifies_and_a_change_in_it_is_found(unpacked, tmp_path):
    process = step("verify", f"results/{ID}", folder=unpacked)
    assert process.returncode == 0, process.stdout + process.stderr
    assert (
        f"results, but {len([name for name in left_out(unpacked) if name.startswith('results/')])} left out"
        in process.stdout
    )
    broken = tmp_path / "broken"
    shutil.copytree(unpacked, broken)
    (broken / "results" / ID / "stats/claims.csv").unlink()
    process = step("verify", f"results/{ID}", folder=broken)
    assert process.returncode == 1
    assert "stats/claims.csv" in process.stdout


def test_what_is_left_out_is_listed_with_the_reason(unpacked):
    rows = left_out(unpacked)
    assert rows[f"config/studies/{ID}/export.csv"]["what"] == "export"
    assert rows[f"config/studies/{ID}/frame.csv"]["what"] == "frame"
    assert rows[f"results/{ID}/ingest/responses.parquet"]["kind"] == "raw"
    assert rows[f"results/{ID}/clean/responses.parquet"]["kind"] == "records"
    assert [name for name in rows if (unpacked / name).exists()] == []
    page = (unpacked / "START-HERE.html").read_text(encoding="utf-8")
    assert [name for name in rows if name not in page] == []


def test_the_number_of_the_start_page_can_be_counted_without_any_package(unpacked):
    page = (unpacked / "START-HERE.html").read_text(encoding="utf-8")
    command = html.unescape(re.search(r"<pre>(python3 -c .*?)</pre>", page)[1]).replace("python3", sys.executable, 1)
    counted = subprocess.run(command, shell=True, cwd=unpacked, text=True, capture_output=True, check=True).stdout
    n, code = re.search(r"<code>n</code> has (\d+)", page)[1], re.search(r"code <code>(\w+)</code>, in a", page)[1]
    assert f"'{code}': {n}" in counted
    for link in re.findall(r"href='([^']+)'", page):
        assert (unpacked / link).is_file(), link


def test_every_member_is_on_the_list_of_checksums(unpacked):
    check = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=unpacked, capture_output=True, check=False)
    assert check.returncode == 0, check.stdout


def test_records_come_when_asked_for_by_name_and_the_export_does_not(home, tmp_path):
    content = members(build(home, tmp_path / "records.tar.gz", "--with", "records"))
    assert f"results/{ID}/clean/responses.parquet" in content
    assert f"results/{ID}/clean/ledger.csv" in content
    assert f"results/{ID}/ingest/responses.parquet" not in content
    assert f"config/studies/{ID}/export.csv" not in content


def test_with_raw_data_it_finds_its_own_export_and_runs_again(whole):
    process = step("verify", f"results/{ID}", "--only", "stats/catheter/frequencies.csv", folder=whole)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "against a second run" in process.stdout


def test_with_raw_data_all_is_up_to_date_and_a_changed_file_is_made_again(whole):
    assert left_out(whole) == {}
    process = snakemake(whole)
    assert process.returncode == 0, process.stdout
    assert NOTHING in process.stdout
    table = whole / "results" / ID / "stats/catheter/frequencies.csv"
    shipped = table.read_bytes()
    clean = whole / "results" / ID / "clean/flow.csv"
    change(clean, "records in the export", "records in an export")
    process = snakemake(whole, "-n")
    assert f"results/{ID}/clean/flow.csv: edited by hand; it is made again" in process.stdout
    assert "draw_flow" in process.stdout
    assert "collect_values" in process.stdout
    assert "ingest " not in process.stdout
    table.unlink()
    process = snakemake(whole)
    assert process.returncode == 0, process.stdout[-3000:]
    assert table.read_bytes() == shipped
    check = ["sha256sum", "--quiet", "-c", "SHA256SUMS"]
    sums = subprocess.run(check, cwd=whole, text=True, capture_output=True, check=False)
    assert [line for line in sums.stdout.splitlines() if line.startswith(f"results/{ID}/")] == []


def test_a_small_count_that_is_not_published_keeps_all_record_level_files_out(home, tmp_path):
    results = home / "results" / ID
    study = read_study(home.parent / "private data" / ID)
    study.settings["disclosure"] = {"minimum_cell": 5}
    files = [path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()]
    files = [file for file in files if not file.startswith(("logs/", "benchmarks/"))]
    rows = left_out_of_results(study, results, files, [])
    kept = set(files) - {row["file"].removeprefix(f"results/{ID}/") for row in rows}
    assert {file for file in kept if file.startswith("clean/")} == {"clean/flow.csv", "clean/appendix.csv"}
    assert "ingest/responses.parquet" not in kept


def test_results_that_are_not_as_described_are_not_packed(whole, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(whole, broken)
    figure = broken / "results" / ID / "figures/flow.csv"
    figure.write_text(figure.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    process = step("make_bundle", f"results/{ID}", "--out", tmp_path / "no.zip", folder=broken)
    assert process.returncode == 2
    assert "figures/flow.csv: not the file that audit/manifest.json describes" in process.stderr
    assert not (tmp_path / "no.zip").exists()


def test_an_archive_of_an_archive_is_the_same(archive, unpacked, tmp_path):
    process = step("make_bundle", f"results/{ID}", "--out", tmp_path / "again.tar.gz", folder=unpacked)
    assert process.returncode == 0, process.stderr
    mine, theirs = members(archive), members(tmp_path / "again.tar.gz")
    assert sorted(set(mine) ^ set(theirs)) == []
    assert [name for name in mine if mine[name] != theirs[name]] == []
    process = step("make_bundle", f"results/{ID}", "--out", tmp_path / "x.zip", "--with", "raw", folder=unpacked)
    assert process.returncode == 2
    assert "this folder is an archive without it" in process.stderr


def test_records_of_snakemake_hold_neither_clock_nor_job_number(unpacked):
    records = read_records(unpacked / ".snakemake/metadata")
    assert {(record["starttime"], record["endtime"]) for record in records.values()} == {(0.0, 0.0)}
    assert all(output.startswith(f"results/{ID}/") for output in records)


def test_codecheck_lists_the_paper_its_figures_and_tables_and_all_are_there(home, unpacked):
    for folder, root in ((home / "results" / ID / "audit", home), (unpacked, unpacked)):
        text = (folder / "codecheck.yml").read_text(encoding="utf-8")
        assert text.startswith("---\n")
        content = yaml.safe_load(text)
        order = "version paper manifest codechecker summary repository check_time certificate report"
        assert list(content) == order.split()
        files = [entry["file"] for entry in content["manifest"]]
        assert [file for file in files if not (folder / file).is_file()] == []
        assert all(entry["comment"] for entry in content["manifest"])
        listed = {(folder / file).resolve().relative_to(root.resolve()).as_posix() for file in files}
        assert {f"results/{ID}/manuscript/manuscript.{form}" for form in ("html", "docx", "pdf")} < listed
        drawn = {path.name for path in (root / "results" / ID / "figures").glob("*.svg") if "-86mm" not in path.name}
        assert drawn == {file.rpartition("/")[2] for file in listed if "/figures/" in file}
        assert content["paper"]["title"] == yaml.safe_load((EXAMPLE / "study.yaml").read_text())["title"]


def kinds(entity):
    return [entity["@type"]] if isinstance(entity["@type"], str) else entity["@type"]


def references(value):
    if isinstance(value, dict):
        return [value["@id"]]
    return [name for part in value for name in references(part)] if isinstance(value, list) else []


@pytest.mark.parametrize("place", ["audit", "root"])
def test_the_crate_has_what_its_profiles_demand(home, unpacked, place):
    folder = home / "results" / ID / "audit" if place == "audit" else unpacked
    document = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    graph = {entity["@id"]: entity for entity in document["@graph"]}
    assert len(graph) == len(document["@graph"])
    crate, descriptor = graph["./"], graph["ro-crate-metadata.json"]
    assert descriptor["about"] == {"@id": "./"}
    assert {"@id": "https://w3id.org/ro/crate/1.1"} in descriptor["conformsTo"]
    assert [name for name in PROFILES if {"@id": name} not in crate["conformsTo"] or name not in graph] == []
    assert all(crate[name] for name in ("name", "description", "datePublished", "license", "author"))
    # Whatever is spoken of is described, or lies on the web.
    unknown = {name for entity in graph.values() for name in references(list(entity.values())) if name not in graph}
    assert {name for name in unknown if not name.startswith(("https://", "http://"))} == set()
    parts = set(references(crate["hasPart"]))
    for name, entity in graph.items():
        if "File" in kinds(entity):
            content = (folder / unquote(name)).read_bytes()
            assert name in parts
            assert (entity["sha256"], entity["contentSize"]) == (sha256(content).hexdigest(), str(len(content))), name
    workflow = graph[crate["mainEntity"]["@id"]]
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"} == set(kinds(workflow))
    assert graph[workflow["programmingLanguage"]["@id"]]["name"] == "Snakemake"
    tools, how = set(references(workflow["hasPart"])), set(references(workflow["step"]))
    assert all("SoftwareApplication" in kinds(graph[name]) for name in tools)
    actions = [entity for entity in graph.values() if "CreateAction" in kinds(entity)]
    assert {entity["@id"] for entity in actions} == set(references(crate["mentions"]))
    assert all(entity["instrument"]["@id"] in tools | {workflow["@id"]} for entity in actions)
    steps = [entity for entity in graph.values() if "HowToStep" in kinds(entity)]
    assert {entity["@id"] for entity in steps} == how
    assert all(entity["workExample"]["@id"] in tools for entity in steps)
    controls = [entity for entity in graph.values() if "ControlAction" in kinds(entity)]
    assert all(entity["instrument"]["@id"] in how and references(entity["object"]) for entity in controls)
    [engine] = [entity for entity in graph.values() if "OrganizeAction" in kinds(entity)]
    assert set(references(engine["object"])) == {entity["@id"] for entity in controls}
    assert graph[engine["result"]["@id"]]["instrument"] == {"@id": workflow["@id"]}
    positions = {entity["name"]: int(entity["position"]) for entity in steps}
    assert positions["ingest"] < positions["clean_domain"] < positions["describe"] < positions["render_manuscript"]
    assert not any("startTime" in entity or "endTime" in entity for entity in graph.values())


def test_files_that_are_left_out_are_no_part_of_the_archives_crate(unpacked):
    document = json.loads((unpacked / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    graph = {entity["@id"]: entity for entity in document["@graph"]}
    entity = graph[f"#results/{ID}/clean/responses.parquet"]
    assert entity["@type"] == "CreativeWork"
    assert len(entity["sha256"]) == 64


def test_the_data_appendix_has_every_variable_and_no_identifier(home):
    page = (home / "results" / ID / "audit/data_appendix.html").read_text(encoding="utf-8")
    with (home / "results" / ID / "clean/appendix.csv").open(encoding="utf-8") as file:
        names = [row["variable"] for row in csv.DictReader(file)]
    assert [name for name in names if f"<code>{name}</code>" not in page] == []
    assert "The data are simulated" in page
    assert "Kanarienvogel" not in page
    assert "Zaunkönig" not in page
