"""What seats did, as charts: their states as stacked bars, and as lanes over time."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional

from ..charts import drawing, style
from ..charts.seen import Finding, Seen
from ..core.errors import MissingData
from ..core.units import duration, percent, signed_percent, some
from .document import SECOND, Json, Lane, Profile, cells
from .report import workers_of
from .session import clip

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
    "gate": Shade("#C8C8C8", "black", "at the start line"),
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

BAR_LINE, MOST_BARS = 0.27, 40
BAR_FOOT = 0.42
LEGIBLE_SHARE = 0.052  # the least share whose number has room in its bar
VISIBLE = 0.0005  # the least that is in the legend
SPENT = {
    "running": "running", "runnable": "without a free CPU", "gil": "waiting for the gil",
    "lock": "waiting for a lock", "io": "in I/O", "sleep": "asleep", "gate": "at the start line",
}  # fmt: skip


class StatesChart:
    """The figure of the states of each seat."""

    NAME, TITLE = "states", "Where did the time go?"
    ALT = "A bar a seat, divided by what the seat was doing, in per cent of its wall time."

    def draw(self, canvas: Any, profile: Profile) -> str:
        seats = profile.states["seats"]
        if not any(seat["wall_ns"] for seat in seats):
            raise MissingData("no seat has any wall time")
        shown = seats[:MOST_BARS]
        drawn = {name for seat in shown for name, share in shares(seat) if share > VISIBLE}
        below = f"{profile.states['name']}: one recorded round."
        if len(seats) > MOST_BARS:
            below += f" {some(len(seats) - MOST_BARS, 'more seat')} in states.json."
        handles, finding = legend(drawn), time_finding(seats)
        top = drawing.heading_height(below, finding) + drawing.legend_height(len(handles))
        page = drawing.Page(canvas, top + BAR_LINE * len(shown) + BAR_FOOT)
        page.legend(page.heading(self.TITLE, below, finding), handles)
        labels = [f"seat {seat['seat']}: {worker_words(seat)}" for seat in shown]
        left = 0.25 + 0.058 * max(map(len, labels))
        axes = page.axes(left, top, page.width - left - 0.85, BAR_LINE * len(shown))
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
        return Seen(" ".join(seat_words(seat) for seat in shown[:8]), finding)


def time_finding(seats: list[Json]) -> Optional[Finding]:
    """The two states that took most of the recorded round, which was not sampled but measured."""
    wall = sum(max(1, seat["wall_ns"]) for seat in seats)
    spent: dict[str, float] = {
        name: sum(seat["states"][f"{name}_ns"] or 0 for seat in seats) / wall for name in STATES
    }
    ranked = sorted(spent, key=lambda name: -spent[name])
    if ranked[0] == "unattributed" or spent["unattributed"] < -LEGIBLE_SHARE:
        return None
    told = [f"{percent(spent[name])} {SPENT[name]}" for name in ranked[:2]
            if name in SPENT and spent[name] >= LEGIBLE_SHARE]  # fmt: skip
    whose = "the seat" if len(seats) == 1 else f"the {len(seats)} seats together"
    return Finding(f"In this round {whose} spent {' and '.join(told)}", ())


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
        if end - begin >= LEGIBLE_SHARE and name != "unattributed":
            axes.text((begin + end) / 2, line, percent(share), ha="center", va="center",
                      fontsize=7, color=shade.ink)  # fmt: skip
        begin = end
    axes.annotate(
        duration(seat["wall_ns"]), (1, line), (5, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", va="center", fontsize=7, annotation_clip=False,
    )  # fmt: skip


def seat_words(seat: Json) -> str:
    told = [
        f"{name} {signed_percent(share) if name == 'unattributed' else percent(share)}"
        for name, share in shares(seat)
        if share
    ]
    return f"Seat {seat['seat']}: {', '.join(told)}."


# -------------------------------------------------------------------------------------------------
# Who ran when: the states of seats over time, and who held the lock.

LINE, FOOT, MOST, MOST_OWNERS, MOST_TASKS = 0.3, 0.42, 24, 8, 12
MOST_LETTERS = 32  # of a lane's name
WINDOW_US = 50_000.0
MOST_HANDOVERS = 150  # more lines than that hide what they lead between
LEGIBLE = 0.035  # the least share of the width in which a holder's number has room
Row = tuple[str, Lane, Callable[[str], Shade]]


class Window(NamedTuple):
    begin_us: float
    end_us: float


class LanesChart:
    """The figure of a window of the round; `at_us` counts from the start of the round."""

    NAME, TITLE = "lanes", "Who ran when?"
    ALT = (
        "A lane a seat over time, coloured by what the seat was doing, and a lane a lock, coloured "
        "by which seat held it."
    )

    def __init__(self, at_us: float = 0.0, length_us: Optional[float] = None) -> None:
        self.at_us, self.length_us = at_us, length_us

    def window(self, profile: Profile) -> Window:
        """50 ms, or as much as is asked for, but not beyond the last slice."""
        opened = profile.states["gate_opened_ns"] / 1e3
        last = max(
            (lane.slices[-1].end_us for lane in profile.trace.seats.values() if lane.slices),
            default=0.0,
        )
        begin = opened + self.at_us
        if begin >= last:
            late = f"the round ends {duration(max(0.0, last - opened) * 1e3)} after its start"
            raise MissingData(f"{late}: there is nothing to draw after that; use an earlier --at")
        return Window(begin, min(last, begin + (self.length_us or WINDOW_US)))

    def draw(self, canvas: Any, profile: Profile) -> str:
        window = self.window(profile)
        rows, left_out = lanes(profile)
        states = {
            state_of(name)
            for _, lane, shade in rows
            if shade is state_shade
            for cell in cells(lane.slices, *window)
            for name, _ in cell.shares
        }
        below = (
            f"{profile.states['name']}. Where states follow each other too fast, or in an unknown "
            "order, their heights are their shares."
        )
        if any(shade is holder_shade for _, _, shade in rows):
            below += " Owner: the seat's number; blank: nobody. Lines: a seat hands it to another."
        if left_out:
            below += f" {some(left_out, 'more lane')} in trace.json."
        handles, finding = legend(states), handed_over(profile, window)
        top = drawing.heading_height(below, finding) + drawing.legend_height(len(handles))
        page = drawing.Page(canvas, top + LINE * len(rows) + FOOT)
        page.legend(page.heading(self.TITLE, below, finding), handles)
        left = 0.25 + 0.06 * min(MOST_LETTERS, max(len(name) for name, _, _ in rows))
        axes = page.axes(left, top, page.width - left - 0.25, LINE * len(rows))
        for line, (_, lane, shade) in enumerate(rows):
            draw_lane(axes, line, lane, window, shade)
        draw_handovers(axes, profile, window)
        frame(axes, [name for name, _, _ in rows], window, self.at_us)
        return Seen(words(profile, window), finding)


def lanes(profile: Profile) -> tuple[list[Row], int]:
    """The seats, then the owners of locks that are shared, then the tasks of event loops.

    And how many there is no room for.
    """
    trace, locks = profile.trace, profile.states["locks"]
    shared = {number for number, lock in enumerate(locks) if len(lock["seats"]) > 1}
    if len(locks) == 1:
        shared = {0}
    seats = [lane for _, lane in sorted(trace.seats.items())]
    tasks = [lane for _, lane in sorted(trace.tasks.items())]
    owners = [lane for number, lane in sorted(trace.owners.items()) if number % SECOND in shared]
    rows: list[Row] = [(lane.name, lane, state_shade) for lane in seats[:MOST]]
    rows += [(lane.name, lane, holder_shade) for lane in owners[:MOST_OWNERS]]
    rows += [(lane.name, lane, state_shade) for lane in tasks[:MOST_TASKS]]
    return rows, len(seats) + len(owners) + len(tasks) - len(rows)


def state_shade(name: str) -> Shade:
    return SHADES[state_of(name)]


def holder_shade(name: str) -> Shade:
    number = name.rpartition(" ")[2]
    return holder(int(number) if number.isdecimal() else 0)


def draw_lane(
    axes: Any, line: int, lane: Lane, window: Window, shade: Callable[[str], Shade]
) -> None:
    width = window.end_us - window.begin_us
    bars: dict[str, list[tuple[float, float, float, float]]] = {}
    for cell in cells(lane.slices, *window):
        base = line + 0.4
        for name, share in cell.shares:
            height = 0.8 * share
            base -= height
            box = (cell.begin_us, base, cell.end_us - cell.begin_us, height)
            bars.setdefault(shade(name).colour, []).append(box)
        if shade is holder_shade and cell.end_us - cell.begin_us >= LEGIBLE * width:
            (name, _), *_ = cell.shares
            axes.text((cell.begin_us + cell.end_us) / 2, line, name.rpartition(" ")[2],
                      ha="center", va="center", fontsize=6.5, color=shade(name).ink)  # fmt: skip
    for colour, boxes in sorted(bars.items()):
        add_boxes(axes, colour, boxes)


def add_boxes(axes: Any, colour: str, boxes: list[tuple[float, float, float, float]]) -> None:
    from matplotlib.collections import PolyCollection

    corners = [
        [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        for x, y, width, height in boxes
    ]
    axes.add_collection(PolyCollection(corners, facecolors=colour, linewidths=0, zorder=2))


def draw_handovers(axes: Any, profile: Profile, window: Window) -> None:
    places = {seat: line for line, seat in enumerate(sorted(profile.trace.seats)[:MOST])}
    seen = [
        one
        for one in profile.trace.handovers
        if window.begin_us <= one.released_us and one.taken_us <= window.end_us
        and one.from_seat in places and one.to_seat in places
    ]  # fmt: skip
    if len(seen) > MOST_HANDOVERS:
        return
    for one in seen:
        axes.plot([one.released_us, one.taken_us], [places[one.from_seat], places[one.to_seat]],
                  color="black", linewidth=0.7, zorder=4)  # fmt: skip
        axes.plot([one.taken_us], [places[one.to_seat]], marker=".", markersize=3, color="black",
                  zorder=4)  # fmt: skip


def frame(axes: Any, names: list[str], window: Window, at_us: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(*window)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels([clip(name, MOST_LETTERS) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    length = window.end_us - window.begin_us
    size, unit = next((s for s in ((1e6, "s"), (1e3, "ms")) if length >= s[0] * 2), (1.0, "µs"))
    locator = MaxNLocator(nbins=11, steps=[1, 2, 5, 10])
    ticks = [
        tick
        for tick in locator.tick_values(at_us / size, (at_us + length) / size)
        if at_us <= tick * size <= (at_us + length) * 1.0001
    ]
    axes.set_xticks([window.begin_us - at_us + tick * size for tick in ticks])
    axes.set_xticklabels([f"{tick:.10g}" for tick in ticks])
    axes.set_xlabel(f"time after the start of the round ({unit})", labelpad=1)


def handed_over(profile: Profile, window: Window) -> Optional[Finding]:
    """How often locks changed hands: counted, and known where the trace lacks no event."""
    if not profile.states["locks"] or profile.states["events"]["dropped"]:
        return None
    count = sum(window.begin_us <= one.taken_us <= window.end_us
                for one in profile.trace.handovers)  # fmt: skip
    what = "The lock" if len(profile.states["locks"]) == 1 else "Locks"
    often = some(count, "time") if count else "never"
    length = duration((window.end_us - window.begin_us) * 1e3)
    return Finding(f"{what} changed hands {often} in these {length}", ())


def words(profile: Profile, window: Window) -> str:
    """How often each seat got the lock from another one within the window."""
    taken: dict[int, int] = {}
    for one in profile.trace.handovers:
        if window.begin_us <= one.taken_us <= window.end_us:
            taken[one.to_seat] = taken.get(one.to_seat, 0) + 1
    if not taken:
        return "The lock was not handed over."
    told = ", ".join(f"{count} times to seat {seat}" for seat, count in sorted(taken.items()))
    return f"The lock was handed over {told}."
