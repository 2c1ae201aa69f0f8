"""The HTML page in a browser, as readers with a mouse, a keyboard, a phone or a screen reader meet it."""

import json
import re
import shutil

import pytest
from browsing import NARROW, WIDE, needs_browser, violations, visit
from pypdf import PdfReader
from small import change

from render_manuscript import main

pytestmark = needs_browser

SHARE = re.compile(r"^(\d+)/(\d+), \d+%, 95% CI (\S+ to \S+)$")


@pytest.fixture(scope="module")
def manuscript(paper):
    """The page of the default study."""
    return paper / "results/ebmt-cart-2023/manuscript/manuscript.html"


@pytest.fixture(params=[WIDE, NARROW], ids=["1440", "390"])
def opened(request, browser, manuscript):
    """The page at both widths, with all it asked for and all that went wrong."""
    yield from visit(browser, manuscript, request.param)


@pytest.fixture
def desktop(browser, manuscript):
    yield from visit(browser, manuscript, WIDE)


@pytest.fixture
def phone(browser, manuscript):
    yield from visit(browser, manuscript, NARROW)


def test_the_page_has_no_serious_barrier_for_readers_with_a_disability(opened):
    assert violations(opened) == []


def test_an_opened_note_and_a_sorted_table_have_none_either(desktop):
    desktop.locator("table.can-be-sorted thead button").first.click()
    desktop.locator("p .value").first.focus()
    assert desktop.locator("#source").is_visible()
    assert violations(desktop) == []


def test_nothing_is_asked_of_the_network(opened):
    opened.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert [address for address in opened.asked if not address.startswith(("file:", "data:"))] == []


def test_a_number_says_how_many_of_how_many_and_where_it_comes_from(desktop):
    number = desktop.locator("p .value", has_text=SHARE).first
    n, base, interval = SHARE.match(number.inner_text()).groups()
    number.hover()
    note = desktop.locator("#source")
    note.wait_for(state="visible")
    text = note.inner_text()
    assert f"n = {n}, N = {base}; 95% CI {interval}" in text
    assert re.search(r"stats/\w+/frequencies\.csv, row \d+, columns n, percent, ci_low, ci_high", text)


def test_the_note_names_the_cell_that_holds_the_number(desktop, manuscript):
    values = json.loads((manuscript.parent / "values.json").read_text(encoding="utf-8"))
    own = values["boost.yes.percent"]
    row = desktop.locator("#tbl-cytopenia tr", has_text="Yes").first
    number = row.locator(".value", has_text=own["display"]).first
    number.hover()
    text = desktop.locator("#source").inner_text()
    assert f"{own['file']}, row {own['row']}, column percent" in text
    assert "Key: boost.yes.percent" in text


def test_every_number_of_the_text_has_a_note_and_every_note_a_source(desktop):
    told = json.loads(desktop.locator("#sources").text_content())
    assert len(told["values"]) > 1000
    assert all(places and all(told["files"][file] for file, _, _ in places) for _, _, _, places in told["values"])
    shown = desktop.locator(".value").evaluate_all("found => found.map(one => Number(one.dataset.value))")
    assert set(shown) == set(range(len(told["values"])))


def test_the_keyboard_reaches_numbers_and_escape_closes_the_note(desktop):
    number = desktop.locator("p .value").first
    number.focus()
    note = desktop.locator("#source")
    assert note.is_visible()
    assert number.get_attribute("aria-describedby") == "source"
    desktop.keyboard.press("Escape")
    assert not note.is_visible()
    assert number.get_attribute("aria-describedby") is None


def test_a_table_is_one_stop_of_the_tab_key_and_arrows_lead_on(desktop):
    table = desktop.locator("#tbl-characteristics")
    assert table.locator(".value").count() > 20
    assert table.locator(".value[tabindex='0']").count() == 1
    table.locator(".value[tabindex='0']").focus()
    desktop.keyboard.press("ArrowRight")  # from the base of the first question to its first answer
    desktop.keyboard.press("ArrowDown")
    focused = desktop.evaluate("document.activeElement.textContent")
    assert focused == table.locator("tbody tr").nth(2).locator("td").first.inner_text()
    assert desktop.locator("#source").is_visible()
    assert table.locator(".value[tabindex='0']").count() == 1


def test_a_tap_opens_the_note_and_a_tap_elsewhere_closes_it(browser, manuscript):
    for page in visit(browser, manuscript, NARROW, has_touch=True, is_mobile=True):
        page.locator("p .value").nth(5).tap()
        note = page.locator("#source")
        note.wait_for(state="visible")
        box = note.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW["width"]
        page.locator("h2").first.tap()
        assert not note.is_visible()


def column(page, table, number):
    return page.locator(f"{table} tbody").evaluate_all(
        "(bodies, number) => bodies.map(body => [...body.rows].filter(row => !row.classList.contains('row-group'))"
        ".map(row => row.cells[number].textContent.trim()))",
        number,
    )


def as_number(text):
    return float(text.lstrip("<>").split("/")[0].split("%")[0])


def test_a_column_sorts_within_its_questions_and_goes_back(desktop):
    before = column(desktop, "#tbl-crs", 2)
    questions = desktop.locator("#tbl-crs .row-group").all_inner_texts()
    head = desktop.locator("#tbl-crs thead th").nth(2)
    for direction, sign in (("ascending", 1), ("descending", -1)):
        head.get_by_role("button").focus()
        desktop.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == direction
        after = column(desktop, "#tbl-crs", 2)
        assert after != before
        for group, was in zip(after, before, strict=True):
            assert sorted(group) == sorted(was)
            numbers = [sign * as_number(text) for text in group if text != "–"]
            assert numbers == sorted(numbers)
            assert "–" not in group[: len(numbers)]
    assert desktop.locator("#tbl-crs .row-group").all_inner_texts() == questions
    head.get_by_role("button").click()
    assert column(desktop, "#tbl-crs", 2) == before
    assert head.get_attribute("aria-sort") is None


