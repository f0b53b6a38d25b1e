"""How one row's time stands to another's, in words that claim no more than the samples show."""

from __future__ import annotations

from ..rows import Row
from ..units import bounds, three_digits
from .comparisons import Family


def standing(family: Family, row: Row, other: Row, name: str) -> str:
    """`, 12.0 × as long as a thread (11.7–12.3)`; `name` is the other's.

    An order only where the interval of the ratio has one. Ask before comparisons are judged, too.
    """
    # Both are asked for at once, lest one be judged without the other.
    slower, faster = family.compare([other], [row]), family.compare([row], [other])
    if slower.disturbed:
        return ""
    if not slower.pairs.enough:
        return ", too few samples to compare"
    if not slower.claimed:
        return f", not told apart from {name} ({bounds(slower.interval)} ×)"
    compared, what = (slower, "long") if slower.value > 1 else (faster, "fast")
    return f", {three_digits(compared.value)} × as {what} as {name} ({bounds(compared.interval)})"
