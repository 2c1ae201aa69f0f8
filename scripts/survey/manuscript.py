"""What the text of a manuscript prints: values, tables and figures, all read from values.json.

Used inside manuscript.qmd, in a folder that holds values.json and figures/. Nothing is computed here.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from survey.display import DASH, WITHHELD
from survey.errors import nearest

MISSING = {
    "dont_know": "do not know",
    "not_applicable": "not applicable",
    "refused": "declined to answer",
    "blank": "left blank",
    "invalid": "not readable",
    "not_asked": "not asked",
}
CLEANING = {
    "spelling": "blanks, capitals or HTML tidied",
    "alias": "another spelling of a listed answer",
    "country": "country under another name or by its code",
    "other_recoded": 'text of "other" counted as the listed answer that it names',
    "other_text": 'text of "other" counted as a tick',
    "number_word": "number written as a word",
    "decimal_comma": "decimal comma",
    "thousands": "blank between thousands",
    "approximate": 'word such as "about" left out',
    "range_middle": "range replaced by its middle",
    "bound": "bound taken as the value",
    "unit": "unit left out or converted",
    "date_format": "date in another form",
    "date_day_first": "day taken to stand before the month",
    "date_month": "month without a day taken as its first day",
    "date_short_year": "year of two digits taken to be from 1969 to 2068",
    "ranked_twice": "answer ranked twice, the better rank kept",
    "partly_understood": "part of a list of answers left out, as no rule could read it",
    "skip_logic": "answer removed, as the question was not to be asked",
    "out_of_range": "number outside the range allowed, taken as not readable",
    "not_understood": "answer that no rule could read, taken as not readable",
    "only_blanks": "nothing but blanks, taken as left blank",
    "declared_missing": "code that the export declares missing, taken as left blank",
    "not_shown": "box that the platform marks as not shown, taken as not asked",
}


class UnknownKey(KeyError):
    """A key that values.json does not hold; shown without the quotes a KeyError puts around its message."""

    def __str__(self) -> str:
        return str(self.args[0])


class Markdown(str):
    """Text that is Markdown already: an inline expression prints it as it is."""

    def _repr_markdown_(self) -> str:
        return str(self)


class Figures(str):
    """Text with figures in it. As a string it is the text alone; an inline expression marks it with the keys it prints.

    So a caption, an alternative text or a longer string made from it never shows the marks.
    """

    markdown: str

    def __new__(cls, text: str, markdown: str) -> "Figures":
        """Text, and the same as Markdown with marks."""
        made = super().__new__(cls, text)
        made.markdown = markdown
        return made

    def _repr_markdown_(self) -> str:
        return self.markdown


@cache
def values() -> dict[str, dict]:
    """Everything in values.json of the current folder: {key: {value, display, unit, file, row, column, n}}."""
    return json.loads(Path("values.json").read_text(encoding="utf-8"))


def entry(key: str) -> dict:
    """One entry of values.json. Raises UnknownKey naming the key and the nearest one there is."""
    try:
        return values()[key]
    except KeyError:
        raise UnknownKey(unknown_key(key, values())) from None


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The message for a key that is not there."""
    return f"values.json holds no {key!r}{nearest(key, known)}"


def v(key: str) -> str:
    """The value as it is printed, for example v("crs_grading.astct.percent") is "92%"."""
    text = str(entry(key)["display"])
    return Figures(text, mark(text, key)) if is_number(entry(key)["value"]) else text


def is_number(value: object) -> bool:
    """Is this a number or an interval, so that a reader may ask where it comes from?"""
    parts = value if isinstance(value, list) else [value]
    return bool(parts) and all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts)


def mark(text: str, *keys: str) -> str:
    """Text as Markdown, marked with the keys of values.json it prints: the HTML page shows where they come from.

    Left unmarked where there is nothing to show: a dash, or values that come from no file.
    """
    known = [key for key in keys if values().get(key, {}).get("file")]
    if not known or text == DASH:
        return literal(text)
    return f'[{literal(text)}]{{.value data-keys="{" ".join(known)}"}}'


