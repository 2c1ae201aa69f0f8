"""The same answers, as each platform writes them, are told, read and cleaned to the same table."""

import csv

import pytest
from exported import (
    ANSWERS,
    DATA_DICTIONARY,
    LSS,
    OPTIONS,
    QSF,
    cleaned,
    rows_as_csv,
    write_study,
    write_workbook,
)
from project import EXAMPLE, SIMULATED
from small import change

from survey.errors import BadInput
from survey.export import map_columns, read_export
from survey.study import read_study

PARTS_OF_LIMESURVEY = OPTIONS.replace("tests,1,Blood,1,,", "tests,1,Blood,1,blood,")
PARTS_OF_LIMESURVEY = PARTS_OF_LIMESURVEY.replace('"MRI, CT or PET",2,,', '"MRI, CT or PET",2,scan,')
PARTS_OF_LIMESURVEY = PARTS_OF_LIMESURVEY.replace("tests,3,None of these,3,,", "tests,3,None of these,3,none,")
CODES_OF_LIMESURVEY = PARTS_OF_LIMESURVEY.replace("Drug A,1,", "Drug A,1,A1").replace("Drug B,2,", "Drug B,2,A2")
OWN = ["id", "submitdate", "lastpage", "startlanguage"]
ADMIN = [["7", "2023-01-01 10:00:00", "3", "en"], ["8", "", "3", "en"], ["9", "", "1", "en"]]
DRUG, TESTS, DAYS = "Which drug comes first?", "Which tests?", "After how many days?"
NAMES = ["Blood", "MRI, CT or PET", "None of these"]


def beside(first, second):
    return [[*one, *other] for one, other in zip(first, second, strict=True)]


