"""One small survey as each platform exports it: the same three answers, to be read and cleaned to the same table."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from survey.errors import BadInput

SETTINGS = """\
id: ward
title: A survey of wards
authors: [{{name: A. Tester, affiliation: Somewhere}}]
simulated: true
export: {{file: {file}{more}}}
domains: [{{id: care, title: Care}}]
inference: {{target: superpopulation}}
seed: 1
"""
OPTIONS = """\
item,code,label,position,aliases,kind
drug,1,Drug A,1,,substantive
drug,2,Drug B,2,,substantive
drug,3,Other,3,Other (please specify)|Other - please specify,other
tests,1,Blood,1,,substantive
tests,2,"MRI, CT or PET",2,,substantive
tests,3,None of these,3,,substantive
"""
ANSWERS = {
    "drug": ["1", "3", "2"],
    "drug__other": [None, "Drug Z", None],
    "tests[1]": [True, True, False],
    "tests[2]": [False, True, False],
    "tests[3]": [False, False, True],
    "days": [10.0, 2.5, None],
}
LSS = """\
<?xml version="1.0" encoding="UTF-8"?>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<surveys><rows><row><sid>1</sid><language><![CDATA[en]]></language></row></rows></surveys>
<questions><rows>
<row><qid>10</qid><parent_qid>0</parent_qid><type>L</type><title>drug</title><other>Y</other><relevance>1</relevance></row>
<row><qid>11</qid><parent_qid>0</parent_qid><type>M</type><title>tests</title><other>N</other>
<relevance>drug.NAOK == "A1"</relevance></row>
<row><qid>12</qid><parent_qid>0</parent_qid><type>N</type><title>days</title><other>N</other><relevance>1</relevance></row>
</rows></questions>
<subquestions><rows>
<row><qid>20</qid><parent_qid>11</parent_qid><title>blood</title><question_order>1</question_order><scale_id>0</scale_id></row>
<row><qid>21</qid><parent_qid>11</parent_qid><title>scan</title><question_order>2</question_order><scale_id>0</scale_id></row>
<row><qid>22</qid><parent_qid>11</parent_qid><title>none</title><question_order>3</question_order><scale_id>0</scale_id></row>
</rows></subquestions>
<question_l10ns><rows>
<row><qid>10</qid><question><![CDATA[<p>Which <b>drug</b> comes first?</p>]]></question><language>en</language></row>
<row><qid>10</qid><question>Welches Mittel zuerst?</question><language>de</language></row>
<row><qid>11</qid><question>Which tests?</question><language>en</language></row>
<row><qid>12</qid><question>After how many days?</question><language>en</language></row>
<row><qid>20</qid><question>Blood</question><language>en</language></row>
<row><qid>21</qid><question>MRI, CT or PET</question><language>en</language></row>
<row><qid>22</qid><question>None of these</question><language>en</language></row>
</rows></question_l10ns>
<answers><rows>
<row><aid>1</aid><qid>10</qid><code>A1</code><sortorder>1</sortorder><scale_id>0</scale_id></row>
<row><aid>2</aid><qid>10</qid><code>A2</code><sortorder>2</sortorder><scale_id>0</scale_id></row>
</rows></answers>
<answer_l10ns><rows>
<row><aid>1</aid><answer>Drug A</answer><language>en</language></row>
<row><aid>1</aid><answer>Mittel A</answer><language>de</language></row>
<row><aid>2</aid><answer>Drug B</answer><language>en</language></row>
</rows></answer_l10ns></document>
"""
QSF = json.dumps(
    {
        "SurveyEntry": {"SurveyName": "Wards"},
        "SurveyElements": [
            {"Element": "BL", "Payload": []},
            {
                "Element": "SQ",
                "Payload": {
                    "QuestionID": "QID1",
                    "DataExportTag": "Q1",
                    "QuestionType": "MC",
                    "Selector": "SAVR",
                    "QuestionText": "Which <b>drug</b>&nbsp;comes first?",
                    "Choices": {"1": {"Display": "Drug A"}, "4": {"Display": "Other", "TextEntry": "true"}},
                    "ChoiceOrder": ["4", 1],
                    "RecodeValues": {"1": "1", "4": "3"},
                },
            },
            {
                "Element": "SQ",
                "Payload": {
                    "QuestionID": "QID2",
                    "DataExportTag": "Q2",
                    "QuestionType": "MC",
                    "Selector": "MAVR",
                    "QuestionText": "Which tests?",
                    "Choices": {
                        "1": {"Display": "Blood"},
                        "2": {"Display": "MRI, CT or PET"},
                        "3": {"Display": "None of these"},
                    },
                },
            },
            {
                "Element": "SQ",
                "Payload": {
                    "QuestionID": "QID4",
                    "DataExportTag": "Q4",
                    "QuestionType": "Matrix",
                    "Selector": "Likert",
                    "QuestionText": "How often?",
                    "Choices": {"1": {"Display": "At night"}},
                    "Answers": {"1": {"Display": "Never"}, "2": {"Display": "Always"}},
                    "RecodeValues": {"1": "0", "2": "9"},
                },
            },
        ],
    }
)
DATA_DICTIONARY = [
    [
        "Variable / Field Name",
        "Form Name",
        "Section Header",
        "Field Type",
        "Field Label",
        "Choices, Calculations, OR Slider Labels",
        "Field Note",
        "Text Validation Type OR Show Slider Number",
        "Text Validation Min",
        "Text Validation Max",
        "Identifier?",
        "Branching Logic (Show field only if...)",
    ],
    ["record_id", "care", "", "text", "Record ID", "", "", "", "", "", "", ""],
    [
        "drug",
        "care",
        "",
        "radio",
        "Which drug comes first?",
        "1, Drug A | 2, Drug B | 3, Other",
        "",
        "",
        "",
        "",
        "",
        "",
    ],
    ["drug_other", "care", "", "text", "Which other drug?", "", "", "", "", "", "y", "[drug] = '3'"],
    [
        "tests",
        "care",
        "",
        "checkbox",
        "Which tests?",
        "1, Blood | 2, MRI, CT or PET|3,None of these",
        "",
        "",
        "",
        "",
        "",
        "",
    ],
    [
        "days",
        "care",
        "",
        "text",
        "<div>After how&nbsp;many days?</div>",
        "",
        "",
        "number_comma_decimal",
        "0",
        "60",
        "",
        "",
    ],
]


@contextmanager
def one_line_at_most(path: Path) -> Iterator[Path]:
    """Let a BadInput pass, if it is one line that names the file; no other exception."""
    complaint = str(path)
    try:
        yield path
    except BadInput as error:
        complaint = str(error)
    assert str(path) in complaint
    assert "\n" not in complaint


def rows_as_csv(rows: list[list[str]], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Rows as delimited text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(rows)
    return text.getvalue()


def write_workbook(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    """Write an XLSX file; None and "" are empty cells."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([None if value == "" else value for value in row])
    book.save(path)
    return path


