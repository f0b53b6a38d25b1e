"""Numbers of one sample, and lines through points: medians, intervals, ratios."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

from ..core.units import Interval

WIDE = 1.25 / 0.75  # high over low; an interval wider than ± 25 % resolves nothing

# -------------------------------------------------------------------------------------------------
# Order statistics of samples, as in harness/base/statistics.cpp; standard library only.


class Ratio(NamedTuple):
    """How many times faster, and between which bounds if both sides have an interval."""

    value: float
    interval: Optional[Interval]


def median(values: Iterable[float]) -> float:
    """The median; the mean of the middle two for an even count. At least one value is needed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("the median of nothing was asked for")
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def median_interval(values: Iterable[float], confidence: float = 0.95) -> Optional[Interval]:
    """The sign-test interval of the median that covers at least `confidence`.

    It assumes independent samples and nothing about their shape. None when there are too few
    values: fewer than six for 95 %.
    """
    ordered = sorted(values)
    count = len(ordered)
    k = rank_below(count, confidence)
    return Interval(ordered[k - 1], ordered[count - k]) if k else None


def rank_below(count: int, confidence: float) -> int:
    """Which of so many ordered values, from 1 on, is the lower bound of the median; 0: none."""
    tail = (1 - confidence) / 2
    below, k = 0, 0
    while k < count // 2:
        below += math.comb(count, k)
        # Whole numbers until here, so that thousands of samples neither overflow nor vanish.
        if below / (1 << count) > tail:
            break
        k += 1
    return k


def speed_up(baseline: Sequence[float], samples: Sequence[float]) -> Ratio:
    """How many times faster `samples` is than `baseline`, both in time an operation.

    The bounds are quotients of the bounds of both medians, which covers more than 95 %.
    """
    value = median(baseline) / median(samples)
    return quotient(value, median_interval(baseline), median_interval(samples))


def quotient(value: float, upper: Optional[Interval], lower: Optional[Interval]) -> Ratio:
    """A quotient of two medians, between the quotients of the bounds of both."""
    if upper is None or lower is None or lower.low <= 0:
        return Ratio(value, None)
    return Ratio(value, Interval(upper.low / lower.high, upper.high / lower.low))


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def quantiles(buckets: Sequence[Sequence[float]], shares: Iterable[float]) -> list[float]:
    """The value at or below which each share (0..1, ascending) of a histogram's values lies.

    `buckets` are (low, high, count) in ascending order; the answer is a bucket's midpoint.
    """
    return [(low + high) / 2 for low, high in buckets_at(buckets, shares)]


def histogram_median_interval(
    buckets: Sequence[Sequence[float]], rounds: int, confidence: float = 0.95
) -> Optional[Interval]:
    """The interval of a histogram's median, as if each round had contributed one value.

    Values of one round resemble each other, and how much is not known; so many independent ones
    there are at least. None for too few rounds, as median_interval has it.
    """
    k = rank_below(rounds, confidence)
    if k == 0 or not buckets:
        return None
    share = k / (rounds + 1)
    low, high = buckets_at(buckets, [share, 1 - share])
    return Interval(low[0], high[1])


def buckets_at(
    buckets: Sequence[Sequence[float]], shares: Iterable[float]
) -> list[tuple[float, float]]:
    """The bounds of the buckets in which the values at these shares lie."""
    total = sum(bucket[2] for bucket in buckets)
    answer: list[tuple[float, float]] = []
    index, seen = 0, 0.0
    for share in shares:
        wanted = max(1.0, math.ceil(share * total - 1e-9))
        while index < len(buckets) and seen + buckets[index][2] < wanted:
            seen += buckets[index][2]
            index += 1
        low, high, _ = buckets[min(index, len(buckets) - 1)]
        answer.append((low, high))
    return answer


# -------------------------------------------------------------------------------------------------
# A line fitted by least squares.


class Line(NamedTuple):
    """An ordinary least-squares line: y = intercept + slope x."""

    slope: float
    intercept: float


def line(points: Sequence[tuple[float, float]], least: int = 2) -> Optional[Line]:
    """The line through points with so many different x at least; None through fewer."""
    if len({x for x, _ in points}) < least:
        return None
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return Line(slope, mean_y - slope * mean_x)