OWN_TEXTS = ["Response ID", "Date submitted", "Last page", "Start language"]
LIMESURVEY_CODES = [
    [*OWN, "drug", "drug[other]", "tests[blood]", "tests[scan]", "tests[none]", "days"],
    *beside(
        ADMIN,
        [
            ["A1", "", "Y", "N", "N", "10.0"],
            ["-oth-", "Drug Z", "Y", "Y", "N", "2.5"],
            ["A2", "", "N", "N", "Y", ""],
        ],
    ),
]
LIMESURVEY_TEXTS = [
    [*OWN_TEXTS, DRUG, f"{DRUG} [Other]", *(f"{TESTS} [{name}]" for name in NAMES), DAYS],
    *beside(
        ADMIN,
        [
            ["Drug A", "", "Yes", "No", "No", "10"],
            ["Other", "Drug Z", "Yes", "Yes", "No", "2.5"],
            ["Drug B", "", "No", "No", "Yes", ""],
        ],
    ),
]
LIMESURVEY_BOTH = [
    [f"{code}. Their own" for code in OWN]
    + [f"drug. {DRUG}", f"drug[other]. {DRUG} [Other]"]
    + [f"tests[{code}]. {TESTS} [{name}]" for code, name in zip(["blood", "scan", "none"], NAMES, strict=True)]
    + [f"days. {DAYS}"],
    *LIMESURVEY_TEXTS[1:],
]
SURVEYMONKEY_TWO = [
    ["Respondent ID", "Collector ID", DRUG, "", TESTS, "", "", DAYS],
    ["", "", "Response", "Other (please specify)", *NAMES, "Open-Ended Response"],
    ["900", "1", "Drug A", "", "Blood", "", "", "10"],
    ["901", "1", "", "Drug Z", "Blood", "MRI, CT or PET", "", "2.5"],
    ["902", "1", "Drug B", "", "", "", "None of these", ""],
]
SURVEYMONKEY_ONE = [
    ["RespondentID", DRUG, f"{DRUG} - Other (please specify)", *(f"{TESTS} - {name}" for name in NAMES), DAYS],
    *([line[0], *line[2:]] for line in SURVEYMONKEY_TWO[2:]),
]
SURVEYMONKEY_CONDENSED = [
    ["respondent_id", "collector_id", DRUG, f"{DRUG} - Other (please specify)", TESTS, DAYS],
    ["900", "1", "Drug A", "", "Blood", "10"],
    ["901", "1", "Other (please specify)", "Drug Z", "Blood, MRI, CT or PET", "2.5"],
    ["902", "1", "Drug B", "", "None of these", ""],
]
QUALTRICS_OWN = ["StartDate", "EndDate", "Status", "Finished", "RecordedDate", "ResponseId"]
QUALTRICS_TEXTS = ["Start Date", "End Date", "Response Type", "Finished", "Recorded Date", "Response ID"]
QUALTRICS_DRUG = [f"{DRUG} - Selected Choice", f"{DRUG} - Other - Text"]
QUALTRICS_ADMIN = ["2023-01-01 10:00:00", "2023-01-01 10:05:00", "0", "1", "2023-01-01 10:05:00"]
QUALTRICS = [
    [*QUALTRICS_OWN, "Q1", "Q1_4_TEXT", "Q2_1", "Q2_2", "Q2_3", "Q3"],
    [*QUALTRICS_TEXTS, *QUALTRICS_DRUG, *(f"{TESTS} - Selected Choice - {name}" for name in NAMES), DAYS],
    [f'{{"ImportId":"{name}"}}' for name in ["startDate", "endDate", "status", "finished", "recordedDate", "_recordId"]]
    + ['{"ImportId":"QID1"}', '{"ImportId":"QID1_4_TEXT"}']
    + [*(f'{{"ImportId":"QID2","choiceId":"{number}"}}' for number in (1, 2, 3)), '{"ImportId":"QID3_TEXT"}'],
    [*QUALTRICS_ADMIN, "R_1", "Drug A", "", "Blood", "", "", "10"],
    [*QUALTRICS_ADMIN, "R_2", "Other", "Drug Z", "Blood", "MRI, CT or PET", "", "2.5"],
    [*QUALTRICS_ADMIN, "R_3", "Drug B", "", "", "", "None of these", ""],
]
QUALTRICS_CODED = [
    *QUALTRICS[:3],
    [*QUALTRICS_ADMIN, "R_1", "1", "", "1", "", "", "10"],
    [*QUALTRICS_ADMIN, "R_2", "3", "Drug Z", "1", "1", "", "2.5"],
    [*QUALTRICS_ADMIN, "R_3", "2", "", "", "", "1", ""],
]
LEGACY = ["ResponseID", "ResponseSet", "ExternalDataReference", "Finished"]
QUALTRICS_LEGACY = [
    ["V1", "V2", "V3", "V10", "Q1", "Q1_3_TEXT", "Q2_1", "Q2_2", "Q2_3", "Q3"],
    [*LEGACY, DRUG, f"{DRUG}-TEXT", *(f"{TESTS}-{name}" for name in NAMES), DAYS],
    ["R_1", "Default", "", "1", "1", "", "1", "", "", "10"],
    ["R_2", "Default", "", "1", "3", "Drug Z", "1", "1", "", "2.5"],
    ["R_3", "Default", "", "1", "2", "", "", "", "1", ""],
]
REDCAP_OWN = ["record_id", "redcap_survey_identifier", "care_timestamp"]
REDCAP_LABELS = ["Record ID", "Survey Identifier", "Survey Timestamp"]
REDCAP_RAW = [
    [*REDCAP_OWN, "drug", "tests___1", "tests___2", "tests___3", "days", "care_complete"],
    ["1", "", "2023-01-01 10:00:00", "1", "1", "0", "0", "10", "2"],
    ["2", "", "[not completed]", "3", "1", "1", "0", "2,5", "1"],
    ["3", "", "2023-01-01 10:00:00", "2", "0", "0", "1", "", "2"],
]
REDCAP_LABELLED = [
    [*REDCAP_LABELS, DRUG, *(f"{TESTS} (choice={name})" for name in NAMES), DAYS, "Complete?"],
    ["1", "", "2023-01-01 10:00:00", "Drug A", "Checked", "Unchecked", "Unchecked", "10", "Complete"],
    ["2", "", "[not completed]", "Other", "Checked", "Checked", "Unchecked", "2,5", "Unverified"],
    ["3", "", "2023-01-01 10:00:00", "Drug B", "Unchecked", "Unchecked", "Checked", "", "Complete"],
]
GOOGLE = [
    ["Timestamp", DRUG, TESTS, DAYS],
    ["2/15/2018 20:37:15", "Drug A", "Blood", "10"],
    ["2/15/2018 20:38:15", "Drug Z", "Blood, MRI, CT or PET", "2.5"],
    ["2/15/2018 20:39:15", "Drug B", "None of these", ""],
]
MICROSOFT = [
    ["ID", "Start time", "Completion time", "Email", "Name", DRUG, TESTS, DAYS + "\u00a0"],
    ["1", "2/15/2018 20:37:15", "2/15/2018 20:39:15", "anonymous", "", "Drug A", "Blood;", "10"],
    ["2", "2/15/2018 20:37:15", "2/15/2018 20:39:15", "anonymous", "", "Drug Z", "Blood;MRI, CT or PET;", "2.5"],
    ["3", "2/15/2018 20:37:15", "2/15/2018 20:39:15", "anonymous", "", "Drug B", "None of these;", ""],
]
PLAIN = [
    ["case", "drug", "drug_other", "Q2_1", "Q2_2", "Q2_3", "days"],
    ["c1", "1", "", "1", "0", "0", "10"],
    ["c2", "3", "Drug Z", "1", "1", "0", "2.5"],
    ["c3", "2", "", "0", "0", "1", ""],
]
RANKS = [["2", "1", "3"], ["1", "3", "2"], ["3", "2", "1"]]
BY_CODE = {"drug": "drug", "tests": "tests", "days": "days"}
BY_TEXT = {"drug": DRUG, "tests": TESTS, "days": DAYS}
BY_TAG = {"drug": "Q1", "tests": "Q2", "days": "Q3"}
BY_ID = {"drug": "QID1", "tests": "QID2", "days": "QID3_TEXT"}
FORMS = OPTIONS.replace("Other (please specify)|", "Drug Z|Other (please specify)|")
CASES = {
    "limesurvey codes": (LIMESURVEY_CODES, "limesurvey", 1, BY_CODE, CODES_OF_LIMESURVEY, "id", ""),
    "limesurvey texts": (LIMESURVEY_TEXTS, "limesurvey", 1, BY_TEXT, OPTIONS, "Response ID", ""),
    "limesurvey both": (LIMESURVEY_BOTH, "limesurvey", 1, BY_CODE, PARTS_OF_LIMESURVEY, "id", ""),
    "surveymonkey two rows": (SURVEYMONKEY_TWO, "surveymonkey", 2, BY_TEXT, OPTIONS, "Respondent ID", ""),
    "surveymonkey one row": (SURVEYMONKEY_ONE, "surveymonkey", 1, BY_TEXT, OPTIONS, "RespondentID", ""),
    "surveymonkey condensed": (SURVEYMONKEY_CONDENSED, "surveymonkey", 1, BY_TEXT, OPTIONS, "respondent_id", ", "),
    "qualtrics": (QUALTRICS, "qualtrics", 3, BY_TAG, OPTIONS, "ResponseId", ""),
    "qualtrics by import id": (QUALTRICS, "qualtrics", 3, BY_ID, OPTIONS, "ResponseId", ""),
    "qualtrics coded": (QUALTRICS_CODED, "qualtrics", 3, BY_TAG, OPTIONS, "ResponseId", ""),
    "qualtrics without ids": (
        QUALTRICS[:2] + QUALTRICS[3:],
        "qualtrics",
        2,
        BY_TAG,
        OPTIONS,
        "ResponseId",
        "",
    ),
    "qualtrics tags alone": (
        QUALTRICS_CODED[:1] + QUALTRICS_CODED[3:],
        "qualtrics",
        1,
        BY_TAG,
        OPTIONS,
        "ResponseId",
        "",
    ),
    "qualtrics legacy": (QUALTRICS_LEGACY, "qualtrics", 2, BY_TAG, OPTIONS, "V1", ""),
    "redcap raw": (REDCAP_RAW, "redcap", 1, BY_CODE, OPTIONS, "record_id", ""),
    "redcap labelled": (REDCAP_LABELLED, "redcap", 1, BY_TEXT, OPTIONS, "Record ID", ""),
    "google forms": (GOOGLE, "google_forms", 1, BY_TEXT, FORMS, "row", ", "),
    "microsoft forms": (MICROSOFT, "microsoft_forms", 1, BY_TEXT, FORMS, "ID", ";"),
    "plain": (PLAIN, "plain", 1, {"drug": "drug", "tests": "Q2", "days": "days"}, OPTIONS, "row", ""),
}
FORMATS = {
    "csv": lambda path, rows: path.write_text(rows_as_csv(rows), encoding="utf-8", newline=""),
    "semicolons": lambda path, rows: path.write_text(rows_as_csv(rows, ";"), encoding="utf-8-sig", newline=""),
    "tsv": lambda path, rows: path.write_text(rows_as_csv(rows, "\t"), encoding="utf-16", newline=""),
    "xlsx": lambda path, rows: write_workbook(path, ("Sheet", rows)),
}
SUFFIX = {"semicolons": "csv"}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", CASES)
def test_the_answers_are_the_same_whatever_wrote_them(tmp_path, case, form):
    rows, platform, header_rows, sources, options, record_column, separator = CASES[case]
    file = f"export.{SUFFIX.get(form, form)}"
    more = f', separator: "{separator}"' if separator else ""
    folder = write_study(tmp_path, file, sources, more, options)
    FORMATS[form](folder / file, rows)
    export = read_export(folder / file)
    assert (export.platform, export.header_rows) == (platform, header_rows)
    assert export.cells == rows[header_rows:]
    assert export.rows == [header_rows + 1, header_rows + 2, header_rows + 3]
    assert export.record_ids()[1] == record_column
    table, ledger = cleaned(folder, export, map_columns(export.columns, read_study(folder)))
    expected = dict(ANSWERS)
    if case.startswith(("redcap", "google", "microsoft")):
        del expected["drug__other"]
    assert {name: table[name] for name in expected} == expected
    told = {(row[1], row[4]) for row in ledger}
    assert told <= {("drug", "other_recoded"), ("drug", "alias"), ("tests[3]", "alias"), ("days", "decimal_comma")}


