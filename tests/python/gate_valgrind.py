"""Whether instructions can be counted here: a valgrind that is installed may yet not work."""

from __future__ import annotations

import subprocess
from functools import cache

import pytest

# Much as the gate calls it. Valgrind does not know every CPU, and a container may forbid chrt.
TRIAL = ("chrt", "--batch", "0", "valgrind", "--tool=callgrind",
         "--callgrind-out-file=/dev/null", "true")  # fmt: skip


@cache
def works() -> bool:
    try:
        done = subprocess.run(TRIAL, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def skip_without() -> None:
    if not works():
        pytest.skip(f"instructions cannot be counted here: `{' '.join(TRIAL)}` fails")
