"""A map of countries: the projection, the outlines, and which of them is meant by a level of a stratum."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from survey.errors import BadInput

if TYPE_CHECKING:
    import numpy as np

CENTRE = (10.0, 52.0)  # longitude and latitude in degrees, those of EPSG:3035, the European grid
RADIUS = 6371.0072  # km: the sphere that has the area of the GRS 80 ellipsoid
EXTENT = (-2000.0, -2350.0, 3330.0, 2300.0)  # left, bottom, right, top in km: what can be shown


@dataclass(frozen=True)
class Country:
    """A country on the map.

    spellings: its names and ISO 3166 codes; rings: outlines of its parts, each of shape (points, 2), in km east and
    north of CENTRE; at: where a number is best printed.
    """

    code: str
    name: str
    spellings: tuple[str, ...]
    rings: tuple["np.ndarray", ...]
    at: tuple[float, float]


def project(degrees: "np.ndarray", centre: tuple[float, float] = CENTRE, radius: float = RADIUS) -> "np.ndarray":
    """Lambert's azimuthal equal-area projection of a sphere: how far east and north of the centre, in the radius' unit.

    degrees: longitude and latitude, shape (points, 2); the point opposite the centre has no image.
    Source: Snyder JP, Map projections: a working manual, US Geological Survey Professional Paper 1395, 1987,
    equations 22-4, 22-5 and 24-2.
    """
    import numpy as np

    east, north = np.radians(degrees).T
    middle, parallel = np.radians(centre)
    east = east - middle
    cosine = np.sin(parallel) * np.sin(north) + np.cos(parallel) * np.cos(north) * np.cos(east)
    scale = radius * np.sqrt(2 / (1 + cosine))
    x = scale * np.cos(north) * np.sin(east)
    y = scale * (np.cos(parallel) * np.sin(north) - np.sin(parallel) * np.cos(north) * np.cos(east))
    return np.column_stack((x, y))


def unproject(places: "np.ndarray", centre: tuple[float, float] = CENTRE, radius: float = RADIUS) -> "np.ndarray":
    """Longitude and latitude in degrees, shape (points, 2), of what `project` puts at these places.

    Source: Snyder 1987 (see project), equations 20-14, 20-15, 20-18 and 24-16.
    """
    import numpy as np

    x, y = places.T
    middle, parallel = np.radians(centre)
    distance = np.hypot(x, y)
    angle = 2 * np.arcsin(distance / (2 * radius))
    share = np.divide(np.sin(angle), distance, out=np.full(len(places), 1 / radius), where=distance > 0)
    north = np.arcsin(np.cos(angle) * np.sin(parallel) + y * share * np.cos(parallel))
    east = middle + np.arctan2(x * share, np.cos(parallel) * np.cos(angle) - y * share * np.sin(parallel))
    return np.degrees(np.column_stack((east, north)))


def read_map(path: Path) -> list[Country]:
    """The countries of a GeoJSON file that scripts/cut_map.py wrote, projected, largest first.

    Raises BadInput for a file that is absent or not such a map.
    """
    import numpy as np

    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        return [
            Country(
                about["iso_a2"],
                about["name"],
                (about["name"], *about["other_names"], about["iso_a2"], about["iso_a3"], about["iso_n3"]),
                tuple(project(np.array(part[0])) for part in feature["geometry"]["coordinates"]),
                tuple(project(np.array([about["number_at"]]))[0]),
            )
            for feature in features
            for about in [feature["properties"]]
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise BadInput(
            f"{path}: not a map of countries ({type(error).__name__}: {error}); "
            "restore it, or make it again with scripts/cut_map.py"
        ) from None


def by_spelling(countries: Iterable[Country]) -> dict[str, Country]:
    """Every name and code of every country, casefolded, to the country."""
    return {spelling.casefold(): country for country in countries for spelling in country.spellings if spelling}


def find_country(spellings: Iterable[str], known: Mapping[str, Country]) -> Country | None:
    """The country that the first of the spellings means that means any; `_` stands for a blank.

    known: as by_spelling gives them. None where no spelling is that of a country on the map.
    """
    texts = (" ".join(spelling.replace("_", " ").split()).casefold() for spelling in spellings)
    return next((known[text] for text in texts if text in known), None)


def inside(points: "np.ndarray", rings: Iterable["np.ndarray"]) -> "np.ndarray":
    """Which points, shape (points, 2), lie within the rings: a ray from them crosses an odd number of edges."""
    import numpy as np

    x, y = points[:, 0, None], points[:, 1, None]
    within = np.zeros(len(points), dtype=bool)
    for ring in rings:
        (x1, y1), (x2, y2) = ring.T, np.roll(ring, -1, axis=0).T
        crosses = (y1 > y) != (y2 > y)
        rise = np.where(y2 == y1, 1.0, y2 - y1)
        within ^= (crosses & (x < x1 + (y - y1) * (x2 - x1) / rise)).sum(axis=1) % 2 == 1
    return within


def clip(ring: "np.ndarray", box: tuple[float, float, float, float]) -> "np.ndarray":
    """The part of a ring within a box (left, bottom, right, top); of no points where all of it is outside.

    Source: Sutherland IE, Hodgman GW, Reentrant polygon clipping, Commun ACM 1974;17:32-42.
    """
    import numpy as np

    points = list(map(tuple, ring))
    for axis, limit, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        kept = []
        for here, after in zip(points, points[1:] + points[:1], strict=True):
            depth, next_depth = sign * (here[axis] - limit), sign * (after[axis] - limit)
            if depth >= 0:
                kept.append(here)
            if (depth >= 0) != (next_depth >= 0):
                share = depth / (depth - next_depth)
                kept.append(tuple(a + share * (b - a) for a, b in zip(here, after, strict=True)))
        points = kept
    return np.array(points).reshape(-1, 2)


def area(ring: "np.ndarray") -> float:
    """Area within a ring, in the square of its unit, whichever way round it runs."""
    import numpy as np

    x, y = ring.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def view(
    countries: Sequence[Country], slimmest: float, widest: float, border: float = 0.03
) -> tuple[float, float, float, float]:
    """The box that shows these countries: left, bottom, right, top in km, none of it outside EXTENT.

    slimmest, widest: limits of its width by its height; border: of its longer side, left free around them.
    All of EXTENT where there are no countries.
    """
    import numpy as np

    if not countries:
        return EXTENT
    points = np.vstack([ring for country in countries for ring in country.rings])
    least, most = np.maximum(points.min(axis=0), EXTENT[:2]), np.minimum(points.max(axis=0), EXTENT[2:])
    size = (most - least) + 2 * border * (most - least).max()
    size = np.maximum(size, (slimmest * size[1], size[0] / widest))
    size = np.minimum(size, np.subtract(EXTENT[2:], EXTENT[:2]))
    low = np.clip((least + most - size) / 2, EXTENT[:2], np.array(EXTENT[2:]) - size)
    return (*map(float, low), *map(float, low + size))
