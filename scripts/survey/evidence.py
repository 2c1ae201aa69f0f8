"""What the results say to a claim: the figures it names, and the other readings that would give a printed figure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from survey.answers import KINDS
from survey.claims import BASES, ROUNDINGS, Predicate, Term, half_up, mirrored, parse_predicate, rounds_to
from survey.clustering import METHOD as CLUSTERED
from survey.clustering import effective_sizes
from survey.coding import Column, Table
from survey.counting import group
from survey.description import population_of
from survey.errors import BadInput
from survey.proportions import interval, wilson
from survey.published_counts import published_joints, published_sums
from survey.sample import analysed_sample, clusters_of, design_of
from survey.study import Item, Study
from survey.tables import read_numbered_rows
from survey.withheld import Withheld

if TYPE_CHECKING:
    import numpy as np

CLAIMS = [
    "claim",
    "statement",
    "predicate",
    "published",
    "computed",
    "verdict",
    "evidence",
    "note",
    "base",
    "numerator",
    "denominator",
    "ci_low",
    "ci_high",
    "found",
    "explained_by",
]
WITH_ANSWER = ("dont_know", "not_applicable", "refused")


@dataclass(frozen=True)
class Found:
    """A figure: its value, the file and rows it comes from, what it counts, and its interval in its own unit."""

    value: float | str
    place: str
    numerator: float = math.nan
    denominator: float = math.nan
    low: float = math.nan
    high: float = math.nan
    withheld: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there is a value at all."""
        return self.value != "" if isinstance(self.value, str) else not math.isnan(self.value)


@dataclass(frozen=True)
class Reading:
    """How a share is counted: the base, which answers, and whether with weights."""

    base: str = "valid"
    answers: str = ""
    weighted: bool = False

    def differs_from(self, other: "Reading") -> list[str]:
        """What this reading does otherwise, in words."""
        words = [f"the base of {BASES[self.base]}"] if self.base != other.base else []
        words += [self.answers] if self.answers != other.answers else []
        return words + (["weights"] if self.weighted != other.weighted else [])


OTHER_ANSWERS, OTHER_END = "the other answers", "the other end of the scale"


