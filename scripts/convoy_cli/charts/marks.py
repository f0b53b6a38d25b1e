"""What charts share: notes of disturbed rows, lines below each other, lines by interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Optional

from ..core.terminal import plain
from ..core.units import Interval, short_rate, some
from ..results.rows import Row
from ..results.sweeps import Sweep
from ..results.variants import SpeedUps
from ..stats.samples import median, median_interval
from . import style
from .seen import Number

# -------------------------------------------------------------------------------------------------
# How charts say which of their rows were disturbed: a note in the heading, and a mark on each.

HATCHED, CROSSED = "hatched", "marked ×"
COMPARED = ", like those compared with one"
# What the reasons of samples blame.
CULPRITS = {
    "run_delay": "other programs", "foreign_work": "other programs", "steal": "the host",
    "yardstick": "slow CPUs",
}  # fmt: skip


def note(shown: Iterable[Row], mark: str, ups: Optional[SpeedUps] = None) -> str:
    """`12 of 48 rows were disturbed by other programs: hatched.`, or "" where none was.

    With `ups` the rows count that those shown are compared with.
    """
    rows = {id(row): row for row in shown}
    compared = False
    if ups is not None:
        compared = any(baseline_disturbed(row, ups) for row in rows.values())
        baselines = [ups.baseline(row) or row for row in rows.values()]
        rows |= {id(row): row for row in baselines}
    bad = [row for row in rows.values() if row.disturbed]
    if not bad:
        return ""
    samples = [sample for row in bad for sample in row.samples]
    reasons = {word for sample in samples for word in sample.get("disturbed", ())}
    culprits = sorted({CULPRITS.get(reason, reason) for reason in reasons}, key=named_first)
    by = f" by {' and '.join(culprits)}" if culprits else ""
    verb = "was" if len(bad) == 1 else "were"
    words = f"{len(bad)} of {some(len(rows), 'row')} {verb} disturbed{by}: {mark}"
    return f"{words}{COMPARED if compared else ''}."


def named_first(culprit: str) -> int:
    return list(CULPRITS.values()).index(culprit) if culprit in CULPRITS.values() else len(CULPRITS)


def doubtful(row: Row, ups: SpeedUps) -> bool:
    """Whether a row's speed-up is not to be trusted: it or its baseline was disturbed."""
    return row.disturbed or baseline_disturbed(row, ups)


def baseline_disturbed(row: Row, ups: SpeedUps) -> bool:
    baseline = ups.baseline(row)
    return baseline is not None and baseline is not row and baseline.disturbed


def cross(axes: Any, points: Iterable[tuple[float, float]]) -> None:
    """Marks points of disturbed rows."""
    places = list(points)
    if places:
        axes.plot(*zip(*places), **style.DISTURBED)


def hatch(axes: Any, left: float, top: float) -> None:
    """Marks the cell of a disturbed row."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((left, top), 1, 1, **style.HATCHED))


# -------------------------------------------------------------------------------------------------
# Dot plots whose lines stand below each other: samples, their median and its interval, a number.
#
# Lines of one name are a group; a figure says where its axis begins and what it writes beside a
# line.

LINE_HEIGHT, GROUP_GAP, MARGIN = 0.15, 0.6, 0.8
LONGEST_LOCK = 48  # letters of its name


class Rung(NamedTuple):
    """One row's line."""

    name: str
    row: Row
    samples: tuple[float, ...]
    middle: float
    interval: Optional[Interval]


def rung(
    name: str, row: Row, samples: Iterable[float], interval: Optional[Interval] = None
) -> Rung:
    values = tuple(samples)
    return Rung(name, row, values, median(values), interval or median_interval(values))


def number(name: str, one: Rung, show: Callable[[float], str]) -> Number:
    """What a line shows, for a table."""
    return Number(name, (one.row,), one.middle, one.interval, show)


def crew_of(row: Row) -> str:
    """`no gil, 2 w`"""
    return f"{'no gil' if row.gil == 'none' else plain(row.gil, LONGEST_LOCK)}, {row.workers} w"


def places(rungs: Sequence[Rung]) -> list[float]:
    """Where each line is: those of a name together."""
    at, answer = 0.0, []
    for before, one in zip([None, *rungs], rungs):
        if before is not None:
            at += 1 if before.name == one.name else 1 + GROUP_GAP
        answer.append(at)
    return answer


def height_of(rungs: Sequence[Rung]) -> float:
    """In inches."""
    return LINE_HEIGHT * (places(rungs)[-1] + 2 * MARGIN)


def draw(
    axes: Any, rungs: Sequence[Rung], said: Callable[[Rung], str], labels: bool = True
) -> None:
    """The lines, the names of groups on the left, and what is said of each on the right."""
    lines = places(rungs)
    axes.set_ylim(lines[-1] + MARGIN, -MARGIN)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    names: dict[str, list[float]] = {}
    for line, one in zip(lines, rungs):
        names.setdefault(one.name, []).append(line)
        draw_line(axes, line, one, said(one))
    axes.set_yticks([sum(group) / len(group) for group in names.values()])
    axes.set_yticklabels(list(names) if labels else [], fontsize=7)


