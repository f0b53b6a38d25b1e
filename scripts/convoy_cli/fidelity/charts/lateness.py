"""How late does a sleeper get the lock back, in real interpreters and natively?"""

from __future__ import annotations

from typing import Any

from ...charts import drawing, style
from ...charts.figures.latency import time_axis
from ...core.errors import MissingData
from ...core.units import duration
from .. import charts
from ..judge import gather
from ..native import Spread
from ..report import Findings

NAME = "lateness"
TITLE = "How late does a sleeper get the lock back?"
ALT = (
    "A panel an interpreter: for each number of spinners the lateness of a thread that slept, in "
    "the interpreter and natively: a line from the 10th to the 90th percentile, the median as a "
    "mark and the mean as a bar across."
)
PANEL_HEIGHT, ASIDE = 2.1, 0.13
SPINNERS = (0, 1, 2, 4)

Panel = dict[int, tuple[Spread | None, Spread | None]]


def draw(canvas: Any, findings: Findings) -> str:
    panels = {
        f"{subject['label']} beside {subject['policy'] or 'nothing'}": panel_of(subject)
        for subject in findings.subjects
    }
    panels = {title: panel for title, panel in panels.items() if panel}
    if not panels:
        raise MissingData("it needs the probe reacquire")
    below = (
        f"A thread sleeps {asleep(findings)} and needs the lock again, beside threads that "
        "compute. Mark: median; line: 10th to 90th percentile; bar across: mean. "
        "All repeats pooled."
    )
    columns = drawing.columns_for(len(panels))
    strips = -(-len(panels) // columns)
    top = drawing.heading_height(below) + drawing.legend_height(2)
    page = drawing.Page(canvas, top + strips * PANEL_HEIGHT + 0.05)
    page.legend(page.heading(TITLE, below), charts.handles("real interpreter", "native policy"))
    width = page.width / columns
    for number, (title, panel) in enumerate(panels.items()):
        left = (number % columns) * width + 0.62
        at = top + (number // columns) * PANEL_HEIGHT + 0.28
        axes = page.axes(left, at, width - 0.74, PANEL_HEIGHT - 0.76)
        draw_panel(axes, panel)
        axes.set_title("\n".join(drawing.wrap(title, int(width * 13))), fontsize=8)
    return words(panels)


def asleep(findings: Findings) -> str:
    """How long, in words; other sleeps than those of 1 ms are named with who has them."""
    spread = {
        subject["label"]: run["parameters"]["spread_ns"]
        for subject in findings.subjects
        for run in subject["runs"]
        if run["parameters"].get("spread_ns")
    }
    others = [f"in {label} 1 to {1 + 0.875 * longer / 1e6:.1f}" for label, longer in spread.items()]
    return f"1 ms ({', '.join(others)})" if others else "1 ms"


def panel_of(subject: dict[str, Any]) -> Panel:
    held = gather(subject)
    found = {}
    for spinners in SPINNERS:
        both = held.get(f"reacquire/spinners:{spinners}")
        if both is not None and any(both.spreads()):
            found[spinners] = both.spreads()
    return found


def draw_panel(axes: Any, panel: Panel) -> None:
    for place, spreads in enumerate(panel.values()):
        for spread, side, (_, look) in zip(spreads, (-ASIDE, ASIDE), charts.SIDES):
            if spread is None:
                continue
            # A clock's last digit can make the lateness of an idle machine negative.
            low, half, high, mean = (
                max(value, 1000.0)
                for value in (*(spread.quantile(share) for share in (0.1, 0.5, 0.9)), spread.mean)
            )
            at = place + side
            axes.plot([at, at], [low, high], color=look.colour, linewidth=1.6)
            axes.plot([at - 0.1, at + 0.1], [mean, mean], color=look.colour, linewidth=1.6)
            axes.plot([at], [half], **charts.dots(look))
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low / 1.3, max(high, low * 12) * 1.3)
    time_axis(axes.yaxis, axes.get_ylim())
    axes.set_xlim(-0.5, len(panel) - 0.5)
    axes.set_xticks(range(len(panel)))
    axes.set_xticklabels([str(spinners) for spinners in panel])
    axes.set_xlabel("threads that compute", labelpad=1)
    axes.grid(False, axis="x")
    axes.tick_params(axis="x", length=0)
    axes.spines["left"].set_color(style.FAINT)


def words(panels: dict[str, Panel]) -> str:
    said = []
    for title, panel in panels.items():
        for spinners, spreads in panel.items():
            parts = [
                f"{name} {duration(spread.quantile(0.5))}"
                for spread, (name, _) in zip(spreads, charts.SIDES)
                if spread is not None
            ]
            said.append(f"{title}, {spinners} spinners: median {', '.join(parts)}.")
    return " ".join(said)
