"""What a block of columns is: one question with several answers, a ranking, or the rows of a matrix."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from survey.answers import OTHER_MARKS
from survey.cells import NOT_SHOWN_TEXT, is_among
from survey.cleaning import RANK, TICKED, UNTICKED
from survey.drafting.columns import File, recognise, shared_missing
from survey.drafting.contents import Content, fold, is_plain
from survey.drafting.items import Answer, Item, coded_answers, is_ordered, seen, sort_answers
from survey.drafting.platforms import Asked, asked, is_comment
from survey.drafting.words import PROGRAM_MISSING, is_personal, kind_of, names_person
from survey.readers.structure import Variable
from survey.readers.values import number_text
from survey.text import tidy

SCALE_POINTS = 12  # different whole numbers of a rating
DISTINCT = 0.95  # of the records that rank two or more, those that give no rank twice
NO = frozenset(["no", "n", "false"])
TEXT_OF_OTHER = re.compile(r".*\btext\b.*|.*(?:specify|angeben|préciser).*")


def recognise_block(contents: Sequence[Content], sample: Sequence[Sequence[str]], file: File) -> list[Item]:
    """The items of a block of columns, in the order of the columns."""
    texts = [content for content in contents if _is_other_text(content, contents)]
    answers = [content for content in contents if content not in texts]
    texts_asked = {content.place: asked(content, file.export) for content in contents}
    if not answers:
        return [_alone(content, texts_asked[content.place], file) for content in contents]
    parts = [fold(content.column.part) for content in answers]
    if len(set(parts)) < len(parts):  # two columns of one option: which is which, a person must tell
        return _matrix(answers, texts, texts_asked, file)
    if all(content.column.picks for content in answers):
        return [_picked(answers, texts_asked, file), *_left(texts, texts_asked, file)]
    if _is_multiple(answers, file):
        return [_multiple(answers, texts, texts_asked, file)]
    if _is_ranked_by_place(answers, sample, file):
        return [_ranking(answers, texts_asked, file, True), *_left(texts, texts_asked, file)]
    if _is_ranked_by_option(answers, sample):
        return [_ranking(answers, texts_asked, file, False), *_left(texts, texts_asked, file)]
    return _matrix(answers, texts, texts_asked, file)


def _alone(content: Content, text: Asked, file: File, part: str = "") -> Item:
    """A column of a block as an item. part: what it is called, where its answers are its own."""
    told = Variable(type="text" if content.column.is_text or is_comment(content, file.export) else "")
    known = file.export.dictionary.get(content.column.name, told)
    item = recognise(content, text.question, file, known, part)
    item.block, item.stem, item.part = content.column.block, text.stem, text.part
    return item


def _left(texts: Sequence[Content], texts_asked: dict[int, Asked], file: File) -> list[Item]:
    """Texts beside a ranking or in a matrix, which no rule of a block reads: items of their own."""
    return [_alone(content, texts_asked[content.place], file) for content in texts]


def _is_other_text(content: Content, block: Sequence[Content]) -> bool:
    """Whether a column holds what was written beside "other": it says so, and it is no tick, rating or rank."""
    column = content.column
    if column.is_text:
        return True
    part = fold(column.part)
    if kind_of(column.part) != "other" and part not in OTHER_MARKS and not TEXT_OF_OTHER.fullmatch(part):
        return False
    if len(block) > 1 and not content.filled:
        return part in OTHER_MARKS or bool(TEXT_OF_OTHER.fullmatch(part))
    marks = set(content.folded)
    if marks <= TICKED | UNTICKED | {part}:
        return False
    siblings = {text for other in block if other is not content for text in other.folded}
    return not marks <= siblings and content.number_share < 0.9


def _marks(content: Content) -> set[str]:
    """The texts of a column, without what the platform writes where the box was not shown."""
    return set(content.folded) - ({NOT_SHOWN_TEXT} - {fold(content.column.part)})


def _ticks(content: Content) -> list[str]:
    """The texts that tick a column's box, the most frequent first."""
    told = content.column.ticked
    ticks = {told} if told else _marks(content) - UNTICKED
    return [text for text in content.folded if text in ticks]


