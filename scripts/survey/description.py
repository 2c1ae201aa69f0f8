"""Descriptive statistics of one domain: counts, percents and intervals; medians and means; the same per group."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survey.agreement import consensus, entropy_interval, normalised_entropy, ticks_entropy, ticks_interval
from survey.answers import is_one, missing_column, option_column
from survey.errors import BadInput
from survey.proportions import interval, median_interval
from survey.study import Item, Study
from survey.tables import NUMBER_COLUMNS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

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
]


@dataclass(frozen=True)
class Base:
    """Who an item's figures are about.

    valid, asked: shape (records,), who gave an answer that counts and who was asked; population: how many of the
    population the question applies to (None for a superpopulation).
    """

    valid: "np.ndarray"
    asked: "np.ndarray"
    population: float | None

    @property
    def n_valid(self) -> int:
        """Respondents with an answer that counts."""
        return int(self.valid.sum())

    @property
    def n_asked(self) -> int:
        """Respondents who were asked."""
        return int(self.asked.sum())


def item_base(clean: "pd.DataFrame", item: Item, members: "np.ndarray", population: float | None) -> Base:
    """The base of an item among some of the records.

    members: shape (records,); population: how many units of the population these records stand for, N. Where only some
    were asked, the number of the population to whom the question applies is estimated by N times the share asked.
    """
    why = clean[missing_column(item)].astype("str").to_numpy()
    asked = members & (why != "not_asked")
    valid = members & (why == "")
    if population is not None:
        population = max(float(valid.sum()), population * asked.sum() / max(1, members.sum()))
    return Base(valid, asked, population)


def option_counts(
    clean: "pd.DataFrame", item: Item, members: "np.ndarray", weights: "np.ndarray | None" = None
) -> list[float]:
    """How many of the members chose each option, in the order of the options; for a rank item, ranked it first."""
    import numpy as np

    chosen = [_chose(clean, item, option.code) & members for option in item.options]
    return [int(rows.sum()) if weights is None else float(np.sum(weights[rows])) for rows in chosen]


def _chose(clean: "pd.DataFrame", item: Item, code: str) -> "np.ndarray":
    if item.type in ("multiple", "rank"):
        return is_one(clean[f"{item.name}[{code}]"])
    return (clean[item.name] == code).to_numpy(dtype=bool)


def frequencies(
    clean: "pd.DataFrame", study: Study, domain: str, weights: "np.ndarray | None" = None
) -> list[dict[str, object]]:
    """One row per item and option: n, its bases, percent of the valid answers and interval (percent).

    An option that does not count as an answer (do not know, not applicable, refused) has its n and no percent.
    weights: shape (records,), adds weighted_percent and Kish's effective sample size (Kish L, Survey Sampling, 1965).
    """
    import numpy as np

    everybody = np.ones(len(clean), dtype=bool)
    rows = []
    for item in _with_options(study, domain):
        base = item_base(clean, item, everybody, _population(study))
        counts = option_counts(clean, item, everybody)
        weighted = option_counts(clean, item, base.valid, weights) if weights is not None else None
        for place, option in enumerate(item.options):
            row = {
                "domain": domain,
                "item": item.name,
                "question": item.question,
                "type": item.type,
                "option": option.code,
                "option_label": option.label,
                "n": counts[place],
                "n_valid": base.n_valid,
                "n_asked": base.n_asked,
                "n_missing": base.n_asked - base.n_valid,
                "n_not_asked": len(clean) - base.n_asked,
                "ci_method": study.inference["method"] if option.counts else "",
            }
            if option.counts:
                row |= _share(counts[place], base, item, study)
            if weighted is not None and option.counts and weights[base.valid].any():
                used = weights[base.valid]
                row |= {
                    "weighted_percent": 100 * weighted[place] / used.sum(),
                    "n_effective": used.sum() ** 2 / (used**2).sum(),
                }
            rows.append(row)
    return rows


def _with_options(study: Study, domain: str) -> Iterator[Item]:
    return (item for item in study.domain_items(domain) if item.is_reported and item.type != "numeric")


def _population(study: Study) -> float | None:
    return float(study.frame["invited"]) if study.inference["target"] == "finite_population" else None


def _share(n: int, base: Base, item: Item, study: Study) -> dict[str, float]:
    """Percent and its interval; nothing for a base of none."""
    if base.n_valid == 0:
        return {}
    options = sum(option.counts for option in item.options) if item.type in ("single", "ordinal") else 1
    low, high = interval(n, base.n_valid, study.inference["method"], study.inference["level"], base.population, options)
    return {"percent": 100 * n / base.n_valid, "ci_low": 100 * low, "ci_high": 100 * high}


def summary(values: "np.ndarray") -> dict[str, float]:
    """Mean, standard deviation (n - 1), median, quartiles (type 7), smallest and largest of values, shape (n,).

    nan where n is too small.
    Source: Hyndman RJ, Fan Y, Sample quantiles in statistical packages, Am Stat 1996;50:361-365.
    """
    import numpy as np

    if len(values) == 0:
        return dict.fromkeys(("mean", "sd", "median", "q1", "q3", "min", "max"), math.nan)
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    return {
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else math.nan,
        "median": float(median),
        "q1": float(q1),
        "q3": float(q3),
        "min": float(np.min(values)),
        "max": float(np.max(values)),
    }


def _numbers(clean: "pd.DataFrame", item: Item) -> Iterator[tuple[str, str, "np.ndarray"]]:
    """Name, unit and values (nan where missing) of what is summarised: a numeric item, or each option's rank."""
    if item.type == "numeric":
        yield item.name, item.unit, clean[item.name].to_numpy(dtype=float)
    elif item.type == "rank":
        for option in item.options:
            column = option_column(item, option)
            yield column, "rank", clean[column].astype("float64").to_numpy(dtype=float)


