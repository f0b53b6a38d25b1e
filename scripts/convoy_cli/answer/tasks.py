"""The tasks of a result: a workload with one set of parameters in one place, and its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional

from ..core.units import duration
from ..results import variants
from ..results.names import NARROWING, model_order
from ..results.rows import Result, Row
from ..results.variants import SpeedUps

# -------------------------------------------------------------------------------------------------
# The tasks of a result: a workload with one set of parameters, in one place, and its rows.
#
# Rows of a task differ in model, lock, workers, carriers and engine alone.

# Workloads whose work is mostly outside the interpreter, in regions that drop the lock, unless
# their parameter `native` says otherwise.
NATIVE = ("cpu_sha256", "cpu_compress")
KINDS = {
    "cpu": "CPU-bound",
    "native": "CPU-bound, native",
    "mem": "Memory-bound",
    "io": "I/O-bound",
    "mixed": "Mixed",
    "spawn": "What starting costs",
    "switch": "What switching costs",
    "share": "What sharing costs",
    "sync": "What waiting for each other costs",
    "queue": "What queues cost",
    "pool": "What pools cost",
    "race": "What races do",
    "deadlock": "Deadlocks",
    "fanout": "Many at once",
    "fairness": "Fairness",
    "gil": "Experiments with locks",
}
OVERHEAD = "null"  # what the harness costs; stored beside each row
FREE = "none"  # the name of no lock


@dataclass(frozen=True)
class Task:
    workload: str
    label: str  # what tells it from other tasks of the workload, as `native=off`
    rows: tuple[Row, ...]
    baseline: Optional[Row]
    cpus: int

    @property
    def experiment(self) -> bool:
        """Whether it answers a question of its own: no model is chosen by it."""
        return self.rows[0].experiment

    @property
    def ordinary(self) -> bool:
        """Whether it stands for somebody's work."""
        return not self.experiment and self.kind != OVERHEAD

    @property
    def name(self) -> str:
        return f"{self.workload} {self.label}".rstrip()

    @property
    def kind(self) -> str:
        row = self.rows[0]
        native = self.workload in NATIVE and row.parameters.get("native", True)
        return "native" if native else row.family

    @cached_property
    def gils(self) -> list[str]:
        return variants.gils(self.rows)

    def at_most(self, gil: str) -> dict[str, Row]:
        """Every series at the number of workers that says most, in the order of legends.

        For CPU and memory: as many workers as CPUs, or the nearest below. Else the largest number
        that it was run with: who can have more workers gains from it.
        """
        return pick([row for row in self.rows if row.gil == gil], self.limit)

    @property
    def limit(self) -> Optional[int]:
        return self.cpus if self.rows[0].family in ("cpu", "mem") else None


def pick(rows: Iterable[Row], limit: Optional[int]) -> dict[str, Row]:
    chosen: dict[str, Row] = {}
    for row in rows:
        best = chosen.get(row.series)
        if best is None or rank(row, limit) > rank(best, limit):
            chosen[row.series] = row
    return {series: chosen[series] for series in sorted(chosen, key=model_order)}


def rank(row: Row, limit: Optional[int]) -> tuple[int, float]:
    """Larger is preferred: the most workers up to the limit, then the fewest above; then speed."""
    if row.model == "single":
        limit = 1
    count = row.workers if limit is None or row.workers <= limit else -row.workers
    return (count, -row.median_ns)


def title(kind: str) -> str:
    others = {OVERHEAD: "The harness itself"}
    return KINDS.get(kind) or others.get(kind) or kind.capitalize()


def tasks(result: Result) -> list[Task]:
    """By kind, then workload; of one workload, the task with the most rows first."""
    ups = SpeedUps(result)
    cpus = result.document["context"]["num_cpus"]
    found: dict[str, dict[tuple[Any, ...], list[Row]]] = {}
    for row in result.rows:
        found.setdefault(row.workload, {}).setdefault(row.variant, []).append(row)
    made = []
    for workload in sorted(found):
        labels = differences([rows[0] for rows in found[workload].values()])
        for label, rows in zip(labels, found[workload].values()):
            # A lock changes no work: one row's baseline is that of all of them.
            baseline = None if rows[0].experiment else ups.baseline(rows[0])
            made.append(Task(workload, label, tuple(rows), baseline, cpus))
    return sorted(made, key=lambda task: (*order(task.kind), task.workload, -len(task.rows)))


def order(kind: str) -> tuple[int, str]:
    known = list(KINDS)
    return (known.index(kind) if kind in known else len(known), kind)


def differences(rows: list[Row]) -> list[str]:
    """What tells each of these rows, one a task, from the others: `native=off`, `peer=other`."""
    settings = [
        {
            "place": row.place,
            "peer": row.peer or "",
            **{axis: row.setting(axis) or "" for axis in NARROWING},
            **{plain(key): shown(key, value) for key, value in row.parameters.items()},
        }
        for row in rows
    ]
    keys = [key for each in settings for key in each]
    differing = [
        key for key in dict.fromkeys(keys) if len({each.get(key) for each in settings}) > 1
    ]
    return [
        " ".join(f"{key}={each[key]}" for key in differing if each.get(key)) for each in settings
    ]


def plain(key: str) -> str:
    """The parameter's name as it is given: `wait_ns` is `wait`."""
    return key.removesuffix("_ns")


def shown(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return duration(value).replace(" ", "") if key.endswith("_ns") else str(value)


# -------------------------------------------------------------------------------------------------
# What qualifies a row's figures: no binding, a quota of CPU time, somebody else's topology.


class Marks:
    def __init__(self, result: Result) -> None:
        unfit = {each["name"] for each in result.findings if each["verdict"] == "unfit"}
        cpus = result.fact("cgroup_quota_cpus")
        self._under_quota = "quota" in unfit
        self._cpus = float(cpus) if isinstance(cpus, (int, float)) else 0.0
        self._busy = bool({"others", "load"} & unfit)

    def of(self, row: Row) -> list[str]:
        """In a few words each; that a row was disturbed is told before its figures instead."""
        said = [] if row.pinned else ["not pinned"]
        if self._under_quota and row.raw["seats"] > self._cpus:
            said.append("under a CPU quota")
        if row.raw["virtual_topology"]:
            said.append("not this machine's topology")
        return [*said, "busy machine"] if self._busy else said

    def after(self, rows: Iterable[Row]) -> str:
        """` (not pinned, under a CPU quota)`, for a sentence on all of these."""
        found = dict.fromkeys(mark for row in rows for mark in self.of(row))
        return f" ({', '.join(found)})" if found else ""
