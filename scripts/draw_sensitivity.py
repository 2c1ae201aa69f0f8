"""Draw in which universes each conclusion holds, and the choices that make them.

python scripts/draw_sensitivity.py --study DIR --universes SENSITIVITY.parquet --summary SUMMARY.parquet
    --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import run
from survey.figures_sensitivity import TITLE, curve, drawn_table, sensitivity_alt, sensitivity_figure
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_rows


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--universes", type=Path, required=True, help="one row per universe and conclusion")
    parser.add_argument("--summary", type=Path, required=True, help="one row per conclusion")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    found = curve(study, read_rows(args.universes), read_rows(args.summary))
    save(
        lambda width: sensitivity_figure(study, found, fonts, width),
        args.out,
        TITLE,
        sensitivity_alt(study, found),
        drawn_table(found),
    )
    print(f"sensitivity: {len(found.conclusions)} conclusions in {len(found.numbers)} universes")


if __name__ == "__main__":
    run(main)
