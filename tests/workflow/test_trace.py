"""Any number can be followed to the cells it came from, and every one follows from them."""

import csv
import hashlib
import json
import re
import shutil
from collections import defaultdict

import pytest
import recount
from project import ROOT, SIMULATED, STUDY, call

from survey.checking import CHECKED, Finished, run_checks
from survey.provenance import COUNTED, Sources
from survey.recounting import Records
from survey.recounting import recount as again
from survey.study import Study, read_study
from survey.tracing import Tracer

EXPORT = SIMULATED / "ebmt-cart-2023.csv"
# What is not counted again: texts, p values, effects, intervals but Wilson's. Their bases are.
NOT_COUNTED = {
    "answer",
    "ci_low,ci_high",
    "code",
    "consensus",
    "definition",
    "denominator_printed",
    "domain_p_adjusted",
    "effect",
    "effect_ci_low,effect_ci_high",
    "effect_name",
    "evidence",
    "formula",
    "group",
    "item",
    "median_ci_low,median_ci_high",
    "note",
    "option_labels",
    "p",
    "p_adjusted",
    "predicate",
    "problem",
    "published",
    "published_ci_low,published_ci_high",
    "published_option",
    "published_question",
    "question",
    "reason",
    "reason,excluded",
    "reason_not_run",
    "rule",
    "section",
    "statement",
    "status",
    "stratum_difference",
    "study",
    "test",
    "unit",
    "verdict",
    "what",
    "where",
    "",
}


def walk(study, results, export):
    """Every value and every cell of the statistics, counted again; returns how many were, and what is wrong."""
    own, sources = recount.Recount(study, results, export), Sources(study, results)
    values = json.loads((results / "manuscript/values.json").read_text(encoding="utf-8"))
    records, wrong, counted, skipped = Records(results), [], 0, set()
    for key, entry in values.items():
        expected, found = own.value(key, entry), sources.of_value(key, entry)
        if not any(found[name] for name in ("terms", "rows", "declared", "values")) and entry["value"] not in (
            None,
            {},
            0,
        ):
            wrong.append((key, "comes from nowhere"))
        if expected is ...:
            skipped.add(entry["column"])
            continue
        counted += 1
        if not recount.same(entry["value"], expected):
            wrong.append((key, entry["value"], expected))
        traced = again(found, entry["column"], records)
        if traced is not None and isinstance(entry["value"], int | float) and not recount.same(entry["value"], traced):
            wrong.append((key, entry["value"], "traced", traced))
    assert skipped <= NOT_COUNTED
    for file in sorted({entry["file"] for entry in values.values() if entry["row"]}):
        for number, row in enumerate(own.table(file), start=2):
            for column, cell in row.items():
                expected = own.cell(file, row, column)
                if expected is not ...:
                    counted += 1
                    if not recount.same(cell, expected):
                        wrong.append((file, number, column, cell, expected))
    return counted, len(values), wrong


def whom(own, row):
    """The records that a row of frequencies or groups counts."""
    where = (row["group"], row["level"]) if "group" in row else ("", None)
    return own.choosing(row["item"], [row["option"]], *where)


@pytest.fixture(scope="module")
def results(paper):
    return paper / "results" / "ebmt-cart-2023"


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY)


@pytest.fixture(scope="module")
def finished(study, results):
    return Finished(study, results)


@pytest.fixture
def copied(results, tmp_path):
    """The results without their drawings, to be tampered with."""
    folder = tmp_path / "results" / "ebmt-cart-2023"
    shutil.copytree(results, folder, ignore=shutil.ignore_patterns("*.svg", "*.png", "*.pdf", "*.docx", "logs"))
    return folder


def trace(results, *arguments):
    return call("trace", results, *arguments)