def cell(key: str, otherwise: str = DASH) -> str:
    """The value as it is printed, marked, for a cell of a table; `otherwise` where there is none."""
    return mark(shown(key), key) if key in values() else otherwise


def share(key: str, of: str = "", start: bool = False) -> str:
    """An answer's share as words with its figures: "most of the centres (98/106, 92%, 95% CI 88 to 95)".

    key: item.option. of: of whom, the units of the study if left out. start: begin with a capital letter.
    """
    is_hidden = is_withheld(f"{key}.n_of") or is_withheld(f"{key}.percent")
    words = f"a {WITHHELD} share" if is_hidden else v(f"{key}.words")
    words = f"{words} of {of or 'the ' + v('study.units')}"
    words = words[:1].upper() + words[1:] if start else words
    if is_hidden:
        return words
    text = f"{v(f'{key}.n_of')}, {v(f'{key}.percent')}, {level()} CI {v(f'{key}.ci')}"
    marked = mark(text, f"{key}.n_of", f"{key}.percent", f"{key}.ci")
    return Figures(f"{words} ({text})", f"{literal(words)} ({marked})")


def is_withheld(key: str) -> bool:
    """Whether a study that withholds small counts has no value here."""
    return "study.withheld" in values() and entry(key)["value"] is None


def withheld_row(columns: int, rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The last row of a table, which says what is withheld; none where nothing in it is."""
    if not any(WITHHELD in cell for row in rows for cell in row):
        return []
    return [group_row(f"*{literal(v('study.withheld'))}*", *[""] * (columns - 1))]


def by_claim(claim: str, holds: str, fails: str, untested: str = "") -> str:
    """The words for a claim of claims.yaml that holds, or for one that does not.

    untested: the words for one that could not be tested. Raises ValueError where there are none: nothing is said that
    was not found.
    """
    words = {"holds": holds, "fails": fails}.get(entry(f"claims.{claim}.verdict")["value"], untested)
    if not words and shown(f"claims.{claim}.note").startswith(WITHHELD):
        return "in a way that is withheld"
    if not words:
        raise ValueError(f"claim {claim!r} could not be tested; give by_claim the words for that as `untested`")
    return words


def claimed(claim: str) -> str:
    """The share that a claim of claims.yaml is about, "72/102, 71%, 95% CI 64 to 77"."""
    key = f"claims.{claim}"
    if is_withheld(f"{key}.computed"):
        return WITHHELD
    text = f"{v(f'{key}.n_of')}, {v(f'{key}.computed')}, {level()} CI {v(f'{key}.ci')}"
    return Figures(text, mark(text, f"{key}.n_of", f"{key}.computed", f"{key}.ci"))


def differences_found(k: int) -> str:
    """The k differences of the smallest p as a sentence, or one that says that there is none."""
    found = _ranked("difference", "question")
    if not found:
        return "No difference survived."
    named = "; ".join(f"{v(f'{key}.question')} ({v(f'{key}.group')})" for key in found[:k])
    return f"{'The clearest' if len(found) > k else 'They'} are: {named}."


def counts(key: str) -> str:
    """An answer's share as figures alone, "98/106, 92%, 95% CI 88 to 95"; no interval where values.json has none."""
    if is_withheld(f"{key}.n_of"):
        return WITHHELD
    text, keys = f"{v(f'{key}.n_of')}, {v(f'{key}.percent')}", [f"{key}.n_of", f"{key}.percent"]
    if f"{key}.ci" in values():
        text, keys = f"{text}, {level()} CI {v(f'{key}.ci')}", [*keys, f"{key}.ci"]
    return Figures(text, mark(text, *keys))


def typical(item: str) -> str:
    """The median of an item that is a number, with its unit and quartiles: "21 days (quartiles 14 to 28)"."""
    if is_withheld(f"{item}.median"):
        return WITHHELD
    unit = shown(f"{item}.unit", "")
    median = v(f"{item}.median") + (unit if unit in ("", "%") else f" {unit}")
    text = f"{median} (quartiles {v(f'{item}.iqr')})"
    return Figures(text, mark(text, f"{item}.median", f"{item}.iqr"))


def shown(key: str, otherwise: str = DASH) -> str:
    """The value as it is printed, or `otherwise` where there is none."""
    return str(values()[key]["display"]) if key in values() else otherwise


def options(item: str) -> list[str]:
    """The codes of an item's options in the order of its table."""
    found = re.compile(re.escape(item) + r"\.([^.]+)\.n")
    rows = [(content["row"] or 0, m[1]) for key, content in values().items() if (m := found.fullmatch(key))]
    return [code for _, code in sorted(rows)]


def literal(text: str) -> str:
    """Text as Markdown that shows exactly it: every character with a meaning is escaped."""
    line = re.sub(r"[^\S\u00a0]+", " ", str(text)).strip(" ")  # a space that does not break stays
    return re.sub(r"([\\`*_{}\[\]<>#|@$^~\"'])", r"\\\1", line)


def level() -> str:
    """The confidence level as it is printed, "95%"."""
    return v("inference.level").rstrip("% ") + "%"


def group_row(text: str, *rest: str) -> list[str]:
    """A row that stands above a group of rows, its first cell as wide as it and the empty cells after it.

    The HTML page makes it the heading of its group: sorting keeps the rows of a group together below it.
    """
    return [f"[{text}]{{.row-group}}", *rest]


def pipe_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], align: str, can_be_sorted: bool = False
) -> Markdown:
    """A Markdown pipe table; align has one letter a column, l or r. Cells are Markdown already.

    can_be_sorted: the HTML page lets a reader sort the rows of each group by a column; never for rows that add up.
    """
    rule = ["---" if side == "l" else "--:" for side in align]
    if can_be_sorted:
        header = [f"[{header[0]}]{{.can-be-sorted}}", *header[1:]]
    lines = ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)]
    return Markdown("\n".join(lines) + "\n")


