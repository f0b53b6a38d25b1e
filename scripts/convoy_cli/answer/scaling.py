"""Sentences on how work scales: what bounds a series, its law, and what the law foretells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ..results import curves, variants
from ..results.curves import Line
from ..results.names import FREE
from ..results.rows import Result
from ..results.variants import SpeedUps
from .tasks import Marks, Task

MOST = 8  # sentences


def scaling(result: Result, tasks: Sequence[Task], marks: Marks) -> list[str]:
    """A sentence a task and lock: who is bound by the lock, and the law of the fastest series."""
    found = [*islice(sentences(result, tasks, marks), MOST + 1)]
    if len(found) > MOST:
        found[MOST:] = [
            "More curves have a law or a bound: `scripts/convoy plot --figure "
            "scaling,lock_scaling` draws them."
        ]
    return found


def sentences(result: Result, tasks: Sequence[Task], marks: Marks) -> Iterator[str]:
    ups = SpeedUps(result)
    for task, gil in ((task, gil) for task in tasks if task.ordinary for gil in task.gils):
        told = worth_telling(curves.lines(ups, variants.by_gil(task.rows, gil)).values(), gil)
        if told:
            under = "" if gil == FREE else f" under {gil}"
            words = "; ".join(curves.said(line) for line in told)
            after = marks.after(row for line in told for row in line.rows)
            yield f"{task.name}{under}: {words}{after}."


def worth_telling(lines: Iterable[Line], gil: str) -> list[Line]:
    """Those that a lock binds; without a lock, the fastest of those with a law."""
    if gil != FREE:
        return [line for line in lines if line.lock is not None]
    fastest = sorted(lines, key=lambda line: line.rows[-1].median_ns)
    return [*islice((line for line in fastest if curves.said(line)), 1)]
