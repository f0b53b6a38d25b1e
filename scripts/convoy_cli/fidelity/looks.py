"""How the two sides look in every chart."""

from __future__ import annotations

from typing import Any

from .. import style

# Orange for what is real; natively threads run, and look as they do everywhere.
REAL, NATIVE = style.OTHERS[0], style.MODELS["threads"]
SIDES = (("real", REAL), ("native", NATIVE))


def dots(look: style.Look, hollow: bool = False) -> dict[str, Any]:
    return {
        "marker": look.marker, "color": look.colour, "linestyle": "none", "markersize": 5,
        "markerfacecolor": "white" if hollow else look.colour,
    }  # fmt: skip


def handles(real: str, native: str) -> list[Any]:
    """A legend's entries."""
    from matplotlib.lines import Line2D

    entries = ((real, REAL), (native, NATIVE))
    return [Line2D([], [], label=words, **dots(look)) for words, look in entries]
