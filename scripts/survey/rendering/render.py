"""One rendering from start to end: check, stage in a private folder, execute, write, move the finished files out."""

import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from survey.errors import BadInput
from survey.files import write_json
from survey.manuscript import typed_statistics, unknown_key
from survey.rendering import documents, page, quarto, word
from survey.rendering.cells import Cell, Prose, split_cells, split_front_matter
from survey.rendering.execution import execute


def read_inputs(study_folder: Path, values: Path, figures: Path, csl: Path) -> tuple[dict, str, dict]:
    """The study, the text of its manuscript and the values. Raises BadInput for a file that is absent or unreadable."""
    import yaml

    for path in (study_folder / "study.yaml", study_folder / "manuscript.qmd", values, csl):
        if not path.is_file():
            raise BadInput(f"{path} is not there")
    for path in (study_folder, figures):
        if not path.is_dir():
            raise BadInput(f"folder {path} is not there")
    try:
        study = yaml.safe_load((study_folder / "study.yaml").read_text(encoding="utf-8"))
        known = json.loads(values.read_text(encoding="utf-8"))
        text = (study_folder / "manuscript.qmd").read_text(encoding="utf-8")
    except (yaml.YAMLError, ValueError) as error:
        raise BadInput(f"{study_folder} or {values}: cannot be read: {error}") from None
    if not isinstance(study, dict) or not study.get("title"):
        raise BadInput(f"{study_folder / 'study.yaml'}: it gives no title")
    return study, text.replace("\r\n", "\n"), known


def check_text(text: str, parts: list[Prose | Cell], known: Mapping) -> None:
    """Raises BadInput for a statistic typed by hand and for a key in v("...") that values.json does not hold."""
    for line, written in typed_statistics(text)[:1]:
        raise BadInput(f"manuscript.qmd: line {line}: {written!r} is typed by hand; print it with `{{python}} v(...)`")
    for part in parts:
        code = [(part.code, part.line)] if isinstance(part, Cell) else part.expressions()
        for expression, line in code:
            for key in re.findall(r"""\bv\(\s*["']([^"'{}]+)["']\s*\)""", expression):
                if key not in known:
                    raise BadInput(f"manuscript.qmd: line {line}: {unknown_key(key, known)}")


def choose_renderer(asked: str) -> str:
    """`quarto` or `embedded`. Raises BadInput when Quarto is asked for and not there."""
    if asked == "quarto" and not quarto.quarto():
        raise BadInput(
            "--renderer quarto: no quarto on the PATH; install it (conda-forge: quarto) or use --renderer auto"
        )
    return "quarto" if asked != "embedded" and quarto.quarto() else "embedded"


def stage(folder: Path, study_folder: Path, values: Path, figures: Path, csl: Path) -> None:
    """Copy everything a rendering reads into its private folder."""
    shutil.copy(values, folder / "values.json")
    shutil.copytree(figures, folder / "figures")
    shutil.copy(csl, folder / "style.csl")
    bibliography = study_folder / "references.bib"
    (folder / "references.bib").write_text(
        bibliography.read_text(encoding="utf-8") if bibliography.is_file() else "", "utf-8"
    )


def render(
    study_folder: Path,
    values: Path,
    figures: Path,
    fonts: Path,
    csl: Path,
    outputs: Mapping[str, Path],
    record: Path,
    asked: str,
) -> None:
    """Render one manuscript. outputs: where html, docx and pdf go; all appear together at the end, or none.

    Raises BadInput, naming the thing, for every mistake in the text or its inputs.
    """
    renderer = choose_renderer(asked)
    study, text, known = read_inputs(study_folder, values, figures, csl)
    front, body, first = split_front_matter(text)
    parts = split_cells(body, first)
    check_text(text, parts, known)
    record.parent.mkdir(parents=True, exist_ok=True)
    # Absolute: the programs that write the documents run inside the folder.
    folder = Path(tempfile.mkdtemp(prefix=".render-", dir=record.parent)).resolve()

    def finish(name: str, path: Path) -> None:
        """The last touch to a document as soon as it is written."""
        if name == "html":
            page.finish(path, known, folder / "figures")
        elif name == "docx":
            word.finish(path, study)
        say(name)

    try:
        stage(folder, study_folder, values, figures, csl)
        if renderer == "quarto":
            (folder / "home").mkdir()
            written = quarto.write_documents(body, front, study, folder, fonts.resolve(), finish)
        else:
            texts = execute(parts, folder, front.get("execute") or {})
            say("cells")
            written = documents.write_documents("".join(texts), front, study, folder, fonts.resolve(), finish)
        told = {"cells": sum(isinstance(part, Cell) for part in parts), "simulated": bool(study.get("simulated"))}
        write_json(description(renderer, csl) | told, folder / "render.json")
        for name, path in outputs.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(written[name], path)
        os.replace(folder / "render.json", record)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def description(renderer: str, csl: Path) -> dict[str, object]:
    """What wrote the documents: names and versions, no place and no time."""
    import pypandoc

    own = {"pandoc": pypandoc.get_pandoc_version(), "typst": version("typst"), "nbclient": version("nbclient")}
    quarto_tools = {"renderer": "quarto", "renderer_version": quarto.quarto_version() if renderer == "quarto" else ""}
    embedded = {"renderer": "embedded", "renderer_version": own["pandoc"]} | own
    tools = quarto_tools if renderer == "quarto" else embedded
    return tools | {
        "python": platform.python_version(),
        "citation_style": csl.stem,
        "fonts": [documents.SERIF, documents.SANS],
    }


def say(step: str) -> None:
    """One line of progress."""
    print(step, flush=True)
