"""What a single column is: an identifier, a weight, a date, a number, a choice, several answers joined, or a text."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from survey.answers import OTHER_MARK
from survey.cells import is_among
from survey.cleaning import TICKED, UNTICKED
from survey.dates import parse_date
from survey.drafting.contents import Content, fold, is_plain
from survey.drafting.items import (
    Answer,
    Item,
    coded_answers,
    is_ordered,
    labelled_answers,
    seen,
    sort_answers,
    texts_of,
)
from survey.drafting.joined import find_joined
from survey.drafting.scales import order_of
from survey.drafting.words import (
    COMMENT,
    IDENTIFIES,
    NAMES_UNIT,
    NUMBERS,
    PROGRAM_MISSING,
    URL,
    is_personal,
    kind_of,
    names_person,
    tokens,
)
from survey.export import Export
from survey.numbers import UNITS, parse_number
from survey.readers.structure import Variable
from survey.readers.values import number_text
from survey.text import tidy

FEW = 12  # different whole numbers that may be codes
MANY = 200  # answers of one question
LONGEST = 250  # characters of an answer
MISSING_CODE = re.compile(r"-\d|-?9{2,}|-?[89][789]|-?[789]{3,4}")
USUAL_CODE = re.compile(r"-[16-9]|-([6-9])\1+|-9+[5-9]")  # of the codes below zero those in wide use
FEW_CODES = 4
SCALE = re.compile(
    r"\bscale\b|\brat(?:e|ing)(?:_?\d+)?\b|\b[01]\s*(?:to|-|–|=)\s*(?:5|7|10)\b|\b1\s*=|skala|note", re.IGNORECASE
)
# Questions for a degree, so that few whole numbers are its points.
RATED = re.compile(
    r"\bhow (?:\w+ )?(?:satisfied|likely|important|confident|useful|helpful|difficult|easy|comfortable|concerned|"
    r"worried|clear|well|happy|relevant|familiar|aware|severe|strongly|prepared|willing|effective|good|safe)\b|"
    r"\bto what (?:extent|degree)\b|\bhow (?:\w+ )?do you (?:dis)?agree\b|\b(?:satisfaction|likert|vas|nps)\b|"
    r"\bwie (?:zufrieden|wahrscheinlich|wichtig|sicher|hilfreich|nützlich|schwierig|gut)\b|"
    r"\bin welchem (?:maß|ausmaß)|\bdans quelle mesure\b|\bà quel point\b|\ben qué medida\b|\bin che misura\b",
    re.IGNORECASE,
)
POINTS = 10  # the most that a point of a rating without labels is
COUNTED = re.compile(
    r"\bhow many\b|\bnumber\b|\bcount\b|\bwie ?viele\b|\banzahl\b|\bcombien\b|\bnombre\b", re.IGNORECASE
)
UNIT = re.compile(r"\(in (\w+)\)|\bhow many (\w+)|\bnumber of (\w+)|\bin (\w+)\?", re.IGNORECASE)
WEIGHT = re.compile(r"(?:\w+_)?(?:weights?|wgt|wt|wts|pweight|gewicht|poids)(?:_\w+)?|weight\w*")
TAGGED = re.compile(r"\.[a-z]")
ABOUT_WEIGHT = re.compile(r"\bweight(?:s|ing)?\b|\bgewicht|\bpoids\b|\bpondération", re.IGNORECASE)
CLOSED = TICKED | UNTICKED | {"ja", "nein", "oui", "non", "sí", "si", "true", "false", "m", "f", "male", "female"}
ONE_PERSON = re.compile(r"first|last|sur|family|mail|phone|birth|\bip\b")  # a header that never is of a category
APART = ("limesurvey", "surveymonkey", "qualtrics", "redcap")  # the text of "other" has a column of its own
MIXED_CODE = re.compile(r"(?=\S*\d)(?=\S*[a-z])[a-z0-9._/-]{3,20}")  # letters and digits, as in SIM0095
TYPED_OTHER = ("google_forms", "microsoft_forms")  # what is written under "other" stands among the answers
VARIANT = re.compile(r"\s*(?:[-–—]|\bto\b|\bbis\b)\s*")  # 16 to 25, 16-25 and 16 – 25 are one answer
LONG = 80  # characters of an answer that only one record has
SHORT = re.compile(r"(?=.{1,20}$)[^\s,;.!?]+(?: [^\s,;.!?]+){0,2}")  # the same, where people may have written it


@dataclass(frozen=True)
class File:
    """What the columns together say: whether answers are written as codes, and which codes stand for no answer.

    is_listed: whether the dictionary lists the answers of most columns of codes; then other numbers are numbers.
    """

    export: Export
    is_coded: bool
    missing: frozenset[str]
    is_listed: bool


def survey_file(export: Export, contents: Sequence[Content]) -> File:
    """Whether the file's answers are codes, and the codes below 0, or of nines, that many of its questions share."""
    codes = labels = listed = 0
    shared: dict[str, int] = {}
    for content in contents:
        if not content.filled or not content.is_whole or len(content.folded) > FEW + 3 or content.repeated < 0.8:
            continue
        texts = [text for text in content.folded if text not in PROGRAM_MISSING]
        if not texts:
            continue
        if all(is_plain(text) and float(text.replace(",", ".")).is_integer() for text in texts):
            codes += 1
            listed += bool(export.dictionary.get(content.column.name, Variable()).options)
            for number in _possible_codes(content.numbers):
                shared[number_text(number)] = shared.get(number_text(number), 0) + 1
        elif not all(is_plain(text) for text in texts):
            labels += 1
    missing = frozenset(text for text, times in shared.items() if times >= 3 and times * 4 >= codes)
    return File(export, codes > labels, missing, codes > 0 and listed * 2 >= codes)


