"""What a gil costs threads, in words: a line a kind of work."""

from __future__ import annotations

from collections.abc import Iterable

from . import speedups
from .speedups import SpeedUps
from .standings import at_most_workers
from .units import percent, three_digits

NOTHING = 0.01  # a smaller change is none


def gil_cost(ups: SpeedUps, title: str, workloads: Iterable[str]) -> list[str]:
    """`CPU-bound under cpython32: 44–51 % of their speed (cpu_sort most).`"""
    losses: dict[str, dict[str, float]] = {}
    for workload in workloads:
        free = {s.row.model: s for s in at_most_workers(ups, workload, "none")}
        for gil in speedups.gils(ups.main_rows(workload)):
            for standing in at_most_workers(ups, workload, gil):
                other = free.get("threads")
                same = other is not None and other.row.workers == standing.row.workers
                if gil != "none" and standing.row.model == "threads" and other and same:
                    change = standing.ratio.value / other.ratio.value
                    losses.setdefault(gil, {})[workload] = 1 - change
    return [f"{title} under {gil}: {spread(by)}." for gil, by in losses.items()]


def spread(by: dict[str, float]) -> str:
    """The range of what workloads lose, and which loses most; a gain is a loss below zero."""
    least, most = min(by, key=lambda name: by[name]), max(by, key=lambda name: by[name])
    low, high = by[least], by[most]
    if max(abs(low), abs(high)) < NOTHING:
        return "nothing"
    if low > -NOTHING:
        return f"{span(max(low, 0), high)} of their speed ({marked(most, by)})"
    if high < NOTHING:
        return f"{span(max(-high, 0), -low)} gained ({marked(least, by)})"
    return f"from {gain(-low)} ({least}) to {percent(high)} lost ({most})"


def marked(name: str, by: dict[str, float]) -> str:
    return name if len(by) == 1 else f"{name} most"


def span(low: float, high: float) -> str:
    if percent(low) == percent(high):
        return percent(high)
    if low < NOTHING:
        return f"up to {percent(high)}"
    return f"{percent(low).removesuffix(' %')}–{percent(high)}"


def gain(share: float) -> str:
    return f"{three_digits(1 + share)} times as fast" if share > 1 else f"{percent(share)} gained"
