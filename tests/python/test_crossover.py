"""The crossover map: its model against a machine that is simulated, its points, its thresholds."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import crossover_truth as truth
import pytest
from convoy_cli.charts import drawing
from convoy_cli.core.errors import UsageError
from convoy_cli.crossover import (
    advice, case_chart, chart, exploring, kept, mapping, measuring, model, regions, report, servers,
    session,
)  # fmt: skip
from convoy_cli.crossover.advice import Asked
from convoy_cli.crossover.kept import Kept
from convoy_cli.crossover.measuring import Point, Stop
from convoy_cli.crossover.work import CONCURRENCY, Shape, Work, check, setting, shapes
from convoy_cli.stats.samples import median

US, MS = 1_000, 1_000_000
WORK = Work(50 * US, 5 * MS, 200)
LOOPS = Shape("coroutines", "cpython32", interpreters=2)


@pytest.fixture(scope="module")
def known() -> mapping.Map:
    return truth.map_of([*exploring.first(1), *exploring.cases(30, 5)])


# -------------------------------------------------------------------------------------------------
# Works and shapes.


def test_shapes_under_a_lock_and_without() -> None:
    locked = [each.series for each in shapes("cpython32", True, 2)]
    assert locked == ["single", "threads", "processes", "coroutines", "threads, 2 interpreters",
                      "coroutines, 2 interpreters"]  # fmt: skip
    free = [each.series for each in shapes("none", False, 4)]
    assert free[4:] == ["coroutines, 4 carriers"]
    assert len(shapes("cpython32", True, 1)) == 4


def test_ceilings_of_the_textbook_case() -> None:
    one = model.ceilings(WORK, Shape("coroutines", "cpython32"), True, 2)[0]
    assert one.rate == pytest.approx(20_000) and one.cause == "the lock"
    two = model.ceilings(WORK, LOOPS, True, 2)[0]
    assert two.rate == pytest.approx(200 / 5.05e-3) and two.cause == "the concurrency"


@pytest.mark.parametrize(
    "work", [Work(0, 0, 1), Work(1e10, 0, 1), Work(1e3, 500, 1), Work(1e3, 1e12, 1),
             Work(1e3, 0, 0), Work(1e3, 0, 10**7)],
)  # fmt: skip
def test_work_that_nobody_can_run_is_refused(work: Work) -> None:
    with pytest.raises(UsageError, match="--(cpu|wait|concurrency)"):
        check(work)


def test_settings_are_exact() -> None:
    assert [setting(value) for value in (0, 37, 1200, 50_000, 5_000_000, 10**9)] == [
        "0ns", "37ns", "1200ns", "50us", "5ms", "1s"
    ]  # fmt: skip


@pytest.mark.parametrize("work", exploring.cases(50, 1))
def test_a_round_outlasts_the_shorter_of_computing_and_waiting(work: Work) -> None:
    length = measuring.round_ns(work, 2)
    shorter = min(work.wait_ns, work.cpu_ns * work.concurrency / 2)
    assert length >= min(measuring.LONGEST_ROUND_NS, measuring.ROUND * shorter)
    assert length >= measuring.SHORTEST_ROUND_NS
    assert length < 2 * max(measuring.LONGEST_ROUND_NS, measuring.cycle_ns(work, 2))


# -------------------------------------------------------------------------------------------------
# The model.


def test_what_was_left_out_is_predicted(known: mapping.Map) -> None:
    assert known.error is not None and known.error < 0.08
    assert len(known.left_out()) > 150


def test_the_advice_is_right_for_cases_that_were_not_measured(known: mapping.Map) -> None:
    good, errors, inside = 0, [], 0
    works = exploring.cases(60, 99)
    for work in works:
        first = known.ranked(work)[0]
        true = {shape: truth.rate(work, shape, True) for shape in known.fits}
        good += true[first.shape] >= 0.9 * max(true.values())
        errors.append(abs(first.prediction.rate / true[first.shape] - 1))
        between = first.prediction.interval
        inside += between.low <= true[first.shape] <= between.high
    assert good >= 57
    assert median(errors) < 0.08
    assert inside >= 54


def test_far_from_all_points_it_is_not_known(known: mapping.Map) -> None:
    far = known.fits[LOOPS].predict([Work(1e9, 10e9, 1_000_000)])[0]
    near = known.fits[LOOPS].predict([WORK])[0]
    assert near.known and far.error > near.error


def test_too_few_points_fit_nothing() -> None:
    found = truth.measure(exploring.first(1)[:3], [LOOPS], random.Random(1))
    assert model.fit(LOOPS, measuring.points(found), True, 2) is None


@pytest.mark.parametrize("work", [Work(1 * US, 0, 1), Work(10 * MS, 100 * MS, 20)])
def test_the_same_point_over_and_over_is_no_trouble(work: Work) -> None:
    found = truth.measure([work] * 8, [LOOPS], random.Random(1))
    fit = model.fit(LOOPS, measuring.points(found), True, 2)
    assert fit is not None
    assert fit.predict([work])[0].rate == pytest.approx(truth.rate(work, LOOPS, True), rel=0.1)


def test_memory_grows_with_the_workers(known: mapping.Map) -> None:
    assert known.memory_bytes(Shape("processes", "cpython32"), 1000) == 200e6
    assert known.memory_bytes(Shape("single", "cpython32"), 1000) == 0
    assert known.memory_bytes(Shape("fibers", "cpython32"), 1000) is None


def test_a_disturbed_point_counts_little() -> None:
    works = [*exploring.first(1), *exploring.cases(10, 5)]
    points = measuring.points(truth.measure(works, [LOOPS], random.Random(1)))
    bad = Point(WORK, LOOPS, {0: truth.rate(WORK, LOOPS, True) / 3}, None, True)
    fit = model.fit(LOOPS, [*points, bad], True, 2)
    assert fit is not None
    assert fit.predict([WORK])[0].rate > 0.8 * truth.rate(WORK, LOOPS, True)


def test_thresholds_cover_the_truth() -> None:
    """Where processes × coroutines leave one loop behind, in maps of other noise."""
    one = Shape("coroutines", "cpython32")
    counts = range(1, CONCURRENCY[1])
    work = Work(50 * US, 5 * MS, 10)
    crossing = next(
        count for count in counts
        if truth.rate(work.at(count), LOOPS, True) > 1.05 * truth.rate(work.at(count), one, True)
    )  # fmt: skip
    covered = told = 0
    for seed in range(12):
        known = truth.map_of([*exploring.first(1), *exploring.cases(40, seed)], seed)
        fits = {shape: known.fits[shape] for shape in (one, LOOPS)}
        found = mapping.threshold(fits, work, one, upwards=True)
        assert found is not None and found.shape == LOOPS
        if found.low is not None and found.high is not None:
            told += 1
            covered += found.low <= crossing <= found.high
    assert told >= 8 and covered >= told - 1


# -------------------------------------------------------------------------------------------------
# Exploring.


class Simulated:
    """A bench whose time passes as it measures."""

    def __init__(self) -> None:
        self.now, self.seed, self.cpus = 0.0, 1, truth.CPUS
        self.drawn = random.Random(1)
        self.calls: list[int] = []

    def shapes(self, gil: str) -> list[Shape]:
        return shapes(gil, gil != "none", truth.CPUS)

    def map(self, gil: str, found: Kept) -> mapping.Map:
        wanted = self.shapes(gil)
        return mapping.build(gil, gil != "none", truth.CPUS, wanted, found.of(wanted),
                             found.bytes_each)  # fmt: skip

    def bytes_each(self) -> dict[str, float]:
        return dict(truth.BYTES_EACH)

    def measure(self, works: Any, wanted: Any, passes: int) -> Kept:
        spent = sum(exploring.cost_s(work, wanted, passes, self.cpus) for work in works)
        self.now += spent
        self.calls.append(len(works))
        return Kept({}, "", spent, truth.measure(works, wanted, self.drawn))


def test_it_explores_until_the_time_is_up_and_saves_as_it_goes() -> None:
    bench, found, saved = Simulated(), Kept({}, ""), []
    session.explore(
        bench, found, ["cpython32", "none"], 300.0, lambda each: saved.append(len(each.found)),
        lambda words: None, clock=lambda: bench.now,
    )  # type: ignore[arg-type]  # fmt: skip
    assert 200 < bench.now <= 330
    assert saved == sorted(saved) and len(saved) == len(bench.calls) > 8
    assert session.lacking(bench, found, ["cpython32", "none"]) == []  # type: ignore[arg-type]
    known = bench.map("cpython32", found)
    assert known.error is not None and known.error < 0.1


def test_exploring_goes_on_with_what_is_there() -> None:
    bench, found = Simulated(), Kept({}, "")
    for _ in range(2):
        session.explore(bench, found, ["cpython32"], 20.0, lambda each: None, lambda words: None,
                        clock=lambda: bench.now)  # type: ignore[arg-type]  # fmt: skip
    keys = [(each.work, each.shape) for each in found.found]
    assert len(keys) == len(set(keys))


def test_new_points_lie_apart_and_can_be_measured(known: mapping.Map) -> None:
    chosen = exploring.next_works([known], 3)
    assert len(chosen) == exploring.BATCH
    assert all(work.measurable for work in chosen)
    assert all(exploring.distance(one, other) > exploring.APART
               for one in chosen for other in chosen if one != other)  # fmt: skip


def test_the_first_points_are_always_the_same() -> None:
    assert exploring.first(1) == exploring.first(1)
    assert len(set(exploring.first(1))) == exploring.FIRST
    assert all(work.measurable for work in exploring.first(1))


def test_expected_loss_is_that_of_a_normal_variable() -> None:
    drawn = random.Random(3)
    trials = [max(0.0, drawn.gauss(-0.1, 0.2)) for _ in range(200_000)]
    mean = math.fsum(trials) / len(trials)
    assert exploring.expected_loss(0.1, 0.2) == pytest.approx(mean, rel=0.02)
    assert exploring.expected_loss(0.1, 0.0) == 0


# -------------------------------------------------------------------------------------------------
# The file.


def test_a_map_survives_its_file(tmp_path: Path) -> None:
    found = Kept({"cpu": "x", "cpus": 2}, "2026-01-01T00:00:00Z", bytes_each={"threads": 5e4})
    found.add(truth.measure([WORK], truth.locked_shapes(), random.Random(1)), 2.5)
    found.add([Stop(WORK.at(9000), Shape("processes", "cpython32"), "no room")], 0.5)
    path = tmp_path / "map.json"
    kept.write(path, found, "--map FILE")
    assert kept.load(path) == found


def test_points_of_one_work_and_shape_are_one() -> None:
    found = Kept({}, "")
    for _ in range(2):
        found.add(truth.measure([WORK], [LOOPS], random.Random(1)), 1.0)
    assert len(found.found) == 1 and len(found.points[0].rates) == 4
    disturbed = Point(WORK, LOOPS, {0: 1.0}, None, True)
    found.add([disturbed], 0.0)
    assert len(found.points[0].rates) == 4 and not found.points[0].disturbed


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"crossover_version": 99}', '{"crossover_version": 1, "points": [{}]}',
     '{"crossover_version":1,"machine":{"cpus":2},"created":"","spent_s":0,'
     '"bytes_each":{},"points":'
     '[{"cpu_ns":-1,"wait_ns":0,"concurrency":1,"model":"threads",'
     '"gil":"none","interpreters":1,"carriers":1,'
     '"rates":[1],"p99_ns":null,"disturbed":false}]}'],
)  # fmt: skip
def test_files_that_are_no_map_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="map.json"):
        kept.load(path)


# -------------------------------------------------------------------------------------------------
# The answer.


def answer(known: mapping.Map, work: Work = WORK, measured: Any = None) -> Any:
    return advice.advise(Asked(work, "cpython32"), known, None, Kept({}, "2026-01-01"), measured)


def test_the_textbook_case_is_answered(known: mapping.Map) -> None:
    told = answer(known)
    assert told["shapes"][0]["series"] == "coroutines, 2 interpreters"
    assert any(each["rate"] == pytest.approx(20_000) and each["cause"] == "the lock"
               for each in told["ceilings"])  # fmt: skip
    down = [each for each in told["thresholds"] if not each["upwards"]]
    text = "\n".join(report.lines(told))
    assert "processes × coroutines" in text and "20.0 k/s" in text
    assert all(each["concurrency"] < 200 for each in down)


def test_what_was_measured_decides(known: mapping.Map) -> None:
    wanted = truth.locked_shapes()
    measured = Kept({}, "", 1.0, truth.measure([WORK], wanted, random.Random(4), passes=6))
    told = answer(known, measured=measured)
    rates = [each["measured"]["rate"] for each in told["shapes"]]
    assert rates == sorted(rates, reverse=True)
    last = told["shapes"][-1]["measured"]["slower"]
    assert last["ratio"] == pytest.approx(rates[0] / rates[-1], rel=0.1)
    assert last["interval"][0] <= last["ratio"] <= last["interval"][1]
    assert "measured here" in "\n".join(report.lines(told))


def test_shapes_without_room_are_not_advised(known: mapping.Map) -> None:
    stop = Stop(Work(1 * US, 0, 150), LOOPS, "pid_max is 32768")
    less = mapping.Map(known.gil, known.excludes, known.cpus, known.fits, (stop,), {})
    told = answer(less)
    assert all(each["series"] != LOOPS.series for each in told["shapes"])
    assert "pid_max" in "\n".join(report.lines(told))


def test_outside_of_the_map_is_said(known: mapping.Map) -> None:
    text = "\n".join(report.lines(answer(known, Work(500 * MS, 9e9, 500_000))))
    assert "Outside the map" in text and "--measure" in text


def test_a_map_without_points_says_so() -> None:
    empty = mapping.build("cpython32", True, 2, truth.locked_shapes(), [], {})
    assert "--budget" in "\n".join(report.lines(answer(empty)))


def test_free_threading_is_what_the_map_without_a_lock_says(known: mapping.Map) -> None:
    wanted = shapes("none", False, 2)
    works = [*exploring.first(1), *exploring.cases(30, 5)]
    found = truth.measure(works, wanted, random.Random(1), excludes=False)
    free = mapping.build("none", False, 2, wanted, found, {})
    told = advice.advise(Asked(WORK, "cpython32"), known, free, Kept({}, ""), None)
    ratio = told["free_threading"]["ratio"]
    expected = truth.rate(WORK, Shape("threads", "none"), False) / truth.rate(
        WORK, Shape("threads", "cpython32"), True
    )
    assert ratio == pytest.approx(expected, rel=0.15)
    assert "free threading" in "\n".join(report.lines(told))


def test_markdown_is_a_table_whose_cells_hold(known: mapping.Map) -> None:
    lines = list(report.markdown(answer(known)))
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 2 + 6
    assert len({line.count("|") for line in rows}) == 1


def test_the_trial_knows_what_the_best_was(known: mapping.Map) -> None:
    measured = Kept({}, "", 1.0, truth.measure([WORK], truth.locked_shapes(), random.Random(4)))
    judged = advice.trial(WORK, known, measured)
    assert judged is not None and judged.behind < 0.1 and judged.error < 0.2
    text = "\n".join(report.trials([advice.trial_of(judged)], 0.1))
    assert "In 1 of 1 cases" in text
    assert advice.trial(WORK, known, Kept({}, "")) is None


@pytest.mark.parametrize("what", [chart, case_chart])
def test_charts_are_the_same_bytes_twice(what: Any, known: mapping.Map) -> None:
    given = known if what is chart else case_chart.Case(known, WORK)
    assert drawing.render(what, given) == drawing.render(what, given)


def test_every_cell_of_the_grid_has_an_answer(known: mapping.Map) -> None:
    cells = [cell for line in regions.grid(known, 100) for cell in line]
    assert len(cells) == len(regions.CPU) * len(regions.WAIT) and None not in cells
    assert len(regions.told(known)) == 12


# -------------------------------------------------------------------------------------------------
# The same case in Python.


def python_that(says: str, folder: Path) -> Path:
    path = folder / "python3-made"
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return path


def test_a_python_is_put_beside_the_prediction(tmp_path: Path) -> None:
    told = {"version": "3.99", "rates": {}, "ratios": {}}
    for name, rate in (("loop", 10.0), ("threads", 5.0), ("loops_in_processes", 19.0),
                       ("threads_in_processes", 9.0)):  # fmt: skip
        told["rates"][name], told["ratios"][name] = [rate, rate * 1.1, rate * 0.9], rate / 10
    path = python_that(f"echo '{json.dumps(told)}'", tmp_path)
    predicted = {"coroutines": 20.0, "coroutines, 2 interpreters": 38.0}
    found = servers.ask(path, WORK, "cpython32", 2, predicted)
    loops = next(s for s in found["shapes"] if s["series"] == "coroutines, 2 interpreters")
    assert (loops["rate"], loops["ratio"], loops["predicted_ratio"]) == (19.0, 1.9, 1.9)
    text = "\n".join(report.python([found]))
    assert "python3-made 3.99" in text and "1.90" in text


@pytest.mark.parametrize("says", ["exit 3", "echo nonsense", "echo '{}'", "echo '[]'"])
def test_a_python_that_fails_is_a_reason_and_no_end(says: str, tmp_path: Path) -> None:
    found = servers.ask(python_that(says, tmp_path), WORK, "cpython32", 2, {})
    assert "it failed" in found["reason"]
    assert "it failed" in "\n".join(report.python([found]))


def test_too_much_for_a_python_is_not_asked(tmp_path: Path) -> None:
    path = python_that("touch called", tmp_path)
    found = servers.ask(path, Work(10 * MS, 0, 5000), "cpython32", 2, {})
    assert "not asked" in found["reason"] and not (tmp_path / "called").exists()
