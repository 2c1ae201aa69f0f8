import csv
import html
import math
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.conditions import NOT_ASKED
from survey.errors import BadInput
from survey.platforms import headings
from survey.simulation import (
    ASSUMED_COLUMNS,
    MESS,
    Assumptions,
    Draws,
    apportion,
    is_asked,
    read_assumptions,
)
from survey.study import PROJECT, read_study

STUDY = PROJECT / "config" / "studies" / "ebmt-cart-2023"
FILES = PROJECT / "resources" / "simulated"


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY)


@pytest.fixture(scope="module")
def export():
    """The export's records as dictionaries by column name, without the text of the question."""
    with (FILES / "ebmt-cart-2023.csv").open(encoding="utf-8-sig", newline="") as file:
        heading, *lines = csv.reader(file)
    names = [cell.split(". ")[0] for cell in heading]
    return [dict(zip(names, line, strict=True)) for line in lines]


@pytest.fixture(scope="module")
def truth():
    return {row["record"]: row for row in rows(FILES / "ebmt-cart-2023-truth.csv")}


@pytest.fixture(scope="module")
def frame():
    return rows(FILES / "ebmt-cart-2023-frame.csv")


@pytest.fixture(scope="module")
def analysed(export, truth):
    return [record for record in export if truth[record["id"]]["analysable"] == "yes"]


def numeric_cells(records, study):
    sources = [item.source for item in study.items if item.type == "numeric"]
    return [record[source] for record in records for source in sources if record[source]]


# The questionnaire


def test_the_questionnaire_has_the_eleven_domains_and_every_type_of_question(study):
    assert len(study.domain_ids) == 11
    assert 60 <= len(study.items) <= 80
    assert {item.type for item in study.items} == {"single", "multiple", "ordinal", "numeric", "date", "rank", "text"}
    assert len({item.domain for item in study.items if item.asked_if}) >= 5


def test_texts_fit_a_figure(study):
    assert (
        max(len(text) for item in study.items for text in (item.label, *(option.label for option in item.options)))
        <= 60
    )


def test_only_country_and_region_share_a_column(study):
    shared = [source for source, count in Counter(item.source for item in study.items).items() if count > 1]
    assert shared == ["country"]


def test_the_positions_of_options_run_from_one_without_a_gap():
    positions = {}
    for row in rows(STUDY / "options.csv"):
        positions.setdefault(row["item"], []).append(int(row["position"]))
    assert all(found == list(range(1, len(found) + 1)) for found in positions.values())


def test_every_country_and_each_of_its_spellings_leads_to_one_region(study):
    regions = {alias: option.code for option in study.item("region").options for alias in option.aliases}
    for option in study.item("country").options:
        assert len({regions[text] for text in (option.label, *option.aliases)}) == 1


def test_a_text_of_other_is_never_the_name_of_a_listed_option(study):
    assumed = read_assumptions(STUDY / "assumed_shares.csv", study)
    for item in study.items:
        listed = {text.casefold() for option in item.options for text in (option.code, option.label, *option.aliases)}
        assert listed.isdisjoint(text.casefold() for text in assumed.texts(item.name, "other"))


def test_every_choice_is_assumed_to_be_made_by_everybody_exactly_once(study):
    assumed = read_assumptions(STUDY / "assumed_shares.csv", study)
    for item in study.items:
        if item.type in ("single", "ordinal", "rank") and item.name != "region":
            assert math.fsum(assumed.weights(item, {}).values()) == pytest.approx(1, abs=1e-4), item.name


def test_what_is_called_published_rests_on_a_confirmed_statement():
    published = {row["item"] for row in rows(STUDY / "assumed_shares.csv") if row["basis"] == "published"}
    statements = {row["item"]: row["note"] for row in rows(STUDY / "assumed_shares.csv") if row["basis"] == "published"}
    assert {"boost", "igg_adults", "anakinra_dose", "crs_refractory"} <= published
    assert all(statements.values())


# The export


def test_106_of_150_records_are_analysable_and_every_rule_excludes_some(export, truth, study):
    assert len(export) == len(truth) == 150
    found = Counter(row["exclusion"] for row in truth.values())
    assert found.pop("") == 106
    assert set(found) == {rule["id"] for rule in study.selection}


def test_the_export_looks_as_the_platform_writes_it(export, study):
    raw = (FILES / "ebmt-cart-2023.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.splitlines()[0].endswith(b'"comment. Is there anything else you would like to tell us?"')
    assert list(export[0])[:7] == ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"]
    assert headings(study)["boost_trigger[neutrophils]"][0].endswith("[Neutrophils &lt; 0.5 G/L]")
    assert {record["crs_markers[crp]"] for record in export} == {"Yes", "No", ""}


def test_every_kind_of_disorder_is_in_an_analysable_record(truth):
    for kind in {"country_spelling", *MESS} - {"html_blank"}:
        assert any(int(row[kind]) for row in truth.values() if row["analysable"] == "yes"), kind


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d+ ?(-|–|to) ?\d+",
        r">=?.*\d+",
        r"\d+,\d+",
        r"(approx\.|ca\.|~|about) ?\d+",
        r"\d+ weeks",
        r"[a-z]+",
        r"see SOP|depends",
    ],
)
def test_numbers_are_typed_in_many_ways(analysed, study, pattern):
    assert any(re.fullmatch(pattern, html.unescape(cell)) for cell in numeric_cells(analysed, study))


