"""Two samples beside each other: pairs and their sign test, and samples that nothing pairs."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Optional

from ..core.units import Interval
from .samples import median, median_interval
from .sign_test import tail

# -------------------------------------------------------------------------------------------------
# The exact Mann-Whitney test of two groups of samples, and the interval that belongs to it.
#
# Samples are logarithms, so that a difference is a ratio. The estimate is Hodges and Lehmann's: the
# median of all differences between a sample of one group and one of the other. Where both groups
# have noise of one shape, the interval covers what it promises, whatever that shape is.

EXACT = 2500  # pairs up to which arrangements are counted; from there on normal is near enough
SORTED = 10_000  # pairs up to which all differences are written down


@cache
def arrangements(m: int, n: int) -> tuple[int, ...]:
    """In how many of all orders of m and n values at most 0, 1, 2 ... pairs stand the wrong way.

    The Gaussian binomial coefficient, multiplied out and summed up.
    """
    pairs = m * n
    ways = [1] + [0] * pairs
    for i in range(1, m + 1):
        for j in range(pairs, n + i - 1, -1):
            ways[j] -= ways[j - n - i]
        for j in range(i, pairs + 1):
            ways[j] += ways[j - i]
    for j in range(1, pairs + 1):
        ways[j] += ways[j - 1]
    return tuple(ways)


def rank_tail(m: int, n: int, wrong: int) -> float:
    """The chance that at most so many of the m n pairs stand the wrong way, if all is one group."""
    if wrong < 0:
        return 0.0
    if wrong >= m * n:
        return 1.0
    if m * n <= EXACT:
        return arrangements(min(m, n), max(m, n))[wrong] / math.comb(m + n, m)
    spread = math.sqrt(m * n * (m + n + 1) / 12)
    return math.erfc((m * n / 2 - wrong - 0.5) / spread / math.sqrt(2)) / 2


def p_above(base: Sequence[float], contender: Sequence[float], bound: float) -> float:
    """How likely the contender's samples lie so far above the base's by chance, one-sided.

    The question is whether they lie more than `bound` above. A tie speaks against it.
    """
    ordered = sorted(base)
    above = sum(bisect_left(ordered, value - bound) for value in contender)
    return rank_tail(len(base), len(contender), len(base) * len(contender) - above)


def p_below(base: Sequence[float], contender: Sequence[float], bound: float) -> float:
    """The same of lying more than `-bound` below."""
    ordered = sorted(base)
    below = sum(len(ordered) - bisect_right(ordered, value - bound) for value in contender)
    return rank_tail(len(base), len(contender), len(base) * len(contender) - below)


@cache
def rank_at(m: int, n: int, error: float) -> int:
    """The rank, from 1, whose mirror pair of differences misses the shift by `error` at most.

    0: there are too few samples for that.
    """
    low, high = 0, m * n // 2 + 1  # the rank is from low on and below high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if 2 * rank_tail(m, n, middle - 1) <= error else (low, middle)
    return low


def interval(base: Sequence[float], contender: Sequence[float], error: float) -> Interval:
    """Of the shift from base to contender; boundless where there are too few samples."""
    rank = rank_at(len(base), len(contender), error)
    if rank == 0:
        return Interval(-math.inf, math.inf)
    last = len(base) * len(contender) + 1 - rank
    low, high = differences(base, contender, (rank, last))
    return Interval(low, high)


def estimate(base: Sequence[float], contender: Sequence[float]) -> float:
    """The median of all differences."""
    pairs = len(base) * len(contender)
    low, high = differences(base, contender, ((pairs + 1) // 2, pairs // 2 + 1))
    return (low + high) / 2


def differences(
    base: Sequence[float], contender: Sequence[float], ranks: Sequence[int]
) -> list[float]:
    """Those of the differences between any sample of either that have these ranks, from 1."""
    if len(base) * len(contender) <= SORTED:
        every = sorted(c - b for c in contender for b in base)
        return [every[rank - 1] for rank in ranks]
    ordered = sorted(base)
    return [ranked(ordered, contender, rank) for rank in ranks]


def ranked(base: Sequence[float], contender: Sequence[float], rank: int) -> float:
    """One of them, by halving the range that it lies in; `base` is sorted."""
    low, high = min(contender) - base[-1], max(contender) - base[0]
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(len(base) - bisect_left(base, value - middle) for value in contender)
        low, high = (low, middle) if below >= rank else (middle, high)
    return high


# -------------------------------------------------------------------------------------------------
# Two things compared pass by pass: their ratio, its interval, and how likely chance made it.
#
# Passes are minutes apart and a machine drifts meanwhile, so each pass gives a ratio of its own.

LEAST = 6  # passes; fewer give no 95 % interval


@dataclass(frozen=True)
class Paired:
    """How fast one and the other were in each pass they share: logarithms of speeds."""

    one: tuple[float, ...]
    other: tuple[float, ...]

    @cached_property
    def ratios(self) -> tuple[float, ...]:
        """How many times as fast the one was."""
        return tuple(math.exp(mine - its) for mine, its in zip(self.one, self.other))

    @property
    def value(self) -> float:
        return median(self.ratios)

    @property
    def enough(self) -> bool:
        return len(self.ratios) >= LEAST

    def interval(self, confidence: float = 0.95) -> Optional[Interval]:
        """Of the median ratio, by the sign test; all ratios where that is all there is to have."""
        if not self.enough:
            return None
        found = median_interval(self.ratios, confidence)
        return found or Interval(min(self.ratios), max(self.ratios))

    @cached_property
    def chance(self) -> float:
        """How likely equal speeds give this much; 1 where there are too few passes.

        Of two exact tests the one that sees more, which is why it counts twice (Bonferroni): the
        sign test of the ratios sees through drift, and the rank test of the samples (Mann and
        Whitney) needs fewer passes. Of six, the sign test cannot go below 3 %.
        """
        if not self.enough:
            return 1.0
        faster = sum(mine > its for mine, its in zip(self.one, self.other))
        slower = sum(mine < its for mine, its in zip(self.one, self.other))
        signs = tail(faster + slower, max(faster, slower))
        ranks = min(
            p_above(self.other, self.one, 0.0), p_below(self.other, self.one, 0.0)
        )
        return min(1.0, 4 * min(signs, ranks))  # two tests of two sides each


def by_pass(one: Mapping[int, float], other: Mapping[int, float]) -> Paired:
    """Of times by pass.

    A sample that was disturbed is taken again in a later pass, so a pass that only one of them has
    goes with the next that only the other has; what then has no partner does not count.
    """
    mine = [p for p in sorted(one) if one[p] > 0]
    its = [p for p in sorted(other) if other[p] > 0]
    common = sorted({*mine} & {*its})
    alone = zip([p for p in mine if p not in other], [p for p in its if p not in one])
    both = sorted([*zip(common, common), *alone])
    return Paired(
        tuple(-math.log(one[p]) for p, _ in both), tuple(-math.log(other[p]) for _, p in both)
    )


def mean(pairs: Sequence[Paired]) -> Paired:
    """The geometric mean of several: of the first pass of each, of the second, and so on.

    Which pass that was may differ between them; within each, one and other share it.
    """
    count = min(len(pair.ratios) for pair in pairs)

    def middle(sides: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
        return tuple(math.fsum(side[i] for side in sides) / len(sides) for i in range(count))

    return Paired(middle([pair.one for pair in pairs]), middle([pair.other for pair in pairs]))
