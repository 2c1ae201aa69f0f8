import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ROOT

import cut_map
from survey import maps
from survey.errors import BadInput

MAP = ROOT / "resources" / "map" / "europe.geojson"
SQUARE = np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]])
CAPITALS = {
    "AT": (16.37, 48.21), "DE": (13.40, 52.52), "ES": (-3.70, 40.42), "FR": (2.35, 48.86), "IL": (34.80, 31.25),
    "GB": (-0.13, 51.51), "RU": (37.62, 55.76), "TR": (32.86, 39.93), "CZ": (14.42, 50.09), "NO": (10.40, 59.95),
}  # fmt: skip
# Simferopol; Kyrenia and Famagusta; Mariehamn's island.
JOINED = {"UA": [(34.10, 44.95)], "CY": [(33.30, 35.28), (33.6, 35.25)], "FI": [(20.0, 60.25)]}


@pytest.fixture(scope="module")
def countries():
    return maps.read_map(MAP)


@pytest.fixture(scope="module")
def by_code(countries):
    return {country.code: country for country in countries}


def test_projection_gives_the_example_of_its_source():
    # Snyder 1987, page 332: sphere of radius 3, centre 40 N 100 W, point 20 S 100 E.
    found = maps.project(np.array([[100.0, -20.0]]), centre=(-100.0, 40.0), radius=3.0)
    assert found[0] == pytest.approx((-4.2339303, 4.0257775), abs=1e-7)


def test_projection_is_near_that_of_the_european_grid():
    # EPSG:3035 on the ellipsoid, example of IOGP Guidance Note 7-2: 50 N 5 E is 3962799.45 E, 2999718.85 N.
    (x, y), centre = maps.project(np.array([[5.0, 50.0], maps.CENTRE]))
    assert (x + 4321, y + 3210) == pytest.approx((3962.79945, 2999.71885), abs=1.5)
    assert centre == pytest.approx((0, 0))


@given(st.floats(-40, 70), st.floats(20, 80))
def test_projection_keeps_areas_and_can_be_undone(east, north):
    step = 0.1
    cell = np.array([[east, north], [east + step, north], [east + step, north + step], [east, north + step]])
    height = math.sin(math.radians(north + step)) - math.sin(math.radians(north))
    assert maps.area(maps.project(cell)) == pytest.approx(maps.RADIUS**2 * math.radians(step) * height, rel=1e-3)
    np.testing.assert_allclose(maps.unproject(maps.project(cell)), cell, atol=1e-6)


def test_capitals_lie_in_their_countries_and_nowhere_else(countries):
    for code, place in CAPITALS.items():
        point = maps.project(np.array([place]))
        assert [country.code for country in countries if maps.inside(point, country.rings)[0]] == [code]


def test_parts_that_the_source_shows_apart_are_drawn_with_their_country(by_code):
    for code, places in JOINED.items():
        assert maps.inside(maps.project(np.array(places)), by_code[code].rings).all(), code
    # and no border runs between them: the isthmus of Perekop is inside.
    assert maps.inside(maps.project(np.array([[33.66, 46.12]])), by_code["UA"].rings).all()


def test_every_number_has_its_place_inside_its_country_and_inside_the_map(countries):
    left, bottom, right, top = maps.EXTENT
    for country in countries:
        x, y = country.at
        assert left <= x <= right
        assert bottom <= y <= top
        if maps.area(country.rings[0]) > 100:  # two decimals of a degree are too coarse for Monaco
            assert maps.inside(np.array([country.at]), country.rings)[0], country.name


def test_no_spelling_means_two_countries(countries):
    spellings = [spelling.casefold() for country in countries for spelling in country.spellings if spelling]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(
    ("spellings", "code"),
    [
        (["Germany"], "DE"),
        (["unknown", "united_kingdom"], "GB"),
        (["TÜRKİYE".casefold(), "TUR"], "TR"),
        (["turkey"], "TR"),
        (["czech  republic"], "CZ"),
        (["Deutschland", "DE"], "DE"),
        (["el"], "GR"),
        (["276"], "DE"),
        (["XKX"], "XK"),
        (["Japan", "JP", ""], None),
        ([""], None),
    ],
)
def test_a_country_is_found_by_name_or_code(countries, spellings, code):
    found = maps.find_country(spellings, maps.by_spelling(countries))
    assert (found.code if found else None) == code


