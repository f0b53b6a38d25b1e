"""The most that any watch over a history could find: of one that knows what nobody knows."""

from __future__ import annotations

import math
import random
from functools import cache
from itertools import accumulate

STEP = math.log(1.05)
COMMITS = 200  # in which one false alarm is allowed
WITHIN, NEAR = 5, 2  # found within so many commits, and located so near

SPAN = 20  # commits back, beyond which it does not look for the place
MADE_UP = 400 * COMMITS


@cache
def limit() -> float:
    """The mean of the last WITHIN + 1 commits that noise crosses once in COMMITS commits.

    In standard deviations of such a mean.
    """
    count = WITHIN + 1
    dice = random.Random(1)
    sums = [0.0, *accumulate(dice.gauss(0, 1) for _ in range(MADE_UP))]
    means = [(after - before) / math.sqrt(count) for before, after in zip(sums, sums[count:])]
    low, high = 1.0, 4.0
    for _ in range(20):
        middle, last, crossed = (low + high) / 2, -count, 0
        for at, mean in enumerate(means):
            if mean > middle and at - last >= count:
                last, crossed = at, crossed + 1
        low, high = (middle, high) if crossed * COMMITS > MADE_UP else (low, middle)
    return low


def share(noise: float, steps: int) -> float:
    """Of a step in normal noise, found and located with one false alarm in COMMITS commits.

    It knows both levels and the noise, looks once, with just those commits that came since the
    step, and names the place that most probably is near enough. No watch can do better at WITHIN.
    """
    dice = random.Random(f"oracle {noise}")
    size, count = STEP / noise, WITHIN + 1
    found = 0
    for _ in range(steps):
        values = [dice.gauss(0, 1) + size * (at >= SPAN) for at in range(SPAN + count)]
        if sum(values[-count:]) / math.sqrt(count) > limit():
            found += abs(nearest(values, size) - SPAN) <= NEAR
    return found / steps


def nearest(values: list[float], size: float) -> int:
    """The place with the most probability around it."""
    gains = [size * (value - size / 2) for value in values]
    after = list(accumulate(reversed(gains)))[::-1]
    weights = [math.exp(one - max(after)) for one in after]
    around = [
        sum(weights[max(0, at - NEAR) : at + NEAR + 1]) for at in range(len(weights))
    ]
    return around.index(max(around))
