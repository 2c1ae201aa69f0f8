import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import change

from survey import description
from survey.answers import KINDS
from survey.coding import Table
from survey.comparisons import comparisons
from survey.counting import Groups, base, each, group, tally
from survey.errors import BadInput
from survey.frame import frame_counts
from survey.shuffling import Shuffles
from survey.study import read_study
from survey.tables import read_domains, read_rows, read_table, write_rows, write_table
from survey.weighting import Design


def table(study, **columns):
    """Clean answers of some items; an answer <kind> is missing of that kind."""
    frame = {}
    for name, answers in columns.items():
        item = study.item(name)
        codes = [option.code for option in item.options]
        kinds = [answer[1:-1] if str(answer).startswith("<") else "" for answer in answers]
        if item.type == "multiple":
            for option in item.options:
                frame[f"{name}[{option.code}]"] = pd.Series(
                    [None if kind else option.code in answer for answer, kind in zip(answers, kinds, strict=True)],
                    dtype="boolean",
                )
        elif item.type == "rank":
            for option in item.options:
                ranks = [list(answer).index(option.code) + 1 if option.code in answer else None for answer in answers]
                frame[f"{name}[{option.code}]"] = pd.Series(ranks, dtype="Int64")
            kinds = ["" if answer else "blank" for answer in answers]
        elif item.type == "numeric":
            frame[name] = pd.Series(
                [None if kind else answer for answer, kind in zip(answers, kinds, strict=True)], dtype="float64"
            )
        else:
            values = [None if kind else answer for answer, kind in zip(answers, kinds, strict=True)]
            apart = {option.code: option.kind for option in item.options if not option.counts}
            kinds = [apart.get(value, kind) for value, kind in zip(values, kinds, strict=True)]
            frame[name] = pd.Categorical(values, categories=codes)
        frame[f"{name}__missing"] = pd.Categorical(kinds, categories=["", *KINDS])
    return pd.DataFrame(frame)


@pytest.fixture
def study(small):
    return read_study(small)


FULL = {
    "size": ["small", "small", "large", "large", "large", "<blank>"],
    "drug": ["a", "a", "b", "other", "dont_know", "<blank>"],
    "days": [10, 20, 30, 40, "<dont_know>", "<blank>"],
    "tests": ["blood", ("blood", "mri"), "mri", (), "<blank>", "<dont_know>"],
    "why": ["<not_asked>"] * 4 + ["cost", "<blank>"],
    "order": [("cost", "risk", "time"), ("risk",), (), (), (), ("cost",)],
}


def coded(study, folder, columns=FULL, groups=("size",)):
    """Some items of a clean table, counted; and their grouping."""
    frame = table(study, **columns)
    write_table(frame.assign(record=[str(place) for place in range(len(frame))]), folder / "clean.parquet")
    clean = Table(folder / "clean.parquet", [study.item(name) for name in columns])
    grouped = Groups([group(next(clean.columns(study.item(name)))) for name in groups])
    counted = [description.count(item, clean.columns(item), grouped) for item in clean.items if item.domain == "care"]
    return counted, grouped


@pytest.fixture
def care(study, tmp_path):
    return coded(study, tmp_path)


def frame_of(rows, *index):
    return pd.DataFrame(rows).set_index(list(index))


def test_every_base_is_stated_and_adds_up(study, care):
    frame = frame_of(description.frequencies(care[0], study, "care"), "item", "option")
    drug = frame.loc[("drug", "a")]
    assert (drug.n, drug.n_valid, drug.n_asked, drug.n_missing, drug.n_not_asked) == (2, 4, 6, 2, 0)
    assert drug.percent == 50
    why = frame.loc[("why", "cost")]
    assert (why.n, why.n_valid, why.n_asked, why.n_missing, why.n_not_asked) == (1, 1, 2, 1, 4)
    assert (frame.n_asked == frame.n_valid + frame.n_missing).all()
    assert (frame.n_asked + frame.n_not_asked == 6).all()


def test_an_answer_apart_from_the_base_has_a_count_and_no_percent(study, care):
    frame = frame_of(description.frequencies(care[0], study, "care"), "item", "option")
    assert frame.loc[("drug", "dont_know"), "n"] == 1
    assert math.isnan(frame.loc[("drug", "dont_know"), "percent"])


