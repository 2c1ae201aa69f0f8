"""Workbooks: cells as a person would type them, one sheet, and what is wrong with a file in one line."""

import datetime
import zipfile

import pytest
from exported import one_line_at_most, write_workbook
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.errors import BadInput
from survey.export import read_export


def rebuilt(source, target, change):
    """A copy of an archive; change: name and content of a part to its content, or None to leave it out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = change(part.filename, old.read(part))
            if content is not None:
                new.writestr(part.filename, content)
    return target


def test_cells_are_what_a_person_would_type(tmp_path):
    cells = [15, 15.0, 0.1, -2.50, 1e20, True, False, "15.0", "NA", "None", " x ", "007", "two\nlines", "a\u00a0b"]
    texts = [
        "15",
        "15",
        "0.1",
        "-2.5",
        "1e+20",
        "TRUE",
        "FALSE",
        "15.0",
        "NA",
        "None",
        " x ",
        "007",
        "two\nlines",
        "a\u00a0b",
    ]
    moments = [datetime.date(2023, 2, 1), datetime.datetime(2023, 2, 1, 9, 5), datetime.datetime(2023, 2, 1)]
    moments += [datetime.time(9, 5)]
    rows = [[f"q{place}" for place in range(len(cells) + len(moments))], [*cells, *moments]]
    export = read_export(write_workbook(tmp_path / "export.xlsx", ("Responses", rows)))
    assert export.cells == [[*texts, "2023-02-01", "2023-02-01 09:05:00", "2023-02-01 00:00:00", "09:05:00"]]
    assert (export.format, export.sheet, export.encoding, export.delimiter) == ("xlsx", "Responses", "", "")


def test_a_formula_is_the_value_that_was_last_computed(tmp_path):
    path = write_workbook(tmp_path / "plain.xlsx", ("Sheet", [["a", "b"], [1, 2]]))
    told = rebuilt(
        path,
        tmp_path / "export.xlsx",
        lambda name, content: content.replace(b"<v>2</v>", b"<f>A2*21</f><v>42</v>"),
    )
    assert read_export(told).cells == [["1", "42"]]


def test_the_only_sheet_with_anything_is_read_else_one_must_be_named(tmp_path):
    answers = ("Answers", [["a"], ["1"]])
    path = write_workbook(tmp_path / "export.xlsx", ("Empty", []), answers)
    assert read_export(path).sheet == "Answers"
    path = write_workbook(path, ("Notes", [["read me"]]), answers)
    with pytest.raises(BadInput, match=r"2 sheets hold something: 'Notes', 'Answers'; name one of them \(`sheet`"):
        read_export(path)
    assert read_export(path, sheet="Answers").cells == [["1"]]
    with pytest.raises(BadInput, match="no sheet 'Answer'; did you mean 'Answers'"):
        read_export(path, sheet="Answer")
    with pytest.raises(BadInput, match="the sheet 'Empty' is empty"):
        read_export(write_workbook(path, ("Empty", []), answers), sheet="Empty")


def test_a_sheet_is_for_workbooks_only(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match=r"is delimited text and has no sheets; take its `sheet` out"):
        read_export(path, sheet="Answers")


def test_rows_and_gaps_are_where_the_sheet_has_them(tmp_path):
    rows = [["a", "", "c"], ["1"], [], ["", "", "3", "right of the header"], ["4"], [], [""]]
    export = read_export(write_workbook(tmp_path / "export.xlsx", ("Sheet", rows)))
    assert export.rows == [2, 3, 4, 5]
    assert export.cells[2] == ["", "", "3", "right of the header"]
    assert [column.name for column in export.columns] == ["a", "(no header)", "c", "(no header) (2)"]


def with_macros(path, target):
    with zipfile.ZipFile(rebuilt(path, target, lambda name, content: content), "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macros")


def unpacking_to_much(path, target):
    rebuilt(path, target, lambda name, content: content)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/more.xml", "w") as part:
        for _ in range(600):
            part.write(bytes(1 << 20))


DAMAGE = {
    "empty": (lambda path, target: target.write_bytes(b""), "the file is empty"),
    "cut in half": (lambda path, target: target.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "damaged"),
    "no text": (lambda path, target: target.write_bytes(b"\x01\x02\x03" * 50), "a damaged workbook"),
    "text": (lambda path, target: target.write_text("a,b\n1,2\n"), "its name ends in .xlsx, but it is delimited text"),
    "locked": (
        lambda path, target: target.write_bytes(
            bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")
        ),
        "locked by a password; save it without one",
    ),
    "old": (
        lambda path, target: target.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
        "an old Excel file",
    ),
    "macros": (with_macros, "a workbook with macros; save it without them"),
    "bomb": (unpacking_to_much, "unpacks to more than 512 MiB"),
    "archive": (
        lambda path, target: rebuilt(path, target, lambda name, content: content if "xl/" not in name else None),
        "a ZIP archive and no XLSX workbook",
    ),
    "without its sheet": (
        lambda path, target: rebuilt(path, target, lambda name, content: None if "sheet1" in name else content),
        "cannot be read as a workbook",
    ),
    "garbled sheet": (
        lambda path, target: rebuilt(path, target, lambda name, c: c[: len(c) // 2] if "sheet1.xml" in name else c),
        "cannot be read as a workbook",
    ),
    "a row beyond the last": (
        lambda path, target: rebuilt(
            path,
            target,
            lambda name, content: content.replace(b'r="2"', b'r="99999999"').replace(b'"A2"', b'"A99999999"'),
        ),
        "more than 1048576 rows",
    ),
    "entities": (
        lambda path, target: rebuilt(
            path,
            target,
            lambda name, c: (
                b'<!DOCTYPE x [<!ENTITY a "b">'
                + b"".join(
                    b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 20) for n in range(9)
                )
                + b"]><x>&a8;</x>"
                if "sharedStrings" in name or "styles" in name
                else c
            ),
        ),
        "cannot be read as a workbook",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_workbook_is_one_line_that_says_what_to_do(tmp_path, damage):
    spoil, complaint = DAMAGE[damage]
    path = write_workbook(tmp_path / "whole.xlsx", ("Sheet", [["a", "b"], ["1", "2"]]))
    spoil(path, tmp_path / "export.xlsx")
    with pytest.raises(BadInput, match=complaint) as caught:
        read_export(tmp_path / "export.xlsx")
    assert "\n" not in str(caught.value)


def test_a_workbook_called_csv_is_named_for_what_it_is(tmp_path):
    path = write_workbook(tmp_path / "whole.xlsx", ("Sheet", [["a", "b"], ["1", "2"]]))
    with pytest.raises(BadInput, match=r"its name ends in .csv, but it is a workbook \(XLSX\); name it for what it is"):
        read_export(path.rename(tmp_path / "export.csv"))
    assert read_export((tmp_path / "export.csv").rename(tmp_path / "no suffix")).cells == [["1", "2"]]


cells = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=("Cs", "Cn")), max_size=10),
    st.integers(-(10**14), 10**14),
    # openpyxl writes 16 digits.
    st.floats(-1e300, 1e300).map(lambda number: float(f"{number:.15g}")),
    st.booleans(),
    st.datetimes(datetime.datetime(1901, 1, 1), datetime.datetime(2200, 1, 1)).map(
        lambda day: day.replace(microsecond=0)
    ),
)


def typed(value):
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)


@settings(max_examples=40)
@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5))
def test_what_a_writer_of_workbooks_writes_is_read_back_cell_for_cell(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("book") / "export.xlsx"
    rows = [["x", "a", "b"], *(["1", *row] for row in rows)]
    # A text that begins with = would be written as a formula.
    rows = [[f"’{cell}" if str(cell).startswith("=") else cell for cell in row] for row in rows]
    write_workbook(path, ("Sheet", rows))
    assert read_export(path, "plain").cells == [[typed(cell) for cell in row] for row in rows[1:]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A workbook, written once: it holds the time at which it was written, and so not the same bytes twice."""
    path = tmp_path_factory.mktemp("whole") / "whole.xlsx"
    return write_workbook(path, ("Sheet", [["a", "b"], ["1", 2], ["x", datetime.date(2023, 1, 1)]]))


@settings(max_examples=60)
@given(st.data())
def test_changed_bytes_of_a_workbook_are_a_table_or_one_clear_line(tmp_path_factory, whole, data):
    folder = tmp_path_factory.mktemp("book")
    content = bytearray(whole.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    (folder / "export.xlsx").write_bytes(content)
    with one_line_at_most(folder / "export.xlsx") as path:
        assert read_export(path).columns


@settings(max_examples=40)
@given(st.data())
def test_changed_parts_of_a_workbook_are_a_table_or_one_clear_line(tmp_path_factory, whole, data):
    folder = tmp_path_factory.mktemp("book")
    part = data.draw(st.sampled_from(zipfile.ZipFile(whole).namelist()))
    place, byte = data.draw(st.floats(0, 0.999)), data.draw(st.integers(0, 255))

    def spoil(name, content):
        at = int(place * len(content))
        return content[:at] + bytes([byte]) + content[at + 1 :] if name == part else content

    rebuilt(whole, folder / "export.xlsx", spoil)
    with one_line_at_most(folder / "export.xlsx") as path:
        assert read_export(path).columns
