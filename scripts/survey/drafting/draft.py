"""A study folder drafted from an export."""

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from survey.answers import OTHER_MARKS
from survey.cleaning import check_block
from survey.drafting.blocks import recognise_block
from survey.drafting.branching import translate_conditions
from survey.drafting.columns import recognise, survey_file
from survey.drafting.contents import Content, fold, read_contents
from survey.drafting.dates import find_submission, order_dates
from survey.drafting.decimals import settle_points
from survey.drafting.domains import choose_groups, give_domains
from survey.drafting.items import Answer, Doubt, Item, Rule, give_codes, seen
from survey.drafting.letters import spell_out
from survey.drafting.missing import missing_codes, set_boxes_apart, without_codes
from survey.drafting.platforms import (
    administrative,
    asked,
    embedded,
    is_of_qualtrics,
    is_record_id,
    previews,
    unfinished,
)
from survey.drafting.relations import find_conditions, find_derived
from survey.drafting.report import draft_text
from survey.drafting.words import item_name, kind_of, shorten, slug
from survey.drafting.writing import (
    CLAIMS,
    REFERENCES,
    codebook_text,
    manuscript_text,
    options_text,
    recodes_text,
    study_text,
)
from survey.errors import BadInput
from survey.export import Export, Use, map_columns, read_export
from survey.numbers import parse_number
from survey.readers.structure import Variable
from survey.recodes import read_cleaning_study
from survey.study import Study
from survey.text import tidy

MOST_ITEMS = 3_000
DICTIONARY = {"variable / field name", "select_choices_or_calculations"}


