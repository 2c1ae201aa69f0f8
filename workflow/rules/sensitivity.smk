# Not part of the paper: `snakemake sensitivity` asks for it. Parts, so that a cluster can share the work.


rule run_universes:
    """Selection, cleaning and statistics again with other choices: one part of the universes."""
    input:
        **program("run_universes"),
        **study_files(),
        frame=FRAME,
        recodes=recodes_file(rows_for(STUDY, STUDY.items)),
        responses="<results>/ingest/responses.parquet",
        columns="<results>/ingest/columns.csv",
    output:
        temp("<results>/sensitivity/{part}.parquet"),
        temp("<results>/sensitivity/{part}.csv"),
    log:
        "<logs>/run_universes/{part}.log",
    benchmark:
        "<benchmarks>/run_universes/{part}.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000, 16),
        runtime=scaled(15, 0.5),
    params:
        folder=subpath(input.study, parent=True),
        part=lambda wildcards: [f"{axis}={choice}" for axis, choice in sensitivity_parts().instance(wildcards).items()],
        out=subpath(output[0], strip_suffix=".parquet"),
        uses=fingerprint(
            settings("frame", "respondent_key", "submitted", "window", "selection", "flags", "response", "weights"),
            settings("domains", "skip_logic", "skip_logic_except", "other_texts", "groups", "areas", "inference"),
            settings("thresholds", "comparisons", "seed", "sensitivity"),
            STUDY.export.get("separator"),
            STUDY.rows,
            STUDY.claims,
            rows_for(STUDY, STUDY.items),
        ),
    message:
        "Run universes: {wildcards.part}"
    shell:
        "python {input.script} --study {params.folder:q} --responses {input.responses:q} --columns {input.columns:q}"
        " --part {params.part:q} --out {params.out:q} > {log:q} 2>&1"


rule collect_sensitivity:
    """In which share of the universes each conclusion holds, and which axis moves it most."""
    input:
        **program("collect_sensitivity"),
        **study_files(),
        parts=lambda wildcards: (
            collect("<results>/sensitivity/{part}.parquet", part=sensitivity_parts().instance_patterns)
            if STUDY.sensitivity
            else []  # as the program says in one line
        ),
        verdicts="<results>/stats/claims.parquet" if STUDY.minimum_cell else [],
    output:
        multiext("<results>/stats/sensitivity", ".parquet", ".csv"),
        multiext("<results>/stats/sensitivity_summary", ".parquet", ".csv"),
        multiext("<results>/stats/sensitivity_effects", ".parquet", ".csv"),
    log:
        "<logs>/collect_sensitivity.log",
    benchmark:
        "<benchmarks>/collect_sensitivity.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        claims=lambda wildcards, input: f"--claims {quote(input.verdicts)}" if input.verdicts else "",
        uses=fingerprint(STUDY.minimum_cell, settings("sensitivity", "areas", "domains"), STUDY.claims),
    message:
        "Collect the universes"
    shell:
        "python {input.script} --study {params.folder:q} --parts {input.parts:q} {params.claims} --out {params.out:q}"
        " > {log:q} 2>&1"


rule draw_sensitivity:
    """Which conclusions hold in which universes."""
    input:
        **program("draw_sensitivity"),
        **study_files(),
        fonts=FONTS,
        universes="<results>/stats/sensitivity.parquet",
        summary="<results>/stats/sensitivity_summary.parquet",
    output:
        multiext("<results>/figures/sensitivity", *FIGURE_FORMS),
    log:
        "<logs>/draw_sensitivity.log",
    benchmark:
        "<benchmarks>/draw_sensitivity.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(settings("simulated", "sensitivity", "inference"), STUDY.minimum_cell),
    message:
        "Draw: sensitivity"
    shell:
        "python {input.script} --study {params.folder:q} --universes {input.universes:q} --summary {input.summary:q}"
        " --fonts resources/fonts --out {params.out:q} > {log:q} 2>&1"


rule sensitivity:
    """Stage target: do the conclusions survive other choices?"""
    input:
        rules.collect_sensitivity.output,
        rules.draw_sensitivity.output,
    message:
        "The sensitivity analysis is ready"
