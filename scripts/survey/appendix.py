"""The data appendix as a page: what each variable of the clean table is, what is missing of it, how it is distributed.

After TIER Protocol 4.0 (projecttier.org): a codebook of the final data with a summary of every variable, a table of
levels for those that have them and statistics for numbers. It shows what the tables of the results hold and no more:
what they withhold is withheld here, and of identifiers and texts only the number of answers is told.
"""

import html
from collections.abc import Mapping, Sequence

from survey.study import Item, Study

MISSING = {
    "not_asked": "not asked",
    "blank": "left blank",
    "dont_know": "do not know",
    "not_applicable": "not applicable",
    "refused": "refused",
    "invalid": "not readable",
}
NUMBERS = ("mean", "sd", "median", "q1", "q3", "min", "max")
TYPES = {
    "single": "one answer",
    "multiple": "several answers",
    "ordinal": "one answer, ordered",
    "rank": "answers ranked",
    "numeric": "number",
    "date": "date",
    "text": "text",
}
STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #bbb}
h3{font-size:1rem;margin:1.6rem 0 .2rem}
p{margin:.2rem 0}table{border-collapse:collapse;font-size:.88rem;margin:.4rem 0}td,th{padding:.1rem .7rem .1rem 0;
text-align:left;vertical-align:top}td.n{text-align:right}.bar{background:#4477aa;height:.7rem;display:block}
.what{color:#555;font-size:.88rem}.note{border-left:4px solid #b60;padding:.2rem .8rem;background:#fff4e5}
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Data appendix: {title}</title><style>{style}</style></head>
<body>
<h1>Data appendix: {title}</h1>
{body}
</body></html>
"""
SIMULATED = '<p class="note">The data are simulated: no number here is a finding of any survey.</p>'
ABOUT = """<p>The file is <code>clean/responses.parquet</code>: one row per {unit} that is analysed, in column
<code>record</code> its number in the export. An item that takes several answers has a column for each,
<code>item[option]</code>, and every item a column <code>item__missing</code> that says why there is no answer.
Counts are of respondents, percents of those who gave a valid answer.</p>"""
Rows = Sequence[Mapping[str, str]]


def data_appendix(study: Study, appendix: Rows, frequencies: Rows, numeric: Rows) -> str:
    """The page.

    appendix: rows of clean/appendix.csv; frequencies, numeric: rows of those tables, of all domains.
    """
    by_variable = {row["variable"]: row for row in appendix}
    levels: dict[str, list[Mapping[str, str]]] = {}
    for row in frequencies:
        levels.setdefault(row["item"], []).append(row)
    numbers = {row["item"]: row for row in numeric}
    body = [
        SIMULATED if study.simulated else "",
        ABOUT.format(unit=_t(study.unit)),
    ]
    for domain in study.domains:
        body.append(f"<h2>{_t(domain['title'])}</h2>")
        for item in study.domain_items(domain["id"]):
            if item.name in by_variable:
                body.append(
                    _variable(study, item, by_variable[item.name], levels.get(item.name, []), numbers.get(item.name))
                )
    return PAGE.format(title=_t(study.title), style=STYLE, body="\n".join(part for part in body if part))


def _variable(study: Study, item: Item, row: Mapping[str, str], levels: Rows, numbers: Mapping[str, str] | None) -> str:
    written = study.rows[item.name][0]
    facts = [TYPES[item.type], f"role {item.role.replace('_', ' ')}"]
    facts += [f"in {item.unit}"] if item.unit else []
    facts += [f"from {written['min'] or '…'} to {written['max'] or '…'}"] if written["min"] or written["max"] else []
    facts += [f"asked if {written['asked_if']}"] if written["asked_if"] else []
    facts += [f"column of the export: {item.source or item.name}"]
    parts = [
        f"<h3 id='{_t(item.name)}'><code>{_t(item.name)}</code> {_t(item.label)}</h3>",
        f"<p>{_t(item.question)}</p>",
        f"<p class='what'>{_t('; '.join(facts))}</p>",
        f"<p>{_t(_missing(row))}</p>",
    ]
    if not item.is_private:
        parts += [_levels(levels)] if levels else []
        parts += [_numbers(numbers)] if numbers else []
        if not levels and not numbers and (row.get("lowest") or row.get("highest")):
            parts.append(f"<p>From {_t(row['lowest'])} to {_t(row['highest'])}.</p>")
    return "\n".join(parts)


def _missing(row: Mapping[str, str]) -> str:
    """How many answered, and how many did not for which reason."""
    kinds = [f"{label} {_count(row[kind])}" for kind, label in MISSING.items() if row[kind] != "0"]
    return f"Answered by {_count(row['n'])}" + (f"; {', '.join(kinds)}." if kinds else "; none missing.")


def _levels(levels: Rows) -> str:
    """Code, label, count and percent of every answer, with a bar."""
    lines = []
    for level in levels:
        share = f"{float(level['percent']):.0f}%" if level["percent"] else ""
        width = f"{float(level['percent']) * 2:.0f}px" if level["percent"] else "0"
        lines.append(
            f"<tr><td><code>{_t(level['option'])}</code></td><td>{_t(level['option_label'])}</td>"
            f"<td class='n'>{_count(level['n'])}</td><td class='n'>{share}</td>"
            f"<td><span class='bar' style='width:{width}'></span></td></tr>"
        )
    head = "<tr><th>code</th><th>answer</th><th>n</th><th>percent</th><th></th></tr>"
    return f"<table>{head}{''.join(lines)}</table>"


def _numbers(numbers: Mapping[str, str]) -> str:
    cells = "".join(f"<td>{_number(numbers[name])}</td>" for name in NUMBERS)
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in NUMBERS)}</tr><tr>{cells}</tr></table>"


def _number(cell: str) -> str:
    return f"{float(cell):.4g}" if cell else "–"


def _count(cell: str) -> str:
    return cell or "withheld"


def _t(text: object) -> str:
    return html.escape(str(text), quote=True)
