import json
import re

import pytest
from project import ROOT, STUDY, call
from small import change

from survey import manuscript, values
from survey.checklists import CHECKLISTS, KEY, checklist_values, fill, headings, read_checklist
from survey.errors import BadInput
from survey.study import credit_roles, known_keys, read_study

SHEETS = ROOT / "resources" / "checklists"
CONSENT = {"section": "Ethics", "item": "9a", "what": "Consent", "from": "{reporting.consent}", "where": "Ethics"}


def checklist(name):
    return read_checklist(SHEETS / f"{name}.csv")


def stated(study):
    return dict(values.statement_values(study))


def with_setting(small, text):
    change(small / "study.yaml", "simulated: true\n", f"simulated: true\n{text}\n")
    return read_study(small)


def test_the_checklists_have_the_items_that_were_published():
    cross = checklist("cross")
    numbers = [row["item"] for row in cross]
    parts = {"1": "ab", "5": "abcd", "6": "abcd", "7": "abc", "9": "ab", "10": "abcdefg", "11": "abcd", "13": "abc"}
    published = [number + part for number in map(str, range(1, 20)) for part in parts.get(number, [""])]
    assert numbers == published
    assert len(cross) == 40
    assert len({row["section"] for row in cross}) == 19
    sections = [row["section"] for row in checklist("cherries")]
    assert [sections.count(section) for section in dict.fromkeys(sections)] == [1, 3, 1, 3, 11, 4, 4, 3]


def test_every_key_of_reporting_answers_an_item_and_every_item_asks_for_a_key_that_there_is():
    used = {key for name in CHECKLISTS for row in checklist(name) for key in KEY.findall(row["from"])}
    assert {key for key in used if key.startswith("reporting.")} == {
        f"reporting.{key}" for key in known_keys("reporting")
    }


def test_a_checklist_that_asks_for_an_unknown_key_is_refused_with_the_nearest_one(tmp_path):
    path = tmp_path / "cross.csv"
    path.write_text((SHEETS / "cross.csv").read_text(encoding="utf-8"), encoding="utf-8")
    change(path, "{reporting.sample_size}", "{reporting.sample_siz}")
    with pytest.raises(BadInput, match=r"row 13 column from.*did you mean 'reporting.sample_size'"):
        read_checklist(path)


def test_what_the_study_states_is_reported_and_what_it_does_not_is_missing(small):
    row = fill([CONSENT], stated(read_study(small)), [])[0]
    assert (row["status"], row["answer"]) == ("missing", "Not stated in study.yaml: reporting.consent.")
    study = with_setting(small, "reporting: {consent: Asked on the first page.}")
    row = fill([CONSENT], stated(study), [])[0]
    assert (row["status"], row["answer"]) == ("reported", "Asked on the first page.")


def test_an_item_that_the_study_sets_aside_is_not_applicable(small):
    study = with_setting(small, 'reporting: {consent: "Not applicable: no person was asked."}')
    assert fill([CONSENT], stated(study), [])[0]["status"] == "not applicable"


def test_an_item_of_which_a_part_is_stated_is_missing_and_keeps_that_part(small):
    both = CONSENT | {"from": "{study.ethics} {reporting.consent} {reporting.access}"}
    row = fill([both], stated(with_setting(small, "ethics: Approved.")), [])[0]
    assert row["status"] == "missing"
    assert row["answer"] == "Approved. Not stated in study.yaml: reporting.consent, reporting.access."


def test_the_first_answer_that_has_all_its_values_is_taken():
    item = CONSENT | {"from": "{a} of {b}. | {a} in all."}
    found = {"a": values.entry(0, "0"), "b": values.entry(None, "not stated")}
    assert fill([item], found, [])[0]["answer"] == "0 in all."
    assert fill([item], found | {"b": values.entry(2, "2")}, [])[0]["answer"] == "0 of 2."
    row = fill([item], {}, [])[0]
    assert (row["status"], row["answer"]) == ("missing", "in all. Not among the results: a.")


def test_an_item_answered_by_the_text_needs_its_section(tmp_path):
    item = CONSENT | {"from": "{section}", "where": "Limitations"}
    path = tmp_path / "manuscript.qmd"
    assert headings(path) == []
    path.write_text("---\nlang: en\n---\n# Abstract {.unnumbered}\n\n```{python}\n# Limitations\n```\n\n#hash\n")
    assert headings(path) == ["Abstract"]
    assert fill([item], {}, headings(path))[0]["status"] == "missing"
    path.write_text("# Discussion\n\n## limitations {#sec-limits}\n")
    assert fill([item], {}, headings(path))[0]["status"] == "reported"


def test_a_wrong_key_in_the_study_is_named_with_the_nearest_one(small):
    with pytest.raises(BadInput, match="reporting: unknown key 'concent'; did you mean 'consent'"):
        with_setting(small, "reporting: {concent: yes}")


