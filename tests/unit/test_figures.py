import itertools
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from legible import assert_legible, words

from survey import figures_agreement, figures_domain, figures_flow, style
from survey.answers import KINDS
from survey.errors import BadInput
from survey.study import METHODS, Item, Option

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"
LONG = "A very long answer that has to be wrapped because it explains in detail what was done, when and by whom"


@pytest.fixture(scope="module")
def fonts():
    fonts = style.Fonts(FONTS)
    fonts.register()
    return fonts


def make_item(name, kind, options=(), unit=""):
    options = tuple(Option(code, label, (), sort) for code, label, sort in options)
    question = f"Question {name}: what does your centre do when the patient has fever of unknown origin?"
    numbers = {"minimum": None, "maximum": None, "asked_if": None, "direction": "", "role": "outcome", "note": ""}
    return Item(name, "d", kind, question, f"Label of {name}", name, unit, **numbers, options=options)


class FakeStudy(SimpleNamespace):
    def domain_items(self, domain):
        return [item for item in self.items if item.domain == domain]

    def item(self, name):
        return next(item for item in self.items if item.name == name)


def make_study(items, simulated=True):
    return FakeStudy(
        items=items,
        simulated=simulated,
        minimum_cell=0,
        cluster=None,
        domains=[{"id": "d", "title": "Severe and refractory toxicity"}],
        inference={"target": "finite_population", "method": "wilson", "level": 95},
        thresholds={"consensus": 75, "near": 65},
        areas=[],
    )


def frequencies_of(item, counts, base, missing=0, not_asked=0):
    rows = []
    for option, n in zip(item.options, counts, strict=True):
        share = 100 * n / base if base and option.counts else math.nan
        rows.append(
            {
                "domain": "d",
                "item": item.name,
                "option": option.code,
                "option_label": option.label,
                "n": n,
                "n_valid": base,
                "n_asked": base + missing,
                "n_missing": missing,
                "n_not_asked": not_asked,
                "percent": share,
                "ci_low": max(share - 8, 0) if 0 < n < base else share,
                "ci_high": min(share + 8, 100) if 0 < n < base else share,
            }
        )
    return rows


def numeric_of(item, n, values):
    low, q1, ci_low, median, ci_high, q3, high = values
    return {
        "domain": "d",
        "item": item.name,
        "unit": item.unit,
        "n": n,
        "n_missing": 106 - n,
        "mean": median,
        "median": median,
        "q1": q1,
        "q3": q3,
        "min": low,
        "max": high,
        "median_ci_low": ci_low,
        "median_ci_high": ci_high,
    }


def yes_no(name):
    return make_item(name, "single", [("yes", "Yes", "substantive"), ("no", "No", "substantive")])


def hard_domain():
    """Everything that is awkward: long words, none, all, an empty base, one or 25 options, wide ranges."""
    single = make_item(
        "single",
        "single",
        [
            ("a", LONG, "substantive"),
            ("b", "Anticytokinehyperinflammatorysyndromeprophylaxisregimen" * 2, "other"),
            ("dk", "Do not know", "dont_know"),
            ("na", "Not applicable", "not_applicable"),
        ],
    )
    everyone, nobody = yes_no("everyone"), yes_no("nobody")
    one = make_item("one", "single", [("only", "Only this", "substantive")])
    country = make_item("country", "single", [(f"c{i}", f"Country {i}", "substantive") for i in range(25)])
    many = make_item(
        "many", "multiple", [(f"m{i}", f"Drug {i}, 5 mg/kg \\ $x$ & <b>", "substantive") for i in range(14)]
    )
    rank = make_item("rank", "rank", [(f"r{i}", f"Reason {i}", "substantive") for i in range(6)])
    days, same, empty = (make_item(name, "numeric", unit="days") for name in ("days", "same", "empty"))
    items = [single, everyone, nobody, one, country, many, days, same, empty, rank]
    frequencies = pd.DataFrame(
        frequencies_of(single, [60, 40, 3, 1], 100, missing=6)
        + frequencies_of(everyone, [106, 0], 106)
        + frequencies_of(nobody, [0, 0], 0, not_asked=106)
        + frequencies_of(one, [45], 45, not_asked=61)
        + frequencies_of(country, list(range(25)), 300)
        + frequencies_of(many, [106, 105, 1, 0, *range(10, 20)], 106)
        + frequencies_of(rank, [1, 20, 30, 40, 5, 2], 98, missing=8)
    )
    ranks = [numeric_of(replace(rank, name=f"rank[r{i}]"), 98, (1, 1, 2, 2.5, 3, 4, 6)) for i in range(6)]
    numeric = pd.DataFrame(
        [
            numeric_of(days, 100, (-3, 14, 20, 28.5, 30, 400, 123456)),
            numeric_of(same, 3, (7,) * 7),
            numeric_of(empty, 0, (math.nan,) * 7),
            *ranks,
        ]
    )
    return make_study(items), frequencies, numeric


