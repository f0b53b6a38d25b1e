"""The claims that compare two things, as one chart: ratio, interval, and what is claimed."""

from __future__ import annotations

from collections import Counter
from typing import Any, Optional

from ..charts import drawing, style
from ..charts.seen import Finding, Seen
from ..core.errors import MissingData
from ..core.units import some, three_digits
from .document import Json, interval_of
from .judge import Verdict

NAME = "claims"
TITLE = "Which textbook claims hold here?"
ALT = (
    "A line a claim: how many times the one takes what the other takes, on a logarithmic axis with "
    "its interval, and a tick from which ratio on the claim holds; the verdict in words."
)
LINE, AXIS, LEFT, RIGHT = 0.21, 0.42, 3.55, 1.2
LOOKS = (style.MODELS["threads"], style.OTHERS[0], style.OTHERS[1])
INKS = {
    Verdict.SUPPORTED.value: "#00664B", Verdict.REFUTED.value: "#A33C00",
    Verdict.INCONCLUSIVE.value: style.FAINT, Verdict.UNTESTABLE.value: style.FAINT,
}  # fmt: skip
NARROWEST, WIDEST = 4.0, 1000.0


def draw(canvas: Any, made: Json) -> Seen:
    from matplotlib.lines import Line2D

    claims = [claim for claim in made["claims"] if any(map(ratios, claim["answers"]))]
    if not claims:
        raise MissingData("no claim that compares two things was measured")
    sources = made["sources"][: len(LOOKS)]
    below = (
        "How many times what the claim calls slower, heavier or longer takes what the other takes; "
        "median and interval. Tick: from here on the claim holds."
    )
    finding = found_in(claims)
    top = drawing.heading_height(below, finding) + drawing.legend_height(len(sources))
    page = drawing.Page(canvas, top + LINE * len(claims) + AXIS)
    handles = [
        Line2D([], [], label=source, marker=look.marker, color=look.colour, linestyle="none",
               markersize=5)
        for source, look in zip(sources, LOOKS)
    ]  # fmt: skip
    page.legend(page.heading(TITLE, below, finding), handles)
    axes = page.axes(LEFT, top, page.width - LEFT - RIGHT, LINE * len(claims))
    axes.set_xscale("log", base=2)
    highest = max(f["value"] for c in claims for a in c["answers"] for f in ratios(a))
    reach = min(WIDEST, max(NARROWEST, highest * 1.4))
    for line, claim in enumerate(claims):
        draw_line(axes, line, claim, sources, reach)
        label = drawing.shortened(claim["sentence"], LEFT - 0.3, 7.5)
        at = top + LINE * (line + 0.5)
        page.text(drawing.SIDE, at, label, va="center", fontsize=7.5)
        verdict = claim["answers"][0]["verdict"]
        page.text(
            page.width - RIGHT + 0.1, at, verdict, va="center", fontsize=7.5, color=INKS[verdict]
        )
    axes.axvline(1, color=style.FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
    drawing.factor_axis(axes.xaxis, 1 / 2, reach)
    axes.set_xlim(1 / 2, reach)
    axes.set_xlabel("ratio (×)", labelpad=1)
    axes.set_ylim(len(claims) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)
    return Seen(" ".join(sentence(claim) for claim in claims), finding)


def found_in(claims: list[Json]) -> Optional[Finding]:
    """How many of those drawn hold and how many are refuted; verdicts are judged already."""
    counts = Counter(claim["answers"][0]["verdict"] for claim in claims)
    held, refuted = counts[Verdict.SUPPORTED.value], counts[Verdict.REFUTED.value]
    if not held and not refuted:
        return None
    of = some(len(claims), "textbook claim")
    return Finding(f"Of {of} {held} hold here, and {refuted} do not", ())


def ratios(answer: Json) -> list[Json]:
    return [f for f in answer["findings"] if f["kind"].startswith("ratio") and f["value"]]


def draw_line(axes: Any, line: int, claim: Json, sources: list[str], reach: float) -> None:
    """The piece of evidence that decided, of each source; all of them side by side."""
    for place, (source, look) in enumerate(zip(sources, LOOKS)):
        answer = next((a for a in claim["answers"] if a["source"] == source), None)
        found = [] if answer is None else ratios(answer)
        if answer is None or not found:
            continue
        shown = next((f for f in found if f["verdict"] == answer["verdict"]), found[0])
        at = line + 0.24 * (place - (len(sources) - 1) / 2)
        inside = interval_of(shown)
        if inside is not None:
            axes.plot([max(inside.low, 0.5), min(inside.high, reach)], [at, at], color=look.colour,
                      linewidth=1.4)  # fmt: skip
        value = min(max(shown["value"], 0.5), reach)
        axes.plot([value], [at], marker=look.marker, color=look.colour, markersize=4,
                  clip_on=False)  # fmt: skip
        if place == 0:
            axes.plot([shown["bound"]] * 2, [line - 0.42, line + 0.42], color=style.INK,
                      linewidth=0.9)  # fmt: skip


def sentence(claim: Json) -> str:
    said = [
        f"{answer['source']}: {answer['verdict']}"
        + "".join(f", {three_digits(f['value'])} times" for f in ratios(answer)[:1])
        for answer in claim["answers"]
    ]
    return f"{claim['sentence']}: {'; '.join(said)}."
