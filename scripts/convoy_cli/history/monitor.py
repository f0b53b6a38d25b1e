"""Watches one series as it grows, and says where it changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from . import segmentation
from .energy import LEAST, Window
from .place import ENDS, Place, place
from .scores import Step, step

WINDOW = 120  # points that are looked at, and that a change is compared with
FEWEST = 10  # points before a change: less says too little about the noise
SHORTEST = FEWEST + LEAST
# What a look may spend, one-sided. The youngest split is new with each commit, and the soonest to
# show a slow-down; all others have been looked at before, and a speed-up can wait.
SLOWER, FASTER, OLDER = 0.006, 0.0005, 0.00003
REVIEWED, KEPT = 15, 0.0005  # with so many points after it, a change is judged once more
REACH = 8  # how far its place may move then
PENALTY = 2.0  # of a break in the exact segmentation, in standard deviations


class Candidate(NamedTuple):
    """What may be a change."""

    at: int  # the first point after it
    step: Step
    chance: float  # of the step, so weighted that SLOWER is the limit of all


@dataclass
class Change:
    at: int  # the first point after it
    seen: int  # the point at which it was first seen
    step: Step
    reviewed: bool = False
    low: int = 0  # it lies between these, nine times of ten
    high: int = 0


@dataclass
class Monitor:
    """One series. `add` a point, and `accept` what that finds unless it `agrees` with chance."""

    least: float = 0.0  # steps below this do not matter
    values: list[float] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    window: Window = field(default_factory=lambda: Window(WINDOW))

    @property
    def first(self) -> int:
        """The number of the window's first point."""
        return len(self.values) - len(self.window.values)

    def add(self, value: float) -> Optional[Candidate]:
        """Looks at the youngest split, and else at the one with the most energy."""
        self.values.append(value)
        self.window.add(value)
        self._review()
        count = len(self.window.values)
        if count < SHORTEST:
            return None
        found = self._judge(count - LEAST, SLOWER)
        if found is None:
            best = self.window.best()
            if best is not None and FEWEST <= best.at < count - LEAST:
                found = self._judge(best.at, OLDER)
        return found

    def accept(self, found: Candidate) -> None:
        """The series begins anew at the change."""
        self.changes.append(Change(found.at, len(self.values) - 1, found.step))
        self.window = Window(WINDOW, self.values[found.at :])

    def agrees(self, found: Candidate) -> bool:
        """Whether the exact segmentation, too, has a segment begin near there."""
        values = self.window.values
        penalty = PENALTY * segmentation.scale(values)
        begins = segmentation.breaks(values, penalty, ENDS)
        return any(abs(self.first + begin - found.at) <= LEAST for begin in begins)

    def settled(self) -> list[Change]:
        """The changes, each at its best place between its neighbours, and with its range."""
        made: list[Change] = []
        for number, change in enumerate(self.changes):
            begin = max(made[-1].at if made else 0, change.at - WINDOW)
            after = self.changes[number + 1 : number + 2]
            end = min(after[0].at if after else len(self.values), change.at + WINDOW)
            where = self._placed(change.at, begin, end)
            seen = step(self.values[begin : where.at], self.values[where.at : end])
            made.append(
                Change(where.at, change.seen, seen, change.reviewed, where.low, where.high)
            )
        return made

    def _judge(self, at: int, spent: float) -> Optional[Candidate]:
        """The split of the window there, if it spends no more than it may."""
        seen = step(self.window.values[:at], self.window.values[at:])
        if abs(seen.size) < self.least:
            return None
        weight = SLOWER / (spent if seen.size > 0 else min(spent, FASTER))
        if seen.chance * weight > SLOWER:
            return None
        return Candidate(self.first + at, seen, seen.chance * weight)

    def _review(self) -> None:
        """More points have come: is the last change still one, and where?"""
        if not self.changes or self.changes[-1].reviewed:
            return
        last = self.changes[-1]
        if len(self.values) - last.at < REVIEWED:
            return
        self.changes.pop()
        begin = max(self.changes[-1].at if self.changes else 0, last.at - WINDOW)
        at = self._placed(last.at, begin, len(self.values)).at
        seen = step(self.values[begin:at], self.values[at:])
        if seen.chance <= KEPT:
            self.changes.append(Change(at, last.seen, seen, reviewed=True))
            begin = at
        self.window = Window(WINDOW, self.values[begin:])

    def _placed(self, at: int, begin: int, end: int) -> Place:
        """The best place for a change near `at`, of the points from `begin` to `end`."""
        found = place(self.values[begin:end], at - begin, REACH)
        return Place(*(begin + one for one in found))
