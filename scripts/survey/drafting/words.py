"""Words: names for items and codes, short labels, answers that are no answer, and what is personal."""

import re
import unicodedata
from collections.abc import Collection

from survey.conditions import WORDS as CONDITION_WORDS
from survey.dates import parse_date
from survey.drafting.contents import fold, is_plain
from survey.text import tidy

LABEL = 80  # characters of a label in figures
NAME = 40  # characters of an item's name or an option's code
# Keys of values.json begin with these; an item of the same name would be mistaken for them.
TAKEN = re.compile(
    r"agreement|area|checklist|claims|cleaning|comparators?|comparisons?|differences?|disposition|domain|figure|flow|"
    r"frame|inference|missing|record|reporting|response|row|software|study|thresholds|validation|waves|weights|words|"
    r"invited|analysed|" + "|".join(CONDITION_WORDS)
)
STOP = re.compile(
    r"a|an|and|any|are|as|at|be|been|by|can|could|did|do|does|for|from|had|has|have|how|if|in|into|is|it|"
    r"its|many|may|more|most|much|of|on|or|should|so|such|than|that|the|their|them|there|these|they|this|"
    r"to|was|were|what|when|where|which|who|whom|whose|why|will|with|would|you|your|we|our|i|please|"
    r"select|choose|tick|check|all|apply|following|below|one"
)

KINDS = {
    "other": re.compile(
        r"(?:an)?others?(?:\s*[(\[].*|\s*[,:;–-].*|\s+please.*)?|other \w+ \((?:please )?specify.*|"
        r"(?:sonstige[sr]?|andere[srn]?|autres?|otr[oa]s?|altr[oi]|overig|outros?)(?:\s*[(\[,:;–-].*)?|-oth-"
    ),
    "dont_know": re.compile(
        r"(?:i )?(?:do not|don['’]?t) know.*|not sure|unsure|(?:i am |i'm )?(?:not sure|unsure)(?: .*)?|no idea|"
        r"unknown|dk|can['’]?t say|wei(?:ß|ss) (?:ich )?nicht|keine ahnung|(?:je )?ne sais? pas|no (?:lo )?s[eé]|non so"
    ),
    "not_applicable": re.compile(
        r"n\s*/\s*a|n\.a\.|not applicable(?: .*)?|(?:this )?does(?: not|n['’]?t) apply(?: .*)?|"
        r"entfällt|nicht zutreffend|sans objet|no aplica"
    ),
    "refused": re.compile(
        r"(?:i )?(?:would )?(?:prefer|rather) not (?:to )?(?:say|answer|disclose|respond|state|tell).*|refused?|"
        r"(?:i )?declined?(?: to .*)?|no (?:answer|response)|keine angabe|möchte ich nicht (?:sagen|angeben)|"
        r"(?:je )?pr[eé]f[eè]re ne pas .*|prefiero no .*"
    ),
}
# Written by programs where nothing is; people write "NA" and "None" and mean it.
PROGRAM_MISSING = frozenset(["na", "nan", "inf", "-inf", "null", "#n/a", "<na>", "#null!", "#value!", "."])

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}", re.IGNORECASE)
PHONE = re.compile(r"(?:\+|\(|0)\d[\d\s()/.-]{6,}\d")
URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
PERSON = re.compile(
    r"(?:first|last|full|sur|family|given|middle|nick|user|maiden|vor|nach|familien)_?names?|name_(?:first|last|middle)|"
    r"names?|e?_?mails?|e?_?mail_address|(?:tele)?phones?(?:_number|_\d+)?|mobile(?:_number)?|cell_?phone|fax|"
    r"address(?:es)?|street|post_?codes?|zip(?:_?codes?)?|ip|ip_?addr(?:ess)?|ssn|mrn|passport|"
    r"dob|date_of_birth|birth_?da(?:te|y)|geburtsdatum|signature|latitude|longitude|"
    r"nom(?:_de_famille)?|pr[eé]noms?|courriel|adresses?(?:_de_messagerie|_e_?mail|_électronique)?|t[eé]l[eé]phone|"
    r"telefon(?:nummer)?|apellidos?|correo(?:_electr[oó]nico)?|tel[eé]fono|nome|cognome|naam|voornaam|achternaam"
)
ASKS_PERSON = re.compile(
    r"\b(?:your|full|first|last) (?:\w+ )?names?\b|\bnames? of (?:the )?(?:person|respondent|contact)|"
    r"\be-?mail address|\byour e-?mail\b|\b(?:phone|telephone|mobile) number\b|\bpostal address\b|\bdate of birth\b",
    re.IGNORECASE,
)
COMMENT = re.compile(
    r"\bcomments?\b|\bexplain\b|\bremarks?\b|\bsuggestions?\b|\bopen[- ]ended\b|\bfree[- ]?text\b|"
    r"\banmerkung|\bbemerkung|\bkommentar|\bbegründ|\bcommentaire|\bcomentario",
    re.IGNORECASE,
)
NAMES_UNIT = re.compile(r"name|names|bezeichnung")
IDENTIFIES = re.compile(
    r"ids?|codes?|key|guid|uuid|token|hash|serial|caseid|respid|respondent|respondentid|participant|recordid|pid"
)
NUMBERS = re.compile(r"nr|no|num|number|index|case|record|subject")  # of a unit, or of anything else


