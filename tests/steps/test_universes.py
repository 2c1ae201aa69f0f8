"""Conclusions computed again in every combination of other choices, and how they are told and drawn."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ROOT, call
from small import PLAIN, change, write_export
from steps.test_ingest_to_clean import clean, describe, ingest, match_frame, rows, select

from survey import figures_sensitivity, sensitivity, style
from survey.errors import BadInput
from survey.study import read_study
from survey.tables import read_rows, write_rows
from survey.universes import universes, varied

# Nine of the ten answers count: drug A in five, or in six where the text of "other" is read.
DRUGS = ["Drug A"] * 5 + ["Drug B"] * 2 + ["No drug", "-oth-", "Do not know"]
RECORDS = [
    {
        **PLAIN,
        "centre": f"C{at:02}",
        "drug": drug,
        "days": str(at),
        "size": "Small" if at < 8 else "Large",
        "lastpage": "20",
    }
    for at, drug in enumerate(DRUGS, 1)
]
RECORDS[8]["drug[other]"] = "alpha"
LATE = {**PLAIN, "centre": "C11", "size": "Large", "drug": "Drug B", "submitdate": "2023-03-05", "lastpage": "20"}
PARTIAL = {"centre": "C12", "size": "Large", "drug": "Drug B", "submitdate": "", "lastpage": "20"}
AGAIN = {**PLAIN, "centre": "C01", "size": "Small", "drug": "Drug B", "submitdate": "2023-02-11", "lastpage": "20"}
LESS = {"order[3]": "", "tests[mri]": "", "comment": "", "days": ""}
FIRST = {"comment": "an answer more than in the later one"}
TWICE = {"more": [AGAIN | LESS], "changed": {1: FIRST}}
EVERYTHING = {
    "partial": ["excluded", "counted"],
    "late": ["excluded", "counted"],
    "speeders": ["excluded", "counted"],
    "duplicate": ["most_complete", "last"],
    "dont_know": ["excluded", "counted"],
    "other": ["recoded", "as_given"],
    "weights": ["unweighted", "weighted"],
    "interval": ["wilson", "hypergeometric"],
    "consensus": [75, 55],
}
CLAIMS = [
    *("percent(drug, a) > 55", "percent(drug, a | size == small) > 60", "percent_all(tests, blood, mri) > 50"),
    *("count(drug, a) == 6", "answered(drug) == 9", "asked(drug) == 10", "median(days) < 6", "mean(days) < 6"),
    *("distinct(drug) == 4", "entropy(drug) < 0.9", "agreed(care) > 0", "p(drug, size) > 0.05", "top(drug) == a"),
    *("consensus(drug) == no", "differs(drug, size) == no", "response_rate(RR1) == 83", "response_rate(RR2) == 83"),
    *("invited() == 12", "analysed() == 10", "percent(drug, a) > percent(drug, b)", "percent(drug, a) == 55"),
]


def axes(study, **chosen):
    """Give a study the axes with their choices."""
    lists = ", ".join(f"{axis}: [{', '.join(map(str, choices))}]" for axis, choices in chosen.items())
    change(study / "study.yaml", "seed: 1", f"seed: 1\nsensitivity: {{axes: {{{lists}}}}}")


def claim(study, *predicates):
    lines = [f"- {{id: c{at}, statement: said {at}., predicate: '{text}'}}" for at, text in enumerate(predicates)]
    (study / "claims.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def varying(small):
    """The small study, so that it can have every axis; its export has a record for each to decide on."""
    change(small / "study.yaml", "answered_below: 0.5}", "answered_below: 0.5, disposition: partial}")
    change(
        small / "study.yaml",
        "seed: 1",
        "weights: {method: rake, margins: [size], comparisons: unweighted}\n"
        "flags: [{id: fast, reason: too fast, duration: minutes, below: 1}]\n"
        "thresholds: {consensus: 75, near: 50}\n"
        "areas: [{title: Drugs, items: [drug]}, {title: Tests, items: [tests]}]\n"
        "seed: 1",
    )
    change(
        small / "study.yaml",
        "  - {id: duplicate",
        "  - {id: hasty, reason: too fast, flagged: fast}\n  - {id: duplicate",
    )
    change(
        small / "codebook.csv",
        "comment,care",
        "minutes,care,numeric,Minutes,Minutes,lastpage,min,,,,,ignore,\ncomment,care",
    )
    export(small)
    return small


def export(study, *more, changed=()):
    records = [record | dict(changed).get(at, {}) for at, record in enumerate(RECORDS, 1)]
    write_export(study / "export.csv", [*records, *more])


def run(study, out, *parts):
    """Ingest, run the universes in parts, collect; the three tables."""
    assert ingest(study, out).returncode == 0
    stems = [out / f"parts/{at}" for at in range(len(parts) or 1)]
    for stem, part in zip(stems, parts or [()], strict=True):
        process = universes_of(study, out, stem, *part)
        assert process.returncode == 0, process.stderr
    process = collected(study, out, stems)
    assert process.returncode == 0, process.stderr
    return [rows(out / f"stats/sensitivity{suffix}.csv") for suffix in ("", "_summary", "_effects")]


def universes_of(study, out, stem, *part):
    return call(
        "run_universes", "--study", study, "--responses", out / "ingest/responses.parquet",
        "--columns", out / "ingest/columns.csv", "--part", *part, "--out", stem,
    )  # fmt: skip


def collected(study, out, stems, *more):
    parts = [f"{stem}.parquet" for stem in stems]
    return call("collect_sensitivity", "--study", study, "--parts", *parts, *more, "--out", out / "stats/sensitivity")


def main_results(study, out):
    """The study run by its own steps: claims and agreement of all domains."""
    done = [ingest(study, out), select(study, out), *(clean(study, out, domain) for domain in ("centre", "care"))]
    done += [
        match_frame(study, out),
        *(describe(study, out, name, "centre", weighted=True) for name in ("centre", "care")),
    ]
    stats, sample = out / "stats", out / "clean/sample.parquet"
    tables = [stats / f"{domain}/agreement.parquet" for domain in ("centre", "care")]
    done += [
        call("rank_agreement", "--domains", *tables, "--out", stats / "agreement"),
        call("collect_comparisons", "--study", study, "--stats", stats, "--out", stats / "comparisons"),
        call("assess_response", "--study", study, "--sample", sample, "--out", stats),
        call(
            "check_claims", "--study", study, "--stats", stats, "--clean", out / "clean/domains", "--sample", sample,
            "--out", stats / "claims",
        ),
    ]  # fmt: skip
    assert [process.stderr for process in done if process.returncode] == []
    return rows(stats / "claims.csv"), read_rows(stats / "agreement.parquet")


def told(table):
    names = ("computed", "found", "ci_low", "ci_high", "verdict")
    return [[row[name] for name in names] for row in table if row.get("kind", "claim") == "claim"]


def test_the_first_universe_is_the_study_as_it_is(varying, tmp_path):
    """Every figure that a claim can be of, and the ranks of the areas, are those of the study's own steps."""
    claim(varying, *CLAIMS)
    axes(varying, **EVERYTHING)
    export(varying, LATE, PARTIAL, AGAIN | LESS, changed={2: {"lastpage": "0.5"}, 1: FIRST}.items())
    ingest(varying, tmp_path / "r")
    first = [f"{axis}={choice}" for axis, choice in universes(read_study(varying))[0].items()]
    assert universes_of(varying, tmp_path / "r", tmp_path / "first", *first).returncode == 0
    found = rows(tmp_path / "first.csv")
    claims, agreement = main_results(varying, tmp_path / "main")
    assert told(found) == told(claims)
    entropy = {row["item"]: row["entropy"] for row in agreement}
    ranked = sorted(("area_1", "area_2"), key=lambda name: entropy[{"area_1": "drug", "area_2": "tests"}[name]])
    areas = [row for row in found if row["kind"] == "area"]
    assert [row["conclusion"] for row in sorted(areas, key=lambda row: int(row["area_rank"]))] == ranked


