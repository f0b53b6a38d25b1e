"""The machine that a gate runs on, in a few facts."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def machine() -> Json:
    """Where it runs; the fingerprint is that of all the other facts."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    facts: Json = {
        "cpu": models[0] if models else (platform.processor() or None),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "architecture": platform.machine(),
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    return {"fingerprint": digest.hexdigest()[:16], **facts}
