FIGURE_FORMS = (
    ".svg",
    ".pdf",
    ".png",
    "-86mm.svg",
    "-86mm.pdf",
    "-86mm.png",
    ".csv",
    ".alt.txt",
)
FONTS = sorted(glob("resources/fonts/*.ttf"))
FIGURES = STUDY.figure_names
OWN_FIGURES = [figure["id"] for figure in STUDY.figures]


rule draw_domain:
    """Every item of one domain with its options, percents and intervals."""
    input:
        **program("draw_domain"),
        **study_files(),
        fonts=FONTS,
        frequencies="<results>/stats/{domain}/frequencies.parquet",
        numeric="<results>/stats/{domain}/numeric.parquet",
        appendix=(
            "<results>/clean/appendix.csv" if STUDY.minimum_cell else "<results>/clean/domains/{domain}.appendix.csv"
        ),
    output:
        report(
            "<results>/figures/{domain}.svg",
            category="Figures",
            labels={"figure": "{domain}"},
            caption="../report/domain.rst",
        ),
        multiext("<results>/figures/{domain}", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_domain/{domain}.log",
    benchmark:
        "<benchmarks>/draw_domain/{domain}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        title=lambda wildcards: DOMAIN_TITLES[wildcards.domain],
        uses=lambda wildcards: fingerprint(settings("simulated", "inference"), rows_of_domain(wildcards.domain)),
    message:
        "Draw: {wildcards.domain}"
    shell:
        "python {input.script} --study {params.folder:q} --domain {wildcards.domain} --frequencies {input.frequencies:q}"
        " --numeric {input.numeric:q} --appendix {input.appendix:q} --fonts resources/fonts --out {params.out:q} > {log:q} 2>&1"


rule draw_shares:
    """One of the figures that study.yaml puts together from several items."""
    input:
        **program("draw_shares"),
        **study_files(),
        fonts=FONTS,
        shares="<results>/stats/shares.parquet",
    output:
        report(
            "<results>/figures/{figure}.svg",
            category="Figures",
            labels={"figure": "{figure}"},
            caption="../report/shares.rst",
        ),
        multiext("<results>/figures/{figure}", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_shares/{figure}.log",
    benchmark:
        "<benchmarks>/draw_shares/{figure}.tsv"
    wildcard_constraints:
        figure="|".join(OWN_FIGURES) or "none",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(settings("simulated", "inference", "frame", "figures")),
    message:
        "Draw: {wildcards.figure}"
    shell:
        "python {input.script} --study {params.folder:q} --figure {wildcards.figure} --shares {input.shares:q}"
        " --fonts resources/fonts --out {params.out:q} > {log:q} 2>&1"


rule draw_flow:
    """From the units invited to the answers analysed."""
    input:
        **program("draw_flow"),
        **study_files(),
        fonts=FONTS,
        flow="<results>/clean/flow.csv",
    output:
        report(
            "<results>/figures/flow.svg",
            category="Figures",
            labels={"figure": "flow"},
            caption="../report/flow.rst",
        ),
        multiext("<results>/figures/flow", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_flow.log",
    benchmark:
        "<benchmarks>/draw_flow.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(settings("simulated")),
    message:
        "Draw: flow"
    shell:
        "python {input.script} --study {params.folder:q} --flow {input.flow:q} --fonts resources/fonts"
        " --out {params.out:q} > {log:q} 2>&1"


rule draw_respondents:
    """Those analysed against the sampling frame: by country, and at every level of its strata."""
    input:
        **program("draw_respondents"),
        **study_files(),
        fonts=FONTS,
        representativeness="<results>/stats/representativeness.parquet",
        map="resources/map/europe.geojson",
    output:
        report(
            "<results>/figures/respondents.svg",
            category="Figures",
            labels={"figure": "respondents"},
            caption="../report/respondents.rst",
        ),
        multiext("<results>/figures/respondents", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_respondents.log",
    benchmark:
        "<benchmarks>/draw_respondents.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(settings("simulated", "frame", "map"), strata_rows()),
    message:
        "Draw: respondents"
    shell:
        "python {input.script} --study {params.folder:q} --representativeness {input.representativeness:q}"
        " --map {input.map:q} --fonts resources/fonts --out {params.out:q} > {log:q} 2>&1"


rule draw_agreement:
    """Every item ranked by how much respondents agree."""
    input:
        **program("draw_agreement"),
        **study_files(),
        fonts=FONTS,
        agreement="<results>/stats/agreement.parquet",
    output:
        report(
            "<results>/figures/agreement.svg",
            category="Figures",
            labels={"figure": "agreement"},
            caption="../report/agreement_figure.rst",
        ),
        multiext("<results>/figures/agreement", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_agreement.log",
    benchmark:
        "<benchmarks>/draw_agreement.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(
            settings("simulated", "domains", "inference", "thresholds", "areas"),
            [(item.name, item.label, [option.label for option in item.options]) for item in STUDY.items],
        ),
    message:
        "Draw: agreement"
    shell:
        "python {input.script} --study {params.folder:q} --agreement {input.agreement:q} --fonts resources/fonts"
        " --out {params.out:q} > {log:q} 2>&1"


rule draw_groups:
    """How often the most frequent answers are given, by group."""
    input:
        **program("draw_groups"),
        **study_files(),
        fonts=FONTS,
        agreement="<results>/stats/agreement.parquet",
        groups=collect("<results>/stats/{domain}/groups.parquet", domain=DOMAINS),
    output:
        report(
            "<results>/figures/groups.svg",
            category="Figures",
            labels={"figure": "groups"},
            caption="../report/groups.rst",
        ),
        multiext("<results>/figures/groups", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_groups.log",
    benchmark:
        "<benchmarks>/draw_groups.tsv"
    # The longest drawing: started last, it would keep one core waiting for the other.
    priority: 1
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        stats=subpath(input.agreement, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(
            settings("simulated", "domains", "groups"),
            [(item.name, item.label, [option.label for option in item.options]) for item in STUDY.items],
        ),
    message:
        "Draw: groups"
    shell:
        "python {input.script} --study {params.folder:q} --stats {params.stats:q} --fonts resources/fonts"
        " --out {params.out:q} > {log:q} 2>&1"


rule draw_differences:
    """The differences between groups that survive correction."""
    input:
        **program("draw_differences"),
        **study_files(),
        fonts=FONTS,
        comparisons="<results>/stats/comparisons.parquet",
        groups=collect("<results>/stats/{domain}/groups.parquet", domain=DOMAINS),
    output:
        report(
            "<results>/figures/differences.svg",
            category="Figures",
            labels={"figure": "differences"},
            caption="../report/differences.rst",
        ),
        multiext("<results>/figures/differences", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_differences.log",
    benchmark:
        "<benchmarks>/draw_differences.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        stats=subpath(input.comparisons, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(
            settings("simulated", "domains", "groups", "inference", "comparisons", "weights"),
            [
                (item.name, item.label, item.unit, [(option.label, option.kind) for option in item.options])
                for item in STUDY.items
            ],
        ),
    message:
        "Draw: differences"
    shell:
        "python {input.script} --study {params.folder:q} --stats {params.stats:q} --fonts resources/fonts"
        " --out {params.out:q} > {log:q} 2>&1"


rule draw_published:
    """Published surveys beside our estimates."""
    input:
        **program("draw_published"),
        **study_files(),
        fonts=FONTS,
        comparators="<results>/stats/comparators.parquet",
    output:
        report(
            "<results>/figures/published.svg",
            category="Figures",
            labels={"figure": "published"},
            caption="../report/published.rst",
        ),
        multiext("<results>/figures/published", *FIGURE_FORMS[1:]),
    log:
        "<logs>/draw_published.log",
    benchmark:
        "<benchmarks>/draw_published.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".svg"),
        uses=fingerprint(settings("simulated", "inference"), [(item.name, item.label) for item in STUDY.items]),
    message:
        "Draw: published"
    shell:
        "python {input.script} --study {params.folder:q} --comparators {input.comparators:q} --fonts resources/fonts"
        " --out {params.out:q} > {log:q} 2>&1"


rule figures:
    """Stage target: every figure."""
    input:
        collect("<results>/figures/{name}{form}", name=FIGURES, form=FIGURE_FORMS),
    message:
        "The figures are ready"
