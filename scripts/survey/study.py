"""A study folder, read and checked: study.yaml, codebook.csv, options.csv, claims.yaml."""

import datetime
import hashlib
import itertools
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from survey.conditions import Condition, as_number, parse
from survey.errors import BadInput, nearest, one_line
from survey.sheets import numbered_rows, read_lines
from survey.text import tidy
from survey.universes import check_sensitivity

PROJECT = Path(__file__).resolve().parents[2]
SCHEMAS = PROJECT / "workflow" / "schemas"
CHOICES = ("single", "ordinal", "multiple", "rank")
METHODS = {
    "finite_population": ("wilson", "hypergeometric", "goodman"),
    "superpopulation": ("wilson", "clopper_pearson", "jeffreys", "agresti_coull", "goodman", "sison_glaz"),
}
FIGURE_KEYS = {"steps": {"panels"}, "curves": {"curves", "axis"}, "paired": {"items"}}
COUNTRIES = "iso3166"  # unit of an item whose options are countries
DEEPEST = 50  # levels of lists and mappings in a YAML file
MOST_VALUES = 100_000  # in a YAML file
MISSING_KINDS = ("dont_know", "not_applicable", "refused")


@dataclass(frozen=True)
class Option:
    """One answer option of an item."""

    code: str
    label: str
    aliases: tuple[str, ...]
    kind: str

    @property
    def counts(self) -> bool:
        """Whether this answer is part of the base (do not know, not applicable and refused are not)."""
        return self.kind not in MISSING_KINDS


@dataclass(frozen=True)
class Item:
    """One question of the survey."""

    name: str
    domain: str
    type: str
    question: str
    label: str
    source: str
    unit: str
    minimum: float | None
    maximum: float | None
    asked_if: Condition | None
    direction: str
    role: str
    note: str
    options: tuple[Option, ...]

    @property
    def is_reported(self) -> bool:
        """Whether statistics are made of it: not so for identifiers, free text and ignored items."""
        return self.role in ("outcome", "group") and self.type in (*CHOICES, "numeric")

    @property
    def is_private(self) -> bool:
        """Whether its answers are its respondents' own words, or tell who they are."""
        return self.role in ("identifier", "free_text") or self.type == "text"

    @property
    def is_answerable(self) -> bool:
        """Whether an answer to it counts when a record's completeness is judged."""
        return self.role in ("outcome", "group", "free_text")

    def option(self, code: str) -> Option:
        """The option of that code; raises KeyError."""
        return {option.code: option for option in self.options}[code]


