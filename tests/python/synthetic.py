"""Makes result files with a known truth, for tests and for trying charts out.

As a program: `/usr/bin/python3 tests/python/synthetic.py X.json --cores 16 --workloads 12`.
"""

# lint: long because it mirrors the whole schema, which is best read in one piece
from __future__ import annotations

import functools
import hashlib
import json
import math
import random
import sys
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

MODELS = ("single", "threads", "processes", "coroutines", "fibers")
# Workload: family, time of one operation in ns, parameters, share of it in native regions.
WORKLOADS: dict[str, tuple[str, float, dict[str, Any], float]] = {
    "cpu_pi": ("cpu", 40_000.0, {"n": 1000}, 0.0),
    "io_sleep": ("io", 1_060_000.0, {"wait_ns": 1_000_000}, 0.0),
    "cpu_sha256": ("cpu", 80_000.0, {"size_bytes": 65536, "native": True}, 0.95),
    "io_tcp_echo": ("io", 240_000.0, {"size_bytes": 64, "delay_ns": 200_000}, 0.0),
    "mixed": ("mixed", 300_000.0, {"cpu_ns": 50_000, "wait_ns": 250_000}, 0.0),
    "cpu_compress": ("cpu", 900_000.0, {"size_bytes": 65536, "native": True}, 0.9),
    "cpu_nqueens": ("cpu", 600_000.0, {"n": 8}, 0.0),
    "cpu_matmul": ("cpu", 120_000.0, {"n": 64}, 0.0),
    "mem_malloc": ("mem", 20_000.0, {"size_bytes": 4096}, 0.0),
    "io_file_write": ("io", 90_000.0, {"size_bytes": 4096, "direct": False}, 0.0),
}


@dataclass
class Truth:
    """The machine and the suite that are made up."""

    cores: int = 2
    workloads: tuple[str, ...] = ("cpu_pi", "cpu_sha256", "io_sleep", "io_tcp_echo")
    models: tuple[str, ...] = MODELS
    gils: tuple[str, ...] = ("none", "cpython32")
    workers: tuple[int, ...] = (1, 2, 4)
    passes: int = 8
    noise: float = 0.004
    seed: int = 1
    places: tuple[str, ...] = ("core.close",)
    carriers: tuple[int, ...] = (1,)
    parameters: tuple[dict[str, Any], ...] = ({},)  # in place of the workload's, one task each
    interrupted: bool = False
    failed: list[dict[str, Any]] = field(default_factory=list)

    def speed_up(
        self, workload: str, model: str, gil: str, workers: int, carriers: int = 1
    ) -> float:
        """How many times faster than `single` with one worker and no gil: exactly, before noise."""
        family, _, _, native = describe(workload)
        if model == "single":
            return 1.0
        looping = model in ("coroutines", "fibers")
        seats = min(carriers, workers) if looping else workers
        contended = gil != "none" and seats > 1 and (looping or model == "threads")
        real = min(seats, self.cores)
        parallel = real / (1 + 0.015 * (real - 1) + 0.0002 * real * (real - 1))
        if family in ("io", "mixed"):
            waiting = 0.999 if family == "io" else 0.8
            ceiling = parallel / (1 - waiting)
            if contended:
                ceiling = 0.9 / (1 - waiting)
            return min(workers * 0.98, ceiling)
        if looping and seats == 1:
            return 0.99
        if contended:
            return 1 / ((1 - native) / 0.97 + native / parallel)
        return parallel


