"""How near is each policy to the interpreter that it is made after?"""

from __future__ import annotations

from typing import Any

from ...charts import drawing, style
from ...core.errors import MissingData
from .. import charts
from ..judge import Comparison
from ..report import Findings, value

NAME = "ratios"
TITLE = "How near is each policy to the real thing?"
ALT = (
    "A line a measure, grouped by interpreter: the native value over the real one as a mark on a "
    "logarithmic axis, a grey band for where it has to be, and both values as numbers."
)
LINE, GROUP, AXIS = 0.175, 0.34, 0.4
LABELS, NUMBERS = 2.75, 2.4
COLUMNS = (("real", 0.12), ("native", 0.97), ("ratio", 1.82))
NARROWEST, WIDEST = 2.5, 64.0


def draw(canvas: Any, findings: Findings) -> str:
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
    top = drawing.heading_height(below)
    page = drawing.Page(canvas, top + sum(heights) + AXIS)
    page.heading(TITLE, below)
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
    return words(groups)


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
        axes.plot([at], [line], **charts.dots(charts.NATIVE, hollow), clip_on=False)
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


def words(groups: dict[str, tuple[Any, list[Comparison]]]) -> str:
    said = []
    for label, (_, group) in groups.items():
        worst = max(group, key=lambda c: max(c.ratio or 1, 1 / (c.ratio or 1)))
        said.append(f"{label}: furthest off is {worst.what}, {worst.ratio:.2f} times the real one.")
    return " ".join(said)
