"""How is latency spread: the share of operations within a time, and the time at each percentile."""

from __future__ import annotations

import math
from typing import Any

from .. import layout, speedups, style
from ..errors import MissingData
from ..rows import Latency, Result, Row
from ..speedups import SpeedUps
from ..statistics import quantiles
from ..units import duration

NAME = "latency"
TITLE = "How is latency spread?"
ALT = (
    "Two charts a workload, a line a model: left, the share of operations that took at most a "
    "time; right, the time at each percentile, with ever more room for the slowest."
)

PANEL_HEIGHT = 2.0
MOST_PANELS = 8
NINES = (0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)


def draw(canvas: Any, result: Result) -> str:
    panels = choose(result)
    if not panels:
        raise MissingData(
            "it needs a workload that keeps the latency of each operation (`run --filter '^io_'`)"
        )
    left_out = len(panels) - MOST_PANELS
    shown = dict(list(panels.items())[:MOST_PANELS])
    models = sorted({name for rows in shown.values() for name in rows}, key=style.order)
    below = (
        "Time of one operation (of timers: how late they were), at the number of workers in the "
        "heading. Left: share of operations within a time. Right: the slowest, magnified."
    )
    if left_out > 0:
        below += f" {left_out} more are not drawn: `run --filter` chooses."
    top = layout.heading_height(below) + layout.legend_height(len(models))
    page = layout.Page(canvas, top + len(shown) * PANEL_HEIGHT + 0.05)
    page.legend(page.heading(TITLE, below), layout.handles(models))
    half = page.width / 2
    for number, ((workload, gil, workers), rows) in enumerate(shown.items()):
        at = top + number * PANEL_HEIGHT + 0.22
        shares = page.axes(0.6, at, half - 0.75, PANEL_HEIGHT - 0.72)
        tail = page.axes(half + 0.62, at, half - 0.92, PANEL_HEIGHT - 0.72)
        latencies = {name: row.latency for name, row in rows.items() if row.latency is not None}
        draw_shares(shares, latencies)
        draw_tail(tail, latencies)
        under = "" if gil == "none" else f" under gil {gil}"
        late = any(latency.kind == "lateness" for latency in latencies.values())
        plural = "worker" if workers == 1 else "workers"
        shares.set_title(f"{workload}{', lateness' if late else ''}{under}, {workers} {plural}")
    return words(shown)


def choose(result: Result) -> dict[tuple[str, str, int], dict[str, Row]]:
    """For each workload and gil, the models at the most workers that most of them have."""
    sets = SpeedUps(result)
    workloads = dict.fromkeys(row.workload for row in result.rows if row.latency is not None)
    panels = {}
    for workload in sorted(workloads):
        rows = [row for row in sets.main_rows(workload) if row.latency and row.latency.buckets]
        for gil in speedups.gils(rows):
            here: dict[int, dict[str, Row]] = {}
            for row in speedups.by_gil(rows, gil):
                here.setdefault(row.workers, {})[row.series] = row
            if here:
                workers = max(here, key=lambda count: (len(here[count]), count))
                concurrent = [count for count in here if count > 1]
                if concurrent:
                    # `single` has one worker only, and says little about waiting together.
                    workers = max(concurrent, key=lambda count: (len(here[count]), count))
                panels[workload, gil, workers] = here[workers]
    # Those without a gil first, so that they are drawn if not all can be.
    return dict(sorted(panels.items(), key=lambda item: (item[0][1] != "none", item[0])))


def draw_shares(axes: Any, latencies: dict[str, Latency]) -> None:
    for model, latency in sorted(latencies.items(), key=lambda item: style.order(item[0])):
        seen, times, shares = 0, [latency.buckets[0][0]], [0.0]
        for _, high, count in latency.buckets:
            seen += count
            times.append(high)
            shares.append(seen / latency.count)
        how = style.line(model) | {"marker": "none"}
        axes.plot(times, shares, drawstyle="steps-post", **how)
        # A marker at the median tells lines apart in print.
        dot = style.line(model) | {"linestyle": "none"}
        axes.plot(quantiles(latency.buckets, [0.5]), [0.5], **dot)
    axes.set_xscale("log")
    time_axis(axes.xaxis, axes.get_xlim())
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_yticklabels(["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("time at most", labelpad=1)


def draw_tail(axes: Any, latencies: dict[str, Latency]) -> None:
    """The x axis is log 1/(1 - share), as in HdrHistogram's plots."""
    most = max(latency.count for latency in latencies.values())
    last = next((i for i, share in enumerate(NINES) if 1 / (1 - share) >= most), len(NINES) - 1)
    last = max(2, last)
    for model, latency in sorted(latencies.items(), key=lambda item: style.order(item[0])):
        furthest = math.log10(latency.count)
        places = [furthest * i / 120 for i in range(121)]
        shares = [1 - 10**-place for place in places]
        how = style.line(model)
        axes.plot(places, quantiles(latency.buckets, shares), **how, markevery=(10, 30))
    axes.set_xlim(0, last)
    axes.set_xticks(range(last + 1))
    axes.set_xticklabels([f"{share * 100:.6g}" for share in NINES[: last + 1]])
    axes.set_yscale("log")
    time_axis(axes.yaxis, axes.get_ylim())
    axes.set_xlabel("percentile (%)", labelpad=1)


def time_axis(axis: Any, limits: tuple[float, float]) -> None:
    """Ticks at 1, 2, 5 or at tens, whichever gives a handful, labelled with their unit."""
    low, high = max(limits[0], 0.1), max(limits[1], 1.0)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [step * 10.0**power for power in decades for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= 3:
            break
    axis.set_ticks(ticks[:: math.ceil(len(ticks) / 7)])
    axis.set_ticklabels([duration(tick) for tick in ticks[:: math.ceil(len(ticks) / 7)]])
    axis.set_ticks([], minor=True)


def words(panels: dict[tuple[str, str, int], dict[str, Row]]) -> str:
    said = []
    for (workload, gil, workers), rows in panels.items():
        for model, row in rows.items():
            if row.latency is not None:
                half, slow = quantiles(row.latency.buckets, [0.5, 0.99])
                under = "" if gil == "none" else f" under {gil}"
                said.append(
                    f"{workload}{under}, {workers} {model}: median {duration(half)}, 99 % within "
                    f"{duration(slow)}."
                )
    return " ".join(said)
