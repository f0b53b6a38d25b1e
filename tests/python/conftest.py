"""What the Python tests share: a made-up result, and the front door as a program."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]
sys.dont_write_bytecode = True

import synthetic  # noqa: E402

CONVOY = ROOT / "scripts" / "convoy"
FAKE_BENCH = ROOT / "tests" / "fixtures" / "fake-convoy-bench"


@pytest.fixture(scope="session")
def made() -> dict[str, Any]:
    """A result of a machine with 4 cores: not to be changed; `document` is for that."""
    return synthetic.document(synthetic.Truth(cores=4, workers=(1, 2, 4, 8)))


@pytest.fixture
def document(made: dict[str, Any]) -> dict[str, Any]:
    """The same, to be damaged."""
    return copy.deepcopy(made)


@pytest.fixture
def one_cpu() -> Iterator[int]:
    """Binds this process, and what it starts, to one CPU; how many the machine has."""
    cpus, before = os.cpu_count() or 1, os.sched_getaffinity(0)
    if cpus < 2:
        pytest.skip("the machine has one CPU")
    os.sched_setaffinity(0, {min(before)})
    yield cpus
    os.sched_setaffinity(0, before)


@pytest.fixture
def convoy(tmp_path: Path) -> Any:
    """Calls scripts/convoy in an empty folder, with a locale that knows UTF-8."""

    def call(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(CONVOY), *map(str, words)],
            cwd=tmp_path,
            env=clean_environment() | environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return call


def clean_environment() -> dict[str, str]:
    dropped = ("CONVOY_", "LC_", "NO_COLOR", "PYTHONUNBUFFERED")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return kept | {"LC_ALL": "C.UTF-8", "TERM": "xterm", "CONVOY_BENCH": str(FAKE_BENCH)}


def assert_complaint(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """One message on stderr that a person can act on, nothing on stdout, exit code 2."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("convoy: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for part in parts:
        assert part in done.stderr
