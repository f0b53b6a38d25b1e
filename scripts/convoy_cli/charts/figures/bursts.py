"""How long does a burst hold up its producer: against the room there is, in a slot or a queue."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import Interval, duration, grouped, some
from ...results import variants
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import Variant
from ...stats.samples import median, median_interval
from .. import drawing, marks as disturbance, style
from ..seen import Number, Seen, contrast
from .latency import time_axis

NAME = "bursts"
TITLE = "How long does a burst hold up its producer?"
ONLY_OF = "an experiment with bursts"
ALT = (
    "Charts, one a variant of the workload, gil and number of workers: how long a producer takes "
    "to put a burst, on a logarithmic axis, against how many items a queue holds at once, a line "
    "a model; hollow points at the left are hand-overs through one slot."
)

WORKLOAD, BURST_TIME = "pipeline_bursty", "burst_ns"
THROUGH, SLOT, CAPACITY, BURST, WORK = "through", "slot", "capacity", "burst", "work_ns"
MOST_VARIANTS, MOST_PANELS = 4, 8
TITLE_ROOM, HEIGHT, FOOT, LEFT, RIGHT = 0.32, 1.75, 0.5, 0.62, 0.2
SLOT_PLACE, TICKS = -1.0, 8


class Point(NamedTuple):
    """A row's burst: how long it takes."""

    middle: float
    interval: Optional[Interval]
    row: Row


