"""What does a lock do to latency: median and 99th percentile with it and without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import duration, some
from ...results import variants
from ...results.names import FREE, lock_words, model_order
from ...results.rows import Result, Row
from ...results.variants import Variant
from ...stats.samples import quantiles
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, contrast
from .latency import median_of, percentiles, time_axis

NAME = "lock_latency"
TITLE = "What does a lock do to latency?"
ONLY_OF = "workloads that keep latencies, under a lock and without"
ALT = (
    "Dot plots, one a workload: for each lock and model the median and the 99th percentile of the "
    "time of an operation, hollow without the lock and filled with it, on a logarithmic axis."
)

LINE, TITLE_ROOM, FOOT, LETTER, BESIDE = 0.17, 0.3, 0.34, 0.062, 1.75
MOST_VARIANTS, MOST_PANELS, MOST_PAIRS = 4, 8, 24
SHARES = (0.5, 0.99)


class Pair(NamedTuple):
    """A series without a lock and with it, at the same number of workers."""

    free: Row
    held: Row


class Panel(NamedTuple):
    variant: Variant
    workers: int
    pairs: tuple[Pair, ...]

    @property
    def rows(self) -> list[Row]:
        return list({id(row): row for pair in self.pairs for row in pair}.values())

    @property
    def title(self) -> str:
        late = any(row.latency and row.latency.kind == "lateness" for row in self.rows)
        what = ", lateness" if late else ""
        return f"{self.variant.workload}{what}, {some(self.workers, 'worker')}"


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, lambda row: bool(row.latency and row.latency.buckets))
    panels = choose(about)
    if not panels:
        raise MissingData(
            "it needs a workload that keeps latencies, with a lock and without it (`run --filter "
            "'^io_' --gil none,cpython32`)"
        )
    drawn = [row for panel in panels for row in panel.rows]
    series = sorted({row.series for row in drawn}, key=model_order)
    below = drawing.paragraphs(
        "Time of one operation (of timers: how late they were). On each line first without the "
        "lock, hollow, then with it, filled. The left end is the median (p50), the right end the "
        "99th percentile (p99), both of all samples together.",
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, rows_told(about, panels)),
    )
    finding = found_in(panels)
    locks = {pair.held.gil for panel in panels for pair in panel.pairs}
    labels = 0.3 + LETTER * max(len(drawing.cut(lock)) for lock in locks)
    inside = style.WIDTH - labels - BESIDE
    room = drawing.label_room((panel.variant.label for panel in panels), inside)
    heights = [TITLE_ROOM + room + FOOT + LINE * lines_of(panel) for panel in panels]
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    page = drawing.Page(canvas, top + sum(heights) + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    limits = marks.bounds_of(time for row in drawn for time in times_of(row))
    for number, panel in enumerate(panels):
        at = top + sum(heights[:number]) + TITLE_ROOM + room
        axes = page.axes(labels, at, inside, LINE * lines_of(panel))
        axes.set_xscale("log")
        axes.set_xlim(*limits)
        time_axis(axes.xaxis, limits)
        draw_panel(axes, panel)
        drawing.panel_title(axes, panel.title, panel.variant.label, inside)
    found = [number for panel in panels for row in panel.rows for number in numbers_of(panel, row)]
    return Seen(" ".join(f"{n.name}: {n.text}." for n in found), finding, tuple(found))


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """The first pair whose medians the lock moves apart."""
    for panel in panels:
        for free, held in panel.pairs:
            both = [median_of(lock_words(row.gil), row) for row in (free, held)]
            what = f"Median of {panel.variant.name} with {held.workers} {held.series}"
            if found := apart(both, what):
                return found
    return None


def apart(both: Sequence[Number], what: str) -> Optional[Finding]:
    """`Median of io_pipe with 4 threads: 11 µs (10–12) without a lock, 5.1 ms (5–5.2) under ...`"""
    if contrast(both, what) is None:
        return None
    return Finding(f"{what}: {'; '.join(f'{n.said} {n.name}' for n in both)}", tuple(both))


def rows_told(about: Sequence[Variant], panels: Sequence[Panel]) -> list[Row]:
    """A series is drawn at one of its numbers of workers; `single` has no lock to wait for."""
    there = {(p.variant.name, row.gil, row.series) for p in panels for row in p.rows}
    return [
        row
        for variant in about
        for row in variant.rows
        if (variant.name, row.gil, row.series) in there or row.model == "single"
    ]


def numbers_of(panel: Panel, row: Row) -> Sequence[Number]:
    name = f"{panel.variant.name}, {row.workers} {row.series} {lock_words(row.gil)}"
    return list(percentiles(name, row))


def times_of(row: Row) -> list[float]:
    return quantiles(row.latency.buckets, SHARES) if row.latency is not None else []


def lines_of(panel: Panel) -> float:
    """Two lines a pair, and half a line between locks and at both ends."""
    return 2 * len(panel.pairs) + len({pair.held.gil for pair in panel.pairs})


def choose(about: Sequence[Variant]) -> list[Panel]:
    """Of each variant the most workers that most of its pairs have."""
    found = []
    for variant in variants.choose(about, MOST_VARIANTS, MOST_PANELS):
        free = {(row.series, row.workers): row for row in variants.by_gil(variant.rows, FREE)}
        pairs: dict[int, list[Pair]] = {}
        for row in variant.rows:
            beside: Optional[Row] = free.get((row.series, row.workers))
            if row.gil != FREE and row.model != "single" and beside is not None:
                pairs.setdefault(row.workers, []).append(Pair(beside, row))
        if pairs:
            workers = max(pairs, key=lambda count: (len(pairs[count]), count))
            kept = style.kept(pair.held.series for pair in pairs[workers])
            of = [pair for pair in pairs[workers] if pair.held.series in kept]
            of.sort(key=lambda pair: (pair.held.gil, model_order(pair.held.series)))
            found.append(Panel(variant, workers, tuple(of[:MOST_PAIRS])))
    return found[:MOST_PANELS]


def draw_panel(axes: Any, panel: Panel) -> None:
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    at, places = 0.0, dict[str, list[float]]()
    before = panel.pairs[0].held.gil
    for pair in panel.pairs:
        at += pair.held.gil != before
        before = pair.held.gil
        for row in pair:
            draw_line(axes, at, row)
            places.setdefault(pair.held.gil, []).append(at)
            at += 1
    axes.set_ylim(at, -1)
    axes.set_yticks([sum(group) / len(group) for group in places.values()])
    axes.set_yticklabels([*map(drawing.cut, places)], fontsize=7)


def draw_line(axes: Any, at: float, row: Row) -> None:
    half, slow = times_of(row)
    how = style.look(row.series)
    fill = "white" if row.gil == FREE else how.colour
    dots: dict[str, Any] = {"marker": style.marker(row.series), "markersize": 4.5, "clip_on": False}
    axes.plot([half, slow], [at, at], color=how.colour, linewidth=1.0, **dots,
              markerfacecolor=fill)  # fmt: skip
    marks.cross(axes, [(half, at)] if row.disturbed else [])
    axes.annotate(
        f"p50 {duration(half)}, p99 {duration(slow)}", (1, at), (4, 0),
        xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
        fontsize=6.5, color=how.colour, annotation_clip=False,
    )  # fmt: skip
