"""Every value of a study counted again from its raw export, by a path of its own.

The export is read with the csv module, the clean answers come from the replay of the ledger, and everything is counted
by plain loops over records. Nothing of the statistics, and nothing of `survey.provenance`, is used to count.
"""

import csv
import json
import math
import re
import statistics
from collections import Counter
from functools import cached_property

import yaml
from replay import replay

KINDS = ("not_asked", "blank", "dont_know", "not_applicable", "refused", "invalid")
COUNTED = ("frequencies", "numeric", "groups", "agreement", "appendix", "flow", "response_rates", "representativeness")
COUNTED += ("shares", "comparisons", "early_late", "claims", "comparators")
TEXTS = (
    "domain",
    "item",
    "question",
    "type",
    "option",
    "option_label",
    "group",
    "level",
    "step",
    "label",
    "reason",
    "unit",
)
LETTERS = {"complete": "I", "partial": "P", "refusal": "R", "other": "O", "non_contact": "NC", "unknown": "U"}
TERM = re.compile(r"(\w+)\(([^|)]*)(?:\| *(\w+) *== *(\w+) *)?\)")


def rows(path):
    """The rows of a CSV as dictionaries, without the apostrophe that keeps a spreadsheet from running a cell."""

    def verbatim(cell):
        return cell[1:] if re.match("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell) else cell

    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{column: verbatim(cell) for column, cell in row.items()} for row in csv.DictReader(file)]


