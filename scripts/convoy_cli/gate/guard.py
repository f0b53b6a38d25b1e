"""Ends what the gate has started where the gate is killed itself, and can end nothing any more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from ..running import later

# Nobody but one who was killed lets its end of the pipe go without a word. One who was killed just
# after it had started a process had no time to name it: then it is known by where its stderr goes.
# (That is so by then, for until it is another program it holds that end of the pipe, too.)
CODE = """
import os, shutil, signal, sys
def started(said):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.path.samefile(f"/proc/{pid}/fd/2", said):
                yield os.getpgid(int(pid))
        except OSError:
            pass
if not sys.stdin.buffer.read(1):
    memory, said, *folders = sys.argv[1:]
    group = int.from_bytes(os.pread(int(memory), 8, 0), "little")
    for each in [group] if group else set(started(said)):
        try:
            os.killpg(each, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
"""
SAID = "stderr"  # the file in a session's folder where its programs' stderr goes


class Guard:
    """A process that sleeps until the gate has ended, and wakes for nothing else meanwhile.

    So whom it watches is written to memory that both see, and not told. Used by the controller.
    """

    def __init__(self, said: Path, folder: Optional[Path] = None) -> None:
        """`said` is where the stderr of whomever it watches goes, and of nobody else. `folder` is
        removed as well, where the gate is killed."""
        self._group = os.memfd_create("convoy-guard")
        folders = [] if folder is None else [str(folder)]
        with later():
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-c", CODE, str(self._group), str(said), *folders],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=[self._group], start_new_session=True,
            )  # fmt: skip

    def watch(self, group: int) -> None:
        """The process group that ends with the gate, in place of the one before; 0 is none."""
        os.pwrite(self._group, group.to_bytes(8, "little"), 0)

    def close(self) -> None:
        """Nothing is left to be ended."""
        self._process.communicate(b"x")
        os.close(self._group)


_session: Optional[Guard] = None


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """A guard for whatever `watch` names within; `folder` goes with a gate that is killed."""
    global _session
    guard = Guard(folder / SAID, folder)
    _session = guard
    try:
        yield
    finally:
        _session = None
        guard.close()


def watch(group: int) -> None:
    """What the session's guard is to end; does nothing where there is none."""
    if _session is not None:
        _session.watch(group)
