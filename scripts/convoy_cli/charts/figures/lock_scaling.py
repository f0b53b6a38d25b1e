"""How does work scale under each lock: speed-up against workers, with the lock and without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...results import variants
from ...results.curves import Line, bound_words, lines as lines_of, times as curves_times
from ...results.names import FREE, lock_words, model_order
from ...results.rows import Result, Row
from ...results.variants import SpeedUps, Variant
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, times
from .scaling import Point, Series, curves

NAME = "lock_scaling"
TITLE = "How does work scale under each lock?"
ONLY_OF = "workloads under a lock"
ALT = (
    "Line charts, one a workload and lock: speed-up over one worker without a lock against the "
    "number of workers, a line a model; thin and hollow the same without the lock."
)

PANEL, MOST_VARIANTS, MOST_PANELS = 2.2, 4, 18
BOUND = "bound by the lock"


class Panel(NamedTuple):
    variant: Variant
    gil: str
    held: Series
    free: Series
    lines: dict[str, Line]

    @property
    def points(self) -> list[Point]:
        return [point for series in (self.held, self.free) for line in series.values()
                for point in line]  # fmt: skip


def draw(canvas: Any, result: Result) -> Seen:
    ups = SpeedUps(result)
    about = variants.beside_single(result, ups)
    panels = choose(ups, about)
    if not panels:
        raise MissingData(
            "it needs a workload under a lock at two numbers of workers (`run --gil none,cpython32 "
            "--model single,threads,processes --workers 1,2,4`)"
        )
    models = sorted({model for panel in panels for model in panel.held}, key=model_order)
    drawn = [point.row for panel in panels for point in panel.points]
    finding = found_in(panels)
    below = drawing.paragraphs(
        "Times faster than one worker of single without a lock. Thick and filled: with the lock; "
        "thin and hollow: the same model without it. Bars: 95 % intervals. Grey: the ideal line.",
        marks.note(drawn, marks.CROSSED, ups),
        variants.not_shown([v._replace(rows=held_rows(v)) for v in about], drawn),
    )
    columns = drawing.columns_for(len(panels))
    width = style.WIDTH / columns
    inside = width - 0.6
    room = drawing.label_room((label_of(panel) for panel in panels), inside)
    height = PANEL + room
    top = drawing.heading_height(below, finding) + drawing.series_height(models)
    page = drawing.Page(canvas, top + math.ceil(len(panels) / columns) * height + 0.1)
    page.series_legend(page.heading(TITLE, below, finding), models, hollow=False)
    for number, panel in enumerate(panels):
        left = (number % columns) * width
        at = top + (number // columns) * height + room
        axes = page.axes(left + 0.5, at + 0.25, inside, PANEL - 0.7)
        draw_panel(axes, panel)
        doubtful = [p for p in panel.points if marks.doubtful(p.row, ups)]
        marks.cross(axes, [(p.workers, p.speed_up) for p in doubtful])
        drawing.panel_title(axes, panel.variant.workload, label_of(panel), inside)
        axes.set_xlabel("workers", labelpad=1)
        if number % columns == 0:
            axes.set_ylabel("speed-up")
            axes.yaxis.set_label_coords(-0.36 / inside, 0.5)
    return Seen(words(panels), finding, numbers(panels, ups))


def held_rows(variant: Variant) -> tuple[Row, ...]:
    return tuple(row for row in variant.rows if row.gil != FREE)


def label_of(panel: Panel) -> str:
    """The lock, what tells the variant apart, and who is bound by the lock."""
    bound = [line.series for line in panel.lines.values() if line.lock is not None]
    whom = f"{BOUND}: {' and '.join(bound)}" if bound else ""
    return "; ".join(part for part in (f"under {panel.gil}", panel.variant.label, whom) if part)


def choose(ups: SpeedUps, about: Sequence[Variant]) -> list[Panel]:
    """A panel a variant and lock; of each the series that has several numbers of workers."""
    found: dict[str, list[Panel]] = {}
    for variant in about:
        every = curves(ups, variants.by_gil(variant.rows, FREE))
        for gil in variants.gils(held_rows(variant)):
            rows = variants.by_gil(variant.rows, gil)
            able = {name: line for name, line in curves(ups, rows).items() if len(line) > 1}
            held = {name: able[name] for name in style.kept(able)}
            if held:
                free = {name: line for name, line in every.items() if name in held}
                panel = Panel(variant, gil, held, free, lines_of(ups, rows))
                found.setdefault(variant.name, []).append(panel)
    able_variants = [variant for variant in about if variant.name in found]
    shown = variants.choose(able_variants, MOST_VARIANTS, MOST_PANELS)
    return [panel for variant in shown for panel in found[variant.name]][:MOST_PANELS]


def draw_panel(axes: Any, panel: Panel) -> None:
    counts = sorted({point.workers for point in panel.points})
    values = [edge for point in panel.points for edge in (point.low, point.high)]
    low, high = min([*values, 0.9]) / 1.2, max([*values, 1.5]) * 1.3
    axes.plot(counts, counts, color=style.FAINT, linewidth=1, zorder=1)
    for series, points in panel.free.items():
        how = style.line(series) | {"markerfacecolor": "white", "linewidth": 0.8}
        how |= {"markersize": 4.0, "zorder": 4}
        axes.plot([p.workers for p in points], [p.speed_up for p in points], **how)
    for series, points in panel.held.items():
        how = style.line(series) | {"markerfacecolor": style.look(series).colour}
        axes.plot([p.workers for p in points], [p.speed_up for p in points], **how)
    for point in panel.points:
        colour = style.look(point.row.series).colour
        axes.plot([point.workers] * 2, [point.low, point.high], color=colour, linewidth=1.0)
    drawing.worker_axis(axes, counts)
    axes.set_yscale("log", base=2)
    axes.set_ylim(low, high)
    drawing.factor_axis(axes.yaxis, low, high)
    axes.set_ylim(low, high)


def numbers(panels: Sequence[Panel], ups: SpeedUps) -> list[Number]:
    found = []
    for panel in panels:
        for point in panel.points:
            row = point.row
            baseline = ups.baseline(row) or row
            _, interval = variants.relative(baseline, row)
            name = f"{panel.variant.name}, {point.workers} {row.series} {lock_words(row.gil)}"
            found.append(Number(name, (row, baseline), point.speed_up, interval, times))
    return list({number.name: number for number in found}.values())


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """The first series that a lock binds, and how little all of its workers gain."""
    for panel in panels:
        for line in panel.lines.values():
            lock = line.lock
            if lock is not None:
                gain = Number(line.series, (*line.rows, line.baseline), lock.gain,
                              lock.gain_interval, times)  # fmt: skip
                return Finding(
                    f"{panel.variant.name} under {panel.gil}: {lock.workers} {line.series} reach "
                    f"{curves_times(lock.gain, lock.gain_interval, 'one')}, bound by the lock",
                    (gain,),
                )  # fmt: skip
    return None


def words(panels: Sequence[Panel]) -> str:
    told = []
    for panel in panels:
        for series, points in panel.held.items():
            line = panel.lines.get(series)
            free = next((p for p in reversed(panel.free.get(series, []))
                         if p.workers == points[-1].workers), None)  # fmt: skip
            beside = f", {free.speed_up:.2f} without the lock" if free else ""
            bound = f"; they {bound_words(line.lock)}" if line is not None and line.lock else ""
            told.append(
                f"{panel.variant.name} under {panel.gil}: {points[-1].workers} {series} reach "
                f"{points[-1].speed_up:.2f}{beside}{bound}."
            )
    return " ".join(told)