@dataclass(frozen=True)
class Study:
    """A checked study.

    folder: where it lies; settings: study.yaml with defaults filled in; items: the codebook in its order;
    rows: the rows of codebook.csv and options.csv per item as written; claims: claims.yaml; recodes: the rules of
    recodes.csv, None where they were not read (read_cleaning_study reads them).
    """

    folder: Path
    settings: dict[str, Any]
    items: tuple[Item, ...]
    rows: dict[str, list[dict[str, str]]]
    claims: list[dict[str, Any]]
    recodes: tuple[Any, ...] | None = None

    def __getattr__(self, name: str) -> Any:
        """A setting of study.yaml, such as study.title; None for one that was left out."""
        if name.startswith("_") or name not in _schema("study")["properties"]:
            raise AttributeError(name)
        return self.settings.get(name)

    @cached_property
    def by_name(self) -> dict[str, Item]:
        """Items by name."""
        return {item.name: item for item in self.items}

    def item(self, name: str, place: str = "") -> Item:
        """The item of that name; raises BadInput, naming the place that asks for it."""
        if name not in self.by_name:
            place = place or str(self.folder / "codebook.csv")
            raise BadInput(f"{place}: the codebook has no item {name!r}{nearest(name, self.by_name)}")
        return self.by_name[name]

    @property
    def domain_ids(self) -> list[str]:
        """Domains in order."""
        return [domain["id"] for domain in self.settings["domains"]]

    @property
    def unit(self) -> str:
        """What a respondent stands for, such as centre."""
        return self.settings["frame"]["unit"] if self.settings.get("frame") else "respondent"

    @property
    def units(self) -> str:
        """Several of them: `frame.units`, or the English plural of `frame.unit`."""
        given = (self.settings.get("frame") or {}).get("units")
        return given or plural(self.unit)

    @property
    def figure_names(self) -> list[str]:
        """The figures of the study: one per domain, and those of all domains together."""
        own = [figure["id"] for figure in self.settings["figures"]]
        respondents = ["respondents"] if self.has_strata else []
        grouped = ["groups", "differences"] if self.settings["groups"] else []
        published = ["published"] if self.has_comparators else []
        return [*self.domain_ids, *own, "flow", *respondents, "agreement", *grouped, *published]

    @property
    def joined(self) -> list[dict[str, str]]:
        """The tables that records of the export belong to."""
        return self.settings["export"].get("joined", [])

    @property
    def tables(self) -> list[dict[str, str]]:
        """All tables beside the export: those that records belong to, and those whose rows belong to records."""
        return [*self.joined, *self.linked]

    def with_files(self, kind: str, paths: Sequence[Path]) -> list[tuple[dict[str, str], Path]]:
        """The tables of a kind, linked or joined, with the files that a program was given for them, in order.

        Raises BadInput where these are more or fewer.
        """
        tables = self.joined if kind == "joined" else self.linked
        if len(paths) != len(tables):
            raise BadInput(f"--{kind}: {len(paths)} tables given, {self.folder / 'study.yaml'} has {len(tables)}")
        return list(zip(tables, paths, strict=True))

    @property
    def has_strata(self) -> bool:
        """Whether the frame tells of its units more than their number: strata of its file, else frame.levels."""
        frame = self.settings.get("frame") or {}
        return bool(frame.get("strata") if "file" in frame else frame.get("levels"))

    @property
    def minimum_cell(self) -> int:
        """Smallest count of respondents that is published; left out: 0 where the frame names its units, else 5."""
        named = bool(self.frame and "file" in self.frame)
        return self.settings.get("disclosure", {}).get("minimum_cell", 0 if named else 5)

    @property
    def has_comparators(self) -> bool:
        """Whether comparators.csv of the study puts any published figure beside one of its own."""
        path = self.folder / "comparators.csv"
        lines = read_lines(path) if path.is_file() else []
        return bool(lines and numbered_rows(lines, path))

    def domain_items(self, domain: str) -> list[Item]:
        """Items of one domain in codebook order; raises BadInput for an unknown domain."""
        if domain not in self.domain_ids:
            raise BadInput(f"{self.folder / 'study.yaml'}: no domain {domain!r}{nearest(domain, self.domain_ids)}")
        return [item for item in self.items if item.domain == domain]

    def gates(self, domain: str) -> list[Item]:
        """Items of other domains whose answers decide what is asked in this one."""
        conditions = [item.asked_if for item in self.domain_items(domain) if item.asked_if]
        names = dict.fromkeys(name for condition in conditions for name in condition.items)
        return [self.by_name[name] for name in names if self.by_name[name].domain != domain]

    def domains_needed(self, domain: str) -> list[str]:
        """Other domains whose answers decide what is asked in this one, in order."""
        used = {item.domain for item in self.gates(domain)}
        return [other for other in self.domain_ids if other in used]

    @property
    def interval_methods(self) -> tuple[str, ...]:
        """The methods of interval that are offered for the inference target; only Wilson's knows clusters."""
        return ("wilson",) if self.cluster else METHODS[self.settings["inference"]["target"]]

    @property
    def weight(self) -> Item | None:
        """The item that holds the records' weights, if the study is weighted."""
        return next((item for item in self.items if item.role == "weight"), None)

    @property
    def cluster(self) -> Item | None:
        """The item whose equal answers make a cluster of records that are alike, if the study says so."""
        name = self.settings["inference"].get("cluster")
        return self.by_name[name] if name else None

    @property
    def weighting(self) -> dict[str, Any] | None:
        """How records are weighted: the setting `weights`; as given where only an item of role weight says so."""
        given = {"method": "given", "comparisons": "weighted"} if self.weight else None
        return self.settings.get("weights") or given

    def group_domains(self) -> list[str]:
        """Domains that hold the grouping items, in order."""
        return self._domains_of([self.by_name[name] for name in self.settings["groups"]])

    @property
    def sample_items(self) -> list[Item]:
        """Items whose answers place a record in the sample: its weight, and margins that no file of the frame tells."""
        frame = self.settings.get("frame") or {}
        margins = [self.by_name[name] for name in frame.get("levels", {}) if "file" not in frame]
        return [*margins, *([self.weight] if self.weight else [])]

    def sample_domains(self) -> list[str]:
        """Domains that hold them, in order."""
        return self._domains_of(self.sample_items)

    def _domains_of(self, items: Iterable[Item]) -> list[str]:
        used = {item.domain for item in items}
        return [domain for domain in self.domain_ids if domain in used]

    def seed_for(self, *step: str) -> int:
        """The seed of a step's random numbers, from the study's seed and the names of the step."""
        return int(fingerprint(self.settings["seed"], step), 16)

    def codebook_rows(self, *names: str) -> list[dict[str, str]]:
        """The rows of the codebook and its options for these items, as written."""
        return [row for name in names for row in self.rows[name]]

    def file(self, name: str, beside: Path | None = None) -> Path:
        """A file that study.yaml names: inside the study folder, or below the project's resources/.

        beside: another file, in whose folder it may lie, too. Raises BadInput for a path that leaves all of them, and
        for a file that is not there.
        """
        if "\0" in name:
            raise BadInput(f"{self.folder / 'study.yaml'}: file {name!r} is no name of a file")
        inside = (self.folder / name).resolve()
        shared = (PROJECT / name).resolve()
        if inside.is_relative_to(self.folder.resolve()) and inside.is_file():
            return self.folder / name
        if shared.is_relative_to(PROJECT / "resources") and shared.is_file():
            return _short(shared)
        if beside and (folder := beside.resolve().parent) and (folder / name).resolve().is_relative_to(folder):
            if (folder / name).is_file():
                return _short(folder / name)
            raise BadInput(f"{self.folder / 'study.yaml'}: no file {name!r} in the study folder or beside {beside}")
        raise BadInput(
            f"{self.folder / 'study.yaml'}: file {name!r} is neither in the study folder nor below the project's "
            "resources/; put it there, or give the export with --config export=PATH"
        )