class Recount:
    """A study's answers, from its export, and what is counted of them.

    study: as read; results: its results folder; export: the raw file.
    """

    def __init__(self, study, results, export):
        self.study, self.results = study, results
        about = json.loads((results / "ingest/ingest.json").read_text())
        csv.field_size_limit(10_000_000)
        with export.open(encoding=about["encoding"], newline="") as file:
            lines = list(csv.reader(file, delimiter=about["delimiter"]))
        columns = rows(results / "ingest/columns.csv")
        positions = {row["column"]: int(row["position"]) - 1 for row in columns}
        key = about["record_column"]
        self.raw = [
            {"record": str(number) if key == "row" else line[positions[key]]}
            | {name: line[at] for name, at in positions.items()}
            for number, line in enumerate(lines, start=1)
            if number > about["header_rows"] and any(line)
        ]
        self.excluded = {row["record"]: row["rule"] for row in rows(results / "clean/exclusions.csv")}
        ledger = rows(results / "clean/ledger.csv")
        self.values, self.why = replay(self.raw, columns, [{"record": one} for one in self.excluded], ledger, study)
        self.records = [raw["record"] for raw in self.raw if raw["record"] not in self.excluded]
        self.sample = {row["record"]: row for row in rows(results / "clean/sample.csv")}
        self.tables = {}

    def table(self, file):
        """A table of the results, read once."""
        if file not in self.tables:
            self.tables[file] = rows(self.results / file)
        return self.tables[file]

    # Who

    def of_level(self, group, level):
        """The records at a level of a group; of all its levels for None; all records for no group."""
        if not group:
            return self.records
        if group == "wave":
            return [
                one for one in self.records if self.sample[one]["wave"] in ([level] if level else ["early", "late"])
            ]
        return [
            one
            for one in self.records
            if not self.why[one, group] and (level is None or self.values[one, group] == level)
        ]

    def with_why(self, item, kinds, group="", level=None):
        """The records whose answer to an item is missing for one of these reasons; "" is not missing."""
        return [one for one in self.of_level(group, level) if self.why[one, item] in kinds]

    def chose(self, record, item, code):
        """Whether a record chose an option; of a rank item, ranked it first."""
        kind = self.study.by_name[item].type
        if kind in ("single", "ordinal"):
            return self.values[record, item] == code
        return self.values[record, f"{item}[{code}]"] == (True if kind == "multiple" else 1)

    def choosing(self, item, codes, group="", level=None, every=False):
        """The records that chose one of these options, or every one."""
        found = all if every else any
        return [one for one in self.of_level(group, level) if found(self.chose(one, item, code) for code in codes)]

    def numbers(self, name, group="", level=None):
        """The numbers given to an item, or the ranks of item[option]."""
        item = name.partition("[")[0]
        found = [self.values[one, name] for one in self.with_why(item, [""], group, level)]
        return sorted(float(value) for value in found if value is not None)

    def compared(self, name, group):
        """How many are compared between the levels of a group: with an answer that has a place, and a level."""
        item = name.partition("[")[0]
        whom = self.with_why(item, [""], group)
        if self.study.by_name[item].type == "rank":
            whom = [one for one in whom if self.values[one, name] is not None]
        return len(whom)

    # How many, by table

    def frequencies(self, row, column):
        """A cell of frequencies."""
        item, code = row["item"], row["option"]
        base, n = self.with_why(item, [""]), len(self.choosing(item, [code]))
        if column == "n":
            return n
        if column.startswith("n_") and column != "n_effective":
            kinds = {"valid": [""], "asked": ["", *KINDS[1:]], "missing": KINDS[1:], "not_asked": ["not_asked"]}
            return len(self.with_why(item, kinds[column[2:]]))
        if column.startswith(("ci_method", "weighted_")) and column != "weighted_percent":
            return ...
        if not self.study.by_name[item].option(code).counts or not base:
            return None if column in ("percent", "ci_low", "ci_high", "weighted_percent") else ...
        if column == "percent":
            return 100 * n / len(base)
        if column == "weighted_percent":
            if "weight" not in self.sample[self.records[0]]:
                return None
            weights = {one: float(self.sample[one]["weight"] or 0) for one in base}
            return 100 * sum(weights[one] for one in base if self.chose(one, item, code)) / sum(weights.values())
        if column in ("ci_low", "ci_high") and row["ci_method"] == "wilson":
            return self.wilson(n, len(base), item)[column == "ci_high"]
        return ...

    def wilson(self, n, base, item):
        """Wilson's interval in percent, with the effective size for a finite population that was asked."""
        asked = len(self.with_why(item, ["", *KINDS[1:]]))
        size = base
        if self.study.inference["target"] == "finite_population":
            population = max(base, self.study.frame["invited"] * asked / len(self.records))
            size = base * (population - 1) / (population - base) if population > base else math.inf
        share, z = n / base, statistics.NormalDist().inv_cdf(0.5 + self.study.inference["level"] / 200)
        if math.isinf(size):
            return 100 * share, 100 * share
        middle = (share + z * z / (2 * size)) / (1 + z * z / size)
        half = z / (1 + z * z / size) * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
        return 100 * max(0, middle - half), 100 * min(1, middle + half)

    def statistic(self, numbers, column):
        """A statistic of numbers; `...` where it is an interval."""
        if column in ("n", "n_valid"):
            return len(numbers)
        if not numbers:
            return None if column not in ("ci_method", "percent", "ci_low", "ci_high") else ...
        if column == "sd":
            return statistics.stdev(numbers) if len(numbers) > 1 else None
        if column in ("q1", "q3"):
            if len(numbers) == 1:
                return numbers[0]
            return statistics.quantiles(numbers, n=4, method="inclusive")[0 if column == "q1" else 2]
        simple = {"mean": statistics.fmean, "median": statistics.median, "min": min, "max": max}
        return simple[column](numbers) if column in simple else ...

    def numeric(self, row, column):
        """A cell of numeric."""
        numbers = self.numbers(row["item"])
        if column == "n_missing":
            return len(self.with_why(row["item"].partition("[")[0], ["", *KINDS[1:]])) - len(numbers)
        return self.statistic(numbers, column)

    def groups(self, row, column):
        """A cell of groups."""
        item, code, where = row["item"], row["option"], (row["group"], row["level"])
        if not code:
            return self.statistic(self.numbers(item, *where), column)
        n, base = len(self.choosing(item, [code], *where)), len(self.with_why(item, [""], *where))
        if column == "percent":
            return 100 * n / base if base and self.study.by_name[item].option(code).counts else None
        return {"n": n, "n_valid": base}.get(column, ...)

    def agreement(self, row, column):
        """A cell of agreement."""
        item = self.study.by_name[row["item"]]
        counts = {one.code: len(self.choosing(item.name, [one.code])) for one in item.options if one.counts}
        base = len(self.with_why(item.name, [""]))
        top = max(counts, key=counts.get)
        share = 100 * counts[top] / base if base else math.nan
        if column == "entropy":
            if item.type == "multiple":
                each = [entropy([n, base - n]) for n in counts.values()]
                return sum(each) / len(each)
            return entropy(list(counts.values()))
        limits = self.study.thresholds
        reached = "yes" if share >= limits["consensus"] else "near" if share >= limits["near"] else "no"
        return {"top_option": top, "top_percent": share, "consensus": reached}.get(column, ...)

    def appendix(self, row, column):
        """A cell of the data appendix."""
        if column == "n":
            return len(self.with_why(row["variable"], [""]))
        return len(self.with_why(row["variable"], [column])) if column in KINDS else ...

    def flow(self, row, column):
        """A cell of the flow."""
        rules = [rule["id"] for rule in self.study.selection]
        gone = Counter(self.excluded.values())
        if row["step"] == "invited":
            return self.study.frame["invited"] if column == "n" else 0
        before = (
            rules[: rules.index(row["step"]) + 1]
            if row["step"] in rules
            else rules
            if row["step"] == "analysed"
            else []
        )
        return gone[row["step"]] if column == "excluded" else len(self.raw) - sum(gone[rule] for rule in before)

    @cached_property
    def dispositions(self):
        """How many units have each disposition; the best of a unit's records counts."""
        kinds = {"outside_window": "other", "not_in_frame": "not_eligible"}
        order, best = list(LETTERS), {}
        for raw in self.raw:
            rule = next((one for one in self.study.selection if one["id"] == self.excluded.get(raw["record"])), None)
            found = "complete"
            if rule:
                guess = kinds.get(rule["id"], "refusal" if "answered_below" in rule else "not_counted")
                found = rule.get("disposition", guess)
            in_file = self.study.frame and "file" in self.study.frame
            unit = self.sample[raw["record"]]["unit"] if in_file else raw["record"]
            if (
                unit
                and found in order
                and order.index(found) < order.index(best.get(unit, "unknown")) + (unit not in best)
            ):
                best[unit] = found
        counts = Counter(best.values())
        if self.study.frame:
            counts[self.study.response["no_record"]] += max(0, self.study.frame["invited"] - len(best))
        return counts

    def response_rates(self, row, column):
        """A cell of response_rates."""
        numbers = {letter: float(self.dispositions[name]) for name, letter in LETTERS.items()}
        numbers["e"] = float(row["eligible_share"] or "nan")
        above, below = (
            sum(math.prod(numbers[name] for name in part.split()) for part in side.strip(" ()").split("+"))
            for side in row["formula"].split("/")
        )
        return {"numerator": above, "denominator": below, "percent": 100 * above / below}.get(column, ...)

    def representativeness(self, row, column):
        """A cell of representativeness."""
        stratum, level = row["stratum"], row["level"]
        known = [self.sample[one][stratum] for one in self.records if self.sample[one][stratum]]
        n, units = known.count(level), self.frame_levels(stratum)
        numbers = {"frame_n": units.count(level), "frame_percent": 100 * units.count(level) / len(units)}
        numbers |= {"respondents_n": n, "respondents_percent": 100 * n / len(known)}
        numbers["response_percent"] = 100 * n / units.count(level)
        if column == "weighted_percent":
            if "weight" not in self.sample[self.records[0]]:
                return None
            weights = [(self.sample[one][stratum], float(self.sample[one]["weight"])) for one in self.records]
            return 100 * sum(w for at, w in weights if at == level) / sum(w for at, w in weights if at)
        if column == "difference":
            ours, theirs = n / len(known), units.count(level) / len(units)
            spread = (ours * (1 - ours) + theirs * (1 - theirs)) / 2
            return (ours - theirs) / math.sqrt(spread) if spread else 0.0
        return numbers.get(column, ...)

    def frame_levels(self, stratum):
        """The level of every unit of the frame."""
        found = []
        item = self.study.by_name.get(stratum)
        names = {}
        for option in item.options if item else ():
            names |= {text.casefold(): option.code for text in (*option.aliases, option.label, option.code)}
        for unit in rows(self.study.file(self.study.frame["file"])):
            text = " ".join(unit[stratum].split())
            found.append(names.get(text.casefold(), text))
        return found

    def shares(self, row, column):
        """A cell of shares."""
        item, codes = row["item"], row["options"].split("|") if row["options"] else []
        base = self.with_why(item, [""])
        if codes:
            n = sum(any(self.chose(one, item, code) for code in codes) for one in base)
        else:
            n = sum(number <= float(row["column"]) for number in self.numbers(item))
        asked = len(self.with_why(item, ["", *KINDS[1:]]))
        counts = {"n": n, "n_valid": len(base), "n_asked": asked, "n_not_asked": len(self.records) - asked}
        return (counts | {"percent": 100 * n / len(base) if base else None}).get(column, ...)

    def comparisons(self, row, column):
        """A cell of comparisons: the number compared."""
        return self.compared(row["item"], row["group"]) if column == "n_used" else ...

    early_late = comparisons

    def claims(self, row, column):
        """A cell of claims."""
        found = self.term(row["predicate"], row["base"] or "valid")
        if column in ("numerator", "denominator"):
            return found[1][column == "denominator"] if found[1] else ...
        return found[0] if column == ("found" if isinstance(found[0], str) else "computed") else ...

    def comparators(self, row, column):
        """A cell of comparators: our side of it."""
        value, counts = self.term(row["figure"], "valid")
        if column in ("numerator", "denominator"):
            return counts[column == "denominator"] if counts else ...
        return value if column == "percent" else ...

    def term(self, text, base):
        """The value of the first figure in a text, and its count and base if it is a share."""
        function, inside, group, level = TERM.match(text).groups(default="")
        name, *codes = [word.strip() for word in inside.split(",")] if inside.strip() else [""]
        where = (group, level) if group else ("", None)
        if function.startswith(("percent", "count")):
            kinds = {"valid": [""], "answered": ["", "dont_know", "not_applicable", "refused"]}
            kinds |= {"asked": ["", *KINDS[1:]], "all": ["", *KINDS], "substantive": [""]}
            whom = self.with_why(name, kinds[base], *where)
            if base == "substantive":
                real = [one.code for one in self.study.by_name[name].options if one.kind == "substantive"]
                whom = [one for one in whom if any(self.chose(one, name, code) for code in real)]
            found = all if function.endswith("_all") else any
            n = sum(found(self.chose(one, name, code) for code in codes) for one in whom)
            value = n if function.startswith("count") else 100 * n / len(whom) if whom else None
            return value, (n, len(whom))
        if function in ("median", "mean"):
            return self.statistic(self.numbers(name, *where), function), None
        if function == "response_rate":
            row = next(row for row in self.table("stats/response_rates.csv") if row["rate"] == name)
            counts = tuple(self.response_rates(row, column) for column in ("numerator", "denominator"))
            return self.response_rates(row, "percent"), counts
        simple = {
            "invited": lambda: self.study.frame["invited"],
            "analysed": lambda: len(self.records),
            "answered": lambda: len(self.with_why(name, [""])),
            "asked": lambda: len(self.with_why(name, ["", *KINDS[1:]])),
            "distinct": lambda: sum(
                bool(self.choosing(name, [o.code])) for o in self.study.by_name[name].options if o.counts
            ),
        }
        if function in simple:
            return simple[function](), None
        if function in ("entropy", "top", "consensus"):
            return self.agreement({"item": name}, {"top": "top_option"}.get(function, function)), None
        if function == "agreed":
            items = [row for row in self.table("stats/agreement.csv") if name in ("", row["domain"])]
            yes = sum(self.agreement(row, "consensus") == "yes" for row in items)
            return 100 * yes / len(items), (yes, len(items))
        return ..., None

    def cell(self, file, row, column):
        """What a cell must hold, counted again; `...` where it is not a count: an interval, a p value, a text."""
        table = file.rpartition("/")[2].removesuffix(".csv")
        if table == "dispositions":
            return self.dispositions[row["disposition"]] if column == "n" else ...
        if table not in COUNTED or column in TEXTS:
            return ...
        return getattr(self, table)(row, column)

    # Values

    def value(self, key, entry):
        """What a value of values.json must be; `...` where it is neither counted nor stated in the study's files."""
        file, column = entry["file"], entry["column"]
        if key == "flow.excluded":
            return len(self.excluded)
        if key == "flow.response_rate":
            return 100 * len(self.records) / self.study.frame["invited"]
        if file == "study.yaml":
            return self.stated(key)
        if file == "codebook.csv":
            return self.of_codebook(key)
        if not entry["row"]:
            return self.over_rows(key, file)
        row = self.table(file)[entry["row"] - 2]
        if column in ("question", "unit", "option_label", "level_label"):
            return self.labelled(row, column) if file != "stats/comparators.csv" else ...
        if key.endswith(".n_asked") and file == "clean/appendix.csv":
            return len(self.with_why(row["variable"], ["", *KINDS[1:]]))
        found = [self.cell(file, row, name) for name in column.split(",")]
        return found if len(found) > 1 and ... not in found else found[0] if len(found) == 1 else ...

    def labelled(self, row, column):
        """A question, unit or label, from the codebook and the options."""
        items, options = self.written
        if "stratum" in row:
            return options.get((row["stratum"], row["level"]), row["level"])
        if "item" not in row or not row["item"]:
            return ...
        name, _, code = row["item"].partition("[")
        if column == "option_label":
            return options[name, row["option"]]
        if column == "unit":
            return "rank" if code else items[name]["unit"]
        return items[name]["question"] + (f": {options[name, code[:-1]]}" if code else "")

    @cached_property
    def written(self):
        """The codebook by item, and the labels of the options."""
        items = {one["item"]: one for one in rows(self.study.folder / "codebook.csv")}
        return items, {(one["item"], one["code"]): one["label"] for one in rows(self.study.folder / "options.csv")}

    def over_rows(self, key, file):
        """A count over the rows of a table."""
        table, last = self.table(file) if file.endswith(".csv") else [], key.rpartition(".")[2]
        if file == "clean/ledger.csv":
            wanted = {"cells": lambda _: True, "changed": lambda rule: rule != "not_asked"}.get(
                last, lambda rule: rule == last
            )
            return sum(wanted(row["rule"]) for row in table)
        if key.startswith("missing."):
            items = [one.name for one in self.study.items if one.role in ("outcome", "group")]
            items = [name for name in items if self.study.by_name[name].type not in ("date", "text")]
            absent = sum(len(self.with_why(name, ["blank", "refused", "invalid"])) for name in items)
            asked = sum(len(self.with_why(name, ["", *KINDS[1:]])) for name in items)
            return {"absent": absent, "asked": asked, "percent": 100 * absent / asked}[last]
        if file == "stats/agreement.csv":
            yes = [row["item"] for row in table if self.agreement(row, "consensus") == "yes"]
            if key.startswith("area."):
                return len(set(yes) & set(self.study.areas[int(key.split(".")[1]) - 1]["items"]))
            return {"agreement.items": len(table), "agreement.by_type": ...}.get(key, len(yes))
        whole = {"cleaning.to_look_at", "claims.total", "comparators.total", "comparisons.total"}
        if key in whole or last == "items":
            return len(table)
        tests = {
            "claims.holds": ("verdict", "holds"),
            "comparisons.differences": ("differs", "yes"),
            "comparators.denominators": ("denominator_printed", "yes"),
            "comparisons.not_run": ("p", ""),
        }
        if key in tests:
            column, text = tests[key]
            return sum(row[column] == text for row in table)
        if key in ("comparisons.run", "waves.questions"):
            return sum(row["p"] != "" for row in table)
        if key == "waves.differences":
            alpha = self.study.comparisons["alpha"] / 100
            return sum(row["p"] != "" and float(row["p_adjusted"]) <= alpha for row in table)
        if key.startswith("checklist."):
            return sum(row["status"].replace(" ", "_") == last for row in table)
        return ...

    def of_codebook(self, key):
        """A count over the codebook."""
        items = rows(self.study.folder / "codebook.csv")
        asked = [row for row in items if row["role"] in ("outcome", "group", "free_text")]
        counts = {
            "items": len(items),
            "questions": len(asked),
            "conditional": sum(bool(row["asked_if"]) for row in asked),
        }
        domain = [
            row["item"]
            for row in items
            if row["domain"] == key.split(".")[1]
            and row["role"] in ("outcome", "group")
            and row["type"] not in ("date", "text")
        ]
        return counts[key.split(".")[1]] if key.startswith("study.") else domain

    @cached_property
    def settings(self):
        """study.yaml, as it is written."""
        return yaml.safe_load((self.study.folder / "study.yaml").read_text(encoding="utf-8"))

    def stated(self, key):
        """What study.yaml says, where the value is that and no text made of it."""
        kind, name, *_ = key.split(".")
        if kind == "domain":
            return next(one["title"] for one in self.settings["domains"] if one["id"] == name)
        if kind == "area":
            return self.settings["areas"][int(name) - 1]["title"]
        if key.startswith("study.window_"):
            return str(self.settings["window"][name.removeprefix("window_")])
        found = self.settings if kind == "study" else self.settings.get(kind, {})
        return found[name] if isinstance(found, dict) and name in found and name != "domains" else ...


def entropy(counts):
    """Normalised Shannon entropy."""
    total = sum(counts)
    if not total:
        return math.nan
    return -sum(n / total * math.log(n / total) for n in counts if n) / math.log(len(counts))


def same(value, expected):
    """Whether a value of values.json, or the text of a cell, is what was counted."""
    if isinstance(expected, list):
        return isinstance(value, list) and len(value) == len(expected) and all(map(same, value, expected))
    if expected is None or (isinstance(expected, float) and math.isnan(expected)):
        return value in (None, "")
    if isinstance(expected, bool | str):
        return value == expected
    try:
        return math.isclose(float(value), expected, rel_tol=1e-9, abs_tol=1e-9)
    except (TypeError, ValueError):
        return False
