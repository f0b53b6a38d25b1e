"""A stored result as samples by name, and what it was measured on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

from .. import results, terminal
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
    read_as: list[str] = field(default_factory=list)  # what was strange about the file
    beside: dict[str, str] = field(default_factory=dict)  # of the machine, and no other machine
    named: bool = False  # somebody said which machine it was

    def add(self, name: str, measured: Measured) -> None:
        """Times of nought have no ratio."""
        if all(0 < time < math.inf for time in measured.times(measured.metric)):
            self.rows[name] = measured
        else:
            self.failed[name] = f"a sample's {measured.metric} is no time above nought"

    def name_machine(self, name: Optional[str]) -> None:
        """It was measured on this machine, whatever it says itself."""
        if name is not None:
            self.fingerprint, self.named = name, True
            self.facts["machine"], self.beside = {}, {}


def of_convoy(path: Path, document: Any) -> Stored:
    result = results.validated(path, document)
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
    return [*strange, f"taken for one machine, although they differ in {'; '.join(told)}"]


def differ(one: Optional[str], other: Optional[str]) -> bool:
    """Clock rates vary from one look to the next."""
    try:
        numbers = float(one or ""), float(other or "")
    except ValueError:
        return one != other
    return not abs(numbers[0] - numbers[1]) <= 0.1 * max(numbers)


def shown(value: Any) -> str:
    return "unknown" if value is None else terminal.plain(str(value), 60)
