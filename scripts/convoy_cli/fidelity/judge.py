"""Both sides pooled, put side by side, and judged by bars that were set beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Optional

from ..stats.samples import line, median
from .native import Reading, Spread, of_native, of_real, pooled

# -------------------------------------------------------------------------------------------------
# How near the native side must come to the real one, set before anything is measured.

LEAST_REPEATS, LEAST_POOLED = 5, 500
MS = 1e6


@dataclass(frozen=True)
class Bar:
    """How near the native value must be to the real one, as `words` say."""

    words: str
    range: Callable[[float], tuple[float, float]]

    def holds(self, real: float, native: float) -> bool:
        low, high = self.range(real)
        return low <= native <= high


def within_factor(factor: float) -> Bar:
    return Bar(f"×{factor:g}", lambda real: (real / factor, real * factor))


def within(difference: float) -> Bar:
    return Bar(f"± {difference:g}", lambda real: (real - difference, real + difference))


P50 = Bar(
    "5 % or 0.3 ms",
    lambda real: (min(real * 0.95, real - 0.3 * MS), max(real * 1.05, real + 0.3 * MS)),
)
MEAN, RATE = within_factor(1.5), within_factor(2)
THROUGHPUT, SLOPE = within(0.08), within(0.05)
LOSS = Bar("both or neither", lambda real: (1e-9, 1e9) if real > 0 else (0.0, 0.0))


@dataclass(frozen=True)
class Comparison:
    """One number of both sides. `verdict`: ok, off, few (too little to judge by), or empty."""

    key: str
    what: str
    unit: str
    real: Optional[float]
    native: Optional[float]
    bar: Optional[Bar]
    verdict: str
    counts: tuple[int, int] = (0, 0)

    @property
    def ratio(self) -> Optional[float]:
        if self.real is None or self.native is None or self.real <= 0 or self.native < 0:
            return None
        return self.native / self.real


def judged(
    key: str, what: str, unit: str, values: tuple[Optional[float], Optional[float]],
    bar: Optional[Bar] = None, enough: bool = True, counts: tuple[int, int] = (0, 0),
) -> Comparison:  # fmt: skip
    real, native = values
    verdict = ""
    if bar is not None:
        if real is None or native is None or not enough:
            verdict = "few"
        else:
            verdict = "ok" if bar.holds(real, native) else "off"
    return Comparison(key, what, unit, real, native, bar, verdict, counts)


# -------------------------------------------------------------------------------------------------
# Both sides pooled, put side by side, and judged.

Json = dict[str, Any]


@dataclass(frozen=True)
class Both:
    """All readings of one setting, a list a side, repeat by repeat."""

    real: list[Reading]
    native: list[Reading]

    def spreads(self) -> tuple[Optional[Spread], Optional[Spread]]:
        one, other = (
            pooled(reading.spread for reading in side)
            for side in (self.real, self.native)
        )
        return one, other


def gather(subject: Json) -> dict[str, Both]:
    """The readings of an interpreter's runs by setting."""
    found: dict[str, Both] = {}
    for run in subject["runs"]:
        both = found.setdefault(run["setting"], Both([], []))
        if run["real"] is not None:
            both.real.append(of_real(run["real"]))
        if run["native"] is not None:
            both.native.append(of_native(run["native"]))
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


# -------------------------------------------------------------------------------------------------
# Do the policies stand in the same order as the interpreters they are made after?

APART = 1.5  # interpreters nearer to each other than this factor have no order to be kept
MEASURES = {
    "lateness/1/p50": "lateness beside 1 spinner",
    "echo/1/share": "UDP rate beside 1 spinner, of idle",
    "latency/bytecode/mean": "latency beside bytecode",
    "latency/calls/mean": "latency beside long calls",
}


@dataclass(frozen=True)
class Ordering:
    """One measure over all interpreters, from the least to the greatest, on each side."""

    what: str
    real: tuple[str, ...]
    native: tuple[str, ...]
    pairs: int  # that are far enough apart to be judged
    turned: tuple[tuple[str, str], ...]  # of these, those that stand the other way round natively
    enough: bool

    @property
    def verdict(self) -> str:
        if not self.enough:
            return "few"
        return "off" if self.turned else "ok"


def orderings(compared: dict[str, list[Comparison]], enough: bool) -> list[Ordering]:
    """`compared` by the interpreter's label; measures that two interpreters have or more."""
    found = []
    for key, what in MEASURES.items():
        known = [
            (label, each.real, each.native)
            for label, comparisons in compared.items()
            for each in comparisons
            if each.key == key and each.real is not None and each.native is not None
        ]
        pairs = [
            (low, high)
            for one, other in combinations(known, 2)
            for low, high in [sorted((one, other), key=lambda entry: entry[1])]
            if high[1] > APART * max(low[1], 0.0)
        ]
        turned = tuple((low[0], high[0]) for low, high in pairs if not high[2] > low[2])
        if pairs:
            real, native = (
                tuple(entry[0] for entry in sorted(known, key=lambda entry: entry[side]))
                for side in (1, 2)
            )
            found.append(Ordering(what, real, native, len(pairs), turned, enough))
    return found