def base_line(item: str) -> str:
    """Who the percentages of an item are of, and who is missing from them: kinds kept apart, always stated."""
    parts = [f"N\u00a0=\u00a0{cell(f'{item}.n_valid')}"]
    for kind, words in MISSING.items():
        if shown(f"{item}.missing.{kind}") == WITHHELD:
            parts.append(f"how many {words}: {WITHHELD}")
        elif values().get(f"{item}.missing.{kind}", {}).get("value"):
            parts.append(f"{cell(f'{item}.missing.{kind}')} {words}")
    return ", ".join(parts)


def is_ranking(item: str) -> bool:
    """Were the options of this item ranked? Then each has a rank, and its percent is of those who ranked it first."""
    return any(f"{item}[{option}].mean" in values() for option in options(item))


def frequency_table(items: str | Sequence[str]) -> Markdown:
    """Answers to choice items: n/N, percent and confidence interval, with base, missing and not asked of each item.

    An answer outside the base ("do not know", "not applicable") has its count alone. In a weighted study the percent
    weighted to the frame stands beside the others.
    """
    items = [items] if isinstance(items, str) else items
    weighted = any(f"{item}.{option}.weighted_percent" in values() for item in items for option in options(item))
    rows = []
    for item in items:
        ranked = "; ranked first" if is_ranking(item) else ""
        empty = [""] * (4 if weighted else 3)
        rows.append(group_row(f"**{literal(v(f'{item}.question'))}** ({base_line(item)}{ranked})", *empty))
        for option in options(item):
            key = f"{item}.{option}"
            inside = f"{key}.percent" in values()
            count = cell(f"{key}.n_of", cell(f"{key}.n")) if inside else mark(v(f"{key}.n"), f"{key}.n")
            label = literal(v(f"{key}.label")) + ("" if inside else " (among the missing)")
            label += f" (mean rank {cell(f'{item}[{option}].mean')})" if f"{item}[{option}].mean" in values() else ""
            row = ["&emsp;" + label, count, cell(f"{key}.percent"), cell(f"{key}.ci")]
            rows.append([*row, *([cell(f"{key}.weighted_percent")] if weighted else [])])
    rows += withheld_row(5 if weighted else 4, rows)
    header = ["Question and answers", "n/N", "Percent", f"{level()} CI", *(["Weighted"] if weighted else [])]
    return pipe_table(header, rows, "lrrrr"[: len(header)], can_be_sorted=True)