def test_a_universe_is_the_study_with_these_choices(varying, tmp_path):
    """As if a person had made the same choices in the study's files and run its own steps."""
    claim(varying, *CLAIMS)
    axes(varying, **EVERYTHING)
    export(varying, LATE, PARTIAL, AGAIN | LESS, changed={2: {"lastpage": "0.5"}, 1: FIRST}.items())
    ingest(varying, tmp_path / "r")
    last = {axis: str(choices[-1]) for axis, choices in EVERYTHING.items()} | {"weights": "unweighted"}
    part = [f"{axis}={choice}" for axis, choice in last.items()]
    assert universes_of(varying, tmp_path / "r", tmp_path / "last", *part).returncode == 0
    settings = varying / "study.yaml"
    for rule in (
        "  - {id: partial, reason: too little answered, answered_below: 0.5, disposition: partial}\n",
        "  - {id: outside_window, reason: too late}\n",
        "  - {id: hasty, reason: too fast, flagged: fast}\n",
    ):
        change(settings, rule, "")
    change(settings, "keep: most_complete", "keep: last")
    change(settings, "consensus: 75", "consensus: 55")
    change(settings, "target: finite_population", "target: finite_population, method: hypergeometric")
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text[: text.index("sensitivity:")] + "other_texts: as_given\n", encoding="utf-8")
    change(
        varying / "options.csv", "drug,dont_know,Do not know,5,,dont_know", "drug,dont_know,Do not know,5,,substantive"
    )
    change(varying / "options.csv", "tests,unsure,Not sure,4,,dont_know", "tests,unsure,Not sure,4,,substantive")
    claims, _ = main_results(varying, tmp_path / "main")
    assert told(rows(tmp_path / "last.csv")) == told(claims)
    assert len({row["computed"] for row in claims}) > 8


