"""Every real export is read by what it says itself, and cell for cell as an independent reading has it."""

import csv
import datetime
import re

import pytest
from exported import one_line_at_most
from hypothesis import given, settings
from hypothesis import strategies as st
from real.conftest import EXPORTS, need_exports

from survey.errors import BadInput
from survey.export import read_export

# File: platform, format, header rows, records, columns, column of the record's name, encoding.
pytestmark = pytest.mark.slow

SHAPES = {
    "limesurvey/rse-de-2017/public_data.csv": ("limesurvey", "csv", 1, 325, 248, "row", "utf-8"),
    "surveymonkey/star-wars-2014/StarWars.csv": ("surveymonkey", "csv", 2, 1186, 38, "RespondentID", "windows-1252"),
    "surveymonkey/flying-etiquette-2014/flying-etiquette.csv": (
        "surveymonkey", "csv", 1, 1040, 27, "RespondentID", "utf-8",
    ),
    "surveymonkey/comma-2014/comma-survey.csv": ("surveymonkey", "csv", 1, 1129, 13, "RespondentID", "utf-8"),
    "surveymonkey/steak-risk-2014/steak-risk-survey.csv": ("surveymonkey", "csv", 2, 550, 15, "RespondentID", "utf-8"),
    "surveymonkey/thanksgiving-2015/thanksgiving-2015-poll-data.csv": (
        "surveymonkey", "csv", 1, 1058, 65, "RespondentID", "utf-8",
    ),
    "surveymonkey/ohbm-aperture-2018/aperture_survey_responses.tsv": (
        "surveymonkey", "csv", 2, 193, 70, "row", "utf-8",
    ),
    "google-forms/preprint-licensing-2018/survey-responses-raw.csv": (
        "google_forms", "csv", 1, 169, 33, "row", "utf-8",
    ),
    "qualtrics/legitimacy-voting-2021/qualtrics.REDACTED.csv": ("qualtrics", "csv", 3, 156, 195, "ResponseId", "utf-8"),
    "qualtrics/legitimacy-voting-2021/qualtrics_text.REDACTED.csv": (
        "qualtrics", "csv", 3, 156, 195, "ResponseId", "utf-8",
    ),
    "qualtrics/qualtrics-fixtures/sample.csv": ("qualtrics", "csv", 3, 1, 20, "ResponseId", "utf-8"),
    "qualtrics/qualtrics-fixtures/sample_legacy.csv": ("qualtrics", "csv", 2, 1, 16, "V1", "utf-8-sig"),
    "plain/non-voters-2020/nonvoters_data.csv": ("plain", "csv", 1, 5836, 119, "row", "utf-8"),
    "clinical/snap2-organisational-2019/hospitals.csv": ("plain", "csv", 1, 309, 44, "row", "windows-1252"),
    "clinical/snap2-organisational-2019/critical_care_units.csv": ("plain", "csv", 1, 460, 9, "row", "utf-8"),
    "clinical/snap2-organisational-2019/high_acuity_areas.csv": ("plain", "csv", 1, 147, 14, "row", "utf-8"),
}  # fmt: skip
# Folder: records, columns, column of the record's name.
EVENTS = "redcap_event_name"
REPEATS = "redcap_repeat_instrument + redcap_repeat_instance"
REDCAP = {
    "blank-for-gray-status": (6, 26, "record_id"),
    "checkboxes-1": (4, 13, "record_id"),
    "clinical-trial-1": (500, 13, "record_id"),
    "decimal-comma": (4, 6, "record_id"),
    "decimal-comma-and-dot": (4, 9, "record_id"),
    "longitudinal": (18, 125, f"study_id + {EVENTS}"),
    "potentially-problematic-values": (2, 5, "record_id"),
    "repeating-instruments": (6, 15, f"record_id + {REPEATS}"),
    "russian": (3, 402, "record_id"),
    "simple": (5, 24, "record_id"),
    "survey": (2, 33, "participant_id"),
    "validation-types-1": (1, 52, "record_id"),
    "vignette-repeating": (17, 15, f"record_id + {REPEATS}"),
}
SHAPES |= {
    f"redcap/redcap-fixtures/{folder}/data.csv": ("redcap", "csv", 1, records, columns, name, "utf-8")
    for folder, (records, columns, name) in REDCAP.items()
}


def dictionary(folder):
    (path,) = (EXPORTS / "redcap/redcap-fixtures" / folder).glob("dict*.csv")
    return path


