"""Reads what any Google Benchmark program wrote: every repetition is a sample."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Optional

from .. import fingerprints
from ..errors import UsageError
from ..foreign import OPTIONS
from ..gate.calibrate import CPU, REAL
from ..gate.readings import AGGREGATE, UNITS_NS
from ..gate.wording import plain
from . import shape
from .stored import Measured, Stored, computes

Json = dict[str, Any]

MEDIAN = "median"  # one of the aggregates that the library reports of every benchmark


def is_google(document: Any) -> bool:
    """Google Benchmark's form without Convoy's part."""
    if not isinstance(document, dict) or "convoy" in document:
        return False
    return isinstance(document.get("benchmarks"), list)


def stored(path: Path, document: Json) -> Stored:
    found = document.get("context")
    known: Json = found if isinstance(found, dict) else {}
    facts = fingerprints.facts_of(known)
    made = Stored(
        path, "Google Benchmark", fingerprints.fingerprint(facts), facts, text(known.get("date")),
        None, beside=fingerprints.beside(known),
    )  # fmt: skip
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
            f"{path} holds {aggregates}, and samples are needed: run the program with `{OPTIONS}` "
            "and without --benchmark_report_aggregates_only, NEW.json being a new file."
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


def is_aggregate(entry: Json, names: set[Any]) -> bool:
    kind = entry.get("run_type")
    if kind is None:  # before 1.5; a benchmark of its own may be called so, too
        name = str(entry.get("name"))
        return "cpu_time" not in entry or AGGREGATE.sub("", name) in names - {name}
    return bool(kind != "iteration")


def failure_of(entry: Json) -> Optional[str]:
    if shape.UNFIT in entry:
        return str(entry[shape.UNFIT])
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
