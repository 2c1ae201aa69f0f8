"""The same manuscript rendered by Quarto, where it is installed, through documented options only."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from survey.errors import BadInput, nearest
from survey.rendering.documents import EPOCH, FORMATS, MARK, MARK_LINE, SANS, SERIF, picture_kinds, typst_string
from survey.rendering.execution import kernel_environment

BANNER = "position: sticky; top: 0; z-index: 9; background: #a6192e; color: #fff; text-align: center; font-weight: bold"


def quarto() -> str | None:
    """The quarto on the PATH, if there is one."""
    return shutil.which("quarto")


def quarto_version() -> str:
    """Its version, "1.9.3"."""
    return subprocess.run([str(quarto()), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def front_matter(front: Mapping, study: Mapping) -> dict:
    """The front matter with the study's title and authors and what each format needs, in Quarto's words."""
    authors = [
        {"name": author["name"]}
        | ({"affiliations": [{"name": author["affiliation"]}]} if author.get("affiliation") else {})
        | ({"orcid": author["orcid"]} if author.get("orcid") else {})
        | (
            {"corresponding": True, "email": author["email"]}
            if author.get("corresponding") and author.get("email")
            else {}
        )
        for author in study.get("authors") or []
    ]
    pictures = picture_kinds(front)
    page = {"toc": True, "embed-resources": True, "html-math-method": "mathml"}
    formats = {
        "html": page | ({"include-before-body": "mark.html"} if study.get("simulated") else {}),
        "docx": {"reference-doc": "reference.docx"},
        "typst": {"papersize": "a4", "mainfont": SERIF, "font-paths": ["fonts"], "include-in-header": "header.typ"},
    }
    kept = {key: value for key, value in front.items() if key != "format"}
    return kept | {
        "title": study["title"],
        **({"subtitle": MARK_LINE} if study.get("simulated") else {}),
        "author": authors,
        "simulated": bool(study.get("simulated")),
        "lang": front.get("lang") or "en",
        "number-sections": front.get("number-sections", True),
        "bibliography": "references.bib",
        "csl": "style.csl",
        "link-citations": True,
        "jupyter": "python3",
        "execute": (front.get("execute") or {}) | {"freeze": False, "cache": False},
        "format": {name: options | {"default-image-extension": pictures[name]} for name, options in formats.items()},
    }


def write_documents(
    body: str, front: Mapping, study: Mapping, folder: Path, fonts: Path, finish: Callable[[str, Path], None]
) -> dict[str, Path]:
    """Write manuscript.html, .docx and .pdf in `folder` with Quarto; returns their paths by format.

    Raises BadInput with Quarto's last lines when it stops, and for what it only warns of: references and citations.
    """
    import yaml

    from survey.rendering.documents import check_fonts
    from survey.rendering.reference_docx import write_reference

    check_fonts(fonts)
    short = str(study.get("short_title") or study["title"])
    mark = MARK if study.get("simulated") else None
    write_reference(folder / "reference.docx", short, mark)
    shutil.copytree(fonts, folder / "fonts")
    (folder / "mark.html").write_text(f'<div role="note" style="{BANNER}">{MARK}</div>\n', encoding="utf-8")
    right = f', text(fill: rgb("#a6192e"), weight: "bold")[{MARK}]' if mark else ""
    line = f'grid(columns: (1fr, auto), "{typst_string(short)}"{right})'
    header = f'#set page(header: text(font: "{SANS}", size: 8pt, {line}))\n'
    (folder / "header.typ").write_text(header, encoding="utf-8")
    merged = yaml.safe_dump(front_matter(front, study), sort_keys=False, allow_unicode=True)
    (folder / "manuscript.qmd").write_text(f"---\n{merged}---\n{body}", encoding="utf-8")

    kernels = folder / "home" / "kernels" / "python3"
    environment = kernel_environment(folder)
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(kernel_json(), encoding="utf-8")
    environment |= {
        "QUARTO_PYTHON": sys.executable,
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "PATH": os.environ.get("PATH", ""),
    }
    environment["JUPYTER_PATH"] = str(folder / "home")
    done = subprocess.run(
        [str(quarto()), "render", "manuscript.qmd", "--to", ",".join(FORMATS)],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    check_messages(done.stderr, done.returncode, folder)
    written = {name: folder / f"manuscript.{name}" for name in ("html", "docx", "pdf")}
    for name, path in written.items():
        if not path.is_file():
            raise BadInput(f"manuscript.qmd: Quarto wrote no {path.name}")
        finish(name, path)
    return written


def kernel_json() -> str:
    """The specification of a kernel that is the running interpreter."""
    import json

    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return json.dumps({"argv": start, "display_name": "python3", "language": "python"})


def check_messages(told: str, code: int, folder: Path) -> None:
    """Raises BadInput for a failed run, an unresolved reference or an unknown citation in what Quarto printed."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", told)
    if code:
        raise BadInput(f"manuscript.qmd: Quarto stopped: {' '.join(plain.split()[-60:])}")
    if lost := re.search(r"[Uu]nable to resolve crossref (@?\S+)", plain):
        raise BadInput(f"manuscript.qmd: {lost[1]} refers to nothing in the text")
    if unknown := re.search(r"citation (\S+) not found", plain):
        known = re.findall(r"@\w+\{\s*([^,\s]+)", (folder / "references.bib").read_text(encoding="utf-8"))
        raise BadInput(f"manuscript.qmd: @{unknown[1]} is not in references.bib{nearest(unknown[1], known)}")
