import pytest
from project import EXAMPLE, STUDY
from small import CODEBOOK, OPTIONS, change

from survey.errors import BadInput
from survey.study import fingerprint, plural, read_study


def test_the_default_study_has_the_items_and_domains_of_the_questionnaire():
    study = read_study(STUDY)
    assert 60 <= len(study.items) <= 80
    assert len(study.domain_ids) == 11
    assert {item.type for item in study.items} == {"single", "multiple", "ordinal", "numeric", "date", "rank", "text"}
    assert sum(item.asked_if is not None for item in study.items) >= 10
    assert study.simulated is True
    assert study.frame["invited"] == 227


MISTAKES = [
    ("study.yaml", "simulated: true", "simulatd: true", "unknown key 'simulatd'; did you mean 'simulated'?"),
    ("study.yaml", "platform: limesurvey", "platform: limesurvy", "'limesurvy' is none of auto, limesurvey"),
    ("study.yaml", "seed: 1", "seed: one", "seed: 'one' is not of type 'integer'"),
    ("study.yaml", "groups: [size]", "groups: [sise]", "no item 'sise'; did you mean 'size'?"),
    ("study.yaml", "groups: [size]", "groups: [days]", "'days' must be a single or ordinal item"),
    ("study.yaml", "respondent_key: centre_id", "respondent_key: drug", "'drug' must have the role identifier"),
    ("study.yaml", "first: 2023-02-01", "first: 2023-03-01", "first 2023-03-01 is after last 2023-02-28"),
    (
        "study.yaml",
        "target: finite_population",
        "target: finite_population, method: jeffreys",
        "'jeffreys' is not offered",
    ),
    ("study.yaml", "id: duplicate", "id: partial", "rule 'partial' is listed twice"),
    ("study.yaml", "id: care,", "id: cure,", "domain 'care' is not in study.yaml; did you mean 'cure'?"),
    ("codebook.csv", "drug,care,single", "drug,care,singel", "row 6 type: 'singel' is none of single"),
    ("codebook.csv", "days,care,numeric", "drug,care,numeric", "'drug' is listed 2 times"),
    ("codebook.csv", "days,days,0,60", "days,days,60,0", "item 'days': min 60 is above max 0"),
    ("codebook.csv", "drug == none", "drug == nothing", "'drug' has no option 'nothing'"),
    ("codebook.csv", "drug == none", "why has cost", "it asks about itself; name the item above it"),
    ("codebook.csv", "First drug,drug,,,,,", "First drug,drug,,,,days > 3,", "'days' is not an item above it in the"),
    ("codebook.csv", "drug == none", "drugs == none", "the codebook has no item 'drugs'; did you mean 'drug'?"),
    ("codebook.csv", "drug == none", "(" * 99, "expected an item, found its end"),
    ("codebook.csv", "Anything else?", '"Anything else?', "row 11: unexpected end of data; is a quote left open"),
    ("codebook.csv", "days,days,0,60", f"days,days,0,{'9' * 400}", "row 7 max: '9999"),
    ("options.csv", "drug,b,Drug B,2", f"drug,b,Drug B,{'9' * 5000}", "row 5 position: '9999"),
    ("options.csv", "drug,b,Drug B", "drug,b,drug  a", "'drug  a' stands for both 'a' and 'b'"),
    ("options.csv", "drug,b,Drug B,2", "drug,b,Drug B,1", "row 5 column position: item 'drug' already has '1'"),
    ("study.yaml", "seed: 1", "seed: 1\nseed: 2", "line 21: 'seed' is given in line 20, too; keep one"),
    ("study.yaml", "first: 2023-02-01,", "first: 2023-02-31,", "cannot be read as YAML: day is out of range for month"),
    ("study.yaml", "answered_below: 0.5", "answered_below: .nan", "nan is no number that can be used"),
    ("study.yaml", "seed: 1", "seed: !!python/name:os.system", "cannot be read as YAML: could not determine"),
    ("study.yaml", "seed: 1", "seed: !!timestamp x", "a tag (!!int, !!set or another) does not fit"),
    ("study.yaml", "seed: 1", "seed: !!bool x", "a tag (!!int, !!set or another) does not fit"),
    ("study.yaml", "seed: 1", "seed: 1\nstrict: yess", "strict: 'yess' is not of type 'boolean'"),
    ("study.yaml", "keep: most_complete", "keep: most", "'most' is none of most_complete, first, last"),
    ("study.yaml", "keep: most_complete", "flagged: fast", "no flag 'fast' under flags"),
    ("study.yaml", "item: centre_id, matches", "item: centr, matches", "no item 'centr'; did you mean 'centre_id'?"),
    ("study.yaml", "domains: [", "domains: [{id: x, title: X}, ", "no item of the codebook belongs to 'x'"),
    ("codebook.csv", "drug == none", "drug has none", "`has` is for multiple choice"),
    ("codebook.csv", "drug == none", "drug > 3", "> needs a numeric item, 'drug' is single"),
    ("codebook.csv", "drug == none", "drug =", "column asked_if: condition 'drug =': cannot read"),
    ("codebook.csv", "item,domain,type", "item,area,type", "row 1: the columns must be item,domain,type"),
    ("codebook.csv", "Anything else?,Comment", "Anything, else?,Comment", "row 11: 14 cells, the header has 13"),
    (
        "options.csv",
        "size,small,Small,1",
        "sise,small,Small,1",
        "row 2: item 'sise' is not in the codebook; did you mean 'size'?",
    ),
    ("options.csv", "drug,b,Drug B,2", "drug,a,Drug B,2", "row 5 column code: item 'drug' already has 'a'"),
    ("options.csv", "drug,b,Drug B,2,", "drug,b,Drug B,2,alpha", "'alpha' stands for both 'a' and 'b'"),
    ("options.csv", "1,,dont_know", "1,,substantive", "options of a numeric item can only be of kind dont_know"),
    ("codebook.csv", "founded,,,,,,outcome", "founded,,2000,2024,,,outcome", "min and max are for numeric items"),
    ("codebook.csv", "drug == none", "founded == 1999-05-01", "only answered(founded) can be asked of it"),
    ("codebook.csv", "drug == none", "answered(submitted)", "'submitted' has the role ignore"),
    ("codebook.csv", "drug == none", "days == ten", "'days' is numeric, 'ten' is no number"),
    ("codebook.csv", "founded,,,,,,outcome,", "founded,,,,,,weight,", "one numeric item can have the role weight"),
    ("study.yaml", "item: centre_id, matches", "item: tests, matches", "matches needs an item of one"),
    ("study.yaml", "id: opened", "id: analysed", "the flow has a step of that name"),
    ("options.csv", "order,time,Time,3,,substantive\n", "\n,,,,,\nordr,x,X,1,,other\n", "row 20: item 'ordr' is not"),
    ("claims.yaml", "[]", "- {id: x, statement: y}", "'predicate' is a required property"),
]


