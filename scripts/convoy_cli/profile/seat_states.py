"""Where did the time go: how states of seats look, and those of each seat as a stacked bar."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ..charts import drawing, style
from ..core.errors import MissingData
from ..core.units import duration, percent, signed_percent, some
from .document import Json, Profile
from .report import workers_of

# -------------------------------------------------------------------------------------------------
# How states of seats look in charts, and which seats a chart has room for.

# In the order in which they are stacked.
STATES = ("running", "runnable", "gil", "lock", "io", "sleep", "gate", "unattributed")


class Shade(NamedTuple):
    colour: str
    ink: str
    words: str


# Okabe and Ito's colours. Numbers and names in the bars serve those who see no colours.
SHADES = {
    "running": Shade("#009E73", "white", "running"),
    "runnable": Shade("#F0E442", "black", "runnable: no CPU free"),
    "gil": Shade("#D55E00", "white", "waits for the gil"),
    "lock": Shade("#CC79A7", "black", "waits for a lock"),
    "io": Shade("#0072B2", "white", "in I/O"),
    "sleep": Shade("#9AD0F0", "black", "sleeps"),
    "gate": Shade("#C8C8C8", "black", "at the gate"),
    "unattributed": Shade("#FFFFFF", "black", "unattributed"),
}
# Holders of a lock: neighbours differ, and none looks like a state at a glance.
HOLDERS = ("#4C4C4C", "#B0B0B0", "#7A5195", "#E8B4CE", "#2F6690", "#A3B86C")


def state_of(name: str) -> str:
    """`io: recv` and `lock: pool` are io and lock."""
    state = name.partition(":")[0]
    return state if state in SHADES else "unattributed"


def holder(seat: int) -> Shade:
    colour = HOLDERS[seat % len(HOLDERS)]
    return Shade(colour, "white" if seat % 2 == 0 else "black", f"seat {seat}")


def hatch(name: str) -> Optional[str]:
    return "////" if name == "unattributed" else None


def legend(states: set[str]) -> list[Any]:
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=SHADES[name].colour, edgecolor=style.FAINT, linewidth=0.4,
              hatch=hatch(name), label=SHADES[name].words)
        for name in STATES
        if name in states
    ]  # fmt: skip


# -------------------------------------------------------------------------------------------------
# Where did the time go: the states of each seat as a stacked bar.

NAME = "states"
TITLE = "Where did the time go?"
ALT = "A bar a seat, divided by what the seat was doing, in per cent of its wall time."

LINE, MOST = 0.27, 40
FOOT = 0.42
LEGIBLE = 0.052  # the least share whose number has room in its bar
VISIBLE = 0.0005  # the least that is in the legend


def draw(canvas: Any, profile: Profile) -> str:
    seats = profile.states["seats"]
    if not any(seat["wall_ns"] for seat in seats):
        raise MissingData("no seat has any wall time")
    shown = seats[:MOST]
    drawn = {name for seat in shown for name, share in shares(seat) if share > VISIBLE}
    below = f"{profile.states['name']}: one recorded round."
    if len(seats) > MOST:
        below += f" {some(len(seats) - MOST, 'more seat')} in states.json."
    handles = legend(drawn)
    top = drawing.heading_height(below) + drawing.legend_height(len(handles))
    page = drawing.Page(canvas, top + LINE * len(shown) + FOOT)
    page.legend(page.heading(TITLE, below), handles)
    labels = [f"seat {seat['seat']}: {worker_words(seat)}" for seat in shown]
    left = 0.25 + 0.058 * max(map(len, labels))
    axes = page.axes(left, top, page.width - left - 0.85, LINE * len(shown))
    for line, seat in enumerate(shown):
        bar(axes, line, seat)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xticklabels(["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("share of the wall time", labelpad=1)
    axes.set_yticks(range(len(shown)))
    axes.set_yticklabels(labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    return " ".join(words(seat) for seat in shown[:8])


def worker_words(seat: Json) -> str:
    return f"{'worker' if seat['worker_count'] == 1 else 'workers'} {workers_of(seat)}"


def shares(seat: Json) -> list[tuple[str, float]]:
    """Each state and its share of the wall time, in the order of the stack."""
    wall = max(1, seat["wall_ns"])
    return [(name, (seat["states"][f"{name}_ns"] or 0) / wall) for name in STATES]


def bar(axes: Any, line: int, seat: Json) -> None:
    """What is unattributed is drawn where it is positive, and always in numbers at the end."""
    begin = 0.0
    for name, share in shares(seat):
        if share <= 0:
            continue
        shade = SHADES[name]
        end = min(1.0, begin + share)
        axes.barh(line, end - begin, left=begin, height=0.74, color=shade.colour,
                  edgecolor=style.FAINT, linewidth=0.4,
                  hatch=hatch(name))  # fmt: skip
        if end - begin >= LEGIBLE and name != "unattributed":
            axes.text((begin + end) / 2, line, percent(share), ha="center", va="center",
                      fontsize=7, color=shade.ink)  # fmt: skip
        begin = end
    axes.annotate(
        duration(seat["wall_ns"]), (1, line), (5, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", va="center", fontsize=7, annotation_clip=False,
    )  # fmt: skip


def words(seat: Json) -> str:
    told = [
        f"{name} {signed_percent(share) if name == 'unattributed' else percent(share)}"
        for name, share in shares(seat)
        if share
    ]
    return f"Seat {seat['seat']}: {', '.join(told)}."
