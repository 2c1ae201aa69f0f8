"""The whole renderer on a small manuscript that uses every feature."""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pypandoc
import pytest
from bs4 import BeautifulSoup
from documents import (
    assert_same_paper,
    docx_captions,
    docx_pieces,
    docx_references,
    html_captions,
    html_pieces,
    html_references,
    pdf_text,
    pieces,
)
from docx import Document
from pypdf import PdfReader

from render_manuscript import main
from survey.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ("html", "docx", "pdf")

STUDY = """
title: Boosts < 4 & *more*
short_title: Boosts
simulated: true
authors:
  - {name: Ada Lovelace, affiliation: Centre A, orcid: 0000-0001-2345-6789, corresponding: true}
  - {name: Grace Hopper, affiliation: Centre B}
"""

TEXT = """---
lang: en
keywords: [boosts, surveys]
execute: {echo: false}
---

```{python}
#| label: setup
#| include: false
from survey.manuscript import figure, frequency_table, v
```

::: {.callout-warning}
## Mind the data

They are made up [@lee2019].
:::

# First {#sec-first}

A boost was considered by `{python} v("boost.yes.percent")`; see @fig-crs, @tbl-boost, @eq-one and @sec-second.[^1]
A label: `{python} v("boost.tricky.label")`.

[^1]: A footnote.

`{python} figure("crs", "What centres do.")`

## Second {#sec-second}

$$a = \\frac{b}{c}$$ {#eq-one}

```{python}
#| label: tbl-boost
#| tbl-cap: Boosts by answer.
#| output: asis
print(frequency_table("boost"))
```

```{python}
#| echo: true
print("streamed")
```

```{python}
class Frame:
    def _repr_html_(self):
        return "<table><tr><th>head</th></tr><tr><td>native cell</td></tr></table>"
Frame()
```

::: {.panel-tabset}
### Adults

Tab one.

### Children

Tab two.
:::

::: {.content-visible when-format="html"}
Only on the page.
:::

[For made-up data.]{.content-visible when-meta="simulated"} [For true data.]{.content-visible unless-meta="simulated"}

# References {.unnumbered}

::: {#refs}
:::
"""

BIBLIOGRAPHY = "@article{lee2019, author={Lee, Daniel}, title={Consensus grading}, journal={BBMT}, year={2019}}\n"


def entry(display, row=2, value=None):
    return {"value": value, "display": display, "unit": "", "file": "", "row": row, "column": "", "n": 1}


VALUES = {
    "boost.question": entry("Boost considered?"),
    "boost.n_valid": entry("100", value=100),
    "boost.yes.label": entry("Yes"),
    "boost.yes.n": entry("60"),
    "boost.yes.n_of": entry("60/100"),
    "boost.yes.percent": entry("60%", value=60.0) | {"file": "stats/care/frequencies.csv", "column": "percent"},
    "boost.yes.ci": entry("52 to 67"),
    "boost.tricky.label": entry("IgG < 4 g/L *or* [less] $5 @home"),
    "inference.level": entry("95%"),
    "figure.crs.alt": entry("Bars: most say yes."),
}


def make(folder, text=TEXT, study=STUDY, values=VALUES):
    """A study folder, its values and figures, and the options of a run."""
    from PIL import Image

    for name in ("study", "figures", "out"):
        (folder / name).mkdir(parents=True)
    (folder / "study" / "study.yaml").write_text(study)
    (folder / "study" / "manuscript.qmd").write_text(text)
    (folder / "study" / "references.bib").write_text(BIBLIOGRAPHY)
    (folder / "values.json").write_text(json.dumps(values))
    Image.new("RGB", (400, 200), "navy").save(folder / "figures" / "crs.png")
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><rect width="300" height="90"/></svg>'
    (folder / "figures" / "crs.svg").write_text(drawing)
    Image.new("RGB", (400, 200), "navy").save(folder / "figures" / "crs.pdf", resolution=72)
    given = {
        "study": folder / "study",
        "values": folder / "values.json",
        "figures": folder / "figures",
        "fonts": ROOT / "resources" / "fonts",
        "csl": ROOT / "resources" / "citation-styles" / "haematologica.csl",
        "record": folder / "out" / "render.json",
    } | {name: folder / "out" / f"manuscript.{name}" for name in FORMATS}
    return [part for name, path in given.items() for part in (f"--{name}", str(path))]