def _is_multiple(answers: Sequence[Content], file: File) -> bool:
    """Whether each column is the tick of one option."""
    known = [file.export.dictionary.get(content.column.name, Variable()) for content in answers]
    hints = {variable.type for variable in known} - {""}
    if all(content.column.part.casefold() in OTHER_MARKS for content in answers):
        return False  # nothing to choose but "other"
    if hints == {"multiple"}:
        return True
    if hints == {"text"}:
        return False
    if hints and "multiple" not in hints and any(variable.options for variable in known):
        return len(answers) > 1 and all(map(_is_labelled_tick, answers, known))
    platform = file.export.platform
    filled = [content for content in answers if content.filled]
    if not filled:
        return platform == "redcap"
    named = all(_marks(c) <= {fold(c.column.part), fold(c.column.also)} - {""} | UNTICKED for c in filled)
    if named and (len(filled) > 1 or fold(filled[0].column.part) in filled[0].folded):
        return True
    marks = {text for content in filled for text in _marks(content)}
    if not marks <= TICKED | UNTICKED:
        # Each column its own code or text, and nothing else: what Qualtrics writes.
        own = [_marks(content) for content in filled]
        alone = len(filled) > 1 and all(len(one) == 1 for one in own) and len(set.union(*own)) == len(own)
        return alone and not _is_form(filled, marks)
    if platform in ("limesurvey", "redcap"):
        return True
    if marks & {"yes", "no", "y", "n"}:
        return False  # a row of yes-or-no questions: whoever says no to all has answered
    return len(filled) > 1 or not marks & UNTICKED


def _is_labelled_tick(content: Content, known: Variable) -> bool:
    """Whether the dictionary of a column lists a tick and nothing else, as Qualtrics labels its boxes for SPSS.

    A code for "not selected" may stand beside it, none for "no": to that question no is an answer.
    """
    ticks = [code for code, label in known.options.items() if fold(label) not in UNTICKED - NO]
    return len(ticks) == 1 and set(content.folded) <= {fold(code) for code in known.options}


def _is_form(filled: Sequence[Content], marks: Iterable[str]) -> bool:
    """Whether people wrote into the columns, one or few of them: names, addresses, or texts of one record each."""
    if any(names_person(content.column.part, content.column.part) for content in filled) or any(
        map(is_personal, marks)
    ):
        return True
    return not all(map(is_plain, marks)) and sum(content.filled > 1 for content in filled) * 2 <= len(filled)


def _multiple(answers: Sequence[Content], texts: Sequence[Content], texts_asked: dict[int, Asked], file: File) -> Item:
    first = answers[0]
    text = texts_asked[first.place]
    item = Item("multiple", "outcome", text.stem or first.column.block, first.column.block, ())
    item.places = tuple(content.place for content in (*answers, *texts))
    item.answers = []
    counts = {}
    for content in answers:
        column = content.column
        label = _tick_label(content, file) or texts_asked[content.place].part or column.part
        spelled = content.spellings.get(fold(label), "")
        n = sum(times for text, times in content.folded.items() if text in _ticks(content))
        kind = kind_of(label)
        own = [content.spellings[mark] for mark in _ticks(content) if _is_offered(content, mark)]
        # A tick may be the option's number, and a header its text, or the other way round.
        code = column.also if re.fullmatch(r"-?\w+", column.also) and not is_plain(column.part) else ""
        code = code or (column.part if len(column.part) <= 12 and " " not in column.part else "")
        item.answers.append(Answer(spelled or label, code, (column.part, column.also, *own), kind, n))
        counts[label] = n
    if texts and not any(answer.kind == "other" for answer in item.answers):
        part = next((t.column.part for t in texts if kind_of(t.column.part) == "other"), "Other")
        label = "Other" if part.casefold() in ("", *OTHER_MARKS) else tidy(part)
        item.answers.append(Answer(label, "other", (), "other", sum(t.filled for t in texts)))
    others = [answer for answer in item.answers if answer.kind == "other"]
    for answer in others[1:] if texts else ():
        answer.kind = "substantive"  # the text can only stand beside one of them
    if any(content.column.ticked for content in answers):
        return item
    marks = {text for content in answers for text in content.folded}
    if not marks & UNTICKED and len(answers) > 1:
        item.doubt(
            25,
            "several answers to choose; who ticked none counts as blank",
            seen(dict(sorted(counts.items(), key=lambda pair: -pair[1]))),
            "give asked_if, if only some were asked",
        )
    strange = sum(
        n
        for content, answer in zip(answers, item.answers, strict=False)
        for text, n in content.folded.items()
        if text in _marks(content) - TICKED - UNTICKED
        and text not in {fold(t) for t in (answer.label, answer.code, *answer.aliases)}
    )
    if strange:
        item.doubt(63, "cells that are neither a tick nor its absence", f"{strange} cells", "see clean/validation.csv")
    return item


