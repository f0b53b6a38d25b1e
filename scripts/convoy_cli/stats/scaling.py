"""Laws of scaling: Amdahl's and the Universal Scalability Law, their intervals, and what they say.

Samples of one pass are neighbours in time and share what the machine was like then, so a pass gives
one curve and one law. Between passes the errors are independent: the interval of a coefficient is
the sign-test interval of the median of those of the passes. A delete-one jackknife would leave out
points of a curve, of which there are three to eight for three parameters, and says nothing about
noise that all points of a pass share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Optional

from ..core.units import Interval
from .samples import median, median_interval

Curve = Mapping[int, float]  # speed-up by number of workers

CONTENTION, COHERENCY = 1, 2
AMDAHL, USL = (CONTENTION,), (CONTENTION, COHERENCY)
MISSED = 0.05  # a law that is further from the points than this is not theirs
AHEAD = 2  # a law is asked for no more than this many times the workers that were measured


class Law(NamedTuple):
    """speed-up(n) = rate * n / (1 + contention * (n - 1) + coherency * n * (n - 1))"""

    rate: float
    contention: float
    coherency: float

    def at(self, workers: float) -> float:
        slow = 1 + self.contention * (workers - 1) + self.coherency * workers * (workers - 1)
        return self.rate * workers / slow

    @property
    def peak(self) -> float:
        """The number of workers with the greatest speed-up; infinite where more are faster."""
        if self.coherency <= 0:
            return math.inf if self.contention < 1 else 1.0
        return max(1.0, math.sqrt(max(0.0, 1 - self.contention) / self.coherency))


class Estimate(NamedTuple):
    """The median over the passes and its 95 % interval; None with fewer than six passes."""

    value: float
    interval: Optional[Interval]

    @property
    def above_zero(self) -> bool:
        return self.interval is not None and self.interval.low > 0


def enough(counts: Sequence[int]) -> bool:
    """Three numbers of workers are enough where one worker is among them, else it takes four.

    The speed-up of one worker is the rate; contention and coherency are left.
    """
    different = set(counts)
    return len(different) >= 3 and (len(different) > 3 or 1 in different)


def fit(workers: Sequence[float], speed_ups: Sequence[float]) -> Optional[Law]:
    """The law nearest to the points in relative terms; None with too few worker counts.

    n / speed-up is linear in 1/rate, contention/rate and coherency/rate. Neither of the latter
    two can be negative: where the best fit says so, it is zero and the rest is fitted again.
    """
    if not enough([int(n) for n in workers]):
        return None
    best: Optional[Law] = None
    least = math.inf
    for used in (USL, AMDAHL, (COHERENCY,), ()):
        found = solve(workers, speed_ups, used)
        if found is None or min(found) < 0:
            continue
        rest = sum((found.at(n) / s - 1) ** 2 for n, s in zip(workers, speed_ups))
        if rest < least * (1 - 1e-9) - 1e-24:
            least, best = rest, found
    return best


def solve(
    workers: Sequence[float], speed_ups: Sequence[float], used: Sequence[int]
) -> Optional[Law]:
    """Least squares with these coefficients, which may come out negative; None without a rate."""
    costs = [n / value for n, value in zip(workers, speed_ups)]
    terms = ([1.0 for _ in workers], [n - 1.0 for n in workers], [n * (n - 1.0) for n in workers])
    # Three counts leave the first point no choice: it is the rate.
    alone = [cost for n, cost in zip(workers, costs) if n == 1]
    rate = sum(alone) / len(alone) if alone and len(set(workers)) == 3 else 0.0
    columns = [*used] if rate else [0, *used]
    found = least_squares(
        [[value / cost for value, cost in zip(terms[column], costs)] for column in columns],
        [(cost - rate) / cost for cost in costs],
    )
    values = [rate, 0.0, 0.0]
    for column, value in zip(columns, found):
        values[column] = value
    if values[0] <= 0:
        return None
    return Law(1 / values[0], values[1] / values[0], values[2] / values[0])


def least_squares(columns: Sequence[Sequence[float]], target: Sequence[float]) -> list[float]:
    """The weights of independent columns whose sum is nearest to the target (Gram and Schmidt)."""
    basis: list[list[float]] = []
    shares: list[list[float]] = []  # of each column along those before it
    for column in columns:
        rest, along = [*column], []
        for other in basis:
            along.append(dot(rest, other) / dot(other, other))
            rest = [value - along[-1] * its for value, its in zip(rest, other)]
        basis.append(rest)
        shares.append(along)
    left, weights = [*target], []
    for rest in basis:
        weights.append(dot(left, rest) / dot(rest, rest))
        left = [value - weights[-1] * its for value, its in zip(left, rest)]
    for i in reversed(range(len(columns))):
        for j in range(i):
            weights[j] -= shares[i][j] * weights[i]
    return weights


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other))


@dataclass(frozen=True)
class Scaling:
    """What the curves of the passes say of one series; all have the same numbers of workers."""

    curves: tuple[Curve, ...]

    @cached_property
    def counts(self) -> list[int]:
        return sorted(self.curves[0])

    @cached_property
    def laws(self) -> list[Law]:
        """The Universal Scalability Law of each pass."""
        return [law for curve in self.curves if (law := fit(*points(curve))) is not None]

    @cached_property
    def law(self) -> Optional[Law]:
        """That of the median over the passes of each point."""
        if not self.laws:
            return None
        return fit(self.counts, [median(c[n] for c in self.curves) for n in self.counts])

    @cached_property
    def contention(self) -> Optional[Estimate]:
        """σ: what workers lose by taking turns."""
        return self._coefficient(USL, CONTENTION)

    @cached_property
    def coherency(self) -> Optional[Estimate]:
        """κ: what they lose by keeping each other informed, which grows with their square."""
        return self._coefficient(USL, COHERENCY)

    @cached_property
    def serial(self) -> Optional[Estimate]:
        """The serial share of Amdahl's law, which is the other law with κ = 0."""
        return self._coefficient(AMDAHL, CONTENTION)

    def _coefficient(self, used: Sequence[int], which: int) -> Optional[Estimate]:
        """Of fits that may go below zero, so that noise moves them up as often as down.

        What is below zero is cut off at the end: the truth is not there.
        """
        found = [law for c in self.curves if (law := solve(*points(c), used)) is not None]
        if not self.laws or len(found) < len(self.curves):
            return None
        return estimate([law[which] for law in found], lambda value: max(0.0, value))

    @cached_property
    def peak(self) -> Optional[Estimate]:
        """The fastest number of workers, where the coherency is shown to be above zero."""
        if self.coherency is None or not self.coherency.above_zero:
            return None
        found = estimate([law.peak for law in self.laws])
        return None if math.isinf(found.interval.high if found.interval else math.inf) else found

    def at(self, workers: int) -> Estimate:
        """The speed-up that the law gives, also beyond what was measured."""
        return estimate([law.at(workers) for law in self.laws])

    @property
    def ahead(self) -> int:
        return AHEAD * self.counts[-1]

    @cached_property
    def missed(self) -> Optional[int]:
        """The number of workers at which the law is shown to be off by most, by 5 % or more.

        It cannot be off where there are as many parameters as points and none is cut off at zero.
        """
        worst, at = MISSED, None
        for n in self.counts if len(self.laws) == len(self.curves) else ():
            off = estimate([math.log(c[n] / law.at(n)) for c, law in zip(self.curves, self.laws)])
            apart = off.interval is not None and (off.interval.low > 0 or off.interval.high < 0)
            if apart and abs(off.value) > worst:
                worst, at = abs(off.value), n
        return at

    @property
    def resolved(self) -> bool:
        """Whether there are passes enough for intervals, and the law fits the points."""
        found = self.contention
        return found is not None and found.interval is not None and self.missed is None


def points(curve: Curve) -> tuple[list[int], list[float]]:
    counts = sorted(curve)
    return counts, [curve[n] for n in counts]


def estimate(
    values: Sequence[float], kept: Callable[[float], float] = lambda value: value
) -> Estimate:
    inside = median_interval(values)
    interval = None if inside is None else Interval(kept(inside.low), kept(inside.high))
    return Estimate(kept(median(values)), interval)


def scaling(curves: Sequence[Curve]) -> Optional[Scaling]:
    """The laws of curves that have one speed-up of each number of workers; None of too few.

    Speed-ups that are no number above zero cannot be fitted: their pass is left out.
    """
    sound = [curve for curve in curves
             if all(math.isfinite(value) and value > 0 for value in curve.values())]  # fmt: skip
    if not sound or not enough(list(sound[0])):
        return None
    return Scaling(tuple(sound))
