"""Reads what any Google Benchmark program wrote: every repetition is a sample."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Optional

from ..errors import UsageError
from ..gate.calibrate import CPU, REAL
from ..gate.readings import AGGREGATE, UNITS_NS
from ..terminal import plain
from .stored import Measured, Stored, computes

Json = dict[str, Any]

MACHINE = ("host_name", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled", "caches", "aslr_enabled")
BUILD = ("library_version", "library_build_type")
# Of what a program adds of its own.
OF_MACHINE = re.compile(r"cpu|kernel|arch|machine", re.IGNORECASE)
MEDIAN = "median"  # one of the aggregates that the library reports of every benchmark
OF_COMPILER = re.compile(r"compiler|flags", re.IGNORECASE)


def is_google(document: Any) -> bool:
    """Google Benchmark's form without Convoy's part."""
    if not isinstance(document, dict) or "convoy" in document:
        return False
    return isinstance(document.get("benchmarks"), list)


def stored(path: Path, document: Json) -> Stored:
    found = document.get("context")
    known: Json = found if isinstance(found, dict) else {}
    made = Stored(path, "Google Benchmark", None, facts_of(known), text(known.get("date")), None)
    entries = [entry for entry in document["benchmarks"] if isinstance(entry, dict)]
    names = {entry.get("name") for entry in entries}
    samples: dict[str, list[Json]] = {}
    summed_up = []
    for entry in entries:
        if is_aggregate(entry, names):
            if entry.get("aggregate_name") == MEDIAN:
                summed_up.append(str(entry.get("run_name")))
            continue
        name = str(entry.get("run_name") or entry.get("name") or "")
        reason = failure_of(entry)
        if reason is not None:
            made.failed[name] = reason
        else:
            samples.setdefault(name, []).append(entry)
    for name, rows in samples.items():
        if name not in made.failed:
            made.add(name, measured(name, rows))
    if not made.rows and not made.failed:
        aggregates = "aggregates alone" if entries else "no benchmark"
        raise UsageError(
            f"{path} holds {aggregates}, and samples are needed: run the program with "
            f"--benchmark_repetitions=10 --benchmark_out={path} and without "
            "--benchmark_report_aggregates_only."
        )
    told = {*made.rows, *made.failed}
    alone = [plain(name) for name in summed_up if name not in told]
    if alone:
        made.remarks.append(
            f"left out, as {path} has aggregates of them alone and no samples: {', '.join(alone)}"
        )
    made.remarks.append(
        f"the repetitions of {path} are of one process, and share its luck with memory layout"
    )
    return made


def facts_of(known: Json) -> dict[str, Json]:
    facts: dict[str, Json] = {"machine": {}, "compiler": {}, "build": {}}
    for key, value in known.items():
        if key in MACHINE:
            facts["machine"][key] = float(value) if key == "mhz_per_cpu" and value else value
        elif key in BUILD:
            facts["build"][key] = value
        elif OF_COMPILER.search(key):
            facts["compiler"][key] = value
        elif OF_MACHINE.search(key):
            facts["machine"][key] = value
    return facts


def is_aggregate(entry: Json, names: set[Any]) -> bool:
    kind = entry.get("run_type")
    if kind is None:  # before 1.5; a benchmark of its own may be called so, too
        name = str(entry.get("name"))
        return "cpu_time" not in entry or AGGREGATE.sub("", name) in names - {name}
    return bool(kind != "iteration")


def failure_of(entry: Json) -> Optional[str]:
    if entry.get("error_occurred"):
        return f"it reports an error: {entry.get('error_message') or 'no reason'}"
    if entry.get("skipped"):
        return f"it skips itself: {entry.get('skip_message') or 'no reason'}"
    for clock in (CPU, REAL):
        time = entry.get(clock)
        if isinstance(time, bool) or not isinstance(time, (int, float)) or not math.isfinite(time):
            return f"it has no {clock}"
    return None if entry.get("time_unit", "ns") in UNITS_NS else "its time has an unknown unit"


def measured(name: str, rows: list[Json]) -> Measured:
    units = [UNITS_NS[row.get("time_unit", "ns")] for row in rows]
    cpu_ns = tuple(float(row[CPU]) * unit for row, unit in zip(rows, units))
    real_ns = tuple(float(row[REAL]) * unit for row, unit in zip(rows, units))
    return Measured(cpu_ns, real_ns, CPU if computes(cpu_ns, real_ns, name) else REAL)


def text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) and value else None
