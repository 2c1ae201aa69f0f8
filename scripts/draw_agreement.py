"""Draw how much respondents agree on each item, most alike first.

python scripts/draw_agreement.py --study DIR --agreement AGREEMENT.parquet --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import run
from survey.figures_agreement import TITLE, agreement_alt, agreement_figure, agreement_lines, drawn_table, page_room
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_table

NEEDED = ["domain", "item", "top_option", "top_percent", "entropy", "entropy_ci_low", "entropy_ci_high", "consensus"]


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--agreement", type=Path, required=True, help="one row per item of all domains")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    lines = agreement_lines(study, read_table(args.agreement, need=NEEDED))
    room = page_room(study, lines, fonts)
    save(
        lambda width: agreement_figure(study, lines, room, fonts, width),
        args.out,
        TITLE,
        agreement_alt(study, lines),
        drawn_table(lines, room),
    )
    print(f"agreement: {len(lines)} items")


if __name__ == "__main__":
    run(main)
