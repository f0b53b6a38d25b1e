"""Speed-ups with the intervals that the file has for both rows, as figures draw them."""

from __future__ import annotations

from .rows import Row
from .statistics import Ratio, quotient


def relative(baseline: Row, row: Row) -> Ratio:
    """How many times faster `row` is than `baseline`, and between which bounds.

    The bounds are quotients of the bounds of both medians, which covers more than 95 %.
    """
    value = baseline.median_ns / row.median_ns
    return quotient(value, None if baseline is row else baseline.interval_ns, row.interval_ns)
