"""The second channel: the instructions of one iteration, counted by callgrind.

Every program made with Google Benchmark calls State::StartKeepRunning before the first iteration of
a loop and State::FinishKeepRunning after the last. Callgrind forgets what it has counted at the
one, and writes it down at the other: neither the start of the program, nor what a benchmark sets
up, nor the library's own work is in the count. Only where both symbols are stripped there is none.

What convoy-bench measures runs in processes and threads of its own. Each seat's measured round is a
function, whose end writes down what was counted since the seats came to its gate.
"""

from __future__ import annotations

import math
import re
import shutil
import statistics
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..errors import UsageError
from . import readings
from .calibrate import ONE, OWN_COUNT
from .family import Verdict
from .process import RunFailed, run
from .program import Program, only

Json = dict[str, Any]

COUNTABLE = 1_000_000  # fewer in a loop are not told from the loop itself
AIM = 4_000_000
STEADY = {False: 1e-4, True: 2e-4}  # how far counts of the same may lie apart; of several threads
SEVERAL = re.compile(r"/threads:\d|/workers:(?!1(?:/|$))\d")
EXACT = 1e-6  # who differs by more than this from itself waits now and then: one count tells little
AGAIN = 5  # counts of each build then; their median holds, and the middle ones show how steady
CHANGED = 0.005  # more than this is a change: counts have no noise worth the name
TRIAL = 1000  # iterations, to see how many it takes
SLOWNESS = 20.0  # of a program under callgrind, at most; for its limit
LONGER = "--benchmark_min_time=0.1"  # where the number of iterations cannot be given
LOOP = "benchmark::State::FinishKeepRunning"
GATE, ROUND = "convoy::Arena::pass_gate", "convoy::Crew::SeatRun::run_measured"
TRIGGERS = ("--zero-before=benchmark::State::StartKeepRunning*", f"--dump-before={LOOP}*",
            f"--dump-before={GATE}*", f"--dump-after={ROUND}*")  # fmt: skip
# What a loop calls for the first time is looked up before it, not within; and threads take turns,
# lest they wait more or less often as it happens. At a gate of convoy-bench they would spin.
CALLGRIND = ("env", "LD_BIND_NOW=1", "CONVOY_GATE=futex", "valgrind", "--tool=callgrind",
             "--fair-sched=yes")  # fmt: skip
TRIGGER = re.compile(r"^desc: Trigger: --dump-(?:before|after)=(.*)", re.MULTILINE)
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)
MEMORY = "slower without more instructions: memory, contention or layout"


class Count(NamedTuple):
    """Of the last loop of a process, or of the measured round of a crew."""

    total: int
    iterations: int
    threads: int
    is_round: bool = False  # of a crew, whose workers did so many operations each


NO_LOOP = Count(0, 0, 1)


