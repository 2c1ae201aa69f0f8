import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ROOT

from survey import manuscript
from survey.manuscript import typed_statistics


def entry(display, row=2, value=None):
    return {
        "value": display if value is None else value,
        "display": display,
        "unit": "",
        "file": "",
        "row": row,
        "column": "",
    }


BOOST = {
    "boost.question": entry("Boost considered?"),
    "boost.n_valid": entry("100", value=100),
    "boost.missing.blank": entry("1", value=1),
    "boost.missing.dont_know": entry("3", value=3),
    "boost.missing.not_asked": entry("2", value=2),
    "boost.yes.label": entry("Yes", 9),
    "boost.yes.n": entry("60", 9, 60),
    "boost.yes.n_of": entry("60/100", 9),
    "boost.yes.percent": entry("60%", 9),
    "boost.yes.ci": entry("52 to 67", 9),
    "boost.yes.words": entry("more than half", 9),
    "boost.no.label": entry("No | never", 10),
    "boost.no.n": entry("40", 10, 40),
    "boost.no.n_of": entry("40/100", 10),
    "boost.no.percent": entry("40%", 10),
    "boost.no.ci": entry("33 to 48", 10),
    "boost.dont_know.label": entry("Do not know", 11),
    "boost.dont_know.n": entry("3", 11, 3),
    "inference.level": entry("95%"),
    "comparisons.domain.crs.p": entry("0.16"),
    "study.units": entry("wards"),
    "figure.crs.alt": entry('Bars of "CRS" <answers>'),
    "flow.invited": entry("227", 2, 227),
    "flow.records": entry("150", 3, 150),
    "flow.opened.n": entry("130", 4),
    "flow.opened.excluded": entry("20", 4),
    "flow.opened.reason": entry("opened and left", 4),
    "flow.duplicate.n": entry("106", 5),
    "flow.duplicate.excluded": entry("24", 5),
    "flow.analysed": entry("106", 6),
    "stay.question": entry("Days in hospital?"),
    "stay.n_valid": entry("90", value=90),
    "stay.median": entry("14"),
    "stay.iqr": entry("10 to 21"),
    "stay.unit": entry("days"),
    "domain.crs.title": entry("Cytokine release syndrome"),
    "domain.crs.items": entry("boost, stay", value=["boost", "stay"]),
    "claims.b.verdict": entry("fails", 3),
    "claims.a.verdict": entry("holds", 2),
    "claims.a.statement": entry("Most do.", 2),
    "claims.a.computed": entry("60", 2),
    "disposition.complete.n": entry("106", 2),
    "disposition.complete.code": entry("I", 2),
    "disposition.complete.definition": entry("complete answer", 2),
    "disposition.non_contact.n": entry("121", 3),
    "disposition.non_contact.code": entry("NC", 3),
    "disposition.non_contact.definition": entry("no answer", 3),
    "response.RR1.definition": entry("complete answers", 2),
    "response.RR1.formula": entry("I / (I + NC)", 2),
    "response.RR1.reason_not_run": entry("", 2),
    "response.RR1.n_of": entry("106/227", 2),
    "response.RR1.percent": entry("47%", 2),
    "response.RR3.definition": entry("estimated", 3),
    "response.RR3.formula": entry("I / e(U)", 3),
    "response.RR3.reason_not_run": entry("the sample has no frame", 3),
    "frame.region.p": entry("<0.001", 2),
    "frame.region.difference": entry("0.21", 2),
    "frame.region.north.label": entry("North", 3),
    "frame.region.north.frame_n": entry("100", 3),
    "frame.region.north.frame_percent": entry("44%", 3),
    "frame.region.north.respondents_n": entry("40", 3),
    "frame.region.north.respondents_percent": entry("38%", 3),
    "frame.region.north.response_percent": entry("40%", 3),
    "frame.region.north.difference": entry("−0.13", 3),
    "frame.region.south.label": entry("South", 2),
    "frame.region.south.frame_n": entry("127", 2),
    "frame.region.south.frame_percent": entry("56%", 2),
    "frame.region.south.respondents_n": entry("66", 2),
    "frame.region.south.respondents_percent": entry("62%", 2),
    "frame.region.south.response_percent": entry("52%", 2),
    "frame.region.south.difference": entry("0.13", 2),
    **{
        f"difference.{rank}.{name}": entry(shown, rank)
        for rank in (2, 10)
        for name, shown in {
            "question": f"Question {rank}",
            "group": "Volume",
            "test": "chi-square",
            "p_adjusted": "0.012",
            "effect_name": "odds ratio",
            "effect": "2.00",
            "effect_ci": "1.10 to 3.50",
        }.items()
    },
    **{
        f"comparison.crs.{rank}.{name}": entry(shown, rank + 1)
        for rank, group, run in ((2, "Region", False), (10, "Volume", True), (1, "Volume", True))
        for name, shown in {
            "question": "Markers: C-reactive protein" if rank < 10 else "Grading",
            "group": group,
            "test": "Fisher" if run else "",
            "n": "102",
            "effect_name": "odds ratio" if run else "",
            "effect": "2.00" if run else "–",
            "effect_ci": "1.10 to 3.50" if rank == 1 else "–",
            "p": "<0.001" if run else "–",
            "p_adjusted": "0.012" if run else "–",
            "reason_not_run": "" if run else "all gave the same answer",
        }.items()
    },
    "cleaning.cells": entry("25", value=25),
    "cleaning.changed": entry("12", value=12),
    "cleaning.to_look_at": entry("3", value=3),
    "cleaning.alias": entry("2", value=2),
    "cleaning.decimal_comma+range_middle": entry("10", value=10),
    "cleaning.not_asked": entry("13", value=13),
    "validation.1.problem": entry("is not a number"),
    "validation.1.n": entry("2", value=2),
    "validation.2.problem": entry("ranked twice"),
    "validation.2.n": entry("1", value=1),
    "comparator.1.study": entry("rejeski", 2),
    "comparator.1.question": entry("G-CSF", 2),
    "comparator.1.option_labels": entry("Yes", 2),
    "comparator.1.n_of": entry("60/100", 2),
    "comparator.1.percent": entry("60%", 2),
    "comparator.1.ci": entry("52 to 67", 2),
    "comparator.1.published_n_of": entry("not printed", 2),
    "comparator.1.published": entry("93%", 2),
    "comparator.1.published_ci": entry("–", 2),
    "comparator.1.note": entry("Physicians, not centres.", 2),
    "agreement.1.question": entry("Alike?"),
    "agreement.1.top_label": entry("Yes"),
    "agreement.1.top_percent": entry("95%"),
    "agreement.1.entropy": entry("0.10"),
}


