"""A machine that is simulated: closed queueing systems with noise, in place of measuring."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from pathlib import Path

from convoy_cli.crossover import exploring, kept, model
from convoy_cli.crossover.kept import Kept
from convoy_cli.crossover.mapping import Map, build
from convoy_cli.crossover.measuring import Found, Point
from convoy_cli.crossover.work import Shape, Work, shapes

CPUS = 2
LOCKED = ("cpython32", True)
OVERHEAD_NS = {"single": 500, "threads": 6000, "processes": 8000, "coroutines": 900}
DELAY_NS = {"single": 55_000, "threads": 55_000, "processes": 58_000, "coroutines": 4_000}
BYTES_EACH = {"threads": 50e3, "processes": 200e3, "coroutines": 220.0}


def rate(work: Work, shape: Shape, excludes: bool) -> float:
    """Operations in a second, by another bend than the model's: mean value analysis of a station
    and a delay, a customer more at each step, whose queue is halved as service times are fixed."""
    many = model.servers(shape, excludes, CPUS)
    seats = shape.seats(work.concurrency)
    busy = work.cpu_ns + OVERHEAD_NS[shape.model] * (1 + 0.1 * math.log10(seats))
    wait = work.wait_ns + DELAY_NS[shape.model] if work.wait_ns else 0.0
    if seats <= many:
        return seats / (busy + wait) * 1e9
    bound, free = many / busy, seats / (busy + wait)
    sharp = 9.0
    return (bound**-sharp + free**-sharp) ** (-1 / sharp) * 1e9


def measure(
    works: Sequence[Work], wanted: Sequence[Shape], drawn: random.Random, noise: float = 0.04,
    passes: int = 2, excludes: bool = True,
) -> list[Found]:  # fmt: skip
    found: list[Found] = []
    for work in works:
        for shape in wanted:
            true = rate(work, shape, excludes)
            rates = {at: true * math.exp(drawn.gauss(0, noise)) for at in range(passes)}
            own = shape.share(work)
            found.append(Point(own, shape, rates, 2e9 / true * own.concurrency, False))
    return found


def write_map(path: Path) -> None:
    """A map of this simulated machine under two locks, as if it was measured here."""
    found = kept.fresh()
    found.bytes_each = dict(BYTES_EACH)
    works = [*exploring.first(1), *exploring.cases(30, 5)]
    cpus = len(os.sched_getaffinity(0))
    for gil, excludes in (LOCKED, ("none", False)):
        wanted = shapes(gil, excludes, cpus)
        found.add(measure(works, wanted, random.Random(1), excludes=excludes), 90.0)
    kept.write(path, found, "--map FILE")


def locked_shapes() -> list[Shape]:
    return shapes(*LOCKED, CPUS)


def map_of(works: Sequence[Work], seed: int = 1) -> Map:
    wanted = locked_shapes()
    found = Kept({}, "")
    found.add(measure(works, wanted, random.Random(seed)), 1.0)
    return build(*LOCKED, CPUS, wanted, found.found, BYTES_EACH)
