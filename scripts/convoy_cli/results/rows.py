"""What a result file holds, as objects: the result, its rows, and the machine's cores."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core.units import Interval
from ..stats.samples import median
from .names import NARROWING

# -------------------------------------------------------------------------------------------------
# What a result file holds, as objects: the result, its rows, their samples and placements.

Json = Mapping[str, Any]
Axis = tuple[str, str]  # "parameter" or "", and the name


@dataclass(frozen=True)
class SeatPlacement:
    seat: int
    cpus: tuple[int, ...]
    read_back: Optional[tuple[int, ...]]
    read_back_end: Optional[tuple[int, ...]]

    @property
    def held(self) -> bool:
        """Whether the kernel said what was asked for, at the start and at the end."""
        return bool(self.cpus) and self.read_back == self.cpus == self.read_back_end


@dataclass(frozen=True)
class Latency:
    kind: str
    count: int
    buckets: tuple[tuple[float, float, int], ...]


# The part of a CPU that a peer may use before it is what is measured.
PEER_LIMITS = 0.9


class Ceiling(NamedTuple):
    """The most that a benchmark's own parameters allow."""

    per_second: float
    set_by: str  # workers, cpus, lock or load


@dataclass(frozen=True)
class Row:
    """One benchmark with all its samples. `raw` is the row as the file has it."""

    name: str
    workload: str
    family: str
    experiment: bool  # nobody chooses a model for their work by it
    model: str
    gil: str
    place: str
    workers: int
    carriers: Optional[int]
    peer: Optional[str]
    parameters: Json
    converged: bool
    pinned: bool
    checksum: Optional[str]
    answer: str
    placement: tuple[SeatPlacement, ...]
    latency: Optional[Latency]
    samples: tuple[Json, ...]
    raw: Json

    @property
    def disturbed(self) -> bool:
        """Whether too few samples were undisturbed to go by those alone."""
        return bool(self.raw.get("disturbed", False))

    @cached_property
    def counted(self) -> tuple[Json, ...]:
        """The samples that the row's numbers are of: undisturbed ones where there are enough."""
        good = tuple(sample for sample in self.samples if not sample.get("disturbed"))
        return good if good and not self.disturbed else self.samples

    @cached_property
    def times_ns(self) -> tuple[float, ...]:
        """Wall time of one operation, a number a sample that counts."""
        return tuple(float(sample["real_time_ns"]) for sample in self.counted)

    @property
    def lost_per_million(self) -> list[float]:
        """Updates lost of a million, a number a sample that counts; empty where none tells."""
        kept = (sample.get("lost_per_million") for sample in self.counted)
        return [float(lost) for lost in kept if lost is not None]

    @cached_property
    def figures(self) -> dict[str, list[float]]:
        """What the workload reports itself, a number a sample that counts and has one."""
        names = dict.fromkeys(name for each in self.counted for name in each.get("figures", ()))
        found = {
            name: [float(value) for each in self.counted
                   if (value := each.get("figures", {}).get(name)) is not None]
            for name in names
        }  # fmt: skip
        return {name: values for name, values in found.items() if values}

    @cached_property
    def by_pass(self) -> dict[int, float]:
        """The same by the pass each was taken in, for comparisons of rows pass by pass."""
        return {sample["pass"]: float(sample["real_time_ns"]) for sample in self.counted}

    @cached_property
    def median_ns(self) -> float:
        return median(self.times_ns)

    @cached_property
    def interval_ns(self) -> Optional[Interval]:
        """The 95 % interval of the median, as the file has it."""
        kept = self.raw["interval_ns"]
        return None if kept is None else Interval(*kept)

    @property
    def peer_cpu_share(self) -> Optional[float]:
        """How busy the peer was; None without one, and in files that do not tell."""
        share = self.raw.get("peer_cpu_share")
        return None if share is None else float(share)

    @property
    def ceiling(self) -> Optional[Ceiling]:
        """None where the parameters say nothing about it, and in files that do not tell."""
        told = self.raw.get("ceiling")
        return None if told is None else Ceiling(told["operations_per_second"], told["set_by"])

    @property
    def runtime_version(self) -> Optional[str]:
        """Of the library or interpreter that did the workers' job; None where Convoy did."""
        told = self.raw.get("runtime")
        return None if told is None else str(told["version"])

    @property
    def peer_limits(self) -> bool:
        """Whether the row tells how quick the peer is, not the workers."""
        return (self.peer_cpu_share or 0.0) > PEER_LIMITS

    @cached_property
    def series(self) -> str:
        """The model, with what it was told besides: carriers, interpreters, an engine, stacks."""
        return series_of(self.model, self.name, self.carriers)

    @cached_property
    def variant(self) -> tuple[Any, ...]:
        """What two rows must agree in for their models to be compared."""
        narrowed = tuple(self.setting(axis) or "" for axis in NARROWING)
        return (self.place, self.peer or "", tuple(sorted(self.parameters.items())), narrowed)

    @cached_property
    def axes(self) -> dict[Axis, Any]:
        """All that a row was told besides model, lock and workers."""
        found: dict[Axis, Any] = {
            ("parameter", name): value for name, value in self.parameters.items()
        }
        found |= {("", "place"): self.place, ("", "peer"): self.peer}
        return found | {("", axis): self.setting(axis) for axis in NARROWING}

    def setting(self, key: str) -> Optional[str]:
        """What the name says of an axis that has no field of its own."""
        return self._settings.get(key)

    @cached_property
    def _settings(self) -> dict[str, str]:
        return settings_of(self.name)


