"""Updates that are lost where workers share a number without care."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..rows import Row
from ..statistics import median, median_interval
from ..units import grouped, some
from .marks import Marks
from .tasks import FREE, Task


def lost_updates(tasks: Sequence[Task], marks: Marks) -> Iterator[str]:
    """`gil_race, 4 workers, under cpython32: threads lose 0 of a million updates; ...`"""
    for task in tasks:
        for gil in task.gils:
            rows = [row for row in task.at_most(gil).values() if row.lost_per_million]
            if rows:
                counts = {row.workers for row in rows}
                workers = f", {some(counts.pop(), 'worker')}" if len(counts) == 1 else ""
                lock = "without a lock" if gil == FREE else f"under {gil}"
                said = "; ".join(told(row, not workers, i == 0) for i, row in enumerate(rows))
                yield f"{task.name}{workers}, {lock}: {said}{marks.after(rows)}."


def told(row: Row, with_workers: bool, first: bool) -> str:
    values = row.lost_per_million
    workers = f", {some(row.workers, 'worker')}" if with_workers else ""
    interval = median_interval(values)
    inside = ""
    if interval is not None and round(interval.low) < round(interval.high):
        inside = f" (95 % {grouped(round(interval.low))}–{grouped(round(interval.high))})"
    unit = " of a million updates" if first else ""
    before = "disturbed: " if row.disturbed else ""
    return f"{before}{row.series}{workers} lose {grouped(round(median(values)))}{unit}{inside}"
