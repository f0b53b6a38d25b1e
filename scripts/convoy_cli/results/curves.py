"""Rows of one series at several numbers of workers: their curve, its law, and what bounds it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Optional

from ..core.units import Interval, bounds, percent, some, three_digits
from ..stats import scaling
from ..stats.samples import WIDE, median, median_interval
from ..stats.scaling import Estimate, Scaling
from .names import FREE, model_order
from .rows import Row
from .variants import SpeedUps

CPU_FAMILIES = ("cpu", "mem")  # more seats than CPUs cannot make them quicker
HELD = 0.9  # of the time: who holds a lock so long that nobody else gets more out of it
SHARED = 1.02  # of the time: several locks together are held longer than that
FLAT = 1.1  # a curve whose bounds stay below is flat


class LockBound(NamedTuple):
    """A series that a lock keeps from scaling."""

    held: float  # share of the time that the lock is held, at the largest number of workers
    interval: Optional[Interval]
    cap: Optional[float]  # 1 / the share of an operation of one worker that holds the lock
    gain: float  # over one worker, at the largest number of workers
    gain_interval: Optional[Interval]
    workers: int


@dataclass(frozen=True)
class Line:
    """One series under one lock, by ascending numbers of workers, beside one worker of single."""

    series: str
    rows: tuple[Row, ...]
    baseline: Row
    cpus: int

    @property
    def fitted_rows(self) -> tuple[Row, ...]:
        """Those whose law can be asked for: computing seats have a CPU each."""
        return tuple(row for row in self.rows if not crowded(row, self.cpus))

    @cached_property
    def disturbed(self) -> bool:
        return any(row.disturbed for row in (*self.rows, self.baseline))

    @cached_property
    def passes(self) -> list[dict[int, float]]:
        """A curve a pass, of those rows."""
        return by_pass(self.fitted_rows, self.baseline)

    @cached_property
    def scaling(self) -> Optional[Scaling]:
        """Its law; None where its numbers of workers are too few."""
        return scaling.scaling(self.passes)

    @property
    def resolved(self) -> Optional[Scaling]:
        """The law where something may be claimed of it."""
        found = self.scaling
        return found if found is not None and found.resolved and not self.disturbed else None

    @property
    def alone(self) -> bool:
        """Whether computing workers share one seat, so that nobody asks how they scale."""
        return self.rows[-1].family in CPU_FAMILIES and int(self.rows[-1].raw["seats"]) < 2

    @cached_property
    def ahead(self) -> Optional[Estimate]:
        """What twice as many workers would reach, where the passes tell it to ± 25 %."""
        found = None if self.alone else self.resolved
        if found is None:
            return None
        ahead = found.at(found.ahead)
        if ahead.interval is None or not 0 < ahead.interval.high <= ahead.interval.low * WIDE:
            return None
        return ahead

    @cached_property
    def lock(self) -> Optional[LockBound]:
        """What the lock that all seats share leaves of scaling; None where it is not the bound.

        Processes and interpreters have one each. It is the bound where it is held nearly always,
        or where nothing is gained by more workers and it is held for most of an operation; not
        where more is gained than the share of an operation that holds it allows.
        """
        first, last = self.rows[0], self.rows[-1]
        held = held_shares(last)
        if last.gil == FREE or several_locks(last) or last.raw["seats"] < 2 or first.workers != 1:
            return None
        if not held or median(held) > SHARED or self.disturbed:
            return None
        gains = [curve[last.workers] / curve[first.workers]
                 for curve in by_pass((first, last), self.baseline)]  # fmt: skip
        alone = held_shares(first)
        gain = scaling.estimate(gains) if gains else None
        if gain is None or gain.interval is None:
            return None
        inside = median_interval(held)
        always = inside is not None and inside.low >= HELD
        most = bool(alone) and median(alone) >= HELD
        if not always and not (most and gain.interval.high <= FLAT):
            return None
        cap = 1 / median(alone) if alone and median(alone) > 0 else None
        if cap is not None and gain.interval.low > cap * FLAT:
            return None
        return LockBound(median(held), inside, cap, gain.value, gain.interval, last.workers)


def crowded(row: Row, cpus: int) -> bool:
    """Whether computing seats share CPUs: how they scale then is the machine's doing."""
    named = {cpu for seat in row.placement for cpu in seat.cpus}
    return row.family in CPU_FAMILIES and int(row.raw["seats"]) > (len(named) or cpus)


def several_locks(row: Row) -> bool:
    return row.model == "processes" or row.setting("interpreters") is not None


def held_shares(row: Row) -> list[float]:
    """How much of the time of each sample the lock was held."""
    return [
        sample["gil"]["hold_ns"] / sample["wall_ns"]
        for sample in row.counted
        if sample.get("gil") is not None and sample["wall_ns"] > 0
    ]


