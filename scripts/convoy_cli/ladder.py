"""Dot plots whose lines stand below each other: samples, their median and its interval, a number.

Lines of one name are a group; a figure says where its axis begins and what it writes beside a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Optional

from . import disturbance, style
from .rows import Row
from .statistics import Interval, median, median_interval

LINE_HEIGHT, GROUP_GAP, MARGIN = 0.15, 0.6, 0.8


class Rung(NamedTuple):
    """One row's line."""

    name: str
    row: Row
    samples: tuple[float, ...]
    middle: float
    interval: Optional[Interval]


def rung(
    name: str, row: Row, samples: Iterable[float], interval: Optional[Interval] = None
) -> Rung:
    values = tuple(samples)
    return Rung(name, row, values, median(values), interval or median_interval(values))


def crew_of(row: Row) -> str:
    """`no gil, 2 w`"""
    return f"{'no gil' if row.gil == 'none' else row.gil}, {row.workers} w"


def places(rungs: Sequence[Rung]) -> list[float]:
    """Where each line is: those of a name together."""
    at, answer = 0.0, []
    for before, one in zip([None, *rungs], rungs):
        if before is not None:
            at += 1 if before.name == one.name else 1 + GROUP_GAP
        answer.append(at)
    return answer


def height_of(rungs: Sequence[Rung]) -> float:
    """In inches."""
    return LINE_HEIGHT * (places(rungs)[-1] + 2 * MARGIN)


def draw(
    axes: Any, rungs: Sequence[Rung], said: Callable[[Rung], str], labels: bool = True
) -> None:
    """The lines, the names of groups on the left, and what is said of each on the right."""
    lines = places(rungs)
    axes.set_ylim(lines[-1] + MARGIN, -MARGIN)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    names: dict[str, list[float]] = {}
    for line, one in zip(lines, rungs):
        names.setdefault(one.name, []).append(line)
        draw_line(axes, line, one, said(one))
    axes.set_yticks([sum(group) / len(group) for group in names.values()])
    axes.set_yticklabels(list(names) if labels else [], fontsize=7)


def draw_beside(
    axes: Any, rungs: Sequence[Rung], beside: Sequence[Optional[Rung]], said: Callable[[Rung], str]
) -> None:
    """Lines at the heights of others, whose names say what each is; None has no line."""
    lines = places(rungs)
    axes.set_ylim(lines[-1] + MARGIN, -MARGIN)
    axes.set_yticks([])
    axes.grid(False, axis="y")
    for line, one in zip(lines, beside):
        if one is not None:
            draw_line(axes, line, one, said(one))


def bounds_of(values: Iterable[float]) -> tuple[float, float]:
    """A logarithmic axis from the least to the most above 0, with some room; never nothing."""
    above = [value for value in values if value > 0] or [1.0]
    return min(above) / 1.5, max(above) * 1.5


def draw_line(axes: Any, line: float, one: Rung, text: str) -> None:
    how = style.look(one.row.series)
    dots = {"linestyle": "none", "color": how.colour, "clip_on": False}
    axes.plot(one.samples, [line] * len(one.samples), **dots, marker="o", markersize=1.8, alpha=0.5)
    if one.interval is not None:
        axes.plot(one.interval, [line, line], color=how.colour, linewidth=1.8, alpha=0.6)
    axes.plot([one.middle], [line], **dots, marker=style.marker(one.row.series), markersize=4.5)
    disturbance.cross(axes, [(one.middle, line)] if one.row.disturbed else [])
    axes.annotate(
        text, (1, line), (4, 0),
        xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
        fontsize=6.5, color=how.colour, annotation_clip=False,
    )  # fmt: skip
