"""What has happened to each benchmark: its chain of ratios over the commits, with the changes."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from .. import charts, layout
from ..errors import MissingData
from ..gate import labels
from ..terminal import plain
from .chart_panel import FASTER, LEVEL, SLOWER, panel
from .entries import PARENT, REFERENCE
from .findings import Finding
from .told import head, sentence
from .tracks import INSTRUCTIONS, History, Track

NAME = "history"
TITLE = "What has changed over the commits?"
ALT = (
    "A panel a benchmark: its time relative to where the series began, a dot a commit with the "
    "interval as a band, the level between changes as a line, and each change marked."
)

MOST = 12
PANEL, INSET = 1.75, 0.6
ORDER = {REFERENCE: 0, PARENT: 1, INSTRUCTIONS: 2}


class Drawn(NamedTuple):
    """All that a chart is of."""

    history: History
    found: list[Finding]


def render(history: History, found: list[Finding]) -> dict[str, bytes]:
    """The chart by suffix. Raises MissingData where there is nothing."""
    here: Any = sys.modules[__name__]
    drawn: Any = Drawn(history, found)
    with warnings.catch_warnings():
        # A letter that the font lacks is a box in the PNG, and itself in the SVG.
        warnings.filterwarnings("ignore", message="Glyph .* missing from current font")
        return charts.render(here, drawn)


def draw(canvas: Any, drawn: Drawn) -> str:
    history, found = drawn
    tracks = panels(history, found)
    if not tracks:
        raise MissingData("it needs a commit")
    shown = tracks[:MOST]
    below = (
        f"{head(history)} Time beside where the series began; up is slower. Dots: the median of a "
        "commit; band: its interval; line: the median between changes. Hollow: the base differed "
        "from itself."
    )
    if len(tracks) < len(history.tracks):
        below += " Of several series of a benchmark the longest is drawn, and those that changed."
    if len(tracks) > len(shown):
        below += f" {len(tracks) - len(shown)} more are not drawn."
    entries = legend([one for one in found if any(one.track is each for each in shown)])
    columns = 1 if len(shown) == 1 else 2
    top = layout.heading_height(below) + layout.legend_height(len(entries)) + 0.05
    page = layout.Page(canvas, top + PANEL * math.ceil(len(shown) / columns) + 0.05)
    page.legend(page.heading(TITLE, below), entries)
    width = page.width / columns
    for number, track in enumerate(shown):
        left, at = number % columns * width, top + number // columns * PANEL
        page.text(left + layout.SIDE, at, title(track, width - 0.3), fontsize=8.5,
                  fontweight="bold", parse_math=False)  # fmt: skip
        axes = page.axes(left + INSET, at + 0.24, width - INSET - 0.35, PANEL - 0.62)
        panel(axes, history, track, [one for one in found if one.track is track])
    said = [f"{sentence(history, one)}." for one in found if any(one.track is t for t in shown)]
    return " ".join([head(history), *said])


def panels(history: History, found: list[Finding]) -> list[Track]:
    """The series to draw: those that changed most first; one a benchmark unless others changed."""
    weight: dict[Any, float] = {}
    for one in found:
        weight[one.track.name] = max(weight.get(one.track.name, 0.0), abs(one.size))
    seen: set[str] = set()
    chosen = []
    for track in sorted(history.tracks, key=rank):
        if track.name in weight or track.name.benchmark not in seen:
            chosen.append(track)
        seen.add(track.name.benchmark)
    return sorted(chosen, key=lambda each: (-weight.get(each.name, 0.0), rank(each)))


def rank(track: Track) -> tuple[int, int, str]:
    return -len(track.points), ORDER[track.name.kind], track.name.benchmark


def title(track: Track, width: float) -> str:
    name = track.name
    what = {INSTRUCTIONS: "instructions of ", PARENT: "chained: "}.get(name.kind, "")
    return labels.shortened(what + plain(name.benchmark), width * 0.9, 8.5)


def legend(found: Sequence[Finding]) -> list[Any]:
    from matplotlib.lines import Line2D

    entries = [Line2D([], [], color=LEVEL, linewidth=1.2, label="level")]
    looks = ((SLOWER, True, "slower or more"), (FASTER, False, "faster or less"))
    for colour, slower, label in looks:
        if any(one.slower is slower for one in found):
            entries.append(Line2D([], [], color=colour, linewidth=1.2, label=label))
    return entries
