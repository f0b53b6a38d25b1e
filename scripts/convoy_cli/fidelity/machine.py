"""What a measurement was made on, and whether it could use all of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from typing import Any

from ..processors import models

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
            f"Measured on {allowed} of the machine's {cpus} CPUs, all that were allowed: more of "
            "them may behave differently (`taskset -pc $$` shows them)."
        )
