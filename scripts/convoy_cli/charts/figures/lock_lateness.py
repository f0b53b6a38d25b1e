"""How late a worker that slept gets the lock back, a panel a lock, a line a number of spinners."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import duration, some
from ...results import variants
from ...results.rows import Result, Row
from ...results.variants import Variant
from ...stats.samples import quantiles
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, contrast
from .latency import median_of, percentiles, time_axis

NAME = "lock_lateness"
TITLE = "How late does a sleeper get the lock back?"
ONLY_OF = "an experiment with locks"  # ordinary results lack it, which is not worth a word
ALT = (
    "A chart a lock, a line a number of workers that only compute: the share of a sleeping "
    "worker's wake-ups after which it held the lock within a time."
)

PANEL_HEIGHT = 1.75
WORKLOAD = "gil_reacquire"
MOST_VARIANTS, MOST_PANELS = 4, 24
LOOKS = (
    style.Look("#000000", "o", (0, (1, 1.5))),
    style.Look("#0072B2", "s", "solid"),
    style.Look("#D55E00", "^", (0, (6, 2))),
    style.Look("#009E73", "D", (0, (4, 1.5, 1, 1.5))),
    style.Look("#CC79A7", "v", (0, (2.5, 1.5))),
    style.Look("#E69F00", "P", (0, (8, 2, 1, 2))),
    style.Look("#56B4E9", "X", (0, (3, 1, 1, 1, 1, 1))),
)


class Panel(NamedTuple):
    gil: str
    label: str  # what tells the variant apart
    lines: dict[int, Row]  # by the number of spinners


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, wanted, apart=("spinners",))
    panels = choose(about)
    if not panels:
        raise MissingData(
            f"it needs rows of {WORKLOAD} (`run --filter '^{WORKLOAD}/' --model threads --gil "
            f"none,cpython32 --param {WORKLOAD}.spinners=0,1,2,4`)"
        )
    counts = sorted({spinners for panel in panels for spinners in panel.lines})
    drawn = [row for panel in panels for row in panel.lines.values()]
    below = drawing.paragraphs(
        f"Wake-ups after {sleep(drawn)}, and how long after them the worker held the lock. Lines: "
        "threads that only compute meanwhile. A sharp step is a rule that counts time.",
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, drawn),
    )
    finding = found_in(panels)
    columns = drawing.columns_for(len(panels))
    rows = math.ceil(len(panels) / columns)
    width = style.WIDTH / columns
    room = drawing.label_room((panel.label for panel in panels), width - 0.72)
    height = PANEL_HEIGHT + room
    top = drawing.heading_height(below, finding) + drawing.legend_height(len(counts))
    page = drawing.Page(canvas, top + rows * height + 0.15)
    page.legend(page.heading(TITLE, below, finding), legend(counts))
    limits = common_limits(drawn)
    for number, (gil, label, lines) in enumerate(panels):
        across, down = number % columns, number // columns
        left = across * width + 0.5
        at = top + down * height + 0.22 + room
        axes = page.axes(left, at, width - 0.72, PANEL_HEIGHT - 0.68)
        draw_panel(axes, lines, counts, limits)
        drawing.panel_title(axes, gil if gil != "none" else "none (no lock)", label, width - 0.72)
        if down == rows - 1 or number + columns >= len(panels):
            axes.set_xlabel("lateness at most", labelpad=1)
        if across > 0:
            axes.set_yticklabels([])
    return Seen(words(panels), finding, numbers_of(panels))


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """How far apart locks are beside as many spinners: at the fewest where any are."""
    for spinners in sorted({spinners for panel in panels for spinners in panel.lines}):
        label = next(panel.label for panel in panels if spinners in panel.lines)
        every = [
            median_of("no lock" if panel.gil == "none" else panel.gil, panel.lines[spinners])
            for panel in panels
            if panel.label == label and spinners in panel.lines
        ]
        if found := contrast(every, f"Median lateness beside {some(spinners, 'spinner')}"):
            return found
    return None


def numbers_of(panels: Sequence[Panel]) -> Iterator[Number]:
    for gil, label, lines in panels:
        for spinners, row in lines.items():
            name = f"{f'{gil}, {label}' if label else gil}, {some(spinners, 'spinner')}"
            yield from percentiles(name, row)


def wanted(row: Row) -> bool:
    found = row.latency is not None and bool(row.latency.buckets)
    return found and row.workload == WORKLOAD and row.model == "threads" and row.workers == 1


def choose(about: Sequence[Variant]) -> list[Panel]:
    """For each variant and lock the rows by their number of spinners; `none` first."""
    panels: dict[tuple[str, str], dict[int, Row]] = {}
    for variant in variants.choose(about, MOST_VARIANTS, MOST_PANELS):
        for row in variant.rows:
            lines = panels.setdefault((row.gil, variant.label), {})
            lines.setdefault(spinners_of(row), row)
    counts = sorted({spinners for lines in panels.values() for spinners in lines})
    kept = counts[: style.MOST_SERIES]
    found = [
        Panel(gil, label, {n: row for n, row in sorted(lines.items()) if n in kept})
        for (gil, label), lines in panels.items()
    ]
    # A sort keeps the order of variants within a lock.
    ordered = sorted(found, key=lambda panel: (panel.gil != "none", panel.gil))
    return [panel for panel in ordered if panel.lines][:MOST_PANELS]


def spinners_of(row: Row) -> int:
    return int(row.parameters.get("spinners", 1))


def sleep(drawn: Sequence[Row]) -> str:
    """`a sleep of 1 ms`; panels name theirs where they differ."""
    waits = {row.parameters.get("wait_ns") for row in drawn}
    wait = waits.pop()
    return f"a sleep of {duration(wait)}" if wait is not None and not waits else "a sleep"


def look(spinners: int, counts: list[int]) -> dict[str, Any]:
    how = LOOKS[counts.index(spinners) % len(LOOKS)]
    return {"color": how.colour, "linestyle": how.dash, "marker": how.marker}


def legend(counts: list[int]) -> list[Any]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], **look(n, counts), label=some(n, "spinner")) for n in counts]


def common_limits(drawn: Sequence[Row]) -> tuple[float, float]:
    """One axis for all, so that locks can be compared: from the fastest 1 % to the slowest."""
    buckets = [row.latency.buckets for row in drawn if row.latency is not None]
    ends = [quantiles(each, [0.01, 0.999]) for each in buckets]
    return max(1_000.0, min(low for low, _ in ends) / 1.3), max(high for _, high in ends) * 1.5


def draw_panel(
    axes: Any, lines: dict[int, Row], counts: list[int], limits: tuple[float, float]
) -> None:
    for spinners, row in lines.items():
        latency = row.latency
        if latency is None:
            continue
        seen, times, shares = 0, [max(limits[0], latency.buckets[0][0])], [0.0]
        for _, high, count in latency.buckets:
            seen += count
            times.append(high)
            shares.append(seen / latency.count)
        how = look(spinners, counts)
        axes.plot([*times, limits[1]], [*shares, 1.0], drawstyle="steps-post",
                  **(how | {"marker": "none"}))  # fmt: skip
        dot, half = how | {"linestyle": "none"}, quantiles(latency.buckets, [0.5])[0]
        axes.plot([half], [0.5], **dot, markersize=4)
        marks.cross(axes, [(half, 0.5)] if row.disturbed else [])
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    time_axis(axes.xaxis, limits)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.5, 1])
    axes.set_yticklabels(["0 %", "50 %", "100 %"])


def words(panels: Sequence[Panel]) -> str:
    said = []
    for gil, label, lines in panels:
        for spinners, row in lines.items():
            if row.latency is not None:
                half, most = quantiles(row.latency.buckets, [0.5, 0.9])
                said.append(
                    f"{f'{gil}, {label}' if label else gil}, {some(spinners, 'spinner')}: median "
                    f"{duration(half)}, 90 % within {duration(most)}."
                )
    return " ".join(said)