@pytest.fixture(autouse=True)
def values(tmp_path, monkeypatch):
    (tmp_path / "values.json").write_text(json.dumps(BOOST, sort_keys=True))
    monkeypatch.chdir(tmp_path)
    manuscript.values.cache_clear()
    yield
    manuscript.values.cache_clear()


def test_a_value_is_printed_as_it_is_displayed():
    assert manuscript.v("boost.yes.percent") == "60%"


def with_files(folder):
    """The same values, each from a file."""
    placed = {key: content | {"file": "stats/a.csv"} for key, content in BOOST.items()}
    placed["boost.yes.percent"]["value"] = 60.0
    placed["stay.median"]["value"] = 14
    (folder / "values.json").write_text(json.dumps(placed))


def test_a_number_is_marked_with_its_key_and_a_text_is_not(tmp_path):
    with_files(tmp_path)
    assert manuscript.v("boost.yes.percent")._repr_markdown_() == '[60%]{.value data-keys="boost.yes.percent"}'
    assert not hasattr(manuscript.v("boost.question"), "_repr_markdown_")


def test_figures_of_one_sentence_are_marked_together(tmp_path):
    with_files(tmp_path)
    keys = "boost.yes.n_of boost.yes.percent boost.yes.ci"
    expected = f'more than half of the wards ([60/100, 60%, 95% CI 52 to 67]{{.value data-keys="{keys}"}})'
    assert manuscript.share("boost.yes")._repr_markdown_() == expected
    keys = "stay.median stay.iqr"
    expected = f'[14 days (quartiles 10 to 21)]{{.value data-keys="{keys}"}}'
    assert manuscript.typical("stay")._repr_markdown_() == expected


def test_a_longer_text_made_of_values_shows_no_marks(tmp_path):
    with_files(tmp_path)
    text = (
        f"{manuscript.v('boost.yes.percent')}, " + manuscript.counts("boost.no") + f"; {manuscript.share('boost.yes')}"
    )
    assert text == "60%, 40/100, 40%, 95% CI 33 to 48; more than half of the wards (60/100, 60%, 95% CI 52 to 67)"
    assert "{.value" not in manuscript.figure("crs", f"Yes: {manuscript.v('boost.yes.percent')}")


