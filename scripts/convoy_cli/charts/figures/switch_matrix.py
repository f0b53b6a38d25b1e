"""How far places are from each other: what a hand-over takes between every two of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import short, three_digits
from ...results import rows
from ...results.rows import Result, Row
from ...stats.samples import median, median_interval
from .. import drawing, marks, style
from ..seen import Finding, Number, Seen, contrast

NAME = "switch_matrix"
TITLE = "How far are places from each other?"
ONLY_OF = "an experiment with switches"  # ordinary results lack it, which is not worth a word
ALT = (
    "Heat maps, one a row: lines and columns are the places of the workers in the order of the "
    "machine's tree, and each cell is how long a hand-over from the line to the column takes."
)

# Kinds of distance, from near to far.
KINDS = ("CPUs of one core", "cores of one package", "two packages")
MOST_PANELS = 6
# Of a panel: the cells' side, the room for labels, for the titles and below.
LARGEST, LEFT, TITLE_ROOM, FOOT = 0.62, 0.95, 0.46, 0.14
# From how many places on numbers no longer fit into cells, and labels beside them.
MOST_NUMBERS, MOST_LABELS = 12, 48
# From light to dark: the same in print and with any colour vision.
COLOURS = ("#F7FBFF", "#C6DBEF", "#6BAED6", "#2171B5", "#08306B")


class Place(NamedTuple):
    """Where a worker sits. Sorted, places are in the order of the machine's tree."""

    package: int
    core: int
    pu: int
    worker: int

    @property
    def label(self) -> str:
        return f"worker {self.worker}" if self.pu < 0 else f"core {self.core}, CPU {self.pu}"

    @property
    def number(self) -> str:
        return f"{self.worker}" if self.pu < 0 else f"{self.pu}"


class Panel(NamedTuple):
    row: Row
    unit: str
    places: tuple[Place, ...]
    cells: tuple[tuple[Optional[float], ...], ...]  # in the order of the places

    @property
    def values(self) -> list[float]:
        return [value for line in self.cells for value in line if value is not None]

    @property
    def scale(self) -> float:
        """What all numbers are divided by, so that they are short: 1000 where they are µs."""
        return 1e3 if self.unit == "ns" and median(self.values or [0.0]) >= 1e3 else 1.0

    @property
    def shown_unit(self) -> str:
        return "µs" if self.scale > 1 else self.unit


