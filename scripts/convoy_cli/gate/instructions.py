"""The second channel: the instructions of one iteration, counted by callgrind."""

from __future__ import annotations

import math
import os
import re
import shutil
import statistics
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core.errors import UsageError
from ..core.processes import ProcessFailed, TooSlow, run
from ..stats.family import Verdict
from .program import ONE, OWN_COUNT, Program, load_output, only, reading_of, why

# -------------------------------------------------------------------------------------------------
# Calls a program under callgrind and reads what one loop of it took.
#
# Every program made with Google Benchmark calls State::StartKeepRunning before the first iteration
# of a loop and State::FinishKeepRunning after the last. Callgrind forgets what it has counted at
# the one, and writes it down at the other: neither the start of the program, nor what a benchmark
# sets up, nor the library's own work is in the count. Only where both symbols are stripped there is
# none.
#
# What convoy-bench measures runs in processes and threads of its own. Each seat's measured round is
# a function, whose end writes down what was counted since the seats came to the start line.

SLOWNESS = 20.0  # of a program under callgrind, at most; for its limit
LOOP = "benchmark::State::FinishKeepRunning"
START_LINE, ROUND = "convoy::Arena::cross_start_line", "convoy::Crew::SeatRun::run_measured"
# Older builds, which may be a base, have these names for the start line and its variable.
OLD_START_LINE, OLD_VARIABLE = "convoy::Arena::pass_gate", "CONVOY_GATE"
TRIGGERS = ("--zero-before=benchmark::State::StartKeepRunning*", f"--dump-before={LOOP}*",
            f"--dump-before={START_LINE}*", f"--dump-before={OLD_START_LINE}*",
            f"--dump-after={ROUND}*")  # fmt: skip
# What a loop calls for the first time is looked up before it, not within. Threads take turns, lest
# they wait more or less often as it happens; at the start line of convoy-bench they would spin.
CALLGRIND = ("env", "LD_BIND_NOW=1", "CONVOY_START=futex", f"{OLD_VARIABLE}=futex", "valgrind",
             "--tool=callgrind", "--fair-sched=yes")  # fmt: skip
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


class NotCountable(ProcessFailed):
    """It ran, and there is no count to judge by."""


NO_LOOP = Count(0, 0, 1)


def count(program: Program, name: str, setting: str, on_one_cpu: bool) -> Count:
    """One process under callgrind, with `setting` on its command line. Raises ProcessFailed."""
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
        raise ProcessFailed(f"under callgrind {why(ended, result, name)}")
    seen = reading_of(load_output(result), name)
    if not seen.iterations:
        raise NotCountable("not countable: it reports only aggregates")
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


# -------------------------------------------------------------------------------------------------
# The second channel: the instructions of one iteration, counted by callgrind.
#
# A count has hardly any noise, so it takes two of the base and one of the contender, and more only
# where threads or processes wait for each other.

Json = dict[str, Any]

COUNTABLE = 1_000_000  # fewer in a loop are not told from the loop itself
AIM = 4_000_000
STEADY = {False: 1e-4, True: 2e-4}  # how far counts of the same may lie apart; of several threads
SEVERAL = re.compile(r"/threads:\d|/workers:(?!1(?:/|$))\d")
EXACT = 1e-6  # who differs by more than this from itself waits now and then: one count tells little
AGAIN = 5  # counts of each build then; their median holds, and the middle ones show how steady
CHANGED = 0.005  # more than this is a change: counts have no noise worth the name
TRIAL = 1000  # iterations, to see how many it takes
# Where the number of iterations cannot be given: so long, or what it takes, or the longest.
SHORT_S, ENOUGH, LONGEST_S = 0.1, 1.5 * COUNTABLE, 3.0
# One iteration that is not the first: the first starts threads whose stacks the others reuse.
ANOTHER = f"{ONE} --benchmark_repetitions=2"
MEMORY = "slower without more instructions: memory, contention or layout"


class Plan(NamedTuple):
    """What both are told, and what a loop counts that hardly begins: to be taken off."""

    setting: str
    start: Count
    longer: Optional[str] = None  # told instead where that is not enough to count


