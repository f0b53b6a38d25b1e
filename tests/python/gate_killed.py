"""A gate that is killed as soon as it has started a process, before it can do anything else."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from fidelity_stand import is_gone

DYING = """
import os, signal, subprocess, sys
begin = subprocess.Popen.__init__
def begin_and_die(self, command, *words, **how):
    begin(self, command, *words, **how)
    if command[0] == sys.argv[1]:
        os.write(1, str(self.pid).encode())
        os.kill(os.getpid(), signal.SIGKILL)
subprocess.Popen.__init__ = begin_and_die
"""


def leaves_nothing(program: str, code: str, words: Sequence[object]) -> bool:
    """Whether `program` ends with the Python that runs `code`, whose sys.argv ends with `words`,
    and that is killed once it has started `program`."""
    done = subprocess.run(
        [sys.executable, "-c", DYING + code, program, *map(str, words)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, stdout=subprocess.PIPE,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done
    group = int(done.stdout)
    gone = is_gone(group)
    if not gone:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    return gone
