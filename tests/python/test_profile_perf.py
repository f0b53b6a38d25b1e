"""Perf that is missing, may not or cannot: said, with what to do, and nothing else is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from profile_stand import WRITTEN, stand  # noqa: F401

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.usefixtures("blank")


def test_without_perf_all_else_is_there(inside: Any, stand: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "tools" / "perf").unlink()
    stand["PATH"] = str(tmp_path / "tools")
    done = inside("profile", "x", "-o", "out", **stand)
    assert done.returncode == 0, done
    assert sorted(os.listdir(tmp_path / "out")) == WRITTEN
    assert "perf is not installed" in done.stderr
    assert "scripts/bootstrap profile" in done.stderr and "linux-perf" in done.stderr


@pytest.mark.parametrize(
    "change, said",
    [
        ({"PERF_SAYS": "Error:\nNo permission to enable cpu-clock"}, "perf_event_paranoid=1"),
        ({"PERF_SAYS": "something else"}, "perf cannot sample here (something else)"),
        ({"PERF_SCRIPT": "/dev/null"}, "--sample 5s"),
        ({"PERF_STATUS": "3"}, "perf cannot read what it recorded (exit code 3)"),
    ],
)
def test_a_perf_that_may_not_or_cannot(
    change: dict[str, str], said: str, inside: Any, stand: dict[str, str], tmp_path: Path
) -> None:
    done = inside("profile", "x", "-o", "out", **(stand | change))
    assert done.returncode == 0, done
    assert said in done.stderr and "Everything else was written" in done.stderr
    assert sorted(os.listdir(tmp_path / "out")) == WRITTEN


def test_a_perf_that_cannot_be_started(inside: Any, stand: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "tools" / "perf").write_text("no program")
    done = inside("profile", "x", "-o", "out", **stand)
    assert done.returncode == 0, done
    assert "Exec format error" in done.stderr and "Traceback" not in done.stderr