class Panel(NamedTuple):
    variant: Variant
    gil: str
    workers: int
    points: tuple[Point, ...]  # in the order of the axis, by series

    @property
    def label(self) -> str:
        gil = "no gil" if self.gil == "none" else f"gil {self.gil}"
        variant = f", {self.variant.label}" if self.variant.label else ""
        return f"{gil}, {some(self.workers, 'worker')}{variant}"

    @property
    def burst(self) -> int:
        """Items put at once."""
        return int(self.points[0].row.parameters[BURST])

    @property
    def work_ns(self) -> float:
        """What consumers compute from one burst of each producer to the next."""
        consumers = self.workers // 2
        each = float(self.points[0].row.parameters[WORK]) * self.burst
        return each * (self.workers - consumers) / consumers

    @property
    def capacities(self) -> list[int]:
        """Of its queues, the least first: each has a place on the axis, from 0 on."""
        rows = [point.row for point in self.points if not is_slot(point.row)]
        return sorted({int(row.parameters[CAPACITY]) for row in rows})

    def place(self, point: Point) -> float:
        """On the axis: a slot left of all queues."""
        if is_slot(point.row):
            return SLOT_PLACE
        return self.capacities.index(int(point.row.parameters[CAPACITY]))

    @property
    def burst_place(self) -> float:
        """Where a queue is that a burst fits in: between two others, at one, or beyond the last."""
        for place, capacity in enumerate(self.capacities):
            if capacity == self.burst:
                return place
            if capacity > self.burst:
                return place - 0.5
        return max(0, len(self.capacities) - 1) + 0.5

    def series(self, through_slot: bool) -> dict[str, list[Point]]:
        found: dict[str, list[Point]] = {}
        for point in self.points:
            if is_slot(point.row) == through_slot:
                found.setdefault(point.row.series, []).append(point)
        return found


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, wanted, apart=(THROUGH, CAPACITY))
    panels = choose(about)
    if not panels:
        raise MissingData(
            "it needs rows of pipeline_bursty with two workers or more (`run --filter "
            "'^pipeline_bursty/' --model threads,processes,coroutines --gil none`)"
        )
    drawn = [point.row for panel in panels for point in panel.points]
    series = sorted({row.series for row in drawn}, key=model_order)
    numbers = [
        Number(f"{panel.variant.workload}, {panel.label}, {through(point.row)}", (point.row,),
               point.middle, point.interval, duration)
        for panel in panels
        for point in panel.points
    ]
    first = [number for number, _ in zip(numbers, panels[0].points)]
    names = [through(point.row) for point in panels[0].points]
    finding = contrast([n._replace(name=name) for n, name in zip(first, names)],
                       "A burst holds up its producer")
    below = drawing.paragraphs(
        "From the first put of a burst to the end of its last: the median of the samples' means, "
        "with its 95 % interval. Filled: a queue; hollow: one slot under a lock. Dashed: the queue "
        "that has room for a whole burst. Grey: how long consumers compute for one.",
        disturbance.note(drawn, disturbance.CROSSED),
        variants.not_shown(about, drawn),
    )
    columns = min(2, len(panels))
    width = style.WIDTH / columns
    inside = width - LEFT - RIGHT
    room = drawing.label_room((panel.label for panel in panels), inside)
    height = TITLE_ROOM + room + HEIGHT + FOOT
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    page = drawing.Page(canvas, top + math.ceil(len(panels) / columns) * height + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    for number, panel in enumerate(panels):
        left = (number % columns) * width + LEFT
        at = top + (number // columns) * height + TITLE_ROOM + room
        axes = page.axes(left, at, inside, HEIGHT)
        draw_panel(axes, panel)
        drawing.panel_title(axes, panel.variant.workload, panel.label, inside)
        if number % columns == 0:
            axes.set_ylabel("time of a burst")
            axes.yaxis.set_label_coords(-0.46 / inside, 0.5)
    return Seen(words(panels), finding, numbers)


def through(row: Row) -> str:
    """`threads, a queue of 64`"""
    where = "one slot" if is_slot(row) else f"a queue of {grouped(int(row.parameters[CAPACITY]))}"
    return f"{row.series}, {where}"


def wanted(row: Row) -> bool:
    """One worker alone cuts bursts to what there is room for."""
    return row.workload == WORKLOAD and row.workers > 1 and BURST_TIME in row.figures


def is_slot(row: Row) -> bool:
    return row.parameters.get(THROUGH) == SLOT


def choose(about: Sequence[Variant]) -> list[Panel]:
    """A panel for each variant, gil and number of workers: those without a gil first."""
    panels = []
    for variant in variants.choose(about, MOST_VARIANTS, MOST_PANELS):
        kept = style.kept(row.series for row in variant.rows)
        crews: dict[tuple[bool, str, int], list[Point]] = {}
        for row in variant.rows:
            if row.series in kept:
                crew = (row.gil != "none", row.gil, row.workers)
                crews.setdefault(crew, []).append(point_of(row))
        for (_, gil, workers), points in sorted(crews.items(), key=lambda item: item[0]):
            points.sort(key=order)
            panels.append(Panel(variant, gil, workers, tuple(points)))
    return sorted(panels, key=lambda panel: panel.gil != "none")[:MOST_PANELS]


def point_of(row: Row) -> Point:
    times = row.figures[BURST_TIME]
    return Point(median(times), median_interval(times), row)


def order(point: Point) -> tuple[tuple[int, str], bool, int]:
    row = point.row
    return (model_order(row.series), not is_slot(row), int(row.parameters[CAPACITY]))


def draw_panel(axes: Any, panel: Panel) -> None:
    for through_slot in (False, True):
        for series, points in panel.series(through_slot).items():
            filled = "white" if through_slot else style.look(series).colour
            how = style.line(series) | {"markerfacecolor": filled}
            how |= {"linestyle": "none"} if through_slot else {}
            axes.plot([panel.place(p) for p in points], [p.middle for p in points], **how)
    for point in panel.points:
        if point.interval is not None:
            colour = style.look(point.row.series).colour
            at = [panel.place(point)] * 2
            axes.plot(at, point.interval, color=colour, linewidth=0.9, alpha=0.7)
    bad = [point for point in panel.points if point.row.disturbed]
    disturbance.cross(axes, [(panel.place(point), point.middle) for point in bad])
    ticks: dict[float, str] = {}
    if any(is_slot(point.row) for point in panel.points):
        ticks[SLOT_PLACE] = "one slot"
    step = math.ceil(len(panel.capacities) / TICKS)
    for place, capacity in enumerate(panel.capacities):
        if place % step == 0:
            ticks[place] = grouped(capacity)
    axes.set_xticks(list(ticks))
    axes.set_xticklabels(list(ticks.values()))
    axes.grid(False, axis="x")
    axes.set_xlim(min(ticks) - 0.4, max(*ticks, panel.burst_place) + 0.4)
    axes.set_xlabel("items that the queue holds at once", labelpad=2)
    marks(axes, panel)


def marks(axes: Any, panel: Panel) -> None:
    """The capacity from which a burst fits, and the work in a burst; room above for their names."""
    times = [bound for point in panel.points for bound in (point.interval or (point.middle,))]
    times += [panel.work_ns] if panel.work_ns > 0 else []
    above = [time for time in times if time > 0] or [1.0]
    low, high = min(above) / 1.6, max(above) * 1.6
    high *= (high / low) ** 0.14  # for the burst's name
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    time_axis(axes.yaxis, (low, high))
    if panel.work_ns > 0:
        axes.axhline(panel.work_ns, color=style.FAINT, linewidth=0.8, alpha=0.6, zorder=0)
    dashed = {"color": style.INK, "linewidth": 0.8, "linestyle": (0, (3, 2))}
    axes.axvline(panel.burst_place, **dashed, zorder=1)
    right = panel.burst_place > sum(axes.get_xlim()) / 2
    axes.annotate(
        f"a burst of {grouped(panel.burst)}", (panel.burst_place, 1), (-3 if right else 3, -2),
        xycoords=("data", "axes fraction"), textcoords="offset points",
        ha="right" if right else "left", va="top", fontsize=7,
    )  # fmt: skip


def words(panels: Sequence[Panel]) -> str:
    """How long a burst takes where, for those who do not see it."""
    told = []
    for panel in panels:
        slots, queues = panel.series(through_slot=True), panel.series(through_slot=False)
        for series in sorted({*slots, *queues}, key=model_order):
            # Rows that differ in the capacity alone have the same slot.
            times = [point.middle for point in slots.get(series, [])]
            said = [f"{duration(median(times))} through a slot"] if times else []
            said += [
                f"{duration(point.middle)} through a queue of {point.row.parameters[CAPACITY]}"
                for point in queues.get(series, [])
            ]
            who = f"{panel.variant.workload}, {panel.label}, {series}"
            told.append(f"{who}, a burst of {panel.burst}: {', '.join(said)}.")
    return " ".join(told)
