import os
import sys
import time
from glob import glob
from pathlib import Path
from shlex import join, quote
from shutil import disk_usage

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from survey import conditions, errors
from survey.checklists import headings
from survey.errors import BadInput
from survey.keeping import bring_back, drop, keep
from survey.left_out import read_left_out
from survey.noticing import date_back, forget_edited
from survey.recodes import read_cleaning_study, rows_for
from survey.running import claim, is_held, sweep, use_utf8
from survey.steps import COPIED, library
from survey.study import fingerprint, validate
from survey.universes import parts

use_utf8()

if Path.cwd() != Path(workflow.basedir):
    raise WorkflowError(f"run Snakemake in the project's folder: cd {workflow.basedir}")


def data_file(what, *place):
    """The export, the frame or a table beside it; in a review archive that withholds it, the path at which it would lie."""
    return NOT_HERE.get(what) or str(STUDY.file(*place))


def notice_changes():
    """Make Snakemake see changes that it overlooks. An archive without the raw data is taken as it is."""
    results = Path("results") / STUDY.id
    if results.is_dir() and not os.access(results, os.W_OK):
        print(f"{results}: it can only be read; a step that has something to do will fail", file=sys.stderr)
        return
    beside = dict(zip([table["id"] for table in STUDY.tables], (*JOINED, *LINKED)))
    date_back(results, STUDY.folder, EXPORT, FRAME or "", beside)
    for path in [] if NOT_HERE else forget_edited(results):
        print(f"{path}: edited by hand; it is made again", file=sys.stderr)


def refuse_beside_another():
    """End this run in one line: two would take away each other's files."""
    problem = "another run, or a step of one that was stopped, is at work in this folder; wait until it ends"
    sys.exit(errors.report(BadInput(f"results/{STUDY.id}: {problem}, then run again")))


try:
    validate(config, "config", "config")
    STUDY = read_cleaning_study(Path(config["study"]))
    LEFT_OUT = read_left_out(Path("results") / STUDY.id)
    NOT_HERE = {row["what"]: row["file"] for row in LEFT_OUT}
    EXPORT = config["export"] or data_file("export", STUDY.export["file"])
    DICTIONARY = str(STUDY.file(STUDY.export["dictionary"])) if "dictionary" in STUDY.export else []
    STYLE = str(STUDY.file(STUDY.citation_style))
    FRAME = data_file("frame", STUDY.frame["file"]) if STUDY.frame and "file" in STUDY.frame else []
    if not Path(EXPORT).is_file() and EXPORT != NOT_HERE.get("export"):
        raise BadInput(f"{EXPORT}: no such export; check --config export=")
    LINKED, JOINED = (
        [data_file(f"linked {table['id']}", table["file"], Path(EXPORT)) for table in tables]
        for tables in (STUDY.linked, STUDY.joined)
    )
    LOCK = Path(".snakemake") / f"{STUDY.id}.lock"
    KEPT = Path(".snakemake") / "kept" / STUDY.id
    if workflow.is_main_process:
        if not is_held(LOCK):
            notice_changes()
        elif not workflow.output_settings.dryrun:
            refuse_beside_another()
except BadInput as error:
    raise WorkflowError(str(error)) from None

DOMAINS = STUDY.domain_ids
DOMAIN_TITLES = {domain["id"]: domain["title"] for domain in STUDY.domains}
# What is withheld, for the steps that write or read statistics; nothing where the study publishes all.
WITHHELD = "<results>/stats/withheld.parquet" if STUDY.minimum_cell else []
# The sample, for the steps whose estimates depend on weights or clusters.
SAMPLE = "<results>/clean/sample.parquet" if STUDY.weighting or STUDY.cluster else []


wildcard_constraints:
    domain="|".join(DOMAINS),


def start_alone():
    """Refuse a second run of the study in this folder, and clear away what steps that were killed have left."""
    if not claim(LOCK):
        refuse_beside_another()
    sources = [Path(path) for path in (EXPORT, *LINKED, *JOINED, *PROJECT_FILES)]
    late = [path for path in sources if path.is_file() and path.stat().st_mtime > time.time() + 10]
    if late:  # Snakemake fails after a step whose output is older than an input
        sys.exit(errors.report(BadInput(f"{late[0]}: its date is yet to come; set the clock right, then run again")))
    sweep(Path("results") / STUDY.id)
    keep(Path("results") / STUDY.id, KEPT)


