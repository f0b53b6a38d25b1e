"""Runs a program with limits on its time and on what it says, and leaves no process behind."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Optional

from .errors import UsageError
from .processes import SAID, bound, forget, heard, later, marked, watch

# -------------------------------------------------------------------------------------------------
# Runs a program with limits on its time and on what it prints, and leaves no process behind.

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


def output(
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


# -------------------------------------------------------------------------------------------------
# One process to its end: alone in its group, with a limit, and with what disturbed it.

LAST_BYTES = 4096
LAST_LINES = 3
# What Google Benchmark says before it begins, and valgrind at any time: no reason why something
# failed.
BANNER = re.compile(
    r"\d{4}-\d\d-\d\dT|Running \S|Run on \(|CPU Caches:|L\d [A-Z]|Load Average:|\*\*\*WARNING"
    r"|(==|--)\d+(==|--)"
)
LOOK_S = 1.0  # how often somebody looks how much it has said
# What Google Benchmark would read from the environment where the command line says nothing.
FLAGS = (
    "BENCHMARK_FILTER", "BENCHMARK_MIN_TIME", "BENCHMARK_MIN_WARMUP_TIME", "BENCHMARK_REPETITIONS",
    "BENCHMARK_ENABLE_RANDOM_INTERLEAVING", "BENCHMARK_REPORT_AGGREGATES_ONLY", "BENCHMARK_DRY_RUN",
    "BENCHMARK_OUT", "BENCHMARK_OUT_FORMAT", "BENCHMARK_LIST_TESTS", "BENCHMARK_PERF_COUNTERS",
)  # fmt: skip


class RunFailed(Exception):
    """A program did not do what it was called for; the message says why in a few words."""


class BudgetSpent(Exception):
    """There is no time left to do it, or to end it."""


class TooSlow(RunFailed):
    """It did not end in time, and was killed."""


class Ended(NamedTuple):
    """How a process ended, and what the kernel counted of it."""

    status: int  # the exit code, or minus the signal that killed it
    wall_s: float
    preempted: int  # involuntary context switches of all its threads
    run_delay_ns: Optional[int]  # its first thread was ready to run and had no CPU
    last_words: str  # the last lines of stderr, in one
    out: bytes  # stdout, where it was asked for


def run(
    command: Sequence[str],
    folder: Path,
    limit_s: float,
    cpus: Optional[Collection[int]] = None,
    capture: bool = False,
    cwd: Optional[Path] = None,
) -> Ended:
    """Blocks until it has ended. Whatever ends this call ends its whole group, too.

    `cwd`: where it runs; None: where this process does.
    What it says goes to files in `folder`, lest somebody has to wake up and read meanwhile.
    """
    with open(folder / SAID, "w+b") as error, open(folder / "stdout", "w+b") as out:
        began = time.monotonic()
        child: Optional[subprocess.Popen[bytes]] = None
        delay_ns: Optional[int] = None
        preempted = 0
        try:
            with later():
                child = _start(command, error, out if capture else None, cpus, cwd)
                watch(child.pid)
            if cpus is not None:
                _check_pinned(child.pid, cpus)
            _await_end(child.pid, limit_s, (error, out))
            wall_s = time.monotonic() - began
            delay_ns = _run_delay_ns(child.pid)
        finally:
            if child is not None:
                preempted = _end(child)
        return Ended(child.returncode, wall_s, preempted, delay_ns, _last_words(error), _all(out))


def _start(
    command: Sequence[str],
    error: BinaryIO,
    out: Optional[BinaryIO],
    cpus: Optional[Collection[int]],
    cwd: Optional[Path],
) -> subprocess.Popen[bytes]:
    environment = {key: value for key, value in os.environ.items() if key not in FLAGS}
    try:
        with bound(cpus):
            return subprocess.Popen(
                list(command), env=environment, stdin=subprocess.DEVNULL, stderr=error,
                stdout=subprocess.DEVNULL if out is None else out, process_group=0, cwd=cwd,
            )  # fmt: skip
    except ValueError as problem:  # a NUL, or half a character
        raise RunFailed(f"it cannot be started with such a name: {problem}") from problem
    except OSError as problem:
        raise RunFailed(f"it cannot be started: {problem.strerror}") from problem


def _check_pinned(pid: int, cpus: Collection[int]) -> None:
    there = os.sched_getaffinity(pid)
    if there != set(cpus):
        listed = ",".join(map(str, sorted(there)))
        raise UsageError(f"--pin: the kernel put the program on the CPUs {listed}. Name those.")


def _await_end(pid: int, limit_s: float, said: Sequence[BinaryIO]) -> None:
    """Sleeps until it has ended; it is not reaped, so that its number stays its own."""
    deadline = time.monotonic() + limit_s
    handle = os.pidfd_open(pid)
    try:
        with heard() as signals, selectors.DefaultSelector() as waiting:
            waiting.register(handle, selectors.EVENT_READ)
            waiting.register(signals, selectors.EVENT_READ)
            while True:
                left_s = max(0.0, min(LOOK_S, deadline - time.monotonic()))
                if handle in [key.fd for key, _ in waiting.select(left_s)]:
                    return
                forget(signals)
                if time.monotonic() >= deadline:
                    raise TooSlow(f"it had not ended after {limit_s:g} s, and was killed")
                if max(os.fstat(stream.fileno()).st_size for stream in said) > MOST_BYTES:
                    raise RunFailed(f"it said more than {MOST_BYTES >> 20} MiB, and was killed")
    finally:
        os.close(handle)


def _run_delay_ns(pid: int) -> Optional[int]:
    """The second number of schedstat: how long it waited for a CPU."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _end(child: subprocess.Popen[bytes]) -> int:
    """Kills what is left of its group, reaps it, and says how often it was preempted."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left but the dead
    watch(0)  # before the number may be another's
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return int(usage.ru_nivcsw)


def _all(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read(MOST_BYTES)


def _last_words(stream: BinaryIO) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - LAST_BYTES))
    lines = stream.read().decode("utf-8", "replace").splitlines()
    told = [" ".join(line.split()) for line in lines]
    told = [line for line in told if line and not BANNER.match(line)]
    words = " / ".join(told[-LAST_LINES:])
    words = "".join(letter for letter in words if letter.isprintable())
    return words if len(words) <= 300 else f"…{words[-300:]}"


def name_of(status: int) -> str:
    """How it ended, in words; empty if well."""
    if status >= 0:
        return f"it ended with exit code {status}" if status else ""
    try:
        return f"it was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was killed by signal {-status}"