@pytest.mark.parametrize("case", CASES)
def test_a_platform_named_by_mistake_is_one_line_that_names_the_right_one(tmp_path, case):
    rows, platform, header_rows, *_ = CASES[case]
    path = tmp_path / "export.csv"
    path.write_text(rows_as_csv(rows), encoding="utf-8", newline="")
    assert read_export(path, platform).platform == platform
    for other in ("limesurvey", "surveymonkey", "qualtrics", "redcap", "google_forms", "microsoft_forms"):
        if other != platform and not (case == "plain" and other == "limesurvey"):
            with pytest.raises(BadInput, match=f"set its `platform` in study.yaml to {platform}"):
                read_export(path, other)
    for other in ("spss", "stata"):
        with pytest.raises(BadInput, match=r"is delimited text, and not of the platform"):
            read_export(path, other)
    if header_rows == 1:
        assert read_export(path, "plain").platform == "plain"
    else:
        with pytest.raises(
            BadInput, match=f"row 2: a second header row, .* set its `platform` in study.yaml to {platform}"
        ):
            read_export(path, "plain")


def test_a_limesurvey_structure_tells_questions_and_names_columns_of_full_texts_by_code(tmp_path):
    folder = write_study(tmp_path, "export.csv", BY_CODE, options=PARTS_OF_LIMESURVEY)
    (folder / "survey.lss").write_text(LSS, encoding="utf-8")
    (folder / "export.csv").write_text(rows_as_csv(LIMESURVEY_TEXTS), encoding="utf-8", newline="")
    export = read_export(folder / "export.csv", dictionary=folder / "survey.lss")
    drug, tests = export.dictionary[DRUG], export.dictionary[f"{TESTS} [MRI, CT or PET]"]
    assert (drug.question, drug.type, drug.options) == (DRUG, "single", {"A1": "Drug A", "A2": "Drug B"})
    assert (tests.part, tests.type, tests.condition) == ("MRI, CT or PET", "multiple", 'drug.NAOK == "A1"')
    assert export.dictionary[DAYS].type == "numeric"
    table, _ = cleaned(folder, export, map_columns(export.columns, read_study(folder)))
    assert table["tests[2]"] == ANSWERS["tests[2]"]
    assert table["drug"] == ANSWERS["drug"]


