"""One kind of work at every concurrency: what each shape reaches, and what limits it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Optional

from ..charts import drawing, marks, style
from ..charts.seen import Finding, Number, Seen
from ..core.units import duration, grouped, rate
from ..results.names import lock_words, model_order
from . import model
from .mapping import Map
from .work import CONCURRENCY, Work

NAME = "advice"
TITLE = "How many at once, and in which shape?"
ALT = (
    "A line a shape: operations in a second against how many are under way at once, both "
    "logarithmic, with its 95 % interval; points are measurements, dashed lines are ceilings."
)
HEIGHT, STEPS = 3.3, 60


class Case(NamedTuple):
    known: Map
    work: Work


def draw(canvas: Any, case: Case) -> Seen:
    known, work = case
    fits = sorted(known.fits.values(), key=lambda fit: model_order(fit.shape.series))
    fits = fits[: style.MOST_SERIES]
    names = [fit.shape.series for fit in fits]
    below = (
        f"{duration(work.cpu_ns)} of computing and {work.waiting} for each operation, "
        f"{lock_words(known.gil)}, on {known.cpus} CPUs. Lines: the fitted model; band: 95 % "
        "interval; black dashes: measured; grey lines: ceilings."
    )
    answer = finding(known, work)
    top = drawing.heading_height(below, answer) + drawing.series_height(names)
    page = drawing.Page(canvas, top + HEIGHT + 0.45)
    page.series_legend(page.heading(TITLE, below, answer), names)
    axes = page.axes(0.75, top, style.WIDTH - 0.95, HEIGHT)
    most = max(CONCURRENCY[1], work.concurrency)
    counts = sorted({round(most ** (step / STEPS)) for step in range(STEPS + 1)})
    works = [work.at(count) for count in counts]
    rates: list[float] = []
    for fit in fits:
        told = fit.predict(works)
        able = [each if fit.shape.possible(count) else math.nan
                for count, each in zip(counts, (one.rate for one in told))]  # fmt: skip
        how = style.line(fit.shape.series) | {"linewidth": 1.4, "markersize": 4}
        axes.plot(counts, able, **how, markevery=STEPS // 6)
        axes.fill_between(
            counts, [each.interval.low for each in told], [each.interval.high for each in told],
            where=[not math.isnan(each) for each in able], color=how["color"], alpha=0.12,
            linewidth=0,
        )  # fmt: skip
        rates += [each for each in able if not math.isnan(each)]
        for point in near(fit, work):
            axes.plot([point.work.concurrency], [point.rate], linestyle="none", marker="_",
                      color=style.INK, markersize=9, markeredgewidth=1.6)  # fmt: skip
            rates.append(point.rate)
    axes.set_xscale("log")
    limits = marks.log_axis(axes, rates)
    axes.set_xlim(1, most)
    axes.set_xticks([10**power for power in range(math.ceil(math.log10(most)) + 1)])
    axes.set_xticklabels([grouped(10**power) for power in range(math.ceil(math.log10(most)) + 1)])
    axes.set_xticks([], minor=True)
    marks.rate_axis(axes.yaxis, limits)
    axes.set_xlabel("operations under way at once", labelpad=1)
    axes.set_ylabel("operations in a second")
    axes.axvline(work.concurrency, color=style.FAINT, linewidth=0.8)
    axes.annotate(f"{grouped(work.concurrency)} at once", (work.concurrency, 0), (3, 3),
                  xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=7,
                  color=style.FAINT)  # fmt: skip
    ceilings(axes, known, work, limits)
    numbers = [
        Number(fit.shape.series, (), told.rate, told.interval, rate)
        for fit in fits for told in fit.predict([work])
    ]  # fmt: skip
    words = " ".join(f"{number.name}: {number.said}." for number in numbers)
    return Seen(words, answer, numbers)


def finding(known: Map, work: Work) -> Optional[Finding]:
    """The shape to build and its rate; None where the map does not know."""
    ranked = known.ranked(work)
    if not ranked or not ranked[0].prediction.known:
        return None
    shape, prediction = ranked[0]
    number = Number(shape.series, (), prediction.rate, prediction.interval, rate)
    return Finding(
        f"{grouped(work.concurrency)} at once: {shape.series}, {number.said}", (number,)
    )


def near(fit: model.Fitted, work: Work) -> list[Any]:
    """Points whose computing and waiting are about these, whatever their concurrency."""
    def alike(point: Any) -> bool:
        (cpu, wait, _), (own_cpu, own_wait, _) = point.work.place, work.place
        return bool(abs(cpu - own_cpu) < 0.05 and abs(wait - own_wait) < 0.05)

    return [point for point in fit.points if alike(point)]


def ceilings(axes: Any, known: Map, work: Work, limits: tuple[float, float]) -> None:
    """Each limit of computing once; that of concurrency is where all lines begin."""
    found: dict[float, list[str]] = {}
    for shape in known.fits:
        for each in model.ceilings(work, shape, known.excludes, known.cpus):
            if each.cause != "the concurrency" and each.cause not in found.get(each.rate, ()):
                found.setdefault(each.rate, []).append(each.cause)
    for value, causes in sorted(found.items()):
        if limits[0] < value < limits[1]:
            axes.axhline(value, color=style.FAINT, linewidth=0.8, linestyle=(0, (4, 2)))
            axes.annotate(f"{', '.join(causes)}: {rate(value)}", (1, value), (-3, 2),
                          xycoords=("axes fraction", "data"), textcoords="offset points",
                          ha="right", fontsize=7, color=style.FAINT)  # fmt: skip
