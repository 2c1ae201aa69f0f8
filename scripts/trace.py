"""Follow a number of the paper back to the cells it came from, and check every link.

python scripts/trace.py RESULTS KEY [--all] [--json] [--export FILE] [--study FOLDER]

KEY: a key of manuscript/values.json (the manuscript shows it beside each number), a table's cell FILE:ROW[:COLUMN] with
rows as a spreadsheet numbers them, a figure's mark figures/NAME.csv:ROW, or a claim's id (claim:ID where a key has the
same name). Exit code 0 where all checks hold, 1 where one does not, 2 for a key that there is not. What needs a file
that a review archive leaves out is not checked, and said.
"""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path

from survey.checking import Finished
from survey.errors import BadInput, run
from survey.telling import tell
from survey.tracing import Tracer, find_study


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="results folder of a study")
    parser.add_argument("key", help="key of values.json, FILE:ROW[:COLUMN], figures/NAME.csv:ROW, or a claim's id")
    parser.add_argument("--all", action="store_true", help="all records, places and packages, not the first few")
    parser.add_argument("--json", action="store_true", help="the whole chain as JSON")
    parser.add_argument(
        "--export", type=Path, help="the raw export, to read its cells again; else where study.yaml says"
    )
    parser.add_argument("--study", type=Path, help="study folder; else RESULTS/audit/study, or that of this name here")
    args = parser.parse_args(argv)

    if not args.results.is_dir():
        raise BadInput(f"{args.results}: no such folder; give the results folder of a study, such as results/STUDY")
    finished = Finished(find_study(args.results, args.study), args.results)
    chain = Tracer(finished, args.export).trace(args.key)
    text = json.dumps(chain, indent=1, ensure_ascii=False) + "\n" if args.json else tell(chain, args.all)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # a pager that was left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not all(check["holds"] for check in chain["checks"]):
        sys.exit(1)


if __name__ == "__main__":
    run(main)
