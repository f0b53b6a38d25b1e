"""The shape of the machine a result comes from: packages, their cores, and the cores' PUs."""

from __future__ import annotations

import re
from typing import NamedTuple

from .rows import Result


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
