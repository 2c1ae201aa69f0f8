import csv
import math
import statistics

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.checking import Page, display_shows_value, page_prints
from survey.errors import BadInput
from survey.provenance import Sources, as_text, classify, term
from survey.recounting import COUNTED, Records, bits, by_formula, places, same, statistic
from survey.study import read_study
from survey.tracing import letters

CODES, WHYS = ("yes", "no", "dont_know", ""), ("", "blank", "not_asked", "dont_know")
TERMS = st.builds(
    lambda base, chosen, match, group, level, among, within: term(
        ["q"], item="q", base=base, chosen=chosen, match=match, group=group, level=level, among=among, within=within
    ),
    st.lists(st.sampled_from(WHYS), unique=True),
    st.one_of(
        st.none(),
        st.fixed_dictionaries({"q": st.lists(st.sampled_from(CODES), unique=True)}),
        st.fixed_dictionaries(
            {"q": st.just(["yes"]), "days": st.builds(lambda day: {"at_most": day}, st.integers(0, 9))}
        ),
        st.fixed_dictionaries({"record": st.lists(st.sampled_from([str(place) for place in range(12)]), unique=True)}),
    ),
    st.sampled_from(["any", "all"]),
    st.sampled_from([None, "size", "sample.wave"]),
    st.sampled_from([None, "small", "early"]),
    st.sampled_from(["analysed", "export"]),
    st.sampled_from([None, {"q": ["yes"]}]),
)
RECORD = st.fixed_dictionaries(
    {
        "q": st.sampled_from(CODES),
        "q__missing": st.sampled_from(WHYS),
        "size": st.sampled_from(["small", "large", ""]),
        "size__missing": st.sampled_from(["", "blank"]),
        "days": st.one_of(st.none(), st.integers(0, 9).map(float)),
        "excluded_by": st.sampled_from(["", "", "partial", "test"]),
        "wave": st.sampled_from(["early", "late", ""]),
    }
)


def write_records(folder, rows):
    """A results folder with these records; the cells of one that is excluded are not in the clean table."""
    (folder / "clean").mkdir(exist_ok=True)
    sample = [
        {"record": str(at), "excluded_by": row["excluded_by"], "wave": row["wave"]} for at, row in enumerate(rows)
    ]
    clean = [
        {"record": str(at)} | {name: row[name] for name in row if name not in ("excluded_by", "wave")}
        for at, row in enumerate(rows)
        if not row["excluded_by"]
    ]
    names = ["record", "q", "q__missing", "size", "size__missing"]
    schema = pa.schema([*((name, pa.string()) for name in names), ("days", pa.float64())])
    pq.write_table(pa.Table.from_pylist(clean, schema), folder / "clean/responses.parquet")
    pq.write_table(pa.Table.from_pylist(sample), folder / "clean/sample.parquet")
    cells = []
    for at, row in enumerate(rows):
        known = {"record": str(at), "sample.excluded_by": row["excluded_by"], "sample.wave": row["wave"]}
        own = {} if row["excluded_by"] else {name: as_text(row[name]) for name in ("days", *names[1:])}
        cells.append(known | own)
    return cells


@settings(max_examples=50)
@given(st.lists(RECORD, min_size=1, max_size=12), st.lists(TERMS, min_size=1, max_size=6))
def test_counting_by_sets_puts_every_record_where_the_rule_puts_it(tmp_path_factory, rows, terms):
    folder = tmp_path_factory.mktemp("records")
    cells = write_records(folder, rows)
    records = Records(folder)
    for one in terms:
        found = {record: name for name, part in records.classes(one).items() for record in records.listed(part)}
        assert found == {cell["record"]: classify(one, cell) for cell in cells}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"q": "yes"}, "counted"),
        ({"q": "no"}, "in the base, another answer"),
        ({"q": "", "q__missing": "blank"}, "blank"),
        ({"q": "dont_know", "q__missing": "dont_know"}, "dont_know"),
        ({"q": "", "q__missing": "not_asked"}, "not_asked"),
        ({"q": "yes", "size": "large"}, "another level of size"),
        ({"q": "yes", "size": ""}, "no level of size"),
        ({"q": "yes", "size": "dont_know", "size__missing": "dont_know"}, "no level of size"),
        ({"q": "yes", "sample.excluded_by": "partial"}, "excluded: partial"),
    ],
)
def test_a_record_is_counted_or_the_first_reason_why_not_is_told(record, expected):
    one = term(["q"], item="q", chosen={"q": ["yes"]}, group="size", level="small")
    assert classify(one, {"size": "small"} | record) == expected


