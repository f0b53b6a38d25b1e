"""`convoy-bench profile`: its files, and what it says when it cannot write them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from confined import stranger
from runs import SHORT_LOCK, Run, assert_complaint, bench, load

ONE = ("--model", "threads", "--gil", SHORT_LOCK, "--workers", "2")
BRIEF = ("--rounds", "1", "--min-round", "1ms")


def profile(*words: object, cwd: Path, **more: Any) -> Run:
    return bench("profile", *words, cwd=cwd, **more)


def written(folder: Path) -> set[str]:
    return {entry.name for entry in folder.rglob("*") if entry.is_file()}


def states_of(folder: Path) -> dict[str, Any]:
    assert written(folder) == {"states.json", "trace.json"}
    load((folder / "trace.json").read_text("utf-8"))
    states: dict[str, Any] = load((folder / "states.json").read_text("utf-8"))
    for seat in states["seats"]:
        assert sum(time or 0 for time in seat["states"].values()) == seat["wall_ns"]
    return states


def test_it_writes_states_and_a_trace(folder: Path) -> None:
    run = profile("--filter", "^cpu_pi/", *ONE, *BRIEF, "-o", "new/folder", cwd=folder)
    assert run.code == 0, run.stderr
    states = states_of(folder / "new" / "folder")
    assert states["workload"] == "cpu_pi"
    assert states["command_line"][1] == "profile"
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["seat", "0", "1"]
    assert "recording cost" in run.stderr
    assert "new/folder/states.json" in run.stderr


def test_quiet_says_nothing(folder: Path) -> None:
    run = profile("--filter", "^cpu_pi/", *ONE, *BRIEF, "-q", "-o", "x", cwd=folder)
    assert (run.code, run.stdout, run.stderr) == (0, "", "")


def test_a_second_profile_replaces_the_first(folder: Path) -> None:
    for workload in ("cpu_pi", "io_sleep"):
        words = ("--filter", f"^{workload}/", *ONE, *BRIEF, "-o", "x")
        assert profile(*words, cwd=folder).code == 0
    assert states_of(folder / "x")["workload"] == "io_sleep"


def test_a_full_buffer_is_told(folder: Path) -> None:
    words = (*ONE, "--rounds", "1", "--min-round", "20ms", "--events", "5", "-o", "x")
    run = profile("--filter", "^io_sleep/", *words, cwd=folder)
    assert run.code == 0
    assert states_of(folder / "x")["events"]["dropped"] > 0
    assert "were dropped" in run.stderr and "--events" in run.stderr


def test_a_profiler_around_it_gets_plain_rounds_and_no_file(folder: Path) -> None:
    words = ("--filter", "^cpu_pi/", *ONE, *BRIEF, "--no-record", "--duration", "20ms")
    run = profile(*words, cwd=folder)
    assert run.code == 0
    assert run.stdout == ""
    assert "no file is written" in run.stderr
    assert written(folder) == set()


@pytest.mark.parametrize("how, reason", [("exit", "exited with status 0"),
                                         ("crash", "killed by signal 11")])  # fmt: skip
def test_a_crew_that_dies_leaves_no_file(how: str, reason: str, folder: Path) -> None:
    words = ("--filter", "^bad_end/", "--param", f"bad_end.how={how}", *ONE, *BRIEF, "-o", "x")
    run = profile(*words, cwd=folder)
    assert run.code == 1
    assert reason in run.stderr and "nothing was written" in run.stderr
    assert written(folder) == set()


def test_a_crew_that_hangs_leaves_no_file(folder: Path) -> None:
    words = ("--filter", "^bad_hang/", *ONE, *BRIEF, "--round-limit", "250ms", "-o", "x")
    run = profile(*words, cwd=folder)
    assert run.code == 1
    assert "raise --round-limit" in run.stderr
    assert written(folder) == set()


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_leaves_no_file(number: int, code: int, folder: Path) -> None:
    words = ("--filter", "^io_sleep/", *ONE, *BRIEF, "--duration", "1min", "-o", "x")
    run = Run("profile", *words, cwd=folder)
    run.await_workers("seat 1")
    run.process.send_signal(number)
    run.finish()
    assert run.code == code, run.stderr
    assert "interrupted" in run.stderr
    assert written(folder) == set()


@pytest.mark.parametrize("words, parts", [
    (("--filter", "^nothing$"), ("no benchmark matches", "^nothing$")),
    (("--filter", "^cpu_pi/"), ("one benchmark", "match", "--workers", "cpu_pi/model:")),
    (("--filter", "^cpu_pi/", *ONE, "--rounds", "0"), ("--rounds 0", "1 to 10000")),
    (("--filter", "^cpu_pi/", *ONE, "--events", "0"), ("--events 0", "from 1")),
    (("--filter", "^cpu_pi/", *ONE, "--duration", "long"), ("long",)),
    (("--filter", "^cpu_pi/", *ONE, "--min-round", "0s"), ("--min-round", "above zero")),
])  # fmt: skip
def test_wrong_usage(words: tuple[str, ...], parts: tuple[str, ...], folder: Path) -> None:
    assert_complaint(profile(*words, "-o", "x", cwd=folder), *parts)
    assert not (folder / "x").exists()


def test_a_folder_that_is_a_file(folder: Path) -> None:
    (folder / "x").write_text("")
    run = profile("--filter", "^cpu_pi/", *ONE, *BRIEF, "-o", "x", cwd=folder)
    assert_complaint(run, "cannot write to x", "-o DIR")
    assert (folder / "x").read_text() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_folder_that_is_somebody_elses(strangers: Path) -> None:
    closed = strangers / "closed"
    closed.mkdir(mode=0o755)
    words = ("--filter", "^cpu_pi/", *ONE, *BRIEF, "-o", "closed")
    run = profile(*words, cwd=strangers, program=strangers / "convoy-bench", user=stranger())
    assert_complaint(run, "Permission denied", "-o DIR")
    assert written(closed) == set()
