"""Judges many benchmarks at once, look by look: who is done, who needs more rounds, who changed.

Knows no program and no clock: rounds go in, verdicts come out. The gate feeds it live, the study
feeds it recordings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Optional

from ..core.units import Interval
from . import sign_test
from .sign_test import Rules, Span, is_futile


class Verdict(str, Enum):
    """What is said of a benchmark, and of all of them together."""

    REGRESSED = "REGRESSED"
    IMPROVED = "IMPROVED"
    SAME = "SAME"
    INCONCLUSIVE = "INCONCLUSIVE"
    ENVIRONMENT = "ENVIRONMENT"


class Round(NamedTuple):
    """What each arm took in one round, in one unit. `control` is the base's program once more: what
    the base is held against, and a second run to hold the contender against."""

    base: float
    contender: float
    control: float

    @property
    def difference(self) -> Span:
        return Span.of(*(math.log(self.contender / one) for one in (self.base, self.control)))

    @property
    def apart(self) -> Span:
        apart = math.log(self.control / self.base)
        return Span(apart, apart)


class Flag(NamedTuple):
    """A difference that was seen, and has to be seen again on fresh rounds."""

    verdict: Verdict  # REGRESSED, IMPROVED, or ENVIRONMENT for the control
    sign: int  # +1: slower, -1: faster


@dataclass
class Trial:
    """One benchmark: its rounds, and how far its judgement is."""

    name: str
    differences: list[Span] = field(default_factory=list)  # ln(contender / base), both runs of it
    controls: list[Span] = field(default_factory=list)  # ln(control / base), which is one
    flag: Optional[Flag] = None
    searched: int = 0  # the rounds before the flag; the fresh ones come after them
    verdict: Optional[Verdict] = None
    confirmed: bool = False
    # The same by the other clock, where it is known of every round.
    others: list[Span] = field(default_factory=list)
    other_controls: list[Span] = field(default_factory=list)
    watched: bool = False  # whether the other clock, wall time, may overrule the one that decides
    overruled: Optional[Verdict] = None  # what was found before it did, or was about to
    by_other: bool = False  # whether it decides now
    futile: bool = False  # given up early, as more rounds would hardly decide it
    pressed: bool = False  # to the last round all the same
    error: float = 0.0  # of the interval: that of the look at which it stopped
    chances: dict[Verdict, float] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        return len(self.differences)

    @property
    def estimate(self) -> float:
        """The median difference; a ratio by `math.exp`."""
        return sign_test.estimate(self.differences)

    @property
    def interval(self) -> Interval:
        return sign_test.interval(self.differences, self.error)

    @property
    def control_estimate(self) -> float:
        return sign_test.estimate(self.controls)

    @property
    def control_interval(self) -> Interval:
        return sign_test.interval(self.controls, self.error)

    @property
    def other_interval(self) -> Optional[Interval]:
        """Of the difference by the other clock; None where that is not known."""
        if not self.others or len(self.others) < self.rounds:
            return None
        return sign_test.interval(self.others, self.error)

    def add(self, seen: Round, other: Optional[Round] = None) -> None:
        """By the clock that was settled; `other`: the same round by the other one."""
        decides, beside = (other, seen) if self.by_other else (seen, other)
        for series, controls, one in (
            (self.differences, self.controls, decides), (self.others, self.other_controls, beside),
        ):  # fmt: skip
            if one is not None:
                series.append(one.difference)
                controls.append(one.apart)

    def exchange_clocks(self) -> None:
        self.differences, self.others = self.others, self.differences
        self.controls, self.other_controls = self.other_controls, self.controls
        self.by_other = not self.by_other

    def fresh(self, series: list[Span]) -> list[Span]:
        return series[self.searched :]


class Family:
    """All benchmarks of a session. Those undecided have the same number of rounds at every look."""

    def __init__(self, names: Iterable[str], rules: Rules = Rules()) -> None:
        self.rules = rules
        self.trials = {name: Trial(name) for name in names}
        self._looked = 0

    def wanted(self) -> list[str]:
        """Whom another round is wanted of; empty once all are decided."""
        return [trial.name for trial in self.trials.values() if trial.verdict is None]

    def add(self, seen: dict[str, Round], others: Optional[dict[str, Round]] = None) -> None:
        """Takes one round of each wanted benchmark, and judges where a look is due.

        `others`: by the clock that does not decide, of those for which it is known.
        """
        for name, one in seen.items():
            self.trials[name].add(one, (others or {}).get(name))
        for trial in self._undecided():
            if trial.flag is not None:
                self._confirm(trial)
        searching = [trial for trial in self._undecided() if trial.flag is None]
        looks = self.rules.looks
        if searching and searching[0].rounds == looks[self._looked]:
            self._look(searching, self._looked)
            self._looked += 1

    def press_on(self) -> bool:
        """Takes those up again that were given up early and came furthest. False: there is none.

        For who has time left when all others are decided.
        """
        given_up = [
            trial
            for trial in self.trials.values()
            if trial.futile and trial.verdict is Verdict.INCONCLUSIVE
        ]
        rounds = max((trial.rounds for trial in given_up), default=0)
        if rounds not in self.rules.looks:
            return False
        for trial in (trial for trial in given_up if trial.rounds == rounds):
            trial.verdict, trial.futile, trial.pressed = None, False, True
        self._looked = self.rules.looks.index(rounds) + 1
        return True

    def drop(self, name: str) -> None:
        """Forgets a benchmark that cannot be measured any more."""
        del self.trials[name]

    def close(self) -> None:
        """The budget is spent: whoever is undecided stays so."""
        for trial in self._undecided():
            if trial.overruled is not None:
                trial.exchange_clocks()
            self._end(trial, Verdict.INCONCLUSIVE)

    def _undecided(self) -> list[Trial]:
        return [trial for trial in self.trials.values() if trial.verdict is None]

    def _look(self, searching: list[Trial], look: int) -> None:
        share = self.rules.shares[look]
        for trial in searching:
            trial.error = self.rules.error * share
            for flag, chance in self._chances(trial).items():
                trial.chances[flag.verdict] = min(
                    trial.chances.get(flag.verdict, 1.0), chance / share
                )
        for verdict in (Verdict.ENVIRONMENT, Verdict.REGRESSED, Verdict.IMPROVED):
            # Whoever is decided keeps the chance it had: the family is all of them, not the rest.
            everyone = [trial.chances.get(verdict, 1.0) for trial in self.trials.values()]
            found = sign_test.discoveries(everyone, self.rules.search)
            for trial, discovered in zip(self.trials.values(), found):
                if discovered and trial.verdict is None and trial.flag is None:
                    self._raise(trial, verdict)
        for trial in (trial for trial in searching if trial.flag is None):
            interval = trial.interval
            if self._within(interval):
                self._stop(trial, Verdict.SAME)
            elif trial.rounds >= self.rules.max_rounds:
                self._stop(trial, Verdict.INCONCLUSIVE)
            elif not trial.pressed and is_futile(
                trial.estimate, interval, trial.rounds, self.rules
            ):
                trial.futile = True
                self._stop(trial, Verdict.INCONCLUSIVE)

    def _chances(self, trial: Trial) -> dict[Flag, float]:
        bound = math.log1p(self.rules.noise)
        slower = sign_test.p_above(trial.controls, bound)
        faster = sign_test.p_below(trial.controls, -bound)
        sign = 1 if slower <= faster else -1
        return {
            Flag(Verdict.REGRESSED, 1): sign_test.p_above(trial.differences, bound),
            Flag(Verdict.IMPROVED, -1): sign_test.p_below(trial.differences, -bound),
            Flag(Verdict.ENVIRONMENT, sign): min(1.0, 2 * min(slower, faster)),
        }

    def _raise(self, trial: Trial, verdict: Verdict) -> None:
        sign = {Verdict.REGRESSED: 1, Verdict.IMPROVED: -1}.get(verdict, 0)
        if sign == 0:
            sign = 1 if trial.control_estimate > 0 else -1
        trial.flag = Flag(verdict, sign)
        trial.searched = trial.rounds

    def _confirm(self, trial: Trial) -> None:
        """Judges the fresh rounds: half as many as were searched, as many, and at last twice."""
        assert trial.flag is not None
        series = trial.controls if trial.flag.verdict is Verdict.ENVIRONMENT else trial.differences
        fresh = trial.fresh(series)
        half = max(1, trial.searched // 2)
        if len(fresh) not in (half, trial.searched, 2 * trial.searched):
            return
        bound = math.log1p(self.rules.noise)
        seen = fresh if trial.flag.sign > 0 else sign_test.mirrored(fresh)
        if sign_test.p_above(seen, bound) <= self.rules.confirming:
            trial.confirmed = True
            self._stop(trial, trial.flag.verdict)
        elif len(fresh) == 2 * trial.searched and trial.overruled is not None:
            trial.exchange_clocks()
            trial.confirmed = trial.overruled in (Verdict.REGRESSED, Verdict.IMPROVED)
            self._end(trial, trial.overruled)
        elif len(fresh) == 2 * trial.searched:
            # The chance hit is not thrown out of what is told, but the fresh rounds alone decide.
            apart = sign_test.interval(trial.fresh(trial.differences), trial.error)
            self._stop(
                trial, Verdict.SAME if self._within(apart) else Verdict.INCONCLUSIVE
            )

    def _within(self, interval: Interval) -> bool:
        bound = math.log1p(self.rules.same)
        return -bound <= interval.low and interval.high <= bound

    def _stop(self, trial: Trial, verdict: Verdict) -> None:
        """Decided, unless wall time moved otherwise: then that has to be seen on fresh rounds."""
        moved = self._moved(trial)
        if moved is None or trial.overruled is not None or verdict in (moved, Verdict.ENVIRONMENT):
            self._end(trial, verdict)
            return
        trial.overruled, trial.confirmed = verdict, False
        trial.exchange_clocks()
        trial.flag = Flag(moved, 1 if moved is Verdict.REGRESSED else -1)
        trial.searched = trial.rounds

    def _moved(self, trial: Trial) -> Optional[Verdict]:
        """What a watched clock says by itself: by its interval, and by more than the noise."""
        interval = trial.other_interval if trial.watched else None
        if interval is None:
            return None
        bound = math.log1p(self.rules.noise)
        low, high = sign_test.interval(trial.other_controls, trial.error)
        if low > bound or high < -bound:  # the base differs from itself as well
            return None
        if interval.low > bound:
            return Verdict.REGRESSED
        return Verdict.IMPROVED if interval.high < -bound else None

    def _end(self, trial: Trial, verdict: Verdict) -> None:
        trial.verdict = verdict
        if trial.error == 0.0:  # stopped before the first look
            trial.error = self.rules.error * self.rules.shares[0]