def replace(path, old, new, count=1):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def record_steps(results):
    """What is known of the steps, of one of them: as audit/steps.json and audit/study/ have it."""
    kept = results / "audit/study"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for path in STUDY.glob("*.*"):
        shutil.copy2(path, kept)
    code = {f"scripts/{name}.py": sha256(ROOT / f"scripts/{name}.py") for name in ("describe", "survey/counting")}
    job = {
        "wildcards": {"domain": "cytopenia"},
        "command": "python scripts/describe.py --domain cytopenia",
        "inputs": [],
        "outputs": ["results/ebmt-cart-2023/stats/cytopenia/frequencies.csv"],
        "parameters": {"uses": "0123456789abcdef"},
    }
    step = {"rule": "describe", "purpose": "Describe one domain", "script": "scripts/describe.py", "code": code}
    step |= {"code_sha256": "abc", "environment": "envs/statistics.yaml", "packages": {"numpy": "2.4.6"}, "jobs": [job]}
    study = {path.name: sha256(path) for path in kept.iterdir()}
    (results / "audit/steps.json").write_text(json.dumps({"steps": [step], "study": study}), encoding="utf-8")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_value_and_every_cell_follows_from_the_export_by_an_independent_path(study, results):
    counted, values, wrong = walk(study, results, EXPORT)
    assert wrong == []
    assert values > 17_000
    assert counted > 28_000


def test_the_records_that_a_trace_names_are_those_who_gave_the_answer(study, results):
    own, sources, records = recount.Recount(study, results, EXPORT), Sources(study, results), Records(results)
    looked_at = 0
    for path in sorted(results.glob("stats/*/*.csv")):
        if path.stem not in ("frequencies", "groups"):
            continue
        file = path.relative_to(results).as_posix()
        for number, row in enumerate(own.table(file), start=2):
            if row["option"]:
                (term,) = sources.of_cell(file, number, "n")["terms"]
                assert records.listed(records.classes(term).get(COUNTED, 0)) == whom(own, row), (file, number)
                looked_at += 1
    assert looked_at > 3000


def test_every_mark_of_every_figure_is_counted_again(study, results):
    own, sources, records = recount.Recount(study, results, EXPORT), Sources(study, results), Records(results)
    looked_at = defaultdict(int)
    for path in sorted(results.glob("figures/*.csv")):
        file = path.relative_to(results).as_posix()
        for number, row in enumerate(own.table(file), start=2):
            for column in ("n", "percent", "median", "n_asked", "frame_n", "respondents_n", "top_percent"):
                if not row.get(column) or row.get("mark") == "more":
                    continue
                found = sources.of_cell(file, number, column)
                if found["rows"]:
                    place = found["rows"][0]
                    source = own.table(place["file"])[place["rows"][0] - 2]
                    names = place["column"].split(",")
                    expected = [own.cell(place["file"], source, name) for name in names]
                    assert recount.same(row[column], sum(expected)), (file, number, column)
                    looked_at[path.stem] += 1
                traced = again(found, column, records)
                assert traced is None or recount.same(row[column], traced), (file, number, column)
    assert set(looked_at) == set(study.figure_names)
    assert sum(looked_at.values()) > 1500


def test_a_chain_of_every_kind_of_value_holds_whole(finished):
    kinds = {}
    for key, entry in finished.values.items():
        kinds.setdefault((entry["file"].rpartition("/")[2], entry["column"], bool(entry["row"])), key)
    assert len(kinds) > 120
    for key in kinds.values():
        chain = Tracer(finished, EXPORT).trace(key)
        assert [check for check in chain["checks"] if not check["holds"]] == [], key


def test_a_share_is_followed_from_the_sentence_to_the_cells_of_the_export(results):
    process = trace(results, "boost.yes.percent", "--all")
    text = " ".join(process.stdout.split())
    assert process.returncode == 0, process.stdout
    with EXPORT.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    place = next(at for at, title in enumerate(lines[0]) if re.match(r"boost\b(?!\[)", title))
    raw = {line[0]: line[place] for line in lines[1:]}
    assert f'row 10, column EH, boost: "{raw["9"]}"' in text
    assert "Key points A stem cell boost for persistent cytopenia" in text
    assert "«63/103, 61%, 95% CI 54 to 68»" in text
    assert "stats/cytopenia/frequencies.csv, row 17, column percent" in text
    assert "100 x 63 / 103 = 61.16504854" in text
    assert "40 in the base, another answer" in text
    assert "3 left blank 7, 78, 124" in text
    assert '"No " became no by spelling: blanks, case or HTML' in text
    assert "clean/exclusions.csv row 2: test_record, test record of the organisers" in text
    assert "scripts/describe.py" in text
    assert "212 clean cells follow from the raw ones by the ledger" in text
    assert sum(f"record {record}: " in text for record in raw) == 150
    short = trace(results, "boost.yes.percent").stdout
    assert len(short.splitlines()) < 120
    assert "All " in short.splitlines()[2]


