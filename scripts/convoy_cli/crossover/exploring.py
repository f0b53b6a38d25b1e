"""Which works to measure: a few all over the map, then those where an answer is in doubt."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Collection, Iterator, Sequence

from ..core.units import MS
from .mapping import Map
from .measuring import round_ns
from .work import CONCURRENCY, CPU_NS, WAIT_NS, Shape, Work

FIRST = 24  # points before the model is asked
BATCH = 4
WITHOUT_WAIT = 6  # one of so many points has none
APART = 0.35  # decades between the points of one batch
TRIED = 400  # candidates

# What starting and ending a worker takes, and what a sample does besides: rough, for choosing only.
START_NS = {"single": 0.0, "threads": 0.7e6, "processes": 1.5e6, "coroutines": 0.005e6}
AROUND_NS = 0.04e9


def first(seed: int) -> list[Work]:
    """Points that fill the map evenly, and its corners, those that cost most last."""
    cpu, wait = CPU_NS, WAIT_NS
    corners = [
        Work(cpu[0], 0, 1), Work(cpu[1], 0, 1), Work(cpu[0], wait[1], 1), Work(cpu[1], wait[1], 1),
        Work(cpu[0], wait[0], 1000), Work(cpu[0], 0, 1000), Work(20_000, 10 * MS, 1000),
        Work(cpu[1], wait[1], 20), Work(cpu[0], wait[1], 4000),
    ]  # fmt: skip
    shift = random.Random(seed).random()
    return [*even(FIRST - len(corners), shift), *corners]


def even(count: int, shift: float = 0.0) -> list[Work]:
    """Works of a sequence that leaves no gaps (Halton, 1960), as far as they can be measured."""
    found: list[Work] = []
    index = 1
    while len(found) < count:
        place = [(radical_inverse(index, base) + shift) % 1 for base in (2, 3, 5)]
        work = at(place, len(found) % WITHOUT_WAIT == 0)
        index += 1
        if work.measurable:
            found.append(work)
    return found


def at(place: Sequence[float], without_wait: bool = False) -> Work:
    """The work at this place of the map, each from 0 to 1, in numbers of two digits."""
    ranges = (CPU_NS, WAIT_NS, CONCURRENCY)
    cpu, wait, many = (
        two_digits(low * (high / low) ** share) for share, (low, high) in zip(place, ranges)
    )
    return Work(cpu, 0 if without_wait else wait, round(many))


def two_digits(value: float) -> float:
    size = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(value / size) * size


def radical_inverse(index: int, base: int) -> float:
    value, share = 0.0, 1.0
    while index:
        share /= base
        index, digit = divmod(index, base)
        value += digit * share
    return value


def cost_s(work: Work, shapes: Collection[Shape], passes: int, cpus: int) -> float:
    """What measuring it takes, roughly."""
    one = sum(
        AROUND_NS + 2 * round_ns(work, cpus)
        + START_NS.get(shape.model, 0.0) * shape.seats(work.concurrency)
        for shape in shapes if shape.possible(work.concurrency)
    )  # fmt: skip
    return one * passes / 1e9


def next_works(maps: Sequence[Map], seed: int, count: int = BATCH) -> list[Work]:
    """Where a second spent on measuring changes most answers: the loss that is to be expected of
    going by the map, and its error, for the time that it takes."""
    drawn = random.Random(seed)
    possible = (work for work in candidates(drawn) if work.measurable)
    works = list(itertools.islice(possible, TRIED))
    worth = [0.0] * len(works)
    for known in maps:
        told = {shape: fit.predict(works) for shape, fit in known.fits.items()}
        for place in range(len(works)):
            each = sorted((of[place] for of in told.values()), key=lambda one: -one.rate)
            worth[place] += sum(
                expected_loss(math.log(each[0].rate / other.rate),
                              math.hypot(each[0].error, other.error))
                for other in each[1:]
            ) + 0.3 * max(one.error for one in each) ** 2  # fmt: skip
    shapes = [shape for known in maps for shape in known.fits]
    cpus = max(known.cpus for known in maps)
    order = sorted(
        range(len(works)), key=lambda place: -worth[place] / cost_s(works[place], shapes, 1, cpus)
    )
    chosen: list[Work] = []
    for place in order:
        if all(distance(works[place], other) > APART for other in chosen):
            chosen.append(works[place])
        if len(chosen) == count:
            break
    return chosen


def candidates(drawn: random.Random) -> Iterator[Work]:
    while True:
        place = [drawn.random() for _ in range(3)]
        yield at(place, drawn.randrange(WITHOUT_WAIT) == 0)


def expected_loss(ahead: float, error: float) -> float:
    """How much is lost, on average, if the one that is ahead by so much is taken: the mean of what
    is above 0 of a normal variable around -ahead."""
    if error <= 0:
        return 0.0
    z = ahead / error
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return error * (density - z * math.erfc(z / math.sqrt(2)) / 2)


def distance(one: Work, other: Work) -> float:
    return math.dist(one.place, other.place)


def cases(count: int, seed: int) -> list[Work]:
    """Works anywhere on the map, to try it with."""
    drawn = random.Random(seed)
    return list(itertools.islice((w for w in candidates(drawn) if w.measurable), count))
