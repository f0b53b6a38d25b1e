"""A small repository whose builds are copies, for tests of what the gate does with refs."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convoy_cli.core import git
from convoy_cli.gate import builds

# Builds `main`, as words behind say, and takes signals as the front door does.
BUILDS = """
import signal, sys
from pathlib import Path
from convoy_cli import cli
from convoy_cli.gate import builds
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, cli.terminate)
top, cache, command = sys.argv[-3:]
builds.built("main", command, "out/bench", Path(top), Path(cache))
"""
BUILD = "mkdir -p out && cp bench.sh out/bench && echo built >> $COUNT"
PROGRAM = "out/bench"


# What a user or a system has configured is no part of a test.
ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def run(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    environment = git.environment() | ALONE
    return subprocess.check_output(
        ["git", *identity, *words], cwd=folder, env=environment, text=True
    ).strip()


class Project:
    """A repository with two commits, `old` and `main`, whose program says its version."""

    def __init__(self, folder: Path) -> None:
        self.top, self.cache, self.count = folder / "project", folder / "cache", folder / "count"
        self.top.mkdir()
        run(self.top, "init", "--quiet")
        self.commit("one")
        run(self.top, "branch", "old")
        self.commit("two")

    def write(self, version: str) -> None:
        (self.top / "bench.sh").write_text(f"#!/bin/sh\necho {version}\n")
        (self.top / "bench.sh").chmod(0o755)

    def commit(self, version: str) -> None:
        self.write(version)
        run(self.top, "add", "--all")
        run(self.top, "commit", "--quiet", "-m", version)

    def built(self, ref: str, command: str = BUILD, program: str = PROGRAM) -> builds.RefBuild:
        return builds.built(ref, command, program, self.top, self.cache)

    def says(self, ref: str) -> str:
        return subprocess.check_output([self.built(ref).program], text=True).strip()

    @property
    def builds(self) -> int:
        return len(self.count.read_text().splitlines()) if self.count.exists() else 0

    def entries(self) -> list[Path]:
        return sorted(each for each in self.cache.glob("*/*") if each.is_dir())

    def worktrees(self) -> int:
        return len(git.worktrees(self.top)) - 1


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Forgets at the end which builds this process holds."""
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)
    made = Project(tmp_path)
    monkeypatch.setenv("COUNT", str(made.count))
    yield made
    for stream in builds._held:
        stream.close()
    builds._held.clear()


def started(project: Project, command: str, **more: Any) -> subprocess.Popen[str]:
    """Another process that builds `main`."""
    return subprocess.Popen(
        [sys.executable, "-c", BUILDS, str(project.top), str(project.cache), command],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, text=True, **more,
    )  # fmt: skip


def wait_for(stream: Any) -> None:
    """Until there is something to read: at most as long as nobody would mind."""
    assert select.select([stream], [], [], 60)[0], "nothing came"
