"""Do the conclusions survive other reasonable choices? Selection, cleaning and statistics run again in every universe.

Answers are cleaned once for every record that any universe analyses; universes of the same records and answers share
their counts.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from survey.agreement import consensus
from survey.claims import Predicate, Term, parse_predicate
from survey.cleaning import clean_domain
from survey.coding import Answers, Table
from survey.comparisons import across_domains, adjusted, comparisons
from survey.counting import Groups, group
from survey.description import Counted, agreement, count, frequencies, groups, numeric
from survey.errors import BadInput
from survey.evidence import Evidence, Found, holds_limit, verdict
from survey.frame import frame_counts
from survey.sample import clusters_of, design_of, disposition_of, dispositions, match, of_analysed, response_rates
from survey.selection import select, source_columns
from survey.shuffling import Shuffles
from survey.study import Study
from survey.tables import write_table
from survey.universes import ANSWERS, RECORDS, Universe, choices_of, universes, varied
from survey.weighting import Design, korn_graubard, weighted_shares

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# A part of the universes: one row per universe and conclusion.
FOUND = ["universe", "kind", "conclusion", "computed", "found", "ci_low", "ci_high", "verdict", "decided", "area_rank"]
SUMMARY = [
    "kind",
    "conclusion",
    "label",
    "own",
    "universes",
    "n",
    "percent",
    "decided_percent",
    "smallest",
    "largest",
    "axis",
    "axis_effect",
    "value_axis",
    "value_effect",
]
EFFECTS = [
    "kind",
    "conclusion",
    "quantity",
    "axis",
    "effect",
    "smallest_choice",
    "smallest",
    "largest_choice",
    "largest",
]
QUANTITIES = {"holds": ("no", "yes"), "decided": ("no", "yes"), "computed": None}
Row = dict[str, Any]
Key = tuple[tuple[str, str], ...]


class Sample:
    """The analysed records of some universes: their answers, and every record's unit and weight.

    study: with the choices on records and answers.
    """

    def __init__(self, study: Study, answers: Answers, rows: Sequence[Row]):
        self.study, self.answers, self.rows = study, answers, rows
        self.counted = cache(self._count)
        self.agreement = cache(self._agree)

    @cached_property
    def design(self) -> Design | None:
        """The weights of the analysed records."""
        return design_of(of_analysed(self.rows), self.study)

    @cached_property
    def clusters(self) -> "np.ndarray | None":
        """The cluster of each analysed record."""
        return clusters_of(of_analysed(self.rows), self.study)

    @cached_property
    def grouped(self) -> Groups:
        """The groupings of the study."""
        return Groups([group(next(self.answers.columns(self.study.item(name)))) for name in self.study.groups])

    @cached_property
    def rates(self) -> list[Row]:
        """The response rates."""
        excluded_by = [row["excluded_by"] for row in self.rows]
        counts = dispositions(excluded_by, [row["unit"] for row in self.rows], self.study)
        outside = sum(disposition_of(rule, self.study) == "not_eligible" for rule in excluded_by)
        return response_rates(counts, outside, self.study)

    @cached_property
    def comparisons(self) -> list[Row]:
        """The comparisons of all domains, as the study makes them."""
        study = self.study
        design = self.design if study.weighting and study.weighting["comparisons"] == "weighted" else None
        found = {}
        for domain in study.domain_ids:
            seed = study.seed_for("describe", domain)
            shuffles = Shuffles(study.comparisons["samples"], seed, self.answers.records)
            counted = [self.counted(item.name, True) for item in study.domain_items(domain) if item.is_reported]
            rows = comparisons(counted, self.grouped, study, shuffles, design)
            found[domain] = [{"p": math.nan} | row for row in adjusted(rows, study.comparisons["within"])]
        return across_domains(found, study.comparisons)

    def _count(self, name: str, by_group: bool = False) -> Counted:
        item = self.study.item(name)
        return count(item, self.answers.columns(item), self.grouped if by_group else Groups([]))

    def _agree(self, weighted: bool) -> list[Row]:
        """How alike the answers to each item are, of all domains."""
        rows = []
        for domain in self.study.domain_ids:
            counted = [self.counted(item.name) for item in self.study.domain_items(domain) if item.is_reported]
            rows += agreement(counted, self.study, domain, self.design if weighted else None, self.clusters)
        return rows


class Results(Evidence):
    """The results of a universe, computed when a claim asks for them.

    study: with all choices of the universe; weighted: whether shares, and what is made of them, are weighted. Medians,
    means and tests have no weights but those that the study gives them.
    """

    def __init__(self, study: Study, sample: Sample, weighted: bool):
        super().__init__(study, Path(), Path())
        self.analysed, self.design = sample, sample.design if weighted else None
        self._clusters = sample.clusters

    def _clean(self, domain: str) -> Answers:
        return self.analysed.answers

    def _place(self, term: Term, base: str) -> str:
        return ""

    def _read(self, name: str) -> list[Row]:
        if name == "agreement":
            limits = self.study.thresholds["consensus"], self.study.thresholds["near"]
            found = [
                row | {"consensus": consensus(row["top_percent"], *limits)} if row["consensus"] else row
                for row in self.analysed.agreement(self.design is not None)
            ]
        else:
            found = self.analysed.rates if name == "response_rates" else self.analysed.comparisons
        return [{"percent": math.nan, "numerator": math.nan, "denominator": math.nan, "row": 0} | row for row in found]

    def _rows(self, name: str, **wanted: str) -> list[Row]:
        domain, table = name.split("/")
        study, item = self.study, self.study.item(wanted["item"].partition("[")[0])
        if table == "groups":
            counted = [self.analysed.counted(item.name, True)]
            clusters = self.analysed.clusters
            rows = groups(counted, self.analysed.grouped, study, domain, frame_counts(study), clusters)
        elif table == "frequencies":
            counted = [self.analysed.counted(item.name)]
            rows = frequencies(counted, study, domain, clusters=self.analysed.clusters)
        else:
            rows = numeric([self.analysed.counted(item.name)], study, domain)
        empty = {"row": 0, "ci_method": "", "option": ""}
        return [empty | row for row in rows if all((empty | row)[key] == value for key, value in wanted.items())]

    def _share(self, term: Term, base: str) -> Found:
        """As in the study; weighted, a count is of as many respondents as have answered."""
        if self.design is None:
            return super()._share(term, base)
        inside, chosen = self._mask(term, base), self._chosen(term)
        n = int(inside.sum())
        shares, errors = weighted_shares(self.design, chosen[:, None], inside)
        share, error = float(shares[0]), float(errors[0])
        if not term.function.startswith("percent"):
            return Found(share * n if n else 0.0, "")
        low, high = korn_graubard(share, error, n, self.study.inference["level"])
        return Found(100 * share, "", share * n, n, 100 * low, 100 * high)


class Survey:
    """The export of a study, selected, cleaned and counted with other choices.

    raw: ingest/responses.parquet; uses: ingest/columns.csv; plan: the universes that will be asked for.
    """

    def __init__(self, study: Study, raw: "pd.DataFrame", uses: "pd.DataFrame", plan: Sequence[Universe]):
        self.study, self.uses, self.plan = study, uses, plan
        self.cells = {name: raw[name].tolist() for name in raw.columns}
        self.sources = source_columns(uses)
        self.selected, self.cleaned = cache(self._select), cache(self._clean)
        self.sample, self.results = cache(self._take), cache(self._compute)
        self.verdict, self.ranks = cache(self._judge), cache(self._rank)
        analysed = {place for key in {_part(universe, RECORDS) for universe in plan} for place in self._left(key)}
        self.places = {place: at for at, place in enumerate(sorted(analysed))}
        self.raw = raw.iloc[sorted(analysed)].reset_index(drop=True)

    def _select(self, choices: Key) -> tuple[str, ...]:
        """Per record the rule that excludes it, "" for none."""
        return tuple(select(self.cells, self.sources, varied(self.study, dict(choices)))[0])

    def _left(self, choices: Key) -> list[int]:
        return [place for place, rule in enumerate(self.selected(choices)) if not rule]

    def _clean(self, choices: Key) -> Answers:
        """The answers of every record that any of the universes analyses."""
        import pandas as pd

        study, columns, clean = varied(self.study, dict(choices)), {}, {}
        with TemporaryDirectory() as folder:
            for domain in study.domain_ids:
                needed = [clean[other] for other in study.domains_needed(domain)]
                earlier = pd.DataFrame({name: column for part in needed for name, column in part.items()})
                clean[domain] = clean_domain(self.raw, self.uses, study, domain, earlier).columns
                path = Path(folder) / f"{domain}.parquet"
                write_table(pd.DataFrame({"record": self.raw["record"], **clean[domain]}), path)
                items = [item for item in study.domain_items(domain) if item.is_reported or item.role == "weight"]
                table = Table(path, items)
                columns |= {item.name: tuple(table.columns(item)) for item in items}
        return Answers(columns, len(self.raw))

    def _take(self, choices: Key) -> Sample:
        """The sample of a combination of choices on records and answers."""
        import numpy as np

        study = varied(self.study, dict(choices))
        records = tuple((axis, choice) for axis, choice in choices if axis in RECORDS)
        excluded_by = self.selected(records)
        places = np.array([self.places[place] for place in self._left(records)])
        answers = self.cleaned(tuple((axis, choice) for axis, choice in choices if axis in ANSWERS)).of(places)
        gone = {record: rule for record, rule in zip(self.cells["record"], excluded_by, strict=True) if rule}
        return Sample(study, answers, match(self.cells, self.sources, gone, [answers], study)[1])

    def _compute(self, statistics: Key, sample: Key, weighted: bool) -> Results:
        taken = self.sample(sample)
        return Results(varied(taken.study, dict(statistics)), taken, weighted)

    def _judge(self, claim: str, statistics: Key, sample: Key, weighted: bool) -> Row:
        """What a claim comes to with choices on statistics."""
        results = self.results(statistics, sample, weighted)
        declared = next(row for row in self.study.claims if row["id"] == claim)
        row = verdict(declared, results)
        undecided = holds_limit(parse_predicate(declared["predicate"], results.study), row["ci_low"], row["ci_high"])
        decided = "" if undecided is None else "no" if undecided else "yes"
        return {name: row[name] for name in ("computed", "found", "ci_low", "ci_high", "verdict")} | {
            "decided": decided
        }

    def _rank(self, sample: Key, weighted: bool) -> dict[str, tuple[float, float]]:
        """Per area how alike its answers are, and its rank among the areas."""
        return ranked(self.sample(sample).agreement(weighted), self.study)

    def rows(self, number: int, universe: Universe) -> Iterator[Row]:
        """What each conclusion comes to in a universe: rows of FOUND.

        Raises BadInput, naming the universe, where it cannot be computed.
        """
        sample, weighted = _part(universe, (*RECORDS, *ANSWERS)), universe.get("weights") == "weighted"
        try:
            for claim in self.study.claims:
                statistics = _part(universe, _matters(parse_predicate(claim["predicate"], self.study)))
                row = self.verdict(claim["id"], statistics, sample, weighted)
                yield {"universe": number, "kind": "claim", "conclusion": claim["id"]} | row
            for name, (value, rank) in self.ranks(sample, weighted).items():
                row = {"computed": value, "area_rank": rank}
                yield {"universe": number, "kind": "area", "conclusion": name} | row
        except BadInput as error:
            raise BadInput(f"universe {number}, {in_words(universe)}: {error}") from None


def _part(universe: Mapping[str, str], axes: Sequence[str]) -> Key:
    """The choices of a universe on some axes."""
    return tuple((axis, choice) for axis, choice in universe.items() if axis in axes)


def _matters(predicate: Predicate) -> tuple[str, ...]:
    """The axes of the statistics on which a claim depends."""
    terms = [term for term in (predicate.left, predicate.right) if isinstance(term, Term)]
    on_limit = any(term.function in ("agreed", "consensus") for term in terms)
    return (*(["interval"] if any(term.is_share for term in terms) else []), *(["consensus"] if on_limit else []))


def in_words(universe: Mapping[str, str]) -> str:
    """A universe as text."""
    return ", ".join(f"{axis} {choice}" for axis, choice in universe.items())


def areas(study: Study) -> dict[str, tuple[str, list[str]]]:
    """What is ranked by agreement: the study's areas, or its domains where it names none; title and items of each."""
    if study.areas:
        return {f"area_{at}": (area["title"], area["items"]) for at, area in enumerate(study.areas, start=1)}
    return {
        domain["id"]: (domain["title"], [item.name for item in study.domain_items(domain["id"])])
        for domain in study.domains
    }


