"""Made-up measurements of fidelity: what the program would have kept of interpreters like these."""

from __future__ import annotations

import random
from typing import Any

MS = 1e6
Json = dict[str, Any]


def run(setting: str, repeat: int, real: Any, native: Any) -> Json:
    return {"setting": setting, "parameters": {}, "repeat": repeat, "first": "real", "real": real,
            "native": native}  # fmt: skip


def rows(*each: Json) -> Json:
    filled = [
        {"workers": 1, "median_ns": 1.0, "latency": None, "samples": [{"wall_ns": 1.0}]} | row
        for row in each
    ]
    return {"command": [], "gil": "", "rows": filled}


def late(values: list[float]) -> tuple[Json, Json]:
    """The same lateness on both sides."""
    buckets = [[value - 1, value + 1, 1] for value in values]
    latency = {"kind": "lateness", "count": len(buckets), "buckets": buckets}
    return {"lateness_ns": values, "wall_ns": 1e9}, rows({"latency": latency})


def subject(
    label: str, policy: str, interval_ms: float, native: float = 1.0, repeats: int = 5,
    count: int = 100,
) -> Json:  # fmt: skip
    """An interpreter whose lock takes an interval; natively everything is `native` times that."""
    chance = random.Random(label)
    runs = []
    for repeat in range(repeats):
        for spinners in (0, 1, 2, 4):
            values = [
                0.08 * MS + interval_ms * MS * spinners * chance.uniform(0.9, 1.1)
                for _ in range(count)
            ]
            real = late(values)[0]
            runs.append(run(f"reacquire/spinners:{spinners}", repeat, real,
                            late([value * native for value in values])[1]))  # fmt: skip
        for spinners in (0, 1, 2):
            took = 0.02 * MS + interval_ms * MS * spinners
            sides = [took * 0.9, took * 1.1]
            real = {"operation_ns": sides, "wall_ns": sum(sides)}
            behind = took * (native if spinners else 1)
            latency = late([behind])[1]["rows"][0]["latency"]
            runs.append(run(f"echo/spinners:{spinners}", repeat, real,
                            rows({"median_ns": behind, "latency": latency})))  # fmt: skip
        rounds = [{"cycle": 0, "workers": n, "operations": 1e6, "wall_ns": 1e6 * n**0.01}
                  for n in (1, 2, 4)]  # fmt: skip
        whole = rows(*(
            {"workers": n, "samples": [{"operations": 1, "wall_ns": 10 * native ** (n - 1)}]}
            for n in (1, 2, 4)
        ))  # fmt: skip
        runs.append(run("throughput", repeat, {"rounds": rounds}, whole))
        for spinner, extra in (("bytecode", 0.0), ("calls", 1.0)):
            values = [(interval_ms + extra) * MS * chance.uniform(0.9, 1.1) for _ in range(count)]
            runs.append(run(f"latency/spinner:{spinner}", repeat, late(values)[0],
                            late([value * native for value in values])[1]))  # fmt: skip
        for name, lost in (("plain", 0), ("call", 300)):
            raced = rows({"samples": [{"wall_ns": 1.0, "lost_per_million": lost / native}]})
            runs.append(run(f"race/{name}", repeat, {"updates": 1000, "lost": lost}, raced))
        for interval_ns in (500_000, 5_000_000, 50_000_000):
            values = [interval_ns + 0.1 * MS] * 10
            runs.append(run(f"sweep/interval:{interval_ns}ns", repeat, late(values)[0],
                            late([value * native for value in values])[1]))  # fmt: skip
    return {"label": label, "path": f"/usr/bin/{label.split()[0].lower()}", "kind": "python",
            "policy": policy, "about": {}, "runs": runs, "failures": [], "lacking": []}  # fmt: skip


def document(*subjects: Json, repeats: int = 5) -> Json:
    return {"fidelity_version": 1, "created": "2026-01-01T00:00:00Z", "command_line": [],
            "machine": {}, "repeats": repeats, "quick": False, "seed": 1, "interrupted": False,
            "unfit": [], "interpreters": list(subjects)}  # fmt: skip