def test_the_structure_of_an_older_limesurvey_holds_the_texts_itself(tmp_path):
    old = """<document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<questions><rows><row><qid>1</qid><type>F</type><title>q</title><question>Rate</question><language>en</language></row>
</rows></questions><subquestions><rows>
<row><qid>2</qid><parent_qid>1</parent_qid><title>SQ1</title><question>Food</question><language>en</language></row>
</rows></subquestions><answers><rows>
<row><qid>1</qid><code>2</code><answer>Bad</answer><sortorder>2</sortorder></row>
<row><qid>1</qid><code>1</code><answer>Good</answer><sortorder>1</sortorder></row></rows></answers></document>"""
    (tmp_path / "survey.lss").write_text(old, encoding="utf-8")
    path = tmp_path / "export.csv"
    path.write_text("id,submitdate,lastpage,q[SQ1]\n1,,2,1\n", encoding="utf-8")
    rate = read_export(path, dictionary=tmp_path / "survey.lss").dictionary["q[SQ1]"]
    assert (rate.question, rate.part, list(rate.options.items())) == ("Rate", "Food", [("1", "Good"), ("2", "Bad")])


def test_a_qualtrics_questionnaire_tells_texts_codes_and_what_they_stand_for(tmp_path):
    (tmp_path / "survey.qsf").write_text(QSF, encoding="utf-8")
    path = tmp_path / "export.csv"
    rows = [[*line, cell] for line, cell in zip(QUALTRICS_CODED, ["Q4_1", "", "", "9", "0", ""], strict=True)]
    rows[2][-1] = '{"ImportId":"QID4_1"}'
    path.write_text(rows_as_csv(rows), encoding="utf-8", newline="")
    known = read_export(path, dictionary=tmp_path / "survey.qsf").dictionary
    assert (known["Q1"].question, known["Q1"].type) == (DRUG, "single")
    assert list(known["Q1"].options.items()) == [("3", "Other"), ("1", "Drug A")]
    assert (known["Q2_2"].part, known["Q2_2"].type) == ("MRI, CT or PET", "multiple")
    assert (known["Q4_1"].part, dict(known["Q4_1"].options)) == ("At night", {"0": "Never", "9": "Always"})


