"""What a scenario measures, what must hold of it, and what comes of that: pass, fail or skip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Optional

from ..core.bench import Listing
from ..core.errors import UsageError
from ..core.processes import ProcessFailed, output
from ..core.units import duration, percent, short
from ..results import load, names
from ..results.rows import Result, Row
from ..stats.samples import median, quantiles

# -------------------------------------------------------------------------------------------------
# What a scenario says must hold, and what comes of it: pass, fail or skip.

PASS, FAIL, SKIP = "pass", "fail", "skip"


class Skipped(Exception):
    """It cannot be judged; the message says why."""


class Failed(Exception):
    """What should have been measured could not be; the message says why."""


@dataclass(frozen=True)
class Claim:
    """A number with its bounds, None for none. The end of its name is its unit: `_ns`, `_share`."""

    what: str
    value: float
    low: Optional[float] = None
    high: Optional[float] = None
    strictly: bool = False  # the bounds themselves do not count

    @property
    def holds(self) -> bool:
        low, high, value = self.low, self.high, self.value
        if self.strictly:
            return (low is None or value > low) and (high is None or value < high)
        return (low is None or value >= low) and (high is None or value <= high)

    @property
    def title(self) -> str:
        words = self.what.removesuffix("_ns").removesuffix("_share")
        return words.replace("_per_", "/").replace("_", " ")

    @property
    def measured(self) -> str:
        return number(self.what, self.value)

    @property
    def bounds(self) -> str:
        """As `5 ms to 5.4 ms`; empty for a number that is only told."""
        low, high = (None if end is None else number(self.what, end) for end in
                     (self.low, self.high))  # fmt: skip
        if low is not None and high is not None:
            return low if low == high else f"{low} to {high}"
        if low is not None:
            return f"{'>' if self.strictly else '≥'} {low}"
        if high is not None:
            return f"{'<' if self.strictly else '≤'} {high}"
        return ""


@dataclass(frozen=True)
class Judgement:
    name: str
    policy: str
    verdict: str
    reason: str = ""
    claims: Sequence[Claim] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "policy": self.policy,
            "verdict": self.verdict,
            "reason": self.reason,
            "measured": {claim.what: claim.value for claim in self.claims},
            "expected": {
                claim.what: {"from": claim.low, "to": claim.high, "strictly": claim.strictly}
                for claim in self.claims
                if claim.bounds
            },
        }


def judged(name: str, policy: str, claims: Sequence[Claim]) -> Judgement:
    """Passes if every claim holds, and says which do not."""
    broken = [claim for claim in claims if not claim.holds]
    if not any(claim.bounds for claim in claims):
        return Judgement(name, policy, SKIP, "it reports nothing that can be judged", claims)
    said = (f"{claim.title} {claim.measured}, expected {claim.bounds}" for claim in broken)
    return Judgement(name, policy, FAIL if broken else PASS, "; ".join(said), claims)


def number(what: str, value: float) -> str:
    if what.endswith("_ns"):
        return duration(value)
    if what.endswith("_share"):
        return percent(value)
    return short(value)


# -------------------------------------------------------------------------------------------------
# Runs of convoy-bench: several locks alternate in each, so that they share their conditions.

TWO_CORES = ("--place", "core", "--policy", "close", "--overload", "wrap")
ONE_CORE = ("--place", "core", "--policy", "primary")
UNBOUND = ("--policy", "none")
MS, SECOND = 10**6, 10**9
LEAST_INTERVALS = 20  # convoy-bench lets a round under a lock with an interval last that long
TIDYING_S = 60.0


@dataclass(frozen=True)
class Batch:
    """One workload under several locks: every combination of the values, in threads."""

    workload: str
    gils: tuple[str, ...]
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    workers: tuple[int, ...] = (1,)
    place: tuple[str, ...] = TWO_CORES
    peer: Optional[str] = None
    round_ms: int = 300
    limit_s: int = 30  # of a round
    operation_ms: int = 0  # where one takes long: even the shortest sample has nine of them

    def seconds(self, listing: Listing, passes: int) -> float:
        """About how long it takes; the first pass also finds out how much work fills a round."""
        total = 0.0
        for gil, seats in self.cases(listing):
            interval = listing.interval_ns(gil) if seats > 1 else 0.0
            round_ns = max(self.round_ms * MS, LEAST_INTERVALS * interval)
            # With spinners an operation takes an interval.
            waiting = "spinners" in listing.workloads[self.workload]
            slow = max(interval if waiting else 0, self.operation_ms * MS if seats > 1 else 0)
            total += 1.13 * round_ns + 8 * slow + 30 * MS
        return total * (passes + 0.4) / SECOND

    def cases(self, listing: Listing) -> Iterator[tuple[str, int]]:
        """The lock and the number of seats of each."""
        defaults = listing.workloads[self.workload]
        for values in product(*self.parameters.values()):
            chosen = dict(zip(self.parameters, values))
            spinners = int(chosen.get("spinners", defaults.get("spinners", "0")))
            for gil, workers in product(self.gils, self.workers):
                yield gil, workers + spinners

    def command(self, program: Path, passes: int, seed: int, file: Path) -> list[str]:
        words = [
            str(program), "run", "--quiet", "--no-overhead", "--filter", f"^{self.workload}/",
            "--model", "threads", "--gil", ",".join(self.gils),
            "--workers", ",".join(map(str, self.workers)), *self.place,
            "--passes", str(passes), "--seed", str(seed), "--min-round", f"{self.round_ms}ms",
            "--round-limit", f"{self.limit_s}s", "--json", str(file),
        ]  # fmt: skip
        if self.peer is not None:
            words += ["--peer", self.peer]
        for name, values in self.parameters.items():
            words += ["--param", f"{self.workload}.{name}={','.join(values)}"]
        return words

    def take(self, listing: Listing, passes: int, seed: int, folder: Path) -> Result:
        """Measures it. Raises ProcessFailed where there is no result."""
        file = folder / "batch.json"
        limit_s = TIDYING_S + 3 * self.seconds(listing, passes)
        limit_s += self.limit_s * len(list(self.cases(listing)))
        try:
            words = self.command(listing.program, passes, seed, file)
            # 1: a row failed, and the file says why.
            output(words, limit_s, gently=True, allowed=(0, 1))
            return load.load(file)
        except UsageError as error:
            raise ProcessFailed(f"its result cannot be read: {error}") from error
        finally:
            for left in folder.glob("batch*.json"):
                left.unlink()


class Seen:
    """All that was measured, by batch; asked by scenarios for rows."""

    def __init__(self, listing: Listing, passes: int) -> None:
        self.listing, self.passes = listing, passes
        self.kept: list[tuple[Batch, Optional[Result], str]] = []

    def keep(self, batch: Batch, result: Optional[Result], trouble: str = "") -> None:
        """A result; or a result that cannot be trusted, and why; or none, and why."""
        self.kept.append((batch, result, trouble))

    def row(self, batch: Batch, gil: str, workers: Optional[int] = None, **chosen: str) -> Row:
        """The row of a lock. Raises Skipped where it was not to be had, Failed where it should."""
        result = self.result(batch)
        count = batch.workers[0] if workers is None else workers
        defaults = self.listing.workloads[batch.workload]
        asked = single(batch) | chosen
        wanted = {key: value for key, value in asked.items() if value != defaults.get(key)}

        def meant(text: str) -> bool:
            name = names.parse(text)
            return (name.workload, name.get("gil"), name.workers, name.parameters) == (
                batch.workload, gil, count, wanted,
            )  # fmt: skip

        for failure in result.failed:
            if meant(failure.name):
                raise Failed(failure.reason)
        for row in result.rows:
            if meant(row.name):
                if len(row.samples) < self.passes:
                    raise Skipped(f"only {len(row.samples)} samples were taken")
                return row
        raise Failed(f"convoy-bench measured nothing for {gil} with {wanted or 'its defaults'}")

    def result(self, batch: Batch) -> Result:
        for kept, result, trouble in reversed(self.kept):  # the last time counts
            if kept == batch:
                if result is None:
                    raise Failed(trouble)
                if trouble:
                    raise Skipped(trouble)
                return result
        raise Skipped("the run ended before it was measured")


def single(batch: Batch) -> dict[str, str]:
    """Parameters that have one value in all of its rows."""
    return {key: values[0] for key, values in batch.parameters.items() if len(values) == 1}


def unique(batches: list[Batch]) -> list[Batch]:
    found: list[Batch] = []
    for batch in batches:
        if batch.gils and batch not in found:
            found.append(batch)
    return found


# -------------------------------------------------------------------------------------------------
# What a scenario reads off a row: its histogram, its rate, and what its lock counted.

LEAST_POOLED = 30  # values in a histogram: fewer say little even of a median


def buckets(row: Row) -> list[tuple[float, float, int]]:
    """The histogram over all samples of the row."""
    if row.latency is None:
        raise Failed(f"{row.name} has no histogram")
    if row.latency.count < LEAST_POOLED:
        raise Skipped(f"{row.name} has {row.latency.count} values, and {LEAST_POOLED} are needed")
    return list(row.latency.buckets)


def values(row: Row) -> Iterator[tuple[float, int]]:
    """Each bucket's middle, with how many values it stands for."""
    for low, high, count in buckets(row):
        yield (low + high) / 2, count


