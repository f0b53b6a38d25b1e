"""How many updates get lost: per million, by lock and model, a panel a variant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Optional

from ...core.errors import MissingData
from ...core.units import short, some
from ...results import variants
from ...results.names import model_order
from ...results.rows import Result, Row
from ...results.variants import Variant
from .. import drawing, marks, style
from ..marks import Rung
from ..seen import Finding, Number, Seen

NAME = "lost_updates"
TITLE = "How many updates get lost?"
ONLY_OF = "an experiment with races"  # ordinary results lack it, which is not worth a word
ALT = (
    "Dot plots, one a variant of the workload: for each lock, number of workers and model the "
    "updates lost of a million, on a logarithmic axis that begins with zero."
)

TITLE_ROOM, FOOT = 0.3, 0.36
# The width of a letter of a lock's name, and the most letters that leave room for two columns.
LETTER, LONG = 0.062, 26
MOST_VARIANTS, MOST_PANELS, MOST_LINES = 8, 8, 60
# Where the axis begins to be logarithmic, at most: below lies zero.
FIRST = 1.0


def draw(canvas: Any, result: Result) -> Seen:
    about = variants.of(result, lambda row: any("lost_per_million" in s for s in row.samples))
    if not about:
        raise MissingData(
            "it needs rows that count lost updates (`run --filter '^(gil_race|race_)' --model "
            "threads --gil none,cpython32`)"
        )
    panels = choose(about)
    every = [one for _, found in panels for one in found]
    series = sorted({one.row.series for one in every}, key=model_order)
    drawn = [one.row for one in every]
    numbers = [
        marks.number(f"{variant.name}, {one.row.series}, {one.name}", one, number)
        for variant, found in panels
        for one in found
    ]
    finding = found_in(numbers)
    below = drawing.paragraphs(
        "Updates of a shared number that another worker undid, of a million, by gil and number of "
        "workers (2 w). Large: the median; bar: its 95 % interval; small: each sample. The axis is "
        "logarithmic right of the shade.",
        marks.note(drawn, marks.CROSSED),
        variants.not_shown(about, drawn),
    )
    longest = max(len(marks.crew_of(row)) for row in drawn)
    labels = 0.25 + LETTER * longest
    columns = 1 if len(panels) == 1 or longest > LONG else 2
    width = style.WIDTH / columns
    room = drawing.label_room((v.label for v, _ in panels), width - labels)
    heights = [TITLE_ROOM + room + FOOT + marks.height_of(found) for _, found in panels]
    strips = [max(heights[i : i + columns]) for i in range(0, len(heights), columns)]
    top = drawing.heading_height(below, finding) + drawing.series_height(series)
    page = drawing.Page(canvas, top + sum(strips) + 0.05)
    page.series_legend(page.heading(TITLE, below, finding), series, hollow=False)
    scale = Scale.of(every)
    for place, (variant, found) in enumerate(panels):
        at = top + sum(strips[: place // columns]) + TITLE_ROOM + room
        left = (place % columns) * width + labels
        inside = width - labels - 0.55
        axes = page.axes(left, at, inside, marks.height_of(found))
        panel(axes, found, scale)
        drawing.panel_title(axes, variant.workload, variant.label, width - labels)
        axes.set_xlabel("lost of a million updates", labelpad=1)
    return Seen(words(panels), finding, numbers)


def found_in(numbers: Sequence[Number]) -> Optional[Finding]:
    """Who loses most, where that is more than nothing."""
    losing = [each for each in numbers if each.sound and each.interval and each.interval.low > 0]
    if not losing:
        return None
    worst = max(losing, key=lambda each: each.value)
    return Finding(f"{worst.name}: {worst.said} of a million updates are lost", (worst,))


class Scale(NamedTuple):
    """An axis from zero: straight up to `first`, then logarithmic up to `last`."""

    first: float
    last: float

    @classmethod
    def of(cls, every: Iterable[Rung]) -> Scale:
        lost = [value for one in every for value in one.samples if value > 0]
        first = 10.0 ** math.floor(math.log10(min([FIRST, *lost])))
        return cls(first, max([10 * first, *lost]) * 1.6)

    def ticks(self) -> list[float]:
        powers = range(round(math.log10(self.first)), math.floor(math.log10(self.last)) + 1)
        step = max(1, math.ceil(len(powers) / 5))
        return [0.0, *(10.0**power for power in powers[::step])]


def choose(about: Sequence[Variant]) -> list[tuple[Variant, list[Rung]]]:
    """The variants with a panel each, and the lines in it: `none` first."""
    panels = []
    for variant in variants.choose(about, MOST_VARIANTS, MOST_PANELS)[:MOST_PANELS]:
        kept = style.kept(row.series for row in variant.rows)
        rows = [row for row in variant.rows if row.series in kept]
        rows.sort(key=lambda r: (r.gil != "none", r.gil, r.workers, model_order(r.series)))
        panels.append((variant, [losses(row) for row in rows[:MOST_LINES]]))
    return panels


def losses(row: Row) -> Rung:
    # A row that none of the samples that count tells of is told by all.
    every = (sample.get("lost_per_million") for sample in row.samples)
    lost = row.lost_per_million or [value for value in every if value is not None]
    return marks.rung(marks.crew_of(row), row, map(float, lost))


def number(value: float) -> str:
    """0, 0.54, 337 500."""
    return short(value) if value < 1000 else f"{value:,.0f}".replace(",", " ")


def panel(axes: Any, found: Sequence[Rung], scale: Scale) -> None:
    axes.set_xscale("symlog", linthresh=scale.first, linscale=0.6)
    axes.set_xlim(-0.25 * scale.first, scale.last)
    ticks = scale.ticks()
    axes.set_xticks(ticks)
    axes.set_xticklabels([number(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.axvspan(-0.25 * scale.first, scale.first, color=style.GRID, alpha=0.4, linewidth=0)
    marks.draw(axes, found, lambda one: number(one.middle))


def words(panels: Sequence[tuple[Variant, list[Rung]]]) -> str:
    """Who loses, for those who do not see it."""
    said = []
    for variant, found in panels:
        for one in found:
            if one.middle > 0:
                lock = "no gil" if one.row.gil == "none" else one.row.gil
                who = f"{one.row.workers} {one.row.series} under {lock}"
                said.append(f"{variant.name}, {who}: {number(one.middle)} of a million lost.")
        none = sum(1 for one in found if max(one.samples) == 0)
        if none:
            said.append(f"{variant.name}: nothing lost in {none} of {some(len(found), 'row')}.")
    return " ".join(said)
