"""How fast are queues, and how long are items in them: by order and model, two panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import Interval, duration, rate, some
from ...results import variants
from ...results.names import NARROWING, model_order
from ...results.rows import Result, Row
from .. import drawing, marks, style
from ..marks import Rung, rate_axis
from ..seen import Seen, contrast
from .latency import time_axis

NAME = "queues"
TITLE = "How fast is a queue, and how long are items in it?"
ONLY_OF = "an experiment with queues"
ALT = (
    "Dot plots, two beside each other for each capacity and number of workers: for each order in "
    "which a queue hands its items out, and each model, on the left the items per second and on "
    "the right the mean time that an item is in the queue, on logarithmic axes."
)

NAMES = {
    "queue_fifo": "first in, first out",
    "queue_lifo": "last in, first out",
    "queue_priority": "smallest first",
    "queue_joinable": "one producer, join()",
}
ORDER = list(NAMES)
TIME = "in_queue_ns"
TITLE_ROOM, FOOT, LETTER, BESIDE = 0.3, 0.4, 0.062, 0.75
MOST_STRIPS, MOST_LINES = 6, 28


class Setting(NamedTuple):
    """What rows have in common that are drawn beside each other."""

    capacity: int
    workers: int
    consumers: int  # 0: half of the workers
    place: str
    narrowed: tuple[str, ...]

    def label(self, places: bool) -> str:
        """`capacity 64, 2 workers`; the place, too, where there are several."""
        parts = [f"capacity {self.capacity}", some(self.workers, "worker")]
        if self.consumers:
            parts.append(some(self.consumers, "consumer"))
        where = [f"place {self.place}"] if places else []
        narrowed = [f"{axis} {told}" for axis, told in zip(NARROWING, self.narrowed) if told]
        return ", ".join([*parts, *where, *narrowed])


class Strip(NamedTuple):
    """Two panels: as many times as rates, None where a row has no time."""

    label: str
    rates: list[Rung]
    times: list[Optional[Rung]]


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, lambda row: row.workload in NAMES)
    if not about:
        raise MissingData(
            "it needs rows of queues (`run --filter '^queue_(fifo|lifo|priority|joinable)/' "
            "--model threads,processes,coroutines --gil none`)"
        )
    strips = choose([row for variant in about for row in variant.rows])
    every = [one for strip in strips for one in strip.rates]
    timed = [one for strip in strips for one in strip.times if one is not None]
    drawn = [one.row for one in every]
    series = sorted({row.series for row in drawn}, key=model_order)
    numbers = [
        marks.number(f"{strip.label}: {one.name}, {one.row.series}", one, rate)
        for strip in strips
        for one in strip.rates
    ]
    numbers += [
        marks.number(f"{strip.label}: {one.name}, {one.row.series}, in the queue", one, duration)
        for strip in strips
        for one in strip.times
        if one is not None
    ]
    first = [n._replace(name=f"{one.row.series}, {one.name}")
             for n, one in zip(numbers, strips[0].rates)]  # fmt: skip
    finding = contrast(first, "Items per second")
    below = drawing.paragraphs(
        f"By the order in which items come out, {under(drawn[0])}. An item is in the queue from "
        "before its put to after its get, so that waiting for room counts. Large: the median; bar: "
        "its 95 % interval; small: each sample.",
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, drawn),
    )
    labels = 0.25 + LETTER * max(len(one.name) for one in every)
    width = (style.WIDTH - labels) / 2 - BESIDE
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    heights = [TITLE_ROOM + FOOT + marks.height_of(strip.rates) for strip in strips]
    page = drawing.Page(canvas, top + sum(heights) + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    rates, times = bounds_of(every), bounds_of(timed)
    for number, strip in enumerate(strips):
        at = top + sum(heights[:number]) + TITLE_ROOM
        height = marks.height_of(strip.rates)
        left = page.axes(labels, at, width, height)
        log_axis(left, rates)
        rate_axis(left.xaxis, rates)
        marks.draw(left, strip.rates, lambda one: rate(one.middle))
        left.set_xlabel("items per second", labelpad=2)
        drawing.panel_title(left, strip.label, "", style.WIDTH - labels)
        if any(strip.times):
            right = page.axes(labels + width + BESIDE, at, width, height)
            log_axis(right, times)
            time_axis(right.xaxis, times)
            marks.draw_beside(right, strip.rates, strip.times, lambda one: duration(one.middle))
            right.set_xlabel("mean time in the queue", labelpad=2)
    return Seen(words(strips), finding, numbers)


def under(row: Row) -> str:
    return "without a gil" if row.gil == "none" else f"under gil {row.gil}"


def choose(rows: Sequence[Row]) -> list[Strip]:
    """The settings that have panels, and the lines in them: without a gil, where there are such."""
    gil = min((row.gil for row in rows), key=lambda gil: (gil != "none", gil))
    found: dict[Setting, list[Row]] = {}
    for row in rows:
        if row.gil == gil:
            found.setdefault(setting_of(row), []).append(row)
    most = sorted(found, key=lambda setting: -len(found[setting]))[:MOST_STRIPS]
    places = len({setting.place for setting in found}) > 1
    strips = []
    for setting in sorted(most):
        kept = style.kept(row.series for row in found[setting])
        lines = [row for row in found[setting] if row.series in kept]
        lines.sort(key=lambda row: (ORDER.index(row.workload), model_order(row.series)))
        lines = lines[:MOST_LINES]
        rates, times = [items_of(row) for row in lines], [time_of(row) for row in lines]
        strips.append(Strip(setting.label(places), rates, times))
    return strips


def setting_of(row: Row) -> Setting:
    numbers = (int(row.parameters.get(name, 0)) for name in ("capacity", "consumers"))
    capacity, consumers = numbers
    narrowed = tuple(row.setting(axis) or "" for axis in NARROWING)
    return Setting(capacity, row.workers, consumers, row.place, narrowed)


def items_of(row: Row) -> Rung:
    """An operation is an item."""
    time = row.interval_ns
    interval = Interval(1e9 / time.high, 1e9 / time.low) if time and time.low > 0 else None
    return marks.rung(NAMES[row.workload], row, (1e9 / ns for ns in row.times_ns), interval)


def time_of(row: Row) -> Optional[Rung]:
    times = row.figures.get(TIME)
    return marks.rung(NAMES[row.workload], row, times) if times else None


def bounds_of(every: Sequence[Rung]) -> tuple[float, float]:
    return marks.bounds_of(value for one in every for value in one.samples)


def log_axis(axes: Any, limits: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*limits)


def words(strips: Sequence[Strip]) -> str:
    """How many, and how long, for those who do not see it."""
    told = []
    for strip in strips:
        for one, time in zip(strip.rates, strip.times):
            queued = f", {duration(time.middle)} in the queue" if time else ""
            who = f"{one.name} by {one.row.series}"
            told.append(f"{strip.label}: {who}, {rate(one.middle)}{queued}.")
    return " ".join(told)