def _tick_label(content: Content, file: File) -> str:
    """The option as the tick's own label has it, where that says more than that it was ticked."""
    known = file.export.dictionary.get(content.column.name, Variable())
    labels = [label for label in known.options.values() if fold(label) not in TICKED | UNTICKED]
    return tidy(labels[0]) if len(labels) == 1 and _is_labelled_tick(content, known) else ""


def _is_offered(content: Content, mark: str) -> bool:
    """Whether the platform wrote a tick in such words, and no person: it stands there more than once, or is a code."""
    return mark not in TICKED and (content.folded[mark] > 1 or is_plain(mark)) and not is_personal(mark)


def _picked(answers: Sequence[Content], texts_asked: dict[int, Asked], file: File) -> Item:
    """Several answers to choose, one in each column: the file lists what may stand in them."""
    first = answers[0]
    text = texts_asked[first.place]
    item = Item("multiple", "outcome", text.stem or first.column.block, first.column.block, ())
    item.places = tuple(content.place for content in answers)
    known = [file.export.dictionary.get(content.column.name, Variable()) for content in answers]
    options = {code: label for one in known for code, label in one.options.items()}
    counts, spelled = _texts_of_block(answers)
    codes = [*options, *spelled.values()]
    missing = [code for one in known for code in codes if is_among(code, one.missing)]
    item.answers, unlisted = coded_answers(options, counts, missing)
    for folded in unlisted:
        kind = "refused" if spelled[folded] in missing else "substantive"
        item.answers.append(Answer(spelled[folded], spelled[folded], (), kind, counts[folded]))
    if unlisted:
        item.doubt(
            60,
            "answers that the file does not list were added",
            seen({spelled[folded]: counts[folded] for folded in unlisted}),
            "give them their labels, or take them out",
            "options.csv",
        )
    item.add_note(f"several answers to choose, one in each of {len(answers)} columns")
    return item


def _texts_of_block(answers: Sequence[Content]) -> tuple[dict[str, int], dict[str, str]]:
    """The texts of a block's cells, folded: in how many cells each stands, and how it is spelled."""
    totals: dict[str, int] = {}
    spelled: dict[str, str] = {}
    for content in answers:
        for folded, n in content.folded.items():
            totals[folded] = totals.get(folded, 0) + n
            spelled.setdefault(folded, content.spellings[folded])
    return totals, spelled


def _numbers_of_block(answers: Sequence[Content]) -> set[float] | None:
    """The whole numbers of a block, None where anything else stands in it."""
    filled = [content for content in answers if content.filled]
    if not filled or any(content.number_share < 1 or not content.is_whole_numbers for content in filled):
        return None
    return {number for content in filled for number in content.numbers}


def _ranks_differ(answers: Sequence[Content], sample: Sequence[Sequence[str]]) -> bool:
    """Whether nearly all records that fill two or more cells fill them differently."""
    several = alike = 0
    places = [content.place for content in answers]
    for line in sample:
        cells = [fold(line[place]) for place in places if line[place]]
        cells = [cell for cell in cells if cell]
        if len(cells) > 1:
            several += 1
            alike += len(set(cells)) < len(cells)
    return several > 0 and alike <= (1 - DISTINCT) * several


