"""The page's tree, drawings, tables and notes on small pieces of HTML."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.rendering.drawings import data_address, size, undescribed
from survey.rendering.markup import read
from survey.rendering.page import base, finish, interval, items_of_rows, mark_up_table, surround, together

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>a &lt; b</title>
<style>p > a { color: red }</style></head>
<body><!-- note --><p class='x' hidden>5 &lt; 6&nbsp;&#8211; <br />caf\u00e9 <b>x</B></p>
<script>if (a < b && "</p>") {}</script>
<svg viewBox="0 0 1 1"><linearGradient id="g"/></svg></body></html>
"""


def test_a_page_that_nobody_changes_is_written_as_it_was_read():
    assert read(PAGE).write() == PAGE.replace("</B>", "</b>")


@given(st.recursive(st.sampled_from(["a", "&lt;", "\n", "<br>"]), lambda part: st.lists(part, max_size=3).map(
    lambda parts: "<p class='c'>" + "".join(parts) + "</p>"), max_leaves=12))  # fmt: skip
def test_any_nesting_is_written_as_it_was_read(html):
    assert read(html).write() == html


def test_a_changed_attribute_is_written_so_that_it_reads_the_same():
    document = read('<p title="a &amp; b">x</p>')
    document.find("p")[0].attributes["title"] = 'a & "b" <c>'
    assert read(document.write()).find("p")[0].attributes["title"] == 'a & "b" <c>'


def table(rows, head="<th>Question</th><th>n/N</th>"):
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def marked_up(html):
    document = read(html)
    (found,) = document.find("table")
    mark_up_table(found)
    return document, found


ROW = "<tr><td>{}</td><td>{}</td></tr>"
GROUPED = table(
    ROW.format('<span class="row-group"><strong>A?</strong></span>', "")
    + ROW.format("Yes", "1/2")
    + ROW.format('<span class="row-group"><strong>B?</strong></span>', "0.3")
    + ROW.format("No", "1/2"),
    '<th><span class="can-be-sorted">Question</span></th><th>n/N</th>',
)


def test_every_question_heads_a_body_of_its_own():
    _, found = marked_up(GROUPED)
    bodies = found.find("tbody")
    heads = [body.find("th") for body in bodies]
    assert [[(cell.attributes["scope"], cell.text()) for cell in cells] for cells in heads] == [
        [("rowgroup", "A?"), ("row", "Yes")],
        [("rowgroup", "B?"), ("row", "No")],
    ]
    # As wide as the empty cells after it; a value there keeps its own cell.
    assert [cells[0].attributes["colspan"] for cells in heads] == ["2", "1"]
    assert [body.find("tr")[0].find("td") != [] for body in bodies] == [False, True]
    assert "can-be-sorted" in found.classes()
    assert [cell.attributes["scope"] for cell in found.find("thead")[0].find("th")] == ["col", "col"]


def test_a_table_without_the_mark_is_not_sorted_and_has_one_body():
    _, found = marked_up(table(ROW.format("Invited", "227") + ROW.format("", "106")))
    assert "can-be-sorted" not in found.classes()
    assert len(found.find("tbody")) == 1
    assert [cell.text() for cell in found.find("tbody")[0].find("th")] == ["Invited"]


@pytest.mark.parametrize(
    ("html", "label"),
    [
        ("<table><caption>C</caption></table>", {"aria-labelledby": "caption-3"}),
        ("<figure><figcaption id='own'>C</figcaption><div><table></table></div></figure>", {"aria-labelledby": "own"}),
        ("<table></table>", {"aria-label": "Table 3"}),
    ],
)
def test_the_box_around_a_table_is_named_by_its_caption(html, label):
    document = read(f"<div>{html}</div>")
    surround(document, document.find("table")[0], 3)
    (box,) = [one for one in document.find("div") if "table-box" in one.classes()]
    assert box.attributes == {"class": "table-box", "role": "region", **label, "tabindex": "0"}
    assert len(document.find("table")) == 1


def entry(display, value=None, file="stats/a.csv", row=2, n=None, unit=""):
    return {"display": display, "value": value, "file": file, "row": row, "column": "c", "n": n, "unit": unit}


