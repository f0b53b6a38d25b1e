"""Where a series changed, and which changes of many series are no chance."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from statistics import NormalDist
from typing import NamedTuple, Optional, TypeVar

from .samples import median
from .sign_test import discoveries

# -------------------------------------------------------------------------------------------------
# E-divisive: where two parts of a series are furthest apart by the energy of their distances.
#
# Matteson and James, A Nonparametric Approach for Multiple Change Point Analysis of Multivariate
# Data (2014), with the exponent 1, for one series that grows point by point.

LEAST = 5  # points of a segment


class Split(NamedTuple):
    """The best place for a change: before the point with this index."""

    at: int
    energy: float


class Window:
    """The last points of a segment, with sums of distances, so that a point costs but one scan.

    `before[i]` sums the distances of point i to those before it, `after[i]` to those after.
    """

    def __init__(self, most: int, values: Iterable[float] = ()) -> None:
        self.most = most
        self.values: list[float] = []
        self.before: list[float] = []
        self.after: list[float] = []
        for value in values:
            self.add(value)

    def add(self, value: float) -> None:
        distances = [abs(other - value) for other in self.values]
        self.after = [known + distance for known, distance in zip(self.after, distances)]
        self.after.append(0.0)
        self.before.append(sum(distances))
        self.values.append(value)
        if len(self.values) > self.most:
            oldest = self.values.pop(0)
            del self.before[0], self.after[0]
            self.before = [
                known - abs(other - oldest) for known, other in zip(self.before, self.values)
            ]

    def best(self, least: int = LEAST) -> Optional[Split]:
        """The split with the most energy; None while there are too few points."""
        count = len(self.values)
        if count < 2 * least:
            return None
        total = sum(self.before)
        left, right = sum(self.before[:least]), sum(self.after[least:])
        best = Split(least, -1.0)
        for at in range(least, count - least + 1):
            rest = count - at
            pairs = at * rest
            between = 2 * (total - left - right) / pairs
            within = 2 * left / (at * (at - 1)) + 2 * right / (rest * (rest - 1))
            energy = pairs / count * (between - within)
            if energy > best.energy:
                best = Split(at, energy)
            left += self.before[at]
            right -= self.after[at]
        return best


# -------------------------------------------------------------------------------------------------
# The exact segmentation of a series by the sum of distances from each segment's median.

# Of neighbours' distances: their mean over the standard deviation of one, if it is normal.
OF_DISTANCES = 2 / math.sqrt(math.pi)


def costs(values: Sequence[float]) -> Iterator[float]:
    """The sum of distances from the median, of the first value, the first two, and so on."""
    ordered: list[float] = []
    cost = 0.0
    for count, value in enumerate(values):
        half = count // 2
        if count % 2:  # the median stays one of an even number
            cost += abs(value - ordered[half])
        elif count:
            cost += max(ordered[half - 1] - value, 0.0, value - ordered[half])
        insort(ordered, value)
        yield cost


def scale(values: Sequence[float]) -> float:
    """The standard deviation of the noise, which a few steps do not change."""
    if len(values) < 2:
        return 0.0
    distances = [abs(b - a) for a, b in zip(values, values[1:])]
    return sum(distances) / len(distances) / OF_DISTANCES


def breaks(values: Sequence[float], penalty: float, least: int) -> list[int]:
    """Where segments begin, but for the first, such that the cost and penalties are the least.

    Dynamic programming over the end of the last segment: exact, and quadratic in the length.
    """
    count = len(values)
    best = [math.inf] * (count + 1)
    last = [0] * (count + 1)
    best[0] = -penalty
    for begin in range(count - least + 1):
        if not math.isfinite(best[begin]):
            continue
        for length, cost in enumerate(costs(values[begin:]), start=1):
            end = begin + length
            if length >= least and best[begin] + cost + penalty < best[end]:
                best[end], last[end] = best[begin] + cost + penalty, begin
    found, end = [], count
    while end > 0 and last[end] > 0:
        end = last[end]
        found.append(end)
    return found[::-1]


# -------------------------------------------------------------------------------------------------
# Where exactly a series took a step: the place, and the range that holds it nine times of ten.

ENDS = 3  # points at least on either side
TAIL = 0.05
NORMAL = 1.4826  # the standard deviation over the median distance from the median
FAR = 3.0  # standard deviations, beyond which a point says no more than there


class Place(NamedTuple):
    """Indexes of the first point after the step: most likely, and between what it lies."""

    at: int
    low: int
    high: int


def place(values: Sequence[float], near: int, reach: int) -> Place:
    """The step's place, no further than `reach` from `near`.

    Every place has a probability, for normal noise whose two means nobody knows. Half of it is on
    either side of the answer: where one place stands out it is that one, and where none does, a
    place in the middle is nearer to the truth than the best one.
    """
    first = max(ENDS, near - reach)
    final = min(len(values) - ENDS, near + reach)
    if first > final:
        return Place(near, near, near)
    weights = chances(values, near, first, final)
    summed = list(accumulate(weights))
    return Place(
        *(
            first + next(i for i, sum_ in enumerate(summed) if sum_ >= share * summed[-1])
            for share in (0.5, TAIL, 1 - TAIL)
        )
    )


def chances(values: Sequence[float], near: int, first: int, final: int) -> list[float]:
    """How probable each place from `first` to `final` is, up to one factor."""
    sides = values[:near], values[near:]
    apart = [abs(value - median(side)) for side in sides for value in side]
    scale = NORMAL * median(apart)
    if scale <= 0:  # counts that hardly vary: any distance between them is large
        scale = max(apart) / 10 or 1e-9
    low, high = sorted(median(side) for side in sides)
    low, high = low - FAR * scale, high + FAR * scale
    known = [min(max(value, low), high) for value in values]
    sums = [0.0, *accumulate(known)]
    count, total = len(known), sums[-1]
    logs = []
    for at in range(first, final + 1):
        rest = count - at
        gain = sums[at] ** 2 / at + (total - sums[at]) ** 2 / rest
        logs.append(gain / (2 * scale * scale) - math.log(at * rest) / 2)
    most = max(logs)
    return [math.exp(one - most) for one in logs]


# -------------------------------------------------------------------------------------------------
# Is one group of values above another: a test by ranks, whatever the shape of the noise.
#
# Ranks become the values that a normal distribution would have there (van der Waerden 1952), and
# these go into Student's test. So nothing depends on the shape, a single outlier cannot make or
# hide a step, and for normal noise as good as nothing is lost to Student's test of the values
# themselves.

ROUNDING = 1e-9  # sums of scores that should be equal differ in their last digits


class Step(NamedTuple):
    """By how much the second group is above the first, and how likely so much is by chance."""

    size: float
    chance: float  # of so much in this direction, or more


def step(before: Sequence[float], after: Sequence[float]) -> Step:
    """The difference of the medians, and the one-sided test in its direction."""
    count = len(after)
    scored = scores([*before, *after])
    mean_before = sum(scored[:-count]) / len(before)
    mean_after = sum(scored[-count:]) / count
    squares = sum((score - mean_before) ** 2 for score in scored[:-count])
    squares += sum((score - mean_after) ** 2 for score in scored[-count:])
    freedom = len(scored) - 2
    error = math.sqrt(squares / freedom * (1 / len(before) + 1 / count))
    apart = mean_after - mean_before
    if abs(apart) < ROUNDING:
        return Step(0.0, 1.0)
    # Nothing is less likely than the one best arrangement of all.
    chance = 1 / math.comb(len(scored), count)
    if error > 0:
        chance = max(chance, beyond(apart / error, freedom) / 2)
    return Step(math.copysign(abs(median(after) - median(before)), apart), chance)


def scores(values: Sequence[float]) -> list[float]:
    """What a normal distribution has at the rank of each; equal values share theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    table = normal(len(values))
    found = [0.0] * len(values)
    first = 0
    while first < len(order):
        end = first + 1
        while end < len(order) and values[order[end]] == values[order[first]]:
            end += 1
        shared = sum(table[first:end]) / (end - first)
        for place in order[first:end]:
            found[place] = shared
        first = end
    return found