def plural(noun: str) -> str:
    """The regular English plural: wards, practices, pharmacies, churches."""
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def fingerprint(*parts: object) -> str:
    """Sixteen hexadecimal digits that change when any of the parts changes (JSON of them, SHA-256)."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def read_study(folder: Path) -> Study:
    """Read and check a study folder.

    Raises BadInput, one line naming file, row or key, value and what to do, at the first thing that is wrong.
    """
    folder = Path(folder)
    settings = _read_yaml(folder / "study.yaml")
    if settings is None:
        raise BadInput(f"{folder / 'study.yaml'}: it is empty")
    validate(settings, "study", str(folder / "study.yaml"))
    _fill_defaults(settings, _schema("study"))
    codebook = list(_read_rows(folder / "codebook.csv", "codebook").values())
    if not codebook:
        raise BadInput(f"{folder / 'codebook.csv'}: no items")
    options = _read_rows(folder / "options.csv", "options")
    claims = _read_yaml(folder / "claims.yaml") or []
    validate(claims, "claims", str(folder / "claims.yaml"))
    study = Study(
        folder=folder,
        settings=settings,
        items=tuple(_items(folder, codebook, _options(folder, codebook, options))),
        rows={
            row["item"]: [row] + [line for line in options.values() if line["item"] == row["item"]] for row in codebook
        },
        claims=claims,
    )
    _check_domains(study)
    _check_conditions(study)
    _check_settings(study)
    return study


def _schema(name: str) -> dict[str, Any]:
    if name not in _SCHEMAS:
        _SCHEMAS[name] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return _SCHEMAS[name]


_SCHEMAS: dict[str, dict[str, Any]] = {}


def known_keys(name: str) -> list[str]:
    """The keys that study.yaml may have under this one."""
    return list(_schema("study")["properties"][name]["properties"])


def credit_roles() -> list[str]:
    """The roles of the CRediT taxonomy, in its order."""
    return _schema("study")["properties"]["authors"]["items"]["properties"]["roles"]["items"]["enum"]


def _read_yaml(path: Path) -> Any:
    import yaml

    class Loader(yaml.CSafeLoader):
        """As safe, and no key is passed over because it is there again further down."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            first: dict[str, int] = {}
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                line = key.start_mark.line + 1
                if key.value in first:
                    raise BadInput(
                        f"{path} line {line}: {key.value!r} is given in line {first[key.value]}, too; keep one"
                    )
                first[key.value] = line
            return super().construct_mapping(node, deep)

    try:
        text = path.read_text(encoding="utf-8-sig")
        _check_depth(yaml.parse(text, Loader), path)
        return _plain(yaml.load(text, Loader), path, itertools.count())
    except FileNotFoundError:
        raise BadInput(
            f"{path}: not found; a study folder holds study.yaml, codebook.csv, options.csv and claims.yaml"
        ) from None
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"{path}: cannot be read as YAML: {one_line(error)}") from None
    except (LookupError, TypeError, AttributeError):
        raise BadInput(
            f"{path}: a tag (!!int, !!set or another) does not fit what it is put before; leave it out"
        ) from None


