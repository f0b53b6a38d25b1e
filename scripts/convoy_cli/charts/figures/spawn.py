"""What does starting cost: a line a way to start one, a panel an amount of the parent's memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.errors import MissingData
from ...core.units import duration, size
from ...results import variants
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import Variant
from ...stats.samples import median
from .. import drawing, marks, style
from ..marks import Rung
from ..seen import Seen, contrast
from .latency import time_axis

NAME = "spawn"
TITLE = "What does starting cost?"
ONLY_OF = "an experiment with starting"
ALT = (
    "Dot plots, one an amount of memory that the parent has: for each way to start a thread, a "
    "process, a coroutine or a fiber the time from its start to its end, on a logarithmic axis."
)

WORKLOAD, WAY, WEIGHT = "spawn", "how", "pss_each_bytes"
NAMES = {
    "thread": "thread", "small_thread": "thread, small stack", "fork": "fork", "vfork": "vfork",
    "clone3": "clone3", "posix_spawn": "posix_spawn, itself",
    "posix_spawn_true": "posix_spawn, /bin/true", "coroutine": "coroutine",
    "fiber": "fiber",
}  # fmt: skip
TITLE_ROOM, FOOT, LABELS, BESIDE, LETTER = 0.3, 0.36, 0.2, 0.95, 0.062
MOST_VARIANTS, MOST_LINES = 4, 60


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, lambda row: row.workload == WORKLOAD, apart=(WAY,))
    if not about:
        raise MissingData(
            "it needs rows of spawn (`run --filter '^spawn/' --model threads --gil none --workers "
            "1 --param spawn.parent_rss=0,256MiB`)"
        )
    panels = choose(about)
    every = [one for _, found in panels for one in found]
    drawn = [one.row for one in every]
    series = sorted({row.series for row in drawn}, key=model_order)
    numbers = [
        marks.number(f"{variant.name}, {one.name} by {one.row.series}", one, duration)
        for variant, found in panels
        for one in found
    ]
    fewest = [n._replace(name=one.name) for n, one in zip(numbers, panels[0][1])]
    finding = contrast(fewest, "Starting one")
    below = drawing.paragraphs(
        "From starting one to having seen its end. Large: the median; bar: its 95 % interval; "
        "small: each sample. In brackets what one weighs, in memory that nobody else has.",
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, drawn),
    )
    labels = LABELS + LETTER * max(len(one.name) for one in every)
    # Panels beside each other share their labels.
    alike = len({tuple((one.name, one.row.series) for one in found) for _, found in panels}) == 1
    columns = min(2, len(panels)) if alike else 1
    width = (style.WIDTH - labels) / columns
    room = drawing.label_room((v.label for v, _ in panels), width - BESIDE)
    strips = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    heights = [
        TITLE_ROOM + room + FOOT + max(marks.height_of(found) for _, found in strip)
        for strip in strips
    ]
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    page = drawing.Page(canvas, top + sum(heights) + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    times = [value for one in every for value in one.samples if value > 0]
    for place, (variant, found) in enumerate(panels):
        column, strip = place % columns, place // columns
        at = top + sum(heights[:strip]) + TITLE_ROOM + room
        left = labels + column * width
        axes = page.axes(left, at, width - BESIDE, marks.height_of(found))
        axes.set_xscale("log")
        axes.set_xlim(min(times) / 1.4, max(times) * 1.4)
        time_axis(axes.xaxis, axes.get_xlim())
        marks.draw(axes, found, said, labels=column == 0)
        drawing.panel_title(axes, variant.workload, variant.label, width - BESIDE)
        axes.set_xlabel("from its start to its end", labelpad=2)
    return Seen(words(panels), finding, numbers)


def choose(about: Sequence[Variant]) -> list[tuple[Variant, list[Rung]]]:
    """The variants with a panel each, and the lines in it: what starts fastest first."""
    panels = []
    for variant in variants.choose(about, MOST_VARIANTS, MOST_VARIANTS)[:MOST_VARIANTS]:
        kept = style.kept(row.series for row in variant.rows)
        gil = min((row.gil for row in variant.rows), key=lambda gil: (gil != "none", gil))
        fewest = min(row.workers for row in variant.rows)
        rows = [row for row in variant.rows if row.series in kept and row.gil == gil]
        panels.append((variant, [row for row in rows if row.workers == fewest]))
    times: dict[str, list[float]] = {}
    for row in (row for _, rows in panels for row in rows):
        times.setdefault(way_of(row), []).append(row.median_ns)

    def order(row: Row) -> tuple[float, str, tuple[int, str]]:
        return (median(times[way_of(row)]), way_of(row), model_order(row.series))

    return [
        (variant, [rung(row) for row in sorted(rows, key=order)[:MOST_LINES]])
        for variant, rows in panels
        if rows
    ]


def way_of(row: Row) -> str:
    return str(row.parameters.get(WAY, row.workload))


def rung(row: Row) -> Rung:
    way = way_of(row)
    return marks.rung(NAMES.get(way, way), row, row.times_ns, row.interval_ns)


def said(one: Rung) -> str:
    """`134 µs (92 KiB)`"""
    weights = one.row.figures.get(WEIGHT)
    weight = f" ({size(median(weights))})" if weights else ""
    return duration(one.middle) + weight


def words(panels: Sequence[tuple[Variant, list[Rung]]]) -> str:
    """What each takes, for those who do not see it."""
    return " ".join(
        f"{variant.name}, {one.name} by {one.row.series}: {said(one)}."
        for variant, found in panels
        for one in found
    )
