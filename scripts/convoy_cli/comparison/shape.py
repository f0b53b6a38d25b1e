"""Holds what a Google Benchmark file lists to the types that its readers rely on."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Optional

from ..gate.calibrate import CPU, REAL
from ..gate.readings import UNITS_NS
from ..terminal import plain

Json = dict[str, Any]

UNFIT = "convoy_unfit"  # the key of the reason why an entry counts as failed
CLOCKS = (CPU, REAL)
TEXTS = ("run_name", "run_type", "aggregate_name")
# A time of an iteration lies between these, or it is none: a millionth of a nanosecond, and eleven
# days. Ratios stay within what a history holds.
LEAST_NS, MOST_NS = 1e-6, 1e15
NAMED = 3


def sound(path: Path, document: Json, remarks: list[str]) -> Json:
    """The document without entries that are none; what is left out is told in `remarks`."""
    entries: list[Json] = []
    others: dict[str, list[int]] = {}
    for number, entry in enumerate(document["benchmarks"], start=1):
        reason = why_none(entry)
        if reason is None:
            entries.append(fitted(entry))
        else:
            others.setdefault(reason, []).append(number)
    for reason, numbers in others.items():
        listed = ", ".join(map(str, numbers[:NAMED])) + (", …" if len(numbers) > NAMED else "")
        remarks.append(f"left out of {path}: number {listed} of its list of benchmarks, {reason}")
    return document | {"benchmarks": entries}


def why_none(entry: Any) -> Optional[str]:
    """Why it is no benchmark."""
    if not isinstance(entry, dict):
        return f"{shown(entry)} is no benchmark"
    name = entry.get("run_name") or entry.get("name")
    if not isinstance(name, str) or not name:
        return f"its name is {shown(name)}" if "name" in entry else "it has no name"
    for key in TEXTS:
        if not isinstance(entry.get(key, ""), str):
            return f"its {key} is {shown(entry[key])}"
    return None


def fitted(entry: Json) -> Json:
    """The entry, with the reason if it has no time."""
    made = dict(entry)
    if not isinstance(made.get("name"), str):
        made["name"] = made["run_name"]
    unit = made.get("time_unit", "ns")
    if not isinstance(unit, str) or unit not in UNITS_NS:
        made["time_unit"] = unit = shown(unit)
    if made.get("run_type", "iteration") != "iteration":
        return made
    for clock in CLOCKS:
        reason = unfit(clock, made.get(clock), UNITS_NS.get(unit))
        if reason is not None and not made.get("error_occurred") and not made.get("skipped"):
            made[UNFIT] = reason
    return made


def unfit(clock: str, time: Any, unit_ns: Optional[float]) -> Optional[str]:
    """Why it is no time. Nought is one: nobody computed, or nobody looked at that clock."""
    if time is None or unit_ns is None:
        return None  # which is told of anyway
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        return f"its {clock} is {shown(time)}, no number"
    value_ns = float(time) * unit_ns
    if math.isfinite(value_ns) and (value_ns == 0 or LEAST_NS <= value_ns <= MOST_NS):
        return None
    return f"its {clock} is {time:.6g}, which is no time of a benchmark"


def shown(value: Any) -> str:
    """A value in a few letters."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "an object"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = plain(str(value), 40)
    return f'the text "{text}"' if isinstance(value, str) else text
