"""The bootstrap's interval of a median, beside the one that decides; and what could be detected."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Optional

from ..statistics import Interval
from .rules import Span, estimate

RESAMPLES = 1000
CONFIDENCE = 0.95
FEWEST = 4


def interval(spans: Sequence[Span], seed: int) -> Optional[Interval]:
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
