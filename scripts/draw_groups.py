"""Draw how often the most frequent answers are given, by group.

python scripts/draw_groups.py --study DIR --stats RESULTS/stats --fonts DIR --out STEM
"""

from pathlib import Path

from survey.errors import run
from survey.figures_groups import TITLE, drawn_table, group_rows, groups_alt, groups_figure
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_domains, read_table


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--stats", type=Path, required=True, help="folder with agreement and one folder per domain")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    agreement = read_table(args.stats / "agreement.parquet", need=("item", "top_option", "entropy"))
    rows = group_rows(study, agreement, read_domains(args.stats, study.domain_ids, "groups"))
    save(
        lambda width: groups_figure(study, rows, fonts, width),
        args.out,
        TITLE,
        groups_alt(study, rows),
        drawn_table(rows),
    )
    print(f"groups: {len(rows)} items by {len(study.groups)} grouping variables")


if __name__ == "__main__":
    run(main)