@pytest.mark.parametrize(
    ("axis", "choices", "predicate", "records"),
    [
        ("partial", ["excluded", "counted"], "percent(drug, a) > 65", {"more": [PARTIAL]}),
        ("late", ["excluded", "counted"], "percent(drug, a) > 65", {"more": [LATE]}),
        ("speeders", ["excluded", "counted"], "percent(drug, b) < 20", {"changed": {6: {"lastpage": "0.5"}}}),
        ("duplicate", ["most_complete", "last"], "percent(drug, a) > 65", TWICE),
        ("dont_know", ["excluded", "counted"], "percent(drug, a) > 65", {}),
        ("other", ["recoded", "as_given"], "percent(drug, a) > 65", {}),
        ("weights", ["unweighted", "weighted"], "percent(drug, a) > 65", {}),
        ("consensus", [75, 55], "consensus(drug) != yes", {}),
    ],
)  # fmt: skip
def test_each_axis_can_decide_a_claim(varying, tmp_path, axis, choices, predicate, records):
    claim(varying, predicate)
    axes(varying, **{axis: choices})
    export(varying, *records.get("more", ()), changed=records.get("changed", {}).items())
    found, summary, effects = run(varying, tmp_path / "r")
    assert [(row[axis], row["holds"]) for row in found if row["kind"] == "claim"] == [
        (str(choices[0]), "yes"),
        (str(choices[1]), "no"),
    ]
    assert (summary[0]["universes"], summary[0]["percent"]) == ("2", "50")
    assert (summary[0]["axis"], summary[0]["axis_effect"]) == (axis, "100")
    assert [row["effect"] for row in effects if row["quantity"] == "holds" and row["kind"] == "claim"] == ["100"]


def test_the_method_of_interval_moves_what_the_interval_decides_and_not_the_verdict(varying, tmp_path):
    claim(varying, "percent(drug, a) > 55")
    axes(varying, interval=["wilson", "hypergeometric"])
    found, _, _ = run(varying, tmp_path / "r")
    low = sorted(float(row["ci_low"]) for row in found if row["kind"] == "claim")
    assert low[0] < low[1]
    claim(varying, f"percent(drug, a) > {sum(low) / 2:.2f}")
    found, summary, _ = run(varying, tmp_path / "again")
    assert [row["verdict"] for row in found if row["kind"] == "claim"] == ["holds", "holds"]
    assert sorted(row["decided"] for row in found if row["kind"] == "claim") == ["no", "yes"]
    assert summary[0]["decided_percent"] == "50"


