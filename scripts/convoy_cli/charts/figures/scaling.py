"""How does it scale: speed-up and efficiency against workers, a panel a workload."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import some
from ...results import variants
from ...results.curves import Line, coefficient, exact, lines as lines_of, said
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import SpeedUps, Variant
from .. import drawing, marks as disturbance, style
from ..seen import Finding, Number, Seen, contrast, times

NAME = "scaling"
TITLE = "How does it scale?"
ALT = (
    "Line charts, one a workload: speed-up over one worker without a gil against the number of "
    "workers, a line a model, with the ideal line; below it, speed-up divided by workers."
)

PANEL_HEIGHT = 2.65
# The lines below a panel with the coefficients of each law, in inches.
LAW_LINE, LAW_SIZE = 0.13, 6.0
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


def draw(canvas: Any, result: Result) -> Seen:
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
    laws = [fitted(ups, variant, series) for variant, series in panels]
    drawn = [p.row for _, series in panels for points in series.values() for p in points]
    below = drawing.paragraphs(
        f"{BELOW} {note_on([line for each in laws for line in each.values()])}",
        disturbance.note(drawn, disturbance.CROSSED, ups),
        variants.not_shown(about, drawn),
    )
    numbers = [each for panel, found in zip(panels, laws) for each in numbers_of(ups, panel, found)]
    finding = found_in(ups, panels)
    columns = drawing.columns_for(len(panels))
    lines = math.ceil(len(panels) / columns)
    width = style.WIDTH / columns
    room = drawing.label_room((variant.label for variant, _ in panels), width - 0.6)
    deepest = max(sum(line.scaling is not None for line in each.values()) for each in laws)
    height = PANEL_HEIGHT + room + LAW_LINE * deepest
    top = drawing.heading_height(below, finding) + drawing.series_height(models)
    page = drawing.Page(canvas, top + lines * height + 0.1)
    page.series_legend(page.heading(TITLE, below, finding), models)
    marks = machine_marks(result)
    seen = []
    for number, (variant, series) in enumerate(panels):
        left = (number % columns) * width
        at = top + (number // columns) * height + room
        upper = page.axes(left + 0.5, at + 0.2, width - 0.6, 1.4)
        lower = page.axes(left + 0.5, at + 1.72, width - 0.6, 0.55)
        panel(upper, lower, series, laws[number], marks)
        coefficients(page, left + 0.12, at + PANEL_HEIGHT - 0.02, laws[number])
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
        told = [words for line in laws[number].values() if (words := said(line))]
        seen += [f"{words[0].upper()}{words[1:]}." for words in told]
    return Seen(" ".join(seen), finding, numbers)


def number_of(ups: SpeedUps, variant: Variant, model: str, point: Point) -> Number:
    baseline = ups.baseline(point.row) or point.row
    _, interval = variants.relative(baseline, point.row)
    crew = f"{point.workers} {model}" if model != "single" else model
    rows = (point.row, baseline)
    return Number(f"{variant.name}, {crew}", rows, point.speed_up, interval, times)


def numbers_of(
    ups: SpeedUps, panel_: tuple[Variant, Series], laws: dict[str, Line]
) -> Iterator[Number]:
    """Each point, then what the laws say."""
    variant, series = panel_
    for model, points in series.items():
        for point in points:
            yield number_of(ups, variant, model, point)
    for model, line in laws.items():
        if line.scaling is None or line.scaling.missed is not None:
            continue
        rows = (*line.fitted_rows, line.baseline)
        law = {"contention σ": line.scaling.contention, "coherency κ": line.scaling.coherency}
        for name, value in law.items():
            if value is not None:
                yield Number(f"{variant.name}, {model}: {name}", rows, *value, exact)
        if line.ahead is not None:
            name = f"{variant.name}, {line.scaling.ahead} {model}, not measured but foretold"
            yield Number(name, rows, *line.ahead, times)


def found_in(ups: SpeedUps, panels: list[tuple[Variant, Series]]) -> Optional[Finding]:
    """How far apart the fastest of the panels are, or what the fastest of all reaches."""
    best = []
    for variant, series in panels:
        every = [(model, point) for model, points in series.items() for point in points]
        model, point = max(every, key=lambda item: (item[1].speed_up, item[0]))
        crew = f"{point.workers} {model}" if model != "single" else model
        found = number_of(ups, variant, model, point)
        best.append(found._replace(name=f"{variant.name} with {crew}"))
    able = [number for number in best if number.sound]
    if not able:
        return None
    one = max(able, key=lambda number: number.value)
    return contrast(best, "Speed-up") or Finding(f"{one.name}: {one.said}", (one,))


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


def fitted(ups: SpeedUps, variant: Variant, series: Series) -> dict[str, Line]:
    """The lines of what is drawn, each with its law."""
    every = lines_of(ups, variant.rows)
    return {model: line for model, line in every.items() if model in series}


def note_on(lines: list[Line]) -> str:
    laws = [line.scaling for line in lines]
    if not any(laws):
        return (
            "Too few points to fit the Universal Scalability Law: it takes three numbers of "
            "workers, 1 among them, and computing workers need a CPU each."
        )
    known = "Thin line: fitted Universal Scalability Law, with contention σ and coherency κ"
    if any(line.ahead for line in lines):
        known += "; dotted, with a bar: what it foretells beyond what was measured"
    without = "Lines without have too few numbers of workers with a CPU for each that computes."
    return f"{known}." if all(laws) else f"{known}. {without}"


def panel(
    upper: Any,
    lower: Any,
    series: Series,
    laws: dict[str, Line],
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
        if model in laws:
            draw_law(upper, laws[model], how["color"])
    told = [line for line in laws.values() if line.ahead and line.scaling]
    high = max([high, *(1.2 * line.ahead.value for line in told if line.ahead)])
    furthest = max([counts[-1], *(line.scaling.ahead for line in told if line.scaling)])
    drawing.worker_axis(upper, counts, labels=False, furthest=furthest)
    drawing.worker_axis(lower, counts, furthest=furthest)
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


def draw_law(axes: Any, line: Line, colour: str) -> None:
    """A thin line, dotted beyond what was measured, where a bar has the interval."""
    found = line.scaling
    if found is None or found.law is None:
        return
    thin: dict[str, Any] = {"color": colour, "linewidth": 0.6}
    fine = steps(found.counts[0], found.counts[-1])
    axes.plot(fine, [found.law.at(n) for n in fine], **thin)
    if line.ahead is not None and line.ahead.interval is not None:
        beyond = steps(found.counts[-1], found.ahead)
        axes.plot(beyond, [found.law.at(n) for n in beyond], **thin, linestyle=(0, (1, 2)))
        axes.plot([found.ahead] * 2, line.ahead.interval, color=colour, linewidth=1.2)
        axes.plot([found.ahead], [line.ahead.value], color=colour, marker="_", markersize=5)


def steps(first: int, last: int) -> list[float]:
    """Places between them for a line that is smooth on a logarithmic axis."""
    return [first * (last / first) ** (i / 20) for i in range(21)]


def coefficients(
    page: drawing.Page, left: float, top: float, lines: dict[str, Line]
) -> None:
    """Below a panel a line a law: the model's marker, σ and κ with their intervals."""
    known = [line for line in lines.values() if line.scaling is not None]
    for number, line in enumerate(known):
        middle = top + LAW_LINE * (number + 0.5)
        page.dot(left + 0.06, middle, style.line(line.series) | {"markersize": 3.2})
        page.text(left + 0.16, middle, law_of(line), va="center", fontsize=LAW_SIZE,
                  color=style.look(line.series).colour)  # fmt: skip


def law_of(line: Line) -> str:
    """`σ 0.012 (0.010–0.014)  κ ≤ 0.0004`, or that the points do not follow it."""
    found = line.scaling
    if found is None or found.contention is None or found.coherency is None:
        return "no law"
    if found.missed is not None:
        return f"follows no law: off by more than 5 % with {some(found.missed, 'worker')}"
    sigma, kappa = (coefficient(each) for each in (found.contention, found.coherency))
    return f"σ {sigma}  κ {kappa}"