def test_the_chain_as_json_has_every_record_with_its_raw_cell(results):
    chain = json.loads(trace(results, "boost.yes.n", "--json").stdout)
    (term,) = chain["terms"]
    assert term["counted"] == chain["value"]["value"] == 63
    assert sum(one["n"] for one in term["classes"]) == len(term["records"]) == 150
    counted = [one for one in term["records"] if one["class"] == "counted"]
    assert {one["clean"]["boost"] for one in counted} == {"yes"}
    assert all(one["raw"][0]["column"] == "boost" and one["raw"][0]["read_again"] for one in counted)
    assert all(check["holds"] for check in chain["checks"])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("stats/cytopenia/groups.csv:40:percent", "cytopenia_workup[virus] ticked at volume = from_10"),
        ("results/ebmt-cart-2023/stats/cytopenia/groups.parquet:40", "stats/cytopenia/groups.csv, row 40, column n"),
        ("figures/treatment.csv:3", "toci_threshold = g1_24h or g1_48h or g1_72h"),
        ("figures/timing.csv:20", "discharge_day at most"),
        ("figures/differences.csv:2", "products[ide_cel] ticked at volume = under_10"),
        ("claim:anakinra_in_crs", "percent(crs_refractory, anakinra): records with crs_refractory[anakinra] ticked"),
        ("harmonise_crs", "figure and verdict follow from what the claim counts"),
        ("claims.common_patterns.computed", "MADE FROM stats/agreement.csv, 52 rows, column consensus"),
        ("response.RR1.percent", "where I = 106, P = 7, R = 3, O = 4, NC = 107, U = 0: 100 x 106 / 227 = 46.69603524"),
        ("flow.response_rate", "100 x 106 / 227 = 46.69603524"),
        ("flow.duplicate.excluded", 'centre_id: "'),
        ("frame.country.austria.frame_n", "column country: 6 units, rows"),
        ("products.tisa_cel.weighted_percent", "weights summed: 100 x"),
        ("discharge_day.iqr", "q1 and q3 of 102 numbers: 4, 4, 4, 5, ..., 26, 28, 29"),
        ("boost_day.n_not_asked", "only asked if boost == yes"),
        ("cleaning.alias", "MADE FROM clean/ledger.csv, 124 rows, column rule"),
        ("clean/ledger.csv:10", "CELL clean/ledger.csv, row 10"),
        ("missing.absent", "the value is the sum of these cells"),
        ("difference.1.p_adjusted", "MADE FROM stats/products/comparisons.csv"),
        ("comparator.3.published", "resources/published/figures.csv row"),
        ("study.simulated", "study.yaml line"),
        ("study.unit", "frame.unit: unit: centre"),
        ("boost.yes.label", "options.csv row"),
        ("boost.question", "codebook.csv row"),
        ("software.numpy", "requirements.lock line"),
        ("checklist.cherries.1.answer", "made from the values reporting.design, reporting.population"),
        ("figure.flow.alt", "figures/flow.alt.txt line 1: Simulated data. Flow diagram."),
    ],
)
def test_every_kind_of_key_is_followed(results, key, said):
    process = trace(results, key)
    assert process.returncode == 0, process.stdout + process.stderr
    assert said in " ".join(process.stdout.split())


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("bost.yes.percent", "the nearest: boost.yes.percent"),
        ("figures/treat.csv:3", "no such table in .*; did you mean 'figures/treatment.csv'"),
        ("stats/crs/groups.csv:99999", "no row 99999; it has rows 2 to"),
        ("stats/crs/groups.csv:5:percnt", "no column 'percnt'; it has domain, item"),
        ("claim:anakinra", "no claim 'anakinra'"),
        ("../../secret.csv:2", "no such table"),
        ("", "nothing is called ''"),
    ],
)
def test_a_key_that_there_is_not_is_one_line_with_what_is_near(results, key, said):
    process = trace(results, key)
    assert process.returncode == 2
    assert process.stdout == ""
    (line,) = process.stderr.splitlines()
    assert re.search(said, line)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "stats/cytopenia/frequencies.csv",
            "cytopenia?,single,yes,Yes,63,",
            "cytopenia?,single,yes,Yes,64,",
            "n = 64, counted again",
        ),
        ("stats/cytopenia/frequencies.csv", "61.16504854", "62.16504854", "the value is 61.165"),
        ("manuscript/values.json", '"display": "61%"', '"display": "62%"', "shown as '62%'"),
        ("manuscript/manuscript.html", ">63/103, 61%,", ">63/103, 66%,", "the page prints '63/103, 66%"),
        ("clean/ledger.csv", ",boost,No ,no,", ",boost,No ,yes,", "the ledger replayed gives 'yes'"),
        ("audit/study/options.csv", "boost,yes,Yes", "boost,yes,No", "audit/study/options.csv is not what"),
    ],
)
def test_tampering_is_found_and_named_in_plain_words(copied, file, old, new, said):
    record_steps(copied)
    if file == "manuscript/values.json":
        values = json.loads((copied / file).read_text(encoding="utf-8"))
        values["boost.yes.percent"]["display"] = "62%"
        (copied / file).write_text(json.dumps(values), encoding="utf-8")
    else:
        replace(copied / file, old, new)
    process = trace(copied, "boost.yes.percent", "--study", STUDY)
    assert process.returncode == 1
    text = " ".join(process.stdout.split())
    assert "MISMATCH: " in text
    assert "WRONG" in text
    assert said in text