def test_weighted_shares_are_those_of_the_statistics(varying, tmp_path):
    claim(varying, "percent(drug, a) > 65", "top(drug) == a", "median(days) > 0")
    axes(varying, weights=["unweighted", "weighted"])
    found, _, _ = run(varying, tmp_path / "r")
    main_results(varying, tmp_path / "main")
    shares = {row["option"]: row for row in rows(tmp_path / "main/stats/care/frequencies.csv") if row["item"] == "drug"}
    weighted = [row for row in found if row["weights"] == "weighted"]
    assert weighted[0]["computed"] == shares["a"]["weighted_percent"]
    assert (weighted[0]["ci_low"], weighted[0]["ci_high"]) == (
        shares["a"]["weighted_ci_low"],
        shares["a"]["weighted_ci_high"],
    )
    medians = {row["computed"] for row in found if row["conclusion"] == "c2"}
    assert len(medians) == 1
    entropies = {row["computed"] for row in found if row["conclusion"] == "area_1"}
    assert len(entropies) == 2


def test_however_the_work_is_divided_the_tables_have_the_same_bytes(varying, tmp_path):
    claim(varying, *CLAIMS[:3])
    axes(varying, late=["excluded", "counted"], other=["recoded", "as_given"], consensus=[70, 75])
    export(varying, LATE)
    run(varying, tmp_path / "whole")
    run(
        varying,
        tmp_path / "parts",
        *([f"consensus={limit}", f"late={late}"] for limit, late in product((75, 70), EVERYTHING["late"])),
    )
    names = sorted(path.name for path in (tmp_path / "whole/stats").iterdir())
    assert len(names) == 6
    for name in names:
        assert (tmp_path / "parts/stats" / name).read_bytes() == (tmp_path / "whole/stats" / name).read_bytes()


def test_a_universe_that_cannot_be_computed_is_named(varying, tmp_path):
    """Both large centres answered late: in the window there is none to weight."""
    claim(varying)
    axes(varying, late=["counted", "excluded"], weights=["unweighted", "weighted"])
    late = {"submitdate": "2023-03-05"}
    export(varying, changed={8: late, 9: late, 10: late}.items())
    ingest(varying, tmp_path / "r")
    process = universes_of(varying, tmp_path / "r", tmp_path / "part")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "universe 1, late excluded, weights unweighted: " in process.stderr
    assert "no record of size 'large'" in process.stderr
    assert not (tmp_path / "part.parquet").exists()


def test_a_study_without_axes_and_a_part_without_universes_are_refused(varying, tmp_path):
    ingest(varying, tmp_path / "r")
    process = universes_of(varying, tmp_path / "r", tmp_path / "part")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "name the axes to try under sensitivity" in process.stderr
    axes(varying, late=["excluded", "counted"])
    process = universes_of(varying, tmp_path / "r", tmp_path / "part", "late=counte")
    assert (process.returncode, process.stderr) == (
        2,
        f"error: {varying}/study.yaml sensitivity: no universe has late=counte\n",
    )


MISTAKES = [
    ("{axes: {parial: [excluded, counted]}}", "sensitivity axes: unknown key 'parial'; did you mean 'partial'?"),
    ("{axes: {partial: [excluded, conted]}}", "'conted' is none of excluded, counted; did you mean 'counted'?"),
    ("{axes: {partial: [excluded]}}", "sensitivity axes partial: ['excluded'] is too short"),
    ("{axes: {duplicate: [first, last]}}", "duplicate: the study's own choice, most_complete, is not among"),
    ("{axes: {consensus: [70, 80]}}", "axes consensus: the study's own choice, 75, is not among its choices"),
    ("{axes: {consensus: [60, 75]}}", "axes consensus: 60 is below thresholds.near, 65"),
    ("{axes: {partial: [excluded, counted]}}", "needs a rule of selection with disposition partial; leave"),
    ("{axes: {speeders: [excluded, counted]}}", "axes speeders: needs flags with duration or started"),
    ("{axes: {weights: [unweighted, weighted]}}", "axes weights: needs weights, or an item of role weight"),
    ("{axes: {interval: [wilson, jeffreys]}}", "axes interval: 'jeffreys' is not offered for finite_population"),
    ("{axes: {late: [excluded, counted]}, split: [lat]}", "split: 'lat' is not one of the axes; did you mean 'late'?"),
    ("{axes: {}}", "sensitivity axes: {} should be non-empty"),
    (f"{{axes: {{late: [excluded, counted], consensus: {[*range(65, 100)]}, duplicate: [most_complete, first, last],"
     " other: [recoded, as_given], dont_know: [excluded, counted], interval: [wilson, goodman, hypergeometric]}}",
     "sensitivity axes: 2520 universes, more than 2000; leave out axes or choices"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), MISTAKES)
