"""What every cell of the results counts: from a row of any table to the records of the export, and to their answers.

`Sources.of_cell(file, row, column)` and `Sources.of_value(key, entry)` give a dictionary that JSON can hold:

    {"measure": how the cell follows, one of MEASURES,
     "terms":    [term, ...]   who was counted, see below; a claim that compares two figures has two,
     "rows":     [{"file", "rows": [numbers as a spreadsheet counts them], "column"}, ...]  rows that it was made from,
     "declared": [{"file", "line", "key"}, ...]  where it is stated: study.yaml, codebook.csv, ... (line 0: a default),
     "values":   [key, ...]    other keys of values.json that it was made from}

A term says of every record of the export how it was counted:

    {"label":   what the term is, "" where there is one only,
     "counts":  "chosen" | "valid" | "asked" | "missing" | "not_asked" | "records" | "cell", in a word,
     "among":   "analysed", or "export" where excluded records are counted, too,
     "group":   column of the grouping item, or null;   "level": its level, null for all who have one,
     "item":    item whose column ITEM__missing says who is in the base; null: everybody is,
     "base":    the texts of ITEM__missing that are in the base; "" is an answer that counts,
     "within":  {column: wanted} that the base is narrowed to, or null,
     "columns": columns that are read,
     "chosen":  {column: wanted}, or null where everybody in the base is counted,
     "match":   "any" | "all" of the columns of `chosen`,
     "weight":  column of the weights that are summed, or null,
     "without_record": units that are counted and have no record}

A column is one of clean/responses.parquet (item, item[option], item__missing), `record`, or `sample.NAME`, column NAME
of clean/sample.parquet. Cells are compared as text: codes as they are, a tick is "1" and no tick "0", a number has no
superfluous digits ("12", "0.5"), a missing cell is "". `wanted` is a list of such texts, or {"at_most": number}.

`classify(term, record)` is the whole rule, and in JavaScript:

    const has = (wanted, cell) =>
      Array.isArray(wanted) ? wanted.includes(cell) : cell !== "" && +cell <= wanted.at_most;
    const matches = (chosen, all, cell) => Object.entries(chosen)[all ? "every" : "some"](([c, w]) => has(w, cell(c)));
    function classify(term, cell) {   // cell: column => text, "" for a column that is not there
      const gone = cell("sample.excluded_by"), group = term.group, name = (group || "").replace("sample.", "");
      if (term.among === "analysed" && gone) return "excluded: " + gone;
      if (group && (!cell(group) || cell(group + "__missing"))) return "no level of " + name;
      if (group && term.level !== null && cell(group) !== term.level) return "another level of " + name;
      const why = term.item ? cell(term.item + "__missing") : "";
      if (!term.base.includes(why)) return why || "valid";
      if (term.within && !matches(term.within, false, cell)) return "other";
      if (!term.chosen || matches(term.chosen, term.match === "all", cell)) return "counted";
      return term.among === "export" ? (gone ? "excluded: " + gone : "analysed") : "in the base, another answer";
    }
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from survey.answers import KINDS, missing_column, option_column, value_columns
from survey.claims import Predicate, Term, parse_predicate, parse_term
from survey.errors import BadInput
from survey.left_out import refuse_left_out
from survey.sample import DISPOSITIONS, UNCOUNTED, disposition_of
from survey.sheets import read_lines
from survey.study import MISSING_KINDS, PROJECT, Study
from survey.tables import read_cells, read_texts
from survey.values import problem_kind, ranked_problems

MEASURES = {
    "count": "the number counted",
    "percent": "100 times the number counted, divided by the number in the base",
    "weighted_percent": "the same of summed weights",
    "number": "computed from the numbers of those counted",
    "estimate": "computed from the numbers counted and in the base",
    "rows": "the number of rows",
    "sum": "the sum of these cells",
    "rate": "computed from the terms by the formula of the row",
    "stated": "stated, not counted",
    "text": "a word that follows from the rows",
}
COUNTED, ELSE = "counted", "in the base, another answer"
WORDS_FOR = {
    "": "gave an answer that counts",
    "valid": "gave an answer that counts",
    "not_asked": "not asked",
    "blank": "left blank",
    "dont_know": "do not know",
    "not_applicable": "not applicable",
    "refused": "declined to answer",
    "invalid": "not readable",
    "other": "gave the answer 'other'",
}
VALID, ABSENT = ("",), tuple(kind for kind in KINDS if kind != "not_asked")
BASES = {
    "valid": VALID,
    "substantive": VALID,
    "answered": ("", *MISSING_KINDS),
    "asked": ("", *ABSENT),
    "all": ("", *KINDS),
}
SPREAD = ("mean", "sd", "median", "q1", "q3", "min", "max")
Record = Mapping[str, str]
Found = dict[str, Any]


def term(columns: Sequence[str] = (), **parts: Any) -> Found:
    """A term of the form above, with defaults for what is not given."""
    return {
        "label": "",
        "counts": "chosen",
        "among": "analysed",
        "group": None,
        "level": None,
        "item": None,
        "base": [""],
        "within": None,
        "columns": list(columns),
        "chosen": None,
        "match": "any",
        "weight": None,
        "without_record": 0,
    } | parts


def classify(term: Mapping[str, Any], record: Record) -> str:
    """In which class a record of the export falls.

    record: its cells as text by column, as described above; a column that it lacks is empty.
    Returns "counted", "in the base, another answer", or why it is not in the base: "another level of GROUP",
    "no level of GROUP", a kind of missing ("not_asked", "blank", ...), "valid", "other", "excluded: RULE"; of counts
    among all records of the export "analysed".
    """
    gone, group = record.get("sample.excluded_by", ""), term["group"]
    if term["among"] == "analysed" and gone:
        return f"excluded: {gone}"
    if group:
        cell, name = record.get(group, ""), group.removeprefix("sample.")
        if not cell or record.get(f"{group}__missing", ""):
            return f"no level of {name}"
        if term["level"] is not None and cell != term["level"]:
            return f"another level of {name}"
    why = record.get(f"{term['item']}__missing", "") if term["item"] else ""
    if why not in term["base"]:
        return why or "valid"
    if term["within"] and not _matches(term["within"], any, record):
        return "other"
    if not term["chosen"] or _matches(term["chosen"], all if term["match"] == "all" else any, record):
        return COUNTED
    if term["among"] == "export":
        return f"excluded: {gone}" if gone else "analysed"
    return ELSE


def _matches(chosen: Mapping[str, Any], of: Any, record: Record) -> bool:
    return of(_has(wanted, record.get(column, "")) for column, wanted in chosen.items())


def _has(wanted: Any, cell: str) -> bool:
    if isinstance(wanted, Mapping):
        return cell != "" and float(cell) <= wanted["at_most"]
    return cell in wanted


def as_text(cell: object) -> str:
    """A cell of the clean table as terms compare it."""
    if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, int | float):
        return f"{cell:.15g}"
    return cell.date().isoformat() if hasattr(cell, "date") else str(cell)


class Sources:
    """Where the cells of a study's results come from.

    study: as read; results: its results folder. Raises BadInput for a table, row or column that there is not.
    """

    def __init__(self, study: Study, results: Path):
        self.study, self.results = study, results
        self.rows_of, self.columns_of = cache(self._rows_of), cache(self._columns_of)
        self._lines, self.sheet = cache(self._yaml_lines), cache(self._read_sheet)
        self._index = cache(self._index_of)

    # Tables and places

    def _rows_of(self, file: str) -> list[dict[str, str]]:
        """The rows of a table of the results, as text. Raises LeftOut for one that an archive leaves out."""
        refuse_left_out(self.results, file)
        return read_texts(self.results / file)

    def _columns_of(self, file: str) -> list[str]:
        """The columns of a table of the results."""
        return (read_cells(self.results / file) or [[]])[0]

    def _numbers(self, file: str, wanted: Any = None, column: str = "") -> Found:
        """Rows of a table: those with these cells (a dictionary), for which a condition holds, or all."""
        if isinstance(wanted, dict):
            numbers = self._index(file, tuple(wanted)).get(tuple(wanted.values()), [])
        else:
            numbers = [at for at, row in enumerate(self.rows_of(file), start=2) if wanted is None or wanted(row)]
        return {"file": file, "rows": list(numbers), "column": column}

    def _index_of(self, file: str, columns: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
        """Cells of these columns to the rows that hold them."""
        found: dict[tuple[str, ...], list[int]] = {}
        for at, row in enumerate(self.rows_of(file), start=2):
            found.setdefault(tuple(row[column] for column in columns), []).append(at)
        return found

    def _line(self, name: str, column: str, value: str, key: str = "") -> list[Found]:
        """Where a table of the study folder has this value in this column."""
        return [
            {"file": name, "line": at, "key": key}
            for at, row in enumerate(self.sheet(name), start=2)
            if row.get(column) == value
        ][:1]

    def _read_sheet(self, name: str) -> list[dict[str, str]]:
        """The rows of a table of the study folder, or of the project; none where it is not there."""
        path = self.study.folder / name
        if not path.is_file():
            path = PROJECT / name
        if not path.is_file():
            return []
        lines = read_lines(path)
        return [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]

    def codebook(self, item: str, column: str = "item") -> list[Found]:
        """The row of the codebook that declares an item."""
        return self._line("codebook.csv", "item", item, column)

    def option(self, item: str, code: str, column: str = "code") -> list[Found]:
        """The row of options.csv that declares an option."""
        return [
            {"file": "options.csv", "line": at, "key": column}
            for at, row in enumerate(self.sheet("options.csv"), start=2)
            if (row["item"], row["code"]) == (item, code)
        ]

    def declared(self, *path: object, file: str = "study.yaml", name: str = "") -> list[Found]:
        """Where a key of study.yaml (or claims.yaml) stands; line 0 where it is left out and has its default.

        name: what the key is called, where a part of it is a place in a list.
        """
        name = name or ".".join(map(str, path))
        return [{"file": file, "line": self._lines(file).get(tuple(map(str, path)), 0), "key": name}]

    def _yaml_lines(self, file: str) -> dict[tuple[str, ...], int]:
        import yaml

        try:
            node = yaml.compose((self.study.folder / file).read_text(encoding="utf-8-sig"), yaml.CSafeLoader)
        except OSError:
            return {}
        found: dict[tuple[str, ...], int] = {}

        def walk(node: Any, path: tuple[str, ...]) -> None:
            found.setdefault(path, node.start_mark.line + 1)
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    found[(*path, key.value)] = key.start_mark.line + 1
                    walk(value, (*path, key.value))
            elif isinstance(node, yaml.SequenceNode):
                for place, value in enumerate(node.value):
                    walk(value, (*path, str(place)))

        if node is not None:
            walk(node, ())
        return found

    # Terms

    def share(self, name: str, codes: Sequence[str], base: str = "valid", match: str = "any", **parts: Any) -> Found:
        """Who chose one of the options of an item (of a rank item: ranked it first; match "all": all of them)."""
        item = self.study.item(name)
        if item.type in ("single", "ordinal"):
            chosen = {name: list(codes)}
        else:
            chosen = {option_column(item, item.option(code)): ["1"] for code in codes}
        within = None
        if base == "substantive":
            known = [option.code for option in item.options if option.kind == "substantive"]
            within = self.share(name, known)["chosen"]
        form = {"item": name, "base": list(BASES[base]), "within": within, "chosen": chosen, "match": match}
        return term(chosen, **form, **parts)

    def chosen(self, name: str, code: str, **parts: Any) -> Found:
        """Who chose an option, as frequencies count it: "do not know" and its like among answers of any kind."""
        counts = self.study.item(name).option(code).counts
        return self.share(name, [code], "valid" if counts else "answered", **parts)

    def kind(self, name: str, kinds: Sequence[str], counts: str, **parts: Any) -> Found:
        """Everybody of whom ITEM__missing says one of these; of item[option] of a rank item: who ranked it."""
        item, _, option = name.partition("[")
        columns = [name] if option else value_columns(self.study.item(item))
        form = {"item": item, "base": list(kinds), "counts": counts}
        if option and self.study.item(item).type == "rank":
            form["chosen"] = {name: [str(rank + 1) for rank in range(len(self.study.item(item).options))]}
        return term(columns, **form, **parts)

    def valid(self, name: str, **parts: Any) -> Found:
        """Everybody with an answer that counts; of a rank: who gave the option one."""
        return self.kind(name, VALID, "valid", **parts)

    def lacking(self, name: str) -> Found:
        """Those asked without an answer that counts; of a rank: all asked who did not give the option one."""
        item, _, option = name.partition("[")
        if not option:
            return self.kind(name, ABSENT, "missing")
        chosen = {missing_column(self.study.item(item)): list(ABSENT), name: [""]}
        return term([name], item=item, base=list(BASES["asked"]), counts="missing", chosen=chosen)

    def everybody(self, **parts: Any) -> Found:
        """All records that are analysed."""
        return term(["sample.excluded_by"], counts="records", **parts)

    def excluded(self, rules: Sequence[str], label: str = "") -> Found:
        """The records of the export that left at one of these rules; "" are those analysed."""
        return term(
            ["sample.excluded_by"],
            label=label,
            counts="records",
            among="export",
            chosen={"sample.excluded_by": list(rules)},
        )

    @cached_property
    def disposition_terms(self) -> dict[str, Found]:
        """Disposition to its term: the records of its units, the best of each, and the units without one."""
        study, ranks, best = self.study, list(DISPOSITIONS), {}
        by_unit = bool(study.frame and "file" in study.frame)
        for row in self.rows_of("clean/sample.csv"):
            found = disposition_of(row["excluded_by"], study)
            unit = row["unit"] if by_unit else row["record"]
            if not unit or (by_unit and found in UNCOUNTED) or found not in ranks:
                continue
            if unit not in best or ranks.index(found) < ranks.index(best[unit][0]):
                best[unit] = found, row["record"]
        terms = {}
        for name, (letter, _) in DISPOSITIONS.items():
            records = [record for found, record in best.values() if found == name]
            form = {"label": letter, "counts": "records", "among": "export", "chosen": {"record": records}}
            terms[name] = term(["record", "sample.excluded_by"], **form)
        if study.frame:
            without = max(0, int(study.frame["invited"]) - len(best))
            terms[study.response["no_record"]]["without_record"] = without
        return terms

    def of_term(self, one: Term, base: str = "valid") -> Found:
        """A figure of claims.yaml or comparators.csv."""
        name = one.arguments[0] if one.arguments else ""
        within = {"group": one.group or None, "level": one.level or None, "label": one.text}
        if one.is_share:
            match = "all" if one.function.endswith("_all") else "any"
            found = self.share(name, one.arguments[1:], base, match, **within)
            return _found("percent" if one.function.startswith("percent") else "count", [found])
        if one.function == "answered":
            return _found("count", [self.valid(name, **within)])
        if one.function == "asked":
            return _found("count", [self.kind(name, BASES["asked"], "asked", label=one.text)])
        if one.function in ("median", "mean"):
            return _found("number", [self.valid(name, **within)])
        if one.function == "distinct":
            file = f"stats/{self.study.item(name).domain}/frequencies.csv"
            rows = self._numbers(file, lambda row: row["item"] == name and row["n"] not in ("", "0"), "n")
            return _found("rows", [self.valid(name, **within)], [rows])
        if one.function in ("entropy", "top", "consensus"):
            column = {"top": "top_option"}.get(one.function, one.function)
            rows = self._numbers("stats/agreement.csv", {"item": name}, column)
            return _found("estimate", [self.valid(name, **within)], [rows])
        if one.function in ("p", "differs"):
            column = "p_adjusted" if one.function == "p" else "differs"
            group = one.arguments[1]
            rows = self._numbers("stats/comparisons.csv", {"item": name, "group": group}, column)
            return _found("estimate", [self.valid(name, group=group, label=one.text)], [rows])
        if one.function == "agreed":
            rows = self._numbers(
                "stats/agreement.csv", lambda row: row["consensus"] and name in ("", row["domain"]), "consensus"
            )
            return _found("estimate", [], [rows])
        if one.function == "response_rate":
            rows = self._numbers("stats/response_rates.csv", {"rate": name}, "percent")
            return self.of_cell(rows["file"], rows["rows"][0], "percent") | {"rows": [rows]}
        if one.function == "invited":
            return _found("stated", declared=self.declared("frame", "invited"))
        return _found("count", [self.everybody(label=one.text)])

    # Cells

    def of_cell(self, file: str, row: int, column: str = "") -> Found:
        """What a cell counts; without a column, the first that holds a result.

        file: below the results folder; row: as a spreadsheet numbers it, the header is 1; column: one, or several
        joined by commas, such as the ends of an interval.
        """
        rows = self.rows_of(file)
        if not 2 <= row < len(rows) + 2:
            raise BadInput(f"{file}: no row {row}; it has rows 2 to {len(rows) + 1}")
        cells = rows[row - 2]
        column = column.split(",")[0] or first_result(cells)
        if column not in cells:
            raise BadInput(f"{file}: no column {column!r}; it has {', '.join(cells)}")
        folder, _, name = file.rpartition("/")
        if folder == "figures":
            return self._of_figure(name.removesuffix(".csv"), row, cells, column)
        if folder.startswith("stats/"):
            return getattr(self, f"_of_{name.removesuffix('.csv')}")(cells, column)
        own = getattr(self, f"_of_{folder}_{name.removesuffix('.csv')}", None)
        if own is None:
            return _found("stated", declared=[{"file": file, "line": row, "key": column}])
        return own(cells, column)

    def _of_frequencies(self, row: Record, column: str) -> Found:
        item, code = row["item"], row["option"]
        if column in ("question", "type", "domain", "item"):
            return _found("stated", declared=self.codebook(item, column))
        if column in ("option", "option_label"):
            key = {"option": "code", "option_label": "label"}[column]
            return _found("stated", declared=self.option(item, code, key))
        if column.startswith("n_") and column != "n_effective":
            return _found("count", [self._based(item, column)])
        chosen = self.chosen(item, code)
        by_weight = column == "n_effective" and self.study.weighting
        if by_weight or column in ("weighted_percent", "weighted_se", "weighted_ci_low", "weighted_ci_high"):
            measure = "weighted_percent" if column == "weighted_percent" else "estimate"
            return _found(measure, [chosen | {"weight": "sample.weight"}])
        return _found({"n": "count", "percent": "percent"}.get(column, "estimate"), [chosen])

    def _based(self, name: str, column: str) -> Found:
        """The base of an item: n_valid, n_asked, n_missing, n_not_asked, or the number of a kind of missing."""
        if column == "n_valid":
            return self.valid(name)
        if column == "n_missing":
            return self.lacking(name)
        if column == "n_asked":
            return self.kind(name.partition("[")[0], BASES["asked"], "asked")
        kind = column.removeprefix("n_")
        return self.kind(name, [kind], "not_asked" if kind == "not_asked" else "missing")

    def _of_numeric(self, row: Record, column: str) -> Found:
        item = row["item"].partition("[")[0]
        if column in ("question", "unit", "domain", "item"):
            return _found("stated", declared=self.codebook(item, column))
        if column == "n_missing":
            return _found("count", [self.lacking(row["item"])])
        measure = "count" if column == "n" else "number" if column in SPREAD else "estimate"
        return _found(measure, [self.valid(row["item"])])

    def _of_groups(self, row: Record, column: str) -> Found:
        item, within = row["item"], {"group": row["group"], "level": row["level"]}
        if column in ("domain", "item", "group"):
            return _found(
                "stated", declared=self.codebook((row["group"] if column == "group" else item).partition("[")[0])
            )
        if column in ("level", "option"):
            owner = (row["group"], row["level"]) if column == "level" else (item, row["option"])
            return _found("stated", declared=self.option(*owner))
        if column == "n_valid" or not row["option"]:
            measure = "count" if column in ("n", "n_valid") else "number" if column in SPREAD else "estimate"
            return _found(measure, [self.valid(item, **within)])
        chosen = self.chosen(item, row["option"], **within)
        return _found({"n": "count", "percent": "percent"}.get(column, "estimate"), [chosen])

    def _of_agreement(self, row: Record, column: str) -> Found:
        item, rows = row["item"], [self._same("agreement", row, ("item",), column)]
        if column in ("question", "domain", "item"):
            return _found("stated", declared=self.codebook(item, column))
        if column in ("top_option", "top_percent", "top_ci_low", "top_ci_high") and row["top_option"]:
            measure = {"top_percent": "percent", "top_option": "text"}.get(column, "estimate")
            return _found(measure, [self.chosen(item, row["top_option"])], rows)
        return _found("estimate", [self.valid(item)], rows)

    def _of_comparisons(self, row: Record, column: str) -> Found:
        if column in ("domain", "item", "group"):
            return _found("stated", declared=self.codebook(row[column].partition("[")[0], "item"))
        rows = [self._same("comparisons", row, ("item", "group"), column)]
        if column in ("p_adjusted", "differs"):
            rows.append(self._numbers(f"stats/{row['domain']}/comparisons.csv", column="p"))
        if column in ("domain_p", "domain_p_adjusted", "differs"):
            rows.append(self._numbers("stats/comparisons.csv", {"domain": row["domain"]}, "p"))
        return _found(
            "count" if column == "n_used" else "estimate", [self.valid(row["item"], group=row["group"])], rows
        )

    def _same(self, table: str, row: Record, names: Sequence[str], column: str) -> Found:
        """The row of a domain's table that a row of the table of all domains repeats."""
        file = f"stats/{row['domain']}/{table}.csv"
        column = column if column in self.columns_of(file) else ""
        return self._numbers(file, {name: row[name] for name in names}, column)

    def _of_stats_agreement(self, row: Record, column: str) -> Found:
        return self._of_agreement(row, column)

    def _of_stats_comparisons(self, row: Record, column: str) -> Found:
        return self._of_comparisons(row, column)

    def _of_stats_early_late(self, row: Record, column: str) -> Found:
        if column in ("domain", "item"):
            return _found("stated", declared=self.codebook(row[column].partition("[")[0], "item"))
        rows = [self._numbers("stats/early_late.csv", column="p")] if column == "p_adjusted" else []
        found = self.valid(row["item"], group="sample.wave")
        return _found("count" if column == "n_used" else "estimate", [found], rows)

    def _of_stats_shares(self, row: Record, column: str) -> Found:
        item, codes = row["item"], row["options"].split("|") if row["options"] else []
        figures = [figure["id"] for figure in self.study.figures]
        place = (
            self.declared("figures", figures.index(row["figure"]), name=row["figure"])
            if row["figure"] in figures
            else []
        )
        if column in ("figure", "panel", "row", "column", "options", "item"):
            return _found("stated", declared=place)
        if column in ("n_valid", "n_asked", "n_not_asked"):
            return _found("count", [self._based(item, column)])
        if codes:
            chosen = self.share(item, codes)
        else:
            chosen = term([item], item=item, chosen={item: {"at_most": float(row["column"])}})
        return _found({"n": "count", "percent": "percent"}.get(column, "estimate"), [chosen], declared=place)

    def _of_stats_claims(self, row: Record, column: str) -> Found:
        ids = [claim["id"] for claim in self.study.claims]
        place = (
            self.declared(ids.index(row["claim"]), file="claims.yaml", name=row["claim"]) if row["claim"] in ids else []
        )
        if column in ("claim", "statement", "predicate", "published"):
            return _found("stated", declared=place)
        predicate = parse_predicate(row["predicate"], self.study)
        left = self.of_term(predicate.left, row["base"] or "valid")
        if column == "denominator" and predicate.left.is_share:
            base = left["terms"][0] | {"chosen": None, "counts": "valid"}
            return left | {"measure": "count", "terms": [base], "declared": place}
        measure = "count" if column == "numerator" and predicate.left.is_share else left["measure"]
        if column in ("computed", "found", "numerator"):
            return left | {"measure": measure, "declared": [*left["declared"], *place]}
        return _joined([left, *_right(predicate, self)], "estimate", place)

    def _of_stats_comparators(self, row: Record, column: str) -> Found:
        if column.startswith("published") or column in (
            "study",
            "citation",
            "doi",
            "unit",
            "note",
            "denominator_printed",
        ):
            return _found("stated", declared=self._published(row))
        found = self.of_term(parse_term(row["figure"], self.study))
        if column == "denominator" and found["measure"] == "percent":
            return found | {"measure": "count", "terms": [found["terms"][0] | {"chosen": None, "counts": "valid"}]}
        if column == "numerator" and found["measure"] == "percent":
            return found | {"measure": "count"}
        if column == "percent" or found["measure"] == "rate":
            return found
        declared = self._published(row) if column == "difference" else found["declared"]
        return found | {"measure": "estimate", "declared": declared}

    def _published(self, row: Record) -> list[Found]:
        file = "resources/published/figures.csv"
        wanted = [row["study"], row["published_question"], row["published_option"]]
        sheet = enumerate(self.sheet(file), start=2)
        return [
            {"file": file, "line": at, "key": "percent"}
            for at, one in sheet
            if [one["study"], one["question"], one["option"]] == wanted
        ]

    def _of_stats_dispositions(self, row: Record, column: str) -> Found:
        if column != "n":
            return _found("stated", declared=[{"file": "scripts/survey/sample.py", "line": 0, "key": "DISPOSITIONS"}])
        return _found("count", [self.disposition_terms[row["disposition"]]], declared=self._invited())

    def _of_stats_response_rates(self, row: Record, column: str) -> Found:
        if column in ("rate", "definition", "formula"):
            return _found("stated", declared=[{"file": "scripts/survey/sample.py", "line": 0, "key": "RATES"}])
        formula = row["formula"].partition("/")[0] if column == "numerator" else row["formula"]
        letters = set(re.findall(r"[A-Z]+", formula))
        terms = [one for one in self.disposition_terms.values() if one["label"] in letters]
        return _found("rate", terms, [self._numbers("stats/dispositions.csv", column="n")], self._invited())

    def _invited(self) -> list[Found]:
        return self.declared("frame", "invited") if self.study.frame else []

    def _of_stats_representativeness(self, row: Record, column: str) -> Found:
        stratum, level, frame = row["stratum"], row["level"], self.study.frame or {}
        if column in ("stratum", "level", "level_label"):
            named = self.option(stratum, level, "label") if stratum in self.study.by_name else []
            return _found("stated", declared=named or self._frame(stratum))
        if column in ("frame_n", "frame_percent"):
            return _found("stated", declared=self._frame(stratum))
        name = f"sample.{stratum}"
        ours = term([name], chosen={name: [level]})
        if column == "respondents_n":
            return _found("count", [ours])
        if column == "respondents_percent":
            return _found("percent", [ours | {"group": name}])
        if column == "weighted_percent":
            return _found("weighted_percent", [ours | {"group": name, "weight": "sample.weight"}])
        if column == "response_percent":
            return _found("rate", [ours], declared=self._frame(stratum))
        one = ours if column == "difference" else term([name], group=name, counts="valid")
        return _found("estimate", [one], declared=self._frame(stratum) if frame else [])

    def _frame(self, stratum: str) -> list[Found]:
        frame = self.study.frame or {}
        if "file" in frame:
            return [{"file": frame["file"], "line": 0, "key": stratum}]
        return self.declared("frame", "levels", stratum)

    def _of_clean_appendix(self, row: Record, column: str) -> Found:
        if column in ("variable", "domain", "type", "role"):
            return _found("stated", declared=self.codebook(row["variable"], "item" if column == "variable" else column))
        if column == "n":
            return _found("count", [self.kind(row["variable"], VALID, "valid")])
        if column in KINDS:
            return _found("count", [self._based(row["variable"], f"n_{column}")])
        if column == "levels":
            return _found("stated", declared=self._line("options.csv", "item", row["variable"], "label"))
        return _found("number", [self.valid(row["variable"])])

    def _of_clean_flow(self, row: Record, column: str) -> Found:
        rules = [rule["id"] for rule in self.study.selection]
        if column in ("step", "label", "reason"):
            place = (
                self.declared("selection", rules.index(row["step"]), name=row["step"]) if row["step"] in rules else []
            )
            return _found("stated", declared=place or self._invited())
        if row["step"] == "invited":
            return _found("stated", declared=self._invited() + self._frame("")[: "file" in self.study.frame])
        if column == "excluded":
            return _found("count", [self.excluded([row["step"]] if row["step"] in rules else ["-"])])
        if row["step"] == "analysed":
            return _found("count", [self.excluded([""])])
        later = rules[rules.index(row["step"]) + 1 :] if row["step"] in rules else rules
        return _found("count", [self.excluded(["", *later])])

    def _of_clean_ledger(self, row: Record, column: str) -> Found:
        name, own = row["item"], row["item"].partition("[")[0].removesuffix("__other")
        item = self.study.by_name.get(own)
        columns = [name] if item and name in value_columns(item) else value_columns(item) if item else []
        cell = term(columns, counts="cell", among="export", chosen={"record": [row["record"]]})
        return _found("stated", [cell], declared=self.codebook(own))

    def _of_clean_validation(self, row: Record, column: str) -> Found:
        return self._of_clean_ledger(row, column)

    def _of_clean_exclusions(self, row: Record, column: str) -> Found:
        cell = term(["sample.excluded_by"], counts="cell", among="export", chosen={"record": [row["record"]]})
        rules = [rule["id"] for rule in self.study.selection]
        return _found("stated", [cell], declared=self.declared("selection", rules.index(row["rule"]), name=row["rule"]))

    def _of_clean_sample(self, row: Record, column: str) -> Found:
        names = list(dict.fromkeys(["sample.excluded_by", f"sample.{column}"]))
        return _found("stated", [term(names, counts="cell", among="export", chosen={"record": [row["record"]]})])

    def _of_audit_checklist(self, name: str, row: Record, column: str) -> Found:
        file = f"resources/checklists/{name}.csv"
        at = next((at for at, one in enumerate(self.sheet(file), start=2) if one["item"] == row["item"]), 0)
        source = self.sheet(file)[at - 2].get("from", "") if at else ""
        keys = [key for key in re.findall(r"\{([^{}]+)\}", source) if key != "section"]
        found = _found("stated", declared=[{"file": file, "line": at, "key": "from" if column == "answer" else column}])
        return found | {"values": keys if column in ("answer", "status") else []}

    def _of_audit_cherries(self, row: Record, column: str) -> Found:
        return self._of_audit_checklist("cherries", row, column)

    def _of_audit_cross(self, row: Record, column: str) -> Found:
        return self._of_audit_checklist("cross", row, column)

    # Figures

    def _of_figure(self, name: str, row: int, cells: Record, column: str) -> Found:
        """A mark of a figure: the rows of the statistics it is drawn from, and what they count."""
        found = self._drawn_from(name, cells, column)
        if column == "n_asked" and cells.get("mark") == "median":
            place = self._numbers("clean/appendix.csv", {"variable": cells["item"]}, ",".join(("n", *ABSENT)))
            return _found("count", [self._based(cells["item"], column)], [place])
        if found is None:
            return _found("stated", declared=[{"file": f"figures/{name}.csv", "line": row, "key": column}])
        file, wanted, source = found
        rows = self._numbers(file, wanted, source)
        if not rows["rows"]:
            raise BadInput(f"figures/{name}.csv row {row}: {file} has no row for it")
        if callable(wanted):  # one line for several answers
            return _joined([self.of_cell(file, number, source) for number in rows["rows"]], "sum") | {"rows": [rows]}
        rows["rows"] = rows["rows"][:1]
        below = self.of_cell(file, rows["rows"][0], source)
        if column == "shown":
            below |= {"measure": "text"}
        return below | {"rows": [rows, *(other for other in below["rows"] if other != rows)]}

    def _drawn_from(self, name: str, cells: Record, column: str) -> tuple[str, Any, str] | None:
        """File, its rows, and column that a cell of a figure's table is taken from; None for what is drawn alone."""
        if name in self.study.domain_ids:
            return self._drawn_domain(name, cells, column)
        if name in {figure["id"] for figure in self.study.figures}:
            file, keys = "stats/shares.csv", ("figure", "panel", "row", "column")
        elif name in ("groups", "differences"):
            return self._drawn_groups(cells, column)
        else:
            file, keys = {
                "flow": ("clean/flow.csv", ("step",)),
                "agreement": ("stats/agreement.csv", ("item",)),
                "respondents": ("stats/representativeness.csv", ("stratum", "level")),
                "published": ("stats/comparators.csv", ("figure", "study", "published_question", "published_option")),
            }[name]
        return (file, {key: cells[key] for key in keys}, column) if column in self.columns_of(file) else None

    def _drawn_groups(self, cells: Record, column: str) -> tuple[str, Any, str] | None:
        """The same of a level of a group, with the test of it."""
        item, option = cells["item"], cells["option"]
        tested = ("effect_name", "effect", "effect_ci_low", "effect_ci_high", "test", "p", "p_adjusted")
        if column in tested:
            return "stats/comparisons.csv", {"item": item, "group": cells["group"]}, column
        name = item.partition("[")[0]
        file = f"stats/{self.study.item(name).domain}/groups.csv"
        column = "percent" if column == "shown" else column
        wanted = {"item": name if option else item, "option": option, "group": cells["group"], "level": cells["level"]}
        return (file, wanted, column) if column in self.columns_of(file) else None

    def _drawn_domain(self, domain: str, cells: Record, column: str) -> tuple[str, Any, str] | None:
        """The same of the figure of a domain."""
        item, option, mark = cells["item"], cells["option"], cells["mark"]
        numeric, frequencies = f"stats/{domain}/numeric.csv", f"stats/{domain}/frequencies.csv"
        kinds = {f"n_{kind}": kind for kind in KINDS}
        if not cells[column]:
            return None
        if column in kinds:
            return "clean/appendix.csv", {"variable": item}, kinds[column]
        if column == "mean_rank":
            return numeric, {"item": f"{item}[{option}]"}, "mean"
        if column == "n_asked":
            return frequencies, {"item": item}, column
        if mark == "more" and column in ("n", "label"):
            drawn = [one["option"] for one in self.rows_of(f"figures/{domain}.csv") if one["item"] == item]
            return frequencies, (lambda one: one["item"] == item and one["option"] not in drawn), "n"
        if mark == "median":
            file, wanted = numeric, {"item": item}
            column = {"base": "n", "ci_low": "median_ci_low", "ci_high": "median_ci_high"}.get(column, column)
        elif mark in ("percent", "apart"):
            file, wanted = frequencies, {"item": item, "option": option}
            column = {"base": "n_valid", "label": "option_label"}.get(column, column)
        else:
            return None
        return (file, wanted, column) if column in self.columns_of(file) else None

    # Values

    def of_value(self, key: str, entry: Mapping[str, Any]) -> Found:
        """What an entry of values.json counts."""
        file, row, column = entry["file"], entry["row"], entry["column"]
        if key == "flow.excluded":
            return _found("count", [self.excluded([rule["id"] for rule in self.study.selection])])
        if key == "flow.response_rate":
            return _found("rate", [self.excluded([""])], declared=self._invited())
        if file == "clean/appendix.csv" and row and key.endswith(".n_asked"):
            return _found("count", [self._based(self.rows_of(file)[row - 2]["variable"], "n_asked")])
        if row:
            return self.of_cell(file, row, column)
        if file in ("study.yaml", ""):
            return _found("stated", declared=self._stated(key))
        if file == "codebook.csv":
            return self._of_codebook(key)
        if file.endswith(".alt.txt"):
            table = f"{file.removesuffix('.alt.txt')}.csv"
            return _found("stated", rows=[self._numbers(table)], declared=[{"file": file, "line": 1, "key": ""}])
        return self._of_table(key, file, column, entry)

    def _of_table(self, key: str, file: str, column: str, entry: Mapping[str, Any]) -> Found:
        """A value that is counted over the rows of a table."""
        last = key.rpartition(".")[2]
        if file == "clean/appendix.csv":
            return self._of_missing(last)
        if file == "clean/flow.csv":
            return _found("text", rows=[self._numbers(file, lambda row: row["reason"], "reason")])
        wanted = {
            "agreement.consensus": lambda row: row["consensus"] == "yes",
            "agreement.consensus.words": lambda row: row["consensus"] == "yes",
            "agreement.items": lambda row: row["consensus"],
            "agreement.by_type": lambda row: row["consensus"],
            "cleaning.changed": lambda row: row["rule"] != "not_asked",
            "claims.holds": lambda row: row["verdict"] == "holds",
            "comparisons.run": lambda row: row["p"],
            "comparisons.not_run": lambda row: not row["p"],
            "comparisons.why_not": lambda row: not row["p"],
            "comparisons.tests": lambda row: row["p"],
            "comparisons.differences": lambda row: row["differs"] == "yes",
            "comparators.denominators": lambda row: row["denominator_printed"] == "yes",
            "waves.questions": lambda row: row["p"],
            "waves.differences": lambda row: (
                row["p"] and float(row["p_adjusted"]) <= self.study.comparisons["alpha"] / 100
            ),
        }.get(key)
        if key.startswith("area."):
            area = self.study.areas[int(key.split(".")[1]) - 1]
            wanted = lambda row: row["item"] in area["items"] and row["consensus"] == "yes"  # noqa: E731
        elif key.startswith("cleaning.") and key not in ("cleaning.cells", "cleaning.changed", "cleaning.to_look_at"):
            wanted = lambda row: row["rule"] == last  # noqa: E731
        elif key.startswith("validation."):
            problem = self.problems[int(key.split(".")[1]) - 1]
            wanted = lambda row: problem_kind(row["problem"]) == problem  # noqa: E731
        elif key.startswith("checklist.") and last != "items":
            wanted = lambda row: row["status"] == last.replace("_", " ")  # noqa: E731
        counted = isinstance(entry["value"], int) and not isinstance(entry["value"], bool)
        return _found("rows" if counted else "text", rows=[self._numbers(file, wanted, column)])

    def cells_of(self, part: Found) -> list[str]:
        """The cells of a part of "rows", row by row."""
        rows = self.rows_of(part["file"])
        return [rows[at - 2][name] for at in part["rows"] for name in part["column"].split(",")]

    @cached_property
    def problems(self) -> list[str]:
        """The kinds of problem of validation.csv, the most frequent first."""
        return [kind for kind, _ in ranked_problems(row["problem"] for row in self.rows_of("clean/validation.csv"))]

    def _of_missing(self, last: str) -> Found:
        """Over all answers to choices and numbers: blank, refused and unreadable ones, and those asked for."""
        absent, asked = ("blank", "refused", "invalid"), ("n", *ABSENT)
        names = [item.name for item in self.study.items if item.role in ("outcome", "group")]
        names = [name for name in names if self.study.item(name).type not in ("date", "text")]
        file = "clean/appendix.csv"
        columns = {"absent": absent, "asked": asked}.get(last, (*absent, *asked))
        rows = [self._numbers(file, lambda row: row["variable"] in names, column) for column in columns]
        kinds = absent if last == "absent" else BASES["asked"]
        terms = [self.kind(name, kinds, "missing" if last == "absent" else "asked", label=name) for name in names]
        return _found("rate" if last == "percent" else "sum", terms, rows)

    def _of_codebook(self, key: str) -> Found:
        items, kind = self.study.items, key.split(".")
        wanted = {
            "study.items": items,
            "study.questions": [item for item in items if item.is_answerable],
            "study.conditional": [item for item in items if item.is_answerable and item.asked_if is not None],
        }.get(key)
        if wanted is None:
            wanted = [item for item in items if item.domain == kind[1] and item.is_reported]
        names = [item.name for item in wanted]
        lines = [at for at, row in enumerate(self.sheet("codebook.csv"), start=2) if row["item"] in names]
        return _found(
            "rows" if key.startswith("study.") else "text",
            rows=[{"file": "codebook.csv", "rows": lines, "column": "item"}],
        )

    def _stated(self, key: str) -> list[Found]:
        """Where study.yaml, the environment or a script states a value."""
        kind, *rest = key.split(".")
        if kind == "software":
            return [{"file": "requirements.lock", "line": _pinned(rest[0]), "key": rest[0]}]
        if key == "words.bands":
            return [{"file": "scripts/survey/values.py", "line": 0, "key": "WORDS"}]
        if kind == "area":
            return self.declared("areas", int(rest[0]) - 1, "title")
        if kind == "domain":
            return self.declared("domains", self.study.domain_ids.index(rest[0]), "title")
        path = {
            "study.unit": ("frame", "unit"),
            "study.units": ("frame", "units") if ("frame", "units") in self._lines("study.yaml") else ("frame", "unit"),
            "study.window_first": ("window", "first"),
            "study.window_last": ("window", "last"),
            "study.parts": ("domains",),
            "study.one_record_per": ("respondent_key",),
            "study.roles": ("authors",),
            "weights.text": ("weights",),
        }.get(key)
        return self.declared(*(path or (rest if kind == "study" else [kind, *rest])))