def numeric_table(items: str | Sequence[str]) -> Markdown:
    """Items that are numbers: respondents, median with quartiles, mean with standard deviation, range."""
    rows = []
    for item in [items] if isinstance(items, str) else items:
        unit = shown(f"{item}.unit", "")
        spread = f"{cell(f'{item}.min')} to {cell(f'{item}.max')}"
        if is_withheld(f"{item}.min") or is_withheld(f"{item}.max"):
            spread = WITHHELD
        rows.append(
            [
                literal(v(f"{item}.question")) + f" ({literal(unit) + '; ' if unit else ''}{base_line(item)})",
                f"{cell(f'{item}.median')} ({cell(f'{item}.iqr')})",
                f"{cell(f'{item}.mean')} ({cell(f'{item}.sd')})",
                spread,
            ]
        )
    rows += withheld_row(4, rows)
    return pipe_table(["Question", "Median (quartiles)", "Mean (SD)", "Range"], rows, "lrrr", can_be_sorted=True)


def flow_table() -> Markdown:
    """From those invited to those analysed: every rule, how many records it excluded and how many were left."""
    steps = {key.split(".")[1] for key in values() if re.fullmatch(r"flow\.[^.]+\.n", key)}
    rows = [["Invited", DASH, cell("flow.invited")]] if "flow.invited" in values() else []
    rows.append(["Records in the export", DASH, cell("flow.records")])
    for step in sorted(steps, key=lambda step: entry(f"flow.{step}.n")["row"] or 0):
        reason = shown(f"flow.{step}.reason", step.replace("_", " "))
        rows.append([literal(reason[:1].upper() + reason[1:]), cell(f"flow.{step}.excluded"), cell(f"flow.{step}.n")])
    rows.append(["**Analysed**", "", f"**{cell('flow.analysed')}**"])
    return pipe_table(["Step", "Excluded", "Left"], rows, "lrr")


def agreement_table(k: int) -> Markdown:
    """The k items respondents agree on most and the k they agree on least, each with its most frequent answer."""
    rows = []
    for title, where in (("Most alike", "agreement"), ("Least alike", "agreement.last")):
        rows.append(group_row(f"**{title}**", "", "", ""))
        for rank in range(1, k + 1):
            key = f"{where}.{rank}"
            if f"{key}.question" in values():
                texts = [literal(v(f"{key}.question")), literal(v(f"{key}.top_label"))]
                rows.append([*texts, cell(f"{key}.top_percent"), cell(f"{key}.entropy")])
    rows += withheld_row(4, rows)
    return pipe_table(["Question", "Most frequent answer", "Percent", "Entropy"], rows, "llrr", can_be_sorted=True)


def areas_table() -> Markdown:
    """The areas that study.yaml names: how many of their questions reach consensus, and the one of least agreement."""
    rows = []
    for key in sorted(key for key in values() if re.fullmatch(r"area\.\d+\.title", key)):
        area = key.removesuffix(".title")
        if f"{area}.least" in values():
            least = f"{literal(v(f'{area}.least'))}: {literal(v(f'{area}.least_top'))}"
            rows.append([literal(v(key)), cell(f"{area}.consensus"), least, cell(f"{area}.least_percent")])
        else:
            rows.append([literal(v(key)), cell(f"{area}.consensus"), DASH, DASH])
    rows += withheld_row(4, rows)
    return pipe_table(["Area", "Consensus", "Least agreed question and its top answer", "Percent"], rows, "lrlr")


