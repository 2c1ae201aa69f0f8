"""Answers that have an order: numbers and ranges, degrees of one word, and lists that everybody knows."""

import re
from collections.abc import Sequence

from survey.drafting.contents import fold

WORD = re.compile(r"[^\W\d_]+")
BELOW = re.compile(r"^\s*(?:<|≤|under|less|fewer|below|up to|until|younger|before|at most|bis|unter|weniger|moins)")
ABOVE = re.compile(r"^\s*(?:>|≥|over|more|above|older|at least|from|über|mehr|plus de|greater)|\+\s*\)?\s*(?:\w+)?$")
ENDS_BELOW = re.compile(r"\bor (?:less|fewer|younger|under|below|lower|earlier)\b|\boder weniger\b")
ENDS_ABOVE = re.compile(
    r"\bor (?:more|older|over|above|higher|later)\b|\boder mehr\b|\band (?:over|above|more|older)\b"
)
THOUSANDS = re.compile(r"(?<=\d)[,.' ](?=\d{3}\b)")
# Words that may stand beside the numbers of a range.
RANGE_WORDS = re.compile(
    r"a|an|and|or|to|than|less|more|fewer|under|over|below|above|up|at|least|most|from|until|between|"
    r"older|younger|years|year|yrs|months|month|weeks|week|days|day|hours|hour|minutes|minute|old|age|"
    r"aged|k|usd|eur|gbp|per|times|time|beds|patients|percent|bis|unter|über|oder|mehr|weniger|als|jahre|"
    r"jahr|von|und|lower|higher|later|earlier"
)
DEGREES = {
    "not at all": 0.0,
    "hardly": 0.5,
    "barely": 0.5,
    "slightly": 1.0,
    "little": 1.0,
    "a little": 1.0,
    "a bit": 1.0,
    "not very": 1.0,
    "not too": 1.0,
    "somewhat": 2.0,
    "rather": 2.0,
    "fairly": 2.0,
    "moderately": 2.0,
    "tend to": 2.0,
    "quite": 3.0,
    "mostly": 3.0,
    "very": 4.0,
    "strongly": 4.0,
    "highly": 4.0,
    "definitely": 4.0,
    "very much": 5.0,
    "extremely": 5.0,
    "completely": 5.0,
    "totally": 5.0,
    "fully": 5.0,
    "absolutely": 5.0,
}
MIDDLE = 1.5
DEGREE = re.compile(rf"({'|'.join(sorted(DEGREES, key=len, reverse=True))})\s+(.+)")
OPPOSITE = re.compile(r"^(?:un|dis|in|im)(?=\w{3})")
NEUTRAL = re.compile(r"neither\b.*|neutral\b.*|undecided|no opinion either way|teils[ ,/-]+teils")
# From least to most; spellings of one step joined by |, lists apart by an empty line.
LISTS = """
never|not at all < hardly ever|almost never|very rarely < rarely|seldom|once in a while < occasionally|sometimes
< about half the time|half the time < often|frequently < usually|most of the time|very often < almost
always|nearly always < always

never < less than once a year < once a year or less|once a year|yearly|annually < every six months|twice a year
< every three months|quarterly < once a month or less|once a month|monthly|every month or more often < a few
times per month|several times a month < once a week|weekly < a few times per week|several times a week < every
day|daily|once a day < several times a day

none|none at all|nothing|not at all < hardly any|very little|a little|not much < some|a moderate amount < a
lot|much|many|quite a bit < a great deal|very much|all

very poor|terrible < poor|bad < fair|average|acceptable < good < very good < excellent

very bad < bad < neither good nor bad|average < good < very good

very low < low < medium|moderate < high < very high

much worse < worse|somewhat worse < about the same|the same|no change|same < better|somewhat better < much
better

very small < small < medium|medium sized < large < very large

less than high school degree|less than high school|no high school < high school or less|high school degree|high
school|high school diploma < some college|some college or associate degree < associate degree < college|bachelor
degree|bachelor's degree|bachelors degree < graduate degree|master degree|master's degree < doctorate|doctoral
degree|phd

very unlikely < unlikely < neither likely nor unlikely < likely < very likely

once < twice < three times < four times < five times < more than five times|more than five times times < six
times

trifft gar nicht zu|stimme gar nicht zu|stimme überhaupt nicht zu < trifft eher nicht zu|stimme eher nicht zu <
teils teils|weder noch < trifft eher zu|stimme eher zu < trifft zu|trifft voll zu|stimme voll zu|stimme voll und
ganz zu

nie < selten < manchmal|gelegentlich < oft|häufig < sehr oft < immer
"""
STEPS = tuple(
    {name: step for step, names in enumerate(" ".join(text.split()).split(" < ")) for name in names.split("|")}
    for text in LISTS.split("\n\n")
)


