"""Signals that end a run: exit 130 or 143, every finished row kept, nothing left running."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runs import CONVOY, MODELS, TROUBLED, Run, fail, failures, load, result_of

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
every_signal = pytest.mark.parametrize("number, code", SIGNALS)
LONG = ("--passes", "100000", "--min-round", "1ms", "--workers", "2", "--gil", "none", "-v")
HANG = ("--filter", "^bad_hang/", "--round-limit", "10min", *LONG)


@pytest.fixture(autouse=True)
def hang_ups() -> Iterator[None]:
    """Programs end by SIGHUP also where these tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def start_and_await_rows(
    rows: int, *words: object, only: str = "^cpu_pi/", **options: Any
) -> Run:
    """A long run of which each of so many benchmarks has been measured once."""
    run = Run("run", "--filter", only, *LONG, *words, **options)
    seen: set[str] = set()
    for line in run.told_lines():
        if " ns an operation" in line:
            seen.add(line.split()[0])
        if len(seen) == rows:
            return run
    fail(f"the run ended early, after {seen}")


@every_signal
def test_what_was_measured_is_kept(number: int, code: int, folder: Path) -> None:
    run = start_and_await_rows(len(MODELS), "--json", "x.json", cwd=folder)
    os.kill(run.process.pid, number)
    assert run.finish().code == code
    assert f"interrupted by {signal.Signals(number).name}" in run.stderr
    convoy = result_of(folder / "x.json")
    assert convoy["interrupted"] is True
    assert len(convoy["rows"]) == len(MODELS)
    assert convoy["failed"] == []


@every_signal
@pytest.mark.parametrize("model", MODELS)
def test_a_round_that_lasts_is_not_waited_for(
    number: int, code: int, model: str, folder: Path
) -> None:
    run = Run("run", *HANG, "--model", model, "--json", "x.json", cwd=folder)
    run.await_workers("bad_hang")
    os.kill(run.process.pid, number)
    assert run.finish().code == code
    convoy = result_of(folder / "x.json")
    assert convoy["interrupted"] is True
    assert failures(convoy) == {}, "who is stopped has not failed"


@every_signal
def test_a_terminal_sends_it_to_the_whole_group(number: int, code: int, folder: Path) -> None:
    """Ctrl-C reaches the front door, the program and the peer alike."""
    options: dict[str, Any] = {"cwd": folder, "program": CONVOY, "CONVOY_BENCH": str(TROUBLED)}
    run = start_and_await_rows(2, "--json", "x.json", only="^io_tcp_echo/", **options)
    os.killpg(run.process.pid, number)
    assert run.finish().code == code
    convoy = result_of(folder / "x.json")
    assert convoy["interrupted"] is True
    assert failures(convoy) == {}
    assert len(convoy["rows"]) >= 2


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_at_once(second: int, folder: Path) -> None:
    run = Run("run", *HANG, "--json", "x.json", cwd=folder)
    run.await_workers("bad_hang")
    for number in (signal.SIGINT, second):
        os.kill(run.process.pid, number)
    # The first one's handling may be over, and the run, before the second one comes.
    assert run.finish().code in (130, -second)
    assert {entry.name for entry in folder.iterdir()} <= {"x.json", "x.track.json"}
    if (folder / "x.json").exists():
        load((folder / "x.json").read_text("utf-8"))


def test_on_stdout_the_result_is_whole(folder: Path) -> None:
    run = start_and_await_rows(2, "--json", "-", cwd=folder)
    os.kill(run.process.pid, signal.SIGINT)
    assert run.finish().code == 130
    assert load(run.stdout)["convoy"]["interrupted"] is True
    assert list(folder.iterdir()) == []


def test_a_hang_up_that_is_ignored_ends_nothing(folder: Path) -> None:
    """As under nohup: the terminal may go, the run goes on."""
    ignoring = ("-c", 'trap "" HUP; exec "$0" "$@"', TROUBLED)
    run = Run(*ignoring, "run", *HANG, "--json", "x.json", cwd=folder, program=Path("/bin/sh"))
    run.await_workers("bad_hang")
    os.kill(run.process.pid, signal.SIGHUP)
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.finish().code == 143
    assert "interrupted by SIGTERM" in run.stderr
