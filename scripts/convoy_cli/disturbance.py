"""How charts say which of their rows were disturbed: a note in the heading, and a mark on each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from . import style
from .rows import Row
from .speedups import SpeedUps
from .units import some

HATCHED, CROSSED = "hatched", "marked ×"
COMPARED = ", like those compared with one"
# What the reasons of samples blame.
CULPRITS = {
    "run_delay": "other programs", "foreign_work": "other programs", "steal": "the host",
    "yardstick": "slow CPUs",
}  # fmt: skip


def note(shown: Iterable[Row], mark: str, ups: Optional[SpeedUps] = None) -> str:
    """`12 of 48 rows were disturbed by other programs: hatched.`, or "" where none was.

    With `ups` the rows count that those shown are compared with.
    """
    rows = {id(row): row for row in shown}
    compared = False
    if ups is not None:
        compared = any(baseline_disturbed(row, ups) for row in rows.values())
        baselines = [ups.baseline(row) or row for row in rows.values()]
        rows |= {id(row): row for row in baselines}
    bad = [row for row in rows.values() if row.disturbed]
    if not bad:
        return ""
    samples = [sample for row in bad for sample in row.samples]
    reasons = {word for sample in samples for word in sample.get("disturbed", ())}
    culprits = sorted({CULPRITS.get(reason, reason) for reason in reasons}, key=named_first)
    by = f" by {' and '.join(culprits)}" if culprits else ""
    verb = "was" if len(bad) == 1 else "were"
    words = f"{len(bad)} of {some(len(rows), 'row')} {verb} disturbed{by}: {mark}"
    return f"{words}{COMPARED if compared else ''}."


def named_first(culprit: str) -> int:
    return list(CULPRITS.values()).index(culprit) if culprit in CULPRITS.values() else len(CULPRITS)


def doubtful(row: Row, ups: SpeedUps) -> bool:
    """Whether a row's speed-up is not to be trusted: it or its baseline was disturbed."""
    return row.disturbed or baseline_disturbed(row, ups)


def baseline_disturbed(row: Row, ups: SpeedUps) -> bool:
    baseline = ups.baseline(row)
    return baseline is not None and baseline is not row and baseline.disturbed


def cross(axes: Any, points: Iterable[tuple[float, float]]) -> None:
    """Marks points of disturbed rows."""
    places = list(points)
    if places:
        axes.plot(*zip(*places), **style.DISTURBED)


def hatch(axes: Any, left: float, top: float) -> None:
    """Marks the cell of a disturbed row."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((left, top), 1, 1, **style.HATCHED))
