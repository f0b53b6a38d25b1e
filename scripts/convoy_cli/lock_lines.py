"""Lines against the switch interval, one a lock: how they look, and the axes they need."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Optional

from . import disturbance, style
from .intervals import Sweep
from .rows import Row
from .statistics import Interval
from .units import short_rate

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
        disturbance.cross(axes, crossed)


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