def order_of(labels: Sequence[str]) -> list[float] | None:
    """The place of each label in an order that all of them have, no two alike; None where there is none.

    labels: of answers that count, one at least.
    """
    if len(labels) < 2:
        return None
    folded = [fold(label) for label in labels]
    for places in (_leading_numbers(folded), _ranges(folded), _degrees(folded), *(_listed(folded, s) for s in STEPS)):
        if places and None not in places and len(set(places)) == len(places):
            return [float(place) for place in places]
    return None


def _leading_numbers(labels: Sequence[str]) -> list[float | None]:
    """The points of a scale whose ends may be explained: `0 - not at all`, `1`, ..., `10 (all my time)`."""
    found = [re.fullmatch(r"(-?\d{1,2})(?:\s*[-–=:.)(].*)?", label) for label in labels]
    if not all(found) or sum(match[1] == label for match, label in zip(found, labels, strict=True)) * 2 < len(labels):
        return [None]
    return [float(match[1]) for match in found]


def _ranges(labels: Sequence[str]) -> list[float | None]:
    """Numbers and ranges of them: `18-29`, `> 60`, `less than $40k`, `10 or younger`, `5+`, `grade 2`.

    A word that is none of ranges must stand in all of them.
    """
    own = [{word for word in WORD.findall(label) if not RANGE_WORDS.fullmatch(word)} for label in labels]
    return [_range(label) for label in labels] if all(words == own[0] for words in own) else [None]


def _range(label: str) -> float | None:
    text = THOUSANDS.sub("", label)
    numbers = re.findall(r"\d+(?:[.,]\d+)?", text)
    if not numbers:
        return None
    low = float(numbers[0].replace(",", "."))
    if BELOW.search(text) or ENDS_BELOW.search(text):
        return low - 0.25
    if ABOVE.search(text) or ENDS_ABOVE.search(text):
        return low + 0.25
    return low


def _degrees(labels: Sequence[str]) -> list[float | None]:
    """Degrees of one word and of its opposite: very unimportant, ..., neither, ..., very important."""
    read: list[tuple[float, str]] = []
    for label in labels:
        label = re.sub(r"^(?:yes|no)[,:]?\s+", "", label)
        label = re.sub(r"^not (.+) at all$", r"not at all \1", label)
        match = DEGREE.fullmatch(label)
        if NEUTRAL.fullmatch(label):
            read.append((MIDDLE, ""))
        elif match:
            read.append((DEGREES[match[1]], match[2]))
        elif label.startswith("not "):
            read.append((0.0, label.removeprefix("not ")))
        else:
            read.append((3.0, label))
    cores = {core for _, core in read if core}
    # The opposite is told by the word itself being there, too: "important" is no opposite of a "portant".
    opposite = {core: word for core in cores if (word := OPPOSITE.sub("", core)) != core and word in cores}
    if len({opposite.get(core, core) for core in cores}) != 1:
        return [None]
    # Between two opposites the middle is 0; where there is one side only, it is between a little and the word itself.
    return [0.0 if opposite and not core else -degree if core in opposite else degree for degree, core in read]


def _listed(labels: Sequence[str], steps: dict[str, int]) -> list[float | None]:
    return [steps.get(label.replace("’", "'")) for label in labels]
