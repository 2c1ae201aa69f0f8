"""The files of a drafted study."""

import json
from collections.abc import Mapping, Sequence

from survey.drafting.items import Item, Rule
from survey.recodes import COLUMNS as RECODES
from survey.sheets import as_csv, guarded

CODEBOOK = [
    "item",
    "domain",
    "type",
    "question",
    "label",
    "source",
    "unit",
    "min",
    "max",
    "asked_if",
    "direction",
    "role",
    "note",
]
OPTIONS = ["item", "code", "label", "position", "aliases", "kind"]
CLAIMS = """# Sentences that the results must bear out; config/README.md has the language. For example:
# - id: most_agree
#   statement: More than half of the respondents agree.
#   predicate: percent(ITEM, OPTION) > 50
[]
"""
REFERENCES = """Entries that the text cites; everything outside of an entry is a comment.

@article{wilson1927,
  author = {Wilson, Edwin B.},
  title = {Probable inference, the law of succession, and statistical inference},
  journal = {Journal of the American Statistical Association},
  year = {1927},
  volume = {22},
  number = {158},
  pages = {209--212},
  doi = {10.1080/01621459.1927.10502953}
}
"""
HEAD = """---
lang: en
number-sections: true
format:
  html:
    embed-resources: true
    default-image-extension: svg
  docx:
    default-image-extension: png
  typst:
    default-image-extension: svg
execute:
  echo: false
---

<!-- A draft that prints every part of the questionnaire and says nothing about it. Numbers are never typed: see
config/studies/catheter-care-2024/manuscript.qmd for how the text prints one. -->

```{python}
#| label: setup
#| include: false
from survey.manuscript import (
    HELPERS
)
```

# Abstract {.unnumbered}

**This is a draft made from the export alone.** `{python} v("flow.analysed")` records were analysed;
`{python} v("study.questions")` questions were asked in `{python} v("study.parts")` parts.

# Methods

Percentages are of the respondents who were asked and gave an answer; "do not know", "not applicable" and refusals are
counted apart. Intervals (CI) are `{python} level()` intervals (`{python} v("inference.method")` [@wilson1927]). Which
records were analysed is in @tbl-flow.WEIGHTED

```{python}
#| label: tbl-flow
#| tbl-cap: Records that each rule excluded.
#| output: asis
print(flow_table())
```

# Results
"""
TAIL = """
# How the answers were read

@tbl-cleaning lists what was changed in the cells of the export, by rule, and what a person should still look at.

```{python}
#| label: tbl-cleaning
#| tbl-cap: Cells changed by each rule.
#| output: asis
print(cleaning_table())
```

# Ethics and data {.unnumbered}

`{python} statement("ethics")` `{python} statement("data_availability")`

# References {.unnumbered}

::: {#refs}
:::
"""


def codebook_text(items: Sequence[Item]) -> str:
    """codebook.csv."""
    rows = [
        [
            item.name,
            item.domain,
            item.type,
            item.question,
            item.label,
            item.source,
            item.unit,
            item.minimum,
            item.maximum,
            item.asked_if,
            "",
            item.role,
            item.note,
        ]
        for item in items
    ]
    return as_csv([CODEBOOK, *(map(guarded, row) for row in rows)])


def options_text(items: Sequence[Item]) -> str:
    """options.csv."""
    rows = [
        [item.name, answer.code, answer.label, str(place), "|".join(answer.aliases), answer.kind]
        for item in items
        for place, answer in enumerate(item.answers, start=1)
    ]
    return as_csv([OPTIONS, *(map(guarded, row) for row in rows)])


def recodes_text(rules: Sequence[Rule]) -> str:
    """recodes.csv."""
    rows = [[rule.id, rule.item, "", rule.match, rule.value, rule.becomes, rule.reason] for rule in rules]
    return as_csv([RECODES, *(map(guarded, row) for row in rows)])


def study_text(settings: Mapping[str, object], domains: Sequence[Mapping[str, str]], groups: Sequence[str]) -> str:
    """study.yaml, with comments; values are quoted as JSON, which YAML reads.

    settings: id, title, file, platform, seed, and where they are needed encoding, sheet, dictionary, separator,
    respondent_key, submitted.
    """
    lines = [
        "# Drafted from the export alone; see DRAFT.md. config/README.md lists every key.",
        f"id: {_quoted(settings['id'])}",
        f"title: {_quoted(settings['title'])}  # first line of the paper",
        "authors:  # in their order",
        "  - {name: Name the authors, affiliation: Name their institution}",
        "simulated: false",
        "export:",
    ]
    for key in ("file", "platform", "encoding", "sheet", "dictionary", "separator"):
        if settings.get(key):
            lines.append(f"  {key}: {_quoted(settings[key])}")
    if settings.get("respondent_key"):
        lines.append(f"respondent_key: {settings['respondent_key']}")
    if settings.get("submitted"):
        lines.append(f"submitted: {settings['submitted']}  # the day of the answer")
    lines.append("domains:  # parts of the questionnaire, each one figure")
    lines += [f"  - {{id: {domain['id']}, title: {_quoted(domain['title'])}}}" for domain in domains]
    lines += [
        f"groups: [{', '.join(groups)}]  # results are also given by these",
        "inference: {target: superpopulation, method: wilson, level: 95}",
        f"seed: {settings['seed']}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def manuscript_text(domains: Sequence[Mapping[str, str]], has_groups: bool, is_weighted: bool) -> str:
    """manuscript.qmd: every part with its figure and tables, and the differences between groups."""
    helpers = ["cleaning_table", "domain_section", "flow_table", "level", "statement", "v"]
    helpers += ["comparisons_section", "differences_table", "figure"] if has_groups else []
    weighted = ' Weights: `{python} v("weights.text")`' if is_weighted else ""
    parts = [HEAD.replace("HELPERS", ", ".join(sorted(helpers))).replace("WEIGHTED", weighted)]
    for domain in domains:
        parts.append(
            f'\n## `{{python}} v("domain.{domain["id"]}.title")`\n\n`{{python}} domain_section("{domain["id"]}")`\n'
        )
    if has_groups:
        parts.append(
            "\n## Differences between groups\n\n"
            'Of `{python} v("comparisons.run")` comparisons, `{python} v("comparisons.differences")` passed the '
            "adjustment for their number (@tbl-differences).\n\n"
            "```{python}\n#| label: tbl-differences\n#| tbl-cap: Differences between groups that survive the "
            "adjustment.\n#| output: asis\nprint(differences_table())\n```\n\n"
            '`{python} figure("differences", "Answers that differ between groups.")`\n'
        )
        parts += [f'\n`{{python}} comparisons_section("{domain["id"]}")`\n' for domain in domains]
    return "".join(parts) + TAIL
