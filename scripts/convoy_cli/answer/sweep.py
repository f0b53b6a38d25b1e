"""A sweep of the switch interval as a table, and the law of its lateness in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

from ..core.terminal import table
from ..core.units import duration, percent, short, some, three_digits
from ..results import sweeps
from ..results.rows import Row
from ..results.sweeps import COUNTDOWN, ECHO, LATENESS, ByInterval, Sweep
from ..stats.scaling import Line

HEADER = (
    "lock", "interval", "late p10", "late p50", "late p90", "throughput", "switches", "messages",
    "of no lock",
)  # fmt: skip
TOLERANCE = 0.05  # of the slope
# The law of a lock that waits for an interval and then asks, where the program says no other.
LAW = {"intervals": 1, "sleeps": 0, "least_ns": 0, "most_ns": 400_000}


def table_of(found: dict[str, Sweep]) -> list[str]:
    free = {workload: one.free for workload, one in found.items()}
    lines = [cells("none", None, free, free)] if any(free.values()) else []
    for name in sweeps.locks_of(found.values()):
        rows = {workload: one.locks.get(name, {}) for workload, one in found.items()}
        for interval in sorted({at for by in rows.values() for at in by}):
            here = {workload: by.get(interval) for workload, by in rows.items()}
            lines.append(cells(name, interval, here, free))
    return table(HEADER, lines)


def cells(
    name: str,
    interval: Optional[float],
    rows: dict[str, Optional[Row]],
    free: dict[str, Optional[Row]],
) -> list[str]:
    late = sweeps.lateness(rows[LATENESS])
    countdown, echo = rows[COUNTDOWN], rows[ECHO]
    switches = None if countdown is None else sweeps.switches(countdown)
    return [
        name,
        "" if interval is None else duration(interval),
        *(("", "", "") if late is None else (duration(value) for value in late)),
        share(countdown, free[COUNTDOWN]),
        "" if switches is None else f"{short(switches)}/s",
        "" if echo is None else f"{short(sweeps.rate(echo)[0])}/s",
        share(echo, free[ECHO]),
    ]


def share(row: Optional[Row], free: Optional[Row]) -> str:
    ratio = None if row is None else sweeps.relative(row, free)
    if ratio is None:
        return ""
    return percent(ratio.value) if ratio.value >= 0.01 else f"{three_digits(ratio.value * 100)} %"


def words(found: dict[str, Sweep], laws: dict[str, Any]) -> Iterator[str]:
    """For each lock the line through its lateness, and whether its law holds."""
    lines = sweeps.fits(found[LATENESS])
    for name, rows in found[LATENESS].locks.items():
        line = lines.get(name)
        if line is None:
            yield f"{name}: three intervals make a line; give more, as in --intervals 1ms,5ms,20ms."
            continue
        law = laws.get(name.partition(":")[0], LAW)
        yield (
            f"{name}: the median lateness is {three_digits(line.slope)} × the interval "
            f"{'−' if line.intercept < 0 else '+'} {duration(abs(line.intercept))} (least squares "
            f"through {some(len(rows), 'interval')}). {verdict(line, law, rows)}"
        )


def verdict(line: Line, law: Optional[dict[str, Any]], rows: ByInterval) -> str:
    """Whether the line is what the policy promises; its rule is the same at every interval."""
    if law is None:
        return "It promises nothing about lateness."
    parameters = next(iter(rows.values())).parameters
    if parameters.get("spinners", 1) != 1:
        return "Its law is about one spinner, and is not judged here."
    slept = float(law.get("sleeps", 0)) * float(parameters.get("wait_ns", 0))
    expected, most = float(law["intervals"]), float(law["most_ns"]) - slept
    rule = f"slope {expected:.2f} ± {TOLERANCE}, and less than {duration(most)} at interval 0"
    slope = abs(line.slope - expected) <= TOLERANCE
    if slope and line.intercept < most:
        return f"The law holds: {rule}."
    what = "what does not depend on the interval is too long" if slope else "the slope is off"
    return f"The law does not hold ({rule}): {what}.{busy(rows) if expected else ''}"


def busy(rows: ByInterval) -> str:
    """Where some sleepers wait for an interval and some not at all, the spinner was not there."""
    mixed = 0
    for interval, row in rows.items():
        late = sweeps.lateness(row)
        mixed += late is not None and late.p10_ns < interval / 2 and late.p90_ns > interval / 2
    if not mixed:
        return ""
    count = some(mixed, "interval")
    return f" At {count} some sleepers found the lock free: something else used the CPUs."
