"""Laws fitted by least squares: a line, and the Universal Scalability Law of speed-ups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional


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


class Law(NamedTuple):
    """speed-up(n) = rate * n / (1 + contention * (n - 1) + coherency * n * (n - 1))"""

    rate: float
    contention: float
    coherency: float

    def at(self, workers: float) -> float:
        slow = 1 + self.contention * (workers - 1) + self.coherency * workers * (workers - 1)
        return self.rate * workers / slow


def fit(workers: Sequence[float], speed_ups: Sequence[float]) -> Optional[Law]:
    """The law nearest to the points in relative terms; None with too few worker counts.

    Three are enough where one worker is among them, whose speed-up is then the rate: contention
    and coherency are left. All three parameters take four counts.

    n / speed-up is linear in 1/rate, contention/rate and coherency/rate. Neither of the latter
    two can be negative: where the best fit says so, it is zero and the rest is fitted again.
    """
    import numpy  # matplotlib brings it

    counts = set(workers)
    if len(counts) < 3 or (len(counts) == 3 and 1 not in counts):
        return None
    n = numpy.asarray(workers, dtype=float)
    cost = n / numpy.asarray(speed_ups, dtype=float)
    terms = numpy.stack([numpy.ones_like(n), n - 1, n * (n - 1)], axis=1)
    # A weight that leaves the first point no choice fixes the rate.
    trust = numpy.where(n == 1, 1e6, 1.0) if len(counts) == 3 else numpy.ones_like(n)
    best: Optional[Law] = None
    least = float("inf")
    for used in ((0, 1, 2), (0, 1), (0, 2), (0,)):
        weighted = terms[:, used] * (trust / cost)[:, None]
        found = numpy.linalg.lstsq(weighted, trust, rcond=None)[0]
        values = [0.0, 0.0, 0.0]
        for place, value in zip(used, found):
            values[place] = float(value)
        rest = float(((weighted @ found - trust) ** 2).sum())
        if values[0] > 0 and min(values) >= 0 and rest < least * (1 - 1e-9):
            least = rest
            best = Law(1 / values[0], values[1] / values[0], values[2] / values[0])
    return best
