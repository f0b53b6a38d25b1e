"""A stored result, whichever program wrote it, as samples by name."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core.errors import UsageError
from ..core.terminal import plain
from ..core.units import TIMES_NS
from ..stats.samples import median
from . import load as reading, verdicts
from .load import GOOGLE, OPTIONS
from .rows import Row

# -------------------------------------------------------------------------------------------------
# A stored result as samples by name, and what it was measured on.

Json = dict[str, Any]

# The clocks of Google Benchmark, and which benchmarks compute in one thread nearly all the time.
CPU, REAL = "cpu_time", "real_time"
SINGLE = 0.9  # the share of the time on a CPU from which on it is taken for computing
SEVERAL = 1.1  # more than one CPU's time
NO_CPU_WORK = re.compile(r"/(?:threads:\d+|real_time|manual_time)(?:/|$)")
AGGREGATE = re.compile(r"_(?:mean|median|stddev|cv|BigO|RMS)$")
# What decides speed, so that results which differ in it are not compared: harness/machine/facts.
FACTS = {
    "compiler": ("compiler", "compiler_flags"),
    "build": ("build_type", "glibc_version"),
    "machine": (
        "cpu_model", "microcode", "governor", "boost", "smt", "hypervisor", "allowed_cpus",
        "topology_xml_hash", "kernel", "architecture", "cgroup_quota_cpus", "isolated_cpus", "aslr",
    ),
}  # fmt: skip


class Measured(NamedTuple):
    """The samples of one benchmark: the time of an iteration by both clocks."""

    cpu_ns: tuple[float, ...]
    real_ns: tuple[float, ...]
    metric: str  # the clock that decides

    def times(self, metric: str) -> tuple[float, ...]:
        return self.cpu_ns if metric == CPU else self.real_ns


@dataclass
class Stored:
    path: Path
    kind: str  # whose file it is, in words
    fingerprint: Optional[str]
    facts: dict[str, dict[str, Any]]  # by what they are of: machine, compiler, build
    created: Optional[str]
    commit: Optional[str]
    rows: dict[str, Measured] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)  # name: reason
    skipped: dict[str, str] = field(default_factory=dict)  # that the program itself left out
    # Of a benchmark that shares its name: what the program calls it, and how many so.
    alike: dict[str, tuple[str, int]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    read_as: list[str] = field(default_factory=list)  # what was strange about the file
    beside: dict[str, str] = field(default_factory=dict)  # of the machine, and no other machine
    named: bool = False  # somebody said which machine it was

    def add(self, name: str, measured: Measured) -> None:
        """Times of nought have no ratio."""
        if all(0 < time < math.inf for time in measured.times(measured.metric)):
            self.rows[name] = measured
        else:
            self.failed[name] = f"a sample's {measured.metric} is not above 0"

    def name_machine(self, name: Optional[str]) -> None:
        """It was measured on this machine, whatever it says itself."""
        if name is not None:
            self.fingerprint, self.named = name, True
            self.facts["machine"], self.beside = {}, {}


def of_convoy(path: Path, document: Any) -> Stored:
    result = reading.validated(path, document)
    known = result.facts
    made = Stored(
        path, "Convoy", str(result.convoy["fingerprint"]),
        {
            group: {name: known_value(known.get(name)) for name in names}
            for group, names in FACTS.items()
        },
        result.convoy["created"], result.fact("git_commit"),
    )  # fmt: skip
    for row in result.rows:
        made.add(row.name, measured(row))
    made.failed |= {failure.name: failure.reason for failure in result.failed}
    if result.interrupted:
        made.remarks.append(f"{path} was interrupted")
    return made


def measured(row: Row) -> Measured:
    """Wall time decides, but where one worker only computes."""
    cpu_ns = tuple(float(sample["cpu_time_ns"]) for sample in row.samples)
    alone = row.family == "cpu" and row.workers == 1 and computes(cpu_ns, row.times_ns)
    return Measured(cpu_ns, row.times_ns, CPU if alone else REAL)


def computes(cpu_ns: tuple[float, ...], real_ns: tuple[float, ...], name: str = "") -> bool:
    """Whether it does so in one thread nearly all the time, as the gate has it."""
    if not cpu_ns or min(cpu_ns) <= 0 or min(real_ns) <= 0 or NO_CPU_WORK.search(name):
        return False
    return SINGLE <= median(cpu_ns) / median(real_ns) <= SEVERAL


def known_value(value: Any) -> Any:
    """A fact that is not known has its reason beside it, which does not matter here."""
    return value["value"] if isinstance(value, Mapping) else value


def unlike(one: Stored, other: Stored) -> list[str]:
    """In what they differ that decides speed, each as a sentence's part; empty: in nothing."""
    if one.kind != other.kind:
        return [f"programs ({one.kind} and {other.kind})"]
    alike = one.fingerprint is not None and one.fingerprint == other.fingerprint
    if alike and not one.named:
        return []
    said = []
    for group, known in one.facts.items():
        beside = other.facts[group]
        names = [name for name in {**known, **beside} if known.get(name) != beside.get(name)]
        pairs = [f"{n}: {shown(known.get(n))} and {shown(beside.get(n))}" for n in names]
        if pairs:
            said.append(f"{group} ({'; '.join(pairs)})")
    if not said and one.fingerprint != other.fingerprint:
        said.append(f"fingerprint ({one.fingerprint} and {other.fingerprint})")
    return said


