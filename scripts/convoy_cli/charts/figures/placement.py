"""Who ran where: the machine, with the seats of each placement in it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import some
from ...results import rows
from ...results.names import NARROWING
from ...results.rows import Core, Result, Row
from .. import drawing, marks, style
from ..seen import Finding, Seen

NAME = "placement"
TITLE = "Who ran where?"
ALT = (
    "Maps of the machine, one a placement: a box a core with its CPUs; in each CPU the numbers of "
    "the seats that were bound to it, or how many there are, orange in a dashed box where the "
    "kernel did not confirm it."
)

MOST_PANELS = 12
MOST_OF_A_PLACE = 4
MOST_TOLD = 16
CORES_A_LINE, LEAST_A_LINE = 16, 3
# The sizes of seats' numbers: of one alone, of several, and of the first and last of many.
ALONE, SEVERAL, ENDS = 8.0, 6.5, 5.5
MOST_LINES = 3  # of seats' numbers in a box
BEHIND = "× behind their placement's name"
GOOD, BAD = "#0072B2", "#D55E00"


class Layout(NamedTuple):
    """One way in which seats were put on CPUs, and whether all of it held."""

    place: str  # with what narrows it: `core.close, within numa:0`
    seats: tuple[tuple[int, ...], ...]


def draw(canvas: Any, result: Result) -> Seen:
    found = layouts(result)
    if not found:
        raise MissingData("it needs rows that were bound to CPUs (`run --place core`)")
    cores = rows.cores(result)
    shown = dict(list(largest_of_each(found).items())[:MOST_PANELS])
    finding = found_in(result, found)
    wide = max(LEAST_A_LINE, min(len(cores), CORES_A_LINE))
    columns = max(1, min(3, len(shown), int(CORES_A_LINE / max(wide, 5))))
    width = style.WIDTH / columns
    column = 0.84 * (width - 0.24) / wide / max(len(core.pus) for core in cores)
    texts = {each: seat_texts(each, column) for each in shown}
    below = (
        "A box is a core, a column in it one of its CPUs with the kernel's number below. The "
        "numbers in blue are the seats that were bound there and read back so; orange ones were "
        "not confirmed."
    )
    if any(text.counted for of in texts.values() for text in of.values()):
        below += " Where there is no room for each: how many seats (100 ×), the first and the last."
    doubtful = {layout_of(row) for row in result.rows if row.disturbed and bound(row)}
    below = drawing.paragraphs(
        below,
        marks.note((r for r in result.rows if bound(r) and layout_of(r) in shown), BEHIND),
        not_shown(result, found, shown),
    )
    rows_of_cores = math.ceil(len(cores) / CORES_A_LINE)
    heights = [rows_of_cores * (0.34 + 0.15 * deepest(texts[each])) for each in shown]
    strips = [max(heights[i : i + columns]) for i in range(0, len(heights), columns)]
    top = drawing.heading_height(below, finding)
    page = drawing.Page(canvas, top + sum(strips) + 0.5 * len(strips) + 0.05)
    page.heading(TITLE, below, finding)
    for number, (each, held) in enumerate(shown.items()):
        left = (number % columns) * width + 0.12
        strip = number // columns
        at = top + sum(strips[:strip]) + 0.5 * strip + 0.3
        axes = page.axes(left, at, width - 0.24, strips[strip])
        draw_machine(axes, cores, texts[each], held, wide)
        mark = " ×" if each in doubtful else ""
        drawing.panel_title(axes, f"{each.place}, {seats_of({len(each.seats)})}{mark}", "", width)
    return Seen(" ".join(words(each, texts[each]) for each in shown), finding)


def words(each: Layout, texts: dict[int, SeatText]) -> str:
    """Where each seat is, or how many are on each CPU where there are many."""
    told = [f"seat {i} on {cpu_list(cpus)}" for i, cpus in enumerate(each.seats)]
    if len(told) > MOST_TOLD:
        told = [f"{text.said} on CPU {cpu}" for cpu, text in sorted(texts.items())]
    more = " and so on" if len(told) > MOST_TOLD else ""
    return f"{each.place} with {len(each.seats)}: {', '.join(told[:MOST_TOLD])}{more}."


def found_in(result: Result, found: dict[Layout, bool]) -> Finding:
    """Whether the kernel confirmed all of it; that is read back, and needs no interval."""
    lost = sum(1 for row in result.rows if bound(row) and not confirmed(row))
    rows_bound = some(sum(1 for row in result.rows if bound(row)), "row")
    if lost:
        return Finding(f"{lost} of {rows_bound} did not stay on the CPUs they were bound to", ())
    return Finding(f"The kernel confirms where the seats of {rows_bound} were bound", ())


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


class SeatText(NamedTuple):
    """What stands in a CPU: its seats' numbers, or how many they are with the first and last."""

    seats: tuple[int, ...]
    lines: tuple[str, ...]
    counted: bool

    @property
    def said(self) -> str:
        first, last = self.seats[0], self.seats[-1]
        ends = f"{first}" if first == last else f"{first} to {last}"
        return f"{some(len(self.seats), 'seat')} ({ends})"


