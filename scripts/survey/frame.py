"""The sampling frame: a CSV with one row per invited unit."""

from collections import Counter

from survey.answers import find_option
from survey.errors import BadInput
from survey.sheets import numbered_rows, read_lines
from survey.study import Study
from survey.text import key


def read_frame(study: Study) -> dict[int, dict[str, str]]:
    """The units of the frame's file by row (the header is 1); none where the study names no file.

    Raises BadInput for a column of study.yaml that the file does not have, a unit without a key or listed twice, and
    another number of units than were invited.
    """
    if not study.frame or "file" not in study.frame:
        return {}
    path, name = study.file(study.frame["file"]), study.frame["key"]
    lines = read_lines(path)
    header = lines[0] if lines else []
    for column in (name, *study.frame.get("strata", ())):
        if column not in header:
            raise BadInput(
                f"{path}: no column {column!r}, named in study.yaml; it has {', '.join(header) or 'nothing'}"
            )
    units = numbered_rows(lines, path)
    first: dict[str, int] = {}
    for number, unit in units.items():
        if not key(unit[name]):
            raise BadInput(f"{path} row {number}: no {name}; every unit of the frame needs its key")
        before = first.setdefault(key(unit[name]), number)
        if before != number:
            raise BadInput(f"{path} row {number}: {name} {unit[name]!r} is that of row {before}; a unit has one row")
    if len(units) != study.frame["invited"]:
        raise BadInput(
            f"{path}: {len(units)} units, but study.yaml has {study.frame['invited']} invited; correct one of them"
        )
    return units


def frame_keys(study: Study) -> set[str]:
    """The respondent keys of the frame, as compared."""
    return {key(unit[study.frame["key"]]) for unit in read_frame(study).values()}


def frame_counts(study: Study) -> dict[str, dict[str, int]]:
    """How many of the frame are at each level of each grouping item: counted in its strata, else from study.yaml.

    A stratum's values are matched to the options by code, label or alias.
    Raises BadInput for a value that is none of them.
    """
    counts: dict[str, dict[str, int]] = dict((study.frame or {}).get("levels", {}))
    units = read_frame(study)
    for name in (name for name in study.groups if units and name in study.frame.get("strata", ())):
        level: Counter[str] = Counter()
        for number, unit in units.items():
            option, _ = find_option(study.item(name), unit[name])
            if option is None:
                raise BadInput(
                    f"{study.file(study.frame['file'])} row {number} column {name}: {unit[name]!r} is no option "
                    f"of item {name!r}; correct it or add an alias"
                )
            level[option.code] += 1
        counts[name] = dict(level)
    return counts