def test_the_steps_are_told_with_code_parameters_environment_and_command(copied):
    record_steps(copied)
    text = " ".join(trace(copied, "boost.yes.percent", "--all").stdout.split())
    assert "describe scripts/describe.py code abc envs/statistics.yaml" in text
    assert "parameters domain cytopenia, fingerprint of the settings 0123456789abcdef" in text
    assert "$ python scripts/describe.py --domain cytopenia" in text
    assert "packages numpy 2.4.6" in text
    assert "holds the code of describe here is that which ran" in text


def test_a_script_that_is_not_the_one_that_ran_is_named(copied):
    record_steps(copied)
    told = json.loads((copied / "audit/steps.json").read_text(encoding="utf-8"))
    told["steps"][0]["code"]["scripts/survey/counting.py"] = "0" * 64
    (copied / "audit/steps.json").write_text(json.dumps(told), encoding="utf-8")
    process = trace(copied, "boost.yes.percent")
    assert process.returncode == 1
    assert "scripts/survey/counting.py is not what made these results" in " ".join(process.stdout.split())


def test_a_value_whose_row_is_gone_is_a_mismatch(copied):
    path = copied / "stats/cytopenia/frequencies.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:10]), encoding="utf-8")
    process = trace(copied, "boost.yes.percent")
    assert process.returncode == 1
    assert "frequencies.csv: no row 17; it has rows 2 to 10" in " ".join(process.stdout.split())


def test_another_export_than_was_read_is_found_cell_by_cell(copied, tmp_path):
    other = tmp_path / "export.csv"
    other.write_bytes(EXPORT.read_bytes().replace(b"Day 60 or later", b"Day 61 or later", 1))
    process = trace(copied, "boost_day.d60.n", "--study", STUDY, "--export", other)
    text = " ".join(process.stdout.split())
    assert process.returncode == 1
    assert "WRONG export.csv is the export that was read, by its checksum" in text
    assert "the export holds 'Day 61 or later'" in text