def test_a_redcap_dictionary_tells_labels_codes_limits_and_names_labelled_columns_by_field(tmp_path):
    folder = write_study(tmp_path, "export.csv", BY_CODE)
    (folder / "dictionary.csv").write_text(rows_as_csv(DATA_DICTIONARY), encoding="utf-8-sig")
    for rows in (REDCAP_RAW, REDCAP_LABELLED):
        (folder / "export.csv").write_text(rows_as_csv(rows), encoding="utf-8", newline="")
        export = read_export(folder / "export.csv", dictionary=folder / "dictionary.csv")
        uses = map_columns(export.columns, read_study(folder))
        table, _ = cleaned(folder, export, uses)
        assert table["tests[2]"] == ANSWERS["tests[2]"]
        assert table["days"] == ANSWERS["days"]
        known = {use.item: export.dictionary[use.column] for use in uses}
        assert known["drug"].options == {"1": "Drug A", "2": "Drug B", "3": "Other"}
        assert (known["tests"].part, known["tests"].type) == ("None of these", "multiple")
        days = known["days"]
        assert (days.question, days.type, days.minimum, days.maximum) == (DAYS, "numeric", "0", "60")


def test_a_record_of_redcap_is_called_by_its_event_and_repeat(tmp_path):
    path = tmp_path / "export.csv"
    rows = [
        ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "size", "bp"],
        ["1", "first_arm_1", "", "", "5", ""],
        ["1", "first_arm_1", "bp", "1", "", "120"],
        ["1", "first_arm_1", "bp", "2", "", "130"],
        ["2", "first_arm_1", "", "", "7", ""],
    ]
    path.write_text(rows_as_csv(rows), encoding="utf-8", newline="")
    ids, column = read_export(path).record_ids()
    assert ids == ["1 / first_arm_1", "1 / first_arm_1 / bp / 1", "1 / first_arm_1 / bp / 2", "2 / first_arm_1"]
    assert column == "record_id + redcap_event_name + redcap_repeat_instrument + redcap_repeat_instance"


