"""The styles of the DOCX: pandoc's own reference document, made to look like a paper."""

import subprocess
from pathlib import Path

FONT = "Arial"  # there, or replaced by letters of the same width, wherever a DOCX is opened
INK, GREY, RED, BLUE = "1D1D1F", "555555", "A6192E", "1F4E79"


def write_reference(path: Path, short_title: str, mark: str | None) -> None:
    """Write the reference document: A4, one font family, ruled tables, a header with the mark on every page.

    short_title: stands in the header. mark: "SIMULATED DATA", or None for data that are real.
    """
    from docx import Document
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Cm, Pt, RGBColor

    from survey.rendering.documents import pandoc

    default = subprocess.run([pandoc(), "--print-default-data-file=reference.docx"], capture_output=True, check=True)
    path.write_bytes(default.stdout)
    document = Document(str(path))
    styles = document.styles

    def style(name: str, size: float, colour: str = INK, **format_) -> None:
        """Set one paragraph style, made first where pandoc's reference has none of that name."""
        one = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        if name not in ("Normal",) and one.base_style is None:
            one.base_style = styles["Normal"]
        set_font(one, FONT)
        one.font.size, one.font.color.rgb = Pt(size), RGBColor.from_string(colour)
        for key in ("bold", "italic"):
            if key in format_:
                setattr(one.font, key, format_.pop(key))
        for key, value in format_.items():
            setattr(one.paragraph_format, key, value)

    style("Normal", 10)
    for name in ("Body Text", "First Paragraph"):
        style(name, 10, space_before=Pt(4), space_after=Pt(5), line_spacing=1.15)
    style("Compact", 8.5, space_before=Pt(1.5), space_after=Pt(1.5), line_spacing=1.0)
    style("Title", 20, bold=True, alignment=0, space_before=Pt(0), space_after=Pt(6))
    style("Author", 10.5, alignment=0, space_after=Pt(2))
    style("Affiliation", 9, GREY, space_before=Pt(0), space_after=Pt(0))
    style("Simulated Mark", 9.5, RED, bold=True, space_before=Pt(6), space_after=Pt(6))
    for name, size in (("Heading 1", 15), ("Heading 2", 12.5), ("Heading 3", 11)):
        style(name, size, bold=True, italic=False, space_before=Pt(size), space_after=Pt(4), keep_with_next=True)
    style("Table Caption", 9, bold=False, italic=False, space_before=Pt(10), space_after=Pt(3), keep_with_next=True)
    style("Image Caption", 9, bold=False, italic=False, space_before=Pt(3), space_after=Pt(10))
    style("Captioned Figure", 9, keep_with_next=True, space_before=Pt(8))
    style("Bibliography", 9.5, space_after=Pt(3))
    style("Footnote Text", 9)
    box = {"left_indent": Cm(0.4), "right_indent": Cm(0.4), "space_before": Pt(0), "space_after": Pt(4)}
    style("Callout", 9.5, **box)
    style("Callout Title", 9.5, BLUE, bold=True, keep_with_next=True, **box)
    for name in ("Callout", "Callout Title"):
        shade(styles[name], "F2F6FA", BLUE)
    rule_tables(styles["Table"])

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.0)
    header_and_footer(section, short_title, mark)
    document.save(str(path))
    forget_time(path)


def forget_time(path: Path) -> None:
    """Give every part of the file one fixed date; pandoc copies the dates of the parts it takes over."""
    from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

    with ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in parts:
            how = ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED  # a PNG is compressed already
            archive.writestr(ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0)), content, how)


def set_font(style, name: str) -> None:
    """Name the font for every script; the theme's fonts would win over it."""
    from docx.oxml.ns import qn

    style.font.name = name
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)


def shade(style, fill: str, line: str) -> None:
    """Give a paragraph style a coloured ground and a line at its left."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    properties = style.element.get_or_add_pPr()
    border = f'<w:left w:val="single" w:sz="18" w:space="6" w:color="{line}"/>'
    added = [
        parse_xml(f"<w:pBdr {nsdecls('w')}>{border}</w:pBdr>"),
        parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{fill}"/>'),
    ]
    # The schema wants them after keepNext and before spacing.
    spacing = next((child for child in properties if child.tag.endswith("}spacing")), None)
    for element in added:
        properties.append(element) if spacing is None else spacing.addprevious(element)


def rule_tables(style) -> None:
    """Rules above, below and between rows, as in a journal; the header row is bold."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn

    for old in style.element.findall(qn("w:tblPr")) + style.element.findall(qn("w:tblStylePr")):
        style.element.remove(old)
    edge = '<w:{} w:val="single" w:sz="{}" w:space="0" w:color="{}"/>'.format
    borders = edge("top", 8, INK) + edge("bottom", 8, INK) + edge("insideH", 2, "CFCFCF")
    margins = '<w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
    properties = f"<w:tblBorders>{borders}</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar>"
    style.element.append(parse_xml(f"<w:tblPr {nsdecls('w')}>{properties}</w:tblPr>"))
    style.element.append(
        parse_xml(
            f'<w:tblStylePr {nsdecls("w")} w:type="firstRow"><w:rPr><w:b/></w:rPr>'
            f"<w:tcPr><w:tcBorders>{edge('bottom', 6, INK)}</w:tcBorders></w:tcPr></w:tblStylePr>"
        )
    )


def header_and_footer(section, short_title: str, mark: str | None) -> None:
    """The short title at the left, the mark at the right, the page's number below."""
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Pt, RGBColor

    def small(paragraph, text: str, colour: str, bold: bool = False) -> None:
        run = paragraph.add_run(text)
        run.font.size, run.font.bold, run.font.color.rgb = Pt(8), bold, RGBColor.from_string(colour)

    text_width = section.page_width - section.left_margin - section.right_margin
    header = section.header.paragraphs[0]
    header.paragraph_format.tab_stops.add_tab_stop(text_width, WD_TAB_ALIGNMENT.RIGHT)
    small(header, short_title, GREY)
    if mark:
        small(header, f"\t{mark}", RED, bold=True)
    footer = section.footer.paragraphs[0]
    footer.alignment = 2
    small(footer, "Page ", GREY)
    field = '<w:fldSimple {} w:instr=" PAGE "><w:r><w:rPr><w:sz w:val="16"/></w:rPr><w:t>1</w:t></w:r></w:fldSimple>'
    footer._p.append(parse_xml(field.format(nsdecls("w"))))
