PUBLISHED = ["resources/published/studies.csv", "resources/published/figures.csv"]
STATISTICS = ("frequencies", "numeric", "groups", "agreement", "comparisons")


rule protect_cells:
    """Which counts are withheld, so that no small one can be told from all the others."""
    input:
        **program("protect_cells"),
        **study_files(),
        frame=FRAME,
        comparators=[name for name in [str(STUDY.folder / "comparators.csv")] if Path(name).is_file()],
        clean=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
        sample="<results>/clean/sample.parquet",
    output:
        "<results>/stats/withheld.parquet",
        report(
            "<results>/stats/withheld.csv",
            category="Estimates and tests",
            caption="../report/withheld.rst",
        ),
    log:
        "<logs>/protect_cells.log",
    benchmark:
        "<benchmarks>/protect_cells.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000, 6),
        runtime=scaled(30, 1),
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        uses=fingerprint(
            STUDY.minimum_cell,
            settings("frame", "groups", "figures", "inference"),
            STUDY.rows,
            STUDY.claims,
        ),
    message:
        "Which counts are withheld"
    shell:
        "python {input.script} --study {params.folder:q} --clean {input.clean:q} --sample {input.sample:q}"
        " --out {params.out:q} > {log:q} 2>&1"


rule describe:
    """Frequencies, numbers, both per group, agreement, and comparisons between groups of one domain."""
    input:
        **program("describe"),
        **study_files(),
        frame=FRAME,
        clean="<results>/clean/domains/{domain}.parquet",
        groups=collect("<results>/clean/domains/{domain}.parquet", domain=STUDY.group_domains()),
        sample=SAMPLE,
        strict=STRICT,
        withheld=WITHHELD,
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
        mem_mb=scaled(1000),
        runtime=scaled(10, 0.1),
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], parent=True),
        sample=sample,
        withheld=withheld,
        uses=lambda wildcards: fingerprint(
            settings("frame", "groups", "inference", "thresholds", "weights", "comparisons", "seed"),
            rows_of_domain(wildcards.domain),
            STUDY.codebook_rows(*STUDY.groups),
        ),
    message:
        "Describe: {wildcards.domain}"
    shell:
        "python {input.script} --study {params.folder:q} --domain {wildcards.domain} --clean {input.clean:q}"
        " --groups {input.groups:q} {params.sample} {params.withheld} --out {params.out:q} > {log:q} 2>&1"


rule assess_response:
    """Response rates, and whether those who answered resemble the frame."""
    input:
        **program("assess_response"),
        **study_files(),
        frame=FRAME,
        sample="<results>/clean/sample.parquet",
        withheld=WITHHELD,
    output:
        collect(
            "<results>/stats/{table}.parquet",
            table=("dispositions", "response_rates", "representativeness"),
        ),
        dispositions="<results>/stats/dispositions.csv",
        rates=report(
            "<results>/stats/response_rates.csv",
            category="Estimates and tests",
            caption="../report/response_rates.rst",
        ),
        representativeness=report(
            "<results>/stats/representativeness.csv",
            category="Estimates and tests",
            caption="../report/representativeness.rst",
        ),
    log:
        "<logs>/assess_response.log",
    benchmark:
        "<benchmarks>/assess_response.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], parent=True),
        withheld=withheld,
        uses=fingerprint(
            settings("frame", "selection", "response", "comparisons", "weights", "seed"),
            strata_rows(),
        ),
    message:
        "Response rates and representativeness"
    shell:
        "python {input.script} --study {params.folder:q} --sample {input.sample:q} {params.withheld} --out {params.out:q} > {log:q} 2>&1"


rule compare_waves:
    """Early against late answers, question by question."""
    input:
        **program("compare_waves"),
        **study_files(),
        sample="<results>/clean/sample.parquet",
        clean=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
        withheld=WITHHELD,
    output:
        "<results>/stats/early_late.parquet",
        report(
            "<results>/stats/early_late.csv",
            category="Estimates and tests",
            caption="../report/early_late.rst",
        ),
    log:
        "<logs>/compare_waves.log",
    benchmark:
        "<benchmarks>/compare_waves.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000, 6),
        runtime=10,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        withheld=withheld,
        uses=fingerprint(settings("comparisons", "inference", "seed"), STUDY.rows),
    message:
        "Compare early with late answers"
    shell:
        "python {input.script} --study {params.folder:q} --sample {input.sample:q} --clean {input.clean:q}"
        " {params.withheld} --out {params.out:q} > {log:q} 2>&1"


rule collect_comparisons:
    """The comparisons of all domains, and in which domains groups differ at all."""
    input:
        **program("collect_comparisons"),
        **study_files(),
        domains=collect("<results>/stats/{domain}/comparisons.parquet", domain=DOMAINS),
    output:
        "<results>/stats/comparisons.parquet",
        report(
            "<results>/stats/comparisons.csv",
            category="Estimates and tests",
            caption="../report/comparisons.rst",
        ),
    log:
        "<logs>/collect_comparisons.log",
    benchmark:
        "<benchmarks>/collect_comparisons.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        stats=subpath(output[0], parent=True),
        uses=fingerprint(settings("comparisons", "domains")),
    message:
        "Put the comparisons together"
    shell:
        "python {input.script} --study {params.folder:q} --stats {params.stats:q} --out {params.out:q} > {log:q} 2>&1"