def _possible_codes(numbers: Collection[float]) -> list[float]:
    """The numbers that are written as codes for no answer are; none below zero where values go on there.

    So they do where they follow one another from -1 down: three or more, or as far as above zero.
    """
    below = [number for number in numbers if number < 0]
    run = len(below) == -min(below, default=0.0)
    goes_on = {-1.0, -2.0, -3.0} <= set(below) or (run and len(below) == max(numbers, default=0.0))
    return [n for n in numbers if MISSING_CODE.fullmatch(number_text(n)) and not (goes_on and n < 0)]


def shared_missing(numbers: Collection[float], file: File) -> set[str]:
    """Of some numbers those that stand for no answer in many questions, as texts."""
    return {text for text in map(number_text, _possible_codes(numbers)) if text in file.missing}


def recognise(content: Content, question: str, file: File, known: Variable, part: str = "") -> Item:
    """A column that stands alone, as an item; source and question filled in, no name yet.

    part: of a block's question, where the column is called by it alone.
    """
    item = Item("text", "free_text", question, content.column.name, (content.place,), part=part)
    if not content.filled and not known.options:
        item.role = "ignore"
        item.add_note("empty")
        return item
    if content.filled and set(content.folded) <= PROGRAM_MISSING and not known.options:
        item.role = "ignore"
        item.add_note(f"nothing but {' and '.join(sorted(content.counts))}")
        return item
    for rule in (_told, _personal, _identifier, _weight, _date, _several, _number, _choice):
        if rule(item, content, file, known):
            return item
    _text(item, content, known)
    return item