def response_table() -> Markdown:
    """Units by disposition, and the response rates that follow; a rate that the sample does not have says why."""
    rows = [group_row("**Units**", "", "")]
    for key in sorted((key for key in values() if re.fullmatch(r"disposition\.[^.]+\.n", key)), key=_row_of):
        name = key.removesuffix(".n")
        rows.append([f"&emsp;{v(f'{name}.code')}: {literal(v(f'{name}.definition'))}", cell(key), ""])
    rows.append(group_row("**Rates**", "", ""))
    for key in sorted((key for key in values() if re.fullmatch(r"response\.[^.]+\.formula", key)), key=_row_of):
        name = key.removesuffix(".formula")
        label = name.removeprefix("response.")
        label = label[:1].upper() + label[1:]
        what = f"&emsp;{label}: {literal(v(f'{name}.definition'))}, {literal(v(key))}"
        rows.append([what, cell(f"{name}.n_of"), cell(f"{name}.percent", literal(v(f"{name}.reason_not_run")))])
    return pipe_table(["Disposition or rate", "n or n/N", "Percent"], rows, "lrr")


def frame_table(strata: str | Sequence[str]) -> Markdown:
    """Those analysed against the frame, level by level: shares of both, response, and standardised difference."""
    rows = []
    for stratum in [strata] if isinstance(strata, str) else strata:
        key = f"frame.{stratum}"
        title = shown(f"{stratum}.question", stratum)
        p = mark(_equals(v(f"{key}.p")), f"{key}.p")
        rows.append(group_row(f"**{literal(title)}** (p\u00a0{p})", "", "", "", f"**{cell(f'{key}.difference')}**"))
        found = re.compile(re.escape(key) + r"\.([^.]+)\.label")
        levels = sorted((name for name in values() if found.fullmatch(name)), key=_row_of)
        for level_key in (name.removesuffix(".label") for name in levels):
            rows.append(
                [
                    f"&emsp;{literal(v(f'{level_key}.label'))}",
                    f"{cell(f'{level_key}.frame_n')} ({cell(f'{level_key}.frame_percent')})",
                    f"{cell(f'{level_key}.respondents_n')} ({cell(f'{level_key}.respondents_percent')})",
                    cell(f"{level_key}.response_percent"),
                    cell(f"{level_key}.difference"),
                ]
            )
    rows += withheld_row(5, rows)
    return pipe_table(["Stratum", "Invited", "Analysed", "Response", "Difference"], rows, "lrrrr", can_be_sorted=True)


def _equals(p: str) -> str:
    """A p value as it stands after the letter p: = 0.03, or < 0.001."""
    return p.replace("<", "<\u00a0") if p.startswith("<") else f"=\u00a0{p}"


def _row_of(key: str) -> int:
    return entry(key)["row"] or 0


def differences_table() -> Markdown:
    """The differences between groups that survive the adjustment, smallest p first; one line where there is none."""
    rows = []
    for key in _ranked("difference", "question"):
        found = f"{literal(v(f'{key}.effect_name'))} {cell(f'{key}.effect')} ({cell(f'{key}.effect_ci')})"
        texts = [literal(v(f"{key}.question")), literal(v(f"{key}.group")), found]
        rows.append([*texts, literal(v(f"{key}.test")), cell(f"{key}.p_adjusted")])
    rows = rows or [["No difference", "", "", "", ""]]
    return pipe_table(
        ["Question and answer", "By", f"Effect ({level()} CI)", "Test", "Adjusted p"], rows, "llllr", can_be_sorted=True
    )


