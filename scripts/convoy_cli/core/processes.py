"""The one runner of child processes: each ends with its block, and none is left behind."""

from __future__ import annotations

import math
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, Optional

from .errors import UsageError
from .guard import SAID, Guard, bound, forget, heard, later, marked, watch

MOST_BYTES = 64 << 20
LAST_BYTES, LAST_LETTERS = 4096, 300
LAST_LINES = 3
GRACE_S = 15.0  # for a program that tidies up after itself when asked to end
LOOK_S = 1.0  # how often somebody looks how much it has printed to files

# What Google Benchmark prints before it begins, and valgrind at any time: no reason why something
# failed.
BANNER = re.compile(
    r"\d{4}-\d\d-\d\dT|Running \S|Run on \(|CPU Caches:|L\d [A-Z]|Load Average:|\*\*\*WARNING"
    r"|(==|--)\d+(==|--)"
)
# What Google Benchmark would read from the environment where the command line says nothing.
FLAGS = (
    "BENCHMARK_FILTER", "BENCHMARK_MIN_TIME", "BENCHMARK_MIN_WARMUP_TIME", "BENCHMARK_REPETITIONS",
    "BENCHMARK_ENABLE_RANDOM_INTERLEAVING", "BENCHMARK_REPORT_AGGREGATES_ONLY", "BENCHMARK_DRY_RUN",
    "BENCHMARK_OUT", "BENCHMARK_OUT_FORMAT", "BENCHMARK_LIST_TESTS", "BENCHMARK_PERF_COUNTERS",
)  # fmt: skip


class ProcessFailed(Exception):
    """A program did not do what it was called for; the message says in a few words why not."""


class TooSlow(ProcessFailed):
    """It did not end in time, and was killed."""


class Ended(NamedTuple):
    """How a process ended, and what the kernel counted of it."""

    status: int  # the exit code, or minus the signal that killed it
    wall_s: float
    preempted: int  # involuntary context switches of all its threads
    run_delay_ns: Optional[int]  # its first thread was ready to run and had no CPU
    last_words: str  # the last lines of stderr, in one
    out: bytes  # stdout, where it was asked for


