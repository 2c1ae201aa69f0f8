"""Draw how much respondents agree on each item, most alike first.

python scripts/draw_agreement.py --study DIR --agreement AGREEMENT.parquet --fonts DIR --out STEM
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run
from survey.figures_agreement import agreement_alt, agreement_figure, agreement_lines, drawn_table
from survey.study import read_study
from survey.style import Fonts, save
from survey.tables import read_table

NEEDED = ["domain", "item", "top_option", "top_percent", "entropy", "entropy_ci_low", "entropy_ci_high", "consensus"]


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--agreement", type=Path, required=True, help="one row per item of all domains")
    parser.add_argument("--fonts", type=Path, required=True, help="folder with the font files")
    parser.add_argument(
        "--out", type=Path, required=True, help="path without suffix; writes .svg .pdf .png .csv .alt.txt"
    )
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = Fonts(args.fonts)
    fonts.register()
    lines = agreement_lines(study, read_table(args.agreement, need=NEEDED))
    figure, room = agreement_figure(study, lines, fonts)
    alt = agreement_alt(study, lines)
    save(figure, args.out, "Agreement between respondents, by question", alt, drawn_table(lines, room))
    print(f"agreement: {len(lines)} items")


if __name__ == "__main__":
    run(main)
