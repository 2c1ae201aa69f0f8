"""An attacker who has all that a study publishes and its questionnaire, and looks for the small counts.

Independent of how the counts are withheld: it reads the released tables, writes down what must add up, and asks for the
least and the largest number of respondents that each empty cell can stand for.
"""

import csv
import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from survey.study import Study

KINDS = ("not_asked", "blank", "dont_know", "not_applicable", "refused", "invalid")
REST = "without a level"


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def named(kind):
    """The name of a kind of missing, which an option may have, too."""
    return kind if kind == "not_asked" else f"why {kind}"


BLANK = (named("blank"), named("invalid"))


@dataclass
class Puzzle:
    """Unknown and known counts, by name, and what adds up."""

    known: dict = field(default_factory=dict)
    sums: list = field(default_factory=list)  # ({name: factor}, smallest, largest)

    def learn(self, name, text):
        """A printed number; an empty cell tells nothing. Two places that print one count must agree."""
        if text != "":
            assert self.known.setdefault(name, int(text)) == int(text), name

    def adds_up(self, whole, parts, least=0.0, most=0.0):
        """Whole less its parts lies between least and most."""
        terms = {}
        for name, factor in [(whole, 1), *((part, -1) for part in parts)]:
            terms[name] = terms.get(name, 0) + factor
        self.sums.append((terms, least, most))


def puzzle_of(study: Study, results) -> Puzzle:
    """All that the released tables say of numbers of respondents."""
    puzzle, stats = Puzzle(), results / "stats"
    records = next(int(row["n"]) for row in rows(results / "clean/flow.csv") if row["step"] == "analysed")
    items = [item for item in study.items if item.is_reported]
    levels = {name: [option.code for option in study.item(name).options if option.counts] for name in study.groups}
    for domain in study.domain_ids:
        for row in rows(stats / domain / "frequencies.csv"):
            name = row["item"]
            puzzle.learn((name, "", "", row["option"]), row["n"])
            for column, count in (("n_valid", "+"), ("n_asked", "?"), ("n_missing", "-"), ("n_not_asked", "not_asked")):
                puzzle.learn((name, "", "", count), row[column])
        for row in rows(stats / domain / "numeric.csv"):
            name, _, option = row["item"].rstrip("]").partition("[")
            puzzle.learn((name, "", "", f"ranked {option}" if option else "+"), row["n"])
            if not option:
                puzzle.learn((name, "", "", "-"), row["n_missing"])
        for row in rows(stats / domain / "groups.csv"):
            if row["item"] == row["group"]:
                puzzle.learn((row["item"], "", "", row["option"]), row["n"] if row["option"] == row["level"] else "")
                continue
            name, _, option = row["item"].rstrip("]").partition("[")
            place = (name, row["group"], row["level"])
            if row["option"]:
                puzzle.learn((*place, row["option"]), row["n"])
                puzzle.learn((*place, "+"), row["n_valid"])
            else:
                puzzle.learn((*place, f"ranked {option}" if option else "+"), row["n"])
    for row in rows(results / "clean/appendix.csv"):
        if row["variable"] in {item.name for item in items}:
            puzzle.learn((row["variable"], "", "", "+"), row["n"])
            for kind in KINDS:
                puzzle.learn((row["variable"], "", "", named(kind)), row[kind])
    for row in rows(stats / "comparisons.csv") if study.groups else ():
        name, _, option = row["item"].rstrip("]").partition("[")
        if row["n_used"] and study.item(name).type != "rank":
            puzzle.adds_up(
                _number(puzzle, row["n_used"]), [(name, row["group"], level, "+") for level in levels[row["group"]]]
            )
    for row in rows(stats / "shares.csv"):
        item, codes = study.item(row["item"]), row["options"].split("|")
        puzzle.learn((item.name, "", "", "+"), row["n_valid"])
        if row["n"] and item.type in ("single", "ordinal"):
            puzzle.adds_up(_number(puzzle, row["n"]), [(item.name, "", "", code) for code in codes])
    for row in rows(stats / "claims.csv"):
        match = re.match(r"(percent|count)\((\w+), ([\w, ]+)\)", row["predicate"])
        if match and row["numerator"] and study.item(match[2]).type in ("single", "ordinal"):
            codes = [code.strip() for code in match[3].split(",")]
            puzzle.adds_up(_number(puzzle, row["numerator"]), [(match[2], "", "", code) for code in codes])
    for item in items:
        for group, level in [("", ""), *((g, one) for g in levels if g != item.name for one in (*levels[g], REST))]:
            _column(puzzle, item, group, level, records, levels)
        for group in levels:
            if group != item.name:
                for cell in _cells(item):
                    parts = [(item.name, group, level, cell) for level in (*levels[group], REST)]
                    puzzle.adds_up((item.name, "", "", cell), parts)
        _skips(puzzle, study, item, levels, {one.name for one in items})
    names = list(levels)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            for a in levels[first]:
                for b in levels[second]:
                    puzzle.adds_up((first, second, b, a), [(second, first, a, b)])
    for row in rows(stats / "representativeness.csv"):
        if row["stratum"] in levels or row["stratum"] in {item.name for item in items}:
            puzzle.adds_up((row["stratum"], "", "", row["level"]), [_number(puzzle, row["frame_n"])], -np.inf, 0)
    return puzzle


