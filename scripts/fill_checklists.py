"""Fill the reporting checklists CHERRIES and CROSS.

python scripts/fill_checklists.py --study STUDY --values VALUES.json --checklists resources/checklists
    --out RESULTS/audit
"""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

from survey.checklists import CHECKLISTS, FILLED, fill, headings, read_checklist
from survey.errors import run
from survey.files import read_text
from survey.tables import write_csv


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True, help="study folder; its manuscript.qmd has the sections")
    parser.add_argument("--values", type=Path, required=True, help="values.json")
    parser.add_argument("--checklists", type=Path, required=True, help="folder with cherries.csv and cross.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder for the filled ones, of the same names")
    args = parser.parse_args(argv)

    values = json.loads(read_text(args.values))
    sections = headings(args.study / "manuscript.qmd")
    for name in CHECKLISTS:
        rows = fill(read_checklist(args.checklists / f"{name}.csv"), values, sections)
        write_csv(rows, FILLED, args.out / f"{name}.csv")
        statuses = Counter(row["status"] for row in rows)
        print(f"{name}: " + ", ".join(f"{count} {status}" for status, count in sorted(statuses.items())))


if __name__ == "__main__":
    run(main)
