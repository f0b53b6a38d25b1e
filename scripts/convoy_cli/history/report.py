"""A history as text for a terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from ..core.terminal import plain, table
from ..core.units import some
from ..results.verdicts import factors, short
from ..stats.change_points import SHORTEST
from .judge import INSTRUCTIONS, Finding, History, Track, regressions, too_short
from .ledger import COMMIT, PARENT, REFERENCE
from .session import about

COLUMNS = ("now", "interval", "commits", "changes", "beside", "machine", "benchmark")
MOST = 40


def show(history: History, found: list[Finding], everything: bool) -> list[str]:
    """A line a series, then every change; of many series first those that changed."""
    changes = {each.name: [one for one in found if one.track is each] for each in history.tracks}
    ordered = sorted(history.tracks, key=lambda each: (not changes[each.name], each.name))
    shown = ordered if everything else ordered[:MOST]
    rows = [row(each, len(changes[each.name])) for each in shown]
    told = [head(history), "", *(f"  {line}" for line in table(COLUMNS, rows))]
    if len(ordered) > len(shown):
        told.append(f"  not shown: {len(ordered) - len(shown)} more (--all shows them)")
    if found:
        told += ["", *(f"  {line}" for line in changes_of(history, found))]
    return [*told, *remarks(history)]


def head(history: History) -> str:
    benchmarks = len({each.name.benchmark for each in history.tracks})
    return f"{some(len(history.commits), 'commit')}, {some(benchmarks, 'benchmark')}."


def row(track: Track, changes: int) -> list[str]:
    last = track.points[-1]
    low, high = last.low, last.high
    now, *ends = factors(*(None if x is None else math.exp(x) for x in (last.level, low, high)))
    bounds = "–" if low is None or high is None else "–".join(ends)
    commits = str(len(track.points))
    return [f"{now} ×", bounds, commits, str(changes or ""), beside(track),
            machine(track.name.fingerprint), plain(track.name.benchmark)]  # fmt: skip


def machine(fingerprint: str) -> str:
    """A name as somebody gave it; of a number the beginning."""
    is_number = re.fullmatch(r"[0-9a-f]{16}", fingerprint) is not None
    return fingerprint[:8] if is_number else plain(fingerprint, 24)


def beside(track: Track) -> str:
    if track.name.kind == REFERENCE:
        return short(track.name.base) + ("" if track.name.paired else ", unpaired")
    if track.name.kind == INSTRUCTIONS:
        return "instructions"
    return "the parent" + ("" if track.name.paired else ", unpaired")


def changes_of(history: History, found: Iterable[Finding]) -> list[str]:
    header = ("change", "at", "within", "chance", "by", "benchmark", "commit")
    rows = [change(history, one) for one in found]
    known = len(header) if any(row[-1] for row in rows) else len(header) - 1
    return table(header[:known], [row[:known] for row in rows])


def change(history: History, one: Finding) -> list[str]:
    name = one.track.name
    what = "instructions" if name.kind == INSTRUCTIONS else "time"
    if name.kind == PARENT:
        what = "the gate"
    chance = "" if one.chance is None else f"{one.chance:.0e}"
    return [size(one), short(history.commits[one.commit]), within(history, one), chance, what,
            plain(name.benchmark), about(history.commits[one.commit])]  # fmt: skip


def size(one: Finding) -> str:
    """`1.05 × slower, undone since`."""
    unit = "more" if one.track.name.kind == INSTRUCTIONS else "slower"
    other = "fewer" if one.track.name.kind == INSTRUCTIONS else "faster"
    factor = factors(math.exp(abs(one.size)))[0]
    return f"{factor} × {unit if one.slower else other}{', undone since' if one.undone else ''}"


def within(history: History, one: Finding) -> str:
    """The range that holds the commit nine times of ten, as git takes it."""
    if one.first == one.last:
        return ""
    before = history.commits[max(0, one.first - 1)]
    return f"{short(before)}..{short(history.commits[one.last])}"


def check(history: History, found: list[Finding], last: int) -> list[str]:
    """The sentence, and what became slower lately."""
    slower = regressions(history, found, last)
    lately = f"within the last {some(last, 'commit')}"
    if not slower:
        told = [f"Nothing became slower {lately}."]
    else:
        first = max(slower, key=lambda one: one.size)
        more = f", and {len(slower) - 1} more became slower" if len(slower) > 1 else ""
        told = [f"{sentence(history, first)}{more} {lately}."]
        told += ["", *(f"  {line}" for line in changes_of(history, slower)), ""]
        told += [f"next: {step}" for step in next_steps(history, first)]
    others = len(found) - len(slower)
    if others:
        told.append(
            f"{some(others, 'change')} besides that are older, undone, or for the better "
            "(`scripts/convoy history show`)"
        )
    return [*told, *remarks(history)]


def sentence(history: History, one: Finding) -> str:
    commit = history.commits[one.commit]
    known = f" ({about(commit)})" if about(commit) else ""
    return f"{plain(one.track.name.benchmark)} is {size(one)} since {short(commit)}{known}"


def next_steps(history: History, one: Finding) -> Iterable[str]:
    before, after = history.commits[max(0, one.first - 1)], history.commits[one.last]
    if one.track.name.kind == PARENT:
        before = next(each.base for each in one.track.points if each.commit == one.commit)
    if not all(COMMIT.fullmatch(each) for each in (before, after)):
        return  # a program that nobody knows the commit of
    yield (
        f"measure the two by turns: scripts/convoy gate --base-ref {short(before)} "
        f"--contender-ref {short(after)} --build CMD --program PATH"
    )


def remarks(history: History) -> list[str]:
    said = list(history.remarks)
    short_ones = too_short(history)
    if short_ones:
        said.append(
            f"{len(short_ones)} of {len(history.tracks)} series are not judged yet: it takes "
            f"{SHORTEST} commits"
        )
    return said
