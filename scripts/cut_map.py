"""Cut the map of Europe and its neighbours out of a map of the world.

python scripts/cut_map.py countries-50m.json --out resources/map/europe.geojson

The source is the package world-atlas 2.0.2 (https://registry.npmjs.org/world-atlas/-/world-atlas-2.0.2.tgz, SHA-256
032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97), unpacked: package/countries-50m.json, SHA-256
04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394. It holds Natural Earth's countries at 1:50 million
(https://www.naturalearthdata.com, public domain) as TopoJSON (https://github.com/topojson/topojson-specification).
Outlines are simplified to 2 km, islands below 25 km2 are left out, and so are parts overseas: the Atlantic islands
of Spain and Portugal, Svalbard, French departments.
"""

import hashlib
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from survey.errors import BadInput, run
from survey.files import read_text, write_text
from survey.maps import EXTENT, area, clip, inside, project, unproject

if TYPE_CHECKING:
    import numpy as np

SHA256 = "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394"
BEYOND = 60  # km outside EXTENT, so that no cut edge is seen
TOLERANCE = 2.0  # km
SHORT = 12  # arcs of so few points are not simplified: the outlines of small islands and states
ISLAND = 25.0  # km2
DECIMALS = 2  # of a degree: 1 km
WIDE = 2.0  # a number such as 14/40 is that much wider than it is tall

# ISO 3166-1: numeric, alpha-2 and alpha-3 code, English short name, other names (the code EL for Greece and UK for the
# United Kingdom are the European Union's). Kosovo has a code that ISO leaves to users. Countries come by name.
COUNTRIES = """
008 AL ALB Albania
012 DZ DZA Algeria
020 AD AND Andorra
051 AM ARM Armenia
040 AT AUT Austria
031 AZ AZE Azerbaijan
112 BY BLR Belarus
056 BE BEL Belgium
070 BA BIH Bosnia and Herzegovina|Bosnia-Herzegovina|Bosnia
100 BG BGR Bulgaria
191 HR HRV Croatia
196 CY CYP Cyprus
203 CZ CZE Czechia|Czech Republic
208 DK DNK Denmark
818 EG EGY Egypt
233 EE EST Estonia
234 FO FRO Faroe Islands
246 FI FIN Finland
250 FR FRA France
268 GE GEO Georgia
276 DE DEU Germany
300 GR GRC Greece|Hellas|EL
304 GL GRL Greenland
831 GG GGY Guernsey
348 HU HUN Hungary
352 IS ISL Iceland
364 IR IRN Iran|Iran (Islamic Republic of)|Iran, Islamic Republic of|Islamic Republic of Iran
368 IQ IRQ Iraq
372 IE IRL Ireland|Republic of Ireland
833 IM IMN Isle of Man
376 IL ISR Israel
380 IT ITA Italy
832 JE JEY Jersey
400 JO JOR Jordan
398 KZ KAZ Kazakhstan
--- XK XKX Kosovo
428 LV LVA Latvia
422 LB LBN Lebanon
434 LY LBY Libya
438 LI LIE Liechtenstein
440 LT LTU Lithuania
442 LU LUX Luxembourg
470 MT MLT Malta
498 MD MDA Moldova|Republic of Moldova|Moldova (Republic of)|Moldova, Republic of
492 MC MCO Monaco
499 ME MNE Montenegro
504 MA MAR Morocco
528 NL NLD Netherlands|The Netherlands|Holland
807 MK MKD North Macedonia|Macedonia|Republic of North Macedonia
578 NO NOR Norway
275 PS PSE Palestine|State of Palestine|Palestine, State of
616 PL POL Poland
620 PT PRT Portugal
642 RO ROU Romania
643 RU RUS Russia|Russian Federation
674 SM SMR San Marino
682 SA SAU Saudi Arabia
688 RS SRB Serbia
703 SK SVK Slovakia|Slovak Republic
705 SI SVN Slovenia
724 ES ESP Spain
752 SE SWE Sweden
756 CH CHE Switzerland
760 SY SYR Syria|Syrian Arab Republic
788 TN TUN Tunisia
792 TR TUR Türkiye|Turkey|Turkiye
804 UA UKR Ukraine
826 GB GBR United Kingdom|The United Kingdom|United Kingdom of Great Britain and Northern Ireland|Great Britain|UK
336 VA VAT Holy See|Vatican City
"""
# Parts that Natural Earth, which draws who is in control, shows apart, and the country they are drawn with here:
# Crimea (UN General Assembly resolution 68/262), northern Cyprus (Security Council resolutions 541 and 550), and the
# Åland Islands, which are Finland's. By ISO number, or by name where the source has no number.
JOINED = {"N. Cyprus": "196", "248": "246"}
CRIMEA = (32.0, 44.0, 37.0, 46.5)  # west, south, east, north
# Azores, Madeira and Canary Islands; Jan Mayen; Svalbard.
OVERSEAS = ((-32.0, 27.0, -12.0, 40.0), (-10.0, 70.0, -7.0, 72.0), (10.0, 74.0, 35.0, 82.0))


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("world", type=Path, help="countries-50m.json of the package world-atlas 2.0.2")
    parser.add_argument("--out", type=Path, required=True, help="the map, GeoJSON")
    args = parser.parse_args(argv)
    text = read_text(args.world)
    found = hashlib.sha256(text.encode()).hexdigest()
    if found != SHA256:
        raise BadInput(
            f"{args.world}: its SHA-256 is {found}, not {SHA256}; take countries-50m.json of world-atlas 2.0.2"
        )
    features = cut(json.loads(text))
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', args.out)
    print(f"{len(features)} countries, {args.out.stat().st_size / 1000:.0f} kB")