class Evidence:
    """The results of a study, read as claims ask for them.

    stats, clean: folders with the statistics and the clean domains; sample: clean/sample.parquet of a study with
    weights or clusters; withheld: what a study that withholds small counts does not publish.
    """

    def __init__(
        self, study: Study, stats: Path, clean: Path, sample: Path | None = None, withheld: Withheld | None = None
    ):
        self.study, self.stats, self.clean, self.sample, self.withheld = study, stats, clean, sample, withheld
        self._table = cache(self._read)
        self._columns = cache(self._code)
        self._joint = cache(self._find_joint)

    def _read(self, name: str) -> list[dict[str, Any]]:
        return read_numbered_rows(self.stats / f"{name}.parquet")

    def _code(self, item: str) -> tuple[Column, ...]:
        return tuple(self._clean(self.study.item(item).domain).columns(self.study.item(item)))

    def _clean(self, domain: str) -> Table:
        items = [item for item in self.study.domain_items(domain) if item.is_reported]
        return Table(self.clean / f"{domain}.parquet", [], items)

    @cached_property
    def _weights(self) -> "np.ndarray | None":
        if not (self.study.weighting and self.sample):
            return None
        return design_of(self._sample, self.study).weights

    @cached_property
    def _clusters(self) -> "np.ndarray":
        if not self.sample:
            raise BadInput(f"{self.study.folder / 'study.yaml'}: the study names clusters; give --sample")
        return clusters_of(self._sample, self.study)

    @cached_property
    def _sample(self) -> dict[str, list[object]]:
        return analysed_sample(self.sample, self._clean(self.study.domain_ids[0]))

    def find(self, term: Term, base: str = "valid") -> Found:
        """The value of a term. Raises KeyError for a row that the results do not have."""
        if term.is_share:
            return self._share(term, base)
        if term.function in ("answered", "asked"):
            return self._respondents(term)
        return getattr(self, f"_{term.function}")(term)

    def _rows(self, name: str, **wanted: str) -> list[dict[str, Any]]:
        return [row for row in self._table(name) if all(row[key] == value for key, value in wanted.items())]

    def _domain(self, term: Term) -> str:
        return self.study.item(term.arguments[0].partition("[")[0]).domain

    def _share(self, term: Term, base: str) -> Found:
        """A percent or a count, from the statistics where they have it, else counted in the clean table."""
        if self.is_withheld(term, base):
            return Found(math.nan, self._place(term, base), withheld=True)
        n, total = self.count(term, Reading(base))
        is_percent, low, high = term.function.startswith("percent"), math.nan, math.nan
        if total and is_percent and not self._interval_tells_asked(term):
            chosen = self._chosen(term) & self._mask(term, base)
            low, high = (100 * end for end in self._interval(term, chosen, int(total), base))
        value = (100 * n / total if total else math.nan) if is_percent else n
        return Found(float(value), self._place(term, base), n, total, low, high)

    def is_withheld(self, term: Term, base: str = "valid") -> bool:
        """Whether a share is withheld: it is published where the counts that it is made of are, or their sum."""
        if not self.withheld:
            return False
        (name, *codes), place = term.arguments, {"group": term.group, "level": term.level}
        item, hides = self.study.item(name), self.withheld.hides
        if base in ("substantive", "answered") and self.withheld.touches(name, term.group):
            return True
        if base != "all" and hides(name, base if base == "asked" else "valid", **place):
            return True
        if len(codes) < 2:
            return any(hides(name, "n", code, **place) for code in codes)
        if item.type in ("single", "ordinal"):
            if not term.group and tuple(codes) in self._published_sums.get(name, ()):
                return hides(name, "n", "|".join(codes))
            return any(hides(name, "n", code, **place) for code in codes)
        return bool(term.group) or ("all" if term.function.endswith("_all") else "any", *codes) not in self._joint(item)

    def hides(self, item: str, count: str) -> bool:
        """Whether a base of an item is withheld."""
        return bool(self.withheld) and self.withheld.hides(item, count)

    @cached_property
    def _published_sums(self) -> dict[str, set[tuple[str, ...]]]:
        """Item to the options that are published together."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for item, codes in published_sums(self.study):
            found.setdefault(item.name, set()).add(tuple(codes))
        return found

    def _find_joint(self, item: Item) -> set[tuple[str, ...]]:
        """Of the shares of several ticks together that the study publishes, those that no small count follows from.

        Neither they, nor those who ticked none, nor what such a share has more or less than each of its ticks, or
        than another such share, is small. In the order of the study; one that fails is left out of what follows.
        """
        small = range(1, self.withheld.minimum)
        base = int(self._mask(Term(item.name, "percent", (item.name,)), "valid").sum())
        allowed: dict[tuple[str, ...], int] = {}
        for function, codes in published_joints(self.study, item):
            term = Term(item.name, f"percent_{function}", (item.name, *codes))
            n, _ = self.count(term, Reading())
            ones = [self.count(Term(item.name, "percent", (item.name, code)), Reading())[0] for code in codes]
            hidden = any(self.withheld.hides(item.name, "n", code) for code in codes)
            apart = [n, base - n, *(abs(n - other) for other in (*ones, *allowed.values()))]
            if not hidden and not any(part in small for part in apart):
                allowed[function, *codes] = n
        return set(allowed)

    def _interval_tells_asked(self, term: Term) -> bool:
        """Whether the interval is for a finite population of which it is withheld how many were asked."""
        if not self.withheld or population_of(self.study) is None or term.group:
            return False
        return self.withheld.hides(term.arguments[0], "asked")

    def _place(self, term: Term, base: str) -> str:
        domain, (item, *options) = self._domain(term), term.arguments
        if base != "valid" or term.function.endswith(("_any", "_all")):
            return f"clean/domains/{domain}.parquet columns {item}"
        name = "groups" if term.group else "frequencies"
        wanted = {"group": term.group, "level": term.level} if term.group else {}
        rows = [row["row"] for row in self._rows(f"{domain}/{name}", item=item, **wanted) if row["option"] in options]
        return _at(f"stats/{domain}/{name}.csv", rows)

    def _interval(self, term: Term, chosen: "np.ndarray", total: int, base: str) -> tuple[float, float]:
        """The study's interval, 0 to 1; that of a superpopulation within a group.

        chosen: who of the base gave the answers, shape (records,).
        """
        study, n = self.study, int(chosen.sum())
        population = population_of(study)
        if population is not None:
            asked = self._mask(term, "asked").sum() / max(1, self._mask(term, "all").sum())
            population = None if term.group else max(float(total), population * (1 if base == "all" else asked))
        level = study.inference["level"]
        if study.cluster:
            [size] = effective_sizes(chosen[:, None], self._mask(term, base), self._clusters, level)
            return wilson(n, total, level, population, size)
        return interval(n, total, self.method, level, population)

    @property
    def method(self) -> str:
        """The study's interval; Wilson's where that is one for all shares of a question at once."""
        method = self.study.inference["method"]
        if self.study.cluster:
            return CLUSTERED
        return "wilson" if method in ("goodman", "sison_glaz") else method

    def bases(self, item: str) -> tuple[int, int, int]:
        """How many gave an answer that counts, were asked, and were not asked."""
        term = Term(item, "percent", (item,))
        valid, asked, everybody = (int(self._mask(term, base).sum()) for base in ("valid", "asked", "all"))
        return valid, asked, everybody - asked

    def numbers(self, item: str) -> list[float]:
        """The numbers that were given as answers to a numeric item, ascending.

        Where small counts are withheld, only numbers between which, and beyond which, nobody or enough lie.
        """
        values = [float(value) for value in self._columns(item)[0].values]
        if not self.withheld:
            return values
        if self.withheld.hides(item, "valid"):
            return []
        counts = [int(self.up_to(item, value).numerator) for value in values]
        kept, below, minimum = [], 0, self.withheld.minimum
        # The largest number is an answer of few where not enough gave it: the curve then ends before it.
        if counts and counts[-1] - (counts[-2] if len(counts) > 1 else 0) < minimum:
            counts[-1] = counts[-2] if len(counts) > 1 else 0
        everybody = int(self.up_to(item, math.inf).numerator)
        for value, n in zip(values, counts, strict=True):
            if n - below >= minimum and (n == everybody or everybody - n >= minimum):
                kept.append(value)
                below = n
        return kept

    def up_to(self, item: str, limit: float) -> Found:
        """Share of the valid answers to a numeric item that are not above a limit, with the study's interval."""
        import numpy as np

        column, term = self._columns(item)[0], Term(item, "percent", (item,))
        within = [code for code in column.compared if column.values[column.answer[code]] <= limit]
        valid = self._mask(term, "valid")
        chosen = np.isin(column.codes, within) & valid
        n, total = int(chosen.sum()), int(valid.sum())
        low = high = math.nan
        if not self._interval_tells_asked(term):
            low, high = (100 * end for end in self._interval(term, chosen, total, "valid"))
        place = f"clean/domains/{self._domain(term)}.parquet columns {item}"
        return Found(100 * n / total if total else math.nan, place, n, total, low, high)

    def count(self, term: Term, reading: Reading) -> tuple[float, float]:
        """How many gave the answers of a share, and of how many, by a reading of it; weights are summed."""
        chosen, base = self._chosen(term, reading.answers), self._mask(term, reading.base)
        if reading.weighted:
            return float(self._weights[chosen & base].sum()), float(self._weights[base].sum())
        return int((chosen & base).sum()), int(base.sum())

    def _chosen(self, term: Term, answers: str = "") -> "np.ndarray":
        """Who gave the answers, shape (records,)."""
        import numpy as np

        name, *options = term.arguments
        item, columns = self.study.item(name), self._columns(name)
        if answers == OTHER_END:
            options = list(mirrored(item, tuple(options)))
        codes = [option.code for option in item.options]
        places = [codes.index(option) for option in options]
        if item.type in ("single", "ordinal"):
            chosen = np.isin(columns[0].codes, places)
        else:
            each = [(columns[place].answer == 0).take(columns[place].codes) for place in places]
            chosen = np.logical_and.reduce(each) if term.function.endswith("_all") else np.logical_or.reduce(each)
        if answers == OTHER_ANSWERS:
            return ~chosen & self._mask(term, "valid")
        return chosen & self._within(term)

    def _mask(self, term: Term, base: str) -> "np.ndarray":
        """Who belongs to a base, shape (records,)."""
        import numpy as np

        item, columns = self.study.item(term.arguments[0].partition("[")[0]), self._columns(term.arguments[0])
        why = columns[0].why.take(columns[0].codes)
        kinds = {1 + KINDS.index(kind) for kind in WITH_ANSWER}
        if base == "substantive":
            places = [place for place, option in enumerate(item.options) if option.kind == "substantive"]
            if item.type in ("single", "ordinal"):
                inside = np.isin(columns[0].codes, places)
            else:
                each = [(columns[place].answer == 0).take(columns[place].codes) for place in places]
                inside = np.logical_or.reduce(each) & (why == 0)
        else:
            inside = {
                "valid": why == 0,
                "answered": np.isin(why, [0, *kinds]),
                "asked": why != 1 + KINDS.index("not_asked"),
                "all": np.ones(len(why), dtype=bool),
            }[base]
        return inside & self._within(term)

    def _within(self, term: Term) -> "np.ndarray | bool":
        """Who is at the level of the group that a term names; everybody where it names none."""
        if not term.group:
            return True
        levels = group(self._columns(term.group)[0])
        return levels.codes == levels.levels.index(term.level)

    def _respondents(self, term: Term) -> Found:
        """How many gave an answer that counts, or were asked."""
        item, domain = term.arguments[0], self._domain(term)
        name = "numeric" if self.study.item(item).type == "numeric" else "frequencies"
        row = self._rows(f"{domain}/{name}", item=item)[0]
        valid = row["n"] if name == "numeric" else row["n_valid"]
        value = valid + (row["n_missing"] if term.function == "asked" else 0)
        return Found(float(value), _at(f"stats/{domain}/{name}.csv", [row["row"]]), withheld=math.isnan(value))

    def _median(self, term: Term) -> Found:
        return self._number(term, "median")

    def _mean(self, term: Term) -> Found:
        return self._number(term, "mean")

    def _number(self, term: Term, statistic: str) -> Found:
        domain, item = self._domain(term), term.arguments[0]
        if term.group:
            row = self._rows(f"{domain}/groups", item=item, group=term.group, level=term.level, option="")[0]
            place = _at(f"stats/{domain}/groups.csv", [row["row"]])
            return Found(row[statistic], place, withheld=_is_gone(row, statistic))
        row = self._rows(f"{domain}/numeric", item=item)[0]
        ends = (row["median_ci_low"], row["median_ci_high"]) if statistic == "median" else (math.nan, math.nan)
        return Found(
            row[statistic],
            _at(f"stats/{domain}/numeric.csv", [row["row"]]),
            math.nan,
            math.nan,
            *ends,
            _is_gone(row, statistic),
        )

    def _distinct(self, term: Term) -> Found:
        domain, item = self._domain(term), term.arguments[0]
        rows = [row for row in self._rows(f"{domain}/frequencies", item=item) if row["ci_method"]]
        value = float(sum(row["n"] > 0 for row in rows)) if rows else math.nan
        place = _at(f"stats/{domain}/frequencies.csv", [row["row"] for row in rows])
        hidden = any(_is_gone(row, "n") for row in rows)
        return Found(math.nan if hidden else value, place, withheld=hidden)

    def _of_agreement(self, term: Term, column: str) -> Found:
        row = next((row for row in self._table("agreement") if row["item"] == term.arguments[0]), None)
        if row is None:
            raise BadInput(f"{term.text}: agreement is not measured of {term.arguments[0]!r}")
        ends = (row["entropy_ci_low"], row["entropy_ci_high"]) if column == "entropy" else (math.nan, math.nan)
        place = _at("stats/agreement.csv", [row["row"]])
        return Found(row[column], place, math.nan, math.nan, *ends, _is_gone(row, column))

    def _entropy(self, term: Term) -> Found:
        return self._of_agreement(term, "entropy")

    def _top(self, term: Term) -> Found:
        return self._of_agreement(term, "top_option")

    def _consensus(self, term: Term) -> Found:
        return self._of_agreement(term, "consensus")

    def _agreed(self, term: Term) -> Found:
        """Percent of the items with a consensus."""
        rows = [row for row in self._table("agreement") if row["consensus"]]
        rows = [row for row in rows if not term.arguments or row["domain"] == term.arguments[0]]
        yes = sum(row["consensus"] == "yes" for row in rows)
        value = 100 * yes / len(rows) if rows else math.nan
        return Found(value, "stats/agreement.csv column consensus", yes, len(rows))

    def _compared(self, term: Term, column: str) -> Found:
        item, grouping = term.arguments
        row = next(row for row in self._table("comparisons") if (row["item"], row["group"]) == (item, grouping))
        place = _at("stats/comparisons.csv", [row["row"]])
        return Found(row[column], place, withheld=_is_gone(row, "p"))

    def _p(self, term: Term) -> Found:
        return self._compared(term, "p_adjusted")

    def _differs(self, term: Term) -> Found:
        return self._compared(term, "differs")

    def _response_rate(self, term: Term) -> Found:
        row = next(row for row in self._table("response_rates") if row["rate"] == term.arguments[0])
        place = _at("stats/response_rates.csv", [row["row"]])
        return Found(row["percent"], place, row["numerator"], row["denominator"])

    def _invited(self, term: Term) -> Found:
        return Found(float(self.study.frame["invited"]) if self.study.frame else math.nan, "study.yaml frame")

    def _analysed(self, term: Term) -> Found:
        return Found(float(self._clean(self.study.domain_ids[0]).records), "clean/responses.parquet")

    def readings(self, term: Term, printed: str, stated: Reading) -> Iterator[tuple[Reading, str]]:
        """Other readings and roundings of a share that are printed so, those that change least first."""
        answers = ["", OTHER_ANSWERS]
        if self.study.item(term.arguments[0]).type == "ordinal":
            answers.append(OTHER_END)
        weights = [False] if self._weights is None else [False, True]
        options = list(product(BASES, answers, weights, ROUNDINGS))
        found = []
        for place, (base, answer, weighted, rounding) in enumerate(options):
            reading = Reading(base, answer, weighted)
            changes = len(reading.differs_from(stated)) + bool(rounding)
            if 0 < changes <= 2 and rounds_to(self.value(term, reading), printed, ROUNDINGS[rounding]):
                found.append((changes, place, reading, rounding))
        least = min((changes for changes, *_ in found), default=0)
        return ((reading, rounding) for changes, _, reading, rounding in sorted(found) if changes == least)

    def value(self, term: Term, reading: Reading) -> float:
        """A share by another reading: a percent, or a count."""
        n, total = self.count(term, reading)
        if term.function.startswith("count"):
            return float(n)
        return 100 * n / total if total else math.nan


