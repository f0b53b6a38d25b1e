"""Where things stand on a chart's page, in inches from its top: heading, legend, panels, foot."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from . import style

HEADING = 0.34
LINE = 0.17
SIDE = 0.12


class Page:
    """A page of the standard width that is as high as what is put on it."""

    def __init__(self, canvas: Any, height: float, width: float = style.WIDTH) -> None:
        self.canvas = canvas
        self.width = width
        self.height = height
        canvas.set_size_inches(width, height)

    def text(self, left: float, top: float, words: str, **options: Any) -> Any:
        options.setdefault("va", "top")
        return self.canvas.text(left / self.width, 1 - top / self.height, words, **options)

    def axes(self, left: float, top: float, width: float, height: float, **options: Any) -> Any:
        box = (left / self.width, 1 - (top + height) / self.height)
        return self.canvas.add_axes(
            (*box, width / self.width, height / self.height), **options
        )

    def heading(self, title: str, below: str = "") -> float:
        """The question, and one line or more about the answer; returns where the rest begins."""
        self.text(SIDE, 0.1, title, fontsize=12, fontweight="bold")
        lines = wrap(below)
        for number, line in enumerate(lines):
            self.text(SIDE, HEADING + LINE * number, line, color=style.FAINT)
        return heading_height(below)

    def legend(self, top: float, handles: Sequence[Any]) -> None:
        self.canvas.legend(
            handles=list(handles),
            loc="upper left",
            bbox_to_anchor=(0.0, 1 - top / self.height),
            borderaxespad=0.3,
            ncol=5,
            columnspacing=1.6,
        )


def wrap(words: str, columns: int = 128) -> list[str]:
    return textwrap.wrap(words, columns)


def heading_height(below: str) -> float:
    return HEADING + LINE * len(wrap(below)) + 0.08


def legend_height(entries: int) -> float:
    return 0.2 * math.ceil(entries / 5) + 0.1


def columns_for(panels: int) -> int:
    return 1 if panels == 1 else 2 if panels in (2, 4) else 3


def handles(models: Sequence[str]) -> list[Any]:
    """A legend's entries for these models."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], **style.line(model)) for model in sorted(models, key=style.order)]


def worker_axis(axes: Any, counts: Sequence[int], labels: bool = True) -> None:
    """log2, with a tick at each number of workers as long as there is room."""
    axes.set_xscale("log", base=2)
    step = math.ceil(len(counts) / 8)
    ticks = list(counts)[::step]
    axes.set_xticks(ticks)
    axes.set_xticklabels([f"{tick:g}" for tick in ticks] if labels else [])
    axes.set_xticks([], minor=True)
    low, high = min(counts), max(counts)
    axes.set_xlim(low / 1.12, max(high, low * 1.5) * 1.12)


def factor_axis(axis: Any, low: float, high: float) -> None:
    """log2 from `low` to `high`, with ticks such as 0.5, 1, 2, 4."""
    first, last = math.floor(math.log2(low)), math.ceil(math.log2(high))
    step = max(1, math.ceil((last - first) / 6))
    # A multiple of the step, so that 1 is always a tick.
    first = math.floor(first / step) * step
    ticks = [2.0**power for power in range(first, last + 1, step)]
    axis.set_ticks(ticks)
    axis.set_ticklabels([f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)
