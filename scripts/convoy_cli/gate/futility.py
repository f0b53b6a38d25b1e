"""Whether the rounds that are left would hardly decide a benchmark: then they are not spent.

An interval that has some width after n rounds has sqrt(n / N) of it after N, whatever the noise
looks like, as long as it stays the same. Stopping for futility can raise no false alarm and call
nothing the same: it only ends what would have ended undecided, and now and then what would not.
See Lachin, A review of methods for futility stopping based on conditional power (2005).
"""

from __future__ import annotations

import math

from ..statistics import Interval
from .rules import Rules

EARLIEST = 32  # rounds; before, an interval tells too little of its own width
# How much wider than what is called the same an interval may be expected to end and still be
# waited for, since its width is only expected.
LEEWAY = 1.25
# How far the estimate is thought to move until then, of the width that the interval loses. With
# the intervals of the gate that is 1.2 deviations: one in eight moves further in its direction.
REACH = 0.5


def expected_half(half: float, rounds: int, last: int) -> float:
    """The half width of an interval after `last` rounds, from that after `rounds`."""
    return half * math.sqrt(rounds / last)


def is_futile(estimate: float, interval: Interval, rounds: int, rules: Rules) -> bool:
    """Of a benchmark that has no flag and is not shown to be the same after so many rounds.

    Where no rounds are left it is, of course. Both the estimate and the interval are logarithms.
    """
    if rounds >= rules.max_rounds:
        return True
    half = (interval.high - interval.low) / 2
    if rounds < EARLIEST or not math.isfinite(half):
        return False
    left = expected_half(half, rounds, rules.max_rounds)
    if left <= LEEWAY * math.log1p(rules.same):
        return False
    farthest = abs(estimate) + REACH * math.sqrt(half * half - left * left)
    return farthest - left <= math.log1p(rules.noise)


def rounds_to_decide(half: float, rounds: int, same: float) -> int:
    """How many it would take until the interval may be narrow enough to show the same."""
    return math.ceil(rounds * (half / (LEEWAY * math.log1p(same))) ** 2)