def _number(puzzle, text):
    name = ("", "", "", f"={int(float(text))}")
    puzzle.known[name] = int(float(text))
    return name


def _cells(item):
    options = [option.code for option in item.options] if item.type != "numeric" else []
    ranked = [f"ranked {option.code}" for option in item.options] if item.type == "rank" else []
    return [*options, *ranked, "+", "-", "not_asked"]


def _column(puzzle, item, group, level, records, levels):
    """An item among all, at a level of a group, or among those without one."""

    def at(cell):
        return (item.name, group, level, cell)

    everybody = _number(puzzle, records)
    if group and level != REST:
        everybody = (group, "", "", level)
    elif group:
        everybody = (group, "", "", REST)
        puzzle.adds_up(_number(puzzle, records), [everybody, *((group, "", "", one) for one in levels[group])])
    if not item.asked_if:
        puzzle.known[at("not_asked")] = 0
    puzzle.adds_up(everybody, [at("+"), at("-"), at("not_asked")])
    puzzle.adds_up(at("?"), [at("+"), at("-")])
    if not group:
        puzzle.adds_up(at("-"), [at(named(kind)) for kind in KINDS if kind != "not_asked"])
    if item.type == "numeric":
        return
    counting = [option for option in item.options if option.counts]
    if item.type in ("single", "ordinal"):
        puzzle.adds_up(at("+"), [at(option.code) for option in counting])
        for kind in ("dont_know", "not_applicable", "refused"):
            own = [at(option.code) for option in item.options if option.kind == kind]
            if own:
                puzzle.adds_up(at(named(kind)) if not group else at("-"), own, 0, np.inf)
    for option in counting:
        if item.type in ("multiple", "rank"):
            puzzle.adds_up(at("+"), [at(option.code)], 0, np.inf)
        if item.type == "rank":
            puzzle.adds_up(at(f"ranked {option.code}"), [at(option.code)], 0, np.inf)
            puzzle.adds_up(at("+"), [at(f"ranked {option.code}")], 0, np.inf)


def _skips(puzzle, study, item, levels, known):
    """A condition on one question tells who was asked the next."""
    match = re.fullmatch(r"(\w+) (?:== (\w+)|in \(([\w, ]+)\))", item.asked_if.text) if item.asked_if else None
    if not match or match[1] not in known or study.item(match[1]).type not in ("single", "ordinal"):
        return
    parent = study.item(match[1])
    codes = {code.strip() for code in (match[2] or match[3]).split(",")}
    for group, level in [
        ("", ""),
        *((g, one) for g in levels for one in levels[g] if g not in (item.name, parent.name)),
    ]:
        yes = [(parent.name, group, level, option.code) for option in parent.options if option.code in codes]
        no = [(parent.name, group, level, option.code) for option in parent.options if option.code not in codes]
        puzzle.adds_up((item.name, group, level, "?"), yes, 0, np.inf)
        puzzle.adds_up((item.name, group, level, "not_asked"), no, 0, np.inf)


