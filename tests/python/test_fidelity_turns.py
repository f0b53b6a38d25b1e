"""How long the turns of a lock that counts last: measured, told to convoy-bench, and told."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from convoy_cli.fidelity import charts, interpreters
from fidelity_stand import Stand


pytest.importorskip("matplotlib")


@pytest.fixture
def stand(tmp_path: Path, inside: Any, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Called within this process, and with one chart alone."""
    monkeypatch.setattr(charts, "FIGURES", charts.FIGURES[:1])
    return Stand(tmp_path, inside)


def test_a_lock_that_counts_is_told_how_long_the_interpreter_takes(stand: Stand) -> None:
    pypy = {"IMPLEMENTATION": "PyPy"}
    words = "--probes", "reacquire", "--repeats", "2"
    done = stand.call(*words, TURNS="[364000, 436000]", **pypy)
    calls = [" ".join(call) for call in stand.calls()]
    assert len(calls) == 2 * 4 and all("--gil pypy:bytecode=40ns " in call for call in calls)
    assert all("gil_reacquire.spread=1000000ns" in call for call in calls)
    document = stand.document()
    for run in document["interpreters"][0]["runs"]:
        assert run["parameters"]["spread_ns"] == 1_000_000
        assert run["native"]["turns_ns"] == [364000, 436000]
    chart = (stand.folder / "results/fidelity/lateness.svg").read_text("utf-8")
    assert "(in PyPy 3.11.2 1 to 1.9)" in chart
    assert "a turn of its threads lasts 364 µs to 436 µs" in done.stdout
    assert "a turn of its threads" not in stand.call(*words).stdout  # CPython's is an interval


@pytest.mark.parametrize(
    "turns, words",
    [("[]", "did not take turns"), ("[0]", "not a list of"), ('["x"]', "not a list of times")],
)
def test_turns_that_cannot_be_had_are_told_and_no_native_side_is_made_up(
    turns: str, words: str, stand: Stand
) -> None:
    assert_told_and_not_made_up(stand, words, IMPLEMENTATION="PyPy", TURNS=turns)


def assert_told_and_not_made_up(stand: Stand, words: str, **ways: str) -> None:
    done = stand.call("--probes", "reacquire", "--repeats", "1", **ways)
    assert done.returncode == 1 and words in done.stdout
    assert not (stand.folder / "calls").exists()


def test_the_old_lock_is_told_what_a_tick_takes(stand: Stand) -> None:
    old = {"VERSION": "2.7.18", "TICKS": "[12.3, 14.6, 13.4]"}
    words = "--probes", "reacquire", "--repeats", "1"
    done = stand.call(*words, **old)
    calls = [" ".join(call) for call in stand.calls()]
    assert len(calls) == 4 and all("--gil cpython27:tick=13ns " in call for call in calls)
    for run in stand.document()["interpreters"][0]["runs"]:
        assert run["native"]["ticks_ns"] == [12.3, 14.6, 13.4]
    assert "a tick of its count takes 12.3 to 14.6 ns" in done.stdout
    assert "a tick of its count" not in stand.call(*words).stdout


@pytest.mark.parametrize(
    "ticks, words", [("[]", "did not count"), ("[0]", "did not count"), ('["x"]', "not a list")]
)
def test_ticks_that_cannot_be_had_are_told(ticks: str, words: str, stand: Stand) -> None:
    assert_told_and_not_made_up(stand, words, VERSION="2.7.18", TICKS=ticks)


def test_long_calls_are_as_long_as_the_old_lock_can_wait_beside(stand: Stand) -> None:
    old = {"VERSION": "2.7.18", "STARVES": "20000"}
    done = stand.call("--probes", "latency", "--repeats", "2", **old)
    lengths = [run["parameters"]["call_ns"] for run in stand.document()["interpreters"][0]["runs"]]
    assert lengths == [0, 16000] * 2
    beside = [call for call in stand.calls() if "gil_latency.call=16000ns" in call]
    assert len(beside) == 2 and "its long calls last 16 µs on both sides" in done.stdout
    done = stand.call("--probes", "latency", "--repeats", "1")  # a later lock waits beside any
    assert "its long calls" not in done.stdout


def test_long_calls_that_cannot_be_waited_for_are_skipped(stand: Stand) -> None:
    old = {"VERSION": "2.7.18", "STARVES": "0"}
    done = stand.call("--probes", "latency", "--repeats", "2", **old)
    assert "no time for long calls: beside calls of 2000 ns" in done.stdout
    found = stand.document()["interpreters"][0]
    assert [run["setting"] for run in found["runs"]] == ["latency/spinner:bytecode"] * 2
    assert not found["failures"] and len(found["lacking"]) == 1


def probe() -> Any:
    """The probe for Python, which is a program, as a module."""
    found = importlib.util.spec_from_file_location("probe", interpreters.PROBES / "probe.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_turns_are_told_from_stretches_that_last_many_times_as_long() -> None:
    turn_of = probe().turn_of
    stretches = ([10, 30, 20] * 8 + [500]) * 12
    assert turn_of(stretches) == 25 * 20
    assert turn_of(stretches[:100]) is None  # too few turns to tell
    assert turn_of([]) is None and turn_of([20] * 1000) is None
