"""Whoever changes a file of finished results, of the code or of the study is found out, and the file is named."""

import csv
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from project import PARTS, ROOT

from survey.manifest import MANIFEST, describe_file, own_sha256
from survey.verification import checks, find_export, find_study, read_manifest, read_record

RESULTS = "results/ebmt-cart-2023"
STUDY = "config/studies/ebmt-cart-2023"
FRAME = "resources/simulated/ebmt-cart-2023-frame.csv"
EXPORT = "resources/simulated/ebmt-cart-2023.csv"
ENTRIES = ("files", "code", "frame", "study", "resources", "workflow", "steps", "export", "renderer", "software")


@pytest.fixture(scope="module")
def clone(paper, tmp_path_factory):
    """The finished paper and the project it was made in, as hard links: a file is replaced here, never written into."""
    folder = tmp_path_factory.mktemp("verify") / "clone"
    folder.mkdir()
    for part in (*PARTS, RESULTS):
        source = paper / part
        if source.is_dir():
            aside = shutil.ignore_patterns("__pycache__", "logs", "benchmarks")
            shutil.copytree(source, folder / part, ignore=aside, copy_function=os.link)
        else:
            os.link(source, folder / part)
    return folder


@cache
def described(path, _changed, _size):
    return describe_file(path)


def describe(path):
    """As `describe_file`, but each version of a file is read once for all of these tests."""
    return described(path, path.stat().st_mtime_ns, path.stat().st_size)


def check(clone):
    """All findings of what `verify.py --no-rerun` checks."""
    results = clone / RESULTS
    record = read_record(results)
    study = find_study(results, clone, record, None)
    export = find_export(clone, study, record, None)
    found = checks(results, clone, read_manifest(results / MANIFEST), study, export, describe)
    return [finding for _, _, findings in found for finding in findings]


def verify(clone, *arguments):
    command = [sys.executable, "scripts/verify.py", RESULTS, *map(str, arguments)]
    return subprocess.run(command, cwd=clone, text=True, capture_output=True, check=False)


@contextmanager
def replaced(path, content):
    """The file with other bytes, or absent (None); put back afterwards. It may be one that was not there before."""
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)


# Single changes. Each takes the random numbers and a file, and returns the file's new bytes, or None to pass over it.


def lines_of(path):
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    return header, rows


