"""What changed in a history: at which commit, by how much, and whether it still is so."""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

from ..gate.family import Verdict
from ..statistics import median
from . import alarms
from .entries import PARENT
from .monitor import SHORTEST, Monitor
from .tracks import History, Track


class Finding(NamedTuple):
    """One change of one series. Commits are numbers of the history."""

    track: Track
    commit: int  # the first with the new level
    first: int  # it is one of these, nine times of ten
    last: int
    size: float  # the logarithm of new over old
    chance: Optional[float]  # that noise does so; None: the gate has judged it
    undone: bool  # a later change took it back

    @property
    def slower(self) -> bool:
        return self.size > 0


def findings(history: History, noise: float) -> list[Finding]:
    """All of them, as the commits came. Changes of less than `noise` do not matter.

    Series beside one reference and counts of instructions are watched for steps. Ratios to the
    parent cannot be: a chain of them adds up its noise. There the gate's own verdicts count.
    """
    least = math.log1p(noise)
    watched = {
        number: [(point.commit, point.value) for point in each.proven]
        for number, each in enumerate(history.tracks)
        if each.name.kind != PARENT
    }
    monitors = alarms.watch(watched, least)
    found: list[Finding] = []
    for number, each in enumerate(history.tracks):
        if number in monitors:
            found += of_steps(each, monitors[number], least)
        else:
            found += of_verdicts(each, least)
    return sorted(found, key=lambda one: (one.commit, one.track.name))


def too_short(history: History) -> list[Track]:
    """Series with too few commits to be judged."""
    return [
        each
        for each in history.tracks
        if each.name.kind != PARENT and len(each.proven) < SHORTEST
    ]


def of_steps(track: Track, monitor: Monitor, least: float) -> list[Finding]:
    changes = monitor.settled()
    edges = [0, *(change.at for change in changes), len(monitor.values)]
    levels = [median(monitor.values[a:b]) for a, b in zip(edges, edges[1:])]
    commits = [point.commit for point in track.proven]
    return [
        Finding(
            track,
            commits[change.at],
            commits[change.low],
            commits[change.high],
            levels[number + 1] - levels[number],
            change.step.chance,
            is_undone(levels[number], levels[number + 1], levels[-1], least),
        )
        for number, change in enumerate(changes)
    ]


def is_undone(before: float, after: float, now: float, least: float) -> bool:
    """Whether the level now is that from before the change, or on its other side."""
    back = before - now if after > before else now - before
    return back >= -least


def of_verdicts(track: Track, least: float) -> list[Finding]:
    """What the gate said of a commit beside its parent."""
    flagged = [
        point
        for point in track.proven
        if point.verdict in (Verdict.REGRESSED, Verdict.IMPROVED) and abs(point.value) >= least
    ]
    found = []
    for number, point in enumerate(flagged):
        since = sum(later.value for later in flagged[number:])
        undone = is_undone(0.0, point.value, since, least)
        here = point.commit
        found.append(Finding(track, here, here, here, point.value, None, undone))
    return found


def regressions(history: History, found: list[Finding], last: int) -> list[Finding]:
    """What became slower within the last so many commits, and still is."""
    begin = len(history.commits) - last
    return [one for one in found if one.slower and not one.undone and one.last >= begin]
