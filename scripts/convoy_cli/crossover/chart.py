"""The crossover map under one lock: who wins at each place, and by how much."""

from __future__ import annotations

import math
from typing import Any

from ..charts import drawing, style
from ..core.units import duration, grouped, three_digits
from ..results.names import lock_words, model_order
from . import regions
from .mapping import Map
from .regions import Cell

NAME = "crossover"
TITLE = "Which model wins where?"
ALT = (
    "Grids, one a number of operations at once: rows are the time that an operation computes, "
    "columns the time that it waits; each cell has the winner's colour and how many times as fast "
    "it is as the best of another model."
)
CELL_W, CELL_H = 0.535, 0.3
LEFT, PANEL, FOOT = 0.62, 0.36, 0.42
SHORT = {"single": "S", "threads": "T", "processes": "P", "coroutines": "C"}


def draw(canvas: Any, known: Map) -> str:
    grids = {many: regions.grid(known, many) for many in regions.CONCURRENCY}
    cells = [cell for grid in grids.values() for line in grid for cell in line if cell is not None]
    series = sorted({cell.shape.series for cell in cells if cell.ahead}, key=model_order)
    error = "" if known.error is None else (
        f" The median error at points left out is {100 * known.error:.0f} %."
    )  # fmt: skip
    below = (
        f"The fastest shape {lock_words(known.gil)} on {known.cpus} CPUs, and how many times as "
        "fast it is as the best of another model; = within 5 %, ? not known to ± 20 %. ² in "
        f"several interpreters or loops.{error}"
    )
    top = drawing.heading_height(below) + drawing.series_height(series)
    height = PANEL + CELL_H * len(regions.CPU) + FOOT
    page = drawing.Page(canvas, top + 2 * height)
    page.series_legend(page.heading(TITLE, below), series)
    width = style.WIDTH / 2
    for number, (many, grid) in enumerate(grids.items()):
        left, at = (number % 2) * width, top + (number // 2) * height
        axes = page.axes(left + LEFT, at + PANEL, CELL_W * len(regions.WAIT), CELL_H * len(grid))
        panel(axes, many, grid)
        if number % 2 == 0:
            axes.set_ylabel("computing")
        axes.set_xlabel("waiting", labelpad=1)
    return " ".join(
        f"{cell.work.words}: {cell.shape.series}"
        + (", not known." if cell.ahead is None else f" {words(cell)}.")
        for cell in cells
    )


def panel(axes: Any, many: int, grid: list[list[Any]]) -> None:
    axes.set_title(f"{grouped(many)} at once")
    for line, row in enumerate(grid):
        for column, cell in enumerate(row):
            draw_cell(axes, column, line, cell)
    axes.set_xlim(0, len(regions.WAIT))
    axes.set_ylim(len(grid), 0)
    axes.set_xticks([at + 0.5 for at in range(len(regions.WAIT))])
    waits = [duration(wait) if wait else "none" for wait in regions.WAIT]
    axes.set_xticklabels(waits, fontsize=6.5)
    axes.set_yticks([at + 0.5 for at in range(len(regions.CPU))])
    axes.set_yticklabels([duration(cpu) for cpu in regions.CPU], fontsize=6.5)
    axes.grid(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_cell(axes: Any, column: int, line: int, cell: Any) -> None:
    from matplotlib.patches import Rectangle

    known = isinstance(cell, Cell) and cell.ahead is not None
    colour = style.look(cell.shape.model).colour if known else "#EEEEEE"
    strength = 0.25 if known and cell.tied else 0.9
    axes.add_patch(Rectangle((column + 0.03, line + 0.04), 0.94, 0.92, facecolor=colour,
                             alpha=strength if known else 1, linewidth=0))  # fmt: skip
    axes.text(
        column + 0.5, line + 0.5, words(cell) if known else "?", ha="center", va="center",
        fontsize=6.5, color="white" if known and not cell.tied else style.INK,
    )  # fmt: skip


def words(cell: Cell) -> str:
    many = "²" if max(cell.shape.interpreters, cell.shape.carriers) > 1 else ""
    assert cell.ahead is not None
    if math.isinf(cell.ahead):
        how = "alone"
    elif cell.tied:
        how = "="
    else:
        how = f"{three_digits(cell.ahead)}×" if cell.ahead < 10 else f"{cell.ahead:.0f}×"
    return f"{SHORT[cell.shape.model]}{many} {how}"