def large_domain(items):
    """Items with seven options each, more than fit easily."""
    study = make_study(
        [
            make_item(f"i{k}", "ordinal", [(f"o{j}", f"Answer {j}", "substantive") for j in range(7)])
            for k in range(items)
        ]
    )
    rows = [row for item in study.items for row in frequencies_of(item, [20, 0, 30, 40, 5, 3, 8], 106)]
    return study, pd.DataFrame(rows), pd.DataFrame(columns=["domain", "item"])


def appendix_of(study, frequencies, numeric):
    """The kinds of missing that the other tables imply, whoever is not told apart having left the item blank."""
    rows = []
    for item in study.items:
        own = frequencies[frequencies["item"] == item.name]
        about = own.iloc[0] if len(own) else numeric[numeric["item"] == item.name].iloc[0]
        kinds = dict.fromkeys(KINDS, 0) | {"not_asked": about.get("n_not_asked", 0)}
        for option in item.options:
            if not option.counts:
                kinds[option.kind] += own.loc[own["option"] == option.code, "n"].item()
        kinds["blank"] = about["n_missing"] - sum(kinds[option.kind] for option in item.options if not option.counts)
        rows.append({"variable": item.name, **kinds})
    return pd.DataFrame(rows)


def draw(study, frequencies, numeric, fonts, width=style.DOUBLE_COLUMN):
    appendix = appendix_of(study, frequencies, numeric)
    blocks = figures_domain.domain_blocks(study, "d", frequencies, numeric, appendix)
    plan = figures_domain.page_plan(study, "d", blocks, fonts)
    figure = figures_domain.domain_figure(study, "d", plan, fonts, width)
    return figure, plan, figures_domain.drawn_table(plan)


