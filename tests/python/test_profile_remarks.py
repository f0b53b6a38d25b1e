"""What is said below the tables of a profile: what recording cost, and what was missed."""

from __future__ import annotations

import re
from pathlib import Path

import profiled
from convoy_cli.profile import report
from profiled import load


def test_what_recording_cost_and_the_remarks_of_the_program(tmp_path: Path) -> None:
    made = load(tmp_path, profiled.states() | {"notes": ["Seat 0 dropped 5 events."]})
    cost, note = report.remarks(made)
    assert re.findall(r"[+−]?[\d.]+", cost.removesuffix(".")) == ["+1.0", "+2.0", "1234"]
    assert note == "Seat 0 dropped 5 events."


def test_pairs_of_rounds_that_disagree_are_told(tmp_path: Path) -> None:
    states = profiled.states()
    states["cost"] |= {"plain_wall_ns": [100, 100, 100], "recorded_wall_ns": [160, 127, 80]}
    told_cost, *_ = report.remarks(load(tmp_path, states))
    numbers = re.findall(r"[+−]?[\d.]+", told_cost.removesuffix("."))
    assert numbers == ["+1.0", "3", "−20", "+60", "+2.0", "1234"]


def test_what_recording_cost_is_not_always_known(tmp_path: Path) -> None:
    states = profiled.states() | {"cost": {"ratio": None, "events_per_second": 0}}
    assert list(report.remarks(load(tmp_path, states))) == []
