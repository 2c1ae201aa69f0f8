"""Draw how often each interval holds the truth.

python scripts/draw_coverage.py --study DIR --coverage COVERAGE.parquet --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import run
from survey.figures_coverage import TITLE, coverage_alt, coverage_figure, coverage_lines, drawn_table
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_rows


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--coverage", type=Path, required=True, help="one row per method and size")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    lines = coverage_lines(study, read_rows(args.coverage))
    save(
        lambda width: coverage_figure(study, lines, fonts, width),
        args.out,
        TITLE,
        coverage_alt(study, lines),
        drawn_table(lines),
    )
    print(f"coverage: {len(lines)} points")


if __name__ == "__main__":
    run(main)