def _told(item: Item, content: Content, file: File, known: Variable) -> bool:
    """What the dictionary says."""
    if known.identifier:
        item.role = "identifier"
        item.add_note("marked as an identifier in the dictionary")
        return True
    if known.type == "file":
        item.role = "ignore"
        item.add_note("a file that was handed in, which the export does not hold")
        return True
    if (names_person(content.column.name, item.question) or _part_names_person(item, content)) and not known.options:
        return _personal(item, content, file, known)
    if known.options and known.type != "multiple":
        missing = [code for code in {**known.options, **content.counts} if is_among(code, known.missing)]
        answers, unlisted = coded_answers(known.options, content.folded, missing)
        numbers = [text for text in unlisted if is_plain(text)]
        substantive = [answer for answer in answers if answer.kind in ("substantive", "other")]
        if (known.type in ("", "single", "numeric") and not substantive) or len(numbers) > FEW:
            # Labels of no answer only: a number with codes for "refused" and its like.
            item.type, item.role = "numeric", "outcome"
            item.answers = [answer for answer in answers if answer.kind not in ("substantive", "other")]
            return True
        _set_choice(item, answers)
        listed = sum(answer.n for answer in answers)
        if content.filled and listed * 2 < content.filled and not _lie_between(unlisted, substantive):
            item.doubt(
                75,
                "most cells hold none of the answers that the dictionary lists",
                f"{content.filled} cells, {listed} of them listed",
                "is it the dictionary of this export? else give the answers in options.csv",
                "options.csv",
            )
        _add_unlisted(item, content, unlisted, known)
        item.type = "ordinal" if is_ordered(item.answers) or _is_scale(item) else "single"
        return True
    if known.type == "numeric" and not _is_stored(file):
        item.type, item.role = "numeric", "outcome"
        item.minimum, item.maximum = _bound(known.minimum), _bound(known.maximum)
        _number_options(item, content, file, known)
        return True
    if known.type == "date":
        item.type, item.role = "date", "outcome"
        return True
    return False


def _is_stored(file: File) -> bool:
    """Whether the file says only how a variable is stored, and not what may be answered: ids are numbers, too."""
    return file.export.format in ("sav", "dta")


def _lie_between(texts: Sequence[str], ends: Sequence[Answer]) -> bool:
    """Whether texts are the points of a scale of which only the ends have labels."""
    codes = [answer.code for answer in ends]
    if len(codes) < 2 or not all(map(is_plain, (*texts, *codes))):
        return False
    points, known = ([float(text.replace(",", ".")) for text in own] for own in (texts, codes))
    return bool(points) and min(known) < min(points) and max(points) < max(known)


def _add_unlisted(item: Item, content: Content, unlisted: Sequence[str], known: Variable) -> None:
    """Answers that the dictionary lacks: several records gave them, or the cells are codes."""
    added = {}
    for text in unlisted:
        n, label = content.folded[text], content.spellings[text]
        if text == OTHER_MARK:
            item.answers.append(Answer("Other", "other", (), "other", n))
        elif is_among(label, known.missing):
            item.answers.append(Answer(label, label, (label,), "refused", n))
        elif text in PROGRAM_MISSING:
            item.answers.append(Answer(label, "", (), "not_applicable", n))
        elif (n > 1 or is_plain(text)) and len(label) <= LONGEST and not is_personal(label):
            item.answers.append(Answer(label, label if is_plain(text) else "", (label,), kind_of(label), n))
            added[label] = n
    if added:
        item.doubt(
            60,
            "answers that the dictionary does not list were added",
            seen(added),
            "give them their labels, or take them out",
            "options.csv",
        )


def _is_scale(item: Item) -> bool:
    """Whether only the ends of a scale have labels, and numbers stand between; then its answers are put in order."""
    counted = [answer for answer in item.answers if answer.kind == "substantive"]
    bare = [answer for answer in counted if answer.label == answer.code]
    if len(bare) < 2 or not all(is_plain(answer.code) for answer in counted):
        return False
    apart = [answer for answer in item.answers if answer.kind != "substantive"]
    counted.sort(key=lambda answer: float(answer.code.replace(",", ".")))
    item.answers = counted + apart
    return counted[0] not in bare or counted[-1] not in bare


def _bound(text: str) -> str:
    number = text.strip().replace(",", ".")
    return number if re.fullmatch(r"-?[0-9]+([.][0-9]+)?", number) else ""


