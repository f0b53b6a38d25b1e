"""How does it scale: speed-up and efficiency against workers, a panel a workload."""

from __future__ import annotations

import math
from typing import Any, Optional

from .. import layout, speedups, style, usl
from ..errors import MissingData
from ..rows import Result, Row
from ..speedups import SpeedUps
from ..usl import Law

NAME = "scaling"
TITLE = "How does it scale?"
ALT = (
    "Line charts, one a workload: speed-up over one worker without a gil against the number of "
    "workers, a line a model, with the ideal line; below it, speed-up divided by workers."
)

PANEL_HEIGHT = 2.75
BELOW = "Times faster than one worker of single. Grey: the ideal line. Band: 95 % interval."
Points = list[tuple[int, float, float, float]]


def draw(canvas: Any, result: Result) -> str:
    all_speed_ups = SpeedUps(result)
    panels: dict[str, dict[str, Points]] = {}
    for workload in all_speed_ups.workloads():
        rows = speedups.by_gil(all_speed_ups.main_rows(workload), "none")
        series = curves(all_speed_ups, rows)
        if any(len(points) > 1 for points in series.values()):
            panels[workload] = series
    if not panels:
        raise MissingData(
            "it needs a workload without a gil at two numbers of workers, and `single` to compare "
            "with (`run --model single,threads,processes --workers 1,2,4`)"
        )
    models = sorted({model for series in panels.values() for model in series}, key=style.order)
    laws = {workload: fitted(series) for workload, series in panels.items()}
    below = f"{BELOW} {note_on([law for found in laws.values() for law in found.values()])}"
    columns = layout.columns_for(len(panels))
    lines = math.ceil(len(panels) / columns)
    top = layout.heading_height(below) + layout.legend_height(len(models))
    page = layout.Page(canvas, top + lines * PANEL_HEIGHT + 0.1)
    page.legend(page.heading(TITLE, below), layout.handles(models))
    width = page.width / columns
    marks = machine_marks(result)
    seen = []
    for number, (workload, series) in enumerate(panels.items()):
        left = (number % columns) * width
        at = top + (number // columns) * PANEL_HEIGHT
        upper = page.axes(left + 0.5, at + 0.2, width - 0.6, 1.4)
        lower = page.axes(left + 0.5, at + 1.72, width - 0.6, 0.55)
        panel(upper, lower, series, laws[workload], marks)
        upper.set_title(workload)
        if number % columns == 0:
            upper.set_ylabel("speed-up")
            lower.set_ylabel("efficiency")
            for axes in (upper, lower):
                axes.yaxis.set_label_coords(-0.36 / (width - 0.6), 0.5)
        best, points = max(series.items(), key=lambda item: (item[1][-1][1], item[0]))
        seen.append(f"{workload}: {best} reaches {points[-1][1]:.2f} at {points[-1][0]} workers.")
    return " ".join(seen)


def curves(all_speed_ups: SpeedUps, rows: list[Row]) -> dict[str, Points]:
    """(workers, speed-up, low, high) for each model, in the order of workers."""
    series: dict[str, Points] = {}
    for row in sorted(rows, key=lambda row: row.workers):
        ratio = all_speed_ups.of(row)
        if ratio is not None:
            low, high = ratio.interval or (ratio.value, ratio.value)
            series.setdefault(row.series, []).append(
                (row.workers, ratio.value, low, high)
            )
    return dict(sorted(series.items(), key=lambda item: style.order(item[0])))


def machine_marks(result: Result) -> list[tuple[int, str]]:
    """Where the machine ends: its cores and its PUs."""
    pus = result.fact("pus") or result.document["context"]["num_cpus"]
    cores = result.fact("cores") or pus
    if not isinstance(pus, int) or not isinstance(cores, int):
        return []
    return [(cores, "cores")] + ([(pus, "PUs")] if pus != cores else [])


def fitted(series: dict[str, Points]) -> dict[str, Optional[Law]]:
    """Each model's law; None where its numbers of workers are too few."""
    return {
        model: usl.fit([p[0] for p in points], [p[1] for p in points])
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
    series: dict[str, Points],
    laws: dict[str, Optional[Law]],
    marks: list[tuple[int, str]],
) -> None:
    counts = sorted({point[0] for points in series.values() for point in points})
    values = [point[1] for points in series.values() for point in points]
    low = min([*values, 0.9]) / 1.15
    high = max([*values, 1.0]) * 1.25
    high = max(high, min(2.0 * high, counts[-1] * 1.1)) * 1.3
    upper.plot(counts, counts, color=style.FAINT, linewidth=1, label="ideal", zorder=1)
    lower.axhline(1, color=style.FAINT, linewidth=1, zorder=1)
    for model, points in series.items():
        how = style.line(model)
        workers, means = [p[0] for p in points], [p[1] for p in points]
        upper.plot(workers, means, **how)
        bands = [p[2] for p in points], [p[3] for p in points]
        upper.fill_between(workers, *bands, color=how["color"], alpha=0.2, linewidth=0)
        lower.plot(workers, [m / w for m, w in zip(means, workers)], **how)
        law = laws.get(model)
        if law is not None:
            fine = [2 ** (i / 20 * math.log2(workers[-1])) for i in range(21)]
            upper.plot(fine, [law.at(n) for n in fine], color=how["color"], linewidth=0.6)
    layout.worker_axis(upper, counts, labels=False)
    layout.worker_axis(lower, counts)
    upper.set_yscale("log", base=2)
    upper.set_ylim(low, high)
    layout.factor_axis(upper.yaxis, low, high)
    best = max(mean / workers for points in series.values() for workers, mean, _, _ in points)
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
            f"σ {law.contention:.3f}  κ {law.coherency:.4f}", (0, 1), (3, -7 - 8 * number),
            xycoords="axes fraction", textcoords="offset points", fontsize=6.5,
            color=style.look(model).colour,
        )  # fmt: skip
