"""Draw one of the figures of study.yaml from its shares.

python scripts/draw_shares.py --study DIR --figure ID --shares SHARES.parquet --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import BadInput, nearest, run
from survey.figures_curves import curves_alt, curves_figure
from survey.figures_paired import paired_alt, paired_figure
from survey.figures_steps import steps_alt, steps_figure
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_table

KINDS = {
    "steps": (steps_figure, steps_alt),
    "curves": (curves_figure, curves_alt),
    "paired": (paired_figure, paired_alt),
}
NEEDED = ["figure", "panel", "row", "column", "n", "n_valid", "n_asked", "n_not_asked", "percent", "ci_low", "ci_high"]


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--figure", required=True, help="id of the figure in study.yaml")
    parser.add_argument("--shares", type=Path, required=True, help="one row per cell or point")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    figures = {figure["id"]: figure for figure in study.figures}
    if args.figure not in figures:
        raise BadInput(f"{args.study / 'study.yaml'}: no figure {args.figure!r}{nearest(args.figure, figures)}")
    figure, fonts = figures[args.figure], load_fonts(args.fonts)
    shares = read_table(args.shares, need=NEEDED)
    drawn = shares[shares["figure"] == args.figure]
    rows = drawn.to_dict("records")
    picture, alt = KINDS[figure["kind"]]
    save(
        lambda width: picture(study, figure, rows, fonts, width),
        args.out,
        figure["title"],
        alt(study, figure, rows),
        drawn,
    )
    print(f"{args.figure}: {len(rows)} shares drawn")


if __name__ == "__main__":
    run(main)
