"""From Markdown to HTML, DOCX and PDF with pandoc and Typst alone; the same text gives the same bytes."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

from survey.errors import BadInput, nearest

ASSETS = Path(__file__).resolve().parents[3] / "workflow" / "manuscript"
SERIF, SANS = "Source Serif 4", "Source Sans 3"
EPOCH = 946_684_800  # 2000-01-01: the creation date written into DOCX and PDF, so that it never differs
FORMATS = ("html", "docx", "typst")
# Typst takes no PDF into a PDF that is to be accessible, so its drawings are SVG, too.
PICTURES = {"html": "svg", "docx": "png", "typst": "svg"}
STANDARD = "ua-1"  # PDF/UA-1: tagged throughout, everything that is not text has an alternative text
REFERENCE = re.compile(r"(fig|tbl|sec|eq)-", re.I)
MARK = "SIMULATED DATA"
MARK_LINE = "Simulated data: no number in this document is a result of a real survey."


def pandoc() -> str:
    """The pandoc that comes with pypandoc_binary."""
    import pypandoc

    return pypandoc.get_pandoc_path()


def run_pandoc(arguments: list[str], folder: Path, source: str) -> tuple[bytes, str]:
    """Run pandoc in `folder` on `source`; its output and its warnings. Raises BadInput with pandoc's own words."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH), "XDG_DATA_HOME": str(folder), "LC_ALL": "C.UTF-8"}
    words = [
        pandoc(),
        *(argument.encode(errors="surrogateescape") for argument in arguments),
    ]  # in UTF-8 whatever the locale
    done = subprocess.run(words, cwd=folder, input=source.encode(), capture_output=True, env=environment)
    told = done.stderr.decode(errors="replace")
    if done.returncode:
        raise BadInput(f"manuscript.qmd: pandoc stopped: {told.strip() or f'exit code {done.returncode}'}")
    return done.stdout, told


def check_fonts(fonts: Path) -> None:
    """Raises BadInput unless the folder holds the regular, bold and italic faces of both families the PDF is set in."""
    import typst

    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)]).fonts()
    have = {
        (font.family, "bold" if font.weight >= 600 else "italic" if font.style != "normal" else "regular")
        for font in found
    }
    for family in (SERIF, SANS):
        for face in ("regular", "bold", "italic"):
            if (family, face) not in have:
                raise BadInput(f"{fonts}: no font {family!r} {face}; put its .ttf file there, no other font is taken")


# --- the document as pandoc reads it -------------------------------------------------------------------------------


def read_document(markdown: str, folder: Path) -> dict:
    """The document as pandoc's tree."""
    output, _ = run_pandoc(["--from=markdown", "--to=json", "--strip-comments"], folder, markdown)
    return json.loads(output)


