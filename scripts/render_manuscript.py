"""Render the manuscript of a study as HTML, DOCX and PDF.

python scripts/render_manuscript.py --study FOLDER --values values.json --figures FOLDER --fonts resources/fonts \
    --csl STYLE.csl --html OUT.html --docx OUT.docx --pdf OUT.pdf --record render.json
"""

from argparse import ArgumentParser
from pathlib import Path

from survey.errors import run


def main(argv: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--study", type=Path, required=True, help="folder with study.yaml, manuscript.qmd, references.bib"
    )
    parser.add_argument("--values", type=Path, required=True, help="values.json, every number the text prints")
    parser.add_argument("--figures", type=Path, required=True, help="folder with every figure as .svg, .pdf and .png")
    parser.add_argument("--fonts", type=Path, required=True, help="folder with the fonts of the PDF; no other is used")
    parser.add_argument("--csl", type=Path, required=True, help="citation style")
    for name in ("html", "docx", "pdf"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"the {name.upper()} to write")
    parser.add_argument("--record", type=Path, required=True, help="JSON to write: which renderer, which versions")
    renderers = ("auto", "quarto", "embedded")
    parser.add_argument(
        "--renderer", choices=renderers, default="auto", help="auto: Quarto if installed, else embedded"
    )
    args = parser.parse_args(argv)
    from survey.rendering.render import render

    outputs = {"html": args.html, "docx": args.docx, "pdf": args.pdf}
    render(args.study, args.values, args.figures, args.fonts, args.csl, outputs, args.record, args.renderer)


if __name__ == "__main__":
    run(main)
