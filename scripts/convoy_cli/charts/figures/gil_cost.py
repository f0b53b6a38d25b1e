"""What does a gil cost: the speed-up with it and without it, a panel a workload."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import Interval, percent, signed_percent
from ...results import variants
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import SpeedUps, Variant
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, change

NAME = "gil_cost"
TITLE = "What does a gil cost?"
ALT = (
    "Dot plots, one a workload: for each gil and model the speed-up without the gil (hollow) and "
    "with it (filled) at the same number of workers, joined by a line, with the change in per cent."
)

LINE_HEIGHT, TITLE_ROOM, FOOT, UNIT = 0.17, 0.3, 0.28, 0.16
# The width of a letter of a gil's name, and the most letters that leave room for two columns.
LETTER, LONG = 0.06, 24
# How many variants of a workload have a panel, and at how many panels that ends.
MOST_VARIANTS, MOST_PANELS = 6, 20


class Pair(NamedTuple):
    gil: str
    series: str
    workers: int
    without: float
    with_gil: float
    rows: tuple[Row, Row]  # without the gil, and with it

    intervals: tuple[Interval, ...]  # those of both that have one

    @property
    def change(self) -> float:
        return self.with_gil / self.without - 1


def draw(canvas: Any, result: Result) -> Seen:
    ups = SpeedUps(result)
    about = variants.beside_single(result, ups)
    panels = choose(ups, about)
    if not panels:
        raise MissingData(
            "it needs a workload with a gil and without one, at the same number of workers above "
            "one (`run --gil none,cpython32 --model single,threads`)"
        )
    every = [pair for _, found in panels for pair in found]
    series = sorted({pair.series for pair in every}, key=model_order)
    numbers = [number_of(variant, pair, ups) for variant, found in panels for pair in found]
    finding = found_in(numbers, [pair for _, found in panels for pair in found])
    below = explained(about, panels, ups)
    longest = max(len(drawing.cut(pair.gil)) for pair in every)
    labels = max(1.05, 0.3 + LETTER * longest)
    columns = 1 if len(panels) == 1 or longest > LONG else 2
    width = style.WIDTH / columns
    room = drawing.label_room((v.label for v, _ in panels), width - labels)
    title_room = TITLE_ROOM + room
    heights = [title_room + FOOT + LINE_HEIGHT * lines_of(found) for _, found in panels]
    strips = [max(heights[i : i + columns]) for i in range(0, len(heights), columns)]
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    page = drawing.Page(canvas, top + sum(strips) + UNIT + 0.1)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    for number, (variant, found) in enumerate(panels):
        at = top + sum(strips[: number // columns]) + title_room
        left = (number % columns) * width + labels
        axes = page.axes(left, at, width - labels - 0.57, LINE_HEIGHT * lines_of(found))
        panel(axes, found)
        marks.cross(axes, crosses(found, ups))
        title = f"{variant.workload}, {found[0].workers} workers"
        drawing.panel_title(axes, title, variant.label, width - labels)
        if number >= len(panels) - columns:
            axes.set_xlabel("speed-up", labelpad=1)
    name, worst = min(
        ((variant.name, pair) for variant, found in panels for pair in found),
        key=lambda item: item[1].change,
    )
    return Seen(
        f"The greatest loss: {name} with {worst.workers} {worst.series} under {worst.gil}, "
        f"{signed_percent(worst.change)}.",
        finding,
        numbers,
    )


def number_of(variant: Variant, pair: Pair, ups: SpeedUps) -> Number:
    """The speed with the gil over that without it."""
    free, held = pair.rows
    baselines = tuple(row for row in map(ups.baseline, pair.rows) if row is not None)
    value, interval = variants.relative(free, held)
    name = f"{variant.name}, {pair.workers} {pair.series} under {pair.gil}"
    return Number(name, (free, held, *baselines), value, interval, change)


def found_in(numbers: Sequence[Number], pairs: Sequence[Pair]) -> Optional[Finding]:
    """The greatest loss that is shown."""
    able = [
        (number, pair, number.interval)
        for number, pair in zip(numbers, pairs)
        if number.sound and number.interval is not None and number.interval.high < 1
    ]
    if not able:
        return None
    worst, pair, inside = min(able, key=lambda item: item[0].value)
    low, high = (percent(1 - edge).removesuffix(" %") for edge in reversed(inside))
    where = worst.name.partition(f", {pair.workers} ")[0]
    lost = f"{percent(1 - worst.value)} of their speed in {where} ({low}–{high})"
    return Finding(f"The gil {pair.gil} costs {pair.workers} {pair.series} {lost}", (worst,))


def explained(
    about: list[Variant], panels: list[tuple[Variant, list[Pair]]], ups: SpeedUps
) -> str:
    """How to read it, and which rows with a gil are not in it."""
    below = (
        "Speed-up over one worker of single without a gil: hollow without the gil, filled with "
        "it, at the largest number of workers that both have. In per cent: what the gil changes."
    )
    # A series that is drawn is drawn at one of its numbers of workers.
    there = {(v.name, pair.gil, pair.series) for v, found in panels for pair in found}
    drawn = [row for v in about for row in v.rows if (v.name, row.gil, row.series) in there]
    held = [v._replace(rows=tuple(r for r in v.rows if r.gil != "none")) for v in about]
    rows = [row for _, found in panels for pair in found for row in pair.rows]
    return drawing.paragraphs(
        below,
        marks.note(rows, marks.CROSSED, ups),
        variants.not_shown(held, drawn),
    )


def lines_of(found: list[Pair]) -> int:
    """A line a pair, and half a line between policies."""
    return len(found) + 1


def choose(ups: SpeedUps, about: list[Variant]) -> list[tuple[Variant, list[Pair]]]:
    found = {variant.name: pairs(ups, variant.rows) for variant in about}
    able = [variant for variant in about if found[variant.name]]
    shown = variants.choose(able, MOST_VARIANTS, MOST_PANELS)
    return [(variant, found[variant.name]) for variant in shown]


def pairs(ups: SpeedUps, every: Sequence[Row]) -> list[Pair]:
    """Each gil and series beside the same without a gil, at the most workers that all have."""
    rows = [row for row in every if row.model != "single" and row.workers > 1]
    free = {(row.series, row.workers): row for row in rows if row.gil == "none"}
    held: dict[int, list[Pair]] = {}
    for row in rows:
        pair = pair_of(ups, free.get((row.series, row.workers)), row)
        if row.gil != "none" and pair is not None:
            held.setdefault(row.workers, []).append(pair)
    if not held:
        return []
    workers = max(held, key=lambda count: (len(held[count]), count))
    kept = style.kept(pair.series for pair in held[workers])
    found = [pair for pair in held[workers] if pair.series in kept]
    return sorted(found, key=lambda pair: (pair.gil, model_order(pair.series)))


def pair_of(ups: SpeedUps, free: Optional[Row], row: Row) -> Optional[Pair]:
    without, with_gil = None if free is None else ups.of(free), ups.of(row)
    if free is None or without is None or with_gil is None:
        return None
    ratios = (without, with_gil)
    intervals = tuple(ratio.interval for ratio in ratios if ratio.interval is not None)
    values = (without.value, with_gil.value)
    return Pair(row.gil, row.series, row.workers, *values, (free, row), intervals)


def crosses(found: list[Pair], ups: SpeedUps) -> Iterator[tuple[float, int]]:
    """The points of disturbed rows."""
    for line, pair in enumerate(found):
        for value, row in zip((pair.without, pair.with_gil), pair.rows):
            if marks.doubtful(row, ups):
                yield value, line


def panel(axes: Any, found: list[Pair]) -> None:
    values = [value for pair in found for value in (pair.without, pair.with_gil)]
    # At least from 0.5 to 2, so that there is more than one tick.
    low, high = min([*values, 0.6]) / 1.25, max([*values, 1.7]) * 1.25
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    ends = 2 ** math.ceil(math.log2(low)), 2 ** math.floor(math.log2(high))
    drawing.factor_axis(axes.xaxis, *ends)
    axes.set_xlim(low, high)
    axes.axvline(1, color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_ylim(len(found), -1)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    places: dict[str, list[int]] = {}
    for line, pair in enumerate(found):
        places.setdefault(pair.gil, []).append(line)
        how = style.look(pair.series)
        mark = {"marker": style.marker(pair.series), "linestyle": "none", "markersize": 5}
        axes.plot([pair.without, pair.with_gil], [line, line], color=how.colour, linewidth=1.6)
        for interval in pair.intervals:
            axes.plot(interval, [line, line], color=style.INK, linewidth=0.8, zorder=3)
        axes.plot([pair.without], [line], **mark, color=how.colour, mfc="white")
        axes.plot([pair.with_gil], [line], **mark, color=how.colour)
        axes.annotate(
            signed_percent(pair.change), (1, line), (4, 0),
            xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
            fontsize=7, color=how.colour, annotation_clip=False,
        )  # fmt: skip
    axes.set_yticks([sum(lines) / len(lines) for lines in places.values()])
    axes.set_yticklabels([*map(drawing.cut, places)], fontsize=7)
    for lines in list(places.values())[1:]:
        axes.axhline(lines[0] - 0.5, color=style.GRID, linewidth=0.6)
