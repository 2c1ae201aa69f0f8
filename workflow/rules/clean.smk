rule select_records:
    """Decide which records are analysed, and say of every other one why not."""
    input:
        **program("select_records"),
        **study_files(),
        frame=FRAME,
        recodes=recodes_file(recodes_of_key()),
        responses="<results>/ingest/responses.parquet",
        columns="<results>/ingest/columns.csv",
    output:
        exclusions=report(
            "<results>/clean/exclusions.csv",
            category="Cleaning",
            caption="../report/exclusions.rst",
        ),
        flow="<results>/clean/flow.csv",
        flags=report(
            "<results>/clean/flags.csv",
            category="Cleaning",
            caption="../report/flags.rst",
        ),
    log:
        "<logs>/select_records.log",
    benchmark:
        "<benchmarks>/select_records.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000, 16),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        uses=fingerprint(
            settings("frame", "respondent_key", "submitted", "window", "selection", "flags", "inference"),
            flag_rows(),
            recodes_of_key(),
            [(item.name, item.type, item.role, bool(item.asked_if), item.source) for item in STUDY.items],
        ),
    message:
        "Select the records to analyse"
    shell:
        "python {input.script} --study {params.folder:q} --responses {input.responses:q} --columns {input.columns:q}"
        " --exclusions {output.exclusions:q} --flow {output.flow:q} --flags {output.flags:q} > {log:q} 2>&1"


rule clean_domain:
    """Clean the items of one domain: typed answers, with a ledger of every change."""
    input:
        **program("clean_domain"),
        **study_files(),
        recodes=lambda wildcards: recodes_file(recodes_of_domain(wildcards.domain)),
        responses="<results>/ingest/responses.parquet",
        columns="<results>/ingest/columns.csv",
        exclusions="<results>/clean/exclusions.csv",
        earlier=lambda wildcards: collect(
            "<results>/clean/domains/{domain}.parquet",
            domain=STUDY.domains_needed(wildcards.domain),
        ),
    output:
        responses="<results>/clean/domains/{domain}.parquet",
        ledger="<results>/clean/domains/{domain}.ledger.csv",
        validation="<results>/clean/domains/{domain}.validation.csv",
        appendix="<results>/clean/domains/{domain}.appendix.csv",
    log:
        "<logs>/clean_domain/{domain}.log",
    benchmark:
        "<benchmarks>/clean_domain/{domain}.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000, 6),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        uses=lambda wildcards: fingerprint(
            settings("respondent_key", "skip_logic", "skip_logic_except", "other_texts"),
            STUDY.export.get("separator"),
            rows_of_domain(wildcards.domain),
            recodes_of_domain(wildcards.domain),
        ),
    message:
        "Clean: {wildcards.domain}"
    shell:
        "python {input.script} --study {params.folder:q} --domain {wildcards.domain} --responses {input.responses:q}"
        " --columns {input.columns:q} --exclusions {input.exclusions:q} --earlier {input.earlier:q}"
        " --out {output.responses:q} --ledger {output.ledger:q} --validation {output.validation:q}"
        " --appendix {output.appendix:q} > {log:q} 2>&1"


STRICT = ["<results>/clean/strict.csv"] if STUDY.strict else []


rule refuse_unread:
    """Stop a study that is strict at cells that no rule covers; they stay listed by domain."""
    input:
        **program("refuse_unread"),
        validations=collect("<results>/clean/domains/{domain}.validation.csv", domain=DOMAINS),
    output:
        "<results>/clean/strict.csv",
    log:
        "<logs>/refuse_unread.log",
    benchmark:
        "<benchmarks>/refuse_unread.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000),
        runtime=5,
    message:
        "Stop at cells that no rule covers"
    shell:
        "python {input.script} --validations {input.validations:q} --out {output:q} > {log:q} 2>&1"


