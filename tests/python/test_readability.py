"""Charts can be read: no text lies over another or leaves the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
from convoy_cli import charts, results
from convoy_cli.errors import MissingData

pytest.importorskip("matplotlib")

NAMES = (
    "cpu_compress", "cpu_json", "cpu_mandelbrot", "cpu_matmul", "cpu_nqueens", "cpu_pi",
    "cpu_sha256", "cpu_sort", "io_file_read", "io_file_write", "io_pipe", "io_sleep",
    "io_tcp_echo", "io_udp_echo", "io_unix_echo", "mixed",
)  # fmt: skip
MODELS = ("single", "threads", "processes", "coroutines")
TRUTHS = {
    "one workload": synthetic.Truth(workloads=("io_sleep",)),
    "few": synthetic.Truth(),
    "smoke": synthetic.Truth(workloads=NAMES, models=MODELS, workers=(1, 2, 16), passes=3),
    "locks": synthetic.Truth(
        workloads=NAMES, workers=(1, 2, 4),
        gils=("none", "cpython32", "cpython32:interval=1ms:forced=off", "pypy"),
    ),
    "a big machine": synthetic.Truth(
        cores=128, workloads=NAMES[5:13], models=MODELS, workers=(1, 2, 4, 8, 16, 32, 64, 128),
        places=("core.close", "l3.scatter:numa"),
    ),
}  # fmt: skip
# Text may touch by less than a pixel of a chart that is 800 wide.
SLACK = charts.style.DPI / 100


@pytest.mark.parametrize("name", sorted(charts.discover()))
@pytest.mark.parametrize("size", TRUTHS)
def test_no_text_lies_over_another(
    name: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.text import Text

    drawn: list[tuple[str, Any]] = []
    draw = Text.draw

    def note(self: Text, renderer: Any, *rest: Any, **more: Any) -> None:
        draw(self, renderer, *rest, **more)
        if self.get_visible() and self.get_text().strip():
            drawn.append((self.get_text(), Text.get_window_extent(self, renderer)))

    monkeypatch.setattr(Text, "draw", note)
    document = synthetic.document(TRUTHS[size])
    for latency in [row["latency"] for row in document["convoy"]["rows"] if row["latency"]]:
        # Millions of operations have percentiles with many nines.
        latency["buckets"] = [[low, high, 1000 * count] for low, high, count in latency["buckets"]]
        latency["count"] *= 1000
    result = results.result(Path("made.json"), document)
    try:
        png = charts.render(charts.discover()[name], result, ("png",))["png"]
    except MissingData:
        pytest.skip("nothing to draw")
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
