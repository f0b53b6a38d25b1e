"""For which tasks does a pool pay: time a task by its size, beside starting one for each task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import duration, some
from ...results import variants
from ...results.rows import Result, Row
from ...results.variants import Variant
from ...stats.samples import Ratio, quotient
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen
from .latency import time_axis

NAME = "pool_break_even"
TITLE = "For which tasks does a pool pay?"
ONLY_OF = "an experiment with pools"
ALT = (
    "Line charts, one a kind of worker: the time a task takes, all in all, by how long it computes "
    "itself, for a pool and for starting a thread, a process or a coroutine for each task; a "
    "vertical line where starting one begins to cost at most a tenth more."
)

WORKLOAD, WAY, SIZE, POOL = "pool_submit", "how", "task_ns", "pool"
SEMAPHORE = "semaphore"
# The way that each model's pool stands beside, and what it starts.
SPAWNED = {
    "threads": ("spawn_thread", "thread"),
    "processes": ("spawn_process", "process"),
    "coroutines": ("spawn_coroutine", "coroutine"),
}
SAME = 1.1  # so many times as long is as good
LOOKS: dict[str, dict[str, Any]] = {
    "pool": {"linestyle": "solid"},
    "spawned": {"linestyle": (0, (4, 2)), "markerfacecolor": "white"},
    SEMAPHORE: {"linestyle": (0, (1, 1.5)), "marker": "x", "color": style.FAINT},
}
LEGEND = {
    "pool": "a pool",
    "spawned": "one started for each task",
    SEMAPHORE: "a thread for each task, behind a semaphore",
}
MOST_VARIANTS, COLUMNS, HEIGHT, ABOVE, BELOW, LEFT = 3, 3, 1.7, 0.28, 0.42, 0.62

BySize = Mapping[float, Row]


class BreakEven(NamedTuple):
    """From which size of a task on starting one costs at most a tenth more than the pool."""

    at_ns: Optional[float]  # None where the rows do not show it
    said: str


class Panel(NamedTuple):
    variant: Variant
    model: str
    lines: Mapping[str, BySize]  # by the keys of LOOKS

    @property
    def sizes(self) -> list[float]:
        return sorted({size for rows in self.lines.values() for size in rows})

    @property
    def rows(self) -> list[Row]:
        return [row for rows in self.lines.values() for row in rows.values()]

    @property
    def title(self) -> str:
        return f"{self.model}, {some(self.rows[0].workers, 'worker')}"

    @property
    def label(self) -> str:
        said = self.break_even.said
        return f"{self.variant.label}: {said}" if self.variant.label else said

    @property
    def break_even(self) -> BreakEven:
        return break_even(self.lines["pool"], self.lines["spawned"], SPAWNED[self.model][1])


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, wanted, (WAY, SIZE))
    panels = choose(about)
    if not panels:
        raise MissingData(
            "it needs rows of pool_submit (`run --filter '^pool_submit/' --model "
            "threads,processes,coroutines --gil none --param "
            "pool_submit.how=pool,spawn_thread,spawn_process,spawn_coroutine --param "
            "pool_submit.task=0us,10us,100us,1ms`)"
        )
    drawn = [row for panel in panels for row in panel.rows]
    finding = found_in(panels)
    below = drawing.paragraphs(
        "The time that a task takes in all, by how long it computes: medians with 95 % intervals. "
        "The vertical line is where starting one costs 10 % more than the pool, on straight lines "
        "between two sizes that were measured.",
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, drawn),
    )
    columns = min(COLUMNS, len(panels))
    width = style.WIDTH / columns
    inside = width - LEFT - 0.2
    room = drawing.label_room((panel.label for panel in panels), inside)
    height = ABOVE + room + HEIGHT + BELOW
    top = drawing.heading_height(below, finding) + drawing.legend_height(1)
    strips = -(-len(panels) // columns)
    page = drawing.Page(canvas, top + strips * height + 0.05)
    kinds = [kind for kind in LOOKS if any(kind in panel.lines for panel in panels)]
    page.legend(page.heading(TITLE, below, finding), handles(kinds), len(kinds))
    low, high = bounds_of(drawn)
    for number, panel in enumerate(panels):
        left = (number % columns) * width + LEFT
        at = top + (number // columns) * height + ABOVE + room
        axes = page.axes(left, at, inside, HEIGHT)
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        time_axis(axes.yaxis, (low, high))
        size_axis(axes, panel.sizes)
        draw_panel(axes, panel)
        drawing.panel_title(axes, panel.title, panel.label, inside)
        axes.set_xlabel("how long a task computes", labelpad=2)
        if number % columns == 0:
            axes.set_ylabel("time a task", labelpad=2)
    return Seen(words(panels), finding, numbers_of(panels))


def numbers_of(panels: Sequence[Panel]) -> Iterator[Number]:
    for panel in panels:
        for kind, rows in panel.lines.items():
            for size, row in sorted(rows.items()):
                name = f"{panel.variant.name}, {panel.title}: {LEGEND[kind]}, {duration(size)}"
                yield Number(name, (row,), row.median_ns, row.interval_ns, duration)


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """From which size on the first model does without a pool, where the rows show it."""
    for panel in panels:
        if panel.break_even.at_ns is not None:
            times = [Number("", (row,), row.median_ns, row.interval_ns, duration)
                     for kind in ("pool", "spawned") for row in panel.lines[kind].values()]
            return Finding(panel.break_even.said, tuple(times))
    return None


def wanted(row: Row) -> bool:
    """Not what is started under another model than the one whose pool it stands beside."""
    own = SPAWNED.get(row.model, ("", ""))[0]
    ways = [POOL, own, SEMAPHORE] if row.model == "threads" else [POOL, own]
    return row.workload == WORKLOAD and SIZE in row.parameters and row.parameters.get(WAY) in ways


def choose(about: Sequence[Variant]) -> list[Panel]:
    """Of each variant the models that have a pool and what it stands beside."""
    panels = []
    for variant in variants.choose(about, MOST_VARIANTS, MOST_VARIANTS):
        free = [row for row in variant.rows if row.gil == "none" and (row.carriers or 1) == 1]
        for model, (way, _) in SPAWNED.items():
            rows = as_many_workers([row for row in free if row.model == model])
            lines = {
                kind: by_size(rows, of)
                for kind, of in (("pool", POOL), ("spawned", way), (SEMAPHORE, SEMAPHORE))
            }
            if lines["pool"] and lines["spawned"]:
                kept = {kind: found for kind, found in lines.items() if found}
                panels.append(Panel(variant, model, kept))
    return panels


def as_many_workers(rows: Sequence[Row]) -> list[Row]:
    """Those of the number of workers that most have, or the least of several."""
    counts = Counter(row.workers for row in rows)
    best = min(counts, key=lambda count: (-counts[count], count), default=0)
    return [row for row in rows if row.workers == best]


def by_size(rows: Sequence[Row], way: str) -> dict[float, Row]:
    found = [row for row in rows if row.parameters.get(WAY) == way and row.median_ns > 0]
    return {float(row.parameters[SIZE]): row for row in found}


def break_even(pool: BySize, spawned: BySize, kind: str) -> BreakEven:
    """What the rows show; between two sizes both times are taken for straight lines."""
    sizes = sorted({*pool} & {*spawned})
    ratios = [beside(spawned[size], pool[size]) for size in sizes]
    told = f"A {kind} a task"
    if any(row.disturbed for size in sizes for row in (pool[size], spawned[size])):
        return BreakEven(None, f"{told}: disturbed, so no size is named")
    if len(sizes) < 2 or any(ratio.interval is None for ratio in ratios):
        return BreakEven(None, f"{told}: too little measured to name a size")
    dearer = [bool(ratio.interval and ratio.interval.low > SAME) for ratio in ratios]
    alike = [bool(ratio.interval and ratio.interval.high <= SAME) for ratio in ratios]
    if all(alike):
        return BreakEven(None, f"{told} costs at most 10 % more at every size")
    if all(dearer):
        return BreakEven(None, f"{told} costs over 10 % more at every size")
    last = max((i for i, each in enumerate(dearer) if each), default=-1)
    if last < 0 or not all(alike[last + 1 :]) or not all(dearer[: last + 1]):
        return BreakEven(None, f"{told}: from which size on it is as good is not resolved")
    at = crossing(sizes[last : last + 2], pool, spawned)
    return BreakEven(at, f"From about {duration(at)} on {told.lower()} costs at most 10 % more")


def beside(spawned: Row, pool: Row) -> Ratio:
    value = spawned.median_ns / pool.median_ns
    return quotient(value, spawned.interval_ns, pool.interval_ns)


def crossing(sizes: Sequence[float], pool: BySize, spawned: BySize) -> float:
    """Where the one is 1.1 times the other."""
    first, second = (spawned[size].median_ns - SAME * pool[size].median_ns for size in sizes)
    return sizes[0] + (sizes[1] - sizes[0]) * first / (first - second)


def handles(kinds: Sequence[str]) -> list[Any]:
    from matplotlib.lines import Line2D

    plain = {"color": style.INK, "marker": "o", "markersize": 4.5}
    return [Line2D([], [], label=LEGEND[kind], **(plain | LOOKS[kind])) for kind in kinds]


def bounds_of(rows: Sequence[Row]) -> tuple[float, float]:
    times = [value for row in rows for value in (row.median_ns, *(row.interval_ns or ()))]
    above = [value for value in times if value > 0]
    return min(above) / 1.6, max(above) * 1.6


def size_axis(axes: Any, sizes: Sequence[float]) -> None:
    """Logarithmic, with room for 0 at the left."""
    above = [size for size in sizes if size > 0] or [1.0]
    if 0 in sizes:
        axes.set_xscale("symlog", linthresh=min(above), linscale=0.6)
        axes.set_xlim(-0.15 * min(above), max(above) * 1.8)
    else:
        axes.set_xscale("log")
        axes.set_xlim(min(above) / 1.8, max(above) * 1.8)
    ticks = list(sizes)[:: -(-len(sizes) // 5)]
    axes.set_xticks(ticks)
    axes.set_xticklabels([duration(tick) if tick else "0" for tick in ticks])
    axes.set_xticks([], minor=True)


def draw_panel(axes: Any, panel: Panel) -> None:
    at = panel.break_even.at_ns
    if at is not None:
        axes.axvline(at, color=style.INK, linewidth=0.8, alpha=0.7)
    how = style.look(panel.model)
    for kind, rows in panel.lines.items():
        look: dict[str, Any] = {"color": how.colour, "marker": how.marker, "markersize": 4.5}
        look |= LOOKS[kind]
        sizes = sorted(rows)
        axes.plot(sizes, [rows[size].median_ns for size in sizes], **look)
        for size in sizes:
            interval = rows[size].interval_ns
            if interval is not None:
                axes.plot([size, size], interval, color=look["color"], linewidth=1.8, alpha=0.6)
        bad = [(size, rows[size].median_ns) for size in sizes if rows[size].disturbed]
        marks.cross(axes, bad)


def words(panels: Sequence[Panel]) -> str:
    """What each takes, for those who do not see it."""
    told = []
    for panel in panels:
        told.append(f"{panel.title}: {panel.label}.")
        for kind, rows in panel.lines.items():
            times = ", ".join(
                f"{duration(rows[size].median_ns)} for {duration(size)}" for size in sorted(rows)
            )
            told.append(f"{LEGEND[kind]}, {some(len(rows), 'size')}: {times}.")
    return " ".join(told)