rule match_frame:
    """Every record against the sampling frame: its unit and strata, when it came, and its weight."""
    input:
        **program("match_frame"),
        **study_files(),
        frame=FRAME,
        recodes=recodes_file(recodes_of_key()),
        responses="<results>/ingest/responses.parquet",
        columns="<results>/ingest/columns.csv",
        exclusions="<results>/clean/exclusions.csv",
        clean=collect("<results>/clean/domains/{domain}.parquet", domain=STUDY.sample_domains()),
    output:
        "<results>/clean/sample.parquet",
        report(
            "<results>/clean/sample.csv",
            category="Cleaning",
            caption="../report/sample.rst",
        ),
    log:
        "<logs>/match_frame.log",
    benchmark:
        "<benchmarks>/match_frame.tsv"
    conda:
        "../../envs/statistics.yaml"
    resources:
        mem_mb=scaled(1000, 16),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        out=subpath(output[0], strip_suffix=".parquet"),
        uses=fingerprint(
            settings("frame", "respondent_key", "submitted", "window", "response", "weights", "inference"),
            recodes_of_key(),
            strata_rows(),
        ),
    message:
        "Match the records with the sampling frame"
    shell:
        "python {input.script} --study {params.folder:q} --responses {input.responses:q} --columns {input.columns:q}"
        " --exclusions {input.exclusions:q} --clean {input.clean:q} --out {params.out:q} > {log:q} 2>&1"


CHECKS = ["<results>/clean/checks.csv"] if STUDY.checks or STUDY.tables else []


rule check_answers:
    """Find answers that contradict each other or a linked table, and records without a row of a joined one."""
    input:
        **program("check_answers"),
        **study_files(),
        recodes=recodes_file(recodes_of_key()),
        linked=LINKED,
        responses="<results>/ingest/responses.parquet",
        columns="<results>/ingest/columns.csv",
        exclusions="<results>/clean/exclusions.csv",
        domains=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
    output:
        "<results>/clean/checks.csv",
    log:
        "<logs>/check_answers.log",
    benchmark:
        "<benchmarks>/check_answers.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000, 6),
        runtime=scaled(5, 0.1),
    params:
        folder=subpath(input.study, parent=True),
        uses=fingerprint(settings("checks", "linked", "respondent_key"), check_rows()),
    message:
        "Check answers against each other"
    shell:
        "python {input.script} --study {params.folder:q} --responses {input.responses:q} --columns {input.columns:q}"
        " --exclusions {input.exclusions:q} --domains {input.domains:q} --linked {input.linked:q} --out {output:q}"
        " > {log:q} 2>&1"


rule collect_clean:
    """Put the cleaned domains together."""
    input:
        **program("collect_clean"),
        domains=collect("<results>/clean/domains/{domain}.parquet", domain=DOMAINS),
        ledgers=collect("<results>/clean/domains/{domain}.ledger.csv", domain=DOMAINS),
        validations=collect("<results>/clean/domains/{domain}.validation.csv", domain=DOMAINS),
        appendices=collect("<results>/clean/domains/{domain}.appendix.csv", domain=DOMAINS),
        study=study_files()["study"] if STUDY.minimum_cell else [],
        withheld=WITHHELD,
        checks=CHECKS,
    output:
        responses="<results>/clean/responses.parquet",
        ledger=report(
            "<results>/clean/ledger.csv",
            category="Cleaning",
            caption="../report/ledger.rst",
        ),
        validation=report(
            "<results>/clean/validation.csv",
            category="Cleaning",
            caption="../report/validation.rst",
        ),
        appendix=report(
            "<results>/clean/appendix.csv",
            category="Cleaning",
            caption="../report/appendix.rst",
        ),
    log:
        "<logs>/collect_clean.log",
    benchmark:
        "<benchmarks>/collect_clean.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000, 2),
        runtime=5,
    params:
        withheld=lambda wildcards, input: (
            f"--study {quote(str(STUDY.folder))} {withheld(wildcards, input)}" if input.withheld else ""
        ),
    message:
        "Put the cleaned domains together"
    shell:
        "python {input.script} --domains {input.domains:q} --checks {input.checks:q} --out {output.responses:q}"
        " --ledger {output.ledger:q} --validation {output.validation:q} --appendix {output.appendix:q} {params.withheld}"
        " > {log:q} 2>&1"


rule cleaned:
    """Stage target: the clean table with its ledger, exclusions, flow, validation and appendix."""
    input:
        released(
            *rules.ingest.output,
            *rules.select_records.output,
            *collect(rules.clean_domain.output, domain=DOMAINS),
            *CHECKS,
            *STRICT,
            *rules.collect_clean.output,
            *rules.match_frame.output,
        ),
    message:
        "The clean table is ready"
