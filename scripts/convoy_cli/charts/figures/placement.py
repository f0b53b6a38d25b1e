"""Who ran where: the machine, with the seats of each placement in it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ...core.errors import MissingData
from ...core.units import some
from ...results import rows
from ...results.names import NARROWING
from ...results.rows import Core, Result, Row
from .. import drawing, marks, style

NAME = "placement"
TITLE = "Who ran where?"
ALT = (
    "Maps of the machine, one a placement: a box a core with its CPUs; in each CPU the numbers of "
    "the seats that were bound to it, orange in a dashed box where the kernel did not confirm it."
)

MOST_PANELS = 12
MOST_OF_A_PLACE = 4
CORES_A_LINE = 16
BEHIND = "× behind their placement's name"
GOOD, BAD = "#0072B2", "#D55E00"


class Layout(NamedTuple):
    """One way in which seats were put on CPUs, and whether all of it held."""

    place: str  # with what narrows it: `core.close, within numa:0`
    seats: tuple[tuple[int, ...], ...]


def draw(canvas: Any, result: Result) -> str:
    found = layouts(result)
    if not found:
        raise MissingData("it needs rows that were bound to CPUs (`run --place core`)")
    cores = rows.cores(result)
    shown = dict(list(largest_of_each(found).items())[:MOST_PANELS])
    below = (
        "A box is a core, a column in it one of its CPUs with the kernel's number below. The "
        "numbers in blue are the seats that were bound there and read back so; orange ones were "
        "not confirmed."
    )
    doubtful = {layout_of(row) for row in result.rows if row.disturbed and bound(row)}
    below = drawing.paragraphs(
        below,
        marks.note((r for r in result.rows if bound(r) and layout_of(r) in shown), BEHIND),
        not_shown(result, found, shown),
    )
    wide = min(len(cores), CORES_A_LINE)
    columns = max(1, min(3, len(shown), int(CORES_A_LINE / max(wide, 5))))
    lines = math.ceil(len(shown) / columns)
    width = style.WIDTH / columns
    rows_of_cores = math.ceil(len(cores) / CORES_A_LINE)
    stack = max(deepest(each) for each in shown)
    high = rows_of_cores * (0.34 + 0.15 * stack)
    top = drawing.heading_height(below)
    page = drawing.Page(canvas, top + lines * (high + 0.5) + 0.05)
    page.heading(TITLE, below)
    for number, (each, held) in enumerate(shown.items()):
        left = (number % columns) * width + 0.12
        at = top + (number // columns) * (high + 0.5) + 0.3
        axes = page.axes(left, at, width - 0.24, high)
        draw_machine(axes, cores, each, held, stack)
        mark = " ×" if each in doubtful else ""
        axes.set_title(f"{each.place}, {some(len(each.seats), 'seat')}{mark}")
    return " ".join(
        f"{each.place} with {len(each.seats)}: "
        + ", ".join(f"seat {i} on {cpu_list(cpus)}" for i, cpus in enumerate(each.seats[:16]))
        + (" and so on." if len(each.seats) > 16 else ".")
        for each in shown
    )


def layouts(result: Result) -> dict[Layout, bool]:
    """The placements that occur, each once: by place, then by number of seats."""
    found: dict[Layout, bool] = {}
    for row in result.rows:
        if bound(row):
            each = layout_of(row)
            found[each] = found.get(each, True) and confirmed(row)
    by_size = sorted(found, key=lambda each: (each.place, len(each.seats), each))
    return {each: found[each] for each in by_size}


def bound(row: Row) -> bool:
    return bool(row.placement) and all(seat.cpus for seat in row.placement)


def layout_of(row: Row) -> Layout:
    narrowed = [f"{axis} {value}" for axis in NARROWING if (value := row.setting(axis))]
    return Layout(", ".join([row.place, *narrowed]), tuple(seat.cpus for seat in row.placement))


def not_shown(
    result: Result, found: dict[Layout, bool], shown: dict[Layout, bool]
) -> str:
    """The placements that are not drawn, and rows that were bound nowhere."""
    counts: dict[str, set[int]] = {}
    for each in found:
        if each not in shown:
            counts.setdefault(each.place, set()).add(len(each.seats))
    named = [f"{place} with {seats_of(sizes)}" for place, sizes in counts.items()]
    unbound = sum(1 for row in result.rows if not bound(row))
    if unbound:
        named.append(f"{some(unbound, 'row')} that {'was' if unbound == 1 else 'were'} not bound")
    return f"Not shown: {'; '.join(named)}." if named else ""


def seats_of(sizes: set[int]) -> str:
    """1 seat; 1, 2 and 4 seats."""
    *most, last = [f"{size}" for size in sorted(sizes)]
    return f"{', '.join(most)}{' and ' if most else ''}{some(int(last), 'seat')}"


def largest_of_each(found: dict[Layout, bool]) -> dict[Layout, bool]:
    """The placements with the most seats of each place: they contain the smaller ones."""
    kept: dict[Layout, bool] = {}
    for place in dict.fromkeys(each.place for each in found):
        same = [each for each in found if each.place == place]
        kept |= {each: found[each] for each in same[-MOST_OF_A_PLACE:]}
    return kept


def confirmed(row: Row) -> bool:
    return row.pinned and all(seat.held for seat in row.placement)


def deepest(each: Layout) -> int:
    """Lines of seat numbers that the fullest CPU needs, two numbers a line, four lines at most."""
    counts: dict[int, int] = {}
    for cpus in each.seats:
        for cpu in cpus:
            counts[cpu] = counts.get(cpu, 0) + 1
    return min(4, math.ceil(max(counts.values()) / 2))


def draw_machine(axes: Any, cores: list[Core], each: Layout, held: bool, stack: int) -> None:
    from matplotlib.patches import FancyBboxPatch

    line_count = math.ceil(len(cores) / CORES_A_LINE)
    axes.set(xlim=(0, max(5, min(len(cores), CORES_A_LINE))), ylim=(line_count, 0))
    axes.axis("off")
    on_cpu: dict[int, list[int]] = {}
    for seat, cpus in enumerate(each.seats):
        for cpu in cpus:
            on_cpu.setdefault(cpu, []).append(seat)
    for number, core in enumerate(cores):
        left, top = number % CORES_A_LINE, number // CORES_A_LINE
        used = any(cpu in on_cpu for cpu in core.pus)
        colour = (GOOD if held else BAD) if used else style.GRID
        axes.add_artist(  # add_patch would measure it to find the limits, which are set
            FancyBboxPatch(
                (left + 0.08, top + 0.06), 0.84, 0.84, boxstyle="round,pad=0,rounding_size=0.06",
                facecolor="#E8F1F8" if used and held else "#FBEBDF" if used else "#F7F7F7",
                edgecolor=colour, linewidth=1.0,
                linestyle="solid" if held or not used else (0, (2, 1)),
            )
        )  # fmt: skip
        share = 0.84 / len(core.pus)
        for place, cpu in enumerate(core.pus):
            middle = left + 0.08 + share * (place + 0.5)
            seats = on_cpu.get(cpu, [])
            if seats:
                size = 8 if len(core.pus) == 1 and len(seats) == 1 else 6.5
                axes.text(
                    middle, top + 0.38,
                    seat_text(seats, len(core.pus), stack),
                    ha="center", va="center", fontsize=size, fontweight="bold",
                    color=GOOD if held else BAD, linespacing=1.0,
                )  # fmt: skip
            below = {"ha": "center", "va": "bottom", "fontsize": 5.5, "color": style.FAINT}
            axes.text(middle, top + 0.87, f"{cpu}", **below)
        if number and core.package != cores[number - 1].package and left:
            axes.plot([left, left], [top, top + 0.96], color=style.INK, linewidth=1.2)


def seat_text(seats: list[int], pus: int, lines: int) -> str:
    """The seats' numbers, two a line where the core has one CPU, and how many more there are."""
    a_line = 2 if pus == 1 else 1
    room = a_line * lines
    words = [str(seat) for seat in seats]
    if len(words) > room:
        words = [*words[: max(1, room - 1)], f"+{len(words) - max(1, room - 1)}"]
    return "\n".join(" ".join(words[i : i + a_line]) for i in range(0, len(words), a_line))


def cpu_list(cpus: tuple[int, ...]) -> str:
    return "CPU " + ",".join(map(str, cpus))
