"""How alike respondents answer one item."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from survey.proportions import effective_size, wilson


def normalised_entropy(counts: Sequence[int]) -> float:
    """Shannon entropy of the answers, divided by its largest possible value.

    counts: respondents per offered option, shape (options,); an option nobody chose counts as offered.
    Returns 0.0 when all agree, 1.0 when the answers are spread evenly, nan when nobody answered.
    Raises ValueError for fewer than two options or a negative count.
    Source: Wilcox AR, Indices of qualitative variation and political measurement, West Polit Q 1973;26:325-343.
    """
    if len(counts) < 2 or min(counts) < 0:
        raise ValueError(f"need two or more counts, none negative: {list(counts)}")
    total = sum(counts)
    if total == 0:
        return math.nan
    shares = [count / total for count in counts if count]
    return -math.fsum(share * math.log(share) for share in shares) / math.log(len(counts))


def entropy_interval(counts: Sequence[int], level: float = 95, population: float | None = None) -> tuple[float, float]:
    """Interval for the normalised entropy, 0 to 1, from its large-sample variance.

    Var(H) = (sum p (ln p)^2 - H^2) / n with the effective size for a finite population, cut at 0 and 1. When all agree
    that variance is 0 and says nothing: the upper end is then the entropy of an answer whose top share is the lower end
    of its Wilson interval, the rest on one other option. (nan, nan) when nobody answered; the point itself at n = N.
    Source: Hutcheson K, J Theor Biol 1970;29:151-154, without its bias term.
    """
    total = sum(counts)
    entropy = normalised_entropy(counts)
    if total == 0:
        return math.nan, math.nan
    size, most = effective_size(total, population), math.log(len(counts))
    if math.isinf(size):
        return entropy, entropy
    if max(counts) == total:
        low, _ = wilson(total, total, level, population)
        return 0.0, -math.fsum(share * math.log(share) for share in (low, 1 - low) if share > 0) / most
    shares = [count / total for count in counts if count]
    raw = entropy * most
    variance = (math.fsum(share * math.log(share) ** 2 for share in shares) - raw**2) / size
    half = NormalDist().inv_cdf(0.5 + level / 200) * math.sqrt(max(0.0, variance)) / most
    return max(0.0, entropy - half), min(1.0, entropy + half)


def ticks_entropy(ticked: Sequence[int], base: int) -> float:
    """Agreement on a multiple-choice item: the mean, over its options, of the entropy of ticked against not ticked.

    ticked: respondents who ticked each option, shape (options,); base: who answered. 0 when on every option all do the
    same, 1 when every option splits them in halves; nan when nobody answered.
    """
    if base == 0 or not ticked:
        return math.nan
    return math.fsum(normalised_entropy((count, base - count)) for count in ticked) / len(ticked)


def ticks_interval(
    ticked: Sequence[int], base: int, level: float = 95, population: float | None = None
) -> tuple[float, float]:
    """Interval for ticks_entropy: the mean of the options' intervals, wide enough whatever the options' correlation."""
    if base == 0 or not ticked:
        return math.nan, math.nan
    ends = [entropy_interval((count, base - count), level, population) for count in ticked]
    return math.fsum(low for low, _ in ends) / len(ends), math.fsum(high for _, high in ends) / len(ends)


def consensus(top_percent: float, threshold: float, near: float) -> str:
    """yes, near or no: whether the top answer reaches the threshold (percent), or nearly; "" when nobody answered."""
    if math.isnan(top_percent):
        return ""
    return "yes" if top_percent >= threshold else "near" if top_percent >= near else "no"