def released(*files):
    """Files that can be asked for: less what a review archive leaves out, until it or the raw data are there."""
    raw = [EXPORT, *([FRAME] if FRAME else []), *LINKED, *JOINED]
    if all(Path(file).is_file() for file in raw):
        return list(files)
    withheld = {row["file"] for row in LEFT_OUT if not Path(row["file"]).exists()}
    return [file for file in files if str(file) not in withheld]


def program(name):
    """Inputs of a step: its script, the library it imports and the pinned packages; a change in any reruns it."""
    return dict(
        script=f"scripts/{name}.py",
        library=library(Path(f"scripts/{name}.py")),
        packages="requirements.lock",
    )


def scaled(base, growth=0):
    """Memory in MB or time in minutes of a step: at each further attempt as much again.

    base: for a study of some hundred records, the Snakemake of a cluster's job included; growth: more for each MB of
    the export, for steps that go through all records. Both are from benchmarks, with headroom (benchmarks/resources.py).
    """
    size = Path(EXPORT).stat().st_size / 1e6 if Path(EXPORT).is_file() else 0
    return lambda wildcards, attempt: attempt * (base + round(growth * size))


def withheld(wildcards, input):
    """Option of a step that names what is withheld, none where nothing is."""
    return f"--withheld {quote(input.withheld)}" if input.withheld else ""


def sample(wildcards, input):
    """Option of a step that names the sample, none where its estimates do not depend on it."""
    return f"--sample {quote(input.sample)}" if input.sample else ""


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


def recodes_file(rows):
    """Input of a step: recodes.csv, if any of its rules concern the step."""
    return [ancient(str(STUDY.folder / "recodes.csv"))] if rows else []


def recodes_of_domain(domain):
    """The rules of recodes.csv that concern a domain."""
    return rows_for(STUDY, STUDY.domain_items(domain))


def recodes_of_key():
    """The rules of recodes.csv that decide who a record is of and when, its cluster, and whether it holds an answer."""
    key = [STUDY.item(name) for name in (STUDY.respondent_key, STUDY.submitted) if name]
    key += [STUDY.cluster] if STUDY.cluster else []
    taken_away = [rule.item for rule in STUDY.recodes if rule.item and rule.kind in ("blank", "not_asked")]
    return rows_for(STUDY, [*key, *taken_away])


def flag_rows():
    """Codebook, options and recodes of the items by which records are flagged."""
    named = [[rule.get("duration"), rule.get("started"), *rule.get("same_answer", [])] for rule in STUDY.flags]
    items = [STUDY.by_name[name] for names in named for name in names if name]
    return STUDY.codebook_rows(*(item.name for item in items)), rows_for(STUDY, items)


def check_rows():
    """Codebook, options and recodes of the items that checks ask about, and of the respondent key."""
    names = {name for check in STUDY.checks for name in conditions.parse(check["when"]).items}
    items = [item for item in STUDY.items if item.name in names]
    return STUDY.codebook_rows(*(item.name for item in items)), rows_for(STUDY, items), recodes_of_key()


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
    """Codebook and options of the items that strata of the frame are named like, of the weight and the cluster."""
    names = [*(STUDY.frame or {}).get("strata", []), *(item.name for item in STUDY.sample_items)]
    names += [STUDY.cluster.name] if STUDY.cluster else []
    return STUDY.codebook_rows(*(name for name in names if name in STUDY.by_name))


def sensitivity_parts():
    """What each job is about: a combination of choices on the axes by which the universes are divided."""
    # pandas, which a Paramspace needs, takes longer to load than the workflow: only who asks for universes waits for it.
    from pandas import DataFrame
    from snakemake.utils import Paramspace

    # No comma between the axes: where Snakemake names the jobs of a cluster, it ends the value of a wildcard.
    return Paramspace(DataFrame(parts(STUDY)), filename_params="*", filename_sep="+", single_wildcard="part")
