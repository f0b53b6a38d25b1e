"""The map as a grid: the winner of each cell, and by how much."""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

from ..core.units import MS, US
from .mapping import TIE, Map
from .work import Shape, Work

CPU = (1 * US, 10 * US, 100 * US, 1 * MS, 10 * MS)
WAIT = (0, 10 * US, 100 * US, 1 * MS, 10 * MS, 100 * MS)
CONCURRENCY = (10, 100, 1000, 10_000)


class Cell(NamedTuple):
    """`ahead`: how many times as fast it is as the best of another model; None: not known.

    Infinite where no other model was looked at: nobody starts so many threads.
    """

    work: Work
    shape: Shape
    ahead: Optional[float]

    @property
    def tied(self) -> bool:
        return self.ahead is not None and self.ahead < 1 + TIE


def cell(known: Map, work: Work) -> Optional[Cell]:
    ranked = known.ranked(work)
    if not ranked:
        return None
    first = ranked[0]
    others = [each for each in ranked if each.shape.model != first.shape.model]
    if not first.prediction.known:
        return Cell(work, first.shape, None)
    if not others:
        return Cell(work, first.shape, math.inf)
    best = max(each.prediction.rate for each in others)
    return Cell(work, first.shape, first.prediction.rate / best)


def grid(known: Map, concurrency: int) -> list[list[Optional[Cell]]]:
    """A line a time of computing, a column a time of waiting."""
    return [[cell(known, Work(cpu, wait, concurrency)) for wait in WAIT] for cpu in CPU]


def told(known: Map) -> list[tuple[str, Optional[str], float]]:
    """The middle of each part of the map in words: who wins there, and by how much."""
    parts: list[tuple[str, Optional[str], float]] = []
    for cpu in (10 * US, 1 * MS):
        for wait in (0, 100 * US, 10 * MS):
            for many in (10, 200):
                work = Work(cpu, wait, many)
                found = cell(known, work)
                if found is None or found.ahead is None:
                    parts.append((work.words, None, 0.0))
                else:
                    parts.append((work.words, found.shape.series, found.ahead))
    return parts
