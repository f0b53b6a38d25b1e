"""What to use for each kind of work and each lock, and what a lock costs whoever shares it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Optional

from ..core.units import Interval, bounds, percent, rate, three_digits
from ..results.names import FREE, model_order
from ..results.rows import Row
from .certainty import TIE, Comparison, Family
from .tasks import OVERHEAD, Marks, Task, pick, title

# -------------------------------------------------------------------------------------------------
# What to use: for each kind of work and each lock, the series that none is shown to beat.

MOST = 2  # disturbed rows named
UNPROVEN = " (not proven: too few samples)"


@dataclass(frozen=True)
class Advice:
    """One kind of work under one lock: the series that were run in all of its tasks."""

    kind: str
    label: str
    gil: str
    tasks: tuple[Task, ...]
    rows: dict[str, tuple[Row, ...]]  # by series, a row a task
    partial: dict[str, int]  # series that were run in some of the tasks alone, and in how many
    family: Family
    marks: Marks

    @property
    def of(self) -> str:
        """`CPU-bound, native, size=1024 under cpython32`"""
        label = f" ({self.label})" if self.label else ""
        return f"{title(self.kind)}{label}" + ("" if self.gil == FREE else f" under {self.gil}")

    @cached_property
    def best(self) -> str:
        """The series that was fastest, shown or not: slower than the fewest, and at best none."""

        def slower(series: str) -> int:
            return sum(self.over(other, series).value > 1 for other in self.rows if other != series)

        return min(self.rows, key=lambda series: (slower(series), model_order(series)))

    def over(self, one: str, other: str) -> Comparison:
        return self.family.compare(self.rows[one], self.rows[other])

    @cached_property
    def others(self) -> dict[str, Comparison]:
        """How the best stands to each other series."""
        return {series: self.over(self.best, series) for series in self.rows if series != self.best}

    @cached_property
    def gain(self) -> Optional[Comparison]:
        """The best beside one worker of single without a lock, if that was measured."""
        baselines = [task.baseline for task in self.tasks if task.baseline is not None]
        if len(baselines) < len(self.tasks):
            return None
        return self.family.compare(self.rows[self.best], baselines)

    @cached_property
    def equals(self) -> dict[str, Comparison]:
        """Whom the best is not shown to beat."""
        return {series: each for series, each in self.others.items() if not each.better}

    @property
    def winners(self) -> list[str]:
        if not self.proven:
            near = [s for s, each in self.others.items() if each.value <= 1 / (1 - TIE)]
            return sorted([self.best, *near], key=model_order)
        return sorted([self.best, *self.equals], key=model_order)

    @property
    def disturbed(self) -> bool:
        return any(each.disturbed for each in self.others.values())

    @property
    def proven(self) -> bool:
        """Whether there are passes enough to tell anything."""
        return all(each.pairs.enough for each in self.others.values())

    @property
    def resolved(self) -> bool:
        decided = not any(each.wide and not each.claimed for each in self.equals.values())
        return decided and self.proven and not self.disturbed and bool(self.others)

    @property
    def sentence(self) -> str:
        return f"{self.of}: {self.verdict()}{self.left_out()}{self.qualified()}."

    def verdict(self) -> str:
        if not self.others:
            return f"{self.best} alone was run{self.figure()}"
        if self.disturbed:
            return f"no recommendation, disturbed{self.whom()}: {self.figures()}"
        if not self.proven:
            some_proven = any(row.interval_ns for rows in self.rows.values() for row in rows)
            return self.chosen() + (UNPROVEN if some_proven else "")
        if not self.resolved:
            return self.unresolved()
        return self.chosen()

    def chosen(self) -> str:
        if "single" in self.winners:
            return self.stay()
        if len(self.winners) > 1:
            return f"{' or '.join(self.winners)}{self.tie()}{self.figure()}"
        return f"{self.best}{self.figure()}{self.margin()}"

    def stay(self) -> str:
        """Nothing is shown to beat single by enough."""
        if self.best == "single":
            return "stay single; no model gains anything"
        gain = self.others["single"]
        high = gain.interval.high if gain.interval else gain.value
        if high <= 1 / (1 - TIE):
            return f"stay single; no model gains {percent(TIE)}"
        inside = f" {bounds(gain.interval)} ×" if gain.interval else ""
        return f"stay single; no model is shown to gain {percent(TIE)} ({self.best}{inside})"

    def tie(self) -> str:
        if not self.proven:
            return ""
        if all(each.claimed for each in self.equals.values()):
            return f" (within {percent(TIE)})"
        return " (not told apart)"

    def unresolved(self) -> str:
        doubtful = {s: each for s, each in self.equals.items() if each.wide and not each.claimed}
        apart = "; ".join(
            f"{self.best} {bounds(each.interval)} × {series}" for series, each in doubtful.items()
        )
        return f"not resolved between {' and '.join(self.winners)}: {apart}{self.figure()}"

    def figure(self) -> str:
        """`, 1.98 × single (1.94–2.01)`"""
        if self.best == "single":
            return ""
        if self.gain is None:
            row = self.rows[self.best][0]
            return f", {rate(1e9 / row.median_ns)}" if len(self.tasks) == 1 else ""
        before = "disturbed: " if self.gain.disturbed else ""
        inside = f" ({bounds(self.gain.interval)})" if self.gain.interval else ""
        return f", {before}{three_digits(self.gain.value)} × single{inside}"

    def figures(self) -> str:
        said = [f"{three_digits(each.value)} × {series}" for series, each in self.others.items()]
        return f"{self.best} {', '.join(said)}"

    def whom(self) -> str:
        """` (coroutines in cpu_matmul)`: the rows that were disturbed."""
        found = [
            f"{series} in {task.name}"
            for series, rows in self.rows.items()
            for task, row in zip(self.tasks, rows)
            if row.disturbed
        ]
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        return f" ({', '.join(found[:MOST])}{more})" if found else ""

    def margin(self) -> str:
        """How far ahead of the next one it is, where that is not `single`."""
        series, each = min(self.others.items(), key=lambda item: item[1].value)
        if series == "single" or not each.interval:
            return ""
        return f", {three_digits(each.value)} × {series} ({bounds(each.interval)})"

    def left_out(self) -> str:
        if not self.partial:
            return ""
        of = len(self.tasks)
        said = ", ".join(f"{series} in {count} of {of}" for series, count in self.partial.items())
        return f"; not compared, because missing from some workloads: {said}"

    def qualified(self) -> str:
        return self.marks.after(row for rows in self.rows.values() for row in rows)


def advise(tasks: Sequence[Task], family: Family, marks: Marks) -> list[Advice]:
    """Each kind's advice without a lock, then under each; tasks of one label are taken together."""
    given = []
    groups: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        if task.ordinary:
            groups.setdefault((task.kind, task.label), []).append(task)
    for (kind, label), members in groups.items():
        gils = {gil for task in members for gil in task.gils}
        for gil in sorted(gils, key=lambda gil: (gil != FREE, gil)):
            under = tuple(task for task in members if gil in task.gils)
            found = [series_of(task, gil) for task in under]
            count = Counter(series for rows in found for series in rows)
            rows = {
                series: tuple(each[series] for each in found)
                for series in sorted(count, key=model_order)
                if count[series] == len(under)
            }
            partial = {series: n for series, n in count.items() if n < len(under)}
            if rows:
                given.append(Advice(kind, label, gil, under, rows, partial, family, marks))
    for advice in given:
        register(advice)
    return given