@pytest.mark.parametrize("name", SHAPES)
def test_platform_shape_and_every_cell(name):
    need_exports()
    platform, form, header_rows, records, columns, record_column, encoding = SHAPES[name]
    path = EXPORTS / name
    export = read_export(path)
    assert (export.platform, export.format, export.header_rows) == (platform, form, header_rows)
    assert (len(export.rows), len(export.columns)) == (records, columns)
    assert (export.record_ids()[1], export.encoding) == (record_column, encoding)
    with path.open(encoding=encoding, newline="") as file:
        lines = list(csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    assert export.cells == lines[header_rows : header_rows + records]
    assert export.rows == list(range(header_rows + 1, header_rows + records + 1))
    assert [column.headers for column in export.columns] == list(zip(*lines[:header_rows], strict=True))
    names = [column.name for column in export.columns]
    assert len(set(names)) == len(names)
    assert all(names)


def test_every_other_file_of_the_exports_is_read_or_refused_in_one_line():
    need_exports()
    refused = set()
    for path in sorted(EXPORTS.rglob("*")):
        if path.is_dir() or "published_tables" in path.parts:
            continue
        try:
            assert read_export(path).rows
        except BadInput as error:
            refused.add((path.suffix, str(error).partition(": ")[2].partition(";")[0].partition(",")[0]))
    assert {suffix for suffix, _ in refused} <= {".pdf", ".xlsx", ".md", ""}
    assert (".pdf", "not a text file") in refused


def test_limesurvey_codes_name_columns_and_blocks():
    need_exports()
    columns = {c.name: c for c in read_export(EXPORTS / "limesurvey/rse-de-2017/public_data.csv").columns}
    assert columns["socio1"].headers == ("socio1. In which country do you work?",)
    assert (columns["currentEmp13[1]"].block, columns["currentEmp13[1]"].part) == ("currentEmp13", "1")
    assert "(no header)" in columns


def test_surveymonkey_questions_are_carried_forward_over_their_options():
    need_exports()
    films = [
        column
        for column in read_export(EXPORTS / "surveymonkey/star-wars-2014/StarWars.csv").columns
        if column.block.startswith("Which of the following Star Wars films have you seen?")
    ]
    assert len(films) == 6
    assert films[-1].part == "Star Wars: Episode VI Return of the Jedi"


def test_a_flag_and_a_text_of_other_with_one_header_are_two_columns():
    need_exports()
    export = read_export(EXPORTS / "surveymonkey/thanksgiving-2015/thanksgiving-2015-poll-data.csv")
    sides = [column for column in export.columns if column.block.startswith("Which of these side dishes")]
    others = [column for column in sides if column.part == "Other (please specify)"]
    assert [column.name == others[0].name for column in others] == [True, False]
    assert others[1].name == f"{others[0].name} (2)"


def test_qualtrics_codes_and_choice_texts_of_the_same_responses_align():
    need_exports()
    folder = EXPORTS / "qualtrics/legitimacy-voting-2021"
    codes, texts = (read_export(folder / name) for name in ("qualtrics.REDACTED.csv", "qualtrics_text.REDACTED.csv"))
    assert codes.columns == texts.columns
    assert codes.record_ids() == texts.record_ids()
    differing = 0
    for column, coded, labelled in zip(
        codes.columns, zip(*codes.cells, strict=True), zip(*texts.cells, strict=True), strict=True
    ):
        pairs = {(a, b) for a, b in zip(coded, labelled, strict=True) if a != b}
        if not pairs or column.name in ("Status", "Finished"):
            continue
        differing += 1
        # One text per code, one code per text, and both blank together.
        assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs), column.name
        assert all(a and b for a, b in pairs), column.name
    assert differing > 40
    by_name = {column.name: column for column in codes.columns}
    m2 = by_name["practice_m2_1"]
    assert (m2.block, m2.also, m2.aliases, m2.block_aliases) == ("practice_m2", "1", ("QID43_4",), ("QID43",))
    assert by_name["consent_t_First Click"].part == ""


def test_google_forms_is_the_same_as_csv_and_as_workbook():
    need_exports()
    folder = EXPORTS / "google-forms/preprint-licensing-2018"
    with pytest.raises(BadInput, match=r"4 sheets hold something: .*'Raw'; name one of them"):
        read_export(folder / "survey-responses.xlsx")
    book = read_export(folder / "survey-responses.xlsx", sheet="Raw")
    text = read_export(folder / "survey-responses-raw.csv")
    assert (book.platform, len(book.rows)) == (text.platform, len(text.rows)) == ("google_forms", 169)
    assert [column.name for column in book.columns] == [column.name for column in text.columns]
    for left, right in zip(book.cells, text.cells, strict=True):
        stamp = datetime.datetime.strptime(right[0], "%m/%d/%Y %H:%M:%S")  # to the second, where the workbook has more
        assert abs(datetime.datetime.fromisoformat(left[0]) - stamp) < datetime.timedelta(seconds=1)
        assert [re.sub(r"\s+", " ", cell) for cell in left[1:]] == [re.sub(r"\s+", " ", cell) for cell in right[1:]]


