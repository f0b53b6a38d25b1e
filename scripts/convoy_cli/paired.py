"""Two things compared pass by pass: their ratio, its interval, and how likely chance made it.

Passes are minutes apart and a machine drifts meanwhile, so each pass gives a ratio of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Optional

from .comparison import unpaired
from .gate.rules import tail
from .statistics import Interval, median, median_interval

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
            unpaired.p_above(self.other, self.one, 0.0), unpaired.p_below(self.other, self.one, 0.0)
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