FLAG_MISTAKES = [
    ("duration: days", "duration and started need one of below and below_median"),
    ("duration: days, below: 1, below_median: 0.5", "need one of below and below_median, same_answer none"),
    ("same_answer: [size, drug, days], below: 1", "need one of below and below_median, same_answer none"),
    ("duration: drug, below: 1", "duration: 'drug' is single, not numeric"),
    ("duration: dais, below: 1", "no item 'dais'; did you mean 'days'?"),
    ("started: size, below: 1", "started: 'size' is ordinal, not date"),
    ("same_answer: [size, drug, tests]", "same_answer: 'tests' is multiple"),
    ("same_answer: [size, drug]", "['size', 'drug'] is too short"),
    ("duration: days, same_answer: [size, drug, days]", "give one of duration, started, or same_answer"),
    ("duration: days, below_median: 1.5", "1.5 is greater than or equal to the maximum of 1"),
]


@pytest.mark.parametrize(("flag", "complaint"), FLAG_MISTAKES)
def test_a_flag_that_cannot_be_found_is_named(small, flag, complaint):
    change(small / "study.yaml", "seed: 1", f"seed: 1\nflags: [{{id: fast, reason: too fast, {flag}}}]")
    with pytest.raises(BadInput) as error:
        read_study(small)
    assert complaint in str(error.value)
    assert "flags" in str(error.value)


LINKED = "linked: [{id: units, file: units.csv, key: centre}]\n"
CHECK_MISTAKES = [
    ("dugs == a", "the codebook has no item 'dugs'; did you mean 'drug'?"),
    ("drug == c", "'drug' has no option 'c'"),
    ("rows(unit) > 0", "no table 'unit' under linked; did you mean 'units'?"),
    ("rows(units) > many", "> needs a number, not 'many'"),
    ("rows(units) == many", "rows(units) is a number, 'many' is none"),
    ("answered(submitted)", "'submitted' has the role ignore"),
    ("drug ==", "expected a value, found its end"),
    ("rows() > 0", "expected an item, found ')'"),
]


