"""Many tasks at once, in sentences: where coroutines begin to win, and where each model ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .. import crowds
from ..crowds import Ladder
from ..rows import Result, Row
from ..units import bounds, duration_between, grouped, size, three_digits
from .marks import Marks

# What the others stand beside, and those that have a sentence.
FIRST, OTHERS = "coroutines", ("fibers", "threads", "processes")


class Crowd(NamedTuple):
    """Rows that one sentence tells."""

    rows: dict[str, Row]
    sentence: str

    def compare(self) -> None:
        """Its ratios are of CPU time, which no other comparison is of."""


def many_at_once(result: Result, marks: Marks) -> Iterator[Crowd]:
    found = {ladder.series: ladder for ladder in crowds.of(result)}
    first = found.get(FIRST)
    if first is None or not first.rows:
        return
    for other in OTHERS:
        if other in found and (beside := begins_to_win(first, found[other])):
            yield Crowd(rows_of([found[other], first]), beside)
    far = [ladder for ladder in found.values() if ladder.rows or ladder.stop]
    yield Crowd(rows_of(far), f"{'; '.join(reached(ladder) for ladder in far)}"
                f"{marks.after(row for ladder in far for row in ladder.rows)}.")  # fmt: skip


def rows_of(ladders: Sequence[Ladder]) -> dict[str, Row]:
    return {row.name: row for ladder in ladders for row in ladder.rows}


def begins_to_win(first: Ladder, other: Ladder) -> str:
    """The fewest tasks from which on the one takes less CPU time, as far as intervals say so."""
    both = [count for count in first.counts if count in other.counts]
    told = [(count, crowds.cpu_ratio(other.at(count), first.at(count))) for count in both]
    wins = [ratio is not None and ratio.interval is not None and ratio.interval.low > 1
            for _, ratio in told]  # fmt: skip
    if not told or not wins[-1]:
        return ""
    start = max((i + 1 for i, won in enumerate(wins) if not won), default=0)
    count, ratio = told[-1]
    assert ratio is not None
    times = f"{three_digits(ratio.value)} × as much CPU time ({bounds(ratio.interval)})"
    own = crowds.cpu(first.at(count))
    takes = f", which take {duration_between(own.value, own.interval)}" if own else ""
    since = f" Coroutines take less from {some_tasks(both[start])} on"
    since += "." if start else ", the fewest that were tried."
    return (
        f"{other.series[0].upper()}{other.series[1:]} take {times} for a sleep of one of "
        f"{some_tasks(count)} as coroutines{takes}.{since}"
    )


def some_tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{grouped(count)} tasks"


def reached(ladder: Ladder) -> str:
    """`threads went to 1 000 (49 KiB each) and did not get to 100 000: kernel.pid_max is 32768`"""
    said = ladder.series
    if ladder.rows:
        last = ladder.rows[-1]
        weight = crowds.weight(last)
        each = f" ({size(weight.value)} each)" if weight else ""
        said += f" went to {grouped(last.workers)}{each}"
    if ladder.stop is not None:
        joined = " and" if ladder.rows else ""
        said += f"{joined} did not get to {grouped(ladder.stop.workers)} ({ladder.stop.cause})"
    return said
