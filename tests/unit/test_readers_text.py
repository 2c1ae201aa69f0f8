"""Delimited text: encodings, delimiters, quotes, and answers that only look like missing ones."""

import csv
import io
from contextlib import suppress

import pytest
from exported import rows_as_csv
from hypothesis import given
from hypothesis import strategies as st

from survey.errors import BadInput
from survey.export import read_export
from survey.readers.text import find_encoding, read_text_table

WORDS = "name;town\nJörg;“Graz – Süd”\nZoë;it’s ©2020\nfiancée;naïve façade\n"


def write(tmp_path, content, name="export.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("windows-1252", "windows-1252"),
        ("mac-roman", "mac-roman"),
    ],
)
def test_an_encoding_is_told_from_the_bytes(tmp_path, encoding, named):
    export = read_export(write(tmp_path, WORDS.encode(encoding)))
    assert (export.encoding, export.delimiter) == (named, ";")
    assert export.cells == [line.split(";") for line in WORDS.splitlines()[1:]]


@pytest.mark.parametrize("text", ["Müller sagt: »schön«", "Lycée Évariste", "garçon", "50 € – 60 €", "don’t"])
@pytest.mark.parametrize("encoding", ["windows-1252", "mac-roman"])
def test_eight_bits_are_of_the_encoding_that_makes_words(tmp_path, text, encoding):
    path = write(tmp_path, f"a\n{text}\n".encode(encoding))
    assert text in (read_export(path, "plain").cells[0][0], read_export(path, "plain", encoding).cells[0][0])
    if text != "50 € – 60 €":  # signs alone are no words
        assert find_encoding(path) == encoding


def test_a_byte_that_the_named_encoding_does_not_have_is_named_with_its_line(tmp_path):
    path = write(tmp_path, b"a,b\n1,2\n3,\x92\n")
    with pytest.raises(BadInput, match=r"export.csv line 3: byte b'\\x92' is not utf-8; name the right one"):
        read_export(path, encoding="utf-8")
    with pytest.raises(BadInput, match="encoding 'base64' is unknown"):
        read_export(path, encoding="base64")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_the_one_that_cuts_all_lines_alike(tmp_path, delimiter):
    rows = [["id", "first, second; or | both"], ["1", "a, b; c | d"], ["2", "x\ty"], ["3", ""]]
    export = read_export(write(tmp_path, rows_as_csv(rows, delimiter).encode()), "plain")
    assert (export.delimiter, export.cells) == (delimiter, rows[1:])


def test_commas_in_a_header_do_not_win_over_semicolons_that_delimit(tmp_path):
    path = write(tmp_path, b"name;which of a, b, c, d?\nx;a, b\ny;c\n")
    assert read_export(path).cells == [["x", "a, b"], ["y", "c"]]


def test_a_column_alone_is_a_table(tmp_path):
    export = read_export(write(tmp_path, "Wie alt?\n47\nälter\n".encode()), "plain")
    assert export.cells == [["47"], ["älter"]]


def test_answers_that_look_like_missing_ones_are_kept_as_they_are(tmp_path):
    cells = [
        "NA",
        "N/A",
        "None",
        "null",
        "NULL",
        "nan",
        "-",
        ".",
        "#N/A",
        "15.0",
        "007",
        "1e3",
        " x ",
        "\u00a0",
        "TRUE",
    ]
    rows = [[f"q{place}" for place in range(len(cells))], cells]
    assert read_export(write(tmp_path, rows_as_csv(rows).encode()), "plain").cells == [cells]


def test_an_empty_cell_is_empty_whether_quoted_or_not(tmp_path):
    export = read_export(write(tmp_path, b'a,b,c\n"",,x\n'), "plain")
    assert export.cells == [["", "", "x"]]


def test_line_breaks_quotes_and_blanks_within_a_cell_are_kept(tmp_path):
    path = write(tmp_path, b'a,b\r\n"one\r\ntwo","6\'3"""\r\n" x ",\r\n')
    assert read_export(path, "plain").cells == [["one\r\ntwo", "6'3\""], [" x ", ""]]


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path):
    path = write(tmp_path, b'a,b\n"two\nlines",1\n\n,\nlast,2\n,\n\n')
    export = read_export(path, "plain")
    assert export.rows == [2, 4, 5]
    assert export.cells == [["two\nlines", "1"], ["", ""], ["last", "2"]]
    assert export.blank_rows == 3


def test_a_blank_row_is_no_record_where_records_have_ids(tmp_path):
    export = read_export(write(tmp_path, b"RespondentID,a\n1,x\n,\n2,y\n"))
    assert (export.record_ids(), export.rows, export.blank_rows) == ((["1", "2"], "RespondentID"), [2, 4], 1)


def test_empty_columns_and_headers_twice_keep_their_place(tmp_path):
    export = read_export(write(tmp_path, b"q,,q,\n1,,2,\n"), "plain")
    assert [column.name for column in export.columns] == ["q", "(no header)", "q (2)", "(no header) (2)"]
    assert export.filled == {0, 2}


