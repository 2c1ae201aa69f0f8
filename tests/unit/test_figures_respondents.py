import math
import re
from itertools import pairwise

import pandas as pd
import pytest
from legible import assert_legible, texts, words
from project import ROOT
from small import change

from survey import figures_respondents as figures
from survey import maps, style
from survey.study import read_study

MAP = ROOT / "resources" / "map" / "europe.geojson"
COUNTRY_ROW = "country,centre,single,In which country?,Country,land,,,,,,group,\n"
COUNTRY_OPTIONS = """\
country,de,Bundesrepublik,1,Germany,substantive
country,north,Nordirland,2,United Kingdom|UK of GB,substantive
country,france,Frankreich,3,,substantive
country,jp,Japan,4,,substantive
country,mc,Monaco,5,,substantive
country,britain,Great Britain,6,,substantive
"""
NUMBERS = {"de": (40, 14), "north": (3, 1), "france": (30, 0), "jp": (4, 1), "mc": (2, 1), "britain": (7, 3)}


@pytest.fixture(scope="module")
def fonts():
    fonts = style.Fonts(ROOT / "resources" / "fonts")
    fonts.register()
    return fonts


@pytest.fixture(scope="module")
def countries():
    return maps.read_map(MAP)


@pytest.fixture
def study(small):
    """The small study with countries, of which one is not on the map, one is too small, and two are the same."""
    change(small / "study.yaml", "strata: [size]", "strata: [country, size]")
    change(small / "study.yaml", "groups: [size]", "groups: [size]\nmap: country")
    for name, text in (("codebook.csv", COUNTRY_ROW), ("options.csv", COUNTRY_OPTIONS)):
        (small / name).write_text((small / name).read_text(encoding="utf-8") + text, encoding="utf-8")
    return read_study(small)


def stratum(name, numbers, labels=None):
    """Rows of representativeness.parquet; numbers: per level, of the frame and analysed."""
    invited, analysed = (sum(pair[place] for pair in numbers.values()) for place in (0, 1))
    rows = [
        {
            "stratum": name,
            "level": level,
            "level_label": (labels or {}).get(level, level),
            "frame_n": of_frame,
            "frame_percent": 100 * of_frame / invited,
            "respondents_n": n,
            "respondents_percent": 100 * n / analysed if analysed else math.nan,
            "response_percent": 100 * n / of_frame,
        }
        for level, (of_frame, n) in numbers.items()
    ]
    return pd.DataFrame(rows).assign(stratum_difference=0.34, p=0.0004)


def table(study, numbers=NUMBERS):
    labels = {option.code: option.label for option in study.item("country").options}
    return pd.concat(
        [stratum("country", numbers, labels), stratum("size", {"small": (50, 16), "large": (36, 4)})], ignore_index=True
    )


def plan_of(study, rows, countries, fonts):
    return figures.plan_of(study, figures.strata_of(study, rows), countries, fonts)


def test_countries_are_found_by_label_code_or_alias_and_those_of_one_country_are_added(study, countries, fonts):
    plan = plan_of(study, table(study), countries, fonts)
    assert {spot.country.code: spot.number for spot in plan.spots} == {
        "DE": "14/40", "FR": "0/30", "GB": "4/10", "MC": "1/2",
    }  # fmt: skip
    assert [level.label for level in plan.elsewhere] == ["Japan"]


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_no_country_is_lost(study, countries, fonts, width):
    plan = plan_of(study, table(study), countries, fonts)
    figure = figures.respondents_figure(study, plan, countries, fonts, width)
    shown = words(figure)
    assert "Not on the map: Japan 1/4." in shown
    assert "Too small for their number: Monaco 1/2." in shown
    on_map = {text.get_text() for text in figure.axes[1].texts}
    assert on_map == {"14/40", "0/30", "4/10"}
    drawn = figures.drawn_table(plan)
    assert drawn["frame_n"].sum() == table(study)["frame_n"].sum()
    assert drawn["respondents_n"].sum() == table(study)["respondents_n"].sum()
    assert dict(zip(drawn["level"], drawn["drawn"], strict=True)) == {
        "de": "map", "north": "map", "france": "map", "jp": "note", "mc": "note", "britain": "map",
        "small": "share", "large": "share",
    }  # fmt: skip
    assert list(drawn["country"]) == ["DE", "GB", "FR", "", "MC", "GB", "", ""]


