"""Keeps one CPU busy while something else is measured."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# Ends by itself when its parent is gone, so that nothing can leave it behind.
SPIN = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
parent = os.getppid()
while os.getppid() == parent:
    sum(range(100_000))
"""


@contextlib.contextmanager
def one_core_loaded(wanted: bool = True) -> Iterator[None]:
    """A process that computes on the last CPU there is, for as long as the block lasts."""
    if not wanted:
        yield
        return
    cpu = max(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-S", "-c", SPIN, str(cpu)]) as spinner:
        try:
            yield
        finally:
            spinner.terminate()