def written(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("render")
    main([*make(folder), "--renderer", "embedded"])
    return folder


@pytest.fixture(scope="module")
def page(rendered):
    return BeautifulSoup((rendered / "out" / "manuscript.html").read_text(), "html.parser")


@pytest.fixture(scope="module")
def word(rendered):
    return Document(str(rendered / "out" / "manuscript.docx"))


@pytest.fixture(scope="module")
def pdf(rendered):
    return PdfReader(io.BytesIO((rendered / "out" / "manuscript.pdf").read_bytes()))


def docx_text(document):
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def flat_text(document):
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def test_nothing_but_the_documents_and_the_record_is_left_behind(rendered):
    assert sorted(written(rendered)) == ["manuscript.docx", "manuscript.html", "manuscript.pdf", "render.json"]


def test_the_record_names_tools_and_versions_and_no_place(rendered):
    record = json.loads((rendered / "out" / "render.json").read_text())
    assert record["renderer"] == "embedded"
    assert record["simulated"] is True
    assert {"pandoc", "typst", "python", "citation_style"} <= set(record)
    assert str(rendered) not in json.dumps(record)


def test_two_runs_give_the_same_bytes(rendered, tmp_path):
    main([*make(tmp_path), "--renderer", "embedded"])
    assert written(tmp_path) == written(rendered)


def test_values_reach_every_format(page, word, pdf):
    for text in (page.get_text(), docx_text(word), flat_text(pdf)):
        assert "considered by 60%" in " ".join(text.split())


def test_a_value_with_signs_is_printed_as_it_is(page, word, pdf):
    for text in (page.get_text(), docx_text(word), flat_text(pdf)):
        assert "IgG < 4 g/L *or* [less] $5 @home" in " ".join(text.split())


def test_references_are_numbered_alike_and_linked(page, word, pdf):
    for text in (page.get_text(), docx_text(word), flat_text(pdf)):
        flat = " ".join(text.replace("\u00a0", " ").split())
        assert "see Figure 1, Table 1, Equation 1 and Section 1.1" in flat
        assert "Figure 1. What centres do." in flat
        assert "Table 1. Boosts by answer." in flat
    targets = {link["href"][1:] for link in page.select("a.cross-reference")}
    assert targets == {"fig-crs", "tbl-boost", "eq-one", "sec-second"}
    assert all(page.find(id=target) for target in targets)


def test_citations_follow_the_style_and_stand_in_the_list(page, word, pdf):
    for text in (page.get_text(), docx_text(word), flat_text(pdf)):
        assert "Lee D. Consensus grading" in " ".join(text.split())


def test_every_page_of_simulated_data_says_so(page, word, pdf):
    assert page.select_one(".simulated").get_text() == "SIMULATED DATA"
    assert "SIMULATED DATA" in "".join(p.text for p in word.sections[0].header.paragraphs)
    assert all("SIMULATED DATA" in sheet.extract_text() for sheet in pdf.pages)
    for text in (page.get_text(), docx_text(word), flat_text(pdf)):
        assert "no number in this document is a result of a real survey" in text


def test_the_page_needs_no_other_file(page):
    assert not page.find_all("script", src=True)
    assert all(image["src"].startswith("data:") for image in page.find_all("img"))
    assert not page.find_all("link", rel="stylesheet", href=lambda href: not href.startswith("data:"))


def test_a_number_of_the_page_leads_to_its_cell(page):
    told = json.loads(page.find(id="sources").string)
    number = page.select_one("p .value")
    assert number.get_text() == "60%"
    keys, base, interval, places = told["values"][int(number["data-value"])]
    assert (keys, base, interval) == ("boost.yes.percent", "n = 60, N = 100", "52 to 67")
    assert [[told["files"][file], row, column] for file, row, column in places] == [
        ["stats/care/frequencies.csv", 2, "percent"]
    ]


def test_marks_of_numbers_are_in_the_page_alone(page, word, pdf):
    assert "data-keys" not in str(page)
    assert "boost.yes.percent" not in word.element.xml
    assert "boost.yes.percent" not in flat_text(pdf)


def test_the_page_can_be_read_aloud(page):
    assert page.html["lang"] == "en"
    assert [image["alt"] for image in page.find_all("img")] == ["Bars: most say yes."]
    assert len(page.find_all("h1")) == 1
    assert all(table.find("th") for table in page.find_all("table"))
    assert page.find("math")


def test_a_word_table_is_native_with_a_repeated_header_and_the_picture_has_its_alternative_text(word):
    cells = [cell.text.strip() for table in word.tables for row in table.rows for cell in row.cells]
    assert "60/100" in cells
    assert "native cell" in cells
    xml = word.element.xml
    assert "w:tblHeader" in xml
    assert 'descr="Bars: most say yes."' in xml


def test_word_properties_name_title_authors_keywords_and_language_and_no_time(word):
    properties = word.core_properties
    assert (properties.title, properties.author) == ("Boosts < 4 & *more*", "Ada Lovelace, Grace Hopper")
    assert (properties.keywords, properties.language) == ("boosts, surveys", "en")
    assert properties.created == properties.modified == datetime(2000, 1, 1, tzinfo=UTC)
    names = {str(part.partname) for part in word.part.package.iter_parts()}
    assert not {"/docProps/custom.xml", "/docProps/app.xml"} & names


def test_word_tables_fit_the_page_and_their_rows_stay_whole(word):
    section = word.sections[0]
    room = section.page_width - section.left_margin - section.right_margin
    assert word.tables
    for table in word.tables:
        assert sum(column.width for column in table.columns) <= room
        xml = table._tbl.xml
        assert xml.count("<w:cantSplit") == len(table.rows)
        assert xml.count("<w:tblHeader") == 1


def test_a_question_in_a_word_table_is_as_wide_as_the_table_and_stays_with_its_answers(word):
    question = word.tables[0].rows[1]
    assert question._tr.tc_lst[0].grid_span == len(word.tables[0].columns)
    assert question.cells[0].paragraphs[0].paragraph_format.keep_with_next


def test_word_captions_and_references_have_their_styles(rendered):
    path = rendered / "out" / "manuscript.docx"
    assert docx_captions(path) == ["What centres do.", "Boosts by answer."]
    assert len(docx_references(path)) == 1


def test_word_headings_and_callouts_are_styles(word):
    styles = {paragraph.text: paragraph.style.name for paragraph in word.paragraphs}
    assert styles["1 First"] == "Heading 1"
    assert styles["1.1 Second"] == "Heading 2"
    assert styles["Mind the data"] == "Callout Title"


def test_the_pdf_has_bookmarks_title_authors_and_only_our_fonts(pdf):
    titles = str(
        [item["/Title"] if not isinstance(item, list) else [i["/Title"] for i in item] for item in pdf.outline]
    )
    assert "1 First" in titles
    assert "1.1 Second" in titles
    assert pdf.metadata.title == "Boosts < 4 & *more*"
    assert pdf.metadata.author == "Ada Lovelace, Grace Hopper"
    fonts = {
        font["/BaseFont"]
        for sheet in pdf.pages
        for font in (f.get_object() for f in sheet["/Resources"]["/Font"].values())
    }
    allowed = ("SourceSerif4", "SourceSans3", "NewCMMath", "DejaVuSansMono")
    assert all(any(name in font for name in allowed) for font in fonts), fonts


def test_the_pdf_is_accessible_by_the_standard(pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode()
    assert pdf.metadata.get("/Keywords") == "boosts, surveys"


def test_every_font_of_the_pdf_is_embedded(pdf):
    for sheet in pdf.pages:
        for font in (one.get_object() for one in sheet["/Resources"]["/Font"].values()):
            (described,) = (one.get_object() for one in font["/DescendantFonts"])
            assert {"/FontFile2", "/FontFile3"} & set(described["/FontDescriptor"].get_object())


def test_a_formula_of_the_pdf_can_be_read_aloud(pdf):
    known = pdf.xref[0].keys() | pdf.xref_objStm.keys()
    objects = [pdf.get_object(number) for number in sorted(known) if number]
    formulas = [thing for thing in objects if isinstance(thing, dict) and thing.get("/S") == "/Formula"]
    assert ["frac{b}{c}" in formula["/Alt"] for formula in formulas] == [True]


def test_a_pdf_with_pictures_that_are_pdf_is_written_without_the_standard(tmp_path):
    text = TEXT.replace("lang: en\n", "lang: en\nformat: {typst: {default-image-extension: pdf}}\n")
    main([*make(tmp_path, text=text), "--renderer", "embedded"])
    root = PdfReader(tmp_path / "out" / "manuscript.pdf").trailer["/Root"]
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" not in root["/Metadata"].get_data()


def test_all_three_documents_are_the_same_paper(tmp_path):
    for_all = TEXT.replace('::: {.content-visible when-format="html"}\nOnly on the page.\n:::\n', "")
    assert for_all != TEXT
    main([*make(tmp_path, text=for_all), "--renderer", "embedded"])
    documents = [tmp_path / "out" / f"manuscript.{name}" for name in FORMATS]
    assert_same_paper(*documents, "Boosts SIMULATED DATA")


@pytest.mark.skipif(not shutil.which("quarto"), reason="no quarto on the PATH")
def test_quarto_and_the_embedded_renderer_write_the_same_paper(rendered, tmp_path):
    main([*make(tmp_path), "--renderer", "quarto"])
    ours, theirs = rendered / "out", tmp_path / "out"
    assert html_captions(theirs / "manuscript.html") == html_captions(ours / "manuscript.html")
    assert html_references(theirs / "manuscript.html") == html_references(ours / "manuscript.html")
    assert docx_references(theirs / "manuscript.docx") == docx_references(ours / "manuscript.docx")
    for name, pieces_of in (("html", html_pieces), ("docx", docx_pieces), ("pdf", lambda path: pieces(pdf_text(path)))):
        found, expected = (pieces_of(folder / f"manuscript.{name}") for folder in (theirs, ours))
        numbers = [sorted(word for word in words if word.isdigit()) for words in (found, expected)]
        assert numbers[0] == numbers[1]
        assert set(expected) - set(found) == set()


def test_the_pdf_is_tagged_and_its_picture_has_its_alternative_text(pdf):
    known = pdf.xref[0].keys() | pdf.xref_objStm.keys()
    objects = [pdf.get_object(number) for number in sorted(known) if number]
    texts = [thing["/Alt"] for thing in objects if isinstance(thing, dict) and "/Alt" in thing]
    assert "Bars: most say yes." in texts


def test_tabs_become_headings_without_numbers(page, word):
    assert [h.get_text() for h in page.find_all("h4")] == ["Adults", "Children"]
    assert "Children" in docx_text(word).splitlines()


def test_content_for_one_format_stays_there(page, word):
    assert "Only on the page." in page.get_text()
    assert "Only on the page." not in docx_text(word)


def test_a_text_on_simulated_data_goes_with_them(page, word, pdf):
    for text in (page.get_text(), docx_text(word), flat_text(pdf)):
        assert "For made-up data." in text
        assert "For true data." not in text


def test_code_is_shown_only_where_it_is_asked_for(page):
    assert 'print("streamed")' in page.get_text()
    assert "frequency_table(" not in page.get_text()


def test_a_study_of_real_data_bears_no_mark(tmp_path):
    main([*make(tmp_path, study=STUDY.replace("simulated: true", "simulated: false")), "--renderer", "embedded"])
    assert b"simulated" not in (tmp_path / "out" / "manuscript.html").read_bytes().split(b"<body>")[1].lower()
    word = Document(str(tmp_path / "out" / "manuscript.docx"))
    assert "SIMULATED" not in "".join(p.text for p in word.sections[0].header.paragraphs)
    assert "SIMULATED" not in flat_text(PdfReader(tmp_path / "out" / "manuscript.pdf"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("See @fig-crs.\n", "@fig-crs refers to nothing"),
        ("As known [@lee2018].\n", "@lee2018 is not in references.bib; did you mean 'lee2019'"),
        (
            '`{python} v("boost.yes.percnt")`\n',
            "line 1: values.json holds no 'boost.yes.percnt'; did you mean 'boost.yes.percent'",
        ),
        (
            '```{python}\nfrom survey.manuscript import share\n```\n\n`{python} share("boost.maybe")`\n',
            "line 5: UnknownKey: values.json holds no 'boost.maybe.words'",
        ),
        ("![x](figures/icans){#fig-icans}\n", "picture figures/icans.png is not there"),
        ("```{python}\n#| label: broken\n1 / 0\n```\n", "cell broken: ZeroDivisionError: division by zero"),
        ("`{python} 1 / 0`\n", "line 1: ZeroDivisionError"),
        ("Chosen by 47% of them.\n", "line 1: '47%' is typed by hand"),
    ],
)
def test_a_mistake_is_named_and_earlier_documents_stay(tmp_path, text, said):
    options = make(tmp_path, text=text)
    for name in FORMATS:
        (tmp_path / "out" / f"manuscript.{name}").write_text("earlier")
    with pytest.raises(BadInput) as error:
        main([*options, "--renderer", "embedded"])
    assert said in str(error.value)
    assert set(written(tmp_path).values()) == {b"earlier"}
    assert len(written(tmp_path)) == 3


def test_a_missing_font_stops_the_run(tmp_path):
    options = make(tmp_path, text="Text\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no font 'Source Serif 4' regular"):
        main([*options, "--fonts", str(tmp_path / "empty"), "--renderer", "embedded"])


def test_quarto_is_not_silently_replaced_when_it_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="no quarto on the PATH"):
        main([*make(tmp_path / "study"), "--renderer", "quarto"])


QUARTO_PAGE = """<!DOCTYPE html>
<html><head><title>T</title></head><body><main>
<div id="fig-crs" class="quarto-float"><figure class="quarto-float-fig"><div>
<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="Bars"></div>
<figcaption>Figure&nbsp;1: What centres do.</figcaption></figure></div>
<div id="tbl-boost" class="quarto-float"><figure><figcaption>Table&nbsp;1: Boosts.</figcaption><div>
<table class="caption-top table">
<thead><tr><th><span class="can-be-sorted">Question</span></th><th>n/N</th></tr></thead>
<tbody><tr><td><span class="row-group"><strong>Boost?</strong></span></td><td></td></tr>
<tr><td>Yes</td><td><span class="value" data-keys="boost.yes.percent">60%</span></td></tr></tbody></table>
</div></figure></div>
</main></body></html>
"""


def test_quarto_is_taken_where_it_is_installed_and_its_page_is_completed_like_ours(rendered, tmp_path, monkeypatch):
    """A stand-in that notes what it is given and writes a page as Quarto does."""
    stand_in = tmp_path / "bin" / "quarto"
    stand_in.parent.mkdir()
    (tmp_path / "page.html").write_text(QUARTO_PAGE)
    stand_in.write_text(
        '#!/bin/sh\nif [ "$1" = "--version" ]; then echo 1.9.3; exit; fi\n'
        f'echo "$@" > {tmp_path}/asked; cp manuscript.qmd {tmp_path}/staged.qmd; ls > {tmp_path}/files\n'
        f"cp {tmp_path}/page.html manuscript.html; cp {rendered}/out/manuscript.docx .; touch manuscript.pdf\n"
    )
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
    main(make(tmp_path / "work"))
    assert (tmp_path / "asked").read_text() == "render manuscript.qmd --to html,docx,typst\n"
    assert "include-before-body: mark.html" in (tmp_path / "staged.qmd").read_text()
    needed = {
        "values.json",
        "figures",
        "references.bib",
        "style.csl",
        "reference.docx",
        "mark.html",
        "header.typ",
        "fonts",
    }
    assert needed <= set((tmp_path / "files").read_text().split())
    record = json.loads((tmp_path / "work" / "out" / "render.json").read_text())
    assert (record["renderer"], record["renderer_version"]) == ("quarto", "1.9.3")
    page = BeautifulSoup((tmp_path / "work" / "out" / "manuscript.html").read_text(), "html.parser")
    table = page.find("table")
    assert {"table", "can-be-sorted"} <= set(table["class"])
    assert [row.th["scope"] for row in table.select("tbody tr")] == ["rowgroup", "row"]
    caption = page.find(id=table.parent["aria-labelledby"])
    assert caption.get_text() == "Table\u00a01: Boosts."
    assert page.find("img")["src"].startswith("data:image/svg+xml,<svg")
    assert table.select_one(".value")["data-value"] == "0"


def test_a_kernel_of_the_user_is_not_taken(tmp_path, monkeypatch):
    kernel = tmp_path / "data" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "data"))
    text = "```{python}\nimport sys\n```\n\n`{python} sys.executable`\n"
    main([*make(tmp_path / "study", text=text), "--renderer", "embedded"])
    assert sys.executable in (tmp_path / "study" / "out" / "manuscript.html").read_text()


def test_the_program_ends_with_one_line_and_exit_code_two(tmp_path):
    options = make(tmp_path, text="Chosen by 47% of them.\n")
    program = str(ROOT / "scripts" / "render_manuscript.py")
    done = subprocess.run([sys.executable, program, *options], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: manuscript.qmd: line 1:")
    shutil.rmtree(tmp_path / "out")


def test_a_short_table_stays_on_its_page_and_a_long_one_may_go_on():
    def typst(rows):
        text = "::: {#tbl-x}\n\n| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * rows + "\nCaption\n\n:::\n"
        lua = ROOT / "workflow" / "manuscript" / "paper.lua"
        return pypandoc.convert_text(text, "typst", "markdown", extra_args=[f"--lua-filter={lua}"])

    assert "breakable: false" in typst(12)
    assert "breakable: false" not in typst(60)