def _is_ranked_by_option(answers: Sequence[Content], sample: Sequence[Sequence[str]]) -> bool:
    """A column per option, which holds its rank: 1 to the number of options, none given twice."""
    numbers = _numbers_of_block(answers)
    if len(answers) < 2 or not numbers or min(numbers) < 1 or max(numbers) > len(answers):
        return False
    return 1.0 in numbers and len(numbers) > 1 and _ranks_differ(answers, sample)


def _is_ranked_by_place(answers: Sequence[Content], sample: Sequence[Sequence[str]], file: File) -> bool:
    """Whether there is a column per rank, which holds an option."""
    parts = [RANK.fullmatch(content.column.part) for content in answers]
    if len(answers) < 2 or not all(parts):
        return False
    if sorted(int(match[1]) for match in parts) != list(range(1, len(answers) + 1)):
        return False
    if file.export.platform != "limesurvey" and not all(
        "rank" in content.column.part.casefold() for content in answers
    ):
        return False
    filled = [content for content in answers if content.filled]
    options = {text for content in filled for text in content.folded}
    if len(filled) < 2 or len(options) < len(filled) or options <= TICKED | UNTICKED:
        return False
    shared = options.intersection(*(content.folded for content in filled[:2]))
    return bool(shared) and _ranks_differ(answers, sample)


def _ranking(answers: Sequence[Content], texts_asked: dict[int, Asked], file: File, by_place: bool) -> Item:
    first = answers[0]
    text = texts_asked[first.place]
    item = Item("rank", "outcome", text.stem or first.column.block, first.column.block, ())
    item.places = tuple(content.place for content in answers)
    if by_place:
        known = file.export.dictionary.get(first.column.name, Variable()).options
        totals, spelled = _texts_of_block(answers)
        item.answers = [
            Answer(tidy(label), code, (code,), n=totals.get(fold(code), 0)) for code, label in known.items()
        ]
        named = {fold(text) for answer in item.answers for text in (answer.code, answer.label)}
        left = sorted((text for text in totals if text not in named), key=lambda text: (-totals[text], text))
        item.answers += [Answer(spelled[text], n=totals[text]) for text in left]
        what = f"a ranking of {len(item.answers)} answers, a column for each of {len(answers)} ranks"
    else:
        for content in answers:
            column = content.column
            label = texts_asked[content.place].part or column.part
            code = column.also or (column.part if len(column.part) <= 12 and " " not in column.part else "")
            item.answers.append(Answer(label, code, (column.part, column.also), n=content.filled))
        what = f"a ranking of {len(item.answers)} answers, a column for each of them"
    item.doubt(
        42,
        what,
        f"{max(content.filled for content in answers)} records rank; next to none gives a rank twice",
        "draft each column as an ordinal item if they are ratings",
    )
    return item


def _matrix(
    answers: Sequence[Content], texts: Sequence[Content], texts_asked: dict[int, Asked], file: File
) -> list[Item]:
    """A row per column. Rows with the same few answers have them in one order, also those that one row lacks."""
    items = []
    numbers = _numbers_of_matrix(answers, file)
    shared = Counter(text for content in answers for text in content.folded)
    for content in (*answers, *texts):
        alike = sum(shared[text] > 1 for text in content.folded)
        part = content.column.part if alike * 2 <= len(content.folded) else ""
        items.append(_alone(content, texts_asked[content.place], file, part))
    items.sort(key=lambda item: item.places)
    if any(names_person(item.part, item.part) and item.role == "identifier" for item in items):
        for item in items:
            _beside_person(item)
        return items
    if len(answers) > 1 and numbers is not None:
        _rate(items, answers, numbers, file)
    else:
        _share_answers(items, answers)
    return items


def _beside_person(item: Item) -> None:
    """What is asked beside a name or an address was written into a form: no text of it is an option."""
    if item.role in ("outcome", "group") and item.answers:
        was = item.type
        item.type, item.role, item.answers, item.doubts = "text", "free_text", [], []
        item.doubt(
            57,
            "asked beside a person's name or address, so taken as free text: it never leaves clean/",
            f"it would be drafted as {was}",
            f"set type {was} and role outcome, and list the answers in options.csv, if it is a choice",
        )


