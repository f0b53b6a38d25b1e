"""The confidence bounds of a counted rate, and the two distributions they and a rival need.

Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple


class Rate(NamedTuple):
    """So many of so many, and between what the true share lies with 95 % confidence."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else math.nan


def beta_below(x: float, a: float, b: float) -> float:
    """The chance that a beta-distributed number lies below x, by its continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # there the fraction is slow, and its mirror image is not
        return 1 - beta_below(1 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x)) / a
    upper, lower, value = 1.0, 1 / (1 - (a + b) * x / (a + 1)), 1 / (1 - (a + b) * x / (a + 1))
    for m in range(1, 500):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            lower = 1 / (1 + term * lower)
            upper = 1 + term / upper
            value *= upper * lower
        if abs(upper * lower - 1) < 1e-14:
            break
    return front * value


def solved(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero."""
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def clopper_pearson(hits: int, of: int, error: float = 0.05) -> Rate:
    """The exact two-sided interval of a binomial share (Clopper and Pearson 1934)."""
    low, high = 0.0, 1.0
    if hits > 0:
        low = solved(lambda p: beta_below(p, hits, of - hits + 1) - error / 2, 0, 1)
    if hits < of:
        high = solved(lambda p: beta_below(p, hits + 1, of - hits) - 1 + error / 2, 0, 1)
    return Rate(hits, of, low, high)


def student_beyond(t: float, freedom: float) -> float:
    """The chance that Student's t is further from zero than this, on either side."""
    return beta_below(freedom / (freedom + t * t), freedom / 2, 0.5)


def student_critical(freedom: float, error: float = 0.05) -> float:
    """How far from zero Student's t is with that chance."""
    return solved(lambda t: error - student_beyond(t, freedom), 0, 1e3)
