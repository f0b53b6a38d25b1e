"""What advice is asked for: a kind of work, and the shapes that a program for it can have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from ..core.errors import UsageError
from ..core.units import MS, READ_NS, SECOND, US, duration, grouped, short

# The range of the map. A wait of 0 belongs to it: work that only computes.
CPU_NS = (1 * US, 10 * MS)
WAIT_NS = (1 * US, 100 * MS)
CONCURRENCY = (1, 10_000)
# What all workers compute in an operation each. Beyond that a machine of any size that we know is
# busy with computing, and a round would take seconds: nothing is measured there.
MOST_COMPUTING_NS = 0.25 * SECOND
# What `mixed` takes.
LONGEST_CPU_NS, LONGEST_WAIT_NS, MOST_WORKERS = 1 * SECOND, 10 * SECOND, 1_000_000

# Beyond that many, starting them takes much longer than any work: nobody builds it so.
MOST_STARTED = {"processes": 1_000, "threads": 4_000}

APART = 100  # without a wait an operation is quite another than with a short one


class Work(NamedTuple):
    """One operation computes for `cpu_ns`, then waits for `wait_ns`; so many at the same time."""

    cpu_ns: float
    wait_ns: float
    concurrency: int

    @property
    def words(self) -> str:
        computing = f"{duration(self.cpu_ns)} of computing"
        return f"{computing}, {self.waiting}, {grouped(self.concurrency)} at once"

    @property
    def waiting(self) -> str:
        return f"{duration(self.wait_ns)} of waiting" if self.wait_ns else "no waiting"

    def at(self, concurrency: int) -> Work:
        return self._replace(concurrency=concurrency)

    @property
    def place(self) -> tuple[float, float, float]:
        """Its place on the map, in decades; no wait at all lies far from the shortest."""
        wait = math.log10(self.wait_ns or WAIT_NS[0] / APART)
        return math.log10(self.cpu_ns), wait, math.log10(self.concurrency)

    @property
    def measurable(self) -> bool:
        return self.cpu_ns * self.concurrency <= MOST_COMPUTING_NS

    def outside(self) -> Iterator[str]:
        """Where it lies outside the map, a few words for each."""
        if not CPU_NS[0] <= self.cpu_ns <= CPU_NS[1]:
            yield f"{duration(self.cpu_ns)} of computing ({between(CPU_NS)})"
        if self.wait_ns and not WAIT_NS[0] <= self.wait_ns <= WAIT_NS[1]:
            yield f"{duration(self.wait_ns)} of waiting (none, or {between(WAIT_NS)})"
        if self.concurrency > CONCURRENCY[1]:
            yield f"{grouped(self.concurrency)} at once (1 to {grouped(CONCURRENCY[1])})"


class Shape(NamedTuple):
    """How a program is built: a model under a lock, in so many interpreters or event loops."""

    model: str
    gil: str
    interpreters: int = 1
    carriers: int = 1

    @property
    def series(self) -> str:
        """As charts and summaries call it."""
        many = f", {self.interpreters} interpreters" if self.interpreters > 1 else ""
        return f"{self.model}{many}" + (f", {self.carriers} carriers" if self.carriers > 1 else "")

    @property
    def words(self) -> str:
        """For a reader who builds it."""
        if self.model == "single":
            return "one after the other"
        if self.interpreters > 1:
            what = "an event loop" if self.model == "coroutines" else "threads"
            return f"{self.interpreters} processes with {what} each (processes × {self.model})"
        if self.carriers > 1:
            return f"{self.model} on {self.carriers} event loops in one process"
        return {
            "threads": "a thread for each", "processes": "a process for each",
            "coroutines": "coroutines on one event loop",
        }[self.model]  # fmt: skip

    def possible(self, concurrency: int) -> bool:
        """No interpreter and no event loop is without an operation, and it can be started."""
        most = MOST_STARTED.get(self.model, MOST_WORKERS)
        return max(self.interpreters, self.carriers) <= concurrency <= most

    def seats(self, concurrency: int) -> int:
        return 1 if self.model == "single" else concurrency

    def share(self, work: Work) -> Work:
        """The work as it is measured in this shape: one after the other, one is under way."""
        return work.at(self.seats(work.concurrency))


def between(bounds: tuple[float, float]) -> str:
    return " to ".join(map(duration, bounds))


def shapes(gil: str, excludes: bool, cpus: int) -> list[Shape]:
    """What there is to choose from under a lock on so many CPUs.

    Several interpreters help only where a lock keeps one from using several CPUs, and several
    carriers only where none does.
    """
    found = [Shape(model, gil) for model in ("single", "threads", "processes", "coroutines")]
    if cpus > 1 and excludes:
        found += [Shape("threads", gil, interpreters=cpus), Shape("coroutines", gil, cpus)]
    elif cpus > 1:
        found.append(Shape("coroutines", gil, carriers=cpus))
    return found


def setting(value_ns: float) -> str:
    """A time as `--param` takes it, to the nanosecond: `50us`, `1200ns`."""
    whole = round(value_ns)
    for unit, size in READ_NS.items():
        if whole and whole % int(size) == 0:
            return f"{whole // int(size)}{unit.replace('µ', 'u')}"
    return f"{short(whole)}ns"


def check(work: Work) -> None:
    """UsageError where nothing can run it."""
    if not CPU_NS[0] <= work.cpu_ns <= LONGEST_CPU_NS:
        bounds = between((CPU_NS[0], LONGEST_CPU_NS))
        raise UsageError(
            f"--cpu {setting(work.cpu_ns)}: an operation computes for {bounds} here. Write such a "
            "time, as in --cpu 50us. For work that only waits, --cpu 1us is next to nothing."
        )
    if work.wait_ns > LONGEST_WAIT_NS or 0 < work.wait_ns < WAIT_NS[0]:
        bounds = between((WAIT_NS[0], LONGEST_WAIT_NS))
        raise UsageError(
            f"--wait {setting(work.wait_ns)}: write 0 for work that only computes, or {bounds}."
        )
    if not 1 <= work.concurrency <= MOST_WORKERS:
        raise UsageError(
            f"--concurrency {work.concurrency}: write how many operations are under way at once, "
            f"from 1 to {grouped(MOST_WORKERS)}."
        )
