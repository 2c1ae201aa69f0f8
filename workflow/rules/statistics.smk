STATISTICS = ("frequencies", "numeric", "groups", "agreement")


rule describe:
    """Frequencies, numbers, both per group, and agreement of one domain."""
    input:
        **program("describe"),
        **study_files(),
        frame=FRAME,
        clean="<results>/clean/domains/{domain}.parquet",
        groups=collect("<results>/clean/domains/{domain}.parquet", domain=STUDY.group_domains()),
    output:
        collect(
            "<results>/stats/{{domain}}/{table}.{form}",
            table=STATISTICS,
            form=("parquet", "csv"),
        ),
    log:
        "<logs>/describe/{domain}.log",
    benchmark:
        "<benchmarks>/describe/{domain}.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], parent=True),
        uses=lambda wildcards: fingerprint(
            settings("frame", "groups", "inference", "thresholds"),
            rows_of_domain(wildcards.domain),
            STUDY.codebook_rows(*STUDY.groups),
            STUDY.codebook_rows(*(item.name for item in STUDY.items if item.role == "weight")),
        ),
    message:
        "Describe: {wildcards.domain}"
    shell:
        "python {input.script} --study {params.folder:q} --domain {wildcards.domain} --clean {input.clean:q}"
        " --groups {input.groups:q} --out {params.out:q} > {log:q} 2>&1"


rule rank_agreement:
    """All items of all domains, ranked by how much respondents agree."""
    input:
        **program("rank_agreement"),
        domains=collect("<results>/stats/{domain}/agreement.parquet", domain=DOMAINS),
    output:
        "<results>/stats/agreement.parquet",
        report(
            "<results>/stats/agreement.csv",
            category="Statistics",
            caption="../report/agreement.rst",
        ),
    log:
        "<logs>/rank_agreement.log",
    benchmark:
        "<benchmarks>/rank_agreement.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        out=subpath(output[0], strip_suffix=".parquet"),
    message:
        "Rank all items by agreement"
    shell:
        "python {input.script} --domains {input.domains:q} --out {params.out:q} > {log:q} 2>&1"


rule check_claims:
    """Check the statements of claims.yaml against the statistics."""
    input:
        **program("check_claims"),
        **study_files(),
        frequencies=collect("<results>/stats/{domain}/frequencies.parquet", domain=DOMAINS),
        numeric=collect("<results>/stats/{domain}/numeric.parquet", domain=DOMAINS),
    output:
        "<results>/stats/claims.parquet",
        report(
            "<results>/stats/claims.csv",
            category="Statistics",
            caption="../report/claims.rst",
        ),
    log:
        "<logs>/check_claims.log",
    benchmark:
        "<benchmarks>/check_claims.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        stats=subpath(output[0], parent=True),
        uses=fingerprint(STUDY.claims, settings("domains"), mapping_rows()),
    message:
        "Check the claims"
    shell:
        "python {input.script} --study {params.folder:q} --stats {params.stats:q} --out {params.out:q} > {log:q} 2>&1"


rule statistics:
    """Stage target: every statistics table."""
    input:
        collect(
            "<results>/stats/{domain}/{table}.{form}",
            domain=DOMAINS,
            table=STATISTICS,
            form=("parquet", "csv"),
        ),
        rules.rank_agreement.output,
        rules.check_claims.output,
        rules.cleaned.input,
    message:
        "The statistics are ready"
