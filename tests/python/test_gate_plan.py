"""How much a process does, in which order arms run, what disturbs, what the bootstrap says."""

from __future__ import annotations

import math
import random
from collections import Counter
from pathlib import Path

import pytest
from convoy_cli.core.processes import Ended
from convoy_cli.core.units import Interval
from convoy_cli.gate import program as calibrate, session
from convoy_cli.gate.program import Reading, Run
from convoy_cli.core import machine
from convoy_cli.core.machine import Ticks
from convoy_cli.gate.session import Usual, at_most
from convoy_cli.results.stored import CPU, REAL
from convoy_cli.stats import sign_test
from convoy_cli.stats.sign_test import Span
from gate_stand import program

MS = 1e6


def ran(cpu: float, real: float, count: int = 1, wall: float = 0.0, threads: int = 1,
        delay: float = 0) -> Run:  # fmt: skip
    wall_s = wall / 1e9 or real * count / 1e9 + 0.001
    return Run(Reading(cpu, real, count, threads), Ended(0, wall_s, 0, int(delay), "", b""))


# A version that takes no number of iterations does one more before, which `measured` leaves out.
@pytest.mark.parametrize(
    "each_ms, count, measured",
    [(1e-6, 25_000_000, 24_999_999), (0.5, 50, 49), (10, 3, 2), (30, 3, 2), (40, 2, 2), (60, 1, 1),
     (900, 1, 1)],
)  # fmt: skip
def test_a_process_works_for_25_ms_or_does_a_few(
    each_ms: float, count: int, measured: int
) -> None:
    each_ns = each_ms * MS
    assert calibrate.iterations_of(each_ns, True) == count
    assert calibrate.setting_of(each_ns, each_ns, True) == f"--benchmark_min_time={count}x"
    assert calibrate.iterations_of(each_ns, False) == measured
    option = calibrate.setting_of(each_ns, each_ns, False).partition("=")[2]
    if count == 1:
        assert option == "1e-9"
    else:  # the library takes 1.4 times what it needs, and drops the fraction
        assert math.isclose(float(option) * 1.4 / (each_ms / 1000), measured + 0.3, rel_tol=1e-3)
        assert float(option) > each_ms / 1000  # else the first one were all


def test_who_counts_operations_itself_does_as_many_on_both_sides(tmp_path: Path) -> None:
    name = "cpu_pi/workers:2/iterations:1/manual_time"
    told = {name: {"ns": 100.0, "counters": {"workers": 2, "operations": 5000}}}
    base = program(tmp_path, told)
    assert calibrate.plan_of(base, name, True).setting == "--benchmark_min_time=2500x"
    assert calibrate.plan_of(base, name, False).setting == ""
    base = program(tmp_path, {name: {"ns": 100.0, "counters": {"operations": 5000}}})
    assert calibrate.plan_of(base, name, True).setting == ""


def test_who_sleeps_is_not_waited_for() -> None:
    """The library's clock stands still meanwhile: by it, as many iterations are a short time."""
    sleeper = ran(14_000, 10 * MS, 1)
    assert calibrate.library_clock_ns("BM_a", sleeper) == 14_000
    assert calibrate.library_clock_ns("BM_a/real_time", sleeper) == 10 * MS
    assert calibrate.library_clock_ns("BM_a/threads:2", ran(70, 50, 8, threads=2)) == 140
    assert calibrate.setting_of(10 * MS, 14_000, False) == "--benchmark_min_time=2.3e-05"


def test_the_time_of_an_iteration_is_that_of_the_clock_on_the_wall() -> None:
    assert calibrate.iteration_ns(ran(5, 5, 1000), 0.001) == pytest.approx(5)
    assert calibrate.iteration_ns(ran(5, 5, 0), 0.0) == 5  # nobody knows how many
    # Paused most of the time, or by hand.
    assert calibrate.iteration_ns(ran(5, 5, 1000, wall=30 * MS), 0.0) == pytest.approx(20_000)
    assert calibrate.iteration_ns(ran(5, 5, 1000, wall=30 * MS, delay=30 * MS), 0.0) < 6
    # Four threads share a million, each of 10 ms in all.
    shared = ran(10, 10, 1_000_000, wall=10 * MS, threads=4)
    assert calibrate.iteration_ns(shared, 0.0) == pytest.approx(40)


@pytest.mark.parametrize(
    "name, seen, clock",
    [
        ("BM_a", ran(100, 101), CPU),
        ("BM_a", ran(10, 100), REAL),  # it sleeps
        ("BM_a", ran(50 * MS, 100 * MS, delay=50 * MS), CPU),  # it had to wait for a CPU
        ("BM_a/process_time", ran(200, 100), REAL),  # threads of its own
        ("BM_a/threads:2", ran(100, 100), REAL),
        ("BM_a/real_time", ran(100, 100), REAL),
        ("BM_a/8/manual_time", ran(100, 100), REAL),
        ("BM_real_time_clock", ran(100, 100), CPU),
        ("BM_a", ran(0, 100), REAL),
    ],
)
def test_the_clock_follows_from_the_kind_of_work(name: str, seen: Run, clock: str) -> None:
    assert calibrate.clock_of(name, seen) == clock


