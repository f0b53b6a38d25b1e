"""What the kernel calls the processors of this machine."""

from __future__ import annotations

from pathlib import Path


def models() -> list[str]:
    """The model of each CPU; nothing where the kernel does not tell, as on ARM."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
