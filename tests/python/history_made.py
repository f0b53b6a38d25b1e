"""Makes histories with a known truth."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

Json = dict[str, Any]
PINNED = "a" * 40


def commit(number: int) -> str:
    return hashlib.sha1(str(number).encode()).hexdigest()


def ratio(value: float, base: str = PINNED, half: float = 0.01, verdict: str = "SAME") -> Json:
    return {
        "base": base, "log_ratio": value, "low": value - half, "high": value + half,
        "confidence": 0.95, "samples": 32, "verdict": verdict,
    }  # fmt: skip


def line(number: int, benchmark: str = "BM_Sort", **more: Any) -> Json:
    return {
        "convoy_history": 1, "added": "2025-06-01T10:00:00+00:00", "commit": commit(number),
        "benchmark": benchmark, "metric": "cpu_time", "fingerprint": "feedface", "paired": True,
        "parent": None, "reference": None, "instructions": None,
    } | more  # fmt: skip


def noise(seed: object, count: int, size: float = 0.01) -> list[float]:
    dice = random.Random(f"history {seed}")
    return [dice.gauss(0, size) for _ in range(count)]


def beside_reference(
    values: Iterable[float], benchmark: str = "BM_Sort", base: str = PINNED, first: int = 0,
    **more: Any,
) -> list[Json]:  # fmt: skip
    """A line a value, each of the next commit."""
    return [
        line(number, benchmark, reference=ratio(value, base), **more)
        for number, value in enumerate(values, start=first)
    ]


def stepped(at: int, count: int, factor: float = 1.05, seed: object = 1) -> list[float]:
    """Noise that is so much higher from the point `at` on."""
    step = math.log(factor)
    return [value + step * (i >= at) for i, value in enumerate(noise(seed, count))]


def write(path: Path, lines: Iterable[Json], rest: str = "") -> Path:
    text = "".join(f"{json.dumps(one)}\n" for one in lines)
    path.write_text(text + rest, encoding="utf-8")
    return path


def read(path: Path) -> list[Json]:
    return [json.loads(text) for text in path.read_text("utf-8").splitlines()]


def gate(path: Path, made: Json, base: Optional[str] = None, of: Optional[str] = None) -> Path:
    """A file of the gate, of this base and this commit."""
    made["base"]["commit"], made["contender"]["commit"] = base, of
    path.write_text(json.dumps(made), encoding="utf-8")
    return path
