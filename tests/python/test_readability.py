"""Charts can be read: no text lies over another or leaves the page."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import synthetic
from convoy_cli import charts, results
from convoy_cli.errors import MissingData
from convoy_cli.rows import Result
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


@functools.cache
def made(size: str) -> Result:
    """Made once, and drawn by every figure."""
    document = synthetic.document(TRUTHS[size])
    for latency in [row["latency"] for row in document["convoy"]["rows"] if row["latency"]]:
        # Millions of operations have percentiles with many nines.
        latency["buckets"] = [[low, high, 1000 * count] for low, high, count in latency["buckets"]]
        latency["count"] *= 1000
    return results.result(Path("made.json"), document)


@pytest.mark.parametrize("name", sorted(charts.discover()))
@pytest.mark.parametrize("size", TRUTHS)
def test_no_text_lies_over_another(
    name: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        assert_readable(charts.discover()[name], made(size), monkeypatch)
    except MissingData:
        pytest.skip("nothing to draw")