def comparisons_table(domain: str) -> Markdown:
    """Every comparison of a domain in the order of its questions: test, n, effect and p, or why no test ran."""
    rows, asked = [], ""
    for key in _ranked(f"comparison.{domain}", "question"):
        if v(f"{key}.question") != asked:
            asked = v(f"{key}.question")
            rows.append(group_row(f"**{literal(asked)}**", "", "", "", "", ""))
        run = v(f"{key}.test") != ""
        reason = v(f"{key}.reason_not_run")
        test = v(f"{key}.test") if run else reason if reason == WITHHELD else f"not run: {reason}"
        found = f"{literal(v(f'{key}.effect_name'))} {cell(f'{key}.effect')}" if run else DASH
        found += f" ({cell(f'{key}.effect_ci')})" if run and v(f"{key}.effect_ci") != DASH else ""
        texts = ["&emsp;" + literal(v(f"{key}.group")), literal(test), cell(f"{key}.n"), found]
        rows.append([*texts, cell(f"{key}.p"), cell(f"{key}.p_adjusted")])
    rows += withheld_row(6, rows)
    rows = rows or [["No comparison", "", "", "", "", ""]]
    header = ["Question and answer, by group", "Test", "n", f"Effect ({level()} CI)", "p", "Adjusted p"]
    return pipe_table(header, rows, "llrlrr", can_be_sorted=True)


def cleaning_table() -> Markdown:
    """Cells changed by each rule, the most frequent first, and cells that a person should look at, by problem."""
    found = {m[1]: entry(key)["value"] for key in values() if (m := re.fullmatch(r"cleaning\.(.+)", key))}
    rules = {rule: n for rule, n in found.items() if rule not in ("cells", "changed", "to_look_at", "not_asked")}
    rows = [["**Cells whose meaning changed**", f"**{cell('cleaning.changed')}**"]]
    for rule in sorted(rules, key=lambda rule: (-rules[rule], rule)):
        # Several rules that one cell needed are joined by +.
        words = "; ".join(CLEANING.get(part, part.replace("_", " ")) for part in rule.split("+"))
        rows.append(["&emsp;" + literal(words[:1].upper() + words[1:]), cell(f"cleaning.{rule}")])
    if "not_asked" in found:
        rows.append(["**Empty cells of questions not asked**", f"**{cell('cleaning.not_asked')}**"])
    rows.append(["**Cells for a person to look at**", f"**{cell('cleaning.to_look_at')}**"])
    for key in _ranked("validation", "problem"):
        problem = v(f"{key}.problem")
        rows.append(["&emsp;" + literal(problem[:1].upper() + problem[1:]), cell(f"{key}.n")])
    return pipe_table(["Rule or problem", "Cells"], rows, "lr")


def comparators_table(names: Mapping[str, str]) -> Markdown:
    """Published figures beside ours, each with its interval where its denominator was printed.

    names: study of the published figure to its citation as Markdown, such as "Rejeski et al. [@rejeski2023]".
    """
    rows = []
    for key in _ranked("comparator", "question"):
        ours = f"{v(f'{key}.n_of')}, {v(f'{key}.percent')}" + _in_brackets(v(f"{key}.ci"))
        ours = mark(ours, f"{key}.n_of", f"{key}.percent", f"{key}.ci")
        ours = WITHHELD if is_withheld(f"{key}.percent") else ours
        theirs = f"{v(f'{key}.published_n_of')}, {v(f'{key}.published')}" + _in_brackets(v(f"{key}.published_ci"))
        theirs = mark(theirs, f"{key}.published_n_of", f"{key}.published", f"{key}.published_ci")
        asked = f"{v(f'{key}.question')}: {v(f'{key}.option_labels')}"
        cited = names.get(v(f"{key}.study"), literal(v(f"{key}.study")))
        rows.append([literal(asked), ours, f"{cited}: {theirs}", literal(v(f"{key}.note"))])
    return pipe_table(["Question and answer", "Here", "Published", "What differs"], rows, "llll", can_be_sorted=True)


