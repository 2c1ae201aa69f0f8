import json
import zipfile

import pandas as pd
import pytest

from survey.contents import content_sha256, read_content
from survey.differences import compare_files, same
from survey.tables import write_table

FRAME = pd.DataFrame({"item": ["boost", "boost", "stay"], "n": [3, 4, 5], "percent": [42.85714286, 57.14285714, 0.0]})


@pytest.fixture
def files(tmp_path):
    """Two files of one name, written by the writer of the test."""

    def write(name, one, other):
        paths = []
        for folder, content in (("one", one), ("other", other)):
            path = tmp_path / folder / name
            path.parent.mkdir(exist_ok=True)
            if isinstance(content, pd.DataFrame):
                write_table(content, path)
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return paths

    return write


def content(path):
    return content_sha256(*read_content(path))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_tells_row_column_and_by_how_much(files, form):
    changed = FRAME.assign(percent=[42.85714286, 58.5, 0.25], item=["boost", "boost", "stays"])
    verdict, where = compare_files(*files(f"t.{form}", FRAME, changed))
    assert verdict == "differs"
    assert where == (
        "row 3 column percent: 57.14285714 listed, 58.5 now; 3 cells differ in all; "
        "the largest difference is 1.357 (row 3 column percent)"
    )
    assert compare_files(*files(f"t.{form}", FRAME, FRAME)) == ("same bytes", "")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.drop(index=1), "2 rows instead of 3; row 3 is missing: boost, 4, 57.14285714"),
        (lambda frame: frame.drop(index=2), "2 rows instead of 3; row 4 is missing: stay"),
        (lambda frame: pd.concat([frame, frame[:1]]), "4 rows instead of 3; row 5 is there twice: boost, 3"),
        (lambda frame: frame.iloc[[1, 0, 2]], "the same rows in another order, from row 2"),
        (lambda frame: frame.rename(columns={"n": "m"}), "column 'n' is missing; column 'm' is new"),
        (lambda frame: frame[["n", "item", "percent"]], "the columns are in another order"),
    ],
)
def test_rows_and_columns_that_came_went_or_moved_are_named(files, change, told):
    verdict, where = compare_files(*files("t.csv", FRAME, change(FRAME)))
    assert (verdict, told in where) == ("differs", True), where


def test_a_table_by_another_writer_has_the_same_values(files):
    one, other = files("t.csv", FRAME, FRAME)
    other.write_text('"item","n","percent"\r\n"boost",3,42.85714286\r\n"boost",4,57.14285714\r\n"stay",5,0.0\r\n')
    assert compare_files(one, other) == ("same values", "")
    assert content(one) == content(other)
    write_table(FRAME, one.with_suffix(".parquet"))
    FRAME.to_parquet(other.with_suffix(".parquet"), compression="gzip")
    assert compare_files(one.with_suffix(".parquet"), other.with_suffix(".parquet")) == ("same values", "")
    assert content(one.with_suffix(".parquet")) == content(other.with_suffix(".parquet"))


def test_a_label_that_a_column_bears_is_part_of_a_table(files):
    one, other = files("t.parquet", FRAME, FRAME)
    write_table(FRAME, other, {"n": {"label": "Centres"}})
    assert compare_files(one, other)[1].startswith("what is said of column n")
    assert content(one) != content(other)


def test_the_last_bits_of_a_number_do_not_count_and_more_does():
    assert same(0.1 + 0.2, 0.3)
    assert same(1e-17, 0.0)
    assert same(3, 3.0)
    assert same(float("nan"), None)
    assert same("", None)
    assert not same(1.0, 1.0 + 1e-8)
    assert not same(0.0, 1e-9)
    assert not same("3", 3)


def test_json_tells_the_key(files):
    one = {"boost.yes.percent": {"value": 42.5, "display": "43%"}, "list": [1, 2]}
    other = {"boost.yes.percent": {"value": 44.0, "display": "43%"}, "list": [1]}
    verdict, where = compare_files(*files("v.json", json.dumps(one), json.dumps(other)))
    assert verdict == "differs"
    assert where.startswith("boost.yes.percent > value: 42.5 listed, 44 now; 2 values differ in all")
    assert compare_files(*files("w.json", '{"a":1.0,"b":2}', '{"b": 2, "a": 1}'))[0] == "same values"


def test_a_drawing_is_the_same_whatever_the_order_of_its_attributes_and_differs_by_a_digit(files):
    drawing = '<svg><!-- made --><path d="M 0 1" fill="#fff"/><text>48%</text></svg>'
    again = '<svg><path fill="#fff" d="M 0 1" /><text>48%</text></svg>'
    assert compare_files(*files("f.svg", drawing, again))[0] == "same values"
    moved = compare_files(*files("f.svg", drawing, drawing.replace("M 0 1", "M 0 2")))
    assert moved[0] == "differs"
    assert "element 2: " in moved[1]


def test_a_page_that_reads_the_same_is_still_another_page(files):
    page = "<html><style>p {color: red}</style><p>48 of 106 centres</p></html>"
    verdict, where = compare_files(*files("p.html", page, page.replace("48", "49")))
    assert (verdict, where) == ("differs", "word 1: 48 listed, 49 now")
    verdict, where = compare_files(*files("p.html", page, page.replace("red", "white")))
    assert verdict == "differs"
    assert where.startswith("the words are the same; the bytes differ from byte 24 of ")


def test_pictures_are_compared_by_pixel(files):
    from PIL import Image

    one, other = files("f.png", b"", b"")
    picture = Image.new("RGB", (20, 10), "white")
    picture.save(one, compress_level=0)
    picture.save(other, compress_level=9)
    assert compare_files(one, other) == ("same values", "")
    picture.putpixel((7, 3), (255, 255, 254))
    picture.save(other)
    assert compare_files(one, other) == ("differs", "pixels differ between 7, 3 and 8, 4")


def test_versions_of_software_may_differ_between_two_runs_and_nothing_else(files):
    page = "<p>48 of 106, pandas 3.1.1</p>"
    one, other = files("p.html", page, page.replace("3.1.1", "3.1.0"))
    assert compare_files(one, other)[0] == "differs"
    told = compare_files(one, other, versions={"3.1.0", "3.1.1"})
    assert told == ("same values", "the same but for versions of software")
    other.write_text(page.replace("3.1.1", "3.1.0").replace("48", "49"))
    assert compare_files(one, other, versions={"3.1.0", "3.1.1"})[0] == "differs"
    for path, version in ((one, "3.1.1"), (other, "3.1.0")):
        with zipfile.ZipFile(path.with_suffix(".docx"), "w") as archive:
            archive.writestr("word/document.xml", f"<w:t>pandas {version}</w:t>")
    documents = (one.with_suffix(".docx"), other.with_suffix(".docx"))
    assert compare_files(*documents)[0] == "differs"
    assert compare_files(*documents, versions={"3.1.0", "3.1.1"})[0] == "same values"


def test_a_file_that_cannot_be_read_differs(files):
    verdict, where = compare_files(*files("t.parquet", FRAME, b"PAR1 and no more"))
    assert verdict == "differs"
    assert "cannot be read" in where
