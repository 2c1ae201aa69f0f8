"""Every count that the tables of a survey publish, as a system that adds up; and those that are withheld."""

from collections.abc import Iterator, Mapping, Sequence

from survey.answers import KINDS
from survey.conditions import NOT_ASKED
from survey.description import Counted
from survey.disclosure import System, Unprotectable, withheld
from survey.errors import BadInput
from survey.study import Item, Study
from survey.withheld import Cell

ANSWERED = ("dont_know", "not_applicable", "refused")  # missing, and yet an answer; a blank tells nothing
REST = "rest of"  # of a grouping: those without a level, and those of withheld levels
# What it costs to withhold a cell: without its base an item has no percents at all, and a level none of an item.
BASE, OPTION, TOGETHER, MISSING = 200.0, 12.0, 6.0, 2.0
LEVEL_BASE, LEVEL_OPTION, LEVEL_ASKED = 8.0, 1.0, 0.3


def withheld_cells(
    study: Study,
    counted: Sequence[Counted],
    strata: Mapping[str, Mapping[str, int]],
    frame: Mapping[str, Mapping[str, int]],
) -> list[Cell]:
    """The cells that the study withholds, sorted.

    counted: all reported items, by every grouping; strata: stratum of the frame to its levels with the number analysed;
    frame: the same with the number in the frame.
    Raises BadInput where there are too few records to hide anybody, or a cell that nothing hides.
    """
    minimum = study.minimum_cell
    records = int(counted[0].tallies[0].total.sum())
    if records < minimum:
        raise BadInput(
            f"{study.folder / 'study.yaml'} disclosure.minimum_cell: {minimum}, but {records} records are analysed; "
            "nothing can be published of so few"
        )
    by_item = {one.item.name: one for one in counted}
    levels = {name: _withheld_levels(by_item[name], minimum) for name in study.groups}
    cells = [Cell("", name, level, "", "level") for name, found in levels.items() for level in found]
    builder = _Builder(study, by_item, {name: set(found) for name, found in levels.items()}, frame)
    try:
        cells += withheld(builder.build(strata))
    except Unprotectable as error:
        item, group, level, option, _ = error.cell
        where = " ".join(part for part in (option and f"option {option!r}", group and f"at {group} {level!r}") if part)
        raise BadInput(
            f"{study.folder / 'codebook.csv'}: the few answers to {item!r} {where} cannot be hidden; join options or "
            "levels, or lower disclosure.minimum_cell"
        ) from None
    return sorted(cells)


def _withheld_levels(one: Counted, minimum: int) -> list[str]:
    """Levels of a grouping item of which nothing is published: the small ones, and the next smallest to hide them.

    Also hidden are small numbers who gave no level, though they said something ("do not know").
    """
    counts, _ = _columns(one, {}, "")
    sizes = {option.code: n for option, n in zip(one.item.options, counts["chosen"], strict=True)}
    levels = {option.code: sizes[option.code] for option in one.item.options if option.counts}
    hidden = {code: n for code, n in sizes.items() if 0 < n < minimum}
    others = [(n, code) for code, n in levels.items() if n >= minimum]
    blank = sum(counts[kind] for kind in KINDS if kind not in ANSWERED)
    while hidden and sum(hidden.values()) + blank - min(hidden.values()) < minimum and others:
        n, code = min(others)
        others.remove((n, code))
        hidden[code] = n
    return [code for code in levels if code in hidden]


def _columns(one: Counted, by_group: Mapping[str, int], group: str) -> tuple[dict[str, object], int]:
    """The counts of an item among all, or at a level of a group (by_group: its place)."""
    if group:
        counts = [part.by_group[group][by_group[group]] for part in one.tallies]
    else:
        counts = [part.total for part in one.tallies]
    own, why = one.base(counts, None), one.tallies[0].column.why
    found: dict[str, object] = {"valid": own.valid, "asked": own.asked, "not_asked": own.not_asked}
    found |= {kind: int(counts[0][why == 1 + place].sum()) for place, kind in enumerate(KINDS)}
    found["chosen"] = one.chosen(counts) if one.is_choice else []
    found["ranked"] = [int(given.sum()) for _, given in one.numbers(counts)] if one.item.type == "rank" else []
    return found, own.asked + own.not_asked


