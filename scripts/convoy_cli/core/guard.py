"""Ends programs where we are killed ourselves, and holds interrupts back while one is started."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Optional

SAID = "stderr"  # the file in a session's folder where its programs' stderr goes
MARK = "CONVOY_RUN"  # in the environment of what a guard without such a file watches
# Nobody but one who was killed lets its end of the pipe go without a word. One who was killed just
# after it had started a process had no time to name it: then it is known by where its stderr goes,
# or by its mark. (That is so by then, for until it is another program it holds that end of the
# pipe, too.)
CODE = """
import os, shutil, signal, sys
def started(said, mark):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if said and os.path.samefile(f"/proc/{pid}/fd/2", said):
                yield os.getpgid(int(pid))
            elif mark and mark in open(f"/proc/{pid}/environ").read().split(chr(0)):
                yield os.getpgid(int(pid))
        except (OSError, ValueError):
            pass
if not sys.stdin.buffer.read(1):
    memory, said, mark, *folders = sys.argv[1:]
    group = int.from_bytes(os.pread(int(memory), 8, 0), "little")
    for each in [group] if group else set(started(said, mark)):
        try:
            os.killpg(each, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
"""


class Guard:
    """A process that sleeps until this one has ended, and wakes for nothing else meanwhile.

    So whom it watches is written to memory that both see, and not told. Used by whoever starts
    programs, from the main thread.
    """

    def __init__(self, said: Optional[Path] = None, folder: Optional[Path] = None) -> None:
        """`said` is where the stderr of whomever it watches goes, and of nobody else; without it
        they are to have `environment`. `folder` is removed as well, where we are killed."""
        self._group = os.memfd_create("convoy-guard")
        self._mark = "" if said else secrets.token_hex(16)
        known = [str(said or ""), f"{MARK}={self._mark}" if self._mark else ""]
        folders = [] if folder is None else [str(folder)]
        started = False
        try:
            with later():
                self._process = subprocess.Popen(
                    [sys.executable, "-S", "-c", CODE, str(self._group), *known, *folders],
                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    pass_fds=[self._group], start_new_session=True,
                )  # fmt: skip
                started = True
        except BaseException:
            if started:
                self.close()
            raise

    def environment(self, usual: Optional[Mapping[str, str]] = None) -> Optional[dict[str, str]]:
        """What a program is to be started with; None where it may as well inherit ours."""
        if not self._mark:
            return None if usual is None else dict(usual)
        return {**(os.environ if usual is None else usual), MARK: self._mark}

    def watch(self, group: int) -> None:
        """The process group that ends with us, in place of the one before; 0 is none."""
        os.pwrite(self._group, group.to_bytes(8, "little"), 0)

    def close(self) -> None:
        """Nothing is left to be ended."""
        self._process.communicate(b"x")
        os.close(self._group)


_session: Optional[Guard] = None


@contextmanager
def guarded(folder: Path, by_stderr: bool = False) -> Iterator[None]:
    """A guard for whatever `watch` names within; `folder` goes with a verb that is killed.

    `by_stderr`: their stderr goes to SAID in it. Else they have `marked` as their environment.
    """
    global _session
    guard = Guard(folder / SAID if by_stderr else None, folder)
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


def marked(usual: Optional[Mapping[str, str]] = None) -> Optional[dict[str, str]]:
    """The environment by which the session's guard knows a program."""
    if _session is not None:
        return _session.environment(usual)
    return None if usual is None else dict(usual)


@contextmanager
def later() -> Iterator[None]:
    """Holds an interrupt back until the child has a name: one without could not be ended."""
    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before[number] = signal.signal(number, lambda each, frame: came.append(each))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for each in came:
            signal.raise_signal(each)


@contextmanager
def bound(cpus: Optional[Collection[int]]) -> Iterator[None]:
    """Whoever is started within begins on these CPUs, as a child begins where its parent is.

    None: where the calling thread may be anyway.
    """
    before = os.sched_getaffinity(0)
    try:
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
        yield
    finally:
        if cpus is not None:
            os.sched_setaffinity(0, before)


@contextmanager
def heard() -> Iterator[int]:
    """A file that can be read once a signal has come, for those who sleep on others with select.

    The interpreter looks for signals before it goes to sleep. One that comes after that look and
    before the kernel's would wake nobody: nothing to do but wait on, until another one comes.
    """
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    main = threading.current_thread() is threading.main_thread()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False) if main else -1
    try:
        yield reader
    finally:
        if main:
            signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)


def forget(signals: int) -> None:
    """Empties what `heard` gave, once the handlers have run: it wakes for the next signal alone."""
    with suppress(BlockingIOError):
        os.read(signals, 1 << 10)
