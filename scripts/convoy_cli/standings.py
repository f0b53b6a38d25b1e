"""Where each model stands on a workload, at the number of workers that says most."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Optional

from . import style
from .rows import Row
from .speedups import SpeedUps
from .statistics import Ratio


class Standing(NamedTuple):
    row: Row
    ratio: Ratio


def standings(ups: SpeedUps, rows: Iterable[Row]) -> list[Standing]:
    found = [(row, ups.of(row)) for row in rows]
    return [Standing(row, ratio) for row, ratio in found if ratio is not None]


def at_most_workers(ups: SpeedUps, workload: str, gil: str) -> list[Standing]:
    """Every model at the number of workers that says most, the fastest first.

    For CPU and memory: as many workers as CPUs, or the nearest below. Else the largest number
    that the model was run with: a model that can have more workers gains from it.
    """
    chosen: dict[str, Row] = {}
    for row in ups.main_rows(workload):
        limit = ups.result.document["context"]["num_cpus"] if row.family in ("cpu", "mem") else None
        if row.gil != gil or row.model == "single":
            continue
        best = chosen.get(row.model)
        if best is None or rank(row, limit) > rank(best, limit):
            chosen[row.model] = row
    found = standings(ups, chosen.values())
    return sorted(found, key=lambda s: (-s.ratio.value, style.order(s.row.model)))


def rank(row: Row, limit: Optional[int]) -> tuple[int, float]:
    """Larger is preferred: the most workers up to the limit, then the fewest above; then speed."""
    count = row.workers if limit is None or row.workers <= limit else -row.workers
    return (count, -row.median_ns)
