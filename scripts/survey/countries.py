"""Countries by ISO 3166, whatever language a respondent names them in."""

import gettext
import re
import unicodedata
from difflib import get_close_matches
from functools import cache

# Languages of Europe, by the folders of translations that pycountry brings (Debian's iso-codes).
LANGUAGES = (
    *("be", "bg", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fi", "fo", "fr", "ga", "gl", "hr"),
    *("hu", "hy", "is", "it", "ka", "lt", "lv", "mk", "mt", "nb_NO", "nl", "nn", "pl", "pt", "ro", "ru", "sc", "sk"),
    *("sl", "sq", "sr", "sr@latin", "sv", "tr", "uk"),
)
# Usual names that ISO 3166 does not have. England, Scotland, Wales and Northern Ireland lie in the United Kingdom.
USUAL = {
    "AE": ("Emirates",),
    "AL": ("Shqipëria",),
    "BA": ("Bosnia", "Bosnia-Herzegovina", "Bosnia & Herzegovina"),
    "BE": ("België/Belgique",),
    "BN": ("Brunei",),
    "CH": ("Schweiz/Suisse/Svizzera",),
    "CI": ("Ivory Coast",),
    "CV": ("Cape Verde",),
    "CZ": ("Czech Republic", "Tschechei"),
    "DE": ("Federal Republic of Germany", "BRD"),
    "GB": ("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"),
    "GR": ("Hellas", "Ellada", "EL"),
    "IE": ("Republic of Ireland",),
    "IR": ("Iran",),
    "KP": ("North Korea",),
    "KR": ("South Korea",),
    "LA": ("Laos",),
    "LU": ("Lëtzebuerg",),
    "MD": ("Moldova",),
    "MK": ("Macedonia", "FYROM"),
    "MM": ("Burma",),
    "NL": ("Holland",),
    "RU": ("Russia", "Россия"),
    "SY": ("Syria",),
    "SZ": ("Swaziland",),
    "TR": ("Turkey",),
    "US": ("USA", "United States of America"),
    "VA": ("Vatican", "Vatican City"),
    "VN": ("Vietnam",),
}
# Names of which nobody knows which country is meant, and a code that is a word for a missing answer, too.
UNCLEAR = frozenset(["congo", "korea", "NA"])
SIGNS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", ".": ""})
SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
MARKS = re.compile(r"[^\w ]+")


def fold(text: str) -> str:
    """A name as compared: without accents, case, punctuation and a leading "the"."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
        plain = plain.casefold()  # a letter that has no small form may come apart into one that has
    words = MARKS.sub(" ", plain.translate(SIGNS)).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


def _spellings(name: str) -> set[str]:
    """A name folded; also with "ae" for "ä" and its like, and "Korea, Republic of" in its usual order."""
    name = name.casefold()
    last, _, first = name.partition(", ")
    written = {name, f"{first} {last}" if first else name}
    return {fold(text) for text in written | {way.translate(SPELT_OUT) for way in written}}


@cache
def codes() -> dict[str, str]:
    """ISO 3166-1 code, of two or three capitals or three digits, to that of two letters."""
    import pycountry

    kinds = ("alpha_2", "alpha_3", "numeric")
    known = {getattr(country, kind): country.alpha_2 for country in pycountry.countries for kind in kinds}
    return {code: two for code, two in known.items() if code not in UNCLEAR}


@cache
def names() -> dict[str, str]:
    """Folded name to ISO 3166-1 alpha-2 code: English names first, then those of other languages.

    A name that two countries have in different languages is left out.
    """
    import pycountry

    countries = list(pycountry.countries)
    kinds = ("name", "common_name", "official_name")
    english = {
        country.alpha_2: list(dict.fromkeys(filter(None, (getattr(country, kind, "") for kind in kinds))))
        for country in countries
    }
    own = {
        text: code
        for code, given in english.items()
        for name in (*given, *USUAL.get(code, ()))
        for text in _spellings(name)
    }
    foreign: dict[str, set[str]] = {}
    for language in LANGUAGES:
        words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for code, given in english.items():
            for translated in {words.gettext(name) for name in given} - set(given):
                for text in _spellings(translated):
                    foreign.setdefault(text, set()).add(code)
    clear = {text: min(found) for text, found in foreign.items() if len(found) == 1}
    return {text: code for text, code in (clear | own).items() if text and text not in UNCLEAR}


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of the country that a tidy text names, None where it names none for certain.

    A code counts in capitals only: "no" is a word, NO is Norway.
    """
    return codes().get(text) or names().get(fold(text))


def nearest_country(text: str) -> str | None:
    """The code of the country whose name in any language is most like a text, None where none is like it."""
    close = get_close_matches(fold(text), names(), n=1, cutoff=0.75)
    return names()[close[0]] if close else None


def country_name(code: str) -> str:
    """The English name of a country by its alpha-2 code."""
    import pycountry

    country = pycountry.countries.get(alpha_2=code)
    return getattr(country, "common_name", country.name)
