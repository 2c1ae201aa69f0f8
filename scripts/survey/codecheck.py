"""codecheck.yml: what a codechecker reproduces and compares, by codecheck.org.uk/spec/config/1.0.

The order of its parts is that of the template of the R package codecheck. What only a codechecker can say is FIXME, the
word that CODECHECK's own tools look for.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from survey.study import Study

VERSION = "https://codecheck.org.uk/spec/config/1.0"
FIXME = "FIXME"
TABLES = (
    "describe",
    "assess_response",
    "compare_waves",
    "collect_comparisons",
    "rank_agreement",
    "count_shares",
    "check_claims",
    "compare_published",
)


def manifest_files(steps: Mapping[str, Any], alts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The outputs that make the paper, with a comment each: its three forms, every figure, every table of statistics.

    steps: as in audit/steps.json; alts: alternative text by name of the figure.
    """
    jobs = [(step, job) for step in steps["steps"] for job in step["jobs"]]
    paper, figures, tables = [], [], []
    for step, job in jobs:
        for file in job["outputs"]:
            stem, suffix = posixpath.splitext(posixpath.basename(file))
            if step["rule"] == "render_manuscript" and suffix in (".html", ".docx", ".pdf"):
                paper.append((file, f"The paper, as {suffix[1:].upper()}"))
            elif step["rule"].startswith("draw_") and suffix == ".svg" and stem in alts:
                figures.append((file, f"Figure {stem}: {first_sentence(alts[stem])}"))
            elif step["rule"] in TABLES and suffix == ".csv":
                about = ", ".join(job["wildcards"].values())
                tables.append((file, f"Table {stem}{f' ({about})' if about else ''}: {step['purpose']}"))
    return [*paper, *figures, *tables]


def first_sentence(text: str) -> str:
    """What an alternative text says first, after the word that the data are simulated."""
    sentences = re.split(r"(?<=[.!?])\s", " ".join(text.split()))
    return next((sentence for sentence in sentences if not sentence.startswith("Simulated data")), sentences[0])


def codecheck(study: Study, files: Sequence[tuple[str, str]], folder: str) -> str:
    """The text of codecheck.yml as it lies in a folder; paths in it are relative to this folder, as the spec wants."""
    import yaml

    content = {
        "version": VERSION,
        "paper": {
            "title": study.title,
            "authors": [
                {"name": author["name"]} | ({"ORCID": author["orcid"]} if author.get("orcid") else {})
                for author in study.authors
            ],
            "reference": f"https://doi.org/{FIXME}",
        },
        "manifest": [{"file": posixpath.relpath(file, folder), "comment": comment} for file, comment in files],
        "codechecker": [{"name": FIXME, "ORCID": FIXME}],
        "summary": f"{FIXME}: by the codechecker",
        "repository": f"https://{FIXME}",
        "check_time": FIXME,
        "certificate": FIXME,
        "report": f"https://doi.org/10.5281/zenodo.{FIXME}",
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, explicit_start=True, width=1000)
