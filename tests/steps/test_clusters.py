"""A study whose records are alike within clusters, from the sample to the claims."""

import shutil

import numpy as np
import pytest
from project import call
from small import change, write_study
from steps.test_ingest_to_clean import describe, match_frame, rows, run_all

from survey.clustering import effective_sizes
from survey.errors import BadInput
from survey.proportions import wilson
from survey.study import read_study

CLAIM = "- {id: first, statement: said, predicate: 'percent(drug, a) > 10'}\n"


@pytest.fixture(scope="module")
def clustered(tmp_path_factory):
    """Study and results of a survey whose centres are alike where they are as large."""
    folder = tmp_path_factory.mktemp("clusters")
    study = write_study(folder / "small")
    change(study / "study.yaml", "{target: finite_population}", "{target: finite_population, cluster: size}")
    change(study / "study.yaml", "seed: 1", "disclosure: {minimum_cell: 0}\nseed: 1")
    (study / "claims.yaml").write_text(CLAIM, encoding="utf-8")
    results = run_all(study, folder / "results")
    assert match_frame(study, results).returncode == 0
    for domain in ("centre", "care"):
        assert describe(study, results, domain, "centre", weighted=True).returncode == 0
    return study, results


def test_the_sample_says_who_is_in_one_cluster_and_not_where(clustered):
    _, results = clustered
    found = {row["record"]: row["cluster"] for row in rows(results / "clean/sample.csv")}
    assert len({found[record] for record in "147"}) == 1  # small
    assert found["1"] != found["5"] == found["6"] == found["3"]  # large, in other words
    assert found["10"] not in [number for record, number in found.items() if record != "10"]  # says nothing
    assert all(number.isdecimal() for number in found.values())


def test_intervals_have_the_effective_size_and_claims_the_same_ones(clustered):
    study, results = clustered
    [row] = [
        row for row in rows(results / "stats/care/frequencies.csv") if (row["item"], row["option"]) == ("drug", "a")
    ]
    analysed = [row["cluster"] for row in rows(results / "clean/sample.csv") if not row["excluded_by"]]
    assert (row["n"], row["n_valid"], row["ci_method"]) == ("2", "6", "wilson_clustered")
    chosen, valid = np.array([[1], [1], [0], [0], [0], [0], [0]], dtype=bool), np.array([True] * 6 + [False])
    [size] = effective_sizes(chosen, valid, np.array(analysed), 95)
    assert float(row["n_effective"]) == pytest.approx(size)
    ends = [100 * end for end in wilson(2, 6, population=12, worth=size)]
    assert [float(row["ci_low"]), float(row["ci_high"])] == pytest.approx(ends)
    asked = (
        "check_claims", "--study", study, "--stats", results / "stats", "--clean", results / "clean/domains",
        "--out", results / "stats/claims",
    )  # fmt: skip
    assert call(*asked, "--sample", results / "clean/sample.parquet").returncode == 0
    [claim] = rows(results / "stats/claims.csv")
    assert (claim["ci_low"], claim["ci_high"]) == (row["ci_low"], row["ci_high"])
    assert "the study names clusters; give --sample" in call(*asked).stderr


def test_a_universe_has_the_same_intervals(clustered, tmp_path):
    study, results = shutil.copytree(clustered[0], tmp_path / "study"), clustered[1]
    change(study / "study.yaml", "seed: 1", "sensitivity: {axes: {other: [recoded, as_given]}}\nseed: 1")
    ingested = results / "ingest"
    process = call(
        "run_universes", "--study", study, "--responses", ingested / "responses.parquet",
        "--columns", ingested / "columns.csv", "--part", "other=recoded", "--out", tmp_path / "part",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    [found] = [row for row in rows(tmp_path / "part.csv") if row["kind"] == "claim"]
    [row] = [
        row for row in rows(results / "stats/care/frequencies.csv") if (row["item"], row["option"]) == ("drug", "a")
    ]
    assert (found["ci_low"], found["ci_high"]) == (row["ci_low"], row["ci_high"])


def test_what_takes_no_account_of_clusters_says_so(clustered):
    _, results = clustered
    assert {row["ci_method"] for row in rows(results / "stats/care/numeric.csv") if row["n"] != "0"} == {
        "order_statistics; not clustered"
    }
    methods = {row["ci_method"] for row in rows(results / "stats/care/agreement.csv") if row["ci_method"]}
    assert methods == {"wilson_clustered; large_sample; not clustered"}


@pytest.mark.parametrize(
    ("inference", "complaint"),
    [
        ("cluster: sizes", "the codebook has no item 'sizes'; did you mean 'size'?"),
        ("cluster: tests", "item 'tests' has several columns"),
        ("cluster: size, method: hypergeometric", "only Wilson's interval knows clusters"),
    ],
)
def test_clusters_that_cannot_be_are_named(small, inference, complaint):
    change(small / "study.yaml", "{target: finite_population}", f"{{target: finite_population, {inference}}}")
    with pytest.raises(BadInput, match="inference cluster: ") as error:
        read_study(small)
    assert complaint in str(error.value)


def test_clusters_and_weights_are_not_offered_together(small):
    change(small / "study.yaml", "{target: finite_population}", "{target: finite_population, cluster: size}")
    change(small / "study.yaml", "seed: 1", "weights: {method: rake, margins: [size]}\nseed: 1")
    with pytest.raises(BadInput, match="clusters and weights are not offered together"):
        read_study(small)