def test_the_map_is_small_and_its_licence_lies_beside_it():
    assert MAP.stat().st_size < 250_000
    licence = (MAP.parent / "README.md").read_text(encoding="utf-8")
    assert "Natural Earth" in licence
    assert cut_map.SHA256 in (cut_map.__doc__ or "")


@pytest.mark.parametrize("text", ["", "{}", '{"features": [{"properties": {}}]}', '{"features": [1]}'])
def test_a_file_that_is_no_map_is_named(tmp_path, text):
    (tmp_path / "map.geojson").write_text(text)
    with pytest.raises(BadInput, match=r"map\.geojson: not a map of countries"):
        maps.read_map(tmp_path / "map.geojson")


def test_a_point_in_a_hole_is_outside():
    hole = SQUARE / 2 + 0.5
    points = np.array([[0.25, 0.25], [1.0, 1.0], [3.0, 1.0]])
    assert maps.inside(points, [SQUARE, hole]).tolist() == [True, False, False]


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_what_is_cut_out_of_a_square_has_the_area_that_both_share(x, y):
    box = (x, y, x + 1.5, y + 1.5)
    across = max(0.0, min(2, x + 1.5) - max(0, x))
    down = max(0.0, min(2, y + 1.5) - max(0, y))
    ring = maps.clip(SQUARE, box)
    assert (maps.area(ring) if len(ring) else 0) == pytest.approx(across * down, abs=1e-9)


def test_the_view_holds_its_countries_and_keeps_its_proportions(by_code):
    for codes in (["PT"], ["IS", "TR"], ["NO", "IT"], ["RU"], []):
        chosen = [by_code[code] for code in codes]
        left, bottom, right, top = maps.view(chosen, 0.78, 1.8)
        assert 0.77 < (right - left) / (top - bottom) < 1.81
        assert left >= maps.EXTENT[0]
        assert bottom >= maps.EXTENT[1]
        assert right <= maps.EXTENT[2]
        assert top <= maps.EXTENT[3]
        for country in chosen:
            assert left <= country.at[0] <= right
            assert bottom <= country.at[1] <= top
    portugal = maps.view([by_code["PT"]], 0.78, 1.8)
    assert portugal[3] - portugal[1] < 800


# Two squares side by side: the arc between them, from (1, 0) to (1, 1), is shared.
WORLD = {
    "transform": {"scale": [1.0, 1.0], "translate": [10.0, 50.0]},
    "arcs": [[[1, 0], [0, 1]], [[1, 1], [-1, 0], [0, -1], [1, 0]], [[1, 0], [1, 0], [0, 1], [-1, 0]]],
}


def test_arcs_are_steps_on_a_grid_and_shared_arcs_vanish_where_parts_are_joined():
    arcs = cut_map.decoded(WORLD)
    assert arcs[1].tolist() == [[11, 51], [10, 51], [10, 50], [11, 50]]
    rings = [
        cut_map.outer_rings({"type": "Polygon", "arcs": [[0, 1]]})[0],
        cut_map.outer_rings({"type": "MultiPolygon", "arcs": [[[2, ~0]]]})[0],
    ]
    (ring,) = cut_map.merged(rings, arcs)
    assert sorted(ring) == [1, 2]
    points = np.vstack([arcs[arc][:-1] for arc in ring])
    assert maps.area(points) == pytest.approx(2)


def test_simplified_lines_stay_within_the_tolerance():
    steps = np.linspace(0, 3, 200)
    line = np.column_stack((10 + steps, 50 + 0.1 * np.sin(5 * steps)))
    fewer = cut_map.simplified(line)
    assert len(fewer) < 60
    places, kept = maps.project(line), maps.project(fewer)
    assert cut_map.distances(places, kept[:-1], kept[1:]).min(axis=1).max() <= cut_map.TOLERANCE
    assert cut_map.simplified(line[:12]).tolist() == line[:12].tolist()


def test_another_source_is_refused(tmp_path):
    (tmp_path / "countries-50m.json").write_text(json.dumps(WORLD))
    with pytest.raises(BadInput, match=r"its SHA-256 is .* take countries-50m\.json of world-atlas 2\.0\.2"):
        cut_map.main([str(tmp_path / "countries-50m.json"), "--out", str(tmp_path / "map.geojson")])
    assert not (tmp_path / "map.geojson").exists()