def draw_beside(
    axes: Any, rungs: Sequence[Rung], beside: Sequence[Optional[Rung]], said: Callable[[Rung], str]
) -> None:
    """Lines at the heights of others, whose names say what each is; None has no line."""
    lines = places(rungs)
    axes.set_ylim(lines[-1] + MARGIN, -MARGIN)
    axes.set_yticks([])
    axes.grid(False, axis="y")
    for line, one in zip(lines, beside):
        if one is not None:
            draw_line(axes, line, one, said(one))


def bounds_of(values: Iterable[float]) -> tuple[float, float]:
    """A logarithmic axis from the least to the most above 0, with some room; never nothing."""
    above = [value for value in values if value > 0] or [1.0]
    return min(above) / 1.5, max(above) * 1.5


def draw_line(axes: Any, line: float, one: Rung, text: str) -> None:
    other = one.row.runtime_version is not None
    how = style.RUNTIME if other else style.look(one.row.series)
    shape = how.marker if other else style.marker(one.row.series)
    dots = {"linestyle": "none", "color": how.colour, "clip_on": False}
    axes.plot(one.samples, [line] * len(one.samples), **dots, marker="o", markersize=1.8, alpha=0.5)
    if one.interval is not None:
        axes.plot(one.interval, [line, line], color=how.colour, linewidth=1.8, alpha=0.6)
    axes.plot([one.middle], [line], **dots, marker=shape, markersize=4.5)
    cross(axes, [(one.middle, line)] if one.row.disturbed else [])
    axes.annotate(
        text, (1, line), (4, 0),
        xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
        fontsize=6.5, color=how.colour, annotation_clip=False,
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------
# Lines against the switch interval, one a lock: how they look, and the axes they need.

LOOKS = (
    style.Look("#0072B2", "s", "solid"),
    style.Look("#D55E00", "^", (0, (6, 2))),
    style.Look("#009E73", "D", (0, (4, 1.5, 1, 1.5))),
    style.Look("#CC79A7", "v", (0, (2.5, 1.5))),
    style.Look("#E69F00", "P", (0, (8, 2, 1, 2))),
    style.Look("#56B4E9", "X", (0, (3, 1, 1, 1, 1, 1))),
)
LAW: dict[str, Any] = {"color": style.INK, "linewidth": 0.9, "linestyle": (0, (1, 1.5))}
FREE: dict[str, Any] = {"color": style.FAINT, "linewidth": 1.0, "linestyle": (0, (5, 3))}


class Point(NamedTuple):
    interval: float
    value: float
    bounds: Interval
    doubtful: bool  # it, or what it is compared with, was disturbed


Values = dict[str, list[Point]]
Measure = Callable[[Row], Optional[tuple[float, Interval]]]


def legend(locks: Sequence[str], free: bool) -> list[Any]:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], **look(name, locks), label=name) for name in locks]
    lines.append(Line2D([], [], **LAW, label="law"))
    return lines + ([Line2D([], [], **FREE, label="no lock")] if free else [])


def look(name: str, locks: Sequence[str]) -> dict[str, Any]:
    again, place = divmod(list(locks).index(name), len(LOOKS))
    how = LOOKS[place]
    return {"color": how.colour, "marker": how.marker, "linestyle": how.dash, "markersize": 4,
            "markerfacecolor": "white" if again else how.colour}  # fmt: skip


def values(found: Sweep, measure: Measure, beside: Optional[Row] = None) -> Values:
    """For each lock the points where the measure has one that a log axis shows.

    The row that the measure compares with is `beside`.
    """
    answer: Values = {}
    for name, rows in found.locks.items():
        for interval, row in rows.items():
            told = measure(row)
            if told is not None and told[0] > 0:
                doubtful = row.disturbed or (beside is not None and beside.disturbed)
                answer.setdefault(name, []).append(Point(interval, *told, doubtful))
    return answer


def plot(axes: Any, lines: Values, locks: Sequence[str]) -> None:
    """Locks stand beside each other, so that their bars do not hide each other."""
    for name, points in lines.items():
        aside = 1.05 ** (list(locks).index(name) - (len(locks) - 1) / 2)
        places = [p.interval * aside for p in points]
        below = [max(0.0, p.value - p.bounds.low) for p in points]
        above = [max(0.0, p.bounds.high - p.value) for p in points]
        axes.errorbar(places, [p.value for p in points], yerr=[below, above],
                      **look(name, locks), linewidth=1.4, elinewidth=1.0, capsize=2)  # fmt: skip
        crossed = [(at, p.value) for at, p in zip(places, points) if p.doubtful]
        cross(axes, crossed)


def log_axis(axes: Any, shown: Sequence[float]) -> tuple[float, float]:
    limits = min(shown) / 1.5, max(shown) * 1.5
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    return limits


def rate_axis(axis: Any, limits: tuple[float, float]) -> None:
    """20/s, 1 k/s, 5 M/s: ticks at 1, 2, 5 or at tens, whichever gives a handful."""
    decades = range(math.floor(math.log10(limits[0])), math.ceil(math.log10(limits[1])) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        ticks = [step * 10.0**power for power in decades for step in steps]
        ticks = [tick for tick in ticks if limits[0] <= tick <= limits[1]]
        if len(ticks) >= 3:
            break
    ticks = ticks[:: max(1, math.ceil(len(ticks) / 7))]
    axis.set_ticks(ticks)
    axis.set_ticklabels([short_rate(tick) for tick in ticks])
    axis.set_ticks([], minor=True)
