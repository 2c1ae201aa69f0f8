import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import change

from survey import description
from survey.answers import KINDS
from survey.errors import BadInput
from survey.frame import frame_counts
from survey.study import read_study
from survey.tables import read_domains


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
    "founded": ["<blank>"] * 6,
    "drug": ["a", "a", "b", "other", "dont_know", "<blank>"],
    "days": [10, 20, 30, 40, "<dont_know>", "<blank>"],
    "tests": ["blood", ("blood", "mri"), "mri", (), "<blank>", "<dont_know>"],
    "why": ["<not_asked>"] * 4 + ["cost", "<blank>"],
    "order": [("cost", "risk", "time"), ("risk",), (), (), (), ("cost",)],
    "comment": ["<blank>"] * 6,
    "centre_id": ["<blank>"] * 6,
}


def rows(study, maker, *arguments):
    clean = table(
        study, **{name: answers for name, answers in FULL.items() if study.item(name).type not in ("text", "date")}
    )
    found = maker(clean, *arguments)
    return pd.DataFrame(found)


def test_every_base_is_stated_and_adds_up(study):
    frame = rows(study, description.frequencies, study, "care").set_index(["item", "option"])
    drug = frame.loc[("drug", "a")]
    assert (drug.n, drug.n_valid, drug.n_asked, drug.n_missing, drug.n_not_asked) == (2, 4, 6, 2, 0)
    assert drug.percent == 50
    why = frame.loc[("why", "cost")]
    assert (why.n, why.n_valid, why.n_asked, why.n_missing, why.n_not_asked) == (1, 1, 2, 1, 4)
    assert (frame.n_asked == frame.n_valid + frame.n_missing).all()
    assert (frame.n_asked + frame.n_not_asked == 6).all()


def test_an_answer_apart_from_the_base_has_a_count_and_no_percent(study):
    frame = rows(study, description.frequencies, study, "care").set_index(["item", "option"])
    assert frame.loc[("drug", "dont_know"), "n"] == 1
    assert math.isnan(frame.loc[("drug", "dont_know"), "percent"])


def test_multiple_choice_is_of_those_who_ticked_something_or_explicitly_nothing(study):
    frame = rows(study, description.frequencies, study, "care").set_index(["item", "option"])
    assert (frame.loc[("tests", "blood"), "n"], frame.loc[("tests", "blood"), "n_valid"]) == (2, 4)
    assert frame.loc[("tests", "mri"), "percent"] == 50


def test_ranks_count_the_first_place_among_those_who_ranked(study):
    frame = rows(study, description.frequencies, study, "care").set_index(["item", "option"])
    assert frame.loc[("order", "cost"), "n"] == 2
    numbers = rows(study, description.numeric, study, "care").set_index("item")
    assert numbers.loc["order[risk]", "mean"] == 1.5
    assert numbers.loc["order[risk]", "n"] == 2


def test_numbers_are_summarised_with_type_7_quartiles(study):
    days = rows(study, description.numeric, study, "care").set_index("item").loc["days"]
    assert (days.n, days.n_missing, days["median"], days.q1, days.q3) == (4, 2, 25, 17.5, 32.5)
    assert days.sd == pytest.approx(12.909944487358056)


def test_a_group_has_its_own_bases_and_its_own_part_of_the_frame(study):
    counts = frame_counts(study)
    assert counts == {"size": {"small": 7, "large": 5}}
    levels = table(study, size=FULL["size"])
    frame = rows(study, description.groups, levels, study, "care", counts).set_index(["item", "level", "option"])
    assert (frame.loc[("drug", "small", "a"), "n"], frame.loc[("drug", "small", "a"), "n_valid"]) == (2, 2)
    assert frame.loc[("drug", "large", "b"), "percent"] == 50
    assert frame.loc[("days", "large", ""), "median"] == 35
    small = frame.loc[("drug", "small", "a")]
    # 2 of 2 with 7 in the frame: Wilson with the effective size 2 * 6 / 5
    assert small.ci_low == pytest.approx(100 * 2.4 / (2.4 + 1.959963984540054**2))


