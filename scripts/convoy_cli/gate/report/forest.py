"""Has it become slower: a line a benchmark, its ratio with interval, the base against itself."""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import Any, Optional

from ...charts import drawing, style
from ...charts.seen import Finding, Seen
from ...core.errors import MissingData
from ...core.terminal import plain
from ...core.units import some
from ...results.verdicts import COUNTED, counts, detail, factors, ordered, sentence
from ...stats.family import Verdict

NAME = "forest"
TITLE = "Has it become slower?"
ALT = (
    "A line a benchmark, the slowest first: the time of the contender over that of the base as a "
    "mark on a logarithmic axis with its interval as a bar; below it, small, the base over itself."
)
Json = dict[str, Any]

MOST_LINES = 40
LINE, AXIS = 0.21, 0.42
LABELS, NUMBERS = (1.2, 3.7), 1.95  # the names at least and at most; what is to the right
COLUMNS = (("ratio", 0.12), ("interval", 0.57), ("rounds", 1.5))
SMALL = 7.5
NARROWEST, WIDEST = 1.045, 4.0
LOOKS = {
    Verdict.ENVIRONMENT: style.Look("#CC79A7", "X", "solid"),
    Verdict.REGRESSED: style.Look("#D55E00", ">", "solid"),
    Verdict.IMPROVED: style.Look("#009E73", "<", "solid"),
    Verdict.INCONCLUSIVE: style.Look("#E69F00", "D", "solid"),
    Verdict.SAME: style.Look("#0072B2", "o", "solid"),
}
TICKS = (1, 0.5, 2, 0.25, 4, 0.8, 1.25, 0.9, 1.1, 1.5, 0.67, 3, 0.95, 1.05, 0.98, 1.02, 0.99, 1.01)


def render(document: Json) -> dict[str, bytes]:
    """The chart by suffix. Raises MissingData where nothing was measured."""
    here: Any = sys.modules[__name__]
    drawn: Any = document
    return drawing.render(here, drawn)


def draw(canvas: Any, document: Json) -> Seen:
    every = [each for each in ordered(document["benchmarks"]) if each["ratio"] is not None]
    if not every:
        raise MissingData("it needs a benchmark that was measured in both builds")
    shown = ordered(widest(every)[:MOST_LINES])
    rules = document["rules"]
    below = (
        f"Time of the contender over that of the base; to the right is slower. Bands: "
        f"± {rules['noise'] * 100:g} %, which does not matter, and ± {rules['same'] * 100:g} %, "
        "within which an interval is the same. The small mark below a line is the base over itself."
    )
    drawn = {id(each) for each in shown}
    rest = [each for each in every if id(each) not in drawn]
    if rest:
        below += f" {len(rest)} more are not drawn: {counts(rest)}."
    entries = legend(shown)
    finding = found_in(document)
    top = drawing.heading_height(below, finding) + drawing.legend_height(len(entries)) + 0.16
    page = drawing.Page(canvas, top + LINE * len(shown) + AXIS)
    page.legend(page.heading(TITLE, below, finding), entries)
    room = LABELS[1] - drawing.SIDE - 0.15
    names = [drawing.shortened(plain(each["name"]), room, SMALL) for each in shown]
    left = max(LABELS[0], *(drawing.SIDE + drawing.inches(name, SMALL) + 0.15 for name in names))
    axes = page.axes(left, top, page.width - NUMBERS - left, LINE * len(shown))
    low, high = limits(shown, rules["same"])
    frame(axes, rules, low, high, len(shown))
    for heading, at in COLUMNS:
        at += page.width - NUMBERS
        page.text(at, top - 0.02, heading, color=style.FAINT, fontsize=SMALL, va="bottom")
    options = {"va": "center", "fontsize": SMALL, "parse_math": False}
    for number, (name, each) in enumerate(zip(names, shown)):
        draw_line(axes, number, each, low, high)
        middle = top + LINE * (number + 0.5)
        page.text(drawing.SIDE, middle, name, **options)
        for words, (_, at) in zip(numbers(each), COLUMNS):
            page.text(page.width - NUMBERS + at, middle, words, **options)
    said = document["sentence"] or sentence(document)
    return Seen(" ".join([said, *(f"{detail(each)}." for each in shown)]), finding)


def found_in(document: Json) -> Optional[Finding]:
    """How many became slower and faster, or that all are the same; what is open claims nothing."""
    found = Counter(each["verdict"] for each in document["benchmarks"])
    total = len(document["benchmarks"])
    if found[Verdict.ENVIRONMENT] or document["interrupted"]:
        return None
    said = [f"{found[verdict]} of {some(total, 'benchmark')} became {word}"
            for verdict, word in ((Verdict.REGRESSED, "slower"), (Verdict.IMPROVED, "faster"))
            if found[verdict]]  # fmt: skip
    if not said and found[Verdict.SAME] == total:
        same = document["rules"]["same"]
        said = [f"Nothing became slower: all are the same within ± {same * 100:.3g} %"]
    return Finding("; ".join(said), ()) if said else None


