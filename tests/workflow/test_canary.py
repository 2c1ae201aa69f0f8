"""A marked name, e-mail address and comment in the export: nothing after the clean table holds them.

Nor do other texts that respondents write: under "other", and where a number or an option was asked for. What the study
itself writes with signs of HTML, Typst and Markdown is printed as it is, on every page.
"""

import base64
import csv
import io
import re
import zipfile
import zlib

import pyarrow.parquet as pq
import pypdf
import pytest
from bs4 import BeautifulSoup
from project import EXAMPLE, copy_project, snakemake
from replay import assert_replays
from small import change, write_recodes

from survey.recodes import read_cleaning_study

MARK = "Zyxgrobnik"
WARD = "SIM0014"
NAME = f"Dr Ana {MARK}-Müller"
TEXTS = {
    "contact": NAME,
    "email": f"{MARK}@example.org",
    "comment": f'=HYPERLINK("https://example.org/{MARK}") <script>alert("{MARK}")</script>',
    "What is the code of your ward? (see the invitation)": f"{MARK}14",
    "After how many days do you change a transparent dressing?": f"ask {MARK}",
    "Does your ward have a written care bundle for central venous catheters?": f"{MARK} knows",
    "Other (please specify)": f"{MARK}'s own mixture",
}
ITEMS = """\
contact,ward,text,Who answers?,Contact,contact,,,,,,identifier,
email,ward,text,Where can we ask?,E-mail,email,,,,,,identifier,
comment,catheter,text,Anything else?,Comment,comment,,,,,,free_text,
"""
HOSTILE = "Saline <img src=x onerror=alert(1)> & #panic() *so* `x` $y$ [z](https://example.org)"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Folder of a copy of the project, and the folder of a study whose export is marked, after a whole run."""
    clone = copy_project(tmp_path_factory.mktemp("canary") / "clone")
    folder = clone / "config" / "studies" / EXAMPLE.name
    with (folder / "export.csv").open(encoding="utf-8", newline="") as file:
        first, second, *records = csv.reader(file)
    lines = [[*first, "contact", "email", "comment"], [*second, *["Open-Ended Response"] * 3]]
    for record in records:
        record += ["", "", ""]
        if record[4] == WARD:
            for title, text in TEXTS.items():
                record[lines[0].index(title) if title in lines[0] else lines[1].index(title)] = text
        lines.append(record)
    with (folder / "export.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    change(folder / "frame.csv", WARD, f"{MARK}14")
    with (folder / "codebook.csv").open("a", encoding="utf-8") as file:
        file.write(ITEMS)
    change(folder / "options.csv", "flush,saline,Saline,1,", f"flush,saline,{HOSTILE},1,Saline|")
    process = snakemake(clone, "--config", f"study={folder.relative_to(clone)}")
    assert process.returncode == 0, process.stdout[-6000:]
    return clone, folder


@pytest.fixture(scope="module")
def results(run):
    return run[0] / "results" / EXAMPLE.name


def contents(name, data):
    """The bytes of a file, and of everything that is packed or encoded in it."""
    yield data
    if name.endswith(".parquet"):
        table = pq.read_table(io.BytesIO(data))
        yield repr((table.to_pydict(), table.schema.metadata, [field.metadata for field in table.schema])).encode()
    elif name.endswith(".pdf"):
        pdf = pypdf.PdfReader(io.BytesIO(data))
        yield repr((pdf.metadata, [page.extract_text() for page in pdf.pages])).encode()
        for match in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
            yield inflated(match[1])
    elif name.endswith(".png"):
        at = 8
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            chunk = data[at + 8 : at + 8 + length]
            if data[at + 4 : at + 8] in (b"zTXt", b"iTXt"):
                yield from (inflated(chunk[start:]) for start in range(min(len(chunk), 90)))
            at += 12 + length
    elif zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for inside in packed.namelist():
                yield from contents(inside, packed.read(inside))
    for match in re.finditer(rb"base64,([A-Za-z0-9+/=\s]{40,})", data):
        decoded = base64.b64decode(match[1])
        yield from contents(".png" if decoded.startswith(b"\x89PNG") else "", decoded)


def inflated(data):
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


def holding(results, folders, *texts):
    """Files, by their path below the results, in these folders (or in all others) that hold one of the texts."""
    wanted = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "utf-16-be")]
    return [
        str(path.relative_to(results))
        for path in sorted(results.rglob("*"))
        if path.is_file() and folders(path.relative_to(results).parts[0])
        for whole in [b"\n".join(contents(path.name, path.read_bytes())).lower()]
        if any(text.lower() in whole for text in wanted)
    ]


def test_the_marks_are_in_the_raw_and_the_clean_table(results):
    found = holding(results, lambda folder: folder in ("ingest", "clean"), MARK)
    assert {"ingest/responses.parquet", "clean/responses.parquet", "clean/validation.csv"} <= set(found)
    clean = pq.read_table(results / "clean/responses.parquet").to_pylist()
    row = next(row for row in clean if row["contact"])
    assert (row["contact"], row["email"], row["flush__other"]) == (
        NAME,
        TEXTS["email"],
        TEXTS["Other (please specify)"],
    )


def test_nothing_after_the_clean_table_holds_what_a_respondent_wrote(results):
    assert holding(results, lambda folder: folder not in ("ingest", "clean"), MARK, "Müller") == []
    searched = {path.suffix for path in results.rglob("*") if path.is_file()}
    assert {".html", ".docx", ".pdf", ".png", ".svg", ".json", ".csv", ".parquet", ".log", ".tsv"} <= searched


def test_the_search_finds_a_mark_wherever_it_is_hidden(results):
    """What the pages and figures do print is found in all their forms."""
    found = holding(results, lambda folder: folder not in ("ingest", "clean"), "care bundle")
    for form in ("manuscript.html", "manuscript.docx", "manuscript.pdf", "values.json", "frequencies.parquet", ".png"):
        assert any(name.endswith(form) for name in found), form


def test_a_formula_in_the_export_runs_in_no_spreadsheet(results):
    starts = {}
    for path in results.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line if cell[:1] in tuple("=+-@\t\r\n")]
        starts[str(path.relative_to(results))] = [cell for cell in cells if not re.fullmatch(r"[-+][\d.e-]+", cell)]
    assert {name: cells for name, cells in starts.items() if cells} == {}


def test_signs_of_html_typst_and_markdown_are_printed_as_they_are(results):
    page = BeautifulSoup((results / "manuscript/manuscript.html").read_text(encoding="utf-8"), "html.parser")
    assert page.find_all(src="x") == page.find_all(onerror=True) == page.find_all(href="https://example.org") == []
    assert HOSTILE in page.get_text()
    for path in (results / "figures").glob("*.svg"):
        drawing = BeautifulSoup(path.read_text(encoding="utf-8"), "xml")
        assert drawing.find_all(["img", "script"]) == [], path.name
    with zipfile.ZipFile(results / "manuscript/manuscript.docx") as docx:
        text = BeautifulSoup(docx.read("word/document.xml"), "xml").get_text()
    pdf = "".join(page.extract_text() for page in pypdf.PdfReader(results / "manuscript/manuscript.pdf").pages)
    for written in (text, pdf):
        assert re.sub(r"\s|\u00ad", "", HOSTILE) in re.sub(r"\s|\u00ad", "", written)


def test_its_ledger_gives_its_clean_table(run, results):
    assert_replays(results, read_cleaning_study(run[1]))


def planned(clone, study):
    """The jobs of the cleaning that a changed study asks for, and the messages of those of a domain."""
    plan = snakemake(clone, "-n", "cleaned", "--config", study).stdout
    return dict(re.findall(r"^(\w+) +(\d+)$", plan, re.MULTILINE)), re.findall("Clean: (\\w+)", plan)


# Last, because it changes the study.
def test_a_new_rule_reruns_the_domain_that_it_concerns(run):
    clone, folder = run
    study = f"study={folder.relative_to(clone)}"
    alone = {"clean_domain": "1", "collect_clean": "1", "cleaned": "1", "total": "3"}
    write_recodes(folder, f"dressing_days,,is,ask {MARK},7")
    assert planned(clone, study) == (alone, ["catheter"])
    assert snakemake(clone, "cleaned", "--config", study).returncode == 0
    with (clone / "results" / EXAMPLE.name / "clean/ledger.csv").open(encoding="utf-8", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["rule"] == "rule_1"]
    assert (row["item"], row["raw"], row["clean"]) == ("dressing_days", f"ask {MARK}", "7")
    change(folder / "recodes.csv", ",7,", ",8,")
    assert planned(clone, study) == (alone, ["catheter"])