class Counter:
    """Counts both programs; used after the times, by the controller alone."""

    def __init__(self, base: Program, contender: Program) -> None:
        if shutil.which("valgrind") is None:
            raise UsageError(
                "--instructions needs valgrind. Type `sudo apt-get install valgrind`, or "
                "`scripts/bootstrap gate`."
            )
        self.base, self.contender = base, contender
        self.counted = base.counts and contender.counts
        self.on_one_cpu = True

    def compare(self, name: str, verdict: Optional[Verdict]) -> Json:
        """The base twice, the contender once; both more often where the base is not exact.

        `verdict` is what the times say.
        """
        if self.base.shared_name(name) or self.contender.shared_name(name):
            return entry(None, None, None, "not countable: another benchmark has the same name")
        try:
            plan, bases = self.begin(name)
            waits = apart(bases) > EXACT
            if waits:
                bases += self.several(self.base, name, plan, AGAIN - len(bases))
            others = self.several(self.contender, name, plan, AGAIN if waits else 1)
        except ProcessFailed as failure:
            return entry(None, None, None, str(failure))
        first, other = statistics.median(bases), statistics.median(others)
        spread = max(apart(bases), apart(others))
        if spread > STEADY[SEVERAL.search(name) is not None]:
            return entry(first, other, None, "not stable: counts of one build lie "
                        f"{spread * 100:.2g} % apart")  # fmt: skip
        change = other / first - 1
        said = Verdict.SAME
        if abs(change) > CHANGED:
            said = Verdict.REGRESSED if change > 0 else Verdict.IMPROVED
        flat = verdict is Verdict.REGRESSED and said is Verdict.SAME
        return entry(first, other, said, MEMORY if flat else None)

    def begin(self, name: str) -> tuple[Plan, list[float]]:
        """The plan and two counts of the base: on one CPU, unless it needs more."""
        self.on_one_cpu = True
        try:
            return self.attempt(name)
        except (NotCountable, TooSlow):
            raise
        except ProcessFailed:
            self.on_one_cpu = False
            return self.attempt(name)

    def attempt(self, name: str) -> tuple[Plan, list[float]]:
        plan = self.plan(name)
        return plan, self.several(self.base, name, plan, 2)

    def plan(self, name: str) -> Plan:
        """As few iterations as are countable: one if that is enough."""
        own = OWN_COUNT.search(name) is not None
        if own and not self.counted:
            return Plan("", NO_LOOP)
        single = fixed(1) if self.counted else ONE
        one = self.count(self.base, name, single)
        if own and not one.is_round:
            return Plan("", NO_LOOP)
        if one.total >= COUNTABLE:
            return Plan(single, NO_LOOP)
        if not self.counted:
            return self.plan_time(name)
        trial = max(2, min(TRIAL, AIM // max(1, one.total)))
        several = self.count(self.base, name, fixed(trial))
        return Plan(fixed(math.ceil(AIM / max(1.0, beyond(several, one)))), one)

    def plan_time(self, name: str) -> Plan:
        """For a version that takes no number of iterations, and runs some before those counted."""
        start = self.count(self.base, name, ANOTHER)
        short = self.count(self.base, name, lasting(SHORT_S))
        needed = max(SHORT_S, SHORT_S * ENOUGH / max(1, short.total))
        if needed >= LONGEST_S:
            return Plan(lasting(LONGEST_S), start)
        return Plan(lasting(needed), start, longer=lasting(LONGEST_S))

    def several(self, program: Program, name: str, plan: Plan, times: int) -> list[float]:
        return [self.each(program, name, plan) for _ in range(times)]

    def each(self, program: Program, name: str, plan: Plan) -> float:
        """Instructions an iteration."""
        seen = self.count(program, name, plan.setting)
        if seen.total < COUNTABLE and plan.longer is not None:
            # The machine has become busier since the plan was made: less is done in that time.
            seen = self.count(program, name, plan.longer)
        if seen.total < COUNTABLE:
            raise NotCountable(f"not countable: {seen.total} instructions are too few to compare")
        return beyond(seen, plan.start)

    def count(self, program: Program, name: str, setting: str) -> Count:
        """One process, with `setting` on its command line. Raises ProcessFailed."""
        return count(program, name, setting, self.on_one_cpu)


def fixed(count: int) -> str:
    return f"--benchmark_min_time={count}x"


def lasting(seconds: float) -> str:
    return f"--benchmark_min_time={seconds:.3g}"


def apart(counts: list[float]) -> float:
    """How far the middle ones of some counts lie apart, as a share: of five, all but two."""
    inner = sorted(counts)[1:-1] if len(counts) > 3 else counts
    return (max(inner) - min(inner)) / statistics.median(counts)


def beyond(seen: Count, start: Count) -> float:
    """Instructions of each iteration that one has more than the other."""
    return (seen.total - start.total) / max(1, seen.iterations - start.iterations)


def entry(
    base: Optional[float], contender: Optional[float], verdict: Optional[Verdict],
    reason: Optional[str],
) -> Json:  # fmt: skip
    ratio = contender / base if base and contender is not None else None
    return {
        "base": base, "contender": contender, "ratio": ratio,
        "verdict": None if verdict is None else verdict.value, "reason": reason,
    }  # fmt: skip
