"""Wall time and peak memory of the statistics of one domain: 80 questions by 6 groups, from a small and a large table.

python benchmarks/describe.py --out results/benchmarks

Tables of codes and of labels are simulated, then described by scripts/describe.py on one and on two threads, every
table written: frequencies, groups, agreement and comparisons. With --peer, another program does its work on the same
files in turn, for example --peer "Rscript peer.R {csv} {out} {threads}".
"""

import csv
import os
import shlex
import subprocess
import sys
import time
from argparse import ArgumentParser
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
SEED = 20240601
GROUPS = {
    "sex": {"Female": 0.55, "Male": 0.45},
    "age": {"18-29": 0.2, "30-44": 0.35, "45-59": 0.3, "60+": 0.15},
    "region": {"North": 0.3, "South": 0.2, "East": 0.2, "West": 0.15, "Centre": 0.1, "Abroad": 0.05},
    "role": {"Nurse": 0.4, "Physician": 0.25, "Manager": 0.15, "Technician": 0.12, "Other": 0.08},
    "tenure": {"<2 years": 0.25, "2-10 years": 0.45, ">10 years": 0.3},
    "site": {"Main": 0.88, "Satellite": 0.12},
}
SCALES = {
    2: ["Yes", "No"],
    3: ["Yes", "No", "Don't know"],
    4: ["Never", "Rarely", "Sometimes", "Often"],
    5: ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"],
    6: ["Email", "Phone", "In person", "Letter", "App", "None of these"],
    7: ["1 - not at all", "2", "3", "4", "5", "6", "7 - extremely"],
}
QUESTIONS = {f"q{number:02}": size for number, size in enumerate([5, 2, 5, 3, 4, 5, 7, 5, 6, 2] * 8, start=1)}
MISSING = [0.0, 0.02, 0.05, 0.08]
LABELS = {name: list(levels) for name, levels in GROUPS.items()} | {name: SCALES[k] for name, k in QUESTIONS.items()}
STUDY = f"""\
id: benchmark
title: Benchmark of the statistics
authors: [{{name: Nobody, affiliation: Nowhere}}]
simulated: true
export: {{file: codes.csv, platform: plain}}
domains: [{{id: survey, title: Survey}}]
groups: [{", ".join(GROUPS)}]
inference: {{target: superpopulation}}
seed: 1
"""
CODEBOOK = [
    "item",
    "domain",
    "type",
    "question",
    "label",
    "source",
    "unit",
    "min",
    "max",
    "asked_if",
    "direction",
    "role",
    "note",
]
OPTIONS = ["item", "code", "label", "position", "aliases", "kind"]
CELLS = ["codes", "labels"]
COLUMNS = ["records", "cells", "threads", "seconds", "mib", "peer_seconds", "peer_mib", "ratio_seconds", "ratio_mib"]


def answers(records: int) -> "dict[str, np.ndarray]":
    """Answers of every record to every question, from 0, -1 for none; every fourth question depends on a group."""
    import numpy as np

    generator = np.random.default_rng(SEED)
    found = {name: generator.choice(len(p), records, p=list(p.values())) for name, p in GROUPS.items()}
    for number, (name, options) in enumerate(QUESTIONS.items(), start=1):
        shares = generator.gamma(2, size=options)
        if number % 4 == 0:
            group = found[list(GROUPS)[number // 4 % len(GROUPS)]]
            given = np.empty(records, dtype=np.int64)
            for level in range(group.max() + 1):
                tilted = shares * np.exp(generator.normal(0, 0.5, options))
                members = np.flatnonzero(group == level)
                given[members] = generator.choice(options, len(members), p=tilted / tilted.sum())
        else:
            given = generator.choice(options, records, p=shares / shares.sum())
        found[name] = np.where(generator.random(records) < MISSING[number % 4], -1, given)
    return found


def write_study(folder: Path) -> None:
    """A study whose items are the groups and the questions; the code of an option is its place, from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "claims.yaml").write_text("[]\n", encoding="utf-8")
    with (folder / "codebook.csv").open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, CODEBOOK, restval="")
        sheet.writeheader()
        for name in LABELS:
            known = {"domain": "survey", "type": "single", "role": "group" if name in GROUPS else "outcome"}
            sheet.writerow({"item": name, "question": f"Question {name}", "label": name, "source": name} | known)
    with (folder / "options.csv").open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(OPTIONS)
        for name, labels in LABELS.items():
            sheet.writerows([name, place, label, place, "", "substantive"] for place, label in enumerate(labels, 1))


def table(records: int, cells: str, folder: Path) -> Path:
    """The CSV of so many records, its cells codes or labels."""
    return folder / f"{records}-{cells}.csv"


def write_tables(records: int, folder: Path) -> None:
    """The same answers as a CSV of codes and as one of labels."""
    import numpy as np
    import pyarrow as pa
    from pyarrow.csv import WriteOptions, write_csv

    given = answers(records)
    for cells in CELLS:
        columns = {"id": pa.array(np.arange(1, records + 1))}
        for name, places in given.items():
            levels = pa.array(LABELS[name]) if cells == "labels" else pa.array(range(1, len(LABELS[name]) + 1))
            columns[name] = levels.take(pa.array(places, mask=places < 0))
        write_csv(pa.table(columns), table(records, cells, folder), WriteOptions(quoting_style="none"))


def measure(command: list[str]) -> tuple[float, float]:
    """Wall time in seconds and peak memory in MiB of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"error: {shlex.join(command)} failed:\n{message.decode(errors='replace')}")
    unit = 1024 if sys.platform != "darwin" else 1024**2
    return seconds, usage.ru_maxrss / unit


def main() -> None:
    """Write the tables, measure every run, print and write the table of figures."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables and for describe.csv")
    parser.add_argument("--records", type=int, nargs="+", default=[106, 1_000_000])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3, help="the median is reported")
    parser.add_argument("--peer", help="command of another program, with {csv}, {out} and {threads}")
    args = parser.parse_args()

    out = args.out.resolve()
    write_study(out / "study")
    rows = []
    print(*(f"{column:>13}" for column in COLUMNS))
    for records in args.records:
        # In a process of its own: the memory of a parent counts for its children.
        writer = get_context("spawn").Process(target=write_tables, args=(records, out))
        writer.start()
        writer.join()
        if writer.exitcode:
            sys.exit("error: the tables could not be written")
        for cells in CELLS:
            path = table(records, cells, out)
            for threads in args.threads:
                ours = [sys.executable, "scripts/describe.py", "--study", str(out / "study"), "--domain", "survey"]
                ours += ["--clean", str(path), "--threads", str(threads), "--out", str(out / f"{records}-{cells}")]
                places = {"csv": str(path), "out": str(out / "peer.csv"), "threads": str(threads)}
                peer = [part.format_map(places) for part in shlex.split(args.peer or "")]
                turns = [[*measure(ours), *(measure(peer) if peer else ())] for _ in range(args.repeats)]
                middle = [median(values) for values in zip(*turns, strict=True)]
                ratios = [middle[0] / middle[2], middle[1] / middle[3]] if peer else []
                figures = [f"{value:.2f}" for value in (*middle, *ratios)]
                rows.append([str(records), cells, str(threads), *figures])
                print(*(f"{value:>13}" for value in rows[-1]), flush=True)
    with (out / "describe.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS[: len(rows[0])], *rows])


if __name__ == "__main__":
    main()