def quantile(row: Row, share: float) -> float:
    return quantiles(buckets(row), [share])[0]


def mean(row: Row) -> float:
    held = list(values(row))
    return sum(value * count for value, count in held) / sum(count for _, count in held)


def deviation(row: Row) -> float:
    middle, count = mean(row), sum(count for _, count in values(row))
    squares = sum(many * (value - middle) ** 2 for value, many in values(row))
    return math.sqrt(squares / max(1, count - 1))


def share(row: Row, low: float, high: float) -> float:
    """The share of values within these bounds."""
    held = list(values(row))
    within = sum(count for value, count in held if low <= value <= high)
    return within / sum(count for _, count in held)


def rate(row: Row) -> float:
    """Operations a second: the median over samples."""
    return 1e9 / row.median_ns


def fastest_rate(row: Row) -> float:
    """The same of the fastest sample: what else a machine does only takes time."""
    return 1e9 / min(row.times_ns)


def over_samples(row: Row, read: Callable[[Any, float], Any]) -> float:
    """The median over samples of something that the lock counted, given its counts and seconds."""
    found = []
    for sample in row.samples:
        if not sample["gil"]:
            raise Failed(f"{row.name} has no lock counters")
        try:
            found.append(float(read(sample["gil"], sample["wall_ns"] / 1e9)))
        except (KeyError, TypeError) as error:
            raise Failed(f"{row.name} does not count {error}") from error
    return median(found)


def switches_per_second(row: Row) -> float:
    return over_samples(row, lambda gil, seconds: gil["switches"] / seconds)


def same_worker_share(row: Row) -> float:
    """Of the acquisitions, how many went to the seat that had let go last."""

    def read(gil: Any, _: float) -> Any:
        return gil["same_worker"] / max(1, gil["same_worker"] + gil["switches"])

    return over_samples(row, read)


def lost_per_million(row: Row) -> float:
    """Updates that a race lost, in the worst sample."""
    lost = [sample.get("lost_per_million") for sample in row.samples]
    if None in lost:
        raise Failed(f"{row.name} does not report lost updates")
    return max(float(value) for value in lost if value is not None)