def test_a_role_that_is_none_of_the_taxonomy_is_named_with_the_nearest_one(small):
    change(small / "study.yaml", "affiliation: Somewhere", "affiliation: Somewhere, roles: [Writing - original draft]")
    with pytest.raises(BadInput, match="did you mean 'Writing – original draft'"):
        read_study(small)


def test_credit_names_roles_in_the_order_of_the_taxonomy_and_tells_people_apart():
    people = [
        {"name": "Anna-Lena Meier", "roles": ["Software", "Conceptualization"]},
        {"name": "Olaf Penack", "roles": ["Conceptualization"]},
        {"name": "Otto Platz", "roles": ["Supervision"]},
        {"name": "No Role"},
    ]
    assert values.credit_text(people) == (
        "Conceptualization: A.-L.M., Olaf Penack; Software: A.-L.M.; Supervision: Otto Platz."
    )
    assert values.credit_text(people[:1]) == "Conceptualization: A.-L.M.; Software: A.-L.M."
    assert values.credit_text(people[3:]) == ""
    assert len(credit_roles()) == 14


def test_missing_answers_are_counted_of_those_asked():
    import pandas as pd

    from survey.answers import KINDS

    row = dict.fromkeys(KINDS, "0") | {"role": "outcome", "type": "single", "row": 2}
    rows = [
        row | {"variable": "a", "n": "90", "blank": "4", "invalid": "1", "dont_know": "5", "not_asked": "6"},
        row | {"variable": "b", "n": "80", "refused": "15", "not_applicable": "5"},
        row | {"variable": "name", "n": "0", "blank": "100", "role": "identifier", "type": "text"},
    ]
    found = dict(values.missing_values(pd.DataFrame(rows)))
    shown = [found[f"missing.{name}"]["display"] for name in ("absent", "asked", "percent")]
    assert shown == ["20", "200", "10%"]


@pytest.fixture
def printed(tmp_path, monkeypatch, small):
    """The values of a small study, as the manuscript reads them."""
    study = with_setting(small, "funding: Paid by *us*.")
    found = stated(study)
    rows = fill([CONSENT, CONSENT | {"item": "9b", "from": "{study.funding}"}], found, [])
    found |= dict(checklist_values("cross", rows))
    (tmp_path / "values.json").write_text(json.dumps(found))
    monkeypatch.chdir(tmp_path)
    manuscript.values.cache_clear()
    yield found
    manuscript.values.cache_clear()


def test_the_manuscript_prints_what_is_stated_and_says_in_plain_sight_what_is_not(printed):
    assert manuscript.statement("funding") == r"Paid by \*us\*."
    assert manuscript.statement("conflicts") == "**Not stated in study.yaml (conflicts).**"
    assert manuscript.statement("reporting.consent") == "**Not stated in study.yaml (reporting.consent).**"
    assert manuscript.credit_statement() == "**Not stated in study.yaml (roles of the authors).**"
    with pytest.raises(manuscript.UnknownKey, match=r"did you mean 'study\.funding'"):
        manuscript.statement("fundng")


def test_the_printed_checklist_marks_what_is_missing(printed):
    lines = manuscript.checklist_table("cross").splitlines()
    assert lines[2:] == [
        "| [**Ethics**]{.row-group} |  |  |  |",
        "| 9a | Consent | **Missing.** Not stated in study.yaml: reporting.consent. | Ethics |",
        r"| 9b | Consent | Paid by \*us\*. | Ethics |",
    ]
    assert manuscript.checklist_summary("cross") == "1 of 2 items reported, 1 missing, 0 not applicable"
    assert printed["checklist.cross.1.answer"]["file"] == "audit/cross.csv"
    assert printed["checklist.cross.1.answer"]["row"] == 2


def test_the_default_study_names_the_sections_that_its_checklists_ask_for():
    found = {heading.casefold() for heading in headings(STUDY / "manuscript.qmd")}
    asked = {row["where"] for name in CHECKLISTS for row in checklist(name) if "{section}" in row["from"]}
    assert [section for section in asked if section.casefold() not in found] == []


def test_the_filled_checklists_say_the_same_as_the_values(tmp_path, small):
    found = stated(read_study(small))
    (tmp_path / "values.json").write_text(json.dumps(found))
    process = call(
        "fill_checklists", "--study", small, "--values", tmp_path / "values.json", "--checklists", SHEETS,
        "--out", tmp_path / "audit",
    )  # fmt: skip
    assert process.returncode == 0
    assert re.search(r"^cross: .*missing", process.stdout, re.MULTILINE)
    import pandas as pd

    for name in CHECKLISTS:
        table = pd.read_csv(tmp_path / "audit" / f"{name}.csv", dtype=str, keep_default_na=False)
        assert table.to_dict("records") == fill(checklist(name), found, [])