@pytest.mark.parametrize(("when", "complaint"), CHECK_MISTAKES)
def test_a_check_that_cannot_be_made_is_named(small, when, complaint):
    change(small / "study.yaml", "seed: 1", f'seed: 1\n{LINKED}checks: [{{id: one, problem: p, when: "{when}"}}]')
    with pytest.raises(BadInput) as error:
        read_study(small)
    assert f"study.yaml checks 'one' when: {complaint}" in str(error.value).replace(f"condition {when!r}: ", "")


def test_skip_logic_cannot_count_rows_of_a_linked_table(small):
    change(small / "study.yaml", "seed: 1", f"seed: 1\n{LINKED}")
    change(small / "codebook.csv", "drug == none", "rows(units) > 1")
    with pytest.raises(BadInput, match=r"column asked_if: the codebook has no item 'rows\(units\)'"):
        read_study(small)


def test_a_linked_table_may_lie_beside_an_export_elsewhere(small, tmp_path):
    (tmp_path / "data").mkdir()
    export, units = tmp_path / "data" / "export.csv", tmp_path / "data" / "units.csv"
    units.touch()
    study = read_study(small)
    assert study.file("units.csv", export).samefile(units)
    (tmp_path / "secret.csv").touch()
    for name in ("absent.csv", "../secret.csv", "../small/../secret.csv"):
        with pytest.raises(BadInput):
            study.file(name, export)


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("study.yaml", "", "study.yaml: it is empty"),
        ("study.yaml", "# nothing\n", "study.yaml: it is empty"),
        ("study.yaml", "- a\n", "is not of type 'object'"),
        ("study.yaml", "\0", "cannot be read as YAML"),
        ("study.yaml", "[" * 100_000, "study.yaml line 1: lists and mappings lie more than 50 deep in each other"),
        ("study.yaml", "- " * 100_000, "study.yaml line 1: lists and mappings lie more than 50 deep in each other"),
        ("codebook.csv", "", "codebook.csv row 1: the columns must be item,domain"),
        ("codebook.csv", CODEBOOK.splitlines()[0], "codebook.csv: no items"),
        ("options.csv", OPTIONS.splitlines()[0], "item 'size': a ordinal item needs its options in options.csv"),
        ("claims.yaml", "hello", "claims.yaml: 'hello' is not of type 'array'"),
    ],
)
def test_a_file_that_holds_nothing_of_use_is_named(small, file, content, complaint):
    (small / file).write_text(content)
    with pytest.raises(BadInput) as error:
        read_study(small)
    assert complaint in str(error.value)


def test_claims_may_wait(small):
    (small / "claims.yaml").write_text("# none yet\n")
    assert read_study(small).claims == []


@pytest.mark.parametrize(("file", "old", "new", "complaint"), MISTAKES)
def test_a_mistake_in_the_study_is_named_with_its_place(small, file, old, new, complaint):
    change(small / file, old, new)
    with pytest.raises(BadInput) as error:
        read_study(small)
    assert complaint in str(error.value)
    assert file.split(".")[0] in str(error.value) or "study.yaml" in str(error.value)


def test_a_missing_file_is_named(small):
    (small / "options.csv").unlink()
    with pytest.raises(BadInput, match=r"options\.csv: not found"):
        read_study(small)


def test_a_path_that_leaves_the_study_folder_is_refused(small):
    study = read_study(small)
    assert study.file("export.csv") == small / "export.csv"
    (small.parent / "elsewhere.csv").touch()
    for name in ("../elsewhere.csv", "/etc/passwd", "resources/../Makefile", "absent.csv", "a\0b"):
        with pytest.raises(BadInput, match=r"neither in the study folder nor below|no name of a file"):
            study.file(name)


def test_skip_logic_tells_which_other_domains_are_needed(small):
    change(small / "codebook.csv", "drug == none", "drug == none and size == large")
    assert read_study(small).domains_needed("care") == ["centre"]


