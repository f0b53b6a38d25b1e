"""Measures round by round, until every benchmark is decided or the budget is spent."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Optional, TypeVar

from ..core.machine import Ticks, foreign, stolen, ticks
from ..core.processes import Ended, ProcessFailed
from ..core.terminal import note, shows_status, status
from ..results.stored import CPU
from ..stats.family import Family, Round
from ..stats.samples import median
from ..stats.sign_test import Rules
from .program import AUTO, BudgetSpent, Plan, Program, Run, Skipped, plan_of

# -------------------------------------------------------------------------------------------------
# Who runs when: the three arms as a cyclic Latin square, the benchmarks in random order.

BASE, CONTENDER, CONTROL = "base", "contender", "control"
LETTERS = {"b": BASE, "c": CONTENDER, "B": CONTROL}
SQUARES = (("bcB", "cBb", "Bbc"), ("bBc", "Bcb", "cbB"))


def order_of_arms(seed: int, name: str, number: int) -> str:
    """The order of round `number` from 0: in each three rounds every arm is once at every place."""
    block, place = divmod(number, 3)
    drawn = random.Random(f"{seed}/arms/{name}/{block}")
    rows = list(drawn.choice(SQUARES))
    drawn.shuffle(rows)
    return rows[place]


def benchmarks(seed: int, names: Iterable[str], number: int) -> list[str]:
    """The same for the same seed and round, so that a session that goes on goes on alike."""
    shuffled = list(names)
    random.Random(f"{seed}/benchmarks/{number}").shuffle(shuffled)
    return shuffled


# -------------------------------------------------------------------------------------------------
# What disturbed a round, as the kernel tells it: flagged and counted, and kept all the same.
#
# A round of a benchmark is contaminated - if the host of a virtual machine took more than STEAL of
# the CPU time while the whole round ran,   of all benchmarks, and two ticks at least; - or if, of
# its three runs, one was kept waiting for a CPU for more than DELAY of its wall time, or
# preempted more than PREEMPTED times a second, each above twice the usual: the median of all runs
# of this benchmark up to then. A benchmark with more threads than CPUs always waits and is always
# preempted, which disturbs nobody.

STEAL = 0.02
DELAY = 0.05
PREEMPTED = 50.0  # a second
USUAL = 2.0


def host_disturbed(before: Optional[Ticks], after: Optional[Ticks]) -> bool:
    share = stolen(before, after)
    if before is None or after is None or share is None:
        return False
    return share > STEAL and after.stolen - before.stolen >= 2


def load1() -> Optional[float]:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


class Usual:
    """What is usual for one benchmark, and which rounds are out of line with it."""

    def __init__(self) -> None:
        self.delays: list[float] = []  # shares of the wall time
        self.rates: list[float] = []  # preemptions a second

    def disturbed(self, runs: list[Ended]) -> bool:
        """Takes the three runs of a round, and says whether one is out of line."""
        delays = [(run.run_delay_ns or 0) / 1e9 / max(run.wall_s, 1e-6) for run in runs]
        rates = [max(0, run.preempted - 1) / max(run.wall_s, 1e-3) for run in runs]
        self.delays += delays
        self.rates += rates
        return max(delays) > DELAY + USUAL * median(self.delays) or (
            max(rates) > PREEMPTED + USUAL * median(self.rates)
        )


# -------------------------------------------------------------------------------------------------
# A line on a terminal: rounds done, benchmarks decided and left, time left. Nothing elsewhere.


class Progress:
    """Used by the session between two runs; it writes to stderr and reads nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.shown = not quiet and shows_status()

    def show(self, words: str) -> None:
        if self.shown:
            status(words)

    def clear(self) -> None:
        if self.shown:
            status()

    def note(self, words: str) -> None:
        self.clear()
        if not self.quiet:
            note(words)


