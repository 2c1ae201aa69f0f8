"""How every figure looks: fonts, palette, sizes, and how a figure is saved.

A figure is first laid out on a Sheet, in points from the top left corner, with text measured from the font's own
metrics. So a layout can be weighed before it is drawn, and nothing is clipped or overlaps.
"""

import math
import os
import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from survey import display
from survey.errors import BadInput
from survey.files import write_text
from survey.svg import compact
from survey.tables import write_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from survey.study import Study

MM = 72 / 25.4  # points in a millimetre
SANS = "Source Sans 3"
SINGLE_COLUMN, DOUBLE_COLUMN = 86 * MM, 178 * MM  # the widths of a journal's column and page
WIDTHS = {"": DOUBLE_COLUMN, "-86mm": SINGLE_COLUMN}  # what a file name says of its width
PAGE_HEIGHT = 235 * MM
MARGIN = 3.0  # left and right of everything, so that no letter touches the edge
LEADING = 1.15  # distance of lines, in font sizes
SIMULATED = "Simulated data"
PERCENTS = (0, 25, 50, 75, 100)  # ticks of a scale of percents

# Wong B, Points of view: color blindness, Nat Methods 2011;8:441 (the palette of Okabe and Ito).
BLUE, GREEN, ORANGE, VERMILLION = "#0072B2", "#009E73", "#E69F00", "#D55E00"
INK, GREY, RULE, PALE = "#1A1A1A", "#5F5F5F", "#DCDCDC", "#F3F6F9"
PALETTE = (BLUE, GREEN, ORANGE, VERMILLION, INK)


@dataclass(frozen=True)
class Face:
    """A size in points with weight, slant and colour of a piece of text."""

    size: float
    weight: str = "normal"
    slant: str = "normal"
    colour: str = INK

    @property
    def line(self) -> float:
        """Distance from one line to the next, in points."""
        return self.size * LEADING


TITLE = Face(10, "bold")
SUBTITLE = Face(7.5, colour=GREY)
HEAD = Face(7.5, "bold")
BODY = Face(7)
STRONG = Face(7, "bold")
NOTE = Face(7, colour=GREY)
HINT = Face(7, slant="italic", colour=GREY)
WARNING = Face(8, "bold", colour=VERMILLION)


@dataclass
class Sheet:
    """What will be drawn on a sheet of this width, in points from the top left corner."""

    width: float
    fonts: "Fonts"
    texts: list[tuple[float, float, str, Face, str]] = field(default_factory=list)
    strokes: list[tuple[list[tuple[float, float]], str, float, int]] = field(default_factory=list)
    dots: list[tuple[float, float, str, str, bool]] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float, str, str]] = field(default_factory=list)

    def write(self, x: float, y: float, text: str, face: Face = BODY, align: str = "left") -> None:
        """One line of text whose line box has its top at y."""
        self.texts.append((x, y + 0.5 * face.line + 0.33 * face.size, text, face, align))

    def write_lines(self, x: float, y: float, lines: Sequence[str], face: Face = BODY, align: str = "left") -> float:
        """Several lines from y downwards; returns the y below them."""
        for line in lines:
            self.write(x, y, line, face, align)
            y += face.line
        return y

    def line(self, *points: tuple[float, float], colour: str = RULE, width: float = 0.5, over: int = 1) -> None:
        """A line through points; `over` tells which lies above which."""
        self.strokes.append((list(points), colour, width, over))

    def dot(self, x: float, y: float, colour: str = BLUE, marker: str = "o", filled: bool = True) -> None:
        """A mark of an estimate."""
        self.dots.append((x, y, colour, marker, filled))

    def box(self, x: float, y: float, width: float, height: float, fill: str, edge: str = "none") -> None:
        """A rectangle whose top left corner is (x, y)."""
        self.boxes.append((x, y, width, height, fill, edge))

    def wrap(self, text: str, width: float, face: Face = BODY) -> list[str]:
        """The text in lines no wider than width."""
        return self.fonts.wrap(text, width, face)

    def measure(self, text: str, face: Face = BODY) -> float:
        """Width of the text in points."""
        return self.fonts.measure(text, face)


def figure_parser(description: str) -> ArgumentParser:
    """The options that every drawing program has: --study, --fonts and --out."""
    parser = ArgumentParser(description=description)
    parser.add_argument("--study", type=Path, required=True, help="study folder")
    parser.add_argument("--fonts", type=Path, required=True, help="folder with the font files")
    out = "path without suffix; writes .svg .pdf .png, the same with -86mm, .csv .alt.txt"
    parser.add_argument("--out", type=Path, required=True, help=out)
    return parser