def test_an_item_put_to_some_stands_for_its_share_of_the_frame(study):
    clean = table(study, why=FULL["why"])
    base = description.item_base(clean, study.item("why"), np.ones(6, dtype=bool), 12)
    assert base.population == 12 * 2 / 6


def test_agreement_is_per_item_with_the_top_answer(study):
    frame = rows(study, description.agreement, study, "care").set_index("item")
    assert set(frame.index) == {"drug", "tests", "why"}
    assert (frame.loc["drug", "top_option"], frame.loc["drug", "top_percent"], frame.loc["drug", "consensus"]) == (
        "a",
        50,
        "no",
    )


def test_nobody_answered_is_an_empty_row_and_no_error(study):
    empty = {name: ["<blank>"] * 3 for name in ("drug", "days", "tests", "why")} | {"order": [(), (), ()]}
    clean = table(study, **empty)
    frame = pd.DataFrame(description.frequencies(clean, study, "care"), columns=description.FREQUENCIES)
    assert (frame["n"] == 0).all()
    assert frame["percent"].isna().all()
    assert pd.DataFrame(description.numeric(clean, study, "care"))["median"].isna().all()
    assert pd.DataFrame(description.agreement(clean, study, "care"))["entropy"].isna().all()


def test_a_weight_changes_the_percent_and_the_effective_number(study):
    clean = table(study, **{name: FULL[name] for name in ("drug", "tests", "why", "order")})
    weights = np.array([3.0, 1, 1, 1, 1, 1])
    frame = pd.DataFrame(description.frequencies(clean, study, "care", weights)).set_index(["item", "option"])
    assert frame.loc[("drug", "a"), "weighted_percent"] == pytest.approx(100 * 4 / 6)
    assert frame.loc[("drug", "a"), "n_effective"] == pytest.approx(36 / 12)
    equal = pd.DataFrame(description.frequencies(clean, study, "care", np.full(6, 2.5))).set_index(["item", "option"])
    counted = equal["percent"].notna()
    assert equal.loc[counted, "weighted_percent"].tolist() == pytest.approx(equal.loc[counted, "percent"].tolist())


answers = st.lists(
    st.sampled_from(["a", "b", "none", "other", "dont_know", "<blank>", "<not_asked>"]), min_size=1, max_size=12
)


@given(answers=answers, data=st.data())
def test_percents_of_one_answer_sum_to_100_whatever_the_order_of_records(answers, data, tmp_path_factory):
    from small import write_study

    study = read_study(write_study(tmp_path_factory.mktemp("study")))
    item = study.item("drug")
    shuffled = data.draw(st.permutations(answers))
    both = []
    for records in (answers, shuffled):
        clean = table(study, drug=records)
        everybody = np.ones(len(clean), dtype=bool)
        base = description.item_base(clean, item, everybody, 12)
        both.append((base.n_valid, base.n_asked, description.option_counts(clean, item, everybody)))
    assert both[0] == both[1]
    n_valid, n_asked, counts = both[0]
    assert sum(counts[:4]) == n_valid <= n_asked == sum(answer != "<not_asked>" for answer in answers)


def test_frame_values_that_are_no_option_are_named(small):
    change(small / "frame.csv", "C01,small", "C01,tiny")
    with pytest.raises(BadInput, match="row 2 column size: 'tiny' is no option"):
        frame_counts(read_study(small))


def test_tables_keep_their_types_with_no_rows():
    frame = description.typed(pd.DataFrame([], columns=description.NUMERIC))
    assert frame.dtypes["n"] == "Int64"
    assert frame.dtypes["median"] == "float64"


def test_statistics_of_all_domains_know_their_row_in_the_csv(tmp_path):
    from survey.tables import write_both

    for domain in ("one", "two"):
        write_both(pd.DataFrame({"item": [domain, "x"]}), tmp_path / domain / "numeric")
    frame = read_domains(tmp_path, ["one", "two"], "numeric")
    assert frame["row"].tolist() == [2, 3, 2, 3]