@pytest.mark.parametrize("folder", sorted(set(REDCAP) - {"russian"}))  # the one that comes without
def test_redcap_dictionaries_know_the_columns(folder):
    need_exports()
    path = dictionary(folder)
    export = read_export(EXPORTS / f"redcap/redcap-fixtures/{folder}/data.csv", dictionary=path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        fields = {row["Variable / Field Name"]: row for row in csv.DictReader(file)}
    asked = [name for name in (column.name.partition("___")[0] for column in export.columns) if name in fields]
    known = [column for column in export.columns if column.name in export.dictionary]
    assert len(known) >= len(asked) > 0
    for column in known:
        row, said = fields.get(column.name.partition("___")[0]), export.dictionary[column.name]
        if row and column.part:
            assert f"{column.part}, {said.part}" in row["Choices, Calculations, OR Slider Labels"]
        if row and row["Text Validation Type OR Show Slider Number"].startswith("number"):
            assert said.type == "numeric"


def test_a_dictionary_of_thousands_of_fields_in_three_languages_is_read():
    from survey.readers.dictionaries import read_dictionary

    need_exports()
    path = EXPORTS / "redcap/covican-dictionary/Example1_DataDictionary.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    known = read_dictionary(path).variables
    shown = [row for row in rows if row["Field Type"] != "descriptive"]
    assert all(row["Variable / Field Name"] in known for row in shown)
    assert (known["gender"].question, known["gender"].options) == ("Gender", {"0": "Male", "1": "Female"})
    assert known["weight"].condition == "[gender] = 0"
    assert not any("<" in variable.question and "</" in variable.question for variable in known.values())


SPSS_EPOCH = datetime.datetime(1582, 10, 14)
SPSS_STATA = sorted((EXPORTS / "spss-stata").rglob("*.sav")) + sorted((EXPORTS / "spss-stata").rglob("*.dta"))


@pytest.mark.parametrize("path", SPSS_STATA, ids=lambda path: path.name)
def test_files_of_spss_and_stata_hold_what_pyreadstat_says(path):
    import pandas as pd
    import pyreadstat

    read = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
    frame, meta = read(str(path), user_missing=True)
    export = read_export(path)
    assert export.platform == ("spss" if path.suffix == ".sav" else "stata")
    assert [column.name for column in export.columns] == list(frame.columns)
    assert len(export.rows) == len(frame)
    for name, cells in zip(frame.columns, zip(*export.cells, strict=True), strict=True):
        for cell, value in zip(cells, frame[name], strict=True):
            if isinstance(value, str):
                assert cell == (f".{value}" if path.suffix == ".dta" else value)
            elif value is None or pd.isna(value):
                assert cell == ""
            elif isinstance(value, int | float):
                # What pyreadstat leaves as seconds, a quarter, is a day here.
                seconds = (
                    (datetime.datetime.fromisoformat(cell) - SPSS_EPOCH).total_seconds() if "-" in cell[1:] else cell
                )
                assert float(seconds) == value
            else:
                assert cell.split(" ")[-1] in str(value)
    for name, labels in meta.variable_value_labels.items():
        assert list(export.dictionary[name].options.values()) == [str(label).strip() for label in labels.values()]


def test_multiple_response_sets_ranges_and_tags():
    need_exports()
    export = read_export(EXPORTS / "spss-stata/pyreadstat-fixtures/simple_alltypes.sav")
    block = [column for column in export.columns if column.block == "mymrset"]
    assert [column.name for column in block] == ["bool1", "bool2", "bool3"]
    assert [column.part for column in block] == ["Response #1", "Response #2", "Response #3"]
    assert block[0].block_aliases == ("$mymrset", "My multiple response set")
    assert export.dictionary["bool1"].type == "multiple"
    assert set(export.dictionary["z"].missing) == {"-999..0", "999"}
    tagged = read_export(EXPORTS / "spss-stata/haven-fixtures/tagged-na-double.dta")
    assert [line[0] for line in tagged.cells] == ["1", "2", "3", "4", "5", ".a", ".h", ".z"]
    assert tagged.dictionary["x"].missing == (".a", ".z")


SMALL = [
    path
    for path in sorted(EXPORTS.rglob("*.*"))
    if path.suffix in (".csv", ".sav", ".dta") and path.stat().st_size < 4000
]


@settings(max_examples=200)
@given(st.data())
def test_real_files_with_bytes_changed_or_cut_off_are_read_or_refused_in_one_line(tmp_path_factory, data):
    need_exports()
    source = data.draw(st.sampled_from(SMALL))
    content = bytearray(source.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path_factory.mktemp("changed") / source.name
    path.write_bytes(content)
    with one_line_at_most(path):
        export = read_export(path)
        assert len(export.cells) == len(export.rows)