def tokens(name: str) -> list[str]:
    """The words of a column's name, `hospitalName` and `Q2_1.b` cut apart, in small letters."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [word for word in re.split(r"[^0-9a-zA-ZÀ-ÿ]+", apart.casefold()) if word]


def plain_letters(text: str) -> str:
    """The text in small letters of the English alphabet, digits and blanks."""
    for special, plain in (("ß", "ss"), ("æ", "ae"), ("ø", "o"), ("’", ""), ("'", ""), ("&", " and "), ("+", " plus ")):
        text = text.replace(special, plain)
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", letters.casefold()).strip()


def slug(text: str, longest: int = NAME) -> str:
    """A text as a name: its words joined by _, cut between words; "" where it has no Latin letter or digit."""
    words = plain_letters(text).split()
    name = words[0][:longest] if words else ""
    for word in words[1:]:
        if len(name) + 1 + len(word) > longest:
            break
        name += f"_{word}"
    return name


def item_name(text: str, taken: Collection[str], place: int) -> str:
    """A name for an item that no other has: a short column name as it is, of a question the words that tell."""
    words = plain_letters(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text) if " " not in text else text).split()
    telling = [word for word in words if not STOP.fullmatch(word)] if len(words) > 4 else words
    name = slug(" ".join(telling or words), NAME - 8)
    if not name:
        name = f"q{place}"
    if not name[0].isalpha():
        name = f"q_{name}"
    if TAKEN.fullmatch(name):
        name = f"{name}_asked"
    return unique(name, taken)


def unique(name: str, taken: Collection[str], form: str = "{}_{}") -> str:
    """The name, with a number where it is taken; form: how the two are put together."""
    number, found = 2, name
    while found in taken:
        found = form.format(name, number)
        number += 1
    return found


def shorten(text: str, longest: int = LABEL) -> str:
    """The text, cut between words where it is longer than a label may be."""
    text = tidy(text)
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:-–([") + "…"


def kind_of(label: str) -> str:
    """What an answer says: substantive, other, dont_know, not_applicable or refused."""
    text = fold(label).rstrip(".!")
    return next((kind for kind, pattern in KINDS.items() if pattern.fullmatch(text)), "substantive")


def is_personal(text: str) -> bool:
    """Whether a text is, or holds, an address of a person: e-mail, network or telephone."""
    if EMAIL.search(text) or ADDRESS.fullmatch(text):
        return True
    return bool(PHONE.fullmatch(text)) and not is_plain(text) and not parse_date(text)


def names_person(name: str, question: str) -> bool:
    """Whether a column's name or question asks who somebody is or where they are reached."""
    words = tokens(name)
    if len(words) <= 4 and PERSON.fullmatch("_".join(words)):
        return True
    return len(question.split()) <= 15 and bool(ASKS_PERSON.search(question))
