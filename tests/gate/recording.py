"""Recorded times of programs whose truth is known: what the file holds, and the order of the runs.

A recording is rounds in time order. In each round every benchmark ran once an arm, each run in a
process of its own. An arm is a slowdown: 1.0, 1.0, 1.0, 1.05 are three builds that are identical
and one that does 5 % more work. Times are kept as whole numbers of `unit_ns`.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convoy_cli.stats.samples import median

FOLDER = Path(__file__).resolve().parent / "recordings"
DIGITS = 20_000  # a benchmark's first time is so many units: 0.005 % of it is kept apart


@dataclass
class Series:
    """One benchmark's times: for each arm, one a round."""

    metric: str  # cpu_time or real_time
    setting: str  # what told the program how much to do in one process
    unit_ns: float
    work: list[int]  # for each arm, how many units of work one iteration did
    times: list[list[int]]

    def ns(self, arm: int, number: int) -> float:
        """A time in ns; rounds go round in a circle, so that there is one after the last."""
        series = self.times[arm]
        return series[number % len(series)] * self.unit_ns


@dataclass
class Recording:
    arms: list[float]
    seed: int
    loaded: bool = False
    machine: dict[str, Any] = field(default_factory=dict)
    started: str = ""
    seconds: float = 0.0
    benchmarks: dict[str, Series] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        return min((len(one.times[0]) for one in self.benchmarks.values()), default=0)

    @property
    def identical(self) -> list[int]:
        """The arms that do the usual work."""
        return [arm for arm, factor in enumerate(self.arms) if factor == 1.0]

    def slowed(self, factor: float) -> int | None:
        """The arm that does so much more, if there is one."""
        return self.arms.index(factor) if factor in self.arms and factor != 1.0 else None

    def realised(self, name: str, factor: float) -> float:
        """How many times longer the slowed arm took than the identical ones, at the median."""
        arm = self.slowed(factor)
        assert arm is not None, f"{factor} was not recorded"
        times = self.benchmarks[name].times
        usual = [times[same] for same in self.identical]
        return median(
            slow / median(run[number] for run in usual) for number, slow in enumerate(times[arm])
        )

    def announce(self, name: str, metric: str, setting: str, work: list[int]) -> None:
        self.benchmarks[name] = Series(metric, setting, 0.0, work, [[] for _ in self.arms])

    def add(self, name: str, times_ns: Sequence[float]) -> None:
        """Takes one round of a benchmark: for each arm its time."""
        series = self.benchmarks[name]
        series.unit_ns = series.unit_ns or max(1.0, round(times_ns[0] / DIGITS))
        for times, time_ns in zip(series.times, times_ns):
            times.append(max(1, round(time_ns / series.unit_ns)))


def orders(chance: random.Random, arms: int) -> Iterator[list[int]]:
    """Random cyclic Latin squares: in so many rounds each arm is once in each place."""
    while True:
        first = chance.sample(range(arms), arms)
        for shift in chance.sample(range(arms), arms):
            yield first[shift:] + first[:shift]


def write(path: Path, recording: Recording) -> None:
    """Replaces the file whole, so that an interrupted recording is a shorter one."""
    document = {
        "convoy_recording": 1,
        "arms": recording.arms,
        "seed": recording.seed,
        "loaded": recording.loaded,
        "machine": recording.machine,
        "started": recording.started,
        "seconds": round(recording.seconds, 1),
        "benchmarks": {
            # An interrupted round is none.
            name: vars(one) | {"times": [arm[: recording.rounds] for arm in one.times]}
            for name, one in recording.benchmarks.items()
        },
    }
    text = json.dumps(document, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    # Without the time of day in its header, equal recordings are equal files.
    partial.write_bytes(gzip.compress(text.encode(), mtime=0))
    os.replace(partial, path)


def read(path: Path) -> Recording:
    document = json.loads(gzip.decompress(path.read_bytes()))
    if document.get("convoy_recording") != 1:
        raise ValueError(f"{path} is no recording that this program knows")
    benchmarks = {name: Series(**one) for name, one in document["benchmarks"].items()}
    known = ("arms", "seed", "loaded", "machine", "started", "seconds")
    return Recording(**{key: document[key] for key in known}, benchmarks=benchmarks)


def committed() -> dict[str, Recording]:
    """The recordings of the tree by name: quiet, loaded."""
    return {path.name.partition(".")[0]: read(path) for path in sorted(FOLDER.glob("*.json.gz"))}
