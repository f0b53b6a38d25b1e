"""How is latency spread: the share of operations within a time, and the time at each percentile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import duration, some
from ...results import variants
from ...results.names import model_order
from ...results.rows import Latency, Result, Row
from ...results.variants import Variant
from ...stats.samples import histogram_median_interval, quantiles
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, contrast

NAME = "latency"
TITLE = "How is latency spread?"
ALT = (
    "Two charts a workload, a line a model: left, the share of operations that took at most a "
    "time; right, the time at each percentile, with ever more room for the slowest."
)

PANEL_HEIGHT = 2.0
MOST_VARIANTS, MOST_PANELS = 4, 8
NINES = (0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)


class Panel(NamedTuple):
    variant: Variant
    gil: str
    workers: int
    rows: dict[str, Row]  # by series

    @property
    def latencies(self) -> dict[str, Latency]:
        return {name: row.latency for name, row in self.rows.items() if row.latency is not None}


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, lambda row: bool(row.latency and row.latency.buckets))
    shown = choose(about)
    if not shown:
        raise MissingData(
            "it needs a workload that keeps the latency of each operation (`run --filter '^io_'`)"
        )
    series = sorted({name for panel in shown for name in panel.rows}, key=model_order)
    below, finding = explained(about, shown), found_in(shown)
    half = style.WIDTH / 2
    height = PANEL_HEIGHT + drawing.label_room((p.variant.label for p in shown), half - 0.75)
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    page = drawing.Page(canvas, top + len(shown) * height + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series)
    for number, panel in enumerate(shown):
        at = top + (number + 1) * height - PANEL_HEIGHT + 0.22
        shares = page.axes(0.6, at, half - 0.75, PANEL_HEIGHT - 0.72)
        tail = page.axes(half + 0.62, at, half - 0.92, PANEL_HEIGHT - 0.72)
        draw_shares(shares, panel.latencies)
        draw_tail(tail, panel.latencies)
        for row in panel.rows.values():
            if row.disturbed and row.latency is not None:
                marks.cross(shares, [(quantiles(row.latency.buckets, [0.5])[0], 0.5)])
        late = any(latency.kind == "lateness" for latency in panel.latencies.values())
        under = "" if panel.gil == "none" else f" under gil {panel.gil}"
        what = f"{panel.variant.workload}{', lateness' if late else ''}{under}"
        title = f"{what}, {some(panel.workers, 'worker')}"
        drawing.panel_title(shares, title, panel.variant.label, half - 0.75)
    return Seen(words(shown), finding, numbers(shown))


def numbers(panels: Sequence[Panel]) -> Iterator[Number]:
    for variant, gil, workers, rows in panels:
        under = "" if gil == "none" else f" under {gil}"
        for series, row in rows.items():
            yield from percentiles(f"{variant.name}, {workers} {series}{under}", row)


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """How far apart medians are, in the first panel where intervals tell any apart."""
    for panel in panels:
        every = [median_of(series, row) for series, row in panel.rows.items() if row.latency]
        under = "" if panel.gil == "none" else f" under {panel.gil}"
        what = f"Median of {panel.variant.name}{under} with {some(panel.workers, 'worker')}"
        if found := contrast(every, what):
            return found
    return None


def median_of(name: str, row: Row) -> Number:
    """The median latency of a row that has any."""
    assert row.latency is not None
    buckets = row.latency.buckets
    value = quantiles(buckets, [0.5])[0]
    inside = histogram_median_interval(buckets, len(row.samples))
    return Number(name, (row,), value, inside, duration)


def percentiles(name: str, row: Row) -> Iterator[Number]:
    """All samples share a histogram: too few values of it are the slowest for an interval."""
    if row.latency is not None:
        yield median_of(f"{name}, p50", row)
        value = quantiles(row.latency.buckets, [0.99])[0]
        yield Number(f"{name}, p99", (row,), value, None, duration)


def explained(about: Sequence[Variant], shown: Sequence[Panel]) -> str:
    """How to read it, and what is not in it; a series is drawn at one number of workers."""
    there = {(p.variant.name, p.gil, name) for p in shown for name in p.rows}
    panels = {(p.variant.name, p.gil) for p in shown}
    drawn = [
        row
        for variant in about
        for row in variant.rows
        if (variant.name, row.gil, row.series) in there
        # `single` has one worker, and is no gap in a panel of several.
        or (row.model == "single" and (variant.name, row.gil) in panels)
    ]
    return drawing.paragraphs(
        "Time of one operation (of timers: how late they were), at the number of workers in the "
        "heading. Left: share of operations within a time. Right: the slowest, magnified.",
        marks.note((r for p in shown for r in p.rows.values()), marks.CROSSED),
        variants.not_shown(about, drawn),
    )


def choose(about: Sequence[Variant]) -> list[Panel]:
    """For each variant and gil, the series at the most workers that most of them have."""
    some_of = variants.choose(about, MOST_VARIANTS, MOST_PANELS)
    every = [
        panel_of(variant, gil) for variant in some_of for gil in variants.gils(variant.rows)
    ]
    # Those without a gil first, so that they are drawn if not all can be.
    return sorted(every, key=lambda panel: panel.gil != "none")[:MOST_PANELS]


def panel_of(variant: Variant, gil: str) -> Panel:
    here: dict[int, dict[str, Row]] = {}
    for row in variants.by_gil(variant.rows, gil):
        here.setdefault(row.workers, {})[row.series] = row
    # `single` has one worker only, and says little about waiting together.
    counts = [count for count in here if count > 1] or list(here)
    workers = max(counts, key=lambda count: (len(here[count]), count))
    return Panel(variant, gil, workers, {n: here[workers][n] for n in style.kept(here[workers])})


def draw_shares(axes: Any, latencies: dict[str, Latency]) -> None:
    for model, latency in sorted(latencies.items(), key=lambda item: model_order(item[0])):
        seen, times, shares = 0, [latency.buckets[0][0]], [0.0]
        for _, high, count in latency.buckets:
            seen += count
            times.append(high)
            shares.append(seen / latency.count)
        how = style.line(model) | {"marker": "none"}
        axes.plot(times, shares, drawstyle="steps-post", **how)
        # A marker at the median tells lines apart in print.
        dot = style.line(model) | {"linestyle": "none"}
        axes.plot(quantiles(latency.buckets, [0.5]), [0.5], **dot)
    axes.set_xscale("log")
    time_axis(axes.xaxis, axes.get_xlim())
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_yticklabels(["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("time at most", labelpad=1)


def draw_tail(axes: Any, latencies: dict[str, Latency]) -> None:
    """The x axis is log 1/(1 - share), as in HdrHistogram's plots."""
    most = max(latency.count for latency in latencies.values())
    last = next((i for i, share in enumerate(NINES) if 1 / (1 - share) >= most), len(NINES) - 1)
    last = max(2, last)
    for model, latency in sorted(latencies.items(), key=lambda item: model_order(item[0])):
        furthest = math.log10(latency.count)
        places = [furthest * i / 120 for i in range(121)]
        shares = [1 - 10**-place for place in places]
        how = style.line(model)
        axes.plot(places, quantiles(latency.buckets, shares), **how, markevery=(10, 30))
    axes.set_xlim(0, last)
    axes.set_xticks(range(last + 1))
    axes.set_xticklabels([f"{share * 100:.6g}" for share in NINES[: last + 1]])
    axes.set_yscale("log")
    time_axis(axes.yaxis, axes.get_ylim())
    axes.set_xlabel("percentile (%)", labelpad=1)


def time_axis(axis: Any, limits: tuple[float, float]) -> None:
    """Ticks at 1, 2, 5 or at tens, whichever gives a handful, labelled with their unit."""
    low, high = max(limits[0], 0.1), max(limits[1], 1.0)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [step * 10.0**power for power in decades for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= 3:
            break
    axis.set_ticks(ticks[:: math.ceil(len(ticks) / 7)])
    axis.set_ticklabels([duration(tick) for tick in ticks[:: math.ceil(len(ticks) / 7)]])
    axis.set_ticks([], minor=True)


def words(panels: Sequence[Panel]) -> str:
    said = []
    for variant, gil, workers, rows in panels:
        for model, row in rows.items():
            if row.latency is not None:
                half, slow = quantiles(row.latency.buckets, [0.5, 0.99])
                under = "" if gil == "none" else f" under {gil}"
                said.append(
                    f"{variant.name}{under}, {workers} {model}: median {duration(half)}, 99 % "
                    f"within {duration(slow)}."
                )
    return " ".join(said)
