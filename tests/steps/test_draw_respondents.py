"""The drawing of those who answered, on tables that the step before it made."""

import pypdf
import pytest
from project import ROOT, call
from small import change

from survey.style import WIDTHS
from survey.tables import read_rows, read_table, write_rows

MAP = ROOT / "resources" / "map" / "europe.geojson"


@pytest.fixture
def stats(small, tmp_path):
    """The folder of statistics of the small study, whose frame also names countries."""
    centres = [(f"C{number:02}", "small" if number <= 7 else "large") for number in range(1, 13)]
    places = ["Germany", "FR", "Japan", "gbr"] * 3
    lines = [f"{code},{size},{place}" for (code, size), place in zip(centres, places, strict=True)]
    (small / "frame.csv").write_text("\n".join(["centre_id,size,place", *lines]) + "\n", encoding="utf-8")
    change(small / "study.yaml", "strata: [size]", "strata: [size, place]")
    change(small / "study.yaml", "groups: [size]", "groups: [size]\nmap: place")
    sample = [
        {"record": str(row), "excluded_by": "", "unit": str(row + 1), "size": size, "place": place}
        for row, ((_, size), place) in enumerate(zip(centres[:7], places[:7], strict=True), 1)
    ]
    columns = ["record", "excluded_by", "unit", "size", "place", "wave"]
    write_rows(sample, columns, tmp_path / "sample")
    done = call("assess_response", "--study", small, "--sample", tmp_path / "sample.parquet", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def draw(small, stats, **changed):
    given = {"representativeness": stats / "representativeness.parquet", "map": MAP} | changed
    options = [part for name, value in given.items() for part in (f"--{name}", value)]
    fonts = ROOT / "resources" / "fonts"
    return call("draw_respondents", "--study", small, *options, "--fonts", fonts, "--out", stats / "respondents")


def test_run_alone_it_draws_every_format_from_the_frame_and_those_analysed(small, stats):
    done = draw(small, stats)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "respondents: 2 strata, 3 countries on the map\n"
    for form in ("svg", "pdf", "png"):
        for width in WIDTHS:
            assert (stats / f"respondents{width}.{form}").stat().st_size > 0
    page = pypdf.PdfReader(stats / "respondents.pdf").pages[0].extract_text()
    assert page.count("2/3") == 3, "France, Germany and Japan can be searched for and copied"
    drawn = read_table(stats / "respondents.csv")
    assert drawn[["level", "respondents_n", "frame_n", "country", "drawn"]].values.tolist() == [
        ["small", 7, 7, "", "share"],
        ["large", 0, 5, "", "share"],
        ["FR", 2, 3, "FR", "map"],
        ["Germany", 2, 3, "DE", "map"],
        ["Japan", 2, 3, "", "note"],
        ["gbr", 1, 3, "GB", "map"],
    ]
    alt = (stats / "respondents.alt.txt").read_text(encoding="utf-8")
    assert alt.startswith("Simulated data. Map and dot plot. 7 of the 12 centres in the frame were analysed (58%).")


def test_a_table_without_strata_a_file_that_is_no_map_and_a_foreign_table_are_named(small, stats):
    write_rows([], list(read_rows(stats / "representativeness.parquet")[0]), stats / "empty")
    for changed, complaint in (
        ({"representativeness": stats / "empty.parquet"}, "empty.parquet: no rows; without frame.strata in study.yaml"),
        ({"representativeness": stats / "response_rates.parquet"}, "response_rates.parquet: no column 'stratum'"),
        ({"map": ROOT / "LICENSE"}, "LICENSE: not a map of countries"),
        ({"map": stats / "absent.geojson"}, "absent.geojson: not a map of countries"),
    ):
        done = draw(small, stats, **changed)
        assert done.returncode == 2
        assert complaint in done.stderr
        assert done.stderr.count("\n") == 1
    assert not list(stats.glob("respondents*"))


def test_the_same_tables_give_the_same_bytes(small, stats):
    def made():
        draw(small, stats)
        return {path.name: path.read_bytes() for path in stats.glob("respondents*")}

    first = made()
    assert len(first) == 8
    assert made() == first
