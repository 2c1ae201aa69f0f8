"""How columns hang together: who was asked a question, and which columns were computed from others."""

from collections.abc import Sequence

from survey.drafting.contents import Content, fold
from survey.drafting.items import Item
from survey.drafting.joined import find_joined

LEAST = 10  # records that a condition must keep from a question
ANSWERED = 0.8  # of those asked who must have answered
GATES = 10  # options of a question that decides
ALIKE = 0.99  # of the records for which a formula must hold
MOST_NUMBERS = 40  # numeric columns compared with one another


def find_conditions(items: Sequence[Item], contents: Sequence[Content], sample: Sequence[Sequence[str]]) -> None:
    """Write `asked_if` where the blanks of a question are told by one answer above it.

    Only where every record that answered meets the condition, so that no answer is lost, where at least ten do not meet
    it, and where four fifths of those who do have answered. Needs the cells of all records.
    """
    if not sample or len(sample) < contents[0].records:
        return
    filled = {
        content.place: [bool(line[content.place]) for line in sample] for content in contents if content.filled > 0
    }
    gates: list[tuple[Item, dict[str, set[int]]]] = []
    for item in items:
        if item.role in ("ignore", "identifier", "weight") or not item.places:
            continue
        own = [filled[place] for place in item.places if place in filled]
        answered = {row for row, marks in enumerate(zip(*own, strict=True)) if any(marks)} if own else set()
        unanswered = len(sample) - len(answered)
        if answered and unanswered >= LEAST and not item.asked_if:
            _condition(item, answered, gates)
        if item.type in ("single", "ordinal") and item.is_reported and 1 < len(item.answers) <= GATES:
            gates.append((item, _by_code(item, sample)))


def _by_code(item: Item, sample: Sequence[Sequence[str]]) -> dict[str, set[int]]:
    """The records of each option, by code."""
    codes = {
        fold(text): answer.code for answer in item.answers for text in (*answer.aliases, answer.label, answer.code)
    }
    found: dict[str, set[int]] = {answer.code: set() for answer in item.answers}
    place = item.places[0]
    for row, line in enumerate(sample):
        code = codes.get(fold(line[place])) if line[place] else None
        if code:
            found[code].add(row)
    return found


def _condition(item: Item, answered: set[int], gates: Sequence[tuple[Item, dict[str, set[int]]]]) -> None:
    best: tuple[int, int, Item, list[str]] | None = None
    for number, (gate, rows) in enumerate(gates):
        known = set().union(*rows.values())
        passing = [code for code, own in rows.items() if own & answered]
        asked = set().union(*(rows[code] for code in passing)) if passing else set()
        kept_out = len(known - asked)
        if not answered <= known or kept_out < LEAST or len(answered) < ANSWERED * len(asked):
            continue
        if best is None or (kept_out, number) > best[:2]:
            best = (kept_out, number, gate, passing)
    if not best:
        return
    kept_out, _, gate, codes = best
    item.asked_if = f"{gate.name} == {codes[0]}" if len(codes) == 1 else f"{gate.name} in ({', '.join(codes)})"
    item.doubt(
        46,
        f"asked_if told from the blanks: {item.asked_if}",
        f"none of the {kept_out} records that do not meet it has an answer, {len(answered)} that do have one",
        "empty asked_if if everybody was asked",
    )


def find_derived(items: Sequence[Item], contents: Sequence[Content], sample: Sequence[Sequence[str]]) -> dict[str, str]:
    """Items computed from others, as a note and a doubt: ratios, sums, coarser groups, and options of a joined answer.

    Returns, per item that is a coarser grouping of another, that other's name.
    """
    lines = sample[:5000]
    _find_formulas(items, lines)
    _find_mentions(items, contents, lines)
    return _find_coarser(items, lines)


def _derived(item: Item, how: str, evidence: str) -> None:
    item.add_note(f"derived: {how}")
    item.doubt(
        32,
        f"computed from other columns: {how}",
        evidence,
        "set role to ignore if it is to be computed anew, or not reported",
    )


def _numbers(item: Item, lines: Sequence[Sequence[str]]) -> list[float | None]:
    found: list[float | None] = []
    for line in lines:
        try:
            found.append(float(line[item.places[0]].strip().replace(",", ".")))
        except ValueError:
            found.append(None)
    return found