def test_multiple_choice_is_of_those_who_ticked_something_or_explicitly_nothing(study, care):
    frame = frame_of(description.frequencies(care[0], study, "care"), "item", "option")
    assert (frame.loc[("tests", "blood"), "n"], frame.loc[("tests", "blood"), "n_valid"]) == (2, 4)
    assert frame.loc[("tests", "mri"), "percent"] == 50


def test_ranks_count_the_first_place_among_those_who_ranked(study, care):
    frame = frame_of(description.frequencies(care[0], study, "care"), "item", "option")
    assert frame.loc[("order", "cost"), "n"] == 2
    numbers = frame_of(description.numeric(care[0], study, "care"), "item")
    assert numbers.loc["order[risk]", "mean"] == 1.5
    assert numbers.loc["order[risk]", "n"] == 2


def test_numbers_are_summarised_with_type_7_quartiles(study, care):
    days = frame_of(description.numeric(care[0], study, "care"), "item").loc["days"]
    assert (days.n, days.n_missing, days["median"], days.q1, days.q3) == (4, 2, 25, 17.5, 32.5)
    assert days.sd == pytest.approx(12.909944487358056)


def test_a_group_has_its_own_bases_and_its_own_part_of_the_frame(study, care):
    counts = frame_counts(study)
    assert counts == {"size": {"small": 7, "large": 5}}
    frame = frame_of(description.groups(*care, study, "care", counts), "item", "level", "option")
    assert (frame.loc[("drug", "small", "a"), "n"], frame.loc[("drug", "small", "a"), "n_valid"]) == (2, 2)
    assert frame.loc[("drug", "large", "b"), "percent"] == 50
    assert frame.loc[("days", "large", ""), "median"] == 35
    small = frame.loc[("drug", "small", "a")]
    # 2 of 2 with 7 in the frame: Wilson with the effective size 2 * 6 / 5
    assert small.ci_low == pytest.approx(100 * 2.4 / (2.4 + 1.959963984540054**2))


def test_an_item_put_to_some_stands_for_its_share_of_the_frame(care):
    why = next(one for one in care[0] if one.item.name == "why").tallies[0]
    assert base(why.column, why.total, 12).population == 12 * 2 / 6


def test_agreement_is_per_item_with_the_top_answer(study, care):
    frame = frame_of(description.agreement(care[0], study, "care"), "item")
    assert set(frame.index) == {"drug", "tests", "why"}
    drug = frame.loc["drug"]
    assert (drug.top_option, drug.top_percent, drug.consensus) == ("a", 50, "no")
    assert drug.top_ci_low < 50 < drug.top_ci_high


def test_an_ordinal_item_has_van_der_eijks_agreement(study, tmp_path):
    change(study.folder / "codebook.csv", "drug,care,single", "drug,care,ordinal")
    counted, _ = coded(read_study(study.folder), tmp_path)
    drug = frame_of(description.agreement(counted, study, "care"), "item").loc["drug"]
    assert -1 <= drug.van_der_eijk_a_ci_low <= drug.van_der_eijk_a <= drug.van_der_eijk_a_ci_high <= 1


def test_nobody_answered_is_an_empty_row_and_no_error(study, tmp_path):
    empty = {name: ["<blank>"] * 3 for name in ("drug", "days", "tests", "why")} | {"order": [(), (), ()]}
    counted, _ = coded(study, tmp_path, empty, groups=())
    frame = pd.DataFrame(description.frequencies(counted, study, "care"), columns=description.FREQUENCIES)
    assert (frame["n"] == 0).all()
    assert frame["percent"].isna().all()
    assert pd.DataFrame(description.numeric(counted, study, "care"))["median"].isna().all()
    assert pd.DataFrame(description.agreement(counted, study, "care"))["entropy"].isna().all()


def test_every_option_of_multiple_choice_is_compared_and_no_do_not_know(study, care):
    rows = frame_of(comparisons(*care, study, Shuffles(999, 1, 6)), "item", "group")
    expected = {"drug", "days", "tests[blood]", "tests[mri]", "tests[other]", "why[cost]", "why[risk]"}
    assert set(rows.index.get_level_values(0)) == expected | {"order[cost]", "order[risk]", "order[time]"}
    assert rows.loc[("drug", "size"), "n_used"] == 4
    assert rows.loc[("why[cost]", "size"), "reason_not_run"] == "only one group answered"