def test_without_the_records_the_chain_goes_as_far_as_it_can_and_says_what_is_left_out(copied):
    for path in (*copied.glob("clean/**/*.parquet"), *copied.glob("ingest/*"), copied / "clean/sample.csv"):
        path.unlink()
    process = trace(copied, "boost.yes.percent", "--study", STUDY)
    text = " ".join(process.stdout.split())
    assert process.returncode == 0, text
    assert "«63/103, 61%, 95% CI 54 to 68»" in text
    assert "records with boost = yes" in text
    assert (
        "clean/responses.parquet and clean/sample.parquet are not there: records cannot be counted again or shown"
        in text
    )
    assert "ingest/ is not there: raw cells cannot be shown" in text


def test_a_withheld_count_is_called_withheld_and_not_counted_again(copied, monkeypatch):
    path = copied / "stats/cytopenia/frequencies.csv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    number = next(at for at, line in enumerate(lines, start=1) if line[1] == "boost_day" and line[4] == "d14")
    for name in ("n", "percent", "ci_low", "ci_high"):
        lines[number - 1][lines[0].index(name)] = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    monkeypatch.setattr(Study, "minimum_cell", 10)
    process = trace(copied, f"stats/cytopenia/frequencies.csv:{number}:n", "--study", STUDY)
    assert process.returncode == 0, process.stdout
    assert f"stats/cytopenia/frequencies.csv:{number}:n  =  withheld" in process.stdout
    assert "withheld: fewer than 10" in process.stdout


def test_all_checks_of_a_finished_study_hold(results, finished):
    with (results / "audit/checks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["check"] for row in rows] == [check.__name__ for check in CHECKED]
    assert {row["check"]: row["first_failure"] for row in rows if row["failed"] != "0"} == {}
    assert all(int(row["checked"]) > 0 for row in rows)
    assert sum(int(row["checked"]) for row in rows) > 150_000


@pytest.mark.parametrize(
    ("file", "old", "new", "check", "where"),
    [
        (
            "stats/crs/groups.csv",
            ",astct,13,13,",
            ",astct,14,13,",
            "cells_recount",
            "stats/crs/groups.csv row 2 column n",
        ),
        ("clean/flow.csv", "records in the export,150", "records in the export,151", "flow_adds_up", "test_record"),
        ("clean/exclusions.csv", "1,2,test_record", "5,2,test_record", "records_once", "record 1"),
        ("clean/ledger.csv", ",boost,No ,no,", ",boost,No ,yes,", "ledger_replays", "record 137 boost"),
        ("stats/cytopenia/frequencies.csv", "61.16504854", "61.16504855", "twins_agree", "row 17 column percent"),
        ("figures/flow.csv", "analysed,106", "analysed,107", "figures_show_statistics", "figures/flow.csv row 10"),
        ("stats/claims.csv", ",holds,", ",fails,", "claims_follow", "row 2"),
        ("stats/response_rates.csv", "106,227,46.6", "105,227,46.6", "rates_follow", "RR1"),
        ("manuscript/manuscript.html", ">63/103, 61%,", ">63/103, 66%,", "page_prints_values", "boost.yes.n_of"),
        (
            "manuscript/manuscript.html",
            "61%, 95% CI 54 to 68<",
            "61%, 95% CI 54 to 68 9<",
            "page_prints_values",
            "boost.yes",
        ),
    ],
)
def test_a_check_fails_and_names_the_place(copied, study, file, old, new, check, where):
    replace(copied / file, old, new)
    (row,) = run_checks(Finished(study, copied), [one for one in CHECKED if one.__name__ == check])
    assert row["failed"] > 0
    assert where in row["first_failure"]


def test_a_check_that_cannot_be_made_fails_and_the_others_go_on(copied, study, tmp_path):
    (copied / "ingest/responses.parquet").write_bytes(b"no table")
    out = tmp_path / "checks.csv"
    process = call("check_results", "--study", STUDY, "--results", copied, "--out", out)
    assert process.returncode == 0
    assert "FAILED records_once" in process.stderr
    assert "FAILED ledger_replays" in process.stderr
    with out.open(encoding="utf-8", newline="") as file:
        rows = {row["check"]: row for row in csv.DictReader(file)}
    assert "cannot be read" in rows["ledger_replays"]["first_failure"]
    assert rows["cells_recount"]["failed"] == "0"
    assert call("check_results", "--study", STUDY, "--results", copied, "--out", out, "--strict").returncode == 1
