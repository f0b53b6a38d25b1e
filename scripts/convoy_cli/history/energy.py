"""E-divisive: where two parts of a series are furthest apart by the energy of their distances.

Matteson and James, A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data
(2014), with the exponent 1, for one series that grows point by point.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Optional

LEAST = 5  # points of a segment


class Split(NamedTuple):
    """The best place for a change: before the point with this index."""

    at: int
    energy: float


class Window:
    """The last points of a segment, with sums of distances, so that a point costs but one scan.

    `before[i]` sums the distances of point i to those before it, `after[i]` to those after.
    """

    def __init__(self, most: int, values: Iterable[float] = ()) -> None:
        self.most = most
        self.values: list[float] = []
        self.before: list[float] = []
        self.after: list[float] = []
        for value in values:
            self.add(value)

    def add(self, value: float) -> None:
        distances = [abs(other - value) for other in self.values]
        self.after = [known + distance for known, distance in zip(self.after, distances)]
        self.after.append(0.0)
        self.before.append(sum(distances))
        self.values.append(value)
        if len(self.values) > self.most:
            oldest = self.values.pop(0)
            del self.before[0], self.after[0]
            self.before = [
                known - abs(other - oldest) for known, other in zip(self.before, self.values)
            ]

    def best(self, least: int = LEAST) -> Optional[Split]:
        """The split with the most energy; None while there are too few points."""
        count = len(self.values)
        if count < 2 * least:
            return None
        total = sum(self.before)
        left, right = sum(self.before[:least]), sum(self.after[least:])
        best = Split(least, -1.0)
        for at in range(least, count - least + 1):
            rest = count - at
            pairs = at * rest
            between = 2 * (total - left - right) / pairs
            within = 2 * left / (at * (at - 1)) + 2 * right / (rest * (rest - 1))
            energy = pairs / count * (between - within)
            if energy > best.energy:
                best = Split(at, energy)
            left += self.before[at]
            right -= self.after[at]
        return best