class Plan(NamedTuple):
    """What both are told, and what a loop counts that hardly begins: to be taken off."""

    setting: str
    start: Count


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

    def compare(self, name: str, verdict: Optional[Verdict]) -> Json:
        """The base twice, the contender once; both more often where the base is not exact.

        `verdict` is what the times say.
        """
        try:
            plan = self.plan(name)
            bases = self.several(self.base, name, plan, 2)
            waits = apart(bases) > EXACT
            if waits:
                bases += self.several(self.base, name, plan, AGAIN - len(bases))
            others = self.several(self.contender, name, plan, AGAIN if waits else 1)
        except RunFailed as failure:
            return told(None, None, None, str(failure))
        first, other = statistics.median(bases), statistics.median(others)
        spread = max(apart(bases), apart(others))
        if spread > STEADY[SEVERAL.search(name) is not None]:
            return told(first, other, None, f"not steady: counts of one build lie "
                        f"{spread * 100:.2g} % apart")  # fmt: skip
        change = other / first - 1
        said = Verdict.SAME
        if abs(change) > CHANGED:
            said = Verdict.REGRESSED if change > 0 else Verdict.IMPROVED
        flat = verdict is Verdict.REGRESSED and said is Verdict.SAME
        return told(first, other, said, MEMORY if flat else None)

    def plan(self, name: str) -> Plan:
        """As few iterations as are countable: one if that is enough."""
        own = OWN_COUNT.search(name) is not None
        if own and not self.counted:
            return Plan("", NO_LOOP)
        one = self.count(self.base, name, fixed(1) if self.counted else ONE)
        if own and not one.is_round:
            return Plan("", NO_LOOP)
        if one.total >= COUNTABLE:
            return Plan(fixed(1) if self.counted else ONE, NO_LOOP)
        if not self.counted:
            return Plan(LONGER, one)
        trial = max(2, min(TRIAL, AIM // max(1, one.total)))
        several = self.count(self.base, name, fixed(trial))
        return Plan(fixed(math.ceil(AIM / max(1.0, beyond(several, one)))), one)

    def several(self, program: Program, name: str, plan: Plan, times: int) -> list[float]:
        return [self.each(program, name, plan) for _ in range(times)]

    def each(self, program: Program, name: str, plan: Plan) -> float:
        """Instructions an iteration."""
        seen = self.count(program, name, plan.setting)
        if seen.total < COUNTABLE:
            raise RunFailed(f"not countable: {seen.total} instructions are too few to tell")
        return beyond(seen, plan.start)

    def count(self, program: Program, name: str, setting: str) -> Count:
        """One process under callgrind. Raises RunFailed."""
        for old in program.folder.glob("callgrind.*"):
            old.unlink()
        out, result = program.folder / "callgrind.%p", program.folder / "out.json"
        result.unlink(missing_ok=True)
        words = [*CALLGRIND, f"--callgrind-out-file={out}",
                 *TRIGGERS, str(program.path), only(name),
                 f"--benchmark_out={result}", "--benchmark_out_format=json",
                 "--benchmark_repetitions=1", setting]  # fmt: skip
        ended = run([word for word in words if word], program.folder, SLOWNESS * program.limit_s,
                    program.cpus)  # fmt: skip
        if ended.status != 0:
            raise RunFailed(f"under callgrind {readings.why(ended, result, name)}")
        seen = readings.reading(readings.load(result), name)
        if not seen.iterations:
            raise RunFailed("not countable: it reports aggregates alone")
        parts = [*map(written, sorted(program.folder.glob("callgrind.*"), key=part_of))]
        rounds = [total for why, total in parts if why.startswith(ROUND)]
        if rounds:
            return Count(sum(rounds), seen.operations, seen.threads, is_round=True)
        loops = [total for why, total in parts if why.startswith(LOOP)]
        if not loops:
            raise RunFailed("not countable: the program has no symbols of Google Benchmark's loop")
        # A loop ends once in each thread.
        return Count(sum(loops[-seen.threads :]), seen.iterations, seen.threads)


def fixed(count: int) -> str:
    return f"--benchmark_min_time={count}x"


def apart(counts: list[float]) -> float:
    """How far the middle ones of some counts lie apart, as a share: of five, all but two."""
    inner = sorted(counts)[1:-1] if len(counts) > 3 else counts
    return (max(inner) - min(inner)) / statistics.median(counts)


def beyond(seen: Count, start: Count) -> float:
    """Instructions of each iteration that one has more than the other."""
    return (seen.total - start.total) / max(1, seen.iterations - start.iterations)


def part_of(file: Path) -> tuple[int, int]:
    """callgrind.PID.PART; the one without is what came after the last."""
    numbers = [int(word) for word in file.name.split(".")[1:] if word.isdigit()]
    return (numbers[0] if numbers else 0), (numbers[1] if len(numbers) > 1 else 1 << 30)


def written(file: Path) -> tuple[str, int]:
    """At which function it was written, or at none, and how many instructions there had been."""
    text = file.read_text("utf-8", "replace")
    why, total = TRIGGER.search(text), TOTALS.search(text)
    return why.group(1) if why else "", int(total.group(1)) if total else 0


def told(
    base: Optional[float], contender: Optional[float], verdict: Optional[Verdict],
    reason: Optional[str],
) -> Json:  # fmt: skip
    ratio = contender / base if base and contender is not None else None
    return {
        "base": base, "contender": contender, "ratio": ratio,
        "verdict": None if verdict is None else verdict.value, "reason": reason,
    }  # fmt: skip
