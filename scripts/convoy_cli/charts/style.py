"""How every chart looks: one colour, marker and dash per model everywhere."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..results.names import MODELS_IN_ORDER, model_order


class Look(NamedTuple):
    colour: str
    marker: str
    dash: Any


# Okabe and Ito's colours, told apart with any colour vision; marker and dash serve print.
MODELS = {
    "single": Look("#000000", "o", (0, (1, 1.5))),
    "threads": Look("#0072B2", "s", "solid"),
    "processes": Look("#D55E00", "^", (0, (6, 2))),
    "coroutines": Look("#009E73", "D", (0, (4, 1.5, 1, 1.5))),
    "fibers": Look("#CC79A7", "v", (0, (2.5, 1.5))),
}
OTHERS = (
    Look("#E69F00", "P", (0, (8, 2, 1, 2))),
    Look("#56B4E9", "X", (0, (3, 1, 1, 1, 1, 1))),
    Look("#F0E442", "*", (0, (5, 1))),
)
MOST_SERIES = 7  # in a panel: more lines cannot be told apart
# Markers of a model that was told more: several carriers, or an engine by name.
EXTRAS = {
    "2 carriers": "p", "4 carriers": "*", "8 carriers": "P", "epoll": "<", "io_uring": ">",
    "2 interpreters": "h", "4 interpreters": "D",
}  # fmt: skip
OTHER_EXTRAS = ("d", "H", "8")
INK = "#222222"
FAINT = "#666666"
GRID = "#dddddd"
RUNTIME = Look(FAINT, "o", "solid")  # of other libraries and interpreters, which have no colours

# What every chart marks disturbed rows with: an × over a point, lines across a cell.
DISTURBED: dict[str, Any] = {
    "marker": "x", "color": INK, "linestyle": "none", "markersize": 8, "markeredgewidth": 1.0,
    "zorder": 6,
}  # fmt: skip
HATCHED: dict[str, Any] = {
    "fill": False, "hatch": "////", "edgecolor": (0, 0, 0, 0.45), "linewidth": 0,
}  # fmt: skip

# Inches. At 100 dots an inch a chart is 800 wide, which is how it is meant to be read.
WIDTH = 8.0
DPI = 200

SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "text.color": INK,
    "text.parse_math": False,  # names may have any letters, and $ is one of them
    "hatch.linewidth": 0.8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "legend.handlelength": 3.2,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "path.simplify": False,
}


def look(model: str) -> Look:
    """The same for a model in every chart; one that is not known gets a lasting one as well."""
    name = model.partition(",")[0]
    return MODELS.get(name) or OTHERS[zlib.crc32(name.encode()) % len(OTHERS)]


def marker(series: str) -> str:
    """The model's own marker, or one for what it was told besides."""
    extra = series.partition(", ")[2]
    other = OTHER_EXTRAS[zlib.crc32(extra.encode()) % len(OTHER_EXTRAS)]
    return EXTRAS.get(extra, other) if extra else look(series).marker


def kept(series: Iterable[str]) -> list[str]:
    """The series of a panel that has room for so many: plain models first, in a legend's order."""
    ranked = sorted(set(series), key=lambda name: ("," in name, *model_order(name)))
    return sorted(ranked[:MOST_SERIES], key=model_order)


def line(model: str) -> dict[str, Any]:
    """What plot() needs to draw a model; hollow markers tell several carriers apart.

    Models that come first are drawn thicker, so that they still show where lines coincide.
    """
    how = look(model)
    hollow = "," in model
    extra = max(0, len(MODELS_IN_ORDER) - 1 - model_order(model)[0])
    return {
        "color": how.colour,
        "marker": marker(model),
        "linestyle": how.dash,
        "markerfacecolor": "white" if hollow else how.colour,
        "label": model,
        "linewidth": 1.2 + 0.5 * extra,
        "markersize": 3.2 + 1.1 * extra,
    }


def short(model: str) -> str:
    """A model's name where there is little room."""
    return {"coroutines": "corout.", "processes": "process."}.get(model, model)