def ranked(rows: Sequence[Row], study: Study) -> dict[str, tuple[float, float]]:
    """Area to its mean normalised entropy and its rank, 1 where answers are most alike; equals share the better rank.

    rows: agreement of all domains. Areas without a question that agreement is measured of have neither, and a single
    area has no rank.
    """
    entropy = {row["item"]: row["entropy"] for row in rows if row["consensus"]}
    means = {}
    for name, (_, items) in areas(study).items():
        known = [entropy[item] for item in items if item in entropy]
        if known:
            means[name] = math.fsum(known) / len(known)
    if len(means) < 2:
        return {}
    return {name: (mean, 1.0 + sum(other < mean for other in means.values())) for name, mean in means.items()}


def conclusions(found: Sequence[Row], study: Study) -> list[Row]:
    """The rows of stats/sensitivity: every universe with its choices, and of each conclusion whether it holds there.

    found: rows of FOUND. A claim holds where its predicate is true; an area's rank where it is that of the first
    universe, which is the study as it is.
    """
    order = {name: at for at, name in enumerate([*(claim["id"] for claim in study.claims), *areas(study)])}
    plan = universes(study)
    own = {row["conclusion"]: row["area_rank"] for row in found if row["universe"] == 1 and row["kind"] == "area"}
    rows = []
    for row in sorted(found, key=lambda row: (row["universe"], row["kind"] == "area", order[row["conclusion"]])):
        if row["kind"] == "area":
            holds = "yes" if row["area_rank"] == own.get(row["conclusion"]) else "no"
        else:
            holds = {"holds": "yes", "fails": "no"}.get(row["verdict"], "")
        rows.append(row | plan[int(row["universe"]) - 1] | {"holds": holds})
    return rows