def draw(canvas: Any, result: Result) -> Seen:
    found = panels(result)
    if not found:
        raise MissingData(
            "it needs rows with a number for every pair of workers (`run --filter "
            "'^switch_matrix/' --model threads --place pu --workers N`, N for your CPUs)"
        )
    shown = found[:MOST_PANELS]
    below = drawing.paragraphs(
        "From the place on the left to the one above, half of what there and back takes: the "
        "median of all samples. Light is near and dark is far, from the least to the most in the "
        "panel's title. Lines part cores, thick ones packages.",
        marks.note((p.row for p in shown), "× behind their titles"),
        f"Not shown: {len(found) - len(shown)} more." if len(found) > len(shown) else "",
    )
    finding = found_in(shown)
    columns = 1 if len(shown) == 1 or max(len(p.places) for p in shown) > MOST_NUMBERS else 2
    width = style.WIDTH / columns
    sides = [side(panel, width) for panel in shown]
    room = drawing.label_room(map(settings_of, shown), width - LEFT)
    heights = [TITLE_ROOM + room + one + FOOT for one in sides]
    strips = [max(heights[i : i + columns]) for i in range(0, len(heights), columns)]
    top = drawing.heading_height(below, finding)
    page = drawing.Page(canvas, top + sum(strips) + 0.05)
    page.heading(TITLE, below, finding)
    for number, (panel, inside) in enumerate(zip(shown, sides)):
        at = top + sum(strips[: number // columns]) + TITLE_ROOM + room
        axes = page.axes((number % columns) * width + LEFT, at, inside, inside)
        draw_panel(axes, panel)
        lines = drawing.label_lines(settings_of(panel), width - LEFT)
        axes.set_title(title_of(panel), pad=16 + 72 * drawing.LABEL_LINE * len(lines), fontsize=8.5)
        axes.annotate(
            "\n".join(lines), (0, 1), (0, 16), xycoords="axes fraction",
            textcoords="offset points", va="bottom", fontsize=7, linespacing=1.1,
        )  # fmt: skip
    numbers = tuple(
        number for panel in shown for number in (*distances(panel), *ends_of(panel))
    )
    return Seen(" ".join(words(panel) for panel in shown), finding, numbers)


def found_in(panels: Sequence[Panel]) -> Optional[Finding]:
    """How far apart kinds of distance are, in the first panel that tells any apart.

    Kinds are known before anything is measured. The nearest and the farthest of many pairs are
    not: some of them are far apart by chance.
    """
    single = None
    for panel in panels:
        how = ", ".join(filter(None, (panel.row.model, str(how_of(panel) or ""))))
        kinds = [one._replace(name=kind) for kind, one in kinds_of(panel).items()]
        if found := contrast(kinds, f"A hand-over ({how})"):
            return found
        if len(kinds) == 1 and kinds[0].sound and single is None:
            (one,) = kinds
            single = Finding(f"A hand-over ({how}) takes {one.said} for {one.name}", (one,))
    return single


def kinds_of(panel: Panel) -> dict[str, Number]:
    """For each kind of distance, the median over samples of what its pairs take."""
    pairs: dict[str, list[tuple[int, int]]] = {}
    for a in panel.places:
        for b in panel.places:
            if a != b and min(a.pu, b.pu) >= 0:
                pairs.setdefault(kind_of(a, b), []).append((a.worker, b.worker))
    samples = [one["matrix"]["values"] for one in panel.row.counted if "matrix" in one]
    found = {}
    for kind in filter(pairs.__contains__, KINDS):
        each = [middle([values[a][b] for a, b in pairs[kind]]) for values in samples]
        known = [value for value in each if value is not None]
        if known:
            name, inside = f"{panel.row.name}{lock_of(panel)}: {kind}", median_interval(known)
            found[kind] = Number(name, (panel.row,), median(known), inside, shown_by(panel))
    return found


def kind_of(a: Place, b: Place) -> str:
    return KINDS[0] if a[:2] == b[:2] else KINDS[1] if a.package == b.package else KINDS[2]


def distances(panel: Panel) -> Sequence[Number]:
    return list(kinds_of(panel).values())


def shown_by(panel: Panel) -> Callable[[float], str]:
    return lambda value: f"{short(value / panel.scale)} {panel.shown_unit}"


def lock_of(panel: Panel) -> str:
    return "" if panel.row.gil == "none" else f" under {panel.row.gil}"


def ends_of(panel: Panel) -> Iterator[Number]:
    """The nearest and the farthest pair: no interval, because they are chosen among many."""
    for name, value in (("nearest", min(panel.values, default=None)),
                        ("farthest", max(panel.values, default=None))):
        if value is not None:
            yield Number(f"{panel.row.name}{lock_of(panel)}: {name}", (panel.row,), value, None,
                         shown_by(panel))  # fmt: skip


def side(panel: Panel, width: float) -> float:
    return min(width - LEFT - 0.3, LARGEST * len(panel.places))


def panels(result: Result) -> list[Panel]:
    """A panel a row that has numbers for pairs: those with most places first."""
    cores = rows.cores(result)
    found = [panel_of(row, cores) for row in result.rows if any("matrix" in s for s in row.samples)]
    return sorted(found, key=lambda p: (-len(p.places), p.row.gil != "none", p.row.name))


def panel_of(row: Row, cores: list[rows.Core]) -> Panel:
    told = [sample["matrix"] for sample in row.counted if "matrix" in sample]
    places = sorted(place_of(row, worker, cores) for worker in range(len(told[0]["values"])))
    cells = tuple(
        tuple(middle([one["values"][a.worker][b.worker] for one in told]) for b in places)
        for a in places
    )
    return Panel(row, told[0]["unit"], tuple(places), cells)


def middle(values: Sequence[Optional[float]]) -> Optional[float]:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def place_of(row: Row, worker: int, cores: list[rows.Core]) -> Place:
    """By the first CPU that the worker's seat was bound to; unbound ones stand at the end."""
    cpus = row.placement[worker].cpus if worker < len(row.placement) else ()
    for number, core in enumerate(cores):
        if cpus and cpus[0] in core.pus:
            return Place(core.package, number, cpus[0], worker)
    return Place(len(cores), len(cores), -1, worker)


def title_of(panel: Panel) -> str:
    words = ", ".join([panel.row.model, *([str(how)] if (how := how_of(panel)) else [])])
    if values := panel.values:
        low, high = (short(edge / panel.scale) for edge in (min(values), max(values)))
        words += f": {low} to {high} {panel.shown_unit}"
    return words + (" ×" if panel.row.disturbed else "")


def how_of(panel: Panel) -> Any:
    return panel.row.parameters.get("how")


def settings_of(panel: Panel) -> str:
    lock = "" if panel.row.gil == "none" else f"gil {panel.row.gil}, "
    return f"{lock}place {panel.row.place}"


def draw_panel(axes: Any, panel: Panel) -> None:
    from matplotlib.colors import LinearSegmentedColormap, LogNorm
    from matplotlib.patches import Rectangle

    count = len(panel.places)
    low, high = min(panel.values, default=1.0), max(panel.values, default=1.0)
    norm = LogNorm(low / 1.3, max(high, low * 2) * 1.1)  # noise alone is not black and white
    colours = LinearSegmentedColormap.from_list("distance", COLOURS)
    axes.set(xlim=(0, count), ylim=(count, 0))
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    step = math.ceil(count / MOST_LABELS)
    ticks = [i + 0.5 for i in range(0, count, step)]
    axes.set_xticks(ticks, [place.number for place in panel.places[::step]])
    axes.set_yticks(ticks, [place.label for place in panel.places[::step]])
    small = 7.5 if count <= MOST_NUMBERS else 5.0
    axes.tick_params(labelsize=small)
    for line, values in enumerate(panel.cells):
        for column, value in enumerate(values):
            if value is None:
                axes.add_patch(Rectangle((column, line), 1, 1, facecolor="#F0F0F0", linewidth=0))
                continue
            shade = colours(norm(value))
            axes.add_patch(Rectangle((column, line), 1, 1, facecolor=shade, linewidth=0))
            if count <= MOST_NUMBERS:
                red, green, blue, _ = shade
                dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
                ink = "white" if dark else style.INK
                middle_of: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7}
                axes.text(
                    column + 0.5, line + 0.5, short(value / panel.scale), color=ink, **middle_of
                )
    part(axes, panel.places)


def part(axes: Any, places: Sequence[Place]) -> None:
    """Lines between cores, and thicker ones between packages."""
    count = len(places)
    for number in range(1, count):
        before, after = places[number - 1], places[number]
        if before[:2] == after[:2]:
            continue
        thick = 1.6 if before.package != after.package else 0.5
        shown = {"color": style.INK if thick > 1 else "white", "linewidth": thick}
        axes.plot([number, number], [0, count], **shown)
        axes.plot([0, count], [number, number], **shown)


def words(panel: Panel) -> str:
    """The nearest and the farthest pair, for those who do not see them."""
    pairs = [
        (value, a, b)
        for a, line in zip(panel.places, panel.cells)
        for b, value in zip(panel.places, line)
        if value is not None
    ]
    if not pairs:
        return f"{title_of(panel)}, nothing was measured."
    (low, a, b), (high, c, d) = min(pairs), max(pairs)
    return (
        f"{title_of(panel)}. {three_digits(low)} {panel.unit} from {a.label} to {b.label}, "
        f"{three_digits(high)} {panel.unit} from {c.label} to {d.label}."
    )
