"""What a result's numbers do not say by themselves: unpinned, unconverged, interrupted, failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from ..rows import Result, Row
from ..units import percent, some

MOST = 3


def caveats(result: Result) -> list[str]:
    """What the numbers above do not say by themselves."""
    rows = result.rows
    said: list[Optional[str]] = []
    if result.interrupted:
        said.append("The run was interrupted: what is here is what had been measured.")
    said.append(unpinned([row for row in rows if not row.pinned]))
    short = [row for row in rows if row.interval_ns is None]
    if short and len(short) == len(rows):
        said.append(too_few(rows, result.convoy["suite"]))
    elif short:
        count = of_rows(len(short), len(rows))
        said.append(f"{count} have too few samples for an interval (six): {names(short)}.")
    # Of disturbed rows the first line speaks.
    steady = [row for row in rows if not row.disturbed]
    loose = [row for row in steady if not row.converged and row.interval_ns is not None]
    if loose:
        wanted = percent(result.convoy["plan"]["precision"])
        said.append(
            f"{of_rows(len(loose), len(rows))} did not reach ± {wanted}: {names(loose)}. Give them "
            "time with --budget, or look at their intervals."
        )
    virtual = [row for row in rows if row.raw["virtual_topology"]]
    if virtual:
        count = of_rows(len(virtual), len(rows))
        said.append(f"{count} ran with a topology that is not this machine's.")
    shared = [row for row in rows if row.raw["controller_shares_pu"]]
    if shared and len(shared) == len(rows):
        said.append("The controller had no CPU of its own.")
    said.append(limited([row for row in rows if row.peer_limits]))
    for failure in result.failed[:MOST]:
        said.append(f"{failure.name} failed in pass {failure.at_pass}: {failure.reason}")
    if len(result.failed) > MOST:
        said.append(f"{len(result.failed) - MOST} more failed; `convoy.failed` has them.")
    return [sentence for sentence in said if sentence]


def too_few(rows: Sequence[Row], suite: Optional[str]) -> str:
    """No row has an interval."""
    counts = sorted({len(row.samples) for row in rows})
    each = some(counts[0], "sample") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} samples"
    verb = "is" if counts == [1] else "are"
    advice = "run the quick suite for figures with intervals"
    if suite != "smoke":
        advice = "six give one, so run it with --passes 8 or a longer --budget"
    return f"{each} a row {verb} too few for intervals: {advice}."


def unpinned(rows: Sequence[Row]) -> Optional[str]:
    if not rows:
        return None
    reasons = sorted({row.raw["pinned_reason"] or "no reason given" for row in rows})
    return f"{some(len(rows), 'row')} not pinned ({'; '.join(reasons[:3])}): {names(rows)}."


def limited(rows: Sequence[Row]) -> Optional[str]:
    """Rows whose load generator had no time left, so that quicker workers would not show."""
    if not rows:
        return None
    share = max(row.peer_cpu_share or 0.0 for row in rows)
    return (
        f"In {some(len(rows), 'row')} the load generator is the limit, not the workers: its "
        f"process used up to {percent(share)} of a CPU: {names(rows)}."
    )


def of_rows(count: int, all_of: int) -> str:
    return f"{count} of {some(all_of, 'row')}"


def names(rows: Sequence[Row], most: int = MOST) -> str:
    listed = ", ".join(row.name for row in rows[:most])
    return listed if len(rows) <= most else f"{listed} and {len(rows) - most} more"