def agreement(count):
    items = [yes_no(f"i{number}") for number in range(count)]
    study = make_study(items)
    rows = [
        {
            "domain": "d",
            "item": item.name,
            "top_option": "yes",
            "top_percent": 100 - 50 * k / count,
            "entropy": k / count,
            "entropy_ci_low": max(k / count - 0.05, 0),
            "entropy_ci_high": min(k / count + 0.05, 1),
            "consensus": ("yes", "near", "no")[min(3 * k // count, 2)],
        }
        for k, item in enumerate(items)
    ]
    return study, pd.DataFrame(rows)


def flow():
    rows = [
        ("invited", "centres invited", 227, math.nan, ""),
        ("records", "records in the export", 152, math.nan, ""),
        ("partial", LONG, 120, 32, LONG),
        ("duplicate", "another answer of the same centre was kept", 106, 14, "another answer"),
        ("analysed", "records analysed", 106, math.nan, ""),
    ]
    return pd.DataFrame(rows, columns=["step", "label", "n", "excluded", "reason"])


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_a_hard_domain_is_neither_cut_off_nor_overlapping(fonts, width):
    figure, _, _ = draw(*hard_domain(), fonts, width)
    assert_legible(figure, width)


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("items", [1, 10, 13, 60])
def test_a_domain_of_any_size_fits_one_page(items, width, fonts):
    figure, plan, _ = draw(*large_domain(items), fonts, width)
    assert_legible(figure, width)
    assert len(plan.drawn) + len(plan.unseen) == items


def test_a_domain_of_seventy_options_shows_every_one(fonts):
    _, plan, table = draw(*large_domain(10), fonts)
    assert not plan.unseen
    assert (table["mark"] == "percent").sum() == 70


def test_every_count_is_drawn_or_counted_in_a_more_line(fonts):
    study, frequencies, numeric = hard_domain()
    _, _, table = draw(study, frequencies, numeric, fonts)
    drawn = table.set_index(["item", "option"])
    for name, rows in frequencies.groupby("item"):
        more = table[(table["item"] == name) & (table["mark"] == "more")]
        left_out = 0
        for row in rows.to_dict("records"):
            if (name, row["option"]) not in drawn.index:
                left_out += row["n"]
                continue
            shown = drawn.loc[(name, row["option"])]
            assert shown["n"] == row["n"]
            if shown["mark"] == "percent":
                for column in ("percent", "ci_low", "ci_high"):
                    assert shown[column] == pytest.approx(row[column], rel=0, abs=0, nan_ok=True)
                assert shown["base"] == row["n_valid"]
        assert more["n"].sum() == left_out
        missing = len(rows) - (table["item"] == name).sum() + len(more)
        assert more["options"].sum() == missing
    spread = table.set_index("item").loc["days"]
    assert [spread[c] for c in ("min", "q1", "ci_low", "median", "ci_high", "q3", "max")] == [
        -3,
        14,
        20,
        28.5,
        30,
        400,
        123456,
    ]


def test_answers_outside_the_base_are_named_apart(fonts):
    figure, _, table = draw(*hard_domain(), fonts)
    assert "Asked 106: 3 do not know, 1 not applicable, 2 left blank" in words(figure)
    assert "Asked 45; 61 not asked" in words(figure)
    assert "0/0 (–)" in words(figure)
    assert set(table.loc[table["mark"] == "apart", "option"]) == {"dk", "na"}


def test_a_long_list_of_countries_keeps_the_most_frequent(fonts):
    figure, _, table = draw(*hard_domain(), fonts)
    shown = table[(table["item"] == "country") & (table["mark"] == "percent")]
    assert list(shown["n"]) == list(range(24, 12, -1))
    assert "13 more in the table (together 78 answers)" in words(figure)


def test_simulated_data_is_said_when_and_only_when_it_is_true(fonts):
    study, frequencies, numeric = hard_domain()
    lines_study, table = agreement(5)
    for simulated in (True, False):
        study.simulated = lines_study.simulated = simulated
        lines = figures_agreement.agreement_lines(lines_study, table)
        steps = figures_flow.flow_steps(flow())
        _, plan, _ = draw(study, frequencies, numeric, fonts)
        figures = [
            draw(study, frequencies, numeric, fonts)[0],
            figures_agreement.agreement_figure(lines_study, lines, 70, fonts, style.DOUBLE_COLUMN),
            figures_flow.flow_figure(study, steps, fonts, style.DOUBLE_COLUMN),
        ]
        alts = [
            figures_domain.domain_alt(study, "d", plan),
            figures_agreement.agreement_alt(lines_study, lines),
            figures_flow.flow_alt(study, steps),
        ]
        for text in (*map(words, figures), *alts):
            assert ("Simulated data" in text) == simulated


def test_alt_text_names_the_top_answers_and_medians(fonts):
    study, frequencies, numeric = hard_domain()
    _, plan, _ = draw(study, frequencies, numeric, fonts)
    alt = figures_domain.domain_alt(study, "d", plan)
    assert f"Most frequent answer: {LONG}, 60/100 (60%)." in alt
    assert "Most often ranked first: Reason 3, 40/98 (41%)." in alt
    assert "Median 28.5 (14 to 400) days, range −3 to 123,456, 100 answers." in alt
    assert "\n" not in alt


@pytest.mark.parametrize("width", style.WIDTHS.values())
@pytest.mark.parametrize("count", [1, 70, 200])
def test_agreement_is_legible_for_any_number_of_questions(count, width, fonts):
    study, table = agreement(count)
    lines = figures_agreement.agreement_lines(study, table)
    room = figures_agreement.page_room(study, lines, fonts)
    figure = figures_agreement.agreement_figure(study, lines, room, fonts, width)
    assert_legible(figure, width)
    drawn = figures_agreement.drawn_table(lines, room)
    assert list(drawn["entropy"]) == sorted(table["entropy"])
    assert (drawn["drawn"] == "yes").all() or count > 70
    if count > 70:
        assert f"{(drawn['drawn'] == 'no').sum()} more questions between these" in words(figure)


def test_an_item_nobody_answered_comes_last_in_the_agreement_figure(fonts):
    study, table = agreement(4)
    table.loc[0, ["top_percent", "entropy", "entropy_ci_low", "entropy_ci_high"]] = math.nan
    table.loc[0, ["top_option", "consensus"]] = ""
    lines = figures_agreement.agreement_lines(study, table)
    assert lines[-1].item == "i0"
    figure = figures_agreement.agreement_figure(study, lines, 70, fonts, style.DOUBLE_COLUMN)
    assert "no answers" in words(figure)


def test_a_share_just_below_a_threshold_is_not_rounded_up_to_it():
    assert figures_agreement.share_text(64.6, (65, 75)) == "64.6%"
    assert figures_agreement.share_text(74.97, (65, 75)) == "74.97%"
    assert figures_agreement.share_text(65.4, (65, 75)) == "65%"
    assert figures_agreement.share_text(100, (65, 75)) == "100%"


@pytest.mark.parametrize("width", style.WIDTHS.values())
def test_flow_shows_every_exclusion_with_its_number(width, fonts):
    steps = figures_flow.flow_steps(flow())
    figure = figures_flow.flow_figure(make_study([]), steps, fonts, width)
    assert_legible(figure, width)
    shown = words(figure)
    for number in ("n = 227", "n = 152", "excluded, n = 32", "excluded, n = 14", "n = 106"):
        assert number in shown
    pd.testing.assert_frame_equal(figures_flow.drawn_table(steps), flow(), check_dtype=False)


def test_same_content_gives_the_same_bytes(fonts, tmp_path):
    for folder in ("one", "two"):
        _, _, table = draw(*hard_domain(), fonts)
        stem = tmp_path / folder / "d"
        style.save(lambda width: draw(*hard_domain(), fonts, width)[0], stem, "Title", "Alt & <text>", table)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    pictures = [f"d{width}.{kind}" for width in ("-86mm", "") for kind in ("pdf", "png", "svg")]
    assert names == sorted(["d.alt.txt", "d.csv", *pictures])
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_svg_tells_its_title_and_description_and_embeds_no_text_or_clock(fonts, tmp_path):
    _, _, table = draw(*hard_domain(), fonts)
    style.save(lambda width: draw(*hard_domain(), fonts, width)[0], tmp_path / "d", "Title", "Alt & <text>", table)
    svg = (tmp_path / "d.svg").read_text(encoding="utf-8")
    assert svg.count("<title>") == 1
    assert "<title>Title</title>\n <desc>Alt &amp; &lt;text&gt;</desc>" in svg
    assert "<text" not in svg
    assert "dc:date" not in svg
    assert b"CreationDate" not in (tmp_path / "d.pdf").read_bytes()


def test_a_missing_font_is_an_error(fonts, tmp_path):
    try:
        with pytest.raises(BadInput, match=r"Source Sans 3 \(normal\) is missing"):
            style.Fonts(tmp_path).register()
        (tmp_path / "SourceSans3-Regular.ttf").write_bytes((FONTS / "SourceSans3-Regular.ttf").read_bytes())
        with pytest.raises(BadInput, match=r"Source Sans 3 \(bold\) is missing"):
            style.Fonts(tmp_path).register()
    finally:
        fonts.register()


def test_a_character_that_no_font_has_is_an_error(fonts):
    with pytest.raises(BadInput, match=r"no font has the character '漢'"):
        fonts.measure("漢", style.BODY)


@given(text=st.text("abc é-()", max_size=80), width=st.floats(20, 200))
def test_wrapped_lines_fit_and_lose_no_letter(text, width):
    fonts = style.Fonts(FONTS)
    fonts.register()
    lines = fonts.wrap(text, width, style.BODY)
    assert all(fonts.measure(line, style.BODY) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(text.split())


@given(low=st.floats(-1e5, 1e5), extent=st.floats(0, 1e6))
def test_ticks_enclose_the_range(low, extent):
    high = low + extent
    ticks = figures_domain.nice_ticks(low, high)
    room = 1e-6 * max(1, abs(low), abs(high))
    assert ticks[0] <= low + room
    assert ticks[-1] >= high - room
    assert 3 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))


def test_a_share_that_is_not_all_or_none_is_never_printed_as_such():
    assert style.percent_text(100 / 300, 1, 300) == "1/300 (<1%)"
    assert style.percent_text(100 * 299 / 300, 299, 300) == "299/300 (>99%)"
    assert style.percent_text(0, 0, 300) == "0/300 (0%)"
    assert style.percent_text(12.5, 1, 8) == "1/8 (13%)"


def test_palette_can_be_told_apart_with_red_green_blindness():
    # Machado GM et al., IEEE Trans Vis Comput Graph 2009;15:1291-1298, severity 1.0, on linear RGB.
    deuteranopia = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    )
    protanopia = np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    )
    colours = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in style.PALETTE]) ** 2.2
    for sight in (np.eye(3), deuteranopia, protanopia):
        seen = np.clip(colours @ sight.T, 0, 1) ** (1 / 2.2)
        for first, second in itertools.combinations(seen, 2):
            assert np.linalg.norm(first - second) > 0.15
    shapes = [marker for _, marker, _ in figures_agreement.MARKS.values()]
    assert len(set(shapes)) == 3