rule rank_agreement:
    """All items of all domains, ranked by how much respondents agree."""
    input:
        **program("rank_agreement"),
        domains=collect("<results>/stats/{domain}/agreement.parquet", domain=DOMAINS),
    output:
        "<results>/stats/agreement.parquet",
        report(
            "<results>/stats/agreement.csv",
            category="Estimates and tests",
            caption="../report/agreement.rst",
        ),
    log:
        "<logs>/rank_agreement.log",
    benchmark:
        "<benchmarks>/rank_agreement.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        out=subpath(output[0], strip_suffix=".parquet"),
    message:
        "Rank all items by agreement"
    shell:
        "python {input.script} --domains {input.domains:q} --out {params.out:q} > {log:q} 2>&1"


rule count_shares:
    """The shares that the figures of study.yaml are drawn from."""
    input:
        **program("count_shares"),
        **study_files(),
        clean=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
        frequencies=collect("<results>/stats/{domain}/frequencies.parquet", domain=DOMAINS),
        sample=SAMPLE,
        withheld=WITHHELD,
    output:
        "<results>/stats/shares.parquet",
        report(
            "<results>/stats/shares.csv",
            category="Estimates and tests",
            caption="../report/shares.rst",
        ),
    log:
        "<logs>/count_shares.log",
    benchmark:
        "<benchmarks>/count_shares.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000, 2),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        stats=subpath(output[0], parent=True),
        results=subpath(output[0], ancestor=2),
        sample=sample,
        withheld=withheld,
        uses=fingerprint(settings("figures", "frame", "inference"), STUDY.rows),
    message:
        "Count the shares of figures"
    shell:
        "python {input.script} --study {params.folder:q} --stats {params.stats:q} --clean {params.results:q}/clean/domains"
        " {params.sample} {params.withheld} --out {params.out:q} > {log:q} 2>&1"


rule check_claims:
    """Check the statements of claims.yaml against the results."""
    input:
        **program("check_claims"),
        **study_files(),
        clean=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
        sample=SAMPLE,
        domains=collect(
            "<results>/stats/{domain}/{table}.parquet",
            domain=DOMAINS,
            table=("frequencies", "numeric", "groups"),
        ),
        agreement="<results>/stats/agreement.parquet",
        comparisons="<results>/stats/comparisons.parquet" if STUDY.groups else [],
        rates="<results>/stats/response_rates.parquet",
        withheld=WITHHELD,
    output:
        "<results>/stats/claims.parquet",
        report(
            "<results>/stats/claims.csv",
            category="Estimates and tests",
            caption="../report/claims.rst",
        ),
    log:
        "<logs>/check_claims.log",
    benchmark:
        "<benchmarks>/check_claims.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000, 2),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        stats=subpath(output[0], parent=True),
        results=subpath(output[0], ancestor=2),
        sample=sample,
        withheld=withheld,
        uses=fingerprint(
            STUDY.claims,
            settings("domains", "frame", "groups", "inference", "weights"),
            STUDY.rows,
        ),
    message:
        "Check the claims"
    shell:
        "python {input.script} --study {params.folder:q} --stats {params.stats:q} --clean {params.results:q}/clean/domains"
        " {params.sample} {params.withheld} --out {params.out:q} > {log:q} 2>&1"


rule compare_published:
    """Published surveys beside our estimates."""
    input:
        **program("compare_published"),
        **study_files(),
        comparators=[name for name in [str(STUDY.folder / "comparators.csv")] if Path(name).is_file()],
        published=PUBLISHED,
        clean=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
        frequencies=collect("<results>/stats/{domain}/frequencies.parquet", domain=DOMAINS),
        rates="<results>/stats/response_rates.parquet",
        sample=SAMPLE,
        withheld=WITHHELD,
    output:
        "<results>/stats/comparators.parquet",
        report(
            "<results>/stats/comparators.csv",
            category="Estimates and tests",
            caption="../report/comparators.rst",
        ),
    log:
        "<logs>/compare_published.log",
    benchmark:
        "<benchmarks>/compare_published.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        stats=subpath(output[0], parent=True),
        results=subpath(output[0], ancestor=2),
        sample=sample,
        withheld=withheld,
        uses=fingerprint(settings("domains", "frame", "groups", "inference"), STUDY.rows),
    message:
        "Compare with published surveys"
    shell:
        "python {input.script} --study {params.folder:q} --published resources/published --stats {params.stats:q}"
        " --clean {params.results:q}/clean/domains {params.sample} {params.withheld} --out {params.out:q} > {log:q} 2>&1"


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
        rules.assess_response.output,
        rules.compare_waves.output if STUDY.submitted else [],
        rules.collect_comparisons.output if STUDY.groups else [],
        rules.count_shares.output,
        rules.check_claims.output,
        rules.compare_published.output,
        rules.protect_cells.output if STUDY.minimum_cell else [],
        rules.cleaned.input,
    message:
        "The statistics are ready"
