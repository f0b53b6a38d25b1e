"""How do other libraries and interpreters do the same job: what an operation takes in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import duration
from ...results import jobs
from ...results.jobs import Job
from ...results.rows import Result, Row
from .. import drawing, marks, style
from ..marks import Rung
from ..seen import Finding, Number, Seen, contrast, times
from .latency import time_axis

NAME = "runtimes"
TITLE = "How do other libraries and interpreters do the same job?"
ONLY_OF = "other libraries and interpreters at the same job"
ALT = (
    "Dot plots, one a job: for each library or interpreter, and for Convoy's own models, what an "
    "operation takes, on a logarithmic axis."
)
AXES = {
    jobs.WALL: "time of an operation",
    jobs.CPU: "CPU time of an operation",
}
TITLE_ROOM, FOOT, LETTER, BESIDE = 0.3, 0.4, 0.062, 1.75
MOST_PANELS = 8


class Panel(NamedTuple):
    job: Job
    rungs: list[Rung]

    def said(self, one: Rung) -> str:
        """`12.1 µs, 1.45 × (1.41–1.50)`: beside Convoy's own."""
        text = duration(one.middle)
        ratio = self.ratio(one)
        return text if ratio is None else f"{text}, {ratio.said}"

    def ratio(self, one: Rung) -> Optional[Number]:
        other = self.job.reference
        if other is None or one.row is other:
            return None
        pairs = self.job.times_as_long(one.row, other)
        if not pairs.ratios:
            return None
        return Number(one.name, (one.row, other), pairs.value, pairs.interval(), times)


def draw(canvas: Any, result: Result) -> Seen:
    found = jobs.jobs(result)
    if not found:
        raise MissingData(
            "it needs rows of runtimes beside those of models (`run --filter '^server_echo/' "
            "--model coroutines --runtime all`)"
        )
    panels = [Panel(job, rungs(job)) for job in found[:MOST_PANELS]]
    every = [one for panel in panels for one in panel.rungs]
    finding = found_in(panels)
    others = len(found) - len(panels)
    below = drawing.paragraphs(
        "Medians of the samples with 95 % intervals. Behind them, how many times as long as with "
        "Convoy's coroutines, pass by pass. Convoy's models have their colours.",
        marks.note([one.row for one in every], marks.CROSSED),
        f"{others} more jobs are not shown." if others else "",
    )
    labels = 0.25 + LETTER * max(len(one.name) for one in every)
    width = style.WIDTH - labels - BESIDE
    top = drawing.heading_height(below, finding)
    heights = [TITLE_ROOM + FOOT + marks.height_of(panel.rungs) for panel in panels]
    page = drawing.Page(canvas, top + sum(heights) + 0.05)
    page.heading(TITLE, below, finding)
    for number, panel in enumerate(panels):
        at = top + sum(heights[:number]) + TITLE_ROOM
        axes = page.axes(labels, at, width, marks.height_of(panel.rungs))
        axes.set_xscale("log")
        bounds = marks.bounds_of([value for one in panel.rungs for value in one.samples])
        axes.set_xlim(*bounds)
        time_axis(axes.xaxis, bounds)
        marks.draw(axes, panel.rungs, panel.said)
        axes.set_xlabel(AXES[panel.job.time], labelpad=2)
        drawing.panel_title(axes, panel.job.name, "", width)
    return Seen(words(panels), finding, numbers(panels))


def rungs(job: Job) -> list[Rung]:
    """The quickest first, so that the order says something."""
    lines = [marks.rung(name_of(job, row), row, job.times_ns(row)) for row in job.rows]
    return sorted(lines, key=lambda one: one.middle)


def name_of(job: Job, row: Row) -> str:
    """`Convoy: coroutines`, `asio`"""
    return f"Convoy: {row.series}" if row in job.ours else row.model


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """Of the first job in which two differ, how far apart they are."""
    for panel in panels:
        drawn = [marks.number(one.name, one, duration) for one in panel.rungs]
        if found := contrast(drawn, f"An operation of {panel.job.name}"):
            return found
    return None


def numbers(panels: Sequence[Panel]) -> list[Number]:
    told = []
    for panel in panels:
        for one in panel.rungs:
            what = f"{panel.job.name}, {one.name}"
            told.append(marks.number(what, one, duration))
            if ratio := panel.ratio(one):
                told.append(ratio._replace(name=f"{what}, beside Convoy's coroutines"))
    return told


def words(panels: Sequence[Panel]) -> str:
    return " ".join(
        f"{panel.job.name}, {one.name}: {panel.said(one)}."
        for panel in panels
        for one in panel.rungs
    )