def as_csv(header, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def change_cell(draw, path):
    header, rows = lines_of(path)
    if not rows:
        return None
    row, column = draw.randrange(len(rows)), draw.randrange(len(header))
    cell = rows[row][column]
    rows[row][column] = f"{float(cell) + 1:g}" if re.fullmatch(r"-?\d+(\.\d+)?", cell) else f"{cell}x"
    return as_csv(header, rows)


def swap_labels(draw, path):
    header, rows = lines_of(path)
    column = draw.choice([number for number, name in enumerate(header) if name in ("option_label", "item", "label")])
    pairs = [n for n in range(1, len(rows)) if rows[n][column] != rows[n - 1][column]]
    if not pairs:
        return None
    n = draw.choice(pairs)
    rows[n][column], rows[n - 1][column] = rows[n - 1][column], rows[n][column]
    return as_csv(header, rows)


def drop_row(draw, path):
    header, rows = lines_of(path)
    if not rows:
        return None
    gone = draw.randrange(len(rows))
    return as_csv(header, rows[:gone] + rows[gone + 1 :])


def repeat_row(draw, path):
    header, rows = lines_of(path)
    return as_csv(header, [*rows, draw.choice(rows)]) if rows else None


def reorder_rows(draw, path):
    header, rows = lines_of(path)
    pairs = [n for n in range(1, len(rows)) if rows[n] != rows[n - 1]]
    if not pairs:
        return None
    n = draw.choice(pairs)
    rows[n], rows[n - 1] = rows[n - 1], rows[n]
    return as_csv(header, rows)


def as_parquet(table, path):
    out = io.BytesIO()
    pq.write_table(table.cast(pq.ParquetFile(path).schema_arrow), out, compression="zstd")
    return out.getvalue()


def change_typed_cell(draw, path):
    table = pq.ParquetFile(path).read()
    plain = [place for place, field in enumerate(table.schema) if str(field.type) in ("string", "double", "int64")]
    if not table.num_rows or not plain:
        return None
    place, row = draw.choice(plain), draw.randrange(table.num_rows)
    field = table.schema.field(place)
    cells = table.column(place).to_pylist()
    cells[row] = f"{cells[row]}x" if str(field.type) == "string" else (0 if cells[row] is None else cells[row] + 1)
    if cells[row] != cells[row]:  # what is not a number stays so when 1 is added
        return None
    return as_parquet(table.set_column(place, field, pa.array(cells, field.type)), path)


def drop_typed_row(draw, path):
    table = pq.ParquetFile(path).read()
    if not table.num_rows:
        return None
    row = draw.randrange(table.num_rows)
    return as_parquet(pa.concat_tables([table.slice(0, row), table.slice(row + 1)]), path)


def other_digit(draw, path, pattern=rb"\d"):
    """One digit of a text, of those places that the pattern ends in, is another."""
    data = path.read_bytes()
    places = [match.end() - 1 for match in re.finditer(pattern, data)]
    if not places:
        return None
    place = draw.choice(places)
    return data[:place] + bytes([48 + (data[place] - 47) % 10]) + data[place + 1 :]


def number_on_page(draw, path):
    return other_digit(draw, path, rb">[^<>]{0,200}\d")


def number_in_docx(draw, path):
    with zipfile.ZipFile(path) as archive:
        parts = {info: archive.read(info) for info in archive.infolist()}
    name = next(info for info in parts if info.filename == "word/document.xml")
    place = draw.choice([match.end() - 1 for match in re.finditer(rb"<w:t[^>]*>[^<]*\d", parts[name])])
    parts[name] = parts[name][:place] + bytes([48 + (parts[name][place] - 47) % 10]) + parts[name][place + 1 :]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for info, data in parts.items():
            archive.writestr(info, data)
    return out.getvalue()


def other_byte(draw, path):
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def change_json(draw, path):
    content = json.loads(path.read_text(encoding="utf-8"))
    places = []

    def walk(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(value, dict | list):
                walk(value)
            else:
                places.append((node, key, value))

    walk(content)
    node, key, value = draw.choice(places)
    node[key] = not value if isinstance(value, bool) else (value + 1 if isinstance(value, int | float) else f"{value}x")
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def change_line(draw, path):
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    n = draw.choice([n for n, line in enumerate(lines) if line.strip()])
    lines[n] = lines[n].rstrip("\n") + draw.choice([" ", "1", "#", " or True"]) + "\n"
    return "".join(lines).encode()


def remove(draw, path):
    return None


KINDS = {
    "cell": (change_cell, RESULTS, "{ingest,clean,stats}/**/*.csv"),
    "typed cell": (change_typed_cell, RESULTS, "**/*.parquet"),
    "swapped label": (swap_labels, RESULTS, "stats/*/{frequencies,groups}.csv"),
    "dropped row": (drop_row, RESULTS, "{clean,stats}/**/*.csv"),
    "dropped typed row": (drop_typed_row, RESULTS, "{clean,stats}/**/*.parquet"),
    "repeated row": (repeat_row, RESULTS, "{clean,stats,audit}/**/*.csv"),
    "reordered rows": (reorder_rows, RESULTS, "{ingest,clean,stats}/**/*.csv"),
    "figure's data": (change_cell, RESULTS, "figures/*.csv"),
    "drawing": (other_digit, RESULTS, "figures/*.svg"),
    "alternative text": (other_digit, RESULTS, "figures/*.alt.txt"),
    "picture": (other_byte, RESULTS, "figures/*.png"),
    "PDF": (other_byte, RESULTS, "{figures,manuscript}/*.pdf"),
    "page": (number_on_page, RESULTS, "manuscript/*.html"),
    "DOCX": (number_in_docx, RESULTS, "manuscript/*.docx"),
    "value": (change_json, RESULTS, "manuscript/values.json"),
    "checklist": (change_cell, RESULTS, "audit/*.csv"),
    "copy of the study": (change_line, RESULTS, "audit/study/*"),
    "recorded steps": (change_json, RESULTS, "audit/steps.json"),
    "record of the export": (change_json, RESULTS, "ingest/ingest.json"),
    "deleted": (remove, RESULTS, "{ingest,clean,stats,figures,manuscript}/**/*.*"),
    "added": (None, RESULTS, "{ingest,clean,stats,figures,manuscript}"),
    "script": (change_line, ".", "scripts/*.py"),
    "module": (change_line, ".", "scripts/survey/**/*.py"),
    "rule or schema": (change_line, ".", "workflow/{rules,schemas}/*.*"),
    "packages": (other_digit, ".", "{requirements.lock,envs/*.yaml}"),
    "resource": (
        other_byte,
        ".",
        "{resources/{published,checklists,fonts,map}/*.{csv,ttf,geojson},workflow/manuscript/*}",
    ),
    "study": (change_line, STUDY, "{codebook.csv,options.csv,study.yaml,claims.yaml,manuscript.qmd,comparators.csv}"),
    "export": (other_digit, ".", EXPORT),
    "frame": (other_byte, ".", FRAME),
}


def braces(pattern):
    """`{a,b}/*` as `a/*` and `b/*`."""
    inner = re.search(r"\{([^{}]*)\}", pattern)
    if not inner:
        return [pattern]
    return [
        one for part in inner[1].split(",") for one in braces(pattern[: inner.start()] + part + pattern[inner.end() :])
    ]


def candidates(clone, kind, manifest):
    """Files that a kind of change can be made to: those of the results, or those that went into them."""
    _, start, pattern = KINDS[kind]
    found = {path for one in braces(pattern) for path in (clone / start).glob(one)}
    went_in = {clone / name for key in ("code", "workflow", "resources") for name in manifest[key]}
    went_in |= {clone / STUDY / name for name in manifest["study"]} | {clone / EXPORT, clone / FRAME}
    if start != RESULTS:
        found &= went_in
    assert found, kind
    return sorted(found)


@contextmanager
def tampered(clone, kind, draw, manifest):
    """One random change of a kind; yields the file as a report should name it."""
    tamper, start, _ = KINDS[kind]
    files = candidates(clone, kind, manifest)
    folder = clone / (RESULTS if start == RESULTS else ".")
    while True:
        path = draw.choice(files)
        if kind == "added":
            path = path / f"more-{draw.randrange(1000)}.csv"
            content = b"a,b\n1,2\n"
        else:
            content = tamper(draw, path)
            if content is None and tamper is not remove:
                continue
        if path.exists() and content == path.read_bytes():
            continue
        break
    with replaced(path, content):
        yield str(path) if start == STUDY or kind in ("export", "frame") else path.relative_to(folder).as_posix()


def test_200_random_single_changes_are_found_each_in_the_right_file(clone):
    assert check(clone) == []
    manifest = read_manifest(clone / RESULTS / MANIFEST)
    draw = random.Random(20240109)
    seen = Counter()
    for number in range(200):
        kind = list(KINDS)[number % len(KINDS)]
        with tampered(clone, kind, draw, manifest) as expected:
            named = {finding.file for finding in check(clone)}
        assert named == {expected}, (number, kind)
        seen[kind] += 1
    assert set(seen) == set(KINDS)
    assert check(clone) == []


def test_every_entry_of_the_manifest_that_is_changed_is_named_and_so_is_the_manifest(clone):
    path = clone / RESULTS / MANIFEST
    manifest = read_manifest(path)
    draw = random.Random(7)
    for number in range(40):
        changed = json.loads(path.read_text(encoding="utf-8"))
        key = ENTRIES[number % len(ENTRIES)]
        entry = draw.choice(changed["files"]) if key == "files" else changed[key]
        field = draw.choice([name for name, value in entry.items() if name != "file" and isinstance(value, str | int)])
        entry[field] = entry[field] + 1 if isinstance(entry[field], int) else f"{entry[field]}0"
        with replaced(path, json.dumps(changed).encode()):
            found = check(clone)
        assert MANIFEST in {finding.file for finding in found}
        told = " ".join(f"{finding.file}: {finding.detail}" for finding in found)
        assert "it was changed after it was written" in told
        assert (entry["file"] if key == "files" else field) in told, (key, field, told)
        blamed = {finding.file for finding in found} - {MANIFEST}
        assert blamed <= ({entry["file"]} if key == "files" else {str(clone / EXPORT), str(clone / FRAME)}), (
            key,
            field,
        )
    gone = manifest | {"files": [entry for entry in manifest["files"] if entry["file"] != "clean/ledger.csv"]}
    with replaced(path, json.dumps(gone).encode()):
        assert {finding.file for finding in check(clone)} == {"clean/ledger.csv", MANIFEST}


def test_the_report_says_which_cell_of_a_table_differs_from_its_twin_and_by_how_much(clone):
    path = clone / RESULTS / "stats/crs/frequencies.csv"
    header, rows = lines_of(path)
    column = header.index("percent")
    row = next(number for number, cells in enumerate(rows) if float(cells[column]) > 10)
    before = float(rows[row][column])
    rows[row][column] = f"{before + 1.5:.10g}"
    with replaced(path, as_csv(header, rows)):
        process = verify(clone, "--no-rerun")
    assert process.returncode == 1
    assert f"stats/crs/frequencies.csv: other cells than listed; row {row + 2} column percent: " in process.stdout
    assert "; by 1.5\n" in process.stdout
    assert process.stdout.endswith("Verdict: differs\n")


def test_a_changed_script_is_named_with_the_steps_that_use_it(clone):
    path = clone / "scripts/survey/proportions.py"
    with replaced(path, path.read_bytes() + b"\n"):
        process = verify(clone, "--no-rerun", "--json")
    assert process.returncode == 1
    [finding] = json.loads(process.stdout)["findings"]
    assert (finding["area"], finding["file"]) == ("code", "scripts/survey/proportions.py")
    assert "describe" in finding["detail"]


def test_what_was_only_written_anew_has_the_same_values_and_a_code_of_its_own(clone):
    path = clone / RESULTS / "manuscript/values.json"
    anew = json.dumps(json.loads(path.read_text(encoding="utf-8"))).encode()
    with replaced(path, anew):
        process = verify(clone, "--no-rerun")
    assert process.returncode == 3
    assert "same values: manuscript/values.json: written anew: other bytes, the same values" in process.stdout
    table = clone / RESULTS / "clean/responses.parquet"
    out = io.BytesIO()
    pq.write_table(pq.ParquetFile(table).read(), out, compression="none")
    with replaced(table, out.getvalue()):
        assert [(finding.file, finding.verdict) for finding in check(clone)] == [
            ("clean/responses.parquet", "same values")
        ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "manifest.json: cannot be read"), (b"{", "cannot be read"), (b"{}", "not a manifest")],
)
def test_without_a_manifest_there_is_nothing_to_check_and_one_line_says_so(clone, content, complaint):
    with replaced(clone / RESULTS / MANIFEST, content):
        process = verify(clone, "--no-rerun")
    assert process.returncode == 2
    assert complaint in process.stderr
    assert len(process.stderr.splitlines()) == 1


