"""An item as it is drafted, and what was unsure about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from survey.drafting.contents import Content, fold
from survey.drafting.scales import order_of
from survey.drafting.words import kind_of, slug, unique
from survey.text import tidy

SHOWN = 6  # values shown as evidence


@dataclass(frozen=True)
class Doubt:
    """A decision that a person should look at.

    weight: how much hangs on it, 0 to 100; what: was decided; evidence: what was seen; change: what to do if it is
    wrong; file: codebook.csv, options.csv, recodes.csv or study.yaml; key: of study.yaml, the code of an option, or the
    id of a rule.
    """

    weight: int
    what: str
    evidence: str
    change: str
    file: str = "codebook.csv"
    key: str = ""


@dataclass(frozen=True)
class Rule:
    """A row of recodes.csv, as it has its columns; about no single record."""

    id: str
    item: str
    match: str
    value: str
    becomes: str
    reason: str


@dataclass
class Answer:
    """An option as drafted: n records chose it."""

    label: str
    code: str = ""
    aliases: tuple[str, ...] = ()
    kind: str = "substantive"
    n: int = 0


@dataclass
class Item:
    """A row of the codebook as drafted.

    places: its columns; block, stem and part: of a row of a matrix, the block that it is of, what all rows ask, and
    what this one does; separator: what joins several answers in one cell, "" where each has a column.
    """

    type: str
    role: str
    question: str
    source: str
    places: tuple[int, ...]
    name: str = ""
    label: str = ""
    domain: str = ""
    block: str = ""
    stem: str = ""
    part: str = ""
    unit: str = ""
    minimum: str = ""
    maximum: str = ""
    asked_if: str = ""
    note: str = ""
    separator: str = ""
    answers: list[Answer] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    @property
    def is_reported(self) -> bool:
        """Whether statistics are made of it."""
        return self.role in ("outcome", "group") and self.type in ("single", "ordinal", "multiple", "rank", "numeric")

    def doubt(self, weight: int, what: str, evidence: str, change: str, file: str = "codebook.csv") -> None:
        """Note a decision about this item."""
        self.doubts.append(Doubt(weight, what, evidence, change, file))

    def add_note(self, text: str) -> None:
        """A sentence for the column `note`."""
        self.note = f"{self.note}; {text}" if self.note else text


def seen(counts: Mapping[str, int], many: int = SHOWN) -> str:
    """Values with their counts: `Yes` 12, `No` 3 and 4 more."""
    shown = ", ".join(f"`{_inline(text)}` {n}" for text, n in list(counts.items())[:many])
    return shown + (f" and {len(counts) - many} more" if len(counts) > many else "")


def _inline(text: str) -> str:
    text = tidy(text).replace("`", "'").replace("|", "¦")
    return text if len(text) <= 60 else text[:59] + "…"


def labelled_answers(labels: Mapping[str, int]) -> list[Answer]:
    """Answers by label, in their order: as everybody knows it, else by number; other and no answer last."""
    answers = [Answer(label, kind=kind_of(label), n=n) for label, n in labels.items()]
    return sort_answers(answers)


def coded_answers(
    options: Mapping[str, str], counts: Mapping[str, int], missing: Iterable[str] = ()
) -> tuple[list[Answer], list[str]]:
    """Answers of a column that holds codes, from a list of code to label, in its order; and codes that it lacks.

    counts: folded text to records; missing: codes that stand for no answer. Codes and labels may stand in the cells.
    """
    missing = set(missing)
    known: set[str] = set()
    answers = []
    for code, label in options.items():
        kind = kind_of(label)
        kind = "refused" if kind in ("substantive", "other") and code in missing else kind
        known |= {fold(code), fold(label)}
        n = counts.get(fold(code), 0) + (counts.get(fold(label), 0) if fold(label) != fold(code) else 0)
        answers.append(Answer(tidy(label) or code, code, (code,), kind, n))
    return answers, [text for text in counts if text not in known]


def sort_answers(answers: Sequence[Answer]) -> list[Answer]:
    """Answers in the order that their labels have, else the most frequent first; other and no answer last."""
    counted = [answer for answer in answers if answer.kind == "substantive"]
    apart = [answer for answer in answers if answer.kind != "substantive"]
    counted = _in_order(counted)
    last = ("other", "dont_know", "not_applicable", "refused")
    return counted + sorted(apart, key=lambda answer: (last.index(answer.kind), -answer.n, answer.label))


def _in_order(answers: list[Answer]) -> list[Answer]:
    """Answers in their order; where one of four or more has no place in it, that one last."""
    left_out: list[Answer | None] = [None, *(answers if len(answers) > 3 else [])]
    for left in left_out:
        rest = [answer for answer in answers if answer is not left]
        places = order_of([answer.label for answer in rest])
        if places:
            ordered = [answer for _, answer in sorted(zip(places, rest, strict=True), key=lambda pair: pair[0])]
            return ordered + ([left] if left else [])
    return answers


def is_ordered(answers: Sequence[Answer]) -> bool:
    """Whether the answers that count have an order, and are more than two."""
    labels = [answer.label for answer in answers if answer.kind == "substantive"]
    return len(labels) > 2 and not any(a.kind == "other" for a in answers) and order_of(labels) is not None


def give_codes(answers: Sequence[Answer]) -> None:
    """A code for every answer: its own where it is one, else its label as a name; no text stands for two of them.

    An alias is left out where it says no more than code and label; a label that another answer has is told apart by its
    code.
    """
    texts: set[str] = set()
    for answer in answers:
        own = answer.code or answer.label
        if answer.label.casefold() in texts:
            answer.label = unique_label(f"{answer.label} ({answer.code or 'again'})", texts)
        texts.add(answer.label.casefold())
        answer.code = own
    taken = set(texts)
    for answer in answers:
        own = answer.code
        minus = "minus_" if own.startswith("-") and own[1:2].isdigit() else ""
        code = (minus + slug(own)) or "option"
        if code not in {answer.label.casefold()}:
            code = unique(code, taken)
        taken.add(code)
        answer.code = code
    for answer in answers:
        mine = {answer.code, answer.label.casefold()}
        aliases = []
        for alias in answer.aliases:
            text = alias.strip()
            if text and "|" not in text and (exactly := text.casefold()) not in mine and exactly not in taken:
                aliases.append(text)
                taken.add(exactly)
                mine.add(exactly)
        # The ledger's replay reads headers letter by letter: a code in capitals is an alias, too.
        aliases += [a for a in answer.aliases if a.casefold() == answer.code and a not in (answer.code, answer.label)]
        answer.aliases = tuple(dict.fromkeys(aliases))


def unique_label(label: str, texts: set[str]) -> str:
    """The label, with a number where another answer is called so."""
    number, found = 2, label
    while found.casefold() in texts:
        found = f"{label} {number}"
        number += 1
    return found


def texts_of(content: Content, folded: Iterable[str]) -> dict[str, int]:
    """Labels with their records, of some of a column's texts."""
    return {content.spellings[text]: content.folded[text] for text in folded}