def _numbers_of_matrix(answers: Sequence[Content], file: File) -> list[float] | None:
    """The points of a rating that all rows share; None where the rows hold other things."""
    filled = [content for content in answers if content.filled]
    if len(filled) < 2 or any(not content.is_whole for content in filled):
        return None
    if any(file.export.dictionary.get(content.column.name, Variable()).options for content in filled):
        return None
    if any(not is_plain(text) and text not in PROGRAM_MISSING for content in filled for text in content.folded):
        return None
    numbers = {number for content in filled for number in content.numbers}
    if not all(number.is_integer() and abs(number) < 100 for number in numbers):
        return None
    missing = shared_missing(numbers, file)
    points = {number for number in numbers if number_text(number) not in missing}
    if not points or len(points) > SCALE_POINTS or max(points) > 11 or min(points) < -5:
        return None
    rows = [points.intersection(content.numbers) for content in filled]
    alike = sum(len(row) * 2 >= len(points) for row in rows)
    return sorted(numbers) if alike * 2 > len(rows) else None


def _rate(items: Sequence[Item], answers: Sequence[Content], numbers: Sequence[float], file: File) -> None:
    """Give every row of a rating all its points."""
    by_place = {content.place: content for content in answers}
    rows = [item for item in items if item.places[0] in by_place and item.role not in ("identifier", "weight")]
    points = {number_text(number): number for number in numbers}
    apart = shared_missing(numbers, file)
    if len(apart) == 1 and len(points) == 2:
        apart = set()  # one code besides: ticked and not ticked
    binary = set(points) - apart <= {"0", "1"} or len(points) - len(apart) == 2
    for item in rows:
        content = by_place[item.places[0]]
        counts = content.folded
        item.type, item.role = "single" if binary else "ordinal", "outcome"
        item.unit = ""
        item.answers = [
            Answer(
                text,
                text,
                (text, *content.written.get(number, ())),
                "refused" if text in apart else "substantive",
                content.numbers.get(number, 0),
            )
            for text, number in points.items()
        ]
        item.answers += [
            Answer(content.spellings[text], "", (), "not_applicable", n)
            for text, n in counts.items()
            if text in PROGRAM_MISSING
        ]
        item.doubts = []
    if rows:
        first = rows[0]
        shown = {answer.label: answer.n for answer in first.answers}
        first.doubt(
            58 if file.is_coded else 34,
            f"the first of {len(rows)} rows of a {'choice' if binary else 'scale'} of numbers without labels",
            seen(shown, 12),
            "give the points their labels, in all its rows" + ("" if binary else "; type numeric for medians"),
            "options.csv",
        )
        if apart:
            first.doubt(
                67,
                "codes that stand for no answer were set aside in all its rows",
                seen({text: n for text, n in shown.items() if text in apart}),
                "kind in options.csv: refused, dont_know, not_applicable, or substantive",
                "options.csv",
            )


def _share_answers(items: Sequence[Item], answers: Sequence[Content]) -> None:
    """Rows of one scale have the same answers, in the same order: also those that nobody chose in one of them."""
    by_place = {content.place for content in answers}
    rows = [
        item for item in items if item.places[0] in by_place and item.type in ("single", "ordinal") and item.answers
    ]
    labels: dict[str, int] = {}
    spelled: dict[str, Answer] = {}
    for item in rows:
        for answer in item.answers:
            labels[fold(answer.label)] = labels.get(fold(answer.label), 0) + answer.n
            spelled.setdefault(fold(answer.label), answer)
    if len(rows) < 2 or len(labels) > SCALE_POINTS:
        return
    largest = max(len(item.answers) for item in rows)
    if len(labels) > 1.5 * largest:
        return
    merged = [
        Answer(spelled[text].label, spelled[text].code, spelled[text].aliases, spelled[text].kind, n)
        for text, n in sorted(labels.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    listed = any(answer.code for answer in merged)  # then in the order of the dictionary
    merged = [spelled[text] for text in labels] if listed else sort_answers(merged)
    ordered = is_ordered(merged)
    for item in rows:
        own = {fold(answer.label): answer.n for answer in item.answers}
        item.answers = [Answer(a.label, a.code, a.aliases, a.kind, own.get(fold(a.label), 0)) for a in merged]
        item.type = "ordinal" if ordered else "single"
