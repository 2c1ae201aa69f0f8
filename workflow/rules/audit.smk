rule write_manifest:
    """Every file of the results with its rule, size and checksums."""
    input:
        **program("write_manifest"),
        **study_files(),
        ingest=rules.ingest.output,
        select_records=rules.select_records.output,
        clean_domain=collect(rules.clean_domain.output, domain=DOMAINS),
        check_answers=CHECKS,
        collect_clean=rules.collect_clean.output,
        describe=collect(rules.describe.output, domain=DOMAINS),
        match_frame=rules.match_frame.output,
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
        mem_mb=500,
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        results=subpath(output[0], ancestor=2),
        uses=fingerprint(STUDY.settings, STUDY.rows, STUDY.claims),
    message:
        "Write the manifest"
    shell:
        "python {input.script} --study {params.folder:q} --results {params.results:q} --out {output:q}"
        " --made-by ingest {input.ingest:q}"
        " --made-by select_records {input.select_records:q}"
        " --made-by clean_domain {input.clean_domain:q}"
        " --made-by check_answers {input.check_answers:q}"
        " --made-by collect_clean {input.collect_clean:q}"
        " --made-by describe {input.describe:q}"
        " --made-by match_frame {input.match_frame:q}"
        " --made-by rank_agreement {input.rank_agreement:q}"
        " --made-by assess_response {input.assess_response:q}"
        " --made-by compare_waves {input.compare_waves:q}"
        " --made-by collect_comparisons {input.collect_comparisons:q}"
        " --made-by count_shares {input.count_shares:q}"
        " --made-by check_claims {input.check_claims:q}"
        " --made-by compare_published {input.compare_published:q}"
        " --made-by draw_domain {input.draw_domain:q}"
        " --made-by draw_shares {input.draw_shares:q}"
        " --made-by draw_flow {input.draw_flow:q}"
        " --made-by draw_respondents {input.draw_respondents:q}"
        " --made-by draw_agreement {input.draw_agreement:q}"
        " --made-by draw_groups {input.draw_groups:q}"
        " --made-by draw_differences {input.draw_differences:q}"
        " --made-by draw_published {input.draw_published:q}"
        " --made-by collect_values {input.collect_values:q}"
        " --made-by fill_checklists {input.fill_checklists:q}"
        " --made-by render_manuscript {input.render_manuscript:q} > {log:q} 2>&1"


rule audit:
    """Stage target: the checklists and the manifest, for which everything else is made."""
    input:
        rules.write_manifest.output,
    message:
        "The manifest is ready"
