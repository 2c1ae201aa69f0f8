"""How alike respondents answer one item."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import combinations
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
    return _surprise([count / total for count in counts]) / math.log(len(counts))


def entropy_interval(counts: Sequence[int], level: float = 95, population: float | None = None) -> tuple[float, float]:
    """Interval for the normalised entropy, 0 to 1.

    Of two options, the entropies of the shares in Wilson's interval. Of more, from the large-sample variance
    Var(H) = (sum p (ln p)^2 - H^2) / n + (k - 1) / (2 n^2), around the entropy less its bias, (k - 1) / (2 n), with the
    effective size for a finite population, widened to hold the entropy itself. When all agree the upper end is the
    entropy of an answer whose top share is the lower end of its Wilson interval, the rest on one other option.
    (nan, nan) when nobody answered; the point itself at n = N.
    Source: Hutcheson K, J Theor Biol 1970;29:151-154.
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
        return 0.0, _surprise((low, 1 - low)) / most
    if len(counts) == 2:
        ends = wilson(counts[0], total, level, population)
        low, high = sorted(_surprise((end, 1 - end)) / most for end in ends)
        return low, 1.0 if ends[0] <= 0.5 <= ends[1] else high
    shares = [count / total for count in counts if count]
    raw, more = entropy * most, (len(counts) - 1) / (2 * size)
    variance = (math.fsum(share * math.log(share) ** 2 for share in shares) - raw**2) / size + more / size
    half = NormalDist().inv_cdf(0.5 + level / 200) * math.sqrt(max(0.0, variance)) / most
    middle = entropy + more / most
    return max(0.0, min(entropy, middle - half)), min(1.0, max(entropy, middle + half))


def _surprise(shares: Sequence[float]) -> float:
    return -math.fsum(share * math.log(share) for share in shares if share > 0)


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


def van_der_eijk(counts: Sequence[float]) -> float:
    """Van der Eijk's agreement A of an ordinal item.

    1 when all choose one answer, 0 when answers are spread evenly, -1 when half choose the lowest, half the highest.

    counts: respondents per option in their order, shape (options,). nan when nobody answered or where there are two
    options, for which it is not defined.
    Source: van der Eijk C, Qual Quant 2001;35:325-341.
    """
    total = sum(counts)
    if total == 0 or len(counts) < 3:
        return math.nan
    return sum(count * slope for count, slope in zip(counts, _slopes(counts), strict=True)) / total


def van_der_eijk_interval(
    counts: Sequence[int], level: float = 95, population: float | None = None
) -> tuple[float, float]:
    """Interval for van der Eijk's A from its large-sample variance, -1 to 1.

    A is a sum over the answers as long as their order by frequency stays: Var(A) = (sum p s^2 - A^2) / n, s the slopes,
    n the effective size for a finite population. When all agree the lower end is the A of a share at the lower end of
    its Wilson interval, the rest on the answer farthest away. (nan, nan) where A is not defined; the point at n = N.
    """
    total, value = sum(counts), van_der_eijk(counts)
    if math.isnan(value):
        return math.nan, math.nan
    size = effective_size(total, population)
    if math.isinf(size):
        return value, value
    if max(counts) == total:
        low, _ = wilson(total, total, level, population)
        apart = [0.0] * len(counts)
        top = list(counts).index(total)
        apart[top], apart[0 if top >= len(counts) / 2 else -1] = low, 1 - low
        return van_der_eijk(apart), 1.0
    spread = sum(count / total * slope**2 for count, slope in zip(counts, _slopes(counts), strict=True)) - value**2
    half = NormalDist().inv_cdf(0.5 + level / 200) * math.sqrt(max(0.0, spread) / size)
    return max(-1.0, value - half), min(1.0, value + half)


def _slopes(counts: Sequence[float]) -> list[float]:
    """What one more respondent at each answer adds to n A.

    The counts are taken apart into layers: answers used at all, those used more than the rarest of them, and so on;
    each layer holds so many answers and has the agreement of its pattern. Answers of equal count share their layers.
    """
    levels = sorted({count for count in counts if count > 0})
    worth = []
    for level in levels:
        used = tuple(count >= level for count in counts)
        worth.append(sum(used) * _pattern_agreement(used))
    slopes = [0.0] * len(counts)
    for place, level in enumerate(levels):
        equal = [answer for answer, count in enumerate(counts) if count == level]
        rest = worth[place + 1] if place + 1 < len(levels) else 0.0
        for answer in equal:
            slopes[answer] = (worth[place] - rest) / len(equal)
    return slopes


@cache
def _pattern_agreement(used: tuple[bool, ...]) -> float:
    """Agreement of a layer in which each answer is used or not: unimodal against bimodal triples of answers."""
    options, size = len(used), sum(used)
    if size in (1, options):
        return float(size == 1)
    triples = [(used[i], used[j], used[k]) for i, j, k in combinations(range(options), 3)]
    bimodal = triples.count((True, False, True))
    unimodal = triples.count((True, True, False)) + triples.count((False, True, True))
    unimodality = ((options - 2) * unimodal - (options - 1) * bimodal) / ((options - 2) * (unimodal + bimodal))
    return unimodality * (1 - (size - 1) / (options - 1))


def consensus(top_percent: float, threshold: float, near: float) -> str:
    """yes, near or no: whether the top answer reaches the threshold (percent), or nearly; "" when nobody answered."""
    if math.isnan(top_percent):
        return ""
    return "yes" if top_percent >= threshold else "near" if top_percent >= near else "no"
