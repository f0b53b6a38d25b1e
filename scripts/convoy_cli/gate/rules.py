"""When a difference counts: the gate's thresholds, and the exact sign test they are put to.

Standard library only. Every difference is d = ln(contender / base) of one round, so a doubled time
is 0.69 and a halved one -0.69.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..statistics import Interval

LOOKS = (16, 32, 64, 128)
# The share of the error that each look may spend. They sum to one, so that whichever look a
# benchmark stops at, its interval covers at least what all of them together promise. The later
# ones have more: there the small effects are found. The first has as much as 15 of 16 needs.
SHARES = (0.2, 0.2, 0.25, 0.35)


@dataclass(frozen=True)
class Rules:
    """What counts. All effects are ratios minus one: 0.01 is one per cent."""

    noise: float = 0.01  # a change that is not worth a failed build
    same: float = 0.02  # an interval within this of 1.0 is called SAME
    error: float = 0.05  # of the intervals, and the false discovery rate among the flags
    confirming: float = 0.0166  # of each of the three looks at the fresh rounds after a flag
    max_rounds: int = LOOKS[-1]

    @property
    def looks(self) -> tuple[int, ...]:
        """The rounds after which it is judged; the last one is the end of the budget."""
        before = tuple(look for look in LOOKS if look < self.max_rounds)
        return (*before, self.max_rounds)

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of each look; what looks beyond the budget would have had goes to the last."""
        count = len(self.looks)
        return (*SHARES[: count - 1], 1 - sum(SHARES[: count - 1]))


@cache
def tail(count: int, at_least: int) -> float:
    """The chance that `count` fair coins show `at_least` heads or more."""
    if at_least <= 0:
        return 1.0
    ways = sum(math.comb(count, k) for k in range(at_least, count + 1))
    return ways / (1 << count)


def p_above(differences: Sequence[float], bound: float) -> float:
    """How likely this many lie above `bound` if the median does not: the one-sided sign test.

    Nothing is assumed of their shape. A tie speaks against the difference.
    """
    return tail(len(differences), sum(d > bound for d in differences))


def p_below(differences: Sequence[float], bound: float) -> float:
    return tail(len(differences), sum(d < bound for d in differences))


@cache
def rank_at(count: int, error: float) -> int:
    """The rank, from 1, whose mirror pair of order statistics misses the median by `error` at most.

    0: there are too few values for that.
    """
    rank = 0
    while rank < count // 2 and 2 * tail(count, count - rank) <= error:
        rank += 1
    return rank


def interval(differences: Sequence[float], error: float) -> Interval:
    """The exact sign-test interval of the median; boundless where there are too few values."""
    rank = rank_at(len(differences), error)
    if rank == 0:
        return Interval(-math.inf, math.inf)
    ordered = sorted(differences)
    return Interval(ordered[rank - 1], ordered[-rank])


def discoveries(chances: Sequence[float], rate: float) -> list[bool]:
    """Which of many tests count, such that a share of at most `rate` of them is false.

    Benjamini and Hochberg, Controlling the False Discovery Rate (1995).
    """
    ordered = sorted(chances)
    count = len(ordered)
    limit = max(
        (p for i, p in enumerate(ordered, start=1) if p <= rate * i / count), default=-1.0
    )
    return [p <= limit for p in chances]
