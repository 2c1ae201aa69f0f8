"""The statistics tables of a study that withholds small counts: what goes with a count goes where it goes.

A statistic is published where it follows from published counts alone; then it tells nothing more than they do.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from survey.description import Counted, Rows, population_of, spread_of
from survey.disclosure import spread
from survey.study import Item, Study
from survey.withheld import NOTE, Withheld

if TYPE_CHECKING:
    import numpy as np

    from survey.counting import Tally

ESTIMATES = ("percent", "ci_low", "ci_high")
INTERVAL = ("ci_low", "ci_high")
WEIGHTED = ("weighted_percent", "n_effective", "weighted_se", "weighted_ci_low", "weighted_ci_high")
ORDER = ("min", "q1", "median", "q3", "max", "median_ci_low", "median_ci_high")


def without(row: dict[str, object], columns: Sequence[str]) -> dict[str, object]:
    """The row without what stands in these columns, which it names; what it does not have is not named."""
    gone = [column for column in dict.fromkeys(columns) if row.get(column) not in (None, "")]
    return row | dict.fromkeys(gone) | {NOTE: " ".join(gone)}


def frequencies(rows: Rows, known: Withheld, study: Study) -> Rows:
    """Rows of frequencies without what is withheld. An interval for a finite population tells how many were asked."""
    finite = population_of(study) is not None
    found = []
    for row in rows:
        item, gone = row["item"], []
        for column, count in (
            ("n_valid", "valid"),
            ("n_asked", "asked"),
            ("n_missing", "missing"),
            ("n_not_asked", "not_asked"),
        ):
            gone += [column] if known.hides(item, count) else []
        if known.hides(item, "n", row["option"]):
            gone.append("n")
        if {"n", "n_valid"} & set(gone):
            gone += ESTIMATES
        if (finite and known.hides(item, "asked")) or (row.get("ci_method") == "sison_glaz" and known.touches(item)):
            gone += INTERVAL
        if {"n", "n_valid"} & set(gone) or not weights_tell_nothing(item, known, study):
            gone += WEIGHTED
        found.append(without(row, gone))
    return found


def weights_tell_nothing(item: str, known: Withheld, study: Study) -> bool:
    """Whether weighted figures of an item may be published.

    Weights made from margins are known to who knows the margins: a weighted percent is another sum of counts by group.
    """
    from_margins = bool(study.weighting) and study.weighting["method"] != "given"
    return not known.touches(item) and not (from_margins and known.cells)


def numeric(rows: Rows, counted: Sequence[Counted], known: Withheld) -> Rows:
    """Rows of numeric without what is withheld."""
    given = {
        number.column.name: (one.item, number.column.values, numbers) for one, number, numbers in _numbers(counted)
    }
    found = []
    for row in rows:
        item, values, numbers = given[row["item"]]
        option = row["item"].partition("[")[2].rstrip("]")
        hidden = known.hides(item.name, "ranked" if option else "valid", option)
        gone = ["n"] if hidden else []
        if known.hides(item.name, "missing") or (option and (hidden or known.hides(item.name, "asked"))):
            gone.append("n_missing")
        gone += unsafe_statistics(row, values, numbers, known.minimum, hidden)
        found.append(without(row, gone))
    return found


def _numbers(counted: Sequence[Counted]) -> "Iterator[tuple[Counted, object, np.ndarray]]":
    for one in counted:
        for number, given in one.numbers([part.total for part in one.tallies]):
            yield one, number, given


def unsafe_statistics(
    row: Mapping[str, object], values: "np.ndarray", given: "np.ndarray", minimum: int, hidden: bool
) -> list[str]:
    """Which statistics of numbers may not be published.

    values, given: numbers and how many gave each, shape (numbers,); hidden: whether it is withheld how many gave any.
    An order statistic needs the minimum of answers at it or below, and at it or above: so smallest and largest are
    published only where so many gave them (Hundepool 2012, chapter 5.3). For the mean and sd see disclosure.spread.
    """
    if hidden:
        return [*ORDER, "mean", "sd"]
    gone = [] if spread(dict(zip(values.tolist(), given.tolist(), strict=True)), minimum) else ["mean", "sd"]
    for name in ORDER:
        at = row.get(name)
        if at is not None and min(given[values <= at].sum(), given[values >= at].sum()) < minimum:
            gone.append(name)
    return gone


def groups(rows: Rows, counted: Sequence[Counted], known: Withheld, study: Study) -> Rows:
    """Rows of groups without what is withheld."""
    finite = population_of(study) is not None
    given = {}
    for one in counted:
        for part in one.tallies:
            if part.column.values is not None:
                given[part.column.name] = (one.item, part)
    means = _hidden_means(given, known, study)
    found = []
    for row in rows:
        name, _, ranked = row["item"].partition("[")
        place = {"group": row["group"], "level": row["level"]}
        if row["option"]:
            gone = ["n"] if known.hides(name, "n", row["option"], **place) else []
            gone += ["n_valid"] if known.hides(name, "valid", **place) else []
            gone += ESTIMATES if gone else []
            sison_glaz = row.get("ci_method") == "sison_glaz" and known.touches(name, row["group"])
            gone += INTERVAL if sison_glaz or (finite and known.hides(name, "asked", **place)) else []
        else:
            item, part = given[row["item"]]
            levels = [option.code for option in study.item(row["group"]).options if option.counts]
            numbers = part.by_group[row["group"]][levels.index(row["level"])][part.column.compared]
            count, option = ("ranked", ranked.rstrip("]")) if ranked else ("valid", "")
            hidden = known.hides(item.name, count, option, **place)
            gone = ["n", "n_valid"] if hidden else []
            gone += unsafe_statistics(row, part.column.values, numbers, known.minimum, hidden)
            gone += ["mean", "sd"] if (row["item"], row["group"], row["level"]) in means else []
        found.append(without(row, gone))
    return found


def _hidden_means(
    given: "Mapping[str, tuple[Item, Tally]]", known: Withheld, study: Study
) -> set[tuple[str, str, str]]:
    """Column, group and level of means withheld for the sake of few others, whose sum is what these leave of all."""
    found = set()
    for name, (item, part) in given.items():
        count, option = ("ranked", name.partition("[")[2].rstrip("]")) if item.type == "rank" else ("valid", "")
        for group, table in part.by_group.items():
            levels = [option.code for option in study.item(group).options if option.counts]
            sizes = table[:, part.column.compared].sum(axis=1).tolist()
            shown = {
                level: n
                for level, n in zip(levels, sizes, strict=True)
                if n and not known.hides(item.name, count, option, group, level)
            }
            rest = int(part.total[part.column.compared].sum()) - sum(shown.values())
            while 0 < rest < known.minimum and shown:
                level = min(shown, key=lambda level: shown[level])
                rest += shown.pop(level)
                found.add((name, group, level))
    return found


def agreement(rows: Rows, counted: Sequence[Counted], known: Withheld, study: Study) -> Rows:
    """Rows of agreement as they follow from what is published.

    Where answers are withheld, entropy and van der Eijk's A are of the published counts, with the withheld ones of a
    question taken as equally frequent (their sum is known), or of ticks as half the minimum; so they tell nothing more.
    """
    items = {one.item.name: one for one in counted}
    found = []
    for row in rows:
        one = items[row["item"]]
        counts = [part.total for part in one.tallies]
        own, chosen = (
            one.base(counts, population_of(study)),
            dict(zip(one.item.options, one.chosen(counts), strict=True)),
        )
        published = {
            option.code: None if known.hides(one.item.name, "n", option.code) else n
            for option, n in chosen.items()
            if option.counts
        }
        gone = []
        if known.hides(one.item.name, "valid"):
            gone = [name for name in row if name not in ("domain", "item", "question")]
        else:
            hidden = sum(n is None for n in published.values())
            if hidden:
                row = row | spread_of(
                    _filled(list(published.values()), own.valid, one.item, known), own, one.item, study
                )
            if row["top_option"] and published[row["top_option"]] is None:  # then little is left to tell agreement from
                gone += [name for name in row if name not in ("domain", "item", "question")]
            if own.population is not None and known.hides(one.item.name, "asked"):
                gone += [name for name in row if "_ci_" in name]
            if hidden and "sison_glaz" in row.get("ci_method", ""):
                gone += ["top_ci_low", "top_ci_high"]
        found.append(without(row, gone))
    return found


def _filled(published: list[int | None], valid: int, item: Item, known: Withheld) -> list[float]:
    """Counts with something published in the place of those withheld."""
    hidden = published.count(None)
    rest = valid - sum(n for n in published if n is not None)
    fill = min(known.minimum, valid) / 2 if item.type == "multiple" else rest / hidden
    return [fill if n is None else n for n in published]


def comparisons(rows: Rows, counted: Sequence[Counted], known: Withheld, study: Study) -> Rows:
    """Rows of comparisons; a test is given where all counts that it compares are published."""
    parts = {part.column.name: (one.item, part) for one in counted for part in one.tallies}
    found = []
    for row in rows:
        item, part = parts[row["item"]]
        levels = [option.code for option in study.item(row["group"]).options if option.counts]
        hides = [
            known.hides(item.name, count, option, row["group"], level)
            for level in levels
            for count, option in _compared(item, part.column.name)
        ]
        safe = not any(hides)
        if part.column.values is not None:
            table = part.by_group[row["group"]][:, part.column.compared]
            safe = safe and _numbers_are_safe(table, part.total[part.column.compared], part.column.values, item, known)
        found.append(row | {NOTE: ""} if safe else not_given(row))
    return found


def _compared(item: Item, name: str) -> list[tuple[str, str]]:
    """Count and option of the cells that a comparison is made of."""
    option = name.partition("[")[2].rstrip("]")
    if item.type == "numeric":
        return [("valid", "")]
    if item.type == "rank":
        return [("ranked", option), ("n", option), ("valid", "")]
    options = [option] if option else [option.code for option in item.options if option.counts]
    return [("valid", ""), *(("n", code) for code in options)]


def _numbers_are_safe(
    table: "np.ndarray", total: "np.ndarray", values: "np.ndarray", item: Item, known: Withheld
) -> bool:
    """Whether a test of numbers may be given: of many different ones, or of counts that are none of them small."""
    if item.type == "numeric" and spread(dict(zip(values.tolist(), total.tolist(), strict=True)), known.minimum):
        return True
    return no_small_count(table, total, known.minimum)


def no_small_count(table: "np.ndarray", total: "np.ndarray", minimum: int) -> bool:
    """Whether every count of a table, and of those without a level, is none or the minimum.

    table: shape (levels, answers); total: of all, shape (answers,).
    """
    counts = [*table.ravel().tolist(), *(total - table.sum(axis=0)).tolist(), *table.sum(axis=1).tolist()]
    return not any(0 < n < minimum for n in counts)


def not_given(row: Mapping[str, object]) -> dict[str, object]:
    """A comparison of which only is said that it is withheld."""
    kept = {name: row[name] for name in ("domain", "item", "group")}
    return kept | {"n_used": None, "reason_not_run": NOTE, NOTE: "n_used test statistic df p effect"}


def waves(rows: Rows, counted: Sequence[Counted], known: Withheld) -> Rows:
    """Rows of early_late, whose counts are in no table: given where none of them, nor of the question, is small."""
    parts = {part.column.name: (one.item, part) for one in counted for part in one.tallies}
    found = []
    for row in rows:
        item, part = parts[row["item"]]
        table, total = part.by_group[row["group"]][:, part.column.compared], part.total[part.column.compared]
        if item.type == "numeric":
            many = spread(dict(zip(part.column.values.tolist(), total.tolist(), strict=True)), known.minimum)
            sizes = [*table.sum(axis=1).tolist(), int(total.sum() - table.sum())]
            safe = many and not any(0 < n < known.minimum for n in sizes)
        else:
            safe = no_small_count(table, total, known.minimum)
        found.append(row | {NOTE: ""} if safe and not known.touches(item.name) else not_given(row))
    return found


def strata(rows: Rows, known: Withheld, study: Study) -> Rows:
    """Rows of representativeness without what is withheld; a test and a distance of a stratum are of all its levels."""
    hidden = {
        (row["stratum"], row["level"]) for row in rows if known.hides("", "stratum", "", row["stratum"], row["level"])
    }
    touched = {stratum for stratum, _ in hidden}
    found = []
    for row in rows:
        gone = []
        if (row["stratum"], row["level"]) in hidden:
            gone += ["respondents_n", "respondents_percent", "response_percent", "difference"]
        if row["stratum"] in touched:
            gone += ["stratum_difference", "test", "statistic", "df", "p", "p_error", "reason_not_run"]
        if row["stratum"] in touched or not weights_tell_nothing("", known, study):
            gone.append("weighted_percent")
        row = without(row, gone)
        found.append(row | {"reason_not_run": NOTE} if row["stratum"] in touched else row)
    return found