@dataclass(frozen=True)
class Unfinished:
    """A benchmark for which the machine has no room."""

    name: str
    workload: str
    model: str
    gil: str
    workers: int
    reason: str

    @property
    def series(self) -> str:
        return series_of(self.model, self.name)

    @property
    def cause(self) -> str:
        """The reason without what to do about it."""
        return self.reason.partition("; use fewer")[0]


@dataclass(frozen=True)
class Failure:
    name: str
    reason: str
    at_pass: int
    samples: int


@dataclass(frozen=True)
class Result:
    """A validated result file. `document` is all of it, as read.

    `rows` are those that did not fail: a wrong answer makes the time it took worthless. `runtimes`
    are those of other libraries and interpreters at the same job, which stand beside them and are
    no model that one could choose.
    """

    path: Path
    rows: tuple[Row, ...]
    failed: tuple[Failure, ...]
    document: Json
    unfinished: tuple[Unfinished, ...] = ()
    runtimes: tuple[Row, ...] = ()

    @property
    def every_row(self) -> tuple[Row, ...]:
        return (*self.rows, *self.runtimes)

    @cached_property
    def by_workload(self) -> dict[str, tuple[Row, ...]]:
        """The rows of each workload, in the file's order."""
        found: dict[str, list[Row]] = {}
        for each in self.rows:
            found.setdefault(each.workload, []).append(each)
        return {workload: tuple(rows) for workload, rows in found.items()}

    @property
    def convoy(self) -> Json:
        return self.document["convoy"]  # type: ignore[no-any-return]

    @property
    def facts(self) -> Json:
        return self.convoy["facts"]  # type: ignore[no-any-return]

    @property
    def interrupted(self) -> bool:
        return bool(self.convoy["interrupted"])

    @property
    def findings(self) -> list[Json]:
        """What `doctor` found when the run began; empty in files that do not tell."""
        return list(self.convoy.get("findings", ()))

    @property
    def disturbance(self) -> Optional[Json]:
        """How much of the run was disturbed, and by what; None in files that do not tell."""
        return self.convoy.get("disturbance")

    def only(self, wanted: Callable[[str], bool]) -> Result:
        """The same with those rows alone whose names are wanted."""
        rows = tuple(each for each in self.rows if wanted(each.name))
        unfinished = tuple(each for each in self.unfinished if wanted(each.name))
        return replace(self, rows=rows, unfinished=unfinished)

    def fact(self, *names: str) -> Any:
        """The first of these facts that is known, else None."""
        for name in names:
            value = self.facts.get(name)
            if value is not None and not isinstance(value, Mapping):
                return value
        return None


def settings_of(name: str) -> dict[str, str]:
    return dict(part.partition(":")[::2] for part in name.split("/"))


def series_of(model: str, name: str, carriers: Optional[int] = None) -> str:
    parts = [model]
    if (carriers or 1) > 1:
        parts.append(f"{carriers} carriers")
    settings = settings_of(name)
    if (interpreters := settings.get("interpreters")) is not None:
        parts.append(f"{interpreters} interpreters")
    if engine := settings.get("engine"):
        parts.append(engine)
    if stack := settings.get("stack"):
        parts.append(f"stacks of {stack}")
    return ", ".join(parts)