def test_every_number_of_a_table_is_marked_and_no_dash(tmp_path):
    with_files(tmp_path)
    yes, _, unknown = manuscript.frequency_table("boost").splitlines()[3:6]
    assert yes.count("{.value") == 3
    assert unknown.count("{.value") == 1
    assert '[3]{.value data-keys="boost.dont_know.n"}' in unknown


def test_an_unknown_key_is_named_with_the_nearest_one():
    with pytest.raises(KeyError) as error:
        manuscript.v("boost.yes.percnt")
    assert str(error.value) == "values.json holds no 'boost.yes.percnt'; did you mean 'boost.yes.percent'?"


def test_a_share_says_the_word_and_its_figures():
    assert manuscript.share("boost.yes", start=True) == "More than half of the wards (60/100, 60%, 95% CI 52 to 67)"
    assert manuscript.share("boost.yes", of="them") == "more than half of them (60/100, 60%, 95% CI 52 to 67)"


def test_a_frequency_table_states_base_missing_and_not_asked_and_keeps_the_order_of_the_options():
    table = manuscript.frequency_table("boost")
    assert "**Boost considered?** (N\u00a0=\u00a0100, 3 do not know, 1 left blank, 2 not asked)" in table
    assert table.index("Yes") < table.index("No") < table.index("Do not know")
    assert "60/100 | 60% | 52 to 67" in table


def test_an_answer_outside_the_base_has_a_count_and_no_percent():
    (row,) = [line for line in manuscript.frequency_table("boost").splitlines() if "Do not know" in line]
    assert row == "| &emsp;Do not know (among the missing) | 3 | – | – |"


def test_a_bar_in_a_label_does_not_end_its_cell():
    assert r"No \| never" in manuscript.frequency_table("boost")


def test_the_flow_table_follows_the_rules_in_their_order():
    rows = manuscript.flow_table().splitlines()[2:]
    assert rows[0] == "| Invited | – | 227 |"
    assert rows[2:] == ["| Opened and left | 20 | 130 |", "| Duplicate | 24 | 106 |", "| **Analysed** |  | **106** |"]


def test_claims_are_listed_in_the_order_of_their_table():
    rows = manuscript.claims_table().splitlines()[2:]
    assert rows == ["| Most do. | – | 60 | holds |", "| b | – | – | fails |"]


def test_words_follow_the_verdict_of_a_claim_and_promise_nothing_that_was_not_found():
    assert manuscript.by_claim("a", "they agree", "they differ") == "they agree"
    assert manuscript.by_claim("b", "they agree", "they differ") == "they differ"
    with pytest.raises(manuscript.UnknownKey, match=r"claims\.c\.verdict"):
        manuscript.by_claim("c", "they agree", "they differ")


def test_a_claim_that_could_not_be_tested_needs_words_of_its_own(tmp_path):
    (tmp_path / "values.json").write_text(json.dumps({"claims.a.verdict": entry("not testable")}), encoding="utf-8")
    manuscript.values.cache_clear()
    assert manuscript.by_claim("a", "they agree", "they differ", "nobody answered") == "nobody answered"
    with pytest.raises(ValueError, match="'a' could not be tested"):
        manuscript.by_claim("a", "they agree", "they differ")


def test_the_share_behind_a_claim_is_printed_with_its_interval(tmp_path):
    told = {"n_of": "72/102", "computed": "71%", "ci": "64 to 77"}
    found = {f"claims.a.{key}": entry(text) for key, text in told.items()} | {"inference.level": entry("95%")}
    (tmp_path / "values.json").write_text(json.dumps(found), encoding="utf-8")
    manuscript.values.cache_clear()
    assert manuscript.claimed("a") == "72/102, 71%, 95% CI 64 to 77"


def test_the_clearest_differences_are_named_and_none_is_said(tmp_path):
    found = {}
    for rank, item in enumerate(("Drug A", "Drug B", "Stay"), 1):
        found |= {f"difference.{rank}.question": entry(item), f"difference.{rank}.group": entry("Size")}
    (tmp_path / "values.json").write_text(json.dumps(found), encoding="utf-8")
    manuscript.values.cache_clear()
    assert manuscript.differences_found(2) == "The clearest are: Drug A (Size); Drug B (Size)."
    assert manuscript.differences_found(3) == "They are: Drug A (Size); Drug B (Size); Stay (Size)."
    (tmp_path / "values.json").write_text("{}", encoding="utf-8")
    manuscript.values.cache_clear()
    assert manuscript.differences_found(2) == "No difference survived."


