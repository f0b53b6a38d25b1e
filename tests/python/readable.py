"""Whether a drawn chart can be read: where its texts are, and that none lies over another."""

from __future__ import annotations

from typing import Any

import pytest
from convoy_cli import charts

# Text may touch by less than a pixel of a chart that is 800 wide.
SLACK = charts.style.DPI / 100


def assert_readable(figure: Any, result: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Draws it, and returns its texts, none of which leaves the page or meets another."""
    from matplotlib.text import Text

    drawn: list[tuple[str, Any]] = []
    draw = Text.draw

    def note(self: Text, renderer: Any, *rest: Any, **more: Any) -> None:
        draw(self, renderer, *rest, **more)
        if self.get_visible() and self.get_text().strip():
            drawn.append((self.get_text(), Text.get_window_extent(self, renderer)))

    monkeypatch.setattr(Text, "draw", note)
    png = charts.render(figure, result, ("png",))["png"]
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    boxes = [(text, box.x0 + SLACK, box.y0 + SLACK, box.x1 - SLACK, box.y1 - SLACK)
             for text, box in drawn]  # fmt: skip
    assert len(boxes) > 3
    outside = [b[0] for b in boxes if b[1] < 0 or b[2] < 0 or b[3] > width or b[4] > height]
    assert outside == []
    over = [
        (one[0], other[0])
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
    ]
    assert over == []
    return [text for text, _ in drawn]