def columns(study: Study) -> list[str]:
    """The columns of stats/sensitivity."""
    return ["universe", *study.sensitivity["axes"], *FOUND[1:], "holds"]


def effects(rows: Sequence[Row], study: Study) -> list[Row]:
    """How far each axis moves each conclusion: rows of EFFECTS.

    The effect of an axis is the difference between the largest and the smallest mean over its choices, each taken over
    all combinations of the other choices: of `holds` and `decided` (an interval that does not hold the limit of the
    claim) in percentage points, of the value in its own unit.
    Source: the main effect of a factor in a factorial design, Box GEP, Hunter JS, Hunter WG, Statistics for
    Experimenters, 2nd ed., Wiley 2005, chapter 5; for two choices it is the difference of their means.
    """
    found = []
    for (kind, name), own in _by_conclusion(rows).items():
        for quantity in QUANTITIES:
            values = [(row, _value(row, quantity)) for row in own]
            known = [(row, value) for row, value in values if not math.isnan(value)]
            for axis in study.sensitivity["axes"] if known else ():
                means = {}
                for choice in choices_of(study, axis):
                    part = [value for row, value in known if row[axis] == choice]
                    if part:
                        means[choice] = math.fsum(part) / len(part)
                low, high = min(means, key=means.get), max(means, key=means.get)
                ends = {"smallest_choice": low, "smallest": means[low], "largest_choice": high, "largest": means[high]}
                about = {"kind": kind, "conclusion": name, "quantity": quantity, "axis": axis}
                found.append(about | {"effect": means[high] - means[low]} | ends)
    return found


