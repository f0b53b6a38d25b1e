"""How does it scale: speed-up and efficiency against workers, a panel a workload."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...results import variants
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import SpeedUps, Variant
from ...stats import samples
from ...stats.samples import Law
from .. import drawing, marks as disturbance, style

NAME = "scaling"
TITLE = "How does it scale?"
ALT = (
    "Line charts, one a workload: speed-up over one worker without a gil against the number of "
    "workers, a line a model, with the ideal line; below it, speed-up divided by workers."
)

PANEL_HEIGHT = 2.75
# How many variants of a workload have a panel, and at how many panels that ends.
MOST_VARIANTS, MOST_PANELS = 6, 18
BELOW = (
    "Times faster than one worker of single, without a gil. Grey: the ideal line. Band: 95 % "
    "interval."
)


class Point(NamedTuple):
    workers: int
    speed_up: float
    low: float
    high: float
    row: Row


Series = dict[str, list[Point]]


def draw(canvas: Any, result: Result) -> str:
    ups = SpeedUps(result)
    asked = variants.scaled(ups)
    about = variants.of(result, lambda row: row.gil == "none" and asked(row))
    panels = choose(ups, about)
    if not panels:
        raise MissingData(
            "it needs a workload without a gil at two numbers of workers, and `single` to compare "
            "with (`run --model single,threads,processes --workers 1,2,4`)"
        )
    models = sorted({model for _, series in panels for model in series}, key=model_order)
    laws = [fitted(series) for _, series in panels]
    drawn = [p.row for _, series in panels for points in series.values() for p in points]
    below = drawing.paragraphs(
        f"{BELOW} {note_on([law for found in laws for law in found.values()])}",
        disturbance.note(drawn, disturbance.CROSSED, ups),
        variants.not_shown(about, drawn),
    )
    columns = drawing.columns_for(len(panels))
    lines = math.ceil(len(panels) / columns)
    width = style.WIDTH / columns
    room = drawing.label_room((variant.label for variant, _ in panels), width - 0.6)
    height = PANEL_HEIGHT + room
    top = drawing.heading_height(below) + drawing.series_height(models)
    page = drawing.Page(canvas, top + lines * height + 0.1)
    page.series_legend(page.heading(TITLE, below), models)
    marks = machine_marks(result)
    seen = []
    for number, (variant, series) in enumerate(panels):
        left = (number % columns) * width
        at = top + (number // columns) * height + room
        upper = page.axes(left + 0.5, at + 0.2, width - 0.6, 1.4)
        lower = page.axes(left + 0.5, at + 1.72, width - 0.6, 0.55)
        panel(upper, lower, series, laws[number], marks)
        points = [point for line in series.values() for point in line]
        doubtful = [point for point in points if disturbance.doubtful(point.row, ups)]
        disturbance.cross(upper, [(p.workers, p.speed_up) for p in doubtful])
        disturbance.cross(lower, [(p.workers, p.speed_up / p.workers) for p in doubtful])
        drawing.panel_title(upper, variant.workload, variant.label, width - 0.6)
        if number % columns == 0:
            upper.set_ylabel("speed-up")
            lower.set_ylabel("efficiency")
            for axes in (upper, lower):
                axes.yaxis.set_label_coords(-0.36 / (width - 0.6), 0.5)
        best, line = max(series.items(), key=lambda item: (item[1][-1].speed_up, item[0]))
        seen.append(
            f"{variant.name}: {best} reaches {line[-1].speed_up:.2f} at {line[-1].workers} workers."
        )
    return " ".join(seen)


def choose(ups: SpeedUps, about: list[Variant]) -> list[tuple[Variant, Series]]:
    """The variants with a panel each, and the lines in it."""
    lines = {}
    for variant in about:
        series = curves(ups, variant.rows)
        kept = {name: series[name] for name in style.kept(series)}
        if any(len(points) > 1 for points in kept.values()):
            lines[variant.name] = kept
    able = [variant for variant in about if variant.name in lines]
    shown = variants.choose(able, MOST_VARIANTS, MOST_PANELS)
    return [(variant, lines[variant.name]) for variant in shown]


def curves(ups: SpeedUps, rows: Iterable[Row]) -> Series:
    """The points of each model, in the order of workers."""
    series: Series = {}
    for row in sorted(rows, key=lambda row: row.workers):
        baseline = ups.baseline(row)
        if baseline is not None and row.median_ns > 0:
            value, interval = variants.relative(baseline, row)
            low, high = interval or (value, value)
            point = Point(row.workers, value, low, high, row)
            series.setdefault(row.series, []).append(point)
    return dict(sorted(series.items(), key=lambda item: model_order(item[0])))


def machine_marks(result: Result) -> list[tuple[int, str]]:
    """Where the machine ends: its cores and its PUs."""
    pus = result.fact("pus") or result.document["context"]["num_cpus"]
    cores = result.fact("cores") or pus
    if not isinstance(pus, int) or not isinstance(cores, int):
        return []
    return [(cores, "cores")] + ([(pus, "PUs")] if pus != cores else [])


def fitted(series: Series) -> dict[str, Optional[Law]]:
    """Each model's law; None where its numbers of workers are too few."""
    return {
        model: samples.fit([p.workers for p in points], [p.speed_up for p in points])
        for model, points in series.items()
        if len(points) > 1
    }


