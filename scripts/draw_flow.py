"""Draw the flow of records from those invited to those analysed.

python scripts/draw_flow.py --study DIR --flow flow.csv --fonts DIR --out STEM
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.figures_flow import drawn_table, flow_alt, flow_figure, flow_steps
from survey.study import read_study
from survey.style import Fonts, save
from survey.tables import read_table


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--flow", type=Path, required=True, help="records left after each step, in order")
    parser.add_argument("--fonts", type=Path, required=True, help="folder with the font files")
    parser.add_argument(
        "--out", type=Path, required=True, help="path without suffix; writes .svg .pdf .png .csv .alt.txt"
    )
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = Fonts(args.fonts)
    fonts.register()
    steps = flow_steps(read_table(args.flow, need=("step", "label", "n", "excluded", "reason")))
    save(flow_figure(study, steps, fonts), args.out, "Flow of records", flow_alt(study, steps), drawn_table(steps))
    print(f"flow: {len(steps)} steps")


if __name__ == "__main__":
    run(main)
