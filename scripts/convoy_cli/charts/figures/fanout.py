"""From one task to a million: what each model takes for tasks that sleep at once, and its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Optional

from ...core.errors import MissingData
from ...core.units import duration, grouped, size
from ...results import sweeps, variants
from ...results.rows import Result, Row
from ...results.sweeps import Ladder, Measured
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, contrast
from .latency import time_axis

NAME = "fanout"
TITLE = "How many at once?"
ONLY_OF = "an experiment with many tasks"
ALT = (
    "Four charts against the number of tasks that sleep at once, on logarithmic axes, a line a "
    "model: what starting and ending all takes, how late they wake, CPU time a task and memory a "
    "task; a dotted line to a cross where a model cannot have as many."
)

def late(row: Row) -> Optional[Measured]:
    value = sweeps.lateness_at(row, 0.99)
    return None if value is None else Measured(value, None)


PANELS: tuple[tuple[str, str, Callable[[Row], Optional[Measured]]], ...] = (
    ("Starting and ending all", "time", sweeps.start),
    ("How late 99 % wake at most", "lateness", late),
    ("CPU time a sleep", "CPU time", sweeps.cpu),
    ("Memory a task", "bytes", sweeps.weight),
)
COLUMNS, HEIGHT, TITLE_ROOM, FOOT, LEFT, RIGHT = 2, 1.75, 0.3, 0.5, 0.66, 0.2


def draw(canvas: Any, result: Result) -> Seen:
    found = sweeps.of(result)
    if not any(ladder.rows for ladder in found):
        raise MissingData(
            "it needs rows of fanout_sleep (`run --filter '^fanout_sleep/' --gil none --passes 3`)"
        )
    kept = style.kept(ladder.series for ladder in found)
    found = [ladder for ladder in found if ladder.series in kept]
    drawn = [row for ladder in found for row in ladder.rows]
    about = variants.of(result, lambda row: row.workload == sweeps.WORKLOAD)
    numbers = [
        Number(f"{ladder.series}, {grouped(row.workers)} at once: {title.lower()}", (row,),
               value.value, value.interval, size if unit == "bytes" else duration)
        for ladder in found
        for row in ladder.rows
        for title, unit, of in PANELS
        if (value := of(row)) is not None
    ]
    finding = found_in(found)
    below = drawing.paragraphs(
        "Medians with 95 % intervals where there are enough samples. Memory is what a task adds "
        "to a crew of one, in its process and in the kernel.",
        " ".join(ended(ladder) for ladder in found if ladder.stop),
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, drawn),
    )
    width = style.WIDTH / COLUMNS
    inside = width - LEFT - RIGHT
    height = TITLE_ROOM + HEIGHT + FOOT
    series = [ladder.series for ladder in found]
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    page = drawing.Page(canvas, top + 2 * height + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    for number, (title, unit, of) in enumerate(PANELS):
        left = (number % COLUMNS) * width + LEFT
        at = top + (number // COLUMNS) * height + TITLE_ROOM
        axes = page.axes(left, at, inside, HEIGHT)
        draw_panel(axes, found, of, unit == "bytes")
        drawing.panel_title(axes, title, "", inside)
        if number // COLUMNS == 1:
            axes.set_xlabel("tasks at once", labelpad=2)
    return Seen(words(found), finding, numbers)


def found_in(found: Sequence[Ladder]) -> Optional[Finding]:
    """How far apart CPU times are, at the most tasks that several have."""
    counts: Counter[int] = Counter(row.workers for ladder in found for row in ladder.rows)
    shared = [count for count, many in counts.items() if many > 1]
    if not shared:
        return None
    most = max(shared)
    numbers = [
        Number(ladder.series, (row,), value.value, value.interval, duration)
        for ladder in found
        for row in ladder.rows
        if row.workers == most and (value := sweeps.cpu(row)) is not None
    ]
    return contrast(numbers, f"CPU time of one of {grouped(most)} sleeps")


def ended(ladder: Ladder) -> str:
    """`threads end below 100 000: 100000 threads at the same time are more than ...`"""
    assert ladder.stop is not None
    model = ladder.series[0].upper() + ladder.series[1:]
    return f"{model} end below {grouped(ladder.stop.workers)}: {ladder.stop.cause}."


def draw_panel(
    axes: Any, found: Sequence[Ladder], of: Callable[[Row], Optional[Measured]], bytes_: bool
) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    values: list[float] = []
    for ladder in found:
        points = [(row, one) for row in ladder.rows if (one := of(row)) and one.value > 0]
        if not points:
            continue
        how = style.line(ladder.series)
        axes.plot([row.workers for row, _ in points], [one.value for _, one in points], **how)
        for row, one in points:
            values.append(one.value)
            if one.interval is not None and one.interval.low > 0:
                axes.plot([row.workers] * 2, one.interval, color=how["color"], linewidth=1.8,
                          alpha=0.6)  # fmt: skip
        bad = [(row.workers, one.value) for row, one in points if row.disturbed]
        marks.cross(axes, bad)
        if ladder.stop is not None:
            last, value = points[-1]
            axes.plot([last.workers, ladder.stop.workers], [value.value] * 2, color=how["color"],
                      linestyle=(0, (1, 1.5)), linewidth=1.2)  # fmt: skip
            axes.plot([ladder.stop.workers], [value.value], color=how["color"], marker="X",
                      markersize=7, linestyle="none", zorder=5)  # fmt: skip
    limits = (min(values) / 2, max(values) * 2) if values else (1.0, 10.0)
    axes.set_ylim(limits)
    count_axis(axes, found)
    if bytes_:
        size_axis(axes, limits)
    else:
        time_axis(axes.yaxis, limits)


def count_axis(axes: Any, found: Sequence[Ladder]) -> None:
    counts = {count for ladder in found for count in ladder.counts}
    counts |= {ladder.stop.workers for ladder in found if ladder.stop}
    most = max(counts, default=10)
    axes.set_xlim(0.7 * min(counts, default=1), 1.5 * most)
    ticks = [10**power for power in range(8) if min(counts, default=1) <= 10**power <= most]
    axes.set_xticks(ticks)
    axes.set_xticklabels([grouped(tick) for tick in ticks])
    axes.set_xticks([], minor=True)


def size_axis(axes: Any, limits: tuple[float, float]) -> None:
    ticks = [many * unit for unit in (1, 1024, 1024**2, 1024**3) for many in (1, 10, 100)]
    ticks = [tick for tick in ticks if limits[0] <= tick <= limits[1]]
    axes.set_yticks(ticks)
    axes.set_yticklabels([size(tick) for tick in ticks])
    axes.set_yticks([], minor=True)


def words(found: Sequence[Ladder]) -> str:
    """What is drawn, for those who do not see it."""
    told = []
    for ladder in found:
        for row in ladder.rows:
            parts = [f"{title.lower()} {said(of(row), unit)}" for title, unit, of in PANELS]
            told.append(f"{ladder.series}, {grouped(row.workers)} at once: {'; '.join(parts)}.")
        if ladder.stop is not None:
            told.append(ended(ladder))
    return " ".join(told)


def said(one: Optional[Measured], unit: str) -> str:
    if one is None:
        return "unknown"
    return size(one.value) if unit == "bytes" else duration(one.value)