def _at(file: str, rows: list[int]) -> str:
    if not rows:
        return file
    return f"{file} rows {rows[0]}-{rows[-1]}" if len(rows) > 1 else f"{file} row {rows[0]}"


def _is_gone(row: dict[str, Any], column: str) -> bool:
    """Whether a row of statistics says that this is withheld."""
    return column in row.get("withheld", "").split()


def check(claim: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    """One row of claims.csv: what the results give for a claim, whether it holds, and what else would give its figure.

    The note tells how the interval lies to a limit; of a printed figure that does not follow, every other reading that
    gives it.
    """
    row = verdict(claim, evidence)
    predicate = parse_predicate(claim["predicate"], evidence.study)
    printed, follows = row["published"], row["verdict"] == "not testable" or _follows(row)
    if follows or not predicate.left.is_share:
        return row
    if evidence.withheld and evidence.withheld.touches(predicate.left.arguments[0], predicate.left.group):
        return row | {"note": f"{printed} is printed; other readings are withheld", "explained_by": ""}
    return row | explain(predicate.left, printed, Reading(claim.get("base", "valid")), evidence)


def verdict(claim: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
    """What the results give for a claim, and whether it holds: where its predicate is true and the printed figure
    follows, on the base it states.
    """
    study = evidence.study
    try:
        predicate = parse_predicate(claim["predicate"], study)
        left = evidence.find(predicate.left, claim.get("base", "valid"))
        right = _right(predicate, evidence)
    except BadInput as error:
        raise BadInput(f"{study.folder / 'claims.yaml'} claim {claim['id']!r}: {error}") from None
    row = {
        "claim": claim["id"],
        "statement": claim["statement"],
        "predicate": claim["predicate"],
        "published": str(claim.get("published", predicate.printed)),
        "computed": left.value if isinstance(left.value, float) else math.nan,
        "found": left.value if isinstance(left.value, str) else "",
        "evidence": left.place if right is None else f"{left.place}; {right.place}",
        "base": claim.get("base", "valid") if predicate.left.is_share else "",
        "numerator": left.numerator,
        "denominator": left.denominator,
        "ci_low": left.low,
        "ci_high": left.high,
    }
    if not (left.is_known and (right is None or right.is_known)):
        if left.withheld or (right is not None and right.withheld):
            note = f"withheld, as a count below {study.minimum_cell} could be told from it"
            return row | {"verdict": "not testable", "note": note, "withheld": "computed numerator denominator"}
        return row | {"verdict": "not testable", "note": "nobody gave an answer that counts"}
    holds = predicate.holds(left.value, predicate.right if right is None else right.value) and _follows(row)
    return row | {"verdict": "holds" if holds else "fails", "note": _of_limit(predicate, left)}


def _follows(row: dict[str, Any]) -> bool:
    """Whether the printed figure of a claim, if it has one, follows from the results."""
    return not row["published"] or rounds_to(row["computed"], row["published"], half_up)


def _right(predicate: Predicate, evidence: Evidence) -> Found | None:
    if isinstance(predicate.right, Term):
        return evidence.find(predicate.right)
    return None


def holds_limit(predicate: Predicate, low: float, high: float) -> bool | None:
    """Whether an interval holds the limit that a figure is compared with; None where there is no interval or limit."""
    if predicate.sign not in (">", ">=", "<", "<=") or isinstance(predicate.right, Term) or math.isnan(low):
        return None
    return low <= float(predicate.right) <= high


def _of_limit(predicate: Predicate, left: Found) -> str:
    """Whether the interval decides a comparison with a number."""
    undecided = holds_limit(predicate, left.low, left.high)
    if undecided is None:
        return ""
    ends = f"{left.low:.3g} to {left.high:.3g}"
    if undecided:
        return f"the interval, {ends}, holds the limit: the data do not decide"
    return f"the interval, {ends}, lies {'above' if left.low > float(predicate.right) else 'below'} the limit"


def explain(term: Term, printed: str, stated: Reading, evidence: Evidence) -> dict[str, str]:
    """What would give a printed figure that does not follow: note and explained_by."""
    note = f"{printed} is printed, {_counted(term, stated, evidence)} follows"
    ways, details = [], []
    for reading, rounding in evidence.readings(term, printed, stated):
        way = " and ".join([*reading.differs_from(stated), *([rounding] if rounding else [])])
        ways.append(way)
        details.append(way if reading == stated else f"{way}: {_counted(term, reading, evidence)}")
    if ways:
        return {"note": f"{note}; {printed} comes with {', or with '.join(details)}", "explained_by": " or ".join(ways)}
    found = _counted(term, stated, evidence)
    others = {base: _counted(term, Reading(base), evidence) for base in BASES}
    listed = [f"{counted} of {BASES[base]}" for base, counted in others.items() if counted != found]
    bases = f" ({'; '.join(listed)})" if listed else ""
    note = f"{note}; no other base, direction, weighting or rounding gives {printed}{bases}"
    return {"note": note, "explained_by": ""}


def _counted(term: Term, reading: Reading, evidence: Evidence) -> str:
    n, total = evidence.count(term, reading)
    if term.function.startswith("count"):
        return f"{n:g}"
    return f"{n:g} of {total:g} ({100 * n / total if total else math.nan:.1f} %)"
