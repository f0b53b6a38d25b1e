"""Charts can be read: no text lies over another or leaves the page."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import charted
import pytest
import runtimes_made
import swept
import synthetic
import varied
from convoy_cli.charts import drawing
from convoy_cli.core.errors import MissingData
from convoy_cli.results import load
from convoy_cli.results.rows import Result
from readable import assert_readable

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


def everything() -> dict[str, Any]:
    """Parameters, places, carriers and experiments that differ, disturbed and more than fit."""
    truth = synthetic.Truth(workloads=("cpu_sha256", "io_sleep", "mixed"), workers=(1, 4))
    waits = [step * 1_500_000 for step in range(1, 11)]
    document = varied.with_carriers(varied.with_carriers(synthetic.document(truth), 2), 4)
    document = varied.with_values(document, "cpu_sha256", "native", [False, True])
    document = varied.with_places(document, "cpu_sha256", ["numa.spread", "l3.scatter:numa"])
    document = varied.with_values(document, "io_sleep", "wait_ns", waits)
    lateness = swept.document(swept.Law(locks=("cpython32", "pypy"), intervals=(5e6, 20e6)))
    lateness = varied.with_values(lateness, "gil_reacquire", "wait_ns", waits)
    lateness = varied.with_values(lateness, "gil_reacquire", "spinners", [0, 1, 2, 4])
    locks = ("none", "cpython32", "cpython32:interval=1ms:forced=off", "pypy")
    rows = varied.rows_of(document)
    rows += varied.rows_of(lateness) + varied.races(gils=locks)
    rows += varied.spawns(("thread", "fork", "vfork", "clone3", "posix_spawn_true", "coroutine"),
                          ("single", "threads", "processes", "coroutines"), (0, 2**28))  # fmt: skip
    rows += varied.handoffs(gils=locks)
    rows += varied.queues(capacities=(1, 64, 100_000_000), workers=(2, 8, 128))
    rows += varied.bursts(gils=locks, workers=(2, 7), sizes=(4, 100_000))
    rows += varied.pools()
    rows += varied.matrix() + varied.matrix(how="sleep") + varied.matrix(12)
    rows += runtimes_made.rows(document, {"asio": 1.2, "boost_fiber": 30.0, "threading": 900.0})
    varied.disturb(rows[::3])
    varied.disturb(rows[1::7], "steal")
    return document


@functools.cache
def made(size: str) -> Result:
    """Made once, and drawn by every figure."""
    document = everything() if size == "everything" else synthetic.document(TRUTHS[size])
    for latency in [row["latency"] for row in document["convoy"]["rows"] if row["latency"]]:
        # Millions of operations have percentiles with many nines.
        latency["buckets"] = [[low, high, 1000 * count] for low, high, count in latency["buckets"]]
        latency["count"] *= 1000
    return load.result(Path("made.json"), document)


@pytest.mark.parametrize("name", sorted(drawing.discover()))
@pytest.mark.parametrize("size", [*TRUTHS, "everything"])
def test_no_text_lies_over_another(
    name: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = drawing.discover()[name]
    try:
        assert_readable(figure, made(size), monkeypatch)
    except MissingData:
        if size != "everything":
            pytest.skip("nothing to draw")
        assert_readable(figure, charted.result(charted.every_workload()), monkeypatch)


class TwoTexts:
    """A figure of two texts, the second of which begins at `left` and `top`, in inches."""

    NAME = TITLE = ALT = "two texts"

    def __init__(self, left: float, top: float) -> None:
        self.place = (left, top)

    def draw(self, canvas: Any, result: Any) -> str:
        page = drawing.Page(canvas, 1)
        page.text(1, 0.5, "the first")
        page.text(*self.place, "the second")
        return ""


@pytest.mark.parametrize("place, complaint", [
    ((7.9, 0.2), r"'the second' 0\.\d+ in at the right"),
    ((4, 0.95), r"'the second' 0\.\d+ in at the bottom"),
    ((1.1, 0.5), "'the first' over 'the second'"),
])  # fmt: skip
def test_text_that_cannot_be_read_is_named(
    place: tuple[float, float], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        assert_readable(TwoTexts(*place), None, monkeypatch, least=2)