def _personal(item: Item, content: Content, file: File, known: Variable) -> bool:
    addresses = sum(n for text, n in content.counts.items() if is_personal(text))
    by_header = names_person(content.column.name, item.question)
    if by_header and _is_category(content) and not addresses and not ONE_PERSON.search(fold(content.column.name)):
        by_header = False
    by_header |= _part_names_person(item, content)
    if by_header or addresses * 2 > content.filled:
        item.role = "identifier"
        item.doubt(
            45 if by_header and not addresses else 20,
            "taken to identify a person: it never leaves clean/",
            "its header asks for it" if by_header else "most cells are addresses or telephone numbers",
            "set type and role if it does not",
        )
        return True
    return False


def _part_names_person(item: Item, content: Content) -> bool:
    """Whether a part of a block asks for a person, as a field of a form does: no yes or no, scale or rating."""
    if not item.part or not names_person(item.part, item.part):
        return False
    texts = set(content.folded)
    rated = content.number_share == 1 and content.is_whole_numbers and len(texts) <= FEW
    return not content.is_whole or not (texts <= CLOSED or rated or order_of(list(texts)))


def _is_category(content: Content) -> bool:
    """Whether a few texts stand in many records each."""
    return content.is_whole and len(content.folded) <= 30 and content.repeated >= 0.95 and content.filled >= 10


def _identifier(item: Item, content: Content, file: File, known: Variable) -> bool:
    distinct = len(content.folded) if content.is_whole else content.filled
    words = tokens(content.column.name)
    short = 0 < len(words) <= 4
    by_header = short and any(IDENTIFIES.fullmatch(word) or NAMES_UNIT.fullmatch(word) for word in words)
    by_header |= short and bool(NUMBERS.fullmatch(words[-1])) and distinct == content.filled
    if not content.is_whole:
        if content.number_share > 0.5 and not by_header:
            return False
    elif distinct < max(2, 0.5 * content.filled):
        return False
    texts = list(content.folded)[:1000]
    codes = all(" " not in text and len(text) <= 40 for text in texts)
    every = content.filled >= 0.8 * content.records and distinct >= 20
    mixed = sum(_is_mixed(text) for text in texts) >= 0.9 * len(texts)
    numbers = content.numbers
    counted = (
        content.is_whole_numbers
        and len(numbers) == content.filled
        and min(numbers) in (0, 1)
        and max(numbers) < 2 * distinct
    )
    if not (by_header and (codes or distinct == content.filled)) and not (every and (mixed or counted)):
        return False
    if content.filled < 3 and not by_header:
        return False
    item.role = "identifier"
    item.doubt(
        40,
        "taken as an identifier: it never leaves clean/",
        f"{distinct} different texts in {content.filled} cells" + ("" if not by_header else "; so its header says"),
        "set type and role if it is an answer",
    )
    return True


def _is_mixed(text: str) -> bool:
    """Whether a text is of letters and digits, as a code is, and no date such as 15-Feb-2018."""
    return bool(MIXED_CODE.fullmatch(text.replace(" ", "", 1))) and not parse_date(text)


def _weight(item: Item, content: Content, file: File, known: Variable) -> bool:
    name = "_".join(tokens(content.column.name))
    about = known.question in ("", content.column.name) or ABOUT_WEIGHT.search(known.question)
    if not WEIGHT.fullmatch(name) or content.number_share < 0.99 or not about:
        return False
    numbers = content.numbers
    total = sum(numbers.values())
    mean = sum(number * n for number, n in numbers.items()) / total
    fractions = any(not number.is_integer() for number in numbers)
    if min(numbers) < 0 or not fractions or not content.is_whole or not 0.5 <= mean <= 2:
        return False
    item.type, item.role = "numeric", "weight"
    item.doubt(
        70,
        "taken as the weights of the records: shares are also given weighted, and groups compared with weights",
        f"numbers from {min(numbers):g} to {max(numbers):g}, {mean:.3f} on average",
        "set role to outcome if it is an answer, or to ignore",
    )
    return True


