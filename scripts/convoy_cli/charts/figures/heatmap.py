"""Which model wins where: workloads against models, a panel a gil, the speed-up in each cell."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import some, three_digits
from ...results import variants
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import SpeedUps, Variant
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, times

NAME = "heatmap"
TITLE = "Which model wins where?"
ALT = (
    "Heat maps, one a gil: a row a workload, a column a model; each cell has the model's best "
    "speed-up over one worker of single without a gil, and the number of workers it took."
)

CELL_WIDTH, ROOMY, CELL_HEIGHT, LINE_HEIGHT = 0.62, 0.76, 0.34, 0.14
LABELS, GAP, FOOT, TITLE_ROOM = 1.25, 0.2, 0.18, 0.5
# The widths of a letter of a workload's name, and of the small ones in a cell.
LETTER, SMALL = 0.065, 0.055
# How many variants of a workload have a row, and at how many rows that ends.
MOST_VARIANTS, MOST_ROWS = 8, 40
MOST_SAID = 2  # gils in the finding
SCALE, STEPS = 0.46, 48  # the height of the scale of colours, and how many it shows
TIE = 0.02
# From orange over white to blue: told apart with any colour vision, and white is no change.
SLOWER = ("#FEE0B6", "#F1A340", "#B35806", "#7F3B08")
FASTER = ("#D1E5F0", "#67A9CF", "#2166AC", "#053061")
UNCHANGED = "#F7F7F7"
# From how many powers of two on the pale colours stand closer to 1, so that factors of two still
# differ where others are two hundred.
FAR, CLOSER = 3, 1.6


class Cell(NamedTuple):
    value: float
    row: Row
    doubtful: bool

    @property
    def how(self) -> str:
        """`4 w`, and `4 w, 2 c` or `4 w, epoll` where the best of several is not the usual one."""
        carriers = self.row.carriers or 1
        parts = [f"{self.row.workers} w", f"{carriers} c" if carriers > 1 else ""]
        interpreters = self.row.setting("interpreters")
        parts += [f"{interpreters} i"] if interpreters else []
        return ", ".join(part for part in [*parts, self.row.setting("engine") or ""] if part)


Panel = dict[tuple[str, str], Cell]  # by the variant's name and the model


def draw(canvas: Any, result: Result) -> Seen:
    ups = SpeedUps(result)
    about = variants.of(result, variants.ordinary)
    able = [v for v in about if any(ups.baseline(row) is not None for row in v.rows)]
    shown = variants.choose(able, MOST_VARIANTS, MOST_ROWS)
    rows = [row for v in shown for row in v.rows if ups.of(row) is not None]
    models = sorted({row.model for row in rows}, key=model_order)
    panels = {gil: cells(ups, shown, gil) for gil in variants.gils(rows)}
    if not any(model != "single" for panel in panels.values() for _, model in panel):
        raise MissingData(
            "it needs a workload under `single` with one worker, and under another model "
            "(`run --model single,threads,processes`)"
        )
    found = [cell for panel in panels.values() for cell in panel.values()]
    numbers = {gil: numbers_of(panel, ups) for gil, panel in panels.items()}
    finding = found_in(numbers)
    below = explained(found, variants.not_shown(about, rows), ups)
    labels = max(LABELS, 0.15 + LETTER * max(len(line) for v in shown for line in v.lines))
    room = style.WIDTH - labels
    least = max(CELL_WIDTH, 0.1 + SMALL * max(len(cell.how) for cell in found))
    columns = max(1, min(len(panels), int(room / (least * len(models) + GAP))))
    # Wide enough for the models' whole names where there is room.
    cell_width = max(least, min(ROOMY, (room / columns - GAP) / len(models)))
    cell_height = max(CELL_HEIGHT, LINE_HEIGHT * max(len(v.lines) for v in shown))
    panel_width = cell_width * len(models) + GAP
    panel_height = TITLE_ROOM + cell_height * len(shown) + FOOT
    top = drawing.heading_height(below, finding)
    strips = math.ceil(len(panels) / columns)
    page = drawing.Page(canvas, top + strips * panel_height + SCALE + 0.05)
    page.heading(TITLE, below, finding)
    norm = colour_norm([cell.value for cell in found])
    for number, (gil, panel) in enumerate(panels.items()):
        column = number % columns
        here = [model for model in models if any(model == other for _, other in panel)]
        axes = page.axes(
            labels + column * panel_width,
            top + (number // columns) * panel_height + TITLE_ROOM,
            cell_width * len(here),
            cell_height * len(shown),
        )
        draw_panel(axes, panel, [v.name for v in shown], here, norm)
        axes.set_xticklabels([m if cell_width >= ROOMY else style.short(m) for m in here])
        axes.set_yticklabels(["\n".join(v.lines) for v in shown] if column == 0 else [])
        title = "without a gil" if gil == "none" else f"gil {drawing.cut(gil)}"
        axes.set_title(drawing.shortened(title, panel_width, drawing.TITLE_SIZE), pad=20)
    scale(page, labels, page.height - SCALE - 0.05, norm)
    every = tuple(
        number._replace(name=f"{name[0]}{gil_words(gil)}, {number.name}")
        for gil, each in numbers.items()
        for name, number in each.items()
    )
    return Seen(words(panels), finding, every)


def gil_words(gil: str) -> str:
    return "" if gil == "none" else f" under {gil}"


def numbers_of(panel: Panel, ups: SpeedUps) -> dict[tuple[str, str], Number]:
    """Of each cell; its name is that of the crew."""
    found = {}
    for key, cell in panel.items():
        baseline = ups.baseline(cell.row) or cell.row
        _, interval = variants.relative(baseline, cell.row)
        crew = cell.row.series if cell.row.model == "single" else f"{cell.how} {cell.row.model}"
        found[key] = Number(crew, (cell.row, baseline), cell.value, interval, times)
    return found


def found_in(numbers: dict[str, dict[tuple[str, str], Number]]) -> Optional[Finding]:
    """`processes win 3 of 5 workloads under cpython32, none wins without a gil`: per gil the model
    that is shown to be fastest most often, as far as its interval is apart from all others."""
    said, basis = [], []
    for gil, cells_of in numbers.items():
        wins: dict[str, list[Number]] = {}
        workloads = list(dict.fromkeys(workload for workload, _ in cells_of))
        for workload in workloads:
            here = {model: n for (name, model), n in cells_of.items() if name == workload}
            winner = winner_of(here)
            if winner is not None:
                wins.setdefault(winner, []).append(here[winner])
        if wins:
            model = min(wins, key=lambda name: (-len(wins[name]), model_order(name)))
            of = f"{len(wins[model])} of {some(len(workloads), 'workload')}"
            said.append(f"{model} win {of}{gil_words(gil) or ' without a gil'}")
            basis += wins[model]
    text = "; ".join(said[:MOST_SAID])
    return Finding(f"{text[0].upper()}{text[1:]}", tuple(basis)) if said else None


def winner_of(here: dict[str, Number]) -> Optional[str]:
    """Who is faster than each other one, with intervals that are apart; None where nobody is."""
    best = max(here, key=lambda model: here[model].value)
    mine = here[best]
    if not mine.sound or mine.interval is None or len(here) < 2:
        return None
    for model, other in here.items():
        if model == best or (model == "single" and other.value == 1 and mine.interval.low > 1):
            continue
        if not other.sound or other.interval is None or other.interval.high >= mine.interval.low:
            return None
    return best


def scale(page: drawing.Page, left: float, top: float, norm: Any) -> None:
    """What the colours mean: the factors at both ends and between, evenly in log2."""
    axes = page.axes(left, top + 0.2, min(3.4, style.WIDTH - left - 0.4), 0.1)
    shades = colour_map(norm.vmax)
    width = 2 * norm.vmax / STEPS
    for number in range(STEPS):
        at = norm.vmin + number * width
        # A little of the next one lies under it, so that no gap shows between them.
        axes.axvspan(at, at + 1.2 * width, color=shades(norm(at + width / 2)), linewidth=0)
    axes.set(xlim=(norm.vmin, norm.vmax), ylim=(0, 1), yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    step = max(1, math.ceil(norm.vmax / 4))
    powers = range(-int(norm.vmax / step) * step, int(norm.vmax) + 1, step)
    axes.set_xticks(list(powers))
    axes.set_xticklabels([factor_text(power) for power in powers])
    axes.tick_params(length=2, labelsize=6.5, pad=1)
    page.text(left, top, "times faster; orange is slower", fontsize=6.5, color=style.FAINT)


def factor_text(power: int) -> str:
    """16 ×, 1, 1/16"""
    return "1" if power == 0 else f"{2 ** power} ×" if power > 0 else f"1/{2 ** -power}"


def explained(found: list[Cell], not_shown: str, ups: SpeedUps) -> str:
    carriers = any((cell.row.carriers or 1) > 1 for cell in found)
    interpreters = any(cell.row.setting("interpreters") for cell in found)
    two = ", and with 2 carriers as 4 w, 2 c" if carriers else ""
    two += ", and with 2 interpreters as 4 w, 2 i" if interpreters else ""
    below = (
        "Times faster than one worker of single without a gil: the best number of workers, which "
        f"stands below as 4 w{two}. A frame marks the fastest of each "
        "row, and what is within 2 % of it."
    )
    mark = f"{marks.HATCHED} and never framed"
    note = marks.note((cell.row for cell in found), mark, ups)
    return drawing.paragraphs(below, note, not_shown)


def cells(ups: SpeedUps, shown: list[Variant], gil: str) -> Panel:
    """The fastest row of each variant and model under a gil."""
    best: Panel = {}
    for variant in shown:
        for row in variants.by_gil(variant.rows, gil):
            ratio, key = ups.of(row), (variant.name, row.model)
            if ratio is not None and (key not in best or ratio.value > best[key].value):
                best[key] = Cell(ratio.value, row, marks.doubtful(row, ups))
    return best


def colour_norm(values: list[float]) -> Any:
    from matplotlib.colors import Normalize

    # As far as the furthest in whole powers of two, and alike on both sides of 1.
    furthest = math.ceil(max([1.0, *(abs(math.log2(value)) for value in values)]))
    return Normalize(-furthest, furthest)


def colour_map(furthest: float) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    bend = CLOSER if furthest > FAR else 1.0
    ends = [((i + 1) / len(FASTER)) ** bend for i in range(len(FASTER))]
    below = [(0.5 - end / 2, colour) for end, colour in zip(ends, SLOWER)]
    above = [(0.5 + end / 2, colour) for end, colour in zip(ends, FASTER)]
    return LinearSegmentedColormap.from_list("factor", [*below[::-1], (0.5, UNCHANGED), *above])


def draw_panel(
    axes: Any, panel: Panel, workloads: list[str], models: list[str], norm: Any
) -> None:
    from matplotlib.patches import Rectangle

    colours = colour_map(norm.vmax)
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
            draw_cell(axes, column, line, cell, colours(norm(math.log2(cell.value))))
            if cell.value >= fastest * (1 - TIE) and len(present) > 1 and not cell.doubtful:
                frame = {"fill": False, "edgecolor": "black", "linewidth": 1.4}
                axes.add_patch(Rectangle((column + 0.05, line + 0.06), 0.9, 0.88, **frame))


def draw_cell(axes: Any, column: int, line: int, cell: Cell, shade: Any) -> None:
    from matplotlib.patches import Rectangle

    red, green, blue, _ = shade
    box = {"facecolor": shade, "edgecolor": "white", "linewidth": 1.0}
    axes.add_patch(Rectangle((column, line), 1, 1, **box))
    ink = "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else style.INK
    middle: dict[str, Any] = {"ha": "center", "va": "center", "color": ink}
    if cell.doubtful:
        marks.hatch(axes, column, line)
        # No line runs through the digits.
        middle["bbox"] = {"facecolor": shade, "edgecolor": "none", "pad": 0.8}
    axes.text(column + 0.5, line + 0.36, three_digits(cell.value), fontsize=8.5, **middle)
    axes.text(column + 0.5, line + 0.76, cell.how, fontsize=6.5, **middle)


def words(panels: dict[str, Panel]) -> str:
    """The fastest of each row, for those who do not see them."""
    said = []
    for gil, panel in panels.items():
        for workload in dict.fromkeys(workload for workload, _ in panel):
            model, cell = max(
                ((model, cell) for (name, model), cell in panel.items() if name == workload),
                key=lambda item: item[1].value,
            )
            where = "" if gil == "none" else f" under {gil}"
            doubt = ", disturbed" if cell.doubtful else ""
            said.append(f"{workload}{where}: {model}, {three_digits(cell.value)} times{doubt}.")
    return " ".join(said)
