"""Draw the differences between groups that survive correction.

python scripts/draw_differences.py --study DIR --stats RESULTS/stats --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import run
from survey.figures_differences import (
    TITLE,
    differences,
    differences_alt,
    differences_figure,
    drawn_table,
    page_room,
)
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_domains, read_table

NEEDED = ["item", "group", "test", "p", "p_adjusted", "effect", "effect_name", "differs"]


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--stats", type=Path, required=True, help="folder with comparisons and one folder per domain")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    comparisons = read_table(args.stats / "comparisons.parquet", need=NEEDED)
    tests = int(comparisons["p"].notna().sum())
    found = differences(study, comparisons, read_domains(args.stats, study.domain_ids, "groups"))
    room = page_room(study, found, tests, fonts)
    save(
        lambda width: differences_figure(study, found, tests, room, fonts, width),
        args.out,
        TITLE,
        differences_alt(study, found, tests, room),
        drawn_table(study, found, room),
    )
    print(f"differences: {len(found)} of {tests} tests, {room} drawn")


if __name__ == "__main__":
    run(main)
