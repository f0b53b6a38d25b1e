"""When a difference counts: the exact sign test, its rules, and what it could detect."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Optional

from ..core.units import Interval
from .samples import median

# -------------------------------------------------------------------------------------------------
# When a difference counts: the gate's thresholds, and the exact sign test they are put to.
#
# Standard library only. A difference is ln(contender / base), so a doubled time is 0.69 and a
# halved one -0.69. A round has two of them, since the base runs twice in each.

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
    error: float = 0.05  # of the intervals, in all looks together
    # The false discovery rate among what is flagged first. It may be generous: a flag counts only
    # if fresh rounds show the same, which hardly one in twenty false ones does.
    search: float = 0.25
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


class Span(NamedTuple):
    """The differences of one round: to the slower of the base's two runs, and to the faster."""

    low: float
    high: float

    @staticmethod
    def of(one: float, other: float) -> Span:
        return Span(min(one, other), max(one, other))


def p_above(spans: Sequence[Span], bound: float) -> float:
    """How likely this many lie above `bound` if the median does not: the one-sided sign test.

    A round is heads if both of its differences lie above, tails if neither does, and says nothing
    if one does. Heads are as likely as tails if each difference is above as often as not, since
    P(both) - P(neither) = P(one is) + P(the other is) - 1. Nothing is assumed of their shape, nor
    that the two of a round know nothing of each other. A tie speaks against the difference.
    """
    heads = sum(span.low > bound for span in spans)
    tails = sum(span.high <= bound for span in spans)
    return tail(heads + tails, heads)


def p_below(spans: Sequence[Span], bound: float) -> float:
    return p_above(mirrored(spans), -bound)


def mirrored(spans: Sequence[Span]) -> list[Span]:
    return [Span(-span.high, -span.low) for span in spans]


def estimate(spans: Sequence[Span]) -> float:
    """The median of all differences: there, as many rounds are heads as tails."""
    return median(end for span in spans for end in span)


def interval(spans: Sequence[Span], error: float) -> Interval:
    """What the sign test does not refute at `error`; boundless where there are too few rounds."""
    return Interval(_lowest(spans, error / 2), -_lowest(mirrored(spans), error / 2))


def _lowest(spans: Sequence[Span], error: float) -> float:
    """The least bound that the median may be at, which is one of the differences."""
    if p_above(spans, -math.inf) > error:
        return -math.inf
    bounds = sorted(end for span in spans for end in span)
    # The chance grows with the bound, and is one at the last.
    first, last = 0, len(bounds) - 1
    while first < last:
        middle = (first + last) // 2
        if p_above(spans, bounds[middle]) > error:
            last = middle
        else:
            first = middle + 1
    return bounds[first]


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


# -------------------------------------------------------------------------------------------------
# Whether the rounds that are left would hardly decide a benchmark: then they are not spent.
#
# An interval that has some width after n rounds has sqrt(n / N) of it after N, whatever the noise
# looks like, as long as it stays the same. Stopping for futility can raise no false alarm and call
# nothing the same: it only ends what would have ended undecided, and now and then what would not.
# See Lachin, A review of methods for futility stopping based on conditional power (2005).

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


# -------------------------------------------------------------------------------------------------
# The bootstrap's interval of a median, beside the one that decides; and what could be detected.

RESAMPLES = 1000
CONFIDENCE = 0.95
FEWEST = 4


def bootstrap_interval(spans: Sequence[Span], seed: int) -> Optional[Interval]:
    """Percentiles of what resampled rounds estimate; the same for the same seed. None of a few."""
    if len(spans) < FEWEST:
        return None
    drawn = random.Random(seed)
    medians = sorted(estimate(drawn.choices(spans, k=len(spans))) for _ in range(RESAMPLES))
    tail = round((1 - CONFIDENCE) / 2 * RESAMPLES)
    return Interval(medians[tail - 1], medians[-tail])


def detectable(bounds: Interval, noise: float) -> Optional[float]:
    """The smallest ratio that would have been seen: (1 + noise) × exp(half the interval's width).

    An interval as wide as this one lies above 1 + noise as a whole from there on.
    """
    half = (bounds.high - bounds.low) / 2
    return (1 + noise) * math.exp(half) if math.isfinite(half) else None