def test_a_plan_takes_two_runs_of_the_base_and_one_where_the_count_is_given(tmp_path: Path) -> None:
    base = program(tmp_path, {"BM_a": {"ns": 100}, "BM_b/iterations:5": {"ns": 10}})
    made = calibrate.plan_of(base, "BM_a", True, "real")
    assert made.metric == REAL and made.setting.endswith("x")
    assert calibrate.plan_of(base, "BM_b/iterations:5", True).setting == ""
    assert len((tmp_path / "bench.BM_a.calls").read_bytes()) == 2
    assert len((tmp_path / "bench.BM_b_iterations_5.calls").read_bytes()) == 1


@pytest.mark.parametrize("times_ms", [(40, 10), (10, 40)])
@pytest.mark.parametrize("counted", [True, False])
def test_one_disturbed_run_does_not_settle_how_much_all_others_do(
    tmp_path: Path, times_ms: tuple[int, int], counted: bool
) -> None:
    base = program(tmp_path, {"BM_a": {"ns": [each * MS for each in times_ms]}})
    made = calibrate.plan_of(base, "BM_a", counted)
    assert made.setting == calibrate.setting_of(10 * MS, 10 * MS, counted)


def test_every_arm_is_as_often_at_every_place() -> None:
    drawn = [session.order_of_arms(1, "BM_a", number) for number in range(300)]
    for block in range(0, 300, 3):
        for place in range(3):
            assert {row[place] for row in drawn[block : block + 3]} == set("bcB")
    assert len(set(drawn)) == 6
    assert drawn == [session.order_of_arms(1, "BM_a", number) for number in range(300)]
    assert drawn != [session.order_of_arms(2, "BM_a", number) for number in range(300)]
    pairs = Counter(row.index("b") < row.index("B") for row in drawn)
    assert min(pairs.values()) > 100


def test_benchmarks_run_in_random_order() -> None:
    names = [str(number) for number in range(20)]
    first = session.benchmarks(1, names, 0)
    assert sorted(first) == sorted(names) and first != names
    assert first == session.benchmarks(1, names, 0) != session.benchmarks(1, names, 1)


def ended(delay_ms: float = 0, preempted: int = 0) -> Ended:
    return Ended(0, 0.1, preempted, int(delay_ms * MS), "", b"")


def test_what_is_out_of_line_is_flagged() -> None:
    usual = Usual()
    assert not any(usual.disturbed([ended(1, 1)] * 3) for _ in range(10))
    assert usual.disturbed([ended(1), ended(20), ended(1)])
    assert usual.disturbed([ended(1), ended(1, 60), ended(1)])
    assert not usual.disturbed([ended()] * 3)


def test_what_is_usual_is_not() -> None:
    usual = Usual()
    crowded = [ended(60, 400), ended(70, 500), ended(65, 450)]
    assert not any(usual.disturbed(crowded) for _ in range(10))


def test_time_that_the_host_took() -> None:
    assert machine.stolen(Ticks(0, 100), Ticks(5, 200)) == 0.05
    assert machine.stolen(Ticks(0, 100), Ticks(0, 100)) is None
    assert machine.stolen(None, None) is None
    assert session.host_disturbed(Ticks(0, 0), Ticks(5, 100))
    assert not session.host_disturbed(Ticks(0, 0), Ticks(1, 10))  # one tick says nothing
    assert not session.host_disturbed(Ticks(0, 0), Ticks(2, 1000))
    here = machine.ticks()
    assert here is None or here.total > here.stolen >= 0


def test_time_that_other_programs_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.os, "cpu_count", lambda: 2)
    before = Ticks(stolen=10, total=1000, idle=500, own=100.0)
    quiet = Ticks(stolen=10, total=2000, idle=900, own=700.0)
    busy = Ticks(stolen=60, total=2000, idle=500, own=400.0)
    assert machine.foreign(before, quiet) == 0.0  # 600 of 1000, and all of them its own
    assert machine.foreign(before, busy) == pytest.approx((1000 - 50 - 300 - 4) / 1000)
    assert machine.foreign(before, before) is None and machine.foreign(None, quiet) is None


def test_the_bootstrap_is_seeded_and_covers() -> None:
    drawn = random.Random(5)
    hits = 0
    for seed in range(60):
        spans = [Span.of(drawn.gauss(0.02, 0.01), drawn.gauss(0.02, 0.01)) for _ in range(21)]
        bounds = sign_test.bootstrap_interval(spans, seed)
        assert bounds is not None and bounds == sign_test.bootstrap_interval(spans, seed)
        hits += bounds.low <= 0.02 <= bounds.high
    assert hits >= 50
    assert sign_test.bootstrap_interval([Span(1.0, 1.0)] * 3, 1) is None


def test_what_could_be_detected() -> None:
    assert sign_test.detectable(Interval(-0.02, 0.04), 0.01) == pytest.approx(1.01 * math.exp(0.03))
    assert sign_test.detectable(Interval(-math.inf, math.inf), 0.01) is None


def test_time_left() -> None:
    assert at_most(0.5, 16, 10, None) == ""
    assert at_most(4, 16, 10, None) == ", at most 30 s left"
    assert at_most(4, 16, 10, 15) == ", at most 5 s left"
    assert at_most(2, 128, 60, None) == ", at most 63 min left"