def cut(world: dict[str, Any]) -> list[dict[str, Any]]:
    """The countries as GeoJSON features, largest first, so that small ones inside others are drawn last."""
    arcs = decoded(world)
    shapes = world["objects"]["countries"]["geometries"]
    outlines = {shape.get("id", shape["properties"]["name"]): outer_rings(shape) for shape in shapes}
    crimea = [ring for ring in outlines["643"] if _is_within(_points(ring, arcs), CRIMEA)]
    outlines["643"] = [ring for ring in outlines["643"] if ring not in crimea]
    outlines["804"] = merged(outlines["804"] + crimea, arcs)
    for part, whole in JOINED.items():
        outlines[whole] = merged(outlines[whole] + outlines[part], arcs)
    countries = []
    for line in COUNTRIES.strip().splitlines():
        numeric, two, three, spelled = line.split(maxsplit=3)
        name, *others = spelled.split("|")
        rings = _shown([_points(ring, arcs) for ring in outlines["Kosovo" if numeric == "---" else numeric]])
        about = {"name": name, "other_names": others, "iso_a2": two, "iso_a3": three, "iso_n3": numeric.strip("-")}
        countries.append((rings, about))
    countries.sort(key=lambda country: -sum(map(area, country[0])))
    return [_feature(rings, about) for rings, about in countries]


def decoded(world: dict[str, Any]) -> list["np.ndarray"]:
    """The arcs of a TopoJSON file in degrees, simplified.

    An arc is stored as its first point and the steps from each to the next, in the whole numbers of a grid.
    """
    import numpy as np

    scale, origin = world["transform"]["scale"], world["transform"]["translate"]
    return [simplified(np.cumsum(arc, axis=0) * scale + origin) for arc in world["arcs"]]


