"""The exact segmentation of a series by the sum of distances from each segment's median."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterator, Sequence

# Of neighbours' distances: their mean over the standard deviation of one, if it is normal.
OF_DISTANCES = 2 / math.sqrt(math.pi)


def costs(values: Sequence[float]) -> Iterator[float]:
    """The sum of distances from the median, of the first value, the first two, and so on."""
    ordered: list[float] = []
    cost = 0.0
    for count, value in enumerate(values):
        half = count // 2
        if count % 2:  # the median stays one of an even number
            cost += abs(value - ordered[half])
        elif count:
            cost += max(ordered[half - 1] - value, 0.0, value - ordered[half])
        insort(ordered, value)
        yield cost


def scale(values: Sequence[float]) -> float:
    """The standard deviation of the noise, which a few steps do not change."""
    if len(values) < 2:
        return 0.0
    distances = [abs(b - a) for a, b in zip(values, values[1:])]
    return sum(distances) / len(distances) / OF_DISTANCES


def breaks(values: Sequence[float], penalty: float, least: int) -> list[int]:
    """Where segments begin, but for the first, such that the cost and penalties are the least.

    Dynamic programming over the end of the last segment: exact, and quadratic in the length.
    """
    count = len(values)
    best = [math.inf] * (count + 1)
    last = [0] * (count + 1)
    best[0] = -penalty
    for begin in range(count - least + 1):
        if not math.isfinite(best[begin]):
            continue
        for length, cost in enumerate(costs(values[begin:]), start=1):
            end = begin + length
            if length >= least and best[begin] + cost + penalty < best[end]:
                best[end], last[end] = best[begin] + cost + penalty, begin
    found, end = [], count
    while end > 0 and last[end] > 0:
        end = last[end]
        found.append(end)
    return found[::-1]
