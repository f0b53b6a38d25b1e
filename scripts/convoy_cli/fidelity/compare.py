"""Both sides pooled, put side by side, and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Optional

from ..statistics import median
from . import readings
from .bars import (
    LEAST_POOLED, LEAST_REPEATS, LOSS, MEAN, P50, RATE, SLOPE, THROUGHPUT, Comparison, judged,
)
from .readings import Reading, Spread

Json = dict[str, Any]


@dataclass(frozen=True)
class Both:
    """All readings of one setting, a list a side, repeat by repeat."""

    real: list[Reading]
    native: list[Reading]

    def spreads(self) -> tuple[Optional[Spread], Optional[Spread]]:
        one, other = (
            readings.pooled(reading.spread for reading in side)
            for side in (self.real, self.native)
        )
        return one, other


def gather(subject: Json) -> dict[str, Both]:
    """The readings of an interpreter's runs by setting."""
    found: dict[str, Both] = {}
    for run in subject["runs"]:
        both = found.setdefault(run["setting"], Both([], []))
        if run["real"] is not None:
            both.real.append(readings.of_real(run["real"]))
        if run["native"] is not None:
            both.native.append(readings.of_native(run["native"]))
    return found


def compare(subject: Json) -> list[Comparison]:
    """Everything that can be said about one interpreter and the policy made after it."""
    held = gather(subject)
    return [*lateness(held), *echo(held), *throughput(held), *latency(held), *race(held),
            *sweep(held)]  # fmt: skip


def often(both: Both) -> bool:
    return min(len(both.real), len(both.native)) >= LEAST_REPEATS


def of_spreads(
    both: Both, statistic: Callable[[Spread], float]
) -> tuple[tuple[Optional[float], Optional[float]], tuple[int, int]]:
    """A statistic of both pools, and how many values they hold."""
    real, native = both.spreads()
    values = (statistic(real) if real else None, statistic(native) if native else None)
    return values, (real.count if real else 0, native.count if native else 0)


def p50(spread: Spread) -> float:
    return spread.quantile(0.5)


def mean(spread: Spread) -> float:
    return spread.mean


def deviation(spread: Spread) -> float:
    return spread.deviation


def lateness(held: dict[str, Both]) -> Iterator[Comparison]:
    for spinners in (0, 1, 2, 4):
        both = held.get(f"reacquire/spinners:{spinners}")
        if both is None:
            continue
        beside = f"lateness beside {spinners or 'no'} spinner{'' if spinners == 1 else 's'}"
        values, counts = of_spreads(both, p50)
        bar = P50 if spinners == 1 else None
        key = f"lateness/{spinners}"
        yield judged(f"{key}/p50", f"{beside}, p50", "ns", values, bar, often(both), counts)
        values, counts = of_spreads(both, mean)
        bar = MEAN if spinners > 1 else None
        enough = often(both) and min(counts) >= LEAST_POOLED
        yield judged(f"{key}/mean", f"{beside}, mean", "ns", values, bar, enough, counts)


def shares(one: list[Reading], other: list[Reading]) -> Optional[float]:
    """The median over repeats of the second rate as a share of the first."""
    pairs = [second.rate / first.rate for first, second in zip(one, other)
             if first.rate and second.rate]  # fmt: skip
    return median(pairs) if pairs else None


def typical(side: list[Reading]) -> Optional[float]:
    rates = [reading.rate for reading in side if reading.rate]
    return median(rates) if rates else None


def echo(held: dict[str, Both]) -> Iterator[Comparison]:
    idle = held.get("echo/spinners:0")
    if idle is None:
        return
    rates = (typical(idle.real), typical(idle.native))
    yield judged("echo/0/rate", "UDP rate beside no spinners", "/s", rates)
    for spinners in (1, 2):
        both = held.get(f"echo/spinners:{spinners}")
        if both is not None:
            values = (shares(idle.real, both.real), shares(idle.native, both.native))
            plural = "" if spinners == 1 else "s"
            what = f"UDP rate beside {spinners} spinner{plural}, of that"
            yield judged(f"echo/{spinners}/share", what, "share", values, RATE, often(both))


def throughput(held: dict[str, Both]) -> Iterator[Comparison]:
    both = held.get("throughput")
    for workers in (2, 4) if both else ():
        assert both is not None
        values = (of_one(both.real, workers), of_one(both.native, workers))
        what = f"throughput of {workers} threads, of one"
        yield judged(f"throughput/{workers}", what, "share", values, THROUGHPUT, often(both))


def of_one(side: list[Reading], workers: int) -> Optional[float]:
    """The median of all cycles: what so many threads get done, as a share of what one does."""
    every = [share for reading in side for share in reading.shares.get(workers, ())]
    return median(every) if every else None


def latency(held: dict[str, Both]) -> Iterator[Comparison]:
    for spinner, beside in (("bytecode", "bytecode"), ("calls", "long calls")):
        both = held.get(f"latency/spinner:{spinner}")
        if both is not None:
            for name, statistic in (("mean", mean), ("deviation", deviation)):
                values, counts = of_spreads(both, statistic)
                key, what = f"latency/{spinner}/{name}", f"latency beside {beside}, {name}"
                yield judged(key, what, "ns", values, counts=counts)


def race(held: dict[str, Both]) -> Iterator[Comparison]:
    for name, words in (("plain", "c += 1"), ("call", "c = c + f()")):
        both = held.get(f"race/{name}")
        if both is not None:
            lost = [
                [r.lost_per_million for r in side if r.lost_per_million is not None]
                for side in (both.real, both.native)
            ]
            values = tuple(median(side) if side else None for side in lost)
            what = f"updates lost in a million, {words}"
            yield judged(f"race/{name}", what, "", (values[0], values[1]), LOSS, often(both))


def sweep(held: dict[str, Both]) -> Iterator[Comparison]:
    lines = [line(points(held, side)) for side in (0, 1)]
    if any(key.startswith("sweep/") for key in held):
        slopes = tuple(found and found[0] for found in lines)
        intercepts = tuple(found and found[1] for found in lines)
        enough = all(often(both) for key, both in held.items() if key.startswith("sweep/"))
        what = "lateness over switch interval"
        yield judged("sweep/slope", f"{what}, slope", "", (slopes[0], slopes[1]), SLOPE, enough)
        yield judged("sweep/rest", f"{what}, rest", "ns", (intercepts[0], intercepts[1]))


def points(held: dict[str, Both], side: int) -> list[tuple[float, float]]:
    """Switch interval and median lateness of one side (0: real), in nanoseconds."""
    found = []
    for key, both in held.items():
        if key.startswith("sweep/interval:"):
            spread = both.spreads()[side]
            if spread is not None:
                found.append((float(key.removeprefix("sweep/interval:")[:-2]), p50(spread)))
    return sorted(found)


def line(known: list[tuple[float, float]]) -> Optional[tuple[float, float]]:
    """Slope and intercept by least squares; None for fewer than two points."""
    if len(known) < 2:
        return None
    x_mean = sum(x for x, _ in known) / len(known)
    y_mean = sum(y for _, y in known) / len(known)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in known)
    slope /= sum((x - x_mean) ** 2 for x, _ in known)
    return slope, y_mean - slope * x_mean
