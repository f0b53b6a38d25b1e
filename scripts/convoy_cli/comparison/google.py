"""Reads what any Google Benchmark program wrote: every repetition is a sample."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Optional

from .. import fingerprints
from ..errors import UsageError
from ..foreign import OPTIONS
from ..gate.calibrate import CPU, REAL
from ..gate.program import numbered
from ..gate.readings import AGGREGATE, UNITS_NS
from ..terminal import plain
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
    repetitions, summed_up = [], []
    for entry in entries:
        if not is_aggregate(entry, names):
            repetitions.append(entry)
        elif entry.get("aggregate_name") == MEDIAN:
            summed_up.append(str(entry.get("run_name")))
    names_of = told_apart(repetitions, made)
    bad: dict[str, list[str]] = {}
    for entry in repetitions:
        name = names_of[name_of(entry), family(entry)]
        if entry.get("skipped"):
            made.skipped[name] = f"it skips itself: {entry.get('skip_message') or 'no reason'}"
        elif (reason := failure_of(entry)) is not None:
            bad.setdefault(name, []).append(reason)
        else:
            samples.setdefault(name, []).append(entry)
    for name, rows in samples.items():
        made.skipped.pop(name, None)
        made.add(name, measured(name, rows))
    for name, reasons in bad.items():
        if name not in samples:
            made.failed[name] = reasons[0]
            continue
        made.remarks.append(
            f"{plain(name)}: {len(reasons)} of {len(reasons) + len(samples[name])} repetitions in "
            f"{path} are left out: {plain(reasons[0])}"
        )
    if not made.rows and not made.failed and not made.skipped:
        aggregates = "aggregates alone" if entries else "no benchmark"
        raise UsageError(
            f"{path} holds {aggregates}, and samples are needed: run the program with `{OPTIONS}` "
            "and without --benchmark_report_aggregates_only, NEW.json being a new file."
        )
    told = {*made.rows, *made.failed, *made.skipped}
    alone = [plain(name) for name in summed_up if name not in told]
    if alone:
        made.remarks.append(
            f"left out, as {path} has aggregates of them alone and no samples: {', '.join(alone)}"
        )
    made.remarks.append(
        f"the repetitions of {path} are of one process, and share its luck with memory layout"
    )
    return made


def name_of(entry: Json) -> str:
    return str(entry.get("run_name") or entry.get("name") or "")


def family(entry: Json) -> tuple[str, str]:
    """What tells benchmarks of one name apart, from version 1.5.4 on."""
    return str(entry.get("family_index")), str(entry.get("per_family_instance_index"))


def told_apart(entries: list[Json], made: Stored) -> dict[tuple[str, tuple[str, str]], str]:
    """A name for each benchmark: the second of a name that several have gets a number."""
    families: dict[str, list[tuple[str, str]]] = {}
    for entry in entries:
        found = families.setdefault(name_of(entry), [])
        if family(entry) not in found:
            found.append(family(entry))
    named = {}
    taken = set(families)
    for name, found in families.items():
        for at, one in enumerate(found):
            own = numbered(name, at, taken)
            taken.add(own)
            named[name, one] = own
            if len(found) > 1:
                made.alike[own] = (name, len(found))
    return named


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