def test_html_in_a_header_is_taken_out_of_the_name_and_kept_in_the_header(tmp_path):
    column = read_export(write(tmp_path, b"<p>How&nbsp;<b>many</b>?</p>,b\n1,2\n"), "plain").columns[0]
    assert (column.name, column.headers) == ("How many ?", ("<p>How&nbsp;<b>many</b>?</p>",))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b" \r\n\t\n", "the file is empty"),
        (b"a,b\n", "a header and no records"),
        (b"a,b\n,\n\n", "a header and no records"),
        (b"\n\na,b\n1,2\n", "row 1: no header"),
        (b"a,b\n1,2\n3\n4,5\n", "row 3: 1 cells, the header has 2"),
        (b"a,b\n1,2\n3,4,5\n", "row 3: 3 cells, the header has 2"),
        (b'a,b\n1,2\n3,"4\n5,6\n', r"row 3 \(from line 3\): .*is a quote left open"),
        (b'a,b\n1,"2"x\n', r"row 2 \(from line 2\): .*or not doubled"),
        (b"a,b\n1,\x00\n", "NUL bytes"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "it is a picture"),
        (b"%PDF-1.7\n", "it is a PDF"),
        (b"\x1f\x8b\x08\x00", "it is compressed"),
    ],
)
def test_a_broken_file_is_refused_in_one_line_that_says_where_and_what_to_do(tmp_path, content, complaint):
    with pytest.raises(BadInput, match=complaint):
        read_export(write(tmp_path, content))


def test_a_hundred_thousand_columns_are_refused_at_once(tmp_path):
    path = write(tmp_path, (",".join(f"q{n}" for n in range(100_000)) + "\n" + ",".join("1" * 100_000) + "\n").encode())
    with pytest.raises(BadInput, match="row 1: 100000 columns, more than the 20000 that are read"):
        read_export(path)


def test_a_cell_of_two_million_characters_is_read(tmp_path):
    assert len(read_export(write(tmp_path, b"a,b\n1," + b"x" * 2_000_000 + b"\n"), "plain").cells[0][1]) == 2_000_000


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
)


@given(tables, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_a_writer_of_text_writes_is_read_back_cell_for_cell(tmp_path_factory, rows, delimiter, encoding):
    path = tmp_path_factory.mktemp("text") / "export.csv"
    lines = [["x", *(f"q{place}" for place in range(len(rows[0])))], *(["1", *row] for row in rows)]
    path.write_text(rows_as_csv(lines, delimiter, csv.QUOTE_ALL), encoding=encoding, newline="")
    export = read_export(path, "plain")
    assert (export.cells, export.encoding, export.delimiter) == (lines[1:], encoding, delimiter)


@given(tables)
def test_lines_can_be_read_again_and_some_at_a_time(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("text") / "export.csv"
    lines = [["x", *(f"q{place}" for place in range(len(rows[0])))], *(["1", *row] for row in rows)]
    path.write_text(rows_as_csv(lines, quoting=csv.QUOTE_ALL), encoding="utf-8", newline="")
    export = read_export(path, "plain")
    assert [line for batch in export.batches(2 * len(lines[0])) for line in batch] == export.cells == lines[1:]
    assert max(map(len, export.batches(2 * len(lines[0])))) <= 2


def test_a_large_file_is_read_without_holding_it(tmp_path):
    import tracemalloc

    path = tmp_path / "export.csv"
    width, records = 20, 20_000
    lines = (",".join(f"answer {number % 97} {place}" for place in range(width)) for number in range(records))
    path.write_text("\n".join([",".join(f"q{place}" for place in range(width)), *lines]))
    tracemalloc.start()
    export = read_export(path)
    cells = sum(len(line) for batch in export.batches(20_000) for line in batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert cells == width * records
    assert peak < path.stat().st_size


@given(st.binary(max_size=300), st.sampled_from([".csv", ".tsv", ".txt", ".xlsx", ".sav", ".dta", ".parquet", ""]))
def test_any_bytes_are_a_table_or_one_clear_line(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("bytes") / f"export{suffix}"
    path.write_bytes(content)
    with suppress(BadInput):
        read_export(path)


@given(st.text(max_size=60), st.sampled_from(["utf-8", "utf-16", "windows-1252", "mac-roman"]))
def test_any_text_has_an_encoding_in_which_it_is_read_whole(tmp_path_factory, text, encoding):
    path = tmp_path_factory.mktemp("text") / "export.csv"
    path.write_bytes(text.encode(encoding, errors="ignore"))
    with suppress(BadInput):
        table = read_text_table(path)
        decoded = path.read_bytes().decode(table.encoding)
        lines = list(table.lines())
        assert lines == list(csv.reader(io.StringIO(decoded, newline=""), delimiter=table.delimiter, strict=True))