def by_pass(rows: Sequence[Row], baseline: Row) -> list[dict[int, float]]:
    """Speed-ups by number of workers, a curve a pass.

    A sample that was disturbed is taken again in a later pass: passes that not all rows have go
    together in their order, as those of two rows do (paired.by_pass).
    """
    every = [baseline, *(row for row in rows if row is not baseline)]
    times = [{p: t for p, t in row.by_pass.items() if t > 0} for row in every]
    common = set.intersection(*(set(each) for each in times)) if times else set()
    rest = [[p for p in sorted(each) if p not in common] for each in times]
    groups = [*((p,) * len(every) for p in sorted(common)), *zip(*rest)]
    curves = []
    for _, group in sorted((group[0], group) for group in groups):
        at = {id(row): each[p] for row, each, p in zip(every, times, group)}
        curves.append({row.workers: at[id(baseline)] / at[id(row)] for row in rows})
    return curves


def lines(ups: SpeedUps, rows: Iterable[Row]) -> dict[str, Line]:
    """Each series of rows that differ in model, carriers and workers alone, with two counts."""
    cpus = int(ups.result.document["context"]["num_cpus"])
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.workers):
        if ups.baseline(row) is not None and row.median_ns > 0:
            found.setdefault(row.series, []).append(row)
    made = {}
    for series in sorted(found, key=model_order):
        baseline = ups.baseline(found[series][0])
        if baseline is not None and len({row.workers for row in found[series]}) > 1:
            made[series] = Line(series, tuple(found[series]), baseline, cpus)
    return made


# -------------------------------------------------------------------------------------------------
# What may be claimed of a line, in words: no more than its intervals resolve.


def said(line: Line) -> str:
    """`threads are bound by the lock: ...`, `processes have a serial share of 1.5 % (1.2–1.8)`."""
    if line.lock is not None:
        return f"{line.series} {bound_words(line.lock)}"
    found = line.resolved
    if found is None or line.alone:
        return ""
    return f"{line.series} {law_words(found)}{ahead_words(line, found.ahead)}"


def bound_words(lock: LockBound) -> str:
    words = (
        f"are bound by the lock, which is held {percent(lock.held)} of the time with "
        f"{some(lock.workers, 'worker')}: {times(lock.gain, lock.gain_interval, 'one worker')}"
    )
    if lock.cap is not None and lock.cap > FLAT:
        words += f"; an operation holds it for {percent(1 / lock.cap)} of its time, which allows "
        words += f"{three_digits(lock.cap)} × at most"
    return words


def law_words(found: Scaling) -> str:
    serial, coherency = found.serial, found.coherency
    if serial is None or serial.interval is None or coherency is None:
        return "have no law"
    if coherency.above_zero and found.contention is not None:
        words = f"lose by contention (σ {coefficient(found.contention)}) and coherency "
        words += f"(κ {coefficient(coherency)})"
        if found.peak is not None and found.peak.interval is not None:
            low, high = found.peak.interval
            words += f", fastest with {found.peak.value:.0f} workers ({low:.0f}–{high:.0f})"
            words += ", beyond what was measured" if high > found.counts[-1] else ""
        return words
    if serial.above_zero:
        low, high = serial.interval
        most = times(1 / serial.value, Interval(1 / high, 1 / low), "one worker")
        return f"have a serial share of {share(serial)}, which allows {most} at most"
    return f"show no serial share: it is at most {percent(max(0.001, serial.interval.high))}"


def ahead_words(line: Line, workers: int) -> str:
    if line.ahead is None:
        return ""
    computing = line.rows[0].family in CPU_FAMILIES
    room = f" on {workers} CPUs" if computing and workers > line.cpus else ""
    return (
        f"; beyond what was measured, {workers} workers{room} would reach "
        f"{times(*line.ahead, 'single')}"
    )


def times(value: float, interval: Optional[Interval], whom: str) -> str:
    """`1.98 × single (1.94–2.01)`"""
    inside = f" ({bounds(interval)})" if interval else ""
    return f"{three_digits(value)} × {whom}{inside}"


def share(estimate: Estimate) -> str:
    """1.5 % (1.2–1.8)"""
    text = percent(estimate.value)
    if estimate.interval is None:
        return text
    edges = [percent(edge).removesuffix(" %") for edge in estimate.interval]
    return f"{text} ({'–'.join(edges)})"


def coefficient(estimate: Estimate) -> str:
    """0.012 (0.0098–0.015), or ≤ 0.0003 where it is not shown to be above zero."""
    if estimate.interval is None:
        return significant(estimate.value, 2)
    low, high = estimate.interval
    if low <= 0:
        return f"≤ {significant(high, 1)}"
    edges = "–".join(significant(edge, 2) for edge in (low, high))
    return f"{significant(estimate.value, 2)} ({edges})"


LEAST_COEFFICIENT = 1e-5  # less has hardly an effect on any number of workers


def significant(value: float, digits: int) -> str:
    """0.012, 0.00034: so many digits that mean something, also of what is small."""
    value = float(f"{max(value, LEAST_COEFFICIENT):.{digits - 1}e}")
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(value)))}f}"


def exact(value: float) -> str:
    return significant(value, 2) if value >= LEAST_COEFFICIENT else "0"
