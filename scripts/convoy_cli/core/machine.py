"""This machine: its processors, its quota of CPU time, and the facts that documents keep."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

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