def _date(item: Item, content: Content, file: File, known: Variable) -> bool:
    if not content.is_whole and content.number_share > 0.5:
        return False
    total = sum(content.counts.values())
    read = sum(n for text, n in content.counts.items() if parse_date(tidy(text)))
    if read < 0.9 * total or content.number_share > 0.1:
        return False
    item.type, item.role = "date", "outcome"
    return True


def _several(item: Item, content: Content, file: File, known: Variable) -> bool:
    if known.type == "text" or asks_for_text(content, item.question):
        return False
    joined = find_joined(content, file.export.platform, known.type == "multiple")
    if not joined or any(is_personal(label) for label in joined.answers):
        return False
    item.separator = joined.separator
    item.answers = labelled_answers(joined.answers)
    if joined.is_order:
        item.type, item.role = "rank", "outcome"
        item.doubt(
            42,
            f"a ranking of {len(item.answers)} answers, joined by {joined.separator!r} in one cell from the first on",
            f"every one of {content.filled} cells holds them all, in another order",
            "set type multiple, where the order says nothing",
        )
        return True
    item.type, item.role = "multiple", "outcome"
    if known.type == "multiple" and known.options:
        counts = {fold(label): n for label, n in joined.answers.items()}
        answers, unlisted = coded_answers(known.options, counts, known.missing)
        item.answers = item.answers if unlisted else answers
    item.add_note(f"answers joined by {joined.separator!r}")
    if joined.left and not any(answer.kind == "other" for answer in item.answers):
        item.answers.append(Answer("Other (as written)", "other_as_written", (), "other", joined.left))
    item.doubt(
        66 if joined.left else 35,
        f"several answers to choose, joined by {joined.separator!r} in one cell",
        f"{seen(joined.answers)}; {joined.left} of {content.filled} cells hold another text, which counts as other",
        "take out or add options; for one text set type text and role free_text",
        "options.csv",
    )
    return True


def _number(item: Item, content: Content, file: File, known: Variable) -> bool:
    if known.type != "numeric" and not _is_typed(content, item.question):
        return False
    if content.is_whole and _are_codes(content, file, item.question):
        return _codes(item, content, file, known)
    item.type, item.role = "numeric", "outcome"
    _number_options(item, content, file, known)
    _doubt_few(item, content)
    return True


def _doubt_few(item: Item, content: Content) -> None:
    """A number of which only 0 or 1 and the next few are there, and which is not said to be counted."""
    apart = {fold(answer.label) for answer in item.answers}
    counts = {number_text(number): n for number, n in content.numbers.items() if number_text(number) not in apart}
    low, high = next(iter(counts), ""), len(counts) - 1
    points = [str(int(low) + step) for step in range(high + 1)] if low in ("0", "1") else []
    if len(points) > 1 and points == list(counts) and high <= POINTS and not COUNTED.search(item.question):
        item.doubt(
            58,
            "a number, though its few whole numbers may be points of a scale, or codes",
            seen(counts, 12),
            "set type ordinal (or single), and list them in options.csv, if they are",
        )


def _is_typed(content: Content, question: str) -> bool:
    """Whether most cells are numbers as people type them, and none is a range that was offered."""
    texts = {text: n for text, n in content.folded.items() if not is_plain(text)}
    programs = sum(n for text, n in texts.items() if text in PROGRAM_MISSING)
    apart = sum(n for text, n in texts.items() if kind_of(text) not in ("substantive", "other")) + programs
    numbers = sum(content.numbers.values())
    total = sum(content.folded.values())
    readings = {text: parse_number(text, _unit(question)) for text in texts}
    typed = numbers + sum(n for text, n in texts.items() if readings[text])
    if not numbers or numbers < 0.4 * (total - apart) or typed < 0.8 * (total - apart) or numbers < 2 < total:
        return False
    bounds = ("bound", "range_middle")
    offered = {
        text: n
        for text, n in texts.items()
        if re.match(r"-?\d", text)
        and n >= max(3, 0.02 * total)
        and (not readings[text] or readings[text].rule.split("+")[0] in bounds)
    }
    # "5+" or "10 or younger", again and again, was offered and not typed.
    return not offered or len(content.folded) > 2 * FEW


