"""Is one group of values above another: a test by ranks, whatever the shape of the noise.

Ranks become the values that a normal distribution would have there (van der Waerden 1952), and
these go into Student's test. So nothing depends on the shape, a single outlier cannot make or hide
a step, and for normal noise as good as nothing is lost to Student's test of the values themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist
from typing import NamedTuple

from ..statistics import median


ROUNDING = 1e-9  # sums of scores that should be equal differ in their last digits


class Step(NamedTuple):
    """By how much the second group is above the first, and how likely so much is by chance."""

    size: float
    chance: float  # of so much in this direction, or more


def step(before: Sequence[float], after: Sequence[float]) -> Step:
    """The difference of the medians, and the one-sided test in its direction."""
    count = len(after)
    scored = scores([*before, *after])
    mean_before = sum(scored[:-count]) / len(before)
    mean_after = sum(scored[-count:]) / count
    squares = sum((score - mean_before) ** 2 for score in scored[:-count])
    squares += sum((score - mean_after) ** 2 for score in scored[-count:])
    freedom = len(scored) - 2
    error = math.sqrt(squares / freedom * (1 / len(before) + 1 / count))
    apart = mean_after - mean_before
    if abs(apart) < ROUNDING:
        return Step(0.0, 1.0)
    # Nothing is less likely than the one best arrangement of all.
    chance = 1 / math.comb(len(scored), count)
    if error > 0:
        chance = max(chance, beyond(apart / error, freedom) / 2)
    return Step(math.copysign(abs(median(after) - median(before)), apart), chance)


def scores(values: Sequence[float]) -> list[float]:
    """What a normal distribution has at the rank of each; equal values share theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    table = normal(len(values))
    found = [0.0] * len(values)
    first = 0
    while first < len(order):
        end = first + 1
        while end < len(order) and values[order[end]] == values[order[first]]:
            end += 1
        shared = sum(table[first:end]) / (end - first)
        for place in order[first:end]:
            found[place] = shared
        first = end
    return found


@cache
def normal(count: int) -> list[float]:
    """The scores of so many ranks."""
    curve = NormalDist()
    return [curve.inv_cdf(rank / (count + 1)) for rank in range(1, count + 1)]


def beyond(t: float, freedom: int) -> float:
    """The chance that Student's t is further from zero than this, on either side.

    The finite series for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    angle = math.atan2(abs(t), math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = total = 1.0 if freedom % 2 == 0 else cosine
    for k in range(2 + freedom % 2, freedom, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    if freedom % 2 == 0:
        return max(0.0, 1 - sine * total)
    within = angle if freedom == 1 else angle + sine * total
    return max(0.0, 1 - 2 / math.pi * within)
