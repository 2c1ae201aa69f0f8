"""Do those who answered resemble the frame? Shares of both by stratum, with standardised differences."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from survey import contingency
from survey.frame import frame_counts
from survey.sample import strata_columns
from survey.shuffling import Shuffles
from survey.study import Study

if TYPE_CHECKING:
    import numpy as np

REPRESENTATIVENESS = [
    "stratum",
    "level",
    "level_label",
    "frame_n",
    "frame_percent",
    "respondents_n",
    "respondents_percent",
    "response_percent",
    "weighted_percent",
    "difference",
    "stratum_difference",
    "test",
    "statistic",
    "df",
    "p",
    "p_error",
    "reason_not_run",
]


def standardised_difference(share: float, other: float) -> float:
    """Difference of two shares in units of their mean standard deviation, 0 where both are 0 or both are 1.

    Source: Austin PC, Commun Stat Simul Comput 2009;38:1228-1234; above 0.1 in size it is usually taken as relevant.
    """
    variance = (share * (1 - share) + other * (1 - other)) / 2
    return (share - other) / math.sqrt(variance) if variance else 0.0


def overall_difference(shares: Sequence[float], others: Sequence[float]) -> float:
    """Standardised difference of two distributions over the same levels: the Mahalanobis distance of their shares.

    The first level is left out, as it follows from the others; which one is left out does not matter.
    Source: Yang D, Dalton JE, SAS Global Forum 2012, paper 335-2012.
    """
    import numpy as np

    ours, theirs = np.array(shares[1:]), np.array(others[1:])
    covariance = (np.diag(ours) - np.outer(ours, ours) + np.diag(theirs) - np.outer(theirs, theirs)) / 2
    apart = ours - theirs
    return float(math.sqrt(max(0.0, apart @ np.linalg.pinv(covariance) @ apart)))


def of_strata(sample: Sequence[Mapping[str, object]], study: Study, shuffles: Shuffles) -> list[dict[str, object]]:
    """The rows of representativeness.csv; none for a study without strata.

    sample: the analysed records, rows of sample.parquet.
    """
    rows = []
    frame = frame_counts(study)
    for name in strata_columns(study):
        item = study.by_name.get(name)
        options = {option.code: option.label for option in item.options} if item else {}
        labels = options or {level: level for level in sorted(frame[name])}
        weights = None
        if study.weighting:
            weights = {level: sum(row["weight"] for row in sample if row[name] == level) for level in labels}
        respondents = Counter(row[name] for row in sample)
        rows += representativeness(name, labels, frame[name], respondents, weights, shuffles)
    return rows


def representativeness(
    stratum: str,
    labels: Mapping[str, str],
    frame: Mapping[str, int],
    respondents: Mapping[str, int],
    weights: Mapping[str, float] | None,
    shuffles: Shuffles,
) -> list[dict[str, object]]:
    """One row per level of a stratum.

    labels: of the levels, in their order; frame, respondents: units per level, of all those invited and of those
    analysed; weights: summed per level. The test compares those analysed with the rest of the frame: chi-square,
    or Fisher's exact test where an expected count is below 5.
    """
    import numpy as np

    levels = [level for level in labels if frame.get(level, 0)]
    invited, answered = sum(frame[level] for level in levels), sum(respondents.get(level, 0) for level in levels)
    ours = [respondents.get(level, 0) / answered if answered else math.nan for level in levels]
    theirs = [frame[level] / invited for level in levels]
    table = np.array([[respondents.get(level, 0), frame[level] - respondents.get(level, 0)] for level in levels])
    of_all = {"stratum_difference": overall_difference(ours, theirs)} | _test(table, shuffles)
    total = sum(weights.values()) if weights else math.nan
    rows = []
    for level, our, their in zip(levels, ours, theirs, strict=True):
        n = respondents.get(level, 0)
        row = {"stratum": stratum, "level": level, "level_label": labels[level]}
        row |= {"frame_n": frame[level], "frame_percent": 100 * their, "respondents_n": n}
        row |= {"respondents_percent": 100 * our, "response_percent": 100 * n / frame[level]}
        row |= {"weighted_percent": 100 * weights.get(level, 0.0) / total if weights else math.nan}
        rows.append(row | {"difference": standardised_difference(our, their)} | of_all)
    return rows


def _test(table: "np.ndarray", shuffles: Shuffles) -> dict[str, object]:
    if table.min() < 0:
        return {"reason_not_run": "more answered at a level than the frame has there"}
    used = contingency.without_empty(table)
    if min(used.shape) < 2:
        return {"reason_not_run": "everybody answered" if used.shape[1] < 2 else "one level only"}
    sparse = contingency.expected(used).min() < 5
    result = (contingency.fisher_exact(used) or shuffles.fisher(used)) if sparse else contingency.chi_square(used)
    return {
        "test": result.test,
        "statistic": result.statistic,
        "df": result.df,
        "p": result.p,
        "p_error": result.p_error,
    }
