import csv
import io

import pytest
from exported import one_line_at_most
from hypothesis import given
from hypothesis import strategies as st
from small import RECORDS, change, write_export, write_rows

from survey.errors import BadInput
from survey.export import check_answers, columns_table, map_columns, read_export
from survey.study import read_study


def test_limesurvey_is_told_from_its_header_and_read_cell_by_cell(small):
    export = read_export(small / "export.csv")
    assert (export.platform, export.encoding, export.delimiter) == ("limesurvey", "utf-8", ",")
    assert len(export.cells) == len(RECORDS)
    assert export.rows[0] == 2
    names = [column.name for column in export.columns]
    assert names[:5] == ["id", "submitdate", "lastpage", "startlanguage", "centre"]
    assert "tests[mri]" in names
    assert export.cells[1][names.index("size")] == "Large\u00a0"
    assert export.record_ids() == ([str(number) for number in range(1, len(RECORDS) + 1)], "id")


def test_every_column_feeds_an_item_or_is_unused_with_a_reason(small):
    export = read_export(small / "export.csv")
    table = columns_table(export.columns, map_columns(export.columns, read_study(small)))
    assert {row["column"] for row in table} == {column.name for column in export.columns}
    by_column = {row["column"]: row for row in table}
    assert by_column["tests[mri]"] | {"reason": ""} == by_column["tests[mri]"]
    assert (by_column["tests[mri]"]["item"], by_column["tests[mri]"]["option"]) == ("tests", "mri")
    assert by_column["drug[other]"]["use"] == "other_text"
    assert by_column["lastpage"]["use"] == "unused"
    assert by_column["lastpage"]["reason"]


def test_surveymonkey_with_two_header_rows_carries_the_question_forward(tmp_path):
    rows = [
        ["RespondentID", "Seen any?", "Which films?", "", "Rate these", ""],
        ["", "Response", "Film A", "Film B", "Han", "Yoda"],
        ["9001", "Yes", "Film A", "", "Good", "Bad"],
    ]
    export = read_export(write_rows(tmp_path / "export.csv", rows))
    assert export.platform == "surveymonkey"
    names = [column.name for column in export.columns]
    assert names == [
        "RespondentID",
        "Seen any?",
        "Which films? [Film A]",
        "Which films? [Film B]",
        "Rate these [Han]",
        "Rate these [Yoda]",
    ]
    assert export.rows == [3]
    assert export.record_ids() == (["9001"], "RespondentID")


def test_surveymonkey_with_one_header_row_and_a_plain_table(tmp_path):
    rows = [["RespondentID", "Gender"], ["1", "Male"]]
    assert read_export(write_rows(tmp_path / "one.csv", rows)).platform == "surveymonkey"
    export = read_export(write_rows(tmp_path / "plain.csv", [["hospital", "beds", "beds"], ["a", "1", "NA"]]))
    assert export.platform == "plain"
    assert [column.name for column in export.columns] == ["hospital", "beds", "beds (2)"]
    assert export.cells == [["a", "1", "NA"]]
    assert export.record_ids() == (["2"], "row")


def test_no_two_columns_have_one_name_whatever_the_header_says(tmp_path):
    path = write_rows(tmp_path / "plain.csv", [["a (2)", "a", "record", "a", "", "a", ""], list("1234567")])
    names = [column.name for column in read_export(path, "plain").columns]
    assert names == ["a (2)", "a", "record (2)", "a (3)", "(no header)", "a (4)", "(no header) (2)"]


def test_limesurvey_calls_the_text_of_other_by_its_own_name_whatever_the_codebook_does(small):
    change(small / "options.csv", "drug,other,Other,4", "drug,elsewhere,Something else,4")
    change(small / "options.csv", "tests,other,Other,3", "tests,elsewhere,Something else,3")
    export = read_export(small / "export.csv")
    uses = {use.column: use.use for use in map_columns(export.columns, read_study(small))}
    assert uses["drug[other]"] == uses["tests[other]"] == "other_text"


def test_platform_ids_that_are_not_unique_give_way_to_the_row(small):
    change(small / "export.csv", "\n2,2023", "\n1,2023")
    assert read_export(small / "export.csv").record_ids()[1] == "row"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("windows-1252", "windows-1252")],
)
def test_the_encoding_is_found(tmp_path, encoding, named):
    path = tmp_path / "export.csv"
    path.write_bytes("name;town\nJörg;Graz – Süd\n".encode(encoding))
    export = read_export(path)
    assert (export.encoding, export.delimiter, export.cells) == (named, ";", [["Jörg", "Graz – Süd"]])


def test_line_feeds_inside_quotes_and_crlf_are_kept_apart(tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes(b'a,b\r\n"two\nlines",x\r\n')
    assert read_export(path).cells == [["two\nlines", "x"]]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"  \n \n", "the file is empty"),
        (b"a,b\n", "a header and no records"),
        (b"a,b\n1,2\n3\n", "row 3: 1 cells, the header has 2"),
        (b'a,b\n1,"2\n', "is a quote left open"),
        (b"PK\x03\x04\x00\x00,\n1,2\n", "not a text file"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path, content, complaint):
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=complaint):
        read_export(path)


