"""Rows of other libraries at the same job, beside a synthetic result's own."""

from __future__ import annotations

import copy
from typing import Any

import synthetic

Json = dict[str, Any]


def document(factors: dict[str, float], passes: int = 8, workload: str = "io_sleep") -> Json:
    """A result in which each of these takes so many times as long as Convoy's coroutines."""
    truth = synthetic.Truth(workloads=(workload,), gils=("none",), workers=(1, 2), passes=passes)
    made = synthetic.document(truth)
    made["convoy"]["rows"] += rows(made, factors)
    return made


def rows(made: Json, factors: dict[str, float]) -> list[Json]:
    """Beside coroutines on one event loop, with as many workers as there are."""
    ours = [
        row for row in made["convoy"]["rows"]
        if row["model"] == "coroutines" and row["gil"] == "none" and row["family"] == "io"
        and "/carriers:" not in row["name"]
    ]  # fmt: skip
    most = max(row["workers"] for row in ours)
    ours = [row for row in ours if row["workers"] == most]
    return [runtime(row, name, factor) for row in ours for name, factor in factors.items()]


def runtime(row: Json, name: str, factor: float) -> Json:
    made = copy.deepcopy(row)
    made["name"] = row["name"].replace("model:coroutines/gil:none", f"runtime:{name}")
    made |= {"model": name, "runtime": {"version": f"{name.title()} 1.2"}, "carriers": None}
    made |= {"engine": None, "checksum": None, "answer": "own", "latency": None}
    made["median_ns"] *= factor
    if made["interval_ns"]:
        made["interval_ns"] = [edge * factor for edge in made["interval_ns"]]
    for sample in made["samples"]:
        for time in ("wall_ns", "real_time_ns", "cpu_time_ns"):
            sample[time] *= factor
    return made