class Attack:
    """The puzzle solved: between which numbers each unknown count lies."""

    def __init__(self, puzzle: Puzzle):
        self.known = puzzle.known
        self.parts: dict = {}
        above: dict = {}

        def top(name):
            while above.setdefault(name, name) != name:
                above[name] = above[above[name]]
                name = above[name]
            return name

        for terms, _, _ in puzzle.sums:
            unknown = [name for name in terms if name not in self.known]
            for name in unknown[1:]:
                above[top(name)] = top(unknown[0])
        for terms, least, most in puzzle.sums:
            unknown = [name for name in terms if name not in self.known]
            told = sum(factor * self.known[name] for name, factor in terms.items() if name in self.known)
            if unknown:
                self.parts.setdefault(top(unknown[0]), []).append((terms, least - told, most - told))
            else:
                assert least - 1e-9 <= told <= most + 1e-9, terms
        self.top, self._systems = top, {}

    def interval(self, name):
        """The least and the largest count that a name can stand for; they are its number where it is known."""
        if name in self.known:
            return self.known[name], self.known[name]
        return self.end(name, 1), self.end(name, -1)

    def end(self, name, sign):
        matrix, lows, highs, place = self._system(self.top(name))
        cost = np.zeros(len(place))
        cost[place[name]] = sign
        end = _program(cost, matrix, lows, highs, (0, 1e5))[place[name]]
        return float(np.ceil(end - 1e-6) if sign > 0 else np.floor(end + 1e-6))

    def below(self, names, minimum):
        """Of these unknown counts, those that the attacker knows to be less than the minimum."""
        left = set(names)
        for top in {self.top(name) for name in names}:
            own = [name for name in names if self.top(name) == top]
            while own:
                # One solution shows many counts at the minimum or above; what none shows is asked for on its own.
                world = self._many(top, own, minimum)
                reached = {name for name in own if world[name] >= minimum - 1e-6}
                left -= reached
                if not reached:
                    left -= {name for name in own if self.end(name, -1) >= minimum}
                    break
                own = [name for name in own if name not in reached]
        return left

    def _many(self, top, names, minimum):
        """A solution in which the sum of these counts, each up to the minimum, is as large as can be."""
        matrix, lows, highs, place = self._system(top)
        size = len(place)
        extra = coo_array(
            (np.tile([1.0, -1.0], len(names)), (
                np.repeat(np.arange(len(names)), 2),
                np.ravel([(place[name], size + number) for number, name in enumerate(names)]),
            )),
            shape=(len(names), size + len(names)),
        )  # fmt: skip
        wide = coo_array((matrix.tocoo().data, matrix.tocoo().coords), shape=(len(lows), size + len(names)))
        cost = np.concatenate([np.zeros(size), -np.ones(len(names))])
        bounds = [*[(0, 1e5)] * size, *[(0, minimum)] * len(names)]
        zeros, most = np.zeros(len(names)), np.full(len(names), np.inf)
        solved = _program(
            cost, _stack(wide, extra), np.concatenate([lows, zeros]), np.concatenate([highs, most]), bounds
        )
        return {name: solved[number] for name, number in place.items()}

    def _system(self, top):
        if top not in self._systems:
            part = self.parts[top]
            names = list(dict.fromkeys(name for terms, _, _ in part for name in terms if name not in self.known))
            place = {name: number for number, name in enumerate(names)}
            entries = [
                (row, place[name], factor)
                for row, (terms, _, _) in enumerate(part)
                for name, factor in terms.items()
                if name in place
            ]
            at, columns, factors = zip(*entries, strict=True)
            matrix = coo_array((factors, (at, columns)), shape=(len(part), len(names)), dtype=float).tocsr()
            lows, highs = (np.array([line[number] for line in part], dtype=float) for number in (1, 2))
            self._systems[top] = matrix, lows, highs, place
        return self._systems[top]


def _program(cost, matrix, lows, highs, bounds):
    """The solution of least cost."""
    equal = lows == highs
    above, below = np.isfinite(highs) & ~equal, np.isfinite(lows) & ~equal
    found = linprog(
        cost,
        A_eq=matrix[equal],
        b_eq=lows[equal],
        A_ub=_stack(matrix[above], -matrix[below]),
        b_ub=np.concatenate([highs[above], -lows[below]]),
        bounds=bounds,
    )
    assert found.status == 0, found.message
    return found.x


def _stack(*parts):
    return vstack(parts).tocsr()


def truth_of(study: Study, results) -> dict:
    """The true counts, from the clean answers, which are not published."""
    table = pq.read_table(results / "clean/responses.parquet").to_pandas()
    found = {}
    levels = {name: [option.code for option in study.item(name).options if option.counts] for name in study.groups}
    places = {("", ""): np.ones(len(table), dtype=bool)}
    for name, codes in levels.items():
        for code in codes:
            places[name, code] = (table[name].astype("str") == code).to_numpy()
        places[name, REST] = ~np.logical_or.reduce([places[name, code] for code in codes])
    for item in (item for item in study.items if item.is_reported):
        why = table[f"{item.name}__missing"].astype("str").to_numpy()
        for (group, level), inside in places.items():
            if group == item.name:
                continue
            found[item.name, group, level, "+"] = int(((why == "") & inside).sum())
            found[item.name, group, level, "not_asked"] = int(((why == "not_asked") & inside).sum())
            found[item.name, group, level, "?"] = int(((why != "not_asked") & inside).sum())
            if not group:
                found |= {(item.name, "", "", named(kind)): int((why == kind).sum()) for kind in KINDS}
            for option in item.options if item.type != "numeric" else ():
                if item.type in ("single", "ordinal"):
                    chosen = (table[item.name].astype("str") == option.code).to_numpy()
                else:
                    column = table[f"{item.name}[{option.code}]"]
                    chosen = column.eq(1).fillna(False).to_numpy(dtype=bool)
                    if item.type == "rank":
                        ranked = column.notna().to_numpy() & inside & (why == "")
                        found[item.name, group, level, f"ranked {option.code}"] = int(ranked.sum())
                found[item.name, group, level, option.code] = int((chosen & inside).sum())
    return found
