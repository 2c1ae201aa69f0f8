"""Draw who answered against the sampling frame: by country on a map, and the shares at every level of the strata.

python scripts/draw_respondents.py --study DIR --representativeness RESULTS/stats/representativeness.parquet \
    --map resources/map/europe.geojson --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import BadInput, run
from survey.figures_respondents import (
    COLUMNS,
    TITLE,
    drawn_table,
    plan_of,
    respondents_alt,
    respondents_figure,
    strata_of,
)
from survey.maps import read_map
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_table


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--representativeness", type=Path, required=True, help="both per stratum and level")
    parser.add_argument("--map", type=Path, required=True, help="outlines of countries, GeoJSON")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    table = read_table(args.representativeness, need=COLUMNS)
    if table.empty:
        raise BadInput(
            f"{args.representativeness}: no rows; without frame.strata in study.yaml there is no such figure"
        )
    countries = read_map(args.map)
    plan = plan_of(study, strata_of(study, table), countries, fonts)
    save(
        lambda width: respondents_figure(study, plan, countries, fonts, width),
        args.out,
        TITLE,
        respondents_alt(study, plan),
        drawn_table(plan),
    )
    print(f"respondents: {len(plan.whole)} strata, {len(plan.spots)} countries on the map")


if __name__ == "__main__":
    run(main)
