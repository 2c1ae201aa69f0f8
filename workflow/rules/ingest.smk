rule ingest:
    """Read the raw export, every cell verbatim, and tell which column feeds which item."""
    input:
        **program("ingest"),
        **study_files(),
        export=EXPORT,
        dictionary=DICTIONARY,
        joined=JOINED,
    output:
        responses="<results>/ingest/responses.parquet",
        columns="<results>/ingest/columns.csv",
        summary="<results>/ingest/ingest.json",
    log:
        "<logs>/ingest.log",
    benchmark:
        "<benchmarks>/ingest.tsv"
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=scaled(1000, 4),
        runtime=5,
    params:
        folder=subpath(input.study, parent=True),
        uses=fingerprint(settings("export"), mapping_rows()),
        beside=join(
            [
                *(["--dictionary", DICTIONARY] if DICTIONARY else []),
                *(["--joined", *JOINED] if JOINED else []),
            ]
        ),
    message:
        "Ingest {input.export}"
    shell:
        "python {input.script} --study {params.folder:q} --export {input.export:q} --out {output.responses:q}"
        " --columns {output.columns:q} --summary {output.summary:q} {params.beside} > {log:q} 2>&1"
