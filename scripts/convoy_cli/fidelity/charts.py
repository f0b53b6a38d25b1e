"""The charts of a measurement, and how the two sides, real and native, look in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ..charts import drawing, style
from ..charts.figures.latency import time_axis
from ..charts.seen import Finding, Seen
from ..core.errors import MissingData
from ..core.units import duration, some
from ..stats.samples import line
from .judge import Comparison, gather, points
from .native import Spread
from .report import Findings, value


class Chart(NamedTuple):
    """What drawing.render draws of a measurement's findings."""

    NAME: str
    TITLE: str
    ALT: str
    draw: Callable[[Any, Findings], str]


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


class Heading(NamedTuple):
    title: str
    below: str
    finding: Optional[Finding]


def panelled(
    canvas: Any, heading: Heading, titles: Sequence[str], height: float
) -> Iterator[tuple[Any, str]]:
    """The axes of a panel an interpreter, below a legend of both sides, with the panel's title."""
    columns = drawing.columns_for(len(titles))
    strips = -(-len(titles) // columns)
    _, below, finding = heading
    top = drawing.heading_height(below, finding) + drawing.legend_height(len(SIDES))
    page = drawing.Page(canvas, top + strips * height + 0.05)
    page.legend(page.heading(*heading), handles("real interpreter", "emulated lock"))
    width = page.width / columns
    for number, title in enumerate(titles):
        left = (number % columns) * width + 0.62
        at = top + (number // columns) * height + 0.28
        axes = page.axes(left, at, width - 0.82, height - 0.77)
        yield axes, title
        axes.set_title("\n".join(drawing.wrap(title, int(width * 13))), fontsize=8)


JUDGED = OK, OFF = "ok", "off"


def agreement(findings: Findings, key: str, measure: str) -> Optional[Finding]:
    """`... is within 5 % or 0.3 ms of the real one under 2 of 3 locks`; None: none is judged."""
    judged = [each for found in findings.compared.values() for each in found
              if each.key == key and each.verdict in JUDGED]  # fmt: skip
    if not judged or judged[0].bar is None:
        return None
    held = sum(each.verdict == OK for each in judged)
    near = f"within {judged[0].bar.words} of the real one"
    if len(judged) == 1:
        return Finding(f"{measure} is {'' if held else 'not '}{near}", ())
    return Finding(f"{measure} is {near} under {held} of {len(judged)} locks", ())


# -------------------------------------------------------------------------------------------------
# How late a sleeper gets the lock back: a panel an interpreter.

LATENESS_TITLE = "How late does a sleeper get the lock back?"
LATENESS_ALT = (
    "A panel an interpreter: for each number of spinners the lateness of a thread that slept, in "
    "the interpreter and natively: a line from the 10th to the 90th percentile, the median as a "
    "mark and the mean as a bar across."
)
LATENESS_HEIGHT, ASIDE = 2.1, 0.13
SPINNERS = (0, 1, 2, 4)

Panel = dict[int, tuple[Spread | None, Spread | None]]


def draw_lateness(canvas: Any, findings: Findings) -> str:
    panels = {
        f"{subject['label']} beside {subject['policy'] or 'nothing'}": panel_of(subject)
        for subject in findings.subjects
    }
    panels = {title: panel for title, panel in panels.items() if panel}
    if not panels:
        raise MissingData("it needs the probe reacquire")
    below = (
        f"A thread sleeps {asleep(findings)} and needs the lock again, beside threads that "
        "compute. Mark: median; line: 10th to 90th percentile; bar across: mean. "
        "All repeats pooled."
    )
    measure = "The median lateness beside 1 spinner"
    finding = agreement(findings, "lateness/1/p50", measure)
    heading = Heading(LATENESS_TITLE, below, finding)
    for axes, panel in panelled(canvas, heading, list(panels), LATENESS_HEIGHT):
        draw_spread(axes, panels[panel])
    return Seen(lateness_words(panels), finding)


def asleep(findings: Findings) -> str:
    """How long, in lateness_words; other sleeps than those of 1 ms are named with who has them."""
    spread = {
        subject["label"]: run["parameters"]["spread_ns"]
        for subject in findings.subjects
        for run in subject["runs"]
        if run["parameters"].get("spread_ns")
    }
    others = [f"in {label} 1 to {1 + 0.875 * longer / 1e6:.1f}" for label, longer in spread.items()]
    return f"1 ms ({', '.join(others)})" if others else "1 ms"


def panel_of(subject: dict[str, Any]) -> Panel:
    held = gather(subject)
    found = {}
    for spinners in SPINNERS:
        both = held.get(f"reacquire/spinners:{spinners}")
        if both is not None and any(both.spreads()):
            found[spinners] = both.spreads()
    return found


def draw_spread(axes: Any, panel: Panel) -> None:
    for place, spreads in enumerate(panel.values()):
        for spread, side, (_, look) in zip(spreads, (-ASIDE, ASIDE), SIDES):
            if spread is None:
                continue
            # A clock's last digit can make the lateness of an idle machine negative.
            low, half, high, mean = (
                max(value, 1000.0)
                for value in (*(spread.quantile(share) for share in (0.1, 0.5, 0.9)), spread.mean)
            )
            at = place + side
            axes.plot([at, at], [low, high], color=look.colour, linewidth=1.6)
            axes.plot([at - 0.1, at + 0.1], [mean, mean], color=look.colour, linewidth=1.6)
            axes.plot([at], [half], **dots(look))
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low / 1.3, max(high, low * 12) * 1.3)
    time_axis(axes.yaxis, axes.get_ylim())
    axes.set_xlim(-0.5, len(panel) - 0.5)
    axes.set_xticks(range(len(panel)))
    axes.set_xticklabels([str(spinners) for spinners in panel])
    axes.set_xlabel("threads that compute", labelpad=1)
    axes.grid(False, axis="x")
    axes.tick_params(axis="x", length=0)
    axes.spines["left"].set_color(style.FAINT)


def lateness_words(panels: dict[str, Panel]) -> str:
    said = []
    for title, panel in panels.items():
        for spinners, spreads in panel.items():
            parts = [
                f"{name} {duration(spread.quantile(0.5))}"
                for spread, (name, _) in zip(spreads, SIDES)
                if spread is not None
            ]
            said.append(f"{title}, {spinners} spinners: median {', '.join(parts)}.")
    return " ".join(said)


# -------------------------------------------------------------------------------------------------
# How near each lock is to its interpreter: a line a measure.

RATIOS_TITLE = "How close is each lock to the real interpreter?"
RATIOS_ALT = (
    "A line a measure, grouped by interpreter: the native value over the real one as a mark on a "
    "logarithmic axis, a grey band for where it has to be, and both values as numbers."
)
LINE, GROUP, AXIS = 0.175, 0.34, 0.4
LABELS, NUMBERS = 2.75, 2.4
COLUMNS = (("real", 0.12), ("native", 0.97), ("ratio", 1.82))
NARROWEST, WIDEST = 2.5, 64.0

Groups = dict[str, tuple[Any, list[Comparison]]]


def draw_ratios(canvas: Any, findings: Findings) -> str:
    groups = {
        subject["label"]: (subject["policy"], shown(findings.compared[subject["label"]]))
        for subject in findings.subjects
    }
    groups = {label: group for label, group in groups.items() if group[1]}
    if not groups:
        raise MissingData("it needs a probe that ran in an interpreter and natively")
    below = (
        "Native value over real value; 1 is the same. Grey: where it has to be; a hollow mark is "
        "outside. Measures without a band are shown and not judged."
    )
    ratios = [c.ratio or 1.0 for _, group in groups.values() for c in group]
    reach = min(WIDEST, max(NARROWEST, *(max(r, 1 / r) * 1.2 if r > 0 else 1 for r in ratios)))
    heights = [GROUP + LINE * len(group) for _, group in groups.values()]
    finding = ratio_finding(groups)
    top = drawing.heading_height(below, finding)
    page = drawing.Page(canvas, top + sum(heights) + AXIS)
    page.heading(RATIOS_TITLE, below, finding)
    number_at = page.width - NUMBERS
    for heading, left in COLUMNS:
        page.text(number_at + left, top - 0.02, heading, color=style.FAINT, fontsize=7.5)
    at = top
    for place, (label, (policy, group)) in enumerate(groups.items()):
        page.text(drawing.SIDE, at + 0.12, f"{label} beside {policy}", fontweight="bold")
        at += GROUP
        height = LINE * len(group)
        axes = page.axes(LABELS, at, number_at - LABELS, height)
        draw_group(axes, group, reach, last=place == len(groups) - 1)
        for line, compared in enumerate(group):
            middle = at + LINE * (line + 0.5)
            page.text(drawing.SIDE + 0.1, middle, compared.what, va="center", fontsize=7.5)
            numbers = [value(number, compared.unit) for number in (compared.real, compared.native)]
            for number, (_, left) in zip((*numbers, f"×{compared.ratio:.2f}"), COLUMNS):
                page.text(number_at + left, middle, number, va="center", fontsize=7.5)
        at += height
    return Seen(ratio_words(groups), finding)


def shown(compared: list[Comparison]) -> list[Comparison]:
    """Those with a ratio that means something: of lost updates only whether there are any does."""
    return [each for each in compared if each.ratio and not each.key.startswith("race/")]


def draw_group(axes: Any, group: list[Comparison], reach: float, last: bool) -> None:
    axes.set_xscale("log", base=2)
    for line, compared in enumerate(group):
        assert compared.ratio is not None and compared.real
        if compared.bar is not None:
            low, high = (edge / compared.real for edge in compared.bar.range(compared.real))
            low, high = (min(max(edge, 1 / reach), reach) for edge in (low, high))
            box = {"color": style.GRID, "linewidth": 0, "zorder": 0.5}
            axes.fill_betweenx([line - 0.42, line + 0.42], low, high, **box)
        at = min(max(compared.ratio, 1 / reach), reach)
        hollow = compared.bar is not None and not compared.bar.holds(
            compared.real, compared.native or 0.0
        )
        axes.plot([at], [line], **dots(NATIVE, hollow), clip_on=False)
    axes.axvline(1, color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
    drawing.factor_axis(axes.xaxis, 1 / reach, reach)
    axes.set_xlim(1 / reach, reach)
    if last:
        axes.set_xlabel("native ÷ real", labelpad=1)
    else:
        axes.set_xticklabels([])
    axes.set_ylim(len(group) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)


def ratio_finding(groups: Groups) -> Optional[Finding]:
    """How many of the measures with a band are within it, and the one that is not, if it is one."""
    judged = [(label, each) for label, (_, group) in groups.items() for each in group
              if each.verdict in JUDGED]  # fmt: skip
    off = [f"{each.what} of {label}" for label, each in judged if each.verdict == OFF]
    if not judged:
        return None
    inside, outside = f"{len(judged) - len(off)} of {some(len(judged), 'judged measure')}", ""
    if off:
        outside = f"; off: {off[0]}" + (f" and {len(off) - 1} more" if len(off) > 1 else "")
    return Finding(f"Within the band: {inside}{outside}", ())


def ratio_words(groups: Groups) -> str:
    said = []
    for label, (_, group) in groups.items():
        worst = max(group, key=lambda c: max(c.ratio or 1, 1 / (c.ratio or 1)))
        said.append(f"{label}: furthest off is {worst.what}, {worst.ratio:.2f} times the real one.")
    return " ".join(said)


# -------------------------------------------------------------------------------------------------
# How the lateness follows the switch interval.

SWEEP_TITLE = "Does the lateness follow the switch interval?"
SWEEP_ALT = (
    "A panel an interpreter that lets a program set its switch interval: the median lateness of a "
    "sleeper beside one thread that computes, at several intervals, in the interpreter and "
    "natively."
)
SWEEP_HEIGHT = 2.3


def draw_sweep(canvas: Any, findings: Findings) -> str:
    panels = {}
    for subject in findings.subjects:
        held = gather(subject)
        sides = tuple(points(held, side) for side in (0, 1))
        if any(sides):
            panels[f"{subject['label']} beside {subject['policy']}"] = sides
    if not panels:
        raise MissingData("it needs the probe sweep")
    below = (
        "The median lateness beside one thread that computes. On the line it is as long as the "
        "interval."
    )
    finding = agreement(findings, "sweep/slope", "The slope of lateness over the interval")
    heading = Heading(SWEEP_TITLE, below, finding)
    said = []
    for axes, title in panelled(canvas, heading, list(panels), SWEEP_HEIGHT):
        sides = panels[title]
        draw_points(axes, sides)
        slopes = [
            f"{name} slope {found[0]:.2f}"
            for known, (name, _) in zip(sides, SIDES)
            if (found := line(known)) is not None
        ]
        said.append(f"{title}: {', '.join(slopes)}.")
    return Seen(" ".join(said), finding)


def draw_points(axes: Any, sides: tuple[list[tuple[float, float]], ...]) -> None:
    every = [interval for known in sides for interval, _ in known]
    low, high = min(every) / 1.5, max(every) * 1.5
    axes.plot([low, high], [low, high], color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
    for known, (name, look) in zip(sides, SIDES):
        if known:
            # The real one hollow and larger, so that both show where they coincide.
            real = name == "real"
            how = dots(look, hollow=real) | {"markersize": 8 if real else 4}
            axes.plot(*zip(*known), **how)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    time_axis(axes.xaxis, (low, high))
    time_axis(axes.yaxis, axes.get_ylim())
    axes.set_xlabel("switch interval", labelpad=1)
    axes.set_ylabel("lateness", labelpad=1)


FIGURES = (
    Chart("lateness", LATENESS_TITLE, LATENESS_ALT, draw_lateness),
    Chart("ratios", RATIOS_TITLE, RATIOS_ALT, draw_ratios),
    Chart("sweep", SWEEP_TITLE, SWEEP_ALT, draw_sweep),
)
