"""Collect every value that the manuscript may print, each with the cell of a results file that it comes from.

python scripts/collect_values.py --study STUDY --results RESULTS --checklists resources/checklists
    --out VALUES.json
"""

from argparse import ArgumentParser
from itertools import chain
from pathlib import Path

from survey import values
from survey.checklists import CHECKLISTS, checklist_values, fill, headings, read_checklist
from survey.errors import run
from survey.files import read_text, write_json
from survey.study import read_study
from survey.tables import read_domains, read_numbered


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument(
        "--results", type=Path, required=True, help="the study's results folder, with clean/, stats/ and figures/"
    )
    parser.add_argument("--checklists", type=Path, required=True, help="folder with cherries.csv and cross.csv")
    parser.add_argument("--out", type=Path, required=True, help="values.json")
    args = parser.parse_args(argv)

    study = read_study(args.study)
    stats = args.results / "stats"

    figures = args.results / "figures"
    collected = dict(
        chain(
            values.study_values(study),
            values.statement_values(study),
            values.flow_values(read_numbered(args.results / "clean" / "flow.csv")),
            values.cleaning_values(
                read_numbered(args.results / "clean" / "ledger.csv"),
                read_numbered(args.results / "clean" / "validation.csv"),
            ),
            values.missing_values(read_numbered(args.results / "clean" / "appendix.csv")),
            values.group_values(read_domains(stats, study.domain_ids, "groups")),
            values.frequency_values(read_domains(stats, study.domain_ids, "frequencies")),
            values.numeric_values(read_domains(stats, study.domain_ids, "numeric")),
            values.agreement_values(read_numbered(stats / "agreement.parquet"), study),
            values.claim_values(read_numbered(stats / "claims.parquet")),
            values.response_values(
                read_numbered(stats / "response_rates.parquet"), read_numbered(stats / "dispositions.parquet")
            ),
            values.frame_values(read_numbered(stats / "representativeness.parquet")),
            values.wave_values(read_numbered(stats / "early_late.parquet"), study) if study.submitted else (),
            values.comparison_values(read_numbered(stats / "comparisons.parquet"), study) if study.groups else (),
            values.domain_comparison_values(read_domains(stats, study.domain_ids, "comparisons"), study),
            values.comparator_values(read_numbered(stats / "comparators.parquet"), study),
            (
                (f"figure.{name}.alt", values.entry(text, text, f"figures/{name}.alt.txt"))
                for name in study.figure_names
                for text in [read_text(figures / f"{name}.alt.txt").strip()]
            ),
        )
    )
    sections = headings(args.study / "manuscript.qmd")
    for name in CHECKLISTS:
        rows = fill(read_checklist(args.checklists / f"{name}.csv"), collected, sections)
        collected |= dict(checklist_values(name, rows))
    write_json(collected, args.out)
    print(f"{len(collected)} values")


if __name__ == "__main__":
    run(main)
