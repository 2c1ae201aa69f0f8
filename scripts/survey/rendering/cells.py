"""The parts of a .qmd file: front matter, prose, code cells and `{python}` expressions in the prose."""

import re
from dataclasses import dataclass, field

from survey.errors import BadInput

FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
INLINE = re.compile(r"(?<!`)`\{python\}\s+([^`]+?)\s*`(?!`)")
OPTIONS = frozenset(
    ("label", "echo", "include", "eval", "output", "warning", "error", "fig-cap", "tbl-cap", "fig-alt"),
)
# These change how Quarto draws a page, never what it says.
HARMLESS = frozenset(
    ("code-fold", "code-summary", "code-overflow", "fig-width", "fig-height", "fig-dpi", "fig-format", "fig-align"),
)


@dataclass(frozen=True)
class Prose:
    """Text with its first line's number; `{python}` expressions in it are evaluated unless it is a listing."""

    text: str
    line: int
    listing: bool = False

    def expressions(self) -> list[tuple[str, int]]:
        """Every inline expression with the number of its line."""
        if self.listing:
            return []
        return [(m[1], self.line + self.text.count("\n", 0, m.start())) for m in INLINE.finditer(self.text)]


@dataclass(frozen=True)
class Cell:
    """One ```{python} cell: code without its options, the options of its `#|` lines, the number of its first line."""

    code: str
    line: int
    options: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The label, or the place, for messages."""
        return str(self.options.get("label", f"at line {self.line}"))


def split_front_matter(text: str) -> tuple[dict, str, int]:
    """The YAML block at the top as a dictionary, the text after it, and the number of that text's first line.

    Raises BadInput for YAML that cannot be read or is not a mapping.
    """
    import yaml

    found = re.match(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.S)
    if not found:
        return {}, text, 1
    try:
        front = yaml.safe_load(found[1]) or {}
    except yaml.YAMLError as error:
        raise BadInput(f"manuscript.qmd: the front matter is not valid YAML: {error}") from None
    if not isinstance(front, dict):
        raise BadInput("manuscript.qmd: the front matter must be a list of `key: value` lines")
    return front, text[found.end() :], 1 + text.count("\n", 0, found.end())


def split_cells(body: str, first_line: int = 1) -> list[Prose | Cell]:
    """Prose, listings and cells in their order; all text that is not a cell is kept as it is.

    Raises BadInput for a cell that is not closed, or options that are no YAML or that no renderer here honours.
    """
    parts: list[Prose | Cell] = []
    lines = re.split(r"(?<=\n)", body)  # not splitlines: it also ends a line at signs that pandoc does not
    start = at = 0

    def prose(end: int) -> None:
        if end > start:
            parts.append(Prose("".join(lines[start:end]), first_line + start))

    while at < len(lines):
        fence = FENCE.match(lines[at].rstrip("\n"))
        if not fence:
            at += 1
            continue
        closing = re.compile(rf"^ *{re.escape(fence['ticks'][0])}{{{len(fence['ticks'])},}}\s*$")
        end = next((i for i in range(at + 1, len(lines)) if closing.match(lines[i])), None)
        is_cell = re.match(r"\{python\b[^}]*\}\s*$", fence["info"].strip())
        if end is None:
            raise BadInput(f"manuscript.qmd: line {first_line + at}: the code block opened here is never closed")
        prose(at)
        inside = lines[at + 1 : end]
        if is_cell:
            indent = len(fence["indent"])
            code = "".join(line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in inside)
            parts.append(cell(code, first_line + at))
        else:
            parts.append(Prose("".join(lines[at : end + 1]), first_line + at, listing=True))
        start = at = end + 1
    prose(len(lines))
    return parts


def cell(code: str, line: int) -> Cell:
    """A cell from its text: the leading `#|` lines are YAML options, the rest is Python.

    Raises BadInput for options that are not YAML, are unknown, or would let an error pass.
    """
    import yaml

    lines = code.splitlines(keepends=True)
    count = next((i for i, text in enumerate(lines) if not text.startswith("#|")), len(lines))
    where = f"manuscript.qmd: cell at line {line}"
    try:
        options = yaml.safe_load("".join(text[2:].removeprefix(" ") for text in lines[:count])) or {}
    except yaml.YAMLError as error:
        raise BadInput(f"{where}: its #| options are not valid YAML: {error}") from None
    if not isinstance(options, dict):
        raise BadInput(f"{where}: write its options as `#| key: value`")
    for key in options:
        if key not in OPTIONS | HARMLESS:
            raise BadInput(f"{where}: the option {key!r} is not supported; use {', '.join(sorted(OPTIONS))}")
    if options.get("error"):
        raise BadInput(f"{where}: `error: true` is not allowed, a failing cell stops the rendering")
    return Cell("".join(lines[count:]), line, options)


def fill(part: Prose, results: list[str]) -> str:
    """The prose with its inline expressions replaced, in order, by their results."""
    if part.listing:
        return part.text
    remaining = iter(results)
    return INLINE.sub(lambda _: next(remaining), part.text)


def blank(pattern: str, text: str, flags: int = 0) -> str:
    """Text with every match replaced by blanks, line feeds kept, so that line numbers stay true."""
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=flags)
