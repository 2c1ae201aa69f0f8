"""START-HERE.html of a review archive: what it is, what to look at first, one number step by step, how to run it again."""

import csv
import html
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from survey.study import Study

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}
pre{background:#8881;border:1px solid #8884;border-radius:4px;padding:.6rem .8rem;overflow-x:auto;font-size:.85rem}
code{font-size:.9em}table{border-collapse:collapse;font-size:.9rem}td,th{border:1px solid #8886;padding:.25rem .6rem}
th{text-align:left}.note{border-left:4px solid #b60;padding:.2rem .8rem;background:#b601}li{margin:.3rem 0}
"""


@dataclass(frozen=True)
class Example:
    """A number to follow: its key and text, the cell of the statistics, and the question and answer it counts."""

    key: str
    display: str
    file: str
    row: int
    item: str
    domain: str
    code: str
    question: str
    label: str
    n: int
    base: int
    printed: bool


def example_of(study: Study, values: Mapping[str, Mapping[str, Any]], text: str) -> Example | None:
    """The first share of one answer that the manuscript prints; else the first of all; None where there is none.

    values: as in values.json; text: manuscript.qmd, which names keys in quotes.
    """
    found: list[Example] = []
    for item in study.items:
        if item.type not in ("single", "ordinal") or not item.is_reported:
            continue
        for option in item.options:
            entry = values.get(f"{item.name}.{option.code}.n_of")
            if entry and isinstance(entry["value"], int) and entry["value"] and entry["row"] and entry["n"]:
                printed = re.search(rf"""["']{re.escape(item.name)}\\.{re.escape(option.code)}\\b""", text) is not None
                found.append(
                    Example(
                        f"{item.name}.{option.code}.n_of",
                        entry["display"],
                        entry["file"],
                        entry["row"],
                        item.name,
                        item.domain,
                        option.code,
                        item.question,
                        option.label,
                        entry["value"],
                        entry["n"],
                        printed,
                    )
                )
    return next((example for example in found if example.printed), found[0] if found else None)


def count_in(table: Sequence[Sequence[str]], example: Example) -> Counter[str]:
    """How many rows of the released table hold which answer to the example's question; blank cells are no answers."""
    column = table[0].index(example.item)
    return Counter(row[column] for row in table[1:] if row[column])


def commands(folder: Path, example: Example) -> str:
    """A count that needs nothing but Python."""
    code = (
        "import csv, collections; "
        f"print(collections.Counter(row[{example.item!r}] for row in csv.DictReader(open({str(folder)!r}, encoding='utf-8'))))"
    )
    return f'python3 -c "{code}"'


def page(
    study: Study,
    results: str,
    manifest: Mapping[str, Any],
    flow: Sequence[Mapping[str, str]],
    left_out: Sequence[Mapping[str, str]],
    example: Example | None,
    released: Sequence[Sequence[str]],
    has: Mapping[str, bool],
) -> str:
    """The whole page.

    results: the results folder in the archive; released: rows of clean/released.csv, none where it is not in it;
    has: whether `site`, `trace` and `verify` are part of this archive.
    """
    simulated = (
        '<p class="note">The data are <b>simulated</b>: no number here is a finding of any survey.</p>'
        if study.simulated
        else ""
    )
    analysed = f"{flow[-1]['n']} {flow[-1]['label']}" if flow else ""
    rules = len({entry["rule"] for entry in manifest["files"]})
    parts = [
        f"<h1>{_t(study.title)}</h1>{simulated}",
        f"<p>A paper with everything behind it: {len(manifest['files'])} result files of {rules} steps, the code and the pinned "
        f"packages that made them, and the study's codebook and text. {_t(analysed)}.</p>",
        "<h2>Look here first (nothing to install)</h2><ul>"
        + (
            f"<li><a href='{results}/audit/index.html'>The audit site</a>: every number with where it comes from.</li>"
            if has["site"]
            else ""
        )
        + f"<li>The paper: <a href='{results}/manuscript/manuscript.html'>HTML</a>, "
        f"<a href='{results}/manuscript/manuscript.pdf'>PDF</a>, <a href='{results}/manuscript/manuscript.docx'>DOCX</a>. "
        "Point at a number, and it tells its file, row and column.</li>"
        f"<li><a href='{results}/clean/flow.csv'>From invited to analysed</a>, "
        f"<a href='{results}/stats/claims.csv'>claims with verdicts</a>, <a href='{results}/clean/appendix.csv'>data appendix</a>.</li>"
        f"<li>Checklists: <a href='{results}/audit/cherries.csv'>CHERRIES</a>, <a href='{results}/audit/cross.csv'>CROSS</a>.</li>"
        "<li><a href='README.md'>README.md</a> explains every file and step.</li></ul>",
        "<h2>One number, step by step</h2>" + _walk(results, example, released, has),
        "<h2>Is anything changed?</h2><p>All files against the list that came with them:</p>"
        "<pre>sha256sum --quiet -c SHA256SUMS &amp;&amp; echo unchanged</pre>"
        + (
            "<p>Then the results against their manifest, by bytes and by values, and with the data at hand a new run "
            "beside them:</p><pre>make verify</pre>"
            if has["verify"]
            else ""
        ),
        "<h2>Run it</h2><p>Python 3.11 or newer, <code>make</code> and, the first time, a package registry are needed "
        "(about a minute to set up).</p><pre>make paper</pre>"
        "<p>It says <i>Nothing to be done</i>: every result is up to date with the code and the study. Change a script or a row "
        "of the codebook, and it makes again what depends on it"
        + (
            ", as far as the data are here.</p>"
            if left_out
            else ".</p><p>To make everything anew, with the same bytes as here:</p>"
            f"<pre>mv {results} shipped &amp;&amp; make paper && diff -r -x logs -x benchmarks shipped {results} &amp;&amp; echo same</pre>".replace(
                " && diff", " &amp;&amp; diff"
            )
        ),
        "<h2>What is not in here</h2>" + _absent(study, left_out, bool(released)),
    ]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Start here: {_t(study.title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _walk(results: str, example: Example | None, released: Sequence[Sequence[str]], has: Mapping[str, bool]) -> str:
    if example is None:
        return (
            "<p>No share of a single answer is among the results; follow any key of manuscript/values.json instead.</p>"
        )
    steps = [
        f"{'The paper says' if example.printed else 'The results say'} that <b>{_t(example.display)}</b> answered "
        f"“{_t(example.label)}” to “{_t(example.question)}”. The key of this value is <code>{_t(example.key)}</code> in "
        f"<a href='{results}/manuscript/values.json'>values.json</a>.",
        f"It is row {example.row} of <a href='{results}/{_t(example.file)}'>{_t(example.file)}</a>, column <code>n</code>: "
        f"{example.n}, of <code>n_valid</code> {example.base}.",
    ]
    if released:
        counts = count_in(released, example)
        file = f"{results}/clean/released.csv"
        table = "".join(f"<tr><td>{_t(code)}</td><td>{n}</td></tr>" for code, n in sorted(counts.items()))
        steps.append(
            f"Count it yourself: column <code>{_t(example.item)}</code> of <a href='{file}'>clean/released.csv</a> (a "
            f"spreadsheet will do), code <code>{_t(example.code)}</code>:<pre>{_t(commands(Path(file), example))}</pre>"
            f"<table><tr><th>code</th><th>records</th></tr>{table}</table>"
            f"An empty cell is no answer; its reason is in column <code>{_t(example.item)}__missing</code>."
        )
    if has["trace"]:
        steps.append(
            "The whole chain, from the sentence to the cells of the export with the rule, script and packages of each step "
            "(after <code>make paper</code> has set up the environment):"
            f"<pre>.venv/bin/python scripts/trace.py {results} {_t(example.key)}</pre>"
        )
    return "<ol>" + "".join(f"<li>{step}</li>" for step in steps) + "</ol>"


def _absent(study: Study, left_out: Sequence[Mapping[str, str]], released: bool) -> str:
    if not left_out:
        return "<p>Nothing: the raw data are in it. Treat it as you would treat them.</p>"
    rows = "".join(f"<tr><td><code>{_t(row['file'])}</code></td><td>{_t(row['reason'])}</td></tr>" for row in left_out)
    instead = (
        "<p>In place of the clean table stands <code>clean/released.csv</code>: the same records and answers without "
        "identifiers and texts.</p>"
        if released
        else ""
    )
    statement = study.data_availability
    return (
        f"<table><tr><th>file</th><th>why</th></tr>{rows}</table>{instead}"
        "<p>Their checksums are in <code>audit/manifest.json</code>, so that you can tell them when you get them. "
        + (f"The authors state: {_t(statement)} " if statement else "")
        + "Ask the authors for an archive made with <code>make bundle WITH=records</code> or <code>make bundle WITH=raw</code>; or put "
        "the raw files at the paths above, and <code>make paper</code> makes the rest.</p>"
    )


def _t(text: object) -> str:
    return html.escape(str(text), quote=True)


def read_flow(path: Path) -> list[dict[str, str]]:
    """Rows of flow.csv."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_values(path: Path) -> dict[str, dict[str, Any]]:
    """values.json; nothing where it is withheld."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
