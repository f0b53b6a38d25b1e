"""What a scenario reads off a row: its histogram, its rate, and what its lock counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ..rows import Row
from ..statistics import median, quantiles
from .claims import Failed, Skipped

LEAST_POOLED = 30  # values in a histogram: fewer say little even of a median


def buckets(row: Row) -> list[tuple[float, float, int]]:
    """The histogram over all samples of the row."""
    if row.latency is None:
        raise Failed(f"{row.name} has no histogram")
    if row.latency.count < LEAST_POOLED:
        raise Skipped(f"{row.name} has {row.latency.count} values, and {LEAST_POOLED} are needed")
    return list(row.latency.buckets)


def values(row: Row) -> Iterator[tuple[float, int]]:
    """Each bucket's middle, with how many values it stands for."""
    for low, high, count in buckets(row):
        yield (low + high) / 2, count


def quantile(row: Row, share: float) -> float:
    return quantiles(buckets(row), [share])[0]


def mean(row: Row) -> float:
    held = list(values(row))
    return sum(value * count for value, count in held) / sum(count for _, count in held)


def deviation(row: Row) -> float:
    middle, count = mean(row), sum(count for _, count in values(row))
    squares = sum(many * (value - middle) ** 2 for value, many in values(row))
    return math.sqrt(squares / max(1, count - 1))


def share(row: Row, low: float, high: float) -> float:
    """The share of values within these bounds."""
    held = list(values(row))
    within = sum(count for value, count in held if low <= value <= high)
    return within / sum(count for _, count in held)


def rate(row: Row) -> float:
    """Operations a second: the median over samples."""
    return 1e9 / row.median_ns


def fastest_rate(row: Row) -> float:
    """The same of the fastest sample: what else a machine does only takes time."""
    return 1e9 / min(row.times_ns)


def over_samples(row: Row, read: Callable[[Any, float], Any]) -> float:
    """The median over samples of something that the lock counted, given its counts and seconds."""
    found = []
    for sample in row.samples:
        if not sample["gil"]:
            raise Failed(f"{row.name} counts nothing of a lock")
        try:
            found.append(float(read(sample["gil"], sample["wall_ns"] / 1e9)))
        except (KeyError, TypeError) as error:
            raise Failed(f"{row.name} does not count {error}") from error
    return median(found)


def switches_per_second(row: Row) -> float:
    return over_samples(row, lambda gil, seconds: gil["switches"] / seconds)


def same_worker_share(row: Row) -> float:
    """Of the acquisitions, how many went to the seat that had let go last."""

    def read(gil: Any, _: float) -> Any:
        return gil["same_worker"] / max(1, gil["same_worker"] + gil["switches"])

    return over_samples(row, read)


def lost_per_million(row: Row) -> float:
    """Updates that a race lost, in the worst sample."""
    lost = [sample.get("lost_per_million") for sample in row.samples]
    if None in lost:
        raise Failed(f"{row.name} does not say what it lost")
    return max(float(value) for value in lost if value is not None)
