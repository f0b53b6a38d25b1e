"""What is measured in an interpreter, and beside it: where, how often, and for how long."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from convoy_cli.fidelity import interpreters, native
from convoy_cli.fidelity.judge import LEAST_POOLED
from convoy_cli.fidelity.settings import (
    FULL,
    PROBES,
    QUICK,
    SECOND,
    TURNS_NS,
    Effort,
    expected_s,
    settings,
)


def about(
    implementation: str, version: str, gil: bool = True, kind: str = "python"
) -> interpreters.Interpreter:
    known = {"implementation": implementation, "version": version, "gil": gil}
    return interpreters.Interpreter(Path("x"), kind, ("x",), known)


def test_races_stand_at_checkpoints_where_the_interpreter_does() -> None:
    def where(interpreter: interpreters.Interpreter) -> list[str]:
        found = settings(interpreter, ["race"], FULL, ())
        return [setting.native.parameters["checkpoints"] for setting in found]

    assert where(about("CPython", "2.7.18")) == ["every_op", "every_op"]
    assert where(about("CPython", "3.9.18")) == ["every_op", "every_op"]
    assert where(about("CPython", "3.10.1")) == ["back_edge", "every_op"]
    assert where(about("ruby", "3.1.2")) == ["back_edge", "every_op"]
    # A call of a small function is no place to stop at once these have compiled it.
    assert where(about("PyPy", "7.3.11")) == ["back_edge", "back_edge"]
    assert where(about("OCaml", "4.13.1")) == ["back_edge", "back_edge"]


def test_a_race_in_ruby_lasts_for_many_of_its_turns() -> None:
    def updates(implementation: str, kind: str) -> int:
        interpreter = about(implementation, "3.1.2", kind=kind)
        return settings(interpreter, ["race"], FULL, ())[0].real["count"]

    assert updates("ruby", "ruby") >= 10 * updates("OCaml", "ocaml")


def test_pings_leave_time_for_a_lost_turn_and_pypy_is_spared_long_calls() -> None:
    def periods(interpreter: interpreters.Interpreter) -> list[str]:
        found = settings(interpreter, ["latency"], FULL, ())
        assert all(str(each.peer_delay_ns) in each.native.parameters["period"] for each in found)
        return [each.native.parameters["period"] for each in found]

    assert periods(about("CPython", "3.11.2")) == ["50000000ns"] * 2
    assert periods(about("ruby", "3.1.2")) == ["250000000ns"] * 2
    assert periods(about("PyPy", "7.3.11")) == ["50000000ns"]


def test_only_who_has_a_switch_interval_is_swept() -> None:
    for interpreter, swept in (
        (about("CPython", "3.11.2"), 2), (about("CPython", "2.7.18"), 0),
        (about("PyPy", "7.3.11"), 0), (about("CPython", "3.13.0", gil=False), 0),
    ):  # fmt: skip
        found = settings(interpreter, ["sweep"], FULL, (1000000, 5000000))
        assert len(found) == swept
        assert all(setting.native.gil for setting in found)


@pytest.mark.parametrize("implementation", ["CPython", "PyPy", "ruby", "OCaml"])
def test_either_side_has_as_many_samples_and_enough_of_them(implementation: str) -> None:
    bench = native.Bench(Path("convoy-bench"), frozenset(), {"x": frozenset()})
    counted = 0
    for setting in settings(about(implementation, "3.11.2"), PROBES, FULL, (1000000,)):
        words = native.command(bench, setting, "x", SECOND, 1)
        if "count" not in setting.real or setting.probe == "race":
            assert "--operations" not in words
            assert words[words.index("--min-round") + 1] == "1000000000ns"
            continue
        counted += 1
        assert words[words.index("--operations") + 1] == str(setting.real["count"])
        assert "--no-overhead" in words and "--min-round" not in words
        if setting.probe == "reacquire" and "interval_ns" not in setting.real:
            assert setting.real["count"] * FULL.repeats >= LEAST_POOLED
    assert counted >= 4


def test_means_beside_short_turns_are_of_more_samples() -> None:
    def samples(implementation: str, effort: Effort = FULL) -> int:
        found = settings(about(implementation, "3"), ["reacquire"], effort, ())
        (count,) = {setting.real["count"] for setting in found}
        return count

    assert samples("PyPy") >= samples("CPython") > 4 * samples("ruby") == 4 * samples("OCaml")
    assert samples("PyPy", QUICK) == QUICK.lateness


def test_rounds_that_are_counted_are_foretold_to_take_less() -> None:
    counted = settings(about("ruby", "3.1.2"), ["reacquire"], FULL, ())
    least_s = sum(setting.expected_ns for setting in counted) / SECOND
    assert 2 * least_s < expected_s(counted, 1) < 3.5 * least_s


@pytest.mark.parametrize("implementation, kind", [("CPython", "python"), ("ruby", "ruby")])
def test_threads_compute_on_all_cpus_for_several_turns(
    implementation: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {9, 3, 5, 4, 12})
    found = settings(about(implementation, "3.1", kind=kind), ["throughput"], FULL, ())[0]
    assert [found.real[f"cpu{at}"] for at in range(found.real["cpus"])] == [3, 4, 5, 9]
    assert found.real["limit_ns"] >= 5 * TURNS_NS[implementation]
    assert found.native.passes == found.real["cycles"]