def _are_codes(content: Content, file: File, question: str) -> bool:
    """Whether whole numbers are codes of answers: yes and no, a scale, or few of them in a file of codes."""
    missing = shared_missing(content.numbers, file)
    numbers = [n for n in content.numbers if number_text(n) not in missing]
    if not content.is_whole_numbers or len(numbers) > FEW:
        return False
    if not numbers or (set(numbers) <= {0.0, 1.0} and content.filled > 2):
        return True
    small = min(numbers) >= -3 and max(numbers) <= 20
    if SCALE.search(question) and small:
        return True
    return _is_rating(numbers, question) or (file.is_coded and small and not file.is_listed)


def _is_rating(numbers: Collection[float], question: str) -> bool:
    """Whether whole numbers are points of a degree that is asked for, such as 1 to 5, 1 to 7 or 0 to 10."""
    return len(numbers) > 2 and min(numbers) >= 0 and max(numbers) <= POINTS and bool(RATED.search(question))


def _codes(item: Item, content: Content, file: File, known: Variable) -> bool:
    """Codes without labels: each is an option; those that stand for no answer are set aside."""
    answers = []
    shared = shared_missing(content.numbers, file) if len(content.folded) > 2 else ()
    for number, n in content.numbers.items():
        code, spelled = number_text(number), content.written[number]
        missing = code in shared or any(_is_told_missing(text, file, known) for text in spelled)
        answers.append(Answer(code, code, spelled, "refused" if missing else "substantive", n))
    for text, n in content.folded.items():
        label = content.spellings[text]
        if is_plain(text):
            continue
        if text in PROGRAM_MISSING:
            answers.append(Answer(label, "", (), "not_applicable", n))
        elif _is_told_missing(label, file, known):
            answers.append(Answer(label, label, (label,), "refused", n))
        elif n > 1 and not is_personal(label):
            answers.append(Answer(label, "", (), kind_of(label), n))
    scale = bool(SCALE.search(item.question) or RATED.search(item.question)) and len(answers) > 2
    _set_choice(item, sort_answers(answers + _points_between(answers) if scale else answers))
    item.type = "ordinal" if scale else "single"
    counts = {answer.label: answer.n for answer in item.answers}
    if not {"0", "1"} >= set(counts):
        item.doubt(
            72,
            f"{'points of a scale' if scale else 'codes of answers'}, and no numbers to take a median of",
            seen(counts, 12),
            "give each code its label in options.csv; set type numeric for a number, ordinal for a scale",
            "options.csv",
        )
    else:
        item.doubt(38, "yes or no, coded", seen(counts), "label the codes in options.csv", "options.csv")
    apart = {answer.label: answer.n for answer in item.answers if answer.kind in ("refused", "not_applicable")}
    if apart:
        item.doubt(
            68,
            "codes that stand for no answer were set aside, outside the base",
            seen(apart),
            "kind in options.csv: refused, dont_know, not_applicable, or substantive",
            "options.csv",
        )
    return True


def _points_between(answers: Sequence[Answer]) -> list[Answer]:
    """The points of a scale that nobody chose, between its lowest and its highest."""
    points = {int(answer.code) for answer in answers if answer.kind == "substantive" and is_plain(answer.code)}
    missing = set(range(min(points), max(points))) - points if points and max(points) <= POINTS else set()
    return [Answer(str(point), str(point), (str(point),)) for point in sorted(missing)]