def test_a_published_manifest_catches_whoever_rewrote_the_one_in_the_results(clone, tmp_path):
    published = tmp_path / "published.json"
    shutil.copy(clone / RESULTS / MANIFEST, published)
    with forged(clone, "clean/exclusions.csv"):
        process = verify(clone, "--no-rerun", "--manifest", published)
    assert process.returncode == 1
    assert "clean/exclusions.csv" in process.stdout


@contextmanager
def forged(clone, name, content=None):
    """A file with one row dropped, or other content, and a manifest that lists it as if it had always been so."""
    path, listed = clone / RESULTS / name, clone / RESULTS / MANIFEST
    with replaced(path, content or drop_row(random.Random(1), path)):
        manifest = read_manifest(listed)
        for entry in manifest["files"]:
            if entry["file"] == name:
                entry.update(describe_file(path))
        manifest["manifest_sha256"] = own_sha256(manifest)
        with replaced(listed, json.dumps(manifest).encode()):
            yield


def test_who_changes_a_cell_and_the_manifest_with_it_is_caught_by_the_second_run(clone, tmp_path):
    with forged(clone, "clean/exclusions.csv"):
        assert check(clone) == []
        process = verify(clone, "--only", "clean/exclusions.csv", "--into", tmp_path / "fresh")
        without = verify(clone, "--only", "clean/exclusions.csv", "--export", clone / STUDY / "codebook.csv")
    assert process.returncode == 1, process.stdout + process.stderr
    assert "2/2 select_records" in process.stderr
    assert re.search(r"differs: clean/exclusions\.csv: 44 rows instead of 43; row \d+ is new: ", process.stdout)
    assert (tmp_path / "fresh/clean/exclusions.csv").is_file()
    assert "codebook.csv: is not the export" in without.stdout


