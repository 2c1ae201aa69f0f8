"""The run as a Workflow Run RO-Crate: the workflow, its steps and their code, what each job read and wrote.

Profiles: Process, Workflow and Provenance Run Crate 0.5 (w3id.org/ro/wfrun/provenance/0.5) on RO-Crate 1.1 and
Workflow RO-Crate 1.0. They say that an action SHOULD have an endTime and an agent. Both are left out, because results
hold neither clock nor user, so that two runs can be compared byte by byte; durations are in benchmarks/.
"""

import hashlib
import json
import mimetypes
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from survey.study import Study

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
CONTEXT = "https://w3id.org/ro/terms/workflow-run/context"
MIT = "https://spdx.org/licenses/MIT"
CC0 = "https://spdx.org/licenses/CC0-1.0"
CONDA = "https://conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html#create-env-file-manually"
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".qmd": "text/markdown",
    ".md": "text/markdown",
    ".bib": "application/x-bibtex",
    ".smk": "text/x-python",
    ".py": "text/x-python",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".csl": "application/vnd.citationstyles.style+xml",
    ".ttf": "font/ttf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
CHECKLISTS = {
    "cherries": (
        "Checklist for Reporting Results of Internet E-Surveys (CHERRIES)",
        "https://doi.org/10.2196/jmir.6.3.e34",
    ),
    "cross": (
        "Consensus-Based Checklist for Reporting of Survey Studies (CROSS)",
        "https://doi.org/10.1007/s11606-021-06737-1",
    ),
}
# Made beside the crate, from the same files: it can describe none of them.
BESIDE = ("build_site", "write_codecheck", "describe_crate", "write_manifest")


def file_properties(path: str, content: bytes) -> dict[str, Any]:
    """What a crate says of a file: name, size, checksum and type."""
    suffix = Path(path).suffix
    kind = TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "text/plain"
    return {
        "@type": "File",
        "name": path,
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        "encodingFormat": kind,
    }


def reference(path: str, folder: str) -> str:
    """A path relative to the clone as a URI relative to a folder of it."""
    return quote(posixpath.relpath(path, folder), safe="/._-~()[]@!$&'*+,;=")


class Crate:
    """A crate in the making.

    folder: where its metadata file lies, relative to the clone; places: the start of a path, and the folder in which
    files of that start are found now, as in a second run.
    """

    def __init__(self, folder: str, places: Mapping[str, Path]):
        from rocrate.rocrate import ROCrate

        self.folder, self.places = folder, places
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_contexts.append(CONTEXT)
        # Not a term of RO-Crate 1.1; the profile names this source for it.
        self.crate.metadata.extra_terms["buildInstructions"] = "https://codemeta.github.io/terms/buildInstructions"

    def add(self, name: str, properties: Mapping[str, Any]) -> dict[str, str]:
        """A contextual entity; returns a reference to it."""
        from rocrate.model.contextentity import ContextEntity

        self.crate.add(ContextEntity(self.crate, name, dict(properties)))
        return {"@id": name}

    def add_file(self, path: str, **more: Any) -> dict[str, str]:
        """A file of the clone, part of the crate; one that is not there, as a thing that is only spoken of."""
        from rocrate.model.data_entity import DataEntity

        where = next(
            (place / path[len(start) :] for start, place in self.places.items() if path.startswith(start)), Path(path)
        )
        if not where.is_file():
            return self.add(f"#{quote(path)}", {"@type": "CreativeWork", "name": path, **more})
        name = reference(path, self.folder)
        known = self.crate.get(name)
        if known is None:
            self.crate.add(DataEntity(self.crate, name, file_properties(path, where.read_bytes()) | more))
        else:
            known.properties().update(more)
        return {"@id": name}

    def document(self) -> dict[str, Any]:
        """The metadata as JSON-LD, its entities sorted, the crate itself first."""
        content = self.crate.metadata.generate()
        content["@graph"] = [{key: _single(value) for key, value in entity.items()} for entity in content["@graph"]]
        first = ("ro-crate-metadata.json", "./")
        content["@graph"].sort(key=lambda entity: (entity["@id"] not in first, entity["@id"]))
        return content


