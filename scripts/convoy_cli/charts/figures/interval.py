"""What the switch interval does: lateness, throughput, switches and conversation against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Optional

from ...core.errors import MissingData
from ...core.units import Interval, duration, rate, short, three_digits
from ...results import sweeps, variants
from ...results.rows import Result, Row
from ...results.sweeps import COUNTDOWN, ECHO, LATENESS, Sweep
from .. import drawing, marks, style
from ..marks import FREE, LAW, legend, log_axis, plot, rate_axis, values
from ..seen import Finding, Number, Seen, contrast
from .latency import median_of, time_axis

NAME = "interval"
TITLE = "What does the switch interval do?"
ONLY_OF = "an experiment with locks"  # ordinary results lack it, which is not worth a word
ALT = (
    "Four charts against the switch interval, a line a lock: how late a sleeper gets the lock back "
    "beside a worker that computes, the throughput of workers that only compute relative to no "
    "lock, how often the lock changes hands, and the rate of a conversation over UDP."
)

PANEL_HEIGHT = 2.3
# What each experiment tells of an interval, in the order of what is asked.
CHANGED = {
    LATENESS: "Median lateness", COUNTDOWN: "Operations/s of computing", ECHO: "Messages/s over UDP"
}


def draw(canvas: Any, result: Result) -> Seen:
    found = sweeps.sweeps(result)
    locks = sweeps.locks_of(found.values())
    if not locks:
        raise MissingData(
            f"it needs {LATENESS}, {COUNTDOWN} or {ECHO} under threads at two switch intervals or "
            "more (`scripts/convoy sweep`)"
        )
    drawn = sweeps.rows_of(found.values())
    free = found[COUNTDOWN].free
    compared = marks.COMPARED if free is not None and free.disturbed else ""
    below = drawing.paragraphs(
        "Dots: medians; bars of lateness: from the 10th to the 90th percentile, of rates: the 95 % "
        "interval. Dotted: the law of a lock that waits for one interval and then asks.",
        marks.note(drawn, marks.CROSSED + compared),
        variants.not_shown(variants.of(result, wanted), drawn),
    )
    finding = found_in(found)
    handles = legend(locks, any(one.free for one in found.values()))
    top = drawing.heading_height(below, finding) + drawing.legend_height(len(handles))
    page = drawing.Page(canvas, top + 2 * PANEL_HEIGHT + 0.05)
    page.legend(page.heading(TITLE, below, finding), handles)
    swept = {at for one in found.values() for points in one.locks.values() for at in points}
    limits, ticks = (min(swept) / 1.4, max(swept) * 1.4), thinned(sorted(swept))
    width = page.width / 2
    panels = (lateness_panel, throughput_panel, switches_panel, echo_panel)
    for number, panel in enumerate(panels):
        left, at = (number % 2) * width, top + (number // 2) * PANEL_HEIGHT
        axes = page.axes(left + 0.62, at + 0.24, width - 0.82, PANEL_HEIGHT - 0.72)
        panel(axes, found, locks)
        axes.set_xscale("log")
        axes.set_xlim(*limits)
        axes.set_xticks(ticks)
        axes.set_xticklabels([short(tick / 1e6) for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("switch interval (ms)", labelpad=1)
    return Seen(" ".join(words(found)), finding, numbers_of(found))


def found_in(found: dict[str, Sweep]) -> Optional[Finding]:
    """What the longest interval of a lock changes beside its shortest, where it changes any."""
    for workload, what in CHANGED.items():
        for lock, rows in found[workload].locks.items():
            ends = [
                number_of(workload, f"a switch interval of {duration(interval)}", rows[interval])
                for interval in (min(rows), max(rows))
            ]
            if told := contrast([end for end in ends if end], f"{what} under {lock}"):
                return told
    return None


def numbers_of(found: dict[str, Sweep]) -> Iterator[Number]:
    """Operations a second of each row that is swept, and the median lateness."""
    for workload, one in found.items():
        for lock, rows in one.locks.items():
            for interval, row in rows.items():
                name = f"{workload} under {lock} at {duration(interval)}"
                name += ", lateness p50" if workload == LATENESS and is_late(row) else ""
                if number := number_of(workload, name, row):
                    yield number


def number_of(workload: str, name: str, row: Row) -> Optional[Number]:
    if workload == LATENESS and is_late(row):
        return median_of(name, row)
    if row.median_ns <= 0:
        return None
    value, inside = sweeps.rate(row)
    return Number(name, (row,), value, inside if row.interval_ns else None, rate)


def is_late(row: Row) -> bool:
    return sweeps.lateness(row) is not None


def wanted(row: Row) -> bool:
    return row.workload in (LATENESS, COUNTDOWN, ECHO) and row.model == "threads"


def thinned(swept: list[float]) -> list[float]:
    """Those of the intervals whose labels have room beside each other."""
    least = (swept[-1] / swept[0]) ** (1 / 11)
    kept: list[float] = []
    for at in swept:
        if not kept or at >= kept[-1] * least:
            kept.append(at)
    return kept


def lateness_of(row: Row) -> Optional[tuple[float, Interval]]:
    late = sweeps.lateness(row)
    return None if late is None else (late.p50_ns, Interval(late.p10_ns, late.p90_ns))


def lateness_panel(axes: Any, found: dict[str, Sweep], locks: Sequence[str]) -> None:
    lines = values(found[LATENESS], lateness_of)
    axes.set_title(f"Lateness of a sleeper{beside(found[LATENESS])}")
    free = sweeps.lateness(found[LATENESS].free)
    shown = [p.interval for points in lines.values() for p in points]
    shown += [max(low, 100.0) for ps in lines.values() for p in ps for low in p.bounds]
    if free is not None:
        axes.axhline(free.p50_ns, **FREE)
        shown.append(max(free.p50_ns, 100.0))
    if not lines:
        return nothing(axes, LATENESS)
    swept = [p.interval for points in lines.values() for p in points]
    axes.plot([min(swept) / 2, max(swept) * 2], [min(swept) / 2, max(swept) * 2], **LAW, zorder=3)
    plot(axes, lines, locks)
    time_axis(axes.yaxis, log_axis(axes, shown))


def throughput_panel(axes: Any, found: dict[str, Sweep], locks: Sequence[str]) -> None:
    countdown = found[COUNTDOWN]

    def share(row: Row) -> Optional[tuple[float, Interval]]:
        ratio = sweeps.relative(row, countdown.free)
        if ratio is None:
            return None
        return ratio.value, ratio.interval or Interval(ratio.value, ratio.value)

    axes.set_title(f"Throughput beside no lock, {workers_of(countdown)}")
    lines = values(countdown, share, countdown.free)
    if not lines:
        return nothing(axes, f"{COUNTDOWN}, with and without a lock")
    axes.axhline(1, **FREE)
    plot(axes, lines, locks)
    most = max(p.bounds.high for points in lines.values() for p in points)
    axes.set_ylim(0, max(1.1, 1.08 * most))
    if most < 1.4:
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.set_yticklabels(["0 %", "25 %", "50 %", "75 %", "100 %"])


def switches_panel(axes: Any, found: dict[str, Sweep], locks: Sequence[str]) -> None:
    def often(row: Row) -> Optional[tuple[float, Interval]]:
        value = sweeps.switches(row)
        return None if value is None else (value, Interval(value, value))

    axes.set_title(f"Switches of the lock, {workers_of(found[COUNTDOWN])}")
    lines = values(found[COUNTDOWN], often)
    if not lines:
        return nothing(axes, f"{COUNTDOWN} under a lock")
    swept = [p.interval for points in lines.values() for p in points]
    law = min(swept) / 2, max(swept) * 2
    axes.plot(law, [1e9 / at for at in law], **LAW, zorder=3)
    plot(axes, lines, locks)
    shown = [p.value for points in lines.values() for p in points]
    rate_axis(axes.yaxis, log_axis(axes, [*shown, 1e9 / min(swept), 1e9 / max(swept)]))


def echo_panel(axes: Any, found: dict[str, Sweep], locks: Sequence[str]) -> None:
    echo = found[ECHO]
    lines = values(echo, sweeps.rate)
    axes.set_title(f"Messages over UDP{beside(echo)}")
    if not lines:
        return nothing(axes, ECHO)
    shown = [bound for points in lines.values() for p in points for bound in p.bounds]
    if echo.free is not None:
        shown.append(sweeps.rate(echo.free)[0])
        axes.axhline(shown[-1], **FREE)
    plot(axes, lines, locks)
    rate_axis(axes.yaxis, log_axis(axes, shown))


def beside(found: Sweep) -> str:
    row = next((row for rows in found.locks.values() for row in rows.values()), None)
    count = None if row is None else row.parameters.get("spinners")
    return "" if count is None else f", {count:g} spinner{'' if count == 1 else 's'} beside"


def workers_of(found: Sweep) -> str:
    row = next((row for rows in found.locks.values() for row in rows.values()), None)
    return f"{row.workers} workers" if row is not None else "workers"


def nothing(axes: Any, what: str) -> None:
    axes.text(0.5, 0.5, f"no rows of {what}", transform=axes.transAxes, ha="center",
              color=style.FAINT)  # fmt: skip
    axes.set_yticks([])


def words(found: dict[str, Sweep]) -> list[str]:
    said = []
    for name, line in sweeps.fits(found[LATENESS]).items():
        said.append(
            f"{name}: the median lateness is {three_digits(line.slope)} times the interval plus "
            f"{duration(line.intercept)}."
        )
    return said
