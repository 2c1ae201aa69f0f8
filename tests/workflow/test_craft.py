"""The rules, their environments and their style, as a Snakemake expert reads them."""

import ast
import json
import re
import subprocess
import sys

import pytest
from project import ROOT, copy_project, environment_of, rules_of_steps, snakemake
from small import change, write_study

import pin_environments
from survey.claims import FUNCTIONS

STEPS = rules_of_steps()
TOOLS = {"cut_map", "draft_study", "make_bundle", "pin_environments", "set_up", "simulate_export", "trace", "verify"}
PACKAGES = {"yaml": "pyyaml", "docx": "python-docx", "pypandoc": "pypandoc-binary", "nbformat": "nbclient"}
PACKAGES |= {"jupyter_client": "nbclient", "IPython": "ipykernel", "fontTools": "matplotlib", "PIL": "matplotlib"}
# What runs without a step's importing it: the kernel of the manuscript's cells, and the rules, which read the study and
# have Snakemake expand the axes of its sensitivity, for which it takes a table of pandas.
BESIDE_STEPS = {"manuscript": {"ipykernel"}, "snakemake": {"num2words", "pandas", "pycountry"}}


def run(*command):
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)


def test_code_and_rules_are_formatted_and_linted():
    tools = f"{sys.prefix}/bin/"
    for command in (
        [f"{tools}ruff", "check", "."],
        [f"{tools}ruff", "format", "--check", "."],
        [f"{tools}snakefmt", "--check", "Snakefile", "workflow"],
    ):
        process = run(*command)
        assert process.returncode == 0, process.stdout + process.stderr


def test_snakemake_finds_nothing_to_criticise():
    process = snakemake(ROOT, "--lint")
    assert process.returncode == 0, process.stdout
    assert "Congratulations" in process.stdout


@pytest.mark.parametrize("name", STEPS)
def test_every_step_has_its_script_log_benchmark_environment_message_and_resources(name):
    text = STEPS[name]
    assert f'**program("{name}")' in text
    assert (ROOT / "scripts" / f"{name}.py").is_file()
    assert re.search(r'^    """.+"""', text, re.MULTILINE)
    for directive in ("log:", "benchmark:", "conda:", "message:", "mem_mb=", "runtime="):
        assert directive in text, f"rule {name} has no {directive}"
    assert "> {log:q} 2>&1" in text
    assert (ROOT / "envs" / f"{environment_of(text)}.yaml").is_file()


def test_every_script_is_a_step_or_a_named_tool():
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} == set(STEPS) | TOOLS


def test_environments_are_those_of_the_lock_file():
    versions = pin_environments.locked((ROOT / "requirements.lock").read_text())
    for name in pin_environments.ENVIRONMENTS:
        text = (ROOT / "envs" / f"{name}.yaml").read_text()
        assert text == pin_environments.environment(name, versions)
        assert re.search(r"^channels:\n  - conda-forge\ndependencies:", text, re.MULTILINE)
    assert {path.stem for path in (ROOT / "envs").glob("*.yaml")} == set(pin_environments.ENVIRONMENTS)


def test_the_lock_file_pins_everything_that_pyproject_asks_for():
    import tomllib

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = asked["project"]["dependencies"] + asked["dependency-groups"]["test"]
    versions = pin_environments.locked((ROOT / "requirements.lock").read_text())
    for requirement in names:
        name, _, version = requirement.replace("_", "-").partition("==")
        assert name in versions
        assert version in ("", versions[name])


def test_the_environments_name_the_pandoc_that_the_lock_file_brings():
    import pypandoc

    major, minor, *_ = pypandoc.get_pandoc_version().split(".")
    assert f"pandoc ={major}.{minor}" in (ROOT / "envs/manuscript.yaml").read_text()


