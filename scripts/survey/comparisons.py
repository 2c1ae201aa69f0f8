"""Do the groups differ? One test per question and grouping item, chosen by what is compared, with an effect size.

Answers are two (a tick, yes or no), unordered, or in an order (ordinal items, numbers, ranks); groups are two,
unordered, or in an order (ordinal items).

| answers | two or unordered groups | groups in an order |
|---|---|---|
| two | chi-square; Fisher's exact test where an expected count is below 5 | Cochran-Armitage; exact where below 5 |
| unordered | the same | the same |
| in an order | Mann-Whitney (two groups), Kruskal-Wallis (more) | linear by linear |

Exact tests that would take too long, and rank tests with a group of fewer than five, are done by Monte Carlo. Weighted
answers have the Rao-Scott test throughout.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from survey import contingency, effects
from survey.coding import Column
from survey.contingency import Result
from survey.counting import Group, Groups, Tally, each
from survey.description import Counted
from survey.distribution import log_choose
from survey.effects import Effect
from survey.multiplicity import adjust, simes
from survey.shuffling import Shuffles
from survey.study import Item, Study
from survey.weighting import Design, rao_scott

if TYPE_CHECKING:
    import numpy as np

COMPARISONS = [
    "domain",
    "item",
    "group",
    "test",
    "statistic",
    "df",
    "p",
    "p_adjusted",
    "adjust_method",
    "effect",
    "effect_name",
    "effect_ci_low",
    "effect_ci_high",
    "n_used",
    "reason_not_run",
    "df_denominator",
    "p_error",
]
ALL_COMPARISONS = [*COMPARISONS, "domain_p", "domain_p_adjusted", "differs"]
LEAST = 5
SMALL, LARGEST_EXACT = 50, 500
Row = dict[str, object]


def comparisons(
    counted: Sequence[Counted],
    grouped: Groups,
    study: Study,
    shuffles: Shuffles,
    design: Design | None = None,
    threads: int = 1,
) -> list[Row]:
    """One row per question and group, without adjusted p values.

    Every option of a multiple-choice item and every rank is a question of its own, item[option]. Items that describe
    the respondent (role group) are not compared. design: of the weights, for weighted tests, else None.
    """
    pairs = [
        (one.item, part, group)
        for one in counted
        if one.item.role != "group"
        for part in _questions(one)
        for group in grouped.groups
    ]

    def row(pair: tuple[Item, Tally, Group]) -> Row:
        item, part, group = pair
        column = part.column
        table = part.by_group[group.name][:, column.compared]
        if design:
            found = compare_weighted(table, column, group, design)
        else:
            ordered = item.type == "ordinal" or column.values is not None
            found = compare(table, ordered, group.ordered, shuffles, study.inference["level"])
        return {"domain": item.domain, "item": column.name, "group": group.name} | found

    return each(row, pairs, threads)


def _questions(one: Counted) -> list[Tally]:
    """What is compared of an item: itself, or each of its options but "do not know" and its like."""
    if one.item.type != "multiple":
        return list(one.tallies)
    return [part for option, part in zip(one.item.options, one.tallies, strict=True) if option.counts]


def adjusted(rows: Sequence[Row], method: str) -> list[Row]:
    """The rows with p_adjusted, among all of them."""
    found = adjust([row.get("p", math.nan) for row in rows], method)
    return [row | {"p_adjusted": p, "adjust_method": method} for row, p in zip(rows, found, strict=True)]


def across_domains(found: Mapping[str, Sequence[Row]], settings: Mapping[str, object]) -> list[Row]:
    """The comparisons of all domains, smallest p first, with a verdict of two steps.

    domain_p: does anything in the domain differ (Simes)? domain_p_adjusted: that, adjusted for the number of domains.
    differs: yes where it and the p adjusted within the domain are at or below alpha, else no; "" where no test ran.
    found: domain to its rows; settings: `comparisons` of study.yaml.
    """
    alpha = settings["alpha"] / 100
    whole = [simes([row["p"] for row in rows]) for rows in found.values()]
    opened = adjust(whole, settings["across"])
    rows = [
        row
        | {"domain_p": p, "domain_p_adjusted": adjusted_p, "differs": _differs(row["p_adjusted"], adjusted_p, alpha)}
        for (domain, part), p, adjusted_p in zip(found.items(), whole, opened, strict=True)
        for row in part
    ]
    return sorted(rows, key=lambda row: (math.isnan(row["p"]), row["p"], row["item"], row["group"]))


def _differs(p: float, domain_p: float, alpha: float) -> str:
    if math.isnan(p):
        return ""
    return "yes" if max(p, domain_p) <= alpha else "no"


def compare(
    table: "np.ndarray", ordered_answers: bool, ordered_groups: bool, shuffles: Shuffles, level: float = 95
) -> Row:
    """The test and the effect of a table with a row per group and a column per answer, both in their order.

    level: of the effect's interval, percent. A test that cannot run says why.
    """
    table = contingency.without_empty(table)
    row: Row = {"n_used": int(table.sum())}
    reason = _why_not(table)
    if reason:
        return row | {"reason_not_run": reason}
    groups, answers = table.shape
    ordered_groups = ordered_groups and groups > 2
    if answers > 2 and ordered_answers:
        result, effect = (_trend if ordered_groups else _ranks)(table, shuffles, level)
    elif answers == 2 and ordered_groups:
        # The first of two unordered answers is what the trend is of: ticked, or yes.
        rising = table if ordered_answers else table[:, ::-1]
        result, effect = _trend_of_share(table, shuffles), effects.tau_b(rising, level)
    else:
        result, effect = _association(table, shuffles, level)
    return row | _as_row(result, effect)


def compare_weighted(table: "np.ndarray", column: Column, group: Group, design: Design) -> Row:
    """The Rao-Scott test of weighted answers, with Cramer's V of the weighted table and no interval.

    table: of the unweighted counts, a row per level and a column per answer that counts.
    """
    import numpy as np

    row: Row = {"n_used": int(table.sum())}
    reason = _why_not(contingency.without_empty(table))
    if not reason and column.values is not None:
        reason = "weighted rank tests are not offered"
    if reason:
        return row | {"reason_not_run": reason}
    place = np.full(column.size, -1)
    place[column.compared] = np.arange(len(column.compared))
    answers = place.take(column.codes)
    levels = np.append(np.arange(len(group.levels)), -1).take(group.codes)
    try:
        statistic, df, denominator, p = rao_scott(design, levels, answers)
    except np.linalg.LinAlgError:
        return row | {"reason_not_run": "too few answers in some cells for the Rao-Scott test"}
    inside = (levels >= 0) & (answers >= 0)
    cells = np.bincount(
        levels[inside] * table.shape[1] + answers[inside], design.weights[inside], minlength=table.size
    ).reshape(table.shape)
    effect = effects.cramers_v(cells * (table.sum() / cells.sum()))
    return row | _as_row(
        Result("rao_scott", p, statistic, df, denominator), Effect(effect.name, effect.value, math.nan, math.nan)
    )


def _why_not(table: "np.ndarray") -> str:
    if table.size == 0:
        return "nobody answered"
    if table.shape[0] < 2:
        return "only one group answered"
    if table.shape[1] < 2:
        return "all gave the same answer"
    return ""


def _as_row(result: Result, effect: Effect) -> Row:
    return {
        "test": result.test,
        "statistic": result.statistic,
        "df": result.df,
        "p": result.p,
        "df_denominator": result.df_denominator,
        "p_error": result.p_error,
        "effect": effect.value,
        "effect_name": effect.name,
        "effect_ci_low": effect.low,
        "effect_ci_high": effect.high,
    }


def _association(table: "np.ndarray", shuffles: Shuffles, level: float) -> tuple[Result, Effect]:
    sparse = contingency.expected(table).min() < LEAST
    result = (contingency.fisher_exact(table) or shuffles.fisher(table)) if sparse else contingency.chi_square(table)
    if table.shape != (2, 2):
        return result, effects.cramers_v(table, level)
    return result, (effects.exact_odds_ratio if sparse or table.min() == 0 else effects.odds_ratio)(table, level)


def _trend_of_share(table: "np.ndarray", shuffles: Shuffles) -> Result:
    """Cochran-Armitage, exact where an expected count is small."""
    import numpy as np

    result = contingency.cochran_armitage(table)
    if contingency.expected(table).min() >= LEAST:
        return result
    scores = np.arange(1.0, len(table) + 1)
    rare = int(table.sum(axis=0).min())
    if log_choose(int(table.sum()), rare) < 600:
        p = contingency.exact_sum(table.T, scores)
        return Result("cochran_armitage_exact", p, result.statistic, result.df)
    drawn = shuffles.linear_by_linear(table, scores, np.array([1.0, 0.0]))
    return Result("cochran_armitage_monte_carlo", drawn.p, result.statistic, result.df, p_error=drawn.p_error)


def _trend(table: "np.ndarray", shuffles: Shuffles, level: float) -> tuple[Result, Effect]:
    """Linear by linear: groups by their place, answers by their mid-rank."""
    import numpy as np

    groups, answers = np.arange(1.0, len(table) + 1), contingency.midranks(table.sum(axis=0))
    small = table.sum(axis=1).min() < LEAST
    return (shuffles if small else contingency).linear_by_linear(table, groups, answers), effects.tau_b(table, level)


def _ranks(table: "np.ndarray", shuffles: Shuffles, level: float) -> tuple[Result, Effect]:
    n, least = int(table.sum()), int(table.sum(axis=1).min())
    if len(table) > 2:
        result = (shuffles if least < LEAST else contingency).kruskal_wallis(table)
        return result, effects.epsilon_squared(result.statistic, len(table), n, level)
    result = contingency.mann_whitney(table)
    if n < SMALL or (least < 2 * LEAST and n <= LARGEST_EXACT):
        p = contingency.exact_sum(table, contingency.midranks(table.sum(axis=0)))
        result = Result("mann_whitney_exact", p, result.statistic)
    return result, effects.cliffs_delta(table, level)
