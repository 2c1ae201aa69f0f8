"""Countries by the names that respondents give them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from small import change
from unit.test_cleaning import cleaned, column
from unit.test_recodes import replays, told

from survey.countries import codes, country_code, country_name, fold, nearest_country
from survey.errors import BadInput
from survey.recodes import read_cleaning_study
from survey.text import tidy

NAMES = {
    "AT": "Austria|AUSTRIA |Österreich|Osterreich|Oesterreich|Autriche|Rakousko|AUT|040",
    "CZ": "Czechia|Czech Republic|The Czech Republic|Česko|Česká republika|Ceska republika|Tschechien",
    "GB": "United Kingdom|the United Kingdom|UK|U.K.|uk|Great Britain|England|Scotland|Wales|Northern Ireland|GBR|GB",
    "GR": "Greece|Ελλάδα|Hellas|Griechenland|Grèce|EL|GR",
    "NL": "Netherlands|The Netherlands|Nederland|Holland|Pays-Bas|Niederlande",
    "TR": "Türkiye|Turkiye|Turkey|TURKEY|Türkei",
    "CY": "Cyprus|Κύπρος|Kıbrıs|Kibris|Zypern",
    "KR": "South Korea|Republic of Korea|Korea, Republic of",
    "MD": "Moldova|Republic of Moldova|Moldova, Republic of",
    "NO": "Norway|Norge|NO",
    "LU": "Lëtzebuerg|Luxembourg|Luxemburg",
    "MK": "North Macedonia|Северна Македония|Macedonia",
}


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, text in NAMES.items() for name in text.split("|")])
def test_a_country_is_known_by_its_names_in_the_languages_of_europe_and_its_codes(code, name):
    assert country_code(tidy(name)) == code


@pytest.mark.parametrize("name", ["Korea", "Congo", "NA", "no", "No", "is", "Europe", "Germny", "Berlin", "1", ""])
def test_what_could_be_two_countries_or_none_is_not_guessed(name):
    assert country_code(name) is None


def test_every_country_has_its_own_english_name_and_codes():
    wrong = [code for code in set(codes().values()) if country_code(country_name(code)) not in (code, None)]
    assert wrong == []
    assert all(country_code(code) == codes()[code] for code in codes())
    assert len(set(codes().values())) == 249


@pytest.mark.parametrize(("text", "code"), [("Germny", "DE"), ("Deutschlnd", "DE"), ("Frnace", "FR"), ("xyz", None)])
def test_a_misspelling_is_only_said_to_be_near(text, code):
    assert nearest_country(text) == code


@given(st.text())
@example("𝓐")
def test_a_folded_name_stays_as_it_is(text):
    assert fold(fold(text)) == fold(text) or fold(text).startswith("the ")
    country_code(tidy(text))


@pytest.fixture
def countries(small):
    """The small study with countries for the answers to `drug`."""
    change(small / "codebook.csv", "First drug,drug,", "First drug,drug,iso3166")
    for code, label, new, name in (("a", "Drug A", "de", "Germany"), ("b", "Drug B", "gbr", "United Kingdom")):
        change(small / "options.csv", f"drug,{code},{label}", f"drug,{new},{name}")
    change(small / "options.csv", "drug,none,No drug", "drug,xk,Kosovo")
    change(small / "codebook.csv", "drug == none", "drug == xk")
    return small


def test_an_item_of_countries_needs_no_aliases(countries):
    texts = ["Germany", "Deutschland", "UK", "Scotland ", "Kosovo", "Germny", "France", "Alemania?", "zzz", ""]
    records = [{"drug": text} for text in texts] + [{"drug": "-oth-", "drug[other]": "Vereinigtes Königreich"}]
    whole = cleaned(countries, *records)
    found = ["de", "de", "gbr", "gbr", "xk", None, None, "de", None, None, "gbr"]
    assert column(whole, "drug") == found
    assert told(whole, "drug")["2"] == ("Deutschland", "de", "country")
    assert told(whole, "drug")["11"] == ("-oth-", "gbr", "other_recoded")
    assert {row[0]: row[4:] for row in whole.validation} == {
        "6": ("is none of the options", "Germany"),
        "7": ("is a country that is not listed: France (FR)", ""),
        "9": ("is none of the options", ""),
    }
    replays(countries, whole, records)


def test_an_option_that_is_no_country_is_refused(countries):
    change(countries / "options.csv", "drug,de,", "drug,germany,")
    with pytest.raises(BadInput, match=r"options\.csv item 'drug': 'germany' \(Germany\) is no code of ISO 3166"):
        read_cleaning_study(countries)


def test_countries_are_single_answers(small):
    change(small / "codebook.csv", "Size,size,", "Size,size,iso3166")
    with pytest.raises(BadInput, match="iso3166 is for single items, this one is ordinal"):
        read_cleaning_study(small)