def _by_conclusion(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row["kind"], row["conclusion"]].append(row)
    return dict(found)


def _value(row: Row, quantity: str) -> float:
    """What is averaged: 100 or 0 for yes or no, else the number; nan for none."""
    words = QUANTITIES[quantity]
    if words is None:
        return row[quantity]
    return 100.0 * words.index(row[quantity]) if row[quantity] in words else math.nan


def summary(rows: Sequence[Row], moved: Sequence[Row], study: Study) -> list[Row]:
    """The share of universes in which each conclusion holds, and the axis that moves it most: rows of SUMMARY.

    rows: of stats/sensitivity; moved: of `effects`. An axis that moves nothing by more than rounding is not named.
    """
    labels = {("claim", claim["id"]): claim["statement"] for claim in study.claims}
    labels |= {("area", name): title for name, (title, _) in areas(study).items()}
    found = []
    for (kind, name), own in _by_conclusion(rows).items():
        testable = [row for row in own if row["holds"]]
        n = sum(row["holds"] == "yes" for row in testable)
        decided = [row["decided"] for row in own if row["decided"]]
        column = "area_rank" if kind == "area" else "computed"
        values = [row[column] for row in own if not math.isnan(row[column])]
        row = {
            "kind": kind,
            "conclusion": name,
            "label": labels[kind, name],
            "own": f"{own[0]['area_rank']:g}" if kind == "area" else own[0]["verdict"],
            "universes": len(testable),
            "n": n,
            "percent": 100 * n / len(testable) if testable else math.nan,
            "decided_percent": 100 * decided.count("yes") / len(decided) if decided else math.nan,
            "smallest": min(values, default=math.nan),
            "largest": max(values, default=math.nan),
        }
        mine = [effect for effect in moved if (effect["kind"], effect["conclusion"]) == (kind, name)]
        for quantity, names in (("holds", ("axis", "axis_effect")), ("computed", ("value_axis", "value_effect"))):
            best = max((one for one in mine if one["quantity"] == quantity), key=_effect, default=None)
            if best and _effect(best) > 0:
                row |= dict(zip(names, (best["axis"], best["effect"]), strict=True))
        found.append(row)
    return found


def published(rows: Sequence[Row], claims: Sequence[Row]) -> list[Row]:
    """Of a study that withholds small counts, what of the summary is published: in which share of universes it holds.

    Universes differ by few records, whose answers could be told from differences of their figures. So no figure is
    given, nor what moves it; of a claim that is not testable in the study, nothing.
    rows: of `summary`; claims: of stats/claims.
    """
    gone = {row["claim"] for row in claims if row["verdict"] == "not testable"}
    shown = ("kind", "conclusion", "label", "universes", "percent")
    return [
        {name: row[name] for name in (shown[:3] if row["kind"] == "claim" and row["conclusion"] in gone else shown)}
        for row in rows
    ]


def _effect(row: Row) -> float:
    """The size of an effect, without differences of the last digits: equal ones are told apart by their order."""
    return round(row["effect"], 9)