def _in_brackets(interval: str) -> str:
    return "" if interval == DASH else f" ({interval})"


def _ranked(name: str, column: str) -> list[str]:
    """The keys NAME.1, NAME.2 and so on that values.json holds."""
    ranks = sorted(int(m[1]) for key in values() if (m := re.fullmatch(rf"{name}\.(\d+)\.{column}", key)))
    return [f"{name}.{rank}" for rank in ranks]


def claims_table() -> Markdown:
    """Every statement put to the data, what was found and whether it holds."""
    found = [(content["row"] or 0, key.split(".")[1]) for key, content in values().items() if is_verdict(key)]
    rows = [
        [
            literal(shown(f"claims.{claim}.statement", claim.replace("_", " "))),
            literal(shown(f"claims.{claim}.predicate")),
            cell(f"claims.{claim}.computed"),
            literal(v(f"claims.{claim}.verdict")) + _noted(shown(f"claims.{claim}.note", "")),
        ]
        for _, claim in sorted(found)
    ]
    return pipe_table(["Statement", "Tested as", "Found", "Verdict"], rows, "llrl", can_be_sorted=True)


def _noted(note: str) -> str:
    return f" ({literal(note)})" if note else ""


def statement(name: str) -> Markdown:
    """What study.yaml says under a key, such as statement("funding"), or in plain sight that it says nothing.

    name: funding, conflicts, ethics, acknowledgements, data_availability, code_availability, keywords, or
    reporting.KEY.
    """
    key = name if name.startswith("reporting.") else f"study.{name}"
    said = entry(key)
    return Markdown(literal(said["display"]) if said["value"] else f"**Not stated in study.yaml ({literal(name)}).**")


def credit_statement() -> Markdown:
    """Who did what, in the words of the CRediT taxonomy: "Conceptualization: A.B., C.D.; Software: A.B."."""
    said = entry("study.roles")
    return Markdown(
        literal(said["display"]) if said["value"] else "**Not stated in study.yaml (roles of the authors).**"
    )


def checklist_table(name: str) -> Markdown:
    """A reporting checklist, `cherries` or `cross`: what each item asks, the answer, and the section it belongs to.

    An item without an answer says Missing, and what study.yaml would have to state.
    """
    rows, section = [], ""
    for key in _ranked(f"checklist.{name}", "item"):
        item, what, answer, where = (literal(v(f"{key}.{column}")) for column in ("item", "what", "answer", "where"))
        if v(f"{key}.section") != section:
            section = v(f"{key}.section")
            rows.append(group_row(f"**{literal(section)}**", "", "", ""))
        if v(f"{key}.status") == "missing":
            answer = f"**Missing.** {answer}"
        rows.append([item, what, answer, where])
    return pipe_table(["Item", "What is to be reported", "Answer", "Section"], rows, "llll")


def checklist_summary(name: str) -> str:
    """How many items of a checklist are answered: "28 of 40 items reported, 10 missing, 2 not applicable"."""
    key = f"checklist.{name}"
    found = [f"{v(f'{key}.reported')} of {v(f'{key}.items')} items reported", f"{v(f'{key}.missing')} missing"]
    return ", ".join([*found, f"{v(f'{key}.not_applicable')} not applicable"])


def is_verdict(key: str) -> bool:
    """Is this the key of a claim's verdict?"""
    return re.fullmatch(r"claims\.[^.]+\.verdict", key) is not None


def figure(name: str, caption: str, width: str = "100%") -> Markdown:
    """The figure figures/NAME as Markdown, to be referred to as @fig-NAME; its alternative text comes from values.json.

    Without a file ending: each format takes the kind of picture it can hold. Underscores become hyphens in the label.
    """
    alt = " ".join(v(f"figure.{name}.alt").split()).replace("\\", "/").replace('"', "'")
    label = name.replace("_", "-")
    return Markdown(f'![{literal(caption)}](figures/{name}){{#fig-{label} fig-alt="{alt}" width={width}}}\n')


