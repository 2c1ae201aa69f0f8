"""Who was invited, and which records are analysed."""

import pytest
from small import PLAIN, change, write_export, write_recodes

from survey.errors import BadInput
from survey.export import columns_table, map_columns, read_export
from survey.frame import frame_counts, frame_rows
from survey.recodes import read_cleaning_study
from survey.selection import select
from survey.study import read_study

EARLY, LATE = "2023-02-10 08:00:00", "2023-02-10 10:00:00"


def excluded(folder, *records):
    """The rule that excludes each record, "" for none; answers not given are those of PLAIN, of centre C01."""
    write_export(folder / "export.csv", [{"centre": "C01", **PLAIN, **record} for record in records])
    export, study = read_export(folder / "export.csv"), read_cleaning_study(folder)
    rows = columns_table(export.columns, map_columns(export.columns, study))
    sources: dict[str, list[str]] = {}
    for row in rows:
        sources.setdefault(row["item"], []).append(row["column"])
    columns = zip(*export.cells, strict=True)
    cells = dict(zip((column.name for column in export.columns), columns, strict=True))
    return select({**cells, "record": export.record_ids()[0]}, sources, study)[0]


@pytest.mark.parametrize(("keep", "kept"), [("first", 1), ("last", 0), ("most_complete", 0)])
def test_two_answers_of_one_day_are_told_apart_by_their_time(small, keep, kept):
    change(small / "study.yaml", "keep: most_complete", f"keep: {keep}")
    assert excluded(small, {"submitdate": LATE}, {"submitdate": EARLY}).index("") == kept


@pytest.mark.parametrize(("keep", "kept"), [("first", 0), ("last", 1)])
def test_answers_of_the_same_moment_keep_the_order_of_the_file(small, keep, kept):
    change(small / "study.yaml", "keep: most_complete", f"keep: {keep}")
    assert excluded(small, {}, {}).index("") == kept


def test_an_answer_never_submitted_is_not_the_first(small):
    change(small / "study.yaml", "keep: most_complete", "keep: first")
    assert excluded(small, {"submitdate": ""}, {"submitdate": LATE}) == ["duplicate", ""]


def test_a_blank_key_is_nobody_and_no_duplicate(small):
    assert excluded(small, {"centre": ""}, {"centre": " "}, {}) == ["not_in_frame", "not_in_frame", ""]
    change(small / "study.yaml", "  - {id: not_in_frame, reason: not invited}\n", "")
    assert excluded(small, {"centre": ""}, {"centre": " "}, {}) == ["", "", ""]


def test_the_last_day_of_the_window_counts_to_its_end(small):
    days = ("2023-02-01 00:00:00", "2023-02-28 23:59:59", "2023-03-01 00:00:00", "")
    found = excluded(small, *({"centre": f"C0{place}", "submitdate": day} for place, day in enumerate(days, 1)))
    assert found == ["", "", "outside_window", ""]


def test_submission_with_the_month_first_and_a_twelve_hour_clock(small):
    days = ("02/01/2023 12:10:00 AM", "02/12/2023 11:59:00 PM", "03/02/2023 08:00:00 AM")
    records = [{"centre": f"C0{place}", "submitdate": day} for place, day in enumerate(days, 1)]
    assert excluded(small, *records) == ["outside_window", "outside_window", ""]  # 2 January, 2 December, 3 February
    write_recodes(small, "submitted,,date,,month_first")
    assert excluded(small, *records) == ["", "", "outside_window"]


def test_a_window_is_not_left_out_because_no_date_can_be_read(small):
    with pytest.raises(BadInput, match=r"window: no text of column 'submitdate' .* 'Tuesday before noon'"):
        excluded(small, {"submitdate": "Tuesday before noon"}, {"submitdate": ""})


def test_more_answers_than_were_invited_are_refused(small):
    change(small / "study.yaml", "  - {id: duplicate, reason: answered twice, keep: most_complete}\n", "")
    with pytest.raises(BadInput, match="leave 13 records of 12 centres invited"):
        excluded(small, *[{}] * 13)


def test_the_frame_is_compared_without_blanks_and_case(small):
    change(small / "frame.csv", "C03", " c 03")
    assert "C03" in frame_rows(read_study(small))


def test_the_frames_own_strata_count_and_not_twice(small):
    change(small / "study.yaml", "strata: [size]", "strata: [size], levels: {size: {small: 3}}")
    study = read_study(small)
    assert frame_counts(study) == frame_counts(study) == {"size": {"small": 7, "large": 5}}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no column 'centre_id', named in study.yaml; it has nothing"),
        (b"centre_id;size\nC01;small\n", "no column 'centre_id', named in study.yaml; it has centre_id;size"),
        (b"centre_id,region\nC01,north\n", "no column 'size'"),
        (b"centre_id,size\n", "0 units, but study.yaml has 12 invited"),
        (b"centre_id,size\nC01,small\n", "1 units, but study.yaml has 12 invited"),
        (b"centre_id,size\nC01,small\nc01 ,large\n", "row 3: centre_id 'c01' is that of row 2"),
        (b"centre_id,size\n,small\n", "row 2: no centre_id"),
        (b"centre_id,size\n\nC01\n", "row 3: 1 cells, the header has 2"),
        (b"centre_id,size\nGro\xdf,small\n", "cannot be read as CSV in UTF-8"),
    ],
)
def test_a_frame_that_cannot_be_the_frame_is_one_clear_line(small, content, complaint):
    (small / "frame.csv").write_bytes(content)
    for read in (frame_rows, frame_counts):
        with pytest.raises(BadInput, match=rf"frame\.csv.*{complaint}"):
            read(read_study(small))
