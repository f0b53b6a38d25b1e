"""How many times faster a row is than one worker of `single` without a gil.

That is the ratio of their operations per second, over all workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Optional

from .rows import Result, Row
from .statistics import Ratio, speed_up

FAMILIES = ("cpu", "mem", "io", "mixed")


def family_rank(family: str) -> int:
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


class SpeedUps:
    """Rows of a result beside their baselines."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self._exact: dict[tuple[object, ...], Row] = {}
        self._near: dict[tuple[object, ...], Row] = {}
        for row in sorted(result.rows, key=lambda row: row.name):
            if row.model == "single" and row.gil == "none" and row.workers == 1:
                self._exact.setdefault((row.workload, row.variant), row)
                self._near.setdefault((row.workload, row.variant[2]), row)

    def baseline(self, row: Row) -> Optional[Row]:
        """`single` with one worker and no gil: the same work, in the same place if possible."""
        exact = self._exact.get((row.workload, row.variant))
        return exact or self._near.get((row.workload, row.variant[2]))

    def of(self, row: Row) -> Optional[Ratio]:
        """The speed-up; None without a baseline."""
        baseline = self.baseline(row)
        if baseline is None or row.median_ns <= 0:
            return None
        if baseline is row:
            return Ratio(1.0, None)
        return speed_up(baseline.times_ns, row.times_ns)

    def workloads(self) -> list[str]:
        """Workloads with a baseline: cpu, mem, io, mixed, then the others."""
        found = {
            (family_rank(row.family), row.workload)
            for row in self.result.rows
            if self.baseline(row) is not None and row.family != "null"
        }
        return [workload for _, workload in sorted(found)]

    def main_rows(self, workload: str) -> list[Row]:
        """The rows of a workload that differ in model, gil and workers alone.

        Of several places, peers and parameters, those with the most rows.
        """
        rows = [row for row in self.result.rows if row.workload == workload]
        counts = Counter(row.variant for row in rows)
        if not counts:
            return []
        best = max(sorted(counts, key=repr), key=lambda variant: counts[variant])
        return [row for row in rows if row.variant == best]


def by_gil(rows: Iterable[Row], gil: str) -> list[Row]:
    return [row for row in rows if row.gil == gil]


def gils(rows: Iterable[Row]) -> list[str]:
    """`none` first."""
    return sorted({row.gil for row in rows}, key=lambda gil: (gil != "none", gil))
