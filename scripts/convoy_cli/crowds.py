"""Rows of many tasks at once: by model and number of tasks, and where a model stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from . import style
from .rows import Result, Row, Unfinished
from .statistics import Interval, Ratio, median, median_interval, quotient, quantiles

WORKLOAD = "fanout_sleep"
FREE = "none"


class Measured(NamedTuple):
    """A number of a row: the median over the samples that count, and its 95 % interval."""

    value: float
    interval: Optional[Interval]


class Ladder(NamedTuple):
    """One series, from few tasks to many; `stop` is the least number that did not finish."""

    series: str
    rows: tuple[Row, ...]
    stop: Optional[Unfinished]

    @property
    def counts(self) -> list[int]:
        return [row.workers for row in self.rows]

    def at(self, count: int) -> Row:
        return next(row for row in self.rows if row.workers == count)


def ladders(rows: Sequence[Row], unfinished: Sequence[Unfinished]) -> list[Ladder]:
    """In the order of legends; of rows that differ in series and number of tasks alone."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.series, []).append(row)
    stops: dict[str, Unfinished] = {}
    for each in unfinished:
        before = stops.get(each.series)
        if before is None or each.workers < before.workers:
            stops[each.series] = each
    return [
        Ladder(series, tuple(sorted(found.get(series, ()), key=lambda row: row.workers)),
               stops.get(series))
        for series in sorted({*found, *stops}, key=style.order)
    ]  # fmt: skip


def of(result: Result) -> list[Ladder]:
    """Those without a lock, in the place and with the wait that most rows have."""
    wanted = [row for row in result.rows if row.workload == WORKLOAD and row.gil == FREE]
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in wanted:
        groups.setdefault(row.variant, []).append(row)
    rows: list[Row] = max(groups.values(), key=len, default=[])
    stops = [each for each in result.unfinished if each.workload == WORKLOAD and each.gil == FREE]
    return ladders(rows, stops)


def measured(row: Row, key: str) -> Optional[Measured]:
    """Of a number that each sample has; None where fewer have it."""
    values = [float(sample[key]) for sample in row.counted if sample.get(key) is not None]
    if not values or len(values) < len(row.counted):
        return None
    return Measured(median(values), median_interval(values))


def cpu(row: Row) -> Optional[Measured]:
    """CPU time a task takes: of one sleep."""
    return measured(row, "cpu_time_ns")


def start(row: Row) -> Optional[Measured]:
    """What the coming and going of all took."""
    return measured(row, "turnround_ns")


def weight(row: Row) -> Optional[Measured]:
    """Bytes a task adds, in its process and, where that is known, in the kernel."""
    own = measured(row, "added_bytes_per_worker")
    kernel = measured(row, "added_kernel_bytes_per_worker")
    if own is not None and kernel is not None:
        own = Measured(own.value + kernel.value, None)
    return own if own is not None and own.value > 0 else None


def lateness(row: Row, share: float) -> Optional[float]:
    """How late that share of the sleeps woke at most."""
    if row.latency is None or not row.latency.count:
        return None
    return quantiles(row.latency.buckets, [share])[0]


def cpu_ratio(row: Row, other: Row) -> Optional[Ratio]:
    """CPU time of the one over that of the other; its interval is that of both at their worst."""
    own, others = cpu(row), cpu(other)
    if own is None or others is None or not others.value:
        return None
    return quotient(own.value / others.value, own.interval, others.interval)
