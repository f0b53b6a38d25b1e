"""The machine that a gate runs on, in a few facts."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from typing import Any

from ..processors import models

Json = dict[str, Any]


def machine() -> Json:
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