class _Builder:
    """Puts the cells of a study and their sums into a system."""

    def __init__(
        self,
        study: Study,
        items: Mapping[str, Counted],
        hidden_levels: Mapping[str, set[str]],
        frame: Mapping[str, Mapping[str, int]],
    ):
        self.study, self.items, self.hidden_levels, self.frame = study, items, hidden_levels, frame
        self.minimum = study.minimum_cell
        self.system = System()
        self.has_frame = study.inference["target"] == "finite_population"
        self.groups = {
            name: [option.code for option in items[name].item.options if option.counts] for name in study.groups
        }

    def build(self, strata: Mapping[str, Mapping[str, int]]) -> System:
        """The whole system."""
        for one in self.items.values():
            self._item(one)
        for one in self.items.values():
            self._skips(one.item)
        self._transposed()
        for item, codes in published_sums(self.study):
            if len(codes) > 1:
                self._together(item, codes)
        for name, levels in strata.items():
            self._stratum(name, levels)
        return self.system

    def _item(self, one: Counted) -> None:
        item = one.item
        whole, records = _columns(one, {}, "")
        self._block(item, "", "", whole, records)
        for group, levels in self.groups.items():
            if group == item.name:
                continue
            shown = [level for level in levels if level not in self.hidden_levels[group]]
            rest, left = dict(whole), records
            for level in shown:
                found, there = _columns(one, {group: levels.index(level)}, group)
                self._block(item, group, level, found, there)
                rest = {
                    key: [a - b for a, b in zip(rest[key], part, strict=True)]
                    if isinstance(part, list)
                    else rest[key] - part
                    for key, part in found.items()
                }
                left -= there
            self._block(item, group, REST, rest, left)
            for cell in [cell for cell in self._names(item) if Cell(item.name, "", "", *cell) in self.system.value]:
                parts = [Cell(item.name, group, level, *cell) for level in (*shown, REST)]
                if all(part in self.system.value for part in parts):
                    self.system.total(Cell(item.name, "", "", *cell), parts)
        if item.type != "rank" and item.type != "numeric" and item.role != "group":
            self._top(item, whole["chosen"])

    def _names(self, item: Item) -> list[tuple[str, str]]:
        """Option and count of the cells that an item has in every column."""
        options = [(option.code, "n") for option in item.options] if item.type != "numeric" else []
        ranked = [(option.code, "ranked") for option in item.options] if item.type == "rank" else []
        return [*options, *ranked, ("", "valid"), ("", "asked"), ("", "not_asked")]

    def _block(self, item: Item, group: str, level: str, found: Mapping[str, object], records: int) -> None:
        """The cells of an item among some of the records, and how they add up."""
        system, minimum = self.system, self.minimum
        seen, whole = level != REST, group == ""
        few = 0 < records < minimum  # so few that they are known to be few: those without a level

        def add(option: str, count: str, value: int, price: float, guarded: bool = True) -> Cell:
            cell = system.add(Cell(item.name, group, level, option, count), value, price if seen else 0)
            # Of a level of which the frame has few, there cannot be more among the respondents.
            if guarded and (few or self.frame.get(item.name, {}).get(option, minimum) < minimum):
                system.blur(cell)
            elif guarded:
                system.protect(cell, minimum)
            return cell

        valid = add("", "valid", found["valid"], BASE if whole else LEVEL_BASE, not few)
        missing_n = found["asked"] - found["valid"]
        missing = add("", "missing", missing_n, MISSING if whole else 0, False)
        if item.asked_if:
            # At a level the number asked is not printed, but intervals for a finite population follow from it.
            price = MISSING if whole else LEVEL_ASKED if self.has_frame else 0
            asked = add("", "asked", found["asked"], price, False)
            not_asked = add("", "not_asked", found["not_asked"], MISSING if whole else 0, not few)
            system.total(asked, [valid, missing])
            everybody = self._constant(records)
            system.total(everybody, [asked, not_asked])
        else:
            system.total(self._constant(records), [valid, missing])
        kinds = {}
        if whole:
            for kind in KINDS[1:]:
                kinds[kind] = add("", kind, found[kind], MISSING, kind in ANSWERED)
            system.total(missing, kinds.values())
        if item.type == "numeric":
            return
        is_fixed = whole and item.name in self.groups
        chosen = []
        for option, n in zip(item.options, found["chosen"], strict=True):
            cell = add(option.code, "n", n, OPTION if whole else LEVEL_OPTION)
            chosen.append(cell)
            if is_fixed and option.counts and option.code not in self.hidden_levels[item.name]:
                system.fixed.add(cell)
        counting = [cell for option, cell in zip(item.options, chosen, strict=True) if option.counts]
        apart = [cell for option, cell in zip(item.options, chosen, strict=True) if not option.counts]
        if item.type in ("single", "ordinal"):
            system.total(valid, counting)
            if whole:
                for kind in ANSWERED:
                    own = [cell for cell in apart if item.option(cell.option).kind == kind]
                    if own:
                        system.at_least(kinds[kind], own)
            else:
                system.at_least(missing, apart)
        elif item.type == "multiple":
            for cell in counting:
                if system.value[cell] <= system.value[valid]:
                    other = add(cell.option, "not chosen", system.value[valid] - system.value[cell], 0)
                    system.total(valid, [cell, other])
            for cell in apart:
                system.at_least(missing, [cell])
        else:
            system.at_least(valid, counting)
            for option, n, first in zip(item.options, found["ranked"], chosen, strict=True):
                ranked = add(option.code, "ranked", n, OPTION if whole else LEVEL_OPTION)
                later = add(option.code, "ranked later", n - system.value[first], 0)
                system.total(ranked, [first, later])
                system.total(valid, [ranked, add(option.code, "not ranked", system.value[valid] - n, 0)])

    def _constant(self, n: int) -> Cell:
        """A number that everybody knows."""
        cell = self.system.add(Cell("", "", "", str(n), "known"), n, 1)
        self.system.fixed.add(cell)
        return cell

    def _top(self, item: Item, chosen: Sequence[int]) -> None:
        """No option was chosen by more than the most frequent one, which is named."""
        cells = [Cell(item.name, "", "", option.code, "n") for option in item.options if option.counts]
        most = max(cells, key=lambda cell: self.system.value[cell], default=None)
        for cell in cells:
            if cell is not most:
                self.system.at_least(most, [cell])

    def _skips(self, item: Item) -> None:
        """Who answers so that a question is not put to them was not asked it; so that it is, was."""
        if not item.asked_if:
            return
        for name in item.asked_if.items:
            if name not in self.items:
                continue
            parent = self.items[name].item
            asked, not_asked = self._answers_that_decide(item, parent)
            for group, level in self._places(item, parent):
                for whole, parts in (("asked", asked), ("not_asked", not_asked)):
                    named = [Cell(parent.name, group, level, *part) for part in parts]
                    named = [cell for cell in named if cell in self.system.value]
                    if parent.type in ("multiple", "rank"):  # of which several hold of one respondent
                        for cell in named:
                            self.system.at_least(Cell(item.name, group, level, "", whole), [cell])
                    elif named:
                        self.system.at_least(Cell(item.name, group, level, "", whole), named)

    def _answers_that_decide(self, item: Item, parent: Item) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Answers to an earlier question after which this one is asked, and after which it is not, whatever else."""
        outcomes: dict[bool | None, list[tuple[str, str]]] = {True: [], False: [], None: []}
        outcomes[item.asked_if.evaluate({parent.name: NOT_ASKED})].append(("", "not_asked"))
        if parent.type in ("single", "ordinal"):
            for option in parent.options:
                outcomes[item.asked_if.evaluate({parent.name: option.code})].append((option.code, "n"))
        elif parent.type == "multiple":
            codes = frozenset(option.code for option in parent.options)
            for option in (option for option in parent.options if option.counts):
                if item.asked_if.evaluate({parent.name: frozenset([option.code])}) is True:
                    outcomes[True].append((option.code, "n"))
                if item.asked_if.evaluate({parent.name: codes - {option.code}}) is False:
                    outcomes[False].append((option.code, "not chosen"))
        return outcomes[True], outcomes[False]

    def _places(self, item: Item, parent: Item) -> list[tuple[str, str]]:
        """All, and the levels of which both items have cells."""
        found = [("", "")]
        for group, levels in self.groups.items():
            shown = [level for level in levels if level not in self.hidden_levels[group]]
            found += [(group, level) for level in (*shown, REST) if group not in (item.name, parent.name)]
        return found

    def _transposed(self) -> None:
        """One grouping by another is published twice, once each way."""
        names = list(self.groups)
        for place, first in enumerate(names):
            for second in names[place + 1 :]:
                for a in self.groups[first]:
                    for b in self.groups[second]:
                        pair = [Cell(first, second, b, a, "n"), Cell(second, first, a, b, "n")]
                        if all(cell in self.system.value for cell in pair):
                            self.system.total(pair[0], pair[1:])

    def _together(self, item: Item, codes: Sequence[str]) -> None:
        """A share of several answers together."""
        system = self.system
        parts = [Cell(item.name, "", "", code, "n") for code in codes]
        n = sum(system.value[part] for part in parts)
        cell = system.add(Cell(item.name, "", "", "|".join(codes), "n"), n, TOGETHER)
        system.protect(cell, self.minimum)
        system.total(cell, parts)
        valid = Cell(item.name, "", "", "", "valid")
        others = system.add(Cell(item.name, "", "", "|".join(codes), "not chosen"), max(0, system.value[valid] - n))
        system.protect(others, self.minimum)
        if all(item.option(code).counts for code in codes):
            system.total(valid, [cell, others])

    def _stratum(self, name: str, levels: Mapping[str, int]) -> None:
        """Those analysed at each level of a stratum, who may be known from a question of the same name, too."""
        system = self.system
        cells = []
        for level, n in levels.items():
            cell = system.add(Cell("", name, level, "", "stratum"), n, OPTION)
            invited = self.frame[name].get(level, 0)
            if invited < self.minimum:
                system.blur(cell)
            else:
                system.protect(cell, self.minimum)
            system.at_least(self._constant(invited), [cell])
            cells.append(cell)
            same = Cell(name, "", "", level, "n")
            if same in system.value:
                # Where a respondent answers otherwise than the frame says they differ; by how much may be known.
                apart = self._constant(abs(n - system.value[same]))
                pair = (cell, same) if n >= system.value[same] else (same, cell)
                system.total(pair[0], [pair[1], apart])
        system.total(self._constant(sum(levels.values())), cells)


def published_sums(study: Study) -> list[tuple[Item, tuple[str, ...]]]:
    """Single-choice items and two options or more that are published together, each once."""
    found = [(item, codes) for item, _, codes in _together(study) if item.type in ("single", "ordinal")]
    return list({(item.name, codes): (item, codes) for item, codes in found}.values())


def published_joints(study: Study, item: Item) -> list[tuple[str, tuple[str, ...]]]:
    """Two ticks or more of a multiple-choice item of which any, or all, are published together, each once."""
    return list(dict.fromkeys((how, codes) for other, how, codes in _together(study) if other is item))


def _together(study: Study) -> Iterator[tuple[Item, str, tuple[str, ...]]]:
    """Item, any or all, and the options of every share of several answers: of figures, claims and comparators."""
    from survey.claims import Term, parse_predicate, parse_term
    from survey.comparators import figures_named
    from survey.shares import codes_of

    for figure in study.figures:
        if figure["kind"] == "steps":
            for panel in figure["panels"]:
                for row in panel["rows"]:
                    for cell in row["cells"].values():
                        yield study.item(cell["item"]), "any", tuple(codes_of(study, cell))
        for curve in figure.get("curves", ()):
            for day in sorted(set(curve.get("at", {}).values())):
                codes = (code for code, at in curve["at"].items() if at <= day)
                yield study.item(curve["item"]), "any", tuple(codes)
    terms = [parse_term(figure, study) for figure in figures_named(study)]
    for claim in study.claims:
        predicate = parse_predicate(claim["predicate"], study)
        terms += [side for side in (predicate.left, predicate.right) if isinstance(side, Term)]
    for term in terms:
        if term.is_share and not term.group and len(term.arguments) > 2:
            how = "all" if term.function.endswith("_all") else "any"
            yield study.item(term.arguments[0]), how, term.arguments[1:]
