import os
import sys
from functools import cache
from glob import glob
from modulefinder import ModuleFinder
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from survey.errors import BadInput
from survey.study import fingerprint, read_study

# The rules say `python`: without --sdm conda that is the Python that runs Snakemake, activated or not.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

validate(config, "../schemas/config.schema.json")
try:
    STUDY = read_study(Path(config["study"]))
    EXPORT = config["export"] or str(STUDY.file(STUDY.export["file"]))
except BadInput as error:
    raise WorkflowError(str(error)) from None

DOMAINS = STUDY.domain_ids
DOMAIN_TITLES = {domain["id"]: domain["title"] for domain in STUDY.domains}
FRAME = str(STUDY.file(STUDY.frame["file"])) if STUDY.frame and "file" in STUDY.frame else []


wildcard_constraints:
    domain="|".join(DOMAINS),


@cache
def library(name):
    """Modules of scripts/survey that a script imports, directly or through another."""
    finder = ModuleFinder(path=["scripts"])
    finder.run_script(f"scripts/{name}.py")
    return sorted(
        os.path.relpath(module.__file__)
        for module in finder.modules.values()
        if module.__file__ and module.__name__ != "__main__"
    )


def program(name):
    """Inputs of a step: its script and the library it imports, so that a change in either reruns it."""
    return dict(script=f"scripts/{name}.py", library=library(name))


# A step depends on the rows of the study that it uses, not on the whole file: the files are `ancient` inputs,
# and the parameter `uses` is a fingerprint of those rows.
STUDY_FILES = [str(STUDY.folder / name) for name in ("study.yaml", "codebook.csv", "options.csv", "claims.yaml")]


def settings(*names):
    """What study.yaml says under these keys."""
    return {name: STUDY.settings.get(name) for name in names}


def rows_of_domain(domain):
    """Codebook and options of a domain, as written."""
    return STUDY.codebook_rows(*(item.name for item in STUDY.domain_items(domain)))


def mapping_rows():
    """What ingest needs to know of every item: where its answers are, and which option is `other`."""
    return [
        [
            item.name,
            item.type,
            item.source,
            [(option.code, option.label) for option in item.options if option.kind == "other"],
        ]
        for item in STUDY.items
    ]
