"""What to use: for each kind of work and each lock, the series that none is shown to beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Optional

from .. import style
from ..rows import Row
from ..units import bounds, percent, rate, three_digits
from .comparisons import TIE, Comparison, Family
from .marks import Marks
from .tasks import FREE, Task, title

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

        return min(self.rows, key=lambda series: (slower(series), style.order(series)))

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
            return sorted([self.best, *near], key=style.order)
        return sorted([self.best, *self.equals], key=style.order)

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
            return f"no advice, disturbed{self.whom()}: {self.figures()}"
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
        return f"; not compared, since not in all workloads: {said}"

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
                for series in sorted(count, key=style.order)
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