def simplified(points: "np.ndarray") -> "np.ndarray":
    """The points of a line, in degrees, without those that lie within TOLERANCE of the line through the others.

    Source: Douglas DH, Peucker TK, Cartographica 1973;10:112-122.
    """
    import numpy as np

    if len(points) <= SHORT:
        return points
    places, keep, pending = project(points), {0, len(points) - 1}, [(0, len(points) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        between = places[first + 1 : last]
        apart = distances(between, places[first : first + 1], places[last : last + 1])[:, 0]
        if apart.max() > TOLERANCE:
            middle = first + 1 + int(apart.argmax())
            keep.add(middle)
            pending += [(first, middle), (middle, last)]
    return points[np.array(sorted(keep))]


def distances(points: "np.ndarray", starts: "np.ndarray", ends: "np.ndarray") -> "np.ndarray":
    """Distance of each point to each straight piece from start to end, shape (points, pieces)."""
    import numpy as np

    along = ends - starts
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    apart = points[:, None, :] - starts[None]
    share = np.clip((apart * along).sum(axis=2) / length, 0, 1)
    return np.hypot(*np.moveaxis(apart - share[..., None] * along, 2, 0))


def outer_rings(shape: dict[str, Any]) -> list[list[int]]:
    """The outlines of a country's parts, each a list of arcs; a number below 0, ~i, is arc i backwards.

    Holes are left out: what lies in them is a country of its own.
    """
    parts = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    return [part[0] for part in parts]


def merged(rings: Sequence[Sequence[int]], arcs: Sequence["np.ndarray"]) -> list[list[int]]:
    """The outlines of parts put together: the arcs that two parts share are gone, the others are joined anew."""
    used = [arc for ring in rings for arc in ring]
    left = [arc for arc in used if ~arc not in used]
    starts = {tuple(_points([arc], arcs)[0]): arc for arc in left}
    joined = []
    while starts:
        ring = [starts.pop(next(iter(starts)))]
        while (end := tuple(_points(ring[-1:], arcs)[-1])) in starts:
            ring.append(starts.pop(end))
        joined.append(ring)
    return joined


def _points(ring: Iterable[int], arcs: Sequence["np.ndarray"]) -> "np.ndarray":
    """The points of a ring of arcs, in degrees, the last the same as the first."""
    import numpy as np

    lines = [arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring]
    return np.vstack([lines[0], *(line[1:] for line in lines[1:])])


def _is_within(points: "np.ndarray", box: tuple[float, float, float, float]) -> bool:
    return bool((points >= box[:2]).all() and (points <= box[2:]).all())


def _shown(parts: Iterable["np.ndarray"]) -> list["np.ndarray"]:
    """What EXTENT shows of a country's parts, in km, the largest first, without small islands beside it."""
    left, bottom, right, top = EXTENT
    box = (left - BEYOND, bottom - BEYOND, right + BEYOND, top + BEYOND)
    rings = [
        clip(project(points[:-1]), box) for points in parts if not any(_is_within(points, far) for far in OVERSEAS)
    ]
    rings = sorted((ring for ring in rings if len(ring) > 2), key=area, reverse=True)
    return rings[:1] + [ring for ring in rings[1:] if area(ring) >= ISLAND]


def _feature(rings: Sequence["np.ndarray"], about: dict[str, Any]) -> dict[str, Any]:
    parts = [[_degrees([*ring, ring[0]])] for ring in rings]
    about = about | {"number_at": _degrees([place_of_number(rings[0])])[0]}
    return {"type": "Feature", "properties": about, "geometry": {"type": "MultiPolygon", "coordinates": parts}}


def _degrees(places: Sequence[Sequence[float]]) -> list[list[float]]:
    import numpy as np

    rounded = (unproject(np.array(places)).round(DECIMALS) + 0).tolist()
    return [point for place, point in enumerate(rounded) if place == 0 or point != rounded[place - 1]]


def place_of_number(ring: "np.ndarray") -> tuple[float, float]:
    """The point, in km, that is farthest from the outline of what EXTENT shows of a part, where a number has most room.

    As a number is wide, distances to the east and west count less. Searched on ever finer grids.
    """
    import numpy as np

    shape = clip(ring, EXTENT) / (WIDE, 1)
    low, high = shape.min(axis=0), shape.max(axis=0)
    best = (low + high) / 2
    for _ in range(6):
        grid = np.stack(np.meshgrid(*np.linspace(low, high, 25).T), axis=-1).reshape(-1, 2)
        room = distances(grid, shape, np.roll(shape, -1, axis=0)).min(axis=1) * inside(grid, [shape])
        best, size = grid[int(room.argmax())], (high - low) / 8
        low, high = best - size, best + size
    return tuple(best * (WIDE, 1))


if __name__ == "__main__":
    run(main)
