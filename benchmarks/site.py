"""How quick the audit site is: built and opened as it is, and with 5,000 records.

python benchmarks/site.py --study STUDY --results results/ID --out results/benchmarks

The records of finished results are copied under new names until there are as many as asked for; the statistics stay as
they are, so what the page counts then differs from them. Times are of the second visit, in Chromium from a file.
"""

import csv
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PROJECT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TABLES = ("sample", "exclusions", "ledger", "validation")
TASKS = {
    "open a value": "location.hash = 'value=' + encodeURIComponent(KEY)",
    "open the clean table": "location.hash = 'table=clean/responses.parquet'",
    "open the ledger": "location.hash = 'table=clean/ledger.csv'",
    "open a record": "location.hash = 'record=' + encodeURIComponent(RECORD)",
}
TYPED = {
    "search all cells of the clean table": "document.getElementById('search')",
    "filter a column of the clean table": "document.querySelector('thead input')",
}


def multiply(results: Path, out: Path, records: int) -> int:
    """Copy what the site reads, its records repeated until they are at least so many; how many they are then."""
    for part in ("ingest", "clean", "stats", "audit"):
        shutil.copytree(results / part, out / part, dirs_exist_ok=True)
    for path in [
        *results.glob("figures/*.csv"),
        *results.glob("manuscript/*.json"),
        *results.glob("manuscript/*.html"),
    ]:
        (out / path.parent.name).mkdir(exist_ok=True)
        shutil.copy(path, out / path.parent.name)
    verbatim = pq.read_table(results / "ingest/responses.parquet")
    times = -(-records // verbatim.num_rows)
    for name in ("ingest/responses.parquet", "clean/responses.parquet"):
        table = pq.read_table(results / name)
        names = pa.array(
            [f"{own}.{at}" for at in range(times) for own in table["record"].to_pylist()], pa.large_string()
        )
        many = pa.concat_tables([table] * times)
        many = many.set_column(many.column_names.index("record"), "record", names)
        if "row" in many.column_names:
            rows = pa.array(range(2, many.num_rows + 2), pa.int64())
            many = many.set_column(many.column_names.index("row"), "row", rows)
        pq.write_table(many, out / name)
    for name in TABLES:
        with (results / f"clean/{name}.csv").open(encoding="utf-8", newline="") as file:
            head, *lines = csv.reader(file)
        with (out / f"clean/{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            writer.writerows([f"{own}.{at}", *cells] for at in range(times) for own, *cells in lines)
    return times * verbatim.num_rows


def build(study: Path, results: Path) -> tuple[Path, float]:
    """Build the site of some results; the page, and seconds."""
    page = results / "audit" / "index.html"
    start = time.perf_counter()
    options = ["--study", study, "--results", results, "--out", page]
    subprocess.run([sys.executable, "scripts/build_site.py", *map(str, options)], cwd=PROJECT, check=True)
    return page, time.perf_counter() - start


def measure(page: Path) -> dict[str, float]:
    """Milliseconds until the page is drawn, and until it has done each task."""
    from playwright.sync_api import sync_playwright

    browser_path = next(filter(None, map(shutil.which, BROWSERS)))
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        for _ in range(2):
            start = time.perf_counter()
            tab.goto(page.as_uri())
            tab.locator("#diagram svg").wait_for()
            found["load"] = 1000 * (time.perf_counter() - start)
        tab.evaluate(
            "const told = JSON.parse(document.getElementById('data').textContent);"
            "window.KEY = told.example; window.RECORD = told.tables[0].cells[0].values[7];"
        )
        for name, work in TASKS.items():
            found[name] = tab.evaluate(
                f"""() => new Promise(done => {{
                    const start = performance.now();
                    addEventListener('hashchange', () => requestAnimationFrame(() => setTimeout(
                        () => done(performance.now() - start))), {{once: true}});
                    {work};
                }})"""
            )
        tab.goto(page.as_uri() + "#table=clean/responses.parquet")
        for name, field in TYPED.items():
            # The page waits 120 ms for the end of typing; the time is that of the work after it.
            found[name] = tab.evaluate(
                f"""() => new Promise(done => {{
                    const field = {field}, before = document.querySelector('.count').textContent;
                    const start = performance.now();
                    field.value = '7';
                    field.dispatchEvent(new Event('input'));
                    const seen = () => document.querySelector('.count').textContent !== before
                        ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - start - 120)))
                        : setTimeout(seen, 1);
                    seen();
                }})"""
            )
        found["sort a column of the clean table"] = tab.evaluate(
            "() => { const start = performance.now(); document.querySelectorAll('.sort')[7].click();"
            " document.body.offsetHeight; return performance.now() - start; }"
        )
        browser.close()
    return found


def main() -> None:
    """Print a table of times."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--results", type=Path, required=True, help="its finished results")
    parser.add_argument("--records", type=int, default=5000, help="how many records the large site has")
    parser.add_argument("--out", type=Path, required=True, help="folder to work in")
    args = parser.parse_args()
    for records in (1, args.records):
        folder = args.out.resolve() / f"site-{records}"
        n = multiply(args.results, folder, records)
        page, seconds = build(args.study.resolve(), folder)
        print(f"{n} records: {page.stat().st_size / 1e6:.1f} MB, built in {seconds:.1f} s")
        for name, milliseconds in measure(page).items():
            print(f"  {name}: {milliseconds:.0f} ms")


if __name__ == "__main__":
    main()