def _number_options(item: Item, content: Content, file: File, known: Variable) -> None:
    """Texts and codes that stand for no number, as options outside the base; what cannot be read is counted."""
    item.unit = _unit(item.question)
    apart: dict[str, int] = {}
    for text, n in content.folded.items():
        label = content.spellings[text]
        kind = "not_applicable" if text in PROGRAM_MISSING else kind_of(text)
        if _is_told_missing(label, file, known):
            kind = "refused"
        if kind in ("substantive", "other") or any(fold(answer.label) == text for answer in item.answers):
            continue
        if is_plain(text):
            item.answers.append(Answer(label, label, (label,), kind, n))
        else:
            item.answers.append(Answer(label, "", (), kind, n))
        apart[label] = n
    codes = _missing_numbers(content, file)
    for number, n in codes.items():
        label = number_text(number)
        item.answers.append(Answer(label, label, content.written[number], "not_applicable", n))
        apart[label] = n
    if apart:
        item.doubt(
            69 if codes else 48,
            "taken to stand for no number, and left out of median and mean",
            seen(apart),
            "take the option out where it is a number",
            "options.csv",
        )
    below = {number_text(number): n for number, n in content.numbers.items() if number < 0 and number not in codes}
    if any(USUAL_CODE.fullmatch(text) for text in below):
        item.doubt(
            43,
            "values below zero are numbers, and no codes for no answer",
            seen(below),
            "list those that stand for no answer, with their kind",
            "options.csv",
        )
    unread = sum(
        n
        for text, n in content.counts.items()
        if not parse_number(fold(text), item.unit) and fold(text) not in {fold(answer.label) for answer in item.answers}
    )
    if unread:
        item.doubt(
            62,
            "a number, though some cells are none",
            f"{unread} of {content.filled} cells cannot be read as a number; clean/validation.csv will list them",
            "give the options that stand for no number, or set type text and role free_text",
        )


def _is_told_missing(text: str, file: File, known: Variable) -> bool:
    """Whether the file itself says that a code stands for no answer: declared missing, or tagged so by Stata."""
    return is_among(text, known.missing) or (file.export.format == "dta" and bool(TAGGED.fullmatch(text)))


def _unit(question: str) -> str:
    """The unit that a question names: days in `After how many days ...`."""
    named = [word.casefold() for match in UNIT.finditer(question) for word in match.groups() if word]
    return next((unit for word in named for unit in UNITS if word.rstrip("s") == unit.rstrip("s")), "")


def _missing_numbers(content: Content, file: File) -> dict[float, int]:
    """Numbers that stand for none: codes that many questions share; else written as such, and far from all others."""
    numbers = content.numbers
    if not numbers or not content.is_whole:
        return {}
    told = shared_missing(numbers, file)
    shared = [n for n in numbers if number_text(n) in told]
    possible = [n for n in _possible_codes(numbers) if n not in shared]
    ordinary = [n for n in numbers if not MISSING_CODE.fullmatch(number_text(n)) and n not in shared]
    below = [n for n in numbers if n < 0 and n not in shared]
    signed = len(below) > FEW_CODES or not all(USUAL_CODE.fullmatch(number_text(n)) for n in below)
    found = list(shared)
    if ordinary:
        middle = sorted(x for x in ordinary for _ in range(numbers[x]))
        usual = middle[int(0.95 * (len(middle) - 1))]
        found += [n for n in possible if n < 0 and min(ordinary) >= 0 and not signed]
        found += [n for n in possible if n > 3 * max(usual, 1) and numbers[n] > 1]
    return {number: numbers[number] for number in sorted(found)}