def elements(tree: object) -> Iterator[dict]:
    """Every element of a pandoc tree, in reading order."""
    if isinstance(tree, dict):
        if "t" in tree:
            yield tree
        for branch in tree.values():
            yield from elements(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from elements(branch)


def check_document(document: dict, folder: Path, pictures: Mapping[str, str]) -> None:
    """Raises BadInput for a reference to nothing, a label used twice, or a picture that is not there.

    pictures: for each format the file ending of a picture named without one.
    """
    labels, references = set(), []
    for element in elements(document["blocks"]):
        content = element.get("c")
        if element["t"] == "Cite":
            references += [citation["citationId"] for citation in content[0]]
        elif element["t"] == "Image":
            check_picture(content[2][0], folder, pictures)
        elif element["t"] == "Str" and (label := re.fullmatch(r"\{#(eq-[\w-]+)\}", content)):
            labels.add(label[1])
        elif element["t"] in ("Header", "Div", "Figure", "Table", "Span"):
            identifier = content[1][0] if element["t"] == "Header" else content[0][0]
            if REFERENCE.match(identifier) and identifier in labels:
                raise BadInput(f"manuscript.qmd: the label {identifier!r} is used twice")
            labels.add(identifier)
    for reference in references:
        if REFERENCE.match(reference) and (target := reference[0].lower() + reference[1:]) not in labels:
            known = sorted(label for label in labels if REFERENCE.match(label))
            raise BadInput(f"manuscript.qmd: @{reference} refers to nothing in the text{nearest(target, known)}")


def check_picture(target: str, folder: Path, pictures: Mapping[str, str]) -> None:
    """Raises BadInput unless the picture is a file of the staged folder, in the kind every format needs."""
    if re.match(r"[a-z]+:", target):
        raise BadInput(f"manuscript.qmd: picture {target}: use a file below figures/, nothing is fetched from the web")
    for ending in [""] if Path(target).suffix else sorted(set(pictures.values())):
        name = f"{target}.{ending}" if ending else target
        if not (folder / name).is_file():
            raise BadInput(f"manuscript.qmd: picture {name} is not there; draw it or correct its name")


# --- who wrote it -----------------------------------------------------------------------------------------------


def title_block(study: Mapping) -> dict[str, object]:
    """Title, authors with numbered affiliations, and the mark of simulated data, as plain text for the templates.

    study: title, short_title (optional), simulated, authors [{name, affiliation, orcid, email, corresponding}].
    """
    authors = study.get("authors") or []
    places = list(dict.fromkeys(author["affiliation"] for author in authors if author.get("affiliation")))
    people = []
    for author in authors:
        marks = [str(places.index(author["affiliation"]) + 1)] if author.get("affiliation") and len(places) > 1 else []
        marks += ["*"] if author.get("corresponding") else []
        orcid = str(author.get("orcid", "")).removeprefix("https://orcid.org/")
        people.append({"name": author["name"], "marks": ",".join(marks), "orcid": orcid})
    lines = [f"{i} {place}" if len(places) > 1 else place for i, place in enumerate(places, 1)]
    for author in authors:
        if author.get("corresponding"):
            lines.append(
                f"* Corresponding author: {author['name']}" + (f", {author['email']}" if author.get("email") else "")
            )
    block = {
        "title": study["title"],
        "simulated": bool(study.get("simulated")),
        "short-title": study.get("short_title") or study["title"],
        "by-author": people,
        "author": [", ".join(person["name"] + superscript(person["marks"]) for person in people)] if people else [],
        "affiliation-lines": lines,
    }
    return block | ({"simulated-mark": MARK, "mark-line": MARK_LINE} if study.get("simulated") else {})


def superscript(marks: str) -> str:
    """Digits raised, for a DOCX author line, which is plain text."""
    return marks.translate(str.maketrans("0123456789,", "⁰¹²³⁴⁵⁶⁷⁸⁹˒"))


def metadata(value: object) -> dict:
    """A plain Python value as pandoc metadata; text stays literally what it is."""
    if isinstance(value, Mapping):
        return {"t": "MetaMap", "c": {key: metadata(part) for key, part in value.items()}}
    if isinstance(value, list):
        return {"t": "MetaList", "c": [metadata(part) for part in value]}
    if isinstance(value, bool):
        return {"t": "MetaBool", "c": value}
    words = re.split(r"( )", str(value))
    return {
        "t": "MetaInlines",
        "c": [{"t": "Space"} if word == " " else {"t": "Str", "c": word} for word in words if word],
    }


# --- the formats ------------------------------------------------------------------------------------------------


def picture_kinds(front: Mapping) -> dict[str, str]:
    """The ending of a picture named without one, by format: the front matter's `default-image-extension`, or ours."""
    formats = front.get("format") if isinstance(front.get("format"), dict) else {}
    given = {
        name: (formats.get(name) or {}).get("default-image-extension")
        for name in FORMATS
        if isinstance(formats.get(name), dict)
    }
    return {name: given.get(name) or PICTURES[name] for name in FORMATS}


def write_documents(
    markdown: str, front: Mapping, study: Mapping, folder: Path, fonts: Path, finish: Callable[[str, Path], None]
) -> dict[str, Path]:
    """Write manuscript.html, .docx and .pdf in `folder`, side by side; returns their paths by format.

    markdown: the text with all results in it. front: the front matter. folder: holds figures/, references.bib and
    style.csl. finish: called with the format and path of each document as soon as it is written.
    Raises BadInput for a reference to nothing, an unknown citation, a missing picture or font.
    """
    check_fonts(fonts)
    pictures = picture_kinds(front)
    document = read_document(markdown, folder)
    check_document(document, folder, pictures)
    block = title_block(study)
    language = str(front.get("lang") or "en")
    keywords = front.get("keywords") or []
    keywords = [str(word) for word in (keywords if isinstance(keywords, list) else [keywords])]
    numbered = {"number-sections": front.get("number-sections", True), "link-citations": True, "lang": language}
    numbered |= {"keywords": keywords} if keywords else {}
    document["meta"] = {key: metadata(value) for key, value in (block | numbered).items()}
    if not block["author"]:
        del document["meta"]["author"]
    source = json.dumps(document)

    common = ["--from=json", "--standalone", f"--lua-filter={ASSETS / 'paper.lua'}", "--citeproc", "--wrap=none"]
    common += ["--bibliography=references.bib", "--csl=style.csl", "--syntax-highlighting=none"]
    page = ["--to=html5", f"--template={ASSETS / 'page.html'}", "--css=page.css", "--embed-resources"]
    shutil.copy(ASSETS / "page.css", folder)  # a path with a quote in it would end the link to it
    own = {
        "html": [*page, "--mathml", "--toc", "--toc-depth=3", *page_variables(block, keywords)],
        "docx": ["--to=docx", "--reference-doc=reference.docx"],
        "typst": ["--to=typst", f"--template={ASSETS / 'paper.typ'}", *typst_variables(block, keywords)],
    }

    def write(name: str) -> tuple[str, Path]:
        if name == "docx":
            from survey.rendering.reference_docx import write_reference

            write_reference(folder / "reference.docx", str(block["short-title"]), block.get("simulated-mark"))
        target = folder / f"manuscript.{'typ' if name == 'typst' else name}"
        tree = with_endings(source, pictures[name])
        _, told = run_pandoc([*common, *own[name], f"--output={target.name}"], folder, tree)
        check_warnings(told, folder)
        if name == "typst":
            name, target = "pdf", write_pdf(target, fonts, [] if uses_pdf(tree) else [STANDARD])
        finish(name, target)
        return name, target

    with ThreadPoolExecutor(len(FORMATS)) as pool:
        return dict(pool.map(write, FORMATS))


def with_endings(source: str, ending: str) -> str:
    """The tree with an ending for every picture that has none."""
    document = json.loads(source)
    for element in elements(document["blocks"]):
        if element["t"] == "Image" and not Path(element["c"][2][0]).suffix:
            element["c"][2][0] += f".{ending}"
    return json.dumps(document)


def uses_pdf(source: str) -> bool:
    """Is any picture a PDF, as the front matter may ask for? Typst refuses to embed one under a standard."""
    pictures = [element for element in elements(json.loads(source)["blocks"]) if element["t"] == "Image"]
    return any(picture["c"][2][0].endswith(".pdf") for picture in pictures)


def check_warnings(told: str, folder: Path) -> None:
    """Raises BadInput where pandoc only warns: an unknown citation, a picture it could not read."""
    if unknown := re.search(r"citation (\S+) not found", told):
        known = re.findall(r"@\w+\{\s*([^,\s]+)", (folder / "references.bib").read_text(encoding="utf-8"))
        raise BadInput(f"manuscript.qmd: @{unknown[1]} is not in references.bib{nearest(unknown[1], known)}")
    if lost := re.search(r"Could not (?:fetch|convert|determine)[^\n]*(?:\n[^\[\n]*)?", told):
        raise BadInput(f"manuscript.qmd: {lost[0]}")


def typst_string(text: object) -> str:
    """Text inside the quotes of a Typst string."""
    return str(text).replace("\\", "\\\\").replace('"', '\\"')


def page_variables(block: Mapping, keywords: Sequence[str]) -> list[str]:
    """Template variables that stand in the head of the page, where a quote or a bracket would end an element."""
    given = [("pagetitle", block["short-title"])]
    given += [("author-name", person["name"]) for person in block["by-author"]]
    given += [("keyword-list", ", ".join(keywords))] if keywords else []
    return [f"--variable={name}:{escape(str(text))}" for name, text in given]


def typst_variables(block: Mapping, keywords: list[str]) -> list[str]:
    """Template variables that Typst takes as strings, not as text."""
    words = "".join(f'"{typst_string(word)}", ' for word in keywords)
    authors = "".join(f'"{typst_string(person["name"])}", ' for person in block["by-author"])
    given = {
        "plain-title": typst_string(block["title"]),
        "plain-authors": authors,
        "plain-keywords": words,
        "mainfont": SERIF,
        "sansfont": SANS,
    }
    return [f"--variable={key}:{value}" for key, value in given.items()]


def write_pdf(source: Path, fonts: Path, standards: list[str]) -> Path:
    """Compile a Typst file with the given fonts alone, to these standards. Raises BadInput with Typst's own words."""
    import typst

    target = source.with_suffix(".pdf")
    try:
        typst.compile(
            str(source),
            output=str(target),
            root=str(source.parent),
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            timestamp=EPOCH,
            pdf_standards=standards,
        )
    except (typst.TypstError, RuntimeError) as error:
        raise BadInput(f"manuscript.qmd: Typst stopped: {error}") from None
    return target