def left(seconds: float) -> str:
    """45 s, 3 min: no more digits than anybody can foretell."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def at_most(done: float, rounds: int, lasted_s: float, budget_s: Optional[float]) -> str:
    """How much longer it takes if nobody is decided before the last round; nothing at first."""
    bounds_s = [(rounds - done) * lasted_s / done] if done >= 1 else []
    bounds_s += [] if budget_s is None else [budget_s - lasted_s]
    return f", at most {left(max(0.0, min(bounds_s)))} left" if bounds_s else ""


# -------------------------------------------------------------------------------------------------
# Measures round by round, until every benchmark is decided or the budget is spent.

Json = dict[str, Any]
T = TypeVar("T")


class Failure(NamedTuple):
    """A benchmark that cannot be measured any more. `arm`: base or contender."""

    name: str
    arm: str
    reason: str


class Conditions(NamedTuple):
    """What stays the same all along."""

    base: Program
    contender: Program
    rules: Rules
    seed: int
    metric: str = AUTO
    budget_s: Optional[float] = None


@dataclass
class Session:
    """One gate from its first round to its verdicts. Whenever it is ended, `samples` hold every
    round that was finished; one that was not is nowhere."""

    conditions: Conditions
    family: Family
    plans: dict[str, Plan] = field(default_factory=dict)
    samples: dict[str, list[Json]] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    skipped: list[Failure] = field(default_factory=list)  # that the program itself leaves out
    stolen: list[float] = field(default_factory=list)  # a share each round
    foreign: list[float] = field(default_factory=list)  # a share each round
    load1: Optional[float] = None
    seconds: float = 0.0  # in earlier sessions that this one goes on with
    budget_spent: bool = False
    progress: Progress = field(default_factory=Progress)
    _usual: dict[str, Usual] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    @staticmethod
    def of(conditions: Conditions, names: Iterable[str]) -> Session:
        family = Family(names, conditions.rules)
        return Session(conditions, family, samples={name: [] for name in family.trials})

    @property
    def lasted_s(self) -> float:
        return self.seconds + time.monotonic() - self._began

    def calibrate(self) -> None:
        """Settles what each benchmark is told; whom the base cannot run is out."""
        if self.conditions.budget_s is not None:
            deadline = self._began + self.conditions.budget_s
            self.conditions.base.deadline = self.conditions.contender.deadline = deadline
        counted = self.conditions.base.counts and self.conditions.contender.counts
        names = [name for name in self.family.trials if name not in self.plans]
        for done, name in enumerate(names):
            self.progress.show(f"calibrating {done + 1}/{len(names)}: {name}")
            settle = partial(
                plan_of, self.conditions.base, name, counted, self.conditions.metric,
                self.conditions.contender,
            )  # fmt: skip
            try:
                self.settle(name, twice(settle))
            except BudgetSpent:
                self._give_up()
                return
            except Skipped as said:
                self._leave_out(name, BASE, str(said))
            except ProcessFailed as error:
                self._drop(name, BASE, str(error))

    def settle(self, name: str, plan: Plan) -> None:
        """Wall time may overrule CPU time, unless somebody has said which clock decides."""
        self.plans[name] = plan
        auto = self.conditions.metric == AUTO
        self.family.trials[name].watched = auto and plan.metric == CPU

    def _give_up(self) -> None:
        self.budget_spent = True
        self.family.close()

    def run(self, keep: Callable[[], None]) -> None:
        """`keep` is called after every round, to keep what there is."""
        longest_s = 0.0
        budget_s = self.conditions.budget_s
        try:
            while names := self.family.wanted():
                began = time.monotonic()
                if budget_s is not None and self._spent(began, longest_s, budget_s):
                    self._give_up()
                else:
                    self.round(names)
                    longest_s = max(longest_s, time.monotonic() - began)
                if budget_s is not None and not self.family.wanted():
                    self.family.press_on()
                keep()
        except BudgetSpent:
            self._give_up()
            keep()
        finally:
            self.conditions.base.deadline = self.conditions.contender.deadline = None
            self.progress.clear()

    def _spent(self, now: float, round_s: float, budget_s: float) -> bool:
        """Whether another round would end after the budget; what the first takes nobody knows."""
        return round_s > 0 and now - self._began + round_s > budget_s

    def round(self, names: list[str]) -> None:
        number = max(len(self.samples[name]) for name in names)
        before = ticks()
        taken: dict[str, Json] = {}
        for done, name in enumerate(benchmarks(self.conditions.seed, names, number)):
            self._show(number, done, len(names), name)
            sample = self._take(name, number)
            if sample is not None:
                taken[name] = sample
        after = ticks()
        share = stolen(before, after)
        self.stolen += [] if share is None else [share]
        others = foreign(before, after)
        self.foreign += [] if others is None else [others]
        self.load1 = max(filter(None, [self.load1, load1()]), default=None)
        disturbed = host_disturbed(before, after)
        for name, sample in taken.items():
            sample["contaminated"] = sample["contaminated"] or disturbed
            self.samples[name].append(sample)
        self.judge(taken)

    def judge(self, taken: dict[str, Json]) -> None:
        """Hands a round of some benchmarks on, by both clocks."""
        seen = {name: self.seen(name, sample) for name, sample in taken.items()}
        others = {name: self.seen(name, sample, True) for name, sample in taken.items()}
        timed = {name: other for name, other in others.items() if min(other) > 0}
        self.family.add(seen, timed)

    def seen(self, name: str, sample: Json, by_other: bool = False) -> Round:
        """By the clock that was settled, or by the other one."""
        by_cpu = (self.plans[name].metric == CPU) != by_other
        return Round(*(sample[arm]["cpu_ns" if by_cpu else "real_ns"] for arm in Round._fields))

    def _take(self, name: str, number: int) -> Optional[Json]:
        """The three runs of a round; None if one cannot be had, and then it is out."""
        arms = order_of_arms(self.conditions.seed, name, number)
        runs: dict[str, Run] = {}
        for letter in arms:
            arm = LETTERS[letter]
            try:
                runs[arm] = self._run(name, arm)
            except Skipped as said:
                self._leave_out(name, arm, str(said))
                return None
            except ProcessFailed as error:
                self._drop(name, arm, str(error))
                return None
        ended = [run.ended for run in runs.values()]
        disturbed = self._usual.setdefault(name, Usual()).disturbed(ended)
        return {
            **{arm: _sample(runs[arm]) for arm in Round._fields},
            "order": arms,
            "contaminated": disturbed,
        }

    def _run(self, name: str, arm: str) -> Run:
        """What cannot be a time by the clock that decides is a failure, too."""
        program = self.conditions.contender if arm == CONTENDER else self.conditions.base
        plan = self.plans[name]

        def once() -> Run:
            run = program.run(name, plan.setting)
            value = run.reading.cpu_ns if plan.metric == CPU else run.reading.real_ns
            if value <= 0:
                raise ProcessFailed(f"its {plan.metric} is {value:g}, so there is no ratio")
            return run

        return twice(once)

    def _leave_out(self, name: str, arm: str, reason: str) -> None:
        found = CONTENDER if arm == CONTENDER else BASE
        self.skipped.append(Failure(name, found, reason))
        self.progress.note(f"{name}: the {found} skips it: {reason}")
        self.family.drop(name)

    def _drop(self, name: str, arm: str, reason: str) -> None:
        """Puts a benchmark out. Where the base fails now, too, the contender is not to blame."""
        found = [Failure(name, CONTENDER if arm == CONTENDER else BASE, reason)]
        if arm == CONTENDER:
            try:
                self._run(name, BASE)
            except ProcessFailed as error:
                found.append(Failure(name, BASE, str(error)))
        for failure in found:
            self.progress.note(f"{name}: the {failure.arm} failed twice: {failure.reason}")
        self.failed += found
        self.family.drop(name)

    def _show(self, number: int, done: int, count: int, name: str) -> None:
        trials = self.family.trials.values()
        decided = sum(trial.verdict is not None for trial in trials)
        lasted_s = time.monotonic() - self._began
        most_s = at_most(
            number + done / count, self.conditions.rules.max_rounds, lasted_s,
            self.conditions.budget_s,
        )  # fmt: skip
        words = f"round {number + 1}, {decided} of {len(trials)} decided{most_s}: {name}"
        self.progress.show(words)


def twice(attempt: Callable[[], T]) -> T:
    """Whatever goes wrong once may have been chance."""
    try:
        return attempt()
    except Skipped:
        raise
    except ProcessFailed:
        return attempt()


def _sample(run: Run) -> Json:
    return {
        "cpu_ns": run.reading.cpu_ns, "real_ns": run.reading.real_ns,
        "iterations": run.reading.iterations, "preempted": run.ended.preempted,
        "run_delay_ns": run.ended.run_delay_ns,
    }  # fmt: skip
