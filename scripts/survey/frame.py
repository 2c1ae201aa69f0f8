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


def frame_rows(study: Study) -> dict[str, int]:
    """Respondent key, as compared, to the row of its unit in the frame's file."""
    return {key(unit[study.frame["key"]]): number for number, unit in read_frame(study).items()}


def frame_levels(study: Study) -> dict[str, dict[int, str]]:
    """Stratum to the level of each unit by its row in the frame's file.

    Where a stratum is named like an item with options, its values are matched to them by code, label or alias, and the
    level is the option's code; else it is the value.
    Raises BadInput for a value that is none of the options.
    """
    units = read_frame(study)
    levels: dict[str, dict[int, str]] = {}
    for name in study.frame.get("strata", ()) if units else ():
        item = study.by_name.get(name)
        levels[name] = {}
        for number, unit in units.items():
            option, _ = find_option(item, unit[name]) if item and item.options else (None, "")
            if option is None and item and item.options:
                raise BadInput(
                    f"{study.file(study.frame['file'])} row {number} column {name}: {unit[name]!r} is no option "
                    f"of item {name!r}; correct it or add an alias"
                )
            levels[name][number] = option.code if option else unit[name]
    return levels


def frame_counts(study: Study) -> dict[str, dict[str, int]]:
    """How many of the frame are at each level of each stratum: counted in its file, else from study.yaml."""
    counts: dict[str, dict[str, int]] = dict((study.frame or {}).get("levels", {}))
    return counts | {name: dict(Counter(levels.values())) for name, levels in frame_levels(study).items()}