def series_of(task: Task, gil: str) -> dict[str, Row]:
    """The series to choose from; a lock that `single` was not run under has nobody to hold it."""
    rows = task.at_most(gil)
    if "single" not in rows and task.baseline is not None:
        rows["single"] = task.baseline
    return rows


def register(advice: Advice) -> None:
    """Every pair is judged, since whichever is fastest will be held against the others."""
    names = list(advice.rows)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            advice.over(one, other)
            advice.over(other, one)
    if advice.others:
        _ = advice.gain


# -------------------------------------------------------------------------------------------------
# What a lock costs whoever shares it: a series under the lock beside itself without one.

NOTHING = 0.01  # a smaller change is none
MOST_WORKLOADS = 3  # workloads named


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
    shown = ", ".join(f"{c.task.name}{inside(c)}" for c in costs[:MOST_WORKLOADS])
    return f"{verdict} in {shown}{more(costs)}"


def inside(cost: Cost) -> str:
    return f" ({span(*cost.interval)})" if cost.interval else ""


def figures(verdict: str, costs: Sequence[Cost]) -> str:
    """`disturbed: 12 % less in io_pipe`: what was seen, of which nothing is claimed."""
    if not costs:
        return ""
    dearest = costs[:MOST_WORKLOADS]
    shown = ", ".join(f"{changed(c.lost)} in {c.task.name}" for c in dearest)
    return f"{verdict}: {shown}{more(costs)}"


def changed(lost: float) -> str:
    """`12 % less`, or `1.0 % more` where the lock made it quicker."""
    return f"{percent(abs(lost))} {'less' if lost >= 0 else 'more'}"


def more(costs: Sequence[Cost]) -> str:
    return f" and {len(costs) - MOST_WORKLOADS} more" if len(costs) > MOST_WORKLOADS else ""


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
