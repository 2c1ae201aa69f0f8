"""The paper of the default study as HTML, DOCX and PDF: one text, and what each format owes its readers."""

import zipfile

import pytest
from documents import assert_same_paper
from project import STUDY
from pypdf import PdfReader

from survey.study import read_study


@pytest.fixture(scope="module")
def results(paper):
    return paper / "results/ebmt-cart-2023"


@pytest.fixture(scope="module")
def pdf(results):
    return PdfReader(results / "manuscript/manuscript.pdf")


def test_all_three_documents_are_the_same_paper(results):
    documents = [results / f"manuscript/manuscript.{form}" for form in ("html", "docx", "pdf")]
    # Drawings that are PDF bring their letters into the text of the paper.
    drawn = [PdfReader(path).pages[0].extract_text() for path in sorted((results / "figures").glob("*.pdf"))]
    beside = [read_study(STUDY).settings["short_title"], "SIMULATED DATA", *drawn]
    assert_same_paper(*documents, "\n".join(beside))


def test_every_figure_of_the_pdf_and_of_the_docx_has_its_alternative_text(results, pdf):
    known = pdf.xref[0].keys() | pdf.xref_objStm.keys()
    objects = [pdf.get_object(number) for number in sorted(known) if number]
    told = {" ".join(one["/Alt"].split()) for one in objects if isinstance(one, dict) and "/Alt" in one}
    with zipfile.ZipFile(results / "manuscript/manuscript.docx") as archive:
        word = archive.read("word/document.xml").decode()
    figures = [path for path in (results / "figures").glob("*.alt.txt") if "86mm" not in path.name]
    assert len(figures) > 10
    for path in figures:
        # Two signs cannot stand in an attribute of the manuscript, so they are compared by their beginning.
        start = " ".join(path.read_text(encoding="utf-8").split())[:60].split('"')[0]
        assert any(text.startswith(start) for text in told), path.name
        assert f'descr="{start}'.replace("<", "&lt;") in word, path.name


def test_the_pdf_is_tagged_and_its_bookmarks_are_the_sections(pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "en"
    titles = [entry["/Title"] for entry in pdf.outline if not isinstance(entry, list)]
    assert titles[:3] == ["Key points", "Abstract", "1 Introduction"]
    assert "Supplement" in titles
