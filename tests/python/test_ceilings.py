"""What is said of rows beside the most that their parameters allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import synthetic
from convoy_cli.answer.ceilings import ceilings
from convoy_cli.answer.tasks import tasks
from convoy_cli.report.content import speed
from convoy_cli.results import load
from convoy_cli.results.rows import Result


def made(share: float, set_by: str = "lock", **more: Any) -> Result:
    """Rows of `mixed`, of which threads under a lock do such a share of what they could at most."""
    truth = synthetic.Truth(workloads=("mixed",), models=("single", "threads"), workers=(1, 4))
    document = synthetic.document(truth)
    for row in document["convoy"]["rows"]:
        most = 1e9 / row["median_ns"] / share
        able = row["model"] == "threads" and row["gil"] == "cpython32" and row["workers"] == 4
        row["ceiling"] = {"operations_per_second": most, "set_by": set_by} if able else None
        row |= more if able else {}
    return load.result(Path("made.json"), document)


def test_a_row_at_its_ceiling_says_what_sets_it() -> None:
    (said,) = ceilings(tasks(made(0.99)))
    assert "mixed with threads under cpython32, 4 workers" in said
    assert said.endswith("set by the lock.")
    (said,) = ceilings(tasks(made(0.99, "load")))
    assert said.endswith("set by the load.")


def test_a_row_below_it_or_disturbed_is_not_named() -> None:
    assert ceilings(tasks(made(0.9))) == []
    assert ceilings(tasks(made(0.99, disturbed=True))) == []
    assert ceilings(tasks(made(0.99, interval_ns=None))) == []


def test_the_report_has_it_beside_the_rate() -> None:
    result = made(0.5)
    row = next(row for row in result.rows if row.ceiling is not None)
    assert speed(row, 1e6).startswith("1.00 k/s of ") and speed(row, 1e6).endswith(" (lock)")
    free = next(row for row in result.rows if row.ceiling is None)
    assert speed(free, 1e6) == "1.00 k/s"
