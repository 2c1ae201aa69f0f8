"""A small survey with all its statistics, for the steps that read them."""

import pytest
from project import call
from small import PLAIN, change, write_export, write_study
from steps.test_ingest_to_clean import describe, match_frame, run_all

RAKED = "weights: {method: rake, margins: [size], comparisons: unweighted}\nseed: 1"
# Drug A in 5 of the 9 who gave a drug that counts, of 10 who were asked: the last one does not know.
DRUGS = ["Drug A"] * 5 + ["Drug B"] * 2 + ["No drug", "-oth-", "Do not know"]


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory):
    """A survey of ten centres with all its statistics; its study folder and its results folder."""
    folder = tmp_path_factory.mktemp("claims")
    study = write_study(folder / "small")
    change(study / "study.yaml", "seed: 1", RAKED)
    records = [
        {**PLAIN, "centre": f"C{place:02}", "drug": drug, "days": str(place), "size": "Small" if place < 8 else "Large"}
        for place, drug in enumerate(DRUGS, 1)
    ]
    records[0]["tests[mri]"] = "No"
    write_export(study / "export.csv", records)
    out = run_all(study, folder / "results")
    assert match_frame(study, out).returncode == 0
    for domain in ("centre", "care"):
        assert describe(study, out, domain, "centre", weighted=True).returncode == 0
    agreement = [out / f"stats/{domain}/agreement.parquet" for domain in ("centre", "care")]
    sample = out / "clean/sample.parquet"
    for step in (
        ("rank_agreement", "--domains", *agreement, "--out", out / "stats/agreement"),
        ("collect_comparisons", "--study", study, "--stats", out / "stats", "--out", out / "stats/comparisons"),
        ("assess_response", "--study", study, "--sample", sample, "--out", out / "stats"),
    ):
        assert call(*step).returncode == 0
    return study, out
