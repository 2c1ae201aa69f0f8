import os
import sys
from functools import cache
from glob import glob
from modulefinder import ModuleFinder
from pathlib import Path
from shlex import quote

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from survey.checklists import headings
from survey.errors import BadInput
from survey.study import fingerprint, read_study, validate

if Path.cwd() != Path(workflow.basedir):
    raise WorkflowError(f"run Snakemake in the project's folder: cd {workflow.basedir}")
try:
    validate(config, "config", "config")
    STUDY = read_study(Path(config["study"]))
    EXPORT = config["export"] or str(STUDY.file(STUDY.export["file"]))
    DICTIONARY = str(STUDY.file(STUDY.export["dictionary"])) if "dictionary" in STUDY.export else []
    STYLE = str(STUDY.file(STUDY.citation_style))
    if not Path(EXPORT).is_file():
        raise BadInput(f"{EXPORT}: no such export; check --config export=")
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
    """Inputs of a step: its script, the library it imports and the pinned packages; a change in any reruns it."""
    return dict(
        script=f"scripts/{name}.py",
        library=library(name),
        packages="requirements.lock",
    )


def study_files():
    """Inputs of a step: the study's files.

    A step depends on the rows that it uses, not on the whole files: so these are `ancient`, and each step has a
    parameter `uses`, the fingerprint of those rows.
    """
    names = dict(
        study="study.yaml",
        codebook="codebook.csv",
        options="options.csv",
        claims="claims.yaml",
    )
    return {key: ancient(str(STUDY.folder / name)) for key, name in names.items()}


def settings(*names):
    """What study.yaml says under these keys."""
    return {name: STUDY.settings.get(name) for name in names}


def rows_of_domain(domain):
    """Codebook and options of a domain, as written."""
    return STUDY.codebook_rows(*(item.name for item in STUDY.domain_items(domain)))


def mapping_rows():
    """What ingest needs to know of every item: where its answers are, and which option is `other`.

    Of all options, where the parts of a block may have two names, a code and a text, and one must be an option.
    """
    once = STUDY.export["platform"] in ("limesurvey", "surveymonkey") and not DICTIONARY
    return [
        [
            item.name,
            item.type,
            item.source,
            [(option.code, option.label, option.aliases) for option in item.options if option.kind == "other"],
            [] if once else [(option.code, option.label, option.aliases) for option in item.options],
        ]
        for item in STUDY.items
    ]


def sections():
    """The headings of the manuscript, which the checklists refer to; none where it cannot be read, as rendering says."""
    try:
        return headings(STUDY.folder / "manuscript.qmd")
    except BadInput:
        return []


def strata_rows():
    """Codebook and options of the items that strata of the frame are named like, and of the weight."""
    names = [*(STUDY.frame or {}).get("strata", []), *(item.name for item in STUDY.sample_items)]
    return STUDY.codebook_rows(*(name for name in names if name in STUDY.by_name))
