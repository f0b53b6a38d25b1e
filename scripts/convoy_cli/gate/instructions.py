"""The second channel: the instructions of one iteration, counted by callgrind.

A count has hardly any noise, so it takes two of the base and one of the contender, and more only
where threads or processes wait for each other.
"""

from __future__ import annotations

import math
import re
import shutil
import statistics
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..errors import UsageError
from . import callgrind
from .calibrate import ONE, OWN_COUNT
from .callgrind import NO_LOOP, Count, NotCountable
from .family import Verdict
from .process import RunFailed, TooSlow
from .program import Program

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
            return told(None, None, None, "not countable: another benchmark has the same name")
        try:
            plan, bases = self.begin(name)
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

    def begin(self, name: str) -> tuple[Plan, list[float]]:
        """The plan and two counts of the base: on one CPU, unless it needs more."""
        self.on_one_cpu = True
        try:
            return self.attempt(name)
        except (NotCountable, TooSlow):
            raise
        except RunFailed:
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
            raise NotCountable(f"not countable: {seen.total} instructions are too few to tell")
        return beyond(seen, plan.start)

    def count(self, program: Program, name: str, setting: str) -> Count:
        """One process, with `setting` on its command line. Raises RunFailed."""
        return callgrind.count(program, name, setting, self.on_one_cpu)


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


def told(
    base: Optional[float], contender: Optional[float], verdict: Optional[Verdict],
    reason: Optional[str],
) -> Json:  # fmt: skip
    ratio = contender / base if base and contender is not None else None
    return {
        "base": base, "contender": contender, "ratio": ratio,
        "verdict": None if verdict is None else verdict.value, "reason": reason,
    }  # fmt: skip