def note_on(laws: list[Optional[Law]]) -> str:
    if not any(laws):
        return (
            "Too few points to fit the Universal Scalability Law: it takes three numbers of "
            "workers, 1 among them."
        )
    known = "Thin line: fitted Universal Scalability Law, with contention σ and coherency κ"
    return f"{known}." if all(laws) else f"{known}; lines without have too few points."


def panel(
    upper: Any,
    lower: Any,
    series: Series,
    laws: dict[str, Optional[Law]],
    marks: list[tuple[int, str]],
) -> None:
    counts = sorted({point.workers for points in series.values() for point in points})
    values = [point.speed_up for points in series.values() for point in points]
    low = min([*values, 0.9]) / 1.15
    high = max([*values, 1.0]) * 1.25
    high = max(high, min(2.0 * high, counts[-1] * 1.1)) * 1.3
    upper.plot(counts, counts, color=style.FAINT, linewidth=1, label="ideal", zorder=1)
    lower.axhline(1, color=style.FAINT, linewidth=1, zorder=1)
    for model, points in series.items():
        how = style.line(model)
        workers, means = [p.workers for p in points], [p.speed_up for p in points]
        upper.plot(workers, means, **how)
        between = [p.low for p in points], [p.high for p in points]
        upper.fill_between(workers, *between, color=how["color"], alpha=0.2, linewidth=0)
        lower.plot(workers, [m / w for m, w in zip(means, workers)], **how)
        law = laws.get(model)
        if law is not None:
            fine = [2 ** (i / 20 * math.log2(workers[-1])) for i in range(21)]
            upper.plot(fine, [law.at(n) for n in fine], color=how["color"], linewidth=0.6)
    drawing.worker_axis(upper, counts, labels=False)
    drawing.worker_axis(lower, counts)
    upper.set_yscale("log", base=2)
    upper.set_ylim(low, high)
    drawing.factor_axis(upper.yaxis, low, high)
    best = max(p.speed_up / p.workers for points in series.values() for p in points)
    lower.set_ylim(0, max(1.18, min(best * 1.1, 3.0)))
    lower.set_yticks([0, 0.5, 1] if best < 1.8 else [0, 1, 2])
    lower.set_xlabel("workers", labelpad=1)
    for count, name in marks:
        if counts[0] < count <= counts[-1]:
            dashed = {"color": style.FAINT, "linewidth": 0.8, "linestyle": (0, (2, 2))}
            for axes in (upper, lower):
                axes.axvline(count, **dashed, zorder=0)
            upper.annotate(
                f"{count} {name}", (count, 0), (-2, 2), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="right", fontsize=6.5, color=style.FAINT,
            )  # fmt: skip
    known = [(model, law) for model, law in laws.items() if law is not None]
    for number, (model, law) in enumerate(known):
        upper.annotate(
            f"{coefficient('σ', law.contention, 3)}  {coefficient('κ', law.coherency, 4)}",
            (0, 1), (3, -7 - 8 * number),
            xycoords="axes fraction", textcoords="offset points", fontsize=6.5,
            color=style.look(model).colour,
        )  # fmt: skip


def coefficient(name: str, value: float, digits: int) -> str:
    """`σ 0.012`, or `σ < 0.001` where no digit of it would show."""
    shown = f"{value:.{digits}f}"
    return f"{name} {shown}" if float(shown) else f"{name} < {10 ** -digits:.{digits}f}"
