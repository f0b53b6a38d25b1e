"""What the tests of the command line share: a folder for results, and a stranger's."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confined import ROOT_USER, stranger
from runs import BENCH, RUNS, TROUBLED


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


def run_as_stranger(program: Path) -> str:
    """Why it does not run; empty if it does."""
    user = stranger()
    become: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if ROOT_USER else {}
    try:
        done = subprocess.run([program], capture_output=True, check=False, **become)
    except OSError as error:
        return str(error)
    return f"exit code {done.returncode}" if done.returncode else ""


@functools.cache
def place_for_strangers() -> str:
    """The first folder where the stranger's programs run: others are closed to him, or noexec."""
    refused = []
    for place in dict.fromkeys((tempfile.gettempdir(), "/var/tmp", "/dev/shm")):
        try:
            with tempfile.TemporaryDirectory(prefix="convoy-test-", dir=place) as name:
                os.chown(name, stranger(), -1)
                reason = run_as_stranger(Path(shutil.copy(shutil.which("true") or "true", name)))
        except OSError as error:
            reason = str(error)
        if not reason:
            return place
        refused.append(f"{place}: {reason}")
    pytest.skip(f"no folder for a stranger's program: {'; '.join(refused)}")


@pytest.fixture
def strangers() -> Iterator[Path]:
    """A folder of an unprivileged user, with the program in it: limits do not bind root."""
    path = Path(tempfile.mkdtemp(prefix="convoy-test-", dir=place_for_strangers()))
    try:
        shutil.copy(TROUBLED, path / "convoy-bench")
        (path / "out").mkdir()
        for entry in (path, path / "out"):
            os.chown(entry, stranger(), -1)
        yield path
    finally:
        shutil.rmtree(path)