@cache
def normal(count: int) -> list[float]:
    """The scores of so many ranks."""
    curve = NormalDist()
    return [curve.inv_cdf(rank / (count + 1)) for rank in range(1, count + 1)]


def beyond(t: float, freedom: int) -> float:
    """The chance that Student's t is further from zero than this, on either side.

    The finite series for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    angle = math.atan2(abs(t), math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = total = 1.0 if freedom % 2 == 0 else cosine
    for k in range(2 + freedom % 2, freedom, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    if freedom % 2 == 0:
        return max(0.0, 1 - sine * total)
    within = angle if freedom == 1 else angle + sine * total
    return max(0.0, 1 - 2 / math.pi * within)


# -------------------------------------------------------------------------------------------------
# Watches one series as it grows, and says where it changed.

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
        penalty = PENALTY * scale(values)
        begins = breaks(values, penalty, ENDS)
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


# -------------------------------------------------------------------------------------------------
# Watches all series of a history at once, commit by commit, and accepts what is no chance.

Key = TypeVar("Key", bound=Hashable)


def watch(
    series: Mapping[Key, Sequence[tuple[int, float]]], least: float = 0.0
) -> dict[Key, Monitor]:
    """Each series is (number of the commit, value), ascending. Steps below `least` do not matter.

    At every commit the series judge together: of many benchmarks some look slower by chance, and
    however many there are, false alarms shall stay as rare as with one (Benjamini and Hochberg).
    """
    monitors = {key: Monitor(least) for key in series}
    arriving: dict[int, list[tuple[Key, float]]] = {}
    for key, points in series.items():
        for commit, value in points:
            arriving.setdefault(commit, []).append((key, value))
    for commit in sorted(arriving):
        here = arriving[commit]
        found = [monitors[key].add(value) for key, value in here]
        chances = [1.0 if one is None else one.chance for one in found]
        for (key, _), candidate, counts in zip(here, found, discoveries(chances, SLOWER)):
            if counts and candidate is not None and monitors[key].agrees(candidate):
                monitors[key].accept(candidate)
    return monitors