def _check_depth(events: Iterable[Any], path: Path) -> None:
    """Raises BadInput for a file so deep that libyaml, which is much faster than Python, would run out of stack."""
    from yaml import CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1
            raise BadInput(f"{path} line {line}: lists and mappings lie more than {DEEPEST} deep in each other")


def _plain(value: Any, path: Path, number: Iterator[int]) -> Any:
    """What a YAML file says, with keys and dates as text.

    number: counts the values. Raises BadInput for a number that is none, and for more values than a person writes: a
    few names (&a, *a) that stand for each other come to billions.
    """
    if next(number) > MOST_VALUES:
        raise BadInput(f"{path}: more than {MOST_VALUES} values; is a name (&name) used again and again?")
    if isinstance(value, dict):
        return {str(key): _plain(content, path, number) for key, content in value.items()}
    if isinstance(value, list):
        return [_plain(content, path, number) for content in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"{path}: {value} is no number that can be used; write one with digits")
    return value.isoformat() if isinstance(value, datetime.date) else value


def _read_rows(path: Path, schema: str) -> dict[int, dict[str, str]]:
    lines = read_lines(path)
    columns = _schema(schema)["required"]
    if not lines or lines[0] != columns:
        raise BadInput(
            f"{path} row 1: the columns must be {','.join(columns)}; found {','.join(lines[0]) if lines else 'nothing'}"
        )
    rows = numbered_rows(lines, path)
    for number, row in rows.items():
        validate(row, schema, f"{path} row {number}")
    return rows