def test_an_axis_that_cannot_be_had_is_named(small, text, complaint):
    change(small / "study.yaml", "seed: 1", f"seed: 1\nsensitivity: {text}")
    with pytest.raises(BadInput) as error:
        read_study(small)
    assert complaint in str(error.value)
    assert "study.yaml" in str(error.value)


def test_flags_for_haste_that_exclude_nobody_exclude_in_the_other_universe(varying):
    change(varying / "study.yaml", "  - {id: hasty, reason: too fast, flagged: fast}\n", "")
    axes(varying, speeders=["counted", "excluded"])
    study = read_study(varying)
    assert universes(study) == [{"speeders": "counted"}, {"speeders": "excluded"}]
    rules = varied(study, {"speeders": "excluded"}).selection
    assert [rule["id"] for rule in rules][-2:] == ["speeder_fast", "duplicate"]
    assert varied(study, {"speeders": "counted"}).selection == study.selection


def universe_rows(choices, decide):
    """A conclusion in every combination of choices; decide: whether it holds in one."""
    plan = [dict(zip(choices, line, strict=True)) for line in product(*choices.values())]
    about = {
        "kind": "claim",
        "conclusion": "c0",
        "computed": math.nan,
        "decided": "",
        "area_rank": math.nan,
        "verdict": "",
    }
    return [
        about | universe | {"universe": at, "holds": "yes" if decide(universe) else "no"}
        for at, universe in enumerate(plan, 1)
    ]


class Plan:
    """What `effects` and `summary` ask of a study."""

    def __init__(self, choices):
        self.sensitivity = {"axes": choices}
        self.claims, self.areas = [{"id": "c0", "statement": "said."}], [{"title": "A", "items": []}]
        self.selection = [{"id": "outside_window"}, {"id": "p", "disposition": "partial"}, {"id": "d", "keep": "first"}]


CHOICES = {
    "late": ["excluded", "counted"],
    "duplicate": ["first", "last", "most_complete"],
    "partial": ["excluded", "counted"],
}


@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_summary_is_the_share_of_universes_and_the_axis_of_the_largest_difference(held):
    verdicts = iter(held)
    table = universe_rows(CHOICES, lambda universe: next(verdicts))
    effects = sensitivity.effects(table, Plan(CHOICES))
    (row,) = sensitivity.summary(table, effects, Plan(CHOICES))
    assert row["percent"] == pytest.approx(100 * sum(held) / 12)
    for effect in effects:
        shares = [
            sum(one["holds"] == "yes" for one in table if one[effect["axis"]] == choice)
            * len(CHOICES[effect["axis"]])
            / 12
            for choice in CHOICES[effect["axis"]]
        ]
        assert effect["effect"] == pytest.approx(100 * (max(shares) - min(shares)))
    largest = max(effect["effect"] for effect in effects)
    assert row.get("axis_effect", 0) == pytest.approx(largest, abs=1e-9)
    assert ("axis" in row) == (largest > 1e-9)


@pytest.mark.parametrize("axis", CHOICES)
def test_an_axis_that_alone_decides_moves_all_and_the_others_nothing(axis):
    effects = sensitivity.effects(universe_rows(CHOICES, lambda one: one[axis] == CHOICES[axis][1]), Plan(CHOICES))
    assert {effect["axis"]: round(effect["effect"], 9) for effect in effects} == dict.fromkeys(CHOICES, 0.0) | {
        axis: 100.0
    }


