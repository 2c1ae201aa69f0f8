CODECHECK = "<results>/audit/codecheck.yml"
CRATE = "<results>/audit/ro-crate-metadata.json"
BESIDE_CRATE = ("codecheck.yml", "ro-crate-metadata.json", "index.html")
# All that a step may read or run, and what says how: whatever of it is used is recorded.
PROJECT_FILES = [
    path
    for pattern in (
        "Snakefile",
        "config/config.yaml",
        "envs/*.yaml",
        "workflow/rules/*",
        "workflow/schemas/*",
        "workflow/manuscript/*",
        "resources/**",
        "scripts/**/*.py",
    )
    for path in sorted(glob(pattern, recursive=True))
    if Path(path).is_file()
]

# What the study itself comes to: the tables, figures and paper that the audit is about.
STUDY_RESULTS = dict(
    ingest=rules.ingest.output,
    select_records=rules.select_records.output,
    collect_clean=rules.collect_clean.output,
    match_frame=rules.match_frame.output,
    describe=collect(rules.describe.output, domain=DOMAINS),
    rank_agreement=rules.rank_agreement.output,
    assess_response=rules.assess_response.output,
    compare_waves=rules.compare_waves.output if STUDY.submitted else [],
    collect_comparisons=rules.collect_comparisons.output if STUDY.groups else [],
    count_shares=rules.count_shares.output,
    check_claims=rules.check_claims.output,
    compare_published=rules.compare_published.output,
    draw_domain=collect(rules.draw_domain.output, domain=DOMAINS),
    draw_shares=collect(rules.draw_shares.output, figure=OWN_FIGURES),
    draw_flow=rules.draw_flow.output,
    draw_respondents=rules.draw_respondents.output if STUDY.has_strata else [],
    draw_agreement=rules.draw_agreement.output,
    draw_groups=rules.draw_groups.output if STUDY.groups else [],
    draw_differences=rules.draw_differences.output if STUDY.groups else [],
    draw_published=rules.draw_published.output if STUDY.has_comparators else [],
    collect_values=rules.collect_values.output,
    fill_checklists=rules.fill_checklists.output,
    render_manuscript=rules.render_manuscript.output,
)


rule record_steps:
    """Every step with the command to paste, its files, code and packages, and copies of the study's files."""
    input:
        **program("record_steps"),
        study=str(STUDY.folder / "study.yaml"),
        others=[str(STUDY.folder / name) for name in COPIED[1:] if (STUDY.folder / name).is_file()],
        project=PROJECT_FILES,
        frame=FRAME,
        style=STYLE,
        export=EXPORT,
        dictionary=DICTIONARY,
        linked=[*JOINED, *LINKED],
    output:
        steps="<results>/audit/steps.json",
        copies=[f"<results>/audit/study/{name}" for name in COPIED if (STUDY.folder / name).is_file()],
    log:
        "<logs>/record_steps.log",
    benchmark:
        "<benchmarks>/record_steps.tsv"
    conda:
        "../../envs/snakemake.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        audit=subpath(output.steps, parent=True),
        export=f"--export {quote(config['export'])}" if config["export"] else "",
        renderer=config["renderer"],
    message:
        "Record the steps"
    shell:
        "python {input.script} --study {params.folder:q} {params.export} --renderer {params.renderer}"
        " --out {output.steps:q} --copies {params.audit:q}/study > {log:q} 2>&1"


rule check_results:
    """The results against themselves: recounted, replayed and compared, from the export to the page."""
    input:
        **program("check_results"),
        **study_files(),
        **STUDY_RESULTS,
        frame=FRAME,
    output:
        report(
            "<results>/audit/checks.csv",
            category="Audit",
            caption="../report/checks.rst",
        ),
    log:
        "<logs>/check_results.log",
    benchmark:
        "<benchmarks>/check_results.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000, 65),
        runtime=scaled(10, 0.2),
    params:
        folder=subpath(input.study, parent=True),
        results=subpath(output[0], ancestor=2),
        uses=fingerprint(STUDY.settings, STUDY.rows, STUDY.claims),
    message:
        "Check the results against themselves"
    shell:
        "python {input.script} --study {params.folder:q} --results {params.results:q} --out {output:q} > {log:q} 2>&1"


rule build_site:
    """One page on which every number leads to the cells it counts, with the steps, the tables and the checks."""
    input:
        **program("build_site"),
        **study_files(),
        assets=sorted(glob("workflow/site/*")),
        published="resources/published/figures.csv",
        checklists=CHECKLISTS,
        ingested=rules.ingest.output,
        cleaned=[
            "<results>/clean/responses.parquet",
            "<results>/clean/ledger.csv",
            "<results>/clean/exclusions.csv",
            "<results>/clean/flags.csv",
            "<results>/clean/flow.csv",
            "<results>/clean/validation.csv",
            "<results>/clean/appendix.csv",
            "<results>/clean/sample.csv",
        ],
        statistics=collect(rules.describe.output, domain=DOMAINS),
        ranked=rules.rank_agreement.output,
        response=rules.assess_response.output,
        waves=rules.compare_waves.output if STUDY.submitted else [],
        comparisons=rules.collect_comparisons.output if STUDY.groups else [],
        shares=rules.count_shares.output,
        verdicts=rules.check_claims.output,
        comparators=rules.compare_published.output,
        drawn=collect("<results>/figures/{name}.csv", name=FIGURES),
        values=rules.collect_values.output,
        page=rules.render_manuscript.output.html,
        filled=rules.fill_checklists.output,
        checks=rules.check_results.output,
        steps=rules.record_steps.output,
    output:
        report(
            "<results>/audit/index.html",
            category="Audit",
            caption="../report/site.rst",
        ),
    log:
        "<logs>/build_site.log",
    benchmark:
        "<benchmarks>/build_site.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        results=subpath(output[0], ancestor=2),
        uses=fingerprint(STUDY.settings, STUDY.rows, STUDY.claims, STUDY.minimum_cell),
    message:
        "Build the audit site"
    shell:
        "python {input.script} --study {params.folder:q} --results {params.results:q} --out {output:q} > {log:q} 2>&1"