def remarks(one: Stored, other: Stored) -> list[str]:
    """What was strange about the files, and what of the machine differs and decides nothing."""
    strange = [*dict.fromkeys([*one.read_as, *other.read_as])]
    known = {key: (one.beside.get(key), other.beside.get(key)) for key in one.beside}
    differing = {key: pair for key, pair in known.items() if all(pair) and differ(*pair)}
    told = [f"{key}: {shown(a)} and {shown(b)}" for key, (a, b) in differing.items()]
    if not told:
        return strange
    return [*strange, f"treated as one machine, although they differ in {'; '.join(told)}"]


def differ(one: Optional[str], other: Optional[str]) -> bool:
    """Clock rates vary from one look to the next."""
    try:
        numbers = float(one or ""), float(other or "")
    except ValueError:
        return one != other
    return not abs(numbers[0] - numbers[1]) <= 0.1 * max(numbers)


def shown(value: Any) -> str:
    return "unknown" if value is None else plain(str(value), 60)


# -------------------------------------------------------------------------------------------------
# Holds what a Google Benchmark file lists to the types that its readers rely on.

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
        remarks.append(f"skipped in {path}: number {listed} of its list of benchmarks, {reason}")
    return document | {"benchmarks": entries}


def why_none(entry: Any) -> Optional[str]:
    """Why it is no benchmark."""
    if not isinstance(entry, dict):
        return f"{quoted(entry)} is not a benchmark"
    name = entry.get("run_name") or entry.get("name")
    if not isinstance(name, str) or not name:
        return f"its name is {quoted(name)}" if "name" in entry else "it has no name"
    for key in TEXTS:
        if not isinstance(entry.get(key, ""), str):
            return f"its {key} is {quoted(entry[key])}"
    return None


def fitted(entry: Json) -> Json:
    """The entry, with the reason if it has no time."""
    made = dict(entry)
    if not isinstance(made.get("name"), str):
        made["name"] = made["run_name"]
    unit = made.get("time_unit", "ns")
    if not isinstance(unit, str) or unit not in TIMES_NS:
        made["time_unit"] = unit = quoted(unit)
    if made.get("run_type", "iteration") != "iteration":
        return made
    for clock in CLOCKS:
        reason = unfit(clock, made.get(clock), TIMES_NS.get(unit))
        if reason is not None and not made.get("error_occurred") and not made.get("skipped"):
            made[UNFIT] = reason
    return made


def unfit(clock: str, time: Any, unit_ns: Optional[float]) -> Optional[str]:
    """Why it is no time. Nought is one: nobody computed, or nobody looked at that clock."""
    if time is None or unit_ns is None:
        return None  # which is told of anyway
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        return f"its {clock} is {quoted(time)}, not a number"
    value_ns = float(time) * unit_ns
    if math.isfinite(value_ns) and (value_ns == 0 or LEAST_NS <= value_ns <= MOST_NS):
        return None
    return f"its {clock} is {time:.6g}, which is not a valid time of a benchmark"


