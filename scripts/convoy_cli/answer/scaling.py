"""Sentences on how work scales: what bounds a series, its law, and what the law foretells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core.units import some
from ..results import curves, variants
from ..results.curves import FREE, Line
from ..results.rows import Result
from ..results.variants import SpeedUps
from .tasks import Marks, Task

MOST = 8  # sentences


def scaling(result: Result, tasks: Sequence[Task], marks: Marks) -> list[str]:
    """A sentence a task and lock: who is bound by the lock, and the law of the fastest series."""
    ups = SpeedUps(result)
    found = [
        f"{task.name}{'' if gil == FREE else f' under {gil}'}: {'; '.join(words)}"
        f"{marks.after(row for line in told for row in line.rows)}."
        for task in tasks
        if task.ordinary
        for gil in task.gils
        if (told := worth_telling(curves.lines(ups, variants.by_gil(task.rows, gil)).values(), gil))
        and (words := [curves.said(line) for line in told])
    ]
    if len(found) > MOST:
        more = some(len(found) - MOST, "more curve")
        found[MOST:] = [f"{more} {'has' if len(found) == MOST + 1 else 'have'} a law or a bound: "
                        "`scripts/convoy plot --figure scaling` draws them."]  # fmt: skip
    return found


def worth_telling(lines: Iterable[Line], gil: str) -> list[Line]:
    """Those that a lock binds; without a lock, the fastest of those with a law."""
    able = [line for line in lines if curves.said(line)]
    if gil != FREE:
        return [line for line in able if line.lock is not None]
    fastest = sorted(able, key=lambda line: line.rows[-1].median_ns)
    return fastest[:1]
