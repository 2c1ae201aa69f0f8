"""The audit site in a browser: from a number of the manuscript to the cells of the export, and back."""

import csv
import json
import re
import shutil
from collections import Counter
from urllib.parse import quote

import pytest
from browsing import NARROW, WIDE, needs_browser, violations, visit
from project import call
from small import change

from survey.provenance import Sources, as_text, classify
from survey.study import read_study
from survey.tables import read_rows

pytestmark = needs_browser

STUDY = "ebmt-cart-2023"
ROUTES = {
    "start": "",
    "value": "value=boost.yes.percent",
    "rate": "value=response.RR1.percent",
    "values": "values",
    "tables": "tables",
    "clean": "table=clean/responses.parquet",
    "ledger": "table=clean/ledger.csv&row=120",
    "figure": "row=figures/treatment.csv&row=3",
    "record": "record=55",
    "steps": "steps",
    "step": "step=describe",
    "claims": "claims",
    "checklists": "checklists",
}


@pytest.fixture(scope="module")
def results(paper):
    """The results of the default study."""
    return paper / "results" / STUDY


@pytest.fixture(scope="module")
def site(results):
    return results / "audit" / "index.html"


@pytest.fixture(scope="module")
def values(results):
    return json.loads((results / "manuscript/values.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def export(paper):
    """The rows of the export as a spreadsheet shows them."""
    with (paper / f"resources/simulated/{STUDY}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def records(results):
    """Every record with its cells as provenance compares them, read without the site."""
    clean = {row["record"]: row for row in read_rows(results / "clean/responses.parquet")}
    found = []
    for row in read_rows(results / "clean/sample.parquet"):
        cells = {f"sample.{name}": as_text(cell) for name, cell in row.items()}
        cells |= {name: as_text(cell) for name, cell in clean.get(row["record"], {}).items()}
        found.append(cells | {"record": row["record"]})
    return found


@pytest.fixture
def opened(browser, site):
    yield from visit(browser, site, WIDE)


def go(page, route):
    """Follow a route of the page that is open."""
    page.evaluate(
        "route => new Promise(done => { addEventListener('hashchange', () => done(), {once: true});"
        " location.hash = route; })",
        route,
    )


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column_number(letters):
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def all_pages(page, read):
    """What `read` gives of every page of the list of records."""
    found = read(page)
    on = page.locator("main .pages button", has_text="On")
    while on.count() and on.is_enabled():
        on.click()
        found += read(page)
    return found


def counted_rows(page):
    return page.locator("#records tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.record, row.dataset.class, row.cells[4].innerText])"
    )


# --- from the manuscript to the cells and back ---------------------------------------------------------------------


def test_a_click_on_a_number_leads_to_the_cells_of_the_export_that_it_counts(browser, results, export, values):
    for page in visit(browser, results / "manuscript/manuscript.html", WIDE):
        number = page.locator("p .value", has_text="63/103").first
        number.hover()
        page.locator("#source .follow a", has_text="percent").click()
        page.wait_for_url("**/audit/index.html#value=boost.yes.percent")
        assert page.locator(".number").inner_text() == values["boost.yes.percent"]["display"]
        n, base = 63, 103
        assert f"Counted here: {n} of {base}" in page.locator("main").inner_text()
        cells = all_pages(page, counted_rows)
        assert len(cells) == n
        place = export[0].index(next(head for head in export[0] if head.startswith("boost.")))
        told = set()
        for record, _, text in cells:
            cell, row, letters = re.fullmatch(r"(.*) row (\d+), column ([A-Z]+) boost", text).groups()
            line = export[int(row) - 1]
            assert column_number(letters) - 1 == place
            assert line[place] == cell == "Yes"
            assert line[0] == record
            told.add(record)
        # Nobody else said yes, but those who were excluded.
        yes = {line[0] for line in export[1:] if line[place].strip() == "Yes"}
        excluded = {row["record"] for row in rows_of(results / "clean/exclusions.csv")}
        assert told == yes - excluded


def test_a_changed_cell_shows_its_row_of_the_ledger_and_the_verbatim_text(opened, results, export):
    change = next(row for row in rows_of(results / "clean/ledger.csv") if row["rule"] == "approximate")
    go(opened, f"value={change['item']}.median")
    opened.locator("button[data-class='']").click()
    lines = all_pages(opened, lambda page: page.locator("#records tbody tr").all_inner_texts())
    line = next(line for line in lines if line.startswith(change["record"] + "\t"))
    assert f"approximate: {change['reason']} → {change['clean']}" in line
    assert f"{change['raw']} row " in line
    assert f"{change['item']} = {change['clean']}" in line


def test_the_site_leads_back_to_where_the_number_is_printed(opened):
    go(opened, "value=boost.yes.percent")
    quoted = opened.locator("blockquote mark").nth(1).inner_text()
    opened.locator("blockquote a").nth(1).click()
    opened.wait_for_url("**/manuscript/manuscript.html#v-*")
    target = opened.locator(".value:target")
    assert target.inner_text() == quoted
    assert "63/103" in quoted
    box = target.bounding_box()
    assert 0 < box["y"] < WIDE["height"]
    assert opened.locator("#source").is_visible()


def test_the_keyboard_alone_leads_from_a_number_to_its_cells(browser, results):
    for page in visit(browser, results / "manuscript/manuscript.html", WIDE):
        page.locator("p .value", has_text="63/103").first.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.closest('#source') !== null")
        assert page.locator("#source").is_visible()
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.classList.contains('value')")
        assert not page.locator("#source").is_visible()
        page.locator("p .value", has_text="63/103").first.press("ArrowDown")
        page.locator("p .value", has_text="84/98").first.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.wait_for_url("**/audit/index.html#value=*")
        assert page.locator("#records tbody tr").count() > 0


def test_every_printed_number_has_a_place_of_its_own_and_the_site_knows_its_words(browser, results, opened):
    told = opened.evaluate("JSON.parse(document.getElementById('data').textContent).printed")
    for page in visit(browser, results / "manuscript/manuscript.html", WIDE):
        spans = page.locator(".value").evaluate_all(
            "all => all.map(one => [one.id, one.textContent.replace(/\\s+/g, ' ').trim()])"
        )
    assert [name for name, _ in spans] == [f"v-{at}" for at in range(1, len(spans) + 1)]
    words = [told["blocks"][block][1][start:end] for block, start, end, _ in told["places"]]
    assert words == [text for _, text in spans]
    assert len(words) > 4000


# --- the page counts as Python does --------------------------------------------------------------------------------


def sample_of_keys(values, sources, every):
    """Keys of all kinds: every n-th that counts records, and the first of each measure and file."""
    chosen, kinds = [], set()
    for at, (key, entry) in enumerate(sorted(values.items())):
        found = sources.of_value(key, entry)
        if not found["terms"]:
            continue
        first = found["terms"][0]
        kind = (entry["file"].split("/")[-1], found["measure"], first["counts"], first["among"], bool(first["group"]))
        if at % every == 0 or kind not in kinds:
            chosen.append((key, first))
        kinds.add(kind)
    return chosen


def test_what_the_page_says_of_hundreds_of_values_is_what_python_counts(opened, paper, results, values, records):
    sources = Sources(read_study(paper / "config/studies" / STUDY), results)
    keys = sample_of_keys(values, sources, 35)
    assert len(keys) > 300
    told = opened.evaluate(
        """async keys => {
            const found = [];
            for (const key of keys) {
                await new Promise(done => {
                    addEventListener('hashchange', () => done(), {once: true});
                    location.hash = `value=${encodeURIComponent(key)}`;
                });
                found.push([[...document.querySelectorAll('button[data-class]')].filter(one => one.dataset.class)
                    .map(one => [one.dataset.class, Number(one.dataset.n)]),
                    [...document.querySelectorAll('.formula .icon')].map(one => one.getAttribute('aria-label'))]);
            }
            return found;
        }""",
        [key for key, _ in keys],
    )
    recounted = 0
    for (key, term), (classes, verdicts) in zip(keys, told, strict=True):
        assert dict(classes) == dict(Counter(classify(term, record) for record in records)), key
        assert set(verdicts) <= {"agrees"}, key
        recounted += len(verdicts)
    assert recounted > 100


@pytest.mark.parametrize(
    "key",
    [
        "products.axi_cel.population.adult.percent",
        "boost_day.d28.n_of",
        "hospital_stay.median",
        "flow.duplicate.excluded",
    ],
)
def test_the_page_lists_each_record_in_the_class_that_python_puts_it_in(key, opened, paper, results, values, records):
    sources = Sources(read_study(paper / "config/studies" / STUDY), results)
    term = sources.of_value(key, values[key])["terms"][0]
    go(opened, f"value={key}")
    opened.locator("button[data-class='']").click()
    told = all_pages(opened, counted_rows)
    assert {record: name for record, name, _ in told} == {one["record"]: classify(term, one) for one in records}


# --- tables --------------------------------------------------------------------------------------------------------


def shown(page):
    page.wait_for_timeout(250)  # the page waits for the end of typing
    return page.locator(".count").inner_text()


def test_a_table_is_filtered_searched_and_sorted(opened, results):
    rows = rows_of(results / "stats/cytopenia/frequencies.csv")
    go(opened, "table=stats/cytopenia/frequencies.csv")
    assert shown(opened) == f"{len(rows)} of {len(rows)} rows"
    opened.get_by_label("Filter n", exact=True).fill(">50")
    many = [row for row in rows if int(row["n"]) > 50]
    assert shown(opened) == f"{len(many)} of {len(rows)} rows"
    opened.get_by_label("Filter item", exact=True).fill("=boost")
    assert shown(opened) == f"{sum(row['item'] == 'boost' for row in many)} of {len(rows)} rows"
    opened.get_by_label("Filter n", exact=True).fill("")
    opened.get_by_label("Filter item", exact=True).fill("")
    opened.get_by_label("Search all columns").fill("MARROW")
    hits = [row for row in rows if any("marrow" in cell.lower() for cell in row.values())]
    assert shown(opened) == f"{len(hits)} of {len(rows)} rows"
    assert hits
    opened.get_by_label("Search all columns").fill("")
    head = opened.locator("#browser thead th", has_text="percent").first
    head.get_by_role("button").click()
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    place = 1 + list(rows[0]).index("percent")
    texts = opened.locator("#browser tbody tr").evaluate_all(
        "(all, at) => all.map(one => one.cells[at].innerText)", place
    )
    numbers = [float(text) for text in texts if text]
    assert numbers == sorted((float(row["percent"]) for row in rows if row["percent"]), reverse=True)


@pytest.mark.parametrize("file", ["clean/ledger.csv", "stats/comparisons.csv", "figures/groups.csv", "audit/cross.csv"])
def test_a_link_to_a_row_shows_the_row_that_a_spreadsheet_gives_that_number(file, opened, results):
    with (results / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    number = len(rows) - 3
    go(opened, f"table={file}&row={number}")
    told = opened.locator("tr.hit").evaluate("row => [...row.cells].map(cell => cell.textContent)")
    assert told[0] == str(number)
    assert [cell for cell in told[1:] if not cell.startswith("withheld")] == [
        cell for cell, text in zip(rows[number - 1], told[1:], strict=True) if not text.startswith("withheld")
    ]
    box = opened.locator("tr.hit").bounding_box()
    assert 0 <= box["y"] < WIDE["height"]


def test_every_table_of_the_results_is_there_row_by_row(opened, results):
    told = {
        table["file"]: (table["columns"], table["rows"])
        for table in opened.evaluate("JSON.parse(document.getElementById('data').textContent).tables")
    }
    missing = []
    for path in sorted(results.rglob("*.csv")):
        file = path.relative_to(results).as_posix()
        if file.startswith(("clean/domains", "audit/study")):
            continue
        with path.open(encoding="utf-8", newline="") as lines:
            head, *rows = csv.reader(lines)
        if told.get(file) != (head, len(rows)):
            missing.append(file)
    assert missing == []


def test_a_mark_of_a_figure_leads_to_its_row_of_the_statistics_and_to_who_was_counted(opened, results):
    row = rows_of(results / "figures/treatment.csv")[1]
    go(opened, ROUTES["figure"])
    assert row["options"] == "g1_24h|g1_48h|g1_72h"
    text = opened.locator("main").inner_text()
    assert "stats/shares.csv" in text
    assert opened.locator("button[data-class='counted']").get_attribute("data-n") == row["n"]


def test_filters_can_stand_in_the_address(opened, results):
    excluded = [row for row in rows_of(results / "clean/exclusions.csv") if row["rule"] == "duplicate"]
    opened.goto(opened.url.split("#")[0] + "#start")
    opened.locator("#diagram a", has_text="another answer of the same centre").first.click()
    told = opened.locator("#browser tbody tr").evaluate_all("rows => rows.map(row => row.cells[1].innerText)")
    assert told == [row["record"] for row in excluded]


# --- start, steps, claims ------------------------------------------------------------------------------------------


def test_the_start_says_what_was_done_and_whether_it_was_verified(opened, results):
    text = opened.locator("main").inner_text()
    flow = rows_of(results / "clean/flow.csv")
    for row in flow:
        if row["reason"]:
            words = f"{row['reason']}: {row['excluded']}".replace(" ", "")
            assert words in opened.locator("#diagram").inner_text().replace("\n", "").replace(" ", "")
    checks = rows_of(results / "audit/checks.csv")
    assert all(row["failed"] == "0" for row in checks)
    assert f"All {len(checks)} checks passed." in text
    assert "make verify" in text
    assert f"python scripts/trace.py results/{STUDY} " in text


def test_each_step_shows_the_command_to_paste(opened, results):
    from playwright.sync_api import expect

    steps = json.loads((results / "audit/steps.json").read_text(encoding="utf-8"))["steps"]
    go(opened, "steps")
    assert opened.locator(".step h2").all_inner_texts() == [step["rule"] for step in steps]
    step = next(step for step in steps if step["rule"] == "describe")
    go(opened, "step=describe")
    assert opened.locator(".command code").all_inner_texts() == [job["command"] for job in step["jobs"]]
    assert step["code_sha256"] in opened.locator("main").inner_text()
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = opened.locator(".command button").first
    button.click()
    expect(button).to_have_text(re.compile("^Copied"))  # the page's policy forbids to evaluate a text
    assert opened.evaluate("navigator.clipboard.readText()") == step["jobs"][0]["command"]


def test_a_number_names_the_steps_that_made_it(opened):
    go(opened, "value=boost.yes.percent")
    names = opened.locator(".chain li").last.locator("p").first.inner_text().split(" → ")
    assert names[0] == "ingest"
    assert names[-1] == "describe"
    assert "clean_domain" in names


def test_claims_stand_with_verdict_and_evidence(opened, results):
    claims = rows_of(results / "stats/claims.csv")
    go(opened, "claims")
    told = opened.locator("#claims tbody tr")
    assert told.count() == len(claims)
    verdicts = [text.strip() for text in told.locator(".badge").all_inner_texts()]
    assert sorted(verdicts) == sorted(row["verdict"] for row in claims)
    link = told.locator("a[href*='frequencies.csv']").first
    file, row = re.search(r"(\S+\.csv) row (\d+)", link.inner_text()).groups()
    link.click()
    assert opened.locator("tr.hit th").inner_text() == row
    assert file in opened.locator("main").inner_text()


# --- whoever reads it, wherever ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
@pytest.mark.parametrize("name", ROUTES)
def test_no_part_has_a_serious_barrier_asks_the_network_or_scrolls_sideways(name, size, browser, site):
    for page in visit(browser, site, size, ROUTES[name]):
        assert page.locator("main h1").count() == 1
        assert violations(page) == []
        assert [address for address in page.asked if not address.startswith("file:")] == []
        assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
        assert page.locator(".simulated", has_text="SIMULATED DATA").bounding_box()["y"] == 0
        assert "(simulated data)" in page.title()


def test_an_address_that_leads_nowhere_says_so(opened):
    for route in (
        "value=absent.percent",
        "table=absent.csv",
        "record=0",
        "step=absent",
        "row=stats/claims.csv&row=999",
    ):
        go(opened, route)
        assert opened.locator("h1").inner_text() == "Not found"


def test_building_it_again_gives_the_same_bytes(paper, results, site, tmp_path):
    assert build(paper / "config/studies" / STUDY, results, tmp_path).read_bytes() == site.read_bytes()


# --- what it must not tell -----------------------------------------------------------------------------------------


def test_no_identifier_and_no_free_text_of_the_export_is_in_the_page(site, export, results):
    page = site.read_text(encoding="utf-8")
    columns = rows_of(results / "ingest/columns.csv")
    listed = {
        text.strip().casefold()
        for row in rows_of(results / "audit/study/options.csv")
        for text in (row["code"], row["label"], *row["aliases"].split("|"))
    }
    sought = 0
    for column in columns:
        private = column["item"] in ("centre_id", "contact_name", "contact_email", "comment")
        if not private and column["use"] != "other_text":
            continue
        for line in export[1:]:
            text = line[int(column["position"]) - 1].strip()
            # What an option is called is no text of a respondent, and a test record's "Test" is a word.
            if len(text) < 5 or text.casefold() in listed:
                continue
            sought += 1
            assert json.dumps(text, ensure_ascii=False)[1:-1] not in page, (column["column"], text)
    assert sought > 500


def test_texts_of_other_and_identifiers_are_said_to_be_withheld(opened, results):
    ledger = rows_of(results / "clean/ledger.csv")
    for rule, words in (("other_text", "withheld: free text"), ("spelling", "withheld: identifier")):
        number = next(
            at
            for at, row in enumerate(ledger, start=2)
            if row["rule"] == rule and (rule == "other_text" or row["item"] == "centre_id")
        )
        go(opened, f"table=clean/ledger.csv&row={number}")
        assert words in opened.locator("tr.hit").inner_text()


def build(study, results, folder):
    process = call("build_site", "--study", study, "--results", results, "--out", folder / "index.html")
    assert process.returncode == 0, process.stderr
    return folder / "index.html"


@pytest.fixture
def changed(paper, results, tmp_path):
    """A study and its results, to be changed: what the site reads of them."""
    study = shutil.copytree(paper / "config/studies" / STUDY, tmp_path / "study")
    for part in ("ingest", "clean", "stats", "audit"):
        shutil.copytree(results / part, tmp_path / "results" / part)
    (tmp_path / "results/figures").mkdir()
    (tmp_path / "results/manuscript").mkdir()
    for path in [*results.glob("figures/*.csv"), *(results / "manuscript").glob("*.*")]:
        shutil.copy(path, tmp_path / "results" / path.parent.name)
    return study, tmp_path / "results"


def test_a_study_with_a_smallest_count_shows_no_record_and_says_why(browser, changed, tmp_path):
    study, results = changed
    change(study / "study.yaml", "minimum_cell: 0", "minimum_cell: 5")
    page = build(study, results, tmp_path)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])
    files = {table["file"] for table in data["tables"]}
    private = ("ledger", "exclusions", "validation", "sample", "responses", "appendix")
    assert [file for file in files if any(name in file for name in private)] == []
    assert all(set((term.get("chosen") or {}).get("record", [])) == set() for term in data["provenance"]["terms"])
    for opened in visit(browser, page, WIDE, "value=boost.yes.percent"):
        text = opened.locator("main").inner_text()
        assert "publishes no count of fewer than 5" in text
        assert opened.locator("#records, button[data-class]").count() == 0
        for route in ("record=55", "table=clean/ledger.csv", "table=clean/responses.parquet", "start", "tables"):
            go(opened, route)
            assert "fewer than 5" in opened.locator("main").inner_text()


HOSTILE = """</script><img src=x onerror="window.hit=1">'"&amp; [ä] ${1}"""


def test_hostile_texts_are_shown_as_texts(browser, changed, tmp_path):
    study, results = changed
    title = yaml_text(HOSTILE)
    change(study / "study.yaml", "title: Management of complications", f"title: {title}\nshort_title_: Management")
    text = (study / "study.yaml").read_text(encoding="utf-8")
    (study / "study.yaml").write_text(re.sub(r"\nshort_title_:.*", "", text), encoding="utf-8")
    change(study / "options.csv", "boost,yes,Yes,", f'boost,yes,"{HOSTILE.replace(chr(34), chr(34) * 2)}",')
    ledger = rows_of(results / "clean/ledger.csv")
    place = next(at for at, row in enumerate(ledger) if row["rule"] == "approximate")
    ledger[place] |= {"raw": HOSTILE, "reason": HOSTILE}
    write(results / "clean/ledger.csv", ledger)
    checks = rows_of(results / "audit/checks.csv")
    checks[0] |= {"failed": "2", "what": f"Hostile {HOSTILE}", "first_failure": HOSTILE}
    write(results / "audit/checks.csv", checks)
    for opened in visit(browser, build(study, results, tmp_path), WIDE):
        assert HOSTILE in opened.locator("header").inner_text()
        assert f"1 of {len(checks)} checks failed." in opened.locator(".status.bad").inner_text()
        assert HOSTILE in opened.locator(".status.bad").inner_text()
        go(opened, f"table=clean/ledger.csv&row={place + 2}")
        assert HOSTILE in opened.locator("tr.hit").inner_text()
        go(opened, f"record={quote(ledger[place]['record'])}")
        assert HOSTILE in opened.locator("main").inner_text()
        go(opened, "value=boost.yes.percent")
        assert f"“{HOSTILE}”" in opened.locator("main").inner_text()
        assert opened.locator("img").count() == 0
        assert opened.evaluate("window.hit") is None


def test_a_check_that_failed_on_an_answer_does_not_tell_the_answer(changed, tmp_path):
    study, results = changed
    checks = rows_of(results / "audit/checks.csv")
    checks[0] |= {"failed": "1", "first_failure": "record 9 contact_name: the clean table has 'Jane Canary'"}
    write(results / "audit/checks.csv", checks)
    page = build(study, results, tmp_path).read_text(encoding="utf-8")
    assert "First: record 9 contact_name" in page
    assert "Jane Canary" not in page


def yaml_text(text):
    return json.dumps(text, ensure_ascii=False)


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