def test_an_area_in_which_nobody_answered_has_a_line_of_its_own(tmp_path):
    area = {
        "title": "Drugs",
        "consensus": "1 of 2",
        "least": "First drug",
        "least_top": "A | B",
        "least_percent": "44%",
    }
    found = {f"area.1.{key}": entry(text) for key, text in area.items()}
    found |= {"area.2.title": entry("Tests"), "area.2.consensus": entry("0 of 0")}
    (tmp_path / "values.json").write_text(json.dumps(found), encoding="utf-8")
    manuscript.values.cache_clear()
    lines = manuscript.areas_table().splitlines()[2:]
    assert lines == ["| Drugs | 1 of 2 | First drug: A \\| B | 44% |", "| Tests | 0 of 0 | – | – |"]


def test_the_agreement_table_ends_where_the_ranking_ends():
    assert manuscript.agreement_table(5).count("Alike?") == 1


def test_units_come_before_the_rates_and_a_rate_there_is_none_of_says_why():
    rows = manuscript.response_table().splitlines()[2:]
    assert rows == [
        "| [**Units**]{.row-group} |  |  |",
        "| &emsp;I: complete answer | 106 |  |",
        "| &emsp;NC: no answer | 121 |  |",
        "| [**Rates**]{.row-group} |  |  |",
        "| &emsp;RR1: complete answers, I / (I + NC) | 106/227 | 47% |",
        "| &emsp;RR3: estimated, I / e(U) | – | the sample has no frame |",
    ]


def test_a_stratum_has_its_levels_in_the_order_of_their_table():
    rows = manuscript.frame_table("region").splitlines()[2:]
    assert rows == [
        "| [**region** (p\u00a0\\<\u00a00.001)]{.row-group} |  |  |  | **0.21** |",
        "| &emsp;South | 127 (56%) | 66 (62%) | 52% | 0.13 |",
        "| &emsp;North | 100 (44%) | 40 (38%) | 40% | −0.13 |",
    ]


def test_differences_are_listed_by_rank():
    rows = manuscript.differences_table().splitlines()[2:]
    assert rows[0] == "| Question 2 | Volume | odds ratio 2.00 (1.10 to 3.50) | chi-square | 0.012 |"
    assert rows[1].startswith("| Question 10 |")


def test_a_study_without_differences_says_so(tmp_path):
    kept = {key: content for key, content in BOOST.items() if not key.startswith("difference")}
    (tmp_path / "values.json").write_text(json.dumps(kept))
    assert "No difference" in manuscript.differences_table()


def test_comparisons_of_a_domain_stand_below_their_question_and_one_not_run_says_why():
    lines = manuscript.comparisons_table("crs").splitlines()
    assert (
        lines[0] == "| [Question and answer, by group]{.can-be-sorted} | Test | n | Effect (95% CI) | p | Adjusted p |"
    )
    assert lines[2:] == [
        "| [**Markers: C-reactive protein**]{.row-group} |  |  |  |  |  |",
        r"| &emsp;Volume | Fisher | 102 | odds ratio 2.00 (1.10 to 3.50) | \<0.001 | 0.012 |",
        "| &emsp;Region | not run: all gave the same answer | 102 | – | – | – |",
        "| [**Grading**]{.row-group} |  |  |  |  |  |",
        r"| &emsp;Volume | Fisher | 102 | odds ratio 2.00 | \<0.001 | 0.012 |",
    ]
    assert "No comparison" in manuscript.comparisons_table("icans")
    section = manuscript.comparisons_section("crs")
    assert section.startswith("::: {#tbl-comparisons-crs}")
    assert "differs here at all: p\u00a0=\u00a00.16 (Simes" in section
    assert manuscript.comparisons_section("icans") == ""


def test_the_cleaning_table_has_rules_in_words_then_what_a_person_should_look_at():
    assert manuscript.cleaning_table().splitlines()[2:] == [
        "| **Cells whose meaning changed** | **12** |",
        "| &emsp;Decimal comma; range replaced by its middle | 10 |",
        "| &emsp;Another spelling of a listed answer | 2 |",
        "| **Empty cells of questions not asked** | **13** |",
        "| **Cells for a person to look at** | **3** |",
        "| &emsp;Is not a number | 2 |",
        "| &emsp;Ranked twice | 1 |",
    ]


