"""What a lock costs whoever shares it: a series under the lock beside itself without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..rows import Row
from ..statistics import Interval
from ..units import bounds, percent, three_digits
from .comparisons import Comparison, Family
from .marks import Marks
from .tasks import FREE, OVERHEAD, Task, pick, title

NOTHING = 0.01  # a smaller change is none
MOST = 3  # workloads named


@dataclass(frozen=True)
class Cost:
    """One task's: how fast a series was under a lock beside without it."""

    task: Task
    row: Row
    free: Row
    comparison: Comparison

    @property
    def change(self) -> Optional[str]:
        """`loss` or `gain` where that is shown, else None."""
        if not self.comparison.claimed or abs(self.comparison.value - 1) < NOTHING:
            return None
        return "loss" if self.comparison.value < 1 else "gain"

    @property
    def resolved(self) -> bool:
        decided = self.comparison.claimed or not self.comparison.wide
        return decided and not self.comparison.disturbed

    @property
    def lost(self) -> float:
        """The share of the speed; a gain is a loss below zero."""
        return 1 - self.comparison.value

    @property
    def interval(self) -> Optional[Interval]:
        found = self.comparison.interval
        return None if found is None else Interval(1 - found.high, 1 - found.low)


@dataclass(frozen=True)
class Costs:
    """Those of a series under a lock in all tasks of a kind."""

    kind: str
    label: str
    gil: str
    series: str
    costs: tuple[Cost, ...]
    marks: Marks

    @property
    def of(self) -> str:
        label = f" ({self.label})" if self.label else ""
        return f"{title(self.kind)}{label} under {self.gil}"

    @property
    def sentence(self) -> str:
        rest = [cost for cost in self.costs if cost.change is None]
        disturbed = [cost for cost in rest if cost.comparison.disturbed]
        few = [c for c in rest if c not in disturbed and not c.comparison.pairs.enough]
        rest = [cost for cost in rest if cost not in [*disturbed, *few]]
        same, open_ = [c for c in rest if c.resolved], [c for c in rest if not c.resolved]
        said = [
            losses([cost for cost in self.costs if cost.change == "loss"]),
            gains([cost for cost in self.costs if cost.change == "gain"]),
            each_named("show no loss", same),
            each_named("are not resolved", open_),
            figures("not proven", few),
            figures("disturbed", disturbed),
        ]
        marks = self.marks.after(row for cost in self.costs for row in (cost.row, cost.free))
        return f"{self.of}: {self.series} {'; '.join(filter(None, said))}{marks}."


def losses(costs: Sequence[Cost]) -> str:
    """`lose 44–51 % of their speed (cpu_sort most, 49–53 %)`"""
    if not costs:
        return ""
    least, most = min(costs, key=lambda c: c.lost), max(costs, key=lambda c: c.lost)
    return f"lose {span(least.lost, most.lost)} of their speed ({marked(most, costs)})"


def gains(costs: Sequence[Cost]) -> str:
    """`gain 12 % (io_pipe, 9.1–15 %)`; beyond twice as fast the factor."""
    if not costs:
        return ""
    least, most = max(costs, key=lambda c: c.lost), min(costs, key=lambda c: c.lost)
    if most.comparison.value > 2:
        inside = bounds(most.comparison.interval)
        factor = three_digits(most.comparison.value)
        return f"are up to {factor} times as fast ({most.task.name}, {inside})"
    return f"gain {span(-least.lost, -most.lost)} ({marked(most, costs)})"


def marked(cost: Cost, costs: Sequence[Cost]) -> str:
    found = cost.interval
    if found is not None and cost.change == "gain":
        found = Interval(-found.high, -found.low)
    most = " most" if len(costs) > 1 else ""
    return f"{cost.task.name}{most}" + (f", {span(*found)}" if found else "")


def each_named(verdict: str, costs: Sequence[Cost]) -> str:
    """`show no loss in io_sleep (−2.0 to 1.1 %)`"""
    if not costs:
        return ""
    shown = ", ".join(f"{c.task.name}{inside(c)}" for c in costs[:MOST])
    return f"{verdict} in {shown}{more(costs)}"


def inside(cost: Cost) -> str:
    return f" ({span(*cost.interval)})" if cost.interval else ""


def figures(verdict: str, costs: Sequence[Cost]) -> str:
    """`disturbed: 12 % less in io_pipe`: what was seen, of which nothing is claimed."""
    if not costs:
        return ""
    shown = ", ".join(f"{span(c.lost, c.lost)} less in {c.task.name}" for c in costs[:MOST])
    return f"{verdict}: {shown}{more(costs)}"


def more(costs: Sequence[Cost]) -> str:
    return f" and {len(costs) - MOST} more" if len(costs) > MOST else ""


def span(low: float, high: float) -> str:
    """`44–51 %`, `−2.0 to 1.1 %`, `51 %`"""
    first, last = signed(low), signed(high)
    if first == last:
        return first
    between = " to " if low < 0 else "–"
    return f"{first.removesuffix(' %')}{between}{last}"


def signed(share: float) -> str:
    text = percent(abs(share))
    return f"−{text}" if share < 0 and text != "0.0 %" else text


def lock_costs(tasks: Sequence[Task], family: Family, marks: Marks) -> list[Costs]:
    found: dict[tuple[str, str, str, str], list[Cost]] = {}
    for task in tasks:
        for gil in [gil for gil in task.gils if gil != FREE]:
            for row, free in contending(task, gil):
                key = task.kind, task.label, gil, row.series
                cost = Cost(task, row, free, family.compare([row], [free]))
                found.setdefault(key, []).append(cost)
    return [Costs(*key, tuple(costs), marks) for key, costs in found.items()]


def contending(task: Task, gil: str) -> list[tuple[Row, Row]]:
    """Series with several seats for one lock, at the most workers that were run without it too."""
    if task.kind == OVERHEAD or is_lateness(task):
        return []
    free = {(row.series, row.workers): row for row in task.rows if row.gil == FREE}
    rows = [
        row
        for row in task.rows
        if row.gil == gil
        and row.model != "processes"  # each has a lock of its own
        and row.raw["seats"] > 1
        and (row.series, row.workers) in free
    ]
    chosen = pick(rows, task.limit)
    return [(row, free[row.series, row.workers]) for row in chosen.values()]


def is_lateness(task: Task) -> bool:
    """Whether the task waits for times that are given, so that its speed is not the question."""
    kinds = {row.latency.kind for row in task.rows if row.latency is not None}
    return task.kind not in ("io", "mixed") and kinds == {"lateness"}
