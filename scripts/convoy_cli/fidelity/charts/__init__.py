"""The charts of a measurement: each a module with NAME, TITLE, ALT and draw(canvas, findings)."""

from __future__ import annotations

from typing import Any

from ...charts import style
from . import lateness, ratios, sweep

# -------------------------------------------------------------------------------------------------
# How the two sides look in every chart.

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


# -------------------------------------------------------------------------------------------------
# The charts of a measurement: each a module with NAME, TITLE, ALT and draw(canvas, findings).

FIGURES: tuple[Any, ...] = (lateness, ratios, sweep)
