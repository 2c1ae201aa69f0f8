"""Descriptive statistics of one domain: counts, percents and intervals; medians and means; the same per group."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survey.agreement import (
    consensus,
    entropy_interval,
    normalised_entropy,
    ticks_entropy,
    ticks_interval,
    van_der_eijk,
    van_der_eijk_interval,
)
from survey.clustering import METHOD as CLUSTERED
from survey.clustering import effective_sizes
from survey.coding import Column
from survey.counting import Base, Groups, Tally, base, tally
from survey.distribution import STATISTICS, median_interval, summary
from survey.multinomial import goodman, sison_glaz
from survey.proportions import interval, wilson
from survey.study import Item, Study
from survey.weighting import Design, kish_effective_size, korn_graubard, weighted_shares

if TYPE_CHECKING:
    import numpy as np

FREQUENCIES = [
    "domain",
    "item",
    "question",
    "type",
    "option",
    "option_label",
    "n",
    "n_valid",
    "n_asked",
    "n_missing",
    "n_not_asked",
    "percent",
    "ci_low",
    "ci_high",
    "ci_method",
    "weighted_percent",
    "n_effective",
    "weighted_se",
    "weighted_ci_low",
    "weighted_ci_high",
    "weighted_ci_method",
]
NUMERIC = [
    "domain",
    "item",
    "question",
    "unit",
    "n",
    "n_missing",
    "mean",
    "sd",
    "median",
    "q1",
    "q3",
    "min",
    "max",
    "median_ci_low",
    "median_ci_high",
    "ci_method",
]
GROUPS = [
    "domain",
    "item",
    "group",
    "level",
    "option",
    "n",
    "n_valid",
    "percent",
    "ci_low",
    "ci_high",
    "median",
    "q1",
    "q3",
    "mean",
    "sd",
    "ci_method",
]
AGREEMENT = [
    "domain",
    "item",
    "question",
    "top_option",
    "top_percent",
    "entropy",
    "entropy_ci_low",
    "entropy_ci_high",
    "consensus",
    "top_ci_low",
    "top_ci_high",
    "van_der_eijk_a",
    "van_der_eijk_a_ci_low",
    "van_der_eijk_a_ci_high",
    "ci_method",
]
Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Counted:
    """An item with the tallies of its columns: one, or one per option of a multiple-choice or rank item."""

    item: Item
    tallies: tuple[Tally, ...]

    @property
    def is_choice(self) -> bool:
        """Whether its answers are options, and not numbers."""
        return self.item.type != "numeric"

    def base(self, counts: Sequence["np.ndarray"], population: float | None) -> Base:
        """Its base among the records counted."""
        return base(self.tallies[0].column, counts[0], population)

    def chosen(self, counts: Sequence["np.ndarray"]) -> list[int]:
        """How many chose each option, in the order of the options; for a rank item, ranked it first.

        counts: per column, records by code.
        """
        if self.item.type in ("single", "ordinal"):
            return [int(count) for count in counts[0][: len(self.item.options)]]
        return [int(part[one.column.answer == 0].sum()) for part, one in zip(counts, self.tallies, strict=True)]

    def numbers(self, counts: Sequence["np.ndarray"]) -> "Iterator[tuple[Tally, np.ndarray]]":
        """The columns that hold numbers (a numeric item, each option's rank), with how many gave each value."""
        for part, one in zip(counts, self.tallies, strict=True):
            if one.column.values is not None:
                yield one, part[one.column.compared]


def count(item: Item, columns: Iterable[Column], grouped: Groups) -> Counted:
    """Count an item's columns, in all and for every group."""
    return Counted(item, tuple(tally(column, grouped) for column in columns))


def totals(counted: Counted) -> "list[np.ndarray]":
    """Per column, records by code."""
    return [one.total for one in counted.tallies]


def population_of(study: Study) -> float | None:
    """How many units the records stand for, None for a superpopulation."""
    return float(study.frame["invited"]) if study.inference["target"] == "finite_population" else None


def frequencies(
    counted: Sequence[Counted],
    study: Study,
    domain: str,
    design: Design | None = None,
    clusters: "np.ndarray | None" = None,
) -> Rows:
    """One row per item and option: n, its bases, percent of the valid answers and interval (percent).

    An option that does not count as an answer (do not know, not applicable, refused) has its n and no percent.
    design: of the weights, adds weighted_percent with its standard error and interval, and Kish's effective size.
    clusters: of each record its cluster, shape (records,), adds the effective size and widens the interval.
    """
    rows = []
    for one in counted:
        if not one.is_choice:
            continue
        counts = totals(one)
        own = one.base(counts, population_of(study))
        shares = _shares(one.item, one.chosen(counts), own, study, _sizes(one, clusters, study))
        weighted = _weighted(one, own, design, study) if design else [{}] * len(shares)
        for option, share, more in zip(one.item.options, shares, weighted, strict=True):
            rows.append(
                {
                    "domain": domain,
                    "item": one.item.name,
                    "question": one.item.question,
                    "type": one.item.type,
                    "option": option.code,
                    "option_label": option.label,
                    "n_valid": own.valid,
                    "n_asked": own.asked,
                    "n_missing": own.missing,
                    "n_not_asked": own.not_asked,
                    **share,
                    **more,
                }
            )
    return rows


def _sizes(
    one: Counted, clusters: "np.ndarray | None", study: Study, inside: "np.ndarray | None" = None
) -> list[float] | None:
    """Per option, how many independent respondents its base is worth; None without clusters.

    inside: who is counted, all if left out, shape (records,).
    """
    if clusters is None:
        return None
    answered, chosen = _answers(one)
    return effective_sizes(
        chosen, answered if inside is None else answered & inside, clusters, study.inference["level"]
    )


def _shares(item: Item, chosen: Sequence[int], own: Base, study: Study, sizes: Sequence[float] | None = None) -> Rows:
    """Per option its n; percent, interval and method where it counts and somebody answered.

    sizes: per option the effective size, in a clustered study.
    """
    counts = [option.counts for option in item.options]
    rows: Rows = [{"n": n} for n in chosen]
    places = [place for place, counted in enumerate(counts) if counted]
    if own.valid:
        worth = [sizes[place] for place in places] if sizes else None
        method, ends = _intervals([chosen[place] for place in places], own, item, study, worth)
        for place, (low, high) in zip(places, ends, strict=True):
            rows[place] |= {
                "percent": 100 * chosen[place] / own.valid,
                "ci_low": 100 * low,
                "ci_high": 100 * high,
                "ci_method": method,
            }
            rows[place] |= {"n_effective": sizes[place]} if sizes else {}
    return rows


def _intervals(
    chosen: Sequence[int], own: Base, item: Item, study: Study, sizes: Sequence[float] | None
) -> tuple[str, list[tuple[float, float]]]:
    """The intervals of an item's options, and the name of the method that gave them.

    A simultaneous method is for options of which one is chosen; ticks, each a question of its own, have Wilson's.
    sizes: per option the effective size, in a clustered study.
    """
    if sizes:
        ends = zip(chosen, sizes, strict=True)
        level = study.inference["level"]
        return CLUSTERED, [wilson(n, own.valid, level, own.population, size) for n, size in ends]
    method, level = study.inference["method"], study.inference["level"]
    if method in ("goodman", "sison_glaz"):
        if item.type not in ("single", "ordinal"):
            method = "wilson"
        elif method == "sison_glaz":
            try:
                return method, sison_glaz(chosen, level)
            except ValueError:
                return "goodman", goodman(chosen, level, own.population)
        else:
            return method, goodman(chosen, level, own.population)
    if method == "hypergeometric" and own.population is None:
        method = "clopper_pearson"
    return method, [interval(n, own.valid, method, level, own.population) for n in chosen]


def _weighted(one: Counted, own: Base, design: Design, study: Study) -> Rows:
    """Per option its weighted percent, standard error and interval in percent, and the effective sample size."""
    answered, shares, errors = weighted_answers(one, design)
    size, level = kish_effective_size(design.weights[answered]), study.inference["level"]
    rows: Rows = []
    for option, share, error in zip(one.item.options, shares.tolist(), errors.tolist(), strict=True):
        if not option.counts or math.isnan(share):
            rows.append({})
            continue
        low, high = korn_graubard(share, error, own.valid, level)
        rows.append(
            {
                "weighted_percent": 100 * share,
                "n_effective": size,
                "weighted_se": 100 * error,
                "weighted_ci_low": 100 * low,
                "weighted_ci_high": 100 * high,
                "weighted_ci_method": "korn_graubard",
            }
        )
    return rows


def _answers(one: Counted) -> "tuple[np.ndarray, np.ndarray]":
    """Who gave an answer that counts, shape (records,), and who chose each option, shape (records, options)."""
    import numpy as np

    columns = [part.column for part in one.tallies]
    answered = (columns[0].why == 0).take(columns[0].codes)
    if one.item.type in ("single", "ordinal"):
        return answered, columns[0].codes[:, None] == np.arange(len(one.item.options))
    return answered, np.column_stack([(column.answer == 0).take(column.codes) for column in columns])


def weighted_answers(one: Counted, design: Design) -> "tuple[np.ndarray, np.ndarray, np.ndarray]":
    """Who gave an answer that counts, shape (records,); per option its weighted share and standard error, 0 to 1."""
    answered, chosen = _answers(one)
    return answered, *weighted_shares(design, chosen, answered)


def numeric(counted: Sequence[Counted], study: Study, domain: str) -> Rows:
    """One row per numeric item, and per option of a rank item (its rank): summary, and interval of the median."""
    rows = []
    for one in counted:
        counts = totals(one)
        own = one.base(counts, population_of(study))
        labels = {f"{one.item.name}[{option.code}]": f": {option.label}" for option in one.item.options}
        for number, given in one.numbers(counts):
            name, values = number.column.name, number.column.values
            low, high = median_interval(values, given, study.inference["level"], own.population)
            n = int(given.sum())
            row = {"domain": domain, "item": name, "question": one.item.question + labels.get(name, "")}
            row |= {"unit": "rank" if one.item.type == "rank" else one.item.unit, "n": n, "n_missing": own.asked - n}
            row |= summary(values, given) | {"median_ci_low": low, "median_ci_high": high}
            rows.append(row | {"ci_method": f"order_statistics{_not_clustered(study)}" if n else ""})
    return rows


def _not_clustered(study: Study) -> str:
    """What is added to the name of a method that takes no account of the study's clusters."""
    return "; not clustered" if study.cluster else ""


def groups(
    counted: Sequence[Counted],
    grouped: Groups,
    study: Study,
    domain: str,
    frame_counts: Mapping[str, Mapping[str, int]],
    clusters: "np.ndarray | None" = None,
) -> Rows:
    """The same per level of each grouping item.

    frame_counts: how many of the population are at each level. Where that is not known, the intervals of the level are
    those of a superpopulation: to divide the frame as the respondents are divided would make them too narrow where
    fewer answered.
    """
    rows: Rows = []
    for group in grouped.groups:
        name = group.name
        for place, level in enumerate(group.levels):
            for one in counted:
                counts = [part.by_group[name][place] for part in one.tallies]
                population = None
                if study.inference["target"] == "finite_population" and level in frame_counts.get(name, {}):
                    population = max(float(counts[0].sum()), frame_counts[name][level])
                row = {"domain": domain, "item": one.item.name, "group": name, "level": level}
                sizes = _sizes(one, clusters, study, group.codes == place) if one.is_choice else None
                rows += [row | more for more in _group_rows(one, counts, population, study, sizes)]
    return rows


def _group_rows(
    one: Counted,
    counts: Sequence["np.ndarray"],
    population: float | None,
    study: Study,
    sizes: Sequence[float] | None,
) -> Iterator[dict[str, object]]:
    own = one.base(counts, population)
    if one.is_choice:
        shares = _shares(one.item, one.chosen(counts), own, study, sizes)
        for option, share in zip(one.item.options, shares, strict=True):
            yield {"option": option.code, "n_valid": own.valid} | share
    for number, given in one.numbers(counts):
        n, found = int(given.sum()), summary(number.column.values, given)
        kept = {statistic: found[statistic] for statistic in STATISTICS if statistic not in ("min", "max")}
        yield {"item": number.column.name, "option": "", "n": n, "n_valid": n} | kept


def agreement(
    counted: Sequence[Counted],
    study: Study,
    domain: str,
    design: Design | None = None,
    clusters: "np.ndarray | None" = None,
) -> Rows:
    """One row per single-choice, ordinal or multiple-choice item: top answer, entropy, van der Eijk's A, consensus.

    Items that describe the respondent (role group) are left out: there is nothing to agree on. design: of the weights,
    for weighted shares of the answers in the place of counted ones. clusters: of each record its cluster.
    """
    rows = []
    for one in counted:
        item, counts = one.item, totals(one)
        places = [place for place, option in enumerate(item.options) if option.counts]
        is_ticks = item.type == "multiple"
        if item.role == "group" or item.type in ("rank", "numeric") or (not is_ticks and len(places) < 2):
            continue
        own = one.base(counts, population_of(study))
        if design and own.valid:
            shares = weighted_answers(one, design)[1]
            chosen = [own.valid * min(1.0, float(shares[place])) for place in places]
        elif is_ticks:
            chosen = [int(counts[place][0]) for place in places]
        else:
            chosen = [int(counts[0][place]) for place in places]
        worth = _sizes(one, clusters, study)
        sizes = [worth[place] for place in places] if worth else None
        rows.append(
            {"domain": domain, "item": item.name, "question": item.question}
            | _top([item.options[place].code for place in places], chosen, own, item, study, sizes)
            | spread_of(chosen, own, item, study)
        )
    return rows


def _top(
    codes: Sequence[str],
    chosen: Sequence[float],
    own: Base,
    item: Item,
    study: Study,
    sizes: Sequence[float] | None,
) -> dict[str, object]:
    """The most frequent answer, its percent and interval, and whether it is a consensus; of equals the first listed."""
    if not own.valid:
        return {"top_option": "", "consensus": ""}
    place = chosen.index(max(chosen))
    percent = 100 * chosen[place] / own.valid
    method, ends = _intervals(chosen, own, item, study, sizes)
    return {
        "top_option": codes[place],
        "top_percent": percent,
        "top_ci_low": 100 * ends[place][0],
        "top_ci_high": 100 * ends[place][1],
        "consensus": consensus(percent, study.thresholds["consensus"], study.thresholds["near"]),
        "ci_method": f"{method}; large_sample{_not_clustered(study)}",
    }


def spread_of(chosen: Sequence[float], own: Base, item: Item, study: Study) -> dict[str, float]:
    """Entropy, and for an ordinal item van der Eijk's A, with intervals; chosen: how many chose each answer."""
    level = study.inference["level"]
    if item.type == "multiple":
        entropy = ticks_entropy(chosen, own.valid)
        low, high = ticks_interval(chosen, own.valid, level, own.population)
    else:
        entropy = normalised_entropy(chosen)
        low, high = entropy_interval(chosen, level, own.population)
    row = {"entropy": entropy, "entropy_ci_low": low, "entropy_ci_high": high}
    if item.type == "ordinal":
        low, high = van_der_eijk_interval(chosen, level, own.population)
        row |= {"van_der_eijk_a": van_der_eijk(chosen)}
        row |= {"van_der_eijk_a_ci_low": low, "van_der_eijk_a_ci_high": high}
    return row
