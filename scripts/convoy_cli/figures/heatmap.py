"""Which model wins where: workloads against models, a panel a gil, the speed-up in each cell."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .. import layout, speedups, style
from ..errors import MissingData
from ..rows import Result, Row
from ..speedups import SpeedUps
from ..units import three_digits

NAME = "heatmap"
TITLE = "Which model wins where?"
ALT = (
    "Heat maps, one a gil: a row a workload, a column a model; each cell has the model's best "
    "speed-up over one worker of single without a gil, and the number of workers it took."
)

CELL_WIDTH, ROOMY, CELL_HEIGHT = 0.62, 0.76, 0.34
LABELS, GAP, FOOT, TITLE_ROOM = 1.25, 0.2, 0.18, 0.5
TIE = 0.02
# From orange over white to blue: told apart with any colour vision, and white is no change.
COLOURS = ("#B35806", "#F1A340", "#FEE0B6", "#F7F7F7", "#D1E5F0", "#67A9CF", "#2166AC")


class Cell(NamedTuple):
    value: float
    workers: int


Panel = dict[tuple[str, str], Cell]


def draw(canvas: Any, result: Result) -> str:
    all_speed_ups = SpeedUps(result)
    workloads = all_speed_ups.workloads()
    rows = [row for workload in workloads for row in all_speed_ups.main_rows(workload)]
    models = sorted({row.model for row in rows}, key=style.order)
    panels = {gil: cells(all_speed_ups, speedups.by_gil(rows, gil)) for gil in speedups.gils(rows)}
    if not any(model != "single" for panel in panels.values() for _, model in panel):
        raise MissingData(
            "it needs a workload under `single` with one worker, and under another model "
            "(`run --model single,threads,processes`)"
        )
    below = (
        "Times faster than one worker of single without a gil: the best number of workers, which "
        "stands below as 4 w. A frame marks the fastest of each row, and what is within 2 % of it."
    )
    room = style.WIDTH - LABELS
    columns = max(1, min(len(panels), int(room / (CELL_WIDTH * len(models) + GAP))))
    # Wide enough for the models' whole names where there is room.
    cell = max(CELL_WIDTH, min(ROOMY, (room / columns - GAP) / len(models)))
    panel_width = cell * len(models) + GAP
    lines = math.ceil(len(panels) / columns)
    panel_height = TITLE_ROOM + CELL_HEIGHT * len(workloads) + FOOT
    top = layout.heading_height(below)
    page = layout.Page(canvas, top + lines * panel_height + 0.05)
    page.heading(TITLE, below)
    norm = colour_norm([cell.value for panel in panels.values() for cell in panel.values()])
    for number, (gil, panel) in enumerate(panels.items()):
        column = number % columns
        shown = [model for model in models if any(model == here for _, here in panel)]
        axes = page.axes(
            LABELS + column * panel_width,
            top + (number // columns) * panel_height + TITLE_ROOM,
            cell * len(shown),
            CELL_HEIGHT * len(workloads),
        )
        draw_panel(axes, panel, workloads, shown, norm)
        axes.set_xticklabels([m if cell >= ROOMY else style.short(m) for m in shown])
        axes.set_yticklabels(workloads if column == 0 else [])
        axes.set_title("without a gil" if gil == "none" else f"gil {gil}", pad=20)
    return words(panels)


def cells(all_speed_ups: SpeedUps, rows: list[Row]) -> Panel:
    """The fastest row of each workload and model."""
    best: Panel = {}
    for row in rows:
        ratio = all_speed_ups.of(row)
        key = (row.workload, row.model)
        if ratio is not None and (key not in best or ratio.value > best[key].value):
            best[key] = Cell(ratio.value, row.workers)
    return best


def colour_norm(values: list[float]) -> Any:
    from matplotlib.colors import Normalize

    # Factors beyond 16 take the last colour: a few hundredfold waits must not bleach the rest.
    furthest = max([1.0, *(abs(math.log2(value)) for value in values)])
    return Normalize(-min(furthest, 4.0), min(furthest, 4.0), clip=True)


def draw_panel(
    axes: Any, panel: Panel, workloads: list[str], models: list[str], norm: Any
) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    colours = LinearSegmentedColormap.from_list("factor", COLOURS)
    axes.set(xlim=(0, len(models)), ylim=(len(workloads), 0))
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks([i + 0.5 for i in range(len(models))])
    axes.set_yticks([i + 0.5 for i in range(len(workloads))])
    axes.xaxis.tick_top()
    for label, model in zip(axes.get_xticklabels(), models):
        label.set_color(style.look(model).colour)
    for line, workload in enumerate(workloads):
        present = {model: panel[workload, model] for model in models if (workload, model) in panel}
        fastest = max((cell.value for cell in present.values()), default=0.0)
        for column, model in enumerate(models):
            cell = present.get(model)
            if cell is None:
                absent = {"ha": "center", "va": "center", "color": style.FAINT}
                axes.text(column + 0.5, line + 0.5, "–", **absent)
                continue
            red, green, blue, _ = shade = colours(norm(math.log2(cell.value)))
            box = {"facecolor": shade, "edgecolor": "white", "linewidth": 1.0}
            axes.add_patch(Rectangle((column, line), 1, 1, **box))
            ink = "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else style.INK
            middle = {"ha": "center", "va": "center", "color": ink}
            axes.text(column + 0.5, line + 0.36, three_digits(cell.value), fontsize=8.5, **middle)
            axes.text(column + 0.5, line + 0.76, f"{cell.workers} w", fontsize=6.5, **middle)
            if cell.value >= fastest * (1 - TIE) and len(present) > 1:
                frame = {"fill": False, "edgecolor": "black", "linewidth": 1.4}
                axes.add_patch(Rectangle((column + 0.05, line + 0.06), 0.9, 0.88, **frame))


def words(panels: dict[str, Panel]) -> str:
    """The winners, for those who do not see them."""
    said = []
    for gil, panel in panels.items():
        for workload in dict.fromkeys(workload for workload, _ in panel):
            model, cell = max(
                ((model, cell) for (name, model), cell in panel.items() if name == workload),
                key=lambda item: item[1].value,
            )
            where = "" if gil == "none" else f" under {gil}"
            said.append(f"{workload}{where}: {model}, {three_digits(cell.value)} times.")
    return " ".join(said)
