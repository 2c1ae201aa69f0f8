"""START-HERE.html of a review archive: what to look at first, one number step by step, how to run it again."""

import html
import json
import posixpath
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
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
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Start here: {title}</title><style>{style}</style></head>
<body>
{body}
</body></html>
"""
SIMULATED = '<p class="note">The data are <b>simulated</b>: no number here is a finding of any survey.</p>'
UNCHANGED = """<p>All files against the list that came with them:</p>
<pre>sha256sum --quiet -c SHA256SUMS &amp;&amp; echo unchanged</pre>"""
VERIFY = """<p>The results against their manifest, by bytes and values; with the data, a new run beside them:</p>
<pre>make verify</pre>"""
RUN = """<p>This takes Python 3.11 or newer, <code>make</code> and, the first time, a package registry.</p>
<pre>make paper</pre>
<p>It says <i>Nothing to be done</i>: every result is up to date with the code and the study. With the raw data,
change a script or a row of the codebook, and it makes again what depends on it."""
RERUN_PART = " Steps that read what is not in here are left as they are.</p>"
RERUN_ALL = """</p><p>To make everything anew, and see that every file has the same bytes:</p>
<pre>mv {results} shipped &amp;&amp; make paper &amp;&amp;
diff -r -x logs -x benchmarks shipped {results} &amp;&amp; echo same</pre>"""
TRACE = """The whole chain, from the sentence to the cells, with the rule, script and packages of each step, once
<code>make paper</code> has set up the environment:"""
COMPLETE = "<p>Nothing: the raw data are in it. Treat it as you would treat them.</p>"
NO_EXAMPLE = "<p>No share of a single answer is among the results: follow any key of values.json.</p>"
RELEASED = """<p>In place of the clean table stands <code>clean/released.csv</code>: the same records without
identifiers and texts. The audit site shows single records in the same way, and the day of their submission.</p>"""
KNOWN_BY_CHECKSUM = "Checksums of the results among them are in <code>audit/manifest.json</code>."
ASK = """Ask the authors for an archive made with <code>make bundle WITH=records</code> or <code>WITH=raw</code>; or put
the raw files at the paths above, and <code>make paper</code> makes the rest."""
DRAWN = """The data are simulated: <code>make simulate</code> draws the export and the frame again, to the byte; then
<code>make paper</code> makes the rest, and <code>make verify</code> runs everything a second time, some minutes."""


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
                printed = re.search(rf"""["']{re.escape(item.name)}\.{re.escape(option.code)}\b""", text) is not None
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


def count_command(file: str, item: str) -> str:
    """A count of the answers to an item in a CSV that needs nothing but Python."""
    rows = f"csv.DictReader(open({file!r}, encoding='utf-8'))"
    return f'python3 -c "import csv, collections; print(collections.Counter(row[{item!r}] for row in {rows}))"'


def page(
    study: Study,
    results: str,
    manifest: Mapping[str, Any],
    flow: Sequence[Mapping[str, str]],
    left_out: Sequence[Mapping[str, str]],
    example: Example | None,
    released: Sequence[Sequence[str]],
    has: Container[str],
) -> str:
    """The whole page.

    results: the results folder in the archive; released: rows of clean/released.csv, none where it is not in it;
    has: the names of the archive's members.
    """
    analysed = f"{flow[-1]['n']} {flow[-1]['label']}." if flow else ""
    parts = [
        f"<h1>{_t(study.title)}</h1>",
        SIMULATED if study.simulated else "",
        f"<p>A paper with everything behind it: {len(manifest['files'])} result files of "
        f"{len({entry['rule'] for entry in manifest['files']})} steps, the code and the pinned packages that made "
        f"them, and the study's codebook and text. {_t(analysed)}</p>",
        "<h2>Look here first (nothing to install)</h2>",
        _list("ul", _first_looks(results, has)),
        "<h2>One number, step by step</h2>",
        _walk(results, example, released, has),
        "<h2>Is anything changed?</h2>",
        UNCHANGED,
        VERIFY if "scripts/verify.py" in has else "",
        "<h2>Run it</h2>",
        RUN,
        (RERUN_PART if left_out else RERUN_ALL.format(results=results)),
        "<h2>What is not in here</h2>",
        _absent(study, left_out, bool(released)),
    ]
    body = "\n".join(part for part in parts if part)
    return PAGE.format(title=_t(study.title), style=STYLE, body=body)


