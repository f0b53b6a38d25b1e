"""This machine: its processors, its quota of CPU time, and the facts that documents keep."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

# -------------------------------------------------------------------------------------------------
# What the kernel calls the processors of this machine.


def models() -> list[str]:
    """The model of each CPU; nothing where the kernel does not tell, as on ARM."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]


# -------------------------------------------------------------------------------------------------
# How many CPUs' time the control groups of this process allow, as the kernel keeps to it.

VERSION_1 = "cpu"  # the controller whose hierarchy has the quota
LEFT = ("cpu.cfs_quota_us", "cpu.cfs_period_us")


def quota(
    membership: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> Optional[float]:
    """The least of the process's group and those above it, in CPUs; None where there is none."""
    found: list[float] = []
    for folder in _folders(membership, root):
        allowed = _version_2(folder) or _version_1(folder)
        found += [] if allowed is None else [allowed]
    return min(found, default=None)


def below(cpus: Optional[float]) -> Optional[float]:
    """A quota that lets fewer CPUs run than this process may use; else None."""
    return cpus if cpus is not None and cpus < len(os.sched_getaffinity(0)) else None


def _folders(membership: Path, root: Path) -> Iterator[Path]:
    """The process's groups and their ancestors. A container may see its own as the root."""
    for line in _text(membership).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and VERSION_1 not in controllers.split(","):
            continue
        top = root / controllers if controllers else root
        group = top / path.lstrip("/")
        yield group
        for folder in group.parents:
            if folder == root.parent:
                break
            yield folder
        if controllers:
            yield root / VERSION_1


def _version_2(folder: Path) -> Optional[float]:
    words = _text(folder / "cpu.max").split()
    return _share(*words) if len(words) == 2 else None


def _version_1(folder: Path) -> Optional[float]:
    quota, period = (_text(folder / name).strip() for name in LEFT)
    return _share(quota, period)


def _share(quota: str, period: str) -> Optional[float]:
    if not (quota.isdigit() and period.isdigit()) or int(period) == 0:  # "max", or -1
        return None
    return int(quota) / int(period)


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError):
        return ""


# -------------------------------------------------------------------------------------------------
# What a measurement was made on, and whether it could use all of it.

Json = dict[str, Any]


def machine() -> Json:
    """As documents keep it; `cpus_allowed` are those that this process may use."""
    return {
        "kernel": platform.release(),
        "processor": processor(),
        "cpus": os.cpu_count() or 1,
        "cpus_allowed": len(os.sched_getaffinity(0)),
    }


def processor() -> str:
    found = models()
    return f"{len(found)} × {found[0]}" if found else platform.machine()


def narrowed(told: Json) -> Iterator[str]:
    """A sentence on a measurement that could use a part of the machine; older ones do not say."""
    cpus, allowed = told.get("cpus", 1), told.get("cpus_allowed")
    if allowed is not None and allowed < cpus:
        yield (
            f"Measured on {allowed} of the machine's {cpus} CPUs, all that are allowed: with more "
            "of them, results may differ (`taskset -pc $$` shows them)."
        )


# -------------------------------------------------------------------------------------------------
# The machine that a gate runs on, in a few facts.


def fingerprinted() -> Json:
    """Where it runs; the fingerprint is that of all the other facts."""
    found = models()
    facts: Json = {
        "cpu": found[0] if found else (platform.processor() or None),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "architecture": platform.machine(),
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    return {"fingerprint": digest.hexdigest()[:16], **facts}


# -------------------------------------------------------------------------------------------------
# Who used the CPUs meanwhile: this process, other programs, or the host of a virtual machine.


class Ticks(NamedTuple):
    """CPU time of all CPUs since they were started, in ticks of /proc/stat."""

    stolen: int
    total: int
    idle: int = 0  # with waits for disks
    own: float = 0.0  # of this process and of those of its children that have ended


def ticks() -> Optional[Ticks]:
    try:
        words = Path("/proc/stat").read_text("ascii").partition("\n")[0].split()[1:9]
    except OSError:
        return None
    counted = [int(word) for word in words]
    if len(counted) != 8:
        return None
    own = sum(os.times()[:4]) * os.sysconf("SC_CLK_TCK")
    return Ticks(counted[7], sum(counted), counted[3] + counted[4], own)


# Of the CPU time of a measurement: with more than that, others disturbed it.
MOST_FOREIGN, MOST_STOLEN = 0.1, 0.02


def disturbed(before: Optional[Ticks], after: Optional[Ticks]) -> bool:
    """Whether other programs or the host used too much of it in between."""
    others, host = foreign(before, after) or 0.0, stolen(before, after) or 0.0
    return others > MOST_FOREIGN or host > MOST_STOLEN


def stolen(before: Optional[Ticks], after: Optional[Ticks]) -> Optional[float]:
    """The share that the host took in between; None where too little passed to say."""
    if before is None or after is None or after.total <= before.total:
        return None
    return max(0, after.stolen - before.stolen) / (after.total - before.total)


def foreign(before: Optional[Ticks], after: Optional[Ticks]) -> Optional[float]:
    """The share that other programs of this machine used in between; None as above.

    Ticks count whole ones, so what each CPU may be wrong by is not counted against anybody.
    """
    if before is None or after is None or after.total <= before.total:
        return None
    total = after.total - before.total
    idle, host = after.idle - before.idle, after.stolen - before.stolen
    others = total - idle - host - (after.own - before.own) - 2 * (os.cpu_count() or 1)
    return min(1.0, max(0.0, others / total))
