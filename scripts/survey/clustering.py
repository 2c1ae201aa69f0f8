"""Respondents who are alike within clusters, such as the units of a hospital: how many they are worth."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

METHOD = "wilson_clustered"  # the name of Wilson's interval with these sizes


def effective_sizes(chosen: "np.ndarray", base: "np.ndarray", clusters: "np.ndarray", level: float) -> "list[float]":
    """How many independent respondents the base is worth, for the share of it that chose each option.

    chosen: who chose it, shape (records, options); base: who is counted, shape (records,); clusters: number of each
    record's cluster, shape (records,); level: of the interval, percent.
    It is n divided by the design effect, the linearised variance of the share (clusters are primary sampling units
    drawn with replacement) over p (1 - p) / (n - 1), an effect of 1 where all or none chose it and nothing varies;
    times (t(n - 1) / t(c - 1))^2 for the c clusters of the base; and never above n. 0 where the base is of one cluster.
    Sources: Lumley T, Complex Surveys, Wiley 2010, chapters 2 and 3 (variance); Korn EL, Graubard BI, Surv Methodol
    1998;24:193-201 (effective size and its degrees of freedom); Parker JD et al., Vital Health Stat 2017;2(175) (at
    most n).
    """
    import numpy as np
    from scipy.special import stdtrit

    n, own = int(base.sum()), len(np.unique(clusters[base]))
    if own < 2:
        return [0.0] * chosen.shape[1]
    tail = 0.5 + level / 200
    freedom = float(stdtrit(n - 1, tail) / stdtrit(own - 1, tail)) ** 2
    _, numbers = np.unique(clusters, return_inverse=True)
    drawn = int(numbers.max()) + 1
    inside = chosen & base[:, None]
    shares = inside.sum(axis=0) / n
    sizes = []
    for share, parts in zip(shares.tolist(), (base[:, None] * (inside - shares) / n).T, strict=True):
        sums = np.bincount(numbers, weights=parts, minlength=drawn)
        variance = drawn / (drawn - 1) * float(sums @ sums)
        plain = share * (1 - share) / (n - 1)
        effect = variance / plain if plain else 1.0
        sizes.append(min(float(n), n * freedom / effect) if effect > 0 else float(n))
    return sizes
