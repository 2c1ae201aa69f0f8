"""What a reader finds in a manuscript as HTML, DOCX or PDF, brought into one form to be compared."""

import re
from collections import Counter
from pathlib import Path

LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}


def page_of(path: Path):
    """The HTML page without what is no text of the paper: contents, scripts, formulas, numbers of footnotes."""
    from bs4 import BeautifulSoup

    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for part in page.select("script, style, title, nav, math, .footnote-ref, .skip, .simulated, #source"):
        part.decompose()
    return page


def pieces(text: str) -> Counter:
    """Words and numbers of a text, counted, without marks between them, nor hyphens, at which lines break."""
    for sign, letters in LIGATURES.items():
        text = text.replace(sign, letters)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]", lambda raised: f"\n{'⁰¹²³⁴⁵⁶⁷⁸⁹'.index(raised[0])}\n", text)
    text = re.sub(r"[\u00ad\u2010-]\s*\n?", "", text)
    return Counter(re.findall(r"[^\W\d_]+|\d+", text))


def html_pieces(path: Path) -> Counter:
    """Words and numbers of the HTML."""
    page = page_of(path)
    for part in page.select("p, li, td, th, caption, figcaption, h1, h2, h3, h4, h5, div, sup"):
        part.append("\n")
        part.insert(0, "\n")
    return pieces(page.get_text())


def docx_paragraphs(path: Path) -> list[tuple[str, str]]:
    """Style and text of every paragraph of the DOCX, those of tables and footnotes among them; formulas left out."""
    from docx import Document
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    document = Document(str(path))
    styles = {style.style_id: style.name for style in document.styles}
    parts = {str(part.partname): part for part in document.part.package.iter_parts()}
    roots = [document.element.body]
    if "/word/footnotes.xml" in parts:
        roots.append(parse_xml(parts["/word/footnotes.xml"].blob))
    return [
        (
            styles.get(paragraph.style, ""),
            "".join(f"\n{node.text}\n" if _raised(node) else node.text or "" for node in paragraph.iter(qn("w:t"))),
        )
        for root in roots
        for paragraph in root.iter(qn("w:p"))
    ]


def _raised(node) -> bool:
    return any(child.tag.endswith("}vertAlign") for child in node.getparent().iter())


def docx_pieces(path: Path) -> Counter:
    """Words and numbers of the DOCX."""
    return pieces("\n".join(text for _, text in docx_paragraphs(path)))


def pdf_text(path: Path) -> str:
    """The text of the PDF without the lines at the head and the foot of its pages."""
    from pypdf import PdfReader

    pages = PdfReader(path).pages
    texts = []
    for number, sheet in enumerate(pages, 1):
        lines = [line for line in sheet.extract_text().splitlines() if line.strip() != f"Page {number} of {len(pages)}"]
        texts.append("\n".join(lines))
    return "\n".join(texts)


def squeezed(text: str) -> str:
    """A text without blanks and marks, so that where its lines break makes no difference."""
    for sign, letters in LIGATURES.items():
        text = text.replace(sign, letters)
    return re.sub(r"[\W_]+", "", text)


def html_captions(path: Path) -> list[str]:
    """The captions of the HTML, without number, in their order."""
    return [unnumbered(one.get_text()) for one in page_of(path).select("caption, figcaption")]


def docx_captions(path: Path) -> list[str]:
    """The captions of the DOCX, without number, in their order."""
    return [unnumbered(text) for style, text in docx_paragraphs(path) if style in ("Table Caption", "Image Caption")]


def unnumbered(caption: str) -> str:
    """A caption without "Figure 1." or "Table 1:"."""
    return " ".join(re.sub(r"^\s*(Figure|Table)\s+\d+[.:]?", "", caption).split())


def html_references(path: Path) -> list[str]:
    """The list of references of the HTML."""
    return [squeezed(one.get_text()) for one in page_of(path).select(".csl-entry")]


def docx_references(path: Path) -> list[str]:
    """The list of references of the DOCX."""
    return [squeezed(text) for style, text in docx_paragraphs(path) if style == "Bibliography"]


def assert_same_paper(html: Path, docx: Path, pdf: Path, beside: str) -> None:
    """HTML, DOCX and PDF hold the same words and numbers, the same captions and the same references.

    The PDF repeats the heads of tables and has the words of `beside`, too.
    """
    words = html_pieces(html)
    assert words - docx_pieces(docx) == Counter()
    assert docx_pieces(docx) - words == Counter()
    text = pdf_text(pdf)
    assert words - pieces(text) == Counter()
    heads = "\n".join(head.get_text("\n") for head in page_of(html).select("thead")) + "\n" + beside
    letters = re.compile("[\U0001d400-\U0001d7ff]|\\d")  # of formulas
    assert {word for word in pieces(text) - words if not letters.fullmatch(word)} <= set(pieces(heads))
    captions = html_captions(html)
    assert captions
    assert sorted(docx_captions(docx)) == sorted(captions)
    assert [caption for caption in captions if squeezed(caption) not in squeezed(text)] == []
    assert docx_references(docx) == html_references(html)
    assert html_references(html)
