"""The memory and time that steps took beside what their rules ask a cluster for.

python benchmarks/resources.py results/ebmt-cart-2023 [--export EXPORT]

Reads the benchmarks of finished results; the export is that of which they were made, if it is large. Exit code 1 where
a step took more than three quarters of what it asks for.
"""

import csv
import re
import sys
from argparse import ArgumentParser
from math import inf
from pathlib import Path

RULES = Path(__file__).resolve().parents[1] / "workflow" / "rules"
ASKED = re.compile(r"(mem_mb|runtime)=(?:scaled\()?(\d+)(?:, ([\d.]+))?")
SNAKEMAKE = 200
"""MB that the Snakemake of a cluster's job takes beside its step: 182 measured, with 64 jobs."""
MOST = 0.75


def asked(size: float) -> dict[str, dict[str, float]]:
    """Rule to its `mem_mb` and `runtime` (minutes) at the first attempt, for an export of so many MB."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.smk")))
    found = {}
    for name, text in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", texts, re.MULTILINE | re.DOTALL):
        found[name] = {key: int(base) + float(growth or 0) * size for key, base, growth in ASKED.findall(text)}
    return found


def taken(results: Path) -> dict[str, dict[str, float]]:
    """Rule to the most `mem_mb` and `runtime` (minutes) of its jobs; of those of half a second, memory is not known."""
    found: dict[str, dict[str, float]] = {}
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        rule = found.setdefault(path.relative_to(results / "benchmarks").parts[0].removesuffix(".tsv"), {})
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                now = {"mem_mb": float(row["max_rss"].replace("NA", "0")), "runtime": float(row["s"]) / 60}
                for key, value in now.items():
                    rule[key] = max(rule.get(key, 0), value)
    return found


def shares(results: Path, size: float) -> dict[str, dict[str, float]]:
    """Rule to the share of what it asks for that it took, of memory and of time."""
    rules = asked(size)
    beside = {"mem_mb": SNAKEMAKE, "runtime": 0}
    return {
        rule: {key: (value + beside[key]) / rules[rule].get(key, inf) for key, value in now.items()}
        for rule, now in taken(results).items()
    }


def main() -> int:
    """Print the table."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="finished results of one study")
    parser.add_argument("--export", type=Path, help="the raw export; left out: a small one")
    args = parser.parse_args()
    size = args.export.stat().st_size / 1e6 if args.export else 0
    rules, found = asked(size), shares(args.results, size)
    print(f"{'rule':<22}{'MB':>8}{'asked':>8}{'minutes':>9}{'asked':>8}")
    for rule, now in taken(args.results).items():
        minutes = f"{now['runtime']:>9.2f}{rules[rule]['runtime']:>8.0f}"
        mark = "  too little" if max(found[rule].values()) > MOST else ""
        print(f"{rule:<22}{now['mem_mb']:>8.0f}{rules[rule]['mem_mb']:>8.0f}{minutes}{mark}")
    return int(any(max(one.values()) > MOST for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