def imports(path, seen):
    """Top-level packages that a file imports, anywhere in it, and through the library."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if not name.startswith("survey"):
                found.add(name.split(".")[0])
                continue
            module = ROOT / "scripts" / (name.replace(".", "/") + ".py")
            if module.is_file() and module not in seen:
                seen.add(module)
                found |= imports(module, seen)
    return found


@pytest.mark.parametrize("name", pin_environments.ENVIRONMENTS)
def test_an_environment_holds_what_its_steps_import_and_nothing_more(name):
    files = [ROOT / "scripts" / f"{step}.py" for step, rule in STEPS.items() if environment_of(rule) == name]
    seen = set()
    imported = set().union(*(imports(file, seen) for file in files)) - set(sys.stdlib_module_names)
    needed = {PACKAGES.get(module, module) for module in imported} | BESIDE_STEPS.get(name, set())
    assert needed == set(pin_environments.ENVIRONMENTS[name][1].split())


def test_the_image_has_the_python_of_the_environments_and_nothing_that_was_generated():
    recipe = (ROOT / "Dockerfile").read_text()
    assert f"FROM python:{pin_environments.PYTHON}-slim" in recipe
    for source in re.findall(r"^COPY (\S+) ", recipe, re.MULTILINE):
        assert (ROOT / source).exists()
    generated = (ROOT / ".gitignore").read_text().split()
    left_out = {line.removeprefix("**/") for line in (ROOT / ".dockerignore").read_text().split()}
    assert {".git", *generated} <= left_out


@pytest.mark.parametrize(
    "target", ["cleaned", "statistics", "figures", "manuscript", "audit", "calibration", "sensitivity"]
)
def test_every_stage_can_be_asked_for_by_name(target):
    process = snakemake(ROOT, "-n", "--forceall", target)
    assert process.returncode == 0, process.stdout
    assert re.search(rf"^{target} +1$", process.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("study=absent", "absent/study.yaml: not found"),
        ("stdy=absent", "stdy"),
        ("export=absent.csv", "absent.csv"),
    ],
)
def test_a_mistake_on_the_command_line_is_named_without_a_traceback(config, complaint):
    process = snakemake(ROOT, "-n", "--config", config)
    assert process.returncode != 0
    assert complaint in process.stdout
    assert "Traceback" not in process.stdout


def test_a_study_outside_the_project_runs_and_a_mistake_in_it_stops_at_once(tmp_path):
    clone = copy_project(tmp_path / "clone")
    study = write_study(tmp_path / "far away" / "my study")
    process = snakemake(clone, "statistics", "--config", f"study={study}", f"export={study / 'export.csv'}")
    assert process.returncode == 0, process.stdout[-3000:]
    table = (clone / "results/small/stats/care/frequencies.csv").read_text()
    assert "care,drug,Which drug comes first?,single,a,Drug A,2,6,7,1,0,33.33333333," in table
    change(study / "study.yaml", "simulated: true", "simulatd: true")
    process = snakemake(clone, "-n", "--config", f"study={study}")
    assert process.returncode != 0
    assert "unknown key 'simulatd'; did you mean 'simulated'?" in process.stdout


def test_the_makefile_has_what_the_readme_promises():
    readme = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    promised = set(re.findall(r"\bmake ([a-z]+)", readme))
    assert {"paper", "test"} <= promised
    assert promised <= targets


def test_the_readme_names_every_kind_of_output():
    readme = (ROOT / "README.md").read_text()
    cleaned = ("ledger.csv", "exclusions.csv", "flow.csv", "flags.csv", "validation.csv", "appendix.csv")
    statistics = ("frequencies", "numeric", "groups", "agreement", "comparisons", "claims", "comparators")
    response = ("clean/sample", "dispositions", "response_rates", "representativeness", "early_late", "coverage.csv")
    response += ("stats/sensitivity", "stats/sensitivity_summary", "stats/sensitivity_effects")
    for name in ("responses.parquet", "columns.csv", *cleaned):
        assert name in readme
    for name in (*statistics, *response, "values.json", "manifest.json", "manuscript.html"):
        assert name in readme


def test_the_flow_in_the_readme_has_every_step_of_the_paper():
    readme = (ROOT / "README.md").read_text()
    flow = readme[readme.index("```mermaid") :].split("```")[1]
    beside = {"simulate_surveys", "collect_coverage", "draw_coverage"}
    beside |= {"run_universes", "collect_sensitivity", "draw_sensitivity"}
    assert set(STEPS) - beside <= set(re.findall(r"\w+", flow))


@pytest.mark.parametrize("name", ["study", "claims"])
def test_the_configuration_page_names_every_key(name):
    schema = json.loads((ROOT / f"workflow/schemas/{name}.schema.json").read_text())
    page = (ROOT / "config/README.md").read_text()
    keys = set((schema.get("items") or schema)["properties"])
    assert sorted(key for key in keys if f"`{key}" not in page) == []


def test_the_configuration_page_names_every_figure_that_a_claim_can_be_of():
    page = (ROOT / "config/README.md").read_text()
    assert [function for function in FUNCTIONS if f"`{function}(" not in page and f"`{function}`" not in page] == []
