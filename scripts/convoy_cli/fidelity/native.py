"""The native side: convoy-bench runs what the probe does; what a run showed, on either side."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..core.bench import listed
from ..core.processes import ProcessFailed, output
from ..core.units import SECOND
from .settings import Setting

# -------------------------------------------------------------------------------------------------
# The native side: convoy-bench runs the workload that does what the probe does.

LEAST_ROUND_NS = 50_000_000
LISTING_S = 30.0
# Rounds as long as the one that counts: calibrating takes some.
ROUNDS, TIDYING_S = 12, 60.0


@dataclass(frozen=True)
class Bench:
    """The program and what is linked into it: workloads, and policies with their parameters."""

    program: Path
    workloads: frozenset[str]
    policies: dict[str, frozenset[str]]

    def lacks(self, policy: Optional[str], setting: Setting) -> Optional[str]:
        """Why it cannot run a setting under a policy; None if it can."""
        if policy is None:
            return "no lock here emulates its own"
        name = policy.partition(":")[0]
        if name not in self.policies:
            return f"this convoy-bench has no lock {name}"
        if setting.native.workload not in self.workloads:
            return f"this convoy-bench has no workload {setting.native.workload}"
        return None

    def gil(self, policy: str, setting: Setting, **measured: str) -> str:
        """The lock as --gil takes it: without parameters that the policy does not have."""
        name, *rest = policy.split(":")
        asked = dict(part.split("=", 1) for part in rest) | setting.native.gil | measured
        known = self.policies[name]
        return ":".join([name, *(f"{key}={value}" for key, value in asked.items() if key in known)])


def find(program: Path) -> Bench:
    """Asks the program what it has."""
    return listed(
        program,
        lambda told: Bench(
            program,
            frozenset(workload["name"] for workload in told["workloads"]),
            {
                gil["name"]: frozenset(parameter["name"] for parameter in gil["parameters"])
                for gil in told["gils"]
            },
        ),
        "list workloads and locks: is it a convoy-bench?",
    )


def unfit(program: Path) -> list[str]:
    """What `doctor` finds wrong with the machine; nothing where it cannot say.

    A second look decides, so that one hiccup does not.
    """
    return found_unfit(program) and found_unfit(program)


def found_unfit(program: Path) -> list[str]:
    try:
        told = json.loads(output([str(program), "doctor", "--json"], LISTING_S, allowed=(0, 4)))
        found = [each for each in told["findings"] if each["verdict"] == "unfit"]
        return [f"{each['measured']}: {each['advice']}" for each in found]
    except (ProcessFailed, ValueError, TypeError, KeyError):
        return []


def command(bench: Bench, setting: Setting, gil: str, round_ns: int, seed: int) -> list[str]:
    """One sample of the workload, with unbound threads, as the interpreter's are."""
    asked = setting.native
    words = [
        str(bench.program), "run", "-q", "--filter", f"^{asked.workload}/", "--no-overhead",
        "--model", "threads", "--gil", gil, "--workers", asked.workers,
        "--policy", "none", "--passes", str(asked.passes),
        "--seed", str(seed), "--round-limit", f"{3 * round_ns // SECOND + 60}s",
    ]  # fmt: skip
    if asked.counted:
        words += ["--operations", str(setting.real["count"])]
    else:
        words += ["--min-round", f"{round_ns}ns"]
    if asked.peer:
        words += ["--peer", "none"]
    for name, value in asked.parameters.items():
        words += ["--param", f"{asked.workload}.{name}={value}"]
    return words


def measure(
    bench: Bench, gil: str, setting: Setting, round_ns: int, seed: int, folder: Path
) -> dict[str, Any]:
    """What the result file says of the workload's rows. Raises ProcessFailed."""
    round_ns = max(LEAST_ROUND_NS, round_ns)
    words = command(bench, setting, gil, round_ns, seed)
    file = folder / "native.json"
    limit_s = TIDYING_S + ROUNDS * setting.native.passes * round_ns / SECOND
    try:
        # 1: a row failed, and the file says why.
        output([*words, "--json", str(file)], limit_s, gently=True, allowed=(0, 1))
        convoy = json.loads(file.read_text("utf-8"))["convoy"]
        rows = [row for row in convoy["rows"] if row["workload"] == setting.native.workload]
        if not rows or convoy["failed"]:
            reasons = [entry["reason"] for entry in convoy["failed"]] or ["it measured nothing"]
            raise ProcessFailed(str(reasons[0]))
        return {"command": words, "gil": gil, "rows": [shortened(row) for row in rows]}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ProcessFailed(f"its result cannot be read: {error}") from error
    finally:
        for left in folder.glob("native*.json"):
            left.unlink()


def shortened(row: dict[str, Any]) -> dict[str, Any]:
    """The parts of a row that tell about the lock, its histogram and samples whole."""
    kept = ("name", "workers", "operations", "median_ns", "latency", "samples")
    return {key: row[key] for key in kept}


# -------------------------------------------------------------------------------------------------
# What one run of a setting showed, on either side in the same terms; and what several pool to.

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
    """The line of a probe. Raises ProcessFailed where it is none."""
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
        raise ProcessFailed("it printed JSON, but not the requested one") from error


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
        raise ValueError(f"{value!r} is not a number")
    return float(value)