def _single(value: Any) -> Any:
    """One value in place of a list of one, as RO-Crate 1.1 recommends."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def describe_run(study: Study, steps: Mapping[str, Any], made_in: Path) -> dict[str, Any]:
    """The crate of a run as JSON-LD.

    steps: as in audit/steps.json, with paths from the clone, which is the working folder; made_in: the results folder.
    """
    results = steps["folders"]["results"]
    snakemake = next(step["packages"]["snakemake"] for step in steps["steps"] if "snakemake" in step["packages"])
    crate = Crate(f"{results}/audit", {f"{results}/": made_in})
    described = [step for step in steps["steps"] if step["rule"] not in BESIDE]
    made = {file for step in described for job in step["jobs"] for file in job["outputs"]}
    data_licence = _licences(crate, study)
    copies = {f"{results}/audit/study/{name}" for name in steps["study"]} & made

    def place(file: str) -> dict[str, str]:
        copy = f"{results}/audit/study/{Path(file).name}"
        if file not in made and Path(file).name in steps["study"] and copy in copies:
            file = copy
        more = {"sha256": steps["export"]["sha256"]} if file in ("EXPORT", steps["export"]["file"]) else {}
        return crate.add_file(file, **more)

    packages = {
        f"{name} {version}": (name, version) for step in described for name, version in step["packages"].items()
    }
    for name, version in packages.values():
        crate.add(
            _package(name, version),
            {
                "@type": "SoftwareApplication",
                "name": name,
                "softwareVersion": version,
                "url": f"https://pypi.org/project/{name}/",
            },
        )
    tools = {
        step["script"]: crate.add_file(
            step["script"],
            **{
                "@type": ["File", "SoftwareSourceCode", "SoftwareApplication"],
                "name": step["script"],
                "description": step["purpose"],
                "version": step["code_sha256"],
                "softwareRequirements": [
                    *({"@id": _package(name, version)} for name, version in step["packages"].items()),
                    *(crate.add_file(file) for file in step["code"] if file != step["script"]),
                ],
                "license": {"@id": MIT},
            },
        )
        for step in described
    }
    how = [
        crate.add(
            f"#step-{step['rule']}",
            {
                "@type": "HowToStep",
                "name": step["rule"],
                "description": step["purpose"],
                "position": str(number),
                "workExample": tools[step["script"]],
                "buildInstructions": crate.add_file(step["environment"], conformsTo={"@id": CONDA}),
            },
        )
        for number, step in enumerate(described, start=1)
    ]
    crate.add(CONDA, {"@type": "WebPageElement", "name": "Conda environment file"})
    jobs, controls = [], []
    for step in described:
        own = []
        for job in step["jobs"]:
            wildcards = " ".join(job["wildcards"].values())
            own.append(
                crate.add(
                    "#job-" + quote("-".join([step["rule"], *job["wildcards"].values()])),
                    {
                        "@type": "CreateAction",
                        "name": f"{step['rule']} {wildcards}".strip(),
                        "description": job["command"],
                        "instrument": tools[step["script"]],
                        "object": _once(place(file) for file in job["inputs"]),
                        "result": _once(place(file) for file in job["outputs"]),
                        "actionStatus": "http://schema.org/CompletedActionStatus",
                    },
                )
            )
        jobs += own
        controls.append(
            crate.add(
                f"#control-{step['rule']}",
                {
                    "@type": "ControlAction",
                    "name": f"Snakemake runs {step['rule']}",
                    "instrument": {"@id": f"#step-{step['rule']}"},
                    "object": own,
                },
            )
        )
    for file in steps["workflow"]:
        crate.add_file(file)
    for name, (title, doi) in CHECKLISTS.items():
        standard = crate.add(doi, {"@type": "CreativeWork", "name": title, "identifier": doi})
        crate.add_file(f"{results}/audit/{name}.csv", conformsTo=standard)
    workflow = crate.add_file(
        "Snakefile",
        **{
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": "From a raw survey export to the finished paper",
            "programmingLanguage": {"@id": SNAKEMAKE},
            "license": {"@id": MIT},
            "hasPart": _once(tools.values()),
            "step": how,
        },
    )
    crate.add(
        SNAKEMAKE,
        {
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "identifier": {"@id": "https://doi.org/10.12688/f1000research.29032.2"},
            "url": {"@id": "https://snakemake.github.io"},
            "version": snakemake,
        },
    )
    engine = crate.add(
        _package("snakemake", snakemake),
        {
            "@type": "SoftwareApplication",
            "name": "Snakemake",
            "softwareVersion": snakemake,
            "url": "https://snakemake.github.io",
        },
    )
    read = {file for step in described for job in step["jobs"] for file in job["inputs"]}
    run = crate.add(
        "#run",
        {
            "@type": "CreateAction",
            "name": f"The run that made {results}",
            "description": "snakemake",
            "instrument": workflow,
            "object": _once(place(file) for file in sorted(read - made)),
            "result": _once(place(file) for file in sorted(made - read)),
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    crate.add(
        "#engine-run",
        {
            "@type": "OrganizeAction",
            "name": f"Run of Snakemake {snakemake}",
            "instrument": engine,
            "object": controls,
            "result": run,
        },
    )
    for name, (title, version) in PROFILES.items():
        crate.add(name, {"@type": "CreativeWork", "name": title, "version": version})
    root = crate.crate.root_dataset
    root["name"] = study.title
    root["description"] = _description(study)
    root["datePublished"] = (study.window or {}).get("last") or "1970"
    root["license"] = data_licence
    root["author"] = _authors(crate, study)
    root["conformsTo"] = [{"@id": name} for name in PROFILES]
    root["mainEntity"] = workflow
    root["mentions"] = [run, *jobs]
    if study.keywords:
        root["keywords"] = ", ".join(study.keywords)
    crate.crate.metadata["conformsTo"] = [
        {"@id": "https://w3id.org/ro/crate/1.1"},
        {"@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0"},
    ]
    return crate.document()


def _package(name: str, version: str) -> str:
    return f"https://pypi.org/project/{name}/{version}/"


def _once(references: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """References, each once, in their order."""
    return [{"@id": name} for name in dict.fromkeys(entry["@id"] for entry in references)]


def _description(study: Study) -> str:
    data = "The data are simulated: no number is a finding of any survey. " if study.simulated else ""
    date = (
        "Results hold no clock: as date of publication stands the last day of the survey."
        if study.window
        else "Results hold no clock, and study.yaml no window: 1970 stands for a date of publication that is not known."
    )
    return f"A survey from its raw export to the paper, with every step. {data}{date}"


def _licences(crate: Crate, study: Study) -> dict[str, str]:
    """The licence of code, and that of data and results, which is returned."""
    crate.add(
        MIT,
        {
            "@type": "CreativeWork",
            "name": "MIT License",
            "identifier": MIT,
            "url": "https://opensource.org/license/mit",
        },
    )
    if study.simulated:
        return crate.add(
            CC0,
            {
                "@type": "CreativeWork",
                "name": "Creative Commons Zero 1.0 Universal",
                "identifier": CC0,
                "url": "https://creativecommons.org/publicdomain/zero/1.0/",
                "description": "Simulated data and what is made of them; the code is under the MIT licence.",
            },
        )
    return crate.add(
        "#licence",
        {
            "@type": "CreativeWork",
            "name": "No licence is given for data and results",
            "description": study.data_availability
            or "study.yaml does not say where the data are, or who may have them.",
        },
    )


def _authors(crate: Crate, study: Study) -> list[dict[str, str]]:
    people = []
    for number, author in enumerate(study.authors, start=1):
        home = crate.add(f"#affiliation-{number}", {"@type": "Organization", "name": author["affiliation"]})
        name = f"https://orcid.org/{author['orcid']}" if author.get("orcid") else f"#author-{number}"
        people.append(crate.add(name, {"@type": "Person", "name": author["name"], "affiliation": home}))
    return people


def moved_crate(document: Mapping[str, Any], folder: str, members: Mapping[str, bytes]) -> dict[str, Any]:
    """The crate of an archive's root, from that in a folder of it.

    Files that are not in the archive are no parts of it any more, but things that are spoken of; files that the crate
    did not know are added, but for Snakemake's records.
    """
    names: dict[str, str] = {}
    graph = []
    for entity in document["@graph"]:
        kinds = entity["@type"] if isinstance(entity["@type"], list) else [entity["@type"]]
        if "File" in kinds and "://" not in entity["@id"]:
            path = posixpath.normpath(posixpath.join(folder, unquote(entity["@id"])))
            there = path in members
            names[entity["@id"]] = quote(path) if there else f"#{quote(path)}"
            if not there:
                entity = {**entity, "@type": "CreativeWork", "description": "Not in this archive; see left_out.csv."}
            else:
                now = file_properties(path, members[path])  # of the archive, which may differ from the clone's
                entity = now | entity | {key: now[key] for key in ("contentSize", "sha256")}
        graph.append(entity)
    graph = json.loads(json.dumps(graph))
    for entity in graph:
        _rename(entity, names)
    known = {entity["@id"] for entity in graph}
    root = next(entity for entity in graph if entity["@id"] == "./")
    parts = [part for part in root["hasPart"] if not part["@id"].startswith("#")]
    for path in sorted(members):
        if quote(path) not in known and not path.startswith(".snakemake/"):
            about = {"about": {"@id": "./"}} if path == "README.md" else {}
            graph.append({"@id": quote(path), **file_properties(path, members[path]), **about})
            parts.append({"@id": quote(path)})
    root["hasPart"] = sorted(parts, key=lambda part: part["@id"])
    graph.sort(key=lambda entity: (entity["@id"] not in ("ro-crate-metadata.json", "./"), entity["@id"]))
    return {"@context": document["@context"], "@graph": graph}


def _rename(content: Any, names: Mapping[str, str]) -> None:
    if isinstance(content, dict):
        if content.get("@id") in names:
            content["@id"] = names[content["@id"]]
        for part in content.values():
            _rename(part, names)
    elif isinstance(content, list):
        for part in content:
            _rename(part, names)