def test_every_interval_that_a_study_may_ask_for_has_a_name_in_the_figures():
    asked_for = {method for methods in METHODS.values() for method in methods}
    assert set(figures_domain.METHODS) == asked_for


def test_colours_differ_for_every_kind_of_colour_vision():
    """Machado's simulation of the three kinds of colour blindness; 10 units of CAM02-UCS are plainly different."""
    from colorspacious import cspace_convert, deltaE

    def rgb(colour):
        return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]

    seen_by = ["sRGB1"]
    kinds = ("deuteranomaly", "protanomaly", "tritanomaly")
    seen_by += [{"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100} for kind in kinds]
    for eyes in seen_by:
        seen = [cspace_convert(rgb(colour), eyes, "sRGB1") for colour in style.PALETTE]
        for one, other in itertools.combinations(seen, 2):
            assert deltaE(one, other, input_space="sRGB1") > 10
        light = [
            cspace_convert(cspace_convert(rgb(style.shade(p)[0]), eyes, "sRGB1"), "sRGB1", "CAM02-UCS")[0]
            for p in range(0, 101, 10)
        ]
        assert all(later < earlier - 2 for earlier, later in itertools.pairwise(light))


def test_letters_on_a_shade_have_the_contrast_that_readers_need():
    """A ratio of 4.5, WCAG 2.2 level AA, of black or white letters on every shade."""

    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for percent in range(101):
        ground, dark = style.shade(percent)
        one, other = sorted((luminance(ground), luminance("#FFFFFF" if dark else "#000000")))
        assert (other + 0.05) / (one + 0.05) >= 4.5, percent
