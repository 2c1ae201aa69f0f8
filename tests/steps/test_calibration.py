"""Surveys simulated from a population whose answers are known, and how often the intervals hold the truth."""

import numpy as np
import pytest
from project import ROOT, call
from small import change
from steps.test_ingest_to_clean import rows

from survey import calibration, figures_coverage, style
from survey.coding import Table
from survey.proportions import wilson
from survey.study import read_study

PLAN = "calibration: {surveys: 61, sizes: [6, 11, 99], chunks: 2}\nseed: 1"


@pytest.fixture(scope="module")
def small_study(surveyed):
    study, out = surveyed
    change(study / "study.yaml", "seed: 1", PLAN)
    return study, out


def simulate(small_study, chunk, out):
    study, results = small_study
    clean = [results / f"clean/domains/{domain}.parquet" for domain in ("centre", "care")]
    return call("simulate_surveys", "--study", study, "--clean", *clean, "--chunk", chunk, "--out", out)


@pytest.fixture(scope="module")
def simulated(small_study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration")
    for chunk in (1, 2):
        process = simulate(small_study, chunk, folder / f"{chunk:03}")
        assert process.returncode == 0, process.stderr
    chunks = [folder / f"{chunk:03}.parquet" for chunk in (1, 2)]
    process = call("collect_coverage", "--study", small_study[0], "--chunks", *chunks, "--out", folder)
    assert process.returncode == 0, process.stderr
    return folder


@pytest.fixture(scope="module")
def population(small_study):
    study, out = small_study
    items = [item for item in read_study(study).items if item.is_reported]
    table = Table(out / "clean/domains/care.parquet", [], items)
    return calibration.Population({item: list(table.columns(item)) for item in table.items}, 227, 1)


def question(population, name):
    return next(question for question in population.questions if question.item.name == name)


def test_the_population_has_the_shares_of_the_answers_and_no_unknown_ones(population):
    drug = question(population, "drug")
    column = drug.columns[0]
    assert len(drug.codes[0]) == 227
    assert np.isin(drug.codes[0], np.flatnonzero(column.why == 0)).all()
    assert drug.missing == pytest.approx(0.1, abs=0.01)  # one of ten did not know
    share = (drug.codes[0] == column.compared[0]).mean()
    assert share == pytest.approx(5 / 9, abs=0.05)


def test_a_sample_without_replacement_has_everybody_at_most_once(population):
    generator = np.random.default_rng(1)
    drawn = population.surveys(20, 100, False, generator)
    assert drawn.max() == 1
    assert (drawn.sum(axis=1) == 100).all()
    again = population.surveys(20, 100, True, generator)
    assert again.max() > 1
    assert (again.sum(axis=1) == 100).all()


def test_everybody_asked_leaves_nothing_uncertain(population):
    found = [row for row in calibration.coverage(population, 5, 227, "finite_population", 1) if row["item"] == "tests"]
    assert {row["quantity"] for row in found} == {"share"}
    assert all(row["covered"] == row["surveys"] == 5 and row["width"] == pytest.approx(0) for row in found)


def test_coverage_is_that_of_the_interval_counted_survey_by_survey():
    chosen, valid = np.array([3, 7, 7, 2, 9]), np.array([10, 10, 10, 8, 10])
    found = next(calibration._shares(chosen, valid, None, 0.5, ["wilson"], 95, {}))
    ends = [wilson(int(x), int(n)) for x, n in zip(chosen, valid, strict=True)]
    assert found["surveys"] == 5
    assert found["covered"] == sum(low <= 0.5 <= high for low, high in ends) == 4
    assert found["width"] == pytest.approx(sum(high - low for low, high in ends))


def test_the_intervals_of_a_large_population_cover_what_they_say(population):
    found = list(calibration.coverage(population, 400, 106, "superpopulation", 3))
    shares = [row["covered"] / row["surveys"] for row in found if row["method"] == "wilson"]
    exact = [row["covered"] / row["surveys"] for row in found if row["method"] == "clopper_pearson"]
    assert 0.93 < np.mean(shares) < 0.97
    assert np.mean(exact) > 0.95


def test_chunks_add_up_and_sizes_above_the_population_are_no_survey(small_study, simulated):
    assert [calibration.surveys_of(chunk, 61, 2) for chunk in (1, 2)] == [30, 31]
    chunks = [rows(simulated / f"{chunk:03}.csv") for chunk in (1, 2)]
    estimates = rows(simulated / "coverage_by_estimate.csv")
    one = ("superpopulation", "share", "jeffreys", "11", "drug", "a")
    parts = [row for chunk in chunks for row in chunk if tuple(row.values())[:6] == one]
    (whole,) = [row for row in estimates if tuple(row.values())[:6] == one]
    assert float(whole["surveys"]) == sum(float(row["surveys"]) for row in parts) == 61
    assert float(whole["covered"]) == pytest.approx(sum(float(row["covered"]) for row in parts) / 61)
    assert {row["n"] for row in estimates if row["target"] == "finite_population"} == {"6", "11"}
    assert {row["n"] for row in estimates if row["target"] == "superpopulation"} == {"6", "11", "99"}


def test_a_method_is_summed_up_by_the_mean_and_the_least_of_its_estimates(simulated):
    estimates = rows(simulated / "coverage_by_estimate.csv")
    for method in rows(simulated / "coverage.csv"):
        part = [
            float(row["covered"])
            for row in estimates
            if all(row[name] == method[name] for name in ("target", "quantity", "method", "n"))
        ]
        assert int(method["estimates"]) == len(part)
        assert float(method["coverage"]) == pytest.approx(100 * sum(part) / len(part), rel=1e-8)
        assert float(method["coverage_min"]) == pytest.approx(100 * min(part), rel=1e-8)


def test_a_chunk_simulated_again_has_the_same_bytes_and_another_chunk_other_surveys(small_study, simulated, tmp_path):
    assert simulate(small_study, 1, tmp_path / "again").returncode == 0
    assert (tmp_path / "again.parquet").read_bytes() == (simulated / "001.parquet").read_bytes()
    assert (simulated / "002.csv").read_text() != (simulated / "001.csv").read_text()


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_the_figure_has_every_method_and_clips_nothing(small_study, simulated, width):
    fonts = style.Fonts(ROOT / "resources" / "fonts")
    fonts.register()
    study = read_study(small_study[0])
    found = rows(simulated / "coverage.csv")
    numbers = ("n", "surveys", "coverage", "coverage_p5")
    lines = figures_coverage.coverage_lines(
        study, [row | {name: float(row[name]) for name in numbers} | {"n": int(row["n"])} for row in found]
    )
    assert len(lines) == len(found)
    figure = figures_coverage.coverage_figure(study, lines, fonts, width)
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    texts = [text for axes in figure.axes for text in axes.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes)
    written = {text.get_text() for text in texts}
    assert {"n = 6", "n = 11", "n = 99", "Simulated data"} <= written
    assert {figures_coverage.method_name(row) for row in lines} <= written
    alt = figures_coverage.coverage_alt(study, lines)
    own = next(row for row in lines if (row["target"], row["method"], row["n"]) == ("finite_population", "wilson", 6))
    assert f"{own['coverage']:.1f}% at n = 6" in alt


def test_the_figure_is_drawn_from_the_table(small_study, simulated, tmp_path):
    process = call(
        "draw_coverage", "--study", small_study[0], "--coverage", simulated / "coverage.parquet",
        "--fonts", ROOT / "resources/fonts", "--out", tmp_path / "figure",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    drawn, table = rows(tmp_path / "figure.csv"), rows(simulated / "coverage.csv")
    assert sorted(row["coverage"] for row in drawn) == sorted(row["coverage"] for row in table)