def test_a_study_that_withholds_small_counts_publishes_shares_of_universes_alone(varying, tmp_path):
    """No figure, no verdict of a single universe, and nothing of a claim that is not testable in the study."""
    claim(varying, "percent(drug, a) > 65", "count(drug, b) == 2", "analysed() == 10")
    change(varying / "study.yaml", "seed: 1", "disclosure: {minimum_cell: 3}\nseed: 1")
    axes(varying, late=["excluded", "counted"], dont_know=["excluded", "counted"])
    export(varying, LATE)
    out = tmp_path / "r"
    assert ingest(varying, out).returncode == 0
    assert universes_of(varying, out, out / "part").returncode == 0
    process = collected(varying, out, [out / "part"])
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert "withholds small counts; give --claims" in process.stderr
    verdicts = [("c0", "holds"), ("c1", "not testable"), ("c2", "holds")]
    told = [{"claim": name, "verdict": verdict} for name, verdict in verdicts]
    write_rows(told, ["claim", "verdict"], tmp_path / "claims")
    process = collected(varying, out, [out / "part"], "--claims", tmp_path / "claims.parquet")
    assert process.returncode == 0, process.stderr
    assert rows(out / "stats/sensitivity.csv") == []
    assert rows(out / "stats/sensitivity_effects.csv") == []
    summary = rows(out / "stats/sensitivity_summary.csv")
    shown = [{name for name, cell in row.items() if cell} for row in summary]
    whole = {"kind", "conclusion", "label", "universes", "percent"}
    assert shown == [whole, whole - {"universes", "percent"}, whole, whole, whole]
    assert "said 1" not in process.stdout
    study = read_study(varying)
    found = figures_sensitivity.curve(study, [], read_rows(out / "stats/sensitivity_summary.parquet"))
    assert set(figures_sensitivity.drawn_table(found)["places"]) == {""}
    text = drawn(study, found, style.DOUBLE_COLUMN)
    assert any("Counts below 3" in words for words in text)


def drawn(study, found, width):
    """The texts of the figure, none of which lies beyond its edges."""
    fonts = style.Fonts(ROOT / "resources" / "fonts")
    fonts.register()
    figure = figures_sensitivity.sensitivity_figure(study, found, fonts, width)
    figure.canvas.draw()
    right, top = figure.canvas.get_width_height()
    texts = [text for axes in figure.axes for text in axes.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= right and box.y1 <= top for box in boxes)
    return {text.get_text() for text in texts}


def test_the_figure_shows_every_conclusion_and_choice_and_clips_nothing(varying, tmp_path):
    claim(varying, "percent(drug, a) > 65", "percent(drug, a) > 5")
    axes(varying, late=["excluded", "counted"], consensus=[75, 80])
    export(varying, LATE)
    run(varying, tmp_path)
    study = read_study(varying)
    universes_read, summary = (read_rows(tmp_path / f"stats/sensitivity{name}.parquet") for name in ("", "_summary"))
    found = figures_sensitivity.curve(study, universes_read, summary)
    for width in style.WIDTHS.values():
        texts = drawn(study, found, width)
        assert {
            "said 0.",
            "said 1.",
            "Drugs",
            "Tests",
            "Late answers: left out",
            "Threshold of consensus: 80%",
        } <= texts
        assert {"Simulated data", "100%", "50%"} <= texts
    assert "Late answers (100)" in drawn(study, found, style.DOUBLE_COLUMN)
    alt = figures_sensitivity.sensitivity_alt(study, found)
    assert "4 universes" in alt
    assert "1 of 2 claims" in alt
    assert "said 0 (50%, moved most by: Late answers)" in alt


def test_the_figure_is_drawn_from_the_tables_and_its_table_tells_every_universe(varying, tmp_path):
    claim(varying, "percent(drug, a) > 65")
    axes(varying, late=["excluded", "counted"], consensus=[75, 80])
    export(varying, LATE)
    table, _, _ = run(varying, tmp_path)
    process = call(
        "draw_sensitivity", "--study", varying, "--universes", tmp_path / "stats/sensitivity.parquet",
        "--summary", tmp_path / "stats/sensitivity_summary.parquet", "--fonts", ROOT / "resources/fonts",
        "--out", tmp_path / "figure",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    lines = {(row["panel"], row["label"]): row["places"] for row in rows(tmp_path / "figure.csv")}
    order = lines["universes", "in order"].split()
    held = {row["universe"] for row in table if row["holds"] == "yes" and row["kind"] == "claim"}
    assert lines["claim", "said 0."] == f"1-{len(held)}"
    assert set(order[: len(held)]) == held
    late = {row["universe"] for row in table if row["late"] == "counted"}
    first, last = map(int, lines["late", "counted"].split("-"))
    assert set(order[first - 1 : last]) == late
