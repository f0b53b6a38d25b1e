"""A stored result as samples by name, and what it was measured on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

from .. import results
from ..gate.calibrate import CPU, NO_CPU_WORK, REAL, SEVERAL, SINGLE
from ..rows import Row
from ..statistics import median

Json = dict[str, Any]

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

    def add(self, name: str, measured: Measured) -> None:
        """Times of nought have no ratio."""
        if all(0 < time < math.inf for time in measured.times(measured.metric)):
            self.rows[name] = measured
        else:
            self.failed[name] = f"a sample's {measured.metric} is no time above nought"


def of_convoy(path: Path) -> Stored:
    result = results.load(path)
    known = result.facts
    made = Stored(
        path, "Convoy", str(result.convoy["fingerprint"]),
        {group: {name: plain(known.get(name)) for name in names} for group, names in FACTS.items()},
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


def plain(value: Any) -> Any:
    """A fact that is not known has its reason beside it, which does not matter here."""
    return value["value"] if isinstance(value, Mapping) else value


def unlike(one: Stored, other: Stored) -> list[str]:
    """In what they differ that decides speed, each as a sentence's part; empty: in nothing."""
    if one.kind != other.kind:
        return [f"programs ({one.kind} and {other.kind})"]
    if one.fingerprint is not None and one.fingerprint == other.fingerprint:
        return []
    said = []
    for group, known in one.facts.items():
        beside = other.facts[group]
        names = [name for name in {**known, **beside} if differ(known.get(name), beside.get(name))]
        pairs = [f"{n}: {shown(known.get(n))} and {shown(beside.get(n))}" for n in names]
        if pairs:
            said.append(f"{group} ({'; '.join(pairs)})")
    if not said and one.fingerprint != other.fingerprint:
        said.append(f"fingerprint ({one.fingerprint} and {other.fingerprint})")
    return said


def differ(one: Any, other: Any) -> bool:
    """Clock rates vary from one look to the next."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) > 0.1 * max(one, other)
    return bool(one != other)


def shown(value: Any) -> str:
    text = "unknown" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
