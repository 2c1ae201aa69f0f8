"""The sample against its frame: each record's unit, strata, wave and weight; dispositions and response rates."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from survey.coding import Table
from survey.counting import Group, group
from survey.errors import BadInput
from survey.frame import frame_counts, frame_levels, frame_rows
from survey.selection import Cells, keys_of, moments, respondent_keys
from survey.study import Item, Study
from survey.tables import read_rows
from survey.text import key
from survey.weighting import Design, poststratify, rake

if TYPE_CHECKING:
    import numpy as np

RECORD = ["record", "excluded_by", "unit", "submitted", "wave"]
WEIGHT = ["base_weight", "weight"]
EARLY, LATE = "early", "late"
# AAPOR's letters, in the order in which the better of a unit's records is taken.
DISPOSITIONS = {
    "complete": ("I", "complete answer, analysed"),
    "partial": ("P", "partial answer"),
    "refusal": ("R", "broken off"),
    "other": ("O", "answered, but not usable"),
    "non_contact": ("NC", "no answer, eligible"),
    "unknown": ("U", "no answer, eligibility unknown"),
}
UNCOUNTED = ("not_eligible", "not_counted")
RATES = {
    "RR1": ("complete answers of all eligible or of unknown eligibility", "I / (I + P + R + NC + O + U)"),
    "RR2": ("complete and partial answers of the same", "(I + P) / (I + P + R + NC + O + U)"),
    "RR3": ("complete answers of those estimated eligible", "I / (I + P + R + NC + O + e U)"),
    "RR4": ("complete and partial answers of the same", "(I + P) / (I + P + R + NC + O + e U)"),
    "RR5": ("complete answers of those known eligible", "I / (I + P + R + NC + O)"),
    "RR6": ("complete and partial answers of the same", "(I + P) / (I + P + R + NC + O)"),
}
COMPLETION = ("complete answers of those who began", "I / (I + P + R)")
RESPONSE_RATES = [
    "rate",
    "definition",
    "formula",
    "numerator",
    "denominator",
    "percent",
    "eligible_share",
    "reason_not_run",
]
CLUSTER = "cluster"
DISPOSITION_TABLE = ["disposition", "code", "definition", "n"]


def strata_columns(study: Study) -> list[str]:
    """Strata known of every record: those of the frame's file, else the grouping items with frame.levels."""
    if study.frame and "file" in study.frame:
        return list(study.frame.get("strata", ()))
    return list((study.frame or {}).get("levels", {}))


