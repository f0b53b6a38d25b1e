"""The lines of a history as series, and what changed in them: where, and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

from ..core.units import some
from ..stats import change_points
from ..stats.change_points import SHORTEST, Monitor
from ..stats.family import Verdict
from ..stats.samples import median
from .ledger import PARENT, REFERENCE

# -------------------------------------------------------------------------------------------------
# The lines of a history as series: one a benchmark, machine, and build it is measured beside.

Json = dict[str, Any]

INSTRUCTIONS = "instructions"


class Point(NamedTuple):
    """One commit of a series. All numbers are logarithms."""

    commit: int  # its number in the history
    value: float  # the ratio to the base, or the count
    level: float  # the ratio to where the series began
    low: Optional[float]  # the interval of the level
    high: Optional[float]
    base: str
    verdict: Verdict


class Name(NamedTuple):
    """What makes points one series: times of different machines never meet."""

    benchmark: str
    kind: str  # PARENT, REFERENCE or INSTRUCTIONS
    metric: str
    fingerprint: str
    paired: bool
    base: str  # the reference; empty for the others


@dataclass
class Track:
    name: Name
    points: list[Point] = field(default_factory=list)

    @property
    def proven(self) -> list[Point]:
        """Without those of a machine that differed from itself."""
        return [point for point in self.points if point.verdict is not Verdict.ENVIRONMENT]


@dataclass
class History:
    commits: list[str]  # in the order in which they came
    tracks: list[Track]
    remarks: list[str]


def history(lines: Iterable[Json]) -> History:
    """All series. A commit that was measured again counts as it was measured last."""
    numbers: dict[str, int] = {}
    latest: dict[tuple[Name, int], tuple[Json, Json]] = {}
    again = 0
    for line in lines:
        number = numbers.setdefault(line["commit"], len(numbers))
        for name, told in names_of(line):
            again += (name, number) in latest
            latest[name, number] = line, told
    grouped: dict[Name, dict[int, tuple[Json, Json]]] = {}
    for (name, number), told_by in latest.items():
        grouped.setdefault(name, {})[number] = told_by
    tracks: dict[Name, Track] = {}
    for name, known in sorted(grouped.items(), key=first_commit):
        tracks[name] = track(name, dict(sorted(known.items())), list(numbers), tracks)
    remarks = []
    if again:
        remarks.append(f"measured again: {some(again, 'value')}; the last counts")
    unproven = sum(len(each.points) - len(each.proven) for each in tracks.values())
    if unproven:
        drawn = "drawn but not judged, because the base differed from itself"
        remarks.append(f"{drawn}: {some(unproven, 'value')}")
    ordered = sorted(tracks.values(), key=lambda each: each.name)
    return History(list(numbers), ordered, remarks)


def first_commit(grouped: tuple[Name, dict[int, Any]]) -> tuple[int, Name]:
    return min(grouped[1]), grouped[0]


def names_of(line: Json) -> Iterable[tuple[Name, Json]]:
    """The series that a line belongs to, with what it says of each."""
    where = line["fingerprint"], line["paired"]
    for kind in (PARENT, REFERENCE):
        told = line[kind]
        if told is not None:
            base = told["base"] if kind == REFERENCE else ""
            yield Name(line["benchmark"], kind, line["metric"], *where, base), told
    if line["instructions"] is not None:
        count = {"log_ratio": math.log(line["instructions"]), "low": None, "high": None,
                 "base": "", "verdict": Verdict.SAME.value}  # fmt: skip
        yield Name(line["benchmark"], INSTRUCTIONS, INSTRUCTIONS, *where, ""), count


def track(
    name: Name, known: dict[int, tuple[Json, Json]], commits: list[str], before: dict[Name, Track]
) -> Track:
    """A series, its levels chained to those of the series before it where that is possible."""
    made = Track(name)
    offset = level_of(name, commits, before) if name.kind == REFERENCE else 0.0
    levels: dict[str, float] = {}
    for number, (line, told) in known.items():
        value = told["log_ratio"]
        if name.kind == PARENT:
            offset = levels.get(told["base"], 0.0)
        elif name.kind == INSTRUCTIONS and not made.points:
            offset = -value
        levels[line["commit"]] = offset + value
        low, high = (None if told[end] is None else offset + told[end] for end in ("low", "high"))
        made.points.append(
            Point(
                number, value, offset + value, low, high, told["base"], Verdict(told["verdict"])
            )
        )
    return made


def level_of(name: Name, commits: list[str], before: dict[Name, Track]) -> float:
    """Where a new reference stood beside an older one; 0 if it was never measured beside it."""
    for other in before.values():
        if other.name._replace(base=name.base) == name:
            for point in other.points:
                if commits[point.commit] == name.base:
                    return point.level
    return 0.0


# -------------------------------------------------------------------------------------------------
# What changed in a history: at which commit, by how much, and whether it still is so.


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
    monitors = change_points.watch(watched, least)
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
