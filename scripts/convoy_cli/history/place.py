"""Where exactly a series took a step: the place, and the range that holds it nine times of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from ..statistics import median

ENDS = 3  # points at least on either side
TAIL = 0.05
NORMAL = 1.4826  # the standard deviation over the median distance from the median
FAR = 3.0  # standard deviations, beyond which a point says no more than there


class Place(NamedTuple):
    """Indexes of the first point after the step: most likely, and between what it lies."""

    at: int
    low: int
    high: int


def place(values: Sequence[float], near: int, reach: int) -> Place:
    """The step's place, no further than `reach` from `near`.

    Every place has a probability, for normal noise whose two means nobody knows. Half of it is on
    either side of the answer: where one place stands out it is that one, and where none does, a
    place in the middle is nearer to the truth than the best one.
    """
    first = max(ENDS, near - reach)
    final = min(len(values) - ENDS, near + reach)
    if first > final:
        return Place(near, near, near)
    weights = chances(values, near, first, final)
    summed = list(accumulate(weights))
    return Place(
        *(
            first + next(i for i, sum_ in enumerate(summed) if sum_ >= share * summed[-1])
            for share in (0.5, TAIL, 1 - TAIL)
        )
    )


def chances(values: Sequence[float], near: int, first: int, final: int) -> list[float]:
    """How probable each place from `first` to `final` is, up to one factor."""
    sides = values[:near], values[near:]
    apart = [abs(value - median(side)) for side in sides for value in side]
    scale = NORMAL * median(apart)
    if scale <= 0:  # counts that hardly vary: any distance between them is large
        scale = max(apart) / 10 or 1e-9
    low, high = sorted(median(side) for side in sides)
    low, high = low - FAR * scale, high + FAR * scale
    known = [min(max(value, low), high) for value in values]
    sums = [0.0, *accumulate(known)]
    count, total = len(known), sums[-1]
    logs = []
    for at in range(first, final + 1):
        rest = count - at
        gain = sums[at] ** 2 / at + (total - sums[at]) ** 2 / rest
        logs.append(gain / (2 * scale * scale) - math.log(at * rest) / 2)
    most = max(logs)
    return [math.exp(one - most) for one in logs]
