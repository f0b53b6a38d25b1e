"""What must hold in a result file beyond its schema; each check names what breaks it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import UsageError
from ..core.schema import compile_schema
from ..stats.samples import median
from . import load, names, verdicts
from .rows import Json, Result, Row

# Sums of doubles differ in their last digits between C++ and Python.
NEAR = 1e-6


class Check(NamedTuple):
    name: str
    looked_at: int
    meaning: str
    breaches: list[str]


def check_file(path: str | Path) -> list[Check]:
    """All checks of a result file, a tracking file or the gate's; UsageError if it is none."""
    path = Path(path)
    constants: list[str] = []
    repairs: list[str] = []
    document = load.read_json(path, constants, repairs)
    gate = verdicts.is_gate(document)
    tracking = path.name.endswith(".track.json")
    if gate:
        verdicts.check_version(path, document)
    elif not tracking:
        load.check_version(path, document)
    name = "track.schema.json" if tracking else "schema.json"
    if gate:
        name = verdicts.SCHEMA
    breaches = [
        f"{'.'.join(str(part) for part in reversed(where)) or 'the top'}: {message}"
        for where, message in compile_schema(load.schema(name))(document)
    ]
    found = [
        Check("json", 1, "nothing but JSON in UTF-8", repairs),
        Check("finite", 1, "no NaN and no Infinity anywhere", constants),
        Check("schema", 1, f"fits results/{name}", breaches),
    ]
    if breaches or constants:
        return found
    if gate:
        return [*found, measured(document), *(Check(*each) for each in verdicts.claims(document))]
    if tracking:
        return [*found, track_names(document)]
    return found + check_result(load.result(path, document))


def measured(document: Json) -> Check:
    """A gate that ran to its end has something to tell."""
    lists = ("benchmarks", "failed", "added", "removed")
    count = sum(len(document[key]) for key in lists)
    none = not count and not document["interrupted"]
    breaches = ["no benchmark in any of its lists, and it was not interrupted"] if none else []
    return Check("measured", count, "something was measured", breaches)


def check_result(result: Result) -> list[Check]:
    """Checks of a result that fits the schema."""
    rows = result.every_row
    pinned = [row for row in rows if row.pinned]
    checked = [row for row in rows if row.answer == "same_as_single"]
    histograms = [row for row in rows if row.latency is not None]
    benchmarks = result.document["benchmarks"]
    return [
        Check("names", len(rows), "a row's name says what the row says, once",
              [*name_breaches(rows)]),
        Check("pinned", len(pinned), "pinned seats were read back where they were put",
              [*pin_breaches(pinned)]),
        Check("answers", len(checked), "equal work gave equal answers under every model",
              [*answer_breaches(checked)]),
        Check("medians", len(rows), "medians and times an operation follow from the samples",
              [*median_breaches(rows)]),
        disturbed(result),
        Check("latency", len(histograms), "histograms ascend and count every operation",
              [*latency_breaches(histograms)]),
        Check("benchmarks", len(benchmarks), "every name has the same number of rows, none failed",
              [*benchmark_breaches(result)]),
        Check("reasons", len(rows) - len(pinned), "rows that are not pinned say why",
              [f"{row.name} gives none" for row in rows
               if not row.pinned and not row.raw["pinned_reason"]]),
    ]  # fmt: skip


def name_breaches(rows: tuple[Row, ...]) -> Iterator[str]:
    for text, count in Counter(row.name for row in rows).items():
        if count > 1:
            yield f"{text} occurs {count} times"
    for row in rows:
        try:
            name = names.parse(row.name)
        except UsageError as error:
            yield str(error)
            continue
        said: dict[str, Any] = dict(name.settings) | {"workload": name.workload}
        if row.runtime_version is not None:  # named in the model's place
            said["model"] = said.get("runtime")
        for key in ("workload", "model", "gil", "place", *names.COUNTS, "peer"):
            if key in said and str(said[key]) != str(row.raw.get(key)):
                yield f"{row.name}: the row has {key} {row.raw.get(key)!r}"
        # Models that block have no engine, whatever was asked for.
        engine = row.raw["engine"]
        if engine and said.get("engine", engine) != engine:
            yield f"{row.name}: the row has engine {engine!r}"
        for key in name.parameters:
            known = {key, f"{key}_ns", f"{key}_bytes", "size_bytes" if key == "bytes" else key}
            if not known & row.parameters.keys():
                yield f"{row.name}: the row has no parameter {key!r}"


