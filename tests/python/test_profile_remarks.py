"""What is said below the tables of a profile: what recording cost, and what was missed."""

from __future__ import annotations

from pathlib import Path

import profiled
from convoy_cli.profile import report
from profiled import load


def test_what_recording_cost_and_the_remarks_of_the_program(tmp_path: Path) -> None:
    made = load(tmp_path, profiled.states() | {"notes": ["Seat 0 dropped 5 events."]})
    cost, note = report.remarks(made)
    assert cost == (
        "Recording changed the wall time by +1.0 % and the CPU time by +2.0 %, at 1234 events a "
        "second."
    )
    assert note == "Seat 0 dropped 5 events."


def test_pairs_of_rounds_that_disagree_are_told(tmp_path: Path) -> None:
    states = profiled.states()
    states["cost"] |= {"plain_wall_ns": [100, 100, 100], "recorded_wall_ns": [160, 127, 80]}
    told_cost, *_ = report.remarks(load(tmp_path, states))
    assert "the wall time by +1.0 % (3 pairs of rounds: −20 % to +60 %) and the CPU" in told_cost


def test_what_recording_cost_is_not_always_known(tmp_path: Path) -> None:
    states = profiled.states() | {"cost": {"ratio": None, "events_per_second": 0}}
    assert list(report.remarks(load(tmp_path, states))) == []
