CHECKLISTS = [f"resources/checklists/{name}.csv" for name in ("cherries", "cross")]


rule collect_values:
    """Every value that the manuscript may print, with the cell of a results file that it comes from."""
    input:
        **program("collect_values"),
        **study_files(),
        cleaned=[
            "<results>/clean/flow.csv",
            "<results>/clean/ledger.csv",
            "<results>/clean/validation.csv",
            "<results>/clean/appendix.csv",
        ],
        statistics=collect(
            "<results>/stats/{domain}/{table}.parquet",
            domain=DOMAINS,
            table=("frequencies", "numeric", "groups", "comparisons"),
        ),
        ranked="<results>/stats/agreement.parquet",
        verdicts="<results>/stats/claims.parquet",
        response=rules.assess_response.output,
        waves=rules.compare_waves.output if STUDY.submitted else [],
        comparisons=rules.collect_comparisons.output if STUDY.groups else [],
        comparators=rules.compare_published.output,
        alts=collect("<results>/figures/{name}.alt.txt", name=FIGURES),
        text=ancient(str(STUDY.folder / "manuscript.qmd")),
        checklists=CHECKLISTS,
    output:
        "<results>/manuscript/values.json",
    log:
        "<logs>/collect_values.log",
    benchmark:
        "<benchmarks>/collect_values.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        results=subpath(output[0], ancestor=2),
        uses=fingerprint(STUDY.settings, STUDY.rows, sections()),
    message:
        "Collect the values of the manuscript"
    shell:
        "python {input.script} --study {params.folder:q} --results {params.results:q} --checklists resources/checklists"
        " --out {output:q} > {log:q} 2>&1"


rule fill_checklists:
    """The reporting checklists CHERRIES and CROSS, item by item, with what is missing."""
    input:
        **program("fill_checklists"),
        **study_files(),
        text=ancient(str(STUDY.folder / "manuscript.qmd")),
        values="<results>/manuscript/values.json",
        checklists=CHECKLISTS,
    output:
        cherries=report(
            "<results>/audit/cherries.csv",
            category="Audit",
            caption="../report/cherries.rst",
        ),
        cross=report(
            "<results>/audit/cross.csv",
            category="Audit",
            caption="../report/cross.rst",
        ),
    log:
        "<logs>/fill_checklists.log",
    benchmark:
        "<benchmarks>/fill_checklists.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        audit=subpath(output.cherries, parent=True),
        uses=fingerprint(sections()),
    message:
        "Fill the reporting checklists"
    shell:
        "python {input.script} --study {params.folder:q} --values {input.values:q} --checklists resources/checklists"
        " --out {params.audit:q} > {log:q} 2>&1"


rule render_manuscript:
    """The paper as HTML, DOCX and PDF, by Quarto or by the embedded renderer."""
    input:
        **program("render_manuscript"),
        **study_files(),
        text=str(STUDY.folder / "manuscript.qmd"),
        references=str(STUDY.folder / "references.bib"),
        values="<results>/manuscript/values.json",
        figures=collect(
            "<results>/figures/{name}{form}",
            name=FIGURES,
            form=(".svg", "-86mm.svg", ".pdf", ".png"),
        ),
        fonts=FONTS,
        style=STYLE,
        templates=sorted(glob("workflow/manuscript/*")),
    output:
        html=report(
            "<results>/manuscript/manuscript.html",
            category="Manuscript",
            caption="../report/manuscript.rst",
        ),
        docx="<results>/manuscript/manuscript.docx",
        pdf="<results>/manuscript/manuscript.pdf",
        record="<results>/manuscript/render.json",
    log:
        "<logs>/render_manuscript.log",
    benchmark:
        "<benchmarks>/render_manuscript.tsv"
    conda:
        "../../envs/manuscript.yaml"
    resources:
        mem_mb=scaled(1500),
        runtime=10,
    params:
        folder=subpath(input.study, parent=True),
        renderer=config["renderer"],
        results=subpath(input.values, ancestor=2),
        uses=fingerprint(settings("title", "short_title", "authors", "simulated")),
    message:
        "Render the manuscript"
    shell:
        "python {input.script} --study {params.folder:q} --values {input.values:q} --figures {params.results:q}/figures"
        " --fonts resources/fonts --csl {input.style:q} --renderer {params.renderer} --html {output.html:q}"
        " --docx {output.docx:q} --pdf {output.pdf:q} --record {output.record:q} > {log:q} 2>&1"


rule manuscript:
    """Stage target: the paper."""
    input:
        rules.render_manuscript.output,
    message:
        "The paper is ready"