def test_counts_among_all_records_tell_the_analysed_from_the_excluded():
    gone = term(["sample.excluded_by"], among="export", chosen={"sample.excluded_by": ["partial"]})
    found = [classify(gone, {"sample.excluded_by": rule}) for rule in ("partial", "test", "")]
    assert found == ["counted", "excluded: test", "analysed"]


def test_cells_are_compared_as_text_without_superfluous_digits():
    assert [as_text(cell) for cell in (True, False, 12.0, 0.5, 3, None, math.nan, "a", "")] == [
        "1",
        "0",
        "12",
        "0.5",
        "3",
        "",
        "",
        "a",
        "",
    ]


@given(st.sets(st.integers(0, 500)))
def test_a_set_of_records_is_the_bits_of_a_number(found):
    assert places(bits(found)) == sorted(found)
    assert bits(found).bit_count() == len(found)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30).map(sorted))
def test_statistics_of_numbers_are_those_of_the_standard_library(numbers):
    q1, median, q3 = statistics.quantiles(numbers, n=4, method="inclusive")
    expected = {
        "mean": statistics.fmean(numbers),
        "sd": statistics.stdev(numbers),
        "q1": q1,
        "median": median,
        "q3": q3,
    }
    for name, value in (expected | {"min": min(numbers), "max": max(numbers)}).items():
        assert statistic(numbers, name) == pytest.approx(value, rel=1e-9, abs=1e-6)


def test_nothing_has_no_statistic_and_one_number_no_deviation():
    assert math.isnan(statistic([], "median"))
    assert math.isnan(statistic([4.0], "sd"))
    assert statistic([4.0], "q3") == 4


def test_a_response_rate_follows_from_its_formula():
    numbers = {"I": 6, "P": 2, "R": 1, "NC": 3, "O": 0, "U": 4, "e": 0.5}
    assert by_formula("(I + P) / (I + P + R + NC + O + e U)", numbers) == (8, 14)


def test_an_empty_cell_is_no_number_and_zero_is_one():
    assert same("", math.nan)
    assert not same("", 0.0)
    assert not same("0", math.nan)
    assert same("0", 0.0)
    assert same("33.33333333", 100 / 3)
    assert not same("33.3333", 100 / 3)


@pytest.mark.parametrize(
    ("value", "display", "n", "holds"),
    [
        (61.165, "61%", 103, True),
        (61.165, "62%", 103, False),
        (63, "63/103", 103, True),
        (63, "63/104", 103, False),
        ([54.04, 67.85], "54 to 68", None, True),
        ([54.04, 67.85], "54 to 67", None, False),
        (0.0004, "<0.001", None, True),
        (0.02, "<0.001", None, False),
        (0.2, "<1%", None, True),
        (99.7, ">99%", None, True),
        (-0.056, "−0.06", None, True),
        (0.056, "−0.06", None, False),
        (12345, "12,345", None, True),
        (0.00001234, "1.23e-05", None, True),
        (61.165, "more than half", 103, True),
        (None, "–", None, True),
    ],
)
def test_what_is_displayed_is_the_value_to_the_decimals_displayed(value, display, n, holds):
    assert (display_shows_value({"value": value, "display": display, "n": n}) is None) == holds


VALUES = {"a.n_of": {"display": "63/103"}, "a.percent": {"display": "61%"}, "a.ci": {"display": "54 to 68"}}
VALUES |= {"p": {"display": "<0.001"}, "word": {"display": "most"}}


