"""What does a gil cost: the speed-up with it and without it, a panel a workload."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .. import layout, speedups, style
from ..errors import MissingData
from ..rows import Result, Row
from ..speedups import SpeedUps
from ..units import signed_percent

NAME = "gil_cost"
TITLE = "What does a gil cost?"
ALT = (
    "Dot plots, one a workload: for each gil and model the speed-up without the gil (hollow) and "
    "with it (filled) at the same number of workers, joined by a line, with the change in per cent."
)

LINE_HEIGHT, TITLE_ROOM, FOOT, UNIT = 0.17, 0.3, 0.28, 0.16
# The width of a letter of a gil's name, and the most letters that leave room for two columns.
LETTER, LONG = 0.06, 24


class Pair(NamedTuple):
    gil: str
    model: str
    workers: int
    without: float
    with_gil: float

    @property
    def change(self) -> float:
        return self.with_gil / self.without - 1


def draw(canvas: Any, result: Result) -> str:
    all_speed_ups = SpeedUps(result)
    panels = {w: pairs(all_speed_ups, w) for w in all_speed_ups.workloads()}
    panels = {workload: found for workload, found in panels.items() if found}
    if not panels:
        raise MissingData(
            "it needs a workload with a gil and without one, at the same number of workers above "
            "one (`run --gil none,cpython32 --model single,threads`)"
        )
    models = sorted({pair.model for found in panels.values() for pair in found}, key=style.order)
    below = (
        "Speed-up over one worker of single without a gil: hollow without the gil, filled with "
        "it, at the largest number of workers that both have. In per cent: what the gil changes."
    )
    longest = max(len(pair.gil) for found in panels.values() for pair in found)
    labels = max(1.05, 0.3 + LETTER * longest)
    columns = 1 if len(panels) == 1 or longest > LONG else 2
    heights = [TITLE_ROOM + FOOT + LINE_HEIGHT * lines_of(found) for found in panels.values()]
    strips = [max(heights[i : i + columns]) for i in range(0, len(heights), columns)]
    top = layout.heading_height(below) + layout.legend_height(len(models))
    page = layout.Page(canvas, top + sum(strips) + UNIT + 0.1)
    page.legend(page.heading(TITLE, below), layout.handles(models))
    width = page.width / columns
    for number, (workload, found) in enumerate(panels.items()):
        at = top + sum(strips[: number // columns]) + TITLE_ROOM
        left = (number % columns) * width + labels
        axes = page.axes(left, at, width - labels - 0.57, LINE_HEIGHT * lines_of(found))
        panel(axes, found)
        axes.set_title(f"{workload}, {found[0].workers} workers")
        if number >= len(panels) - columns:
            axes.set_xlabel("speed-up", labelpad=1)
    worst = min(
        ((pair, workload) for workload, found in panels.items() for pair in found),
        key=lambda item: item[0].change,
    )
    return (
        f"The greatest loss: {worst[1]} with {worst[0].workers} {worst[0].model} under "
        f"{worst[0].gil}, {signed_percent(worst[0].change)}."
    )


def lines_of(found: list[Pair]) -> int:
    """A line a pair, and half a line between policies."""
    return len(found) + 1


def pairs(all_speed_ups: SpeedUps, workload: str) -> list[Pair]:
    """Each gil and model beside the same without a gil, at the most workers that all have.

    Models with one carrier and their usual engine only: hollow marks mean something else here.
    """
    rows = [row for row in all_speed_ups.main_rows(workload) if row.model != "single"]
    rows = [row for row in rows if row.series == row.model]
    free = {(row.model, row.workers): row for row in rows if row.gil == "none"}
    held: dict[int, list[tuple[Row, Row]]] = {}
    for row in rows:
        other = free.get((row.model, row.workers))
        if row.gil != "none" and other is not None and row.workers > 1:
            held.setdefault(row.workers, []).append((row, other))
    if not held:
        return []
    workers = max(held, key=lambda count: (len(held[count]), count))
    found = []
    for row, other in held[workers]:
        with_gil, without = all_speed_ups.of(row), all_speed_ups.of(other)
        if with_gil is not None and without is not None:
            found.append(Pair(row.gil, row.model, workers, without.value, with_gil.value))
    return sorted(found, key=lambda pair: (pair.gil, style.order(pair.model)))


def panel(axes: Any, found: list[Pair]) -> None:
    values = [value for pair in found for value in (pair.without, pair.with_gil)]
    # At least from 0.5 to 2, so that there is more than one tick.
    low, high = min([*values, 0.6]) / 1.25, max([*values, 1.7]) * 1.25
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    layout.factor_axis(axes.xaxis, 2 ** math.ceil(math.log2(low)), 2 ** math.floor(math.log2(high)))
    axes.set_xlim(low, high)
    axes.axvline(1, color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_ylim(len(found), -1)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    places: dict[str, list[int]] = {}
    for line, pair in enumerate(found):
        places.setdefault(pair.gil, []).append(line)
        how = style.look(pair.model)
        dot = {"marker": how.marker, "color": how.colour, "linestyle": "none", "markersize": 5}
        axes.plot([pair.without, pair.with_gil], [line, line], color=how.colour, linewidth=1.6)
        axes.plot([pair.without], [line], **dot, markerfacecolor="white")
        axes.plot([pair.with_gil], [line], **dot)
        axes.annotate(
            signed_percent(pair.change), (1, line), (4, 0),
            xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
            fontsize=7, color=how.colour, annotation_clip=False,
        )  # fmt: skip
    axes.set_yticks([sum(lines) / len(lines) for lines in places.values()])
    axes.set_yticklabels(list(places), fontsize=7)
    for lines in list(places.values())[1:]:
        axes.axhline(lines[0] - 0.5, color=style.GRID, linewidth=0.6)