def table(label: str, caption: str, content: str) -> Markdown:
    """A table with a caption, to be referred to as @tbl-LABEL."""
    return Markdown(f"::: {{#tbl-{label}}}\n\n{content}\n\n{literal(caption)}\n\n:::\n")


def domain_tables(domain: str) -> Markdown:
    """The tables of a whole domain: @tbl-DOMAIN for its choices, @tbl-DOMAIN-numbers for its numbers, if it has any."""
    title, items = v(f"domain.{domain}.title"), entry(f"domain.{domain}.items")["value"]
    label = domain.replace("_", "-")
    choices = [item for item in items if options(item)]
    # An item that is a number may have an option such as "do not know", which is counted, too.
    numbers = [item for item in items if f"{item}.median" in values()]
    choices = [item for item in choices if item not in numbers]
    parts = [table(label, f"{title}: answers.", frequency_table(choices))] if choices else []
    if numbers:
        parts.append(table(f"{label}-numbers", f"{title}: numbers.", numeric_table(numbers)))
    return Markdown("\n\n".join(parts) + "\n")


def domain_section(domain: str) -> Markdown:
    """The figure and the tables of a whole domain, for a text that says nothing about single questions."""
    title = v(f"domain.{domain}.title")
    legend = f"{title}: the share of each answer with its interval, n and base; numbers as median and quartiles."
    return Markdown(figure(domain, legend) + "\n" + domain_tables(domain))


def comparisons_section(domain: str) -> Markdown:
    """The comparisons of a whole domain, as @tbl-comparisons-DOMAIN; nothing for a domain without any."""
    if not _ranked(f"comparison.{domain}", "question"):
        return Markdown("")
    title, label = v(f"domain.{domain}.title"), domain.replace("_", "-")
    caption = f"{title}: comparisons between groups. Whether anything differs here at all: p\u00a0"
    caption += f"{_equals(v(f'comparisons.domain.{domain}.p'))} (Simes' test, adjusted across domains)."
    return Markdown(table(f"comparisons-{label}", caption, comparisons_table(domain)))


def domain_ids() -> list[str]:
    """The domains of the study in their order."""
    return list(entry("study.domains")["value"])


STATISTIC = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:\\?%|per\s?cent\b)"  # 47%, 47.5 per cent
    r"|\b\d+\s*/\s*\d+\b"  # 50/106
    r"|\b\d+\s+of\s+(?:the\s+)?\d+\b"  # 50 of 106
    r"|\b[pP]\s*[=<>≤≥]\s*\d*[.,]?\d+"  # p = 0.03
    r"|\b[nN]\s*=\s*\d+"  # n = 106
)
ADDRESS = r"https?://[^\s)>\]]+|\b10\.\d{4,}/[^\s)>\]]+"


def typed_statistics(text: str) -> list[tuple[int, str]]:
    """Statistics typed by hand in the prose of a .qmd: (line, what is written there).

    A manuscript prints values only through v(). Front matter, code, `{python}` expressions, comments, attributes and
    web addresses are not prose; captions given as `#| tbl-cap:` are.
    """
    # Here, because the kernel that runs the cells needs nothing of the renderer.
    from survey.rendering.cells import Cell, blank, split_cells, split_front_matter

    _, body, first = split_front_matter(text)
    found = []
    for part in split_cells(body, first):
        if isinstance(part, Cell):
            captions = " ".join(str(value) for key, value in part.options.items() if key.endswith("-cap"))
            found += [(part.line, m[0]) for m in STATISTIC.finditer(captions)]
        elif not part.listing:
            prose = blank(rf"<!--.*?-->|(`+)[^`].*?\1|\{{[^}}\n]*\}}|{ADDRESS}", part.text, re.S)
            found += [(part.line + prose.count("\n", 0, m.start()), m[0]) for m in STATISTIC.finditer(prose)]
    return found