def test_a_second_run_of_what_leads_to_a_table_gives_the_same_bytes_and_leaves_the_project_as_it_was(clone):
    before = {path: path.stat().st_mtime_ns for path in clone.rglob("*") if path.is_file()}
    process = verify(clone, "--only", "stats/crs/frequencies.csv")
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.endswith("Verdict: same bytes\n")
    after = {path: path.stat().st_mtime_ns for path in clone.rglob("*") if path.is_file()}
    assert {path for path in after if "__pycache__" not in path.parts} == set(before)
    assert all(after[path] == changed for path, changed in before.items())


def test_without_the_export_and_the_frame_all_else_is_checked_and_nothing_is_run(clone):
    with replaced(clone / EXPORT, None), replaced(clone / FRAME, None):
        process = verify(clone)
    assert process.returncode == 0, process.stdout
    assert f"not run again: the raw export ({EXPORT}) is not at hand" in process.stdout
    with replaced(clone / FRAME, None):
        process = verify(clone)
    assert process.returncode == 0, process.stdout
    assert f"not run again: {FRAME} is not at hand" in process.stdout


def test_a_step_that_no_longer_runs_is_named(clone):
    path = clone / "scripts/select_records.py"
    with replaced(path, b'raise SystemExit("error: out of order")\n'):
        process = verify(clone, "--only", "clean/exclusions.csv")
    assert process.returncode == 1
    assert "differs: select_records: did not run again: error: out of order" in process.stdout
    assert "differs: scripts/select_records.py: was changed since the results were made" in process.stdout


