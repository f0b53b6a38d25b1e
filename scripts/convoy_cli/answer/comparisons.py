"""All comparisons of an answer, and which of them may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from .. import paired
from ..gate.rules import discoveries
from ..paired import Paired
from ..rows import Row
from ..statistics import Interval

RATE = 0.05  # of the claims, the share that may be false
WIDE = 1.25 / 0.75  # high over low; an interval wider than ± 25 % resolves nothing
TIE = 0.05  # less is no difference worth a recommendation


class Comparison:
    """One row's speed over another's, or the geometric mean of several; judged by its family."""

    def __init__(self, pairs: Paired, fallback: float, disturbed: bool) -> None:
        self.pairs = pairs
        self.disturbed = disturbed
        self.discovered = False
        self.confidence = 1 - RATE
        self._fallback = fallback

    @property
    def value(self) -> float:
        """Of rows without a common pass the ratio of their medians, of which nothing is known."""
        return self.pairs.value if self.pairs.ratios else self._fallback

    @property
    def interval(self) -> Optional[Interval]:
        return self.pairs.interval(self.confidence)

    @property
    def claimed(self) -> bool:
        """Whether there is a difference; `value` says in which direction."""
        bounds = self.interval
        apart = bounds is not None and not bounds.low <= 1 <= bounds.high
        return self.discovered and apart and not self.disturbed

    @property
    def wide(self) -> bool:
        bounds = self.interval
        return bounds is None or bounds.high > bounds.low * WIDE

    @property
    def better(self) -> bool:
        """Whether the one is shown to be faster, by enough to be recommended."""
        return self.claimed and self.value > 1 / (1 - TIE)


class Family:
    """Comparisons that are judged together: of many, some differ by chance.

    Claimed are those that Benjamini and Hochberg discover at 5 % (Controlling the False Discovery
    Rate, 1995). Intervals are as wide as Benjamini and Yekutieli want those of what was selected
    (False Discovery Rate-Adjusted Multiple Confidence Intervals, 2005): of R among m at 1 - R q/m.
    """

    def __init__(self, silent: bool = False) -> None:
        self.silent = silent  # the run was so disturbed that nothing may be claimed
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], Comparison] = {}

    def compare(self, one: Sequence[Row], other: Sequence[Row]) -> Comparison:
        """How many times as fast the rows `one` were: each beside its counterpart in `other`."""
        key = tuple(row.name for row in one), tuple(row.name for row in other)
        if key not in self._known:
            pairs = [paired.by_pass(a.by_pass, b.by_pass) for a, b in zip(one, other)]
            fallback = 1.0
            for a, b in zip(one, other):
                fallback *= (b.median_ns / a.median_ns) ** (1 / len(one)) if a.median_ns > 0 else 1
            disturbed = self.silent or any(row.disturbed for row in (*one, *other))
            self._known[key] = Comparison(paired.mean(pairs), fallback, disturbed)
        return self._known[key]

    def settle(self) -> None:
        """Judges what was compared so far; call it once, before anything is told."""
        # A comparison is in here once, whichever side was asked for first.
        asked: dict[frozenset[tuple[str, ...]], list[Comparison]] = {}
        for key, each in self._known.items():
            if each.pairs.enough and not each.disturbed and key[0] != key[1]:
                asked.setdefault(frozenset(key), []).append(each)
        tested = list(asked.values())
        found = discoveries([same[0].pairs.chance for same in tested], RATE)
        if not any(found):
            return
        confidence = 1 - RATE * sum(found) / len(tested)
        for same, discovered in zip(tested, found):
            for each in same:
                each.discovered = discovered
                each.confidence = confidence
