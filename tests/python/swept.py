"""Makes the result of a sweep of the switch interval with a known law."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Optional

import synthetic

MS = 1e6
INTERVALS = tuple(value * MS for value in (0.5, 1, 2, 5, 10, 20, 50))
FREE_NS = {"gil_reacquire": 1.1 * MS, "gil_countdown": 30_000.0, "gil_convoy_echo": 14_000.0}
WORKERS = {"gil_reacquire": 1, "gil_countdown": 2, "gil_convoy_echo": 1}


@dataclass
class Law:
    """Lateness = slope × interval + intercept; throughput and rate follow in a simple way."""

    locks: tuple[str, ...] = ("cpython32",)
    intervals: tuple[float, ...] = INTERVALS
    workloads: tuple[str, ...] = tuple(FREE_NS)
    slope: float = 1.0
    intercept_ns: float = 0.15 * MS
    usual_ns: float = 5 * MS
    passes: int = 8


def document(law: Optional[Law] = None) -> dict[str, Any]:
    law = law or Law()
    truth = synthetic.Truth(cores=2, workloads=(), passes=law.passes)
    chance = random.Random(7)
    made = synthetic.document(truth)
    for workload in law.workloads:
        made["convoy"]["rows"].append(row(truth, chance, law, workload, "none", None))
        for lock in law.locks:
            for interval in law.intervals:
                made["convoy"]["rows"].append(row(truth, chance, law, workload, lock, interval))
    rows = made["convoy"]["rows"]
    made["convoy"]["plan"]["cases"] = len(rows)
    made["benchmarks"] = [entry for entry_of in rows for entry in synthetic.google_rows(entry_of)]
    return made


def gil_of(law: Law, lock: str, interval: float) -> str:
    """As names have it: without the interval where it is the usual one."""
    if interval == law.usual_ns:
        return lock
    text = f"{interval / MS:g}ms" if interval % MS == 0 else f"{interval / 1e3:g}us"
    return f"{lock}:interval={text}"


def row(
    truth: synthetic.Truth, chance: random.Random, law: Law, workload: str, lock: str,
    interval: Optional[float],
) -> dict[str, Any]:  # fmt: skip
    gil = lock if interval is None else gil_of(law, lock, interval)
    late = 0.08 * MS if interval is None else law.slope * interval + law.intercept_ns
    time_ns = FREE_NS[workload]
    if interval is not None:
        factor = 1.0 if workload == "gil_reacquire" else 1.9
        echo = late / 8 if workload == "gil_convoy_echo" else 0.0
        time_ns = 1 * MS + late if workload == "gil_reacquire" else factor * time_ns + echo
    workers = WORKERS[workload]
    made = synthetic.row(truth, chance, workload, "threads", gil, "core.close", workers)
    seats = max(2, workers)
    operations = max(1, int(100 * MS / time_ns))
    samples = [
        synthetic.sample(chance, truth, number, time_ns, operations, seats, "gil", gil)
        for number in range(truth.passes)
    ]
    times = sorted(entry["real_time_ns"] for entry in samples)
    half = len(times) // 2
    for entry in samples:
        if interval is not None:
            entry["gil"]["switches"] = round(entry["wall_ns"] / interval)
    parameters = {"n": 20} if workload == "gil_countdown" else {"spinners": 1, "wait_ns": 1000000}
    made |= {
        "parameters": parameters, "seats": seats, "operations": operations, "samples": samples,
        "median_ns": (times[half - 1] + times[half]) / 2, "interval_ns": [times[0], times[-1]],
        "placement": [synthetic.placed(seat, [seat]) for seat in range(seats)],
        "latency": lateness(chance, late) if workload == "gil_reacquire" else None,
    }  # fmt: skip
    return made


def lateness(chance: random.Random, centre_ns: float) -> dict[str, Any]:
    made = synthetic.latency(chance, centre_ns, 1000, "coroutines", 1)
    return made | {"kind": "lateness"}
