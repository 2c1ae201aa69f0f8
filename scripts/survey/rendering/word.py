"""The last touch to the DOCX of either renderer: its properties, rows that stay whole, pictures that are described."""

from collections.abc import Mapping
from pathlib import Path

from survey.rendering.reference_docx import forget_time

# What the writer notes beside title, authors, language and keywords: template variables, and the word count of an
# empty document.
NEEDLESS = ("custom-properties", "extended-properties")


def finish(path: Path, study: Mapping) -> None:
    """Complete the DOCX at `path`. study: its `authors`, whose names become the author of the file."""
    from docx import Document

    document = Document(str(path))
    document.core_properties.author = ", ".join(author["name"] for author in study.get("authors") or [])
    relations = document.part.package.rels
    for name in [name for name, relation in relations.items() if relation.reltype.endswith(NEEDLESS)]:
        del relations[name]
    for table in document.tables:
        keep_rows_whole(table)
    describe_pictures(document)
    document.save(str(path))
    forget_time(path)


def keep_rows_whole(table) -> None:
    """No row is broken over two pages, the first is repeated on each, and the head of a group stays with its group."""
    from docx.oxml.ns import qn

    for place, row in enumerate(table._tbl.tr_lst):
        properties = row.get_or_add_trPr()
        for name in ["w:cantSplit", *(["w:tblHeader"] if place == 0 else [])]:
            if properties.find(qn(name)) is None:
                properties.append(properties.makeelement(qn(name), {}))
        if row.tc_lst[0].grid_span > 1:
            for paragraph in row.iter(qn("w:p")):
                paragraph.get_or_add_pPr().get_or_add_keepNext()


def describe_pictures(document) -> None:
    """The picture itself has the alternative text of its frame; the writer gives it the name of its file."""
    from docx.oxml.ns import qn

    for frame in document.element.iter(qn("wp:inline")):
        text = frame.find(qn("wp:docPr")).get("descr", "")
        for picture in frame.iter(qn("pic:cNvPr")):
            picture.set("descr", text)
