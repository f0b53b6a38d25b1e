"""What the tests of the command line share: a folder for results, and a stranger's."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import BENCH, RUNS, STRANGER, TROUBLED


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    for program in (BENCH, TROUBLED):
        if not program.exists():
            pytest.skip(f"{program} is not built: scripts/run-tests")


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    """Whatever a failed test has left running ends with it."""
    yield
    while RUNS:
        run = RUNS.pop()
        if run.process.returncode is None:
            run.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a run writes, and nothing else is."""
    path = tmp_path / "out"
    path.mkdir()
    return path


@pytest.fixture
def strangers() -> Iterator[Path]:
    """A folder of an unprivileged user, with the program in it: limits do not bind root."""
    path = Path(tempfile.mkdtemp(prefix="convoy-test-"))
    try:
        shutil.copy(TROUBLED, path / "convoy-bench")
        (path / "out").mkdir()
        for entry in (path, path / "out"):
            if os.geteuid() == 0:
                os.chown(entry, STRANGER, STRANGER)
        yield path
    finally:
        shutil.rmtree(path)
