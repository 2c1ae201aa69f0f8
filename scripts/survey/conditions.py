"""Skip logic as data: the language of `asked_if`, parsed and never evaluated as code.

boost == yes
products has tisacel and not (icu in (never, rarely))
infusions >= 10 or answered(trial_site)

A check may also ask how many rows of a linked table belong to a record: icu == no and rows(units) > 0.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from survey.errors import BadInput

TOKEN = re.compile(r"\s*(?:(==|!=|<=|>=|<|>|\(|\)|,)|\"([^\"]*)\"|([^\s()<>=!,\"]+))")
ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
LONGEST = 300
WORDS = ("and", "or", "not", "in", "has", "answered")

NOT_ASKED = object()
UNCLEAR = object()
Answers = Mapping[str, object]
Node = Callable[[Answers], bool | None]


@dataclass(frozen=True)
class Condition:
    """A parsed condition.

    text: as written; uses: what it asks about, (item, operator, values) in order of appearance; node: its meaning.
    """

    text: str
    uses: tuple[tuple[str, str, tuple[str, ...]], ...]
    node: Node

    @property
    def items(self) -> list[str]:
        """The items it asks about, each once."""
        return list(dict.fromkeys(item for item, _, _ in self.uses))

    def evaluate(self, answers: Answers) -> bool | None:
        """True, False, or None where it hangs on an answer that is missing.

        answers: item to its clean answer: a code, a number, a set of ticked codes, NOT_ASKED (no comparison with it is
        true), None when it was left blank, or UNCLEAR when it was answered with what nobody can read or compare. Among
        ticked codes UNCLEAR stands for a tick that nobody can read.
        """
        return self.node(answers)


def parse(text: str) -> Condition:
    """The condition that a text states; raises BadInput with the place where it stops making sense."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str):
        self.text = text
        self.tokens: list[str] = []
        self.quoted: list[bool] = []
        self.uses: list[tuple[str, str, tuple[str, ...]]] = []
        self.at = 0
        place, end = 0, len(text.rstrip())
        while place < end:
            match = TOKEN.match(text, place)
            if not match:
                raise BadInput(f"condition {text!r}: cannot read {text[place:].strip()!r}")
            self.tokens.append(next(group for group in match.groups() if group is not None))
            self.quoted.append(match.group(2) is not None)
            place = match.end()
            if len(self.tokens) > LONGEST:
                raise BadInput(f"condition {text[:60]!r}...: {LONGEST} words and signs are allowed, it has more")

    def whole(self) -> Condition:
        node = self.any_of()
        if self.at < len(self.tokens):
            raise self.wrong("nothing more")
        return Condition(self.text, tuple(self.uses), node)

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) and not self.quoted[self.at] else None

    def take(self, *wanted: str) -> str | None:
        if self.peek() in wanted:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def expect(self, wanted: str) -> None:
        if not self.take(wanted):
            raise self.wrong(repr(wanted))

    def wrong(self, wanted: str) -> BadInput:
        found = repr(self.tokens[self.at]) if self.at < len(self.tokens) else "its end"
        return BadInput(f"condition {self.text!r}: expected {wanted}, found {found}")

    def value(self) -> str:
        if self.at >= len(self.tokens) or (
            not self.quoted[self.at] and re.fullmatch(r"[=!<>(),]+", self.tokens[self.at])
        ):
            raise self.wrong("a value")
        self.at += 1
        return self.tokens[self.at - 1]

    def item(self) -> str:
        token = self.peek()
        if token is None or not re.fullmatch(r"[a-z][a-z0-9_]*", token) or token in WORDS:
            raise self.wrong("an item")
        self.at += 1
        return token

    def any_of(self) -> Node:
        nodes = [self.all_of()]
        while self.take("or"):
            nodes.append(self.all_of())
        return nodes[0] if len(nodes) == 1 else lambda answers: _either([node(answers) for node in nodes])

    def all_of(self) -> Node:
        nodes = [self.single()]
        while self.take("and"):
            nodes.append(self.single())
        return (
            nodes[0]
            if len(nodes) == 1
            else lambda answers: _negate(_either([_negate(node(answers)) for node in nodes]))
        )

    def single(self) -> Node:
        if self.take("not"):
            node = self.single()
            return lambda answers: _negate(node(answers))
        if self.take("("):
            node = self.any_of()
            self.expect(")")
            return node
        if self.take("answered"):
            self.expect("(")
            item = self.item()
            self.expect(")")
            self.uses.append((item, "answered", ()))
            return lambda answers: answers.get(item) not in (None, NOT_ASKED)
        return self.comparison()

    def comparison(self) -> Node:
        item = self.item()
        if item == "rows" and self.take("("):
            item = f"rows({self.item()})"
            self.expect(")")
        operator = self.take("==", "!=", "in", "has", *ORDER)
        if operator is None:
            raise self.wrong("==, !=, <, <=, >, >=, in or has")
        if operator == "in":
            self.expect("(")
            values = [self.value()]
            while self.take(","):
                values.append(self.value())
            self.expect(")")
            self.uses.append((item, operator, tuple(values)))
            return _known(item, lambda answer: any(_same(answer, value) for value in values))
        value = self.value()
        self.uses.append((item, operator, (value,)))
        if operator == "has":
            return _known(item, lambda answer: True if value in answer else None if UNCLEAR in answer else False)
        if operator in ORDER:
            bound = as_number(value)
            if bound is None:
                raise BadInput(f"condition {self.text!r}: {operator} needs a number, not {value!r}")
            return _known(item, lambda answer: ORDER[operator](float(answer), bound))
        return _known(item, lambda answer: _same(answer, value) == (operator == "=="))


def as_number(value: str) -> float | None:
    """The number that a value of a condition states, None where it states none."""
    try:
        return float(value)
    except ValueError:
        return None


def _same(answer: object, value: str) -> bool:
    return answer == as_number(value) if isinstance(answer, int | float) else answer == value


def _known(item: str, test: Callable[[object], bool | None]) -> Node:
    def truth(answers: Answers) -> bool | None:
        answer = answers.get(item)
        return None if answer is None or answer is UNCLEAR else answer is not NOT_ASKED and test(answer)

    return truth


def _negate(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _either(truths: list[bool | None]) -> bool | None:
    if any(truths):
        return True
    return None if None in truths else False
