"""Missing-data codes of a REDCap project: they may stand in every field, and no field's own list has them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from survey.dates import parse_date
from survey.drafting.columns import MISSING_CODE
from survey.drafting.contents import Content, fold, is_plain
from survey.drafting.items import Doubt, Item, Rule
from survey.drafting.words import kind_of, slug
from survey.export import Export
from survey.numbers import parse_number
from survey.readers.structure import Variable

# The codes that REDCap proposes, and others in wide use, by what they say.
KINDS = dict.fromkeys(("unk", "ni", "asku", "nav", "dk", "nd", "inv"), "dont_know")
KINDS |= dict.fromkeys(("na", "np", "nask", "nap", "n/a"), "not_applicable")
KINDS |= dict.fromkeys(("msk", "ref", "rf"), "refused")
SEVERAL = 2  # fields that hold a code which is listed for none of them


@dataclass(frozen=True)
class MissingCode:
    """A code as the cells have it, the kind of missing that it stands for, and where it was seen."""

    text: str
    kind: str
    seen: str

    @property
    def rule(self) -> Rule:
        """The row of recodes.csv that holds for every item."""
        why = f"missing-data code of the project: {self.seen}"
        return Rule(f"missing_{slug(self.text)}", "*", "is", self.text, f"<{self.kind}>", why)

    @property
    def doubt(self) -> Doubt:
        """What a person should look at, with the line of the rule."""
        return Doubt(
            73,
            f"{self.text} is a missing-data code of the project ({self.kind}), outside the base in all fields",
            self.seen,
            "correct what it becomes (<dont_know>, <not_applicable>, <refused>); delete the row if it is an answer",
            "recodes.csv",
            self.rule.id,
        )


def missing_codes(contents: Sequence[Content], export: Export) -> list[MissingCode]:
    """The codes of a project whose dictionary is given: boxes that it lacks, and what several fields hold unlisted."""
    if export.platform != "redcap" or not export.dictionary:
        return []
    fields: dict[str, list[Content]] = {}
    spelled: dict[str, str] = {}
    for content in contents:
        for text in _unlisted(content, export.dictionary.get(content.column.name, Variable())):
            fields.setdefault(text, []).append(content)
            spelled.setdefault(text, content.spellings[text])
    boxes = {fold(content.column.part): content for content in contents if _is_unlisted_box(content, contents, export)}
    found = []
    for text in (*boxes, *(text for text in fields if text not in boxes)):
        own = fields.get(text, [])
        if text not in boxes and (len(own) < SEVERAL or not _is_code(spelled[text])):
            continue
        seen = [f"the dictionary lists no box {boxes[text].column.name}"] if text in boxes else []
        cells = [f"{content.column.name} {content.folded[text]}" for content in own]
        seen += [f"cells that hold it: {', '.join(cells)}"] if cells else []
        told = kind_of(text)
        kind = KINDS.get(text, "refused" if told in ("substantive", "other") else told)
        found.append(MissingCode(spelled.get(text, text), kind, "; ".join(seen)))
    return found


def without_codes(content: Content, codes: Sequence[MissingCode], export: Export) -> Content:
    """A column without the cells that hold one of the codes, unless they are listed for it."""
    known = export.dictionary.get(content.column.name, Variable())
    apart = {fold(code.text) for code in codes} - {fold(text) for pair in known.options.items() for text in pair}
    counts = {text: n for text, n in content.counts.items() if fold(text) not in apart}
    lost = sum(content.counts.values()) - sum(counts.values())
    return replace(content, counts=counts, filled=content.filled - lost) if lost else content


def set_boxes_apart(items: Sequence[Item], contents: Sequence[Content], codes: Sequence[MissingCode]) -> None:
    """A box that is ticked where the answer is missing is an option outside the base."""
    kinds = {fold(code.text): code.kind for code in codes}
    for item in (item for item in items if item.type == "multiple" and kinds):
        for place, answer in zip(item.places, item.answers, strict=False):
            kind = kinds.get(fold(contents[place].column.part))
            if kind and answer.kind != kind:
                answer.kind = kind
                item.doubts.append(
                    Doubt(
                        68,
                        "a box of a missing-data code of the project was set outside the base",
                        f"`{answer.label}` {answer.n}",
                        "kind: dont_know, not_applicable, refused, or substantive where it is an answer",
                        "options.csv",
                        answer.code,
                    )
                )


def _is_unlisted_box(content: Content, contents: Sequence[Content], export: Export) -> bool:
    """Whether the dictionary lacks a box, and has others of its field."""
    own, known = content.column, export.dictionary
    if not own.part or own.name in known:
        return False
    return any(other.column.block == own.block and other.column.name in known for other in contents)


def _unlisted(content: Content, known: Variable) -> list[str]:
    """The texts of a column that are none of its options, or no number or date where one was asked for."""
    if known.options and known.type != "multiple":
        listed = {fold(text) for pair in known.options.items() for text in pair}
        return [text for text in content.folded if text not in listed]
    if known.type == "numeric":
        return [text for text in content.folded if not parse_number(text)]
    return [text for text in content.folded if not parse_date(text)] if known.type == "date" else []


def _is_code(text: str) -> bool:
    """Whether a text is written as a code for no answer. A number above zero may be an answer to another question."""
    if is_plain(text):
        return text.startswith("-") and bool(MISSING_CODE.fullmatch(text))
    told = kind_of(text) not in ("substantive", "other")
    return told or fold(text) in KINDS or (text.isalpha() and text.isupper() and len(text) <= 5)