def _found(
    measure: str, terms: Sequence[Found] = (), rows: Sequence[Found] = (), declared: Sequence[Found] = ()
) -> Found:
    return {
        "measure": measure,
        "terms": list(terms),
        "rows": [one for one in rows if one["rows"]],
        "declared": list(declared),
        "values": [],
    }


def _joined(parts: Sequence[Found], measure: str, declared: Sequence[Found] = ()) -> Found:
    """Several figures that one cell is made from."""
    found = _found(measure, *([one for part in parts for one in part[name]] for name in ("terms", "rows", "declared")))
    return found | {"declared": [*found["declared"], *declared]}


def _right(predicate: Predicate, sources: Sources) -> list[Found]:
    return [sources.of_term(predicate.right)] if isinstance(predicate.right, Term) else []


def first_result(cells: Record) -> str:
    """The first column of a row that holds a result: its count, percent or statistic."""
    names = (
        "n",
        "frame_n",
        "numerator",
        "computed",
        "verdict",
        "n_used",
        "percent",
        "top_percent",
        "median",
        "entropy",
    )
    return next((name for name in names if cells.get(name)), next(iter(cells)))


def _pinned(package: str) -> int:
    """The line of the lock file that pins a package; 0 where it is not pinned there, as Python itself."""
    path = PROJECT / "requirements.lock"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return next((at for at, line in enumerate(lines, start=1) if line.startswith(f"{package}==")), 0)