@pytest.mark.parametrize(
    ("keys", "text", "holds"),
    [
        (["a.n_of", "a.percent", "a.ci"], "63/103, 61%, 95% CI 54 to 68", True),
        (["a.n_of", "a.percent", "a.ci"], "63/103, 61%, 95% CI 54 to 69", False),
        (["a.n_of", "a.percent", "a.ci"], "63/103, 61%, 90% CI 54 to 68", False),
        (["a.n_of"], "63/103 of 9", False),
        (["p"], "< 0.001", True),
        (["word"], "Most", True),
        (["gone"], "1", False),
    ],
)
def test_the_page_prints_the_values_of_its_keys_and_no_other_number(keys, text, holds):
    assert (page_prints(keys, text, "95%", VALUES) is None) == holds


def test_a_page_without_marks_has_none(tmp_path):
    assert Page(tmp_path / "absent.html").marks == []
    (tmp_path / "plain.html").write_text("<p>61%</p>", encoding="utf-8")
    assert Page(tmp_path / "plain.html").marks == []


def test_columns_are_called_as_a_spreadsheet_calls_them():
    assert [letters(place) for place in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def write_table(path, columns, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def test_do_not_know_is_counted_among_answers_of_any_kind_and_outside_the_base(small, tmp_path):
    table = tmp_path / "stats/care/frequencies.csv"
    write_table(table, ["item", "option", "n", "percent"], ["drug", "dont_know", "1", ""], ["drug", "a", "2", "33"])
    sources = Sources(read_study(small), tmp_path)
    (outside,) = sources.of_cell("stats/care/frequencies.csv", 2, "n")["terms"]
    (inside,) = sources.of_cell("stats/care/frequencies.csv", 3, "n")["terms"]
    unknown = {"drug": "dont_know", "drug__missing": "dont_know"}
    assert [classify(one, unknown) for one in (outside, inside)] == ["counted", "dont_know"]


def test_a_rank_is_counted_by_who_ranked_it_first_and_its_numbers_by_who_ranked_it(small, tmp_path):
    write_table(tmp_path / "stats/care/frequencies.csv", ["item", "option", "n"], ["order", "risk", "2"])
    columns = ["item", "question", "n", "n_missing", "mean"]
    write_table(tmp_path / "stats/care/numeric.csv", columns, ["order[risk]", "", "5", "1", "2"])
    sources = Sources(read_study(small), tmp_path)
    (first,) = sources.of_cell("stats/care/frequencies.csv", 2, "n")["terms"]
    (ranked,) = sources.of_cell("stats/care/numeric.csv", 2, "mean")["terms"]
    (lacking,) = sources.of_cell("stats/care/numeric.csv", 2, "n_missing")["terms"]
    answers = [{"order[risk]": "1"}, {"order[risk]": "3"}, {"order[risk]": ""}, {"order__missing": "blank"}]
    assert [classify(first, one) for one in answers] == ["counted", *["in the base, another answer"] * 2, "blank"]
    assert [classify(ranked, one) == COUNTED for one in answers] == [True, True, False, False]
    assert [classify(lacking, one) == COUNTED for one in answers] == [False, False, True, True]


def test_a_table_row_or_column_that_there_is_not_is_named(small, tmp_path):
    write_table(tmp_path / "stats/care/frequencies.csv", ["item", "option", "n"], ["drug", "a", "2"])
    sources = Sources(read_study(small), tmp_path)
    with pytest.raises(BadInput, match="no row 3; it has rows 2 to 2"):
        sources.of_cell("stats/care/frequencies.csv", 3)
    with pytest.raises(BadInput, match="no column 'm'; it has item, option, n"):
        sources.of_cell("stats/care/frequencies.csv", 2, "m")
    with pytest.raises(BadInput, match="not found"):
        sources.of_cell("stats/care/numeric.csv", 2)


def test_a_setting_is_found_on_its_line_and_a_default_on_none(small, tmp_path):
    sources = Sources(read_study(small), tmp_path)
    lines = (small / "study.yaml").read_text().splitlines()
    (title,), (alpha,) = sources.declared("title"), sources.declared("comparisons", "alpha")
    assert lines[title["line"] - 1] == "title: A small survey"
    assert alpha == {"file": "study.yaml", "line": 0, "key": "comparisons.alpha"}