def draft_study(path: Path, folder: Path, dictionary: Path | None = None, sheet: str = "") -> tuple[Export, list[Item]]:
    """Write a study folder that runs as it is; returns the export as read, and the items.

    sheet: of a workbook with several.

    Raises BadInput for an export that cannot be read or holds nothing to report, and for a folder that is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: is there and not empty; name another folder for --out, or empty it")
    export = read_export(path, sheet=sheet, dictionary=dictionary)
    if DICTIONARY.intersection(column.name.casefold() for column in export.columns):
        raise BadInput(
            f"{path}: a REDCap data dictionary, which holds no answers; "
            "give the export, and this file with --dictionary"
        )
    contents, sample = read_contents(export)
    codes = missing_codes(contents, export)
    contents = [without_codes(content, codes, export) for content in contents]
    items, doubts, settings = draft_items(export, contents, sample)
    set_boxes_apart(items, contents, codes)
    doubts += [code.doubt for code in codes]
    if not any(_is_counted(item, contents[item.places[0]]) for item in items):
        raise BadInput(
            f"{path}: none of its {len(export.columns)} columns holds answers that can be counted, only identifiers, "
            "free texts and cells that are no number; is it the export of the answers?"
        )
    coarser = find_derived(items, contents, sample)
    domains = give_domains(items, contents, export)
    groups = choose_groups(items, coarser, len(export.rows))
    translate_conditions(items, export, sample)
    find_conditions(items, contents, sample)
    settings |= {
        "id": slug(path.stem, 50).replace("_", "-") or "study",
        "title": _title(path, dictionary),
        "file": path.name,
        "platform": export.platform,
        "seed": int(export.sha256[:6], 16),
    }
    if export.sheet:
        settings["sheet"] = export.sheet
    if dictionary:
        settings["dictionary"] = dictionary.name
        if dictionary.name == path.name:
            raise BadInput(f"{dictionary}: has the name of the export; rename one of them")
    if export.format == "csv" and export.encoding not in ("utf-8", "utf-8-sig", "utf-16"):
        settings["encoding"] = export.encoding
        doubts.append(
            Doubt(
                28,
                f"the file is {export.encoding}",
                "it is not UTF-8, and these letters make the likeliest words",
                "name another encoding where letters look wrong",
                "study.yaml",
                "encoding",
            )
        )
    files = {
        "study.yaml": study_text(settings, domains, [item.name for item in groups]),
        "codebook.csv": codebook_text(items),
        "options.csv": options_text(items),
        "claims.yaml": CLAIMS,
        "manuscript.qmd": manuscript_text(domains, bool(groups), any(item.role == "weight" for item in items)),
        "references.bib": REFERENCES,
    }
    rules = [*(code.rule for code in codes), *(rule for item in items for rule in item.rules)]
    if rules:
        files["recodes.csv"] = recodes_text(rules)
    lines = _lines(items, files["study.yaml"], rules)
    names = [*files, path.name, *([dictionary.name] if dictionary else [])]
    files["DRAFT.md"] = draft_text(str(settings["title"]), path.name, export, items, doubts, lines, names)
    _write(folder, files, [path, *([dictionary] if dictionary else [])], export)
    return export, items


def _is_counted(item: Item, content: Content) -> bool:
    """Whether something of an item can be counted: of a number, that a cell holds one."""
    if not item.is_reported or item.type != "numeric":
        return item.is_reported
    apart = {fold(answer.label) for answer in item.answers}
    return any(text not in apart and parse_number(text, item.unit, settled=True) for text in content.folded)


def draft_items(
    export: Export, contents: Sequence[Content], sample: Sequence[Sequence[str]]
) -> tuple[list[Item], list[Doubt], dict[str, object]]:
    """The items of an export in the order of its columns, doubts about the whole file, and settings of study.yaml."""
    settings: dict[str, object] = {}
    doubts: list[Doubt] = []
    apart = {content.place: reason for content in contents if (reason := administrative(content, export))}
    answers = [content for content in contents if content.place not in apart]
    file = survey_file(export, answers)
    blocks: dict[str, list[Content]] = {}
    for content in answers:
        if content.column.part:
            blocks.setdefault(content.column.block, []).append(content)
    named = {content.column.name for content in answers}
    found: list[Item] = []
    drafted: set[str] = set()
    beside: dict[str, list[Content]] = {}
    for block, own in blocks.items():
        # The text of "other" beside a question of one column, called like the question.
        if block in named and all(_is_beside(content) for content in own):
            beside[block] = own
    for content in contents:
        column = content.column
        if content.place in apart:
            found.append(_administrative(content, apart[content.place], export))
        elif column.part and column.block in beside:
            continue
        elif column.part:
            if column.block not in drafted:
                drafted.add(column.block)
                found += recognise_block(blocks[column.block], sample, file)
        else:
            known = export.dictionary.get(column.name, Variable())
            item = recognise(content, asked(content, export).question, file, known)
            if embedded(content, export) and item.role != "ignore":
                _set_aside(item, content, "embedded data, from no question", 50)
            found.append(item)
            for text in _with_text(item, beside.get(column.name, [])):
                found.append(recognise(text, asked(text, export).question, file, Variable(type="text")))
    found.sort(key=lambda item: item.places[0])
    if len(found) > MOST_ITEMS:
        raise BadInput(f"{len(found)} questions, more than the {MOST_ITEMS} that are drafted; export fewer of them")
    _name(found, contents, export)
    _one_weight(found)
    separators: dict[str, int] = {}
    for item in found:
        if item.separator:
            separators[item.separator] = separators.get(item.separator, 0) + 1
    if separators:
        settings["separator"] = max(separators, key=lambda text: (separators[text], text))
        if len(separators) > 1:
            doubts.append(
                Doubt(
                    65,
                    f"several answers in one cell are joined by {settings['separator']!r}",
                    "questions differ: " + ", ".join(f"{text!r} {n}" for text, n in sorted(separators.items())),
                    "the separator holds for all; give the others as free text, or export them otherwise",
                    "study.yaml",
                    "separator",
                )
            )
    _find_key(found, contents, export, settings)
    submitted = find_submission(found, contents, export)
    if submitted:
        settings["submitted"] = submitted
    order_dates(found, contents, sample, export, submitted)
    settle_points(found, contents)
    doubts += _who_is_counted(found, contents, export)
    return found, doubts, settings


def _who_is_counted(items: Sequence[Item], contents: Sequence[Content], export: Export) -> list[Doubt]:
    """Records that may be no respondents of their own, or none at all."""
    doubts = []
    if " + " in export.id_column:
        records = len({name.split(" / ")[0] for name in export.ids})
        doubts.append(
            Doubt(
                90,
                "every row counts as one respondent, though rows are events or repeated forms of a record",
                f"{len(export.ids)} rows of {records} records",
                "export one event, or one form, of each record",
                "study.yaml",
                "export",
            )
        )
    if tests := previews(contents, export):
        status = next(item.name for item in items if is_of_qualtrics(contents[item.places[0]], "Status", export))
        doubts.append(
            Doubt(
                63,
                "records that the survey's makers wrote as previews or tests are counted",
                seen(tests),
                f"add a rule to selection: {{id: preview, reason: preview, item: {status}, matches: [...]}}",
                "study.yaml",
                "export",
            )
        )
    if begun := unfinished(contents, export):
        doubts.append(
            Doubt(
                61,
                "records that were begun and not submitted are counted",
                f"{begun} of {len(export.rows)} records",
                "add a rule with answered_below to selection",
                "study.yaml",
                "export",
            )
        )
    return doubts


def _is_beside(content: Content) -> bool:
    """Whether a column called like a question holds the text of its "other"."""
    column = content.column
    return column.is_text or kind_of(column.part) == "other" or column.part.casefold() in OTHER_MARKS


def _with_text(item: Item, texts: Sequence[Content]) -> Sequence[Content]:
    """A column that holds the text of "other" beside a choice belongs to it; it offers "other". Returns those left."""
    if (
        not texts
        or not item.answers
        or not (item.type in ("single", "ordinal") or (item.type == "multiple" and item.separator))
    ):
        return texts
    others = {fold(answer.label): answer for answer in item.answers if answer.kind == "other"}
    text = next((text for text in texts if fold(text.column.part) in others), texts[0])
    part = tidy(text.column.part)
    item.places += (text.place,)
    if not others:
        item.answers.append(Answer(part if len(part) > 2 else "Other", "other", (), "other", 0))
    elif not text.column.is_text and fold(part) not in others:
        answer = next(iter(others.values()))
        answer.aliases = (*answer.aliases, part)
    return [other for other in texts if other is not text]


def _administrative(content: Content, reason: str, export: Export) -> Item:
    item = Item("text", "ignore", content.column.name, content.column.name, (content.place,))
    item.add_note(reason if content.filled else f"{reason}; empty")
    if is_record_id(content, export):
        item.role = "identifier"
    return item


def _set_aside(item: Item, content: Content, why: str, weight: int) -> None:
    was = f"{item.type}, {item.role}"
    item.role, item.answers, item.doubts = "ignore", [], []
    item.minimum = item.maximum = item.unit = ""
    item.add_note(why)
    item.doubt(weight, f"left out: {why}", f"it would be drafted as {was}", "set type and role, and list its options")


def _name(items: Sequence[Item], contents: Sequence[Content], export: Export) -> None:
    """Names, labels and codes."""
    taken: set[str] = set()
    for item in items:
        column = contents[item.places[0]].column
        plain = column.block if item.type in ("multiple", "rank") and column.part else column.name
        worded = " " in plain.strip()
        if worded and item.block and item.part and export.platform != "limesurvey":
            plain = item.part
        item.name = item_name(plain, taken, item.places[0] + 1)
        taken.add(item.name)
        item.question = tidy(item.question) or tidy(column.name) or f"Column {item.places[0] + 1}"
        text = item.part if item.block and item.part else item.question
        item.label = shorten(tidy(text) or item.question)
        spell_out(item)
        give_codes(item.answers)
        if item.type in ("single", "ordinal", "multiple", "rank") and item.role != "ignore":
            _check_answers(item)
            _tell_apart(item)


def _tell_apart(item: Item) -> None:
    """Answers that their label sets outside the base."""
    apart = [a for a in item.answers if a.kind not in ("substantive", "other") and kind_of(a.label) == a.kind]
    if apart:
        item.doubts.append(
            Doubt(
                47,
                "answers that say nothing were set outside the base of the percentages",
                seen({answer.label: answer.n for answer in apart}),
                "kind: substantive, where they count as an answer",
                "options.csv",
                apart[0].code,
            )
        )


def _check_answers(item: Item) -> None:
    """A choice none of whose answers counts has nothing to report."""
    if not item.answers or not any(answer.kind in ("substantive", "other") for answer in item.answers):
        if item.answers and item.type in ("single", "ordinal", "multiple"):
            for answer in item.answers:
                answer.kind = "substantive"
        else:
            item.role = "ignore"
            item.answers = []
            item.add_note("no answers")


def _one_weight(items: Sequence[Item]) -> None:
    """A study has one weight: of several, the first; the others are set aside."""
    for item in [item for item in items if item.role == "weight"][1:]:
        item.role = "ignore"
        item.doubt(71, "another weight, left out", "a study has one", "exchange the roles of the two")


def _find_key(items: Sequence[Item], contents: Sequence[Content], export: Export, settings: dict[str, object]) -> None:
    """The item that tells respondents apart."""
    for item in items:
        content = contents[item.places[0]]
        whole = content.filled == content.records and content.is_whole
        alone = item.type == "text" and len({re.sub(r"\s", "", text) for text in content.folded}) == content.records
        own = is_record_id(content, export)
        if "respondent_key" not in settings and item.role == "identifier" and ((whole and alone) or (own and alone)):
            settings["respondent_key"] = item.name


def _title(path: Path, dictionary: Path | None) -> str:
    """What the questionnaire calls itself in its own dictionary, else the name of the file."""
    title = ""
    if dictionary:
        content = dictionary.read_text(encoding="utf-8-sig", errors="replace")
        if content.lstrip().startswith("{"):
            try:
                title = str(json.loads(content)["SurveyEntry"]["SurveyName"])
            except (ValueError, KeyError, TypeError, RecursionError):
                title = ""
        elif match := re.search(
            r"<surveyls_title>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</surveyls_title>", content, re.DOTALL
        ):
            title = match[1]
    title = tidy(title) or tidy(re.sub(r"[_\-]+", " ", path.stem))
    return shorten(title[:1].upper() + title[1:] if title else "Survey", 150)


def _lines(items: Sequence[Item], study: str, rules: Sequence[Rule]) -> dict[tuple[str, str], int]:
    """Where items and keys stand: no cell of the two tables holds a line break, so that a row is a line."""
    lines: dict[tuple[str, str], int] = {}
    row = 2
    for number, item in enumerate(items, start=2):
        lines["codebook.csv", item.name] = number
        if item.answers:
            lines["options.csv", item.name] = row
        for answer in item.answers:
            lines["options.csv", f"{item.name} {answer.code}"] = row
            row += 1
    for number, rule in enumerate(rules, start=2):
        lines["recodes.csv", rule.id] = number
        lines.setdefault(("recodes.csv", rule.item), number)
    for number, text in enumerate(study.splitlines(), start=1):
        key = text.strip().partition(":")[0]
        lines.setdefault(("study.yaml", key), number)
    return lines


def _check_blocks(study: Study, uses: Sequence[Use]) -> None:
    """Raises BadInput where cleaning would stop at a block of columns."""
    for item in study.items:
        own = [use for use in uses if use.item == item.name]
        pairs = [(use.column, use.option) for use in own if use.use == "answer" and use.option]
        if item.type in ("multiple", "rank") and item.role != "ignore" and pairs:
            check_block(item, pairs, len(pairs) < len(own))


def _write(folder: Path, files: dict[str, str], copies: Sequence[Path], export: Export) -> None:
    """All files or none: written beside the folder, read as a study, then given its name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".draft-") as name:
        new = Path(name) / "study"
        new.mkdir()
        for file, text in files.items():
            (new / file).write_text(text, encoding="utf-8", newline="")
        for path in copies:
            if path.name in files:
                raise BadInput(f"{path}: a study folder has a file of that name; rename the export")
            shutil.copyfile(path, new / path.name)
        try:
            study = read_cleaning_study(new)
            _check_blocks(study, map_columns(export.columns, study))
        except BadInput as error:
            told = str(error).replace(f"{new}/", "")
            raise BadInput(f"{copies[0]}: no study can be drafted from it as it is: {told}") from None
        if folder.exists():
            folder.rmdir()
        new.replace(folder)