def widest(every: list[Json]) -> list[Json]:
    """The significant first, then those with the widest interval."""

    def width(each: Json) -> float:
        if each["low"] is None or each["high"] is None:
            return math.inf
        return math.log(each["high"] / each["low"]) if each["low"] > 0 else math.inf

    significant = (Verdict.ENVIRONMENT, Verdict.REGRESSED, Verdict.IMPROVED)
    first = [each for each in every if each["verdict"] in significant]
    others = [each for each in every if each["verdict"] not in significant]
    return first + sorted(others, key=lambda each: (-width(each), each["name"]))


def numbers(each: Json) -> tuple[str, str, str]:
    ratio, low, high = factors(each["ratio"], each["low"], each["high"])
    bounds = "–" if "–" in (low, high) else f"{low}–{high}"
    return ratio, bounds, str(each["rounds"])


def limits(shown: list[Json], same: float) -> tuple[float, float]:
    """The ends of the axis: wide enough for nearly everything, and for the bands."""
    unproven = [each["control"] for each in shown if each["verdict"] == Verdict.ENVIRONMENT]
    ends = [one[key] or 1.0 for one in (*shown, *unproven) for key in ("ratio", "low", "high")]
    least = max(NARROWEST, (1 + same) ** 1.5)
    low = max(1 / WIDEST, min(1 / least, min(ends) / 1.01))
    return low, min(WIDEST, max(least, max(ends) * 1.01))


def frame(axes: Any, rules: Json, low: float, high: float, count: int) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for share, colour in ((rules["same"], "#f0f0f0"), (rules["noise"], "#e0e0e0")):
        axes.axvspan(1 / (1 + share), 1 + share, color=colour, linewidth=0, zorder=0.3)
    axes.axvline(1, color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0.6)
    places = ticks(low, high)
    axes.set_xticks(places)
    axes.set_xticklabels([f"{place:g}" for place in places])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("contender ÷ base", labelpad=1)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)


def ticks(low: float, high: float) -> list[float]:
    """Round ratios, as many as have room beside each other."""
    room = math.log(high / low) * 0.09
    chosen: list[float] = []
    for tick in TICKS:
        apart = all(abs(math.log(tick / other)) >= room for other in chosen)
        if low <= tick <= high and apart:
            chosen.append(float(tick))
    return sorted(chosen)


def draw_line(axes: Any, number: int, each: Json, low: float, high: float) -> None:
    look = LOOKS[Verdict(each["verdict"])]
    left, right = each["low"] or low, each["high"] or high
    bounded = each["low"] is not None and each["high"] is not None
    dash: Any = "solid" if bounded else (0, (1, 2))
    bar = {"color": look.colour, "linewidth": 1.5, "linestyle": dash, "solid_capstyle": "butt"}
    axes.plot([max(left, low), min(right, high)], [number - 0.1] * 2, **bar)
    hollow = each["verdict"] == Verdict.INCONCLUSIVE
    dot = {"marker": look.marker, "color": look.colour, "markersize": 4.5, "linestyle": "none",
           "markerfacecolor": "white" if hollow else look.colour, "clip_on": False}  # fmt: skip
    inside = min(max(each["ratio"], low), high)
    axes.plot([inside], [number - 0.1], **dot, zorder=3)
    if inside != each["ratio"]:
        # Beyond the axis: an arrow to where it would be.
        sign = 1 if each["ratio"] > high else -1
        arrow = {"arrowstyle": "->", "color": look.colour, "linewidth": 1.0}
        axes.annotate("", (inside, number - 0.1), (-14 * sign, 0), textcoords="offset points",
                      arrowprops=arrow, annotation_clip=False)  # fmt: skip
    control = each["control"]
    if control["ratio"] is not None and low <= control["ratio"] <= high:
        ends = [min(max(control[key] or control["ratio"], low), high) for key in ("low", "high")]
        axes.plot(ends, [number + 0.3] * 2, color="#aaaaaa", linewidth=0.6)
        tick = {"marker": "|", "color": style.INK, "markersize": 3.5, "linestyle": "none"}
        axes.plot([control["ratio"]], [number + 0.3], **tick, markeredgewidth=1.1)


def legend(shown: list[Json]) -> list[Any]:
    from matplotlib.lines import Line2D

    found = {Verdict(each["verdict"]) for each in shown}
    entries = []
    for verdict, look in LOOKS.items():
        if verdict in found:
            face = "white" if verdict is Verdict.INCONCLUSIVE else look.colour
            entries.append(Line2D([], [], color=look.colour, marker=look.marker,
                                  markerfacecolor=face, label=COUNTED[verdict]))  # fmt: skip
    return entries
