"""How fast and how fairly is a lock handed over: mean and longest, and Jain's index beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import duration, three_digits
from ...results import variants
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import Variant
from ...stats.samples import median
from .. import drawing, marks, style
from ..marks import Rung
from ..seen import Finding, Seen, contrast
from .latency import time_axis

NAME = "handoff"
TITLE = "How fast and how fairly do waiting workers go on?"
ONLY_OF = "an experiment with waiting"
ALT = (
    "Dot plots, one a variant of the workload: for each gil, number of workers and model how long "
    "a hand-over took on average (filled) and at most (hollow), on a logarithmic axis; beside it "
    "Jain's index of who got the lock how often."
)


class Wait(NamedTuple):
    """What a workload reports of its waits."""

    mean: str
    longest: str
    axis: str


WAITS = (
    Wait("handoff_ns", "handoff_max_ns", "from a release to the next one's having the lock"),
    Wait("wake_ns", "wake_max_ns", "from the call to a waiting worker's going on"),
    Wait("wait_ns", "longest_wait_ns", "how long a worker waited"),
)
FAIRNESS = "jain"
TITLE_ROOM, FOOT, LETTER, BESIDE, FAIR = 0.3, 0.36, 0.062, 1.35, 1.3
GAP = 0.45
MOST_VARIANTS, MOST_PANELS, MOST_LINES = 8, 8, 40


class Panel(NamedTuple):
    variant: Variant
    wait: Wait
    means: list[Rung]
    fairness: list[Optional[Rung]]  # as many, None where a row has none

    def said(self, one: Rung) -> str:
        """`1.2 µs, at most 4 ms`"""
        most = longest_of(one.row, self.wait)
        return duration(one.middle) + (f", at most {duration(most)}" if most is not None else "")


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, lambda row: wait_of(row) is not None)
    if not about:
        raise MissingData(
            "it needs rows whose workers wait for each other (`run --filter '^sync_mutex/' "
            "--model threads,processes,coroutines`)"
        )
    panels = choose(about)
    every = [one for panel in panels for one in panel.means]
    drawn = [one.row for one in every]
    series = sorted({row.series for row in drawn}, key=model_order)
    fair = any(one for panel in panels for one in panel.fairness)
    numbers = [
        marks.number(f"{panel.variant.name}, {one.row.series}, {one.name}", one, duration)
        for panel in panels
        for one in panel.means
    ]
    finding = found_in(panels)
    below = drawing.paragraphs(
        "By gil and number of workers (2 w). Filled: the median of the samples' means, with its "
        "95 % interval; hollow: the longest of all."
        + (" Right: Jain's index; 1 is equal, 1 / workers is one alone." if fair else ""),
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, drawn),
    )
    labels = 0.25 + LETTER * max(len(one.name) for one in every)
    width = style.WIDTH - labels - BESIDE - (FAIR + GAP if fair else 0)
    room = drawing.label_room((panel.variant.label for panel in panels), width)
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    heights = [TITLE_ROOM + room + FOOT + marks.height_of(panel.means) for panel in panels]
    page = drawing.Page(canvas, top + sum(heights) + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    low, high = bounds_of(panels)
    for number, panel in enumerate(panels):
        at = top + sum(heights[:number]) + TITLE_ROOM + room
        height = marks.height_of(panel.means)
        axes = page.axes(labels, at, width, height)
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        time_axis(axes.xaxis, (low, high))
        marks.draw(axes, panel.means, panel.said)
        longest(axes, panel)
        axes.set_xlabel(panel.wait.axis, labelpad=2)
        drawing.panel_title(axes, panel.variant.workload, panel.variant.label, width)
        if any(panel.fairness):
            beside = page.axes(labels + width + BESIDE, at, FAIR, height)
            draw_fairness(beside, panel)
    return Seen(words(panels), finding, numbers)


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """Of the first panel in which two differ, how far apart they are."""
    for panel in panels:
        numbers = [
            marks.number(f"{one.row.series}, {one.name}", one, duration) for one in panel.means
        ]
        if found := contrast(numbers, f"Handing over in {panel.variant.name}"):
            return found
    return None


def wait_of(row: Row) -> Optional[Wait]:
    return next((wait for wait in WAITS if wait.mean in row.figures), None)


def choose(about: Sequence[Variant]) -> list[Panel]:
    """The variants with a panel each, and the lines in it: without a gil first."""
    panels = []
    for variant in variants.choose(about, MOST_VARIANTS, MOST_PANELS)[:MOST_PANELS]:
        kept = style.kept(row.series for row in variant.rows)
        rows = [row for row in variant.rows if row.series in kept]
        rows.sort(key=lambda r: (r.gil != "none", r.gil, r.workers, model_order(r.series)))
        wait = wait_of(rows[0])
        assert wait is not None  # a variant's rows are of one workload, and have it
        rows = [row for row in rows if wait.mean in row.figures][:MOST_LINES]
        means = [marks.rung(marks.crew_of(row), row, row.figures[wait.mean]) for row in rows]
        fairness = [
            marks.rung(marks.crew_of(row), row, row.figures[FAIRNESS])
            if FAIRNESS in row.figures
            else None
            for row in rows
        ]
        panels.append(Panel(variant, wait, means, fairness))
    return panels


def longest_of(row: Row, wait: Wait) -> Optional[float]:
    return max(row.figures[wait.longest]) if wait.longest in row.figures else None


def bounds_of(panels: Sequence[Panel]) -> tuple[float, float]:
    """Of all that is drawn."""
    values = [value for panel in panels for one in panel.means for value in one.samples]
    values += [
        most for panel in panels for one in panel.means
        if (most := longest_of(one.row, panel.wait)) is not None
    ]  # fmt: skip
    return marks.bounds_of(values)


def longest(axes: Any, panel: Panel) -> None:
    """Hollow, and a thin line to it from the mean."""
    for line, one in zip(marks.places(panel.means), panel.means):
        most = longest_of(one.row, panel.wait)
        if most is not None:
            how = style.look(one.row.series)
            axes.plot([one.middle, most], [line, line], color=how.colour, linewidth=0.6, alpha=0.6)
            axes.plot(
                [most], [line], linestyle="none", color=how.colour, markerfacecolor="white",
                marker=style.marker(one.row.series), markersize=4.5, clip_on=False,
            )  # fmt: skip


def draw_fairness(axes: Any, panel: Panel) -> None:
    axes.set_xlim(0, 1.08)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xticklabels(["0", "0.5", "1"])
    marks.draw_beside(axes, panel.means, panel.fairness, lambda one: three_digits(one.middle))
    axes.set_xlabel("Jain's index", labelpad=2)


def words(panels: Sequence[Panel]) -> str:
    """How long and how fairly, for those who do not see it."""
    told = []
    for panel in panels:
        for one, fair in zip(panel.means, panel.fairness):
            index = f", Jain's index {three_digits(median(fair.samples))}" if fair else ""
            who = f"{one.row.series}, {one.name}"
            told.append(f"{panel.variant.name}, {who}: {panel.said(one)}{index}.")
    return " ".join(told)
