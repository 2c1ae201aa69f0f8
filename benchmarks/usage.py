"""Run Snakemake, and say how much of the processor its own process and those of the steps took.

python benchmarks/usage.py USAGE.json [options of snakemake]
"""

import atexit
import json
import resource
import sys
from pathlib import Path


def write_usage(path: Path) -> None:
    """Seconds of the processor: of this process, which is Snakemake, and of all that it started."""
    parts = {"snakemake": resource.RUSAGE_SELF, "steps": resource.RUSAGE_CHILDREN}
    used = {name: resource.getrusage(part) for name, part in parts.items()}
    path.write_text(json.dumps({name: usage.ru_utime + usage.ru_stime for name, usage in used.items()}))


if __name__ == "__main__":
    atexit.register(write_usage, Path(sys.argv[1]).resolve())
    from snakemake.cli import main

    main(sys.argv[2:])
