"""A study of another field, from another platform, by the same pipeline: its words are its own and follow its data."""

import csv
import json
import re
import zipfile

import pypdf
import pytest
from bs4 import BeautifulSoup
from project import EXAMPLE, SIMULATED, copy_project, snakemake
from replay import assert_replays
from workflow.test_trace import walk

from survey.study import read_study

FOLDER = EXAMPLE.relative_to(EXAMPLE.parents[2])
# Words of the first study, none of which has a place in a paper on wards and catheters.
FOREIGN = re.compile(
    r"centre|CAR[ -]?T|EBMT|Penack|JACIE|cytokine|\bCRS\b|\bICANS\b|infusion|leukaemia|lymphoma|transplant",
    re.IGNORECASE,
)
FORMS = ("svg", "pdf", "png", "-86mm.svg", "-86mm.pdf", "-86mm.png", "csv", "alt.txt")


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def make(folder):
    process = snakemake(folder, "--config", f"study={FOLDER}")
    assert process.returncode == 0, process.stdout[-6000:]


def words(text):
    return re.sub(r"\s+", " ", text)


def html_text(results):
    page = BeautifulSoup((results / "manuscript/manuscript.html").read_text(encoding="utf-8"), "html.parser")
    for part in page(["style", "script", "svg"]):
        part.decompose()
    for part in page(["span"]):  # the numbers of a sentence are part of it
        part.unwrap()
    page.smooth()
    return words(page.get_text(" "))


def pdf_pages(path):
    return [words(page.extract_text()) for page in pypdf.PdfReader(path).pages]


def docx_text(results):
    with zipfile.ZipFile(results / "manuscript/manuscript.docx") as docx:
        return words(re.sub(r"</w:p>", " ", docx.read("word/document.xml").decode())).replace("\u00ad", "")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = copy_project(tmp_path_factory.mktemp("second") / "clone")
    make(folder)
    return folder


@pytest.fixture(scope="module")
def results(clone):
    return clone / "results" / EXAMPLE.name


@pytest.fixture(scope="module")
def study():
    return read_study(EXAMPLE)


def test_its_paper_is_made_of_its_own_words(results):
    for text in (html_text(results), " ".join(pdf_pages(results / "manuscript/manuscript.pdf")), docx_text(results)):
        for own in ("How children’s wards care for central venous catheters", "of the wards", "care bundle", "Heparin"):
            assert own in text, own


def test_nothing_of_the_first_study_is_in_its_paper_figures_or_tables(results):
    texts = {
        "html": html_text(results),
        "pdf": " ".join(pdf_pages(results / "manuscript/manuscript.pdf")),
        "docx": re.sub(r"<[^>]+>", "", docx_text(results)),
    }
    texts |= {path.name: path.read_text(encoding="utf-8-sig") for path in results.glob("figures/*.alt.txt")}
    texts |= {path.name: path.read_text(encoding="utf-8-sig") for path in results.glob("figures/*.csv")}
    texts |= {path.name: " ".join(pdf_pages(path)) for path in results.glob("figures/*.pdf")}
    values = json.loads((results / "manuscript/values.json").read_text(encoding="utf-8"))
    texts["values"] = " ".join([*values, *(str(entry["display"]) for entry in values.values())])
    assert len(texts) > 15
    assert {name: hits for name, text in texts.items() if (hits := FOREIGN.findall(text))} == {}


def test_the_words_that_are_looked_for_are_those_of_the_first_study():
    text = (EXAMPLE.parent / "ebmt-cart-2023" / "manuscript.qmd").read_text(encoding="utf-8")
    assert len({word.lower() for word in FOREIGN.findall(text)}) >= 8


def test_its_text_fits_on_two_pages_and_a_supplement_follows(results):
    pages = pdf_pages(results / "manuscript/manuscript.pdf")
    assert 3 <= len(pages) <= 4
    assert [number for number, page in enumerate(pages, 1) if "Supplement" in page] == [3]
    assert "References" in pages[1]
    assert all("SIMULATED DATA" in page for page in pages)


def test_every_figure_that_its_settings_give_is_there_and_no_other(results, study):
    found = {path.name for path in (results / "figures").iterdir()}
    forms = [form if form.startswith("-") else f".{form}" for form in FORMS]
    assert found == {f"{name}{form}" for name in study.figure_names for form in forms}


def test_its_records_are_excluded_for_the_reasons_they_were_made_with(results, study):
    truth = {row["record"]: row["exclusion"] for row in rows(SIMULATED / f"{EXAMPLE.name}-truth.csv")}
    excluded = {row["record"]: row["rule"] for row in rows(results / "clean/exclusions.csv")}
    assert {record: rule for record, rule in truth.items() if rule} == excluded
    assert len(truth) - len(excluded) == 41
    assert set(excluded.values()) == {rule["id"] for rule in study.selection}


def test_its_ledger_gives_its_clean_table(results, study):
    assert_replays(results, study)


def test_every_value_follows_from_its_export_by_an_independent_path(results, study):
    counted, values, wrong = walk(study, results, EXAMPLE / "export.csv")
    assert wrong == []
    assert values > 900
    assert counted > 700


def test_a_second_run_has_nothing_to_do(clone):
    assert "Nothing to be done" in snakemake(clone, "-n", "--config", f"study={FOLDER}").stdout


# Last, because it changes the answers.
def test_the_words_of_the_text_follow_the_data(clone, results):
    before = html_text(results)
    assert "A written care bundle existed on more than half of the wards (29/39, 74%" in before
    path = clone / FOLDER / "export.csv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    column = next(place for place, title in enumerate(lines[0]) if "written care bundle" in title)
    for line in lines[2:]:
        # Blanks at the end stay where they are.
        line[column] = re.sub("Yes|No", lambda answer: {"Yes": "No", "No": "Yes"}[answer[0]], line[column])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)
    make(clone)
    after = html_text(results)
    pages = " ".join(pdf_pages(results / "manuscript/manuscript.pdf"))
    assert "A written care bundle existed on a minority of the wards (10/39, 26%" in after
    assert "A written care bundle existed on a minority of the wards (10/39, 26%" in pages
    assert "more than half of the wards (29/39" not in after
    assert "A care bundle is common" in before
    assert "A care bundle is not common yet" in after
    # What does not depend on it is as before.
    heparin = re.search(r"Heparin was in use on [^)]*\)", before)[0]
    assert heparin in after
    verdicts = {row["claim"]: row["verdict"] for row in rows(results / "stats/claims.csv")}
    assert verdicts["bundle_is_common"] == "fails"
    assert verdicts["saline_before_heparin"] == "holds"
