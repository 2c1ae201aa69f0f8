"""How long the whole workflow takes on so many cores, and what of it is Snakemake, imports and work.

python benchmarks/pipeline.py --out results/benchmarks [--cores 2] [--repeats 3]

Everything is measured in a fresh copy of the project: set-up with an empty cache of packages, the paper from scratch,
a run with nothing to do, one changed option, the sensitivity analysis. Writes pipeline.csv, steps.csv, a table for the
README and a figure.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "scripts"))

STUDY = "config/studies/ebmt-cart-2023"
RESULTS = "results/ebmt-cart-2023"
# An answer in the domain on cytokine release syndrome: its tables, figures and all that prints them follow.
ITEM = "toci_threshold"
IMPORT = re.compile(r"^import time:\s+(\d+) \|", re.MULTILINE)


def copy_project(folder: Path) -> None:
    """What git keeps of the project, as it lies in the working folder now."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, target, follow_symlinks=False)


class Bench:
    """A copy of the project in which commands are timed, on so many cores."""

    def __init__(self, folder: Path, cores: int) -> None:
        self.folder = folder
        self.cores = cores
        self.environment = os.environ | {"PATH": f"{folder / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"}

    def call(self, command: Sequence[str], **variables: str) -> float:
        """Wall time of a command, in seconds; ends the program, with what the command said, if it fails."""
        start = time.perf_counter()
        process = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=self.keep_to_cores,
        )
        seconds = time.perf_counter() - start
        if process.returncode:
            sys.exit(f"error: {' '.join(command)} failed:\n{process.stdout[-3000:]}")
        return seconds

    def keep_to_cores(self) -> None:
        """Let the process have the first cores alone, on systems that can."""
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: self.cores])

    def set_up(self) -> float:
        """Set-up from the lock, with an empty cache of packages."""
        shutil.rmtree(self.folder / ".venv", ignore_errors=True)
        with tempfile.TemporaryDirectory() as cache:
            return self.call(["make", ".venv/ready"], UV_CACHE_DIR=cache, PIP_CACHE_DIR=cache)

    def snakemake(self, *options: str) -> float:
        """A run of Snakemake."""
        return self.call(["snakemake", "--cores", str(self.cores), *options])

    def clean(self) -> None:
        """Take away all results, and what Snakemake knows of them."""
        for name in ("results", ".snakemake"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def from_scratch(self) -> float:
        """The paper, with nothing made before."""
        self.clean()
        return self.snakemake()

    def change_option(self) -> float:
        """The paper again, after one answer of one item got another label."""
        path = self.folder / STUDY / "options.csv"
        before = path.read_text(encoding="utf-8")
        rows = list(csv.DictReader(before.splitlines()))
        changed = next(row for row in rows if row["item"] == ITEM)
        changed["label"] += " (changed)"
        with path.open("w", encoding="utf-8", newline="") as file:
            sheet = csv.DictWriter(file, rows[0], lineterminator="\n")
            sheet.writeheader()
            sheet.writerows(rows)
        seconds = self.snakemake()
        path.write_text(before, encoding="utf-8")
        self.snakemake()
        return seconds

    def sensitivity(self) -> float:
        """The sensitivity analysis, from a finished paper."""
        return self.snakemake("--forcerun", "run_universes", "--", "sensitivity")

    def usage(self, name: str, **variables: str) -> dict[str, float]:
        """Seconds of the processor for the paper from scratch: of Snakemake, and of the steps."""
        self.clean()
        program = ["python", str(PROJECT / "benchmarks/usage.py"), name, "--cores", str(self.cores)]
        self.call(program, **variables)
        return json.loads((self.folder / name).read_text())

    def imports(self) -> dict[str, float]:
        """Seconds that the jobs of each rule take to import their libraries, from Python's own account of it."""
        self.usage("imports.json", PYTHONPROFILEIMPORTTIME="1")
        found: dict[str, float] = defaultdict(float)
        for path in sorted((self.folder / RESULTS / "logs").rglob("*.log")):
            told = path.read_text(encoding="utf-8", errors="replace")
            found[rule_of(path)] += sum(map(int, IMPORT.findall(told))) / 1e6
        return found

    def steps(self) -> dict[str, list[tuple[float, float]]]:
        """Wall seconds and peak memory in MB of every job of each rule, from its benchmark."""
        found = defaultdict(list)
        for path in sorted((self.folder / RESULTS / "benchmarks").rglob("*.tsv")):
            row = next(csv.DictReader(path.open(), delimiter="\t"))
            found[rule_of(path)].append((float(row["s"]), float(row["max_rss"].replace("-", "0"))))
        return found


def rule_of(path: Path) -> str:
    """The rule that wrote a log or benchmark: logs/RULE.log, logs/RULE/WILDCARD.log."""
    return path.stem if path.parent.name in ("logs", "benchmarks") else path.parent.name


def shares(usage: dict[str, float], imports: dict[str, float]) -> dict[str, float]:
    """Seconds of the processor by what they were spent on."""
    loading = sum(imports.values())
    return {"Snakemake": usage["snakemake"], "imports": loading, "work": usage["steps"] - loading}


def step_rows(steps: dict[str, list[tuple[float, float]]], imports: dict[str, float]) -> list[dict[str, object]]:
    """One row per rule, the longest in sum first."""
    rows = [
        {
            "rule": rule,
            "jobs": len(jobs),
            "seconds": round(sum(seconds for seconds, _ in jobs), 2),
            "imports": round(min(imports.get(rule, 0.0), sum(seconds for seconds, _ in jobs)), 2),
            "longest": round(max(seconds for seconds, _ in jobs), 2),
            "peak_mb": round(max(memory for _, memory in jobs)),
        }
        for rule, jobs in steps.items()
    ]
    return sorted(rows, key=lambda row: (-row["seconds"], row["rule"]))


def table_text(rows: Sequence[dict[str, object]]) -> str:
    """The measures as a table for the README."""
    lines = ["| measure | seconds |", "|---|---|"]
    return "\n".join([*lines, *(f"| {row['measure']} | {row['seconds']:.1f} |" for row in rows)]) + "\n"


def figure(rows: Sequence[dict[str, object]], parts: dict[str, float], cores: int, stem: Path) -> None:
    """Bars of the seconds that each rule took, with the part that its imports took."""
    import pandas as pd

    from survey.style import BLUE, GREY, MARGIN, NOTE, SINGLE_COLUMN, Sheet, draw, footer, heading, load_fonts, save

    fonts = load_fonts(PROJECT / "resources/fonts")
    longest = max(row["seconds"] for row in rows)
    said = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in parts.items())
    title = "Where the time goes"
    subtitle = f"The paper from scratch on {cores} cores. Time of the processor: {said}"

    def drawn_at(width: float) -> object:
        sheet = Sheet(width, fonts)
        y = heading(sheet, title, subtitle)
        labels = 95.0 if width > SINGLE_COLUMN else 85.0
        scale = (width - labels - 75) / longest
        for row in rows:
            left = MARGIN + labels
            sheet.write(left - 4, y, str(row["rule"]), align="right")
            loading, whole = row["imports"] * scale, row["seconds"] * scale
            sheet.box(left, y + 1, loading, 6, GREY)
            sheet.box(left + loading, y + 1, whole - loading, 6, BLUE)
            times = f" ({row['jobs']} jobs)" if row["jobs"] > 1 else ""
            sheet.write(left + whole + 3, y, f"{row['seconds']:.1f} s{times}", NOTE)
            y += 9.5
        notes = "Grey: imports of libraries; blue: all else. Wall time, summed over the jobs of a rule."
        return draw(sheet, footer(sheet, y + 4, notes, False))

    first = f"{rows[0]['rule']} with {rows[0]['seconds']:.1f} s"
    alt = f"Bars of the seconds each rule takes; the longest is {first}. {said}."
    save(drawn_at, stem, title, alt, pd.DataFrame(list(rows)))