def numeric(clean: "pd.DataFrame", study: Study, domain: str) -> list[dict[str, object]]:
    """One row per numeric item, and per option of a rank item (its rank): summary, and interval of the median."""
    import numpy as np

    everybody = np.ones(len(clean), dtype=bool)
    rows = []
    for item in study.domain_items(domain):
        for name, unit, values in _numbers(clean, item) if item.is_reported else ():
            base = item_base(clean, item, everybody, _population(study))
            known = values[base.valid & ~np.isnan(values)]
            low, high = median_interval(known, study.inference["level"], base.population)
            label = {option_column(item, option): f": {option.label}" for option in item.options}.get(name, "")
            row = {"domain": domain, "item": name, "question": item.question + label, "unit": unit}
            row |= {"n": len(known), "n_missing": base.n_asked - len(known)}
            rows.append(row | summary(known) | {"median_ci_low": low, "median_ci_high": high})
    return rows


def groups(
    clean: "pd.DataFrame", levels: "pd.DataFrame", study: Study, domain: str, frame_counts: dict[str, dict[str, int]]
) -> list[dict[str, object]]:
    """The same per level of each grouping item.

    levels: the grouping items' clean answers, in the order of the records; frame_counts: how many of the population are
    at each level. Where that is not known, the intervals of the level are those of a superpopulation: to divide the
    frame as the respondents are divided would make them too narrow where fewer answered.
    """
    rows = []
    for group in (study.item(name) for name in study.groups):
        why = levels[missing_column(group)].astype("str") == ""
        for option in (option for option in group.options if option.counts):
            members = ((levels[group.name] == option.code) & why).to_numpy(dtype=bool)
            population = None
            if study.inference["target"] == "finite_population" and option.code in frame_counts.get(group.name, {}):
                population = max(float(members.sum()), frame_counts[group.name][option.code])
            for item in study.domain_items(domain):
                if item.is_reported:
                    place = {"domain": domain, "item": item.name, "group": group.name, "level": option.code}
                    rows += _group_rows(clean, item, members, population, study, place)
    return rows


def _group_rows(
    clean: "pd.DataFrame",
    item: Item,
    members: "np.ndarray",
    population: float | None,
    study: Study,
    place: dict[str, object],
) -> Iterator[dict[str, object]]:
    import numpy as np

    base = item_base(clean, item, members, population)
    if item.type != "numeric":
        counts = option_counts(clean, item, members)
        for option, n in zip(item.options, counts, strict=True):
            shares = _share(n, base, item, study) if option.counts else {}
            yield place | {"option": option.code, "n": n, "n_valid": base.n_valid} | shares
    for name, _, values in _numbers(clean, item):
        known = values[base.valid & ~np.isnan(values)]
        found = summary(known)
        kept = {statistic: found[statistic] for statistic in ("median", "q1", "q3", "mean", "sd")}
        yield place | {"item": name, "option": "", "n": len(known), "n_valid": len(known)} | kept


def agreement(clean: "pd.DataFrame", study: Study, domain: str) -> list[dict[str, object]]:
    """One row per single-choice, ordinal or multiple-choice item: top answer, entropy with interval, consensus.

    Items that describe the respondent (role group) are left out: there is nothing to agree on.
    """
    import numpy as np

    everybody = np.ones(len(clean), dtype=bool)
    rows = []
    for item in _with_options(study, domain):
        counted = [option for option in item.options if option.counts]
        if item.role == "group" or item.type == "rank" or (item.type != "multiple" and len(counted) < 2):
            continue
        base = item_base(clean, item, everybody, _population(study))
        counts = dict(
            zip((option.code for option in item.options), option_counts(clean, item, base.valid), strict=True)
        )
        chosen = [counts[option.code] for option in counted]
        level = study.inference["level"]
        if item.type == "multiple":
            entropy = ticks_entropy(chosen, base.n_valid)
            low, high = ticks_interval(chosen, base.n_valid, level, base.population)
        else:
            entropy = normalised_entropy(chosen)
            low, high = entropy_interval(chosen, level, base.population)
        top = counted[chosen.index(max(chosen))] if base.n_valid else None
        percent = 100 * max(chosen) / base.n_valid if top else math.nan
        rows.append(
            {
                "domain": domain,
                "item": item.name,
                "question": item.question,
                "top_option": top.code if top else "",
                "top_percent": percent,
                "entropy": entropy,
                "entropy_ci_low": low,
                "entropy_ci_high": high,
                "consensus": consensus(percent, study.thresholds["consensus"], study.thresholds["near"]),
            }
        )
    return rows


def record_weights(column: "pd.Series", records: "pd.Series") -> "np.ndarray":
    """The weights as numbers, shape (records,).

    Raises BadInput, naming the record, for a weight that is missing or negative.
    """
    unfit = ~(column >= 0)
    if unfit.any():
        raise BadInput(
            f"record {records[unfit].iloc[0]}: its weight ({column.name}) is missing or negative, "
            f"as in {unfit.sum()} of {len(records)} records; correct the export, or exclude such records in study.yaml"
        )
    return column.to_numpy(dtype=float)


def typed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Counts as whole numbers, statistics as floats, the rest as text: the same types whatever the rows, even none."""
    kinds = {
        column: "Int64" if column == "n" or (column.startswith("n_") and column != "n_effective") else "float64"
        for column in NUMBER_COLUMNS.intersection(frame.columns)
    }
    return frame.astype({column: kinds.get(column, "str") for column in frame.columns})
