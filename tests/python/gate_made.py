"""Makes documents of the gate with a known truth, for tests and for trying outputs out.

As a program: `/usr/bin/python3 tests/python/gate_made.py X.json`.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts")]

from convoy_cli.results.verdicts import overall  # noqa: E402

Json = dict[str, Any]

# What nobody calls a benchmark, and some output might take for something of its own.
HOSTILE = (
    "BM_Map<std::string, int>/8|16", "a`b``c", "@everyone #1 !2", "<script>alert('x')</script>",
    "line\nend\r\n::error::x", "tab\there\x00\x1b[31mred", "100%,:;=\"quoted\" \\", "\\|", "ends\\",
    "]]>&amp;<!-- ", "*bold* _it_ ~~no~~ [l](http://x.y) ![i](j)", "www.example.com :tada:",
    " leading and trailing ", "Grüße/日本語/🙂", "\u202eevil", "lone\ud800", "$(rm -rf x) '; --",
    "| --- |", "# head", "- item", "+", "a" * 3000, "math $x_1$ and \\(y\\)",
)  # fmt: skip
EXITS = {"REGRESSED": 1, "INCONCLUSIVE": 3, "ENVIRONMENT": 4}


def sample(time_ns: float, iterations: int = 100) -> Json:
    return {
        "cpu_ns": time_ns, "real_ns": time_ns * 1.25, "iterations": iterations, "preempted": 0,
        "run_delay_ns": 1500,
    }  # fmt: skip


def rounds_of(count: int, base_ns: float, ratio: float, half: float) -> list[Json]:
    """So many rounds, whose median ratio is exactly `ratio`."""
    orders = ("bcB", "cBb", "Bbc")
    made = []
    for number in range(count):
        apart = half * (number - (count - 1) / 2) / max(1, count)
        made.append(
            {
                "base": sample(base_ns),
                "contender": sample(base_ns * ratio * math.exp(apart)),
                "control": sample(base_ns * math.exp(-apart / 2)),
                "order": orders[number % 3],
                "contaminated": False,
            }
        )
    return made


def benchmark(
    name: str, verdict: str = "SAME", ratio: float = 1.0, half: float = 0.008, rounds: int = 32,
    **more: Any,
) -> Json:  # fmt: skip
    found = verdict in ("REGRESSED", "IMPROVED", "ENVIRONMENT")
    wide = verdict == "INCONCLUSIVE"
    base_ns = 1e6
    return {
        "name": name,
        "verdict": verdict,
        "ratio": ratio,
        "low": ratio * math.exp(-half),
        "high": ratio * math.exp(half),
        "confidence": 0.95,
        "rounds": rounds,
        "searched_rounds": rounds // 2 if found else 0,
        "confirmed": found,
        "bootstrap": [ratio * math.exp(-half), ratio * math.exp(half)],
        "metric": "cpu_time",
        "other_ratio": ratio,
        "control": {"ratio": 1.0, "low": math.exp(-half), "high": math.exp(half)},
        "detectable": math.exp(3 * half) if wide else None,
        "base_ns": base_ns,
        "contender_ns": base_ns * ratio,
        "iterations": [100, 100],
        "contaminated_rounds": 0,
        "reason": None,
        "instructions": None,
        "samples": rounds_of(rounds, base_ns, ratio, half),
    } | more


def program(path: str, ref: Optional[str] = None) -> Json:
    return {
        "program": path, "sha256": "0123456789abcdef" * 4, "ref": ref,
        "commit": "c0ffee" * 6 + "c0ff" if ref else None, "library_version": "1.7.1",
    }  # fmt: skip


def document(benchmarks: Iterable[Json] = (), **more: Any) -> Json:
    """A document of these benchmarks, with the verdict that they make."""
    listed = list(benchmarks)
    made: Json = {
        "convoy_gate": 1, "verdict": "SAME", "exit": 0, "interrupted": False, "sentence": "",
        "seed": 7, "seconds": 83.5, "started": "2025-06-01T10:00:00+00:00",
        "command": ["scripts/convoy", "gate", "--base", "a/bench", "--contender", "b/bench",
                    "--json", "gate.json"],
        "rules": {"noise": 0.01, "same": 0.02, "error": 0.05, "max_rounds": 128,
                  "looks": [16, 32, 64, 128]},
        "base": program("a/bench"), "contender": program("b/bench"),
        "machine": {"fingerprint": "feedface", "cpu": "Some CPU", "cpus": 2, "kernel": "6.1.0"},
        "pinned": [1],
        "evidence": {"load1": 0.25, "steal_share": 0.0012, "contaminated_rounds": 0,
                     "rounds": sum(each["rounds"] for each in listed)},
        "benchmarks": listed, "added": [], "removed": [], "failed": [],
    }  # fmt: skip
    made |= more
    if "verdict" not in more:
        made["verdict"] = overall(made).value
    if "exit" not in more:
        made["exit"] = 130 if made["interrupted"] else EXITS.get(made["verdict"], 0)
    return made


def failure(name: str, arm: str = "contender", reason: str = "exit code 1: no such file") -> Json:
    return {"name": name, "arm": arm, "reason": reason}


def everything() -> Json:
    """One benchmark of each kind that there is."""
    counted = {
        "base": 5e6, "contender": 5.0e6, "ratio": 1.0, "verdict": "SAME",
        "reason": "time up, instructions flat: memory, contention or layout",
    }  # fmt: skip
    return document(
        [
            benchmark("sort/large", "REGRESSED", 1.07, 0.02, instructions=counted),
            benchmark("sort/small", "REGRESSED", 1.31, 0.04),
            benchmark("parse", "IMPROVED", 0.8, 0.02),
            benchmark("hash", "SAME", 1.001),
            benchmark("pipe", "INCONCLUSIVE", 1.03, 0.06, rounds=128),
            benchmark("short", "INCONCLUSIVE", 1.0, rounds=3, low=None, high=None, detectable=None,
                      confidence=None, bootstrap=None, reason="the budget ran out"),
        ],
        added=["brand/new"],
        removed=["gone/for/good"],
        failed=[failure("crashes"), failure("odd", "base", "killed by SIGSEGV")],
    )  # fmt: skip


def one(verdict: str) -> Json:
    """A single benchmark, of this verdict."""
    ratio = {"REGRESSED": 1.07, "IMPROVED": 0.8, "INCONCLUSIVE": 1.02}.get(verdict, 1.0)
    return document([benchmark("sort/large", verdict, ratio)])


def many(count: int, names: Iterable[str] = ()) -> Json:
    """As many as asked for, the first with these names, and every verdict but ENVIRONMENT."""
    given = list(names)
    verdicts = ("SAME", "SAME", "REGRESSED", "SAME", "INCONCLUSIVE", "IMPROVED")
    listed = []
    for number in range(count):
        name = given[number] if number < len(given) else f"family/{number}/" + "long:name/" * 20
        verdict = verdicts[number % len(verdicts)]
        ratio = {"REGRESSED": 1.03 + number / count, "IMPROVED": 0.7}.get(verdict, 1.0)
        listed.append(benchmark(name, verdict, ratio, rounds=16, samples=[]))
    return document(listed)


def write(path: Path, made: Json) -> Path:
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), everything()))