def main() -> None:
    """Measure, print as it goes, and write the tables and the figure."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables and the figure")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="of all but set-up; the median is reported")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []

    def take(measure: str, timed: Callable[[], float], repeats: int = args.repeats) -> None:
        found = [timed() for _ in range(repeats)]
        rows.append({"measure": measure, "seconds": median(found), "least": min(found), "most": max(found)})
        print(
            f"{measure:45}{median(found):8.1f} s  ({min(found):.1f} to {max(found):.1f}, {repeats} times)", flush=True
        )

    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        copy_project(Path(name))
        bench = Bench(Path(name), args.cores)
        take("set-up with an empty cache of packages", bench.set_up, 1)
        take("paper from scratch", bench.from_scratch)
        steps = bench.steps()
        take("nothing to do", bench.snakemake)
        take("one changed option", bench.change_option)
        take("sensitivity analysis", bench.sensitivity)
        usage = bench.usage("usage.json")
        imports = bench.imports()
    parts = shares(usage, imports)
    for part, seconds in parts.items():
        rows.append({"measure": f"time of the processor: {part}", "seconds": seconds})
    rows.append(
        {"measure": f"floor: that time shared by {args.cores} cores", "seconds": sum(parts.values()) / args.cores}
    )
    by_rule = step_rows(steps, imports)
    for file, lines in (("pipeline.csv", rows), ("steps.csv", by_rule)):
        with (args.out / file).open("w", encoding="utf-8", newline="") as opened:
            sheet = csv.DictWriter(opened, lines[0], restval="", lineterminator="\n")
            sheet.writeheader()
            sheet.writerows(lines)
    (args.out / "pipeline.md").write_text(table_text(rows), encoding="utf-8")
    figure(by_rule, parts, args.cores, args.out / "steps")
    print(table_text(rows))
    print(f"pipeline.csv, pipeline.md, steps.csv and the figure steps.* are in {args.out}")


if __name__ == "__main__":
    main()
