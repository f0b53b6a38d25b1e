"""The same case in real Pythons: one event loop, threads, and both in several processes."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ..core.errors import UsageError
from ..core.interpreters import kind_of, named, read_line
from ..core.machine import disturbed, ticks
from ..core.processes import ProcessFailed, output
from .work import MOST_COMPUTING_NS, Shape, Work

PROBE = Path(__file__).resolve().parent / "probes" / "servers.py"
PASSES = 5
LIMIT_S = 240.0
MOST_THREADS = 4000  # two interpreters' worth of them is no measurement any more
Json = dict[str, Any]


def find(text: str) -> Path:
    """The interpreter that --interpreter names. UsageError where it is no Python."""
    path = named(text)
    if kind_of(path) != "python":
        raise UsageError(f"--interpreter {text}: this case is put to Pythons. Name a python3.")
    return path


def shapes(gil: str, processes: int) -> dict[str, Shape]:
    """What the probe calls them, and what we do."""
    found = {"loop": Shape("coroutines", gil), "threads": Shape("threads", gil)}
    if processes > 1:
        found |= {
            "loops_in_processes": Shape("coroutines", gil, processes),
            "threads_in_processes": Shape("threads", gil, processes),
        }
    return found


def ask(path: Path, work: Work, gil: str, processes: int, predicted: Mapping[str, float]) -> Json:
    """What it says of the case, beside the rates predicted by series; or why it says nothing."""
    if work.concurrency > MOST_THREADS or not work.measurable:
        return {"label": path.name, "reason": (
            f"not asked: it takes up to {MOST_THREADS} at once, and "
            f"{MOST_COMPUTING_NS / 1e6:.0f} ms of computing in all of them together"
        )}  # fmt: skip
    words = {
        "cpu_ns": round(work.cpu_ns), "wait_ns": round(work.wait_ns), "workers": work.concurrency,
        "processes": processes, "passes": PASSES,
    }  # fmt: skip
    command = [str(path), str(PROBE), *(f"{key}={value}" for key, value in words.items())]
    try:
        before = ticks()
        told = read_line(output(command, LIMIT_S))
        found = read(told, path, shapes(gil, processes), predicted)
        return found | {"disturbed": disturbed(before, ticks())}
    except ProcessFailed as failure:
        return {"label": path.name, "reason": f"it failed: {failure}"}
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return {"label": path.name, "reason": "it failed: what it printed holds no rates"}


def read(
    told: Mapping[str, Any], path: Path, known: Mapping[str, Shape],
    predicted: Mapping[str, float],
) -> Json:  # fmt: skip
    loop = predicted.get(known["loop"].series)
    found = []
    for name, shape in known.items():
        rates = [float(rate) for rate in told["rates"][name]]
        expected = predicted.get(shape.series)
        found.append({
            "series": shape.series, "rate": statistics.median(rates), "lowest": min(rates),
            "highest": max(rates), "ratio": float(told["ratios"][name]), "predicted": expected,
            "predicted_ratio": ratio(expected, loop),
        })  # fmt: skip
    return {"label": f"{path.name} {told['version']}", "passes": PASSES, "shapes": found}


def ratio(one: Optional[float], other: Optional[float]) -> Optional[float]:
    return None if one is None or not other else one / other


def all_of(
    paths: Sequence[Path], work: Work, gil: str, processes: int, predicted: Mapping[str, float]
) -> list[Json]:
    return [ask(path, work, gil, processes, predicted) for path in paths]
