"""Reads the JSON of Google Benchmark, of any version: what one benchmark took."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, NamedTuple, Optional

from .. import decoding, files
from ..statistics import median
from .process import Ended, RunFailed, name_of

Json = dict[str, Any]

UNITS_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
AGGREGATE = re.compile(r"_(?:mean|median|stddev|cv|BigO|RMS)$")


class Reported(RunFailed):
    """The program itself says in its result why the benchmark failed."""


class Skipped(RunFailed):
    """The program says that it leaves the benchmark out, which is no failure."""


class Reading(NamedTuple):
    """What one iteration took, by both clocks."""

    cpu_ns: float
    real_ns: float
    iterations: int  # 0: only aggregates were reported, and nobody knows
    threads: int
    # Of each worker, where a program such as convoy-bench counts them within one iteration; or 0.
    operations: int = 0


def load(path: Path) -> Json:
    """The file that `--benchmark_out` wrote."""
    try:
        content = files.read(path)
    except OSError:
        content = b""
    if not content.strip():
        raise RunFailed("it wrote no result: no benchmark of this name ran")
    try:
        found = decoding.decode(content, no_number).documents
    except decoding.Unreadable as error:
        raise RunFailed(f"its result {error}") from error
    if len(found) != 1 or not isinstance(found[0], dict):
        raise RunFailed("its result has no list of benchmarks")
    document: Json = found[0]
    if not isinstance(document.get("benchmarks"), list):
        raise RunFailed("its result has no list of benchmarks")
    return document


def no_number(name: str) -> float:
    """NaN, or a number that is too large."""
    return math.nan if "nan" in name.lower() else -math.inf if name[0] == "-" else math.inf


def version_of(document: Json) -> Optional[str]:
    """The library's, which says it from 1.9 on."""
    context = document.get("context")
    version = context.get("library_version") if isinstance(context, dict) else None
    return version if isinstance(version, str) and version else None


def reading(document: Json, name: str, at: int = 0) -> Reading:
    """The median of what was measured of `name`, without aggregates and complexities.

    Repetitions that failed are left out where others did not. `at`: which of several benchmarks of
    this name, in the order of the file.
    """
    rows = [row for row in document["benchmarks"] if isinstance(row, dict)]
    rows = [row for row in rows if name in (row.get("name"), row.get("run_name"))] or rows
    measured = [row for row in rows if not _is_aggregate(row, name)]
    families = list(dict.fromkeys(_family(row) for row in measured))
    if at and at >= len(families):
        raise RunFailed(f"it tells of {len(families)} benchmarks of this name, and not of {at + 1}")
    measured = [row for row in measured if _family(row) == families[at]]
    good = [row for row in measured if not row.get("error_occurred") and not row.get("skipped")]
    for row in measured if not good else []:
        if row.get("error_occurred"):
            raise Reported(f"it reports an error: {_words(row.get('error_message'))}")
        raise Skipped(f"it skips itself: {_words(row.get('skip_message'))}")
    measured = good
    count = median(_count(row, "iterations") for row in measured) if measured else 0
    if not measured:  # a benchmark may be made to report aggregates alone
        measured = [row for row in rows if row.get("aggregate_name") == "median"]
    if not measured:
        raise RunFailed("it ran no benchmark of this name")
    return Reading(
        median(_time_ns(row, "cpu_time") for row in measured),
        median(_time_ns(row, "real_time") for row in measured),
        round(count),
        max(1, _count(measured[0], "threads")),
        _operations(measured[0]),
    )


def why(ended: Ended, path: Path, name: str) -> str:
    """How a process came to a bad end, and what it says of that: on stderr, or in its result."""
    said = ended.last_words
    if not said:
        try:
            reading(load(path), name)
        except Reported as failure:
            said = str(failure)
        except RunFailed:
            pass
    return f"{name_of(ended.status)}{f': {said}' if said else ''}"


def _is_aggregate(row: Json, name: str) -> bool:
    kind = row.get("run_type")
    if kind is None:  # before 1.5
        said = str(row.get("name"))
        return said != name and AGGREGATE.search(said) is not None
    return bool(kind != "iteration")


def _family(row: Json) -> tuple[Any, Any]:
    return row.get("family_index"), row.get("per_family_instance_index")


def _time_ns(row: Json, clock: str) -> float:
    value, unit = row.get(clock), row.get("time_unit", "ns")
    known = isinstance(unit, str) and unit in UNITS_NS
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not known:
        raise RunFailed(f"its result has no {clock}")
    if not math.isfinite(value) or value < 0:
        raise RunFailed(f"its {clock} is {value}, which is no time")
    return float(value) * UNITS_NS[unit]


def _count(row: Json, key: str) -> int:
    value = row.get(key)
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) else 1


def _operations(row: Json) -> int:
    if "workers" not in row or "operations" not in row:
        return 0
    return _count(row, "operations") // max(1, _count(row, "workers"))


def _words(message: Any) -> str:
    words = "".join(letter for letter in str(message or "no reason") if letter.isprintable())
    return words if len(words) <= 300 else f"{words[:300]}…"
