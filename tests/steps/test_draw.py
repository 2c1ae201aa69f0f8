"""The three drawing programs, on small tables."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import draw_agreement
import draw_domain
import draw_flow
from survey.errors import BadInput
from survey.style import Fonts
from survey.tables import read_table, write_table

PROJECT = Path(__file__).resolve().parents[2]
FONTS = PROJECT / "resources" / "fonts"
SUFFIXES = ["-86mm.pdf", "-86mm.png", "-86mm.svg", ".alt.txt", ".csv", ".pdf", ".png", ".svg"]
STUDY = """id: small
title: A small study
authors: [{name: A. Author, affiliation: A Hospital}]
seed: 1
simulated: true
export: {file: export.csv}
domains: [{id: d, title: Fever}, {id: e, title: Nothing to draw}]
inference: {target: superpopulation, method: wilson, level: 95}
"""
CODEBOOK = """item,domain,type,question,label,source,unit,min,max,asked_if,direction,role,note
treat,d,single,Do you treat fever?,Treatment of fever,q1,,,,,,outcome,
days,d,numeric,For how many days?,Days of treatment,q2,days,0,100,,,outcome,
comment,e,text,Comments?,Comment,q3,,,,,,free_text,
"""
OPTIONS = """item,code,label,position,aliases,kind
treat,yes,Yes,1,,substantive
treat,no,No,2,,substantive
treat,dk,Do not know,3,,dont_know
"""


def write_study(folder):
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "codebook.csv").write_text(CODEBOOK, encoding="utf-8")
    (folder / "options.csv").write_text(OPTIONS, encoding="utf-8")
    (folder / "claims.yaml").write_text("[]\n", encoding="utf-8")


@pytest.fixture
def inputs(tmp_path):
    write_study(tmp_path / "study")
    shared = {"domain": "d", "item": "treat", "n_valid": 40, "n_asked": 45, "n_missing": 5, "n_not_asked": 2}
    frequencies = pd.DataFrame(
        [
            shared | {"option": "yes", "option_label": "Yes", "n": 30, "percent": 75, "ci_low": 60, "ci_high": 86},
            shared | {"option": "no", "option_label": "No", "n": 10, "percent": 25, "ci_low": 14, "ci_high": 40},
            shared | {"option": "dk", "option_label": "Do not know", "n": 3, "percent": math.nan},
        ]
    )
    numeric = pd.DataFrame(
        [
            {
                "domain": "d",
                "item": "days",
                "unit": "days",
                "n": 38,
                "n_missing": 7,
                "mean": 8.2,
                "median": 7,
                "q1": 5,
                "q3": 10,
            }
        ]
    ).assign(min=1, max=30, median_ci_low=6, median_ci_high=8)
    agreement = pd.DataFrame(
        [
            {
                "domain": "d",
                "item": "treat",
                "top_option": "yes",
                "top_percent": 75.0,
                "entropy": 0.81,
                "consensus": "yes",
            }
        ]
    ).assign(entropy_ci_low=0.6, entropy_ci_high=0.95)
    flow = pd.DataFrame(
        [("records", "records in the export", 47, math.nan, ""), ("partial", "half empty", 45, 2, "half empty")],
        columns=["step", "label", "n", "excluded", "reason"],
    )
    kinds = {"not_asked": 2, "blank": 2, "dont_know": 3, "not_applicable": 0, "refused": 0, "invalid": 0}
    appendix = pd.DataFrame([{"variable": name, **kinds} for name in ("treat", "days")])
    appendix.loc[1, ["blank", "dont_know", "invalid"]] = [3, 3, 1]
    write_table(appendix, tmp_path / "appendix.csv")
    write_table(frequencies, tmp_path / "frequencies.parquet")
    write_table(numeric, tmp_path / "numeric.parquet")
    write_table(agreement, tmp_path / "agreement.parquet")
    write_table(flow, tmp_path / "flow.csv")
    return tmp_path


def domain(inputs, out, domain="d"):
    tables = ["--frequencies", inputs / "frequencies.parquet", "--numeric", inputs / "numeric.parquet"]
    tables += ["--appendix", inputs / "appendix.csv"]
    return ["--study", inputs / "study", "--domain", domain, *tables, "--fonts", FONTS, "--out", out]


def text(arguments):
    return [str(argument) for argument in arguments]


def test_a_domain_is_drawn_in_every_format_with_its_data(inputs):
    draw_domain.main(text(domain(inputs, inputs / "figures" / "d")))
    assert sorted(path.name for path in (inputs / "figures").iterdir()) == [f"d{suffix}" for suffix in SUFFIXES]
    drawn = read_table(inputs / "figures" / "d.csv")
    assert list(drawn["mark"]) == ["percent", "percent", "apart", "median"]
    assert list(drawn["n"]) == [30, 10, 3, 38]
    assert list(drawn["n_not_asked"].astype(int)) == [2, 2, 2, 2]
    assert drawn.iloc[3][["n_asked", "n_blank", "n_dont_know", "n_invalid"]].astype(int).tolist() == [45, 3, 3, 1]
    alt = (inputs / "figures" / "d.alt.txt").read_text(encoding="utf-8")
    assert "Do you treat fever? Most frequent answer: Yes, 30/40 (75%)." in alt
    assert alt.startswith("Simulated data.")


def test_png_has_300_dots_per_inch_and_the_widths_of_the_journal(inputs):
    from PIL import Image

    draw_domain.main(text(domain(inputs, inputs / "d")))
    for name, millimetres in (("d.png", 178), ("d-86mm.png", 86)):
        with Image.open(inputs / name) as image:
            assert image.size[0] == pytest.approx(millimetres / 25.4 * 300, abs=1)
            assert image.info["dpi"][0] == pytest.approx(300, abs=0.1)


def test_a_domain_of_free_text_gives_a_figure_that_says_so(inputs):
    draw_domain.main(text(domain(inputs, inputs / "e", "e")))
    assert read_table(inputs / "e.csv").empty
    assert "Nothing to draw" in (inputs / "e.alt.txt").read_text(encoding="utf-8")


def test_an_unknown_domain_is_named(inputs):
    with pytest.raises(BadInput, match="no domain 'dd'"):
        draw_domain.main(text(domain(inputs, inputs / "x", "dd")))


def test_agreement_and_flow_are_drawn(inputs):
    shared = ["--study", inputs / "study", "--fonts", FONTS]
    draw_agreement.main(text([*shared, "--agreement", inputs / "agreement.parquet", "--out", inputs / "agreement"]))
    draw_flow.main(text([*shared, "--flow", inputs / "flow.csv", "--out", inputs / "flow_figure"]))
    for name in ("agreement", "flow_figure"):
        assert all((inputs / f"{name}{suffix}").stat().st_size > 0 for suffix in SUFFIXES)
    drawn = read_table(inputs / "agreement.csv")
    assert list(drawn["top_label"]) == ["Yes"]
    assert list(drawn["entropy"]) == [0.81]
    assert "2 excluded: half empty." in (inputs / "flow_figure.alt.txt").read_text(encoding="utf-8")


def test_without_the_fonts_nothing_is_written(inputs):
    (inputs / "fonts").mkdir()
    arguments = text(domain(inputs, inputs / "d"))
    arguments[arguments.index(str(FONTS))] = str(inputs / "fonts")
    try:
        with pytest.raises(BadInput, match="Source Sans 3"):
            draw_domain.main(arguments)
    finally:
        Fonts(FONTS).register()
    assert not list(inputs.glob("d.*"))


def test_bytes_do_not_depend_on_home_or_hash_seed(inputs):
    """Without a home folder the program writes the same files, and complains of nothing."""
    script = PROJECT / "scripts" / "draw_domain.py"
    for number, home in enumerate(("/nowhere", str(inputs))):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "PYTHONHASHSEED": str(number),
            "TZ": ("UTC", "Asia/Tokyo")[number],
        }
        command = text([sys.executable, script, *domain(inputs, inputs / str(number) / "d")])
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("d: 2 items, 4 rows drawn\n", "")
    for suffix in SUFFIXES:
        assert (inputs / "0" / f"d{suffix}").read_bytes() == (inputs / "1" / f"d{suffix}").read_bytes(), suffix
