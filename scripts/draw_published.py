"""Draw published surveys beside our estimates.

python scripts/draw_published.py --study DIR --comparators comparators.parquet --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import run
from survey.figures_published import (
    TITLE,
    drawn_table,
    page_room,
    published_alt,
    published_answers,
    published_figure,
)
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_table

NEEDED = ["figure", "percent", "study", "citation", "published_percent", "published_ci_low", "denominator_printed"]


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--comparators", type=Path, required=True, help="one row per published figure beside ours")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    answers = published_answers(study, read_table(args.comparators, need=NEEDED))
    room = page_room(study, answers, fonts)
    save(
        lambda width: published_figure(study, answers, room, fonts, width),
        args.out,
        TITLE,
        published_alt(study, answers, room),
        drawn_table(answers, room),
    )
    print(f"published: {sum(len(answer.published) for answer in answers)} figures beside {len(answers)} of ours")


if __name__ == "__main__":
    run(main)
