"""Rows along an axis: by switch interval with the line through it, and by number of tasks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

from ..core.units import UNITS_NS, Interval
from ..stats import samples
from ..stats.samples import Ratio, median, median_interval, quantiles, quotient
from . import variants
from .names import FREE, model_order
from .rows import Result, Row, Unfinished

# -------------------------------------------------------------------------------------------------
# Rows of a result by lock and switch interval, and the line through their lateness.

LATENESS, ECHO, COUNTDOWN = "gil_reacquire", "gil_convoy_echo", "gil_countdown"
# What files without `switch_interval_ns` leave out of a name that has no interval.
USUAL_NS = {"cpython32": 5e6}
NO_LOCK = "none"

ByInterval = dict[float, Row]


class Lateness(NamedTuple):
    p10_ns: float
    p50_ns: float
    p90_ns: float


class Sweep(NamedTuple):
    """One experiment: the row without a lock, if there is one, and a row an interval by lock."""

    free: Optional[Row]
    locks: dict[str, ByInterval]


def duration_ns(text: str) -> Optional[float]:
    """500us, 1.5ms; None for what is no time with a unit."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ns|us|ms|s|min)", text)
    return float(found[1]) * UNITS_NS[found[2]] if found else None


def split(row: Row) -> Optional[tuple[str, float]]:
    """The lock without its interval, and the interval; None for locks that have none."""
    policy, *settings = row.gil.split(":")
    others = [setting for setting in settings if not setting.startswith("interval=")]
    named = [setting.partition("=")[2] for setting in settings if setting not in others]
    kept = row.raw.get("switch_interval_ns")
    interval = duration_ns(named[0]) if named else USUAL_NS.get(policy)
    if kept is not None:
        interval = float(kept)
    return (":".join([policy, *others]), interval) if interval else None


def sweep(result: Result, workload: str, least_workers: int = 1) -> Sweep:
    """Rows of threads that differ in their lock alone; of several sets the one with most locks."""
    rows = [
        row
        for row in result.rows
        if row.workload == workload and row.model == "threads" and row.workers >= least_workers
    ]
    sets = Counter((row.workers, row.variant) for row in rows)
    if not sets:
        return Sweep(None, {})
    best = max(sorted(sets, key=repr), key=lambda key: (sets[key], -key[0]))
    free: Optional[Row] = None
    locks: dict[str, ByInterval] = {}
    for row in rows:
        if (row.workers, row.variant) != best:
            continue
        told = split(row)
        if row.gil == NO_LOCK:
            free = row
        elif told is not None:
            locks.setdefault(told[0], {})[told[1]] = row
    ordered = {name: dict(sorted(locks[name].items())) for name in sorted(locks)}
    return Sweep(free, {name: points for name, points in ordered.items() if len(points) > 1})


def sweeps(result: Result) -> dict[str, Sweep]:
    return {
        LATENESS: sweep(result, LATENESS),
        COUNTDOWN: sweep(result, COUNTDOWN, least_workers=2),
        ECHO: sweep(result, ECHO),
    }


def rows_of(found: Iterable[Sweep]) -> list[Row]:
    return [
        row
        for one in found
        for row in (one.free, *(row for rows in one.locks.values() for row in rows.values()))
        if row is not None
    ]


def locks_of(found: Iterable[Sweep]) -> list[str]:
    return sorted({name for one in found for name in one.locks})


def lateness(row: Optional[Row]) -> Optional[Lateness]:
    if row is None or row.latency is None or not row.latency.buckets:
        return None
    p10_ns, p50_ns, p90_ns = quantiles(row.latency.buckets, [0.1, 0.5, 0.9])
    return Lateness(p10_ns, p50_ns, p90_ns)


def relative(row: Row, free: Optional[Row]) -> Optional[Ratio]:
    """The operations a second beside those without a lock."""
    return None if free is None or row.median_ns <= 0 else variants.relative(free, row)


def rate(row: Row) -> tuple[float, Interval]:
    """Operations a second of all workers, and the bounds of that; without an interval, itself."""
    value = 1e9 / row.median_ns
    found = row.interval_ns
    if found is None or found.low <= 0:
        return value, Interval(value, value)
    return value, Interval(1e9 / found.high, 1e9 / found.low)


def switches(row: Row) -> Optional[float]:
    """How often the lock changed hands in a second."""
    rates = [
        sample["gil"]["switches"] / sample["wall_ns"] * 1e9
        for sample in row.samples
        if sample["gil"] is not None and sample["wall_ns"] > 0
    ]
    return median(rates) if rates else None


def fit(points: Sequence[tuple[float, float]]) -> Optional[samples.Line]:
    """The line through points with three different x at least; fewer prove no line."""
    return samples.line(points, least=3)


def fits(found: Sweep) -> dict[str, samples.Line]:
    """For each lock the line of p50 lateness on the interval, both in ns."""
    lines = {}
    for name, rows in found.locks.items():
        late = [(interval, lateness(row)) for interval, row in rows.items()]
        line = fit([(interval, of.p50_ns) for interval, of in late if of is not None])
        if line is not None:
            lines[name] = line
    return lines


# -------------------------------------------------------------------------------------------------
# Rows of many tasks at once: by model and number of tasks, and where a model stopped.

WORKLOAD = "fanout_sleep"


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
        for series in sorted({*found, *stops}, key=model_order)
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


def lateness_at(row: Row, share: float) -> Optional[float]:
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
