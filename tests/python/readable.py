"""Whether a drawn chart can be read: where its texts are, and that none lies over another."""

from __future__ import annotations

from typing import Any

import pytest
from convoy_cli.charts import drawing

# Text may touch by less than a pixel of a chart that is 800 wide.
SLACK = drawing.style.DPI / 100


Box = tuple[float, float, float, float]  # left, bottom, right, top: what may not be touched


def laid_out(
    figure: Any, result: Any, monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[int, int], list[str], list[Box]]:
    """The size of the page in pixels, and every text with its place: as in a PNG, but no ink."""
    from matplotlib.text import Text

    pages: list[tuple[int, int]] = []
    texts: list[str] = []
    boxes: list[Box] = []
    draw = Text.draw

    def note(self: Text, renderer: Any, *rest: Any, **more: Any) -> None:
        draw(self, renderer, *rest, **more)
        if self.get_visible() and self.get_text().strip():
            box = Text.get_window_extent(self, renderer)
            texts.append(self.get_text())
            boxes.append((box.x0 + SLACK, box.y0 + SLACK, box.x1 - SLACK, box.y1 - SLACK))

    def lay_out(canvas: Any, *_: Any) -> bytes:
        canvas.dpi = drawing.style.DPI
        canvas.draw_without_rendering()
        pages.append((int(canvas.bbox.width), int(canvas.bbox.height)))
        return b""

    monkeypatch.setattr(Text, "draw", note)
    monkeypatch.setattr(drawing, "_save", lay_out)
    drawing.render(figure, result, ("png",))
    return pages[0], texts, boxes


def assert_readable(
    figure: Any, result: Any, monkeypatch: pytest.MonkeyPatch, least: int = 4
) -> list[str]:
    """Draws it, and returns its texts, none of which leaves the page or meets another."""
    numpy = pytest.importorskip("numpy")  # matplotlib brings it
    (width, height), texts, boxes = laid_out(figure, result, monkeypatch)
    assert len(texts) >= least, f"{figure.NAME}: only {texts}"
    left, low, right, high = numpy.array(boxes).T
    outside = (left < 0) | (low < 0) | (right > width) | (high > height)
    gone = [
        f"{texts[one]!r} {beyond(boxes[one], width, height)}" for one in numpy.flatnonzero(outside)
    ]
    assert not gone, f"{figure.NAME}: text leaves the page: " + "; ".join(gone)
    beside = (left[:, None] < right) & (left < right[:, None])
    over = beside & (low[:, None] < high) & (low < high[:, None])
    pairs = zip(*numpy.nonzero(numpy.triu(over, 1)))
    met = [f"{texts[one]!r} over {texts[other]!r}" for one, other in pairs]
    assert not met, f"{figure.NAME}: text lies over text: " + "; ".join(met)
    return texts


def beyond(box: Box, width: int, height: int) -> str:
    """By how many inches a text leaves the page, and on which sides."""
    left, low, right, high = box
    sides = {"left": -left, "bottom": -low, "right": right - width, "top": high - height}
    dpi = drawing.style.DPI
    told = (f"{over / dpi:.2f} in at the {side}" for side, over in sides.items() if over > 0)
    return ", ".join(told)
