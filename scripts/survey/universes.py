"""Other reasonable choices: the axes of a sensitivity analysis, and the study that a combination of choices makes.

A universe is one choice on every axis. The first universe is the study as it is.
Source: Steegen S, Tuerlinckx F, Gelman A, Vanpaemel W, Increasing transparency through a multiverse analysis, Perspect
Psychol Sci 2016;11:702-712.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from survey.errors import BadInput, nearest

if TYPE_CHECKING:
    from survey.study import Item, Study

MOST_UNIVERSES = 2000
Universe = dict[str, str]
Rule = dict[str, Any]


@dataclass(frozen=True)
class Axis:
    """A decision that could have been taken otherwise.

    title: in words; own: the study's own choice, "" where the study has nothing to decide; needs: what it lacks then;
    made: the study with another choice.
    """

    title: str
    own: "Callable[[Study], str]"
    needs: str
    made: "Callable[[Study, str], Study]"


def _with(study: "Study", **settings: Any) -> "Study":
    return replace(study, settings=study.settings | settings)


def _is_partial(rule: Rule) -> bool:
    return rule.get("disposition") == "partial"


def _is_late(rule: Rule) -> bool:
    return rule["id"] == "outside_window"


def _counted_or_not(applies: Callable[[Rule], bool]) -> "dict[str, Callable]":
    """The axis of a rule of selection: it excludes records, or is left out."""

    def own(study: "Study") -> str:
        return "excluded" if any(map(applies, study.selection)) else ""

    def made(study: "Study", choice: str) -> "Study":
        kept = [rule for rule in study.selection if choice == "excluded" or not applies(rule)]
        return _with(study, selection=kept)

    return {"own": own, "made": made}


def _own_duplicate(study: "Study") -> str:
    return next((rule["keep"] for rule in study.selection if "keep" in rule), "")


def _made_duplicate(study: "Study", choice: str) -> "Study":
    return _with(study, selection=[rule | {"keep": choice} if "keep" in rule else rule for rule in study.selection])


def _hasty(study: "Study") -> list[dict[str, Any]]:
    """The flags for records that were answered too fast."""
    return [flag for flag in study.flags if "same_answer" not in flag]


def _excludes_hasty(study: "Study", rule: Rule) -> bool:
    return rule.get("flagged") in [flag["id"] for flag in _hasty(study)]


def _own_speeders(study: "Study") -> str:
    if not _hasty(study):
        return ""
    return "excluded" if any(_excludes_hasty(study, rule) for rule in study.selection) else "counted"


def _made_speeders(study: "Study", choice: str) -> "Study":
    """Where the study excludes none, its flags for haste exclude, before one of several answers is kept."""
    if choice == _own_speeders(study):
        return study
    if choice == "counted":
        return _with(study, selection=[rule for rule in study.selection if not _excludes_hasty(study, rule)])
    rules = [{"id": f"speeder_{flag['id']}", "reason": flag["reason"], "flagged": flag["id"]} for flag in _hasty(study)]
    before = [rule for rule in study.selection if "keep" not in rule]
    return _with(study, selection=[*before, *rules, *(rule for rule in study.selection if "keep" in rule)])


def _can_be_undecided(item: "Item", study: "Study") -> bool:
    """Whether "do not know" is an option of an outcome; a grouping has no such level."""
    is_outcome = item.is_reported and item.role == "outcome" and item.name not in study.groups
    kinds = [option.kind for option in item.options]
    return is_outcome and item.type in ("single", "ordinal", "multiple") and "dont_know" in kinds


def _own_dont_know(study: "Study") -> str:
    return "excluded" if any(_can_be_undecided(item, study) for item in study.items) else ""


def _made_dont_know(study: "Study", choice: str) -> "Study":
    """Counted: an answer like the others, in the base of its question."""
    if choice == "excluded":
        return study
    items = [
        replace(
            item,
            options=tuple(
                replace(option, kind="substantive") if option.kind == "dont_know" else option for option in item.options
            ),
        )
        if _can_be_undecided(item, study)
        else item
        for item in study.items
    ]
    return replace(study, items=tuple(items))


def _own_other(study: "Study") -> str:
    has_other = any(option.kind == "other" for item in study.items if item.is_reported for option in item.options)
    return study.other_texts if has_other else ""


def _made_other(study: "Study", choice: str) -> "Study":
    """As given: what a rule of recodes.csv takes a text of "other" for counts as little as what it names."""
    rules = study.recodes or ()
    if choice == "as_given" and study.other_texts != "as_given":
        rules = tuple(rule for rule in rules if "__other" not in rule.cell or rule.kind)
    return replace(_with(study, other_texts=choice), recodes=None if study.recodes is None else rules)


def _made_interval(study: "Study", choice: str) -> "Study":
    return _with(study, inference=study.inference | {"method": choice})


def _made_consensus(study: "Study", choice: str) -> "Study":
    return _with(study, thresholds=study.thresholds | {"consensus": float(choice)})


def as_text(choice: object) -> str:
    """A choice as it is written in tables and names of files."""
    return f"{choice:g}" if isinstance(choice, (int, float)) else str(choice)


# In the order of the steps: records, answers, statistics.
AXES = {
    "partial": Axis(
        "Partial answers", needs="a rule of selection with disposition partial", **_counted_or_not(_is_partial)
    ),
    "late": Axis("Late answers", needs="the rule of selection outside_window", **_counted_or_not(_is_late)),
    "speeders": Axis(
        "Hasty answers",
        _own_speeders,
        "flags with duration or started, to know how long an answer took",
        _made_speeders,
    ),
    "duplicate": Axis("Answer kept of several", _own_duplicate, "a rule of selection with keep", _made_duplicate),
    "dont_know": Axis("“Do not know”", _own_dont_know, "an outcome with an option of kind dont_know", _made_dont_know),
    "other": Axis("Texts of “other”", _own_other, "an option of kind other", _made_other),
    "weights": Axis(
        "Weights",
        lambda study: "unweighted" if study.weighting else "",
        "weights, or an item of role weight",
        lambda study, choice: study,
    ),
    "interval": Axis("Interval", lambda study: study.inference["method"], "a method of inference", _made_interval),
    "consensus": Axis(
        "Threshold of consensus", lambda study: as_text(study.thresholds["consensus"]), "thresholds", _made_consensus
    ),
}
RECORDS, ANSWERS = ("partial", "late", "speeders", "duplicate"), ("dont_know", "other")


def check_sensitivity(study: "Study", place: Path) -> None:
    """Raises BadInput for an axis that the study cannot have, a choice it does not offer, and too many universes."""
    if not study.sensitivity:
        return
    axes = study.sensitivity["axes"]
    for name, choices in axes.items():
        where, own = f"{place} sensitivity axes {name}", AXES[name].own(study)
        if not own:
            raise BadInput(f"{where}: needs {AXES[name].needs}; leave the axis out")
        if own not in map(as_text, choices):
            raise BadInput(f"{where}: the study's own choice, {own}, is not among its choices; add it")
    for method in axes.get("interval", ()):
        if method not in study.interval_methods:
            raise BadInput(
                f"{place} sensitivity axes interval: {method!r} is not offered for {study.inference['target']}; "
                f"it has {', '.join(study.interval_methods)}"
            )
    for limit in axes.get("consensus", ()):
        if limit < study.thresholds["near"]:
            raise BadInput(
                f"{place} sensitivity axes consensus: {limit:g} is below thresholds.near, {study.thresholds['near']:g}"
            )
    for name in study.sensitivity.get("split", ()):
        if name not in axes:
            raise BadInput(f"{place} sensitivity split: {name!r} is not one of the axes{nearest(name, axes)}")
    number = math.prod(map(len, axes.values()))
    if number > MOST_UNIVERSES:
        raise BadInput(
            f"{place} sensitivity axes: {number} universes, more than {MOST_UNIVERSES}; leave out axes or choices"
        )


def choices_of(study: "Study", axis: str) -> list[str]:
    """The choices of an axis, the study's own first."""
    own = AXES[axis].own(study)
    return sorted(map(as_text, study.sensitivity["axes"][axis]), key=lambda choice: choice != own)


def universes(study: "Study") -> list[Universe]:
    """Every combination of choices, the study's own first. Raises BadInput for a study that names no axes."""
    if not study.sensitivity:
        raise BadInput(f"{study.folder / 'study.yaml'}: name the axes to try under sensitivity (config/README.md)")
    return combinations(study, list(study.sensitivity["axes"]))


def parts(study: "Study") -> list[Universe]:
    """What each job is about: a combination of choices on the axes of `split`, the first axis where none is given."""
    return combinations(study, study.sensitivity.get("split") or list(study.sensitivity["axes"])[:1])


def combinations(study: "Study", axes: Sequence[str]) -> list[Universe]:
    """Every combination of choices on some axes."""
    return [dict(zip(axes, line, strict=True)) for line in product(*(choices_of(study, axis) for axis in axes))]


def varied(study: "Study", universe: Mapping[str, str]) -> "Study":
    """The study as it would be with these choices."""
    for axis, choice in universe.items():
        study = AXES[axis].made(study, choice)
    return study