def _choice(item: Item, content: Content, file: File, known: Variable) -> bool:
    if not content.is_whole or (known.type == "text" and file.export.format not in ("sav", "dta")):
        return False
    folded = content.folded
    total = sum(folded.values())
    closed = set(folded) <= CLOSED
    labels = texts_of(content, folded)
    if any(len(label) > LONGEST or URL.search(label) for label in labels):
        return False
    if any(is_personal(label) for label in labels):
        return False
    distinct = len(folded)
    if not closed and (distinct > MANY or content.repeated < 0.8 or total < 4 or distinct > max(FEW, 0.35 * total)):
        return False
    if not closed and asks_for_text(content, item.question) and not order_of(list(labels)):
        return False
    listed, hidden = _split_rare(content, file)
    if hidden > 0.2 * total:
        return False
    answers: dict[str, Answer] = {}
    for label, n in listed.items():
        label = "Other" if fold(label) == OTHER_MARK else label
        answer = answers.setdefault(VARIANT.sub("-", fold(label)).rstrip(".!"), Answer(label, kind=kind_of(label)))
        answer.n += n
        answer.aliases += (label,)
    _set_choice(item, sort_answers(list(answers.values())))
    for answer in item.answers:
        if fold(answer.label) in PROGRAM_MISSING and file.is_coded:
            answer.kind = "not_applicable"
    item.type = "ordinal" if is_ordered(item.answers) else "single"
    if hidden:
        item.doubt(
            64,
            "texts of one record each were taken as written, not offered: not listed, and counted as not readable",
            f"{hidden} of {total} cells; clean/validation.csv will list them",
            "add those that were offered, or give them as aliases of an option of kind other",
            "options.csv",
        )
    if len(item.answers) == 1:
        item.doubt(
            56,
            "one answer only, so that its share is 100%",
            f"{seen(listed)}; {content.records - total} cells are empty",
            "is it a tick, which others did not set? then the empty cells are answers, too",
            "options.csv",
        )
    if distinct > FEW or content.repeated < 0.95:
        item.doubt(
            44,
            f"one answer of {distinct}, and no free text",
            f"{total} cells, {content.repeated:.0%} with a text that stands there twice or more",
            "set type text and role free_text if people wrote it",
        )
    return True


def _split_rare(content: Content, file: File) -> tuple[dict[str, int], int]:
    """The answers to list, and in how many cells stands one that is not: written by one person, perhaps.

    A text that stands there once was offered, where most texts stand there more often and it is as short as they are;
    not on platforms that put what is written under "other" among the answers.
    """
    folded = content.folded
    once = [text for text, n in folded.items() if n == 1 and text not in CLOSED]
    often = len(folded) - len(once)
    apart = file.export.platform in APART or file.export.format in ("sav", "dta")
    offered = file.export.platform not in TYPED_OTHER and len(once) <= (often if apart else often / 2)
    longest = max([LONG, *(len(text) for text, n in folded.items() if n > 1)])
    hidden = {text for text in once if not offered or len(text) > longest or (not apart and not SHORT.fullmatch(text))}
    return texts_of(content, (text for text in folded if text not in hidden)), len(hidden)


def asks_for_text(content: Content, question: str) -> bool:
    """Whether the header says that people write here; `_TEXT` is Qualtrics' mark, which its files of SPSS have, too."""
    return bool(
        content.column.name.endswith("_TEXT")
        or COMMENT.search(question)
        or COMMENT.search(" ".join(tokens(content.column.name)))
        or any(fold(header) == "open-ended response" for header in content.column.headers)
    )


def _set_choice(item: Item, answers: list[Answer]) -> None:
    item.type, item.role, item.answers = "single", "outcome", answers


def _text(item: Item, content: Content, known: Variable) -> None:
    """Free text; never an option, never evidence."""
    distinct = len(content.folded) if content.is_whole else content.filled
    item.type, item.role = "text", "free_text"
    if known.type == "text":
        return
    item.doubt(
        52 if distinct <= 30 and content.filled > 2 * distinct else 30,
        "free text: it never leaves clean/, and no result is made of it",
        f"{distinct} different texts in {content.filled} cells, {content.repeated:.0%} of them with a text found twice",
        "set type single and role outcome, and list the answers in options.csv, if it is a choice",
    )
