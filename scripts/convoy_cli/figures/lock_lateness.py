"""How late a worker that slept gets the lock back, a panel a lock, a line a number of spinners."""

from __future__ import annotations

import math
from typing import Any

from .. import layout, style
from ..errors import MissingData
from ..rows import Latency, Result, Row
from ..statistics import quantiles
from ..units import duration
from .latency import time_axis

NAME = "lock_lateness"
TITLE = "How late does a sleeper get the lock back?"
ONLY_OF = "an experiment with locks"  # ordinary results lack it, which is not worth a word
ALT = (
    "A chart a lock, a line a number of workers that only compute: the share of a sleeping "
    "worker's wake-ups after which it held the lock within a time."
)

PANEL_HEIGHT = 1.75
WORKLOAD = "gil_reacquire"
LOOKS = (
    style.Look("#000000", "o", (0, (1, 1.5))),
    style.Look("#0072B2", "s", "solid"),
    style.Look("#D55E00", "^", (0, (6, 2))),
    style.Look("#009E73", "D", (0, (4, 1.5, 1, 1.5))),
    style.Look("#CC79A7", "v", (0, (2.5, 1.5))),
)


def draw(canvas: Any, result: Result) -> str:
    panels = choose(result)
    if not panels:
        raise MissingData(
            f"it needs rows of {WORKLOAD} (`run --filter '^{WORKLOAD}/' --model threads --gil "
            f"none,cpython32 --param {WORKLOAD}.spinners=0,1,2,4`)"
        )
    counts = sorted({spinners for lines in panels.values() for spinners in lines})
    below = (
        "Wake-ups after a sleep of 1 ms, and how long after them the worker held the lock. Lines: "
        "threads that only compute meanwhile. A sharp step is a rule that counts time."
    )
    columns = layout.columns_for(len(panels))
    rows = math.ceil(len(panels) / columns)
    top = layout.heading_height(below) + layout.legend_height(len(counts))
    page = layout.Page(canvas, top + rows * PANEL_HEIGHT + 0.15)
    page.legend(page.heading(TITLE, below), legend(counts))
    width = page.width / columns
    limits = common_limits(panels)
    for number, (gil, lines) in enumerate(panels.items()):
        across, down = number % columns, number // columns
        left = across * width + 0.5
        at = top + down * PANEL_HEIGHT + 0.22
        axes = page.axes(left, at, width - 0.72, PANEL_HEIGHT - 0.68)
        panel(axes, {n: row.latency for n, row in lines.items() if row.latency}, limits)
        axes.set_title(gil if gil != "none" else "none (no lock)")
        if down == rows - 1 or number + columns >= len(panels):
            axes.set_xlabel("lateness at most", labelpad=1)
        if across > 0:
            axes.set_yticklabels([])
    return words(panels)


def choose(result: Result) -> dict[str, dict[int, Row]]:
    """For each lock the rows of threads by their number of spinners; `none` first."""
    panels: dict[str, dict[int, Row]] = {}
    for row in result.rows:
        if row.workload == WORKLOAD and row.model == "threads" and row.latency is not None:
            if row.workers == 1 and row.latency.buckets:
                lines = panels.setdefault(row.gil, {})
                lines.setdefault(int(row.parameters.get("spinners", 1)), row)
    return dict(sorted(panels.items(), key=lambda item: (item[0] != "none", item[0])))


def look(spinners: int, counts: list[int]) -> dict[str, Any]:
    how = LOOKS[counts.index(spinners) % len(LOOKS)]
    return {"color": how.colour, "linestyle": how.dash, "marker": how.marker}


def legend(counts: list[int]) -> list[Any]:
    from matplotlib.lines import Line2D

    colours = {n: LOOKS[i % len(LOOKS)] for i, n in enumerate(counts)}
    return [
        Line2D([], [], color=how.colour, linestyle=how.dash, marker=how.marker,
               label=f"{n} spinner{'' if n == 1 else 's'}")
        for n, how in colours.items()
    ]  # fmt: skip


def common_limits(panels: dict[str, dict[int, Row]]) -> tuple[float, float]:
    """One axis for all, so that locks can be compared: from the fastest 1 % to the slowest."""
    lows, highs = [], []
    for lines in panels.values():
        for row in lines.values():
            if row.latency is not None:
                low, high = quantiles(row.latency.buckets, [0.01, 0.999])
                lows.append(low)
                highs.append(high)
    return max(1_000.0, min(lows) / 1.3), max(highs) * 1.5


def panel(axes: Any, latencies: dict[int, Latency], limits: tuple[float, float]) -> None:
    counts = sorted(latencies)
    for spinners in counts:
        latency = latencies[spinners]
        seen, times, shares = 0, [max(limits[0], latency.buckets[0][0])], [0.0]
        for _, high, count in latency.buckets:
            seen += count
            times.append(high)
            shares.append(seen / latency.count)
        how = look(spinners, counts)
        axes.plot([*times, limits[1]], [*shares, 1.0], drawstyle="steps-post",
                  **(how | {"marker": "none"}))  # fmt: skip
        dot = how | {"linestyle": "none"}
        axes.plot(quantiles(latency.buckets, [0.5]), [0.5], **dot, markersize=4)
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    time_axis(axes.xaxis, limits)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.5, 1])
    axes.set_yticklabels(["0 %", "50 %", "100 %"])


def words(panels: dict[str, dict[int, Row]]) -> str:
    said = []
    for gil, lines in panels.items():
        for spinners, row in sorted(lines.items()):
            if row.latency is not None:
                half, most = quantiles(row.latency.buckets, [0.5, 0.9])
                said.append(
                    f"{gil}, {spinners} spinners: median {duration(half)}, 90 % within "
                    f"{duration(most)}."
                )
    return " ".join(said)