@pytest.mark.parametrize(
    "pattern", [r"\d{4}-\d\d-\d\d", r"\d\d/\d\d/\d{4}", r"\d\d\.\d\d\.\d{4}", r"[A-Z][a-z]+ \d{4}"]
)
def test_dates_are_typed_in_many_ways(analysed, pattern):
    assert any(re.fullmatch(pattern, record["guideline_date"]) for record in analysed)


def test_one_country_has_several_spellings(analysed, study):
    spellings = {record["country"] for record in analysed}
    germany = study.item("country").option("germany")
    assert len(spellings.intersection({germany.label, *germany.aliases})) >= 3


def test_blanks_and_entities_are_in_the_cells(analysed):
    cells = [cell for record in analysed for cell in record.values()]
    assert any(cell.endswith(" ") for cell in cells)
    assert any("\u00a0" in cell for cell in cells)
    assert any("&nbsp;" in cell for cell in cells)
    assert any("&gt;" in cell or "&lt;" in cell for cell in cells)
    assert any("\n" in cell for cell in cells)


def test_some_texts_of_other_name_a_listed_option(analysed, study):
    every = [item for item in study.items if any(option.kind == "other" for option in item.options)]
    names = {item.source: {text for o in item.options for text in (o.label, *o.aliases)} for item in every}
    assert any(record[f"{source}[other]"] in texts for record in analysed for source, texts in names.items())


def test_some_answer_what_they_should_not_have_been_asked(analysed):
    assert any(record["boost"] == "No" and record["boost_day"] for record in analysed) or any(
        record["age_limit"] == "No" and record["age_limit_years"] for record in analysed
    )


def test_do_not_know_is_an_answer(analysed):
    assert any("Do not know" in record.values() for record in analysed)


def test_a_question_that_was_not_shown_has_no_cell_filled(export, truth):
    clean = [record for record in export if truth[record["id"]]["skip_contradiction"] == "0"]
    assert not any(record["boost_trigger[gcsf]"] for record in clean if record["boost"] == "No")


def test_records_are_inside_the_window_unless_they_are_late_or_a_test(export, truth):
    for record in export:
        day = record["submitdate"][:10]
        if truth[record["id"]]["exclusion"] == "outside_window":
            assert day > "2023-04-27"
        elif day and truth[record["id"]]["exclusion"] != "test_record":
            assert "2023-02-23" <= day <= "2023-04-27"
    assert any(record["submitdate"].startswith("2023-04-27") for record in export)
    assert any(record["submitdate"].startswith("2023-04-28") for record in export)


def test_a_duplicate_is_the_less_complete_answer_of_a_centre_that_is_analysed(export, truth):
    filled = {record["id"]: sum(map(bool, record.values())) for record in export}
    kept = {row["centre_id"]: number for number, row in truth.items() if row["analysable"] == "yes"}
    assert len(kept) == 106
    for number, row in truth.items():
        if row["exclusion"] == "duplicate":
            assert filled[number] < filled[kept[row["centre_id"]]]


# The frame and its truth


def test_the_frame_has_227_different_centres_and_every_respondent_is_one_of_them(frame, truth):
    keys = {row["centre_id"] for row in frame}
    assert len(keys) == len(frame) == 227
    for row in truth.values():
        assert (row["centre_id"] in keys) == (row["exclusion"] not in ("not_in_frame", "test_record"))


def test_no_respondent_is_a_real_centre(export, frame):
    assert all(
        re.fullmatch(r"SIM\d{4}", row["centre_id"]) and re.fullmatch(r"Centre \d{3}", row["name"]) for row in frame
    )
    assert all(record["contact_email"].endswith("@example.org") for record in export if record["contact_email"])
    assert all(re.fullmatch(r"Contact \d{4}|Test|TEST EBMT|", record["contact_name"]) for record in export)


@pytest.mark.parametrize(
    ("item", "option", "group", "more", "less"),
    [
        ("outpatient", "selected", "volume", "from_50", "under_10"),
        ("boost", "yes", "volume", "from_50", "under_10"),
        ("seizure_prophylaxis", "none", "region", "western", "southern"),
        ("igg_adults", "everyone", "region", "southern", "northern"),
        ("hlh_criteria", "hlh_2004", "population", "paediatric", "adult"),
    ],
)
def test_assumed_differences_are_real_differences_among_all_centres(item, option, group, more, less):
    shares = {
        row["level"]: float(row["value"])
        for row in rows(FILES / "ebmt-cart-2023-true-shares.csv")
        if (row["item"], row["option"], row["group"]) == (item, option, group)
    }
    assert shares[more] > shares[less] + 0.1