rule write_appendix:
    """The data appendix as a page: every variable with its definition, missing values and distribution."""
    input:
        **program("write_appendix"),
        **study_files(),
        appendix="<results>/clean/appendix.csv",
        frequencies=collect("<results>/stats/{domain}/frequencies.csv", domain=DOMAINS),
        numeric=collect("<results>/stats/{domain}/numeric.csv", domain=DOMAINS),
    output:
        report(
            "<results>/audit/data_appendix.html",
            category="Audit",
            caption="../report/data_appendix.rst",
        ),
    log:
        "<logs>/write_appendix.log",
    benchmark:
        "<benchmarks>/write_appendix.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        uses=fingerprint(settings("title", "simulated", "domains", "frame"), STUDY.rows),
    message:
        "Write the data appendix"
    shell:
        "python {input.script} --study {params.folder:q} --appendix {input.appendix:q} --frequencies {input.frequencies:q}"
        " --numeric {input.numeric:q} --out {output:q} > {log:q} 2>&1"


rule write_manifest:
    """Every file of the results with its rule, size and checksums."""
    input:
        **program("write_manifest"),
        **STUDY_RESULTS,
        clean_domain=collect(rules.clean_domain.output, domain=DOMAINS),
        check_answers=CHECKS,
        refuse_unread=STRICT,
        protect_cells=rules.protect_cells.output if STUDY.minimum_cell else [],
        check_results=rules.check_results.output,
        record_steps=rules.record_steps.output,
        build_site=rules.build_site.output,
        write_appendix=rules.write_appendix.output,
        write_codecheck=CODECHECK,
        describe_crate=CRATE,
    output:
        report(
            "<results>/audit/manifest.json",
            category="Audit",
            caption="../report/manifest.rst",
        ),
    log:
        "<logs>/write_manifest.log",
    benchmark:
        "<benchmarks>/write_manifest.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000, 16),
        runtime=scaled(5, 0.2),
    params:
        results=subpath(output[0], ancestor=2),
    message:
        "Write the manifest"
    shell:
        "python {input.script} --results {params.results:q} --steps {input.record_steps[0]:q} --out {output:q} > {log:q} 2>&1"


rule write_codecheck:
    """The outputs that a codechecker reproduces, as CODECHECK's codecheck.yml."""
    input:
        **program("write_codecheck"),
        **study_files(),
        steps="<results>/audit/steps.json",
        alts=collect("<results>/figures/{name}.alt.txt", name=FIGURES),
    output:
        report(
            CODECHECK,
            category="Audit",
            caption="../report/codecheck.rst",
        ),
    log:
        "<logs>/write_codecheck.log",
    benchmark:
        "<benchmarks>/write_codecheck.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        uses=fingerprint(settings("title", "authors")),
    message:
        "Write codecheck.yml"
    shell:
        "python {input.script} --study {params.folder:q} --steps {input.steps:q} --alts {input.alts:q} --out {output:q}"
        " > {log:q} 2>&1"


rule describe_crate:
    """The run as a Workflow Run RO-Crate: workflow, steps, code, jobs and files."""
    input:
        **program("describe_crate"),
        **study_files(),
        steps="<results>/audit/steps.json",
        # All that the manifest lists but what is made beside this file.
        made=[
            file
            for file in rules.write_manifest.input
            if file.startswith(f"results/{STUDY.id}/") and Path(file).name not in BESIDE_CRATE
        ],
    output:
        report(
            CRATE,
            category="Audit",
            caption="../report/crate.rst",
        ),
    log:
        "<logs>/describe_crate.log",
    benchmark:
        "<benchmarks>/describe_crate.tsv"
    conda:
        "../../envs/crate.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        uses=fingerprint(settings("title", "authors", "keywords", "simulated", "window", "data_availability")),
    message:
        "Describe the run as a research object"
    shell:
        "python {input.script} --study {params.folder:q} --steps {input.steps:q} --out {output:q} > {log:q} 2>&1"


rule audit:
    """Stage target: the checklists and the manifest, for which everything else is made."""
    input:
        rules.write_manifest.output,
        # All that it lists: Snakemake makes a file that was deleted again only if it is asked for.
        released(*[file for file in rules.write_manifest.input if file.startswith(f"results/{STUDY.id}/")]),
    message:
        "The manifest is ready"
