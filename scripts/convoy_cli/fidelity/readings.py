"""What one run of a setting showed, on either side in the same terms; and what several pool to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from .children import ChildFailed

BINS = 10  # a power of ten
LEAST_SHARE, LEAST_MODE = 0.001, 0.005


@dataclass(frozen=True)
class Spread:
    """Durations in nanoseconds with their counts, ascending."""

    values: tuple[tuple[float, int], ...]

    @property
    def count(self) -> int:
        return sum(count for _, count in self.values)

    @property
    def mean(self) -> float:
        return sum(value * count for value, count in self.values) / self.count

    @property
    def deviation(self) -> float:
        mean = self.mean
        squares = sum((value - mean) ** 2 * count for value, count in self.values)
        return math.sqrt(squares / max(1, self.count - 1))

    def quantile(self, share: float) -> float:
        """The value at or below which this share lies; between the middle two for a half."""
        wanted = share * self.count
        seen = 0
        for place, (value, count) in enumerate(self.values):
            seen += count
            if seen > wanted:
                return value
            if seen == wanted and place + 1 < len(self.values):
                return (value + self.values[place + 1][0]) / 2 if share == 0.5 else value
        return self.values[-1][0]

    def modes(self) -> list[tuple[float, float]]:
        """The median and the share of each heap of values that a gap divides from the next."""
        bins: dict[int, list[tuple[float, int]]] = {}
        for value, count in self.values:
            bins.setdefault(math.floor(BINS * math.log10(max(value, 1.0))), []).append(
                (value, count)
            )
        heaps: list[list[tuple[float, int]]] = []
        last = None
        for number, held in sorted(bins.items()):
            if sum(count for _, count in held) < LEAST_SHARE * self.count:
                continue
            if last is None or number > last + 1:
                heaps.append([])
            heaps[-1] += held
            last = number
        spreads = [Spread(tuple(heap)) for heap in heaps]
        shares = [(spread.quantile(0.5), spread.count / self.count) for spread in spreads]
        return [(value, share) for value, share in shares if share >= LEAST_MODE]


def spread(values: Iterable[tuple[float, int]]) -> Optional[Spread]:
    ordered = tuple(sorted(values))
    return Spread(ordered) if ordered else None


def pooled(spreads: Iterable[Optional[Spread]]) -> Optional[Spread]:
    return spread(pair for each in spreads if each is not None for pair in each.values)


@dataclass(frozen=True)
class Reading:
    """One run: how late or how long, losses, and operations a second.

    `shares`: what so many threads got done, as a share of what one does, cycle by cycle.
    """

    spread: Optional[Spread] = None
    rate: Optional[float] = None
    shares: dict[int, list[float]] = field(default_factory=dict)
    lost_per_million: Optional[float] = None
    wall_ns: float = 0.0


def of_real(raw: dict[str, Any]) -> Reading:
    """The line of a probe. Raises ChildFailed where it is none."""
    try:
        wall_ns = number(raw.get("wall_ns", 0))
        if "lateness_ns" in raw:
            return Reading(spread(counted(raw["lateness_ns"])), wall_ns=wall_ns)
        if "operation_ns" in raw:
            took = counted(raw["operation_ns"])
            return Reading(spread(took), len(took) / wall_ns * 1e9, wall_ns=wall_ns)
        if "rounds" in raw:
            rounds = raw["rounds"]
            cycles: dict[int, list[tuple[int, float]]] = {}
            for one in rounds:
                took_ns = number(one["wall_ns"]) / number(one["operations"])
                cycles.setdefault(one.get("cycle", 0), []).append((one["workers"], took_ns))
            wall_ns = number(rounds[0]["wall_ns"])
            return Reading(shares=shares(cycles.values()), wall_ns=wall_ns)
        return Reading(lost_per_million=number(raw["lost"]) / number(raw["updates"]) * 1e6)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError) as error:
        raise ChildFailed("it printed JSON, but not what was asked for") from error


def of_native(raw: dict[str, Any]) -> Reading:
    """Rows of a result file."""
    rows = raw["rows"]
    latency = rows[0]["latency"]
    buckets = latency["buckets"] if latency else []
    values = spread(((low + high) / 2, int(count)) for low, high, count in buckets)
    lost = [sample.get("lost_per_million") for sample in rows[0]["samples"]]
    wall_ns = sum(sample["wall_ns"] for sample in rows[0]["samples"])
    rate = 1e9 / number(rows[0]["median_ns"])
    passes = zip(*(rounds_of(row) for row in rows)) if len(rows) > 1 else ()
    return Reading(values, rate, shares(passes), lost[-1] if lost else None, wall_ns)


def rounds_of(row: dict[str, Any]) -> list[tuple[int, float]]:
    """Pass by pass, how many threads there were and what an operation took."""
    took_ns = [number(one["wall_ns"]) / number(one["operations"]) for one in row["samples"]]
    return [(row["workers"], each) for each in took_ns]


def shares(cycles: Iterable[Iterable[tuple[int, float]]]) -> dict[int, list[float]]:
    """From how many threads there were and what an operation took, round by round of each cycle.

    One thread's share is of the mean of its rounds.
    """
    found: dict[int, list[float]] = {}
    for rounds in cycles:
        held = list(rounds)
        alone = [took_ns for workers, took_ns in held if workers == 1]
        for workers, took_ns in held:
            if workers > 1:
                found.setdefault(workers, []).append(sum(alone) / len(alone) / took_ns)
    return found


def counted(values: Sequence[Any]) -> list[tuple[float, int]]:
    return [(number(value), 1) for value in values]


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)
