"""Reads result files: what is not one is refused with a message that says what to do."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core import files
from ..core.errors import UsageError
from ..core.schema import compile_schema, first_breach
from .rows import Failure, Result, Unfinished, row

# -------------------------------------------------------------------------------------------------
# What decides speed of what a Google Benchmark file says about itself, and a number for it.

MACHINE = ("num_cpus", "cpu_scaling_enabled", "caches", "aslr_enabled")
BUILD = ("library_version", "library_build_type")
# Who it was and how fast it ran at that moment: no other machine, and told beside.
BESIDE = ("host_name", "mhz_per_cpu")
CACHE = ("type", "level", "size", "num_sharing")
# Of what a program adds of its own (`--benchmark_context=cpu_model=...`).
OF_MACHINE = re.compile(r"(?<![a-z])(?:cpu|kernel|arch|machine)", re.IGNORECASE)
OF_COMPILER = re.compile(r"compiler|flags", re.IGNORECASE)
PASSING = re.compile(r"host|mhz|ghz|clock|freq|load|temp|time|date|machine_?name", re.IGNORECASE)


def facts_of(context: Any) -> dict[str, Json]:
    """What decides speed, by what it is of: machine, compiler, build."""
    facts: dict[str, Json] = {"machine": {}, "compiler": {}, "build": {}}
    for key, value in context.items() if isinstance(context, Mapping) else ():
        group = group_of(key)
        if group is not None and value is not None:
            facts[group][key] = caches(value) if key == "caches" else alike(value)
    return facts


def group_of(key: str) -> Optional[str]:
    if key in MACHINE:
        return "machine"
    if key in BUILD:
        return "build"
    if key in BESIDE or PASSING.search(key):
        return None
    if OF_COMPILER.search(key):
        return "compiler"
    return "machine" if OF_MACHINE.search(key) else None


def beside(context: Any) -> dict[str, str]:
    """The host and its clock, as text."""
    if not isinstance(context, Mapping):
        return {}
    known = {key: alike(context[key]) for key in BESIDE if context.get(key) is not None}
    return {key: str(value) for key, value in known.items() if value != ""}


def fingerprint(facts: Mapping[str, Json]) -> Optional[str]:
    """The same for two files that differ in nothing that decides speed; None: nothing is known."""
    known = {group: values for group, values in facts.items() if values}
    if not known:
        return None
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def caches(value: Any) -> Any:
    """A cache a text, such as `Data 1 32768 1`."""
    if not isinstance(value, list):
        return alike(value)
    return [
        " ".join(str(alike(each.get(key, ""))) for key in CACHE)
        if isinstance(each, Mapping)
        else alike(each)
        for each in value
    ]


def alike(value: Any) -> Any:
    """4, 4.0 and "4" are one number, true and "true" one truth; what is no fact is its kind."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:.15g}" if abs(value) < 1e300 else "no number"
    if isinstance(value, str):
        return " ".join(value.split())
    return f"a {type(value).__name__}"


# -------------------------------------------------------------------------------------------------
# Several results in one file, as `cat a.json b.json` makes them: one, if that is what they are.

Json = dict[str, Any]


def whole(path: Path, documents: list[Any]) -> Json:
    """The benchmarks of all, if one machine and build measured them. Else UsageError."""
    if not all(is_plain(each) for each in documents):
        raise UsageError(
            f"{path} holds {len(documents)} results one after another, and does not say which one "
            "counts. Put each into a file of its own."
        )
    contexts = [each.get("context") for each in documents]
    facts = [facts_of(context) for context in contexts]
    if any(each != facts[0] for each in facts):
        raise UsageError(
            f"{path} holds {len(documents)} results one after another, of different machines or "
            "builds. Put each into a file of its own."
        )
    rows = [row for each in documents for row in each["benchmarks"]]
    return documents[0] | {"benchmarks": rows}  # type: ignore[no-any-return]


def is_plain(document: Any) -> bool:
    """Google Benchmark's form and nothing else."""
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        return False
    return not any(key.startswith("convoy") for key in document)


# -------------------------------------------------------------------------------------------------
# Names what is no result of Convoy or Google Benchmark: the output of other benchmark tools.

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


# -------------------------------------------------------------------------------------------------
# Reads result files: what is not one is refused with a message that says what to do.

