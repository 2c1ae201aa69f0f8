"""What Snakemake would run: the jobs behind the paper, as it plans them."""

import shlex
from pathlib import Path

from survey.errors import BadInput
from survey.steps import Job


def plan(study: str, export: str, renderer: str) -> list[Job]:
    """Every job behind the paper, whether it is up to date or not, from Snakemake itself, in the project's folder.

    Snakemake offers no other way to its jobs than the graph it builds (its own `--dag` goes the same way). Its version
    is pinned, and a test compares the commands with those of a run.
    """
    from snakemake.api import SnakemakeApi
    from snakemake.exceptions import WorkflowError
    from snakemake.settings.types import (
        ConfigSettings,
        DAGSettings,
        ExecMode,
        OutputSettings,
        Quietness,
        ResourceSettings,
        WorkflowSettings,
    )

    config = ConfigSettings(config={"study": study, "export": export, "renderer": renderer})
    try:
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
            workflow_api = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=config,
                workflow_settings=WorkflowSettings(exec_mode=ExecMode.SUBPROCESS),  # no run of its own
                snakefile=Path("Snakefile"),
            )
            workflow_api.dag(DAGSettings(forceall=True))
            workflow = workflow_api._workflow
            workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
            workflow._build_dag()
            order = {rule.name: number for number, rule in enumerate(workflow.rules)}
            levels = list(workflow.dag.toposorted())
            jobs = [_job(job, level) for level, together in enumerate(levels) for job in together if job.is_shell]
    except WorkflowError as error:
        raise BadInput(f"Snakefile: {error}") from None
    return sorted(jobs, key=lambda job: (order[job.rule], job.level, sorted(job.wildcards.items())))


def _job(job: object, level: int) -> Job:
    redirect = f" > {shlex.quote(job.log[0])} 2>&1"
    if not job.shellcmd.endswith(redirect):
        raise BadInput(f"rule {job.rule.name}: its command does not end in `> {{log:q}} 2>&1`; let it")
    named = {name: job.input.get(name) for name in job.input.keys()}  # noqa: SIM118 (a list with names, no dict)
    named = {name: [files] if isinstance(files, str) else list(files) for name, files in named.items()}
    return Job(
        rule=job.rule.name,
        level=level,
        wildcards=dict(job.wildcards_dict),
        command=job.shellcmd.removesuffix(redirect),
        inputs={name: [str(file) for file in files] for name, files in named.items()},
        outputs=[str(file) for file in job.output],
        parameters={name: str(value) for name, value in job.params.items()},
        environment=f"envs/{Path(job.rule.conda_env).name}",
    )
