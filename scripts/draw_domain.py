"""Draw the answers of one domain.

python scripts/draw_domain.py --study DIR --domain ID --frequencies F.parquet --numeric N.parquet
    --appendix DOMAIN.appendix.csv --fonts DIR --out STEM
"""

from pathlib import Path

from survey.answers import KINDS
from survey.errors import run
from survey.figures_domain import domain_alt, domain_blocks, domain_figure, domain_title, drawn_table, page_plan
from survey.study import read_study
from survey.style import figure_parser, load_fonts, save
from survey.tables import read_table

COUNTS = ["domain", "item", "option", "option_label", "n", "n_valid", "n_asked", "n_missing", "n_not_asked"]
FREQUENCY = [*COUNTS, "percent", "ci_low", "ci_high"]
SPREAD = ["mean", "median", "q1", "q3", "min", "max", "median_ci_low", "median_ci_high"]
NUMERIC = ["domain", "item", "unit", "n", "n_missing", *SPREAD]


def main(argv: list[str] | None = None) -> None:
    parser = figure_parser(__doc__.splitlines()[0])
    parser.add_argument("--domain", required=True, help="id of the domain in study.yaml")
    parser.add_argument("--frequencies", type=Path, required=True, help="one row per item and option")
    parser.add_argument("--numeric", type=Path, required=True, help="one row per numeric item")
    parser.add_argument("--appendix", type=Path, required=True, help="the kinds of missing of every variable")
    args = parser.parse_args(argv)
    study = read_study(args.study)
    fonts = load_fonts(args.fonts)
    frequencies = read_table(args.frequencies, need=FREQUENCY)
    numeric = read_table(args.numeric, need=NUMERIC)
    blocks = domain_blocks(
        study, args.domain, frequencies, numeric, read_table(args.appendix, need=("variable", *KINDS))
    )
    plan = page_plan(study, args.domain, blocks, fonts)
    drawn = drawn_table(plan)
    save(
        lambda width: domain_figure(study, args.domain, plan, fonts, width),
        args.out,
        domain_title(study, args.domain),
        domain_alt(study, args.domain, plan),
        drawn,
    )
    print(f"{args.domain}: {len(plan.drawn)} items, {len(drawn)} rows drawn")


if __name__ == "__main__":
    run(main)
