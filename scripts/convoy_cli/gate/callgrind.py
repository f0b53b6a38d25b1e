"""Calls a program under callgrind and reads what one loop of it took.

Every program made with Google Benchmark calls State::StartKeepRunning before the first iteration of
a loop and State::FinishKeepRunning after the last. Callgrind forgets what it has counted at the
one, and writes it down at the other: neither the start of the program, nor what a benchmark sets
up, nor the library's own work is in the count. Only where both symbols are stripped there is none.

What convoy-bench measures runs in processes and threads of its own. Each seat's measured round is a
function, whose end writes down what was counted since the seats came to its gate.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from . import readings
from .process import RunFailed, run
from .program import Program, only

SLOWNESS = 20.0  # of a program under callgrind, at most; for its limit
LOOP = "benchmark::State::FinishKeepRunning"
GATE, ROUND = "convoy::Arena::pass_gate", "convoy::Crew::SeatRun::run_measured"
TRIGGERS = ("--zero-before=benchmark::State::StartKeepRunning*", f"--dump-before={LOOP}*",
            f"--dump-before={GATE}*", f"--dump-after={ROUND}*")  # fmt: skip
# What a loop calls for the first time is looked up before it, not within. Threads take turns, lest
# they wait more or less often as it happens; at a gate of convoy-bench they would spin.
CALLGRIND = ("env", "LD_BIND_NOW=1", "CONVOY_GATE=futex", "valgrind", "--tool=callgrind",
             "--fair-sched=yes")  # fmt: skip
# How soon a thread wakes on another CPU decides who waits, and so does whether it preempts there.
ONE_CPU = ("chrt", "--batch", "0")
TRIGGER = re.compile(r"^desc: Trigger: --dump-(?:before|after)=(.*)", re.MULTILINE)
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)


class Count(NamedTuple):
    """Of the last loop of a process, or of the measured round of a crew."""

    total: int
    iterations: int
    threads: int
    is_round: bool = False  # of a crew, whose workers did so many operations each


class NotCountable(RunFailed):
    """It ran, and there is no count to judge by."""


NO_LOOP = Count(0, 0, 1)


def count(program: Program, name: str, setting: str, on_one_cpu: bool) -> Count:
    """One process under callgrind, with `setting` on its command line. Raises RunFailed."""
    for old in program.folder.glob("callgrind.*"):
        old.unlink()
    out, result = program.folder / "callgrind.%p", program.folder / "out.json"
    result.unlink(missing_ok=True)
    cpus = program.cpus
    if on_one_cpu:
        cpus = {max(cpus or os.sched_getaffinity(0))}
    words = [*(ONE_CPU if on_one_cpu else ()), *CALLGRIND, f"--callgrind-out-file={out}",
             *TRIGGERS, str(program.path), only(name),
             f"--benchmark_out={result}", "--benchmark_out_format=json",
             "--benchmark_repetitions=1", *setting.split()]  # fmt: skip
    ended = run(words, program.folder, SLOWNESS * program.limit_s, cpus, cwd=program.cwd)
    if ended.status != 0:
        raise RunFailed(f"under callgrind {readings.why(ended, result, name)}")
    seen = readings.reading(readings.load(result), name)
    if not seen.iterations:
        raise NotCountable("not countable: it reports aggregates alone")
    parts = [*map(written, sorted(program.folder.glob("callgrind.*"), key=part_of))]
    rounds = [total for why, total in parts if why.startswith(ROUND)]
    if rounds:
        return Count(sum(rounds), seen.operations, seen.threads, is_round=True)
    loops = [total for why, total in parts if why.startswith(LOOP)]
    if not loops:
        raise NotCountable("not countable: it has no symbols of Google Benchmark's loop")
    # A loop ends once in each thread.
    return Count(sum(loops[-seen.threads :]), seen.iterations, seen.threads)


def part_of(file: Path) -> tuple[int, int]:
    """callgrind.PID.PART; the one without is what came after the last."""
    numbers = [int(word) for word in file.name.split(".")[1:] if word.isdigit()]
    return (numbers[0] if numbers else 0), (numbers[1] if len(numbers) > 1 else 1 << 30)


def written(file: Path) -> tuple[str, int]:
    """At which function it was written, or at none, and how many instructions there had been."""
    text = file.read_text("utf-8", "replace")
    why, total = TRIGGER.search(text), TOTALS.search(text)
    return why.group(1) if why else "", int(total.group(1)) if total else 0