class Process:
    """One program in a process group of its own; whatever ends the block ends the whole group.

    Used from the main thread, which it blocks. Where we are killed, a guard ends the group: that of
    the session (see guard.guarded), or one that is given. `grace_s`: how long the group may take to
    end by itself, once it is asked to. `how` is for subprocess.Popen.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cpus: Optional[Collection[int]] = None,
        guard: Optional[Guard] = None,
        grace_s: float = 0.0,
        **how: Any,
    ) -> None:
        self.command = list(command)
        self._cpus, self._guard, self._grace_s = cpus, guard, grace_s
        self._how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "process_group": 0, **how}
        if how.get("start_new_session"):
            del self._how["process_group"]
        self.preempted = 0  # once it has ended

    def __enter__(self) -> Process:
        started = False
        try:
            with later(), bound(self._cpus):
                self.child = subprocess.Popen(self.command, **self._how)
                self._watch(self.child.pid)
                self._ended = os.pidfd_open(self.child.pid)
                started = True
        except ValueError as problem:  # a NUL, or half a character
            raise ProcessFailed(f"it cannot be started with such a name: {problem}") from problem
        except OSError as problem:
            raise ProcessFailed(f"it cannot be started: {problem.strerror}") from problem
        except BaseException:
            if started:
                self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # The leader is not reaped before the end, so its group's number cannot be another's.
        try:
            if self._grace_s and not self.has_ended(0):
                self._signal(signal.SIGTERM)
                self.has_ended(self._grace_s)
        finally:
            self._signal(signal.SIGKILL)
            self._watch(0)
            _pid, status, usage = os.wait4(self.child.pid, 0)
            self.child.returncode = os.waitstatus_to_exitcode(status)
            self.preempted = int(usage.ru_nivcsw)
            os.close(self._ended)
            for stream in (self.child.stdout, self.child.stderr):
                if stream is not None:
                    stream.close()

    @property
    def status(self) -> int:
        """The exit code, or minus the signal that killed it; after the block."""
        return int(self.child.returncode)

    def has_ended(self, within_s: float) -> bool:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._ended, selectors.EVENT_READ)
            return bool(waiting.select(within_s))

    def wait(self, limit_s: float = math.inf, files: Sequence[BinaryIO] = ()) -> None:
        """Sleeps until it has ended; what it prints to `files` may not grow without end."""
        self._wait(limit_s, {}, files)

    def read(self, limit_s: float) -> tuple[bytes, bytes]:
        """What it prints until it ends; a process that it left behind is not waited for."""
        pipes: dict[int, bytearray] = {}
        for stream in (self.child.stdout, self.child.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            pipes[stream.fileno()] = bytearray()
        self._wait(limit_s, pipes, ())
        out, error = pipes.values()
        return bytes(out), bytes(error)

    def _wait(
        self, limit_s: float, pipes: Mapping[int, bytearray], files: Sequence[BinaryIO]
    ) -> None:
        deadline = time.monotonic() + limit_s
        most_s = LOOK_S if files else math.inf
        with heard() as signals, selectors.DefaultSelector() as waiting:
            for number in (signals, self._ended, *pipes):
                waiting.register(number, selectors.EVENT_READ)
            while True:
                left_s = min(most_s, max(0.0, deadline - time.monotonic()))
                events = waiting.select(None if left_s == math.inf else left_s)
                ready = [key.fd for key, _ in events]
                if signals in ready:
                    forget(signals)
                for number in ready:
                    if number in pipes and not take(number, pipes[number]):
                        waiting.unregister(number)
                if self._ended in ready:
                    for number, text in pipes.items():
                        while take(number, text):
                            pass
                    return
                if time.monotonic() >= deadline:
                    raise TooSlow(f"it timed out after {limit_s:g} s and was killed")
                if any(os.fstat(stream.fileno()).st_size > MOST_BYTES for stream in files):
                    raise _prints_too_much()

    def _watch(self, group: int) -> None:
        if self._guard is None:
            watch(group)
        else:
            self._guard.watch(group)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nobody is left but the dead
            os.killpg(self.child.pid, number)


def take(number: int, text: bytearray) -> bool:
    """Adds what there is to read; False where there is nothing, now or for ever."""
    try:
        part = os.read(number, 1 << 16)
    except BlockingIOError:
        return False
    text += part
    if len(text) > MOST_BYTES:
        raise _prints_too_much()
    return bool(part)


def _prints_too_much() -> ProcessFailed:
    return ProcessFailed(f"it was killed because it printed more than {MOST_BYTES >> 20} MiB")


def output(
    command: Sequence[str],
    limit_s: float,
    *,
    gently: bool = False,
    environment: Optional[Mapping[str, str]] = None,
    allowed: Sequence[int] = (0,),
) -> str:
    """What the program prints to stdout. Raises ProcessFailed; then it no longer runs either."""
    with Process(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=marked(environment),
        grace_s=GRACE_S if gently else 0.0, start_new_session=True,
    ) as process:  # fmt: skip
        out, error = process.read(limit_s)
    said = last_words(error, 1) or last_words(out, 1)
    if process.status not in allowed:
        raise ProcessFailed(f"{name_of(process.status)}{f': {said}' if said else ''}")
    return out.decode("utf-8", "replace")


def run(
    command: Sequence[str],
    folder: Path,
    limit_s: float,
    cpus: Optional[Collection[int]] = None,
    capture: bool = False,
    cwd: Optional[Path] = None,
) -> Ended:
    """Runs a benchmark program, and tells what disturbed it. Raises ProcessFailed.

    `cwd`: where it runs; None: where this process does.
    What it prints goes to files in `folder`, lest somebody has to wake up and read meanwhile.
    """
    environment = {key: value for key, value in os.environ.items() if key not in FLAGS}
    with open(folder / SAID, "w+b") as error, open(folder / "stdout", "w+b") as out:
        began = time.monotonic()
        with Process(
            command, cpus=cpus, env=environment, stderr=error, cwd=cwd,
            stdout=out if capture else subprocess.DEVNULL,
        ) as process:  # fmt: skip
            if cpus is not None:
                _check_pinned(process.child.pid, cpus)
            process.wait(limit_s, (error, out))
            wall_s = time.monotonic() - began
            delay_ns = _run_delay_ns(process.child.pid)
        out.seek(0)
        error.seek(max(0, error.seek(0, os.SEEK_END) - LAST_BYTES))
        said = last_words(error.read(), LAST_LINES)
        return Ended(
            process.status, wall_s, process.preempted, delay_ns, said, out.read(MOST_BYTES)
        )


def forward(command: Sequence[str], advice: str, **how: Any) -> int:
    """Runs a program in our place: its exit code, or 128 and the signal that killed it.

    Our signals go on to it, a Ctrl-C once and a second one too, so that it can finish what it is at
    and write what it has; then this call ends by the same signal. Where this process is killed, so
    is the program. Raises UsageError, ending in `advice`, where it cannot be started.
    """
    guard = Guard()
    ended: Optional[BaseException] = None
    try:
        with Process(command, guard=guard, env=guard.environment(), **how) as process:
            while not process.has_ended(0):
                try:
                    process.wait()
                except (KeyboardInterrupt, SystemExit) as error:
                    ended = error
                    process.child.send_signal(
                        signal.SIGINT if isinstance(error, KeyboardInterrupt) else signal.SIGTERM
                    )
    except ProcessFailed as failure:
        raise UsageError(f"{command[0]}: {failure}. {advice}") from failure
    finally:
        guard.close()
    if ended is not None:
        raise ended
    return process.status if process.status >= 0 else 128 - process.status


def shell(
    command: str, folder: Path, log: IO[bytes], environment: Mapping[str, str], grace_s: float
) -> int:
    """The status of a command for the shell that prints to `log`, the file of nobody else.

    What it leaves behind ends with it: it could write into a folder that somebody else uses then.
    """
    guard = Guard(Path(log.name))
    try:
        with Process(
            ["/bin/sh", "-c", command], guard=guard, grace_s=grace_s, cwd=folder, env=environment,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        ) as process:  # fmt: skip
            process.wait()
        return process.status
    finally:
        guard.close()


def _check_pinned(pid: int, cpus: Collection[int]) -> None:
    there = os.sched_getaffinity(pid)
    if there != set(cpus):
        listed = ",".join(map(str, sorted(there)))
        raise UsageError(f"--pin: the kernel put the program on the CPUs {listed}. Name those.")


def _run_delay_ns(pid: int) -> Optional[int]:
    """The second number of schedstat: how long it waited for a CPU."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[1])
    except (OSError, ValueError, IndexError):
        return None


def last_words(text: bytes, most: int) -> str:
    """The last lines that are not empty, in one: where most programs say what went wrong."""
    lines = text[-LAST_BYTES:].decode("utf-8", "replace").splitlines()
    told = [" ".join(line.split()) for line in lines]
    told = [line for line in told if line and not BANNER.match(line)]
    words = "".join(letter for letter in " / ".join(told[-most:]) if letter.isprintable())
    return words if len(words) <= LAST_LETTERS else f"…{words[-LAST_LETTERS:]}"


def name_of(status: int) -> str:
    """How it ended, in words; empty if well."""
    if status >= 0:
        return f"it ended with exit code {status}" if status else ""
    try:
        return f"it was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was killed by signal {-status}"