def quoted(value: Any) -> str:
    """A value in a few letters."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "an object"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = plain(str(value), 40)
    return f'the text "{text}"' if isinstance(value, str) else text


# -------------------------------------------------------------------------------------------------
# Reads what any Google Benchmark program wrote: every repetition is a sample.

MEDIAN = "median"  # one of the aggregates that the library reports of every benchmark


def is_google(document: Any) -> bool:
    """Google Benchmark's form without Convoy's part."""
    if not isinstance(document, dict) or "convoy" in document:
        return False
    return isinstance(document.get("benchmarks"), list)


def of_google(path: Path, document: Json) -> Stored:
    found = document.get("context")
    known: Json = found if isinstance(found, dict) else {}
    facts = reading.facts_of(known)
    made = Stored(
        path, "Google Benchmark", reading.fingerprint(facts), facts, text(known.get("date")),
        None, beside=reading.beside(known),
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
    names_of = distinct_names(repetitions, made)
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
        made.add(name, measured_rows(name, rows))
    for name, reasons in bad.items():
        if name not in samples:
            made.failed[name] = reasons[0]
            continue
        made.remarks.append(
            f"{plain(name)}: {len(reasons)} of {len(reasons) + len(samples[name])} repetitions in "
            f"{path} are skipped: {plain(reasons[0])}"
        )
    if not made.rows and not made.failed and not made.skipped:
        aggregates = "only aggregates" if entries else "no benchmark"
        raise UsageError(
            f"{path} holds {aggregates}, but samples are needed: run the program with `{OPTIONS}` "
            "and without --benchmark_report_aggregates_only, NEW.json being a new file."
        )
    told = {*made.rows, *made.failed, *made.skipped}
    alone = [plain(name) for name in summed_up if name not in told]
    if alone:
        made.remarks.append(
            f"skipped, because {path} has only aggregates of them and no samples: "
            f"{', '.join(alone)}"
        )
    made.remarks.append(
        f"the repetitions of {path} come from one process and share its memory layout"
    )
    return made


def name_of(entry: Json) -> str:
    return str(entry.get("run_name") or entry.get("name") or "")


def family(entry: Json) -> tuple[str, str]:
    """What tells benchmarks of one name apart, from version 1.5.4 on."""
    return str(entry.get("family_index")), str(entry.get("per_family_instance_index"))


def distinct_names(entries: list[Json], made: Stored) -> dict[tuple[str, tuple[str, str]], str]:
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
    if UNFIT in entry:
        return str(entry[UNFIT])
    if entry.get("error_occurred"):
        return f"it reports an error: {entry.get('error_message') or 'no reason'}"
    for clock in (CPU, REAL):
        time = entry.get(clock)
        if isinstance(time, bool) or not isinstance(time, (int, float)) or not math.isfinite(time):
            return f"it has no {clock}"
    return None if entry.get("time_unit", "ns") in TIMES_NS else "its time has an unknown unit"


def measured_rows(name: str, rows: list[Json]) -> Measured:
    units = [TIMES_NS[row.get("time_unit", "ns")] for row in rows]
    cpu_ns = tuple(float(row[CPU]) * unit for row, unit in zip(rows, units))
    real_ns = tuple(float(row[REAL]) * unit for row, unit in zip(rows, units))
    return Measured(cpu_ns, real_ns, CPU if computes(cpu_ns, real_ns, name) else REAL)


def text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) and value else None


# -------------------------------------------------------------------------------------------------
# Reads a stored result, whichever program wrote it.

AGAIN = f"Give a result of `scripts/convoy run`, or of a Google Benchmark program: {GOOGLE}"


def load(path: Path) -> Stored:
    """The file at `path`, read once. UsageError for anything but a result with its samples."""
    document, constants, repairs = read(path)
    return of_document(path, document, constants, repairs)


def read(path: Path) -> tuple[Any, list[str], list[str]]:
    """JSON, what in it is no number, and what is not JSON and was read all the same."""
    constants: list[str] = []
    repairs: list[str] = []
    return reading.read_json(path, constants, repairs, AGAIN), constants, repairs


def of_document(path: Path, document: Any, constants: list[str], repairs: list[str]) -> Stored:
    """What was read from `path`."""
    if verdicts.is_gate(document):
        raise UsageError(
            f"{path} is a gate file, which already holds two builds and their verdict. "
            f"`scripts/convoy history add {path}` keeps it."
        )
    if isinstance(document, dict) and "convoy_compare" in document:
        raise UsageError(
            f"{path} is what `compare --json` wrote: name the two files that it was made from."
        )
    if isinstance(document, dict) and "convoy_history" in document:
        raise UsageError(
            f"{path} is a line of a history, not a result: `scripts/convoy history show --file "
            f"{path}` shows it."
        )
    if path.name.endswith(".track.json"):
        raise UsageError(
            f"{path} has one median per benchmark, but samples are needed: they are in "
            f"{path.name.removesuffix('.track.json')}.json beside it."
        )
    theirs = reading.of_document(document)
    if theirs is not None:
        raise UsageError(f"{path} is {theirs.name}, which Convoy does not compare. {theirs.advice}")
    if isinstance(document, dict) and "convoy" in document:
        if constants:
            raise UsageError(
                f"{path} is not a result file: it holds {constants[0]}, which is not a number. "
                f"{reading.AGAIN}"
            )
        made = of_convoy(path, document)
    elif is_google(document):
        left_out: list[str] = []
        made = of_google(path, sound(path, document, left_out))
        made.read_as += left_out
    else:
        raise UsageError(f"{path} is JSON, but not a result: it has no list `benchmarks`. {AGAIN}")
    made.read_as[:0] = [f"{path} was read although {plain(repair)}" for repair in repairs]
    return made


def numbered(name: str, at: int, taken: Collection[str]) -> str:
    """What the benchmark is called that has `at` others of its name before it."""
    if not at:
        return name
    while (own := f"{name} ({at + 1})") in taken:
        at += 1
    return own
