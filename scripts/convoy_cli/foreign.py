"""Names what is no result of Convoy or Google Benchmark: the output of other benchmark tools."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

Json = dict[str, Any]

OPTIONS = "--benchmark_repetitions=10 --benchmark_out=NEW.json --benchmark_out_format=json"
# How results get made, without touching those that are there.
GOOGLE = f"Run the program with `{OPTIONS}`, NEW.json being a new file."
READS = (
    "Convoy reads results of `scripts/convoy run` and the JSON of Google Benchmark programs "
    f"(`PROGRAM {OPTIONS}`)."
)


class Foreign(NamedTuple):
    """Whose it is, as in `FILE is ...`, and what to do."""

    name: str
    advice: str


TEXTS = (  # each by a line that nobody else writes
    ("Google Benchmark's CSV", r"name,iterations,real_time,cpu_time,time_unit", GOOGLE),
    ("Google Benchmark's console output", r"Benchmark +Time +CPU +Iterations", GOOGLE),
    ("the output of Go's benchmarks", r"Benchmark\S*\s+\d+\s+[\d.]+ ns/op|goos: \w+$", READS),
    ("the output of Go's benchmarks", r'\{"Time":.*"Action":"\w+"', READS),
    ("JMH's output", r"# JMH version:|Benchmark +(?:\(\w+\) +)*Mode +Cnt +Score", READS),
    ("JMH's CSV", r'"Benchmark","Mode","Threads","Samples"', READS),
    ("hyperfine's output", r"Benchmark (?:#?\d+): |\s+Time \(mean ± σ\):", READS),
    ("hyperfine's CSV", r"command,mean,stddev,median", READS),
    ("hyperfine's table", r"\| Command \| Mean ", READS),
    ("nanobench's output", r"\|\s*(?:relative \|\s*)?[num]?s/\S+ \|\s*\S+/s \|\s*err% \|", READS),
    ("pytest-benchmark's output", r"-+ benchmark(?: '[^']*')?: \d+ tests? -+", READS),
    ("criterion's output", r"(?:\S.*)?\s+time:\s+\[[\d.]+ [num\u00b5\u03bc]?s ", READS),
    ("criterion's messages", r'\{"reason":"(?:benchmark|group)-complete"', READS),
    ("XML", r"<\?xml |<testsuites?\b|<Catch2?\w*", READS),
    ("HTML", r"<!DOCTYPE html|<html", READS),
)  # fmt: skip


def of_text(text: str) -> Optional[Foreign]:
    """Whose text it is that is no JSON; None: nobody's that is known here."""
    head = text[:1_000_000]
    for name, line, advice in TEXTS:
        if re.search(f"^(?:{line})", head, re.MULTILINE):
            return Foreign(name, advice)
    return None


def of_document(document: Any) -> Optional[Foreign]:
    """Whose JSON it is; None where nobody else's that is known here."""
    name = name_of(document)
    return None if name is None else Foreign(name, READS)


def name_of(document: Any) -> Optional[str]:
    if isinstance(document, list):
        first = document[0] if document and isinstance(document[0], dict) else {}
        return "JMH's JSON" if "primaryMetric" in first else None
    if not isinstance(document, dict):
        return None
    listed = {key: firsts(document.get(key)) for key in ("benchmarks", "results", "Benchmarks")}
    known = (
        ("pytest-benchmark's JSON", "machine_info" in document or "stats" in listed["benchmarks"]),
        ("pyperf's JSON", "runs" in listed["benchmarks"]),
        ("hyperfine's JSON", "command" in listed["results"]),
        ("nanobench's JSON", "measurements" in listed["results"] or "median(elapsed)" in
         listed["results"]),
        ("BenchmarkDotNet's JSON", "HostEnvironmentInfo" in document),
        ("criterion's JSON", {"mean", "median", "std_dev"} <= document.keys()
         or {"iters", "times", "sampling_mode"} <= document.keys() or "reason" in document),
        ("the JSON of Go's tests", {"Action", "Package"} <= document.keys()),
        ("a trace", "traceEvents" in document),
    )  # fmt: skip
    return next((name for name, it_is in known if it_is), None)


def firsts(entries: Any) -> Json:
    """The first entry of a list, if it is an object."""
    first = entries[0] if isinstance(entries, list) and entries else {}
    return first if isinstance(first, dict) else {}
