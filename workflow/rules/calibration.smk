# Not part of the paper: `snakemake calibration` asks for it. Chunks, so that a cluster can share the work.
CHUNKS = [f"{chunk:03}" for chunk in range(1, 1 + STUDY.calibration["chunks"])]


rule simulate_surveys:
    """Surveys drawn from a known population, and how often each interval holds the truth: one chunk."""
    input:
        **program("simulate_surveys"),
        **study_files(),
        clean=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
    output:
        multiext("<results>/calibration/chunks/{chunk}", ".parquet", ".csv"),
    log:
        "<logs>/simulate_surveys/{chunk}.log",
    benchmark:
        "<benchmarks>/simulate_surveys/{chunk}.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=15,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        uses=fingerprint(settings("calibration", "frame", "inference", "seed"), STUDY.rows),
    message:
        f"Simulate surveys: chunk {{wildcards.chunk}} of {CHUNKS[-1]}"
    shell:
        "python {input.script} --study {params.folder:q} --clean {input.clean:q} --chunk {wildcards.chunk}"
        " --out {params.out:q} > {log:q} 2>&1"


rule collect_coverage:
    """Coverage of every estimate and every method, over all chunks."""
    input:
        **program("collect_coverage"),
        **study_files(),
        chunks=collect("<results>/calibration/chunks/{chunk}.parquet", chunk=CHUNKS),
    output:
        multiext("<results>/calibration/coverage", ".parquet", ".csv"),
        multiext("<results>/calibration/coverage_by_estimate", ".parquet", ".csv"),
    log:
        "<logs>/collect_coverage.log",
    benchmark:
        "<benchmarks>/collect_coverage.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], parent=True),
        uses=fingerprint(settings("frame")),
    message:
        "Collect the coverage"
    shell:
        "python {input.script} --study {params.folder:q} --chunks {input.chunks:q} --out {params.out:q} > {log:q} 2>&1"


rule draw_coverage:
    """How often each interval holds the truth."""
    input:
        **program("draw_coverage"),
        **study_files(),
        fonts=FONTS,
        coverage="<results>/calibration/coverage.parquet",
    output:
        multiext("<results>/calibration/figure", *FIGURE_FORMS),
    log:
        "<logs>/draw_coverage.log",
    benchmark:
        "<benchmarks>/draw_coverage.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(settings("simulated", "inference")),
    message:
        "Draw: coverage"
    shell:
        "python {input.script} --study {params.folder:q} --coverage {input.coverage:q} --fonts resources/fonts"
        " --out {params.out:q} > {log:q} 2>&1"


rule calibration:
    """Stage target: do the intervals cover what they say?"""
    input:
        rules.collect_coverage.output,
        rules.draw_coverage.output,
    message:
        "The calibration is ready"