def validate(content: Any, schema: str, place: str) -> None:
    """Raises BadInput at the first thing that a schema of workflow/schemas/ does not allow, naming key and value."""
    from jsonschema import Draft202012Validator

    if schema not in _VALIDATORS:
        _VALIDATORS[schema] = Draft202012Validator(_schema(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = sorted(
        _VALIDATORS[schema].iter_errors(content),
        key=lambda error: (error.validator != "additionalProperties", list(map(str, error.path)), error.message),
    )
    if errors:
        raise BadInput(f"{place}{_explain(errors[0])}")


_VALIDATORS: dict[str, Any] = {}


def _explain(error: Any) -> str:
    where = "".join(f"[{step}]" if isinstance(step, int) else f" {step}" for step in error.path)
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        unknown = next(key for key in error.instance if key not in known)
        return f"{where}: unknown key {unknown!r}{nearest(unknown, known) or '; known are ' + ', '.join(known)}"
    if error.validator == "enum":
        hint = nearest(str(error.instance), map(str, error.validator_value))
        return f"{where}: {error.instance!r} is none of {', '.join(map(str, error.validator_value))}{hint}"
    if error.validator == "pattern" and error.validator_value == r"\S":
        return f"{where}: it is blank; write something, or leave the key out"
    if error.validator == "not":
        return f"{where}: {error.instance!r} is the name of a figure that every study may have; choose another"
    return (
        f"{where}: {error.message if len(error.message) < 300 else error.message[:60] + ' ... ' + error.message[-60:]}"
    )


def _fill_defaults(content: Any, schema: Mapping[str, Any]) -> None:
    for key, part in schema.get("properties", {}).items():
        if "default" in part and key not in content:
            content[key] = json.loads(json.dumps(part["default"]))
        if isinstance(content.get(key), dict):
            _fill_defaults(content[key], part)


def _options(
    folder: Path, codebook: list[dict[str, str]], rows: Mapping[int, dict[str, str]]
) -> dict[str, list[Option]]:
    path = folder / "options.csv"
    names = [row["item"] for row in codebook]
    for name, count in Counter(names).items():
        if count > 1:
            raise BadInput(f"{folder / 'codebook.csv'}: item {name!r} is listed {count} times")
    options: dict[str, list[tuple[int, Option]]] = {}
    for number, row in rows.items():
        if row["item"] not in names:
            raise BadInput(
                f"{path} row {number}: item {row['item']!r} is not in the codebook{nearest(row['item'], names)}"
            )
        known = options.setdefault(row["item"], [])
        for field, taken in (("code", [o.code for _, o in known]), ("position", [str(p) for p, _ in known])):
            if row[field] in taken:
                raise BadInput(f"{path} row {number} column {field}: item {row['item']!r} already has {row[field]!r}")
        aliases = tuple(alias.strip() for alias in row["aliases"].split("|") if alias.strip())
        known.append((int(row["position"]), Option(row["code"], row["label"], aliases, row["kind"])))
    for item, known in options.items():
        seen: dict[str, str] = {}
        for _, option in known:
            for text in (option.code, option.label, *option.aliases):
                first = seen.setdefault(tidy(text).casefold(), option.code)
                if first != option.code:
                    raise BadInput(f"{path}: item {item!r}: {text!r} stands for both {first!r} and {option.code!r}")
    return {item: [option for _, option in sorted(known, key=lambda pair: pair[0])] for item, known in options.items()}


def _items(folder: Path, codebook: list[dict[str, str]], options: dict[str, list[Option]]) -> Iterable[Item]:
    path = folder / "codebook.csv"
    for row in codebook:
        place = f"{path} item {row['item']!r}"
        own = options.get(row["item"], [])
        if row["type"] in CHOICES and row["role"] != "ignore" and not own:
            raise BadInput(f"{place}: a {row['type']} item needs its options in options.csv")
        if row["type"] in ("date", "text") and own:
            raise BadInput(f"{place}: a {row['type']} item has no options, options.csv lists {own[0].code!r}")
        if row["type"] == "numeric" and any(option.counts for option in own):
            raise BadInput(f"{place}: options of a numeric item can only be of kind {', '.join(MISSING_KINDS)}")
        if row["type"] in CHOICES and row["role"] != "ignore" and not any(option.counts for option in own):
            raise BadInput(f"{place}: none of its options is an answer that counts")
        if row["unit"] == COUNTRIES and row["type"] != "single":
            raise BadInput(f"{place} column unit: {COUNTRIES} is for single items, this one is {row['type']}")
        low, high = (float(row[side]) if row[side] else None for side in ("min", "max"))
        if (row["min"] or row["max"]) and row["type"] != "numeric":
            raise BadInput(f"{place}: min and max are for numeric items, this one is {row['type']}; leave them empty")
        if low is not None and high is not None and low > high:
            raise BadInput(f"{place}: min {row['min']} is above max {row['max']}")
        try:
            condition = parse(row["asked_if"]) if row["asked_if"] else None
        except BadInput as error:
            raise BadInput(f"{place} column asked_if: {error}") from None
        yield Item(
            name=row["item"],
            domain=row["domain"],
            type=row["type"],
            question=row["question"],
            label=row["label"],
            source=row["source"],
            unit=row["unit"],
            minimum=low,
            maximum=high,
            asked_if=condition,
            direction=row["direction"],
            role=row["role"],
            note=row["note"],
            options=tuple(own),
        )


def _check_domains(study: Study) -> None:
    for domain, count in Counter(study.domain_ids).items():
        if count > 1:
            raise BadInput(f"{study.folder / 'study.yaml'} domains: {domain!r} is listed {count} times")
    for item in study.items:
        if item.domain not in study.domain_ids:
            hint = nearest(item.domain, study.domain_ids)
            raise BadInput(
                f"{study.folder / 'codebook.csv'} item {item.name!r}: domain {item.domain!r} is not in study.yaml{hint}"
            )
    for domain in study.domain_ids:
        if not study.domain_items(domain):
            raise BadInput(f"{study.folder / 'study.yaml'} domains: no item of the codebook belongs to {domain!r}")


def _check_conditions(study: Study) -> None:
    order = study.domain_ids
    above: dict[str, Item] = {}
    for item in study.items:
        place = f"{study.folder / 'codebook.csv'} item {item.name!r} column asked_if"
        for name, operator, values in item.asked_if.uses if item.asked_if else ():
            if name == item.name:
                raise BadInput(
                    f"{place}: it asks about itself; name the item above it that decides whether it is asked"
                )
            if name in study.by_name and name not in above:
                raise BadInput(f"{place}: {name!r} is not an item above it in the codebook; move it up, or correct one")
            if name not in above:
                raise BadInput(f"{place}: the codebook has no item {name!r}{nearest(name, study.by_name)}")
            other = above[name]
            if other.role == "ignore":
                raise BadInput(f"{place}: {name!r} has the role ignore, so nothing is known of its answers")
            if order.index(other.domain) > order.index(item.domain):
                raise BadInput(f"{place}: {name!r} belongs to a later domain ({other.domain})")
            _check_use(other, operator, values, place)
        above[item.name] = item


def _check_use(other: Item, operator: str, values: Sequence[str], place: str) -> None:
    """Raises BadInput unless a condition asks of an item what can be asked of it."""
    name = other.name
    if (operator == "has") != (other.type == "multiple") and operator != "answered":
        raise BadInput(
            f"{place}: {name!r} is {other.type}; `has` is for multiple choice, the other signs for one answer"
        )
    if operator != "answered" and other.type in ("rank", "date"):
        raise BadInput(f"{place}: {name!r} is {other.type}; only answered({name}) can be asked of it")
    if operator in ("<", "<=", ">", ">=") and other.type != "numeric":
        raise BadInput(f"{place}: {operator} needs a numeric item, {name!r} is {other.type}")
    for value in values if other.type == "numeric" else ():
        if as_number(value) is None:
            raise BadInput(f"{place}: {name!r} is numeric, {value!r} is no number")
    codes = [option.code for option in other.options]
    for value in values if other.type in ("single", "ordinal", "multiple") else ():
        if value not in codes:
            raise BadInput(f"{place}: {name!r} has no option {value!r}{nearest(value, codes)}")


def _check_checks(study: Study, place: Path) -> None:
    """Raises BadInput for a check that asks about what is not there."""
    known = [table["id"] for table in study.linked]
    _check_unique([table["id"] for table in study.tables], f"{place} linked and export.joined")
    _check_unique([check["id"] for check in study.checks], f"{place} checks")
    if known and not study.respondent_key:
        raise BadInput(f"{place} linked: needs respondent_key, to which its rows belong")
    for check in study.checks:
        where = f"{place} checks {check['id']!r} when"
        try:
            condition = parse(check["when"])
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from None
        for name, operator, values in condition.uses:
            if name.startswith("rows("):
                if name[5:-1] not in known:
                    raise BadInput(f"{where}: no table {name[5:-1]!r} under linked{nearest(name[5:-1], known)}")
                if any(as_number(value) is None for value in values):
                    raise BadInput(f"{where}: {name} is a number, {', '.join(values)!r} is none")
                continue
            item = study.item(name, where)
            if item.role == "ignore":
                raise BadInput(f"{where}: {name!r} has the role ignore, so nothing is known of its answers")
            _check_use(item, operator, values, where)


def _check_figures(study: Study, place: Path) -> None:
    """Raises BadInput for a figure of study.yaml that names an item, option or column that is not there."""
    taken = set(study.domain_ids)
    for figure in study.figures:
        where = f"{place} figures {figure['id']!r}"
        if figure["id"] in taken:
            raise BadInput(f"{where}: another figure, or a domain, has this id")
        taken.add(figure["id"])
        for key in sorted({"panels", "curves", "axis", "items"} & set(figure) - FIGURE_KEYS[figure["kind"]]):
            raise BadInput(f"{where}: {key!r} is for another kind than {figure['kind']}; leave it out")
        _check_unique([panel["title"] for panel in figure.get("panels", [])], f"{where} panels")
        _check_unique([curve["label"] for curve in figure.get("curves", [])], f"{where} curves")
        for panel in figure.get("panels", []):
            each = [(column, study.item(name, where)) for column, name in panel.get("each", {}).items()]
            placed = [(column, row["label"]) for row in panel["rows"] for column in row["cells"]]
            placed += [(column, option.label) for column, item in each for option in item.options if option.counts]
            _check_unique([f"{label} ({column})" for column, label in placed], f"{where} panel {panel['title']!r}")
            cells = [(column, cell) for row in panel["rows"] for column, cell in row["cells"].items()]
            cells += [(column, {"item": item.name}) for column, item in each]
            for column, cell in cells:
                if column not in panel["columns"]:
                    raise BadInput(f"{where}: {column!r} is not one of the columns{nearest(column, panel['columns'])}")
                codes = [*cell.get("options", []), *([cell["up_to"]] if "up_to" in cell else [])]
                _check_options(study.item(cell["item"], where), codes, where)
        for curve in figure.get("curves", []):
            item = study.item(curve["item"], where)
            if (item.type == "numeric") == ("at" in curve):
                raise BadInput(
                    f"{where}: {item.name!r} is {item.type}; `at` gives the days of options, a number has its own"
                )
            _check_options(item, curve.get("at", {}), where, numbers=True)
            for code, day in curve.get("at", {}).items():
                if not math.isfinite(day):
                    raise BadInput(f"{where}: {code!r} is at {day}; give a number, or leave it out for no day")
        items = [study.item(name, where) for name in figure.get("items", {}).values()]
        for item in items:
            _check_options(item, [], where)
            answers, first = ([(o.code, o.label) for o in one.options if o.counts] for one in (item, items[0]))
            if answers != first:
                raise BadInput(
                    f"{where}: {item.name!r} has other answers than {items[0].name!r}; codes and labels must agree"
                )


def _check_unique(labels: Sequence[str], where: str) -> None:
    """Raises BadInput for a label that stands twice where labels tell rows or panels apart."""
    for label, times in Counter(labels).items():
        if times > 1:
            raise BadInput(f"{where}: {label!r} is there {times} times; give each a name of its own")


def _check_options(item: Item, codes: Iterable[str], where: str, numbers: bool = False) -> None:
    """Raises BadInput unless the item is a choice (or a number, where numbers may be) and has the options."""
    if not item.is_reported or item.type not in (*CHOICES[:3], *(["numeric"] if numbers else [])):
        raise BadInput(f"{where}: {item.name!r} is not a question with answers to choose from")
    known = [option.code for option in item.options if option.counts]
    for code in codes:
        if code not in known:
            raise BadInput(f"{where}: {item.name!r} has no answer {code!r} that counts{nearest(code, known)}")


def _check_settings(study: Study) -> None:
    place = study.folder / "study.yaml"
    for name in (name for area in study.areas for name in area["items"]):
        if not study.item(name, f"{place} areas").is_reported:
            raise BadInput(f"{place} areas: no agreement is measured of {name!r}; leave it out")
    _check_figures(study, place)
    if study.map and study.map not in (study.frame or {}).get("strata", []):
        raise BadInput(f"{place} map: {study.map!r} is not in frame.strata")
    for name in study.groups:
        if study.item(name, f"{place} groups").type not in ("single", "ordinal") or not study.item(name).is_reported:
            raise BadInput(f"{place} groups: {name!r} must be a single or ordinal item of role group or outcome")
    for name, levels in (study.frame or {}).get("levels", {}).items():
        if name not in study.groups:
            raise BadInput(f"{place} frame levels: {name!r} is not one of the groups{nearest(name, study.groups)}")
        codes = [option.code for option in study.item(name).options]
        for code in levels:
            if code not in codes:
                raise BadInput(f"{place} frame levels {name}: no option {code!r}{nearest(code, codes)}")
        if sum(levels.values()) > study.frame["invited"]:
            raise BadInput(f"{place} frame levels {name}: add up to more than the {study.frame['invited']} invited")
    weights = [item for item in study.items if item.role == "weight"]
    if len(weights) > 1 or any(item.type != "numeric" for item in weights):
        named = ", ".join(f"{item.name} ({item.type})" for item in weights)
        raise BadInput(f"{study.folder / 'codebook.csv'}: one numeric item can have the role weight; found {named}")
    _check_weights(study, place)
    if study.respondent_key and study.item(study.respondent_key, f"{place} respondent_key").role != "identifier":
        raise BadInput(f"{place} respondent_key: item {study.respondent_key!r} must have the role identifier")
    if study.submitted and study.item(study.submitted, f"{place} submitted").type != "date":
        raise BadInput(f"{place} submitted: item {study.submitted!r} must be of type date")
    if study.window and not study.submitted:
        raise BadInput(f"{place} window: needs `submitted`, the item that holds the day of submission")
    if study.window and study.window["first"] > study.window["last"]:
        raise BadInput(f"{place} window: first {study.window['first']} is after last {study.window['last']}")
    target, method = study.inference["target"], study.inference["method"]
    if target == "finite_population" and not study.frame:
        raise BadInput(f"{place} inference: finite_population needs the frame and its number invited")
    if name := study.inference.get("cluster"):
        _check_cluster(study, study.item(name, f"{place} inference cluster"), f"{place} inference cluster")
    if method not in study.interval_methods:
        raise BadInput(
            f"{place} inference: method {method!r} is not offered for {target}; it has "
            f"{', '.join(study.interval_methods)}"
        )
    if study.thresholds["near"] > study.thresholds["consensus"]:
        raise BadInput(
            f"{place} thresholds: near {study.thresholds['near']} is above consensus {study.thresholds['consensus']}"
        )
    if study.minimum_cell == 1:
        raise BadInput(f"{place} disclosure minimum_cell: 1 withholds nothing; give 0 to publish all, or 2 or more")
    for name in study.skip_logic_except:
        if not study.item(name, f"{place} skip_logic_except").asked_if:
            raise BadInput(f"{place} skip_logic_except: {name!r} is put to everybody (asked_if is empty); leave it out")
    _check_checks(study, place)
    for flag in study.flags:
        _check_flag(study, flag, f"{place} flags {flag['id']!r}")
    ids = [rule["id"] for rule in study.selection]
    for rule in study.selection:
        if ids.count(rule["id"]) > 1:
            raise BadInput(f"{place} selection: rule {rule['id']!r} is listed twice")
        _check_rule(study, rule, f"{place} selection rule {rule['id']!r}")
    check_sensitivity(study, place)


def _check_cluster(study: Study, item: Item, place: str) -> None:
    if item.type in ("multiple", "rank"):
        raise BadInput(f"{place}: item {item.name!r} has several columns; name one that says where a record belongs")
    if study.inference["method"] != "wilson":
        raise BadInput(f"{place}: only Wilson's interval knows clusters; set method to wilson, or leave cluster out")
    if study.weighting:
        raise BadInput(f"{place}: clusters and weights are not offered together; leave one out")


def _check_weights(study: Study, place: Path) -> None:
    weights, frame = study.settings.get("weights"), study.frame or {}
    if not weights:
        return
    if weights["method"] == "given":
        if not study.weight:
            raise BadInput(f"{place} weights: method given needs an item of role weight in codebook.csv")
        if "margins" in weights:
            raise BadInput(f"{place} weights: margins are for poststratify and rake; leave them out, or change method")
        return
    if "margins" not in weights:
        raise BadInput(f"{place} weights: method {weights['method']} needs margins, strata of the frame")
    if weights["method"] == "poststratify" and "file" not in frame:
        raise BadInput(
            f"{place} weights: poststratify needs frame.file, to count the cells; rake needs its levels only"
        )
    known = frame.get("strata", []) if "file" in frame else list(frame.get("levels", {}))
    for margin in weights["margins"]:
        if margin not in known:
            hint = nearest(margin, known)
            raise BadInput(f"{place} weights margins: {margin!r} is neither in frame.strata nor in frame.levels{hint}")


def _check_flag(study: Study, flag: dict[str, Any], place: str) -> None:
    if [other["id"] for other in study.flags].count(flag["id"]) > 1:
        raise BadInput(f"{place}: it is listed twice")
    if len({"duration", "started", "same_answer"} & set(flag)) != 1:
        raise BadInput(f"{place}: give one of duration, started, or same_answer")
    if len({"below", "below_median"} & set(flag)) != ("same_answer" not in flag):
        raise BadInput(f"{place}: duration and started need one of below and below_median, same_answer none")
    if "started" in flag and not study.submitted:
        raise BadInput(f"{place}: needs `submitted`, the item that holds the end")
    types = {"duration": ("numeric",), "started": ("date",), "same_answer": ("single", "ordinal", "numeric")}
    for key, allowed in types.items():
        names = flag.get(key, [])
        for name in [names] if isinstance(names, str) else names:
            if study.item(name, place).type not in allowed:
                raise BadInput(f"{place} {key}: {name!r} is {study.item(name).type}, not {' or '.join(allowed)}")


def _check_rule(study: Study, rule: dict[str, Any], place: str) -> None:
    kinds = [key for key in ("matches", "answered_below", "keep", "flagged") if key in rule]
    if rule["id"] == "outside_window":
        needed, present = "window", study.window
    elif rule["id"] == "not_in_frame":
        needed, present = "frame with a file", study.frame and study.frame.get("file") and study.respondent_key
    elif len(kinds) != 1:
        raise BadInput(f"{place}: give one of item with matches, answered_below, keep, or flagged")
    elif kinds == ["keep"]:
        needed, present = "respondent_key", study.respondent_key
    else:
        needed, present = "", True
    if not present:
        raise BadInput(f"{place}: needs {needed} in study.yaml")
    if rule["id"] in ("invited", "records", "analysed"):
        raise BadInput(f"{place}: the flow has a step of that name; choose another id")
    known = [flag["id"] for flag in study.flags]
    if "flagged" in rule and rule["flagged"] not in known:
        raise BadInput(f"{place}: no flag {rule['flagged']!r} under flags{nearest(rule['flagged'], known)}")
    if "item" in rule and study.item(rule["item"], place).type in ("multiple", "rank"):
        raise BadInput(f"{place}: item {rule['item']!r} has several columns; matches needs an item of one")
