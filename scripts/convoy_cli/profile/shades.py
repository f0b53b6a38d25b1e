"""How states of seats look in charts, and which seats a chart has room for."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from .. import style

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