def write_study(folder: Path, file: str, sources: dict[str, str], more: str = "", options: str = OPTIONS) -> Path:
    """Write the study folder; sources: item to its `source`, more: further keys of `export`."""
    folder.mkdir(parents=True, exist_ok=True)
    types = {"drug": "single", "tests": "multiple", "days": "numeric"}
    codebook = [["item", "domain", "type", "question", "label", "source", "unit", "min", "max", "asked_if"]]
    codebook[0] += ["direction", "role", "note"]
    for item, kind in types.items():
        unit = "days" if kind == "numeric" else ""
        codebook.append([item, "care", kind, f"{item}?", item, sources[item], unit, "", "", "", "", "outcome", ""])
    (folder / "study.yaml").write_text(SETTINGS.format(file=file, more=more), encoding="utf-8")
    (folder / "codebook.csv").write_text(rows_as_csv(codebook), encoding="utf-8")
    (folder / "options.csv").write_text(options, encoding="utf-8")
    (folder / "claims.yaml").write_text("[]\n", encoding="utf-8")
    return folder


def cleaned(folder: Path, export, uses) -> tuple[dict[str, list[object]], list[tuple[str, ...]]]:
    """The clean columns of the study as lists, None for missing, and its ledger."""
    import pandas as pd

    from survey.cleaning import clean_domain
    from survey.export import columns_table
    from survey.study import read_study

    cells = pd.DataFrame(export.cells, columns=[column.name for column in export.columns], dtype="str")
    cells.insert(0, "record", export.record_ids()[0])
    table = pd.DataFrame(columns_table(export.columns, uses))
    part = clean_domain(cells, table, read_study(folder), "care", pd.DataFrame())
    columns = {name: [None if pd.isna(v) else v for v in column] for name, column in part.columns.items()}
    return columns, part.ledger
