from snakemake.utils import min_version

min_version("9.20")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


pathvars:
    results=f"results/{STUDY.id}",
    logs=f"results/{STUDY.id}/logs",
    benchmarks=f"results/{STUDY.id}/benchmarks",


report: "workflow/report/workflow.rst"


include: "workflow/rules/ingest.smk"
include: "workflow/rules/clean.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/manuscript.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/calibration.smk"
include: "workflow/rules/sensitivity.smk"


localrules:
    all,
    cleaned,
    statistics,
    figures,
    manuscript,
    audit,
    calibration,
    sensitivity,


# In a cluster's job, its Snakemake runs the steps itself, those of a group side by side. Otherwise they would be job
# steps of the plugin: one after another, each in one more Snakemake (snakemake-executor-plugin-slurm#469).
if workflow.remote_exec:
    workflow.localrules(*(rule.name for rule in workflow.rules))


rule all:
    """The paper and everything behind it."""
    default_target: True
    input:
        released(
            *rules.cleaned.input,
            *rules.statistics.input,
            *rules.figures.input,
            *rules.manuscript.input,
            *rules.audit.input,
        ),
    message:
        "The paper and everything behind it are ready"


onstart:
    start_alone()


onsuccess:
    drop(KEPT)
    print(f"Results are in results/{STUDY.id}/")


onerror:
    for path in sorted(glob(f"results/{STUDY.id}/logs/**/*.log", recursive=True)):
        for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("error: "):
                print(f"{path}: {line}", file=sys.stderr)
    if back := bring_back(Path("results") / STUDY.id, KEPT):
        print(
            f"results/{STUDY.id}: {len(back)} results of before were put back; the next run makes them again",
            file=sys.stderr,
        )
    left = disk_usage("results").free / 1e6
    if left < 100:
        print(
            f"results: the disk is full, {left:.0f} MB are left; free some space, then run again", file=sys.stderr
        )