def deepest(texts: dict[int, SeatText]) -> int:
    return max(len(text.lines) for text in texts.values())


def seat_texts(each: Layout, width: float) -> dict[int, SeatText]:
    """By CPU, in columns of that width: all are listed, or all are counted."""
    on_cpu: dict[int, list[int]] = {}
    for seat, cpus in enumerate(each.seats):
        for cpu in cpus:
            on_cpu.setdefault(cpu, []).append(seat)
    listed = {cpu: lines_of(seats, width) for cpu, seats in on_cpu.items()}
    if all(lines is not None for lines in listed.values()):
        return {cpu: SeatText(tuple(on_cpu[cpu]), lines or (), False)
                for cpu, lines in listed.items()}  # fmt: skip
    return {
        cpu: SeatText(tuple(seats), (f"{len(seats)} ×", f"{seats[0]}–{seats[-1]}"), True)
        for cpu, seats in on_cpu.items()
    }


def lines_of(seats: Sequence[int], width: float) -> Optional[tuple[str, ...]]:
    """Their numbers in at most three lines, or None where they do not fit."""
    if len(seats) == 1:
        return (str(seats[0]),)
    letters = max(1, int(width / (0.0105 * SEVERAL)))  # digits of DejaVu in bold
    lines = textwrap.wrap(" ".join(map(str, seats)), letters, break_long_words=False)
    fit = len(lines) <= MOST_LINES and all(len(line) <= letters for line in lines)
    return tuple(lines) if fit else None


def draw_machine(
    axes: Any, cores: list[Core], texts: dict[int, SeatText], held: bool, wide: int
) -> None:
    from matplotlib.patches import FancyBboxPatch

    line_count = math.ceil(len(cores) / CORES_A_LINE)
    axes.set(xlim=(0, wide), ylim=(line_count, 0))
    axes.axis("off")
    for number, core in enumerate(cores):
        left, top = number % CORES_A_LINE, number // CORES_A_LINE
        used = any(cpu in texts for cpu in core.pus)
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
            if cpu in texts:
                seat_numbers(axes, middle, top + 0.38, texts[cpu], GOOD if held else BAD)
            below = {"ha": "center", "va": "bottom", "fontsize": 5.5, "color": style.FAINT}
            axes.text(middle, top + 0.87, f"{cpu}", **below)
        if number and core.package != cores[number - 1].package and left:
            axes.plot([left, left], [top, top + 0.96], color=style.INK, linewidth=1.2)


def seat_numbers(axes: Any, left: float, top: float, text: SeatText, colour: str) -> None:
    how: dict[str, Any] = {"ha": "center", "color": colour}
    if text.counted:
        many, ends = text.lines
        axes.text(left, top, many, va="bottom", fontsize=ALONE, fontweight="bold", **how)
        axes.text(left, top + 0.04, ends, va="top", fontsize=ENDS, **how)
        return
    size = ALONE if len(text.seats) == 1 and len(text.lines[0]) < 4 else SEVERAL
    axes.text(left, top, "\n".join(text.lines), va="center", fontsize=size, fontweight="bold",
              linespacing=1.0, **how)  # fmt: skip


def cpu_list(cpus: tuple[int, ...]) -> str:
    return "CPU " + ",".join(map(str, cpus))