def pin_breaches(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        if not row.placement:
            yield f"{row.name} names no seat"
        for seat in row.placement:
            if not seat.held:
                yield (
                    f"{row.name}: seat {seat.seat} was put on {list(seat.cpus)}, read back "
                    f"{listed(seat.read_back)}, at the end {listed(seat.read_back_end)}"
                )


def listed(cpus: tuple[int, ...] | None) -> str:
    return "nothing" if cpus is None else str(list(cpus))


def answer_breaches(rows: list[Row]) -> Iterator[str]:
    groups: dict[tuple[Any, ...], dict[str, list[Row]]] = {}
    for row in rows:
        work = (row.workload, row.workers, tuple(sorted(row.parameters.items())))
        groups.setdefault(work, {}).setdefault(row.checksum or "none", []).append(row)
    for (workload, workers, _), by_checksum in groups.items():
        if len(by_checksum) > 1:
            said = (f"{sum_} from {same[0].name}" for sum_, same in sorted(by_checksum.items()))
            yield f"{workload}, {workers} workers: " + " but ".join(said)


def median_breaches(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        if not math.isclose(row.median_ns, row.raw["median_ns"], rel_tol=NEAR):
            yield f"{row.name}: median_ns {row.raw['median_ns']}, of the samples {row.median_ns}"
        share = row.peer_cpu_share
        shares = [sample.get("peer_cpu_share", 0.0) for sample in row.counted]
        if share is not None and not math.isclose(share, median(shares), rel_tol=NEAR):
            yield f"{row.name}: peer_cpu_share {share}, of the samples {median(shares)}"
        for number, sample in enumerate(row.samples):
            each = sample["wall_ns"] / sample["operations"]
            if not math.isclose(each, sample["real_time_ns"], rel_tol=NEAR):
                said = sample["real_time_ns"]
                yield f"{row.name}: sample {number} has real_time_ns {said}, not {each}"


def disturbed(result: Result) -> Check:
    """Says how many samples were disturbed: that is no breach, unless it is told wrongly."""
    samples = [sample for row in result.every_row for sample in row.samples]
    count = sum(bool(sample.get("disturbed")) for sample in samples)
    rows = sum(row.disturbed for row in result.every_row)
    told = f"{count} of the samples were disturbed, and {rows} rows have too few others"
    return Check("disturbed", len(samples), told, [*disturbed_breaches(result)])


def disturbed_breaches(result: Result) -> Iterator[str]:
    enough = result.convoy["plan"]["minimum_samples"]
    for row in result.every_row:
        good = sum(not sample.get("disturbed") for sample in row.samples)
        if row.disturbed != (good < min(enough, len(row.samples))):
            said = "disturbed" if row.disturbed else "not disturbed"
            yield f"{row.name} says {said}, with {good} undisturbed of {len(row.samples)} samples"
    told = result.disturbance
    if told is None or result.failed:  # those that failed later are counted there alone
        return
    by = Counter(
        reason
        for row in result.every_row
        for sample in row.samples
        for reason in sample["disturbed"]
    )
    for reason, count in told["by"].items():
        if by[reason] != count:
            yield f"disturbance says {reason} of {count} samples, which {by[reason]} have"


def latency_breaches(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        latency = row.latency
        assert latency is not None
        total = sum(count for _, _, count in latency.buckets)
        if total != latency.count:
            yield f"{row.name}: buckets hold {total}, count says {latency.count}"
        edge = 0.0
        for low, high, _ in latency.buckets:
            if low < edge or high <= low:
                yield f"{row.name}: bucket [{low}, {high}) does not follow {edge}"
                break
            edge = high


def benchmark_breaches(result: Result) -> Iterator[str]:
    counts = Counter(entry["name"] for entry in result.document["benchmarks"])
    failed = {failure.name for failure in result.failed}
    known = {row.name for row in result.every_row}
    for name in counts:
        if name in failed:
            yield f"{name} failed, but is also a benchmark"
        elif name not in known:
            yield f"{name} has no row under convoy.rows"
    for name in known - counts.keys():
        yield f"{name} has a row under convoy.rows, but is not a benchmark"
    if not (counts or known or failed or result.interrupted):
        yield "there is none, although it was not interrupted"
    # A run that was cut short, by a signal or by its budget, has what it has.
    cut = result.interrupted or result.convoy["plan"]["budget_ns"] is not None
    if len(set(counts.values())) > 1 and not cut:
        few, many = min(counts.items(), key=last), max(counts.items(), key=last)
        yield f"{few[1]} rows for {few[0]}, {many[1]} for {many[0]}"


def last(pair: tuple[str, int]) -> int:
    return pair[1]


def track_names(document: Json) -> Check:
    counts = Counter(entry["name"] for entry in document["benchmarks"])
    twice = [f"{name} occurs {count} times" for name, count in counts.items() if count > 1]
    empty = [] if counts else ["there is no benchmark"]
    return Check("names", len(counts), "one row a name", [*empty, *twice])