SCHEMA_VERSION = 1
# Into a file that is not there: nobody is told to overwrite what is to be looked at.
AGAIN = "Measure again into a new file, `scripts/convoy run --json NEW.json`."


def schema(name: str = "schema.json") -> Json:
    """The schema of result files, or `track.schema.json`."""
    path = files.ROOT / "results" / name
    try:
        return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}), and results are checked against it. "
            "Restore it with `git checkout results`."
        ) from error


def load(path: str | Path) -> Result:
    """The result file at `path`, validated. Raises UsageError for anything else."""
    path = Path(path)
    return validated(path, read_json(path))


def validated(path: Path, document: Any) -> Result:
    """The result that was read from `path`. Raises UsageError for anything else."""
    check_version(path, document)
    check_schema(path, document, "schema.json")
    return result(path, document)


def result(path: Path, document: Json) -> Result:
    """A document that is known to be valid, as objects."""
    convoy = document["convoy"]
    failed = {entry["name"] for entry in convoy["failed"]}
    rows = [row(raw) for raw in convoy["rows"] if raw["name"] not in failed]
    return Result(
        path=path,
        rows=tuple(each for each in rows if each.runtime_version is None),
        failed=tuple(
            Failure(entry["name"], entry["reason"], entry["pass"], entry["samples"])
            for entry in convoy["failed"]
        ),
        document=document,
        unfinished=tuple(Unfinished(**entry) for entry in convoy.get("did_not_finish", ())),
        runtimes=tuple(each for each in rows if each.runtime_version is not None),
    )


def read_json(
    path: Path,
    constants: Optional[list[str]] = None,
    repairs: Optional[list[str]] = None,
    again: str = AGAIN,
) -> Any:
    """The JSON in `path`, which is opened once. UsageError where it has none.

    NaN and Infinity are refused, or noted in `constants` if it is given. What is not JSON and was
    read all the same is noted in `repairs`.
    """

    def constant(name: str) -> None:
        if constants is None:
            raise ValueError(f"it holds {name}, which is not a number")
        constants.append(name)

    content = read_bytes(path, again)
    try:
        found = files.decode(content, constant)
    except files.Unreadable as error:
        raise UsageError(complaint(path, content, str(error), again)) from error
    except ValueError as error:
        raise UsageError(f"{path} is not a result file: {error}. {again}") from error
    if repairs is not None:
        repairs += found.repairs
    return found.documents[0] if len(found.documents) == 1 else whole(path, found.documents)


def read_bytes(path: Path, again: str = AGAIN) -> bytes:
    try:
        return files.read(path)
    except IsADirectoryError as error:
        raise UsageError(
            f"{path} is a folder, not a result file. Name a file in it, X.json."
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path} cannot be read: {why}. {again}") from error


def complaint(path: Path, content: bytes, why: str, again: str) -> str:
    """What is said of a file without JSON: whose it is, where that can be seen."""
    theirs = of_text(content.decode("utf-8", "replace"))
    if theirs is not None:
        return f"{path} is {theirs.name}, not a result in JSON. {theirs.advice}"
    return f"{path} {why}. {again}"


def check_version(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or "convoy" not in document:
        theirs = of_document(document)
        if theirs is not None:
            raise UsageError(f"{path} is {theirs.name}, not a result of Convoy. {theirs.advice}")
        kind = "Google Benchmark's JSON without Convoy's part" if _is_google(document) else "JSON"
        raise UsageError(
            f"{path} is {kind}, not a result of Convoy: it has no `convoy` at the top. "
            "Give the X.json that `scripts/convoy run --json X.json` wrote"
            + (", not X.track.json." if path.name.endswith(".track.json") else ".")
        )
    convoy = document["convoy"]
    version = convoy.get("schema_version") if isinstance(convoy, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UsageError(
            f"{path} has schema version {version}, and this Convoy reads up to {SCHEMA_VERSION}. "
            "It was written by a newer Convoy: read it with that one, or `git pull` first."
        )


def check_schema(path: Path, document: Any, name: str) -> None:
    """Raises UsageError naming the first field that breaks the schema."""
    breach = first_breach(compile_schema(schema(name)), document)
    if breach is not None:
        raise UsageError(
            f"{path} breaks the result schema at {breach[0]}: {breach[1]}. {AGAIN}"
        )


def _is_google(document: Any) -> bool:
    return isinstance(document, dict) and "context" in document and "benchmarks" in document