def everywhere(countries, others=0):
    """Every country of the map, and others that are not on it."""
    numbers = {country.name: (1 + place % 9, place % 2) for place, country in enumerate(countries)}
    return numbers | {f"Country {place} that no map of Europe would show": (2, 1) for place in range(others)}


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("others", [0, 30])
def test_a_frame_of_all_countries_is_legible(study, countries, fonts, width, others):
    rows = pd.concat([stratum("country", everywhere(countries, others)), stratum("size", {"small": (9, 1)})])
    plan = plan_of(study, rows, countries, fonts)
    figure = figures.respondents_figure(study, plan, countries, fonts, width)
    assert_legible(figure, width)
    shown = words(figure)
    for spot in plan.spots:
        assert spot.has_room or re.search(rf"\b{re.escape(spot.country.name)} {spot.number}\b", shown), spot
    printed = [spot for spot in plan.spots if spot.has_room]
    assert len(plan.spots) == len(countries)
    assert len(printed) > 35
    assert len(figure.axes[1].texts) == len(printed)


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("levels", [1, 12, 150])
def test_strata_of_any_size_are_legible_and_their_rest_is_one_line(small, countries, fonts, width, levels):
    numbers = {f"A district of a long name that ends in {place}": (1 + place, place // 2) for place in range(levels)}
    plan = plan_of(read_study(small), pd.concat([stratum("district", numbers), stratum("size", NUMBERS)]), [], fonts)
    figure = figures.respondents_figure(read_study(small), plan, [], fonts, width)
    assert_legible(figure, width)
    district = plan.shown[0]
    assert sum(level.invited for level in district.levels) == sum(pair[0] for pair in numbers.values())
    assert sum(level.analysed for level in district.levels) == sum(pair[1] for pair in numbers.values())
    drawn = figures.drawn_table(plan)
    assert len(drawn) == levels + len(NUMBERS)
    others = (drawn["drawn"] == "other").sum()
    assert (others > 0) == (levels == 150)
    assert ("ends in …" in words(figure)) == ("…" in "".join(text.get_text()[-1] for text in texts(figure)))
    if others:
        assert f"{others} other levels" in words(figure)


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_the_shares_are_those_of_the_table(study, countries, fonts, width):
    plan = plan_of(study, table(study), countries, fonts)
    figure = figures.respondents_figure(study, plan, countries, fonts, width)
    assert_legible(figure, width)
    shown = words(figure)
    for part in ("20 of the 86 centres in the frame were analysed (23%)", "16/50 (32%)", "4/36 (11%)", "Country"):
        assert part in shown
    assert shown.count("standardised difference 0.34 (p < 0.001)") == 2
    assert {"share of the 86 in the frame", "share of the 20 analysed"} <= {text.get_text() for text in texts(figure)}


def test_dots_lie_where_the_shares_are_and_the_filled_one_is_on_top(study, countries, fonts):
    plan = plan_of(study, table(study), countries, fonts)
    figure = figures.respondents_figure(study, plan, countries, fonts, style.DOUBLE_COLUMN)
    (frame, analysed) = (line for line in figure.axes[0].lines if line.get_marker() == "o")
    assert frame.get_markerfacecolor() == "white"
    assert analysed.get_markerfacecolor() == style.BLUE
    ticks = {text.get_text(): text.get_position()[0] for text in texts(figure) if text.get_text() in ("0%", "80%")}

    def percent(place):
        return 80 * (place - ticks["0%"]) / (ticks["80%"] - ticks["0%"])

    # The first of each is the key's.
    assert [percent(x) for x in frame.get_xdata()[1:]] == pytest.approx([100 * 50 / 86, 100 * 36 / 86])
    assert [percent(x) for x in analysed.get_xdata()[1:]] == pytest.approx([80, 20])


def test_colour_tells_the_class_of_the_share_and_few_centres_have_none(study, countries, fonts):
    numbers = {"de": (8, 1), "france": (8, 2), "britain": (8, 4), "north": (4, 4), "mc": (4, 4), "jp": (1, 0)}
    plan = plan_of(study, table(study, numbers), countries, fonts)
    fills = {spot.country.code: spot.fill for spot in plan.spots}
    lowest, low, high, highest = (fill for _, fill in figures.CLASSES)
    assert fills == {"DE": lowest, "FR": low, "GB": high, "MC": figures.NUMBER_ONLY}
    assert figures.Spot(countries[0], (figures.Level("x", "X", 8, 6, 1, 1),), True).fill == highest


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_numbers_are_legible_on_every_fill_and_the_classes_are_in_order_of_lightness():
    fills = [fill for _, fill in figures.CLASSES]
    for fill in (*fills, figures.NUMBER_ONLY):
        # WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for small text.
        assert (luminance(fill) + 0.05) / (luminance(style.BODY.colour) + 0.05) > 4.5
    steps = [luminance(fill) for fill in fills]
    assert all(lighter / darker > 1.25 for lighter, darker in pairwise(steps))


def test_a_study_without_a_map_shows_all_strata_as_shares(small, countries, fonts):
    study = read_study(small)
    rows = pd.concat([stratum("country", NUMBERS), stratum("size", {"small": (86, 20)})])
    plan = plan_of(study, rows, countries, fonts)
    assert plan.mapped is None
    assert [len(part.levels) for part in plan.shown] == [6, 1]
    figure = figures.respondents_figure(study, plan, countries, fonts, style.DOUBLE_COLUMN)
    assert len(figure.axes) == 1
    assert "Natural Earth" not in words(figure)
    assert "Map" not in figures.respondents_alt(study, plan)


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_a_study_whose_only_stratum_is_the_country_shows_it_both_ways(study, countries, fonts, width):
    plan = plan_of(study, table(study)[lambda rows: rows["stratum"] == "country"], countries, fonts)
    figure = figures.respondents_figure(study, plan, countries, fonts, width)
    assert_legible(figure, width)
    assert len(figure.axes) == 2
    assert "Bundesrepublik" in words(figure)


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_a_frame_of_which_nobody_was_analysed_is_drawn(study, countries, fonts, width):
    rows = table(study, {"de": (5, 0), "jp": (2, 0)}).assign(respondents_n=0, response_percent=0.0)
    rows = rows.assign(respondents_percent=math.nan, stratum_difference=math.nan, p=math.nan)
    plan = plan_of(study, rows, countries, fonts)
    figure = figures.respondents_figure(study, plan, countries, fonts, width)
    assert_legible(figure, width)
    assert "0 of the 7 centres" in words(figure)


def test_simulated_data_is_said_when_and_only_when_it_is_true(study, countries, fonts):
    for simulated in (True, False):
        study.settings["simulated"] = simulated
        plan = plan_of(study, table(study), countries, fonts)
        figure = figures.respondents_figure(study, plan, countries, fonts, style.SINGLE_COLUMN)
        for text in (words(figure), figures.respondents_alt(study, plan)):
            assert ("Simulated data" in text) == simulated


def test_the_description_names_the_largest_countries_and_every_level_of_the_others(study, countries, fonts):
    numbers = NUMBERS | {"jp": (1, 1)}
    alt = figures.respondents_alt(study, plan_of(study, table(study, numbers), countries, fonts))
    assert alt.startswith("Simulated data. Map and dot plot. 20 of the 83 centres in the frame were analysed (24%).")
    assert "Country, standardised difference 0.34 (p < 0.001): Bundesrepublik 14/40 (35%), Frankreich 0/30 (0%)" in alt
    assert "small 16/50 (32%), large 4/36 (11%)." in alt
    assert "\n" not in alt


def test_the_figure_is_one_of_the_study_where_the_frame_has_strata(small):
    assert "respondents" in read_study(small).figure_names
    change(small / "study.yaml", ", strata: [size]", "")
    assert "respondents" not in read_study(small).figure_names
    change(small / "study.yaml", ", file: frame.csv, key: centre_id", ", levels: {size: {small: 7, large: 5}}")
    change(small / "study.yaml", "  - {id: not_in_frame, reason: not invited}\n", "")
    assert "respondents" in read_study(small).figure_names
    change(small / "study.yaml", ", levels: {size: {small: 7, large: 5}}", "")
    assert "respondents" not in read_study(small).figure_names