VALUES = {
    "boost.n_valid": entry("104", 104),
    "boost.yes.n": entry("63", 63, n=104),
    "boost.yes.n_of": entry("63/104", 63, n=104),
    "boost.yes.percent": entry("61%", 60.6, n=104, unit="%"),
    "boost.yes.ci": entry("54 to 68", [54.0, 68.0], n=104),
    "boost.entropy": entry("0.97", 0.97, "stats/agreement.csv", 7),
    "agreement.1.entropy": entry("0.97", 0.97, "stats/agreement.csv", 7),
    "stay.median": entry("14", 14.0, n=99),
    "stay.median_ci": entry("12 to 15", [12.0, 15.0], n=99),
    "flow.analysed": entry("106", 106),
    "flow.response_rate": entry("47%", 46.7, n=227, unit="%"),
    "agreement.consensus": entry("18", 18, n=52),
    "thresholds.consensus": entry("75%", 75, "study.yaml", 0, unit="%"),
    "comparisons.samples": entry("100,000", 100_000, "study.yaml", 0),
    "frame.north.frame_n": entry("39", 39, n=227),
    "frame.north.respondents_n": entry("15", 15, n=106),
    "frame.north.response_percent": entry("38%", 38.5, n=39, unit="%"),
    "comparator.1.n_of": entry("63/104", 63, n=104),
    "comparator.1.ci": entry("54 to 68", [54.0, 68.0]),
    "comparator.1.published_n_of": entry("20/40", "yes"),
    "comparator.1.published": entry("50%", "50", unit="%"),
    "comparator.1.published_ci": entry("–"),
}


@pytest.mark.parametrize(
    ("key", "counted", "between"),
    [
        ("boost.yes.percent", "n = 63, N = 104", "54 to 68"),
        ("boost.yes.n_of", "n = 63, N = 104", "54 to 68"),
        ("boost.n_valid", "n = 104", ""),
        ("agreement.1.entropy", "N = 104", ""),
        ("stay.median", "n = 99", "12 to 15"),
        ("flow.analysed", "n = 106", ""),
        ("flow.response_rate", "N = 227", ""),
        ("agreement.consensus", "n = 18, N = 52", ""),
        ("thresholds.consensus", "", ""),
        ("comparisons.samples", "", ""),
        ("frame.north.frame_n", "n = 39, N = 227", ""),
        ("frame.north.response_percent", "n = 15, N = 39", ""),
        ("comparator.1.n_of", "n = 63, N = 104", "54 to 68"),
        ("comparator.1.published", "n = 20, N = 40", ""),
    ],
)
def test_a_note_says_how_many_of_how_many_and_the_interval_of_that_value_alone(key, counted, between):
    assert base(key, VALUES, items_of_rows(VALUES)) == counted
    assert interval(key, VALUES) == between


def test_keys_of_one_answer_are_written_short():
    assert together(["boost.yes.n_of", "boost.yes.percent"]) == "boost.yes.n_of, .percent"
    assert together(["boost.yes.n_of", "stay.median"]) == "boost.yes.n_of, stay.median"


SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="75pt" height="30pt">
 <title>T</title>
 <desc>D</desc><g id="a"><path fill="#0072B2" d="M0 0L10.5 -3z"/></g></svg>
"""


def test_the_size_of_a_drawing_is_given_in_pixels():
    assert size(SVG) == {"width": "100", "height": "40"}
    assert size('<svg viewBox="0 0 1 1"></svg>') == {}


def test_the_address_of_a_drawing_for_a_srcset_has_no_blank_and_ends_nowhere_early():
    address = data_address(undescribed(SVG), blanks="%20")
    assert address.startswith("data:image/svg+xml,<svg")
    assert not re.search(r'[\s#"]', address)
    assert "title" not in address


def finished(folder, body, svgs=()):
    (folder / "figures").mkdir()
    for name in svgs:
        (folder / "figures" / name).write_text(SVG)
    (folder / "page.html").write_text(f"<html><head></head><body>{body}</body></html>")
    finish(folder / "page.html", VALUES, folder / "figures")
    return read((folder / "page.html").read_text())


PICTURE = '<figure id="fig-a-b"><img src="data:image/svg+xml;base64,x" alt="A"><figcaption>C</figcaption></figure>'


def test_a_figure_has_one_drawing_for_each_screen(tmp_path):
    page = finished(tmp_path, PICTURE, ["a_b.svg", "a_b-86mm.svg"])
    (picture,) = page.find("picture")
    source, image = picture.find("source", "img")
    assert source.attributes["media"] == "(max-width: 600px)"
    assert source.attributes["srcset"].startswith("data:image/svg+xml,")
    assert image.attributes["alt"] == "A"
    assert image.attributes["src"].startswith("data:image/svg+xml,")


def test_a_figure_drawn_at_one_width_and_a_picture_that_is_no_drawing_stay_as_they_are(tmp_path):
    other = '<figure id="fig-b"><img src="data:image/png;base64,x" alt="B"></figure>'
    page = finished(tmp_path, PICTURE + other, ["a_b.svg", "b.svg", "b-86mm.svg"])
    assert page.find("picture") == []
    assert [image.attributes["src"][:15] for image in page.find("img")] == ["data:image/svg+", "data:image/png;"]


def test_what_a_note_says_cannot_end_its_script(tmp_path):
    key = "boost.yes.percent"
    page = finished(tmp_path, f'<span class="value" data-keys="{key}">61%</span>')
    scripts = {script.attributes.get("id"): script.text() for script in page.find("script")}
    assert "<" not in scripts["sources"]
    assert '"boost.yes.percent","n = 63, N = 104","54 to 68",[[0,2,"c"]]' in scripts["sources"]