def test_a_weight_changes_the_percent_and_the_effective_number(study, tmp_path):
    columns = {name: FULL[name] for name in ("drug", "tests", "why", "order")}
    counted, _ = coded(study, tmp_path, columns, groups=())
    weights = np.array([3.0, 1, 1, 1, 1, 1])
    rows = description.frequencies(counted, study, "care", Design(weights, (), weights))
    frame = frame_of(rows, "item", "option")
    drug = frame.loc[("drug", "a")]
    assert drug.weighted_percent == pytest.approx(100 * 4 / 6)
    assert drug.n_effective == pytest.approx(36 / 12)
    assert drug.weighted_ci_low < drug.weighted_percent < drug.weighted_ci_high
    assert math.isnan(frame.loc[("drug", "dont_know"), "weighted_percent"])
    even = np.full(6, 2.5)
    equal = frame_of(description.frequencies(counted, study, "care", Design(even, (), even)), "item", "option")
    known = equal["percent"].notna()
    assert equal.loc[known, "weighted_percent"].tolist() == pytest.approx(equal.loc[known, "percent"].tolist())


def test_weighted_groups_are_compared_by_rao_and_scott(study, tmp_path):
    columns = {"size": ["small", "large"] * 10, "drug": (["a"] * 6 + ["b"] * 4) * 2, "days": list(range(20))}
    counted, grouped = coded(study, tmp_path, columns)
    weights = np.linspace(1, 3, 20)
    rows = comparisons(counted, grouped, study, Shuffles(999, 1, 20), Design(weights, (), weights))
    rows = frame_of(rows, "item")
    assert rows.loc["drug", "test"] == "rao_scott"
    assert 0 <= rows.loc["drug", "p"] <= 1
    assert rows.loc["drug", "df_denominator"] > rows.loc["drug", "df"]
    assert rows.loc["days", "reason_not_run"] == "weighted rank tests are not offered"


@pytest.mark.parametrize("method", ["goodman", "sison_glaz"])
def test_the_method_of_every_interval_is_the_one_that_gave_it(study, tmp_path, method):
    change(study.folder / "study.yaml", "target: finite_population", f"target: superpopulation, method: {method}")
    study = read_study(study.folder)
    common, rare = ["a"] * 30 + ["b"] * 20 + ["none"] * 25 + ["other"] * 15, ["a"] * 90
    for drug, expected in ((common, method), (rare, "goodman")):
        counted, _ = coded(study, tmp_path, {"drug": drug, "tests": ["blood"] * 90}, groups=())
        frame = frame_of(description.frequencies(counted, study, "care"), "item", "option")
        assert frame.loc[("drug", "a"), "ci_method"] == expected
        assert frame.loc[("tests", "blood"), "ci_method"] == "wilson"


answers = st.lists(
    st.sampled_from(["a", "b", "none", "other", "dont_know", "<blank>", "<not_asked>"]), min_size=1, max_size=12
)


@given(answers=answers, data=st.data())
def test_percents_of_one_answer_sum_to_100_whatever_the_order_of_records(answers, data, tmp_path_factory):
    from small import write_study

    folder = tmp_path_factory.mktemp("study")
    study = read_study(write_study(folder))
    sizes = data.draw(st.lists(st.sampled_from(["small", "large", "<blank>"]), min_size=12, max_size=12))
    order = data.draw(st.permutations(range(len(answers))))
    both = []
    for places in (range(len(answers)), order):
        columns = {"size": [sizes[place] for place in places], "drug": [answers[place] for place in places]}
        counted, grouped = coded(study, folder, columns)
        both.append(
            (
                description.frequencies(counted, study, "care"),
                description.groups(counted, grouped, study, "care", {}),
                description.agreement(counted, study, "care"),
                comparisons(counted, grouped, study, Shuffles(999, 1, 12)),
            )
        )
    assert str(both[0]) == str(both[1])
    frequencies = both[0][0]
    asked = sum(answer != "<not_asked>" for answer in answers)
    assert {row["n_asked"] for row in frequencies} == {asked}
    if frequencies[0]["n_valid"]:
        assert sum(row.get("percent", 0) for row in frequencies) == pytest.approx(100)


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=60))
def test_counting_all_groups_at_once_is_counting_each_alone(rows):
    from survey.coding import Column
    from survey.counting import Group

    first, *others = np.array(rows).T
    column = Column("x", None, first, np.arange(4), np.zeros(4, dtype=int))
    groups = [Group(f"g{place}", False, ("0", "1", "2"), codes) for place, codes in enumerate(others)]
    found = tally(column, Groups(groups))
    assert found.total.tolist() == [int((first == code).sum()) for code in range(4)]
    for one in groups:
        expected = [[int(((one.codes == level) & (first == code)).sum()) for code in range(4)] for level in range(3)]
        assert found.by_group[one.name].tolist() == expected


