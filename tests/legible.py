"""Whether a figure can be read: nothing cut off, no two texts over each other, no letter too small."""

import itertools
from types import SimpleNamespace

import pytest

from survey import style


def texts(figure):
    return [text for axes in figure.axes for text in axes.texts if text.get_text()]


def words(figure):
    return " ".join(text.get_text() for text in texts(figure))


def ink(text, renderer):
    """The box of the letters themselves, in pixels; matplotlib's own is as tall as the font's whole line."""
    from matplotlib.textpath import TextPath

    box = text.get_window_extent(renderer)
    letters = TextPath((0, 0), text.get_text(), size=text.get_size(), prop=text.get_fontproperties()).get_extents()
    baseline = text.get_transform().transform(text.get_position())[1]
    scale = renderer.dpi / 72
    return SimpleNamespace(x0=box.x0, x1=box.x1, y0=baseline + scale * letters.y0, y1=baseline + scale * letters.y1)


def assert_legible(figure, width=style.DOUBLE_COLUMN):
    figure.set_dpi(288)  # four pixels in a point
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    boxes = [(text.get_text(), ink(text, renderer)) for text in texts(figure)]
    canvas = figure.bbox
    for label, box in boxes:
        assert canvas.x0 <= box.x0 < box.x1 <= canvas.x1, f"{label!r} is cut off at a side"
        assert canvas.y0 <= box.y0 < box.y1 <= canvas.y1, f"{label!r} is cut off above or below"
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        down = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert across <= 0 or down <= 0, f"{one!r} overlaps {other!r} by {across} x {down} pixels"
    assert min(text.get_size() for text in texts(figure)) >= 7
    assert figure.get_size_inches()[0] * 72 == pytest.approx(width)
    assert figure.get_size_inches()[1] * 25.4 <= 235.01 or width < style.DOUBLE_COLUMN