def _find_formulas(items: Sequence[Item], lines: Sequence[Sequence[str]]) -> None:
    """Ratios a / b (times 100), sums and differences of two numbers, that hold to rounding."""
    numeric = [item for item in items if item.type == "numeric" and item.role == "outcome"][:MOST_NUMBERS]
    values = {item.name: _numbers(item, lines) for item in numeric}
    formulas = {
        "100 {a} / {b}": lambda a, b: 100 * a / b if b else None,
        "{a} / {b}": lambda a, b: a / b if b else None,
        "{a} + {b}": lambda a, b: a + b,
        "{a} - {b}": lambda a, b: a - b,
        "{a} * {b}": lambda a, b: a * b,
    }
    for item in numeric:
        own = values[item.name]
        fractions = any(value is not None and not value.is_integer() for value in own)
        before = [other for other in numeric if other.places < item.places]  # computed columns come after
        if len({value for value in own if value is not None}) < 5:
            continue
        for words, compute in formulas.items():
            if ("/" in words) != fractions:
                continue
            found = next(
                (
                    (a, b, n)
                    for a in before
                    for b in before
                    if a is not b and (n := _holds(own, values[a.name], values[b.name], compute))
                ),
                None,
            )
            if found:
                a, b, n = found
                _derived(item, words.format(a=a.name, b=b.name), f"holds in {n} records, to rounding")
                break


def _holds(own: Sequence[float | None], first: Sequence[float | None], second: Sequence[float | None], compute) -> int:
    """In how many records a formula holds; 0 where it holds in too few, or is tried on fewer than ten."""
    tried = right = wrong = 0
    for value, a, b in zip(own, first, second, strict=True):
        if value is None or a is None or b is None:
            continue
        result = compute(a, b)
        if result is None:
            continue
        tried += 1
        right += abs(result - value) <= 1e-6 * max(1.0, abs(value)) or (
            not value.is_integer() and abs(result - value) <= 0.005
        )
        wrong = tried - right
        if wrong > 20 and wrong > 0.2 * tried:
            return 0
    return right if tried >= LEAST and right >= ALIKE * tried else 0


def _find_coarser(items: Sequence[Item], lines: Sequence[Sequence[str]]) -> dict[str, str]:
    """Choices of which each answer belongs to one answer of a coarser choice."""
    choices = [item for item in items if item.type in ("single", "ordinal") and item.is_reported and item.answers]
    choices = [item for item in choices if len(item.answers) > 1][:200]
    cells = {item.name: [fold(line[item.places[0]]) for line in lines] for item in choices}
    distinct = {item.name: len(set(cells[item.name]) - {""}) for item in choices}
    found = {}
    for coarse in choices:
        for fine in choices:
            if (
                not 1 < distinct[coarse.name] < distinct[fine.name]
                or distinct[fine.name] < 3
                or fine.block != coarse.block
            ):
                continue
            if not _is_function(cells[fine.name][:100], cells[coarse.name][:100]):
                continue
            pairs = set(zip(cells[fine.name], cells[coarse.name], strict=True))
            levels = dict(pairs)
            several = len(set(levels.values())) == distinct[coarse.name]
            if len(levels) == len(pairs) and "" not in levels and several and len(lines) >= 3 * distinct[fine.name]:
                found[coarse.name] = fine.name
                _derived(
                    coarse, f"coarser groups of {fine.name}", f"{distinct[coarse.name]} of its {distinct[fine.name]}"
                )
                break
    return found


def _is_function(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether each text of the first always stands beside the same text of the second."""
    pairs = set(zip(first, second, strict=True))
    return len(dict(pairs)) == len(pairs)


def _find_mentions(items: Sequence[Item], contents: Sequence[Content], lines: Sequence[Sequence[str]]) -> None:
    """Yes-or-no columns that say whether an option stands in a cell of joined answers."""
    flags = [item for item in items if item.type == "single" and len(item.answers) == 2 and item.is_reported]
    flags = [item for item in flags if {fold(answer.label) for answer in item.answers} <= YES | NO]
    for item in items:
        if not item.separator or item.type != "multiple":
            continue
        cells = [fold(line[item.places[0]]) for line in lines]
        own = contents[item.places[0]]
        names = find_joined(own, "") or find_joined(own, "google_forms")
        labels = [fold(label) for label in names.answers] if names else [fold(a.label) for a in item.answers]
        written = [row for row, cell in enumerate(cells) if cell]
        for flag in flags:
            marked = {row for row in written if fold(lines[row][flag.places[0]]) in YES}
            if len(marked) < LEAST / 2 or len(marked) > 0.9 * len(written):
                continue
            for label in labels:
                named = {row for row in written if label in cells[row]}
                if len(named) >= LEAST / 2 and len(named & marked) >= max(0.95 * len(named), 0.6 * len(marked)):
                    _derived(flag, f"whether {item.name} names it", f"{len(named & marked)} of {len(marked)} do")
                    break


YES = frozenset(["true", "yes", "1", "y"])
NO = frozenset(["false", "no", "0", "n"])
