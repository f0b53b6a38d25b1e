"""The cache of builds in trouble: interrupted, deleted, full of others, or wanted by two."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from convoy_cli.core.errors import UsageError
from convoy_cli.gate import builds
from gate_killed import leaves_nothing
from gate_project import BUILD, BUILDS, Project, project, started, wait_for  # noqa: F401


@contextlib.contextmanager
def building(
    project: Project, ready: Path, command: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The front door at a build that has written to `ready`, and the reading end of that."""
    os.mkfifo(ready)
    fifo = os.open(ready, os.O_RDONLY | os.O_NONBLOCK)
    child = started(project, command, stderr=subprocess.DEVNULL)
    try:
        wait_for(fifo)
        yield child, fifo
    finally:
        child.kill()
        child.wait()
        os.close(fifo)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing(
    number: int, project: Project, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    with building(project, ready, f"echo $$ > {ready}; exec sleep 60") as (child, fifo):
        builder = int(os.read(fifo, 20))
        assert [each.name for each in project.entries()[0].iterdir()] == ["tree"]
        child.send_signal(number)
        assert child.wait(30) != 0
    assert project.entries() == [] and project.worktrees() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(builder, 0)
    assert project.says("main") == "two"


def test_a_build_ends_with_a_gate_that_is_killed(project: Project, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    # The shell sleeps longer than anybody waits for its end.
    command = f"exec 3> {ready}; echo $$ >&3; sleep 99999; true"
    with building(project, ready, command) as (child, fifo):
        builder = int(os.read(fifo, 20))
        child.kill()
        child.wait(30)
        try:
            wait_for(fifo)
            assert os.read(fifo, 1) == b"", "the shell and what it waits for have let go"
        except AssertionError:
            os.killpg(builder, signal.SIGKILL)
            raise
    assert project.says("main") == "two"


def test_a_build_ends_with_a_gate_that_is_killed_as_soon_as_it_begins(project: Project) -> None:
    words = [project.top, project.cache, "sleep 99999; true"]
    assert leaves_nothing("/bin/sh", BUILDS, words)
    assert project.says("main") == "two"


def test_what_a_killed_gate_left_is_built_anew(project: Project) -> None:
    build = project.built("main")
    entry = project.entries()[0]
    (entry / "done").unlink()
    build.program.write_text("half")
    assert project.says("main") == "two"


def test_a_cache_that_somebody_deleted_is_built_anew(project: Project) -> None:
    project.built("old")
    subprocess.check_call(["rm", "-rf", str(project.cache)])
    assert project.says("main") == "two"
    assert project.worktrees() == 1


def test_a_build_that_made_no_program_is_made_anew_as_its_message_says(project: Project) -> None:
    command = f"test ! -e $COUNT.ready || ({BUILD})"  # ends well, with a program or without
    with pytest.raises(UsageError, match="Delete that folder") as caught:
        project.built("main", command)
    [tree] = [entry / "tree" for entry in project.entries()]
    assert f"in {tree}. " in str(caught.value)
    Path(f"{project.count}.ready").touch()
    subprocess.check_call(["rm", "-rf", str(tree)])
    assert project.built("main", command).program.exists()


def test_those_used_last_are_kept_and_those_in_use(project: Project) -> None:
    def use(ref: str, second: int) -> Path:
        entry = project.built(ref).program.parents[2]
        os.utime(entry / "done", (second, second))
        return entry

    held = use("old", 1)
    entries = []
    for number in range(builds.KEPT + 2):
        project.commit(f"v{number}")
        entries.append(use("main", 2 + number))
        builds._held.pop().close()
    assert project.entries() == sorted([held, *entries[-builds.KEPT :]])
    assert project.worktrees() == builds.KEPT + 1


def test_two_gates_build_one_after_the_other(project: Project) -> None:
    project.built("old")
    [folder] = project.cache.iterdir()
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        child = started(project, BUILD, stderr=subprocess.PIPE)
        assert child.stderr is not None
        wait_for(child.stderr)
        assert "another gate builds" in child.stderr.readline()
        assert project.builds == 1
    assert child.communicate(timeout=30)[1].startswith("convoy: building main")
    assert child.returncode == 0 and project.builds == 2