def many(rows: int) -> Truth:
    """At least as many rows, of workloads with ten parameters each, under two locks and none."""
    models, workers, gils = ("single", "threads", "processes", "coroutines"), (1, 2, 4, 8), 3
    each = 10 * (1 + (len(models) - 1) * len(workers) * gils)
    names = [f"{name}{i or ''}" for i in range(rows) for name in WORKLOADS][: -(-rows // each)]
    return Truth(
        cores=8, workloads=tuple(names), models=models, workers=workers, passes=6,
        gils=("none", "cpython32", "pypy"), parameters=tuple({"n": 2**n} for n in range(10)),
    )


def describe(workload: str) -> tuple[str, float, dict[str, Any], float]:
    return WORKLOADS.get(workload) or (workload.partition("_")[0], 50_000.0, {"n": 10}, 0.0)


def document(truth: Optional[Truth] = None) -> dict[str, Any]:
    """A whole result file."""
    truth = truth or Truth()
    chance = random.Random(truth.seed)
    rows = [
        row(truth, chance, workload, model, gil, place, workers, carriers, parameters)
        for workload in truth.workloads
        for parameters in truth.parameters
        for gil in truth.gils
        for place in truth.places
        for model in truth.models
        for workers in truth.workers
        if not (model == "single" and (gil != "none" or workers > 1))
        for carriers in truth.carriers
        if carriers == 1 or (model in ("coroutines", "fibers") and carriers <= workers)
    ]
    return {
        "context": context(truth),
        "benchmarks": [entry for made in rows for entry in google_rows(made)],
        "convoy": {
            "schema_version": 1,
            "created": "2026-01-01T00:00:00Z",
            "command_line": ["convoy-bench", "run", "--suite", "quick"],
            "suite": "quick",
            "seed": truth.seed,
            "interrupted": truth.interrupted,
            "passes": truth.passes,
            "fingerprint": "00112233445566aa",
            "facts": facts(truth),
            "plan": {
                "precision": 0.02,
                "minimum_samples": 6,
                "minimum_round_ns": 50_000_000,
                "budget_ns": None,
                "cases": len(rows) + len(truth.failed),
            },
            "rows": rows,
            "failed": truth.failed,
        },
    }


def context(truth: Truth) -> dict[str, Any]:
    return {
        "date": "2026-01-01T00:00:00+00:00",
        "host_name": "synthetic",
        "executable": "convoy-bench",
        "num_cpus": truth.cores,
        "mhz_per_cpu": 2300,
        "cpu_scaling_enabled": False,
        "caches": [{"type": "Data", "level": 1, "size": 49152, "num_sharing": 1}],
        "load_avg": [0.1, 0.1, 0.1],
        "library_build_type": "release",
    }


def facts(truth: Truth) -> dict[str, Any]:
    return {
        "cpu_model": "Synthetic CPU @ 2.30GHz",
        "microcode": "0x1",
        "topology_synthetic": f"Package:1 L3Cache:1 Core:{truth.cores} PU:1",
        "allowed_cpus": f"0-{truth.cores - 1}",
        "cores": truth.cores,
        "pus": truth.cores,
        "kernel": "6.1.0-synthetic",
        "hypervisor": "KVM",
        "governor": {"value": None, "reason": "the kernel shows no cpufreq here"},
        "smt": False,
        "compiler": "g++ 12.2.0",
        "flags": "-O2 -g -fno-omit-frame-pointer",
        "git_commit": "0123456789abcdef0123456789abcdef01234567",
        "git_dirty": False,
    }


def row(
    truth: Truth,
    chance: random.Random,
    workload: str,
    model: str,
    gil: str,
    place: str,
    workers: int,
    carriers: int = 1,
    changed: Optional[dict[str, Any]] = None,
) -> dict[str, Any]:
    family, base_ns, parameters, _ = describe(workload)
    parameters = parameters | (changed or {})
    looping = model in ("coroutines", "fibers")
    seats = carriers if looping else 1 if model == "single" else workers
    peer = "other" if workload in ("io_tcp_echo",) else None
    time_ns = base_ns / truth.speed_up(workload, model, gil, workers, carriers)
    operations = max(1, int(50_000_000 / time_ns))
    samples = [
        sample(chance, truth, number, time_ns, operations, seats, family, gil)
        for number in range(truth.passes)
    ]
    times = sorted(entry["real_time_ns"] for entry in samples)
    half = len(times) // 2
    middle = times[half] if len(times) % 2 else (times[half - 1] + times[half]) / 2
    # Right for 6 to 8 samples, whose interval is their whole range.
    interval = [times[0], times[-1]] if 6 <= len(times) <= 8 else None
    places = [[seat % truth.cores] for seat in range(seats)] if place != "none" else []
    precision = (interval[1] - interval[0]) / 2 / middle if interval else None
    name = f"{workload}/model:{model}/gil:{gil}/place:{place}"
    name += f"/peer:{peer}/workers:{workers}" if peer else f"/workers:{workers}"
    name += f"/carriers:{carriers}" if carriers > 1 else ""
    name += "".join(f"/{key}:{str(value).lower()}" for key, value in (changed or {}).items())
    return {
        "name": name,
        "workload": workload,
        "family": family,
        "model": model,
        "gil": gil,
        "place": place,
        "workers": workers,
        "carriers": carriers if looping else None,
        "seats": seats,
        "peer": peer,
        "parameters": parameters,
        "engine": "io_uring" if looping else None,
        "file_io": ("io_uring" if looping else "blocking") if "file" in workload else None,
        "operations": operations,
        "converged": precision is not None and precision <= 0.02,
        "precision": precision,
        "median_ns": middle,
        "interval_ns": interval,
        "overhead_ns": 3.2,
        "checksum": checksum(workload, workers, parameters),
        "answer": "same_as_single",
        "pinned": bool(places),
        "pinned_reason": None if places else "no binding was asked for",
        "placement": [placed(seat, cpus) for seat, cpus in enumerate(places)],
        "peer_placement": None
        if peer is None
        else [placed(0, [truth.cores - 1])],
        "controller_shares_pu": seats >= truth.cores,
        "gate": "spin" if seats <= truth.cores else "futex",
        "virtual_topology": False,
        "notes": [],
        "samples": samples,
        "latency": latency(chance, time_ns * workers, operations, model, workers)
        if family == "io"
        else None,
    }


def placed(seat: int, cpus: list[int]) -> dict[str, Any]:
    return {"seat": seat, "cpus": cpus, "read_back": cpus, "read_back_end": cpus}


def sample(
    chance: random.Random,
    truth: Truth,
    number: int,
    time_ns: float,
    operations: int,
    seats: int,
    family: str,
    gil: str,
) -> dict[str, Any]:
    noisy = time_ns * (1 + chance.uniform(-truth.noise, truth.noise))
    wall = noisy * operations
    busy = wall * (0.02 if family == "io" else 0.99)
    return {
        "pass": number,
        "wall_ns": wall,
        "operations": operations,
        "real_time_ns": wall / operations,
        "cpu_time_ns": busy * min(seats, truth.cores) / operations,
        "start_skew_ns": 13.0,
        "turnround_ns": None if number == 0 else 2_000_000,
        "seats": [
            {
                "seat": seat,
                "cpu_ns": busy,
                "run_delay_ns": 1000,
                "wait_gil_ns": 0 if gil == "none" else wall * (1 - 1 / seats),
                "wait_lock_ns": 0,
                "wait_io_ns": wall - busy if family == "io" else 0,
                "wait_sleep_ns": 0,
                "wait_gate_ns": 500,
                "switches_voluntary": 3,
                "switches_involuntary": 1,
                "migrations": None,
                "page_faults": 2,
                "gil": None
                if gil == "none"
                else {
                    "acquisitions": 10,
                    "waits": 10 if seats > 1 else 0,
                    "hold_ns": wall * 0.98 / seats,
                    "wait_ns": wall * (1 - 1 / seats),
                    "longest_wait_ns": wall * (1 - 1 / seats) / 5,
                },
            }
            for seat in range(seats)
        ],
        "gil": None
        if gil == "none"
        else {
            "wait_ns": wall * (seats - 1),
            "hold_ns": wall * 0.98,
            "hold_p50_ns": 5_000_000,
            "switches": 10 * (seats - 1),
            "forced_drops": 10 * (seats - 1),
            "same_worker": 0,
            "jain": 0.99,
        },
        "peak_rss_bytes": 4_000_000,
    }


@functools.cache
def normal() -> tuple[float, ...]:
    """Two thousand equally likely values, for drawing them by chance takes long."""
    from statistics import NormalDist  # stand-ins are started often, and need it seldom

    curve = NormalDist()
    return tuple(curve.inv_cdf((number + 0.5) / 2000) for number in range(2000))


@functools.cache
def lognormal(spread: float) -> tuple[float, ...]:
    return tuple(math.exp(spread * value) for value in normal())


def latency(
    chance: random.Random, centre_ns: float, operations: int, model: str, workers: int
) -> dict[str, Any]:
    """A log-linear histogram as harness/base/histogram.hpp makes it: 64 buckets a power of two."""
    spread = {"threads": 0.12, "processes": 0.14, "coroutines": 0.05}.get(model, 0.08)
    values = [centre_ns * factor for factor in lognormal(spread)]
    values += [centre_ns * chance.uniform(2, 4 + workers) for _ in range(6)]
    values.sort()
    buckets, at = [], 0
    while at < len(values):
        shift = max(0, int(values[at]).bit_length() - 7)
        low = int(values[at]) >> shift << shift
        high = low + (1 << shift)
        end = bisect_left(values, high, at)
        buckets.append([low, high, end - at])
        at = end
    return {"kind": "operation", "count": len(values), "buckets": buckets}


def checksum(workload: str, workers: int, parameters: dict[str, Any]) -> str:
    text = json.dumps([workload, workers, parameters])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def google_rows(made: dict[str, Any], repetitions: int = 6) -> list[dict[str, Any]]:
    chosen = made["samples"][:repetitions]
    return [
        {
            "name": made["name"],
            "run_name": made["name"],
            "run_type": "iteration",
            "repetitions": len(chosen),
            "repetition_index": index,
            "threads": 1,
            "iterations": 1,
            "real_time": entry["real_time_ns"],
            "cpu_time": entry["cpu_time_ns"],
            "time_unit": "ns",
            "workers": float(made["workers"]),
            "operations": float(made["operations"]),
            "pinned": float(made["pinned"]),
            "converged": float(made["converged"]),
        }
        for index, entry in enumerate(chosen)
    ]


def track(made: dict[str, Any]) -> dict[str, Any]:
    """The tracking file that goes with a result."""
    rows = []
    for entry in made["convoy"]["rows"]:
        first = google_rows(entry, 1)[0]
        rows.append(first | {"real_time": entry["median_ns"], "repetitions": 1})
    return {"context": made["context"], "benchmarks": rows}


def write(path: Path, made: Any) -> Path:
    path.write_text(json.dumps(made, allow_nan=False), encoding="utf-8")
    return path


def main() -> int:
    import argparse

    parser = argparse.ArgumentParser(description="Write a made-up result file.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--workloads", type=int, default=4, help="how many workloads")
    parser.add_argument("--gils", default="none,cpython32")
    arguments = parser.parse_args()
    names = (*WORKLOADS, *(f"sync_number{i}" for i in range(100)))[: arguments.workloads]
    top = max(4, arguments.cores)
    workers = tuple(2**i for i in range(top.bit_length()) if 2**i <= top)
    truth = Truth(
        cores=arguments.cores,
        workloads=names,
        workers=workers,
        gils=tuple(arguments.gils.split(",")),
        places=("core.close",),
    )
    made = document(truth)
    write(arguments.path, made)
    write(arguments.path.with_suffix(".track.json"), track(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