def waves(submitted: Sequence[str], analysed: Sequence[bool], late_from: str | None) -> list[str]:
    """early or late per analysed record, "" for others and where the day is not known.

    submitted: ISO days, "" where not known; late_from: first late day; where none is given, the day of the answer in
    the middle, so that at most half are early.
    """
    days = sorted(day for day, counts in zip(submitted, analysed, strict=True) if counts and day)
    if not days:
        return [""] * len(submitted)
    first = late_from or days[len(days) // 2]
    return [
        ("" if not (day and counts) else LATE if day >= first else EARLY)
        for day, counts in zip(submitted, analysed, strict=True)
    ]


def match(
    cells: Cells, sources: Mapping[str, list[str]], excluded_by: Mapping[str, str], clean: Sequence[Table], study: Study
) -> tuple[list[str], list[dict[str, object]]]:
    """The columns and rows of sample.parquet: every record with its unit, strata and wave; the analysed ones weighted.

    cells: the verbatim export by column; sources: item to its columns; excluded_by: the rule of each record that is not
    analysed; clean: clean domains that hold the weight and the margins without a file.
    """
    records = list(cells["record"])
    analysed = [record not in excluded_by for record in records]
    days = [moment[:10] for moment in moments(cells, sources, study, len(records))]
    units, levels = frame_rows(study), frame_levels(study)
    unit = [units.get(own, "") for own in respondent_keys(cells, sources, study, len(records))]
    columns: dict[str, Sequence[object]] = dict(
        zip(
            RECORD,
            (
                records,
                [excluded_by.get(record, "") for record in records],
                unit,
                days,
                waves(days, analysed, study.response.get("late_from")),
            ),
            strict=True,
        )
    )
    for name in strata_columns(study):
        if name in levels:
            columns[name] = [levels[name].get(place, "") for place in unit]
        else:
            columns[name] = _spread(_answered_levels(clean, study.item(name)), analysed, "")
    if study.cluster:
        columns[CLUSTER] = _numbered(keys_of(study.cluster, cells, sources, study), study.cluster)
    if study.weighting:
        ours = {name: list(compress(columns[name], analysed)) for name in strata_columns(study)}
        known = list(compress(records, analysed))
        base = _given_weights(clean, study.weight, known)
        weights = record_weights(known, ours, base, study)
        for name, part in zip(WEIGHT, (base, weights), strict=True):
            columns[name] = _spread(part.tolist(), analysed, None)
    return list(columns), [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]


def _numbered(keys: Sequence[str], item: Item) -> list[int]:
    """The number of each record's cluster, in their order, from 1.

    keys: what each answered to the item; a record without an answer that counts is a cluster of its own.
    """
    spellings = {
        key(text): option.code if option.counts else ""
        for option in item.options
        for text in (option.code, option.label, *option.aliases)
    }
    known: dict[object, int] = {}
    answers = [spellings.get(own, own) for own in keys]
    return [known.setdefault(own or (place,), len(known) + 1) for place, own in enumerate(answers)]


def clusters_of(sample: Mapping[str, Sequence[object]], study: Study) -> "np.ndarray | None":
    """The number of each analysed record's cluster, shape (records,); None for a study without clusters.

    sample: the columns of sample.parquet, analysed records only.
    """
    import numpy as np

    return np.array(sample[CLUSTER]) if study.cluster else None


def _spread(values: Sequence[object], analysed: Sequence[bool], otherwise: object) -> list[object]:
    """Values of the analysed records at their places among all."""
    rest = iter(values)
    return [next(rest) if counts else otherwise for counts in analysed]


def _answered_levels(clean: Sequence[Table], item: Item) -> list[str]:
    """What each analysed record answered to a grouping item, "" where it did not."""
    table = next(table for table in clean if item in table.items)
    found = group(next(table.columns(item)))
    return [(*found.levels, "")[code] for code in found.codes]


def _given_weights(clean: Sequence[Table], item: Item | None, records: Sequence[str]) -> "np.ndarray":
    """The weights that the export holds, shape (records,); 1 where it holds none.

    Raises BadInput, naming the record, for a weight that is missing or negative.
    """
    import numpy as np

    if item is None:
        return np.ones(len(records))
    table = next(table for table in clean if item in table.items)
    column = next(table.columns(item))
    weights = np.append(column.values, np.full(column.size - len(column.values), np.nan)).take(column.codes)
    unfit = np.flatnonzero(~(weights >= 0))
    if len(unfit):
        raise BadInput(
            f"record {records[unfit[0]]}: its weight ({item.name}) is missing or negative, as in {len(unfit)} of "
            f"{len(records)} records; correct the export, or exclude such records in study.yaml"
        )
    return weights


def record_weights(
    records: Sequence[str], strata: Mapping[str, Sequence[str]], base: "np.ndarray", study: Study
) -> "np.ndarray":
    """The weight of each analysed record, shape (records,).

    strata: level of each record by stratum; base: weights to start from, given or 1.
    Raises BadInput for a record whose level is not known, a level of the frame without a record, and margins that
    contradict each other.
    """
    import numpy as np

    weighting = study.weighting
    if weighting["method"] == "given":
        return base
    place = f"{study.folder / 'study.yaml'} weights"
    margins, totals = [], []
    counts = frame_counts(study)
    for name in weighting["margins"]:
        margins.append(np.array(strata[name]))
        totals.append(counts[name])
        _check_levels(place, name, strata[name], counts[name], records)
    if weighting["method"] == "rake":
        try:
            return rake(margins, totals, base)
        except ValueError as error:
            raise BadInput(f"{place}: {error}: the margins contradict each other; leave one out") from None
    levels = frame_levels(study)
    units = levels[weighting["margins"][0]]
    frame_cells = Counter(tuple(levels[name][unit] for name in weighting["margins"]) for unit in units)
    ours = list(zip(*(strata[name] for name in weighting["margins"]), strict=True))
    for cell in frame_cells:
        if cell not in ours:
            raise BadInput(f"{place}: no record of {', '.join(cell)}; post-stratify by fewer margins, or rake")
    numbers = {cell: number for number, cell in enumerate(frame_cells)}
    return poststratify(
        np.array([numbers[cell] for cell in ours]), {numbers[cell]: n for cell, n in frame_cells.items()}, base
    )


def _check_levels(
    place: str, name: str, levels: Sequence[str], counts: Mapping[str, int], records: Sequence[str]
) -> None:
    for record, level in zip(records, levels, strict=True):
        if level not in counts:
            found = f"{level!r}, which the frame does not have," if level else "no level"
            raise BadInput(
                f"{place}: record {record} has {found} of margin {name!r}; exclude such records, or drop the margin"
            )
    for level in counts:
        if level not in levels:
            raise BadInput(f"{place}: no record of {name} {level!r}; join its levels, or leave the margin out")


def analysed_sample(path: Path, clean: Table) -> dict[str, list[object]]:
    """The columns of sample.parquet for the analysed records.

    Raises BadInput where they are not those of the clean table.
    """
    sample = of_analysed(read_rows(path))
    if sample.get("record", []) != clean.record.to_pylist():
        raise BadInput(f"{path}: its records are not those of {clean.path}; run the step that writes it again")
    return sample


def of_analysed(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """The columns of the sample for the analysed records, from the rows for all."""
    analysed = [row for row in rows if not row["excluded_by"]]
    return {name: [row[name] for row in analysed] for name in (analysed[0] if analysed else ())}


def wave_group(found: Sequence[str]) -> Group:
    """Early and late answers as a grouping of the records."""
    import numpy as np

    levels = (EARLY, LATE)
    return Group("wave", False, levels, np.array([levels.index(wave) if wave else len(levels) for wave in found]))


def design_of(sample: Mapping[str, Sequence[object]], study: Study) -> Design | None:
    """The weights of the analysed records and what they were made from; None for a study without weights.

    sample: the columns of sample.parquet, analysed records only.
    """
    import numpy as np

    weighting = study.weighting
    if not weighting:
        return None
    margins = tuple(np.array(sample[name]) for name in weighting.get("margins", ()))
    if weighting["method"] == "poststratify":
        cells = {cell: number for number, cell in enumerate(dict.fromkeys(zip(*margins, strict=True)))}
        margins = (np.array([cells[cell] for cell in zip(*margins, strict=True)]),)
    population = float(study.frame["invited"]) if study.inference["target"] == "finite_population" else None
    weights, base = (np.array(sample[name], dtype=float) for name in reversed(WEIGHT))
    return Design(weights, margins, base, population)


def disposition_of(excluded_by: str, study: Study) -> str:
    """What a record counts as in response rates: complete, or as the rule that excluded it says or means."""
    if not excluded_by:
        return "complete"
    rule = next(rule for rule in study.selection if rule["id"] == excluded_by)
    if "disposition" in rule:
        return rule["disposition"]
    if rule["id"] == "outside_window":
        return "other"
    if rule["id"] == "not_in_frame":
        return "not_eligible"
    return "refusal" if "answered_below" in rule else "not_counted"


def dispositions(excluded_by: Sequence[str], units: Sequence[str], study: Study) -> dict[str, int]:
    """How many units of the sample have each of DISPOSITIONS.

    excluded_by, units: per record the rule that excluded it, and its unit of the frame, "" where that is not known.
    With a frame's file a unit counts once, as the best of its records, and a record of no known unit not at all;
    without one every record is a unit. Units of which no record tells are added, where the number invited is known.
    """
    ranks = list(DISPOSITIONS)
    found = [disposition_of(rule, study) for rule in excluded_by]
    if study.frame and "file" in study.frame:
        best: dict[str, str] = {}
        for unit, disposition in zip(units, found, strict=True):
            if unit and disposition not in UNCOUNTED:
                best[unit] = min(disposition, best.get(unit, disposition), key=ranks.index)
        found = list(best.values())
    counts = {name: found.count(name) for name in ranks}
    if study.frame:
        counts[study.response["no_record"]] += max(0, study.frame["invited"] - sum(counts.values()))
    return counts


def response_rates(counts: Mapping[str, int], not_eligible: int, study: Study) -> list[dict[str, object]]:
    """The rows of response_rates.csv: AAPOR's RR1 to RR6, and the completion rate.

    counts: units by disposition; not_eligible: units found not to belong to the population, for e.
    A rate that the sample does not have is refused by its name.
    Source: AAPOR, Standard Definitions, 10th ed., 2023.
    """
    complete, partial, refusal, other, contact, unknown = (counts[name] for name in DISPOSITIONS)
    known = complete + partial + refusal + other + contact
    share = study.response.get("eligible_share", known / (known + not_eligible) if known + not_eligible else 1.0)
    rows = []
    for rate, (definition, formula) in RATES.items():
        row = {"rate": rate, "definition": definition, "formula": formula}
        if not study.frame:
            row["reason_not_run"] = f"{rate} needs a sampling frame: give frame.invited, or report the completion rate"
        elif rate in ("RR5", "RR6") and unknown:
            row["reason_not_run"] = (
                f"{rate} is for samples without units of unknown eligibility; this one has {unknown}"
            )
        else:
            counted_unknown = {"RR1": unknown, "RR2": unknown, "RR5": 0, "RR6": 0}.get(rate, share * unknown)
            numerator = complete + (partial if rate in ("RR2", "RR4", "RR6") else 0)
            row |= _rate(numerator, known + counted_unknown) | {"eligible_share": share}
        rows.append(row)
    completion = {"rate": "completion", "definition": COMPLETION[0], "formula": COMPLETION[1]}
    return [*rows, completion | _rate(complete, complete + partial + refusal)]


def _rate(numerator: float, denominator: float) -> dict[str, object]:
    if not denominator:
        return {"reason_not_run": "there is nobody in the denominator"}
    return {"numerator": numerator, "denominator": denominator, "percent": 100 * numerator / denominator}
