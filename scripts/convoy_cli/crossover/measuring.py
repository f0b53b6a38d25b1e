"""Measures kinds of work under each shape, and reads what a result says of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

from ..core.units import MS, time_ns
from ..results import names, selection
from ..results.names import FREE, Name
from ..results.rows import Result, Row
from ..stats.samples import quantiles
from .work import Shape, Work, setting

WORKLOAD = "mixed"
MODELS = ("threads", "processes", "coroutines")
# The kernel places workers, as it does those of most programs.
PLACED = ("--policy", "none")
SHORTEST_ROUND_NS, LONGEST_ROUND_NS = 50 * MS, 400 * MS
# A round begins and ends with everybody at once. Its rate is that of a program that goes on for
# ever where the round lasts so many times as long as the shorter of computing and waiting.
ROUND = 8
Key = tuple[Work, Shape]


@dataclass(frozen=True)
class Point:
    """What was measured of one kind of work in one shape."""

    work: Work
    shape: Shape
    rates: Mapping[int, float]  # operations of all workers in a second, by pass
    p99_ns: Optional[float]  # of one operation, from its begin to its end
    disturbed: bool

    @property
    def rate(self) -> float:
        """The geometric mean: an error of a factor counts the same in both directions."""
        logs = [math.log(rate) for rate in self.rates.values()]
        return math.exp(math.fsum(logs) / len(logs))


@dataclass(frozen=True)
class Stop:
    """This machine has no room for it, or it failed."""

    work: Work
    shape: Shape
    reason: str

    def forbids(self, shape: Shape, concurrency: int) -> bool:
        """Whether that shape has no room for so many either."""
        return shape == self.shape and self.work.concurrency <= shape.seats(concurrency)


Found = Union[Point, Stop]


def points(found: Iterable[Found]) -> list[Point]:
    return [each for each in found if isinstance(each, Point)]


class Effort(NamedTuple):
    passes: int
    seed: int
    quiet: bool
    cpus: int


def cycle_ns(work: Work, cpus: int) -> float:
    """What everybody takes for an operation each, at least."""
    return max(work.cpu_ns + work.wait_ns, work.cpu_ns * work.concurrency / cpus)


def operations(work: Work, cpus: int) -> int:
    """How many of them each worker does in a round, a power of two.

    They are said, since finding them out would take longer than measuring.
    """
    shorter = min(work.wait_ns, work.cpu_ns * work.concurrency / cpus)
    wanted = min(max(ROUND * shorter, SHORTEST_ROUND_NS), LONGEST_ROUND_NS)
    return 1 << math.ceil(math.log2(max(1.0, wanted / cycle_ns(work, cpus))))


def round_ns(work: Work, cpus: int) -> float:
    return operations(work, cpus) * cycle_ns(work, cpus)


def measure(
    program: Path, defaults: Mapping[str, str], wanted: Collection[Key], effort: Effort,
    folder: Path,
) -> list[Found]:  # fmt: skip
    """All of these, each run being of those whose workers do equally many operations."""
    runs: dict[int, list[Key]] = {}
    for key in wanted:
        runs.setdefault(operations(key[0], effort.cpus), []).append(key)
    found: list[Found] = []
    for count, keys in sorted(runs.items()):
        words = [*selected(program, defaults, keys), "--operations", str(count)]
        words += ["--passes", str(effort.passes), "--seed", str(effort.seed)]
        words += ["--quiet"] if effort.quiet else []
        found += read(selection.run(program, words, folder / "crossover.json"), defaults)
    return found


def selected(program: Path, defaults: Mapping[str, str], keys: Collection[Key]) -> list[str]:
    """The words that select these and nothing else; of each work the share of its shape."""
    works, shapes = [work for work, _ in keys], [shape for _, shape in keys]
    values: dict[str, list[Any]] = {
        "--model": [shape.model for shape in shapes],
        "--gil": [shape.gil for shape in shapes],
        "--workers": [work.concurrency for work in works],
        "--interpreters": [shape.interpreters for shape in shapes],
        "--carriers": [shape.carriers for shape in shapes],
    }
    axes = [*PLACED]
    for option, each in values.items():
        axes += [option, ",".join(dict.fromkeys(map(str, sorted(set(each)))))]
    times = {"cpu": [work.cpu_ns for work in works], "wait": [work.wait_ns for work in works]}
    for parameter, each in times.items():
        texts = [setting(value) for value in sorted(set(each))]
        axes += ["--param", f"{WORKLOAD}.{parameter}={','.join(texts)}"]
    wanted = set(keys)
    return selection.narrowed(
        program, axes, [WORKLOAD], lambda name: key_of(name, defaults) in wanted
    )


def key_of(name: str, defaults: Mapping[str, str]) -> Optional[Key]:
    """The work and the shape of a benchmark; None where it says nothing about this map."""
    parsed = names.parse(name)
    told = (parsed.get(axis) for axis in (*names.NARROWING, "engine", "stack"))
    if parsed.workload != WORKLOAD or any(told) or parsed.get("place") != "none":
        return None
    return work_of(parsed, defaults), shape_of(parsed)


def work_of(name: Name, defaults: Mapping[str, str]) -> Work:
    given = defaults | name.parameters
    cpu, wait = (time_ns(given[key], f"{WORKLOAD}.{key}") for key in ("cpu", "wait"))
    return Work(cpu, wait, name.workers)


def shape_of(name: Name) -> Shape:
    counts = (int(name.get(axis) or 1) for axis in ("interpreters", "carriers"))
    return Shape(str(name.get("model")), name.get("gil") or FREE, *counts)


def read(result: Result, defaults: Mapping[str, str]) -> Iterator[Found]:
    """What a result says; rows that are no points of this map are passed over."""
    for row in result.rows:
        key = key_of(row.name, defaults)
        if key is not None and row.times_ns:
            yield point(row, *key)
    failures = ((each.name, f"it failed: {each.reason}") for each in result.failed)
    for name, reason in [*((each.name, each.cause) for each in result.unfinished), *failures]:
        key = key_of(name, defaults)
        if key is not None:
            yield Stop(*key, reason)


def point(row: Row, work: Work, shape: Shape) -> Point:
    spread = row.latency.buckets if row.latency is not None else ()
    return Point(
        work, shape, {number: 1e9 / time for number, time in row.by_pass.items() if time > 0},
        quantiles(spread, [0.99])[0] if spread else None,
        row.disturbed,
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------
# Memory of a worker, which the ladder of sleepers measures.

LADDER, ON_LADDER = "fanout_sleep", 1000  # from so many on the kernel's part is measured as well
ADDED = ("added_bytes_per_worker", "added_kernel_bytes_per_worker")


def bytes_each(program: Path, effort: Effort, folder: Path) -> dict[str, float]:
    """What each further worker of a model adds, the kernel's part with it."""
    axes = [*PLACED, "--gil", FREE, "--workers", str(ON_LADDER)]
    axes += ["--model", ",".join(MODELS), "--passes", "1", "--seed", str(effort.seed)]
    axes += ["--quiet"] if effort.quiet else []
    axes += ["--filter", f"^{LADDER}/"]
    result = selection.run(program, axes, folder / "memory.json")
    found = {}
    for row in result.rows:
        added = [row.counted[-1].get(key) for key in ADDED] if row.counted else []
        told = [max(0.0, float(value)) for value in added if value is not None]
        if row.workload == LADDER and told:
            found[row.model] = math.fsum(told)
    return found
