"""A history as text for a terminal, and its chart: the chain of ratios over the commits."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Optional

from ..charts import drawing
from ..charts.seen import Finding as Headline, Seen
from ..core.errors import MissingData
from ..core.terminal import plain, table
from ..core.units import some
from ..results.verdicts import factors, short
from ..stats.change_points import SHORTEST
from ..stats.samples import median
from .judge import INSTRUCTIONS, Finding, History, Point, Track, regressions, too_short
from .ledger import COMMIT, PARENT, REFERENCE
from .session import about

# -------------------------------------------------------------------------------------------------
# A history as text for a terminal.

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
            f"{some(others, 'change')} besides: older, undone or improvements "
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
        f"measure the two in turns: scripts/convoy gate --base-ref {short(before)} --contender-ref "
        f"{short(after)} --build CMD --program PATH"
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


# -------------------------------------------------------------------------------------------------
# What has happened to each benchmark: its chain of ratios over the commits, with the changes.

# -------------------------------------------------------------------------------------------------
# One panel of the chart of a history.

SLOWER, FASTER = "#D55E00", "#009E73"
LEVEL, DOTS = "#222222", "#0072B2"
NARROWEST = 0.03
RATIOS = (0.001, 0.01, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 0.95, 0.98, 0.99, 1, 1.01, 1.02, 1.05,
          1.1, 1.2, 1.5, 2, 3, 5, 10, 100, 1000)  # fmt: skip
SMALL = 7.5


def panel(axes: Any, history: History, track: Track, found: list[Finding]) -> None:
    """One series: band, dots, levels, and its changes."""
    points = track.points
    band(axes, points)
    proven = track.proven
    dots = {"linestyle": "none", "marker": ".", "color": DOTS, "markersize": 3.2}
    axes.plot([p.commit for p in proven], [p.level for p in proven], **dots, zorder=2.5)
    others = [point for point in points if point not in proven]
    hollow = dots | {"marker": "o", "markerfacecolor": "white", "markeredgewidth": 0.6}
    axes.plot([p.commit for p in others], [p.level for p in others], **hollow, zorder=2.6)
    first, last = points[0].commit, points[-1].commit
    begins = [first, *(one.commit for one in found), last + 1]
    if track.name.kind != PARENT:  # the level of a chain of parents is no constant between changes
        for a, b in zip(begins, begins[1:]):
            known = [point.level for point in proven if a <= point.commit < b]
            if known:
                axes.plot([a - 0.5, b - 0.5], [median(known)] * 2, color=LEVEL, linewidth=1.2)
    low, high = limits(points)
    axes.set_ylim(low, high)
    room = max(1, last - first)
    axes.set_xlim(first - 0.02 * room - 0.5, last + 0.02 * room + 0.5)
    mark(axes, found, (high - low) * 0.13, high)
    levels(axes, low, high)
    name_commits(axes, history, first, last, found)


def band(axes: Any, points: Sequence[Point]) -> None:
    """The intervals, as far as they are bounded."""
    edges = [
        (point.level if point.low is None else point.low,
         point.level if point.high is None else point.high)
        for point in points
    ]  # fmt: skip
    commits = [point.commit for point in points]
    look = {"color": DOTS, "alpha": 0.18, "linewidth": 0}
    axes.fill_between(commits, *zip(*edges), **look)


def limits(points: Sequence[Point]) -> tuple[float, float]:
    """Wide enough for all medians, and for nearly all of the band."""
    levels = [point.level for point in points]
    ends = sorted(end for p in points for end in (p.low, p.high) if end is not None)
    inner = ends[len(ends) // 20 : len(ends) - len(ends) // 20] or [0.0]
    low, high = min(*levels, inner[0], 0.0), max(*levels, inner[-1], 0.0)
    spare = max(high - low, NARROWEST) * 0.1
    return low - spare, high + 3.2 * spare


def mark(axes: Any, found: Sequence[Finding], line: float, high: float) -> None:
    """A line a change, and its size above, in two rows where they are near each other."""
    left, right = axes.get_xlim()
    width = axes.get_position().width * axes.figure.get_figwidth()
    ends = [-math.inf, -math.inf]
    for one in found:
        colour = SLOWER if one.slower else FASTER
        axes.axvspan(one.first - 0.5, one.last + 0.5, color=colour, alpha=0.12, linewidth=0)
        axes.axvline(one.commit - 0.5, color=colour, linewidth=1.0, zorder=2)
        words = size(one).partition(",")[0]
        needed = drawing.inches(words, 7) / width * (right - left)
        at = min(max(one.commit - 0.5, left + needed / 2), right - needed / 2)
        rows = [number for number, end in enumerate(ends) if at - needed / 2 > end]
        if rows:  # else there is no room: the table has it
            ends[rows[0]] = at + needed / 2 + 0.01 * (right - left)
            axes.text(at, high - line * rows[0], words, color=colour, fontsize=7,
                      ha="center", va="top", zorder=4,
                      bbox={"color": "white", "pad": 0.5})  # fmt: skip


def levels(axes: Any, low: float, high: float) -> None:
    """Round ratios at the ticks: 1, and from the outermost inwards those that there is room for."""
    inside = [r for r in RATIOS if low <= math.log(r) <= high - (high - low) * 0.08]
    chosen: list[float] = []
    for ratio in sorted(inside, key=lambda r: (r != 1, -abs(math.log(r)))):
        if all(abs(math.log(ratio / other)) > (high - low) * 0.14 for other in chosen):
            chosen.append(ratio)
    axes.set_yticks([math.log(ratio) for ratio in chosen])
    axes.set_yticklabels([f"{ratio:g} ×" for ratio in chosen])


def name_commits(
    axes: Any, history: History, first: int, last: int, found: Sequence[Finding]
) -> None:
    """Those with a change, the greatest first, and of four others as many as there is room for."""
    parts = min(3, last - first)
    others = [first + round((last - first) * part / max(1, parts)) for part in range(parts + 1)]
    guilty = {one.commit: SLOWER if one.slower else FASTER for one in found}
    greatest = [one.commit for one in sorted(found, key=lambda one: -abs(one.size))]
    left, right = axes.get_xlim()
    width = axes.get_position().width * axes.figure.get_figwidth()
    names = {place: short(history.commits[place])[:8] for place in (*greatest, *others)}
    room = max(drawing.inches(name, SMALL) for name in names.values()) + 0.08
    chosen: list[int] = []
    for place in names:
        if all(abs(place - other) / (right - left) * width >= room for other in chosen):
            chosen.append(place)
    chosen.sort()
    axes.set_xticks(chosen)
    axes.set_xticklabels([names[place] for place in chosen], fontsize=SMALL)
    for label, place in zip(axes.get_xticklabels(), chosen):
        if place in guilty:
            label.set(color=guilty[place], fontweight="bold")


# -------------------------------------------------------------------------------------------------
# What has happened to each benchmark: its chain of ratios over the commits, with the changes.

NAME = "history"
TITLE = "What has changed over the commits?"
ALT = (
    "A panel a benchmark: its time relative to where the series began, a dot a commit with the "
    "interval as a band, the level between changes as a line, and each change marked."
)

MOST_PANELS = 12
PANEL, INSET = 1.75, 0.6
ORDER = {REFERENCE: 0, PARENT: 1, INSTRUCTIONS: 2}


class Drawn(NamedTuple):
    """All that a chart is of."""

    history: History
    found: list[Finding]


def render(history: History, found: list[Finding]) -> dict[str, bytes]:
    """The chart by suffix. Raises MissingData where there is nothing."""
    here: Any = sys.modules[__name__]
    drawn: Any = Drawn(history, found)
    return drawing.render(here, drawn)


def draw(canvas: Any, drawn: Drawn) -> Seen:
    history, found = drawn
    tracks = panels(history, found)
    if not tracks:
        raise MissingData("it needs a commit")
    shown = tracks[:MOST_PANELS]
    below = (
        f"{head(history)} Time beside where the series began; up is slower. Dots: the median of a "
        "commit; band: its interval; line: the median between changes. Hollow: the base differed "
        "from itself."
    )
    if len(tracks) < len(history.tracks):
        below += " Of several series of a benchmark the longest is drawn, and those that changed."
    if len(tracks) > len(shown):
        below += f" {len(tracks) - len(shown)} more are not drawn."
    entries = legend([one for one in found if any(one.track is each for each in shown)])
    columns = 1 if len(shown) == 1 else 2
    finding = worst(history, found)
    top = drawing.heading_height(below, finding) + drawing.legend_height(len(entries)) + 0.05
    page = drawing.Page(canvas, top + PANEL * math.ceil(len(shown) / columns) + 0.05)
    page.legend(page.heading(TITLE, below, finding), entries)
    width = page.width / columns
    for number, track in enumerate(shown):
        left, at = number % columns * width, top + number // columns * PANEL
        page.text(left + drawing.SIDE, at, title(track, width - 0.3), fontsize=8.5,
                  fontweight="bold", parse_math=False)  # fmt: skip
        axes = page.axes(left + INSET, at + 0.24, width - INSET - 0.35, PANEL - 0.62)
        panel(axes, history, track, [one for one in found if one.track is track])
    said = [f"{sentence(history, one)}." for one in found if any(one.track is t for t in shown)]
    return Seen(" ".join([head(history), *said]), finding)


def worst(history: History, found: list[Finding]) -> Optional[Headline]:
    """The greatest change that was not taken back, slower ones first, and how many more."""
    lasting = [one for one in found if not one.undone]
    if not lasting:
        return None
    one = max(lasting, key=lambda one: (one.slower, abs(one.size)))
    more = f"; {some(len(lasting) - 1, 'more change')}" if len(lasting) > 1 else ""
    name = drawing.shortened(plain(one.track.name.benchmark), 3.5, 12)
    since = short(history.commits[one.commit])[:8]
    return Headline(f"{name} is {size(one)} since {since}{more}", ())


def panels(history: History, found: list[Finding]) -> list[Track]:
    """The series to draw: those that changed most first; one a benchmark unless others changed."""
    weight: dict[Any, float] = {}
    for one in found:
        weight[one.track.name] = max(weight.get(one.track.name, 0.0), abs(one.size))
    seen: set[str] = set()
    chosen = []
    for track in sorted(history.tracks, key=rank):
        if track.name in weight or track.name.benchmark not in seen:
            chosen.append(track)
        seen.add(track.name.benchmark)
    return sorted(chosen, key=lambda each: (-weight.get(each.name, 0.0), rank(each)))


def rank(track: Track) -> tuple[int, int, str]:
    return -len(track.points), ORDER[track.name.kind], track.name.benchmark


def title(track: Track, width: float) -> str:
    name = track.name
    what = {INSTRUCTIONS: "instructions of ", PARENT: "chained: "}.get(name.kind, "")
    return drawing.shortened(what + plain(name.benchmark), width * 0.9, 8.5)


def legend(found: Sequence[Finding]) -> list[Any]:
    from matplotlib.lines import Line2D

    entries = [Line2D([], [], color=LEVEL, linewidth=1.2, label="level")]
    looks = ((SLOWER, True, "slower or more"), (FASTER, False, "faster or less"))
    for colour, slower, label in looks:
        if any(one.slower is slower for one in found):
            entries.append(Line2D([], [], color=colour, linewidth=1.2, label=label))
    return entries
