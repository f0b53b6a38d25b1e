"""Programs that speak Google Benchmark's language, whose times are what a test says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from conftest import ROOT
from convoy_cli.gate import order
from convoy_cli.gate.program import Program

FAKE = ROOT / "tests" / "fixtures" / "fake-gbench"
SEED = 7
# Two programs with these times differ by chance alone, by a thousandth.
WOBBLE = (100.0, 100.1, 99.9, 100.05, 99.95)


def fake(folder: Path, name: str, benchmarks: Any, **told: Any) -> Path:
    """A program called `name`; more keys are explained in the fixture."""
    path = folder / name
    shutil.copy(FAKE, path)
    again(path, benchmarks, **told)
    return path


def again(path: Path, benchmarks: Any, **told: Any) -> None:
    """The same program, byte for byte, that does something else from now on."""
    if not isinstance(benchmarks, dict):
        benchmarks = {each: {"ns": wobbling(100.0)} for each in benchmarks}
    Path(f"{path}.json").write_text(json.dumps({"benchmarks": benchmarks, **told}))


def wobbling(time_ns: float, count: int = 400) -> list[float]:
    return [time_ns * WOBBLE[i * i % 5] / 100 for i in range(count)]


def pair(folder: Path, base: Any, contender: Any, **told: Any) -> None:
    fake(folder, "base", base, **told)
    fake(folder, "contender", contender, **told)


def program(folder: Path, benchmarks: Any, limit_s: float = 60, **told: Any) -> Program:
    return Program(fake(folder, "bench", benchmarks, **told), folder, limit_s)


def drifting(name: str, first: float, second: float, rounds: int = 64) -> list[float]:
    """The base's times by call, after the two that calibrate: `first` as base, `second` as the
    base once more, whichever comes first."""
    times = [first, first]
    for number in range(rounds):
        arms = order.arms(SEED, name, number)
        times += [first if letter == "b" else second for letter in arms if letter != "c"]
    return times