def test_the_fingerprint_of_a_domain_changes_with_its_rows_and_options_alone(small):
    def prints():
        study = read_study(small)
        return {
            domain: fingerprint(study.codebook_rows(*(item.name for item in study.domain_items(domain))))
            for domain in study.domain_ids
        }

    before = prints()
    change(small / "options.csv", "Drug B", "Drug Beta")
    after = prints()
    assert before["centre"] == after["centre"]
    assert before["care"] != after["care"]


def test_options_that_are_all_outside_the_base_are_refused(small):
    for option in ("why,cost,Cost,1", "why,risk,Risk,2"):
        change(small / "options.csv", f"{option},,substantive", f"{option},,refused")
    with pytest.raises(BadInput, match="item 'why': none of its options is an answer that counts"):
        read_study(small)


def test_files_as_a_spreadsheet_program_saves_them_are_the_same_study(small):
    before = read_study(small)
    for path in (small / "study.yaml", small / "codebook.csv", small / "options.csv", small / "claims.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    with (small / "options.csv").open("ab") as file:
        file.write(b",,,,,\r\n \r\n\r\n")
    after = read_study(small)
    assert (after.settings, after.rows) == (before.settings, before.rows)


def test_the_sample_needs_the_domain_of_the_weight_and_of_margins_without_a_file(small):
    change(small / "codebook.csv", "days,days,0,60,,,outcome", "days,days,0,60,,,weight")
    study = read_study(small)
    assert study.weight.name == "days"
    assert study.weighting == {"method": "given", "comparisons": "weighted"}
    assert (study.group_domains(), study.sample_domains()) == (["centre"], ["care"])
    text = (small / "study.yaml").read_text().replace("file: frame.csv, key: centre_id, strata: [size]", LEVELS)
    (small / "study.yaml").write_text(text.replace("  - {id: not_in_frame, reason: not invited}\n", ""))
    assert read_study(small).sample_domains() == ["centre", "care"]


LEVELS = "levels: {size: {small: 7, large: 5}}"


@pytest.mark.parametrize(
    ("weights", "complaint"),
    [
        ("{method: given}", "method given needs an item of role weight"),
        ("{method: rake}", "method rake needs margins"),
        (
            "{method: rake, margins: [sise]}",
            "'sise' is neither in frame.strata nor in frame.levels; did you mean 'size'",
        ),
        ("{method: rak, margins: [size]}", "'rak' is none of given, poststratify, rake; did you mean 'rake'"),
    ],
)
def test_weights_that_cannot_be_made_are_named(small, weights, complaint):
    change(small / "study.yaml", "seed: 1", f"weights: {weights}\nseed: 1")
    with pytest.raises(BadInput, match=complaint):
        read_study(small)


def test_seeds_differ_by_study_and_step(small):
    study = read_study(small)
    seeds = {study.seed_for("describe", "care"), study.seed_for("describe", "centre"), study.seed_for("compare_waves")}
    change(small / "study.yaml", "seed: 1", "seed: 2")
    assert len(seeds | {read_study(small).seed_for("describe", "care")}) == 4


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("ward", "wards"),
        ("nursing home", "nursing homes"),
        ("pharmacy", "pharmacies"),
        ("survey", "surveys"),
        ("church", "churches"),
        ("hospice", "hospices"),
    ],
)
def test_several_units_are_named_in_the_plural(one, several):
    assert plural(one) == several


def test_an_irregular_plural_is_the_one_that_the_study_gives(small):
    assert read_study(small).units == "centres"
    change(small / "study.yaml", "unit: centre", "unit: child, units: children")
    assert read_study(small).units == "children"


def test_the_template_explains_every_file_and_every_column():
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    columns = text.replace("...", "").replace("`", "|")
    for path in EXAMPLE.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in text, path.name
    for name in ("codebook.csv", "options.csv", "assumed_shares.csv", "frame.csv"):
        header = (EXAMPLE / name).read_text(encoding="utf-8").splitlines()[0]
        section = columns.split(f"## {name}\n")[1].split("\n## ")[0]
        assert [column for column in header.split(",") if f"|{column}|" not in section] == [], name


def test_every_line_of_the_templates_study_file_is_explained_on_it_or_above_it():
    lines = (EXAMPLE / "study.yaml").read_text(encoding="utf-8").splitlines()
    unexplained = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if line.strip() and "#" not in line and not above.lstrip().startswith("#")
    ]
    assert unexplained == []
