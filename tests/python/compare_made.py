"""Makes stored results of Google Benchmark programs with a known truth."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
MACHINE = {"host_name": "quiet", "num_cpus": 2, "mhz_per_cpu": 2300, "library_build_type": "debug"}


def entry(name: str, time_us: float, number: int = 0, **more: Any) -> Json:
    return {
        "name": name, "run_name": name, "run_type": "iteration", "repetitions": 8,
        "repetition_index": number, "threads": 1, "iterations": 100, "real_time": time_us * 1.01,
        "cpu_time": time_us, "time_unit": "us",
    } | more  # fmt: skip


def repetitions(name: str, times_us: Sequence[float], **more: Any) -> list[Json]:
    """As many rows as times, and the aggregates that the library adds."""
    rows = [entry(name, time_us, number, **more) for number, time_us in enumerate(times_us)]
    for kind in ("mean", "median", "stddev", "cv"):
        aggregate = {"run_type": "aggregate", "aggregate_name": kind}
        rows.append(entry(name, 1e9, **aggregate) | {"name": f"{name}_{kind}"})
    return rows


def samples(seed: int, ratio: float = 1.0, count: int = 10, noise: float = 0.005) -> list[float]:
    dice = random.Random(seed)
    return [50 * ratio * math.exp(dice.gauss(0, noise)) for _ in range(count)]


def document(rows: Sequence[Json], **machine: Any) -> Json:
    about = {"date": "2025-06-01T10:00:00+00:00", "executable": "bench", "load_avg": [0.1]}
    return {"context": about | MACHINE | machine, "benchmarks": list(rows)}


def write(path: Path, made: Json) -> Path:
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


def program(path: Path, ratios: dict[str, float], seed: int, **machine: Any) -> Path:
    """A result with one benchmark a name, so many times slower than usual."""
    rows: list[Json] = []
    for number, (name, ratio) in enumerate(ratios.items()):
        rows += repetitions(name, samples(1000 * seed + number, ratio))
    return write(path, document(rows, **machine))