def _first_looks(results: str, has: Container[str]) -> list[str]:
    """Lines that lead to what a reviewer opens first, less what is not in the archive."""
    looks = [
        ("The audit site", "audit/index.html", "every number with where it comes from"),
        ("The paper", "manuscript/manuscript.html", "point at a number, and it tells its file, row and column"),
        ("The paper as PDF", "manuscript/manuscript.pdf", "the same for print"),
        ("From invited to analysed", "clean/flow.csv", "who is in, who is not, and why"),
        ("Claims", "stats/claims.csv", "sentences that check themselves, with verdicts"),
        ("Data appendix", "audit/data_appendix.html", "every variable with its missing values and its distribution"),
        ("CHERRIES", "audit/cherries.csv", "reporting checklist, item by item"),
        ("CROSS", "audit/cross.csv", "reporting checklist, item by item"),
        ("README.md", "../../README.md", "every file and step explained"),
    ]
    names = [(name, posixpath.normpath(f"{results}/{file}"), about) for name, file, about in looks]
    return [f"<a href='{_t(file)}'>{name}</a>: {about}." for name, file, about in names if file in has]


def _walk(results: str, example: Example | None, released: Sequence[Sequence[str]], has: Container[str]) -> str:
    if example is None:
        return NO_EXAMPLE
    steps = [
        f"The {'paper' if example.printed else 'table'} says that <b>{_t(example.display)}</b> answered "
        f"“{_t(example.label)}” to “{_t(example.question)}”. The key of this value is <code>{_t(example.key)}</code> "
        f"in <a href='{results}/manuscript/values.json'>values.json</a>.",
        f"It is row {example.row} of <a href='{results}/{_t(example.file)}'>{_t(example.file)}</a>: column "
        f"<code>n</code> has {example.n}, column <code>n_valid</code> {example.base}.",
    ]
    if released:
        file = f"{results}/clean/released.csv"
        counts = sorted(count_in(released, example).items())
        table = "".join(f"<tr><td>{_t(code)}</td><td>{n}</td></tr>" for code, n in counts)
        steps.append(
            f"Count it yourself: column <code>{_t(example.item)}</code> of <a href='{file}'>clean/released.csv</a>, "
            f"code <code>{_t(example.code)}</code>, in a spreadsheet or with"
            f"<pre>{_t(count_command(file, example.item))}</pre>"
            f"<table><tr><th>code</th><th>records</th></tr>{table}</table>"
            f"An empty cell is no answer; column <code>{_t(example.item)}__missing</code> says why."
        )
    if "scripts/trace.py" in has:
        command = f".venv/bin/python scripts/trace.py {results} {example.key}"
        steps.append(f"{TRACE}<pre>{_t(command)}</pre>")
    return _list("ol", steps)


def _absent(study: Study, left_out: Sequence[Mapping[str, str]], released: bool) -> str:
    if not left_out:
        return COMPLETE
    rows = "".join(f"<tr><td><code>{_t(row['file'])}</code></td><td>{_t(row['reason'])}</td></tr>" for row in left_out)
    drawn = study.simulated and study.export["file"].startswith("resources/simulated/")
    stated = f"The authors state: {_t(study.data_availability)} " if study.data_availability else ""
    return (
        f"<table><tr><th>file</th><th>why</th></tr>{rows}</table>"
        + (RELEASED if released else "")
        + f"<p>{KNOWN_BY_CHECKSUM} {stated}{DRAWN if drawn else ASK}</p>"
    )


def _list(kind: str, lines: Sequence[str]) -> str:
    return f"<{kind}>" + "".join(f"<li>{line}</li>" for line in lines) + f"</{kind}>"


def _t(text: object) -> str:
    return html.escape(str(text), quote=True)


def read_values(path: Path) -> dict[str, dict[str, Any]]:
    """values.json; nothing where it is withheld."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
