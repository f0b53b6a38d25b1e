"""Charts of fidelity can be read: no text lies over another, and words say what they show."""

from __future__ import annotations

from typing import Any

import fidelity_made as made
import pytest
from convoy_cli import charts, style
from convoy_cli.fidelity import charting, telling

pytest.importorskip("matplotlib")

DOCUMENTS = {
    "one": [made.subject("CPython 3.11.2", "cpython32", 5)],
    "far off": [made.subject("CPython 3.11.2", "cpython32", 5, native=30)],
    "five": [
        made.subject("CPython 2.7.18", "cpython27", 0.1, repeats=1),
        made.subject("CPython 3.11.2", "cpython32", 5, repeats=1),
        made.subject("PyPy 7.3.11", "pypy", 0.4, native=0.7, repeats=1),
        made.subject("Ruby 3.1.2 in /opt/ruby/3.1.2/bin", "ruby_legacy", 100, repeats=1),
        made.subject("OCaml 4.13.1", "ocaml4:yield=new", 50, native=1.1, repeats=1),
    ],
}


@pytest.mark.parametrize("figure", charting.FIGURES, ids=lambda figure: figure.NAME)
@pytest.mark.parametrize("size", DOCUMENTS)
def test_charts_can_be_read(figure: Any, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.text import Text

    boxes: list[tuple[str, float, float, float, float]] = []
    draw, slack = Text.draw, style.DPI / 100

    def note(self: Text, renderer: Any, *rest: Any, **more: Any) -> None:
        draw(self, renderer, *rest, **more)
        if self.get_visible() and self.get_text().strip():
            box = Text.get_window_extent(self, renderer)
            boxes.append((self.get_text(), box.x0 + slack, box.y0 + slack, box.x1 - slack,
                          box.y1 - slack))  # fmt: skip

    monkeypatch.setattr(Text, "draw", note)
    findings = telling.Findings(made.document(*DOCUMENTS[size]))
    made_of = charts.render(figure, findings, ("png",))
    width, height = (int.from_bytes(made_of["png"][at : at + 4], "big") for at in (16, 20))
    assert len(boxes) > 10
    outside = [b[0] for b in boxes if b[1] < 0 or b[2] < 0 or b[3] > width or b[4] > height]
    assert outside == []
    over = [
        (one[0], other[0])
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
    ]
    assert over == []


def test_charts_say_in_words_what_they_show() -> None:
    findings = telling.Findings(made.document(*DOCUMENTS["far off"]))
    for figure in charting.FIGURES:
        first, second = (charts.render(figure, findings, ("svg",))["svg"] for _ in range(2))
        assert first == second
        assert b"CPython 3.11.2" in first.partition(b"<desc")[2].partition(b"</desc>")[0]