def load_fonts(folder: Path) -> "Fonts":
    """The fonts of a folder, made the only ones that matplotlib knows. Raises BadInput when one is missing."""
    fonts = Fonts(folder)
    fonts.register()
    return fonts


class Fonts:
    """The font files of a folder, the only ones that figures may use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._advances: dict[tuple[str, str], dict[str, float]] = {}

    def register(self) -> None:
        """Make matplotlib know these fonts and no others, and set its parameters.

        Fonts and settings of the computer play no part, so a figure is the same everywhere.
        Raises BadInput when the folder lacks the family in regular, bold or italic.
        """
        matplotlib = _matplotlib()
        from matplotlib.font_manager import fontManager

        matplotlib.rcdefaults()
        fontManager.ttflist = []
        self._copies = TemporaryDirectory(prefix="fonts-")
        for path in sorted((*self.folder.glob("*.ttf"), *self.folder.glob("*.otf"))):
            fontManager.addfont(_without_layout(path, Path(self._copies.name) / path.name))
        others = {entry.name for entry in fontManager.ttflist} - {SANS}
        matplotlib.rcParams.update(
            {
                "font.family": [SANS, *sorted(others)],
                "svg.fonttype": "path",
                "svg.hashsalt": "survey-paper",
                "pdf.fonttype": 42,
                "text.parse_math": False,
                "text.hinting": "none",
            }
        )
        for weight, slant in (("normal", "normal"), ("bold", "normal"), ("normal", "italic")):
            self._file(weight, slant)

    def _file(self, weight: str, slant: str) -> str:
        from matplotlib.font_manager import FontProperties, fontManager

        numbers = {"normal": 400, "bold": 700}
        for entry in fontManager.ttflist:
            known = numbers.get(entry.weight, entry.weight)
            if (entry.name, known, entry.style) == (SANS, numbers[weight], slant):
                wanted = FontProperties(family=SANS, weight=weight, style=slant)
                return str(fontManager.findfont(wanted, fallback_to_default=False, rebuild_if_missing=False))
        name = f"{SANS} ({weight if slant == 'normal' else slant})"
        raise BadInput(
            f"{self.folder}: font {name} is missing; put its TTF file there or name the right folder with --fonts"
        )

    def measure(self, text: str, face: Face) -> float:
        """Width in points: the sum of the letters' advances."""
        known = self._advances.setdefault((face.weight, face.slant), {})
        return face.size * sum(
            known[letter] if letter in known else self._advance(letter, face, known) for letter in text
        )

    def _advance(self, letter: str, face: Face, known: dict[str, float]) -> float:
        from matplotlib.font_manager import fontManager, get_font
        from matplotlib.ft2font import LoadFlags

        files = [self._file(face.weight, face.slant), *(entry.fname for entry in fontManager.ttflist)]
        for file in files:
            font = get_font(file)
            if ord(letter) in font.get_charmap():
                glyph = font.load_char(ord(letter), flags=LoadFlags.NO_SCALE)
                known[letter] = glyph.horiAdvance / font.units_per_EM
                return known[letter]
        raise BadInput(
            f"{self.folder}: no font has the character {letter!r} (U+{ord(letter):04X}); "
            "add a TTF file that has it, or change the text in the study folder"
        )

    def wrap(self, text: str, width: float, face: Face) -> list[str]:
        """The text in lines no wider than width; a word that is wider is broken."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self.measure(longer, face) <= width:
                lines[-1] = longer
                continue
            if lines[-1]:
                lines.append("")
            for letter in word:
                if lines[-1] and self.measure(lines[-1] + letter, face) > width:
                    lines.append("")
                lines[-1] += letter
        return lines

    def shorten(self, text: str, width: float, face: Face) -> str:
        """The text, or as much of it as fits with an ellipsis."""
        text = " ".join(text.split())
        if self.measure(text, face) <= width:
            return text
        while text and self.measure(text.rstrip(" ,;(-") + "…", face) > width:
            text = text[:-1]
        return text.rstrip(" ,;(-") + "…"


def _without_layout(font: Path, copy: Path) -> Path:
    """A copy of a font without its layout tables: for each PDF they would be cut to size, which takes a second."""
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True, recalcTimestamp=False) as tables:
        for name in ("GSUB", "GPOS", "GDEF"):
            if name in tables:
                del tables[name]
        tables.save(copy)
    return copy


def _matplotlib() -> Any:
    """Matplotlib, imported without its notice where there is no home folder to keep a cache in."""
    import logging

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib

    return matplotlib


def blank(width: float, height: float) -> "Figure":
    """An empty matplotlib figure, its sides in points."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def draw(sheet: Sheet, height: float, figure: "Figure | None" = None) -> "Figure":
    """The sheet as a matplotlib figure of that height, in points; above what a figure of its size holds already."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    figure = figure or blank(sheet.width, height)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, sheet.width), ylim=(height, 0))
    axes.set_axis_off()
    for x, y, width, tall, fill, edge in sheet.boxes:
        axes.add_patch(Rectangle((x, y), width, tall, facecolor=fill, edgecolor=edge, linewidth=0.7, zorder=1))
    for over in sorted({stroke[3] for stroke in sheet.strokes}):
        strokes = [stroke for stroke in sheet.strokes if stroke[3] == over]
        points, colours, widths = ([stroke[part] for stroke in strokes] for part in range(3))
        lines = LineCollection(
            points, colors=colours, linewidths=widths, zorder=1 + over, clip_on=False, capstyle="butt"
        )
        axes.add_collection(lines, autolim=False)
    # Open marks first, so that they hide no filled one.
    for colour, marker, filled in sorted({dot[2:] for dot in sheet.dots}, key=lambda look: (look[2], look)):
        places = [dot[:2] for dot in sheet.dots if dot[2:] == (colour, marker, filled)]
        axes.add_line(
            Line2D(
                *zip(*places, strict=True),
                linestyle="none",
                marker=marker,
                markersize=3.6,
                markerfacecolor=colour if filled else "white",
                markeredgecolor=colour,
                markeredgewidth=0.9 if not filled else 0.3,
                zorder=9,
                clip_on=False,
            )
        )
    for x, y, text, face, align in sheet.texts:
        axes.text(
            x,
            y,
            text,
            size=face.size,
            weight=face.weight,
            style=face.slant,
            color=face.colour,
            ha=align,
            va="baseline",
            zorder=10,
        )
    return figure


def save(drawn_at: Callable[[float], "Figure"], stem: Path, title: str, alt: str, drawn: "pd.DataFrame") -> None:
    """Write a figure at both widths of a journal, its data and its alternative text.

    drawn_at: the figure at a width in points. STEM.svg, .pdf and .png (300 dpi) are 178 mm wide, STEM-86mm.* fit one
    column; STEM.csv is the data drawn, STEM.alt.txt the description. The same content gives the same bytes.
    """
    figures = {name: drawn_at(width) for name, width in WIDTHS.items()}
    stem.parent.mkdir(parents=True, exist_ok=True)
    # All of it, or nothing: a drawing that fails half-way leaves the files of the last one as they were.
    with TemporaryDirectory(prefix=f".{stem.name}-", dir=stem.parent) as folder:
        write_table(drawn, Path(folder) / f"{stem.name}.csv")
        write_text(alt + "\n", Path(folder) / f"{stem.name}.alt.txt")
        for name, figure in figures.items():
            _save(figure, Path(folder) / (stem.name + name), title, alt)
        for path in sorted(Path(folder).iterdir()):
            os.replace(path, stem.parent / path.name)


def _save(figure: "Figure", stem: Path, title: str, alt: str) -> None:
    svg, pdf, png = (stem.with_name(stem.name + suffix) for suffix in (".svg", ".pdf", ".png"))
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    write_text(describe_svg(compact(svg.read_text(encoding="utf-8")), title, alt), svg)
    notes = {"CreationDate": None, "Creator": None, "Producer": None, "Title": title, "Subject": alt}
    figure.savefig(pdf, format="pdf", metadata=notes)
    notes = {"Software": None, "Title": title, "Description": alt}
    # 3 makes drawings smaller than the usual 6, in half the time.
    figure.savefig(png, format="png", dpi=300, metadata=notes, pil_kwargs={"compress_level": 3})


def describe_svg(svg: str, title: str, alt: str) -> str:
    """A compact SVG with its title and, for readers who cannot see it, the description."""
    root = re.search(r"<svg\b[^>]*>", svg)
    if root is None:
        raise ValueError("not an SVG image")
    opening = root.group().replace("<svg", '<svg role="img"', 1)
    described = f"{opening}\n <title>{escape(title)}</title>\n <desc>{escape(alt)}</desc>"
    return svg[: root.start()] + described + svg[root.end() :]


def with_withheld(study: "Study", notes: str) -> str:
    """The notes of a figure and, for a study that withholds small counts, that it does."""
    return " ".join(part for part in (notes, display.withheld_note(study.minimum_cell)) if part)


def footer(sheet: Sheet, y: float, notes: str, simulated: bool) -> float:
    """Notes and, for a simulated study, the words that say so; returns the y below.

    On a page the words stand to the right of the notes, in a column below them.
    """
    beside = sheet.width > SINGLE_COLUMN
    width = sheet.width - 2 * MARGIN - (sheet.measure(SIMULATED, WARNING) + 14 if simulated and beside else 0)
    bottom = sheet.write_lines(MARGIN, y, sheet.wrap(notes, width, NOTE) if notes else [], NOTE)
    if simulated:
        y = y if beside else bottom
        sheet.write(sheet.width - MARGIN, y, SIMULATED, WARNING, "right")
        bottom = max(bottom, y + WARNING.line)
    return bottom + MARGIN


def heading(sheet: Sheet, title: str, subtitle: str) -> float:
    """Title and subtitle at the top; returns the y below."""
    width = sheet.width - 2 * MARGIN
    y = sheet.write_lines(MARGIN, MARGIN, sheet.wrap(title, width, TITLE), TITLE)
    return sheet.write_lines(MARGIN, y + 2.5, sheet.wrap(subtitle, width, SUBTITLE) if subtitle else [], SUBTITLE) + 5


def shade(percent: float) -> tuple[str, bool]:
    """A blue that is the darker the larger the percent, 0 to 100, and whether white letters are better than black."""
    share = 0.0 if math.isnan(percent) else percent / 100
    light, dark = (0xF3, 0xF6, 0xF9), (0x08, 0x3D, 0x6B)
    mixed = [round(a + (b - a) * share) for a, b in zip(light, dark, strict=True)]
    return "#" + "".join(f"{part:02X}" for part in mixed), share > 0.67


def draw_key(sheet: Sheet, marks: Iterable[tuple[tuple[str, str, bool], str]], y: float) -> tuple[float, float]:
    """What marks mean, in as many lines as it takes.

    marks: colour, shape and filling of each as `Sheet.dot` takes them, and its words. Returns where more words of the
    last line would begin, and its y.
    """
    x = MARGIN + 2
    for mark, words in marks:
        if x + 5 + sheet.measure(words, NOTE) > sheet.width - MARGIN:
            x, y = MARGIN + 2, y + NOTE.line
        sheet.dot(x, y + NOTE.line / 2, *mark)
        sheet.write(x + 5, y, words, NOTE)
        x += sheet.measure(words, NOTE) + 20
    return x, y


def write_percents(sheet: Sheet, at: Callable[[float], float], y: float) -> None:
    """The scale of percents, one line of text with its top at y. at: horizontal place of a percent."""
    for percent in PERCENTS:
        sheet.write(at(percent), y, tick_text(percent), NOTE, "center")


def tick_text(percent: int) -> str:
    """What stands at a tick of PERCENTS: the last says what the numbers are."""
    return f"{percent}%" if percent == PERCENTS[-1] else str(percent)


def with_note(figure: Mapping[str, Any], words: str) -> str:
    """What is said below a figure of study.yaml: its own note, if it has one, before other words."""
    return f"{figure['note']} {words}" if "note" in figure else words


def asked_words(row: Mapping[str, Any]) -> tuple[str, str]:
    """The base of a row of shares in words: "n = 103 of 106 asked", "; 4 not asked"."""
    valid, asked, others = (display.count(row[column]) for column in ("n_valid", "n_asked", "n_not_asked"))
    return f"n = {valid} of {asked} asked", f"; {others} not asked" if row["n_not_asked"] else ""


def percent_text(percent: float, n: float, base: float) -> str:
    """`50/106 (47%)`; a dash for the percent of a base of none, or of one that is withheld."""
    if math.isnan(n):
        return display.WITHHELD
    if math.isnan(base):
        return f"{n:.0f}, % {display.WITHHELD}"
    return f"{n:.0f}/{base:.0f} ({display.percent(percent) if base else display.DASH})"