def test_a_recorded_command_that_is_no_script_of_the_project_is_not_run(clone, tmp_path):
    path = clone / RESULTS / "audit/steps.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["steps"][0]["jobs"][0]["command"] = f"touch {tmp_path / 'harm'}"
    with replaced(path, json.dumps(record).encode()):
        assert "not run again: audit/steps.json, the record of what to run, was changed" in verify(clone).stdout
    with forged(clone, "audit/steps.json", json.dumps(record).encode()):
        process = verify(clone)
    assert process.returncode == 2
    assert "the command of ingest is not a step of the project" in process.stderr
    assert not (tmp_path / "harm").exists()


def test_two_folders_of_results_are_compared_cell_by_cell(clone, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(clone / RESULTS, other, copy_function=os.link)
    path = other / "stats/agreement.csv"
    header, rows = lines_of(path)
    rows[3][header.index("entropy")] = "0.5"
    with replaced(path, as_csv(header, rows)):
        process = verify(clone, "--against", other)
    assert process.returncode == 1
    assert re.search(r"differs: stats/agreement\.csv: row 5 column entropy: \S+ in .*, 0\.5 in .*; by ", process.stdout)


def test_a_folder_to_compare_with_that_is_not_there_is_named_in_one_line(clone, tmp_path):
    process = verify(clone, "--against", tmp_path / "none")
    assert process.returncode == 2
    assert f"{tmp_path / 'none'}: no such folder; check --against" in process.stderr
    assert len(process.stderr.splitlines()) == 1


def test_the_recorded_commands_are_those_that_snakemake_ran(paper):
    record = read_record(paper / RESULTS)
    ran = {}
    for path in (paper / ".snakemake/metadata").rglob("*"):
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"shellcmd": ""}
        if RESULTS in content["shellcmd"]:
            ran.setdefault(content["rule"], set()).add(" ".join(content["shellcmd"].split()).partition(" > ")[0])
    for step in record["steps"]:
        told = {job["command"] for job in step["jobs"]}
        assert told == ran[step["rule"]], step["rule"]
        assert step["purpose"]
        assert step["packages"]
        assert {job["command"].split()[1] for job in step["jobs"]} == {step["script"]} <= set(step["code"])
    made = {file for step in record["steps"] for job in step["jobs"] for file in job["outputs"]}
    read = {file for step in record["steps"] for job in step["jobs"] for file in job["inputs"]}
    assert {file for file in read if file.startswith("results/")} <= made


def test_the_copies_of_the_study_tell_what_was_asked_and_nobodys_answers(paper):
    copies = sorted((paper / RESULTS / "audit/study").iterdir())
    assert [path.name for path in copies if path.read_bytes() != (ROOT / STUDY / path.name).read_bytes()] == []
    assert "codebook.csv" in {path.name for path in copies}
    assert not {path.name for path in copies} & {Path(EXPORT).name, Path(FRAME).name, "assumed_shares.csv"}