def placements(raw: Optional[list[Json]]) -> tuple[SeatPlacement, ...]:
    return tuple(
        SeatPlacement(
            entry["seat"],
            tuple(entry["cpus"]),
            None if entry["read_back"] is None else tuple(entry["read_back"]),
            None if entry["read_back_end"] is None else tuple(entry["read_back_end"]),
        )
        for entry in raw or ()
    )


def row(raw: Json) -> Row:
    latency = raw["latency"]
    return Row(
        name=raw["name"],
        workload=raw["workload"],
        family=raw["family"],
        # Files written before it was kept had no experiments but those with locks.
        experiment=raw.get("experiment", raw["family"] == "gil"),
        model=raw["model"],
        gil=raw["gil"],
        place=raw["place"],
        workers=raw["workers"],
        carriers=raw["carriers"],
        peer=raw["peer"],
        parameters=raw["parameters"],
        converged=raw["converged"],
        pinned=raw["pinned"],
        checksum=raw["checksum"],
        answer=raw["answer"],
        placement=placements(raw["placement"]),
        latency=None
        if latency is None
        else Latency(
            latency["kind"],
            latency["count"],
            tuple((low, high, count) for low, high, count in latency["buckets"]),
        ),
        samples=tuple(raw["samples"]),
        raw=raw,
    )


# -------------------------------------------------------------------------------------------------
# The shape of the machine a result comes from: packages, their cores, and the cores' PUs.


class Core(NamedTuple):
    package: int
    pus: tuple[int, ...]


def cores(result: Result) -> list[Core]:
    """The machine's cores, PUs by the kernel's numbers.

    From the fact `topology_synthetic`, hwloc's synthetic description; where it is missing or of no
    use, every CPU that is named anywhere counts as a core of its own.
    """
    named = set(cpus_named(result))
    described = from_synthetic(str(result.fact("topology_synthetic") or ""))
    if described and named <= {pu for core in described for pu in core.pus}:
        return described
    count = result.document["context"]["num_cpus"]
    return [Core(0, (cpu,)) for cpu in sorted(named | set(range(count)))]


def cpus_named(result: Result) -> list[int]:
    found = cpu_set(str(result.fact("allowed_cpus") or ""))
    return found + [cpu for row in result.rows for seat in row.placement for cpu in seat.cpus]


def cpu_set(text: str) -> list[int]:
    """The CPUs of a list as the kernel writes it: `0-3,8`."""
    found: list[int] = []
    for low, high in re.findall(r"(\d+)(?:-(\d+))?", text):
        found += range(int(low), int(high or low) + 1)
    return found


def from_synthetic(text: str) -> list[Core]:
    """`Package:2 L3Cache:1 Core:8 PU:2(indexes=...)`: counts are each within the level above."""
    levels = re.findall(r"(?<!\[)\b([A-Za-z][A-Za-z0-9]*):(\d+)(\([^)]*\))?", text)
    counts = {"package": 1, "core": 1, "pu": 1}
    total, seen_core, indexes = 1, False, ""
    for kind, number, more in levels:
        name = kind.lower()
        if name in ("numanode", "numa") and f"[{kind}" in text:
            continue
        if name in ("socket",):
            name = "package"
        total *= int(number)
        if name in counts:
            counts[name] = total
        seen_core = seen_core or name == "core"
        if name == "pu":
            indexes = more
    if counts["pu"] < 1 or not levels or levels[-1][0].lower() != "pu" or total > 4096:
        return []
    core_count = counts["core"] if seen_core else counts["pu"]
    order = pu_indexes(indexes, counts["pu"])
    each = counts["pu"] // core_count
    return [
        Core(i * counts["package"] // core_count, tuple(order[i * each : (i + 1) * each]))
        for i in range(core_count)
    ]


def pu_indexes(text: str, count: int) -> list[int]:
    """The kernel's numbers in hwloc's order: a list, or loops `step*length:...`, or 0, 1, 2 ..."""
    found = re.search(r"indexes=([0-9,]+)\b(?!\*)", text)
    if found:
        listed = [int(word) for word in found.group(1).split(",") if word]
        if sorted(set(listed)) == sorted(listed) and len(listed) == count:
            return listed
    order, weight = [0] * count, 1
    for step, length in re.findall(r"(\d+)\*(\d+)", text):
        order = [
            number + (place // int(step)) % int(length) * weight
            for place, number in enumerate(order)
        ]
        weight *= int(length)
    return order if sorted(order) == list(range(count)) else list(range(count))
