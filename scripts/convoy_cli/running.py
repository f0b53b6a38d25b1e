"""Runs a program to its end, and hands signals on to it."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Optional

from .errors import UsageError


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


def await_end(child: subprocess.Popen[Any]) -> int:
    """Its status, once it has ended: like its wait(), and no signal is slept through."""
    ended = os.pidfd_open(child.pid)
    try:
        with heard() as signals, selectors.DefaultSelector() as waiting:
            waiting.register(ended, selectors.EVENT_READ)
            waiting.register(signals, selectors.EVENT_READ)
            while ended not in [key.fd for key, _ in waiting.select()]:
                forget(signals)
    finally:
        os.close(ended)
    return child.wait()


def run(command: Sequence[str], advice: str, **how: Any) -> int:
    """The status of `command`, once it has ended. An interrupt ends it first, then this call.

    It gets a process group of its own: a Ctrl-C reaches it once, through here, so that it can
    finish what it is at and write what it has. A second one goes on to it too.
    """
    ended: Optional[BaseException] = None
    child: Optional[subprocess.Popen[Any]] = None
    status: Optional[int] = None
    while status is None:
        try:
            if child is None:
                with later():
                    child = subprocess.Popen(
                        list(command), stdin=subprocess.DEVNULL, process_group=0, **how
                    )
            status = await_end(child)
        except OSError as error:
            raise UsageError(f"{command[0]} cannot be run: {error.strerror}. {advice}") from error
        except (KeyboardInterrupt, SystemExit) as error:
            if child is None:
                raise
            ended = error
            child.send_signal(
                signal.SIGINT if isinstance(error, KeyboardInterrupt) else signal.SIGTERM
            )
    if ended is not None:
        raise ended
    return status if status >= 0 else 128 - status


def ask(command: Sequence[str], advice: str, limit_s: float = 60) -> str:
    """What a short program prints on stdout."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
            errors="replace", timeout=limit_s, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "strerror", None) or f"it has not ended within {limit_s:g} s"
        raise UsageError(f"{command[0]} cannot be run: {why}. {advice}") from error
    if done.returncode != 0:
        said = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise UsageError(f"`{' '.join(command)}` failed: {said}. {advice}")
    return done.stdout