def test_an_absent_file_an_unknown_encoding_and_the_wrong_platform_are_named(tmp_path):
    with pytest.raises(BadInput, match="No such file"):
        read_export(tmp_path / "absent.csv")
    path = write_rows(tmp_path / "plain.csv", [["what is your age", "sex (m/f)"], ["1", "f"]])
    with pytest.raises(BadInput, match="encoding 'utf-9' is unknown"):
        read_export(path, encoding="utf-9")
    with pytest.raises(BadInput, match="no LimeSurvey question codes"):
        read_export(path, platform="limesurvey")


def test_an_item_whose_column_is_gone_is_named_with_the_nearest(small):
    change(small / "codebook.csv", "First drug,drug,", "First drug,drugs,")
    with pytest.raises(
        BadInput, match="item 'drug' column source: the export has no column 'drugs'; did you mean 'drug'"
    ):
        map_columns(read_export(small / "export.csv").columns, read_study(small))


def test_two_columns_of_one_name_feed_no_item_unless_the_second_has_its_own(small):
    rows = [line.split(",") for line in (small / "export.csv").read_text(encoding="utf-8").splitlines()]
    doubled = [[*row, "days. After how many days?" if number == 0 else "7"] for number, row in enumerate(rows)]
    write_rows(small / "export.csv", doubled)
    complaint = (
        r"codebook.csv item 'days' column source: columns 10 and 21 of the export are both called 'days'; "
        r"give the second, 'days \(2\)', an item of its own, with role ignore"
    )
    with pytest.raises(BadInput, match=complaint):
        map_columns(read_export(small / "export.csv").columns, read_study(small))
    with (small / "codebook.csv").open("a", encoding="utf-8") as file:
        file.write("days_again,care,numeric,Again?,Again,days (2),,,,,,ignore,\n")
    uses = map_columns(read_export(small / "export.csv").columns, read_study(small))
    assert [(use.item, use.column) for use in uses if use.column.startswith("days")] == [
        ("days", "days"),
        ("days_again", "days (2)"),
    ]


def test_two_columns_for_one_option_are_named(small):
    change(small / "export.csv", "tests[unsure]. Which tests do you order? [Not sure]", "tests[MRI]. The same again")
    with pytest.raises(BadInput, match=r"'tests\[mri\]' and 'tests\[MRI\]', are both of option 'MRI'; take one out"):
        map_columns(read_export(small / "export.csv").columns, read_study(small))


def test_records_of_which_none_answers_anything_are_refused(small):
    write_export(small / "export.csv", [{"submitdate": "2023-02-10", "centre": "C01"}, {"centre": "C02"}])
    export, study = read_export(small / "export.csv"), read_study(small)
    with pytest.raises(BadInput, match="none of its 2 records answers any question of the codebook"):
        check_answers(export, map_columns(export.columns, study), study, small / "export.csv")


def test_a_path_that_leaves_the_study_folder_is_refused(small):
    (small.parent / "dictionary.csv").write_text("x")
    for name in ("../dictionary.csv", str(small.parent / "dictionary.csv")):
        with pytest.raises(BadInput, match="is neither in the study folder nor below the project's resources/"):
            read_study(small).file(name)


def test_a_dictionary_that_does_not_belong_to_the_export_is_named(small, tmp_path):
    path = tmp_path / "dictionary.csv"
    write_rows(path, [["Variable / Field Name", "Field Type", "Field Label", "Choices or Calculations"], ["a", "text"]])
    with pytest.raises(BadInput, match="a dictionary of REDCap, and the export is of LimeSurvey"):
        read_export(small / "export.csv", dictionary=path)
    plain = write_rows(tmp_path / "plain.csv", [["a", "b"], ["1", "2"]])
    with pytest.raises(BadInput, match="no dictionary goes with an export of a plain table"):
        read_export(plain, dictionary=path)
    for content, complaint in [
        (b"<document/>", "not the structure of a LimeSurvey survey"),
        (b"<document>", "cannot be read as XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><document>&b;</document>', "holds a document type"),
        (b'{"a": 1}', "not a Qualtrics questionnaire"),
        (b"{", "not a Qualtrics questionnaire"),
        (b"a,b\n1,2\n", "row 1: no column 'variable / field name'"),
        (b"", "the file is empty"),
    ]:
        path.write_bytes(content)
        with pytest.raises(BadInput, match=complaint):
            read_export(small / "export.csv", dictionary=path)
    with pytest.raises(BadInput, match=r"No such file.*export\.dictionary"):
        read_export(small / "export.csv", dictionary=tmp_path / "absent.lss")


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=12)


@given(
    st.lists(st.lists(texts, min_size=2, max_size=2), min_size=1, max_size=6).filter(lambda rows: all(map(any, rows)))
)
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "export.csv"
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["first question", "second question"], *rows])
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    assert read_export(path, platform="plain").cells == rows


@given(st.binary(max_size=200))
def test_any_bytes_are_an_export_or_one_clear_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "export.csv"
    path.write_bytes(content)
    with one_line_at_most(path):
        read_export(path)


def test_two_thousand_columns_are_no_trouble(tmp_path):
    path = write_rows(tmp_path / "wide.csv", [[f"q{number}" for number in range(2000)], ["x"] * 2000])
    assert len(read_export(path).columns) == 2000


def test_records_keep_their_row_in_the_file(small):
    write_export(small / "export.csv", RECORDS[:2])
    assert read_export(small / "export.csv").rows == [2, 3]
