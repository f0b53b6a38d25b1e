"""Jobs that other libraries and interpreters did beside Convoy's models, in the same run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..core.units import some
from ..stats import paired
from ..stats.paired import Paired
from .names import FREE, model_order, parse
from .rows import Result, Row

# What a sample says an operation took. Where all sleep at once, how soon they are through says
# nothing: what it costs the CPU does.
WALL, CPU = "real_time_ns", "cpu_time_ns"
FANOUT, WAIT = "fanout", "wait_ns"
PREFERRED = ("coroutines", "fibers", "threads", "processes", "single")  # what others stand beside


class Job(NamedTuple):
    """Rows that did the same: Convoy's models without a lock, then runtimes by name."""

    workload: str
    name: str
    time: str  # WALL or CPU
    ours: tuple[Row, ...]
    runtimes: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*self.ours, *self.runtimes)

    @property
    def reference(self) -> Row | None:
        """The row of Convoy's that others are compared with."""
        order = [row for name in PREFERRED for row in self.ours if row.series == name]
        return order[0] if order else None

    def times_ns(self, row: Row) -> tuple[float, ...]:
        return tuple(float(sample[self.time]) for sample in row.counted)

    def times_as_long(self, row: Row, other: Row) -> Paired:
        """How many times as long as `other`'s an operation of `row` takes, pass by pass."""
        one, its = ({each["pass"]: float(each[self.time]) for each in of.counted}
                    for of in (other, row))  # fmt: skip
        return paired.by_pass(one, its)


def jobs(result: Result) -> list[Job]:
    """Those that a runtime did, by workload and number of workers."""
    return sorted(found(result), key=lambda job: (job.workload, job.rows[0].workers, job.name))


def found(result: Result) -> Iterator[Job]:
    keys = dict.fromkeys(key_of(row) for row in result.runtimes)
    places = {row.place for row in result.runtimes}
    for key in keys:
        runtimes = sorted((r for r in result.runtimes if key_of(r) == key), key=lambda r: r.model)
        ours = [row for row in result.rows if key_of(row) == key and row.gil == FREE]
        ours.sort(key=lambda row: model_order(row.series))
        first = runtimes[0]
        name = title(first, with_place=len(places) > 1)
        yield Job(first.workload, name, time_of(first), tuple(ours), tuple(runtimes))


def time_of(row: Row) -> str:
    return CPU if row.family == FANOUT and row.parameters.get(WAIT) else WALL


def key_of(row: Row) -> tuple[object, ...]:
    parameters = tuple(sorted((key, repr(value)) for key, value in row.parameters.items()))
    return row.workload, row.workers, row.place, row.peer, parameters


def title(row: Row, with_place: bool) -> str:
    """`server_echo, 64 workers, place=core.close, peer=same`"""
    said = [row.workload, some(row.workers, "worker")]
    if with_place:
        said.append(f"place={row.place}")
    if row.peer:
        said.append(f"peer={row.peer}")
    said += [f"{key}={value}" for key, value in parse(row.name).parameters.items()]
    return ", ".join(said)
