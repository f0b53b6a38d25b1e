"""Runs a program with limits on its time and on what it prints, and leaves no process behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Optional

from ..running import forget, heard, later, marked, watch

MOST_BYTES = 64 << 20
LAST_WORDS = 4096
GRACE_S = 15.0  # for a program that tidies up after itself when asked to end


class ChildFailed(Exception):
    """A program did not do what it was called for; the message says in a few words why not."""


class Child:
    """One program in a session of its own, whose process group ends with the block.

    Used from the main thread, which it blocks; whatever ends the block, an interrupt too, ends the
    processes. Within `running.guarded` they also end where we are killed.
    """

    def __init__(
        self, command: Sequence[str], environment: Optional[Mapping[str, str]], gently: bool
    ) -> None:
        self.command = list(command)
        self.environment = None if environment is None else dict(environment)
        self.gently = gently

    def __enter__(self) -> Child:
        started = False
        try:
            with later():
                self.process = subprocess.Popen(
                    self.command,
                    env=marked(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
                watch(self.process.pid)
                self.ended = os.pidfd_open(self.process.pid)
                started = True
        except OSError as error:
            raise ChildFailed(f"it cannot be started: {error.strerror}") from error
        except BaseException:
            if started:
                self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.gently and not self.has_ended(0):
                self.process.send_signal(signal.SIGTERM)
                self.has_ended(GRACE_S)
        finally:
            # The leader is not waited for yet, so its group's number cannot be another's.
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.process.kill()
            watch(0)  # before the number may be another's
            self.process.wait()
            os.close(self.ended)
            for stream in (self.process.stdout, self.process.stderr):
                if stream is not None:
                    stream.close()

    def has_ended(self, within_s: float) -> bool:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.ended, selectors.EVENT_READ)
            return bool(waiting.select(within_s))

    def read(self, limit_s: float) -> tuple[bytes, bytes]:
        """What it prints until it ends; a process that it left behind is not waited for."""
        deadline = time.monotonic() + limit_s
        printed: dict[int, bytearray] = {}
        with heard() as signals, selectors.DefaultSelector() as waiting:
            waiting.register(signals, selectors.EVENT_READ)
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                os.set_blocking(stream.fileno(), False)
                waiting.register(stream, selectors.EVENT_READ)
                printed[stream.fileno()] = bytearray()
            waiting.register(self.ended, selectors.EVENT_READ)
            while True:
                ready = [key.fd for key, _ in waiting.select(max(0.0, deadline - time.monotonic()))]
                if signals in ready:
                    forget(signals)
                for number in ready:
                    if number in printed and not take(number, printed[number]):
                        waiting.unregister(number)
                if self.ended in ready:
                    for number, text in printed.items():
                        while take(number, text):
                            pass
                    break
                if not ready or time.monotonic() > deadline:
                    raise ChildFailed(f"it had not ended after {limit_s:.0f} s, and was killed")
        out, error = printed.values()
        return bytes(out), bytes(error)


def take(number: int, text: bytearray) -> bool:
    """Adds what there is to read; False where there is nothing, now or for ever."""
    try:
        part = os.read(number, 1 << 16)
    except BlockingIOError:
        return False
    text += part
    if len(text) > MOST_BYTES:
        raise ChildFailed(f"it printed more than {MOST_BYTES >> 20} MiB, and was killed")
    return bool(part)


def run(
    command: Sequence[str],
    limit_s: float,
    *,
    gently: bool = False,
    environment: Optional[Mapping[str, str]] = None,
    allowed: Sequence[int] = (0,),
) -> str:
    """What the program prints to stdout. Raises ChildFailed, and then it no longer runs either."""
    with Child(command, environment, gently) as child:
        out, error = child.read(limit_s)
    status = child.process.returncode
    said = last_line(error) or last_line(out)
    if status not in allowed:
        raise ChildFailed(f"{name_of(status)}{f': {said}' if said else ''}")
    return out.decode("utf-8", "replace")


def last_line(text: bytes) -> str:
    """The last line that is not empty: where most programs say what went wrong."""
    lines = text[-LAST_WORDS:].decode("utf-8", "replace").strip().splitlines()
    words = "".join(letter for letter in lines[-1] if letter.isprintable()) if lines else ""
    return words if len(words) <= 300 else f"{words[:300]}…"


def name_of(status: int) -> str:
    if status >= 0:
        return f"it ended with exit code {status}"
    try:
        return f"it was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was killed by signal {-status}"
