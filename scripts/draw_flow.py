"""Draw the flow of records from those invited to those analysed.

python scripts/draw_flow.py --study DIR --flow flow.csv --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import run
from survey.figures_flow import drawn_table, flow_alt, flow_figure, flow_steps
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_table


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--flow", type=Path, required=True, help="records left after each step, in order")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    steps = flow_steps(read_table(args.flow, need=("step", "label", "n", "excluded", "reason")))
    save(
        lambda width: flow_figure(study, steps, fonts, width),
        args.out,
        "Flow of records",
        flow_alt(study, steps),
        drawn_table(steps),
    )
    print(f"flow: {len(steps)} steps")


if __name__ == "__main__":
    run(main)