def test_every_rule_of_cleaning_has_words_for_it():
    modules = ("cells", "cleaning", "dates", "numbers")
    source = "".join((ROOT / f"scripts/survey/{name}.py").read_text(encoding="utf-8") for name in modules)
    patterns = (r'rules\.append\("(\w+)"\)', r', "(other_\w+|alias|spelling)"', r'"(number_word|date_\w+)"')
    patterns += (
        r'None, "invalid", "(\w+)"',
        r', "(country)"',
        r'rule="(\w+)"',
        r'"(ranked_twice|skip_logic|partly_understood)"',
    )
    rules = {rule for pattern in patterns for rule in re.findall(pattern, source)}
    assert rules - {"date_month_first"} == set(manuscript.CLEANING)  # it is always a rule of recodes.csv that says so


def test_a_published_figure_without_its_denominator_says_so_and_has_no_interval():
    (row,) = manuscript.comparators_table({"rejeski": "Rejeski [@rejeski]"}).splitlines()[2:]
    assert row == (
        "| G-CSF: Yes | 60/100, 60% (52 to 67) | Rejeski [@rejeski]: not printed, 93% | Physicians, not centres. |"
    )


def test_a_weighted_study_has_the_weighted_percent_beside_the_others(tmp_path):
    (tmp_path / "values.json").write_text(json.dumps(BOOST | {"boost.yes.weighted_percent": entry("58%")}))
    table = manuscript.frequency_table("boost").splitlines()
    assert table[0] == "| [Question and answers]{.can-be-sorted} | n/N | Percent | 95% CI | Weighted |"
    assert "| 60/100 | 60% | 52 to 67 | 58% |" in table[3]
    assert len({line.replace(r"\|", "").count("|") for line in table}) == 1


def test_a_table_has_no_weighted_column_because_the_frame_has_weighted_shares(tmp_path, monkeypatch):
    (tmp_path / "values.json").write_text(json.dumps(BOOST | {"frame.size.small.weighted_percent": entry("–")}))
    monkeypatch.chdir(tmp_path)
    manuscript.values.cache_clear()
    assert "Weighted" not in manuscript.frequency_table("boost")


def test_a_figure_has_a_label_an_alternative_text_and_no_file_ending():
    text = manuscript.figure("crs", "What centres do", width="80%")
    assert text == "![What centres do](figures/crs){#fig-crs fig-alt=\"Bars of 'CRS' <answers>\" width=80%}\n"


def test_a_domain_section_holds_figure_choices_and_numbers():
    text = manuscript.domain_section("crs")
    for part in ("{#fig-crs ", "{#tbl-crs}", "{#tbl-crs-numbers}", "Days in hospital? (days; N\u00a0=\u00a090)"):
        assert part in text


@pytest.mark.parametrize(
    "typed",
    ["47%", "47.5 %", "47 per cent", "50/106", "50 of 106", "50 of the 106", "p = 0.03", "P<0.05", "n = 106", "N=227"],
)
def test_a_statistic_typed_in_the_prose_is_found_with_its_line(typed):
    ((line, written),) = typed_statistics(f"---\ntitle: 1/2\n---\n\nWe saw {typed} here.\n")
    assert line == 5
    assert written.rstrip(".") == typed


@pytest.mark.parametrize(
    "allowed",
    [
        '`{python} v("a.b")` 2023',
        "`50/106`",
        "```\n47%\n```",
        "```{python}\nx = 50 / 100  # 50%\n```",
        "doi 10.1159/000536201 and https://example.org/a%20b/12/13",
        "<!-- 47%\n50/106 -->",
        "![x](a){width=70%}",
        "in 2019, from day 28, 8 mg/kg",
    ],
)
def test_code_addresses_years_and_doses_are_no_statistics(allowed):
    assert typed_statistics(f"Text {allowed}\n" if "```" not in allowed else f"Text\n\n{allowed}\n") == []


def test_a_statistic_typed_in_a_caption_option_is_found():
    assert typed_statistics("```{python}\n#| tbl-cap: Given by 47%\nx\n```\n") == [(1, "47%")]


@given(st.text(st.characters(codec="ascii", categories=("L", "P", "S", "N", "Zs")), max_size=40))
def test_literal_text_never_opens_a_cell_or_a_line(text):
    shown = manuscript.literal(text)
    assert "\n" not in shown
    assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c == "|")