def test_p_values_and_texts_sort_as_such(desktop):
    desktop.locator("#tbl-differences thead button").last.click()
    values = [as_number(text) for text in column(desktop, "#tbl-differences", 4)[0]]
    assert values == sorted(values)
    assert column(desktop, "#tbl-differences", 4)[0][0] == "<0.001"
    desktop.locator("#tbl-claims thead button").first.click()
    texts = column(desktop, "#tbl-claims", 0)[0]
    assert texts[0].lower() <= texts[-1].lower()


def test_rows_that_add_up_cannot_be_sorted(desktop):
    assert desktop.locator("#tbl-flow button").count() == 0
    assert desktop.locator("#tbl-response button").count() == 0


def test_on_a_phone_only_tables_scroll_sideways(phone):
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= NARROW["width"]
    wider = phone.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => one.scrollWidth > one.clientWidth + 1"
        " && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)).map(one => one.className || one.tagName)"
    )
    assert set(wider) <= {"table-box", "PRE"}
    assert "table-box" in wider


def test_a_table_wider_than_the_phone_can_be_scrolled_with_the_keyboard_and_has_a_name(phone):
    box = phone.locator(".table-box:has(#tbl-published)")
    assert box.get_attribute("tabindex") == "0"
    name = phone.locator(f"#{box.get_attribute('aria-labelledby')}").inner_text()
    assert name.startswith("Table")
    box.focus()
    phone.keyboard.press("ArrowRight")
    phone.wait_for_function("document.querySelector('.table-box:has(#tbl-published)').scrollLeft > 0")


def test_each_screen_gets_the_drawing_made_for_it(browser, manuscript):
    widths = {}
    for size in (WIDE, NARROW):
        for page in visit(browser, manuscript, size):
            images = page.locator("figure[id] img, [id^='fig-'] img")
            images.evaluate_all("found => Promise.all(found.map(one => one.decode()))")
            widths[size["width"]] = images.evaluate_all(
                "found => found.map(one => [one.naturalWidth, one.clientWidth])"
            )
    assert len(widths[390]) >= 14
    for (wide, _), (narrow, shown) in zip(widths[1440], widths[390], strict=True):
        assert wide == pytest.approx(673, abs=2)  # 178 mm
        assert narrow == pytest.approx(325, abs=2)  # 86 mm
        assert shown >= narrow  # so that its 7 pt letters are no smaller


def test_the_table_of_contents_leads_to_its_sections(desktop):
    links = desktop.locator("nav a[href^='#']")
    assert links.count() > 15
    targets = links.evaluate_all("found => found.map(one => decodeURIComponent(one.hash.slice(1)))")
    assert [target for target in targets if not desktop.evaluate("id => !!document.getElementById(id)", target)] == []
    links.nth(8).click()
    top = desktop.evaluate("id => document.getElementById(id).getBoundingClientRect().top", targets[8])
    assert 0 <= top < WIDE["height"] / 2


def test_every_table_has_headings_of_columns_and_rows(desktop):
    tables = desktop.locator("main table").count()
    assert tables > 15
    assert (
        desktop.locator("main table:has(caption):has(thead th[scope=col]):has(tbody th[scope=row])").count() == tables
    )
    groups = desktop.locator("#tbl-crs tbody").count()
    assert desktop.locator("#tbl-crs tbody > tr:first-child > th[scope=rowgroup]").count() == groups > 3


def test_without_scripts_the_page_is_whole(browser, manuscript):
    for page in visit(browser, manuscript, WIDE, java_script_enabled=False):
        assert page.locator("#tbl-crs tbody th[scope=row]").count() > 10
        assert page.locator("button").count() == 0
        assert page.locator("p .value").first.get_attribute("tabindex") is None


def banner(page):
    return page.locator(".simulated", has_text="SIMULATED DATA")


def test_simulated_data_are_marked_wherever_one_reads(phone):
    for y in (0, 5000, 30000):
        phone.evaluate(f"window.scrollTo(0, {y})")
        assert banner(phone).bounding_box()["y"] == 0


def test_every_printed_page_says_that_the_data_are_simulated(desktop, tmp_path):
    desktop.pdf(path=tmp_path / "print.pdf", format="A4")
    pages = PdfReader(tmp_path / "print.pdf").pages
    assert len(pages) > 20
    assert [number for number, page in enumerate(pages, 1) if "SIMULATED DATA" not in page.extract_text()] == []


def test_real_data_bear_no_mark(browser, paper, tmp_path):
    results = paper / "results/ebmt-cart-2023"
    study = shutil.copytree(paper / "config/studies/ebmt-cart-2023", tmp_path / "study")
    change(study / "study.yaml", "simulated: true", "simulated: false")
    shutil.copytree(results / "figures", tmp_path / "figures")
    given = {
        "study": study, "values": results / "manuscript/values.json", "figures": tmp_path / "figures",
        "fonts": paper / "resources/fonts", "csl": paper / "resources/citation-styles/haematologica.csl",
        "record": tmp_path / "render.json", "renderer": "embedded",
    }  # fmt: skip
    given |= {name: tmp_path / f"manuscript.{name}" for name in ("html", "docx", "pdf")}
    main([part for name, value in given.items() for part in (f"--{name}", str(value))])
    for page in visit(browser, tmp_path / "manuscript.html", WIDE):
        assert banner(page).count() == 0
        assert "simulated data" not in page.locator("header").inner_text().lower()
