"""Programs that speak Google Benchmark's language, whose times are what a test says; and the gate
called with them in this process, as starting Python again and again is most of what a test takes.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest
from conftest import ROOT
from convoy_cli.core import processes
from convoy_cli.core.processes import Ended
from convoy_cli.gate import program as programs, session
from convoy_cli.gate.program import Program

FAKE = ROOT / "tests" / "fixtures" / "fake-gbench"
CODE = compile(FAKE.read_text(encoding="utf-8"), str(FAKE), "exec")
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


def run_here(
    command: Sequence[str],
    folder: Path,
    limit_s: float,
    cpus: Optional[Collection[int]] = None,
    capture: bool = False,
    cwd: Optional[Path] = None,
) -> Ended:
    """Stands in for `process.run` where a program of `fake` neither crashes nor hangs."""
    told = Path(f"{command[0]}.json").read_text()
    if '"crash"' in told or '"hang"' in told:
        return processes.run(command, folder, limit_s, cpus, capture, cwd)
    said, status = {"stdout": io.StringIO(), "stderr": io.StringIO()}, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [*command])
        for name, stream in said.items():
            patch.setattr(sys, name, stream)
        try:
            exec(CODE, {"__name__": "__main__"})
        except SystemExit as ended:
            status = int(ended.code or 0)
    words = " ".join(said["stderr"].getvalue().split())
    return Ended(status, 0.01, 0, 0, words, said["stdout"].getvalue().encode() if capture else b"")


@pytest.fixture
def inside(inside: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same for the gate, whose programs are started, but for those of `fake`."""
    monkeypatch.setattr(programs, "run", run_here)

    def call(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["scripts/convoy", *map(str, words)])
        return inside(*words, **environment)

    return call


def drifting(name: str, first: float, second: float, rounds: int = 64) -> list[float]:
    """The base's times by call, after the two that calibrate: `first` as base, `second` as the
    base once more, whichever comes first."""
    times = [first, first]
    for number in range(rounds):
        arms = session.order_of_arms(SEED, name, number)
        times += [first if letter == "b" else second for letter in arms if letter != "c"]
    return times
