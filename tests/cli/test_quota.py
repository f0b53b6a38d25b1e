"""A quota of CPU time, which no topology shows, is told where workers are planned."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import BENCH

GROUPS = Path("/sys/fs/cgroup")


@pytest.fixture
def half_a_cpu() -> Iterator[Path]:
    """A control group of that, of whichever version there is."""
    top = GROUPS if (GROUPS / "cgroup.controllers").exists() else GROUPS / "cpu"
    group = top / f"convoy-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made: {error.strerror}")
    try:
        if (group / "cpu.max").exists():
            (group / "cpu.max").write_text("50000 100000")
        elif (group / "cpu.cfs_quota_us").exists():
            (group / "cpu.cfs_quota_us").write_text("50000")
        else:
            pytest.skip("control groups have no quota here")
        yield group
    finally:
        group.rmdir()


@pytest.mark.parametrize("verb", ["plan", "topology"])
def test_a_quota_is_told(verb: str, half_a_cpu: Path) -> None:
    def enter() -> None:
        (half_a_cpu / "cgroup.procs").write_text("0")

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(BENCH), verb, *words]
        return subprocess.run(
            command, capture_output=True, text=True, preexec_fn=enter, check=True, timeout=60
        )

    assert "the control group grants 0.50 CPUs of time" in call().stderr
    assert "control group" not in call("--topology", "core:4 pu:1").stderr
    if verb == "plan":
        notes = json.loads(call("--json").stdout)["notes"]
        assert any("0.50 CPUs" in note for note in notes)
