"""Does the lateness follow the switch interval?"""

from __future__ import annotations

from typing import Any

from ...charts import drawing, style
from ...charts.figures.latency import time_axis
from ...core.errors import MissingData
from ...stats.scaling import line
from .. import charts
from ..judge import gather, points
from ..report import Findings

NAME = "sweep"
TITLE = "Does the lateness follow the switch interval?"
ALT = (
    "A panel an interpreter that lets a program set its switch interval: the median lateness of a "
    "sleeper beside one thread that computes, at several intervals, in the interpreter and "
    "natively."
)
PANEL_HEIGHT = 2.3


def draw(canvas: Any, findings: Findings) -> str:
    panels = {}
    for subject in findings.subjects:
        held = gather(subject)
        sides = tuple(points(held, side) for side in (0, 1))
        if any(sides):
            panels[f"{subject['label']} beside {subject['policy']}"] = sides
    if not panels:
        raise MissingData("it needs the probe sweep")
    below = (
        "The median lateness beside one thread that computes. On the line it is as long as the "
        "interval."
    )
    columns = drawing.columns_for(len(panels))
    strips = -(-len(panels) // columns)
    top = drawing.heading_height(below) + drawing.legend_height(2)
    page = drawing.Page(canvas, top + strips * PANEL_HEIGHT + 0.05)
    page.legend(page.heading(TITLE, below), charts.handles("real interpreter", "native policy"))
    width = page.width / columns
    said = []
    for number, (title, sides) in enumerate(panels.items()):
        at = top + (number // columns) * PANEL_HEIGHT + 0.28
        left = (number % columns) * width + 0.62
        axes = page.axes(left, at, width - 0.9, PANEL_HEIGHT - 0.78)
        draw_panel(axes, sides)
        axes.set_title("\n".join(drawing.wrap(title, int(width * 13))), fontsize=8)
        slopes = [
            f"{name} slope {found[0]:.2f}"
            for known, (name, _) in zip(sides, charts.SIDES)
            if (found := line(known)) is not None
        ]
        said.append(f"{title}: {', '.join(slopes)}.")
    return " ".join(said)


def draw_panel(axes: Any, sides: tuple[list[tuple[float, float]], ...]) -> None:
    every = [interval for known in sides for interval, _ in known]
    low, high = min(every) / 1.5, max(every) * 1.5
    axes.plot([low, high], [low, high], color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
    for known, (name, look) in zip(sides, charts.SIDES):
        if known:
            # The real one hollow and larger, so that both show where they coincide.
            real = name == "real"
            how = charts.dots(look, hollow=real) | {"markersize": 8 if real else 4}
            axes.plot(*zip(*known), **how)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    time_axis(axes.xaxis, (low, high))
    time_axis(axes.yaxis, axes.get_ylim())
    axes.set_xlabel("switch interval", labelpad=1)
    axes.set_ylabel("lateness", labelpad=1)