def test_a_negative_code_of_a_redcap_checkbox_is_one(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("record_id,why___1,why____99,f_complete\n1,0,1,2\n", encoding="utf-8")
    assert [(column.block, column.part) for column in read_export(path).columns[1:3]] == [("why", "1"), ("why", "-99")]


def test_questions_carried_forward_or_repeated_are_one_block(tmp_path):
    for second in (["Which?", "", ""], ["Which?", "Which?", "Which?"]):
        rows = [["Respondent ID", *second], ["", "A", "B", "Other (please specify)"], ["1", "A", "", "C"]]
        path = write_workbook(tmp_path / "export.xlsx", ("Sheet", rows))
        export = read_export(path)
        assert export.header_rows == 2
        assert [(column.block, column.part) for column in export.columns[1:]] == [
            ("Which?", "A"),
            ("Which?", "B"),
            ("Which?", "Other (please specify)"),
        ]


def test_an_array_of_two_scales_has_the_answers_of_each(tmp_path):
    answers = "".join(
        f"<row><qid>1</qid><code>{code}</code><answer>{label}</answer><scale_id>{scale}</scale_id></row>"
        for code, label, scale in (("G", "Good", 0), ("P", "Poor", 0), ("S", "Safe", 1), ("U", "Unsafe", 1))
    )
    lss = f"""<document><LimeSurveyDocType>Survey</LimeSurveyDocType><questions><rows>
<row><qid>1</qid><type>1</type><title>q</title><question>Rate</question><language>en</language></row></rows></questions>
<subquestions><rows><row><qid>2</qid><parent_qid>1</parent_qid><title>A</title><question>Drug</question>
<language>en</language></row></rows></subquestions><answers><rows>{answers}</rows></answers></document>"""
    (tmp_path / "survey.lss").write_text(lss, encoding="utf-8")
    path = tmp_path / "export.csv"
    path.write_text("id,submitdate,lastpage,q[A][1],q[A][2]\n1,,2,G,S\n", encoding="utf-8")
    known = read_export(path, dictionary=tmp_path / "survey.lss").dictionary
    assert known["q[A][1]"].options == {"G": "Good", "P": "Poor"}
    assert known["q[A][2]"].options == {"S": "Safe", "U": "Unsafe"}


def test_a_comment_of_limesurvey_is_no_box_of_its_question_and_is_known_as_text(tmp_path):
    lss = """<document><LimeSurveyDocType>Survey</LimeSurveyDocType><questions><rows>
<row><qid>1</qid><type>P</type><title>q</title><question>Why</question><other>Y</other><language>en</language></row>
</rows></questions><subquestions><rows>
<row><qid>2</qid><parent_qid>1</parent_qid><title>A</title><question>Cost</question><language>en</language></row>
</rows></subquestions></document>"""
    (tmp_path / "survey.lss").write_text(lss, encoding="utf-8")
    by_code = "id,submitdate,lastpage,q[A],q[Acomment],q[other],q[othercomment]"
    by_text = "Response ID,Date submitted,Last page,Why [Cost],Why [Cost][Comment],Why [Other],Why [Other][Comment]"
    for header in (by_code, by_text):
        path = tmp_path / "export.csv"
        path.write_text(f"{header}\n1,,2,Yes,dear,,\n", encoding="utf-8")
        export = read_export(path, dictionary=tmp_path / "survey.lss")
        box, comment, other, last = export.columns[3:]
        assert box.block == other.block
        assert box.block not in (comment.block, last.block)
        assert not set(comment.block_aliases + last.block_aliases) & {"q"}
        assert [export.dictionary[column.name].type for column in (comment, last)] == ["text", "text"]
        assert export.dictionary[comment.name].question == "Why [Cost]"


def test_parts_of_a_limesurvey_array_with_two_scales_have_names_of_their_own(tmp_path):
    path = tmp_path / "export.csv"
    header = "id,submitdate,lastpage,q[SQ1][1],q[SQ1][2],t[SQ1_SQ2]. Table [row][column]"
    path.write_text(f"{header}\n1,,2,a,b,c\n", encoding="utf-8")
    names = [column.name for column in read_export(path).columns[3:]]
    assert names == ["q[SQ1][1]", "q[SQ1][2]", "t[SQ1_SQ2]"]


def test_ranks_of_qualtrics_are_by_option_though_its_parts_are_numbers(tmp_path):
    folder = write_study(tmp_path, "export.csv", BY_TAG)
    change(folder / "codebook.csv", "tests,care,multiple", "tests,care,rank")
    rows = [*QUALTRICS[:3], *([*line[:8], *ranks, ""] for line, ranks in zip(QUALTRICS[3:], RANKS, strict=True))]
    (folder / "export.csv").write_text(rows_as_csv(rows), encoding="utf-8", newline="")
    export = read_export(folder / "export.csv")
    table, _ = cleaned(folder, export, map_columns(export.columns, read_study(folder)))
    assert [table[f"tests[{option}]"] for option in "123"] == [[2, 1, 3], [1, 3, 2], [3, 2, 1]]


def test_a_text_beside_an_option_is_no_tick_where_the_item_has_no_other(tmp_path):
    rows = [[*line, cell] for line, cell in zip(QUALTRICS, ["Q2_3_TEXT", "", "", "why", "", ""], strict=True)]
    rows[2][-1] = '{"ImportId":"QID2_3_TEXT"}'
    folder = write_study(tmp_path, "export.csv", BY_TAG)
    (folder / "export.csv").write_text(rows_as_csv(rows), encoding="utf-8", newline="")
    export = read_export(folder / "export.csv")
    uses = map_columns(export.columns, read_study(folder))
    assert "Q2_3_TEXT" not in {use.column for use in uses}
    assert cleaned(folder, export, uses)[0]["tests[3]"] == ANSWERS["tests[3]"]


@pytest.mark.parametrize(
    "path", [SIMULATED / "ebmt-cart-2023.csv", EXAMPLE / "export.csv"], ids=["limesurvey", "surveymonkey"]
)
def test_what_the_simulated_platforms_write_is_the_same_as_text_of_every_kind_and_as_a_workbook(tmp_path, path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    export = read_export(path)
    assert export.cells == rows[export.header_rows :]
    for form, write in FORMATS.items():
        copy = tmp_path / f"export.{SUFFIX.get(form, form)}"
        write(copy, rows)
        again = read_export(copy)
        assert (again.platform, again.header_rows, again.rows) == (export.platform, export.header_rows, export.rows)
        assert again.cells == export.cells
        assert again.columns == export.columns