def test_children_only_programmes_are_not_asked_about_adults(frame):
    asked = {
        row["level"]
        for row in rows(FILES / "ebmt-cart-2023-true-shares.csv")
        if row["item"] == "igg_adults" and row["group"] == "population"
    }
    assert asked == {"adult", "both"}


# The draws


def test_the_draws_are_the_same_on_every_machine():
    draws = Draws(20230223, "some purpose")
    assert [draws.uniform() for _ in range(2)] == [0.009998004382036019, 0.31593095327221277]
    assert Draws(20230223, "another purpose").uniform() != Draws(20230223, "some purpose").uniform()


def test_normal_draws_have_mean_zero_and_deviation_one():
    draws = Draws(1, "normal")
    values = [draws.normal() for _ in range(20_000)]
    mean = math.fsum(values) / len(values)
    assert mean == pytest.approx(0, abs=0.03)
    assert math.fsum((value - mean) ** 2 for value in values) / len(values) == pytest.approx(1, abs=0.04)


def test_weighted_draws_follow_their_weights_and_never_take_a_zero():
    draws = Draws(1, "weighted")
    found = Counter(draws.weighted({"a": 1, "b": 3, "never": 0}) for _ in range(20_000))
    assert found["b"] / found["a"] == pytest.approx(3, rel=0.06)
    assert "never" not in found


def test_a_sample_takes_each_thing_once_and_favours_the_heavier():
    first = Counter(
        Draws(seed, "sample").sample(["light", "heavy"], 2, {"light": 1, "heavy": 4}.get)[0] for seed in range(2000)
    )
    assert first["heavy"] / 2000 == pytest.approx(0.8, abs=0.03)
    with pytest.raises(ValueError, match="cannot draw 3 of 2"):
        Draws(1, "sample").sample(["a", "b"], 3)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=30), st.integers(0, 500))
def test_apportioned_numbers_add_up_and_are_within_one_of_the_exact_share(shares, total):
    counts = apportion({str(place): share for place, share in enumerate(shares)}, total)
    assert sum(counts.values()) == total
    for count, share in zip(counts.values(), shares, strict=True):
        assert abs(count - total * share / math.fsum(shares)) < 1.001


def test_an_odds_ratio_changes_the_chance_of_a_tick_only_at_its_level(study):
    base = {
        "item": "crs_refractory",
        "option": "anakinra",
        "group": "",
        "level": "",
        "quantity": "share",
        "value": "0.5",
    }
    effect = base | {"group": "volume", "level": "from_50", "quantity": "odds", "value": "3"}
    assumed = Assumptions([base, effect])
    item = study.item("crs_refractory")
    assert assumed.chance(item, "anakinra", {"volume": "from_50"}) == pytest.approx(0.75)
    assert assumed.chance(item, "anakinra", {"volume": "under_10"}) == pytest.approx(0.5)
    assert assumed.chance(item, "siltuximab", {"volume": "from_50"}) == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("boots,yes,,,share,0.5,assumed,", "did you mean 'boost'"),
        ("boost,yse,,,share,0.5,assumed,", "did you mean 'yes'"),
        ("boost,yes,,,sahre,0.5,assumed,", "'sahre' is none of"),
        ("boost,yes,volume,huge,odds,2,assumed,", "has no option 'huge'"),
        ("boost,yes,,,share,0.5,guessed,", "neither published nor assumed"),
        ("boost,yes,,,share,half,assumed,", "'half' is not a number"),
        ("response,duplicates,,,records,7,assumed,", "did you mean 'duplicate'"),
        ("disorder,number_rnage,,,cells,7,assumed,", "did you mean 'number_range'"),
        ("response,duplicate,,,records,7.5,assumed,", "'7.5' is not a whole number"),
    ],
)
def test_a_wrong_assumption_is_named_with_its_row(tmp_path: Path, study, line, message):
    path = tmp_path / "assumed_shares.csv"
    path.write_text(f"{','.join(ASSUMED_COLUMNS)}\n{line}\n")
    with pytest.raises(BadInput, match=f"row 2.*{message}"):
        read_assumptions(path, study)


def test_not_asked_is_not_a_blank_answer(study):
    item = study.item("boost_day")
    assert is_asked(item, {"boost": "yes"}, study) is True
    assert is_asked(item, {"boost": "no"}, study) is False
    assert is_asked(item, {}, study) is None
    assert is_asked(study.item("outpatient_minutes"), {"outpatient_conditions": NOT_ASKED}, study) is False
    assert is_asked(study.item("bridging_regimens"), {"bridging_share": "dont_know"}, study) is None
