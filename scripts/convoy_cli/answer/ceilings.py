"""A sentence on rows that reach what their own parameters allow at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..core.units import rate, short_rate
from ..results.names import lock_words
from ..results.rows import Row
from .tasks import OVERHEAD, Task

NEAR = 0.95
MOST = 6  # rows that are named
SETTERS = {
    "workers": "the number of workers", "cpus": "the CPUs", "lock": "the lock", "load": "the load",
}  # fmt: skip


def ceilings(tasks: Iterable[Task]) -> list[str]:
    """Of rows as the tables have them, those that no model could make quicker."""
    reached = [(task, row) for task in tasks for row in near(task)]
    if not reached:
        return []
    named = [
        f"{task.name} with {row.series} {lock_words(row.gil)}, {row.workers} workers: {words(row)}"
        for task, row in reached[:MOST]
    ]
    more = f"; and {len(reached) - MOST} more" if len(reached) > MOST else ""
    return [f"Within 5 % of what their parameters allow: {'; '.join(named)}{more}."]


def near(task: Task) -> Iterator[Row]:
    if task.kind == OVERHEAD:
        return
    for gil in task.gils:
        for row in task.at_most(gil).values():
            low = row.interval_ns
            if row.ceiling is None or low is None or row.disturbed:
                continue
            if 1e9 / low.high >= NEAR * row.ceiling.per_second:
                yield row


def words(row: Row) -> str:
    """`19.9 k/s of at most 20 k/s, set by the lock`"""
    assert row.ceiling is not None
    done = rate(1e9 / row.median_ns)
    most = short_rate(row.ceiling.per_second)
    return f"{done} of at most {most}, set by {SETTERS[row.ceiling.set_by]}"
