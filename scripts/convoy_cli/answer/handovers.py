"""What handing work over costs, in sentences: an item through a queue, a task to a pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .. import style
from ..rows import Result, Row
from ..units import duration, duration_between
from .comparisons import Family
from .marks import Marks
from .standing import standing
from .tasks import FREE

QUEUE, POOL, WAY, SIZE = "queue_fifo", "pool_submit", "how", "task_ns"
# Those whose queue has a sentence, in its order; the first is what others stand beside.
MODELS = ("threads", "processes", "coroutines")
# What a model's pool stands beside: the way, and what is started for each task.
SPAWNED = {
    "threads": ("spawn_thread", "a thread a task"),
    "processes": ("spawn_process", "a process a task"),
    "coroutines": ("spawn_coroutine", "a coroutine a task"),
}


class Handover(NamedTuple):
    """Rows that one sentence tells: each by what it is called there, the first one beside none."""

    rows: Mapping[str, Row]
    before: str  # `A pool of threads runs an empty task in`
    first: str  # what the others stand beside
    family: Family
    marks: Marks

    @property
    def sentence(self) -> str:
        alike = all(row.disturbed for row in self.rows.values())
        said = []
        for name, row in self.rows.items():
            mark = "disturbed: " if row.disturbed and not alike else ""
            time = duration_between(row.median_ns, row.interval_ns)
            said.append(f"{name} {mark}{time}{self.beside(row)}".strip())
        text = f"{self.before} {'; '.join(said)}{self.marks.after(self.rows.values())}."
        return f"Disturbed: {text[0].lower()}{text[1:]}" if alike else text

    def beside(self, row: Row) -> str:
        other = next(iter(self.rows.values()))
        return "" if row is other else standing(self.family, row, other, self.first)

    def compare(self) -> None:
        """Call it before comparisons are judged."""
        for row in self.rows.values():
            self.beside(row)


def handovers(result: Result, family: Family, marks: Marks) -> Iterator[Handover]:
    """A sentence on queues, one for each model's pool; of rows without a lock alone."""
    free = [row for row in result.rows if row.gil == FREE and (row.carriers or 1) == 1]
    queued = alike([row for row in free if row.workload == QUEUE and row.model in MODELS])
    items = {row.model: row for row in sorted(queued, key=lambda row: style.order(row.model))}
    if items:
        yield Handover(items, "An item through a queue takes", next(iter(items)), family, marks)
    for model, (way, started) in SPAWNED.items():
        rows = [row for row in free if row.workload == POOL and row.model == model]
        tasks = {row.parameters.get(WAY): row for row in alike(rows, apart=(WAY,))}
        if "pool" not in tasks:
            continue
        size = float(tasks["pool"].parameters.get(SIZE, 0))
        what = f"a task of {duration(size)}" if size else "an empty task"
        told = {"": tasks["pool"]} | ({started: tasks[way]} if way in tasks else {})
        before = f"A pool of {model} runs {what} in"
        yield Handover(told, before, "the pool", family, marks)


def alike(rows: Sequence[Row], apart: Sequence[str] = ()) -> list[Row]:
    """Those that differ in model, and in the parameters `apart`, alone: where most were tried.

    Of several as many, those of the shortest tasks, of the fewest workers, and of what holds most.
    """
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        others = tuple(
            sorted((name, value) for name, value in row.parameters.items() if name not in apart)
        )
        key = row.workers, row.place, row.setting("engine") or "", others
        groups.setdefault(key, []).append(row)
    if not groups:
        return []

    def rank(found: list[Row]) -> tuple[float, ...]:
        first = found[0]
        held = float(first.parameters.get("capacity", 0))
        return (float(first.parameters.get(SIZE, 0)), -len(found), first.workers, -held)

    return min(groups.values(), key=rank)