def test_threads_do_not_change_the_order():
    assert each(lambda number: number**2, range(50), 2) == [number**2 for number in range(50)]


def test_a_csv_cleaned_elsewhere_gives_what_the_parquet_gives(study, tmp_path):
    items = [study.item(name) for name in ("size", "drug", "days")]
    kept = {name: [*FULL[name][:4], "<blank>", "<blank>"] for name in ("size", "drug", "days")}
    frame = table(study, **kept)
    write_table(frame.assign(record=list("abcdef")), tmp_path / "clean.parquet")
    labels = frame[["size", "days"]].assign(drug=["Drug A", "alpha", "b", "Other", "", ""])
    labels.to_csv(tmp_path / "clean.csv", index=False)
    tables = [Table(tmp_path / name, items) for name in ("clean.parquet", "clean.csv")]
    for item in items:
        first, second = (next(one.columns(item)) for one in tables)
        assert first.answer[first.codes].tolist() == second.answer[second.codes].tolist()
        assert first.why[first.codes].tolist() == second.why[second.codes].tolist()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("drug,days\nDrug Z,1\n", "column 'drug': 'Drug Z' is none of its options; did you mean 'Drug "),
        ("drug,days\na,soon\n", "cannot be read as a table"),
        ("drug\na\n", "no column 'days' for item 'days'"),
        ("", "cannot be read as a table"),
        ("drug,days\n" + "a,1\n" * 3000 + "\xe9,1\n", "column 'drug': not UTF-8; save the file with that encoding"),
    ],
)
def test_a_csv_that_is_no_clean_table_is_one_clear_line(study, tmp_path, text, complaint):
    (tmp_path / "clean.csv").write_text(text, encoding="latin-1")
    items = [study.item("drug"), study.item("days")]
    with pytest.raises(BadInput, match=complaint):
        list(Table(tmp_path / "clean.csv", items).columns(items[0]))


def test_codes_that_are_numbers_may_be_followed_by_labels(study, tmp_path):
    for code, name in enumerate("ab", start=1):
        change(study.folder / "options.csv", f"drug,{name},Drug {name.upper()}", f"drug,{code},Drug {name.upper()}")
    for code, name in ((3, "none"), (4, "other"), (5, "dont_know")):
        change(study.folder / "options.csv", f"drug,{name},", f"drug,{code},")
    change(study.folder / "codebook.csv", "drug == none", "drug == 3")
    drug = read_study(study.folder).item("drug")
    for cells in (["1", "2", "", "5"], ["1"] * 200 + ["Drug B", "", "5"]):
        (tmp_path / "clean.csv").write_text("drug\n" + "\n".join(f'"{cell}"' for cell in cells) + "\n")
        column = next(Table(tmp_path / "clean.csv", [drug]).columns(drug))
        known = {"1": 0, "2": 1, "Drug B": 1, "5": 4, "": -1}
        assert column.answer[column.codes].tolist() == [known[cell] for cell in cells]


def test_frame_values_that_are_no_option_are_named(small):
    change(small / "frame.csv", "C01,small", "C01,tiny")
    with pytest.raises(BadInput, match="row 2 column size: 'tiny' is no option"):
        frame_counts(read_study(small))


def test_tables_keep_their_types_with_no_rows_and_their_numbers_with_some(tmp_path):
    write_rows([], description.NUMERIC, tmp_path / "none")
    assert read_table(tmp_path / "none.parquet").dtypes[["n", "median"]].tolist() == ["int64", "float64"]
    row = {"item": "days, of stay", "n": 3, "median": 1 / 3, "unit": "a\rb"}
    write_rows([row], ["item", "n", "median", "q1", "unit"], tmp_path / "one")
    assert read_rows(tmp_path / "one.parquet")[0] | {"q1": 0} == row | {"q1": 0}
    text = (tmp_path / "one.csv").read_bytes().decode()
    assert text == '"item","n","median","q1","unit"\n"days, of stay","3","0.3333333333","","a\rb"\n'


def test_statistics_of_all_domains_know_their_row_in_the_csv(tmp_path):
    for domain in ("one", "two"):
        write_rows([{"item": domain}, {"item": "x"}], ["item"], tmp_path / domain / "numeric")
    frame = read_domains(tmp_path, ["one", "two"], "numeric")
    assert frame["row"].tolist() == [2, 3, 2, 3]
